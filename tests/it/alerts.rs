//! Are alerts told once, to those who may hear them, whatever happens in between? The real store, the real worker, the sandbox's tenant.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use scorewatch::{
    access::{Asker, Role, Tenants},
    alert::{Fall, Only, Rule, Watch},
    app::Doors,
    card::{Block, Card},
    delivery::{BoundDestination, Destination, Destinations, Findings, Post, PostKind, Receipt, SendFailure, Sending, dedup_key},
    error::ErrorKind,
    operations::{Edit, NoteChange, SnoozeWish},
    posting::Posts,
    sandbox::{self, InjectedFault, Options},
    schedule::AlertLoop,
    score::{ControlState, Reading, Snapshot, StateUpdate, Status},
    store::{AlertWrite, DeliveryFilter, FailedTry, NewDelivery, Source, Stop, Store, StoredPost, Undelivered, WorkerKind},
    surfaces::terminal::{Capabilities, render},
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{
    answers::TODAY,
    program::{configured, err, out, program, run, wait},
    refresh,
    support::{doors::doors_by, golden},
};

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

pub fn now() -> Timestamp {
    NOW.with(Cell::get)
}

pub fn pass(hours: i64) {
    set_clock(now() + SignedDuration::from_hours(hours));
}

/// Sets the clock of this thread.
pub fn set_clock(now: Timestamp) {
    NOW.with(|clock| clock.set(now));
}

/// A place that is never sent to here: the outbox is what these tests read.
struct Nowhere;

impl Destination for Nowhere {
    fn kind(&self) -> &'static str {
        "nowhere"
    }

    fn send<'a>(&'a self, _sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(async { Err(SendFailure::later("nothing is sent in this test")) })
    }
}

fn place(role: Role, tenants: Tenants) -> BoundDestination {
    BoundDestination {
        destination: Arc::new(Nowhere),
        readers: Asker { id: "destination:x".into(), name: "destination:x".into(), role, tenants },
    }
}

pub fn rule(name: &str, watch: Watch) -> Rule {
    Rule { name: name.to_owned(), tenants: Tenants::All, watch, to: "soc".to_owned(), hold: false, repeat: None }
}

pub fn slips() -> Rule {
    rule("slips", Watch::ControlRegresses { points: 1.0, only: Only::default() })
}

pub struct World {
    pub home: TempDir,
    pub store: Store,
    pub doors: Doors,
    pub alerts: AlertLoop,
    pub rules: Vec<Rule>,
    pub reading: Reading,
    seen: BTreeSet<String>,
}

impl World {
    /// `contoso` as it stands on its last day, at eight in the morning of the next, looked at once.
    pub async fn new(rules: Vec<Rule>) -> Self {
        Self::read_by(rules, Role::Analyst).await
    }

    async fn read_by(rules: Vec<Rule>, role: Role) -> Self {
        NOW.with(|clock| clock.set("2026-11-22T08:00:00Z".parse().unwrap()));
        let options = Options::new(TODAY);
        let files = [
            ("scores.json".to_owned(), sandbox::scores_json("contoso", &options, TODAY, 20).unwrap()),
            ("profiles.json".to_owned(), sandbox::profiles_json("contoso", &options, TODAY).unwrap()),
        ];
        let reading = scorewatch::graph::read_saved(&files).unwrap();
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
        store.save("contoso", &reading, Source::Graph { fence: None }, now()).await.unwrap();
        let (doors, alerts) = worker(&store, &rules, role, "one").await;
        let mut world = Self { home, store, doors, alerts, rules, reading, seen: BTreeSet::new() };
        world.round().await;
        world
    }

    /// A look, and the posts that it made, each with its kind.
    pub async fn round(&mut self) -> Vec<(String, Post)> {
        self.doors.ask.view().look().await.unwrap();
        self.alerts.round().await.unwrap();
        let all = self.store.deliveries(&DeliveryFilter { limit: 1000, ..DeliveryFilter::default() }).await.unwrap();
        let mut new: Vec<_> = all.into_iter().filter(|row| self.seen.insert(row.id.clone())).collect();
        new.sort_by(|a, b| (&a.kind, &a.period).cmp(&(&b.kind, &b.period)));
        new.into_iter().map(|row| (row.kind.to_string(), row.post.read().unwrap())).collect()
    }

    /// The next day, which is the last one but for `change`, read now; and a look at it.
    pub async fn next_day(&mut self, change: impl Fn(&mut Snapshot)) -> Vec<(String, Post)> {
        pass(24);
        let newest = self.reading.days.iter().max_by_key(|day| day.day).unwrap().clone();
        self.reading.days = vec![Snapshot { day: newest.day.saturating_add(1.day()), ..newest }];
        self.same_day(change).await
    }

    /// The newest day as Graph corrects it.
    pub async fn same_day(&mut self, change: impl Fn(&mut Snapshot)) -> Vec<(String, Post)> {
        change(self.reading.days.iter_mut().max_by_key(|day| day.day).unwrap());
        self.store.save("contoso", &self.reading, Source::Graph { fence: None }, now()).await.unwrap();
        self.round().await
    }
}

pub async fn worker(store: &Store, rules: &[Rule], role: Role, holder: &str) -> (Doors, AlertLoop) {
    worker_with(store, rules, role, holder, &[], now).await
}

/// The same where some destinations have fallbacks, by another clock.
pub async fn worker_with(
    store: &Store,
    rules: &[Rule],
    role: Role,
    holder: &str,
    fallbacks: &[(&str, &str)],
    clock: fn() -> Timestamp,
) -> (Doors, AlertLoop) {
    let named = BTreeMap::from([
        ("soc".to_owned(), place(role, Tenants::All)),
        ("fabrikam".to_owned(), place(role, Tenants::Only(BTreeSet::from(["fabrikam".to_owned()])))),
        ("ops".to_owned(), place(Role::Operator, Tenants::All)),
    ]);
    let fallbacks = fallbacks.iter().map(|(name, to)| ((*name).to_owned(), (*to).to_owned())).collect();
    let destinations = Destinations { named, operator: Some("ops".to_owned()), fallbacks, ..Destinations::default() };
    let (give_up, lease) = (Duration::from_hours(72), Duration::from_mins(1));
    let posts = Posts { destinations, digests: Vec::new(), rules: rules.to_vec(), give_up, lease, ..Posts::default() };
    let doors = doors_by(store.clone(), clock, posts).await;
    let alerts = AlertLoop::new(Arc::clone(&doors.posting), store.clone(), holder.to_owned());
    (doors, alerts)
}

/// Sets the points of a control, and of the day with it.
pub fn set(day: &mut Snapshot, name: &str, points: f64) {
    let control = day.controls.iter_mut().find(|control| &*control.name == name).unwrap();
    let before = control.points.replace(points).unwrap();
    (control.percent, control.evidence) = (None, None);
    day.points += points - before;
}

pub fn points(day: &Snapshot, name: &str) -> f64 {
    day.control(name).unwrap().points.unwrap()
}

/// All that a card says, in one line.
pub fn words(card: &Card) -> String {
    let mut words = vec![card.title.clone()];
    for block in &card.blocks {
        match block {
            Block::Lead(lead) => words.extend(lead.iter().map(|word| word.text.clone())),
            Block::Facts(facts) => words.extend(facts.iter().map(|fact| format!("{}: {}", fact.label, fact.value.line()))),
            Block::Table { columns, rows } => {
                words.extend(rows.iter().flat_map(|row| columns.iter().zip(&row.cells).map(|(column, cell)| cell.words(column))));
            }
            Block::Text { heading, spans } => words.push(format!("{heading}: {}", spans.line())),
            Block::Note(note) => words.push(note.clone()),
            Block::Bars(_) | Block::Trend(_) => {}
        }
    }
    words.join(" | ")
}

/// The post as a person sees it in a terminal, as a golden file.
fn looks(name: &str, post: &Post) {
    golden(&format!("alerts/{name}.txt"), &render(&post.card, Capabilities::piped()));
}

pub fn titles(posts: &[(String, Post)]) -> Vec<&str> {
    posts.iter().map(|(_, post)| post.card.title.as_str()).collect()
}

pub const MFA: &str = "AdminMFAV2";

#[tokio::test]
async fn a_fall_is_notified_once_repeated_and_over() {
    let falls = Rule { repeat: Some(SignedDuration::from_hours(24)), ..rule("falls", Watch::ScoreFalls(Fall::Points(3.0))) };
    let mut world = World::new(vec![falls]).await;
    assert!(world.seen.is_empty(), "the demo's fall of its last day was there before the rule");
    let before = points(&world.reading.days[0], MFA);
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert_eq!(titles(&told), ["Contoso: \u{2212}6.67 points: “Require multifactor authentication for every administrator” slipped"]);
    let (kind, alert) = &told[0];
    looks("fall", alert);
    assert_eq!((&**kind, &*alert.tenants, alert.snoozes), ("alert:falls:score", &["contoso".to_owned()][..], true));
    let next: Vec<_> = alert.card.next.iter().map(|next| (next.skill.name(), next.tenant.as_str(), next.args.clone())).collect();
    assert_eq!(next[0], ("control", "contoso", vec![("name".into(), MFA.to_owned())]));
    assert_eq!(next[1], ("score_changes", "contoso", vec![("since".into(), TODAY.to_string())]));
    assert!(alert.card.link.as_ref().unwrap().contains("AdminMFAV2"));

    // Corrected by a little, looked at again and again: silence until a day has passed.
    pass(1);
    assert!(world.same_day(|day| set(day, MFA, 0.5)).await.is_empty());
    pass(22);
    assert!(world.round().await.is_empty());
    pass(1);
    let again = world.round().await;
    assert_eq!(
        titles(&again),
        ["Contoso, still: \u{2212}6.17 points: “Require multifactor authentication for every administrator” slipped"]
    );
    looks("fall-still", &again[0].1);
    assert!(words(&again[0].1.card).contains("First notified: 2026-11-23T08:00Z"), "{}", words(&again[0].1.card));

    let over = world.next_day(|day| set(day, MFA, before)).await;
    assert_eq!((over.len(), over[0].1.kind.word(), over[0].1.follows.as_ref()), (1, "recovery", Some(&again[0].1.id)));
    assert!(dedup_key(&over[0].1) == dedup_key(&again[0].1), "{}", dedup_key(&over[0].1));
    assert!(over[0].1.resolved, "nothing is left of it");
    looks("fall-over", &over[0].1);
    assert!(over[0].1.card.title.starts_with("Contoso, resolved: the score is at "), "{}", over[0].1.card.title);
    assert!(world.next_day(|_| ()).await.is_empty());
}

#[tokio::test]
async fn what_flaps_says_so_or_is_held_back() {
    let device = "scid_2003";
    let mut world = World::new(vec![slips(), Rule { hold: true, ..rule("held", slips().watch) }]).await;
    let before = points(&world.reading.days[0], device);
    let told = world.next_day(|day| set(day, device, before - 2.0)).await;
    assert_eq!(told.iter().map(|(kind, _)| &**kind).collect::<Vec<_>>(), [format!("alert:slips:{device}")]);
    looks("slip-may-correct-itself", &told[0].1);
    assert!(words(&told[0].1.card).contains("may correct itself"), "{}", words(&told[0].1.card));
    // It corrects itself: told where it was told, dropped where it was held back.
    let over = world.next_day(|day| set(day, device, before)).await;
    assert_eq!(over.iter().map(|(kind, _)| &**kind).collect::<Vec<_>>(), [format!("recovery:slips:{device}")]);
    // This time the next day confirms it.
    assert_eq!(world.next_day(|day| set(day, device, before - 2.0)).await.len(), 1);
    let confirmed = world.next_day(|_| ()).await;
    assert_eq!(confirmed.iter().map(|(kind, _)| &**kind).collect::<Vec<_>>(), [format!("alert:held:{device}")]);
}

#[tokio::test]
async fn a_rule_with_another_measure_is_looked_at_at_once_and_one_of_another_kind_begins_anew() {
    let mut world = World::new(vec![rule("mine", Watch::ScoreBelow(1.0))]).await;
    assert!(world.round().await.is_empty());
    world.rules = vec![rule("mine", Watch::ScoreBelow(99.0))];
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
    assert_eq!(world.round().await.len(), 1);
    world.rules = vec![Rule { name: "mine".to_owned(), ..slips() }];
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
    pass(1);
    assert!(world.round().await.is_empty(), "what the level told is forgotten");
    assert!(!world.store.alert_findings("mine", "contoso").await.unwrap().contains_key("score"));
    assert_eq!(world.next_day(|day| set(day, MFA, 0.0)).await.len(), 1);
}

#[tokio::test]
async fn twenty_controls_are_one_message() {
    let mut world = World::new(vec![slips()]).await;
    let mut full: Vec<(String, f64)> = Vec::new();
    for control in &world.reading.days.iter().max_by_key(|day| day.day).unwrap().controls {
        full.extend(control.points.filter(|points| *points >= 2.0).map(|points| (control.name.to_string(), points)));
    }
    full.truncate(20);
    assert_eq!(full.len(), 20);
    let slipped = full.clone();
    let told = world.next_day(move |day| slipped.iter().for_each(|(name, points)| set(day, name, points - 1.5))).await;
    assert_eq!(titles(&told), ["Contoso: \u{2212}30 points: 20 controls slipped"]);
    let (kind, alert) = &told[0];
    looks("many", alert);
    assert!(alert.card.foot.starts_with("alert slips · contoso, day "), "{}", alert.card.foot);
    assert_eq!(kind, "alert:slips");
    let rows = alert.card.blocks.iter().find_map(|block| if let Block::Table { rows, .. } = block { Some(rows.len()) } else { None });
    assert!(rows == Some(10) && words(&alert.card).contains("And 10 more."), "{}", words(&alert.card));

    // Three are back: one message, which follows the first and says what is left.
    let back: Vec<_> = full.iter().take(3).cloned().collect();
    let over = world.next_day(move |day| back.iter().for_each(|(name, points)| set(day, name, *points))).await;
    assert_eq!((over.len(), over[0].1.follows.as_ref(), over[0].1.resolved), (1, Some(&alert.id), false));
    // Programs find the incident of the alert, also when its row is forgotten.
    assert!(dedup_key(&over[0].1) == dedup_key(alert), "{}", dedup_key(&over[0].1));
    looks("many-over", &over[0].1);
    assert!(over[0].1.card.title.ends_with(" is back at 5 points, and 2 more"), "{}", over[0].1.card.title);
    let left = words(&over[0].1.card);
    assert!(left.contains("Not resolved, of the same alert: “") && left.contains("” and 14 more."), "{left}");

    // Its button silences the rest, each by itself.
    let created = world.doors.operations.snooze_delivery(&Asker::local(), &alert.id, 7, "A known change").await.unwrap();
    assert_eq!((created.len(), &*created[0].kind), (17, "control_regresses"));
    let rest: Vec<_> = full.iter().skip(3).cloned().collect();
    assert!(world.next_day(move |day| rest.iter().for_each(|(name, points)| set(day, name, points - 2.0))).await.is_empty());
}

#[tokio::test]
async fn a_snooze_is_by_control_and_kind_and_its_end_tells() {
    let mut world = World::new(vec![slips(), rule("falls", Watch::ScoreFalls(Fall::Points(3.0)))]).await;
    let until = now() + SignedDuration::from_hours(72);
    let reason = "Migration of administrators".to_owned();
    let wish = SnoozeWish { tenant: None, control: Some("adminmfav2".to_owned()), kind: "control_regresses".to_owned(), until, reason };
    let created = world.doors.operations.snooze(&Asker::local(), &wish).await.unwrap();
    assert_eq!((created.control.as_deref(), &*created.by), (Some(MFA), "terminal"));
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert_eq!(told.iter().map(|(kind, _)| &**kind).collect::<Vec<_>>(), ["alert:falls:score"], "another kind is not snoozed");
    assert!(world.next_day(|_| ()).await.is_empty());
    pass(24);
    let ended = world.round().await;
    assert_eq!(ended.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>(), [format!("alert:slips:{MFA}")]);
    // The button of that message, then an early end.
    let snoozed = world.doors.operations.snooze_delivery(&Asker::local(), &ended[0].1.id, 30, "Still at it").await.unwrap();
    assert_eq!(snoozed[0].until, now() + SignedDuration::from_hours(30 * 24));
    assert!(world.round().await.is_empty());
    let shown = world.doors.posting.alerts(&Asker::local()).await.unwrap();
    assert_eq!(shown[0].firing[0].snoozed, Some(snoozed[0].until));
    pass(1);
    assert!(!world.doors.operations.unsnooze(&Asker::local(), Some("contoso"), Some(MFA), "score_falls").await.unwrap());
    assert!(world.doors.operations.unsnooze(&Asker::local(), Some("contoso"), Some(" adminmfaV2"), "control_regresses").await.unwrap());
    assert_eq!(
        titles(&world.round().await),
        ["Contoso, snooze ended: \u{2212}6.67 points: “Require multifactor authentication for every administrator” slipped"]
    );
    let audit = world.store.audit(9, None).await.unwrap();
    assert_eq!(audit.iter().map(|entry| &*entry.what).collect::<Vec<_>>(), ["snooze.end", "snooze", "snooze"]);
    assert_eq!(audit[0].subject, MFA);
    assert!(audit[1].subject == MFA && audit[1].detail.contains("Still at it"), "{:?}", audit[1]);
}

#[tokio::test]
async fn a_snooze_is_for_those_who_may_and_says_what_is_wrong_with_it() {
    let world = World::new(vec![slips()]).await;
    let good = || SnoozeWish {
        tenant: Some("contoso".to_owned()),
        control: Some(MFA.to_owned()),
        kind: "control_regresses".to_owned(),
        until: now() + SignedDuration::from_hours(24),
        reason: "Because".to_owned(),
    };
    let asker = |role, tenant: &str| Asker { role, tenants: Tenants::Only(BTreeSet::from([tenant.to_owned()])), ..Asker::local() };
    let (reader, other, analyst) = (asker(Role::Reader, "contoso"), asker(Role::Analyst, "fabrikam"), asker(Role::Analyst, "contoso"));
    let kind =
        async |asker: &Asker, wish: SnoozeWish| world.doors.operations.snooze(asker, &wish).await.map(|_| ()).map_err(|error| error.kind);
    assert_eq!(kind(&reader, good()).await, Err(ErrorKind::Forbidden));
    assert_eq!(kind(&other, good()).await, Err(ErrorKind::NotFound));
    assert_eq!(kind(&analyst, good()).await, Ok(()));
    for wish in [
        SnoozeWish { kind: "score_fall".to_owned(), ..good() },
        SnoozeWish { until: now(), ..good() },
        SnoozeWish { until: now() + SignedDuration::from_hours(24 * 400), ..good() },
        SnoozeWish { reason: " \u{200b}x ".to_owned(), ..good() },
        SnoozeWish { reason: "x".repeat(201), ..good() },
    ] {
        assert_eq!(kind(&analyst, wish.clone()).await, Err(ErrorKind::BadArguments), "{wish:?}");
    }
    let error = world.doors.operations.snooze(&analyst, &SnoozeWish { control: Some("AdminMFA".to_owned()), ..good() }).await.unwrap_err();
    assert!(error.kind == ErrorKind::NotFound && error.sentence.contains("Did you mean `AdminMFAV2`?"), "{error}");
    assert!(world.doors.operations.snoozes(&other).await.unwrap().is_empty());
    assert_eq!(world.doors.operations.snoozes(&analyst).await.unwrap().len(), 1);
    assert_eq!(
        world.doors.operations.snooze_delivery(&analyst, "no-such-message", 7, "Because").await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn of_two_processes_one_tells_and_a_restart_tells_nothing_twice() {
    let mut world = World::new(vec![slips()]).await;
    let (_, mut other) = worker(&world.store, &world.rules, Role::Analyst, "another").await;
    pass(24);
    let newest = world.reading.days.iter().max_by_key(|day| day.day).unwrap().clone();
    let mut next = Snapshot { day: newest.day.saturating_add(1.day()), ..newest };
    set(&mut next, MFA, 0.0);
    world.reading.days = vec![next];
    world.store.save("contoso", &world.reading, Source::Graph { fence: None }, now()).await.unwrap();

    // While somebody else has the turn nothing is told; what one process looked at too long ago is not written.
    let lease = world.store.lease_take("alerts", "a third", Duration::from_hours(1), now()).await.unwrap().unwrap();
    assert!(world.round().await.is_empty());
    world.store.lease_release(&lease).await.unwrap();
    let delivery = NewDelivery {
        id: "x".to_owned(),
        tenants: "contoso".to_owned(),
        kind: PostKind::Alert(Findings::of("slips", &["x"])),
        period: "x".to_owned(),
        destination: "soc".to_owned(),
        title: "x".to_owned(),
        post: StoredPost::default(),
        names: false,
        created: now(),
        deadline: now(),
    };
    let (rules, findings) = (BTreeMap::new(), BTreeMap::new());
    let write = AlertWrite { rules: &rules, findings: &findings, deliveries: &[delivery] };
    assert!(!world.store.alerts_write(&lease, &write, now()).await.unwrap());

    let (one, two) = tokio::join!(world.alerts.round(), other.round());
    one.unwrap();
    two.unwrap();
    assert_eq!(titles(&world.round().await).len(), 1);
    other.round().await.unwrap();
    assert!(world.round().await.is_empty());

    // A new process on the same file.
    world.store.close().await;
    world.store = Store::open(&world.home.path().join("scorewatch.db")).await.unwrap();
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "after the restart").await;
    assert!(world.round().await.is_empty());
    let over = world.next_day(|day| set(day, MFA, 10.0)).await;
    assert_eq!(over.iter().map(|(_, post)| post.kind.word()).collect::<Vec<_>>(), ["recovery"]);
    assert!(world.store.heartbeats().await.unwrap().contains_key(&WorkerKind::Alert));
}

#[tokio::test]
async fn a_rule_whose_readers_may_not_see_a_tenant_tells_the_operator_once() {
    let mut world =
        World::new(vec![Rule { to: "fabrikam".to_owned(), ..slips() }, Rule { to: "nowhere".to_owned(), ..rule("lost", slips().watch) }])
            .await;
    let told = world.store.deliveries(&DeliveryFilter { limit: 9, ..DeliveryFilter::default() }).await.unwrap();
    let mut kinds: Vec<_> = told.iter().map(|row| (row.kind.to_string(), &*row.destination)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("notice:alert:lost".to_owned(), "ops"), ("notice:alert:slips".to_owned(), "ops")]);
    assert!(told.iter().any(|row| format!("{:?}", row.post).contains("may not see tenant contoso")));
    assert!(world.next_day(|day| set(day, MFA, 0.0)).await.is_empty());
    let (_, mut restarted) = worker(&world.store, &world.rules, Role::Analyst, "another").await;
    restarted.round().await.unwrap();
    assert!(world.round().await.is_empty());
}

/// Where the post goes.
async fn destination(world: &World, post: &Post) -> String {
    world.store.delivery(&post.id).await.unwrap().unwrap().destination
}

#[tokio::test]
async fn what_goes_on_and_its_end_are_notified_where_it_was_notified() {
    let repeating = Rule { repeat: Some(SignedDuration::from_hours(24)), ..slips() };
    let mut world = World::new(vec![repeating.clone()]).await;
    let before = points(&world.reading.days[0], MFA);
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert_eq!(destination(&world, &told[0].1).await, "soc");
    // The rule tells elsewhere by now.
    world.rules = vec![Rule { to: "ops".to_owned(), ..repeating }];
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
    let still = world.next_day(|_| ()).await;
    assert!(still.len() == 1 && still[0].1.card.title.starts_with("Contoso, still: "), "{:?}", titles(&still));
    assert_eq!(destination(&world, &still[0].1).await, "soc");
    let over = world.next_day(|day| set(day, MFA, before)).await;
    assert_eq!((over.len(), over[0].1.kind.word(), over[0].1.follows.as_ref()), (1, "recovery", Some(&still[0].1.id)));
    assert_eq!(destination(&world, &over[0].1).await, "soc");
    let next = world.next_day(|day| set(day, MFA, 0.0)).await;
    assert_eq!((next.len(), &*destination(&world, &next[0].1).await), (1, "ops"));
}

#[tokio::test]
async fn a_rule_that_is_gone_is_forgotten_after_a_while() {
    let mut world = World::new(vec![slips()]).await;
    assert_eq!(world.next_day(|day| set(day, MFA, 0.0)).await.len(), 1);
    world.rules = vec![rule("renamed", Watch::ControlNew(Only::default()))];
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
    pass(13 * 24);
    assert!(world.round().await.is_empty());
    assert!(!world.store.alert_findings("slips", "contoso").await.unwrap().is_empty());
    pass(48);
    assert!(world.round().await.is_empty());
    assert!(world.store.alert_findings("slips", "contoso").await.unwrap().is_empty());
    assert!(world.store.alerts(now()).await.unwrap().memories["contoso"].contains_key("renamed"));
}

/// Gives up what waits.
pub async fn give_up(world: &World, id: &str) {
    let claimed = world.store.claim("a sender", Duration::from_mins(1), now()).await.unwrap().unwrap();
    assert_eq!(claimed.id, id);
    assert!(world.store.not_delivered(&claimed, Undelivered::Failed { tried: true }, "It is gone.").await.unwrap());
}

#[tokio::test]
async fn what_never_arrived_is_notified_anew_once_posts_are_taken_again() {
    let mut world = World::new(vec![slips()]).await;
    let before = points(&world.reading.days[0], MFA);
    let told = world.next_day(|day| set(day, MFA, 0.0)).await;
    give_up(&world, &told[0].1.id).await;
    assert!(world.round().await.is_empty(), "not every minute");
    let gone = Stop { since: now(), why: "It is gone.".to_owned() };
    assert!(world.store.stop("soc", &gone).await.unwrap());
    pass(2);
    assert!(world.round().await.is_empty(), "nothing is posted there");
    assert_eq!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing[0].notified, None);
    // Nor where its fallback takes nothing either; as soon as that may, it is told there.
    (world.doors, world.alerts) = worker_with(&world.store, &world.rules, Role::Analyst, "one", &[("soc", "ops")], now).await;
    let failed = FailedTry { why: "No.", refused: false, until: None, next: now() + SignedDuration::from_hours(1) };
    world.store.destination_failed("ops", &failed, now()).await.unwrap();
    assert!(world.round().await.is_empty(), "nobody takes it");
    pass(2);
    let anew = world.round().await;
    assert_eq!((titles(&anew), anew[0].1.id == told[0].1.id), (titles(&told), false));
    assert!(world.round().await.is_empty());
    // Lost once more, and over before anybody heard of it.
    give_up(&world, &anew[0].1.id).await;
    assert!(world.next_day(|day| set(day, MFA, before)).await.is_empty());
    assert!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing.is_empty());
}

#[tokio::test]
async fn a_round_in_which_everything_fails_is_none_and_the_operator_hears_of_it_after_an_hour() {
    let mut world = World::new(vec![slips()]).await;
    let beat = async |world: &World| world.store.heartbeats().await.unwrap()[&WorkerKind::Alert];
    let options = SqliteConnectOptions::new().filename(world.home.path().join("scorewatch.db"));
    let mut connection = options.connect().await.unwrap();
    let trigger = "CREATE TRIGGER broken BEFORE INSERT ON alert_rules BEGIN SELECT RAISE(ABORT, 'broken'); END";
    sqlx::query(trigger).execute(&mut connection).await.unwrap();
    let first = beat(&world).await;
    assert!(world.next_day(|day| set(day, MFA, 0.0)).await.is_empty());
    assert_eq!(beat(&world).await, first);
    pass(1);
    let notice = world.round().await;
    assert_eq!(titles(&notice), ["Alert rule slips cannot be evaluated for contoso since 2026-11-23 08:00 UTC"]);
    assert_eq!((&*notice[0].0, &*destination(&world, &notice[0].1).await), ("notice:alert:slips", "ops"));
    pass(1);
    assert!(world.round().await.is_empty(), "once a day");
    sqlx::query("DROP TRIGGER broken").execute(&mut connection).await.unwrap();
    assert_eq!(world.round().await.len(), 1);
    assert_eq!(beat(&world).await, now());
}

#[tokio::test]
async fn what_was_so_before_the_rule_is_shown_as_known() {
    let world = World::new(vec![rule("falls", Watch::ScoreFalls(Fall::Points(3.0)))]).await;
    let shown = world.doors.posting.alerts(&Asker::local()).await.unwrap();
    let [known] = &shown[0].preexisting[..] else { panic!("{shown:?}") };
    assert_eq!((known.notified, &*known.subject), (None, "score"));
}

#[tokio::test]
async fn a_profile_that_graph_leaves_out_once_is_no_new_acceptance() {
    let mut world = World::new(vec![rule("accepted", Watch::RiskAccepted { allowed: Vec::new(), only: Only::default() })]).await;
    let known = world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].preexisting.len();
    assert!(known > 0, "the demo accepts risks");
    let whole = world.reading.catalogue.clone().unwrap();
    let kept = whole.profiles().iter().filter(|profile| *profile.state() != ControlState::Accepted).cloned().collect();
    world.reading.catalogue = Some(scorewatch::score::Catalogue::new(kept, whole.descriptions().clone(), 0));
    assert!(world.next_day(|_| ()).await.is_empty());
    assert_eq!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].preexisting.len(), known);
    world.reading.catalogue = Some(whole);
    assert!(world.next_day(|_| ()).await.is_empty());
    assert!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing.is_empty());
}

#[tokio::test]
async fn who_accepted_a_risk_is_named_to_those_who_may_know() {
    for (role, named) in [(Role::Analyst, true), (Role::Reader, false)] {
        let mut world =
            World::read_by(vec![rule("accepted", Watch::RiskAccepted { allowed: Vec::new(), only: Only::default() })], role).await;
        assert!(world.seen.is_empty(), "all that was accepted before is known");
        let at = Some(now());
        let comment = Some("Board decision @everyone".to_owned());
        let accepted =
            StateUpdate { state: ControlState::Accepted, at, by: Some("zoe@contoso.example".to_owned()), assigned_to: None, comment };
        let catalogue = world.reading.catalogue.take().unwrap();
        let mut profiles = catalogue.profiles().to_vec();
        profiles.iter_mut().filter(|profile| &*profile.name == MFA).for_each(|profile| profile.updates.push(accepted.clone()));
        world.reading.catalogue = Some(scorewatch::score::Catalogue::new(profiles, catalogue.descriptions().clone(), 0));
        let told = world.next_day(|_| ()).await;
        let said = words(&told[0].1.card);
        looks(if named { "risk" } else { "risk-without-names" }, &told[0].1);
        assert_eq!(titles(&told), ["Contoso: a risk was accepted: Require multifactor authentication for every administrator"]);
        assert!(said.contains("zoe@contoso.example") == named && said.contains("Board decision"), "{said}");
        assert!(!told[0].1.card.title.contains("zoe"));
    }
}

#[tokio::test]
async fn a_status_is_told_whoever_changed_it_and_remembered_by_the_store() {
    let mut world = World::new(vec![rule("status", Watch::StatusChanged(Only::default()))]).await;
    assert!(world.seen.is_empty() && world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing.is_empty());
    let change = NoteChange { status: Edit::Set(Status::Planned), ..NoteChange::default() };
    world.doors.operations.annotate(&Asker::local(), Some("contoso"), MFA, &change).await.unwrap();
    let told = world.round().await;
    assert_eq!(titles(&told), ["Contoso: “Require multifactor authentication for every administrator” is now planned (was to address)"]);
    let catalogue = world.reading.catalogue.take().unwrap();
    let mut profiles = catalogue.profiles().to_vec();
    let comment = Some("The identity provider of the group asks for it.".to_owned());
    let by = Some("zoe@contoso.example".to_owned());
    let elsewhere = StateUpdate { state: ControlState::ThirdParty, at: Some(now()), by, assigned_to: None, comment };
    profiles.iter_mut().filter(|profile| &*profile.name == MFA).for_each(|profile| profile.updates.push(elsewhere.clone()));
    world.reading.catalogue = Some(scorewatch::score::Catalogue::new(profiles, catalogue.descriptions().clone(), 0));
    // Another process goes on from what the first one remembered.
    (world.doors, world.alerts) = worker(&world.store, &world.rules, Role::Analyst, "one").await;
    let told = world.next_day(|_| ()).await;
    looks("status", &told[0].1);
    let title = "Contoso: “Require multifactor authentication for every administrator” is now third party, planned (was planned)";
    assert_eq!(titles(&told), [title]);
    assert!(world.next_day(|_| ()).await.is_empty());
    assert_eq!(world.doors.posting.alerts(&Asker::local()).await.unwrap()[0].firing.len(), 1);
}

#[tokio::test]
async fn a_failing_sign_in_is_notified_across_processes_until_it_works() {
    NOW.with(|clock| clock.set("2026-11-22T08:00:00Z".parse().unwrap()));
    let world = refresh::World::new().await;
    let rules = [rule("door", Watch::SignIn { days: 30 })];
    let (_, mut alerts) = worker(&world.store, &rules, Role::Analyst, "one").await;
    let reader = world.refresher("contoso");
    let outbox = async || world.store.deliveries(&DeliveryFilter { limit: 99, ..DeliveryFilter::default() }).await.unwrap();
    // Graph out of order is not our sign-in.
    world.sandbox.faults().add(sandbox::FaultRule::new(InjectedFault::Status(500, "{}".to_owned())).always());
    reader.refresh(&|_| ()).await.unwrap_err();
    let faults = async || world.store.read_failures().await.unwrap();
    assert!(!faults().await["contoso"].kind.is_sign_in());
    alerts.round().await.unwrap();
    assert!(outbox().await.is_empty());

    world.sandbox.faults().clear();
    for fault in [sandbox::FaultRule::new(InjectedFault::ExpiredSecret), sandbox::FaultRule::new(InjectedFault::Forbidden)] {
        world.sandbox.faults().add(fault.always());
        // A reader of its own: the first one has a token.
        world.refresher("contoso").refresh(&|_| ()).await.unwrap_err();
        pass(1);
        alerts.round().await.unwrap();
        world.sandbox.faults().clear();
    }
    let told = outbox().await;
    assert_eq!(told.len(), 1, "it fails for another reason, but it fails");
    assert!(
        told[0].kind.to_string() == "alert:door:sign_in" && format!("{:?}", told[0].post).contains("has expired. Create a new one"),
        "{:?}",
        told[0].post
    );
    reader.refresh(&|_| ()).await.unwrap();
    assert!(faults().await.is_empty());
    pass(1);
    alerts.round().await.unwrap();
    let told = outbox().await;
    let over = told[0].post.read().unwrap();
    assert_eq!((told.len(), &*over.card.title), (2, "Contoso, resolved: the sign-in works"));
}

/// What the program tells on stdout, as JSON.
fn told(home: &std::path::Path, args: &[&str]) -> serde_json::Value {
    let output = run(home, args);
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_looks_shows_and_snoozes() {
    let sandbox = sandbox::Sandbox::start(Options::new(TODAY)).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let file = home.path().join("scorewatch.toml");
    let more = "client_secret_ends = \"2020-01-31\"\n\
        [destinations.soc]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\nsecret = \"whsec_c2NvcmV3YXRjaC1zY29yZXdhdGNoLXNjb3Jld2F0Y2g=\"\nrole = \"reader\"\ntenants = \"all\"\n\
        [alert.door]\ntenants = \"all\"\nwhen = \"sign_in\"\nto = \"soc\"\n";
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + more).unwrap();
    let path = home.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let mut child =
            program(&path).arg("serve").stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let looked = wait("the first look", || {
            let output = run(&path, &["alert", "--json"]);
            let shown: serde_json::Value = serde_json::from_str(&out(&output)).ok()?;
            Some(shown).filter(|shown| !shown[0]["firing"].as_array().unwrap().is_empty())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let bad = &looked[0]["firing"][0];
        assert_eq!((bad["tenant"].as_str(), bad["news"].as_str()), (Some("contoso"), Some("the client secret expired on 2020-01-31")));
        assert!(bad["notified"].is_string() && bad["snoozed_until"].is_null(), "{bad}");
        let card = out(&run(&path, &["alert"]));
        assert!(card.contains("1 firing") && card.contains("the client secret expired"), "{card}");

        let snooze = ["snooze", "--kind", "sign_in", "--until", "14d", "--reason", "It is read from files now", "--json"];
        assert_eq!(told(&path, &snooze)["tenant"], "contoso");
        assert_eq!(told(&path, &["snooze", "--list", "--json"])[0]["reason"], "It is read from files now");
        assert!(told(&path, &["alert", "--json"])[0]["firing"][0]["snoozed_until"].is_string());
        let ended = run(&path, &["snooze", "--end", "--tenant", "contoso", "--kind", "sign_in"]);
        assert!(out(&ended).contains("has ended"), "{}", err(&ended));
        assert!(out(&run(&path, &["snooze", "--list"])).contains("Nothing is snoozed"));
        let wrong = run(&path, &["snooze", "--tenant", "contoso", "--kind", "sign_in", "--until", "14d"]);
        assert!(!wrong.status.success() && err(&wrong).contains("--reason"), "{}", err(&wrong));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_a_rule_can_never_find() {
    let sandbox = sandbox::Sandbox::start(Options::new(TODAY)).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let file = home.path().join("scorewatch.toml");
    let alert = |name: &str, line: &str| format!("[alert.{name}]\ntenants = \"all\"\nto = \"soc\"\n{line}\n");
    let more = [
        "[destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\ntenants = \"all\"\n".to_owned(),
        alert("typo", "when = \"control_regresses\"\nproduct = \"EX0\""),
        alert("right", "when = \"control_new\"\nproduct = \"EXO\""),
        alert("door", "when = \"sign_in\""),
        alert("some", "when = \"status_changed\"\ncontrols = \"AdminMFAV3, block legacy authentication\""),
        alert("none", "when = \"risk_accepted\"\ncontrols = \"quantum lasers\""),
    ];
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + &more.concat()).unwrap();
    let path = home.path().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        assert!(run(&path, &["refresh"]).status.success());
        let checked = run(&path, &["check"]);
        (err(&checked), out(&checked))
    });
    let (said, lines) = said.await.unwrap();
    assert!(lines.contains("alert typo: finds nothing as configured. control_regresses in all tenants, to soc."), "{lines}");
    assert!(lines.contains("alert right: ok.") && lines.contains("alert door: ok.") && !lines.contains("alert typo: ok"), "{lines}");
    assert!(
        said.contains(
            "alert typo: product = \"EX0\" has no effect. contoso has no scored control of a product like `EX0`. Did you mean `EXO`?"
        ),
        "{said}"
    );
    assert!(said.contains("alert door: it is not known when the client secret of contoso expires"), "{said}");
    assert!(!said.contains("alert right"), "{said}");
    assert!(
        said.contains(
            "alert some: no stored control of the tenants that it watches is called or titled like `AdminMFAV3`. Did you mean `AdminMFAV2`?"
        ),
        "{said}"
    );
    assert!(said.contains("is called or titled like `quantum lasers`.") && said.matches("is called or titled").count() == 2, "{said}");
    assert!(lines.contains("alert some: ok.") && lines.contains("alert none: finds nothing as configured."), "{lines}");
}

#[test]
fn check_names_what_a_rule_can_never_find_before_anything_is_stored() {
    let home = tempfile::tempdir().unwrap();
    let alert = |name: &str, line: &str| format!("[alert.{name}]\ntenants = \"all\"\nto = \"soc\"\n{line}\n");
    let text = [
        "[tenants.contoso]\noffline = true\n".to_owned(),
        "[destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\ntenants = \"all\"\n".to_owned(),
        alert("door", "when = \"sign_in\""),
        alert("typo", "when = \"control_regresses\"\nproduct = \"Intunne\""),
        alert("right", "when = \"control_new\"\nproduct = \"Defender for Endpoint\""),
        alert("code", "when = \"control_new\"\nproduct = \"EXO\""),
    ];
    std::fs::write(home.path().join("scorewatch.toml"), text.concat()).unwrap();
    let checked = run(home.path(), &["check"]);
    let (lines, said) = (out(&checked), err(&checked));
    assert!(said.contains("alert door: when = \"sign_in\" has no effect: no tenant that it watches signs in to Microsoft"), "{said}");
    assert!(
        said.contains("alert typo: product = \"Intunne\" has no effect. No stored control is of it, and no product has this name. Did you mean `Intune`?"),
        "{said}"
    );
    assert!(!said.contains("alert right") && !said.contains("alert code"), "{said}");
    for (name, stands) in
        [("door", "finds nothing as configured"), ("typo", "finds nothing as configured"), ("right", "ok"), ("code", "ok")]
    {
        assert!(lines.contains(&format!("alert {name}: {stands}.")), "{lines}");
    }
}
