//! Does a plan reach its target with the least effort, whatever it is made of; and is a what-if told as it would be?

use std::{collections::BTreeSet, time::Instant};

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use scorewatch::{
    graph::read_saved,
    score::{Control, ControlState, History, Level, Profile, controls},
    skills::{Entry, TenantFacts},
};
use serde_json::{Value, json};

use crate::{
    answers::{facts_about, facts_of, tokens},
    support::captures,
    unknown::{accepted, ask as ask_from, control, day, facts, profile},
};

fn ask(facts: &TenantFacts, args: &Value) -> (String, Value, String) {
    ask_from("improvement_plan", facts, &args.to_string())
}

fn refusal(facts: &TenantFacts, args: &Value) -> String {
    let skill = Entry::named("improvement_plan").unwrap();
    let args = scorewatch::skills::args::read_typed(&skill.options, args.as_object().unwrap(), None);
    let facts = facts_about(vec![facts.clone()], false, true);
    let answered = args.and_then(|args| skill.needs(&args, false, true).and_then(|_| skill.answer(&facts, &args)));
    answered.err().unwrap_or_else(|| panic!("it is answered")).sentence
}

/// A real tenant's day: 68 controls, of which 27 have no profile.
fn capture() -> Option<TenantFacts> {
    let files = [captures::SCORES, captures::PROFILES].map(|name| captures::capture(name).map(|bytes| (name.to_owned(), bytes)));
    let [scores, profiles] = files;
    let reading = read_saved(&[scores?, profiles?]).unwrap();
    Some(TenantFacts {
        name: "heimdall".to_owned(),
        entra_id: reading.entra_id,
        history: History::new(reading.days),
        catalogue: reading.catalogue.unwrap_or_default(),
        ..facts_of("northwind", 1)
    })
}

/// The controls that the tenant seems to lack a licence for, as another skill lists them.
fn unlicensed(facts: &TenantFacts) -> BTreeSet<String> {
    let (text, json, _) = ask_from("weakest_controls", facts, r#"{"licensed":"false","limit":25}"#);
    assert!(json["total"].as_u64().is_none_or(|total| total <= 25), "{text}");
    json["controls"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap().to_owned()).collect()
}

/// What a plan may be made of, found out without the code that makes plans: points to gain in hundredths, and effort.
fn open(facts: &TenantFacts) -> Vec<(f64, f64)> {
    let undecided = |profile: &Profile| {
        let state = profile.state();
        ![ControlState::Accepted, ControlState::ThirdParty, ControlState::Mitigated].contains(state) && !profile.deprecated
    };
    let weight = |level: Level| match level {
        Level::Low => 1.0,
        Level::Moderate | Level::Unknown => 2.0,
        Level::High => 3.0,
    };
    let lacking = unlicensed(facts);
    let one = |control: Control<'_>| {
        if lacking.contains(control.name()) {
            return None;
        }
        let effort = control.profile.map_or(3.0, |profile| weight(profile.cost) + weight(profile.impact) - 1.0);
        let gain = (100.0 * (control.maximum? - control.score.points?)).round();
        (gain > 0.0 && control.profile.is_none_or(undecided)).then_some((gain, effort))
    };
    controls(facts.history.newest().unwrap(), &facts.catalogue).filter_map(one).collect()
}

/// The least effort that gives `needed` hundredths, and the most that such an effort gives, found by a solver of integer programs.
fn solved(open: &[(f64, f64)], needed: f64) -> (f64, f64) {
    let solve = |direction, objective: &dyn Fn(&(f64, f64)) -> f64, effort: Option<f64>| {
        let mut problem = Problem::new(direction);
        let taken: Vec<_> = open.iter().map(|one| problem.add_binary_var(objective(one))).collect();
        let sum = |of: &dyn Fn(&(f64, f64)) -> f64| taken.iter().zip(open).map(|(taken, one)| (*taken, of(one))).collect::<Vec<_>>();
        problem.add_constraint(sum(&|one| one.0), ComparisonOp::Ge, needed);
        if let Some(effort) = effort {
            problem.add_constraint(sum(&|one| one.1), ComparisonOp::Le, effort);
        }
        problem.solve().unwrap().into_solution().unwrap().objective().round()
    };
    let effort = solve(OptimizationDirection::Minimize, &|one| one.1, None);
    (effort, solve(OptimizationDirection::Maximize, &|one| one.0, Some(effort)))
}

#[test]
fn no_plan_takes_less_effort_as_a_solver_that_is_not_ours_says() {
    let tenants = [Some(facts_of("contoso", 3)), Some(facts_of("fabrikam", 3)), capture()];
    let mut compared = 0;
    for facts in tenants.into_iter().flatten() {
        let (open, newest) = (open(&facts), facts.history.newest().unwrap());
        let (points, maximum) = (newest.points, newest.maximum.unwrap());
        let most = points + open.iter().map(|one| one.0).sum::<f64>() / 100.0;
        for target in 1..=100 {
            let needed = (f64::from(target) * maximum - 100.0 * points).round();
            let (text, json, _) = ask(&facts, &json!({ "target": target.to_string() }));
            if needed <= 0.0 {
                assert!(json["reached"] == true && json["total"] == 0, "{text}");
            } else if needed > (100.0 * (most - points)).round() {
                assert!(json["reached"] == false && json["total"] == open.len(), "{text}");
                assert!((json["points_after"].as_f64().unwrap() - most).abs() < 0.006, "{text}");
            } else {
                let said = (json["effort"].as_f64().unwrap(), (100.0 * json["gain"].as_f64().unwrap()).round());
                assert_eq!(said, solved(&open, needed), "{} to {target} %: {text}", facts.name);
                assert_eq!(json["reached"], true);
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared} plans compared");
}

/// Every step of a plan, page by page.
fn steps(facts: &TenantFacts, args: &Value) -> Vec<Value> {
    let mut steps = Vec::new();
    for page in 1.. {
        let mut asked = args.clone();
        asked["page"] = page.into();
        let (text, json, card) = ask(facts, &asked);
        steps.extend(json["steps"].as_array().unwrap().clone());
        let left = usize::try_from(json["total"].as_u64().unwrap()).unwrap() - steps.len();
        let next = page + 1;
        assert_eq!(text.contains(&format!("{left} more: page {next}")), left > 0, "{text}");
        assert_eq!(card.contains(&format!("page {next} goes on")), left > 0, "{card}");
        if left == 0 {
            return steps;
        }
    }
    steps
}

#[test]
fn steps_come_in_order_and_the_score_after_each_adds_up() {
    let facts = facts_of("contoso", 3);
    let newest = facts.history.newest().unwrap();
    let steps = steps(&facts, &json!({ "target": "80" }));
    assert!(steps.len() > 25, "{}", steps.len());
    let (mut points, mut before) = (newest.points, f64::INFINITY);
    let weight = |row: &Value, of: &str, low: f64| match row[of].as_str() {
        Some("low") => low,
        Some("high") => low + 2.0,
        Some("moderate") | None => low + 1.0,
        other => panic!("{other:?}"),
    };
    for step in &steps {
        let gain = step["gain"].as_f64().unwrap();
        let each = gain / (weight(step, "cost", 1.0) + weight(step, "impact", 0.0));
        assert!(each <= before + 0.01, "most points for the effort first: {step}");
        (points, before) = (points + gain, each);
        assert!((step["points_after"].as_f64().unwrap() - points).abs() < 0.006, "{step}");
        let percent = 100.0 * points / newest.maximum.unwrap();
        assert!((step["percent_after"].as_f64().unwrap() - percent).abs() < 0.006, "{step}");
    }
    assert!(100.0 * points / newest.maximum.unwrap() >= 80.0);
    let ids: BTreeSet<&str> = steps.iter().map(|step| step["control"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), steps.len());
}

/// Three controls with every effort told, one whose risk is accepted, one resolved elsewhere, one that is dropped, one of unknown maximum.
fn small() -> TenantFacts {
    let leveled = |name: &str, maximum: f64, cost: &str, impact: &str| {
        let mut profile = profile(name, maximum);
        (profile["implementationCost"], profile["userImpact"]) = (cost.into(), impact.into());
        profile
    };
    let stated = |mut profile: Value, state: &str| {
        profile["controlStateUpdates"] = json!([{ "state": state, "updatedDateTime": "2026-10-01T00:00:00Z" }]);
        profile
    };
    let mut dropped = leveled("Dropped", 8.0, "Low", "Low");
    dropped["deprecated"] = true.into();
    let profiles = [
        leveled("Easy", 4.0, "Low", "Low"),
        leveled("Hard", 20.0, "High", "High"),
        leveled("Middle", 6.0, "Moderate", "Low"),
        stated(leveled("Elsewhere", 5.0, "Low", "Low"), "ThirdParty"),
        accepted("Risk", 9.0),
        leveled("Full", 3.0, "Low", "Low"),
        leveled("Unscored", 7.0, "Low", "Low"),
        dropped,
    ];
    let none = |name: &str| control(name, json!(0), json!(0), "Identity");
    let mut all: Vec<Value> = ["Easy", "Hard", "Middle", "Elsewhere", "Risk", "Dropped", "Alien"].map(none).into();
    all.push(control("Full", json!(3), json!(100), "Identity"));
    facts(&[day(0, 30.0, 100.0, Value::from(all))], &profiles)
}

#[test]
fn what_is_decided_dropped_or_unknown_is_left_out_and_counted() {
    let (text, json, card) = ask(&small(), &json!({ "target": "40" }));
    let names: Vec<&str> = json["steps"].as_array().unwrap().iter().map(|step| step["control"].as_str().unwrap()).collect();
    assert_eq!(names, ["Easy", "Middle"], "{text}");
    assert_eq!((&json["effort"], &json["needed"], &json["points_after"]), (&json!(3), &json!(10), &json!(40)));
    assert!(
        text.contains(
            "target 40 %: 10 points more; least effort: 2 controls give +10 points to 40 (40 %), total effort 3 (each low 1, moderate 2,"
        ),
        "{text}"
    );
    let left_out = "ot in the plan: 1 risk accepted, 1 resolved elsewhere, 1 about to be dropped by Microsoft, 1 of";
    assert!(text.contains(left_out) && card.contains(left_out), "{text}\n{card}");
    assert!(text.contains("1 of unknown points to gain"), "{text}");
    assert!(!text.contains("Alien") && !text.contains("Risk"), "{text}");
    // An accepted risk is part of what is asked about by name.
    let (text, json, _) = ask(&small(), &json!({ "controls": "risk; Alien; Full; Unscored; Easy; easy; Dropped" }));
    assert_eq!((&json["gain"], &json["points_after"], &json["total"]), (&json!(21), &json!(51), &json!(6)), "{text}");
    for said in [
        "Risk \"Title of Risk\" +9 points to 39 %, effort ?, user impact ?, risk accepted",
        "Alien (no profile), now 0 %, points to gain not known",
        "Full \"Title of Full\" +0 points, already full",
        "Unscored \"Title of Unscored\", not scored in this tenant",
        "Dropped \"Title of Dropped\" (deprecated) +8 points to 51 %",
        "named twice, counted once: Easy",
        "not counted: Alien, Unscored",
        "1 of 6 steps",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}

#[test]
fn nobody_claims_the_least_where_most_efforts_are_unknown() {
    let bare =
        facts(&[day(0, 30.0, 100.0, json!([control("A", json!(0), json!(0), "Apps"), control("B", json!(3), json!(100), "Apps")]))], &[]);
    let (text, json, card) = ask(&bare, &json!({ "target": "31" }));
    assert!(json["reached"] == false && text.contains("out of reach: no open control has known points to gain"), "{text}");
    assert!(text.contains("1 of unknown points to gain") && card.contains("1 of unknown points to gain"), "{text}");
    let half = [control("A", json!(5), json!(50), "Identity"), control("B", json!(1), json!(20), "Identity")];
    let half = facts(&[day(0, 6.0, 20.0, json!(half))], &[]);
    let (text, json, card) = ask(&half, &json!({ "target": "5 more points" }));
    assert!(json["least"].is_null() && json["unknown_effort"] == 1 && json["effort"] == 3, "{text}");
    assert!(text.contains("one way, not claimed to be the least: 1 control") && !text.contains("least effort"), "{text}");
    assert!(text.contains("? = not known, counts as moderate (1 of 1 step)") && card.contains("counts as moderate"), "{text}\n{card}");
}

#[test]
fn targets_that_make_no_plan_are_answered_with_what_is_possible() {
    let facts = small();
    let (text, json, card) = ask(&facts, &json!({ "target": "30" }));
    assert!(text.contains("30 % is reached already") && card.contains("30 % is reached already") && json["reached"] == true, "{text}");
    let (text, ..) = ask(&facts, &json!({ "target": "12 points" }));
    assert!(text.contains("12 points is reached already, with 18 points to spare"), "{text}");
    let (text, json, card) = ask(&facts, &json!({ "target": "90" }));
    assert!(
        text.contains("target 90 %: 60 points more, out of reach: all 3 open controls give +30 points to 60 (60 %), total effort 8"),
        "{text}"
    );
    assert!(card.contains("90 % is out of reach") && card.contains("all 3 open controls lead to 60 %"), "{card}");
    assert_eq!(json["steps"].as_array().unwrap().len(), 3, "it is said with which: {text}");
    let (text, ..) = ask(&facts, &json!({}));
    assert!(text.contains("target 35 % (none asked: the next multiple of 5): 5 points more; least effort: 1 control"), "{text}");
    for (target, said) in
        [("0", "is not one"), ("-3", "is not one"), ("101", "at most 100"), ("70 % 800 points", "is not one"), ("+5", "neither")]
    {
        assert!(refusal(&facts, &json!({ "target": target })).contains(said), "{target}");
    }
    let said = refusal(&facts, &json!({ "controls": "Easy", "effort": "low" }));
    assert_eq!(said, "`controls` names what is done, and `effort` chooses what could be. Give one of them.");
    let unknown = TenantFacts {
        history: History::new(vec![scorewatch::score::Snapshot { maximum: None, ..facts.history.newest().unwrap().clone() }]),
        ..facts
    };
    assert!(refusal(&unknown, &json!({})).contains("is not known on 2026-11-21. Give the target in points, such as `20 more points`."));
    let (text, json, _) = ask(&unknown, &json!({ "target": "4 more points" }));
    assert!(text.contains("30 points, maximum not known; target 34 points: 4 points more") && json["percent_after"].is_null(), "{text}");
}

#[test]
fn what_if_says_which_names_are_not_clear_and_computes_nothing_then() {
    let contoso = facts_of("contoso", 3);
    for (typed, said) in [
        ("AdminMFAV; BlockLegacyAuthentcation", "Did you mean `BlockLegacyAuthentication`?"),
        ("AdminMFAV2; frobnicate", "No control is called or titled like `frobnicate`."),
        ("AdminMFAV2, password", "`password` fits "),
        (" ; , ", "names no control"),
    ] {
        let refused = refusal(&contoso, &json!({ "controls": typed }));
        assert!(refused.contains(said) && refused.len() < 1500, "{typed}: {refused}");
    }
    assert!(refusal(&contoso, &json!({ "controls": "a;".repeat(30) })).contains("more than 25 controls"));
    assert!(refusal(&contoso, &json!({ "controls": "x".repeat(1001) })).contains("1 to 1000 characters"));
    let same =
        ["AdminMFAV2; BlockLegacyAuthentication", "adminmfav2,blocklegacyauthentication", "AdminMFAV2 and BlockLegacyAuthentication"];
    let answers: Vec<_> = same.iter().map(|typed| ask(&contoso, &json!({ "controls": typed })).0).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(answers[0].contains("with these 2 controls done: +3.91 points to 731.08 (58.35 %)"), "{}", answers[0]);
    let (text, json, _) = ask(&contoso, &json!({ "controls": same[0], "target": "70" }));
    assert!(json["reached"] == false && text.contains("; 70 % lacks 146.02 points more"), "{text}");
}

#[test]
fn a_list_of_controls_may_come_as_one() {
    let options = &Entry::named("improvement_plan").unwrap().options;
    let read = |value: Value| {
        scorewatch::skills::args::read_typed(options, json!({ "controls": value }).as_object().unwrap(), None)
            .map(|args| args["controls"].clone())
    };
    assert_eq!(read(json!(["AdminMFAV2", "legacy auth"])).unwrap(), "AdminMFAV2; legacy auth");
    assert!(read(json!([["x"]])).unwrap_err().sentence.contains("a list is not one"));
}

#[test]
fn five_thousand_controls_are_planned_in_a_bounded_time_and_text() {
    let levels = ["Low", "Moderate", "High", "Unknown"];
    let name = |at: usize| format!("control_{at:04}");
    let profiles: Vec<Value> = (0..5_000)
        .map(|at| {
            let mut profile = profile(&name(at), f64::from(u16::try_from(1 + at * 7 % 41).unwrap()) / 4.0);
            (profile["implementationCost"], profile["userImpact"]) = (levels[at % 4].into(), levels[at / 4 % 4].into());
            profile
        })
        .collect();
    let scores: Vec<Value> = (0..5_000).map(|at| control(&name(at), json!(0), json!(0), "Apps")).collect();
    let facts = facts(&[day(0, 0.0, 26_000.0, Value::from(scores))], &profiles);
    let begun = Instant::now();
    let (text, json, _) = ask(&facts, &json!({ "target": "90" }));
    let took = begun.elapsed();
    println!("{took:?}\n{text}");
    // Tests are built without optimisation, and run beside others.
    assert!(took.as_secs() < 5, "{took:?}");
    assert!(json["reached"] == true && json["total"].as_u64().unwrap() > 3_000, "{text}");
    assert!(tokens(&text) <= 400, "{}: {text}", tokens(&text));
    assert!(ask(&facts, &json!({ "target": "100" })).1["steps"].as_array().unwrap().len() == 7);
}

#[test]
fn an_old_day_and_a_day_without_controls_are_told_as_such() {
    let old = facts(&[day(9, 10.0, 20.0, json!([control("A", json!(5), json!(50), "Identity")]))], &[profile("A", 10.0)]);
    let (text, json, card) = ask(&old, &json!({}));
    assert!(
        text.contains("! newest day is 9 days old") && card.contains("newest day is 9 days old") && json["asked"] == "2026-11-21",
        "{text}"
    );
    let earlier = [day(1, 10.0, 20.0, json!([control("A", json!(5), json!(50), "Identity")])), day(0, 11.0, 20.0, Value::Null)];
    let (text, json, _) = ask(&facts(&earlier, &[profile("A", 10.0)]), &json!({ "target": "60" }));
    assert!(json["day"] == "2026-11-20" && json["points"] == 10 && text.contains("controls of 2026-11-21 not known"), "{text}");
    let never = facts(&[day(0, 11.0, 20.0, Value::Null)], &[profile("A", 10.0)]);
    for args in [json!({}), json!({ "controls": "A" })] {
        let (text, json, card) = ask(&never, &args);
        assert!(text.contains("which controls are open is not known") && json["total"].is_null() && json["reached"].is_null(), "{text}");
        assert!(!text.contains("not scored") && json["steps"].as_array().unwrap().is_empty(), "{text}");
        assert!(card.contains("Which controls are open is not known"), "{card}");
    }
}
