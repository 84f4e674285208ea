//! What does an answer about accepted risks not count, and why? In a word for assistants and a sentence for people.

use jiff::civil::Date;

use crate::skills::{caveat::Caveat, format, page};

/// What the limit leaves out.
pub(super) fn not_listed(more: usize, turn: Option<usize>) -> Caveat {
    let are = if more == 1 { "is" } else { "are" };
    match turn {
        Some(next) => Caveat::new(format!("{more} more: page {next}"), format!("{more} more {are} not listed: page {next} goes on.")),
        None => Caveat::new(format!("{more} more"), format!("{more} more {are} not listed.")),
    }
}

/// Risks that were accepted within the updates asked for, or taken back since a day.
pub(super) fn withdrawn(risks: usize, since: Option<Date>) -> Caveat {
    let (were, are) = if risks == 1 { ("was", "is") } else { ("were", "are") };
    if let Some(since) = since {
        let sentence = format!("{} {were} accepted and taken back since {since}.", format::count(risks, "risk"));
        return Caveat::new(format!("{risks} taken back since {since}"), sentence);
    }
    let sentence = format!("{} {were} accepted before and no longer {are}.", format::count(risks, "risk"));
    Caveat::new(format!("{risks} no longer accepted"), sentence)
}

/// Accepted risks of controls that are not scored, which the count of accepted controls of `secure_score` leaves out.
pub(super) fn not_scored(risks: usize) -> Caveat {
    let is = if risks == 1 { "is of a control that is" } else { "are of controls that are" };
    Caveat::new(format!("{risks} of them {is} not scored"), format!("{risks} of them {is} not scored."))
}

/// Decisions that have expired already, where those are asked for that end soon: whoever renews needs both.
pub(super) fn already_expired(decisions: usize) -> Caveat {
    let sentence =
        format!("{} expired already and {} not listed.", format::count(decisions, "decision"), if decisions == 1 { "is" } else { "are" });
    Caveat::new(format!("{decisions} expired already, not listed (state=expired)"), sentence)
}

/// Decisions of which nothing tells whether they were made since the day that was asked for.
pub(super) fn undated(decisions: usize) -> Caveat {
    let (is, it) = if decisions == 1 { ("is", "it was") } else { ("are", "they were") };
    let sentence = format!("{} {is} not listed: nothing tells when {it} made.", format::count(decisions, "decision"));
    Caveat::new(format!("{decisions} undated left out"), sentence)
}

/// Decisions of the person asked for that others have renewed or changed since.
pub(super) fn earlier(decisions: usize) -> Caveat {
    let are = if decisions == 1 { "is" } else { "are" };
    let sentence = format!("{} of theirs {are} not counted: others have decided anew since.", format::count(decisions, "earlier decision"));
    Caveat::new(format!("{} of theirs, decided anew by others since", format::count(decisions, "earlier decision")), sentence)
}

/// Decisions whose words look like an end that nobody can be sure of.
pub(super) fn unclear(decisions: usize) -> Caveat {
    let (ends, are) = (format::count(decisions, "end"), if decisions == 1 { "is" } else { "are" });
    let sentence = format!("{ends} of a decision {are} not understood. Write such a day as 2027-01-31, or note it here.");
    Caveat::new(format!("{ends} not understood"), sentence)
}

/// Tenants that no row is left for.
pub(super) fn tenants_not_listed(more: usize, turn: Option<usize>) -> Caveat {
    let sentence = format!("Not listed: {} with less to look at.{}", format::count(more, "tenant"), page::turn_hint(turn));
    Caveat::new(format!("{more} more tenants with less{}", page::short(turn)), sentence)
}
