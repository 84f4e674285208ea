//! Which digests are due now? Each is made once for each time that it is due, by whichever process comes first; after an outage one covers it all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date};
use tokio::sync::watch;

use super::watchdog::Beat;
use crate::{
    ask::Ask,
    digest::Digest,
    error::{Error, Kind, Result},
    score::change::day_of,
    store::{DigestDone, DigestRun, DigestTold, Store},
};

/// The longest time between two rounds: so long it takes until a digest that somebody just defined is seen.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The shortest.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// After how long the operator is told of a digest that cannot be made.
const TELL_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// A digest that cannot be made.
struct Failing {
    since: Timestamp,
    /// When the operator was last told.
    told: Option<Date>,
}

/// Makes digests when they are due.
pub struct Digests {
    store: Store,
    ask: Arc<Ask>,
    now: fn() -> Timestamp,
    /// Which digests could not be made the last time, by name.
    failing: BTreeMap<String, Failing>,
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
        for gone in runs.keys().filter(|name| !all.iter().any(|digest| digest.name == **name)) {
            self.store.digest_forget(gone).await?;
        }
        for digest in &all {
            let calendar = digest.when.to_string();
            let Some(run) = runs.get(&digest.name) else {
                self.store.digest_known(&digest.name, &calendar, now).await?;
                continue;
            };
            if run.calendar != calendar {
                self.store.digest_moved(&digest.name, &calendar, now).await?;
                continue;
            }
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
        let kept = self.ask.digest_told(&digest.name).await?;
        let composed = self.ask.compose(digest, &kept.told).await?;
        let silent = digest.silent && composed.nothing_new;
        let delivery = if silent { None } else { Some(self.ask.digest_delivery(digest, &composed, due)?) };
        let told = match &delivery {
            Some(delivery) => DigestTold {
                told: composed.told,
                before: composed.begun.into_iter().chain(kept.before).collect(),
                delivery: Some(delivery.id.clone()),
            },
            // The next one that is sent begins where the last one that was sent ended.
            None => DigestTold { told: composed.told.into_iter().chain(kept.told).collect(), ..kept },
        };
        let done = DigestDone { name: &digest.name, expected: run.due, made: run.made, due, told: &told, deliveries: delivery.as_slice() };
        if self.store.digest_done(&done).await? {
            tracing::info!(digest = digest.name, due = %due, silent, "made");
        }
        Ok(())
    }

    /// Stops what waiting does not mend, and tells the operator. All else is tried again in the next round; when that lasts, the operator is told once
    /// a day.
    async fn fail(&mut self, digest: &Digest, due: Timestamp, error: &Error) -> Result<()> {
        let (name, now) = (&digest.name, (self.now)());
        if matches!(error.kind, Kind::Forbidden | Kind::NotFound) {
            let title = format!("Digest {name} was stopped");
            let sentence = format!("{} When that is mended: scorewatch digest resume {name}", error.sentence);
            // Told first: what was stopped is not looked at again.
            self.ask.notify(&format!("digest:{name}"), &due.to_string(), &title, &sentence).await?;
            self.store.digest_stop(name, &error.sentence).await?;
            return Ok(());
        }
        if !self.failing.contains_key(name) {
            tracing::warn!(digest = name, due = %due, cause = error.cause(), "not made, but tried again: {}", error.sentence);
        }
        let failing = self.failing.entry(name.clone()).or_insert(Failing { since: now, told: None });
        let today = day_of(now);
        if now.duration_since(failing.since) >= TELL_AFTER && failing.told != Some(today) {
            let title = format!("Digest {name} cannot be made");
            let sentence = format!("It is tried again all the time. {}", error.sentence);
            self.ask.notify(&format!("digest:{name}"), &format!("failing:{today}"), &title, &sentence).await?;
            failing.told = Some(today);
        }
        Ok(())
    }
}
