//! What do the rules find, minute after minute? Looks at every tenant of every rule, and writes what follows with what is to be delivered.
//!
//! A round in which nothing moved asks the store a few questions, however many tenants and rules there are, and loads no day. A tenant of
//! which something may be new is looked at under a lease, by its turn: of two processes on one store, one tells. A process that dies between
//! two writes has told nothing that it did not write, and written nothing that is not delivered.
//!
//! What a rule found that is renamed or no longer there is forgotten after a while, and nobody is told: it watches no more, so it cannot say
//! that anything is over. Another process on the same store may still have the rule, so that is not at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::watchdog::Beat;
use crate::{
    alert::{End, Rule},
    delivery::NoticeSubject,
    error::{Error, Result},
    posting::{Days, Ground, News, Posting, Prospect, Watched},
    score::change::day_of,
    store::{Fence, Known, Store, Worker},
};

/// How often the rules are looked at.
const EVERY: Duration = Duration::from_mins(1);
/// How long a process that dies keeps others from telling alerts of a tenant.
const LEASE: Duration = Duration::from_mins(2);
/// After how long of not looking the operator is told.
const BLIND_FOR: SignedDuration = SignedDuration::from_hours(1);
/// After how long what a rule found that is no longer there is forgotten.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Looks at the rules again and again.
pub struct Alerts {
    posting: Arc<Posting>,
    store: Store,
    holder: String,
    credentials: BTreeMap<String, Credential>,
    /// What is known of all tenants, as long as it holds.
    known: Option<Arc<Known>>,
    /// What the operator was told of already, since this process began: in the log, once is enough.
    refused: BTreeSet<String>,
    /// What cannot be looked at, by rule and tenant.
    blind: BTreeMap<(String, String), Blind>,
    /// When it last forgot what is no longer watched.
    forgot: Option<Date>,
    beat: Beat,
    now: fn() -> Timestamp,
}

/// What a tenant is signed in to with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credential {
    /// When it ends, where that is known.
    pub end: Option<End>,
    /// Where people see to it: its app registration in the Microsoft Entra admin center.
    pub app: Option<String>,
}

/// That a rule cannot look at a tenant.
struct Blind {
    since: Timestamp,
    /// On which day the operator was last told.
    told: Option<Date>,
}

impl Alerts {
    /// Looks through `posting` at what `store` holds; `holder` names this process among all, `credentials` are those of tenants.
    pub fn new(posting: Arc<Posting>, store: Store, holder: String, credentials: BTreeMap<String, Credential>) -> Self {
        let (refused, blind, beat) = (BTreeSet::new(), BTreeMap::new(), Beat::of(Worker::Alert));
        Self { posting, store, holder, credentials, known: None, refused, blind, forgot: None, beat, now: Timestamp::now }
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Looks every minute, for as long as it runs. What fails is tried again in the next round; a
    /// failure that lasts is in the log once.
    pub async fn keep_looking(mut self) {
        let mut failing = false;
        loop {
            let failed = self.round().await.err();
            if let Some(error) = failed.as_ref().filter(|_| !failing) {
                tracing::warn!(cause = error.cause(), "the alerts were not looked at: {}", error.sentence);
            }
            failing = failed.is_some();
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks once at every tenant of every rule. That one of them fails keeps no other from being looked at; a round in which all of them
    /// fail is none.
    pub async fn round(&mut self) -> Result<()> {
        let posts = self.posting.posts();
        let known = self.known().await?;
        let ground = self.posting.ground().await?;
        let mut watched = BTreeSet::new();
        for (tenant, of_tenant) in &known.tenants {
            let rules: Vec<&Rule> = posts.rules.iter().filter(|rule| rule.tenants.include(tenant)).collect();
            let Credential { end, app } = self.credentials.get(tenant).cloned().unwrap_or_default();
            let done = self.look(&rules, Watched { name: tenant, known: of_tenant, end: end.as_ref(), app: app.as_deref() }, &ground).await;
            for (rule, done) in done {
                let pair = (rule.name.clone(), tenant.clone());
                match done {
                    Ok(()) => _ = self.blind.remove(&pair),
                    Err(error) => self.could_not_look(&pair, &error).await,
                }
                watched.insert(pair);
            }
        }
        self.blind.retain(|pair, _| watched.contains(pair));
        if !watched.is_empty() && self.blind.len() == watched.len() {
            return Ok(());
        }
        self.forget(&watched).await?;
        self.beat.beat(&self.store, (self.now)()).await;
        Ok(())
    }

    /// Notes that a rule could not look at a tenant: in the log when that begins, to the operator once a day when it lasts.
    async fn could_not_look(&mut self, pair: &(String, String), error: &Error) {
        let ((rule, tenant), now) = (pair, (self.now)());
        let blind = self.blind.entry(pair.clone()).or_insert_with(|| {
            tracing::warn!(rule, tenant, cause = error.cause(), "not looked at: {}", error.sentence);
            Blind { since: now, told: None }
        });
        let today = Some(day_of(now));
        if now.duration_since(blind.since) < BLIND_FOR || blind.told == today {
            return;
        }
        let title = format!("The alert {rule} cannot look at {tenant} since {}", blind.since.strftime("%Y-%m-%d %H:%M UTC"));
        let period = format!("{tenant} not looked at on {}", day_of(now));
        if self.posting.notify(NoticeSubject::Alert(rule.clone()), &period, &title, &error.sentence).await.is_ok() {
            blind.told = today;
        }
    }

    /// Forgets, once a day, what was found by rules that are no longer there, and in tenants that are no longer theirs.
    async fn forget(&mut self, watched: &BTreeSet<(String, String)>) -> Result<()> {
        let (now, today) = ((self.now)(), Some(day_of((self.now)())));
        if self.forgot != today {
            self.store.alerts_forget(watched, now - KEPT_FOR).await?;
            self.forgot = today;
        }
        Ok(())
    }

    /// What is known of all tenants, read anew only where anything changed.
    async fn known(&mut self) -> Result<Arc<Known>> {
        let changes = self.store.changes().await?;
        if let Some(known) = self.known.as_ref().filter(|known| known.changes == changes) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.store.known().await?);
        self.known = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Looks at a tenant by each of `rules`, and says how that went.
    async fn look<'r>(&mut self, rules: &[&'r Rule], watched: Watched<'_>, ground: &Ground) -> Vec<(&'r Rule, Result<()>)> {
        let (mut done, mut due) = (Vec::with_capacity(rules.len()), Vec::new());
        for rule in rules {
            match self.posting.prospect(rule, watched, ground) {
                Ok(Prospect::Nothing) => done.push((*rule, Ok(()))),
                Ok(Prospect::Withheld(why)) => done.push((*rule, self.refuse(rule, watched.name, &why).await)),
                Ok(Prospect::Due) => due.push(*rule),
                Err(error) => done.push((*rule, Err(error))),
            }
        }
        if due.is_empty() {
            return done;
        }
        match self.in_turn(&due, watched, ground).await {
            Ok(looked) => done.extend(looked),
            Err(error) => done.extend(due.into_iter().map(|rule| (rule, Err(error.shared())))),
        }
        done
    }

    /// Looks by the rules that are `due`, when nobody else does; what another process looks at needs no look of ours.
    async fn in_turn<'r>(&self, due: &[&'r Rule], watched: Watched<'_>, ground: &Ground) -> Result<Vec<(&'r Rule, Result<()>)>> {
        let lease = format!("alerts/{}", watched.name);
        let Some(fence) = self.store.lease_take(&lease, &self.holder, LEASE, (self.now)()).await? else {
            return Ok(due.iter().map(|rule| (*rule, Ok(()))).collect());
        };
        let done = self.under(&fence, due, watched, ground).await;
        self.store.lease_release(&fence).await?;
        done
    }

    /// Looks at the tenant as it stands now that nobody else does, and writes what follows.
    async fn under<'r>(
        &self,
        fence: &Fence,
        due: &[&'r Rule],
        watched: Watched<'_>,
        ground: &Ground,
    ) -> Result<Vec<(&'r Rule, Result<()>)>> {
        let known = self.store.known_tenant(watched.name).await?;
        let watched = Watched { known: known.as_ref().unwrap_or(watched.known), ..watched };
        let ground = self.posting.ground_of(watched.name, ground).await?;
        let (mut days, mut done) = (Days::default(), Vec::with_capacity(due.len()));
        for rule in due {
            let looked = self.posting.look_out(rule, watched, &ground, &mut days).await;
            let written = match looked {
                Ok(news) => self.write(rule, watched.name, fence, &news).await,
                Err(error) => Err(error),
            };
            done.push((*rule, written));
        }
        Ok(done)
    }

    async fn write(&self, rule: &Rule, tenant: &str, fence: &Fence, news: &News) -> Result<()> {
        let News { states, deliveries } = news;
        if states.is_empty() {
            return Ok(());
        }
        let written = self.store.alert_step(fence, (&rule.name, tenant), states, deliveries, (self.now)()).await?;
        if written && !deliveries.is_empty() {
            tracing::info!(rule = rule.name, tenant, messages = deliveries.len(), "alerts to be delivered");
        }
        Ok(())
    }

    /// Tells the operator once that a rule cannot tell of a tenant.
    async fn refuse(&mut self, rule: &Rule, tenant: &str, why: &str) -> Result<()> {
        let what = format!("{tenant} to {}", rule.to);
        if self.refused.insert(format!("{}: {what}", rule.name)) {
            let title = format!("The alert {} does not tell of {tenant}", rule.name);
            self.posting.notify(NoticeSubject::Alert(rule.name.clone()), &what, &title, why).await?;
        }
        Ok(())
    }
}
