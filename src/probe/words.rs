//! Which words of Microsoft's closed lists came, and which of them are new?

use serde_json::Value;

use super::{
    known,
    observed::{Observations, list, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::word,
    tally::WordTally,
};
use crate::{
    score::{ControlState, product},
    text::count,
};

const HERE: Section = Section::Words;
const KNOWN: &str = "only words that have been seen before";

/// What is said about words.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let of_profiles = |member: &'static str, words: &'static [&'static str]| {
        ProbeFinding::of(seen.entries(RequestKey::Catalogue), |profiles| told(profiles.into_iter(), member, words))
    };
    let updates = ProbeFinding::of(seen.entries(RequestKey::Catalogue), |profiles| {
        states(profiles.into_iter().flat_map(|profile| list(profile, "controlStateUpdates")))
    });
    let categories = ProbeFinding::of(seen.newest(), |days| {
        told(days.into_iter().flat_map(|day| list(day, "controlScores")), "controlCategory", known::CATEGORIES)
    });
    vec![
        HERE.point("words.state", "states of controlStateUpdates", updates),
        HERE.point("words.controlCategory", "controlCategory of scored controls", categories),
        HERE.point("words.profileCategory", "controlCategory of profiles", of_profiles("controlCategory", known::CATEGORIES)),
        HERE.point("words.tier", "tier", of_profiles("tier", known::TIERS)),
        HERE.point("words.actionType", "actionType", of_profiles("actionType", known::ACTION_TYPES)),
        HERE.point("words.implementationCost", "implementationCost", of_profiles("implementationCost", known::LEVELS)),
        HERE.point("words.userImpact", "userImpact", of_profiles("userImpact", known::LEVELS)),
        HERE.point("words.threats", "threats", ProbeFinding::of(seen.entries(RequestKey::Catalogue), |profiles| threats(&profiles))),
        HERE.point("words.service", "service", ProbeFinding::of(seen.entries(RequestKey::Catalogue), |profiles| services(&profiles))),
        HERE.point("words.enabledServices", "enabledServices of the newest day", ProbeFinding::of(seen.newest(), |days| enabled(&days))),
        HERE.point("words.enabledServicesChange", "enabledServices on older days", changes(seen)),
    ]
}

/// Which states people set, roughly how often: how many risks a tenant accepts is its own business.
fn states<'v>(updates: impl Iterator<Item = &'v Value>) -> ProbeFinding {
    let mut all_known = true;
    let shown = updates.map(|update| match text(update, "state") {
        None if update.get("state").is_none_or(Value::is_null) => "null".to_owned(),
        None => "not a text".to_owned(),
        Some(sent) if sent.is_empty() || matches!(ControlState::from_graph(sent), ControlState::Other(_)) => {
            all_known = false;
            word(sent, &[])
        }
        Some(sent) => sent.to_owned(),
    });
    let tally: WordTally = shown.collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("no profile has an update".to_owned());
    }
    ProbeFinding::judged(tally.roughly("none"), all_known && tally.of("not a text") == 0, KNOWN)
}

/// Which words a member has, how often; whether all are known.
fn told<'v>(entries: impl Iterator<Item = &'v Value>, member: &str, words: &[&str]) -> ProbeFinding {
    let shown = |entry: &Value| match entry.get(member) {
        Some(Value::String(sent)) => word(sent, words),
        Some(Value::Null) | None => "null".to_owned(),
        Some(_) => "not a text".to_owned(),
    };
    let tally: WordTally = entries.map(shown).collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("nothing that has it came".to_owned());
    }
    ProbeFinding::judged(tally.words("none"), tally.all(|shown| shown == "null" || words.contains(&shown)), KNOWN)
}

fn threats(profiles: &[&Value]) -> ProbeFinding {
    let all = profiles.iter().flat_map(|profile| list(profile, "threats")).filter_map(Value::as_str);
    let tally: WordTally = all.map(|threat| word(threat, known::THREATS)).collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("no profile names a threat".to_owned());
    }
    ProbeFinding::judged(tally.words("none"), tally.all(|shown| known::THREATS.contains(&shown)), KNOWN)
}

/// Which products a tenant has connected is its own business: only counts.
fn services(profiles: &[&Value]) -> ProbeFinding {
    let mut services: Vec<&str> = profiles.iter().filter_map(|profile| text(profile, "service")).collect();
    services.sort_unstable();
    services.dedup();
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
    let known = values.iter().filter(|value| known::ENABLED_SERVICES.contains(value)).count();
    let others = values.len() - known;
    let coded = values.iter().filter(|value| value.starts_with("Has")).count();
    let words = format!("{}: {coded} beginning with Has, {others} not on scorewatch's list", count(values.len(), "value"));
    ProbeFinding::judged(words, others == 0, "all are on scorewatch's list")
}

fn changes(seen: &Observations) -> ProbeFinding {
    ProbeFinding::of(seen.entries(RequestKey::Ninety), |days| {
        let mut sets: Vec<Vec<&str>> = days.iter().filter_map(|day| enabled_on(day)).collect();
        let absent = days.len() - sets.len();
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
        assert!(
            matches!(enabled(json!(["HasEOP", "Skype"])), ProbeFinding::Otherwise(seen, _) if seen.ends_with("1 not on scorewatch's list"))
        );
        assert!(matches!(enabled(json!(null)), ProbeFinding::Unanswered(_)));
        let changed = found(
            points(&observed(days(json!([{"enabledServices": ["A"]}, {"enabledServices": ["B"]}, {}])))),
            "words.enabledServicesChange",
        );
        assert_eq!(changed, ProbeFinding::Seen("1 change between days, absent on 1 day".to_owned()));
    }
}
