//! Which days are new to a rule, and what moved between two of them?
//!
//! The newest day is looked at again whenever it changes: Microsoft corrects it. Days that came in together, after an outage, are
//! looked at one by one; what they lost and have again is no news. A maximum that moved at the same percentage is neither loss nor gain.

use jiff::civil::Date;

use super::{
    finding::{ScoreCause, Verdict, silenced},
    rule_input::RuleInput,
    state::FindingState,
};
use crate::{
    card::{Cell, cell::PointsSpan},
    score::{
        Control, POINTS_EPSILON, Snapshot,
        change::{Change, Diff, DiffKind},
        same_points,
    },
    skills::wording,
};

/// After so many days a lower score is where the score or the control stands, and a new control is no longer new.
pub(super) const SETTLED_DAYS: i32 = 30;
/// How much of a title the news carries, in characters: it is read on a phone.
pub(super) const NEWS_TITLE_MAX: usize = 60;
/// How many causes of a fall are named.
pub(super) const CAUSES_MAX: usize = 10;

/// Whether a control of `change` lost points otherwise than by a maximum that moved.
pub(super) fn is_loss(change: &Change<'_>) -> bool {
    matches!(change.kind, DiffKind::Down | DiffKind::Gone) && change.points < -POINTS_EPSILON
}

pub(super) fn cause(change: &Change<'_>, input: &RuleInput<'_>) -> Option<ScoreCause> {
    let name = change.control()?.name();
    Some(ScoreCause { name: name.to_owned(), title: input.title(name), moved: moved(change), why: because(change) })
}

/// How many points `change` moved, and from where to where.
fn moved(change: &Change<'_>) -> Cell {
    let points = |control: Option<Control<'_>>| control.and_then(|control| control.score.points);
    // What is new or gone takes its maximum with it.
    let rerated = change.before.is_some() && change.after.is_some() && !same_points(change.maximum, 0.0);
    let span = PointsSpan {
        from: points(change.before),
        to: points(change.after),
        maximum: change.control().and_then(|control| control.maximum),
        maximum_moved: rerated.then_some(change.maximum),
        unsaid: change.moved().is_none(),
    };
    Cell::Move(change.moved(), Some(span))
}

pub(super) fn because(change: &Change<'_>) -> String {
    let so = match change.kind {
        DiffKind::Gone => Some("no longer scored"),
        DiffKind::New => Some("scored for the first time"),
        DiffKind::Up | DiffKind::Down | DiffKind::Maximum | DiffKind::Unsaid | DiffKind::Status => None,
    };
    wording::why(change).or_else(|| so.map(ToOwned::to_owned)).unwrap_or_default()
}

/// The points that moved with maxima, at the same percentages.
pub(super) fn rerated(diff: &Diff<'_>) -> f64 {
    diff.changes.iter().filter(|change| change.kind == DiffKind::Maximum).map(|change| change.points).sum()
}

/// The days that are new to the rule or may have changed since it looked, each with the day before it. When it looks for the first
/// time, the newest alone.
pub(super) fn pairs<'a>(input: &RuleInput<'a>) -> impl Iterator<Item = (&'a Snapshot, &'a Snapshot)> {
    let from = first_look(input);
    let pairs = input.tenant.history.days().windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
    pairs.filter(move |(_, after)| from.is_some_and(|from| after.day >= from))
}

/// The same of those days alone whose controls are known.
pub(super) fn scored_pairs<'a>(input: &RuleInput<'a>) -> impl Iterator<Item = (&'a Snapshot, &'a Snapshot)> {
    let from = first_look(input);
    let scored = || input.tenant.history.days().iter().filter(|day| day.controls_known);
    let pairs: Vec<_> = scored().zip(scored().skip(1)).collect();
    pairs.into_iter().filter(move |(_, after)| from.is_some_and(|from| after.day >= from))
}

/// The first day that is looked at.
pub(super) fn first_look(input: &RuleInput<'_>) -> Option<Date> {
    input.state.and_then(|state| state.day).or_else(|| input.newest().map(|newest| newest.day))
}

/// Where `subject` stood when the rule first saw the tenant, on that same day: what had happened by then is no news.
pub(super) fn preexisting_at(subject: &str, day: Date, input: &RuleInput<'_>) -> Option<f64> {
    let state = input.findings.get(subject).filter(|state| state.preexisting && state.day == Some(day))?;
    state.stands
}

/// What was known when the rule first saw the tenant matters on that day only.
pub(super) fn past_preexisting(subject: &str, newest: &Snapshot, input: &RuleInput<'_>) -> Option<Verdict> {
    input.findings.get(subject).filter(|state| state.day < Some(newest.day)).map(|_| silenced(subject))
}

pub(super) fn has_settled(state: &FindingState, newest: &Snapshot) -> bool {
    state.day.and_then(|day| newest.day.since(day).ok()).is_some_and(|span| span.get_days() >= SETTLED_DAYS)
}
