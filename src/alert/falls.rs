//! Did the score fall, and how much of it is back?
//!
//! A score that slides from day to day is held against the highest of the week before, as far back as the rule has watched.

use jiff::civil::Date;

use super::{
    drift::Drift,
    finding::{Finding, SCORE, ScoreCause, Verdict, bad, resolved},
    flaps::may_correct,
    moves::{CAUSES_MAX, NEWS_TITLE_MAX, SETTLED_DAYS, cause, has_settled, is_loss, pairs, past_preexisting, preexisting_at, rerated},
    rule::Fall,
    rule_input::RuleInput,
    state::FindingState,
};
use crate::{
    score::{
        POINTS_EPSILON, Snapshot,
        change::{Change, diff},
        same_points,
    },
    skills::wording,
    text::{count, in_quotes},
};

/// How far back a score that slides is held against.
const SLIDE_DAYS: i32 = 7;

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
/// so (a day that Microsoft corrects fell less far, that is all), and of what nobody was notified of it is no end.
fn is_regained(missing: f64, state: &FindingState, threshold: f64, newest: &Snapshot) -> bool {
    let small = missing < threshold - POINTS_EPSILON;
    half_is_back(missing, state.worst) && (small || (state.was_notified() && state.day < Some(newest.day)))
}

/// That the score has enough of its points again; `again` is only what it had before.
fn regained(missing: f64, stood: f64, lost: f64, now: &str) -> String {
    let back = lost - missing;
    if same_points(missing, 0.0) {
        format!("the score is back at {now}")
    } else if missing < 0.0 {
        format!("the score is at {now}, {} before it fell", wording::points(stood))
    } else {
        let are = if wording::amount(back).ends_with("point") { "is" } else { "are" };
        format!("{} of the {} lost {are} back: the score is at {now}", wording::points(back), wording::amount(lost))
    }
}

/// Whether the score fell.
pub(super) fn falls(fall: Fall, input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(newest) = input.newest() else { return Vec::new() };
    if let Some((state, stood)) = input.bad(SCORE).and_then(|state| Some((state, state.stood?))) {
        let threshold = fall.points(stood);
        let (now, missing) = (wording::amount(newest.points), stood - newest.points);
        if is_regained(missing, state, threshold, newest) {
            return vec![resolved(SCORE, regained(missing, stood, state.worst, &now))];
        }
        if has_settled(state, newest) {
            return vec![resolved(
                SCORE,
                format!("the score has stayed at {now} for {SETTLED_DAYS} days ({} before it fell)", wording::points(stood)),
            )];
        }
        return vec![bad(fallen(stood, state.from, threshold, newest, input))];
    }
    let drops = pairs(input).filter_map(|(before, after)| {
        let stood = preexisting_at(SCORE, after.day, input)
            .unwrap_or_else(|| before.points + rerated(&diff(before, after, &input.tenant.catalogue)));
        let threshold = fall.points(stood);
        let lost = stood - after.points;
        let missing = lost >= threshold - POINTS_EPSILON && !half_is_back(stood - newest.points, lost);
        missing.then_some((stood, before.day, threshold))
    });
    let worst = drops.max_by(|a, b| a.0.total_cmp(&b.0)).or_else(|| slid(fall, newest, input));
    match worst.map(|(stood, from, threshold)| (stood, Some(from), threshold)).or_else(|| fell_again(fall, newest, input)) {
        Some((stood, from, threshold)) => vec![bad(fallen(stood, from, threshold, newest, input))],
        None => past_preexisting(SCORE, newest, input).into_iter().collect(),
    }
}

/// Whether the score slid down within a week, from where, since which day, and what makes that a fall.
fn slid(fall: Fall, newest: &Snapshot, input: &RuleInput<'_>) -> Option<(f64, Date, f64)> {
    let state = input.state?;
    // A fall that was reported as resolved is behind it: the score slides from where it stood then.
    let began = state.began?.max(state.last_resolved(SCORE).unwrap_or(Date::MIN));
    let far = |day: Date| newest.day.since(day).map_or(i32::MAX, |span| span.get_days()) > SLIDE_DAYS;
    let (mut highest, mut moved) = (None::<(f64, Date)>, 0.0);
    for pair in input.history().days().windows(2).rev() {
        let [before, after] = pair else { continue };
        if before.day < began || far(before.day) {
            break;
        }
        moved += rerated(&diff(before, after, &input.tenant.catalogue));
        let stood = before.points + moved;
        if highest.is_none_or(|(other, _)| stood > other + POINTS_EPSILON) {
            highest = Some((stood, before.day));
        }
    }
    let (stood, day) = highest?;
    let threshold = fall.points(stood);
    (stood - newest.points >= threshold - POINTS_EPSILON).then_some((stood, day, threshold))
}

/// Whether the score fell after all: it was reported as back, and Microsoft corrected that very day.
fn fell_again(fall: Fall, newest: &Snapshot, input: &RuleInput<'_>) -> Option<(f64, Option<Date>, f64)> {
    let (_, was) = input.state?.resolved_on(newest.day).find(|(subject, _)| *subject == SCORE)?;
    let stood = was.stood?;
    let (threshold, missing) = (fall.points(stood), stood - newest.points);
    (missing >= threshold - POINTS_EPSILON && !half_is_back(missing, was.worst)).then_some((stood, was.from, threshold))
}

fn fallen(stood: f64, from: Option<Date>, threshold: f64, newest: &Snapshot, input: &RuleInput<'_>) -> Finding {
    let missing = stood - newest.points;
    let before = from.and_then(|from| input.history().on_or_before(from));
    let drift = before.and_then(|before| Drift::between(before, newest)).filter(Drift::moves_the_maximum);
    let diff = before.map(|before| diff(before, newest, &input.tenant.catalogue));
    let lost: Vec<&Change<'_>> = diff.iter().flat_map(|diff| &diff.changes).filter(|change| is_loss(change)).collect();
    let solid: f64 = lost.iter().filter(|change| !may_correct(change, input.history())).map(|change| -change.points).sum();
    let causes: Vec<_> = lost.iter().take(CAUSES_MAX).filter_map(|change| cause(change, input)).collect();
    let by = match causes.as_slice() {
        [] if diff.as_ref().is_some_and(|diff| !diff.unknown.is_empty()) => "its controls are not known".to_owned(),
        [] => "no control explains it".to_owned(),
        [ScoreCause { title, .. }] if lost.len() == 1 => format!("{} slipped", in_quotes(title, NEWS_TITLE_MAX)),
        _ => format!("{} slipped", count(lost.len(), "control")),
    };
    let yesterday = input.history().before(newest.day).map(|before| before.day);
    let since = from.filter(|from| yesterday.is_some_and(|day| *from < day)).map_or_else(String::new, |from| format!(" since {from}"));
    Finding {
        subject: SCORE.to_owned(),
        title: "Score".to_owned(),
        news: format!("{}{since}: {by}", wording::moved(-missing)),
        detail: format!("{} to {}", wording::points(stood), wording::of(newest.points, newest.maximum)),
        why: drift.map(|drift| drift.sentence()).unwrap_or_default(),
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
