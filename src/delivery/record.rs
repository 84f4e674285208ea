//! What do programs read of a post, beside its words? Names, numbers and days, so that none of them has to be parsed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a post says, for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A digest.
    Digest {
        /// Its name.
        name: String,
        /// Where its tenants stand.
        tenants: Vec<TenantStanding>,
    },
    /// An alert, or that it is resolved.
    Alert {
        /// The first of its rules, for programs that file an alert under one.
        rule: String,
        /// The names of the rules that found it.
        rules: Vec<String>,
        /// What they found.
        findings: Vec<RecordedFinding>,
    },
}

/// Where a tenant stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenantStanding {
    /// Its name.
    pub tenant: String,
    /// The day of its newest score (UTC).
    pub day: Date,
    /// Points had.
    pub points: f64,
    /// Points that could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The day that it is compared with; absent the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// Points gained or lost since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<f64>,
}

/// Something that an alert is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedFinding {
    /// The tenant.
    pub tenant: String,
    /// The name of the rule.
    pub rule: String,
    /// What the rule watches for, as its configuration says it.
    pub when: String,
    /// The id of a control, or a word for what else it is.
    pub subject: String,
    /// What people call it; absent where only its end is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How it stands: `new`, `worse`, `still`, `snooze_ended` or `resolved`.
    pub state: String,
    /// The status that it has now, in words, where that is what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The one that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<String>,
    /// Points lost or gained, where it is a move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<f64>,
    /// The day with which that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Whether it may correct itself.
    pub may_correct: bool,
}
