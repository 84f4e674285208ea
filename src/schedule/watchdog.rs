//! Is everything still done that is done without being asked? Workers leave a mark in the store after each round; who leaves none is reported.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::{
    delivery::{NoticeSubject, SendFailure, Sending, next_try},
    error::Result,
    posting::{Posting, SILENT_MAX},
    score::change::day_of,
    store::{Store, WorkerKind},
    telemetry,
};

/// How often a worker leaves a mark at most.
const BEAT: SignedDuration = SignedDuration::from_secs(30);
/// How often the watchdog looks.
const LOOK: Duration = Duration::from_secs(15);
/// After how long between two looks the machine was asleep, and the workers with it.
const ASLEEP: SignedDuration = SignedDuration::from_mins(5);
/// How long notifying the operator directly may take.
const TELLING_MAX: Duration = Duration::from_mins(1);

/// What a worker leaves its mark with.
pub struct Heartbeat {
    worker: WorkerKind,
    last: Option<Timestamp>,
}

impl Heartbeat {
    /// The marks of `worker`.
    pub const fn of(worker: WorkerKind) -> Self {
        Self { worker, last: None }
    }

    /// Leaves a mark, unless one was left a moment ago. To be called at the end of each round.
    pub async fn beat(&mut self, store: &Store, now: Timestamp) {
        if self.last.is_some_and(|last| (SignedDuration::ZERO..BEAT).contains(&now.duration_since(last))) {
            return;
        }
        match store.heartbeat(self.worker, now).await {
            Ok(()) => {
                self.last = Some(now);
                telemetry::worker_ran(self.worker.word(), now);
            }
            Err(error) => tracing::debug!(worker = self.worker.word(), cause = error.cause(), "its mark could not be stored"),
        }
    }
}

/// What looks after the workers of this process.
pub struct Watchdog {
    posting: Arc<Posting>,
    store: Store,
    workers: Vec<WorkerKind>,
    /// Since when they could have left a mark.
    since: Timestamp,
    looked: Timestamp,
    /// Their newest marks, as far as they are known.
    marks: BTreeMap<WorkerKind, Timestamp>,
    silences: BTreeMap<WorkerKind, Silence>,
    /// The destinations that were measured as stopped or failing.
    measured: BTreeSet<String>,
}

/// What was done about a worker that is silent.
#[derive(Debug, Clone, Copy)]
struct Silence {
    /// How often the operator could not be notified.
    tries: u32,
    /// When they are notified; `None` when they were, or cannot be.
    notify_at: Option<Timestamp>,
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
    pub fn new(posting: Arc<Posting>, store: Store, workers: Vec<WorkerKind>, now: Timestamp) -> Self {
        let (marks, silences, measured) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { posting, store, workers, since: now, looked: now, marks, silences, measured }
    }

    /// Looks once: who is silent is reported, and what stands in the store is measured.
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
            let mark = self.marks.get(&worker).copied();
            if now.duration_since(mark.map_or(self.since, |mark| mark.max(self.since))) > SILENT_MAX {
                self.is_silent(worker, mark, now).await;
            } else if self.silences.remove(&worker).is_some() && mark > Some(self.since) {
                tracing::info!(worker = worker.word(), "it runs again");
            }
        }
    }

    /// Sees to it that the operator is told that `worker` is silent since `mark`: once, and again and again until that went well.
    async fn is_silent(&mut self, worker: WorkerKind, mark: Option<Timestamp>, now: Timestamp) {
        let last = mark.map_or_else(|| "since it was started".to_owned(), |mark| format!("since {}", mark.strftime("%Y-%m-%d %H:%M UTC")));
        let mut silence = self.silences.get(&worker).copied().unwrap_or_else(|| {
            tracing::error!(worker = worker.word(), "this worker has not run {last}");
            Silence { tries: 0, notify_at: Some(now) }
        });
        if silence.notify_at.is_none_or(|notify_at| now < notify_at) {
            return;
        }
        // The same for all processes that notice it, and for all tries.
        let period = mark.map_or_else(|| format!("never run:{}", day_of(self.since)), |mark| mark.to_string());
        silence.notify_at = self.notify(worker, &period, &last).await.err().and_then(|failure| {
            silence.tries += 1;
            tracing::error!(worker = worker.word(), tries = silence.tries, "the operator could not be notified: {}", failure.why());
            match failure {
                SendFailure::Later { after, .. } => next_try(silence.tries, after, 0.0, now, Timestamp::MAX),
                SendFailure::Refused { .. } => next_try(silence.tries, None, 0.0, now, Timestamp::MAX),
                SendFailure::Never { .. } | SendFailure::Dead { .. } => None,
            }
        });
        self.silences.insert(worker, silence);
    }

    async fn measure(&mut self, now: Timestamp) -> Result<()> {
        self.marks = self.store.heartbeats().await?;
        for (worker, mark) in &self.marks {
            telemetry::worker_ran(worker.word(), *mark);
        }
        let sums = self.store.delivery_sums(now).await?;
        let waited = sums.oldest_waiting.map_or(0, |created| now.duration_since(created).as_secs());
        telemetry::deliveries_stand(sums.by_state.iter().map(|(state, count)| (state.word(), *count)), waited);
        let stops: BTreeSet<String> = self.store.stops().await?.into_keys().collect();
        let failing = self.store.outages().await?;
        let posts = self.posting.posts();
        let ends = posts.credentials.iter().filter_map(|(tenant, credential)| Some((tenant.clone(), credential.end.as_ref()?.at)));
        telemetry::credentials_expire(ends.collect());
        let named: BTreeSet<String> = posts.destinations.named.keys().cloned().collect();
        let seen: BTreeSet<String> = stops.iter().chain(failing.keys()).cloned().collect();
        for name in named.iter().chain(&self.measured).chain(&seen) {
            let seconds =
                failing.get(name).filter(|outage| outage.stands(now)).map_or(0, |outage| now.duration_since(outage.since).as_secs());
            telemetry::destination_stands(name, stops.contains(name), seconds);
        }
        self.measured = seen;
        Ok(())
    }

    async fn notify(&self, worker: WorkerKind, period: &str, last: &str) -> Result<(), SendFailure> {
        let title = format!("The worker `{worker}` is not running");
        let sentence =
            format!("It has done nothing {last}, so nothing of its kind is created or sent. Check the log and restart scorewatch.");
        let subject = NoticeSubject::Worker(worker.to_string());
        match worker {
            // Notices go through it, so its own end is reported without it.
            WorkerKind::Deliver => self.notify_directly(subject, period, &title, &sentence).await,
            WorkerKind::Digest | WorkerKind::Alert => {
                let notified = self.posting.notify(subject, period, &title, &sentence).await;
                notified.map_err(|error| SendFailure::later(error.sentence))
            }
        }
    }

    /// Sends a notice past the outbox, since nobody would take it from there.
    async fn notify_directly(&self, subject: NoticeSubject, period: &str, title: &str, sentence: &str) -> Result<(), SendFailure> {
        let Some((key, post)) = self.posting.notice(subject, period, title, sentence) else { return Ok(()) };
        // Without the store it is tried all the same.
        if let Ok(Some(stop)) = self.posting.stopped(&key.destination).await {
            return Err(SendFailure::Dead { why: format!("Deliveries to {} are stopped: {}", key.destination, stop.why) });
        }
        let place = self.posting.posts().destinations.find(&key.destination);
        let place = place.map_err(|error| SendFailure::Never { why: error.sentence })?;
        let sending = Sending { post: &post, picture: None, earlier: None, earlier_title: None, ended: &[], now: post.created };
        let sent = tokio::time::timeout(TELLING_MAX, place.destination.send(&sending)).await;
        sent.unwrap_or_else(|_| Err(SendFailure::later("It took longer than a minute; it may have arrived.")))?;
        tracing::info!(destination = key.destination, "the operator was notified directly");
        Ok(())
    }
}
