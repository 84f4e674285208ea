//! What is watched, for whom, and where does it notify?

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::only::Only;
use crate::access::Tenants;

/// What is watched, for whom, and where it notifies.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name among all rules: lowercase letters, digits, `-` and `_`.
    pub name: String,
    /// The tenants that it watches.
    pub tenants: Tenants,
    /// What it watches for.
    pub watch: Watch,
    /// The name of its destination.
    pub to: String,
    /// Whether moves that may correct themselves are held back until the next day confirms them.
    pub hold: bool,
    /// After how long what is still bad is notified again; `None` for never.
    pub repeat: Option<SignedDuration>,
}

/// What a rule watches for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Watch {
    /// The score falls from one day to the next.
    ScoreFalls(Fall),
    /// The score is under this share of the maximum, in percent.
    ScoreBelow(f64),
    /// A control loses points from one day to the next.
    ControlRegresses {
        /// So many at least.
        points: f64,
        /// Which controls.
        only: Only,
    },
    /// A control is scored that was not before.
    ControlNew(Only),
    /// A control is no longer scored.
    ControlRemoved(Only),
    /// The status of a control changes, whoever set it.
    StatusChanged(Only),
    /// Somebody accepts a risk.
    RiskAccepted {
        /// Who may do so without an alert, by names or addresses, in any case.
        allowed: Vec<String>,
        /// Which controls.
        #[serde(default)]
        only: Only,
    },
    /// An acceptance is past its day.
    AcceptanceEnds,
    /// The newest day ended so many hours ago, whatever was read since.
    NoData {
        /// So many.
        hours: u32,
    },
    /// The sign-in fails, or its secret or certificate ends.
    SignIn {
        /// So many days before the end.
        days: u32,
    },
}

impl Watch {
    /// The words for all kinds, in the order of docs/alerts.md.
    pub const KINDS: [&str; 10] = [
        "score_falls",
        "score_below",
        "control_regresses",
        "control_new",
        "control_removed",
        "status_changed",
        "risk_accepted",
        "acceptance_ends",
        "no_data",
        "sign_in",
    ];

    /// The words for those that are about a tenant as a whole.
    pub const OF_TENANTS: [&str; 4] = ["score_falls", "score_below", "no_data", "sign_in"];

    /// Whether what is already so when the rule first sees a tenant is no news: moves and events. Levels are notified at once.
    pub(super) const fn is_about_moves(&self) -> bool {
        matches!(self, Self::ScoreFalls(_) | Self::ControlRegresses { .. }) || self.is_about_events()
    }

    /// Whether what it finds happens once, and does not last.
    pub const fn is_about_events(&self) -> bool {
        matches!(self, Self::ControlNew(_) | Self::ControlRemoved(_) | Self::StatusChanged(_) | Self::RiskAccepted { .. })
    }

    /// Which controls it is about; `None` where it is about none, or about all of them always.
    pub const fn only(&self) -> Option<&Only> {
        match self {
            Self::ControlRegresses { only, .. }
            | Self::ControlNew(only)
            | Self::ControlRemoved(only)
            | Self::StatusChanged(only)
            | Self::RiskAccepted { only, .. } => Some(only),
            Self::ScoreFalls(_) | Self::ScoreBelow(_) | Self::AcceptanceEnds | Self::NoData { .. } | Self::SignIn { .. } => None,
        }
    }

    /// What it is about: what rules about the same thing find in a tenant at the same time is one event.
    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::ScoreFalls(_) | Self::ScoreBelow(_) | Self::ControlRegresses { .. } | Self::ControlNew(_) | Self::ControlRemoved(_) => {
                Topic::Points
            }
            Self::StatusChanged(_) | Self::RiskAccepted { .. } | Self::AcceptanceEnds => Topic::Decisions,
            Self::NoData { .. } | Self::SignIn { .. } => Topic::Readings,
        }
    }

    /// How much of a tenant it looks at.
    pub const fn needs(&self) -> Needed {
        match self.topic() {
            Topic::Readings => Needed::Nothing,
            Topic::Points | Topic::Decisions => Needed::Days,
        }
    }

    /// The word for its kind, by which it is snoozed.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ScoreFalls(_) => "score_falls",
            Self::ScoreBelow(_) => "score_below",
            Self::ControlRegresses { .. } => "control_regresses",
            Self::ControlNew(_) => "control_new",
            Self::ControlRemoved(_) => "control_removed",
            Self::StatusChanged(_) => "status_changed",
            Self::RiskAccepted { .. } => "risk_accepted",
            Self::AcceptanceEnds => "acceptance_ends",
            Self::NoData { .. } => "no_data",
            Self::SignIn { .. } => "sign_in",
        }
    }
}

/// What rules are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// What a day of the score brings.
    Points,
    /// What somebody decided about a control, and until when.
    Decisions,
    /// Whether a score is read.
    Readings,
}

/// How much of a tenant a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Nothing but when it was read, and how that went.
    Nothing,
    /// Its newest days, its catalogue, and what people added.
    Days,
}

/// How far the score falls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Fall {
    /// So many points at least.
    Points(f64),
    /// So many percent of what it was, at least.
    Percent(f64),
}
