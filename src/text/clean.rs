//! Which characters may stay? None that hides, reorders or breaks a line.

use std::borrow::Cow;

/// Whether `c` shows nothing, reorders its neighbours, or drives a terminal. Zero-width joiners are
/// among them: an emoji may fall apart, a hidden instruction may not pass.
fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
        || (c.is_control() && !c.is_whitespace())
}

/// `text` without invisible, bidirectional and control characters; white space stays as it is.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hostile) { Cow::Owned(text.chars().filter(|c| !is_hostile(*c)).collect()) } else { Cow::Borrowed(text) }
}

/// `text` cleaned and on one line: every run of white space is one space, none at the ends.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    // Nearly every name and title is plain ASCII, and is known to be tidy without decoding it.
    let bytes = trimmed.as_bytes();
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) && !bytes.windows(2).any(|pair| pair == b"  ") {
        return Cow::Borrowed(trimmed);
    }
    let mut before = 'x';
    let tidy = trimmed.chars().all(|c| {
        let fine = !is_hostile(c) && (!c.is_whitespace() || (c == ' ' && before != ' '));
        before = c;
        fine
    });
    if tidy {
        return Cow::Borrowed(trimmed);
    }
    let cleaned = clean(trimmed);
    let mut line = String::with_capacity(cleaned.len());
    for word in cleaned.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_stays() {
        assert_eq!(one_line("a\u{202E}b\u{200B}c\u{7}d\u{E0041}"), "abcd");
        assert_eq!(one_line("  two\r\n\twords\u{2028}here "), "two words here");
        assert!(matches!(one_line("plain words"), Cow::Borrowed("plain words")));
        assert_eq!(one_line("\u{200B} \u{200B}"), "");
        assert_eq!(one_line("a \u{200B} b"), "a b");
    }
}
