//! What is a control worth on a day? Its score and its profile joined, with the maximum that holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Catalogue, ControlScore, POINTS_EPSILON, Profile, Snapshot};

/// `controlCategory`, in any case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Category {
    /// Accounts and roles.
    Identity,
    /// Documents and their protection.
    Data,
    /// Computers and phones.
    Device,
    /// Mail, files, meetings, cloud apps.
    Apps,
    /// Azure resources.
    Infrastructure,
    /// A word that we do not know, cleaned.
    Other(String),
}

impl Category {
    /// The category that Graph means by `word`.
    pub fn from_graph(word: &str) -> Self {
        let known = [
            ("identity", Self::Identity),
            ("data", Self::Data),
            ("device", Self::Device),
            ("apps", Self::Apps),
            ("infrastructure", Self::Infrastructure),
        ];
        // Called for every control of every day: finds the usual words without making a new one.
        if let Some((_, category)) = known.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
            return category;
        }
        match word.to_ascii_lowercase().as_str() {
            "devices" => Self::Device,
            "app" => Self::Apps,
            "" => Self::Other("uncategorised".to_owned()),
            _ => Self::Other(crate::text::cut(&crate::text::one_line(&word.to_lowercase()), 24)),
        }
    }

    /// Our word for it, lower case.
    pub fn word(&self) -> &str {
        match self {
            Self::Identity => "identity",
            Self::Data => "data",
            Self::Device => "device",
            Self::Apps => "apps",
            Self::Infrastructure => "infrastructure",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How far a control has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All points.
    Full,
    /// Some points.
    Partial,
    /// No points.
    None,
    /// Graph did not say.
    Unknown,
}

/// One control on one day: its score, what Microsoft says about it, and what it is worth.
#[derive(Debug, Clone, Copy)]
pub struct Control<'a> {
    /// How it scored.
    pub score: &'a ControlScore,
    /// What Microsoft says about it; `None` for a score-only control.
    pub profile: Option<&'a Profile>,
    /// The points that it could give on that day; `None` when nothing tells.
    pub maximum: Option<f64>,
}

impl<'a> Control<'a> {
    /// Joins a score with its profile in `catalogue`.
    ///
    /// The maximum is the profile's as stored for that day; else the simplest number that the score
    /// and its percentage allow; else today's profile's; else unknown.
    pub fn join(score: &'a ControlScore, catalogue: &'a Catalogue) -> Self {
        let profile = catalogue.get(&score.name);
        let maximum = score
            .profile_maximum
            .or_else(|| derived_maximum(score.points?, score.percent?))
            .or_else(|| profile.and_then(|profile| profile.maximum));
        Self { score, profile, maximum }
    }

    /// The control's name as Graph knows it.
    pub fn name(&self) -> &'a str {
        &self.score.name
    }

    /// What people call it: the profile's title, or the bare name.
    pub fn title(&self) -> &'a str {
        self.profile.map_or(&*self.score.name, |profile| profile.title.as_str())
    }

    /// Points that are still to be had; `None` when the score or the maximum is unknown.
    pub fn points_left(&self) -> Option<f64> {
        Some((self.maximum? - self.score.points?).max(0.0))
    }

    /// How much of it is done, 0 to 100; `None` when nothing tells.
    pub fn percent(&self) -> Option<f64> {
        self.score.percent.or_else(|| {
            let maximum = self.maximum.filter(|maximum| *maximum > 0.0)?;
            Some((100.0 * self.score.points? / maximum).clamp(0.0, 100.0))
        })
    }

    /// How far it has got.
    pub fn standing(&self) -> Standing {
        let full = self.points_left().is_some_and(|left| left < POINTS_EPSILON);
        match (self.percent(), self.score.points) {
            (Some(percent), _) if percent >= 100.0 - POINTS_EPSILON => Standing::Full,
            _ if full && self.maximum.is_some_and(|maximum| maximum > 0.0) => Standing::Full,
            (Some(percent), _) if percent > 0.0 => Standing::Partial,
            (_, Some(points)) if points > 0.0 => Standing::Partial,
            (Some(_), _) | (None, Some(_)) => Standing::None,
            (None, None) => Standing::Unknown,
        }
    }
}

/// All controls of a day, joined.
pub fn controls<'a>(snapshot: &'a Snapshot, catalogue: &'a Catalogue) -> impl Iterator<Item = Control<'a>> {
    snapshot.controls.iter().map(move |score| Control::join(score, catalogue))
}

/// The simplest maximum that gives `percent` (rounded to two places by Graph) for `points`: the number
/// with the fewest decimals inside the interval that the rounding allows. `None` at 0 %.
pub fn derived_maximum(points: f64, percent: f64) -> Option<f64> {
    if percent <= 0.0 || points <= 0.0 {
        return None;
    }
    // Graph rounds to two decimals; 33.33 stands for 33.325 to 33.335. At 100 nothing was rounded up.
    let half = if percent >= 100.0 { 0.0 } else { 0.005 };
    let (low, high) = (points * 100.0 / (percent + half), points * 100.0 / (percent - half).max(f64::MIN_POSITIVE));
    let middle = points * 100.0 / percent;
    (0..=4)
        .map(|decimals| round(middle, decimals))
        .find(|rounded| *rounded >= low - POINTS_EPSILON && *rounded <= high + POINTS_EPSILON)
        .or(Some(middle))
}

fn round(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simplest_maximum_wins() {
        assert_eq!(derived_maximum(1.0, 33.33), Some(3.0));
        assert_eq!(derived_maximum(3.33, 33.3), Some(10.0));
        assert_eq!(derived_maximum(8.0, 100.0), Some(8.0));
        assert_eq!(derived_maximum(2.25, 50.0), Some(4.5));
        assert_eq!(derived_maximum(0.0, 0.0), None);
        assert_eq!(derived_maximum(0.04, 0.4), Some(10.0));
    }
}
