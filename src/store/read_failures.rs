//! Why could a tenant not be read the last time, by whichever process? One row a tenant, until it is read again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Store, db::Connection, tenants::moment};
use crate::{
    alert::ReadingFailure,
    error::{AccessGap, Error, Result},
};

/// The sorts of failures, as `sign_in` has them: something else, the sign-in, and what the app lacks.
const OTHER: i64 = 0;
const SIGN_IN: i64 = 1;
const GAPS: [(i64, AccessGap); 4] = [(2, AccessGap::Consent), (3, AccessGap::Permission), (4, AccessGap::Enabled), (5, AccessGap::App)];

/// The sort of `error`.
fn sort(error: &Error) -> i64 {
    let gap = GAPS.into_iter().find(|(_, gap)| error.gap == Some(*gap)).map(|(sort, _)| sort);
    gap.unwrap_or(if error.not_let_in { SIGN_IN } else { OTHER })
}

impl Store {
    /// Why tenants could not be read the last time; those that could are missing.
    pub async fn read_failures(&self) -> Result<BTreeMap<String, ReadingFailure>> {
        let mut transaction = self.db.read().await?;
        load(&mut transaction, None).await
    }

    /// Notes that `tenant` could not be read at `now`, because of `error`. A failure of the same sort keeps the time of the first.
    pub async fn reading_failed(&self, tenant: &str, error: &Error, now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let query = "INSERT INTO read_failures (tenant, sign_in, shared, sentence, since_ms) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (tenant) DO UPDATE SET sign_in = excluded.sign_in, shared = excluded.shared, sentence = excluded.sentence, \
            since_ms = CASE WHEN read_failures.sign_in = excluded.sign_in THEN read_failures.since_ms ELSE excluded.since_ms END";
        let query = sqlx::query(query).bind(tenant).bind(sort(error)).bind(error.common_cause.as_deref());
        let query = query.bind(&*error.sentence).bind(now.as_millisecond());
        query.execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

/// Why tenants could not be read the last time, of all or of one; those that could are missing.
pub(super) async fn load(connection: &mut Connection, tenant: Option<&str>) -> Result<BTreeMap<String, ReadingFailure>> {
    let query =
        sqlx::query("SELECT tenant, sign_in, shared, sentence, since_ms FROM read_failures WHERE $1 IS NULL OR tenant = $1").bind(tenant);
    let read = |row: &SqliteRow| {
        let sort: i64 = row.try_get(1)?;
        let last = ReadingFailure {
            sign_in: sort != OTHER,
            gap: GAPS.into_iter().find(|(of, _)| *of == sort).map(|(_, gap)| gap),
            shared: row.try_get(2)?,
            sentence: row.try_get(3)?,
            since: moment(row.try_get(4)?)?,
        };
        Ok((row.try_get(0)?, last))
    };
    query.fetch_all(connection).await?.iter().map(read).collect()
}

/// Forgets what went wrong with `tenant`, which was just read.
pub(super) async fn clear(connection: &mut Connection, tenant: &str) -> Result<()> {
    sqlx::query("DELETE FROM read_failures WHERE tenant = $1").bind(tenant).execute(connection).await?;
    Ok(())
}
