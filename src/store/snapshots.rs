//! Which days are stored, and what may a new reading change about them?
//!
//! Graph fills evidence in only for the newest day and corrects that day while it can. So a day that
//! is read again takes the new scores, and keeps what the new reading does not say.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    db::Connection,
    fault::fault,
    pack::{self, Head},
    redated, tenants,
    words::Words,
};
use crate::{
    error::Result,
    score::{
        Reading, Snapshot, Taken,
        same_day::{Told, by_age, by_content, merged, same},
    },
};

/// What storing days did.
#[derive(Debug, Default)]
pub(super) struct DaysSaved {
    pub(super) new: usize,
    pub(super) changed: usize,
    /// Days that were read otherwise and stay, because what is stored is later.
    pub(super) stayed: usize,
    /// The newest day of them.
    pub(super) newest: Option<Date>,
}

/// A day as it is stored.
pub(super) struct StoredDay {
    pub(super) snapshot: Snapshot,
    pub(super) taken: Taken,
    is_final: bool,
    is_live: bool,
}

impl StoredDay {
    fn told(&self) -> Told<'_> {
        (&self.snapshot, &self.taken)
    }

    /// Whether it is later than `read`, which was just read: of Graph, if `live`. Of two that are equally late, what they say decides, not
    /// which one came first.
    fn outlives(&self, read: Told<'_>, live: bool) -> bool {
        if live {
            // Graph speaks now; but where it says when a day was made, it may yet say an older state of it.
            return self.is_live && self.taken.moment(self.snapshot.day) > read.1.moment(read.0.day);
        }
        // What Graph itself said is not overruled by a file, which can only fill gaps.
        self.is_live || by_age(self.told(), read).then_with(|| by_content(self.told(), read)).is_gt()
    }
}

/// Stores the days of a reading. Of a live one (`live`), all days but its newest become final.
pub(super) async fn save(connection: &mut Connection, tenant: i64, reading: &Reading, live: bool, now_ms: i64) -> Result<DaysSaved> {
    let mut saved = DaysSaved::default();
    let read_days = || reading.days.iter().map(|snapshot| snapshot.day);
    let (Some(oldest), Some(newest)) = (read_days().min(), read_days().max()) else { return Ok(saved) };
    let mut words = Words::read(&Words::find(connection, tenant).await?)?;
    let mut stored = stored(connection, tenant, oldest, newest, &words).await?;
    let (days, newest_kept) = redated::apart(connection, tenant, reading, &mut stored, &words).await?;
    saved.newest = newest_kept;
    for (snapshot, taken) in &days {
        let (snapshot, taken) = (snapshot.as_ref(), *taken);
        let before = stored.remove(&snapshot.day);
        let was_final = before.as_ref().is_some_and(|day| day.is_final);
        let is_final = was_final || (live && snapshot.day < newest);
        let was_live = before.as_ref().is_some_and(|day| day.is_live);
        let (after, taken) = match &before {
            None => (Cow::Borrowed(snapshot), taken),
            Some(before) => {
                let read = (snapshot, &taken);
                let stays = before.outlives(read, live);
                let (after, taken) = if stays { merged(read, before.told()) } else { merged(before.told(), read) };
                let stayed = stays && same_scores(&before.snapshot, &after) && !same_scores(&before.snapshot, snapshot);
                saved.stayed += usize::from(stayed);
                (Cow::Owned(after), taken)
            }
        };
        match before {
            Some(before) if before.taken == taken && same(&before.snapshot, &after) => {
                if (is_final && !was_final) || (live && !was_live) {
                    mark(connection, tenant, snapshot.day, is_final, live || was_live).await?;
                }
            }
            before => {
                let packed = pack::pack(&after, &mut words)?;
                upsert(connection, tenant, (&after, taken), (is_final, live || was_live), now_ms, &packed).await?;
                match before {
                    None => saved.new += 1,
                    // That it was settled is nothing that anybody could see.
                    Some(before) => saved.changed += usize::from(!same(&before.snapshot, &after)),
                }
            }
        }
    }
    words.store(connection, tenant).await?;
    Ok(saved)
}

/// Whether two readings of a day give the same points, in all and to every control.
fn same_scores(one: &Snapshot, other: &Snapshot) -> bool {
    let points = |day: &Snapshot| day.controls.iter().map(|score| (Arc::clone(&score.name), score.points)).collect::<Vec<_>>();
    one.points.total_cmp(&other.points).is_eq() && points(one) == points(other)
}

async fn upsert(
    connection: &mut Connection,
    tenant: i64,
    (snapshot, taken): (&Snapshot, Taken),
    (is_final, is_live): (bool, bool),
    now_ms: i64,
    packed: &[u8],
) -> Result<()> {
    let query = "INSERT INTO snapshots (tenant, day, points, maximum, rich, final, live, settled, created_ms, id_day, controls_ms, sent_bytes, read_ms, packed) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
        ON CONFLICT (tenant, day) DO UPDATE SET points = excluded.points, maximum = excluded.maximum, rich = excluded.rich, \
        final = excluded.final, live = excluded.live, settled = excluded.settled, created_ms = excluded.created_ms, \
        id_day = excluded.id_day, controls_ms = excluded.controls_ms, sent_bytes = excluded.sent_bytes, read_ms = excluded.read_ms, packed = excluded.packed";
    sqlx::query(query)
        .bind(tenant)
        .bind(snapshot.day.to_string())
        .bind(snapshot.points)
        .bind(snapshot.maximum)
        .bind(i64::from(snapshot.is_rich()))
        .bind(i64::from(is_final))
        .bind(i64::from(is_live))
        .bind(i64::from(taken.settled))
        .bind(taken.created.map(Timestamp::as_millisecond))
        .bind(taken.id_day.map(|day| day.to_string()))
        .bind(taken.controls.map(Timestamp::as_millisecond))
        .bind(i64::from(snapshot.sent_bytes))
        .bind(now_ms)
        .bind(packed)
        .execute(connection)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Takes a day away, whose data goes to another.
pub(super) async fn remove(connection: &mut Connection, tenant: i64, day: Date) -> Result<()> {
    let query = sqlx::query("DELETE FROM snapshots WHERE tenant = $1 AND day = $2").bind(tenant).bind(day.to_string());
    query.execute(connection).await.map_err(fault)?;
    Ok(())
}

async fn mark(connection: &mut Connection, tenant: i64, day: Date, is_final: bool, is_live: bool) -> Result<()> {
    let query = "UPDATE snapshots SET final = $3, live = $4 WHERE tenant = $1 AND day = $2";
    let query = sqlx::query(query).bind(tenant).bind(day.to_string()).bind(i64::from(is_final)).bind(i64::from(is_live));
    query.execute(connection).await.map_err(fault)?;
    Ok(())
}

const COLUMNS_FROM_TO: &str = "SELECT day, points, maximum, sent_bytes, packed, final, live, settled, created_ms, id_day, controls_ms FROM snapshots WHERE tenant = $1 AND day >= $2 AND day <= $3 ORDER BY day";

async fn rows(connection: &mut Connection, tenant: i64, from: Date, to: Date) -> Result<Vec<SqliteRow>> {
    let query = sqlx::query(COLUMNS_FROM_TO).bind(tenant).bind(from.to_string()).bind(to.to_string());
    query.fetch_all(connection).await.map_err(fault)
}

fn read_row(row: &SqliteRow, words: &Words) -> Result<Snapshot> {
    let sent_bytes: i64 = row.try_get(3).map_err(fault)?;
    let head = Head {
        day: tenants::day(row.try_get(0).map_err(fault)?)?,
        points: row.try_get(1).map_err(fault)?,
        maximum: row.try_get(2).map_err(fault)?,
        sent_bytes: u32::try_from(sent_bytes).unwrap_or(u32::MAX),
    };
    pack::unpack(head, row.try_get(4).map_err(fault)?, words)
}

/// The stored days from `from` to `to`.
pub(super) async fn stored(
    connection: &mut Connection,
    tenant: i64,
    from: Date,
    to: Date,
    words: &Words,
) -> Result<BTreeMap<Date, StoredDay>> {
    let mut days = BTreeMap::new();
    for row in rows(connection, tenant, from, to).await? {
        let snapshot = read_row(&row, words)?;
        let truth = |column| row.try_get::<i64, usize>(column).map(|truth| truth != 0).map_err(fault);
        let (is_final, is_live) = (truth(5)?, truth(6)?);
        let moment = |column| row.try_get::<Option<i64>, usize>(column).map_err(fault)?.map(tenants::moment).transpose();
        let (created, controls) = (moment(8)?, moment(10)?);
        let id_day = row.try_get::<Option<&str>, _>(9).map_err(fault)?.map(tenants::day).transpose()?;
        let taken = Taken { created, id_day, settled: truth(7)?, controls };
        days.insert(snapshot.day, StoredDay { snapshot, taken, is_final, is_live });
    }
    Ok(days)
}

/// Days as they are stored, with the words that they repeat.
#[derive(Default)]
pub(super) struct PackedDays {
    words: Vec<SqliteRow>,
    days: Vec<SqliteRow>,
}

impl PackedDays {
    /// The days, oldest first.
    pub(super) fn unpack(&self) -> Result<Vec<Snapshot>> {
        let words = Words::read(&self.words)?;
        self.days.iter().map(|row| read_row(row, &words)).collect()
    }
}

/// The stored days of a tenant from `from` to `to`, and one earlier one.
pub(super) async fn find(connection: &mut Connection, tenant: i64, from: Date, to: Date, earlier: Option<Date>) -> Result<PackedDays> {
    let words = Words::find(connection, tenant).await?;
    let mut days = match earlier.filter(|earlier| *earlier < from) {
        Some(earlier) => rows(connection, tenant, earlier, earlier).await?,
        None => Vec::new(),
    };
    days.extend(rows(connection, tenant, from, to).await?);
    Ok(PackedDays { words, days })
}

/// Which days of a tenant are stored, from `from` on.
pub(super) async fn held(connection: &mut Connection, tenant: i64, from: Date) -> Result<Vec<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND day >= $2 ORDER BY day";
    let rows = sqlx::query(query).bind(tenant).bind(from.to_string()).fetch_all(connection).await.map_err(fault)?;
    rows.iter().map(|row| tenants::day(row.try_get(0).map_err(fault)?)).collect()
}

/// Whether Graph itself said what is stored of `day`.
pub(super) async fn is_live(connection: &mut Connection, tenant: i64, day: Date) -> Result<bool> {
    let query = "SELECT live FROM snapshots WHERE tenant = $1 AND day = $2";
    let row = sqlx::query(query).bind(tenant).bind(day.to_string()).fetch_one(connection).await.map_err(fault)?;
    row.try_get::<i64, _>(0).map(|live| live != 0).map_err(fault)
}

/// The newest day of a tenant that is not after `day`, else its oldest.
pub(super) async fn near(connection: &mut Connection, tenant: i64, day: Date) -> Result<Option<Date>> {
    if let Some(found) = on_or_before(connection, tenant, day).await? {
        return Ok(Some(found));
    }
    let query = "SELECT day FROM snapshots WHERE tenant = $1 ORDER BY day LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).fetch_optional(connection).await.map_err(fault)?.as_ref())
}

/// The newest days of a tenant, at most two, newest first.
pub(super) async fn newest_two(connection: &mut Connection, tenant: i64) -> Result<Vec<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 ORDER BY day DESC LIMIT 2";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await.map_err(fault)?;
    rows.iter().map(|row| tenants::day(row.try_get(0).map_err(fault)?)).collect()
}

/// The newest day of a tenant that is not after `day`.
async fn on_or_before(connection: &mut Connection, tenant: i64, day: Date) -> Result<Option<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND day <= $2 ORDER BY day DESC LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).bind(day.to_string()).fetch_optional(connection).await.map_err(fault)?.as_ref())
}

/// The newest day of a tenant about which Graph has nothing newer to say.
pub(super) async fn final_day(connection: &mut Connection, tenant: i64) -> Result<Option<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND final = 1 ORDER BY day DESC LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).fetch_optional(connection).await.map_err(fault)?.as_ref())
}

fn first_day(row: Option<&SqliteRow>) -> Result<Option<Date>> {
    row.map(|row| tenants::day(row.try_get(0).map_err(fault)?)).transpose()
}
