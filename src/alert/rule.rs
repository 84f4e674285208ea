//! What is watched, for whom, and where does it notify?

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    access::Tenants,
    score::{Category, Control},
    skills::wording,
};

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
    /// Somebody accepts a risk.
    RiskAccepted {
        /// Who may do so without an alert, by names or addresses, in any case.
        allowed: Vec<String>,
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
    pub const KINDS: [&str; 8] =
        ["score_falls", "score_below", "control_regresses", "control_new", "risk_accepted", "acceptance_ends", "no_data", "sign_in"];

    /// The words for those that are about a tenant as a whole.
    pub const OF_TENANTS: [&str; 4] = ["score_falls", "score_below", "no_data", "sign_in"];

    /// Whether what is already so when the rule first sees a tenant is no news: moves and events. Levels are notified at once.
    pub(super) const fn is_about_moves(&self) -> bool {
        matches!(self, Self::ScoreFalls(_) | Self::ControlRegresses { .. } | Self::ControlNew(_) | Self::RiskAccepted { .. })
    }

    /// What it is about: what rules about the same thing find in a tenant at the same time is one event.
    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::ScoreFalls(_) | Self::ScoreBelow(_) | Self::ControlRegresses { .. } | Self::ControlNew(_) => Topic::Points,
            Self::RiskAccepted { .. } | Self::AcceptanceEnds => Topic::Acceptances,
            Self::NoData { .. } | Self::SignIn { .. } => Topic::Readings,
        }
    }

    /// How much of a tenant it looks at.
    pub const fn needs(&self) -> Needed {
        match self.topic() {
            Topic::Readings => Needed::Nothing,
            Topic::Points | Topic::Acceptances => Needed::Days,
        }
    }

    /// The word for its kind, by which it is snoozed.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ScoreFalls(_) => "score_falls",
            Self::ScoreBelow(_) => "score_below",
            Self::ControlRegresses { .. } => "control_regresses",
            Self::ControlNew(_) => "control_new",
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
    /// What somebody accepted, and until when.
    Acceptances,
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

/// Which controls a rule is about; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// Those of this category.
    pub category: Option<Category>,
    /// Those of this product, by any of the names that [`crate::score::product`] knows.
    pub product: Option<String>,
}

impl Only {
    pub(super) fn fits(&self, control: &Control<'_>) -> bool {
        let category = self.category.as_ref().is_none_or(|category| control.score.category == *category);
        category && self.product.as_ref().is_none_or(|product| wording::is_of_product(control, product))
    }
}
