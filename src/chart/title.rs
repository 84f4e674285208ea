//! What of a title can be drawn? What the font has, in the room there is.

use unicode_segmentation::UnicodeSegmentation;

use super::paint;
use crate::text::{cut, one_line};

/// How large a title is.
pub(super) const SIZE: f64 = 30.0;
/// How wide it may be, and how wide beside the note on missing days.
const WIDTHS: (f64, f64) = (920.0, 640.0);
/// More characters than these are never looked at.
const CHARACTERS_MAX: usize = 100;
/// Stands for what the font does not have.
const MARK: &str = "…";

/// `title` clean, on one line, and not wider than its room.
pub(super) fn fitting(title: &str, beside_note: bool) -> String {
    let room = if beside_note { WIDTHS.1 } else { WIDTHS.0 };
    let mut title = drawable(&cut(&one_line(title), CHARACTERS_MAX));
    let mut characters = title.graphemes(true).count();
    while characters > 1 && paint::width(&title, SIZE) > room {
        // By a tenth each time: a few measurements, and hardly more lost than must be.
        characters -= characters.div_ceil(10);
        title = cut(&title, characters);
    }
    title
}

/// `text` with one mark for every run of characters that the font does not have.
fn drawable(text: &str) -> String {
    let mut drawn = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        if grapheme.chars().all(in_font) {
            drawn.push_str(grapheme);
        } else if !drawn.ends_with(MARK) {
            drawn.push_str(MARK);
        }
    }
    drawn
}

/// Whether the font has `c`: Latin, Greek and Cyrillic as they are written today, and their punctuation.
fn in_font(c: char) -> bool {
    matches!(c,
        ' '..='~' | '\u{A0}'..='\u{24F}' | '\u{386}' | '\u{388}'..='\u{38A}' | '\u{38C}' | '\u{38E}'..='\u{3A1}' | '\u{3A3}'..='\u{3CE}'
        | '\u{400}'..='\u{45F}' | '\u{48A}'..='\u{4F9}' | '\u{2013}'..='\u{2015}' | '\u{2018}'..='\u{201A}' | '\u{201C}'..='\u{201E}'
        | '\u{2020}'..='\u{2022}' | '\u{2026}' | '\u{20AC}' | '\u{2122}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_lacks_is_marked_once() {
        assert_eq!(drawable("Größe, Ελλάδα, Київ – 100 €"), "Größe, Ελλάδα, Київ – 100 €");
        assert_eq!(drawable("a 🛡️🛡️ b"), "a … b");
        assert_eq!(drawable("株式会社"), "…");
    }

    #[test]
    fn a_title_is_as_wide_as_its_room_at_most() {
        assert_eq!(fitting(" Secure Score of\ncontoso ", true), "Secure Score of contoso");
        for (letter, least) in [("W", 20), ("i", 80)] {
            for (beside_note, room) in [(false, WIDTHS.0), (true, WIDTHS.1)] {
                let title = fitting(&letter.repeat(3000), beside_note);
                let (width, count) = (paint::width(&title, SIZE), title.chars().count());
                assert!(width <= room && count >= least && title.ends_with('…'), "{count} {letter}: {width} of {room}");
            }
        }
    }

    #[test]
    fn the_font_has_what_it_is_said_to_have() {
        let all: String = ('!'..='\u{FFFF}').filter(|c| in_font(*c) && !c.is_whitespace()).collect();
        assert_eq!(paint::missing(&all), Vec::<String>::new());
        assert_eq!(paint::missing("a株"), ["株"], "the measure itself");
    }
}
