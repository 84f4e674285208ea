//! What does Microsoft say about all controls of a tenant? The catalogue.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{Profile, identity::Spellings};
use crate::text::Spans;

/// What a control is for, in Graph's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The day with whose scores it came.
    pub day: Date,
    /// The words.
    pub words: Spans,
}

impl Description {
    /// Which of two of a control counts: the greater, which is of the later day; of two of one day, what they say decides.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.day.cmp(&other.day).then_with(|| format!("{:?}", self.words).cmp(&format!("{:?}", other.words)))
    }
}

/// All profiles of a tenant, and the descriptions that came with its scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// Sorted by name, each name once.
    profiles: Vec<Profile>,
    /// What a control is for, in Graph's words; also for controls without a profile.
    descriptions: BTreeMap<Arc<str>, Description>,
    /// How many bytes of JSON Graph sent for all pages of profiles; 0 when unknown.
    pub sent_bytes: u32,
}

impl Catalogue {
    /// A catalogue of `profiles`; of two with the same name the later stays.
    pub fn new(profiles: Vec<Profile>, descriptions: BTreeMap<Arc<str>, Description>, sent_bytes: u32) -> Self {
        let by_name: BTreeMap<Arc<str>, Profile> = profiles.into_iter().map(|profile| (Arc::clone(&profile.name), profile)).collect();
        Self { profiles: by_name.into_values().collect(), descriptions, sent_bytes }
    }

    /// The same with every control spelled as in `spellings`; `None` where all of them are.
    pub fn respelled(&self, spellings: &Spellings) -> Option<Self> {
        let names = self.profiles.iter().map(|profile| &profile.name).chain(self.descriptions.keys());
        if names.into_iter().all(|name| *spellings.of(name) == **name) {
            return None;
        }
        let profiles = self.profiles.iter().map(|profile| Profile { name: spellings.of(&profile.name), ..profile.clone() });
        let descriptions = self.descriptions.iter().map(|(name, words)| (spellings.of(name), words.clone()));
        Some(Self::new(profiles.collect(), described(descriptions), self.sent_bytes))
    }

    /// The profile called `name`.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.binary_search_by(|profile| (*profile.name).cmp(name)).ok().map(|at| &self.profiles[at])
    }

    /// What the control called `name` is for, where the newest scores said it.
    pub fn description(&self, name: &str) -> Option<&Spans> {
        self.descriptions.get(name).map(|description| &description.words)
    }

    /// All profiles, sorted by name.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// All descriptions, by control name.
    pub const fn descriptions(&self) -> &BTreeMap<Arc<str>, Description> {
        &self.descriptions
    }
}

/// The description of each control that counts.
pub fn described(all: impl Iterator<Item = (Arc<str>, Description)>) -> BTreeMap<Arc<str>, Description> {
    let mut described: BTreeMap<Arc<str>, Description> = BTreeMap::new();
    for (name, description) in all {
        if described.get(&name).is_none_or(|held| held.compare(&description).is_lt()) {
            described.insert(name, description);
        }
    }
    described
}
