//! Until when does somebody's comment limit a decision? A day, nothing, or words that look like a day and mean none for sure.
//!
//! Graph has no field for it, so people write it into their words, each as they are used to. A day that two people read differently
//! (`01/02/2027`) is never guessed: it is handed back as it was written, so that somebody can ask. So is what limits a decision and names
//! no day (`until week 5`). A day that no word announces is none: it may be the day of the decision.

mod day;
mod hint;

use jiff::civil::Date;

use self::{day::Found, hint::hint};
use crate::text::cut;

/// How many words may stand between a word that announces an end and the end: `expires, as agreed, on 2026-03-31`.
const BETWEEN_MAX: usize = 3;
/// The longest text that is handed back as not understood, in characters.
const UNCLEAR_MAX: usize = 40;
/// Words that announce an end which follows closely.
const FAR: [&str; 16] = [
    "until",
    "untill",
    "till",
    "til",
    "expires",
    "expire",
    "expiry",
    "expiration",
    "expiring",
    "ends",
    "endet",
    "ending",
    "deadline",
    "bis",
    "frist",
    "ablauf",
];
/// Words that do so only directly before it: `Accepted by Ada on 2026-03-31` is no end.
const NEAR: [&str; 13] = ["by", "before", "through", "thru", "due", "exp", "spätestens", "jusqu", "hasta", "fino", "até", "tot", "expdate"];
/// What may stand between those and the end.
const FILLERS: [&str; 19] = [
    "the",
    "on",
    "at",
    "latest",
    "end",
    "of",
    "day",
    "date",
    "eod",
    "zum",
    "am",
    "au",
    "el",
    "al",
    "le",
    "and",
    "including",
    "incl",
    "inclusive",
];
/// Before `to`: what then follows is an end. `Moved to 2026-03-31` is none.
const HOLDS: [&str; 13] = [
    "valid",
    "accepted",
    "approved",
    "granted",
    "exception",
    "extended",
    "limited",
    "exempt",
    "exempted",
    "tolerated",
    "waived",
    "allowed",
    "up",
];
/// Before `after`: `Not valid after 2026-03-31`.
const NOT: [&str; 4] = ["not", "no", "never", "nicht"];
/// What an end is no longer looked for behind: another day is told there.
const ELSE: [&str; 10] = ["accepted", "approved", "decided", "signed", "created", "since", "from", "see", "by", "further"];

/// What the words of a decision say of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It holds until this day, which is its last.
    Day(Date),
    /// They look like an end that nobody can be sure of; as they were written.
    Unclear(String),
}

/// How a word announces an end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Some words may stand between.
    Far,
    /// It follows directly, or is none.
    Near,
    /// So does a whole date, or it is none.
    Date,
}

/// The end that `comment` sets, of several the last; `None` where it sets none.
pub fn end(comment: &str) -> Option<End> {
    let words = words(comment);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    (0..lower.len()).rev().find_map(|at| {
        let (found, from) = announced(&lower, at)?;
        let written = || cut(&words[from..from + found.words].join(" "), UNCLEAR_MAX);
        Some(found.day.map_or_else(|| End::Unclear(written()), End::Day))
    })
}

/// The end that the word at this place announces, and the place where it begins.
fn announced(words: &[&str], at: usize) -> Option<(Found, usize)> {
    let reach = reach(words, at)?;
    let mut close = true;
    for from in at + 1..words.len().min(at + 2 + BETWEEN_MAX) {
        let rest = &words[from..];
        // A month or a year alone may be anybody's name (`by April`) or a product's (`until Server 2022`).
        let found = day::date(rest).map(|found| doubted(rest, found));
        let found = found.or_else(|| hint(rest, reach == Reach::Far).filter(|_| close && reach != Reach::Date));
        let whole =
            |found: &Found| reach != Reach::Date || found.day.is_some() || rest[..found.words].iter().any(|word| day::has_year(word));
        if let Some(found) = found.filter(whole) {
            return Some((found, from));
        }
        close &= FILLERS.contains(&words[from]);
        if !close && (reach != Reach::Far || ELSE.contains(&words[from])) {
            return None;
        }
    }
    None
}

/// How the word at this place announces an end; `None` where it does not.
fn reach(words: &[&str], at: usize) -> Option<Reach> {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at]);
    let not = || (1..4).any(|back| NOT.contains(&before(back)));
    match words[at] {
        word if FAR.contains(&word) => Some(Reach::Far),
        "date" if before(1) == "end" => Some(Reach::Far),
        word if NEAR.contains(&word) => Some(Reach::Near),
        "than" if before(1) == "later" && not() => Some(Reach::Near),
        "after" if NOT.contains(&before(1)) || (before(1) == "valid" && not()) => Some(Reach::Near),
        // `Valid to 31 Dec 2026`, and `Valid from 1 Jan 2026 to 31 Dec 2026`.
        "to" if HOLDS.contains(&before(1)) => Some(Reach::Date),
        "to" if before(1).ends_with(|last: char| last.is_ascii_digit()) && words[..at].iter().any(|word| HOLDS.contains(word)) => {
            Some(Reach::Date)
        }
        _ => None,
    }
}

/// The same, in doubt where another day stands beside it: `31/12/2026 or 01/02/2027`.
fn doubted(words: &[&str], found: Found) -> Found {
    let rest = &words[found.words..];
    let or = usize::from(rest.first().is_some_and(|word| ["or", "oder", "ou"].contains(word)));
    match day::date(&rest[or..]) {
        Some(other) if or == 1 || (other.day.is_none() && day::has_year(rest[0])) => {
            Found { day: None, words: found.words + or + other.words }
        }
        _ => found,
    }
}

/// The words of a comment, without what stands around them; a mark that announces (`until:`, `exp=`) parts two words.
fn words(comment: &str) -> Vec<String> {
    let mut text = String::with_capacity(comment.len());
    for letter in comment.chars() {
        // Letters and digits as wide as Chinese ones.
        let letter = match letter {
            '\u{FF01}'..='\u{FF5E}' => u32::from(letter).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(letter),
            other => other,
        };
        match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => text.push('-'),
            ',' | ';' | '(' | ')' | '[' | ']' | '<' | '>' | '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '!' | '?' => {
                text.push(' ');
            }
            ':' | '=' if !text.ends_with(|last: char| last.is_ascii_digit()) => {
                // `End: 2026-12-31` announces, `at the end of March` does not.
                let word = text.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
                text.push_str(if ["end", "ende"].contains(&word.to_lowercase().as_str()) { " ends " } else { " " });
            }
            '-' if text.to_lowercase().ends_with("mid") => text.push(' '),
            _ => text.push(letter),
        }
    }
    let spaced: Vec<&str> = text.split_whitespace().collect();
    let mut words = Vec::with_capacity(spaced.len());
    let mut rest = spaced.as_slice();
    while !rest.is_empty() {
        let length = (2..=rest.len().min(5)).find(|length| day::is_spaced(&rest[..*length])).unwrap_or(1);
        words.push(rest[..length].concat());
        rest = &rest[length..];
    }
    let trimmed = words.iter().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    trimmed.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests;
