//! What of an answer may stand in a report? Words that look like an identifier of a schema, classes of sizes and times, and counts.

use std::time::Duration;

use super::vocabulary::is_of_a_schema;

/// The longest identifier that is shown.
const IDENTIFIER_MAX: usize = 40;

/// `word` if it is a name of a schema: 40 letters at most, each of its parts a word of Microsoft's schemas. No GUID, address, number, company or person
/// is one.
pub(super) fn identifier(word: &str) -> Option<&str> {
    (word.len() <= IDENTIFIER_MAX && is_of_a_schema(word)).then_some(word)
}

/// Roughly how many, where the number itself says how a tenant stands.
pub(super) const fn so_many(number: usize) -> &'static str {
    match number {
        0 => "none",
        1 => "one",
        2..=9 => "2 to 9",
        _ => "10 and more",
    }
}

/// Roughly how many bytes.
pub(super) fn size(bytes: usize) -> &'static str {
    match bytes {
        0..1_024 => "below 1 KiB",
        1_024..16_384 => "1 to 16 KiB",
        16_384..131_072 => "16 to 128 KiB",
        131_072..1_048_576 => "128 KiB to 1 MiB",
        1_048_576..8_388_608 => "1 to 8 MiB",
        _ => "8 MiB and more",
    }
}

/// Roughly how long.
pub(super) fn time(took: Duration) -> &'static str {
    match took.as_millis() {
        0..1_000 => "below 1 s",
        1_000..3_000 => "1 to 3 s",
        3_000..10_000 => "3 to 10 s",
        10_000..30_000 => "10 to 30 s",
        _ => "30 s and more",
    }
}

/// Roughly how far two numbers are apart, in parts of the larger.
pub(super) fn apart(one: f64, other: f64) -> f64 {
    let larger = one.abs().max(other.abs());
    if larger > 0.0 { (one - other).abs() / larger } else { 0.0 }
}

/// A class of what [`apart`] gives.
pub(super) fn deviation(part: f64) -> &'static str {
    match part {
        part if part < 1e-9 => "none",
        part if part < 0.001 => "below 0.1 %",
        part if part < 0.01 => "0.1 to 1 %",
        part if part < 0.1 => "1 to 10 %",
        _ => "10 % and more",
    }
}

/// Roughly how many hours lie between two moments, `seconds` apart.
pub(super) fn hours(seconds: i64) -> &'static str {
    match seconds / 3_600 {
        _ if seconds < 0 => "in the future",
        0..24 => "below 24 h",
        24..48 => "24 to 48 h",
        48..72 => "48 to 72 h",
        72..168 => "3 to 7 days",
        168..360 => "7 to 15 days",
        _ => "more than 15 days",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_schema_has_40_letters_at_most() {
        assert_eq!(identifier("riskAccepted"), Some("riskAccepted"));
        let long = ["risk"; 11].join("_");
        assert_eq!(identifier(&long), None, "{long}");
    }

    #[test]
    fn classes_have_no_gaps() {
        assert_eq!([0, 1, 2, 9, 10].map(so_many), ["none", "one", "2 to 9", "2 to 9", "10 and more"]);
        assert_eq!([0, 1_023, 1_024, 9_000_000].map(size), ["below 1 KiB", "below 1 KiB", "1 to 16 KiB", "8 MiB and more"]);
        assert_eq!(
            [0, 999, 1_000, 99_000].map(|ms| time(Duration::from_millis(ms))),
            ["below 1 s", "below 1 s", "1 to 3 s", "30 s and more"]
        );
        assert_eq!([0.0, 0.0009, 0.02, 5.0].map(deviation), ["none", "below 0.1 %", "1 to 10 %", "10 % and more"]);
        assert_eq!([-1, 0, 86_400, 9_999_999].map(hours), ["in the future", "below 24 h", "24 to 48 h", "more than 15 days"]);
        assert!((apart(103.0, 100.0) - 3.0 / 103.0).abs() < 1e-12 && apart(0.0, 0.0) == 0.0);
    }
}
