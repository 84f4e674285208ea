//! May one more request of a tenant be answered? Graph's published limits, so that a client proves its own limiter.
//!
//! <https://learn.microsoft.com/graph/throttling-limits>: per app and tenant 150 requests a minute, and 4 at once.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::held;

/// Requests that one tenant may have in flight.
const AT_ONCE: usize = 4;
/// Requests of one tenant within [`SPAN`].
const PER_MINUTE: usize = 150;
const SPAN: Duration = Duration::from_mins(1);

/// What one tenant has asked lately.
#[derive(Debug, Default)]
pub struct TenantLimits {
    in_flight: AtomicUsize,
    recent: Mutex<VecDeque<Instant>>,
}

/// A request in flight, until dropped.
#[derive(Debug)]
pub struct Flight<'a>(&'a AtomicUsize);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl TenantLimits {
    /// Counts one more request. The error is the number of seconds to wait before the next.
    pub fn enter(&self, enforced: bool) -> Result<Flight<'_>, u64> {
        let before = self.in_flight.fetch_add(1, Ordering::AcqRel);
        let flight = Flight(&self.in_flight);
        let now = Instant::now();
        let mut recent = held(&self.recent);
        while recent.front().is_some_and(|first| now.duration_since(*first) >= SPAN) {
            recent.pop_front();
        }
        if enforced && before >= AT_ONCE {
            return Err(1);
        }
        if enforced && recent.len() >= PER_MINUTE {
            let wait = recent.front().map_or(SPAN, |first| SPAN.saturating_sub(now.duration_since(*first)));
            return Err(wait.as_secs() + 1);
        }
        // Beyond what is ever compared, nothing need be remembered.
        if recent.len() < PER_MINUTE {
            recent.push_back(now);
        }
        Ok(flight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_at_once_and_no_more() {
        let limits = TenantLimits::default();
        let flights: Vec<_> = (0..4).map(|_| limits.enter(true).unwrap()).collect();
        assert_eq!(limits.enter(true).err(), Some(1));
        assert!(limits.enter(false).is_ok());
        drop(flights);
        assert!(limits.enter(true).is_ok());
    }

    #[test]
    fn a_hundred_and_fifty_a_minute() {
        let limits = TenantLimits::default();
        assert!((0..PER_MINUTE).all(|_| limits.enter(true).is_ok()));
        assert!(limits.enter(true).is_err_and(|wait| (1..=61).contains(&wait)));
    }
}
