//! When is one tenant read? In turn, again and again; at once where somebody wants it; and later where it failed.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{
    on_demand::{Request, Requests},
    refresh::{Refresher, Turn},
    slots::{ReadingSlot, Slots},
};
use crate::{
    ask::REFRESH_AGE_MIN,
    backoff::{Backoff, chance},
    error::{Error, Result},
};

/// The first wait after a failed reading; it doubles up to the ordinary interval.
const FAILED_WAIT: Duration = Duration::from_mins(1);
/// How often to look while another process reads what somebody waits for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How much of the interval is waited, as chance has it, so that many tenants do not ask Graph all at once.
const SHARES: RangeInclusive<f64> = 0.9..=1.0;

/// Reads a tenant every `every`, beginning now, and when `requests` want it, until `stop` says so; as one of those that
/// share `slots`.
pub async fn keep_reading(
    refresher: Arc<Refresher>,
    every: Duration,
    requests: Requests,
    slots: Arc<Slots>,
    mut stop: watch::Receiver<bool>,
) {
    let mut worker = TenantWorker { refresher, every, requests, waiting: Vec::new(), failures: 0, failed: None };
    loop {
        let outcome = tokio::select! {
            outcome = worker.turn(&slots) => outcome,
            // The guard that it returns must not live across the next await.
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return worker.refresher.give_up().await,
        };
        let wait = worker.take_in(outcome);
        tokio::select! {
            () = worker.pause(worker.backoff().scattered(wait, chance())) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// What reads one tenant.
struct TenantWorker {
    refresher: Arc<Refresher>,
    every: Duration,
    requests: Requests,
    /// Those who are told when it is read.
    waiting: Vec<Request>,
    failures: u32,
    /// Until when requests are told the last failure, instead of making Graph refuse us again and again.
    failed: Option<(Instant, Error)>,
}

impl TenantWorker {
    /// Has the tenant read if that is due, once there is a slot.
    async fn turn(&mut self, slots: &Slots) -> Result<Turn> {
        if let Some(age) = self.refresher.recent(self.age_max()).await? {
            return Ok(Turn::Recent(age));
        }
        let slot = self.slot(slots).await?;
        slot.during(self.refresher.refresh_if_due(self.age_max())).await
    }

    /// How old what is stored may be. A reading of the round before must not keep the next one from being made.
    fn age_max(&self) -> Duration {
        if self.waiting.is_empty() { self.every / 2 } else { REFRESH_AGE_MIN }
    }

    /// Waits for a slot; not in turn with all tenants once somebody wants this one read.
    async fn slot<'s>(&mut self, slots: &'s Slots) -> Result<ReadingSlot<'s>> {
        if self.waiting.is_empty() {
            tokio::select! {
                slot = slots.in_turn() => return slot,
                Some(request) = self.requests.recv() => self.waiting.push(request),
            }
        }
        slots.at_once().await
    }

    /// Tells what came of a turn to those who wait, and how long to wait for the next one.
    fn take_in(&mut self, outcome: Result<Turn>) -> Duration {
        match outcome {
            Ok(Turn::Done) => self.done(Duration::ZERO),
            Ok(Turn::Recent(age)) => self.done(age),
            Ok(Turn::Elsewhere) => {
                self.waiting.retain(|request| !request.is_closed());
                // Look again soon, in case the other process dies.
                if self.waiting.is_empty() { FAILED_WAIT } else { LOOK_AGAIN }
            }
            Err(error) => self.fail(error),
        }
    }

    /// The tenant was read so long ago: after a restart it has not to wait the whole time again.
    fn done(&mut self, age: Duration) -> Duration {
        (self.failures, self.failed) = (0, None);
        self.tell(|| Ok(()));
        self.every.saturating_sub(age)
    }

    fn fail(&mut self, error: Error) -> Duration {
        self.failures += 1;
        tracing::warn!(
            tenant = self.refresher.tenant(),
            kind = error.kind.name(),
            cause = error.cause(),
            failures = self.failures,
            "not read: {}",
            error.sentence
        );
        self.tell(|| Err(error.shared()));
        // What Graph asks for is waited for, also beyond the usual pace. It can ask for a day at most: see `outgoing`.
        let at_least = |least: Duration| error.retry_after.map_or(least, |asked| asked.max(least));
        let wait = at_least(self.backoff().planned(self.failures));
        self.failed = Some((Instant::now() + at_least(FAILED_WAIT), error));
        wait
    }

    /// The pauses between failures, the usual pace at most.
    const fn backoff(&self) -> Backoff {
        Backoff::new(FAILED_WAIT, self.every, SHARES)
    }

    fn tell(&mut self, outcome: impl Fn() -> Result<()>) {
        for request in self.waiting.drain(..) {
            // Whoever no longer waits need not be told.
            let _ = request.send(outcome());
        }
    }

    /// Ends after `wait`, or when somebody wants the tenant read.
    async fn pause(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        loop {
            let request = tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                Some(request) = self.requests.recv() => request,
            };
            match &self.failed {
                Some((again, error)) if Instant::now() < *again => drop(request.send(Err(error.shared()))),
                Some(_) | None => {
                    self.waiting.push(request);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings},
        score::Reading,
        store::{Source, Store},
    };

    const HOUR: Duration = Duration::from_hours(1);

    fn noon() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn after_a_restart_the_next_reading_comes_when_it_would_have() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let read_at = noon() - Duration::from_mins(25);
        store.save("contoso", &Reading::default(), Source::Graph { fence: None }, read_at).await.unwrap();
        let settings =
            GraphSettings::new("contoso", "a", "app", ClientCredential::Secret("x".into()), CloudEndpoints::named("global").unwrap());
        let refresher = Refresher::new(store, Graph::new(settings).unwrap(), "contoso".to_owned(), "test".to_owned()).by_clock(noon);
        let (_wish, requests) = tokio::sync::mpsc::channel(1);
        let mut worker =
            TenantWorker { refresher: Arc::new(refresher), every: HOUR, requests, waiting: Vec::new(), failures: 3, failed: None };
        let outcome = worker.turn(&Slots::default()).await;
        assert_eq!(outcome.as_ref().ok(), Some(&Turn::Recent(Duration::from_mins(25))), "{outcome:?}");
        assert_eq!((worker.take_in(outcome), worker.failures), (Duration::from_mins(35), 0));
        assert_eq!(worker.take_in(Ok(Turn::Done)), HOUR);
        assert_eq!(worker.take_in(Ok(Turn::Recent(HOUR * 2))), Duration::ZERO);
        let busy = || Error::new(crate::error::ErrorKind::Throttled, "busy");
        let waits = [None, Some(HOUR / 60), Some(HOUR * 24)].map(|asked| {
            worker.failures = 2;
            worker.take_in(Err(asked.map_or_else(busy, |asked| busy().retry_after(asked))))
        });
        assert_eq!(waits, [FAILED_WAIT * 4, FAILED_WAIT * 4, HOUR * 24], "what Graph asks for is waited for");
        assert!(worker.failed.is_some_and(|(again, _)| again > Instant::now() + HOUR * 23), "also by those who want it read now");
    }
}
