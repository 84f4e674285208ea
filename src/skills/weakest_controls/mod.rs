//! What is weak, and what first?

mod care;
mod show;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    added::Added,
    fresh::Stale,
    link::Link,
    note::{self, Note},
    onward::{Onward, Pairs, Step, ask, find, more, word},
    page::{self, Page},
    score_changes, words,
};
use crate::{
    card::{Card, Next},
    error::{Error, Kind, Result},
    score::{
        Category, Control, Snapshot, controls, product,
        rank::{self, Order},
    },
    text::{did_you_mean, first_of},
};

/// What is weak, and what first?
pub struct Skill;

/// Which weak controls, and in which order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25), extend("x-rows" = true))]
    limit: usize,
    /// Which page of a longer list.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    page: usize,
    /// Only controls of this category.
    category: Option<CategoryArg>,
    /// Only controls of this product, by its name or Microsoft's code: SharePoint, Entra, MDO.
    #[schemars(extend("x-suggest" = "product"))]
    product: Option<String>,
    /// Only controls below this percentage.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100))]
    below: u8,
    /// Most points left first; most points for the least effort; or those whose points are unknown.
    #[serde(default)]
    order: OrderArg,
}

fn five() -> usize {
    5
}

fn hundred() -> u8 {
    100
}

/// A category of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryArg {
    #[allow(missing_docs)]
    Identity,
    #[allow(missing_docs)]
    Data,
    #[allow(missing_docs)]
    Device,
    #[allow(missing_docs)]
    Apps,
    #[allow(missing_docs)]
    Infrastructure,
}

impl CategoryArg {
    const fn category(self) -> Category {
        match self {
            Self::Identity => Category::Identity,
            Self::Data => Category::Data,
            Self::Device => Category::Device,
            Self::Apps => Category::Apps,
            Self::Infrastructure => Category::Infrastructure,
        }
    }

    /// Whether `control` is of this category.
    pub fn fits(self, control: &Control<'_>) -> bool {
        self.is(&control.score.category)
    }

    /// Whether it is `category`.
    pub fn is(self, category: &Category) -> bool {
        *category == self.category()
    }

    /// Its word in answers.
    pub fn word(self) -> String {
        self.category().to_string()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OrderArg {
    #[default]
    Points,
    QuickWins,
    UnknownPoints,
}

/// Weak controls, the first to work on first.
#[derive(Serialize, JsonSchema)]
pub struct Answer {
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
    /// Which page of them this is.
    page: usize,
    /// Those of this page, the first to work on first.
    controls: Vec<Row>,
    /// What is left out or missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Note>,
    /// Which rows of them these are, in words.
    #[serde(skip)]
    span: String,
    /// How many rows stand before them.
    #[serde(skip)]
    skipped: usize,
    #[serde(skip)]
    order: OrderArg,
    /// How many of them may be weak or not.
    #[serde(skip)]
    may_be: usize,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    stale: Option<Stale>,
    #[serde(skip)]
    title: String,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    onward: Onward,
}

/// One weak control.
#[derive(Serialize, JsonSchema)]
pub struct Row {
    /// Its id, for the skill control.
    control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// Its category.
    category: String,
    /// Its service or product, as Microsoft codes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Points left; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<f64>,
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
    /// The last day that we gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(flatten)]
    added: Added,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    step: Step,
}

impl super::Skill for Skill {
    const NAME: &'static str = "weakest_controls";
    const CHAT: &'static str = "weakest";
    const SUMMARY: &'static str = "What is weak and what to do first: points left, share, effort; or quick wins.";
    const GUIDE: &'static str = "Use to find which controls to improve first, optionally of a category or product, or quick wins. Accepted risks are left out. For one control's remediation use control.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Args = Args;
    type Answer = Answer;

    fn needs(_: &Args, _all: bool) -> Needs {
        Needs { catalogue: Texts::Whole, ..Needs::default() }
    }

    fn answer(facts: &Facts, args: &Args) -> Result<Answer> {
        let tenant = facts.tenant()?;
        let newest = tenant.newest()?;
        let scored = tenant.with_controls()?;
        let order = match args.order {
            OrderArg::Points => Order::Points,
            OrderArg::QuickWins => Order::QuickWins,
            OrderArg::UnknownPoints => Order::UnknownPoints,
        };
        if let Some(wanted) = args.product.as_ref().filter(|_| scored.controls_known) {
            known_product(wanted, tenant, scored)?;
        }
        let stale = Stale::of(scored.day, facts.today);
        let ranking = rank::weakest(scored, &tenant.catalogue, order, f64::from(args.below), |control| fits(args, control));
        let total = ranking.weak.len();
        let page = args.page();
        page.check(total)?;
        let unknown = ranking.weak.iter().filter(|control| control.points_left().is_none()).count();
        let may_be = if order == Order::UnknownPoints { ranking.of_unknown_share() } else { 0 };
        let category = args.category.map(CategoryArg::word);
        let left = words::round2(ranking.weak.iter().filter_map(Control::points_left).sum());
        Ok(Answer {
            tenant: tenant.name.clone(),
            day: scored.day.to_string(),
            total: Some(total).filter(|_| scored.controls_known && (total > 0 || ranking.of_unknown_share() == 0)),
            points_left: Some(left).filter(|_| total > unknown),
            unknown: Some(unknown).filter(|unknown| *unknown > 0),
            page: page.number,
            span: page.span(total),
            skipped: page.skipped(),
            controls: page.of(&ranking.weak).iter().map(|control| row(control, scored.maximum, tenant, facts)).collect(),
            notes: stale
                .iter()
                .map(Stale::note)
                .chain(note::goes_on(page, total, if may_be > 0 { "control" } else { "weak control" }, facts))
                .chain(care::notes(newest, scored, &ranking, category.as_deref(), may_be > 0))
                .collect(),
            asked: Stale::asked(stale.as_ref()),
            stale,
            order: args.order,
            may_be,
            read: tenant.read_at.map(words::minute),
            as_of: words::as_of(tenant, scored.day),
            title: show::title(&tenant.name, args),
            foot: words::foot(tenant),
            onward: Onward::of(tenant, next(&tenant.name, args, total)),
        })
    }

    fn text(answer: &Answer) -> String {
        show::text(answer)
    }

    fn card(answer: &Answer) -> Card {
        show::card(answer)
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
                name: "product",
                prompt: "Which mail controls are below half?",
                tenant: "contoso",
                args: r#"{"product":"exo","below":50}"#,
            },
        ]
    }
}

/// What people ask next: the same controls in another order, more of them, or what else there is to them.
fn next(tenant: &str, args: &Args, total: usize) -> impl Iterator<Item = Next> {
    let (label, order) = if args.order == OrderArg::Points { ("Quick wins", OrderArg::QuickWins) } else { ("By points", OrderArg::Points) };
    let ordered = ask::<Skill>(tenant, label, args.pairs(args.limit, order));
    let more = more::<Skill>(tenant, args.page(), total, |limit| args.pairs(limit, args.order));
    let changes = ask::<score_changes::Skill>(tenant, "What changed", Vec::new());
    [Some(ordered), more, Some(find(tenant)), Some(changes)].into_iter().flatten()
}

impl Args {
    fn page(&self) -> Page {
        Page { number: self.page, rows: self.limit }
    }

    /// The same arguments with another limit and order, without those that say nothing.
    fn pairs(&self, limit: usize, order: OrderArg) -> Pairs {
        let limit = (limit != five()).then(|| ("limit", limit.to_string()));
        let category = self.category.map(|category| ("category", category.word()));
        let product = self.product.as_ref().map(|product| ("product", product.clone()));
        let below = (self.below != hundred()).then(|| ("below", self.below.to_string()));
        let order = (order != OrderArg::default()).then(|| ("order", word(order)));
        [limit, category, product, below, order].into_iter().flatten().collect()
    }
}

/// Whether `control` is of the product `wanted`, by one of its names or a part of it.
pub(super) fn is_of_product(control: &Control<'_>, wanted: &str) -> bool {
    control.profile.and_then(|profile| profile.service.as_deref()).is_some_and(|service| product::is_meant(service, wanted))
}

/// Refuses a product that no control is of, and says which there are.
fn known_product(wanted: &str, tenant: &TenantFacts, newest: &Snapshot) -> Result<()> {
    const NAMED_MAX: usize = 40;
    if controls(newest, &tenant.catalogue).any(|control| is_of_product(&control, wanted)) {
        return Ok(());
    }
    let codes: BTreeSet<&str> = controls(newest, &tenant.catalogue).filter_map(|control| control.profile?.service.as_deref()).collect();
    if codes.is_empty() {
        let sentence = format!("Of no scored control of {} is it known of which product it is. Ask without `product`.", tenant.name);
        return Err(Error::new(Kind::NotFound, sentence));
    }
    let known = codes.iter().flat_map(|code| [Some(*code), product::name(code)]).flatten();
    let near = did_you_mean(wanted, known.clone()).replace('\n', " ");
    let mut named: Vec<String> = codes.iter().map(|code| words::product(code)).collect();
    named.sort_by_key(|name| name.to_lowercase());
    let sentence = format!(
        "{} has no scored control of a product like `{}`.{near} There are: {}.",
        tenant.name,
        words::echo(wanted),
        first_of(&named, NAMED_MAX)
    );
    Err(Error::new(Kind::NotFound, sentence))
}

fn fits(args: &Args, control: &Control<'_>) -> bool {
    args.product.as_ref().is_none_or(|wanted| is_of_product(control, wanted)) && args.category.is_none_or(|category| category.fits(control))
}

fn row(control: &Control<'_>, tenant_maximum: Option<f64>, tenant: &TenantFacts, facts: &Facts) -> Row {
    let annotation = tenant.annotations.get(control.name());
    let left = control.points_left();
    let mut row = Row {
        control: words::name(control.name()),
        title: control.profile.map(|profile| words::title(&profile.title)),
        deprecated: control.profile.is_some_and(|profile| profile.deprecated),
        category: words::category(&control.score.category),
        service: control.profile.and_then(|profile| profile.service.as_deref()).map(words::word),
        left: left.map(words::round2),
        max: control.maximum.map(words::round2),
        percent: control.percent().map(words::round2),
        share: left.zip(tenant_maximum.filter(|maximum| *maximum > 0.0)).map(|(left, maximum)| words::round2(100.0 * left / maximum)),
        cost: control.profile.and_then(|profile| profile.cost.word()),
        impact: control.profile.and_then(|profile| profile.impact.word()),
        until: annotation.and_then(|annotation| annotation.until).map(|until| until.to_string()),
        added: Added::of(annotation, facts.names),
        link: Link::default(),
        step: Step::to_control(tenant, control.name(), control.title()),
    };
    if let Some(portal) = facts.portal(tenant) {
        row.link = Link::new(format!("{}, {}", show::left(&row, " points"), row.category), portal.control(control.name()));
        row.title.get_or_insert_with(|| row.control.clone());
    }
    row
}
