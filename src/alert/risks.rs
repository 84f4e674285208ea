//! Who accepted a risk, and which acceptance is past its day? By the update in force and by what our own people say.
//!
//! Graph leaves a control out of a read now and then: of one that is gone nothing can be said, until it is gone for long. What was accepted
//! before the rule watched is no news, however it comes to light.

use super::{
    Seen, Verdict,
    find::{Finding, bad, over, quietly},
};
use crate::{
    score::{
        Control, Profile, State,
        change::day_of,
        risk::{self, Decision},
    },
    skills::tell,
    text::{cut, one_line},
};

/// The longest name of a person, in characters.
const WHO_MAX: usize = 80;

/// After so many days what was found about a control that is gone is forgotten.
const GONE_DAYS: i32 = 14;

/// Risks that somebody accepted who is not `allowed` to.
pub(super) fn accepted(allowed: &[String], seen: &Seen<'_>) -> Vec<Verdict> {
    let profiles = seen.tenant.catalogue.profiles();
    if profiles.is_empty() {
        return Vec::new();
    }
    let one = |profile: &Profile| {
        let state = seen.states.get(&*profile.name);
        if profile.gone_since.is_some() {
            return state.and_then(|_| gone(profile, seen));
        }
        if *profile.state() != State::Accepted {
            let news = format!("the risk is no longer accepted: {}", seen.title(&profile.name));
            return state.map(|_| over(&profile.name, news));
        }
        let update = profile.effective()?;
        let mark = update.at.map_or_else(|| "undated".to_owned(), |at| at.to_string());
        let by = update.by.as_deref().map(person);
        let may = by.as_ref().is_some_and(|by| allowed.contains(&by.trim().to_lowercase()));
        let before = update.at.zip(seen.memory).is_some_and(|(at, memory)| day_of(at) < day_of(memory.since));
        // Whoever may accept it may also extend what somebody else accepted.
        let mark = if may || before { state?.mark.clone() } else { Some(mark) };
        let control =
            seen.newest().and_then(|newest| newest.control(&profile.name)).map(|score| Control::join(score, &seen.tenant.catalogue));
        let left = control.and_then(|control| control.points_left());
        let title = seen.title(&profile.name);
        let on = update.at.map_or_else(String::new, |at| format!(" on {}", day_of(at)));
        let left_out = left.map_or_else(String::new, |left| format!(", {} given up", tell::amount(left)));
        let ours = seen.tenant.annotations.get(&profile.name);
        let said = || update.comment.as_deref().and_then(risk::until);
        let end = ours.and_then(|ours| ours.until).or_else(said).map_or_else(String::new, |until| format!(" until {until}"));
        Some(bad(Finding {
            subject: profile.name.to_string(),
            news: format!("a risk was accepted: {title}"),
            cell: format!("accepted{on}{end}{left_out}"),
            title,
            control: true,
            why: update.comment.as_deref().map(tell::quoted).unwrap_or_default(),
            who: by,
            owner: ours.and_then(|ours| ours.owner.as_deref()).map(person),
            badness: left.unwrap_or(0.0),
            event: true,
            mark,
            ..Finding::default()
        }))
    };
    let dropped = seen.states.keys().filter(|name| seen.tenant.catalogue.get(name).is_none()).map(|name| quietly(name));
    profiles.iter().filter_map(one).chain(dropped).collect()
}

fn person(name: &str) -> String {
    cut(&one_line(name), WHO_MAX)
}

/// What is said of a control that Graph no longer has: nothing at first, then that it is forgotten.
fn gone(profile: &Profile, seen: &Seen<'_>) -> Option<Verdict> {
    let days = day_of(seen.now).since(profile.gone_since?).ok()?.get_days();
    (days >= GONE_DAYS).then(|| quietly(&profile.name))
}

/// Acceptances that are past their day.
pub(super) fn ended(seen: &Seen<'_>) -> Vec<Verdict> {
    let Some(newest) = seen.newest() else { return Vec::new() };
    let tenant = seen.tenant;
    if tenant.catalogue.profiles().is_empty() {
        return Vec::new();
    }
    let today = day_of(seen.now);
    let one = |decision: &Decision<'_>| {
        let (name, title) = (&decision.profile.name, seen.title(&decision.profile.name));
        let accepted = *decision.state() == State::Accepted;
        let Some(until) = decision.until.filter(|until| accepted && *until < today) else {
            let news = match decision.until {
                _ if !accepted => format!("no longer accepted: {title}"),
                Some(until) => format!("accepted until {until}: {title}"),
                None => format!("accepted without an end: {title}"),
            };
            return seen.states.contains_key(&**name).then(|| over(name, news));
        };
        let left = decision.points_given_up();
        let left_out = left.map_or_else(String::new, |left| format!(", {} given up", tell::amount(left)));
        let update = decision.updates.first();
        let owner = decision.annotation.and_then(|annotation| annotation.owner.clone());
        Some(bad(Finding {
            subject: name.to_string(),
            news: format!("an acceptance ended on {until}: {title}"),
            cell: format!("ended on {until}{left_out}"),
            title,
            control: true,
            why: update.and_then(|update| update.comment.as_deref()).map(tell::quoted).unwrap_or_default(),
            who: owner.or_else(|| update.and_then(|update| update.by.clone())).map(|who| person(&who)),
            badness: left.unwrap_or(0.0),
            ..Finding::default()
        }))
    };
    let decisions = risk::decisions(newest, &tenant.catalogue, &tenant.annotations, risk::Look::on(today));
    let decided = |name: &str| decisions.iter().any(|decision| *decision.profile.name == *name);
    let withdrawn = seen.states.keys().filter(|name| !decided(name)).filter_map(|name| match tenant.catalogue.get(name) {
        None => Some(quietly(name)),
        Some(profile) if profile.gone_since.is_some() => gone(profile, seen),
        Some(_) => Some(over(name, format!("no longer accepted: {}", seen.title(name)))),
    });
    decisions.iter().filter_map(one).chain(withdrawn).collect()
}
