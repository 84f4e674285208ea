//! Is every digest of a year made exactly once, for exactly the time since its last one? The real scheduler and store, by a clock of our own.

use crate::support::doors::doors_by;
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use scorewatch::{
    access::{Asker, Role, Tenants},
    app::Doors,
    delivery::{BoundDestination, Destination, Destinations, Post, Receipt, SendFailure, Sending},
    digest::{Digest, Owner, SKILLS, When},
    posting::{Owners, Posts},
    schedule::DigestLoop,
    score::{Category, ControlScore, Reading, Snapshot},
    skill_id::SkillId,
    store::{DeliveryFilter, KnownDelivery, Source, Store},
};

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

/// The clock of this test's thread.
pub fn now() -> Timestamp {
    NOW.get()
}

pub fn set(to: Timestamp) {
    NOW.set(to);
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A destination to which nothing is sent: these tests end at the outbox.
struct Nowhere;

impl Destination for Nowhere {
    fn kind(&self) -> &'static str {
        "nowhere"
    }

    fn send<'a>(&'a self, _: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(async { panic!("nothing delivers here") })
    }
}

pub fn place(role: Role, tenants: Tenants) -> BoundDestination {
    BoundDestination { destination: Arc::new(Nowhere), readers: Asker { id: "readers".into(), name: "readers".into(), role, tenants } }
}

/// A digest of the configuration about all tenants, for the destination `soc`.
pub fn digest(name: &str, when: When) -> Digest {
    Digest {
        name: name.to_owned(),
        tenants: Tenants::All,
        skills: SKILLS.to_vec(),
        when,
        to: "soc".to_owned(),
        silent: false,
        owner: Owner::Configuration,
    }
}

/// A process: a door and a scheduler over the store at `path`.
pub struct Desk {
    pub store: Store,
    pub doors: Doors,
    pub digests: DigestLoop,
}

impl Desk {
    pub async fn open(path: &Path, digests: Vec<Digest>, named: BTreeMap<String, BoundDestination>) -> Self {
        let store = Store::open(path).await.unwrap();
        let destinations = Destinations { named, operator: Some("ops".to_owned()), ..Destinations::default() };
        let hours = Duration::from_hours;
        let posts = Posts { destinations, digests, rules: Vec::new(), give_up: hours(12), lease: hours(1), ..Posts::default() };
        let doors = doors_by(store.clone(), now, posts).await;
        let digests = DigestLoop::new(store.clone(), Arc::clone(&doors.posting));
        Self { store, doors, digests }
    }

    /// Asks `owners` about whoever defined a digest in `chat` from now on.
    pub fn owners(&self, owners: Arc<dyn Owners>) {
        let posts = self.doors.posting.posts();
        let Posts { destinations, digests, rules, give_up, lease, .. } = &*posts;
        let (destinations, digests, rules, owners) =
            (destinations.clone(), digests.clone(), rules.clone(), BTreeMap::from([("chat", owners)]));
        self.doors.posting.configure(Posts { destinations, digests, rules, give_up: *give_up, lease: *lease, owners, ..Posts::default() });
    }

    /// Lets all arrive that waits and may be sent; what it says.
    pub async fn arrive(&self) -> Vec<String> {
        let mut arrived = Vec::new();
        while let Some(claimed) = self.store.claim("test", Duration::from_mins(1), now()).await.unwrap() {
            assert!(self.store.delivered(&claimed, None, None, now()).await.unwrap());
            arrived.push(claimed.post.read().unwrap().card.title);
        }
        arrived
    }

    /// A day of `tenant` that was just read.
    pub async fn read(&self, tenant: &str, day: Date, points: f64) {
        let control = ControlScore {
            name: "AdminMFAV2".into(),
            category: Category::Identity,
            points: Some(points),
            percent: Some(points),
            profile_maximum: None,
            evidence: None,
        };
        let snapshot = Snapshot {
            day,
            points,
            maximum: Some(100.0),
            active_users: None,
            peers: vec![],
            controls: vec![control],
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        };
        let reading = Reading { days: vec![snapshot], ..Reading::default() };
        self.store.save(tenant, &reading, Source::Graph { fence: None }, now()).await.unwrap();
        self.doors.ask.view().look().await.unwrap();
    }
}

/// What is in the outbox: kind, period, destination, tenants, post; by kind and period.
pub async fn outbox(path: &Path) -> Vec<(String, String, String, String, Post)> {
    let store = Store::open(path).await.unwrap();
    let mut rows = store.deliveries(&DeliveryFilter { limit: u16::MAX, ..DeliveryFilter::default() }).await.unwrap();
    rows.sort_by_cached_key(|row| (row.kind.to_string(), row.created, row.period.clone()));
    let read = |row: KnownDelivery| (row.kind.to_string(), row.period, row.destination, row.tenants, row.post.read().unwrap());
    rows.into_iter().map(read).collect()
}

/// A zone by its offsets in 2026, written down from the tz database's announcements, not asked of the library that the program asks.
struct Zone {
    name: &'static str,
    /// The offset in winter, in minutes.
    standard: i64,
    /// From when to when it is an hour more, the first of both first.
    changes: [&'static str; 2],
    /// Whether the year begins with the hour more.
    south: bool,
}

const ZONES: [Zone; 3] = [
    Zone { name: "Europe/Berlin", standard: 60, changes: ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"], south: false },
    Zone { name: "America/New_York", standard: -300, changes: ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"], south: false },
    Zone { name: "Pacific/Chatham", standard: 765, changes: ["2026-04-04T14:00:00Z", "2026-09-26T14:00:00Z"], south: true },
];

impl Zone {
    fn offset(&self, moment: Timestamp) -> SignedDuration {
        let between = moment >= at(self.changes[0]) && moment < at(self.changes[1]);
        SignedDuration::from_mins(self.standard + if between == self.south { 0 } else { 60 })
    }

    /// The moment at which a clock there shows `local`: the first of two, and in a gap the one that a clock shows which was not changed yet.
    fn moment(&self, local: DateTime) -> Timestamp {
        let utc = local.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let of = |minutes: i64| utc - SignedDuration::from_mins(minutes);
        let candidates = [of(self.standard + 60), of(self.standard)];
        candidates.into_iter().find(|moment| utc - self.offset(*moment) == *moment).unwrap_or(of(self.standard))
    }
}

/// Every kind of calendar, with what says by itself on which days it falls.
type Falls = fn(Date) -> bool;
const KINDS: [(&str, Option<&str>, Falls); 6] = [
    ("daily", None, |_| true),
    ("weekdays", None, |day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)),
    ("weekly", Some("sunday"), |day| day.weekday() == Weekday::Sunday),
    ("monthly", None, |day| day.day() == 1),
    ("monthly", Some("25"), |day| day.day() == 25),
    ("monthly", Some("last"), |day| day.tomorrow().unwrap().day() == 1),
];

/// All digests of the year, and the moments at which each is due, in order.
fn year(from: Timestamp, to: Timestamp) -> (Vec<Digest>, BTreeMap<String, Vec<Timestamp>>) {
    let (mut digests, mut dues) = (Vec::new(), BTreeMap::new());
    for zone in &ZONES {
        // Inside the gap of some of these zones, and inside the overlap of others.
        for (number, (every, day, falls)) in KINDS.iter().enumerate() {
            let time = if zone.name == "Pacific/Chatham" {
                "03:15"
            } else if number % 2 == 0 {
                "02:30"
            } else {
                "01:30"
            };
            let name = format!("{}-{number}", zone.name.to_lowercase().replace('/', "-"));
            digests.push(digest(&name, When::read(every, *day, time, zone.name).unwrap()));
            let time: Time = format!("{time}:00").parse().unwrap();
            let first = Date::constant(2025, 12, 30);
            let days = first.series(1.day()).take(370).filter(|day| falls(*day));
            let moments = days.map(|day| zone.moment(day.to_datetime(time))).filter(|due| *due > from && *due <= to);
            dues.insert(name, moments.collect());
        }
    }
    (digests, dues)
}

fn everywhere() -> BTreeMap<String, BoundDestination> {
    BTreeMap::from([("soc".to_owned(), place(Role::Analyst, Tenants::All))])
}

#[test]
fn the_zones_of_this_test_have_both_changes() {
    // The gap and the overlap as a calendar on the wall has them, so that the expectations below are not the program's own.
    let moment = |zone: usize, local: &str| ZONES[zone].moment(local.parse().unwrap()).to_string();
    assert_eq!(moment(0, "2026-03-29T02:30"), "2026-03-29T01:30:00Z", "03:30 in summer time");
    assert_eq!(moment(0, "2026-10-25T02:30"), "2026-10-25T00:30:00Z", "the first 02:30");
    assert_eq!(moment(1, "2026-03-08T02:30"), "2026-03-08T07:30:00Z");
    assert_eq!(moment(1, "2026-11-01T01:30"), "2026-11-01T05:30:00Z");
    assert_eq!(moment(2, "2026-09-27T03:15"), "2026-09-26T14:30:00Z");
    assert_eq!(moment(2, "2026-04-05T03:15"), "2026-04-04T13:30:00Z");
}

fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.db");
    (home, path)
}

#[tokio::test]
async fn a_year_of_digests_is_made_once_each_whatever_happens() {
    let (_home, path) = home();
    let (from, to) = (at("2026-01-01T00:00:07Z"), at("2026-12-31T23:59:00Z"));
    let (away, back) = (at("2026-06-10T10:00:00Z"), at("2026-06-17T10:00:00Z"));
    let (digests, mut dues) = year(from, to);
    set(from);
    let mut one = Desk::open(&path, digests.clone(), everywhere()).await;
    let mut other = Desk::open(&path, digests.clone(), everywhere()).await;
    one.read("contoso", Date::constant(2025, 12, 31), 50.0).await;
    let (mut next, mut steps, mut read) = (one.digests.round().await.unwrap().unwrap(), 0_usize, Date::constant(2025, 12, 31));
    while next <= to {
        steps += 1;
        // A little late, as every worker is; and not at all for a week in June.
        set(if next > away && next < back { back } else { next + SignedDuration::from_secs(3) });
        let today = now().to_zoned(TimeZone::UTC).date();
        if today > read {
            one.read("contoso", today, 50.0 + f64::from(today.day_of_year() % 97) / 10.0).await;
            other.doors.ask.view().look().await.unwrap();
            read = today;
        }
        if steps % 400 == 0 {
            drop(one);
            one = Desk::open(&path, digests.clone(), everywhere()).await;
        }
        if steps % 3 == 0 {
            let (first, second) = tokio::join!(one.digests.round(), other.digests.round());
            assert_eq!(first.unwrap(), second.unwrap());
        }
        next = one.digests.round().await.unwrap().unwrap();
        assert!(next > now());
        one.arrive().await;
    }
    // Of what was due while nobody worked, the newest is made.
    for moments in dues.values_mut() {
        let missed: Vec<Timestamp> = moments.iter().copied().filter(|due| *due > away && *due <= back).collect();
        moments.retain(|due| !missed.contains(due) || missed.last() == Some(due));
    }
    let mut created: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    let sent = outbox(&path).await;
    for (kind, period, ..) in &sent {
        created.entry(kind.strip_prefix("digest:").unwrap().to_owned()).or_default().push(at(period));
    }
    for (name, moments) in &dues {
        assert_eq!(created.get(name), Some(moments), "{name}");
    }
    assert_eq!(created.len(), dues.len());
    assert!(sent.len() > 1900, "{}", sent.len());
    each_begins_where_the_last_one_ended(&sent);
}

/// What a card compares: its earlier day and its newest.
fn span(post: &Post) -> (Option<Date>, Date) {
    let since = post.card.next.iter().find(|next| next.skill == SkillId::ScoreChanges).unwrap();
    let since = since.args.iter().find(|(name, _)| name == "since").map(|(_, day)| day.parse().unwrap());
    let day = post.card.foot.split_once("day ").unwrap().1.get(..10).unwrap().parse().unwrap();
    (since, day)
}

fn each_begins_where_the_last_one_ended(sent: &[(String, String, String, String, Post)]) {
    let mut told: BTreeMap<&str, Date> = BTreeMap::new();
    let mut compared = 0;
    for (kind, period, _, _, post) in sent {
        let (since, day) = span(post);
        if let Some(last) = told.insert(kind, day) {
            // Without a new day there is nothing to compare.
            assert_eq!(since.unwrap_or(day), last, "{kind} {period}: {}", post.card.title);
            compared += usize::from(since.is_some());
        }
    }
    assert!(compared > 1500, "{compared}");
    assert_eq!(sent.iter().map(|(.., post)| &post.id).collect::<BTreeSet<_>>().len(), sent.len());
}
