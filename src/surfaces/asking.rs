//! How may a surface ask? Within a time, and not too many at once.
//!
//! Both limits hold for answers that must be made. A remembered answer is there at the first poll and
//! costs neither a timer nor a place.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;

use crate::{
    access::Asker,
    ask::{Ask, Question, Reply, Theme},
    error::{Error, Kind, Result},
};

/// When to ask again after a limit was reached.
const AGAIN: Duration = Duration::from_secs(2);

/// The way to `ask`, with limits that all surfaces share.
pub struct Asking {
    ask: Arc<Ask>,
    limits: Limits,
}

struct Limits {
    answer_time_max: Duration,
    at_once_max: usize,
    under_way: AtomicUsize,
}

/// A place among the answers that are being made; given back on drop.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Asking {
    /// Asks through `ask`: each answer may take `answer_time_max`, `at_once_max` may be made at once.
    pub fn new(ask: Arc<Ask>, answer_time_max: Duration, at_once_max: usize) -> Self {
        Self { ask, limits: Limits { answer_time_max, at_once_max, under_way: AtomicUsize::new(0) } }
    }

    /// The door itself, for keys and names of tenants.
    pub fn door(&self) -> &Ask {
        &self.ask
    }

    /// Asks `question` for `asker`.
    ///
    /// # Errors
    /// Those of [`Ask::ask`]; [`Kind::Throttled`] when too many answers are being made or this one takes too long.
    pub async fn answer(&self, asker: &Asker, question: &Question<'_>) -> Result<Reply> {
        let held = self.limits.hold(pin!(self.ask.ask(asker, question))).await;
        held.unwrap_or_else(|limit| {
            self.ask.refused(asker, question, &limit);
            Err(limit)
        })
    }

    /// The picture of the parcel `id`, within the same limits.
    ///
    /// # Errors
    /// Those of [`Ask::posted_picture`]; [`Kind::Throttled`] as above.
    pub async fn posted_picture(&self, id: &str, theme: Theme) -> Result<Option<Bytes>> {
        self.limits.hold(pin!(self.ask.posted_picture(id, theme))).await?
    }
}

impl Limits {
    /// Holds `answering` to the limits. It comes pinned, since moving a future into another copies it whole.
    /// `Err` where it is the limits that refuse.
    async fn hold<T>(&self, mut answering: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        if let Poll::Ready(answered) = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await {
            return Ok(answered);
        }
        let _place = self.place()?;
        tokio::time::timeout(self.answer_time_max, answering).await.map_err(|_| too_slow())
    }

    fn place(&self) -> Result<Place<'_>> {
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.under_way);
        if before < self.at_once_max { Ok(place) } else { Err(too_many()) }
    }
}

fn too_many() -> Error {
    Error::new(Kind::Throttled, "Too many answers are being made at the moment. Ask again in a few seconds.").retry_after(AGAIN)
}

fn too_slow() -> Error {
    Error::new(Kind::Throttled, "The answer took too long and was given up. Ask again in a few seconds.").retry_after(AGAIN)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn limits(at_once_max: usize) -> Limits {
        Limits { answer_time_max: Duration::from_millis(20), at_once_max, under_way: AtomicUsize::new(0) }
    }

    #[tokio::test]
    async fn a_remembered_answer_needs_no_place() {
        assert_eq!(limits(0).hold(pin!(ready(7))).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn one_answer_too_many_is_refused_and_its_place_given_back() {
        let limits = limits(1);
        let taken = limits.place().unwrap();
        let refused = limits.hold(pin!(pending::<()>())).await.unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (Kind::Throttled, Some(AGAIN)));
        drop(taken);
        assert_eq!(limits.under_way.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_slow_answer_is_given_up() {
        let limits = limits(1);
        assert_eq!(limits.hold(pin!(pending::<()>())).await.unwrap_err().kind, Kind::Throttled);
        assert!(limits.place().is_ok(), "its place is free again");
    }
}
