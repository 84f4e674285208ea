//! What does a running server keep in mind of the store? All tenants with their versions, and all keys.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::Row as _;

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

impl Store {
    /// The whole picture. Costs a walk over the index of all days; ask [`Store::changes`] first.
    pub async fn known(&self) -> Result<Known> {
        let mut transaction = self.db.read().await?;
        let query = "SELECT t.name, t.version, t.entra_id, t.read_ms, MAX(s.day), COUNT(s.day) \
            FROM tenants t LEFT JOIN snapshots s ON s.tenant = t.id \
            GROUP BY t.id, t.name, t.version, t.entra_id, t.read_ms";
        let mut tenants = BTreeMap::new();
        for row in sqlx::query(query).fetch_all(&mut *transaction).await.map_err(fault)? {
            let tenant = KnownTenant {
                version: row.try_get(1).map_err(fault)?,
                entra_id: row.try_get(2).map_err(fault)?,
                read_at: row.try_get::<Option<i64>, _>(3).map_err(fault)?.map(moment).transpose()?,
                newest_day: row.try_get::<Option<&str>, _>(4).map_err(fault)?.map(day).transpose()?,
                days: row.try_get(5).map_err(fault)?,
            };
            tenants.insert(row.try_get(0).map_err(fault)?, tenant);
        }
        let changes = changes(&mut transaction).await?;
        Ok(Known { changes, tenants, keys: keys::list(&mut transaction).await? })
    }
}
