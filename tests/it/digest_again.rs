//! Does a digest begin where the last one that arrived ended? Data that are corrected, deliveries that fail, calendars that are edited.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::{ToSpan as _, civil::date};
use scorewatch::{
    access::{Asker, Role, Tenants},
    digest::{Digest, When},
    store::Store,
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::digest_year::{Desk, at, digest, outbox, place, set};

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.db");
    (home, path)
}

fn daily(time: &str) -> Digest {
    digest("morning", When::read("daily", None, time, "UTC").unwrap())
}

async fn open(path: &Path, digests: Vec<Digest>) -> Desk {
    let named = ["soc", "ops"].map(|name| (name.to_owned(), place(Role::Operator, Tenants::All)));
    Desk::open(path, digests, BTreeMap::from(named)).await
}

/// A desk on Friday at noon that knows the digest and two days of contoso.
async fn desk(path: &Path, digest: Digest) -> Desk {
    set(at("2026-11-20T12:00:00Z"));
    let mut desk = open(path, vec![digest]).await;
    desk.read("contoso", date(2026, 11, 19), 50.0).await;
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.digests.round().await.unwrap();
    desk
}

async fn round_at(desk: &mut Desk, moment: &str) {
    set(at(moment));
    desk.ask.look().await.unwrap();
    desk.digests.round().await.unwrap();
}

async fn titles(path: &Path) -> Vec<String> {
    outbox(path).await.into_iter().map(|(.., parcel)| parcel.card.title).collect()
}

/// The title of the newest digest.
async fn last(path: &Path) -> String {
    let made = outbox(path).await.into_iter().filter(|(kind, ..)| kind == "digest:morning");
    made.max_by_key(|(_, period, ..)| period.clone()).unwrap().4.card.title
}

async fn change(path: &Path, query: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    assert!(sqlx::query(query).execute(&mut connection).await.unwrap().rows_affected() > 0, "{query}");
}

#[tokio::test]
async fn a_day_that_is_corrected_after_it_was_told_is_told_once_more() {
    let (_home, path) = home();
    let mut desk = desk(&path, daily("08:00")).await;
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: nothing new since Thursday");
    desk.read("contoso", date(2026, 11, 20), 45.0).await;
    round_at(&mut desk, "2026-11-22T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: \u{2212}5 points since Friday: 1 control slipped");
    let card = outbox(&path).await.remove(1).4.card;
    let said = serde_json::to_string(&card).unwrap();
    assert!(said.contains("50 to 45") && !said.contains("2026-11-19."), "{said}");
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: no new score since Friday");
    // Corrected back just before a new day comes: of both together people knew the corrected one.
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.read("contoso", date(2026, 11, 24), 51.0).await;
    round_at(&mut desk, "2026-11-24T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: +6 points since Friday: 1 control improved");
    desk.read("contoso", date(2026, 11, 24), 49.0).await;
    set(at("2026-11-24T09:00:00Z"));
    let card = desk.ask.digest_preview(&Asker::local(), "morning").await.unwrap();
    assert_eq!(card.title, "Contoso: \u{2212}2 points since today's last digest: 1 control slipped");
}

#[tokio::test]
async fn one_that_never_arrived_is_told_by_the_next_and_one_that_waits_is_not() {
    let ends = [
        ("UPDATE outbox SET state = 'failed' WHERE period LIKE '2026-11-21%'", -7.0),
        ("UPDATE outbox SET state = 'withheld' WHERE period LIKE '2026-11-21%'", -7.0),
        ("UPDATE outbox SET state = 'sent' WHERE period LIKE '2026-11-21%'", -2.0),
        ("UPDATE outbox SET state = 'waiting' WHERE period LIKE '2026-11-21%'", -2.0),
    ];
    for (end, moved) in ends {
        let (_home, path) = home();
        let mut desk = desk(&path, daily("08:00")).await;
        desk.read("contoso", date(2026, 11, 21), 45.0).await;
        round_at(&mut desk, "2026-11-21T08:00:00Z").await;
        assert_eq!(last(&path).await, "Contoso: \u{2212}5 points since Friday: 1 control slipped");
        change(&path, end).await;
        desk.read("contoso", date(2026, 11, 22), 43.0).await;
        round_at(&mut desk, "2026-11-22T08:00:00Z").await;
        let since = if moved < -5.0 { "Friday" } else { "Saturday" };
        assert_eq!(last(&path).await, format!("Contoso: \u{2212}{} points since {since}: 1 control slipped", -moved), "{end}");
    }
}

#[tokio::test]
async fn of_two_that_waited_and_failed_together_nothing_is_lost() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..daily("08:00") }).await;
    for (day, points) in [(21, 45.0), (22, 43.0)] {
        desk.read("contoso", date(2026, 11, day), points).await;
        round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
    }
    // A silent one that has nothing to say keeps in mind what still waits.
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert_eq!(titles(&path).await.len(), 2);
    change(&path, "UPDATE outbox SET state = 'failed'").await;
    round_at(&mut desk, "2026-11-24T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: \u{2212}7 points since Friday: 1 control slipped");
}

#[tokio::test]
async fn another_calendar_posts_nothing_at_once() {
    let (_home, path) = home();
    let mut first = desk(&path, daily("08:00")).await;
    first.read("contoso", date(2026, 11, 21), 45.0).await;
    round_at(&mut first, "2026-11-21T08:00:00Z").await;
    drop(first);
    // By the new time it would have been due an hour ago.
    set(at("2026-11-21T12:00:00Z"));
    let mut desk = open(&path, vec![daily("11:00")]).await;
    round_at(&mut desk, "2026-11-21T12:00:00Z").await;
    round_at(&mut desk, "2026-11-22T08:00:00Z").await;
    assert_eq!(titles(&path).await.len(), 1, "neither at once nor by the old time");
    desk.read("contoso", date(2026, 11, 22), 44.0).await;
    round_at(&mut desk, "2026-11-22T11:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: \u{2212}1 point since Saturday: 1 control slipped", "it still knows what it told");
}

#[tokio::test]
async fn what_was_removed_and_added_again_begins_anew() {
    let (_home, path) = home();
    drop(desk(&path, daily("08:00")).await);
    let mut without = open(&path, Vec::new()).await;
    round_at(&mut without, "2026-11-22T07:00:00Z").await;
    assert!(Store::open(&path).await.unwrap().digest_runs().await.unwrap().is_empty());
    let mut again = open(&path, vec![daily("08:00")]).await;
    round_at(&mut again, "2026-11-22T09:00:00Z").await;
    round_at(&mut again, "2026-11-22T09:00:30Z").await;
    assert!(titles(&path).await.is_empty(), "08:00 was before it was added");
    round_at(&mut again, "2026-11-23T08:00:00Z").await;
    assert_eq!(titles(&path).await.len(), 1);
}

#[tokio::test]
async fn the_first_one_looks_as_far_back_as_it_is_sent_seldom() {
    for (every, title) in [
        ("daily", "Contoso: +1 point since Sunday: 1 control improved"),
        ("weekly", "Contoso: +7 points since 2026-11-16: 1 control improved"),
        ("monthly", "Contoso: +31 points since 2026-10-23: 1 control improved"),
    ] {
        let (_home, path) = home();
        set(at("2026-11-22T12:00:00Z"));
        let mut desk = open(&path, vec![digest("morning", When::read(every, None, "08:00", "UTC").unwrap())]).await;
        for back in (0..40_i32).rev() {
            desk.read("contoso", date(2026, 11, 23).saturating_sub(back.days()), f64::from(60 - back)).await;
        }
        desk.digests.round().await.unwrap();
        set(at("2026-11-23T09:00:00Z"));
        let card = desk.ask.digest_preview(&Asker::local(), "morning").await.unwrap();
        assert_eq!(card.title, title);
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_is_left_out_and_told_the_next_time() {
    let (_home, path) = home();
    let mut desk = desk(&path, daily("08:00")).await;
    for (tenant, points) in [("contoso", 49.0), ("fabrikam", 70.0)] {
        desk.read(tenant, date(2026, 11, 21), points).await;
    }
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    desk.read("contoso", date(2026, 11, 22), 47.0).await;
    desk.read("fabrikam", date(2026, 11, 22), 71.0).await;
    change(&path, "UPDATE snapshots SET points = 'damaged' WHERE day = '2026-11-22' AND points < 60").await;
    round_at(&mut desk, "2026-11-22T08:00:00Z").await;
    let card = outbox(&path).await.remove(1).4.card;
    assert_eq!(card.title, "Fabrikam: +1 point since Saturday: 1 control improved");
    let said = serde_json::to_string(&card).unwrap();
    assert!(said.contains("contoso is left out, and told the next time: the data cannot be read."), "{said}");
    change(&path, "UPDATE snapshots SET points = 47 WHERE points = 'damaged'").await;
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert!(last(&path).await.starts_with("Contoso: \u{2212}2 points since Saturday: 1 control slipped"), "{}", last(&path).await);
}

#[tokio::test]
async fn the_operator_hears_once_a_day_of_one_that_cannot_be_made_for_an_hour() {
    let (_home, path) = home();
    let mut desk = desk(&path, daily("08:00")).await;
    change(&path, "UPDATE snapshots SET points = 'damaged'").await;
    let notices = async || outbox(&path).await.into_iter().map(|(kind, ..)| kind).collect::<Vec<_>>();
    for minute in ["08:00", "08:30", "08:59"] {
        round_at(&mut desk, &format!("2026-11-21T{minute}:00Z")).await;
        assert!(notices().await.is_empty(), "{minute}");
    }
    for minute in ["09:00", "09:01", "23:59"] {
        round_at(&mut desk, &format!("2026-11-21T{minute}:00Z")).await;
        assert_eq!(notices().await, ["notice:digest:morning"], "{minute}");
    }
    assert_eq!(last_notice(&path).await, "Digest morning cannot be made");
    round_at(&mut desk, "2026-11-22T00:00:00Z").await;
    assert_eq!(notices().await.len(), 2);
    change(&path, "UPDATE snapshots SET points = 50").await;
    round_at(&mut desk, "2026-11-22T00:01:00Z").await;
    assert_eq!(notices().await.len(), 3, "and it is made as soon as it can be");
}

async fn last_notice(path: &Path) -> String {
    titles(path).await.pop().unwrap()
}
