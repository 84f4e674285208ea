//! Which digests are due now? Each is made once for each time that it is due, by whichever process comes first; after an outage one covers it all.
//!
//! Processes on one store may have different configurations. A digest that one of them does not have is still the other's; it is forgotten when no
//! process has had it for a while, and goes on where it was when it comes back before. One that has different calendars is made by each: a process
//! takes up its own once, when it sees another's for the first time, so that an edited one posts nothing at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use tokio::sync::watch;

use super::watchdog::Heartbeat;
use crate::{
    delivery::NoticeSubject,
    digest::Digest,
    error::{Error, ErrorKind, Result},
    posting::{DigestOutcome, Occasion, Posting},
    score::change::day_of,
    store::{DigestRun, Store, WorkerKind},
};

/// The longest time between two rounds: so long it takes until a digest that somebody just defined is seen.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The shortest.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// After how long the operator is notified of a digest that cannot be created.
const NOTIFY_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How often it is noted that a digest is still known.
const SEEN_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// For how long it is kept in mind how far a digest is that no process knows.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A digest that cannot be made.
struct Failing {
    since: Timestamp,
    /// When the operator was last notified.
    notified: Option<Date>,
}

/// Makes digests when they are due.
pub struct DigestLoop {
    store: Store,
    posting: Arc<Posting>,
    /// The calendars that this process took up in place of another's, by name.
    moved: BTreeMap<String, String>,
    /// Which digests could not be made the last time, by name.
    failing: BTreeMap<String, Failing>,
    beat: Heartbeat,
}

/// Makes digests when they are due, until `stop` says so.
pub async fn keep_digesting(mut digests: DigestLoop, mut stop: watch::Receiver<bool>) {
    let (mut blind, posting) = (false, Arc::clone(&digests.posting));
    loop {
        let pause = match digests.round().await {
            Ok(next) => {
                blind = false;
                next.and_then(|next| Duration::try_from(next.duration_since(digests.posting.now())).ok()).unwrap_or(PAUSE_MIN)
            }
            Err(error) => {
                if !std::mem::replace(&mut blind, true) {
                    tracing::warn!(cause = error.cause(), "no digest can be created: {}", error.sentence);
                }
                PAUSE_MAX
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause.clamp(PAUSE_MIN, PAUSE_MAX)) => {}
            () = posting.reconfigured() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

impl DigestLoop {
    /// Makes the digests that `posting` knows, and notes in `store` how far they are.
    pub fn new(store: Store, posting: Arc<Posting>) -> Self {
        let (moved, failing) = (BTreeMap::new(), BTreeMap::new());
        Self { store, posting, moved, failing, beat: Heartbeat::of(WorkerKind::Digest) }
    }

    /// Makes what is due; when something will be due next. One digest that cannot be made does not keep others from being made.
    pub async fn round(&mut self) -> Result<Option<Timestamp>> {
        let now = self.posting.now();
        let all = self.posting.all_digests().await?;
        let runs = self.store.digest_runs().await?;
        self.keep_in_mind(&all, &runs, now).await?;
        let mut failing = BTreeSet::new();
        for digest in &all {
            let Some((run, due)) = self.due(digest, &runs, now).await? else { continue };
            match self.posting.digest_make(digest, run, Occasion::Due(due)).await {
                Ok(DigestOutcome::Put(delivery)) => tracing::info!(digest = digest.name, due = %due, delivery, "created"),
                Ok(DigestOutcome::Silent) => tracing::info!(digest = digest.name, due = %due, "nothing new, so nobody is notified"),
                // It is the next round's, or was somebody else's.
                Ok(DigestOutcome::Sending | DigestOutcome::Overtaken) => {}
                Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => self.stop(digest, due, &error).await?,
                Err(error) => {
                    failing.insert(&*digest.name);
                    self.fail(digest, due, &error).await?;
                }
            }
        }
        self.failing.retain(|name, _| failing.contains(&**name));
        self.beat.beat(&self.store, now).await;
        Ok(all.iter().filter_map(|digest| digest.when.next(now)).min())
    }

    /// Notes now and then that this process knows `all` of these, and forgets what no process has known for long: another one on the same store
    /// may have another configuration.
    async fn keep_in_mind(&mut self, all: &[Digest], runs: &BTreeMap<String, DigestRun>, now: Timestamp) -> Result<()> {
        let known: BTreeSet<&str> = all.iter().map(|digest| &*digest.name).collect();
        self.moved.retain(|name, _| known.contains(&**name));
        let unseen = |run: &DigestRun| now.duration_since(run.seen);
        let seen: Vec<&str> =
            runs.iter().filter(|(name, run)| known.contains(&***name) && unseen(run) >= SEEN_EVERY).map(|(name, _)| &**name).collect();
        if !seen.is_empty() {
            self.store.digests_seen(&seen, now).await?;
        }
        if runs.iter().any(|(name, run)| !known.contains(&**name) && unseen(run) > KEPT_FOR) {
            self.store.digests_forget(now - KEPT_FOR).await?;
        }
        Ok(())
    }

    /// How far `digest` is and since when it is due, if it is. One that is new, or has another calendar than it had, is first due at its next moment.
    async fn due<'r>(
        &mut self,
        digest: &Digest,
        runs: &'r BTreeMap<String, DigestRun>,
        now: Timestamp,
    ) -> Result<Option<(&'r DigestRun, Timestamp)>> {
        let (name, calendar) = (&digest.name, digest.when.to_string());
        let Some(run) = runs.get(name) else {
            self.store.digest_known(name, &calendar, now).await?;
            return Ok(None);
        };
        if run.calendar != calendar && self.moved.get(name) != Some(&calendar) {
            self.store.digest_moved(name, &calendar, now).await?;
            self.moved.insert(name.clone(), calendar);
            return Ok(None);
        }
        let due = digest.when.latest(now).filter(|due| *due > run.due && run.paused.is_none() && run.stopped.is_none());
        Ok(due.map(|due| (run, due)))
    }

    /// Stops what waiting does not mend, and tells the operator.
    async fn stop(&self, digest: &Digest, due: Timestamp, error: &Error) -> Result<()> {
        let name = &digest.name;
        let title = format!("Digest {name} was stopped");
        let sentence = format!("{} Once that is fixed: scorewatch digest resume {name}", error.sentence);
        // Told first: what was stopped is not looked at again.
        self.posting.notify(NoticeSubject::Digest(name.clone()), &due.to_string(), &title, &sentence).await?;
        self.store.digest_stop(name, &error.sentence).await.map(|_| ())
    }

    /// Notes that it could not be made and is tried again in the next round; when that lasts, the operator is notified once a day.
    async fn fail(&mut self, digest: &Digest, due: Timestamp, error: &Error) -> Result<()> {
        let (name, now) = (&digest.name, self.posting.now());
        if !self.failing.contains_key(name) {
            tracing::warn!(digest = name, due = %due, cause = error.cause(), "not created; it is retried: {}", error.sentence);
        }
        let failing = self.failing.entry(name.clone()).or_insert(Failing { since: now, notified: None });
        let today = day_of(now);
        if now.duration_since(failing.since) >= NOTIFY_AFTER && failing.notified != Some(today) {
            let title = format!("Digest {name} cannot be created");
            let sentence = format!("It is retried until it works. {}", error.sentence);
            self.posting.notify(NoticeSubject::Digest(name.clone()), &format!("failing:{today}"), &title, &sentence).await?;
            failing.notified = Some(today);
        }
        Ok(())
    }
}
