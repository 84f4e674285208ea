//! How does each block of a card read in Discord? In pieces of markdown that a page never breaks, with lines short enough for a phone.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    escape::{cut_to, link, mention, short, words},
    limits::units,
};
use crate::{
    card::{
        Bar, Block, Cell, Column, Fact, Next, TableRow, Tone, Value, Word,
        draw::{caption, sparkline},
    },
    surfaces::{
        cell_text::{self, Separator},
        inline::drawn,
    },
    text::{Span, Spans, cut_units, one_line},
};

/// A piece is at most about this long, so that two of the longest never share a page, and one always fits.
const PIECE: usize = 1800;
/// A label, a heading, the first cell of a row; before it is escaped.
const NAME: usize = 160;
/// A value, a cell, a note; before it is escaped.
const VALUE: usize = 300;
/// The columns of a line of trend: what a phone shows of a line of code.
const TREND: usize = 30;
/// The blocks of a bar.
const BAR: usize = 10;
/// A run of letters longer than this is broken wherever it must be.
const RUN: usize = 400;

/// What a page shows whole.
#[derive(Debug, Default, Clone)]
pub(super) struct MarkdownPart {
    /// What parts it from the piece before it on the same page.
    pub before: &'static str,
    /// The markdown.
    pub text: String,
    /// What stands over it where it begins a page, because it goes on with a text.
    pub heading: Option<String>,
    /// How many pieces like it read well on one page; `None` when that does not matter.
    pub page_rows: Option<usize>,
    /// Whether it is the first of them.
    pub begins: bool,
    /// What it leads to.
    pub next: Option<Next>,
    /// The part of it that a picture says better.
    pub drawn: String,
}

/// What parts a block from the one before it.
pub(super) const APART: &str = "\n\n";
/// What parts lines of a block.
const BELOW: &str = "\n";

impl MarkdownPart {
    pub(super) fn new(before: &'static str, text: String) -> Self {
        Self { before, text, ..Self::default() }
    }
}

/// The block in pieces; none for an empty one. The address that the title leads to, `link`, is not said again as a fact.
pub(super) fn pieces(block: &Block, link: Option<&str>) -> Vec<MarkdownPart> {
    match block {
        Block::Lead(words) => vec![MarkdownPart::new(APART, lead(words))],
        // Not fields: side by side three of them do not fit on a phone, and below each other each takes two lines.
        Block::Facts(facts) => lines(facts.iter().filter(|fact| !fact.value.leads_to(link)).map(fact)),
        Block::Bars(bars) => lines(bars.iter().map(bar)),
        Block::Trend(days) if days.is_empty() => Vec::new(),
        Block::Trend(days) => {
            let drawn = format!("`{}`\n", sparkline(days, TREND));
            vec![MarkdownPart { text: format!("{drawn}{}", words(&caption(days))), drawn, before: APART, ..MarkdownPart::default() }]
        }
        Block::Table { columns, rows } => table(columns, rows),
        Block::Text { heading, spans } => text(heading, spans),
        Block::Note(note) if one_line(note).is_empty() => Vec::new(),
        Block::Note(note) => vec![MarkdownPart::new(BELOW, remark(note))],
    }
}

/// Lines below each other, parted from what is before them.
fn lines(lines: impl Iterator<Item = String>) -> Vec<MarkdownPart> {
    lines.enumerate().map(|(at, line)| MarkdownPart::new(if at == 0 { APART } else { BELOW }, line)).collect()
}

/// `word` as it is meant.
fn toned(word: &Word, units_max: usize) -> String {
    // Mentions of posts and answers are switched off: a person is named, and not pinged.
    let text = word.person.as_deref().and_then(mention).unwrap_or_else(|| short(&word.text, units_max));
    meant(text, word.tone)
}

/// `text` as it is meant: bold where it carries a judgement or matters most.
fn meant(text: String, tone: Tone) -> String {
    match tone {
        Tone::Plain | Tone::Quiet => text,
        Tone::Good | Tone::Bad | Tone::Warn | Tone::Strong if text.is_empty() => text,
        Tone::Good | Tone::Bad | Tone::Warn | Tone::Strong => format!("**{text}**"),
    }
}

/// The few things to read if nothing else is, apart from each other; a move that follows the standing has a line of its own.
fn lead(words: &[Word]) -> String {
    let mut line = String::new();
    for word in words {
        let text = toned(word, VALUE);
        if units(&line) + units(&text) >= PIECE {
            line.push('…');
            break;
        }
        if !line.is_empty() && !text.is_empty() {
            line.push_str(if matches!(word.tone, Tone::Good | Tone::Bad) { BELOW } else { cell_text::APART });
        }
        line.push_str(&text);
    }
    line
}

/// A remark in small print.
fn remark(note: &str) -> String {
    format!("-# {}", short(note, VALUE))
}

/// What it is and what it comes to; below each other where that is several things, as moves with their days.
fn fact(fact: &Fact) -> String {
    let label = short(&fact.label, NAME);
    match &fact.value {
        Value::List(parts) if parts.len() > 1 => {
            parts.iter().fold(format!("{label}:"), |all, part| format!("{all}\n- {}", short(part, VALUE)))
        }
        Value::Words(word) => format!("{label}: {}", toned(word, VALUE)),
        Value::List(_) | Value::Link(_) => format!("{label}: {}", short(&fact.value.line(), VALUE)),
    }
}

/// The bar and its share in code, where all characters are as wide as each other; the words behind it.
fn bar(bar: &Bar) -> String {
    let share = drawn(bar.percent, BAR);
    let note = if bar.note.trim().is_empty() { String::new() } else { format!(" · {}", short(&bar.note, VALUE)) };
    format!("`{share}` {}{note}", short(&bar.label, NAME))
}

/// How many rows read well on one page.
const ROWS: usize = 8;

fn table(columns: &[Column], rows: &[TableRow]) -> Vec<MarkdownPart> {
    // Pages that are about equally full: nine rows are five and four, not eight and one.
    let per_page = rows.len().div_ceil(rows.len().div_ceil(ROWS).max(1));
    let is_line = cell_text::is_line(columns);
    let piece = |(at, row): (usize, &TableRow)| MarkdownPart {
        before: if at == 0 { APART } else { BELOW },
        text: if is_line { table_line(columns, row) } else { table_row(at + 1, columns, row) },
        page_rows: (!is_line).then_some(per_page),
        begins: at == 0,
        next: row.next.clone(),
        ..MarkdownPart::default()
    };
    rows.iter().enumerate().map(piece).collect()
}

/// What the row is about and the other cells that say anything, on one line, which is a short one: the menu below has where it leads.
fn table_line(columns: &[Column], row: &TableRow) -> String {
    let about = format!("**{}**", words(&cut_units(&cell_text::subject(columns, row), NAME)));
    let cells = cell_text::others(columns, row, false).map(|(_, column, cell)| said(column, cell)).collect::<Vec<_>>();
    cut_to(&format!("{about} {}", cells.join(cell_text::APART)), PIECE)
}

/// What the row is about, with its number; below it the other cells that say anything.
fn table_row(number: usize, columns: &[Column], row: &TableRow) -> String {
    // The menu below the page has the id.
    let about = cut_units(&cell_text::subject(columns, row), NAME);
    let about = row.link.as_ref().map_or_else(|| format!("**{}**", words(&about)), |url| link(&about, url));
    let mut text = format!("**{number}.** {about}");
    for (separator, column, cell) in cell_text::others(columns, row, false) {
        let said = said(column, cell);
        if units(&text) + units(&said) >= PIECE {
            text.push('…');
            break;
        }
        text.push_str(match separator {
            Separator::Space => " ",
            Separator::Dot => cell_text::APART,
            Separator::Line => BELOW,
        });
        text.push_str(&said);
    }
    text
}

/// A cell as words: `9 points to gain`, `by Ann`, `until 2026-10-01`. A number is meant as its noun is.
fn said(column: &Column, cell: &Cell) -> String {
    let (before, behind) = cell_text::around(column, cell);
    let joined = |parts: [String; 2]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let apart = |text: &str| if text.is_empty() { String::new() } else { short(text, NAME) };
    let words = if let Cell::Text(word) = cell {
        toned(word, VALUE)
    } else {
        meant(joined([short(&cell.words(column), VALUE), apart(behind)]), cell.tone(column))
    };
    joined([apart(before), words])
}

/// A heading, then paragraphs and list items.
fn text(heading: &str, spans: &Spans) -> Vec<MarkdownPart> {
    let heading = format!("**{}**", short(heading, NAME));
    let mut pieces: Vec<MarkdownPart> = Vec::new();
    let mut was_item = false;
    for (item, atoms) in paragraphs(spans) {
        let apart = if item || was_item { BELOW } else { APART };
        was_item = item;
        for (at, chunk) in chunks(&atoms).into_iter().enumerate() {
            let text = if item && at == 0 { format!("- {}", chunk.text) } else { chunk.text };
            let before = if at > 0 { chunk.before } else { apart };
            pieces.push(MarkdownPart { heading: Some(heading.clone()), ..MarkdownPart::new(before, text) });
        }
    }
    if let Some(first) = pieces.first_mut() {
        first.text = format!("{heading}\n{}", first.text);
        first.heading = None;
        first.before = APART;
    }
    pieces
}

/// Words that stay together.
struct Atom {
    text: String,
    /// Whether no space parts it from the one before it.
    glued: bool,
    strong: bool,
}

/// Each paragraph that says anything, and whether it is a list item.
fn paragraphs(spans: &Spans) -> Vec<(bool, Vec<Atom>)> {
    let mut paragraphs = vec![(false, Vec::new())];
    let mut open = false;
    for span in &spans.0 {
        let Some((_, atoms)) = paragraphs.last_mut() else { break };
        match span {
            Span::Break | Span::Item => {
                paragraphs.push((matches!(span, Span::Item), Vec::new()));
                open = false;
            }
            Span::Text(text) => say(atoms, text, &mut open, None),
            Span::Strong(text) => say(atoms, text, &mut open, Some("**")),
            Span::Link { text, url } => {
                atoms.push(Atom { text: link(&cut_units(&one_line(text), VALUE), url), glued: open, strong: false });
                open = true;
            }
        }
    }
    paragraphs.retain(|(_, atoms)| !atoms.is_empty());
    paragraphs
}

/// Adds the words of `text`, between `mark`s if there are any. `open` is whether the text before it ended inside a word.
fn say(atoms: &mut Vec<Atom>, text: &str, open: &mut bool, mark: Option<&str>) {
    let mut glued = *open && text.starts_with(|c: char| !c.is_whitespace());
    for word in text.split_whitespace() {
        for run in runs(word) {
            let escaped = words(&run);
            let mark = mark.unwrap_or_default();
            match atoms.last_mut() {
                // Bold words are one run of bold: `**two words**`, and never four stars in a row.
                Some(last) if !mark.is_empty() && last.strong && units(&last.text) + units(&escaped) < RUN => {
                    last.text.truncate(last.text.len() - mark.len());
                    let blank = if glued { "" } else { " " };
                    let _ = write!(last.text, "{blank}{escaped}{mark}");
                }
                last => {
                    let beside_bold = last.is_some_and(|last| last.strong) && !mark.is_empty();
                    let text = format!("{mark}{escaped}{mark}");
                    atoms.push(Atom { text, glued: glued && !beside_bold, strong: !mark.is_empty() });
                }
            }
            glued = true;
        }
        glued = false;
    }
    if let Some(last) = text.chars().next_back() {
        *open = !last.is_whitespace();
    }
}

/// A word, broken where it is longer than any word.
fn runs(word: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for grapheme in one_line(word).graphemes(true) {
        let Some(last) = runs.last_mut() else { break };
        if units(last) + units(grapheme) > RUN && !last.is_empty() {
            runs.push(cut_units(grapheme, RUN));
        } else {
            last.push_str(&cut_units(grapheme, RUN));
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The atoms side by side, in as few pieces as hold them.
fn chunks(atoms: &[Atom]) -> Vec<MarkdownPart> {
    let mut chunks: Vec<MarkdownPart> = Vec::new();
    let mut length = 0;
    for atom in atoms {
        let before = if atom.glued { "" } else { " " };
        match chunks.last_mut() {
            Some(last) if length + units(&atom.text) < PIECE => {
                last.text.push_str(before);
                last.text.push_str(&atom.text);
                length += units(before) + units(&atom.text);
            }
            _ => {
                length = units(&atom.text);
                chunks.push(MarkdownPart::new(before, atom.text.clone()));
            }
        }
    }
    chunks
}
