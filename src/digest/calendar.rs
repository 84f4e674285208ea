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

/// How long a weekday alone says which day is meant, in days.
const WEEKDAY_DAYS: i32 = 6;
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

/// `since Friday` while that is plain on `today`, else `since 2026-11-02`. The day itself has begun only where a digest reported it already.
pub fn since_words(since: Date, today: Date) -> String {
    match since.until(today).map_or(i32::MAX, |span| span.get_days()) {
        ..0 => "since the last digest".to_owned(),
        0 => "since today's last digest".to_owned(),
        1..=WEEKDAY_DAYS => format!("since {}", since.strftime("%A")),
        _ => format!("since {since}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(every: &str, day: Option<&str>, at: &str, zone: &str, now: &str) -> (String, String) {
        let when = When::read(every, day, at, zone).unwrap();
        let now = now.parse().unwrap();
        (when.latest(now).unwrap().to_string(), when.next(now).unwrap().to_string())
    }

    fn pair(latest: &str, next: &str) -> (String, String) {
        (latest.to_owned(), next.to_owned())
    }

    #[test]
    fn words_are_read_and_written_alike() {
        for (every, day) in
            [("daily", None), ("weekdays", None), ("weekly", Some("sunday")), ("monthly", Some("28")), ("monthly", Some("last"))]
        {
            assert_eq!(Every::read(every, day).unwrap().written(), (every, day.map(ToOwned::to_owned)));
        }
        assert_eq!(
            (Every::read("weekly", None), Every::read("monthly", None)),
            (Every::read("weekly", Some("monday")), Every::read("monthly", Some("1")))
        );
        for (every, day) in
            [("hourly", None), ("daily", Some("monday")), ("weekly", Some("1")), ("monthly", Some("29")), ("monthly", Some("0"))]
        {
            assert_eq!(Every::read(every, day), None, "{every} {day:?}");
        }
        assert_eq!(When::read("daily", None, "24:00", "UTC"), None);
        assert_eq!(When::read("daily", None, "08:00", "Europe/Atlantis"), None);
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Monday 2026-11-23 begins in Chatham while it is Sunday in UTC.
        assert_eq!(
            due("weekly", Some("monday"), "00:30", "Pacific/Chatham", "2026-11-22T12:00:00Z"),
            pair("2026-11-22T10:45:00Z", "2026-11-29T10:45:00Z")
        );
        assert_eq!(
            due("weekdays", None, "08:00", "Europe/Berlin", "2026-11-23T06:59:59Z"),
            pair("2026-11-20T07:00:00Z", "2026-11-23T07:00:00Z")
        );
        let leap = due("monthly", Some("last"), "23:59", "UTC", "2028-03-01T00:00:00Z");
        assert_eq!(leap, pair("2028-02-29T23:59:00Z", "2028-03-31T23:59:00Z"));
    }

    #[test]
    fn the_moment_itself_is_due_and_not_due_again() {
        let at = "2026-11-23T07:00:00Z";
        assert_eq!(due("daily", None, "08:00", "Europe/Berlin", at), pair(at, "2026-11-24T07:00:00Z"));
    }

    #[test]
    fn a_time_that_a_day_skips_comes_later_and_one_that_it_has_twice_comes_first() {
        // 02:30 is 03:30 on the day of the gap, and the earlier 02:30 on the day of the overlap.
        assert_eq!(
            due("daily", None, "02:30", "Europe/Berlin", "2026-03-29T12:00:00Z"),
            pair("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z")
        );
        assert_eq!(
            due("daily", None, "02:30", "Europe/Berlin", "2026-10-25T00:45:00Z"),
            pair("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")
        );
        // A gap of half an hour, and one over midnight.
        assert_eq!(due("daily", None, "02:15", "Australia/Lord_Howe", "2026-10-03T15:44:00Z").1, "2026-10-03T15:45:00Z");
        assert_eq!(due("daily", None, "00:00", "Africa/Cairo", "2026-04-23T12:00:00Z").1, "2026-04-23T22:00:00Z");
    }

    #[test]
    fn a_day_that_no_calendar_of_the_zone_has_makes_no_second_one() {
        // Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31.
        let when = When::read("daily", None, "08:00", "Pacific/Apia").unwrap();
        let mut now: Timestamp = "2011-12-28T20:00:00Z".parse().unwrap();
        let mut dues = Vec::new();
        for _ in 0..3 {
            now = when.next(now).unwrap();
            dues.push(now.to_string());
        }
        assert_eq!(dues, ["2011-12-29T18:00:00Z", "2011-12-30T18:00:00Z", "2011-12-31T18:00:00Z"]);
    }

    #[test]
    fn nothing_is_due_where_no_calendar_reaches() {
        let when = When::read("daily", None, "08:00", "UTC").unwrap();
        assert_eq!((when.latest(Timestamp::MIN), when.next(Timestamp::MAX)), (None, None));
    }

    #[test]
    fn it_says_when() {
        let words = |every, day| When::read(every, day, "08:05", "Europe/Berlin").unwrap().to_string();
        assert_eq!(words("weekly", Some("friday")), "every Friday at 08:05 Europe/Berlin");
        assert_eq!(words("monthly", Some("last")), "on the last day of each month at 08:05 Europe/Berlin");
    }
}
