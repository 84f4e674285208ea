//! Where do we stand?

mod all;
mod caveats;
mod show;

pub use self::all::AllScores;
use self::all::all;
pub(crate) use self::show::title;

use std::cmp::Reverse;

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
    peer::PeerName,
};
use crate::{
    card::{Card, Next},
    error::Result,
    score::{Peer, Snapshot, Sum, Summary},
    skill_id::SkillId,
};

/// How far back the moves look, in days.
const MONTH: i64 = 30;
const WEEK: i64 = 7;
/// How far back the card's trend looks, in days: as far as Microsoft does.
const TREND: u32 = 90;
/// Graph gives two groups of tenants today; more would only make the answer long.
const PEERS_MAX: usize = 3;

/// How many categories that this version does not know are told apart.
const NEW_CATEGORIES_MAX: usize = 3;

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecureScoreArgs {}

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
    /// Points gained or lost in 7 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_week: Option<f64>,
    /// Points gained or lost in 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_month: Option<f64>,
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
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    pub(crate) frame: CardFrame,
}

/// How a score moved.
#[derive(Debug, Clone, Copy)]
pub struct ScoreMove {
    /// In points.
    points: f64,
    /// In percentage points; `None` where the maximum of a day is not known.
    percent: Option<f64>,
}

impl ScoreMove {
    fn of(then: &Snapshot, newest: &Snapshot) -> Self {
        let percent = newest.percent().zip(then.percent()).map(|(now, then)| format::round2(format::round2(now) - format::round2(then)));
        Self { points: format::round2(newest.points - then.points), percent }
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
    const SUMMARY: &'static str = "Where we stand: points, percent, change since yesterday, week and month, categories, peers.";
    const GUIDE: &'static str = "Use for the current Microsoft Secure Score of a tenant, or of all (tenant=all). For single weak controls use weakest_controls, for reasons of a change score_changes.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 1, profiles: false };
    type Answer = SecureScoreAnswer;

    fn needs(&self, all: bool) -> Needs {
        Needs { days: if all { 0 } else { TREND }, catalogue: if all { Texts::None } else { Texts::Bare }, ..Needs::default() }
    }

    fn answer(&self, facts: &Facts) -> Result<SecureScoreAnswer> {
        if facts.all { Ok(SecureScoreAnswer::All(all(facts))) } else { Ok(SecureScoreAnswer::One(Box::new(one(facts)?))) }
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
            Example { name: "all", prompt: "How do all our tenants stand?", tenant: "all", args: "{}" },
        ]
    }
}

/// Where the one tenant that is asked about stands.
pub fn one(facts: &Facts) -> Result<TenantScore> {
    let tenant = facts.tenant()?;
    let newest = tenant.newest()?;
    let before = tenant.history.before(newest.day);
    let summary = Summary::of(newest, &tenant.catalogue);
    let moves = [before, day_back(tenant, newest, WEEK), day_back(tenant, newest, MONTH)].map(|then| Some(ScoreMove::of(then?, newest)));
    let [move_day, move_week, move_month] = moves.map(|moved| Some(moved?.points));
    let known = |count: usize| newest.controls_known.then_some(count);
    let stale = Stale::of(newest.day, facts.today);
    Ok(TenantScore {
        tenant: tenant.name.clone(),
        day: newest.day.to_string(),
        read: tenant.read_at.map(format::minute),
        points: format::round2(newest.points),
        maximum: show::known(newest.maximum).map(format::round2),
        percent: newest.percent().map(format::round2),
        day_before: before.map(|before| before.day.to_string()),
        move_day,
        move_week,
        move_month,
        moves,
        categories: categories(&summary),
        peers: newest.peers.iter().take(PEERS_MAX).map(peer_row).collect(),
        controls: known(summary.controls),
        full: known(summary.full),
        partial: known(summary.partial),
        none: known(summary.none),
        accepted: known(summary.accepted),
        resolved_elsewhere: known(summary.resolved_elsewhere),
        notes: stale.iter().map(Stale::note).chain(caveats::notes(tenant, newest, before, &summary)).collect(),
        asked: Stale::asked(stale.as_ref()),
        link: facts
            .portal(tenant)
            .map(|portal| show::link(newest, before, portal).titled(format!("Microsoft Secure Score of {}", tenant.name)))
            .unwrap_or_default(),
        trend: trend(tenant, newest),
        as_of: format::as_of(tenant, newest.day),
        frame: CardFrame::of(tenant, show::title(&tenant.name), stale, next(&tenant.name, false)),
    })
}

/// The percentage of each day held that the trend shows.
fn trend(tenant: &TenantFacts, newest: &Snapshot) -> Vec<(Date, f64)> {
    let from = newest.day.checked_sub(i64::from(TREND).days()).unwrap_or(Date::MIN);
    tenant.history.days().iter().filter(|day| day.day >= from).filter_map(|day| Some((day.day, day.percent()?))).collect()
}

/// What people ask next: why it moved, what to do about it, what was decided.
fn next(tenant: &str, all: bool) -> impl Iterator<Item = Next> {
    let weakest = (!all).then(|| ask(SkillId::WeakestControls, tenant, "Weakest controls", Vec::new()));
    let changes = ask(SkillId::ScoreChanges, tenant, "What changed", Vec::new());
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

/// The very day that lies `days` before the newest, if it is held: another one would make a lie of the name of the span.
fn day_back<'a>(tenant: &'a TenantFacts, newest: &Snapshot, days: i64) -> Option<&'a Snapshot> {
    let day = newest.day.checked_sub(days.days()).ok()?;
    tenant.history.on_or_before(day).filter(|then| then.day == day)
}

/// The average of a group of tenants, which assistants know in few words and people as what it is.
fn peer_row(peer: &Peer) -> PeerRow {
    let PeerName { group, label } = PeerName::of(peer);
    PeerRow { group, percent: format::round2(peer.percent), label }
}
