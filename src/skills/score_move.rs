//! How did a score move: in points, in percentage points, and how much of it is the maximum's?

use super::format;
use crate::{
    card::Tone,
    score::{Snapshot, same_points},
};

/// How a score moved.
#[derive(Debug, Clone, Copy)]
pub struct ScoreMove {
    /// In points.
    pub(super) points: f64,
    /// In percentage points; `None` where the maximum of a day is not known.
    pub(super) percent: Option<f64>,
    /// How the maximum changed; `None` where it did not, or is not known on both days.
    pub(super) maximum: Option<f64>,
}

impl ScoreMove {
    /// From the day `then` to the day `now`.
    pub(super) fn of(then: &Snapshot, now: &Snapshot) -> Self {
        let percent = then.percent().zip(now.percent()).map(|(then, now)| format::percent_move(then, now));
        let maximum = now.maximum.zip(then.maximum).map(|(now, then)| format::round2(now - then));
        let maximum = maximum.filter(|moved| percent.is_some() && !same_points(*moved, 0.0));
        Self { points: format::round2(now.points - then.points), percent, maximum }
    }

    /// For people: in points; in percentage points where both percentages are known, and with them how the maximum changed.
    pub(super) fn words(self) -> String {
        let maximum = self.maximum.map_or_else(String::new, |moved| format!("; maximum {}", format::with_sign(moved)));
        let percent = self.percent.map_or_else(String::new, |percent| format!(" ({}{maximum})", format::percentage_points(percent)));
        format!("{}{percent}", format::moved(self.points))
    }

    /// The same for assistants, with this noun of the points: `-2.58 points (-0.63 pp; maximum +9)`.
    pub(super) fn text(self, points: &str) -> String {
        let maximum = self.maximum.map_or_else(String::new, |moved| format!("; maximum {}", format::signed(moved)));
        let percent = self.percent.map_or_else(|| "percentage not known".to_owned(), |percent| format!("{} pp", format::signed(percent)));
        format!("{}{points} ({percent}{maximum})", format::signed(self.points))
    }

    /// How that is meant.
    pub(super) fn tone(self) -> Tone {
        Tone::of_move(self.points)
    }
}
