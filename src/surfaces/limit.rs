//! How often may one caller ask? So many requests a minute, all at once or spread.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::error::{Error, ErrorKind, Result};

/// After so many requests, callers who have been quiet are forgotten. So few more than those of the last
/// minute are ever remembered.
const FORGET_EVERY: u32 = 4096;

/// How often a caller may still ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Times a minute.
    pub per_minute: NonZeroU32,
    /// Times at once, from now on.
    pub left: u32,
}

/// The limit of each caller.
pub struct Limit {
    per_minute: NonZeroU32,
    rates: RateLimiter<Arc<str>, DefaultKeyedStateStore<Arc<str>>, DefaultClock, StateInformationMiddleware>,
    taken: AtomicU32,
}

impl Limit {
    /// Lets each caller ask `per_minute` times a minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let rates = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Self { per_minute, rates, taken: AtomicU32::new(0) }
    }

    /// What nothing is left of.
    pub const fn exhausted(&self) -> Allowance {
        Allowance { per_minute: self.per_minute, left: 0 }
    }

    /// Counts one request of `caller`, who was recognised before; says what is left.
    ///
    /// # Errors
    /// [`ErrorKind::TooMany`] with when to come back.
    pub fn take(&self, caller: &Arc<str>) -> Result<Allowance> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
        let allowed = self.rates.check_key(caller);
        allowed.map(|state| Allowance { per_minute: self.per_minute, left: state.remaining_burst_capacity() }).map_err(|until| {
            let sentence = format!(
                "Each caller may ask {} times a minute, and you have. Ask again after the time in Retry-After; an operator can raise `server.requests_per_minute`.",
                self.per_minute
            );
            Error::new(ErrorKind::TooMany, sentence).retry_after(until.wait_time_from(self.rates.clock().now()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_caller_is_told_to_wait_and_another_is_not() {
        let limit = Limit::new(NonZeroU32::new(2).unwrap());
        let [one, other] = ["key:1", "key:2"].map(Arc::from);
        assert_eq!([limit.take(&one).unwrap().left, limit.take(&one).unwrap().left], [1, 0]);
        let refused = limit.take(&one).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::TooMany);
        assert!(refused.retry_after.is_some_and(|wait| wait > Duration::from_secs(20) && wait <= Duration::from_secs(30)), "{refused:?}");
        assert!(limit.take(&other).is_ok());
    }

    #[test]
    fn callers_of_long_ago_are_forgotten() {
        // Each request is forgotten after 6 microseconds, so most of these are long ago.
        let limit = Limit::new(NonZeroU32::new(10_000_000).unwrap());
        for number in 0..FORGET_EVERY * 4 {
            limit.take(&format!("key:{number}").into()).unwrap();
        }
        assert!(limit.rates.len() <= FORGET_EVERY as usize, "{}", limit.rates.len());
    }
}
