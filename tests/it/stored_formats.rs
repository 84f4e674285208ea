//! Does this program read what version 1 of the store holds, go on from it, and refuse what a newer version would have written?
//!
//! `fixtures/store-v1.db` was made by the program itself: `UPDATE_FIXTURE=1` with the test `a_store_of_version_1_is_answered_from` makes it anew. That is
//! right until 0.1.0 is released; from then on it stays as it is, and each release that changes a form adds a store of its own.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::date};
use scorewatch::{
    access::{Asker, Role, Tenants},
    ask::{AnswerForm, Ask, Body, Question, RawArgs, SavedQuestion},
    delivery::PostKind,
    digest::{Digest, When},
    error::{Error, ErrorKind, Result},
    score::Reading,
    skills::Entry,
    store::{AuditEntry, Depth, LoadOptions, Source, Store},
};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{alerts, digest_year};

const MFA: &str = "AdminMFAV2";
/// Whether the fixture was made anew, once for all tests.
static MADE: OnceCell<()> = OnceCell::const_new();
/// What the fixture may take in the repository.
const BYTES_MAX: u64 = 400_000;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/store-v1.db")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The digest that the fixture knows of.
fn morning() -> Digest {
    Digest {
        tenants: Tenants::Only(["contoso".to_owned()].into()),
        ..digest_year::digest("morning", When::read("daily", None, "08:00", "UTC").unwrap())
    }
}

async fn desk(path: &Path, now: &str) -> digest_year::Desk {
    digest_year::set(at(now));
    let soc = BTreeMap::from([("soc".to_owned(), digest_year::place(Role::Analyst, Tenants::All))]);
    digest_year::Desk::open(path, vec![morning()], soc).await
}

fn quick_wins() -> SavedQuestion {
    let args = vec![("limit".to_owned(), "5".to_owned())];
    SavedQuestion { skill: Entry::named("weakest_controls").unwrap(), tenant: Some("contoso".to_owned()), args }
}

/// Makes the fixture: twenty days of contoso, a digest that arrived, an alert that waits, a question to go on with, a digest made in a chat.
async fn make(to: &Path) {
    let mut world = alerts::World::new(vec![alerts::slips()]).await;
    let path = world.home.path().join("scorewatch.db");
    let mut desk = desk(&path, "2026-11-22T07:00:00Z").await;
    desk.digests.round().await.unwrap();
    digest_year::set(at("2026-11-22T08:00:00Z"));
    desk.digests.round().await.unwrap();
    assert!(!desk.arrive().await.is_empty());
    let told = world.next_day(|day| alerts::set(day, MFA, 0.0)).await;
    assert!(alerts::titles(&told).iter().any(|title| title.contains("slipped")), "{:?}", alerts::titles(&told));
    desk.doors.ask.save(&[quick_wins()]).await.unwrap();
    let entry = AuditEntry {
        at: at("2026-11-22T09:00:00Z"),
        asker: "discord:7".to_owned(),
        what: "digest.add".to_owned(),
        tenant: None,
        subject: "hers".to_owned(),
        detail: r#"{"to":"soc"}"#.to_owned(),
    };
    let hers = Digest { name: String::new(), ..morning() }.write().unwrap();
    world.store.digest_define("hers", (&hers, "daily"), (9, 9), &entry).await.unwrap();
    world.store.close().await;
    desk.store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for query in [
        "UPDATE _sqlx_migrations SET installed_on = '2026-11-22 08:00:00', execution_time = 0",
        "DELETE FROM heartbeats",
        "DELETE FROM leases",
        // A few profiles show their form as well as all of them.
        "DELETE FROM descriptions WHERE control > 'B'",
        "DELETE FROM profiles WHERE control > 'B'",
        "DELETE FROM texts WHERE hash NOT IN (SELECT text_hash FROM profiles UNION SELECT text_hash FROM descriptions)",
    ] {
        sqlx::query(query).execute(&mut connection).await.unwrap();
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    drop(fs::remove_file(to));
    sqlx::query("VACUUM INTO $1").bind(to.to_str().unwrap()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A copy of the fixture, to be written to.
async fn copy() -> (TempDir, PathBuf) {
    if env::var_os("UPDATE_FIXTURE").is_some() {
        MADE.get_or_init(async || make(&fixture()).await).await;
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.db");
    fs::copy(fixture(), &path).unwrap();
    (home, path)
}

async fn says(ask: &Ask, skill: &str) -> Result<String> {
    let skill = Entry::named(skill).unwrap();
    let question = Question { skill, tenant: Some("contoso"), args: RawArgs::Pairs(&[]), form: AnswerForm::Text, surface: "other" };
    match ask.ask(&Asker::local(), &question).await?.body {
        Body::Bytes(bytes) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        Body::Card(_) => panic!("asked for text"),
    }
}

#[tokio::test]
async fn a_store_of_version_1_is_answered_from() {
    let (_home, path) = copy().await;
    assert!(fs::metadata(fixture()).unwrap().len() < BYTES_MAX);
    let mut desk = desk(&path, "2026-11-23T08:00:00Z").await;
    let score = says(&desk.doors.ask, "secure_score").await.unwrap();
    assert!(score.contains("2026-11-22"), "{score}");
    let changes = says(&desk.doors.ask, "score_changes").await.unwrap();
    assert!(changes.contains(MFA), "{changes}");
    let risks = says(&desk.doors.ask, "accepted_risks").await.unwrap();
    assert!(risks.contains("accepted"), "{risks}");
    let whole =
        desk.store.load("contoso", LoadOptions { days_back: 400, catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await.unwrap();
    assert_eq!(whole.history.newest().map(|day| day.day), Some(date(2026, 11, 22)));
    assert!(whole.history.days().len() == 21 && whole.catalogue.profiles().iter().any(|profile| profile.title != *profile.name));

    let id = desk.doors.ask.save(&[quick_wins()]).await.unwrap().remove(0);
    assert_eq!(desk.doors.ask.saved(&id).await.unwrap().skill.name, "weakest_controls");
    let digests = desk.doors.posting.all_digests().await.unwrap();
    assert_eq!(digests.iter().map(|digest| digest.name.as_str()).collect::<Vec<_>>(), ["morning", "hers"]);
    assert_eq!(desk.store.audit(9, None).await.unwrap()[0].detail, r#"{"to":"soc"}"#);

    // The alert that waits arrives, and the digest begins where the last one ended.
    let alert = desk.arrive().await;
    assert!(alert.len() == 1 && alert[0].contains("points"), "{alert:?}");
    desk.digests.round().await.unwrap();
    let digest = desk.arrive().await;
    assert!(digest.len() == 1 && digest[0].contains("since Saturday"), "{digest:?}");
}

#[tokio::test]
async fn an_alert_of_version_1_goes_on() {
    let (_home, path) = copy().await;
    let mut world = alerts::World::new(vec![alerts::slips()]).await;
    let was = alerts::points(&world.reading.days[0], MFA);
    world.store = Store::open(&path).await.unwrap();
    (world.doors, world.alerts) = alerts::worker(&world.store, &world.rules, Role::Analyst, "of another version").await;
    // What the fixture holds, and the day that it ends with once more: the alert was told.
    world.round().await;
    let again = world.next_day(|day| alerts::set(day, MFA, 0.0)).await;
    assert!(again.is_empty(), "{:?}", alerts::titles(&again));
    let over = world.next_day(|day| alerts::set(day, MFA, was)).await;
    assert!(
        over.len() == 1 && matches!(over[0].1.kind, PostKind::Recovery(_)) && over[0].1.follows.is_some(),
        "{:?}",
        alerts::titles(&over)
    );
}

/// What a newer version would write into a column, and what reads it.
type Newer = (&'static str, &'static str, fn(Store) -> std::pin::Pin<Box<dyn Future<Output = Option<Error>>>>);

#[tokio::test]
async fn what_a_newer_version_wrote_is_refused_by_name() {
    let newer: [Newer; 11] = [
        ("UPDATE snapshots SET packed = x'03' || substr(packed, 2)", "A stored day of a score", |store| {
            Box::pin(async move { load(&store).await })
        }),
        ("UPDATE dictionary SET body = x'03' || substr(body, 2)", "The stored dictionary", |store| {
            Box::pin(async move { load(&store).await })
        }),
        ("UPDATE profiles SET own = x'02' || substr(own, 2)", "A stored profile", |store| Box::pin(async move { load(&store).await })),
        ("UPDATE texts SET body = x'02' || substr(body, 2)", "A stored text", |store| Box::pin(async move { load(&store).await })),
        ("INSERT INTO secrets (name, secret) VALUES ('any', x'0200')", "A stored secret", |store| {
            Box::pin(async move { store.secret("any").await.err() })
        }),
        ("UPDATE snapshots SET entries = x'0200'", "What was said of a stored day", |store| {
            Box::pin(async move { save_again(&store).await })
        }),
        ("UPDATE outbox SET post = '2 {}'", "A post in the outbox", |store| {
            Box::pin(async move { store.deliveries(&all()).await.unwrap().remove(0).post.read().err() })
        }),
        ("UPDATE alert_findings SET state = '2 {}'", "The stored state of an alert", |store| {
            Box::pin(async move {
                let stored = store.alerts(Timestamp::now()).await.unwrap();
                let sentence = stored.unreadable["contoso"].values().next().unwrap().clone();
                store
                    .alert_findings(stored.unreadable["contoso"].keys().next().unwrap(), "contoso")
                    .await
                    .err()
                    .filter(|error| error.sentence == sentence)
            })
        }),
        ("UPDATE digest_runs SET told = '2 {}'", "What a digest has reported", |store| {
            Box::pin(async move { store.digest_reported("morning").await.err() })
        }),
        ("UPDATE digest_definitions SET definition = '2 {}'", "The stored definition", |store| {
            Box::pin(async move { store.digest_definitions().await.unwrap().remove("hers").unwrap().err() })
        }),
        ("UPDATE saved_questions SET question = '2 {}', id = 'x'", "A saved question", |store| {
            Box::pin(async move { store.saved_questions(&["x"]).await.err() })
        }),
    ];
    for (query, name, read) in newer {
        let (_home, path) = copy().await;
        let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        assert!(sqlx::query(query).execute(&mut connection).await.unwrap().rows_affected() > 0, "{query}");
        connection.close().await.unwrap();
        let error = read(Store::open(&path).await.unwrap()).await.unwrap_or_else(|| panic!("{query}"));
        assert!(error.kind == ErrorKind::Misconfigured && error.sentence.starts_with(name), "{error}");
        assert!(
            error.sentence.ends_with("was written by a newer scorewatch and cannot be read by this one: upgrade scorewatch."),
            "{error}"
        );
    }
}

async fn load(store: &Store) -> Option<Error> {
    store.load("contoso", LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await.err()
}

/// Saves its newest day with another score, for which what was said of that day is read.
async fn save_again(store: &Store) -> Option<Error> {
    let mut newest = store.load("contoso", LoadOptions::default()).await.unwrap().history.newest().unwrap().clone();
    newest.points += 1.0;
    store.save("contoso", &Reading { days: vec![newest], ..Reading::default() }, Source::Import, Timestamp::now()).await.err()
}

fn all() -> scorewatch::store::DeliveryFilter {
    scorewatch::store::DeliveryFilter { limit: 9, ..Default::default() }
}
