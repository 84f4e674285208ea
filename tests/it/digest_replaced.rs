//! What becomes of a digest that has not arrived when the next one is due? That one covers both, and takes its place; nothing is lost or told twice.

use std::time::Duration;

use jiff::{SignedDuration, civil::date};
use scorewatch::{
    access::Asker,
    digest::Digest,
    error::ErrorKind,
    store::{Claimed, DeliveryFilter, DeliveryState, Undelivered},
};

use crate::{
    digest_again::{change, daily, desk, home, last, make_at, open, titles},
    digest_year::{Desk, at, now, set},
};

const LEASE: Duration = Duration::from_mins(2);

async fn claim(desk: &Desk) -> Claimed {
    desk.store.claim("a", LEASE, now()).await.unwrap().unwrap()
}

/// Tries to send the one that waits, in vain; its id.
async fn in_vain(desk: &Desk, becomes: Undelivered) -> String {
    let claimed = claim(desk).await;
    assert!(desk.store.not_delivered(&claimed, becomes, "The other side is out of order.").await.unwrap());
    claimed.id
}

/// The delivery is tried again in an hour.
fn later() -> Undelivered {
    Undelivered::Again(now() + SignedDuration::from_hours(1))
}

/// How it stands with all deliveries, the oldest first.
async fn states(desk: &Desk) -> Vec<DeliveryState> {
    let filter = DeliveryFilter { limit: 99, ..DeliveryFilter::default() };
    desk.store.deliveries(&filter).await.unwrap().into_iter().rev().map(|known| known.state).collect()
}

/// Contoso has `points` on this day of November, and the digest of its morning is made.
async fn day(desk: &mut Desk, day: i8, points: f64) {
    desk.read("contoso", date(2026, 11, day), points).await;
    make_at(desk, &format!("2026-11-{day}T08:00:00Z")).await;
}

#[tokio::test]
async fn after_a_destination_was_down_over_two_due_times_one_message_covers_both() {
    let (_home, path) = home();
    let mut desk = desk(&path, daily("08:00")).await;
    for (number, points) in [(21, 45.0), (22, 43.0)] {
        day(&mut desk, number, points).await;
        in_vain(&desk, later()).await;
    }
    assert_eq!(
        desk.doors.operations.digest_preview(&Asker::local(), "morning").await.unwrap().title,
        last(&path).await,
        "the next one covers it, too"
    );
    set(at("2026-11-22T09:00:00Z"));
    assert_eq!(desk.arrive().await, ["Contoso: \u{2212}7 points since Friday: 1 control slipped"]);
    assert_eq!(states(&desk).await, [DeliveryState::Replaced, DeliveryState::Sent]);
    let filter = DeliveryFilter { state: Some(DeliveryState::Replaced), limit: 9, ..DeliveryFilter::default() };
    let told = desk.doors.operations.deliveries(&Asker::local(), &filter).await.unwrap();
    assert_eq!(told.rows[0].why.as_deref(), Some("The digest of 2026-11-22 08:00 UTC covers it, too."));
    assert_eq!((told.sums.by_state[&DeliveryState::Replaced], told.sums.oldest_waiting, told.sums.oldest_due), (1, None, None));
    day(&mut desk, 23, 43.0).await;
    assert_eq!(desk.arrive().await, ["Contoso: nothing new since Sunday"], "what arrived is told once");
    // What is over goes after 90 days, this one like any other.
    assert_eq!(desk.store.deliveries_prune(now() + SignedDuration::from_hours(91 * 24)).await.unwrap(), 3);
}

#[tokio::test]
async fn what_fails_for_good_after_it_replaced_another_is_told_with_that_one_by_the_third() {
    for becomes in [Undelivered::Failed { tried: true }, Undelivered::Withheld] {
        let (_home, path) = home();
        let mut desk = desk(&path, daily("08:00")).await;
        day(&mut desk, 21, 45.0).await;
        let first = in_vain(&desk, later()).await;
        day(&mut desk, 22, 43.0).await;
        let second = in_vain(&desk, becomes).await;
        day(&mut desk, 23, 42.0).await;
        for covered in [&first, &second] {
            let error = desk.doors.operations.deliver_again(&Asker::local(), covered).await.unwrap_err();
            assert!(error.kind == ErrorKind::BadArguments && error.sentence.contains("scorewatch digest send morning"), "{error}");
        }
        assert_eq!(desk.arrive().await, ["Contoso: \u{2212}8 points since Friday: 1 control slipped"], "{becomes:?}");
    }
}

#[tokio::test]
async fn while_the_last_one_is_being_sent_none_is_made_and_then_by_how_that_ended() {
    for (arrives, title) in [(true, "Contoso: \u{2212}2 points since Saturday"), (false, "Contoso: \u{2212}7 points since Friday")] {
        let (_home, path) = home();
        let mut desk = desk(&path, daily("08:00")).await;
        day(&mut desk, 21, 45.0).await;
        set(at("2026-11-22T07:59:30Z"));
        let sending = claim(&desk).await;
        day(&mut desk, 22, 43.0).await;
        assert_eq!(titles(&path).await.len(), 1, "and the operator is told of nothing");
        let error = desk.doors.operations.digest_send(&Asker::local(), "morning").await.unwrap_err();
        assert!(error.kind == ErrorKind::Throttled && error.sentence.contains("being sent at this very moment"), "{error}");
        let kept = if arrives {
            desk.store.delivered(&sending, None, None, now()).await
        } else {
            desk.store.not_delivered(&sending, later(), "It is down.").await
        };
        assert!(kept.unwrap());
        make_at(&mut desk, "2026-11-22T08:00:30Z").await;
        assert_eq!(desk.arrive().await, [format!("{title}: 1 control slipped")]);
    }
}

#[tokio::test]
async fn a_digest_begins_by_what_became_of_the_last_one() {
    for (end, since, becomes) in [
        ("UPDATE outbox SET state = 'failed'", "Friday", Some(DeliveryState::Failed)),
        ("UPDATE outbox SET state = 'withheld'", "Friday", Some(DeliveryState::Withheld)),
        ("UPDATE outbox SET state = 'waiting'", "Friday", Some(DeliveryState::Replaced)),
        ("UPDATE outbox SET state = 'sent'", "Saturday", Some(DeliveryState::Sent)),
        ("DELETE FROM outbox", "Saturday", None),
    ] {
        let (_home, path) = home();
        let mut desk = desk(&path, daily("08:00")).await;
        day(&mut desk, 21, 45.0).await;
        change(&path, end).await;
        day(&mut desk, 22, 43.0).await;
        let points = if since == "Friday" { 7 } else { 2 };
        assert_eq!(
            desk.arrive().await.pop().unwrap(),
            format!("Contoso: \u{2212}{points} points since {since}: 1 control slipped"),
            "{end}"
        );
        let expected: Vec<DeliveryState> = becomes.into_iter().chain([DeliveryState::Sent]).collect();
        assert_eq!(states(&desk).await, expected, "{end}");
    }
}

#[tokio::test]
async fn a_silent_one_takes_back_what_is_no_news_any_more() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..daily("08:00") }).await;
    day(&mut desk, 21, 45.0).await;
    in_vain(&desk, later()).await;
    // Still new to those who have not heard of it.
    make_at(&mut desk, "2026-11-22T08:00:00Z").await;
    assert_eq!((states(&desk).await.len(), last(&path).await.as_str()), (2, "Contoso: \u{2212}5 points since Friday: 1 control slipped"));
    day(&mut desk, 23, 50.0).await;
    assert_eq!(states(&desk).await, [DeliveryState::Replaced; 2]);
    let newest = desk.store.deliveries(&DeliveryFilter { limit: 1, ..DeliveryFilter::default() }).await.unwrap().remove(0);
    assert_eq!(newest.why.as_deref(), Some("At 2026-11-23 08:00 UTC nothing of it was new any more."));
    day(&mut desk, 24, 49.0).await;
    assert_eq!(desk.arrive().await, ["Contoso: \u{2212}1 point since Friday: 1 control slipped"]);
}

#[tokio::test]
async fn two_processes_replace_it_once() {
    let (_home, path) = home();
    let mut one = desk(&path, daily("08:00")).await;
    day(&mut one, 21, 45.0).await;
    let mut other = open(&path, vec![daily("08:00")]).await;
    one.read("contoso", date(2026, 11, 22), 43.0).await;
    other.doors.ask.view().look().await.unwrap();
    set(at("2026-11-22T08:00:00Z"));
    let (first, second) = tokio::join!(one.digests.round(), other.digests.round());
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(states(&one).await, [DeliveryState::Replaced, DeliveryState::Waiting]);
    assert_eq!(other.arrive().await, ["Contoso: \u{2212}7 points since Friday: 1 control slipped"]);
}
