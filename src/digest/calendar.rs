//! When is a digest due? On some days, at a time of a time zone; each of them once, whatever its clocks do.
//!
//! A time that a day skips (02:30 when clocks go forward) is due as much later as they went; one that a day has twice is due the
//! first time. A month without the day of a monthly digest does not exist: days end at 28, and `last` is the last.

use std::fmt;

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

/// On which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Each day.
    Daily,
    /// Monday to Friday.
    Weekdays,
    /// This day of each week.
    Weekly(Weekday),
    /// This day of each month, 1 to 28; `None` is its last.
    Monthly(Option<i8>),
}

impl Every {
    /// What `every` and `day` mean as the configuration and the chats write them; `None` when they do not go together.
    pub fn read(every: &str, day: Option<&str>) -> Option<Self> {
        match (every, day) {
            ("daily", None) => Some(Self::Daily),
            ("weekdays", None) => Some(Self::Weekdays),
            ("weekly", None) => Some(Self::Weekly(Weekday::Monday)),
            ("weekly", Some(day)) => WEEK.into_iter().find(|weekday| word(*weekday) == day).map(Self::Weekly),
            ("monthly", None) => Some(Self::Monthly(Some(1))),
            ("monthly", Some("last")) => Some(Self::Monthly(None)),
            ("monthly", Some(day)) => day.parse().ok().filter(|day| (1..=28).contains(day)).map(|day| Self::Monthly(Some(day))),
            _ => None,
        }
    }

    /// As the configuration writes it: `every`, and `day` where it needs one.
    pub fn written(self) -> (&'static str, Option<String>) {
        match self {
            Self::Daily => ("daily", None),
            Self::Weekdays => ("weekdays", None),
            Self::Weekly(day) => ("weekly", Some(word(day).to_owned())),
            Self::Monthly(Some(day)) => ("monthly", Some(day.to_string())),
            Self::Monthly(None) => ("monthly", Some("last".to_owned())),
        }
    }

    fn fits(self, date: Date) -> bool {
        match self {
            Self::Daily => true,
            Self::Weekdays => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
            Self::Weekly(day) => date.weekday() == day,
            Self::Monthly(Some(day)) => date.day() == day,
            Self::Monthly(None) => date == date.last_of_month(),
        }
    }
}

const WEEK: [Weekday; 7] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday, Weekday::Saturday, Weekday::Sunday];

const fn word(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

/// When a digest is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// On which days.
    pub every: Every,
    /// At which time of the day.
    pub at: Time,
    /// In which time zone.
    pub zone: TimeZone,
}

impl When {
    /// What the words of the configuration and of the chats mean: `weekly`, `friday`, `08:30`, `Europe/Berlin`; `None` when any of them means
    /// nothing.
    pub fn read(every: &str, day: Option<&str>, at: &str, zone: &str) -> Option<Self> {
        let (at, zone) = (Time::strptime("%H:%M", at).ok()?, TimeZone::get(zone).ok()?);
        Some(Self { every: Every::read(every, day)?, at, zone })
    }

    /// The newest moment at or before `now` at which it was due; `None` where no calendar reaches.
    pub fn latest(&self, now: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(now).date();
        // A day's time may lie after its end where clocks went forward, so the search begins a day early.
        let days = (0..=LONGEST).filter_map(|back| today.checked_add(1.day()).ok()?.checked_sub(back.days()).ok());
        days.filter(|day| self.every.fits(*day)).filter_map(|day| self.moment(day)).find(|due| *due <= now)
    }

    /// The first moment after `now` at which it will be due; `None` where no calendar reaches.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(now).date();
        let days = (0..=LONGEST).filter_map(|ahead| today.checked_sub(1.day()).ok()?.checked_add(ahead.days()).ok());
        days.filter(|day| self.every.fits(*day)).filter_map(|day| self.moment(day)).find(|due| *due > now)
    }

    /// The moment on `day`.
    fn moment(&self, day: Date) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(day.to_datetime(self.at)).compatible().ok()
    }
}

/// Days that a search needs at most: a month, and the days at its edges.
const LONGEST: i64 = 34;

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let time = self.at.strftime("%H:%M");
        match self.every {
            Every::Daily => write!(f, "daily at {time} {zone}"),
            Every::Weekdays => write!(f, "Monday to Friday at {time} {zone}"),
            Every::Weekly(day) => write!(f, "every {} at {time} {zone}", crate::text::sentence_case(word(day))),
            Every::Monthly(Some(day)) => write!(f, "on day {day} of each month at {time} {zone}"),
            Every::Monthly(None) => write!(f, "on the last day of each month at {time} {zone}"),
        }
    }
}
