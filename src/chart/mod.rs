//! How did a percentage move? Drawn for a chat on a phone: a picture that needs no words beside it.
//!
//! No clock, no file, no font of the system: the same days are the same picture on every machine.

mod axis;
mod draw;
mod paint;
mod png;
mod theme;
mod title;

use jiff::civil::Date;

use crate::error::{Error, Result};

pub use theme::Theme;

/// The most days that are drawn, ten years; older ones are left out.
const DAYS_MAX: usize = 3_700;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Trend<'a> {
    /// What moved, in a few words; cut where they do not fit.
    pub title: &'a str,
    /// The days that are held, with their percentages. A day that is missing is drawn as missing.
    pub days: &'a [(Date, f64)],
}

/// `chart` as a PNG of 1000 by 480 pixels, which brings its own background.
///
/// What is no number is left out, what is below 0 or above 100 is drawn at that edge.
///
/// # Errors
/// When no day has a number, and when the picture cannot be made.
pub fn trend(chart: &Trend<'_>, theme: Theme) -> Result<Vec<u8>> {
    let days = held(chart.days);
    if days.is_empty() {
        return Err(Error::internal("a trend without a day was to be drawn"));
    }
    paint::png(&draw::svg(chart.title, &days, theme.palette()))
}

/// The days to draw: each once, oldest first.
fn held(days: &[(Date, f64)]) -> Vec<(Date, f64)> {
    let mut held: Vec<_> =
        days.iter().filter(|(_, percent)| percent.is_finite()).map(|(day, percent)| (*day, percent.clamp(0.0, 100.0))).collect();
    held.sort_by_key(|(day, _)| *day);
    held.dedup_by_key(|(day, _)| *day);
    held.split_off(held.len().saturating_sub(DAYS_MAX))
}
