//! When may the next request go out? Not more at once, not more a minute, not sooner than Graph allows.
//!
//! Secure Score may be asked 150 times a minute and four times at once per app and tenant:
//! <https://learn.microsoft.com/graph/throttling-limits#security-detections-and-incidents-service-limits>

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::settings::RetryPolicy;
use crate::{
    backoff::Backoff,
    error::{Error, Result},
};

/// Requests in flight; Graph allows four.
const IN_FLIGHT_MAX: usize = 4;
/// Requests that may go out without waiting, and those that are allowed anew each minute: together 150,
/// which is what Graph allows in the worst minute.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(129);

/// A pause that Graph asked for is told from this length on: whoever watches wonders.
const LOGGED_FROM: Duration = Duration::from_secs(5);

/// The two limits of one tenant. Tries count like first requests, as they do for Graph.
pub(super) struct Throttle {
    in_flight: Semaphore,
    quota: DefaultDirectRateLimiter,
}

impl Throttle {
    pub fn new() -> Self {
        Self { in_flight: Semaphore::new(IN_FLIGHT_MAX), quota: RateLimiter::direct(Quota::per_minute(PER_MINUTE).allow_burst(BURST)) }
    }

    /// Waits for leave to send one request; it ends when the permit is dropped.
    pub async fn leave(&self) -> Result<SemaphorePermit<'_>> {
        self.quota.until_ready().await;
        self.in_flight.acquire().await.map_err(Error::internal)
    }
}

/// The tries of one request.
pub(super) struct Tries<'p> {
    patience: &'p RetryPolicy,
    count: u32,
    started: Instant,
}

impl<'p> Tries<'p> {
    pub fn new(patience: &'p RetryPolicy) -> Self {
        Self { patience, count: 0, started: Instant::now() }
    }

    /// Waits before the next try, as long as was `asked` or else by backoff. Gives `error` back when there
    /// is no next try; it then says when to come back, where that was asked.
    pub async fn pause(&mut self, error: Error, asked: Option<Duration>) -> Result<()> {
        self.count += 1;
        let pause = asked.unwrap_or_else(|| Backoff::new(self.patience.first_pause, self.patience.pause_max, 0.0..=1.0).pause(self.count));
        let gives_up =
            self.count >= self.patience.attempts || pause > self.patience.pause_max || self.started.elapsed() + pause > self.patience.total;
        if gives_up {
            return Err(match asked {
                Some(asked) => error.retry_after(asked),
                None => error,
            });
        }
        if asked.is_some() && pause >= LOGGED_FROM {
            tracing::warn!(
                tries = self.count,
                "Microsoft Graph asks to wait {} seconds before the retry: {}",
                pause.as_secs(),
                error.sentence
            );
        } else {
            tracing::debug!(tries = self.count, pause_ms = pause.as_millis(), %error, "trying again");
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn a_pause_longer_than_our_patience_is_reported_not_sat_out() {
        let patience = RetryPolicy::default();
        let mut tries = Tries::new(&patience);
        let asked = Duration::from_hours(1);
        let error = tries.pause(Error::new(ErrorKind::Throttled, "busy"), Some(asked)).await.unwrap_err();
        assert_eq!(error.retry_after, Some(asked));
    }
}
