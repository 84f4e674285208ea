//! Who does a piece of work now? The holder of its lease, for as long as it lasts.
//!
//! A holder that was held up may wake after its lease ran out and another took over. The fence, a
//! number that grows whenever the lease changes hands, keeps such a holder from writing.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, db::Connection};
use crate::error::{Error, ErrorKind, Result};

/// Proof of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The piece of work.
    pub name: String,
    /// Who does it.
    pub holder: String,
    /// Grows whenever the lease changes hands.
    pub number: i64,
}

impl Store {
    /// Takes or renews the lease `name` for `ttl` from `now`; `None` while somebody else holds it.
    pub async fn lease_take(&self, name: &str, holder: &str, ttl: Duration, now: Timestamp) -> Result<Option<Fence>> {
        let now_ms = now.as_millisecond();
        let until_ms = now_ms.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        let mut transaction = self.db.write().await?;
        let query = "INSERT INTO leases (name, holder, until_ms, fence) VALUES ($1, $2, $3, 1) \
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, \
            fence = CASE WHEN leases.holder = excluded.holder AND leases.until_ms >= $4 THEN leases.fence ELSE leases.fence + 1 END \
            WHERE leases.until_ms < $4 OR leases.holder = excluded.holder \
            RETURNING fence";
        let query = sqlx::query(query).bind(name).bind(holder).bind(until_ms).bind(now_ms);
        let row = query.fetch_optional(&mut *transaction).await?;
        let number: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
        transaction.commit().await?;
        Ok(number.map(|number| Fence { name: name.to_owned(), holder: holder.to_owned(), number }))
    }

    /// Gives a lease back early. Nothing happens when somebody else has it by now.
    pub async fn lease_release(&self, fence: &Fence) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let query = "UPDATE leases SET until_ms = 0 WHERE name = $1 AND holder = $2 AND fence = $3";
        let query = sqlx::query(query).bind(&*fence.name).bind(&*fence.holder).bind(fence.number);
        query.execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

/// Refuses unless `fence` still holds its lease at `now`.
pub(super) async fn check(connection: &mut Connection, fence: &Fence, now: Timestamp) -> Result<()> {
    if holds(connection, fence, now).await? {
        return Ok(());
    }
    let sentence =
        "This sync took longer than its lease, so another scorewatch may be syncing, too. Nothing was saved; the next refresh retries.";
    Err(Error::new(ErrorKind::Throttled, sentence).elsewhere())
}

/// Whether `fence` still holds its lease at `now`.
pub(super) async fn holds(connection: &mut Connection, fence: &Fence, now: Timestamp) -> Result<bool> {
    let query = "SELECT name FROM leases WHERE name = $1 AND holder = $2 AND fence = $3 AND until_ms >= $4";
    let query = sqlx::query(query).bind(&*fence.name).bind(&*fence.holder).bind(fence.number).bind(now.as_millisecond());
    Ok(query.fetch_optional(connection).await?.is_some())
}
