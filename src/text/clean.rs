//! Which characters may stay? None that hides, reorders or breaks a line.

use std::borrow::Cow;

/// Whether `c` shows nothing, stands for something else, reorders its neighbours, or drives a terminal: what Unicode lets programs ignore
/// (`Default_Ignorable_Code_Point`), the formats of old scripts, letters that look like a space without being one, the places of objects, and
/// what is no character at all. Zero-width joiners are among them: an emoji may fall apart, a hidden instruction may not pass.
fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{13430}'..='\u{1343F}' | '\u{16FE4}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
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
    fn what_looks_like_nothing_is_nothing() {
        for hidden in [
            '\u{2800}',
            '\u{FFFC}',
            '\u{3164}',
            '\u{115F}',
            '\u{1160}',
            '\u{FFA0}',
            '\u{17B4}',
            '\u{17B5}',
            '\u{180E}',
            '\u{FE0F}',
            '\u{FE00}',
            '\u{E0100}',
            '\u{E01EF}',
            '\u{E0001}',
            '\u{E0020}',
            '\u{E007F}',
            '\u{FFF9}',
            '\u{FFFB}',
            '\u{2065}',
            '\u{1D159}',
            '\u{16FE4}',
            '\u{13430}',
            '\u{FDD0}',
            '\u{FFFE}',
            '\u{1FFFF}',
            '\u{10FFFF}',
            '\u{7F}',
            '\u{9B}',
            '\u{2028}',
        ] {
            let text = format!("a{hidden}");
            assert_eq!(one_line(&text), "a", "{:x}", u32::from(hidden));
        }
        for shown in ["é", "e\u{301}", "\u{FFFD}", "漢", "🛡", "ᄀ", "⠁", "\u{E000}"] {
            assert_eq!(one_line(shown), shown);
        }
    }

    #[test]
    fn nothing_hidden_stays() {
        assert_eq!(one_line("a\u{202E}b\u{200B}c\u{7}d\u{E0041}"), "abcd");
        assert_eq!(one_line("  two\r\n\twords\u{2028}here "), "two words here");
        assert!(matches!(one_line("plain words"), Cow::Borrowed("plain words")));
        assert_eq!(one_line("\u{200B} \u{200B}"), "");
        assert_eq!(one_line("a \u{200B} b"), "a b");
    }
}
