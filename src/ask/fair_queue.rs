//! Whose answer is made next? Everybody's in turn, and nobody takes more than a share of the places.
//!
//! Whoever asks 600 questions at once waits behind themselves: another caller's question is next as soon as a place is free.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// How many answers are made at once, and how many of one caller.
const ANSWERS_MAX: usize = 16;
const ANSWERS_OF_ONE_MAX: usize = 4;
/// How many of them may be about all tenants, which hold much in memory, and how many of one caller.
const OF_ALL_MAX: usize = 2;
const OF_ALL_OF_ONE_MAX: usize = 1;

/// Room for the answers that are being made.
pub(super) struct AnswerSlots {
    answers: FairQueue,
    of_all: FairQueue,
}

/// Room for one of them; given back on drop.
pub(super) struct AnswerPermit {
    _of_all: Option<Permit>,
    _answer: Permit,
}

impl AnswerSlots {
    pub fn new() -> Self {
        Self { answers: FairQueue::new(ANSWERS_MAX, ANSWERS_OF_ONE_MAX), of_all: FairQueue::new(OF_ALL_MAX, OF_ALL_OF_ONE_MAX) }
    }

    /// Room for an answer to `caller`, which may be about `all` tenants, when it is their turn.
    pub async fn room(&self, caller: &Arc<str>, all: bool) -> Result<AnswerPermit> {
        let of_all = if all { Some(self.of_all.place(caller).await?) } else { None };
        Ok(AnswerPermit { _of_all: of_all, _answer: self.answers.place(caller).await? })
    }
}

/// Places for work, given out in turn.
struct FairQueue(Arc<FairState>);

/// A place for work of one caller; given back on drop.
struct Permit {
    inner: Arc<FairState>,
    caller: Arc<str>,
}

struct FairState {
    places: usize,
    share: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    taken: usize,
    /// Everybody who has a place or waits for one.
    callers: HashMap<Arc<str>, QueuedCaller>,
    /// Those who wait, each once, in the order of their turns.
    turns: VecDeque<Arc<str>>,
}

/// One caller.
#[derive(Default)]
struct QueuedCaller {
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Permit>>,
}

impl FairQueue {
    /// So many places, of which one caller has at most a `share`.
    fn new(places: usize, share: usize) -> Self {
        Self(Arc::new(FairState { places, share, queue: Mutex::default() }))
    }

    /// A place for `caller`, when it is their turn.
    async fn place(&self, caller: &Arc<str>) -> Result<Permit> {
        let (grant, granted) = oneshot::channel();
        self.0.queue().wait(caller, grant);
        self.0.give();
        granted.await.map_err(Error::internal)
    }
}

impl FairState {
    /// The queue, whoever panicked while looking at it: nothing in it is left half changed.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the free places to those whose turn it is.
    fn give(self: &Arc<Self>) {
        loop {
            // The lock must be free when a place that nobody takes any more comes back.
            let next = self.queue().next(self.places, self.share);
            let Some((caller, grant)) = next else { return };
            drop(grant.send(Permit { inner: Arc::clone(self), caller }));
        }
    }
}

impl Queue {
    fn wait(&mut self, caller: &Arc<str>, grant: oneshot::Sender<Permit>) {
        let known = self.callers.entry(Arc::clone(caller)).or_default();
        // Whoever asks and hangs up, again and again, is not remembered.
        known.waiting.retain(|grant| !grant.is_closed());
        if known.waiting.is_empty() && !self.turns.contains(caller) {
            self.turns.push_back(Arc::clone(caller));
        }
        known.waiting.push_back(grant);
    }

    /// Whose turn it is, whose place is counted from now on; `None` when all places are taken, or nobody waits who may have one.
    fn next(&mut self, places: usize, share: usize) -> Option<(Arc<str>, oneshot::Sender<Permit>)> {
        let mut at = 0;
        while self.taken < places && at < self.turns.len() {
            let caller = Arc::clone(self.turns.get(at)?);
            let known = self.callers.entry(Arc::clone(&caller)).or_default();
            if known.taken >= share {
                at += 1;
                continue;
            }
            let grant = first_open(&mut known.waiting);
            self.turns.remove(at);
            if let Some(grant) = grant {
                known.taken += 1;
                self.taken += 1;
                if !known.waiting.is_empty() {
                    self.turns.push_back(Arc::clone(&caller));
                }
                return Some((caller, grant));
            }
            self.forget(&caller);
        }
        None
    }

    /// Forgets a caller who neither has a place nor waits for one.
    fn forget(&mut self, caller: &Arc<str>) {
        if self.callers.get(caller).is_some_and(|known| known.taken == 0 && known.waiting.is_empty()) {
            self.callers.remove(caller);
        }
    }
}

/// The first of `waiting` whom somebody still waits for.
fn first_open(waiting: &mut VecDeque<oneshot::Sender<Permit>>) -> Option<oneshot::Sender<Permit>> {
    std::iter::from_fn(|| waiting.pop_front()).find(|grant| !grant.is_closed())
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut queue = self.inner.queue();
            queue.taken = queue.taken.saturating_sub(1);
            if let Some(known) = queue.callers.get_mut(&self.caller) {
                known.taken = known.taken.saturating_sub(1);
            }
            queue.forget(&self.caller);
        }
        self.inner.give();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures_util::FutureExt as _;

    use super::*;

    type Waiting<'f> = Pin<Box<dyn Future<Output = Result<Permit>> + Send + 'f>>;

    fn caller(name: &str) -> Arc<str> {
        name.into()
    }

    /// Stands in the queue, as `who`, so often.
    fn wait<'f>(fair: &'f FairQueue, who: &'f Arc<str>, often: usize) -> Vec<Waiting<'f>> {
        let mut waiting: Vec<Waiting<'f>> = (0..often).map(|_| Box::pin(fair.place(who)) as Waiting<'f>).collect();
        waiting.retain_mut(|one| one.as_mut().now_or_never().map(std::mem::forget).is_none());
        waiting
    }

    /// The places that were given out by now.
    fn given(waiting: &mut Vec<Waiting<'_>>) -> Vec<Permit> {
        let mut given = Vec::new();
        waiting.retain_mut(|one| one.as_mut().now_or_never().map(|place| given.push(place.unwrap())).is_none());
        given
    }

    #[test]
    fn whoever_asks_much_has_a_share_and_another_is_next() {
        let fair = FairQueue::new(16, 4);
        let (greedy, other) = (caller("greedy"), caller("other"));
        let mut many: Vec<_> = (0..600).map(|_| Box::pin(fair.place(&greedy)) as Waiting<'_>).collect();
        let held = given(&mut many);
        assert_eq!((held.len(), many.len()), (4, 596), "a share, whatever is free");
        assert!(fair.place(&other).now_or_never().is_some(), "another waits for nobody");
        drop(held);
        assert_eq!(given(&mut many).len(), 4);
    }

    #[test]
    fn with_all_places_taken_each_has_a_turn_before_anybody_has_a_second() {
        let fair = FairQueue::new(2, 2);
        let [a, b, c] = ["a", "b", "c"].map(caller);
        let mut of_a: Vec<_> = (0..9).map(|_| Box::pin(fair.place(&a)) as Waiting<'_>).collect();
        let mut held = given(&mut of_a);
        let (mut of_b, mut of_c) = (wait(&fair, &b, 2), wait(&fair, &c, 2));
        let mut turns = String::new();
        for _ in 0..8 {
            held.remove(0);
            for (name, waiting) in [("a", &mut of_a), ("b", &mut of_b), ("c", &mut of_c)] {
                for place in given(waiting) {
                    turns.push_str(name);
                    held.push(place);
                }
            }
        }
        assert_eq!(turns, "abcabcaa");
    }

    #[test]
    fn who_hung_up_takes_no_turn_and_is_forgotten() {
        let fair = FairQueue::new(1, 1);
        let [a, b] = ["a", "b"].map(caller);
        let held = fair.place(&a).now_or_never().unwrap().unwrap();
        drop(wait(&fair, &b, 100));
        let mut last = wait(&fair, &b, 1);
        assert_eq!(fair.0.queue().callers[&b].waiting.len(), 1);
        drop(held);
        let held = given(&mut last);
        assert_eq!(held.len(), 1);
        let gone = wait(&fair, &a, 1);
        drop((gone, held));
        let queue = fair.0.queue();
        assert_eq!((queue.taken, queue.callers.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn a_place_that_was_given_and_not_taken_comes_back() {
        let fair = FairQueue::new(1, 1);
        let [a, b] = ["a", "b"].map(caller);
        let held = fair.place(&a).now_or_never().unwrap().unwrap();
        let waiting = wait(&fair, &b, 1);
        drop(held);
        // Given to b, who hangs up before looking.
        drop(waiting);
        assert!(fair.place(&a).now_or_never().is_some());
    }
}
