//! Does the store keep what it promises? Round trips, rules of saving, several processes, small files.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, ToSpan, civil::Date, civil::date};
use scorewatch::{
    error::ErrorKind,
    score::{
        Catalogue, Category, ControlScore, ControlState, Description, Evidence, Level, Peer, PeerCategories, PeerPoints, Profile, Reading,
        Snapshot, StateUpdate,
    },
    store::{AuditEntry, DayReference, Depth, KnownKey, LoadOptions, Source, Store},
    text::{Span, Spans},
};
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

const LIVE: Source = Source::Graph { fence: None };

async fn fresh() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    (directory, store)
}

fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

fn everything() -> LoadOptions {
    LoadOptions { days_back: 4000, earlier: None, catalogue: Some(Depth::Whole), ..LoadOptions::default() }
}

/// A day of two controls; `seen` is the evidence, absent on a hollow day.
fn snapshot(day: Date, points: f64, seen: Option<u32>) -> Snapshot {
    let control = |name: &str, points: f64| ControlScore {
        name: name.into(),
        category: Category::Identity,
        points: Some(points),
        percent: Some(points * 10.0),
        profile_maximum: seen.map(|_| 10.0),
        evidence: seen.map(|seen| {
            Box::new(Evidence {
                status: Spans::plain(&format!("{seen} of 40 users are covered")),
                count: Some(seen),
                total: Some(40),
                on: Some(true),
                synced: Some(now()),
            })
        }),
    };
    let categories = PeerCategories { identity: PeerPoints::new(41.21, 61.88), ..PeerCategories::default() };
    Snapshot {
        day,
        points,
        maximum: Some(20.0),
        active_users: Some(40),
        peers: vec![Peer { basis: "AllTenants".to_owned(), percent: 47.25, seats: None, categories }],
        controls: vec![control("AdminMFA", points - 1.0), control("LegacyAuth", 1.0)],
        controls_known: true,
        enabled_services: None,
        sent_bytes: 1000,
    }
}

fn profile(name: &str, title: &str) -> Profile {
    Profile {
        name: name.into(),
        title: title.to_owned(),
        category: Category::Identity,
        service: Some("AzureAD".to_owned()),
        maximum: Some(10.0),
        tier: Some("Core".to_owned()),
        rank: Some(3),
        cost: Level::Low,
        impact: Level::Moderate,
        threats: vec!["Account breach".to_owned()],
        action_url: Some("https://example.com/fix".to_owned()),
        remediation: Spans(vec![Span::Item, Span::Text("Switch it on.".to_owned())]),
        remediation_impact: Spans::plain("Nobody notices."),
        deprecated: false,
        updates: vec![StateUpdate {
            state: ControlState::Accepted,
            at: Some(now()),
            by: Some("Ada".to_owned()),
            assigned_to: None,
            comment: Some("until spring".to_owned()),
        }],
        modified: None,
        gone_since: None,
    }
}

fn catalogue(names: &[&str]) -> Catalogue {
    let description = || Description { day: date(2026, 11, 20), words: Spans::plain("What it is for.") };
    let descriptions: BTreeMap<Arc<str>, Description> = names.iter().map(|name| (Arc::from(*name), description())).collect();
    Catalogue::new(names.iter().map(|name| profile(name, &format!("Title of {name}"))).collect(), descriptions, 5000)
}

fn reading(days: Vec<Snapshot>) -> Reading {
    Reading { entra_id: Some("aaaa".to_owned()), days, ..Reading::default() }
}

#[tokio::test]
async fn what_was_saved_comes_back() {
    let (directory, store) = fresh().await;
    let days = vec![snapshot(date(2026, 11, 19), 8.0, None), snapshot(date(2026, 11, 20), 9.5, Some(12))];
    let saved = Reading { catalogue: Some(catalogue(&["AdminMFA", "LegacyAuth"])), ..reading(days.clone()) };
    let outcome = store.save("contoso", &saved, LIVE, now()).await.unwrap();
    assert_eq!((outcome.days_new, outcome.days_changed, outcome.version), (2, 0, 1));
    store.close().await;

    let store = Store::open_existing(&directory.path().join("scorewatch.db")).await.unwrap();
    let stored = store.load("contoso", everything()).await.unwrap();
    assert_eq!(stored.history.days(), days);
    assert_eq!(Some(&stored.catalogue), saved.catalogue.as_ref());
    assert_eq!(stored.tenant.entra_id.as_deref(), Some("aaaa"));
    assert_eq!(stored.tenant.read_at, Some(now()));
    // One name in memory, however many days.
    let names: Vec<_> = stored.history.days().iter().map(|day| &day.controls[0].name).collect();
    assert!(Arc::ptr_eq(names[0], names[1]));
}

#[tokio::test]
async fn a_hollow_day_takes_no_evidence_away() {
    let (_directory, store) = fresh().await;
    let day = date(2026, 11, 20);
    let rich = snapshot(day, 9.0, Some(12));
    store.save("contoso", &reading(vec![rich.clone()]), LIVE, now()).await.unwrap();
    let hollow = Snapshot { active_users: None, peers: vec![], maximum: None, sent_bytes: 10, ..snapshot(day, 7.0, None) };
    let outcome = store.save("contoso", &reading(vec![hollow.clone()]), LIVE, now()).await.unwrap();
    assert_eq!((outcome.days_new, outcome.days_changed, outcome.version), (0, 1, 2));

    let stored = store.load("contoso", everything()).await.unwrap();
    let kept = stored.history.newest().unwrap();
    assert_eq!((kept.points, kept.controls[0].points), (7.0, Some(6.0)));
    assert_eq!((kept.maximum, kept.active_users, kept.sent_bytes), (Some(20.0), Some(40), 1000));
    assert_eq!(kept.peers, rich.peers);
    assert_eq!(kept.controls[0].evidence, rich.controls[0].evidence);
    assert_eq!(kept.controls[0].profile_maximum, Some(10.0));
    // The same hollow day again says nothing new.
    assert_eq!(store.save("contoso", &reading(vec![hollow]), LIVE, now()).await.unwrap().version, 2);
}

#[tokio::test]
async fn the_same_again_is_read_again_but_changes_nothing() {
    let (_directory, store) = fresh().await;
    let same = Reading { catalogue: Some(catalogue(&["AdminMFA"])), ..reading(vec![snapshot(date(2026, 11, 20), 9.0, Some(12))]) };
    store.save("contoso", &same, LIVE, now()).await.unwrap();
    let changes = store.changes().await.unwrap();
    let later = now() + 1.hour();
    let outcome = store.save("contoso", &same, LIVE, later).await.unwrap();
    assert_eq!((outcome.days_new, outcome.days_changed, outcome.version), (0, 0, 1));
    // A running server must notice that it was read.
    assert!(store.changes().await.unwrap() > changes);
    assert_eq!(store.index().await.unwrap().tenants["contoso"].read_at, Some(later));

    let corrected = snapshot(date(2026, 11, 20), 9.0, Some(13));
    let outcome = store.save("contoso", &reading(vec![corrected.clone()]), LIVE, later).await.unwrap();
    assert_eq!((outcome.days_changed, outcome.version), (1, 2));
    assert_eq!(store.load("contoso", everything()).await.unwrap().history.newest(), Some(&corrected));
}

#[tokio::test]
async fn only_a_live_reading_makes_days_final() {
    let (_directory, store) = fresh().await;
    let days: Vec<Snapshot> = (18..=20).map(|day| snapshot(date(2026, 11, day), 9.0, None)).collect();
    store.save("contoso", &reading(days.clone()), Source::Import, now()).await.unwrap();
    assert_eq!(store.final_day("contoso").await.unwrap(), None);
    // The same content, now from Graph.
    store.save("contoso", &reading(days), LIVE, now()).await.unwrap();
    assert_eq!(store.final_day("contoso").await.unwrap(), Some(date(2026, 11, 19)));

    // A file adds what is missing to a final day; the points stay Graph's.
    let old_file = reading(vec![snapshot(date(2026, 11, 18), 5.0, Some(3))]);
    store.save("contoso", &old_file, Source::Import, now()).await.unwrap();
    let stored = store.load("contoso", everything()).await.unwrap();
    let oldest = &stored.history.days()[0];
    assert_eq!(oldest.controls[0].points, Some(8.0));
    assert_eq!(oldest.controls[0].evidence.as_ref().unwrap().count, Some(3));
    assert_eq!(store.final_day("contoso").await.unwrap(), Some(date(2026, 11, 19)));
}

#[tokio::test]
async fn a_file_overrules_nothing_that_graph_said_and_is_no_reading() {
    let (_directory, store) = fresh().await;
    store.save("contoso", &reading(vec![snapshot(date(2026, 11, 20), 9.0, Some(12))]), LIVE, now()).await.unwrap();
    let file = reading(vec![snapshot(date(2026, 11, 20), 5.0, None), snapshot(date(2026, 11, 19), 5.0, None)]);
    store.save("contoso", &file, Source::Import, now() + 1.hour()).await.unwrap();
    let stored = store.load("contoso", everything()).await.unwrap();
    let points: Vec<f64> = stored.history.days().iter().map(|day| day.points).collect();
    assert_eq!(points, [5.0, 9.0], "the missing day is added, the newest stays Graph's");
    assert_eq!(stored.tenant.read_at, Some(now()));
    let other = Reading { entra_id: None, ..reading(vec![snapshot(date(2026, 11, 20), 9.0, None)]) };
    store.save("imported", &other, Source::Import, now()).await.unwrap();
    assert_eq!(store.read_at("imported").await.unwrap(), None);
    // A newer day from a file is not what was read.
    store.save("contoso", &reading(vec![snapshot(date(2026, 11, 21), 5.0, None)]), Source::Import, now() + 1.hour()).await.unwrap();
    assert_eq!(store.load("contoso", everything()).await.unwrap().tenant.read_at, None);
}

#[tokio::test]
async fn a_file_of_profiles_takes_nothing_from_what_graph_said() {
    let (_directory, store) = fresh().await;
    let live = Reading { catalogue: Some(catalogue(&["AdminMFA"])), ..reading(vec![snapshot(date(2026, 11, 20), 9.0, None)]) };
    store.save("contoso", &live, LIVE, now()).await.unwrap();
    let mut stale = profile("AdminMFA", "An old title");
    stale.updates.clear();
    let file = Catalogue::new(vec![stale, profile("Unknown", "Only in the file")], BTreeMap::new(), 1);
    store.save("contoso", &Reading { catalogue: Some(file), ..Reading::default() }, Source::Import, now() + 1.hour()).await.unwrap();
    let after = store.load("contoso", everything()).await.unwrap().catalogue;
    assert_eq!(after.get("AdminMFA").unwrap().updates.len(), 1);
    assert_eq!(after.get("AdminMFA").unwrap().title, "Title of AdminMFA");
    assert_eq!(after.get("Unknown").unwrap().title, "Only in the file");
}

#[tokio::test]
async fn a_profile_that_graph_dropped_says_since_when() {
    let (_directory, store) = fresh().await;
    let with =
        |names: &[&str], day: i8| Reading { catalogue: Some(catalogue(names)), ..reading(vec![snapshot(date(2026, 11, day), 9.0, None)]) };
    store.save("contoso", &with(&["AdminMFA", "Dropped"], 19), LIVE, now()).await.unwrap();
    store.save("contoso", &with(&["AdminMFA"], 20), LIVE, now()).await.unwrap();
    let catalogue = store.load("contoso", everything()).await.unwrap().catalogue;
    assert_eq!(catalogue.get("Dropped").unwrap().gone_since, Some(date(2026, 11, 19)));
    assert_eq!(catalogue.get("AdminMFA").unwrap().gone_since, None);
    let bare = store.load("contoso", LoadOptions { catalogue: Some(Depth::Bare), ..LoadOptions::default() }).await.unwrap().catalogue;
    assert_eq!(bare.get("AdminMFA").unwrap().updates, catalogue.get("AdminMFA").unwrap().updates);
    assert_eq!(bare.get("AdminMFA").unwrap().title, "AdminMFA");
}

#[tokio::test]
async fn a_name_is_bound_to_one_entra_tenant() {
    let (_directory, store) = fresh().await;
    let anonymous = Reading { entra_id: None, ..reading(vec![snapshot(date(2026, 11, 18), 9.0, None)]) };
    store.save("contoso", &anonymous, Source::Import, now()).await.unwrap();
    assert_eq!(store.index().await.unwrap().tenants["contoso"].entra_id, None);
    store.save("contoso", &reading(vec![]), LIVE, now()).await.unwrap();

    let before = store.index().await.unwrap();
    let other = Reading { entra_id: Some("BBBB".to_owned()), ..reading(vec![snapshot(date(2026, 11, 19), 1.0, None)]) };
    let error = store.save("contoso", &other, Source::Import, now()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert!(error.sentence.contains("aaaa") && error.sentence.contains("bbbb"), "{error}");
    assert_eq!(store.index().await.unwrap(), before);
    // Without saying whose it is, or in other letters, it is welcome.
    store.save("contoso", &anonymous, Source::Import, now()).await.unwrap();
    let shouted = Reading { entra_id: Some("AAAA".to_owned()), ..reading(vec![]) };
    store.save("contoso", &shouted, LIVE, now()).await.unwrap();
}

#[tokio::test]
async fn a_vanished_profile_keeps_its_title() {
    let (_directory, store) = fresh().await;
    let save = async |day, names: &[&str], source| {
        let reading = Reading { catalogue: Some(catalogue(names)), ..reading(vec![snapshot(date(2026, 11, day), 9.0, Some(1))]) };
        store.save("contoso", &reading, source, now()).await.unwrap();
        store.load("contoso", everything()).await.unwrap().catalogue
    };
    save(18, &["AdminMFA", "LegacyAuth"], LIVE).await;
    let after = save(20, &["AdminMFA"], LIVE).await;
    assert_eq!(after.get("LegacyAuth").unwrap().title, "Title of LegacyAuth");
    assert!(after.description("LegacyAuth").is_some());

    // An older file knows a control more, but does not bring back older words.
    let old = Catalogue::new(vec![profile("AdminMFA", "An old title"), profile("Gone", "Long gone")], BTreeMap::new(), 1);
    let old_reading = Reading { catalogue: Some(old), ..reading(vec![snapshot(date(2026, 11, 1), 9.0, None)]) };
    store.save("contoso", &old_reading, Source::Import, now()).await.unwrap();
    let after = store.load("contoso", everything()).await.unwrap().catalogue;
    assert_eq!(after.get("AdminMFA").unwrap().title, "Title of AdminMFA");
    assert_eq!(after.get("Gone").unwrap().title, "Long gone");
    assert_eq!(after.sent_bytes, 5000);
}

#[tokio::test]
async fn a_window_holds_what_was_wanted_and_at_least_two_days() {
    let (_directory, store) = fresh().await;
    let days = [1, 5, 12, 20].map(|day| snapshot(date(2026, 11, day), 9.0, None)).to_vec();
    store.save("contoso", &reading(days), LIVE, now()).await.unwrap();
    let loaded = async |days_back, since: Option<Date>| {
        let stored = store
            .load("contoso", LoadOptions { days_back, earlier: since.map(DayReference::Day), ..LoadOptions::default() })
            .await
            .unwrap();
        stored.history.days().iter().map(|snapshot| snapshot.day.day()).collect::<Vec<_>>()
    };
    assert_eq!(loaded(0, None).await, [12, 20]);
    assert_eq!(loaded(15, None).await, [5, 12, 20]);
    assert_eq!(loaded(u32::MAX, None).await, [1, 5, 12, 20]);
    // The day that stood for it.
    assert_eq!(loaded(0, Some(date(2026, 11, 7))).await, [5, 12, 20]);
    // Alone, without the days between, which are known all the same; the oldest where none is old enough.
    assert_eq!(loaded(0, Some(date(2025, 1, 1))).await, [1, 12, 20]);
    let stored = store.load("contoso", LoadOptions { earlier: Some(DayReference::Back(19)), ..LoadOptions::default() }).await.unwrap();
    assert!(!stored.history.missing(date(2026, 11, 1), date(2026, 11, 12)).contains(&date(2026, 11, 5)));

    assert_eq!(store.load("nobody", LoadOptions::default()).await.unwrap_err().kind, ErrorKind::NotFound);
    store.ensure_tenant("empty").await.unwrap();
    assert_eq!(store.load("empty", everything()).await.unwrap().history.newest(), None);
}

#[tokio::test]
async fn a_save_that_is_dropped_midway_is_whole_or_nothing() {
    let (_directory, store) = fresh().await;
    let names: Vec<String> = (0..50).map(|number| format!("Control{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let whole = Reading { catalogue: Some(catalogue(&names)), ..reading(vec![snapshot(date(2026, 11, 20), 9.0, Some(1))]) };
    let mut interrupted = 0;
    for attempt in 0_u64..30 {
        let tenant = format!("tenant-{attempt}");
        let saving = store.save(&tenant, &whole, LIVE, now());
        interrupted += u32::from(tokio::time::timeout(Duration::from_micros(attempt * 300), saving).await.is_err());
    }
    assert!(interrupted > 0);
    store.save("last", &whole, LIVE, now()).await.unwrap();
    for (name, tenant) in store.index().await.unwrap().tenants {
        assert!(tenant.version > 0 && tenant.days == 1, "{name}: {tenant:?}");
        assert_eq!(store.load(&name, everything()).await.unwrap().catalogue.profiles().len(), 50);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_starters_at_once_share_a_new_file() {
    let directory = tempfile::tempdir().unwrap();
    let path: Arc<Path> = directory.path().join("scorewatch.db").into();
    let starters: Vec<_> = (0..8)
        .map(|starter| {
            let path = Arc::clone(&path);
            tokio::spawn(async move {
                let store = Store::open(&path).await?;
                store.ensure_tenant(&format!("tenant-{starter}")).await?;
                store.ensure_tenant("shared").await
            })
        })
        .collect();
    for starter in starters {
        starter.await.unwrap().unwrap();
    }
    assert_eq!(Store::open(&path).await.unwrap().index().await.unwrap().tenants.len(), 9);
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let (directory, server) = fresh().await;
    let command = Store::open_existing(&directory.path().join("scorewatch.db")).await.unwrap();
    let seen = server.index().await.unwrap();
    command.save("contoso", &reading(vec![snapshot(date(2026, 11, 20), 9.0, None)]), Source::Import, now()).await.unwrap();
    assert!(server.changes().await.unwrap() > seen.changes);
    let known = server.index().await.unwrap();
    assert_eq!((known.tenants["contoso"].newest_day, known.tenants["contoso"].days), (Some(date(2026, 11, 20)), 1));
    server.save("contoso", &reading(vec![snapshot(date(2026, 11, 20), 8.0, None)]), LIVE, now()).await.unwrap();
    assert_eq!(command.load("contoso", LoadOptions::default()).await.unwrap().history.newest().map(|day| day.points), Some(8.0));
}

#[tokio::test]
async fn a_lease_that_ran_out_writes_nothing() {
    let (_directory, store) = fresh().await;
    let minute = Duration::from_mins(1);
    let first = store.lease_take("refresh", "one", minute, now()).await.unwrap().unwrap();
    assert_eq!(store.lease_take("refresh", "two", minute, now()).await.unwrap(), None);
    let renewed = store.lease_take("refresh", "one", minute, now() + 30.seconds()).await.unwrap();
    assert_eq!(renewed.as_ref(), Some(&first));

    let fenced = |fence| Source::Graph { fence: Some(fence) };
    let brought = reading(vec![snapshot(date(2026, 11, 20), 9.0, None)]);
    store.save("contoso", &brought, fenced(first.clone()), now()).await.unwrap();
    // It ran out, and nobody else took it.
    assert!(store.save("contoso", &brought, fenced(first.clone()), now() + 5.minutes()).await.is_err());
    // Another took it; even a clock that stood still lets the first write no more.
    let second = store.lease_take("refresh", "two", minute, now() + 5.minutes()).await.unwrap().unwrap();
    assert!(second.number > first.number);
    let newer = reading(vec![snapshot(date(2026, 11, 20), 1.0, None)]);
    store.save("contoso", &newer, fenced(first.clone()), now()).await.unwrap_err();
    assert_eq!(store.load("contoso", LoadOptions::default()).await.unwrap().history.newest().map(|day| day.points), Some(9.0));

    // Only its holder gives it back.
    store.lease_release(&first).await.unwrap();
    assert_eq!(store.lease_take("refresh", "three", minute, now() + 5.minutes()).await.unwrap(), None);
    store.lease_release(&second).await.unwrap();
    let third = store.lease_take("refresh", "three", minute, now() + 5.minutes()).await.unwrap().unwrap();
    assert!(third.number > second.number);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_who_want_a_lease_one_gets_it() {
    let (directory, _store) = fresh().await;
    let path: Arc<Path> = directory.path().join("scorewatch.db").into();
    let racers: Vec<_> = (0..8)
        .map(|racer| {
            let path = Arc::clone(&path);
            tokio::spawn(async move {
                let store = Store::open(&path).await.unwrap();
                store.lease_take("refresh", &format!("racer-{racer}"), Duration::from_mins(1), now()).await.unwrap()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap().is_some());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn keys_are_listed_and_end() {
    let (_directory, store) = fresh().await;
    let key = |id: &str, byte: u8, tenants: Option<Vec<String>>| KnownKey {
        id: id.to_owned(),
        name: "night shift".to_owned(),
        sha256: [byte; 32],
        role: "reader".to_owned(),
        tenants,
        created: now(),
        expires: Some(now() + 24.hours()),
        revoked: None,
    };
    let keys = [key("k1", 1, None), key("k2", 2, Some(vec!["contoso".to_owned(), "fabrikam".to_owned()])), key("k3", 3, Some(vec![]))];
    let entry = |what: &str, id: &str| AuditEntry {
        at: now(),
        asker: "terminal".to_owned(),
        what: what.to_owned(),
        tenant: None,
        subject: id.to_owned(),
        detail: "{}".to_owned(),
    };
    for key in &keys {
        store.key_add(key, &entry("key.new", &key.id)).await.unwrap();
    }
    assert_eq!(store.key_list().await.unwrap(), keys);
    assert_eq!(store.key_add(&key("k1", 9, None), &entry("key.new", "twice")).await.unwrap_err().kind, ErrorKind::BadArguments);

    let before = store.changes().await.unwrap();
    let revoked = entry("key.revoke", "k2");
    store.key_revoke("k2", now(), &revoked).await.unwrap();
    assert!(store.changes().await.unwrap() > before);
    store.key_revoke("k2", now() + 1.hour(), &revoked).await.unwrap();
    assert_eq!(store.index().await.unwrap().keys[1].revoked, Some(now()));
    assert_eq!(store.key_revoke("k9", now(), &entry("key.revoke", "k9")).await.unwrap_err().kind, ErrorKind::NotFound);
    // What was not done is not in the log: neither a second key of one id, nor the second end of a key, nor that of none.
    let told = store.audit(99, None).await.unwrap();
    let told: Vec<_> = told.iter().map(|entry| format!("{} {}", entry.what, entry.subject)).collect();
    assert_eq!(told, ["key.revoke k2", "key.new k3", "key.new k2", "key.new k1"]);
}

#[tokio::test]
async fn a_place_where_no_store_can_be_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let refused = async |name: &str| {
        let error = Store::open(&at(name)).await.unwrap_err();
        assert!(!error.sentence.contains(directory.path().to_str().unwrap()), "{error}");
        (error.kind, error.sentence)
    };
    assert_eq!(Store::open_existing(&at("none.db")).await.unwrap_err().kind, ErrorKind::NotReady);
    assert!(!at("none.db").exists());
    let (kind, sentence) = refused("missing/scorewatch.db").await;
    assert!(kind == ErrorKind::Misconfigured && sentence.contains("directory"), "{sentence}");
    let (kind, sentence) = refused("").await;
    assert!(kind == ErrorKind::Misconfigured && sentence.contains("is a directory"), "{sentence}");

    let text = "This is a letter, not a database. ".repeat(100);
    std::fs::write(at("letter.txt"), &text).unwrap();
    let (kind, sentence) = refused("letter.txt").await;
    assert!(kind == ErrorKind::Misconfigured && sentence.contains("not a scorewatch database"), "{sentence}");
    assert_eq!(std::fs::read_to_string(at("letter.txt")).unwrap(), text);
}

#[tokio::test]
async fn a_catalogue_that_another_library_packed_is_the_same_catalogue() {
    let (directory, store) = fresh().await;
    let mut often = profile("AdminMFA", "Admins");
    often.updates = vec![often.updates[0].clone(); 20];
    let catalogue = Catalogue::new(vec![often], BTreeMap::new(), 5000);
    let saved = Reading { catalogue: Some(catalogue), ..reading(vec![snapshot(date(2026, 11, 20), 9.5, Some(12))]) };
    store.save("contoso", &saved, LIVE, now()).await.unwrap();
    let options = SqliteConnectOptions::new().filename(directory.path().join("scorewatch.db"));
    let mut connection = options.connect().await.unwrap();
    for row in sqlx::query("SELECT control, own FROM profiles").fetch_all(&mut connection).await.unwrap() {
        let (control, own): (String, Vec<u8>) = (row.get(0), row.get(1));
        let mut plain = Vec::new();
        flate2::bufread::DeflateDecoder::new(&own[1..]).read_to_end(&mut plain).unwrap();
        let mut packed = flate2::write::DeflateEncoder::new(own[..1].to_vec(), flate2::Compression::none());
        packed.write_all(&plain).unwrap();
        let packed = packed.finish().unwrap();
        assert_ne!(packed, own);
        sqlx::query("UPDATE profiles SET own = $2 WHERE control = $1").bind(control).bind(packed).execute(&mut connection).await.unwrap();
    }
    let again = store.save("contoso", &saved, LIVE, now()).await.unwrap();
    assert_eq!((again.days_changed, again.version), (0, 1), "no answer is made anew");
    assert_eq!(Some(store.load("contoso", everything()).await.unwrap().catalogue), saved.catalogue);
}
