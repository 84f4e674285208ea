//! What did one reading of Graph, or of saved answers, bring? Days and, where it was read, the catalogue.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{Catalogue, Snapshot};

/// What one reading brought, before it is stored. All of it is stored at once, or nothing is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// `azureTenantId`, lower case; `None` where no entry said it.
    pub entra_id: Option<String>,
    /// The days in any order, each once.
    pub days: Vec<Snapshot>,
    /// The catalogue; `None` when only scores were read, which leaves a stored one as it is.
    pub catalogue: Option<Catalogue>,
    /// How many entries were left out because they have no day or no score that can be used.
    pub skipped: usize,
}

impl Reading {
    /// What to tell when a day lies in the future of `now`; `None` when none does. One day is let pass:
    /// clocks differ, and Graph's day is UTC. A day too many would stay the newest for good.
    pub fn from_the_future(&self, now: Timestamp) -> Option<String> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let limit = today.checked_add(1.day()).unwrap_or(today);
        let newest = self.days.iter().map(|snapshot| snapshot.day).max().filter(|newest| *newest > limit)?;
        Some(format!("The newest day is {newest}, but by this machine's clock it is {today}. Set the clock right; nothing was stored."))
    }

    /// Writes down, for the newest day, the maximum that each control's profile has now. Graph does not
    /// version profiles, so a maximum is only sure for the day that was newest when both were read.
    pub fn stamp_maxima(&mut self) {
        let Some(catalogue) = &self.catalogue else { return };
        let Some(newest) = self.days.iter_mut().max_by_key(|snapshot| snapshot.day) else { return };
        for score in &mut newest.controls {
            score.profile_maximum = catalogue.get(&score.name).and_then(|profile| profile.maximum);
        }
    }
}
