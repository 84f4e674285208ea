//! What changed since yesterday, or between two days, control by control, and why?

mod all;
mod category_share;
mod caveats;
mod compare;
mod follow_ups;
mod row;
mod show;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{all::AllChanges, row::ChangeRow};
use self::{
    all::all,
    category_share::CategoryShare,
    compare::{ChangesBetween, ComparedDays},
    row::row,
};
use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    category::CategoryArg,
    caveat::{self, Caveat},
    fit,
    follow_ups::CardFrame,
    format,
    fresh::Stale,
    licence,
    page::{self, PageRest},
    since::{self, LastDay, Since},
    tally::{KindSum, Sides, Tally},
};
use crate::{
    card::Card,
    error::Result,
    score::{
        change::{Ledger, PercentChange},
        same_points,
    },
};

/// Since when, and which controls.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreChangesArgs {
    /// Day compared with: yesterday (default), week, month, 14 (days), 2026-01-31; or a month, 2026-01.
    #[serde(default = "yesterday")]
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) since: String,
    /// Last day, likewise.
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) until: Option<String>,
    /// Only controls of this category.
    pub(crate) category: Option<CategoryArg>,
    /// Only these: new, gone and maximum are Microsoft's doing, status is decisions.
    #[serde(default)]
    pub(crate) only: OnlyArg,
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25), extend("x-rows" = true))]
    pub(crate) limit: usize,
    /// Which page of a longer list.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    pub(crate) page: usize,
}

impl Default for ScoreChangesArgs {
    fn default() -> Self {
        Self { since: yesterday(), until: None, category: None, only: OnlyArg::All, limit: five(), page: page::first() }
    }
}

/// Which changes are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlyArg {
    /// All of them.
    #[default]
    All,
    /// Those that lost points, for whatever reason.
    Worse,
    /// Those that gained points.
    Better,
    /// Controls that are scored for the first time.
    New,
    /// Controls that are scored no more.
    Gone,
    /// Controls with another maximum.
    Maximum,
    /// Controls with another status, also where their points are the same.
    Status,
}

impl OnlyArg {
    /// Which they are, behind a number of changes; `None` where all are.
    const fn words(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Worse => Some("that lost points"),
            Self::Better => Some("that gained points"),
            Self::New => Some("by new controls"),
            Self::Gone => Some("by controls that are scored no more"),
            Self::Maximum => Some("of a control's maximum"),
            Self::Status => Some("of status"),
        }
    }
}

impl ScoreChangesArgs {
    fn until(&self) -> Result<Option<LastDay>> {
        LastDay::parse("until", self.until.as_deref())
    }
}

fn yesterday() -> String {
    "yesterday".to_owned()
}

fn five() -> usize {
    5
}

/// What changed.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, and hardly moved")]
pub enum ScoreChangesAnswer {
    /// In one tenant.
    One(Box<TenantChanges>),
    /// In all of them.
    All(AllChanges),
}

/// What changed in one tenant.
#[derive(Default, Serialize, JsonSchema)]
pub struct TenantChanges {
    /// The tenant; absent when the question is about all.
    tenant: String,
    /// The later day (UTC): the newest, or the one that was asked for.
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// The earlier day that it is compared with; absent when no other is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// The earlier day that was asked for, where it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_asked: Option<String>,
    /// The later day that was asked for, where it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_asked: Option<String>,
    /// How many days between have no data; absent when none is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<usize>,
    /// Points on the later day.
    points: f64,
    /// Points gained or lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// Of moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<f64>,
    /// The tenant's maximum on the later day.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// How the maximum changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// Of maximum_moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_unexplained: Option<f64>,
    /// Points in percent of the maximum on the later day.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// How that moved, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_moved: Option<f64>,
    /// Of percent_moved, what the change of the maximum makes; absent when it did not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_by_maximum: Option<f64>,
    /// With a category: whose points, moved, maximum and percent are.
    #[serde(skip_serializing_if = "Option::is_none")]
    points_of: Option<&'static str>,
    /// With a category: points gained or lost in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_moved: Option<f64>,
    /// With a category: points had in it on the later day.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_points: Option<f64>,
    /// With a category: how its maximum changed, as far as it is known; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_maximum_moved: Option<f64>,
    /// How many changes are listed, over all pages; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Of all changes, listed or not, how many controls lost points, whatever the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    worse: Option<usize>,
    /// Points that these lost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    worse_points: Option<f64>,
    /// How many gained points.
    #[serde(skip_serializing_if = "Option::is_none")]
    better: Option<usize>,
    /// Points that these gained together.
    #[serde(skip_serializing_if = "Option::is_none")]
    better_points: Option<f64>,
    #[serde(flatten)]
    sides: Sides,
    /// Which page of them this is.
    page: usize,
    #[serde(flatten)]
    rest: PageRest,
    /// The controls that changed, those that lost points first, then the weightiest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<ChangeRow>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(crate) notes: Vec<Caveat>,
    /// Which rows of them these are, on a later page.
    #[serde(skip)]
    span: Option<String>,
    #[serde(skip)]
    frame: CardFrame,
    #[serde(skip)]
    tally: Tally,
    #[serde(skip)]
    only: OnlyArg,
    #[serde(skip)]
    share: Option<PercentChange>,
    #[serde(skip)]
    part: Option<CategoryShare>,
}

impl super::Skill for ScoreChangesArgs {
    const CHAT: &'static str = "changes";
    const SUMMARY: &'static str = "What changed since yesterday or between two days, control by control, and why.";
    const GUIDE: &'static str =
        "Use for what changed and why, worse and better apart; with tenant=all which tenant moved most. For the standing use secure_score.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 2, profiles: true };
    type Answer = ScoreChangesAnswer;

    fn needs(&self, all: bool) -> Needs {
        Needs {
            last: self.until().ok().flatten().map(LastDay::needed),
            earlier: Since::parse(&self.since).ok().and_then(Since::earlier),
            catalogue: if all { Texts::Bare } else { Texts::Whole },
            ..Needs::default()
        }
    }

    fn check(&self, _names: bool) -> Result<()> {
        let since = Since::parse(&self.since)?;
        self.until()?.map_or(Ok(()), |until| until.check_after(since))
    }

    fn answer(&self, facts: &Facts) -> Result<ScoreChangesAnswer> {
        if facts.all {
            Ok(ScoreChangesAnswer::All(all(facts, Since::parse(&self.since)?, self)?))
        } else {
            Ok(ScoreChangesAnswer::One(Box::new(one(facts, self)?)))
        }
    }

    fn text(answer: &ScoreChangesAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &ScoreChangesAnswer) -> Card {
        show::card(answer)
    }

    fn next_page(answer: &ScoreChangesAnswer) -> Option<usize> {
        match answer {
            ScoreChangesAnswer::One(one) => one.rest.next_page,
            ScoreChangesAnswer::All(all) => all.rest.next_page,
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                name: "yesterday",
                prompt: "What changed in our Secure Score since yesterday, and why?",
                tenant: "contoso",
                args: "{}",
            },
            Example {
                name: "week",
                prompt: "Which identity controls changed in the last week?",
                tenant: "contoso",
                args: r#"{"since":"week","category":"identity"}"#,
            },
            Example {
                name: "october",
                prompt: "What changed within October only?",
                tenant: "contoso",
                args: r#"{"since":"2026-10","until":"2026-10"}"#,
            },
            Example {
                name: "worse",
                prompt: "What got worse in the last 60 days?",
                tenant: "contoso",
                args: r#"{"since":"60","only":"worse"}"#,
            },
            Example { name: "all", prompt: "Which of our tenants moved since yesterday?", tenant: "all", args: "{}" },
        ]
    }
}

/// What changed in the one tenant that is asked about.
pub fn one(facts: &Facts, args: &ScoreChangesArgs) -> Result<TenantChanges> {
    let since = Since::parse(&args.since)?;
    let tenant = facts.tenant()?;
    let days = ComparedDays::of(tenant, since, args.until()?, facts.today)?;
    let after = days.after;
    // A day that was asked for is as old as it is; that there is none newer is another thing.
    let stale = Stale::of(after.day, facts.today).filter(|_| days.is_newest && !days.is_asked);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let base = TenantChanges {
        asked: Stale::asked(stale.as_ref()),
        since_asked: days.instead_of[0].map(|day| day.to_string()),
        until_asked: days.instead_of[1].map(|day| day.to_string()),
        tenant: tenant.name.clone(),
        day: after.day.to_string(),
        read: tenant.read_at.map(format::minute),
        points: format::round2(after.points),
        maximum: after.maximum.map(format::round2),
        page: args.page,
        only: args.only,
        ..TenantChanges::default()
    };
    let frame = |compared: &str, shown: usize| {
        let until = if days.is_newest { String::new() } else { format!(" until {}", after.day) };
        let title = show::title(&tenant.name, &format!("{compared}{until}"), args);
        let frame = CardFrame::of(tenant, title, stale.clone(), follow_ups::of_one(&tenant.name, since, args, shown));
        if days.is_newest { frame } else { frame.of_the_past(format!("{}, day {}", tenant.name, after.day)) }
    };
    let Some(before) = days.before else {
        notes.extend(days.notes.into_iter().chain([caveats::only_one_day((!days.is_newest).then_some(after.day))]));
        return Ok(TenantChanges { notes, frame: frame("", 0), ..base });
    };
    let comparison = ChangesBetween::of(before, after, tenant, days.is_newest);
    let listed = comparison.listed(args);
    notes.extend(days.notes.iter().cloned());
    let frame = frame(&format!(" since {}", before.day), listed.len());
    compared(facts, tenant, args, &comparison, notes).map(|compared| TenantChanges { frame, ..compared.on(base) })
}

/// What the two days come to, without what is said of the later one alone.
fn compared(
    facts: &Facts,
    tenant: &TenantFacts,
    args: &ScoreChangesArgs,
    comparison: &ChangesBetween<'_>,
    mut notes: Vec<Caveat>,
) -> Result<TenantChanges> {
    let ChangesBetween { before, after, diff, .. } = comparison;
    let (all, listed) = (comparison.of_category(args), comparison.listed(args));
    notes.extend(caveat::missing(&tenant.history, before.day, after.day));
    notes.extend(caveat::controls_unknown(&diff.unknown));
    let known = diff.unknown.is_empty();
    let tally = Tally::of(all.iter().copied());
    let part = args.category.map(|category| CategoryShare::of(category, &all, [before, after]));
    let counted = known && (!all.is_empty() || part.as_ref().is_none_or(|part| part.points().is_some()));
    let rest = |ledger: Ledger| Some(format::round2(ledger.rest)).filter(|rest| known && !same_points(*rest, 0.0));
    let maximum_unexplained = diff.maximum.and_then(rest);
    notes.extend(licence::changed(&tenant.history, before, after, maximum_unexplained));
    notes.extend(caveats::of_what(part.as_ref(), diff, [before, after]));
    let (page, span, more) = caveats::paged(facts, args, &listed)?;
    notes.extend(more);
    let alone = comparison.alone(args).len();
    notes.extend(if args.only == OnlyArg::Status { None } else { caveats::status_alone(alone, facts) });
    let told = page.of(&listed).iter().filter_map(|change| row(change, comparison.status(change), tenant, facts.portal(tenant)));
    let mut changes: Vec<ChangeRow> = told.collect();
    notes.extend(row::fitted(&mut changes).then(|| fit::cut_note("control tells each whole")));
    let share = diff.share();
    let moved = |ledger: Ledger| Some(format::round2(ledger.moved())).filter(|moved| !same_points(*moved, 0.0));
    let number = |kind: KindSum| Some(kind.controls).filter(|number| *number > 0);
    let had = part.as_ref().and_then(CategoryShare::points);
    Ok(TenantChanges {
        since: Some(before.day.to_string()),
        missing: Some(tenant.history.missing(before.day, after.day).len()).filter(|missing| *missing > 0),
        moved: Some(format::round2(diff.points.moved())),
        unexplained: rest(diff.points),
        maximum_moved: diff.maximum.and_then(moved),
        maximum_unexplained,
        percent: share.map(|share| format::round2(share.to)),
        percent_moved: share.map(caveats::rounded_move),
        percent_by_maximum: share.map(|share| format::round2(share.maximum)).filter(|moved| !same_points(*moved, 0.0)),
        category_moved: had.map(|(moved, _)| format::round2(moved)),
        category_points: had.map(|(_, had)| format::round2(had)),
        category_maximum_moved: part.as_ref().and_then(CategoryShare::maximum_moved),
        points_of: args.category.map(|_| "whole tenant"),
        total: Some(listed.len()).filter(|_| counted),
        rest: page.rest(listed.len()),
        worse: number(tally.fallen),
        worse_points: number(tally.fallen).map(|_| format::round2(tally.fallen.points)),
        better: number(tally.risen),
        better_points: number(tally.risen).map(|_| format::round2(tally.risen.points)),
        sides: Sides::of(&tally, diff, alone),
        tally,
        share,
        part,
        span,
        changes,
        notes,
        ..TenantChanges::default()
    })
}

impl TenantChanges {
    /// It, about the later day that `base` is about.
    fn on(self, base: Self) -> Self {
        let Self { tenant, day, asked, read, since_asked, until_asked, points, maximum, page, only, .. } = base;
        Self { tenant, day, asked, read, since_asked, until_asked, points, maximum, page, only, ..self }
    }
}
