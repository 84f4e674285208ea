//! How does a post look in Teams? As an Adaptive Card that a phone shows well, in which no text from outside is markup.
//!
//! Tables are numbered rows, not columns: on a phone, these are too narrow to be read. A row opens what it is about wherever it is touched: links inside
//! a text stopped working in Teams more than once (<https://github.com/microsoft/AdaptiveCards/issues/9100>).

use serde_json::{Value, json};

use super::elements::{self, inert, item, line, lines, open, row, runs, small, strong, title};
use crate::{
    card::{Block, Card, Column, TableRow, Tone},
    delivery::PostPicture,
    surfaces::{
        address, cell_text,
        inline::{Measure, Run, WORDS, trend},
        truncate::{command_line, truncate},
    },
    text::{Spans, cut, one_line},
};

/// How Teams measures.
const TEAMS: Measure = Measure { cut, address: elements::ADDRESS };
/// How large the whole body may be, in bytes. Microsoft says "approximately 28 KB" (<https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions>)
/// without saying of what; those who measured found about 21,000 (<https://github.com/atc0005/go-teams-notify/issues/59>). What is larger is lost inside
/// the flow, where nobody tells us.
const BODY: usize = 20_000;
/// The version of Adaptive Cards. Every client of Teams shows it; newer ones are not shown everywhere.
const VERSION: &str = "1.2";
/// The title.
const TITLE: usize = 250;
/// The body of the request; `None` when not even the title fits.
pub fn message(card: &Card, picture: Option<&PostPicture>) -> Option<Vec<u8>> {
    let address = address::picture(picture, elements::ADDRESS);
    truncate(card, command_line, |card| {
        let attachment = json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": content(card, address),
        });
        let body = json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes();
        (body.len() <= BODY).then_some(body)
    })
}

/// The card; `address` is that of the picture, which Teams fetches.
fn content(card: &Card, address: Option<&str>) -> Value {
    let news = inert(&cut(&one_line(&card.title), TITLE));
    let mut body: Vec<Value> = line(title(&news, TITLE), "None").into_iter().collect();
    let mut picture =
        address.map(|address| json!({ "type": "Image", "url": address, "altText": format!("Trend: {news}"), "size": "Stretch" }));
    body.extend(card.blocks.iter().flat_map(|part| block(part, &mut picture)));
    body.extend(line(small(&card.foot, WORDS), "Medium"));
    let mut content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "msteams": { "width": "Full" },
        "fallbackText": news,
        "body": body,
    });
    if let Some((link, mut portal)) = card.link.as_deref().and_then(|link| Some((link, open(link)?))) {
        portal["title"] = format!("Open in {}", address::portal(link)).into();
        content["actions"] = json!([portal]);
    }
    content
}

/// The elements of a block. `picture` shows the first trend.
fn block(block: &Block, picture: &mut Option<Value>) -> Vec<Value> {
    match block {
        Block::Lead(words) => lines([runs(&TEAMS.lead(words))]),
        Block::Facts(facts) => lines(facts.iter().flat_map(|fact| TEAMS.fact(fact)).map(|line| runs(&line))),
        Block::Bars(bars) => lines(bars.iter().map(|bar| runs(&TEAMS.bar(bar)))),
        Block::Trend(days) => {
            let picture = picture.take();
            let (drawn, caption) = trend(days);
            let drawn = if picture.is_none() { runs(&drawn) } else { Vec::new() };
            let words = lines([drawn, Vec::from_iter(small(&caption, WORDS))]);
            picture.into_iter().chain(words).collect()
        }
        Block::Table { columns, rows } if cell_text::is_line(columns) => lines(rows.iter().map(|row| table_line(columns, row))),
        Block::Table { columns, rows } => rows.iter().enumerate().map(|(at, row)| table_row(at + 1, columns, row)).collect(),
        Block::Text { heading, spans } => longer(heading, spans),
        Block::Note(note) => line(small(note, WORDS), "Small").into_iter().collect(),
    }
}

/// What the row is about and the other cells that say anything, on one line.
fn table_line(columns: &[Column], row: &TableRow) -> Vec<Value> {
    let mut line = vec![Run::Toned(TEAMS.words(&cell_text::subject(columns, row)), Tone::Strong), Run::Plain(" ".to_owned())];
    line.extend(TEAMS.cells(columns, row));
    runs(&line)
}

/// What the row is about, with its number; below it the other cells that say anything.
fn table_row(number: usize, columns: &[Column], cells: &TableRow) -> Value {
    let head = strong(&format!("{number}. {}", cell_text::subject(columns, cells)), WORDS);
    let items: Vec<Value> = [line(head, "None"), line(runs(&TEAMS.cells(columns, cells)), "None")].into_iter().flatten().collect();
    row(&items, cells.link.as_deref())
}

/// A heading, then paragraphs and list items.
fn longer(heading: &str, spans: &Spans) -> Vec<Value> {
    let heading = Vec::from_iter(strong(heading, WORDS));
    let paragraph = |(is_item, paragraph): (bool, _)| item().filter(|_| is_item).into_iter().chain(runs(&paragraph)).collect();
    lines(std::iter::once(heading).chain(TEAMS.paragraphs(spans).into_iter().map(paragraph)))
}
