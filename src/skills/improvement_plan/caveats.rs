//! What is left out of a plan, or is not certain of it?

use super::PlanOutcome;
use crate::{
    score::{Snapshot, plan::OpenControls},
    skills::{
        Facts,
        caveat::{self, Caveat},
        format,
        page::ListPage,
    },
    text::first_of,
};

/// How many controls are named.
const NAMED_MAX: usize = 5;

/// That the list goes on, and how; `None` on its last page.
pub(super) fn rest(page: ListPage, total: usize, facts: &Facts) -> Option<Caveat> {
    let next = page.next(total)?;
    let more = page.left(total);
    let listed = format!("{} of {} are listed", page.span(total), format::count(total, "step"));
    Some(match facts.turn(next) {
        Some(next) => Caveat::new(format!("{more} more: page {next}"), format!("{listed}: page {next} goes on.")),
        None => Caveat::new(listed.clone(), format!("{listed}.")),
    })
}

/// That the newest day has no controls, and of which day these are.
pub(super) fn day(newest: &Snapshot, scored: &Snapshot) -> impl Iterator<Item = Caveat> {
    let unknown = if newest.controls_known { None } else { caveat::controls_unknown(&[newest.day]) };
    let of = if newest.controls_known { None } else { caveat::controls_of(scored) };
    unknown.into_iter().chain(of)
}

/// That the effort of some of `total` steps is not known; `None` where all of it is.
pub(super) fn unknown_effort(unknown: usize, total: usize) -> Option<Caveat> {
    let of = format!("{unknown} of {}", format::count(total, "step"));
    let sentence = format!("Effort or user impact of {of} is not known and counts as moderate.");
    (unknown > 0).then(|| Caveat::new(format!("? = not known, counts as moderate ({of})"), sentence))
}

/// Controls of a what-if of which nobody knows what they give; `None` where there is none.
pub(super) fn not_counted(controls: &[String]) -> Option<Caveat> {
    let named = first_of(controls, NAMED_MAX);
    (!controls.is_empty())
        .then(|| Caveat::new(format!("not counted: {named}"), format!("Not counted, since nobody knows what it gives: {named}.")))
}

/// The controls that no plan proposes, by the reason; `expired` follows those whose risk is accepted.
pub(super) fn left_out(open: &OpenControls<'_>, outcome: PlanOutcome, expired: &str) -> Vec<Caveat> {
    let mut notes = Vec::new();
    if outcome != PlanOutcome::NotKnown && open.fitting == 0 {
        notes.push(Caveat::new("no scored control fits these filters", "No scored control fits these filters."));
    }
    let counted = |count: usize, why: &str| (count > 0).then(|| format!("{count} {why}"));
    let all: Vec<String> = [
        counted(open.accepted.len(), &format!("risk accepted{expired}")),
        counted(open.resolved_elsewhere, "resolved elsewhere"),
        counted(open.deprecated, "about to be dropped by Microsoft"),
        counted(open.unlicensed, "not licensed as far as known"),
        counted(open.of_unknown_licence, "of unknown licence"),
        counted(open.of_unknown_points, "of unknown points to gain"),
        counted(open.of_unknown_effort, "of unknown effort or user impact"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let said = all.join(", ");
    if !all.is_empty() {
        notes.push(Caveat::new(format!("not in the plan: {said}"), format!("Not in the plan: {said}.")));
    }
    notes
}
