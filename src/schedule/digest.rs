//! Which digests are due now? Each is made once for each time that it is due, by whichever process comes first; after an outage one covers it all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use super::watchdog::Beat;
use crate::{
    ask::Ask,
    digest::Digest,
    error::{Error, Kind, Result},
    store::{DigestDone, DigestRun, Store},
};

/// The longest time between two rounds: so long it takes until a digest that somebody just defined is seen.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The shortest.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// Makes digests when they are due.
pub struct Digests {
    store: Store,
    ask: Arc<Ask>,
    now: fn() -> Timestamp,
    /// Which digests could not be made when they were due, so that each is told once.
    failing: BTreeMap<String, Timestamp>,
    beat: Beat,
}

/// Makes digests when they are due, until `stop` says so; none in a process that posts nothing.
pub async fn keep_digesting(mut digests: Digests, mut stop: watch::Receiver<bool>) {
    if digests.ask.posts().is_err() {
        return;
    }
    let mut blind = false;
    loop {
        let pause = match digests.round().await {
            Ok(next) => {
                blind = false;
                next.and_then(|next| Duration::try_from(next.duration_since((digests.now)())).ok()).unwrap_or(PAUSE_MIN)
            }
            Err(error) => {
                if !std::mem::replace(&mut blind, true) {
                    tracing::warn!(cause = error.cause(), "no digest can be made: {}", error.sentence);
                }
                PAUSE_MAX
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause.clamp(PAUSE_MIN, PAUSE_MAX)) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

impl Digests {
    /// Makes the digests that `ask` knows, and notes in `store` how far they are.
    pub fn new(store: Store, ask: Arc<Ask>) -> Self {
        Self { store, ask, now: Timestamp::now, failing: BTreeMap::new(), beat: Beat::of("digest") }
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Makes what is due; when something will be due next. One digest that cannot be made does not keep others from being made.
    pub async fn round(&mut self) -> Result<Option<Timestamp>> {
        let now = (self.now)();
        let all = self.ask.all_digests().await?;
        let runs = self.store.digest_runs().await?;
        for digest in &all {
            let Some(run) = runs.get(&digest.name) else {
                self.store.digest_known(&digest.name, now).await?;
                continue;
            };
            let due = digest.when.latest(now).filter(|due| *due > run.due && run.paused.is_none() && run.stopped.is_none());
            let Some(due) = due else { continue };
            match self.make(digest, run, due).await {
                Ok(()) => drop(self.failing.remove(&digest.name)),
                Err(error) => self.fail(digest, due, &error).await?,
            }
        }
        self.beat.beat(&self.store, now).await;
        Ok(all.iter().filter_map(|digest| digest.when.next(now)).min())
    }

    async fn make(&self, digest: &Digest, run: &DigestRun, due: Timestamp) -> Result<()> {
        let composed = self.ask.compose(digest, &run.covered).await?;
        let silent = digest.silent && composed.nothing_new;
        let delivery = if silent { None } else { Some(self.ask.digest_delivery(digest, &composed, due)?) };
        let mut covered = composed.newest;
        if silent {
            // The next one that is sent begins where the last one that was sent ended.
            for (tenant, day) in &mut covered {
                *day = run.covered.get(tenant).copied().unwrap_or(*day);
            }
        }
        let done = DigestDone { name: &digest.name, expected: run.due, due, covered: &covered, deliveries: delivery.as_slice() };
        if self.store.digest_done(&done).await? {
            tracing::info!(digest = digest.name, due = %due, silent, "made");
        }
        Ok(())
    }

    /// Stops what waiting does not mend, and tells the operator. All else is tried again in the next round.
    async fn fail(&mut self, digest: &Digest, due: Timestamp, error: &Error) -> Result<()> {
        let name = &digest.name;
        if matches!(error.kind, Kind::Forbidden | Kind::NotFound) {
            let title = format!("Digest {name} was stopped");
            let sentence = format!("{} When that is mended: scorewatch digest resume {name}", error.sentence);
            // Told first: what was stopped is not looked at again.
            self.ask.notify(&format!("digest:{name}"), &due.to_string(), &title, &sentence).await?;
            self.store.digest_stop(name, &error.sentence).await?;
        } else if self.failing.insert(name.clone(), due) != Some(due) {
            tracing::warn!(digest = name, due = %due, cause = error.cause(), "not made, but tried again: {}", error.sentence);
        }
        Ok(())
    }
}
