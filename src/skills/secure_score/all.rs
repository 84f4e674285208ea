//! Where do all tenants stand? One row for each, the weakest first.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{caveats, next, show};
use crate::{
    skill_id::SkillId,
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format,
        fresh::Stale,
        link::{Link, Portal, Titled},
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
    /// One row per tenant, weakest first, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantScoreRow>,
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
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

pub(super) fn all(facts: &Facts) -> AllScores {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    // From what is not rounded yet.
    let known: Vec<f64> = with.iter().filter_map(|tenant| tenant.history.newest()?.percent()).collect();
    let mut rows: Vec<TenantScoreRow> = with.iter().filter_map(|tenant| row(tenant, facts.portal(tenant))).collect();
    // Weakest first; a tenant whose maximum is not known is neither weak nor strong, and comes last.
    let place = |row: &TenantScoreRow| row.percent.unwrap_or(f64::INFINITY);
    rows.sort_by(|a, b| place(a).total_cmp(&place(b)).then_with(|| a.tenant.cmp(&b.tenant)));
    let average = (!known.is_empty()).then(|| format::round2(known.iter().sum::<f64>() / known.len() as f64));
    let stale = Stale::among(&with, facts.today);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    notes.extend(caveats::average_of(known.len(), with.len()));
    if rows.len() > TENANTS_MAX {
        let more = rows.len() - TENANTS_MAX;
        notes.push(Caveat::new(
            format!("{more} more tenants, none weaker"),
            format!("Not listed: {}, none of them weaker.", format::count(more, "tenant")),
        ));
        rows.truncate(TENANTS_MAX);
    }
    notes.extend(caveat::without_score(&without));
    let counted = facts.counted(with.len());
    let subtitle = || {
        average.map_or_else(|| "no percentage is known".to_owned(), |average| format!("{average} % on average, each tenant counting once"))
    };
    let link = || Link::new(subtitle(), Portal::of_nobody().score()).titled(format!("Microsoft Secure Score of {counted}"));
    let link = if facts.links { link() } else { Titled::default() };
    AllScores {
        group: facts.group(),
        average,
        tenants: rows,
        notes,
        asked: Stale::asked(stale.as_ref()),
        link,
        as_of: format!("{counted} with a score"),
        frame: CardFrame::of_all(&with, show::title(&facts.many_titled()), stale, next(facts.many(), true)),
    }
}

fn row(tenant: &TenantFacts, portal: Option<Portal<'_>>) -> Option<TenantScoreRow> {
    let newest = tenant.history.newest()?;
    let before = tenant.history.before(newest.day);
    Some(TenantScoreRow {
        tenant: tenant.name.clone(),
        day: newest.day,
        points: format::round2(newest.points),
        maximum: show::known(newest.maximum).map(format::round2),
        percent: newest.percent().map(format::round2),
        day_before: before.map(|before| before.day),
        move_day: before.map(|before| format::round2(newest.points - before.points)),
        link: portal.map(|portal| show::link(newest, before, portal).titled(tenant.name.clone())).unwrap_or_default(),
        target: RowTarget::to_tenant(SkillId::SecureScore, tenant, Vec::new()),
    })
}
