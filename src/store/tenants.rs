//! Which tenants are there, and whose data is it? A name, bound to one `azureTenantId`.

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{database_error::damaged, db::Connection};
use crate::error::{Error, ErrorKind, Result};

/// What is stored about a tenant itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTenant {
    /// The short name that we know it by.
    pub name: String,
    /// Its `azureTenantId`, lower case; `None` until data has named it.
    pub entra_id: Option<String>,
    /// Grows with every save that changed days or profiles, and is never one that a removed tenant of the same name had.
    pub version: i64,
    /// When it was last read successfully; `None` before the first time.
    pub read_at: Option<Timestamp>,
}

/// A row of `tenants`.
pub(super) struct TenantRecord {
    pub(super) id: i64,
    pub(super) tenant: StoredTenant,
    /// Whether an import made it, and no configuration names it.
    pub(super) imported: bool,
    /// The newest day of the last reading of Graph that brought a catalogue.
    pub(super) catalogue_day: Option<Date>,
    /// How many bytes Graph sent for it.
    pub(super) catalogue_bytes: u32,
}

/// Adds a tenant called `name` unless there is one; whether anything changed. `configured` is whether the configuration names it, where
/// there is one: that it was made by an import is forgotten then, and otherwise noted where `importing`.
pub(super) async fn ensure(connection: &mut Connection, name: &str, configured: Option<bool>, importing: bool) -> Result<bool> {
    if let Some(row) = find(connection, name).await? {
        let imported = match configured {
            Some(true) => false,
            Some(false) => row.imported || importing,
            None => row.imported,
        };
        if imported == row.imported {
            return Ok(false);
        }
        let query = sqlx::query("UPDATE tenants SET imported = $2 WHERE id = $1").bind(row.id).bind(i64::from(imported));
        query.execute(connection).await?;
        return Ok(true);
    }
    let row = sqlx::query("SELECT COALESCE(MAX(id), 0) + 1 FROM tenants").fetch_one(&mut *connection).await?;
    let id: i64 = row.try_get(0)?;
    // Each save that moves a version moves the counter too, so the version of a tenant that was removed and is back is one it never had.
    let query = "INSERT INTO tenants (id, name, imported, version, catalogue_bytes) \
        VALUES ($1, $2, $3, (SELECT value FROM counters WHERE name = 'changes'), 0)";
    sqlx::query(query).bind(id).bind(name).bind(i64::from(configured != Some(true))).execute(connection).await?;
    Ok(true)
}

/// The other tenants that hold data of `entra_id`, each with whether the configuration named it or Graph was read for it.
pub(super) async fn others_of(connection: &mut Connection, name: &str, entra_id: &str) -> Result<Vec<(String, bool)>> {
    let query = "SELECT name, imported, read_ms FROM tenants WHERE entra_id = $1 AND name <> $2 ORDER BY name";
    let rows = sqlx::query(query).bind(entra_id).bind(name).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        let (imported, read): (i64, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
        Ok((row.try_get(0)?, imported == 0 || read.is_some()))
    };
    Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
}

/// The tenant called `name`.
pub(super) async fn find(connection: &mut Connection, name: &str) -> Result<Option<TenantRecord>> {
    let query = "SELECT id, name, entra_id, version, read_ms, catalogue_day, catalogue_bytes, imported FROM tenants WHERE name = $1";
    let row = sqlx::query(query).bind(name).fetch_optional(connection).await?;
    row.as_ref().map(read_row).transpose()
}

/// The tenant called `name`, which must exist.
pub(super) async fn get(connection: &mut Connection, name: &str) -> Result<TenantRecord> {
    find(connection, name).await?.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("Tenant `{name}` not found.")))
}

/// Stores all of `row` but its name.
pub(super) async fn update(connection: &mut Connection, row: &TenantRecord) -> Result<()> {
    sqlx::query("UPDATE tenants SET entra_id = $2, version = $3, read_ms = $4, catalogue_day = $5, catalogue_bytes = $6 WHERE id = $1")
        .bind(row.id)
        .bind(row.tenant.entra_id.as_deref())
        .bind(row.tenant.version)
        .bind(row.tenant.read_at.map(Timestamp::as_millisecond))
        .bind(row.catalogue_day.map(|day| day.to_string()))
        .bind(i64::from(row.catalogue_bytes))
        .execute(connection)
        .await?;
    Ok(())
}

impl TenantRecord {
    /// Binds the tenant to `entra_id`, or refuses when it is bound to another. Data that does not say
    /// whose it is changes nothing.
    pub(super) fn bind(&mut self, entra_id: Option<&str>) -> Result<()> {
        let Some(new) = entra_id.map(str::to_ascii_lowercase) else { return Ok(()) };
        let name = &self.tenant.name;
        match &self.tenant.entra_id {
            Some(bound) if *bound != new => Err(Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "This data is of the Entra tenant {new}, but `{name}` holds data of {bound}. Nothing was saved: give the other tenant a name of its own, or correct the sign-in of `{name}`."
                ),
            )),
            _ => {
                self.tenant.entra_id = Some(new);
                Ok(())
            }
        }
    }
}

fn read_row(row: &SqliteRow) -> Result<TenantRecord> {
    let catalogue_day: Option<&str> = row.try_get(5)?;
    let catalogue_bytes: i64 = row.try_get(6)?;
    Ok(TenantRecord {
        id: row.try_get(0)?,
        tenant: StoredTenant {
            name: row.try_get(1)?,
            entra_id: row.try_get(2)?,
            version: row.try_get(3)?,
            read_at: row.try_get::<Option<i64>, _>(4)?.map(moment).transpose()?,
        },
        imported: row.try_get::<i64, _>(7)? != 0,
        catalogue_day: catalogue_day.map(day).transpose()?,
        catalogue_bytes: u32::try_from(catalogue_bytes).unwrap_or(u32::MAX),
    })
}

/// A stored `_ms`.
pub(super) fn moment(milliseconds: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| damaged("a stored moment is out of range"))
}

/// A stored day.
pub(super) fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| damaged("a stored day is no date"))
}
