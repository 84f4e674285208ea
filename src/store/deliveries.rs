//! What became of deliveries? To be listed, counted, tried once more, and forgotten after a while.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    AuditEntry, Store, audit, digest_done,
    fault::{damaged, fault},
    tenants::moment,
};
use crate::error::Result;

/// How long what is over is kept, and its repetition refused.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many that are over are kept; the oldest make room.
const ROWS_MAX: i64 = 100_000;

/// How it stands with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// It is to be sent, or is being sent.
    Waiting,
    /// It went out.
    Sent,
    /// It was given up.
    Failed,
    /// Those who read there may not see it.
    Withheld,
    /// The next digest covers it: it is never sent.
    Replaced,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sent, Self::Failed, Self::Withheld, Self::Replaced];

    /// The word for it in commands, metrics and the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Withheld => "withheld",
            Self::Replaced => "replaced",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for DeliveryState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let state = Self::ALL.into_iter().find(|state| state.word() == word);
        state.ok_or_else(|| format!("a delivery is waiting, sent, failed, withheld or replaced, not `{word}`"))
    }
}

/// A delivery as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDelivery {
    /// Its id.
    pub id: String,
    /// The names of the tenants that it tells about, sorted, between commas.
    pub tenants: String,
    /// What made it.
    pub kind: String,
    /// For which time.
    pub period: String,
    /// The name of the destination.
    pub destination: String,
    /// The parcel.
    pub parcel: String,
    /// When it was made.
    pub made: Timestamp,
    /// How it stands with it.
    pub state: DeliveryState,
    /// When it may be tried, while it waits.
    pub next: Timestamp,
    /// When it is given up.
    pub deadline: Timestamp,
    /// How often it failed.
    pub tries: u32,
    /// What went wrong last; of what went out, for whom it did not.
    pub why: Option<String>,
    /// When it went out.
    pub sent: Option<Timestamp>,
    /// What the other side calls it.
    pub message: Option<String>,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those of this state; `None` for any.
    pub state: Option<DeliveryState>,
    /// Those for this destination; `None` for any.
    pub destination: Option<String>,
    /// At most so many, the newest.
    pub limit: u16,
}

/// How many deliveries there are, and since when the oldest of those waits that are due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliverySums {
    /// How many, by state; none is missing.
    pub by_state: BTreeMap<DeliveryState, u64>,
    /// When the oldest was made that waits.
    pub oldest_waiting: Option<Timestamp>,
    /// When the one was due that has been due for longest.
    pub oldest_due: Option<Timestamp>,
}

/// What came of the wish to try a delivery once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It may be sent from now on.
    Waits,
    /// It went out, or is being sent.
    TooLate,
    /// A later digest covers it.
    Covered,
}

/// What [`read_row`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenants, kind, period, destination, parcel, made_ms, state, next_ms, deadline_ms, tries, why, sent_ms, message FROM outbox ",
            $rest
        )
    };
}

impl Store {
    /// The delivery with this id.
    pub async fn delivery(&self, id: &str) -> Result<Option<KnownDelivery>> {
        let mut transaction = self.db.read().await?;
        let query = sqlx::query(select!("WHERE id = $1")).bind(id);
        query.fetch_optional(&mut *transaction).await.map_err(fault)?.as_ref().map(read_row).transpose()
    }

    /// Those that `filter` lets through, newest first.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<KnownDelivery>> {
        let mut transaction = self.db.read().await?;
        let query = select!("WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR destination = $2) ORDER BY made_ms DESC, id LIMIT $3");
        let query = sqlx::query(query).bind(filter.state.map(DeliveryState::word)).bind(filter.destination.as_deref());
        query.bind(i64::from(filter.limit)).fetch_all(&mut *transaction).await.map_err(fault)?.iter().map(read_row).collect()
    }

    /// How many there are at `now`.
    pub async fn delivery_sums(&self, now: Timestamp) -> Result<DeliverySums> {
        let mut transaction = self.db.read().await?;
        let mut by_state: BTreeMap<_, _> = DeliveryState::ALL.into_iter().map(|state| (state, 0)).collect();
        let rows = sqlx::query("SELECT state, COUNT(*) FROM outbox GROUP BY state").fetch_all(&mut *transaction).await.map_err(fault)?;
        for row in rows {
            by_state.insert(state(row.try_get(0).map_err(fault)?)?, u64::try_from(row.try_get::<i64, _>(1).map_err(fault)?).unwrap_or(0));
        }
        let query = "SELECT MIN(made_ms), MIN(CASE WHEN next_ms <= $1 THEN next_ms END) FROM outbox WHERE state = 'waiting'";
        let row = sqlx::query(query).bind(now.as_millisecond()).fetch_one(&mut *transaction).await.map_err(fault)?;
        let oldest = |column: usize| row.try_get::<Option<i64>, _>(column).map_err(fault)?.map(moment).transpose();
        Ok(DeliverySums { by_state, oldest_waiting: oldest(0)?, oldest_due: oldest(1)? })
    }

    /// Lets a delivery be tried from `now` on, until `deadline`, unless it went out, is being sent or is told by a later digest. If it may,
    /// `entry` is written, too.
    pub async fn deliver_again(&self, id: &str, now: Timestamp, deadline: Timestamp, entry: &AuditEntry) -> Result<Retried> {
        let mut transaction = self.db.write().await?;
        if digest_done::covers(&mut transaction, id).await? {
            return Ok(Retried::Covered);
        }
        let query = "UPDATE outbox SET state = 'waiting', next_ms = $2, deadline_ms = $3, tries = 0 \
            WHERE id = $1 AND state <> 'sent' AND (holder IS NULL OR lease_ms <= $2)";
        let query = sqlx::query(query).bind(id).bind(now.as_millisecond()).bind(deadline.as_millisecond());
        let may = query.execute(&mut *transaction).await.map_err(fault)?.rows_affected() > 0;
        if may {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(if may { Retried::Waits } else { Retried::TooLate })
    }

    /// Forgets what has been over for long by `now`, and the oldest when there are very many; how many went.
    pub async fn deliveries_prune(&self, now: Timestamp) -> Result<u64> {
        let Ok(since) = now.checked_sub(KEPT_FOR) else { return Ok(0) };
        let query = "DELETE FROM outbox WHERE state <> 'waiting' AND (COALESCE(sent_ms, made_ms) < $1 OR id IN \
            (SELECT id FROM outbox WHERE state <> 'waiting' ORDER BY made_ms DESC, id LIMIT $2 OFFSET $3))";
        self.db.change(sqlx::query(query).bind(since.as_millisecond()).bind(i64::MAX).bind(ROWS_MAX)).await
    }
}

fn state(word: &str) -> Result<DeliveryState> {
    word.parse().map_err(|_| damaged("a delivery has an unknown state"))
}

fn read_row(row: &SqliteRow) -> Result<KnownDelivery> {
    Ok(KnownDelivery {
        id: row.try_get(0).map_err(fault)?,
        tenants: row.try_get(1).map_err(fault)?,
        kind: row.try_get(2).map_err(fault)?,
        period: row.try_get(3).map_err(fault)?,
        destination: row.try_get(4).map_err(fault)?,
        parcel: row.try_get(5).map_err(fault)?,
        made: moment(row.try_get(6).map_err(fault)?)?,
        state: state(row.try_get(7).map_err(fault)?)?,
        next: moment(row.try_get(8).map_err(fault)?)?,
        deadline: moment(row.try_get(9).map_err(fault)?)?,
        tries: u32::try_from(row.try_get::<i64, _>(10).map_err(fault)?).unwrap_or(u32::MAX),
        why: row.try_get(11).map_err(fault)?,
        sent: row.try_get::<Option<i64>, _>(12).map_err(fault)?.map(moment).transpose()?,
        message: row.try_get(13).map_err(fault)?,
    })
}
