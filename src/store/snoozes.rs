//! What does nobody want to hear of for a while, who said so, and why? One row for each tenant, control and kind.

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    db::Connection,
    tenants::moment,
};
use crate::error::Result;

/// Something that is not told for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnooze {
    /// The tenant.
    pub tenant: String,
    /// The control; empty for all that the kind is about.
    pub control: String,
    /// The kind of alert, or `all`.
    pub kind: String,
    /// When it is told again.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said so, by an asker's name.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Snoozes what `snoozes` say, in the place of what was said of the same before, and notes each in the audit log. Those that ended
    /// long ago go.
    pub async fn snooze(&self, snoozes: &[(StoredSnooze, AuditEntry)], forget_before: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query("DELETE FROM snoozes WHERE until_ms < $1").bind(forget_before.as_millisecond());
        query.execute(&mut *transaction).await?;
        for (snooze, entry) in snoozes {
            let query = "INSERT INTO snoozes (tenant, control, kind, until_ms, reason, by_whom, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                ON CONFLICT (tenant, control, kind) DO UPDATE SET until_ms = excluded.until_ms, reason = excluded.reason, \
                by_whom = excluded.by_whom, at_ms = excluded.at_ms";
            let query = sqlx::query(query).bind(&*snooze.tenant).bind(&*snooze.control).bind(&*snooze.kind);
            let query = query.bind(snooze.until.as_millisecond()).bind(&*snooze.reason).bind(&*snooze.by).bind(snooze.at.as_millisecond());
            query.execute(&mut *transaction).await?;
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await
    }

    /// Ends a snooze early, and notes it; whether there was one.
    pub async fn snooze_end(&self, tenant: &str, control: &str, kind: &str, entry: &AuditEntry) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let query = "DELETE FROM snoozes WHERE tenant = $1 AND control = $2 AND kind = $3";
        let query = sqlx::query(query).bind(tenant).bind(control).bind(kind);
        let ended = query.execute(&mut *transaction).await?.rows_affected() > 0;
        if ended {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    /// The snoozes that hold at `now`, of all tenants, those that end first first.
    pub async fn snoozes(&self, now: Timestamp) -> Result<Vec<StoredSnooze>> {
        load(&mut *self.db.read().await?, None, now).await
    }
}

/// The same, of all tenants or of one, as part of something larger.
pub(super) async fn load(connection: &mut Connection, tenant: Option<&str>, now: Timestamp) -> Result<Vec<StoredSnooze>> {
    let query = "SELECT tenant, control, kind, until_ms, reason, by_whom, at_ms FROM snoozes \
        WHERE until_ms > $1 AND ($2 IS NULL OR tenant = $2) ORDER BY until_ms, tenant, control, kind";
    let rows = sqlx::query(query).bind(now.as_millisecond()).bind(tenant).fetch_all(connection).await?;
    rows.iter().map(read_row).collect()
}

fn read_row(row: &SqliteRow) -> Result<StoredSnooze> {
    Ok(StoredSnooze {
        tenant: row.try_get(0)?,
        control: row.try_get(1)?,
        kind: row.try_get(2)?,
        until: moment(row.try_get(3)?)?,
        reason: row.try_get(4)?,
        by: row.try_get(5)?,
        at: moment(row.try_get(6)?)?,
    })
}
