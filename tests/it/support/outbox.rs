//! What do the tests of deliveries share? Homes with destinations, rows in the outbox, real processes whose log is kept.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _};
use scorewatch::{
    access::Asker,
    card::{Block, Card, Word},
    delivery::{BoundDestination, DeliveryKey, Destination, Destinations, Findings, Post, PostKind},
    posting::Posts,
    store::{DeliveryState, KnownDelivery, NewDelivery, Store, StoredPost},
    surfaces::webhook::Webhook,
};
use tempfile::TempDir;

use super::sink::Sink;
use crate::program::{program, wait};

/// Part of every address, so that a log which shows one is found out.
pub const SECRET: &str = "T0PSECRET";
/// As short as can be configured, so that a process that was killed is not waited for.
pub const LEASE: Duration = Duration::from_secs(5);
/// What posts are signed with.
pub const SIGNED_WITH: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The path of the destination `name` at the sink.
pub fn path(name: &str) -> String {
    format!("/{SECRET}/{name}")
}

/// A directory with a configuration of webhooks, each as its name, role and tenants.
pub fn home(sink: &Sink, destinations: &[(&str, &str, &str)], more: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    configure(home.path(), sink, destinations, more);
    home
}

/// Such a directory with a sink and its store.
pub async fn house(destinations: &[(&str, &str, &str)], more: &str) -> (Sink, TempDir, Store) {
    let sink = Sink::start();
    let home = home(&sink, destinations, more);
    let store = store(home.path()).await;
    (sink, home, store)
}

/// What the operator, who reads at `ops`, was told, as it arrived.
pub fn told(sink: &Sink) -> Vec<String> {
    sink.seen().into_iter().filter(|seen| seen.path == path("ops")).map(|seen| seen.body).collect()
}

/// The webhook `name` at the sink.
pub fn webhook(sink: &Sink, name: &str) -> Arc<dyn Destination> {
    Arc::new(Webhook::new(format!("{}{}", sink.root, path(name)).into(), SIGNED_WITH.into()).unwrap())
}

/// Only the place `ops`, which the operator reads.
pub fn posts(destination: Arc<dyn Destination>) -> Posts {
    let place = BoundDestination { destination, readers: Asker::local() };
    let destinations =
        Destinations { named: [("ops".to_owned(), place)].into(), operator: Some("ops".to_owned()), ..Destinations::default() };
    Posts { destinations, digests: Vec::new(), rules: Vec::new(), give_up: Duration::from_hours(1), lease: LEASE, ..Posts::default() }
}

pub fn configure(home: &Path, sink: &Sink, destinations: &[(&str, &str, &str)], more: &str) {
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://score.example.org\"\nrequests_per_minute = 10000000\n[delivery]\nlease_seconds = {}\n{more}\n",
        LEASE.as_secs()
    );
    for (name, role, tenants) in destinations {
        let url = format!("{}{}", sink.root, path(name));
        let _ = writeln!(
            text,
            "[destinations.{name}]\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = \"{SIGNED_WITH}\"\nrole = \"{role}\"\ntenants = \"{tenants}\""
        );
    }
    std::fs::write(home.join("scorewatch.toml"), text).unwrap();
}

pub async fn store(home: &Path) -> Store {
    Store::open(&home.join("scorewatch.db")).await.unwrap()
}

/// A digest about `tenants` for `destination`, due now.
pub fn row(destination: &str, period: &str, tenants: &[&str]) -> NewDelivery {
    created(PostKind::Digest { name: "morning".to_owned() }, destination, period, tenants)
}

/// The same as an alert.
pub fn alert(destination: &str, period: &str, tenants: &[&str]) -> NewDelivery {
    created(PostKind::Alert(Findings::of("fall", &["score"])), destination, period, tenants)
}

fn created(kind: PostKind, destination: &str, period: &str, tenants: &[&str]) -> NewDelivery {
    let key = DeliveryKey {
        tenants: tenants.iter().map(ToString::to_string).collect(),
        kind,
        period: period.to_owned(),
        destination: destination.to_owned(),
    };
    let card = Card::new(format!("Contoso: no change ({period})"), vec![Block::Lead(vec![Word::plain("46.7 %")])], "2026-11-20");
    written(&key, &Post::new(&key, card, Timestamp::now()))
}

/// The recovery that follows `earlier`.
pub fn following(earlier: &NewDelivery, period: &str) -> NewDelivery {
    let kind = PostKind::Recovery(Findings::of("fall", &["score"]));
    changed(created(kind, &earlier.destination, period, &[]), |post| {
        post.resolved = true;
        post.follows = Some(earlier.id.clone());
    })
}

/// The same with a trend of three days.
pub fn with_trend(row: NewDelivery) -> NewDelivery {
    let days = (18..=20).map(|day| (jiff::civil::date(2026, 11, day), f64::from(day)));
    changed(row, |post| post.card.blocks.push(Block::Trend(days.collect())))
}

fn changed(row: NewDelivery, change: impl FnOnce(&mut Post)) -> NewDelivery {
    let mut post = row.post.read().unwrap();
    change(&mut post);
    NewDelivery { post: StoredPost::of(&post).unwrap(), ..row }
}

fn written(key: &DeliveryKey, post: &Post) -> NewDelivery {
    NewDelivery {
        id: key.id(),
        tenants: key.tenants.join(","),
        kind: key.kind.clone(),
        period: key.period.clone(),
        destination: key.destination.clone(),
        title: post.card.title.clone(),
        post: StoredPost::of(post).unwrap(),
        names: false,
        created: post.created,
        deadline: post.created + 1.hour(),
    }
}

pub async fn enqueue(store: &Store, row: &NewDelivery) -> String {
    assert!(store.enqueue(row).await.unwrap());
    row.id.clone()
}

/// Waits until the delivery is `state`.
pub async fn until(store: &Store, id: &str, state: DeliveryState) -> KnownDelivery {
    for _ in 0..3000 {
        let known = store.delivery(id).await.unwrap().unwrap();
        if known.state == state {
            return known;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} did not become {state}: {:?}", store.delivery(id).await.unwrap());
}

/// A process that serves, killed when dropped.
pub struct Serving {
    pub child: Child,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// Returns when it is ready.
    pub fn start(home: &Path) -> Self {
        Self::start_with(home, &[])
    }

    pub fn start_with(home: &Path, args: &[&str]) -> Self {
        Self::of(program(home).arg("serve").args(args))
    }

    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let writing = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = writeln!(writing.lock().unwrap(), "{line}");
            }
        });
        let serving = Self { child, log };
        wait("the start", || serving.log().contains("serving; stop with").then_some(()));
        serving
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What a power cut does to it, as far as a process goes.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
