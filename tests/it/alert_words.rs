//! How does an alert read?

use std::collections::BTreeMap;

use scorewatch::{
    alert::{Only, Verdict, Watch},
    card::Tone,
    score::{Catalogue, History, Snapshot},
};

use crate::support::watcher::{Watcher, accepted, at, day, falls, rule, slips};

#[test]
fn what_is_not_over_yet_says_where_it_is() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(46.0)), &["A"]);
    watcher.points(&[45.0]);
    assert_eq!(watcher.states()["score"].news, "the score is at 45 %, below 46 %");
    assert_eq!(watcher.points(&[46.72]), [""]);
    assert_eq!(watcher.states()["score"].news, "the score is at 46.72 %: it fell below 46 % and resolves at 47 %");
}

#[test]
fn a_new_control_says_what_it_has() {
    let mut watcher = Watcher::new(rule(Watch::ControlNew(Only::default())), &["A", "B"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    watcher.facts().history = History::new(vec![day(0, &[("A", 1.0)]), day(1, &[("A", 1.0), ("B", 10.0)])]);
    assert_eq!(watcher.findings(at(1, 12))[0].detail, "has 10 of 10 points");
}

#[test]
fn several_are_as_red_as_one() {
    let update = accepted("2026-11-02T08:00:00Z", "mira@contoso.example");
    let kinds = [
        (slips(1.0), Tone::Bad),
        (Watch::AcceptanceEnds, Tone::Bad),
        (Watch::RiskAccepted { allowed: vec![], only: Only::default() }, Tone::Warn),
        (Watch::StatusChanged(Only::default()), Tone::Warn),
        (Watch::ControlNew(Only::default()), Tone::Warn),
    ];
    for (watch, expected) in kinds {
        let mut watcher = Watcher::new(rule(watch), &["A", "B", "C", "D"]);
        watcher.sees(day(0, &[("A", 9.0), ("B", 9.0)]), at(0, 12));
        let mut profiles = watcher.facts().catalogue.profiles().to_vec();
        for profile in &mut profiles {
            profile.updates = vec![update.clone()];
        }
        watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let days = vec![day(0, &[("A", 9.0), ("B", 9.0)]), day(1, &[("A", 5.0), ("B", 5.0), ("C", 0.0), ("D", 0.0)])];
        watcher.facts().history = History::new(days);
        let found = watcher.findings(at(21, 12));
        assert!(found.len() > 1, "{:?}", watcher.rule().watch);
        assert_eq!((watcher.tone(&found[..1]), watcher.tone(&found)), (expected, expected), "{:?}", watcher.rule().watch);
    }
}

#[test]
fn a_level_says_whether_points_or_the_maximum_moved() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    watcher.points(&[62.0]);
    assert_eq!(watcher.sees(Snapshot { maximum: Some(110.0), ..day(1, &[("A", 63.0)]) }, at(1, 12)), ["score New"]);
    let told = watcher.said(at(1, 12));
    assert!(
        told.starts_with("Contoso: the score is at 57.27 %, below 60 %: the maximum rose by 10 points | 62 of 100 to 63 of 110 points"),
        "{told}"
    );
    assert!(told.contains("since 2026-11-01") && told.contains("Since 2026-11-01 the points rose by 1, the maximum by 10."), "{told}");
    // A fall of points says so, and names its controls.
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    watcher.points(&[62.0, 55.0]);
    let told = watcher.said(at(1, 12));
    assert!(told.contains("below 60 %: \u{2212}7 points") && told.contains("Title of A [A]"), "{told}");
    // Of what was below it ever since, nothing moved it there.
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    watcher.points(&[50.0, 49.0]);
    assert!(watcher.said(at(1, 12)).starts_with("Contoso: the score is at 49 %, below 60 % | 49 of 100 points on 2026-11-02"));
    // So does a fall of points beside a maximum that moved.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    watcher.points(&[50.0]);
    watcher.sees(Snapshot { maximum: Some(120.0), ..day(1, &[("A", 45.0)]) }, at(1, 12));
    assert!(watcher.said(at(1, 12)).contains("Since 2026-11-01 the points fell by 5, while the maximum rose by 20."));
}

#[test]
fn again_is_reported_only_of_what_was_so_before() {
    let over = |watch: Watch, days: &[f64]| {
        let mut watcher = Watcher::new(rule(watch), &["A"]);
        watcher.points(&days[..days.len() - 1]);
        let mut last = watcher.history().days().to_vec();
        last.push(day(i32::try_from(days.len()).unwrap() - 1, &[("A", days[days.len() - 1])]));
        watcher.facts().history = History::new(last);
        let resolved = |verdict| if let Verdict::Resolved(resolved) = verdict { resolved.news } else { None };
        watcher.verdicts(at(9, 0)).into_iter().find_map(resolved).unwrap()
    };
    let falls = || falls(4.0);
    assert_eq!(over(falls(), &[50.0, 40.0, 45.0]), "5 of the 10 points lost are back: the score is at 45 points");
    assert_eq!(over(falls(), &[50.0, 40.0, 50.0]), "the score is back at 50 points");
    assert_eq!(over(falls(), &[50.0, 40.0, 52.0]), "the score is at 52 points, 50 before it fell");
    assert_eq!(over(slips(2.0), &[8.0, 5.0, 8.0]), "“Title of A” is back at 8 points");
    assert_eq!(over(slips(2.0), &[8.0, 5.0, 9.0]), "“Title of A” is at 9 of 10 points, 8 before it fell");
}
