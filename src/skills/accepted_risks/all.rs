//! How many risks are accepted in all tenants? One row for each, the most expired first.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AcceptedRisksArgs, RiskTotals, caveats, follow_ups,
    wanted::{self, Wanted, wanted},
};
use crate::{
    error::Result,
    skill_id::SkillId,
    skills::{
        Facts,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format,
        fresh::Stale,
        given_up::GivenUp,
        link::{Link, Titled},
    },
};

/// How many tenants one answer lists, the most expired first.
const TENANTS_MAX: usize = 25;

/// The decisions of all tenants.
#[derive(Serialize, JsonSchema)]
pub struct AllRisks {
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// The group that these tenants are of, when the question is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    group: Option<Arc<str>>,
    #[serde(flatten)]
    pub(super) totals: RiskTotals,
    /// One row per tenant, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantRisksRow>,
    /// Tenants without a score yet, which no row is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_score: Vec<String>,
    /// What is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    #[serde(skip)]
    pub(super) as_of: String,
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// The decisions of one tenant.
#[derive(Serialize, JsonSchema)]
pub struct TenantRisksRow {
    /// The tenant.
    pub(super) tenant: String,
    /// How many decisions fit the question.
    pub(super) total: usize,
    /// Of these, how many are expired.
    pub(super) expired: usize,
    /// Points left on the table, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) given_up: Option<f64>,
    /// How many accepted ones leave an unknown number of points; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unknown: Option<usize>,
    /// The control to look at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
    #[serde(flatten)]
    link: Titled,
    /// The title of that control.
    #[serde(skip)]
    pub(super) first_title: Option<String>,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

pub(super) fn all(facts: &Facts, args: &AcceptedRisksArgs) -> Result<AllRisks> {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    // What there is to say of all together.
    let mut sum = Wanted { decisions: Vec::new(), undated: 0, earlier: 0, withdrawn: 0, unclear: 0, already_expired: 0 };
    let mut given_up = GivenUp::default();
    let mut rows: Vec<TenantRisksRow> = with
        .iter()
        .filter_map(|tenant| {
            let Wanted { mut decisions, undated, earlier, withdrawn, unclear, already_expired } = wanted(tenant, args, facts.today).ok()?;
            sum.undated += undated;
            sum.earlier += earlier;
            sum.withdrawn += withdrawn;
            sum.unclear += unclear;
            sum.already_expired += already_expired;
            decisions.retain(|decision| !args.state.is_no_more(decision));
            let expired = decisions.iter().filter(|decision| decision.expired).count();
            let subtitle = || format!("{}, {expired} expired", format::count(decisions.len(), args.state.noun()));
            let portal = facts.portal(tenant);
            let own = GivenUp::of(&decisions);
            given_up.add(&own);
            Some(TenantRisksRow {
                tenant: tenant.name.clone(),
                link: portal.map(|portal| Link::new(subtitle(), portal.score()).titled(tenant.name.clone())).unwrap_or_default(),
                total: decisions.len(),
                expired,
                given_up: own.points(),
                unknown: own.unknown(),
                first: decisions.first().map(|decision| format::name(&decision.profile.name)),
                first_title: decisions.first().map(|decision| format::title(&decision.profile.title)),
                target: RowTarget::to_tenant(SkillId::AcceptedRisks, tenant, args.pairs(args.limit, args.state)),
            })
        })
        .collect();
    let cost = |row: &TenantRisksRow| row.given_up.unwrap_or(0.0);
    rows.sort_by(|a, b| b.expired.cmp(&a.expired).then_with(|| cost(b).total_cmp(&cost(a))).then_with(|| a.tenant.cmp(&b.tenant)));
    let stale = Stale::among(&with, facts.today);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let page = args.page(args.limit.max(TENANTS_MAX));
    page.check(rows.len())?;
    notes.extend(page.next(rows.len()).map(|next| caveats::tenants_not_listed(page.left(rows.len()), facts.turn(next))));
    notes.extend(sum.notes(args, facts.today));
    notes.extend(caveat::controls_of_earlier(&with));
    notes.extend(caveat::without_score(&without, facts));
    let (expired, tenants) = (rows.iter().map(|row| row.expired).sum(), rows.len());
    let total = rows.iter().map(|row| row.total).sum();
    Ok(AllRisks {
        group: facts.group(),
        totals: RiskTotals::of((total, sum.withdrawn, expired), &given_up, (page, tenants), args),
        tenants: rows.into_iter().skip(page.skipped()).take(page.rows).collect(),
        without_score: without.iter().map(|tenant| tenant.name.clone()).collect(),
        notes,
        asked: Stale::asked(stale.as_ref()),
        as_of: facts.counted(tenants),
        frame: CardFrame::of_all(
            &with,
            wanted::title(&facts.many_titled(), args),
            stale,
            follow_ups::of_all(facts.many(), args, expired, page, tenants),
        ),
    })
}
