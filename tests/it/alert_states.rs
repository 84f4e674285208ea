//! When is what a rule finds told, told again, and over? Table by table with a clock of our own; then any sequence of days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date, civil::date};
use proptest::prelude::*;
use scorewatch::{
    access::Tenants,
    alert::{self, End, Ended, Fall, Fault, Memory, Only, Rule, Seen, State as Kept, States, Was, Watch},
    card::{Block, Tone},
    score::{Annotation, Annotations, Catalogue, Category, ControlScore, Evidence, History, Profile, Snapshot, State, StateUpdate},
    skills::TenantFacts,
    text::Spans,
};

use crate::{alerts::words, ledgers::profile};

const FIRST: Date = date(2026, 11, 1);

pub fn control(name: &str, points: f64) -> ControlScore {
    let category = Category::Identity;
    ControlScore { name: name.into(), category, points: Some(points), percent: None, profile_maximum: Some(10.0), evidence: None }
}

/// A day, so many days after the first, of controls by name and points.
fn day(after: i32, controls: &[(&str, f64)]) -> Snapshot {
    let mut controls: Vec<_> = controls.iter().map(|(name, points)| control(name, *points)).collect();
    controls.sort_by(|a, b| a.name.cmp(&b.name));
    let points = controls.iter().filter_map(|control| control.points).sum();
    let day = FIRST.checked_add(jiff::Span::new().days(after)).unwrap();
    Snapshot { day, points, maximum: Some(100.0), active_users: None, peers: vec![], controls, controls_known: true, sent_bytes: 0 }
}

fn at(day: i32, hour: i64) -> Timestamp {
    "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * i64::from(day) + hour)
}

fn rule(watch: Watch) -> Rule {
    Rule { name: "r".to_owned(), tenants: Tenants::All, watch, to: "soc".to_owned(), hold: false, repeat: None }
}

fn slips(points: f64) -> Watch {
    Watch::ControlRegresses { points, only: Only::default() }
}

/// A rule that looks again and again, as the worker has it look, without a store.
struct Watcher {
    rule: Rule,
    facts: TenantFacts,
    states: States,
    memory: Option<Memory>,
    fault: Option<Fault>,
    end: Option<End>,
    read_at: Option<Timestamp>,
    snoozed: BTreeSet<String>,
    parcels: usize,
}

impl Watcher {
    fn new(rule: Rule, controls: &[&str]) -> Self {
        let profiles: Vec<Profile> = controls.iter().map(|name| profile(name, 10.0)).collect();
        let facts = TenantFacts {
            name: "contoso".to_owned(),
            entra_id: None,
            history: History::default(),
            catalogue: Catalogue::new(profiles, BTreeMap::new(), 0),
            annotations: Annotations::default(),
            read_at: None,
        };
        let (states, snoozed) = (States::new(), BTreeSet::new());
        Self { rule, facts, states, memory: None, fault: None, end: None, read_at: None, snoozed, parcels: 0 }
    }

    /// Takes in `snapshot` and looks at `now`: what is told, as subject and how, `over` for what is over.
    fn sees(&mut self, snapshot: Snapshot, now: Timestamp) -> Vec<String> {
        let mut days = self.facts.history.days().to_vec();
        days.push(snapshot);
        self.facts.history = History::new(days);
        self.looks(now)
    }

    fn looks(&mut self, now: Timestamp) -> Vec<String> {
        let newest = self.facts.history.newest().map(|newest| newest.day);
        let seen = Seen {
            tenant: &self.facts,
            newest_day: newest,
            read_at: self.read_at,
            fault: self.fault.as_ref(),
            end: self.end.as_ref(),
            app: Some("https://entra.microsoft.com/#view/app"),
            memory: self.memory.as_ref(),
            states: &self.states,
            now,
        };
        let first = self.memory.as_ref().is_none_or(|memory| memory.day.is_none());
        let snoozed = |subject: &str| self.snoozed.contains(subject);
        let step = alert::step(&self.rule, &self.states, alert::look(&self.rule.watch, &seen), first, newest, &snoozed, now);
        let mut said: Vec<String> = step.tellings.iter().map(|telling| format!("{} {:?}", telling.finding.subject, telling.how)).collect();
        said.extend(step.over.iter().map(|(over, follows)| format!("{} over{}", over.subject, if follows.is_some() { "" } else { "?" })));
        said.sort();
        self.parcels += 1;
        let was = |subject: &str| {
            self.states.get(subject).map(|state| (subject.to_owned(), Was { stood: state.stood, from: state.from, worst: state.worst }))
        };
        let ended: BTreeMap<String, Was> = step.over.iter().filter_map(|(over, _)| was(&over.subject)).collect();
        for (subject, state) in step.states {
            match state {
                None => _ = self.states.remove(&subject),
                Some(mut state) => {
                    if step.tellings.iter().any(|telling| telling.finding.subject == subject) {
                        state.told_in(&format!("parcel {}", self.parcels), "soc", false);
                    }
                    // As the store would have it.
                    let written = serde_json::to_string(&state).unwrap();
                    self.states.insert(subject, serde_json::from_str::<Kept>(&written).unwrap());
                }
            }
        }
        let since = self.memory.as_ref().map_or(now, |memory| memory.since);
        let began = self.memory.as_ref().and_then(|memory| memory.began).or(newest);
        let kind = self.rule.watch.kind().to_owned();
        let mut told_over = self.memory.take().map(|memory| memory.ended).unwrap_or_default();
        if !ended.is_empty() {
            told_over.push(Ended {
                parcel: format!("parcel {}", self.parcels),
                to: "soc".to_owned(),
                at: now,
                day: newest,
                subjects: ended,
            });
        }
        self.memory = Some(Memory {
            kind,
            watch: self.rule.written(),
            since,
            day: newest,
            began,
            version: 0,
            looked: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            ended: told_over,
        });
        said
    }

    /// The same for one day after the other, at noon.
    fn days(&mut self, days: &[&[(&str, f64)]]) -> Vec<Vec<String>> {
        let from = i32::try_from(self.facts.history.days().len()).unwrap();
        (from..).zip(days).map(|(after, controls)| self.sees(day(after, controls), at(after, 12))).collect()
    }
}

/// Days of one control.
fn points(watcher: &mut Watcher, points: &[f64]) -> Vec<String> {
    let days: Vec<Vec<(&str, f64)>> = points.iter().map(|points| vec![("A", *points)]).collect();
    let days: Vec<&[(&str, f64)]> = days.iter().map(Vec::as_slice).collect();
    watcher.days(&days).into_iter().map(|said| said.join(", ")).collect()
}

#[test]
fn a_control_slips_and_recovers_at_its_former_points() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    // 8 of 9 is not over; 7 is no worse by 2; 4 is.
    let said = points(&mut watcher, &[9.0, 7.5, 6.0, 8.0, 7.0, 4.0, 4.0, 9.0, 9.0, 7.0]);
    assert_eq!(said, ["", "", "", "", "", "A New", "", "A over", "", "A New"]);

    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    let said = points(&mut watcher, &[9.0, 7.0, 8.0, 5.0, 8.9, 9.0]);
    assert_eq!(said, ["", "A New", "", "A Worse", "", "A over"]);
}

#[test]
fn a_fall_is_resolved_when_half_of_it_is_back() {
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let said = points(&mut watcher, &[50.0, 46.0, 47.9, 46.0, 48.0, 48.1, 44.0, 40.1, 40.0, 49.0]);
    assert_eq!(said, ["", "score New", "", "", "score over", "", "score New", "", "score Worse", "score over"]);

    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Percent(10.0))), &["A"]);
    assert_eq!(
        points(&mut watcher, &[50.0, 45.1, 45.0, 40.0, 45.0, 40.0, 48.0]),
        ["", "", "score New", "score Worse", "score over", "score New", "score over"]
    );
}

#[test]
fn a_lower_score_is_where_the_score_stands_after_a_month() {
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let mut days = vec![50.0, 40.0];
    days.extend([40.0; 30]);
    days.push(36.0);
    let said = points(&mut watcher, &days);
    assert_eq!((&*said[1], &*said[31], &*said[32]), ("score New", "score over", "score New"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
}

#[test]
fn a_lower_control_is_where_it_stands_after_a_month() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A"]);
    let mut days = vec![9.0, 5.0];
    days.extend([5.0; 30]);
    days.extend([3.0, 3.0]);
    let said = points(&mut watcher, &days);
    assert_eq!((&*said[1], &*said[31], &*said[32]), ("A New", "A over", "A New"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
    // What falls further meanwhile stands there only a month later.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let mut days = vec![50.0, 40.0];
    days.extend([40.0; 27]);
    days.extend([30.0; 31]);
    let said = points(&mut watcher, &days);
    assert_eq!((&*said[29], &*said[59]), ("score Worse", "score over"));
    assert_eq!(said.iter().filter(|said| !said.is_empty()).count(), 3);
}

#[test]
fn what_improved_and_falls_anew_is_told_anew() {
    let mut watcher = Watcher::new(rule(slips(5.0)), &["A"]);
    assert_eq!(points(&mut watcher, &[10.0, 4.0, 9.0, 4.0, 4.0, 10.0]), ["", "A New", "", "A Worse", "", "A over"]);
    // By less than the rule's measure it neither improves nor worsens.
    let mut watcher = Watcher::new(rule(slips(5.0)), &["A"]);
    assert_eq!(points(&mut watcher, &[10.0, 4.0, 8.9, 4.0, 10.0]), ["", "A New", "", "", "A over"]);
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    assert_eq!(points(&mut watcher, &[50.0, 38.0, 43.0, 39.0, 49.0]), ["", "score New", "", "score Worse", "score over"]);
}

#[test]
fn a_slow_slide_is_a_fall_within_a_week() {
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let said = points(&mut watcher, &[50.0, 49.0, 48.0, 47.0, 46.0, 45.0, 44.0, 42.0, 48.5]);
    assert_eq!(said, ["", "", "", "", "score New", "", "", "score Worse", "score over"]);
    assert_eq!(watcher.states.len(), 0);

    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    points(&mut watcher, &[50.0, 49.0, 48.0, 47.0, 46.0]);
    let state = &watcher.states["score"];
    assert_eq!((state.from, &*state.news), (Some(FIRST), "\u{2212}4 points since 2026-11-01: “Title of A” slipped"));

    // Slower than that it is no fall; what fell before the rule watched is no news.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let slow: Vec<f64> = (0..30).map(|after| 50.0 - f64::from(after) * 0.5).collect();
    assert_eq!(points(&mut watcher, &slow).concat(), "");
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    watcher.facts.history = History::new(vec![day(0, &[("A", 50.0)]), day(1, &[("A", 45.0)])]);
    assert_eq!(points(&mut watcher, &[44.0, 43.0, 42.0]).concat(), "");
    assert_eq!(points(&mut watcher, &[40.0]).concat(), "score New");
    // A maximum that moved is no slide either.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(2.0))), &["A"]);
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
fn a_level_is_told_again_when_it_is_five_percent_worse() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    let said = points(&mut watcher, &[59.0, 55.0, 54.0, 50.0, 59.0, 54.0, 61.0]);
    assert_eq!(said, ["score New", "", "score Worse", "", "", "score Worse", "score over"]);
}

#[test]
fn a_level_has_a_point_of_room() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    assert_eq!(
        points(&mut watcher, &[59.9, 60.5, 59.0, 60.99, 61.0, 60.0, 59.9]),
        ["score New", "", "", "", "score over", "", "score New"]
    );
}

#[test]
fn what_is_not_over_yet_says_where_it_is() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(46.0)), &["A"]);
    points(&mut watcher, &[45.0]);
    assert_eq!(watcher.states["score"].news, "the score is at 45 %, below 46 %");
    assert_eq!(points(&mut watcher, &[46.72]), [""]);
    assert_eq!(watcher.states["score"].news, "the score is at 46.72 %: fell below 46 %, is resolved at 47 %");
}

#[test]
fn another_maximum_is_no_fall() {
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(2.0))), &["A"]);
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
    for watch in [slips(1.0), Watch::ScoreFalls(Fall::Points(1.0)), Watch::ControlNew(Only::default())] {
        let mut watcher = Watcher::new(rule(watch), &["A", "B"]);
        watcher.facts.history = History::new(vec![day(0, &[("A", 9.0)])]);
        assert!(watcher.sees(day(1, &[("A", 5.0), ("B", 0.0)]), at(1, 9)).is_empty(), "{:?}", watcher.rule.watch);
        assert!(watcher.looks(at(1, 10)).is_empty());
        assert!(watcher.sees(day(2, &[("A", 5.0), ("B", 0.0)]), at(2, 9)).is_empty());
    }
    // What comes later on the first day is news.
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    watcher.facts.history = History::new(vec![day(0, &[("A", 9.0)])]);
    assert!(watcher.sees(day(1, &[("A", 5.0)]), at(1, 9)).is_empty());
    assert_eq!(watcher.sees(day(1, &[("A", 4.0)]), at(1, 15)), ["A New"]);
    assert_eq!(watcher.sees(day(1, &[("A", 5.0)]), at(1, 18)), ["A over"]);
}

#[test]
fn days_that_come_in_together_are_looked_at_one_by_one() {
    let mut watcher = Watcher::new(rule(slips(2.0)), &["A", "B", "C"]);
    watcher.days(&[&[("A", 9.0), ("B", 9.0), ("C", 9.0)]]);
    let outage = [day(1, &[("A", 5.0), ("B", 5.0), ("C", 8.0)]), day(2, &[("A", 5.0), ("B", 9.0), ("C", 7.0)])];
    watcher.facts.history = History::new([watcher.facts.history.days(), &outage].concat());
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
    assert!(watcher.days(&[&[("scid_1", 9.0)]]).concat().is_empty() && watcher.states.is_empty());

    // Worse than told waits too.
    let mut watcher = held();
    let said = watcher.days(&[&[("scid_1", 9.0)], &[("scid_1", 7.0)], &[("scid_1", 7.0)], &[("scid_1", 5.0)], &[("scid_1", 5.0)]]);
    assert_eq!(said, [vec![], vec![], vec!["scid_1 New"], vec![], vec!["scid_1 Worse"]]);
}

fn findings(watcher: &Watcher, now: Timestamp) -> Vec<alert::Finding> {
    let seen = Seen {
        tenant: &watcher.facts,
        newest_day: None,
        read_at: None,
        fault: None,
        end: None,
        app: None,
        memory: watcher.memory.as_ref(),
        states: &watcher.states,
        now,
    };
    let bad = |verdict| match verdict {
        alert::Verdict::Bad(finding) => Some(*finding),
        alert::Verdict::Over(_) => None,
    };
    alert::look(&watcher.rule.watch, &seen).into_iter().filter_map(bad).collect()
}

fn found(watcher: &Watcher, now: Timestamp) -> Vec<(String, bool)> {
    findings(watcher, now).into_iter().map(|finding| (finding.subject, finding.may_correct)).collect()
}

#[test]
fn a_new_control_says_what_it_has() {
    let mut watcher = Watcher::new(rule(Watch::ControlNew(Only::default())), &["A", "B"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    watcher.facts.history = History::new(vec![day(0, &[("A", 1.0)]), day(1, &[("A", 1.0), ("B", 10.0)])]);
    assert_eq!(findings(&watcher, at(1, 12))[0].cell, "has 10 of 10 points");
}

#[test]
fn an_acceptance_is_told_with_what_our_own_people_say_of_it() {
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: Vec::new() }), &["A", "B"]);
    watcher.sees(day(0, &[("A", 1.0), ("B", 1.0)]), at(0, 12));
    let mut profiles = watcher.facts.catalogue.profiles().to_vec();
    for profile in &mut profiles {
        profile.updates = vec![accepted("2026-11-02T08:00:00Z", "mira@contoso.example")];
    }
    watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    let (owner, until) = (Some("Ada Lovelace".to_owned()), Some(date(2026, 12, 1)));
    let ours = Annotation { owner, until, note: None, status: None, at: at(1, 1), by: "terminal".to_owned() };
    watcher.facts.annotations.0.insert("A".to_owned(), ours);
    let tellings: Vec<_> =
        findings(&watcher, at(1, 12)).into_iter().map(|finding| alert::Telling { finding, how: alert::How::New, first: None }).collect();
    let card = |some: usize, names| words(&alert::alert_card(&watcher.rule, &watcher.facts, &tellings[..some], names).unwrap());
    let lead = "Accepted on 2026-11-02 until 2026-12-01, 9 points forgone";
    for (some, names) in [(1, true), (1, false), (2, true), (2, false)] {
        let said = card(some, names);
        assert!(said.to_lowercase().contains(&lead.to_lowercase()), "{said}");
        assert_eq!((said.contains("Ada Lovelace"), said.contains("mira@")), (names, names), "{said}");
    }
    assert!(card(2, false).contains("18 points forgone together"), "{}", card(2, false));
    assert!(card(2, false).contains("accepted on 2026-11-02 until 2026-11-20"), "as the words of the acceptance say");
}

#[test]
fn the_facts_say_what_may_correct_itself() {
    let evidence = |count, total, on| Some(Box::new(Evidence { status: Spans::default(), count, total, on, synced: None }));
    let two_days = |name: &'static str, before: Option<Box<Evidence>>, after: Option<Box<Evidence>>| {
        let mut watcher = Watcher::new(rule(slips(1.0)), &[name]);
        let (mut first, mut second) = (day(0, &[(name, 9.0)]), day(1, &[(name, 5.0)]));
        (first.controls[0].evidence, second.controls[0].evidence) = (before, after);
        watcher.facts.history = History::new(vec![first, second]);
        found(&watcher, at(1, 12))[0].1
    };
    assert!(!two_days("AdminMFAV2", evidence(Some(12), Some(12), None), evidence(Some(8), Some(12), None)), "four lost it");
    assert!(two_days("mdo_x", evidence(Some(90), Some(100), None), evidence(Some(90), Some(180), None)), "more are counted");
    assert!(two_days("scid_9", None, None), "Defender counts devices");
    assert!(!two_days("scid_9", evidence(None, None, Some(true)), evidence(None, None, Some(false))), "somebody switched it");
    assert!(!two_days("AdminMFAV2", None, None), "nothing says that it may");

    let mut watcher = Watcher::new(rule(slips(1.0)), &["A", "B"]);
    watcher.facts.history = History::new(vec![day(0, &[("A", 9.0), ("B", 5.0)]), day(1, &[("B", 5.0)])]);
    assert_eq!(found(&watcher, at(1, 12)), [("A".to_owned(), true)], "it is gone");
    let flapping: Vec<_> =
        [9.0, 5.0, 9.0, 5.0, 9.0, 5.0].into_iter().zip(0..).map(|(points, after)| day(after, &[("A", points)])).collect();
    watcher.facts.history = History::new(flapping);
    assert_eq!(found(&watcher, at(5, 12)), [("A".to_owned(), true)], "it flaps");
}

#[test]
fn what_is_still_bad_is_told_at_the_interval_of_the_rule() {
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
fn every_kind_that_lasts_is_told_at_the_interval_of_its_rule() {
    let fires = |watch: Watch, first: (i32, i64), prepare: &dyn Fn(&mut Watcher)| {
        let mut watcher = Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule(watch) }, &["A"]);
        prepare(&mut watcher);
        let (day, hour) = first;
        let again = [watcher.looks(at(day, hour)), watcher.looks(at(day, hour + 23)), watcher.looks(at(day + 1, hour))];
        again.map(|said| said.join(", "))
    };
    let fell = |watcher: &mut Watcher| _ = points(watcher, &[9.0, 5.0]);
    for watch in [Watch::ScoreFalls(Fall::Points(4.0)), slips(4.0), Watch::ScoreBelow(8.0)] {
        let [at_once, later, a_day_later] = fires(watch.clone(), (1, 13), &fell);
        assert!(at_once.is_empty() && later.ends_with("Still") && a_day_later.is_empty(), "{watch:?}: told at noon of the first day");
    }
    let until = |watcher: &mut Watcher| {
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        profiles[0].updates = vec![accepted("2026-10-01T08:00:00Z", "mira@contoso.example")];
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        watcher.facts.history = History::new(vec![day(19, &[("A", 1.0)])]);
    };
    let read = |watcher: &mut Watcher| {
        watcher.read_at = Some(at(0, 0));
        watcher.facts.history = History::new(vec![day(0, &[("A", 1.0)])]);
    };
    let refused = |watcher: &mut Watcher| {
        watcher.fault = Some(Fault { sign_in: true, sentence: "The secret has expired.".to_owned(), since: at(2, 0) });
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
    assert_eq!(points(&mut watcher, &[9.0, 5.0, 5.0]).concat(), "");
    snooze(&mut watcher, false);
    assert_eq!(watcher.looks(at(2, 20)), ["A SnoozeEnded"]);
    // Told, snoozed, worse meanwhile, still bad at its end.
    snooze(&mut watcher, true);
    assert_eq!(points(&mut watcher, &[5.0, 4.5]).concat(), "");
    snooze(&mut watcher, false);
    assert_eq!(watcher.looks(at(4, 20)), ["A SnoozeEnded"]);
    assert!(watcher.looks(at(4, 21)).is_empty());
    // Over while it is snoozed: told, because its beginning was.
    snooze(&mut watcher, true);
    assert_eq!(points(&mut watcher, &[9.0]).concat(), "A over");
    // Over before anybody was told of it: not.
    assert_eq!(points(&mut watcher, &[3.0, 9.0]).concat(), "");
    assert!(watcher.states.is_empty());
}

#[test]
fn a_new_control_is_told_once() {
    let mut watcher =
        Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(1)), ..rule(Watch::ControlNew(Only::default())) }, &["A", "B"]);
    let without: &[(&str, f64)] = &[("A", 1.0)];
    let with: &[(&str, f64)] = &[("A", 1.0), ("B", 0.0)];
    // B is left out for a day and comes back, A too: neither is new.
    let said = watcher.days(&[without, with, with, without, with, &[("B", 0.0)], with]);
    assert_eq!(said.concat(), ["B New"]);
}

fn accepted(at: &str, by: &str) -> StateUpdate {
    let at = Some(at.parse().unwrap());
    StateUpdate { state: State::Accepted, at, by: Some(by.to_owned()), assigned_to: None, comment: Some("Until 2026-11-20".to_owned()) }
}

#[test]
fn who_accepts_a_risk_is_told_once_and_when_it_is_over() {
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec!["ciso@contoso.example".to_owned()] }), &["A", "B", "C"]);
    let mut decide = |name: &str, updates: Vec<StateUpdate>, after: i32| {
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        profiles.iter_mut().filter(|profile| &*profile.name == name).for_each(|profile| profile.updates.clone_from(&updates));
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
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
    let back = StateUpdate { state: State::Default, ..accepted("2026-11-05T08:00:00Z", "mira@contoso.example") };
    assert_eq!(decide("B", vec![second, back], 4), "B over");
}

/// What is told now, as one card of all that is found.
fn said(watcher: &Watcher, now: Timestamp) -> String {
    let telling = |finding| alert::Telling { finding, how: alert::How::New, first: None };
    let tellings: Vec<_> = findings(watcher, now).into_iter().map(telling).collect();
    words(&alert::alert_card(&watcher.rule, &watcher.facts, &tellings, true).unwrap())
}

#[test]
fn an_acceptance_that_is_written_every_day_is_one_and_a_renewed_one_says_since_when() {
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec!["ciso@contoso.example".to_owned()] }), &["A"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    let write = |watcher: &mut Watcher, after: i32, by: &str, comment: &str| {
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        let update = StateUpdate { comment: Some(comment.to_owned()), ..accepted(&at(after, 8).to_string(), by) };
        profiles[0].updates.push(update);
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        watcher.sees(day(after, &[("A", 1.0)]), at(after, 12)).join(", ")
    };
    assert_eq!(write(&mut watcher, 1, "robot@contoso.example", "Set by our baseline on 2026-11-02"), "A New");
    for after in 2..30 {
        let comment = format!("Set by our baseline on {}", day(after, &[]).day);
        let by = if after % 2 == 0 { "robot@contoso.example" } else { "robot2@contoso.example" };
        assert_eq!(write(&mut watcher, after, by, &comment), "", "{after}");
    }
    assert!(said(&watcher, at(29, 13)).contains("Accepted on 2026-11-02, "), "{}", said(&watcher, at(29, 13)));
    assert_eq!(write(&mut watcher, 30, "robot@contoso.example", "Kept for the migration until 2027-01-31"), "A New");
    let renewed = said(&watcher, at(30, 13));
    assert!(renewed.starts_with("Contoso: an accepted risk was renewed: "), "{renewed}");
    assert!(renewed.contains("Accepted since 2026-11-02, renewed on 2026-12-01 until 2027-01-31, "), "{renewed}");
    // What somebody decided who may, and a robot wrote again, is no news either.
    assert_eq!(write(&mut watcher, 31, "CISO@contoso.example", "Board"), "");
    assert_eq!(write(&mut watcher, 32, "robot@contoso.example", "board"), "");
}

#[test]
fn a_control_that_graph_leaves_out_is_unknown_and_old_acceptances_are_no_news() {
    let gone = |watcher: &mut Watcher, since: Option<Date>| {
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        profiles[0].gone_since = since;
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        // Without its score, too: what is still scored is still accepted.
        let left = if since.is_some() { day(20, &[("B", 1.0)]) } else { day(20, &[("A", 1.0)]) };
        watcher.facts.history = History::new(vec![left]);
    };
    let old = accepted("2026-10-01T08:00:00Z", "mira@contoso.example");
    for (watch, first) in [(Watch::RiskAccepted { allowed: vec![] }, vec![]), (Watch::AcceptanceEnds, vec!["A New"])] {
        let mut watcher = Watcher::new(rule(watch), &["A", "B"]);
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        profiles[0].updates = vec![old.clone()];
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        assert_eq!(watcher.sees(day(20, &[("A", 1.0)]), at(20, 12)), first);
        gone(&mut watcher, Some(day(20, &[]).day));
        for after in [21, 33] {
            assert!(watcher.looks(at(after, 12)).is_empty() && watcher.states.len() == 1, "{after}");
        }
        gone(&mut watcher, None);
        assert!(watcher.looks(at(33, 20)).is_empty(), "it was left out for some days");
        gone(&mut watcher, Some(day(33, &[]).day));
        assert!(watcher.looks(at(47, 0)).is_empty() && watcher.states.is_empty(), "forgotten, and nothing told");
        gone(&mut watcher, None);
        // Past its day it is again; accepted it was long ago.
        assert_eq!(watcher.looks(at(48, 0)), first);
        // Its profile alone is gone: it is what it was, however long.
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        profiles[0].gone_since = Some(day(33, &[]).day);
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let before = watcher.states.len();
        assert!(watcher.looks(at(70, 0)).is_empty() && watcher.states.len() == before);
    }
    // An old acceptance that shows only when a newer update is gone is no news either.
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec![] }), &["A"]);
    assert!(watcher.sees(day(0, &[("A", 1.0)]), at(0, 12)).is_empty());
    let mut profiles = watcher.facts.catalogue.profiles().to_vec();
    profiles[0].updates = vec![old];
    watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.looks(at(1, 12)).is_empty());
}

#[test]
fn what_never_arrived_was_not_told() {
    let lost = |watcher: &mut Watcher, parcel: &str| {
        let lost = BTreeSet::from([parcel.to_owned()]);
        watcher.states.values_mut().for_each(|state| state.forget(&lost));
    };
    // The only message is lost: told as new, not told to be over.
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    assert_eq!(points(&mut watcher, &[9.0, 5.0]).concat(), "A New");
    lost(&mut watcher, "parcel 2");
    assert!(watcher.states["A"].waits_anew(at(1, 12)) && !watcher.states["A"].waits_anew(at(1, 13)));
    assert_eq!(watcher.looks(at(1, 14)), ["A New"]);
    lost(&mut watcher, "parcel 3");
    assert_eq!(points(&mut watcher, &[9.0]).concat(), "");
    assert!(watcher.states.is_empty());
    // Of two the second is lost: told to be still so.
    assert_eq!(points(&mut watcher, &[5.0, 3.0]), ["A New", "A Worse"]);
    lost(&mut watcher, "parcel 6");
    assert_eq!(watcher.looks(at(4, 20)), ["A Still"]);
    assert_eq!(watcher.states["A"].lost, None);
    assert_eq!(points(&mut watcher, &[9.0]).concat(), "A over");
}

#[test]
fn an_acceptance_is_past_its_day_until_it_is_extended_or_withdrawn() {
    let mut watcher = Watcher::new(rule(Watch::AcceptanceEnds), &["A"]);
    let mut profiles = watcher.facts.catalogue.profiles().to_vec();
    profiles[0].updates = vec![accepted("2026-10-01T08:00:00Z", "mira@contoso.example")];
    watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.sees(day(18, &[("A", 1.0)]), at(19, 23)).is_empty(), "its last day");
    assert_eq!(watcher.looks(at(20, 0)), ["A New"], "by the clock, not by Graph's day");
    let until = |day| Annotation { owner: None, until: Some(day), note: None, status: None, at: at(20, 1), by: "terminal".to_owned() };
    watcher.facts.annotations.0.insert("A".to_owned(), until(date(2026, 12, 1)));
    assert_eq!(watcher.looks(at(20, 2)), ["A over"]);
    assert_eq!(watcher.looks(at(31, 2)), ["A New"]);
    watcher.facts.catalogue = Catalogue::new(vec![profile("A", 10.0)], BTreeMap::new(), 0);
    assert_eq!(watcher.looks(at(31, 3)), ["A over"]);
}

#[test]
fn a_failing_sign_in_and_the_end_of_a_credential_are_told() {
    let mut watcher = Watcher::new(rule(Watch::SignIn { days: 30 }), &[]);
    watcher.end = Some(End { what: "certificate", at: at(40, 0) });
    assert!(watcher.looks(at(9, 23)).is_empty());
    assert_eq!(watcher.looks(at(10, 0)), ["credential New"]);
    watcher.fault = Some(Fault { sign_in: false, sentence: "Graph is out of order.".to_owned(), since: at(10, 0) });
    assert!(watcher.looks(at(10, 1)).is_empty(), "that is no sign-in");
    watcher.fault = Some(Fault { sign_in: true, sentence: "The secret has expired.".to_owned(), since: at(11, 0) });
    assert_eq!(watcher.looks(at(11, 1)), ["sign_in New"]);
    // That Graph is out of order says nothing of the sign-in.
    watcher.fault = Some(Fault { sign_in: false, sentence: "Graph is out of order.".to_owned(), since: at(12, 0) });
    assert!(watcher.looks(at(12, 1)).is_empty());
    assert_eq!(watcher.looks(at(40, 0)), ["credential Worse"]);
    watcher.fault = None;
    watcher.end = Some(End { what: "certificate", at: at(400, 0) });
    assert_eq!(watcher.looks(at(41, 0)), ["credential over", "sign_in over"]);
}

#[test]
fn a_credential_reminds_again_the_nearer_its_end_is() {
    // Each day of two months: on which of them it is told, with so many days left.
    let told = |days: u32| {
        let mut watcher = Watcher::new(rule(Watch::SignIn { days }), &[]);
        watcher.end = Some(End { what: "client secret", at: at(70, 0) });
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
    watcher.end = Some(End { what: "client secret", at: at(10, 0) });
    let said: Vec<String> = (0..4).map(|day| watcher.looks(at(day, 0)).join(", ")).collect();
    assert_eq!(said, ["credential New", "", "", "credential Worse"]);
}

#[test]
fn an_alert_about_the_sign_in_leads_to_its_app_registration_and_asks_for_no_changes() {
    let mut watcher = Watcher::new(rule(Watch::SignIn { days: 30 }), &[]);
    watcher.end = Some(End { what: "client secret", at: at(7, 0) });
    watcher.fault = Some(Fault { sign_in: true, sentence: "The secret has expired.".to_owned(), since: at(0, 0) });
    let findings: Vec<_> = {
        let seen = Seen {
            tenant: &watcher.facts,
            newest_day: None,
            read_at: None,
            fault: watcher.fault.as_ref(),
            end: watcher.end.as_ref(),
            app: Some("https://entra.microsoft.com/#view/app"),
            memory: None,
            states: &watcher.states,
            now: at(1, 0),
        };
        let bad = |verdict| if let alert::Verdict::Bad(finding) = verdict { Some(*finding) } else { None };
        alert::look(&watcher.rule.watch, &seen).into_iter().filter_map(bad).collect()
    };
    let card = |how, some: &[alert::Finding]| {
        let tellings: Vec<_> = some.iter().map(|finding| alert::Telling { finding: finding.clone(), how, first: None }).collect();
        alert::alert_card(&watcher.rule, &watcher.facts, &tellings, true).unwrap()
    };
    assert_eq!(findings.len(), 2);
    for some in [&findings[..1], &findings[1..], &findings[..]] {
        let card = card(alert::How::New, some);
        assert_eq!((card.link.as_deref(), card.next.len()), (Some("https://entra.microsoft.com/#view/app"), 0), "{}", card.title);
        let Some(Block::Lead(lead)) = card.blocks.first() else { panic!("{card:?}") };
        assert_eq!(lead[0].tone, Tone::Bad, "{}", card.title);
    }
    assert_eq!(card(alert::How::Worse, &findings[1..]).title, "Contoso, reminder: the client secret ends on 2026-11-07");
}

/// The tone of the first word that judges, by which platforms colour an alert.
fn tone(watcher: &Watcher, some: &[alert::Finding]) -> Tone {
    let tellings: Vec<_> =
        some.iter().map(|finding| alert::Telling { finding: finding.clone(), how: alert::How::New, first: None }).collect();
    let card = alert::alert_card(&watcher.rule, &watcher.facts, &tellings, true).unwrap();
    let Some(Block::Lead(lead)) = card.blocks.first() else { panic!("{card:?}") };
    lead[0].tone
}

#[test]
fn several_are_as_red_as_one() {
    let update = accepted("2026-11-02T08:00:00Z", "mira@contoso.example");
    let kinds = [
        (slips(1.0), Tone::Bad),
        (Watch::AcceptanceEnds, Tone::Bad),
        (Watch::RiskAccepted { allowed: vec![] }, Tone::Warn),
        (Watch::ControlNew(Only::default()), Tone::Warn),
    ];
    for (watch, expected) in kinds {
        let mut watcher = Watcher::new(rule(watch), &["A", "B", "C", "D"]);
        watcher.sees(day(0, &[("A", 9.0), ("B", 9.0)]), at(0, 12));
        let mut profiles = watcher.facts.catalogue.profiles().to_vec();
        for profile in &mut profiles {
            profile.updates = vec![update.clone()];
        }
        watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let days = vec![day(0, &[("A", 9.0), ("B", 9.0)]), day(1, &[("A", 5.0), ("B", 5.0), ("C", 0.0), ("D", 0.0)])];
        watcher.facts.history = History::new(days);
        let found = findings(&watcher, at(21, 12));
        assert!(found.len() > 1, "{:?}", watcher.rule.watch);
        assert_eq!((tone(&watcher, &found[..1]), tone(&watcher, &found)), (expected, expected), "{:?}", watcher.rule.watch);
    }
}

#[test]
fn a_level_says_whether_points_or_the_maximum_moved() {
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    points(&mut watcher, &[62.0]);
    assert_eq!(watcher.sees(Snapshot { maximum: Some(110.0), ..day(1, &[("A", 63.0)]) }, at(1, 12)), ["score New"]);
    let told = said(&watcher, at(1, 12));
    assert!(
        told.starts_with("Contoso: the score is at 57.27 %, below 60 %: the maximum rose by 10 points | 62 of 100 to 63 of 110 points"),
        "{told}"
    );
    assert!(told.contains("since 2026-11-01") && told.contains("Since 2026-11-01 the points rose by 1, the maximum by 10."), "{told}");
    // A fall of points says so, and names its controls.
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    points(&mut watcher, &[62.0, 55.0]);
    let told = said(&watcher, at(1, 12));
    assert!(told.contains("below 60 %: \u{2212}7 points") && told.contains("Title of A [A]"), "{told}");
    // Of what was below it ever since, nothing moved it there.
    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    points(&mut watcher, &[50.0, 49.0]);
    assert!(said(&watcher, at(1, 12)).starts_with("Contoso: the score is at 49 %, below 60 % | 49 of 100 points on 2026-11-02"));
    // So does a fall of points beside a maximum that moved.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    points(&mut watcher, &[50.0]);
    watcher.sees(Snapshot { maximum: Some(120.0), ..day(1, &[("A", 45.0)]) }, at(1, 12));
    assert!(said(&watcher, at(1, 12)).contains("Since 2026-11-01 the points fell by 5, while the maximum rose by 20."));
}

#[test]
fn again_is_said_only_of_what_was_so_before() {
    let over = |watch: Watch, days: &[f64]| {
        let mut watcher = Watcher::new(rule(watch), &["A"]);
        points(&mut watcher, &days[..days.len() - 1]);
        let mut last = watcher.facts.history.days().to_vec();
        last.push(day(i32::try_from(days.len()).unwrap() - 1, &[("A", days[days.len() - 1])]));
        watcher.facts.history = History::new(last);
        let seen = Seen {
            tenant: &watcher.facts,
            newest_day: None,
            read_at: None,
            fault: None,
            end: None,
            app: None,
            memory: watcher.memory.as_ref(),
            states: &watcher.states,
            now: at(9, 0),
        };
        let over = |verdict| if let alert::Verdict::Over(over) = verdict { over.news } else { None };
        alert::look(&watcher.rule.watch, &seen).into_iter().find_map(over).unwrap()
    };
    let falls = || Watch::ScoreFalls(Fall::Points(4.0));
    assert_eq!(over(falls(), &[50.0, 40.0, 45.0]), "5 of the 10 points lost are back: the score is at 45 points");
    assert_eq!(over(falls(), &[50.0, 40.0, 50.0]), "the score is back at 50 points");
    assert_eq!(over(falls(), &[50.0, 40.0, 52.0]), "the score is at 52 points, 50 before it fell");
    assert_eq!(over(slips(2.0), &[8.0, 5.0, 8.0]), "“Title of A” is back at 8 points");
    assert_eq!(over(slips(2.0), &[8.0, 5.0, 9.0]), "“Title of A” is at 9 of 10 points, 8 before");
}

#[test]
fn a_fall_of_which_half_is_back_does_not_fire_once_more() {
    // Half of it is back, and what is missing would still make a fall: neither the slide of a week nor the same day says so again.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    let said = points(&mut watcher, &[60.0, 40.0, 49.9, 50.0, 50.0, 49.0, 46.0, 55.0]);
    assert_eq!(said, ["", "score New", "", "score over", "", "", "score New", "score over"]);
    // A day that Microsoft corrects fell less far, and is a fall all the same.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    assert_eq!(points(&mut watcher, &[60.0, 40.0]), ["", "score New"]);
    assert!(watcher.sees(day(1, &[("A", 52.0)]), at(1, 20)).is_empty());
    assert_eq!(watcher.sees(day(1, &[("A", 58.0)]), at(1, 21)), ["score over"]);
    // Nobody was told of it while it was snoozed: it is, once the snooze has ended.
    let mut watcher = Watcher::new(rule(Watch::ScoreFalls(Fall::Points(4.0))), &["A"]);
    watcher.snoozed.insert("score".to_owned());
    assert_eq!(points(&mut watcher, &[60.0, 40.0, 52.0]).concat(), "");
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(2, 20)), ["score SnoozeEnded"]);
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
    let mut watcher = Watcher::new(rule(Watch::RiskAccepted { allowed: vec![] }), &["A"]);
    watcher.sees(day(0, &[("A", 1.0)]), at(0, 12));
    watcher.snoozed.insert("A".to_owned());
    let mut profiles = watcher.facts.catalogue.profiles().to_vec();
    profiles[0].updates = vec![accepted("2026-11-02T08:00:00Z", "mira@contoso.example")];
    watcher.facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.sees(day(1, &[("A", 1.0)]), at(1, 12)).is_empty());
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(1, 20)), ["A SnoozeEnded"]);
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
fn a_clock_that_is_set_back_keeps_nothing_waiting() {
    let mut watcher = Watcher::new(Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule(Watch::ScoreBelow(60.0)) }, &["A"]);
    assert_eq!(watcher.sees(day(0, &[("A", 50.0)]), at(300, 0)), ["score New"]);
    assert!(watcher.looks(at(299, 20)).is_empty());
    assert_eq!(watcher.looks(at(0, 1)), ["score Still"]);
    assert!(watcher.looks(at(0, 20)).is_empty());
    assert_eq!(watcher.looks(at(1, 1)), ["score Still"]);
}

#[test]
fn nothing_is_said_of_what_the_facts_do_not_say() {
    let mut watcher = Watcher::new(rule(slips(1.0)), &["A"]);
    assert_eq!(points(&mut watcher, &[9.0, 5.0]).concat(), "A New");
    let mut unsaid = day(2, &[("A", 9.0)]);
    unsaid.controls[0].points = None;
    assert!(watcher.sees(unsaid, at(2, 12)).is_empty());
    assert_eq!(points(&mut watcher, &[9.0]).concat(), "A over");

    let mut watcher = Watcher::new(rule(Watch::ScoreBelow(60.0)), &["A"]);
    assert_eq!(points(&mut watcher, &[50.0]).concat(), "score New");
    assert!(watcher.sees(Snapshot { maximum: None, ..day(1, &[("A", 99.0)]) }, at(1, 12)).is_empty());
}

/// What a stream of tellings did wrong, if anything.
fn told_wrongly(said: &[(Timestamp, String)], states: &States, repeat: SignedDuration) -> Option<String> {
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
    let kept: BTreeSet<&str> = states.iter().filter(|(_, state)| state.was_told()).map(|(subject, _)| subject.as_str()).collect();
    (kept != open.keys().copied().collect()).then(|| format!("told and not over: {open:?}, kept: {kept:?}"))
}

proptest! {
    /// However points move, however often it is looked and whatever is left out: what is bad is told once in each interval, worse only when it
    /// is worse than told or than it improved to, and what was told is either still kept or was told to be over once.
    #[test]
    fn any_days_are_told_once(
        watch in 0..3_usize,
        hold in any::<bool>(),
        looks in prop::collection::vec((0..4_u8, 0..=10_u8, 0..=10_u8, prop::bool::weighted(0.1), 0..40_i64), 1..60),
    ) {
        let watch = [slips(2.0), Watch::ScoreFalls(Fall::Points(3.0)), Watch::ScoreBelow(10.0)][watch].clone();
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
                let badness = watcher.states.get(subject).and_then(|state| state.told.as_ref()).map(|told| told.badness);
                if said.ends_with("Worse") {
                    prop_assert!(badness > worst.get(subject).copied(), "{said}: {badness:?}");
                }
            }
            let told_now = watcher.states.iter().filter_map(|(subject, state)| Some((subject.clone(), state.told.as_ref()?.badness)));
            worst = told_now.collect();
            prop_assert!(said.iter().map(|said| said.split_once(' ').unwrap().0).collect::<BTreeSet<_>>().len() == said.len(), "{said:?}");
            told.extend(said.into_iter().map(|said| (clock, said)));
        }
        prop_assert_eq!(told_wrongly(&told, &watcher.states, repeat), None);
        prop_assert!(watcher.states.values().all(|state| !state.was_told() || state.told.as_ref().is_some_and(|told| !told.parcels.is_empty())));
    }
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
