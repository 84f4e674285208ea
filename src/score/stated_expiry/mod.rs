//! Until when does somebody's comment limit a decision? A day, nothing, or words that look like a day and mean none for sure.
//!
//! Graph has no field for it, so people write it into their words, each as they are used to. A day that two people read differently
//! (`01/02/2027`) is never guessed: it is handed back as it was written, so that somebody can ask. So is what limits a decision and names
//! no day (`until week 5`). A day that no word announces is none: it may be the day of the decision.

mod day;
mod hint;

use jiff::civil::Date;

use self::{day::FoundDate, hint::hint};
use crate::text::cut;

/// How many words may stand between a word that announces an end and the end: `expires, as agreed, on 2026-03-31`.
const BETWEEN_MAX: usize = 3;
/// The longest text that is handed back as not understood, in characters.
const UNCLEAR_MAX: usize = 40;
/// Words that announce an end which follows closely.
const FAR: [&str; 20] = [
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
    "ablaufdatum",
    "befristung",
    "enddate",
    "expirydate",
];
/// Words that do so only directly before it: `Accepted by Ada on 2026-03-31` is no end.
const NEAR: [&str; 13] = ["by", "before", "through", "thru", "due", "exp", "spätestens", "jusqu", "hasta", "fino", "até", "tot", "expdate"];
/// What may stand between those and the end.
const FILLERS: [&str; 23] = [
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
    "ab",
    "à",
    "la",
    "den",
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
/// Before `after`: `Not valid after 2026-03-31`. Before `expires` and `before` they say that nothing ends then.
const NOT: [&str; 4] = ["not", "no", "never", "nicht"];
/// What ends, where it is not said that it does not: `Passwords never expire`.
const EXPIRE: [&str; 5] = ["expire", "expires", "expiring", "ends", "endet"];
/// What an end is no longer looked for behind: another day is told there.
const ELSE: [&str; 20] = [
    "accepted",
    "approved",
    "decided",
    "decision",
    "signed",
    "created",
    "since",
    "from",
    "see",
    "by",
    "further",
    "stand",
    "weiteres",
    "seit",
    "vom",
    "genehmigt",
    "akzeptiert",
    "beschluss",
    "reviewed",
    "dated",
];
/// Who meets on a day: `approved by the 31.03.2026 board` is no end.
const MEETS: [&str; 9] = ["board", "meeting", "committee", "council", "review", "minutes", "decision", "sitzung", "gremium"];
/// What says that no end holds any more.
const FOR_GOOD: [&str; 8] = ["permanent", "permanently", "indefinite", "indefinitely", "forever", "unbefristet", "dauerhaft", "unlimited"];

/// What the words of a decision say of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatedExpiry {
    /// It holds until this day, which is its last.
    Day(Date),
    /// They look like an end that nobody can be sure of; as they were written.
    Unclear(String),
}

/// How a word announces an end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CueReach {
    /// Some words may stand between.
    Far,
    /// It follows directly, or is none.
    Near,
    /// So does a whole date, or it is none.
    Date,
}

/// The end that `comment` sets; `None` where it sets none. Words that announce nothing but an end (`until`) count before those that may say
/// when something else is due (`report by`). Of several ends the last counts, unless it is earlier than another: then nobody can be sure.
pub fn stated_expiry(comment: &str) -> Option<StatedExpiry> {
    let words = words(comment);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ends: Vec<Announced> = (0..lower.len()).filter_map(|at| announced(&lower, at)).collect();
    let sure = ends.iter().any(|end| end.reach != CueReach::Near);
    let mut ends = ends.into_iter().filter(|end| !sure || end.reach != CueReach::Near);
    let last = ends.next_back()?;
    let later = |end: Announced| end.found.day > last.found.day;
    let doubted = ends.any(later) || lower[last.from..].iter().any(|word| FOR_GOOD.contains(word));
    let written = || cut(&words[last.from..last.from + last.found.words].join(" "), UNCLEAR_MAX);
    Some(last.found.day.filter(|_| !doubted).map_or_else(|| StatedExpiry::Unclear(written()), StatedExpiry::Day))
}

/// An end, and what announces it.
struct Announced {
    reach: CueReach,
    found: FoundDate,
    /// The place of its first word.
    from: usize,
}

/// The end that the word at this place announces.
fn announced(words: &[&str], at: usize) -> Option<Announced> {
    let reach = reach(words, at)?;
    let mut close = true;
    for from in at + 1..words.len().min(at + 2 + BETWEEN_MAX) {
        let rest = &words[from..];
        // A month or a year alone may be anybody's name (`by April`) or a product's (`until Server 2022`).
        let found = day::date(rest).map(|found| doubted(rest, found));
        let found = found.or_else(|| hint(rest, reach == CueReach::Far).filter(|_| close && reach != CueReach::Date));
        let whole = |found: &FoundDate| {
            reach != CueReach::Date || found.day.is_some() || rest[..found.words].iter().any(|word| day::has_year(word))
        };
        if let Some(found) = found.filter(whole) {
            let meets = rest.get(found.words).is_some_and(|word| reach == CueReach::Near && MEETS.contains(word));
            return (!meets).then_some(Announced { reach, found, from });
        }
        close &= FILLERS.contains(&words[from]);
        if !close && (reach != CueReach::Far || ELSE.contains(&words[from])) {
            return None;
        }
    }
    None
}

/// How the word at this place announces an end; `None` where it does not.
fn reach(words: &[&str], at: usize) -> Option<CueReach> {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at]);
    let not = || (1..4).any(|back| NOT.contains(&before(back)));
    match words[at] {
        word if EXPIRE.contains(&word) && NOT.contains(&before(1)) => None,
        "before" if NOT.contains(&before(1)) => None,
        word if FAR.contains(&word) => Some(CueReach::Far),
        "date" if before(1) == "end" => Some(CueReach::Far),
        // `Läuft am 31.03.2027 ab`.
        "läuft" if words[at..].iter().take(1 + 2 * BETWEEN_MAX).any(|word| *word == "ab") => Some(CueReach::Far),
        // `Ende 31.12.2026`; `at the end of March` is none.
        "end" | "ende" if words.get(at + 1).is_some_and(|next| day::is_whole(next)) => Some(CueReach::Date),
        word if NEAR.contains(&word) => Some(CueReach::Near),
        "than" if before(1) == "later" && not() => Some(CueReach::Near),
        "after" if NOT.contains(&before(1)) || (before(1) == "valid" && not()) => Some(CueReach::Near),
        // `Valid to 31 Dec 2026`, and `Valid from 1 Jan 2026 to 31 Dec 2026`.
        "to" if HOLDS.contains(&before(1)) => Some(CueReach::Date),
        "to" if before(1).ends_with(|last: char| last.is_ascii_digit()) && words[..at].iter().any(|word| HOLDS.contains(word)) => {
            Some(CueReach::Date)
        }
        _ => None,
    }
}

/// The same, in doubt where another day stands beside it: `31/12/2026 or 01/02/2027`.
fn doubted(words: &[&str], found: FoundDate) -> FoundDate {
    let rest = &words[found.words..];
    let or = usize::from(rest.first().is_some_and(|word| ["or", "oder", "ou"].contains(word)));
    match day::date(&rest[or..]) {
        Some(other) if or == 1 || (other.day.is_none() && day::has_year(rest[0])) => {
            FoundDate { day: None, words: found.words + or + other.words }
        }
        _ => found,
    }
}

/// The words of a comment, without what stands around them; a mark that announces (`until:`, `exp=`) parts two words, as do the parts of a
/// name (`valid_until`, `ExpiresOn`, `end-of-year`).
fn words(comment: &str) -> Vec<String> {
    let mut text = String::with_capacity(comment.len());
    let mut letters = comment.chars().map(plain).peekable();
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match letter {
            ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '!'
            | '?' | '_' => text.push(' '),
            ':' | '=' if !last.is_ascii_digit() => {
                // `StatedExpiry: 2026-12-31` announces, `at the end of March` does not.
                let word = text.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
                text.push_str(if ["end", "ende"].contains(&word.to_lowercase().as_str()) { " ends " } else { " " });
            }
            '-' if last.is_alphabetic() && next.is_alphabetic() => text.push(' '),
            _ => {
                if last.is_lowercase() && letter.is_uppercase() || glued(&text, letter) {
                    text.push(' ');
                }
                text.push(letter);
            }
        }
        last = letter;
    }
    let spaced: Vec<&str> = text.split_whitespace().collect();
    let mut words = Vec::with_capacity(spaced.len());
    let mut rest = spaced.as_slice();
    while !rest.is_empty() {
        let length = (2..=rest.len().min(5)).find(|length| day::is_spaced(&rest[..*length])).unwrap_or(1);
        let word = rest[..length].concat();
        // `01.01.2026 - 31.03.2027`
        let after_a_date = words.last().is_some_and(|last: &String| last.ends_with(|letter: char| letter.is_ascii_digit()));
        words.push(if word == "-" && after_a_date { "to".to_owned() } else { word });
        rest = &rest[length..];
    }
    let trimmed = words.iter().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    trimmed.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// Letters and digits as wide as Chinese ones, and all dashes, as they are usually written.
fn plain(letter: char) -> char {
    match letter {
        '\u{FF01}'..='\u{FF5E}' => u32::from(letter).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(letter),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

/// Whether `letter` begins a date without a blank before it: `until31.12.2026`.
fn glued(text: &str, letter: char) -> bool {
    let word = || text.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    letter.is_ascii_digit() && ["until", "till", "til", "bis"].contains(&word().as_str())
}

#[cfg(test)]
mod tests;
