//! When is what falls, slips or appears told, and when is it resolved? Table by table with a clock of our own.

use jiff::SignedDuration;
use scorewatch::{
    alert::{Fall, Only, Rule, Watch},
    score::{Evidence, History, Snapshot},
    text::Spans,
};

use crate::support::watcher::{FIRST, Watcher, at, day, falls, rule, slips};

#[test]
fn a_control_slips_and_recovers_at_its_former_points() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    // 8 of 9 is not over; 7 is no worse by 2; 4 is.
    let said = watcher.points(&[9.0, 7.5, 6.0, 8.0, 7.0, 4.0, 4.0, 9.0, 9.0, 7.0]);
    assert_eq!(said, ["", "", "", "", "", "A New", "", "A over", "", "A New"]);

    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    let said = watcher.points(&[9.0, 7.0, 8.0, 5.0, 8.9, 9.0]);
    assert_eq!(said, ["", "A New", "", "A Worse", "", "A over"]);
}

#[test]
fn a_fall_is_resolved_when_half_of_it_is_back() {
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let said = watcher.points(&[50.0, 46.0, 47.9, 46.0, 48.0, 48.1, 44.0, 40.1, 40.0, 49.0]);
    assert_eq!(said, ["", "score New", "", "", "score over", "", "score New", "", "score Worse", "score over"]);

    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Percent(10.0))), &["A"]);
    assert_eq!(
        watcher.points(&[50.0, 45.1, 45.0, 40.0, 45.0, 40.0, 48.0]),
        ["", "", "score New", "score Worse", "score over", "score New", "score over"]
    );
}

#[test]
fn a_lower_score_is_where_the_score_stands_after_a_month() {
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let mut days = vec![50.0, 40.0];
    days.extend([40.0; 30]);
    days.push(36.0);
    let said = watcher.points(&days);
    assert_eq!((&*said[1], &*said[31], &*said[32]), ("score New", "score over", "score New"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
}

#[test]
fn a_lower_control_is_where_it_stands_after_a_month() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    let mut days = vec![9.0, 5.0];
    days.extend([5.0; 30]);
    days.extend([3.0, 3.0]);
    let said = watcher.points(&days);
    assert_eq!((&*said[1], &*said[31], &*said[32]), ("A New", "A over", "A New"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
    // What falls further meanwhile stands there only a month later.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let mut days = vec![50.0, 40.0];
    days.extend([40.0; 27]);
    days.extend([30.0; 31]);
    let said = watcher.points(&days);
    assert_eq!((&*said[29], &*said[59]), ("score Worse", "score over"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
}

#[test]
fn what_improved_and_falls_anew_is_notified_anew() {
    let mut watcher = Watcher::new(rule(slips(5.0)), &["A"]);
    assert_eq!(watcher.points(&[10.0, 4.0, 9.0, 4.0, 4.0, 10.0]), ["", "A New", "", "A Worse", "", "A over"]);
    // By less than the rule's measure it neither improves nor worsens.
    let mut watcher = Watcher::new(rule(slips(5.0)), &["A"]);
    assert_eq!(watcher.points(&[10.0, 4.0, 8.9, 4.0, 10.0]), ["", "A New", "", "", "A over"]);
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    assert_eq!(watcher.points(&[50.0, 38.0, 43.0, 39.0, 49.0]), ["", "score New", "", "score Worse", "score over"]);
}

#[test]
fn a_slow_slide_is_a_fall_within_a_week() {
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let said = watcher.points(&[50.0, 49.0, 48.0, 47.0, 46.0, 45.0, 44.0, 42.0, 48.5]);
    assert_eq!(said, ["", "", "", "", "score New", "", "", "score Worse", "score over"]);
    assert_eq!(watcher.states().len(), 0);

    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    watcher.points(&[50.0, 49.0, 48.0, 47.0, 46.0]);
    let state = &watcher.states()["score"];
    assert_eq!((state.from, &*state.news), (Some(FIRST), "\u{2212}4 points since 2026-11-01: “Title of A” slipped"));

    // Slower than that it is no fall; what fell before the rule watched is no news.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let slow: Vec<f64> = (0..30).map(|after| 50.0 - f64::from(after) * 0.5).collect();
    assert_eq!(watcher.points(&slow).concat(), "");
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    watcher.facts().history = History::new(vec![day(0, &[("A", 50.0)]), day(1, &[("A", 45.0)])]);
    assert_eq!(watcher.points(&[44.0, 43.0, 42.0]).concat(), "");
    assert_eq!(watcher.points(&[40.0]).concat(), "score New");
    // A maximum that moved is no slide either.
    let mut watcher = Watcher::new(rule(falls(2.0)), &["A"]);
    let mut rerated = day(1, &[("A", 4.0), ("B", 5.0)]);
    rerated.controls[0].profile_maximum = Some(5.0);
    watcher.sees(day(0, &[("A", 8.0), ("B", 5.0)]), at(0, 12));
    watcher.sees(rerated.clone(), at(1, 12));
    let (mut next, mut last) = (Snapshot { day: rerated.day.tomorrow().unwrap(), ..rerated.clone() }, rerated);
    (next.controls[1].points, next.points) = (Some(4.0), 8.0);
    (last.day, last.controls[1].points, last.points) = (next.day.tomorrow().unwrap(), Some(3.5), 7.5);
    last.controls[0].profile_maximum = Some(5.0);
    assert!(watcher.sees(next, at(2, 12)).is_empty());
    assert!(watcher.sees(last, at(3, 12)).is_empty());
}

#[test]
fn a_level_is_notified_again_when_it_is_five_percent_worse() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    let said = watcher.points(&[59.0, 55.0, 54.0, 50.0, 59.0, 54.0, 61.0]);
    assert_eq!(said, ["score New", "", "score Worse", "", "", "score Worse", "score over"]);
}

#[test]
fn a_level_has_a_point_of_room() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    assert_eq!(watcher.points(&[59.9, 60.5, 59.0, 60.99, 61.0, 60.0, 59.9]), ["score New", "", "", "", "score over", "", "score New"]);
}

#[test]
fn another_maximum_is_no_fall() {
    let mut watcher = Watcher::new(rule(falls(2.0)), &["A"]);
    let mut rerated = day(1, &[("A", 4.0), ("B", 5.0)]);
    rerated.controls[0].profile_maximum = Some(5.0);
    let mut slips_too = Watcher::new(rule(slips(1.0)), &["A"]);
    for watcher in [&mut watcher, &mut slips_too] {
        assert!(watcher.sees(day(0, &[("A", 8.0), ("B", 5.0)]), at(0, 12)).is_empty());
        assert!(watcher.sees(rerated.clone(), at(1, 12)).is_empty());
    }
}

#[test]
fn moves_from_before_the_rule_are_no_news_and_levels_are() {
    for watch in [slips(1.0), falls(1.0), Watch::ControlNew(Only::default())] {
        let mut watcher = Watcher::new(rule(watch), &["A", "B"]);
        watcher.facts().history = History::new(vec![day(0, &[("A", 9.0)])]);
        assert!(watcher.sees(day(1, &[("A", 5.0), ("B", 0.0)]), at(1, 9)).is_empty(), "{:?}", watcher.rule().watch);
        assert!(watcher.looks(at(1, 10)).is_empty());
        assert!(watcher.sees(day(2, &[("A", 5.0), ("B", 0.0)]), at(2, 9)).is_empty());
    }
    // What comes later on the first day is news.
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    watcher.facts().history = History::new(vec![day(0, &[("A", 9.0)])]);
    assert!(watcher.sees(day(1, &[("A", 5.0)]), at(1, 9)).is_empty());
    assert_eq!(watcher.sees(day(1, &[("A", 4.0)]), at(1, 15)), ["A New"]);
    assert_eq!(watcher.sees(day(1, &[("A", 5.0)]), at(1, 18)), ["A over"]);
}

#[test]
fn days_that_come_in_together_are_looked_at_one_by_one() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A", "B", "C"]);
    watcher.days(&[&[("A", 9.0), ("B", 9.0), ("C", 9.0)]]);
    let outage = [day(1, &[("A", 5.0), ("B", 5.0), ("C", 8.0)]), day(2, &[("A", 5.0), ("B", 9.0), ("C", 7.0)])];
    watcher.facts().history = History::new([watcher.history().days(), &outage].concat());
    // A slipped and stays so, B came back, C never lost 2 in a day.
    assert_eq!(watcher.sees(day(3, &[("A", 5.0), ("B", 9.0), ("C", 6.0)]), at(3, 12)), ["A New"]);
}

#[test]
fn what_may_correct_itself_waits_for_the_next_day_if_the_rule_holds() {
    let held = || Watcher::new(Rule { hold: true, ..rule(slips(1.0)) }, &["scid_1", "A"]);
    let mut watcher = held();
    let said = watcher.days(&[
        &[("A", 9.0), ("scid_1", 9.0)],
        &[("A", 7.0), ("scid_1", 7.0)],
        &[("A", 7.0), ("scid_1", 7.0)],
        &[("A", 9.0), ("scid_1", 9.0)],
    ]);
    assert_eq!(said, [vec![], vec!["A New"], vec!["scid_1 New"], vec!["A over", "scid_1 over"]]);

    let mut watcher = held();
    let before = watcher.days(&[&[("scid_1", 9.0)], &[("scid_1", 7.0)]]);
    assert!(before.concat().is_empty());
    // Looked at again on the same day, and corrected on the next: nobody hears of it.
    assert!(watcher.looks(at(1, 20)).is_empty());
    assert!(watcher.days(&[&[("scid_1", 9.0)]]).concat().is_empty() && watcher.states().is_empty());

    // Worse than told waits too.
    let mut watcher = held();
    let said = watcher.days(&[&[("scid_1", 9.0)], &[("scid_1", 7.0)], &[("scid_1", 7.0)], &[("scid_1", 5.0)], &[("scid_1", 5.0)]]);
    assert_eq!(said, [vec![], vec![], vec!["scid_1 New"], vec![], vec!["scid_1 Worse"]]);
}

fn found(watcher: &Watcher, now: jiff::Timestamp) -> Vec<(String, bool)> {
    watcher.findings(now).into_iter().map(|finding| (finding.subject, finding.may_correct)).collect()
}

#[test]
fn the_facts_say_what_may_correct_itself() {
    let evidence = |count, total, on| Some(Box::new(Evidence { status: Spans::default(), count, total, on, synced: None }));
    let two_days = |name: &'static str, before: Option<Box<Evidence>>, after: Option<Box<Evidence>>| {
        let mut watcher = Watcher::new(rule(slips(1.0)), &[name]);
        let (mut first, mut second) = (day(0, &[(name, 9.0)]), day(1, &[(name, 5.0)]));
        (first.controls[0].evidence, second.controls[0].evidence) = (before, after);
        watcher.facts().history = History::new(vec![first, second]);
        found(&watcher, at(1, 12))[0].1
    };
    assert!(!two_days("AdminMFAV2", evidence(Some(12), Some(12), None), evidence(Some(8), Some(12), None)), "four lost it");
    assert!(two_days("mdo_x", evidence(Some(90), Some(100), None), evidence(Some(90), Some(180), None)), "more are counted");
    assert!(two_days("scid_9", None, None), "Defender counts devices");
    assert!(!two_days("scid_9", evidence(None, None, Some(true)), evidence(None, None, Some(false))), "somebody switched it");
    assert!(!two_days("AdminMFAV2", None, None), "nothing says that it may");

    let mut watcher = Watcher::new(rule(slips(1.0)), &["A", "B"]);
    watcher.facts().history = History::new(vec![day(0, &[("A", 9.0), ("B", 5.0)]), day(1, &[("B", 5.0)])]);
    assert_eq!(found(&watcher, at(1, 12)), [("A".to_owned(), true)], "it is gone");
    let flapping: Vec<_> =
        [9.0, 5.0, 9.0, 5.0, 9.0, 5.0].into_iter().zip(0..).map(|(points, after)| day(after, &[("A", points)])).collect();
    watcher.facts().history = History::new(flapping);
    assert_eq!(found(&watcher, at(5, 12)), [("A".to_owned(), true)], "it flaps");
}

#[test]
fn a_new_control_is_notified_once() {
    let mut watcher =
        Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(1)), ..rule(Watch::ControlNew(Only::default())) }, &["A", "B"]);
    let without: &[(&str, f64)] = &[("A", 1.0)];
    let with: &[(&str, f64)] = &[("A", 1.0), ("B", 0.0)];
    // B is left out for a day and comes back, A too: neither is new.
    let said = watcher.days(&[without, with, with, without, with, &[("B", 0.0)], with]);
    assert_eq!(said.concat(), ["B New"]);
}

#[test]
fn a_fall_of_which_half_is_back_does_not_fire_once_more() {
    // Half of it is back, and what is missing would still make a fall: neither the slide of a week nor the same day says so again.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    let said = watcher.points(&[60.0, 40.0, 49.9, 50.0, 50.0, 49.0, 46.0, 55.0]);
    assert_eq!(said, ["", "score New", "", "score over", "", "", "score New", "score over"]);
    // A day that Microsoft corrects fell less far, and is a fall all the same.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    assert_eq!(watcher.points(&[60.0, 40.0]), ["", "score New"]);
    assert!(watcher.sees(day(1, &[("A", 52.0)]), at(1, 20)).is_empty());
    assert_eq!(watcher.sees(day(1, &[("A", 58.0)]), at(1, 21)), ["score over"]);
    // Nobody was told of it while it was snoozed: it is, once the snooze has ended.
    let mut watcher = Watcher::new(rule(falls(4.0)), &["A"]);
    watcher.snoozed.insert("score".to_owned());
    assert_eq!(watcher.points(&[60.0, 40.0, 52.0]).concat(), "");
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(2, 20)), ["score SnoozeEnded"]);
}

#[test]
fn nothing_is_reported_of_what_the_facts_do_not_say() {
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    assert_eq!(watcher.points(&[9.0, 5.0]).concat(), "A New");
    let mut unsaid = day(2, &[("A", 9.0)]);
    unsaid.controls[0].points = None;
    assert!(watcher.sees(unsaid, at(2, 12)).is_empty());
    assert_eq!(watcher.points(&[9.0]).concat(), "A over");

    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    assert_eq!(watcher.points(&[50.0]).concat(), "score New");
    assert!(watcher.sees(Snapshot { maximum: None, ..day(1, &[("A", 99.0)]) }, at(1, 12)).is_empty());
}

/// Graph sent a day without its list of controls: none of them is gone, and none is new when the list is back.
#[test]
fn of_a_day_without_controls_no_control_is_gone_or_new() {
    let nothing = |after: i32, points: f64| Snapshot { points, controls: Vec::new(), controls_known: false, ..day(after, &[]) };
    for watch in [slips(1.0), Watch::ControlNew(Only::default())] {
        let mut watcher = Watcher::new(rule(watch.clone()), &["A", "B"]);
        assert!(watcher.sees(day(0, &[("A", 9.0), ("B", 5.0)]), at(0, 12)).is_empty());
        assert!(watcher.sees(nothing(1, 14.0), at(1, 12)).is_empty(), "{watch:?}");
        assert!(watcher.sees(day(2, &[("A", 9.0), ("B", 5.0)]), at(2, 12)).is_empty(), "{watch:?}");
        assert!(watcher.sees(nothing(3, 10.0), at(3, 12)).is_empty(), "{watch:?}");
        let told = watcher.sees(day(4, &[("A", 5.0), ("B", 5.0), ("C", 1.0)]), at(4, 12));
        let expected = if matches!(watch, Watch::ControlNew(_)) { "C" } else { "A" };
        assert!(matches!(told.as_slice(), [only] if only.starts_with(expected)), "what changed meanwhile is told: {told:?}");
    }
}
