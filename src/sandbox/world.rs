//! How does a tenant of the sandbox stand on a day? Numbers only, computed when asked: nothing is kept per day.
//!
//! Points are counted in hundredths, so that every sum is exact; a day is its distance from the day on
//! which the world began (0), so that the world goes on when tests move to another day.

use jiff::{Span, civil::Date};

use super::{
    chance::Chance,
    grammar::{self, Family},
    hostile,
    known::{self, Known, Measure},
    story::{self, EVER, Event},
};

/// How many days back Graph answers, the newest included
/// (<https://learn.microsoft.com/graph/api/security-list-securescores>: 90 days are held).
pub const WINDOW: i32 = 90;

/// The day `days` after `from`.
pub fn shift(from: Date, days: i32) -> Date {
    from.saturating_add(Span::new().days(days.clamp(-100_000, 100_000)))
}

/// How many days `to` lies after `from`.
pub fn distance(from: Date, to: Date) -> i32 {
    i32::try_from(from.duration_until(to).as_hours() / 24).unwrap_or(0)
}

/// A tenant's whole world.
#[derive(Debug)]
pub struct World {
    /// The tenant's short name.
    pub name: &'static str,
    /// The tenant's id in Microsoft Entra.
    pub entra_id: String,
    /// Day 0.
    pub anchor: Date,
    /// What all chance in it depends on.
    pub seed: u64,
    /// How many people and devices there are.
    pub size: Size,
    /// Every control of the catalogue or the score.
    pub controls: Vec<Control>,
    /// What people decided about controls, oldest first within a control.
    pub updates: Vec<Update>,
    /// The first day that has a score; none: no score was ever published.
    pub first_day: Option<i32>,
    /// Days without a score.
    pub missing: &'static [i32],
    /// Whether Graph has numbers of tenants of the same size.
    pub has_peers: bool,
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

/// Somebody's decision about a control.
#[derive(Debug)]
pub struct Update {
    /// When.
    pub day: i32,
    /// The control's id.
    pub control: String,
    /// The state as Graph writes it.
    pub state: &'static str,
    /// Who.
    pub by: String,
    /// Their words.
    pub comment: String,
}

/// A control, in the score or the catalogue or both.
#[derive(Debug)]
pub struct Control {
    /// Graph's name of it.
    pub id: String,
    /// What the profile is called; empty where there is no profile.
    pub title: String,
    /// Graph's service code.
    pub service: &'static str,
    /// Graph's category.
    pub category: &'static str,
    /// What evidence it has.
    pub measure: Measure,
    /// Where it is listed.
    pub listing: Listing,
    /// Where its texts come from.
    pub told: Told,
    worth: u8,
    was_worth: Option<(i32, u8)>,
    total: u32,
    course: Course,
    days: (i32, i32),
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
pub enum Told {
    /// Written by hand.
    Known(&'static Known),
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
    /// One more every so many days, through `start` on day 0.
    Drift { start: u32, every: i32 },
    /// All on odd days, none on even ones.
    Flaps,
}

/// A control's standing on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// So many are covered …
    pub count: u32,
    /// … of so many.
    pub total: u32,
    /// The points reached, in hundredths.
    pub hundredths: u32,
    /// The points it can give.
    pub worth: u8,
}

impl Standing {
    /// The percentage in hundredths, of the rounded points: so the maximum can be derived from the two.
    pub fn percent_hundredths(self) -> u32 {
        rounded(u64::from(self.hundredths) * 100, u64::from(self.worth))
    }
}

/// `numerator / denominator`, halves up; 0 for a denominator of 0.
fn rounded(numerator: u64, denominator: u64) -> u32 {
    if denominator == 0 { 0 } else { u32::try_from((numerator * 2 + denominator) / (denominator * 2)).unwrap_or(u32::MAX) }
}

impl Control {
    fn new(id: String, title: String, place: (&'static str, &'static str), measure: Measure, worth: u8, told: Told) -> Self {
        Self {
            id,
            title,
            service: place.0,
            category: place.1,
            measure,
            listing: Listing::Both,
            told,
            worth,
            was_worth: None,
            total: 1,
            course: Course::Steps(Vec::new()),
            days: (EVER, i32::MAX),
        }
    }

    fn known(known: &'static Known) -> Self {
        Self::new(
            known.id.to_owned(),
            known.title.to_owned(),
            (known.service, known.category),
            known.measure,
            known.worth,
            Told::Known(known),
        )
    }

    fn composed(family: &'static Family, index: usize, seed: u64) -> Self {
        let id = family.id(index);
        let worth = Chance::of(seed, &id).pick(family.worths).max(1);
        Self::new(id, family.title(index), (family.service, family.category), family.measure, worth, Told::Composed(family))
    }

    /// Its standing on `day`; none where it is not scored.
    pub fn standing(&self, day: i32) -> Option<Standing> {
        if self.listing == Listing::ProfileOnly || day < self.days.0 || day > self.days.1 {
            return None;
        }
        let count = match &self.course {
            Course::Steps(steps) => steps.iter().rev().find(|step| step.0 <= day).map_or(0, |step| step.1),
            Course::Drift { start, every } => start.saturating_add_signed(day.div_euclid((*every).max(1))),
            Course::Flaps => u32::try_from(day.rem_euclid(2)).unwrap_or(0) * self.total,
        }
        .min(self.total);
        let worth = self.worth(day);
        let hundredths = rounded(u64::from(worth) * 100 * u64::from(count), u64::from(self.total));
        Some(Standing { count, total: self.total, hundredths, worth })
    }

    /// The points it can give on `day`.
    pub fn worth(&self, day: i32) -> u8 {
        self.was_worth.filter(|(until, _)| day < *until).map_or(self.worth, |(_, before)| before)
    }

    fn happens(&mut self, day: i32, event: Event) {
        match event {
            Event::Covered(count, total) => {
                self.total = total;
                match &mut self.course {
                    Course::Steps(steps) => steps.push((day, count)),
                    Course::Drift { .. } | Course::Flaps => self.course = Course::Steps(vec![(day, count)]),
                }
            }
            Event::Appears => self.days.0 = day,
            Event::LastSeen => self.days.1 = day,
            Event::WasWorth(before) => self.was_worth = Some((day, before)),
            Event::Flaps => self.course = Course::Flaps,
        }
    }

    /// Settles how it moves, where the story does not say: more where `wanted`, less where not.
    fn settle(&mut self, seed: u64, size: Size, wanted: bool) {
        let mut chance = Chance::of(seed, &self.id);
        let early = i32::try_from(chance.below(85)).unwrap_or(0);
        let moves = chance.below(6) == 0;
        let Measure::Share { of, .. } = self.measure else {
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
        self.course = if drifts { Course::Drift { start, every: 7 + early / 5 } } else { Course::Steps(vec![(EVER, start)]) };
    }
}

impl Size {
    /// How many there are of what a share counts.
    fn of(self, what: &str) -> u32 {
        match what {
            "devices" => self.devices,
            "domains" => self.domains,
            "users" => self.users,
            "directory objects" => self.users + self.devices,
            _ => self.admins,
        }
    }
}

impl World {
    /// The tenant of the story: some 230 scored controls, some 460 profiles, 90 days.
    pub fn contoso(seed: u64, anchor: Date) -> Self {
        const SCORED: usize = 220;
        const PROFILES: usize = 460;
        let size = Size { users: 260, devices: 214, admins: 12, domains: 4 };
        let mut controls: Vec<Control> = known::all().map(Control::known).collect();
        let (licensed, other): (Vec<_>, Vec<_>) = settings().partition(|(family, _)| family.licensed);
        let wanted = SCORED.saturating_sub(controls.len());
        let all = licensed.len().max(1);
        for (position, (family, index)) in licensed.into_iter().chain(other).enumerate() {
            let mut control = Control::composed(family, index, seed);
            // Evenly over all licensed families: position·wanted/all passes a whole number for each scored one.
            let scored = family.licensed && position * wanted / all != (position + 1) * wanted / all;
            control.listing = if scored { Listing::Both } else { Listing::ProfileOnly };
            controls.push(control);
        }
        controls.truncate(PROFILES);
        controls.extend(grammar::RETIRED.iter().enumerate().map(|(index, &(id, category, worth))| {
            let mut control = Control::new(id.to_owned(), String::new(), ("", category), Measure::Switch, worth, Told::Retired);
            control.listing = Listing::ScoreOnly;
            control.happens(EVER, Event::Covered(u32::from(index >= grammar::RETIRED_AT_NOTHING), 1));
            control
        }));
        for &(day, id, event) in story::EVENTS {
            controls.iter_mut().filter(|control| control.id == id).for_each(|control| control.happens(day, event));
        }
        let told = |control: &Control| matches!(control.told, Told::Retired) || story::EVENTS.iter().any(|event| event.1 == control.id);
        settle(&mut controls, seed, size, 580, told);
        let updates = story::DECISIONS.iter().map(|decision| Update {
            day: decision.day,
            control: decision.control.to_owned(),
            state: decision.state,
            by: decision.by.to_owned(),
            comment: story::dated(decision.comment, anchor),
        });
        let updates = updates.collect();
        Self { controls, updates, first_day: Some(EVER), missing: story::MISSING, ..Self::empty("contoso", seed, anchor, size) }
    }

    /// A small, healthy tenant that was connected today.
    pub fn fabrikam(seed: u64, anchor: Date) -> Self {
        const SCORED: usize = 60;
        let size = Size { users: 38, devices: 31, admins: 3, domains: 2 };
        let composed =
            settings().filter(|(family, _)| family.licensed).step_by(5).map(|(family, index)| Control::composed(family, index, seed));
        let mut controls: Vec<Control> = known::all().map(Control::known).chain(composed).take(SCORED).collect();
        settle(&mut controls, seed, size, 850, |_| false);
        Self { controls, first_day: Some(0), has_peers: false, ..Self::empty("fabrikam", seed, anchor, size) }
    }

    /// A tenant for which Microsoft has published nothing yet.
    pub fn northwind(seed: u64, anchor: Date) -> Self {
        Self::empty("northwind", seed, anchor, Size { users: 9, devices: 4, admins: 2, domains: 1 })
    }

    /// A tenant whose every text means harm.
    pub fn hostile(seed: u64, anchor: Date) -> Self {
        let size = Size { users: 40, devices: 40, admins: 5, domains: 1 };
        let mut controls: Vec<Control> = hostile::ids()
            .enumerate()
            .map(|(index, id)| {
                Control::new(
                    id,
                    hostile::title(index),
                    (hostile::SERVICE, "Apps"),
                    known::users(hostile::LACKING),
                    10,
                    Told::Hostile(index),
                )
            })
            .collect();
        settle(&mut controls, seed, size, 500, |_| false);
        let updates = controls.iter().enumerate().map(|(index, control)| Update {
            day: -1,
            control: control.id.clone(),
            state: "Ignored",
            by: hostile::person(index),
            comment: hostile::comment(index),
        });
        let updates = updates.collect();
        Self { controls, updates, first_day: Some(-2), ..Self::empty("hostile", seed, anchor, size) }
    }

    fn empty(name: &'static str, seed: u64, anchor: Date, size: Size) -> Self {
        let entra_id = Chance::of(seed, name).guid();
        Self {
            name,
            entra_id,
            anchor,
            seed,
            size,
            controls: Vec::new(),
            updates: Vec::new(),
            first_day: None,
            missing: &[],
            has_peers: true,
        }
    }

    /// The days that Graph answers when it is `today`, newest first.
    pub fn days(&self, today: i32) -> impl Iterator<Item = i32> + '_ {
        let oldest = today - WINDOW + 1;
        (oldest..=today).rev().filter(|day| self.first_day.is_some_and(|first| *day >= first) && !self.missing.contains(day))
    }

    /// The controls that are scored on `day`, each with its standing.
    pub fn scored(&self, day: i32) -> impl Iterator<Item = (&Control, Standing)> {
        self.controls.iter().filter_map(move |control| Some((control, control.standing(day)?)))
    }

    /// The controls of the catalogue.
    pub fn profiles(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(|control| control.listing != Listing::ScoreOnly)
    }
}

/// Every setting of every family.
fn settings() -> impl Iterator<Item = (&'static Family, usize)> {
    grammar::FAMILIES.iter().flat_map(|family| (0..family.settings.len()).map(move |index| (family, index)))
}

/// Settles every control that `told` does not claim, so that the whole stands near `permille` of its maximum on day 0.
fn settle(controls: &mut [Control], seed: u64, size: Size, permille: u64, told: impl Fn(&Control) -> bool) {
    let (mut points, mut maximum) = (0_u64, 0_u64);
    let mut open = Vec::new();
    for (index, control) in controls.iter().enumerate() {
        match control.standing(0) {
            Some(standing) if told(control) => {
                points += u64::from(standing.hundredths);
                maximum += u64::from(standing.worth) * 100;
            }
            Some(_) => open.push((Chance::of(seed, &control.id).next(), index)),
            None => {}
        }
    }
    open.sort_unstable();
    for (_, index) in open {
        let Some(control) = controls.get_mut(index) else { continue };
        control.settle(seed, size, points * 1000 < maximum * permille);
        if let Some(standing) = control.standing(0) {
            points += u64::from(standing.hundredths);
            maximum += u64::from(standing.worth) * 100;
        }
    }
}
