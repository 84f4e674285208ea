//! Which tenants moved, and by how much? One row for each, the largest move first.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    OnlyArg, ScoreChangesArgs,
    category_share::CategoryShare,
    caveats,
    compare::{ChangesBetween, ComparedDays},
    follow_ups, show,
};
use crate::{
    error::{ErrorKind, Result},
    score::{change::Change, same_points},
    skill_id::SkillId,
    skills::{
        Facts, TenantFacts,
        category::CategoryArg,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format,
        fresh::Stale,
        link::{Link, Portal, Titled},
        page::PageRest,
        since::{Since, too_new},
        tally::{Sides, Tally},
    },
};

/// How many tenants one answer lists, the largest move first.
const TENANTS_MAX: usize = 25;

/// How all tenants moved.
#[derive(Serialize, JsonSchema)]
pub struct AllChanges {
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// The group that these tenants are of, when the question is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    group: Option<Arc<str>>,
    /// Which page of them this is.
    pub(super) page: usize,
    #[serde(flatten)]
    pub(super) rest: PageRest,
    /// One row per tenant, the largest change first, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantChangesRow>,
    /// Tenants without a score yet, which no row is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_score: Vec<String>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    /// How much all tenants moved, and how many they are.
    #[serde(skip)]
    pub(super) together: Option<(f64, usize)>,
    /// The days that are compared, where they are the same in all tenants.
    #[serde(skip)]
    pub(super) days: Option<(Date, Date)>,
    #[serde(skip)]
    pub(super) as_of: String,
    /// The category that all points are of, where one was asked for.
    #[serde(skip)]
    pub(super) part: Option<String>,
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// How one tenant moved.
#[derive(Serialize, JsonSchema)]
pub struct TenantChangesRow {
    /// The tenant.
    pub(super) tenant: String,
    /// The later day: its newest, or the one that was asked for.
    #[schemars(with = "String")]
    pub(super) day: Date,
    /// The earlier day.
    #[schemars(with = "String")]
    pub(super) since: Date,
    /// Points gained or lost, in the category if one was asked for.
    pub(super) moved: f64,
    /// The same in percentage points; absent with a category, and where a maximum is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent_moved: Option<f64>,
    /// How its maximum changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_moved: Option<f64>,
    /// Days between the two without data; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<usize>,
    /// How many controls changed in the way that was asked for; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<usize>,
    /// Of all that changed, how many lost points, whatever the reason; absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) worse: Option<usize>,
    /// Points that these lost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) worse_points: Option<f64>,
    /// The control that moved it most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) most: Option<String>,
    #[serde(flatten)]
    pub(super) sides: Sides,
    #[serde(flatten)]
    pub(super) link: Titled,
    #[serde(skip)]
    pub(super) tally: Tally,
    /// The same for people: the control's title and how it moved.
    #[serde(skip)]
    pub(super) most_moved: Option<(String, f64)>,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

/// What is known of a tenant between the two days.
enum TenantOutcome {
    Row(Box<TenantChangesRow>),
    /// No controls of the category that was asked for.
    NoCategory,
    /// Nothing changed in the way that was asked for.
    NoSuchChange,
    /// No earlier day.
    OneDay,
}

/// Tenants that have no row, by why.
#[derive(Default)]
struct TenantsWithout<'a> {
    category: Vec<&'a str>,
    such: Vec<&'a str>,
    earlier_day: Vec<String>,
    later_day: Vec<&'a str>,
    so_early: Vec<&'a str>,
}

pub(super) fn all(facts: &Facts, since: Since, args: &ScoreChangesArgs) -> Result<AllChanges> {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    let until = args.until()?;
    let (mut rows, mut missing) = (Vec::new(), TenantsWithout::default());
    for tenant in &with {
        let name = tenant.name.as_str();
        match ComparedDays::of(tenant, since, until, facts.today).map(|days| tenant_row(tenant, since, args, &days, facts.portal(tenant))) {
            Ok(TenantOutcome::Row(row)) => rows.push(*row),
            Ok(TenantOutcome::NoCategory) => missing.category.push(name),
            Ok(TenantOutcome::NoSuchChange) => missing.such.push(name),
            Ok(TenantOutcome::OneDay) => missing.earlier_day.push(tenant.held_since()),
            // What holds of one tenant may not hold of another; an argument that is wrong is wrong for all.
            Err(error) if error.kind == ErrorKind::NotFound && until.is_some() => missing.so_early.push(name),
            Err(error) if error.kind == ErrorKind::NotFound => missing.later_day.push(name),
            Err(error) => return Err(error),
        }
    }
    if let Some(newest) = newest_of(&with).filter(|newest| until.is_none() && since.is_too_new(*newest)) {
        return Err(too_new(newest));
    }
    // A fall that a gain makes up for is no small move.
    let size = |row: &TenantChangesRow| row.moved.abs().max(row.worse_points.map_or(0.0, f64::abs));
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.tenant.cmp(&b.tenant)));
    let days = rows.first().map(|row| (row.since, row.day)).filter(|days| rows.iter().all(|row| (row.since, row.day) == *days));
    let together = (!rows.is_empty()).then(|| (rows.iter().map(|row| row.moved).sum(), rows.len()));
    // A day that was asked for is as old as it is.
    let stale = if until.is_none() { Stale::among(&with, facts.today) } else { None };
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let (page, total) = (args.page(args.limit.max(TENANTS_MAX)), rows.len());
    page.check(total)?;
    let left: Vec<f64> = rows.iter().skip(page.skipped() + page.rows).map(|row| row.moved).collect();
    notes.extend(page.next(total).map(|next| caveats::tenants_not_listed(&left, facts.turn(next))));
    let rows = rows.into_iter().skip(page.skipped()).take(page.rows).collect();
    notes.extend(caveats::without_earlier_day(&missing.earlier_day));
    notes.extend(caveats::without_later_day(&missing.later_day));
    notes.extend(caveats::not_so_early(&missing.so_early));
    notes.extend(args.category.and_then(|category| caveats::without_category(&missing.category, &category.word())));
    notes.extend(args.only.words().and_then(|words| caveats::without_such(&missing.such, words)));
    notes.extend(caveat::without_score(&without, facts));
    let last = until.zip(newest_of(&with)).map_or_else(String::new, |(until, newest)| format!(" until {}", until.day(newest)));
    let title = show::title(&facts.many_titled(), &format!("{}{last}", since.phrase()), args);
    let frame = CardFrame::of_all(&with, title, stale.clone(), follow_ups::of_all(facts.many(), since, args, page, total));
    Ok(AllChanges {
        group: facts.group(),
        tenants: rows,
        page: page.number,
        rest: page.rest(total),
        without_score: without.iter().map(|tenant| tenant.name.clone()).collect(),
        notes,
        asked: Stale::asked(stale.as_ref()),
        together,
        days,
        as_of: facts.counted(total),
        part: args.category.map(CategoryArg::word),
        frame: if until.is_none() { frame } else { frame.of_the_past(facts.counted(total)) },
    })
}

fn newest_of(tenants: &[&TenantFacts]) -> Option<Date> {
    tenants.iter().filter_map(|tenant| tenant.history.newest()).map(|newest| newest.day).max()
}

/// How a tenant moved between `days`.
fn tenant_row(
    tenant: &TenantFacts,
    since: Since,
    args: &ScoreChangesArgs,
    days: &ComparedDays<'_>,
    portal: Option<Portal<'_>>,
) -> TenantOutcome {
    let Some(before) = days.before else { return TenantOutcome::OneDay };
    let after = days.after;
    let comparison = ChangesBetween::of(before, after, tenant, days.is_newest);
    let (all, listed, diff) = (comparison.of_category(args), comparison.listed(args), &comparison.diff);
    let part = args.category.map(|category| CategoryShare::of(category, &all, [before, after]));
    if part.as_ref().is_some_and(|part| part.points().is_none()) {
        return TenantOutcome::NoCategory;
    }
    if args.only != OnlyArg::All && listed.is_empty() {
        return TenantOutcome::NoSuchChange;
    }
    // With a category, its share of the moves.
    let share = |of: fn(&Change<'_>) -> f64| all.iter().map(|change| of(change)).sum::<f64>();
    let (moved, maximum_moved) = match args.category {
        Some(_) => (share(|change| change.points), Some(share(|change| change.maximum))),
        None => (diff.points.moved(), diff.maximum.map(|ledger| ledger.moved())),
    };
    let tally = Tally::of(all.iter().copied());
    let most = listed.iter().find_map(|change| Some((change.control()?, change.moved()?)));
    TenantOutcome::Row(Box::new(TenantChangesRow {
        tenant: tenant.name.clone(),
        day: after.day,
        since: before.day,
        moved: format::round2(moved),
        percent_moved: diff.share().filter(|_| args.category.is_none()).map(caveats::rounded_move),
        maximum_moved: maximum_moved.map(format::round2).filter(|moved| !same_points(*moved, 0.0)),
        missing: Some(tenant.history.missing(before.day, after.day).len()).filter(|missing| *missing > 0),
        total: Some(listed.len()).filter(|_| diff.unknown.is_empty()),
        worse: Some(tally.fallen.controls).filter(|number| *number > 0),
        worse_points: Some(format::round2(tally.fallen.points)).filter(|_| tally.fallen.controls > 0),
        sides: Sides::of(&tally, diff, comparison.alone(args).len()),
        tally,
        most: most.map(|(control, moved)| format!("{} {}", format::name(control.name()), format::signed(moved))),
        most_moved: most.map(|(control, moved)| (format::title(control.title()), moved)),
        link: portal
            .map(|portal| {
                Link::new(format!("{} points since {}", format::signed(moved), before.day), portal.score()).titled(tenant.name.clone())
            })
            .unwrap_or_default(),
        target: RowTarget::to_tenant(SkillId::ScoreChanges, tenant, args.pairs(since, args.limit)),
    }))
}
