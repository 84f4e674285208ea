//! What does a value mean that Graph, or a program that saved it, may write in several ways?
//!
//! Counts arrive as `"4"`, switches as `"true"`, dates as `\/Date(1700000000000)\/` or wrapped in objects,
//! and anything may be null. Whatever stands there is taken; the reader says what it wants of it.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Above this a number is no score, count or maximum of anything real, but damage.
const ABSURD: f64 = 1e9;
/// Dates before the year 2000 are placeholders: .NET writes the year 1 for "never".
const MOMENT_MIN: Timestamp = Timestamp::constant(946_684_800, 0);

/// A value as it stood in the JSON, borrowed where nothing was escaped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::graph) enum SentValue<'a> {
    /// Absent, null, or of a shape that no scalar has.
    #[default]
    Nothing,
    /// A string.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
}

impl SentValue<'_> {
    /// The value as text, trimmed; `None` when nothing is left.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::Nothing => return None,
            Self::Text(text) => Cow::Borrowed(text.trim()),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(flag) => Cow::Owned(flag.to_string()),
        };
        (!text.is_empty()).then_some(text)
    }

    /// The value as a number, also one that was sent as a string; `None` when it is not a number, not
    /// finite, or absurd.
    pub fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Nothing | Self::Flag(_) => return None,
        };
        (number.is_finite() && number.abs() <= ABSURD).then_some(number)
    }

    /// The value, if it is a text that reads as a number with a decimal comma: `12,5`, `1.234,5`.
    pub fn comma(&self) -> Option<&str> {
        let Self::Text(text) = self else { return None };
        let text = text.trim();
        let (whole, fraction) = text.rsplit_once(',')?;
        let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let digits = |part: &str, also: &[char]| {
            part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c.is_ascii_digit() || also.contains(&c))
        };
        (digits(whole, &['.', '\'', ' ', '\u{a0}', '\u{202f}']) && digits(fraction, &[])).then_some(text)
    }

    /// The value as a number that means something only from 0 up: -1 is Graph's word for "no data".
    pub fn amount(&self) -> Option<f64> {
        self.number().filter(|number| *number >= 0.0)
    }

    /// The value as a whole amount.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "amount() bounds it to 0..=1e9")]
    pub fn count(&self) -> Option<u32> {
        self.amount().map(|amount| amount.round() as u32)
    }

    /// The value as a switch.
    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            Self::Nothing | Self::Number(_) | Self::Text(_) => None,
        }
    }

    /// The value as a moment: ISO 8601 with or without fraction and offset (without means UTC), a bare
    /// date, or .NET's `/Date(milliseconds)/`.
    pub fn moment(&self) -> Option<Timestamp> {
        let Self::Text(text) = self else { return None };
        let text = text.trim();
        let moment = if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
            // An offset may follow the milliseconds; it says where the writer sat, not when it was.
            let digits = inner.get(1..).and_then(|rest| rest.find(['+', '-'])).map_or(inner, |at| &inner[..=at]);
            Timestamp::from_millisecond(digits.parse().ok()?).ok()?
        } else if let Ok(moment) = text.parse::<Timestamp>() {
            moment
        } else {
            text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()
        };
        (moment >= MOMENT_MIN).then_some(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(json: &str) -> SentValue<'_> {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn numbers_may_be_strings_and_nonsense_is_not_known() {
        assert_eq!(sent("\"128.0\"").number(), Some(128.0));
        assert_eq!(sent("\" 4 \"").count(), Some(4));
        assert_eq!(sent("-1").amount(), None);
        for nonsense in ["\"NaN\"", "\"inf\"", "1e300", "-2e9", "\"1,5\"", "null", "[]", "{}", "true", "\"\""] {
            assert_eq!(sent(nonsense).number(), None, "{nonsense}");
        }
    }

    #[test]
    fn a_decimal_comma_is_known_as_one() {
        for number in ["\"12,5\"", "\" 0,00 \"", "\"-3,33\"", "\"1.234,5\"", "\"1\u{a0}234,56\""] {
            assert!(sent(number).comma().is_some(), "{number}");
        }
        for other in ["12.5", "\"12.5\"", "\"12\"", "\"a,5\"", "\"1,a\"", "\",5\"", "\"5,\"", "null", "\"yes, 5\"", "\"1,2,3\""] {
            assert_eq!(sent(other).comma(), None, "{other}");
        }
    }

    #[test]
    fn switches_may_be_strings() {
        assert_eq!(sent("\"false\"").flag(), Some(false));
        assert_eq!(sent("\"True\"").flag(), Some(true));
        assert_eq!(sent("true").flag(), Some(true));
        assert_eq!(sent("\"maybe\"").flag(), None);
    }

    #[test]
    fn dates_are_read_as_every_program_writes_them() {
        let noon: Timestamp = "2023-11-14T22:13:20Z".parse().expect("a moment");
        for date in [
            r#""2023-11-14T22:13:20Z""#,
            r#""2023-11-14T22:13:20.0000000Z""#,
            r#""2023-11-14T22:13:20""#,
            r#""2023-11-15T00:13:20+02:00""#,
            r#""\/Date(1700000000000)\/""#,
            r#""\/Date(1700000000000+0200)\/""#,
            r#"{"value":"\/Date(1700000000000)\/","DisplayHint":2,"DateTime":"Dienstag, 14. November 2023"}"#,
            r#"{"DateTime":"2023-11-14T22:13:20Z"}"#,
        ] {
            assert_eq!(sent(date).moment(), Some(noon), "{date}");
        }
        for nonsense in [r#""0001-01-01T00:00:00Z""#, r#""\/Date(-62135596800000)\/""#, r#""\/Date()\/""#, r#""\/Date(é)\/""#, "\"soon\""]
        {
            assert_eq!(sent(nonsense).moment(), None, "{nonsense}");
        }
    }
}
