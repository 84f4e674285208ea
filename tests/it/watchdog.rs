//! Does the operator hear of a worker that stopped, once and in spite of all that goes wrong then? By a clock of the test.

use crate::support::doors::doors_by;
use std::{path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    posting::Posting,
    schedule::Watchdog,
    store::{DeliveryFilter, Store, WorkerKind},
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::support::{
    outbox::{path, posts, store, told, webhook},
    sink::{Act, Sink},
};

fn minutes(minutes: i64) -> Timestamp {
    "2026-11-20T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

/// A store with a door whose operator reads at the sink.
async fn house() -> (Sink, Store, Arc<Posting>, TempDir) {
    let sink = Sink::start();
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path()).await;
    let posting = doors_by(store.clone(), Timestamp::now, posts(webhook(&sink, "ops"))).await.posting;
    (sink, store, posting, home)
}

/// What waits in the outbox: kinds and periods.
async fn rows(store: &Store) -> Vec<(String, String)> {
    let filter = DeliveryFilter { limit: 9, ..DeliveryFilter::default() };
    store.deliveries(&filter).await.unwrap().into_iter().map(|known| (known.kind.to_string(), known.period)).collect()
}

async fn waiting(store: &Store) -> Vec<String> {
    rows(store).await.into_iter().map(|(kind, _)| kind).collect()
}

async fn run(home: &Path, query: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(home.join("scorewatch.db")).connect().await.unwrap();
    sqlx::query(query).execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_does_not_run_is_notified_once_and_deliver_itself_past_the_outbox() {
    let (sink, store, posting, _home) = house().await;
    let mut watchdog = Watchdog::new(Arc::clone(&posting), store.clone(), vec![WorkerKind::Digest, WorkerKind::Deliver], minutes(0));
    store.heartbeat(WorkerKind::Deliver, minutes(2)).await.unwrap();
    for minute in (0..=12).step_by(2) {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!(waiting(&store).await, ["notice:worker:digest"], "ten minutes after the start");
    assert!(sink.seen().is_empty());
    for minute in [13, 14, 15] {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!(told(&sink).len(), 1, "once");
    assert!(told(&sink)[0].contains("The worker `deliver` is not running") && told(&sink)[0].contains("2026-11-20 08:02 UTC"));
    store.heartbeat(WorkerKind::Deliver, minutes(16)).await.unwrap();
    watchdog.look(minutes(16)).await;
    for minute in (17..=27).step_by(2) {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!((told(&sink).len(), waiting(&store).await.len()), (2, 1), "it ran and stopped again");
    // A machine that slept wakes the watchdog first; nobody has stopped working.
    store.heartbeat(WorkerKind::Deliver, minutes(28)).await.unwrap();
    watchdog.look(minutes(28)).await;
    watchdog.look(minutes(600)).await;
    assert_eq!(told(&sink).len(), 2);
    // Without the store nobody works, and nothing goes through the outbox.
    store.close().await;
    for minute in (601..=613).step_by(3) {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!(told(&sink).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_notified_is_notified_later_and_once() {
    let (sink, store, posting, home) = house().await;
    let mut watchdog = Watchdog::new(posting, store.clone(), vec![WorkerKind::Alert, WorkerKind::Deliver], minutes(0));
    run(home.path(), "CREATE TRIGGER away BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'away'); END").await;
    sink.script(&path("ops"), &[Act::Status(503), Act::After(240)]);
    for minute in [0, 4, 8, 11] {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!((told(&sink).len(), waiting(&store).await.len()), (1, 0), "neither was taken");
    run(home.path(), "DROP TRIGGER away").await;
    watchdog.look(minutes(12)).await;
    assert_eq!((told(&sink).len(), waiting(&store).await), (2, vec!["notice:worker:alert".to_owned()]));
    watchdog.look(minutes(15)).await;
    assert_eq!(told(&sink).len(), 2, "a pause was asked for");
    for minute in [17, 18, 22] {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!((told(&sink).len(), waiting(&store).await.len()), (3, 1), "both were told");
    assert!(sink.seen().iter().all(|seen| seen.id == sink.seen()[0].id), "the other side can tell that it is the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_can_never_be_notified_is_not_called_again() {
    let (sink, store, posting, _home) = house().await;
    let mut watchdog = Watchdog::new(posting, store, vec![WorkerKind::Deliver], minutes(0));
    sink.always(&path("ops"), Act::Status(410));
    for minute in [0, 4, 8, 11, 12, 15, 19, 23] {
        watchdog.look(minutes(minute)).await;
    }
    assert_eq!(told(&sink).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_tell_of_a_worker_that_never_ran_once_a_day() {
    let (_sink, store, posting, _home) = house().await;
    for begun in [0, 3, 24 * 60] {
        let mut watchdog = Watchdog::new(Arc::clone(&posting), store.clone(), vec![WorkerKind::Digest], minutes(begun));
        for minute in [0, 4, 8, 11, 12] {
            watchdog.look(minutes(begun + minute)).await;
        }
    }
    let mut rows = rows(&store).await;
    rows.sort();
    let of = |day: &str| ("notice:worker:digest".to_owned(), format!("never run:{day}"));
    assert_eq!(rows, [of("2026-11-20"), of("2026-11-21")]);
}
