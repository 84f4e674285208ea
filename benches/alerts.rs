//! What does a round of alerts cost in which nothing moved, beside one query for each rule and tenant?
//!
//! `cargo bench --bench alerts`: 1,000 tenants and ten rules over one store. The baseline is what a round cannot do without when it asks for
//! each rule and tenant by itself: its states. Each the median of several rounds, in turns.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, civil::date};
use scorewatch::{
    access::{Asker, Role, Tenants},
    alert::{Fall, Only, Rule, Watch},
    app::Doors,
    ask::{Ask, NoReader, StoreView},
    delivery::{BoundDestination, Destination, Destinations, Receipt, SendFailure, Sending},
    graph::read_saved,
    posting::Posts,
    sandbox::{self, Options},
    schedule::AlertLoop,
    store::{Source, Store},
};

const TENANTS: usize = 1000;
const ROUNDS: usize = 7;

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn now() -> Timestamp {
    NOW.with(Cell::get)
}

struct Nowhere;

impl Destination for Nowhere {
    fn kind(&self) -> &'static str {
        "nowhere"
    }

    fn send<'a>(&'a self, _sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(async { Err(SendFailure::later("nothing is sent here")) })
    }
}

fn rules() -> Vec<Rule> {
    let watches = [
        Watch::ScoreFalls(Fall::Points(3.0)),
        Watch::ScoreFalls(Fall::Percent(5.0)),
        Watch::ScoreBelow(60.0),
        Watch::ControlRegresses { points: 1.0, only: Only::default() },
        Watch::ControlRegresses { points: 5.0, only: Only::default() },
        Watch::ControlNew(Only::default()),
        Watch::ControlRemoved(Only::default()),
        Watch::StatusChanged(Only::default()),
        Watch::RiskAccepted { allowed: Vec::new(), only: Only::default() },
        Watch::AcceptanceEnds,
        Watch::NoData { hours: 48 },
        Watch::SignIn { days: 30 },
    ];
    let rule = |(number, watch): (usize, Watch)| {
        let (name, tenants, to) = (format!("rule-{number}"), Tenants::All, "soc".to_owned());
        Rule { name, tenants, watch, to, hold: false, repeat: None }
    };
    watches.into_iter().enumerate().map(rule).collect()
}

fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("run with `cargo bench --bench alerts`");
        return;
    }
    NOW.with(|clock| clock.set("2026-11-22T08:00:00Z".parse().unwrap()));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let today = date(2026, 11, 21);
    let files = [
        ("scores.json".to_owned(), sandbox::scores_json("contoso", &Options::new(today), today, 15).unwrap()),
        ("profiles.json".to_owned(), sandbox::profiles_json("contoso", &Options::new(today), today).unwrap()),
    ];
    let reading = read_saved(&files).unwrap();
    let names: Vec<String> = (0..TENANTS).map(|number| format!("tenant-{number:04}")).collect();
    for name in &names {
        store.save(name, &reading, Source::Graph { fence: None }, now()).await.unwrap();
    }
    let rules = rules();
    let readers = Asker { role: Role::Analyst, ..Asker::local() };
    let by_name = BTreeMap::from([("soc".to_owned(), BoundDestination { destination: Arc::new(Nowhere), readers })]);
    let destinations = Destinations { named: by_name, ..Destinations::default() };
    let (give_up, lease) = (Duration::from_hours(72), Duration::from_mins(1));
    let posts = Posts { destinations, digests: Vec::new(), rules: rules.clone(), give_up, lease, ..Posts::default() };
    let view = Arc::new(StoreView::by_clock(store.clone(), now).await.unwrap());
    let doors = Doors::new(Arc::new(Ask::new(view, Arc::new(NoReader), 1 << 20)), posts);
    let mut alerts = AlertLoop::new(Arc::clone(&doors.posting), store.clone(), "bench".to_owned());

    let began = Instant::now();
    alerts.round().await.unwrap();
    println!(
        "{TENANTS} tenants, {} rules; the first round, which looks at everything: {:.1} s",
        rules.len(),
        began.elapsed().as_secs_f64()
    );
    let (mut quiet, mut singly) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        NOW.with(|clock| clock.set(clock.get() + SignedDuration::from_mins(1)));
        let began = Instant::now();
        alerts.round().await.unwrap();
        quiet.push(began.elapsed().as_secs_f64() * 1e3);
        let began = Instant::now();
        for rule in &rules {
            for name in &names {
                store.alert_findings(&rule.name, name).await.unwrap();
            }
        }
        singly.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (quiet, singly) = (median(quiet), median(singly));
    println!(
        "a round in which nothing moved: {quiet:.0} ms; a query for each rule and tenant alone: {singly:.0} ms; ratio {:.3}",
        quiet / singly
    );
}
