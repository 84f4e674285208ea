//! Which destinations take nothing at the moment, since when, and until when do they want to be left alone? One row each, until a post gets there.
//!
//! What waits there meanwhile may go elsewhere: the row in the outbox is then for another destination, and says for which it was meant.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Claimed, KnownDelivery, Store, StoredPost,
    db::Connection,
    delivery_log::{self, MOVABLE},
    outbox::{HOLD_BACK, RELEASE},
    tenants::moment,
};
use crate::error::Result;

/// How long after the next try that was planned a failure is the beginning of another outage: nobody knows how it was in between.
const GAP: SignedDuration = SignedDuration::from_hours(2);

/// For how long after the next try was planned nobody knows yet what came of it: a try takes a minute at most.
const TRYING: SignedDuration = SignedDuration::from_mins(2);

/// A destination where the last try failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The first try that failed.
    pub since: Timestamp,
    /// The newest one.
    pub last: Timestamp,
    /// When the last of those is planned that are known: never while it wants to be left alone.
    pub next: Timestamp,
    /// Until when it asked to be left alone, if it did.
    pub held: Option<Timestamp>,
    /// Since when it says that it takes nothing any more; `None` where it failed otherwise the last time.
    pub refused: Option<Timestamp>,
    /// How often it said so in a row.
    pub refusals: u32,
    /// What went wrong last.
    pub why: String,
    /// When the operator was told.
    pub notified: Option<Timestamp>,
}

const FORGET: &str = "DELETE FROM outages WHERE destination = $1";

impl Outage {
    /// Whether it is known to go on at `now`. When the next try was due and none was made, because nothing waits there any more, nobody knows.
    pub fn stands(&self, now: Timestamp) -> bool {
        now.duration_since(self.next) < TRYING
    }

    /// Until when it asks to be left alone, where that is not over at `now`.
    pub fn paused(&self, now: Timestamp) -> Option<Timestamp> {
        self.held.filter(|held| *held > now)
    }
}

/// A try that failed and may be made again.
#[derive(Debug, Clone, Copy)]
pub struct FailedTry<'a> {
    /// What went wrong.
    pub why: &'a str,
    /// Whether the other side says that it takes nothing any more.
    pub refused: bool,
    /// Until when it asked to be left alone.
    pub until: Option<Timestamp>,
    /// When the next try is planned; now, where there is none.
    pub next: Timestamp,
}

/// Where a delivery goes in place of its destination.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    /// The other destination.
    pub to: &'a str,
    /// The post, which says for whom it was meant.
    pub post: &'a StoredPost,
    /// When it is given up there.
    pub deadline: Timestamp,
}

impl Store {
    /// Notes that a try to send to `destination` failed at `now`; how it stands there since. Where it asked for a pause nothing is sent there before
    /// that is over, also of what is made later.
    pub async fn destination_failed(&self, destination: &str, tried: &FailedTry<'_>, now: Timestamp) -> Result<Outage> {
        let mut transaction = self.db.write().await?;
        let known = one(&mut transaction, destination).await?.filter(|known| now.duration_since(known.next) <= GAP);
        let (refused, before) = (known.as_ref().and_then(|known| known.refused), known.as_ref().map_or(0, |known| known.refusals));
        let held = known.as_ref().and_then(|known| known.held).max(tried.until);
        let next = known.as_ref().map_or(tried.next, |known| known.next.max(tried.next));
        let outage = Outage {
            since: known.as_ref().map_or(now, |known| known.since),
            last: now,
            next: held.map_or(next, |held| held.max(next)),
            held,
            refused: tried.refused.then(|| refused.unwrap_or(now)),
            refusals: if tried.refused { before.saturating_add(1) } else { 0 },
            why: tried.why.to_owned(),
            notified: known.and_then(|known| known.notified),
        };
        write(&mut transaction, destination, &outage).await?;
        if let Some(until) = tried.until {
            sqlx::query(HOLD_BACK).bind(until.as_millisecond()).bind(destination).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(outage)
    }

    /// How it stands with `destination` since its last try failed; `None` where it did not.
    pub async fn outage(&self, destination: &str) -> Result<Option<Outage>> {
        let mut transaction = self.db.read().await?;
        one(&mut transaction, destination).await
    }

    /// Notes that a post got to `destination`: what still waits there is due at `now`.
    pub async fn destination_works(&self, destination: &str, now: Timestamp) -> Result<()> {
        if self.outage(destination).await?.is_none() {
            return Ok(());
        }
        let mut transaction = self.db.write().await?;
        sqlx::query(FORGET).bind(destination).execute(&mut *transaction).await?;
        sqlx::query(RELEASE).bind(now.as_millisecond()).bind(destination).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// Forgets the outage of `destination`: nothing is sent there any more.
    pub async fn outage_ended(&self, destination: &str) -> Result<()> {
        self.db.change(sqlx::query(FORGET).bind(destination)).await.map(|_| ())
    }

    /// Notes that the operator was told of the outage of `destination` that began at `since`.
    pub async fn outage_notified(&self, destination: &str, since: Timestamp, now: Timestamp) -> Result<()> {
        let query = "UPDATE outages SET told_ms = $3 WHERE destination = $1 AND since_ms = $2";
        let query = sqlx::query(query).bind(destination).bind(since.as_millisecond()).bind(now.as_millisecond());
        self.db.change(query).await.map(|_| ())
    }

    /// All destinations where the last try failed, by name; [`Outage::stands`] says whether that still holds.
    pub async fn outages(&self) -> Result<BTreeMap<String, Outage>> {
        let query = "SELECT since_ms, last_ms, next_ms, held_ms, refused_ms, refusals, why, told_ms, destination FROM outages";
        let rows = sqlx::query(query).fetch_all(self.db.reader()).await?;
        rows.iter().map(|row| Ok((row.try_get(8)?, read_row(row)?))).collect()
    }

    /// The alerts, their ends and the notices that wait for `destination` and are not sent by anybody at `now`; of those that were not tried yet
    /// only what was made by `made`.
    pub async fn deliveries_movable(&self, destination: &str, created: Option<Timestamp>, now: Timestamp) -> Result<Vec<KnownDelivery>> {
        let created = created.map_or(i64::MAX, Timestamp::as_millisecond);
        let rows = sqlx::query(MOVABLE).bind(destination).bind(now.as_millisecond()).bind(created);
        rows.fetch_all(self.db.reader()).await?.iter().map(delivery_log::read_row).collect()
    }

    /// Sends the delivery `id` of `from` elsewhere from `now` on, if it waits and nobody but `claimed` sends it; whether that was so.
    pub async fn delivery_move(&self, id: &str, from: &str, moved: Moved<'_>, claimed: Option<&Claimed>, now: Timestamp) -> Result<bool> {
        // Its period says that it is not one of the other destination's own.
        let query = "UPDATE outbox SET destination = $3, period = period || ' for ' || destination, meant_for = COALESCE(meant_for, destination), \
            post = $4, next_ms = $5, deadline_ms = $6, tries = 0, why = NULL, holder = NULL, lease_ms = 0, fence = fence + 1 \
            WHERE id = $1 AND destination = $2 AND state = 'waiting' AND (holder IS NULL OR lease_ms <= $5 OR (holder = $7 AND fence = $8))";
        let (holder, fence) = claimed.map_or(("", -1), |claimed| (&*claimed.holder, claimed.fence));
        let query = sqlx::query(query).bind(id).bind(from).bind(moved.to).bind(moved.post.column()).bind(now.as_millisecond());
        let query = query.bind(moved.deadline.as_millisecond()).bind(holder).bind(fence);
        Ok(self.db.change(query).await? > 0)
    }

    /// How many posts that were meant for `destination` went elsewhere since then, by where.
    pub async fn deliveries_moved(&self, destination: &str, since: Timestamp) -> Result<BTreeMap<String, u64>> {
        let query =
            "SELECT destination, COUNT(*) FROM outbox WHERE meant_for = $1 AND COALESCE(sent_ms, next_ms) >= $2 GROUP BY destination";
        let query = sqlx::query(query).bind(destination).bind(since.as_millisecond());
        let rows = query.fetch_all(self.db.reader()).await?;
        let read = |row: &SqliteRow| {
            let count = u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0);
            Ok((row.try_get(0)?, count))
        };
        rows.iter().map(read).collect()
    }
}

async fn one(connection: &mut Connection, destination: &str) -> Result<Option<Outage>> {
    let query = "SELECT since_ms, last_ms, next_ms, held_ms, refused_ms, refusals, why, told_ms FROM outages WHERE destination = $1";
    let row = sqlx::query(query).bind(destination).fetch_optional(connection).await?;
    row.as_ref().map(read_row).transpose()
}

async fn write(connection: &mut Connection, destination: &str, outage: &Outage) -> Result<()> {
    let query = "INSERT INTO outages (destination, since_ms, last_ms, next_ms, held_ms, refused_ms, refusals, why, told_ms) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (destination) DO UPDATE SET since_ms = excluded.since_ms, \
        last_ms = excluded.last_ms, next_ms = excluded.next_ms, held_ms = excluded.held_ms, refused_ms = excluded.refused_ms, \
        refusals = excluded.refusals, why = excluded.why, told_ms = excluded.told_ms";
    let ms = Timestamp::as_millisecond;
    let query = sqlx::query(query).bind(destination).bind(ms(outage.since)).bind(ms(outage.last)).bind(ms(outage.next));
    let query = query.bind(outage.held.map_or(0, ms)).bind(outage.refused.map(ms)).bind(i64::from(outage.refusals));
    query.bind(&*outage.why).bind(outage.notified.map(ms)).execute(connection).await?;
    Ok(())
}

fn read_row(row: &SqliteRow) -> Result<Outage> {
    let at = |column: usize| moment(row.try_get(column)?);
    let maybe = |column: usize| row.try_get::<Option<i64>, _>(column)?.map(moment).transpose();
    Ok(Outage {
        since: at(0)?,
        last: at(1)?,
        next: at(2)?,
        held: maybe(3)?.filter(|held| *held > Timestamp::UNIX_EPOCH),
        refused: maybe(4)?,
        refusals: u32::try_from(row.try_get::<i64, _>(5)?).unwrap_or(u32::MAX),
        why: row.try_get(6)?,
        notified: maybe(7)?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::outbox::tests::{at, plan, row},
        *,
    };
    use crate::{
        delivery::{Findings, PostKind},
        store::{DeliveryState, NewDelivery, Undelivered},
    };

    const LEASE: Duration = Duration::from_secs(5);

    fn tried(next: i64) -> FailedTry<'static> {
        FailedTry { why: "No.", refused: false, until: None, next: at(next) }
    }

    async fn store(directory: &tempfile::TempDir) -> Store {
        Store::open(&directory.path().join("scorewatch.db")).await.unwrap()
    }

    fn alert(destination: &str, second: i64) -> NewDelivery {
        NewDelivery { kind: PostKind::Alert(Findings::of("fall", &["score"])), deadline: at(second + 9000), ..row(destination, second) }
    }

    #[tokio::test]
    async fn an_outage_begins_with_its_first_try_and_ends_with_a_post_that_got_there() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.destination_failed("soc", &tried(10), at(5)).await.unwrap();
        store.outage_notified("soc", at(4), at(6)).await.unwrap();
        let second = store.destination_failed("soc", &tried(4000), at(900)).await.unwrap();
        assert_eq!((second.since, second.last, second.notified), (at(5), at(900), None), "another outage was told");
        store.outage_notified("soc", at(5), at(901)).await.unwrap();
        assert_eq!(store.outages().await.unwrap()["soc"].notified, Some(at(901)));
        store.destination_works("ops", at(902)).await.unwrap();
        assert!(store.outage("soc").await.unwrap().is_some());
        store.destination_works("soc", at(902)).await.unwrap();
        assert!(store.outages().await.unwrap().is_empty());
        // Long after the last try nobody knows how it was in between.
        store.destination_failed("soc", &tried(5000), at(4990)).await.unwrap();
        let anew = store.destination_failed("soc", &tried(99_999), at(5001 + 2 * 3600)).await.unwrap();
        assert_eq!(anew.since, at(5001 + 2 * 3600));
    }

    #[tokio::test]
    async fn an_outage_lasts_as_long_as_the_pause_that_was_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let (store, day) = (store(&directory).await, 24 * 3600);
        let first = store.destination_failed("soc", &FailedTry { until: Some(at(day)), ..tried(12 * 3600) }, at(0)).await.unwrap();
        assert_eq!((first.next, first.held), (at(day), Some(at(day))), "nothing is tried before that");
        let early = store.destination_failed("soc", &tried(6 * 3600), at(5 * 3600)).await.unwrap();
        assert_eq!((early.since, early.next), (at(0), at(day)));
        let after = store.destination_failed("soc", &tried(day + 3700), at(day + 3600)).await.unwrap();
        assert_eq!((after.since, after.next), (at(0), at(day + 3700)), "it is the same outage");
    }

    #[tokio::test]
    async fn an_outage_is_known_as_long_as_a_try_is_planned_and_what_waits_is_due_when_a_post_got_there() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.enqueue(&alert("soc", 0)).await.unwrap();
        let claimed = store.claim("a", LEASE, at(0)).await.unwrap().unwrap();
        let outage = store.destination_failed("soc", &tried(3600), at(0)).await.unwrap();
        store.not_delivered(&claimed, Undelivered::Again(at(3600)), "No.").await.unwrap();
        assert_eq!([0, 3599, 3660, 3720].map(|second| outage.stands(at(second))), [true, true, true, false]);
        let sooner = store.destination_failed("soc", &tried(30), at(20)).await.unwrap();
        assert!(sooner.stands(at(3600)), "another post is tried only then");
        store.destination_works("soc", at(40)).await.unwrap();
        assert_eq!((store.outage("soc").await.unwrap(), store.delivery(&claimed.id).await.unwrap().unwrap().next), (None, at(40)));
    }

    #[tokio::test]
    async fn refusals_are_counted_as_long_as_nothing_else_is_reported() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let refuses = |next| FailedTry { refused: true, ..tried(next) };
        let mut seen = Vec::new();
        for (second, one) in [(1, tried(2)), (2, refuses(3)), (3, refuses(4)), (4, tried(5)), (5, refuses(6))] {
            let outage = store.destination_failed("soc", &one, at(second)).await.unwrap();
            seen.push((outage.refused, outage.refusals));
        }
        assert_eq!(seen, [(None, 0), (Some(at(2)), 1), (Some(at(2)), 2), (None, 0), (Some(at(5)), 1)]);
    }

    #[tokio::test]
    async fn what_is_moved_is_sent_elsewhere_and_neither_twice_nor_under_whoever_sends_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let (tried_one, digest, later) = (alert("soc", 0), row("soc", 1), alert("soc", 50));
        for new in [&tried_one, &digest, &later] {
            store.enqueue(new).await.unwrap();
        }
        let claimed = store.claim("a", LEASE, at(60)).await.unwrap().unwrap();
        assert!(store.deliveries_movable("soc", Some(at(40)), at(60)).await.unwrap().is_empty(), "it is being sent");
        let for_soc = StoredPost::from_column("1 {\"for\":\"soc\"}".to_owned());
        let moved = Moved { to: "ops", post: &for_soc, deadline: at(9999) };
        assert!(!store.delivery_move(&tried_one.id, "soc", moved, None, at(60)).await.unwrap());
        store.not_delivered(&claimed, Undelivered::Again(at(3600)), "No.").await.unwrap();
        let ids = async |created| {
            let rows = store.deliveries_movable("soc", created, at(61)).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Some(at(40))).await, std::slice::from_ref(&tried_one.id), "no digest, and nothing that was not tried");
        assert_eq!(ids(None).await, [tried_one.id.clone(), later.id.clone()]);
        assert!(store.delivery_move(&tried_one.id, "soc", moved, None, at(61)).await.unwrap());
        assert!(!store.delivery_move(&tried_one.id, "soc", moved, None, at(62)).await.unwrap(), "once");
        let known = store.delivery(&tried_one.id).await.unwrap().unwrap();
        assert_eq!((&*known.destination, known.meant_for.as_deref(), known.tries, known.next), ("ops", Some("soc"), 0, at(61)));
        assert_eq!(store.claim("b", LEASE, at(62)).await.unwrap().unwrap().id, digest.id, "it was due before");
        let elsewhere = store.claim("b", LEASE, at(62)).await.unwrap().unwrap();
        assert_eq!((&*elsewhere.destination, &elsewhere.post, elsewhere.deadline), ("ops", &for_soc, at(9999)));
        // Whoever sends it may send it on; for whom it was meant at first stays.
        assert!(store.delivery_move(&tried_one.id, "ops", Moved { to: "net", ..moved }, Some(&elsewhere), at(63)).await.unwrap());
        assert!(!store.delivered(&elsewhere, None, None, at(63)).await.unwrap());
        let known = store.delivery(&tried_one.id).await.unwrap().unwrap();
        assert_eq!((known.meant_for.as_deref(), known.state), (Some("soc"), DeliveryState::Waiting));
        assert_eq!(store.deliveries_moved("soc", at(0)).await.unwrap(), BTreeMap::from([("net".to_owned(), 1)]));
        assert!(plan(&store, MOVABLE).await.iter().all(|step| step.starts_with("SEARCH") || step.contains("ORDER BY")));
    }
}
