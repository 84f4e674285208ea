//! At which days is a line told in numbers? All of a short span, else one a week, two weeks, month or quarter. A day that is not held has none.

use jiff::{Span, ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;

use super::series::TrendSeries;
use crate::skills::format::round2;

/// How far apart the numbers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepSize {
    #[allow(missing_docs)]
    Day,
    #[allow(missing_docs)]
    Week,
    #[allow(missing_docs)]
    TwoWeeks,
    #[allow(missing_docs)]
    Month,
    #[allow(missing_docs)]
    Quarter,
}

/// How a span stood at a step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrendStep {
    /// The day.
    #[schemars(with = "String")]
    pub(super) day: Date,
    /// Percent of the maximum; absent where the day is not held, or its percentage is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<f64>,
    /// The lowest percentage since the step before; absent where it was no lower than at both, to a tenth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) low: Option<f64>,
}

impl StepSize {
    /// How far apart, so that a span of so many days is told in few numbers.
    fn of(days: i32) -> Self {
        match days {
            ..=9 => Self::Day,
            10..=45 => Self::Week,
            46..=126 => Self::TwoWeeks,
            127..=750 => Self::Month,
            _ => Self::Quarter,
        }
    }

    /// What the numbers are called.
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::TwoWeeks => "every 2 weeks",
            Self::Month => "at each month's end",
            Self::Quarter => "at each quarter's end",
        }
    }

    /// The steps before `last` and it, newest first.
    fn before(self, last: Date) -> impl Iterator<Item = Date> {
        let back = move |count: i64| -> Option<Date> {
            let months = |months: i64| {
                let ends = last.first_of_month().checked_sub(Span::new().try_months(months).ok()?).ok()?;
                Some(ends.last_of_month())
            };
            match self {
                Self::Day => last.checked_sub(count.days()).ok(),
                Self::Week => last.checked_sub((7 * count).days()).ok(),
                Self::TwoWeeks => last.checked_sub((14 * count).days()).ok(),
                Self::Month => months(count),
                // The quarter that `last` is in ends with it.
                Self::Quarter => months(3 * (count - 1) + i64::from((last.month() - 1) % 3) + 1),
            }
        };
        std::iter::once(last).chain((1..).map_while(back))
    }
}

/// The steps of `series` from the `first` to the `last` day, oldest first.
pub(super) fn steps(series: &TrendSeries, (first, last): (Date, Date)) -> (StepSize, Vec<TrendStep>) {
    let size = StepSize::of(first.until(last).map_or(0, |span| span.get_days()));
    let percent = |day: Date| {
        let found = series.days.binary_search_by_key(&day, |held| held.day).ok();
        found.and_then(|at| series.days[at].percent).map(round2)
    };
    let mut steps: Vec<TrendStep> =
        size.before(last).take_while(|day| *day >= first).map(|day| TrendStep { day, percent: percent(day), low: None }).collect();
    steps.reverse();
    let mut from = first;
    // Of a month or more the largest fall tells enough.
    for step in steps.iter_mut().filter(|_| matches!(size, StepSize::Day | StepSize::Week | StepSize::TwoWeeks)) {
        step.low = low(series, (from, step.day));
        from = step.day;
    }
    (size, steps)
}

/// The lowest percentage between two days, where it is lower than the first and the last one known of them by a tenth.
fn low(series: &TrendSeries, (first, last): (Date, Date)) -> Option<f64> {
    let known: Vec<f64> = series.days.iter().filter(|day| (first..=last).contains(&day.day)).filter_map(|day| day.percent).collect();
    let ends = known.first()?.min(*known.last()?);
    known.into_iter().min_by(f64::total_cmp).filter(|low| ends - low >= 0.1).map(round2)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(first: Date, last: Date) -> (StepSize, Vec<String>) {
        let (size, steps) = steps(&TrendSeries::default(), (first, last));
        (size, steps.into_iter().map(|step| step.day.to_string()).collect())
    }

    #[test]
    fn a_long_span_is_told_in_few_numbers_that_end_with_its_last_day() {
        assert_eq!(
            days(date(2026, 11, 28), date(2026, 11, 30)),
            (StepSize::Day, ["2026-11-28", "2026-11-29", "2026-11-30"].map(String::from).into())
        );
        let (size, weekly) = days(date(2026, 10, 18), date(2026, 11, 30));
        assert_eq!((size, weekly.len(), &*weekly[0], &*weekly[6]), (StepSize::Week, 7, "2026-10-19", "2026-11-30"));
        let (size, monthly) = days(date(2026, 1, 31), date(2026, 11, 15));
        assert_eq!((size, monthly.len(), &*monthly[0], &*monthly[9]), (StepSize::Month, 11, "2026-01-31", "2026-10-31"));
        let (size, quarters) = days(date(2021, 12, 31), date(2026, 11, 15));
        assert_eq!((size, quarters.len(), &*quarters[0], &*quarters[19]), (StepSize::Quarter, 21, "2021-12-31", "2026-09-30"));
        assert_eq!(quarters[20], "2026-11-15");
        assert!(days(date(2016, 11, 20), date(2026, 11, 30)).1.len() <= 42);
    }
}
