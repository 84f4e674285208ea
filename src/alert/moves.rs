//! What fell, slipped or appeared since the rule last looked? Day by day, each day against the one before it.
//!
//! The newest day is looked at again whenever it changes: Microsoft corrects it. Days that came in together, after an outage, are
//! looked at one by one; what they lost and have again is no news. A maximum that moved at the same percentage is neither loss nor gain.
//! A score that slides from day to day is held against the highest of the week before, as far back as the rule has watched.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    Fall, Only, Seen, State, Verdict,
    find::{Cause, Finding, SCORE, bad, over, quietly},
    flaps::may_correct,
    level::Drift,
};
use crate::{
    score::{
        Control, POINTS_EPSILON, Snapshot, Standing,
        change::{Change, Diff, Kind, diff},
        same_points,
    },
    skills::tell,
    text::{count, cut, in_quotes},
};

/// After so many days a lower score is where the score or the control stands, and a new control is no longer new.
const SETTLED_DAYS: i32 = 30;
/// How far back a score that slides is held against.
const SLIDE_DAYS: i32 = 7;
/// How much of a title the news carries, in characters: it is read on a phone.
const NEWS_TITLE_MAX: usize = 60;
/// How many causes of a fall are told.
pub(super) const CAUSES_MAX: usize = 10;

impl Fall {
    /// The points that make a fall from `stood`.
    fn points(self, stood: f64) -> f64 {
        match self {
            Self::Points(points) => points,
            Self::Percent(percent) => stood * percent / 100.0,
        }
    }
}

/// Whether half of what was `lost` is back.
fn half_is_back(missing: f64, lost: f64) -> bool {
    missing <= lost / 2.0 + POINTS_EPSILON
}

/// Whether a fall is resolved: half of what it lost at its worst is back. Where what is still missing would make a fall itself, a later day must say
/// so (a day that Microsoft corrects fell less far, that is all), and of what nobody was told it is no end.
fn is_regained(missing: f64, state: &State, threshold: f64, newest: &Snapshot) -> bool {
    let small = missing < threshold - POINTS_EPSILON;
    half_is_back(missing, state.worst) && (small || (state.was_told() && state.day < Some(newest.day)))
}

/// That the score has enough of its points again; `again` is only what it had before.
fn regained(missing: f64, stood: f64, lost: f64, now: &str) -> String {
    let back = lost - missing;
    if same_points(missing, 0.0) {
        format!("the score is back at {now}")
    } else if missing < 0.0 {
        format!("the score is at {now}, {} before it fell", tell::points(stood))
    } else {
        let are = if tell::amount(back).ends_with("point") { "is" } else { "are" };
        format!("{} of the {} lost {are} back: the score is at {now}", tell::points(back), tell::amount(lost))
    }
}

/// Whether the score fell.
pub(super) fn falls(fall: Fall, seen: &Seen<'_>) -> Vec<Verdict> {
    let Some(newest) = seen.newest() else { return Vec::new() };
    if let Some((state, stood)) = seen.bad(SCORE).and_then(|state| Some((state, state.stood?))) {
        let threshold = fall.points(stood);
        let (now, missing) = (tell::amount(newest.points), stood - newest.points);
        if is_regained(missing, state, threshold, newest) {
            return vec![over(SCORE, regained(missing, stood, state.worst, &now))];
        }
        if has_settled(state, newest) {
            return vec![over(SCORE, format!("the score has stayed at {now} for {SETTLED_DAYS} days ({} before)", tell::points(stood)))];
        }
        return vec![bad(fallen(stood, state.from, threshold, newest, seen))];
    }
    let drops = pairs(seen).filter_map(|(before, after)| {
        let stood =
            known_at(SCORE, after.day, seen).unwrap_or_else(|| before.points + rerated(&diff(before, after, &seen.tenant.catalogue)));
        let threshold = fall.points(stood);
        let lost = stood - after.points;
        let missing = lost >= threshold - POINTS_EPSILON && !half_is_back(stood - newest.points, lost);
        missing.then_some((stood, before.day, threshold))
    });
    let worst = drops.max_by(|a, b| a.0.total_cmp(&b.0)).or_else(|| slid(fall, newest, seen));
    match worst.map(|(stood, from, threshold)| (stood, Some(from), threshold)).or_else(|| fell_again(fall, newest, seen)) {
        Some((stood, from, threshold)) => vec![bad(fallen(stood, from, threshold, newest, seen))],
        None => past_known(SCORE, newest, seen).into_iter().collect(),
    }
}

/// Whether the score slid down within a week, from where, since which day, and what makes that a fall.
fn slid(fall: Fall, newest: &Snapshot, seen: &Seen<'_>) -> Option<(f64, Date, f64)> {
    let memory = seen.memory?;
    // A fall that was told to be resolved is behind it: the score slides from where it stood then.
    let began = memory.began?.max(memory.last_over(SCORE).unwrap_or(Date::MIN));
    let far = |day: Date| newest.day.since(day).map_or(i32::MAX, |span| span.get_days()) > SLIDE_DAYS;
    let (mut highest, mut moved) = (None::<(f64, Date)>, 0.0);
    for pair in seen.history().days().windows(2).rev() {
        let [before, after] = pair else { continue };
        if before.day < began || far(before.day) {
            break;
        }
        moved += rerated(&diff(before, after, &seen.tenant.catalogue));
        let stood = before.points + moved;
        if highest.is_none_or(|(other, _)| stood > other + POINTS_EPSILON) {
            highest = Some((stood, before.day));
        }
    }
    let (stood, day) = highest?;
    let threshold = fall.points(stood);
    (stood - newest.points >= threshold - POINTS_EPSILON).then_some((stood, day, threshold))
}

/// Whether the score fell after all: it was told to be back, and Microsoft corrected that very day.
fn fell_again(fall: Fall, newest: &Snapshot, seen: &Seen<'_>) -> Option<(f64, Option<Date>, f64)> {
    let (_, was) = seen.memory?.over_on(newest.day).find(|(subject, _)| *subject == SCORE)?;
    let stood = was.stood?;
    let (threshold, missing) = (fall.points(stood), stood - newest.points);
    (missing >= threshold - POINTS_EPSILON && !half_is_back(missing, was.worst)).then_some((stood, was.from, threshold))
}

fn fallen(stood: f64, from: Option<Date>, threshold: f64, newest: &Snapshot, seen: &Seen<'_>) -> Finding {
    let missing = stood - newest.points;
    let before = from.and_then(|from| seen.history().on_or_before(from));
    let drift = before.and_then(|before| Drift::between(before, newest)).filter(Drift::moves_the_maximum);
    let diff = before.map(|before| diff(before, newest, &seen.tenant.catalogue));
    let lost: Vec<&Change<'_>> = diff.iter().flat_map(|diff| &diff.changes).filter(|change| is_loss(change)).collect();
    let solid: f64 = lost.iter().filter(|change| !may_correct(change, seen.history())).map(|change| -change.points).sum();
    let causes: Vec<_> = lost.iter().take(CAUSES_MAX).filter_map(|change| cause(change, seen)).collect();
    let by = match causes.as_slice() {
        [] if diff.as_ref().is_some_and(|diff| !diff.unknown.is_empty()) => "its controls are not known".to_owned(),
        [] => "no control explains it".to_owned(),
        [Cause { title, .. }] if lost.len() == 1 => format!("{} slipped", in_quotes(title, NEWS_TITLE_MAX)),
        _ => format!("{} slipped", count(lost.len(), "control")),
    };
    let yesterday = seen.history().before(newest.day).map(|before| before.day);
    let since = from.filter(|from| yesterday.is_some_and(|day| *from < day)).map_or_else(String::new, |from| format!(" since {from}"));
    Finding {
        subject: SCORE.to_owned(),
        title: "Score".to_owned(),
        news: format!("{}{since}: {by}", tell::moved(-missing)),
        cell: format!("{} to {}", tell::points(stood), tell::of(newest.points, newest.maximum)),
        why: drift.map(|drift| drift.said()).unwrap_or_default(),
        causes,
        moved: Some(-missing),
        stood: Some(stood),
        stands: Some(newest.points),
        badness: missing,
        worse_by: Some(threshold),
        // Without what may come back by itself it would be no fall.
        may_correct: !lost.is_empty() && solid < threshold - POINTS_EPSILON,
        from,
        ..Finding::default()
    }
}

/// Whether a control of `change` lost points otherwise than by a maximum that moved.
fn is_loss(change: &Change<'_>) -> bool {
    matches!(change.kind, Kind::Down | Kind::Gone) && change.points < -POINTS_EPSILON
}

pub(super) fn cause(change: &Change<'_>, seen: &Seen<'_>) -> Option<Cause> {
    let name = change.control()?.name();
    let Change { points: moved, maximum, .. } = *change;
    Some(Cause { name: name.to_owned(), title: seen.title(name), moved, maximum, why: because(change) })
}

fn because(change: &Change<'_>) -> String {
    let so = match change.kind {
        Kind::Gone => Some("no longer scored"),
        Kind::New => Some("scored for the first time"),
        Kind::Up | Kind::Down | Kind::Maximum | Kind::Unsaid => None,
    };
    tell::why(change).or_else(|| so.map(ToOwned::to_owned)).unwrap_or_default()
}

/// The points that moved with maxima, at the same percentages.
fn rerated(diff: &Diff<'_>) -> f64 {
    diff.changes.iter().filter(|change| change.kind == Kind::Maximum).map(|change| change.points).sum()
}

/// Controls that lost `points` at least.
pub(super) fn regresses(points: f64, only: &Only, seen: &Seen<'_>) -> Vec<Verdict> {
    let Some(newest) = seen.scored() else { return Vec::new() };
    let mut verdicts = Vec::new();
    // Where each stood, and on which day.
    let mut slipped: BTreeMap<&str, (f64, Option<Date>)> = BTreeMap::new();
    for (name, state) in seen.states {
        if is_left(name, only, newest, seen) {
            verdicts.push(quietly(name));
            continue;
        }
        match (seen.bad(name), state.stood) {
            (Some(state), Some(stood)) => match back(name, stood, state, newest, seen) {
                Some(verdict) => verdicts.push(verdict),
                // Of a control without a score nothing can be said.
                None if newest.control(name).is_some_and(|score| score.points.is_none()) => {}
                None => _ = slipped.insert(name, (stood, state.from)),
            },
            _ => verdicts.extend(past_known(name, newest, seen)),
        }
    }
    for (before, after) in scored_pairs(seen) {
        for change in diff(before, after, &seen.tenant.catalogue).changes.iter().filter(|change| is_loss(change)) {
            let Some(control) = change.control().filter(|control| only.fits(control) && seen.bad(control.name()).is_none()) else {
                continue;
            };
            let stood =
                known_at(control.name(), after.day, seen).unwrap_or(change.before.and_then(|before| before.score.points).unwrap_or(0.0));
            let points_of = |day: &Snapshot| day.control(control.name()).map_or(Some(0.0), |score| score.points);
            let (Some(then), Some(now)) = (points_of(after), points_of(newest)) else { continue };
            let higher = slipped.get(control.name()).is_none_or(|(other, _)| stood > *other);
            if higher && stood - then >= points - POINTS_EPSILON && stood - now > POINTS_EPSILON {
                slipped.insert(control.name(), (stood, Some(before.day)));
            }
        }
    }
    // What was told to be back on this very day, which Microsoft corrected since.
    for (name, was) in seen.memory.iter().flat_map(|memory| memory.over_on(newest.day)) {
        let Some(stood) = was.stood else { continue };
        let about = newest.control(name).filter(|_| seen.bad(name).is_none() && !is_left(name, only, newest, seen));
        if about.and_then(|score| score.points).is_some_and(|now| stood - now >= points - POINTS_EPSILON) {
            slipped.entry(name).or_insert((stood, was.from));
        }
    }
    verdicts.extend(slips(slipped, points, newest, seen));
    verdicts
}

/// What is bad of the controls that `slipped`: where each stood, and on which day.
fn slips(slipped: BTreeMap<&str, (f64, Option<Date>)>, points: f64, newest: &Snapshot, seen: &Seen<'_>) -> Vec<Verdict> {
    let (mut diffs, mut verdicts) = (BTreeMap::new(), Vec::with_capacity(slipped.len()));
    for (name, (stood, from)) in slipped {
        let diff = diffs.entry(from).or_insert_with(|| Some(diff(seen.history().on_or_before(from?)?, newest, &seen.tenant.catalogue)));
        let change =
            diff.iter().flat_map(|diff| &diff.changes).find(|change| change.control().is_some_and(|control| control.name() == name));
        verdicts.push(bad(slip(name, stood, points, change, from, newest, seen)));
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
    seen: &Seen<'_>,
) -> Finding {
    let scored = newest.control(name).map(|score| Control::join(score, &seen.tenant.catalogue));
    let now = scored.and_then(|control| control.score.points);
    let maximum = scored.and_then(|control| control.maximum);
    let (title, lost) = (seen.title(name), stood - now.unwrap_or(0.0));
    let to = now.map_or_else(|| "no longer scored".to_owned(), |now| format!("{} to {}", tell::points(stood), tell::of(now, maximum)));
    let slipped = if now.is_some() { "slipped" } else { "is no longer scored" };
    Finding {
        subject: name.to_owned(),
        news: format!("{}: {} {slipped}", tell::moved(-lost), in_quotes(&title, NEWS_TITLE_MAX)),
        cell: to,
        title,
        control: true,
        why: change.map(because).unwrap_or_default(),
        moved: Some(-lost),
        stood: Some(stood),
        stands: now,
        badness: lost,
        worse_by: Some(points),
        may_correct: change.is_some_and(|change| may_correct(change, seen.history())),
        from,
        ..Finding::default()
    }
}

/// Whether the control called `name` has its points again, all that it can give, is gone for good, or stays where it is.
fn back(name: &str, stood: f64, state: &State, newest: &Snapshot, seen: &Seen<'_>) -> Option<Verdict> {
    let title = in_quotes(&seen.title(name), NEWS_TITLE_MAX);
    let Some(score) = newest.control(name) else {
        return has_settled(state, newest).then(|| over(name, format!("{title} has not been scored for {SETTLED_DAYS} days")));
    };
    let control = Control::join(score, &seen.tenant.catalogue);
    let points = score.points?;
    let now = tell::amount(points);
    if same_points(points, stood) {
        return Some(over(name, format!("{title} is back at {now}")));
    }
    if points > stood || control.standing() == Standing::Full {
        return Some(over(name, format!("{title} is at {}, {} before", tell::of(points, control.maximum), tell::points(stood))));
    }
    let stays = || format!("{title} has stayed at {now} for {SETTLED_DAYS} days ({} before)", tell::points(stood));
    has_settled(state, newest).then(|| over(name, stays()))
}

/// Controls that are scored and were not before.
pub(super) fn new_controls(only: &Only, seen: &Seen<'_>) -> Vec<Verdict> {
    let Some(newest) = seen.scored() else { return Vec::new() };
    let mut verdicts = Vec::new();
    for (name, state) in seen.states {
        let (told, scored) = (state.known || state.was_told(), newest.control(name).is_some());
        match (told, scored && !is_left(name, only, newest, seen)) {
            (true, _) if has_settled(state, newest) => verdicts.push(quietly(name)),
            (true, _) => {}
            (false, true) => verdicts.push(bad(appeared(name, newest, seen))),
            (false, false) => verdicts.push(quietly(name)),
        }
    }
    for (before, after) in scored_pairs(seen) {
        let earlier = || seen.history().days().iter().take_while(|day| day.day <= before.day);
        for change in diff(before, after, &seen.tenant.catalogue).changes.iter().filter(|change| change.kind == Kind::New) {
            let Some(control) = change.control().filter(|control| only.fits(control)) else { continue };
            let name = control.name();
            // One that Graph left out for a day is not new.
            let new = !seen.states.contains_key(name) && newest.control(name).is_some() && earlier().all(|day| day.control(name).is_none());
            if new {
                verdicts.push(bad(appeared(name, newest, seen)));
            }
        }
    }
    verdicts
}

fn appeared(name: &str, newest: &Snapshot, seen: &Seen<'_>) -> Finding {
    let title = seen.title(name);
    let control = newest.control(name).map(|score| Control::join(score, &seen.tenant.catalogue));
    let left = control.and_then(|control| control.points_left());
    let has = control.and_then(|control| Some(format!("has {}", tell::of(control.score.points?, control.maximum))));
    Finding {
        subject: name.to_owned(),
        news: format!("a new control: {}", cut(&title, NEWS_TITLE_MAX)),
        cell: has.unwrap_or_else(|| "points not known".to_owned()),
        title,
        control: true,
        badness: left.unwrap_or(0.0),
        event: true,
        mark: Some("new".to_owned()),
        ..Finding::default()
    }
}

/// The days that are new to the rule or may have changed since it looked, each with the day before it. When it looks for the first
/// time, the newest alone.
fn pairs<'a>(seen: &Seen<'a>) -> impl Iterator<Item = (&'a Snapshot, &'a Snapshot)> {
    let from = first_look(seen);
    let pairs = seen.tenant.history.days().windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
    pairs.filter(move |(_, after)| from.is_some_and(|from| after.day >= from))
}

/// The same of those days alone whose controls are known.
fn scored_pairs<'a>(seen: &Seen<'a>) -> impl Iterator<Item = (&'a Snapshot, &'a Snapshot)> {
    let from = first_look(seen);
    let scored = || seen.tenant.history.days().iter().filter(|day| day.controls_known);
    let pairs: Vec<_> = scored().zip(scored().skip(1)).collect();
    pairs.into_iter().filter(move |(_, after)| from.is_some_and(|from| after.day >= from))
}

/// The first day that is looked at.
fn first_look(seen: &Seen<'_>) -> Option<Date> {
    seen.memory.and_then(|memory| memory.day).or_else(|| seen.newest().map(|newest| newest.day))
}

/// Where `subject` stood when the rule first saw the tenant, on that same day: what had happened by then is no news.
fn known_at(subject: &str, day: Date, seen: &Seen<'_>) -> Option<f64> {
    let state = seen.states.get(subject).filter(|state| state.known && state.day == Some(day))?;
    state.stands
}

/// What was known when the rule first saw the tenant matters on that day only.
fn past_known(subject: &str, newest: &Snapshot, seen: &Seen<'_>) -> Option<Verdict> {
    seen.states.get(subject).filter(|state| state.day < Some(newest.day)).map(|_| quietly(subject))
}

/// Whether the control called `name` is none that the rule is about any more: its measure was changed.
fn is_left(name: &str, only: &Only, newest: &Snapshot, seen: &Seen<'_>) -> bool {
    newest.control(name).is_some_and(|score| !only.fits(&Control::join(score, &seen.tenant.catalogue)))
}

fn has_settled(state: &State, newest: &Snapshot) -> bool {
    state.day.and_then(|day| newest.day.since(day).ok()).is_some_and(|span| span.get_days() >= SETTLED_DAYS)
}
