//! Who asked what, day by day, and what did it come to? Sums that every process adds to.

use std::{collections::BTreeMap, iter::Sum, ops::AddAssign, sync::Arc};

use jiff::{ToSpan as _, civil::Date};
use serde::Serialize;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Store, database_error::damaged, db::Connection, tenants};
use crate::{error::Result, text::named_values};

/// How many days of usage are kept: a year, and a month to compare with.
pub const USAGE_DAYS_MAX: u16 = 400;

/// On how many days a clock must have counted before it is believed: one that is far ahead for a day must not take the
/// history with it.
const BELIEVED_AFTER_DAYS: i64 = 3;

/// Whose usage of what, and on which day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageKey {
    /// The day.
    pub day: Date,
    /// The skill that was asked.
    pub skill: &'static str,
    /// The surface that carried the question.
    pub surface: &'static str,
    /// Who asked. Already clean.
    pub caller: Arc<str>,
}

/// What some calls came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// Questions, answered or refused.
    pub calls: u64,
    /// Those that were answered with what was made for an earlier one.
    pub remembered: u64,
    /// Those that got no answer.
    pub refused: u64,
    /// Bytes of the answers.
    pub bytes_out: u64,
    /// Bytes that Graph sent for the same facts.
    pub graph_bytes: u64,
}

impl AddAssign for UsageCounts {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.remembered += other.remembered;
        self.refused += other.refused;
        self.bytes_out += other.bytes_out;
        self.graph_bytes += other.graph_bytes;
    }
}

impl Sum for UsageCounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, usage| {
            sum += usage;
            sum
        })
    }
}

/// What usage can be summed up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// One sum per day.
    Day,
    /// One per skill.
    Skill,
    /// One per surface.
    Surface,
    /// One per caller.
    Caller,
}

named_values!(UsageBy, "grouping", Day => "day", Skill => "skill", Surface => "surface", Caller => "caller");

/// A sum of usage, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSum {
    /// The day, skill, surface, caller, as far as asked for and in the order asked.
    pub of: Vec<String>,
    /// What they came to.
    pub usage: UsageCounts,
}

impl Store {
    /// Adds `usage` to what is stored: all of it or nothing. What is older than [`USAGE_DAYS_MAX`] goes, once enough days
    /// before `today` say that it is. This does not move [`Store::changes`]: no answer rests on it.
    pub async fn usage_add(&self, usage: &BTreeMap<UsageKey, UsageCounts>, today: Date) -> Result<()> {
        let mut transaction = self.db.write().await?;
        if let Some(believed) = believed(&mut transaction, today).await? {
            let oldest = believed.saturating_sub((i64::from(USAGE_DAYS_MAX) - 1 - BELIEVED_AFTER_DAYS).days());
            let query = sqlx::query("DELETE FROM usage WHERE day < $1").bind(oldest.to_string());
            query.execute(&mut *transaction).await?;
        }
        for (key, usage) in usage {
            add(&mut transaction, key, *usage).await?;
        }
        transaction.commit().await
    }

    /// What is stored from `since` on, one sum for each combination of `by`, in its order; one sum of all
    /// where `by` is empty and anything is stored.
    pub async fn usage_since(&self, since: Date, by: &[UsageBy]) -> Result<Vec<UsageSum>> {
        let query = "SELECT CASE WHEN $2 = 1 THEN day ELSE '' END, CASE WHEN $3 = 1 THEN skill ELSE '' END, \
            CASE WHEN $4 = 1 THEN surface ELSE '' END, CASE WHEN $5 = 1 THEN caller ELSE '' END, \
            CAST(SUM(calls) AS BIGINT), CAST(SUM(remembered) AS BIGINT), CAST(SUM(refused) AS BIGINT), \
            CAST(SUM(bytes_out) AS BIGINT), CAST(SUM(graph_bytes) AS BIGINT) \
            FROM usage WHERE day >= $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
        let mut query = sqlx::query(query).bind(since.to_string());
        for column in UsageBy::ALL {
            query = query.bind(i64::from(by.contains(&column)));
        }
        query.fetch_all(self.db.reader()).await?.iter().map(|row| read_row(row, by)).collect()
    }
}

/// The third newest day before `today` on which anything was asked: that long ago at least, it was that day.
///
/// Where somebody asks every day, it is [`BELIEVED_AFTER_DAYS`] before today. After a pause of any length it comes up to
/// date as soon as there are so many days again.
async fn believed(connection: &mut Connection, today: Date) -> Result<Option<Date>> {
    let mut day = Some(today.to_string());
    for _ in 0..BELIEVED_AFTER_DAYS {
        let query = sqlx::query("SELECT MAX(day) FROM usage WHERE day < $1").bind(day);
        day = query.fetch_one(&mut *connection).await?.try_get(0)?;
    }
    day.as_deref().map(tenants::day).transpose()
}

async fn add(connection: &mut Connection, key: &UsageKey, usage: UsageCounts) -> Result<()> {
    let query = "INSERT INTO usage (day, skill, surface, caller, calls, remembered, refused, bytes_out, graph_bytes) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT (day, skill, surface, caller) DO UPDATE SET calls = usage.calls + excluded.calls, \
        remembered = usage.remembered + excluded.remembered, refused = usage.refused + excluded.refused, \
        bytes_out = usage.bytes_out + excluded.bytes_out, graph_bytes = usage.graph_bytes + excluded.graph_bytes";
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    sqlx::query(query)
        .bind(key.day.to_string())
        .bind(key.skill)
        .bind(key.surface)
        .bind(&*key.caller)
        .bind(count(usage.calls))
        .bind(count(usage.remembered))
        .bind(count(usage.refused))
        .bind(count(usage.bytes_out))
        .bind(count(usage.graph_bytes))
        .execute(connection)
        .await?;
    Ok(())
}

fn read_row(row: &SqliteRow, by: &[UsageBy]) -> Result<UsageSum> {
    let count = |column: usize| {
        let count: i64 = row.try_get(column)?;
        u64::try_from(count).map_err(|_| damaged("a count of usage is negative"))
    };
    let usage = UsageCounts { calls: count(4)?, remembered: count(5)?, refused: count(6)?, bytes_out: count(7)?, graph_bytes: count(8)? };
    let of = by.iter().map(|by| row.try_get::<String, _>(*by as usize));
    Ok(UsageSum { of: of.collect::<sqlx::Result<_>>()?, usage })
}
