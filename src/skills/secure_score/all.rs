//! Where do all tenants stand? One row for each, the weakest first.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{SecureScoreArgs, caveats, next, show};
use crate::{
    error::{ErrorKind, Result},
    score::Snapshot,
    skill_id::SkillId,
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format,
        fresh::Stale,
        link::{Link, Portal, Titled},
        score_move::ScoreMove,
    },
};

/// How many tenants one answer lists, the weakest first.
const TENANTS_MAX: usize = 25;

/// Where all tenants stand.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AllScores {
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// The group that these tenants are of, when the question is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    group: Option<Arc<str>>,
    /// The average of the tenants' percentages, each counting once whatever its size, when the question is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) average: Option<f64>,
    /// All their points in percent of all their maximum points, where a large tenant counts for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weighted_average: Option<f64>,
    /// One row per tenant, weakest first, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantScoreRow>,
    /// Tenants without a score yet, which no row is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_score: Vec<String>,
    /// What is missing or does not add up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    pub(super) as_of: String,
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// One tenant among all.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TenantScoreRow {
    /// The tenant.
    pub(super) tenant: String,
    /// The day of its score.
    #[schemars(with = "String")]
    pub(super) day: Date,
    /// Points had.
    pub(super) points: f64,
    /// Points that could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<f64>,
    /// Percent of the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<f64>,
    /// The stored day before, which move_day compares with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) day_before: Option<Date>,
    /// Points gained or lost since day_before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) move_day: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_move_day: Option<f64>,
    /// How the maximum changed since day_before; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_move_day: Option<f64>,
    #[serde(flatten)]
    link: Titled,
    /// The same move for people.
    #[serde(skip)]
    pub(super) moved: Option<ScoreMove>,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

/// The day that is shown of each tenant.
#[derive(Default)]
struct ShownDays<'a> {
    shown: Vec<(&'a TenantFacts, &'a Snapshot)>,
    /// Tenants of which it is another one than was asked for, each with it.
    others: Vec<String>,
    /// Tenants of which none is held so early.
    without_day: Vec<&'a str>,
}

impl<'a> ShownDays<'a> {
    /// Those of `tenants`.
    ///
    /// # Errors
    /// Those of [`LastDay::find`](crate::skills::since::LastDay::find); that nothing is held so early only where this is so of all.
    fn of(tenants: &[&'a TenantFacts], args: &SecureScoreArgs, today: Date) -> Result<Self> {
        let (asked, mut days, mut refused) = (args.day()?, Self::default(), None);
        for tenant in tenants {
            let newest = tenant.newest()?;
            match asked.map_or(Ok((newest, None)), |day| day.find(tenant, today)) {
                Ok((day, instead_of)) => {
                    days.others.extend(instead_of.map(|_| format!("{} {}", tenant.name, day.day)));
                    days.shown.push((*tenant, day));
                }
                Err(error) if error.kind == ErrorKind::NotFound => {
                    days.without_day.push(tenant.name.as_str());
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        refused.filter(|_| days.shown.is_empty()).map_or(Ok(days), Err)
    }
}

pub(super) fn all(facts: &Facts, args: &SecureScoreArgs) -> Result<AllScores> {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    let ShownDays { shown, others, without_day } = ShownDays::of(&with, args, facts.today)?;
    // From what is not rounded yet.
    let known: Vec<(f64, f64)> = shown.iter().filter_map(|(_, day)| Some((day.points, show::known(day.maximum)?))).collect();
    let mut rows: Vec<TenantScoreRow> = shown.iter().map(|(tenant, day)| row(tenant, day, facts.portal(tenant))).collect();
    // Weakest first; a tenant whose maximum is not known is neither weak nor strong, and comes last.
    let place = |row: &TenantScoreRow| row.percent.unwrap_or(f64::INFINITY);
    rows.sort_by(|a, b| place(a).total_cmp(&place(b)).then_with(|| a.tenant.cmp(&b.tenant)));
    let share = |(points, maximum): &(f64, f64)| 100.0 * points / maximum;
    let average = (!known.is_empty()).then(|| format::round2(known.iter().map(share).sum::<f64>() / known.len() as f64));
    let together = known.iter().fold((0.0, 0.0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    // A day that was asked for is as old as it is.
    let stale = if args.day()?.is_none() { Stale::among(&with, facts.today) } else { None };
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    notes.extend(caveats::other_days(&others));
    notes.extend(caveats::average_of(known.len(), shown.len()));
    if rows.len() > TENANTS_MAX {
        let more = rows.len() - TENANTS_MAX;
        notes.push(Caveat::new(
            format!("{more} more tenants, none weaker"),
            format!("Not listed: {}, none of them weaker.", format::count(more, "tenant")),
        ));
        rows.truncate(TENANTS_MAX);
    }
    notes.extend(caveats::not_so_early(&without_day));
    notes.extend(caveat::without_score(&without, facts));
    let counted = facts.counted(shown.len());
    let subtitle = || {
        average.map_or_else(|| "no percentage is known".to_owned(), |average| format!("{average} % on average, each tenant counting once"))
    };
    let link = || Link::new(subtitle(), Portal::of_nobody().score()).titled(format!("Microsoft Secure Score of {counted}"));
    let link = if facts.links { link() } else { Titled::default() };
    let title = show::title(&facts.many_titled());
    let past = args.day()?.and_then(|day| Some(day.day(with.first()?.history.newest()?.day)));
    let title = past.map_or_else(|| title.clone(), |day| format!("{title} on {day}"));
    Ok(AllScores {
        group: facts.group(),
        average,
        weighted_average: (known.len() > 1).then(|| format::round2(share(&together))),
        tenants: rows,
        without_score: without.iter().map(|tenant| tenant.name.clone()).collect(),
        notes,
        asked: Stale::asked(stale.as_ref()),
        link,
        as_of: format!("{counted} with a score"),
        frame: match past {
            None => CardFrame::of_all(&with, title, stale, next(facts.many(), true, past)),
            Some(_) => CardFrame::of_all(&with, title, None, next(facts.many(), true, past)).of_the_past(counted),
        },
    })
}

fn row(tenant: &TenantFacts, shown: &Snapshot, portal: Option<Portal<'_>>) -> TenantScoreRow {
    let before = tenant.history.before(shown.day);
    let moved = before.map(|before| ScoreMove::of(before, shown));
    let past = tenant.history.newest().is_some_and(|newest| shown.day < newest.day);
    TenantScoreRow {
        tenant: tenant.name.clone(),
        day: shown.day,
        points: format::round2(shown.points),
        maximum: show::known(shown.maximum).map(format::round2),
        percent: shown.percent().map(format::round2),
        day_before: before.map(|before| before.day),
        move_day: moved.map(|moved| moved.points),
        percent_move_day: moved.and_then(|moved| moved.percent),
        maximum_move_day: moved.and_then(|moved| moved.maximum),
        moved,
        link: portal.map(|portal| show::link(shown, before, portal).titled(tenant.name.clone())).unwrap_or_default(),
        target: RowTarget::to_tenant(SkillId::SecureScore, tenant, past.then(|| ("day", shown.day.to_string())).into_iter().collect()),
    }
}
