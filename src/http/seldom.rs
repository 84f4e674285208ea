//! How often is the same thing told? Once a minute for each who does it, with how often it happened meanwhile: nobody fills a log.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The time between two lines.
const PERIOD: Duration = Duration::from_mins(1);
/// How many are told apart at once. Those beyond are only counted, by whoever counts.
const KNOWN_MAX: usize = 1024;

/// What was told about whom.
pub struct Seldom<K>(Mutex<HashMap<K, Told>>);

struct Told {
    at: Instant,
    since: u64,
}

impl<K> Default for Seldom<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> Seldom<K> {
    /// Counts one more about `who` at `now`. How many there were since the last line, this one included, when a line is due.
    pub fn tell(&self, who: K, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = told.get_mut(&who) {
            known.since += 1;
            if now.duration_since(known.at) < PERIOD {
                return None;
            }
            known.at = now;
            return Some(std::mem::take(&mut known.since));
        }
        if told.len() >= KNOWN_MAX {
            told.retain(|_, known| now.duration_since(known.at) < PERIOD);
            if told.len() >= KNOWN_MAX {
                return None;
            }
        }
        told.insert(who, Told { at: now, since: 0 });
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_for_each_who_does_it() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(seldom.tell("a", now), Some(1));
        assert_eq!([1, 30, 59].map(|second| seldom.tell("a", at(second))), [None; 3]);
        assert_eq!(seldom.tell("b", at(59)), Some(1));
        assert_eq!(seldom.tell("a", at(60)), Some(4));
        assert_eq!(seldom.tell("a", at(61)), None);
    }

    #[test]
    fn so_many_are_told_apart_and_room_comes_back() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        assert!((0..KNOWN_MAX).all(|who| seldom.tell(who, now) == Some(1)));
        assert_eq!(seldom.tell(KNOWN_MAX, now), None);
        assert_eq!(seldom.tell(KNOWN_MAX, now + PERIOD), Some(1));
        assert_eq!(seldom.0.lock().unwrap().len(), 1);
    }
}
