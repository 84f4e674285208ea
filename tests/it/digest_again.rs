//! Does a digest begin where the last one that arrived ended? Data that are corrected, calendars that are edited, processes that differ.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::{ToSpan as _, civil::date};
use scorewatch::{
    access::{Asker, Role, Tenants},
    digest::{Digest, When},
    store::Store,
    surfaces::terminal::{Capabilities, render},
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::digest_year::{Desk, at, digest, outbox, place, set};

pub fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.db");
    (home, path)
}

pub fn daily(time: &str) -> Digest {
    digest("morning", When::read("daily", None, time, "UTC").unwrap())
}

pub async fn open(path: &Path, digests: Vec<Digest>) -> Desk {
    let named = ["soc", "ops"].map(|name| (name.to_owned(), place(Role::Operator, Tenants::All)));
    Desk::open(path, digests, BTreeMap::from(named)).await
}

/// A desk on Friday at noon that knows the digest and two days of contoso.
pub async fn desk(path: &Path, digest: Digest) -> Desk {
    set(at("2026-11-20T12:00:00Z"));
    let mut desk = open(path, vec![digest]).await;
    desk.read("contoso", date(2026, 11, 19), 50.0).await;
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.digests.round().await.unwrap();
    desk
}

pub async fn make_at(desk: &mut Desk, moment: &str) {
    set(at(moment));
    desk.doors.ask.view().look().await.unwrap();
    desk.digests.round().await.unwrap();
}

/// What is made arrives at once.
async fn round_at(desk: &mut Desk, moment: &str) {
    make_at(desk, moment).await;
    desk.arrive().await;
}

pub async fn titles(path: &Path) -> Vec<String> {
    outbox(path).await.into_iter().map(|(.., post)| post.card.title).collect()
}

/// The title of the newest digest.
pub async fn last(path: &Path) -> String {
    let made = outbox(path).await.into_iter().filter(|(kind, ..)| kind == "digest:morning");
    made.max_by_key(|(_, period, ..)| period.clone()).unwrap().4.card.title
}

pub async fn change(path: &Path, query: &'static str) {
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
    assert_eq!(last(&path).await, "Contoso: \u{2212}5 points since Friday: 1 control slipped; no data since Friday");
    let card = outbox(&path).await.remove(1).4.card;
    let said = render(&card, Capabilities::piped());
    assert!(said.contains("50 to 45") && !said.contains("2026-11-19."), "{said}");
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: no data since Friday");
    // Corrected back just before a new day comes: of both together people knew the corrected one.
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.read("contoso", date(2026, 11, 24), 51.0).await;
    round_at(&mut desk, "2026-11-24T08:00:00Z").await;
    assert_eq!(last(&path).await, "Contoso: +6 points since Friday: 1 control improved");
    desk.read("contoso", date(2026, 11, 24), 49.0).await;
    set(at("2026-11-24T09:00:00Z"));
    let card = desk.doors.operations.digest_preview(&Asker::local(), "morning").await.unwrap();
    assert_eq!(card.title, "Contoso: \u{2212}2 points since today's last digest: 1 control slipped");
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
async fn one_that_is_removed_is_forgotten_after_two_weeks_and_goes_on_before() {
    for (back, gone, first) in [("2026-12-04T09:00:00Z", false, 1), ("2026-12-05T09:00:00Z", true, 0)] {
        let (_home, path) = home();
        drop(desk(&path, daily("08:00")).await);
        let mut without = open(&path, Vec::new()).await;
        for day in ["2026-11-22T07:00:00Z", "2026-12-04T09:00:00Z", back] {
            round_at(&mut without, day).await;
        }
        assert_eq!(Store::open(&path).await.unwrap().digest_runs().await.unwrap().is_empty(), gone);
        let mut again = open(&path, vec![daily("08:00")]).await;
        round_at(&mut again, back).await;
        round_at(&mut again, &back.replace("09:00:00", "09:00:30")).await;
        assert_eq!(titles(&path).await.len(), first, "of one that is new nothing is owed from before");
        round_at(&mut again, "2026-12-06T08:00:00Z").await;
        assert_eq!(titles(&path).await.len(), first + 1);
    }
}

#[tokio::test]
async fn a_process_that_does_not_have_a_digest_does_not_make_others_forget_it() {
    let (_home, path) = home();
    let (mut one, mut other) = (desk(&path, daily("08:00")).await, open(&path, Vec::new()).await);
    let seen = async || Store::open(&path).await.unwrap().digest_runs().await.unwrap()["morning"].seen;
    make_at(&mut one, "2026-11-20T12:59:59Z").await;
    assert_eq!(seen().await, at("2026-11-20T12:00:00Z"), "not every round is written down");
    make_at(&mut one, "2026-11-20T13:00:00Z").await;
    assert_eq!(seen().await, at("2026-11-20T13:00:00Z"));
    for day in 0..40_i64 {
        for hour in [7, 8] {
            let moment = (at("2026-11-21T00:00:00Z") + jiff::SignedDuration::from_hours(24 * day + hour)).to_string();
            round_at(&mut other, &moment).await;
            round_at(&mut one, &moment).await;
        }
    }
    assert_eq!(titles(&path).await.len(), 40);
}

#[tokio::test]
async fn processes_with_different_calendars_make_it_by_each_of_them() {
    let (_home, path) = home();
    let (mut one, mut other) = (desk(&path, daily("08:00")).await, open(&path, vec![daily("11:00")]).await);
    let from = at("2026-11-20T12:00:30Z");
    for minute in (0..4320).step_by(10) {
        for desk in [&mut one, &mut other] {
            round_at(desk, &(from + jiff::SignedDuration::from_mins(minute)).to_string()).await;
        }
    }
    let made: Vec<String> = outbox(&path).await.into_iter().map(|(_, period, ..)| period).collect();
    let expected = [21, 22, 23].map(|day| [8, 11].map(|hour| format!("2026-11-{day}T{hour:02}:00:00Z")));
    assert_eq!(made, expected.concat());
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
        let card = desk.doors.operations.digest_preview(&Asker::local(), "morning").await.unwrap();
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
    assert_eq!(card.title, "Contoso: stored data cannot be read; Fabrikam: +1 point");
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
    assert_eq!(last_notice(&path).await, "Digest morning cannot be created");
    round_at(&mut desk, "2026-11-22T00:00:00Z").await;
    assert_eq!(notices().await.len(), 2);
    change(&path, "UPDATE snapshots SET points = 50").await;
    round_at(&mut desk, "2026-11-22T00:01:00Z").await;
    assert_eq!(notices().await.len(), 3, "and it is made as soon as it can be");
}

#[tokio::test]
async fn how_long_one_fails_begins_anew_after_a_pause() {
    let (_home, path) = home();
    let mut desk = desk(&path, daily("08:00")).await;
    change(&path, "UPDATE snapshots SET points = 'damaged'").await;
    make_at(&mut desk, "2026-11-21T08:00:00Z").await;
    desk.doors.operations.digest_pause(&Asker::local(), "morning", true).await.unwrap();
    make_at(&mut desk, "2026-11-21T08:10:00Z").await;
    desk.doors.operations.digest_pause(&Asker::local(), "morning", false).await.unwrap();
    make_at(&mut desk, "2026-11-22T08:00:00Z").await;
    assert!(titles(&path).await.is_empty(), "it has just begun to fail");
    make_at(&mut desk, "2026-11-22T09:00:00Z").await;
    assert_eq!(last_notice(&path).await, "Digest morning cannot be created");
}

async fn last_notice(path: &Path) -> String {
    titles(path).await.pop().unwrap()
}
