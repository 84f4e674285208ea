//! What is weak, and what first?

mod caveats;
mod filter;
mod show;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::filter::StatusArg;
use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    annotations::{self, AnnotationFields},
    category::CategoryArg,
    caveat::{self, Caveat},
    filter::ControlFilter,
    fit,
    follow_ups::{CardFrame, Pairs, RowTarget, ask, find, more, word},
    format,
    fresh::Stale,
    level::LevelArg,
    licence::LicensedArg,
    link::Link,
    page::{self, ListPage, PageRest},
};
use crate::{
    card::{Card, Next},
    error::Result,
    score::{Control, ControlState, rank::Order},
    skill_id::SkillId,
};

/// Which weak controls, and in which order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeakestControlsArgs {
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25), extend("x-rows" = true))]
    pub(crate) limit: usize,
    /// Which page of a longer list.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    pub(crate) page: usize,
    /// Only controls of this category.
    pub(crate) category: Option<CategoryArg>,
    /// SharePoint, Entra, MDO.
    #[schemars(extend("x-suggest" = "product"))]
    pub(crate) product: Option<String>,
    /// At most this effort.
    pub(crate) effort: Option<LevelArg>,
    /// At most this user impact.
    pub(crate) user_impact: Option<LevelArg>,
    /// open leaves out accepted risks.
    #[serde(default)]
    #[schemars(extend("x-synonyms" = { "mitigated": "alternate_mitigation", "accepted": "risk_accepted" }))]
    pub(crate) status: StatusArg,
    /// Tenant seems to have the licence.
    pub(crate) licensed: Option<LicensedArg>,
    /// Only below this percentage.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) below: u8,
    /// By points left, by points for the effort, or those whose points are unknown.
    #[serde(default)]
    pub(crate) order: OrderArg,
}

impl Default for WeakestControlsArgs {
    fn default() -> Self {
        Self {
            limit: five(),
            page: page::first(),
            category: None,
            product: None,
            effort: None,
            user_impact: None,
            status: StatusArg::default(),
            licensed: None,
            below: hundred(),
            order: OrderArg::default(),
        }
    }
}

/// How much room a title has, in quarters of a token; real ones rarely need it.
const TITLE: usize = 64;

fn five() -> usize {
    5
}

fn hundred() -> u8 {
    100
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is called what it is")]
pub enum OrderArg {
    #[default]
    Points,
    QuickWins,
    UnknownPoints,
}

/// Weak controls, the first to work on first.
#[derive(Serialize, JsonSchema)]
pub struct WeakestControlsAnswer {
    /// The tenant.
    tenant: String,
    /// The day of the scores (UTC).
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// How many weak controls fit, in the order unknown_points also those that may be weak; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Points that all of them leave, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    points_left: Option<f64>,
    /// How many of them leave an unknown number of points; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    /// Points that those of this and earlier pages leave together, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<f64>,
    /// The same in percent of the tenant's maximum: by so many percentage points they would raise the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    together_share: Option<f64>,
    /// Which page of them this is.
    page: usize,
    #[serde(flatten)]
    rest: PageRest,
    /// Those of this page, the first to work on first.
    pub(crate) controls: Vec<WeakControlRow>,
    /// Weak controls that are left out because their risk is accepted; absent is none, here and below.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_accepted: Option<usize>,
    /// Because they are resolved by a third party or otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_resolved: Option<usize>,
    /// Because Microsoft does not say their effort or user impact, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unknown_effort: Option<usize>,
    /// Because nothing tells whether they are licensed, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unknown_licence: Option<usize>,
    /// What is left out or missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    /// Which rows of them these are, in words.
    #[serde(skip)]
    span: String,
    /// How many rows end with them.
    #[serde(skip)]
    up_to: usize,
    /// Whether the sum leaves out those of this and earlier pages whose points are not known.
    #[serde(skip)]
    at_least: bool,
    #[serde(skip)]
    order: OrderArg,
    #[serde(skip)]
    status: StatusArg,
    /// How many there are, in words that name every filter.
    #[serde(skip)]
    filtered: String,
    /// How many of them may be weak or not.
    #[serde(skip)]
    may_be: usize,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
}

/// One weak control.
#[derive(Serialize, JsonSchema)]
pub struct WeakControlRow {
    /// Its id, for the skill control.
    control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// True when its risk is accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    accepted: bool,
    /// Its category.
    category: String,
    /// Its service or product, as Microsoft codes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Points left; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<f64>,
    /// Points it can give; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// How much of it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// Points left in percent of the tenant's maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    /// What it costs to implement; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'static str>,
    /// What people feel of it; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<&'static str>,
    /// A plan that it seems to need and that the tenant seems to lack.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacks: Option<&'static str>,
    /// The last day that we gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    until: Option<Date>,
    #[serde(flatten)]
    annotations: AnnotationFields,
    #[serde(flatten)]
    link: Link,
    /// Its id as Microsoft has it.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) target: RowTarget,
}

impl super::Skill for WeakestControlsArgs {
    const CHAT: &'static str = "weakest";
    const SUMMARY: &'static str = "What is weak and what to do first: points left, share, effort; or quick wins.";
    const GUIDE: &'static str =
        "Use for which controls to improve first, quick wins, completed or unlicensed ones. For how to fix one use control.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Answer = WeakestControlsAnswer;

    fn needs(&self, _all: bool) -> Needs {
        Needs { catalogue: Texts::Whole, ..Needs::default() }
    }

    fn answer(&self, facts: &Facts) -> Result<WeakestControlsAnswer> {
        let tenant = facts.tenant()?;
        let newest = tenant.newest()?;
        let scored = tenant.with_controls()?;
        let order = match self.order {
            OrderArg::Points => Order::Points,
            OrderArg::QuickWins => Order::QuickWins,
            OrderArg::UnknownPoints => Order::UnknownPoints,
        };
        self.filter().check(tenant, scored)?;
        let stale = Stale::of(scored.day, facts.today);
        let (ranking, not_known) = self.ranked(scored, tenant, order);
        let total = ranking.weak.len();
        let page = self.page();
        page.check(total)?;
        let unknown = ranking.weak.iter().filter(|control| control.points_left().is_none()).count();
        let may_be = if order == Order::UnknownPoints { ranking.of_unknown_share() } else { 0 };
        let left = format::round2(ranking.weak.iter().filter_map(Control::points_left).sum());
        let together = Together::of(&ranking.weak[..total - page.left(total)], scored.maximum).filter(|_| self.status.is_open());
        let mut controls: Vec<WeakControlRow> =
            page.of(&ranking.weak).iter().map(|control| row(control, scored.maximum, tenant, facts)).collect();
        let cut = annotations::fit_rows(&mut controls, (TITLE, annotations::ROOM), |row| (&mut row.title, &mut row.annotations));
        let is_known = scored.controls_known && !not_known.licences && (total > 0 || ranking.of_unknown_share() == 0);
        let some = |controls: usize| Some(controls).filter(|controls| *controls > 0);
        let counted = if may_be > 0 { format::count(total, "control") } else { self.status.counted(total) };
        Ok(WeakestControlsAnswer {
            tenant: tenant.name.clone(),
            day: scored.day.to_string(),
            total: Some(total).filter(|_| is_known),
            points_left: Some(left).filter(|_| total > unknown && self.status.is_open()),
            unknown: Some(unknown).filter(|unknown| *unknown > 0),
            together: together.map(|together| format::round2(together.points)),
            together_share: together.and_then(|together| together.share).map(format::round2),
            at_least: together.is_some_and(|together| together.at_least),
            left_out_accepted: some(ranking.accepted.len()),
            left_out_resolved: some(ranking.resolved_elsewhere),
            left_out_unknown_effort: some(not_known.effort),
            left_out_unknown_licence: some(not_known.licence),
            page: page.number,
            rest: page.rest(total),
            span: page.span(total),
            up_to: total - page.left(total),
            controls,
            notes: stale
                .iter()
                .map(Stale::note)
                .chain(caveat::goes_on(page, total, &counted, facts))
                .chain(caveats::notes(self, (newest, scored), tenant, (&ranking, &not_known), (may_be > 0, facts.today)))
                .chain(not_known.licences())
                .chain(cut.then(|| fit::cut_note("control tells each whole")))
                .collect(),
            asked: Stale::asked(stale.as_ref()),
            order: self.order,
            status: self.status,
            filtered: show::filtered(self, total),
            may_be,
            read: tenant.read_at.map(format::minute),
            as_of: format::as_of(tenant, scored.day),
            frame: CardFrame::of(tenant, show::title(&tenant.name, self), stale, next(&tenant.name, self, total)),
        })
    }

    fn text(answer: &WeakestControlsAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &WeakestControlsAnswer) -> Card {
        show::card(answer)
    }

    fn next_page(answer: &WeakestControlsAnswer) -> Option<usize> {
        answer.rest.next_page
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "default", prompt: "Which controls should we improve first?", tenant: "contoso", args: "{}" },
            Example {
                name: "identity",
                prompt: "Which identity controls are weakest?",
                tenant: "contoso",
                args: r#"{"limit":3,"category":"identity"}"#,
            },
            Example {
                name: "quick_wins",
                prompt: "What raises our score with the least effort?",
                tenant: "contoso",
                args: r#"{"order":"quick_wins"}"#,
            },
            Example {
                name: "easy",
                prompt: "Which quick wins for identity do users hardly feel?",
                tenant: "contoso",
                args: r#"{"order":"quick_wins","category":"identity","user_impact":"low"}"#,
            },
            Example {
                name: "product",
                prompt: "Which mail controls are below half?",
                tenant: "contoso",
                args: r#"{"product":"exo","below":50}"#,
            },
        ]
    }
}

/// What people ask next: the same controls in another order, more of them, or what else there is to them.
fn next(tenant: &str, args: &WeakestControlsArgs, total: usize) -> impl Iterator<Item = Next> {
    let (label, order) = if args.order == OrderArg::Points { ("Quick wins", OrderArg::QuickWins) } else { ("By points", OrderArg::Points) };
    let ordered = ask(SkillId::WeakestControls, tenant, label, args.pairs(args.limit, order));
    let more = more(SkillId::WeakestControls, tenant, args.page(), total, |limit| args.pairs(limit, args.order));
    let plan = ask(SkillId::ImprovementPlan, tenant, "Plan", args.filter_pairs());
    let changes = ask(SkillId::ScoreChanges, tenant, "What changed", Vec::new());
    [Some(ordered), more, Some(plan), Some(find(tenant)), Some(changes)].into_iter().flatten()
}

impl WeakestControlsArgs {
    fn page(&self) -> ListPage {
        ListPage { number: self.page, rows: self.limit }
    }

    /// The same arguments with another limit and order, without those that say nothing.
    fn pairs(&self, limit: usize, order: OrderArg) -> Pairs {
        let limit = (limit != five()).then(|| ("limit", limit.to_string()));
        let status = (self.status != StatusArg::default()).then(|| ("status", word(self.status)));
        let licensed = self.licensed.map(|licensed| ("licensed", word(licensed)));
        let below = (self.below != hundred()).then(|| ("below", self.below.to_string()));
        let order = (order != OrderArg::default()).then(|| ("order", word(order)));
        [limit, status, licensed, below, order].into_iter().flatten().chain(self.filter_pairs()).collect()
    }

    /// Which controls it is about by category and product.
    fn filter(&self) -> ControlFilter<'_> {
        ControlFilter { category: self.category, product: self.product.as_deref() }
    }

    /// Those that choose among the controls and that other skills take, too.
    fn filter_pairs(&self) -> Pairs {
        let category = self.category.map(|category| ("category", category.word()));
        let product = self.product.as_ref().map(|product| ("product", product.clone()));
        let effort = self.effort.map(|most| ("effort", word(most)));
        let user_impact = self.user_impact.map(|most| ("user_impact", word(most)));
        [category, product, effort, user_impact].into_iter().flatten().collect()
    }
}

/// What controls are worth together.
#[derive(Clone, Copy)]
struct Together {
    points: f64,
    /// In percent of the tenant's maximum; `None` without one.
    share: Option<f64>,
    /// Whether the points of some are not known.
    at_least: bool,
}

impl Together {
    /// Of `controls`, as far as known; `None` where that is of none.
    fn of(controls: &[Control<'_>], maximum: Option<f64>) -> Option<Self> {
        let left: Vec<f64> = controls.iter().filter_map(Control::points_left).collect();
        let points = left.iter().sum();
        let share = maximum.filter(|maximum| *maximum > 0.0).map(|maximum| 100.0 * points / maximum);
        (!left.is_empty()).then_some(Self { points, share, at_least: left.len() < controls.len() })
    }
}

fn row(control: &Control<'_>, tenant_maximum: Option<f64>, tenant: &TenantFacts, facts: &Facts) -> WeakControlRow {
    let annotation = tenant.annotations.get(control.name());
    let left = control.points_left();
    let mut row = WeakControlRow {
        control: format::name(control.name()),
        title: control.profile.map(|profile| profile.title.clone()),
        deprecated: control.profile.is_some_and(|profile| profile.deprecated),
        accepted: control.profile.is_some_and(|profile| *profile.state() == ControlState::Accepted),
        category: format::category(&control.score.category),
        service: control.profile.and_then(|profile| profile.service.as_deref()).map(format::word),
        left: left.map(format::round2),
        max: control.maximum.map(format::round2),
        percent: control.percent().map(format::round2),
        share: left.zip(tenant_maximum.filter(|maximum| *maximum > 0.0)).map(|(left, maximum)| format::round2(100.0 * left / maximum)),
        cost: control.profile.and_then(|profile| profile.cost.word()),
        impact: control.profile.and_then(|profile| profile.impact.word()),
        lacks: tenant.licence_of(control).filter(|need| need.held == Some(false)).map(|need| need.plan),
        until: annotation.and_then(|annotation| annotation.until),
        annotations: AnnotationFields::of(annotation, facts.names),
        link: Link::default(),
        name: control.name().to_owned(),
        target: RowTarget::to_control(tenant, control.name(), control.title()),
    };
    if let Some(portal) = facts.portal(tenant) {
        row.link = Link::new(format!("{}, {}", show::left(&row, " points"), row.category), portal.control(control.name()));
        row.title.get_or_insert_with(|| row.control.clone());
    }
    row
}
