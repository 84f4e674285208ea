//! What do several entries of one day make together? The latest one's scores, with what only the others say.
//!
//! Graph gives evidence for its newest day only and corrects that day while it can; files are imported in any order and in any number of
//! calls. So which of two entries is later is told by what they say, never by which one came first: all that was said of a day is kept, and
//! the day is made of it anew.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Snapshot;

/// How many entries of a day are kept, the latest ones. Files that overlap say the same of a day, or two or three things.
pub const ENTRIES_MAX: usize = 12;

/// When an entry was taken down, as far as it says more than its day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// `createdDateTime`, where it is another moment than the day's first.
    pub created: Option<Timestamp>,
    /// The day that its id ends with, where it is another than that of `createdDateTime`.
    pub id_day: Option<Date>,
}

/// What Graph said of a day, at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct DayEntry {
    /// What it said.
    pub snapshot: Snapshot,
    /// When it was taken down.
    pub taken: Taken,
}

impl DayEntry {
    /// The moment that `createdDateTime` names.
    pub fn moment(&self) -> Option<Timestamp> {
        self.taken.created.or_else(|| Some(self.snapshot.day.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    }

    /// Dates it by its id, where that names another day; whether it does.
    pub fn date_by_id(&mut self) -> bool {
        let Some(day) = self.taken.id_day else { return false };
        self.taken = Taken { created: self.moment(), id_day: None };
        self.snapshot.day = day;
        true
    }

    /// Which of two entries of a day is the later, and counts: the greater. In this order: by `createdDateTime`; one that lists controls before one that does
    /// not; one without evidence, which was taken when the day was no longer the newest; by when Microsoft last looked. Of two that are
    /// equally late, the one that tells of more controls, then of fewer points, so that nothing looks better than it may be. Equal only where
    /// both say the same, in however many bytes.
    pub fn compare(&self, other: &Self) -> Ordering {
        let key = |entry: &Self| {
            let day = &entry.snapshot;
            let settled = !day.controls.is_empty() && !day.is_rich();
            (entry.moment(), !day.controls.is_empty(), settled, synced(day), day.controls.len())
        };
        key(self).cmp(&key(other)).then_with(|| other.snapshot.points.total_cmp(&self.snapshot.points)).then_with(|| {
            let (here, there) = (self.own(), other.own());
            if here == there { Ordering::Equal } else { format!("{here:?}").cmp(&format!("{there:?}")) }
        })
    }

    /// What it said itself: without the maxima, which are of a catalogue, and the bytes.
    fn own(&self) -> (Snapshot, Taken) {
        let mut own = Snapshot { sent_bytes: 0, ..self.snapshot.clone() };
        own.controls.iter_mut().for_each(|control| control.profile_maximum = None);
        (own, self.taken)
    }

    /// Takes over what `other`, which says the same, came with: of two maxima of a control the greater.
    pub fn join(&mut self, other: &Self) {
        self.snapshot.sent_bytes = self.snapshot.sent_bytes.max(other.snapshot.sent_bytes);
        for (control, also) in self.snapshot.controls.iter_mut().zip(&other.snapshot.controls) {
            let maxima = control.profile_maximum.into_iter().chain(also.profile_maximum);
            control.profile_maximum = maxima.max_by(f64::total_cmp);
        }
    }
}

/// When Microsoft last looked.
fn synced(day: &Snapshot) -> Option<Timestamp> {
    day.controls.iter().filter_map(|control| control.evidence.as_ref()?.synced).max()
}

/// Adds `entry` to those of its day, which are sorted, latest first, and each there once; whether it says anything that none of them does.
pub fn add(entries: &mut Vec<DayEntry>, entry: DayEntry) -> bool {
    match entries.binary_search_by(|held| entry.compare(held)) {
        Ok(at) => {
            entries[at].join(&entry);
            false
        }
        Err(at) => {
            entries.insert(at, entry);
            entries.truncate(ENTRIES_MAX);
            true
        }
    }
}

/// The day that `entries` make, latest first; `None` of none. All of its controls are those of one entry, the latest that lists any.
pub fn together<'e, I>(entries: I) -> Option<Snapshot>
where
    I: IntoIterator<Item = &'e DayEntry, IntoIter: Clone>,
{
    let entries = entries.into_iter();
    let days = || entries.clone().map(|entry| &entry.snapshot);
    let mut day = days().next()?.clone();
    day.maximum = days().find_map(|day| day.maximum);
    day.active_users = days().find_map(|day| day.active_users);
    day.enabled_services = days().find_map(|day| day.enabled_services.clone());
    if let Some(peers) = days().map(|day| &day.peers).find(|peers| !peers.is_empty()) {
        day.peers.clone_from(peers);
    }
    if let Some(listed) = days().find(|day| day.controls_known) {
        day.controls.clone_from(&listed.controls);
        day.controls_known = true;
    }
    for control in &mut day.controls {
        control.profile_maximum = days().find_map(|day| day.control(&control.name)?.profile_maximum);
        control.evidence = days().find_map(|day| day.control(&control.name)?.evidence.clone());
    }
    // The bytes are those that the evidence came with.
    let bytes = days().find(|day| day.is_rich() && day.sent_bytes > 0).or_else(|| days().find(|day| day.sent_bytes > 0));
    day.sent_bytes = bytes.map_or(0, |day| day.sent_bytes);
    Some(day)
}

/// Whether two readings of a day say the same, in however many bytes.
pub fn same(one: &Snapshot, other: &Snapshot) -> bool {
    *one == Snapshot { sent_bytes: one.sent_bytes, ..other.clone() }
}
