//! Where is nothing posted any more, since when, and why?

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    outbox::RELEASE,
    tenants::moment,
};
use crate::error::Result;

/// How many stopped destinations are kept in mind; the oldest make room, and would be stopped again when they are used.
const ROWS_MAX: i64 = 10_000;

/// Why nothing is posted to a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Since when.
    pub since: Timestamp,
    /// What went wrong there, in a sentence.
    pub why: String,
}

/// What kept posts from a destination that is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// Nothing was sent there any more.
    pub was_stopped: bool,
    /// Posts waited to be tried again: it failed, or asked to be left alone.
    pub was_failing: bool,
}

impl Store {
    /// Notes that nothing is posted to `destination` any more; whether that is new. An earlier stop stays as it is.
    pub async fn stop(&self, destination: &str, stop: &Stop) -> Result<bool> {
        if self.stopped(destination).await?.is_some() {
            return Ok(false);
        }
        let mut transaction = self.db.write().await?;
        let query =
            "INSERT INTO stopped_destinations (destination, since_ms, why) VALUES ($1, $2, $3) ON CONFLICT (destination) DO NOTHING";
        let query = sqlx::query(query).bind(destination).bind(stop.since.as_millisecond()).bind(&*stop.why);
        let new = query.execute(&mut *transaction).await?.rows_affected() > 0;
        let oldest = "DELETE FROM stopped_destinations WHERE destination IN \
            (SELECT destination FROM stopped_destinations ORDER BY since_ms DESC, destination LIMIT $1 OFFSET $2)";
        sqlx::query(oldest).bind(i64::MAX).bind(ROWS_MAX).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(new)
    }

    /// Whether nothing is posted to `destination`, and why.
    pub async fn stopped(&self, destination: &str) -> Result<Option<Stop>> {
        let query = sqlx::query("SELECT since_ms, why FROM stopped_destinations WHERE destination = $1").bind(destination);
        let Some(row) = query.fetch_optional(self.db.reader()).await? else { return Ok(None) };
        Ok(Some(Stop { since: moment(row.try_get(0)?)?, why: row.try_get(1)? }))
    }

    /// All destinations to which nothing is posted, by name.
    pub async fn stops(&self) -> Result<BTreeMap<String, Stop>> {
        let rows = sqlx::query("SELECT destination, since_ms, why FROM stopped_destinations").fetch_all(self.db.reader()).await?;
        let read = |row: &SqliteRow| {
            let stop = Stop { since: moment(row.try_get(1)?)?, why: row.try_get(2)? };
            Ok((row.try_get(0)?, stop))
        };
        rows.iter().map(read).collect()
    }

    /// Posts to `destination` again at `now`, also where it asked to be left alone, and notes who said so; what kept posts from it.
    pub async fn resume(&self, destination: &str, entry: &AuditEntry, now: Timestamp) -> Result<Resumed> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query("DELETE FROM stopped_destinations WHERE destination = $1").bind(destination);
        let was_stopped = query.execute(&mut *transaction).await?.rows_affected() > 0;
        let query = "UPDATE outages SET held_ms = 0, next_ms = $1 WHERE destination = $2 AND next_ms > $1";
        let query = sqlx::query(query).bind(now.as_millisecond()).bind(destination);
        let was_failing = query.execute(&mut *transaction).await?.rows_affected() > 0;
        sqlx::query(RELEASE).bind(now.as_millisecond()).bind(destination).execute(&mut *transaction).await?;
        if was_stopped || was_failing {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(Resumed { was_stopped, was_failing })
    }
}
