//! Which part of a status stays the same from day to day? The words, not the numbers.
//!
//! "You have 12 of 340 users …" is another text every day. Without its numbers it is one template,
//! stored once, and two small numbers a day.

use crate::text::{Span, Spans};

/// Stands for a run of digits. Cleaned texts never hold it; a text that does is not split.
const MARK: char = '\0';
/// Longer runs stay in the template: their codes would not fit 64 bits.
const DIGITS_MAX: usize = 18;

/// `spans` with every run of digits taken out, and the runs' codes in order; `None` when `spans`
/// cannot be split because it holds the mark itself.
pub(super) fn split(spans: &Spans) -> Option<(Spans, Vec<u64>)> {
    let mut numbers = Vec::new();
    let template = map_texts(spans, |text| if text.contains(MARK) { None } else { Some(split_text(text, &mut numbers)) })?;
    Some((template, numbers))
}

/// Puts the next of `numbers` in the place of every mark; `None` when there are too few.
pub(super) fn join(template: &Spans, numbers: &mut impl Iterator<Item = u64>) -> Option<Spans> {
    map_texts(template, |text| join_text(text, numbers))
}

/// `spans` with all shown words changed; addresses stay as they are.
fn map_texts(spans: &Spans, mut change: impl FnMut(&str) -> Option<String>) -> Option<Spans> {
    let changed: Option<Vec<Span>> = spans
        .0
        .iter()
        .map(|span| {
            Some(match span {
                Span::Text(text) => Span::Text(change(text)?),
                Span::Strong(text) => Span::Strong(change(text)?),
                Span::Link { text, url } => Span::Link { text: change(text)?, url: url.clone() },
                Span::Break => Span::Break,
                Span::Item => Span::Item,
            })
        })
        .collect();
    changed.map(Spans)
}

fn split_text(text: &str, numbers: &mut Vec<u64>) -> String {
    let mut template = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from_digits) = rest.split_at(start);
        let end = from_digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(from_digits.len());
        let (digits, after) = from_digits.split_at(end);
        template.push_str(before);
        if let Some(number) = encode(digits) {
            numbers.push(number);
            template.push(MARK);
        } else {
            template.push_str(digits);
        }
        rest = after;
    }
    template.push_str(rest);
    template
}

fn join_text(template: &str, numbers: &mut impl Iterator<Item = u64>) -> Option<String> {
    let mut text = String::with_capacity(template.len() + 8);
    for (at, part) in template.split(MARK).enumerate() {
        if at > 0 {
            decode(numbers.next()?, &mut text)?;
        }
        text.push_str(part);
    }
    Some(text)
}

/// Counts all runs of digits, shorter ones first, so that leading zeros survive: `0`–`9` are 0–9,
/// `00`–`99` are 10–109, and so on.
fn encode(digits: &str) -> Option<u64> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let shorter: u64 = (1..digits.len()).map(tens).sum();
    Some(shorter + digits.parse::<u64>().ok()?)
}

fn decode(mut number: u64, text: &mut String) -> Option<()> {
    let mut length = 1;
    while number >= tens(length) {
        number -= tens(length);
        length += 1;
        if length > DIGITS_MAX {
            return None;
        }
    }
    let mut digits = [b'0'; DIGITS_MAX];
    for digit in digits[..length].iter_mut().rev() {
        *digit += u8::try_from(number % 10).ok()?;
        number /= 10;
    }
    text.push_str(std::str::from_utf8(&digits[..length]).ok()?);
    Some(())
}

/// How many runs of `length` digits there are; `length` is at most [`DIGITS_MAX`].
fn tens(length: usize) -> u64 {
    (0..length).fold(1, |product, _| product * 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Spans {
        Spans(vec![Span::Text(text.to_owned())])
    }

    #[test]
    fn the_same_words_are_one_template() {
        let (monday, counts) = split(&text("You have 12 of 340 users (3.05 %)")).unwrap();
        let (tuesday, _) = split(&text("You have 9 of 1200 users (12.71 %)")).unwrap();
        assert_eq!(monday, tuesday);
        assert_eq!(counts.len(), 4);
    }

    #[test]
    fn a_mark_in_the_text_is_never_taken_for_a_number() {
        assert_eq!(split(&text("a\0b 1")), None);
        assert_eq!(join(&text("\0"), &mut std::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(words in "[a-c \u{e9}0-9]{0,40}", link in "[0-9]{0,25}", url in "[a-z0-9]{0,9}") {
            let spans = Spans(vec![Span::Strong(words), Span::Item, Span::Link { text: link, url }]);
            let (template, numbers) = split(&spans).unwrap();
            let mut numbers = numbers.into_iter();
            prop_assert_eq!(join(&template, &mut numbers), Some(spans));
            prop_assert_eq!(numbers.next(), None);
        }
    }
}
