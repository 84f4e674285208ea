//! Since when, and until when? Earlier days, named as people name days.

use jiff::{ToSpan, civil::Date};

use super::{ComparedDay, TenantFacts, args::BLANK};
use crate::{
    error::{Error, ErrorKind, Result},
    score::{History, Snapshot},
};

/// The longest way back by a number of days: ten years.
const DAYS_MAX: u32 = 3_660;

/// What a host may send, as a regular expression: what [`Since::parse`] takes and nothing else, the years with a 29th of February included.
pub(super) const PATTERN: &str = concat!(
    r"^[ \t\n\r]*(|[Yy][Ee][Ss][Tt][Ee][Rr][Dd][Aa][Yy]|[Dd][Aa][Yy]|([Ll][Aa][Ss][Tt][ _-])?([Ww][Ee][Ee][Kk]|[Mm][Oo][Nn][Tt][Hh])",
    r"|0*([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-5][0-9]|3660)(\.0+)?( ?[Dd]([Aa][Yy][Ss]?)?)?",
    r"|[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))",
    r"|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29|[0-9]{4}-(0[1-9]|1[0-2]))[ \t\n\r]*$",
);

/// A way to name an earlier day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// The stored day before the newest.
    Yesterday,
    /// So many days before the newest.
    Days(u32),
    /// A day.
    Day(Date),
    /// All of a month, by its first day.
    Month(Date),
}

impl Since {
    /// The day that `text` names, in any case; nothing is said like yesterday.
    ///
    /// # Errors
    /// [`error::ErrorKind::BadArguments`](crate::error::ErrorKind::BadArguments) for anything that [`PATTERN`] does not allow.
    pub(super) fn parse(text: &str) -> Result<Self> {
        Self::parse_as("since", text)
    }

    /// The same for the argument called `name`.
    fn parse_as(name: &str, text: &str) -> Result<Self> {
        let word = text.trim_matches(BLANK).to_ascii_lowercase();
        match word.as_str() {
            "yesterday" | "day" | "" => return Ok(Self::Yesterday),
            _ => {}
        }
        let span = word.strip_prefix("last").and_then(|rest| rest.strip_prefix([' ', '_', '-'])).unwrap_or(&word);
        match span {
            "week" => Ok(Self::Days(7)),
            "month" => Ok(Self::Days(30)),
            _ => days(&word).map(Self::Days).or_else(|| day(&word).map(Self::Day)).or_else(|| month(&word).map(Self::Month)).ok_or_else(|| {
                Error::bad_arguments(format!(
                    "`{name}` is yesterday, week, month, a whole number of days from 1 to 3660 such as 60 or 60d, a day of the calendar as YYYY-MM-DD, or a month as YYYY-MM."
                ))
                .naming(name)
            }),
        }
    }

    /// The day to compare with, seen from the `newest` one: before a month the last one that is not of it.
    pub(super) fn day(self, newest: Date) -> Date {
        match self {
            Self::Yesterday => back(newest, 1),
            Self::Days(days) => back(newest, days),
            Self::Day(day) => day,
            Self::Month(first) => back(first, 1),
        }
    }

    /// The first day of what is asked about, where days are listed and not compared.
    pub(super) fn first(self, newest: Date) -> Date {
        match self {
            Self::Month(first) => first,
            Self::Yesterday | Self::Days(_) | Self::Day(_) => self.day(newest),
        }
    }

    /// The day to compare with, where the words alone tell it.
    fn of_calendar(self) -> Option<Date> {
        match self {
            Self::Yesterday | Self::Days(_) => None,
            Self::Day(day) => Some(day),
            Self::Month(first) => Some(back(first, 1)),
        }
    }

    /// The first day, likewise.
    pub(super) fn first_of_calendar(self) -> Option<Date> {
        if let Self::Month(first) = self { Some(first) } else { self.of_calendar() }
    }

    /// What to load for it, where nothing else brings the day.
    pub(super) fn needed(self) -> ComparedDay {
        match self {
            Self::Yesterday => ComparedDay::Back(1),
            Self::Days(days) => ComparedDay::Back(days),
            Self::Day(day) => ComparedDay::Day(day),
            Self::Month(first) => ComparedDay::Day(back(first, 1)),
        }
    }

    /// The same, where the day before the last one comes anyway.
    pub(super) fn earlier(self) -> Option<ComparedDay> {
        (self != Self::Yesterday).then(|| self.needed())
    }

    /// The word that [`Since::parse`] takes for it; `None` for what it is without one.
    pub(super) fn word(self) -> Option<String> {
        match self {
            Self::Yesterday => None,
            Self::Days(7) => Some("week".to_owned()),
            Self::Days(30) => Some("month".to_owned()),
            Self::Days(days) => Some(days.to_string()),
            Self::Day(day) => Some(day.to_string()),
            Self::Month(first) => Some(month_word(first)),
        }
    }

    /// How the title of a card goes on with it; the likeliest span needs no words.
    pub(super) fn phrase(self) -> String {
        match self {
            Self::Yesterday => String::new(),
            Self::Days(1) => " in 1 day".to_owned(),
            Self::Days(days) => format!(" in {days} days"),
            Self::Day(day) => format!(" since {day}"),
            Self::Month(first) => format!(" from {} on", month_word(first)),
        }
    }

    /// Whether it names a day after which nothing is known yet where `newest` is the newest day.
    pub(super) fn is_too_new(self, newest: Date) -> bool {
        self.of_calendar().is_some_and(|day| day >= newest)
    }

    /// The earlier day to compare with, and whether it is another one than was asked for.
    pub(super) fn find<'a>(self, history: &'a History, newest: &Snapshot) -> Option<(&'a Snapshot, Option<Date>)> {
        let asked = match self {
            Self::Yesterday => return history.before(newest.day).map(|before| (before, None)),
            _ if self.is_too_new(newest.day) => return None,
            Self::Days(_) | Self::Day(_) | Self::Month(_) => self.day(newest.day),
        };
        let before = history
            .on_or_before(asked)
            .filter(|found| found.day < newest.day)
            .or_else(|| history.days().first().filter(|first| first.day < newest.day))?;
        Some((before, (before.day != asked).then_some(asked)))
    }
}

/// The last day of what is asked about, where an argument such as `until` names an earlier one than the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastDay {
    /// What the argument is called.
    argument: &'static str,
    named: Since,
}

impl LastDay {
    /// The day that `text` names as [`Since`] names days, counted back from the newest; `None` for no text.
    ///
    /// # Errors
    /// Those of [`Since::parse`], about the argument called `argument`.
    pub(super) fn parse(argument: &'static str, text: Option<&str>) -> Result<Option<Self>> {
        let text = text.filter(|text| !text.trim_matches(BLANK).is_empty());
        text.map(|text| Ok(Self { argument, named: Since::parse_as(argument, text)? })).transpose()
    }

    /// The day itself, seen from the `newest` one: of a month the last one, of one that is not over the newest.
    pub(super) fn day(self, newest: Date) -> Date {
        match self.named {
            Since::Month(first) if first <= newest => first.last_of_month().min(newest),
            Since::Month(first) => first.last_of_month(),
            Since::Yesterday | Since::Days(_) | Since::Day(_) => self.named.day(newest),
        }
    }

    /// How many days it lies before the newest one; `None` where the calendar names it.
    pub(super) const fn days_back(self) -> Option<u32> {
        match self.named {
            Since::Yesterday => Some(1),
            Since::Days(days) => Some(days),
            Since::Day(_) | Since::Month(_) => None,
        }
    }

    /// The day itself, where the words alone tell it.
    pub(super) fn of_calendar(self) -> Option<Date> {
        if let Since::Month(first) = self.named { Some(first.last_of_month()) } else { self.named.of_calendar() }
    }

    /// What to load for it.
    pub(super) fn needed(self) -> ComparedDay {
        self.of_calendar().map_or_else(|| self.named.needed(), ComparedDay::Day)
    }

    /// The word that [`LastDay::parse`] takes for it.
    pub(super) fn word(self) -> String {
        self.named.word().unwrap_or_else(|| "yesterday".to_owned())
    }

    /// Refuses a `since` that is not before it, as far as their words alone tell.
    pub(super) fn check_after(self, since: Since) -> Result<()> {
        match self.of_calendar().zip(since.of_calendar()) {
            Some((until, since)) if until <= since => Err(self.not_after(until, since)),
            _ => Ok(()),
        }
    }

    /// That the day `since` is not before this one.
    pub(super) fn not_after(self, until: Date, since: Date) -> Error {
        Error::bad_arguments(format!(
            "`{}` is {until}, which is not after `since` ({since}): name a later day, or an earlier one to begin with.",
            self.argument
        ))
        .naming(self.argument)
        .naming("since")
    }

    /// The newest day of `tenant` that is not after it, and the day that was asked for where that is another one.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for a day after `today`; [`ErrorKind::NotFound`] where nothing is held that early, or nothing at all.
    pub(super) fn find(self, tenant: &TenantFacts, today: Date) -> Result<(&Snapshot, Option<Date>)> {
        let asked = match self.named {
            // So much of a month as there is.
            Since::Month(first) if first <= today => self.day(tenant.newest()?.day).min(today),
            Since::Yesterday | Since::Days(_) | Since::Day(_) | Since::Month(_) => self.day(tenant.newest()?.day),
        };
        if asked > today {
            let sentence = format!("`{}` is {asked}, a day to come: today is {today} (UTC).", self.argument);
            return Err(Error::bad_arguments(sentence).naming(self.argument));
        }
        let found = tenant.history.on_or_before(asked).ok_or_else(|| {
            let begin = tenant.history.days().first().map_or_else(String::new, |first| format!(": its history begins on {}", first.day));
            Error::new(ErrorKind::NotFound, format!("Nothing is held of {} on {asked} or before{begin}.", tenant.name))
        })?;
        Ok((found, (found.day != asked).then_some(asked)))
    }
}

/// There is no answer yet, rather than an error in the question: the same one can be asked on a later day.
pub(super) fn too_new(newest: Date) -> Error {
    Error::new(ErrorKind::NotFound, format!("Nothing is known after that day yet: the newest is {newest}. `since` takes an earlier one."))
        .naming("since")
}

/// A number of days: `60`, `60d`, `60 days`, or `60.0` of a host that writes every number so.
fn days(word: &str) -> Option<u32> {
    let bare = ["days", "day", "d"].into_iter().find_map(|unit| word.strip_suffix(unit));
    let number = bare.map_or(word, |number| number.strip_suffix(' ').unwrap_or(number));
    let (whole, zeros) = number.split_once('.').unwrap_or((number, "0"));
    let is_whole = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') && whole.bytes().all(|byte| byte.is_ascii_digit());
    let days = whole.trim_start_matches('0').parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
    days.filter(|_| is_whole)
}

/// So many days before `day`.
fn back(day: Date, days: u32) -> Date {
    day.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN)
}

/// A month of the calendar, written as `2026-01`, by its first day.
fn month(word: &str) -> Option<Date> {
    day(&format!("{word}-01"))
}

/// How it is written.
fn month_word(first: Date) -> String {
    first.strftime("%Y-%m").to_string()
}

/// A day of the calendar, written as `2026-01-31` and in no other way.
fn day(word: &str) -> Option<Date> {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = word.split('-').collect();
    let written = matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2));
    written.then(|| word.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_schema_allows_is_understood(text in PATTERN.trim_matches(['^', '$'])) {
            let since = Since::parse(&text);
            prop_assert!(since.is_ok(), "{}", text);
            let since = since.unwrap();
            prop_assert_eq!(Since::parse(&since.word().unwrap_or_default()).unwrap(), since);
        }

        #[test]
        fn the_schema_allows_whatever_is_understood(text in "[0-9]{1,5}(\\.0)?( ?d(ays?)?)?|[0-9]{3,5}-[01]?[0-9]-[0-3]?[0-9]|(last[ _-]?)?(week|Month|day)|.{0,12}") {
            prop_assert_eq!(Regex::new(PATTERN).unwrap().is_match(&text), Since::parse(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn the_schema_and_the_program_take_the_same_texts() {
        let pattern = Regex::new(PATTERN).unwrap();
        let taken = "yesterday|Yesterday|day|week|WEEK|last week|last_week|last-month|month|1|7|007|7.0|7d|7D|7 days|1 day|60d|365|999|1000|3599|3600|3649|3650|3659|3660|\
            3660d|2026-10|2026-01|0001-12|2024-02-29|2000-02-29|2026-01-31|2026-04-30|2026-12-31|1999-12-31|2100-02-28|2400-02-29| 2026-11-01 ||  ";
        let refused = "0|0d|00|3661|3661d|36600|9999|-7|+7|7.5|7.|.0|2.5d|7  days|7dd|d|days|60h|1e2|1_000|2023-02-29|2100-02-29|1900-02-29|2026-02-30|2026-04-31|\
            2026-13|2026-00|2026-1|26-10|2026-10-|2026-13-01|2026-00-10|2026-01-00|2026-1-31|26-01-31|02026-01-31|2026/01/31|20260131|2026-01-31T00:00|2026-01-31Z|-2026-01-31|last|last  week|last yesterday|\
            weeks|wee\u{212a}|yesterday week|the dawn of time|today|2026-01-31 2026-02-01|\u{0661}";
        for (texts, fine) in [(taken, true), (refused, false)] {
            for text in texts.split('|') {
                assert_eq!((pattern.is_match(text), Since::parse(text).is_ok()), (fine, fine), "{text:?}");
            }
        }
        for day in jiff::civil::date(1890, 1, 1).series(1.day()).take(400 * 366) {
            let text = day.to_string();
            assert!(pattern.is_match(&text) && Since::parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_number_of_days_is_meant_from_the_newest_day() {
        let newest = jiff::civil::date(2026, 11, 21);
        for (text, day) in [("yesterday", "2026-11-20"), ("60d", "2026-09-22"), ("week", "2026-11-14"), ("2024-02-29", "2024-02-29")] {
            assert_eq!(Since::parse(text).unwrap().day(newest).to_string(), day, "{text}");
        }
        assert_eq!(Since::parse("3.0").unwrap(), Since::Days(3));
    }

    #[test]
    fn a_month_is_all_of_its_days() {
        let (newest, day) = (jiff::civil::date(2026, 11, 21), |text: &str| text.parse::<Date>().unwrap());
        let since = Since::parse("2026-10").unwrap();
        assert_eq!(
            (since.day(newest), since.first(newest)),
            (day("2026-09-30"), day("2026-10-01")),
            "what changed on its first day is of it"
        );
        let last = |text| LastDay::parse("until", Some(text)).unwrap().unwrap();
        assert_eq!(
            [last("2026-10"), last("2026-11"), last("2026-12")].map(|last| last.day(newest)),
            [day("2026-10-31"), newest, day("2026-12-31")]
        );
        assert!(last("2026-10").check_after(since).is_ok() && last("2026-09").check_after(since).is_err());
    }
}
