//! Who accepted which risk, when, with which words? Expired ones first.

mod leads;
mod show;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    link::{Link, Portal, Titled},
    note::{self, Note},
    onward::{Onward, Step},
    words,
};
use crate::{
    card::Card,
    error::{Error, Kind, Result},
    score::{
        State, StateUpdate,
        change::day_of,
        risk::{self, Decision},
    },
    text::{cut, cut_for_tokens},
};

/// How many tenants one answer lists, the most expired first.
const TENANTS_MAX: usize = 25;
/// How much of a title, a comment and a person's name assistants see, in quarters of a token.
const TITLE: usize = 42;
const COMMENT: usize = 44;
const PERSON: usize = 36;
/// How much of them people see on a card, in characters.
const FULL_MAX: usize = 300;

/// Who accepted which risk?
pub struct Skill;

/// Whose decisions, and which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Only decisions of this person, by a part of the name. Needs a role that sees names.
    by: Option<String>,
    /// Which decisions: accepted risks, only expired ones, other states, or all.
    #[serde(default)]
    state: StateArg,
    /// Also look at so many of the newest updates of each control, and at risks no longer accepted.
    #[serde(default = "one_update")]
    #[schemars(range(min = 1, max = 20))]
    history: usize,
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25))]
    limit: usize,
}

fn one_update() -> usize {
    1
}

fn five() -> usize {
    5
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StateArg {
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
            Self::Accepted => *state == State::Accepted || decision.withdrawn,
            Self::Expired => decision.expired,
            Self::ThirdParty => *state == State::ThirdParty,
            Self::Mitigated => *state == State::Mitigated,
            Self::Reviewed => *state == State::Reviewed,
            Self::All => true,
        }
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
pub struct Answer {
    /// The tenant; absent when the question is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// The day of the score (UTC), by which expiry is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// How many decisions fit the question.
    total: usize,
    /// Of these, how many are past the day that their words name.
    expired: usize,
    /// Points that the accepted ones leave on the table, as far as known.
    given_up: f64,
    /// How many accepted ones leave an unknown number of points; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    /// The decisions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    risks: Vec<Row>,
    /// One row per tenant, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<TenantRow>,
    /// What is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Note>,
    #[serde(skip)]
    title: String,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    noun: &'static str,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    onward: Onward,
}

/// A decision about a control.
#[derive(Serialize, JsonSchema)]
pub struct Row {
    /// The control's id.
    control: String,
    /// Its title.
    title: String,
    /// The state in force: risk accepted, third party, alternate mitigation, reviewed, to address.
    state: String,
    /// When it was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    /// Who set it; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The words given.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// The day that the words limit it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// True when that day has passed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expired: bool,
    /// True when it was accepted within the updates asked for and no longer is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_longer: bool,
    /// Points left on the table; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<f64>,
    /// Earlier updates, newest first, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    full_title: String,
    #[serde(skip)]
    full_comment: Option<String>,
    #[serde(skip)]
    step: Step,
}

/// The decisions of one tenant.
#[derive(Serialize, JsonSchema)]
pub struct TenantRow {
    /// The tenant.
    tenant: String,
    /// How many decisions fit the question.
    total: usize,
    /// Of these, how many are expired.
    expired: usize,
    /// Points left on the table.
    given_up: f64,
    /// The control to look at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    step: Step,
}

impl super::Skill for Skill {
    const NAME: &'static str = "accepted_risks";
    const CHAT: &'static str = "risks";
    const SUMMARY: &'static str = "Who accepted which risk, when, with which words; expired ones first.";
    const GUIDE: &'static str = "Use for risk acceptances and other decisions on controls: who, when, which words, points given up, expired ones first. history=n adds earlier updates. For open controls use weakest_controls. tenant=all sums up all tenants.";
    const ALL_TENANTS: bool = true;
    const PRIVATE: bool = true;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Args = Args;
    type Answer = Answer;

    fn needs(_: &Args, all: bool) -> Needs {
        Needs { catalogue: if all { Texts::Bare } else { Texts::Whole }, ..Needs::default() }
    }

    fn check(args: &Args, names: bool) -> Result<()> {
        if args.by.is_some() && !names {
            return Err(Error::new(Kind::Forbidden, "`by` needs a role that sees names of people. Ask without it, or use a key with the role analyst."));
        }
        Ok(())
    }

    fn answer(facts: &Facts, args: &Args) -> Result<Answer> {
        if facts.all { Ok(all(facts, args)) } else { one(facts, args) }
    }

    fn text(answer: &Answer) -> String {
        show::text(answer)
    }

    fn card(answer: &Answer) -> Card {
        show::card(answer)
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "default", prompt: "Which risks have been accepted, by whom and why?", tenant: "contoso", args: "{}" },
            Example { name: "history", prompt: "Which risks were accepted lately and no longer are?", tenant: "contoso", args: r#"{"history":3,"limit":10}"# },
            Example { name: "all", prompt: "How many risks are accepted in all our tenants?", tenant: "all", args: "{}" },
        ]
    }
}

fn wanted<'a>(tenant: &'a TenantFacts, args: &Args) -> Result<Vec<Decision<'a>>> {
    let newest = tenant.newest()?;
    let by = args.by.as_ref().map(|by| by.to_lowercase());
    let mut decisions = risk::decisions(newest, &tenant.catalogue, &tenant.annotations, args.history);
    decisions.retain(|decision| {
        let person = |update: &&StateUpdate| update.by.as_ref().is_some_and(|name| by.as_ref().is_none_or(|by| name.to_lowercase().contains(by)));
        args.state.fits(decision) && (by.is_none() || decision.updates.iter().any(person))
    });
    Ok(decisions)
}

fn given_up(decisions: &[Decision<'_>]) -> f64 {
    words::round2(accepted(decisions).filter_map(Decision::points_given_up).sum())
}

/// How many accepted decisions leave an unknown number of points.
fn unknown(decisions: &[Decision<'_>]) -> usize {
    accepted(decisions).filter(|decision| decision.points_given_up().is_none()).count()
}

fn accepted<'a, 'b>(decisions: &'b [Decision<'a>]) -> impl Iterator<Item = &'b Decision<'a>> {
    decisions.iter().filter(|decision| *decision.state() == State::Accepted)
}

fn one(facts: &Facts, args: &Args) -> Result<Answer> {
    let tenant = facts.tenant()?;
    let decisions = wanted(tenant, args)?;
    let mut notes = Vec::new();
    notes.extend(decisions.len().checked_sub(args.limit).filter(|more| *more > 0).map(show::not_listed));
    let withdrawn = decisions.iter().filter(|decision| decision.withdrawn).count();
    notes.extend((withdrawn > 0).then(|| show::withdrawn(withdrawn)));
    if let (Some(by), true) = (&args.by, decisions.is_empty()) {
        let sentence = format!("Nobody called like `{}` made such a decision. Ask without `by` to see who did.", words::echo(by));
        return Err(Error::new(Kind::NotFound, sentence));
    }
    let day = tenant.newest()?.day;
    let expired = decisions.iter().filter(|decision| decision.expired).count();
    Ok(Answer {
        tenant: Some(tenant.name.clone()),
        day: Some(day.to_string()),
        read: tenant.read_at.map(words::minute),
        as_of: words::as_of(tenant, day),
        total: decisions.len() - withdrawn,
        expired,
        given_up: given_up(&decisions),
        unknown: Some(unknown(&decisions)).filter(|unknown| *unknown > 0),
        risks: decisions.iter().take(args.limit).map(|decision| row(decision, facts.names, tenant, facts.portal(tenant))).collect(),
        tenants: Vec::new(),
        notes,
        title: show::title(&tenant.name, args),
        foot: words::foot(tenant),
        noun: args.state.noun(),
        onward: Onward::of(tenant, leads::of_one(&tenant.name, args, expired, decisions.len())),
    })
}

fn row(decision: &Decision<'_>, names: bool, tenant: &TenantFacts, portal: Option<Portal<'_>>) -> Row {
    let in_force = decision.updates.first();
    let comment = in_force.and_then(|update| update.comment.as_ref());
    let mut row = Row {
        control: words::name(&decision.profile.name),
        title: cut_for_tokens(&decision.profile.title, TITLE),
        state: words::state(decision.state()),
        on: in_force.and_then(|update| update.at).map(|at| day_of(at).to_string()),
        by: in_force.and_then(|update| update.by.as_ref()).filter(|_| names).map(|by| cut_for_tokens(by, PERSON)),
        comment: comment.map(|comment| cut_for_tokens(comment, COMMENT)),
        until: decision.until.map(|until| until.to_string()),
        expired: decision.expired,
        no_longer: decision.withdrawn,
        given_up: decision.points_given_up().map(words::round2),
        before: decision.updates.iter().skip(1).filter(|update| says_something(update)).map(|update| earlier(update, names)).collect(),
        full_title: cut(&decision.profile.title, FULL_MAX),
        full_comment: comment.map(|comment| cut(comment, FULL_MAX)),
        link: Link::default(),
        step: Step::to_control(tenant, &decision.profile.name, &decision.profile.title),
    };
    if let Some(portal) = portal {
        row.link = Link::new(subtitle(&row), portal.control(&decision.profile.name));
    }
    row
}

/// A decision in one line; whom it names was decided before.
fn subtitle(row: &Row) -> String {
    let on = row.on.as_ref().map_or_else(String::new, |on| format!(" on {on}"));
    let by = row.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let until = row.until.as_ref().map_or_else(String::new, |until| format!(", {} {until}", if row.expired { "EXPIRED" } else { "until" }));
    let before = if row.no_longer { ", no longer accepted" } else { "" };
    format!("{}{on}{by}{until}{before}", row.state)
}

/// Graph lists a placeholder, undated and to address, for controls that nobody touched.
fn says_something(update: &StateUpdate) -> bool {
    update.at.is_some() || update.state != State::Default
}

fn earlier(update: &StateUpdate, names: bool) -> String {
    let day = update.at.map_or_else(|| "undated".to_owned(), |at| day_of(at).to_string());
    let by = update.by.as_ref().filter(|_| names).map(|by| format!(" by {}", words::quoted(by, PERSON))).unwrap_or_default();
    let comment = update.comment.as_ref().map(|comment| format!(": {}", words::quoted(comment, COMMENT))).unwrap_or_default();
    format!("{day} {}{by}{comment}", words::state(&update.state))
}

fn all(facts: &Facts, args: &Args) -> Answer {
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    let mut rows: Vec<TenantRow> = with
        .iter()
        .filter_map(|tenant| {
            let mut decisions = wanted(tenant, args).ok()?;
            decisions.retain(|decision| !decision.withdrawn);
            let expired = decisions.iter().filter(|decision| decision.expired).count();
            let subtitle = || format!("{}, {expired} expired", words::count(decisions.len(), args.state.noun()));
            let portal = facts.portal(tenant);
            Some(TenantRow {
                tenant: tenant.name.clone(),
                link: portal.map(|portal| Link::new(subtitle(), portal.score()).titled(tenant.name.clone())).unwrap_or_default(),
                total: decisions.len(),
                expired,
                given_up: given_up(&decisions),
                first: decisions.first().map(|decision| words::name(&decision.profile.name)),
                step: Step::to_tenant::<Skill>(tenant, args.pairs(args.limit, args.state)),
            })
        })
        .collect();
    rows.sort_by(|a, b| b.expired.cmp(&a.expired).then_with(|| b.given_up.total_cmp(&a.given_up)).then_with(|| a.tenant.cmp(&b.tenant)));
    let mut notes = Vec::new();
    if rows.len() > TENANTS_MAX {
        notes.push(show::tenants_not_listed(rows.len() - TENANTS_MAX));
    }
    notes.extend(note::without_score(&without));
    let expired = rows.iter().map(|row| row.expired).sum();
    Answer {
        total: rows.iter().map(|row| row.total).sum(),
        expired,
        given_up: words::round2(rows.iter().map(|row| row.given_up).sum()),
        tenants: rows.into_iter().take(TENANTS_MAX).collect(),
        notes,
        title: show::title("all tenants", args),
        as_of: words::count(facts.tenants.len(), "tenant"),
        foot: words::foot_of_all(&with),
        noun: args.state.noun(),
        onward: Onward::of_all(&with, leads::of_all(args, expired)),
        ..Answer::default()
    }
}
