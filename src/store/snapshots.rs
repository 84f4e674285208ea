//! Which days are stored, and what may a new reading change about them?
//!
//! Graph fills evidence in only for the newest day and corrects that day while it can. So a day that
//! is read again takes the new scores, and keeps what the new reading does not say.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    db::Connection,
    dictionary::Dictionary,
    entries::{self, DayEntries, StoredDay},
    pack::{self, DayHeader},
    redated::{ReceivedEntry, apart},
    tenants,
};
use crate::{
    error::Result,
    score::{
        Catalogue, DayScore, Reading, Snapshot, Taken,
        same_day::{same, together},
    },
};

/// What storing days did.
#[derive(Debug, Default)]
pub(super) struct DaysSaved {
    pub(super) new: usize,
    pub(super) changed: usize,
    /// Days that were read otherwise and stay, because what is stored is later.
    pub(super) stayed: usize,
    /// Days that are dated by their id, because another that is stored, or was, has their `createdDateTime`.
    pub(super) dated_by_id: usize,
    /// The newest day of them.
    pub(super) newest: Option<Date>,
}

/// Stores the days of a reading. Of a live one (`live`), all days but its newest become final.
pub(super) async fn save(connection: &mut Connection, tenant: i64, reading: &Reading, live: bool, now_ms: i64) -> Result<DaysSaved> {
    let mut saved = DaysSaved::default();
    let read_days = || reading.days.iter().map(|snapshot| snapshot.day);
    let (Some(oldest), Some(newest)) = (read_days().min(), read_days().max()) else { return Ok(saved) };
    let mut dictionary = Dictionary::read(&Dictionary::find(connection, tenant).await?)?;
    let mut stored = stored(connection, tenant, oldest, newest, &dictionary).await?;
    let entries = |day: &Snapshot| if live { vec![reading.as_one(day)] } else { reading.entries(day) };
    let received_on = |day| entries(day).into_iter().map(|entry| ReceivedEntry { entry, live, moved: false });
    // Only what is stored can come apart. Of any other day the entries are made when its turn comes: a first reading is of three months.
    let (held, fresh): (Vec<_>, Vec<_>) = reading.days.iter().partition(|snapshot| stored.contains_key(&snapshot.day));
    let (received, dated_by_id) = apart(held.into_iter().flat_map(received_on).collect(), &mut stored);
    saved.dated_by_id = dated_by_id;
    let received_days = received.iter().filter(|received| !received.moved).map(|received| received.entry.snapshot.day);
    saved.newest = received_days.chain(fresh.iter().map(|snapshot| snapshot.day)).max();
    let mut days: BTreeMap<Date, Vec<ReceivedEntry>> =
        stored.iter().filter(|(_, day)| day.moved).map(|(day, _)| (*day, Vec::new())).collect();
    for received in received {
        days.entry(received.entry.snapshot.day).or_default().push(received);
    }
    let mut fresh: BTreeMap<Date, &Snapshot> = fresh.into_iter().map(|snapshot| (snapshot.day, snapshot)).collect();
    for day in fresh.keys() {
        days.entry(*day).or_default();
    }
    for (day, mut received) in days {
        received.extend(fresh.remove(&day).into_iter().flat_map(received_on));
        if !stored.contains_key(&day) && !(oldest..=newest).contains(&day) {
            stored.extend(self::stored(connection, tenant, day, day, &dictionary).await?);
        }
        let before = stored.remove(&day);
        let read = received.iter().any(|received| !received.moved);
        let of = Saving { connection: &mut *connection, tenant, now_ms, becomes_final: live && read && day < newest };
        of.save(before, received, &mut dictionary, &mut saved).await?;
    }
    dictionary.store(connection, tenant).await?;
    Ok(saved)
}

/// How one day is saved.
struct Saving<'c> {
    connection: &'c mut Connection,
    tenant: i64,
    now_ms: i64,
    becomes_final: bool,
}

impl Saving<'_> {
    /// Saves what is stored of a day with what was `told` of it.
    async fn save(
        self,
        before: Option<StoredDay>,
        received: Vec<ReceivedEntry>,
        dictionary: &mut Dictionary,
        saved: &mut DaysSaved,
    ) -> Result<()> {
        let Self { connection, tenant, now_ms, becomes_final } = self;
        let read = together(received.iter().filter(|received| !received.moved).map(|received| &received.entry));
        let mut entries = before.as_ref().map_or_else(DayEntries::default, |before| before.entries.clone());
        for ReceivedEntry { entry, live, .. } in received {
            entries.add(entry, live);
        }
        let Some(after) = entries.whole() else {
            return if let Some(before) = before { remove(connection, tenant, before.snapshot.day).await } else { Ok(()) };
        };
        if let (Some(before), Some(read)) = (&before, &read) {
            let stays = same_scores(&before.snapshot, &after) && !same_scores(&before.snapshot, read);
            saved.stayed += usize::from(stays);
        }
        let is_final = becomes_final || before.as_ref().is_some_and(|before| before.is_final);
        match before {
            Some(before) if before.entries == entries && !before.moved => {
                if is_final != before.is_final {
                    mark_final(connection, tenant, after.day).await?;
                }
            }
            before => {
                let row = DayRow { snapshot: &after, entries: &entries, is_final };
                row.upsert(connection, tenant, now_ms, dictionary).await?;
                match before {
                    None => saved.new += 1,
                    Some(before) => {
                        // What is only kept beside it is nothing that anybody could see.
                        saved.changed += usize::from(!same(&before.snapshot, &after));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether two readings of a day give the same points, in all and to every control.
fn same_scores(one: &Snapshot, other: &Snapshot) -> bool {
    let points = |day: &Snapshot| day.controls.iter().map(|score| (Arc::clone(&score.name), score.points)).collect::<Vec<_>>();
    one.points.total_cmp(&other.points).is_eq() && points(one) == points(other)
}

/// A day as it is to be stored.
struct DayRow<'d> {
    snapshot: &'d Snapshot,
    entries: &'d DayEntries,
    is_final: bool,
}

impl DayRow<'_> {
    async fn upsert(&self, connection: &mut Connection, tenant: i64, now_ms: i64, dictionary: &mut Dictionary) -> Result<()> {
        let Self { snapshot, entries, is_final } = *self;
        let (taken, packed) = (entries.taken(), pack::pack(snapshot, dictionary)?);
        let query = "INSERT INTO snapshots (tenant, day, points, maximum, rich, final, live, created_ms, id_day, sent_bytes, read_ms, packed, entries) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
            ON CONFLICT (tenant, day) DO UPDATE SET points = excluded.points, maximum = excluded.maximum, rich = excluded.rich, \
            final = excluded.final, live = excluded.live, created_ms = excluded.created_ms, id_day = excluded.id_day, \
            sent_bytes = excluded.sent_bytes, read_ms = excluded.read_ms, packed = excluded.packed, entries = excluded.entries";
        sqlx::query(query)
            .bind(tenant)
            .bind(snapshot.day.to_string())
            .bind(snapshot.points)
            .bind(snapshot.maximum)
            .bind(i64::from(snapshot.is_rich()))
            .bind(i64::from(is_final))
            .bind(i64::from(entries.is_live()))
            .bind(taken.created.map(Timestamp::as_millisecond))
            .bind(taken.id_day.map(|day| day.to_string()))
            .bind(i64::from(snapshot.sent_bytes))
            .bind(now_ms)
            .bind(packed)
            .bind(entries::pack(entries, dictionary)?)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Takes a day away, whose data goes to another.
async fn remove(connection: &mut Connection, tenant: i64, day: Date) -> Result<()> {
    let query = sqlx::query("DELETE FROM snapshots WHERE tenant = $1 AND day = $2").bind(tenant).bind(day.to_string());
    query.execute(connection).await?;
    Ok(())
}

async fn mark_final(connection: &mut Connection, tenant: i64, day: Date) -> Result<()> {
    let query = sqlx::query("UPDATE snapshots SET final = 1 WHERE tenant = $1 AND day = $2").bind(tenant).bind(day.to_string());
    query.execute(connection).await?;
    Ok(())
}

const COLUMNS_FROM_TO: &str = "SELECT day, points, maximum, sent_bytes, packed, final, live, created_ms, id_day, entries FROM snapshots WHERE tenant = $1 AND day >= $2 AND day <= $3 ORDER BY day";

async fn rows(connection: &mut Connection, tenant: i64, from: Date, to: Date) -> Result<Vec<SqliteRow>> {
    let query = sqlx::query(COLUMNS_FROM_TO).bind(tenant).bind(from.to_string()).bind(to.to_string());
    Ok(query.fetch_all(connection).await?)
}

fn read_row(row: &SqliteRow, dictionary: &Dictionary) -> Result<Snapshot> {
    let sent_bytes: i64 = row.try_get(3)?;
    let head = DayHeader {
        day: tenants::day(row.try_get(0)?)?,
        points: row.try_get(1)?,
        maximum: row.try_get(2)?,
        sent_bytes: u32::try_from(sent_bytes).unwrap_or(u32::MAX),
    };
    pack::unpack(head, row.try_get(4)?, dictionary)
}

/// The stored days from `from` to `to`.
async fn stored(
    connection: &mut Connection,
    tenant: i64,
    from: Date,
    to: Date,
    dictionary: &Dictionary,
) -> Result<BTreeMap<Date, StoredDay>> {
    let mut days = BTreeMap::new();
    for row in rows(connection, tenant, from, to).await? {
        let snapshot = read_row(&row, dictionary)?;
        let truth = |column| row.try_get::<i64, usize>(column).map(|truth| truth != 0);
        let created = row.try_get::<Option<i64>, _>(7)?.map(tenants::moment).transpose()?;
        let id_day = row.try_get::<Option<&str>, _>(8)?.map(tenants::day).transpose()?;
        let packed: Option<&[u8]> = row.try_get(9)?;
        let entries = entries::unpack(packed, &snapshot, Taken { created, id_day }, truth(6)?, dictionary)?;
        days.insert(snapshot.day, StoredDay { snapshot, entries, is_final: truth(5)?, moved: false });
    }
    Ok(days)
}

/// Days as they are stored, with the words that they repeat.
#[derive(Default)]
pub(super) struct PackedDays {
    dictionary: Vec<SqliteRow>,
    days: Vec<SqliteRow>,
}

impl PackedDays {
    /// The days.
    pub(super) fn unpack(&self) -> Result<Vec<Snapshot>> {
        let dictionary = Dictionary::read(&self.dictionary)?;
        self.days.iter().map(|row| read_row(row, &dictionary)).collect()
    }
}

/// The stored days of a tenant from `from` to `to`, and those `others` that are not among them.
pub(super) async fn find(
    connection: &mut Connection,
    tenant: i64,
    (from, to): (Date, Date),
    others: [Option<Date>; 2],
) -> Result<PackedDays> {
    let dictionary = Dictionary::find(connection, tenant).await?;
    let mut days = rows(connection, tenant, from, to).await?;
    for other in others.into_iter().flatten().filter(|other| !(from..=to).contains(other)) {
        days.extend(rows(connection, tenant, other, other).await?);
    }
    Ok(PackedDays { dictionary, days })
}

/// Days as they are stored, of which only the sums are wanted.
pub(super) enum PackedScores {
    /// Points and maximum, which have columns of their own.
    Whole(Vec<SqliteRow>),
    /// By category, made of their controls.
    ByCategory(PackedDays),
}

impl PackedScores {
    /// The sums, oldest first. Of whole days two at a time are unpacked: years of them would not fit a small machine.
    pub(super) fn unpack(&self, catalogue: &Catalogue) -> Result<Vec<DayScore>> {
        match self {
            Self::Whole(rows) => {
                let score = |row: &SqliteRow| {
                    Ok(DayScore {
                        day: tenants::day(row.try_get(0)?)?,
                        points: row.try_get(1)?,
                        maximum: row.try_get(2)?,
                        categories: None,
                    })
                };
                rows.iter().map(score).collect()
            }
            Self::ByCategory(PackedDays { dictionary, days }) => {
                let dictionary = Dictionary::read(dictionary)?;
                let mut before = None;
                let score = |row: &SqliteRow| {
                    let day = read_row(row, &dictionary)?;
                    let score = DayScore::by_category(&day, before.as_ref(), catalogue);
                    before = Some(day);
                    Ok(score)
                };
                days.iter().map(score).collect()
            }
        }
    }
}

/// The sums of the stored days of a tenant from `first` to `last`.
pub(super) async fn scores(
    connection: &mut Connection,
    tenant: i64,
    (first, last): (Date, Date),
    by_category: bool,
) -> Result<PackedScores> {
    if by_category {
        return find(connection, tenant, (first, last), [None, None]).await.map(PackedScores::ByCategory);
    }
    let query = "SELECT day, points, maximum FROM snapshots WHERE tenant = $1 AND day >= $2 AND day <= $3 ORDER BY day";
    let query = sqlx::query(query).bind(tenant).bind(first.to_string()).bind(last.to_string());
    Ok(PackedScores::Whole(query.fetch_all(connection).await?))
}

/// Which days of a tenant are stored, from `from` on.
pub(super) async fn held(connection: &mut Connection, tenant: i64, from: Date) -> Result<Vec<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND day >= $2 ORDER BY day";
    let rows = sqlx::query(query).bind(tenant).bind(from.to_string()).fetch_all(connection).await?;
    rows.iter().map(|row| tenants::day(row.try_get(0)?)).collect()
}

/// Whether Graph itself said what is stored of `day`.
pub(super) async fn is_live(connection: &mut Connection, tenant: i64, day: Date) -> Result<bool> {
    let query = "SELECT live FROM snapshots WHERE tenant = $1 AND day = $2";
    let row = sqlx::query(query).bind(tenant).bind(day.to_string()).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0).map(|live| live != 0)?)
}

/// The newest day of a tenant that is not after `day`, else its oldest.
pub(super) async fn near(connection: &mut Connection, tenant: i64, day: Date) -> Result<Option<Date>> {
    if let Some(found) = on_or_before(connection, tenant, day).await? {
        return Ok(Some(found));
    }
    let query = "SELECT day FROM snapshots WHERE tenant = $1 ORDER BY day LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).fetch_optional(connection).await?.as_ref())
}

/// The newest days of a tenant, at most two, newest first.
pub(super) async fn newest_two(connection: &mut Connection, tenant: i64) -> Result<Vec<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 ORDER BY day DESC LIMIT 2";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await?;
    rows.iter().map(|row| tenants::day(row.try_get(0)?)).collect()
}

/// The newest day of a tenant that is not after `day`.
async fn on_or_before(connection: &mut Connection, tenant: i64, day: Date) -> Result<Option<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND day <= $2 ORDER BY day DESC LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).bind(day.to_string()).fetch_optional(connection).await?.as_ref())
}

/// The newest day of a tenant about which Graph has nothing newer to say.
pub(super) async fn final_day(connection: &mut Connection, tenant: i64) -> Result<Option<Date>> {
    let query = "SELECT day FROM snapshots WHERE tenant = $1 AND final = 1 ORDER BY day DESC LIMIT 1";
    first_day(sqlx::query(query).bind(tenant).fetch_optional(connection).await?.as_ref())
}

fn first_day(row: Option<&SqliteRow>) -> Result<Option<Date>> {
    row.map(|row| tenants::day(row.try_get(0)?)).transpose()
}
