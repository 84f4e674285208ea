//! Which controls lost points since the rule last looked, and which are new?

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    finding::{Finding, Verdict, bad, resolved, silenced},
    flaps::may_correct,
    moves::{NEWS_TITLE_MAX, SETTLED_DAYS, because, has_settled, is_loss, past_preexisting, preexisting_at, scored_pairs},
    only::{Included, Only},
    rule_input::RuleInput,
    state::FindingState,
};
use crate::{
    card::{
        Cell, Column,
        cell::{ChangeLabel, PointsSpan},
    },
    score::{
        Control, ControlProgress, POINTS_EPSILON, Snapshot,
        change::{Change, DiffKind, diff},
        same_points,
    },
    skills::wording,
    text::{cut, in_quotes},
};

/// Controls that lost `points` at least.
pub(super) fn regresses(points: f64, only: &Only, input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(newest) = input.scored() else { return Vec::new() };
    let included = only.of(input.tenant);
    let mut verdicts = Vec::new();
    // Where each stood, and on which day.
    let mut slipped: BTreeMap<&str, (f64, Option<Date>)> = BTreeMap::new();
    for (name, state) in input.findings {
        if is_left(name, &included, newest, input) {
            verdicts.push(silenced(name));
            continue;
        }
        match (input.bad(name), state.stood) {
            (Some(state), Some(stood)) => match back(name, stood, state, newest, input) {
                Some(verdict) => verdicts.push(verdict),
                // Of a control without a score nothing can be said.
                None if newest.control(name).is_some_and(|score| score.points.is_none()) => {}
                None => _ = slipped.insert(name, (stood, state.from)),
            },
            _ => verdicts.extend(past_preexisting(name, newest, input)),
        }
    }
    for (before, after) in scored_pairs(input) {
        for change in diff(before, after, &input.tenant.catalogue).changes.iter().filter(|change| is_loss(change)) {
            let Some(control) = change.control().filter(|control| included.fits(control) && input.bad(control.name()).is_none()) else {
                continue;
            };
            let stood = preexisting_at(control.name(), after.day, input)
                .unwrap_or(change.before.and_then(|before| before.score.points).unwrap_or(0.0));
            let points_of = |day: &Snapshot| day.control(control.name()).map_or(Some(0.0), |score| score.points);
            let (Some(then), Some(now)) = (points_of(after), points_of(newest)) else { continue };
            let higher = slipped.get(control.name()).is_none_or(|(other, _)| stood > *other);
            if higher && stood - then >= points - POINTS_EPSILON && stood - now > POINTS_EPSILON {
                slipped.insert(control.name(), (stood, Some(before.day)));
            }
        }
    }
    // What was reported as back on this very day, which Microsoft corrected since.
    for (name, was) in input.state.iter().flat_map(|state| state.resolved_on(newest.day)) {
        let Some(stood) = was.stood else { continue };
        let about = newest.control(name).filter(|_| input.bad(name).is_none() && !is_left(name, &included, newest, input));
        if about.and_then(|score| score.points).is_some_and(|now| stood - now >= points - POINTS_EPSILON) {
            slipped.entry(name).or_insert((stood, was.from));
        }
    }
    verdicts.extend(slips(slipped, points, newest, input));
    verdicts
}

/// What is bad of the controls that `slipped`: where each stood, and on which day.
fn slips(slipped: BTreeMap<&str, (f64, Option<Date>)>, points: f64, newest: &Snapshot, input: &RuleInput<'_>) -> Vec<Verdict> {
    let (mut diffs, mut verdicts) = (BTreeMap::new(), Vec::with_capacity(slipped.len()));
    for (name, (stood, from)) in slipped {
        let diff = diffs.entry(from).or_insert_with(|| Some(diff(input.history().on_or_before(from?)?, newest, &input.tenant.catalogue)));
        let change =
            diff.iter().flat_map(|diff| &diff.changes).find(|change| change.control().is_some_and(|control| control.name() == name));
        verdicts.push(bad(slip(name, stood, points, change, from, newest, input)));
    }
    verdicts
}

fn slip(
    name: &str,
    stood: f64,
    points: f64,
    change: Option<&Change<'_>>,
    from: Option<Date>,
    newest: &Snapshot,
    input: &RuleInput<'_>,
) -> Finding {
    let scored = newest.control(name).map(|score| Control::join(score, &input.tenant.catalogue));
    let now = scored.and_then(|control| control.score.points);
    let maximum = scored.and_then(|control| control.maximum);
    let (title, lost) = (input.title(name), stood - now.unwrap_or(0.0));
    let to =
        now.map_or_else(|| "no longer scored".to_owned(), |now| format!("{} to {}", wording::points(stood), wording::of(now, maximum)));
    let span = PointsSpan { from: Some(stood), to: now, maximum, ..PointsSpan::default() };
    let slipped = if now.is_some() { "slipped" } else { "is no longer scored" };
    Finding {
        subject: name.to_owned(),
        news: format!("{}: {} {slipped}", wording::moved(-lost), in_quotes(&title, NEWS_TITLE_MAX)),
        detail: to,
        cells: vec![
            (Column::Change, if now.is_some() { Cell::Empty } else { Cell::Change(ChangeLabel::Gone) }),
            (Column::Move, Cell::Move(Some(-lost), Some(span))),
        ],
        title,
        control: true,
        why: change.map(because).unwrap_or_default(),
        moved: Some(-lost),
        stood: Some(stood),
        stands: now,
        badness: lost,
        worse_by: Some(points),
        may_correct: change.is_some_and(|change| may_correct(change, input.history())),
        from,
        ..Finding::default()
    }
}

/// Whether the control called `name` has its points again, all that it can give, is gone for good, or stays where it is.
fn back(name: &str, stood: f64, state: &FindingState, newest: &Snapshot, input: &RuleInput<'_>) -> Option<Verdict> {
    let title = in_quotes(&input.title(name), NEWS_TITLE_MAX);
    let Some(score) = newest.control(name) else {
        return has_settled(state, newest).then(|| resolved(name, format!("{title} has not been scored for {SETTLED_DAYS} days")));
    };
    let control = Control::join(score, &input.tenant.catalogue);
    let points = score.points?;
    let now = wording::amount(points);
    if same_points(points, stood) {
        return Some(resolved(name, format!("{title} is back at {now}")));
    }
    if points > stood || control.standing() == ControlProgress::Full {
        return Some(resolved(
            name,
            format!("{title} is at {}, {} before it fell", wording::of(points, control.maximum), wording::points(stood)),
        ));
    }
    let stays = || format!("{title} has stayed at {now} for {SETTLED_DAYS} days ({} before it fell)", wording::points(stood));
    has_settled(state, newest).then(|| resolved(name, stays()))
}

/// Controls that are scored and were not before.
pub(super) fn new_controls(only: &Only, input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(newest) = input.scored() else { return Vec::new() };
    let included = only.of(input.tenant);
    let mut verdicts = Vec::new();
    for (name, state) in input.findings {
        let (notified, scored) = (state.preexisting || state.was_notified(), newest.control(name).is_some());
        match (notified, scored && !is_left(name, &included, newest, input)) {
            (true, _) if has_settled(state, newest) => verdicts.push(silenced(name)),
            (true, _) => {}
            (false, true) => verdicts.push(bad(appeared(name, newest, input))),
            (false, false) => verdicts.push(silenced(name)),
        }
    }
    for (before, after) in scored_pairs(input) {
        let earlier = || input.history().days().iter().take_while(|day| day.day <= before.day);
        for change in diff(before, after, &input.tenant.catalogue).changes.iter().filter(|change| change.kind == DiffKind::New) {
            let Some(control) = change.control().filter(|control| included.fits(control)) else { continue };
            let name = control.name();
            // One that Graph left out for a day is not new.
            let new =
                !input.findings.contains_key(name) && newest.control(name).is_some() && earlier().all(|day| day.control(name).is_none());
            if new {
                verdicts.push(bad(appeared(name, newest, input)));
            }
        }
    }
    verdicts
}

fn appeared(name: &str, newest: &Snapshot, input: &RuleInput<'_>) -> Finding {
    let title = input.title(name);
    let control = newest.control(name).map(|score| Control::join(score, &input.tenant.catalogue));
    let left = control.and_then(|control| control.points_left());
    let has = control.and_then(|control| Some(format!("has {}", wording::of(control.score.points?, control.maximum))));
    Finding {
        subject: name.to_owned(),
        news: format!("a new control: {}", cut(&title, NEWS_TITLE_MAX)),
        detail: has.unwrap_or_else(|| "points not known".to_owned()),
        cells: vec![(Column::Standing, control.map_or(Cell::NotScored, |control| Cell::Of(control.score.points, control.maximum)))],
        title,
        control: true,
        badness: left.unwrap_or(0.0),
        event: true,
        mark: Some("new".to_owned()),
        ..Finding::default()
    }
}

/// Whether the control called `name` is none that the rule is about any more: its measure was changed.
fn is_left(name: &str, included: &Included<'_>, newest: &Snapshot, input: &RuleInput<'_>) -> bool {
    newest.control(name).is_some_and(|score| !included.fits(&Control::join(score, &input.tenant.catalogue)))
}
