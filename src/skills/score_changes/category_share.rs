//! What does a category have, and what is its share in a move?

use std::collections::BTreeSet;

use crate::{
    score::{Snapshot, change::Change, same_points},
    skills::{category::CategoryArg, format},
};

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
        /// Had in it on the later day.
        had: f64,
        /// How its maximum moved, as far as it is known.
        maximum: f64,
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
            let maximum = shown.iter().map(|change| change.maximum).sum();
            CategoryKnowledge::Points { moved, had: of_it(1).filter_map(|score| score.points).sum(), maximum, unsaid: unsaid.len() }
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

    /// How its maximum changed, where that is known and it did.
    pub(super) fn maximum_moved(&self) -> Option<f64> {
        match self.known {
            CategoryKnowledge::Points { maximum, .. } => Some(format::round2(maximum)).filter(|moved| !same_points(*moved, 0.0)),
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

    /// `device 3 points (-3, maximum +2)`.
    pub(super) fn text(&self) -> String {
        match self.known {
            CategoryKnowledge::Nothing => format!("{}: not known", self.name),
            CategoryKnowledge::NoControls => format!("no {} controls in this tenant", self.name),
            CategoryKnowledge::NoLonger { before } => format!("no {} controls any more ({} before)", self.name, format::amount(before)),
            CategoryKnowledge::Points { moved, had, maximum, .. } => {
                let maximum = (!same_points(maximum, 0.0)).then(|| format!("maximum {}", format::signed(maximum)));
                format!("{} {}", self.name, now_by(&format::amount(had), moved, maximum))
            }
        }
    }
}

/// How many points there are `now`, and by how much they moved: `3 points (-3)`, or `3 points as before`. `more` follows the move.
pub(super) fn now_by(now: &str, moved: f64, more: impl IntoIterator<Item = String>) -> String {
    let moved = Some(format::signed(moved)).filter(|moved| moved != "0");
    let all: Vec<String> = moved.into_iter().chain(more).collect();
    if all.is_empty() { format!("{now} as before") } else { format!("{now} ({})", all.join(", ")) }
}
