//! Which digests did people define, and how far is each? A digest is made once for each time that it is due, whoever makes it.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    NewDelivery, Store,
    audit::{self, AuditEntry},
    db::Connection,
    fault::{damaged, fault},
    outbox,
    tenants::moment,
};
use crate::{
    error::{Error, Result},
    score::Imprint,
};

/// How far a digest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRun {
    /// The newest moment at which it was due and was made, or since which it is known.
    pub due: Timestamp,
    /// How many were made.
    pub made: i64,
    /// Its calendar then.
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
pub struct DigestTold {
    /// What it told last.
    pub told: BTreeMap<String, Imprint>,
    /// What it had told before its last delivery.
    pub before: BTreeMap<String, Imprint>,
    /// The id of that delivery, as long as it may come to nothing.
    pub delivery: Option<String>,
}

/// A digest that was made, or of which there was nothing to tell.
#[derive(Debug)]
pub struct DigestDone<'a> {
    /// Its name.
    pub name: &'a str,
    /// How far it was when it was begun; nothing is written when it is further by now.
    pub expected: Timestamp,
    /// How many it had made then.
    pub made: i64,
    /// How far it is.
    pub due: Timestamp,
    /// What it told.
    pub told: &'a DigestTold,
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
        let query = "SELECT name, due_ms, covered, paused_ms, stopped, calendar, made FROM digest_runs";
        let rows = sqlx::query(query).fetch_all(&mut *transaction).await.map_err(fault)?;
        rows.iter().map(read_run).collect()
    }

    /// What `name` told; nothing before the first time.
    pub async fn digest_told(&self, name: &str) -> Result<DigestTold> {
        let mut transaction = self.db.read().await?;
        let query = sqlx::query("SELECT told, before, delivery FROM digest_runs WHERE name = $1").bind(name);
        let Some(row) = query.fetch_optional(&mut *transaction).await.map_err(fault)? else { return Ok(DigestTold::default()) };
        let delivery = row.try_get(2).map_err(fault)?;
        Ok(DigestTold { told: read_json(row.try_get(0).map_err(fault)?)?, before: read_json(row.try_get(1).map_err(fault)?)?, delivery })
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

    /// Forgets how far `name` is, unless people defined it: it stood in the configuration, and does no more.
    pub async fn digest_forget(&self, name: &str) -> Result<()> {
        let query = "DELETE FROM digest_runs WHERE name = $1 AND name NOT IN (SELECT name FROM digests)";
        self.db.change(sqlx::query(query).bind(name)).await.map(|_| ())
    }

    /// Notes what was made, and puts its deliveries into the outbox, all at once. `false`, and nothing is written, when somebody else did so first.
    pub async fn digest_done(&self, done: &DigestDone<'_>) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let DigestTold { told, before, delivery } = done.told;
        let covered: BTreeMap<&str, Date> = told.iter().map(|(tenant, imprint)| (tenant.as_str(), imprint.day)).collect();
        let query = "UPDATE digest_runs SET due_ms = $3, covered = $4, told = $5, before = $6, delivery = $7, made = made + 1 WHERE name = $1 AND due_ms = $2 AND made = $8";
        let query = sqlx::query(query).bind(done.name).bind(done.expected.as_millisecond()).bind(done.due.as_millisecond());
        let query = query.bind(json(&covered)?).bind(json(told)?).bind(json(before)?).bind(delivery.as_deref()).bind(done.made);
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

    /// Keeps the `definition` of `name`, which has this `calendar`, if there are fewer than `max` of them; it is known from `entry.at` on.
    pub async fn digest_define(&self, name: &str, (definition, calendar): (&str, &str), max: u32, entry: &AuditEntry) -> Result<Defined> {
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
        known(&mut transaction, name, calendar, entry.at).await?;
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

async fn known(connection: &mut Connection, name: &str, calendar: &str, now: Timestamp) -> Result<()> {
    let query = "INSERT INTO digest_runs (name, due_ms, calendar, covered, told, before, made) VALUES ($1, $2, $3, '{}', '{}', '{}', 0) \
        ON CONFLICT (name) DO NOTHING";
    sqlx::query(query).bind(name).bind(now.as_millisecond()).bind(calendar).execute(connection).await.map_err(fault)?;
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn read_json<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|_| damaged("what a digest told cannot be read"))
}

fn read_run(row: &SqliteRow) -> Result<(String, DigestRun)> {
    let run = DigestRun {
        due: moment(row.try_get(1).map_err(fault)?)?,
        made: row.try_get(6).map_err(fault)?,
        calendar: row.try_get(5).map_err(fault)?,
        covered: read_json(row.try_get(2).map_err(fault)?)?,
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
        one.digest_known("morning", "daily", at(1)).await.unwrap();
        other.digest_known("morning", "daily", at(5)).await.unwrap();
        let imprint: Imprint = serde_json::from_str(r#"{"day":"2026-11-20","points":1.5,"controls":{"a":[1.5,2.0]}}"#).unwrap();
        let told = BTreeMap::from([("contoso".to_owned(), imprint)]);
        let told = DigestTold { told, before: BTreeMap::new(), delivery: Some("a".to_owned()) };
        let (first, second) = ([delivery("a")], [delivery("b")]);
        let done = |deliveries| DigestDone { name: "morning", expected: at(1), made: 0, due: at(9), told: &told, deliveries };
        assert!(one.digest_done(&done(&first)).await.unwrap());
        assert!(!other.digest_done(&done(&second)).await.unwrap());
        // One that was sent by hand leaves the moment as it is.
        assert!(!other.digest_done(&DigestDone { expected: at(9), ..done(&second) }).await.unwrap());
        assert_eq!(waiting(&one).await, 1);
        let covered = BTreeMap::from([("contoso".to_owned(), date(2026, 11, 20))]);
        let run = DigestRun { due: at(9), made: 1, calendar: "daily".to_owned(), covered, paused: None, stopped: None };
        assert_eq!(other.digest_runs().await.unwrap(), BTreeMap::from([("morning".to_owned(), run)]));
        assert_eq!(other.digest_told("morning").await.unwrap(), told);
        assert_eq!(other.digest_told("evening").await.unwrap(), DigestTold::default());
    }

    #[tokio::test]
    async fn another_calendar_begins_now_and_what_is_gone_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        store.digest_moved("morning", "daily", at(5)).await.unwrap();
        assert_eq!(store.digest_runs().await.unwrap()["morning"].due, at(1), "the same calendar moves nothing");
        store.digest_moved("morning", "weekly", at(5)).await.unwrap();
        let run = store.digest_runs().await.unwrap().remove("morning").unwrap();
        assert_eq!((run.due, run.calendar.as_str()), (at(5), "weekly"));
        store.digest_define("hers", ("{}", "daily"), 2, &entry(6)).await.unwrap();
        for name in ["morning", "hers", "unknown"] {
            store.digest_forget(name).await.unwrap();
        }
        assert_eq!(store.digest_runs().await.unwrap().into_keys().collect::<Vec<_>>(), ["hers"], "what people defined stays");
    }

    #[tokio::test]
    async fn what_cannot_be_written_whole_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        store.db.pragma("CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END").await;
        let (told, deliveries) = (DigestTold::default(), [delivery("a")]);
        let done = DigestDone { name: "morning", expected: at(1), made: 0, due: at(9), told: &told, deliveries: &deliveries };
        store.digest_done(&done).await.unwrap_err();
        assert_eq!(store.digest_runs().await.unwrap()["morning"].due, at(1), "it is made again");
        store.db.pragma("DROP TRIGGER no").await;
        assert!(store.digest_done(&done).await.unwrap());
    }

    #[tokio::test]
    async fn a_pause_ends_where_it_is_resumed() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_pause("morning", "daily", true, &entry(5)).await.unwrap();
        store.digest_pause("morning", "daily", true, &entry(6)).await.unwrap();
        assert!(store.digest_stop("morning", "Nobody owns it.").await.unwrap());
        assert!(!store.digest_stop("morning", "Another reason.").await.unwrap());
        let run = async || store.digest_runs().await.unwrap().remove("morning").unwrap();
        let stopped = run().await;
        assert_eq!((stopped.paused, stopped.stopped.as_deref()), (Some(at(5)), Some("Nobody owns it.")));
        store.digest_pause("morning", "daily", false, &entry(20)).await.unwrap();
        assert_eq!(
            run().await,
            DigestRun { due: at(20), made: 0, calendar: "daily".to_owned(), covered: BTreeMap::new(), paused: None, stopped: None }
        );
        store.digest_pause("morning", "daily", false, &entry(30)).await.unwrap();
        assert_eq!(run().await.due, at(20), "what runs is not moved");
        assert_eq!(store.audit(9, None).await.unwrap().len(), 2, "what changed nothing is no change");
    }

    #[tokio::test]
    async fn definitions_have_a_bound_and_a_name_is_taken_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        assert_eq!(store.digest_define("a", ("{1}", "daily"), 2, &entry(1)).await.unwrap(), Defined::Made);
        assert_eq!(store.digest_define("a", ("{2}", "daily"), 2, &entry(1)).await.unwrap(), Defined::Taken);
        assert_eq!(store.digest_define("b", ("{3}", "daily"), 2, &entry(1)).await.unwrap(), Defined::Made);
        assert_eq!(store.digest_define("c", ("{4}", "daily"), 2, &entry(1)).await.unwrap(), Defined::Full);
        assert!(store.digest_remove("a", &entry(2)).await.unwrap());
        assert!(!store.digest_remove("a", &entry(2)).await.unwrap());
        assert_eq!(store.digest_definitions().await.unwrap(), BTreeMap::from([("b".to_owned(), "{3}".to_owned())]));
        assert!(!store.digest_runs().await.unwrap().contains_key("a"));
        assert_eq!(store.audit(9, None).await.unwrap().len(), 3);
    }
}
