//! Which day is an entry of, whose `createdDateTime` another entry has as well? That of its id; also when the two come apart, in two files.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::entries::StoredDay;
use crate::score::DayEntry;

/// What was told of a day.
pub(super) struct ReceivedEntry {
    pub(super) entry: DayEntry,
    /// Whether Graph itself said it, no file.
    pub(super) live: bool,
    /// Whether it was stored before, as another day's.
    pub(super) moved: bool,
}

/// `told`, each of the day that it is of. An entry that has the `createdDateTime` of another that is `stored`, and another day in its id, is
/// of that day; a stored one likewise, which is taken out of its day and is then among them. Also how many were dated by their ids.
pub(super) fn apart(received: Vec<ReceivedEntry>, stored: &mut BTreeMap<Date, StoredDay>) -> (Vec<ReceivedEntry>, usize) {
    let (mut apart, mut dated) = (Vec::with_capacity(received.len()), 0);
    for mut received in received {
        let day = received.entry.snapshot.day;
        let doubled = |held: &DayEntry| held.taken.id_day != received.entry.taken.id_day && held.moment() == received.entry.moment();
        if let Some(held) = stored.get_mut(&day).filter(|held| held.entries().any(doubled)) {
            for (mut entry, live) in held.take(|held| doubled(held) && held.taken.id_day.is_some()) {
                entry.date_by_id();
                apart.push(ReceivedEntry { entry, live, moved: true });
                dated += 1;
            }
            dated += usize::from(received.entry.date_by_id());
        }
        apart.push(received);
    }
    (apart, dated)
}
