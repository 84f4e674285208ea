//! What did each rule find, and what was told of it? Its states and the posts that tell them change together, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    NewDelivery, Store, StoredSnooze,
    db::{Connection, Write},
    form::StoredForm,
    leases::{self, Fence},
    outbox, read_failures, snoozes,
};
use crate::{
    alert::{FindingKey, FindingState, FindingStates, ReadingFailure, RuleMemory, RuleState},
    error::{Error, Result},
};

/// What the rules of alerts rest on besides the days of tenants, as of one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredAlerts {
    /// What rules remember, by tenant and rule.
    pub memories: BTreeMap<String, BTreeMap<String, RuleMemory>>,
    /// Why what a rule remembers of a tenant cannot be read, by tenant and rule. It keeps no other rule or tenant from being evaluated.
    pub unreadable: BTreeMap<String, BTreeMap<String, String>>,
    /// What is snoozed, by tenant.
    pub snoozes: BTreeMap<String, Vec<StoredSnooze>>,
    /// Why tenants could not be read the last time.
    pub faults: BTreeMap<String, ReadingFailure>,
    /// The posts about alerts that were given up, or may not be seen where they were to go.
    pub undelivered: BTreeSet<String>,
}

/// What is written together.
#[derive(Debug)]
pub struct AlertWrite<'a> {
    /// What rules remember of tenants, by tenant and rule.
    pub rules: &'a BTreeMap<(String, String), RuleState>,
    /// The states that changed, `None` for those that are resolved.
    pub findings: &'a BTreeMap<FindingKey, Option<FindingState>>,
    /// The posts that tell it.
    pub deliveries: &'a [NewDelivery],
}

impl StoredAlerts {
    fn cannot_read(&mut self, tenant: String, rule: String, error: &Error) {
        tracing::debug!(tenant, rule, cause = error.cause(), "what an alert rule remembers cannot be read: {}", error.sentence);
        if let Some(rules) = self.memories.get_mut(&tenant) {
            rules.remove(&rule);
        }
        self.unreadable.entry(tenant).or_default().insert(rule, error.sentence.clone());
    }
}

impl Store {
    /// What the rules rest on at `now`: so many queries for however many tenants and rules.
    pub async fn alerts(&self, now: Timestamp) -> Result<StoredAlerts> {
        let mut transaction = self.db.read().await?;
        let mut stored = StoredAlerts { faults: read_failures::load(&mut transaction, None).await?, ..StoredAlerts::default() };
        let rules = sqlx::query("SELECT tenant, rule, state FROM alert_rules").fetch_all(&mut *transaction).await?;
        for row in &rules {
            let (tenant, rule) = (text(row, 0)?, text(row, 1)?);
            match state(row, 2) {
                Ok(state) => {
                    stored.memories.entry(tenant).or_default().insert(rule, RuleMemory { rule: state, findings: FindingStates::new() });
                }
                Err(error) => stored.cannot_read(tenant, rule, &error),
            }
        }
        let query = sqlx::query("SELECT tenant, rule, subject, state FROM alert_findings");
        for row in &query.fetch_all(&mut *transaction).await? {
            let (tenant, rule) = (text(row, 0)?, text(row, 1)?);
            let Some(memory) = stored.memories.get_mut(&tenant).and_then(|rules| rules.get_mut(&rule)) else { continue };
            match state(row, 3) {
                Ok(state) => drop(memory.findings.insert(text(row, 2)?, state)),
                Err(error) => stored.cannot_read(tenant, rule, &error),
            }
        }
        for snooze in snoozes::load(&mut transaction, None, now).await? {
            stored.snoozes.entry(snooze.tenant.clone()).or_default().push(snooze);
        }
        let query = sqlx::query("SELECT id FROM outbox WHERE state IN ('failed', 'withheld') AND kind IN ('alert', 'recovery')");
        let rows = query.fetch_all(&mut *transaction).await?;
        stored.undelivered = rows.iter().map(|row| text(row, 0)).collect::<Result<_>>()?;
        Ok(stored)
    }

    /// What `rule` found in `tenant` and is not resolved.
    pub async fn alert_findings(&self, rule: &str, tenant: &str) -> Result<FindingStates> {
        let query = sqlx::query("SELECT subject, state FROM alert_findings WHERE rule = $1 AND tenant = $2").bind(rule).bind(tenant);
        let rows = query.fetch_all(self.db.reader()).await?;
        rows.iter().map(|row| Ok((text(row, 0)?, state(row, 1)?))).collect()
    }

    /// Forgets what rules remember of tenants that are not among `kept`, pairs of a tenant and a rule, and that was last written before then.
    pub async fn alerts_forget(&self, watched: &BTreeSet<(String, String)>, before: Timestamp) -> Result<()> {
        let mut transaction: Write = self.db.write().await?;
        let query = sqlx::query("SELECT tenant, rule FROM alert_rules WHERE changed_ms < $1").bind(before.as_millisecond());
        for row in query.fetch_all(&mut *transaction).await? {
            let pair = (text(&row, 0)?, text(&row, 1)?);
            if watched.contains(&pair) {
                continue;
            }
            for query in
                ["DELETE FROM alert_findings WHERE tenant = $1 AND rule = $2", "DELETE FROM alert_rules WHERE tenant = $1 AND rule = $2"]
            {
                sqlx::query(query).bind(&pair.0).bind(&pair.1).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await
    }

    /// Writes the states that changed with the posts that tell them, while `fence` holds; whether it did.
    pub async fn alerts_write(&self, fence: &Fence, write: &AlertWrite<'_>, now: Timestamp) -> Result<bool> {
        let mut transaction: Write = self.db.write().await?;
        if !leases::holds(&mut transaction, fence, now).await? {
            return Ok(false);
        }
        for ((tenant, rule), state) in write.rules {
            let query = "INSERT INTO alert_rules (rule, tenant, state, changed_ms) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (rule, tenant) DO UPDATE SET state = excluded.state, changed_ms = excluded.changed_ms";
            let query = sqlx::query(query).bind(rule).bind(tenant).bind(StoredForm::AlertState.write(state)?).bind(now.as_millisecond());
            query.execute(&mut *transaction).await?;
        }
        for (key, state) in write.findings {
            put(&mut transaction, key, state.as_ref()).await?;
        }
        for delivery in write.deliveries {
            outbox::add(&mut transaction, delivery).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

async fn put(connection: &mut Connection, FindingKey { tenant, rule, subject }: &FindingKey, state: Option<&FindingState>) -> Result<()> {
    let query = match state {
        Some(state) => sqlx::query(
            "INSERT INTO alert_findings (rule, tenant, subject, state) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (rule, tenant, subject) DO UPDATE SET state = excluded.state",
        )
        .bind(rule)
        .bind(tenant)
        .bind(subject)
        .bind(StoredForm::AlertState.write(state)?),
        None => {
            sqlx::query("DELETE FROM alert_findings WHERE rule = $1 AND tenant = $2 AND subject = $3").bind(rule).bind(tenant).bind(subject)
        }
    };
    query.execute(connection).await?;
    Ok(())
}

fn text(row: &SqliteRow, column: usize) -> Result<String> {
    Ok(row.try_get(column)?)
}

/// The state in a column.
fn state<S: DeserializeOwned>(row: &SqliteRow, column: usize) -> Result<S> {
    StoredForm::AlertState.read(row.try_get(column)?)
}
