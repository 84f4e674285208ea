//! What waits to be delivered, and what became of it? One row a delivery; there is one of each at most.

use jiff::Timestamp;

use super::{Store, db::Connection, fault::fault};
use crate::error::Result;

/// Something to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id, which follows from the next four.
    pub id: String,
    /// The names of the tenants that it tells about, sorted, between commas.
    pub tenants: String,
    /// What makes it.
    pub kind: String,
    /// For which time.
    pub period: String,
    /// The name of the destination.
    pub destination: String,
    /// The parcel, as whoever sends it reads it.
    pub parcel: String,
    /// Whether it shows names of people.
    pub names: bool,
    /// When it was made; it may be sent from then on.
    pub made: Timestamp,
    /// When it is given up.
    pub deadline: Timestamp,
}

impl Store {
    /// Puts `delivery` into the outbox, unless it is there or was; whether it is new.
    pub async fn enqueue(&self, delivery: &NewDelivery) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let new = add(&mut transaction, delivery).await?;
        transaction.commit().await?;
        Ok(new)
    }
}

/// The same within a transaction that also notes why.
pub(super) async fn add(connection: &mut Connection, delivery: &NewDelivery) -> Result<bool> {
    let query = "INSERT INTO outbox (id, tenants, kind, period, destination, parcel, names, made_ms, state, next_ms, deadline_ms, tries, lease_ms, fence) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $8, $9, 0, 0, 0) ON CONFLICT DO NOTHING";
    let query = sqlx::query(query).bind(&*delivery.id).bind(&*delivery.tenants).bind(&*delivery.kind).bind(&*delivery.period);
    let query = query.bind(&*delivery.destination).bind(&*delivery.parcel).bind(i64::from(delivery.names));
    let query = query.bind(delivery.made.as_millisecond()).bind(delivery.deadline.as_millisecond());
    Ok(query.execute(connection).await.map_err(fault)?.rows_affected() > 0)
}
