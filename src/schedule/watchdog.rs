//! Is everything still done that is done without being asked? Workers leave a mark in the store after each round; who leaves none is told about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::Instant};

use crate::{
    ask::{Ask, SILENT_MAX},
    error::Result,
    store::Store,
    telemetry,
};

/// How often a worker leaves a mark at most.
const BEAT: Duration = Duration::from_secs(30);
/// How often the watchdog looks.
const LOOK: Duration = Duration::from_secs(15);
/// After how long between two looks the machine was asleep, and the workers with it.
const ASLEEP: SignedDuration = SignedDuration::from_mins(5);
/// How long telling the operator directly may take.
const TELLING_MAX: Duration = Duration::from_mins(1);
/// The workers that leave marks.
pub const WORKERS: [&str; 3] = ["digest", "alert", DELIVER];
/// The worker that notices go through, so that its own end must be told without it.
const DELIVER: &str = "deliver";

/// What a worker leaves its mark with.
pub struct Beat {
    worker: &'static str,
    last: Option<Instant>,
}

impl Beat {
    /// The marks of `worker`.
    pub const fn of(worker: &'static str) -> Self {
        Self { worker, last: None }
    }

    /// Leaves a mark, unless one was left a moment ago. To be called at the end of each round.
    pub async fn beat(&mut self, store: &Store, now: Timestamp) {
        if self.last.is_some_and(|last| last.elapsed() < BEAT) {
            return;
        }
        match store.heartbeat(self.worker, now).await {
            Ok(()) => {
                self.last = Some(Instant::now());
                telemetry::worker_ran(self.worker, now);
            }
            Err(error) => tracing::debug!(worker = self.worker, cause = error.cause(), "its mark could not be stored"),
        }
    }
}

/// What looks after the workers of this process.
pub struct Watchdog {
    ask: Arc<Ask>,
    store: Store,
    workers: Vec<&'static str>,
    /// Since when they could have left a mark.
    since: Timestamp,
    looked: Timestamp,
    /// Their newest marks, as far as they are known.
    marks: BTreeMap<String, Timestamp>,
    silent: BTreeSet<&'static str>,
    /// The destinations that were measured as stopped.
    stopped: BTreeSet<String>,
}

/// Looks after `watchdog`'s workers until `stop` says so.
pub async fn keep_watch(mut watchdog: Watchdog, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = async {
                watchdog.look(Timestamp::now()).await;
                tokio::time::sleep(LOOK).await;
            } => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

impl Watchdog {
    /// Looks after `workers`, which begin to work at `now`.
    pub fn new(ask: Arc<Ask>, store: Store, workers: Vec<&'static str>, now: Timestamp) -> Self {
        let (marks, silent, stopped) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { ask, store, workers, since: now, looked: now, marks, silent, stopped }
    }

    /// Looks once: who is silent is told about, and what stands in the store is measured.
    pub async fn look(&mut self, now: Timestamp) {
        let between = now.duration_since(self.looked);
        if between > ASLEEP || between.is_negative() {
            self.since = now;
        }
        self.looked = now;
        if let Err(error) = self.measure(now).await {
            tracing::debug!(cause = error.cause(), "deliveries cannot be measured: {}", error.sentence);
        }
        for worker in self.workers.clone() {
            // What is not known because the store is away counts as silence, too: nobody works then.
            let mark = self.marks.get(worker).copied();
            let silent = now.duration_since(mark.map_or(self.since, |mark| mark.max(self.since))) > SILENT_MAX;
            if silent && self.silent.insert(worker) {
                self.tell(worker, mark, now).await;
            } else if !silent && self.silent.remove(worker) {
                tracing::info!(worker, "it runs again");
            }
        }
    }

    async fn measure(&mut self, now: Timestamp) -> Result<()> {
        self.marks = self.store.heartbeats().await?;
        for (worker, mark) in &self.marks {
            telemetry::worker_ran(worker, *mark);
        }
        let sums = self.store.delivery_sums(now).await?;
        let waited = sums.oldest_waiting.map_or(0, |made| now.duration_since(made).as_secs());
        telemetry::deliveries_stand(sums.by_state.iter().map(|(state, count)| (state.word(), *count)), waited);
        let stops: BTreeSet<String> = self.store.stops().await?.into_keys().collect();
        let named = self.ask.posts().map(|posts| posts.places.named.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default();
        for name in named.iter().chain(&self.stopped).filter(|name| !stops.contains(*name)) {
            telemetry::destination_stands(name, false);
        }
        for name in &stops {
            telemetry::destination_stands(name, true);
        }
        self.stopped = stops;
        Ok(())
    }

    async fn tell(&self, worker: &'static str, mark: Option<Timestamp>, now: Timestamp) {
        let last = mark.map_or_else(|| "since it was started".to_owned(), |mark| format!("since {}", mark.strftime("%Y-%m-%d %H:%M UTC")));
        tracing::error!(worker, "this worker has not run {last}");
        let title = format!("The worker `{worker}` does not run");
        let sentence =
            format!("It has done nothing {last}: nothing of its kind is made or sent. Look into the log and restart scorewatch.");
        let subject = format!("worker:{worker}");
        // The same for all processes that notice it.
        let period = mark.unwrap_or(now).to_string();
        if worker == DELIVER {
            return self.tell_directly(&subject, &period, &title, &sentence).await;
        }
        if let Err(error) = self.ask.notify(&subject, &period, &title, &sentence).await {
            tracing::error!(worker, cause = error.cause(), "the operator could not be told: {}", error.sentence);
        }
    }

    /// Sends a notice past the outbox, once, since nobody would take it from there.
    async fn tell_directly(&self, subject: &str, period: &str, title: &str, sentence: &str) {
        let Some((key, parcel)) = self.ask.notice(subject, period, title, sentence) else { return };
        let place = match self.ask.posts().and_then(|posts| posts.places.find(&key.destination)) {
            Ok(place) => place,
            Err(error) => return tracing::error!(destination = key.destination, "the operator could not be told: {}", error.sentence),
        };
        let sending = crate::delivery::Sending { parcel: &parcel, picture: None, earlier: None, now: parcel.made };
        match tokio::time::timeout(TELLING_MAX, place.destination.send(&sending)).await {
            Ok(Ok(_)) => tracing::info!(destination = key.destination, "the operator was told directly"),
            Ok(Err(failure)) => tracing::error!(destination = key.destination, "the operator could not be told: {}", failure.why()),
            Err(_) => tracing::error!(destination = key.destination, "the operator could not be told within a minute"),
        }
    }
}
