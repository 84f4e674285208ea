//! What is kept of a tenant, and how does all of it go? Also: texts that nobody's catalogue uses any more.

use jiff::civil::Date;
use serde_json::Value;
use sqlx::Row as _;

use super::{
    Store, TenantReferences,
    audit::{self, AuditEntry},
    bump,
    db::Connection,
    form::StoredForm,
    tenant_references, tenants,
};
use crate::error::Result;

/// What is kept of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantContents {
    /// How many days.
    pub days: u64,
    /// The first of them.
    pub oldest: Option<Date>,
    /// The last of them.
    pub newest: Option<Date>,
    /// Profiles of its controls.
    pub profiles: u64,
    /// Controls on which something is noted.
    pub notes: u64,
    /// Snoozes.
    pub snoozes: u64,
    /// What rules found and is not over.
    pub alerts: u64,
    /// Posts about it alone, sent and waiting.
    pub posts: u64,
    /// API keys that work and see it alone; others lose it.
    pub keys: TenantReferences,
    /// Digests that people made about it alone; others lose it.
    pub digests: TenantReferences,
}

/// The tables that know a tenant by its number. Days before the words that they name.
const BY_ID: [&str; 6] = [
    "DELETE FROM snapshots WHERE tenant = $1",
    "DELETE FROM dictionary WHERE tenant = $1",
    "DELETE FROM profiles WHERE tenant = $1",
    "DELETE FROM descriptions WHERE tenant = $1",
    "DELETE FROM annotations WHERE tenant = $1",
    "DELETE FROM service_plans WHERE tenant = $1",
];
/// The tables that know it by its name.
const BY_NAME: [&str; 6] = [
    "DELETE FROM alert_findings WHERE tenant = $1",
    "DELETE FROM alert_rules WHERE tenant = $1",
    "DELETE FROM snoozes WHERE tenant = $1",
    "DELETE FROM read_failures WHERE tenant = $1",
    "DELETE FROM leases WHERE name = 'refresh/' || $1",
    "DELETE FROM outbox WHERE tenants = $1 AND kind <> 'digest'",
];
/// Texts are in use by a profile or as a description.
const UNUSED: &str =
    "SELECT COUNT(*) FROM texts WHERE hash NOT IN (SELECT text_hash FROM profiles UNION SELECT text_hash FROM descriptions)";
const FORGET_UNUSED: &str = "DELETE FROM texts WHERE hash NOT IN (SELECT text_hash FROM profiles UNION SELECT text_hash FROM descriptions)";

/// What there is of a tenant besides its days: profiles, notes, snoozes, alerts, posts.
const COUNTS: [&str; 5] = [
    "SELECT COUNT(*) FROM profiles WHERE tenant = (SELECT id FROM tenants WHERE name = $1)",
    "SELECT COUNT(*) FROM annotations WHERE tenant = (SELECT id FROM tenants WHERE name = $1)",
    "SELECT COUNT(*) FROM snoozes WHERE tenant = $1",
    "SELECT COUNT(*) FROM alert_findings WHERE tenant = $1",
    "SELECT COUNT(*) FROM outbox WHERE tenants = $1 AND kind <> 'digest'",
];

impl Store {
    /// What is kept of `tenant`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a tenant that is not stored.
    pub async fn held(&self, tenant: &str) -> Result<TenantContents> {
        held(&mut *self.db.read().await?, tenant).await
    }

    /// Takes away all that is kept of `tenant`, what its name opens (keys, digests that people made), and texts that nobody uses then, and notes it in
    /// the audit log, which stays. A reading that is under way is not saved any more. Says what there was.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a tenant that is not stored.
    pub async fn tenant_remove(&self, tenant: &str, entry: &AuditEntry) -> Result<TenantContents> {
        let mut transaction = self.db.write().await?;
        let held = held(&mut transaction, tenant).await?;
        let id = tenants::get(&mut transaction, tenant).await?.id;
        for query in BY_ID {
            sqlx::query(query).bind(id).execute(&mut *transaction).await?;
        }
        for query in BY_NAME {
            sqlx::query(query).bind(tenant).execute(&mut *transaction).await?;
        }
        forget_reported(&mut transaction, tenant).await?;
        tenant_references::forget(&mut transaction, tenant, entry.at).await?;
        sqlx::query("DELETE FROM tenants WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        sqlx::query(FORGET_UNUSED).execute(&mut *transaction).await?;
        audit::add(&mut transaction, entry).await?;
        bump(&mut transaction).await?;
        transaction.commit().await?;
        Ok(held)
    }

    /// Takes away the texts that no tenant's catalogue uses any more; how many there were.
    pub async fn prune(&self) -> Result<u64> {
        // Looked for without keeping writers waiting; mostly there is none.
        if count(&mut *self.db.read().await?, UNUSED, None).await? == 0 {
            return Ok(0);
        }
        let mut transaction = self.db.write().await?;
        let gone = sqlx::query(FORGET_UNUSED).execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(gone)
    }
}

async fn held(connection: &mut Connection, tenant: &str) -> Result<TenantContents> {
    let id = tenants::get(connection, tenant).await?.id;
    let query = "SELECT COUNT(*), MIN(day), MAX(day) FROM snapshots WHERE tenant = $1";
    let row = sqlx::query(query).bind(id).fetch_one(&mut *connection).await?;
    let day = |column: usize| row.try_get::<Option<&str>, _>(column)?.map(tenants::day).transpose();
    let days: i64 = row.try_get(0)?;
    let (days, oldest, newest) = (days.unsigned_abs(), day(1)?, day(2)?);
    let mut counted = [0; 5];
    for (number, query) in counted.iter_mut().zip(COUNTS) {
        *number = count(connection, query, Some(tenant)).await?;
    }
    let [profiles, notes, snoozes, alerts, posts] = counted;
    let (keys, digests) =
        (tenant_references::keys(connection, tenant).await?.counted(), tenant_references::digests(connection, tenant).await?.counted());
    Ok(TenantContents { days, oldest, newest, profiles, notes, snoozes, alerts, posts, keys, digests })
}

async fn count(connection: &mut Connection, query: &'static str, tenant: Option<&str>) -> Result<u64> {
    let query = tenant.iter().fold(sqlx::query(query), |query, tenant| query.bind(*tenant));
    let row = query.fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0).map(i64::unsigned_abs)?)
}

/// Forgets what posts and digests told of a tenant, and keeps back those that wait: the next one covers their other tenants.
async fn forget_reported(connection: &mut Connection, tenant: &str) -> Result<()> {
    let posts = sqlx::query("SELECT id, tenants FROM outbox WHERE post <> ''").fetch_all(&mut *connection).await?;
    for row in posts {
        let (id, tenants): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        if tenants.split(',').any(|name| name == tenant) {
            let query = "UPDATE outbox SET post = '', why = CASE state WHEN 'waiting' THEN $2 ELSE why END, \
                state = CASE state WHEN 'waiting' THEN 'withheld' ELSE state END WHERE id = $1";
            let query = sqlx::query(query).bind(id).bind("It tells about a tenant that was removed.");
            query.execute(&mut *connection).await?;
        }
    }
    let runs = sqlx::query("SELECT name, covered, told, before FROM digest_runs").fetch_all(&mut *connection).await?;
    for run in runs {
        let without = |column: usize| -> Result<(bool, String)> {
            let written: &str = run.try_get(column)?;
            let mut value: Value = StoredForm::DigestRun.read(written)?;
            let had = value.as_object_mut().is_some_and(|reported| reported.remove(tenant).is_some());
            Ok((had, StoredForm::DigestRun.write(&value)?))
        };
        let (covered, reported, before) = (without(1)?, without(2)?, without(3)?);
        if covered.0 || reported.0 || before.0 {
            let name: &str = run.try_get(0)?;
            let query = sqlx::query("UPDATE digest_runs SET covered = $2, told = $3, before = $4 WHERE name = $1").bind(name);
            query.bind(covered.1).bind(reported.1).bind(before.1).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
