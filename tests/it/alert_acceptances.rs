//! Who accepted a risk, and which acceptance is past its day: when is that told?

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use scorewatch::{
    alert::{self, Only, Reason, Watch},
    score::{Annotation, Catalogue, ControlState, History, StateUpdate},
};

use crate::{
    alerts::words,
    ledgers::profile,
    support::watcher::{Watcher, accepted, at, day, rule},
};

#[test]
fn an_accepted_risk_is_notified_once_and_when_it_is_resolved() {
    let mut watcher = Watcher::new(
        rule(Watch::RiskAccepted { allowed: vec!["ciso@contoso.example".to_owned()], only: Only::default() }),
        &["A", "B", "C"],
    );
    let mut decide = |name: &str, updates: Vec<StateUpdate>, after: i32| {
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        profiles.iter_mut().filter(|profile| &*profile.name == name).for_each(|profile| profile.updates.clone_from(&updates));
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        watcher.sees(day(after, &[("A", 1.0), ("B", 1.0), ("C", 1.0)]), at(after, 12)).join(", ")
    };
    let first = accepted("2026-10-01T08:00:00Z", "mira@contoso.example");
    let again = accepted("2026-11-02T08:00:00Z", "Mira@contoso.example");
    let second = StateUpdate { comment: Some("Until 2027-11-20".to_owned()), ..again.clone() };
    assert_eq!(decide("A", vec![first.clone()], 0), "", "it was so before");
    assert_eq!(decide("B", vec![second.clone()], 1), "B New");
    assert_eq!(decide("C", vec![accepted("2026-11-02T08:00:00Z", "CISO@contoso.example")], 2), "", "they may");
    assert_eq!(decide("A", vec![first.clone(), again.clone()], 3), "", "written again");
    assert_eq!(decide("A", vec![first, again, second.clone()], 3), "A New", "until another day");
    let back = StateUpdate { state: ControlState::Default, ..accepted("2026-11-05T08:00:00Z", "mira@contoso.example") };
    assert_eq!(decide("B", vec![second, back], 4), "B over");
}

#[test]
fn an_acceptance_that_is_written_every_day_is_one_and_a_renewed_one_says_since_when() {
    let mut watcher =
        Watcher::new(rule(Watch::RiskAccepted { allowed: vec!["ciso@contoso.example".to_owned()], only: Only::default() }), &["A"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    let write = |watcher: &mut Watcher, after: i32, by: &str, comment: &str| {
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        let update = StateUpdate { comment: Some(comment.to_owned()), ..accepted(&at(after, 8).to_string(), by) };
        profiles[0].updates.push(update);
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        watcher.sees(day(after, &[("A", 1.0)]), at(after, 12)).join(", ")
    };
    assert_eq!(write(&mut watcher, 1, "robot@contoso.example", "Set by our baseline on 2026-11-02"), "A New");
    for after in 2..30 {
        let comment = format!("Set by our baseline on {}", day(after, &[]).day);
        let by = if after % 2 == 0 { "robot@contoso.example" } else { "robot2@contoso.example" };
        assert_eq!(write(&mut watcher, after, by, &comment), "", "{after}");
    }
    assert!(watcher.said(at(29, 13)).contains("Accepted on 2026-11-02, "), "{}", watcher.said(at(29, 13)));
    assert_eq!(write(&mut watcher, 30, "robot@contoso.example", "Kept for the migration until 2027-01-31"), "A New");
    let renewed = watcher.said(at(30, 13));
    assert!(renewed.starts_with("Contoso: an accepted risk was renewed: "), "{renewed}");
    assert!(renewed.contains("Accepted since 2026-11-02, renewed on 2026-12-01 until 2027-01-31, "), "{renewed}");
    // What somebody decided who may, and a robot wrote again, is no news either.
    assert_eq!(write(&mut watcher, 31, "CISO@contoso.example", "Board"), "");
    assert_eq!(write(&mut watcher, 32, "robot@contoso.example", "board"), "");
}

#[test]
fn a_control_that_graph_leaves_out_is_unknown_and_old_acceptances_are_no_news() {
    let gone = |watcher: &mut Watcher, since: Option<Date>| {
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        profiles[0].gone_since = since;
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        // Without its score, too: what is still scored is still accepted.
        let left = if since.is_some() { day(20, &[("B", 1.0)]) } else { day(20, &[("A", 1.0)]) };
        watcher.facts().history = History::new(vec![left]);
    };
    let old = accepted("2026-10-01T08:00:00Z", "mira@contoso.example");
    for (watch, first) in [(Watch::RiskAccepted { allowed: vec![], only: Only::default() }, vec![]), (Watch::AcceptanceEnds, vec!["A New"])]
    {
        let mut watcher = Watcher::new(rule(watch), &["A", "B"]);
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        profiles[0].updates = vec![old.clone()];
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        assert_eq!(watcher.sees(day(20, &[("A", 1.0)]), at(20, 12)), first);
        gone(&mut watcher, Some(day(20, &[]).day));
        for after in [21, 33] {
            assert!(watcher.looks(at(after, 12)).is_empty() && watcher.states().len() == 1, "{after}");
        }
        gone(&mut watcher, None);
        assert!(watcher.looks(at(33, 20)).is_empty(), "it was left out for some days");
        gone(&mut watcher, Some(day(33, &[]).day));
        assert!(watcher.looks(at(47, 0)).is_empty() && watcher.states().is_empty(), "forgotten, and nothing told");
        gone(&mut watcher, None);
        // Past its day it is again; accepted it was long ago.
        assert_eq!(watcher.looks(at(48, 0)), first);
        // Its profile alone is gone: it is what it was, however long.
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        profiles[0].gone_since = Some(day(33, &[]).day);
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let before = watcher.states().len();
        assert!(watcher.looks(at(70, 0)).is_empty() && watcher.states().len() == before);
    }
    // An old acceptance that shows only when a newer update is gone is no news either.
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec![], only: Only::default() }), &["A"]);
    assert!(watcher.sees(day(0, &[("A", 1.0)]), at(0, 12)).is_empty());
    let mut profiles = watcher.facts().catalogue.profiles().to_vec();
    profiles[0].updates = vec![old];
    watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.looks(at(1, 12)).is_empty());
}

#[test]
fn an_acceptance_is_past_its_day_until_it_is_extended_or_withdrawn() {
    let mut watcher = Watcher::new(rule(Watch::AcceptanceEnds), &["A"]);
    let mut profiles = watcher.facts().catalogue.profiles().to_vec();
    profiles[0].updates = vec![accepted("2026-10-01T08:00:00Z", "mira@contoso.example")];
    watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.sees(day(18, &[("A", 1.0)]), at(19, 23)).is_empty(), "its last day");
    assert_eq!(watcher.looks(at(20, 0)), ["A New"], "by the clock, not by Graph's day");
    let until = |day| Annotation { owner: None, until: Some(day), note: None, status: None, at: at(20, 1), by: "terminal".to_owned() };
    watcher.facts().annotations.0.insert("A".to_owned(), until(date(2026, 12, 1)));
    assert_eq!(watcher.looks(at(20, 2)), ["A over"]);
    assert_eq!(watcher.looks(at(31, 2)), ["A New"]);
    watcher.facts().catalogue = Catalogue::new(vec![profile("A", 10.0)], BTreeMap::new(), 0);
    assert_eq!(watcher.looks(at(31, 3)), ["A over"]);
}

#[test]
fn an_acceptance_is_notified_with_what_our_own_people_say_of_it() {
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: Vec::new(), only: Only::default() }), &["A", "B"]);
    watcher.sees(day(0, &[("A", 1.0), ("B", 1.0)]), at(0, 12));
    let mut profiles = watcher.facts().catalogue.profiles().to_vec();
    for profile in &mut profiles {
        profile.updates = vec![accepted("2026-11-02T08:00:00Z", "mira@contoso.example")];
    }
    watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    let (owner, until) = (Some("Ada Lovelace".to_owned()), Some(date(2026, 12, 1)));
    let ours = Annotation { owner, until, note: None, status: None, at: at(1, 1), by: "terminal".to_owned() };
    watcher.facts().annotations.0.insert("A".to_owned(), ours);
    let told = watcher.told(watcher.findings(at(1, 12)), Reason::New);
    let card = |some: usize, names| words(&alert::alert_card(&told[..some], names).unwrap());
    let (lead, row) = ("Accepted on 2026-11-02 until 2026-12-01, 9 points forgone", "2026-11-02 | 2026-12-01 | 9");
    for (some, names, expected) in [(1, true, lead), (1, false, lead), (2, true, row), (2, false, row)] {
        let said = card(some, names);
        assert!(said.contains(expected), "{said}");
        assert_eq!((said.contains("Ada Lovelace"), said.contains("mira@")), (names, names), "{said}");
    }
    assert!(card(2, false).contains("18 points forgone together"), "{}", card(2, false));
    assert!(card(2, false).contains("2026-11-02 | 2026-11-20 | 9"), "as the words of the acceptance say");
}
