//! What do changes come to, falls and gains apart? A net sum hides the one behind the other.

use crate::{
    score::{
        Catalogue, Snapshot,
        change::{Change, Kind},
        controls, same_points,
    },
    skills::{weakest_controls::CategoryArg, words},
};

/// Whether a control lost points, for whatever reason.
pub(super) fn is_worse(change: &Change<'_>) -> bool {
    change.points < 0.0 && !same_points(change.points, 0.0)
}

fn is_better(change: &Change<'_>) -> bool {
    change.points > 0.0 && !same_points(change.points, 0.0)
}

/// Changes counted, and their points summed apart.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// How many lost points.
    pub worse: usize,
    /// Points that these lost, below zero.
    pub lost: f64,
    /// How many gained points.
    pub better: usize,
    /// Points that these gained.
    pub gained: f64,
    /// How many did neither: new ones without points, other maxima, scores that were not said.
    pub other: usize,
}

impl Tally {
    pub(super) fn of<'c, 'd: 'c>(changes: impl Iterator<Item = &'c Change<'d>>) -> Self {
        let mut tally = Self::default();
        for change in changes {
            if is_worse(change) {
                tally.worse += 1;
                tally.lost += change.points;
            } else if is_better(change) {
                tally.better += 1;
                tally.gained += change.points;
            } else {
                tally.other += 1;
            }
        }
        tally
    }

    /// How many changes it is of.
    pub(super) const fn total(&self) -> usize {
        self.worse + self.better + self.other
    }

    /// For assistants, falls first: `2 worse -2.31, 5 better +48, 1 other`.
    pub(super) fn short(&self) -> String {
        let said = |number: usize, word: &str, points: f64| (number > 0).then(|| format!("{number} {word} {}", words::signed(points)));
        let other = (self.other > 0).then(|| format!("{} other", self.other));
        [said(self.worse, "worse", self.lost), said(self.better, "better", self.gained), other]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// For people: `2 worse, together -2.31 points; 5 better, together +48 points`.
    pub(super) fn sentence(&self) -> String {
        let said = |number: usize, word: &str, points: f64| {
            let together = if number > 1 { "together " } else { "" };
            (number > 0).then(|| format!("{number} {word}, {together}{}", words::moved(points)))
        };
        let other = (self.other > 0).then(|| format!("{} without a move of points", self.other));
        [said(self.worse, "worse", self.lost), said(self.better, "better", self.gained), other]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// What a category has, and its share in a move.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its name.
    pub name: String,
    /// Points gained or lost in it.
    pub moved: f64,
    /// Points had in it on the newest day.
    pub points: f64,
    /// How many controls of it are scored then, or were and changed.
    pub controls: usize,
}

impl Part {
    /// Of `category`, of which all changes are `shown`.
    pub(super) fn of(category: CategoryArg, shown: &[&Change<'_>], newest: &Snapshot, catalogue: &Catalogue) -> Self {
        let of_it: Vec<_> = controls(newest, catalogue).filter(|control| category.fits(control)).collect();
        let gone = shown.iter().filter(|change| change.kind == Kind::Gone).count();
        Self {
            name: category.word(),
            moved: shown.iter().map(|change| change.points).sum(),
            points: of_it.iter().filter_map(|control| control.score.points).sum(),
            controls: of_it.len() + gone,
        }
    }

    /// `-3 to 3 points of device`.
    pub(super) fn told(&self) -> String {
        if self.controls == 0 {
            return format!("no {} controls in this tenant", self.name);
        }
        format!("{} to {} points of {}", words::signed(self.moved), words::points(self.points), self.name)
    }
}
