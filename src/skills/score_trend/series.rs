//! What is known of each day of a span, of a whole tenant or of a category, and what stands out?

use jiff::{ToSpan as _, civil::Date};

use crate::{
    score::{Catalogue, Category, DayScore, History, same_points},
    skills::{
        category::CategoryArg,
        format::{percent_move, round2},
    },
};

/// What is known of one day that is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TrendDay {
    pub day: Date,
    /// Points had; `None` where the category's are not known.
    pub points: Option<f64>,
    pub maximum: Option<f64>,
    pub percent: Option<f64>,
    /// How its points and its maximum moved since the day before it that is held.
    moved: Option<f64>,
    maximum_moved: Option<f64>,
    /// Controls of the category whose points or maximum are not known.
    pub unknown: usize,
}

/// The days of a span that are held.
#[derive(Debug, Clone, Default)]
pub(super) struct TrendSeries {
    /// Oldest first.
    pub days: Vec<TrendDay>,
    /// Whether the category was there on any of them, where one is asked for.
    pub is_of_any: bool,
    /// Whether the controls of any of them are known.
    pub any_known: bool,
}

/// A day that stands out by how it moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TrendMove {
    pub day: Date,
    pub points: f64,
    /// How the percentage moved with it, the maximum's part included.
    pub percent: Option<f64>,
    /// The day before it that is held, where days between the two are not.
    pub since: Option<Date>,
}

impl TrendSeries {
    /// The days from `first` to `last`.
    pub fn of(history: &History, catalogue: &Catalogue, category: Option<CategoryArg>, (first, last): (Date, Date)) -> Self {
        let scores: Vec<DayScore> = history.scores(catalogue).into_iter().filter(|day| (first..=last).contains(&day.day)).collect();
        let Some(category) = category else {
            let before = std::iter::once(None).chain(scores.iter().map(Some));
            let days = before.zip(&scores).map(|(before, day)| whole(day, before)).collect();
            return Self { days, is_of_any: true, any_known: true };
        };
        let category = category.category();
        Self {
            is_of_any: scores.iter().filter_map(|day| day.categories.as_ref()).any(|all| all.contains_key(&category)),
            any_known: scores.iter().any(|day| day.categories.is_some()),
            days: scores.iter().map(|day| part(day, &category)).collect(),
        }
    }

    /// The first and the last day whose points are known.
    pub fn ends(&self) -> Option<(&TrendDay, &TrendDay)> {
        let known = || self.days.iter().filter(|day| day.points.is_some());
        known().next().zip(known().next_back())
    }

    /// The first and the last day whose percentage is known.
    pub fn percents(&self) -> Vec<(Date, f64)> {
        self.days.iter().filter_map(|day| Some((day.day, day.percent?))).collect()
    }

    /// The day that lost the most percentage points; of two that are alike the later. Where the maximum moved, it is another one than that of the points.
    pub fn percent_fall(&self) -> Option<TrendMove> {
        let moves = (1..self.days.len()).filter_map(|at| self.any_move(at)).filter_map(|moved| Some((moved.percent?, moved)));
        let falls = moves.filter(|(percent, _)| *percent < 0.0);
        falls.min_by(|a, b| a.0.total_cmp(&b.0).then(b.1.day.cmp(&a.1.day))).map(|(_, moved)| moved)
    }

    /// The day that lost the most points, and the one that gained the most; of two that are alike the later.
    pub fn extremes(&self) -> [Option<TrendMove>; 2] {
        let moves = || (1..self.days.len()).filter_map(|at| self.moved(at));
        let fall = moves().filter(|moved| moved.points < 0.0).min_by(|a, b| a.points.total_cmp(&b.points).then(b.day.cmp(&a.day)));
        let rise = moves().filter(|moved| moved.points > 0.0).max_by(|a, b| a.points.total_cmp(&b.points).then(a.day.cmp(&b.day)));
        [fall, rise]
    }

    /// How the points moved on a day, where they did.
    fn moved(&self, at: usize) -> Option<TrendMove> {
        self.any_move(at).filter(|moved| !same_points(moved.points, 0.0))
    }

    fn any_move(&self, at: usize) -> Option<TrendMove> {
        let (before, day) = (self.days.get(at.checked_sub(1)?)?, self.days.get(at)?);
        let points = day.moved?;
        let percent = before.percent.zip(day.percent).map(|(then, now)| percent_move(then, now));
        let since = (before.day.saturating_add(1.day()) < day.day).then_some(before.day);
        Some(TrendMove { day: day.day, points: round2(points), percent, since })
    }

    /// The days on which the maximum changed, and by how much, newest first.
    pub fn maximum_changes(&self) -> Vec<(Date, f64)> {
        let moved = |day: &TrendDay| Some((day.day, round2(day.maximum_moved?)));
        self.days.iter().skip(1).rev().filter_map(moved).filter(|(_, moved)| !same_points(*moved, 0.0)).collect()
    }

    /// The calendar days from `first` to `last` that are not held, those that follow one another together.
    pub fn gaps(&self, (first, last): (Date, Date)) -> Vec<(Date, Date)> {
        let mut gaps: Vec<(Date, Date)> = Vec::new();
        let mut next = first;
        for held in self.days.iter().map(|day| day.day).chain([last.saturating_add(1.day())]) {
            if next < held {
                gaps.push((next, held.saturating_sub(1.day())));
            }
            next = held.saturating_add(1.day());
        }
        gaps
    }
}

fn whole(day: &DayScore, before: Option<&DayScore>) -> TrendDay {
    let maximum = day.maximum.filter(|maximum| *maximum > 0.0);
    TrendDay {
        day: day.day,
        points: Some(day.points),
        maximum,
        percent: maximum.map(|maximum| 100.0 * day.points / maximum),
        moved: before.map(|before| day.points - before.points),
        maximum_moved: maximum.zip(before.and_then(|before| before.maximum)).map(|(now, then)| now - then),
        unknown: 0,
    }
}

fn part(day: &DayScore, category: &Category) -> TrendDay {
    let score = day.categories.as_ref().and_then(|all| all.get(category));
    let sum = score.map(|score| score.sum).unwrap_or_default();
    let maximum = Some(sum.maximum).filter(|maximum| *maximum > 0.0);
    TrendDay {
        day: day.day,
        points: score.filter(|_| sum.controls > sum.unsaid).map(|_| sum.points + sum.apart),
        maximum,
        percent: maximum.map(|maximum| 100.0 * sum.points / maximum),
        moved: score.and_then(|score| Some(score.moved?.0)),
        maximum_moved: score.and_then(|score| Some(score.moved?.1)),
        unknown: sum.unknown + sum.unsaid,
    }
}
