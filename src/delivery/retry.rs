//! When is a delivery tried again? Soon at first, then less and less often, until its deadline; and when the other side says so.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::backoff::Backoff;

/// The first wait, and the longest one, unless the other side asks for a longer one. Chance never makes one shorter than was asked for.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(5), Duration::from_hours(1), 1.0..=1.25);

/// When to try again what failed for the `tries`th time at `now`; `None` when that would be after `deadline`. `after` is what the
/// other side asked for, and is kept to the second, so that what waits for the same pause goes on in its order; where that alone is too late, what failed
/// waits until `deadline`, so that it may still go elsewhere. `chance` is between 0 and 1.
pub fn next_try(tries: u32, after: Option<Duration>, chance: f64, now: Timestamp, deadline: Timestamp) -> Option<Timestamp> {
    let later = |wait: Duration| SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
    let planned = later(BACKOFF.scattered(BACKOFF.planned(tries), chance)).filter(|planned| *planned <= deadline)?;
    Some(after.map_or(planned, |after| later(after).unwrap_or(deadline).max(planned).min(deadline)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(tries: u32, after: Option<u64>, chance: f64) -> i64 {
        let now = Timestamp::UNIX_EPOCH;
        let next = next_try(tries, after.map(Duration::from_secs), chance, now, Timestamp::MAX).unwrap();
        next.duration_since(now).as_secs()
    }

    #[test]
    fn waits_grow_up_to_an_hour_and_honour_what_was_asked() {
        assert_eq!([1, 2, 3, 10, 4_000_000].map(|tries| wait(tries, None, 0.0)), [5, 10, 20, 2560, 3600]);
        assert_eq!((wait(1, Some(90), 0.0), wait(8, Some(1), 0.0)), (90, 640));
        assert_eq!((wait(1, None, 1.0), wait(1, Some(86_400), 1.0)), (6, 86_400));
    }

    #[test]
    fn nothing_is_tried_after_its_deadline() {
        let (now, deadline) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(7).unwrap());
        assert!(next_try(1, None, 0.0, now, deadline).is_some());
        assert_eq!(next_try(2, None, 0.0, now, deadline), None);
        // Whoever asks for a pause until later than that loses nothing at once.
        let asked = |seconds| next_try(1, Some(Duration::from_secs(seconds)), 0.0, now, deadline);
        assert_eq!([6, 7, 8, u64::MAX >> 8].map(asked), [Timestamp::from_second(6).ok(), Some(deadline), Some(deadline), Some(deadline)]);
        assert_eq!(next_try(2, Some(Duration::from_secs(90)), 0.0, now, deadline), None, "it is too late in any case");
    }
}
