//! When is what a rule found notified, and notified again? A state for each subject: unknown, then waiting or notified, then gone.
//!
//! Told once when it turns bad; again when it is worse by the rule's own measure, when the rule's interval has passed, and when a snooze
//! has ended that it outlasted; and once more when it is resolved, if it was ever notified. Worse is measured from where it stood when it was notified,
//! or from where it improved to since, by the same measure. Texts are never compared: only subjects, numbers, days and the times at which
//! something was notified.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::{
    finding::{Finding, Resolved, Verdict},
    rule::Rule,
    rule_input::RuleInput,
    state::{FindingState, Notified},
};
use crate::{score::POINTS_EPSILON, skills::TenantFacts};

/// Something bad to notify of.
#[derive(Debug, Clone)]
pub struct Notification<'a> {
    /// The rule that found it.
    pub rule: &'a Rule,
    /// Where.
    pub tenant: &'a TenantFacts,
    /// What.
    pub finding: Finding,
    /// Why now.
    pub reason: Reason,
    /// What was notified of it before; `None` when this is the first time.
    pub before: Option<&'a Notified>,
}

/// Something to report as resolved.
#[derive(Debug, Clone)]
pub struct Resolution<'a> {
    /// The rule that found it.
    pub rule: &'a Rule,
    /// Where.
    pub tenant: &'a TenantFacts,
    /// What is so now.
    pub resolved: Resolved,
    /// What was notified of it.
    pub notified: &'a Notified,
    /// How it was.
    pub state: &'a FindingState,
}

/// Why something is notified now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It turned bad, or happened.
    New,
    /// It is worse than notified.
    Worse,
    /// It is still bad.
    Still,
    /// It was snoozed, the snooze has ended, and it is bad.
    SnoozeEnded,
}

impl Reason {
    /// The word for it in events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Still => "still",
            Self::SnoozeEnded => "snooze_ended",
        }
    }
}

/// What follows from what a rule found.
#[derive(Debug, Default)]
pub(super) struct Transitions<'a> {
    /// The states that changed; `None` for those that are resolved.
    pub(super) states: BTreeMap<String, Option<FindingState>>,
    /// What is notified.
    pub(super) notifications: Vec<Notification<'a>>,
    /// What is reported as resolved.
    pub(super) resolutions: Vec<Resolution<'a>>,
}

/// What follows from the `verdicts` of the rule of `input`: the states from now on, and what is notified. Nothing is notified of what is `silenced`.
pub(super) fn transitions<'a>(input: &RuleInput<'a>, verdicts: Vec<Verdict>, silenced: &dyn Fn(&str) -> bool) -> Transitions<'a> {
    let RuleInput { rule, tenant, version, .. } = *input;
    let mut next = Transitions::default();
    for (subject, state) in input.findings {
        // Asked for in vain: remembered, so that it is not asked for again before the data moved. A snooze that ends meanwhile is notified later.
        let is_silenced = silenced(subject);
        let awaited = state.is_awaited(rule, version, is_silenced, input.now);
        if awaited && !verdicts.iter().any(|verdict| verdict.subject() == subject) {
            let silenced = state.silenced || is_silenced;
            next.states.insert(subject.clone(), Some(FindingState { pending_version: Some(version), silenced, ..state.clone() }));
        }
    }
    for verdict in verdicts {
        match verdict {
            Verdict::Resolved(resolved) => {
                let Some(state) = input.findings.get(&resolved.subject) else { continue };
                next.states.insert(resolved.subject.clone(), None);
                if let Some(notified) = state.notified.as_ref().filter(|_| resolved.news.is_some()) {
                    next.resolutions.push(Resolution { rule, tenant, resolved, notified, state });
                }
            }
            Verdict::Bad(finding) => {
                let before = input.findings.get(&finding.subject);
                let subject = Subject {
                    rule: input.rule,
                    first: input.state.is_none_or(|state| state.day.is_none()),
                    newest: input.newest_day,
                    silenced: silenced(&finding.subject),
                    now: input.now,
                };
                let (after, reason) = subject.bad(before, &finding);
                let goes_on = before.filter(|before| subject.goes_on(before, &finding));
                let notified = goes_on.and_then(|state| state.notified.as_ref());
                if before != Some(&after) {
                    next.states.insert(finding.subject.clone(), Some(after));
                }
                next.notifications.extend(reason.map(|reason| {
                    let before = notified.filter(|_| reason != Reason::New);
                    Notification { rule, tenant, finding: *finding, reason, before }
                }));
            }
        }
    }
    next
}

/// What a subject that is bad is looked at with.
struct Subject<'a> {
    rule: &'a Rule,
    first: bool,
    newest: Option<Date>,
    silenced: bool,
    now: Timestamp,
}

impl Subject<'_> {
    /// The state of what `finding` says, which was `before`, and whether that is notified.
    fn bad(&self, before: Option<&FindingState>, finding: &Finding) -> (FindingState, Option<Reason>) {
        // What was lost on the way waits as if it were silenced, and is no end of a snooze.
        let was_snoozed = before.is_some_and(|before| before.silenced && before.lost.is_none());
        let Some(before) = before.filter(|before| self.goes_on(before, finding)) else {
            let preexisting = self.first && self.rule.watch.is_about_moves();
            let state = FindingState { preexisting, ..self.found(finding) };
            return if preexisting { (state, None) } else { self.notify_first(state, was_snoozed, finding) };
        };
        let state = FindingState { silenced: self.silenced, pending_version: None, resolving: None, ..before.clone() };
        if before.preexisting {
            return (state, None);
        }
        let worst = before.worst.max(finding.badness);
        let state = FindingState { stands: finding.stands, worst, news: finding.news.clone(), ..state };
        match &before.notified {
            None => self.notify_first(state, was_snoozed, finding),
            Some(notified) => self.notify_again(state, (before.silenced, was_snoozed), notified, finding),
        }
    }

    /// Whether `finding` is what `before` says, and not another event, or a move after what was known from the beginning. Another
    /// event waits for the end of a snooze behind the one that was notified.
    fn goes_on(&self, before: &FindingState, finding: &Finding) -> bool {
        let behind = self.silenced && before.was_notified();
        if finding.event { behind || before.mark == finding.mark } else { !before.preexisting }
    }

    fn found(&self, finding: &Finding) -> FindingState {
        FindingState {
            title: finding.title.clone(),
            news: finding.news.clone(),
            preexisting: false,
            since: self.now,
            day: self.newest,
            from: finding.from,
            stood: finding.stood,
            stands: finding.stands,
            worst: finding.badness,
            mark: finding.mark.clone(),
            worse: None,
            silenced: self.silenced,
            lost: None,
            pending_version: None,
            resolving: None,
            notified: None,
        }
    }

    /// Notifies of what nobody knows yet, unless it is silenced, or held back until a day after `state.day` confirms it.
    fn notify_first(&self, mut state: FindingState, was_snoozed: bool, finding: &Finding) -> (FindingState, Option<Reason>) {
        if self.silenced || self.holds(state.day, finding) {
            return (state, None);
        }
        let to = self.rule.to.clone();
        state.notified = Some(Notified {
            first: self.now,
            last: self.now,
            to,
            badness: finding.badness,
            posts: Vec::new(),
            incident: String::new(),
            shared: finding.shared.clone(),
        });
        state.lost = None;
        (state, Some(if was_snoozed { Reason::SnoozeEnded } else { Reason::New }))
    }

    /// Notifies again of what goes on; `waited` is whether it was silent until now, and whether that was for a snooze.
    fn notify_again(
        &self,
        mut state: FindingState,
        waited: (bool, bool),
        notified: &Notified,
        finding: &Finding,
    ) -> (FindingState, Option<Reason>) {
        let worse = finding.worse_by.is_some_and(|by| finding.badness >= notified.badness + by - POINTS_EPSILON);
        state.worse = state.worse.filter(|_| worse).or(if worse { self.newest } else { None });
        // From where it improved to it may fall anew, which is news.
        let improved = finding.worse_by.is_some_and(|by| finding.badness <= notified.badness - by + POINTS_EPSILON);
        if let Some(notified) = state.notified.as_mut().filter(|_| improved) {
            notified.badness = finding.badness;
        }
        if self.silenced || finding.event {
            return (state, None);
        }
        let is_worse = worse && !self.holds(state.worse, finding);
        let reason = match waited {
            (true, true) => Reason::SnoozeEnded,
            _ if is_worse => Reason::Worse,
            (true, false) => Reason::Still,
            (false, _) if state.repeats(self.rule, self.now) => Reason::Still,
            (false, _) => return (state, None),
        };
        if is_worse {
            state.day = self.newest;
        }
        (state.worse, state.lost) = (None, None);
        if let Some(notified) = &mut state.notified {
            (notified.last, notified.badness) = (self.now, notified.badness.max(finding.badness));
        }
        (state, Some(reason))
    }

    /// Whether what was found on the day `since` is held back: no later day is there yet.
    fn holds(&self, since: Option<Date>, finding: &Finding) -> bool {
        self.rule.hold && finding.may_correct && self.newest <= since
    }
}
