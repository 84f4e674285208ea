//! What was notified by messages that never arrived? It was not notified: what is bad is notified again, and what is resolved once more. All of that is here.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};

use super::state::{FindingState, FindingStates, ResolvedNotice, RuleState, has_passed};

/// How long what did not arrive waits at least before it is notified again.
const ANEW_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// For how long it matters that nobody heard that something is resolved.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many notices are kept in mind for a rule and a tenant; the oldest go first.
const KEPT_MAX: usize = 20;

/// `findings` as they are once what the posts `undelivered` notified is forgotten.
pub(super) fn without<'a>(findings: &'a FindingStates, undelivered: &BTreeSet<String>) -> Cow<'a, FindingStates> {
    let is_lost = |state: &FindingState| state.notified.iter().flat_map(|notified| &notified.posts).any(|post| undelivered.contains(post));
    let mut findings = Cow::Borrowed(findings);
    if !undelivered.is_empty() && findings.values().any(is_lost) {
        findings.to_mut().values_mut().filter(|state| is_lost(state)).for_each(|state| forget(state, undelivered));
    }
    findings
}

/// Forgets what the posts `undelivered` notified: as after a snooze, what is still bad is notified again.
fn forget(state: &mut FindingState, undelivered: &BTreeSet<String>) {
    let Some(notified) = &mut state.notified else { return };
    notified.posts.retain(|post| !undelivered.contains(post));
    (state.lost, state.silenced) = (Some(notified.last), true);
    if notified.posts.is_empty() {
        state.notified = None;
    }
}

impl FindingState {
    /// Whether it waits to be notified again after it was lost; nothing is notified where posts to `to`, or to where it was notified, are `stopped`.
    pub(super) fn waits_to_be_resent(&self, to: &str, stopped: &BTreeSet<String>, now: Timestamp) -> bool {
        let to = self.notified.as_ref().map_or(to, |notified| &notified.to);
        self.lost.is_some_and(|lost| !has_passed(ANEW_AFTER, lost, now) || stopped.contains(to))
    }
}

impl ResolvedNotice {
    /// Whether it is to be notified once more at `now`: it never arrived, that is a while ago, and posts are taken there.
    pub(super) fn is_due(&self, undelivered: &BTreeSet<String>, stopped: &BTreeSet<String>, now: Timestamp) -> bool {
        undelivered.contains(&self.post) && has_passed(ANEW_AFTER, self.at, now) && !stopped.contains(&self.to)
    }

    /// Whether it still matters at `now`: it is not long ago, and nothing of it is bad again.
    pub(super) fn matters(&self, is_bad: &dyn Fn(&str) -> bool, now: Timestamp) -> bool {
        !has_passed(KEPT_FOR, self.at, now) && !self.findings.keys().any(|subject| is_bad(subject))
    }
}

impl RuleState {
    /// Remembers what was reported as resolved `now`, and forgets what no longer matters or is notified once more in the place of `again`.
    pub(super) fn remember(&mut self, new: Vec<ResolvedNotice>, again: &BTreeSet<String>, is_bad: &dyn Fn(&str) -> bool, now: Timestamp) {
        self.resolved.retain(|notice| !again.contains(&notice.post) && notice.matters(is_bad, now));
        self.resolved.extend(new);
        self.resolved.drain(..self.resolved.len().saturating_sub(KEPT_MAX));
    }
}

/// The posts that are notified once more: those of the `notices`, each with whether its rule wants that, of which no rule knows better.
pub(super) fn posts_to_resend<'a>(notices: impl Iterator<Item = (&'a ResolvedNotice, bool)>) -> BTreeSet<String> {
    let mut posts: BTreeMap<&str, bool> = BTreeMap::new();
    for (notice, wanted) in notices {
        *posts.entry(&notice.post).or_insert(true) &= wanted;
    }
    posts.into_iter().filter(|(_, wanted)| *wanted).map(|(post, _)| post.to_owned()).collect()
}
