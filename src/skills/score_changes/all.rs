//! Which tenants moved, and by how much? One row for each, the largest move first.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ScoreChangesArgs, caveats, fits, follow_ups, show,
    tally::{CategoryShare, Tally},
    too_new,
};
use crate::{
    error::Result,
    score::{
        change::{self, Change, Diff},
        same_points,
    },
    skill_id::SkillId,
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format,
        fresh::Stale,
        link::{Link, Portal, Titled},
        since::Since,
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
    /// One row per tenant, the largest change first, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantChangesRow>,
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
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// How one tenant moved.
#[derive(Serialize, JsonSchema)]
pub struct TenantChangesRow {
    /// The tenant.
    pub(super) tenant: String,
    /// Its newest day.
    #[schemars(with = "String")]
    pub(super) day: Date,
    /// The earlier day.
    #[schemars(with = "String")]
    pub(super) since: Date,
    /// Points gained or lost, in the category if one was asked for.
    pub(super) moved: f64,
    /// How its maximum changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_moved: Option<f64>,
    /// Days between the two without data; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<usize>,
    /// How many controls changed; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<usize>,
    /// How many of them lost points; absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) worse: Option<usize>,
    /// Points that these lost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) worse_points: Option<f64>,
    /// The control that moved it most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) most: Option<String>,
    #[serde(flatten)]
    pub(super) link: Titled,
    /// The same for people: the control's title and how it moved.
    #[serde(skip)]
    pub(super) most_moved: Option<(String, f64)>,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

pub(super) fn all(facts: &Facts, since: Since, args: &ScoreChangesArgs) -> Result<AllChanges> {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    let (mut rows, mut silent, mut single, mut asked_after) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for tenant in &with {
        let too_new = tenant.history.newest().is_some_and(|newest| since.is_too_new(newest.day));
        match tenant_row(tenant, since, args, facts.portal(tenant)) {
            Some(Some(row)) => rows.push(row),
            Some(None) => silent.push(tenant.name.as_str()),
            None if too_new => asked_after.push(tenant.name.as_str()),
            None => single.push(tenant.name.as_str()),
        }
    }
    if let Some(newest) = newest_of(&with).filter(|newest| since.is_too_new(*newest)) {
        return Err(too_new(newest));
    }
    // A fall that a gain makes up for is no small move.
    let size = |row: &TenantChangesRow| row.moved.abs().max(row.worse_points.map_or(0.0, f64::abs));
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.tenant.cmp(&b.tenant)));
    let days = rows.first().map(|row| (row.since, row.day)).filter(|days| rows.iter().all(|row| (row.since, row.day) == *days));
    let together = (!rows.is_empty()).then(|| (rows.iter().map(|row| row.moved).sum(), rows.len()));
    let stale = Stale::among(&with, facts.today);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let (page, total) = (args.page(args.limit.max(TENANTS_MAX)), rows.len());
    page.check(total)?;
    let left: Vec<f64> = rows.iter().skip(page.skipped() + page.rows).map(|row| row.moved).collect();
    notes.extend(page.next(total).map(|next| caveats::tenants_not_listed(&left, facts.turn(next))));
    let rows = rows.into_iter().skip(page.skipped()).take(page.rows).collect();
    notes.extend(caveats::without_earlier_day(&single));
    notes.extend(caveats::without_later_day(&asked_after));
    notes.extend(args.category.and_then(|category| caveats::without_category(&silent, &category.word())));
    notes.extend(caveat::without_score(&without));
    Ok(AllChanges {
        group: facts.group(),
        tenants: rows,
        page: page.number,
        notes,
        asked: Stale::asked(stale.as_ref()),
        together,
        days,
        as_of: facts.counted(facts.tenants.len()),
        frame: CardFrame::of_all(
            &with,
            show::title(&facts.many_titled(), &since.phrase(), args),
            stale,
            follow_ups::of_all(facts.many(), since, args, page, total),
        ),
    })
}

fn newest_of(tenants: &[&TenantFacts]) -> Option<Date> {
    tenants.iter().filter_map(|tenant| tenant.history.newest()).map(|newest| newest.day).max()
}

/// How a tenant moved, `None` within where nothing is known of the category that was asked for; `None` where there is nothing to compare.
#[expect(clippy::option_option, reason = "nothing to compare with is another thing than nothing known of the category")]
fn tenant_row(tenant: &TenantFacts, since: Since, args: &ScoreChangesArgs, portal: Option<Portal<'_>>) -> Option<Option<TenantChangesRow>> {
    let newest = tenant.history.newest()?;
    let (before, _) = since.find(&tenant.history, newest)?;
    let Diff { points, maximum, changes, unknown } = change::diff(before, newest, &tenant.catalogue);
    let shown: Vec<_> = changes.iter().filter(|change| fits(args, change)).collect();
    let part = args.category.map(|category| CategoryShare::of(category, &shown, [before, newest]));
    if part.as_ref().is_some_and(|part| part.points().is_none()) {
        return Some(None);
    }
    // With a category, its share of the moves.
    let share = |of: fn(&Change<'_>) -> f64| shown.iter().map(|change| of(change)).sum::<f64>();
    let (moved, maximum_moved) = match args.category {
        Some(_) => (share(|change| change.points), Some(share(|change| change.maximum))),
        None => (points.moved(), maximum.map(|ledger| ledger.moved())),
    };
    let tally = Tally::of(shown.iter().copied());
    let most = shown.iter().find_map(|change| Some((change.control()?, change.moved()?)));
    Some(Some(TenantChangesRow {
        tenant: tenant.name.clone(),
        day: newest.day,
        since: before.day,
        moved: format::round2(moved),
        maximum_moved: maximum_moved.map(format::round2).filter(|moved| !same_points(*moved, 0.0)),
        missing: Some(tenant.history.missing(before.day, newest.day).len()).filter(|missing| *missing > 0),
        total: Some(shown.len()).filter(|_| unknown.is_empty()),
        worse: Some(tally.worse).filter(|number| *number > 0),
        worse_points: Some(format::round2(tally.lost)).filter(|_| tally.worse > 0),
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
