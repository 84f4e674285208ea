//! When is it told that no score is read, that the sign-in fails, or that its credential ends?

use jiff::Timestamp;
use scorewatch::{
    alert::{self, CredentialEnd, ReadingFailure, Reason, Watch},
    card::{Block, Tone},
    error::FetchFailureKind,
};

use crate::support::watcher::{Watcher, at, day, rule};

#[test]
fn a_failing_sign_in_and_the_end_of_a_credential_are_notified() {
    let mut watcher = Watcher::new(rule(Watch::SignIn { days: 30 }), &[]);
    watcher.end = Some(CredentialEnd { what: "certificate", at: at(40, 0) });
    assert!(watcher.looks(at(9, 23)).is_empty());
    assert_eq!(watcher.looks(at(10, 0)), ["credential New"]);
    watcher.failure = Some(ReadingFailure {
        kind: FetchFailureKind::Transient,
        sentence: "Graph is out of order.".to_owned(),
        since: at(10, 0),
        shared: None,
    });
    assert!(watcher.looks(at(10, 1)).is_empty(), "that is no sign-in");
    watcher.failure = Some(ReadingFailure {
        kind: FetchFailureKind::SignIn,
        sentence: "The secret has expired.".to_owned(),
        since: at(11, 0),
        shared: None,
    });
    assert_eq!(watcher.looks(at(11, 1)), ["sign_in New"]);
    // That Graph is out of order says nothing of the sign-in.
    watcher.failure = Some(ReadingFailure {
        kind: FetchFailureKind::Transient,
        sentence: "Graph is out of order.".to_owned(),
        since: at(12, 0),
        shared: None,
    });
    assert!(watcher.looks(at(12, 1)).is_empty());
    assert_eq!(watcher.looks(at(40, 0)), ["credential Worse"]);
    watcher.failure = None;
    watcher.end = Some(CredentialEnd { what: "certificate", at: at(400, 0) });
    assert_eq!(watcher.looks(at(41, 0)), ["credential over", "sign_in over"]);
}

#[test]
fn a_credential_reminds_again_the_nearer_its_end_is() {
    // Each day of two months: on which of them it is told, with so many days left.
    let told = |days: u32| {
        let mut watcher = Watcher::new(rule(Watch::SignIn { days }), &[]);
        watcher.end = Some(CredentialEnd { what: "client secret", at: at(70, 0) });
        let said = |watcher: &mut Watcher, day: i32| watcher.looks(at(day, 0)).join(", ");
        (0..75).map(|day| (70 - day, said(&mut watcher, day))).filter(|(_, said)| !said.is_empty()).collect::<Vec<_>>()
    };
    let worse = |left: i32| (left, "credential Worse".to_owned());
    let new = |left: i32| (left, "credential New".to_owned());
    assert_eq!(told(30), [new(30), worse(14), worse(7), worse(1), worse(0)]);
    assert_eq!(told(60), [new(60), worse(30), worse(14), worse(7), worse(1), worse(0)]);
    assert_eq!(told(7), [new(7), worse(1), worse(0)]);
    assert_eq!(told(1), [new(1), worse(0)]);
    // Seen late, it is told once, and then at the next of these days.
    let mut watcher = Watcher::new(rule(Watch::SignIn { days: 30 }), &[]);
    watcher.end = Some(CredentialEnd { what: "client secret", at: at(10, 0) });
    let said: Vec<String> = (0..4).map(|day| watcher.looks(at(day, 0)).join(", ")).collect();
    assert_eq!(said, ["credential New", "", "", "credential Worse"]);
}

#[test]
fn silence_counts_from_the_end_of_the_newest_day() {
    for reads in [true, false] {
        let mut watcher = Watcher::new(rule(Watch::NoData { hours: 48 }), &[]);
        let looks = |watcher: &mut Watcher, now: Timestamp| {
            // Graph stands still: each reading succeeds, and brings nothing newer.
            watcher.read_at = Some(now).filter(|_| reads);
            watcher.looks(now)
        };
        assert!(watcher.sees(day(0, &[]), at(0, 7)).is_empty());
        assert!(looks(&mut watcher, at(2, 23)).is_empty());
        assert_eq!(looks(&mut watcher, at(3, 0)), ["reading New"], "{reads}");
        assert!(looks(&mut watcher, at(5, 6)).is_empty());
        assert!(watcher.sees(day(1, &[]), at(5, 7)).is_empty(), "a newer day that is as old");
        assert_eq!(watcher.sees(day(4, &[]), at(5, 8)), ["reading over"]);
        assert!(looks(&mut watcher, at(6, 23)).is_empty());
        assert_eq!(looks(&mut watcher, at(7, 0)), ["reading New"]);
    }
}

#[test]
fn a_tenant_that_never_had_a_score_is_silent_since_it_is_watched() {
    let mut watcher = Watcher::new(rule(Watch::NoData { hours: 48 }), &[]);
    for hour in 0..48 {
        watcher.read_at = Some(at(0, hour));
        assert!(watcher.looks(at(0, hour)).is_empty(), "{hour}");
    }
    assert_eq!(watcher.looks(at(2, 0)), ["reading New"]);
    assert_eq!(watcher.sees(day(2, &[]), at(2, 9)), ["reading over"]);
}

#[test]
fn an_alert_about_the_sign_in_leads_to_its_app_registration_and_asks_for_no_changes() {
    let mut watcher = Watcher::new(rule(Watch::SignIn { days: 30 }), &[]);
    watcher.end = Some(CredentialEnd { what: "client secret", at: at(7, 0) });
    watcher.failure = Some(ReadingFailure {
        kind: FetchFailureKind::SignIn,
        sentence: "The secret has expired.".to_owned(),
        since: at(0, 0),
        shared: None,
    });
    let findings = watcher.findings(at(1, 0));
    let card = |reason, some: &[alert::Finding]| alert::alert_card(&watcher.told(some.to_vec(), reason), true).unwrap();
    assert_eq!(findings.len(), 2);
    for some in [&findings[..1], &findings[1..], &findings[..]] {
        let card = card(Reason::New, some);
        assert_eq!((card.link.as_deref(), card.next.len()), (Some("https://entra.microsoft.com/#view/app"), 0), "{}", card.title);
        let Some(Block::Lead(lead)) = card.blocks.first() else { panic!("{card:?}") };
        assert_eq!(lead[0].tone, Tone::Bad, "{}", card.title);
    }
    assert_eq!(card(Reason::Worse, &findings[1..]).title, "Contoso, reminder: the client secret expires on 2026-11-07");
}
