//! Where does a tenant stand on a day? Sums by category, controls by standing, and what stays unexplained.

use std::collections::BTreeMap;

use super::{Catalogue, Category, Control, ControlProgress, ControlState, Snapshot, controls};

/// A day in a few numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// How many controls were scored.
    pub controls: usize,
    /// With all points.
    pub full: usize,
    /// With some points.
    pub partial: usize,
    /// Without points.
    pub none: usize,
    /// That can give no points.
    pub worthless: usize,
    /// Of which nothing tells how far they are.
    pub unknown: usize,
    /// Scored controls whose risk somebody accepted.
    pub accepted: usize,
    /// Scored controls resolved through a third party or an alternate mitigation.
    pub resolved_elsewhere: usize,
    /// Scored controls without a profile.
    pub score_only: usize,
    /// Scored controls whose maximum nothing tells.
    pub maximum_unknown: usize,
    /// Scored controls whose points Graph did not say, which `points_of_controls` leaves out.
    pub points_unknown: usize,
    /// The sum of all control scores that Graph said.
    pub points_of_controls: f64,
    /// The sum of all control maxima that something tells.
    pub maximum_of_controls: f64,
    /// Points and known maximum by category.
    pub categories: BTreeMap<Category, Sum>,
}

/// What a category comes to. What it has of controls whose maximum is unknown stands apart: as a share of the rest it would flatter. So do
/// controls whose points are unknown: as 0 they would do the reverse.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// Points had of controls whose points and maximum are known.
    pub points: f64,
    /// The maximum of these.
    pub maximum: f64,
    /// Points had of controls whose maximum is unknown.
    pub apart: f64,
    /// Controls in it.
    pub controls: usize,
    /// Controls in it whose points are known and whose maximum is not, which `maximum` leaves out.
    pub unknown: usize,
    /// Controls in it whose points are unknown, which all sums leave out.
    pub unsaid: usize,
}

impl Sum {
    /// Takes in what another category comes to.
    pub fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.maximum += other.maximum;
        self.apart += other.apart;
        self.controls += other.controls;
        self.unknown += other.unknown;
        self.unsaid += other.unsaid;
    }
}

impl Summary {
    /// Sums up `snapshot`.
    pub fn of(snapshot: &Snapshot, catalogue: &Catalogue) -> Self {
        let mut summary = Self::default();
        for control in controls(snapshot, catalogue) {
            summary.add(&control);
        }
        summary
    }

    fn add(&mut self, control: &Control<'_>) {
        self.controls += 1;
        match control.standing() {
            ControlProgress::Full => self.full += 1,
            ControlProgress::Partial => self.partial += 1,
            ControlProgress::None => self.none += 1,
            ControlProgress::Worthless => self.worthless += 1,
            ControlProgress::Unknown => self.unknown += 1,
        }
        match control.profile.map(super::profile::Profile::state) {
            None => self.score_only += 1,
            Some(ControlState::Accepted) => self.accepted += 1,
            Some(ControlState::ThirdParty | ControlState::Mitigated) => self.resolved_elsewhere += 1,
            Some(ControlState::Default | ControlState::Reviewed | ControlState::Other(_)) => {}
        }
        let sum = self.categories.entry(control.score.category.clone()).or_default();
        sum.controls += 1;
        match (control.score.points, control.maximum) {
            (Some(points), Some(maximum)) => {
                sum.points += points;
                sum.maximum += maximum;
            }
            (Some(points), None) => {
                sum.apart += points;
                sum.unknown += 1;
            }
            (None, _) => sum.unsaid += 1,
        }
        self.points_of_controls += control.score.points.unwrap_or(0.0);
        self.points_unknown += usize::from(control.score.points.is_none());
        self.maximum_of_controls += control.maximum.unwrap_or(0.0);
        self.maximum_unknown += usize::from(control.maximum.is_none());
    }
}
