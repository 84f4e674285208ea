//! Does the worker do with a delivery what it should? Waits that were asked for, deadlines, dead destinations, lost rights; a real process.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use scorewatch::store::{DeliveryFilter, DeliveryState, FailedTry, NewDelivery, Store, StoredPost, Undelivered};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::{
    program::{out, run, wait},
    support::{
        mail_server::MailServer,
        outbox::{LEASE, SECRET, Serving, alert, configure, enqueue, following, home, house, path, row, store, told, until, with_trend},
        sink::{Act, Sink},
    },
};

const ALL: [(&str, &str, &str); 2] = [("soc", "operator", "all"), ("ops", "operator", "all")];
const OPERATOR: &str = "operator = \"ops\"";

fn assert_discreet(log: &str) {
    assert!(!log.contains(SECRET), "an address is in the log:\n{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_wants_a_pause_gets_it_for_all_that_waits_there() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::After(6)]);
    let first = enqueue(&store, &row("soc", "monday", &[])).await;
    let second = enqueue(&store, &row("soc", "tuesday", &[])).await;
    let elsewhere = enqueue(&store, &row("ops", "monday", &[])).await;
    let _serving = Serving::start(home.path());
    until(&store, &elsewhere, DeliveryState::Sent).await;
    let sent = until(&store, &first, DeliveryState::Sent).await;
    until(&store, &second, DeliveryState::Sent).await;
    let times: Vec<_> = sink.seen().into_iter().filter(|seen| seen.path == path("soc")).map(|seen| seen.at).collect();
    assert_eq!((times.len(), sent.tries), (3, 1));
    assert!(times[1].duration_since(times[0]) >= Duration::from_secs(6), "nothing came in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_delivered_until_its_deadline_is_given_up_and_told() {
    let (sink, home, store) = house(&ALL, OPERATOR).await;
    sink.always(&path("soc"), Act::Status(503));
    let short = NewDelivery { deadline: Timestamp::now() + 3.seconds(), ..row("soc", "monday", &["contoso"]) };
    let id = enqueue(&store, &short).await;
    let patient = enqueue(&store, &row("soc", "tuesday", &["contoso"])).await;
    let alert = enqueue(&store, &NewDelivery { deadline: short.deadline, ..alert("soc", "monday", &["contoso"]) }).await;
    let serving = Serving::start(home.path());
    let failed = until(&store, &id, DeliveryState::Failed).await;
    assert_eq!((failed.tries, sink.count(&id)), (1, 1));
    assert!(failed.why.unwrap().contains("Gave up after 1 try."));
    until(&store, &alert, DeliveryState::Failed).await;
    wait("both notices", || (told(&sink).len() == 2).then_some(()));
    let [notice, of_alert] = &told(&sink)[..] else { panic!("{:?}", told(&sink)) };
    assert!(notice.contains("Not delivered to soc: digest morning") && notice.contains(&format!("retry {id}")), "{notice}");
    assert!(of_alert.contains("Not delivered to soc: alert fall") && of_alert.contains("notifies again"), "{of_alert}");
    assert!(!of_alert.contains("retry"), "{of_alert}");
    sink.always(&path("soc"), Act::Status(200));
    let sent = until(&store, &patient, DeliveryState::Sent).await;
    assert!(sent.tries >= 1, "it waited for better times");
    assert_discreet(&serving.kill());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_destination_is_called_once_and_the_operator_is_told_elsewhere() {
    let (sink, home, store) = house(&ALL, OPERATOR).await;
    sink.always(&path("soc"), Act::Status(410));
    let first = enqueue(&store, &row("soc", "monday", &[])).await;
    let second = enqueue(&store, &row("soc", "tuesday", &[])).await;
    let serving = Serving::start_with(home.path(), &["--log", "debug"]);
    until(&store, &first, DeliveryState::Failed).await;
    let refused = until(&store, &second, DeliveryState::Failed).await;
    assert!(refused.why.unwrap().contains("Deliveries there have been stopped since"));
    wait("the notice", || (!told(&sink).is_empty()).then_some(()));
    assert!(told(&sink)[0].contains("Deliveries to soc are stopped"), "{:?}", told(&sink));
    assert_eq!(sink.seen().iter().filter(|seen| seen.path == path("soc")).count(), 1);
    assert!(store.stopped("soc").await.unwrap().is_some());
    assert_discreet(&serving.kill());
    // It stays so, also for those who come later.
    let later = Serving::start(home.path());
    let third = enqueue(&store, &row("soc", "friday", &[])).await;
    until(&store, &third, DeliveryState::Failed).await;
    assert_eq!((sink.count(&third), told(&sink).len()), (0, 1));
    // One that is resumed and dies again is news on the same day.
    assert!(out(&run(home.path(), &["deliveries", "resume", "soc"])).contains("is resumed"));
    let fourth = enqueue(&store, &row("soc", "saturday", &[])).await;
    until(&store, &fourth, DeliveryState::Failed).await;
    wait("the second notice", || (told(&sink).len() == 2).then_some(()));
    assert_discreet(&later.kill());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dead_destination_of_the_operator_is_told_to_the_log_alone() {
    let (sink, home, store) = house(&ALL, OPERATOR).await;
    sink.always(&path("ops"), Act::Status(410));
    let id = enqueue(&store, &row("ops", "monday", &[])).await;
    let serving = Serving::start(home.path());
    until(&store, &id, DeliveryState::Failed).await;
    let log = serving.kill();
    assert!(log.contains("ERROR") && log.contains("the operator cannot be notified there"), "{log}");
    assert_discreet(&log);
    let rows = store.deliveries(&DeliveryFilter { limit: 10, ..DeliveryFilter::default() }).await.unwrap();
    assert_eq!(rows.len(), 1, "no notice about it was made for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_was_lost_while_it_waited_withholds_it() {
    let (sink, home, store) = house(&ALL, OPERATOR).await;
    let about = enqueue(&store, &row("soc", "monday", &["contoso", "fabrikam"])).await;
    let named = enqueue(&store, &NewDelivery { names: true, ..row("soc", "tuesday", &["contoso"]) }).await;
    let harmless = enqueue(&store, &row("soc", "friday", &["contoso"])).await;
    configure(home.path(), &sink, &[("soc", "reader", "contoso"), ALL[1]], OPERATOR);
    let serving = Serving::start(home.path());
    let withheld = until(&store, &about, DeliveryState::Withheld).await;
    assert!(withheld.why.unwrap().contains("fabrikam"));
    assert!(until(&store, &named, DeliveryState::Withheld).await.why.unwrap().contains("names of people"));
    until(&store, &harmless, DeliveryState::Sent).await;
    wait("the notice", || (!told(&sink).is_empty()).then_some(()));
    assert!(told(&sink)[0].contains("Withheld from soc: digest morning"), "{:?}", told(&sink));
    assert_eq!((sink.count(&about), sink.count(&named)), (0, 0));
    assert_discreet(&serving.kill());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_has_no_destination_fails_and_what_is_newer_waits() {
    let (sink, home, store) = house(&ALL, OPERATOR).await;
    let damaged = enqueue(&store, &NewDelivery { post: StoredPost::default(), ..row("soc", "monday", &[]) }).await;
    let nowhere = enqueue(&store, &row("socs", "monday", &[])).await;
    let newer = enqueue(&store, &row("soc", "tuesday", &[])).await;
    let mut connection = SqliteConnectOptions::new().filename(home.path().join("scorewatch.db")).connect().await.unwrap();
    sqlx::query("UPDATE outbox SET post = '2 {}' WHERE id = $1").bind(&newer).execute(&mut connection).await.unwrap();
    let _serving = Serving::start(home.path());
    assert!(until(&store, &damaged, DeliveryState::Failed).await.why.unwrap().contains("cannot be read"));
    assert!(until(&store, &nowhere, DeliveryState::Failed).await.why.unwrap().contains("`soc`"), "the nearest name is told");
    // It is left to the newer program, and the operator is told what to do.
    wait("the notices", || (told(&sink).len() == 3).then_some(()));
    assert!(told(&sink).iter().any(|notice| notice.contains("was written by a newer scorewatch")), "{:?}", told(&sink));
    let waits = store.delivery(&newer).await.unwrap().unwrap();
    assert_eq!((waits.state, waits.tries), (DeliveryState::Waiting, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_waits_for_the_alert_that_it_follows() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Status(500)]);
    let alert = row("soc", "alert", &[]);
    let first = enqueue(&store, &alert).await;
    let second = enqueue(&store, &following(&alert, "recovery")).await;
    let _serving = Serving::start(home.path());
    let recovery = until(&store, &second, DeliveryState::Sent).await;
    assert_eq!(sink.seen().iter().map(|seen| &seen.id).collect::<Vec<_>>(), [&first, &first, &second]);
    assert_eq!(recovery.tries, 0, "waiting is no try");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_goes_as_the_destination_wants_it_and_a_recovery_to_the_message_of_its_alert() {
    let sink = Sink::start();
    let other = |name: &str, kind: &str| {
        let url = format!("{}{}", sink.root, path(name));
        format!("[destinations.{name}]\nkind = \"{kind}\"\nurl = \"{url}\"\ntenants = \"all\"\n")
    };
    let home = home(&sink, &ALL, &(other("room", "discord_webhook") + &other("chat", "teams")));
    let store = store(home.path()).await;
    let alert = with_trend(row("room", "alert", &[]));
    let first = enqueue(&store, &alert).await;
    let chat = enqueue(&store, &with_trend(row("chat", "alert", &[]))).await;
    let serving = Serving::start(home.path());
    until(&store, &chat, DeliveryState::Sent).await;
    let known = until(&store, &first, DeliveryState::Sent).await;
    assert_eq!(known.message.as_deref(), Some("1100000000000000009"));
    let recovery = enqueue(&store, &following(&alert, "recovery")).await;
    until(&store, &recovery, DeliveryState::Sent).await;
    let seen = sink.seen();
    let to = |name: &str| seen.iter().filter(|seen| seen.path.starts_with(&path(name))).collect::<Vec<_>>();
    assert!(to("chat")[0].body.contains("https://score.example.org/"), "an address: {}", to("chat")[0].body);
    assert!(to("room")[0].body.contains("PNG"), "a file");
    assert!(to("room").iter().any(|seen| seen.path.contains("/messages/1100000000000000009")), "the alert is edited");
    assert_discreet(&serving.kill());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_while_the_store_was_away_is_recorded_when_it_is_back() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Withhold]);
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let serving = Serving::start(home.path());
    wait("the post", || (sink.count(&id) == 1).then_some(()));
    let mut lock = SqliteConnectOptions::new().filename(home.path().join("scorewatch.db")).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.unwrap();
    sink.release();
    wait("the trouble", || serving.log().contains("waits to be stored").then_some(()));
    sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
    until(&store, &id, DeliveryState::Sent).await;
    let next = enqueue(&store, &row("soc", "tuesday", &[])).await;
    until(&store, &next, DeliveryState::Sent).await;
    assert_eq!(sink.seen().iter().map(|seen| &seen.id).collect::<Vec<_>>(), [&id, &next], "sent once");
}

fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn a_claim_is_one_holders_until_its_lease_runs_out() {
    let home = tempfile::tempdir().unwrap();
    let (one, other) = (store(home.path()).await, store(home.path()).await);
    let at = |seconds: i64| now() + SignedDuration::from_secs(seconds);
    let created = |row: NewDelivery, second: i64| NewDelivery { created: at(second), ..row };
    let first = enqueue(&one, &created(row("soc", "1", &[]), 0)).await;
    // About another tenant: what tells the same thing again would wait for the first.
    let second = enqueue(&one, &created(row("soc", "2", &["contoso"]), 1)).await;
    let third = enqueue(&one, &created(row("ops", "1", &[]), 2)).await;
    assert!(!one.enqueue(&row("soc", "1", &[])).await.unwrap(), "there is one of each");

    let claimed = one.claim("a", LEASE, at(3)).await.unwrap().unwrap();
    assert_eq!((&claimed.id, claimed.tries), (&first, 0));
    let elsewhere = other.claim("b", LEASE, at(3)).await.unwrap().unwrap();
    assert_eq!(elsewhere.id, third, "one at a time for a destination");
    assert_eq!(other.claim("b", LEASE, at(4)).await.unwrap(), None);
    assert!(other.delivered(&elsewhere, Some("m1"), None, at(4)).await.unwrap());
    assert!(!other.delivered(&elsewhere, None, None, at(4)).await.unwrap(), "recorded once");

    assert!(one.claim_keep(&claimed, LEASE, at(7)).await.unwrap());
    assert_eq!(other.claim("b", LEASE, at(9)).await.unwrap(), None, "renewed");
    assert_eq!(one.claim("a", LEASE, at(13)).await.unwrap(), None, "we are still sending it ourselves");
    let taken = other.claim("b", LEASE, at(13)).await.unwrap().unwrap();
    assert_eq!(taken.id, first, "the lease ran out");
    assert!(!one.claim_keep(&claimed, LEASE, at(13)).await.unwrap());
    assert!(!one.delivered(&claimed, None, None, at(13)).await.unwrap(), "whose fence is old records nothing");
    assert!(!one.not_delivered(&claimed, Undelivered::Failed { tried: true }, "x").await.unwrap());
    assert!(other.not_delivered(&taken, Undelivered::Again(at(60)), "Not now.").await.unwrap());

    let next = one.claim("a", LEASE, at(14)).await.unwrap().unwrap();
    assert_eq!(next.id, second);
    one.give_back("a").await.unwrap();
    assert!(!one.delivered(&next, None, None, at(14)).await.unwrap());
    let pause = FailedTry { why: "Not now.", refused: false, until: Some(at(50)), next: at(50) };
    other.destination_failed("soc", &pause, at(14)).await.unwrap();
    assert_eq!(one.claim("a", LEASE, at(49)).await.unwrap(), None);
    assert_eq!(one.claim("a", LEASE, at(50)).await.unwrap().unwrap().id, second);
    let known = one.delivery(&first).await.unwrap().unwrap();
    assert_eq!((known.tries, known.next, known.why.as_deref()), (1, at(60), Some("Not now.")));
    assert_eq!(one.delivery(&third).await.unwrap().unwrap().message.as_deref(), Some("m1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_on_one_file_never_claim_the_same() {
    let home = tempfile::tempdir().unwrap();
    let path = Arc::new(home.path().join("scorewatch.db"));
    let filling = Store::open(&path).await.unwrap();
    for number in 0..60 {
        enqueue(&filling, &NewDelivery { created: now(), ..row(&format!("room-{number}"), "1", &[]) }).await;
    }
    let claiming = |holder: &'static str| {
        let path = Arc::clone(&path);
        tokio::spawn(async move {
            let store = Store::open(&path).await.unwrap();
            let mut claimed = Vec::new();
            while let Some(one) = store.claim(holder, LEASE, now()).await.unwrap() {
                claimed.push(one.id);
            }
            claimed
        })
    };
    let (one, other) = (claiming("a"), claiming("b"));
    let mut all = [one.await.unwrap(), other.await.unwrap()].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 60);
}

#[tokio::test]
async fn deliveries_are_listed_counted_tried_again_and_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path()).await;
    let at = |hours: i64| now() + SignedDuration::from_hours(hours);
    let mut ids = Vec::new();
    for (hour, destination) in [(0, "soc"), (1, "ops"), (2, "soc"), (3, "net")] {
        ids.push(enqueue(&store, &NewDelivery { created: at(hour), ..row(destination, &hour.to_string(), &["contoso"]) }).await);
    }
    let claimed = store.claim("a", LEASE, at(4)).await.unwrap().unwrap();
    store.delivered(&claimed, None, None, at(4)).await.unwrap();
    let claimed = store.claim("a", LEASE, at(4)).await.unwrap().unwrap();
    store.not_delivered(&claimed, Undelivered::Failed { tried: true }, "No.").await.unwrap();

    let listed = async |state, destination: Option<&str>, limit| {
        let filter = DeliveryFilter { state, destination: destination.map(ToOwned::to_owned), limit };
        store.deliveries(&filter).await.unwrap().into_iter().map(|known| known.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, 2).await, [ids[3].clone(), ids[2].clone()], "the newest first");
    assert_eq!(listed(None, Some("soc"), 9).await, [ids[2].clone(), ids[0].clone()]);
    assert_eq!(listed(Some(DeliveryState::Failed), None, 9).await, [ids[1].clone()]);
    let sums = store.delivery_sums(at(4)).await.unwrap();
    assert_eq!(sums.by_state.values().copied().collect::<Vec<_>>(), [2, 1, 1, 0, 0]);
    assert_eq!((sums.oldest_waiting, sums.oldest_due), (Some(at(2)), Some(at(2))));
    assert_eq!(store.delivery_sums(at(1)).await.unwrap().oldest_due, None);

    assert_eq!(store.deliveries_prune(at(4 + 90 * 24)).await.unwrap(), 1, "the failed one; the sent one went out later");
    assert_eq!(store.deliveries_prune(at(5 + 90 * 24)).await.unwrap(), 1);
    assert_eq!(listed(None, None, 9).await, [ids[3].clone(), ids[2].clone()], "what waits stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_refuses_while_others_accept_is_told_to_the_operator_once() {
    let sink = Sink::start();
    let post = MailServer::start("localhost", |_, line| (line == "RCPT TO:<gone@example.com>").then_some("550 5.1.1 no such user"));
    let mail = format!(
        "{OPERATOR}\n[mail]\nserver = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"scorewatch@example.com\"\n\
        [destinations.team]\nkind = \"mail\"\nto = \"ada@example.com, gone@example.com\"\ntenants = \"all\"\n",
        post.open().port
    );
    let home = home(&sink, &ALL, &mail);
    let store = store(home.path()).await;
    let ids = [enqueue(&store, &row("team", "monday", &[])).await, enqueue(&store, &row("team", "tuesday", &[])).await];
    let serving = Serving::start(home.path());
    for id in &ids {
        let why = until(&store, id, DeliveryState::Sent).await.why.unwrap();
        assert!(why.contains("g…@example.com (550 5.1.1)") && !why.contains("gone"), "{why}");
    }
    wait("both remarks", || (serving.log().matches("Not every recipient at team receives posts").count() >= 2).then_some(()));
    wait("the notice", || (!told(&sink).is_empty()).then_some(()));
    let notices = store.deliveries(&DeliveryFilter { destination: Some("ops".to_owned()), limit: 9, state: None }).await.unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(told(&sink)[0].contains("Not every recipient at team receives posts"), "{:?}", told(&sink));
    assert_eq!(post.mails().len(), 2);
    let log = serving.kill();
    assert!(!log.contains("gone@example.com"), "{log}");
}
