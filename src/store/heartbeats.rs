//! When did each worker last do its round, in whichever process?

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, fault::fault, tenants::moment};
use crate::error::Result;

impl Store {
    /// Notes that `worker` did a round at `now`. A clock that is set back sets it back too, or nobody would notice that it stops.
    pub async fn heartbeat(&self, worker: &str, now: Timestamp) -> Result<()> {
        let query = "INSERT INTO heartbeats (worker, at_ms) VALUES ($1, $2) ON CONFLICT (worker) DO UPDATE SET at_ms = excluded.at_ms";
        self.db.change(sqlx::query(query).bind(worker).bind(now.as_millisecond())).await.map(|_| ())
    }

    /// When each worker did its last round, by its name; those that never did any are missing.
    pub async fn heartbeats(&self) -> Result<BTreeMap<String, Timestamp>> {
        let mut transaction = self.db.read().await?;
        let rows = sqlx::query("SELECT worker, at_ms FROM heartbeats").fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(fault)?, moment(row.try_get(1).map_err(fault)?)?))).collect()
    }
}
