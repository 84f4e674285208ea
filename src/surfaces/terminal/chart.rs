//! How are numbers drawn in a terminal? Bars with their labels, and a line of days with what it says, in its width and colours.

use anstyle::{AnsiColor, Style};
use jiff::civil::Date;

use super::line::{StyledLine, StyledText, columns, wrap};
use crate::{
    card::{Bar, draw},
    text::cut,
};

const BAR_MIN: usize = 10;
const BAR_MAX: usize = 30;
/// `100.0 %`
const PERCENT_COLUMNS: usize = 7;
const GAP: usize = 2;

const fn coloured() -> Style {
    AnsiColor::Cyan.on_default()
}

/// One bar a line; on narrow terminals its label stands above it.
pub(super) fn bars(bars: &[Bar], width: usize) -> Vec<StyledLine> {
    let label = bars.iter().map(|bar| columns(&bar.label)).max().unwrap_or(0).min(width / 3);
    let note = bars.iter().map(|bar| columns(&bar.note)).max().unwrap_or(0);
    let beside = width.saturating_sub(label + PERCENT_COLUMNS + note + 3 * GAP);
    if beside >= BAR_MIN {
        return bars.iter().map(|one| beside_label(one, label, beside.min(BAR_MAX))).collect();
    }
    let below = width.saturating_sub(PERCENT_COLUMNS + GAP).clamp(BAR_MIN, BAR_MAX);
    bars.iter().flat_map(|one| below_label(one, width, below)).collect()
}

fn beside_label(bar: &Bar, label: usize, length: usize) -> StyledLine {
    let mut line = StyledLine::of(&cut_to(&bar.label, label), Style::new());
    line.pad(label + GAP);
    fill(&mut line, bar.percent, length);
    line.push(&" ".repeat(GAP), Style::new());
    line.push(&bar.note, Style::new().dimmed());
    line
}

fn below_label(bar: &Bar, width: usize, length: usize) -> Vec<StyledLine> {
    let quiet = Style::new().dimmed();
    let mut lines = wrap(&[StyledText::new(bar.label.clone(), Style::new()), StyledText::new(format!(" {}", bar.note), quiet)], width);
    let mut line = StyledLine::default();
    fill(&mut line, bar.percent, length);
    lines.push(line);
    lines
}

fn fill(line: &mut StyledLine, percent: Option<f64>, length: usize) {
    let quiet = Style::new().dimmed();
    let Some(percent) = percent else {
        line.push(&format!("{:length$}", "not known"), quiet);
        line.push(&format!("{:>PERCENT_COLUMNS$}", "–"), quiet);
        return;
    };
    let full = draw::filled(percent, length);
    line.push(&"█".repeat(full), coloured());
    line.push(&"░".repeat(length - full), quiet);
    line.push(&format!("{:>PERCENT_COLUMNS$}", draw::rounded(percent)), Style::new());
}

/// How a percentage moved, and from what to what.
pub(super) fn trend(days: &[(Date, f64)], width: usize) -> Vec<StyledLine> {
    if days.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![StyledLine::of(&draw::sparkline(days, width), coloured())];
    lines.extend(wrap(&[StyledText::new(draw::caption(days), Style::new().dimmed())], width));
    lines
}

/// `text` in at most `width` columns.
fn cut_to(text: &str, width: usize) -> String {
    let mut characters = width;
    let mut short = cut(text, characters);
    while columns(&short) > width && characters > 1 {
        characters -= 1;
        short = cut(text, characters);
    }
    short
}
