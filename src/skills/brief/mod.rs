//! How does a tenant stand, in one call: its score and its move, what fell, which risks were accepted or ended, and what to do next?
//!
//! For hosts that bill by the call, and for whoever reads one message in the morning. Each part has a skill of its own that tells more.

mod acceptances;
mod actions;
mod falls;
mod show;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    acceptances::BriefAcceptances,
    actions::{BriefAction, QuickWins},
    falls::{BriefFall, Falls},
};
use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    caveat::{self, Caveat},
    fit,
    follow_ups::{CardFrame, ask},
    format,
    fresh::Stale,
    licence,
    link::{Link, Titled},
    score_move::ScoreMove,
    since::{self, Since},
    tally::{Sides, Tally},
};
use crate::{
    card::{Card, Next},
    error::Result,
    score::{
        Snapshot,
        change::{self, Diff},
        same_points,
    },
    skill_id::SkillId,
};

/// Since when.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefArgs {
    /// Day compared with: week (default), month, 14, 2026-01-31.
    #[serde(default = "week")]
    #[schemars(regex(pattern = since::PATTERN))]
    since: String,
}

fn week() -> String {
    "week".to_owned()
}

/// How a tenant stands, what fell, what was accepted, and what to do next.
#[derive(Serialize, JsonSchema)]
pub struct BriefAnswer {
    /// The tenant.
    tenant: String,
    /// The newest day (UTC).
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// Points on that day.
    points: f64,
    /// Points that make 100 %; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    /// Points in percent of the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// The earlier day that it is compared with; absent when no other is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    since: Option<Date>,
    /// The day that was asked for, where it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    since_asked: Option<Date>,
    /// How many days between have no data; absent when none is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<usize>,
    /// Points gained or lost since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_moved: Option<f64>,
    /// How the maximum changed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_moved: Option<f64>,
    /// Of moved, what no control explains; absent when all is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<f64>,
    #[serde(flatten)]
    sides: Sides,
    /// The controls that lost most by what the tenant did; tenant_worse counts all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    falls: Vec<BriefFall>,
    #[serde(flatten)]
    acceptances: BriefAcceptances,
    /// Quick wins: what to do first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<BriefAction>,
    /// Points that these give together.
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<f64>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    score_move: Option<ScoreMove>,
    /// What changed, where the controls of both days are known.
    #[serde(skip)]
    tally: Option<Tally>,
    /// Falls that are not listed: how many, and their points.
    #[serde(skip)]
    more_falls: (usize, f64),
    #[serde(skip)]
    together_share: Option<f64>,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
}

impl super::Skill for BriefArgs {
    const CHAT: &'static str = "brief";
    const SUMMARY: &'static str = "A posture brief: score and its move, falls, new and ended acceptances, what to do next.";
    const GUIDE: &'static str = "Use for a posture brief in one call: score and its move, falls, new and ended acceptances, quick wins. For one part use its tool, such as score_changes.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 2, profiles: true };
    type Answer = BriefAnswer;

    fn needs(&self, _all: bool) -> Needs {
        Needs { earlier: self.since().ok().and_then(Since::earlier), catalogue: Texts::Whole, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        self.since().map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<BriefAnswer> {
        brief(facts, self.since()?)
    }

    fn text(answer: &BriefAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &BriefAnswer) -> Card {
        show::card(answer)
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "week", prompt: "Brief me on our Secure Score.", tenant: "contoso", args: "{}" },
            Example {
                name: "month",
                prompt: "What happened to our Secure Score this month, and what should we do next?",
                tenant: "contoso",
                args: r#"{"since":"month"}"#,
            },
        ]
    }
}

impl BriefArgs {
    fn since(&self) -> Result<Since> {
        Since::parse(&self.since)
    }
}

fn brief(facts: &Facts, since: Since) -> Result<BriefAnswer> {
    let tenant = facts.tenant()?;
    let (newest, scored) = (tenant.newest()?, tenant.with_controls()?);
    if since.is_too_new(newest.day) {
        return Err(since::too_new(newest.day));
    }
    let (before, other) = since.find(&tenant.history, newest).unzip();
    let stale = Stale::of(newest.day, facts.today);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    let other = other.flatten();
    notes.extend(before.zip(other).map(|(before, asked)| caveat::other_day(asked, before.day)));
    let diff = before.map(|before| change::diff(before, newest, &tenant.catalogue));
    let known = diff.as_ref().filter(|diff| diff.unknown.is_empty());
    let tally = known.map(|diff| Tally::of(diff.changes.iter()));
    let mut falls = Falls::of(known.map_or(&[], |diff| &diff.changes), facts, tenant);
    // Without a day to compare with, since the one that was asked for.
    let from = before.map_or_else(|| since.day(newest.day), |before| before.day);
    let mut acceptances = BriefAcceptances::of(scored, tenant, facts, from);
    let mut wins = QuickWins::of(scored, tenant, facts);
    let cut = [falls.fitted(), acceptances.fitted(), wins.fitted()].contains(&true);
    notes.extend(missing(tenant, (newest, scored), before, diff.as_ref()));
    notes.extend(wins.notes());
    notes.extend(cut.then(|| fit::cut_note("control tells each whole")));
    let score_move = before.map(|before| ScoreMove::of(before, newest));
    let title = show::title(&tenant.name, before.map(|before| before.day));
    Ok(BriefAnswer {
        tenant: tenant.name.clone(),
        day: newest.day.to_string(),
        asked: Stale::asked(stale.as_ref()),
        read: tenant.read_at.map(format::minute),
        points: format::round2(newest.points),
        maximum: newest.maximum.filter(|maximum| *maximum > 0.0).map(format::round2),
        percent: newest.percent().map(format::round2),
        since: before.map(|before| before.day),
        since_asked: other,
        missing: before.map(|before| tenant.history.missing(before.day, newest.day).len()).filter(|missing| *missing > 0),
        moved: score_move.map(|moved| moved.points),
        percent_moved: score_move.and_then(|moved| moved.percent),
        maximum_moved: score_move.and_then(|moved| moved.maximum),
        unexplained: known.map(|diff| format::round2(diff.points.rest)).filter(|rest| !same_points(*rest, 0.0)),
        sides: tally.as_ref().zip(known).map(|(tally, diff)| Sides::of(tally, diff, 0)).unwrap_or_default(),
        falls: falls.rows,
        acceptances,
        actions: wins.rows,
        together: wins.together.map(format::round2),
        together_share: wins
            .together
            .zip(newest.maximum.filter(|maximum| *maximum > 0.0))
            .map(|(sum, of)| format::round2(100.0 * sum / of)),
        notes,
        link: facts
            .portal(tenant)
            .map(|portal| Link::new(show::subtitle(newest, score_move), portal.score()).titled(title.clone()))
            .unwrap_or_default(),
        score_move,
        tally,
        more_falls: falls.more,
        as_of: format::as_of(tenant, newest.day),
        frame: CardFrame::of(tenant, title, stale, next(&tenant.name, since)),
    })
}

/// What of the maximum's move no control explains; `None` where that is nothing, or not known.
fn maximum_unexplained(diff: Option<&Diff<'_>>) -> Option<f64> {
    let rest = diff?.maximum.filter(|_| diff.is_some_and(|diff| diff.unknown.is_empty()))?.rest;
    Some(format::round2(rest)).filter(|rest| !same_points(*rest, 0.0))
}

/// What is not known, or needs care: of the days that are compared, and of the day whose controls are told.
fn missing(
    tenant: &TenantFacts,
    (newest, scored): (&Snapshot, &Snapshot),
    before: Option<&Snapshot>,
    diff: Option<&Diff<'_>>,
) -> Vec<Caveat> {
    let mut notes = Vec::new();
    match before {
        Some(before) => {
            notes.extend(caveat::missing(&tenant.history, before.day, newest.day));
            notes.extend(licence::changed(&tenant.history, before, newest, maximum_unexplained(diff)));
        }
        None => notes.push(caveat::only_one_day()),
    }
    match diff {
        Some(diff) => notes.extend(caveat::controls_unknown(&diff.unknown)),
        None if !newest.controls_known => notes.extend(caveat::controls_unknown(&[newest.day])),
        None => {}
    }
    if !newest.controls_known {
        notes.extend(caveat::controls_of(scored));
    }
    notes
}

/// What people ask next: more of each part.
fn next(tenant: &str, since: Since) -> impl Iterator<Item = Next> {
    let word = since.word().map(|word| ("since", word));
    [
        ask(SkillId::ScoreChanges, tenant, "What changed", word.into_iter().collect()),
        ask(SkillId::WeakestControls, tenant, "Quick wins", vec![("order", "quick_wins".to_owned())]),
        ask(SkillId::AcceptedRisks, tenant, "Accepted risks", Vec::new()),
        ask(SkillId::ImprovementPlan, tenant, "Plan", Vec::new()),
    ]
    .into_iter()
}
