//! What if a destination takes nothing for a while? The operator is told once, and once that it is over; a fallback takes what is urgent; and what is
//! refused for a moment stops nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    access::Asker,
    app::Doors,
    delivery::{BoundDestination, Destinations},
    posting::Posts,
    schedule::{Deliverer, keep_delivering},
    store::{DeliveryState, KnownDelivery, NewDelivery, Store},
};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::{
    program::{err, out, run},
    support::{
        doors::doors_by,
        outbox::{LEASE, SECRET, alert, enqueue, following, home, path, row, store, told, until, webhook},
        sink::{Act, Sink},
    },
};

/// How far the clock of these tests is ahead, in seconds; one test at a time may move it.
static AHEAD: AtomicI64 = AtomicI64::new(0);
static CLOCK: Mutex<()> = Mutex::const_new(());

fn now() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed))
}

fn ahead(minutes: i64) {
    AHEAD.fetch_add(minutes * 60, Ordering::Relaxed);
}

/// Three webhooks, of which the operator reads `ops`, and what delivers there.
struct House {
    sink: Sink,
    store: Store,
    doors: Doors,
    _stop: watch::Sender<bool>,
    _home: TempDir,
    _clock: MutexGuard<'static, ()>,
}

async fn house(fallbacks: &[(&str, &str)]) -> House {
    let clock = CLOCK.lock().await;
    let (sink, home) = (Sink::start(), tempfile::tempdir().unwrap());
    let store = store(home.path()).await;
    let place = |name: &str| (name.to_owned(), BoundDestination { destination: webhook(&sink, name), readers: Asker::local() });
    let destinations = Destinations {
        named: ["soc", "net", "ops"].map(place).into(),
        operator: Some("ops".to_owned()),
        fallbacks: fallbacks.iter().map(|(name, to)| ((*name).to_owned(), (*to).to_owned())).collect(),
        ..Destinations::default()
    };
    let posts =
        Posts { destinations, digests: Vec::new(), rules: Vec::new(), give_up: Duration::from_hours(12), lease: LEASE, ..Posts::default() };
    let doors = doors_by(store.clone(), now, posts).await;
    let deliverer = Deliverer::new(Arc::clone(&doors.posting), store.clone(), "test".to_owned(), None);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(keep_delivering(deliverer, stopped));
    House { sink, store, doors, _stop: stop, _home: home, _clock: clock }
}

/// The same, made and due by the clock of these tests, with half a day's time.
fn due(row: NewDelivery) -> NewDelivery {
    NewDelivery { created: now(), deadline: now() + SignedDuration::from_hours(12), ..row }
}

impl House {
    async fn tried(&self, id: &str, tries: u32) -> KnownDelivery {
        for _ in 0..3000 {
            let known = self.store.delivery(id).await.unwrap().unwrap();
            if known.tries >= tries {
                return known;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} was not tried so often: {:?}", self.store.delivery(id).await.unwrap());
    }

    /// What the operator was told of outages, once it is `enough` or was waited for too long.
    async fn told_once(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        for _ in 0..2000 {
            if enough(&told(&self.sink)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        told(&self.sink)
    }

    /// The same, which must be so many.
    async fn told(&self, count: usize) -> Vec<String> {
        let told = self.told_once(|told| told.len() >= count).await;
        assert_eq!(told.len(), count, "{told:#?}");
        told
    }

    /// Waits until the operator was told so: a notice goes out after what it tells of is stored.
    async fn received(&self, words: &str) {
        let so = |told: &[String]| told.iter().any(|told| told.contains(words));
        let told = self.told_once(so).await;
        assert!(so(&told), "nobody was told {words:?}: {told:#?}");
    }

    /// What arrived at the destination, as it arrived.
    fn at(&self, name: &str, id: &str) -> Vec<String> {
        self.sink.seen().into_iter().filter(|seen| seen.path == path(name) && seen.id == id).map(|seen| seen.body).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_lasts_is_notified_once_and_so_is_its_end() {
    let house = house(&[]).await;
    house.sink.always(&path("soc"), Act::Status(503));
    let first = enqueue(&house.store, &due(row("soc", "monday", &[]))).await;
    house.tried(&first, 1).await;
    ahead(14);
    house.tried(&first, 2).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    house.told(0).await;
    ahead(2);
    let begun = &house.told(1).await[0];
    assert!(
        begun.contains("Deliveries to soc have failed since")
            && begun.contains("status 503")
            && begun.contains("destinations.soc.fallback"),
        "{begun}"
    );
    ahead(120);
    house.tried(&first, 4).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    house.told(1).await;
    house.sink.always(&path("soc"), Act::Status(200));
    ahead(120);
    until(&house.store, &first, DeliveryState::Sent).await;
    let over = &house.told(2).await[1];
    assert!(over.contains("Deliveries to soc resumed") && over.contains("No post was delivered there from"), "{over}");
    assert!(house.store.outages().await.unwrap().is_empty());
    // A failure that passes is told to nobody.
    house.sink.script(&path("soc"), &[Act::Status(500)]);
    let second = enqueue(&house.store, &due(row("soc", "tuesday", &[]))).await;
    until(&house.store, &second, DeliveryState::Sent).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(house.told(2).await.iter().all(|told| !told.contains(SECRET)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_takes_alerts_and_their_ends_and_says_for_whom() {
    let house = house(&[("soc", "net")]).await;
    house.sink.always(&path("soc"), Act::Status(500));
    let (fall, digest) = (due(alert("soc", "monday", &[])), due(row("soc", "monday", &[])));
    enqueue(&house.store, &fall).await;
    enqueue(&house.store, &digest).await;
    house.tried(&fall.id, 1).await;
    house.tried(&digest.id, 1).await;
    ahead(16);
    let taken = until(&house.store, &fall.id, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.meant_for.as_deref()), ("net", Some("soc")));
    let said = house.at("net", &fall.id);
    assert!(said.len() == 1 && said[0].contains("Meant for soc, where deliveries have failed since"), "{said:?}");
    let begun = &house.told(1).await[0];
    assert!(begun.contains("go to net meanwhile"), "{begun}");
    assert_eq!(house.store.delivery(&digest.id).await.unwrap().unwrap().destination, "soc", "a digest waits");
    // Its end goes where it was told, also when its own place takes posts again by then.
    house.sink.always(&path("soc"), Act::Status(200));
    ahead(300);
    until(&house.store, &digest.id, DeliveryState::Sent).await;
    let over = &house.told(2).await[1];
    assert!(over.contains("1 post went to net instead"), "{over}");
    let end = due(following(&fall, "over"));
    enqueue(&house.store, &end).await;
    let ended = until(&house.store, &end.id, DeliveryState::Sent).await;
    assert_eq!((&*ended.destination, house.at("soc", &end.id).len(), !house.at("soc", &fall.id).is_empty()), ("net", 0, true));
    let said = house.at("net", &end.id);
    assert!(said[0].contains("Meant for soc, as was the alert that this is about."), "{said:?}");
    // What is made now goes there alone.
    let next = enqueue(&house.store, &due(alert("soc", "tuesday", &[]))).await;
    until(&house.store, &next, DeliveryState::Sent).await;
    assert_eq!((house.at("soc", &next).len(), house.at("net", &next).len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_takes_what_a_stopped_destination_does_not_and_passes_it_on() {
    let house = house(&[("soc", "net"), ("net", "ops")]).await;
    house.sink.always(&path("soc"), Act::Status(410));
    let first = enqueue(&house.store, &due(alert("soc", "monday", &[]))).await;
    let taken = until(&house.store, &first, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, house.at("net", &first).len()), ("net", 1));
    let digest = enqueue(&house.store, &due(row("soc", "monday", &[]))).await;
    until(&house.store, &digest, DeliveryState::Failed).await;
    house.sink.always(&path("net"), Act::Status(410));
    let second = enqueue(&house.store, &due(alert("soc", "tuesday", &[]))).await;
    let taken = until(&house.store, &second, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.meant_for.as_deref()), ("ops", Some("soc")));
    let said = house.at("ops", &second);
    assert!(said[0].contains("Meant for soc") && said[0].contains("Meant for net"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_long_pause_loses_nothing_and_what_is_urgent_goes_elsewhere_at_once() {
    let house = house(&[("soc", "net")]).await;
    // Longer than anything is kept waiting.
    house.sink.always(&path("soc"), Act::After(99_999_999_999));
    let (fall, digest) = (due(alert("soc", "monday", &[])), due(row("soc", "monday", &[])));
    enqueue(&house.store, &fall).await;
    enqueue(&house.store, &digest).await;
    let taken = until(&house.store, &fall.id, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.meant_for.as_deref()), ("net", Some("soc")));
    let begun = &house.told(1).await[0];
    assert!(begun.contains("It asked for no posts until") && begun.contains("go to net meanwhile"), "{begun}");
    // What is made later is never tried there, and waits for nothing.
    let later = enqueue(&house.store, &due(alert("soc", "tuesday", &[]))).await;
    let taken = until(&house.store, &later, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.tries, house.at("soc", &later).len()), ("net", 0, 0));
    ahead(5 * 60);
    let later = enqueue(&house.store, &due(alert("soc", "wednesday", &[]))).await;
    assert_eq!(until(&house.store, &later, DeliveryState::Sent).await.destination, "net");
    // A digest has no fallback: it waits as long as it may.
    let waits = house.store.delivery(&digest.id).await.unwrap().unwrap();
    assert_eq!((waits.state, waits.destination.as_str(), waits.next), (DeliveryState::Waiting, "soc", waits.deadline));
    ahead(8 * 60);
    until(&house.store, &digest.id, DeliveryState::Failed).await;
    let outage = house.store.outages().await.unwrap().remove("soc").unwrap();
    assert!(Some(outage.next) == outage.held && outage.next > now() + SignedDuration::from_hours(9), "{outage:?}");
    assert!(house.told(2).await[1].contains("Not delivered to soc: digest morning"), "nothing else was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_destination_does_not_take_waits_for_a_fallback_that_is_down() {
    let house = house(&[("soc", "net")]).await;
    // Nobody tries `net` after its pause, because nothing waits there; that it failed once must not keep anything from it.
    house.sink.script(&path("net"), &[Act::After(30 * 60)]);
    house.sink.always(&path("soc"), Act::Status(410));
    let last =
        enqueue(&house.store, &NewDelivery { deadline: now() + SignedDuration::from_mins(5), ..due(row("net", "monday", &[])) }).await;
    house.tried(&last, 1).await;
    let fall = enqueue(&house.store, &due(alert("soc", "monday", &[]))).await;
    for _ in 0..1000 {
        if house.store.stopped("soc").await.unwrap().is_some() && house.store.delivery(&fall).await.unwrap().unwrap().why.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let waits = house.store.delivery(&fall).await.unwrap().unwrap();
    assert_eq!((waits.state, &*waits.destination), (DeliveryState::Waiting, "soc"), "{waits:?}");
    assert!(waits.why.as_deref().unwrap().contains("Its fallback fails as well"), "{waits:?}");
    let digest = enqueue(&house.store, &due(row("soc", "monday", &[]))).await;
    until(&house.store, &digest, DeliveryState::Failed).await;
    ahead(10);
    until(&house.store, &last, DeliveryState::Failed).await;
    assert!(house.store.outage("net").await.unwrap().unwrap().stands(now()));
    ahead(23);
    let taken = until(&house.store, &fall, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.meant_for.as_deref()), ("net", Some("soc")));
    // Where none takes anything it is given up in the end, and told.
    house.sink.always(&path("net"), Act::Status(410));
    let given_up = enqueue(&house.store, &due(alert("soc", "tuesday", &[]))).await;
    for _ in 0..1000 {
        if house.store.stopped("net").await.unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(until(&house.store, &given_up, DeliveryState::Failed).await.destination, "net", "nothing takes its place");
    house.received("Deliveries to net are stopped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_nobody_tries_is_not_notified_and_a_test_that_arrives_ends_it() {
    let house = house(&[("soc", "net")]).await;
    house.sink.script(&path("soc"), &[Act::After(3600)]);
    let fall = due(alert("soc", "monday", &[]));
    enqueue(&house.store, &fall).await;
    assert_eq!(until(&house.store, &fall.id, DeliveryState::Sent).await.destination, "net");
    let begun: serde_json::Value = serde_json::from_str(&house.told(1).await[0]).unwrap();
    assert_eq!((&begun["data"]["severity"], &begun["data"]["resolved"]), (&"warning".into(), &serde_json::Value::Null));
    let digest = due(row("soc", "tuesday", &[]));
    enqueue(&house.store, &digest).await;
    let waits = house.store.delivery(&digest.id).await.unwrap().unwrap();
    assert_eq!(Some(waits.next), house.store.outage("soc").await.unwrap().unwrap().held, "it waits for the end of the pause");
    house.doors.operations.test_destination(&Asker::local(), "soc", "here").await.unwrap().taken.unwrap();
    until(&house.store, &digest.id, DeliveryState::Sent).await;
    assert!(house.store.outages().await.unwrap().is_empty());
    let over: serde_json::Value = serde_json::from_str(&house.told(2).await[1]).unwrap();
    assert_eq!((&over["data"]["severity"], &over["data"]["resolved"]), (&"info".into(), &true.into()));
    assert_eq!(over["data"]["dedup_key"], begun["data"]["dedup_key"], "whoever opened an incident closes it");
    assert_eq!(over["data"]["follows"], begun["id"]);

    // A pause is over once somebody says so.
    house.sink.script(&path("soc"), &[Act::After(3600)]);
    let digest = due(row("soc", "wednesday", &[]));
    enqueue(&house.store, &digest).await;
    house.tried(&digest.id, 1).await;
    let resumed = house.doors.operations.resume_destination(&Asker::local(), "soc").await.unwrap();
    assert!(resumed.was_failing && !resumed.was_stopped);
    until(&house.store, &digest.id, DeliveryState::Sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_until_its_time_was_over_goes_elsewhere_where_nothing_gets_through() {
    let house = house(&[("soc", "net")]).await;
    house.sink.always(&path("soc"), Act::Status(503));
    let fall = NewDelivery { deadline: now() + SignedDuration::from_mins(20), ..due(alert("soc", "monday", &[])) };
    enqueue(&house.store, &fall).await;
    house.tried(&fall.id, 1).await;
    // When it is known that the outage lasts, its time is over, too.
    ahead(21);
    let taken = until(&house.store, &fall.id, DeliveryState::Sent).await;
    assert_eq!((&*taken.destination, taken.meant_for.as_deref()), ("net", Some("soc")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_a_moment_stops_nothing_and_what_goes_on_does() {
    let house = house(&[]).await;
    house.sink.script(&path("soc"), &[Act::Status(404), Act::Status(401)]);
    let first = enqueue(&house.store, &due(row("soc", "monday", &[]))).await;
    house.tried(&first, 1).await;
    ahead(1);
    house.tried(&first, 2).await;
    ahead(1);
    until(&house.store, &first, DeliveryState::Sent).await;
    assert!(house.store.stopped("soc").await.unwrap().is_none());

    house.sink.always(&path("soc"), Act::Status(403));
    let second = enqueue(&house.store, &due(row("soc", "tuesday", &[]))).await;
    let begun = now();
    let mut tries = 0;
    while house.store.stopped("soc").await.unwrap().is_none() {
        tries += 1;
        assert!(tries < 12, "it is never believed");
        house.tried(&second, tries.min(3)).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        ahead(13);
    }
    assert!(now().duration_since(begun) >= SignedDuration::from_hours(1), "believed after {tries} tries");
    until(&house.store, &second, DeliveryState::Failed).await;
    assert!(house.store.outages().await.unwrap().is_empty(), "it is stopped by now");
    house.received("keeps refusing for an hour").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_that_it_is_one_and_what_came_of_it() {
    let sink = Sink::start();
    let home = home(&sink, &[("soc", "operator", "all"), ("ops", "operator", "all")], "operator = \"ops\"");
    let taken = run(home.path(), &["destination", "test", "soc"]);
    assert!(taken.status.success() && out(&taken).starts_with("soc (webhook) accepted the test."), "{}{}", out(&taken), err(&taken));
    let seen = sink.seen();
    let event: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!((&event["type"], &event["data"]["what"]), (&"org.scorewatch.test.v1".into(), &"test".into()));
    assert!(seen.len() == 1 && seen[0].body.contains("This is a test") && seen[0].body.contains("score.example.org"), "{}", seen[0].body);

    sink.always(&path("soc"), Act::Status(503));
    let later = run(home.path(), &["destination", "test", "soc"]);
    assert!(
        later.status.code() == Some(69) && out(&later).contains("did not accept the test. The other side is out of order"),
        "{}",
        out(&later)
    );
    sink.always(&path("soc"), Act::Status(410));
    let gone = run(home.path(), &["destination", "test", "soc"]);
    assert!(gone.status.code() == Some(78) && !(out(&gone) + &err(&gone)).contains(SECRET), "{}", out(&gone));
    let unknown = run(home.path(), &["destination", "test", "socs"]);
    assert!(unknown.status.code() == Some(1) && err(&unknown).contains("Did you mean `soc`?"), "{}", err(&unknown));
    let audit = out(&run(home.path(), &["audit", "--json"]));
    assert_eq!(audit.matches("destination.test").count(), 3, "{audit}");

    // It is tried also where nothing else is sent.
    sink.always(&path("soc"), Act::Status(410));
    let store = store(home.path()).await;
    store.stop("soc", &scorewatch::store::Stop { since: Timestamp::now(), why: "It is gone.".to_owned() }).await.unwrap();
    sink.always(&path("soc"), Act::Status(200));
    let taken = run(home.path(), &["destination", "test", "soc"]);
    assert!(taken.status.success() && err(&taken).contains("deliveries resume soc"), "{}", err(&taken));
    let list = out(&run(home.path(), &["destination", "list"]));
    assert!(list.contains("stopped") && list.contains("ok") && list.contains("It is gone."), "{list}");
    let json: serde_json::Value = serde_json::from_str(&out(&run(home.path(), &["destination", "list", "--json"]))).unwrap();
    assert_eq!((&json[1]["name"], &json[1]["stopped"]["why"]), (&"soc".into(), &"It is gone.".into()));
}
