//! Who accepted which risk, when, with which words? Expired ones first.

mod all;
mod caveats;
mod follow_ups;
mod row;
mod show;
mod wanted;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{all::AllRisks, row::RiskRow};
use self::{all::all, row::row, wanted::wanted};
use super::{
    Example, Facts, Needs, Raw, Texts,
    caveat::{self, Caveat},
    fit,
    follow_ups::CardFrame,
    format,
    fresh::Stale,
    given_up::{GivenUp, accepted},
    page::{self, ListPage, PageRest},
    since::{self, Since},
};
use crate::{
    card::Card,
    error::{Error, ErrorKind, Result},
    score::{ControlState, risk::Decision},
};

/// Whose decisions, and which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedRisksArgs {
    /// Part of a name; needs a role that sees names.
    pub(crate) by: Option<String>,
    /// Which decisions.
    #[serde(default)]
    #[schemars(extend("x-synonyms" = { "mitigated": "alternate_mitigation", "risk_accepted": "accepted" }))]
    pub(crate) state: StateArg,
    /// Decided or taken back since: week, 14 (days), 2026-01-31.
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) since: Option<String>,
    /// Ends within so many days.
    #[schemars(range(min = 1, max = 3660))]
    pub(crate) ends_within: Option<u32>,
    /// So many newest updates of each.
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
        Self { by: None, state, since: None, ends_within: None, history: one_update(), limit: five(), page: page::first() }
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
    AlternateMitigation,
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
            Self::AlternateMitigation => *state == ControlState::Mitigated,
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
            Self::AlternateMitigation => "alternate mitigation",
            Self::Reviewed => "reviewed control",
            Self::All => "decision",
        }
    }
}

/// Decisions about controls, expired ones first.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, and hardly moved")]
pub enum AcceptedRisksAnswer {
    /// Those of one tenant.
    One(Box<TenantRisks>),
    /// Those of all tenants, summed up.
    All(AllRisks),
}

/// The decisions of one tenant.
#[derive(Serialize, JsonSchema)]
pub struct TenantRisks {
    /// The tenant; absent when the question is about all.
    tenant: String,
    /// The day of the score (UTC).
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    #[serde(flatten)]
    totals: RiskTotals,
    /// The decisions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) risks: Vec<RiskRow>,
    /// What is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
}

/// What the decisions come to, of one tenant or of all, and which page of the list this is.
#[derive(Serialize, JsonSchema)]
pub struct RiskTotals {
    /// How many decisions fit the question.
    total: usize,
    /// How many acceptances that were taken back are listed after them; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_back: Option<usize>,
    /// Of the first, how many are past their last day.
    expired: usize,
    /// Points that the accepted ones leave on the table, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<f64>,
    /// How many accepted ones leave an unknown number of points; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    /// Which page of them this is.
    page: usize,
    #[serde(flatten)]
    rest: PageRest,
    /// Which rows of how many these are, on a later page.
    #[serde(skip)]
    span: Option<String>,
    #[serde(skip)]
    noun: &'static str,
    /// Within how many days they end, where only such are listed.
    #[serde(skip)]
    ends_within: Option<u32>,
}

impl super::Skill for AcceptedRisksArgs {
    const CHAT: &'static str = "risks";
    const SUMMARY: &'static str = "Who accepted which risk, when, with which comment; expired ones first.";
    const GUIDE: &'static str =
        "Use for risk acceptances and other decisions: who, when, comment, end, points forgone. For open controls use weakest_controls.";
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
            )
            .naming("by"));
        }
        if self.ends_within.is_some() && self.state == StateArg::Expired {
            let sentence = "`ends_within` lists what has not ended yet, and `state` asks for what has. Give one of them.";
            return Err(Error::bad_arguments(sentence).naming("ends_within").naming("state"));
        }
        self.since().map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<AcceptedRisksAnswer> {
        if facts.all { Ok(AcceptedRisksAnswer::All(all(facts, self)?)) } else { Ok(AcceptedRisksAnswer::One(Box::new(one(facts, self)?))) }
    }

    fn text(answer: &AcceptedRisksAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &AcceptedRisksAnswer) -> Card {
        show::card(answer)
    }

    fn next_page(answer: &AcceptedRisksAnswer) -> Option<usize> {
        match answer {
            AcceptedRisksAnswer::One(one) => one.totals.rest.next_page,
            AcceptedRisksAnswer::All(all) => all.totals.rest.next_page,
        }
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
            Example { name: "ending", prompt: "Which acceptances end within 30 days?", tenant: "contoso", args: r#"{"ends_within":30}"# },
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

impl RiskTotals {
    /// Of so many decisions, and acceptances taken back beside them, listed on a page of so many `rows`.
    fn of(
        (total, taken_back, expired): (usize, usize, usize),
        given_up: &GivenUp,
        (page, rows): (ListPage, usize),
        args: &AcceptedRisksArgs,
    ) -> Self {
        let span = (page.number > 1).then(|| format!("{} of {rows}", page.span(rows)));
        let taken_back = Some(taken_back).filter(|taken_back| *taken_back > 0);
        Self {
            total,
            taken_back,
            expired,
            given_up: given_up.points(),
            unknown: given_up.unknown(),
            page: page.number,
            rest: page.rest(rows),
            span,
            noun: args.state.noun(),
            ends_within: args.ends_within,
        }
    }
}

/// The decisions of the one tenant that is asked about.
pub fn one(facts: &Facts, args: &AcceptedRisksArgs) -> Result<TenantRisks> {
    let tenant = facts.tenant()?;
    let wanted = wanted(tenant, args, facts.today)?;
    let decisions = &wanted.decisions;
    if let (Some(by), true, 0) = (&args.by, decisions.is_empty(), wanted.earlier) {
        let sentence = format!("Nobody called like `{}` made such a decision. Ask without `by` to see who did.", format::echo(by));
        return Err(Error::new(ErrorKind::NotFound, sentence).naming("by"));
    }
    let newest = tenant.newest()?;
    let day = newest.day;
    let stale = Stale::of(day, facts.today);
    let not_scored = accepted(decisions).filter(|decision| decision.control.is_none()).count();
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let page = args.page(args.limit);
    page.check(decisions.len())?;
    notes.extend(page.next(decisions.len()).map(|next| caveats::not_listed(page.left(decisions.len()), facts.turn(next))));
    notes.extend(wanted.notes(args, facts.today));
    notes.extend((newest.controls_known && not_scored > 0).then(|| caveats::not_scored(not_scored)));
    if !newest.controls_known {
        notes.extend(caveat::controls_unknown(&[day]));
        notes.extend(caveat::controls_of(tenant.with_controls()?));
    }
    let expired = decisions.iter().filter(|decision| decision.expired).count();
    let mut risks: Vec<RiskRow> =
        page.of(decisions).iter().map(|decision| row(decision, facts.names, tenant, facts.portal(tenant))).collect();
    notes.extend(row::fitted(&mut risks).then(|| fit::cut_note("control with whole=true tells each whole")));
    Ok(TenantRisks {
        tenant: tenant.name.clone(),
        day: day.to_string(),
        asked: Stale::asked(stale.as_ref()),
        read: tenant.read_at.map(format::minute),
        as_of: format::as_of(tenant, day),
        totals: RiskTotals::of(
            (decisions.len() - wanted.withdrawn, wanted.withdrawn, expired),
            &GivenUp::of(decisions),
            (page, decisions.len()),
            args,
        ),
        risks,
        notes,
        frame: CardFrame::of(
            tenant,
            wanted::title(&tenant.name, args),
            stale,
            follow_ups::of_one(&tenant.name, args, expired, decisions.len()),
        ),
    })
}
