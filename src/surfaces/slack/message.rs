//! How does a post look in Slack? As blocks that a phone shows well, in which no text from outside is markup.
//!
//! Words go into `rich_text`, whose elements are data: Slack looks for no markup, mention or address in them, so nothing needs escaping there
//! (<https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>). Only the fallback `text` is mrkdwn unless `mrkdwn` is false; there the three
//! characters of control sequences are escaped all the same.
//!
//! Links are words, not buttons: a button reports its click to the app, and an app that has only an incoming webhook has nothing that answers, so
//! that Slack shows a warning beside it (<https://github.com/slackapi/node-slack-sdk/issues/869>). Tables are numbered lists: on a phone, columns are
//! too narrow to be read.

use serde_json::{Value, json};

use super::{
    elements::{below, bold, context, lines, list, plain, rich, runs, section},
    limits,
};
use crate::{
    card::{Block, Card, Column, TableRow, Tone},
    delivery::PostPicture,
    surfaces::{
        address, cell_text,
        inline::{Measure, Run, WORDS, trend},
        truncate::{command_line, truncate},
    },
    text::{Spans, cut_units, escaped_markup, one_line},
};

/// How Slack measures.
const SLACK: Measure = Measure { cut: cut_units, address: limits::ADDRESS };

/// The body of the request; `None` when not even the title fits.
pub fn message(card: &Card, picture: Option<&PostPicture>) -> Option<Vec<u8>> {
    let address = address::picture(picture, limits::IMAGE_ADDRESS);
    truncate(card, command_line, |card| {
        let blocks = blocks(card, address);
        let count = blocks.len();
        let blocks = Value::Array(blocks);
        let total = blocks.to_string().encode_utf16().count();
        let text = escaped_markup(&cut_units(&one_line(&card.title), limits::FALLBACK)).into_owned();
        let body = json!({ "text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false, "blocks": blocks });
        (total <= limits::TOTAL && count <= limits::BLOCKS).then(|| body.to_string().into_bytes())
    })
}

/// All blocks; `address` is that of the picture, which Slack fetches.
fn blocks(card: &Card, address: Option<&str>) -> Vec<Value> {
    let title = if one_line(&card.title).is_empty() { "scorewatch" } else { &card.title };
    let mut picture = address.map(|address| {
        let alt = cut_units(&format!("Trend: {}", one_line(title)), limits::IMAGE_ALT);
        json!({ "type": "image", "image_url": address, "alt_text": alt })
    });
    let shown: Vec<Value> = card.blocks.iter().flat_map(|part| block(part, &mut picture)).collect();
    let portal = card.link.as_deref().and_then(|url| address::address(url, limits::ADDRESS));
    let portal = portal.map(|address| runs(&vec![Run::Link(format!("Open in {}", address::portal(&address)), address)]));
    let mut blocks = vec![json!({ "type": "header", "text": plain(title, limits::HEADER) })];
    blocks.extend(shown);
    blocks.extend(portal.map(|link| rich(&[section(&link)])));
    blocks.extend(context(&card.foot));
    blocks
}

/// One block of the card; nothing when it says nothing. `picture` shows the first trend.
fn block(block: &Block, picture: &mut Option<Value>) -> Vec<Value> {
    let mut before = None;
    let elements = match block {
        Block::Lead(words) => Vec::from_iter(lines([runs(&SLACK.lead(words))])),
        Block::Facts(facts) => Vec::from_iter(lines(facts.iter().flat_map(|fact| SLACK.fact(fact)).map(|line| runs(&line)))),
        Block::Bars(bars) => Vec::from_iter(lines(bars.iter().map(|bar| runs(&SLACK.bar(bar))))),
        Block::Trend(days) => {
            before = picture.take();
            let (drawn, caption) = trend(days);
            let drawn = if before.is_none() { runs(&drawn) } else { Vec::new() };
            Vec::from_iter(lines([drawn, runs(&vec![Run::Plain(caption)])]))
        }
        Block::Table { columns, rows } if cell_text::is_line(columns) => {
            Vec::from_iter(lines(rows.iter().map(|row| table_line(columns, row))))
        }
        Block::Table { columns, rows } => Vec::from_iter(list("ordered", rows.iter().map(|row| table_row(columns, row)).collect())),
        Block::Text { heading, spans } => longer(heading, spans),
        Block::Note(note) => return Vec::from_iter(context(note)),
    };
    before.into_iter().chain((!elements.is_empty()).then(|| rich(&elements))).collect()
}

/// What the row is about and the other cells that say anything, on one line. Only the first is bold, and nothing is a link: so many tenants fit.
fn table_line(columns: &[Column], row: &TableRow) -> Vec<Value> {
    let said = SLACK.cells(columns, row).into_iter().map(|run| match run {
        Run::Plain(text) | Run::Toned(text, _) | Run::Drawn(text) | Run::Link(text, _) => text,
    });
    let about = vec![
        Run::Toned(SLACK.words(&cell_text::subject(columns, row)), Tone::Strong),
        Run::Plain(format!(" {}", said.collect::<String>())),
    ];
    runs(&about)
}

/// What the row is about; below it the other cells that say anything.
fn table_row(columns: &[Column], row: &TableRow) -> Vec<Value> {
    let head = SLACK.link(&cell_text::subject(columns, row), row.link.as_deref().unwrap_or_default(), WORDS);
    below([bold(&Vec::from_iter(head)), runs(&SLACK.cells(columns, row))])
}

/// A heading, then paragraphs and list items.
fn longer(heading: &str, spans: &Spans) -> Vec<Value> {
    let heading = Some(SLACK.words(heading)).filter(|heading| !heading.is_empty()).map(|heading| Run::Toned(heading, Tone::Strong));
    let mut all = Vec::from_iter(lines([runs(&Vec::from_iter(heading))]));
    let paragraphs = SLACK.paragraphs(spans);
    for group in paragraphs.chunk_by(|(before, _), (item, _)| before == item) {
        let is_list = group.first().is_some_and(|(item, _)| *item);
        let caption = group.iter().map(|(_, paragraph)| runs(paragraph)).collect();
        all.extend(if is_list { list("bullet", caption) } else { lines(caption) });
    }
    all
}
