//! What do answers say of licences? What a control seems to need, whether the tenant seems to have it, and what changed.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    TenantFacts,
    caveat::{Caveat, NAMED_MAX},
    format,
};
use crate::{
    score::{
        Control, History, Snapshot,
        licence::{LicenceNeed, Licences, ServicesChange, service_name},
    },
    text::first_of,
};

/// Whether the tenant seems to have the plan that a control seems to need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "each is called what it is")]
pub enum LicensedArg {
    #[serde(rename = "true")]
    Yes,
    #[serde(rename = "false")]
    No,
}

impl LicensedArg {
    /// Whether the tenant is to have it.
    pub(super) fn is_held(self) -> bool {
        self == Self::Yes
    }
}

impl TenantFacts {
    /// What is known of its licences.
    pub(crate) fn licences(&self) -> Licences<'_> {
        Licences {
            services: self.history.days().iter().rev().find_map(|day| day.enabled_services.as_ref()),
            service_plans: self.service_plans.as_deref(),
        }
    }

    /// What `control` seems to need, and whether this tenant has it; `None` where nothing can be said.
    pub(crate) fn licence_of(&self, control: &Control<'_>) -> Option<LicenceNeed> {
        LicenceNeed::of(control, self.licences())
    }

    /// The same of the control called `name`, of a `service`, which may not be scored.
    pub(super) fn licence_of_named(&self, name: &str, service: Option<&str>) -> Option<LicenceNeed> {
        LicenceNeed::of_named(name, service, self.licences())
    }

    /// Whether `control` is licensed as is `wanted`; `None` where that is not known.
    pub(super) fn is_licensed(&self, control: &Control<'_>, wanted: LicensedArg) -> Option<bool> {
        self.licence_of(control)?.held.map(|held| held == wanted.is_held())
    }
}

/// In a few words, for assistants and people: `seems to need Entra ID P2, not licensed`.
pub(super) fn words(need: LicenceNeed) -> String {
    let held = match need.held {
        Some(true) => "licensed",
        Some(false) => "not licensed",
        None => "whether licensed is not known",
    };
    format!("seems to need {}, {held}", need.plan)
}

/// That what the tenant has changed between two days of its `history`. It can explain what no control explains of the maximum, which is `unexplained`; of what
/// controls explain it is said no more than that it came on the same day.
pub(super) fn changed(history: &History, before: &Snapshot, after: &Snapshot, unexplained: Option<f64>) -> Option<Caveat> {
    let change = services_change(before, after)?;
    let listed = |sign: &str, codes: &[&str]| codes.iter().map(|code| format!("{sign}{}", told(code))).collect::<Vec<_>>();
    let all = first_of(&[listed("+", &change.got), listed("-", &change.lost)].concat(), NAMED_MAX);
    let explains = match (unexplained, with_maximum(history, before, after)) {
        (Some(rest), _) => format!(", which can explain the {} of the maximum that no control explains", format::signed(rest)),
        (None, Some(day)) => format!(" on {day}, when the maximum changed too"),
        (None, None) => String::new(),
    };
    Some(Caveat::new(
        format!("licences changed: {all}{explains}"),
        format!("What the tenant is licensed for changed since {}: {all}{explains}.", before.day),
    ))
}

fn services_change<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Option<ServicesChange<'a>> {
    ServicesChange::between(before.enabled_services.as_ref(), after.enabled_services.as_ref())
}

/// The last day after `before` and up to `after` on which what the tenant has and its maximum changed both.
fn with_maximum(history: &History, before: &Snapshot, after: &Snapshot) -> Option<Date> {
    let within = |days: &&[Snapshot]| days[0].day >= before.day && days[1].day <= after.day;
    let next_day = |days: &&[Snapshot]| days[0].day.tomorrow().is_ok_and(|next| next == days[1].day);
    let both = |days: &&[Snapshot]| days[0].maximum != days[1].maximum && services_change(&days[0], &days[1]).is_some();
    history.days().windows(2).filter(within).filter(next_day).rfind(both).map(|days| days[1].day)
}

/// What a code stands for, or the code itself, which is Microsoft's and made safe.
fn told(code: &str) -> String {
    service_name(code).map_or_else(|| format::word(code), ToOwned::to_owned)
}
