//! What does a `subscribedSku` of Graph's mean? The names of the service plans in it that are in force.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::DeserializeSeed as _};

use super::{
    PageError,
    envelope::{Shape, parse},
    lenient::{Object, ObjectList},
    repair,
    sent_value::SentValue,
    short,
};

/// A tenant has some hundreds at most.
const PLANS_MAX: usize = 2_000;
const NAME_MAX: usize = 60;
/// The states of a subscription in which its plans can be used, and those of a plan in which it cannot.
const USABLE: [&str; 2] = ["Enabled", "Warning"];
const UNUSABLE: [&str; 2] = ["Disabled", "Error"];

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SentSubscription<'a> {
    capability_status: SentValue<'a>,
    #[serde(deserialize_with = "plans")]
    service_plans: Vec<SentPlan<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SentPlan<'a> {
    provisioning_status: SentValue<'a>,
    service_plan_name: SentValue<'a>,
}

fn plans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SentPlan<'de>>, D::Error> {
    let mut plans = Vec::new();
    let all = ObjectList::new(|plan: Object<SentPlan<'de>>| {
        plans.extend(plan.value);
        plans.len() <= PLANS_MAX
    });
    all.deserialize(deserializer)?;
    Ok(plans)
}

/// Whether `word` is one of `words`, in any case.
fn is_one_of(word: &SentValue<'_>, words: &[&str]) -> bool {
    word.text().is_some_and(|word| words.iter().any(|known| known.eq_ignore_ascii_case(&word)))
}

/// Adds the names of a page's plans that are in force to `names`; the link to the next page.
pub fn parse_service_plans(body: &[u8], names: &mut BTreeSet<String>) -> Result<Option<String>, PageError> {
    let (body, _) = repair::repaired(body)?;
    let (next, _) = parse(Shape::Envelope, &body, |sent: SentSubscription<'_>, _| {
        let usable = is_one_of(&sent.capability_status, &USABLE);
        for plan in sent.service_plans.iter().filter(|plan| usable && !is_one_of(&plan.provisioning_status, &UNUSABLE)) {
            let name = plan.service_plan_name.text().map(|name| short(&name, NAME_MAX));
            names.extend(name.filter(|name| !name.is_empty()));
        }
        names.len() <= PLANS_MAX
    })?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_force_is_not_held() {
        let body = br#"{"value":[
            {"capabilityStatus":"Enabled","servicePlans":[{"servicePlanName":"AAD_PREMIUM","provisioningStatus":"Success"},
              {"servicePlanName":"ATA","provisioningStatus":"Disabled"},{"servicePlanName":"INTUNE_A","provisioningStatus":"PendingActivation"},
              {"servicePlanName":null},{"servicePlanName":7,"provisioningStatus":null}]},
            {"capabilityStatus":"warning","servicePlans":{"servicePlanName":"WINDEFATP"}},
            {"capabilityStatus":"Suspended","servicePlans":[{"servicePlanName":"THREAT_INTELLIGENCE","provisioningStatus":"Success"}]},
            {"servicePlans":[{"servicePlanName":"MCOSTANDARD"}]}, null, 5]}"#;
        let mut names = BTreeSet::new();
        assert_eq!(parse_service_plans(body, &mut names).unwrap(), None);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["7", "AAD_PREMIUM", "INTUNE_A", "WINDEFATP"]);
        assert!(parse_service_plans(b"[", &mut BTreeSet::new()).is_err());
    }
}
