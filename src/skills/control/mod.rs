//! What is this control about, how is it fixed, and how did it go?

mod caveats;
mod decided;
mod fits;
mod show;

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    decided::ControlDecision,
    fits::{Fit, SeveralControls},
    show::standing,
};
use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts,
    annotations::AnnotationFields,
    caveat::{self, Caveat},
    fit::{self, fit},
    follow_ups::{self, FollowUps, ask},
    format,
    fresh::Stale,
    licence,
    link::Portal,
};
use crate::{
    card::{Card, Next},
    error::Result,
    score::{
        Catalogue, Control, ControlProgress, ControlScore, ControlState, Profile, Snapshot, same_points,
        search::{self, ControlMatch},
    },
    skill_id::SkillId,
    text::{Spans, cut_for_tokens},
};

/// How far back a control's own history looks, in days.
const HISTORY_DAYS: u32 = 90;
/// How many moves of it are listed.
const MOVES_MAX: usize = 3;
/// How much of the remediation a card has before it is asked for, in quarters of a token.
const SHORT: usize = 260;
/// How much room words of Microsoft and of people have for assistants, likewise, and where the whole is asked for: some 2,000 tokens of prose.
const ROOM: usize = 640;
const WHOLE: usize = 8_000;

/// Which control, and how much about it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlArgs {
    /// Id or words of its title: AdminMFAV2, legacy auth.
    #[schemars(extend("x-suggest" = "control", "x-alias" = "control"))]
    name: String,
    /// All of the remediation.
    #[serde(default)]
    whole: bool,
}

/// One control, or those of which one may be meant.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, and hardly moved")]
pub enum ControlAnswer {
    /// The control that is meant.
    One(Box<AboutControl>),
    /// Several that the words fit, and none more than another.
    Several(SeveralControls),
}

/// One control.
#[derive(Default, Serialize, JsonSchema)]
pub struct AboutControl {
    /// The tenant.
    tenant: String,
    /// The day of the score (UTC).
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// The control's id; absent when several fit and none is meant more than another.
    control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Its service, as Microsoft codes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Points had; absent when not scored or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    /// Points it can give; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// How much of it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// What it costs to implement; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'static str>,
    /// What people feel of it; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<&'static str>,
    /// The plan that it seems to need; absent when nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'static str>,
    /// Whether the tenant seems to have that plan; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    licensed: Option<bool>,
    /// Threats it is against.
    #[serde(skip_serializing_if = "Option::is_none")]
    threats: Option<String>,
    /// What somebody decided about it: risk accepted, third party, alternate mitigation, reviewed; absent when nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// When that was decided; if it was written again since, the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    on: Option<Date>,
    /// Who decided it; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The comment of that decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(flatten)]
    annotations: AnnotationFields,
    /// The last day of the acceptance, or that we gave the control.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    until: Option<Date>,
    /// Words that look like such a day and are not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    unclear_end: Option<String>,
    /// True when the acceptance is past its last day; Microsoft still counts it as accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expired: bool,
    /// The last day that we gave it, where it is not that of an acceptance.
    #[serde(skip)]
    ours_until: Option<Date>,
    /// When that was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<String>,
    /// Who changed it; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<String>,
    #[serde(skip)]
    changed_by_id: Option<String>,
    /// The same decision for people.
    #[serde(skip)]
    decision: Option<ControlDecision>,
    /// What Microsoft sees in the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// When Microsoft last looked; what was done since cannot show yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<String>,
    /// What the control is for, when there is no remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<String>,
    /// What fixing it does to people; only with the whole remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation_impact: Option<String>,
    /// Its last changes, newest first: day, points before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moves: Vec<String>,
    /// The same for assistants.
    #[serde(skip)]
    moves_told: Vec<String>,
    /// The point of it in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-linked" = true))]
    subtitle: Option<String>,
    /// Where to act, in the Microsoft Defender portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Other controls that the words fit; all that fit when none is meant more than another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fits: Vec<Fit>,
    /// How many controls the words fit; absent when it is only this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fitting: Option<usize>,
    /// What is missing or needs care.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    /// When our own people and Microsoft last looked at it.
    #[serde(skip)]
    changed_at: Option<Timestamp>,
    #[serde(skip)]
    looked_at: Option<Timestamp>,
    #[serde(skip)]
    licence: Option<String>,
    #[serde(skip)]
    standing: Option<ControlProgress>,
    #[serde(skip)]
    trend: Vec<(Date, f64)>,
    #[serde(skip)]
    long: Vec<(String, Spans)>,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    stale: Option<Stale>,
    #[serde(skip)]
    follow_ups: FollowUps,
}

impl super::Skill for ControlArgs {
    const CHAT: &'static str = "control";
    const SUMMARY: &'static str = "What a control is about, how to fix it, its history; by id, title words or nearest name.";
    const GUIDE: &'static str =
        "Use for one control: what it is, how it stands, who decided what, how to fix it. To find weak ones use weakest_controls.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Answer = ControlAnswer;

    fn needs(&self, _all: bool) -> Needs {
        Needs { days: HISTORY_DAYS, catalogue: Texts::Whole, ..Needs::default() }
    }

    fn answer(&self, facts: &Facts) -> Result<ControlAnswer> {
        let tenant = facts.tenant()?;
        let newest = tenant.newest()?;
        let scored = tenant.with_controls()?;
        let found = || search::find(&self.name, Some(scored), &tenant.catalogue);
        let (name, others, note) = match gone(&self.name, tenant, scored).map_or_else(found, |gone| ControlMatch::One(gone, Vec::new())) {
            ControlMatch::One(name, others) => (name, others, None),
            ControlMatch::Several(names) => return Ok(ControlAnswer::Several(fits::several(facts, tenant, scored, &self.name, &names))),
            ControlMatch::Nearest(name) => (name, Vec::new(), Some(caveats::nearest(&self.name))),
            ControlMatch::None(near) => return Err(fits::none(&self.name, &near)),
        };
        let mut answer = about(tenant, scored, name, self.whole, facts);
        answer.notes.extend(caveats::earlier(newest, scored));
        let titled = others.iter().map(|other| (*other, tenant.catalogue.get(other).map_or(*other, |profile| &*profile.title)));
        let titled: Vec<(&str, &str)> = titled.collect();
        let more = !self.whole && answer.remediation.is_some();
        answer.follow_ups = FollowUps::of_control(tenant, name, next(&tenant.name, name, &titled, more));
        answer.fits = fits::others(facts, tenant, scored, &others);
        answer.fitting = (!others.is_empty()).then(|| others.len() + 1);
        answer.notes.extend(note);
        if facts.links {
            answer.title.get_or_insert_with(|| answer.control.clone());
            answer.subtitle =
                Some(answer.category.as_ref().map_or_else(|| standing(&answer), |category| format!("{}, {category}", standing(&answer))));
        }
        Ok(ControlAnswer::One(Box::new(answer)))
    }

    fn text(answer: &ControlAnswer) -> String {
        match answer {
            ControlAnswer::One(one) => caveat::text(show::text(one), &one.notes),
            ControlAnswer::Several(several) => caveat::text(fits::text(several), &several.notes),
        }
    }

    fn card(answer: &ControlAnswer) -> Card {
        match answer {
            ControlAnswer::One(one) => {
                let title = one.title.clone().unwrap_or_else(|| one.control.clone());
                one.follow_ups.card(title, show::blocks(one), format!("{}, {}", one.control, one.foot))
            }
            ControlAnswer::Several(several) => fits::card(several),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                name: "words",
                prompt: "What is the control about legacy authentication, and how do we fix it?",
                tenant: "contoso",
                args: r#"{"name":"legacy auth"}"#,
            },
            Example {
                name: "whole",
                prompt: "Give me every step to require MFA for administrators.",
                tenant: "contoso",
                args: r#"{"name":"AdminMFAV2","whole":true}"#,
            },
        ]
    }
}

/// The control that is called `typed`, as a list of changes shows it: scored on an earlier day, and neither scored nor described any more.
fn gone<'a>(typed: &str, tenant: &'a TenantFacts, newest: &'a Snapshot) -> Option<&'a str> {
    let scored = |day: &'a Snapshot| day.controls.iter().map(|score| &*score.name);
    let described = tenant.catalogue.profiles().iter().map(|profile| &*profile.name);
    if search::named(typed, scored(newest).chain(described)).is_some() {
        return None;
    }
    let earlier: BTreeSet<&str> = tenant.history.days().iter().flat_map(scored).collect();
    search::named(typed, earlier.iter().copied())
}

/// What people ask next: the rest of it, the others that their words may have meant, or what changed.
fn next(tenant: &str, name: &str, others: &[(&str, &str)], more: bool) -> impl Iterator<Item = Next> {
    let whole = follow_ups::whole(tenant, name).filter(|_| more);
    let others = others.iter().filter_map(|(other, title)| follow_ups::other(tenant, other, title));
    whole.into_iter().chain(others).chain([ask(SkillId::ScoreChanges, tenant, "What changed", Vec::new())])
}

fn about(tenant: &TenantFacts, newest: &Snapshot, name: &str, whole: bool, facts: &Facts) -> AboutControl {
    let (names, today) = (facts.names, facts.today);
    let control = newest.control(name).map(|score| Control::join(score, &tenant.catalogue));
    let profile = tenant.catalogue.get(name);
    let last = tenant.history.days().iter().rev().find_map(|day| day.control(name).map(|score| (day.day, score)));
    let stale = Stale::of(newest.day, today);
    let looked_at = control.and_then(|control| control.score.evidence.as_ref()?.synced);
    let (moves, moves_told) = moves(tenant, name);
    let mut answer = AboutControl {
        tenant: tenant.name.clone(),
        day: newest.day.to_string(),
        read: tenant.read_at.map(format::minute),
        as_of: format::as_of(tenant, newest.day),
        control: format::name(name),
        category: category(last.map(|(_, score)| score), profile),
        points: control.and_then(|control| control.score.points).map(format::round2),
        max: control.map_or_else(|| profile.and_then(|profile| profile.maximum), |control| control.maximum).map(format::round2),
        percent: control.and_then(|control| control.percent()).map(format::round2),
        status: control
            .and_then(|control| control.score.evidence.as_deref())
            .map(|evidence| evidence.status.line())
            .filter(|status| !status.is_empty()),
        looked: looked_at.map(format::minute),
        looked_at,
        moves,
        moves_told,
        url: Some(Portal::of(tenant).control(name)),
        standing: control.map(|control| control.standing()),
        trend: tenant
            .history
            .days()
            .iter()
            .filter_map(|day| Some((day.day, Control::join(day.control(name)?, &tenant.catalogue).percent()?)))
            .collect(),
        foot: format::foot(tenant),
        asked: Stale::asked(stale.as_ref()),
        notes: stale.iter().map(Stale::note).collect(),
        stale,
        ..AboutControl::default()
    };
    let annotation = tenant.annotations.get(name);
    let need = tenant.licence_of_named(name, profile.and_then(|profile| profile.service.as_deref()));
    answer.plan = need.map(|need| need.plan);
    answer.licensed = need.and_then(|need| need.held);
    answer.licence = need.map(licence::words);
    describe(&mut answer, name, &tenant.catalogue, whole);
    let decided = profile.and_then(Profile::in_force).filter(|decided| decided.update.state != ControlState::Default);
    answer.decided(decided, annotation, today, names);
    answer.noted(annotation, names);
    answer.fitted(whole);
    answer.notes.extend(caveats::notes(control.is_some(), newest, profile, last.map(|(day, _)| day)));
    answer.notes.extend(control.as_ref().and_then(caveats::points));
    answer
}

fn category(score: Option<&ControlScore>, profile: Option<&Profile>) -> Option<String> {
    score.map(|score| &score.category).or_else(|| profile.map(|profile| &profile.category)).map(format::category)
}

/// What the catalogue knows of the control.
fn describe(answer: &mut AboutControl, name: &str, catalogue: &Catalogue, whole: bool) {
    let line = |spans: &Spans| Some(spans.line()).filter(|line| !line.is_empty());
    let profile = catalogue.get(name);
    let description = catalogue.description(name);
    let about = description.map(Spans::line).unwrap_or_default();
    answer.remediation = profile.and_then(|profile| {
        let line = profile.remediation.line();
        // Microsoft often begins with what the control is for; the steps are what was asked for.
        let steps = line.strip_prefix(about.as_str()).map(str::trim_start).filter(|steps| !steps.is_empty()).unwrap_or(&line);
        (!steps.is_empty()).then(|| steps.to_owned())
    });
    if whole || answer.remediation.is_none() {
        answer.about = description.and_then(line);
    }
    answer.long.extend(description.filter(|spans| !spans.is_empty()).map(|spans| ("What it is for".to_owned(), spans.clone())));
    let Some(profile) = profile else { return };
    answer.title = Some(profile.title.clone());
    answer.service = profile.service.as_deref().map(format::word);
    answer.cost = profile.cost.word();
    answer.impact = profile.impact.word();
    answer.threats = (!profile.threats.is_empty()).then(|| profile.threats.join(", "));
    if whole {
        answer.remediation_impact = line(&profile.remediation_impact);
    }
    let remediation = if whole {
        steps(&profile.remediation, description)
    } else {
        Spans::plain(&cut_for_tokens(answer.remediation.as_deref().unwrap_or_default(), SHORT))
    };
    answer.long.extend(Some(remediation).filter(|spans| !spans.is_empty()).map(|spans| ("How to fix it".to_owned(), spans)));
    if whole && !profile.remediation_impact.is_empty() {
        answer.long.push(("User impact".to_owned(), profile.remediation_impact.clone()));
    }
}

impl AboutControl {
    /// Cuts words of Microsoft and of people that are too long for an answer, and notes how the rest is read.
    fn fitted(&mut self, whole: bool) {
        let texts = [
            &mut self.title,
            &mut self.threats,
            &mut self.by,
            &mut self.comment,
            &mut self.changed_by,
            &mut self.status,
            &mut self.about,
            &mut self.remediation,
            &mut self.remediation_impact,
        ];
        let room = if whole { WHOLE } else { ROOM };
        let cut = fit(room, texts.into_iter().flatten().chain(self.annotations.texts()));
        let how = if whole { "the portal has the rest" } else { "whole=true tells all" };
        self.notes.extend(cut.then(|| fit::cut_note(how)));
    }
}

/// The `remediation` without what the control is for, which stands above it.
fn steps(remediation: &Spans, description: Option<&Spans>) -> Spans {
    let rest = description.and_then(|description| remediation.0.strip_prefix(description.0.as_slice()));
    rest.filter(|rest| !rest.is_empty()).map_or_else(|| remediation.clone(), |rest| Spans(rest.to_vec()))
}

/// The newest moves of a control's points, as `2026-11-21: 10 to 6.67`, and for assistants, who see that these are days of the last months, as
/// `10 to 6.67 on 11-21`.
fn moves(tenant: &TenantFacts, name: &str) -> (Vec<String>, Vec<String>) {
    let scores: Vec<(Date, f64)> = tenant.history.days().iter().filter_map(|day| Some((day.day, day.control(name)?.points?))).collect();
    let moved = |pair: &&[(Date, f64)]| !same_points(pair[0].1, pair[1].1);
    let all: Vec<&[(Date, f64)]> = scores.windows(2).filter(moved).collect();
    let newest = all.iter().rev().take(MOVES_MAX).map(|pair| {
        let (day, span) = (pair[1].0, format!("{} to {}", format::points(pair[0].1), format::points(pair[1].1)));
        (format!("{day}: {span}"), format!("{span} on {}", day.strftime("%m-%d")))
    });
    let (mut listed, mut told): (Vec<String>, Vec<String>) = newest.unzip();
    let more = scores.first().filter(|_| all.len() > MOVES_MAX).map(|(first, _)| format!("{} more since {first}", all.len() - MOVES_MAX));
    listed.extend(more.clone());
    told.extend(more);
    (listed, told)
}
