//! Is a control one control whatever its case, and a day one day in whatever order it is told? From Graph's JSON to the store.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::date};
use scorewatch::{
    graph::{
        read_saved,
        wire::{Collected, parse_profiles, parse_scores},
    },
    score::{Reading, change::diff},
    store::{Depth, LoadOptions, LoadedTenant, Source, Store},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    graph::{Fake, answer, quiet},
    program::{err, out, run},
};

const LIVE: Source = Source::Graph { fence: None };

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

/// A control with evidence of `synced`, an hour of the day.
fn rich(name: &str, points: f64, synced: u32) -> Value {
    json!({"controlName": name, "controlCategory": "Apps", "score": points, "scoreInPercentage": points * 10.0, "description": format!("About {name}"),
        "implementationStatus": format!("stands at {points}"), "lastSynced": format!("2026-11-20T{synced:02}:00:00Z")})
}

fn hollow(name: &str, points: f64) -> Value {
    json!({"controlName": name, "controlCategory": "Apps", "score": points, "scoreInPercentage": points * 10.0})
}

/// An entry made at `created`, whose id names the day `id`.
fn entry(id: &str, created: &str, controls: &[Value]) -> Value {
    let points: f64 = controls.iter().filter_map(|control| control["score"].as_f64()).sum();
    json!({"id": format!("aaaa_{id}"), "azureTenantId": "aaaa", "createdDateTime": created, "currentScore": points, "maxScore": 100, "controlScores": controls})
}

fn day(day: u32, controls: &[Value]) -> Value {
    let day = format!("2026-11-{day}");
    entry(&day, &format!("{day}T00:00:00Z"), controls)
}

fn profile(id: &str, state: Option<&str>) -> Value {
    let updates = state.map(|at| json!({"state": "Ignored", "updatedDateTime": at, "updatedBy": "Ada"}));
    json!({"id": id, "azureTenantId": "aaaa", "title": "Check links", "maxScore": 10, "controlStateUpdates": updates.into_iter().collect::<Vec<_>>()})
}

fn reading(days: &[Value], profiles: &[Value]) -> Reading {
    let mut collected = Collected::default();
    parse_scores(json!({ "value": days }).to_string().as_bytes(), &mut collected).unwrap();
    if !profiles.is_empty() {
        parse_profiles(json!({ "value": profiles }).to_string().as_bytes(), &mut collected).unwrap();
    }
    collected.into_reading()
}

/// `values` in every order.
fn orders<T: Clone>(values: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = values.split_first() else { return vec![Vec::new()] };
    let place = |order: Vec<T>| {
        (0..=order.len()).map(move |at| [&order[..at], std::slice::from_ref(first), &order[at..]].concat()).collect::<Vec<_>>()
    };
    orders(rest).into_iter().flat_map(place).collect()
}

async fn fresh() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    (directory, store)
}

async fn whole(store: &Store, tenant: &str) -> LoadedTenant {
    store
        .load(tenant, LoadOptions { days_back: 4000, earlier: None, catalogue: Some(Depth::Whole), ..LoadOptions::default() })
        .await
        .unwrap()
}

/// The points of every stored day.
async fn points(store: &Store, tenant: &str) -> Vec<(i8, f64)> {
    whole(store, tenant).await.history.days().iter().map(|day| (day.day.day(), day.points)).collect()
}

#[test]
fn one_reading_spells_a_control_as_its_newest_day_does_in_whatever_order() {
    let days = [day(18, &[hollow("MDX_links", 8.0)]), day(19, &[hollow("mdx_LINKS", 8.0)]), day(20, &[rich("mdx_Links", 8.0, 4)])];
    for days in orders(&days) {
        let reading = reading(&days, &[profile("MDX_LINKS", None)]);
        let catalogue = reading.catalogue.as_ref().unwrap();
        let names: BTreeSet<&str> = reading.days.iter().flat_map(|day| &day.controls).map(|control| &*control.name).collect();
        assert_eq!(names, BTreeSet::from(["mdx_Links"]));
        assert_eq!(catalogue.get("mdx_Links").unwrap().title, "Check links");
        assert_eq!(catalogue.description("mdx_Links").unwrap().line(), "About mdx_Links");
        let newest = reading.days.iter().max_by_key(|day| day.day).unwrap();
        assert_eq!(newest.controls[0].profile_maximum, Some(10.0));
        assert_eq!(newest.controls[0].evidence.as_ref().unwrap().status.line(), "stands at 8");
        for pair in reading.days.windows(2) {
            assert!(diff(&pair[0], &pair[1], catalogue).changes.is_empty());
        }
    }
}

#[tokio::test]
async fn a_control_keeps_its_history_its_profile_and_its_acceptance_whatever_its_case() {
    let (_directory, store) = fresh().await;
    let accepted = profile("AdminMFAV2", Some("2026-11-01T00:00:00Z"));
    store.save("t", &reading(&[day(18, &[hollow("AdminMFAV2", 5.0), hollow("b", 1.0)])], &[accepted]), LIVE, now()).await.unwrap();
    // Another case in the scores, then a third one in the catalogue, without scores.
    store.save("t", &reading(&[day(19, &[hollow("B", 1.0), hollow("adminmfav2", 5.0)])], &[]), LIVE, now()).await.unwrap();
    let shouted = [profile("ADMINMFAV2", Some("2026-11-02T00:00:00Z"))];
    store.save("t", &reading(&[day(20, &[rich("ADMINMFAV2", 5.0, 4), hollow("b", 1.0)])], &shouted), LIVE, now()).await.unwrap();
    let stored = whole(&store, "t").await;
    let names = |day: usize| stored.history.days()[day].controls.iter().map(|control| control.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names(0), names(1), names(2)), (names(0), names(0), names(0)), "one spelling, the first");
    let profiles: Vec<_> = stored.catalogue.profiles().iter().map(|profile| (&*profile.name, profile.gone_since)).collect();
    assert_eq!(profiles, [("AdminMFAV2", None)]);
    assert_eq!(stored.catalogue.get("AdminMFAV2").unwrap().effective().unwrap().at, Some("2026-11-02T00:00:00Z".parse().unwrap()));
    assert!(stored.catalogue.description("AdminMFAV2").is_some());
    for pair in stored.history.days().windows(2) {
        assert!(diff(&pair[0], &pair[1], &stored.catalogue).changes.is_empty());
    }
}

#[test]
fn of_a_control_or_profile_listed_twice_one_stays_in_whatever_order_and_it_is_reported() {
    // The one that Microsoft looked at later; else what says more and is worth less.
    let later = [rich("b", 3.0, 5), rich("B", 9.0, 4), hollow("b", 1.0), hollow("a", 2.0)];
    for controls in orders(&later) {
        let reading = reading(&[day(20, &controls)], &[]);
        let kept: Vec<_> = reading.days[0].controls.iter().map(|control| (control.name.to_lowercase(), control.points)).collect();
        assert_eq!(kept, [("a".to_owned(), Some(2.0)), ("b".to_owned(), Some(3.0))]);
        assert_eq!(reading.days[0].controls[1].evidence.as_ref().unwrap().status.line(), "stands at 3", "the status of the one that stays");
        assert_eq!(reading.left_out.controls, 2);
    }
    for controls in orders(&[hollow("b", 1.0), hollow("b", 3.0), json!({"controlName": "b"}), hollow("b", 1.0)]) {
        let reading = reading(&[day(20, &controls)], &[]);
        assert_eq!(reading.days[0].controls.iter().map(|control| control.points).collect::<Vec<_>>(), [Some(1.0)]);
    }
    let profiles = [profile("x", None), profile("X", Some("2026-11-02T00:00:00Z")), profile("x", Some("2026-11-01T00:00:00Z"))];
    for profiles in orders(&profiles) {
        let reading = reading(&[day(20, &[hollow("a", 1.0)])], &profiles);
        let catalogue = reading.catalogue.unwrap();
        assert_eq!(catalogue.profiles().len(), 1);
        assert_eq!(catalogue.profiles()[0].effective().unwrap().at, Some("2026-11-02T00:00:00Z".parse().unwrap()));
        assert_eq!((reading.left_out.profiles, reading.left_out.words().len()), (2, 1));
    }
}

#[test]
fn of_two_entries_of_a_day_the_later_stays_in_whatever_order_and_it_is_reported() {
    let at = |hour: u32, points: f64| entry("2026-11-20", &format!("2026-11-20T{hour:02}:00:00Z"), &[hollow("a", points)]);
    for days in orders(&[at(6, 3.0), at(18, 2.0), at(12, 4.0), day(19, &[hollow("a", 5.0)])]) {
        let reading = reading(&days, &[]);
        assert_eq!(reading.days.iter().map(|day| (day.day.day(), day.points)).collect::<Vec<_>>(), [(19, 5.0), (20, 2.0)]);
        assert_eq!(reading.left_out.entries, 2);
        assert!(reading.left_out.words()[0].contains("ignored 2 readings"), "{:?}", reading.left_out.words());
    }
    // By when Microsoft looked, and by what says less good; the same twice is nothing left out.
    for (one, other, stays, left_out) in [
        (day(20, &[rich("a", 3.0, 5)]), day(20, &[rich("a", 9.0, 4)]), 3.0, 1),
        (day(20, &[hollow("a", 3.0)]), day(20, &[hollow("a", 9.0)]), 3.0, 1),
        (day(20, &[rich("a", 3.0, 5)]), day(20, &[rich("a", 3.0, 5)]), 3.0, 0),
        (day(20, &[]), day(20, &[hollow("a", 3.0)]), 3.0, 1),
    ] {
        for days in orders(&[one.clone(), other.clone()]) {
            let reading = reading(&days, &[]);
            assert_eq!((reading.days.len(), reading.days[0].points, reading.left_out.entries), (1, stays, left_out), "{days:?}");
        }
    }
}

#[test]
fn a_day_read_when_it_was_no_longer_the_newest_gives_the_scores_and_keeps_the_evidence() {
    for days in orders(&[day(20, &[rich("a", 1.0, 4)]), day(20, &[hollow("a", 2.0)])]) {
        let reading = reading(&days, &[profile("a", None)]);
        let score = &reading.days[0].controls[0];
        assert_eq!((reading.days.len(), reading.days[0].points, score.points), (1, 2.0, Some(2.0)));
        assert_eq!(score.evidence.as_ref().unwrap().status.line(), "stands at 1");
        assert_eq!(reading.catalogue.unwrap().description("a").unwrap().line(), "About a");
    }
}

#[test]
fn entries_of_one_created_time_are_the_days_of_their_ids() {
    let entries = [
        entry("2026-11-19", "2026-11-19T00:00:00Z", &[hollow("a", 8.0)]),
        entry("2026-11-20", "2026-11-19T00:00:00Z", &[hollow("a", 5.0)]),
    ];
    for entries in orders(&entries) {
        let reading = reading(&entries, &[]);
        assert_eq!(
            reading.days.iter().map(|day| (day.day, day.points)).collect::<Vec<_>>(),
            [(date(2026, 11, 19), 8.0), (date(2026, 11, 20), 5.0)]
        );
        assert!(reading.left_out.words()[0].contains("dated 1 day by the id"), "{:?}", reading.left_out.words());
    }
    // Alone, createdDateTime counts: ids may be anything.
    let reading = reading(&[entry("2026-11-20", "2026-11-20T23:00:00-05:00", &[hollow("a", 5.0)])], &[]);
    assert_eq!((reading.days[0].day, reading.left_out.words()), (date(2026, 11, 21), vec![]));
}

/// What the store holds after `files` were imported one after the other, in every order.
async fn imported(files: &[Value]) -> Vec<Vec<(i8, f64)>> {
    let mut held = Vec::new();
    for files in orders(files) {
        let (_directory, store) = fresh().await;
        for file in &files {
            let saved = read_saved(&[("file.json".to_owned(), file.to_string().into_bytes())]).unwrap();
            store.save("t", &saved, Source::Import, now()).await.unwrap();
        }
        held.push(points(&store, "t").await);
        // Once more changes nothing.
        let again = read_saved(&[("file.json".to_owned(), files[0].to_string().into_bytes())]).unwrap();
        store.save("t", &again, Source::Import, now()).await.unwrap();
        assert_eq!(points(&store, "t").await, held[held.len() - 1]);
    }
    held
}

#[tokio::test]
async fn what_is_imported_in_parts_does_not_depend_on_their_order() {
    let at =
        |hour: u32, points: f64| json!({"value": [entry("2026-11-20", &format!("2026-11-20T{hour:02}:00:00Z"), &[hollow("a", points)])]});
    for held in imported(&[at(6, 3.0), at(18, 2.0), at(12, 4.0)]).await {
        assert_eq!(held, [(20, 2.0)], "the evening stays, whenever the morning comes");
    }
    // Exports of three days: what is no longer the newest is as it will stay.
    let export = |days: &[Value]| json!({ "value": days });
    let exports = [
        export(&[day(18, &[rich("a", 1.0, 4)])]),
        export(&[day(19, &[rich("a", 3.0, 4)]), day(18, &[hollow("a", 2.0)])]),
        export(&[day(19, &[hollow("a", 4.0)]), day(18, &[hollow("a", 2.0)]), day(20, &[rich("a", 5.0, 4)])]),
    ];
    for held in imported(&exports).await {
        assert_eq!(held, [(18, 2.0), (19, 4.0), (20, 5.0)]);
    }
    // One createdDateTime in two files.
    let doubled = [
        export(&[entry("2026-11-19", "2026-11-19T00:00:00Z", &[hollow("a", 8.0)])]),
        export(&[entry("2026-11-20", "2026-11-19T00:00:00Z", &[hollow("a", 5.0)])]),
        export(&[entry("2026-11-18", "2026-11-18T00:00:00Z", &[hollow("a", 7.0)])]),
    ];
    for held in imported(&doubled).await {
        assert_eq!(held, [(18, 7.0), (19, 8.0), (20, 5.0)]);
    }
}

/// What a control of the 20th has, after `files` were imported one after the other, in every order: the day's points, its own, its status.
async fn controls(files: &[Value]) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    for files in orders(files) {
        let (_directory, store) = fresh().await;
        for file in &files {
            let saved = read_saved(&[("file.json".to_owned(), file.to_string().into_bytes())]).unwrap();
            store.save("t", &saved, Source::Import, now()).await.unwrap();
        }
        let stored = whole(&store, "t").await;
        let day = &stored.history.days()[0];
        let told = |score: &scorewatch::score::ControlScore| {
            let status = score.evidence.as_ref().map(|seen| seen.status.line()).unwrap_or_default();
            format!("{} {:?} {status}", score.name, score.points)
        };
        held.insert(format!("{}: {}", day.points, day.controls.iter().map(told).collect::<Vec<_>>().join(", ")));
    }
    held
}

#[tokio::test]
async fn of_readings_that_are_equally_late_what_they_say_decides_and_not_their_order() {
    let said = |days: &[Value]| json!({ "value": days });
    let alike = [said(&[day(20, &[rich("a", 3.0, 4)])]), said(&[day(20, &[rich("a", 8.0, 4)])])];
    assert_eq!(controls(&alike).await, BTreeSet::from(["3: a Some(3.0) stands at 3".to_owned()]));
    let hollow_ones = [said(&[day(20, &[hollow("a", 3.0)])]), said(&[day(20, &[hollow("a", 8.0)])]), said(&[day(20, &[hollow("a", 5.0)])])];
    assert_eq!(controls(&hollow_ones).await, BTreeSet::from(["3: a Some(3.0) ".to_owned()]));
    // It is said which one stayed.
    let (_directory, store) = fresh().await;
    let save =
        async |points: f64| store.save("t", &reading(&[day(20, &[rich("a", points, 4)])], &[]), Source::Import, now()).await.unwrap();
    save(3.0).await;
    assert!(save(8.0).await.stayed()[0].contains("left 1 day as stored"));
}

#[tokio::test]
async fn controls_are_those_of_the_latest_reading_that_has_any_whatever_came_first() {
    let at = |hour: u32, controls: &[Value]| json!({"value": [entry("2026-11-20", &format!("2026-11-20T{hour:02}:00:00Z"), controls)]});
    let none = |hour: u32, points: f64| {
        json!({"value": [{"id": "t_2026-11-20", "azureTenantId": "aaaa", "createdDateTime": format!("2026-11-20T{hour:02}:00:00Z"),
            "currentScore": points, "maxScore": 100, "controlScores": null}]})
    };
    let (first, second) = (at(0, &[hollow("a", 3.0), hollow("b", 0.0)]), at(10, &[hollow("a", 5.0)]));
    assert_eq!(controls(&[first.clone(), second.clone(), none(20, 9.0)]).await, BTreeSet::from(["9: a Some(5.0) ".to_owned()]));
    assert_eq!(controls(&[first, second, none(20, 9.0), none(15, 8.0)]).await, BTreeSet::from(["9: a Some(5.0) ".to_owned()]));
    let same_hour = [none(20, 9.0), at(20, &[hollow("a", 5.0)]), at(6, &[hollow("a", 2.0)])];
    assert_eq!(controls(&same_hour).await, BTreeSet::from(["5: a Some(5.0) ".to_owned()]));
    // Nor does the evidence depend on it: the latest stays.
    let seen = [at(0, &[rich("a", 1.0, 4)]), at(6, &[rich("a", 2.0, 5)]), at(10, &[hollow("a", 3.0)]), none(20, 9.0)];
    assert_eq!(controls(&seen).await, BTreeSet::from(["9: a Some(3.0) stands at 2".to_owned()]));
}

#[tokio::test]
async fn of_two_catalogues_of_one_day_the_later_decision_stays_whatever_came_first() {
    let of = |id: &str, state: &str, at: &str| {
        json!({"value": [{"id": id, "azureTenantId": "aaaa", "title": "Check links", "maxScore": 10,
            "controlStateUpdates": [{"state": state, "updatedDateTime": at, "updatedBy": "Ada"}]}]})
    };
    let files = [of("Links", "Ignored", "2026-11-12T00:00:00Z"), of("LINKS", "Default", "2026-11-16T00:00:00Z")];
    for files in orders(&files) {
        let (_directory, store) = fresh().await;
        store.save("t", &reading(&[day(20, &[hollow("Links", 3.0)])], &[]), Source::Import, now()).await.unwrap();
        for file in &files {
            let saved = read_saved(&[("file.json".to_owned(), file.to_string().into_bytes())]).unwrap();
            store.save("t", &saved, Source::Import, now()).await.unwrap();
        }
        let stored = whole(&store, "t").await;
        assert_eq!(stored.catalogue.get("Links").unwrap().effective().unwrap().at, Some("2026-11-16T00:00:00Z".parse().unwrap()));
    }
}

#[tokio::test]
async fn a_list_of_graph_that_begins_with_the_oldest_day_is_read_to_its_newest() {
    // The days from the 1st on, oldest first, so many to a page; the 15th is stored as final.
    for per_page in [1, 3, 7] {
        let fake = Fake::graph(move |asked| {
            if asked.uri.path().ends_with("ControlProfiles") {
                return answer(200, &[], json!({"value": []}));
            }
            let days = (asked.nth * per_page + 1..=20).take(per_page);
            let days: Vec<Value> =
                days.map(|at| entry(&format!("2026-11-{at:02}"), &format!("2026-11-{at:02}T00:00:00Z"), &[hollow("a", 1.0)])).collect();
            let mut page = json!({ "value": days });
            if (asked.nth + 1) * per_page < 20 {
                page["@odata.nextLink"] =
                    json!(format!("http://{}/v1.0/security/secureScores?page={}", asked.headers["host"].to_str().unwrap(), asked.nth + 1));
            }
            answer(200, &[], page)
        })
        .await;
        let reading = fake.client().read(Some(date(2026, 11, 15)), &quiet).await.unwrap();
        assert_eq!(reading.days.iter().map(|day| day.day).max(), Some(date(2026, 11, 20)), "{per_page} to a page");
    }
}

#[tokio::test]
async fn a_reading_of_graph_counts_before_files_but_not_before_its_own_later_one() {
    let (_directory, store) = fresh().await;
    let at = |hour: u32, points: f64| reading(&[entry("2026-11-20", &format!("2026-11-20T{hour:02}:00:00Z"), &[hollow("a", points)])], &[]);
    store.save("t", &at(12, 3.0), LIVE, now()).await.unwrap();
    let saved = store.save("t", &at(18, 4.0), Source::Import, now()).await.unwrap();
    assert_eq!((saved.days_changed, saved.days_stayed), (0, 1), "a file overrules nothing that Graph said");
    let saved = store.save("t", &at(6, 5.0), LIVE, now()).await.unwrap();
    assert_eq!((saved.days_changed, saved.days_stayed), (0, 1), "an older state of the day, by its own word");
    assert!(saved.stayed()[0].contains("1 day"), "{saved:?}");
    assert_eq!(store.save("t", &at(12, 2.0), LIVE, now()).await.unwrap().days_changed, 1, "corrected");
    assert_eq!(points(&store, "t").await, [(20, 2.0)]);
}

#[test]
fn what_a_list_shows_can_be_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let long = |last: &str| format!("11770.MDA_{}{last}", "Ensure_that_all_of_these_are_switched_on_".repeat(3));
    let names = ["Plain".to_owned(), "with a \"space\"".to_owned(), long("One"), long("Two"), "ÜBER_Σ".to_owned()];
    let controls: Vec<Value> = names.iter().map(|name| hollow(name, 1.0)).collect();
    let before: Vec<Value> = controls.iter().cloned().chain([hollow("Gone_X", 3.0)]).collect();
    std::fs::write(home.path().join("s.json"), json!({"value": [day(20, &controls), day(19, &before)]}).to_string()).unwrap();
    assert!(run(home.path(), &["import", "--tenant", "t", "s.json"]).status.success());
    let ask = |args: &[&str]| -> Value {
        let asked = run(home.path(), &[&["ask"], args, &["--json"]].concat());
        serde_json::from_str(&out(&asked)).unwrap_or_else(|_| panic!("{args:?}: {}", err(&asked)))
    };
    let (weak, changes) = (ask(&["weakest_controls"]), ask(&["score_changes"]));
    let rows = weak["controls"].as_array().unwrap().iter().chain(changes["changes"].as_array().unwrap());
    let shown: BTreeSet<&str> = rows.map(|row| row["control"].as_str().unwrap()).collect();
    assert!(shown.len() >= 5 && shown.contains("Gone_X"), "{shown:?}");
    for name in shown {
        let typed = [name.to_owned(), name.to_lowercase(), format!(" {name} ")];
        // Two long names that are cut alike are for the reader to tell apart.
        for typed in typed.iter().filter(|typed| !typed.contains('…')) {
            assert_eq!(ask(&["control", "--name", typed])["control"], json!(name), "{typed}");
        }
    }
    assert!(ask(&["control", "--name", "gone_x"])["notes"].to_string().contains("no longer scored"));
}
