//! Which decision is in force, and since when? However often it was written again: that is one decision, made on its first day.
//!
//! Standards and baselines write the same state with the same words every day, and Graph lists each time as an update with a new date. Those are the
//! same: the same state, the same end and the same words, whoever wrote them, with no other state between. A word that only says when it was written
//! (`Set by our baseline on 2026-11-21`) makes no difference.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::{Profile, StateUpdate, change::day_of, stated_expiry::stated_expiry};

/// What stands for the time of an update that has none.
const UNDATED: &str = "undated";
/// How a day is written in words that say when they were written. Without the signs that part words.
const DAYS: [&str; 12] = [
    "%Y-%m-%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%-d.%-m.%Y",
    "%d/%m/%Y",
    "%-d/%-m/%Y",
    "%m/%d/%Y",
    "%-m/%-d/%Y",
    "%-d %b %Y",
    "%-d %B %Y",
    "%b %-d %Y",
    "%B %-d %Y",
];

/// The decision in force about a control.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    /// The update in force.
    pub update: &'a StateUpdate,
    /// The update that said the same first.
    pub first: &'a StateUpdate,
    /// The update that set this state, whatever words it was given since.
    pub set: &'a StateUpdate,
    /// Of the control that it is about.
    pub profile: &'a Profile,
}

impl Profile {
    /// The decision in force; `None` when nobody ever said anything.
    pub fn in_force(&self) -> Option<InForce<'_>> {
        let updates = self.updates_newest_first();
        let update = *updates.first()?;
        let same_state = || updates.iter().take_while(|earlier| earlier.state == update.state);
        let print = print(update);
        let first = same_state().take_while(|earlier| self::print(earlier) == print).last()?;
        Some(InForce { update, first, set: same_state().last()?, profile: self })
    }

    /// All decisions, newest first, each once however often it was written again: the one in force as it was last written, earlier ones as they
    /// were made.
    pub fn decisions_newest_first(&self) -> Vec<&StateUpdate> {
        let updates = self.updates_newest_first();
        let runs = updates.chunk_by(|newer, older| print(newer) == print(older));
        runs.enumerate().filter_map(|(at, run)| if at == 0 { run.first() } else { run.last() }).copied().collect()
    }
}

impl InForce<'_> {
    /// When it was decided; `None` when nothing tells.
    pub const fn since(&self) -> Option<Timestamp> {
        self.first.at
    }

    /// When its state was set, if it was given other words since.
    pub fn renews(&self) -> Option<Timestamp> {
        self.set.at.filter(|at| Some(*at) != self.first.at)
    }

    /// What tells it from any other decision about the control: when it was made, and what it says.
    pub fn mark(&self) -> String {
        let at = self.first.at.map_or_else(|| UNDATED.to_owned(), |at| at.to_string());
        format!("{at} {:016x}", print(self.update))
    }

    /// Whether it is the decision that `mark` was made of: it says the same, and nothing else was decided since. Graph may list no more than the
    /// newest updates, so that its first day alone does not tell.
    pub fn is(&self, mark: &str) -> bool {
        let Some((at, words)) = mark.split_once(' ') else { return false };
        let reported: Option<Timestamp> = at.parse().ok();
        let another = |update: &StateUpdate| update.state != self.update.state && update.at > reported;
        words == format!("{:016x}", print(self.update)) && !self.profile.updates.iter().any(another)
    }
}

/// What `update` says, but for when and by whom, as a number.
fn print(update: &StateUpdate) -> u64 {
    let comment = update.comment.as_deref().unwrap_or_default();
    let mut text = String::new();
    // Neither a write to memory nor these words fail.
    let _ = write!(text, "{:?} {:?} {}", update.state, stated_expiry(comment), words(comment, update.at.map(day_of)));
    // FNV-1a: no secret depends on it, and it is the same in every version of ours.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The words of a comment that was written on the day `at`, in any case and spacing, without those that say this.
fn words(comment: &str, at: Option<Date>) -> String {
    let tame = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let mut text = format!(" {} ", comment.split_whitespace().map(tame).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    // Its writer's day may be the one before or after ours.
    for day in at.into_iter().flat_map(|at| [at, at.saturating_sub(1.day()), at.saturating_add(1.day())]) {
        for form in DAYS {
            let written = day.strftime(form).to_string().to_lowercase();
            text = text.replace(&format!(" {written}t"), " t").replace(&format!(" {written} "), " ");
        }
    }
    text.split_whitespace().filter(|word| !is_time(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a word is a time of day: `06:31`, `t06:31:00.123z`, `06:31:00+01:00`.
fn is_time(word: &str) -> bool {
    word.contains(':') && word.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | 't' | 'z'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::ControlState;

    fn update(state: ControlState, at: &str, by: &str, comment: &str) -> StateUpdate {
        StateUpdate { state, at: at.parse().ok(), by: Some(by.to_owned()), assigned_to: None, comment: Some(comment.to_owned()) }
    }

    fn accepted(at: &str, comment: &str) -> StateUpdate {
        update(ControlState::Accepted, at, "robot@contoso.example", comment)
    }

    fn profile(updates: Vec<StateUpdate>) -> Profile {
        Profile { updates, ..Profile::named("A") }
    }

    fn day(at: Option<Timestamp>) -> String {
        at.map_or_else(String::new, |at| day_of(at).to_string())
    }

    #[test]
    fn a_decision_that_was_written_again_is_one_of_several() {
        let profile = profile(vec![
            accepted("2026-11-01T06:00:00Z", "old scanners"),
            accepted("2026-11-02T06:00:00Z", "old scanners"),
            update(ControlState::Reviewed, "2026-11-10T06:00:00Z", "ada@contoso.example", ""),
            accepted("2026-11-21T06:00:00Z", "new scanners"),
            accepted("2026-11-25T06:00:00Z", "new scanners"),
        ]);
        let days: Vec<String> = profile.decisions_newest_first().iter().map(|update| day_of(update.at.unwrap()).to_string()).collect();
        assert_eq!(days, ["2026-11-25", "2026-11-10", "2026-11-01"]);
    }

    #[test]
    fn the_same_words_again_are_one_decision_since_their_first_day() {
        // Each pair: written on the first, written again on the second.
        for (first, second) in [
            ("Set by our baseline", "Set by our baseline"),
            ("Set by our baseline", " set  by OUR baseline. "),
            ("Set on 2026-11-01", "Set on 2026-11-02"),
            ("Run of 2026-11-01T06:00:00Z", "Run of 2026-11-02T06:00:01Z"),
            ("Set 01.11.2026 06:00", "Set 02.11.2026 06:01"),
            ("Set on 1 November 2026.", "Set on 2 November 2026."),
            ("Set on 11/1/2026", "Set on 11/2/2026"),
            ("Accepted until 2027-03-31", "accepted until 2027-03-31"),
        ] {
            let updates = vec![accepted("2026-11-02T08:00:00Z", second), accepted("2026-11-01T08:00:00Z", first)];
            let profile = profile(updates);
            let in_force = profile.in_force().unwrap();
            assert_eq!((day(in_force.since()).as_str(), in_force.renews()), ("2026-11-01", None), "{first} | {second}");
        }
    }

    #[test]
    fn other_words_another_end_or_a_state_between_are_another_decision() {
        for (first, second) in [
            ("Accepted until 2026-12-31", "Accepted until 2027-12-31"),
            ("Accepted until 2026-11-02", "Accepted until 2026-11-03"),
            ("See INC-4711", "See INC-4712"),
            ("Board decision", "Set by our baseline"),
        ] {
            let profile = profile(vec![accepted("2026-11-01T08:00:00Z", first), accepted("2026-11-02T08:00:00Z", second)]);
            let in_force = profile.in_force().unwrap();
            assert_eq!(
                (day(in_force.since()).as_str(), day(in_force.renews()).as_str()),
                ("2026-11-02", "2026-11-01"),
                "{first} | {second}"
            );
        }
        let back = update(ControlState::Default, "2026-11-02T08:00:00Z", "ada@contoso.example", "");
        let profile = profile(vec![accepted("2026-11-01T08:00:00Z", "x"), back, accepted("2026-11-03T08:00:00Z", "x")]);
        let in_force = profile.in_force().unwrap();
        assert_eq!((day(in_force.since()).as_str(), in_force.renews()), ("2026-11-03", None));
    }

    #[test]
    fn a_mark_knows_its_decision_whatever_graph_still_lists() {
        let (old, new) = (accepted("2026-11-01T08:00:00Z", "x"), accepted("2026-11-09T08:00:00Z", "x"));
        let back = update(ControlState::Default, "2026-11-05T08:00:00Z", "ada@contoso.example", "");
        let reported = profile(vec![old.clone()]).in_force().unwrap().mark();
        assert!(profile(vec![old.clone(), new.clone()]).in_force().unwrap().is(&reported));
        assert!(profile(vec![new.clone()]).in_force().unwrap().is(&reported), "only the newest is listed");
        assert!(!profile(vec![old.clone(), back.clone(), new.clone()]).in_force().unwrap().is(&reported), "it was taken back between");
        assert!(!profile(vec![old, accepted("2026-11-09T08:00:00Z", "y")]).in_force().unwrap().is(&reported));
        let undated = profile(vec![accepted("", "x")]).in_force().unwrap().mark();
        assert!(profile(vec![new.clone()]).in_force().unwrap().is(&undated));
        assert!(!profile(vec![back, new]).in_force().unwrap().is(&undated));
        assert!(!profile(vec![accepted("", "x")]).in_force().unwrap().is("2026-11-01T08:00:00Z"), "of an older version");
    }
}
