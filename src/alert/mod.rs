//! What is somebody told at once? Rules that watch a tenant, what they find, and when it is told, repeated and over.
//!
//! Pure: no clock, no store, no network. `ask` loads the facts, `schedule` keeps the states.
//!
//! [`look`] says of each subject of a rule (a control, the score, the sign-in) whether it is bad or over, [`step`] what is told of that,
//! [`alert_card`] and [`over_card`] how.

mod ended;
mod find;
mod flaps;
mod level;
mod moves;
mod risks;
mod say;
mod sign_in;
mod state;

use jiff::SignedDuration;

use crate::{
    access::Tenants,
    score::{Category, Control},
    skills::tell,
};

pub use ended::{Ended, Was};
pub use find::{Cause, DAYS_BACK, Fault, Finding, Needed, Over, Seen, Verdict, look};
pub use say::{alert_card, over_card, shows_names};
pub use sign_in::End;
pub use state::{How, Memory, State, States, Step, Telling, Told, is_due, step};

/// What is watched, for whom, and where it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name among all rules: small letters, digits, `-` and `_`.
    pub name: String,
    /// The tenants that it watches.
    pub tenants: Tenants,
    /// What it watches for.
    pub watch: Watch,
    /// The name of its destination.
    pub to: String,
    /// Whether moves that may correct themselves are held back until the next day confirms them.
    pub hold: bool,
    /// After how long what is still bad is told again; `None` for never.
    pub repeat: Option<SignedDuration>,
}

/// What a rule watches for.
#[derive(Debug, Clone, PartialEq)]
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

    /// Whether what is already so when the rule first sees a tenant is no news: moves and events. Levels are told at once.
    pub(crate) const fn tells_moves(&self) -> bool {
        matches!(self, Self::ScoreFalls(_) | Self::ControlRegresses { .. } | Self::ControlNew(_) | Self::RiskAccepted { .. })
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

/// How far the score falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fall {
    /// So many points at least.
    Points(f64),
    /// So many percent of what it was, at least.
    Percent(f64),
}

/// Which controls a rule is about; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Those of this category.
    pub category: Option<Category>,
    /// Those of this product, by any of the names that [`crate::score::product`] knows.
    pub product: Option<String>,
}

impl Only {
    fn fits(&self, control: &Control<'_>) -> bool {
        let category = self.category.as_ref().is_none_or(|category| control.score.category == *category);
        category && self.product.as_ref().is_none_or(|product| tell::is_of_product(control, product))
    }
}
