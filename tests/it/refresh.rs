//! Does a reading get into the store, day after day, and does nothing else? The sandbox's Graph, the real client.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    http::{HeaderMap, Uri},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use scorewatch::{
    access::Asker,
    ask::{AnswerForm, Body, Question, RawArgs, TenantReader},
    error::ErrorKind,
    graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings, RetryPolicy},
    sandbox::{FaultRule, InjectedFault, Options, Sandbox},
    schedule::{OnDemand, Refresher, Slots, keep_reading},
    score::Reading,
    skills::Entry,
    store::{LoadOptions, Source, Store},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};

use crate::{answers::TODAY, support::doors::ask as open};

pub struct World {
    pub sandbox: Sandbox,
    pub store: Store,
    _home: TempDir,
}

impl World {
    pub async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
        Self { sandbox: Sandbox::start(Options::new(TODAY)).await.unwrap(), store, _home: home }
    }

    /// A reader of `tenant` that loses no time between attempts.
    pub fn refresher(&self, tenant: &str) -> Refresher {
        self.refresher_of(tenant, tenant)
    }

    /// A reader that stores what the sandbox's `tenant` sends under `name`.
    pub fn refresher_of(&self, tenant: &str, name: &str) -> Refresher {
        self.held_by("test", tenant, name)
    }

    /// The same for a process of its own.
    pub fn held_by(&self, holder: &str, tenant: &str, name: &str) -> Refresher {
        // The sandbox's days are what they are, whatever this machine's clock says.
        let late = || Timestamp::from_second(Timestamp::now().as_second().max(1_800_000_000) + 1_000_000).unwrap();
        Refresher::new(self.store.clone(), self.graph(tenant, name, false), name.to_owned(), holder.to_owned()).by_clock(late)
    }

    /// The client for the sandbox's `tenant`, which reads its licences or does not.
    pub fn graph(&self, tenant: &str, name: &str, licences: bool) -> Graph {
        let found = self.sandbox.tenant(tenant).unwrap();
        let cloud = CloudEndpoints::new(&self.sandbox.root(), &self.sandbox.root()).unwrap();
        let mut settings = GraphSettings::new(
            name,
            &found.entra_id,
            &found.client_id,
            ClientCredential::Secret(found.client_secret.clone().into()),
            cloud,
        );
        settings.patience = RetryPolicy {
            attempts: 3,
            first_pause: Duration::from_millis(1),
            pause_max: Duration::from_millis(5),
            total: Duration::from_secs(5),
        };
        Graph::new(GraphSettings { licences, ..settings }).unwrap()
    }

    async fn days(&self, tenant: &str) -> Vec<Date> {
        let want = LoadOptions { days_back: 4000, ..LoadOptions::default() };
        self.store.load(tenant, want).await.unwrap().history.days().iter().map(|day| day.day).collect()
    }

    pub async fn text(&self, skill: &str, tenant: &str) -> String {
        let ask = open(self.store.clone()).await;
        let question = Question {
            skill: Entry::named(skill).unwrap(),
            tenant: Some(tenant),
            args: RawArgs::Pairs(&[]),
            form: AnswerForm::Text,
            surface: "other",
        };
        match ask.ask(&Asker::local(), &question).await.unwrap().body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Body::Card(_) => panic!("asked for text"),
        }
    }

    /// How many pages of scores were asked for since the last look at `from` requests.
    fn score_pages(&self, from: usize) -> usize {
        self.sandbox.requests().iter().skip(from).filter(|seen| seen.path.ends_with("/secureScores")).count()
    }
}

#[tokio::test]
async fn the_first_run_reads_ninety_days_and_the_next_two() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    let first = refresher.refresh(&|_| ()).await.unwrap();
    assert_eq!((first.days, first.newest, first.profiles), (89, Some(TODAY), 460));
    assert_eq!(world.days("contoso").await.len(), 89);

    world.sandbox.advance(1);
    let before = world.sandbox.requests().len();
    let second = refresher.refresh(&|_| ()).await.unwrap();
    assert_eq!(second.newest, Some(TODAY.saturating_add(1.day())));
    assert_eq!(world.score_pages(before), 1, "one small page reaches back to the last final day");
    assert_eq!(second.saved.days_new, 1);
}

#[tokio::test]
async fn reasons_come_from_evidence_once_two_days_were_read_while_new() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    world.sandbox.set_today(TODAY.saturating_sub(1.day()));
    refresher.refresh(&|_| ()).await.unwrap();
    world.sandbox.set_today(TODAY);
    refresher.refresh(&|_| ()).await.unwrap();
    let text = world.text("score_changes", "contoso").await;
    assert!(text.contains("AdminMFAV2 \"Require multifactor") && text.contains("\"You have 4 of 12 users"), "{text}");
}

#[tokio::test]
async fn an_outage_leaves_no_hole_that_graph_could_fill() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    world.sandbox.set_today(TODAY.saturating_sub(30.days()));
    refresher.refresh(&|_| ()).await.unwrap();
    world.sandbox.set_today(TODAY);
    refresher.refresh(&|_| ()).await.unwrap();
    let days = world.days("contoso").await;
    let since = TODAY.saturating_sub(31.days());
    let held = days.iter().filter(|day| **day >= since).count();
    assert_eq!(held, 31, "32 calendar days, one of which Graph never had");
}

#[tokio::test]
async fn what_was_stored_stays_when_a_reading_fails_midway() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    refresher.refresh(&|_| ()).await.unwrap();
    let before = world.text("secure_score", "contoso").await;
    world.sandbox.advance(2);
    for fault in [
        InjectedFault::Cut { after_bytes: 700 },
        InjectedFault::Forbidden,
        InjectedFault::NextLinkTo("http://evil.example/next".to_owned()),
        InjectedFault::Status(500, "{}".to_owned()),
    ] {
        let shown = format!("{fault:?}");
        world.sandbox.faults().add(FaultRule::new(fault).path("secureScoreControlProfiles").always());
        let error = refresher.refresh(&|_| ()).await.expect_err(&shown);
        assert!(error.sentence.len() > 20, "{shown}: {error}");
        assert_eq!(world.text("secure_score", "contoso").await, before, "{shown}");
        world.sandbox.faults().clear();
    }
    refresher.refresh(&|_| ()).await.unwrap();
    assert_ne!(world.text("secure_score", "contoso").await, before);
}

#[tokio::test]
async fn an_interrupted_reading_stores_nothing_and_keeps_nobody_waiting() {
    let world = World::new().await;
    let refresher = Arc::new(world.refresher("contoso"));
    world.sandbox.faults().add(FaultRule::new(InjectedFault::Hang).path("secureScoreControlProfiles").always());
    let hanging = Arc::clone(&refresher);
    let task = tokio::spawn(async move { hanging.refresh(&|_| ()).await });
    while !world.sandbox.requests().iter().any(|seen| seen.path.ends_with("secureScores")) {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let other = world.held_by("another process", "contoso", "contoso");
    refresher.give_up().await;
    world.sandbox.faults().clear();
    assert!(world.days("contoso").await.is_empty());
    assert_eq!(other.refresh(&|_| ()).await.unwrap().days, 89);
}

#[tokio::test]
async fn two_processes_read_a_tenant_one_at_a_time() {
    let world = World::new().await;
    let (one, other) = (world.refresher("contoso"), world.refresher("contoso"));
    // Both are named alike in this process, so give the other a holder of its own.
    let lease =
        world.store.lease_take("refresh/contoso", "another process", Duration::from_hours(24 * 3650), Timestamp::now()).await.unwrap();
    let refused = one.refresh(&|_| ()).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Throttled);
    assert!(refused.sentence.contains("another scorewatch"), "{refused}");
    world.store.lease_release(&lease.unwrap()).await.unwrap();
    other.refresh(&|_| ()).await.unwrap();
    let asked = world.sandbox.requests().len();
    one.refresh_if_due(Duration::from_hours(1)).await.unwrap();
    assert_eq!(world.sandbox.requests().len(), asked, "a reading that somebody made a moment ago will do");
}

#[tokio::test]
async fn a_tenant_is_bound_to_its_entra_id() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let error = world.refresher_of("fabrikam", "contoso").refresh(&|_| ()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert_eq!(world.days("contoso").await.len(), 89);
}

#[tokio::test]
async fn a_tenant_without_a_score_says_so() {
    let world = World::new().await;
    let read = world.refresher("northwind").refresh(&|_| ()).await.unwrap();
    assert_eq!((read.days, read.newest), (0, None));
    let ask = open(world.store.clone()).await;
    let question = Question {
        skill: Entry::named("secure_score").unwrap(),
        tenant: None,
        args: RawArgs::Pairs(&[]),
        form: AnswerForm::Text,
        surface: "other",
    };
    let error = ask.ask(&Asker::local(), &question).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotReady);
    assert!(error.sentence.contains("no Secure Score"), "{error}");
}

/// A Graph of many tenants that holds every request until it is let go, and counts.
struct Crowded {
    root: String,
    held: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    /// Whose requests came.
    came: Arc<Mutex<BTreeSet<String>>>,
    gate: Arc<Semaphore>,
}

impl Crowded {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let (held, most, came, gate) =
            (Arc::default(), Arc::<AtomicUsize>::default(), Arc::<Mutex<_>>::default(), Arc::new(Semaphore::new(0)));
        let crowded = Self { root, held, most, came, gate };
        let (held, most, came, gate) =
            (Arc::clone(&crowded.held), Arc::clone(&crowded.most), Arc::clone(&crowded.came), Arc::clone(&crowded.gate));
        let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
            let (held, most, came, gate) = (Arc::clone(&held), Arc::clone(&most), Arc::clone(&came), Arc::clone(&gate));
            async move {
                if let Some((tenant, _)) = uri.path().trim_start_matches('/').split_once("/oauth2/") {
                    return Json(json!({ "expires_in": 3600, "access_token": tenant }));
                }
                most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                came.lock().unwrap().insert(headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned());
                drop(gate.acquire().await.unwrap());
                held.fetch_sub(1, Ordering::SeqCst);
                Json(json!({ "value": [] }))
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        crowded
    }
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..3000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} took too long");
}

#[tokio::test]
async fn many_tenants_are_read_a_few_at_a_time_and_the_one_that_somebody_wants_first() {
    const TENANTS: usize = 30;
    const AT_ONCE: usize = 8;
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let graph = Crowded::start().await;
    let (on_demand, slots, (_stop, stopped)) = (OnDemand::default(), Arc::<Slots>::default(), watch::channel(false));
    let names: Vec<String> = (0..TENANTS).map(|tenant| format!("tenant-{tenant}")).collect();
    for name in &names {
        let cloud = CloudEndpoints::new(&graph.root, &graph.root).unwrap();
        let client = Graph::new(GraphSettings::new(name, name, "app", ClientCredential::Secret("hush".into()), cloud)).unwrap();
        let refresher = Arc::new(Refresher::new(store.clone(), client, name.clone(), "test".to_owned()));
        let requests = on_demand.listen(name);
        tokio::spawn(keep_reading(refresher, Duration::from_hours(1), requests, Arc::clone(&slots), stopped.clone()));
    }
    // The rest is kept for those that somebody wants.
    until("the first readings", async || graph.held.load(Ordering::SeqCst) == AT_ONCE - 2).await;
    let wanted = names.iter().find(|name| !graph.came.lock().unwrap().contains(*name)).unwrap();
    let answered = async {
        until("the one that is wanted", async || graph.came.lock().unwrap().contains(wanted)).await;
        assert_eq!(graph.held.load(Ordering::SeqCst), AT_ONCE - 1, "all others wait for their turn");
        graph.gate.add_permits(TENANTS);
    };
    let (told, ()) = tokio::join!(on_demand.read(wanted), answered);
    told.unwrap().unwrap();
    for name in &names {
        until("the other tenants", async || store.read_at(name).await.unwrap().is_some()).await;
    }
    let most = graph.most.load(Ordering::SeqCst);
    assert!((AT_ONCE - 1..=AT_ONCE).contains(&most), "{most}");
}

#[tokio::test]
async fn what_keeps_a_tenant_from_being_read_is_noted_but_not_that_another_reads_it() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    world.sandbox.faults().add(FaultRule::new(InjectedFault::Throttle { retry_after: None }).always());
    let throttled = refresher.refresh(&|_| ()).await.unwrap_err();
    assert_eq!((throttled.kind, throttled.retry_after, throttled.elsewhere), (ErrorKind::Throttled, None, false));
    let noted = world.store.read_failures().await.unwrap().remove("contoso").expect("a reading that fails is noted");
    assert!(noted.sentence.contains("is throttling"), "{noted:?}");
    world.sandbox.faults().clear();
    refresher.refresh(&|_| ()).await.unwrap();
    assert_eq!(world.store.read_failures().await.unwrap().remove("contoso"), None);

    let (began, late) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + 2.minutes());
    let fence = world.store.lease_take("refresh/fabrikam", "one", Duration::from_mins(1), began).await.unwrap();
    let outrun = world.store.save("fabrikam", &Reading::default(), Source::Graph { fence }, late).await.unwrap_err();
    world.store.lease_take("refresh/fabrikam", "other", Duration::from_hours(24 * 36500), began + 3.minutes()).await.unwrap().unwrap();
    let taken = world.refresher("fabrikam").refresh(&|_| ()).await.unwrap_err();
    for error in [outrun, taken] {
        assert!(error.elsewhere && error.shared().elsewhere && error.kind == ErrorKind::Throttled, "{error}");
    }
}
