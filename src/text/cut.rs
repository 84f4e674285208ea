//! How long may a text be? Cut where a reader would, never inside a character.

use unicode_segmentation::UnicodeSegmentation;

/// Stands where something was cut.
const MARK: char = '…';
/// One character that a person sees may hide any number of combining marks; no honest one needs more bytes.
const GRAPHEME_BYTES_MAX: usize = 32;

/// `text` in at most `graphemes_max` characters as people count them, the last being `…` if it was cut.
pub fn cut(text: &str, graphemes_max: usize) -> String {
    cut_by(text, graphemes_max, |_| 1)
}

/// `text` in at most `units_max` UTF-16 code units, by which chat platforms count, the last being `…` if it was cut.
pub fn cut_units(text: &str, units_max: usize) -> String {
    cut_by(text, units_max, |grapheme| grapheme.encode_utf16().count())
}

/// `text` cut to about `quarters_max / 4` tokens, by an estimate that holds for prose and is not fooled by
/// text that is made to be expensive: letters of words are cheap, everything else pays for what byte-pair
/// encodings make of it. Exact counts would need the tokeniser's tables (44 MB); tests have them.
pub fn cut_for_tokens(text: &str, quarters_max: usize) -> String {
    cut_by(text, quarters_max, in_quarters())
}

/// What `text` costs by that estimate, in quarters of a token.
pub fn token_quarters(text: &str) -> usize {
    text.graphemes(true).map(in_quarters()).sum()
}

/// Weighs the characters of a text one after another, in quarters of a token.
fn in_quarters() -> impl FnMut(&str) -> usize {
    let mut consonants = 0;
    move |grapheme| {
        grapheme
            .chars()
            .map(|c| {
                consonants = if c.is_ascii_alphabetic() && !"aeiouyAEIOUY".contains(c) { consonants + 1 } else { 0 };
                quarters(c, consonants)
            })
            .sum()
    }
}

/// What a character costs, in quarters of a token. A run of consonants is no word.
const fn quarters(c: char, consonants: usize) -> usize {
    match c {
        ' ' => 0,
        'a'..='z' if consonants > 4 => 3,
        'a'..='z' => 1,
        'A'..='Z' | '0'..='9' => 2,
        // Punctuation, and alphabets that tokenisers know well.
        '\0'..='\x7f' | '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{5ff}' | '\u{620}'..='\u{64a}' => 3,
        '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' => 5,
        // Rare letters, marks, symbols and emoji go byte by byte.
        _ => 4 * c.len_utf8() - 2,
    }
}

fn cut_by(text: &str, weight_max: usize, mut weigh: impl FnMut(&str) -> usize) -> String {
    let mut weight = 0;
    let mut end = 0;
    let mut room_for_mark = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if weight < weight_max {
            room_for_mark = at;
        }
        weight += weigh(grapheme);
        if weight > weight_max || grapheme.len() > GRAPHEME_BYTES_MAX {
            if weight_max == 0 {
                return String::new();
            }
            let mut out = text[..room_for_mark.min(at)].trim_end().to_owned();
            out.push(MARK);
            return out;
        }
        end = at + grapheme.len();
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_graphemes() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer words", 7), "longer…");
        assert_eq!(
            ["a", "ab"].map(|text| (cut(text, 1), cut(text, 0))),
            [("a".to_owned(), String::new()), ("…".to_owned(), String::new())]
        );
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        let zalgo = format!("a{}", "\u{301}".repeat(400));
        assert!(cut(&zalgo, 5).len() < 10);
    }

    #[test]
    fn platforms_count_an_emoji_twice() {
        assert_eq!(cut_units("🎉🎉", 4), "🎉🎉");
        assert_eq!(cut_units("🎉🎉🎉", 4), "🎉…");
        assert_eq!(cut_units("🎉🎉🎉", 5), "🎉🎉…");
        // One character, one to four units or more: a letter, an emoji, a family of four, a letter with two marks.
        for grapheme in ["a", "🛡", "👨\u{200d}👩\u{200d}👧\u{200d}👦", "a\u{301}\u{327}"] {
            let each = grapheme.encode_utf16().count();
            for count in 1..40 {
                let (text, length) = (grapheme.repeat(count), count * each);
                assert_eq!((cut_units(&text, length), cut_units(&text, length + 1)), (text.clone(), text.clone()));
                let shorter = cut_units(&text, length - 1);
                let whole = (length - 2_usize.min(length)) / each;
                assert_eq!(shorter, if length == 1 { String::new() } else { format!("{}…", grapheme.repeat(whole)) }, "{grapheme} {count}");
                assert!(shorter.encode_utf16().count() < length && shorter.chars().count() < length);
            }
        }
    }

    #[test]
    fn expensive_text_is_cut_earlier() {
        assert_eq!(cut_for_tokens("plain words", 10), "plain words");
        let end = |text: &str| cut_for_tokens(&text.repeat(40), 40).chars().count();
        assert!(end("word ") > end("漢") && end("漢") > end("𒐫"), "{} {} {}", end("word "), end("漢"), end("𒐫"));
        assert!(end("xkq") < end("word "));
        assert!(end("#{") < 15);
    }
}
