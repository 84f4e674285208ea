//! What does a question need of a tenant? Days, and perhaps the catalogue, all of the same moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Span, Timestamp, civil::Date};

use super::{
    Store, annotations,
    profiles::{self, Depth, PackedCatalogue},
    read_failures, service_plans,
    snapshots::{self, PackedDays, PackedScores},
    tenants::{self, StoredTenant, TenantRecord},
};
use crate::{
    error::{Error, ErrorKind, FetchFailureKind, Result},
    score::{Annotations, Catalogue, History},
};

/// How much of a tenant to load. The newest two days always come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The last day, from which is counted back, and the day before it; without it the newest one.
    pub last: Option<DayReference>,
    /// Also all days up to this many before the last one.
    pub days_back: u32,
    /// Also one earlier day, without those between.
    pub earlier: Option<DayReference>,
    /// Also the sums of days, without their controls.
    pub scores: Option<ScoreRange>,
    /// Also the catalogue.
    pub catalogue: Option<Depth>,
}

/// Days of which only the sums are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreRange {
    /// The first day; a number of days counts back from the last one.
    pub from: DayReference,
    /// The last day; the newest held where there is none, or none so late.
    pub until: Option<Date>,
    /// Whether by category too, which takes a look at the controls of each.
    pub by_category: bool,
}

/// Names one earlier day: the newest stored one that is not after it is meant, else the oldest of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayReference {
    /// So many days before the last one; for that itself, before the newest.
    Back(u32),
    /// This one.
    Day(Date),
}

impl DayReference {
    /// The day that is meant, seen from `last`.
    fn before(self, last: Date) -> Date {
        match self {
            Self::Back(count) => days_before(last, count),
            Self::Day(day) => day,
        }
    }
}

/// What is stored of a tenant, as far as it was wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedTenant {
    /// The tenant itself. `read_at` is `None` also when its newest day came from a file.
    pub tenant: StoredTenant,
    /// Its days; empty before the first reading.
    pub history: History,
    /// Every profile ever seen, also those that Graph no longer sends; empty unless wanted.
    pub catalogue: Catalogue,
    /// What our own people added to its controls; empty unless the catalogue was wanted.
    pub annotations: Annotations,
    /// The names of the service plans that it subscribes to, where Graph says; unknown unless the catalogue was wanted.
    pub service_plans: Option<Arc<BTreeSet<String>>>,
    /// Why it could not be read the last time, where there are no days.
    pub fetch_failure: Option<FetchFailureKind>,
}

/// What was found, still packed: unpacking wants a processor for some milliseconds, and neither the database nor a thread
/// that others wait for.
struct PackedTenant {
    row: TenantRecord,
    days: PackedDays,
    held: Vec<Date>,
    scores: Option<PackedScores>,
    catalogue: Option<PackedCatalogue>,
    annotations: Annotations,
    service_plans: Option<Arc<BTreeSet<String>>>,
    fetch_failure: Option<FetchFailureKind>,
}

impl PackedTenant {
    fn unpack(self) -> Result<LoadedTenant> {
        let Self { row, days, held, scores, catalogue, annotations, service_plans, fetch_failure } = self;
        let catalogue = catalogue.map(|catalogue| catalogue.unpack(row.catalogue_bytes)).transpose()?.unwrap_or_default();
        let scores = scores.map(|scores| scores.unpack(&catalogue)).transpose()?.unwrap_or_default();
        let history = History::new(days.unpack()?).holding(held).with_scores(scores);
        Ok(LoadedTenant { tenant: row.tenant, history, catalogue, annotations, service_plans, fetch_failure })
    }
}

impl Store {
    /// Loads `tenant` as far as `want` says.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a tenant that is not stored.
    pub async fn load(&self, tenant: &str, want: LoadOptions) -> Result<LoadedTenant> {
        let found = self.find(tenant, want).await?;
        tokio::task::spawn_blocking(move || found.unpack()).await.map_err(Error::internal)?
    }

    async fn find(&self, tenant: &str, want: LoadOptions) -> Result<PackedTenant> {
        let mut transaction = self.db.read().await?;
        let mut row = tenants::get(&mut transaction, tenant).await?;
        let newest = snapshots::newest_two(&mut transaction, row.id).await?;
        let (mut days, mut held, mut scores) = (PackedDays::default(), Vec::new(), None);
        if let (Some(&newest), Some(&second)) = (newest.first(), newest.last()) {
            if !snapshots::is_live(&mut transaction, row.id, newest).await? {
                // A reading that did not bring the newest day says nothing about how fresh it is.
                row.tenant.read_at = None;
            }
            let (last, second) = match want.last {
                None => (newest, second),
                Some(wanted) => {
                    let last = snapshots::near(&mut transaction, row.id, wanted.before(newest)).await?.unwrap_or(newest);
                    (last, snapshots::near(&mut transaction, row.id, days_before(last, 1)).await?.unwrap_or(last))
                }
            };
            let from = second.min(days_before(last, want.days_back));
            let earlier = match want.earlier {
                None => None,
                Some(wanted) => snapshots::near(&mut transaction, row.id, wanted.before(last)).await?,
            };
            days = snapshots::find(&mut transaction, row.id, (from, last), [earlier, Some(newest)]).await?;
            held = snapshots::held(&mut transaction, row.id, earlier.unwrap_or(from).min(from)).await?;
            if let Some(range) = want.scores {
                let last = range.until.map_or(newest, |until| until.min(newest));
                let first = match range.from {
                    DayReference::Back(count) => days_before(last, count),
                    DayReference::Day(day) => day,
                };
                scores = Some(snapshots::scores(&mut transaction, row.id, (first, last), range.by_category).await?);
                // Also from when on there is any day.
                held.extend(snapshots::near(&mut transaction, row.id, Date::MIN).await?);
            }
        }
        let catalogue = match want.catalogue {
            None => None,
            Some(depth) => Some(profiles::find(&mut transaction, row.id, depth).await?),
        };
        let annotations =
            if want.catalogue.is_some() { annotations::load(&mut transaction, row.id).await? } else { Annotations::default() };
        let service_plans = if want.catalogue.is_some() { service_plans::find(&mut transaction, row.id).await? } else { None };
        let mut failures = if newest.is_empty() { read_failures::load(&mut transaction, Some(tenant)).await? } else { BTreeMap::new() };
        let fetch_failure = failures.remove(tenant).map(|failure| failure.kind);
        Ok(PackedTenant { row, days, held, scores, catalogue, annotations, service_plans, fetch_failure })
    }

    /// When Graph was last read for `tenant`; `None` before the first time, and for a tenant that is not stored.
    pub async fn read_at(&self, tenant: &str) -> Result<Option<Timestamp>> {
        let mut transaction = self.db.read().await?;
        match tenants::get(&mut transaction, tenant).await {
            Ok(row) => Ok(row.tenant.read_at),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest day of `tenant` about which Graph has nothing newer to say: a refresh need not page
    /// back further.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a tenant that is not stored.
    pub async fn final_day(&self, tenant: &str) -> Result<Option<Date>> {
        let mut transaction = self.db.read().await?;
        let row = tenants::get(&mut transaction, tenant).await?;
        snapshots::final_day(&mut transaction, row.id).await
    }
}

/// The day `count` days before `day`, or the first of all days.
fn days_before(day: Date, count: u32) -> Date {
    Span::new().try_days(count).and_then(|span| day.checked_sub(span)).unwrap_or(Date::MIN)
}
