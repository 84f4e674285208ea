//! Was this call carried out before? Known to every process on the store, and after a restart, for as long as the call could come again.
//!
//! What this process saw is refused from memory. What it did not see is carried out only once the store says so: where the store
//! cannot be written in time nothing is carried out, and the platform shows whoever called that it failed. A process that dies between the
//! two loses the call, and never carries it out twice. What the store holds survives the process; after a power failure its last moments may be
//! missing.
//!
//! So each call costs a write, also that of a question: one that is captured and sent again would be answered where the first one was, and counted as
//! asked twice. Only what changes nothing, and is counted nowhere, is known to this process alone.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    ask::StoreView,
    error::{Error, ErrorKind, Result},
};

/// How many calls are remembered in half of the time: more than 300 a second, in 4 MiB.
const CALLS_MAX: usize = 1 << 17;
/// How long the store may take. Platforms wait three seconds for a call, and the answer needs its part of them.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// What tells a call from all others of its platform: a part of its signature, or of a hash of its id.
pub type CallMark = [u8; 16];

/// The calls of one platform that were carried out.
pub struct CarriedCalls {
    platform: &'static str,
    /// For how long a call could come again, in seconds.
    life: i64,
    recent: Mutex<RecentCalls>,
    view: Arc<StoreView>,
}

/// What this process saw: two halves, of which the older is forgotten as a whole.
#[derive(Default)]
struct RecentCalls {
    since: i64,
    newer: HashSet<CallMark>,
    older: HashSet<CallMark>,
}

impl CarriedCalls {
    /// Those of `platform`, in the store behind `view`, of which none comes again after `life`.
    pub fn new(platform: &'static str, life: Duration, view: Arc<StoreView>) -> Self {
        Self { platform, life: i64::try_from(life.as_secs()).unwrap_or(i64::MAX), recent: Mutex::default(), view }
    }

    /// Remembers a call at `now`: `true` lets it be carried out, `false` is one that was before.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] when there is no room, since forgetting one would let it come again, and when the store is busy; else what the
    /// store says. The call is not carried out then.
    pub async fn is_first(&self, mark: CallMark, now: Timestamp) -> Result<bool> {
        let Some(until) = self.see(mark, now)? else { return Ok(false) };
        let unsure = UnsureMark { recent: &self.recent, mark, is_known: false };
        let remembering = self.view.store().remember_call((self.platform, &mark), until, now);
        let outcome = match tokio::time::timeout(STORE_WAIT, remembering).await {
            Ok(outcome) => outcome,
            Err(late) => Err(Error::new(ErrorKind::Throttled, "The store is busy. Try again in a few seconds.").because(late)),
        };
        unsure.settle(outcome.is_ok());
        outcome
    }

    /// The same of a call that changes nothing and is counted nowhere, such as each letter of a name that is completed. The store hears nothing of it.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] when there is no room.
    pub fn is_first_here(&self, mark: CallMark, now: Timestamp) -> Result<bool> {
        self.see(mark, now).map(|until| until.is_some())
    }

    /// Until when the call is to be remembered; `None` for one that this process saw already.
    fn see(&self, mark: CallMark, now: Timestamp) -> Result<Option<Timestamp>> {
        // Ages are counted in whole seconds: the last of them is lived to its end.
        let until = Timestamp::from_second(now.as_second().saturating_add(self.life).saturating_add(1)).map_err(Error::internal)?;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.turn(now.as_second(), self.life);
        if recent.older.contains(&mark) || recent.newer.contains(&mark) {
            return Ok(None);
        }
        if recent.newer.len() >= CALLS_MAX {
            return Err(Error::new(ErrorKind::Throttled, "Too many calls within a few minutes. This one is not carried out."));
        }
        recent.newer.insert(mark);
        Ok(Some(until))
    }
}

/// A mark of which the store has not said yet whether it is known. Where it does not say, or whoever waits for that goes away, the same call may be tried
/// again: whether it is known is up to the store.
struct UnsureMark<'a> {
    recent: &'a Mutex<RecentCalls>,
    mark: CallMark,
    is_known: bool,
}

impl UnsureMark<'_> {
    fn settle(mut self, is_known: bool) {
        self.is_known = is_known;
    }
}

impl Drop for UnsureMark<'_> {
    fn drop(&mut self) {
        if !self.is_known {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.newer.remove(&self.mark);
            recent.older.remove(&self.mark);
        }
    }
}

impl RecentCalls {
    /// Forgets what cannot come again. A clock that was set back forgets nothing, and counts from there.
    fn turn(&mut self, now: i64, life: i64) {
        if now.saturating_add(life) < self.since {
            // Nothing is old by this clock yet.
        } else if now >= self.since.saturating_add(life.saturating_mul(2)) {
            self.older.clear();
            self.newer.clear();
        } else if now >= self.since.saturating_add(life) {
            self.older = std::mem::take(&mut self.newer);
        } else {
            return;
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use tempfile::TempDir;

    use super::*;
    use crate::store::Store;

    const LIFE: i64 = 360;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap() + second.seconds()
    }

    fn mark(number: u32) -> CallMark {
        let mut mark = CallMark::default();
        mark[..4].copy_from_slice(&number.to_le_bytes());
        mark
    }

    /// A process on the store in `home`.
    async fn process(home: &TempDir, platform: &'static str) -> CarriedCalls {
        let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
        CarriedCalls::new(platform, Duration::from_mins(6), Arc::new(StoreView::open(store).await.unwrap()))
    }

    #[tokio::test]
    async fn a_call_is_known_for_as_long_as_it_could_come_again() {
        for begin in [0, 1, LIFE / 2, LIFE - 1] {
            let home = tempfile::tempdir().unwrap();
            let carried = process(&home, "discord").await;
            assert!(carried.is_first(mark(0), at(0)).await.unwrap());
            assert!(carried.is_first(mark(1), at(begin)).await.unwrap());
            for later in [0, 1, LIFE / 2, LIFE] {
                assert!(!carried.is_first(mark(1), at(begin + later)).await.unwrap(), "{begin} {later}");
            }
            assert!(carried.is_first(mark(1), at(begin + 2 * LIFE)).await.unwrap(), "it would be refused for its age");
        }
    }

    #[tokio::test]
    async fn a_call_is_carried_out_by_one_of_two_processes() {
        let home = tempfile::tempdir().unwrap();
        let (one, other) = (process(&home, "discord").await, process(&home, "discord").await);
        for number in 0..20 {
            let (first, second) = tokio::join!(one.is_first(mark(number), at(0)), other.is_first(mark(number), at(0)));
            assert!(first.unwrap() ^ second.unwrap(), "{number}");
        }
        assert!(process(&home, "slack").await.is_first(mark(0), at(0)).await.unwrap(), "another platform's marks are others");
    }

    #[tokio::test]
    async fn a_restart_forgets_nothing() {
        let home = tempfile::tempdir().unwrap();
        let before = process(&home, "discord").await;
        assert!(before.is_first(mark(7), at(0)).await.unwrap());
        before.view.store().close().await;
        drop(before);
        let after = process(&home, "discord").await;
        assert!(!after.is_first(mark(7), at(LIFE) + 999.milliseconds()).await.unwrap());
        assert!(after.is_first(mark(8), at(LIFE - 1)).await.unwrap(), "what came while nobody ran is carried out");
    }

    #[tokio::test]
    async fn what_changes_nothing_costs_no_write() {
        let home = tempfile::tempdir().unwrap();
        let (carried, other) = (process(&home, "discord").await, process(&home, "discord").await);
        carried.view.store().close().await;
        assert!(carried.is_first_here(mark(1), at(0)).unwrap() && !carried.is_first_here(mark(1), at(LIFE)).unwrap());
        assert!(other.is_first(mark(1), at(1)).await.unwrap(), "the store did not hear of it");
    }

    #[tokio::test]
    async fn nothing_is_carried_out_that_the_store_does_not_know_of() {
        let home = tempfile::tempdir().unwrap();
        let (carried, other) = (process(&home, "discord").await, process(&home, "discord").await);
        carried.view.store().close().await;
        assert!(
            carried.is_first(mark(1), at(0)).await.is_err() && carried.is_first(mark(1), at(1)).await.is_err(),
            "never without the store"
        );
        assert!(other.is_first(mark(1), at(2)).await.unwrap(), "who can write carries it out");
    }

    #[tokio::test]
    async fn without_room_nothing_is_carried_out() {
        let home = tempfile::tempdir().unwrap();
        let carried = process(&home, "discord").await;
        for number in 0..CALLS_MAX {
            assert!(carried.see(mark(u32::try_from(number).unwrap()), at(0)).unwrap().is_some());
        }
        assert_eq!(carried.is_first(mark(u32::MAX), at(0)).await.unwrap_err().kind, ErrorKind::Throttled);
        assert!(!carried.is_first(mark(0), at(0)).await.unwrap(), "and none twice");
        assert!(carried.is_first(mark(u32::MAX), at(LIFE)).await.unwrap());
    }
}
