//! What waits to be delivered, and whose turn is it to send it? One row a delivery; there is one of each at most.
//!
//! Whoever sends a delivery has claimed it for a while. When that while is over and nothing was recorded, the delivery is
//! anybody's again. The fence, a number that grows with every claim, keeps a sender that was held up from recording then.
//!
//! A destination gets one delivery at a time, whichever process sends it, and never faster than it answers: the one that has been
//! due for longest. That is the order in which they were made, but what failed is overtaken while it waits to be tried again;
//! only what follows another delivery waits for that one, and what tells the same thing again for what told it before. While a
//! destination wants to be left alone, all that is for it is due when that is over, also what is made meanwhile.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Store, StoredPost, database_error::damaged, db::Connection, tenants::moment};
use crate::{
    delivery::{KindColumns, PostKind},
    error::Result,
};

/// Something to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id, which follows from the next four.
    pub id: String,
    /// The names of the tenants that it tells about, sorted, between commas.
    pub tenants: String,
    /// What it is, and what makes it.
    pub kind: PostKind,
    /// For which time.
    pub period: String,
    /// The name of the destination.
    pub destination: String,
    /// The news that it tells, in a line.
    pub title: String,
    /// The post.
    pub post: StoredPost,
    /// Whether it shows names of people.
    pub names: bool,
    /// When it was made; it may be sent from then on.
    pub created: Timestamp,
    /// When it is given up.
    pub deadline: Timestamp,
}

/// A delivery that is ours to send, until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: String,
    /// What it is, and what made it.
    pub kind: PostKind,
    /// The name of the destination.
    pub destination: String,
    /// The post.
    pub post: StoredPost,
    /// Whether it shows names of people.
    pub names: bool,
    /// When it is given up.
    pub deadline: Timestamp,
    /// How often it failed so far.
    pub tries: u32,
    /// Who claimed it.
    pub(super) holder: String,
    /// Grows with every claim.
    pub(super) fence: i64,
}

/// What becomes of a delivery that did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// It is tried again then.
    Again(Timestamp),
    /// It was not tried: it waits until then, and that counts as no try.
    PutOff(Timestamp),
    /// It is given up.
    Failed {
        /// Whether it was tried just now.
        tried: bool,
    },
    /// Those who read there may not see it.
    Withheld,
}

impl Undelivered {
    /// Whether it counts as a try.
    pub const fn is_try(self) -> bool {
        match self {
            Self::Again(_) => true,
            Self::Failed { tried } => tried,
            Self::PutOff(_) | Self::Withheld => false,
        }
    }
}

/// What may be claimed at `$1` by `$2`: nothing for a destination that somebody sends to, nor for one that we send to
/// ourselves although the lease ran out; and nothing before what tells the same thing and is older.
macro_rules! due {
    () => {
        "SELECT id FROM outbox WHERE state = 'waiting' AND next_ms <= $1 AND destination NOT IN \
        (SELECT destination FROM outbox WHERE state = 'waiting' AND holder IS NOT NULL AND (lease_ms > $1 OR holder = $2)) \
        AND NOT EXISTS (SELECT 1 FROM outbox AS older WHERE older.state = 'waiting' AND older.destination = outbox.destination \
        AND older.maker = outbox.maker AND older.subject = outbox.subject AND older.tenants = outbox.tenants AND older.made_ms < outbox.made_ms) \
        ORDER BY next_ms, made_ms, id LIMIT 1"
    };
}
const CLAIM: &str = concat!(
    "UPDATE outbox SET holder = $2, lease_ms = $3, fence = fence + 1 WHERE state = 'waiting' AND next_ms <= $1 AND lease_ms <= $1 AND id = (",
    due!(),
    ") RETURNING id, kind, maker, subject, destination, post, names, deadline_ms, tries, holder, fence"
);
const CLAIM_THIS: &str = "UPDATE outbox SET holder = $2, lease_ms = $3, fence = fence + 1 \
    WHERE id = $4 AND state = 'waiting' AND next_ms <= $1 AND lease_ms <= $1 \
    AND destination NOT IN (SELECT destination FROM outbox WHERE state = 'waiting' AND holder IS NOT NULL AND lease_ms > $1) \
    RETURNING id, kind, maker, subject, destination, post, names, deadline_ms, tries, holder, fence";
/// What waits for `$2` is due at `$1` at the earliest, or when it is to be given up.
pub(super) const HOLD_BACK: &str = "UPDATE outbox SET next_ms = CASE WHEN deadline_ms < $1 THEN deadline_ms ELSE $1 END \
    WHERE destination = $2 AND state = 'waiting' AND next_ms < $1";
/// What waits for `$2` is due at `$1` at the latest.
pub(super) const RELEASE: &str = "UPDATE outbox SET next_ms = $1 WHERE destination = $2 AND state = 'waiting' AND next_ms > $1";
const GIVE_BACK: &str = "UPDATE outbox SET holder = NULL, lease_ms = 0 WHERE state = 'waiting' AND holder = $1";

impl Store {
    /// Puts `delivery` into the outbox, unless it is there or was; whether it is new.
    pub async fn enqueue(&self, delivery: &NewDelivery) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let new = add(&mut transaction, delivery).await?;
        transaction.commit().await?;
        Ok(new)
    }

    /// Claims what has waited longest for `holder`, for `lease` from `now`; `None` when nothing is due. Who looks in vain
    /// writes nothing.
    pub async fn claim(&self, holder: &str, lease: Duration, now: Timestamp) -> Result<Option<Claimed>> {
        let mut reading = self.db.read().await?;
        let due = sqlx::query(due!()).bind(now.as_millisecond()).bind(holder);
        if due.fetch_optional(&mut *reading).await?.is_none() {
            return Ok(None);
        }
        drop(reading);
        let mut transaction = self.db.write().await?;
        let query = sqlx::query(CLAIM).bind(now.as_millisecond()).bind(holder).bind(end(lease, now));
        let row = query.fetch_optional(&mut *transaction).await?;
        let claimed = row.as_ref().map(read_row).transpose()?;
        transaction.commit().await?;
        Ok(claimed)
    }

    /// Claims the delivery `id` for `holder`, before those that have waited longer; `None` when it is not due, or somebody sends to its destination.
    pub async fn claim_this(&self, id: &str, holder: &str, lease: Duration, now: Timestamp) -> Result<Option<Claimed>> {
        let mut transaction = self.db.write().await?;
        let query = sqlx::query(CLAIM_THIS).bind(now.as_millisecond()).bind(holder).bind(end(lease, now)).bind(id);
        let row = query.fetch_optional(&mut *transaction).await?;
        let claimed = row.as_ref().map(read_row).transpose()?;
        transaction.commit().await?;
        Ok(claimed)
    }

    /// Keeps a claim for `lease` from `now`; whether it was still ours.
    pub async fn claim_keep(&self, claimed: &Claimed, lease: Duration, now: Timestamp) -> Result<bool> {
        let query = "UPDATE outbox SET lease_ms = $4 WHERE id = $1 AND holder = $2 AND fence = $3 AND state = 'waiting'";
        let query = sqlx::query(query).bind(&*claimed.id).bind(&*claimed.holder).bind(claimed.fence).bind(end(lease, now));
        Ok(self.db.change(query).await? > 0)
    }

    /// Notes that it went out, what the other side calls it, and a remark on that; whether it was still ours.
    pub async fn delivered(&self, claimed: &Claimed, message: Option<&str>, remark: Option<&str>, now: Timestamp) -> Result<bool> {
        let query = "UPDATE outbox SET state = 'sent', holder = NULL, lease_ms = 0, why = $6, sent_ms = $4, message = $5 \
            WHERE id = $1 AND holder = $2 AND fence = $3 AND state = 'waiting'";
        let query = sqlx::query(query).bind(&*claimed.id).bind(&*claimed.holder).bind(claimed.fence);
        Ok(self.db.change(query.bind(now.as_millisecond()).bind(message).bind(remark)).await? > 0)
    }

    /// Notes that it did not go out, what becomes of it and why; whether it was still ours.
    pub async fn not_delivered(&self, claimed: &Claimed, becomes: Undelivered, why: &str) -> Result<bool> {
        let (state, next) = match becomes {
            Undelivered::Again(at) | Undelivered::PutOff(at) => ("waiting", Some(at)),
            Undelivered::Failed { .. } => ("failed", None),
            Undelivered::Withheld => ("withheld", None),
        };
        let query = "UPDATE outbox SET state = $4, holder = NULL, lease_ms = 0, next_ms = COALESCE($5, next_ms), tries = tries + $6, why = $7 \
            WHERE id = $1 AND holder = $2 AND fence = $3 AND state = 'waiting'";
        let query = sqlx::query(query).bind(&*claimed.id).bind(&*claimed.holder).bind(claimed.fence);
        let query = query.bind(state).bind(next.map(Timestamp::as_millisecond)).bind(i64::from(becomes.is_try())).bind(why);
        Ok(self.db.change(query).await? > 0)
    }

    /// Gives back all that `holder` claimed, so that nobody has to wait for its leases to run out.
    pub async fn give_back(&self, holder: &str) -> Result<()> {
        self.db.change(sqlx::query(GIVE_BACK).bind(holder)).await.map(|_| ())
    }
}

/// The same within a transaction that also notes why. It waits for the end of a pause that its destination asked for, or to be given up.
pub(super) async fn add(connection: &mut Connection, delivery: &NewDelivery) -> Result<bool> {
    let query = "INSERT INTO outbox (id, tenants, kind, maker, subject, period, destination, title, post, names, made_ms, state, next_ms, deadline_ms, tries, \
        lease_ms, fence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', \
        COALESCE((SELECT CASE WHEN held_ms < $12 THEN held_ms ELSE $12 END FROM outages WHERE destination = $7 AND held_ms > $11), $11), \
        $12, 0, 0, 0) ON CONFLICT DO NOTHING";
    let KindColumns { kind, maker, subject } = delivery.kind.columns();
    let query =
        sqlx::query(query).bind(&*delivery.id).bind(&*delivery.tenants).bind(kind).bind(maker).bind(subject).bind(&*delivery.period);
    let query = query.bind(&*delivery.destination).bind(&*delivery.title).bind(delivery.post.column()).bind(i64::from(delivery.names));
    let query = query.bind(delivery.created.as_millisecond()).bind(delivery.deadline.as_millisecond());
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// When a lease from `now` runs out.
fn end(lease: Duration, now: Timestamp) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

/// The kind that the columns from `first` on hold.
pub(super) fn read_kind(row: &SqliteRow, first: usize) -> Result<PostKind> {
    let text = |column: usize| row.try_get::<String, _>(first + column);
    PostKind::from_columns(&text(0)?, text(1)?, text(2)?).ok_or_else(|| damaged("a delivery has an unknown kind"))
}

fn read_row(row: &SqliteRow) -> Result<Claimed> {
    Ok(Claimed {
        id: row.try_get(0)?,
        kind: read_kind(row, 1)?,
        destination: row.try_get(4)?,
        post: StoredPost::from_column(row.try_get(5)?),
        names: row.try_get::<i64, _>(6)? != 0,
        deadline: moment(row.try_get(7)?)?,
        tries: u32::try_from(row.try_get::<i64, _>(8)?).unwrap_or(u32::MAX),
        holder: row.try_get(9)?,
        fence: row.try_get(10)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::SignedDuration;
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::store::FailedTry;

    const LEASE: Duration = Duration::from_secs(5);

    pub(in crate::store) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    pub(in crate::store) fn row(destination: &str, second: i64) -> NewDelivery {
        NewDelivery {
            id: format!("{destination} {second}"),
            tenants: "contoso".to_owned(),
            kind: PostKind::Digest { name: "morning".to_owned() },
            period: second.to_string(),
            destination: destination.to_owned(),
            title: format!("News of {second}"),
            post: StoredPost::from_column("1 {}".to_owned()),
            names: false,
            created: at(second),
            deadline: at(second) + SignedDuration::from_mins(10),
        }
    }

    /// A try after which the destination wants nothing until then.
    pub(in crate::store) fn asks_for_a_pause(until: Timestamp) -> FailedTry<'static> {
        FailedTry { why: "Not now.", refused: false, until: Some(until), next: until }
    }

    /// How `query` finds its rows, a step a line.
    pub(in crate::store) async fn plan(store: &Store, query: &str) -> Vec<String> {
        let query = format!("EXPLAIN QUERY PLAN {query}");
        let mut transaction = store.db.read().await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut *transaction).await.unwrap();
        rows.iter().map(|row| row.try_get("detail").unwrap()).collect()
    }

    #[tokio::test]
    async fn what_is_due_is_found_in_order_without_looking_at_what_is_over() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        // What waits, also where it is looked for by when it was made.
        let waiting = ["(state=?)", "(state=? AND next_ms<?)", "(state=? AND next_ms>?)", "(state=? AND made_ms<?)", "(id=?)"];
        for query in [due!(), CLAIM, CLAIM_THIS, HOLD_BACK, RELEASE, GIVE_BACK] {
            let steps = plan(&store, query).await;
            let of_table: Vec<_> = steps.iter().filter(|step| step.contains("outbox")).collect();
            let narrow = |step: &&String| step.starts_with("SEARCH") && waiting.iter().any(|end| step.ends_with(end));
            assert!(!of_table.is_empty() && of_table.iter().all(narrow), "{query}: {steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "nothing is sorted: {query}: {steps:?}");
        }
    }

    #[tokio::test]
    async fn what_waits_for_the_end_of_a_pause_is_due_then_in_the_order_in_which_it_was_made() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let rows = [0, 1, 2, 3].map(|second| row("soc", second));
        for new in &rows[..3] {
            store.enqueue(new).await.unwrap();
        }
        let first = store.claim("a", LEASE, at(3)).await.unwrap().unwrap();
        store.destination_failed("soc", &asks_for_a_pause(at(60)), at(3)).await.unwrap();
        store.not_delivered(&first, Undelivered::Again(at(60)), "Not now.").await.unwrap();
        store.enqueue(&rows[3]).await.unwrap();
        for row in &rows {
            assert_eq!(store.delivery(&row.id).await.unwrap().unwrap().next, at(60), "what is shown is so");
        }
        assert_eq!(store.claim("a", LEASE, at(59)).await.unwrap(), None);
        for row in &rows {
            let claimed = store.claim("a", LEASE, at(61)).await.unwrap().unwrap();
            assert_eq!(claimed.id, row.id);
            store.delivered(&claimed, None, None, at(61)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_tells_the_same_thing_again_overtakes_nothing_and_others_do() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let (first, again) = (row("soc", 0), row("soc", 10));
        let other = NewDelivery { tenants: "fabrikam".to_owned(), ..row("soc", 20) };
        for new in [&first, &again, &other] {
            store.enqueue(new).await.unwrap();
        }
        let claimed = store.claim("a", LEASE, at(30)).await.unwrap().unwrap();
        store.not_delivered(&claimed, Undelivered::Again(at(100)), "No.").await.unwrap();
        let next = store.claim("a", LEASE, at(30)).await.unwrap().unwrap();
        assert_eq!(next.id, other.id);
        store.delivered(&next, None, None, at(30)).await.unwrap();
        assert_eq!(store.claim("a", LEASE, at(30)).await.unwrap(), None);
        assert_eq!(store.claim("a", LEASE, at(100)).await.unwrap().unwrap().id, first.id);
    }

    #[tokio::test]
    async fn a_pause_holds_for_what_comes_later_and_nothing_outlives_its_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        store.enqueue(&row("soc", 0)).await.unwrap();
        let first = store.claim("a", LEASE, at(1)).await.unwrap().unwrap();
        // An hour is asked for, which is after its deadline.
        store.destination_failed("soc", &asks_for_a_pause(at(3600)), at(1)).await.unwrap();
        assert!(store.not_delivered(&first, Undelivered::Failed { tried: true }, "Not now.").await.unwrap());
        let (second, third) = (row("soc", 60), row("soc", 3300));
        store.enqueue(&second).await.unwrap();
        assert_eq!(store.claim("a", LEASE, at(659)).await.unwrap(), None);
        let late = store.claim("a", LEASE, at(660)).await.unwrap().unwrap();
        assert_eq!((&late.id, late.deadline), (&second.id, at(660)), "to be given up");
        assert!(store.not_delivered(&late, Undelivered::Failed { tried: true }, "Too late.").await.unwrap());
        store.enqueue(&third).await.unwrap();
        store.enqueue(&row("ops", 3300)).await.unwrap();
        assert_eq!(store.claim("a", LEASE, at(3400)).await.unwrap().unwrap().destination, "ops", "no other one is held back");
        assert_eq!(store.claim("a", LEASE, at(3599)).await.unwrap(), None);
        assert_eq!(store.claim("a", LEASE, at(3600)).await.unwrap().unwrap().id, third.id);
    }
}
