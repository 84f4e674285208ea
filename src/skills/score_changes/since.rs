//! Since when? An earlier day, named as people name days.

use jiff::{ToSpan, civil::Date};

use crate::{
    error::{Error, Result},
    score::{History, Snapshot},
};

/// The longest way back by a number of days: ten years.
const DAYS_MAX: u32 = 3_660;

/// What a host may send: nothing, a word, a number of days, a day that the calendar has. More than this is understood.
pub(super) const PATTERN: &str = "^(yesterday|week|month|[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|20[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))?$";

/// A way to name an earlier day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// The stored day before the newest.
    Yesterday,
    /// So many days before the newest.
    Days(u32),
    /// A day.
    Day(Date),
}

impl Since {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let word = text.trim().to_lowercase();
        let number = word.strip_suffix("days").or_else(|| word.strip_suffix('d')).unwrap_or(&word).trim();
        match word.as_str() {
            "yesterday" | "day" | "" => Ok(Self::Yesterday),
            "week" | "last week" | "last_week" => Ok(Self::Days(7)),
            "month" | "last month" | "last_month" => Ok(Self::Days(30)),
            _ => number
                .parse()
                .ok()
                .filter(|days| (1..=DAYS_MAX).contains(days))
                .map(Self::Days)
                .or_else(|| word.parse().ok().map(Self::Day))
                .ok_or_else(|| {
                    Error::bad_arguments("`since` takes yesterday, week, month, a number of days from 1 to 3660, or a day as YYYY-MM-DD.")
                }),
        }
    }

    /// The word that [`Since::parse`] takes for it; `None` for what it is without one.
    pub(super) fn word(self) -> Option<String> {
        match self {
            Self::Yesterday => None,
            Self::Days(7) => Some("week".to_owned()),
            Self::Days(30) => Some("month".to_owned()),
            Self::Days(days) => Some(days.to_string()),
            Self::Day(day) => Some(day.to_string()),
        }
    }

    /// How the title of a card goes on with it; the likeliest span needs no words.
    pub(super) fn phrase(self) -> String {
        match self {
            Self::Yesterday => String::new(),
            Self::Days(1) => " in 1 day".to_owned(),
            Self::Days(days) => format!(" in {days} days"),
            Self::Day(day) => format!(" since {day}"),
        }
    }

    /// Whether it names a day after which nothing is known yet where `newest` is the newest day.
    pub(super) fn is_too_new(self, newest: Date) -> bool {
        matches!(self, Self::Day(day) if day >= newest)
    }

    /// The earlier day to compare with, and whether it is another one than was asked for.
    pub(super) fn find<'a>(self, history: &'a History, newest: &Snapshot) -> Option<(&'a Snapshot, Option<Date>)> {
        let asked = match self {
            Self::Yesterday => return history.before(newest.day).map(|before| (before, None)),
            Self::Days(days) => newest.day.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN),
            Self::Day(_) if self.is_too_new(newest.day) => return None,
            Self::Day(day) => day,
        };
        let before = history
            .on_or_before(asked)
            .filter(|found| found.day < newest.day)
            .or_else(|| history.days().first().filter(|first| first.day < newest.day))?;
        Some((before, (before.day != asked).then_some(asked)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_schema_allows_is_understood(text in PATTERN.trim_matches(['^', '$'])) {
            let since = Since::parse(&text);
            prop_assert!(since.is_ok(), "{}", text);
            let since = since.unwrap();
            prop_assert_eq!(Since::parse(&since.word().unwrap_or_default()).unwrap(), since);
        }
    }

    #[test]
    fn a_day_that_no_calendar_has_is_refused() {
        for text in ["2026-02-29", "2026-13-01", "0", "3661", "the dawn of time", "-7"] {
            assert!(Since::parse(text).is_err(), "{text}");
        }
        assert_eq!(Since::parse("7 days").unwrap(), Since::Days(7));
    }
}
