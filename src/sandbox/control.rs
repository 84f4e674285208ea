//! How does one control stand on a day? Its course over time, and the points that follow from it.

use super::{
    grammar::Family,
    known::{KnownControl, MeasuredBy},
    seeded_random::SeededRandom,
    story::{EVER, StoryEvent},
};

/// A control, in the score or the catalogue or both.
#[derive(Debug)]
pub struct SandboxControl {
    /// Graph's name of it.
    pub id: String,
    /// What the profile is called; empty where there is no profile.
    pub title: String,
    /// Graph's service code.
    pub service: &'static str,
    /// Graph's category.
    pub category: &'static str,
    /// What evidence it has.
    pub measure: MeasuredBy,
    /// Where it is listed.
    pub listing: Listing,
    /// Where its texts come from.
    pub texts: TextSource,
    worth: u8,
    was_worth: Option<(i32, u8)>,
    total: u32,
    course: Course,
    days: (i32, i32),
}

/// How much there is to count.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// People with a mailbox.
    pub users: u32,
    /// Devices known to Defender.
    pub devices: u32,
    /// People with administrative roles.
    pub admins: u32,
    /// Mail domains.
    pub domains: u32,
}

impl Size {
    /// How many there are of what a share counts.
    pub fn of(self, what: &str) -> u32 {
        match what {
            "devices" => self.devices,
            "domains" => self.domains,
            "users" => self.users,
            "directory objects" => self.users + self.devices,
            _ => self.admins,
        }
    }
}

/// Where a control is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Scored, and in the catalogue.
    Both,
    /// Scored without a profile.
    ScoreOnly,
    /// In the catalogue without a score.
    ProfileOnly,
}

/// Where a control's texts come from.
#[derive(Debug, Clone, Copy)]
pub enum TextSource {
    /// Written by hand.
    KnownControl(&'static KnownControl),
    /// Composed from a family's words.
    Composed(&'static Family),
    /// Nobody describes it any more.
    Retired,
    /// Meant to do harm; the number picks how.
    Hostile(usize),
}

/// How many are covered, over time.
#[derive(Debug)]
enum Course {
    /// So many from each day on, in the order of days.
    Steps(Vec<(i32, u32)>),
    /// One more every so many days, through `start` on day 0; `phase` keeps controls from moving all on the same day.
    Drift { start: u32, every: i32, phase: i32 },
    /// All on odd days, none on even ones.
    Flaps,
}

/// A control's standing on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlStanding {
    /// So many are covered …
    pub count: u32,
    /// … of so many.
    pub total: u32,
    /// The points reached, in hundredths.
    pub hundredths: u32,
    /// The points it can give.
    pub worth: u8,
}

impl ControlStanding {
    /// The percentage in hundredths, of the rounded points: so the maximum can be derived from the two.
    pub fn percent_hundredths(self) -> u32 {
        rounded(u64::from(self.hundredths) * 100, u64::from(self.worth))
    }
}

/// `numerator / denominator`, halves up; 0 for a denominator of 0.
fn rounded(numerator: u64, denominator: u64) -> u32 {
    if denominator == 0 { 0 } else { u32::try_from((numerator * 2 + denominator) / (denominator * 2)).unwrap_or(u32::MAX) }
}

impl SandboxControl {
    /// A control that nobody has settled yet; `place` is its service and category.
    pub fn new(id: String, title: String, place: (&'static str, &'static str), measure: MeasuredBy, worth: u8, texts: TextSource) -> Self {
        Self {
            id,
            title,
            service: place.0,
            category: place.1,
            measure,
            listing: Listing::Both,
            texts,
            worth,
            was_worth: None,
            total: 1,
            course: Course::Steps(Vec::new()),
            days: (EVER, i32::MAX),
        }
    }

    /// One with texts by hand.
    pub fn known(known: &'static KnownControl) -> Self {
        Self::new(
            known.id.to_owned(),
            known.title.to_owned(),
            (known.service, known.category),
            known.measure,
            known.worth,
            TextSource::KnownControl(known),
        )
    }

    /// One of a family.
    pub fn composed(family: &'static Family, index: usize, seed: u64) -> Self {
        let id = family.id(index);
        let worth = SeededRandom::of(seed, &id).pick(family.worths).max(1);
        Self::new(id, family.title(index), (family.service, family.category), family.measure, worth, TextSource::Composed(family))
    }

    /// Its standing on `day`; none where it is not scored.
    pub fn standing(&self, day: i32) -> Option<ControlStanding> {
        if self.listing == Listing::ProfileOnly || day < self.days.0 || day > self.days.1 {
            return None;
        }
        let count = match &self.course {
            Course::Steps(steps) => steps.iter().rev().find(|step| step.0 <= day).map_or(0, |step| step.1),
            &Course::Drift { start, every, phase } => {
                start.saturating_add_signed((day + phase).div_euclid(every) - phase.div_euclid(every))
            }
            Course::Flaps => u32::try_from(day.rem_euclid(2)).unwrap_or(0) * self.total,
        }
        .min(self.total);
        let worth = self.worth(day);
        let hundredths = rounded(u64::from(worth) * 100 * u64::from(count), u64::from(self.total));
        Some(ControlStanding { count, total: self.total, hundredths, worth })
    }

    /// The points it can give on `day`.
    pub fn worth(&self, day: i32) -> u8 {
        self.was_worth.filter(|(until, _)| day < *until).map_or(self.worth, |(_, before)| before)
    }

    /// Lets the story have its say.
    pub fn happens(&mut self, day: i32, event: StoryEvent) {
        match event {
            StoryEvent::Covered(count, total) => {
                self.total = total;
                match &mut self.course {
                    Course::Steps(steps) => steps.push((day, count)),
                    Course::Drift { .. } | Course::Flaps => self.course = Course::Steps(vec![(day, count)]),
                }
            }
            StoryEvent::Appears => self.days.0 = day,
            StoryEvent::LastSeen => self.days.1 = day,
            StoryEvent::WasWorth(before) => self.was_worth = Some((day, before)),
            StoryEvent::Flaps => self.course = Course::Flaps,
        }
    }

    /// Settles how it moves, where the story does not say: more where `wanted`, less where not.
    pub fn settle(&mut self, seed: u64, size: Size, wanted: bool) {
        let mut chance = SeededRandom::of(seed, &self.id);
        let early = i32::try_from(chance.below(85)).unwrap_or(0);
        let moves = chance.below(6) == 0;
        let MeasuredBy::Share { of, .. } = self.measure else {
            self.course = Course::Steps(match (wanted, moves) {
                (true, true) => vec![(-4 - early, 1)],
                (true, false) => vec![(EVER, 1)],
                (false, true) => vec![(2 + early, 1)],
                (false, false) => Vec::new(),
            });
            return;
        };
        self.total = size.of(of);
        let percent = if !wanted {
            chance.below(45)
        } else if chance.below(2) == 0 {
            100
        } else {
            60 + chance.below(40)
        };
        let start = self.total * percent / 100;
        let drifts = moves && start > 0 && self.total > 20;
        // At least a week apart; the phase keeps day 0 for the story.
        let every = 7 + early / 5;
        self.course =
            if drifts { Course::Drift { start, every, phase: 1 + early % (every - 2) } } else { Course::Steps(vec![(EVER, start)]) };
    }
}
