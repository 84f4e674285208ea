//! What is a control worth on a day? Its score and its profile joined, with the maximum that holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Catalogue, ControlScore, POINTS_EPSILON, Profile, Snapshot, product};

/// The word for a control whose category Graph does not say.
pub const UNCATEGORISED: &str = "uncategorised";

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
            "" => Self::Other(UNCATEGORISED.to_owned()),
            _ => Self::Other(crate::text::cut(&crate::text::one_line(&word.to_lowercase()), 24)),
        }
    }

    /// Whether it is none of those that we know.
    pub const fn is_new(&self) -> bool {
        matches!(self, Self::Other(_))
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
pub enum ControlProgress {
    /// All points.
    Full,
    /// Some points.
    Partial,
    /// No points.
    None,
    /// It can give no points, so that it is neither done nor undone.
    Worthless,
    /// Nothing tells: Graph said neither its share nor its points, or how many points make all of it is not known.
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
    /// The maximum is the profile's as stored for that day, then today's profile's, if the day's own percentage allows it;
    /// else the simplest number that the score and its percentage allow; else unknown.
    pub fn join(score: &'a ControlScore, catalogue: &'a Catalogue) -> Self {
        let profile = catalogue.get(&score.name);
        let todays = || profile.and_then(|profile| profile.maximum).filter(|maximum| score.allows(*maximum));
        let maximum = score.stored_maximum().or_else(todays).or_else(|| derived_maximum(score.points?, score.percent?));
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

    /// The same with a mark where Microsoft is about to drop it.
    pub fn marked_title(&self) -> String {
        self.profile.map_or_else(|| self.score.name.to_string(), Profile::marked_title)
    }

    /// Whether it is of the product `wanted`, by one of its names or a part of it.
    pub fn is_of_product(&self, wanted: &str) -> bool {
        self.profile.and_then(|profile| profile.service.as_deref()).is_some_and(|service| product::is_meant(service, wanted))
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
    pub fn standing(&self) -> ControlProgress {
        let full = self.points_left().is_some_and(|left| left < POINTS_EPSILON);
        match (self.percent(), self.score.points) {
            (_, points) if self.maximum.is_some_and(|maximum| maximum <= 0.0) && points.is_none_or(|points| points <= 0.0) => {
                ControlProgress::Worthless
            }
            (Some(percent), _) if percent >= 100.0 - POINTS_EPSILON => ControlProgress::Full,
            _ if full && self.maximum.is_some_and(|maximum| maximum > 0.0) => ControlProgress::Full,
            (Some(percent), _) if percent > 0.0 => ControlProgress::Partial,
            (Some(_), _) => ControlProgress::None,
            (None, _) => ControlProgress::Unknown,
        }
    }
}

/// All controls of a day, joined.
pub fn controls<'a>(snapshot: &'a Snapshot, catalogue: &'a Catalogue) -> impl Iterator<Item = Control<'a>> {
    snapshot.controls.iter().map(move |score| Control::join(score, catalogue))
}

/// How far a number of Graph's may be from what it stands for: it rounds points and percentages to two decimals.
const HALF: f64 = 0.005;
/// How far the catalogue's maximum may be from an odd one that the day makes, as a share of it.
const NEAR: f64 = 0.05;

/// How far `number` may be from what it stands for, by the decimals that it has: exports round further than Graph does.
fn half(number: f64) -> f64 {
    let has = |decimals: i32| (round(number, decimals) - number).abs() < 1e-9;
    [(0, 0.5), (1, 0.05)].into_iter().find(|(decimals, _)| has(*decimals)).map_or(HALF, |(_, half)| half)
}

/// Numbers from the first to the second.
#[derive(Clone, Copy)]
struct Range(f64, f64);

impl Range {
    fn holds(self, number: f64) -> bool {
        number >= self.0 && number <= self.1
    }

    /// Whether a whole number lies in it, as Microsoft's maxima are.
    fn holds_a_whole_number(self) -> bool {
        self.0.ceil() <= self.1
    }
}

/// The maxima that `points`, which may be off by `half_points`, and a rounded `percent` can stand for; `None` where they tell nothing.
fn allowed(points: f64, half_points: f64, percent: f64) -> Option<Range> {
    if percent <= 0.0 || points <= 0.0 {
        return None;
    }
    // What is said to be all of it is all of it: there is no more than 100 %.
    let (least, most) = (percent - half(percent), if percent >= 100.0 { percent } else { percent + half(percent) });
    let low = (points - half_points) * 100.0 / most;
    Some(Range(low - POINTS_EPSILON, (points + half_points) * 100.0 / least.max(f64::MIN_POSITIVE) + POINTS_EPSILON))
}

/// The simplest maximum that gives `percent` for `points`: the number with the fewest decimals inside the interval that the rounding
/// of both allows, the one nearest to what they make as they stand. `None` at 0 %.
pub fn derived_maximum(points: f64, percent: f64) -> Option<f64> {
    let range = allowed(points, HALF, percent)?;
    let middle = points * 100.0 / percent;
    (0..=4).map(|decimals| round(middle, decimals)).find(|rounded| range.holds(*rounded)).or(Some(middle))
}

impl ControlScore {
    /// Whether `maximum` can have been its maximum on that day, by its own points and percentage.
    ///
    /// Points count as they stand where that makes a whole number, as maxima are; else as rounded to the decimals that they have. Where
    /// both are of no whole number and the percentage is coarse, they do not contradict a maximum that is near.
    pub fn allows(&self, maximum: f64) -> bool {
        let Some((points, percent)) = self.points.zip(self.percent) else { return true };
        // Points without a percentage above zero, or the other way round, are of no maximum that there is.
        let Some(range) = allowed(points, HALF, percent) else { return true };
        if range.holds(maximum) || range.holds_a_whole_number() {
            return range.holds(maximum);
        }
        let Some(range) = allowed(points, half(points), percent) else { return true };
        let near = (maximum - points * 100.0 / percent).abs() <= NEAR * maximum;
        range.holds(maximum) || (near && half(percent) > HALF && !range.holds_a_whole_number())
    }

    /// The maximum that is stored for that day, unless the day itself contradicts it.
    pub(super) fn stored_maximum(&self) -> Option<f64> {
        self.profile_maximum.filter(|maximum| self.allows(*maximum))
    }
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

    #[test]
    fn rounded_points_make_no_odd_maximum() {
        // 1.14 % of 10 is 0.114, sent as 0.11: 0.11 at 1.14 % makes 9.65 as it stands.
        assert_eq!(derived_maximum(0.11, 1.14), Some(10.0));
        assert_eq!(derived_maximum(6.67, 66.67), Some(10.0));
        for hundredths in 500..=10_000_u32 {
            let percent = f64::from(hundredths) / 100.0;
            for maximum in [1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0] {
                let points = round(maximum * percent / 100.0, 2);
                let derived = derived_maximum(points, percent).unwrap();
                let score = ControlScore { points: Some(points), percent: Some(percent), ..blank() };
                assert!(score.allows(maximum), "{points} at {percent} % of {maximum}");
                assert!((derived - maximum).abs() < 0.51, "{points} at {percent} % of {maximum}: {derived}");
            }
        }
    }

    fn blank() -> ControlScore {
        ControlScore { name: "X".into(), category: Category::Apps, points: None, percent: None, profile_maximum: None, evidence: None }
    }

    fn profile(maximum: f64) -> Catalogue {
        let profile = Profile { category: Category::Apps, maximum: Some(maximum), ..Profile::named("X") };
        Catalogue::new(vec![profile], std::collections::BTreeMap::default(), 0)
    }

    #[test]
    fn a_maximum_follows_the_days_own_percentage() {
        let maximum = |points: f64, percent: Option<f64>, stored: Option<f64>, today: f64| {
            let score = ControlScore { points: Some(points), percent, profile_maximum: stored, ..blank() };
            Control::join(&score, &profile(today)).maximum
        };
        assert_eq!(maximum(2.4, Some(24.0), Some(10.0), 8.0), Some(10.0), "as stored for that day");
        assert_eq!(maximum(2.4, Some(24.0), Some(8.0), 8.0), Some(10.0), "what the day contradicts does not count");
        assert_eq!(maximum(2.4, Some(30.0), None, 8.0), Some(8.0));
        assert_eq!(maximum(0.04, Some(0.43), None, 10.0), Some(10.0), "where rounding leaves several, the catalogue knows which");
        assert_eq!(maximum(0.0, Some(0.0), None, 8.0), Some(8.0));
        assert_eq!(maximum(3.0, None, None, 8.0), Some(8.0));
        assert_eq!(maximum(3.0, None, Some(9.0), 8.0), Some(9.0));
    }

    #[test]
    fn a_coarse_percentage_contradicts_no_maximum_that_it_can_stand_for() {
        let maximum = |points: f64, percent: f64, today: f64| {
            let score = ControlScore { points: Some(points), percent: Some(percent), ..blank() };
            Control::join(&score, &profile(today)).maximum
        };
        for (points, percent, today) in [
            (5.7, 57.0, 10.0),
            (5.5, 57.0, 10.0),
            (8.2, 85.0, 10.0),
            (1.15, 6.0, 20.0),
            (1.15, 5.75, 20.0),
            (8.51, 85.1, 10.0),
            (7.0, 66.67, 10.0),
            (7.0, 67.0, 10.0),
            (9.96, 100.0, 10.0),
        ] {
            assert_eq!(maximum(points, percent, today), Some(today), "{points} at {percent} %");
        }
        for (points, percent, today, own) in [
            (5.0, 50.0, 20.0, 10.0),
            (5.0, 50.0, 11.0, 10.0),
            (8.0, 100.0, 10.0, 8.0),
            (1.0, 50.0, 3.0, 2.0),
            (2.0, 20.0, 8.0, 10.0),
            (2.4, 30.0, 10.0, 8.0),
            (5.5, 57.0, 20.0, 9.6),
            (2.25, 50.0, 5.0, 4.5),
            (5.5, 57.01, 10.0, 9.65),
        ] {
            assert_eq!(maximum(points, percent, today), Some(own), "{points} at {percent} % is not of {today}");
        }
    }

    #[test]
    fn what_can_give_nothing_is_not_undone() {
        let standing = |points: Option<f64>, percent: Option<f64>, today: Option<f64>| {
            let score = ControlScore { points, percent, ..blank() };
            let catalogue = today.map(profile).unwrap_or_default();
            Control::join(&score, &catalogue).standing()
        };
        assert_eq!(standing(Some(0.0), Some(0.0), Some(0.0)), ControlProgress::Worthless);
        assert_eq!(standing(Some(0.0), Some(0.0), None), ControlProgress::None);
        assert_eq!(standing(Some(0.0), None, None), ControlProgress::Unknown, "it may be one that can give no points");
        assert_eq!(standing(Some(0.0), None, Some(4.0)), ControlProgress::None);
        assert_eq!(standing(Some(2.0), None, None), ControlProgress::Unknown, "whether that is all of it nobody knows");
        assert_eq!(standing(Some(2.0), None, Some(4.0)), ControlProgress::Partial);
        assert_eq!(standing(Some(4.0), None, Some(4.0)), ControlProgress::Full);
        assert_eq!(standing(None, None, Some(4.0)), ControlProgress::Unknown);
    }
}
