//! What if a try takes too long? It is broken off, counted and tried again with a pause; and a picture that takes too long is left out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    delivery::Destination,
    schedule::{AttemptLimits, Deliverer, keep_delivering},
    store::{DeliveryState, KnownDelivery, Store},
    surfaces::discord::webhook::DiscordWebhook,
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::{
    program::wait,
    support::{
        doors::doors_by,
        outbox::{Serving, enqueue, house, path, posts, row, store, until, webhook, with_trend},
        sink::{Act, Sink},
    },
};

/// How far the clock of these tests is ahead, in seconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn now() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed))
}

/// Delivers to `destination` within `bounds` until the sender is dropped.
async fn deliver(destination: Arc<dyn Destination>, bounds: AttemptLimits) -> (Store, watch::Sender<bool>, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path()).await;
    let posting = doors_by(store.clone(), now, posts(destination)).await.posting;
    let deliverer = Deliverer::new(posting, store.clone(), "test".to_owned(), None).within(bounds);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(keep_delivering(deliverer, stopped));
    (store, stop, home)
}

/// Waits until the delivery was tried and failed.
async fn tried(store: &Store, id: &str) -> KnownDelivery {
    for _ in 0..3000 {
        let known = store.delivery(id).await.unwrap().unwrap();
        if known.tries > 0 {
            return known;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} was not tried: {:?}", store.delivery(id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_does_not_answer_is_tried_again_after_a_pause() {
    let sink = Sink::start();
    sink.script(&path("ops"), &[Act::Ignore]);
    let bounds = AttemptLimits { trying: Duration::from_millis(300), ..AttemptLimits::default() };
    let (store, _stop, _home) = deliver(webhook(&sink, "ops"), bounds).await;
    let begun = now();
    let id = enqueue(&store, &row("ops", "monday", &[])).await;
    let known = tried(&store, &id).await;
    assert_eq!((known.state, known.tries), (DeliveryState::Waiting, 1));
    assert_eq!(known.why.as_deref(), Some("It was not accepted within 300ms; it may have arrived."));
    assert!(known.next >= begun + SignedDuration::from_secs(5), "{known:?}");
    AHEAD.fetch_add(10, Ordering::Relaxed);
    let sent = until(&store, &id, DeliveryState::Sent).await;
    assert_eq!((sent.tries, sink.begun(), sink.count(&id)), (1, 2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_takes_too_long_is_left_out() {
    let sink = Sink::start();
    let bounds = AttemptLimits { drawing: Duration::ZERO, ..AttemptLimits::default() };
    let hook = Arc::new(DiscordWebhook::new(format!("{}{}", sink.root, path("ops")).into()).unwrap());
    let (store, _stop, _home) = deliver(hook, bounds).await;
    let id = enqueue(&store, &with_trend(row("ops", "monday", &[]))).await;
    let sent = until(&store, &id, DeliveryState::Sent).await;
    assert_eq!((sent.tries, sink.seen().len()), (0, 1));
    let body = &sink.seen()[0].body;
    assert!(body.contains("Contoso: no change (monday)") && !body.contains("PNG"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_cannot_be_renewed_while_it_is_sent_counts_as_a_try() {
    let (sink, home, store) = house(&[("soc", "operator", "all")], "").await;
    sink.script(&path("soc"), &[Act::Withhold]);
    let mut other = SqliteConnectOptions::new().filename(home.path().join("scorewatch.db")).connect().await.unwrap();
    let away = "CREATE TRIGGER away BEFORE UPDATE OF lease_ms ON outbox WHEN OLD.lease_ms > 0 AND NEW.lease_ms > 0 \
        BEGIN SELECT RAISE(ABORT, 'away'); END";
    sqlx::query(away).execute(&mut other).await.unwrap();
    let begun = Timestamp::now();
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let serving = Serving::start(home.path());
    wait("the post", || (sink.count(&id) == 1).then_some(()));
    wait("the end of its lease", || serving.log().contains("waits to be stored").then_some(()));
    sqlx::query("DROP TRIGGER away").execute(&mut other).await.unwrap();
    let known = tried(&store, &id).await;
    assert_eq!((known.state, known.tries), (DeliveryState::Waiting, 1));
    assert!(known.why.unwrap().contains("its lease could not be renewed; it may have arrived"));
    assert!(known.next >= begun + SignedDuration::from_secs(5), "with a pause");
}
