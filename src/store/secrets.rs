//! What do we sign our own addresses with? A secret of the store, made once from chance.

use sqlx::Row as _;

use super::{Store, database_error::damaged, form::StoredForm};
use crate::error::{Error, Result};

/// How many bytes a secret has.
const BYTES: usize = 32;

impl Store {
    /// The secret for `name`, the same in every process and after every restart.
    pub async fn secret(&self, name: &str) -> Result<[u8; BYTES]> {
        if let Some(secret) = self.stored_secret(name).await? {
            return Ok(secret);
        }
        let mut bytes = [0_u8; BYTES + 1];
        getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
        bytes[0] = StoredForm::Secret.byte();
        let query = sqlx::query("INSERT INTO secrets (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        self.db.change(query.bind(name).bind(bytes.as_slice())).await?;
        // Another process may have been first.
        self.stored_secret(name).await?.ok_or_else(|| damaged("a secret that was just made is not there"))
    }

    async fn stored_secret(&self, name: &str) -> Result<Option<[u8; BYTES]>> {
        let query = sqlx::query("SELECT secret FROM secrets WHERE name = $1").bind(name);
        let Some(row) = query.fetch_optional(self.db.reader()).await? else { return Ok(None) };
        let (_version_1, secret) = StoredForm::Secret.bytes(row.try_get(0)?)?;
        secret.try_into().map(Some).map_err(|_| damaged("a secret is not 32 bytes long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_made_once_for_all_processes_and_a_damaged_one_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let (one, other) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        let (first, second) = tokio::join!(one.secret("pictures"), other.secret("pictures"));
        let first = first.unwrap();
        assert_eq!(first, second.unwrap());
        assert!(first != [0; 32] && first != one.secret("else").await.unwrap());
        one.db.pragma("UPDATE secrets SET secret = x'0102' WHERE name = 'pictures'").await;
        assert!(one.secret("pictures").await.is_err());
        one.db.pragma("UPDATE secrets SET secret = x'02' || zeroblob(32) WHERE name = 'pictures'").await;
        assert!(one.secret("pictures").await.is_err());
    }
}
