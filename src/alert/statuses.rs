//! Whose status changed, whoever set it? What was decided in Microsoft's portal, and what our own people noted.
//!
//! A status is what people say of a control, not how many points it has: those are `control_regresses`' matter. A rule remembers what it saw of each
//! control that has another one than the first, and holds the next look against it. So a state that is written again is no news, nor one that was
//! set and taken back between two looks, nor what was so when the rule first looked. Of a control whose profile is not there nothing can be said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    finding::{Finding, NewStatus, Verdict, bad, silenced},
    moves::{NEWS_TITLE_MAX, has_settled},
    only::Only,
    rule_input::RuleInput,
};
use crate::{
    card::{Cell, Column, cell::DecisionEnd},
    score::{
        Annotation, Control, ControlProgress, ControlState, InForce, Profile, Status, change::day_of, risk::decision_end,
        stated_expiry::StatedExpiry, status::SaidStatus,
    },
    skills::{TenantFacts, wording},
    text::{cut, in_quotes, one_line, person},
};

/// The longest name of a person, in characters.
const WHO_MAX: usize = 80;
/// How much room a title and the statuses have in the news together, and a title at least, in characters.
const NEWS_MAX: usize = 98;
const TITLE_MIN: usize = 24;

/// The portal's word for a control that has all its points.
const COMPLETED: &str = "completed";

/// The statuses that people gave to controls, by name; none of those that nobody said anything of.
pub type AssignedStatuses = BTreeMap<String, AssignedStatus>;

/// The status that people gave to a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedStatus {
    /// What is set in Microsoft's portal.
    state: ControlState,
    /// What our own people noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ours: Option<Status>,
    /// The last day of an acceptance, by whoever said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
}

/// From which status to which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StatusMove {
    was: AssignedStatus,
    now: AssignedStatus,
}

impl Default for AssignedStatus {
    fn default() -> Self {
        Self { state: ControlState::Default, ours: None, until: None }
    }
}

impl AssignedStatus {
    /// That of the control called `name`. Without its profile it is what it was `known` as.
    fn of(name: &str, known: Option<&Self>, tenant: &TenantFacts) -> Self {
        let (profile, annotation) = (tenant.catalogue.get(name), tenant.annotations.get(name));
        let said = SaidStatus::of(profile, annotation, None);
        let known = known.filter(|_| profile.is_none());
        let state = known.map_or(said.state, |known| &known.state).clone();
        let end = match profile {
            Some(profile) => decision_end(profile, annotation),
            None => annotation.and_then(|ours| ours.until).or_else(|| known?.until).map(StatedExpiry::Day),
        };
        let until = match end {
            Some(StatedExpiry::Day(until)) if state == ControlState::Accepted => Some(until),
            Some(StatedExpiry::Day(_) | StatedExpiry::Unclear(_)) | None => None,
        };
        Self { state, ours: said.ours, until }
    }

    /// In the words of the portal and of notes: `risk accepted until 2027-03-31`, `third party, in progress`.
    fn words(&self) -> String {
        let until = self.until.map_or_else(String::new, |until| format!(" until {until}"));
        let theirs = format!("{}{until}", self.state.words());
        match (&self.state, self.ours.map(Status::words)) {
            (_, None) => theirs,
            (ControlState::Default, Some(ours)) => ours.to_owned(),
            (_, Some(ours)) => format!("{theirs}, {ours}"),
        }
    }

    /// Whether the risk is accepted.
    fn is_accepted(&self) -> bool {
        self.state == ControlState::Accepted
    }
}

impl StatusMove {
    /// What distinguishes it from the next one about the same control, and tells it once more where that is due.
    fn mark(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn from_mark(mark: &str) -> Option<Self> {
        serde_json::from_str(mark).ok()
    }
}

/// The statuses in `tenant`, of which a rule has `known` these; `None` while no profile was ever read.
pub(super) fn statuses(known: Option<&AssignedStatuses>, tenant: &TenantFacts) -> Option<AssignedStatuses> {
    let profiles = tenant.catalogue.profiles();
    if profiles.is_empty() {
        return known.cloned();
    }
    let names = profiles.iter().map(|profile| &*profile.name).chain(tenant.annotations.0.keys().map(String::as_str));
    let names: BTreeSet<&str> = names.chain(known.into_iter().flatten().map(|(name, _)| name.as_str())).collect();
    let of = |name: &str| AssignedStatus::of(name, known.and_then(|known| known.get(name)), tenant);
    Some(names.into_iter().map(|name| (name.to_owned(), of(name))).filter(|(_, status)| *status != AssignedStatus::default()).collect())
}

/// Controls whose status is another than when the rule last looked.
pub(super) fn changed_statuses(only: &Only, input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(known) = input.state.and_then(|state| state.statuses.as_ref()) else { return Vec::new() };
    let Some(now) = statuses(Some(known), input.tenant).filter(|_| !input.tenant.catalogue.profiles().is_empty()) else {
        return Vec::new();
    };
    let (none, included) = (AssignedStatus::default(), only.of(input.tenant));
    let names: BTreeSet<&String> = known.keys().chain(now.keys()).chain(input.findings.keys()).collect();
    let one = |name: &String| {
        let (state, is) = (input.findings.get(name), now.get(name).unwrap_or(&none));
        if !included.fits_named(name) {
            return state.map(|_| silenced(name));
        }
        let (told, reported) = (
            state.is_some_and(|state| state.preexisting || state.was_notified()),
            state.and_then(|state| state.mark.as_deref()).and_then(StatusMove::from_mark),
        );
        // What nobody was notified of yet is held against what it was before, whatever was seen meanwhile.
        let was = reported.map_or_else(|| known.get(name).unwrap_or(&none).clone(), |moved| if told { moved.now } else { moved.was });
        if was == *is {
            let state = state?;
            let settled = input.scored().is_some_and(|newest| has_settled(state, newest));
            return (!told || settled).then(|| silenced(name));
        }
        let moved = StatusMove { was, now: is.clone() };
        let news = state.is_some() || is_news(name, &moved, input);
        news.then(|| bad(changed(name, &moved, input)))
    };
    names.into_iter().filter_map(one).collect()
}

/// Whether a change that shows only now was made while the rule watched: a decision of before that comes to light is no news.
fn is_news(name: &str, moved: &StatusMove, input: &RuleInput<'_>) -> bool {
    let decided = input.tenant.catalogue.get(name).and_then(Profile::in_force).filter(|_| moved.was.state != moved.now.state);
    let set = decided.and_then(|decided| decided.set.at).zip(input.state);
    moved.was.ours != moved.now.ours || set.is_none_or(|(at, state)| day_of(at) >= day_of(state.since))
}

/// Who brought about a change, when, and in which words.
#[derive(Default)]
struct Author {
    who: Option<String>,
    on: Option<Date>,
    words: Option<String>,
}

impl Author {
    fn of(moved: &StatusMove, decided: Option<InForce<'_>>, ours: Option<&Annotation>) -> Self {
        let portal = moved.was.state != moved.now.state;
        // An end that changed was changed by a note, where there is one.
        let renewed = moved.was.ours == moved.now.ours && ours.is_none_or(|ours| ours.until.is_none());
        match (decided, ours) {
            (Some(decided), _) if portal || renewed => {
                let since = if portal { decided.set } else { decided.first };
                Self { who: since.by.clone(), on: since.at.map(day_of), words: decided.update.comment.clone() }
            }
            (_, Some(ours)) if !portal => Self { who: Some(person(&ours.by)), on: Some(day_of(ours.at)), words: ours.note.clone() },
            _ => Self::default(),
        }
    }
}

fn changed(name: &str, moved: &StatusMove, input: &RuleInput<'_>) -> Finding {
    let (title, ours) = (input.title(name), input.tenant.annotations.get(name));
    let decided = input.tenant.catalogue.get(name).and_then(Profile::in_force);
    let Author { who, on, words } = Author::of(moved, decided, ours);
    let score = input.scored().and_then(|scored| scored.control(name)).map(|score| Control::join(score, &input.tenant.catalogue));
    let completed = score.is_some_and(|score| score.standing() == ControlProgress::Full);
    // Of what has all its points nothing is to address, though nobody says anything of it any more.
    let is = if moved.now == AssignedStatus::default() && completed { COMPLETED.to_owned() } else { moved.now.words() };
    let (was, accepted) = (moved.was.words(), moved.now.is_accepted());
    let so = format!("{is} (was {was})");
    let left = score.and_then(|score| score.points_left()).filter(|_| accepted);
    let since = on.map_or_else(String::new, |on| format!(" since {on}"));
    let forgone = left.map_or_else(String::new, |left| format!(", {} forgone", wording::amount(left)));
    let room = NEWS_MAX.saturating_sub(so.chars().count()).clamp(TITLE_MIN, NEWS_TITLE_MAX);
    let named = |who: String| cut(&one_line(&who), WHO_MAX);
    Finding {
        subject: name.to_owned(),
        news: format!("{} is now {so}", in_quotes(&title, room)),
        detail: format!("{so}{since}{forgone}"),
        cells: vec![
            (Column::State, Cell::text(&so)),
            (Column::Decided, Cell::Day(on)),
            (Column::Until, moved.now.until.map_or(Cell::Empty, |until| Cell::End(DecisionEnd::Day(until, until < day_of(input.now))))),
            (Column::Forgone, if accepted { Cell::Points(left) } else { Cell::Empty }),
        ],
        title,
        control: true,
        why: words.as_deref().map(wording::quoted).unwrap_or_default(),
        who: who.map(named),
        owner: ours.and_then(|ours| ours.owner.clone()).map(named),
        forgone: left,
        badness: left.unwrap_or(0.0),
        event: true,
        mark: moved.mark(),
        status: Some(NewStatus { now: is, before: was, accepted }),
        ..Finding::default()
    }
}
