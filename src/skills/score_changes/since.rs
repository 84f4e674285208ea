//! Since when? An earlier day, named as people name days.

use jiff::{ToSpan, civil::Date};

use crate::{
    error::{Error, Result},
    score::{History, Snapshot},
};

/// The longest way back by a number of days: ten years.
const DAYS_MAX: u32 = 3_660;

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
            "yesterday" | "day" => Ok(Self::Yesterday),
            "week" | "last week" | "last_week" => Ok(Self::Days(7)),
            "month" | "last month" | "last_month" => Ok(Self::Days(30)),
            _ => number.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days)).map(Self::Days).or_else(|| word.parse().ok().map(Self::Day)).ok_or_else(|| {
                Error::bad_arguments("`since` takes yesterday, week, month, a number of days from 1 to 3660, or a day as YYYY-MM-DD.")
            }),
        }
    }

    /// The earlier day to compare with, and whether it is another one than was asked for.
    pub(super) fn find<'a>(self, history: &'a History, newest: &Snapshot) -> Option<(&'a Snapshot, Option<Date>)> {
        let asked = match self {
            Self::Yesterday => return history.before(newest.day).map(|before| (before, None)),
            Self::Days(days) => newest.day.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN),
            Self::Day(day) if day >= newest.day => return None,
            Self::Day(day) => day,
        };
        let before = history.on_or_before(asked).filter(|found| found.day < newest.day).or_else(|| history.days().first().filter(|first| first.day < newest.day))?;
        Some((before, (before.day != asked).then_some(asked)))
    }
}
