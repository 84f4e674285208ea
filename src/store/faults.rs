//! Why could a tenant not be read the last time, by whichever process? One row a tenant, until it is read again.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, db::Connection, fault::fault, tenants::moment};
use crate::error::Result;

/// What went wrong when a tenant was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFault {
    /// Whether Microsoft did not let us in.
    pub sign_in: bool,
    /// What went wrong, in a sentence.
    pub sentence: String,
    /// Since when it goes wrong in this way.
    pub since: Timestamp,
}

impl Store {
    /// Notes that `tenant` could not be read at `now`. A failure of the same sort keeps the time of the first.
    pub async fn reading_failed(&self, tenant: &str, sign_in: bool, sentence: &str, now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let query = "INSERT INTO faults (tenant, sign_in, sentence, since_ms) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (tenant) DO UPDATE SET sign_in = excluded.sign_in, sentence = excluded.sentence, \
            since_ms = CASE WHEN faults.sign_in = excluded.sign_in THEN faults.since_ms ELSE excluded.since_ms END";
        let query = sqlx::query(query).bind(tenant).bind(i64::from(sign_in)).bind(sentence).bind(now.as_millisecond());
        query.execute(&mut *transaction).await.map_err(fault)?;
        transaction.commit().await
    }

    /// Why `tenant` could not be read the last time; `None` when it could.
    pub async fn last_fault(&self, tenant: &str) -> Result<Option<LastFault>> {
        let mut transaction = self.db.read().await?;
        let query = sqlx::query("SELECT sign_in, sentence, since_ms FROM faults WHERE tenant = $1").bind(tenant);
        let Some(row) = query.fetch_optional(&mut *transaction).await.map_err(fault)? else { return Ok(None) };
        let sign_in: i64 = row.try_get(0).map_err(fault)?;
        Ok(Some(LastFault {
            sign_in: sign_in != 0,
            sentence: row.try_get(1).map_err(fault)?,
            since: moment(row.try_get(2).map_err(fault)?)?,
        }))
    }
}

/// Forgets what went wrong with `tenant`, which was just read.
pub(super) async fn clear(connection: &mut Connection, tenant: &str) -> Result<()> {
    sqlx::query("DELETE FROM faults WHERE tenant = $1").bind(tenant).execute(connection).await.map_err(fault)?;
    Ok(())
}
