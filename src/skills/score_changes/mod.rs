//! What changed since yesterday, or since a day, control by control, and why?

mod all;
mod caveats;
mod follow_ups;
mod row;
mod show;
mod tally;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{all::AllChanges, row::ChangeRow};
use self::{
    all::all,
    row::row,
    tally::{CategoryShare, Tally},
};
use super::{
    ComparedDay, Example, Facts, Needs, Raw, Texts,
    category::CategoryArg,
    caveat::{self, Caveat},
    follow_ups::CardFrame,
    format,
    fresh::Stale,
    licence, page,
    since::{self, Since},
};
use crate::{
    card::Card,
    error::{self, Error, Result},
    score::{
        change::{self, Change, Ledger, PercentChange},
        same_points,
    },
};

/// Since when, and which controls.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreChangesArgs {
    /// yesterday, week, month, a number of days such as 14, or a day such as 2026-01-31.
    #[serde(default = "yesterday")]
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) since: String,
    /// Only controls of this category.
    pub(crate) category: Option<CategoryArg>,
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
        Self { since: yesterday(), category: None, limit: five(), page: page::first() }
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
    /// The newest day (UTC).
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
    /// Points on the newest day.
    points: f64,
    /// Points gained or lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// Of moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<f64>,
    /// The tenant's maximum on the newest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// How the maximum changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// Of maximum_moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_unexplained: Option<f64>,
    /// Points in percent of the maximum on the newest day.
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
    /// With a category: points had in it on the newest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    category_points: Option<f64>,
    /// How many controls changed; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Of these, how many lost points.
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
    /// Which page of them this is.
    page: usize,
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
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
    #[serde(skip)]
    tally: Tally,
    #[serde(skip)]
    share: Option<PercentChange>,
    #[serde(skip)]
    part: Option<CategoryShare>,
}

impl super::Skill for ScoreChangesArgs {
    const CHAT: &'static str = "changes";
    const SUMMARY: &'static str = "What changed since yesterday or a day, control by control, and why.";
    const GUIDE: &'static str = "Use when the score changed or someone asks what changed and why, since yesterday by default. Covers gained, lost, new and gone controls and changed maximum points. For the standing alone use secure_score. tenant=all compares all tenants.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 2, profiles: true };
    type Answer = ScoreChangesAnswer;

    fn needs(&self, all: bool) -> Needs {
        let earlier = match Since::parse(&self.since).unwrap_or(Since::Yesterday) {
            Since::Yesterday => None,
            Since::Days(days) => Some(ComparedDay::Back(days)),
            Since::Day(day) => Some(ComparedDay::Day(day)),
        };
        Needs { earlier, catalogue: if all { Texts::Bare } else { Texts::Whole }, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        Since::parse(&self.since).map(|_| ())
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
            Example { name: "all", prompt: "Which of our tenants moved since yesterday?", tenant: "all", args: "{}" },
        ]
    }
}

/// What changed in the one tenant that is asked about.
pub fn one(facts: &Facts, args: &ScoreChangesArgs) -> Result<TenantChanges> {
    let since = Since::parse(&args.since)?;
    let tenant = facts.tenant()?;
    let newest = tenant.newest()?;
    if since.is_too_new(newest.day) {
        return Err(too_new(newest.day));
    }
    let stale = Stale::of(newest.day, facts.today);
    let marked: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let asked = Stale::asked(stale.as_ref());
    let frame = |compared: &str, shown: usize| {
        CardFrame::of(tenant, show::title(&tenant.name, compared, args), stale, follow_ups::of_one(&tenant.name, since, args, shown))
    };
    let base = TenantChanges {
        asked,
        tenant: tenant.name.clone(),
        day: newest.day.to_string(),
        read: tenant.read_at.map(format::minute),
        points: format::round2(newest.points),
        maximum: newest.maximum.map(format::round2),
        as_of: format::as_of(tenant, newest.day),
        page: args.page,
        ..TenantChanges::default()
    };
    let Some((before, asked)) = since.find(&tenant.history, newest) else {
        let notes = marked.into_iter().chain([caveats::only_one_day()]).collect();
        return Ok(TenantChanges { notes, frame: frame("", 0), ..base });
    };
    let diff = change::diff(before, newest, &tenant.catalogue);
    let mut shown: Vec<_> = diff.changes.iter().filter(|change| fits(args, change)).collect();
    // Falls first: no gain hides them where the list is cut.
    shown.sort_by_key(|change| !tally::is_worse(change));
    let mut notes = marked;
    notes.extend(asked.map(|asked| caveats::other_day(asked, before.day)));
    notes.extend(caveat::missing(&tenant.history, before.day, newest.day));
    notes.extend(caveat::controls_unknown(&diff.unknown));
    let known = diff.unknown.is_empty();
    let tally = Tally::of(shown.iter().copied());
    let part = args.category.map(|category| CategoryShare::of(category, &shown, [before, newest]));
    let counted = known && (!shown.is_empty() || part.as_ref().is_none_or(|part| part.points().is_some()));
    notes.extend(licence::changed(before, newest));
    notes.extend(caveats::of_what(part.as_ref(), &diff, [before, newest]));
    let (page, span, rest) = caveats::paged(facts, args, &shown)?;
    notes.extend(rest);
    let share = diff.share();
    let moved = |ledger: Ledger| Some(format::round2(ledger.moved())).filter(|moved| !same_points(*moved, 0.0));
    let rest = |ledger: Ledger| Some(format::round2(ledger.rest)).filter(|rest| known && !same_points(*rest, 0.0));
    Ok(TenantChanges {
        since: Some(before.day.to_string()),
        moved: Some(format::round2(diff.points.moved())),
        unexplained: rest(diff.points),
        maximum_moved: diff.maximum.and_then(moved),
        maximum_unexplained: diff.maximum.and_then(rest),
        percent: share.map(|share| format::round2(share.to)),
        percent_moved: share.map(|share| format::round2(share.to - share.from)),
        percent_by_maximum: share.map(|share| format::round2(share.maximum)).filter(|moved| !same_points(*moved, 0.0)),
        category_moved: part.as_ref().and_then(CategoryShare::points).map(|(moved, _)| format::round2(moved)),
        category_points: part.as_ref().and_then(CategoryShare::points).map(|(_, had)| format::round2(had)),
        points_of: args.category.map(|_| "whole tenant"),
        total: Some(shown.len()).filter(|_| counted),
        worse: Some(tally.worse).filter(|number| *number > 0),
        worse_points: Some(format::round2(tally.lost)).filter(|_| tally.worse > 0),
        better: Some(tally.better).filter(|number| *number > 0),
        better_points: Some(format::round2(tally.gained)).filter(|_| tally.better > 0),
        tally,
        share,
        part,
        span,
        changes: page.of(&shown).iter().filter_map(|change| row(change, tenant, facts.portal(tenant))).collect(),
        notes,
        frame: frame(&format!(" since {}", before.day), shown.len()),
        ..base
    })
}

fn fits(args: &ScoreChangesArgs, change: &Change<'_>) -> bool {
    args.category.is_none_or(|category| change.control().is_some_and(|control| category.fits(&control)))
}

/// There is no answer yet, rather than an error in the question: the same one can be asked on a later day.
fn too_new(newest: Date) -> Error {
    Error::new(
        error::ErrorKind::NotFound,
        format!("Nothing is known after that day yet: the newest is {newest}. `since` takes an earlier one."),
    )
    .naming("since")
}
