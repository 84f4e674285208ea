//! Which members come, and of which types? Those that are documented or have been seen before, and others by their names alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    known::{self, MemberType, Members},
    observed::{Observations, Unanswered, list, number},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::{identifier, so_many},
};
use crate::text::count;

const HERE: Section = Section::Members;

/// A point about members: its key, its words, the entries, and what they are known to have.
type MembersRow<'s> = (&'static str, &'static str, Result<Vec<&'s Value>, &'s Unanswered>, Members, HowMany);

/// How numbers of entries are told: as they are, or by class.
type HowMany = fn(usize) -> String;

/// What is said about members.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let days = || seen.newest();
    let exactly: HowMany = |number| number.to_string();
    let roughly: HowMany = |number| so_many(number).to_owned();
    let profiles = || seen.entries(RequestKey::Catalogue);
    let rows: [MembersRow<'_>; 5] = [
        ("members.days", "members of a day", days(), known::OF_DAYS, exactly),
        ("members.controls", "members of a control's score", days().map(|days| within(days, "controlScores")), known::OF_CONTROLS, exactly),
        ("members.peers", "members of an average", days().map(|days| within(days, "averageComparativeScores")), known::OF_PEERS, exactly),
        ("members.profiles", "members of a profile", profiles(), known::OF_PROFILES, exactly),
        (
            "members.updates",
            "members of a state's update",
            profiles().map(|all| within(all, "controlStateUpdates")),
            known::OF_UPDATES,
            roughly,
        ),
    ];
    let told = rows.map(|(key, what, entries, members, how_many)| {
        HERE.point(key, what, ProbeFinding::of(entries, |entries| told(&entries, members, how_many)))
    });
    let users = |key, what, member: &'static str| HERE.point(key, what, ProbeFinding::of(days(), |days| users(&days, member)));
    let mut points = told.to_vec();
    points.push(users("members.activeUserCount", "activeUserCount of the newest day", "activeUserCount"));
    points.push(users("members.licensedUserCount", "licensedUserCount of the newest day", "licensedUserCount"));
    points.push(HERE.point("members.vendor", "vendorInformation of the newest day", ProbeFinding::of(days(), |days| vendor(&days))));
    points
}

/// The entries of the list `member` of all of these.
fn within<'v>(entries: Vec<&'v Value>, member: &str) -> Vec<&'v Value> {
    entries.into_iter().flat_map(|entry| list(entry, member)).collect()
}

/// What is odd about the members of `entries`: others than `members`, other types, and those that never came.
fn told(entries: &[&Value], members: Members, how_many: HowMany) -> ProbeFinding {
    let objects: Vec<&Map<String, Value>> = entries.iter().filter_map(|entry| entry.as_object()).collect();
    if objects.is_empty() {
        return ProbeFinding::Unanswered("no such entry came".to_owned());
    }
    let (mut others, mut types): (BTreeMap<&str, usize>, BTreeMap<String, usize>) = (BTreeMap::new(), BTreeMap::new());
    for (name, value) in objects.iter().copied().flatten().filter(|(name, _)| !name.starts_with('@')) {
        match members.iter().find(|(member, _)| member == name) {
            None => *others.entry(name).or_default() += 1,
            Some((member, expected)) => {
                if let Some(odd) = odd_type(value, *expected) {
                    *types.entry(format!("{member} as {odd}")).or_default() += 1;
                }
            }
        }
    }
    let absent: Vec<&str> =
        members.iter().filter(|(member, _)| !objects.iter().any(|entry| entry.contains_key(*member))).map(|(member, _)| *member).collect();
    let mut told = Vec::new();
    if !others.is_empty() {
        told.push(format!("others: {}", names(&others, how_many)));
    }
    if !types.is_empty() {
        let types = types.iter().map(|(what, times)| format!("{what} in {}", how_many(*times)));
        told.push(format!("of another type: {}", types.collect::<Vec<_>>().join(", ")));
    }
    let as_assumed = told.is_empty();
    if !absent.is_empty() {
        told.push(format!("never there: {}", absent.join(", ")));
    }
    let all = if objects.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", how_many(objects.len())) };
    let words = if told.is_empty() { format!("all known, in {all}") } else { format!("in {all}: {}", told.join("; ")) };
    ProbeFinding::judged(words, as_assumed, "no other members, each of its known type")
}

/// Names of members that we do not read, if they are identifiers; the others are counted.
fn names(others: &BTreeMap<&str, usize>, how_many: HowMany) -> String {
    let mut shown: Vec<String> = others
        .iter()
        .filter(|(name, _)| identifier(name).is_some())
        .map(|(name, times)| format!("{name} in {}", how_many(*times)))
        .collect();
    let hidden = others.len() - shown.len();
    if hidden > 0 {
        shown.push(format!("{} not shown", count(hidden, "name")));
    }
    shown.join(", ")
}

/// Of which other type a value is than was expected; null is any type.
fn odd_type(value: &Value, expected: MemberType) -> Option<&'static str> {
    let (sent, fits) = match value {
        Value::Null => return None,
        Value::Number(_) => ("a number", expected == MemberType::Number),
        Value::String(_) => ("a text", matches!(expected, MemberType::Text | MemberType::NumberAsText | MemberType::SwitchAsText)),
        Value::Bool(_) => ("a boolean", expected == MemberType::Switch),
        Value::Array(_) => ("a list", expected == MemberType::List),
        Value::Object(_) => ("an object", expected == MemberType::Object),
    };
    (!fits).then_some(sent)
}

/// Whether a number of users is there, never how many.
fn users(days: &[&Value], member: &str) -> ProbeFinding {
    let Some(day) = days.first() else { return ProbeFinding::Unanswered("the tenant has no day".to_owned()) };
    ProbeFinding::Seen(
        match (day.get(member), number(day, member)) {
            (None, _) => "absent",
            (Some(Value::Null), _) => "null",
            (_, Some(users)) if users > 0.0 => "above 0",
            (_, Some(users)) if users < 0.0 => "below 0",
            (_, Some(_)) => "0",
            (Some(_), None) => "not a number",
        }
        .to_owned(),
    )
}

fn vendor(days: &[&Value]) -> ProbeFinding {
    let Some(vendor) = days.first().and_then(|day| day.get("vendorInformation")?.as_object()) else {
        return ProbeFinding::Unanswered("the newest day has none".to_owned());
    };
    let said = |member: &str, usual: &str| vendor.get(member).and_then(Value::as_str) == Some(usual);
    let usual = said("provider", "SecureScore") && said("vendor", "Microsoft");
    let versions =
        ["providerVersion", "subProvider"].iter().filter(|member| vendor.get(**member).is_some_and(|value| !value.is_null())).count();
    let words = if usual { "provider SecureScore of vendor Microsoft" } else { "another provider or vendor" };
    ProbeFinding::judged(
        format!("{words}; {versions} of providerVersion and subProvider filled"),
        usual,
        "provider SecureScore of vendor Microsoft",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{days, found, observed};

    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
    fn of_day(day: Value, key: &str) -> ProbeFinding {
        found(points(&observed(days(json!([day])))), key)
    }

    fn otherwise(finding: ProbeFinding) -> String {
        match finding {
            ProbeFinding::Otherwise(seen, _) => seen,
            other @ (ProbeFinding::AsAssumed(_) | ProbeFinding::Seen(_) | ProbeFinding::Unanswered(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn others_and_other_types_are_told_by_names_of_the_schema_alone() {
        let control = |more: Value| {
            let mut control = json!({"controlName": "secret", "score": 1, "scoreInPercentage": 1.5, "count": "4", "on": "true"});
            control.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of_day(json!({ "controlScores": [control] }), "members.controls")
        };
        let ProbeFinding::AsAssumed(seen) = control(json!({"@odata.type": "x", "description": null})) else { panic!() };
        assert_eq!(seen, "in 1 entry: never there: controlCategory, implementationStatus, lastSynced, total");
        let seen = otherwise(control(json!({"isApplicable": true, "of ada@contoso.example": 1, "contoso": 1, "ContosoRisk": 1})));
        assert!(seen.contains("others: isApplicable in 1, 3 names not shown"), "{seen}");
        let seen = otherwise(control(json!({"score": "secret", "count": 4, "on": true})));
        assert!(seen.contains("of another type: count as a number in 1, on as a boolean in 1, score as a text in 1"), "{seen}");
        assert!(matches!(of_day(json!({}), "members.controls"), ProbeFinding::Unanswered(_)));
    }

    #[test]
    fn numbers_of_users_are_told_by_class() {
        let told = |value: Value| of_day(json!({ "activeUserCount": value }), "members.activeUserCount");
        for (value, class) in [
            (json!(260), "above 0"),
            (json!("260"), "above 0"),
            (json!(0), "0"),
            (json!(null), "null"),
            (json!([]), "not a number"),
            (json!(-1), "below 0"),
        ] {
            assert_eq!(told(value), ProbeFinding::Seen(class.to_owned()));
        }
        assert_eq!(of_day(json!({}), "members.activeUserCount"), ProbeFinding::Seen("absent".to_owned()));
    }

    #[test]
    fn a_vendor_is_the_usual_one_or_another() {
        let told = |provider: &str| {
            of_day(json!({"vendorInformation": {"provider": provider, "vendor": "Microsoft", "providerVersion": null}}), "members.vendor")
        };
        assert!(matches!(told("SecureScore"), ProbeFinding::AsAssumed(_)));
        assert!(!otherwise(told("secret")).contains("secret"));
    }
}
