//! What was told to be over, and may not be? The message may yet be lost, the day yet be corrected: so it is kept in mind for a while.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Memory, States,
    state::{ANEW_AFTER, has_passed},
};

/// For how long it matters that nobody heard of an end.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many are kept in mind for a rule and a tenant; the oldest go first.
const KEPT_MAX: usize = 20;

/// That something was told to be over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// By which parcel.
    pub parcel: String,
    /// Where.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// The newest day then.
    pub day: Option<Date>,
    /// What, and how it was before.
    pub subjects: BTreeMap<String, Was>,
}

/// How it was before something turned bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Was {
    /// Where it stood.
    pub stood: Option<f64>,
    /// The day with which a move began.
    pub from: Option<Date>,
    /// How bad it was at its worst.
    #[serde(default)]
    pub worst: f64,
}

impl Ended {
    /// Whether it still matters at `now`: it is not long ago, and none of it is bad again.
    fn matters(&self, is_bad: &dyn Fn(&str) -> bool, now: Timestamp) -> bool {
        !has_passed(KEPT_FOR, self.at, now) && !self.subjects.keys().any(|subject| is_bad(subject))
    }
}

impl Memory {
    /// What is to be told to be over once more at `now`: its message is among `lost`, and was so a while ago.
    pub fn untold<'a>(&'a self, states: &'a States, lost: &'a BTreeSet<String>, now: Timestamp) -> impl Iterator<Item = &'a Ended> {
        let matters = move |ended: &Ended| ended.matters(&|subject| states.contains_key(subject), now);
        self.ended.iter().filter(move |ended| lost.contains(&ended.parcel) && has_passed(ANEW_AFTER, ended.at, now) && matters(ended))
    }

    /// What was told to be resolved on the day `day`, and how it was before: Microsoft may still correct that day.
    pub(super) fn over_on(&self, day: Date) -> impl Iterator<Item = (&str, &Was)> {
        let on_it = self.ended.iter().filter(move |ended| ended.day == Some(day)).flat_map(|ended| &ended.subjects);
        on_it.map(|(subject, was)| (subject.as_str(), was))
    }

    /// The newest day when `subject` was last told to be resolved, as far as that is kept in mind.
    pub(super) fn last_over(&self, subject: &str) -> Option<Date> {
        self.ended.iter().filter(|ended| ended.subjects.contains_key(subject)).filter_map(|ended| ended.day).max()
    }

    /// Remembers what was told to be over `now`, and forgets what no longer matters or was told once more in the place of `again`, parcels.
    pub fn remember_ended(&mut self, new: Vec<Ended>, again: &BTreeSet<String>, is_bad: &dyn Fn(&str) -> bool, now: Timestamp) {
        self.ended.retain(|ended| !again.contains(&ended.parcel) && ended.matters(is_bad, now));
        self.ended.extend(new);
        self.ended.drain(..self.ended.len().saturating_sub(KEPT_MAX));
    }
}
