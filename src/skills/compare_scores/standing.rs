//! Where does a tenant stand, or several together, and how did that move? All points over all maxima, so that a large tenant weighs more than a small one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    score::{Category, Snapshot, Sum, Summary},
    skills::{
        TenantFacts,
        category::CategoryArg,
        format::{percent_move, round2},
        since::Since,
    },
};

/// Points of a maximum, on two days where both are held.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Standing {
    pub points: f64,
    /// Above zero.
    pub maximum: f64,
    /// The same on the earlier day.
    before: Option<(f64, f64)>,
}

impl Standing {
    /// Of `tenant`, whole or in a category; `None` where its maximum is not known.
    pub fn of(tenant: &TenantFacts, since: Since, category: Option<CategoryArg>) -> Option<Self> {
        let newest = tenant.history.newest()?;
        let sums = |day: &Snapshot| match category {
            None => day.maximum.map(|maximum| (day.points, maximum)),
            Some(category) => by_category(tenant, day).get(&category.category()).map(|sum| (sum.points, sum.maximum)),
        };
        let known = |day: &Snapshot| sums(day).filter(|(_, maximum)| *maximum > 0.0);
        let (points, maximum) = known(newest)?;
        let before = since.find(&tenant.history, newest).and_then(|(before, _)| known(before));
        Some(Self { points, maximum, before })
    }

    /// All of them together; `None` of none. It moved as far as all of them have an earlier day.
    pub fn together(all: &[Self]) -> Option<Self> {
        let sum = |of: fn(&Self) -> f64| all.iter().map(of).sum();
        let before = all.iter().map(|one| one.before).collect::<Option<Vec<_>>>();
        let before = before.map(|all| all.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)));
        (!all.is_empty()).then(|| Self { points: sum(|one| one.points), maximum: sum(|one| one.maximum), before })
    }

    /// Percent of the maximum, as it is told.
    pub fn percent(&self) -> f64 {
        round2(100.0 * self.points / self.maximum)
    }

    /// Points gained or lost.
    pub fn moved(&self) -> Option<f64> {
        self.before.map(|(points, _)| round2(self.points - points))
    }

    /// The same in percentage points.
    pub fn percent_moved(&self) -> Option<f64> {
        self.before.map(|(points, maximum)| percent_move(100.0 * points / maximum, 100.0 * self.points / self.maximum))
    }
}

/// The days that a tenant's standing is of: the earlier one that it is compared with, and the newest.
pub(super) fn days(tenant: &TenantFacts, since: Since) -> Option<(Option<Date>, Date)> {
    let newest = tenant.history.newest()?;
    Some((since.find(&tenant.history, newest).map(|(before, _)| before.day), newest.day))
}

/// What each category comes to on a day; of none where its controls are not known.
pub(super) fn by_category(tenant: &TenantFacts, day: &Snapshot) -> BTreeMap<Category, Sum> {
    if day.controls_known { Summary::of(day, &tenant.catalogue).categories } else { BTreeMap::new() }
}

/// Our share in a category, as it is told.
pub(super) fn share(sum: &Sum) -> Option<f64> {
    (sum.maximum > 0.0).then(|| round2(100.0 * sum.points / sum.maximum))
}
