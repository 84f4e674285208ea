//! What does a round of alerts cost, and what does it make of what happens between rounds: outages, edited rules, tenants that come and go?

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    path::PathBuf,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use scorewatch::{
    access::{Asker, Role, Tenants},
    alert::{Fall, Only, Rule, Watch},
    delivery::Post,
    operations::SnoozeWish,
    score::{Category, Snapshot},
    store::{DeliveryFilter, Source, Stop, Store, WorkerKind},
};
use sqlx::{ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::alerts::{MFA, World, give_up, now, pass, points, rule, set, slips, titles, words, worker};

fn all_kinds() -> Vec<Rule> {
    vec![
        rule("falls", Watch::ScoreFalls(Fall::Points(3.0))),
        rule("below", Watch::ScoreBelow(99.0)),
        slips(),
        rule("new", Watch::ControlNew(Only::default())),
        rule("removed", Watch::ControlRemoved(Only::default())),
        rule("status", Watch::StatusChanged(Only::default())),
        rule("accepted", Watch::RiskAccepted { allowed: Vec::new(), only: Only::default() }),
        rule("ends", Watch::AcceptanceEnds),
        rule("silent", Watch::NoData { hours: 48 }),
        rule("door", Watch::SignIn { days: 30 }),
    ]
}

async fn by_hand(world: &World) -> SqliteConnection {
    SqliteConnectOptions::new().filename(world.home.path().join("scorewatch.db")).connect().await.unwrap()
}

/// Takes all days away, or brings them back: who wants to load any then fails.
async fn days_away(world: &World, away: bool) {
    let query = if away { "ALTER TABLE snapshots RENAME TO away" } else { "ALTER TABLE away RENAME TO snapshots" };
    sqlx::query(query).execute(&mut by_hand(world).await).await.unwrap();
}

/// Changes the rules, as after a restart.
async fn ruled(world: &mut World, rules: Vec<Rule>) {
    world.rules = rules;
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
}

/// Notes that what waits went out.
async fn arrives(world: &World, id: &str) {
    let claimed = world.store.claim("a sender", Duration::from_mins(1), now()).await.unwrap().unwrap();
    assert_eq!(claimed.id, id);
    assert!(world.store.delivered(&claimed, Some("message"), None, now()).await.unwrap());
}

#[tokio::test]
async fn a_round_in_which_nothing_moved_loads_no_day() {
    let mut world = World::new(all_kinds()).await;
    days_away(&world, true).await;
    for _ in 0..3 {
        pass(1);
        assert!(world.round().await.is_empty());
        assert_eq!(world.store.heartbeats().await.unwrap()[&WorkerKind::Alert], now());
    }
    // A day later it is looked at, which fails without days: the test above could have failed.
    pass(24);
    world.round().await;
    pass(2);
    assert!(!world.round().await.is_empty());
    days_away(&world, false).await;
}

#[tokio::test]
async fn what_the_facts_say_nothing_of_is_asked_for_once() {
    let mut world = World::new(vec![slips()]).await;
    assert_eq!(world.next_day(|day| set(day, MFA, 0.0)).await.len(), 1);
    let kind = "control_regresses".to_owned();
    let until = now() + SignedDuration::from_hours(30);
    let wish = SnoozeWish { tenant: None, control: Some(MFA.to_owned()), kind, until, reason: "Because".to_owned() };
    world.doors.operations.snooze(&Asker::local(), &wish).await.unwrap();
    let unknown =
        |day: &mut Snapshot| day.controls.iter_mut().filter(|control| &*control.name == MFA).for_each(|control| control.points = None);
    assert!(world.next_day(unknown).await.is_empty());
    pass(7);
    assert!(world.round().await.is_empty(), "the snooze has ended, and nothing is known");
    days_away(&world, true).await;
    pass(1);
    assert!(world.round().await.is_empty());
    assert_eq!(world.store.heartbeats().await.unwrap()[&WorkerKind::Alert], now());
    days_away(&world, false).await;
    // Known again, and still bad: the end of the snooze is told.
    let told = world
        .next_day(|day| day.controls.iter_mut().filter(|control| &*control.name == MFA).for_each(|control| control.points = Some(0.0)))
        .await;
    assert!(told.len() == 1 && told[0].1.card.title.starts_with("Contoso, snooze ended: "), "{:?}", titles(&told));
}

/// A slip that is told and over again; what told its end, which was given up.
async fn never_arrived(world: &mut World) -> Vec<(String, Post)> {
    let before = points(&world.reading.days[0], MFA);
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    arrives(world, &told[0].1.id).await;
    let over = world.next_day(|day| set(day, MFA, before)).await;
    give_up(world, &over[0].1.id).await;
    over
}

#[tokio::test]
async fn an_end_that_never_arrived_is_notified_once_more() {
    let mut world = World::new(vec![slips()]).await;
    let over = never_arrived(&mut world).await;
    assert!(world.round().await.is_empty(), "not at once");
    let gone = Stop { since: now(), why: "It is gone.".to_owned() };
    assert!(world.store.stop("soc", &gone).await.unwrap());
    pass(2);
    assert!(world.round().await.is_empty(), "nothing is posted there");
    assert!(world.doors.operations.resume_destination(&Asker::local(), "soc").await.unwrap().was_stopped);
    let again = world.round().await;
    let [(kind, post)] = &again[..] else { panic!("{:?}", titles(&again)) };
    assert_eq!((kind, &post.kind, &post.card, &post.follows), (&over[0].0, &over[0].1.kind, &over[0].1.card, &over[0].1.follows));
    assert!(post.id != over[0].1.id && post.created == now());
    assert!(world.round().await.is_empty());
    // Once, not for ever.
    give_up(&world, &post.id).await;
    pass(2);
    assert!(world.round().await.is_empty());
}

#[tokio::test]
async fn an_end_that_never_arrived_is_not_notified_once_it_is_bad_again_or_long_ago() {
    for (slips_again, hours) in [(true, 2), (false, 8 * 24)] {
        let mut world = World::new(vec![slips()]).await;
        never_arrived(&mut world).await;
        if slips_again {
            let anew = world.same_day(|day| set(day, MFA, 0.0)).await;
            assert_eq!(anew.iter().map(|(_, post)| post.kind.word()).collect::<Vec<_>>(), ["alert"]);
        }
        pass(hours);
        assert!(world.round().await.is_empty(), "{slips_again}");
    }
}

#[tokio::test]
async fn a_rule_about_other_controls_falls_silent_about_the_former_ones() {
    let only = |category| Only { category: Some(category), ..Only::default() };
    let of = |category| Rule {
        repeat: Some(SignedDuration::from_hours(1)),
        ..rule("slips", Watch::ControlRegresses { points: 1.0, only: only(category) })
    };
    let mut world = World::new(vec![of(Category::Identity)]).await;
    assert_eq!(world.next_day(|day| set(day, MFA, 0.0)).await.len(), 1);
    ruled(&mut world, vec![of(Category::Data)]).await;
    pass(2);
    assert!(world.round().await.is_empty());
    assert!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing.is_empty());
}

#[tokio::test]
async fn a_process_without_a_rule_makes_no_other_tell_twice() {
    let mut world = World::new(vec![rule("silent", Watch::NoData { hours: 48 })]).await;
    pass(49);
    assert_eq!(world.round().await.len(), 1);
    for _ in 0..20 {
        pass(24);
        assert!(world.round().await.is_empty());
    }
    let (_, mut other) = worker(&world.store, &[slips()], Role::Analyst, "another").await;
    other.round().await.unwrap();
    assert!(world.round().await.is_empty());
    assert!(world.store.alert_findings("silent", "contoso").await.unwrap().contains_key("reading"));
}

/// The days from the newest on, each with what `change` makes of it, read at once now.
async fn outage(world: &mut World, days: i64, change: impl Fn(i64, &mut Snapshot)) -> Vec<(String, Post)> {
    pass(24 * days);
    let newest = world.reading.days.iter().max_by_key(|day| day.day).unwrap().clone();
    let all = (1..=days).map(|after| {
        let mut day = Snapshot { day: newest.day.saturating_add(after.days()), ..newest.clone() };
        change(after, &mut day);
        day
    });
    world.reading.days = all.collect();
    world.store.save("contoso", &world.reading, Source::Graph { fence: None }, now()).await.unwrap();
    world.round().await
}

#[tokio::test]
async fn what_slipped_early_in_a_long_outage_is_notified() {
    let mut world = World::new(vec![slips()]).await;
    let told = outage(&mut world, 25, |after, day| {
        if after >= 3 {
            set(day, MFA, 0.0);
        }
    })
    .await;
    assert_eq!(told.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>(), [format!("alert:slips:{MFA}")]);
}

#[tokio::test]
async fn a_fall_names_its_cause_for_as_long_as_it_lasts() {
    let falls = Rule { repeat: Some(SignedDuration::from_hours(24 * 20)), ..rule("falls", Watch::ScoreFalls(Fall::Points(3.0))) };
    let mut world = World::new(vec![falls]).await;
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert!(words(&told[0].1.card).contains(MFA));
    let still = outage(&mut world, 20, |_, _| ()).await;
    assert_eq!(still.len(), 1);
    let said = words(&still[0].1.card);
    assert!(said.contains("still") && said.contains(MFA) && !said.contains("may correct itself"), "{said}");
}

#[tokio::test]
async fn two_tenants_of_a_rule_have_nothing_to_do_with_each_other() {
    let mut world = World::new(vec![slips()]).await;
    let before = points(&world.reading.days[0], MFA);
    let theirs = scorewatch::score::Reading { entra_id: None, ..world.reading.clone() };
    world.store.save("woodgrove", &theirs, Source::Import, now()).await.unwrap();
    assert!(world.round().await.is_empty());
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert_eq!(told.iter().map(|(_, post)| post.tenants.join(",")).collect::<Vec<_>>(), ["contoso"]);
    let until = now() + SignedDuration::from_hours(24 * 7);
    let (kind, reason) = ("control_regresses".to_owned(), "Because".to_owned());
    let wish = SnoozeWish { tenant: Some("contoso".to_owned()), control: Some(MFA.to_owned()), kind, until, reason };
    world.doors.operations.snooze(&Asker::local(), &wish).await.unwrap();
    // What is about the whole tenant is about no control, and would go on being told.
    for kind in ["score_falls", "score_below", "no_data", "sign_in"] {
        let refused =
            world.doors.operations.snooze(&Asker::local(), &SnoozeWish { kind: kind.to_owned(), ..wish.clone() }).await.unwrap_err();
        assert!(
            refused.sentence.contains("about the whole tenant") && refused.sentence.contains("control_regresses"),
            "{}",
            refused.sentence
        );
    }
    let slipped = scorewatch::score::Reading { entra_id: None, ..world.reading.clone() };
    world.store.save("woodgrove", &slipped, Source::Import, now()).await.unwrap();
    let told = world.round().await;
    assert_eq!(told.iter().map(|(_, post)| post.tenants.join(",")).collect::<Vec<_>>(), ["woodgrove"]);
    // Over in one, and still bad in the other, which the rule no longer watches: nobody hears more of that.
    let over = world.next_day(|day| set(day, MFA, before)).await;
    assert_eq!(
        over.iter().map(|(_, post)| (post.kind.word(), post.tenants.join(","))).collect::<Vec<_>>(),
        [("recovery", "contoso".to_owned())]
    );
    let contoso = Tenants::Only(BTreeSet::from(["contoso".to_owned()]));
    ruled(&mut world, vec![Rule { tenants: contoso, ..slips() }]).await;
    for _ in 0..16 {
        pass(24);
        assert!(world.round().await.is_empty());
    }
    let memories = world.store.alerts(now()).await.unwrap().memories;
    assert!(!memories.contains_key("woodgrove") && memories["contoso"].contains_key("slips"));
}

#[tokio::test]
async fn a_resolution_lost_with_its_destination_keeps_no_alert_back() {
    let mut world = World::new(vec![slips()]).await;
    never_arrived(&mut world).await;
    sqlx::query("UPDATE outbox SET destination = 'removed'").execute(&mut by_hand(&world).await).await.unwrap();
    pass(2);
    let other = "scid_2003";
    let told = world.next_day(|day| set(day, other, points(day, other) - 2.0)).await;
    assert_eq!(told.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>(), [format!("alert:slips:{other}")], "{:?}", titles(&told));
}

/// How often somebody looked at the clock, and what happens the third time: the first is for the turn, the second for the inputs.
type Meanwhile = (u32, Option<fn()>);

thread_local! {
    static MEANWHILE: Cell<Meanwhile> = const { Cell::new((0, None)) };
}

/// The clock of a process that is held up between two looks at it.
fn held_up() -> Timestamp {
    let (looks, meanwhile) = MEANWHILE.get();
    MEANWHILE.set((looks + 1, meanwhile));
    if let Some(meanwhile) = meanwhile.filter(|_| looks == 2) {
        meanwhile();
    }
    now()
}

#[tokio::test]
async fn a_process_that_was_held_up_writes_nothing_over_what_another_wrote() {
    thread_local! {
        static STORE: RefCell<PathBuf> = const { RefCell::new(PathBuf::new()) };
    }
    let mut world = World::new(vec![slips()]).await;
    pass(24);
    let newest = world.reading.days.iter().max_by_key(|day| day.day).unwrap().clone();
    world.reading.days = vec![Snapshot { day: newest.day.saturating_add(1.day()), ..newest }];
    set(&mut world.reading.days[0], MFA, 0.0);
    world.store.save("contoso", &world.reading, Source::Graph { fence: None }, now()).await.unwrap();
    STORE.set(world.home.path().join("scorewatch.db"));
    let (_doors, mut slow) = crate::alerts::worker_with(&world.store, &world.rules, Role::Analyst, "one", &[], held_up).await;
    // For longer than a lease lasts; another process looks, tells, and gives the turn back.
    let meanwhile = || {
        let (path, later) = (STORE.with_borrow(Clone::clone), now() + SignedDuration::from_mins(3));
        let other = std::thread::spawn(move || {
            crate::alerts::set_clock(later);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Store::open(&path).await.unwrap();
                let (_doors, mut alerts) = worker(&store, &[slips()], Role::Analyst, "another").await;
                alerts.round().await.unwrap();
                store.close().await;
            });
        });
        other.join().unwrap();
        crate::alerts::set_clock(later);
    };
    MEANWHILE.set((0, Some(meanwhile)));
    slow.round().await.unwrap();
    let told = world.store.deliveries(&DeliveryFilter { limit: 10, ..DeliveryFilter::default() }).await.unwrap();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(MEANWHILE.get().0 > 2, "it looked at the clock before it wrote");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_keeps_no_other_rule_from_being_evaluated() {
    for damage in
        ["UPDATE alert_findings SET state = '2 {}' WHERE rule = 'slips'", "UPDATE alert_rules SET state = 'x' WHERE rule = 'slips'"]
    {
        let mut world = World::new(vec![slips(), rule("below", Watch::ScoreBelow(1.0))]).await;
        assert_eq!(world.next_day(|day| set(day, MFA, 0.0)).await.len(), 1);
        assert!(sqlx::query(damage).execute(&mut by_hand(&world).await).await.unwrap().rows_affected() > 0);
        ruled(&mut world, vec![slips(), rule("below", Watch::ScoreBelow(99.0))]).await;
        let told = world.round().await;
        let mut kinds: Vec<_> = told.iter().map(|(kind, _)| &**kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["alert:below:score", "notice:alert:slips"], "{damage}");
        let notice = told.iter().find(|(kind, _)| kind.starts_with("notice")).unwrap();
        assert_eq!(notice.1.card.title, "Alert rule slips does not notify about contoso");
        assert!(world.round().await.is_empty(), "the operator is told once");
        assert!(world.doors.posting.alerts(&Asker::local()).await.is_err(), "that nothing is firing is not known");
    }
}
