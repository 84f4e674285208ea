//! What do the rules find, minute after minute? Looks at every tenant of every rule, and writes what follows with what is to be delivered.
//!
//! A look that finds nothing new writes nothing. One that does is repeated under a lease, by its turn: of two processes on one store, one
//! tells. A process that dies between two writes has told nothing that it did not write, and written nothing that is not delivered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    alert::{End, Rule},
    ask::{Ask, Look, Watched},
    error::Result,
    store::{Fence, Known, Store},
};

/// How often the rules are looked at.
const EVERY: Duration = Duration::from_mins(1);
/// How long a process that dies keeps others from telling alerts of a tenant.
const LEASE: Duration = Duration::from_mins(2);
/// The name of this worker among those whose rounds are watched.
const WORKER: &str = "alert";

/// Looks at the rules again and again.
pub struct Alerts {
    ask: Arc<Ask>,
    store: Store,
    holder: String,
    ends: BTreeMap<String, End>,
    /// What the operator was told of already, since this process began: in the log, once is enough.
    refused: BTreeSet<String>,
    now: fn() -> Timestamp,
}

impl Alerts {
    /// Looks through `ask` at what `store` holds; `holder` names this process among all, `ends` say when the credential of a tenant ends.
    pub fn new(ask: Arc<Ask>, store: Store, holder: String, ends: BTreeMap<String, End>) -> Self {
        Self { ask, store, holder, ends, refused: BTreeSet::new(), now: Timestamp::now }
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Looks every minute, for as long as it runs; not at all where nothing is posted. What fails is tried again in the next round.
    pub async fn keep_looking(mut self) {
        while self.ask.posts().is_ok() {
            if let Err(error) = self.round().await {
                tracing::warn!(cause = error.cause(), "the alerts were not looked at: {}", error.sentence);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks once at every tenant of every rule. That one of them fails keeps no other from being looked at.
    pub async fn round(&mut self) -> Result<()> {
        let posts = Arc::clone(self.ask.posts()?);
        if !posts.rules.is_empty() {
            let known = self.store.known().await?;
            for rule in &posts.rules {
                for tenant in known.tenants.keys().filter(|tenant| rule.tenants.include(tenant)) {
                    if let Err(error) = self.look(rule, tenant, &known).await {
                        let rule = &*rule.name;
                        tracing::warn!(rule, tenant = &**tenant, cause = error.cause(), "not looked at: {}", error.sentence);
                    }
                }
            }
        }
        self.store.heartbeat(WORKER, (self.now)()).await
    }

    async fn look(&mut self, rule: &Rule, tenant: &str, known: &Known) -> Result<()> {
        let Some(of_tenant) = known.tenants.get(tenant) else { return Ok(()) };
        let watched = Watched { name: tenant, known: of_tenant, end: self.ends.get(tenant) };
        match self.ask.look_out(rule, watched).await? {
            Look::Nothing => return Ok(()),
            Look::Withheld(why) => return self.refuse(rule, tenant, &why).await,
            Look::News(..) => {}
        }
        let lease = format!("alerts/{tenant}");
        let Some(fence) = self.store.lease_take(&lease, &self.holder, LEASE, (self.now)()).await? else { return Ok(()) };
        let done = self.write(rule, watched, &fence).await;
        self.store.lease_release(&fence).await?;
        done
    }

    /// Looks again, now that nobody else does, and writes what follows.
    async fn write(&self, rule: &Rule, watched: Watched<'_>, fence: &Fence) -> Result<()> {
        let Look::News(states, deliveries) = self.ask.look_out(rule, watched).await? else { return Ok(()) };
        let written = self.store.alert_step(fence, (&rule.name, watched.name), &states, &deliveries, (self.now)()).await?;
        if written && !deliveries.is_empty() {
            tracing::info!(rule = rule.name, tenant = watched.name, messages = deliveries.len(), "alerts to be delivered");
        }
        Ok(())
    }

    /// Tells the operator once that a rule cannot tell of a tenant.
    async fn refuse(&mut self, rule: &Rule, tenant: &str, why: &str) -> Result<()> {
        let what = format!("{tenant} to {}", rule.to);
        if self.refused.insert(format!("{}: {what}", rule.name)) {
            let title = format!("The alert {} does not tell of {tenant}", rule.name);
            self.ask.notify(&format!("alert:{}", rule.name), &what, &title, why).await?;
        }
        Ok(())
    }
}
