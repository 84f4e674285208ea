//! When is what a rule found told, told again, and over? A state for each subject: unknown, then waiting or told, then gone.
//!
//! Told once when it turns bad; again when it is worse by the rule's own measure, when the rule's interval has passed, and when a snooze
//! has ended that it outlasted; and once more when it is over, if it was ever told. Worse is measured from where it stood when it was told,
//! or from where it improved to since, by the same measure. Texts are never compared: only subjects, numbers, days and the times at which
//! something was told. What did not arrive was not told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Ended, Finding, Needed, Over, Rule, Verdict};
use crate::score::{POINTS_EPSILON, change::day_of};

/// How many tellings of one subject are remembered, so that a button under any of them finds it.
const TELLINGS_MAX: usize = 8;
/// How long what did not arrive waits at least before it is told anew.
pub(super) const ANEW_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What a rule found in a tenant and is not over, by subject.
pub type States = BTreeMap<String, State>;

/// What a rule remembers of a tenant as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// What the rule watches for: one that watches for something else by now begins anew.
    pub kind: String,
    /// The rule as it was, so that a new measure is looked at once: what it watches for, with its numbers.
    #[serde(default)]
    pub watch: String,
    /// Since when it watches.
    pub since: Timestamp,
    /// The newest day that it looked at; `None` while there is none.
    pub day: Option<Date>,
    /// The first of those: what happened by then is no news.
    #[serde(default)]
    pub began: Option<Date>,
    /// The version of the tenant's data that it looked at.
    pub version: i64,
    /// The day on which it looked.
    pub looked: Date,
    /// What it told to be over lately.
    #[serde(default)]
    pub ended: Vec<Ended>,
}

/// What is known of something that is bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What people call it.
    pub title: String,
    /// What it is, in a few words.
    pub news: String,
    /// Whether it was so already when the rule first saw the tenant, and is no news.
    #[serde(default)]
    pub known: bool,
    /// When it was found.
    pub since: Timestamp,
    /// The newest day then, or when it was last told to be worse.
    pub day: Option<Date>,
    /// The day with which a move began.
    pub from: Option<Date>,
    /// Where it stood before.
    pub stood: Option<f64>,
    /// Where it stands.
    pub stands: Option<f64>,
    /// How bad it was at its worst.
    #[serde(default)]
    pub worst: f64,
    /// Which event it is.
    pub mark: Option<String>,
    /// The day on which it was worse than told, and held back.
    #[serde(default)]
    pub worse: Option<Date>,
    /// Whether it was snoozed when the rule last looked.
    #[serde(default)]
    pub snoozed: bool,
    /// When it was last told by a message that never arrived; `None` where none was lost, or another one told it since.
    #[serde(default)]
    pub lost: Option<Timestamp>,
    /// The version of the tenant's data that said nothing of it when it was asked for: no other rests on the same data.
    #[serde(default)]
    pub unsaid: Option<i64>,
    /// What was told of it; `None` while it waits: snoozed, held back, or lost on the way.
    pub told: Option<Told>,
}

/// What was told of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When it was first told.
    pub first: Timestamp,
    /// When it was last told.
    pub last: Timestamp,
    /// Where it was told.
    #[serde(default)]
    pub to: String,
    /// How bad it was then, or is since it improved.
    pub badness: f64,
    /// In which parcels, the newest last.
    pub parcels: Vec<String>,
    /// Which of those told others, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub several: Vec<String>,
}

impl Rule {
    /// What it watches for and how, to tell whether that was changed.
    pub fn written(&self) -> String {
        format!("{:?}, hold {}", self.watch, self.hold)
    }
}

impl State {
    /// Whether anybody was told of it.
    pub const fn was_told(&self) -> bool {
        self.told.is_some()
    }

    /// Notes that the parcel called `id` tells it at the destination `to`, alone or among `several`.
    pub fn told_in(&mut self, id: &str, to: &str, several: bool) {
        let Some(told) = &mut self.told else { return };
        to.clone_into(&mut told.to);
        if told.parcels.len() >= TELLINGS_MAX {
            told.parcels.remove(0);
        }
        told.parcels.push(id.to_owned());
        if several {
            told.several.push(id.to_owned());
        }
        told.several.retain(|one| told.parcels.contains(one));
    }

    /// Forgets what the parcels `lost` told, which never arrived: as after a snooze, what is still bad is told anew.
    pub fn forget(&mut self, lost: &BTreeSet<String>) {
        let Some(told) = &mut self.told else { return };
        let before = told.parcels.len();
        told.parcels.retain(|parcel| !lost.contains(parcel));
        if told.parcels.len() == before {
            return;
        }
        self.lost = Some(told.last);
        self.snoozed = true;
        if told.parcels.is_empty() {
            self.told = None;
        }
    }

    /// Whether it waits to be told anew after it was lost.
    pub fn waits_anew(&self, now: Timestamp) -> bool {
        self.lost.is_some_and(|lost| !has_passed(ANEW_AFTER, lost, now))
    }

    /// Whether `rule` has to look for it although nothing moved: a snooze began or ended, an interval has passed.
    pub fn is_awaited(&self, rule: &Rule, snoozed: bool, now: Timestamp) -> bool {
        snoozed != self.snoozed || repeats(rule, self, now)
    }

    /// Where it was told; `None` where nobody was, or by a version that did not say.
    pub fn told_to(&self) -> Option<&str> {
        self.told.as_ref().map(|told| told.to.as_str()).filter(|to| !to.is_empty())
    }
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// What.
    pub finding: Finding,
    /// Why now.
    pub how: How,
    /// When it was first told; `None` when this is the first time.
    pub first: Option<Timestamp>,
}

/// Why something is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It turned bad, or happened.
    New,
    /// It is worse than told.
    Worse,
    /// It is still bad.
    Still,
    /// It was snoozed, the snooze has ended, and it is bad.
    SnoozeEnded,
}

impl How {
    /// The word for it in events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Still => "still",
            Self::SnoozeEnded => "snooze_ended",
        }
    }
}

/// What follows from a look.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// The states that changed; `None` for those that are over.
    pub states: BTreeMap<String, Option<State>>,
    /// What is told.
    pub tellings: Vec<Telling>,
    /// What is told to be over, with the parcel that last told it.
    pub over: Vec<(Over, Option<String>)>,
}

/// Whether there may be something new for `rule`: its tenant's data moved, a day began, an interval or a snooze ended. What it asks the
/// clock for cannot be told without looking; what the data said nothing of it does not say a minute later.
pub fn is_due(rule: &Rule, memory: Option<&Memory>, states: &States, version: i64, snoozed: &dyn Fn(&str) -> bool, now: Timestamp) -> bool {
    let Some(memory) = memory else { return true };
    let moved = memory.watch != rule.written() || memory.version != version || memory.looked != day_of(now);
    let by_clock = rule.needs() == Needed::Nothing;
    let due = |(subject, state): (&String, &State)| state.unsaid != Some(version) && state.is_awaited(rule, snoozed(subject), now);
    moved || by_clock || states.iter().any(due)
}

fn repeats(rule: &Rule, state: &State, now: Timestamp) -> bool {
    let last = state.told.as_ref().filter(|_| state.mark.is_none()).map(|told| told.last);
    rule.repeat.zip(last).is_some_and(|(repeat, last)| has_passed(repeat, last, now))
}

/// Whether `wait` has passed since `then`. A clock that was set back by more than that must not keep anything waiting until it caught up.
pub(super) fn has_passed(wait: SignedDuration, then: Timestamp, now: Timestamp) -> bool {
    now.duration_since(then).abs() >= wait
}

/// What follows from what `rule` found now: the states from now on, and what is told. `first` is whether it looks for the first time;
/// `newest` is the newest day.
pub fn step(
    rule: &Rule,
    states: &States,
    verdicts: Vec<Verdict>,
    first: bool,
    newest: Option<Date>,
    snoozed: &dyn Fn(&str) -> bool,
    now: Timestamp,
) -> Step {
    let mut step = Step::default();
    for verdict in verdicts {
        match verdict {
            Verdict::Over(over) => {
                let Some(state) = states.get(&over.subject) else { continue };
                step.states.insert(over.subject.clone(), None);
                if let Some(told) = state.told.as_ref().filter(|_| over.news.is_some()) {
                    step.over.push((over, told.parcels.last().cloned()));
                }
            }
            Verdict::Bad(finding) => {
                let before = states.get(&finding.subject);
                let round = Round { rule, first, newest, snoozed: snoozed(&finding.subject), now };
                let (after, how) = round.bad(before, &finding);
                let goes_on = before.filter(|before| round.goes_on(before, &finding));
                let told_first = goes_on.and_then(|state| state.told.as_ref()).map(|told| told.first);
                if before != Some(&after) {
                    step.states.insert(finding.subject.clone(), Some(after));
                }
                step.tellings.extend(how.map(|how| Telling { finding: *finding, how, first: told_first.filter(|_| how != How::New) }));
            }
        }
    }
    step
}

/// What a subject that is bad is looked at with.
struct Round<'a> {
    rule: &'a Rule,
    first: bool,
    newest: Option<Date>,
    snoozed: bool,
    now: Timestamp,
}

impl Round<'_> {
    /// The state of what `finding` says, which was `before`, and whether it is told.
    fn bad(&self, before: Option<&State>, finding: &Finding) -> (State, Option<How>) {
        // What was lost on the way waits as if it were snoozed, and is no end of a snooze.
        let was_snoozed = before.is_some_and(|before| before.snoozed && before.lost.is_none());
        let Some(before) = before.filter(|before| self.goes_on(before, finding)) else {
            let known = self.first && self.rule.watch.tells_moves();
            let state = State { known, ..self.found(finding) };
            return if known { (state, None) } else { self.tell_first(state, was_snoozed, finding) };
        };
        let state = State { snoozed: self.snoozed, unsaid: None, ..before.clone() };
        if before.known {
            return (state, None);
        }
        let worst = before.worst.max(finding.badness);
        let state = State { stands: finding.stands, worst, news: finding.news.clone(), ..state };
        match &before.told {
            None => self.tell_first(state, was_snoozed, finding),
            Some(told) => self.tell_again(state, (before.snoozed, was_snoozed), told, finding),
        }
    }

    /// Whether `finding` is what `before` says, and not another event, or a move after what was known from the beginning. Another
    /// event waits for the end of a snooze behind the one that was told.
    fn goes_on(&self, before: &State, finding: &Finding) -> bool {
        let behind = self.snoozed && before.was_told();
        if finding.event { behind || before.mark == finding.mark } else { !before.known }
    }

    fn found(&self, finding: &Finding) -> State {
        State {
            title: finding.title.clone(),
            news: finding.news.clone(),
            known: false,
            since: self.now,
            day: self.newest,
            from: finding.from,
            stood: finding.stood,
            stands: finding.stands,
            worst: finding.badness,
            mark: finding.mark.clone(),
            worse: None,
            snoozed: self.snoozed,
            lost: None,
            unsaid: None,
            told: None,
        }
    }

    /// Tells what nobody was told of, unless it is snoozed, or held back until a day after `state.day` confirms it.
    fn tell_first(&self, mut state: State, was_snoozed: bool, finding: &Finding) -> (State, Option<How>) {
        if self.snoozed || self.holds(state.day, finding) {
            return (state, None);
        }
        let to = self.rule.to.clone();
        state.told = Some(Told { first: self.now, last: self.now, to, badness: finding.badness, parcels: Vec::new(), several: Vec::new() });
        state.lost = None;
        (state, Some(if was_snoozed { How::SnoozeEnded } else { How::New }))
    }

    /// Tells anew what goes on; `waited` is whether it was silent until now, and whether that was for a snooze.
    fn tell_again(&self, mut state: State, waited: (bool, bool), told: &Told, finding: &Finding) -> (State, Option<How>) {
        let worse = finding.worse_by.is_some_and(|by| finding.badness >= told.badness + by - POINTS_EPSILON);
        state.worse = state.worse.filter(|_| worse).or(if worse { self.newest } else { None });
        // From where it improved to it may fall anew, which is news.
        let improved = finding.worse_by.is_some_and(|by| finding.badness <= told.badness - by + POINTS_EPSILON);
        if let Some(told) = state.told.as_mut().filter(|_| improved) {
            told.badness = finding.badness;
        }
        if self.snoozed || finding.event {
            return (state, None);
        }
        let is_worse = worse && !self.holds(state.worse, finding);
        let how = match waited {
            (true, true) => How::SnoozeEnded,
            _ if is_worse => How::Worse,
            (true, false) => How::Still,
            (false, _) if repeats(self.rule, &state, self.now) => How::Still,
            (false, _) => return (state, None),
        };
        if is_worse {
            state.day = self.newest;
        }
        (state.worse, state.lost) = (None, None);
        if let Some(told) = &mut state.told {
            (told.last, told.badness) = (self.now, told.badness.max(finding.badness));
        }
        (state, Some(how))
    }

    /// Whether what was found on the day `since` is held back: no later day is there yet.
    fn holds(&self, since: Option<Date>, finding: &Finding) -> bool {
        self.rule.hold && finding.may_correct && self.newest <= since
    }
}
