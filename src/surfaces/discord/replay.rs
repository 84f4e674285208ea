//! Was this call carried out before? Remembered for as long as its timestamp is new enough to come again.
//!
//! In this process only: of a call that is replayed to another replica, Discord takes no second answer.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::signature::{Genuine, LIFE};
use crate::error::{Error, ErrorKind, Result};

/// How many calls are remembered in half of the time: more than 300 a second, in 4 MiB.
const CALLS_MAX: usize = 1 << 17;
/// So much of a signature tells it from all others: this part is as good as random.
const MARK_BYTES: usize = 16;

type Mark = [u8; MARK_BYTES];

/// The calls of a while.
#[derive(Default)]
pub(super) struct Carried(Mutex<Halves>);

/// Two halves, of which the older is forgotten as a whole.
#[derive(Default)]
struct Halves {
    since: i64,
    newer: HashSet<Mark>,
    older: HashSet<Mark>,
}

impl Carried {
    /// Remembers a call at `now`, in seconds. `false` for one that was remembered already.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] when there is no room: forgetting one would let it come again.
    pub fn is_first(&self, call: &Genuine, now: i64) -> Result<bool> {
        let mut mark = Mark::default();
        mark.copy_from_slice(&call[..MARK_BYTES]);
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.turn(now);
        if halves.older.contains(&mark) || halves.newer.contains(&mark) {
            return Ok(false);
        }
        if halves.newer.len() >= CALLS_MAX {
            return Err(Error::new(ErrorKind::Throttled, "Too many calls of Discord's within a few minutes. This one is not carried out."));
        }
        halves.newer.insert(mark);
        Ok(true)
    }
}

impl Halves {
    /// Forgets what cannot come again. A clock that was set back forgets nothing, and counts from there.
    fn turn(&mut self, now: i64) {
        if now + LIFE < self.since {
            // Nothing is old by this clock yet.
        } else if now >= self.since + 2 * LIFE {
            self.older.clear();
            self.newer.clear();
        } else if now >= self.since + LIFE {
            self.older = std::mem::take(&mut self.newer);
        } else {
            return;
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn call(number: u32) -> Genuine {
        let mut call = [0; 64];
        call[..4].copy_from_slice(&number.to_le_bytes());
        call
    }

    #[test]
    fn a_call_is_known_for_as_long_as_it_could_come_again() {
        for begin in [0, 1, LIFE / 2, LIFE - 1] {
            let carried = Carried::default();
            assert!(carried.is_first(&call(0), NOW).unwrap());
            assert!(carried.is_first(&call(1), NOW + begin).unwrap());
            for later in [0, 1, LIFE / 2, LIFE] {
                assert!(!carried.is_first(&call(1), NOW + begin + later).unwrap(), "{begin} {later}");
            }
        }
    }

    #[test]
    fn calls_are_forgotten_in_the_end() {
        let carried = Carried::default();
        for number in 0..1000 {
            carried.is_first(&call(number), NOW + i64::from(number)).unwrap();
        }
        let halves = carried.0.lock().unwrap();
        assert!(halves.newer.len() + halves.older.len() <= 2 * usize::try_from(LIFE).unwrap());
        drop(halves);
        assert!(carried.is_first(&call(0), NOW + 1000).unwrap(), "its timestamp is too old by now");
    }

    #[test]
    fn without_room_nothing_is_carried_out() {
        let carried = Carried::default();
        for number in 0..CALLS_MAX {
            assert!(carried.is_first(&call(u32::try_from(number).unwrap()), NOW).unwrap());
        }
        assert_eq!(carried.is_first(&call(u32::MAX), NOW).unwrap_err().kind, ErrorKind::Throttled);
        assert!(!carried.is_first(&call(0), NOW).unwrap(), "and none twice");
        assert!(carried.is_first(&call(u32::MAX), NOW + LIFE).unwrap());
    }
}
