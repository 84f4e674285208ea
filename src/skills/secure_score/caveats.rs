//! What is missing of a tenant's standing, or does not add up?

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};

use crate::{
    score::{Catalogue, ControlState, Snapshot, Summary, controls, same_points},
    skills::{
        TenantFacts,
        caveat::{self, Caveat, NAMED_MAX},
        format,
    },
    text::{first_of, sentence_case},
};

use super::show;

/// How many states that this version does not know are told apart.
const NEW_STATES_MAX: usize = 3;
/// Of so many controls one without a description is none of many.
const FEW: usize = 10;
/// How many categories with controls of unknown maximum are named.
const CATEGORIES_MAX: usize = 5;

/// The day that was asked for is not held, an earlier one is.
pub(super) fn other_day(asked: Date, shown: Date) -> Caveat {
    Caveat::marked(
        format!("{asked} is not held: this is {shown}, the nearest day before"),
        Some(format!("Nothing is held of {asked}; this is {shown}, the nearest day before.")),
    )
}

/// Tenants of which another day is shown than the one that was asked for, each with that day.
pub(super) fn other_days(tenants: &[String]) -> Option<Caveat> {
    let names = first_of(tenants, NAMED_MAX);
    let short = format!("the day asked for is not held, these are the nearest days before: {names}");
    (!tenants.is_empty())
        .then(|| Caveat::marked(short, Some(format!("Nothing is held of the day asked for; the nearest days before it are {names}."))))
}

/// Tenants of which nothing is held as early as the day that was asked for.
pub(super) fn not_so_early(tenants: &[&str]) -> Option<Caveat> {
    let (of, names) = (format::count(tenants.len(), "tenant"), first_of(tenants, NAMED_MAX));
    let sentence = format!("Of {of} nothing is held on that day or before: {names}.");
    (!tenants.is_empty()).then(|| Caveat::new(format!("{of} without data on that day or before: {names}"), sentence))
}

/// All that there is to note about the day that is shown.
pub(super) fn notes(tenant: &TenantFacts, newest: &Snapshot, before: Option<&Snapshot>, summary: &Summary) -> Vec<Caveat> {
    let mut notes = Vec::new();
    if let Some(before) = before {
        notes.extend(caveat::missing(&tenant.history, before.day, newest.day));
        let moved = newest.maximum.zip(before.maximum).map(|(now, then)| now - then).filter(|moved| !same_points(*moved, 0.0));
        notes.extend(moved.map(|moved| {
            Caveat::aside(
                format!("maximum {} since {}", format::signed(moved), before.day),
                caveat::maximum_moved(moved, &format!("than on {}", before.day)),
            )
        }));
    }
    notes.extend(not_held(tenant, newest, before));
    if !newest.controls_known {
        notes.extend(caveat::controls_unknown(&[newest.day]));
        return notes;
    }
    if summary.unknown > 0 {
        let controls = format::count(summary.unknown, "control");
        notes.push(Caveat::aside(format!("{controls} of unknown share"), format!("How much of {controls} is done is not known.")));
    }
    if summary.worthless > 0 {
        let can = format!("{} can give no points", format::count(summary.worthless, "control"));
        notes.push(Caveat::aside(can.clone(), format!("{can}: the maximum is 0.")));
    }
    if summary.score_only > 0 {
        let come = if summary.score_only == 1 { "comes" } else { "come" };
        let sentence = format!("{} {come} without a description from Microsoft.", format::count(summary.score_only, "control"));
        let short = format!("{} score-only (no profile)", format::count(summary.score_only, "control"));
        // A few are how Microsoft is; many are a page of profiles that nobody read.
        notes.push(if summary.score_only * FEW > summary.controls { Caveat::new(short, sentence) } else { Caveat::aside(short, sentence) });
    }
    notes.extend(new_states(newest, &tenant.catalogue));
    notes.extend(unattributed(show::known(newest.maximum).map_or(0.0, |maximum| maximum - summary.maximum_of_controls), summary));
    notes.extend(unsaid(summary.points_unknown));
    // What no control explains is not known while there are controls of which nobody knows what they have.
    notes.extend((summary.points_unknown == 0).then(|| unexplained(newest.points - summary.points_of_controls, summary)).flatten());
    notes
}

/// Controls whose points Microsoft did not say; `None` when there is none.
fn unsaid(controls: usize) -> Option<Caveat> {
    let of = format::count(controls, "control");
    let sentence = format!("Microsoft did not say the points of {of}: sums leave them out.");
    (controls > 0).then(|| Caveat::new(format!("points of {of} not said"), sentence))
}

/// That an average leaves tenants out because their maximum is not known; `None` when it is of all `tenants`.
pub(super) fn average_of(known: usize, tenants: usize) -> Option<Caveat> {
    let without = format!("{} without a known maximum", tenants - known);
    let note = match known {
        _ if known == tenants => return None,
        0 => Caveat::new(
            format!("no average: {without}"),
            format!("There is no average: {} without a known maximum.", format::count(tenants, "tenant")),
        ),
        _ => {
            let short = format!("average of {known} of {}, {without}", format::count(tenants, "tenant"));
            Caveat::new(short, format!("The average is of {known} of {}, {without}.", format::count(tenants, "tenant")))
        }
    };
    Some(note)
}

/// The spans whose first day is not held, so that their moves are not known. Where there is no earlier day at all, that is said instead.
fn not_held(tenant: &TenantFacts, newest: &Snapshot, before: Option<&Snapshot>) -> Option<Caveat> {
    let lacks = |days: &i64| before.is_some() && super::day_back(tenant, newest, *days).is_none();
    let span = |days: i64| {
        newest.day.checked_sub(days.days()).map_or_else(|_| format!("{days} days ago"), |day| format!("{days} days ago ({day})"))
    };
    let spans: Vec<String> = [super::WEEK, super::MONTH].into_iter().filter(lacks).map(span).collect();
    let since = if spans.len() == 1 { "the change since then is" } else { "the changes since then are" };
    let sentence = format!("Nothing is held of {}, so {since} not known.", spans.join(" and "));
    (!spans.is_empty()).then(|| Caveat::new(format!("not held: {}", spans.join(", ")), sentence))
}

/// Which controls have a state that this version does not know: they count as to address.
fn new_states(newest: &Snapshot, catalogue: &Catalogue) -> Option<Caveat> {
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for control in controls(newest, catalogue) {
        if let Some(state @ ControlState::Other(_)) = control.profile.map(crate::score::Profile::state) {
            *states.entry(format::state(state)).or_default() += 1;
        }
    }
    let mut shown: Vec<_> = states.iter().take(NEW_STATES_MAX).map(|(state, controls)| format!("{state} ({controls})")).collect();
    if states.len() > NEW_STATES_MAX {
        shown.push(format!("{} more", states.len() - NEW_STATES_MAX));
    }
    let (shown, all) = (shown.join(", "), format::count(states.values().sum(), "control"));
    let sentence = format!("{all} in a state that is new here, counted as to address: {shown}.");
    (!states.is_empty()).then(|| Caveat::new(format!("{all} in a new state: {shown}"), sentence))
}

/// What of the maximum is of controls that it is not known of, or of none at all.
fn unattributed(rest: f64, summary: &Summary) -> Option<Caveat> {
    let unknown: Vec<(String, usize)> = summary.categories.iter().map(|(name, sum)| (format::category(name), sum.unknown)).collect();
    let controls = format::count(unknown.iter().map(|(_, unknown)| unknown).sum(), "control");
    let mut by_category: Vec<String> =
        unknown.iter().filter(|(_, unknown)| *unknown > 0).map(|(name, unknown)| format!("{name} {unknown}")).collect();
    let more = by_category.split_off(by_category.len().min(CATEGORIES_MAX)).len();
    by_category.extend((more > 0).then(|| format!("{more} more categories")));
    let of = format!("{controls} with unknown maximum ({})", by_category.join(", "));
    let belong = if format::is_one(rest) { "belongs" } else { "belong" };
    let (short, sentence) = match (rest, by_category.is_empty()) {
        (rest, false) if same_points(rest, 0.0) => (of.clone(), format!("{of}.")),
        (rest, true) if same_points(rest, 0.0) => return None,
        (rest, false) if rest > 0.0 => {
            let by_category = by_category.join(", ");
            (
                format!("{} of the maximum unassigned: {controls} came without one ({by_category})", format::points(rest)),
                format!("{} of the maximum cannot be assigned: {controls} came without a maximum ({by_category}).", format::amount(rest)),
            )
        }
        (rest, true) if rest > 0.0 => {
            let short = format!("{} of the maximum {belong} to no known control", format::amount(rest));
            (short.clone(), format!("{short}."))
        }
        (rest, _) => {
            let short = format!("the controls' maximum points add up to {} more than the tenant's maximum", format::points(-rest));
            (short.clone(), format!("{}.", sentence_case(&short)))
        }
    };
    Some(Caveat::new(short, sentence))
}

/// What of the points is no control's.
fn unexplained(rest: f64, summary: &Summary) -> Option<Caveat> {
    let sum = format::points(summary.points_of_controls);
    let than = if rest > 0.0 { "less" } else { "more" };
    let sentence = format!(
        "The controls add up to {}, {} {than} than the tenant's score.",
        format::amount(summary.points_of_controls),
        format::points(rest.abs())
    );
    (!same_points(rest, 0.0))
        .then(|| Caveat::new(format!("controls add up to {sum}, {} points unexplained", format::signed(rest)), sentence))
}
