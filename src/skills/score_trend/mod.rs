//! How did the score move from a day to another, and which days stand out?

mod series;
mod show;
mod span;
mod statuses;
mod steps;

use jiff::{ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    series::{TrendMove, TrendSeries},
    span::TrendSpan,
    statuses::TrendStatus,
    steps::{StepSize, TrendStep},
};
use super::{
    Example, Facts, NeededScores, Needs, Raw, TenantFacts, Texts,
    category::CategoryArg,
    caveat::Caveat,
    follow_ups::{CardFrame, Pairs, ask},
    format,
    fresh::Stale,
    link::{Link, Titled},
    since,
};
use crate::{
    card::{Card, Next},
    error::{Error, ErrorKind, Result},
    score::same_points,
    skill_id::SkillId,
};

/// How many changes of the maximum and of statuses are told one by one.
const NAMED_MAX: usize = 2;
/// How many runs of missing days are.
const GAPS_MAX: usize = 3;
/// The spans that a card leads to, in days.
const SPANS: [(u32, &str); 4] = [(30, "Last 30 days"), (90, "Last 90 days"), (365, "Last year"), (1826, "Last 5 years")];

/// From when to when, and of what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreTrendArgs {
    /// Days back; default 90.
    #[schemars(range(min = 1, max = 3660))]
    days: Option<u32>,
    /// First day, or a month.
    #[schemars(regex(pattern = since::PATTERN))]
    since: Option<String>,
    /// Last day, likewise.
    #[schemars(regex(pattern = since::PATTERN))]
    until: Option<String>,
    /// Only this category.
    category: Option<CategoryArg>,
}

/// How a score moved.
#[derive(Serialize, JsonSchema)]
pub struct ScoreTrendAnswer {
    /// The tenant.
    tenant: String,
    /// The category that all numbers are of; absent for the whole tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// The newest day held (UTC).
    #[schemars(with = "String")]
    day: Date,
    /// The first day of the span with data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    from: Option<Date>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    to: Option<Date>,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// Points on the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    /// Points gained or lost since the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// Points in percent of the maximum on the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// How that moved, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_moved: Option<f64>,
    /// The maximum on the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// How it changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// The day that lost the most points.
    #[serde(skip_serializing_if = "Option::is_none")]
    fall: Option<TrendMoveRow>,
    /// The day that lost the most percentage points, where that is another one: a larger maximum lowers the percentage, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_fall: Option<TrendMoveRow>,
    /// The day that gained the most points.
    #[serde(skip_serializing_if = "Option::is_none")]
    rise: Option<TrendMoveRow>,
    /// How far apart the steps are; months and quarters at their last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<StepSize>,
    /// The percentage at each step, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<TrendStep>,
    /// The newest days on which the maximum changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maximum_changes: Vec<MaximumChange>,
    /// The newest changes of controls' statuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status_changes: Vec<TrendStatus>,
    /// How many days of the span have no data; absent when none is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<usize>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    /// How many changes of the maximum, and of statuses, there are in all.
    #[serde(skip)]
    counts: [usize; 2],
    /// Each day with a percentage.
    #[serde(skip)]
    line: Vec<(Date, f64)>,
    /// The last day, and when it was read where it is the newest.
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
}

/// A day that stands out by how it moved.
#[derive(Serialize, JsonSchema)]
pub struct TrendMoveRow {
    /// The day.
    #[schemars(with = "String")]
    day: Date,
    /// Points gained or lost on it.
    points: f64,
    /// The same in percentage points, with what the maximum did.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// The day that it is compared with, where days between are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    since: Option<Date>,
}

impl From<TrendMove> for TrendMoveRow {
    fn from(TrendMove { day, points, percent, since }: TrendMove) -> Self {
        Self { day, points, percent, since }
    }
}

/// A day on which the maximum changed.
#[derive(Serialize, JsonSchema)]
pub struct MaximumChange {
    /// The day.
    #[schemars(with = "String")]
    day: Date,
    /// By how much.
    moved: f64,
}

impl super::Skill for ScoreTrendArgs {
    const CHAT: &'static str = "trend";
    const SUMMARY: &'static str = "How the score moved over days or years, with its notable days and its gaps.";
    const GUIDE: &'static str = "Use for the course of a score over days or years. For reasons use score_changes.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 90, profiles: true };
    type Answer = ScoreTrendAnswer;

    fn needs(&self, _all: bool) -> Needs {
        let scores = TrendSpan::of(self).ok().map(TrendSpan::needed);
        let scores = scores.map(|(from, until)| NeededScores { from, until, by_category: self.category.is_some() });
        Needs { scores, catalogue: Texts::Whole, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        TrendSpan::of(self).map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<ScoreTrendAnswer> {
        trend(facts, self)
    }

    fn text(answer: &ScoreTrendAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &ScoreTrendAnswer) -> Card {
        show::card(answer)
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "quarter", prompt: "How did our score develop?", tenant: "contoso", args: "{}" },
            Example {
                name: "days",
                prompt: "Show the trend of our identity controls over the last 60 days.",
                tenant: "contoso",
                args: r#"{"days":60,"category":"identity"}"#,
            },
            Example {
                name: "window",
                prompt: "How did the score move within October?",
                tenant: "contoso",
                args: r#"{"since":"2026-10-01","until":"2026-10-31"}"#,
            },
        ]
    }
}

fn trend(facts: &Facts, args: &ScoreTrendArgs) -> Result<ScoreTrendAnswer> {
    let tenant = facts.tenant()?;
    let newest = tenant.newest()?.day;
    let (first, last) = TrendSpan::of(args)?.days(tenant)?;
    let from = first.max(tenant.history.first_held().unwrap_or(first));
    let series = TrendSeries::of(&tenant.history, &tenant.catalogue, args.category, (from, last));
    let known = series.ends();
    // All numbers of the first line are of these two days.
    let ends = known.or_else(|| series.days.first().zip(series.days.last()));
    let Some((begins, ends)) = ends else { return Err(nothing_held(tenant, (from, last))) };
    let stale = Stale::of(newest, facts.today);
    let gaps = series.gaps((from, last));
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    // Nobody named the day that the usual span begins with.
    let named = args.days.is_some() || args.since.is_some();
    notes.extend((named && first < from).then(|| held_since(first, from)));
    notes.extend(not_held(&gaps));
    let line = series.percents();
    notes.extend(show::of_category(args.category, &series, (begins.day, ends.day)));
    let (size, steps) = steps::steps(&series, (from, last));
    let [fall, rise] = series.extremes();
    let percent_fall =
        series.percent_fall().filter(|worst| fall.is_none_or(|fall| fall.percent.is_none_or(|percent| worst.percent < Some(percent))));
    let maxima = series.maximum_changes();
    let (status_count, status_changes) = statuses::statuses(tenant, args.category, (from, last), NAMED_MAX);
    let moved = |of: fn(&series::TrendDay) -> Option<f64>| known.and_then(|(from, to)| Some(format::round2(of(to)? - of(from)?)));
    let place = args.category.map_or_else(|| tenant.name.clone(), |category| format!("{}, {}", tenant.name, category.word()));
    let title = format!("Trend of {place}, {} to {}", begins.day, ends.day);
    let (asked, read) = (Stale::asked(stale.as_ref()), tenant.read_at.map(format::minute));
    let frame = CardFrame::of(tenant, title.clone(), stale, next(tenant, args, begins.day));
    Ok(ScoreTrendAnswer {
        tenant: tenant.name.clone(),
        category: args.category.map(CategoryArg::word),
        day: newest,
        from: Some(begins.day),
        to: Some(ends.day),
        asked,
        read,
        points: known.and_then(|(_, to)| to.points).map(format::round2),
        moved: moved(|day| day.points).filter(|_| begins.day < ends.day),
        percent: ends.percent.map(format::round2),
        percent_moved: begins.percent.zip(ends.percent).filter(|_| begins.day < ends.day).map(|(from, to)| format::percent_move(from, to)),
        maximum: known.and_then(|(_, to)| to.maximum).map(format::round2),
        maximum_moved: moved(|day| day.maximum).filter(|moved| !same_points(*moved, 0.0)),
        fall: fall.map(TrendMoveRow::from),
        percent_fall: percent_fall.map(TrendMoveRow::from),
        rise: rise.map(TrendMoveRow::from),
        step: (!line.is_empty()).then_some(size),
        steps: if line.is_empty() { Vec::new() } else { steps },
        counts: [maxima.len(), status_count],
        maximum_changes: maxima.into_iter().take(NAMED_MAX).map(|(day, moved)| MaximumChange { day, moved }).collect(),
        status_changes,
        missing: Some(gaps.iter().copied().map(days_of).sum()).filter(|missing| *missing > 0),
        notes,
        link: facts.portal(tenant).map(|portal| Link::new(show::subtitle(&line), portal.score()).titled(title)).unwrap_or_default(),
        line,
        as_of: if ends.day == newest { format::as_of(tenant, ends.day) } else { ends.day.to_string() },
        frame: if ends.day == newest { frame } else { frame.of_the_past(format!("{}, day {}", tenant.name, ends.day)) },
    })
}

fn days_of((first, last): (Date, Date)) -> usize {
    first.until(last).map_or(0, |span| usize::try_from(span.get_days()).unwrap_or(0)) + 1
}

/// What people ask next: another span of the same, what changed in it, where we stand.
fn next(tenant: &TenantFacts, args: &ScoreTrendArgs, begins: Date) -> Vec<Next> {
    let category = || args.category.map(|category| ("category", category.word()));
    let asked = args.days.or((args.since.is_none() && args.until.is_none()).then_some(span::DAYS)).filter(|_| args.until.is_none());
    let span = |(days, label): (u32, &str)| {
        let args: Pairs = [("days", days.to_string())].into_iter().chain(category()).collect();
        ask(SkillId::ScoreTrend, &tenant.name, label, args)
    };
    let others = SPANS.into_iter().filter(|(days, _)| Some(*days) != asked).take(2).map(span);
    let newest = tenant.history.newest().filter(|newest| newest.day > begins);
    let since = newest.map(|_| ("since", begins.to_string()));
    let changes = ask(SkillId::ScoreChanges, &tenant.name, "What changed", since.into_iter().chain(category()).collect());
    others.chain([changes, ask(SkillId::SecureScore, &tenant.name, "Where we stand", Vec::new())]).collect()
}

fn nothing_held(tenant: &TenantFacts, (from, last): (Date, Date)) -> Error {
    let held = tenant.history.first_held().zip(tenant.history.newest());
    let held = held.map_or_else(String::new, |(first, newest)| format!(" Days are held from {first} to {}.", newest.day));
    let sentence = format!("No day from {from} to {last} is held of {}.{held}", tenant.name);
    Error::new(ErrorKind::NotFound, sentence)
}

/// That a span begins before the first day held.
fn held_since(asked: Date, from: Date) -> Caveat {
    Caveat::new(format!("held only since {from}, asked from {asked}"), format!("Days are held only since {from}; {asked} is before that."))
}

/// The days that are missing; `None` when none is.
fn not_held(gaps: &[(Date, Date)]) -> Option<Caveat> {
    let days: usize = gaps.iter().copied().map(days_of).sum();
    let runs: Vec<String> =
        gaps.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") }).collect();
    let runs = crate::text::first_of(&runs, GAPS_MAX);
    let counted = format::count(days, "day");
    if days == 1 {
        return Some(Caveat::new(format!("no data for {runs}"), format!("Nothing is known of {runs}.")));
    }
    (days > 0).then(|| {
        Caveat::new(
            format!("no data for {counted}: {runs}"),
            format!("Nothing is known of {counted}: {runs}. They are left empty, not estimated."),
        )
    })
}

/// One day after another, for a span that is shown in short dates: those of one year at most.
fn is_short((from, to): (Date, Date)) -> bool {
    from.saturating_add(364.days()) >= to
}
