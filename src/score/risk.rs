//! Who accepted which risk, until when, and what does it cost? Also what was accepted and no longer is.

use jiff::civil::Date;

use super::{Annotation, Annotations, Catalogue, Control, Profile, Snapshot, State, StateUpdate};

/// A control whose state somebody set.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// What Microsoft says about the control.
    pub profile: &'a Profile,
    /// Its score on the newest day; `None` when it was not scored.
    pub control: Option<Control<'a>>,
    /// The updates asked for, newest first; the first one is in force.
    pub updates: Vec<&'a StateUpdate>,
    /// What our own people added to the control.
    pub annotation: Option<&'a Annotation>,
    /// Until when it holds: as our own people say, else as the words of the update in force do (`until 2026-03-31`).
    pub until: Option<Date>,
    /// Whether that day lies before the day of the snapshot.
    pub expired: bool,
    /// Whether this was accepted within the updates asked for and no longer is.
    pub withdrawn: bool,
}

impl<'a> Decision<'a> {
    /// The state in force.
    pub fn state(&self) -> &'a State {
        self.profile.state()
    }

    /// Points that the decision leaves on the table; `None` when not known.
    pub fn points_given_up(&self) -> Option<f64> {
        self.control.and_then(|control| control.points_left())
    }
}

/// All decisions of a tenant, with what our own people added, seen from `snapshot`: expired ones first (the longest expired first), then
/// the costliest, withdrawn ones last. Looks at the newest `history` updates of each control, 1 at least.
pub fn decisions<'a>(snapshot: &'a Snapshot, catalogue: &'a Catalogue, annotations: &'a Annotations, history: usize) -> Vec<Decision<'a>> {
    let one = |profile| decision(profile, snapshot, catalogue, annotations, history.max(1));
    let mut decisions: Vec<_> = catalogue.profiles().iter().filter_map(one).collect();
    decisions.sort_by(|a, b| {
        let cost = |decision: &Decision<'_>| decision.points_given_up().unwrap_or(0.0);
        a.withdrawn
            .cmp(&b.withdrawn)
            .then_with(|| b.expired.cmp(&a.expired))
            .then_with(|| if a.expired { a.until.cmp(&b.until) } else { std::cmp::Ordering::Equal })
            .then_with(|| cost(b).total_cmp(&cost(a)))
            .then_with(|| a.profile.name.cmp(&b.profile.name))
    });
    decisions
}

fn decision<'a>(
    profile: &'a Profile,
    snapshot: &'a Snapshot,
    catalogue: &'a Catalogue,
    annotations: &'a Annotations,
    history: usize,
) -> Option<Decision<'a>> {
    let updates: Vec<_> = profile.updates_newest_first().into_iter().take(history).collect();
    let in_force = updates.first()?;
    if profile.gone_since.is_some() {
        // A control that Microsoft dropped is nobody's risk any more.
        return None;
    }
    let withdrawn = in_force.state != State::Accepted && updates.iter().skip(1).any(|update| update.state == State::Accepted);
    if in_force.state == State::Default && !withdrawn {
        return None;
    }
    let annotation = annotations.get(&profile.name);
    let until = annotation.and_then(|annotation| annotation.until).or_else(|| in_force.comment.as_deref().and_then(until));
    let accepted = in_force.state == State::Accepted;
    let control = snapshot.control(&profile.name).map(|score| Control::join(score, catalogue));
    let expired = accepted && until.is_some_and(|until| until < snapshot.day);
    Some(Decision { profile, control, updates, annotation, until, expired, withdrawn })
}

/// The day until which a comment limits a decision: an ISO date after a word such as `until`; of several
/// the last. Graph has no field for it, so people write it into their words.
pub fn until(comment: &str) -> Option<Date> {
    /// Words that announce an end, within three words of it: `expires, as agreed, on 2026-03-31`.
    const FAR: [&str; 5] = ["until", "till", "expires", "expiry", "bis"];
    /// Words that do so only directly before it: `Accepted by Ada on 2026-03-31` is no end.
    const NEAR: [&str; 3] = ["by", "before", "through"];
    let words: Vec<String> =
        comment.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()).collect();
    words.iter().enumerate().rev().find_map(|(at, word)| {
        let date: Date = word.get(..10)?.parse().ok().filter(|_| word.len() == 10)?;
        let before = &words[at.saturating_sub(3)..at];
        let far = before.iter().any(|word| FAR.contains(&word.as_str()));
        let near = before.last().is_some_and(|word| NEAR.contains(&word.as_str()));
        (far || near).then_some(date)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_end_is_read_from_the_words() {
        assert_eq!(until("Legacy scanners need it until 2026-03-31."), Some(date(2026, 3, 31)));
        assert_eq!(until("Accepted by the board, expires on (2027-01-15)"), Some(date(2027, 1, 15)));
        assert_eq!(until("until 2025-03-31, extended until 2026-12-31"), Some(date(2026, 12, 31)));
        assert_eq!(until("Fix by 2026-06-30"), Some(date(2026, 6, 30)));
        assert_eq!(until("Accepted by CISO on 2026-01-02"), None);
        assert_eq!(until("Decided in the meeting of 2026-03-31"), None);
        assert_eq!(until("until next spring"), None);
        assert_eq!(until("until 2026-13-45"), None);
        assert_eq!(until("until é026-03-31x"), None);
    }
}
