//! What do the rules find, and what was notified of it? The inputs of [`crate::alert::evaluate`] are loaded here, and what follows is written.
//!
//! What looks rest on is read once for all rules and tenants; days are loaded only where something may be new, and once for all rules of a tenant
//! that need the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::Serialize;

use super::Posting;
use crate::{
    access::Asker,
    alert::{
        AlertChanges, AlertInputs, AlertPost, CredentialStatus, Days, Needed, Readiness, Rule, Snoozed, TenantInput, UnknownControl,
        Watched,
    },
    delivery::{DeliveryKey, Post},
    error::{Error, ErrorKind, Result},
    score::{Annotations, Catalogue, History},
    skills::TenantFacts,
    store::{AlertWrite, DayReference, Depth, Fence, LoadOptions, NewDelivery, StoredSnooze, TenantIndex},
};

/// A rule, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertShown {
    /// Its name.
    pub rule: String,
    /// The kind.
    pub kind: &'static str,
    /// Where it notifies.
    pub to: String,
    /// Those of its tenants that the asker may see.
    pub tenants: Vec<String>,
    /// What fires there.
    pub firing: Vec<FindingShown>,
    /// What was so before the rule watched, and is not notified.
    pub preexisting: Vec<FindingShown>,
}

/// Something that is bad, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingShown {
    /// The tenant.
    pub tenant: String,
    /// A control, or what else it is about.
    pub subject: String,
    /// What it is.
    pub news: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last notified; `None` while it is snoozed or held back.
    pub notified: Option<Timestamp>,
    /// Until when it is snoozed.
    #[serde(rename = "snoozed_until")]
    pub snoozed: Option<Timestamp>,
}

/// Rules that look together, each with a tenant as far as it needs it.
pub struct LoadedDays<'r>(Vec<(&'r Rule, Arc<TenantFacts>)>);

impl LoadedDays<'_> {
    /// The same, to be evaluated.
    pub fn watched(&self) -> Vec<Watched<'_>> {
        self.0.iter().map(|(rule, tenant)| Watched { rule, tenant }).collect()
    }
}

impl Posting {
    /// What all rules rest on now, in a few queries for however many tenants and rules; `credentials` are those of tenants.
    pub async fn load_inputs(&self, known: &TenantIndex, credentials: &BTreeMap<String, CredentialStatus>) -> Result<AlertInputs> {
        let now = self.view.now();
        let mut stored = self.view.store().alerts(now).await?;
        let stopped = self.closed_destinations().await?;
        let tenants = known.tenants.iter().map(|(name, known)| {
            let input = TenantInput {
                version: known.version,
                newest_day: known.newest_day,
                read_at: known.read_at,
                entra_id: known.entra_id.clone(),
                failure: stored.faults.remove(name),
                credential: credentials.get(name).cloned().unwrap_or_default(),
                memories: stored.memories.remove(name).unwrap_or_default(),
                unreadable: stored.unreadable.remove(name).unwrap_or_default(),
                snoozes: stored.snoozes.remove(name).into_iter().flatten().map(snoozed).collect(),
            };
            (name.clone(), input)
        });
        Ok(AlertInputs { tenants: tenants.collect(), undelivered: stored.undelivered, stopped, now })
    }

    /// Whether `rule` may have to notify of something new of `tenant`. Loads nothing.
    pub fn readiness(&self, inputs: &AlertInputs, rule: &Rule, tenant: &str) -> Readiness {
        inputs.readiness(rule, tenant, &|to| self.readers(to))
    }

    /// The days that `rules` need of tenants; rules of one tenant stand beside each other.
    pub async fn load_days<'r>(&self, inputs: &AlertInputs, rules: &[(&'r Rule, &str)]) -> Result<LoadedDays<'r>> {
        let (mut loaded, mut at_hand) = (Vec::with_capacity(rules.len()), None::<(Days, Arc<TenantFacts>)>);
        for (rule, tenant) in rules {
            if rule.watch.needs() == Needed::Nothing {
                loaded.push((*rule, Arc::new(bare(inputs, tenant))));
                continue;
            }
            let days = inputs.days(rule, tenant);
            let enough = at_hand.take().filter(|(have, facts)| facts.name == *tenant && have.cover(days));
            let cached = if let Some(cached) = enough {
                cached
            } else {
                let want = LoadOptions {
                    days_back: days.back,
                    earlier: days.earlier.map(DayReference::Day),
                    catalogue: Some(Depth::Whole),
                    ..LoadOptions::default()
                };
                (days, Arc::new(self.view.load(tenant, want).await?))
            };
            loaded.push((*rule, Arc::clone(&at_hand.insert(cached).1)));
        }
        Ok(LoadedDays(loaded))
    }

    /// The controls that `rule` names and that no tenant has whose days are held; nothing while none is held.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn unknown_controls(&self, known: &TenantIndex, rule: &Rule) -> Result<Vec<UnknownControl>> {
        let Some(only) = rule.watch.only().filter(|only| !only.controls.is_empty()) else { return Ok(Vec::new()) };
        let mut unknown: Option<Vec<UnknownControl>> = None;
        for (name, tenant) in &known.tenants {
            if tenant.newest_day.is_none() || !rule.tenants.include(name) {
                continue;
            }
            let facts = self.view.load(name, LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await?;
            let here = only.unknown_in(&facts);
            let still = |one: &UnknownControl| here.iter().any(|other| other.typed == one.typed);
            unknown = Some(unknown.map_or_else(|| here.clone(), |before| before.into_iter().filter(still).collect()));
        }
        Ok(unknown.unwrap_or_default())
    }

    /// Who reads at the destination called `to`.
    pub fn readers(&self, to: &str) -> Result<Asker> {
        Ok(self.posts().destinations.find(to)?.readers)
    }

    /// Writes `changes` with the posts that say so, while `fence` holds.
    pub async fn write(&self, fence: &Fence, changes: &AlertChanges) -> Result<()> {
        let mut deliveries = Vec::with_capacity(changes.posts.len());
        for AlertPost { key, post, names } in &changes.posts {
            deliveries.push(self.wrap(key, post, *names)?);
        }
        for lost in &changes.again {
            deliveries.extend(self.sent_again(lost).await?);
        }
        let AlertChanges { rules, findings, .. } = changes;
        let write = AlertWrite { rules, findings, deliveries: &deliveries };
        if self.view.store().alerts_write(fence, &write, self.view.now()).await? && !deliveries.is_empty() {
            tracing::info!(messages = deliveries.len(), "alerts to be delivered");
        }
        Ok(())
    }

    /// The post with the id `lost`, as it is sent once more. One that is no longer stored or cannot be read, whose destination is no longer
    /// configured, or that may not be seen there by now, is not.
    async fn sent_again(&self, lost: &str) -> Result<Option<NewDelivery>> {
        let now = self.view.now();
        let Some(lost) = self.view.store().delivery(lost).await?.filter(|lost| !lost.post.is_gone()) else { return Ok(None) };
        let (earlier, readers) = match (lost.post.read(), self.readers(&lost.destination)) {
            (Ok(earlier), Ok(readers)) => (earlier, readers),
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(
                    delivery = lost.id,
                    cause = error.cause(),
                    "that an alert is resolved is not sent once more: {}",
                    error.sentence
                );
                return Ok(None);
            }
        };
        if !earlier.tenants.iter().all(|tenant| readers.tenants.include(tenant)) {
            return Ok(None);
        }
        let period = format!("{now} again {}", lost.id);
        let key = DeliveryKey { tenants: earlier.tenants.clone(), kind: earlier.kind.clone(), period, destination: lost.destination };
        self.wrap(&key, &Post { id: key.id(), created: now, ..earlier }, false).map(Some)
    }

    /// The rules with what is bad by them, as far as `asker` may see their tenants.
    ///
    /// # Errors
    /// Those of the store; also where what a rule remembers of one of these tenants cannot be read.
    pub async fn alerts(&self, asker: &Asker) -> Result<Vec<AlertShown>> {
        let inputs = self.load_inputs(&self.view.store().index().await?, &BTreeMap::new()).await?;
        let posts = self.posts();
        let shown = posts.rules.iter().map(|rule| {
            let tenants: Vec<String> = self.view.visible(asker).into_iter().filter(|tenant| rule.tenants.include(tenant)).collect();
            let unreadable = tenants.iter().find_map(|tenant| inputs.tenants.get(tenant)?.unreadable.get(&rule.name));
            if let Some(sentence) = unreadable {
                return Err(Error::new(ErrorKind::Misconfigured, sentence.clone()));
            }
            let (mut firing, mut preexisting) = (Vec::new(), Vec::new());
            for tenant in &tenants {
                for (subject, state, snoozed) in inputs.findings(rule, tenant) {
                    let (tenant, notified) = (tenant.clone(), state.notified.map(|notified| notified.last));
                    let those = if state.preexisting { &mut preexisting } else { &mut firing };
                    those.push(FindingShown { tenant, subject, news: state.news, since: state.since, notified, snoozed });
                }
            }
            Ok(AlertShown { rule: rule.name.clone(), kind: rule.watch.kind(), to: rule.to.clone(), tenants, firing, preexisting })
        });
        shown.collect()
    }

    /// The subjects of `tenant` that the message called `id` notified by the rule called `rule`.
    pub(crate) async fn notified_subjects(&self, rule: &str, tenant: &str, id: &str) -> Result<BTreeSet<String>> {
        let findings = self.view.store().alert_findings(rule, tenant).await?;
        Ok(findings.into_iter().filter(|(_, state)| state.was_notified_by(id)).map(|(subject, _)| subject).collect())
    }
}

fn snoozed(snooze: StoredSnooze) -> Snoozed {
    Snoozed { kind: snooze.kind, control: Some(snooze.control).filter(|control| !control.is_empty()), until: snooze.until }
}

/// A tenant of which no day is needed.
fn bare(inputs: &AlertInputs, tenant: &str) -> TenantFacts {
    let known = inputs.tenants.get(tenant);
    TenantFacts {
        name: tenant.to_owned(),
        entra_id: known.and_then(|known| known.entra_id.clone()),
        history: History::default(),
        catalogue: Catalogue::default(),
        annotations: Annotations::default(),
        service_plans: None,
        read_at: known.and_then(|known| known.read_at),
        fetch_failure: None,
    }
}
