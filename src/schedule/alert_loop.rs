//! What do the rules find, minute after minute? Inputs are loaded, evaluated, and what follows is written with the posts that say so.
//!
//! A round in which nothing moved asks the store a few questions, however many tenants and rules there are, and loads no day. Of two processes on
//! one store one looks: the round has a lease. What needs no days is evaluated for all tenants together, so that what they have in common is one
//! message, and the rest tenant by tenant. A process that dies between two writes has notified nothing that it did not write, and written nothing that
//! is not delivered.
//!
//! What a rule found that is renamed or no longer there is forgotten after a while, and nobody is notified: it watches no more, so it cannot say
//! that anything is resolved. Another process on the same store may still have the rule, so that is not at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::watchdog::Heartbeat;
use crate::{
    alert::{AlertInputs, Needed, Readiness, Rule, evaluate},
    delivery::NoticeSubject,
    error::{Error, Result},
    posting::Posting,
    score::change::day_of,
    store::{Fence, Store, TenantIndex, WorkerKind},
};

/// How often the rules are looked at.
const EVERY: Duration = Duration::from_mins(1);
/// Of what a process takes the lease that looks, and how long one that dies keeps others from looking.
const LEASE: (&str, Duration) = ("alerts", Duration::from_mins(2));
/// After how long of not looking the operator is notified.
const BLIND_FOR: SignedDuration = SignedDuration::from_hours(1);
/// After how long what a rule found that is no longer there is forgotten.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Looks at the rules again and again.
pub struct AlertLoop {
    posting: Arc<Posting>,
    store: Store,
    holder: String,
    /// What is known of all tenants, as long as it holds.
    known: Option<Arc<TenantIndex>>,
    /// What the operator was notified of already, since this process began: in the log, once is enough.
    refused: BTreeSet<String>,
    /// What cannot be looked at, by tenant and rule.
    blind: BTreeMap<(String, String), Unevaluated>,
    /// When it last forgot what is no longer watched.
    forgot: Option<Date>,
    beat: Heartbeat,
}

/// That a rule cannot look at a tenant.
struct Unevaluated {
    since: Timestamp,
    /// On which day the operator was last notified.
    notified: Option<Date>,
}

impl AlertLoop {
    /// Looks through `posting` at what `store` holds; `holder` names this process among all.
    pub fn new(posting: Arc<Posting>, store: Store, holder: String) -> Self {
        let (refused, blind, beat) = (BTreeSet::new(), BTreeMap::new(), Heartbeat::of(WorkerKind::Alert));
        Self { posting, store, holder, known: None, refused, blind, forgot: None, beat }
    }

    /// Looks every minute, and when something else is configured, for as long as it runs. What fails is tried again in the next round; a
    /// failure that lasts is in the log once.
    pub async fn keep_looking(mut self) {
        let mut failing = false;
        loop {
            let failed = self.round().await.err();
            if let Some(error) = failed.as_ref().filter(|_| !failing) {
                tracing::warn!(cause = error.cause(), "the alerts were not evaluated: {}", error.sentence);
            }
            failing = failed.is_some();
            let posting = Arc::clone(&self.posting);
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = posting.reconfigured() => {}
            }
        }
    }

    /// Looks once at every tenant of every rule, if no other process does. That one of them fails keeps no other from being looked at; a round in
    /// which all of them fail is none.
    pub async fn round(&mut self) -> Result<()> {
        let Some(fence) = self.turn().await? else {
            self.beat.beat(&self.store, self.posting.now()).await;
            return Ok(());
        };
        let looked = self.look(&fence).await;
        self.store.lease_release(&fence).await?;
        looked
    }

    /// Takes the turn to look, or keeps it; `None` while another process has it.
    async fn turn(&self) -> Result<Option<Fence>> {
        self.store.lease_take(LEASE.0, &self.holder, LEASE.1, self.posting.now()).await
    }

    async fn look(&mut self, fence: &Fence) -> Result<()> {
        let (posting, posts) = (Arc::clone(&self.posting), self.posting.posts());
        let known = self.known().await?;
        let inputs = posting.load_inputs(&known, &posts.credentials).await?;
        let Plan { parts, withheld, watched } = Plan::of(&posts.rules, &inputs, &|rule, tenant| posting.readiness(&inputs, rule, tenant));
        for (rule, tenant, why) in withheld {
            self.refuse(rule, tenant, &why).await?;
        }
        let mut failed = BTreeMap::new();
        for part in parts {
            if let Err(error) = self.part(fence, &inputs, &part).await {
                failed.extend(part.iter().map(|(rule, tenant)| (((*tenant).to_owned(), rule.name.clone()), error.shared())));
            }
        }
        self.blind.retain(|pair, _| failed.contains_key(pair));
        for (pair, error) in &failed {
            self.could_not_look(pair, error).await;
        }
        if !watched.is_empty() && failed.len() == watched.len() {
            return Ok(());
        }
        self.forget(&watched).await?;
        self.beat.beat(&self.store, self.posting.now()).await;
        Ok(())
    }

    /// Loads what the rules of a part need, evaluates them, and writes what follows, unless another process had the turn of `fence` meanwhile.
    async fn part(&self, fence: &Fence, inputs: &AlertInputs, part: &[(&Rule, &str)]) -> Result<()> {
        let loaded = self.posting.load_days(inputs, part).await?;
        let changes = evaluate(inputs, &loaded.watched(), &|to| self.posting.readers(to));
        if changes.is_empty() {
            return Ok(());
        }
        // It may have taken long: another process looks by now, or did, and the inputs are older than what it wrote.
        match self.turn().await? {
            Some(renewed) if renewed == *fence => self.posting.write(fence, &changes).await,
            _ => Ok(()),
        }
    }

    /// Notes that a rule could not look at a tenant: in the log when that begins, to the operator once a day when it lasts.
    async fn could_not_look(&mut self, pair: &(String, String), error: &Error) {
        let ((tenant, rule), now) = (pair, self.posting.now());
        let blind = self.blind.entry(pair.clone()).or_insert_with(|| {
            tracing::warn!(rule, tenant, cause = error.cause(), "not evaluated: {}", error.sentence);
            Unevaluated { since: now, notified: None }
        });
        let today = Some(day_of(now));
        if now.duration_since(blind.since) < BLIND_FOR || blind.notified == today {
            return;
        }
        let title = format!("Alert rule {rule} cannot be evaluated for {tenant} since {}", blind.since.strftime("%Y-%m-%d %H:%M UTC"));
        let period = format!("{tenant} not evaluated on {}", day_of(now));
        if self.posting.notify(NoticeSubject::Alert(rule.clone()), &period, &title, &error.sentence).await.is_ok() {
            blind.notified = today;
        }
    }

    /// Forgets, once a day, what was found by rules that are no longer there, and in tenants that are no longer theirs.
    async fn forget(&mut self, watched: &BTreeSet<(String, String)>) -> Result<()> {
        let now = self.posting.now();
        let today = Some(day_of(now));
        if self.forgot != today {
            self.store.alerts_forget(watched, now - KEPT_FOR).await?;
            self.forgot = today;
        }
        Ok(())
    }

    /// What is known of all tenants, read anew only where anything changed.
    async fn known(&mut self) -> Result<Arc<TenantIndex>> {
        let changes = self.store.changes().await?;
        if let Some(known) = self.known.as_ref().filter(|known| known.changes == changes) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.store.index().await?);
        self.known = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Notifies the operator once that a rule may not report on a tenant.
    async fn refuse(&mut self, rule: &Rule, tenant: &str, why: &str) -> Result<()> {
        let what = format!("{tenant} to {}", rule.to);
        if self.refused.insert(format!("{}: {what}", rule.name)) {
            let title = format!("Alert rule {} does not notify about {tenant}", rule.name);
            self.posting.notify(NoticeSubject::Alert(rule.name.clone()), &what, &title, why).await?;
        }
        Ok(())
    }
}

/// What one round looks at.
struct Plan<'a> {
    /// What is evaluated together: all that needs no days, and each tenant whose days may say something new.
    parts: Vec<Vec<(&'a Rule, &'a str)>>,
    /// What may not be notified where its rule notifies, and why.
    withheld: Vec<(&'a Rule, &'a str, String)>,
    /// All tenants of all rules, each by tenant and rule.
    watched: BTreeSet<(String, String)>,
}

impl<'a> Plan<'a> {
    fn of(rules: &'a [Rule], inputs: &'a AlertInputs, readiness: &dyn Fn(&Rule, &str) -> Readiness) -> Self {
        let mut plan = Self { parts: vec![Vec::new()], withheld: Vec::new(), watched: BTreeSet::new() };
        for tenant in inputs.tenants.keys() {
            let (mut by_days, mut due) = (Vec::new(), false);
            for rule in rules.iter().filter(|rule| rule.tenants.include(tenant)) {
                plan.watched.insert((tenant.clone(), rule.name.clone()));
                match (readiness(rule, tenant), rule.watch.needs()) {
                    (Readiness::Withheld(why), _) => plan.withheld.push((rule, tenant, why)),
                    (Readiness::Due, Needed::Nothing) => plan.parts[0].push((rule, tenant)),
                    (Readiness::Nothing, Needed::Nothing) => {}
                    (ready, Needed::Days) => {
                        due |= ready == Readiness::Due;
                        by_days.push((rule, tenant.as_str()));
                    }
                }
            }
            // What rules say of one day is one message, so they look together.
            if due {
                plan.parts.push(by_days);
            }
        }
        plan
    }
}
