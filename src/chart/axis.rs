//! Which numbers and months stand beside a line? Round ones, few, and never so near that nothing looks like much.

use jiff::{Span, civil::Date};

/// How far apart the numbers may stand.
const STEPS: [f64; 5] = [2.0, 5.0, 10.0, 20.0, 25.0];
/// What the axis shows at least: a line that hardly moves must not look dramatic.
const SPAN_MIN: f64 = 5.0;
/// The fewest and the most spaces between numbers.
const SPACES: (f64, f64) = (2.0, 4.0);
/// The most months that are named.
const MONTHS_MAX: i32 = 6;

/// The percentages beside a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// An axis that shows both `least` and `most`, which are from 0 to 100.
    pub(super) fn around(least: f64, most: f64) -> Self {
        let fits = |axis: &Self| (axis.high - axis.low) / axis.step <= SPACES.1;
        let axes = STEPS.iter().map(|step| Self::with_step(least, most, *step));
        axes.into_iter().find(fits).unwrap_or(Self { low: 0.0, high: 100.0, step: 25.0 })
    }

    /// As little as `step` and the least span allow, more where the line is nearer to the edge.
    fn with_step(least: f64, most: f64, step: f64) -> Self {
        let mut axis = Self { low: (least / step).floor() * step, high: (most / step).ceil() * step, step };
        while axis.high - axis.low < SPAN_MIN.max(SPACES.0 * step) {
            let lower = least - axis.low < axis.high - most;
            if axis.low > 0.0 && (lower || axis.high >= 100.0) {
                axis.low -= step;
            } else {
                axis.high += step;
            }
        }
        axis
    }

    /// The numbers, lowest first.
    pub(super) fn numbers(self) -> impl Iterator<Item = f64> {
        std::iter::successors(Some(self.low), move |number| Some(number + self.step)).take_while(move |number| *number <= self.high)
    }

    /// How far up `percent` stands: 0 at the lowest number, 1 at the highest.
    pub(super) fn height(self, percent: f64) -> f64 {
        (percent - self.low) / (self.high - self.low)
    }
}

/// How many days `later` is after `day`.
pub(super) fn days_between(day: Date, later: Date) -> i32 {
    day.until(later).map_or(0, |span| span.get_days())
}

/// The beginnings of months from `first` to `last`, with what to call them; every second or later one where there are many.
pub(super) fn months(first: Date, last: Date) -> Vec<(Date, String)> {
    let count = 12 * (i32::from(last.year()) - i32::from(first.year())) + i32::from(last.month()) - i32::from(first.month());
    let step = count / MONTHS_MAX + i32::from(count % MONTHS_MAX != 0);
    // A name alone is clear for as long as it comes once.
    let form = if count < 12 { "%b" } else { "%Y-%m" };
    let starts = (0..=MONTHS_MAX).filter_map(|at| first.first_of_month().checked_add(Span::new().try_months(at * step.max(1)).ok()?).ok());
    starts.filter(|start| (first..=last).contains(start)).map(|start| (start, start.strftime(form).to_string())).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn numbers(least: f64, most: f64) -> Vec<f64> {
        Axis::around(least, most).numbers().collect()
    }

    #[test]
    fn numbers_are_round_and_few() {
        assert_eq!(numbers(49.9, 58.2), [45.0, 50.0, 55.0, 60.0]);
        assert_eq!(numbers(0.0, 100.0), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(numbers(31.0, 62.0), [30.0, 40.0, 50.0, 60.0, 70.0]);
    }

    #[test]
    fn a_flat_line_has_room_around_it_and_none_beyond_the_edges() {
        assert_eq!(numbers(57.9, 57.9), [54.0, 56.0, 58.0, 60.0]);
        assert_eq!(numbers(0.0, 0.0), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(numbers(100.0, 100.0), [94.0, 96.0, 98.0, 100.0]);
    }

    #[test]
    fn every_axis_shows_its_line_with_three_to_five_numbers() {
        for least in 0..=200 {
            for most in least..=200 {
                let (least, most) = (f64::from(least) / 2.0, f64::from(most) / 2.0);
                let axis = Axis::around(least, most);
                let numbers: Vec<_> = axis.numbers().collect();
                assert!((3..=5).contains(&numbers.len()), "{least} to {most}: {numbers:?}");
                assert!(numbers[0] >= 0.0 && numbers[numbers.len() - 1] <= 100.0, "{least} to {most}: {numbers:?}");
                assert!(axis.height(least) >= 0.0 && axis.height(most) <= 1.0, "{least} to {most}: {numbers:?}");
                assert!(numbers[numbers.len() - 1] - numbers[0] >= SPAN_MIN, "{least} to {most}: {numbers:?}");
            }
        }
    }

    #[test]
    fn months_are_named_as_long_as_they_are_few() {
        let names = |first, last| months(first, last).into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(date(2026, 8, 24), date(2026, 11, 21)), "Sep Oct Nov");
        assert_eq!(names(date(2025, 12, 1), date(2026, 2, 1)), "Dec Jan Feb");
        assert_eq!(names(date(2026, 11, 2), date(2026, 11, 21)), "");
        assert_eq!(names(date(2025, 1, 15), date(2026, 2, 1)), "2025-04 2025-07 2025-10 2026-01");
        assert!(months(Date::MIN, Date::MAX).len() <= 7);
    }
}
