//! What is remembered between two evaluations? Of a tenant by each rule, and of each thing that the rule found there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    rule::{Rule, Watch},
    statuses::AssignedStatuses,
};

/// How many posts about one subject are remembered, so that a button under any of them finds it.
const POSTS_MAX: usize = 8;

/// What a rule found in a tenant and is not resolved, by subject.
pub type FindingStates = BTreeMap<String, FindingState>;

/// Names what one rule found about one thing in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingKey {
    /// The tenant.
    pub tenant: String,
    /// The rule.
    pub rule: String,
    /// The subject: a control, or a word for what else it is about.
    pub subject: String,
}

impl FindingKey {
    /// What `rule` found about `subject` in `tenant`.
    pub fn new(rule: &Rule, tenant: &str, subject: &str) -> Self {
        Self { tenant: tenant.to_owned(), rule: rule.name.clone(), subject: subject.to_owned() }
    }
}

/// All that a rule remembers of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleMemory {
    /// Of the tenant as a whole.
    pub rule: RuleState,
    /// Of what it found there.
    pub findings: FindingStates,
}

/// What a rule remembers of a tenant as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleState {
    /// What the rule watched for: one of another kind begins anew, and another measure is looked at at once.
    pub watch: Watch,
    /// Whether it held back what may correct itself.
    pub hold: bool,
    /// Since when it watches.
    pub since: Timestamp,
    /// The newest day that it looked at; `None` while there is none.
    pub day: Option<Date>,
    /// The first of those: what happened by then is no news.
    pub began: Option<Date>,
    /// The version of the tenant's data that it looked at.
    pub version: i64,
    /// The day on which it looked.
    pub looked: Date,
    /// What it reported as resolved lately.
    pub resolved: Vec<ResolvedNotice>,
    /// For a rule about statuses: those that it saw; `None` before it saw any profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statuses: Option<AssignedStatuses>,
}

/// What is remembered of something that is bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingState {
    /// What people call it.
    pub title: String,
    /// What it is, in a few words.
    pub news: String,
    /// Whether it was so already when the rule first saw the tenant, and is no news.
    pub preexisting: bool,
    /// When it was found.
    pub since: Timestamp,
    /// The newest day then, or when it was last reported as worse.
    pub day: Option<Date>,
    /// The day with which a move began.
    pub from: Option<Date>,
    /// Where it stood before.
    pub stood: Option<f64>,
    /// Where it stands.
    pub stands: Option<f64>,
    /// How bad it was at its worst.
    pub worst: f64,
    /// Which event it is.
    pub mark: Option<String>,
    /// The day on which it was worse than notified, and held back.
    pub worse: Option<Date>,
    /// Whether it was silenced when the rule last looked: by a snooze, or because the message about it was lost.
    pub silenced: bool,
    /// When it was last notified by a message that never arrived; `None` where none was lost, or another one notified it since.
    pub lost: Option<Timestamp>,
    /// The version of the tenant's data that said nothing of it when it was asked for: no other rests on the same data.
    pub pending_version: Option<i64>,
    /// Since when it is resolved, while that waits for other tenants to be notified together with.
    pub resolving: Option<Timestamp>,
    /// What was notified of it; `None` while it waits: snoozed, held back, or lost on the way.
    pub notified: Option<Notified>,
}

/// What was notified of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notified {
    /// When it was first notified.
    pub first: Timestamp,
    /// When it was last notified.
    pub last: Timestamp,
    /// Where it was notified.
    pub to: String,
    /// How bad it was then, or is since it improved.
    pub badness: f64,
    /// In which posts, the newest last.
    pub posts: Vec<String>,
    /// What it is a part of for programs that open and close incidents.
    pub incident: String,
    /// What it has in common with what is bad in other tenants; `None` where the reason is the tenant's own.
    #[serde(default)]
    pub shared: Option<String>,
}

/// That something was reported as resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedNotice {
    /// By which post.
    pub post: String,
    /// Where.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// The newest day then.
    pub day: Option<Date>,
    /// What, and how it was before.
    pub findings: BTreeMap<String, ResolvedFinding>,
}

/// How it was before something turned bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedFinding {
    /// Where it stood.
    pub stood: Option<f64>,
    /// The day with which a move began.
    pub from: Option<Date>,
    /// How bad it was at its worst.
    pub worst: f64,
}

impl RuleState {
    /// What was reported as resolved on the day `day`, and how it was before: Microsoft may still correct that day.
    pub(super) fn resolved_on(&self, day: Date) -> impl Iterator<Item = (&str, &ResolvedFinding)> {
        let on_it = self.resolved.iter().filter(move |notice| notice.day == Some(day)).flat_map(|notice| &notice.findings);
        on_it.map(|(subject, was)| (subject.as_str(), was))
    }

    /// The newest day when `subject` was last reported as resolved, as far as that is kept in mind.
    pub(super) fn last_resolved(&self, subject: &str) -> Option<Date> {
        self.resolved.iter().filter(|notice| notice.findings.contains_key(subject)).filter_map(|notice| notice.day).max()
    }
}

impl FindingState {
    /// Whether anybody was notified of it.
    pub const fn was_notified(&self) -> bool {
        self.notified.is_some()
    }

    /// Notes that the post called `id` notifies of it at the destination `to`, as a part of `incident`.
    pub(super) fn notified_in(&mut self, id: &str, to: &str, incident: &str) {
        let Some(notified) = &mut self.notified else { return };
        to.clone_into(&mut notified.to);
        incident.clone_into(&mut notified.incident);
        if notified.posts.len() >= POSTS_MAX {
            notified.posts.remove(0);
        }
        notified.posts.push(id.to_owned());
    }

    /// Whether the post called `id` notified it.
    pub fn was_notified_by(&self, id: &str) -> bool {
        self.notified.as_ref().is_some_and(|notified| notified.posts.iter().any(|post| post == id))
    }

    /// Whether `rule` has to look for it although nothing moved: a snooze began or ended, an interval has passed. What data of this `version` said
    /// nothing of it does not say a minute later.
    pub(super) fn is_awaited(&self, rule: &Rule, version: i64, silenced: bool, now: Timestamp) -> bool {
        self.pending_version != Some(version) && (silenced != self.silenced || self.repeats(rule, now))
    }

    /// Whether the interval of `rule` has passed since it was last notified.
    pub(super) fn repeats(&self, rule: &Rule, now: Timestamp) -> bool {
        let last = self.notified.as_ref().filter(|_| self.mark.is_none()).map(|notified| notified.last);
        rule.repeat.zip(last).is_some_and(|(repeat, last)| has_passed(repeat, last, now))
    }

    /// How it was before it turned bad.
    pub(super) const fn before(&self) -> ResolvedFinding {
        ResolvedFinding { stood: self.stood, from: self.from, worst: self.worst }
    }
}

/// Whether `wait` has passed since `then`. A clock that was set back by more than that must not keep anything waiting until it caught up.
pub(super) fn has_passed(wait: SignedDuration, then: Timestamp, now: Timestamp) -> bool {
    now.duration_since(then).abs() >= wait
}
