//! Which day do these words name: one, none, or one that nobody can be sure of?

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// Before a month, a quarter or a year: its last day is meant.
pub(super) const LAST: [&str; 7] = ["end", "ende", "eoy", "eom", "eoq", "fin", "fine"];
/// Before one of them: nobody knows which day is meant.
pub(super) const VAGUE: [&str; 13] =
    ["around", "circa", "ca", "roughly", "mid", "middle", "mitte", "early", "start", "beginning", "anfang", "late", "about"];
/// What may stand between those words and what they are about.
pub(super) const OF: [&str; 11] = ["of", "the", "des", "von", "de", "di", "month", "quarter", "year", "jahr", "jahres"];
/// Between a day, its month and its year: `31st of December`, `31 de diciembre de 2026`.
const BETWEEN: [&str; 4] = ["of", "de", "di", "del"];
/// Days of a week, in English and German, whole and as people cut them.
pub(super) const WEEKDAYS: [&str; 23] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
];
/// What looks like a day of a month, and is none.
const ALWAYS: &str = "24/7";
/// The months in English, German, French, Spanish, Italian and Dutch, whole and as people cut them.
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "janvier", "enero", "gennaio", "januari"],
    &["feb", "february", "februar", "février", "fevrier", "febrero", "febbraio", "februari"],
    &["mar", "march", "mrz", "märz", "maerz", "mars", "marzo", "maart"],
    &["apr", "april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio", "mei"],
    &["jun", "june", "juni", "juin", "junio", "giugno"],
    &["jul", "july", "juli", "juillet", "julio", "luglio"],
    &["aug", "august", "août", "aout", "agosto", "augustus"],
    &["sep", "sept", "september", "septembre", "septiembre", "settembre"],
    &["oct", "october", "okt", "oktober", "octobre", "octubre", "ottobre"],
    &["nov", "november", "novembre", "noviembre"],
    &["dec", "december", "dez", "dezember", "décembre", "decembre", "diciembre", "dicembre"],
];

/// What looks like an end.
#[derive(Clone, Copy)]
pub(super) struct FoundDate {
    /// The day; `None` where nobody can be sure which.
    pub day: Option<Date>,
    /// How many words it takes.
    pub words: usize,
}

/// The date with which `words` begin; no day inside where they look like one that is not for sure. `None` where they look like none.
pub(super) fn date(words: &[&str]) -> Option<FoundDate> {
    let first = *words.first()?;
    // `Thursday, 31 December 2026`; a weekday alone is no date.
    if WEEKDAYS.contains(&first) {
        return date(&words[1..]).map(|found| FoundDate { words: 1 + found.words, ..found });
    }
    let (vague, last) = (VAGUE.contains(&first), LAST.contains(&first));
    if vague || last {
        let skipped = 1 + words[1..].iter().take_while(|word| OF.contains(word)).count();
        let rest = &words[skipped..];
        let of_year = || Some((of_month(31, 12, year(rest.first()?)?), 1));
        // `End of February`: of which year is not said.
        let of_a_month = || month_of(rest.first()?).map(|_| (None, 1));
        let (day, length) = period(rest).or_else(of_year).or_else(of_a_month)?;
        return Some(FoundDate { day: day.filter(|_| last), words: skipped + length });
    }
    let (day, words) = moment(words).or_else(|| numeric(first).map(|read| (read, 1))).or_else(|| named(words)).or_else(|| period(words))?;
    Some(FoundDate { day, words })
}

/// A time that says its zone, on its day in UTC, by which all ends are judged.
fn moment(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = words.first().filter(|word| word.starts_with("20") && word.is_ascii())?;
    let read = |written: String| {
        let day = written.to_uppercase().parse::<Timestamp>().ok()?.to_zoned(TimeZone::UTC).date();
        year(&day.year().to_string()).map(|_| day)
    };
    if let Some(day) = read((*first).to_owned()) {
        return Some((Some(day), 1));
    }
    read(format!("{first}T{}", words.get(1)?)).map(|day| (Some(day), 2))
}

/// Whether these words are one date of numbers with spaces in it: `31. 12. 2026`, `31 / 12 / 2026`.
pub(super) fn is_spaced(words: &[&str]) -> bool {
    const MARKS: [char; 3] = ['.', '/', '-'];
    let joined = words.windows(2).all(|pair| pair[0].ends_with(MARKS) || pair[1].starts_with(MARKS));
    let whole = words.concat();
    let parts: Vec<&str> = whole.trim_end_matches(MARKS).split(MARKS).collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let [first, second, third] = parts[..] else { return false };
    let ends = words.last().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_digit()));
    joined
        && ends
        && digits
        && second.len() < 3
        && [(1..=2, 4..=4), (4..=4, 1..=2)].iter().any(|(a, b)| a.contains(&first.len()) && b.contains(&third.len()))
}

/// Whether a word is a whole date of numbers.
pub(super) fn is_whole(word: &str) -> bool {
    has_year(word) && numeric(word).is_some_and(|day| day.is_some())
}

/// Whether a year stands in a word.
pub(super) fn has_year(word: &str) -> bool {
    parts(word).into_iter().any(|part| year(part).is_some())
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
        // A year that no end lies in, `31.12.1999`: somebody has mistyped it.
        [a, b, c] if [a, c].iter().any(|part| part.len() == 4) && [a, b, c].iter().filter(|part| part.len() < 3).count() == 2 => Some(None),
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

/// `31 Dec 2026`, `31st of December 2026`, `Dec 31 2026`, `31.Dezember 2026`, `31-Dec-2026`, `2026-Dec-31`.
fn named(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = *words.first()?;
    let between = |at: usize| usize::from(words.get(at).is_some_and(|word| BETWEEN.contains(word)));
    let (day, month, length) = match parts(first)[..] {
        [a, month, b] => {
            let (day, year) = year(a).map_or_else(|| (a, year(b).or_else(|| two_digits(b))), |year| (b, Some(year)));
            return Some((of_month(day_of(day)?, month_of(month)?, year?), 1));
        }
        [a, b] => match (month_of(a), month_of(b)) {
            (None, Some(month)) => (day_of(a)?, month, 1),
            // `Dec.31 2026`; alone, `Mar-27` is a day or a year.
            (Some(month), None) => (day_of(b)?, month, 1),
            _ => return None,
        },
        _ => {
            if let (Some(year), [_, month, day, ..]) = (year(first), words) {
                return Some((of_month(day_of(day)?, month_of(month)?, year), 3));
            }
            if let Some(day) = day_of(first) {
                let skipped = between(1);
                (day, month_of(words.get(1 + skipped)?)?, 2 + skipped)
            } else {
                (day_of(words.get(1)?)?, month_of(first)?, 2)
            }
        }
    };
    // Without a year some end is meant, and which one is not said; nor is it with a year that no end lies in.
    let length_of = between(length);
    let written = words.get(length + length_of).filter(|word| word.len() == 4 && number::<i16>(word).is_some());
    let year = written.and_then(|word| year(word));
    Some((year.and_then(|year| of_month(day, month, year)), length + written.map_or(0, |_| length_of + 1)))
}

/// The last day of a month or a quarter, and how many words name it: `March 2027`, `Q2 2027`, `2027-Q2`.
fn period(words: &[&str]) -> Option<(Option<Date>, usize)> {
    let first = *words.first()?;
    let (name, year, length) = match parts(first)[..] {
        [name] => {
            let of = usize::from(words.get(1).is_some_and(|word| BETWEEN.contains(word) && *word != "of"));
            (name, year(words.get(1 + of)?)?, 2 + of)
        }
        [a, b] => year(a).map(|year| (b, year, 1)).or_else(|| Some((a, year(b)?, 1)))?,
        _ => return None,
    };
    let quarter = || name.strip_prefix('q').and_then(number::<i8>).filter(|quarter| (1..=4).contains(quarter)).map(|quarter| 3 * quarter);
    let written = || number(name).filter(|_| length == 1);
    let month = month_of(name).or_else(quarter).or_else(written)?;
    Some((last_of_month(year, month), length))
}

pub(super) fn parts(word: &str) -> Vec<&str> {
    word.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect()
}

/// A day of a month, `31` or `31st`.
pub(super) fn day_of(word: &str) -> Option<i8> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    number(digits).filter(|day| (1..=31).contains(day) && digits.len() < 3)
}

/// A month by its name.
pub(super) fn month_of(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

/// A year that an end may lie in.
pub(super) fn year(word: &str) -> Option<i16> {
    number(word).filter(|year| (2000..=2099).contains(year) && word.len() == 4)
}

fn two_digits(word: &str) -> Option<i16> {
    number::<i16>(word).filter(|_| word.len() == 2).map(|year| 2000 + year)
}

pub(super) fn number<N: std::str::FromStr>(word: &str) -> Option<N> {
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
