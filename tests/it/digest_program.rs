//! Can an operator look at digests, try and hold them back? The real binary over a real store.

use std::{path::Path, time::Duration};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::{
    sandbox::{self, Options},
    store::{Stop, Store},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{err, out, run},
    support::sink::{Act, Sink},
};

/// A directory with a configuration, and what Microsoft said of contoso until two days ago.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let text = "\
[tenants.contoso]
offline = true

[destinations.soc]
kind = \"webhook\"
url = \"http://127.0.0.1:9/hooks/SECRET\"
secret = \"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"
tenants = \"contoso\"

[[digest]]
name = \"morning\"
tenants = \"contoso\"
to = \"soc\"
at = \"08:00\"
zone = \"Europe/Berlin\"
";
    std::fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(2.days());
    let options = Options::new(today);
    std::fs::write(home.path().join("scores.json"), sandbox::scores_json("contoso", &options, today, 90).unwrap()).unwrap();
    std::fs::write(home.path().join("profiles.json"), sandbox::profiles_json("contoso", &options, today).unwrap()).unwrap();
    said(home.path(), &["import", "--tenant", "contoso", "scores.json", "profiles.json"]);
    home
}

/// What a command that succeeds says, on both streams.
fn said(home: &Path, args: &[&str]) -> String {
    let done = run(home, args);
    assert!(done.status.success(), "{args:?}: {}", err(&done));
    out(&done) + &err(&done)
}

#[tokio::test]
async fn who_sends_to_a_stopped_destination_is_told_so() {
    let home = home();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let stop = Stop { since: Timestamp::now(), why: "The webhook was removed.".to_owned() };
    assert!(store.stop("soc", &stop).await.unwrap());
    store.close().await;
    let sent = run(home.path(), &["digest", "send", "morning"]);
    let expected = "Deliveries to soc are stopped: The webhook was removed. Once that is fixed: scorewatch deliveries resume soc";
    assert!(sent.status.code() == Some(69) && err(&sent).contains(expected) && !err(&sent).contains("Sent."), "{}", err(&sent));
}

/// The same, with an address that takes posts.
fn home_with(sink: &Sink) -> TempDir {
    let home = home();
    let file = home.path().join("scorewatch.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("http://127.0.0.1:9/hooks/SECRET", &format!("{}/soc", sink.root));
    std::fs::write(file, text).unwrap();
    home
}

#[test]
fn without_a_server_a_digest_is_delivered_by_the_command_itself() {
    let sink = Sink::start();
    let home = home_with(&sink);
    let sent = said(home.path(), &["digest", "send", "morning"]);
    assert!(sent.contains("in the outbox as ") && sent.contains("Sent."), "{sent}");
    let seen = sink.seen();
    assert_eq!(seen.len(), 1);
    assert!(sent.contains(&seen[0].id), "under the id that was told: {sent}");
    let listed: Value = serde_json::from_str(&out(&run(home.path(), &["deliveries", "--json"]))).unwrap();
    assert_eq!(listed["by_state"]["sent"], 1);
    assert!(said(home.path(), &["digest", "preview", "morning"]).starts_with("Contoso: no data since "), "it was told");
}

#[test]
fn one_that_does_not_arrive_ends_with_a_number_that_says_so() {
    let sink = Sink::start();
    let home = home_with(&sink);
    let exits = |status: u16, code: i32, words: &str| {
        sink.script("/soc", &[Act::Status(status)]);
        let sent = run(home.path(), &["digest", "send", "morning"]);
        assert!(sent.status.code() == Some(code) && err(&sent).contains(words), "{status}: {:?} {}", sent.status.code(), err(&sent));
        out(&sent).rsplit(' ').next().unwrap().trim().trim_end_matches('.').to_owned()
    };
    let id = exits(503, 75, "Not sent yet: ");
    // Tried again by hand it arrives, once.
    let again = run(home.path(), &["deliveries", "retry", &id]);
    assert!(again.status.success() && err(&again).contains("Sent."), "{}", err(&again));
    assert_eq!((sink.seen().len(), sink.count(&id)), (2, 2));
    exits(410, 69, "Not sent: ");
}

fn state(home: &Path) -> Value {
    let listed: Value = serde_json::from_str(&said(home, &["digest", "--json"])).unwrap();
    listed[0].clone()
}

/// Lets all arrive that waits.
async fn arrive(home: &Path) {
    let store = Store::open(&home.join("scorewatch.db")).await.unwrap();
    // Those that failed once wait a while.
    let later = Timestamp::now() + Duration::from_mins(30);
    while let Some(claimed) = store.claim("test", Duration::from_mins(1), later).await.unwrap() {
        assert!(store.delivered(&claimed, None, None, Timestamp::now()).await.unwrap());
    }
    store.close().await;
}

#[tokio::test]
async fn a_digest_is_tried_sent_and_held_back() {
    let home = home();
    let home = home.path();
    assert!(said(home, &["digest"]).contains("Monday to Friday"));
    assert_eq!(state(home)["covered_through"], Value::Null);

    let preview = said(home, &["digest", "preview", "morning"]);
    assert!(preview.starts_with("Contoso: \u{2212}2.58 points since "), "{preview}");
    assert!(preview.contains("Nothing was sent. It goes to soc (webhook), whose readers have the role reader."), "{preview}");
    assert!(!preview.contains("SECRET") && !preview.contains('@'), "{preview}");
    assert_eq!(state(home)["covered_through"], Value::Null, "a preview is no digest");

    // Nobody listens there.
    let unsent = || {
        let sent = run(home, &["digest", "send", "morning"]);
        assert_eq!(sent.status.code(), Some(75), "{}", err(&sent));
        out(&sent) + &err(&sent)
    };
    let sent = unsent();
    assert!(sent.contains("in the outbox as ") && sent.contains("Not sent yet: ") && sent.contains("`scorewatch serve`"), "{sent}");
    assert_eq!((&state(home)["covered_through"], &state(home)["last"]), (&Value::Null, &"waiting".into()), "it has not arrived yet");
    assert!(said(home, &["digest", "preview", "morning"]).starts_with("Contoso: \u{2212}2.58 points since "), "it has not arrived yet");
    unsent();
    let replaced: Value = serde_json::from_str(&out(&run(home, &["deliveries", "--state", "replaced", "--json"]))).unwrap();
    assert_eq!((&replaced["by_state"]["replaced"], &replaced["by_state"]["waiting"]), (&Value::from(1), &Value::from(1)));
    let retried = run(home, &["deliveries", "retry", replaced["deliveries"][0]["id"].as_str().unwrap()]);
    assert!(retried.status.code() == Some(2) && err(&retried).contains("A later digest covers what it tells"), "{}", err(&retried));
    arrive(home).await;
    assert!(state(home)["covered_through"].is_string() && state(home)["last"] == "sent");
    assert!(said(home, &["digest", "preview", "morning"]).starts_with("Contoso: no data since "));

    assert!(said(home, &["digest", "pause", "morning"]).contains("scorewatch digest resume morning"));
    assert!(state(home)["next"].is_null() && state(home)["paused"].is_string());
    let sent = unsent();
    assert!(sent.contains("itself is paused since ") && sent.contains("scorewatch digest resume morning"), "{sent}");
    assert!(said(home, &["digest", "resume", "morning"]).contains("08:00 CE"), "by the clock of its zone");
    assert!(state(home)["next"].is_string());

    let removed = run(home, &["digest", "remove", "morning"]);
    assert!(removed.status.code() == Some(2) && err(&removed).contains("stands in the configuration"), "{}", err(&removed));
    let unknown = run(home, &["digest", "preview", "mornin"]);
    assert!(unknown.status.code() == Some(1) && err(&unknown).contains("Did you mean `morning`?"), "{}", err(&unknown));
    assert!(said(home, &["audit"]).contains("digest.pause"));
}
