//! What is left of a day when only its sums count? Points and maximum, whole and by category: years are told from these, without the controls of each day.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Catalogue, Category, Snapshot, Sum, Summary, change};

/// The sums of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct DayScore {
    /// The day.
    pub day: Date,
    /// Points had.
    pub points: f64,
    /// Points that could be had; `None` when Graph did not say.
    pub maximum: Option<f64>,
    /// What each category comes to; `None` where the controls of the day are not known, or were not looked at.
    pub categories: Option<BTreeMap<Category, CategoryScore>>,
}

/// What a category comes to on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CategoryScore {
    /// Its points and its maximum.
    pub sum: Sum,
    /// How both moved since the day before it that is held, control by control: a maximum that only became known has not moved. `None` where the controls
    /// of that day are not known.
    pub moved: Option<(f64, f64)>,
}

impl DayScore {
    /// The sums of `snapshot` by category, and how they moved since `before`.
    pub fn by_category(snapshot: &Snapshot, before: Option<&Snapshot>, catalogue: &Catalogue) -> Self {
        let Snapshot { day, points, maximum, .. } = *snapshot;
        if !snapshot.controls_known {
            return Self { day, points, maximum, categories: None };
        }
        let before = before.filter(|before| before.controls_known);
        let sums = Summary::of(snapshot, catalogue).categories.into_iter();
        let moved = before.map(|_| (0.0, 0.0));
        let mut categories: BTreeMap<Category, CategoryScore> = sums.map(|(name, sum)| (name, CategoryScore { sum, moved })).collect();
        for change in before.into_iter().flat_map(|before| change::diff(before, snapshot, catalogue).changes) {
            let category = change.control().and_then(|control| categories.get_mut(&control.score.category));
            if let Some((points, maximum)) = category.and_then(|category| category.moved.as_mut()) {
                *points += change.points;
                *maximum += change.maximum;
            }
        }
        Self { day, points, maximum, categories: Some(categories) }
    }
}
