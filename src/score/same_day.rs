//! What do two readings of one day make together? The later one's scores, with what only the earlier one says.
//!
//! Graph gives evidence for its newest day only and corrects that day while it can; files are imported in any order. So which of two
//! readings is later is told by what they say, never by which one came first.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{ControlScore, Snapshot};

/// When a day was taken down, as far as it says more than its date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// `createdDateTime`, where it is another moment than the day's first.
    pub created: Option<Timestamp>,
    /// The day that its id ends with, where it is another than that of `createdDateTime`.
    pub id_day: Option<Date>,
    /// Whether its scores are of a reading that gave no evidence: it was no longer the newest day then.
    pub settled: bool,
    /// Of when its list of controls is, where that is of another, earlier reading of the day.
    pub controls: Option<Timestamp>,
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

    /// Of when its controls are.
    fn of_controls(&self, day: Date) -> Option<Timestamp> {
        self.controls.or_else(|| self.moment(day))
    }
}

/// A reading of a day, and when it was taken down.
pub type Told<'d> = (&'d Snapshot, &'d Taken);

/// Which of two readings of a day is the later: by `createdDateTime`; then the one that was taken when the day was no longer the newest;
/// then by when Microsoft last looked. One without controls of its own tells less than any other.
pub fn by_age((one, a): Told<'_>, (other, b): Told<'_>) -> Ordering {
    let without = |day: &Snapshot, taken: &Taken| day.controls.is_empty() || taken.controls.is_some();
    let (here, there) = (a.moment(one.day), b.moment(other.day));
    here.cmp(&there)
        .then_with(|| without(other, b).cmp(&without(one, a)))
        .then_with(|| if without(one, a) { Ordering::Equal } else { by_sync((one, a), (other, b)) })
}

/// Which controls are later, by whether the day was settled, and by when Microsoft last looked.
fn by_sync((one, a): Told<'_>, (other, b): Told<'_>) -> Ordering {
    let settled = a.settled.cmp(&b.settled);
    settled.then_with(|| if a.settled { Ordering::Equal } else { synced(one).cmp(&synced(other)) })
}

/// When Microsoft last looked.
fn synced(day: &Snapshot) -> Option<Timestamp> {
    day.controls.iter().filter_map(|control| control.evidence.as_ref()?.synced).max()
}

/// Of two readings that are equally late, the one that counts is the greater: it tells of more controls, then of fewer points, so that
/// nothing looks better than it may be. Only what a reading said itself is compared: equal where both said the same, in however many bytes.
pub fn by_content(one: Told<'_>, other: Told<'_>) -> Ordering {
    let (one, other) = (own(one), own(other));
    if one == other {
        return Ordering::Equal;
    }
    one.controls
        .len()
        .cmp(&other.controls.len())
        .then_with(|| other.points.total_cmp(&one.points))
        .then_with(|| format!("{one:?}").cmp(&format!("{other:?}")))
}

/// What a reading said itself, without the controls and the evidence that came of others, and the maxima, which are of the catalogue.
fn own((day, taken): Told<'_>) -> Snapshot {
    let mut own = Snapshot { sent_bytes: 0, ..day.clone() };
    if taken.controls.is_some() {
        (own.controls, own.controls_known) = (Vec::new(), false);
    }
    for control in &mut own.controls {
        control.profile_maximum = None;
        control.evidence = control.evidence.take().filter(|_| !taken.settled);
    }
    own
}

/// Whether two readings of a day say the same, in however many bytes.
pub fn same(one: &Snapshot, other: &Snapshot) -> bool {
    *one == Snapshot { sent_bytes: one.sent_bytes, ..other.clone() }
}

/// `newer` with what only `older` says about the same day, and when that was taken down. Controls that are not of `newer` itself are those
/// of the latest reading that had any, whichever of them came first.
pub fn merged((older, before): Told<'_>, (newer, after): Told<'_>) -> (Snapshot, Taken) {
    let (mut merged, mut taken) = (newer.clone(), *after);
    merged.maximum = newer.maximum.or(older.maximum);
    merged.active_users = newer.active_users.or(older.active_users);
    if merged.peers.is_empty() {
        merged.peers.clone_from(&older.peers);
    }
    // The bytes are those that the evidence came with.
    if merged.sent_bytes == 0 || (older.is_rich() && !newer.is_rich()) {
        merged.sent_bytes = older.sent_bytes;
    }
    let lent = !newer.controls_known || (after.controls.is_some() && by_controls((older, before), (newer, after)).is_gt());
    let mut others = older;
    if lent && older.controls_known {
        merged.controls.clone_from(&older.controls);
        merged.controls_known = true;
        (taken.controls, taken.settled) = (before.of_controls(older.day), before.settled);
        others = newer;
    }
    for control in &mut merged.controls {
        let Some(before) = others.control(&control.name) else { continue };
        control.profile_maximum = control.profile_maximum.or(before.profile_maximum);
        // Evidence is not of a settled reading itself: of what others had, the latest stays.
        let (held, other) = (&control.evidence, &before.evidence);
        let later = || {
            (other.as_ref().map(|seen| seen.synced), format!("{other:?}")) > (held.as_ref().map(|seen| seen.synced), format!("{held:?}"))
        };
        if held.is_none() || (taken.settled && other.is_some() && later()) {
            control.evidence.clone_from(other);
        }
    }
    (merged, taken)
}

/// Which of two readings of a day has the later controls, where those of one are of another reading.
fn by_controls((one, a): Told<'_>, (other, b): Told<'_>) -> Ordering {
    (one.controls_known.cmp(&other.controls_known))
        .then_with(|| a.of_controls(one.day).cmp(&b.of_controls(other.day)))
        .then_with(|| by_sync((one, a), (other, b)))
        .then_with(|| {
            let lists = [(one, a), (other, b)].map(|(day, taken)| own((day, &Taken { controls: None, ..*taken })).controls);
            let points = |list: &[ControlScore]| list.iter().filter_map(|control| control.points).sum::<f64>();
            let (here, there) = (&lists[0], &lists[1]);
            (here.len().cmp(&there.len()))
                .then_with(|| points(there).total_cmp(&points(here)))
                .then_with(|| format!("{here:?}").cmp(&format!("{there:?}")))
        })
}
