//! Where does a tenant stand on a day? Sums by category, controls by standing, and what stays unexplained.

use std::collections::BTreeMap;

use super::{Catalogue, Category, Control, Snapshot, Standing, State, controls};

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
    /// The sum of all control scores that Graph said.
    pub points_of_controls: f64,
    /// The sum of all control maxima that something tells.
    pub maximum_of_controls: f64,
    /// Points and known maximum by category.
    pub categories: BTreeMap<Category, Sum>,
}

/// What a category comes to. What it has of controls whose maximum is unknown stands apart: as a share of the rest it would flatter.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// Points had of controls whose maximum is known.
    pub points: f64,
    /// Known maximum.
    pub maximum: f64,
    /// Points had of controls whose maximum is unknown.
    pub apart: f64,
    /// Controls in it.
    pub controls: usize,
    /// Controls in it whose maximum is unknown, which `maximum` leaves out.
    pub unknown: usize,
}

impl Sum {
    /// Takes in what another category comes to.
    pub fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.maximum += other.maximum;
        self.apart += other.apart;
        self.controls += other.controls;
        self.unknown += other.unknown;
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
            Standing::Full => self.full += 1,
            Standing::Partial => self.partial += 1,
            Standing::None => self.none += 1,
            Standing::Worthless => self.worthless += 1,
            Standing::Unknown => self.unknown += 1,
        }
        match control.profile.map(super::profile::Profile::state) {
            None => self.score_only += 1,
            Some(State::Accepted) => self.accepted += 1,
            Some(State::ThirdParty | State::Mitigated) => self.resolved_elsewhere += 1,
            Some(State::Default | State::Reviewed | State::Other(_)) => {}
        }
        let sum = self.categories.entry(control.score.category.clone()).or_default();
        let points = control.score.points.unwrap_or(0.0);
        sum.controls += 1;
        self.points_of_controls += points;
        if let Some(maximum) = control.maximum {
            sum.points += points;
            sum.maximum += maximum;
            self.maximum_of_controls += maximum;
        } else {
            sum.apart += points;
            sum.unknown += 1;
            self.maximum_unknown += 1;
        }
    }
}
