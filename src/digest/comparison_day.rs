//! With what is a tenant's newest day compared? With what was reported of it last; the first time, with a day as far back as a digest reaches.

use jiff::{ToSpan as _, civil::Date};

use super::Every;
use crate::{
    score::{ReportedState, Snapshot},
    skills::TenantFacts,
};

/// What the newest day is compared with.
#[derive(Debug, Clone)]
pub struct ComparisonDay {
    /// The numbers. Where they are of the newest day itself, as it was reported before it was corrected, they are dated a day earlier.
    pub snapshot: Snapshot,
    /// Their own day.
    pub day: Date,
}

impl ComparisonDay {
    /// What `newest`, whose numbers are `now`, is compared with; `None` when there is nothing, or nothing that differs.
    pub fn of(facts: &TenantFacts, reported: Option<&ReportedState>, now: &ReportedState, every: Every) -> Option<Self> {
        let Some(reported) = reported else { return Self::first(facts, every.back(now.day)) };
        let stored = facts.history.on_or_before(reported.day).filter(|stored| stored.day == reported.day);
        let as_reported = || reported.as_reported(stored, &facts.catalogue);
        if reported.day < now.day {
            return Some(Self { snapshot: as_reported(), day: reported.day });
        }
        if reported.day > now.day || reported.has_numbers_of(now) {
            return None;
        }
        let eve = reported.day.checked_sub(1.day()).ok()?;
        Some(Self { snapshot: Snapshot { day: eve, ..as_reported() }, day: reported.day })
    }

    fn first(facts: &TenantFacts, from: Date) -> Option<Self> {
        let newest = facts.history.newest()?.day;
        let before = facts.history.on_or_before(from).or_else(|| facts.history.days().first()).filter(|before| before.day < newest)?;
        Some(Self { snapshot: before.clone(), day: before.day })
    }
}

impl Every {
    /// The day that a first digest looks back to from `day`.
    fn back(self, day: Date) -> Date {
        let span = match self {
            Self::Daily | Self::Weekdays => 1.day(),
            Self::Weekly(_) => 7.days(),
            Self::Monthly(_) => 1.month(),
        };
        day.checked_sub(span).unwrap_or(Date::MIN)
    }
}
