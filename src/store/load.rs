//! What does a question need of a tenant? Days, and perhaps the catalogue, all of the same moment.

use jiff::{Span, civil::Date};

use super::{
    Store, profiles, snapshots,
    tenants::{self, Tenant},
};
use crate::{
    error::Result,
    score::{Catalogue, History},
};

/// How much of a tenant to load. The newest two days always come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    /// Also all days up to this many before the newest.
    pub days_back: u32,
    /// Also all days from the newest stored day that is not after this one.
    pub since: Option<Date>,
    /// Also the catalogue.
    pub catalogue: bool,
}

/// What is stored of a tenant, as far as it was wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The tenant itself.
    pub tenant: Tenant,
    /// Its days; empty before the first reading.
    pub history: History,
    /// Every profile ever seen, also those that Graph no longer sends; empty unless wanted.
    pub catalogue: Catalogue,
}

impl Store {
    /// Loads `tenant` as far as `want` says.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) for a tenant that is not stored.
    pub async fn load(&self, tenant: &str, want: Want) -> Result<Stored> {
        let mut transaction = self.db.read().await?;
        let row = tenants::get(&mut transaction, tenant).await?;
        let newest = snapshots::newest_two(&mut transaction, row.id).await?;
        let mut days = Vec::new();
        if let (Some(&newest), Some(&second)) = (newest.first(), newest.last()) {
            let mut from = second.min(days_before(newest, want.days_back));
            if let Some(since) = want.since {
                from = from.min(snapshots::on_or_before(&mut transaction, row.id, since).await?.unwrap_or(since));
            }
            days = snapshots::load(&mut transaction, row.id, from, newest).await?;
        }
        let catalogue =
            if want.catalogue { profiles::load(&mut transaction, row.id, row.catalogue_bytes).await? } else { Catalogue::default() };
        Ok(Stored { tenant: row.tenant, history: History::new(days), catalogue })
    }

    /// The newest day of `tenant` about which Graph has nothing newer to say: a refresh need not page
    /// back further.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) for a tenant that is not stored.
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
