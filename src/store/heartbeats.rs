//! When did each worker last do its round, in whichever process?

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row as _;

use super::{Store, tenants::moment};
use crate::{error::Result, text::named_values};

/// What makes or sends posts, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerKind {
    /// Makes digests when they are due.
    Digest,
    /// Looks at the rules for alerts.
    Alert,
    /// Sends what waits.
    Deliver,
}

named_values!(WorkerKind, "worker", Digest => "digest", Alert => "alert", Deliver => "deliver");

impl Store {
    /// Notes that `worker` did a round at `now`. A clock that is set back sets it back too, or nobody would notice that it stops.
    pub async fn heartbeat(&self, worker: WorkerKind, now: Timestamp) -> Result<()> {
        let query = "INSERT INTO heartbeats (worker, at_ms) VALUES ($1, $2) ON CONFLICT (worker) DO UPDATE SET at_ms = excluded.at_ms";
        self.db.change(sqlx::query(query).bind(worker.word()).bind(now.as_millisecond())).await.map(|_| ())
    }

    /// When each worker did its last round; those that never did any are missing.
    pub async fn heartbeats(&self) -> Result<BTreeMap<WorkerKind, Timestamp>> {
        let rows = sqlx::query("SELECT worker, at_ms FROM heartbeats").fetch_all(self.db.reader()).await?;
        let mut marks = BTreeMap::new();
        for row in rows {
            let word: String = row.try_get(0)?;
            // Another version may have workers that we do not.
            if let Ok(worker) = word.parse() {
                marks.insert(worker, moment(row.try_get(1)?)?);
            }
        }
        Ok(marks)
    }
}
