//! Is the score below a level, and what took it there: points, or a maximum that moved?

use super::{
    drift::Drift,
    finding::{Finding, SCORE, ScoreCause, Verdict, bad, resolved},
    moves::{CAUSES_MAX, cause},
    rule_input::RuleInput,
};
use crate::{
    score::{
        Snapshot,
        change::{Change, DiffKind, diff},
        same_points,
    },
    skills::wording,
};

/// How far the score must rise above a level to be resolved, in percent of the maximum.
const ABOVE_LEVEL: f64 = 1.0;
/// So many percent of the maximum further under a level are news again.
const WORSE_BELOW: f64 = 5.0;

pub(super) fn below(level: f64, newest: &Snapshot, input: &RuleInput<'_>) -> Option<Verdict> {
    let percent = newest.percent()?;
    let state = input.bad(SCORE);
    let bound = if state.is_some() { (level + ABOVE_LEVEL).min(100.0) } else { level };
    let (percent_shown, level_shown) = (wording::points(percent), wording::points(level));
    if percent >= bound {
        return Some(resolved(SCORE, format!("the score is at {percent_shown} %, above {level_shown} %")));
    }
    // What was above it last; of a tenant that never was, nothing moved it there.
    let last_above = || input.history().days().iter().rev().find(|day| day.percent().is_some_and(|percent| percent >= level));
    let before = state.map_or_else(last_above, |state| state.from.and_then(|from| input.history().on_or_before(from)));
    let drift = before.and_then(|before| Drift::between(before, newest));
    let news = match drift.as_ref().map(Drift::brief) {
        _ if percent >= level => {
            format!("the score is at {percent_shown} %: it fell below {level_shown} % and resolves at {} %", wording::points(bound))
        }
        Some(brief) => format!("the score is at {percent_shown} %, below {level_shown} %: {brief}"),
        None => format!("the score is at {percent_shown} %, below {level_shown} %"),
    };
    let now = wording::of(newest.points, newest.maximum);
    let detail = match before {
        Some(before) if before.day < newest.day => format!("{} to {now}", share(before)),
        _ => format!("{now} on {}", newest.day),
    };
    Some(bad(Finding {
        subject: SCORE.to_owned(),
        title: "Score".to_owned(),
        news,
        detail,
        why: drift.map(|drift| drift.sentence()).unwrap_or_default(),
        causes: before.map(|before| causes(before, newest, input)).unwrap_or_default(),
        stands: Some(percent),
        badness: level - percent,
        worse_by: Some(WORSE_BELOW),
        from: before.map(|before| before.day),
        ..Finding::default()
    }))
}

/// Points of so many, without the noun that comes later.
fn share(day: &Snapshot) -> String {
    let maximum = day.maximum.map_or_else(String::new, |maximum| format!(" of {}", wording::points(maximum)));
    format!("{}{maximum}", wording::points(day.points))
}

/// The controls that lost points, and those by which the maximum rose.
fn causes(before: &Snapshot, newest: &Snapshot, input: &RuleInput<'_>) -> Vec<ScoreCause> {
    let weighs = |change: &&Change<'_>| {
        matches!(change.kind, DiffKind::Down | DiffKind::Gone | DiffKind::New | DiffKind::Maximum)
            && (change.points < 0.0 || change.maximum > 0.0)
            && !(same_points(change.points, 0.0) && same_points(change.maximum, 0.0))
    };
    diff(before, newest, &input.tenant.catalogue)
        .changes
        .iter()
        .filter(weighs)
        .take(CAUSES_MAX)
        .filter_map(|change| cause(change, input))
        .collect()
}
