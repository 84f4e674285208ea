//! What do our own people add to a control, that Graph has no field for? Who owns it, until when, which words, how far it is.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::text::named_values;

/// What people added to one control. Nothing of it is written to Microsoft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Who sees to it: a person's name. Shown only to roles that may see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day of its acceptance. Counts before a day that the words of the acceptance name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Words, clean, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How far it is, where Graph's API cannot say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// When it was last changed.
    pub at: Timestamp,
    /// Who changed it last, as the audit log knows them. Shown only to roles that may see names.
    pub by: String,
}

/// The statuses of Microsoft's portal that Graph's API does not carry
/// (<https://learn.microsoft.com/defender-xdr/microsoft-secure-score-improvement-actions#choose-a-recommended-action-status>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is going to be done.
    Planned,
    /// Somebody is at it.
    InProgress,
}

named_values!(Status, "status", Planned => "planned", InProgress => "in_progress");

impl Status {
    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::InProgress => "in progress",
        }
    }
}

/// What people added to the controls of one tenant, by the control's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations(pub BTreeMap<String, Annotation>);

impl Annotations {
    /// What was added to the control called `name`.
    pub fn get(&self, name: &str) -> Option<&Annotation> {
        self.0.get(name)
    }
}
