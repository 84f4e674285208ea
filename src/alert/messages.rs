//! What of all that is notified is one message? What one tenant's rules find of one event, and what tenants have in common.
//!
//! In a destination, what rules about the same topic find in a tenant in one round is one event, and so is what several tenants suffer for one
//! reason that is not their own. Each message belongs to an incident, which its findings remember: programs open and close it by its key, and what
//! resolves of one incident is one message again. What one destination is notified of an acceptance that ends is one message, whenever it was notified.
//! What somebody decided about a control is told with what that did to its points, and with the end of what it ends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    cards::{alert_card, one_tenant, shows_names},
    finding::Finding,
    resolved_card::resolved_card,
    rule::{Rule, Topic, Watch},
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

/// A message that says what is bad.
pub(super) struct AlertMessage<'a> {
    pub(super) post: AlertPost,
    pub(super) notifications: Vec<Notification<'a>>,
    /// What it is a part of.
    pub(super) incident: String,
}

/// A message that says what is resolved.
pub(super) struct RecoveryMessage<'a> {
    pub(super) post: AlertPost,
    resolutions: Vec<Resolution<'a>>,
}

/// What makes one message of what is notified in one destination.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MessageGroup {
    /// A tenant's own.
    Tenant(String, Topic),
    /// What several tenants have in common.
    Shared(String),
    /// What was notified as one.
    Incident(String),
}

impl Notification<'_> {
    pub(super) fn key(&self) -> FindingKey {
        FindingKey::new(self.rule, &self.tenant.name, &self.finding.subject)
    }

    /// The controls whose points it is about.
    fn scored(&self) -> impl Iterator<Item = &String> {
        let Finding { subject, control, causes, .. } = &self.finding;
        let about_points = self.rule.watch.topic() == Topic::Points;
        let subject = std::iter::once(subject).filter(|_| *control);
        subject.chain(causes.iter().map(|cause| &cause.name)).filter(move |_| about_points)
    }

    /// What it says that `resolution` says too: that something was decided otherwise.
    fn is_told_by(&self, resolution: &Resolution<'_>) -> bool {
        matches!(self.rule.watch, Watch::StatusChanged(_))
            && resolution.rule.watch.topic() == Topic::Decisions
            && resolution.notified.to == self.rule.to
            && resolution.tenant.name == self.tenant.name
            && resolution.resolved.subject == self.finding.subject
    }

    fn recorded(&self) -> RecordedFinding {
        let Self { rule, tenant, finding, reason, .. } = self;
        let status = finding.status.as_ref();
        RecordedFinding {
            title: Some(finding.title.clone()),
            status: status.map(|status| status.now.clone()),
            status_before: status.map(|status| status.before.clone()),
            moved: finding.moved,
            from: finding.from,
            may_correct: finding.may_correct,
            ..recorded(rule, tenant, &finding.subject, reason.word())
        }
    }
}

impl Resolution<'_> {
    pub(super) fn key(&self) -> FindingKey {
        FindingKey::new(self.rule, &self.tenant.name, &self.resolved.subject)
    }
}

fn recorded(rule: &Rule, tenant: &TenantFacts, subject: &str, state: &str) -> RecordedFinding {
    RecordedFinding {
        tenant: tenant.name.clone(),
        rule: rule.name.clone(),
        when: rule.watch.kind().to_owned(),
        subject: subject.to_owned(),
        title: None,
        state: state.to_owned(),
        status: None,
        status_before: None,
        moved: None,
        from: None,
        may_correct: false,
    }
}

/// Takes out of `notifications` what one of `resolutions` says where it goes: that an acceptance was taken back is one event.
pub(super) fn told_by_resolutions<'a>(notifications: &mut Vec<Notification<'a>>, resolutions: &[Resolution<'_>]) -> Vec<Notification<'a>> {
    notifications.extract_if(.., |one| resolutions.iter().any(|resolution| one.is_told_by(resolution))).collect()
}

/// The messages for `notifications`; those of one reason join the one of `incidents` that is open already.
pub(super) fn alerts<'a>(
    notifications: Vec<Notification<'a>>,
    incidents: &SharedIncidents<'_>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Vec<AlertMessage<'a>> {
    let placed: Vec<(String, Notification<'a>)> = notifications
        .into_iter()
        .map(|one| {
            // What goes on is notified where it was notified first, if they still may read it there.
            let earlier = one.before.map(|before| &before.to).filter(|to| readers_at(readers, to, &one.tenant.name).is_ok());
            (earlier.unwrap_or(&one.rule.to).clone(), one)
        })
        .collect();
    let mut affected: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for (to, one) in &placed {
        if let Some(cause) = &one.finding.shared {
            affected.entry((to.clone(), cause.clone())).or_default().insert(&one.tenant.name);
        }
    }
    let scored = placed.iter().flat_map(|(to, one)| one.scored().map(|control| (to.clone(), one.tenant.name.clone(), control.clone())));
    let scored: BTreeSet<(String, String, String)> = scored.collect();
    let mut groups: BTreeMap<(String, MessageGroup), Vec<Notification<'a>>> = BTreeMap::new();
    for (to, one) in placed {
        let several = |cause: &String| affected.get(&(to.clone(), cause.clone())).is_some_and(|of| of.len() > 1);
        let shared = one.finding.shared.clone().filter(|cause| several(cause) || incidents.of(&to, cause).is_some());
        let moved = one.finding.event && scored.contains(&(to.clone(), one.tenant.name.clone(), one.finding.subject.clone()));
        let topic = if moved { Topic::Points } else { one.rule.watch.topic() };
        let own = || MessageGroup::Tenant(one.tenant.name.clone(), topic);
        let group = shared.map_or_else(own, MessageGroup::Shared);
        groups.entry((to, group)).or_default().push(one);
    }
    let joins = |to: &str, group: &MessageGroup| match group {
        MessageGroup::Shared(cause) => incidents.of(to, cause),
        MessageGroup::Tenant(..) | MessageGroup::Incident(_) => None,
    };
    groups.into_iter().filter_map(|((to, group), notifications)| alert(joins(&to, &group), to, notifications, readers, now)).collect()
}

/// The message for `notifications`, as a part of the incident that it `joins`.
fn alert<'a>(
    joins: Option<&str>,
    to: String,
    notifications: Vec<Notification<'a>>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Option<AlertMessage<'a>> {
    let names = readers(&to).ok()?.role.sees_names();
    let card = aged(alert_card(&notifications, names)?, notifications.iter().map(|one| one.tenant), now);
    let (key, post) = post(PostKind::Alert, now.to_string(), to, card, notifications.iter().map(Notification::recorded).collect(), now);
    let mut earlier: Vec<_> = notifications.iter().filter_map(|one| one.before).collect();
    earlier.sort_by_key(|before| before.first);
    let mut incidents = incidents(earlier.into_iter());
    let incident = incidents.next().or_else(|| joins.map(ToOwned::to_owned)).unwrap_or_else(|| new_incident(&notifications, &post.id));
    let post = Post { snoozes: true, incident: Some(incident.clone()), also: incidents.collect(), ..post };
    let names = names && shows_names(&notifications);
    Some(AlertMessage { post: AlertPost { key, post, names }, notifications, incident })
}

/// The incidents of what was notified before, each once.
fn incidents<'a>(notified: impl Iterator<Item = &'a Notified>) -> impl Iterator<Item = String> {
    let mut incidents: Vec<String> = Vec::new();
    for notified in notified {
        if !incidents.contains(&notified.incident) {
            incidents.push(notified.incident.clone());
        }
    }
    incidents.into_iter()
}

/// The key of an incident that begins: what one thing is about has the same each time, several things have that of their message.
fn new_incident(notifications: &[Notification<'_>], id: &str) -> String {
    let keys: Vec<FindingKey> = notifications.iter().map(Notification::key).collect();
    let Some(FindingKey { tenant, rule, subject }) = keys.first() else {
        return incident_key(&[id]);
    };
    let one_thing = keys.iter().all(|other| other.tenant == *tenant && other.subject == *subject);
    let decisions = || notifications.iter().all(|one| one.rule.watch.topic() == Topic::Decisions);
    let lasts = || notifications.iter().any(|one| !matches!(one.rule.watch, Watch::StatusChanged(_)));
    if one_thing && decisions() && lasts() {
        incident_key(&["acceptance", tenant, subject])
    } else if one_thing && keys.iter().all(|other| other.rule == *rule) {
        incident_key(&[rule, tenant, subject])
    } else {
        incident_key(&[id])
    }
}

/// The messages for `resolutions`, where they were notified, also when a rule notifies elsewhere by now; `told_with` is what they say too, `open` what is
/// still bad. Where nobody may read of a tenant any more it is forgotten.
pub(super) fn recoveries<'a>(
    resolutions: Vec<Resolution<'a>>,
    told_with: &[Notification<'_>],
    open: &BTreeMap<FindingKey, FindingState>,
    readers: &DestinationReaders<'_>,
    now: Timestamp,
) -> Vec<RecoveryMessage<'a>> {
    let mut groups: BTreeMap<(String, MessageGroup), Vec<Resolution<'a>>> = BTreeMap::new();
    for one in resolutions {
        let to = one.notified.to.clone();
        if readers_at(readers, &to, &one.tenant.name).is_err() {
            continue;
        }
        let group = match one.rule.watch.topic() {
            topic @ Topic::Decisions => MessageGroup::Tenant(one.tenant.name.clone(), topic),
            Topic::Points | Topic::Readings => MessageGroup::Incident(one.notified.incident.clone()),
        };
        groups.entry((to, group)).or_default().push(one);
    }
    groups.into_iter().filter_map(|((to, _), resolutions)| recovery(to, resolutions, told_with, open, now)).collect()
}

fn recovery<'a>(
    to: String,
    mut resolutions: Vec<Resolution<'a>>,
    told_with: &[Notification<'_>],
    open: &BTreeMap<FindingKey, FindingState>,
    now: Timestamp,
) -> Option<RecoveryMessage<'a>> {
    // What was notified last comes first: its message is the one that this follows.
    resolutions.sort_by_key(|one| std::cmp::Reverse(one.notified.last));
    let follows = resolutions.first()?.notified.posts.last().cloned();
    let still_bad = |post: &str| open.iter().filter(move |(_, state)| state.was_notified_by(post)).collect::<Vec<_>>();
    // Of other tenants it is said which they are, of the same one what it is.
    let home = resolutions.first()?.tenant.name.as_str();
    let mut still: Vec<&str> = Vec::new();
    for (key, state) in follows.iter().flat_map(|post| still_bad(post)) {
        let title = if key.tenant == home { &state.title } else { &key.tenant };
        if !still.contains(&title.as_str()) {
            still.push(title);
        }
    }
    let told_with: Vec<&Notification<'_>> = told_with.iter().filter(|one| resolutions.iter().any(|ended| one.is_told_by(ended))).collect();
    let also: Vec<&str> = told_with.iter().map(|one| &*one.rule.name).collect();
    let card = aged(resolved_card(&resolutions, &still, &also)?, resolutions.iter().map(|one| one.tenant), now);
    let mut incidents = incidents(resolutions.iter().map(|one| one.notified));
    let incident = incidents.next();
    let period = format!("{now} resolved {}", incident.as_deref().unwrap_or_default());
    let ended = resolutions.iter().map(|one| recorded(one.rule, one.tenant, &one.resolved.subject, "resolved"));
    let findings = ended.chain(told_with.iter().map(|one| one.recorded())).collect();
    let (key, post) = post(PostKind::Recovery, period, to, card, findings, now);
    let earlier: BTreeSet<&String> =
        resolutions.iter().flat_map(|one| &one.notified.posts).filter(|post| Some(*post) != follows.as_ref()).collect();
    let ends = earlier.into_iter().filter(|post| still_bad(post).is_empty()).cloned().collect();
    let post = Post { ends, resolved: still.is_empty(), incident, also: incidents.collect(), follows, ..post };
    Some(RecoveryMessage { post: AlertPost { key, post, names: false }, resolutions })
}

impl RecoveryMessage<'_> {
    /// What each rule has to remember of it, by tenant and rule.
    pub(super) fn notices(&self, now: Timestamp) -> impl Iterator<Item = ((String, String), ResolvedNotice)> {
        let mut notices: BTreeMap<(String, String), ResolvedNotice> = BTreeMap::new();
        for resolution in &self.resolutions {
            let notice = notices.entry((resolution.tenant.name.clone(), resolution.rule.name.clone())).or_insert_with(|| ResolvedNotice {
                post: self.post.post.id.clone(),
                to: self.post.key.destination.clone(),
                at: now,
                day: resolution.tenant.history.newest().map(|newest| newest.day),
                findings: BTreeMap::new(),
            });
            notice.findings.insert(resolution.resolved.subject.clone(), resolution.state.before());
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

/// The post about `findings`, with its key.
fn post(
    kind: fn(Findings) -> PostKind,
    period: String,
    to: String,
    card: Card,
    findings: Vec<RecordedFinding>,
    now: Timestamp,
) -> (DeliveryKey, Post) {
    let each = |name: fn(&RecordedFinding) -> &String| {
        let names: BTreeSet<&String> = findings.iter().map(name).collect();
        names.into_iter().cloned().collect::<Vec<_>>()
    };
    let (tenants, rules, mut subjects) = (each(|one| &one.tenant), each(|one| &one.rule), each(|one| &one.subject));
    let subject = subjects.pop().filter(|_| subjects.is_empty());
    let key = DeliveryKey { tenants, kind: kind(Findings { rules: rules.clone(), subject }), period, destination: to };
    let record = Record::Alert { rule: rules.first().cloned().unwrap_or_default(), rules, findings };
    let post = Post { record: Some(record), ..Post::new(&key, card, now) };
    (key, post)
}
