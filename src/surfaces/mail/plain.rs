//! What does a mail say to those who read plain text? The same, in lines of 72 columns.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{footer::Footer, words::web};
use crate::{
    card::{
        Bar, Block, Card, Cell, Column, Fact, TableRow,
        draw::{caption, filled, rounded, sparkline},
    },
    delivery::Post,
    surfaces::{
        address,
        cell_text::{self, Separator},
    },
    text::{Span, Spans, cut, one_line},
};

/// What old terminals and quoted answers leave of a line.
const WIDTH: usize = 72;
/// A title, a cell, a note.
const VALUE: usize = 400;
const GAP: usize = 2;
const BAR: usize = 20;

/// The card as lines.
pub(super) fn plain(card: &Card, post: &Post, footer: &Footer<'_>) -> String {
    let mut lines = wrap(&card.title, "", "");
    let rule = lines.iter().map(|line| line.width()).max().unwrap_or(0);
    lines.push("=".repeat(rule));
    let mut after_note = false;
    for block in &card.blocks {
        let drawn = lay_out(block, card.link.as_deref());
        let note = matches!(block, Block::Note(_));
        if !(drawn.is_empty() || note && after_note) {
            lines.push(String::new());
        }
        after_note = note;
        lines.extend(drawn);
    }
    if let Some(link) = card.link.as_deref().and_then(web) {
        lines.extend([String::new(), format!("In the {} portal:", address::portal(&link)), link]);
    }
    // What mail programs take for the beginning of a signature, which answers leave out.
    lines.extend([String::new(), "-- ".to_owned()]);
    if !card.foot.trim().is_empty() {
        lines.extend(wrap(&card.foot, "", ""));
    }
    lines.extend(wrap(&format!("{} To unsubscribe:", footer.written(post.created)), "", ""));
    lines.push(footer.unsubscribe.to_owned());
    lines.push(String::new());
    lines.join("\n")
}

fn lay_out(block: &Block, link: Option<&str>) -> Vec<String> {
    match block {
        Block::Lead(words) => {
            let words = words.iter().map(|word| cut(&one_line(&word.text), VALUE)).filter(|word| !word.is_empty());
            fold(&words.collect::<Vec<_>>().join(cell_text::APART), "", "")
        }
        Block::Facts(facts) => labelled(&facts.iter().filter(|fact| !fact.value.leads_to(link)).collect::<Vec<_>>()),
        Block::Bars(bars) => bars.iter().flat_map(bar).collect(),
        Block::Trend(days) if days.is_empty() => Vec::new(),
        Block::Trend(days) => [vec![sparkline(days, WIDTH)], wrap(&caption(days), "", "")].concat(),
        Block::Table { columns, rows } if cell_text::is_line(columns) => rows.iter().flat_map(|row| table_line(columns, row)).collect(),
        Block::Table { columns, rows } => table(columns, rows),
        Block::Text { heading, spans } => text(heading, spans),
        Block::Note(note) => wrap(note, "! ", "  "),
    }
}

fn labelled(facts: &[&Fact]) -> Vec<String> {
    let shown = |fact: &Fact| cut(&one_line(&fact.label), WIDTH / 2);
    let label = facts.iter().map(|fact| shown(fact).width()).max().unwrap_or(0).min(WIDTH / 2);
    let below = " ".repeat(label + GAP);
    let head = |fact: &Fact| {
        let head = shown(fact);
        format!("{head}{}", " ".repeat((label + GAP).saturating_sub(head.width()).max(GAP)))
    };
    facts.iter().flat_map(|fact| wrap(&fact.value.line(), &head(fact), &below)).collect()
}

fn bar(bar: &Bar) -> Vec<String> {
    let drawn = bar.percent.map_or_else(
        || format!("[{:BAR$}]", " not known"),
        |percent| {
            let full = filled(percent, BAR);
            format!("[{}{}] {:>7}", "#".repeat(full), ".".repeat(BAR - full), rounded(percent))
        },
    );
    let note = if bar.note.trim().is_empty() { String::new() } else { format!(", {}", one_line(&bar.note)) };
    [wrap(&format!("{}{note}", one_line(&bar.label)), "", "  "), vec![format!("  {drawn}")]].concat()
}

fn table(columns: &[Column], rows: &[TableRow]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let text = |(column, cell): (&Column, &Cell)| one_line(&cell.words(column)).into_owned();
    let cells = |row: &TableRow| columns.iter().zip(&row.cells).map(text).collect::<Vec<_>>();
    let width = |at: usize| rows.iter().filter_map(|row| Some(text((columns.get(at)?, row.cells.get(at)?)).width())).max().unwrap_or(0);
    let heads: Vec<String> = columns.iter().map(|column| one_line(column.head()).into_owned()).collect();
    let widths: Vec<usize> = heads.iter().enumerate().map(|(at, head)| width(at).max(head.width())).collect();
    let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    if whole > WIDTH {
        return rows.iter().flat_map(|row| stacked(columns, row)).collect();
    }
    let line = |cells: Vec<String>| {
        let cells = cells.iter().zip(&widths).zip(columns).map(|((cell, width), column)| {
            if column.is_number() { format!("{}{cell}", " ".repeat(width.saturating_sub(cell.width()))) } else { padded(cell, *width) }
        });
        cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    let drawn = rows.iter().flat_map(|row| std::iter::once(line(cells(row))).chain(led_to(row)));
    [line(heads), "-".repeat(whole)].into_iter().chain(drawn).collect()
}

/// What the row is about and the other cells that say anything, on one line.
fn table_line(columns: &[Column], row: &TableRow) -> Vec<String> {
    let others =
        cell_text::others(columns, row, false).map(|(_, column, cell)| one_line(&cell.words(column)).into_owned()).collect::<Vec<_>>();
    wrap(&format!("{}  {}", cell_text::subject(columns, row), others.join(", ")), "* ", "  ")
}

/// Where a row leads, below it.
fn led_to(row: &TableRow) -> Option<String> {
    row.link.as_deref().and_then(web)
}

/// What the row is about, the other cells below it as they read without a head.
fn stacked(columns: &[Column], row: &TableRow) -> Vec<String> {
    let subject = columns.iter().zip(&row.cells).next().map(|(column, cell)| one_line(&cell.words(column)).into_owned());
    let mut lines = vec![subject.unwrap_or_default()];
    for (separator, column, cell) in cell_text::others(columns, row, true) {
        let words = cell_text::phrase(column, cell);
        match (separator, lines.last_mut()) {
            (Separator::Line, _) | (_, None) => lines.push(words),
            (Separator::Space, Some(line)) => line.extend([" ", &words]),
            (Separator::Dot, Some(line)) => line.extend([cell_text::APART, &words]),
        }
    }
    let bullet = |(at, line): (usize, String)| wrap(&line, if at == 0 { "* " } else { "  " }, "  ");
    lines.into_iter().enumerate().flat_map(bullet).chain(led_to(row)).collect()
}

fn text(heading: &str, spans: &Spans) -> Vec<String> {
    let mut lines = wrap(heading, "", "");
    let rule = lines.iter().map(|line| line.width()).max().unwrap_or(0);
    lines.push("-".repeat(rule));
    let (mut words, mut item) = (String::new(), false);
    for span in &spans.0 {
        match span {
            Span::Text(text) | Span::Strong(text) => words.push_str(text),
            Span::Link { text, url } => match web(url) {
                Some(address) if text.trim().is_empty() || address::claims(text) => words.push_str(&address),
                Some(address) => words.extend([text, " <", &address, ">"]),
                None => words.push_str(text),
            },
            Span::Break | Span::Item => {
                lines.extend(paragraph(&words, item));
                words.clear();
                item = matches!(span, Span::Item);
            }
        }
    }
    lines.extend(paragraph(&words, item));
    lines
}

fn paragraph(words: &str, item: bool) -> Vec<String> {
    match item {
        _ if words.trim().is_empty() => Vec::new(),
        true => fold(&one_line(words), "  - ", "    "),
        false => fold(&one_line(words), "", ""),
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A short text on lines that begin with `first`, then with `below`.
fn wrap(text: &str, first: &str, below: &str) -> Vec<String> {
    fold(&cut(&one_line(text), VALUE), first, below)
}

/// The same for one of any length. Addresses stay whole, so that they can be followed.
fn fold(text: &str, first: &str, below: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut bare) = (first.to_owned(), true);
    for word in text.split(' ') {
        for (at, piece) in pieces(word).into_iter().enumerate() {
            let blank = if bare || at > 0 { "" } else { " " };
            if !bare && line.width() + blank.len() + piece.width() > WIDTH {
                lines.push(std::mem::replace(&mut line, below.to_owned()));
            } else {
                line.push_str(blank);
            }
            line.push_str(piece);
            bare = false;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A word, or the pieces of one that is wider than half a line.
fn pieces(word: &str) -> Vec<&str> {
    if word.trim_start_matches('<').starts_with("https://") || word.width() <= WIDTH / 2 {
        return vec![word];
    }
    let (mut pieces, mut from, mut width) = (Vec::new(), 0, 0);
    for (at, grapheme) in word.grapheme_indices(true) {
        if width + grapheme.width() > WIDTH / 2 {
            pieces.push(word.get(from..at).unwrap_or_default());
            (from, width) = (at, 0);
        }
        width += grapheme.width();
    }
    pieces.push(word.get(from..).unwrap_or_default());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_they_may_be() {
        let words = "words ".repeat(40);
        let long = format!("{words} {} {}", "x".repeat(300), "長".repeat(90));
        let lines = fold(&long, "! ", "  ");
        assert!(lines.iter().all(|line| line.width() <= WIDTH), "{lines:#?}");
        assert!(lines[0].starts_with("! words") && lines[1].starts_with("  words"), "{lines:#?}");
        let address = format!("https://example.com/{}", "a".repeat(200));
        assert!(fold(&format!("see {address} there"), "", "").contains(&address), "an address stays whole");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let row = |cells: [&str; 2]| TableRow::from(cells.map(Cell::text).to_vec());
        let drawn = table(&[Column::words("control"), Column::number("left")], &[row(["a", "10.5"]), row(["漢", "9"])]);
        assert_eq!(drawn, ["control  left", "-------------", "a        10.5", "漢          9"]);
    }
}
