//! What of all that is told is one message? What one tenant's rules tell of one event, and what tenants have in common.
//!
//! In a destination, what rules about the same topic tell of a tenant in one round is one event, and so is what several tenants suffer for one
//! reason that is not their own. Each message belongs to an incident, which its findings remember: programs open and close it by its key, and what
//! resolves of one incident is one message again. What one destination is told of an acceptance that ends is one message, whenever it was told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    cards::{alert_card, one_tenant, shows_names},
    resolved_card::resolved_card,
    rule::{Rule, Topic},
    rule_evaluation::{DestinationReaders, readers_at},
    shared::SharedIncidents,
    state::{FindingKey, FindingState, Notified, ResolvedNotice},
    transitions::{Notification, Resolution},
};
use crate::{
    card::Card,
    delivery::{DeliveryKey, Findings, Post, PostKind, Record, RecordedFinding, incident_key},
    score::change::day_of,
    skills::{TenantFacts, wording},
};

/// A post as the outbox takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPost {
    /// What it is about, and where it goes.
    pub key: DeliveryKey,
    /// The post.
    pub post: Post,
    /// Whether it shows names of people.
    pub names: bool,
}

/// A message that tells what is bad.
pub(super) struct AlertMessage<'a> {
    pub(super) post: AlertPost,
    pub(super) told: Vec<Notification<'a>>,
    /// What it is a part of.
    pub(super) incident: String,
}

/// A message that tells what is resolved.
pub(super) struct RecoveryMessage<'a> {
    pub(super) post: AlertPost,
    told: Vec<Resolution<'a>>,
}

/// What makes one message of what is told in one destination.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MessageGroup {
    /// A tenant's own.
    Tenant(String, Topic),
    /// What several tenants have in common.
    Shared(String),
    /// What was told as one.
    Incident(String),
}

impl Notification<'_> {
    pub(super) fn key(&self) -> FindingKey {
        key(self.rule, self.tenant, &self.finding.subject)
    }
}

impl Resolution<'_> {
    pub(super) fn key(&self) -> FindingKey {
        key(self.rule, self.tenant, &self.resolved.subject)
    }
}

fn key(rule: &Rule, tenant: &TenantFacts, subject: &str) -> FindingKey {
    FindingKey { tenant: tenant.name.clone(), rule: rule.name.clone(), subject: subject.to_owned() }
}

/// The messages that tell `notifications`; those of one reason join the one of `incidents` that is told already.
pub(super) fn alerts<'a>(
    notifications: Vec<Notification<'a>>,
    incidents: &SharedIncidents<'_>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Vec<AlertMessage<'a>> {
    let placed: Vec<(String, Notification<'a>)> = notifications
        .into_iter()
        .map(|told| {
            // What goes on is told where it was told first, if they still may read it there.
            let earlier = told.before.map(|before| &before.to).filter(|to| readers_at(readers, to, &told.tenant.name).is_ok());
            (earlier.unwrap_or(&told.rule.to).clone(), told)
        })
        .collect();
    let mut suffering: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for (to, told) in &placed {
        if let Some(cause) = &told.finding.shared {
            suffering.entry((to.clone(), cause.clone())).or_default().insert(&told.tenant.name);
        }
    }
    let mut events: BTreeMap<(String, MessageGroup), Vec<Notification<'a>>> = BTreeMap::new();
    for (to, told) in placed {
        let several = |cause: &String| suffering.get(&(to.clone(), cause.clone())).is_some_and(|of| of.len() > 1);
        let shared = told.finding.shared.clone().filter(|cause| several(cause) || incidents.of(&to, cause).is_some());
        let event = shared.map_or_else(|| MessageGroup::Tenant(told.tenant.name.clone(), told.rule.watch.topic()), MessageGroup::Shared);
        events.entry((to, event)).or_default().push(told);
    }
    let joins = |to: &str, group: &MessageGroup| match group {
        MessageGroup::Shared(cause) => incidents.of(to, cause),
        MessageGroup::Tenant(..) | MessageGroup::Incident(_) => None,
    };
    events.into_iter().filter_map(|((to, group), told)| alert(joins(&to, &group), to, told, readers, now)).collect()
}

/// The message that tells `told`, as a part of the incident that it `joins`.
fn alert<'a>(
    joins: Option<&str>,
    to: String,
    told: Vec<Notification<'a>>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Option<AlertMessage<'a>> {
    let names = readers(&to).ok()?.role.sees_names();
    let card = alert_card(&told, names)?;
    let keys: Vec<FindingKey> = told.iter().map(Notification::key).collect();
    let key = DeliveryKey { tenants: tenants(&keys), kind: PostKind::Alert(findings(&keys)), period: now.to_string(), destination: to };
    let mut earlier: Vec<_> = told.iter().filter_map(|told| told.before).collect();
    earlier.sort_by_key(|before| before.first);
    let mut incidents = incidents(earlier.into_iter());
    let incident = incidents.next().or_else(|| joins.map(ToOwned::to_owned)).unwrap_or_else(|| new_incident(&told, &keys, &key.id()));
    let found = told.iter().map(found).collect();
    let post = Post {
        snoozes: true,
        incident: Some(incident.clone()),
        also: incidents.collect(),
        ..post(&key, aged(card, told.iter().map(|told| told.tenant), now), found, now)
    };
    let names = names && shows_names(&told);
    Some(AlertMessage { post: AlertPost { key, post, names }, told, incident })
}

/// The incidents of what was told before, each once.
fn incidents<'a>(told: impl Iterator<Item = &'a Notified>) -> impl Iterator<Item = String> {
    let mut incidents: Vec<String> = Vec::new();
    for notified in told {
        if !incidents.contains(&notified.incident) {
            incidents.push(notified.incident.clone());
        }
    }
    incidents.into_iter()
}

/// The key of an incident that begins: what one thing is about has the same each time, several things have that of their message.
fn new_incident(told: &[Notification<'_>], keys: &[FindingKey], id: &str) -> String {
    let (Some(first), Some(key)) = (told.first(), keys.first()) else { return incident_key(&[id]) };
    let FindingKey { tenant, rule, subject } = key;
    let one_thing = keys.iter().all(|other| other.tenant == *tenant && other.subject == *subject);
    match first.rule.watch.topic() {
        Topic::Acceptances if one_thing => incident_key(&["acceptance", tenant, subject]),
        _ if one_thing && keys.iter().all(|other| other.rule == *rule) => incident_key(&[rule, tenant, subject]),
        Topic::Points | Topic::Acceptances | Topic::Readings => incident_key(&[id]),
    }
}

/// The messages that tell `resolutions`, where they were told, also when a rule tells elsewhere by now; `open` is what is still bad. Where nobody may
/// read of a tenant any more it is forgotten.
pub(super) fn recoveries<'a>(
    resolutions: Vec<Resolution<'a>>,
    open: &BTreeMap<FindingKey, FindingState>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Vec<RecoveryMessage<'a>> {
    let mut events: BTreeMap<(String, MessageGroup), Vec<Resolution<'a>>> = BTreeMap::new();
    for told in resolutions {
        let to = told.told.to.clone();
        if readers_at(readers, &to, &told.tenant.name).is_err() {
            continue;
        }
        let event = match told.rule.watch.topic() {
            topic @ Topic::Acceptances => MessageGroup::Tenant(told.tenant.name.clone(), topic),
            Topic::Points | Topic::Readings => MessageGroup::Incident(told.told.incident.clone()),
        };
        events.entry((to, event)).or_default().push(told);
    }
    events.into_iter().filter_map(|((to, _), told)| recovery(to, told, open, now)).collect()
}

fn recovery<'a>(
    to: String,
    mut told: Vec<Resolution<'a>>,
    open: &BTreeMap<FindingKey, FindingState>,
    now: Timestamp,
) -> Option<RecoveryMessage<'a>> {
    // What was told last comes first: its message is the one that this follows.
    told.sort_by_key(|told| std::cmp::Reverse(told.told.last));
    let follows = told.first()?.told.posts.last().cloned();
    let still_told = |post: &str| open.iter().filter(move |(_, state)| state.is_told_in(post)).collect::<Vec<_>>();
    // Of other tenants it is said which they are, of the same one what it is.
    let home = told.first()?.tenant.name.as_str();
    let titles =
        follows.iter().flat_map(|post| still_told(post)).map(|(key, state)| if key.tenant == home { &state.title } else { &key.tenant });
    let mut still: Vec<&str> = Vec::new();
    for title in titles {
        if !still.contains(&title.as_str()) {
            still.push(title);
        }
    }
    let card = resolved_card(&told, &still)?;
    let keys: Vec<FindingKey> = told.iter().map(Resolution::key).collect();
    let mut incidents = incidents(told.iter().map(|told| told.told));
    let incident = incidents.next();
    let period = format!("{now} resolved {}", incident.as_deref().unwrap_or_default());
    let key = DeliveryKey { tenants: tenants(&keys), kind: PostKind::Recovery(findings(&keys)), period, destination: to };
    let earlier: BTreeSet<&String> = told.iter().flat_map(|told| &told.told.posts).filter(|post| Some(*post) != follows.as_ref()).collect();
    let ends = earlier.into_iter().filter(|post| still_told(post).is_empty()).cloned().collect();
    let found = told.iter().map(found_resolved).collect();
    let post = Post {
        follows,
        ends,
        resolved: still.is_empty(),
        incident,
        also: incidents.collect(),
        ..post(&key, aged(card, told.iter().map(|told| told.tenant), now), found, now)
    };
    Some(RecoveryMessage { post: AlertPost { key, post, names: false }, told })
}

impl RecoveryMessage<'_> {
    /// What each rule has to remember of it, by tenant and rule.
    pub(super) fn notices(&self, now: Timestamp) -> impl Iterator<Item = ((String, String), ResolvedNotice)> {
        let mut notices: BTreeMap<(String, String), ResolvedNotice> = BTreeMap::new();
        for told in &self.told {
            let notice = notices.entry((told.tenant.name.clone(), told.rule.name.clone())).or_insert_with(|| ResolvedNotice {
                post: self.post.post.id.clone(),
                to: self.post.key.destination.clone(),
                at: now,
                day: told.tenant.history.newest().map(|newest| newest.day),
                findings: BTreeMap::new(),
            });
            notice.findings.insert(told.resolved.subject.clone(), told.state.before());
        }
        notices.into_iter()
    }
}

/// `card` with a mark where the newest day of its one tenant is old.
fn aged<'a>(card: Card, tenants: impl Iterator<Item = &'a TenantFacts>, now: Timestamp) -> Card {
    match one_tenant(tenants) {
        Some(tenant) => wording::aged(card, tenant, day_of(now)),
        None => card,
    }
}

fn tenants(keys: &[FindingKey]) -> Vec<String> {
    keys.iter().map(|key| key.tenant.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn findings(keys: &[FindingKey]) -> Findings {
    let rules: BTreeSet<&String> = keys.iter().map(|key| &key.rule).collect();
    let subjects: BTreeSet<&String> = keys.iter().map(|key| &key.subject).collect();
    let subject = if subjects.len() == 1 { subjects.first().map(|subject| (*subject).clone()) } else { None };
    Findings { rules: rules.into_iter().cloned().collect(), subject }
}

fn post(key: &DeliveryKey, card: Card, found: Vec<RecordedFinding>, now: Timestamp) -> Post {
    let rules: BTreeSet<&String> = found.iter().map(|found| &found.rule).collect();
    let rules: Vec<String> = rules.into_iter().cloned().collect();
    let record = Record::Alert { rule: rules.first().cloned().unwrap_or_default(), rules, findings: found };
    Post { record: Some(record), ..Post::new(key, card, now) }
}

fn found(Notification { rule, tenant, finding, reason, .. }: &Notification<'_>) -> RecordedFinding {
    RecordedFinding {
        tenant: tenant.name.clone(),
        rule: rule.name.clone(),
        when: rule.watch.kind().to_owned(),
        subject: finding.subject.clone(),
        title: Some(finding.title.clone()),
        state: reason.word().to_owned(),
        moved: finding.moved,
        from: finding.from,
        may_correct: finding.may_correct,
    }
}

fn found_resolved(Resolution { rule, tenant, resolved, .. }: &Resolution<'_>) -> RecordedFinding {
    RecordedFinding {
        tenant: tenant.name.clone(),
        rule: rule.name.clone(),
        when: rule.watch.kind().to_owned(),
        subject: resolved.subject.clone(),
        title: None,
        state: "resolved".to_owned(),
        moved: None,
        from: None,
        may_correct: false,
    }
}
