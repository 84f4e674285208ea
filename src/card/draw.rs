//! How do numbers look in a line of text? Blocks for a share, eight heights for days: the same on every surface that has no pictures.

use jiff::civil::Date;

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many of `length` blocks a share of 100 fills: none only for nothing, all only for everything.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a line's length")]
pub fn filled(percent: f64, length: usize) -> usize {
    let share = (percent / 100.0).clamp(0.0, 1.0);
    let blocks = (share * length as f64).round() as usize;
    match blocks {
        0 if share > 0.0 => length.min(1),
        all if all >= length && share < 1.0 => length.saturating_sub(1),
        blocks => blocks.min(length),
    }
}

/// A percentage without decimals, unless that would make nothing or all of a part.
pub fn rounded(percent: f64) -> String {
    let part = percent > 0.0 && percent < 100.0;
    if part && !(0.5..99.5).contains(&percent) { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// How a percentage moved, a character a day, oldest first, or so many days a character that `width` characters are enough. A
/// day that is not held stays blank.
pub fn sparkline(days: &[(Date, f64)], width: usize) -> String {
    let (Some((first, _)), Some((last, _)), Some((low, high))) = (days.first(), days.last(), range(days)) else { return String::new() };
    let since_first = |day: Date| usize::try_from(day.since(*first).map_or(0, |span| span.get_days())).unwrap_or(0);
    let span = since_first(*last) + 1;
    let length = span.min(width);
    let mut heights = vec![' '; length];
    for (day, percent) in days {
        if let Some(place) = heights.get_mut(since_first(*day) * length / span) {
            *place = height(*percent, low, high);
        }
    }
    heights.into_iter().collect()
}

/// What stands below it: from when to when, the lowest and the highest, and the newest. Empty when there is no day.
pub fn caption(days: &[(Date, f64)]) -> String {
    let (Some((first, _)), Some((last, newest)), Some((low, high))) = (days.first(), days.last(), range(days)) else {
        return String::new();
    };
    let range = if high <= low { format!("always {low:.1} %") } else { format!("{low:.1} to {high:.1} %, now {newest:.1} %") };
    format!("{first} to {last}, {range}")
}

/// The lowest and the highest; `None` when there is no day.
fn range(days: &[(Date, f64)]) -> Option<(f64, f64)> {
    days.iter().map(|(_, percent)| (*percent, *percent)).reduce(|(low, high), (percent, _)| (low.min(percent), high.max(percent)))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
fn height(percent: f64, low: f64, high: f64) -> char {
    if high <= low {
        return HEIGHTS[HEIGHTS.len() / 2];
    }
    let step = ((percent - low) / (high - low) * (HEIGHTS.len() - 1) as f64).round() as usize;
    HEIGHTS[step.min(HEIGHTS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_full_and_only_nothing_is_empty() {
        assert_eq!([0.0, 0.1, 50.0, 99.9, 100.0, 140.0].map(|percent| filled(percent, 10)), [0, 1, 5, 9, 10, 10]);
        assert_eq!([0.1, 50.0, 99.9, f64::NAN].map(|percent| filled(percent, 0)), [0; 4]);
    }

    #[test]
    fn a_part_is_never_called_all_or_nothing() {
        assert_eq!([0.0, 0.4, 0.6, 55.5, 99.7, 100.0].map(rounded), ["0 %", "0.4 %", "1 %", "56 %", "99.7 %", "100 %"]);
    }

    #[test]
    fn days_that_are_not_held_stay_blank() {
        let day = |day: i8, percent: f64| (jiff::civil::date(2026, 1, day), percent);
        assert_eq!(sparkline(&[day(1, 10.0), day(2, 12.0), day(4, 20.0)], 40), "▁▂ █");
        assert_eq!(sparkline(&[day(1, 10.0), day(2, 10.0)], 40), "▅▅");
        assert_eq!(sparkline(&[day(1, 10.0), day(10, 20.0)], 5), "▁   █");
        assert_eq!([sparkline(&[], 5), sparkline(&[day(1, 10.0)], 0)], ["", ""]);
    }

    #[test]
    fn a_caption_says_from_what_to_what() {
        let day = |day: i8, percent: f64| (jiff::civil::date(2026, 1, day), percent);
        assert_eq!(caption(&[day(1, 12.0), day(3, 10.0), day(4, 11.5)]), "2026-01-01 to 2026-01-04, 10.0 to 12.0 %, now 11.5 %");
        assert_eq!(caption(&[day(1, 10.0), day(2, 10.0)]), "2026-01-01 to 2026-01-02, always 10.0 %");
        assert_eq!(caption(&[]), "");
    }
}
