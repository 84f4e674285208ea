//! Do these words limit a decision, though no day can be read from them?

use super::day::{FoundDate, LAST, OF, VAGUE, WEEKDAYS, day_of, month_of, number, parts, year};

/// What ends, in English and German.
const PERIODS: [&str; 10] = ["year", "month", "quarter", "week", "half", "jahr", "jahres", "monats", "quartals", "fiscal"];
/// Its end in one word.
const ENDS: [&str; 7] = ["eoy", "eom", "eoq", "yearend", "jahresende", "monatsende", "quartalsende"];
/// What is counted before an end comes: `in 90 days`.
const COUNTED: [&str; 16] = [
    "day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years", "tage", "tagen", "wochen", "monate",
    "monaten", "jahre",
];
/// What comes next.
const COMING: [&str; 14] =
    ["year", "month", "quarter", "week", "spring", "summer", "autumn", "fall", "winter", "jahr", "monat", "quartal", "woche", "weekend"];
/// Numbers as words.
const NUMBERS: [&str; 14] = ["a", "an", "one", "two", "three", "four", "five", "six", "nine", "twelve", "ein", "einem", "einen", "zwei"];
/// Times of a year, in one word.
const SEASONS: [&str; 14] = [
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "frühling",
    "frühjahr",
    "sommer",
    "herbst",
    "christmas",
    "xmas",
    "weihnachten",
    "easter",
    "ostern",
];
/// Which one of the periods.
const WHICH: [&str; 6] = ["this", "next", "dieses", "nächsten", "current", "fiscal"];
/// Before the number of a week or of another part of a year.
const NUMBERED: [&str; 8] = ["week", "wk", "kw", "cw", "woche", "quarter", "half", "fy"];

/// The words at the beginning of `words` that look like an end. Unless nothing but an end can follow (`alone`), only what is unlikely to be
/// something else: `by Friday` may be a person.
pub(super) fn hint(words: &[&str], alone: bool) -> Option<FoundDate> {
    let first = *words.first()?;
    let second = words.get(1).copied().unwrap_or_default();
    let found = |words: usize| Some(FoundDate { day: None, words });
    if LAST.contains(&first) || VAGUE.contains(&first) {
        let of = words[1..].iter().take_while(|word| [&OF[..], &PERIODS, &WHICH].iter().any(|all| all.contains(word))).count();
        if words[1..=of].iter().any(|word| PERIODS.contains(word)) {
            let number = words.get(1 + of).is_some_and(|word| number::<u16>(word).is_some());
            return found(1 + of + usize::from(number));
        }
    }
    if PERIODS.contains(&first) && second == "end" {
        return found(2);
    }
    if ENDS.contains(&first.trim_end_matches(|letter: char| letter.is_ascii_digit())) {
        return found(1);
    }
    if (SEASONS.contains(&first) || PERIODS.contains(&first)) && year(second).is_some() {
        return found(2);
    }
    let (numbered, with_year) = of_a_year(words);
    if numbered > 0 && (alone || with_year) {
        return found(numbered);
    }
    alone.then(|| only_an_end(words)).flatten().and_then(found)
}

/// How many words name a numbered part of a year, and whether its year is among them: `H1 2027`, `2027-W05`, `week 5 of 2027`.
fn of_a_year(words: &[&str]) -> (usize, bool) {
    let written = parts(words[0]);
    let coded = |word: &str| {
        let digits = word.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let letters = &word[..word.len() - digits.len()];
        let counted = number::<u16>(digits).is_some() && (["h", "q", "w"].contains(&letters) || NUMBERED.contains(&letters));
        // `1H27`, `2H`
        let half = word.split_once(['h', 'q']).filter(|(before, _)| before.len() == 1 && number::<u16>(before).is_some());
        counted || half.is_some_and(|(_, after)| after.is_empty() || number::<u16>(after).is_some())
    };
    // The number of a week may carry its year: `KW 12/2027`.
    let of_year = |word: &str| parts(word).len() == 2 && parts(word).into_iter().any(|part| year(part).is_some());
    if NUMBERED.contains(&words[0]) && words.get(1).is_some_and(|word| of_year(word)) {
        return (2, true);
    }
    let length = if written.iter().any(|part| coded(part)) {
        1
    } else if NUMBERED.contains(&words[0]) && words.get(1).is_some_and(|word| number::<u16>(word).is_some()) {
        2
    } else {
        return (0, false);
    };
    let of = usize::from(words.get(length) == Some(&"of"));
    if words.get(length + of).is_some_and(|word| year(word).is_some()) {
        return (length + of + 1, true);
    }
    (length, written.iter().any(|part| year(part).is_some()))
}

/// How many words these are, where they follow a word that announces nothing but an end.
fn only_an_end(words: &[&str]) -> Option<usize> {
    let first = words[0];
    let second = words.get(1).copied().unwrap_or_default();
    if year(first).is_some() || month_of(first).is_some() || WEEKDAYS.contains(&first) || SEASONS.contains(&first) {
        return Some(1);
    }
    // A day that is written in some other way: `31/XII/2026`, `2026W05`, `31 grudnia 2026`.
    let digits = first.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    if first.starts_with(|letter: char| letter.is_ascii_digit()) && first.len() > 4 && digits.into_iter().any(|part| year(part).is_some()) {
        return Some(1);
    }
    if day_of(first).is_some() && words.get(2).is_some_and(|word| year(word).is_some()) {
        return Some(3);
    }
    if first.len() == 8 && first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(1);
    }
    // `31.12.` and `the 31st`: of which year and month is not said.
    let [day, month] = [first.split_once('.').map(|(day, _)| day), first.split_once('.').map(|(_, month)| month)];
    let in_a_month = |month: &str| number::<u8>(month).is_some_and(|month| (1..=12).contains(&month));
    if day.and_then(day_of).is_some() && month.is_some_and(in_a_month) {
        return Some(1);
    }
    if day_of(first).is_some() && number::<u8>(first).is_none() {
        return Some(1);
    }
    if ["next", "nächstes", "nächsten", "nächste"].contains(&first) && (COMING.contains(&second) || WEEKDAYS.contains(&second)) {
        return Some(2);
    }
    // `1/2`: a day and a month, either way, unless it is a share of something.
    let pair = first.split_once('/').and_then(|(a, b)| Some((number::<u8>(a)?, number::<u8>(b)?)));
    if pair.is_some_and(|(a, b)| (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12) && second != "of" && first != "24/7" {
        return Some(1);
    }
    // `31dec26`
    let letters = first.trim_matches(|letter: char| letter.is_ascii_digit());
    if first.starts_with(|letter: char| letter.is_ascii_digit()) && month_of(letters).is_some() {
        return Some(1);
    }
    let after = usize::from(["in", "within"].contains(&first));
    let number = *words.get(after)?;
    // `30d`
    if ["d", "w", "m", "y"].iter().any(|unit| number.strip_suffix(unit).and_then(self::number::<u16>).is_some()) {
        return Some(after + 1);
    }
    let counted = words.get(after + 1)?;
    ((self::number::<u16>(number).is_some() || NUMBERS.contains(&number)) && COUNTED.contains(counted)).then_some(after + 2)
}
