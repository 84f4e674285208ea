//! Which incident is it where many tenants suffer for one reason? Each is found at its own minute, and one outage is not forty messages.
//!
//! The first tenant is notified at once. Those that follow wait until nothing was notified of the incident for a while, and are then one message more of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    rule_evaluation::RuleEvaluation,
    state::{FindingKey, has_passed},
    transitions::{Notification, Reason},
};
use crate::skills::TenantFacts;

/// For how long a tenant waits for others: one that suffers once that was notified, and one that recovers from what was notified as one.
pub(super) const TOGETHER_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What is bad in several tenants for one reason and was notified, by destination and reason.
#[derive(Debug, Default)]
pub(super) struct SharedIncidents<'a>(BTreeMap<(&'a str, &'a str), SharedIncident<'a>>);

#[derive(Debug, Clone, Copy)]
struct SharedIncident<'a> {
    key: &'a str,
    /// When it was last notified in any tenant.
    last: Timestamp,
}

impl<'a> SharedIncidents<'a> {
    /// Those of which something is still bad in a tenant that is looked at in `round`.
    pub(super) fn open(round: &'a [(RuleEvaluation<'_>, &TenantFacts)]) -> Self {
        let mut open = BTreeMap::<_, SharedIncident<'a>>::new();
        for notified in round.iter().flat_map(|(evaluation, _)| evaluation.findings.values()).filter_map(|state| state.notified.as_ref()) {
            let Some(shared) = &notified.shared else { continue };
            let incident = SharedIncident { key: &notified.incident, last: notified.last };
            let known = open.entry((notified.to.as_str(), shared.as_str())).or_insert(incident);
            if known.last < incident.last {
                *known = incident;
            }
        }
        Self(open)
    }

    /// The key of the incident that is open at `to` for the reason `shared`.
    pub(super) fn of(&self, to: &str, shared: &str) -> Option<&'a str> {
        self.0.get(&(to, shared)).map(|incident| incident.key)
    }

    /// Takes out of `notifications` what waits, and says what that is: in the next round it is found anew, as if it were not known yet.
    pub(super) fn wait(&self, notifications: &mut Vec<Notification<'_>>, now: Timestamp) -> Vec<FindingKey> {
        let mut waiting = Vec::new();
        notifications.retain(|notification| {
            let incident = notification.finding.shared.as_deref().and_then(|shared| self.0.get(&(notification.rule.to.as_str(), shared)));
            let waits =
                notification.reason == Reason::New && incident.is_some_and(|incident| !has_passed(TOGETHER_WITHIN, incident.last, now));
            waiting.extend(waits.then(|| notification.key()));
            !waits
        });
        waiting
    }
}
