//! What is missing of weak controls, left out of them, or needs care?

use jiff::civil::Date;

use super::{WeakestControlsArgs, filter::NotKnown};
use crate::{
    score::{Snapshot, controls, rank::Ranking},
    skills::{
        TenantFacts,
        caveat::{self, Caveat},
        format,
    },
};

/// All that there is to note about the controls of the second day, where the first is the newest; and whether controls of which it is not known
/// whether they are weak are listed, on which day this is asked.
pub(super) fn notes(
    args: &WeakestControlsArgs,
    (newest, scored): (&Snapshot, &Snapshot),
    tenant: &TenantFacts,
    (ranking, not_known): (&Ranking<'_>, &NotKnown),
    (listed, today): (bool, Date),
) -> Vec<Caveat> {
    let mut notes = Vec::new();
    if !newest.controls_known {
        notes.extend(caveat::controls_unknown(&[newest.day]));
        notes.extend(caveat::controls_of(scored));
    }
    notes.extend(none_of(args, scored, tenant));
    let expired = caveat::of_them_expired(&ranking.accepted, tenant, today);
    notes.extend(left_out((ranking.accepted.len(), &expired), ranking.resolved_elsewhere, not_known.left_out()));
    let weak = ranking.weak.iter().filter(|control| control.percent().is_some());
    let unknown = caveat::unknown_points(weak.filter(|control| control.points_left().is_none()).count());
    notes.extend(unknown.map(|unknown| if listed { unknown } else { unknown.said_in_first_line() }));
    if !scored.controls.is_empty() && scored.controls.iter().all(|score| score.percent.is_none()) {
        notes.push(Caveat::new(
            "Microsoft sent no percentages: weak by points",
            "Microsoft sent no percentages; weakness is judged by points.",
        ));
    }
    notes.extend(of_unknown_share(
        ranking.untold,
        "with neither percentage nor maximum",
        "neither a percentage nor a known maximum",
        listed,
    ));
    notes.extend(of_unknown_share(ranking.unsaid, "whose points are not said", "points that Microsoft did not say", listed));
    notes
}

/// That there are no controls of the category that was asked for, which is another thing than no weak ones; `None` where there are some.
fn none_of(args: &WeakestControlsArgs, scored: &Snapshot, tenant: &TenantFacts) -> Option<Caveat> {
    let category = args.category?.word();
    if !scored.controls_known || controls(scored, &tenant.catalogue).any(|control| args.filter().fits(&control)) {
        return None;
    }
    // A product that was asked for, too, has controls, but perhaps of other categories.
    let any = scored.controls.iter().any(|score| score.category.word() == category);
    Some(if any { none_of_both(&category) } else { caveat::none_of(&category) }.said_in_first_line())
}

/// A product that has no controls of a category.
fn none_of_both(category: &str) -> Caveat {
    Caveat::new(format!("no {category} controls of that product"), format!("That product has no controls of the category {category}."))
}

/// Weak controls that somebody decided about, and those of which it is not known whether they fit, in few words and in a sentence; `None` when there is none.
fn left_out((accepted, expired): (usize, &str), elsewhere: usize, not_known: Vec<(String, String)>) -> Option<Caveat> {
    let risks = (accepted > 0).then(|| format!("{} whose risk is accepted{expired}", format::count(accepted, "weak control")));
    let is = if elsewhere == 1 { "is" } else { "are" };
    let resolved = (elsewhere > 0).then(|| format!("{} that {is} resolved elsewhere", format::count(elsewhere, "weak control")));
    let (unknown, sentences): (Vec<String>, Vec<String>) = not_known.into_iter().unzip();
    let both: Vec<String> = risks.into_iter().chain(resolved).chain(sentences).collect();
    let short = [(accepted, "accepted", expired), (elsewhere, "resolved elsewhere", "")]
        .into_iter()
        .filter(|(controls, ..)| *controls > 0)
        .map(|(controls, why, of_them)| format!("{controls} weak but {why}{of_them}"));
    let short: Vec<String> = short.chain(unknown).collect();
    let short = format!("not counted: {}", short.join(", "));
    (!both.is_empty()).then(|| Caveat::new(short, format!("Left out: {}.", both.join(", "))))
}

/// Controls of which nothing tells whether they are weak, and `why`, and how to see them where they are not `listed`; `None` when there is none.
fn of_unknown_share(controls: usize, why: &str, what: &str, listed: bool) -> Option<Caveat> {
    let controls_of = format::count(controls, "control");
    let (has, it, them) = if controls == 1 { ("has", "it is", "it") } else { ("have", "they are", "them") };
    let (how, say) = if listed {
        (String::new(), String::new())
    } else {
        (format!(" (order=unknown_points lists {them})"), format!(" The order unknown_points lists {them}."))
    };
    let short = format!("{controls_of} {why}: whether weak is not known{how}");
    let sentence = format!("{controls_of} {has} {what}: whether {it} weak is not known.{say}");
    (controls > 0).then(|| Caveat::new(short, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_a_sentence() {
        assert_eq!(left_out((0, ""), 0, Vec::new()), None);
        let note = |short: &str, sentence: &str| Some(Caveat::new(short, sentence));
        let risks = "Left out: 5 weak controls whose risk is accepted.";
        assert_eq!(left_out((5, ""), 0, Vec::new()), note("not counted: 5 weak but accepted", risks));
        let two = left_out((5, " (2 of them expired)"), 0, Vec::new());
        assert_eq!(two, note("not counted: 5 weak but accepted (2 of them expired)", &risks.replace('.', " (2 of them expired).")));
        let both = "Left out: 1 weak control whose risk is accepted, 1 weak control that is resolved elsewhere.";
        assert_eq!(left_out((1, ""), 1, Vec::new()), note("not counted: 1 weak but accepted, 1 weak but resolved elsewhere", both));
    }
}
