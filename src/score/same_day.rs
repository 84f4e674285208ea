//! What do two readings of one day make together? The later one's scores, with what only the earlier one says.
//!
//! Graph gives evidence for its newest day only and corrects that day while it can; files are imported in any order. So which of two
//! readings is later is told by what they say, never by which one came first.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Snapshot;

/// When a day was taken down, as far as it says more than its date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// `createdDateTime`, where it is another moment than the day's first.
    pub created: Option<Timestamp>,
    /// The day that its id ends with, where it is another than that of `createdDateTime`.
    pub id_day: Option<Date>,
    /// Whether its scores are of a reading that gave no evidence: it was no longer the newest day then.
    pub settled: bool,
}

impl Taken {
    /// What `snapshot` itself tells.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { settled: !snapshot.controls.is_empty() && !snapshot.is_rich(), ..Self::default() }
    }

    /// The moment that `createdDateTime` names for a day `day`.
    pub fn moment(&self, day: Date) -> Option<Timestamp> {
        self.created.or_else(|| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    }
}

/// Which of two readings of a day is the later: by `createdDateTime`; then the one that was taken when the day was no longer the newest;
/// then by when Microsoft last looked. One without controls tells less than any other.
pub fn by_age((one, a): (&Snapshot, &Taken), (other, b): (&Snapshot, &Taken)) -> Ordering {
    let synced = |day: &Snapshot| day.controls.iter().filter_map(|control| control.evidence.as_ref()?.synced).max();
    let (here, there) = (a.moment(one.day), b.moment(other.day));
    here.cmp(&there)
        .then_with(|| other.controls.is_empty().cmp(&one.controls.is_empty()))
        .then_with(|| a.settled.cmp(&b.settled))
        .then_with(|| if a.settled { Ordering::Equal } else { synced(one).cmp(&synced(other)) })
}

/// Of two readings that are equally late, the one that counts is the greater: it tells of more controls, then of fewer points, so that
/// nothing looks better than it may be. Equal only where both say the same, in however many bytes.
pub fn by_content(one: &Snapshot, other: &Snapshot) -> Ordering {
    let one = &Snapshot { sent_bytes: other.sent_bytes, ..one.clone() };
    if one == other {
        return Ordering::Equal;
    }
    one.controls
        .len()
        .cmp(&other.controls.len())
        .then_with(|| other.points.total_cmp(&one.points))
        .then_with(|| format!("{one:?}").cmp(&format!("{other:?}")))
}

/// `newer` with what only `older` says about the same day.
pub fn merged(older: &Snapshot, newer: &Snapshot) -> Snapshot {
    let mut merged = newer.clone();
    merged.maximum = newer.maximum.or(older.maximum);
    merged.active_users = newer.active_users.or(older.active_users);
    if merged.peers.is_empty() {
        merged.peers.clone_from(&older.peers);
    }
    if !newer.controls_known {
        merged.controls.clone_from(&older.controls);
        merged.controls_known = older.controls_known;
    }
    // The bytes are those that the evidence came with.
    if merged.sent_bytes == 0 || (older.is_rich() && !newer.is_rich()) {
        merged.sent_bytes = older.sent_bytes;
    }
    for control in &mut merged.controls {
        let Some(before) = older.control(&control.name) else { continue };
        control.profile_maximum = control.profile_maximum.or(before.profile_maximum);
        if control.evidence.is_none() {
            control.evidence.clone_from(&before.evidence);
        }
    }
    merged
}
