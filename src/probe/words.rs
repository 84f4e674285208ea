//! Which words of Microsoft's closed lists came, and which of them are new?

use serde_json::Value;

use super::{
    known::{self, Enumeration},
    observed::{Observations, list, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    tally::WordTally,
    vocabulary::is_a_service,
};
use crate::{score::product, text::count};

const HERE: Section = Section::Words;
const KNOWN: &str = "only words that have been seen before";
/// So many services are told that scorewatch does not know.
const SERVICES_TOLD_MAX: usize = 16;

/// What is said about words.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let profiles = |found: &dyn Fn(Vec<&Value>) -> ProbeFinding| ProbeFinding::of(seen.entries(RequestKey::Catalogue), found);
    let each_of = |words: &'static Enumeration| profiles(&|all| each(all.into_iter(), words));
    let categories =
        ProbeFinding::of(seen.newest(), |days| each(days.into_iter().flat_map(|day| list(day, "controlScores")), &known::CATEGORY));
    vec![
        HERE.point("words.state", "states of controlStateUpdates", profiles(&states)),
        HERE.point("words.controlCategory", "controlCategory of scored controls", categories),
        HERE.point("words.profileCategory", "controlCategory of profiles", each_of(&known::CATEGORY)),
        HERE.point("words.tier", "tier", each_of(&known::TIER)),
        HERE.point("words.actionType", "actionType", each_of(&known::ACTION_TYPE)),
        HERE.point("words.implementationCost", "implementationCost", each_of(&known::EFFORT)),
        HERE.point("words.userImpact", "userImpact", each_of(&known::USER_IMPACT)),
        HERE.point("words.threats", "threats", profiles(&threats)),
        HERE.point("words.service", "service", profiles(&|all| services(&all))),
        HERE.point("words.enabledServices", "enabledServices of the newest day", ProbeFinding::of(seen.newest(), |days| enabled(&days))),
        HERE.point("words.enabledServicesChange", "enabledServices on older days", changes(seen)),
    ]
}

/// What is said of all words of a list that came, `told` as it is fit; `none` where nothing came.
fn judged(came: &WordTally, words: &Enumeration, told: fn(&WordTally, &str) -> String, none: &str) -> ProbeFinding {
    if came.is_empty() {
        return ProbeFinding::Unanswered(none.to_owned());
    }
    ProbeFinding::judged(told(came, "none"), came.all(|shown| shown == known::NULL || words.knows(shown)), KNOWN)
}

/// Which words entries have, how often; whether all are known.
fn each<'v>(entries: impl Iterator<Item = &'v Value>, words: &Enumeration) -> ProbeFinding {
    judged(&entries.map(|entry| words.of(entry)).collect(), words, WordTally::words, "nothing that has it came")
}

/// Which states people set, roughly how often: how many risks a tenant accepts is its own business.
fn states(profiles: Vec<&Value>) -> ProbeFinding {
    let updates = profiles.into_iter().flat_map(|profile| list(profile, "controlStateUpdates"));
    let came = updates.map(|update| known::STATE.of(update)).collect();
    judged(&came, &known::STATE, WordTally::roughly, "no profile has an update")
}

fn threats(profiles: Vec<&Value>) -> ProbeFinding {
    let came = profiles.into_iter().flat_map(|profile| known::THREATS.all_of(profile)).collect();
    judged(&came, &known::THREATS, WordTally::words, "no profile names a threat")
}

/// Which products a tenant has connected is its own business: only counts.
fn services(profiles: &[&Value]) -> ProbeFinding {
    let mut services: Vec<&str> = profiles.iter().filter_map(|profile| text(profile, "service")).collect();
    services.sort_unstable();
    services.dedup();
    if services.is_empty() {
        return ProbeFinding::Unanswered("no profile names a service".to_owned());
    }
    let known = services.iter().filter(|service| product::name(service).is_some()).count();
    let others = services.len() - known;
    ProbeFinding::judged(
        format!("{}, {others} of them not on scorewatch's list", count(services.len(), "different value")),
        others == 0,
        "all are on scorewatch's list",
    )
}

/// The values of a day, if it has the list.
fn enabled_on(day: &Value) -> Option<Vec<&str>> {
    day.get("enabledServices")?.as_array().map(|all| all.iter().filter_map(Value::as_str).collect())
}

fn enabled(days: &[&Value]) -> ProbeFinding {
    let Some(values) = days.first().and_then(|day| enabled_on(day)) else {
        return ProbeFinding::Unanswered("the newest day has no such list".to_owned());
    };
    let coded = values.iter().filter(|value| value.starts_with("Has")).count();
    let others: Vec<&str> = values.iter().copied().filter(|value| !known::ENABLED_SERVICES.contains(value)).collect();
    let mut told: Vec<String> =
        others.iter().filter(|value| is_a_service(value)).take(SERVICES_TOLD_MAX).map(|value| (*value).to_owned()).collect();
    let hidden = others.len() - told.len();
    if hidden > 0 {
        told.push(format!("{} not shown", count(hidden, "value")));
    }
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    let words = format!("{}: {coded} beginning with Has, {} not on scorewatch's list{told}", count(values.len(), "value"), others.len());
    ProbeFinding::judged(words, others.is_empty(), "all are on scorewatch's list")
}

fn changes(seen: &Observations) -> ProbeFinding {
    ProbeFinding::of(seen.entries(RequestKey::Ninety), |days| {
        let mut sets: Vec<Vec<&str>> = days.iter().filter_map(|day| enabled_on(day)).collect();
        let absent = days.len() - sets.len();
        if sets.len() < 2 {
            return ProbeFinding::Unanswered("fewer than two days have such a list".to_owned());
        }
        for set in &mut sets {
            set.sort_unstable();
        }
        let changed = sets.windows(2).filter(|pair| pair[0] != pair[1]).count();
        ProbeFinding::Seen(format!("{} between days, absent on {}", count(changed, "change"), count(absent, "day")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{days, found, observed, profiles as sample_profiles};

    fn told_of(profiles: Value, key: &str) -> ProbeFinding {
        found(points(&observed(sample_profiles(profiles))), key)
    }

    #[test]
    fn known_words_are_as_assumed_and_new_ones_are_told_if_they_are_identifiers() {
        let state = |state: &str| json!([{"controlStateUpdates": [{ "state": state }]}]);
        assert_eq!(told_of(state("Ignored"), "words.state"), ProbeFinding::AsAssumed("Ignored (one)".to_owned()));
        assert_eq!(told_of(state("planned"), "words.state"), ProbeFinding::Otherwise("planned (one)".to_owned(), KNOWN));
        assert_eq!(told_of(state("Contoso"), "words.state"), ProbeFinding::Otherwise("another word of 7 letters (one)".to_owned(), KNOWN));
        assert_eq!(
            told_of(state("by ada@x.example"), "words.state"),
            ProbeFinding::Otherwise("another word of 16 letters (one)".to_owned(), KNOWN)
        );
        assert_eq!(
            told_of(json!([{"tier": null}, {"tier": "Core"}]), "words.tier"),
            ProbeFinding::AsAssumed("Core (1), null (1)".to_owned())
        );
        assert_eq!(
            told_of(json!([{"threats": ["Account breach", "Lateral Movement"]}]), "words.threats"),
            ProbeFinding::Otherwise("Account breach (1), Lateral Movement (1)".to_owned(), KNOWN)
        );
    }

    #[test]
    fn products_are_counted_only() {
        let told = told_of(json!([{"service": "MDA_SNOW"}, {"service": "SecretApp"}, {"service": "MDA_SNOW"}]), "words.service");
        assert_eq!(
            told,
            ProbeFinding::Otherwise("2 different values, 1 of them not on scorewatch's list".to_owned(), "all are on scorewatch's list")
        );
        let enabled = |all: Value| {
            found(points(&observed(days(json!([{ "enabledServices": all }, {"enabledServices": ["HasEOP"]}])))), "words.enabledServices")
        };
        assert_eq!(
            enabled(json!(["HasEOP"])),
            ProbeFinding::AsAssumed("1 value: 1 beginning with Has, 0 not on scorewatch's list".to_owned())
        );
        let others = |all: Value| match enabled(all) {
            ProbeFinding::Otherwise(seen, _) => seen.split_once("not on scorewatch's list").unwrap().1.to_owned(),
            other @ (ProbeFinding::AsAssumed(_) | ProbeFinding::Seen(_) | ProbeFinding::Unanswered(_)) => panic!("{other:?}"),
        };
        assert_eq!(others(json!(["HasEOP", "Skype", "HasContoso"])), " (2 values not shown)");
        assert_eq!(others(json!(["HasEOP", "HasMDOP3"])), " (HasMDOP3)");
        let many: Value = (0..20).map(|number| json!(format!("HasNEW{number}"))).collect();
        assert!(others(many).ends_with(", HasNEW15, 4 values not shown)"), "nothing is cut silently");
        assert!(matches!(enabled(json!(null)), ProbeFinding::Unanswered(_)));
        let changed = found(
            points(&observed(days(json!([{"enabledServices": ["A"]}, {"enabledServices": ["B"]}, {}])))),
            "words.enabledServicesChange",
        );
        assert_eq!(changed, ProbeFinding::Seen("1 change between days, absent on 1 day".to_owned()));
        let one = found(points(&observed(days(json!([{"enabledServices": ["A"]}, {}])))), "words.enabledServicesChange");
        assert!(matches!(one, ProbeFinding::Unanswered(_)), "one list has not changed, nor stayed the same: {one:?}");
        assert!(matches!(told_of(json!([{"service": null}]), "words.service"), ProbeFinding::Unanswered(_)));
    }
}
