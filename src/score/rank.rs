//! What is weak, and what first? Controls with points left, in an order to work through.

use super::{Catalogue, Control, ControlProgress, ControlState, Level, POINTS_EPSILON, Snapshot, controls, status::ControlStatus};

/// How to order weak controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The most points left first.
    Points,
    /// The most points left for the least effort first.
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
#[derive(Debug, Clone)]
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
    /// How many weak controls are left out because their risk is accepted.
    pub accepted: usize,
    /// How many are left out because they are resolved by a third party or otherwise, and wait for Microsoft.
    pub resolved_elsewhere: usize,
}

/// Ranks the controls of a day that are below `below` percent and that `wanted` lets through.
pub fn weakest<'a>(
    snapshot: &'a Snapshot,
    catalogue: &'a Catalogue,
    order: Order,
    below: f64,
    wanted: impl Fn(&Control<'a>) -> bool,
) -> Ranking<'a> {
    of_status(snapshot, catalogue, RankedStatus::Open, order, below, wanted)
}

/// The same of the controls of a `status`; those that are not open are below `below` percent only where that is less than all.
pub fn of_status<'a>(
    snapshot: &'a Snapshot,
    catalogue: &'a Catalogue,
    status: RankedStatus,
    order: Order,
    below: f64,
    wanted: impl Fn(&Control<'a>) -> bool,
) -> Ranking<'a> {
    let mut ranking = Ranking { weak: Vec::new(), fitting: 0, untold: 0, unsaid: 0, accepted: 0, resolved_elsewhere: 0 };
    for control in controls(snapshot, catalogue).filter(wanted) {
        ranking.fitting += 1;
        if let Some(wanted) = status.decides(&control) {
            if wanted && (below >= 100.0 || control.percent().is_some_and(|percent| percent < below)) {
                ranking.weak.push(control);
            }
            continue;
        }
        let unknown = control.standing() == ControlProgress::Unknown;
        if !unknown && !is_weak(&control, below) {
            continue;
        }
        match control.profile.map(super::profile::Profile::state) {
            Some(ControlState::Accepted | ControlState::ThirdParty | ControlState::Mitigated) if unknown => {}
            Some(ControlState::Accepted) if status == RankedStatus::OpenOrAccepted => ranking.weak.push(control),
            Some(ControlState::Accepted) => ranking.accepted += 1,
            Some(ControlState::ThirdParty | ControlState::Mitigated) => ranking.resolved_elsewhere += 1,
            None | Some(ControlState::Default | ControlState::Reviewed | ControlState::Other(_)) => {
                match control.score.points {
                    _ if !unknown => {}
                    Some(_) => ranking.untold += 1,
                    None => ranking.unsaid += 1,
                }
                if !unknown || order == Order::UnknownPoints {
                    ranking.weak.push(control);
                }
            }
        }
    }
    let worth = |control: &Control<'_>| {
        let left = control.points_left().unwrap_or(-1.0);
        match order {
            Order::Points => left,
            Order::QuickWins => left / effort(control),
            Order::UnknownPoints => -left,
        }
    };
    ranking.weak.sort_by(|a, b| {
        let rank = |control: &Control<'_>| control.profile.and_then(|profile| profile.rank).unwrap_or(u32::MAX);
        worth(b).total_cmp(&worth(a)).then_with(|| rank(a).cmp(&rank(b))).then_with(|| a.name().cmp(b.name()))
    });
    ranking
}

fn is_weak(control: &Control<'_>, below: f64) -> bool {
    let points_left = control.points_left().is_none_or(|left| left > POINTS_EPSILON) && control.standing() != ControlProgress::Worthless;
    points_left && control.percent().is_some_and(|percent| percent < below)
}

impl Ranking<'_> {
    /// How many controls that nobody decided about are neither weak nor not.
    pub const fn of_unknown_share(&self) -> usize {
        self.untold + self.unsaid
    }
}

/// What a control costs to fix: its implementation cost and what people feel of it, 2 (both low) to 8.
/// Unknown counts as more than high, so that nothing unknown passes for a quick win.
fn effort(control: &Control<'_>) -> f64 {
    let weight = |level: Level| match level {
        Level::Low => 1.0,
        Level::Moderate => 2.0,
        Level::High => 3.0,
        Level::Unknown => 4.0,
    };
    control.profile.map_or(8.0, |profile| weight(profile.cost) + weight(profile.impact))
}
