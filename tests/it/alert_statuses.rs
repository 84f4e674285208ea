//! Whose status changed, by whoever set it: when is that told, to whom, and what of it is one message?

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::date};
use scorewatch::{
    access::{Asker, Role},
    alert::{self, AlertPost, Only, Reason, Rule, RuleState, Watch},
    delivery::{PostKind, Record, RecordedFinding, dedup_key, severity},
    sandbox::{self, Options},
    score::{Annotation, Catalogue, ControlState, History, Profile, StateUpdate, Status},
    skills::TenantFacts,
};

use crate::{
    alerts::words,
    answers::TODAY,
    support::watcher::{Watcher, World, accepted, at, day, facts, rule, slips},
};

fn status_changed() -> Watch {
    Watch::StatusChanged(Only::default())
}

fn named(name: &str, watch: Watch) -> Rule {
    Rule { name: name.to_owned(), ..rule(watch) }
}

fn set(state: ControlState, now: Timestamp) -> StateUpdate {
    StateUpdate { state, comment: None, ..accepted(&now.to_string(), "mira@contoso.example") }
}

/// Changes the profile of `control`.
fn with_profile(facts: &mut TenantFacts, control: &str, change: impl Fn(&mut Profile)) {
    let mut profiles = facts.catalogue.profiles().to_vec();
    profiles.iter_mut().filter(|profile| &*profile.name == control).for_each(change);
    facts.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
}

fn decide(watcher: &mut Watcher, control: &str, update: &StateUpdate) {
    with_profile(watcher.facts(), control, |profile| profile.updates.push(update.clone()));
    watcher.world.input("contoso").version += 1;
}

fn note(status: Option<Status>, owner: Option<&str>) -> Annotation {
    let (by, note) = ("key:portal".to_owned(), Some("See INC-4711".to_owned()));
    Annotation { owner: owner.map(ToOwned::to_owned), until: None, note, status, at: at(3, 9), by }
}

/// Three controls, of which B was accepted long ago.
fn watching(watch: Watch) -> Watcher {
    let mut watcher = Watcher::new(rule(watch), &["A", "B", "C"]);
    decide(&mut watcher, "B", &accepted("2026-10-01T08:00:00Z", "mira@contoso.example"));
    assert!(watcher.sees(day(0, &[("A", 1.0), ("B", 1.0), ("C", 1.0)]), at(0, 12)).is_empty(), "it was so before");
    watcher
}

/// The title of the newest post.
fn title(watcher: &Watcher) -> &str {
    &watcher.posts.last().unwrap().post.card.title
}

#[test]
fn a_status_that_changes_is_notified_once_either_way_for_a_year() {
    let mut watcher = watching(status_changed());
    decide(&mut watcher, "A", &set(ControlState::ThirdParty, at(1, 8)));
    assert_eq!(watcher.looks(at(1, 12)), ["A New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of A” is now third party (was to address)");
    decide(&mut watcher, "A", &set(ControlState::ThirdParty, at(2, 8)));
    assert!(watcher.looks(at(2, 12)).is_empty(), "the same, written again");
    for (hour, noted, said) in [
        (12, Some(note(Some(Status::Planned), None)), "planned (was to address)"),
        (13, Some(note(Some(Status::Planned), Some("Ada"))), ""),
        (14, Some(note(Some(Status::InProgress), Some("Ada"))), "in progress (was planned)"),
        (15, None, "to address (was in progress)"),
    ] {
        match noted {
            Some(noted) => _ = watcher.facts().annotations.0.insert("C".to_owned(), noted),
            None => _ = watcher.facts().annotations.0.remove("C"),
        }
        watcher.world.input("contoso").version += 1;
        let told = watcher.looks(at(3, hour));
        assert_eq!(told, if said.is_empty() { vec![] } else { vec!["C New"] }, "{said}");
        assert!(said.is_empty() || title(&watcher) == format!("Contoso: “Title of C” is now {said}"), "{}", title(&watcher));
    }
    decide(&mut watcher, "B", &set(ControlState::Default, at(4, 8)));
    assert_eq!(watcher.looks(at(4, 12)), ["B New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of B” is now to address (was risk accepted until 2026-11-20)");
    let told = &watcher.posts.last().unwrap().post;
    assert_eq!(severity(told), "warning");
    let Some(Record::Alert { findings, .. }) = &told.record else { panic!("{told:?}") };
    let [RecordedFinding { when, status, status_before, .. }] = &findings[..] else { panic!("{findings:?}") };
    let statuses = (when.as_str(), status.as_deref(), status_before.as_deref());
    assert_eq!(statuses, ("status_changed", Some("to address"), Some("risk accepted until 2026-11-20")));
    // Whoever accepts and whoever extends changes a status; that it ends is `acceptance_ends`' matter.
    decide(&mut watcher, "A", &accepted(&at(5, 8).to_string(), "mira@contoso.example"));
    assert_eq!(watcher.looks(at(5, 12)), ["A New"]);
    watcher.facts().annotations.0.insert("A".to_owned(), Annotation { until: Some(date(2027, 1, 31)), ..note(None, None) });
    watcher.world.input("contoso").version += 1;
    assert_eq!(watcher.looks(at(6, 12)), ["A New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of A” is now risk accepted until 2027-01-31 (was risk accepted until 2026-11-20)");
    for after in 7..365 {
        assert!(watcher.sees(day(after, &[("A", 1.0), ("B", 1.0), ("C", 1.0)]), at(after, 12)).is_empty(), "{after}");
    }
    assert!(watcher.states().is_empty(), "what is settled fires no longer");
    // Nobody says anything of a control any more, and it has all its points.
    watcher.facts().annotations.0.insert("C".to_owned(), note(Some(Status::InProgress), None));
    watcher.world.input("contoso").version += 1;
    assert_eq!(watcher.looks(at(364, 13)), ["C New"]);
    watcher.facts().annotations.0.remove("C");
    assert_eq!(watcher.sees(day(364, &[("A", 1.0), ("B", 1.0), ("C", 10.0)]), at(364, 14)), ["C New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of C” is now completed (was in progress)");
    decide(&mut watcher, "A", &set(ControlState::Reviewed, at(365, 8)));
    assert_eq!(watcher.looks(at(365, 12)), ["A New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of A” is now reviewed (was risk accepted until 2027-01-31)");
}

#[test]
fn of_profiles_that_were_not_read_nothing_is_said() {
    let mut watcher = watching(status_changed());
    let whole = watcher.facts().catalogue.clone();
    let without = Catalogue::new(whole.profiles().iter().filter(|profile| &*profile.name != "B").cloned().collect(), BTreeMap::new(), 0);
    for (after, catalogue) in (1..).zip([Catalogue::default(), whole.clone(), without.clone(), Catalogue::default(), without, whole]) {
        watcher.facts().catalogue = catalogue;
        assert!(watcher.sees(day(after, &[("A", 1.0), ("B", 1.0)]), at(after, 12)).is_empty(), "{after}");
    }
    with_profile(watcher.facts(), "B", |profile| profile.gone_since = Some(day(7, &[]).day));
    assert!(watcher.sees(day(7, &[("A", 1.0)]), at(7, 12)).is_empty(), "its state is from then");
    // What changed meanwhile is told when it comes to light, and once.
    with_profile(watcher.facts(), "B", |profile| profile.gone_since = None);
    decide(&mut watcher, "B", &set(ControlState::Default, at(8, 8)));
    assert_eq!(watcher.looks(at(9, 12)), ["B New"]);
    // A decision of before the rule that comes to light now is no news, and what follows it is held against it.
    with_profile(watcher.facts(), "A", |profile| profile.updates = vec![set(ControlState::ThirdParty, at(-40, 8))]);
    watcher.world.input("contoso").version += 1;
    assert!(watcher.looks(at(10, 12)).is_empty());
    decide(&mut watcher, "A", &set(ControlState::Default, at(11, 8)));
    assert_eq!(watcher.looks(at(11, 12)), ["A New"]);
    assert_eq!(title(&watcher), "Contoso: “Title of A” is now to address (was third party)");
    // A rule that first sees a tenant without profiles begins with the first ones.
    let mut watcher = Watcher::new(rule(status_changed()), &[]);
    assert!(watcher.sees(day(0, &[("A", 1.0)]), at(0, 12)).is_empty());
    let mut profiles = facts("contoso", &["A"]).catalogue.profiles().to_vec();
    profiles[0].updates = vec![set(ControlState::ThirdParty, at(1, 8))];
    watcher.facts().catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert!(watcher.sees(day(1, &[("A", 1.0)]), at(1, 12)).is_empty());
}

#[test]
fn what_nobody_was_notified_of_is_held_against_what_it_was_before() {
    let mut watcher = watching(status_changed());
    watcher.snoozed.insert("A".to_owned());
    decide(&mut watcher, "A", &set(ControlState::ThirdParty, at(1, 8)));
    assert!(watcher.looks(at(1, 12)).is_empty());
    decide(&mut watcher, "A", &set(ControlState::Mitigated, at(2, 8)));
    assert!(watcher.looks(at(2, 12)).is_empty());
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(3, 12)), ["A SnoozeEnded"]);
    assert_eq!(title(&watcher), "Contoso, snooze ended: “Title of A” is now alternate mitigation (was to address)");
    // Set and taken back while it was snoozed.
    watcher.snoozed.insert("A".to_owned());
    for (after, state) in [(4, ControlState::Accepted), (5, ControlState::Mitigated)] {
        decide(&mut watcher, "A", &set(state, at(after, 8)));
        assert!(watcher.looks(at(after, 12)).is_empty());
    }
    watcher.snoozed.clear();
    assert!(watcher.looks(at(6, 12)).is_empty());
    // Another change waits behind the one that was notified.
    watcher.snoozed.insert("A".to_owned());
    decide(&mut watcher, "A", &set(ControlState::Default, at(7, 8)));
    for after in 7..50 {
        assert!(watcher.sees(day(after, &[("A", 1.0), ("B", 1.0)]), at(after, 12)).is_empty(), "{after}");
    }
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(50, 12)).len(), 1);
    assert!(title(&watcher).ends_with("“Title of A” is now to address (was alternate mitigation)"), "{}", title(&watcher));
    // A message that never arrived told nobody anything.
    watcher.loses();
    assert_eq!(watcher.looks(at(50, 13)), ["A New"]);
    assert!(title(&watcher).ends_with("“Title of A” is now to address (was alternate mitigation)"), "{}", title(&watcher));
}

#[test]
fn who_changed_it_is_for_those_who_may_see_names_and_hostile_words_are_tame() {
    let mut watcher = watching(status_changed());
    let state = ControlState::from_graph("Deferred\u{202e}\r\n@everyone <script>alert(1)</script> and so on and on");
    decide(&mut watcher, "A", &StateUpdate { comment: Some("Board decision".to_owned()), ..set(state, at(1, 8)) });
    watcher.facts().annotations.0.insert("C".to_owned(), note(Some(Status::Planned), Some("Ada Lovelace")));
    let found = watcher.findings(at(1, 12));
    assert_eq!(found.len(), 2);
    for some in [&found[..1], &found[1..], &found[..]] {
        for names in [true, false] {
            let card = alert::alert_card(&watcher.told(some.to_vec(), Reason::New), names).unwrap();
            let said = words(&card);
            let has = |name: &str| said.contains(name);
            assert_eq!(has("mira@") || has("key:portal") || has("Ada Lovelace"), names, "{said}");
            assert!(card.title.chars().count() <= 120 && !card.title.chars().any(char::is_control), "{}", card.title);
            assert!(!said.contains('\u{202e}') && said.contains("was to address"), "{said}");
        }
    }
    let several = alert::alert_card(&watcher.told(found, Reason::New), false).unwrap();
    assert_eq!(several.title, "Contoso: 2 controls changed status: “Title of A” and 1 more");
    assert!(words(&several).contains("1 control now planned"), "{}", words(&several));
}

#[test]
fn only_the_controls_that_are_named_are_watched() {
    let only = |controls: &[&str]| Only { controls: controls.iter().map(|name| (*name).to_owned()).collect(), ..Only::default() };
    for (controls, expected) in [
        (vec!["a"], vec!["A New"]),
        (vec!["title of  A", "C"], vec!["A New", "C New"]),
        (vec!["title"], vec!["A New", "C New"]),
        (vec!["nobody has this"], vec![]),
    ] {
        for watch in [Watch::StatusChanged(only(&controls)), Watch::RiskAccepted { allowed: vec![], only: only(&controls) }] {
            let mut watcher = watching(watch);
            for control in ["A", "C"] {
                decide(&mut watcher, control, &accepted(&at(1, 8).to_string(), "mira@contoso.example"));
            }
            assert_eq!(watcher.looks(at(1, 12)), expected, "{:?}", watcher.rule().watch);
        }
    }
    // What is asked for later is not told as if it were new.
    let mut watcher = watching(Watch::StatusChanged(only(&["A"])));
    decide(&mut watcher, "C", &set(ControlState::ThirdParty, at(1, 8)));
    assert!(watcher.looks(at(1, 12)).is_empty());
    watcher.world.rules[0].watch = status_changed();
    assert!(watcher.looks(at(2, 12)).is_empty());
    decide(&mut watcher, "C", &set(ControlState::Default, at(3, 8)));
    assert_eq!(watcher.looks(at(3, 12)), ["C New"]);
}

/// A world of one tenant in which these rules look, and `update` is the newest of A.
fn world(rules: Vec<Rule>) -> World {
    let mut world = World::new(rules, vec![facts("contoso", &["A", "Z"])]);
    assert!(comes(&mut world, 0, 9.0, None).is_empty());
    world
}

fn comes(world: &mut World, after: i32, points: f64, update: Option<&StateUpdate>) -> Vec<AlertPost> {
    let tenant = &mut world.tenants[0];
    with_profile(tenant, "A", |profile| profile.updates.extend(update.cloned()));
    tenant.history = History::new([tenant.history.days(), &[day(after, &[("A", points), ("Z", 5.0)])]].concat());
    world.input("contoso").version += 1;
    world.looks(at(after, 12))
}

fn rules_of(post: &AlertPost) -> &[String] {
    let (PostKind::Alert(by) | PostKind::Recovery(by)) = &post.post.kind else { panic!("{post:?}") };
    &by.rules
}

#[test]
fn a_decision_that_several_rules_find_is_one_message() {
    let accepting = Watch::RiskAccepted { allowed: vec![], only: Only::default() };
    let rules = || vec![named("accepted", accepting.clone()), named("status", status_changed()), named("slips", slips(2.0))];
    let mut watched = world(rules());
    let told = comes(&mut watched, 1, 9.0, Some(&accepted(&at(1, 8).to_string(), "mira@contoso.example")));
    let [alert] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        (rules_of(alert), &*alert.post.card.title),
        (&["accepted", "status"].map(str::to_owned)[..], "Contoso: a risk was accepted: Title of A")
    );
    assert_eq!(words(&alert.post.card).matches("Title of A").count(), 1, "{}", words(&alert.post.card));
    // Taken back: that it is no longer accepted is all that there is to say.
    let told = comes(&mut watched, 2, 9.0, Some(&set(ControlState::ThirdParty, at(2, 8))));
    let [over] = &told[..] else { panic!("{told:?}") };
    assert_eq!(&*over.post.card.title, "Contoso, resolved: the risk is no longer accepted, now third party: Title of A");
    assert_eq!((rules_of(over), dedup_key(&over.post)), (&["accepted", "status"].map(str::to_owned)[..], dedup_key(&alert.post)));
    assert!(over.post.card.foot.starts_with("alerts accepted, status · ") && over.post.follows.as_ref() == Some(&alert.post.id));
    assert!(watched.looks(at(2, 18)).is_empty());
    // What was decided cost points: one message, which says both.
    let told = comes(&mut watched, 3, 2.0, Some(&set(ControlState::Default, at(3, 8))));
    let [both] = &told[..] else { panic!("{told:?}") };
    let said = words(&both.post.card);
    assert_eq!(&*both.post.card.title, "Contoso: \u{2212}7 points: “Title of A” slipped; “Title of A” is now to address (was third party)");
    assert_eq!((rules_of(both), severity(&both.post)), (&["slips", "status"].map(str::to_owned)[..], "error"));
    assert!(said.contains("to address (was third party)"), "{said}");
    // The points come back: that is resolved, and nothing is said of the status.
    let told = comes(&mut watched, 4, 9.0, None);
    assert_eq!(
        told.iter().map(|post| (rules_of(post).join(","), post.post.follows.clone())).collect::<Vec<_>>(),
        [("slips".to_owned(), Some(both.post.id.clone()))]
    );
}

#[test]
fn readers_who_may_not_see_names_get_none() {
    let mut watched = world(vec![named("status", status_changed())]);
    with_profile(&mut watched.tenants[0], "A", |profile| profile.updates.push(set(ControlState::Mitigated, at(1, 8))));
    watched.input("contoso").version += 1;
    let told = watched.looks_as(at(1, 12) + SignedDuration::from_hours(1), &|_| Ok(Asker { role: Role::Reader, ..Asker::local() }));
    assert!(!told[0].names && !words(&told[0].post.card).contains("mira@"), "{}", words(&told[0].post.card));
}

#[test]
fn what_rules_remembered_before_is_still_read() {
    let watch = |json: &str| serde_json::from_str::<Watch>(json).unwrap();
    let accepting = Watch::RiskAccepted { allowed: vec!["ada".to_owned()], only: Only::default() };
    assert_eq!(watch(r#"{"RiskAccepted":{"allowed":["ada"]}}"#), accepting);
    assert_eq!(
        watch(r#"{"ControlNew":{"category":null,"product":"EXO"}}"#),
        Watch::ControlNew(Only { product: Some("EXO".to_owned()), ..Only::default() })
    );
    let written = serde_json::to_string(&Watch::ControlNew(Only::default())).unwrap();
    assert_eq!(written, r#"{"ControlNew":{"category":null,"product":null}}"#, "and is written as it was");
    let state = r#"{"watch":"AcceptanceEnds","hold":false,"since":"2026-11-01T00:00:00Z","day":null,"began":null,"version":1,"looked":"2026-11-01","resolved":[]}"#;
    let read: RuleState = serde_json::from_str(state).unwrap();
    assert_eq!((read.statuses.as_ref(), serde_json::to_string(&read).unwrap().as_str()), (None, state));
}

/// The story of the sandbox, as its Graph tells it: what people decide there, and what Microsoft drops, is told on its day and never again.
#[test]
fn the_decisions_of_the_demo_are_told_on_their_days() {
    let rules = vec![named("status", status_changed()), named("removed", Watch::ControlRemoved(Only::default()))];
    let mut world = World::new(rules, vec![facts("contoso", &[])]);
    let options = Options::new(TODAY);
    let mut told = Vec::new();
    for after in [-31, -30, -29, -21, -20, -11, -10, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2] {
        let day = TODAY.saturating_add(jiff::Span::new().days(after));
        let files = [
            ("scores.json".to_owned(), sandbox::scores_json("contoso", &options, day, 1).unwrap()),
            ("profiles.json".to_owned(), sandbox::profiles_json("contoso", &options, day).unwrap()),
        ];
        let reading = scorewatch::graph::read_saved(&files).unwrap();
        let tenant = &mut world.tenants[0];
        tenant.catalogue = reading.catalogue.unwrap();
        tenant.history = History::new([tenant.history.days(), &reading.days].concat());
        world.input("contoso").version += 1;
        let now = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp() + SignedDuration::from_hours(12);
        told.extend(world.looks(now).into_iter().map(|post| (after, post.post.card.title)));
    }
    let told: Vec<(i32, &str)> = told.iter().map(|(after, title)| (*after, title.as_str())).collect();
    let expected = [
        (-30, "Contoso: “Keep anonymous people out of meetings” is now risk accepted until 2026-11-14 (was to address)"),
        (-20, "Contoso: “Feed firewall logs into app discovery” is now reviewed (was to address)"),
        (-10, "Contoso: “Keep two to four global administrators” is now risk accepted until 2026-11-19 (was reviewed)"),
        (-6, "Contoso: “Keep anonymous people out of meetings” is now to address (was risk accepted until 2026-11-14)"),
        (-1, "Contoso: a control was removed: Retire legacy quarantine notification settings"),
        (-1, "Contoso: “Do not let users install Outlook add-ins themselves” is now risk accepted until 2026-12-21 (was to address)"),
        (1, "Contoso: “Feed firewall logs into app discovery” is now to address (was reviewed)"),
    ];
    assert_eq!(told, expected);
}
