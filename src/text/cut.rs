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

/// `text` cut so that a tokeniser makes at most about `weight_max / 3` tokens of honest prose and
/// `weight_max` tokens of anything. A letter weighs 1, other ASCII 2, everything else its bytes:
/// no byte-pair encoding over bytes makes more tokens than there are bytes.
pub fn cut_for_tokens(text: &str, weight_max: usize) -> String {
    cut_by(text, weight_max, |grapheme| {
        grapheme
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b' ' => 1,
                _ if byte.is_ascii() => 2,
                _ => 1,
            })
            .sum()
    })
}

fn cut_by(text: &str, weight_max: usize, weigh: impl Fn(&str) -> usize) -> String {
    let mut weight = 0;
    let mut kept = 0;
    let mut room_for_mark = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if weight < weight_max {
            room_for_mark = at;
        }
        weight += weigh(grapheme);
        if weight > weight_max || grapheme.len() > GRAPHEME_BYTES_MAX {
            let mut out = text[..room_for_mark.min(at)].trim_end().to_owned();
            out.push(MARK);
            return out;
        }
        kept = at + grapheme.len();
    }
    text[..kept].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_graphemes() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer words", 7), "longer…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        let zalgo = format!("a{}", "\u{301}".repeat(400));
        assert!(cut(&zalgo, 5).len() < 10);
    }

    #[test]
    fn heavy_letters_are_cut_earlier() {
        assert_eq!(cut_for_tokens("abc def", 7), "abc def");
        assert!(cut_for_tokens(&"漢".repeat(100), 30).chars().count() <= 11);
        assert!(cut_for_tokens(&"!".repeat(100), 30).len() <= 18);
    }
}
