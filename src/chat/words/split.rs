//! Where does one word end and the next begin? At white space, but not between quotation marks; `owner:"Mira Sand"` is one word with a name.

use crate::{
    error::{Error, Result},
    text::echo,
};

/// What opens a quotation, and what ends it: keyboards of phones write the round ones.
const QUOTES: [(char, &[char]); 5] = [('"', &['"']), ('“', &['”', '“', '"']), ('„', &['“', '”', '"']), ('«', &['»']), ('`', &['`'])];
/// The same for those that are apostrophes as well: without an end they open nothing.
const APOSTROPHES: [(char, &[char]); 2] = [('\'', &['\'']), ('‘', &['’', '\''])];
/// How much of a text a refusal repeats, in characters.
const ECHO: usize = 40;

/// A word as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypedWord<'t> {
    /// All of it but its quotation marks.
    pub text: &'t str,
    /// Whether it, or its value, stood between quotation marks.
    pub quoted: bool,
    /// What it is in two, as in `owner:Mira` and `owner=Mira`: a name, and a value that may be empty.
    pub pair: Option<(&'t str, &'t str)>,
}

/// The words of `line`, whose white space is single blanks.
///
/// # Errors
/// [`crate::error::ErrorKind::BadArguments`] for a quotation without an end.
pub(super) fn split(line: &str) -> Result<Vec<TypedWord<'_>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, length) = first(rest)?;
        words.push(word);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// The first word of `rest`, and how many bytes it takes.
fn first(rest: &str) -> Result<(TypedWord<'_>, usize)> {
    if let Some((text, length)) = quotation(rest)? {
        return Ok((TypedWord { text, quoted: true, pair: None }, length));
    }
    let end = rest.find(' ').unwrap_or(rest.len());
    let Some(at) = rest[..end].find([':', '=']) else {
        return Ok((TypedWord { text: &rest[..end], quoted: false, pair: None }, end));
    };
    let (name, behind) = (&rest[..at], &rest[at + 1..]);
    let (value, length, quoted) = match quotation(behind)? {
        Some((value, length)) => (value, at + 1 + length, true),
        None => (&rest[at + 1..end], end, false),
    };
    Ok((TypedWord { text: &rest[..length], quoted, pair: Some((name, value)) }, length))
}

/// What stands between the quotation marks that `rest` begins with, and how many bytes that takes; `None` where it begins with none.
fn quotation(rest: &str) -> Result<Option<(&str, usize)>> {
    let Some(opens) = rest.chars().next() else { return Ok(None) };
    let find = |quotes: &[(char, &'static [char])]| quotes.iter().find(|(open, _)| *open == opens).map(|(_, ends)| *ends);
    let (ends, apostrophe) = match (find(&QUOTES), find(&APOSTROPHES)) {
        (Some(ends), _) => (ends, false),
        (None, Some(ends)) => (ends, true),
        (None, None) => return Ok(None),
    };
    let inside = &rest[opens.len_utf8()..];
    // A mark in the middle of a word ends nothing.
    let is_end =
        |(at, mark): &(usize, char)| ends.contains(mark) && matches!(inside[at + mark.len_utf8()..].chars().next(), None | Some(' '));
    match inside.char_indices().find(is_end) {
        Some((at, mark)) => Ok(Some((&inside[..at], opens.len_utf8() + at + mark.len_utf8()))),
        None if apostrophe => Ok(None),
        None => {
            let sentence = format!("The quotation that begins with `{}` has no end: close it, with a blank behind it.", echo(inside, ECHO));
            Err(Error::bad_arguments(sentence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words as `text`, `"text"` when quoted, `name→value` for a pair.
    fn shown(line: &str) -> String {
        let one = |word: TypedWord<'_>| match word.pair {
            Some((name, value)) => format!("{name}→{value}"),
            None if word.quoted => format!("\"{}\"", word.text),
            None => word.text.to_owned(),
        };
        split(line).unwrap().into_iter().map(one).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn quotations_hold_words_together() {
        for (line, words) in [
            ("", ""),
            ("weakest 5  identity", "weakest|5|identity"),
            ("since:7d limit=3", "since→7d|limit→3"),
            ("owner:\"Mira Sand\" until:2027-03-31", "owner→Mira Sand|until→2027-03-31"),
            ("control “legacy auth” whole", "control|\"legacy auth\"|whole"),
            ("control „legacy auth“", "control|\"legacy auth\""),
            ("control `AdminMFAV2`", "control|\"AdminMFAV2\""),
            ("control 'legacy auth'", "control|\"legacy auth\""),
            ("note:'tis late", "note→'tis|late"),
            ("Microsoft's day", "Microsoft's|day"),
            ("\"say \"hi\"now\" x", "\"say \"hi\"now\"|x"),
            ("owner: Mira", "owner→|Mira"),
            ("08:30", "08→30"),
            ("a:b:c=d", "a→b:c=d"),
            ("note:\"\"", "note→"),
        ] {
            assert_eq!(shown(line), words, "{line}");
        }
    }

    #[test]
    fn a_quotation_without_an_end_is_refused() {
        for line in ["control \"legacy auth", "owner:\"Mira", "„", "\"a\"b"] {
            assert!(split(line).unwrap_err().sentence.contains("has no end"), "{line}");
        }
    }
}
