//! What became of deliveries? To be listed, counted, tried once more, and forgotten after a while.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{AuditEntry, Store, StoredPost, audit, database_error::damaged, digest_making, outbox::read_kind, tenants::moment};
use crate::{delivery::PostKind, error::Result, text::named_values};

/// How long what is over is kept, and its repetition refused.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many that are over are kept; the oldest make room.
const ROWS_MAX: i64 = 100_000;
/// How long the post of what is over is kept: as long as the address of its picture is good.
const POST_KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many posts of what is over are kept; the oldest make room.
const POSTS_MAX: i64 = 10_000;

/// How it stands with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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

named_values!(DeliveryState, "state", Waiting => "waiting", Sent => "sent", Failed => "failed", Withheld => "withheld", Replaced => "replaced");

/// A delivery as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDelivery {
    /// Its id.
    pub id: String,
    /// The names of the tenants that it tells about, sorted, between commas.
    pub tenants: String,
    /// What it is, and what made it.
    pub kind: PostKind,
    /// For which time.
    pub period: String,
    /// The name of the destination.
    pub destination: String,
    /// The news that it tells, in a line.
    pub title: String,
    /// The post; empty when it has been over for a while.
    pub post: StoredPost,
    /// When it was made.
    pub created: Timestamp,
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
    /// The destination that it was meant for, where another one gets it in its place.
    pub meant_for: Option<String>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeliverySums {
    /// How many, by state; none is missing.
    pub by_state: BTreeMap<DeliveryState, u64>,
    /// When the oldest was made that waits.
    pub oldest_waiting: Option<Timestamp>,
    /// When the one was due that has been due for longest.
    #[serde(skip)]
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
            "SELECT id, tenants, kind, maker, subject, period, destination, title, post, made_ms, state, next_ms, deadline_ms, tries, why, sent_ms, message, \
            meant_for FROM outbox ",
            $rest
        )
    };
}
const LIST: &str = select!("WHERE ($1 IS NULL OR destination = $1) ORDER BY made_ms DESC, id DESC LIMIT $2");
const LIST_OF_STATE: &str = select!("WHERE state = $3 AND ($1 IS NULL OR destination = $1) ORDER BY made_ms DESC, id DESC LIMIT $2");
/// What waits for `$1`, is sent by nobody at `$2`, may go elsewhere, and was tried or made until `$3`.
pub(super) const MOVABLE: &str = select!(
    "WHERE state = 'waiting' AND destination = $1 AND kind IN ('alert', 'recovery', 'notice') AND (holder IS NULL OR lease_ms <= $2) \
     AND (tries > 0 OR made_ms <= $3) ORDER BY made_ms, id LIMIT 100"
);
const COUNT: &str = "SELECT state, COUNT(*) FROM outbox GROUP BY state";
const OLDEST: &str = "SELECT MIN(made_ms), MIN(CASE WHEN next_ms <= $1 THEN next_ms END) FROM outbox WHERE state = 'waiting'";
/// What was tried last before `$1`; what was given up was tried until its deadline at most.
const SHORTEN_OLD: &str =
    "UPDATE outbox SET post = '' WHERE post <> '' AND made_ms < $1 AND state <> 'waiting' AND COALESCE(sent_ms, deadline_ms) < $1";
/// What is older than the newest `$1`.
const SHORTEN_MANY: &str = "UPDATE outbox SET post = '' WHERE post <> '' AND state <> 'waiting' AND made_ms < \
    (SELECT made_ms FROM outbox WHERE post <> '' AND state <> 'waiting' ORDER BY made_ms DESC LIMIT 1 OFFSET $1 - 1)";
/// Nothing is sent before it is made, so the index on that finds what was sent before `$1`, too.
const FORGET_OLD: &str = "DELETE FROM outbox WHERE made_ms < $1 AND state <> 'waiting' AND COALESCE(sent_ms, made_ms) < $1";
const FORGET_MANY: &str = "DELETE FROM outbox WHERE state <> 'waiting' AND made_ms < \
    (SELECT made_ms FROM outbox WHERE state <> 'waiting' ORDER BY made_ms DESC LIMIT 1 OFFSET $1 - 1)";

impl Store {
    /// The delivery with this id.
    pub async fn delivery(&self, id: &str) -> Result<Option<KnownDelivery>> {
        let query = sqlx::query(select!("WHERE id = $1")).bind(id);
        query.fetch_optional(self.db.reader()).await?.as_ref().map(read_row).transpose()
    }

    /// Those that `filter` lets through, newest first.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<KnownDelivery>> {
        let query = sqlx::query(if filter.state.is_some() { LIST_OF_STATE } else { LIST });
        let query = query.bind(filter.destination.as_deref()).bind(i64::from(filter.limit));
        let query = if let Some(state) = filter.state { query.bind(state.word()) } else { query };
        query.fetch_all(self.db.reader()).await?.iter().map(read_row).collect()
    }

    /// How many there are at `now`.
    pub async fn delivery_sums(&self, now: Timestamp) -> Result<DeliverySums> {
        let mut transaction = self.db.read().await?;
        let mut by_state: BTreeMap<_, _> = DeliveryState::ALL.into_iter().map(|state| (state, 0)).collect();
        let rows = sqlx::query(COUNT).fetch_all(&mut *transaction).await?;
        for row in rows {
            by_state.insert(state(row.try_get(0)?)?, u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0));
        }
        let row = sqlx::query(OLDEST).bind(now.as_millisecond()).fetch_one(&mut *transaction).await?;
        let oldest = |column: usize| row.try_get::<Option<i64>, _>(column)?.map(moment).transpose();
        Ok(DeliverySums { by_state, oldest_waiting: oldest(0)?, oldest_due: oldest(1)? })
    }

    /// Lets a delivery that is in `state` be tried from `now` on, until `deadline`, also where the destination asked for a pause, unless it is
    /// being sent, its post is gone or a later digest tells it. If it may, `entry` is written, too.
    pub async fn deliver_again(
        &self,
        id: &str,
        state: DeliveryState,
        now: Timestamp,
        deadline: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Retried> {
        let mut transaction = self.db.write().await?;
        if digest_making::covers(&mut transaction, id).await? {
            return Ok(Retried::Covered);
        }
        let query = "UPDATE outbox SET state = 'waiting', next_ms = $2, deadline_ms = $3, tries = 0 \
            WHERE id = $1 AND state = $4 AND state <> 'sent' AND post <> '' AND (holder IS NULL OR lease_ms <= $2)";
        let query = sqlx::query(query).bind(id).bind(now.as_millisecond()).bind(deadline.as_millisecond()).bind(state.word());
        let may = query.execute(&mut *transaction).await?.rows_affected() > 0;
        if may {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(if may { Retried::Waits } else { Retried::TooLate })
    }

    /// Forgets by `now` the posts of what is over for a week, and all of what is over for long; the oldest when there are very many. How many
    /// deliveries went.
    pub async fn deliveries_prune(&self, now: Timestamp) -> Result<u64> {
        let before = |kept: SignedDuration| now.checked_sub(kept).map_or(i64::MIN, Timestamp::as_millisecond);
        let mut transaction = self.db.write().await?;
        for (query, bound) in [(SHORTEN_OLD, before(POST_KEPT_FOR)), (SHORTEN_MANY, POSTS_MAX)] {
            sqlx::query(query).bind(bound).execute(&mut *transaction).await?;
        }
        sqlx::query("DELETE FROM outages WHERE next_ms < $1").bind(before(KEPT_FOR)).execute(&mut *transaction).await?;
        let mut gone = 0;
        for (query, bound) in [(FORGET_OLD, before(KEPT_FOR)), (FORGET_MANY, ROWS_MAX)] {
            gone += sqlx::query(query).bind(bound).execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(gone)
    }
}

fn state(word: &str) -> Result<DeliveryState> {
    word.parse().map_err(|_| damaged("a delivery has an unknown state"))
}

pub(super) fn read_row(row: &SqliteRow) -> Result<KnownDelivery> {
    Ok(KnownDelivery {
        id: row.try_get(0)?,
        tenants: row.try_get(1)?,
        kind: read_kind(row, 2)?,
        period: row.try_get(5)?,
        destination: row.try_get(6)?,
        title: row.try_get(7)?,
        post: StoredPost::from_column(row.try_get(8)?),
        created: moment(row.try_get(9)?)?,
        state: state(row.try_get(10)?)?,
        next: moment(row.try_get(11)?)?,
        deadline: moment(row.try_get(12)?)?,
        tries: u32::try_from(row.try_get::<i64, _>(13)?).unwrap_or(u32::MAX),
        why: row.try_get(14)?,
        sent: row.try_get::<Option<i64>, _>(15)?.map(moment).transpose()?,
        message: row.try_get(16)?,
        meant_for: row.try_get(17)?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{
            Undelivered,
            outbox::tests::{at, plan, row},
        },
        *,
    };

    const WEEK: i64 = 7 * 24 * 3600;

    async fn store(directory: &tempfile::TempDir) -> Store {
        Store::open(&directory.path().join("scorewatch.db")).await.unwrap()
    }

    /// So many deliveries that went out, one a second.
    async fn fill(store: &Store, rows: i64) {
        let query = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $1) \
            INSERT INTO outbox (id, tenants, kind, maker, subject, period, destination, title, post, names, made_ms, state, next_ms, deadline_ms, tries, \
            lease_ms, fence, sent_ms) SELECT n, '', 'digest', 'morning', '', n, 'soc', 'News', '{}', 0, n * 1000, 'sent', n * 1000, n * 1000, \
            0, 0, 0, n * 1000 FROM number";
        store.db.change(sqlx::query(query).bind(rows)).await.unwrap();
    }

    async fn count(store: &Store, query: &'static str) -> i64 {
        let mut transaction = store.db.read().await.unwrap();
        sqlx::query(query).fetch_one(&mut *transaction).await.unwrap().try_get(0).unwrap()
    }

    #[tokio::test]
    async fn no_query_reads_the_whole_table() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        // A list walks an index from its newest end until it is long enough; counting reads an index alone; the bound of how many are kept walks one.
        let expected: [(&str, &[&str]); 8] = [
            (LIST, &["SCAN outbox USING INDEX outbox_made"]),
            (LIST_OF_STATE, &["SEARCH outbox USING INDEX outbox_state (state=?)"]),
            (COUNT, &["SCAN outbox USING COVERING INDEX outbox_state"]),
            (OLDEST, &["SEARCH outbox USING COVERING INDEX outbox_next (state=?)"]),
            (SHORTEN_OLD, &["SEARCH outbox USING INDEX outbox_posts (made_ms<?)"]),
            (
                SHORTEN_MANY,
                &["SEARCH outbox USING INDEX outbox_posts (made_ms<?)", "SCALAR SUBQUERY 1", "SCAN outbox USING INDEX outbox_posts"],
            ),
            (FORGET_OLD, &["SEARCH outbox USING INDEX outbox_made (made_ms<?)"]),
            (
                FORGET_MANY,
                &["SEARCH outbox USING INDEX outbox_made (made_ms<?)", "SCALAR SUBQUERY 1", "SCAN outbox USING INDEX outbox_made"],
            ),
        ];
        for (query, steps) in expected {
            assert_eq!(plan(&store, query).await, steps, "{query}");
        }
    }

    #[tokio::test]
    async fn the_parcel_of_what_has_been_over_for_a_week_goes_before_the_rest() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let (sent, failed, waits) = (row("soc", 0), row("ops", 0), row("team", 0));
        for row in [&sent, &failed, &waits] {
            store.enqueue(row).await.unwrap();
        }
        for _ in 0..2 {
            let claimed = store.claim("a", Duration::from_secs(5), at(100)).await.unwrap().unwrap();
            match claimed.destination.as_str() {
                "soc" => assert!(store.delivered(&claimed, Some("m1"), None, at(100)).await.unwrap()),
                _ => assert!(store.not_delivered(&claimed, Undelivered::Failed { tried: true }, "No.").await.unwrap()),
            }
        }
        let kept = async || {
            let filter = DeliveryFilter { limit: 9, ..DeliveryFilter::default() };
            let rows = store.deliveries(&filter).await.unwrap();
            rows.into_iter().filter(|row| !row.post.is_gone()).map(|row| row.destination).collect::<Vec<_>>()
        };
        store.deliveries_prune(at(100 + WEEK)).await.unwrap();
        assert_eq!(kept().await, ["team", "soc", "ops"]);
        store.deliveries_prune(at(101 + WEEK)).await.unwrap();
        assert_eq!(kept().await, ["team", "ops"], "what failed may have been tried until its deadline");
        store.deliveries_prune(at(601 + WEEK)).await.unwrap();
        assert_eq!(kept().await, ["team"], "what waits is to be sent");
        let known = store.delivery(&sent.id).await.unwrap().unwrap();
        assert_eq!((known.title.as_str(), known.message.as_deref(), known.state), ("News of 0", Some("m1"), DeliveryState::Sent));
        let text = String::new;
        let entry = AuditEntry { at: at(0), asker: text(), what: text(), tenant: None, subject: text(), detail: text() };
        let again = store.deliver_again(&failed.id, DeliveryState::Failed, at(0), at(9), &entry).await.unwrap();
        assert_eq!(again, Retried::TooLate, "nothing is left to send");
    }

    #[tokio::test]
    async fn there_are_so_many_rows_and_posts_at_most() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        fill(&store, ROWS_MAX + 7).await;
        let now = Timestamp::from_second(ROWS_MAX + 7).unwrap();
        assert_eq!(store.deliveries_prune(now).await.unwrap(), 7);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM outbox").await, ROWS_MAX);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM outbox WHERE post <> ''").await, POSTS_MAX);
        assert_eq!(count(&store, "SELECT MIN(made_ms) FROM outbox WHERE post <> ''").await, (ROWS_MAX + 8 - POSTS_MAX) * 1000);
        assert_eq!(store.deliveries_prune(now).await.unwrap(), 0);
    }
}
