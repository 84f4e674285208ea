//! What is missing of a tenant's standing, or does not add up?

use crate::{
    score::{Snapshot, Summary, same_points},
    skills::{
        TenantFacts,
        note::{self, Note},
        words,
    },
};

/// All that there is to note about the newest day.
pub(super) fn notes(tenant: &TenantFacts, newest: &Snapshot, before: Option<&Snapshot>, summary: &Summary) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(before) = before {
        notes.extend(note::missing(&tenant.history, before.day, newest.day));
        let moved = newest.maximum.zip(before.maximum).map(|(now, then)| now - then).filter(|moved| !same_points(*moved, 0.0));
        notes.extend(moved.map(|moved| {
            Note::new(format!("maximum moved {}", words::signed(moved)), note::maximum_moved(moved, &before.day.to_string()))
        }));
    }
    if summary.unknown > 0 {
        let short = format!("{} without a score", words::count(summary.unknown, "control"));
        notes.push(Note::new(short, format!("Microsoft gives no score for {}.", words::count(summary.unknown, "control"))));
    }
    if summary.score_only > 0 {
        let come = if summary.score_only == 1 { "comes" } else { "come" };
        let sentence = format!("{} {come} without a description from Microsoft.", words::count(summary.score_only, "control"));
        notes.push(Note::new(format!("{} score-only (no profile)", summary.score_only), sentence));
    }
    notes.extend(unattributed(newest.maximum.map_or(0.0, |maximum| maximum - summary.maximum_of_controls), summary));
    notes.extend(unexplained(newest.points - summary.points_of_controls, summary));
    notes
}

/// What of the maximum is no known control's.
fn unattributed(rest: f64, summary: &Summary) -> Option<Note> {
    let unknown = match summary.maximum_unknown {
        0 => String::new(),
        unknown => format!("; of {} the maximum is not known", words::count(unknown, "control")),
    };
    let why = if summary.maximum_unknown > 0 { format!(" ({} unknown)", summary.maximum_unknown) } else { String::new() };
    let sentence = if rest > 0.0 {
        let belong = if words::is_one(rest) { "belongs" } else { "belong" };
        format!("{} of the maximum's points {belong} to no control{unknown}.", words::points(rest))
    } else {
        format!("The controls' maxima add up to {} more than the tenant's maximum{unknown}.", words::amount(-rest))
    };
    let short = format!("maxima {}, {} unattributed{why}", words::points(summary.maximum_of_controls), words::points(rest));
    (!same_points(rest, 0.0)).then(|| Note::new(short, sentence))
}

/// What of the points is no control's.
fn unexplained(rest: f64, summary: &Summary) -> Option<Note> {
    let sum = words::points(summary.points_of_controls);
    let than = if rest > 0.0 { "less" } else { "more" };
    let sentence = format!(
        "The controls add up to {}, {} {than} than the tenant's score.",
        words::amount(summary.points_of_controls),
        words::points(rest.abs())
    );
    (!same_points(rest, 0.0)).then(|| Note::new(format!("controls add up to {sum}, {} points unexplained", words::signed(rest)), sentence))
}
