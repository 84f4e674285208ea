//! What did one day look like? A snapshot: points, maximum, the score of every control.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Category, EnabledServices, identity::Spellings};
use crate::text::Spans;

/// One day of a tenant's score, keyed by tenant and day.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The day by Graph's `createdDateTime` (UTC).
    pub day: Date,
    /// `currentScore`. A day without it is no snapshot.
    pub points: f64,
    /// `maxScore`; `None` when Graph did not say.
    pub maximum: Option<f64>,
    /// `activeUserCount`; `None` when Graph did not say.
    pub active_users: Option<u32>,
    /// How others stand. Empty when Graph gave nothing or -1.
    pub peers: Vec<Peer>,
    /// Every control that was scored that day, sorted by name, each name once.
    pub controls: Vec<ControlScore>,
    /// Whether Graph said which controls there were. Without that `controls` is empty, and none of them is gone.
    pub controls_known: bool,
    /// `enabledServices`: what the tenant has; `None` when Graph did not say.
    pub enabled_services: Option<EnabledServices>,
    /// How many bytes of JSON Graph sent for this day; 0 when unknown.
    pub sent_bytes: u32,
}

impl Snapshot {
    /// The score of the control called `name`.
    pub fn control(&self, name: &str) -> Option<&ControlScore> {
        self.controls.binary_search_by(|score| (*score.name).cmp(name)).ok().map(|at| &self.controls[at])
    }

    /// The same with every control spelled as in `spellings`; `None` where all of them are.
    pub fn respelled(&self, spellings: &Spellings) -> Option<Self> {
        let names: Vec<Arc<str>> = self.controls.iter().map(|score| spellings.of(&score.name)).collect();
        if names.iter().zip(&self.controls).all(|(name, score)| **name == *score.name) {
            return None;
        }
        let mut respelled = self.clone();
        for (score, name) in respelled.controls.iter_mut().zip(names) {
            score.name = name;
        }
        respelled.controls.sort_by(|a, b| a.name.cmp(&b.name));
        respelled.controls.dedup_by(|later, kept| later.name == kept.name);
        Some(respelled)
    }

    /// Points as a share of the maximum, 0 to 100; `None` without a maximum above zero.
    pub fn percent(&self) -> Option<f64> {
        self.maximum.filter(|maximum| *maximum > 0.0).map(|maximum| 100.0 * self.points / maximum)
    }

    /// The average of the tenants that `basis` names, wherever Graph lists it.
    pub fn peer(&self, basis: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.basis == basis)
    }

    /// Whether this day carries evidence (counts, status). Only the day that was the newest when it
    /// was read does; on older days Graph sends hollow templates.
    pub fn is_rich(&self) -> bool {
        self.controls.iter().any(|control| control.evidence.is_some())
    }
}

/// The average of a group of tenants on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Which tenants: `AllTenants`, `TotalSeats`, `IndustryTypes`, or another word of Graph's, cleaned.
    pub basis: String,
    /// Their average score in percent (a percentage since 2020, not points).
    pub percent: f64,
    /// For `TotalSeats`: from how many seats to how many.
    pub seats: Option<(u32, u32)>,
    /// What they have in each category, on average.
    pub categories: PeerCategories,
}

/// What a group of tenants has in each category that Microsoft documents, on average; `None` where Graph did not say it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PeerCategories {
    /// In identity.
    pub identity: Option<PeerPoints>,
    /// In data.
    pub data: Option<PeerPoints>,
    /// In device.
    pub device: Option<PeerPoints>,
    /// In apps.
    pub apps: Option<PeerPoints>,
    /// In infrastructure.
    pub infrastructure: Option<PeerPoints>,
}

/// Average points of a category, of the average maximum of the same tenants. Their maxima differ from ours: only shares compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeerPoints {
    /// Points had.
    pub points: f64,
    /// Points that could be had, above zero.
    pub maximum: f64,
}

impl PeerPoints {
    /// `points` of `maximum`; `None` where they are of no maximum, or more than it.
    pub fn new(points: f64, maximum: f64) -> Option<Self> {
        (maximum > 0.0 && (0.0..=maximum).contains(&points)).then_some(Self { points, maximum })
    }

    /// The average points as a share of the average maximum, 0 to 100. This is no average of shares.
    pub fn percent(self) -> f64 {
        100.0 * self.points / self.maximum
    }
}

impl PeerCategories {
    /// What they have in `category`.
    pub const fn get(&self, category: &Category) -> Option<PeerPoints> {
        match category {
            Category::Identity => self.identity,
            Category::Data => self.data,
            Category::Device => self.device,
            Category::Apps => self.apps,
            Category::Infrastructure => self.infrastructure,
            Category::Other(_) => None,
        }
    }

    /// What they have in each, in the order of the members.
    pub const fn each(&self) -> [Option<PeerPoints>; 5] {
        [self.identity, self.data, self.device, self.apps, self.infrastructure]
    }
}

impl From<[Option<PeerPoints>; 5]> for PeerCategories {
    fn from([identity, data, device, apps, infrastructure]: [Option<PeerPoints>; 5]) -> Self {
        Self { identity, data, device, apps, infrastructure }
    }
}

impl Peer {
    /// The basis of all tenants of Microsoft 365.
    pub const ALL_TENANTS: &'static str = "AllTenants";
    /// That of tenants with about as many seats.
    pub const SAME_SIZE: &'static str = "TotalSeats";
    /// That of tenants of the same industry.
    pub const SAME_INDUSTRY: &'static str = "IndustryTypes";

    /// Whether we know what kind of group it is.
    pub fn is_known(&self) -> bool {
        [Self::ALL_TENANTS, Self::SAME_SIZE, Self::SAME_INDUSTRY].contains(&self.basis.as_str())
    }
}

/// How one control scored on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlScore {
    /// `controlName`, which is the profile's id.
    pub name: Arc<str>,
    /// `controlCategory`.
    pub category: Category,
    /// `score`; `None` when Graph did not say.
    pub points: Option<f64>,
    /// `scoreInPercentage`, 0 to 100; `None` when Graph did not say.
    pub percent: Option<f64>,
    /// The maximum that this control's profile had when this day was read. Only days that were the
    /// newest when read have it: profiles are not versioned by Graph.
    pub profile_maximum: Option<f64>,
    /// What Microsoft saw. `None` on hollow days, which are nearly all: hence the box.
    pub evidence: Option<Box<Evidence>>,
}

/// What Microsoft saw in the tenant when it scored a control.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// `implementationStatus` as clean spans; may be empty.
    pub status: Spans,
    /// `count`: how many users, devices or mailboxes are covered (or not: the status says which).
    pub count: Option<u32>,
    /// `total`: out of how many.
    pub total: Option<u32>,
    /// `on`: whether the setting is switched on.
    pub on: Option<bool>,
    /// `lastSynced`; may lag the day by days or weeks.
    pub synced: Option<Timestamp>,
}
