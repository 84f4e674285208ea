//! Until when does somebody's comment limit a decision? A day, nothing, or words that look like a day and mean none for sure.
//!
//! Graph has no field for it, so people write it into their words, each as they are used to. A day that two people read differently
//! (`01/02/2027`) is never guessed: it is handed back as it was written, so that somebody can ask.

use jiff::{ToSpan as _, civil::Date};

use crate::text::cut;

/// How many words may stand between a word that announces an end and the end: `expires, as agreed, on 2026-03-31`.
const BETWEEN_MAX: usize = 3;
/// The longest text that is handed back as not understood, in characters.
const UNCLEAR_MAX: usize = 40;
/// Words that announce an end which follows closely.
const FAR: [&str; 13] =
    ["until", "untill", "till", "til", "expires", "expire", "expiry", "expiration", "expiring", "ends", "ending", "deadline", "bis"];
/// Words that do so only directly before it: `Accepted by Ada on 2026-03-31` is no end.
const NEAR: [&str; 5] = ["by", "before", "through", "thru", "due"];
/// What may stand between those and the end.
const FILLERS: [&str; 9] = ["the", "on", "at", "latest", "end", "of", "day", "eod", "zum"];
/// Before a month, a quarter or a year: its last day is meant.
const LAST: [&str; 5] = ["end", "ende", "eoy", "eom", "eoq"];
/// Before one of them: nobody knows which day is meant.
const VAGUE: [&str; 9] = ["mid", "middle", "mitte", "early", "start", "beginning", "anfang", "late", "about"];
/// What may stand between those words and what they are about.
const OF: [&str; 9] = ["of", "the", "des", "von", "month", "quarter", "year", "jahr", "jahres"];
/// What looks like a day of a month, and is none.
const ALWAYS: &str = "24/7";
/// The months in English and German, whole and as people cut them.
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar"],
    &["feb", "february", "februar"],
    &["mar", "march", "mrz", "märz", "maerz"],
    &["apr", "april"],
    &["may", "mai"],
    &["jun", "june", "juni"],
    &["jul", "july", "juli"],
    &["aug", "august"],
    &["sep", "sept", "september"],
    &["oct", "october", "okt", "oktober"],
    &["nov", "november"],
    &["dec", "december", "dez", "dezember"],
];

/// What the words of a decision say of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It holds until this day, which is its last.
    Day(Date),
    /// They look like an end that nobody can be sure of; as they were written.
    Unclear(String),
}

/// The end that `comment` sets, of several the last; `None` where it sets none.
pub fn end(comment: &str) -> Option<End> {
    let words = words(comment);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    (0..lower.len()).rev().find_map(|at| {
        let (read, from, length) = announced(&lower, at)?;
        let written = || cut(&words[from..from + length].join(" "), UNCLEAR_MAX);
        Some(read.map_or_else(|| End::Unclear(written()), End::Day))
    })
}

/// The end that the word at this place announces, the place where it begins, and how many words it takes.
fn announced(words: &[&str], at: usize) -> Option<(Option<Date>, usize, usize)> {
    let far = FAR.contains(&words[at]);
    if !far && !NEAR.contains(&words[at]) {
        return None;
    }
    let mut close = true;
    for from in at + 1..words.len().min(at + 2 + BETWEEN_MAX) {
        let rest = &words[from..];
        // A month or a year alone may be anybody's name (`by April`) or a product's (`until Server 2022`).
        if let Some((read, length)) = date(rest).or_else(|| undated(rest).filter(|_| far && close)) {
            return Some((read, from, length));
        }
        close &= FILLERS.contains(&words[from]);
        if !far && !close {
            return None;
        }
    }
    None
}

/// The words of a comment, without what stands around them; a mark that announces (`until:`, `exp=`) parts two words.
fn words(comment: &str) -> Vec<String> {
    let mut text = String::with_capacity(comment.len());
    for letter in comment.chars() {
        match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => text.push('-'),
            ',' | ';' | '(' | ')' | '[' | ']' | '<' | '>' | '"' | '\'' | '“' | '”' | '„' | '«' | '»' | '!' | '?' => text.push(' '),
            ':' | '=' if !text.ends_with(|last: char| last.is_ascii_digit()) => text.push(' '),
            '-' if text.to_lowercase().ends_with("mid") => text.push(' '),
            _ => text.push(letter),
        }
    }
    let trimmed = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    trimmed.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// The date with which `words` begin and how many of them it takes; no date inside where they look like one that is not for sure.
/// `None` where they look like none.
fn date(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = *words.first()?;
    let (vague, last) = (VAGUE.contains(&first), LAST.contains(&first));
    if vague || last {
        let skipped = 1 + words[1..].iter().take_while(|word| OF.contains(word)).count();
        let rest = &words[skipped..];
        let of_year = || Some((of_month(31, 12, year(rest.first()?)?), 1));
        let (day, length) = period(rest).or_else(of_year)?;
        return Some((day.filter(|_| last), skipped + length));
    }
    numeric(first).map(|read| (read, 1)).or_else(|| named(words)).or_else(|| period(words))
}

/// A date of numbers alone; `Some(None)` where it looks like one and is not for sure.
#[expect(clippy::option_option, reason = "no date, one that is not for sure, and a date are three things")]
fn numeric(word: &str) -> Option<Option<Date>> {
    // What follows a date is its time: `2026-12-31T00:00Z`, `31.12.2026T12`.
    let written = word.split_once('t').filter(|(_, time)| time.starts_with(|c: char| c.is_ascii_digit())).map_or(word, |(day, _)| day);
    if written.len() == 8 && written.bytes().all(|byte| byte.is_ascii_digit()) && written.starts_with("20") {
        return Some(calendar(&written[..4], &written[4..6], &written[6..]));
    }
    let mark = written.chars().find(|letter| matches!(letter, '-' | '.' | '/'))?;
    let parts: Vec<&str> = written.split(mark).collect();
    if !parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let long = |part: &str| year(part).is_some();
    match parts[..] {
        [year, month, day] if long(year) && day.len() < 3 && month.len() < 3 => Some(calendar(year, month, day)),
        [day, month, year] if long(year) && day.len() < 3 && month.len() < 3 => Some(either(mark, day, month, year)),
        [a, b, c] if [a, b, c].iter().all(|part| part.len() < 3) => Some(short(mark, [a, b, c])),
        [month, year] | [year, month] if long(year) && month.len() < 3 => Some(last_of_month(number(year)?, number(month)?)),
        // A day and a month, `31/12`: which year is not said. `1.5` is any number.
        [a, b] if mark == '/' && written != ALWAYS && either(mark, a, b, "2000").is_some() => Some(None),
        _ => None,
    }
}

/// Day and month where the year comes last: dots are written with the day first, other marks either way.
fn either(mark: char, first: &str, second: &str, year: &str) -> Option<Date> {
    let (day_first, month_first) = (calendar(year, second, first), calendar(year, first, second));
    match (day_first, month_first) {
        (Some(day_first), _) if mark == '.' => Some(day_first),
        (Some(a), Some(b)) => (a == b).then_some(a),
        (a, b) => a.or(b),
    }
}

/// The same with a year of two digits, which may come first, too.
fn short(mark: char, [a, b, c]: [&str; 3]) -> Option<Date> {
    let full = |year: &str| format!("20{year:0>2}");
    if mark == '.' {
        return calendar(&full(c), b, a);
    }
    let readings = [calendar(&full(c), b, a), calendar(&full(c), a, b), calendar(&full(a), b, c)];
    let mut known = readings.into_iter().flatten();
    let first = known.next()?;
    known.all(|other| other == first).then_some(first)
}

/// `31 Dec 2026`, `31st of December 2026`, `Dec 31 2026`, `31-Dec-2026`.
fn named(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = *words.first()?;
    if let [day, month, year] = parts(first)[..] {
        let year = self::year(year).or_else(|| two_digits(year))?;
        return Some((of_month(day_of(day)?, month_of(month)?, year), 1));
    }
    let (day, month, length) = if let Some(day) = day_of(first) {
        let skipped = usize::from(words.get(1) == Some(&"of"));
        (day, month_of(words.get(1 + skipped)?)?, 2 + skipped)
    } else {
        (day_of(words.get(1)?)?, month_of(first)?, 2)
    };
    // Without a year some end is meant, and which one is not said.
    let year = words.get(length).and_then(|word| year(word));
    Some((year.and_then(|year| of_month(day, month, year)), length + usize::from(year.is_some())))
}

/// The last day of a month or a quarter, and how many words name it: `March 2027`, `Q2 2027`, `2027-Q2`.
fn period(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = *words.first()?;
    let (name, year, length) = match parts(first)[..] {
        [name] => (name, year(words.get(1)?)?, 2),
        [a, b] => year(a).map(|year| (b, year, 1)).or_else(|| Some((a, year(b)?, 1)))?,
        _ => return None,
    };
    let quarter = || name.strip_prefix('q').and_then(number::<i8>).filter(|quarter| (1..=4).contains(quarter)).map(|quarter| 3 * quarter);
    let written = || number(name).filter(|_| length == 1);
    let month = month_of(name).or_else(quarter).or_else(written)?;
    Some((last_of_month(year, month), length))
}

/// How many words look like an end of which a part is missing: `December`, `2027`.
fn undated(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = words.first()?;
    (year(first).is_some() || month_of(first).is_some()).then_some((None, 1))
}

fn parts(word: &str) -> Vec<&str> {
    word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect()
}

fn day_of(word: &str) -> Option<i8> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    number(digits).filter(|day| (1..=31).contains(day) && digits.len() < 3)
}

/// A month by its name.
fn month_of(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

/// A year that an end may lie in.
fn year(word: &str) -> Option<i16> {
    number(word).filter(|year| (2000..=2099).contains(year) && word.len() == 4)
}

fn two_digits(word: &str) -> Option<i16> {
    number::<i16>(word).filter(|_| word.len() == 2).map(|year| 2000 + year)
}

fn number<N: std::str::FromStr>(word: &str) -> Option<N> {
    Some(word).filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn calendar(year: &str, month: &str, day: &str) -> Option<Date> {
    of_month(number(day)?, number(month)?, number(year)?)
}

fn of_month(day: i8, month: i8, year: i16) -> Option<Date> {
    Date::new(year, month, day).ok()
}

fn last_of_month(year: i16, month: i8) -> Option<Date> {
    Date::new(year, month, 1).ok()?.checked_add(1.month()).ok()?.yesterday().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_end_is_understood_as_people_write_it() {
        let day = date(2026, 12, 31);
        for written in [
            "Legacy scanners need it until 2026-12-31.",
            "until 31.12.2026",
            "Accepted till 31.12.26",
            "til 2026-12-31",
            "bis 31.12.2026",
            "bis zum 31. Dezember 2026",
            "bis Ende Dezember 2026",
            "bis Ende 2026",
            "by 31 Dec 2026",
            "Fix by 31st December 2026",
            "by the 31st of December 2026",
            "by Dec 31, 2026",
            "before December 31 2026",
            "by end of day 2026-12-31",
            "until end of December 2026",
            "Until the end of December 2026, then again",
            "until the end of the year 2026",
            "by EOY 2026",
            "until December 2026",
            "until Dec. 2026",
            "until Q4 2026",
            "until 2026-Q4",
            "until 12/2026",
            "until 2026-12",
            "until 31/12/2026",
            "until 12/31/2026",
            "until 31-12-2026",
            "until 2026/12/31",
            "until 2026.12.31",
            "until 20261231",
            "until 31-Dec-2026",
            "until 31/Dec/26",
            "expires 2026-12-31T00:00Z",
            "expires 2026-12-31T23:59:59+01:00",
            "Expires: 2026-12-31",
            "expiry=2026-12-31",
            "Accepted by the board, expires on (2026-12-31)",
            "expires, as agreed, on 2026-12-31",
            "valid until \u{201C}2026\u{2011}12\u{2011}31\u{201D}",
            "through 2026-12-31",
            "deadline: 31 December 2026",
            "until 2025-03-31, extended until 2026-12-31",
            "until 01/02/2026, extended until 2026-12-31",
            "until 2026-12-31, decided by Ada on 2026-01-02",
        ] {
            assert_eq!(end(written), Some(End::Day(day)), "{written}");
        }
        assert_eq!(end("until end of March 2027"), Some(End::Day(date(2027, 3, 31))));
        assert_eq!(end("bis Ende März 2027"), Some(End::Day(date(2027, 3, 31))));
        assert_eq!(end("until February 2028"), Some(End::Day(date(2028, 2, 29))));
        assert_eq!(end("until 5/5/2027"), Some(End::Day(date(2027, 5, 5))), "the same either way");
        assert_eq!(end("bis 1.2.2027"), Some(End::Day(date(2027, 2, 1))), "dots are written with the day first");
        assert_eq!(end("until 12.31.2026"), Some(End::Day(day)), "unless there is no such month");
    }

    #[test]
    fn what_two_people_read_differently_is_handed_back() {
        for (written, unclear) in [
            ("until 01/02/2027", "01/02/2027"),
            ("Accepted by 3/4/2027.", "3/4/2027"),
            ("until 01-02-2027", "01-02-2027"),
            ("until 31/12/26", "31/12/26"),
            ("until 2026-13-45", "2026-13-45"),
            ("until 30.02.2027", "30.02.2027"),
            ("until 31/12", "31/12"),
            ("until 31 December", "31 December"),
            ("by Dec 31", "Dec 31"),
            ("until December", "December"),
            ("until 2027", "2027"),
            ("until mid March 2027", "mid March 2027"),
            ("until Mid-March 2027", "Mid March 2027"),
            ("until the beginning of 2027", "beginning of 2027"),
            ("until 2026-03-31, extended until 01/02/2027", "01/02/2027"),
        ] {
            assert_eq!(end(written), Some(End::Unclear(unclear.to_owned())), "{written}");
        }
    }

    #[test]
    fn what_is_no_end_is_none() {
        for written in [
            "Accepted by CISO on 2026-01-02",
            "Accepted by Jan",
            "Approved by April, see 2026-01-02",
            "Decided in the meeting of 2026-03-31",
            "until next spring",
            "until further notice",
            "until Server 2022 is replaced",
            "until all 2000 mailboxes are moved",
            "until we have 24/7 monitoring",
            "until 3 of 4 administrators left",
            "due to 2 legacy printers",
            "by 2FA",
            "until é026-03-31x",
            "31.12.2026",
            "",
        ] {
            assert_eq!(end(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn no_words_break_it(comment in ".{0,80}", rest in "(until|by|bis)( [0-9/.-]{1,10}| [a-zä]{2,8}){0,4}") {
            let _ = (end(&comment), end(&rest));
        }
    }
}
