//! What takes the least effort to gain so many points? The controls that can be worked on, what each gives and takes, and the cheapest that
//! suffice.

mod least_effort;

pub use least_effort::{GainAndEffort, least_effort};

use super::{
    Catalogue, Control, Effort, EffortLimit, POINTS_EPSILON, Snapshot,
    rank::{Ranking, RankingQuery},
};

/// The most points that one control can give in a plan: as many as any number that is read.
const GAIN_MAX: f64 = 1e9;

/// A control that can be worked on.
#[derive(Debug, Clone, Copy)]
pub struct PlanStep<'a> {
    /// Which.
    pub control: Control<'a>,
    /// The points that it gives when all of it is done.
    pub gain: f64,
    /// What it takes.
    pub effort: Effort,
}

/// The controls of a day that a plan can be made of, and how many stay out of it for a reason.
#[derive(Debug, Clone, Default)]
pub struct OpenControls<'a> {
    /// Those that can be worked on, the most points for their effort first.
    pub steps: Vec<PlanStep<'a>>,
    /// How many controls fit, open or not.
    pub fitting: usize,
    /// Those that stay out because their risk is accepted.
    pub accepted: Vec<Control<'a>>,
    /// How many because they are resolved by a third party or otherwise, and wait for Microsoft.
    pub resolved_elsewhere: usize,
    /// Because Microsoft is about to drop them.
    pub deprecated: usize,
    /// Because nothing tells how many points they would give.
    pub of_unknown_points: usize,
    /// Because nothing tells whether they are within the limit.
    pub of_unknown_effort: usize,
    /// Because the tenant seems to lack a licence that they seem to need.
    pub unlicensed: usize,
    /// Because nothing tells whether it has one, where it must.
    pub of_unknown_licence: usize,
}

impl<'a> OpenControls<'a> {
    /// Those of `snapshot` that `wanted` lets through, that take no more than `limit`, and that are `licensed`, which may not be known.
    pub fn of(
        snapshot: &'a Snapshot,
        catalogue: &'a Catalogue,
        limit: EffortLimit,
        wanted: impl Fn(&Control<'a>) -> bool,
        licensed: impl Fn(&Control<'a>) -> Option<bool>,
    ) -> Self {
        let ranking = Ranking::of(snapshot, catalogue, RankingQuery { limit, ..RankingQuery::default() }, wanted);
        let mut open = Self {
            fitting: ranking.fitting,
            of_unknown_points: ranking.of_unknown_share(),
            accepted: ranking.accepted,
            resolved_elsewhere: ranking.resolved_elsewhere,
            of_unknown_effort: ranking.of_unknown_effort,
            ..Self::default()
        };
        for control in ranking.weak {
            let dropped = control.profile.is_some_and(|profile| profile.deprecated);
            match control.points_left() {
                None => open.of_unknown_points += 1,
                Some(_) if dropped => open.deprecated += 1,
                Some(_) if licensed(&control) == Some(false) => open.unlicensed += 1,
                Some(_) if licensed(&control).is_none() => open.of_unknown_licence += 1,
                Some(gain) => open.steps.push(PlanStep { control, gain, effort: Effort::of(&control) }),
            }
        }
        in_order(&mut open.steps);
        open
    }

    /// Those that together give `needed` points for the least effort, in the order in which to do them; of several such plans the one that
    /// gives most, then the one of the fewest controls. `None` where all of them do not give so many.
    pub fn least(&self, needed: f64) -> Option<Vec<PlanStep<'a>>> {
        let weighed = |step: &PlanStep<'_>| GainAndEffort { gain: exact(step.gain), effort: step.effort.weight };
        let all: Vec<GainAndEffort> = self.steps.iter().map(weighed).collect();
        Some(least_effort(&all, exact(needed))?.into_iter().map(|place| self.steps[place]).collect())
    }
}

/// The most points for their effort first, then the most points, then by name.
fn in_order(steps: &mut [PlanStep<'_>]) {
    let each = |step: &PlanStep<'_>| step.gain / step.effort.weight as f64;
    steps.sort_by(|a, b| {
        each(b).total_cmp(&each(a)).then_with(|| b.gain.total_cmp(&a.gain)).then_with(|| a.control.name().cmp(b.control.name()))
    });
}

/// Points in whole millionths, which add up exactly: Microsoft's have two decimals.
#[expect(clippy::cast_possible_truncation, reason = "at most 10^15")]
fn exact(points: f64) -> i64 {
    (points.clamp(0.0, GAIN_MAX) / POINTS_EPSILON).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_add_up_exactly() {
        let tenths = std::iter::repeat_n(0.1, 10).map(exact).sum::<i64>();
        assert_eq!(tenths, exact(1.0));
        assert_eq!((exact(-3.0), exact(f64::MAX), exact(3.33)), (0, 1_000_000_000_000_000, 3_330_000));
    }
}
