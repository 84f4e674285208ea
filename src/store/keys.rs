//! Which API keys are there? Their hashes, what they may do, and until when.

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    bump,
    database_error::damaged,
    db::Connection,
    tenants::moment,
};
use crate::error::{Error, ErrorKind, Result};

/// A key as it is stored. The key itself is known to its owner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Short and public, to speak about the key.
    pub id: String,
    /// Who or what it is for.
    pub name: String,
    /// The SHA-256 of the key.
    pub sha256: [u8; 32],
    /// The word for its role.
    pub role: String,
    /// The tenants that it may see; `None` means all.
    pub tenants: Option<Vec<String>>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it no longer works.
    pub expires: Option<Timestamp>,
    /// Since when it no longer works.
    pub revoked: Option<Timestamp>,
}

impl Store {
    /// Stores a new key, and that somebody made it.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] when there is a key with the same id or hash already.
    pub async fn key_add(&self, key: &KnownKey, entry: &AuditEntry) -> Result<()> {
        let tenants = key.tenants.as_deref().map_or_else(|| ALL.to_owned(), written);
        let mut transaction = self.db.write().await?;
        let query = "INSERT INTO keys (id, name, sha256, role, tenants, created_ms, expires_ms, revoked_ms) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(query)
            .bind(&*key.id)
            .bind(&*key.name)
            .bind(key.sha256.as_slice())
            .bind(&*key.role)
            .bind(tenants)
            .bind(key.created.as_millisecond())
            .bind(key.expires.map(Timestamp::as_millisecond))
            .bind(key.revoked.map(Timestamp::as_millisecond))
            .execute(&mut *transaction)
            .await
            .map_err(|error| {
                if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
                    Error::bad_arguments(format!("Key `{}` already exists: choose another id.", key.id)).because(error)
                } else {
                    error.into()
                }
            })?;
        audit::add(&mut transaction, entry).await?;
        bump(&mut transaction).await?;
        transaction.commit().await
    }

    /// All keys, oldest first, also those that no longer work.
    pub async fn key_list(&self) -> Result<Vec<KnownKey>> {
        let mut transaction = self.db.read().await?;
        list(&mut transaction).await
    }

    /// Ends the key with this id, and notes who did; one that has ended already keeps its moment.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such key.
    pub async fn key_revoke(&self, id: &str, now: Timestamp, entry: &AuditEntry) -> Result<()> {
        let mut transaction = self.db.write().await?;
        if !list(&mut transaction).await?.iter().any(|key| key.id == id) {
            return Err(Error::new(ErrorKind::NotFound, format!("Key `{id}` not found: `scorewatch key list` shows all keys.")));
        }
        let query = "UPDATE keys SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL";
        let query = sqlx::query(query).bind(id).bind(now.as_millisecond());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            audit::add(&mut transaction, entry).await?;
        }
        bump(&mut transaction).await?;
        transaction.commit().await
    }
}

/// Stands for all tenants, also those that are added later.
const ALL: &str = "*";

/// The column for a key that sees the tenants called `names`.
pub(super) fn written(names: &[String]) -> String {
    names.join(",")
}

pub(super) async fn list(connection: &mut Connection) -> Result<Vec<KnownKey>> {
    let query = "SELECT id, name, sha256, role, tenants, created_ms, expires_ms, revoked_ms FROM keys ORDER BY created_ms, id";
    sqlx::query(query).fetch_all(connection).await?.iter().map(read_row).collect()
}

fn read_row(row: &SqliteRow) -> Result<KnownKey> {
    let sha256: &[u8] = row.try_get(2)?;
    let tenants: &str = row.try_get(4)?;
    let optional = |column: usize| row.try_get::<Option<i64>, _>(column)?.map(moment).transpose();
    Ok(KnownKey {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        sha256: sha256.try_into().map_err(|_| damaged("a key's hash is not 32 bytes long"))?,
        role: row.try_get(3)?,
        tenants: match tenants {
            ALL => None,
            names => Some(names.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()),
        },
        created: moment(row.try_get(5)?)?,
        expires: optional(6)?,
        revoked: optional(7)?,
    })
}
