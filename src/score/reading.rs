//! What did one reading of Graph, or of saved answers, bring? Days and, where it was read, the catalogue.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    Catalogue, DayEntry, Snapshot, Taken, UnknownWords,
    identity::Spellings,
    licence::ServicePlans,
    same_day::{add, together},
};
use crate::text::count;

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
    /// What is wrong with the first of these.
    pub unusable: Option<String>,
    /// How many places in texts could not be read and stand as U+FFFD now.
    pub repaired: usize,
    /// Whether there are further days that were not read: what was saved is a page, and none of those that follow it.
    pub more_days: bool,
    /// Whether there are further profiles likewise, so that the catalogue is only a part of one.
    pub more_profiles: bool,
    /// The errors that Graph answered with beside what was read, each with its file.
    pub failed: Vec<String>,
    /// The words of Graph that this version does not know.
    pub new_words: UnknownWords,
    /// All that was said of a day, latest first, of those days of which more is known than what they are together.
    pub entries: BTreeMap<Date, Vec<DayEntry>>,
    /// What it brought more than once.
    pub left_out: LeftOut,
    /// The service plans that the tenant subscribes to.
    pub service_plans: ServicePlans,
}

/// What a reading brought more than once, and which is therefore told otherwise than it was sent, or not at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Entries of a day of which another entry tells later.
    pub entries: usize,
    /// Days that are dated by their id, because another entry has their `createdDateTime`.
    pub dated_by_id: usize,
    /// Entries of a control that its day lists more than once.
    pub controls: usize,
    /// Profiles that the catalogue lists more than once.
    pub profiles: usize,
}

impl LeftOut {
    /// What to tell of it: a part of a sentence each.
    pub fn words(&self) -> Vec<String> {
        let of = |number: usize, words: String| (number > 0).then_some(words);
        let Self { entries, dated_by_id, controls, profiles } = *self;
        [
            of(entries, format!("ignored {} of a day that has a later one", count(entries, "reading"))),
            of(dated_by_id, format!("dated {} by the id, because createdDateTime is that of another", count(dated_by_id, "day"))),
            of(controls, format!("left out {} of a control that its day lists twice", count(controls, "score"))),
            of(profiles, format!("left out {} of a control that the catalogue lists twice", count(profiles, "profile"))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Entries that are no day, in words, if there were any `skipped`: how many, and `what` is wrong with the first.
pub fn unusable(skipped: usize, what: Option<&str>) -> Option<String> {
    let what = what.map_or_else(String::new, |what| format!(" ({what})"));
    (skipped > 0).then(|| format!("{}{what}", count(skipped, "invalid day")))
}

impl Reading {
    /// The entries that were left out, in words, if there were any.
    pub fn unusable(&self) -> Option<String> {
        unusable(self.skipped, self.unusable.as_deref())
    }

    /// All that was said of the day `snapshot`, latest first.
    pub fn entries(&self, snapshot: &Snapshot) -> Vec<DayEntry> {
        let alone = || vec![DayEntry { snapshot: snapshot.clone(), taken: Taken::default() }];
        self.entries.get(&snapshot.day).cloned().unwrap_or_else(alone)
    }

    /// The day `snapshot` as one entry, taken down when the latest of them was.
    pub fn as_one(&self, snapshot: &Snapshot) -> DayEntry {
        let taken = self.entries.get(&snapshot.day).and_then(|entries| entries.first()).map(|latest| latest.taken);
        DayEntry { snapshot: snapshot.clone(), taken: taken.unwrap_or_default() }
    }

    /// The same with every control spelled as in `spellings`; `None` where all of them are.
    pub fn respelled(&self, spellings: &Spellings) -> Option<Self> {
        let days = self.days.iter().map(|day| day.respelled(spellings));
        let days: Vec<Option<Snapshot>> = days.collect();
        let catalogue = self.catalogue.as_ref().and_then(|catalogue| catalogue.respelled(spellings));
        if catalogue.is_none() && days.iter().all(Option::is_none) {
            return None;
        }
        let spelled = |entry: &DayEntry| DayEntry {
            snapshot: entry.snapshot.respelled(spellings).unwrap_or_else(|| entry.snapshot.clone()),
            ..*entry
        };
        let of_day = |entries: &Vec<DayEntry>| {
            entries.iter().map(spelled).fold(Vec::new(), |mut entries, entry| {
                add(&mut entries, entry);
                entries
            })
        };
        let entries: BTreeMap<Date, Vec<DayEntry>> = self.entries.iter().map(|(day, entries)| (*day, of_day(entries))).collect();
        let days = days.into_iter().zip(&self.days).map(|(spelled, day)| {
            let whole = entries.get(&day.day).and_then(|entries| together(entries.iter()));
            whole.or(spelled).unwrap_or_else(|| day.clone())
        });
        let respelled = Self { days: days.collect(), catalogue: catalogue.or_else(|| self.catalogue.clone()), ..self.clone() };
        Some(Self { entries, ..respelled })
    }

    /// What to tell when a day lies in the future of `now`; `None` when none does. One day is let pass:
    /// clocks differ, and Graph's day is UTC. A day too many would stay the newest for good.
    pub fn from_the_future(&self, now: Timestamp) -> Option<String> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let limit = today.checked_add(1.day()).unwrap_or(today);
        let newest = self.days.iter().map(|snapshot| snapshot.day).max().filter(|newest| *newest > limit)?;
        Some(format!("The newest day is {newest}, but by this machine's clock it is {today}. Correct the clock; nothing was stored."))
    }

    /// Writes down, for the newest day, the maximum that each control's profile has now. Graph does not
    /// version profiles, so a maximum is only sure for the day that was newest when both were read; and not for a day whose
    /// own percentage says another one, as with old days that are imported with today's profiles.
    pub fn stamp_maxima(&mut self) {
        let Some(catalogue) = &self.catalogue else { return };
        let Some(newest) = self.days.iter_mut().max_by_key(|snapshot| snapshot.day) else { return };
        let entries = self.entries.get_mut(&newest.day).into_iter().flatten();
        for score in entries.map(|entry| &mut entry.snapshot).chain([newest]).flat_map(|day| &mut day.controls) {
            let maximum = catalogue.get(&score.name).and_then(|profile| profile.maximum);
            score.profile_maximum = maximum.filter(|maximum| score.allows(*maximum));
        }
    }
}
