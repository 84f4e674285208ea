//! How does a parcel look in Teams? As an Adaptive Card that a phone shows well, in which no text from outside is markup.
//!
//! Tables are numbered rows, not columns: on a phone, these are too narrow to be read. A row opens what it is about wherever it is touched: links inside
//! a text stopped working in Teams more than once (<https://github.com/microsoft/AdaptiveCards/issues/9100>).

use serde_json::{Value, json};

use super::elements::{code, inert, line, lines, link, open, row, said, small, strong, title, toned};
use crate::{
    card::{
        Bar, Block, Card, Column, Fact, TableRow, Word,
        draw::{caption, sparkline},
    },
    delivery::Picture,
    surfaces::{fit::fit, phrase},
    text::{Span, Spans, cut, one_line},
};

/// How large the whole body may be, in bytes. Microsoft says "approximately 28 KB" (<https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions>)
/// without saying of what; those who measured found about 21,000 (<https://github.com/atc0005/go-teams-notify/issues/59>). What is larger is lost inside
/// the flow, where nobody tells us.
const BODY: usize = 20_000;
/// The version of Adaptive Cards. Every client of Teams shows it; newer ones are not shown everywhere.
const VERSION: &str = "1.2";
/// The title.
const TITLE: usize = 250;
/// A label, a value, a cell, a note.
const WORDS: usize = 300;
/// A span of a longer text.
const SPAN: usize = 2000;
/// How many words a lead has.
const LEAD: usize = 40;
/// The address of a picture.
const ADDRESS: usize = 2000;
/// The blocks of a bar, and the days of a trend: what a phone shows on a line.
const BAR: usize = 10;
const TREND: usize = 30;

/// The body of the request; `None` when not even the title fits.
pub fn message(card: &Card, picture: Option<&Picture>) -> Option<Vec<u8>> {
    let address = picture.and_then(|picture| match picture {
        Picture::Address(address) if address.len() <= ADDRESS => Some(address.as_str()),
        Picture::Address(_) | Picture::File(_) => None,
    });
    fit(card, |card| {
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
    let mut picture = address.map(|address| json!({ "type": "Image", "url": address, "altText": format!("Trend: {news}"), "size": "Stretch" }));
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
    if let Some(mut portal) = card.link.as_deref().and_then(open) {
        portal["title"] = "Open in Microsoft Defender".into();
        content["actions"] = json!([portal]);
    }
    content
}

/// The elements of a block. `picture` shows the first trend.
fn block(block: &Block, picture: &mut Option<Value>) -> Vec<Value> {
    match block {
        Block::Lead(words) => lines([lead(words)]),
        Block::Facts(facts) => lines(facts.iter().flat_map(fact)),
        Block::Bars(bars) => lines(bars.iter().map(bar)),
        Block::Trend(days) => {
            let picture = picture.take();
            let drawing = code(&sparkline(days, TREND)).filter(|_| picture.is_none());
            let words = lines([Vec::from_iter(drawing), Vec::from_iter(small(&caption(days), WORDS))]);
            picture.into_iter().chain(words).collect()
        }
        Block::Table { columns, rows } => rows.iter().enumerate().map(|(at, row)| table_row(at + 1, columns, row)).collect(),
        Block::Text { heading, spans } => longer(heading, spans),
        Block::Note(note) => line(small(note, WORDS), "Small").into_iter().collect(),
    }
}

fn lead(words: &[Word]) -> Vec<Value> {
    let mut runs = Vec::new();
    for word in words.iter().take(LEAD).filter_map(|word| toned(word, WORDS)) {
        runs.extend(said(" ").filter(|_| !runs.is_empty()));
        runs.push(word);
    }
    runs
}

/// What it is and what it comes to; below each other where that is several things with a label each, as moves with their days.
fn fact(fact: &Fact) -> Vec<Vec<Value>> {
    let label = cut(&one_line(&fact.label), WORDS);
    let value = cut(&one_line(&fact.value.text), WORDS);
    match phrase::parts(&value) {
        Some(parts) => {
            let parts = parts.into_iter().map(|part| Vec::from_iter(said(&format!("• {part}"))));
            std::iter::once(Vec::from_iter(said(&format!("{label}:")))).chain(parts).collect()
        }
        None => vec![[said(&format!("{label}: ")), toned(&fact.value, WORDS)].into_iter().flatten().collect()],
    }
}

/// The bar and its share, where all characters are as wide as each other; the words behind it.
fn bar(bar: &Bar) -> Vec<Value> {
    let (label, note) = (cut(&one_line(&bar.label), WORDS), cut(&one_line(&bar.note), WORDS));
    let note = if note.is_empty() { note } else { format!(" · {note}") };
    [code(&phrase::drawn(bar.percent, BAR)), said(&format!("  {label}{note}"))].into_iter().flatten().collect()
}

/// What the row is about, with its number; below it the other cells that say anything.
fn table_row(number: usize, columns: &[Column], cells: &TableRow) -> Value {
    let head = strong(&format!("{number}. {}", phrase::about(cells)), WORDS);
    let mut runs = Vec::new();
    for (column, cell) in columns.iter().zip(&cells.cells).skip(1).filter(|(_, cell)| phrase::says(&cell.text)) {
        let (before, after) = phrase::around(column, &cell.text);
        // `9 left of 9` is one thing.
        let apart = if runs.is_empty() { "" } else if column.head == "of" { " " } else { " · " };
        let space = |word: &str| if word.is_empty() { "" } else { " " };
        runs.extend(said(&format!("{apart}{before}{}", space(&before))));
        runs.extend(toned(cell, WORDS));
        runs.extend(said(&format!("{}{after}", space(&after))));
    }
    let items: Vec<Value> = [line(head, "None"), line(runs, "None")].into_iter().flatten().collect();
    row(&items, cells.link.as_deref())
}

/// A heading, then paragraphs and list items.
fn longer(heading: &str, spans: &Spans) -> Vec<Value> {
    let heading = Vec::from_iter(strong(heading, WORDS));
    let paragraph = |(item, paragraph): (bool, Vec<&Span>)| {
        let mark = said("• ").filter(|_| item);
        mark.into_iter().chain(paragraph.into_iter().filter_map(span)).collect()
    };
    lines(std::iter::once(heading).chain(phrase::paragraphs(spans).into_iter().map(paragraph)))
}

fn span(span: &Span) -> Option<Value> {
    match span {
        Span::Text(text) => said(&cut(&phrase::spaced(text), SPAN)),
        Span::Strong(text) => strong(text, SPAN),
        Span::Link { text, url } => link(text, url, SPAN),
        Span::Break | Span::Item => None,
    }
}
