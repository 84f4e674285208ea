//! How does a tenant of the sandbox stand on a day? Numbers only, computed when asked: nothing is kept per day.
//!
//! Points are counted in hundredths, so that every sum is exact; a day is its distance from the day on
//! which the world began (0), so that the world goes on when tests move to another day.

use jiff::civil::Date;

use super::{
    control::{ControlStanding, Listing, SandboxControl, Size, TextSource},
    grammar::{self, Family},
    hostile,
    known::{self, MeasuredBy},
    seeded_random::SeededRandom,
    story::{self, EVER, StoryDecision, StoryEvent},
};

/// How many days back Graph answers, the newest included
/// (<https://learn.microsoft.com/graph/api/security-list-securescores>: 90 days are held).
pub const WINDOW: i32 = 90;

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
    pub controls: Vec<SandboxControl>,
    /// What people decided about controls, oldest first within a control.
    pub updates: Vec<Update>,
    /// The first day that has a score; none: no score was ever published.
    pub first_day: Option<i32>,
    /// Days without a score.
    pub missing: &'static [i32],
    /// Whether Graph has numbers of tenants of the same size.
    pub has_peers: bool,
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

impl World {
    /// The tenant of the story: some 230 scored controls, some 460 profiles, 90 days.
    pub fn contoso(seed: u64, anchor: Date) -> Self {
        const SCORED: usize = 220;
        const PROFILES: usize = 460;
        let size = Size { users: 260, devices: 214, admins: 12, domains: 4 };
        let mut controls: Vec<SandboxControl> = known::all().map(SandboxControl::known).collect();
        let (licensed, other): (Vec<_>, Vec<_>) = settings().partition(|(family, _)| family.licensed);
        let wanted = SCORED.saturating_sub(controls.len());
        let all = licensed.len().max(1);
        for (position, (family, index)) in licensed.into_iter().chain(other).enumerate() {
            let mut control = SandboxControl::composed(family, index, seed);
            // Evenly over all licensed families: position·wanted/all passes a whole number for each scored one.
            let scored = family.licensed && position * wanted / all != (position + 1) * wanted / all;
            control.listing = if scored { Listing::Both } else { Listing::ProfileOnly };
            controls.push(control);
        }
        controls.truncate(PROFILES);
        controls.extend(grammar::RETIRED.iter().enumerate().map(|(index, &(id, category, worth))| {
            let mut control =
                SandboxControl::new(id.to_owned(), String::new(), ("", category), MeasuredBy::Switch, worth, TextSource::Retired);
            control.listing = Listing::ScoreOnly;
            control.happens(EVER, StoryEvent::Covered(u32::from(index >= grammar::RETIRED_AT_NOTHING), 1));
            control
        }));
        for &(day, id, event) in story::EVENTS {
            controls.iter_mut().filter(|control| control.id == id).for_each(|control| control.happens(day, event));
        }
        let is_in_story = |control: &SandboxControl| {
            matches!(control.texts, TextSource::Retired) || story::EVENTS.iter().any(|event| event.1 == control.id)
        };
        settle(&mut controls, seed, size, 580, is_in_story);
        let updates = decided(story::DECISIONS, anchor);
        Self { controls, updates, first_day: Some(EVER), missing: story::MISSING, ..Self::empty("contoso", seed, anchor, size) }
    }

    /// A small, healthy tenant that was connected today.
    pub fn fabrikam(seed: u64, anchor: Date) -> Self {
        const SCORED: usize = 60;
        let size = Size { users: 38, devices: 31, admins: 3, domains: 2 };
        let composed = settings()
            .filter(|(family, _)| family.licensed)
            .step_by(5)
            .map(|(family, index)| SandboxControl::composed(family, index, seed));
        let mut controls: Vec<SandboxControl> = known::all().map(SandboxControl::known).chain(composed).take(SCORED).collect();
        settle(&mut controls, seed, size, 850, |_| false);
        Self { controls, first_day: Some(0), has_peers: false, ..Self::empty("fabrikam", seed, anchor, size) }
    }

    /// A tenant for which Microsoft has published nothing yet.
    pub fn northwind(seed: u64, anchor: Date) -> Self {
        Self::empty("northwind", seed, anchor, Size { users: 9, devices: 4, admins: 2, domains: 1 })
    }

    /// A tenant in which much happens today.
    pub fn woodgrove(seed: u64, anchor: Date) -> Self {
        const SCORED: usize = 70;
        let size = Size { users: 84, devices: 71, admins: 5, domains: 1 };
        let composed = settings().filter(|(family, _)| family.licensed).step_by(9);
        let composed = composed.map(|(family, index)| SandboxControl::composed(family, index, seed));
        let mut controls: Vec<SandboxControl> = known::all().map(SandboxControl::known).chain(composed).take(SCORED).collect();
        for &(day, id, event) in story::WOODGROVE_EVENTS {
            controls.iter_mut().filter(|control| control.id == id).for_each(|control| control.happens(day, event));
        }
        settle(&mut controls, seed, size, 710, |control| story::WOODGROVE_EVENTS.iter().any(|event| event.1 == control.id));
        let updates = decided(story::WOODGROVE_DECISIONS, anchor);
        Self { controls, updates, first_day: Some(EVER), ..Self::empty("woodgrove", seed, anchor, size) }
    }

    /// A tenant of which Microsoft has published nothing new for some days.
    pub fn tailspin(seed: u64, anchor: Date) -> Self {
        let size = Size { users: 22, devices: 19, admins: 2, domains: 1 };
        let mut controls: Vec<SandboxControl> = known::all().map(SandboxControl::known).collect();
        settle(&mut controls, seed, size, 660, |_| false);
        Self { controls, first_day: Some(EVER), missing: story::TAILSPIN_MISSING, ..Self::empty("tailspin", seed, anchor, size) }
    }

    /// A tenant whose every text means harm.
    pub fn hostile(seed: u64, anchor: Date) -> Self {
        let size = Size { users: 40, devices: 40, admins: 5, domains: 1 };
        let mut controls: Vec<SandboxControl> = hostile::ids()
            .enumerate()
            .map(|(index, id)| {
                SandboxControl::new(
                    id,
                    hostile::title(index),
                    (hostile::SERVICE, "Apps"),
                    known::users(hostile::LACKING),
                    10,
                    TextSource::Hostile(index),
                )
            })
            .collect();
        settle(&mut controls, seed, size, 500, |_| false);
        let updates = controls.iter().enumerate().map(|(index, control)| Update {
            day: -1,
            control: control.id.clone(),
            // Half of them stay open, so that they are weak and not only accepted.
            state: if index % 2 == 0 { "Ignored" } else { "Reviewed" },
            by: hostile::person(index),
            comment: hostile::comment(index),
        });
        let updates = updates.collect();
        Self { controls, updates, first_day: Some(-2), ..Self::empty("hostile", seed, anchor, size) }
    }

    /// A tenant of which nothing is computed.
    pub fn bare(name: &'static str, seed: u64, anchor: Date) -> Self {
        Self::empty(name, seed, anchor, Size { users: 0, devices: 0, admins: 0, domains: 0 })
    }

    fn empty(name: &'static str, seed: u64, anchor: Date, size: Size) -> Self {
        let entra_id = SeededRandom::of(seed, name).guid();
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
    pub fn scored(&self, day: i32) -> impl Iterator<Item = (&SandboxControl, ControlStanding)> {
        self.controls.iter().filter_map(move |control| Some((control, control.standing(day)?)))
    }

    /// The controls of the catalogue.
    pub fn profiles(&self) -> impl Iterator<Item = &SandboxControl> {
        self.controls.iter().filter(|control| control.listing != Listing::ScoreOnly)
    }
}

/// What people decided, with the days of a story that begins on `anchor`.
fn decided(decisions: &[StoryDecision], anchor: Date) -> Vec<Update> {
    let update = |decision: &StoryDecision| Update {
        day: decision.day,
        control: decision.control.to_owned(),
        state: decision.state,
        by: decision.by.to_owned(),
        comment: story::dated(decision.comment, anchor),
    };
    decisions.iter().map(update).collect()
}

/// Every setting of every family.
fn settings() -> impl Iterator<Item = (&'static Family, usize)> {
    grammar::FAMILIES.iter().flat_map(|family| (0..family.settings.len()).map(move |index| (family, index)))
}

/// Settles every control that `told` does not claim, so that the whole stands near `permille` of its maximum on day 0.
fn settle(controls: &mut [SandboxControl], seed: u64, size: Size, permille: u64, is_in_story: impl Fn(&SandboxControl) -> bool) {
    let (mut points, mut maximum) = (0_u64, 0_u64);
    let mut open = Vec::new();
    for (index, control) in controls.iter().enumerate() {
        match control.standing(0) {
            Some(standing) if is_in_story(control) => {
                points += u64::from(standing.hundredths);
                maximum += u64::from(standing.worth) * 100;
            }
            Some(_) => open.push((SeededRandom::of(seed, &control.id).next(), index)),
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
