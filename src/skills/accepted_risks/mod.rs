//! Who accepted which risk, when, with which words? Expired ones first.

mod follow_ups;
mod made;
mod row;
mod show;
mod wanted;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::row::RiskRow;
use self::{
    row::row,
    wanted::{GivenUp, Wanted, accepted, wanted},
};
use super::{
    Example, Facts, Needs, Raw, Texts,
    caveat::{self, Caveat},
    follow_ups::{FollowUps, RowTarget},
    format,
    fresh::Stale,
    link::{Link, Titled},
    page::{self, ListPage},
    since::{self, Since},
};
use crate::{
    card::Card,
    error::{Error, ErrorKind, Result},
    score::{ControlState, risk::Decision},
    skill_id::SkillId,
};

/// How many tenants one answer lists, the most expired first.
const TENANTS_MAX: usize = 25;
/// Whose decisions, and which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedRisksArgs {
    /// Only decisions of this person, by a part of the name. Needs a role that sees names.
    pub(crate) by: Option<String>,
    /// Which decisions: accepted risks, only expired ones, other states, or all.
    #[serde(default)]
    pub(crate) state: StateArg,
    /// Only decisions made on this day or later: week, month, a number of days such as 14, or 2026-01-31.
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) since: Option<String>,
    /// Also look at so many of the newest updates of each control, and at risks no longer accepted.
    #[serde(default = "one_update")]
    #[schemars(range(min = 1, max = 20))]
    pub(crate) history: usize,
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25), extend("x-rows" = true))]
    pub(crate) limit: usize,
    /// Which page of a longer list.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    pub(crate) page: usize,
}

impl Default for AcceptedRisksArgs {
    fn default() -> Self {
        let state = StateArg::default();
        Self { by: None, state, since: None, history: one_update(), limit: five(), page: page::first() }
    }
}

fn one_update() -> usize {
    1
}

fn five() -> usize {
    5
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is called what it is")]
pub enum StateArg {
    #[default]
    Accepted,
    Expired,
    ThirdParty,
    Mitigated,
    Reviewed,
    All,
}

impl StateArg {
    fn fits(self, decision: &Decision<'_>) -> bool {
        let state = decision.state();
        match self {
            Self::Accepted => *state == ControlState::Accepted || decision.withdrawn,
            Self::Expired => decision.expired,
            Self::ThirdParty => *state == ControlState::ThirdParty,
            Self::Mitigated => *state == ControlState::Mitigated,
            Self::Reviewed => *state == ControlState::Reviewed,
            Self::All => true,
        }
    }

    /// Whether `decision` fits only for having been made: an acceptance that is taken back.
    fn is_no_more(self, decision: &Decision<'_>) -> bool {
        decision.withdrawn && (self == Self::Accepted || *decision.state() == ControlState::Default)
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Accepted => "accepted risk",
            Self::Expired => "expired acceptance",
            Self::ThirdParty => "third-party resolution",
            Self::Mitigated => "alternate mitigation",
            Self::Reviewed => "reviewed control",
            Self::All => "decision",
        }
    }
}

/// Decisions about controls, expired ones first.
#[derive(Default, Serialize, JsonSchema)]
pub struct AcceptedRisksAnswer {
    /// The tenant; absent when the question is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// The day of the score (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// How many decisions fit the question.
    total: usize,
    /// Of these, how many are past their last day.
    expired: usize,
    /// Points that the accepted ones leave on the table, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<f64>,
    /// How many accepted ones leave an unknown number of points; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    /// Which page of them this is.
    page: usize,
    /// The decisions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) risks: Vec<RiskRow>,
    /// One row per tenant, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<TenantRisksRow>,
    /// What is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    /// Which rows of how many these are, on a later page.
    #[serde(skip)]
    span: Option<String>,
    #[serde(skip)]
    title: String,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    noun: &'static str,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    stale: Option<Stale>,
    #[serde(skip)]
    follow_ups: FollowUps,
}

/// The decisions of one tenant.
#[derive(Serialize, JsonSchema)]
pub struct TenantRisksRow {
    /// The tenant.
    tenant: String,
    /// How many decisions fit the question.
    total: usize,
    /// Of these, how many are expired.
    expired: usize,
    /// Points left on the table, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<f64>,
    /// How many accepted ones leave an unknown number of points; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    /// The control to look at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    target: RowTarget,
}

impl super::Skill for AcceptedRisksArgs {
    const CHAT: &'static str = "risks";
    const SUMMARY: &'static str = "Who accepted which risk, when, with which comment; expired ones first.";
    const GUIDE: &'static str = "Use for risk acceptances and other decisions on controls: who, when, the comment, points forgone, expired ones first. history=n adds earlier updates. For open controls use weakest_controls. tenant=all sums up all tenants.";
    const ALL_TENANTS: bool = true;
    const PRIVATE: bool = true;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Answer = AcceptedRisksAnswer;

    fn needs(&self, all: bool) -> Needs {
        Needs { catalogue: if all { Texts::Bare } else { Texts::Whole }, ..Needs::default() }
    }

    fn check(&self, names: bool) -> Result<()> {
        if self.by.is_some() && !names {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "`by` needs a role that sees names of people. Ask without it, or use a key with the role analyst.",
            ));
        }
        self.since().map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<AcceptedRisksAnswer> {
        if facts.all { all(facts, self) } else { one(facts, self) }
    }

    fn text(answer: &AcceptedRisksAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &AcceptedRisksAnswer) -> Card {
        show::card(answer)
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "default", prompt: "Which risks have been accepted, by whom and why?", tenant: "contoso", args: "{}" },
            Example {
                name: "history",
                prompt: "Which risks were accepted lately and no longer are?",
                tenant: "contoso",
                args: r#"{"history":3,"limit":10}"#,
            },
            Example { name: "all", prompt: "How many risks are accepted in all our tenants?", tenant: "all", args: "{}" },
        ]
    }
}

impl AcceptedRisksArgs {
    /// The page of a list with so many rows each.
    fn page(&self, rows: usize) -> ListPage {
        ListPage { number: self.page, rows }
    }

    /// The earliest day that is asked for.
    fn since(&self) -> Result<Option<Since>> {
        self.since.as_deref().filter(|since| !since.trim().is_empty()).map(Since::parse).transpose()
    }
}

fn one(facts: &Facts, args: &AcceptedRisksArgs) -> Result<AcceptedRisksAnswer> {
    let tenant = facts.tenant()?;
    let wanted = wanted(tenant, args, facts.today)?;
    let decisions = &wanted.decisions;
    if let (Some(by), true, 0) = (&args.by, decisions.is_empty(), wanted.earlier) {
        let sentence = format!("Nobody called like `{}` made such a decision. Ask without `by` to see who did.", format::echo(by));
        return Err(Error::new(ErrorKind::NotFound, sentence));
    }
    let newest = tenant.newest()?;
    let day = newest.day;
    let stale = Stale::of(day, facts.today);
    let given_up = GivenUp::of(decisions);
    let not_scored = accepted(decisions).filter(|decision| decision.control.is_none()).count();
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let page = args.page(args.limit);
    page.check(decisions.len())?;
    notes.extend(page.next(decisions.len()).map(|next| show::not_listed(page.left(decisions.len()), facts.turn(next))));
    notes.extend(wanted.notes(args, facts.today));
    notes.extend((newest.controls_known && not_scored > 0).then(|| show::not_scored(not_scored)));
    if !newest.controls_known {
        notes.extend(caveat::controls_unknown(&[day]));
        notes.extend(caveat::controls_of(tenant.with_controls()?));
    }
    let expired = decisions.iter().filter(|decision| decision.expired).count();
    Ok(AcceptedRisksAnswer {
        tenant: Some(tenant.name.clone()),
        day: Some(day.to_string()),
        asked: Stale::asked(stale.as_ref()),
        stale,
        read: tenant.read_at.map(format::minute),
        as_of: format::as_of(tenant, day),
        total: decisions.len() - wanted.withdrawn,
        expired,
        given_up: given_up.points(),
        unknown: given_up.unknown(),
        page: page.number,
        span: (page.number > 1).then(|| format!("{} of {}", page.span(decisions.len()), decisions.len())),
        risks: page.of(decisions).iter().map(|decision| row(decision, facts.names, tenant, facts.portal(tenant))).collect(),
        tenants: Vec::new(),
        notes,
        title: show::title(&tenant.name, args),
        foot: format::foot(tenant),
        noun: args.state.noun(),
        follow_ups: FollowUps::of(tenant, follow_ups::of_one(&tenant.name, args, expired, decisions.len())),
    })
}

fn all(facts: &Facts, args: &AcceptedRisksArgs) -> Result<AcceptedRisksAnswer> {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    // What there is to say of all together.
    let mut sum = Wanted { decisions: Vec::new(), undated: 0, earlier: 0, withdrawn: 0, unclear: 0 };
    let mut given_up = GivenUp::default();
    let mut rows: Vec<TenantRisksRow> = with
        .iter()
        .filter_map(|tenant| {
            let Wanted { mut decisions, undated, earlier, withdrawn, unclear } = wanted(tenant, args, facts.today).ok()?;
            sum.undated += undated;
            sum.earlier += earlier;
            sum.withdrawn += withdrawn;
            sum.unclear += unclear;
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
    notes.extend(page.next(rows.len()).map(|next| show::tenants_not_listed(page.left(rows.len()), facts.turn(next))));
    notes.extend(sum.notes(args, facts.today));
    notes.extend(caveat::controls_of_earlier(&with));
    notes.extend(caveat::without_score(&without));
    let (expired, tenants) = (rows.iter().map(|row| row.expired).sum(), rows.len());
    Ok(AcceptedRisksAnswer {
        total: rows.iter().map(|row| row.total).sum(),
        page: page.number,
        span: (page.number > 1).then(|| format!("{} of {}", page.span(rows.len()), rows.len())),
        expired,
        given_up: given_up.points(),
        unknown: given_up.unknown(),
        tenants: rows.into_iter().skip(page.skipped()).take(page.rows).collect(),
        notes,
        asked: Stale::asked(stale.as_ref()),
        stale,
        title: show::title("all tenants", args),
        as_of: format::count(facts.tenants.len(), "tenant"),
        foot: format::foot_of_all(&with),
        noun: args.state.noun(),
        follow_ups: FollowUps::of_all(&with, follow_ups::of_all(args, expired, page, tenants)),
        ..AcceptedRisksAnswer::default()
    })
}
