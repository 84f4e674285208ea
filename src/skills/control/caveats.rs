//! What is missing of a control, or needs care?

use jiff::civil::Date;

use crate::{
    score::{Control, Profile, Snapshot},
    skills::{
        caveat::{self, Caveat},
        format,
    },
};

/// Of words that fit nothing well.
pub(super) fn nearest(name: &str) -> Caveat {
    let sentence = format!("Nothing is called or titled like {}; this is the nearest.", format::quoted(name, 60));
    Caveat::new(format!("nearest to {}", format::quoted(name, 60)), sentence)
}

/// Of a control whose points or maximum nothing tells, or that can give none.
pub(super) fn points(control: &Control<'_>) -> Option<Caveat> {
    let percent = control.percent().map(|percent| format!("{} %", format::round2(percent)));
    match (control.score.points, control.maximum) {
        (None, _) => Some(match percent {
            Some(percent) => {
                Caveat::new(format!("{percent}, points not said"), format!("Microsoft says {percent}, and not how many points that is."))
            }
            None => Caveat::new("Microsoft does not say its points", "Microsoft does not say how many points it has."),
        }),
        (_, None) => Some(Caveat::new(
            format!("{}maximum unknown", percent.map_or_else(String::new, |percent| percent + ", ")),
            "How many points it can give is not known.",
        )),
        (_, Some(maximum)) if maximum <= 0.0 => Some(Caveat::new("it can give no points", "It can give no points: its maximum is 0.")),
        (Some(_), Some(_)) => None,
    }
}

/// That it is told as of the day `scored`, since what Microsoft sent of the newest has no controls.
pub(super) fn earlier(newest: &Snapshot, scored: &Snapshot) -> impl Iterator<Item = Caveat> {
    let days: &[Date] = if newest.controls_known { &[] } else { &[newest.day] };
    let of = (scored.day != newest.day)
        .then(|| Caveat::new(format!("this is of {}", scored.day), format!("This is how it stood on {}.", scored.day)));
    caveat::controls_unknown(days).into_iter().chain(of)
}

/// Of a control that is not `scored` on a day whose controls are known, or that Microsoft does not describe, or not for long.
pub(super) fn notes(scored: bool, day: &Snapshot, profile: Option<&Profile>, last: Option<Date>) -> Vec<Caveat> {
    let mut notes = Vec::new();
    match (scored || !day.controls_known, last) {
        (true, _) => {}
        (false, Some(day)) => {
            notes.push(Caveat::new(format!("no longer scored, last on {day}"), format!("It is no longer scored; it last was on {day}.")));
        }
        (false, None) => notes.push(Caveat::new(
            "not scored in this tenant (not licensed, or not applicable)",
            "It is not scored in this tenant: it is not licensed, or does not apply.",
        )),
    }
    if let Some(day) = profile.and_then(|profile| profile.gone_since) {
        notes.push(Caveat::new(
            format!("Microsoft no longer describes it, last on {day}"),
            format!("Microsoft no longer describes it; it last did on {day}."),
        ));
    }
    if profile.is_none() {
        notes.push(Caveat::new("score-only: Microsoft gives no profile for it", "It comes without a description from Microsoft."));
    }
    if profile.is_some_and(|profile| profile.deprecated) {
        notes.push(Caveat::new("Microsoft is about to drop it", "Microsoft is about to drop it."));
    }
    notes
}
