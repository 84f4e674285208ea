//! What must survive a restart? Tenants, days, profiles, keys, leases, usage and what people go on with, in one file beside the program.
//!
//! One SQLite file in WAL: several processes (a running `serve`, an `import`, an `ask`) share it. The
//! schema and every query are portable SQL (`$1`, TEXT, BIGINT, DOUBLE PRECISION, BYTEA), so that a
//! second engine needs other pools, not other queries. `migrations/` documents the tables.
//!
//! Three promises: a save happens whole or not at all; what was once stored is never overwritten with
//! nothing; and every write that a running server must notice moves [`Store::changes`].

mod alerts;
mod annotations;
mod audit;
mod backup;
mod blob;
mod calls;
mod database_error;
mod db;
mod delivery_log;
mod dictionary;
mod digest_definitions;
mod digest_making;
mod digest_runs;
mod entries;
mod form;
mod heartbeats;
mod in_memory;
mod index;
mod keys;
mod leases;
mod load;
mod outages;
mod outbox;
mod pack;
mod private;
mod profiles;
mod read_failures;
mod read_only;
mod redated;
mod restore;
mod save;
mod saved_questions;
mod score_codec;
mod secrets;
mod service_plans;
mod snapshots;
mod snoozes;
mod spelled;
mod stopped_destinations;
mod stored_post;
mod template;
mod tenant_contents;
mod tenant_references;
mod tenants;
mod usage;

use std::{collections::BTreeSet, io, path::Path, sync::Arc};

use arc_swap::ArcSwapOption;
use sqlx::Row as _;

use self::db::{Connection, Db};
use crate::error::{Error, ErrorKind, Result};

pub use self::{
    alerts::{AlertWrite, StoredAlerts},
    audit::AuditEntry,
    backup::{Copied, backup},
    delivery_log::{DeliveryFilter, DeliveryState, DeliverySums, KnownDelivery, Retried},
    digest_definitions::Defined,
    digest_making::{DigestDone, DigestRecorded},
    digest_runs::{DigestRun, ReportedDigest},
    heartbeats::WorkerKind,
    index::{IndexedTenant, TenantIndex},
    keys::KnownKey,
    leases::Fence,
    load::{DayReference, LoadOptions, LoadedTenant, ScoreRange},
    outages::{FailedTry, Moved, Outage},
    outbox::{Claimed, NewDelivery, Undelivered},
    profiles::Depth,
    restore::{Restored, restore},
    save::{Saved, Source},
    saved_questions::StoredQuestion,
    snoozes::StoredSnooze,
    stopped_destinations::{Resumed, Stop},
    stored_post::StoredPost,
    tenant_contents::TenantContents,
    tenant_references::TenantReferences,
    tenants::StoredTenant,
    usage::{USAGE_DAYS_MAX, UsageBy, UsageCounts, UsageKey, UsageSum},
};

/// The store. Cheap to clone; all clones share the same connections.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    /// The tenants that the configuration names, the same for all clones; `None` where all count that are stored.
    configured: Arc<ArcSwapOption<BTreeSet<String>>>,
}

impl Store {
    /// Opens the store at `path`. The file is created if it does not exist, its directory is not.
    ///
    /// Any number of processes may do this at once.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when there can be no store at `path`, when the file belongs to another
    /// program, or when a newer scorewatch has changed it.
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self::over(Db::open(path).await?))
    }

    fn over(db: Db) -> Self {
        Self { db, configured: Arc::default() }
    }

    /// Whether it is only read: it may not be written, or takes nothing.
    pub const fn is_read_only(&self) -> bool {
        self.db.is_read_only()
    }

    /// The same, to which nothing is written from now on.
    #[must_use]
    pub fn only_read(self) -> Self {
        Self { db: self.db.only_read(), ..self }
    }

    /// The same for a configuration that names these tenants: only they count from now on, and those that an import made. What is stored
    /// of any other is kept, and known to nobody.
    #[must_use]
    pub fn of_tenants(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { configured: Arc::new(ArcSwapOption::from_pointee(Some(names.into_iter().collect::<BTreeSet<_>>()))), ..self }
    }

    /// Counts the tenants from now on that `other` counts, in all clones: the configuration was read anew.
    pub fn count_as(&self, other: &Self) {
        self.configured.store(other.configured.load_full());
    }

    /// Has everybody look again who follows [`Store::changes`].
    pub async fn announce(&self) -> Result<()> {
        let mut transaction = self.db.write().await?;
        bump(&mut transaction).await?;
        transaction.commit().await
    }

    /// Whether the configuration names a tenant; `None` where there is none.
    fn is_configured(&self, tenant: &str) -> Option<bool> {
        self.configured.load().as_ref().map(|names| names.contains(tenant))
    }

    /// Opens the store at `path`, which must exist. Where this user may only read it, it is opened for that.
    ///
    /// # Errors
    /// [`ErrorKind::NotReady`] when there is no file yet; else as [`Store::open`].
    pub async fn open_existing(path: &Path) -> Result<Self> {
        must_exist(path)?;
        Ok(Self::over(Db::open_as_allowed(path).await?))
    }

    /// Merges the log into the file and closes all connections, of all clones too. Nothing is lost
    /// when this is never called.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Makes sure that there is a tenant called `name`.
    pub async fn ensure_tenant(&self, name: &str) -> Result<()> {
        self.ensure_tenants([name]).await
    }

    /// Makes sure that there are tenants with these names; of all of them or of none.
    pub async fn ensure_tenants<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let mut changed = false;
        for name in names {
            changed |= tenants::ensure(&mut transaction, name, self.is_configured(name), false).await?;
        }
        if changed {
            bump(&mut transaction).await?;
        }
        transaction.commit().await
    }

    /// A number that grows with every write to tenants, days, profiles or keys, by any process.
    pub async fn changes(&self) -> Result<i64> {
        let mut transaction = self.db.read().await?;
        changes(&mut transaction).await
    }
}

fn must_exist(path: &Path) -> Result<()> {
    let cause = match path.try_exists() {
        Ok(true) => return Ok(()),
        Ok(false) => format!("there is no file {}", path.display()),
        // Whether there is one is not for this user to know: opening it says so.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => error.to_string(),
    };
    Err(Error::new(ErrorKind::NotReady, "There is no store yet.").because(cause).of_store())
}

async fn changes(connection: &mut Connection) -> Result<i64> {
    let row = sqlx::query("SELECT value FROM counters WHERE name = 'changes'").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Moves [`Store::changes`]; part of every transaction that a running server must notice.
async fn bump(connection: &mut Connection) -> Result<()> {
    sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'changes'").execute(connection).await?;
    Ok(())
}
