//! What does one call tell of a tenant's posture? Its move and whose it is, its acceptances and their ends, what to do next, and what is not known.

use scorewatch::{
    error::ErrorKind,
    skills::{Entry, TenantFacts},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{TODAY, answer as answer_of, facts_about, facts_of},
    unknown::{ask, back, control, day, facts, profile},
};

/// Controls with their points of 10.
fn controls(points: &[(&str, f64)]) -> Value {
    points.iter().map(|(name, points)| control(name, json!(points), json!(10.0 * points), "Identity")).collect()
}

fn day_of(back: i32, points: &[(&str, f64)]) -> Value {
    day(back, points.iter().map(|(_, points)| points).sum(), 100.0, controls(points))
}

/// A profile of 10 points on which this was decided so many days ago, the newest last.
fn decided(name: &str, updates: &[(&str, i32, &str)]) -> Value {
    let mut profile = profile(name, 10.0);
    let update = |(state, days, comment): &(&str, i32, &str)| json!({ "state": state, "updatedBy": "ada@contoso.example", "updatedDateTime": format!("{}T08:00:00Z", back(*days)), "comment": comment });
    profile["controlStateUpdates"] = updates.iter().map(update).collect();
    profile
}

fn refused(tenant: &TenantFacts, args: &Value) -> (ErrorKind, String) {
    let (skill, args) = (Entry::named("brief").unwrap(), args.as_object().unwrap().clone());
    let facts = facts_about(vec![tenant.clone()], false, true);
    let error = skill.prepare(&args, false, true).err().or_else(|| skill.answer(&facts, &args).err()).unwrap();
    (error.kind, error.sentence)
}

#[test]
fn falls_are_the_tenants_the_largest_first_and_the_rest_is_summed() {
    let names = ["A", "B", "C", "D", "E"];
    let then: Vec<(&str, f64)> = names.iter().map(|name| (*name, 9.0)).chain([("Gone", 5.0)]).collect();
    let now: Vec<(&str, f64)> = names.iter().zip([8.0, 5.0, 7.0, 6.5, 8.5]).map(|(name, points)| (*name, points)).collect();
    let profiles: Vec<Value> = then.iter().map(|(name, _)| profile(name, 10.0)).collect();
    let (text, json, card) = ask("brief", &facts(&[day_of(0, &now), day_of(7, &then)], &profiles), "{}");
    let falls: Vec<&str> = json["falls"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect();
    assert_eq!(falls, ["B", "D", "C"], "what Microsoft took away is none: {text}");
    assert!(text.contains("worse in the tenant: 5 controls, -10 points; Microsoft's doing: 1 gone, -5 points, maximum -10"), "{text}");
    assert!(text.contains("\n2 more falls, -1.5\n") && card.contains("2 more falls not listed"), "{text}{card}");
    assert_eq!((json["tenant_worse"].as_u64(), json["moved"].as_f64()), (Some(5), Some(-15.0)), "{json}");
}

#[test]
fn acceptances_are_new_ended_or_taken_back_only_within_the_span() {
    let old = "until 2027-01-31";
    let profiles = [
        decided("Old", &[("Ignored", 40, old)]),
        decided("New", &[("Ignored", 3, old)]),
        decided("OnTheDay", &[("Ignored", 7, old)]),
        decided("RanOut", &[("Ignored", 40, &format!("until {}", back(4)))]),
        decided("RanOutBefore", &[("Ignored", 60, &format!("until {}", back(30)))]),
        decided("Back", &[("Ignored", 40, old), ("Default", 2, "no more")]),
        decided("BackBefore", &[("Ignored", 40, old), ("Default", 20, "no more")]),
    ];
    let names: Vec<(&str, f64)> = ["Old", "New", "OnTheDay", "RanOut", "RanOutBefore", "Back", "BackBefore"].map(|name| (name, 4.0)).into();
    let tenant = facts(&[day_of(0, &names), day_of(7, &names)], &profiles);
    let (text, json, card) = ask("brief", &tenant, "{}");
    let listed = |list: &str| -> Vec<String> {
        json[list].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (listed("new_acceptances"), listed("ended_acceptances")),
        (vec!["New".to_owned()], vec!["Back".to_owned(), "RanOut".to_owned()]),
        "{text}"
    );
    assert!(text.contains("5 accepted risks, 2 expired, 30 points forgone; 1 new, 1 taken back, 1 expired since"), "{text}");
    assert!(text.contains(&format!("expired {}: RanOut ", back(4))) && text.contains(&format!("taken back {}: Back ", back(2))), "{text}");
    assert!(card.contains("Since then 1 new, 1 taken back, 1 expired."), "{card}");
    // Names of people are for roles that may see them.
    let shown = |sees_names| {
        let views = answer_of(Entry::named("brief").unwrap(), vec![tenant.clone()], false, sees_names, "{}");
        format!("{}{}{:?}", views.text, String::from_utf8(views.json).unwrap(), views.card)
    };
    assert!(shown(true).contains("ada@contoso.example") && !shown(false).contains("ada@contoso.example"));
}

#[test]
fn what_to_do_next_is_licensed_as_far_as_known() {
    let names: Vec<(&str, f64)> = ["UserRiskPolicy", "A", "B"].map(|name| (name, 0.0)).into();
    let mut today = day_of(0, &names);
    today["enabledServices"] = json!(["HasAADFree"]);
    let (text, json, card) =
        ask("brief", &facts(&[today, day_of(7, &names)], &names.iter().map(|(name, _)| profile(name, 10.0)).collect::<Vec<_>>()), "{}");
    let actions: Vec<&str> = json["actions"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect();
    assert_eq!(actions, ["A", "B"], "{text}");
    assert!(text.contains("quick wins (points to gain, effort, user impact; ? = not known)") && text.contains("\" 10, ?, ?"), "{text}");
    assert!(text.contains("left out: 1 not licensed as far as known") && card.contains("a licence seems to be missing"), "{text}{card}");
    assert!(text.contains("together 20 points, +20 pp"), "{text}");
}

#[test]
fn what_is_not_known_is_said() {
    let (names, profiles) = ([("A", 4.0)], [profile("A", 10.0)]);
    let (text, json, _) = ask("brief", &facts(&[day_of(0, &names), day_of(9, &names)], &profiles), "{}");
    assert!(text.contains(&format!("{} is not held, compared with {}", back(7), back(9))), "{text}");
    assert_eq!((json["since_asked"].as_str(), json["missing"].as_u64()), (Some(&*back(7).to_string()), Some(8)), "{json}");
    assert!(text.contains("no control changed") && text.contains("none new or ended since"), "{text}");
    let (text, json, card) = ask("brief", &facts(&[day_of(0, &names)], &profiles), "{}");
    assert!(text.contains("only one day is held") && json.get("moved").is_none() && card.contains("nothing to compare with"), "{text}");
    let (text, _, card) = ask("brief", &facts(&[day_of(20, &names), day_of(27, &names)], &profiles), "{}");
    assert!(text.contains("newest day is 20 days old") && card.contains("20 days old"), "{text}");
    let mut without = day_of(0, &names);
    without["controlScores"] = json!([]);
    let (text, json, _) = ask("brief", &facts(&[without, day_of(7, &names)], &profiles), "{}");
    assert!(text.contains("not known") && json.get("tenant_worse").is_none() && !text.contains("no control changed"), "{text}");
    let tenant = facts_of("contoso", 3);
    let (kind, sentence) = refused(&tenant, &json!({ "since": TODAY.to_string() }));
    assert!(kind == ErrorKind::NotFound && sentence.contains("`since` takes an earlier one"), "{sentence}");
    assert_eq!(refused(&tenant, &json!({ "since": "soon" })).0, ErrorKind::BadArguments);
    assert!(Entry::named("brief").unwrap().prepare(&Map::new(), false, false).is_ok(), "readers may ask");
}
