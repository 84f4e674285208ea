//! Does what the store holds depend on the order in which files were imported, or on what came together? On neither: on what they say.

use jiff::{Timestamp, civil::date};
use proptest::{collection::vec, option, prelude::*, sample::select};
use scorewatch::{
    graph::read_saved,
    score::ControlState,
    store::{Depth, LoadOptions, LoadedTenant, Source, Store},
};
use serde_json::{Value, json};

const LIVE: Source = Source::Graph { fence: None };

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

/// What a fresh store holds after `calls`, each of files that are imported together.
async fn imported(calls: &[Vec<&Value>]) -> LoadedTenant {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    for call in calls {
        save(&store, call, Source::Import).await;
    }
    let stored = whole(&store).await;
    store.close().await;
    stored
}

async fn save(store: &Store, files: &[&Value], source: Source) -> scorewatch::store::Saved {
    let files: Vec<_> = files.iter().map(|file| ("file.json".to_owned(), file.to_string().into_bytes())).collect();
    store.save("t", &read_saved(&files).unwrap(), source, now()).await.unwrap()
}

async fn whole(store: &Store) -> LoadedTenant {
    store.load("t", LoadOptions { days_back: 4000, earlier: None, catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await.unwrap()
}

/// `files` in every order.
fn orders<'f>(files: &[&'f Value]) -> Vec<Vec<&'f Value>> {
    let Some((first, rest)) = files.split_first() else { return vec![Vec::new()] };
    orders(rest).into_iter().flat_map(|order| (0..=order.len()).map(move |at| [&order[..at], &[*first], &order[at..]].concat())).collect()
}

/// `files` in every order and every grouping into calls.
fn ways<'f>(files: &[&'f Value]) -> Vec<Vec<Vec<&'f Value>>> {
    let groupings = |order: Vec<&'f Value>| {
        (0..1_u32 << (order.len() - 1)).map(move |cuts| {
            let mut calls = vec![Vec::new()];
            for (at, file) in order.iter().enumerate() {
                if at > 0 && cuts >> (at - 1) & 1 == 1 {
                    calls.push(Vec::new());
                }
                calls.last_mut().unwrap().push(*file);
            }
            calls
        })
    };
    orders(files).into_iter().flat_map(groupings).collect()
}

/// All that is stored, but for the maximum of a day's controls: that a catalogue came together with a day is how it is known.
fn held(stored: &LoadedTenant) -> String {
    let mut days = stored.history.days().to_vec();
    days.iter_mut().flat_map(|day| &mut day.controls).for_each(|control| control.profile_maximum = None);
    format!("{days:#?}\n{:#?}\n{:#?}", stored.catalogue.profiles(), stored.catalogue.descriptions())
}

fn scored(day: u32, controls: &Value) -> Value {
    json!({"id": format!("t_2026-11-{day}"), "azureTenantId": "t", "createdDateTime": format!("2026-11-{day}T00:00:00Z"),
        "currentScore": 5, "maxScore": 20, "controlScores": controls})
}

fn scores(day: u32) -> Value {
    let control = |name: &str| {
        json!({"controlName": name, "controlCategory": "Apps", "score": 0, "scoreInPercentage": 0, "description": format!("About {name}"),
            "lastSynced": format!("2026-11-{day}T04:00:00Z"), "implementationStatus": "You have 2 of 9."})
    };
    json!({"value": [scored(day, &json!([control("A"), control("B")]))]})
}

fn profile(id: &str, title: &str, accepted: Option<&str>) -> Value {
    let updates: Vec<_> = accepted
        .map(|day| json!({"state": "Ignored", "updatedDateTime": format!("2026-11-{day}T10:00:00Z"), "updatedBy": "Ada"}))
        .into_iter()
        .collect();
    json!({"id": id, "azureTenantId": "t", "title": title, "maxScore": 10, "remediation": "Do.", "controlStateUpdates": updates})
}

fn profiles(of: &[Value], more: bool) -> Value {
    let mut page = json!({ "value": of });
    if more {
        page["@odata.nextLink"] = json!("https://graph.microsoft.com/v1.0/security/secureScoreControlProfiles?$skiptoken=1");
    }
    page
}

#[tokio::test]
async fn of_a_profile_in_several_files_the_later_state_counts_whatever_came_first_and_with_what() {
    let old = profiles(&[profile("A", "Old A", None), profile("B", "Old B", Some("03"))], false);
    let new = profiles(&[profile("A", "New A", Some("15")), profile("B", "New B", Some("03")), profile("C", "C", None)], false);
    let (today, yesterday, month) = (scores(20), scores(19), scores(1));
    for files in [vec![&old, &new, &today], vec![&old, &new, &yesterday, &month]] {
        let mut first = None;
        for calls in ways(&files) {
            let stored = imported(&calls).await;
            let a = stored.catalogue.get("A").unwrap();
            assert_eq!((&*a.title, a.state(), a.gone_since), ("New A", &ControlState::Accepted, None), "{calls:?}");
            assert!(stored.catalogue.get("C").is_some_and(|profile| profile.gone_since.is_none()));
            let held = held(&stored);
            assert_eq!(*first.get_or_insert_with(|| held.clone()), held, "{calls:?}");
        }
    }
}

#[tokio::test]
async fn of_profiles_of_one_state_the_one_that_was_modified_later_counts() {
    let modified = |title: &str, day: Option<&str>| {
        let mut profile = profile("A", title, Some("03"));
        profile["lastModifiedDateTime"] = json!(day.map(|day| format!("2026-11-{day}T10:00:00Z")));
        profiles(&[profile], false)
    };
    let (none, older, newer) = (modified("Z", None), modified("Y", Some("05")), modified("X", Some("09")));
    for calls in ways(&[&none, &older, &newer]) {
        assert_eq!(imported(&calls).await.catalogue.get("A").unwrap().title, "X", "{calls:?}");
    }
}

#[tokio::test]
async fn no_file_says_that_a_profile_is_gone() {
    let accepted = Some("01");
    let first = profiles(&[profile("A", "A", accepted), profile("Unscored", "Unscored", accepted)], true);
    let (last, scores) = (profiles(&[profile("B", "B", None)], false), scores(20));
    for calls in ways(&[&first, &last, &scores]) {
        let stored = imported(&calls).await;
        let profiles: Vec<_> = stored.catalogue.profiles().iter().map(|profile| (&*profile.name, profile.gone_since)).collect();
        assert_eq!(profiles, [("A", None), ("B", None), ("Unscored", None)], "{calls:?}");
        assert_eq!(stored.catalogue.get("Unscored").unwrap().state(), &ControlState::Accepted);
    }
}

#[tokio::test]
async fn what_graph_says_stands_above_files_that_came_before_and_after() {
    let file = profiles(&[profile("A", "From a file", Some("19")), profile("Only", "Only in a file", None)], false);
    let of_graph = profiles(&[profile("A", "From Graph", None), profile("B", "B", None)], false);
    let scores = scores(20);
    for before in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        if before {
            save(&store, &[&file], Source::Import).await;
        }
        save(&store, &[&scores, &of_graph], LIVE).await;
        if !before {
            let saved = save(&store, &[&file, &scores], Source::Import).await;
            assert_eq!((saved.profiles_new, saved.profiles_changed, saved.profiles_stayed), (1, 0, 1));
            assert!(saved.stayed()[0].contains("left 1 profile as stored, which is by Graph itself"), "{:?}", saved.stayed());
        }
        let stored = whole(&store).await;
        let told: Vec<_> = stored.catalogue.profiles().iter().map(|profile| (&*profile.title, profile.gone_since)).collect();
        assert_eq!(told, [("From Graph", None), ("B", None), ("Only in a file", Some(date(2026, 11, 20)))], "file first: {before}");
    }
}

#[tokio::test]
async fn what_a_control_is_for_is_known_whether_or_not_profiles_came_with_the_scores() {
    let (scores, profiles) = (scores(20), profiles(&[profile("A", "A", None)], false));
    for calls in ways(&[&scores, &profiles]) {
        let stored = imported(&calls).await;
        assert_eq!(stored.catalogue.description("A").unwrap().line(), "About A", "{calls:?}");
        assert_eq!(stored.catalogue.description("B").unwrap().line(), "About B", "{calls:?}");
    }
}

#[tokio::test]
async fn of_three_readings_of_a_day_the_same_counts_in_every_order_and_grouping() {
    let one = |points: f64, a: f64| {
        let mut day = scored(20, &json!([{"controlName": "A", "controlCategory": "Apps", "score": a, "scoreInPercentage": a * 10.0}]));
        day["currentScore"] = json!(points);
        json!({ "value": [day] })
    };
    let mut unlisted = scored(20, &Value::Null);
    unlisted["createdDateTime"] = json!("2026-11-20T06:00:00Z");
    unlisted["currentScore"] = json!(7);
    let (x, y, z) = (one(10.0, 1.0), one(5.0, 4.0), json!({ "value": [unlisted] }));
    for calls in ways(&[&x, &y, &z]) {
        let stored = imported(&calls).await;
        let day = stored.history.newest().unwrap();
        assert_eq!((day.points.to_string(), day.controls[0].points), ("7".to_owned(), Some(4.0)), "{calls:?}");
    }
}

#[tokio::test]
async fn entries_of_one_created_time_are_dated_by_their_ids_in_every_order_and_it_is_reported() {
    let file = |id: u32, created: u32, points: f64| {
        let mut day = scored(created, &json!([{"controlName": "A", "controlCategory": "Apps", "score": points}]));
        (day["id"], day["currentScore"]) = (json!(format!("t_2026-11-{id}")), json!(points));
        json!({ "value": [day] })
    };
    let (a, b, c) = (file(20, 20, 5.0), file(19, 20, 7.0), file(19, 19, 8.0));
    for files in orders(&[&a, &b, &c]) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let mut dated = 0;
        for file in &files {
            dated += save(&store, &[*file], Source::Import).await.dated_by_id;
        }
        let points: Vec<_> = whole(&store).await.history.days().iter().map(|day| (day.day.day(), day.points.to_string())).collect();
        assert_eq!((points, dated), (vec![(19, "7".to_owned()), (20, "5".to_owned())], 1), "{files:?}");
    }
}

/// A reading of a day, of any kind that files hold.
fn reading() -> impl Strategy<Value = Value> {
    let control = option::weighted(0.75, (select(vec![0.0, 1.0, 2.5, 5.0]), any::<bool>(), select(vec![4, 9]), any::<bool>()));
    let hour = select(vec![0, 0, 0, 6, 18]);
    (18..=20_u32, hour, select(vec![5.0, 7.0, 9.0]), option::weighted(0.7, 30..32), 0..5_u8, vec(control, 3)).prop_map(
        |(day, hour, points, maximum, kind, controls)| {
            let told = |(name, (points, said, synced, evident)): (&str, (f64, bool, u32, bool))| {
                let mut control = json!({"controlName": name, "controlCategory": "Apps", "score": points});
                if said {
                    control["scoreInPercentage"] = json!(points * 10.0);
                }
                if kind < 2 && evident {
                    control["lastSynced"] = json!(format!("2026-11-{day}T{synced:02}:00:00Z"));
                    control["description"] = json!(format!("About {name}, {synced}"));
                }
                control
            };
            let controls: Vec<Value> =
                ["A", "B", "C"].into_iter().zip(controls).filter_map(|(name, told)| Some((name, told?))).map(told).collect();
            let controls = match kind {
                4 => Value::Null,
                3 => json!([]),
                _ => json!(controls),
            };
            let mut entry = scored(day, &controls);
            entry["createdDateTime"] = json!(format!("2026-11-{day}T{hour:02}:00:00.1234567Z"));
            (entry["currentScore"], entry["maxScore"]) = (json!(points), json!(maximum));
            entry
        },
    )
}

fn catalogue() -> impl Strategy<Value = Value> {
    let one = (option::of(select(vec!["11", "12"])), select(vec!["Title", "Other title"]));
    vec(option::weighted(0.7, one), 3).prop_map(|of| {
        let told = ["A", "B", "C"].into_iter().zip(of).filter_map(|(name, told)| told.map(|(day, title)| profile(name, title, day)));
        profiles(&told.collect::<Vec<_>>(), false)
    })
}

fn files() -> impl Strategy<Value = (Vec<Value>, Vec<Value>, Vec<bool>)> {
    let scores = vec(reading(), 1..4).prop_map(|days| json!({ "value": days }));
    (vec(scores, 1..5), vec(catalogue(), 0..3)).prop_flat_map(|(scores, catalogues)| {
        let files = [scores, catalogues].concat();
        (Just(files.clone()), Just(files.clone()).prop_shuffle(), vec(any::<bool>(), files.len()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_grouping_give_the_same_store((files, shuffled, cuts) in files()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let one_by_one: Vec<Vec<&Value>> = files.iter().map(|file| vec![file]).collect();
        let mut calls = vec![Vec::new()];
        for (file, cut) in shuffled.iter().zip(cuts) {
            if cut {
                calls.push(Vec::new());
            }
            calls.last_mut().unwrap().push(file);
        }
        calls.retain(|call| !call.is_empty());
        let (expected, found) = runtime.block_on(async { (imported(&one_by_one).await, imported(&calls).await) });
        prop_assert_eq!(held(&expected), held(&found));
    }
}
