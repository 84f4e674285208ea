//! What do accepted risks leave on the table, as far as that is known?

use super::format;
use crate::score::{ControlState, risk::Decision};

/// What accepted decisions leave on the table.
#[derive(Default)]
pub(super) struct GivenUp {
    /// As far as that is known.
    points: f64,
    /// Of how many it is.
    known: usize,
    /// And of how many it is not.
    unknown: usize,
}

impl GivenUp {
    /// Of the accepted ones of `decisions`.
    pub(super) fn of(decisions: &[Decision<'_>]) -> Self {
        let mut all = Self::default();
        for decision in accepted(decisions) {
            match decision.points_given_up() {
                Some(points) => all.add(&Self { points, known: 1, unknown: 0 }),
                None => all.unknown += 1,
            }
        }
        all
    }

    /// With those of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.known += other.known;
        self.unknown += other.unknown;
    }

    /// The points, where any are known or there is nothing to know.
    pub(super) fn points(&self) -> Option<f64> {
        Some(format::round2(self.points)).filter(|_| self.known > 0 || self.unknown == 0)
    }

    /// In words; never 0 for what nobody knows.
    pub(super) fn words(points: Option<f64>, unknown: Option<usize>) -> String {
        let known = points.map(|points| format!("{} forgone", format::amount(points)));
        let unknown = unknown.map(|unknown| format!("{unknown} of unknown points"));
        known.into_iter().chain(unknown).collect::<Vec<_>>().join(" and ")
    }

    /// Of how many they are not known, where there are some.
    pub(super) fn unknown(&self) -> Option<usize> {
        Some(self.unknown).filter(|unknown| *unknown > 0)
    }
}

/// The accepted ones of `decisions`.
pub(super) fn accepted<'a, 'b>(decisions: &'b [Decision<'a>]) -> impl Iterator<Item = &'b Decision<'a>> {
    decisions.iter().filter(|decision| *decision.state() == ControlState::Accepted)
}
