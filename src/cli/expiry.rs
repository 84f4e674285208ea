//! When does a key end? After a day, or after so many.

use std::str::FromStr;

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// When a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyExpiry {
    /// After this day, UTC.
    Day(Date),
    /// After so many days.
    Days(i32),
}

/// Ten years; longer is hardly meant.
const EXPIRY_DAYS_MAX: i32 = 3650;

impl FromStr for KeyExpiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix('d').and_then(|days| days.parse().ok()).filter(|days| (1..=EXPIRY_DAYS_MAX).contains(days));
        let day = || text.parse::<Date>().ok().map(Self::Day);
        days.map(Self::Days).or_else(day).ok_or_else(|| format!("expected a day such as 2027-01-31, or 1d to {EXPIRY_DAYS_MAX}d"))
    }
}

impl KeyExpiry {
    /// The moment from which on the key no longer works; `None` when no calendar reaches it.
    pub(super) fn moment(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()),
            Self::Days(days) => now.checked_add((i64::from(days) * 24).hours()).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_through_its_last_day() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let moment = |text: &str| text.parse::<KeyExpiry>().unwrap().moment(now).unwrap().to_string();
        assert_eq!(moment("2026-03-31"), "2026-04-01T00:00:00Z");
        assert_eq!(moment("1d"), "2026-03-02T12:00:00Z");
        assert!("0d".parse::<KeyExpiry>().is_err() && "99999d".parse::<KeyExpiry>().is_err());
    }
}
