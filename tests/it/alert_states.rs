//! When is what lasts told again, snoozed and told anew? And any sequence of days is told once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use scorewatch::{
    alert::{FindingStates, Only, ReadingFailure, Rule, Watch},
    error::FetchFailureKind,
    score::{Catalogue, History},
};

use crate::support::watcher::{Watcher, accepted, at, day, falls, rule, slips};

#[test]
fn what_is_still_bad_is_notified_at_the_interval_of_the_rule() {
    let mut watcher = Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule(Watch::ScoreBelow(60.0)) }, &["A"]);
    assert_eq!(watcher.sees(day(0, &[("A", 50.0)]), at(0, 0)), ["score New"]);
    for hour in 1..24 {
        assert!(watcher.looks(at(0, hour)).is_empty());
    }
    assert_eq!(watcher.looks(at(1, 0)), ["score Still"]);
    assert!(watcher.looks(at(1, 23)).is_empty());
    assert_eq!(watcher.looks(at(2, 5)), ["score Still"]);
    assert!(watcher.looks(at(3, 4)).is_empty());
}

#[test]
fn every_kind_that_lasts_is_notified_at_the_interval_of_its_rule() {
    let fires = |watch: Watch, first: (i32, i64), prepare: &dyn Fn(&mut Watcher)| {
        let mut watcher = Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule(watch) }, &["A"]);
        prepare(&mut watcher);
        let (day, hour) = first;
        let again = [watcher.looks(at(day, hour)), watcher.looks(at(day, hour + 23)), watcher.looks(at(day + 1, hour))];
        again.map(|said| said.join(", "))
    };
    let fell = |watcher: &mut Watcher| _ = watcher.points(&[9.0, 5.0]);
    for watch in [falls(4.0), slips(4.0), Watch::ScoreBelow(8.0)] {
        let [at_once, later, a_day_later] = fires(watch.clone(), (1, 13), &fell);
        assert!(at_once.is_empty() && later.ends_with("Still") && a_day_later.is_empty(), "{watch:?}: told at noon of the first day");
    }
    let until = |watcher: &mut Watcher| {
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        profiles[0].updates = vec![accepted("2026-10-01T08:00:00Z", "mira@contoso.example")];
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        watcher.facts().history = History::new(vec![day(19, &[("A", 1.0)])]);
    };
    let read = |watcher: &mut Watcher| {
        watcher.read_at = Some(at(0, 0));
        watcher.facts().history = History::new(vec![day(0, &[("A", 1.0)])]);
    };
    let refused = |watcher: &mut Watcher| {
        watcher.failure = Some(ReadingFailure {
            kind: FetchFailureKind::SignIn,
            sentence: "The secret has expired.".to_owned(),
            since: at(2, 0),
            shared: None,
        });
    };
    for (watch, prepare) in [
        (Watch::AcceptanceEnds, &until as &dyn Fn(&mut Watcher)),
        (Watch::NoData { hours: 48 }, &read),
        (Watch::SignIn { days: 30 }, &refused),
    ] {
        let [at_once, later, a_day_later] = fires(watch.clone(), (20, 0), prepare);
        assert!(
            at_once.ends_with("New") && later.is_empty() && a_day_later.ends_with("Still"),
            "{watch:?}: {at_once}, {later}, {a_day_later}"
        );
    }
}

#[test]
fn a_snooze_silences_and_its_end_tells_what_is_still_bad() {
    let snooze = |watcher: &mut Watcher, on: bool| if on { _ = watcher.snoozed.insert("A".to_owned()) } else { watcher.snoozed.clear() };
    // Never told: snoozed from the beginning.
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    snooze(&mut watcher, true);
    assert_eq!(watcher.points(&[9.0, 5.0, 5.0]).concat(), "");
    snooze(&mut watcher, false);
    assert_eq!(watcher.looks(at(2, 20)), ["A SnoozeEnded"]);
    // Told, snoozed, worse meanwhile, still bad at its end.
    snooze(&mut watcher, true);
    assert_eq!(watcher.points(&[5.0, 4.5]).concat(), "");
    snooze(&mut watcher, false);
    assert_eq!(watcher.looks(at(4, 20)), ["A SnoozeEnded"]);
    assert!(watcher.looks(at(4, 21)).is_empty());
    // Over while it is snoozed: told, because its beginning was.
    snooze(&mut watcher, true);
    assert_eq!(watcher.points(&[9.0]).concat(), "A over");
    // Over before anybody was told of it: not.
    assert_eq!(watcher.points(&[3.0, 9.0]).concat(), "");
    assert!(watcher.states().is_empty());
}

#[test]
fn the_end_of_a_snooze_tells_only_what_was_snoozed() {
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A", "B", "C"]);
    let days: [&[(&str, f64)]; 2] = [&[("A", 9.0), ("B", 9.0), ("C", 9.0)], &[("A", 5.0), ("B", 5.0), ("C", 9.0)]];
    assert_eq!(watcher.days(&days).concat(), ["A New", "B New"]);
    watcher.snoozed.insert("A".to_owned());
    assert_eq!(watcher.days(&[&[("A", 5.0), ("B", 5.0), ("C", 5.0)]]).concat(), ["C New"]);
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(2, 20)), ["A SnoozeEnded"]);
    // What recovered meanwhile is not told at its end.
    watcher.snoozed.insert("B".to_owned());
    assert_eq!(watcher.days(&[&[("A", 5.0), ("B", 9.0), ("C", 5.0)]]).concat(), ["B over"]);
    watcher.snoozed.clear();
    assert!(watcher.looks(at(3, 20)).is_empty());
    // An event that happened meanwhile is told at its end, and that it was snoozed.
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec![], only: Only::default() }), &["A"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    watcher.snoozed.insert("A".to_owned());
    let mut profiles = watcher.facts().catalogue.profiles().to_vec();
    profiles[0].updates = vec![accepted("2026-11-02T08:00:00Z", "mira@contoso.example")];
    watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.sees(day(1, &[("A", 1.0)]), at(1, 12)).is_empty());
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(1, 20)), ["A SnoozeEnded"]);
}

#[test]
fn what_never_arrived_was_not_notified() {
    // The only message is lost: told as new, not told to be over.
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    assert_eq!(watcher.points(&[9.0, 5.0]).concat(), "A New");
    watcher.loses();
    assert!(watcher.looks(at(1, 12)).is_empty());
    assert_eq!(watcher.looks(at(1, 14)), ["A New"]);
    watcher.loses();
    assert_eq!(watcher.points(&[9.0]).concat(), "");
    assert!(watcher.states().is_empty());
    // Of two the second is lost: told to be still so.
    assert_eq!(watcher.points(&[5.0, 3.0]), ["A New", "A Worse"]);
    watcher.loses();
    assert_eq!(watcher.looks(at(4, 20)), ["A Still"]);
    assert_eq!(watcher.states()["A"].lost, None);
    assert_eq!(watcher.points(&[9.0]).concat(), "A over");
}

#[test]
fn a_clock_that_is_set_back_keeps_nothing_waiting() {
    let mut watcher = Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule(Watch::ScoreBelow(60.0)) }, &["A"]);
    assert_eq!(watcher.sees(day(0, &[("A", 50.0)]), at(300, 0)), ["score New"]);
    assert!(watcher.looks(at(299, 20)).is_empty());
    assert_eq!(watcher.looks(at(0, 1)), ["score Still"]);
    assert!(watcher.looks(at(0, 20)).is_empty());
    assert_eq!(watcher.looks(at(1, 1)), ["score Still"]);
}

/// What a stream of tellings did wrong, if anything.
fn told_wrongly(said: &[(Timestamp, String)], states: &FindingStates, repeat: SignedDuration) -> Option<String> {
    let mut open: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for (now, said) in said {
        let (subject, how) = said.split_once(' ').unwrap();
        let last = open.get(subject).copied();
        match (how, last) {
            ("New", None) | ("Worse", Some(_)) => _ = open.insert(subject, *now),
            ("Still", Some(last)) if now.duration_since(last) >= repeat => _ = open.insert(subject, *now),
            ("over", Some(_)) => _ = open.remove(subject),
            _ => return Some(format!("{said} at {now}, last told {last:?}")),
        }
    }
    let kept: BTreeSet<&str> = states.iter().filter(|(_, state)| state.was_notified()).map(|(subject, _)| subject.as_str()).collect();
    (kept != open.keys().copied().collect()).then(|| format!("told and not over: {open:?}, kept: {kept:?}"))
}

proptest! {
    /// However points move, however often it is looked and whatever is left out: what is bad is told once in each interval, worse only when it
    /// is worse than told or than it improved to, and what was told is either still kept or was told to be over once.
    #[test]
    fn any_days_are_notified_once(
        watch in 0..3_usize,
        hold in any::<bool>(),
        looks in prop::collection::vec((0..4_u8, 0..=10_u8, 0..=10_u8, prop::bool::weighted(0.1), 0..40_i64), 1..60),
    ) {
        let watch = [slips(2.0), falls(3.0), Watch::ScoreBelow(10.0)][watch].clone();
        let repeat = SignedDuration::from_hours(48);
        let mut watcher = Watcher::new(Rule { hold, repeat: Some(repeat), ..rule(watch) }, &["A", "scid_1"]);
        let (mut today, mut clock, mut told) = (0, at(0, 0), Vec::new());
        let mut worst: BTreeMap<String, f64> = BTreeMap::new();
        for (forward, a, b, left_out, hours) in looks {
            today += i32::from(forward.saturating_sub(1));
            clock += SignedDuration::from_hours(hours);
            let controls: Vec<(&str, f64)> = [("A", f64::from(a)), ("scid_1", f64::from(b))].into_iter().skip(usize::from(left_out)).collect();
            let said = watcher.sees(day(today, &controls), clock);
            for said in &said {
                let subject = said.split_once(' ').unwrap().0;
                let badness = watcher.states().get(subject).and_then(|state| state.notified.as_ref()).map(|told| told.badness);
                if said.ends_with("Worse") {
                    prop_assert!(badness > worst.get(subject).copied(), "{said}: {badness:?}");
                }
            }
            let told_now = watcher.states().iter().filter_map(|(subject, state)| Some((subject.clone(), state.notified.as_ref()?.badness)));
            worst = told_now.collect();
            prop_assert!(said.iter().map(|said| said.split_once(' ').unwrap().0).collect::<BTreeSet<_>>().len() == said.len(), "{said:?}");
            told.extend(said.into_iter().map(|said| (clock, said)));
        }
        prop_assert_eq!(told_wrongly(&told, watcher.states(), repeat), None);
        prop_assert!(watcher.states().values().all(|state| !state.was_notified() || state.notified.as_ref().is_some_and(|told| !told.posts.is_empty())));
    }
}
