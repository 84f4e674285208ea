//! What does a running server keep in mind of the store? All tenants with their versions, and all keys.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store, changes,
    keys::{self, KnownKey},
    tenants::{day, moment},
};
use crate::error::Result;

/// The whole picture, as of one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TenantIndex {
    /// What [`Store::changes`] was then; the picture holds until it moves.
    pub changes: i64,
    /// All tenants that count, by name.
    pub tenants: BTreeMap<String, IndexedTenant>,
    /// Those that are stored and do not count: the configuration named them once.
    pub taken_out: BTreeMap<String, IndexedTenant>,
    /// All keys, oldest first, also those that no longer work.
    pub keys: Vec<KnownKey>,
}

/// A tenant, without its days.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedTenant {
    /// Grows with every save that changed days or profiles, and where there are no days with the reason.
    pub version: i64,
    /// Its `azureTenantId`, lower case; `None` until data has named it.
    pub entra_id: Option<String>,
    /// When it was last read successfully; `None` before the first time.
    pub read_at: Option<Timestamp>,
    /// The newest stored day.
    pub newest_day: Option<Date>,
    /// The points of that day.
    pub points: Option<f64>,
    /// The maximum of that day, if it is known.
    pub maximum: Option<f64>,
    /// How many days are stored.
    pub days: i64,
    /// Whether an import made it, and no configuration named it so far.
    pub imported: bool,
}

/// Tenants without their days; what [`read_row`] reads.
macro_rules! tenants {
    ($which:literal) => {
        concat!(
            "SELECT t.name, t.version, t.entra_id, t.read_ms, MAX(s.day), COUNT(s.day), t.imported, n.points, n.maximum FROM tenants t ",
            "LEFT JOIN snapshots s ON s.tenant = t.id ",
            "LEFT JOIN snapshots n ON n.tenant = t.id AND n.day = (SELECT MAX(day) FROM snapshots WHERE tenant = t.id) ",
            $which,
            " GROUP BY t.id, t.name, t.version, t.entra_id, t.read_ms, t.imported, n.points, n.maximum"
        )
    };
}

impl Store {
    /// The whole picture. Costs a walk over the index of all days; ask [`Store::changes`] first.
    pub async fn index(&self) -> Result<TenantIndex> {
        let mut transaction = self.db.read().await?;
        let rows = sqlx::query(tenants!("")).fetch_all(&mut *transaction).await?;
        let mut index = TenantIndex { changes: changes(&mut transaction).await?, ..TenantIndex::default() };
        for row in &rows {
            let (name, tenant) = read_row(row)?;
            if self.counts(&name, tenant.imported) {
                index.tenants.insert(name, tenant);
            } else {
                index.taken_out.insert(name, tenant);
            }
        }
        index.keys = keys::list(&mut transaction).await?;
        Ok(index)
    }

    /// All tenants that are stored, also those that do not count.
    pub async fn stored_tenants(&self) -> Result<BTreeMap<String, IndexedTenant>> {
        let rows = sqlx::query(tenants!("")).fetch_all(self.db.reader()).await?;
        rows.iter().map(read_row).collect()
    }

    fn counts(&self, name: &str, imported: bool) -> bool {
        imported || self.is_configured(name).unwrap_or(true)
    }

    /// One tenant of the picture; `None` when it is not stored, or does not count.
    pub async fn indexed_tenant(&self, name: &str) -> Result<Option<IndexedTenant>> {
        let row = sqlx::query(tenants!("WHERE t.name = $1")).bind(name).fetch_optional(self.db.reader()).await?;
        let known = row.as_ref().map(read_row).transpose()?.map(|(_, tenant)| tenant);
        Ok(known.filter(|tenant| self.counts(name, tenant.imported)))
    }
}

fn read_row(row: &SqliteRow) -> Result<(String, IndexedTenant)> {
    let tenant = IndexedTenant {
        version: row.try_get(1)?,
        entra_id: row.try_get(2)?,
        read_at: row.try_get::<Option<i64>, _>(3)?.map(moment).transpose()?,
        newest_day: row.try_get::<Option<&str>, _>(4)?.map(day).transpose()?,
        days: row.try_get(5)?,
        imported: row.try_get::<i64, _>(6)? != 0,
        points: row.try_get(7)?,
        maximum: row.try_get(8)?,
    };
    Ok((row.try_get(0)?, tenant))
}
