//! What is weak, and what first? Controls with points left, in an order to work through.

use super::{
    Catalogue, Control, ControlProgress, ControlState, Effort, EffortLimit, POINTS_EPSILON, Snapshot, controls, status::ControlStatus,
};

/// How to order weak controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The most points left first.
    Points,
    /// The most points left for their effort first, those of unknown effort last.
    QuickWins,
    /// Those whose points nothing tells first.
    UnknownPoints,
}

/// Which controls are wanted, by how they stand and what somebody decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RankedStatus {
    /// Weak, and nobody decided to leave it so.
    #[default]
    Open,
    /// The same, those included whose risk is accepted.
    OpenOrAccepted,
    /// All points, and nobody decided anything: as [`ControlStatus::Completed`].
    Completed,
    /// The risk is accepted, however many points it has.
    Accepted,
    /// Resolved through a third party, likewise.
    ThirdParty,
    /// Resolved by an alternate mitigation, likewise.
    Mitigated,
}

impl RankedStatus {
    /// Whether a control that is not weak, or of which somebody decided something, is wanted; `None` where weakness decides.
    fn decides(self, control: &Control<'_>) -> Option<bool> {
        let state = control.profile.map(super::profile::Profile::state);
        Some(match self {
            Self::Open | Self::OpenOrAccepted => return None,
            Self::Completed => ControlStatus::of(control, None, None) == ControlStatus::Completed,
            Self::Accepted => state == Some(&ControlState::Accepted),
            Self::ThirdParty => state == Some(&ControlState::ThirdParty),
            Self::Mitigated => state == Some(&ControlState::Mitigated),
        })
    }
}

/// Weak controls in order, and the ones that stay out of it for a reason.
#[derive(Debug, Clone, Default)]
pub struct Ranking<'a> {
    /// Controls with points left, or those of the status that was asked for, the first to work on first. Those whose points nothing tells come last. In the order of unknown points
    /// also those that are neither weak nor not.
    pub weak: Vec<Control<'a>>,
    /// How many controls fit, weak or not.
    pub fitting: usize,
    /// How many of them that nobody decided about are neither weak nor not, because nothing tells how much of their points is all.
    pub untold: usize,
    /// How many likewise, because Graph said neither their points nor their percentage.
    pub unsaid: usize,
    /// Weak controls that are left out because their risk is accepted.
    pub accepted: Vec<Control<'a>>,
    /// How many are left out because they are resolved by a third party or otherwise, and wait for Microsoft.
    pub resolved_elsewhere: usize,
    /// How many are left out because nothing tells whether they take no more than is wanted.
    pub of_unknown_effort: usize,
}

/// Which controls are ranked, and how.
#[derive(Debug, Clone, Copy)]
pub struct RankingQuery {
    /// Those of this status.
    pub status: RankedStatus,
    /// In this order.
    pub order: Order,
    /// Those below so many percent; those that are not open only where that is less than all.
    pub below: f64,
    /// Those that take no more than this.
    pub limit: EffortLimit,
}

impl Default for RankingQuery {
    /// All weak controls, by points.
    fn default() -> Self {
        Self { status: RankedStatus::Open, order: Order::Points, below: 100.0, limit: EffortLimit::default() }
    }
}

impl<'a> Ranking<'a> {
    /// Ranks the controls of `snapshot` that `query` asks for and that `wanted` lets through.
    pub fn of(snapshot: &'a Snapshot, catalogue: &'a Catalogue, query: RankingQuery, wanted: impl Fn(&Control<'a>) -> bool) -> Self {
        let mut ranking = Self::default();
        let within = |control: &Control<'a>| query.limit.allows(control) != Some(false);
        controls(snapshot, catalogue).filter(|control| wanted(control) && within(control)).for_each(|control| ranking.take(control, query));
        in_order(&mut ranking.weak, query.order);
        ranking
    }

    fn take(&mut self, control: Control<'a>, query: RankingQuery) {
        let RankingQuery { status, order, below, limit } = query;
        self.fitting += 1;
        if let Some(wanted) = status.decides(&control) {
            if wanted && (below >= 100.0 || control.percent().is_some_and(|percent| percent < below)) {
                self.list(control, limit);
            }
            return;
        }
        let unknown = control.standing() == ControlProgress::Unknown;
        if !unknown && !is_weak(&control, below) {
            return;
        }
        match control.profile.map(super::profile::Profile::state) {
            Some(ControlState::Accepted | ControlState::ThirdParty | ControlState::Mitigated) if unknown => {}
            Some(ControlState::Accepted) if status == RankedStatus::OpenOrAccepted => self.list(control, limit),
            Some(ControlState::Accepted) => self.accepted.push(control),
            Some(ControlState::ThirdParty | ControlState::Mitigated) => self.resolved_elsewhere += 1,
            None | Some(ControlState::Default | ControlState::Reviewed | ControlState::Other(_)) => {
                match control.score.points {
                    _ if !unknown => {}
                    Some(_) => self.untold += 1,
                    None => self.unsaid += 1,
                }
                if !unknown || order == Order::UnknownPoints {
                    self.list(control, limit);
                }
            }
        }
    }

    /// Takes a control in, unless nothing tells whether it is within the `limit`.
    fn list(&mut self, control: Control<'a>, limit: EffortLimit) {
        match limit.allows(&control) {
            None => self.of_unknown_effort += 1,
            Some(_) => self.weak.push(control),
        }
    }

    /// How many controls that nobody decided about are neither weak nor not.
    pub const fn of_unknown_share(&self) -> usize {
        self.untold + self.unsaid
    }
}

/// The first to work on first.
fn in_order(weak: &mut [Control<'_>], order: Order) {
    let worth = |control: &Control<'_>| {
        let left = control.points_left().unwrap_or(-1.0);
        match order {
            Order::Points => left,
            Order::QuickWins => left / Effort::of(control).weight as f64,
            Order::UnknownPoints => -left,
        }
    };
    // Nothing of unknown effort passes for a quick win.
    let is_late = |control: &Control<'_>| order == Order::QuickWins && !Effort::of(control).known;
    weak.sort_by(|a, b| {
        let rank = |control: &Control<'_>| control.profile.and_then(|profile| profile.rank).unwrap_or(u32::MAX);
        let by_worth = worth(b).total_cmp(&worth(a)).then_with(|| rank(a).cmp(&rank(b)));
        is_late(a).cmp(&is_late(b)).then(by_worth).then_with(|| a.name().cmp(b.name()))
    });
}

fn is_weak(control: &Control<'_>, below: f64) -> bool {
    let points_left = control.points_left().is_none_or(|left| left > POINTS_EPSILON) && control.standing() != ControlProgress::Worthless;
    points_left && control.percent().is_some_and(|percent| percent < below)
}
