//! How do numbers look when they are drawn? Bars of blocks, and a line of eight heights.

use anstyle::{AnsiColor, Style};
use jiff::civil::Date;

use super::line::{Line, Piece, columns, wrap};
use crate::{card::Bar, text::cut};

const BAR_MIN: usize = 10;
const BAR_MAX: usize = 30;
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// `100.0 %`
const PERCENT_COLUMNS: usize = 7;
const GAP: usize = 2;

const fn drawn() -> Style {
    AnsiColor::Cyan.on_default()
}

/// One bar a line; on narrow terminals its label stands above it.
pub(super) fn bars(bars: &[Bar], width: usize) -> Vec<Line> {
    let label = bars.iter().map(|bar| columns(&bar.label)).max().unwrap_or(0).min(width / 3);
    let note = bars.iter().map(|bar| columns(&bar.note)).max().unwrap_or(0);
    let beside = width.saturating_sub(label + PERCENT_COLUMNS + note + 3 * GAP);
    if beside >= BAR_MIN {
        return bars.iter().map(|one| beside_label(one, label, beside.min(BAR_MAX))).collect();
    }
    let below = width.saturating_sub(PERCENT_COLUMNS + GAP).clamp(BAR_MIN, BAR_MAX);
    bars.iter().flat_map(|one| below_label(one, width, below)).collect()
}

fn beside_label(bar: &Bar, label: usize, length: usize) -> Line {
    let mut line = Line::of(&cut_to(&bar.label, label), Style::new());
    line.pad(label + GAP);
    draw(&mut line, bar.percent, length);
    line.push(&" ".repeat(GAP), Style::new());
    line.push(&bar.note, Style::new().dimmed());
    line
}

fn below_label(bar: &Bar, width: usize, length: usize) -> Vec<Line> {
    let quiet = Style::new().dimmed();
    let mut lines = wrap(&[Piece::new(bar.label.clone(), Style::new()), Piece::new(format!(" {}", bar.note), quiet)], width);
    let mut line = Line::default();
    draw(&mut line, bar.percent, length);
    lines.push(line);
    lines
}

fn draw(line: &mut Line, percent: Option<f64>, length: usize) {
    let quiet = Style::new().dimmed();
    let Some(percent) = percent else {
        line.push(&format!("{:length$}", "not known"), quiet);
        line.push(&format!("{:>PERCENT_COLUMNS$}", "–"), quiet);
        return;
    };
    let full = filled(percent, length);
    line.push(&"█".repeat(full), drawn());
    line.push(&"░".repeat(length - full), quiet);
    line.push(&format!("{:>PERCENT_COLUMNS$}", rounded(percent)), Style::new());
}

/// A percentage without decimals, unless that would make nothing or all of a part.
fn rounded(percent: f64) -> String {
    let part = percent > 0.0 && percent < 100.0;
    if part && !(0.5..99.5).contains(&percent) { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// How many of `length` blocks are full: none only for nothing, all only for everything.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a line's length")]
fn filled(percent: f64, length: usize) -> usize {
    let share = (percent / 100.0).clamp(0.0, 1.0);
    let blocks = (share * length as f64).round() as usize;
    match blocks {
        0 if share > 0.0 => 1,
        all if all >= length && share < 1.0 => length - 1,
        blocks => blocks.min(length),
    }
}

/// How a percentage moved, a column a day (or so many days that all fit), and from what to what. A day that is not held stays blank.
pub(super) fn trend(days: &[(Date, f64)], width: usize) -> Vec<Line> {
    let (Some((first, _)), Some((last, newest))) = (days.first(), days.last()) else { return Vec::new() };
    let (low, high) = days.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, percent)| (low.min(*percent), high.max(*percent)));
    let since_first = |day: Date| usize::try_from(day.since(*first).map_or(0, |span| span.get_days())).unwrap_or(0);
    let span = since_first(*last) + 1;
    let length = span.min(width);
    let mut heights = vec![' '; length];
    for (day, percent) in days {
        if let Some(place) = heights.get_mut(since_first(*day) * length / span) {
            *place = height(*percent, low, high);
        }
    }
    let mut caption = vec![Piece::new(format!("{first} to {last}"), Style::new().dimmed())];
    let range = if high <= low { format!(", always {low:.1} %") } else { format!(", {low:.1} to {high:.1} %, now {newest:.1} %") };
    caption.push(Piece::new(range, Style::new().dimmed()));
    let mut lines = vec![Line::of(&heights.into_iter().collect::<String>(), drawn())];
    lines.extend(wrap(&caption, width));
    lines
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
fn height(percent: f64, low: f64, high: f64) -> char {
    if high <= low {
        return HEIGHTS[HEIGHTS.len() / 2];
    }
    let step = ((percent - low) / (high - low) * (HEIGHTS.len() - 1) as f64).round() as usize;
    HEIGHTS[step.min(HEIGHTS.len() - 1)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_full_and_only_nothing_is_empty() {
        assert_eq!([0.0, 0.1, 50.0, 99.9, 100.0, 140.0].map(|percent| filled(percent, 10)), [0, 1, 5, 9, 10, 10]);
    }

    #[test]
    fn a_part_is_never_called_all_or_nothing() {
        assert_eq!([0.0, 0.4, 0.6, 55.5, 99.7, 100.0].map(rounded), ["0 %", "0.4 %", "1 %", "56 %", "99.7 %", "100 %"]);
    }

    #[test]
    fn days_that_are_not_held_stay_blank() {
        let day = |day: i8, percent: f64| (jiff::civil::date(2026, 1, day), percent);
        let line = |days: &[(Date, f64)], width| trend(days, width).first().map(|line| line.paint(false));
        assert_eq!(line(&[day(1, 10.0), day(2, 12.0), day(4, 20.0)], 40).unwrap(), "▁▂ █");
        assert_eq!(line(&[day(1, 10.0), day(2, 10.0)], 40).unwrap(), "▅▅");
        assert_eq!(line(&[day(1, 10.0), day(10, 20.0)], 5).unwrap(), "▁   █");
        assert_eq!(line(&[], 5), None);
    }
}
