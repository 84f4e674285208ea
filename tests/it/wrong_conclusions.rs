//! Which wrong conclusions could be drawn from an answer of which somebody has nothing but the text? Each that was found, and what keeps it away.

use scorewatch::{
    score::{Annotation, Annotations, Status},
    skills::{Entry, TenantFacts},
};
use serde_json::{Value, json};

use crate::{
    answers::{answer as answer_of, facts_of as tenant_of_sandbox},
    unknown::{ask, back, control, day, facts, profile},
};

/// Controls of the category identity, or of devices for names that begin with `Dev`.
fn controls(points: &[(&str, f64, f64)]) -> Value {
    let category = |name: &str| if name.starts_with("Dev") { "Device" } else { "Identity" };
    points.iter().map(|(name, points, max)| control(name, json!(points), json!(100.0 * points / max), category(name))).collect()
}

/// Two days with these controls: each with its points of its maximum.
fn between(then: &[(&str, f64, f64)], now: &[(&str, f64, f64)]) -> TenantFacts {
    let sum = |of: &[(&str, f64, f64)], value: fn(&(&str, f64, f64)) -> f64| of.iter().map(value).sum::<f64>();
    let one = |back, of: &[(&str, f64, f64)]| day(back, sum(of, |row| row.1), sum(of, |row| row.2), controls(of));
    let profiles: Vec<Value> =
        now.iter().chain(then.iter().filter(|row| now.iter().all(|other| other.0 != row.0))).map(|row| profile(row.0, row.2)).collect();
    facts(&[one(0, now), one(1, then)], &profiles)
}

/// Everything at once: two falls, two gains, a new control, a gone one, another maximum.
fn everything() -> TenantFacts {
    between(
        &[
            ("A", 10.0, 10.0),
            ("B", 5.0, 5.0),
            ("C", 1.0, 10.0),
            ("DevD", 1.0, 10.0),
            ("Gone", 2.0, 4.0),
            ("Max", 2.0, 4.0),
            ("Same", 3.0, 6.0),
        ],
        &[
            ("A", 9.0, 10.0),
            ("B", 4.5, 5.0),
            ("C", 9.0, 10.0),
            ("DevD", 8.0, 10.0),
            ("Max", 4.0, 8.0),
            ("New", 0.0, 6.0),
            ("Same", 3.0, 6.0),
        ],
    )
}

#[test]
fn gains_hide_no_falls_and_what_microsoft_did_is_not_the_tenants() {
    let (text, json, card) = ask("score_changes", &everything(), "{}");
    let second = text.lines().nth(1).unwrap();
    assert_eq!(
        second,
        "worse in the tenant: 2 controls, -1.5 points; better: 2, +15; Microsoft's doing: 1 new, 1 gone, 1 other maximum, maximum +6, alone -5.34 pp"
    );
    let listed: Vec<&str> = json["changes"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect();
    assert_eq!(listed, ["Gone", "A", "B", "C", "DevD"], "falls first, each by weight: {text}");
    assert!(text.ends_with("2 more (page 2): 1 new maximum +6, 1 other maximum +2"), "the rest by kind: {text}");
    assert!(card.contains("Worse in the tenant: 2 controls (\u{2212}1.5 points); better in the tenant: 2 controls (+15 points)"), "{card}");
    assert!(card.contains("Microsoft's doing: no points, maximum +6, alone \u{2212}5.34 pp (1 new, 1 gone, 1 other maximum)"), "{card}");
    for (member, value) in
        [("tenant_worse", 2.0), ("tenant_worse_points", -1.5), ("tenant_better", 2.0), ("new", 1.0), ("gone", 1.0), ("worse", 3.0)]
    {
        assert_eq!(json[member].as_f64(), Some(value), "{member}: {json}");
    }
    let quiet = between(&[("A", 5.0, 10.0)], &[("A", 6.0, 10.0)]);
    assert!(
        ask("score_changes", &quiet, "{}").0.contains("worse in the tenant: none; better: 1, +1 point"),
        "that nothing got worse is said"
    );
}

#[test]
fn every_part_of_the_move_adds_up() {
    for args in ["{}", r#"{"since":"week"}"#, r#"{"since":"month"}"#, r#"{"since":"60","until":"20"}"#] {
        let (text, json, _) = ask("score_changes", &tenant_of_sandbox("contoso", 90), args);
        let number = |member: &str| json[member].as_f64().unwrap_or_default();
        let parts = number("tenant_worse_points") + number("tenant_better_points") + number("microsoft_points") + number("unexplained");
        assert!((parts - number("moved")).abs() < 0.03, "{parts}: {text}");
        let head = text.lines().next().unwrap();
        assert!(head.contains(" points (") && head.contains(" pp"), "{head}");
    }
}

#[test]
fn what_is_new_says_that_it_lowers_the_percentage() {
    let (text, json, card) = ask("score_changes", &between(&[("A", 5.0, 10.0)], &[("A", 5.0, 10.0), ("New", 0.0, 6.0)]), "{}");
    assert!(text.contains("new New \"Title of New\": has 0 of 6, maximum +6"), "{text}");
    assert!(
        text.contains("50 to 31.25 % (-18.75 pp: 0 by points, -18.75 by the larger maximum)")
            && text.contains("5 of 16 points (maximum +6)"),
        "{text}"
    );
    assert!(text.starts_with(&format!("northwind {} against {}: 5 of 16 points (maximum +6)", back(0), back(1))), "{text}");
    assert_eq!(json["changes"][0].get("max_moved"), None, "of which max says it");
    assert!(card.contains("0 of 6 points, maximum +6"), "{card}");
    let (text, _, card) = ask("score_changes", &between(&[("A", 5.0, 10.0), ("Old", 1.0, 4.0)], &[("A", 5.0, 10.0)]), "{}");
    assert!(text.contains("gone Old \"Title of Old\": had 1 of 4, maximum -4"), "{text}");
    assert!(card.contains("had 1 of 4 points, maximum \u{2212}4"), "{card}");
}

#[test]
fn points_that_come_with_the_maximum_are_no_gain() {
    let (text, json, _) =
        ask("score_changes", &between(&[("Max", 2.5, 5.0), ("A", 10.0, 10.0)], &[("Max", 4.0, 8.0), ("A", 10.0, 10.0)]), "{}");
    assert!(text.contains("other maximum Max \"Title of Max\": 50 % as before, 2.5 of 5 to 4 of 8"), "{text}");
    assert!(text.contains("Microsoft's doing: 1 other maximum, +1.5 points, maximum +3, alone -5.56 pp"), "{text}");
    assert_eq!(json["microsoft_percent"].as_f64(), Some(-5.56), "{json}");
}

#[test]
fn an_acceptance_that_has_expired_is_told_wherever_it_leaves_a_control_out() {
    let contoso = tenant_of_sandbox("contoso", 90);
    let (risks, _, _) = ask("accepted_risks", &contoso, "{}");
    let ends: Vec<&str> = risks.lines().skip(1).filter_map(|line| line.split_once(": ")?.1.split(", ").nth(1)).collect();
    let order = ["expired 2026-09-07", "expired 2026-11-19", "until 2026-12-21", "until 2027-01-20", "no end"];
    assert_eq!(ends, order, "expired ones first, then those that end next: {risks}");
    assert!(risks.contains("2 expired, which Microsoft still counts as accepted"), "{risks}");
    for (skill, args) in [("weakest_controls", "{}"), ("improvement_plan", "{}")] {
        let (text, _, card) = ask(skill, &contoso, args);
        assert!(text.contains("accepted (2 of them expired)") && card.contains("(2 of them expired)"), "{text}{card}");
    }
    let (text, json, _) = ask("improvement_plan", &contoso, r#"{"controls":"BlockLegacyAuthentication"}"#);
    assert!(text.contains("risk accepted, which expired 2026-09-07"), "{text}");
    assert_eq!(json["steps"][0]["remark"], "risk accepted, which expired 2026-09-07");
    let (text, json, _) = ask("control", &contoso, r#"{"name":"BlockLegacyAuthentication"}"#);
    assert!(text.contains("expired 2026-09-07 (Microsoft still counts it as accepted)"), "{text}");
    let told = ["state", "on", "until"].map(|member| json[member].as_str());
    assert_eq!((told, json["expired"].as_bool()), ([Some("risk accepted"), Some("2026-04-25"), Some("2026-09-07")], Some(true)), "{json}");
}

#[test]
fn a_list_and_a_plan_weigh_and_count_effort_alike() {
    let contoso = tenant_of_sandbox("contoso", 90);
    let filters = r#""category":"identity","user_impact":"low""#;
    let (list, listed, _) = ask("weakest_controls", &contoso, &format!(r#"{{"order":"quick_wins",{filters}}}"#));
    let (plan, _, _) = ask("improvement_plan", &contoso, &format!(r#"{{"target":"5 more points",{filters}}}"#));
    assert!(list.contains("5 of unknown effort or user impact") && plan.contains("5 of unknown effort or user impact"), "{list}\n{plan}");
    assert!(list.lines().next().unwrap().contains("weak identity controls with low user impact"), "every filter is named: {list}");
    let first = listed["controls"][0]["control"].as_str().unwrap();
    assert!(plan.contains(&format!("1. {first} ")), "{plan}");
    let (text, json, _) = ask("weakest_controls", &contoso, r#"{"order":"quick_wins","limit":25}"#);
    assert!(json["controls"].as_array().unwrap().iter().all(|row| row["cost"].is_string() && row["impact"].is_string()), "{text}");
}

#[test]
fn a_category_opens_with_its_own_change() {
    let (text, json, _) = ask("score_changes", &everything(), r#"{"category":"device"}"#);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(&*format!("northwind {} against {}: device 8 points (+7)", back(0), back(1))));
    assert_eq!(lines.next(), Some("worse in the tenant: none; better: 1, +7 points"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("whole tenant: 37.5 points (+13.5)"), "{text}");
    assert_eq!((json["category_moved"].as_f64(), json["total"].as_u64()), (Some(7.0), Some(1)));
    let (text, json, _) = ask("score_changes", &everything(), r#"{"category":"identity"}"#);
    assert!(text.lines().next().unwrap().ends_with("identity 29.5 points (+6.5, maximum +6)"), "{text}");
    assert_eq!(json["category_maximum_moved"].as_f64(), Some(6.0), "{json}");
}

#[test]
fn only_one_kind_is_listed_and_all_are_counted() {
    for (only, listed, words) in [
        ("worse", vec!["Gone", "A", "B"], "listed: 3 changes that lost points"),
        ("better", vec!["C", "DevD", "Max"], "listed: 3 changes that gained points"),
        ("new", vec!["New"], "listed: 1 change by new controls"),
        ("gone", vec!["Gone"], "listed: 1 change by controls that are scored no more"),
        ("maximum", vec!["Max"], "listed: 1 change of a control's maximum"),
    ] {
        let (text, json, card) = ask("score_changes", &everything(), &json!({ "only": only }).to_string());
        let found: Vec<&str> = json["changes"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect();
        assert_eq!((found, json["total"].as_u64()), (listed.clone(), Some(listed.len() as u64)), "{only}");
        assert!(text.contains(words) && text.contains("worse in the tenant: 2 controls, -1.5 points; better: 2, +15"), "{text}");
        assert!(card.to_lowercase().contains(words), "{card}");
    }
    let quiet = between(&[("A", 5.0, 10.0)], &[("A", 6.0, 10.0)]);
    let (text, json, card) = ask("score_changes", &quiet, r#"{"only":"worse"}"#);
    assert!(text.contains("listed: no change that lost points") && card.contains("Listed: no change that lost points."), "{text}{card}");
    assert_eq!(json["total"].as_u64(), Some(0), "{json}");
    let several = vec![TenantFacts { name: "a".to_owned(), ..quiet }, TenantFacts { name: "b".to_owned(), ..everything() }];
    let text = answer_of(Entry::named("score_changes").unwrap(), several, true, true, r#"{"only":"worse"}"#).text;
    assert!(text.contains("1 tenant without changes that lost points: a") && text.contains("most: Gone -2"), "{text}");
}

#[test]
fn another_status_is_a_change_also_without_points() {
    let updates = |state: &str| json!([{ "state": state, "updatedBy": "ada", "updatedDateTime": format!("{}T08:00:00Z", back(0)), "comment": "until spring" }]);
    let mut risk = profile("Risk", 10.0);
    risk["controlStateUpdates"] = updates("Ignored");
    let days = |a: f64| controls(&[("A", a, 10.0), ("Ours", 2.0, 10.0), ("Risk", 4.0, 10.0), ("Still", 1.0, 10.0)]);
    let mut tenant = facts(
        &[day(0, 10.0, 40.0, days(3.0)), day(1, 17.0, 40.0, days(10.0))],
        &[profile("A", 10.0), profile("Ours", 10.0), risk, profile("Still", 10.0)],
    );
    let at = format!("{}T09:00:00Z", back(0)).parse().unwrap();
    let planned = Annotation { owner: None, until: None, note: None, status: Some(Status::Planned), at, by: "terminal".to_owned() };
    tenant.annotations = Annotations([("Ours".to_owned(), planned)].into());
    let (text, json, card) = ask("score_changes", &tenant, "{}");
    assert!(text.contains("2 more changed status alone (only=status)"), "{text}");
    assert_eq!((json["total"].as_u64(), json["status_alone"].as_u64()), (Some(1), Some(2)), "{json}");
    assert!(card.contains("Not listed: 2 other controls with another status and the same points."), "{card}");
    let (text, json, card) = ask("score_changes", &tenant, r#"{"only":"status"}"#);
    assert!(text.contains("A \"Title of A\": was completed, now partial; 10 to 3 of 10"), "{text}");
    assert!(
        text.contains("Risk \"Title of Risk\": was partial, now risk accepted; 4 of 10 points: risk accepted: \"until spring\""),
        "{text}"
    );
    assert!(text.contains("Ours \"Title of Ours\": now planned; 2 of 10 points"), "what our people said before is not known: {text}");
    assert!(!text.contains("Still") && text.contains("listed: 3 changes of status"), "{text}");
    assert_eq!((json["total"].as_u64(), json["changes"][0]["status_before"].as_str()), (Some(3), Some("completed")), "{json}");
    assert!(card.contains("was completed,") && card.contains("other status") && card.contains("4 of 10"), "{card}");
}

#[test]
fn a_change_of_the_maximum_has_its_span() {
    let (text, json, card) = ask("secure_score", &tenant_of_sandbox("contoso", 90), "{}");
    assert!(text.contains("1 day -2.58 points (-0.63 pp; maximum +9), 7 days -4.42 (-0.69 pp; maximum +7)"), "{text}");
    assert!(!text.contains("maximum moved") && json["notes"][0] == format!("maximum +9 since {}", back(1)), "{json}");
    assert_eq!((json["percent_move_day"].as_f64(), json["maximum_move_day"].as_f64()), (Some(-0.63), Some(9.0)), "{json}");
    assert!(card.contains("\u{2212}2.58 points (\u{2212}0.63 pp; maximum +9)"), "{card}");
    let (changes, of_changes, _) = ask("score_changes", &tenant_of_sandbox("contoso", 90), r#"{"since":"week"}"#);
    assert!(changes.contains("(-0.69 pp:") && of_changes["percent_moved"].as_f64() == Some(-0.69), "both answers say the same: {changes}");
}

#[test]
fn statuses_add_up_to_all_controls() {
    for tenant in ["contoso", "fabrikam", "hostile"] {
        let (text, json, _) = ask("secure_score", &tenant_of_sandbox(tenant, 30), "{}");
        let statuses = "completed partially_done to_address planned in_progress accepted third_party alternate_mitigation reviewed";
        let others = ["without_points_to_give", "unknown_share"];
        let sum: u64 = statuses.split(' ').chain(others).filter_map(|status| json[status].as_u64()).sum();
        assert_eq!(Some(sum), json["controls"].as_u64(), "{text}");
        assert!(text.lines().nth(2).is_none_or(|categories| !categories.contains('+')), "no mark that nobody explains: {text}");
    }
}

#[test]
fn an_average_says_whose_it_is() {
    let tenants = || vec![tenant_of_sandbox("contoso", 30), tenant_of_sandbox("fabrikam", 30)];
    let views = answer_of(Entry::named("secure_score").unwrap(), tenants(), true, true, "{}");
    let json: Value = serde_json::from_slice(&views.json).unwrap();
    assert!(views.text.contains("average 71.26 % where each tenant counts once, 63.63 % of all their points together"), "{}", views.text);
    assert_eq!((json["average"].as_f64(), json["weighted_average"].as_f64()), (Some(71.26), Some(63.63)));
    let one = answer_of(Entry::named("secure_score").unwrap(), vec![tenant_of_sandbox("contoso", 30)], true, true, "{}").text;
    assert!(!one.contains("together"), "{one}");
    // Microsoft's average is not ours.
    assert!(ask("secure_score", &tenants()[0], "{}").0.contains("Microsoft's averages: all tenants 49 %"));
}

#[test]
fn texts_for_assistants_hold_no_links() {
    for (skill, args) in [("secure_score", "{}"), ("score_changes", r#"{"since":"month"}"#)] {
        let (text, ..) = ask(skill, &tenant_of_sandbox("contoso", 90), args);
        assert!(!text.contains("http"), "{text}");
    }
}
