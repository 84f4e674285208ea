//! What is said of points, maxima and shares that Microsoft rounded, or did not say? Nothing false, nothing of 0, and how to see them.

use scorewatch::skills::{Entry, TenantFacts};
use serde_json::{Value, json};

use crate::{
    answers::answer as answer_of,
    support::views::Views,
    unknown::{accepted, ask, back, control, day, facts, profile},
};

#[test]
fn coarse_percentages_move_no_maximum() {
    let abc = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
        let of = |name: &str, [points, percent]: [f64; 2]| control(name, json!(points), json!(percent), "Identity");
        json!([of("a", a), of("b", b), of("c", c)])
    };
    let before = day(2, 14.35, 40.0, abc([5.0, 50.0], [8.2, 82.0], [1.15, 5.75]));
    let newest = day(1, 14.85, 40.0, abc([5.5, 57.0], [8.2, 85.0], [1.15, 6.0]));
    let profiles = [profile("a", 10.0), profile("b", 10.0), profile("c", 20.0)];
    let held = facts(&[newest.clone(), before.clone()], &profiles);
    for (name, maximum) in [("a", 10.0), ("b", 10.0), ("c", 20.0)] {
        let (text, json, _) = ask("control", &held, &json!({ "name": name }).to_string());
        assert_eq!(json["max"].as_f64(), Some(maximum), "{text}");
    }
    for facts in [held, facts(&[newest, before], &[])] {
        let (text, json, card) = ask("score_changes", &facts, "{}");
        assert_eq!((json["changes"].as_array().map(Vec::len), json["changes"][0]["control"].as_str()), (Some(1), Some("a")), "{json}");
        assert!(json["changes"][0].get("max_moved").is_none() && !text.contains("-0.35") && !card.contains("-0.35"), "{text}{card}");
        assert!(json.get("maximum_unexplained").is_none(), "{json}");
    }
}

fn unsaid() -> TenantFacts {
    let controls = json!([
        control("a", Value::Null, Value::Null, "Identity"),
        control("b", json!(5), json!(50), "Identity"),
        control("c", Value::Null, json!(0), "Identity"),
        control("d", Value::Null, Value::Null, "Data"),
    ]);
    facts(&[day(0, 12.0, 40.0, controls)], &[profile("a", 10.0), profile("b", 10.0), profile("c", 10.0), profile("d", 10.0)])
}

#[test]
fn unsaid_points_are_in_no_sum() {
    let (text, json, card) = ask("secure_score", &unsaid(), "{}");
    assert!(text.contains("identity 5/10 (2 controls of unknown points), data not known (1 control of unknown points)"), "{text}");
    assert!(text.contains("points of 3 controls not said") && !text.contains("unexplained"), "{text}");
    let row = |name: &str| json["categories"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    let (identity, data) = (row("identity"), row("data"));
    assert_eq!((identity["points"].as_f64(), identity["maximum"].as_f64(), identity["unsaid"].as_u64()), (Some(5.0), Some(10.0), Some(2)));
    assert_eq!((data.get("points"), data.get("maximum"), data["unsaid"].as_u64()), (None, None, Some(1)), "{json}");
    assert!(card.contains("5 of at least 10, 2 controls of unknown points"), "{card}");
    assert!(card.contains("not known, 1 control of unknown points") && !card.contains(" 0 %"), "{card}");
}

#[test]
fn what_is_unsaid_is_called_so_and_can_be_listed() {
    let (text, json, card) = ask("weakest_controls", &unsaid(), "{}");
    assert_eq!(json["total"].as_u64(), Some(2), "{json}");
    assert!(text.contains("2 controls whose points are not said") && text.contains("order=unknown_points lists them"), "{text}");
    assert!(!text.contains("neither percentage") && card.contains("2 controls have points that Microsoft did not say"), "{text}{card}");
    let (text, json, card) = ask("weakest_controls", &unsaid(), r#"{"order":"unknown_points"}"#);
    let listed = |json: &Value| -> Vec<String> {
        json["controls"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((json["total"].as_u64(), listed(&json)), (Some(4), ["a", "c", "d", "b"].map(str::to_owned).to_vec()), "{json}");
    assert!(text.contains("4 controls, of 2 of which it is not known whether weak") && !text.contains("lists them"), "{text}");
    assert!(card.contains("of 2 of which it is not known whether weak"), "{card}");

    let bare = facts(&[day(0, 3.0, 20.0, json!([control("m", json!(3), Value::Null, "Apps")]))], &[]);
    let (text, json, _) = ask("weakest_controls", &bare, r#"{"order":"unknown_points"}"#);
    assert_eq!(listed(&json), ["m"], "{text}");
    assert!(text.contains("1 control of which it is not known whether weak") && text.contains("neither percentage nor maximum"), "{text}");

    let controls = || json!([control("a", Value::Null, Value::Null, "Identity"), control("b", json!(5), json!(50), "Identity")]);
    let decided = facts(&[day(0, 5.0, 20.0, controls())], &[accepted("a", 10.0), profile("b", 10.0)]);
    let (text, _, _) = ask("weakest_controls", &decided, r#"{"order":"unknown_points"}"#);
    assert!(!text.contains("not said") && !text.contains("\na "), "{text}");
}

#[test]
fn no_points_of_an_unknown_maximum_are_not_undone() {
    let controls = (0..3).map(|at| control(&format!("C{at}"), json!(0), Value::Null, "Apps")).collect::<Vec<_>>();
    let facts = facts(&[day(0, 0.0, 20.0, json!(controls))], &[]);
    let (text, json, _) = ask("secure_score", &facts, "{}");
    assert_eq!(json["none"].as_u64(), Some(0), "{json}");
    assert!(text.contains("3 of unknown share"), "{text}");
    assert!(text.contains("20 of the maximum unassigned: 3 controls came without one (apps 3)") && !text.contains("0/0"), "{text}");
    assert!(ask("weakest_controls", &facts, "{}").0.contains("3 controls with neither percentage nor maximum"));
}

#[test]
fn an_average_says_whom_it_leaves_out() {
    let tenant = |name: &str, points: f64, maximum: f64| TenantFacts {
        name: name.to_owned(),
        ..facts(&[day(0, points, maximum, json!([control("X", json!(5), json!(50), "Identity")]))], &[])
    };
    let all = |tenants: Vec<TenantFacts>| {
        let Views { text, json, card } = answer_of(Entry::named("secure_score").unwrap(), tenants, true, true, "{}");
        (text, serde_json::from_slice::<Value>(&json).unwrap(), serde_json::to_string(&format!("{card:?}")).unwrap())
    };
    let five = vec![tenant("a", 5.0, 10.0), tenant("b", 5.0, 10.0), tenant("c", 5.0, 10.0), tenant("d", 5.0, 0.0), tenant("e", 0.0, 0.0)];
    let (text, json, card) = all(five);
    let said = "average of 3 of 5 tenants, 2 without a known maximum";
    assert!(text.contains(said) && json["notes"].to_string().contains(said), "{text}");
    assert!(card.contains("average is of 3 of 5 tenants, 2 without a known maximum"), "{card}");
    assert!(!text.contains("of 0 points") && text.contains("maximum not known"), "{text}");
    assert!(json["tenants"].as_array().unwrap().iter().all(|row| row["maximum"].as_f64() != Some(0.0)), "{json}");
    let (text, json, _) = all(vec![tenant("d", 5.0, 0.0)]);
    assert!(text.contains("no average: 1 without a known maximum") && json.get("average").is_none(), "{text}");
    assert!(!all(vec![tenant("a", 5.0, 10.0)]).0.contains("without a known maximum"));
}

#[test]
fn accepted_risks_say_of_which_day_their_points_are() {
    let x = json!([control("X", json!(5), json!(50), "Identity")]);
    let facts = facts(&[day(0, 6.0, 11.0, Value::Null), day(1, 6.0, 11.0, x)], &[accepted("X", 10.0)]);
    let (text, json, card) = ask("accepted_risks", &facts, "{}");
    assert_eq!(json["given_up"].as_f64(), Some(5.0), "{json}");
    assert!(text.contains(&format!("these are of {}", back(1))), "{text}");
    assert!(card.contains(&format!("controls of {}, the last day that has any", back(1))), "{card}");
    let Views { text, .. } = answer_of(Entry::named("accepted_risks").unwrap(), vec![facts], true, true, "{}");
    assert!(text.contains(&format!("points are of an earlier day: northwind (of {})", back(1))), "{text}");
}
