//! What did each rule find, and what was told of it? Its states and the deliveries that tell them change together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::Row as _;

use super::{
    LastFault, NewDelivery, Snooze, Store,
    db::{Connection, Write},
    fault::fault,
    faults,
    leases::{self, Fence},
    outbox, snoozes,
};
use crate::error::Result;

/// The states of a rule about a tenant as they are written, by subject; the empty subject is what the rule remembers of the tenant.
pub type AlertStates = BTreeMap<String, String>;

/// What the rules rest on besides the days of tenants, as of one moment: of all tenants, or of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertGround {
    /// What was found and is not over, by tenant and rule.
    pub states: BTreeMap<String, BTreeMap<String, AlertStates>>,
    /// What is snoozed, by tenant.
    pub snoozes: BTreeMap<String, Vec<Snooze>>,
    /// Why tenants could not be read the last time.
    pub faults: BTreeMap<String, LastFault>,
}

impl Store {
    /// What the rules rest on at `now`, of all tenants or of one: so many queries for however many tenants and rules.
    pub async fn alert_ground(&self, tenant: Option<&str>, now: Timestamp) -> Result<AlertGround> {
        let mut transaction = self.db.read().await?;
        let mut ground = AlertGround { faults: faults::load(&mut transaction, tenant).await?, ..AlertGround::default() };
        let query = match tenant {
            Some(tenant) => sqlx::query("SELECT tenant, rule, subject, state FROM alerts WHERE tenant = $1").bind(tenant),
            None => sqlx::query("SELECT tenant, rule, subject, state FROM alerts"),
        };
        for row in query.fetch_all(&mut *transaction).await.map_err(fault)? {
            let text = |column: usize| row.try_get::<String, _>(column).map_err(fault);
            let of_rule = ground.states.entry(text(0)?).or_default().entry(text(1)?).or_default();
            of_rule.insert(text(2)?, text(3)?);
        }
        for snooze in snoozes::load(&mut transaction, tenant, now).await? {
            ground.snoozes.entry(snooze.tenant.clone()).or_default().push(snooze);
        }
        Ok(ground)
    }

    /// What `rule` found in `tenant` and is not over.
    pub async fn alert_states(&self, rule: &str, tenant: &str) -> Result<AlertStates> {
        let mut transaction = self.db.read().await?;
        let query = sqlx::query("SELECT subject, state FROM alerts WHERE rule = $1 AND tenant = $2").bind(rule).bind(tenant);
        let rows = query.fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?))).collect()
    }

    /// The ids of the alerts and recoveries that were given up, or may not be seen where they were to go.
    pub async fn alerts_lost(&self) -> Result<BTreeSet<String>> {
        let mut transaction = self.db.read().await?;
        let query = sqlx::query("SELECT id FROM outbox WHERE state IN ('failed', 'withheld') AND kind IN ('alert', 'recovery')");
        let rows = query.fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(|row| row.try_get(0).map_err(fault)).collect()
    }

    /// Forgets what rules found in tenants that are not among `kept`, pairs of a rule and a tenant, and that was last written before then.
    pub async fn alerts_forget(&self, kept: &BTreeSet<(String, String)>, before: Timestamp) -> Result<()> {
        let mut transaction: Write = self.db.write().await?;
        let query = sqlx::query("SELECT rule, tenant FROM alerts GROUP BY rule, tenant HAVING MAX(changed_ms) < $1");
        let rows = query.bind(before.as_millisecond()).fetch_all(&mut *transaction).await.map_err(fault)?;
        for row in rows {
            let pair: (String, String) = (row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?);
            if !kept.contains(&pair) {
                let query = sqlx::query("DELETE FROM alerts WHERE rule = $1 AND tenant = $2").bind(pair.0).bind(pair.1);
                query.execute(&mut *transaction).await.map_err(fault)?;
            }
        }
        transaction.commit().await
    }

    /// Writes the `states` of `rule` about `tenant` that changed (`None` for those that are over) with the deliveries that tell them, while
    /// `fence` holds; whether it did.
    pub async fn alert_step(
        &self,
        fence: &Fence,
        (rule, tenant): (&str, &str),
        states: &[(String, Option<String>)],
        deliveries: &[NewDelivery],
        now: Timestamp,
    ) -> Result<bool> {
        let mut transaction: Write = self.db.write().await?;
        if !leases::holds(&mut transaction, fence, now).await? {
            return Ok(false);
        }
        for (subject, state) in states {
            put(&mut transaction, (rule, tenant, subject), state.as_deref(), now).await?;
        }
        for delivery in deliveries {
            outbox::add(&mut transaction, delivery).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

async fn put(connection: &mut Connection, (rule, tenant, subject): (&str, &str, &str), state: Option<&str>, now: Timestamp) -> Result<()> {
    let query = match state {
        Some(state) => sqlx::query(
            "INSERT INTO alerts (rule, tenant, subject, state, changed_ms) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (rule, tenant, subject) DO UPDATE SET state = excluded.state, changed_ms = excluded.changed_ms",
        )
        .bind(rule)
        .bind(tenant)
        .bind(subject)
        .bind(state)
        .bind(now.as_millisecond()),
        None => sqlx::query("DELETE FROM alerts WHERE rule = $1 AND tenant = $2 AND subject = $3").bind(rule).bind(tenant).bind(subject),
    };
    query.execute(connection).await.map_err(fault)?;
    Ok(())
}
