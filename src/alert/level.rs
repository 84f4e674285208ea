//! Is the score below a level, and what took it there: points, or a maximum that moved?

use super::{
    Seen, Verdict,
    find::{Cause, Finding, SCORE, bad, over},
    moves::{CAUSES_MAX, cause},
};
use crate::{
    score::{
        Snapshot,
        change::{Change, Kind, diff},
        same_points,
    },
    skills::tell,
};

/// How far the score must rise above a level to be resolved, in percent of the maximum.
const ABOVE_LEVEL: f64 = 1.0;
/// So many percent of the maximum further under a level are news again.
const WORSE_BELOW: f64 = 5.0;

pub(super) fn below(level: f64, newest: &Snapshot, seen: &Seen<'_>) -> Option<Verdict> {
    let percent = newest.percent()?;
    let state = seen.bad(SCORE);
    let bound = if state.is_some() { (level + ABOVE_LEVEL).min(100.0) } else { level };
    let (percent_shown, level_shown) = (tell::points(percent), tell::points(level));
    if percent >= bound {
        return Some(over(SCORE, format!("the score is at {percent_shown} %, above {level_shown} %")));
    }
    // What was above it last; of a tenant that never was, nothing moved it there.
    let last_above = || seen.history().days().iter().rev().find(|day| day.percent().is_some_and(|percent| percent >= level));
    let before = state.map_or_else(last_above, |state| state.from.and_then(|from| seen.history().on_or_before(from)));
    let drift = before.and_then(|before| Drift::between(before, newest));
    let news = match drift.as_ref().map(Drift::brief) {
        _ if percent >= level => {
            format!("the score is at {percent_shown} %: fell below {level_shown} %, is resolved at {} %", tell::points(bound))
        }
        Some(brief) => format!("the score is at {percent_shown} %, below {level_shown} %: {brief}"),
        None => format!("the score is at {percent_shown} %, below {level_shown} %"),
    };
    let now = tell::of(newest.points, newest.maximum);
    let cell = match before {
        Some(before) if before.day < newest.day => format!("{} to {now}", share(before)),
        _ => format!("{now} on {}", newest.day),
    };
    Some(bad(Finding {
        subject: SCORE.to_owned(),
        title: "Score".to_owned(),
        news,
        cell,
        why: drift.map(|drift| drift.said()).unwrap_or_default(),
        causes: before.map(|before| causes(before, newest, seen)).unwrap_or_default(),
        stands: Some(percent),
        badness: level - percent,
        worse_by: Some(WORSE_BELOW),
        from: before.map(|before| before.day),
        ..Finding::default()
    }))
}

/// Points of so many, without the noun that comes later.
fn share(day: &Snapshot) -> String {
    let maximum = day.maximum.map_or_else(String::new, |maximum| format!(" of {}", tell::points(maximum)));
    format!("{}{maximum}", tell::points(day.points))
}

/// The controls that lost points, and those by which the maximum rose.
fn causes(before: &Snapshot, newest: &Snapshot, seen: &Seen<'_>) -> Vec<Cause> {
    let weighs = |change: &&Change<'_>| {
        matches!(change.kind, Kind::Down | Kind::Gone | Kind::New | Kind::Maximum)
            && (change.points < 0.0 || change.maximum > 0.0)
            && !(same_points(change.points, 0.0) && same_points(change.maximum, 0.0))
    };
    diff(before, newest, &seen.tenant.catalogue)
        .changes
        .iter()
        .filter(weighs)
        .take(CAUSES_MAX)
        .filter_map(|change| cause(change, seen))
        .collect()
}

/// How points and maximum moved between two days whose maxima are known, and one of them did.
pub(super) struct Drift<'a> {
    before: &'a Snapshot,
    points: f64,
    maximum: f64,
}

impl<'a> Drift<'a> {
    pub(super) fn between(before: &'a Snapshot, newest: &Snapshot) -> Option<Self> {
        let drift = Self { before, points: newest.points - before.points, maximum: newest.maximum? - before.maximum? };
        (!same_points(drift.points, 0.0) || !same_points(drift.maximum, 0.0)).then_some(drift)
    }

    /// Whether the maximum moved.
    pub(super) fn moves_the_maximum(&self) -> bool {
        !same_points(self.maximum, 0.0)
    }

    /// In a few words, for a title: what lowered the share.
    fn brief(&self) -> String {
        let maximum = || verb("the maximum", self.maximum, true);
        match (self.points < 0.0 && !same_points(self.points, 0.0), self.moves_the_maximum()) {
            (true, false) => tell::moved(self.points),
            (true, true) => format!("{}, and {}", tell::moved(self.points), maximum()),
            (false, _) => maximum(),
        }
    }

    /// The whole of it, in a sentence.
    pub(super) fn said(&self) -> String {
        let Self { before, points, maximum } = self;
        let day = before.day;
        match (same_points(*points, 0.0), self.moves_the_maximum()) {
            (_, false) => format!("Since {day} {}; the maximum did not change.", verb("the points", *points, false)),
            (true, true) => format!("Since {day} {}; the points did not change.", verb("the maximum", *maximum, false)),
            (false, true) if (*points > 0.0) == (*maximum > 0.0) => {
                format!("Since {day} {}, the maximum by {}.", verb("the points", *points, false), tell::points(maximum.abs()))
            }
            (false, true) => format!("Since {day} {}, while {}.", verb("the points", *points, false), verb("the maximum", *maximum, false)),
        }
    }
}

/// `what` rose or fell by so many, with their noun or without.
fn verb(what: &str, moved: f64, noun: bool) -> String {
    let rose = if moved > 0.0 { "rose" } else { "fell" };
    let by = if noun { tell::amount(moved.abs()) } else { tell::points(moved.abs()) };
    format!("{what} {rose} by {by}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn it_is_said_whether_points_or_the_maximum_moved() {
        let day = |points: f64, maximum: f64| Snapshot {
            day: date(2026, 11, 29),
            points,
            maximum: Some(maximum),
            active_users: None,
            peers: vec![],
            controls: vec![],
            controls_known: true,
            sent_bytes: 0,
        };
        let before = day(727.0, 1244.0);
        let said = |points: f64, maximum: f64| Drift::between(&before, &day(points, maximum)).map(|drift| (drift.brief(), drift.said()));
        let pair = |brief: &str, said: &str| Some((brief.to_owned(), format!("Since 2026-11-29 {said}")));
        assert_eq!(said(735.0, 1400.0), pair("the maximum rose by 156 points", "the points rose by 8, the maximum by 156."));
        assert_eq!(said(727.0, 1264.0), pair("the maximum rose by 20 points", "the maximum rose by 20; the points did not change."));
        assert_eq!(said(720.0, 1244.0), pair("\u{2212}7 points", "the points fell by 7; the maximum did not change."));
        assert_eq!(
            said(720.0, 1264.0),
            pair("\u{2212}7 points, and the maximum rose by 20 points", "the points fell by 7, while the maximum rose by 20.")
        );
        assert_eq!(said(727.0, 1244.0), None);
    }
}
