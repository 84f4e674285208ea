//! Which long texts of an answer for assistants are cut? None, unless that makes their part of it a tenth shorter.
//!
//! Microsoft's and people's words share the room that an answer has for them: short ones leave theirs to long ones, and only what is long even so is cut.
//! An answer with a cut text says how to read the rest ([`Caveat`]).

use super::caveat::Caveat;
use crate::text::{cut_for_tokens, token_quarters};

/// Of how many parts of the level a text may be longer by one and still stay whole.
const SPARED: usize = 4;

/// Cuts the longest of `texts`, of which all together have `room` (in quarters of a token), if they need more; whether any was cut.
///
/// What is less than a quarter longer than the level stays whole, and all do where the cuts together would save less than a tenth.
pub(super) fn fit<'t>(room: usize, texts: impl IntoIterator<Item = &'t mut String>) -> bool {
    let mut texts: Vec<(usize, &mut String)> = texts.into_iter().map(|text| (token_quarters(text), text)).collect();
    let level = level(room, texts.iter().map(|(cost, _)| *cost).collect());
    let is_long = |cost: usize| cost > level + level / SPARED;
    let whole: usize = texts.iter().map(|(cost, _)| cost).sum();
    let saved: usize = texts.iter().filter(|(cost, _)| is_long(*cost)).map(|(cost, _)| cost - level).sum();
    let cuts = saved > 0 && saved * 10 >= whole;
    for (cost, text) in &mut texts {
        // Also what stays whole: one character may hide any number of marks.
        **text = cut_for_tokens(text, if cuts && is_long(*cost) { level } else { *cost });
    }
    cuts
}

/// How long each may be so that all have `room`, where those that are shorter leave theirs to the others.
fn level(room: usize, mut costs: Vec<usize>) -> usize {
    costs.sort_unstable();
    let (mut room, mut others) = (room, costs.len());
    for cost in costs {
        if cost * others > room {
            return room / others;
        }
        (room, others) = (room - cost, others - 1);
    }
    usize::MAX / 2
}

/// That texts were cut, and `how` the rest is read.
pub(super) fn cut_note(how: &str) -> Caveat {
    Caveat::in_text(format!("texts that end in … are cut: {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(room: usize, texts: &[&str]) -> (Vec<String>, bool) {
        let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let cut = fit(room, &mut texts);
        (texts, cut)
    }

    #[test]
    fn short_texts_leave_their_room_to_long_ones() {
        let long = "word ".repeat(20).trim().to_owned();
        assert_eq!(token_quarters(&long), 80);
        assert_eq!(fitted(100, &["short", &long]), (vec!["short".to_owned(), long.clone()], false));
        assert!(fitted(50, &["short", &long]).1);
    }

    #[test]
    fn nothing_is_cut_to_save_little() {
        let text = "word ".repeat(10).trim().to_owned();
        let (texts, cut) = fitted(70, &[&text, &text]);
        assert!(!cut && texts == [text.clone(), text.clone()], "a level of 35 of 40 is near enough");
        let (long, short) = ("word ".repeat(30), vec![&*text; 24]);
        let all: Vec<&str> = short.iter().copied().chain([long.trim()]).collect();
        assert!(!fitted(24 * 40 + 90, &all).1, "30 of 1080");
    }

    #[test]
    fn whatever_is_sent_the_room_is_held() {
        for count in [1, 5, 25] {
            for text in ["word ", "\u{1242b}", "%{}", "e\u{301}\u{302}"] {
                let texts = vec![text.repeat(300); count];
                let refs: Vec<&str> = texts.iter().map(String::as_str).collect();
                let (fitted, cut) = fitted(120 * count, &refs);
                let cost: usize = fitted.iter().map(|text| token_quarters(text)).sum();
                assert!(cut && cost <= 120 * count + 12 * count, "{cost} of {}", 120 * count);
            }
        }
    }
}
