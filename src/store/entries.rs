//! What is kept of all that was said of one day? What Graph itself said, as one entry, and below it what files say; the day is made of that.
//!
//! The row of a day is what they make together. Where that is more than one entry, the row has all of them beside it.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    blob,
    dictionary::Dictionary,
    form::StoredForm,
    pack::{self, DayHeader},
    tenants,
};
use crate::{
    error::Result,
    score::{
        DayEntry, Snapshot, Taken,
        same_day::{self, together},
    },
};

/// All that was said of a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DayEntries {
    /// What Graph itself said.
    live: Option<DayEntry>,
    /// What files said, latest first.
    files: Vec<DayEntry>,
}

impl DayEntries {
    pub(super) fn iter(&self) -> impl Iterator<Item = &DayEntry> + Clone {
        self.live.iter().chain(&self.files)
    }

    /// Whether Graph itself said anything of the day.
    pub(super) const fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// When the one that counts was taken down.
    pub(super) fn taken(&self) -> Taken {
        self.iter().next().map_or_else(Taken::default, |entry| entry.taken)
    }

    /// The day that they make; `None` of none.
    pub(super) fn whole(&self) -> Option<Snapshot> {
        together(self.iter())
    }

    /// Adds what was told. A file never overrules what Graph itself said, and only fills its gaps; of files, what they say decides, never
    /// which one came first. Graph speaks now, and what it says takes the place of what it said; but where it says when a day was made, it may yet
    /// say an older state of it.
    pub(super) fn add(&mut self, entry: DayEntry, live: bool) {
        if !live {
            match self.live.as_mut().filter(|held| held.compare(&entry).is_eq()) {
                Some(held) => held.join(&entry),
                None => drop(same_day::add(&mut self.files, entry)),
            }
            return;
        }
        let mut live = match self.live.take() {
            None => entry,
            Some(held) => {
                let (newer, older) = if held.moment() > entry.moment() { (held, entry) } else { (entry, held) };
                let snapshot = together([&newer, &older]).unwrap_or_else(|| newer.snapshot.clone());
                DayEntry { snapshot, taken: newer.taken }
            }
        };
        let alike: Vec<DayEntry> = self.files.extract_if(.., |file| file.compare(&live).is_eq()).collect();
        for file in &alike {
            live.join(file);
        }
        self.live = Some(live);
    }

    /// Takes out those that are `wanted`, each with whether Graph said it.
    fn take(&mut self, wanted: impl Fn(&DayEntry) -> bool) -> Vec<(DayEntry, bool)> {
        let live = self.live.take_if(|entry| wanted(entry)).map(|entry| (entry, true));
        live.into_iter().chain(self.files.extract_if(.., |entry| wanted(entry)).map(|entry| (entry, false))).collect()
    }
}

/// A day as it is stored.
pub(super) struct StoredDay {
    /// The day that its entries made.
    pub(super) snapshot: Snapshot,
    pub(super) entries: DayEntries,
    pub(super) is_final: bool,
    /// Whether entries were taken out of it.
    pub(super) moved: bool,
}

impl StoredDay {
    pub(super) fn entries(&self) -> impl Iterator<Item = &DayEntry> {
        self.entries.iter()
    }

    /// Takes out the entries that are `wanted`, each with whether Graph said it.
    pub(super) fn take(&mut self, wanted: impl Fn(&DayEntry) -> bool) -> Vec<(DayEntry, bool)> {
        let taken = self.entries.take(wanted);
        self.moved |= !taken.is_empty();
        taken
    }
}

/// DayEntries as they are stored: how many of them Graph said, and each.
#[derive(Serialize, Deserialize)]
struct PackedEntries {
    live: bool,
    entries: Vec<PackedEntry>,
}

#[derive(Serialize, Deserialize)]
struct PackedEntry {
    points: f64,
    maximum: Option<f64>,
    sent_bytes: u32,
    created_ms: Option<i64>,
    id_day: Option<Date>,
    packed: Vec<u8>,
}

/// `entries` as they are stored beside what they make together; `None` where that is the only one.
pub(super) fn pack(entries: &DayEntries, dictionary: &mut Dictionary) -> Result<Option<Vec<u8>>> {
    if entries.iter().nth(1).is_none() {
        return Ok(None);
    }
    let one = |entry: &DayEntry| {
        Ok(PackedEntry {
            points: entry.snapshot.points,
            maximum: entry.snapshot.maximum,
            sent_bytes: entry.snapshot.sent_bytes,
            created_ms: entry.taken.created.map(Timestamp::as_millisecond),
            id_day: entry.taken.id_day,
            packed: pack::pack(&entry.snapshot, dictionary)?,
        })
    };
    let packed = entries.iter().map(one).collect::<Result<_>>()?;
    blob::seal(StoredForm::DayEntries, &PackedEntries { live: entries.is_live(), entries: packed }).map(Some)
}

/// The entries that [`pack`] packed, of a day that they make; that day alone, taken down at `taken`, where there is one.
pub(super) fn unpack(packed: Option<&[u8]>, day: &Snapshot, taken: Taken, live: bool, dictionary: &Dictionary) -> Result<DayEntries> {
    let Some(packed) = packed else {
        let one = DayEntry { snapshot: day.clone(), taken };
        return Ok(if live { DayEntries { live: Some(one), files: Vec::new() } } else { DayEntries { live: None, files: vec![one] } });
    };
    let PackedEntries { live, entries } = blob::unseal(StoredForm::DayEntries, packed)?;
    let one = |entry: PackedEntry| {
        let head = DayHeader { day: day.day, points: entry.points, maximum: entry.maximum, sent_bytes: entry.sent_bytes };
        let created = entry.created_ms.map(tenants::moment).transpose()?;
        Ok(DayEntry { snapshot: pack::unpack(head, &entry.packed, dictionary)?, taken: Taken { created, id_day: entry.id_day } })
    };
    let mut entries = entries.into_iter().map(one).collect::<Result<Vec<_>>>()?.into_iter();
    Ok(DayEntries { live: if live { entries.next() } else { None }, files: entries.collect() })
}
