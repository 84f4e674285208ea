//! What does a running server keep in mind of the store? All tenants with their versions, and all keys.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store, changes,
    fault::fault,
    keys::{self, KnownKey},
    tenants::{day, moment},
};
use crate::error::Result;

/// The whole picture, as of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What [`Store::changes`] was then; the picture holds until it moves.
    pub changes: i64,
    /// All tenants by name.
    pub tenants: BTreeMap<String, KnownTenant>,
    /// All keys, oldest first, also those that no longer work.
    pub keys: Vec<KnownKey>,
}

/// A tenant, without its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTenant {
    /// Grows with every save that changed days or profiles.
    pub version: i64,
    /// Its `azureTenantId`, lower case; `None` until data has named it.
    pub entra_id: Option<String>,
    /// When it was last read successfully; `None` before the first time.
    pub read_at: Option<Timestamp>,
    /// The newest stored day.
    pub newest_day: Option<Date>,
    /// How many days are stored.
    pub days: i64,
}

/// Tenants without their days; what [`read_row`] reads.
macro_rules! tenants {
    ($which:literal) => {
        concat!(
            "SELECT t.name, t.version, t.entra_id, t.read_ms, MAX(s.day), COUNT(s.day) FROM tenants t LEFT JOIN snapshots s ON s.tenant = t.id ",
            $which,
            " GROUP BY t.id, t.name, t.version, t.entra_id, t.read_ms"
        )
    };
}

impl Store {
    /// The whole picture. Costs a walk over the index of all days; ask [`Store::changes`] first.
    pub async fn known(&self) -> Result<Known> {
        let mut transaction = self.db.read().await?;
        let rows = sqlx::query(tenants!("")).fetch_all(&mut *transaction).await.map_err(fault)?;
        let tenants = rows.iter().map(read_row).collect::<Result<_>>()?;
        let changes = changes(&mut transaction).await?;
        Ok(Known { changes, tenants, keys: keys::list(&mut transaction).await? })
    }

    /// One tenant of the picture; `None` when it is not stored.
    pub async fn known_tenant(&self, name: &str) -> Result<Option<KnownTenant>> {
        let mut transaction = self.db.read().await?;
        let row = sqlx::query(tenants!("WHERE t.name = $1")).bind(name).fetch_optional(&mut *transaction).await.map_err(fault)?;
        Ok(row.as_ref().map(read_row).transpose()?.map(|(_, tenant)| tenant))
    }
}

fn read_row(row: &SqliteRow) -> Result<(String, KnownTenant)> {
    let tenant = KnownTenant {
        version: row.try_get(1).map_err(fault)?,
        entra_id: row.try_get(2).map_err(fault)?,
        read_at: row.try_get::<Option<i64>, _>(3).map_err(fault)?.map(moment).transpose()?,
        newest_day: row.try_get::<Option<&str>, _>(4).map_err(fault)?.map(day).transpose()?,
        days: row.try_get(5).map_err(fault)?,
    };
    Ok((row.try_get(0).map_err(fault)?, tenant))
}
