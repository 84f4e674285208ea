//! How may a surface ask? Within a time, not too many at once, and of these not too many of one caller.
//!
//! Both limits hold for answers that must be made. A remembered answer is there at the first poll and
//! costs neither a timer nor a place.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;

use super::{Ask, PreparedQuestion, Question, Reply, Theme};
use crate::{
    access::Asker,
    error::{Error, ErrorKind, Result},
    text::count,
};

/// When to ask again after a limit was reached.
const AGAIN: Duration = Duration::from_secs(2);
/// One caller may have this part of the places: others find room, however much one asks.
const SHARE: usize = 4;
/// Stands for all who fetch pictures of posts, whom nobody knows.
const POSTS: &str = "(posts)";

/// The way to `ask`, with limits that all surfaces share.
pub struct AnswerLimiter {
    ask: Arc<Ask>,
    limits: Limits,
}

struct Limits {
    answer_time_max: Duration,
    at_once_max: usize,
    under_way: Mutex<UnderWay>,
}

/// How many answers are being made, together and for each caller.
#[derive(Default)]
struct UnderWay {
    all: usize,
    of: HashMap<Arc<str>, usize>,
}

/// A place among the answers that are being made; given back on drop.
struct AnswerSlot<'a> {
    limits: &'a Limits,
    caller: Arc<str>,
}

impl Drop for AnswerSlot<'_> {
    fn drop(&mut self) {
        let mut under_way = self.limits.under_way();
        under_way.all = under_way.all.saturating_sub(1);
        if let Some(of) = under_way.of.get_mut(&self.caller) {
            *of = of.saturating_sub(1);
            if *of == 0 {
                under_way.of.remove(&self.caller);
            }
        }
    }
}

impl AnswerLimiter {
    /// Asks through `ask`: each answer may take `answer_time_max`, `at_once_max` may be made at once.
    pub fn new(ask: Arc<Ask>, answer_time_max: Duration, at_once_max: usize) -> Self {
        Self { ask, limits: Limits { answer_time_max, at_once_max, under_way: Mutex::default() } }
    }

    /// The door itself, for keys and names of tenants.
    pub fn door(&self) -> &Ask {
        &self.ask
    }

    /// Asks `question` for `asker`.
    ///
    /// # Errors
    /// Those of [`Ask::ask`]; [`ErrorKind::Throttled`] when too many answers are being made or this one takes too long, [`ErrorKind::TooMany`] when too
    /// many of them are for this asker.
    pub async fn ask(&self, asker: &Asker, question: &Question<'_>) -> Result<Reply> {
        self.answer(self.ask.prepare(asker, question).await?).await
    }

    /// The same for a question that was prepared.
    pub async fn answer(&self, question: PreparedQuestion) -> Result<Reply> {
        let origin = question.origin().clone();
        self.limits.hold(origin.caller(), pin!(self.ask.answer(question))).await.unwrap_or_else(|limit| {
            self.ask.refused(&origin, &limit);
            Err(limit)
        })
    }

    /// The picture of the post `id`, within the same limits.
    ///
    /// # Errors
    /// Those of [`Ask::posted_picture`]; [`ErrorKind::Throttled`] as above.
    pub async fn posted_picture(&self, id: &str, theme: Theme) -> Result<Option<Bytes>> {
        self.limits.hold(&POSTS.into(), pin!(self.ask.posted_picture(id, theme))).await?
    }
}

impl Limits {
    /// Holds `answering` to the limits. It comes pinned, since moving a future into another copies it whole.
    /// `Err` where it is the limits that refuse.
    async fn hold<T>(&self, caller: &Arc<str>, mut answering: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        if let Poll::Ready(answered) = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await {
            return Ok(answered);
        }
        let _place = self.place(caller)?;
        tokio::time::timeout(self.answer_time_max, answering).await.map_err(|_| too_slow())
    }

    /// What is under way, whoever panicked while looking at it: nothing in it is left half changed.
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, caller: &Arc<str>) -> Result<AnswerSlot<'_>> {
        let mut under_way = self.under_way();
        if under_way.all >= self.at_once_max {
            return Err(too_many());
        }
        let share = self.at_once_max.div_ceil(SHARE);
        let of = under_way.of.entry(Arc::clone(caller)).or_default();
        if *of >= share {
            return Err(too_many_of_one(share));
        }
        *of += 1;
        under_way.all += 1;
        Ok(AnswerSlot { limits: self, caller: Arc::clone(caller) })
    }
}

fn too_many() -> Error {
    Error::new(ErrorKind::Throttled, "Too many answers are being made at the moment. Ask again in a few seconds.").retry_after(AGAIN)
}

fn too_many_of_one(share: usize) -> Error {
    let sentence = format!(
        "Each caller may wait for {} at once, and you do. Ask again when some of them came; an operator can raise `server.answers_at_once_max`.",
        count(share, "answer")
    );
    Error::new(ErrorKind::TooMany, sentence).retry_after(AGAIN)
}

fn too_slow() -> Error {
    Error::new(ErrorKind::Throttled, "The answer took too long and was stopped. Ask again in a few seconds.").retry_after(AGAIN)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn limits(at_once_max: usize) -> Limits {
        Limits { answer_time_max: Duration::from_millis(20), at_once_max, under_way: Mutex::default() }
    }

    fn caller(name: &str) -> Arc<str> {
        name.into()
    }

    #[tokio::test]
    async fn a_remembered_answer_needs_no_place() {
        assert_eq!(limits(0).hold(&caller("a"), pin!(ready(7))).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn one_answer_too_many_is_refused_and_its_place_given_back() {
        let limits = limits(1);
        let taken = limits.place(&caller("a")).unwrap();
        let refused = limits.hold(&caller("b"), pin!(pending::<()>())).await.unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (ErrorKind::Throttled, Some(AGAIN)));
        drop(taken);
        let under_way = limits.under_way();
        assert_eq!((under_way.all, under_way.of.len()), (0, 0));
    }

    #[tokio::test]
    async fn one_caller_has_a_share_and_others_find_room() {
        let limits = limits(9);
        let [greedy, other] = ["greedy", "other"].map(caller);
        let taken: Vec<_> = (0..3).map(|_| limits.place(&greedy).unwrap()).collect();
        let refused = limits.hold(&greedy, pin!(pending::<()>())).await.unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (ErrorKind::TooMany, Some(AGAIN)));
        assert!(refused.sentence.contains("3 answers"), "{refused}");
        assert!(limits.place(&other).is_ok());
        drop(taken);
        assert!(limits.place(&greedy).is_ok());
    }

    #[tokio::test]
    async fn a_slow_answer_is_given_up() {
        let limits = limits(1);
        assert_eq!(limits.hold(&caller("a"), pin!(pending::<()>())).await.unwrap_err().kind, ErrorKind::Throttled);
        assert!(limits.place(&caller("a")).is_ok(), "its place is free again");
    }
}
