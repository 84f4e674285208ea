//! What must be looked at, and what follows from it? What looks rest on is read once for all rules and tenants; days are loaded only
//! where something may be new, and once for all rules of a tenant.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::{MEMORY, Posting, read, tell::Written};
use crate::{
    access::Asker,
    alert::{self, DAYS_BACK, End, Ended, Fault, Memory, Needed, Rule, Seen, State, States, Verdict},
    error::{Error, Kind, Result},
    score::{Annotations, Catalogue, History, change::day_of},
    skills::TenantFacts,
    store::{AlertGround, AlertStates, Depth, Earlier, KnownTenant, LastFault, NewDelivery, Want},
};

/// The most days before the newest that are loaded to say since when something is bad.
const DAYS_BACK_MAX: i32 = 60;

/// A tenant that a rule watches, with what is known of it without loading its days.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is known of it.
    pub known: &'a KnownTenant,
    /// When its credential ends, where that is known.
    pub end: Option<&'a End>,
    /// Where people see to its credential.
    pub app: Option<&'a str>,
}

/// What looks rest on besides the days of tenants, as of one moment.
#[derive(Debug, Clone)]
pub struct Ground {
    written: AlertGround,
    /// The messages that never arrived.
    lost: Arc<BTreeSet<String>>,
    /// Where nothing is posted.
    stopped: Arc<BTreeSet<String>>,
}

/// The days of one tenant, kept while its rules are looked at one after the other.
#[derive(Debug, Default)]
pub struct Days(Option<(Want, TenantFacts)>);

/// Whether there is anything to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// Nothing that changes anything.
    Nothing,
    /// Nothing may be told there: why.
    Withheld(String),
    /// Something may be new.
    Due,
}

/// What follows from a look: to be written together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// States that changed, `None` for those that are over.
    pub states: Vec<(String, Option<String>)>,
    /// The deliveries that tell it.
    pub deliveries: Vec<NewDelivery>,
}

/// A rule that looks at a tenant, with what it found before.
pub(super) struct Gaze<'a> {
    pub(super) rule: &'a Rule,
    watched: Watched<'a>,
    ground: &'a Ground,
    memory: Option<Memory>,
    pub(super) states: States,
    pub(super) now: Timestamp,
}

impl Ground {
    /// What `rule` remembers of a tenant and found there; what was told by messages that never arrived is forgotten.
    pub(super) fn standing(&self, rule: &Rule, tenant: &str) -> (Option<Memory>, States) {
        let Some(written) = self.of(rule, tenant) else { return (None, States::new()) };
        let (memory, mut states) = read(rule, written);
        for state in states.values_mut() {
            state.forget(&self.lost);
        }
        (memory, states)
    }

    fn of(&self, rule: &Rule, tenant: &str) -> Option<&AlertStates> {
        self.written.states.get(tenant)?.get(&rule.name)
    }

    /// Until when `subject` of alerts of this kind is snoozed.
    pub(super) fn snoozed(&self, tenant: &str, kind: &str, subject: &str) -> Option<Timestamp> {
        let snoozes = self.written.snoozes.get(tenant).into_iter().flatten();
        snoozes.filter(|snooze| snooze.silences(kind, subject)).map(|snooze| snooze.until).max()
    }
}

impl<'a> Gaze<'a> {
    fn new(rule: &'a Rule, watched: Watched<'a>, ground: &'a Ground, now: Timestamp) -> Self {
        let (memory, states) = ground.standing(rule, watched.name);
        Self { rule, watched, ground, memory, states, now }
    }

    fn is_due(&self) -> bool {
        let due = alert::is_due(self.rule, self.memory.as_ref(), &self.states, self.watched.known.version, &|of| self.quiet(of), self.now);
        due || self.untold().next().is_some()
    }

    /// Whether nothing is told of `subject` now: it is snoozed, or its message was lost and it is not told anew yet.
    fn quiet(&self, subject: &str) -> bool {
        let waits = |state: &State| {
            state.lost.is_some() && (state.waits_anew(self.now) || self.is_stopped(state.told_to().unwrap_or(&self.rule.to)))
        };
        self.states.get(subject).is_some_and(waits) || self.ground.snoozed(self.watched.name, self.rule.watch.kind(), subject).is_some()
    }

    fn is_stopped(&self, to: &str) -> bool {
        self.ground.stopped.contains(to)
    }

    /// What is to be told to be over once more.
    fn untold(&self) -> impl Iterator<Item = &Ended> {
        let told = self.memory.iter().flat_map(|memory| memory.untold(&self.states, &self.ground.lost, self.now));
        told.filter(|ended| !self.is_stopped(&ended.to))
    }

    /// As far back as the rule has not looked, and as what it found began.
    fn wants(&self) -> Want {
        let Some(newest) = self.watched.known.newest_day else {
            return Want { days_back: DAYS_BACK, earlier: None, catalogue: Some(Depth::Whole) };
        };
        let back = |day: Date| newest.since(day).map_or(0, |span| span.get_days());
        let began = self.states.values().filter(|state| !state.known).filter_map(|state| state.from).min();
        let days_back = began.map_or(0, back).clamp(0, DAYS_BACK_MAX).unsigned_abs().max(DAYS_BACK);
        let looked = self.memory.as_ref().and_then(|memory| memory.day);
        let first = newest.saturating_sub(i64::from(days_back).days());
        let earlier = [began, looked].into_iter().flatten().min().filter(|day| *day < first).map(Earlier::Day);
        Want { days_back, earlier, catalogue: Some(Depth::Whole) }
    }

    /// What is kept of states that no verdict is about: that they were asked for in vain, and that what told them was lost a while ago.
    fn kept(&self, verdicts: &[Verdict]) -> Vec<(String, State)> {
        let version = self.watched.known.version;
        let silent = |subject: &str| !verdicts.iter().any(|verdict| verdict.subject() == subject);
        let kept = self.states.iter().filter_map(|(subject, state)| {
            let quiet = self.quiet(subject);
            let vain = silent(subject) && state.unsaid != Some(version) && state.is_awaited(self.rule, quiet, self.now);
            let lost = !state.waits_anew(self.now) && self.has_forgotten(subject, state);
            // A snooze that ends meanwhile is remembered until something can be said.
            let in_vain = State { unsaid: Some(version), snoozed: state.snoozed || quiet, ..state.clone() };
            let after = if vain { in_vain } else { state.clone() };
            (vain || lost).then(|| (subject.clone(), after))
        });
        kept.collect()
    }

    /// Whether `state` is not as it was written, because its message was lost.
    fn has_forgotten(&self, subject: &str, state: &State) -> bool {
        let written = || self.ground.of(self.rule, self.watched.name)?.get(subject);
        state.lost.is_some() && written().and_then(|written| serde_json::from_str::<State>(written).ok()).as_ref() != Some(state)
    }

    /// The subjects of what was written for another kind of rule of this name.
    fn stale(&self) -> impl Iterator<Item = &String> {
        let written = self.ground.of(self.rule, self.watched.name).into_iter().flat_map(AlertStates::keys);
        written.filter(|subject| !subject.is_empty() && !self.states.contains_key(*subject))
    }

    /// What the rule remembers of the tenant from now on; written once a day at least, which says that it is still watched.
    fn remembered(&self, newest: Option<Date>) -> Memory {
        let (before, looked) = (self.memory.as_ref(), day_of(self.now));
        let kind = self.rule.watch.kind().to_owned();
        let version = match (self.rule.needs(), before) {
            // What asks the clock looks every time, and need not remember at what.
            (Needed::Nothing, Some(before)) => before.version,
            _ => self.watched.known.version,
        };
        Memory {
            kind,
            watch: self.rule.written(),
            // A clock that was ahead when the rule was new must not make old what happens from now on.
            since: before.map_or(self.now, |before| before.since.min(self.now)),
            day: newest,
            began: before.and_then(|before| before.began).or(newest),
            version,
            looked,
            ended: before.map_or_else(Vec::new, |before| before.ended.clone()),
        }
    }
}

fn fault(last: &LastFault) -> Fault {
    Fault { sign_in: last.sign_in, sentence: last.sentence.clone(), since: last.since }
}

/// A tenant of which no day is needed.
fn bare(watched: Watched<'_>) -> TenantFacts {
    TenantFacts {
        name: watched.name.to_owned(),
        entra_id: watched.known.entra_id.clone(),
        history: History::default(),
        catalogue: Catalogue::default(),
        annotations: Annotations::default(),
        read_at: watched.known.read_at,
    }
}

impl Posting {
    /// What looks at all tenants rest on now, in a few queries for however many tenants and rules.
    pub async fn ground(&self) -> Result<Ground> {
        let written = self.view.store().alert_ground(None, self.view.now()).await?;
        let lost = Arc::new(self.view.store().alerts_lost().await?);
        let stopped = Arc::new(self.view.store().stops().await?.into_keys().collect());
        Ok(Ground { written, lost, stopped })
    }

    /// The same for one tenant, anew: what other processes wrote since `earlier`. What was lost meanwhile is seen in the next round.
    pub async fn ground_of(&self, tenant: &str, earlier: &Ground) -> Result<Ground> {
        let written = self.view.store().alert_ground(Some(tenant), self.view.now()).await?;
        Ok(Ground { written, ..earlier.clone() })
    }

    /// Whether `rule` may have to tell something new of a tenant. Loads nothing.
    pub fn prospect(&self, rule: &Rule, watched: Watched<'_>, ground: &Ground) -> Result<Prospect> {
        if let Err(error) = self.readers_at(&rule.to, watched.name) {
            return Ok(Prospect::Withheld(error.sentence));
        }
        let gaze = Gaze::new(rule, watched, ground, self.view.now());
        let due = match rule.needs() {
            Needed::Days => gaze.is_due(),
            // What asks the clock has all that it needs.
            Needed::Nothing => gaze.untold().next().is_some() || !self.found(&gaze, &bare(watched), &BTreeSet::new())?.states.is_empty(),
        };
        Ok(if due { Prospect::Due } else { Prospect::Nothing })
    }

    /// What `rule` finds in a tenant now, and what is to be written and told; `days` keeps what it loads for the tenant's next rule.
    pub async fn look_out(&self, rule: &Rule, watched: Watched<'_>, ground: &Ground, days: &mut Days) -> Result<News> {
        let gaze = Gaze::new(rule, watched, ground, self.view.now());
        if self.readers_at(&rule.to, watched.name).is_err() || !gaze.is_due() {
            return Ok(News::default());
        }
        let (again, deliveries) = self.told_once_more(&gaze.untold().collect::<Vec<_>>(), gaze.now).await?;
        let mut news = match rule.needs() {
            Needed::Days => self.found(&gaze, self.days(&gaze, days).await?, &again)?,
            Needed::Nothing => self.found(&gaze, &bare(watched), &again)?,
        };
        news.deliveries.extend(deliveries);
        Ok(news)
    }

    /// Who reads at `to`, where they may see `tenant`.
    pub(super) fn readers_at(&self, to: &str, tenant: &str) -> Result<Asker> {
        let readers = self.posts().places.find(to)?.readers;
        if readers.tenants.include(tenant) {
            return Ok(readers);
        }
        let sentence = format!("Those who read at {to} may not see tenant {tenant}, so its alerts are not told there.");
        Err(Error::new(Kind::Forbidden, sentence))
    }

    /// The days that `gaze` needs: those that are at hand, if they are enough.
    async fn days<'a>(&self, gaze: &Gaze<'_>, days: &'a mut Days) -> Result<&'a TenantFacts> {
        let want = gaze.wants();
        let enough = |have: &Want| have.days_back >= want.days_back && (want.earlier.is_none() || have.earlier == want.earlier);
        let kept = match days.0.take().filter(|(have, _)| enough(have)) {
            Some(kept) => kept,
            None => (want, self.view.load(gaze.watched.name, want).await?),
        };
        Ok(&days.0.insert(kept).1)
    }

    /// What follows from what is seen in `tenant`; the parcels `again` are told once more.
    fn found(&self, gaze: &Gaze<'_>, tenant: &TenantFacts, again: &BTreeSet<String>) -> Result<News> {
        let Gaze { rule, watched, ground, memory, states, now } = gaze;
        let fault = ground.written.faults.get(watched.name).map(fault);
        let newest = tenant.history.newest().map(|newest| newest.day).or(watched.known.newest_day);
        let seen = Seen {
            tenant,
            newest_day: newest,
            read_at: watched.known.read_at,
            fault: fault.as_ref(),
            end: watched.end,
            app: watched.app,
            memory: memory.as_ref(),
            states,
            now: *now,
        };
        let first = memory.as_ref().is_none_or(|memory| memory.day.is_none());
        let verdicts = alert::look(&rule.watch, &seen);
        let kept = gaze.kept(&verdicts);
        let step = alert::step(rule, states, verdicts, first, newest, &|subject| gaze.quiet(subject), *now);
        let Written { states: mut changed, deliveries, ended } = self.told(gaze, tenant, step)?;
        for (subject, state) in kept {
            changed.entry(subject).or_insert(Some(state));
        }
        let mut remembers = gaze.remembered(newest);
        let is_bad = |subject: &str| changed.get(subject).map_or_else(|| states.contains_key(subject), Option::is_some);
        remembers.remember_ended(ended, again, &is_bad, *now);
        let mut written = BTreeMap::new();
        for (subject, state) in changed {
            written.insert(subject, state.map(|state| serde_json::to_string(&state)).transpose().map_err(Error::internal)?);
        }
        // What was written for another kind of rule of this name means nothing any more.
        for subject in gaze.stale() {
            written.entry(subject.clone()).or_insert(None);
        }
        if Some(&remembers) != memory.as_ref() {
            written.insert(MEMORY.to_owned(), Some(serde_json::to_string(&remembers).map_err(Error::internal)?));
        }
        Ok(News { states: written.into_iter().collect(), deliveries })
    }
}
