//! What does Microsoft say about a control, and who said what about it in this tenant? Its profile.

use std::{cmp::Ordering, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::Category;
use crate::text::Spans;

/// What Microsoft says about a control. `serde` here is the stored form, not Graph's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The profile's id, which is the control's name.
    pub name: Arc<str>,
    /// The title, clean and on one line; the name where Graph gave none.
    pub title: String,
    /// `controlCategory`.
    pub category: Category,
    /// `service`, as Graph codes it (`AzureAD`, `EXO`, `MDO`, …); `None` when not said.
    pub service: Option<String>,
    /// `maxScore`: today's maximum. Graph does not version it.
    pub maximum: Option<f64>,
    /// `tier`: Core, Defense in Depth, Advanced.
    pub tier: Option<String>,
    /// `rank`: Microsoft's stack ranking; not unique.
    pub rank: Option<u32>,
    /// `implementationCost`.
    pub cost: Level,
    /// `userImpact`.
    pub impact: Level,
    /// `threats`, one spelling per threat.
    pub threats: Vec<String>,
    /// `actionUrl`, where it is https.
    pub action_url: Option<String>,
    /// How to fix it.
    pub remediation: Spans,
    /// What fixing it does to people.
    pub remediation_impact: Spans,
    /// Whether Microsoft is about to drop the control.
    pub deprecated: bool,
    /// Who set which state when, as Graph lists them (in no promised order).
    pub updates: Vec<StateUpdate>,
    /// `lastModifiedDateTime`: when Microsoft last changed its own words; it seldom says.
    pub modified: Option<Timestamp>,
    /// When Graph last had it, if its newest catalogue no longer does; states are from then.
    pub gone_since: Option<Date>,
}

impl Profile {
    /// That of the control called `name`, of which nothing else is known.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        Self {
            title: name.to_string(),
            name,
            category: Category::from_graph(""),
            service: None,
            maximum: None,
            tier: None,
            rank: None,
            cost: Level::Unknown,
            impact: Level::Unknown,
            threats: Vec::new(),
            action_url: None,
            remediation: Spans::default(),
            remediation_impact: Spans::default(),
            deprecated: false,
            updates: Vec::new(),
            modified: None,
            gone_since: None,
        }
    }

    /// The title, with a mark where Microsoft is about to drop the control.
    pub fn marked_title(&self) -> String {
        format!("{}{}", self.title, if self.deprecated { " (deprecated)" } else { "" })
    }

    /// The updates with the newest first: undated ones are oldest, and of two with the same date the
    /// later in Graph's list is newer.
    pub fn updates_newest_first(&self) -> Vec<&StateUpdate> {
        let mut updates: Vec<_> = self.updates.iter().enumerate().collect();
        updates.sort_by_key(|(at, update)| std::cmp::Reverse((update.at, *at)));
        updates.into_iter().map(|(_, update)| update).collect()
    }

    /// The update in force; `None` when nobody ever said anything.
    pub fn effective(&self) -> Option<&StateUpdate> {
        self.updates.iter().enumerate().max_by_key(|(at, update)| (update.at, *at)).map(|(_, update)| update)
    }

    /// Which of two readings of a profile is the later, and counts: the greater. Told by what they say, since files do not say how old they
    /// are: by when the state in force was set and how many updates there are; by when Microsoft last changed it; by whether it is about to
    /// be dropped, which is never taken back. Of two that are equally late, the content decides. Equal only where both say the same.
    pub fn compare(&self, other: &Self) -> Ordering {
        let key = |profile: &Self| {
            let decided = profile.effective().and_then(|update| update.at);
            (decided, profile.updates.len(), profile.modified, profile.deprecated)
        };
        key(self).cmp(&key(other)).then_with(|| {
            let contents = |profile: &Self| format!("{:?}", Self { name: Arc::from(""), gone_since: None, ..profile.clone() });
            contents(self).cmp(&contents(other))
        })
    }

    /// The state in force.
    pub fn state(&self) -> &ControlState {
        self.effective().map_or(&ControlState::Default, |update| &update.state)
    }
}

/// One entry of `controlStateUpdates`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateUpdate {
    /// What was set.
    pub state: ControlState,
    /// When; `None` for Graph's placeholder entries.
    pub at: Option<Timestamp>,
    /// Who set it: a person's name or address. Shown only to roles that may see names.
    pub by: Option<String>,
    /// Who is to act. Shown only to roles that may see names.
    pub assigned_to: Option<String>,
    /// The words given, clean, on one line.
    pub comment: Option<String>,
}

/// The state of a control, by Graph's words in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlState {
    /// To address; nobody said anything.
    Default,
    /// `Ignored`: the risk is accepted. No points.
    Accepted,
    /// `ThirdParty`: resolved through a third party. Points.
    ThirdParty,
    /// `Reviewed`.
    Reviewed,
    /// `AlternateMitigation`: resolved otherwise. Undocumented but live. Points.
    Mitigated,
    /// A word that we do not know, cleaned.
    Other(String),
}

impl ControlState {
    /// The state that Graph means by `word`; absent and empty words mean the default.
    pub fn from_graph(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "" | "default" => Self::Default,
            "ignored" | "ignore" => Self::Accepted,
            "thirdparty" => Self::ThirdParty,
            "reviewed" => Self::Reviewed,
            "alternatemitigation" => Self::Mitigated,
            _ => Self::Other(crate::text::cut(&crate::text::one_line(word), 40)),
        }
    }

    /// Our words for it, for people and programs.
    pub fn words(&self) -> &str {
        match self {
            Self::Default => "to address",
            Self::Accepted => "risk accepted",
            Self::ThirdParty => "third party",
            Self::Reviewed => "reviewed",
            Self::Mitigated => "alternate mitigation",
            Self::Other(word) => word,
        }
    }
}

/// How much something costs, or how much people feel it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Low.
    Low,
    /// Moderate; Graph also says Medium.
    Moderate,
    /// High.
    High,
    /// Graph says Unknown or nothing. Sorted last: an unknown cost is no quick win.
    #[default]
    Unknown,
}

impl Level {
    /// The level that Graph means by `word`, in any case.
    pub fn from_graph(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "low" => Self::Low,
            "moderate" | "medium" => Self::Moderate,
            "high" => Self::High,
            _ => Self::Unknown,
        }
    }

    /// Our word for it; `None` when unknown, which is never shown as if it were a level.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Low => Some("low"),
            Self::Moderate => Some("moderate"),
            Self::High => Some("high"),
            Self::Unknown => None,
        }
    }
}
