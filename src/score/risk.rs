//! Who accepted which risk, until when, and what does it cost? Also what was accepted and no longer is.

use jiff::{Timestamp, civil::Date};

use super::{
    Annotation, Annotations, Catalogue, Control, ControlState, Profile, Snapshot, StateUpdate,
    change::day_of,
    stated_expiry::{StatedExpiry, stated_expiry},
};

/// A control whose state somebody set.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// What Microsoft says about the control.
    pub profile: &'a Profile,
    /// Its score on the newest day; `None` when it was not scored.
    pub control: Option<Control<'a>>,
    /// The decisions asked for, newest first, each once however often it was written; the first one is in force.
    pub updates: Vec<&'a StateUpdate>,
    /// What our own people added to the control.
    pub annotation: Option<&'a Annotation>,
    /// Until when it holds: as our own people say, else as the words of the update in force do (`until 2026-03-31`).
    pub until: Option<Date>,
    /// Words of that update that look like an end and that nobody can be sure of (`01/02/2027`), where our own people say none.
    pub unclear: Option<String>,
    /// Whether that day lies before today.
    pub expired: bool,
    /// Whether this was accepted within the updates asked for, or was taken back since the day asked for, and no longer is.
    pub withdrawn: bool,
}

impl<'a> Decision<'a> {
    /// The state in force.
    pub fn state(&self) -> &'a ControlState {
        self.profile.state()
    }

    /// The updates that decided it: the one in force, and the acceptance that this one took back.
    pub fn decided(&self) -> impl Iterator<Item = &'a StateUpdate> {
        let taken_back = self.updates.iter().filter(|update| self.withdrawn && update.state == ControlState::Accepted).take(1);
        self.profile.in_force().map(|decided| decided.first).into_iter().chain(taken_back.copied())
    }

    /// When the one in force was made, however often it was written again since; `None` when nothing tells.
    pub fn decided_at(&self) -> Option<Timestamp> {
        self.profile.in_force()?.since()
    }

    /// Points that the decision leaves on the table; `None` when not known.
    pub fn points_given_up(&self) -> Option<f64> {
        self.control.and_then(|control| control.points_left())
    }
}

/// How decisions are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionQuery {
    /// The day (UTC) by which it is judged whether a decision has ended: not that of the score, which may be old.
    pub today: Date,
    /// So many of the newest decisions about each control; 1 at least.
    pub history: usize,
    /// Also acceptances that were taken back on this day or later.
    pub since: Option<Date>,
}

impl DecisionQuery {
    /// On `today`, at what is in force alone.
    pub const fn on(today: Date) -> Self {
        Self { today, history: 1, since: None }
    }
}

/// All decisions of a tenant, with what our own people added, seen from `snapshot`: the expired ones first (the longest expired first),
/// then those that end next, those without an end, and withdrawn ones last; of equals the costliest.
pub fn decisions<'a>(
    snapshot: &'a Snapshot,
    catalogue: &'a Catalogue,
    annotations: &'a Annotations,
    look: DecisionQuery,
) -> Vec<Decision<'a>> {
    let one = |profile| decision(profile, snapshot, catalogue, annotations, look);
    let mut decisions: Vec<_> = catalogue.profiles().iter().filter_map(one).collect();
    decisions.sort_by(|a, b| {
        let cost = |decision: &Decision<'_>| decision.points_given_up().unwrap_or(0.0);
        a.withdrawn
            .cmp(&b.withdrawn)
            .then_with(|| b.expired.cmp(&a.expired))
            .then_with(|| a.until.is_none().cmp(&b.until.is_none()))
            .then_with(|| a.until.cmp(&b.until))
            .then_with(|| cost(b).total_cmp(&cost(a)))
            .then_with(|| a.profile.name.cmp(&b.profile.name))
    });
    decisions
}

/// Until when the decision in force about the control of `profile` holds: as our own people say in `annotation`, else as its words do.
pub fn decision_end(profile: &Profile, annotation: Option<&Annotation>) -> Option<StatedExpiry> {
    let stated = || stated_expiry(profile.in_force()?.update.comment.as_deref()?);
    annotation.and_then(|annotation| annotation.until).map(StatedExpiry::Day).or_else(stated)
}

/// Whether the risk of the control of `profile` is accepted and the last day of that lies before `today`.
pub fn has_expired(profile: &Profile, annotation: Option<&Annotation>, today: Date) -> bool {
    let end = || decision_end(profile, annotation);
    *profile.state() == ControlState::Accepted && matches!(end(), Some(StatedExpiry::Day(until)) if until < today)
}

fn decision<'a>(
    profile: &'a Profile,
    snapshot: &'a Snapshot,
    catalogue: &'a Catalogue,
    annotations: &'a Annotations,
    look: DecisionQuery,
) -> Option<Decision<'a>> {
    let mut updates = profile.decisions_newest_first();
    updates.truncate(look.history.max(taken_back(profile, &updates, look.since)).max(1));
    let in_force = *updates.first()?;
    let scored = snapshot.control(&profile.name);
    if profile.gone_since.is_some() && scored.is_none() && snapshot.controls_known {
        // A control that Microsoft dropped is nobody's risk any more. One that it only describes no longer still is.
        return None;
    }
    let withdrawn = in_force.state != ControlState::Accepted && updates.iter().skip(1).any(|update| update.state == ControlState::Accepted);
    if in_force.state == ControlState::Default && !withdrawn {
        return None;
    }
    let annotation = annotations.get(&profile.name);
    let (until, unclear) = match decision_end(profile, annotation) {
        Some(StatedExpiry::Day(until)) => (Some(until), None),
        Some(StatedExpiry::Unclear(words)) => (None, Some(words)),
        None => (None, None),
    };
    let control = scored.map(|score| Control::join(score, catalogue));
    let expired = has_expired(profile, annotation, look.today);
    Some(Decision { profile, control, updates, annotation, until, unclear, expired, withdrawn })
}

/// How many of the `decisions`, newest first, reach back to an acceptance that was taken back on the day `since` or later; 0 where there is none.
fn taken_back(profile: &Profile, decisions: &[&StateUpdate], since: Option<Date>) -> usize {
    let decided_at = |at: usize| if at == 0 { profile.in_force().and_then(|decided| decided.since()) } else { decisions[at].at };
    let in_window = |at: usize| since.zip(decided_at(at)).is_some_and(|(since, decided_at)| day_of(decided_at) >= since);
    let mut pairs = decisions.windows(2).enumerate();
    pairs
        .find(|(at, pair)| pair[0].state != ControlState::Accepted && pair[1].state == ControlState::Accepted && in_window(*at))
        .map_or(0, |(at, _)| at + 2)
}

/// The day until which a comment limits a decision, where its words say one for sure.
pub fn until(comment: &str) -> Option<Date> {
    match stated_expiry(comment)? {
        StatedExpiry::Day(day) => Some(day),
        StatedExpiry::Unclear(_) => None,
    }
}
