//! What does a rule see of a tenant?

use jiff::{Timestamp, civil::Date};

use super::{
    rule::Rule,
    state::{FindingState, FindingStates, RuleState},
};
use crate::{
    error::FetchFailureKind,
    score::{History, Snapshot},
    skills::TenantFacts,
    text::{cut, one_line},
};

/// How many days before the newest are looked at: moves since the last look, and controls that flap.
pub const DAYS_BACK: u32 = 14;
/// The longest title, in characters as people count them.
const TITLE_MAX: usize = 120;

/// A tenant, as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct RuleInput<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its days, catalogue and annotations, as far as the rule needs them.
    pub tenant: &'a TenantFacts,
    /// The version of its data.
    pub version: i64,
    /// Its newest day, also where no day was needed.
    pub newest_day: Option<Date>,
    /// When it was last read from Graph.
    pub read_at: Option<Timestamp>,
    /// Whether those who are notified operate scorewatch: a link by which a tenant consents is for them.
    pub for_operators: bool,
    /// Why it could not be read since.
    pub failure: Option<&'a ReadingFailure>,
    /// What it is signed in to with.
    pub credential: &'a CredentialStatus,
    /// What the rule remembers of the tenant; `None` when it looks for the first time.
    pub state: Option<&'a RuleState>,
    /// What the rule found before and is not resolved.
    pub findings: &'a FindingStates,
    /// Now.
    pub now: Timestamp,
}

/// Why a tenant could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingFailure {
    /// What it takes until it can be read.
    pub kind: FetchFailureKind,
    /// What went wrong, in a sentence.
    pub sentence: String,
    /// Since when.
    pub since: Timestamp,
    /// What it has in common with failures of other tenants; `None` where the reason is the tenant's own.
    pub shared: Option<String>,
}

/// What a tenant is signed in to with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialStatus {
    /// When it ends, where that is known.
    pub end: Option<CredentialEnd>,
    /// Where people see to it: its app registration in the Microsoft Entra admin center.
    pub app: Option<String>,
    /// Where an administrator of the tenant consents to the app.
    pub consent: Option<String>,
}

/// The end of what a tenant is signed in to with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialEnd {
    /// What ends: `client secret`, `certificate`.
    pub what: &'static str,
    /// From when on it no longer works.
    pub at: Timestamp,
}

impl<'a> RuleInput<'a> {
    pub(super) fn history(&self) -> &'a History {
        &self.tenant.history
    }

    pub(super) fn newest(&self) -> Option<&'a Snapshot> {
        self.tenant.history.newest()
    }

    /// The newest day whose controls are known: of another one nothing can be said about any control.
    pub(super) fn scored(&self) -> Option<&'a Snapshot> {
        self.tenant.history.newest_with_controls()
    }

    /// What was found about `subject` and is not resolved.
    pub(super) fn bad(&self, subject: &str) -> Option<&'a FindingState> {
        self.findings.get(subject).filter(|state| !state.preexisting)
    }

    /// What people call the control called `name`.
    pub(super) fn title(&self, name: &str) -> String {
        let profile = self.tenant.catalogue.get(name);
        let mark = if profile.is_some_and(|profile| profile.deprecated) { " (deprecated)" } else { "" };
        let title = profile.map_or(name, |profile| profile.title.as_str());
        format!("{}{mark}", cut(&one_line(title), TITLE_MAX))
    }
}
