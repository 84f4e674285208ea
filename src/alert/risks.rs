//! Who accepted a risk, and which acceptance is past its day? By the update in force and by what our own people say.
//!
//! Graph leaves a control out of a read now and then: of one that is gone nothing can be said, until it is gone for long. What was accepted
//! before the rule watched is no news, however it comes to light.

use jiff::civil::Date;

use super::{
    finding::{Finding, Verdict, bad, resolved, silenced},
    only::Only,
    rule_input::RuleInput,
};
use crate::{
    card::{Cell, Column, cell::DecisionEnd},
    score::{
        Control, ControlState, Profile,
        change::day_of,
        risk::{self, Decision},
        stated_expiry::{StatedExpiry, stated_expiry},
    },
    skills::wording,
    text::{cut, one_line},
};

/// The longest name of a person, in characters.
const WHO_MAX: usize = 80;

/// After so many days what was found about a control that is gone is forgotten.
const GONE_DAYS: i32 = 14;

/// Risks that somebody accepted who is not `allowed` to.
pub(super) fn accepted(allowed: &[String], only: &Only, input: &RuleInput<'_>) -> Vec<Verdict> {
    let profiles = input.tenant.catalogue.profiles();
    if profiles.is_empty() {
        return Vec::new();
    }
    let included = only.of(input.tenant);
    let one = |profile: &Profile| {
        let state = input.findings.get(&*profile.name);
        if !included.fits_named(&profile.name) {
            return state.map(|_| silenced(&profile.name));
        }
        let score = input.scored().and_then(|scored| scored.control(&profile.name));
        if profile.gone_since.is_some() && score.is_none() {
            return state.and_then(|_| gone(profile, input));
        }
        if *profile.state() != ControlState::Accepted {
            let news = format!("the risk is no longer accepted{}: {}", instead(profile.state()), input.title(&profile.name));
            return state.map(|_| resolved(&profile.name, news));
        }
        let decided = profile.in_force()?;
        let update = decided.update;
        let by = decided.first.by.as_deref().map(person);
        let may = by.as_ref().is_some_and(|by| allowed.contains(&by.trim().to_lowercase()));
        let before = decided.since().zip(input.state).is_some_and(|(at, state)| day_of(at) < day_of(state.since));
        let known = state.and_then(|state| state.mark.as_deref()).is_some_and(|mark| decided.is(mark));
        // Whoever may accept it may also extend what somebody else accepted; the same written again is no other acceptance.
        let mark = if may || before || known { state?.mark.clone() } else { Some(decided.mark()) };
        let left = score.and_then(|score| Control::join(score, &input.tenant.catalogue).points_left());
        let title = input.title(&profile.name);
        let (renewed, on) = match (decided.renews().map(day_of), decided.since().map(day_of)) {
            (Some(set), Some(renewed)) if set < renewed => (true, format!(" since {set}, renewed on {renewed}")),
            (_, on) => (false, on.map_or_else(String::new, |on| format!(" on {on}"))),
        };
        let left_out = left.map_or_else(String::new, |left| format!(", {} forgone", wording::amount(left)));
        let ours = input.tenant.annotations.get(&profile.name);
        let stated_in_comment = || update.comment.as_deref().and_then(stated_expiry);
        let stated = ours.and_then(|ours| ours.until).map(StatedExpiry::Day).or_else(stated_in_comment);
        let cells = vec![
            (Column::State, if renewed { Cell::text("renewed") } else { Cell::Empty }),
            (Column::Decided, Cell::Day(decided.since().map(day_of))),
            (Column::Until, until(stated.as_ref(), day_of(input.now))),
            (Column::Forgone, Cell::Points(left)),
        ];
        let end = match stated {
            Some(StatedExpiry::Day(until)) => format!(" until {until}"),
            Some(StatedExpiry::Unclear(words)) => format!(" (its end date is not understood: {})", wording::quoted(&words)),
            None => String::new(),
        };
        Some(bad(Finding {
            subject: profile.name.to_string(),
            news: if renewed { format!("an accepted risk was renewed: {title}") } else { format!("a risk was accepted: {title}") },
            detail: format!("accepted{on}{end}{left_out}"),
            cells,
            title,
            control: true,
            why: update.comment.as_deref().map(wording::quoted).unwrap_or_default(),
            who: by,
            owner: ours.and_then(|ours| ours.owner.as_deref()).map(person),
            forgone: left,
            badness: left.unwrap_or(0.0),
            event: true,
            mark,
            ..Finding::default()
        }))
    };
    let dropped = input.findings.keys().filter(|name| input.tenant.catalogue.get(name).is_none()).map(|name| silenced(name));
    profiles.iter().filter_map(one).chain(dropped).collect()
}

/// The end of an acceptance, as it was stated.
fn until(stated: Option<&StatedExpiry>, today: Date) -> Cell {
    match stated {
        Some(StatedExpiry::Day(until)) => Cell::End(DecisionEnd::Day(*until, *until < today)),
        Some(StatedExpiry::Unclear(words)) => Cell::End(DecisionEnd::Unclear(words.clone())),
        None => Cell::Empty,
    }
}

/// What was decided in the place of an acceptance, if anything was.
fn instead(state: &ControlState) -> String {
    match state {
        ControlState::Default | ControlState::Accepted => String::new(),
        ControlState::ThirdParty | ControlState::Reviewed | ControlState::Mitigated | ControlState::Other(_) => {
            format!(", now {}", state.words())
        }
    }
}

fn person(name: &str) -> String {
    cut(&one_line(name), WHO_MAX)
}

/// What is said of a control that Graph no longer has: nothing at first, then that it is forgotten.
fn gone(profile: &Profile, input: &RuleInput<'_>) -> Option<Verdict> {
    let days = day_of(input.now).since(profile.gone_since?).ok()?.get_days();
    (days >= GONE_DAYS).then(|| silenced(&profile.name))
}

/// Acceptances that are past their day.
pub(super) fn ended(input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(newest) = input.scored().or(input.newest()) else { return Vec::new() };
    let tenant = input.tenant;
    if tenant.catalogue.profiles().is_empty() {
        return Vec::new();
    }
    let today = day_of(input.now);
    let one = |decision: &Decision<'_>| {
        let (name, title) = (&decision.profile.name, input.title(&decision.profile.name));
        let accepted = *decision.state() == ControlState::Accepted;
        let Some(until) = decision.until.filter(|until| accepted && *until < today) else {
            let news = match decision.until {
                _ if !accepted => format!("no longer accepted{}: {title}", instead(decision.state())),
                Some(until) => format!("accepted until {until}: {title}"),
                None => format!("accepted without an end: {title}"),
            };
            return input.findings.contains_key(&**name).then(|| resolved(name, news));
        };
        let left = decision.points_given_up();
        let left_out = left.map_or_else(String::new, |left| format!(", {} forgone", wording::amount(left)));
        let update = decision.updates.first();
        let owner = decision.annotation.and_then(|annotation| annotation.owner.clone());
        Some(bad(Finding {
            subject: name.to_string(),
            news: format!("an acceptance expired on {until}: {title}"),
            detail: format!("expired on {until}{left_out}"),
            cells: vec![(Column::Until, Cell::End(DecisionEnd::Day(until, true))), (Column::Forgone, Cell::Points(left))],
            title,
            control: true,
            why: update.and_then(|update| update.comment.as_deref()).map(wording::quoted).unwrap_or_default(),
            who: owner.or_else(|| update.and_then(|update| update.by.clone())).map(|who| person(&who)),
            forgone: left,
            badness: left.unwrap_or(0.0),
            ..Finding::default()
        }))
    };
    let decisions = risk::decisions(newest, &tenant.catalogue, &tenant.annotations, risk::DecisionQuery::on(today));
    let decided = |name: &str| decisions.iter().any(|decision| *decision.profile.name == *name);
    let withdrawn = input.findings.keys().filter(|name| !decided(name)).filter_map(|name| match tenant.catalogue.get(name) {
        None => Some(silenced(name)),
        Some(profile) if profile.gone_since.is_some() => gone(profile, input),
        Some(profile) => Some(resolved(name, format!("no longer accepted{}: {}", instead(profile.state()), input.title(name)))),
    });
    decisions.iter().filter_map(one).chain(withdrawn).collect()
}
