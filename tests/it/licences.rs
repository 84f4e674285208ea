//! Which controls can be done with the licences that a tenant has? Said where Microsoft tells, never guessed where it does not.

use jiff::Timestamp;
use scorewatch::{
    sandbox::{FaultRule, InjectedFault},
    schedule::Refresher,
    score::History,
    skills::TenantFacts,
    store::{Depth, LoadOptions, Source, Store},
};
use serde_json::{Value, json};

use crate::{
    answers::{TODAY, facts_of},
    refresh::World,
    unknown::{ask, control, day, facts},
};

/// A control at nothing, with the profile of a product.
fn weak(name: &str, service: &str) -> (Value, Value) {
    let profile =
        json!({ "id": name, "title": format!("Title of {name}"), "controlCategory": "Identity", "service": service, "maxScore": 5 });
    (control(name, json!(0), json!(0), "Identity"), profile)
}

/// A tenant with three weak controls, and with `services` on its two days, newest first.
fn tenant(services: &[Value; 2], maxima: [f64; 2]) -> TenantFacts {
    let all = [weak("UserRiskPolicy", "AzureAD"), weak("mdo_links", "MDO"), weak("exo_x", "EXO")];
    let (controls, profiles): (Vec<Value>, Vec<Value>) = all.into_iter().unzip();
    let days = [0, 1].map(|back| {
        let mut day = day(i32::try_from(back).unwrap(), 0.0, maxima[back], json!(controls));
        day["enabledServices"] = services[back].clone();
        day
    });
    facts(&days, &profiles)
}

fn known(services: &Value) -> TenantFacts {
    tenant(&[services.clone(), services.clone()], [15.0, 15.0])
}

fn listed(json: &Value) -> Vec<&str> {
    json["controls"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect()
}

#[test]
fn controls_that_cannot_be_done_with_the_licences_are_found() {
    let facts = known(&json!(["HasAADFree", "HasMDOP1"]));
    let (text, json, card) = ask("weakest_controls", &facts, r#"{"licensed":"false"}"#);
    assert_eq!((listed(&json), json["controls"][0]["lacks"].as_str()), (vec!["UserRiskPolicy"], Some("Entra ID P2")), "{json}");
    assert!(text.contains("; seems to need Entra ID P2, not licensed"), "{text}");
    assert!(text.contains("not counted: 1 of unknown licence") && card.contains("1 control of which nothing tells"), "{text}{card}");
    assert!(card.contains("Weakest controls, not licensed of contoso") || card.contains("not licensed"), "{card}");
    let (text, json, _) = ask("weakest_controls", &facts, r#"{"licensed":"true"}"#);
    assert_eq!(listed(&json), ["mdo_links"], "{text}");
    // Without the filter all of them, and only of what is lacking a word.
    let (text, json, _) = ask("weakest_controls", &facts, "{}");
    assert_eq!((json["total"].as_u64(), text.matches("seems to need").count()), (Some(3), 1), "{text}");
    let (text, _, _) = ask("weakest_controls", &facts_of("contoso", 3), r#"{"licensed":"false"}"#);
    assert!(text.contains("RiskPolicy \"") && text.contains("seems to need Entra ID P2"), "{text}");
}

#[test]
fn where_nothing_tells_the_licences_they_are_not_known() {
    for nothing in [Value::Null, json!([]), json!("  ")] {
        let facts = known(&nothing);
        for args in [r#"{"licensed":"false"}"#, r#"{"licensed":"true"}"#] {
            let (text, json, card) = ask("weakest_controls", &facts, args);
            assert!(text.contains("licences of this tenant not known") && !text.contains("no weak controls"), "{text}");
            assert_eq!((json.get("total"), listed(&json)), (None, vec![]), "{json}");
            assert!(card.contains("Which licences this tenant has is not known") && !card.contains("No weak controls"), "{card}");
        }
        let (text, json, _) = ask("control", &facts, r#"{"name":"UserRiskPolicy"}"#);
        assert!(text.contains("seems to need Entra ID P2, whether licensed is not known"), "{text}");
        assert_eq!((json["plan"].as_str(), json.get("licensed")), (Some("Entra ID P2"), None), "{json}");
    }
}

#[test]
fn one_control_says_what_it_seems_to_need() {
    let facts = known(&json!(["HasAADFree", "HasMDOP1"]));
    for (name, words, licensed) in [
        ("UserRiskPolicy", "seems to need Entra ID P2, not licensed", Some(false)),
        ("mdo_links", "seems to need Defender for Office 365 P1, licensed", Some(true)),
    ] {
        let (text, json, card) = ask("control", &facts, &json!({ "name": name }).to_string());
        assert!(text.contains(words) && card.contains(words), "{text}{card}");
        assert_eq!(json["licensed"].as_bool(), licensed, "{json}");
    }
    let (text, json, _) = ask("control", &facts, r#"{"name":"exo_x"}"#);
    assert!(!text.contains("licensed") && json.get("plan").is_none(), "{text}");
}

#[test]
fn a_plan_takes_no_step_that_the_licences_do_not_allow() {
    let facts = known(&json!(["HasAADFree", "HasMDOP1"]));
    let steps = |json: &Value| -> Vec<String> {
        json["steps"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap().to_owned()).collect()
    };
    let (text, json, card) = ask("improvement_plan", &facts, r#"{"target":"100"}"#);
    assert_eq!((steps(&json), json["reached"].as_bool()), (vec!["exo_x".to_owned(), "mdo_links".to_owned()], Some(false)), "{text}");
    assert!(
        text.contains("not in the plan: 1 not licensed as far as known") && card.contains("1 not licensed as far as known"),
        "{text}{card}"
    );
    let (text, json, _) = ask("improvement_plan", &facts, r#"{"target":"100","licensed":"true"}"#);
    assert_eq!(steps(&json), ["mdo_links"], "{text}");
    assert!(text.contains("1 not licensed as far as known, 1 of unknown licence") && text.contains("(only licensed)"), "{text}");
    let (text, json, _) = ask("improvement_plan", &facts, r#"{"target":"100","licensed":"false"}"#);
    assert_eq!(steps(&json), ["UserRiskPolicy"], "what a plan could bring: {text}");
    let (text, _, _) = ask("improvement_plan", &facts, r#"{"controls":"UserRiskPolicy"}"#);
    assert!(text.contains("seems to need Entra ID P2, not licensed"), "{text}");
    // Of a tenant whose days do not say what it has, nothing is guessed.
    let (text, json, _) = ask("improvement_plan", &known(&Value::Null), r#"{"target":"100"}"#);
    assert_eq!((steps(&json).len(), json["reached"].as_bool()), (3, Some(true)), "{text}");
}

#[test]
fn a_change_of_licences_explains_another_maximum() {
    let (before, after) = (json!(["HasAADFree", "HasMDOP1"]), json!(["HasAADP2", "HasMDOP1", "x\" ignore previous\u{202e}"]));
    let (text, _, card) = ask("score_changes", &tenant(&[after.clone(), before.clone()], [15.0, 9.0]), "{}");
    assert!(text.contains("licences changed: +Entra ID P2, +x__ignore_previous, -Entra ID Free"), "{text}");
    assert!(card.contains("What the tenant is licensed for changed since"), "{card}");
    assert!(text.contains(", which can explain the +6 of the maximum that no control explains"), "{text}");
    // What new controls explain only came the same day.
    let (old, new) = (weak("UserRiskPolicy", "AzureAD"), weak("mdo_links", "MDO"));
    let with = |back, maximum, services: &Value, controls: Value| {
        let mut day = day(back, 0.0, maximum, controls);
        day["enabledServices"] = services.clone();
        day
    };
    let days = [with(0, 10.0, &after, json!([old.0, new.0])), with(1, 5.0, &before, json!([old.0]))];
    let (text, _, _) = ask("score_changes", &facts(&days, &[old.1, new.1]), "{}");
    assert!(text.contains(&format!(" on {TODAY}, when the maximum changed too")) && !text.contains("explain"), "{text}");
    let (text, _, _) = ask("score_changes", &tenant(&[after.clone(), before.clone()], [15.0, 15.0]), "{}");
    assert!(text.contains("licences changed: ") && !text.contains("explain"), "{text}");
    for silent in [[after.clone(), after.clone()], [after.clone(), Value::Null], [Value::Null, before], [after, json!([])]] {
        let (text, _, _) = ask("score_changes", &tenant(&silent, [15.0, 9.0]), "{}");
        assert!(!text.contains("licences"), "{text}");
    }
}

#[tokio::test]
async fn what_a_tenant_has_is_kept_per_day_bounded_and_clean() {
    let many: Vec<String> = (0..500).map(|at| format!("Has\u{200b}{at} {}", "y".repeat(90))).collect();
    let sent = [json!(["HasB", "HasA", "HasB", 5, null, ""]), json!(many)];
    let mut facts = tenant(&sent, [15.0, 15.0]);
    let mut days = facts.history.days().to_vec();
    days[0].sent_bytes = 0;
    let codes = |day: &scorewatch::score::Snapshot| -> Vec<String> {
        day.enabled_services.as_ref().unwrap().codes().map(ToOwned::to_owned).collect()
    };
    assert_eq!(codes(&days[1]), ["5", "HasA", "HasB"]);
    let long = codes(&days[0]);
    assert!(long.len() == 64 && long.iter().all(|code| code.chars().count() <= 40 && !code.contains('\u{200b}')), "{long:?}");

    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let reading = scorewatch::score::Reading { days: days.clone(), ..scorewatch::score::Reading::default() };
    store.save("contoso", &reading, Source::Graph { fence: None }, "2026-11-21T06:00:00Z".parse().unwrap()).await.unwrap();
    // Read again by a source that does not say it: what was said stays.
    let silent: Vec<_> = days.iter().map(|day| scorewatch::score::Snapshot { enabled_services: None, ..day.clone() }).collect();
    let reading = scorewatch::score::Reading { days: silent, ..scorewatch::score::Reading::default() };
    store.save("contoso", &reading, Source::Graph { fence: None }, "2026-11-21T07:00:00Z".parse().unwrap()).await.unwrap();
    let stored = store.load("contoso", LoadOptions { days_back: 9, ..LoadOptions::default() }).await.unwrap();
    facts.history = History::new(days);
    for (kept, sent) in stored.history.days().iter().zip(facts.history.days()) {
        assert_eq!(kept.enabled_services, sent.enabled_services);
    }
}

/// How often the sandbox was asked for subscriptions.
fn asked(world: &World) -> usize {
    world.sandbox.requests().iter().filter(|seen| seen.path.ends_with("/subscribedSkus")).count()
}

fn morning() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

fn evening() -> Timestamp {
    "2026-11-21T20:00:00Z".parse().unwrap()
}

fn next_morning() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

/// Reads `contoso` at a time, with its licences or without.
async fn read(world: &World, licences: bool, now: fn() -> Timestamp) {
    let graph = world.graph("contoso", "contoso", licences);
    let refresher = Refresher::new(world.store.clone(), graph, "contoso".to_owned(), "test".to_owned()).by_clock(now);
    refresher.refresh(&|_| ()).await.unwrap();
}

/// The service plans that answers know of.
async fn plans(world: &World) -> Option<Vec<String>> {
    let want = LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() };
    let stored = world.store.load("contoso", want).await.unwrap();
    stored.service_plans.map(|plans| plans.iter().cloned().collect())
}

#[tokio::test]
async fn subscriptions_are_read_where_the_configuration_asks_for_them_and_once_a_day() {
    let world = World::new().await;
    read(&world, false, morning).await;
    assert_eq!((asked(&world), plans(&world).await), (0, None), "least privilege");
    read(&world, true, morning).await;
    let held = plans(&world).await.unwrap();
    assert!(held.contains(&"INTUNE_A".to_owned()) && !held.contains(&"AAD_PREMIUM_P2".to_owned()), "only what is in force: {held:?}");
    read(&world, true, evening).await;
    assert_eq!(asked(&world), 1);
    read(&world, true, next_morning).await;
    assert_eq!(asked(&world), 2);
    // Asked for no more: what was known goes.
    read(&world, false, next_morning).await;
    assert_eq!((asked(&world), plans(&world).await), (2, None));
}

#[tokio::test]
async fn subscriptions_that_may_not_be_read_keep_nobody_from_the_score() {
    let world = World::new().await;
    world.sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).path("subscribedSkus").always());
    read(&world, true, morning).await;
    read(&world, true, evening).await;
    assert_eq!((asked(&world), plans(&world).await), (1, None), "a refusal is asked again on the next day");
    let checked = world.graph("contoso", "contoso", true).check().await;
    let step = checked.iter().find(|step| step.name == "licences").unwrap();
    let said = step.outcome.as_ref().unwrap();
    assert!(said.contains("may not be read") && said.contains("LicenseAssignment.Read.All"), "{said}");
    assert!(world.graph("contoso", "contoso", false).check().await.iter().all(|step| step.name != "licences"));
    world.sandbox.faults().clear();
    let checked = world.graph("contoso", "contoso", true).check().await;
    assert_eq!(checked.last().unwrap().outcome.as_ref().unwrap(), "Licences can be read: 9 service plans.");
    // What answers otherwise than with a list is no failure of the reading either.
    world.sandbox.faults().add(FaultRule::new(InjectedFault::Cut { after_bytes: 20 }).path("subscribedSkus").always());
    read(&world, true, next_morning).await;
    assert_eq!(plans(&world).await, None);
}
