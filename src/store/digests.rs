//! Which digests did people define, and how far is each? A digest is made once for each time that it is due, whoever makes it.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    NewDelivery, Store,
    audit::{self, AuditEntry},
    db::Connection,
    fault::{damaged, fault},
    outbox,
    tenants::moment,
};
use crate::error::{Error, Result};

/// How far a digest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRun {
    /// The newest moment at which it was due and was made, or since which it is known.
    pub due: Timestamp,
    /// The newest day that it told, by tenant.
    pub covered: BTreeMap<String, Date>,
    /// Since when somebody paused it.
    pub paused: Option<Timestamp>,
    /// Why it was stopped by itself.
    pub stopped: Option<String>,
}

/// A digest that was made, or of which there was nothing to tell.
#[derive(Debug)]
pub struct DigestDone<'a> {
    /// Its name.
    pub name: &'a str,
    /// How far it was when it was begun; nothing is written when it is further by now.
    pub expected: Timestamp,
    /// How far it is.
    pub due: Timestamp,
    /// What it told.
    pub covered: &'a BTreeMap<String, Date>,
    /// What is to be delivered.
    pub deliveries: &'a [NewDelivery],
}

/// What came of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// It is kept.
    Made,
    /// There is one of that name already.
    Taken,
    /// There are as many as there may be.
    Full,
}

impl Store {
    /// How far each digest is, by name.
    pub async fn digest_runs(&self) -> Result<BTreeMap<String, DigestRun>> {
        let mut transaction = self.db.read().await?;
        let query = "SELECT name, due_ms, covered, paused_ms, stopped FROM digest_runs";
        let rows = sqlx::query(query).fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(read_run).collect()
    }

    /// Notes that `name` is known since `now`, unless it was before.
    pub async fn digest_known(&self, name: &str, now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        known(&mut transaction, name, now).await?;
        transaction.commit().await
    }

    /// Notes what was made, and puts its deliveries into the outbox, all at once. `false`, and nothing is written, when somebody else did so first.
    pub async fn digest_done(&self, done: &DigestDone<'_>) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let query = "UPDATE digest_runs SET due_ms = $3, covered = $4 WHERE name = $1 AND due_ms = $2";
        let query = sqlx::query(query).bind(done.name).bind(done.expected.as_millisecond()).bind(done.due.as_millisecond());
        let query = query.bind(serde_json::to_string(done.covered).map_err(Error::internal)?);
        let first = query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() > 0;
        if first {
            for delivery in done.deliveries {
                outbox::add(&mut transaction, delivery).await?;
            }
        }
        transaction.commit().await?;
        Ok(first)
    }

    /// Stops `name` until somebody resumes it; whether it was not stopped before.
    pub async fn digest_stop(&self, name: &str, why: &str) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query("UPDATE digest_runs SET stopped = $2 WHERE name = $1 AND stopped IS NULL").bind(name).bind(why);
        let new = query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(new)
    }

    /// Pauses `name` at `entry.at`, or lets it go on from then: what it missed is covered when it is next due.
    pub async fn digest_pause(&self, name: &str, pause: bool, entry: &AuditEntry) -> Result<()> {
        let mut transaction = self.db.write().await?;
        known(&mut transaction, name, entry.at).await?;
        let query = if pause {
            "UPDATE digest_runs SET paused_ms = $2 WHERE name = $1 AND paused_ms IS NULL"
        } else {
            "UPDATE digest_runs SET paused_ms = NULL, stopped = NULL, due_ms = $2 WHERE name = $1 AND (paused_ms IS NOT NULL OR stopped IS NOT NULL)"
        };
        let query = sqlx::query(query).bind(name).bind(entry.at.as_millisecond());
        if query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() > 0 {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await
    }

    /// The definitions of all digests that people made, by name.
    pub async fn digest_definitions(&self) -> Result<BTreeMap<String, String>> {
        let mut transaction = self.db.read().await?;
        let rows = sqlx::query("SELECT name, definition FROM digests").fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?))).collect()
    }

    /// Keeps the `definition` of `name`, if there are fewer than `max` of them; it is known from `entry.at` on.
    pub async fn digest_define(&self, name: &str, definition: &str, max: u32, entry: &AuditEntry) -> Result<Defined> {
        let mut transaction = self.db.write().await?;
        let row = sqlx::query("SELECT COUNT(*) FROM digests").fetch_one(&mut *transaction).await.map_err(fault)?;
        if row.try_get::<i64, _>(0).map_err(fault)? >= i64::from(max) {
            return Ok(Defined::Full);
        }
        let query = "INSERT INTO digests (name, definition, made_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
        let query = sqlx::query(query).bind(name).bind(definition).bind(entry.at.as_millisecond());
        if query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() == 0 {
            return Ok(Defined::Taken);
        }
        // What another digest of this name told is not what this one did.
        sqlx::query("DELETE FROM digest_runs WHERE name = $1").bind(name).execute(&mut *transaction).await.map_err(fault)?;
        known(&mut transaction, name, entry.at).await?;
        audit::add(&mut transaction, entry).await?;
        transaction.commit().await?;
        Ok(Defined::Made)
    }

    /// Removes the definition of `name`, and how far it is; whether there was one.
    pub async fn digest_remove(&self, name: &str, entry: &AuditEntry) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query("DELETE FROM digests WHERE name = $1").bind(name);
        let was_there = query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() > 0;
        if was_there {
            sqlx::query("DELETE FROM digest_runs WHERE name = $1").bind(name).execute(&mut *transaction).await.map_err(fault)?;
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(was_there)
    }
}

async fn known(connection: &mut Connection, name: &str, now: Timestamp) -> Result<()> {
    let query = "INSERT INTO digest_runs (name, due_ms, covered) VALUES ($1, $2, '{}') ON CONFLICT (name) DO NOTHING";
    sqlx::query(query).bind(name).bind(now.as_millisecond()).execute(connection).await.map_err(fault)?;
    Ok(())
}

fn read_run(row: &SqliteRow) -> Result<(String, DigestRun)> {
    let covered: &str = row.try_get(2).map_err(fault)?;
    let run = DigestRun {
        due: moment(row.try_get(1).map_err(fault)?)?,
        covered: serde_json::from_str(covered).map_err(|_| damaged("what a digest told cannot be read"))?,
        paused: row.try_get::<Option<i64>, _>(3).map_err(fault)?.map(moment).transpose()?,
        stopped: row.try_get(4).map_err(fault)?,
    };
    Ok((row.try_get(0).map_err(fault)?, run))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn entry(second: i64) -> AuditEntry {
        let text = String::new;
        AuditEntry { at: at(second), asker: text(), what: text(), tenant: None, subject: text(), detail: text() }
    }

    fn delivery(id: &str) -> NewDelivery {
        let text = |text: &str| text.to_owned();
        NewDelivery {
            id: text(id),
            tenants: text("contoso"),
            kind: text("digest:morning"),
            period: text(id),
            destination: text("soc"),
            parcel: text("{}"),
            names: false,
            made: at(9),
            deadline: at(99),
        }
    }

    async fn store(directory: &tempfile::TempDir) -> Store {
        Store::open(&directory.path().join("scorewatch.db")).await.unwrap()
    }

    async fn waiting(store: &Store) -> i64 {
        let mut transaction = store.db.read().await.unwrap();
        sqlx::query("SELECT COUNT(*) FROM outbox").fetch_one(&mut *transaction).await.unwrap().try_get(0).unwrap()
    }

    #[tokio::test]
    async fn of_two_who_make_the_same_digest_one_does() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (store(&directory).await, store(&directory).await);
        one.digest_known("morning", at(1)).await.unwrap();
        other.digest_known("morning", at(5)).await.unwrap();
        let covered = BTreeMap::from([("contoso".to_owned(), date(2026, 11, 20))]);
        let (first, second) = ([delivery("a")], [delivery("b")]);
        let done = |deliveries| DigestDone { name: "morning", expected: at(1), due: at(9), covered: &covered, deliveries };
        assert!(one.digest_done(&done(&first)).await.unwrap());
        assert!(!other.digest_done(&done(&second)).await.unwrap());
        assert_eq!(waiting(&one).await, 1);
        let run = DigestRun { due: at(9), covered: covered.clone(), paused: None, stopped: None };
        assert_eq!(other.digest_runs().await.unwrap(), BTreeMap::from([("morning".to_owned(), run)]));
    }

    #[tokio::test]
    async fn what_cannot_be_written_whole_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_known("morning", at(1)).await.unwrap();
        store.db.pragma("CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END").await;
        let (covered, deliveries) = (BTreeMap::new(), [delivery("a")]);
        let done = DigestDone { name: "morning", expected: at(1), due: at(9), covered: &covered, deliveries: &deliveries };
        store.digest_done(&done).await.unwrap_err();
        assert_eq!(store.digest_runs().await.unwrap()["morning"].due, at(1), "it is made again");
        store.db.pragma("DROP TRIGGER no").await;
        assert!(store.digest_done(&done).await.unwrap());
    }

    #[tokio::test]
    async fn a_pause_ends_where_it_is_resumed() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_pause("morning", true, &entry(5)).await.unwrap();
        store.digest_pause("morning", true, &entry(6)).await.unwrap();
        assert!(store.digest_stop("morning", "Nobody owns it.").await.unwrap());
        assert!(!store.digest_stop("morning", "Another reason.").await.unwrap());
        let run = async || store.digest_runs().await.unwrap().remove("morning").unwrap();
        let stopped = run().await;
        assert_eq!((stopped.paused, stopped.stopped.as_deref()), (Some(at(5)), Some("Nobody owns it.")));
        store.digest_pause("morning", false, &entry(20)).await.unwrap();
        assert_eq!(run().await, DigestRun { due: at(20), covered: BTreeMap::new(), paused: None, stopped: None });
        store.digest_pause("morning", false, &entry(30)).await.unwrap();
        assert_eq!(run().await.due, at(20), "what runs is not moved");
        assert_eq!(store.audit(9, None).await.unwrap().len(), 2, "what changed nothing is no change");
    }

    #[tokio::test]
    async fn definitions_have_a_bound_and_a_name_is_taken_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        assert_eq!(store.digest_define("a", "{1}", 2, &entry(1)).await.unwrap(), Defined::Made);
        assert_eq!(store.digest_define("a", "{2}", 2, &entry(1)).await.unwrap(), Defined::Taken);
        assert_eq!(store.digest_define("b", "{3}", 2, &entry(1)).await.unwrap(), Defined::Made);
        assert_eq!(store.digest_define("c", "{4}", 2, &entry(1)).await.unwrap(), Defined::Full);
        assert!(store.digest_remove("a", &entry(2)).await.unwrap());
        assert!(!store.digest_remove("a", &entry(2)).await.unwrap());
        assert_eq!(store.digest_definitions().await.unwrap(), BTreeMap::from([("b".to_owned(), "{3}".to_owned())]));
        assert!(!store.digest_runs().await.unwrap().contains_key("a"));
        assert_eq!(store.audit(9, None).await.unwrap().len(), 3);
    }
}
