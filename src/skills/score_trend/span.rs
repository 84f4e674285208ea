//! From which day to which? By a number of days, or by the days themselves.

use jiff::civil::Date;

use super::ScoreTrendArgs;
use crate::{
    error::{Error, ErrorKind, Result},
    skills::{
        ComparedDay, TenantFacts,
        args::BLANK,
        since::{LastDay, Since},
    },
};

/// The span that is told without a word, in days: as far back as Microsoft keeps days.
pub(super) const DAYS: u32 = 90;

/// The days that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrendSpan {
    since: Since,
    until: Option<LastDay>,
}

impl TrendSpan {
    /// The days that `args` name.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for words that name no day, for two ways to say where to begin, and for an end before the beginning.
    pub(super) fn of(args: &ScoreTrendArgs) -> Result<Self> {
        let since = args.since.as_deref().filter(|since| !since.trim_matches(BLANK).is_empty());
        let since = match (args.days, since) {
            (Some(_), Some(_)) => return Err(Error::bad_arguments("`days` and `since` both say where to begin. Give one of them.")),
            (Some(days), None) => Since::Days(days),
            (None, Some(since)) => Since::parse(since)?,
            (None, None) => Since::Days(DAYS),
        };
        let until = LastDay::parse("until", args.until.as_deref())?;
        let span = Self { since, until };
        // Days that are told and not compared may be one and the same.
        match until.and_then(LastDay::of_calendar).zip(since.first_of_calendar()) {
            Some((until, first)) if until < first => Err(ends_before(until, first)),
            _ => Ok(span),
        }
    }

    /// What to load of it.
    pub(super) fn needed(self) -> (ComparedDay, Option<Date>) {
        let from = match (self.since.needed(), self.until.and_then(LastDay::days_back)) {
            // Both are counted back, the first from the last.
            (ComparedDay::Back(days), Some(back)) => ComparedDay::Back(days + back),
            (from, _) => from,
        };
        (from, self.until.and_then(LastDay::of_calendar))
    }

    /// Its first and its last day for `tenant`, whether or not they are held.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where all of it lies before the first day held, or after the newest.
    pub(super) fn days(self, tenant: &TenantFacts) -> Result<(Date, Date)> {
        let newest = tenant.newest()?.day;
        let first_held = tenant.history.first_held().unwrap_or(newest);
        let last = self.until.map_or(newest, |until| until.day(newest).min(newest));
        let first = self.since.first(last);
        if first > newest {
            let sentence = format!("Nothing is known from {first} on yet: the newest day is {newest}. `since` takes an earlier one.");
            return Err(Error::new(ErrorKind::NotFound, sentence));
        }
        if last < first {
            return Err(ends_before(last, first));
        }
        if last < first_held {
            let sentence = format!("Nothing is held before {first_held}, the first day of {}. Ask about later days.", tenant.name);
            return Err(Error::new(ErrorKind::NotFound, sentence));
        }
        Ok((first, last))
    }
}

fn ends_before(until: Date, since: Date) -> Error {
    let sentence = format!("`until` is {until}, which is before `since`, {since}. Swap them, or leave `until` out.");
    Error::bad_arguments(sentence).naming("until").naming("since")
}
