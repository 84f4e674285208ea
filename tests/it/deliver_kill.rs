//! Is a post lost when a process dies, or doubled when it need not be? Real processes, killed at every step; a stand-in that counts.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use scorewatch::store::{DeliveryState, Store};
use tempfile::TempDir;

use crate::{
    program::{signal, wait},
    support::{
        outbox::{LEASE, Serving, enqueue, home, house, path, row, store, until},
        sink::{Act, Sink},
    },
};

const ALL: [(&str, &str, &str); 1] = [("soc", "operator", "all")];

#[tokio::test(flavor = "multi_thread")]
async fn killed_when_it_was_claimed_and_not_sent_it_arrives_once() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Ignore]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let serving = Serving::start(home.path());
    wait("the first try", || (sink.begun() == 1).then_some(()));
    serving.kill();
    assert_eq!(store.delivery(&id).await.unwrap().unwrap().state, DeliveryState::Waiting);
    let began = Instant::now();
    let _again = Serving::start(home.path());
    until(&store, &id, DeliveryState::Sent).await;
    assert!(began.elapsed() < 2 * LEASE, "nobody waits longer than for the lease");
    assert_eq!((sink.count(&id), sink.begun()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_when_it_was_sent_and_not_recorded_it_arrives_twice_under_the_same_id() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Withhold]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let serving = Serving::start(home.path());
    wait("the post", || (sink.count(&id) == 1).then_some(()));
    serving.kill();
    assert_eq!(store.delivery(&id).await.unwrap().unwrap().state, DeliveryState::Waiting);
    let _again = Serving::start(home.path());
    until(&store, &id, DeliveryState::Sent).await;
    let seen = sink.seen();
    assert_eq!((seen.len(), sink.count(&id)), (2, 2), "the other side can tell by the id");
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_when_it_was_recorded_it_does_not_arrive_again() {
    let (sink, home, store) = house(&ALL, "").await;
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let serving = Serving::start(home.path());
    until(&store, &id, DeliveryState::Sent).await;
    serving.kill();
    let _again = Serving::start(home.path());
    // What is due longest goes first: the next one would not come before it.
    let next = enqueue(&store, &row("soc", "tuesday", &[])).await;
    until(&store, &next, DeliveryState::Sent).await;
    assert_eq!(sink.seen().iter().map(|seen| &seen.id).collect::<Vec<_>>(), [&id, &next]);
}

/// So many deliveries.
const MANY: usize = 200;
/// For so many destinations: more than one process sends to at once.
const ROOMS: usize = 16;
/// So many one process sends at once.
const AT_ONCE: usize = 8;

fn names() -> Vec<String> {
    (0..ROOMS).map(|number| format!("room-{number}")).collect()
}

/// A home with all rooms, each of which takes a moment to answer.
fn many_rooms(sink: &Sink) -> TempDir {
    let names = names();
    let rooms: Vec<_> = names.iter().map(|name| (name.as_str(), "operator", "all")).collect();
    for (name, _, _) in &rooms {
        sink.always(&path(name), Act::Slow(Duration::from_millis(100)));
    }
    home(sink, &rooms, "")
}

async fn enqueue_many(store: &Store) -> Vec<String> {
    let names = names();
    let mut ids = Vec::new();
    for number in 0..MANY {
        ids.push(enqueue(store, &row(&names[number % ROOMS], &number.to_string(), &[])).await);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_send_each_exactly_once() {
    let sink = Sink::start();
    let home = many_rooms(&sink);
    let store = store(home.path()).await;
    let both = [Serving::start(home.path()), Serving::start(home.path())];
    let ids = enqueue_many(&store).await;
    for id in &ids {
        until(&store, id, DeliveryState::Sent).await;
    }
    let mut counts = BTreeMap::new();
    sink.seen().iter().for_each(|seen| *counts.entry(seen.id.clone()).or_insert(0) += 1);
    assert_eq!(counts.len(), MANY);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    for one in &both {
        assert!(one.log().contains("delivered"), "both did a part of the work");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_processes_is_killed_in_the_middle_and_none_is_lost() {
    let sink = Sink::start();
    let home = many_rooms(&sink);
    let store = store(home.path()).await;
    let (dies, _lives) = (Serving::start(home.path()), Serving::start(home.path()));
    let ids = enqueue_many(&store).await;
    wait("a part of them", || (sink.seen().len() >= MANY / 4).then_some(()));
    let log = dies.kill();
    assert!(sink.seen().len() < MANY && log.contains("delivered"), "it was in the middle of its work:\n{log}");
    for id in &ids {
        until(&store, id, DeliveryState::Sent).await;
    }
    assert!(ids.iter().all(|id| sink.count(id) >= 1));
    assert!(sink.seen().len() <= MANY + AT_ONCE, "doubled is at most what it was just sending");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_the_lease_is_still_sent_by_one() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Slow(LEASE * 2)]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let _both = [Serving::start(home.path()), Serving::start(home.path())];
    until(&store, &id, DeliveryState::Sent).await;
    assert_eq!(sink.begun(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polite_stop_waits_for_what_is_being_sent() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Withhold]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let mut serving = Serving::start(home.path());
    wait("the post", || (sink.count(&id) == 1).then_some(()));
    signal(&serving.child, "-TERM");
    wait("the stop", || serving.log().contains("stopping").then_some(()));
    sink.release();
    assert!(wait("the end", || serving.child.try_wait().unwrap()).success());
    assert_eq!(store.delivery(&id).await.unwrap().unwrap().state, DeliveryState::Sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polite_stop_gives_back_what_does_not_end() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Ignore]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let mut serving = Serving::start(home.path());
    wait("the try", || (sink.begun() == 1).then_some(()));
    signal(&serving.child, "-TERM");
    assert!(wait("the end", || serving.child.try_wait().unwrap()).success());
    // Nobody has to wait for a lease: another may claim it at once.
    let claimed = store.claim("another", LEASE, jiff::Timestamp::now()).await.unwrap();
    assert_eq!(claimed.map(|claimed| claimed.id), Some(id));
}
