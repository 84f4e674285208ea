//! What follows when rules look at tenants: which states change, and what is notified? The whole of it, from top to bottom.
//!
//! 1. Each rule says of each of its subjects whether it is bad or resolved ([`find`]).
//! 2. Its states say what of that is notified now ([`transitions`]).
//! 3. What many tenants suffer for one reason waits for more of them once it was notified ([`shared`](super::shared)), and so does that they recover.
//! 4. What belongs together is one message in a destination ([`messages`]), and each state notes which message notified it. What the end of something
//!    says already is told with that end.
//! 5. What was notified by messages that never arrived is notified once more ([`undelivered`](super::undelivered)).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    find::find,
    messages::{self, AlertPost},
    rule::Rule,
    rule_evaluation::{AlertInputs, DestinationReaders, RuleEvaluation, readers_at},
    rule_input::RuleInput,
    shared::{SharedIncidents, TOGETHER_WITHIN},
    state::{FindingKey, FindingState, ResolvedNotice, RuleState, has_passed},
    transitions::{Resolution, transitions},
    undelivered,
};
use crate::skills::TenantFacts;

/// What was reported as resolved, by tenant and rule.
type Notices = BTreeMap<(String, String), Vec<ResolvedNotice>>;

/// A rule and a tenant that it looks at.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its days, catalogue and annotations, as far as the rule needs them.
    pub tenant: &'a TenantFacts,
}

/// What follows: to be written together, or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertChanges {
    /// What rules remember of tenants from now on, by tenant and rule.
    pub rules: BTreeMap<(String, String), RuleState>,
    /// The states that changed, `None` for those that are resolved.
    pub findings: BTreeMap<FindingKey, Option<FindingState>>,
    /// The posts that tell it.
    pub posts: Vec<AlertPost>,
    /// The posts that never arrived and are sent once more, each as it was.
    pub again: BTreeSet<String>,
}

/// What follows from what the rules of `watched` find in their tenants. `readers` says who reads where: nobody is notified of what they may not see.
pub fn evaluate(inputs: &AlertInputs, watched: &[Watched<'_>], readers: &DestinationReaders<'_>) -> AlertChanges {
    let may = watched.iter().filter(|pair| readers_at(readers, &pair.rule.to, &pair.tenant.name).is_ok());
    let pairs = may.filter_map(|Watched { rule, tenant }| Some((RuleEvaluation::new(inputs, rule, &tenant.name)?, *tenant)));
    let round: Vec<(RuleEvaluation<'_>, &TenantFacts)> = pairs.collect();
    let mut changes = AlertChanges::default();
    let (mut notifications, mut resolutions) = (Vec::new(), Vec::new());
    for (evaluation, tenant) in &round {
        // 1. and 2.
        let for_operators = readers(&evaluation.rule.to).is_ok_and(|those| those.role.operates());
        let input = RuleInput { for_operators, ..evaluation.input(tenant) };
        let next = transitions(&input, find(&input), &|subject| evaluation.is_silenced(subject));
        changes.findings.extend(next.states.into_iter().map(|(subject, state)| (evaluation.key(&subject), state)));
        for (key, state) in evaluation.differs() {
            changes.findings.entry(key).or_insert(state);
        }
        notifications.extend(next.notifications);
        resolutions.extend(next.resolutions);
    }
    // 3.
    let shared = SharedIncidents::open(&round);
    for key in shared.wait(&mut notifications, inputs.now) {
        changes.findings.remove(&key);
    }
    if !resolutions.is_empty() {
        wait_for_others(&mut resolutions, &round, &mut changes, inputs.now);
    }
    // 4.
    let told_with = messages::told_by_resolutions(&mut notifications, &resolutions);
    for alert in messages::alerts(notifications, &shared, readers, inputs.now) {
        for notification in &alert.notifications {
            if let Some(Some(state)) = changes.findings.get_mut(&notification.key()) {
                state.notified_in(&alert.post.key.id(), &alert.post.key.destination, &alert.incident);
            }
        }
        changes.posts.push(alert.post);
    }
    let mut notices: Notices = BTreeMap::new();
    if !resolutions.is_empty() {
        for recovery in messages::recoveries(resolutions, &told_with, &open(&round, &changes), readers, inputs.now) {
            recovery.notices(inputs.now).for_each(|(pair, notice)| notices.entry(pair).or_default().push(notice));
            changes.posts.push(recovery.post);
        }
    }
    // 5.
    changes.again = again(&round, &changes, inputs.now);
    remember(&round, notices, &mut changes, inputs.now);
    changes
}

impl AlertChanges {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.findings.is_empty() && self.posts.is_empty() && self.again.is_empty()
    }

    /// Whether `subject` is bad by the rule of `evaluation` from now on.
    fn remains_bad(&self, evaluation: &RuleEvaluation<'_>, subject: &str) -> bool {
        self.findings.get(&evaluation.key(subject)).map_or_else(|| evaluation.findings.contains_key(subject), Option::is_some)
    }
}

/// The posts that said that something is resolved, never arrived, and are sent once more.
fn again(round: &[(RuleEvaluation<'_>, &TenantFacts)], changes: &AlertChanges, now: Timestamp) -> BTreeSet<String> {
    let notices = round.iter().flat_map(|(evaluation, _)| evaluation.notices().map(move |notice| (evaluation, notice)));
    undelivered::posts_to_resend(notices.map(|(evaluation, notice)| {
        let matters = || notice.matters(&|subject| changes.remains_bad(evaluation, subject), now);
        (notice, evaluation.is_lost(notice) && matters())
    }))
}

/// Notes what each rule has to remember of each tenant from now on.
fn remember(round: &[(RuleEvaluation<'_>, &TenantFacts)], mut notices: Notices, changes: &mut AlertChanges, now: Timestamp) {
    for (evaluation, tenant) in round {
        let pair = (tenant.name.clone(), evaluation.rule.name.clone());
        let mut state = evaluation.remembered(tenant);
        let new = notices.remove(&pair).unwrap_or_default();
        state.remember(new, &changes.again, &|subject| changes.remains_bad(evaluation, subject), now);
        if Some(&state) != evaluation.state {
            changes.rules.insert(pair, state);
        }
    }
}

/// What is bad after `changes`, of all that was looked at.
fn open(round: &[(RuleEvaluation<'_>, &TenantFacts)], changes: &AlertChanges) -> BTreeMap<FindingKey, FindingState> {
    let mut open = BTreeMap::new();
    for (evaluation, _) in round {
        open.extend(evaluation.findings.iter().map(|(subject, state)| (evaluation.key(subject), state.clone())));
    }
    for (key, state) in &changes.findings {
        match state {
            Some(state) => _ = open.insert(key.clone(), state.clone()),
            None => _ = open.remove(key),
        }
    }
    open
}

/// Leaves of `resolutions` what is notified now: tenants that were notified of in one message are reported as resolved in one, so the first of them wait
/// for the others, but not for long.
fn wait_for_others(
    resolutions: &mut Vec<Resolution<'_>>,
    round: &[(RuleEvaluation<'_>, &TenantFacts)],
    changes: &mut AlertChanges,
    now: Timestamp,
) {
    let mut still: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (evaluation, tenant) in round {
        let open = evaluation.findings.iter().filter(|(subject, _)| !matches!(changes.findings.get(&evaluation.key(subject)), Some(None)));
        for notified in open.filter_map(|(_, state)| state.notified.as_ref()) {
            still.entry(&notified.incident).or_default().insert(&tenant.name);
        }
    }
    let since = |resolution: &Resolution<'_>| resolution.state.resolving.unwrap_or(now);
    let mut waits: BTreeMap<String, bool> = BTreeMap::new();
    for resolution in resolutions.iter() {
        let others =
            still.get(&*resolution.notified.incident).is_some_and(|tenants| tenants.iter().any(|name| **name != *resolution.tenant.name));
        *waits.entry(resolution.notified.incident.clone()).or_insert(true) &=
            others && !has_passed(TOGETHER_WITHIN, since(resolution), now);
    }
    resolutions.retain(|resolution| {
        let wait = waits.get(&resolution.notified.incident).copied().unwrap_or_default();
        if wait && resolution.state.resolving.is_none() {
            changes.findings.insert(resolution.key(), Some(FindingState { resolving: Some(now), ..resolution.state.clone() }));
        } else if wait {
            changes.findings.remove(&resolution.key());
        }
        !wait
    });
}
