//! When was a decision made? Only those of a day or later are listed where a day is asked for.

use jiff::{Timestamp, civil::Date};

use crate::score::{change::day_of, risk::Decision};

/// When the decision in force was made, however often it was written again since; `None` when nothing tells.
pub(super) fn decided_at(decision: &Decision<'_>) -> Option<Timestamp> {
    decision.profile.in_force()?.since()
}

/// Whether `decision` was made on the day `since` or later.
pub(super) fn fits(since: Option<Date>, decision: &Decision<'_>) -> bool {
    since.is_none_or(|since| decided_at(decision).is_some_and(|at| day_of(at) >= since))
}
