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
/// How many are told apart at once. Those beyond are told of together.
const KNOWN_MAX: usize = 1024;

/// What was told about whom.
pub struct LogThrottle<K>(Mutex<ThrottleState<K>>);

struct ThrottleState<K> {
    apart: HashMap<K, LastLine>,
    /// Whoever there was no room for.
    others: Option<LastLine>,
}

struct LastLine {
    at: Instant,
    since: u64,
}

/// A line that is due, with how often it happened since the last one, this time included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueLine {
    /// About one who does it.
    One(u64),
    /// About all together beyond those who are told apart.
    Others(u64),
}

impl LastLine {
    /// Counts one more at `now`. How many there were since the last line when one is due.
    fn again(&mut self, now: Instant) -> Option<u64> {
        self.since += 1;
        if now.duration_since(self.at) < PERIOD {
            return None;
        }
        self.at = now;
        Some(std::mem::take(&mut self.since))
    }
}

impl<K> Default for LogThrottle<K> {
    fn default() -> Self {
        Self(Mutex::new(ThrottleState { apart: HashMap::new(), others: None }))
    }
}

impl<K: Hash + Eq> LogThrottle<K> {
    /// Counts one more about `who` at `now`. The line that is due, if one is.
    pub fn tell(&self, who: K, now: Instant) -> Option<DueLine> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = known.apart.get_mut(&who) {
            return told.again(now).map(DueLine::One);
        }
        if known.apart.len() >= KNOWN_MAX {
            known.apart.retain(|_, told| now.duration_since(told.at) < PERIOD);
        }
        if known.apart.len() < KNOWN_MAX {
            known.apart.insert(who, LastLine { at: now, since: 0 });
            return Some(DueLine::One(1));
        }
        if let Some(others) = &mut known.others {
            return others.again(now).map(DueLine::Others);
        }
        known.others = Some(LastLine { at: now, since: 0 });
        Some(DueLine::Others(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_for_each_who_does_it() {
        let (seldom, now) = (LogThrottle::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(seldom.tell("a", now), Some(DueLine::One(1)));
        assert_eq!([1, 30, 59].map(|second| seldom.tell("a", at(second))), [None; 3]);
        assert_eq!(seldom.tell("b", at(59)), Some(DueLine::One(1)));
        assert_eq!(seldom.tell("a", at(60)), Some(DueLine::One(4)));
        assert_eq!(seldom.tell("a", at(61)), None);
    }

    #[test]
    fn so_many_are_distinguished_and_room_comes_back() {
        let (seldom, now) = (LogThrottle::default(), Instant::now());
        assert!((0..KNOWN_MAX).all(|who| seldom.tell(who, now) == Some(DueLine::One(1))));
        assert_eq!([1, 2, 3].map(|more| seldom.tell(KNOWN_MAX + more, now)), [Some(DueLine::Others(1)), None, None]);
        let later = now + PERIOD;
        assert!((0..KNOWN_MAX).all(|who| seldom.tell(who, later) == Some(DueLine::One(1))));
        assert_eq!(seldom.tell(KNOWN_MAX, later), Some(DueLine::Others(3)), "nobody is hidden by those who came first");
        assert_eq!(seldom.tell(KNOWN_MAX, later + PERIOD), Some(DueLine::One(1)));
        assert_eq!(seldom.0.lock().unwrap().apart.len(), 1);
    }
}
