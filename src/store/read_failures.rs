//! Why could a tenant not be read the last time, by whichever process? One row a tenant, until it is read again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Store, bump, db::Connection, tenants::moment};
use crate::{
    alert::ReadingFailure,
    error::{AccessGap, Error, FetchFailureKind, Result},
};

/// The kinds of failures, as the column `sign_in` has them.
const KINDS: [(i64, FetchFailureKind); 9] = [
    (0, FetchFailureKind::Other),
    (1, FetchFailureKind::SignIn),
    (2, FetchFailureKind::Access(AccessGap::Consent)),
    (3, FetchFailureKind::Access(AccessGap::Permission)),
    (4, FetchFailureKind::Access(AccessGap::Enabled)),
    (5, FetchFailureKind::Access(AccessGap::App)),
    (6, FetchFailureKind::Access(AccessGap::Tenant)),
    (7, FetchFailureKind::Access(AccessGap::Credential)),
    (8, FetchFailureKind::Transient),
];

/// The number that `kind` is stored as.
fn stored_kind(kind: FetchFailureKind) -> i64 {
    KINDS.into_iter().find(|(_, known)| *known == kind).map_or(0, |(number, _)| number)
}

/// The kind that is stored as `number`.
fn kind_of(number: i64) -> FetchFailureKind {
    KINDS.into_iter().find(|(known, _)| *known == number).map_or(FetchFailureKind::Other, |(_, kind)| kind)
}

impl Store {
    /// Why tenants could not be read the last time; those that could are missing.
    pub async fn read_failures(&self) -> Result<BTreeMap<String, ReadingFailure>> {
        let mut transaction = self.db.read().await?;
        load(&mut transaction, None).await
    }

    /// Notes that `tenant` could not be read at `now`, because of `error`. A failure of the same kind keeps the time of the first. Where there are no
    /// days, answers say why: another kind is another version of what is known of the tenant.
    pub async fn reading_failed(&self, tenant: &str, error: &Error, now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let kind = stored_kind(error.fetch_failure());
        let before = sqlx::query("SELECT sign_in FROM read_failures WHERE tenant = $1").bind(tenant);
        let before: Option<i64> = before.fetch_optional(&mut *transaction).await?.map(|row| row.try_get(0)).transpose()?;
        let query = "INSERT INTO read_failures (tenant, sign_in, shared, sentence, since_ms) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (tenant) DO UPDATE SET sign_in = excluded.sign_in, shared = excluded.shared, sentence = excluded.sentence, \
            since_ms = CASE WHEN read_failures.sign_in = excluded.sign_in THEN read_failures.since_ms ELSE excluded.since_ms END";
        let query = sqlx::query(query).bind(tenant).bind(kind).bind(error.common_cause.as_deref());
        let query = query.bind(&*error.sentence).bind(now.as_millisecond());
        query.execute(&mut *transaction).await?;
        if before != Some(kind) {
            let query = "UPDATE tenants SET version = version + 1 \
                WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM snapshots WHERE snapshots.tenant = tenants.id)";
            sqlx::query(query).bind(tenant).execute(&mut *transaction).await?;
            bump(&mut transaction).await?;
        }
        transaction.commit().await
    }
}

/// Why tenants could not be read the last time, of all or of one; those that could are missing.
pub(super) async fn load(connection: &mut Connection, tenant: Option<&str>) -> Result<BTreeMap<String, ReadingFailure>> {
    let query =
        sqlx::query("SELECT tenant, sign_in, shared, sentence, since_ms FROM read_failures WHERE $1 IS NULL OR tenant = $1").bind(tenant);
    let read = |row: &SqliteRow| {
        let last = ReadingFailure {
            kind: kind_of(row.try_get(1)?),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_stored_as_a_number_of_its_own() {
        for (number, kind) in KINDS {
            assert_eq!((stored_kind(kind), kind_of(number)), (number, kind));
        }
        assert_eq!(kind_of(99), FetchFailureKind::Other, "a later version may know more");
    }
}
