//! Where do we stand?

mod all;
mod caveats;
mod show;

pub use self::all::AllScores;
use self::all::all;
pub(crate) use self::show::title;

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{ToSpan, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    caveat::Caveat,
    follow_ups::{CardFrame, ask},
    format,
    fresh::Stale,
    link::Titled,
    peer::{self, PeerName},
    score_move::ScoreMove,
    since::{self, LastDay},
};
use crate::{
    card::{Card, Next},
    error::Result,
    score::{
        Peer, Snapshot, Sum, Summary, same_points,
        status::{ControlStatus, count_statuses},
    },
    skill_id::SkillId,
};

/// How far back the moves look, in days.
const MONTH: i64 = 30;
const WEEK: i64 = 7;
/// How far back the card's trend looks, in days: as far as Microsoft does.
const TREND: u32 = 90;

/// How many categories that this version does not know are told apart.
const NEW_CATEGORIES_MAX: usize = 3;

/// Of which day.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecureScoreArgs {
    /// Past day: 2026-01-31, yesterday, 14 (days back).
    #[schemars(regex(pattern = since::PATTERN))]
    pub(crate) day: Option<String>,
}

impl SecureScoreArgs {
    fn day(&self) -> Result<Option<LastDay>> {
        LastDay::parse("day", self.day.as_deref())
    }
}

/// Where a tenant stands, or all of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, and hardly moved")]
pub enum SecureScoreAnswer {
    /// One tenant.
    One(Box<TenantScore>),
    /// All of them.
    All(AllScores),
}

/// Where a tenant stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TenantScore {
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
    /// Points had.
    pub(crate) points: f64,
    /// Points that could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum: Option<f64>,
    /// Points in percent of the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<f64>,
    /// The stored day before, which move_day compares with.
    #[serde(skip_serializing_if = "Option::is_none")]
    day_before: Option<String>,
    /// Points gained or lost since day_before.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_day: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_move_day: Option<f64>,
    /// How the maximum changed since day_before; absent when it did not, likewise for 7 and 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_move_day: Option<f64>,
    /// Points gained or lost in 7 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_week: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_move_week: Option<f64>,
    /// How the maximum changed in 7 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_move_week: Option<f64>,
    /// Points gained or lost in 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_month: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_move_month: Option<f64>,
    /// How the maximum changed in 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_move_month: Option<f64>,
    /// Points by category of controls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<CategoryRow>,
    /// How other tenants stand on average, as Microsoft says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    peers: Vec<PeerRow>,
    /// Controls that are scored; absent when Microsoft did not say them.
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<usize>,
    /// Of these, controls with all points.
    #[serde(skip_serializing_if = "Option::is_none")]
    full: Option<usize>,
    /// Controls with some points.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<usize>,
    /// Controls without points.
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<usize>,
    /// Of controls, those whose risk is accepted, whatever points they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<usize>,
    /// Of controls, those resolved by a third party or otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_elsewhere: Option<usize>,
    #[serde(flatten)]
    statuses: StatusCounts,
    /// Points of the maximum that no known control's maximum makes; absent when all are, or controls are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_unattributed: Option<f64>,
    /// Points that no control has; absent when there are none, or not all points are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    points_unexplained: Option<f64>,
    /// What is missing or does not add up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    /// The same moves for people: since day_before, in 7 and in 30 days.
    #[serde(skip)]
    moves: [Option<ScoreMove>; 3],
    #[serde(skip)]
    pub(crate) trend: Vec<(Date, f64)>,
    /// Whether day_before is the day before day: else others between them are not held.
    #[serde(skip)]
    is_next_day: bool,
    #[serde(skip)]
    pub(crate) frame: CardFrame,
}

/// All controls by status, each in one, beside those whose risk is accepted: a decision counts before points, and points before what our own people noted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusCounts {
    /// Controls with all points that nobody decided about; absent is none, here and below.
    #[serde(skip_serializing_if = "is_zero")]
    completed: usize,
    /// Those with some points.
    #[serde(skip_serializing_if = "is_zero")]
    partially_done: usize,
    /// Those without points.
    #[serde(skip_serializing_if = "is_zero")]
    to_address: usize,
    /// Not completed, and our own people plan them.
    #[serde(skip_serializing_if = "is_zero")]
    planned: usize,
    /// Not completed, and our own people are at them.
    #[serde(skip_serializing_if = "is_zero")]
    in_progress: usize,
    /// Resolved through a third party.
    #[serde(skip_serializing_if = "is_zero")]
    third_party: usize,
    /// Resolved through an alternate mitigation.
    #[serde(skip_serializing_if = "is_zero")]
    alternate_mitigation: usize,
    /// Reviewed.
    #[serde(skip_serializing_if = "is_zero")]
    reviewed: usize,
    /// Those that can give no points.
    #[serde(skip_serializing_if = "is_zero")]
    without_points_to_give: usize,
    /// Those of which nothing tells how far they are.
    #[serde(skip_serializing_if = "is_zero")]
    unknown_share: usize,
    /// The same in the order of the statuses.
    #[serde(skip)]
    counts: BTreeMap<ControlStatus, usize>,
}

impl StatusCounts {
    /// Those of the day that is `shown`, now or at the end of a `past` day.
    fn of(tenant: &TenantFacts, shown: &Snapshot, past: Option<Date>) -> Self {
        let counts = count_statuses(shown, &tenant.catalogue, &tenant.annotations, past);
        let count = |status| counts.get(&status).copied().unwrap_or_default();
        Self {
            completed: count(ControlStatus::Completed),
            partially_done: count(ControlStatus::Partial),
            to_address: count(ControlStatus::ToAddress),
            planned: count(ControlStatus::Planned),
            in_progress: count(ControlStatus::InProgress),
            third_party: count(ControlStatus::ThirdParty),
            alternate_mitigation: count(ControlStatus::Mitigated),
            reviewed: count(ControlStatus::Reviewed),
            without_points_to_give: count(ControlStatus::Worthless),
            unknown_share: count(ControlStatus::Unknown),
            counts,
        }
    }

    /// `83 completed, 94 partial, 5 risk accepted`.
    fn words(&self) -> String {
        self.counts.iter().map(|(status, count)| format!("{count} {}", status.words())).collect::<Vec<_>>().join(", ")
    }
}

/// One category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryRow {
    /// identity, data, device, apps, infrastructure, or another word of Microsoft's; other for all the rest.
    name: String,
    /// Points had, of maximum; absent when nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    /// Points that could be had, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// Controls whose maximum is not known; absent when there is none.
    #[serde(skip_serializing_if = "is_zero")]
    unknown: usize,
    /// Points had of these; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_points: Option<f64>,
    /// Controls whose points are not known, which all these numbers leave out; absent when there is none.
    #[serde(skip_serializing_if = "is_zero")]
    unsaid: usize,
    #[serde(skip)]
    controls: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The average of others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PeerRow {
    /// Which tenants.
    group: String,
    /// Their average in percent.
    percent: f64,
    #[serde(skip)]
    label: String,
}

impl super::Skill for SecureScoreArgs {
    const CHAT: &'static str = "score";
    const SUMMARY: &'static str = "Where we stand, or stood on a day: points, percent, how they moved, categories, statuses, peers.";
    const GUIDE: &'static str =
        "Use for where tenants stand, now or on a past day: points, percent, categories, statuses. For why they moved use score_changes.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 1, profiles: false };
    type Answer = SecureScoreAnswer;

    fn needs(&self, all: bool) -> Needs {
        let last = self.day().ok().flatten().map(LastDay::needed);
        let catalogue = if all { Texts::None } else { Texts::Bare };
        Needs { last, days: if all { 0 } else { TREND }, catalogue, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        self.day().map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<SecureScoreAnswer> {
        if facts.all { Ok(SecureScoreAnswer::All(all(facts, self)?)) } else { Ok(SecureScoreAnswer::One(Box::new(one(facts, self)?))) }
    }

    fn text(answer: &SecureScoreAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &SecureScoreAnswer) -> Card {
        show::card(answer)
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "one", prompt: "What is our Secure Score and how did it change?", tenant: "contoso", args: "{}" },
            Example { name: "day", prompt: "What was our Secure Score on 1 October?", tenant: "contoso", args: r#"{"day":"2026-10-01"}"# },
            Example { name: "all", prompt: "How do all our tenants stand?", tenant: "all", args: "{}" },
        ]
    }
}

/// Where the one tenant that is asked about stands, or stood on the day that is asked about.
pub fn one(facts: &Facts, args: &SecureScoreArgs) -> Result<TenantScore> {
    let tenant = facts.tenant()?;
    let newest = tenant.newest()?;
    let asked = args.day()?.map(|day| day.find(tenant, facts.today)).transpose()?;
    let (shown, instead_of) = asked.unwrap_or((newest, None));
    let past = (shown.day < newest.day).then_some(shown.day);
    // A day that was asked for is as old as it is; that there is none newer is another thing.
    let stale = Stale::of(newest.day, facts.today).filter(|_| past.is_none() && (asked.is_none() || instead_of.is_some()));
    let before = tenant.history.before(shown.day);
    let summary = Summary::of(shown, &tenant.catalogue);
    let moves = [before, day_back(tenant, shown, WEEK), day_back(tenant, shown, MONTH)].map(|then| Some(ScoreMove::of(then?, shown)));
    let [move_day, move_week, move_month] = moves.map(|moved| Some(moved?.points));
    let [percent_move_day, percent_move_week, percent_move_month] = moves.map(|moved| moved?.percent);
    let [maximum_move_day, maximum_move_week, maximum_move_month] = moves.map(|moved| moved?.maximum);
    let known = |count: usize| shown.controls_known.then_some(count);
    let rest = |rest: f64| Some(format::round2(rest)).filter(|rest| shown.controls_known && !same_points(*rest, 0.0));
    let mut notes: Vec<Caveat> =
        stale.iter().map(Stale::note).chain(instead_of.map(|asked| caveats::other_day(asked, shown.day))).collect();
    notes.extend(caveats::notes(tenant, shown, before, &summary));
    let title = show::title(&tenant.name);
    let frame = match past {
        None => CardFrame::of(tenant, title, stale.clone(), next(&tenant.name, false, None)),
        Some(day) => CardFrame::of(tenant, format!("{title} on {day}"), None, next(&tenant.name, false, past))
            .of_the_past(format!("{}, day {day}", tenant.name)),
    };
    Ok(TenantScore {
        tenant: tenant.name.clone(),
        day: shown.day.to_string(),
        read: tenant.read_at.map(format::minute),
        points: format::round2(shown.points),
        maximum: show::known(shown.maximum).map(format::round2),
        percent: shown.percent().map(format::round2),
        day_before: before.map(|before| before.day.to_string()),
        move_day,
        percent_move_day,
        maximum_move_day,
        move_week,
        percent_move_week,
        maximum_move_week,
        move_month,
        percent_move_month,
        maximum_move_month,
        is_next_day: before.is_some_and(|before| before.day.tomorrow().is_ok_and(|next| next == shown.day)),
        moves,
        categories: categories(&summary),
        peers: peer::shown(shown).map(peer_row).collect(),
        controls: known(summary.controls),
        full: known(summary.full),
        partial: known(summary.partial),
        none: known(summary.none),
        accepted: known(summary.accepted),
        resolved_elsewhere: known(summary.resolved_elsewhere),
        statuses: StatusCounts::of(tenant, shown, past),
        maximum_unattributed: show::known(shown.maximum).and_then(|maximum| rest(maximum - summary.maximum_of_controls)),
        points_unexplained: rest(shown.points - summary.points_of_controls).filter(|_| summary.points_unknown == 0),
        notes,
        asked: Stale::asked(stale.as_ref()),
        link: facts
            .portal(tenant)
            .map(|portal| show::link(shown, before, portal).titled(format!("Microsoft Secure Score of {}", tenant.name)))
            .unwrap_or_default(),
        trend: trend(tenant, shown),
        frame,
    })
}

/// The percentage of each day held that the trend shows, up to the day that is `shown`.
fn trend(tenant: &TenantFacts, shown: &Snapshot) -> Vec<(Date, f64)> {
    let from = shown.day.checked_sub(i64::from(TREND).days()).unwrap_or(Date::MIN);
    tenant
        .history
        .days()
        .iter()
        .filter(|day| (from..=shown.day).contains(&day.day))
        .filter_map(|day| Some((day.day, day.percent()?)))
        .collect()
}

/// What people ask next: why it moved, up to the day that was asked for if that is a `past` one; what to do about it, what was decided.
fn next(tenant: &str, all: bool, past: Option<Date>) -> impl Iterator<Item = Next> {
    let until = past.map(|day| ("until", day.to_string()));
    let weakest = (!all).then(|| ask(SkillId::WeakestControls, tenant, "Weakest controls", Vec::new()));
    let changes = ask(SkillId::ScoreChanges, tenant, "What changed", until.into_iter().collect());
    let risks = ask(SkillId::AcceptedRisks, tenant, "Accepted risks", Vec::new());
    [Some(changes), weakest, Some(risks)].into_iter().flatten()
}

/// The categories that Microsoft documents and a few new ones, as it calls them; all others together: a free text of Graph's must not make
/// an answer long.
fn categories(summary: &Summary) -> Vec<CategoryRow> {
    let mut new: Vec<_> = summary.categories.iter().filter(|(category, _)| category.is_new()).collect();
    new.sort_by_key(|(_, sum)| Reverse(sum.controls));
    let rest: Vec<_> = new.into_iter().skip(NEW_CATEGORIES_MAX).map(|(category, _)| category).collect();
    let mut sums: Vec<(String, Sum)> = Vec::new();
    for (category, sum) in &summary.categories {
        let name = if rest.contains(&category) { "other".to_owned() } else { format::category(category) };
        match sums.iter_mut().find(|(other, _)| *other == name) {
            Some((_, all)) => all.add(sum),
            None => sums.push((name, *sum)),
        }
    }
    sums.into_iter().map(|(name, sum)| category_row(name, &sum)).collect()
}

fn category_row(name: String, sum: &Sum) -> CategoryRow {
    let known = sum.controls > sum.unknown + sum.unsaid;
    CategoryRow {
        name,
        points: known.then(|| format::round2(sum.points)),
        maximum: known.then(|| format::round2(sum.maximum)),
        unknown: sum.unknown,
        unknown_points: Some(format::round2(sum.apart)).filter(|apart| *apart > 0.0),
        unsaid: sum.unsaid,
        controls: sum.controls,
    }
}

/// The very day that lies `days` before the one that is shown, if it is held: another one would make a lie of the name of the span.
fn day_back<'a>(tenant: &'a TenantFacts, shown: &Snapshot, days: i64) -> Option<&'a Snapshot> {
    let day = shown.day.checked_sub(days.days()).ok()?;
    tenant.history.on_or_before(day).filter(|then| then.day == day)
}

/// The average of a group of tenants, which assistants know in few words and people as what it is.
fn peer_row(peer: &Peer) -> PeerRow {
    let PeerName { group, label } = PeerName::of(peer);
    PeerRow { group, percent: format::round2(peer.percent), label }
}
