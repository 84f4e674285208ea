//! How does a score become one or two bytes? As hundredths, by how far they are from what was expected.
//!
//! Graph sends points and percentages with at most two decimals, and points follow from percentage
//! and maximum. Whatever does not fit that is kept as it is, so every number comes back bit by bit.

use super::database_error::damaged;
use crate::error::Result;

/// The points that Graph computes from a percentage and a maximum, in hundredths; 0 when either is
/// unknown. Part of the form of a day: another rule needs another version.
pub(super) fn expected(percent: Option<f64>, maximum: Option<f64>) -> i64 {
    percent.zip(maximum).and_then(|(percent, maximum)| hundredths(percent * maximum / 100.0)).unwrap_or(0)
}

/// `value` in whole hundredths, unless it is negative, huge or no number.
fn hundredths(value: f64) -> Option<i64> {
    let hundredths = (value * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number in the range checked here")]
    (0.0..=f64::from(u32::MAX)).contains(&hundredths).then_some(hundredths as i64)
}

fn from_hundredths(whole: i64) -> f64 {
    whole as f64 / 100.0
}

/// 0 for unknown; 1 for a number that goes to `floats`; else two more than the distance of its
/// hundredths from `expected` (0, -1, 1, -2, … counted 0, 1, 2, 3, …), where that gives back the very
/// same bits.
pub(super) fn encode(value: Option<f64>, expected: i64, floats: &mut Vec<f64>) -> u64 {
    let Some(value) = value else { return 0 };
    if let Some(whole) = hundredths(value).filter(|whole| from_hundredths(*whole).to_bits() == value.to_bits()) {
        let distance = whole - expected;
        return 2 + (distance.unsigned_abs() * 2 - u64::from(distance < 0));
    }
    floats.push(value);
    1
}

pub(super) fn decode(code: u64, expected: i64, floats: &mut impl Iterator<Item = f64>) -> Result<Option<f64>> {
    match code {
        0 => Ok(None),
        1 => floats.next().map(Some).ok_or_else(|| damaged("a day has too few numbers for its scores")),
        _ => {
            let counted = code - 2;
            let distance = i64::try_from(counted.div_ceil(2)).map_err(|_| damaged("a stored number is out of range"))?;
            let whole = if counted.is_multiple_of(2) { expected.saturating_add(distance) } else { expected.saturating_sub(distance) };
            Ok(Some(from_hundredths(whole)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_costs_least_and_all_comes_back() {
        let expected = expected(Some(33.33), Some(10.0));
        assert_eq!(encode(Some(3.33), expected, &mut Vec::new()), 2);
        for value in [0.0, -0.0, 3.32, 3.34, 1e-9, -5.5, 1e300, f64::INFINITY, 42_949_672.95] {
            let mut floats = Vec::new();
            let code = encode(Some(value), expected, &mut floats);
            let back = decode(code, expected, &mut floats.into_iter()).unwrap().unwrap();
            assert_eq!(back.to_bits(), value.to_bits(), "{value}");
        }
        assert_eq!(decode(encode(None, expected, &mut Vec::new()), expected, &mut std::iter::empty()).unwrap(), None);
        assert!(decode(1, 0, &mut std::iter::empty()).is_err());
    }
}
