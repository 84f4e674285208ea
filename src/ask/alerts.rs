//! What do the rules find now, and what is to be told of it? Facts, states and snoozes in, states and deliveries out; nothing is written here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::Ask;
use crate::{
    access::Asker,
    alert::{self, DAYS_BACK, End, Fault, How, Memory, Needed, Rule, Seen, State, States, Step, Telling},
    card::Card,
    delivery::{Key, Parcel, What},
    error::{Error, Kind, Result},
    score::{Annotations, Catalogue, History, change::day_of},
    skills::TenantFacts,
    store::{AlertStates, Depth, KnownTenant, NewDelivery, Snooze, Want},
};

/// Under which subject a rule remembers the tenant itself.
const MEMORY: &str = "";
/// Stands for several subjects in what makes a delivery.
pub(super) const SEVERAL: &str = "*";

/// A tenant that a rule watches, with what is known of it without loading its days.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is known of it.
    pub known: &'a KnownTenant,
    /// When its credential ends, where that is known.
    pub end: Option<&'a End>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing that changes anything.
    Nothing,
    /// Nothing may be told there: why.
    Withheld(String),
    /// States that changed, `None` for those that are over, and the deliveries that tell it: to be written together.
    News(Vec<(String, Option<String>)>, Vec<NewDelivery>),
}

/// A rule, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertShown {
    /// Its name.
    pub rule: String,
    /// The kind.
    pub kind: &'static str,
    /// Where it tells.
    pub to: String,
    /// Those of its tenants that the asker may see.
    pub tenants: Vec<String>,
    /// What is bad there.
    pub findings: Vec<FindingShown>,
}

/// Something that is bad, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingShown {
    /// The tenant.
    pub tenant: String,
    /// A control, or what else it is about.
    pub subject: String,
    /// What it is.
    pub news: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last told; `None` while it is snoozed or held back.
    pub told: Option<Timestamp>,
    /// Until when it is snoozed.
    pub snoozed: Option<Timestamp>,
    /// Whether it was so before the rule watched, and is not told.
    pub known: bool,
}

/// The states that changed, as they are written, and the deliveries that tell it.
struct Written {
    states: BTreeMap<String, Option<String>>,
    deliveries: Vec<NewDelivery>,
}

impl Ask {
    /// What `rule` finds in a tenant now, and what is to be written and told. Loads the tenant's days only if anything may be new.
    pub async fn look_out(&self, rule: &Rule, watched: Watched<'_>) -> Result<Look> {
        if let Err(error) = self.readers_at(&rule.to, watched.name) {
            return Ok(Look::Withheld(error.sentence));
        }
        let now = (self.now)();
        let written = self.store.alert_states(&rule.name, watched.name).await?;
        let (memory, mut states) = read(rule, &written);
        self.forget_lost(&mut states).await?;
        let waiting = self.waiting_anew(rule, &states, now).await?;
        let snoozes = self.store.snoozes(now).await?;
        let is_snoozed = |subject: &str| snoozes.iter().any(|snooze| silences(snooze, watched.name, rule.watch.kind(), subject));
        let quiet = |subject: &str| waiting.contains(subject) || is_snoozed(subject);
        if !alert::is_due(rule, memory.as_ref(), &states, watched.known.version, &quiet, now) {
            return Ok(Look::Nothing);
        }
        let tenant = self.watched_facts(rule, watched).await?;
        let fault = self.store.last_fault(watched.name).await?;
        let fault = fault.map(|fault| Fault { sign_in: fault.sign_in, sentence: fault.sentence, since: fault.since });
        let newest = tenant.history.newest().map(|newest| newest.day).or(watched.known.newest_day);
        let seen = Seen {
            tenant: &tenant,
            newest_day: newest,
            read_at: watched.known.read_at,
            fault: fault.as_ref(),
            end: watched.end,
            memory: memory.as_ref(),
            states: &states,
            now,
        };
        let first = memory.as_ref().is_none_or(|memory| memory.day.is_none());
        let step = alert::step(rule, &states, alert::look(&rule.watch, &seen), first, newest, &quiet, now);
        let Written { states: mut changed, deliveries } = self.told(rule, &tenant, &states, step, now)?;
        // What was written for another kind of rule of this name means nothing any more.
        let stale = written.keys().filter(|subject| !subject.is_empty() && !states.contains_key(*subject));
        for subject in stale {
            changed.entry(subject.clone()).or_insert(None);
        }
        let remembers = remembered(rule, memory.as_ref(), newest, watched.known.version, now);
        if Some(&remembers) != memory.as_ref() {
            changed.insert(MEMORY.to_owned(), Some(serde_json::to_string(&remembers).map_err(Error::internal)?));
        }
        Ok(if changed.is_empty() { Look::Nothing } else { Look::News(changed.into_iter().collect(), deliveries) })
    }

    /// Who reads at `to`, where they may see `tenant`.
    fn readers_at(&self, to: &str, tenant: &str) -> Result<Asker> {
        let readers = self.posts()?.places.find(to)?.readers;
        if readers.tenants.include(tenant) {
            return Ok(readers);
        }
        let sentence = format!("Those who read at {to} may not see tenant {tenant}, so its alerts are not told there.");
        Err(Error::new(Kind::Forbidden, sentence))
    }

    /// Has `states` forget what was told by messages that never arrived.
    async fn forget_lost(&self, states: &mut States) -> Result<()> {
        let told = states.values().filter_map(|state| state.told.as_ref());
        let parcels: BTreeSet<String> = told.flat_map(|told| told.parcels.iter().cloned()).collect();
        let lost = if parcels.is_empty() { parcels } else { self.store.undelivered(parcels).await? };
        for state in states.values_mut() {
            state.forget(&lost);
        }
        Ok(())
    }

    /// The subjects whose message was lost and that are not told anew yet: it was just tried, or nothing is posted there.
    async fn waiting_anew(&self, rule: &Rule, states: &States, now: Timestamp) -> Result<BTreeSet<String>> {
        let mut waiting = BTreeSet::new();
        for (subject, state) in states.iter().filter(|(_, state)| state.lost.is_some()) {
            if state.waits_anew(now) || self.store.stopped(state.told_to().unwrap_or(&rule.to)).await?.is_some() {
                waiting.insert(subject.clone());
            }
        }
        Ok(waiting)
    }

    async fn watched_facts(&self, rule: &Rule, watched: Watched<'_>) -> Result<TenantFacts> {
        match rule.needs() {
            Needed::Days => {
                self.load_wanted(watched.name, Want { days_back: DAYS_BACK, earlier: None, catalogue: Some(Depth::Whole) }).await
            }
            Needed::Nothing => Ok(TenantFacts {
                name: watched.name.to_owned(),
                entra_id: watched.known.entra_id.clone(),
                history: History::default(),
                catalogue: Catalogue::default(),
                annotations: Annotations::default(),
                read_at: watched.known.read_at,
            }),
        }
    }

    /// The states of `step` as they are written, and the deliveries that tell it: for each place one of all that is bad, and one of all that
    /// is over for each message that told it.
    fn told(&self, rule: &Rule, tenant: &TenantFacts, before: &States, step: Step, now: Timestamp) -> Result<Written> {
        let Step { mut states, tellings, over } = step;
        let mut deliveries = Vec::new();
        let mut by_place: BTreeMap<String, Vec<Telling>> = BTreeMap::new();
        for telling in tellings {
            // What goes on is told where it was told first, if they still may read it there.
            let earlier = before.get(&telling.finding.subject).filter(|_| telling.how != How::New).and_then(State::told_to);
            let to = earlier.filter(|to| self.readers_at(to, &tenant.name).is_ok()).unwrap_or(&rule.to);
            by_place.entry(to.to_owned()).or_default().push(telling);
        }
        for (to, tellings) in by_place {
            let names = self.readers_at(&to, &tenant.name)?.role.sees_names();
            let Some(card) = alert::alert_card(&rule.watch, tenant, &tellings, names) else { continue };
            let subjects: Vec<&str> = tellings.iter().map(|telling| telling.finding.subject.as_str()).collect();
            let key = key(rule, &to, &tenant.name, &subjects, now.to_string());
            for subject in subjects {
                if let Some(Some(state)) = states.get_mut(subject) {
                    state.told_in(&key.id(), &to);
                }
            }
            let parcel = Parcel { snoozes: true, ..parcel(&key, What::Alert, card, now) };
            deliveries.push(self.wrap(&key, &parcel, names && alert::shows_names(&tellings))?);
        }
        let goes_on = before.iter().filter(|(subject, _)| !matches!(states.get(*subject), Some(None))).map(|(_, state)| state).collect();
        deliveries.extend(self.told_over(rule, tenant, (before, goes_on), over, now)?);
        let write = |state: Option<State>| state.map(|state| serde_json::to_string(&state)).transpose().map_err(Error::internal);
        let states = states.into_iter().map(|(subject, state)| Ok((subject, write(state)?))).collect::<Result<_>>()?;
        Ok(Written { states, deliveries })
    }

    /// The deliveries that tell what is `over`, where it was told, also when the rule tells elsewhere by now. Where nobody may read it any
    /// more it is forgotten.
    fn told_over(
        &self,
        rule: &Rule,
        tenant: &TenantFacts,
        (before, goes_on): (&States, Vec<&State>),
        over: Vec<(alert::Over, Option<String>)>,
        now: Timestamp,
    ) -> Result<Vec<NewDelivery>> {
        let mut by_message: BTreeMap<(Option<String>, &str), Vec<alert::Over>> = BTreeMap::new();
        for (over, message) in over {
            let to = before.get(&over.subject).and_then(State::told_to).unwrap_or(&rule.to);
            by_message.entry((message, to)).or_default().push(over);
        }
        let mut deliveries = Vec::new();
        for ((message, to), over) in by_message {
            let of_it = |state: &&&State| {
                state
                    .told
                    .as_ref()
                    .is_some_and(|told| message.as_ref().map_or(told.parcels.is_empty(), |message| told.parcels.contains(message)))
            };
            // What goes on may have been told anew in a later message; this one told it, too.
            let still = goes_on.iter().filter(of_it).count();
            let Some(card) = alert::over_card(tenant, &over, still).filter(|_| self.readers_at(to, &tenant.name).is_ok()) else { continue };
            let subjects: Vec<&str> = over.iter().map(|over| over.subject.as_str()).collect();
            let after = message.as_deref().map_or_else(String::new, |message| format!(" after {message}"));
            let key = key(rule, to, &tenant.name, &subjects, format!("{now} over{after}"));
            let parcel = Parcel { follows: message, over: still == 0, ..parcel(&key, What::Recovery, card, now) };
            deliveries.push(self.wrap(&key, &parcel, false)?);
        }
        Ok(deliveries)
    }

    /// The rules with what is bad by them, as far as `asker` may see their tenants.
    pub async fn alerts(&self, asker: &Asker) -> Result<Vec<AlertShown>> {
        let rules = &self.posts()?.rules;
        let snoozes = self.store.snoozes((self.now)()).await?;
        let mut shown = Vec::with_capacity(rules.len());
        for rule in rules {
            let kind = rule.watch.kind();
            let tenants: Vec<String> = self.visible(asker).into_iter().filter(|tenant| rule.tenants.include(tenant)).collect();
            let mut findings = Vec::new();
            for tenant in &tenants {
                let (_, mut states) = read(rule, &self.store.alert_states(&rule.name, tenant).await?);
                self.forget_lost(&mut states).await?;
                findings.extend(states.into_iter().map(|(subject, state)| {
                    let of = snoozes.iter().filter(|snooze| silences(snooze, tenant, kind, &subject));
                    let until = of.map(|snooze| snooze.until).max();
                    let told = state.told.map(|told| told.last);
                    let State { news, since, known, .. } = state;
                    FindingShown { tenant: tenant.clone(), subject, news, since, told, snoozed: until, known }
                }));
            }
            shown.push(AlertShown { rule: rule.name.clone(), kind, to: rule.to.clone(), tenants, findings });
        }
        Ok(shown)
    }

    /// The subjects that the message called `id` told by the rule called `rule`.
    pub(super) async fn told_subjects(&self, rule: &str, tenant: &str, id: &str) -> Result<Vec<String>> {
        let states = self.store.alert_states(rule, tenant).await?;
        let of_it = |state: &State| state.told.as_ref().is_some_and(|told| told.parcels.iter().any(|parcel| parcel == id));
        let parsed = states.into_iter().filter_map(|(subject, state)| Some((subject, serde_json::from_str::<State>(&state).ok()?)));
        Ok(parsed.filter(|(_, state)| of_it(state)).map(|(subject, _)| subject).collect())
    }
}

/// Whether `snooze` is about this.
fn silences(snooze: &Snooze, tenant: &str, kind: &str, subject: &str) -> bool {
    let kinds = snooze.kind == kind || snooze.kind == super::SNOOZE_ALL;
    snooze.tenant == tenant && kinds && (snooze.control.is_empty() || snooze.control == subject)
}

/// What was written for `rule`. What cannot be read is as if it were not there: it was written by another version, or for another kind of
/// rule of the same name.
fn read(rule: &Rule, written: &AlertStates) -> (Option<Memory>, States) {
    let memory = written.get(MEMORY).and_then(|memory| serde_json::from_str::<Memory>(memory).ok());
    let Some(memory) = memory.filter(|memory| memory.kind == rule.watch.kind()) else { return (None, States::new()) };
    let state = |(subject, state): (&String, &String)| Some((subject.clone(), serde_json::from_str(state).ok()?));
    let states = written.iter().filter(|(subject, _)| !subject.is_empty()).filter_map(state).collect();
    (Some(memory), states)
}

fn remembered(rule: &Rule, before: Option<&Memory>, newest: Option<Date>, version: i64, now: Timestamp) -> Memory {
    let memory = Memory {
        kind: rule.watch.kind().to_owned(),
        watch: rule.written(),
        since: before.map_or(now, |before| before.since),
        day: newest,
        began: before.and_then(|before| before.began).or(newest),
        version,
        looked: day_of(now),
    };
    match (rule.needs(), before) {
        // What asks the clock looks every time, and need not remember when.
        (Needed::Nothing, Some(before)) => before.clone(),
        _ => memory,
    }
}

fn key(rule: &Rule, to: &str, tenant: &str, subjects: &[&str], period: String) -> Key {
    let subject = if let [only] = subjects { only } else { SEVERAL };
    let kind = format!("alert:{}:{subject}", rule.name);
    Key { tenants: vec![tenant.to_owned()], kind, period, destination: to.to_owned() }
}

fn parcel(key: &Key, what: What, card: Card, now: Timestamp) -> Parcel {
    Parcel { id: key.id(), what, tenants: key.tenants.clone(), card, made: now, follows: None, snoozes: false, over: false }
}
