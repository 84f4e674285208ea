//! How does a card look in a terminal? In its width, with colours only where they are wanted, safe for any terminal.

mod chart;
mod line;
mod table;

use std::io::{IsTerminal as _, stdout};

use anstyle::{AnsiColor, Style};
use terminal_size::{Width, terminal_size};

use self::line::{STICKY, StyledLine, StyledText, columns, widest_id, wrap};
use super::{
    Surface, cell_text,
    truncate::{command_line, marked},
};
use crate::{
    card::{Block, Card, Column, Fact, TableRow, Tone, Value, Word},
    config::Environment,
    error::Error,
    text::{Span, Spans},
};

/// The width when nobody looks, as in a pipe.
const WIDTH_PIPED: usize = 100;
/// A phone held upright; nothing is laid out for less.
const WIDTH_MIN: usize = 40;
/// A table that is wider than this is no longer looked at as one.
const WIDTH_MAX: usize = 240;
/// Longer lines of prose are hard to read.
const PROSE_MAX: usize = 120;

/// How many rows one answer lists at most: a terminal scrolls, and what it prints can be searched and piped.
pub const ROWS_MAX: i64 = 500;

/// The terminal. It is met at the command line, so it answers nothing over HTTP.
pub const SURFACE: Surface = Surface { caller_prefix: Some("terminal"), ..Surface::named("terminal") };

/// The sentence of `error` for whoever types: arguments are options here.
pub fn sentence(error: &Error) -> String {
    error.sentence_with(|name| format!("--{}", name.replace('_', "-")))
}

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Its columns.
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
}

impl Capabilities {
    /// What standard output can do. Colours need a terminal that is not `dumb`, and no `NO_COLOR`
    /// (<https://no-color.org>).
    pub fn of_stdout(environment: &Environment) -> Self {
        if !stdout().is_terminal() {
            return Self::piped();
        }
        let width = terminal_size().map_or(WIDTH_PIPED, |(Width(width), _)| width.into());
        Self::of_terminal(width, environment)
    }

    /// What a terminal of so many columns can do.
    pub fn of_terminal(width: usize, environment: &Environment) -> Self {
        let colour = environment.get("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb");
        Self { width: width.clamp(WIDTH_MIN, WIDTH_MAX), colour }
    }

    /// For whatever reads a pipe.
    pub const fn piped() -> Self {
        Self { width: WIDTH_PIPED, colour: false }
    }
}

/// The card as lines, each ended.
pub fn render(card: &Card, look: Capabilities) -> String {
    let card = &marked(card, command_line);
    let width = look.width.max(WIDTH_MIN);
    let prose = width.min(PROSE_MAX);
    let mut lines = wrap(&[StyledText::new(card.title.clone(), Style::new().bold())], width);
    let rule = lines.iter().map(StyledLine::columns).max().unwrap_or(0);
    lines.push(StyledLine::of(&"─".repeat(rule), Style::new().dimmed()));
    let mut after_note = false;
    for (at, block) in card.blocks.iter().enumerate() {
        let drawn = lay_out(block, width);
        if drawn.is_empty() {
            continue;
        }
        let note = matches!(block, Block::Note(_));
        if at > 0 && !(note && after_note) {
            lines.push(StyledLine::default());
        }
        after_note = note;
        lines.extend(drawn);
    }
    if !card.foot.is_empty() {
        lines.push(StyledLine::default());
        lines.extend(wrap(&[StyledText::new(card.foot.clone(), Style::new().dimmed())], prose));
    }
    lines.iter().map(|line| line.paint(look.colour) + "\n").collect()
}

fn lay_out(block: &Block, width: usize) -> Vec<StyledLine> {
    let prose = width.min(PROSE_MAX);
    match block {
        Block::Lead(words) => lead(words, width),
        Block::Facts(all) => facts(all, prose),
        Block::Bars(all) => chart::bars(all, width),
        Block::Trend(days) => chart::trend(days, width),
        Block::Table { rows, .. } if rows.is_empty() => Vec::new(),
        Block::Table { columns, rows } if cell_text::is_line(columns) => {
            rows.iter().flat_map(|row| table_line(columns, row, prose)).collect()
        }
        Block::Table { columns, rows } => table::table(columns, rows, width),
        Block::Text { heading, spans } => text(heading, spans, prose),
        Block::Note(note) => hung("! ", style_of(Tone::Warn), &[StyledText::new(note.clone(), Style::new())], prose),
    }
}

/// What the row is about and the other cells that say anything, on one line where the width has room.
fn table_line(columns: &[Column], row: &TableRow, width: usize) -> Vec<StyledLine> {
    let about = StyledText::new(cell_text::subject(columns, row), Style::new().bold());
    let others = cell_text::others(columns, row, false);
    let others = others.map(|(_, column, cell)| StyledText::new(format!(" {STICKY}{}", cell.words(column)), style_of(cell.tone(column))));
    hung("• ", Style::new().dimmed(), &std::iter::once(about).chain(others).collect::<Vec<_>>(), width)
}

fn style_of(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Strong => Style::new().bold(),
        Tone::Quiet => Style::new().dimmed(),
    }
}

fn lead(words: &[Word], width: usize) -> Vec<StyledLine> {
    let mut pieces = Vec::new();
    for word in words.iter().filter(|word| !word.text.trim().is_empty()) {
        if !pieces.is_empty() {
            // Without colours nothing else tells them apart. It ends a line rather than begin one.
            pieces.push(StyledText::new(format!("{STICKY}· "), Style::new()));
        }
        // What has room on a line of its own is not broken over two.
        let text = word.text.trim();
        let text = if columns(text) < width { text.replace(' ', &STICKY.to_string()) } else { text.to_owned() };
        pieces.push(StyledText::new(text, style_of(word.tone)));
    }
    wrap(&pieces, width)
}

fn facts(facts: &[Fact], width: usize) -> Vec<StyledLine> {
    let word = |value: &Value| Word::toned(value.line(), value.tone());
    let facts: Vec<(&str, Word)> = facts.iter().map(|fact| (fact.label.as_str(), word(&fact.value))).collect();
    labelled(&facts, width)
}

/// A line each, the labels below each other and the values beside them.
fn labelled(facts: &[(&str, Word)], width: usize) -> Vec<StyledLine> {
    let label = facts.iter().map(|(label, _)| columns(label)).max().unwrap_or(0).min(width / 3);
    let mut lines = Vec::new();
    for (name, value) in facts {
        if widest_id(&value.text) + label + 2 > width {
            // Below its label it may have the room that it needs.
            lines.extend(wrap(&[StyledText::new(*name, Style::new().dimmed())], width));
            lines.extend(hung("  ", Style::new(), &[StyledText::new(value.text.clone(), style_of(value.tone))], width));
            continue;
        }
        let labels = wrap(&[StyledText::new(*name, Style::new().dimmed())], label);
        let values = wrap(&[StyledText::new(value.text.clone(), style_of(value.tone))], width.saturating_sub(label + 2));
        let height = labels.len().max(values.len());
        let mut labels = labels.into_iter();
        let mut values = values.into_iter();
        for _ in 0..height {
            let mut line = labels.next().unwrap_or_default();
            line.pad(label + 2);
            line.append(values.next().unwrap_or_default());
            lines.push(line);
        }
    }
    lines
}

/// A heading, then paragraphs and list items.
fn text(heading: &str, spans: &Spans, width: usize) -> Vec<StyledLine> {
    let mut lines = wrap(&[StyledText::new(heading, Style::new().bold())], width);
    let mut item = false;
    let mut pieces = Vec::new();
    for span in &spans.0 {
        match span {
            Span::Text(text) => pieces.push(StyledText::new(text.clone(), Style::new())),
            Span::Strong(text) => pieces.push(StyledText::new(text.clone(), Style::new().bold())),
            Span::Link { text, url } => {
                if text != url {
                    pieces.push(StyledText::new(text.clone(), Style::new()));
                    pieces.push(StyledText::new(" ", Style::new()));
                }
                // Between angle brackets, so that a full stop behind it is not taken for a part of it.
                pieces.push(StyledText::new(format!("<{url}>"), Style::new().underline()));
            }
            Span::Break | Span::Item => {
                lines.extend(paragraph(&pieces, item, width));
                pieces.clear();
                item = matches!(span, Span::Item);
            }
        }
    }
    lines.extend(paragraph(&pieces, item, width));
    lines
}

fn paragraph(pieces: &[StyledText], item: bool, width: usize) -> Vec<StyledLine> {
    if pieces.iter().all(|piece| piece.text.trim().is_empty()) {
        Vec::new()
    } else if item {
        hung("  • ", Style::new().dimmed(), pieces, width)
    } else {
        wrap(pieces, width)
    }
}

/// `mark` once, and the pieces to its right.
fn hung(mark: &str, style: Style, pieces: &[StyledText], width: usize) -> Vec<StyledLine> {
    let mark = StyledLine::of(mark, style);
    let indent = mark.columns();
    let mut first = Some(mark);
    let wrapped = wrap(pieces, width.saturating_sub(indent));
    wrapped
        .into_iter()
        .map(|part| {
            let mut line = first.take().unwrap_or_default();
            line.pad(indent);
            line.append(part);
            line
        })
        .collect()
}
