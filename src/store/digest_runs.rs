//! How far is each digest, wherever it was defined? Since when it is known, what it told, and whether it is held back.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    db::Connection,
    form::StoredForm,
    tenants::moment,
};
use crate::{error::Result, score::ReportedState};

/// How far a digest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRun {
    /// The newest moment at which it was due and was made, or since which it is known.
    pub due: Timestamp,
    /// When a process last knew it, to the hour.
    pub seen: Timestamp,
    /// How many were made.
    pub made: i64,
    /// Its calendar, as whoever wrote it last has it.
    pub calendar: String,
    /// The newest day that it told, by tenant.
    pub covered: BTreeMap<String, Date>,
    /// Since when somebody paused it.
    pub paused: Option<Timestamp>,
    /// Why it was stopped by itself.
    pub stopped: Option<String>,
}

/// What a digest told, by tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportedDigest {
    /// What it told last.
    pub reported: BTreeMap<String, ReportedState>,
    /// What it had told before its last delivery.
    pub before: BTreeMap<String, ReportedState>,
    /// The id of that delivery, which may come to nothing; `None` when the last one had nothing to tell.
    pub delivery: Option<String>,
}

impl Store {
    /// How far each digest is, by name.
    pub async fn digest_runs(&self) -> Result<BTreeMap<String, DigestRun>> {
        let query = "SELECT name, due_ms, covered, paused_ms, stopped, calendar, made, seen_ms FROM digest_runs";
        let rows = sqlx::query(query).fetch_all(self.db.reader()).await?;
        rows.iter().map(read_run).collect()
    }

    /// What `name` told; nothing before the first time.
    pub async fn digest_reported(&self, name: &str) -> Result<ReportedDigest> {
        let query = sqlx::query("SELECT told, before, delivery FROM digest_runs WHERE name = $1").bind(name);
        let Some(row) = query.fetch_optional(self.db.reader()).await? else { return Ok(ReportedDigest::default()) };
        let delivery = row.try_get(2)?;
        Ok(ReportedDigest {
            reported: StoredForm::DigestRun.read(row.try_get(0)?)?,
            before: StoredForm::DigestRun.read(row.try_get(1)?)?,
            delivery,
        })
    }

    /// Notes that `name` with this `calendar` is known since `now`, unless it was before.
    pub async fn digest_known(&self, name: &str, calendar: &str, now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        known(&mut transaction, name, calendar, now).await?;
        transaction.commit().await
    }

    /// Notes that `name` has another `calendar` since `now`: what it would have missed by that one is not made up for.
    pub async fn digest_moved(&self, name: &str, calendar: &str, now: Timestamp) -> Result<()> {
        let query = "UPDATE digest_runs SET calendar = $2, due_ms = CASE WHEN due_ms < $3 THEN $3 ELSE due_ms END WHERE name = $1 AND calendar <> $2";
        self.db.change(sqlx::query(query).bind(name).bind(calendar).bind(now.as_millisecond())).await.map(|_| ())
    }

    /// Notes that `names` are known to somebody at `now`.
    pub async fn digests_seen(&self, names: &[&str], now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        for name in names {
            let query = sqlx::query("UPDATE digest_runs SET seen_ms = $2 WHERE name = $1").bind(name).bind(now.as_millisecond());
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Forgets how far those are that nobody has known since then, but for what people defined: that is gone when they remove it.
    pub async fn digests_forget(&self, before: Timestamp) -> Result<()> {
        let query = "DELETE FROM digest_runs WHERE seen_ms < $1 AND name NOT IN (SELECT name FROM digest_definitions)";
        self.db.change(sqlx::query(query).bind(before.as_millisecond())).await.map(|_| ())
    }

    /// Stops `name` until somebody resumes it; whether it was not stopped before.
    pub async fn digest_stop(&self, name: &str, why: &str) -> Result<bool> {
        let query = sqlx::query("UPDATE digest_runs SET stopped = $2 WHERE name = $1 AND stopped IS NULL").bind(name).bind(why);
        Ok(self.db.change(query).await? > 0)
    }

    /// Pauses `name`, which has this `calendar`, at `entry.at`, or lets it go on from then: what it missed is covered when it is next due.
    pub async fn digest_pause(&self, name: &str, calendar: &str, pause: bool, entry: &AuditEntry) -> Result<()> {
        let mut transaction = self.db.write().await?;
        known(&mut transaction, name, calendar, entry.at).await?;
        let query = if pause {
            "UPDATE digest_runs SET paused_ms = $2 WHERE name = $1 AND paused_ms IS NULL"
        } else {
            "UPDATE digest_runs SET paused_ms = NULL, stopped = NULL, due_ms = $2 WHERE name = $1 AND (paused_ms IS NOT NULL OR stopped IS NOT NULL)"
        };
        let query = sqlx::query(query).bind(name).bind(entry.at.as_millisecond());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await
    }
}

/// Notes that `name` with this `calendar` is known since `now`, unless it was before.
pub(super) async fn known(connection: &mut Connection, name: &str, calendar: &str, now: Timestamp) -> Result<()> {
    let query = "INSERT INTO digest_runs (name, due_ms, seen_ms, calendar, covered, told, before, made) VALUES ($1, $2, $2, $3, $4, $4, $4, 0) \
        ON CONFLICT (name) DO NOTHING";
    let query = sqlx::query(query).bind(name).bind(now.as_millisecond()).bind(calendar).bind(StoredForm::DigestRun.written("{}"));
    query.execute(connection).await?;
    Ok(())
}

/// Forgets how far `name` is.
pub(super) async fn forget(connection: &mut Connection, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM digest_runs WHERE name = $1").bind(name).execute(connection).await?;
    Ok(())
}

fn read_run(row: &SqliteRow) -> Result<(String, DigestRun)> {
    let run = DigestRun {
        due: moment(row.try_get(1)?)?,
        seen: moment(row.try_get(7)?)?,
        made: row.try_get(6)?,
        calendar: row.try_get(5)?,
        covered: StoredForm::DigestRun.read(row.try_get(2)?)?,
        paused: row.try_get::<Option<i64>, _>(3)?.map(moment).transpose()?,
        stopped: row.try_get(4)?,
    };
    Ok((row.try_get(0)?, run))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::store) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(in crate::store) fn entry(second: i64) -> AuditEntry {
        let text = String::new;
        AuditEntry { at: at(second), asker: text(), what: text(), tenant: None, subject: text(), detail: text() }
    }

    pub(in crate::store) async fn store(directory: &tempfile::TempDir) -> Store {
        Store::open(&directory.path().join("scorewatch.db")).await.unwrap()
    }

    pub(in crate::store) async fn run(store: &Store) -> DigestRun {
        store.digest_runs().await.unwrap().remove("morning").unwrap()
    }

    #[tokio::test]
    async fn another_calendar_begins_now_and_what_nobody_knows_is_forgotten_after_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        store.digest_moved("morning", "daily", at(5)).await.unwrap();
        assert_eq!(run(&store).await.due, at(1), "the same calendar moves nothing");
        store.digest_moved("morning", "weekly", at(5)).await.unwrap();
        assert_eq!((run(&store).await.due, run(&store).await.calendar.as_str()), (at(5), "weekly"));
        store.digest_known("evening", "daily", at(1)).await.unwrap();
        store.digest_define("hers", ("{}", "daily"), (2, 2), &entry(1)).await.unwrap();
        store.digests_seen(&["morning", "unknown"], at(8)).await.unwrap();
        store.digests_forget(at(1)).await.unwrap();
        assert_eq!(store.digest_runs().await.unwrap().len(), 3);
        store.digests_forget(at(8)).await.unwrap();
        let left: Vec<_> = store.digest_runs().await.unwrap().into_keys().collect();
        assert_eq!(left, ["hers", "morning"], "what people defined stays");
    }

    #[tokio::test]
    async fn a_pause_ends_where_it_is_resumed() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_pause("morning", "daily", true, &entry(5)).await.unwrap();
        store.digest_pause("morning", "daily", true, &entry(6)).await.unwrap();
        assert!(store.digest_stop("morning", "Nobody owns it.").await.unwrap());
        assert!(!store.digest_stop("morning", "Another reason.").await.unwrap());
        let stopped = run(&store).await;
        assert_eq!((stopped.paused, stopped.stopped.as_deref()), (Some(at(5)), Some("Nobody owns it.")));
        store.digest_pause("morning", "daily", false, &entry(20)).await.unwrap();
        assert_eq!(run(&store).await, DigestRun { due: at(20), paused: None, stopped: None, ..stopped });
        store.digest_pause("morning", "daily", false, &entry(30)).await.unwrap();
        assert_eq!(run(&store).await.due, at(20), "what runs is not moved");
        assert_eq!(store.audit(9, None).await.unwrap().len(), 2, "what changed nothing is no change");
    }
}
