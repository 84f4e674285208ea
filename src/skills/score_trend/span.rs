//! From which day to which? By a number of days, or by the days themselves.

use jiff::civil::Date;

use super::ScoreTrendArgs;
use crate::{
    error::{Error, ErrorKind, Result},
    skills::{ComparedDay, TenantFacts, since::Since},
};

/// The span that is told without a word, in days: as far back as Microsoft keeps days.
pub(super) const DAYS: u32 = 90;

/// The days that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrendSpan {
    since: Since,
    until: Option<Date>,
}

impl TrendSpan {
    /// The days that `args` name.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for words that name no day, for two ways to say where to begin, and for an end before the beginning.
    pub(super) fn of(args: &ScoreTrendArgs) -> Result<Self> {
        let since = match (args.days, &args.since) {
            (Some(_), Some(_)) => return Err(Error::bad_arguments("`days` and `since` both say where to begin. Give one of them.")),
            (Some(days), None) => Since::Days(days),
            (None, Some(since)) => Since::parse(since)?,
            (None, None) => Since::Days(DAYS),
        };
        let until = args.until.as_deref().map(day).transpose()?;
        match (since, until) {
            (Since::Day(since), Some(until)) if until < since => {
                let sentence = format!("`until` is {until}, which is before `since`, {since}. Swap them, or leave `until` out.");
                Err(Error::bad_arguments(sentence))
            }
            _ => Ok(Self { since, until }),
        }
    }

    /// What to load of it.
    pub(super) fn needed(self) -> (ComparedDay, Option<Date>) {
        (self.since.needed(), self.until)
    }

    /// Its first and its last day for `tenant`, whether or not they are held.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where all of it lies before the first day held, or after the newest.
    pub(super) fn days(self, tenant: &TenantFacts) -> Result<(Date, Date)> {
        let newest = tenant.newest()?.day;
        let first_held = tenant.history.first_held().unwrap_or(newest);
        let last = self.until.map_or(newest, |until| until.min(newest));
        let first = self.since.day(last);
        if first > newest {
            let sentence = format!("Nothing is known from {first} on yet: the newest day is {newest}. `since` takes an earlier one.");
            return Err(Error::new(ErrorKind::NotFound, sentence));
        }
        if last < first_held {
            let sentence = format!("Nothing is held before {first_held}, the first day of {}. Ask about later days.", tenant.name);
            return Err(Error::new(ErrorKind::NotFound, sentence));
        }
        Ok((first, last))
    }
}

/// A day of the calendar.
fn day(text: &str) -> Result<Date> {
    match Since::parse(text) {
        Ok(Since::Day(day)) => Ok(day),
        _ => Err(Error::bad_arguments("`until` is the last day, written as YYYY-MM-DD, such as 2026-10-31; without it the newest.")),
    }
}
