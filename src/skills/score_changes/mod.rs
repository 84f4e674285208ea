//! What changed since yesterday, or since a day, control by control, and why?

mod all;
mod care;
mod leads;
mod show;
mod why;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::all::all;
pub(super) use self::why::why;
use super::{
    Earlier, Example, Facts, Needs, Raw, TenantFacts, Texts,
    link::{Link, Portal, Titled},
    note::{self, Note},
    onward::{Onward, Step},
    since::{self, Since},
    weakest_controls::CategoryArg,
    words,
};
use crate::{
    card::Card,
    error::{self, Error, Result},
    score::{
        Snapshot,
        change::{self, Change, Kind, Ledger},
        same_points,
    },
    text::{cut, cut_for_tokens},
};

/// How much of a title, of what Microsoft sees, and of a comment assistants see, in quarters of a token.
const TITLE: usize = 44;
const SEEN: usize = 41;
const COMMENT: usize = 20;
/// How much of them people see on a card, in characters.
const FULL_MAX: usize = 200;

/// What changed, and why?
pub struct Skill;

/// Since when, and which controls.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// yesterday, week, month, a number of days such as 14, or a day such as 2026-01-31.
    #[serde(default = "yesterday")]
    #[schemars(regex(pattern = since::PATTERN))]
    since: String,
    /// Only controls of this category.
    category: Option<CategoryArg>,
    /// How many controls to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 25), extend("x-rows" = true))]
    limit: usize,
}

fn yesterday() -> String {
    "yesterday".to_owned()
}

fn five() -> usize {
    5
}

/// What changed.
#[derive(Default, Serialize, JsonSchema)]
pub struct Answer {
    /// The tenant; absent when the question is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// The newest day (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// The earlier day that it is compared with; absent when no other is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Points on the newest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    /// Points gained or lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// Of moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<f64>,
    /// The tenant's maximum on the newest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// How the maximum moved; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// Of maximum_moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_unexplained: Option<f64>,
    /// How many controls changed; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// The controls that changed, the weightiest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Row>,
    /// One row per tenant, the largest move first, when the question is about all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<TenantRow>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Note>,
    /// How much all tenants moved, and how many they are.
    #[serde(skip)]
    together: Option<(f64, usize)>,
    #[serde(skip)]
    title: String,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    onward: Onward,
}

/// A control that changed.
#[derive(Serialize, JsonSchema)]
pub struct Row {
    /// Its id.
    control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// up, down, new, gone, maximum (its maximum changed at the same percentage) or unsaid.
    change: &'static str,
    /// Its share of moved; absent where Microsoft did not say its points.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// Its points on the earlier day.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<f64>,
    /// Its points now.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    /// Points it can give now, or could when it was last scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// How its maximum moved; absent when it did not, and for new and gone controls, of which max says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_moved: Option<f64>,
    /// Why, as far as the data tell. Texts of Microsoft and of people stand in quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    full_title: String,
    #[serde(skip)]
    full_why: String,
    #[serde(skip)]
    step: Step,
}

/// How one tenant moved.
#[derive(Serialize, JsonSchema)]
pub struct TenantRow {
    /// The tenant.
    tenant: String,
    /// Its newest day.
    day: String,
    /// The earlier day.
    since: String,
    /// Points gained or lost, in the category if one was asked for.
    moved: f64,
    /// How its maximum moved; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// Days between the two without data; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<usize>,
    /// How many controls changed; absent when the controls of one of the days are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// The control that moved it most.
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<String>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    step: Step,
}

impl super::Skill for Skill {
    const NAME: &'static str = "score_changes";
    const CHAT: &'static str = "changes";
    const SUMMARY: &'static str = "What changed since yesterday or a day, control by control, and why.";
    const GUIDE: &'static str = "Use when the score moved or someone asks what changed and why, since yesterday by default. Covers gained, lost, new and gone controls and changed maxima. For the standing alone use secure_score. tenant=all compares all tenants.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 2, profiles: true };
    type Args = Args;
    type Answer = Answer;

    fn needs(args: &Args, all: bool) -> Needs {
        let earlier = match Since::parse(&args.since).unwrap_or(Since::Yesterday) {
            Since::Yesterday => None,
            Since::Days(days) => Some(Earlier::Back(days)),
            Since::Day(day) => Some(Earlier::Day(day)),
        };
        Needs { days: 0, earlier, catalogue: if all { Texts::Bare } else { Texts::Whole } }
    }

    fn check(args: &Args, _names: bool) -> Result<()> {
        Since::parse(&args.since).map(|_| ())
    }

    fn answer(facts: &Facts, args: &Args) -> Result<Answer> {
        let since = Since::parse(&args.since)?;
        if facts.all { all(facts, since, args) } else { one(facts, since, args) }
    }

    fn text(answer: &Answer) -> String {
        show::text(answer)
    }

    fn card(answer: &Answer) -> Card {
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

fn one(facts: &Facts, since: Since, args: &Args) -> Result<Answer> {
    let tenant = facts.tenant()?;
    let newest = tenant.newest()?;
    if since.is_too_new(newest.day) {
        return Err(too_new(newest.day));
    }
    let begun = Answer {
        tenant: Some(tenant.name.clone()),
        day: Some(newest.day.to_string()),
        read: tenant.read_at.map(words::minute),
        points: Some(words::round2(newest.points)),
        maximum: newest.maximum.map(words::round2),
        as_of: words::as_of(tenant, newest.day),
        title: show::title(&tenant.name, "", args),
        foot: words::foot(tenant),
        onward: Onward::of(tenant, leads::of_one(&tenant.name, since, args, 0)),
        ..Answer::default()
    };
    let Some((before, asked)) = since.find(&tenant.history, newest) else {
        return Ok(Answer { notes: vec![care::only_one_day()], ..begun });
    };
    let diff = change::diff(before, newest, &tenant.catalogue);
    let shown: Vec<_> = diff.changes.iter().filter(|change| fits(args, change)).collect();
    let mut notes = Vec::new();
    notes.extend(asked.map(|asked| care::other_day(asked, before.day)));
    notes.extend(note::missing(&tenant.history, before.day, newest.day));
    notes.extend(note::controls_unknown(&diff.unknown));
    let known = diff.unknown.is_empty();
    let silent = known && !has_any(args, [before, newest]);
    if let Some(category) = args.category.filter(|_| silent) {
        notes.push(note::none_of(&category.word()));
    } else if let Some(category) = args.category.filter(|_| known) {
        let part: f64 = shown.iter().map(|change| change.points).sum();
        notes.push(care::part_of_move(&category.word(), part));
    }
    if shown.len() > args.limit {
        let rest: f64 = shown.iter().skip(args.limit).map(|change| change.points).sum();
        notes.push(care::not_listed(shown.len() - args.limit, rest));
    }
    let moved = |ledger: Ledger| Some(words::round2(ledger.moved())).filter(|moved| !same_points(*moved, 0.0));
    let rest = |ledger: Ledger| Some(words::round2(ledger.rest)).filter(|rest| known && !same_points(*rest, 0.0));
    Ok(Answer {
        since: Some(before.day.to_string()),
        title: show::title(&tenant.name, &format!(" since {}", before.day), args),
        moved: Some(words::round2(diff.points.moved())),
        unexplained: rest(diff.points),
        maximum_moved: diff.maximum.and_then(moved),
        maximum_unexplained: diff.maximum.and_then(rest),
        total: Some(shown.len()).filter(|_| known && !silent),
        changes: shown.iter().take(args.limit).filter_map(|change| row(change, tenant, facts.portal(tenant))).collect(),
        notes,
        onward: Onward::of(tenant, leads::of_one(&tenant.name, since, args, shown.len())),
        ..begun
    })
}

fn fits(args: &Args, change: &Change<'_>) -> bool {
    args.category.is_none_or(|category| change.control().is_some_and(|control| category.fits(&control)))
}

/// Whether one of `days` has a control that fits the question.
fn has_any(args: &Args, days: [&Snapshot; 2]) -> bool {
    args.category.is_none_or(|category| days.iter().flat_map(|day| &day.controls).any(|score| category.is(&score.category)))
}

fn row(change: &Change<'_>, tenant: &TenantFacts, portal: Option<Portal<'_>>) -> Option<Row> {
    let control = change.control()?;
    let subtitle = || {
        change
            .moved()
            .map_or_else(|| word(change.kind).to_owned(), |moved| format!("{} points: {}", words::signed(moved), word(change.kind)))
    };
    let points = |control: Option<crate::score::Control<'_>>| control.and_then(|control| control.score.points).map(words::round2);
    Some(Row {
        control: words::name(control.name()),
        title: control.profile.map(|profile| cut_for_tokens(&profile.title, TITLE)).or_else(|| portal.map(|_| words::name(control.name()))),
        link: portal.map(|portal| Link::new(subtitle(), portal.control(control.name()))).unwrap_or_default(),
        deprecated: control.profile.is_some_and(|profile| profile.deprecated),
        change: word(change.kind),
        moved: change.moved().map(words::round2),
        from: points(change.before),
        to: points(change.after),
        max: control.maximum.map(words::round2),
        max_moved: Some(words::round2(change.maximum))
            .filter(|moved| matches!(change.kind, Kind::Up | Kind::Down | Kind::Maximum | Kind::Unsaid) && !same_points(*moved, 0.0)),
        why: why(change, (SEEN, COMMENT)),
        full_title: cut(control.title(), FULL_MAX),
        full_why: why(change, (FULL_MAX * 2, FULL_MAX * 2)).unwrap_or_default(),
        step: Step::to_control(tenant, control.name(), control.title()),
    })
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Up => "up",
        Kind::Down => "down",
        Kind::New => "new",
        Kind::Gone => "gone",
        Kind::Maximum => "maximum",
        Kind::Unsaid => "unsaid",
    }
}

/// There is no answer yet, rather than a mistake in the question: the same one can be asked on a later day.
fn too_new(newest: Date) -> Error {
    Error::new(error::Kind::NotFound, format!("Nothing is known after that day yet: the newest is {newest}. `since` takes an earlier one."))
}
