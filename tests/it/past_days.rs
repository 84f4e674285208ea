//! What is said of a past day, and between two of them? What is held, which day it is, and why not where nothing is.

use scorewatch::{
    error::ErrorKind,
    skills::{Entry, Facts, TenantFacts},
    store::{DayReference, Depth, LoadOptions, Source, Store},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{TODAY, answer as answer_of, facts_about},
    unknown::{accepted, ask, back, control, day, facts, profile},
};

/// A day on which X has so many of 10 points.
fn day_of(back: i32, points: f64) -> Value {
    day(back, points, 20.0, json!([control("X", json!(points), json!(10.0 * points), "Identity")]))
}

/// A tenant of which these days are held, on which it had fewer points the longer ago.
fn tenant(days: impl IntoIterator<Item = i32>) -> TenantFacts {
    let days: Vec<Value> = days.into_iter().map(|back| day_of(back, 10.0 - f64::from(back) / 10.0)).collect();
    facts(&days, &[profile("X", 10.0)])
}

fn facts_of(tenants: Vec<TenantFacts>) -> Facts {
    let all = tenants.len() > 1;
    facts_about(tenants, all, true)
}

/// Why a question about `tenants` gets no answer.
fn refused(skill: &str, tenants: Vec<TenantFacts>, args: &Value) -> (ErrorKind, String) {
    let (skill, facts) = (Entry::named(skill).unwrap(), facts_of(tenants));
    let args: Map<String, Value> = args.as_object().cloned().unwrap();
    let error = skill.prepare(&args, facts.all, true).err().or_else(|| skill.answer(&facts, &args).err()).unwrap();
    (error.kind, error.sentence)
}

#[test]
fn a_past_day_has_its_own_numbers_and_its_own_moves() {
    let tenant = tenant((0..60).filter(|back| *back != 27));
    let (text, json, card) = ask("secure_score", &tenant, &json!({ "day": back(20).to_string() }).to_string());
    assert!(text.starts_with(&format!("northwind {}: 8 of 20 points (40 %;", back(20))), "{text}");
    assert!(text.contains("1 day +0.1 points (+0.5 pp), 30 days +3 (+15 pp)"), "{text}");
    assert!(text.contains(&format!("not held: 7 days ago ({})", back(27))), "seen from that day: {text}");
    assert_eq!(
        (json["day"].as_str(), json["points"].as_f64(), json["move_month"].as_f64()),
        (Some(&*back(20).to_string()), Some(8.0), Some(3.0))
    );
    assert!(card.starts_with(&format!("Secure Score of northwind on {}", back(20))), "{card}");
    assert!(!card.contains(&TODAY.to_string()) && !card.contains("fetched"), "nothing on it is of another day: {card}");
    assert_eq!(ask("secure_score", &tenant, r#"{"day":"20"}"#).0, text, "a number of days counts back from the newest");
}

#[test]
fn a_day_that_was_asked_for_is_not_old() {
    let tenant = tenant(10..40);
    let mark = "newest day is 10 days old";
    let (text, json, card) = ask("secure_score", &tenant, "{}");
    assert!(text.contains(mark) && card.contains(mark) && json["asked"].is_string(), "{text}");
    for days in [10, 30] {
        let args = json!({ "day": back(days).to_string() }).to_string();
        let (text, json, card) = ask("secure_score", &tenant, &args);
        assert!(!text.contains("old") && !card.contains("old") && json.get("asked").is_none(), "{text}{card}");
        let args = json!({ "since": "7", "until": back(days).to_string() }).to_string();
        let (text, json, card) = ask("score_changes", &tenant, &args);
        assert!(!text.contains(" old") && !card.contains(" old") && json.get("asked").is_none(), "{text}{card}");
    }
    // That there is none so new is another thing.
    let (text, ..) = ask("secure_score", &tenant, &json!({ "day": back(5).to_string() }).to_string());
    let other = format!("{} is not held: this is {}, the nearest day before", back(5), back(10));
    assert!(text.contains(mark) && text.contains(&other), "{text}");
}

#[test]
fn a_day_that_is_not_held_says_which_one_is_shown() {
    let tenant = tenant((0..40).filter(|back| !(18..22).contains(back)));
    let (text, json, card) = ask("secure_score", &tenant, &json!({ "day": back(19).to_string() }).to_string());
    let other = format!("{} is not held: this is {}, the nearest day before", back(19), back(22));
    assert_eq!(text.lines().nth(1), Some(other.as_str()), "nobody reads over it: {text}");
    assert_eq!(json["day"], back(22).to_string());
    assert!(card.contains(&format!("Nothing is held of {}; this is {}", back(19), back(22))), "{card}");
    let (text, ..) = ask("score_changes", &tenant, &json!({ "since": "3", "until": back(19).to_string() }).to_string());
    assert!(text.contains(&format!("{} is not held, compared up to {}", back(19), back(22))), "{text}");
    // A day that follows a hole is compared with the day before the hole, and is not called the next one.
    let (text, ..) = ask("secure_score", &tenant, &json!({ "day": back(17).to_string() }).to_string());
    assert!(text.contains(&format!("since {} +0.5 points", back(22))), "{text}");
}

#[test]
fn days_that_nobody_can_know_are_refused_in_a_sentence() {
    let held = || vec![tenant(0..40)];
    let begins = format!("its history begins on {}.", back(39));
    for (skill, args, kind, said) in [
        ("secure_score", json!({ "day": "2020-01-01" }), ErrorKind::NotFound, begins.clone()),
        ("secure_score", json!({ "day": back(-1).to_string() }), ErrorKind::BadArguments, format!("`day` is {}, a day to come", back(-1))),
        ("secure_score", json!({ "day": "1 October" }), ErrorKind::BadArguments, "`day` is yesterday, week, month".to_owned()),
        ("secure_score", json!({ "day": "2026-02-30" }), ErrorKind::BadArguments, "YYYY-MM-DD".to_owned()),
        ("score_changes", json!({ "since": "2019-01-01", "until": "2020-01-01" }), ErrorKind::NotFound, begins),
        ("score_changes", json!({ "until": back(-1).to_string() }), ErrorKind::BadArguments, "a day to come".to_owned()),
        ("score_changes", json!({ "until": "soon" }), ErrorKind::BadArguments, "`until` is yesterday, week, month".to_owned()),
        (
            "score_changes",
            json!({ "since": back(10).to_string(), "until": back(20).to_string() }),
            ErrorKind::BadArguments,
            format!("`until` is {}, which is not after `since` ({})", back(20), back(10)),
        ),
        (
            "score_changes",
            json!({ "since": back(9).to_string(), "until": back(9).to_string() }),
            ErrorKind::BadArguments,
            "not after".to_owned(),
        ),
        ("score_changes", json!({ "since": back(9).to_string(), "until": "month" }), ErrorKind::BadArguments, "not after".to_owned()),
    ] {
        let (found, sentence) = refused(skill, held(), &args);
        assert!(found == kind && sentence.contains(&said), "{skill} {args}: {found:?} {sentence}");
    }
    let holed = vec![tenant((0..40).filter(|back| !(5..10).contains(back)))];
    let (kind, sentence) = refused("score_changes", holed, &json!({ "since": back(9).to_string(), "until": back(6).to_string() }));
    assert_eq!((kind, sentence), (ErrorKind::NotFound, format!("Nothing is held of northwind after {} and up to {}.", back(9), back(6))));
}

#[test]
fn changes_are_those_within_two_days() {
    let tenant = tenant(0..60);
    let between = |since: &str, until: String| ask("score_changes", &tenant, &json!({ "since": since, "until": until }).to_string());
    let (text, json, card) = between(&back(40).to_string(), back(20).to_string());
    assert!(text.starts_with(&format!("northwind {} against {}: 8 of 20 points (+2)", back(20), back(40))), "{text}");
    assert_eq!((json["day"].as_str(), json["since"].as_str()), (Some(&*back(20).to_string()), Some(&*back(40).to_string())));
    assert!(card.starts_with(&format!("What changed in northwind since {} until {}", back(40), back(20))), "{card}");
    let (text, ..) = between("7", back(20).to_string());
    assert!(text.contains(&format!("against {}", back(27))), "counted back from the last day: {text}");
    let (text, ..) = between("yesterday", "30".to_owned());
    assert!(text.starts_with(&format!("northwind {} against {}", back(30), back(31))), "{text}");
    let (text, ..) = between("month", back(59).to_string());
    assert!(text.contains(&format!("no earlier day than {} is held", back(59))), "{text}");
}

#[test]
fn of_several_tenants_each_has_what_is_held_of_it() {
    let named = |name: &str, days: std::ops::Range<i32>| TenantFacts { name: name.to_owned(), ..tenant(days) };
    let tenants =
        || vec![named("a", 0..60), named("b", 0..10), TenantFacts { name: "c".to_owned(), ..tenant((0..60).filter(|back| *back != 30)) }];
    let args = json!({ "day": back(30).to_string() });
    let text = answer_of(Entry::named("secure_score").unwrap(), tenants(), true, true, &args.to_string()).text;
    assert!(text.contains(&format!("a {}: 35 %", back(30))) && text.contains(&format!("c {}: 34.5 %", back(31))), "{text}");
    assert!(text.contains(&format!("the nearest days before: c {}", back(31))), "{text}");
    assert!(text.contains("1 tenant without data on that day or before: b") && text.contains("2 of 3 tenants with a score"), "{text}");
    let since = json!({ "since": "7", "until": back(30).to_string() });
    let text = answer_of(Entry::named("score_changes").unwrap(), tenants(), true, true, &since.to_string()).text;
    assert!(text.contains(&format!("a {} against {}: +0.7 points (+3.5 pp)", back(30), back(37))), "{text}");
    assert!(text.contains("1 tenant without data on that day or before: b"), "{text}");
    let (kind, _) = refused("secure_score", tenants(), &json!({ "day": "2020-01-01" }));
    assert_eq!(kind, ErrorKind::NotFound, "where no tenant has any, that is the answer");
    let (kind, _) = refused("score_changes", tenants(), &json!({ "until": back(-3).to_string() }));
    assert_eq!(kind, ErrorKind::BadArguments);
}

#[test]
fn the_statuses_of_a_past_day_are_those_of_that_day() {
    let days: Vec<Value> = (0..60).map(|back| day_of(back, 5.0)).collect();
    // Accepted on the first of October, which is 51 days ago.
    let tenant = facts(&days, &[accepted("X", 10.0)]);
    assert!(ask("secure_score", &tenant, "{}").0.contains("1 control: 1 risk accepted"));
    assert!(ask("secure_score", &tenant, r#"{"day":"2026-10-01"}"#).0.contains("1 control: 1 risk accepted"));
    assert!(ask("secure_score", &tenant, r#"{"day":"2026-09-30"}"#).0.contains("1 control: 1 partial"));
}

#[tokio::test]
async fn the_days_that_lead_up_to_a_past_one_are_loaded_and_the_newest() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let days: Vec<Value> = (0..60).filter(|back| *back != 20).map(|back| day_of(back, 5.0)).collect();
    let files = [("scores.json".to_owned(), serde_json::to_vec(&days).unwrap())];
    let reading = scorewatch::graph::read_saved(&files).unwrap();
    store.ensure_tenant("t").await.unwrap();
    store.save("t", &reading, Source::Import, "2026-11-21T06:12:00Z".parse().unwrap()).await.unwrap();
    let load = async |last, days_back, earlier| {
        let want = LoadOptions { last: Some(last), days_back, earlier, catalogue: Some(Depth::Bare), ..LoadOptions::default() };
        let history = store.load("t", want).await.unwrap().history;
        let missing = history.missing(back(60), TODAY).len();
        let days: Vec<i32> = history.days().iter().map(|day| day.day.until(TODAY).unwrap().get_days()).collect();
        (days, missing)
    };
    assert_eq!(load(DayReference::Day(back(20)), 0, None).await.0, [22, 21, 0], "the nearest day before it, and the day before that");
    assert_eq!(load(DayReference::Back(10), 2, Some(DayReference::Back(5))).await.0, [15, 12, 11, 10, 0], "counted back from the last day");
    assert_eq!(load(DayReference::Day(back(300)), 3, None).await.0, [59, 0], "none so early: the first of all says from when on");
    assert_eq!(load(DayReference::Back(0), 1, None).await.0, [1, 0]);
    let (_, missing) = load(DayReference::Day(back(10)), 30, None).await;
    assert_eq!(missing, 19 + 1, "days before those that were asked for are not looked at, and one is not held");
}

#[test]
fn a_month_is_compared_with_the_day_before_it() {
    let tenant = tenant(0..90);
    let within = |since: &str, until: &str| ask("score_changes", &tenant, &json!({ "since": since, "until": until }).to_string()).0;
    assert_eq!(within("2026-10", "2026-10"), within("2026-09-30", "2026-10-31"), "what changed on its first day is of it");
    assert!(within("2026-10", "2026-11").contains(" 2026-11-21 against 2026-09-30"), "so much of a month as there is");
    let (text, ..) = ask("secure_score", &tenant, r#"{"day":"2026-10"}"#);
    assert!(text.starts_with("northwind 2026-10-31"), "{text}");
    let (kind, sentence) = refused("score_changes", vec![tenant.clone()], &json!({ "since": "2026-10", "until": "2026-09" }));
    assert!(kind == ErrorKind::BadArguments && sentence.contains("not after `since`"), "{sentence}");
    let (kind, sentence) = refused("score_changes", vec![tenant], &json!({ "until": "2026-12" }));
    assert!(kind == ErrorKind::BadArguments && sentence.contains("a day to come"), "{sentence}");
}
