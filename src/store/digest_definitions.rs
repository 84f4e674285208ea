//! Which digests did people define? There is one of each name, and a bound for each of them and for all.

use std::collections::BTreeMap;

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    digest_runs,
    form::StoredForm,
};
use crate::error::Result;

/// What came of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// It is kept.
    Created,
    /// There is one of that name already.
    Taken,
    /// There are as many as there may be.
    Full,
    /// There are as many of this person as there may be.
    FullOfOne,
}

impl Store {
    /// The definitions of all digests that people made, by name; those of a newer version as the error that says so.
    pub async fn digest_definitions(&self) -> Result<BTreeMap<String, Result<String>>> {
        let rows = sqlx::query("SELECT name, definition FROM digest_definitions").fetch_all(self.db.reader()).await?;
        let read = |row: &SqliteRow| {
            let definition = StoredForm::DigestDefinition.json(row.try_get(1)?).map(|(_, json)| json.to_owned());
            Ok((row.try_get(0)?, definition))
        };
        rows.iter().map(read).collect()
    }

    /// Keeps the `definition` of `name`, which has this `calendar`, if there are fewer than `max`, and fewer than `max_of_one` of whoever `entry`
    /// names, who owns it. It is known from `entry.at` on.
    pub async fn digest_define(
        &self,
        name: &str,
        (definition, calendar): (&str, &str),
        (max, max_of_one): (u32, u32),
        entry: &AuditEntry,
    ) -> Result<Defined> {
        let mut transaction = self.db.write().await?;
        let query =
            "INSERT INTO digest_definitions (name, definition, owner, made_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING";
        let query = sqlx::query(query)
            .bind(name)
            .bind(StoredForm::DigestDefinition.written(definition))
            .bind(&*entry.asker)
            .bind(entry.at.as_millisecond());
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(Defined::Taken);
        }
        let query = "SELECT COUNT(*), COUNT(CASE WHEN owner = $1 THEN 1 END) FROM digest_definitions";
        let row = sqlx::query(query).bind(&*entry.asker).fetch_one(&mut *transaction).await?;
        let (all, of_one): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if of_one > i64::from(max_of_one) {
            return Ok(Defined::FullOfOne);
        }
        if all > i64::from(max) {
            return Ok(Defined::Full);
        }
        // What another digest of this name told is not what this one did.
        digest_runs::forget(&mut transaction, name).await?;
        digest_runs::known(&mut transaction, name, calendar, entry.at).await?;
        audit::add(&mut transaction, entry).await?;
        transaction.commit().await?;
        Ok(Defined::Created)
    }

    /// Removes the definition of `name`, and how far it is; whether there was one.
    pub async fn digest_remove(&self, name: &str, entry: &AuditEntry) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query("DELETE FROM digest_definitions WHERE name = $1").bind(name);
        let was_there = query.execute(&mut *transaction).await?.rows_affected() > 0;
        if was_there {
            digest_runs::forget(&mut transaction, name).await?;
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(was_there)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn entry(asker: &str) -> AuditEntry {
        let (at, text) = (Timestamp::from_second(1).unwrap(), String::new);
        AuditEntry { at, asker: asker.to_owned(), what: text(), tenant: None, subject: text(), detail: text() }
    }

    #[tokio::test]
    async fn definitions_have_a_bound_and_a_name_is_taken_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let define = async |name: &str, asker: &str| store.digest_define(name, (name, "daily"), (3, 2), &entry(asker)).await.unwrap();
        assert_eq!(define("a", "ada").await, Defined::Created);
        assert_eq!(define("a", "bob").await, Defined::Taken);
        assert_eq!(define("b", "ada").await, Defined::Created);
        assert_eq!(define("c", "ada").await, Defined::FullOfOne);
        assert_eq!(define("c", "bob").await, Defined::Created);
        assert_eq!(define("d", "bob").await, Defined::Full);
        assert!(store.digest_remove("a", &entry("ada")).await.unwrap());
        assert!(!store.digest_remove("a", &entry("ada")).await.unwrap());
        assert_eq!(define("d", "ada").await, Defined::Created, "there is room again");
        let left = store.digest_definitions().await.unwrap().into_iter().map(|(name, definition)| (name, definition.unwrap()));
        assert_eq!(left.collect::<Vec<_>>(), ["b", "c", "d"].map(|name| (name.to_owned(), name.to_owned())));
        assert_eq!(store.digest_runs().await.unwrap().into_keys().collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(store.audit(9, None).await.unwrap().len(), 5);
    }

    #[tokio::test]
    async fn of_two_that_somebody_defines_at_once_the_last_free_place_takes_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let (one, other) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        let ada = entry("ada");
        let (first, second) =
            tokio::join!(one.digest_define("a", ("{}", "daily"), (9, 1), &ada), other.digest_define("b", ("{}", "daily"), (9, 1), &ada));
        let mut came = [first.unwrap(), second.unwrap()];
        came.sort_by_key(|defined| *defined != Defined::Created);
        assert_eq!(came, [Defined::Created, Defined::FullOfOne]);
    }
}
