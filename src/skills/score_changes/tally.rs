//! What do changes come to, falls and gains apart? A net sum hides the one behind the other.

use std::collections::BTreeSet;

use crate::{
    score::{Snapshot, change::Change, same_points},
    skills::{category::CategoryArg, format},
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
        let part = |number: usize, word: &str, points: f64| (number > 0).then(|| format!("{number} {word} {}", format::signed(points)));
        let other = (self.other > 0).then(|| format!("{} other", self.other));
        [part(self.worse, "worse", self.lost), part(self.better, "better", self.gained), other]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// For people: `2 worse (−2.31 points), 5 better (+48 points)`.
    pub(super) fn sentence(&self) -> String {
        let part = |number: usize, word: &str, points: f64| (number > 0).then(|| format!("{number} {word} ({})", format::moved(points)));
        let other = (self.other > 0).then(|| format!("{} without a change in points", self.other));
        [part(self.worse, "worse", self.lost), part(self.better, "better", self.gained), other]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What a category has, and its share in a move.
#[derive(Debug, Clone)]
pub(super) struct CategoryShare {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub known: CategoryKnowledge,
}

/// What is known of a category on both days.
#[derive(Debug, Clone, Copy)]
pub(super) enum CategoryKnowledge {
    /// Nothing: the controls of one of the days are not known, or the points of all of them.
    Nothing,
    /// That no control is of it.
    NoControls,
    /// That none is of it any more: what it had are controls of another category now, or gone.
    NoLonger {
        /// Had in it on the day before, as far as they are said.
        before: f64,
    },
    /// Points.
    Points {
        /// Gained or lost in it.
        moved: f64,
        /// Had in it on the newest day.
        had: f64,
        /// Of how many of its controls the points of one of the days are not said.
        unsaid: usize,
    },
}

impl CategoryShare {
    /// Of `category` between these days, of which all changes of it are `shown`.
    pub(super) fn of(category: CategoryArg, shown: &[&Change<'_>], days: [&Snapshot; 2]) -> Self {
        let name = category.word();
        if days.iter().any(|day| !day.controls_known) {
            return Self { name, known: CategoryKnowledge::Nothing };
        }
        let of_it = |day: usize| days[day].controls.iter().filter(|score| category.is(&score.category));
        let all: BTreeSet<&str> = of_it(0).chain(of_it(1)).map(|score| &*score.name).collect();
        let unsaid: BTreeSet<&str> = of_it(0).chain(of_it(1)).filter(|score| score.points.is_none()).map(|score| &*score.name).collect();
        let known = if all.is_empty() {
            CategoryKnowledge::NoControls
        } else if of_it(1).next().is_none() {
            CategoryKnowledge::NoLonger { before: of_it(0).filter_map(|score| score.points).sum() }
        } else if unsaid.len() == all.len() {
            CategoryKnowledge::Nothing
        } else {
            let moved = shown.iter().filter_map(|change| change.moved()).sum();
            CategoryKnowledge::Points { moved, had: of_it(1).filter_map(|score| score.points).sum(), unsaid: unsaid.len() }
        };
        Self { name, known }
    }

    /// Points gained or lost, and had, where they are known.
    pub(super) const fn points(&self) -> Option<(f64, f64)> {
        match self.known {
            CategoryKnowledge::Points { moved, had, .. } => Some((moved, had)),
            CategoryKnowledge::Nothing | CategoryKnowledge::NoControls | CategoryKnowledge::NoLonger { .. } => None,
        }
    }

    /// For people, what is not known of it.
    pub(super) fn sentence(&self) -> String {
        match self.known {
            CategoryKnowledge::NoControls => format!("This tenant has no controls of the category {}", self.name),
            CategoryKnowledge::NoLonger { before } => {
                format!("No control is of the category {} any more; before, they had {}", self.name, format::amount(before))
            }
            CategoryKnowledge::Nothing | CategoryKnowledge::Points { .. } => self.text(),
        }
    }

    /// `-3 to 3 points of device`.
    pub(super) fn text(&self) -> String {
        match self.known {
            CategoryKnowledge::Nothing => format!("{}: not known", self.name),
            CategoryKnowledge::NoControls => format!("no {} controls in this tenant", self.name),
            CategoryKnowledge::NoLonger { before } => format!("no {} controls any more ({} before)", self.name, format::amount(before)),
            CategoryKnowledge::Points { moved, had, .. } => {
                format!("{} points of {}", format::moved_to(moved, format::points(had)), self.name)
            }
        }
    }
}
