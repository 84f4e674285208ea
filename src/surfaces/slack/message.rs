//! How does a parcel look in Slack? As blocks that a phone shows well, in which no text from outside is markup.
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
    elements::{bold, code, context, escaped, lines, link, list, plain, rich, said, section, toned},
    limits,
};
use crate::{
    card::{
        Bar, Block, Card, Column, Fact, TableRow, Word,
        draw::{caption, sparkline},
    },
    delivery::Picture,
    surfaces::{fit::fit, phrase},
    text::{Span, Spans, cut_units, one_line},
};

/// A label, a value, a cell.
const WORDS: usize = 300;
/// A span of a longer text.
const SPAN: usize = 2000;
/// How many words a lead has.
const LEAD: usize = 40;
/// The blocks of a bar, and the days of a trend: what a phone shows on a line.
const BAR: usize = 10;
const TREND: usize = 30;
/// What a message has beside the card's blocks: the header, the link, the foot, and the mark that more was left out.
const FRAME: usize = 4;
/// What stands for the rest.
const MORE: &str = "… and more that is too long for a message";

/// The body of the request; `None` when not even the title fits.
pub fn message(card: &Card, picture: Option<&Picture>) -> Option<Vec<u8>> {
    let address = picture.and_then(|picture| match picture {
        Picture::Address(address) if address.len() <= limits::IMAGE_ADDRESS => Some(address.as_str()),
        Picture::Address(_) | Picture::File(_) => None,
    });
    fit(card, |card| {
        let blocks = Value::Array(blocks(card, address));
        let total = blocks.to_string().encode_utf16().count();
        let text = escaped(&cut_units(&one_line(&card.title), limits::FALLBACK)).into_owned();
        let body = json!({ "text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false, "blocks": blocks });
        (total <= limits::TOTAL).then(|| body.to_string().into_bytes())
    })
}

/// All blocks; `address` is that of the picture, which Slack fetches.
fn blocks(card: &Card, address: Option<&str>) -> Vec<Value> {
    let title = if one_line(&card.title).is_empty() { "scorewatch" } else { &card.title };
    let mut picture = address.map(|address| {
        let alt = cut_units(&format!("Trend: {}", one_line(title)), limits::IMAGE_ALT);
        json!({ "type": "image", "image_url": address, "alt_text": alt })
    });
    let mut shown: Vec<Value> = card.blocks.iter().flat_map(|part| block(part, &mut picture)).collect();
    if shown.len() > limits::BLOCKS - FRAME {
        shown.truncate(limits::BLOCKS - FRAME);
        shown.extend(context(MORE));
    }
    let portal = card.link.as_deref().filter(|url| phrase::address(url, limits::ADDRESS).is_some());
    let portal = portal.and_then(|url| link("Open in Microsoft Defender", url, WORDS, false));
    let mut blocks = vec![json!({ "type": "header", "text": plain(title, limits::HEADER) })];
    blocks.extend(shown);
    blocks.extend(portal.map(|link| rich(&[section(&[link])])));
    blocks.extend(context(&card.foot));
    blocks
}

/// One block of the card; nothing when it says nothing. `picture` shows the first trend.
fn block(block: &Block, picture: &mut Option<Value>) -> Vec<Value> {
    let mut before = None;
    let elements = match block {
        Block::Lead(words) => Vec::from_iter(lead(words)),
        Block::Facts(facts) => Vec::from_iter(lines(facts.iter().flat_map(fact))),
        Block::Bars(bars) => Vec::from_iter(lines(bars.iter().map(bar))),
        Block::Trend(days) => {
            before = picture.take();
            let line = code(&sparkline(days, TREND)).filter(|_| before.is_none());
            Vec::from_iter(lines([Vec::from_iter(line), Vec::from_iter(said(&caption(days)))]))
        }
        Block::Table { columns, rows } => Vec::from_iter(list("ordered", rows.iter().map(|row| table_row(columns, row)).collect())),
        Block::Text { heading, spans } => longer(heading, spans),
        Block::Note(note) => return Vec::from_iter(context(note)),
    };
    before.into_iter().chain((!elements.is_empty()).then(|| rich(&elements))).collect()
}

fn lead(words: &[Word]) -> Option<Value> {
    let mut line = Vec::new();
    for word in words.iter().take(LEAD).filter_map(|word| toned(word, WORDS)) {
        line.extend(said(" ").filter(|_| !line.is_empty()));
        line.push(word);
    }
    (!line.is_empty()).then(|| section(&line))
}

/// What it is and what it comes to; below each other where that is several things with a label each, as moves with their days.
fn fact(fact: &Fact) -> Vec<Vec<Value>> {
    let label = cut_units(&one_line(&fact.label), WORDS);
    let value = cut_units(&one_line(&fact.value.text), WORDS);
    match phrase::parts(&value) {
        Some(parts) => {
            let parts = parts.into_iter().map(|part| Vec::from_iter(said(&format!("    • {part}"))));
            std::iter::once(Vec::from_iter(said(&format!("{label}:")))).chain(parts).collect()
        }
        None => vec![[said(&format!("{label}: ")), toned(&fact.value, WORDS)].into_iter().flatten().collect()],
    }
}

/// The bar and its share in code, where all characters are as wide as each other; the words behind it.
fn bar(bar: &Bar) -> Vec<Value> {
    let (label, note) = (cut_units(&one_line(&bar.label), WORDS), cut_units(&one_line(&bar.note), WORDS));
    let note = if note.is_empty() { note } else { format!(" · {note}") };
    [code(&phrase::drawn(bar.percent, BAR)), said(&format!(" {label}{note}"))].into_iter().flatten().collect()
}

/// What the row is about; below it the other cells that say anything.
fn table_row(columns: &[Column], row: &TableRow) -> Vec<Value> {
    let about = phrase::about(row);
    let head = row.link.as_deref().map_or_else(|| bold(&about, WORDS), |url| link(&about, url, WORDS, true));
    let mut item = Vec::from_iter(head);
    for (at, (column, cell)) in columns.iter().zip(&row.cells).skip(1).filter(|(_, cell)| phrase::says(&cell.text)).enumerate() {
        let (before, after) = phrase::around(column, &cell.text);
        // `9 left of 9` is one thing.
        let apart = if at == 0 { "\n" } else if column.head == "of" { " " } else { " · " };
        let space = |word: &str| if word.is_empty() { "" } else { " " };
        item.extend(said(&format!("{apart}{before}{}", space(&before))));
        item.extend(toned(cell, WORDS));
        item.extend(said(&format!("{}{after}", space(&after))));
    }
    item
}

/// A heading, then paragraphs and list items.
fn longer(heading: &str, spans: &Spans) -> Vec<Value> {
    let mut all = Vec::from_iter(lines([Vec::from_iter(bold(heading, WORDS))]));
    let paragraphs = phrase::paragraphs(spans);
    for group in paragraphs.chunk_by(|(before, _), (item, _)| before == item) {
        let is_list = group.first().is_some_and(|(item, _)| *item);
        let said: Vec<Vec<Value>> = group.iter().map(|(_, paragraph)| paragraph.iter().filter_map(|span| self::span(span)).collect()).collect();
        all.extend(if is_list { list("bullet", said) } else { lines(said) });
    }
    all
}

fn span(span: &Span) -> Option<Value> {
    match span {
        Span::Text(text) => said(&cut_units(&phrase::spaced(text), SPAN)),
        Span::Strong(text) => bold(text, SPAN),
        Span::Link { text, url } => link(text, url, SPAN, false),
        Span::Break | Span::Item => None,
    }
}
