//! What does a rule find in the facts of a tenant right now? Each of its subjects: bad, resolved, or nothing that can be said.
//!
//! Where a subject was bad already, the way out decides: it is wider than the way in, so that nothing is notified again and again for
//! standing on the edge. A subject of which the facts say nothing (a day without a maximum, a tenant without a day) stays what it was.

use super::{
    controls, falls::falls, finding::Verdict, level::below, readings, removed::removed_controls, risks, rule::Watch, rule_input::RuleInput,
    statuses::changed_statuses,
};

/// What the rule of `input` finds there.
pub fn find(input: &RuleInput<'_>) -> Vec<Verdict> {
    match &input.rule.watch {
        Watch::ScoreFalls(fall) => falls(*fall, input),
        Watch::ScoreBelow(level) => input.newest().and_then(|newest| below(*level, newest, input)).into_iter().collect(),
        Watch::ControlRegresses { points, only } => controls::regresses(*points, only, input),
        Watch::ControlNew(only) => controls::new_controls(only, input),
        Watch::ControlRemoved(only) => removed_controls(only, input),
        Watch::StatusChanged(only) => changed_statuses(only, input),
        Watch::RiskAccepted { allowed, only } => risks::accepted(allowed, only, input),
        Watch::AcceptanceEnds => risks::ended(input),
        Watch::NoData { hours } => vec![readings::no_data(*hours, input)],
        Watch::SignIn { days } => readings::sign_in(input).into_iter().chain([readings::credential(*days, input)]).collect(),
    }
}
