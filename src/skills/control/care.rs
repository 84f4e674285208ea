//! What is missing of a control, or needs care?

use jiff::civil::Date;

use crate::{
    score::Profile,
    skills::{note::Note, words},
};

/// Of words that fit nothing well.
pub(super) fn nearest(name: &str) -> Note {
    let sentence = format!("Nothing is called or titled like {}; this is the nearest.", words::quoted(name, 60));
    Note::new(format!("nearest to {}", words::quoted(name, 60)), sentence)
}

/// Of a control whose maximum nothing tells.
pub(super) fn unknown_points() -> Note {
    Note::new("0 %, points unknown", "It is at 0 %, and how many points it gives is not known.")
}

/// Of a control that is not `scored`, or that Microsoft does not describe, or not for long.
pub(super) fn notes(scored: bool, profile: Option<&Profile>, last: Option<Date>) -> Vec<Note> {
    let mut notes = Vec::new();
    match (scored, last) {
        (true, _) => {}
        (false, Some(day)) => {
            notes.push(Note::new(format!("no longer scored, last on {day}"), format!("It is no longer scored; it last was on {day}.")));
        }
        (false, None) => notes.push(Note::new(
            "not scored in this tenant (not licensed, or not applicable)",
            "It is not scored in this tenant: it is not licensed, or does not apply.",
        )),
    }
    if let Some(day) = profile.and_then(|profile| profile.gone_since) {
        notes.push(Note::new(
            format!("Microsoft no longer describes it, last on {day}"),
            format!("Microsoft no longer describes it; it last did on {day}."),
        ));
    }
    if profile.is_none() {
        notes.push(Note::new("score-only: Microsoft gives no profile for it", "It comes without a description from Microsoft."));
    }
    if profile.is_some_and(|profile| profile.deprecated) {
        notes.push(Note::new("Microsoft is about to drop it", "Microsoft is about to drop it."));
    }
    notes
}
