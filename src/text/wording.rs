//! How is a small thing said? Counts with their noun, bytes as hex, and what somebody probably meant.

use std::{borrow::Cow, fmt::Write as _};

use jiff::Timestamp;

use super::{cut, one_line};

/// How alike two names must be (Jaro-Winkler, 0 to 1) for one to be a hint for the other.
const ALIKE_MIN: f64 = 0.8;
/// What is longer than any name was not meant to be one, and would be dear to compare.
const NAME_BYTES_MAX: usize = 96;

/// A count with its noun: `1 control`, `5 controls`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A moment as people read it: `2026-11-20 07:02 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// An amount of bytes for people: `512 bytes`, `1.2 MiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} bytes");
    }
    let (mut amount, mut unit) = (number as f64 / 1024.0, 0);
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

/// The name of a thing as a heading: `secure_score` as `Secure score`.
pub fn sentence_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters.map(|c| if c == '_' { ' ' } else { c })).collect()
}

/// A title where it stands inside a sentence: short, between quotes that it cannot end.
pub fn in_quotes(title: &str, characters_max: usize) -> String {
    format!("“{}”", cut(&one_line(title), characters_max).replace(['“', '”'], "'"))
}

/// The first `max` of `names`, and how many more there are: `a, b and 3 more`.
pub fn first_of<N: AsRef<str>>(names: &[N], max: usize) -> String {
    let more = names.len().saturating_sub(max);
    let some = names.iter().take(max).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{some} and {more} more") } else { some }
}

/// What somebody typed, short and harmless enough to say back between backticks.
pub fn echo(typed: &str, characters_max: usize) -> String {
    cut(&one_line(typed), characters_max).replace('`', "'")
}

/// `text` as it stands between the tags of HTML and SVG, and in what some chats read; inside of an attribute it would need more.
pub fn escaped_markup(text: &str) -> Cow<'_, str> {
    if text.contains(['&', '<', '>']) {
        Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    } else {
        Cow::Borrowed(text)
    }
}

/// `number` without the noise of binary fractions: two decimals, and no negative nothing.
pub fn round2(number: f64) -> f64 {
    let rounded = (number * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// A number with its thousands set apart: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// `bytes` in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The one of `known` that `name` was probably meant to be, in any case.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = name.to_lowercase();
    let scored = known.into_iter().map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other));
    scored.filter(|(likeness, _)| *likeness >= ALIKE_MIN).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, other)| other)
}

/// A question to continue a sentence with, or nothing: what `name` was probably meant to be.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!(" Did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_opens_or_ends_a_tag() {
        assert_eq!(escaped_markup("<b>&amp;"), "&lt;b&gt;&amp;amp;");
    }

    #[test]
    fn bytes_have_their_unit() {
        let all = [0, 1023, 1024, 1_290_000, 5 << 30, u64::MAX].map(bytes);
        assert_eq!(all, ["0 bytes", "1023 bytes", "1.0 KiB", "1.2 MiB", "5.0 GiB", "16777216.0 TiB"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
