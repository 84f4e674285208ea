//! Is one event one message, whichever rules tell it and however many tenants suffer it? And is nothing lost by that?

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    access::{Asker, Tenants},
    alert::{AlertPost, Only, ReadingFailure, Rule, Snoozed, Watch},
    delivery::{PostKind, Record, dedup_key, severity},
    error::FetchFailureKind,
    score::{Catalogue, ControlState, History, StateUpdate},
};

use crate::{
    alerts::words,
    support::watcher::{World, accepted, at, day, facts, falls, rule, said_by, slips},
};

fn named(name: &str, watch: Watch) -> Rule {
    Rule { name: name.to_owned(), ..rule(watch) }
}

/// A world of one tenant with one control, which three rules watch.
fn three() -> World {
    let rules = vec![named("falls", falls(4.0)), named("below", Watch::ScoreBelow(60.0)), named("slips", slips(2.0))];
    World::new(rules, vec![facts("contoso", &["A", "Z"])])
}

/// Takes in the next day of the one control that moves, and looks at noon.
fn sees(world: &mut World, points: f64) -> Vec<AlertPost> {
    let after = i32::try_from(world.tenants[0].history.days().len()).unwrap();
    let days = [world.tenants[0].history.days(), &[day(after, &[("A", points), ("Z", 52.0)])]].concat();
    world.tenants[0].history = History::new(days);
    world.input("contoso").version += 1;
    world.looks(at(after, 12))
}

fn foot(post: &AlertPost) -> &str {
    post.post.card.foot.split(" · ").next().unwrap()
}

fn title(post: &AlertPost) -> &str {
    &post.post.card.title
}

/// The rules that `post` names, and how many findings programs read.
fn made_by(post: &AlertPost) -> (Vec<&str>, usize) {
    let (PostKind::Alert(by) | PostKind::Recovery(by)) = &post.post.kind else { panic!("{post:?}") };
    let Some(Record::Alert { findings, .. }) = &post.post.record else { panic!("{post:?}") };
    (by.rules.iter().map(String::as_str).collect(), findings.len())
}

#[test]
fn one_fall_that_three_rules_tell_is_one_message_and_one_resolved() {
    let mut world = three();
    assert!(sees(&mut world, 9.0).is_empty());
    let told = sees(&mut world, 3.0);
    let [alert] = &told[..] else { panic!("{told:?}") };
    assert_eq!(made_by(alert), (vec!["below", "falls", "slips"], 3));
    assert_eq!((foot(alert), title(alert)), ("alerts below, falls, slips", "Contoso: \u{2212}6 points: “Title of A” slipped"));
    let said = words(&alert.post.card);
    assert!(said.contains("The score is at 55 %, below 60 %: \u{2212}6 points"), "{said}");
    assert_eq!(said.matches("Title of A").count(), 2, "in the title and among the causes: {said}");
    assert_eq!(severity(&alert.post), "error");
    // The score has half of its points again: that is told in the same thread, and what is not.
    let some = sees(&mut world, 6.5);
    let [part] = &some[..] else { panic!("{some:?}") };
    assert_eq!((made_by(part), part.post.follows.as_ref(), part.post.resolved), ((vec!["falls"], 1), Some(&alert.post.id), false));
    assert!(words(&part.post.card).contains("Not resolved, of the same alert: "), "{}", words(&part.post.card));
    let rest = sees(&mut world, 9.0);
    let [end] = &rest[..] else { panic!("{rest:?}") };
    assert_eq!((made_by(end), end.post.follows.as_ref(), end.post.resolved), ((vec!["below", "slips"], 2), Some(&alert.post.id), true));
    assert!(title(end).starts_with("Contoso, resolved: ") && title(end).ends_with(", and 1 more"), "{}", title(end));
    assert_eq!(
        [&alert, &part, &end].map(|post| dedup_key(&post.post)),
        [dedup_key(&alert.post), dedup_key(&alert.post), dedup_key(&alert.post)]
    );
    assert!(sees(&mut world, 9.0).is_empty());
}

#[test]
fn each_rule_of_a_message_goes_on_by_itself() {
    // What is snoozed for one kind is told by the others.
    let mut world = three();
    sees(&mut world, 9.0);
    let snooze = Snoozed { kind: "control_regresses".to_owned(), control: Some("A".to_owned()), until: at(99, 0) };
    world.input("contoso").snoozes.push(snooze);
    assert_eq!(sees(&mut world, 3.0).iter().map(made_by).collect::<Vec<_>>(), [(vec!["below", "falls"], 2)]);
    world.input("contoso").snoozes.clear();
    let told = world.looks(at(1, 14));
    assert_eq!(told.iter().flat_map(said_by).collect::<Vec<_>>(), ["A SnoozeEnded"]);
    // What is repeated is one message again, of the same incident.
    let mut world = three();
    world.rules.iter_mut().for_each(|rule| rule.repeat = Some(SignedDuration::from_hours(24)));
    sees(&mut world, 9.0);
    let first = sees(&mut world, 3.0);
    let again = world.looks(at(2, 12));
    assert_eq!(
        (again.iter().map(made_by).collect::<Vec<_>>(), title(&again[0])),
        (vec![(vec!["below", "falls", "slips"], 3)], "Contoso, still: \u{2212}6 points: “Title of A” slipped")
    );
    assert_eq!(dedup_key(&again[0].post), dedup_key(&first[0].post));
    // A message that never arrived is told anew as one.
    let mut world = three();
    sees(&mut world, 9.0);
    let lost = sees(&mut world, 3.0)[0].post.id.clone();
    world.inputs.undelivered.insert(lost);
    assert!(world.looks(at(1, 12)).is_empty(), "not at once");
    assert_eq!(world.looks(at(1, 14)).iter().map(made_by).collect::<Vec<_>>(), [(vec!["below", "falls", "slips"], 3)]);
    // Each destination gets what its rules tell.
    let mut world = three();
    world.rules[2].to = "ops".to_owned();
    sees(&mut world, 9.0);
    let told = sees(&mut world, 3.0);
    let destinations: BTreeMap<_, _> = told.iter().map(|post| (post.key.destination.as_str(), made_by(post).0)).collect();
    assert_eq!(destinations, BTreeMap::from([("ops", vec!["slips"]), ("soc", vec!["below", "falls"])]));
}

#[test]
fn two_rules_of_one_kind_that_overlap_are_one_message_with_one_row() {
    let rules = vec![named("any", slips(1.0)), named("large", slips(3.0))];
    let mut world = World::new(rules, vec![facts("contoso", &["A", "Z"])]);
    sees(&mut world, 9.0);
    let told = sees(&mut world, 4.0);
    assert_eq!(
        told.iter().map(|post| (made_by(post), foot(post), title(post))).collect::<Vec<_>>(),
        [((vec!["any", "large"], 2), "alerts any, large", "Contoso: \u{2212}5 points: “Title of A” slipped")]
    );
    let back = sees(&mut world, 9.0);
    assert_eq!(
        back.iter().map(|post| (made_by(post), title(post))).collect::<Vec<_>>(),
        [((vec!["any", "large"], 2), "Contoso, resolved: “Title of A” is back at 9 points")]
    );
}

fn failure(shared: Option<&str>, tenant: &str) -> ReadingFailure {
    let sentence = format!("Microsoft Graph is unavailable for tenant {tenant} (status 503).");
    ReadingFailure { kind: FetchFailureKind::Transient, sentence, since: at(0, 7), shared: shared.map(ToOwned::to_owned) }
}

/// Forty tenants of which no day is newer than the first, and which fail by `shared`.
fn forty(shared: impl Fn(usize) -> Option<&'static str>) -> World {
    let names: Vec<String> = (0..40).map(|number| format!("tenant{number:02}")).collect();
    let mut world = World::new(vec![named("silent", Watch::NoData { hours: 48 })], names.iter().map(|name| facts(name, &[])).collect());
    for (number, name) in names.iter().enumerate() {
        let input = world.input(name);
        (input.newest_day, input.failure) = (Some(day(0, &[]).day), Some(failure(shared(number), name)));
    }
    assert!(world.looks(at(2, 23)).is_empty());
    world
}

/// Lets days come again for the tenants whose number is in `which`.
fn recover(world: &mut World, which: std::ops::Range<usize>) {
    for number in which {
        let input = world.input(&format!("tenant{number:02}"));
        (input.newest_day, input.failure) = (Some(day(3, &[]).day), None);
    }
}

#[test]
fn an_outage_of_forty_tenants_is_one_message_and_one_resolved() {
    let mut world = forty(|_| Some("outage"));
    let told = world.looks(at(3, 0));
    let [alert] = &told[..] else { panic!("{} messages", told.len()) };
    assert_eq!((alert.post.tenants.len(), made_by(alert)), (40, (vec!["silent"], 40)));
    assert_eq!(title(alert), "Tenant00, tenant01 and 38 more: no newer score than that of 2026-11-01");
    let said = words(&alert.post.card);
    for number in 0..40 {
        assert!(said.to_lowercase().contains(&format!("tenant{number:02}")), "{number}: {said}");
    }
    assert!(said.contains("(status 503)"), "{said}");
    recover(&mut world, 0..40);
    let ends = world.looks(at(3, 9));
    let [end] = &ends[..] else { panic!("{} messages", ends.len()) };
    assert_eq!((end.post.tenants.len(), end.post.follows.as_ref(), end.post.resolved), (40, Some(&alert.post.id), true));
    assert_eq!(title(end), "Tenant00, tenant01 and 38 more, resolved: a newer score arrived, that of 2026-11-04");
    assert_eq!(dedup_key(&end.post), dedup_key(&alert.post));
}

#[test]
fn tenants_that_recover_wait_for_the_others_but_not_for_long() {
    let mut world = forty(|_| Some("outage"));
    let alert = world.looks(at(3, 0)).remove(0);
    recover(&mut world, 0..30);
    assert!(world.looks(at(3, 9)).is_empty(), "ten are still read");
    recover(&mut world, 30..39);
    let ends = world.looks(at(3, 10));
    let [end] = &ends[..] else { panic!("{} messages", ends.len()) };
    assert_eq!((end.post.tenants.len(), end.post.follows.as_ref(), end.post.resolved), (39, Some(&alert.post.id), false));
    assert!(words(&end.post.card).contains("Not resolved, of the same alert: “tenant39”."), "{}", words(&end.post.card));
    recover(&mut world, 39..40);
    assert_eq!(
        world.looks(at(3, 11)).iter().map(|post| (title(post), post.post.resolved)).collect::<Vec<_>>(),
        [("Tenant39, resolved: a newer score arrived, that of 2026-11-04", true)]
    );
    // What is bad again meanwhile was never told to be resolved.
    let mut world = forty(|_| Some("outage"));
    world.looks(at(3, 0));
    recover(&mut world, 0..1);
    assert!(world.looks(at(3, 9)).is_empty());
    world.input("tenant00").newest_day = Some(day(0, &[]).day);
    assert!(world.looks(at(3, 20)).is_empty());
}

#[test]
fn tenants_that_one_outage_reaches_one_after_another_are_one_message_more() {
    let mut world = forty(|_| None);
    world.rules = vec![named("door", Watch::SignIn { days: 30 })];
    let fails = |world: &mut World, which: std::ops::Range<usize>| {
        for number in which {
            let input = world.input(&format!("tenant{number:02}"));
            input.failure = Some(ReadingFailure { kind: FetchFailureKind::SignIn, ..failure(Some("client secret of app 1"), "x") });
        }
    };
    world.inputs.tenants.values_mut().for_each(|input| input.failure = None);
    assert!(world.looks(at(3, 0)).is_empty());
    fails(&mut world, 0..1);
    let first = world.looks(at(3, 1)).remove(0);
    assert_eq!(title(&first), "Tenant00: the sign-in fails, so no score is fetched");
    // Each is read at its own minute.
    fails(&mut world, 1..20);
    assert!(world.looks(at(3, 1)).is_empty(), "at once there is one message");
    fails(&mut world, 20..40);
    let more = world.looks(at(3, 2));
    let [more] = &more[..] else { panic!("{} messages", more.len()) };
    assert_eq!((more.post.tenants.len(), title(more)), (39, "Tenant01, tenant02 and 37 more: the sign-in fails, so no score is fetched"));
    assert_eq!(dedup_key(&more.post), dedup_key(&first.post), "one incident");
    assert!(world.looks(at(3, 5)).is_empty());
    // It is one that is resolved, too.
    world.inputs.tenants.values_mut().for_each(|input| input.failure = None);
    let ends = world.looks(at(3, 6));
    let [end] = &ends[..] else { panic!("{} messages", ends.len()) };
    assert_eq!((end.post.tenants.len(), end.post.resolved, &end.post.ends), (40, true, &vec![first.post.id.clone()]));
    // Later it is news again.
    fails(&mut world, 5..6);
    assert_eq!(world.looks(at(3, 7)).len(), 1);
}

#[test]
fn what_is_a_tenants_own_stays_its_own() {
    let mut world = forty(|number| if number < 2 { None } else { Some("outage") });
    let told = world.looks(at(3, 0));
    let tenants: BTreeSet<_> = told.iter().map(|post| post.post.tenants.len()).collect();
    assert_eq!((told.len(), tenants), (3, BTreeSet::from([1, 38])));
    // So is a sign-in that fails, but not one credential of them all.
    for (shared, messages) in [(None, 40), (Some("client secret of app 1"), 1)] {
        let mut world = forty(|_| None);
        world.rules = vec![named("door", Watch::SignIn { days: 30 })];
        for input in world.inputs.tenants.values_mut() {
            input.failure = Some(ReadingFailure { kind: FetchFailureKind::SignIn, ..failure(shared, "x") });
        }
        assert_eq!(world.looks(at(3, 0)).len(), messages, "{shared:?}");
    }
}

#[test]
fn nobody_is_notified_of_a_tenant_that_they_may_not_see() {
    let mut world = forty(|_| Some("outage"));
    let some = Tenants::Only((0..3).map(|number| format!("tenant{number:02}")).collect());
    let told = world.looks_as(at(3, 0), &|_| Ok(Asker { tenants: some.clone(), ..Asker::local() }));
    assert_eq!(told.iter().map(|post| post.post.tenants.join(",")).collect::<Vec<_>>(), ["tenant00,tenant01,tenant02"]);
    assert!(!words(&told[0].post.card).contains("tenant03"));
}

/// A world in which two rules watch what is accepted, with the updates of the one control.
fn accepting() -> World {
    let rules =
        vec![named("accepted", Watch::RiskAccepted { allowed: vec![], only: Only::default() }), named("ends", Watch::AcceptanceEnds)];
    World::new(rules, vec![facts("contoso", &["A", "Z"])])
}

fn decide(world: &mut World, update: StateUpdate, now: Timestamp) -> Vec<AlertPost> {
    let mut profiles = world.tenants[0].catalogue.profiles().to_vec();
    profiles[0].updates.push(update);
    world.tenants[0].catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    world.looks(now)
}

#[test]
fn an_acceptance_taken_back_is_one_resolved_whenever_it_was_notified() {
    let back = |at: &str| StateUpdate { state: ControlState::Default, ..accepted(at, "mira@contoso.example") };
    let mut world = accepting();
    assert!(sees(&mut world, 1.0).is_empty());
    let told = decide(&mut world, accepted("2026-11-02T08:00:00Z", "mira@contoso.example"), at(1, 12));
    assert_eq!(told.iter().map(made_by).collect::<Vec<_>>(), [(vec!["accepted"], 1)]);
    let ended = world.looks(at(20, 1));
    assert_eq!(ended.iter().map(made_by).collect::<Vec<_>>(), [(vec!["ends"], 1)]);
    let over = decide(&mut world, back("2026-11-25T08:00:00Z"), at(24, 12));
    let [over] = &over[..] else { panic!("{over:?}") };
    assert_eq!(
        (made_by(over), foot(over), over.post.follows.as_ref()),
        ((vec!["accepted", "ends"], 2), "alerts accepted, ends", Some(&ended[0].post.id))
    );
    assert_eq!((title(over), &over.post.ends), ("Contoso, resolved: no longer accepted: Title of A", &vec![told[0].post.id.clone()]));
    // For programs it was one incident all along.
    assert_eq!([&told[0], &ended[0], over].map(|post| dedup_key(&post.post)), ["scorewatch:acceptance:contoso:A"; 3]);
    // Told by both at once, and taken back.
    let mut world = accepting();
    assert!(sees(&mut world, 1.0).is_empty());
    let told = decide(&mut world, accepted("2026-11-02T08:00:00Z", "mira@contoso.example"), at(25, 12));
    assert_eq!((told.iter().map(made_by).collect::<Vec<_>>(), severity(&told[0].post)), (vec![(vec!["accepted", "ends"], 2)], "error"));
    let over = decide(&mut world, back("2026-11-27T08:00:00Z"), at(26, 12));
    assert_eq!(over.iter().map(|post| (made_by(post), post.post.resolved)).collect::<Vec<_>>(), [((vec!["accepted", "ends"], 2), true)]);
}

#[test]
fn titles_of_different_messages_differ() {
    let rules = || {
        vec![
            named("falls", falls(4.0)),
            named("below", Watch::ScoreBelow(60.0)),
            named("slips", slips(2.0)),
            named("new", Watch::ControlNew(Only::default())),
            named("accepted", Watch::RiskAccepted { allowed: vec![], only: Only::default() }),
            named("ends", Watch::AcceptanceEnds),
        ]
    };
    let names = ["A", "B", "C", "D", "E", "F"];
    let mut world = World::new(rules(), vec![facts("contoso", &names), facts("fabrikam", &names)]);
    let mut titles: Vec<String> = Vec::new();
    let days: [&[(&str, f64)]; 6] = [
        &[("A", 9.0), ("B", 60.0)],
        &[("A", 5.0), ("B", 60.0), ("C", 1.0), ("D", 1.0)],
        &[("A", 9.0), ("B", 50.0), ("C", 1.0), ("D", 1.0), ("E", 1.0), ("F", 1.0)],
        &[("A", 9.0), ("B", 60.0), ("C", 1.0), ("D", 1.0), ("E", 1.0), ("F", 1.0)],
        &[("A", 6.0), ("B", 45.0), ("C", 1.0), ("D", 1.0), ("E", 1.0), ("F", 1.0)],
        &[("A", 9.0), ("B", 60.0), ("C", 1.0), ("D", 1.0), ("E", 1.0), ("F", 1.0)],
    ];
    for (after, controls) in (0..).zip(days) {
        for tenant in &mut world.tenants {
            let mut profiles = tenant.catalogue.profiles().to_vec();
            for profile in profiles.iter_mut().skip(usize::try_from(after).unwrap()).take(2) {
                let at = format!("2026-11-{:02}T08:00:00Z", after + 1);
                profile.updates = vec![accepted(&at, "mira@contoso.example")];
            }
            tenant.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
            tenant.history = History::new([tenant.history.days(), &[day(after, controls)]].concat());
        }
        titles.extend(world.looks(at(after, 12)).iter().map(|post| title(post).to_owned()));
    }
    // As many new controls each day, and nothing else.
    world.rules = vec![named("new", Watch::ControlNew(Only::default()))];
    for (after, names) in (6..).zip([["G", "H"], ["I", "J"]]) {
        for tenant in &mut world.tenants {
            let last = tenant.history.newest().unwrap();
            let mut controls: Vec<_> = last.controls.iter().map(|control| (control.name.to_string(), control.points.unwrap())).collect();
            controls.extend(names.map(|name| (name.to_owned(), 1.0)));
            let controls: Vec<(&str, f64)> = controls.iter().map(|(name, points)| (name.as_str(), *points)).collect();
            tenant.history = History::new([tenant.history.days(), &[day(after, &controls)]].concat());
        }
        titles.extend(world.looks(at(after, 12)).iter().map(|post| title(post).to_owned()));
    }
    assert!(titles.iter().any(|title| title.starts_with("Contoso: 2 new controls: “G” and 1 more")), "{titles:#?}");
    assert!(titles.len() > 16, "{titles:#?}");
    assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "{titles:#?}");
}
