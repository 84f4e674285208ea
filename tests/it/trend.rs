//! How did a score move over days and years? With its gaps as gaps, from days of which only the sums are loaded, and with sentences for what cannot be told.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::{Block, Card},
    error::ErrorKind,
    score::{Annotation, Annotations, Category, ControlScore, History, Reading, Snapshot, Status},
    skills::{Entry, Facts, TenantFacts},
    store::{DayReference, Depth, LoadOptions, ScoreRange, Source, Store},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{TODAY, facts_about, facts_of, tokens},
    support::views::{Views, views},
};

fn facts(tenant: TenantFacts) -> Facts {
    facts_about(vec![tenant], false, true)
}

fn skill() -> &'static Entry {
    Entry::named("score_trend").unwrap()
}

fn args(args: &Value) -> Map<String, Value> {
    args.as_object().unwrap().clone()
}

fn asked(tenant: &TenantFacts, given: &Value) -> Views {
    let (facts, args) = (facts(tenant.clone()), args(given));
    skill().prepare(&args, false, true).unwrap();
    views(skill(), &facts, &args)
}

fn json_of(views: &Views) -> Value {
    serde_json::from_slice(&views.json).unwrap()
}

/// Why there is no answer.
fn refusal(tenant: &TenantFacts, given: &Value) -> (ErrorKind, String) {
    let args = args(given);
    let error = match skill().prepare(&args, false, true) {
        Err(error) => error,
        Ok(_) => skill().answer(&facts(tenant.clone()), &args).err().unwrap(),
    };
    (error.kind, error.sentence)
}

/// The same tenant without the days that `gone` says.
fn without(tenant: &TenantFacts, gone: impl Fn(Date) -> bool) -> TenantFacts {
    let days = tenant.history.days().iter().filter(|day| !gone(day.day)).cloned().collect();
    TenantFacts { history: History::new(days), ..tenant.clone() }
}

fn line(card: &Card) -> Vec<(Date, f64)> {
    card.blocks.iter().find_map(|block| if let Block::Trend(days) = block { Some(days.clone()) } else { None }).unwrap_or_default()
}

#[test]
fn a_day_without_data_is_a_gap_and_never_a_number() {
    let steps = |views: &Views| json_of(views)["steps"].as_array().unwrap().clone();
    let gone = |day: Date| (date(2026, 11, 6)..=date(2026, 11, 8)).contains(&day) || day == date(2026, 11, 14);
    let (whole, holes) = (facts_of("contoso", 90), without(&facts_of("contoso", 90), gone));
    let (all, some) = (asked(&whole, &json!({ "days": 30 })), asked(&holes, &json!({ "days": 30 })));
    for (step, with) in steps(&some).iter().zip(steps(&all)) {
        let day: Date = step["day"].as_str().unwrap().parse().unwrap();
        assert_eq!(step.get("percent"), with.get("percent").filter(|_| !gone(day)), "{day}");
    }
    assert_eq!(steps(&some).iter().filter(|step| step.get("percent").is_none()).count(), 2 - usize::from(!gone(date(2026, 11, 7))));
    assert!(some.text.contains(" - ") && some.text.contains("(- no data)"), "{}", some.text);
    assert!(some.text.contains("no data for 5 days: 2026-11-06 to 2026-11-08, 2026-11-12, 2026-11-14"), "{}", some.text);
    assert_eq!(json_of(&some)["missing"], 5);
    assert!(line(&some.card).iter().all(|(day, _)| !gone(*day)) && line(&all.card).len() == line(&some.card).len() + 4);
    // A move over a gap says since which day.
    let fall = |day: Date| day > date(2026, 10, 25) && day < TODAY;
    let over = json_of(&asked(&without(&whole, fall), &json!({ "days": 30 })));
    let moved = [&over["fall"], &over["rise"]].into_iter().find(|moved| moved["day"] == TODAY.to_string()).unwrap();
    assert_eq!(moved["since"], "2026-10-25", "{over}");
}

#[test]
fn notable_days_are_those_of_the_data() {
    let tenant = facts_of("contoso", 90);
    let told = json_of(&asked(&tenant, &json!({})));
    let days: Vec<&Snapshot> = tenant.history.days().iter().filter(|day| day.day >= TODAY - 90.days()).collect();
    let moves = || days.windows(2).map(|pair| (pair[1].day, pair[1].points - pair[0].points));
    let fall = moves().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let rise = moves().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    for (name, (day, points)) in [("fall", fall), ("rise", rise)] {
        assert_eq!(told[name]["day"], day.to_string(), "{name}");
        assert!((told[name]["points"].as_f64().unwrap() - points).abs() < 0.01, "{name}");
    }
    let changed = days.windows(2).rev().find(|pair| pair[0].maximum != pair[1].maximum).unwrap();
    assert_eq!(told["maximum_changes"][0]["day"], changed[1].day.to_string());
    assert_eq!(told["maximum_changes"][0]["moved"], changed[1].maximum.unwrap() - changed[0].maximum.unwrap());
    // Statuses that were set in the span, each once however often it was written.
    let set = told["status_changes"].as_array().unwrap();
    assert!(!set.is_empty() && set.iter().all(|row| row["day"].as_str().unwrap() >= "2026-08-23"), "{told}");
    // A category moves as its controls do, and adds up.
    let identity = json_of(&asked(&tenant, &json!({ "category": "identity" })));
    assert_eq!(identity["category"], "identity");
    assert!(identity["points"].as_f64() < told["points"].as_f64() && identity["percent"].as_f64() != told["percent"].as_f64());
}

#[test]
fn neither_a_fall_in_percent_nor_one_between_steps_is_hidden() {
    let tenant = facts_of("contoso", 90);
    let quarter = asked(&tenant, &json!({}));
    let told = json_of(&quarter);
    // The day that lost the most points gained by a smaller maximum; the larger one of another day cost more of the percentage.
    assert_eq!((told["fall"]["day"].as_str(), told["percent_fall"]["day"].as_str()), (Some("2026-11-19"), Some("2026-11-21")), "{told}");
    assert!(told["percent_fall"]["percent"].as_f64() < told["fall"]["percent"].as_f64(), "{told}");
    assert!(quarter.text.contains("; in percent 11-21: -0.63 pp"), "{}", quarter.text);
    // Between the steps of 31 October and 14 November.
    let mut days = tenant.history.days().to_vec();
    days.iter_mut().filter(|day| day.day == date(2026, 11, 2)).for_each(|day| day.points -= 50.0);
    let dip = asked(&TenantFacts { history: History::new(days), ..tenant }, &json!({ "days": 60 }));
    let (text, json) = (&dip.text, json_of(&dip));
    let low = json["steps"].as_array().unwrap().iter().find(|step| step.get("low").is_some()).unwrap();
    assert_eq!(low["day"], "2026-11-07", "{json}");
    assert!(text.contains(&format!("(low {:.1})", low["low"].as_f64().unwrap())) && text.matches("(low").count() == 1, "{text}");
}

#[test]
fn what_our_own_people_say_is_notable_too() {
    let mut tenant = facts_of("contoso", 90);
    let at = "2026-11-21T08:00:00Z".parse().unwrap();
    let ours = |status| Annotation { owner: None, until: None, note: None, status, at, by: "terminal".to_owned() };
    let notes = [("AdminMFAV2", Some(Status::Planned)), ("BlockLegacyAuthentication", None)];
    tenant.annotations = Annotations(notes.map(|(name, status)| (name.to_owned(), ours(status))).into());
    let told = json_of(&asked(&tenant, &json!({})));
    let newest = &told["status_changes"][0];
    assert_eq!((newest["control"].as_str(), newest["state"].as_str()), (Some("AdminMFAV2"), Some("planned")), "{told}");
    assert!(told["status_changes"][1]["day"].as_str() < Some("2026-11-21"), "a note alone is no status: {told}");
}

#[test]
fn sixty_days_are_told_in_few_tokens() {
    let text = asked(&facts_of("contoso", 90), &json!({ "days": 60 })).text;
    println!("{} tokens\n{text}", tokens(&text));
    assert!(tokens(&text) <= 200, "{}", tokens(&text));
    assert!(text.starts_with("contoso 2026-09-22 to 2026-11-21"), "{text}");
}

#[test]
fn what_cannot_be_told_is_said() {
    let tenant = facts_of("contoso", 90);
    let bad = |given: Value| {
        let (kind, sentence) = refusal(&tenant, &given);
        assert_eq!(kind, ErrorKind::BadArguments, "{sentence}");
        sentence
    };
    for days in [json!(0), json!(-3), json!(99_999), json!("soon")] {
        assert!(bad(json!({ "days": days })).starts_with("`days` is a whole number from 1 to 3660; "));
    }
    assert!(bad(json!({ "days": 7, "since": "2026-11-01" })).starts_with("`days` and `since` both say"));
    let swapped = bad(json!({ "since": "2026-11-10", "until": "2026-11-01" }));
    assert_eq!(swapped, "`until` is 2026-11-01, which is before `since`, 2026-11-10. Swap them, or leave `until` out.");
    for until in ["soon", "2026-02-30", "tomorrow"] {
        assert!(bad(json!({ "until": until })).contains("YYYY-MM-DD"), "{until}");
    }
    let swapped = bad(json!({ "since": "2026-11-20", "until": "week" }));
    assert!(swapped.starts_with("`until` is 2026-11-14, which is before `since`, 2026-11-20."), "{swapped}");
    assert!(bad(json!({ "since": "the dawn of time" })).contains("YYYY-MM-DD"));
    assert!(bad(json!({ "category": "people" })).contains("identity, data"));

    // Days of which nothing is held: before the first, after the newest, and between two that are.
    let first = tenant.history.first_held().unwrap();
    let (kind, before) = refusal(&tenant, &json!({ "since": "2020-01-01", "until": "2020-02-01" }));
    assert!(kind == ErrorKind::NotFound && before.contains(&format!("Nothing is held before {first}")), "{before}");
    let (kind, after) = refusal(&tenant, &json!({ "since": "2027-01-01" }));
    assert!(kind == ErrorKind::NotFound && after.contains("the newest day is 2026-11-21"), "{after}");
    let october = without(&tenant, |day| day.month() == 10);
    let (kind, hole) = refusal(&october, &json!({ "since": "2026-10-01", "until": "2026-10-31" }));
    assert!(kind == ErrorKind::NotFound && hole.starts_with("No day from 2026-10-01 to 2026-10-31 is held"), "{hole}");
    let long = asked(&tenant, &json!({ "since": "2020-01-01" })).text;
    assert!(long.contains(&format!("held only since {first}, asked from 2020-01-01")), "{long}");

    // A tenant without a score, with one day, without controls of a category, and without any controls that are known.
    let empty = TenantFacts { history: History::default(), ..tenant.clone() };
    assert_eq!(refusal(&empty, &json!({})).0, ErrorKind::NotReady);
    let young = asked(&without(&tenant, |day| day < TODAY), &json!({}));
    assert!(young.text.starts_with("contoso 2026-11-21: ") && !young.text.contains("as before"), "{}", young.text);
    assert!(json_of(&young).get("moved").is_none() && line(&young.card).len() <= 1);
    let none = asked(&tenant, &json!({ "category": "infrastructure" }));
    assert!(none.text.contains("not known") && none.text.contains("no infrastructure controls in this tenant"), "{}", none.text);
    assert!(json_of(&none).get("percent").is_none() && json_of(&none).get("steps").is_none(), "{}", none.text);
    let mut days = tenant.history.days().to_vec();
    for day in &mut days {
        (day.controls, day.controls_known) = (Vec::new(), false);
    }
    let silent = TenantFacts { history: History::new(days), ..tenant.clone() };
    let silent = asked(&silent, &json!({ "category": "identity" })).text;
    assert!(silent.contains("Microsoft sent none") && !silent.contains("0 %"), "{silent}");
    // Its whole score is known all the same; and a day without a maximum has no percentage.
    let mut days = tenant.history.days().to_vec();
    days.last_mut().unwrap().maximum = None;
    let unsaid = asked(&TenantFacts { history: History::new(days), ..tenant }, &json!({ "days": 5 }));
    assert!(unsaid.text.contains("maximum not known") && !json_of(&unsaid)["steps"][5].to_string().contains("percent"), "{}", unsaid.text);
}

/// Five years of a tenant with `controls` each day.
fn years(days: i64) -> Vec<Snapshot> {
    let control = |at: usize, day: i64| ControlScore {
        name: format!("Control{at:02}").into(),
        category: if at.is_multiple_of(2) { Category::Identity } else { Category::Apps },
        points: Some(f64::from(u32::try_from(day % 11).unwrap())),
        percent: Some(10.0 * f64::from(u32::try_from(day % 11).unwrap())),
        profile_maximum: Some(10.0),
        evidence: None,
    };
    let day = |back: i64| Snapshot {
        day: TODAY - back.days(),
        points: 20.0 * f64::from(u32::try_from(back % 11).unwrap()),
        maximum: Some(200.0),
        active_users: None,
        peers: Vec::new(),
        controls: (0..20).map(|at| control(at, back)).collect(),
        controls_known: true,
        enabled_services: None,
        sent_bytes: 1000,
    };
    (0..days).filter(|back| back % 100 != 50).map(day).collect()
}

#[tokio::test]
async fn years_are_told_without_the_controls_of_each_day() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let (days, now) = (years(1830), "2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap());
    let reading = Reading { entra_id: Some("aaaa".to_owned()), days: days.clone(), ..Reading::default() };
    store.save("contoso", &reading, Source::Import, now).await.unwrap();
    for by_category in [false, true] {
        let range = ScoreRange { from: DayReference::Back(1826), until: None, by_category };
        let want = LoadOptions { scores: Some(range), catalogue: Some(Depth::Whole), ..LoadOptions::default() };
        let loaded = store.load("contoso", want).await.unwrap();
        assert_eq!(loaded.history.days().len(), 2, "no controls but those of the newest two days");
        assert_eq!(loaded.history.first_held(), Some(TODAY - 1829.days()));
        let scores = loaded.history.scores(&loaded.catalogue);
        assert_eq!(scores.len(), 1827 - 18, "each day that is held");
        assert!(scores.windows(2).all(|pair| pair[0].day < pair[1].day));
        assert_eq!(scores[0].categories.is_some(), by_category);
        // The same as from whole days.
        let whole = History::new(days.clone()).scores(&loaded.catalogue);
        for (light, whole) in scores.iter().rev().zip(whole.iter().rev()).take(1000) {
            assert_eq!((light.day, light.points, light.maximum), (whole.day, whole.points, whole.maximum));
            assert!(!by_category || light.categories == whole.categories, "{}", light.day);
        }
        let args = if by_category { json!({ "days": 1826, "category": "identity" }) } else { json!({ "days": 1826 }) };
        let tenant = TenantFacts {
            name: "contoso".to_owned(),
            entra_id: None,
            history: loaded.history,
            catalogue: loaded.catalogue,
            annotations: loaded.annotations,
            service_plans: None,
            read_at: None,
            fetch_failure: None,
        };
        let told = asked(&tenant, &args);
        assert!(told.text.contains("at each quarter's end % from ") && tokens(&told.text) < 300, "{}", told.text);
        assert!(told.text.contains("no data for 18 days: "), "{}", told.text);
        assert_eq!(line(&told.card).len(), 1827 - 18);
    }
    // A window that lies in the past ends where it is asked to.
    let range = ScoreRange { from: DayReference::Back(30), until: Some(date(2024, 3, 31)), by_category: false };
    let loaded = store.load("contoso", LoadOptions { scores: Some(range), ..LoadOptions::default() }).await.unwrap();
    let scores = loaded.history.scores(&loaded.catalogue);
    assert_eq!((scores[0].day, scores.last().unwrap().day), (date(2024, 3, 1), date(2024, 3, 31)));
}
