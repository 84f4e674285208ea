//! How long is waited before the next try? Twice as long each time, up to an end; a part of it is left to chance, so that many who failed
//! together do not come back together.

use std::{ops::RangeInclusive, time::Duration};

/// Pauses that double.
#[derive(Debug, Clone, PartialEq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    shares: RangeInclusive<f64>,
}

impl Backoff {
    /// Pauses from `first` up to `longest`. Of each, chance picks how much is waited: a share between `shares`.
    pub const fn new(first: Duration, longest: Duration, shares: RangeInclusive<f64>) -> Self {
        Self { first, longest, shares }
    }

    /// The pause after `failed` tries, without chance.
    pub fn planned(&self, failed: u32) -> Duration {
        self.first.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1))).min(self.longest)
    }

    /// What is waited of `pause` as `chance` (0 to 1) has it.
    pub fn scattered(&self, pause: Duration, chance: f64) -> Duration {
        let (least, most) = (self.shares.start(), self.shares.end());
        pause.mul_f64(least + (most - least) * chance.clamp(0.0, 1.0))
    }

    /// The pause after `failed` tries.
    pub fn pause(&self, failed: u32) -> Duration {
        self.scattered(self.planned(failed), chance())
    }
}

/// Between 0 and 1.
pub fn chance() -> f64 {
    // Without randomness the middle is as good a guess as any.
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_end_and_are_left_to_chance_within_bounds() {
        let second = Duration::from_secs(1);
        let backoff = Backoff::new(second, second * 300, 0.5..=1.0);
        assert_eq!([0, 1, 2, 4, 9, 10, u32::MAX].map(|failed| backoff.planned(failed).as_secs()), [1, 1, 2, 8, 256, 300, 300]);
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 2.0].map(|chance| backoff.scattered(second * 4, chance).as_secs()), [2, 2, 3, 4, 4]);
        assert!((second..=second * 2).contains(&backoff.pause(2)) && (0.0..=1.0).contains(&chance()));
    }
}
