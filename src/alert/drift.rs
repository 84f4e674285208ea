//! How did points and maximum move between two days?

use crate::{
    score::{Snapshot, same_points},
    skills::wording,
};

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
    pub(super) fn brief(&self) -> String {
        let maximum = || verb("the maximum", self.maximum, true);
        match (self.points < 0.0 && !same_points(self.points, 0.0), self.moves_the_maximum()) {
            (true, false) => wording::moved(self.points),
            (true, true) => format!("{}, and {}", wording::moved(self.points), maximum()),
            (false, _) => maximum(),
        }
    }

    /// The whole of it, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let Self { before, points, maximum } = self;
        let day = before.day;
        match (same_points(*points, 0.0), self.moves_the_maximum()) {
            (_, false) => format!("Since {day} {}; the maximum did not change.", verb("the points", *points, false)),
            (true, true) => format!("Since {day} {}; the points did not change.", verb("the maximum", *maximum, false)),
            (false, true) if (*points > 0.0) == (*maximum > 0.0) => {
                format!("Since {day} {}, the maximum by {}.", verb("the points", *points, false), wording::points(maximum.abs()))
            }
            (false, true) => format!("Since {day} {}, while {}.", verb("the points", *points, false), verb("the maximum", *maximum, false)),
        }
    }
}

/// `what` rose or fell by so many, with their noun or without.
fn verb(what: &str, moved: f64, noun: bool) -> String {
    let rose = if moved > 0.0 { "rose" } else { "fell" };
    let by = if noun { wording::amount(moved.abs()) } else { wording::points(moved.abs()) };
    format!("{what} {rose} by {by}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn it_is_reported_whether_points_or_the_maximum_moved() {
        let day = |points: f64, maximum: f64| Snapshot {
            day: date(2026, 11, 29),
            points,
            maximum: Some(maximum),
            active_users: None,
            peers: vec![],
            controls: vec![],
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        };
        let before = day(727.0, 1244.0);
        let sentence =
            |points: f64, maximum: f64| Drift::between(&before, &day(points, maximum)).map(|drift| (drift.brief(), drift.sentence()));
        let pair = |brief: &str, sentence: &str| Some((brief.to_owned(), format!("Since 2026-11-29 {sentence}")));
        assert_eq!(sentence(735.0, 1400.0), pair("the maximum rose by 156 points", "the points rose by 8, the maximum by 156."));
        assert_eq!(sentence(727.0, 1264.0), pair("the maximum rose by 20 points", "the maximum rose by 20; the points did not change."));
        assert_eq!(sentence(720.0, 1244.0), pair("\u{2212}7 points", "the points fell by 7; the maximum did not change."));
        assert_eq!(
            sentence(720.0, 1264.0),
            pair("\u{2212}7 points, and the maximum rose by 20 points", "the points fell by 7, while the maximum rose by 20.")
        );
        assert_eq!(sentence(727.0, 1244.0), None);
    }
}
