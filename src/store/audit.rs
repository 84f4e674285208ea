//! Who changed what, and when? Rows are only added; the oldest go when there are very many.

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Store, db::Connection, form::StoredForm, tenants::moment};
use crate::error::Result;

/// How many entries are kept.
const ROWS_MAX: i64 = 100_000;
/// The longest detail, in bytes. A longer one is left out, and says so: no change fails because of its entry.
const DETAIL_BYTES_MAX: usize = 16 * 1024;

/// A change that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: an asker's id.
    pub asker: String,
    /// What was done: `note`, `key.new`, `digest.pause`.
    pub what: String,
    /// The tenant that it is about, by name; `None` where it is about no single one.
    pub tenant: Option<String>,
    /// What was changed: a control, a key, a digest, a destination.
    pub subject: String,
    /// JSON: what it was and what it became.
    #[serde(serialize_with = "embedded")]
    pub detail: String,
}

/// Writes `detail` as the JSON that it is.
fn embedded<S: Serializer>(detail: &str, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serde_json::from_str::<Value>(detail).unwrap_or_default().serialize(serializer)
}

impl Store {
    /// Notes what somebody did that changed nothing else in the store.
    pub async fn audit_add(&self, entry: &AuditEntry) -> Result<()> {
        let mut transaction = self.db.write().await?;
        add(&mut transaction, entry).await?;
        transaction.commit().await
    }

    /// The newest `limit` entries, newest first: all, or those about one of `tenants`.
    pub async fn audit(&self, limit: u32, tenants: Option<&BTreeSet<String>>) -> Result<Vec<AuditEntry>> {
        let mut transaction = self.db.read().await?;
        let Some(tenants) = tenants else {
            let query = "SELECT at_ms, asker, what, tenant, subject, detail FROM audit ORDER BY number DESC LIMIT $1";
            let rows = sqlx::query(query).bind(i64::from(limit)).fetch_all(&mut *transaction).await?;
            return rows.iter().map(read_row).collect();
        };
        let mut entries = Vec::new();
        for tenant in tenants {
            let query =
                "SELECT at_ms, asker, what, tenant, subject, detail, number FROM audit WHERE tenant = $1 ORDER BY number DESC LIMIT $2";
            let query = sqlx::query(query).bind(tenant).bind(i64::from(limit));
            for row in query.fetch_all(&mut *transaction).await? {
                let number: i64 = row.try_get(6)?;
                entries.push((Reverse(number), read_row(&row)?));
            }
        }
        entries.sort_by_key(|(newest_first, _)| *newest_first);
        Ok(entries.into_iter().map(|(_, entry)| entry).take(limit as usize).collect())
    }
}

/// Adds `entry` within the transaction of the change itself.
pub(super) async fn add(connection: &mut Connection, entry: &AuditEntry) -> Result<()> {
    let left_out = || format!("{{\"left_out_bytes\":{}}}", entry.detail.len());
    let detail = if entry.detail.len() > DETAIL_BYTES_MAX { left_out() } else { entry.detail.clone() };
    let query = "INSERT INTO audit (number, at_ms, asker, what, tenant, subject, detail) \
        SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6 FROM audit";
    let query = sqlx::query(query).bind(entry.at.as_millisecond()).bind(&*entry.asker).bind(&*entry.what);
    let query = query.bind(entry.tenant.as_deref()).bind(&*entry.subject).bind(StoredForm::AuditDetail.written(&detail));
    query.execute(&mut *connection).await?;
    // Numbers have no gaps, so that the oldest that stays follows from the newest.
    let oldest = sqlx::query("DELETE FROM audit WHERE number <= (SELECT MAX(number) FROM audit) - $1").bind(ROWS_MAX);
    oldest.execute(connection).await?;
    Ok(())
}

fn read_row(row: &SqliteRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        at: moment(row.try_get(0)?)?,
        asker: row.try_get(1)?,
        what: row.try_get(2)?,
        tenant: row.try_get(3)?,
        subject: row.try_get(4)?,
        // One that cannot be read does not hide the others.
        detail: StoredForm::AuditDetail
            .json(row.try_get(5)?)
            .map_or_else(|error| json!({ "unreadable": error.sentence }).to_string(), |(_, json)| json.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(second: i64, tenant: Option<&str>) -> AuditEntry {
        AuditEntry {
            at: Timestamp::from_second(second).unwrap(),
            asker: "terminal".to_owned(),
            what: "note".to_owned(),
            tenant: tenant.map(ToOwned::to_owned),
            subject: format!("control {second}"),
            detail: "{}".to_owned(),
        }
    }

    async fn add(store: &Store, entry: &AuditEntry) {
        let mut transaction = store.db.write().await.unwrap();
        super::add(&mut transaction, entry).await.unwrap();
        transaction.commit().await.unwrap();
    }

    #[tokio::test]
    async fn the_newest_stand_first_and_the_oldest_go() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let entries = [entry(1, Some("contoso")), entry(9, None), entry(3, Some("fabrikam")), entry(4, Some("contoso"))];
        for entry in &entries {
            add(&store, entry).await;
        }
        let [first, second, third, fourth] = entries;
        let only = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(store.audit(3, None).await.unwrap(), [fourth.clone(), third.clone(), second]);
        assert_eq!(store.audit(9, Some(&only(&["contoso"]))).await.unwrap(), [fourth.clone(), first]);
        assert_eq!(store.audit(2, Some(&only(&["fabrikam", "contoso"]))).await.unwrap(), [fourth.clone(), third]);
        assert_eq!(store.audit(9, Some(&only(&[]))).await.unwrap(), []);

        // As if there had been so many: what lies further back goes with the next one.
        store.db.pragma("UPDATE audit SET number = number + 99998 WHERE number = 4").await;
        add(&store, &entry(5, None)).await;
        let left = store.audit(9, None).await.unwrap();
        assert_eq!(left.iter().map(|entry| entry.at.as_second()).collect::<Vec<_>>(), [5, 4]);
    }

    #[tokio::test]
    async fn a_detail_that_is_too_long_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        add(&store, &AuditEntry { detail: "x".repeat(20_000), ..entry(1, None) }).await;
        assert_eq!(store.audit(1, None).await.unwrap()[0].detail, r#"{"left_out_bytes":20000}"#);
    }
}
