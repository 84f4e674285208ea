//! Where does everything stand in the picture? Title, newest value and moves above; the line with its numbers below.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{
    axis::{Axis, days_between, months},
    theme::{ChartColours, Rgb, SHADE},
    title,
};
use crate::text::escaped_markup;

/// The size of the picture in pixels. On a phone it is about 400 wide: nothing is written smaller than 26 for that.
const WIDTH: u32 = 1000;
const HEIGHT: u32 = 480;

/// Where words begin and end.
const MARGIN: (f64, f64) = (40.0, 960.0);
/// Where the line may be.
const LEFT: f64 = 126.0;
const RIGHT: f64 = 944.0;
const TOP: f64 = 196.0;
const BOTTOM: f64 = 394.0;
/// How large the newest value, the moves and everything else are written.
const VALUE: f64 = 78.0;
const MOVE: f64 = 34.0;
const SMALL: f64 = 26.0;
/// How wide a date is with the space beside it, half a value, and half a letter.
const DATE_WIDTH: f64 = 152.0;
const HALF_VALUE: f64 = 36.0;
const HALF_LETTER: f64 = 8.0;
/// Up to so many days, each is marked by itself.
const DOTTED_DAYS: i32 = 14;

/// The picture of `days`, which are in order; there is at lowest one.
pub(super) fn svg(title: &str, days: &[(Date, f64)], palette: &ChartColours) -> String {
    let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else { return String::new() };
    let (lowest, highest) =
        days.iter().fold((100.0_f64, 0.0_f64), |(lowest, highest), (_, percent)| (lowest.min(*percent), highest.max(*percent)));
    let mut drawing = Drawing {
        svg: String::with_capacity(16 * 1024),
        palette,
        axis: Axis::around(lowest, highest),
        first: *first,
        span: days_between(*first, *last),
    };
    let missing = usize::try_from(drawing.span).is_ok_and(|span| days.len() <= span);
    drawing.ground();
    drawing.head(title, days, missing);
    drawing.grid(*last);
    drawing.line(days);
    drawing.marks(days, lowest, highest);
    drawing.svg.push_str("</svg>");
    drawing.svg
}

/// A percentage with one decimal, which is all or nothing only if it is.
fn percent(number: f64) -> String {
    let part = number > 0.0 && number < 100.0;
    format!("{:.1}", if part { number.clamp(0.1, 99.9) } else { number })
}

/// Where words stand beside their place.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture in the making.
struct Drawing<'a> {
    svg: String,
    palette: &'a ChartColours,
    axis: Axis,
    first: Date,
    span: i32,
}

impl Drawing<'_> {
    fn x(&self, day: Date) -> f64 {
        if self.span == 0 { RIGHT } else { LEFT + (RIGHT - LEFT) * f64::from(days_between(self.first, day)) / f64::from(self.span) }
    }

    fn y(&self, percent: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * self.axis.height(percent)
    }

    fn words(&mut self, at: (f64, f64), size: f64, anchor: Anchor, ink: Rgb, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        // The font is a light one: an outline of the same colour makes it a regular one.
        let _ = write!(
            self.svg,
            r#"<text x="{:.1}" y="{:.1}" font-size="{size}" text-anchor="{anchor}" fill="{ink}" stroke="{ink}" stroke-width="{:.2}">{}</text>"#,
            at.0,
            at.1,
            size / 40.0,
            escaped_markup(text)
        );
    }

    fn ground(&mut self) {
        let ChartColours { ground, edge, line, .. } = self.palette;
        let _ = write!(
            self.svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"><defs><linearGradient id="shade" gradientUnits="userSpaceOnUse" x1="0" y1="{TOP}" x2="0" y2="{BOTTOM}"><stop stop-color="{line}" stop-opacity="{SHADE}"/><stop offset="1" stop-color="{line}" stop-opacity="0.03"/></linearGradient></defs><rect x="1" y="1" width="{}" height="{}" rx="24" fill="{ground}" stroke="{edge}" stroke-width="2"/>"#,
            WIDTH - 2,
            HEIGHT - 2
        );
    }

    fn head(&mut self, title: &str, days: &[(Date, f64)], missing: bool) {
        let ChartColours { words, quiet, line, .. } = *self.palette;
        self.words((MARGIN.0, 62.0), title::SIZE, Anchor::Start, quiet, &title::fitting(title, missing));
        if missing {
            self.words((MARGIN.1, 62.0), SMALL, Anchor::End, quiet, "no data");
            let _ = write!(
                self.svg,
                r#"<path d="M796 54H852" stroke="{line}" stroke-width="3" stroke-dasharray="3 9" stroke-linecap="round"/>"#
            );
        }
        let Some((newest, before)) = days.split_last() else { return };
        self.words((MARGIN.0 - 3.0, 142.0), VALUE, Anchor::Start, words, &format!("{} %", percent(newest.1)));
        match before {
            [] => self.words((MARGIN.1, 142.0), SMALL, Anchor::End, quiet, "no earlier day to compare with"),
            [only] => self.moved(756.0, *only, newest.1),
            [first, .., last] => {
                self.moved(496.0, *first, newest.1);
                self.moved(756.0, *last, newest.1);
            }
        }
    }

    /// By how much the value moved since a day: a sign, an arrow and a colour say the same.
    fn moved(&mut self, x: f64, since: (Date, f64), newest: f64) {
        let ChartColours { words, quiet, good, bad, .. } = *self.palette;
        // As it is written, so that a sign and a zero never meet.
        let points = (10.0 * (newest - since.1)).round() / 10.0;
        let (ink, sign, arrow) = match points {
            up if up > 0.0 => (good, "+", "M0 0h20l-10 -17z"),
            down if down < 0.0 => (bad, "−", "M0 -17h20l-10 17z"),
            _ => (words, "±", ""),
        };
        let indent = if arrow.is_empty() { 0.0 } else { 30.0 };
        let _ = write!(self.svg, r#"<path transform="translate({x} 102)" d="{arrow}" fill="{ink}"/>"#);
        self.words((x + indent, 104.0), MOVE, Anchor::Start, ink, &format!("{sign}{:.1} pp", points.abs()));
        self.words((x, 142.0), SMALL, Anchor::Start, quiet, &format!("since {}", since.0));
    }

    fn grid(&mut self, last: Date) {
        let ChartColours { quiet, grid, .. } = *self.palette;
        for number in self.axis.numbers() {
            let y = self.y(number);
            let _ = write!(self.svg, r#"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="{grid}" stroke-width="2"/>"#);
            self.words((LEFT - 18.0, y + 9.0), SMALL, Anchor::End, quiet, &format!("{number:.0} %"));
        }
        self.tick(RIGHT, Anchor::End, &last.to_string());
        if self.span > 0 {
            self.tick(LEFT, Anchor::Start, &self.first.to_string());
        }
        for (month, name) in months(self.first, last) {
            let (x, half) = (self.x(month), HALF_LETTER * name.chars().count() as f64);
            if x - half > LEFT + DATE_WIDTH && x + half < RIGHT - DATE_WIDTH {
                self.tick(x, Anchor::Middle, &name);
            }
        }
    }

    /// A day below the line.
    fn tick(&mut self, x: f64, anchor: Anchor, name: &str) {
        let quiet = self.palette.quiet;
        let _ = write!(self.svg, r#"<path d="M{x:.1} {BOTTOM}v9" stroke="{quiet}" stroke-width="2"/>"#);
        self.words((x, BOTTOM + 44.0), SMALL, anchor, quiet, name);
    }

    /// Straight from day to day; dots, without a shade, lead over days that are missing.
    fn line(&mut self, days: &[(Date, f64)]) {
        let ink = self.palette.line;
        let runs: Vec<_> = days.chunk_by(|(day, _), (next, _)| days_between(*day, *next) == 1).collect();
        for pair in runs.windows(2) {
            if let [[.., from], [to, ..]] = pair {
                let path = self.path(&[*from, *to]);
                let _ = write!(
                    self.svg,
                    r#"<path d="M{path}" fill="none" stroke="{ink}" stroke-width="3" stroke-dasharray="3 9" stroke-linecap="round"/>"#
                );
            }
        }
        for run in runs {
            let path = self.path(run);
            if let [(start, _), .., (end, _)] = run {
                let (start, end) = (self.x(*start), self.x(*end));
                let _ = write!(
                    self.svg,
                    r#"<path d="M{start:.1} {BOTTOM}L{path}L{end:.1} {BOTTOM}z" fill="url(#shade)"/><path d="M{path}" fill="none" stroke="{ink}" stroke-width="4" stroke-linejoin="round" stroke-linecap="round"/>"#
                );
            }
            if run.len() == 1 || self.span <= DOTTED_DAYS {
                for (day, percent) in run {
                    let _ = write!(self.svg, r#"<circle cx="{:.1}" cy="{:.1}" r="5" fill="{ink}"/>"#, self.x(*day), self.y(*percent));
                }
            }
        }
    }

    fn path(&self, days: &[(Date, f64)]) -> String {
        let places: Vec<_> = days.iter().map(|(day, percent)| format!("{:.1} {:.1}", self.x(*day), self.y(*percent))).collect();
        places.join("L")
    }

    /// The newest day; the highest and the lowest where their values do not collide with it or with the dates.
    fn marks(&mut self, days: &[(Date, f64)], lowest: f64, highest: f64) {
        let Some((day, newest)) = days.last() else { return };
        let ChartColours { ground, line, .. } = *self.palette;
        let (x, y) = (self.x(*day), self.y(*newest));
        if highest - lowest >= 0.1 {
            for (value, rise) in [(highest, -18.0), (lowest, 36.0)] {
                let found = days.iter().rev().find(|(_, percent)| percent.total_cmp(&value).is_eq());
                let Some(at) = found.map(|(day, _)| self.x(*day)).filter(|at| x - at > 1.5 * HALF_VALUE) else { continue };
                self.extreme((at, self.y(value)), rise, value);
            }
        }
        let _ = write!(self.svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="10" fill="{line}" stroke="{ground}" stroke-width="4"/>"#);
    }

    fn extreme(&mut self, (x, y): (f64, f64), rise: f64, value: f64) {
        let ChartColours { ground, line, quiet, .. } = *self.palette;
        let _ = write!(self.svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="6" fill="{ground}" stroke="{line}" stroke-width="3"/>"#);
        if y + rise < BOTTOM - 4.0 {
            let beside = x.clamp(LEFT + HALF_VALUE, RIGHT - HALF_VALUE);
            // On a veil, so that no line of the grid runs through the digits.
            let (left, top) = (beside - HALF_VALUE, y + rise - 24.0);
            let _ = write!(
                self.svg,
                r#"<rect x="{left:.1}" y="{top:.1}" width="{}" height="32" rx="8" fill="{ground}" fill-opacity="0.6"/>"#,
                2.0 * HALF_VALUE
            );
            self.words((beside, y + rise), SMALL, Anchor::Middle, quiet, &percent(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_called_all_and_only_nothing_nothing() {
        assert_eq!([0.0, 0.01, 57.93, 99.99, 100.0].map(percent), ["0.0", "0.1", "57.9", "99.9", "100.0"]);
    }
}
