//! What does a rule rest on when it looks at a tenant? Is there anything to look at, and which days does that take?

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::{
    rule::{Needed, Rule, Watch},
    rule_input::{CredentialStatus, DAYS_BACK, ReadingFailure, RuleInput},
    state::{FindingKey, FindingState, FindingStates, ResolvedNotice, RuleMemory, RuleState},
    statuses::statuses,
    undelivered,
};
use crate::{
    access::Asker,
    error::{Error, ErrorKind, Result},
    score::change::day_of,
    skills::TenantFacts,
};

/// The word for all kinds of alerts in a snooze.
pub const SNOOZE_ALL: &str = "all";
/// How long the reason for a snooze is, in characters: others will wonder.
pub const SNOOZE_REASON: RangeInclusive<usize> = 3..=200;
/// The most days before the newest that are loaded to say since when something is bad.
const DAYS_BACK_MAX: i32 = 60;

/// What all rules rest on besides the days of tenants, as of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertInputs {
    /// What is known of tenants, by name.
    pub tenants: BTreeMap<String, TenantInput>,
    /// The posts about alerts that never arrived.
    pub undelivered: BTreeSet<String>,
    /// The destinations where nothing is posted.
    pub stopped: BTreeSet<String>,
    /// The moment.
    pub now: Timestamp,
}

/// What is known of a tenant without loading its days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TenantInput {
    /// The version of its data.
    pub version: i64,
    /// Its newest day.
    pub newest_day: Option<Date>,
    /// When it was last read from Graph.
    pub read_at: Option<Timestamp>,
    /// Its `azureTenantId`.
    pub entra_id: Option<String>,
    /// Why it could not be read since.
    pub failure: Option<ReadingFailure>,
    /// What it is signed in to with.
    pub credential: CredentialStatus,
    /// What rules remember of it, by their names.
    pub memories: BTreeMap<String, RuleMemory>,
    /// Why what a rule remembers of it cannot be read, by the rule's name: such a rule is not evaluated, or all would be told anew.
    pub unreadable: BTreeMap<String, String>,
    /// What is snoozed.
    pub snoozes: Vec<Snoozed>,
}

/// What is not notified for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snoozed {
    /// The kind of alert, or [`SNOOZE_ALL`].
    pub kind: String,
    /// The control; `None` for all that the kind is about.
    pub control: Option<String>,
    /// When it is notified again.
    pub until: Timestamp,
}

/// Who reads at a destination, by its name.
pub type DestinationReaders<'a> = dyn Fn(&str) -> Result<Asker> + Sync + 'a;

/// Whether there is anything to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing that changes anything.
    Nothing,
    /// Nothing may be notified there: why.
    Withheld(String),
    /// Something may be new.
    Due,
}

/// How many days of a tenant a rule needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// So many before the newest.
    pub back: u32,
    /// And an earlier one.
    pub earlier: Option<Date>,
}

impl Days {
    /// Whether whoever has these has `others`, too.
    pub fn cover(self, others: Self) -> bool {
        self.back >= others.back && (others.earlier.is_none() || self.earlier == others.earlier)
    }
}

/// A rule that looks at a tenant, with what it remembers.
pub(super) struct RuleEvaluation<'a> {
    inputs: &'a AlertInputs,
    pub(super) rule: &'a Rule,
    name: &'a str,
    tenant: &'a TenantInput,
    pub(super) state: Option<&'a RuleState>,
    /// What it found, as if what never arrived had not been notified.
    pub(super) findings: Cow<'a, FindingStates>,
}

/// Who reads at `to`, where they may see `tenant`.
pub(super) fn readers_at(readers: &DestinationReaders<'_>, to: &str, tenant: &str) -> Result<Asker> {
    let those = readers(to)?;
    if those.tenants.include(tenant) {
        return Ok(those);
    }
    let sentence = format!("Those who read at {to} may not see tenant {tenant}, so its alerts are not sent there.");
    Err(Error::new(ErrorKind::Forbidden, sentence))
}

impl AlertInputs {
    /// Whether `rule` may have to notify of something new of `tenant`. What asks the clock cannot be known without looking.
    pub fn readiness(&self, rule: &Rule, tenant: &str, readers: &DestinationReaders<'_>) -> Readiness {
        if let Err(error) = readers_at(readers, &rule.to, tenant) {
            return Readiness::Withheld(error.sentence);
        }
        if let Some(sentence) = self.tenants.get(tenant).and_then(|tenant| tenant.unreadable.get(&rule.name)) {
            return Readiness::Withheld(sentence.clone());
        }
        let due =
            RuleEvaluation::new(self, rule, tenant).is_some_and(|evaluation| rule.watch.needs() == Needed::Nothing || evaluation.is_due());
        if due { Readiness::Due } else { Readiness::Nothing }
    }

    /// The days of `tenant` that `rule` needs: as far back as it has not looked, and as what it found began.
    pub fn days(&self, rule: &Rule, tenant: &str) -> Days {
        RuleEvaluation::new(self, rule, tenant).map_or(Days { back: DAYS_BACK, earlier: None }, |evaluation| evaluation.days())
    }

    /// What `rule` found in `tenant`, each with until when it is snoozed.
    pub fn findings(&self, rule: &Rule, tenant: &str) -> Vec<(String, FindingState, Option<Timestamp>)> {
        let Some(evaluation) = RuleEvaluation::new(self, rule, tenant) else { return Vec::new() };
        let one = |(subject, state): (&String, &FindingState)| (subject.clone(), state.clone(), evaluation.snoozed(subject));
        evaluation.findings.iter().map(one).collect()
    }
}

impl<'a> RuleEvaluation<'a> {
    /// `rule` in the tenant called `name`; `None` for a tenant of which nothing is known.
    pub(super) fn new(inputs: &'a AlertInputs, rule: &'a Rule, name: &str) -> Option<Self> {
        static NOTHING: FindingStates = FindingStates::new();
        let (name, tenant) = inputs.tenants.get_key_value(name)?;
        // What was written for another kind of rule of this name means nothing any more.
        let memory = tenant.memories.get(&rule.name).filter(|memory| memory.rule.watch.kind() == rule.watch.kind());
        let findings = undelivered::without(memory.map_or(&NOTHING, |memory| &memory.findings), &inputs.undelivered);
        Some(Self { inputs, rule, name, tenant, state: memory.map(|memory| &memory.rule), findings })
    }

    /// What the rule sees of `tenant`, whose days are loaded as far as it needs them.
    pub(super) fn input<'i>(&'i self, tenant: &'i TenantFacts) -> RuleInput<'i> {
        RuleInput {
            rule: self.rule,
            tenant,
            version: self.tenant.version,
            newest_day: tenant.history.newest().map(|newest| newest.day).or(self.tenant.newest_day),
            read_at: self.tenant.read_at,
            for_operators: false,
            failure: self.tenant.failure.as_ref(),
            credential: &self.tenant.credential,
            state: self.state,
            findings: &self.findings,
            now: self.inputs.now,
        }
    }

    /// Whether its tenant's data moved, a day began, an interval or a snooze ended, or a message was lost. What the data said nothing of it
    /// does not say a minute later.
    fn is_due(&self) -> bool {
        let Some(state) = self.state else { return true };
        let (version, now) = (self.tenant.version, self.inputs.now);
        let changed = state.watch != self.rule.watch || state.hold != self.rule.hold;
        let moved = changed || state.version != version || state.looked != day_of(now);
        let awaited = || {
            let mut findings = self.findings.iter();
            findings.any(|(subject, state)| state.is_awaited(self.rule, version, self.is_silenced(subject), now))
        };
        let lost =
            || self.notices().any(|notice| self.is_lost(notice) && notice.matters(&|subject| self.findings.contains_key(subject), now));
        moved || awaited() || lost()
    }

    /// Whether nothing is notified of `subject` now: it is snoozed, or its message was lost and it is not notified again yet.
    pub(super) fn is_silenced(&self, subject: &str) -> bool {
        let waits = |state: &FindingState| state.waits_to_be_resent(&self.rule.to, &self.inputs.stopped, self.inputs.now);
        self.findings.get(subject).is_some_and(waits) || self.snoozed(subject).is_some()
    }

    /// Until when `subject` is snoozed.
    fn snoozed(&self, subject: &str) -> Option<Timestamp> {
        let kind = self.rule.watch.kind();
        let of_it = self.tenant.snoozes.iter().filter(|snooze| snooze.kind == kind || snooze.kind == SNOOZE_ALL);
        of_it.filter(|snooze| snooze.control.as_deref().is_none_or(|control| control == subject)).map(|snooze| snooze.until).max()
    }

    /// What it reported as resolved lately.
    pub(super) fn notices(&self) -> impl Iterator<Item = &'a ResolvedNotice> {
        self.state.into_iter().flat_map(|state| &state.resolved)
    }

    /// Whether `notice` is to be notified once more, as far as its message goes.
    pub(super) fn is_lost(&self, notice: &ResolvedNotice) -> bool {
        notice.is_due(&self.inputs.undelivered, &self.inputs.stopped, self.inputs.now)
    }

    fn days(&self) -> Days {
        let Some(newest) = self.tenant.newest_day else { return Days { back: DAYS_BACK, earlier: None } };
        let back = |day: Date| newest.since(day).map_or(0, |span| span.get_days());
        let began = self.findings.values().filter(|state| !state.preexisting).filter_map(|state| state.from).min();
        let days = began.map_or(0, back).clamp(0, DAYS_BACK_MAX).unsigned_abs().max(DAYS_BACK);
        let looked = self.state.and_then(|state| state.day);
        let first = newest.saturating_sub(i64::from(days).days());
        Days { back: days, earlier: [began, looked].into_iter().flatten().min().filter(|day| *day < first) }
    }

    /// The name under which what is found about `subject` is remembered.
    pub(super) fn key(&self, subject: &str) -> FindingKey {
        FindingKey::new(self.rule, self.name, subject)
    }

    /// What is written otherwise than it is known now: what notified it never arrived, or it was found by another kind of rule.
    pub(super) fn differs(&self) -> impl Iterator<Item = (FindingKey, Option<FindingState>)> {
        let written = self.tenant.memories.get(&self.rule.name).into_iter().flat_map(|memory| &memory.findings);
        let known = written.map(|(subject, written)| (subject, written, self.findings.get(subject)));
        known.filter(|(_, written, known)| *known != Some(*written)).map(|(subject, _, known)| (self.key(subject), known.cloned()))
    }

    /// What the rule remembers of the tenant from now on; written once a day at least, which says that it is still watched.
    pub(super) fn remembered(&self, tenant: &TenantFacts) -> RuleState {
        let (before, now) = (self.state, self.inputs.now);
        let newest = self.input(tenant).newest_day;
        let known = before.and_then(|before| before.statuses.as_ref());
        let version = match (self.rule.watch.needs(), before) {
            // What asks the clock looks every time, and need not remember at what.
            (Needed::Nothing, Some(before)) => before.version,
            _ => self.tenant.version,
        };
        RuleState {
            watch: self.rule.watch.clone(),
            hold: self.rule.hold,
            // A clock that was ahead when the rule was new must not make old what happens from now on.
            since: before.map_or(now, |before| before.since.min(now)),
            day: newest,
            began: before.and_then(|before| before.began).or(newest),
            version,
            looked: day_of(now),
            resolved: before.map_or_else(Vec::new, |before| before.resolved.clone()),
            statuses: if matches!(self.rule.watch, Watch::StatusChanged(_)) { statuses(known, tenant) } else { None },
        }
    }
}
