//! What is said of what nobody told? Never 0, never "gone", never nothing: in words, in JSON and on cards.

use jiff::{ToSpan as _, civil::Date};
use scorewatch::{
    graph::read_saved,
    score::{History, ReportedState},
    skills::{Entry, Facts, Readership, TenantFacts},
    store::{Depth, LoadOptions, Source, Store},
    surfaces::terminal::{Capabilities, render},
};
use serde_json::{Value, json};

use crate::{
    answers::{TODAY, answer as answer_of, facts_of},
    support::views::Views,
};

pub fn back(days: i32) -> Date {
    TODAY.saturating_sub(days.days())
}

/// A control of a day as Graph sends it; `null` members are sent as such.
#[allow(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
pub fn control(name: &str, points: Value, percent: Value, category: &str) -> Value {
    json!({ "controlName": name, "controlCategory": category, "score": points, "scoreInPercentage": percent, "implementationStatus": "" })
}

#[allow(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
pub fn day(back: i32, points: f64, maximum: f64, controls: Value) -> Value {
    let day = self::back(back);
    json!({
        "id": format!("t_{day}"), "azureTenantId": "0a0a0a0a-0000-4000-8000-00000000000a", "createdDateTime": format!("{day}T00:00:00Z"),
        "currentScore": points, "maxScore": maximum, "averageComparativeScores": [], "controlScores": controls,
    })
}

pub fn profile(name: &str, maximum: f64) -> Value {
    json!({ "id": name, "title": format!("Title of {name}"), "controlCategory": "Identity", "service": "AzureAD", "maxScore": maximum, "controlStateUpdates": [] })
}

pub fn accepted(name: &str, maximum: f64) -> Value {
    let mut profile = profile(name, maximum);
    profile["controlStateUpdates"] = json!([{ "state": "Ignored", "updatedBy": "ada", "updatedDateTime": "2026-10-01T00:00:00Z" }]);
    profile
}

fn read(days: &[Value], profiles: &[Value]) -> scorewatch::score::Reading {
    let mut files = vec![("scores.json".to_owned(), serde_json::to_vec(days).unwrap())];
    if !profiles.is_empty() {
        files.push(("profiles.json".to_owned(), serde_json::to_vec(profiles).unwrap()));
    }
    read_saved(&files).unwrap()
}

pub fn facts(days: &[Value], profiles: &[Value]) -> TenantFacts {
    let reading = read(days, profiles);
    TenantFacts {
        entra_id: reading.entra_id,
        history: History::new(reading.days),
        catalogue: reading.catalogue.unwrap_or_default(),
        ..facts_of("northwind", 1)
    }
}

/// An answer in its words, its JSON, and its card on a terminal.
pub fn ask(skill: &str, facts: &TenantFacts, args: &str) -> (String, Value, String) {
    let Views { text, json, card } = answer_of(Entry::named(skill).unwrap(), vec![facts.clone()], false, true, args);
    (text, serde_json::from_slice(&json).unwrap(), render(&card, Capabilities::piped()))
}

fn xy() -> Value {
    json!([control("X", json!(5), json!(50), "Identity"), control("Y", json!(1), json!(100), "Identity")])
}

/// Days of which the newest says nothing about controls, in every way of saying nothing.
fn without_controls() -> Vec<TenantFacts> {
    let mut absent = day(0, 6.0, 11.0, Value::Null);
    absent.as_object_mut().unwrap().remove("controlScores");
    let newest = [day(0, 6.0, 11.0, Value::Null), absent, day(0, 6.0, 11.0, json!([])), day(0, 6.0, 11.0, json!([{ "score": 1 }]))];
    newest.into_iter().map(|newest| facts(&[newest, day(1, 6.5, 11.0, xy())], &[accepted("X", 10.0), profile("Y", 1.0)])).collect()
}

#[test]
fn controls_of_a_day_that_says_none_are_not_known_and_not_gone() {
    for facts in without_controls() {
        let (text, json, card) = ask("score_changes", &facts, "{}");
        for words in [&text, &card] {
            assert!(!words.contains("gone") && !words.contains("control changed") && !words.contains("unexplained"), "{words}");
            assert!(words.contains("not known"), "{words}");
        }
        assert_eq!((json["moved"].as_f64(), json.get("total"), json.get("changes")), (Some(-0.5), None, None), "{json}");

        let (text, json, card) = ask("weakest_controls", &facts, r#"{"below":100}"#);
        assert_eq!((json["day"].as_str(), json["total"].as_u64()), (Some(back(1).to_string().as_str()), Some(0)), "{json}");
        assert!(text.contains("1 weak but accepted") && text.contains(&format!("controls of {TODAY} not known")), "{text}");
        assert!(card.contains(&format!("Microsoft sent no controls for {TODAY}")), "{card}");

        let (text, json, card) = ask("secure_score", &facts, "{}");
        assert_eq!(
            (json.get("controls"), json.get("none"), json.get("accepted"), json.get("categories")),
            (None, None, None, None),
            "{json}"
        );
        assert!(!text.contains("0 controls") && !text.contains("unattributed") && text.contains("not known"), "{text}");
        assert!(!card.contains("0 full") && card.contains("not known"), "{card}");

        let (text, json, _) = ask("control", &facts, r#"{"name":"X"}"#);
        assert_eq!((json["points"].as_f64(), json["day"].as_str()), (Some(5.0), Some(back(1).to_string().as_str())), "{json}");
        assert!(!text.contains("no longer scored") && text.contains(&format!("controls of {TODAY} not known")), "{text}");

        let (_, json, _) = ask("accepted_risks", &facts, "{}");
        assert_eq!(json["total"], 1, "{json}");
        let newest = facts.history.newest().unwrap();
        let told = ReportedState::of(newest, &facts.catalogue, &facts.annotations, TODAY);
        let again: ReportedState = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        assert!(!again.as_reported(None, &facts.catalogue).controls_known, "a digest does not tell them as new the next day");
    }
}

#[test]
fn an_empty_list_under_no_points_says_that_there_are_none() {
    let facts = facts(&[day(0, 0.0, 0.0, json!([])), day(1, 6.0, 11.0, xy())], &[profile("X", 10.0)]);
    let (text, json, _) = ask("score_changes", &facts, "{}");
    assert_eq!(json["total"], 2, "{text}");
    assert!(text.contains("gone X"), "{text}");
}

#[test]
fn where_no_day_has_controls_nothing_is_reported_of_them() {
    let facts = facts(&[day(0, 6.0, 11.0, Value::Null)], &[profile("X", 10.0)]);
    let (text, json, card) = ask("weakest_controls", &facts, "{}");
    assert_eq!((json.get("total"), json.get("points_left")), (None, None), "{json}");
    assert!(text.contains("which controls are weak is not known") && !text.contains(" 0 "), "{text}");
    assert!(card.contains("Which controls are weak is not known"), "{card}");
    let (text, _, _) = ask("weakest_controls", &facts, r#"{"product":"AzureAD"}"#);
    assert!(text.contains("which controls are weak is not known"), "{text}");
    let (text, json, _) = ask("control", &facts, r#"{"name":"X"}"#);
    assert!(json.get("points").is_none() && !text.contains("not scored"), "{text}");
}

#[test]
fn a_score_that_is_not_said_is_no_move() {
    let newest =
        day(0, 1.0, 11.0, json!([control("X", Value::Null, Value::Null, "Identity"), control("Y", json!(1), json!(100), "Identity")]));
    let facts = facts(&[newest, day(1, 6.0, 11.0, xy())], &[profile("X", 10.0), profile("Y", 1.0)]);
    let (text, json, card) = ask("score_changes", &facts, "{}");
    let row = &json["changes"][0];
    assert_eq!(
        (row["change"].as_str(), row.get("moved"), row["from"].as_f64(), row.get("to")),
        (Some("unsaid"), None, Some(5.0), None),
        "{json}"
    );
    assert!(text.contains("unsaid X \"Title of X\": had 5 of 10, now not said"), "{text}");
    assert!(card.contains("not known") && !card.contains("no change"), "{card}");
    let (text, json, _) = ask("control", &facts, r#"{"name":"X"}"#);
    assert!(json.get("points").is_none() && text.contains("does not say its points"), "{text}");
    let (text, json, _) = ask("secure_score", &facts, "{}");
    assert_eq!((json["none"].as_u64(), json["full"].as_u64()), (Some(0), Some(1)), "{json}");
    assert!(text.contains("1 of unknown share"), "{text}");
}

#[test]
fn a_category_whose_controls_are_not_known_on_one_day_has_not_the_whole_tenants_figures() {
    for facts in without_controls() {
        let (text, json, card) = ask("score_changes", &facts, r#"{"category":"identity"}"#);
        let first = text.lines().next().unwrap();
        assert!(first.ends_with(&format!("against {}: identity: not known", back(1))), "{text}");
        assert!(text.contains("whole tenant: 6 points (-0.5)") && text.contains("not known: Microsoft sent none"), "{text}");
        assert_eq!((json.get("category_moved"), json["points_of"].as_str()), (None, Some("whole tenant")), "{json}");
        let lead = card.find("identity: not known").unwrap();
        assert!(card.find("0.5").is_none_or(|whole| whole > lead) && card.contains("The whole tenant: \u{2212}0.5 points"), "{card}");
        let facts =
            Facts { tenants: vec![facts], all: true, group: None, names: true, links: false, today: TODAY, readership: Readership::Asker };
        let args = json!({ "category": "identity" }).as_object().cloned().unwrap();
        let text = Entry::named("score_changes").unwrap().answer(&facts, &args).unwrap().text();
        assert!(text.contains("1 tenant without known identity controls: northwind"), "{text}");
    }
}

#[test]
fn points_of_a_category_that_nobody_says_are_not_0() {
    let unsaid = |name: &str| control(name, Value::Null, Value::Null, "Identity");
    let profiles = [profile("X", 10.0), profile("Y", 1.0)];
    let none = json!([unsaid("X"), unsaid("Y")]);
    for before in [none.clone(), xy()] {
        let facts = facts(&[day(0, 6.0, 11.0, none.clone()), day(1, 6.0, 11.0, before)], &profiles);
        let (text, json, card) = ask("score_changes", &facts, r#"{"category":"identity"}"#);
        assert!(text.contains("identity: not known") && !text.contains("0 points of") && !text.contains("0 controls"), "{text}");
        assert!(json.get("category_points").is_none() && card.contains("identity: not known"), "{json}{card}");
    }
    let one = json!([unsaid("X"), control("Y", json!(0.5), json!(50), "Identity")]);
    let facts = facts(&[day(0, 6.0, 11.0, one), day(1, 6.0, 11.0, xy())], &profiles);
    let (text, _, card) = ask("score_changes", &facts, r#"{"category":"identity"}"#);
    assert!(text.contains("identity 0.5 points (-0.5)") && text.contains("without 1 identity control of unknown points"), "{text}");
    assert!(card.contains("The points of 1 identity control are not known on both days"), "{card}");
}

#[test]
fn a_score_that_is_stated_once_more_is_stated_again() {
    let then = json!([control("X", Value::Null, Value::Null, "Identity"), control("Y", json!(1), json!(100), "Identity")]);
    let facts = facts(&[day(0, 6.0, 11.0, xy()), day(1, 6.0, 11.0, then)], &[profile("X", 10.0), profile("Y", 1.0)]);
    let (text, json, card) = ask("score_changes", &facts, "{}");
    assert_eq!(json["changes"][0]["change"], "said again", "{json}");
    assert!(text.contains("said again X \"Title of X\": has 5 of 10, before not said") && !text.contains("unsaid"), "{text}");
    assert!(card.contains("points stated again"), "{card}");
}

#[test]
fn a_maximum_that_one_day_does_not_say_is_shown_as_unknown() {
    for unknown in [0, 1] {
        let mut days = [day(0, 6.0, 11.0, xy()), day(1, 5.0, 11.0, xy())];
        days[unknown].as_object_mut().unwrap().remove("maxScore");
        let facts = facts(&days, &[]);
        let back = back(i32::try_from(unknown).unwrap());
        for args in ["{}", r#"{"category":"identity"}"#] {
            let (text, json, card) = ask("score_changes", &facts, args);
            assert!(text.contains(&format!("maximum of {back} not known")), "{text}");
            assert!(card.contains(&format!("The maximum of {back} is not known.")), "{card}");
            assert!(json.get("percent").is_none() && json.get("maximum_moved").is_none(), "{json}");
        }
    }
    let both = facts(&[day(0, 6.0, 11.0, xy()), day(1, 5.0, 11.0, xy())], &[]);
    assert!(!ask("score_changes", &both, "{}").0.contains("maximum of"));
}

#[test]
fn unknown_points_are_not_0_points() {
    let apps = |name: &str| control(name, json!(0), json!(0), "Apps");
    let two = facts(&[day(0, 53.0, 64.0, json!([apps("AlphaMail"), apps("AlphaMeet")]))], &[]);
    let (text, json, card) = ask("weakest_controls", &two, "{}");
    assert_eq!((json["total"].as_u64(), json.get("points_left"), json["unknown"].as_u64()), (Some(2), None, Some(2)), "{json}");
    assert!(!text.contains(" to gain;") && text.contains("unknown"), "{text}");
    assert!(card.contains("\n2 weak controls\n") && card.contains("unknown"), "{card}");
    let one_more = facts(&[day(0, 53.0, 64.0, json!([apps("AlphaMail"), control("X", json!(4), json!(40), "Apps")]))], &[]);
    let (text, json, card) = ask("weakest_controls", &one_more, "{}");
    assert_eq!((json["points_left"].as_f64(), json["unknown"].as_u64()), (Some(6.0), Some(1)), "{json}");
    assert!(text.contains("6 points to gain, 1 of them of unknown points") && card.contains("at least 6"), "{text}{card}");

    let (text, json, card) = ask("secure_score", &two, "{}");
    assert_eq!((json["categories"][0].get("maximum"), json["categories"][0]["unknown"].as_u64()), (None, Some(2)), "{json}");
    assert!(text.contains("apps of unknown maximum") && !text.contains("0/0"), "{text}");
    assert!(!card.contains("0 of at least 0"), "{card}");
}

#[test]
fn points_of_an_unknown_maximum_stand_apart() {
    let known = control("X", json!(4), json!(40), "Apps");
    let controls = json!([known, control("AlphaMail", json!(3), Value::Null, "Apps")]);
    let (text, json, card) = ask("secure_score", &facts(&[day(0, 7.0, 20.0, controls)], &[]), "{}");
    let row = &json["categories"][0];
    assert_eq!(
        (row["points"].as_f64(), row["maximum"].as_f64(), row["unknown_points"].as_f64()),
        (Some(4.0), Some(10.0), Some(3.0)),
        "{json}"
    );
    assert!(text.contains("apps 4/10 and 3 points of unknown maximum"), "{text}");
    assert!(card.contains("4 of at least 10, 3 points in 1 control of unknown maximum"), "{card}");
}

#[test]
fn a_file_without_percentages_says_so_and_lists_by_points() {
    let six: Vec<Value> = (0..6).map(|at| control(&format!("C{at}"), json!(at % 3), Value::Null, "Apps")).collect();
    let bare = facts(&[day(0, 6.0, 274.0, json!(six))], &[]);
    let (text, json, card) = ask("weakest_controls", &bare, "{}");
    assert_eq!((json.get("total"), json.get("points_left")), (None, None), "{json}");
    assert!(text.contains("sent no percentages") && text.contains("6 controls with neither percentage nor maximum"), "{text}");
    assert!(card.contains("6 controls have neither a percentage nor a known maximum"), "{card}");
    let known = facts(&[day(0, 6.0, 274.0, json!(six))], &[profile("C1", 8.0), profile("C2", 2.0)]);
    let (text, json, _) = ask("weakest_controls", &known, "{}");
    assert_eq!((json["total"].as_u64(), json["controls"][0]["control"].as_str()), (Some(1), Some("C1")), "{json}");
    assert_eq!((json["controls"][0]["left"].as_f64(), json["controls"][0]["percent"].as_f64()), (Some(7.0), Some(12.5)), "{json}");
    assert!(text.contains("sent no percentages"), "{text}");
}

#[test]
fn a_category_without_controls_is_shown_to_have_none() {
    let facts = facts(&[day(0, 6.0, 11.0, xy()), day(1, 5.0, 11.0, xy())], &[profile("X", 10.0), profile("Y", 1.0)]);
    for skill in ["weakest_controls", "score_changes"] {
        let (text, json, card) = ask(skill, &facts, r#"{"category":"infrastructure"}"#);
        assert!(text.contains("no infrastructure controls in this tenant"), "{text}");
        assert!(card.contains("no controls of the category infrastructure"), "{card}");
        assert!(!text.contains("0 of 0") && !text.contains("0 points") && !text.contains("of the move"), "{text}");
        assert!(json.get("points_left").is_none(), "{json}");
    }
    let (text, _, _) = ask("secure_score", &facts, "{}");
    assert!(text.contains("identity 6/11, no controls in data, device, apps, infrastructure"), "{text}");
    let elsewhere = json!([control("X", json!(5), json!(50), "Identity"), control("D", json!(1), json!(10), "Data")]);
    let apart = self::facts(&[day(0, 6.0, 20.0, elsewhere)], &[profile("X", 10.0)]);
    let (text, _, _) = ask("weakest_controls", &apart, r#"{"category":"data","product":"AzureAD"}"#);
    assert!(text.contains("no data controls of that product") && !text.contains("in this tenant"), "{text}");
    let (text, json, _) = ask("score_changes", &facts, r#"{"category":"infrastructure"}"#);
    assert_eq!(text.matches("no infrastructure controls").count(), 1, "{text}");
    assert_eq!((json["points_of"].as_str(), json.get("category_points")), (Some("whole tenant"), None), "{json}");
    assert_eq!(json["notes"][0], "no infrastructure controls in this tenant", "{json}");
    let all =
        Facts { tenants: vec![facts], all: true, group: None, names: true, links: false, today: TODAY, readership: Readership::Asker };
    let args = json!({ "category": "infrastructure" }).as_object().cloned().unwrap();
    let text = Entry::named("score_changes").unwrap().answer(&all, &args).unwrap().text();
    assert!(text.contains("1 tenant without known infrastructure controls: northwind") && !text.contains("0 controls"), "{text}");
}

#[test]
fn a_span_whose_first_day_is_not_held_is_reported() {
    let days = |missing: &[i32], count: i32| -> Vec<Value> {
        (0..count).filter(|back| !missing.contains(back)).map(|back| day(back, 6.0, 11.0, xy())).collect()
    };
    let note = |missing: &[i32], count: i32| {
        let (text, json, card) = ask("secure_score", &facts(&days(missing, count), &[profile("X", 10.0)]), "{}");
        (text.lines().last().unwrap_or_default().to_owned(), json, card)
    };
    let (text, json, card) = note(&[7], 40);
    assert!(
        text.contains(&format!("not held: 7 days ago ({})", back(7)))
            && json.get("move_week").is_none()
            && json.get("move_month").is_some(),
        "{text}"
    );
    assert!(card.contains(&format!("Nothing is held of 7 days ago ({}), so the change since then is not known.", back(7))), "{card}");
    assert!(note(&[7], 20).0.contains(&format!("not held: 7 days ago ({}), 30 days ago ({})", back(7), back(30))));
    assert!(!note(&[], 40).0.contains("not held"));
    assert!(!note(&[], 1).0.contains("not held"), "no earlier day to compare with says it");
}

/// What a store holds of `tenant` after it read these days and profiles, one reading after the other.
async fn stored(readings: &[(Vec<Value>, Vec<Value>)]) -> TenantFacts {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let live = || Source::Graph { fence: None };
    for (at, (days, profiles)) in readings.iter().enumerate() {
        let now = facts_of("northwind", 1).read_at.unwrap() + i64::try_from(at).unwrap().hours();
        store.save("t", &read(days, profiles), live(), now).await.unwrap();
    }
    let stored = store
        .load("t", LoadOptions { days_back: 90, earlier: None, catalogue: Some(Depth::Whole), ..LoadOptions::default() })
        .await
        .unwrap();
    TenantFacts { history: stored.history, catalogue: stored.catalogue, ..facts(&readings[0].0, &readings[0].1) }
}

#[tokio::test]
async fn a_maximum_stays_what_the_days_own_percentage_says() {
    let day_of = |back: i32, maximum: f64, percent: f64| {
        day(
            back,
            3.4,
            maximum,
            json!([control("X", json!(2.4), json!(percent), "Identity"), control("Y", json!(1), json!(100), "Identity")]),
        )
    };
    let profiles = |x: f64| vec![profile("X", x), profile("Y", 1.0)];
    let first = (vec![day_of(1, 11.0, 24.0)], profiles(10.0));
    let catalogue_alone = (vec![day_of(1, 11.0, 24.0)], profiles(8.0));
    let facts = stored(&[first.clone(), catalogue_alone.clone()]).await;
    let (text, json, _) = ask("control", &facts, r#"{"name":"X"}"#);
    assert_eq!(json["max"].as_f64(), Some(10.0), "{text}");
    let facts = stored(&[first.clone(), catalogue_alone, (vec![day_of(0, 9.0, 30.0), day_of(1, 11.0, 24.0)], profiles(8.0))]).await;
    let (text, json, _) = ask("score_changes", &facts, "{}");
    assert_eq!((json["changes"][0]["control"].as_str(), json["changes"][0]["max_moved"].as_f64()), (Some("X"), Some(-2.0)), "{text}");
    assert_eq!(json.get("maximum_unexplained"), None, "{text}");
    // Old days that come with today's profiles.
    let facts = stored(&[(vec![day_of(3, 11.0, 24.0)], profiles(8.0))]).await;
    let (_, json, _) = ask("control", &facts, r#"{"name":"X"}"#);
    assert_eq!(json["max"].as_f64(), Some(10.0));
}

#[tokio::test]
async fn an_empty_list_of_controls_is_known_only_where_there_is_nothing_to_give() {
    for (points, maximum, known) in [(0.0, 20.0, false), (5.0, 20.0, false), (5.0, 0.0, false), (0.0, 0.0, true)] {
        let facts = stored(&[(vec![day(1, 8.0, 20.0, xy()), day(0, points, maximum, json!([]))], vec![])]).await;
        assert_eq!(facts.history.newest().unwrap().controls_known, known, "{points} of {maximum}");
        let (text, json, _) = ask("score_changes", &facts, "{}");
        assert_eq!(json["gone"].as_u64().unwrap_or_default() > 0 || text.contains("gone"), known, "{text}");
    }
}

#[tokio::test]
async fn a_reading_without_controls_takes_none_away() {
    let facts = stored(&[(vec![day(0, 6.0, 11.0, xy())], vec![profile("X", 10.0)]), (vec![day(0, 6.5, 11.0, Value::Null)], vec![])]).await;
    let newest = facts.history.newest().unwrap();
    assert_eq!((newest.controls_known, newest.controls.len()), (true, 2));
    let facts = stored(&[(vec![day(0, 6.0, 11.0, Value::Null)], vec![]), (vec![day(1, 6.0, 11.0, xy())], vec![])]).await;
    let known: Vec<bool> = facts.history.days().iter().map(|day| day.controls_known).collect();
    assert_eq!(known, [true, false], "and comes back as what it was");
}

#[tokio::test]
async fn an_accepted_control_that_is_scored_stays_without_its_profile() {
    let days = || vec![day(0, 6.0, 11.0, xy())];
    let both = || vec![accepted("X", 10.0), profile("Y", 1.0)];
    let facts = stored(&[(days(), both()), (days(), vec![profile("Y", 1.0)])]).await;
    let (text, json, _) = ask("accepted_risks", &facts, "{}");
    assert_eq!(
        (json["total"].as_u64(), json["risks"][0]["control"].as_str(), json["given_up"].as_f64()),
        (Some(1), Some("X"), Some(5.0)),
        "{text}"
    );
    let (_, json, _) = ask("secure_score", &facts, "{}");
    assert_eq!(json["accepted"].as_u64(), Some(1), "the counts agree");
    let (text, _, _) = ask("weakest_controls", &facts, "{}");
    assert!(text.contains("1 weak but accepted"), "{text}");
    // A control that is not scored any more either is nobody's risk.
    let y = || vec![day(0, 1.0, 1.0, json!([control("Y", json!(1), json!(100), "Identity")]))];
    let facts = stored(&[(days(), both()), (y(), vec![profile("Y", 1.0)])]).await;
    assert_eq!(ask("accepted_risks", &facts, "{}").1["total"].as_u64(), Some(0));
}

#[test]
fn an_average_is_of_numbers_that_are_not_rounded() {
    let tenant = |name: &str, points: f64| TenantFacts { name: name.to_owned(), ..facts(&[day(0, points, 1_000_000.0, xy())], &[]) };
    // 0.0051 % and 0.0151 % are shown as 0.01 and 0.02 %; their average is 0.0101 %, that of what is shown would be 0.02.
    let tenants = vec![tenant("a", 51.0), tenant("b", 151.0)];
    let Views { text, json, .. } = answer_of(Entry::named("secure_score").unwrap(), tenants, true, true, "{}");
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["average"].as_f64(), Some(0.01), "{text}");
    assert!(text.contains("each tenant counts once"), "{text}");
}

#[test]
fn what_microsoft_saw_is_as_old_as_it_is() {
    let mut seen = control("X", json!(5), json!(50), "Identity");
    seen["lastSynced"] = json!("2026-11-02T13:04:06Z");
    let facts = facts(&[day(0, 5.0, 10.0, json!([seen]))], &[profile("X", 10.0)]);
    let (text, json, card) = ask("control", &facts, r#"{"name":"X"}"#);
    assert_eq!(json["looked"].as_str(), Some("2026-11-02T13:04Z"), "{json}");
    assert!(text.contains("Microsoft last looked 2026-11-02T13:04Z") && card.contains("2026-11-02 13:04 UTC"), "{text}{card}");
}

#[test]
fn what_microsoft_is_about_to_drop_is_marked_in_every_list() {
    let mut dropped = accepted("X", 10.0);
    dropped["deprecated"] = json!(true);
    let mut y = profile("Z", 8.0);
    y["deprecated"] = json!(true);
    let with_z = |x: f64| json!([control("X", json!(x), json!(10.0 * x), "Identity"), control("Z", json!(2), json!(25), "Identity")]);
    let facts = facts(&[day(0, 7.0, 18.0, with_z(5.0)), day(1, 6.0, 18.0, with_z(4.0))], &[dropped, y]);
    for skill in ["weakest_controls", "score_changes", "accepted_risks"] {
        let (text, json, card) = ask(skill, &facts, "{}");
        assert!(
            text.contains("(deprecated)") && card.contains("(deprecated)") && json.to_string().contains(r#""deprecated":true"#),
            "{text}{card}"
        );
    }
}

#[test]
fn a_control_that_can_give_nothing_is_not_undone() {
    let controls = json!([control("X", json!(5), json!(50), "Identity"), control("N", json!(0), json!(0), "Identity")]);
    let facts = facts(&[day(0, 5.0, 10.0, controls)], &[profile("X", 10.0), profile("N", 0.0)]);
    let (text, json, _) = ask("secure_score", &facts, "{}");
    assert_eq!((json["controls"].as_u64(), json["partial"].as_u64(), json["none"].as_u64()), (Some(2), Some(1), Some(0)), "{json}");
    assert!(text.contains("1 can give no points"), "{text}");
    assert_eq!(ask("weakest_controls", &facts, "{}").1["total"].as_u64(), Some(1));
    let (text, _, _) = ask("control", &facts, r#"{"name":"N"}"#);
    assert!(text.contains("can give no points"), "{text}");
}
