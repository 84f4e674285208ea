//! Which controls got another status in a span? As Graph's profiles and our own people's notes tell; the same status written again is no change.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    score::{
        Profile,
        status::{SaidStatus, StatusWord},
    },
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
    let mut changes: Vec<(Date, &Profile, StatusWord<'_>)> = Vec::new();
    for profile in tenant.catalogue.profiles().iter().filter(fits) {
        let said = SaidStatus::changes(Some(profile), tenant.annotations.get(&profile.name));
        changes.extend(said.into_iter().filter(|(day, _)| (first..=last).contains(day)).map(|(day, word)| (day, profile, word)));
    }
    changes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let row = |(day, profile, word): &(Date, &Profile, StatusWord<'_>)| TrendStatus {
        day: *day,
        control: format::name(&profile.name),
        state: match word {
            StatusWord::State(state) => format::state(state),
            StatusWord::Ours(ours) => ours.words().to_owned(),
        },
        title: format::title(&profile.title),
        deprecated: profile.deprecated,
        target: RowTarget::to_control(tenant, &Arc::clone(&profile.name), &profile.title),
    };
    (changes.len(), changes.iter().take(rows).map(row).collect())
}
