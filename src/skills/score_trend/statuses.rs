//! Which controls got another status in a span? As Graph's profiles tell; the same status written again is no change.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    score::{ControlState, Profile, change::day_of},
    skills::{TenantFacts, category::CategoryArg, follow_ups::RowTarget, format},
};

/// A control that got another status.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrendStatus {
    /// The day.
    #[schemars(with = "String")]
    pub(super) day: Date,
    /// Its id.
    pub(super) control: String,
    /// The status that it got.
    pub(super) state: String,
    #[serde(skip)]
    pub(super) title: String,
    #[serde(skip)]
    pub(super) deprecated: bool,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

/// All of the span, newest first, with the first `rows` of them told.
pub(super) fn statuses(
    tenant: &TenantFacts,
    category: Option<CategoryArg>,
    (first, last): (Date, Date),
    rows: usize,
) -> (usize, Vec<TrendStatus>) {
    let fits = |profile: &&Profile| category.is_none_or(|category| category.is(&profile.category));
    let mut changes: Vec<(Date, &Profile, &ControlState)> = Vec::new();
    for profile in tenant.catalogue.profiles().iter().filter(fits) {
        let updates = profile.updates_newest_first();
        for (at, update) in updates.iter().enumerate() {
            let before = updates.get(at + 1).map_or(&ControlState::Default, |before| &before.state);
            let day = update.at.map(day_of).filter(|day| (first..=last).contains(day));
            changes.extend(day.filter(|_| update.state != *before).map(|day| (day, profile, &update.state)));
        }
    }
    changes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let row = |(day, profile, state): &(Date, &Profile, &ControlState)| TrendStatus {
        day: *day,
        control: format::name(&profile.name),
        state: format::state(state),
        title: format::title(&profile.title),
        deprecated: profile.deprecated,
        target: RowTarget::to_control(tenant, &Arc::clone(&profile.name), &profile.title),
    };
    (changes.len(), changes.iter().take(rows).map(row).collect())
}
