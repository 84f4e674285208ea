//! Does the operator see what went, waits, failed and why, and can something be done about it? The real command, the real metrics.

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    access::{Asker, Role, Tenants},
    error::ErrorKind,
    operations::DeliveryFilter,
    store::{DeliveryState, NewDelivery, Stop, Undelivered, WorkerKind},
};
use serde_json::Value;

use crate::{
    program::{Served, err, out, run, wait},
    support::{
        doors::{doors, doors_by},
        outbox::{LEASE, Serving, alert, enqueue, following, home, house, path, posts, row, store, until, webhook},
        sink::{Act, Sink},
    },
};

const OPERATOR: &str = "operator = \"ops\"";
const ALL: [(&str, &str, &str); 2] = [("soc", "operator", "all"), ("ops", "operator", "all")];

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_what_waits_and_warns_when_nobody_delivers() {
    let (_sink, home, store) = house(&ALL, "").await;
    let nothing = run(home.path(), &["deliveries"]);
    assert!(nothing.status.code() == Some(75) && out(&nothing).contains("Nothing was sent yet"), "{}", err(&nothing));
    assert!(err(&nothing).contains("Not running: deliver (never ran)."), "{}", err(&nothing));
    let made = Timestamp::now() - SignedDuration::from_mins(20);
    let id = enqueue(&store, &NewDelivery { created: made, ..row("soc", "monday", &["contoso"]) }).await;
    let listed = run(home.path(), &["deliveries"]);
    assert_eq!(listed.status.code(), Some(75), "{}", out(&listed));
    assert!(out(&listed).contains("Contoso: no change (monday)") && out(&listed).contains(&id), "{}", out(&listed));
    assert!(err(&listed).contains("Is `scorewatch serve` running?"), "{}", err(&listed));
    let elsewhere = run(home.path(), &["deliveries", "--destination", "ops", "--json"]);
    assert_eq!(elsewhere.status.code(), Some(75));
    let told: Value = serde_json::from_str(&out(&elsewhere)).unwrap();
    assert_eq!((told["deliveries"].as_array().unwrap().len(), &told["by_state"]["waiting"]), (0, &Value::from(1)));
    // With somebody who delivers there is nothing to warn of.
    store.heartbeat(WorkerKind::Deliver, Timestamp::now()).await.unwrap();
    assert!(run(home.path(), &["deliveries"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_has_something_to_do_and_does_not_run_is_told_of_also_when_nothing_waits() {
    let sink = Sink::start();
    let digest = "[[digest]]\nname = \"morning\"\ntenants = \"all\"\nto = \"soc\"\n";
    let alert = "[[alert]]\nname = \"fall\"\ntenants = \"all\"\nto = \"soc\"\nwhen = \"score_falls\"\npoints = 3\n";
    for (more, worker, all) in [(digest, WorkerKind::Digest, ["deliver", "digest"]), (alert, WorkerKind::Alert, ["alert", "deliver"])] {
        let home = home(&sink, &ALL, more);
        let store = store(home.path()).await;
        let told = || {
            let told = run(home.path(), &["deliveries", "--json"]);
            let value: Value = serde_json::from_str(&out(&told)).unwrap();
            (told.status.code(), value["silent"].as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        };
        assert_eq!(told(), (Some(75), all.map(ToOwned::to_owned).to_vec()));
        store.heartbeat(WorkerKind::Deliver, Timestamp::now()).await.unwrap();
        store.heartbeat(worker, Timestamp::now() - SignedDuration::from_mins(11)).await.unwrap();
        assert_eq!(told(), (Some(75), vec![worker.to_string()]));
        let warned = err(&run(home.path(), &["deliveries"]));
        assert!(warned.contains(&format!("Not running: {worker} (last ran ")), "{warned}");
        store.heartbeat(worker, Timestamp::now()).await.unwrap();
        assert_eq!(told(), (Some(0), Vec::new()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_delivered_once_its_destination_is_resumed_and_never_twice() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.script(&path("soc"), &[Act::Status(410)]);
    let id = enqueue(&store, &row("soc", "monday", &["contoso"])).await;
    let _serving = Serving::start(home.path());
    until(&store, &id, DeliveryState::Failed).await;
    let failed = out(&run(home.path(), &["deliveries", "--state", "failed"]));
    assert!(failed.contains("Deliveries to soc are stopped since") && failed.contains("1 failed"), "{failed}");

    let stopped = run(home.path(), &["deliveries", "retry", &id]);
    assert_eq!(stopped.status.code(), Some(2));
    assert!(err(&stopped).contains("scorewatch deliveries resume soc"), "{}", err(&stopped));
    assert!(out(&run(home.path(), &["deliveries", "resume", "soc"])).contains("is resumed"));
    assert!(out(&run(home.path(), &["deliveries", "resume", "soc"])).contains("was not stopped"));
    let nowhere = run(home.path(), &["deliveries", "resume", "nowhere"]);
    assert!(nowhere.status.code() == Some(1) && err(&nowhere).contains("nowhere"), "{}", err(&nowhere));
    let again = run(home.path(), &["deliveries", "retry", &id]);
    assert!(again.status.success() && err(&again).contains("Sent."), "{}", err(&again));
    until(&store, &id, DeliveryState::Sent).await;

    let twice = run(home.path(), &["deliveries", "retry", &id]);
    assert!(twice.status.code() == Some(2) && err(&twice).contains("It went out at"), "{}", err(&twice));
    let unknown = run(home.path(), &["deliveries", "retry", "-no`such"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", err(&unknown));
    let audited = out(&run(home.path(), &["audit", "--json"]));
    assert!(audited.contains("destination.resume") && audited.contains("delivery.retry") && audited.contains(&id), "{audited}");
}

#[tokio::test]
async fn what_is_told_anew_anyhow_or_is_no_longer_kept_is_not_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let sink = Sink::start();
    let doors = doors_by(store.clone(), Timestamp::now, posts(webhook(&sink, "ops"))).await;
    let again = async |id: &str| doors.operations.deliver_again(&Asker::local(), id).await;
    let give_up = async |id: &str| {
        let claimed = store.claim("a", LEASE, Timestamp::now()).await.unwrap().unwrap();
        assert_eq!(claimed.id, id);
        assert!(store.not_delivered(&claimed, Undelivered::Failed { tried: true }, "No.").await.unwrap());
    };
    let bad = alert("ops", "monday", &["contoso"]);
    let id = enqueue(&store, &bad).await;
    assert_eq!(again(&id).await.unwrap().state, DeliveryState::Waiting, "what waits may be hurried");
    give_up(&id).await;
    let refused = again(&id).await.unwrap_err();
    assert!(refused.kind == ErrorKind::BadArguments && refused.sentence.contains("its rule tells it anew"), "{refused}");
    let over = enqueue(&store, &following(&bad, "over")).await;
    give_up(&over).await;
    assert!(again(&over).await.unwrap_err().sentence.contains("its rule tells it anew"), "its end is, too");

    let known = store.delivery(&over).await.unwrap().unwrap();
    assert_eq!(store.deliveries_prune(known.deadline + SignedDuration::from_hours(7 * 24 + 1)).await.unwrap(), 0);
    let refused = again(&over).await.unwrap_err();
    assert!(refused.kind == ErrorKind::BadArguments && refused.sentence.contains("only its title is kept"), "{refused}");
    let shown = doors.operations.deliveries(&Asker::local(), &DeliveryFilter { limit: 9, ..DeliveryFilter::default() }).await.unwrap();
    assert!(shown.rows.iter().any(|row| row.id == over && row.title == known.title), "{shown:?}");
}

#[tokio::test]
async fn only_who_operates_and_sees_all_tenants_may_know_or_decide() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let doors = doors(store.clone()).await;
    store.stop("soc", &Stop { since: Timestamp::now(), why: "It is gone.".to_owned() }).await.unwrap();
    let filter = DeliveryFilter { limit: 1, ..DeliveryFilter::default() };
    let analyst = Asker { role: Role::Analyst, ..Asker::local() };
    let narrow = Asker { tenants: Tenants::Only(["contoso".to_owned()].into()), ..Asker::local() };
    for asker in [analyst, narrow] {
        assert_eq!(doors.operations.deliveries(&asker, &filter).await.unwrap_err().kind, ErrorKind::Forbidden);
        assert_eq!(doors.operations.deliver_again(&asker, "x").await.unwrap_err().kind, ErrorKind::Forbidden);
        assert_eq!(doors.operations.resume_destination(&asker, "soc").await.unwrap_err().kind, ErrorKind::Forbidden);
    }
    assert!(store.stopped("soc").await.unwrap().is_some());
    assert_eq!(doors.operations.deliveries(&Asker::local(), &filter).await.unwrap().stops["soc"].why, "It is gone.");
    for limit in [0, 1001] {
        let refused =
            doors.operations.deliveries(&Asker::local(), &DeliveryFilter { limit, ..DeliveryFilter::default() }).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BadArguments);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_say_how_deliveries_stand() {
    let (sink, home, store) = house(&ALL, "").await;
    sink.always(&path("ops"), Act::Status(410));
    let sent = enqueue(&store, &row("soc", "monday", &[])).await;
    let failed = enqueue(&store, &row("ops", "monday", &[])).await;
    let server = Served::start(home.path());
    until(&store, &sent, DeliveryState::Sent).await;
    until(&store, &failed, DeliveryState::Failed).await;
    let key = out(&run(home.path(), &["key", "new", "--name", "metrics", "--all-tenants", "--role", "operator"])).trim().to_owned();
    let expected = [
        "scorewatch_deliveries{state=\"sent\"} 1",
        "scorewatch_deliveries{state=\"failed\"} 1",
        "scorewatch_deliveries{state=\"waiting\"} 0",
        "scorewatch_deliveries{state=\"replaced\"} 0",
        "scorewatch_delivery_oldest_waiting_seconds 0",
        "scorewatch_deliveries_total{destination=\"soc\",outcome=\"sent\"} 1",
        "scorewatch_deliveries_total{destination=\"ops\",outcome=\"failed\"} 1",
        "scorewatch_destination_stopped{destination=\"soc\"} 0",
        "scorewatch_destination_failing_seconds{destination=\"soc\"} 0",
        "scorewatch_destination_stopped{destination=\"ops\"} 1",
        "scorewatch_worker_last_run_timestamp_seconds{worker=\"deliver\"} ",
        "scorewatch_worker_last_run_timestamp_seconds{worker=\"digest\"} ",
        "scorewatch_worker_last_run_timestamp_seconds{worker=\"alert\"} ",
    ];
    let metrics = wait("the second look of the watchdog", || {
        let (status, metrics) = server.get("/metrics", &key);
        (status == 200 && metrics.contains("scorewatch_destination_stopped{destination=\"ops\"} 1")).then_some(metrics)
    });
    for line in expected {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_where_posts_go_and_what_keeps_them_and_sends_none() {
    let sink = Sink::start();
    let some = [("soc", "analyst", "contoso"), ("ops", "operator", "all")];
    let digest = |name: &str, tenants: &str| format!("[[digest]]\nname = \"{name}\"\ntenants = \"{tenants}\"\nto = \"soc\"\n");
    let alert = |name: &str, tenants: &str| {
        format!("[[alert]]\nname = \"{name}\"\ntenants = \"{tenants}\"\nto = \"soc\"\nwhen = \"score_falls\"\npoints = 3\n")
    };
    let tenants = "[tenants.contoso]\n[tenants.fabrikam]\n";
    let good = home(&sink, &some, &[tenants, &digest("morning", "contoso"), &digest("seen", "all"), &alert("fall", "contoso")].concat());
    let checked = run(good.path(), &["check"]);
    assert!(checked.status.success(), "{}{}", out(&checked), err(&checked));
    let said = out(&checked);
    for line in [
        "destination soc: webhook, read with the role analyst of contoso",
        "destination ops: webhook, read with the role operator of all tenants",
        "digest morning: ok. contoso, Monday to Friday at 08:00 UTC, to soc; next on ",
        "digest seen: ok. all tenants but fabrikam (left out: not for those who read there), ",
        "alert fall: ok. score_falls in contoso, to soc.",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(err(&checked).contains("delivery.operator names no destination"), "{}", err(&checked));

    let more = [&format!("{OPERATOR}\n{tenants}"), &digest("both", "contoso, fabrikam"), &digest("typo", "contso"), &alert("wide", "all")];
    let bad = home(&sink, &some, &more.map(String::as_str).concat());
    let checked = run(bad.path(), &["check"]);
    let said = out(&checked);
    assert_eq!(checked.status.code(), Some(78), "{said}");
    for line in [
        "digest both: FAILED. Those who read at soc may not see fabrikam. Allow it in the grant, ",
        "digest typo: FAILED. contso is neither configured nor stored. Correct its tenants, or add [tenants.contso].",
        "alert wide: FAILED. Those who read at soc may not see fabrikam.",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(!err(&checked).contains("delivery.operator"), "{}", err(&checked));
    assert_eq!(sink.begun(), 0, "nothing is sent");
}
