//! Which controls are no longer scored?
//!
//! Graph leaves a control out for a day now and then. So it is removed once two days in a row lack it: with points or without, since what can no
//! longer be earned changes the score's maximum. One that is back within the days that are looked at was only left out, and that resolves; one that
//! is back later is `control_new`'s.

use jiff::civil::Date;

use super::{
    finding::{Finding, Verdict, bad, resolved, silenced},
    moves::{NEWS_TITLE_MAX, first_look},
    only::Only,
    rule_input::{DAYS_BACK, RuleInput},
};
use crate::{
    card::{
        Cell, Column,
        cell::{ChangeLabel, PointsSpan},
    },
    score::{Control, Snapshot},
    skills::wording,
    text::{cut, in_quotes},
};

/// Controls that are no longer scored.
pub(super) fn removed_controls(only: &Only, input: &RuleInput<'_>) -> Vec<Verdict> {
    let Some(newest) = input.scored() else { return Vec::new() };
    let included = only.of(input.tenant);
    let mut verdicts = Vec::new();
    for (name, state) in input.findings {
        // Which event it is, is the last day on which it was scored.
        let last = state.mark.as_deref().and_then(|mark| mark.parse::<Date>().ok());
        let is_old = last.is_none_or(|last| days_between(last, newest.day) > DAYS_BACK);
        match (newest.control(name), last, state.preexisting || state.was_notified()) {
            _ if !included.fits_named(name) => verdicts.push(silenced(name)),
            (Some(_), ..) if is_old => verdicts.push(silenced(name)),
            (Some(_), ..) => verdicts.push(resolved(name, format!("{} is scored again", in_quotes(&input.title(name), NEWS_TITLE_MAX)))),
            (None, Some(last), false) => verdicts.push(bad(removed(name, last, state.stood, input))),
            (None, ..) if is_old => verdicts.push(silenced(name)),
            (None, ..) => {}
        }
    }
    // What was gone when the rule first looked is no news, nor what was missing by then.
    let Some((began, from)) = input.state.and_then(|state| state.began).zip(first_look(input)) else { return verdicts };
    let days: Vec<&Snapshot> = input.history().days().iter().filter(|day| day.controls_known).collect();
    for (at, window) in days.windows(3).enumerate() {
        let [last, _, confirmed] = window else { continue };
        if last.day < began || confirmed.day < from {
            continue;
        }
        for score in &last.controls {
            let is_gone = newest.control(&score.name).is_none() && days[at + 1..].iter().all(|day| day.control(&score.name).is_none());
            if is_gone && !input.findings.contains_key(&*score.name) && included.fits(&Control::join(score, &input.tenant.catalogue)) {
                verdicts.push(bad(removed(&score.name, last.day, None, input)));
            }
        }
    }
    verdicts
}

fn days_between(earlier: Date, later: Date) -> u32 {
    later.since(earlier).map_or(0, |span| span.get_days()).max(0).unsigned_abs()
}

/// That the control called `name` was last scored on the day `last`; `stood` are its points then, where that day is no longer at hand.
fn removed(name: &str, last: Date, stood: Option<f64>, input: &RuleInput<'_>) -> Finding {
    let title = input.title(name);
    let score = input.history().on_or_before(last).filter(|day| day.day == last).and_then(|day| day.control(name));
    let control = score.map(|score| Control::join(score, &input.tenant.catalogue));
    let maximum = control.and_then(|control| control.maximum);
    let had = control.and_then(|control| control.score.points).or(stood);
    let points = had.map_or_else(|| "points not known".to_owned(), |had| format!("had {}", wording::of(had, maximum)));
    let moved = had.map(|had| 0.0 - had);
    let span = PointsSpan { from: had, to: None, maximum, unsaid: had.is_none(), ..PointsSpan::default() };
    let profile = input.tenant.catalogue.get(name);
    let dropped = profile.is_none_or(|profile| profile.gone_since.is_some());
    Finding {
        subject: name.to_owned(),
        news: format!("a control was removed: {}", cut(&title, NEWS_TITLE_MAX)),
        detail: format!("{points}, last scored on {last}"),
        cells: vec![(Column::Change, Cell::Change(ChangeLabel::Gone)), (Column::Move, Cell::Move(moved, Some(span)))],
        title,
        control: true,
        why: if dropped { "Microsoft no longer lists it.".to_owned() } else { String::new() },
        moved,
        stood: had,
        badness: had.unwrap_or(0.0),
        event: true,
        mark: Some(last.to_string()),
        ..Finding::default()
    }
}
