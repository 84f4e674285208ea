//! What is done about a text that is none? Half a surrogate, an escape that JSON does not have, bytes that are no UTF-8: each becomes U+FFFD,
//! so that one broken title or comment does not keep a whole tenant from being read.

use std::borrow::Cow;

use super::PageError;

/// Stands for what cannot be read.
const UNREADABLE: char = char::REPLACEMENT_CHARACTER;
/// A control character that no JSON holds as it is, whether in a text or between two.
const fn is_stray(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// `body` as it can be parsed, and how many places were repaired for that. A sound body, as nearly all are, costs a quick look.
pub(super) fn repaired(body: &[u8]) -> Result<(Cow<'_, str>, usize), PageError> {
    match std::str::from_utf8(body) {
        Ok(text) if is_sound(text) => Ok((Cow::Borrowed(text), 0)),
        _ => thoroughly(body),
    }
}

/// The same for something that a person saved: bare line ends inside of texts are repaired too.
pub(in crate::graph) fn thoroughly(body: &[u8]) -> Result<(Cow<'_, str>, usize), PageError> {
    // What is no JSON at all is for others to refuse, as it is.
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) {
        let text = std::str::from_utf8(body).map_err(|error| PageError::NotUtf8 { byte: error.valid_up_to() })?;
        return Ok((Cow::Borrowed(text), 0));
    }
    let text = String::from_utf8_lossy(body);
    let broken_bytes = match &text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => text.matches(UNREADABLE).count(),
    };
    Ok(match escaped(&text) {
        Some((whole, broken)) => (Cow::Owned(whole), broken_bytes + broken),
        None => (text, broken_bytes),
    })
}

/// Whether every escape in `text` is one, wherever it stands, and no control character is bare.
#[expect(clippy::needless_bitwise_bool, reason = "no branch for each byte, so that the compiler looks at blocks of them")]
fn is_sound(text: &str) -> bool {
    // Most bodies have neither, and whole blocks of bytes are looked at in one go.
    if !text.bytes().fold(false, |found, byte| found | is_stray(byte) | (byte == b'\\')) {
        return true;
    }
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        match Escape::at(&rest.as_bytes()[at..]) {
            Escape { bytes, whole: true } => rest = rest.get(at + bytes..).unwrap_or_default(),
            Escape { whole: false, .. } => return false,
        }
    }
    !text.bytes().fold(false, |found, byte| found | is_stray(byte))
}

/// `text` with its broken escapes and bare control characters repaired; `None` when there are none.
fn escaped(text: &str) -> Option<(String, usize)> {
    let (mut whole, mut broken, mut inside) = (String::new(), 0, false);
    // Up to where `text` is in `whole` already, and where we are.
    let (mut taken, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let (length, instead) = match byte {
            b'"' => {
                inside = !inside;
                (1, None)
            }
            b'\\' if inside => {
                let escape = Escape::at(&bytes[at..]);
                (escape.bytes, (!escape.whole).then_some("\\ufffd"))
            }
            b'\n' if inside => (1, Some("\\n")),
            b'\r' if inside => (1, Some("\\r")),
            b'\t' if inside => (1, Some("\\t")),
            _ if inside && byte < b' ' => (1, Some("\\ufffd")),
            _ => (1, None),
        };
        if let Some(instead) = instead {
            whole.push_str(&text[taken..at]);
            whole.push_str(instead);
            taken = at + length;
            broken += 1;
        }
        at += length;
    }
    (broken > 0).then(|| {
        whole.push_str(&text[taken..]);
        (whole, broken)
    })
}

/// What begins with a backslash.
struct Escape {
    /// How long it is; of a broken one, how much of it is given up.
    bytes: usize,
    /// Whether it is one.
    whole: bool,
}

impl Escape {
    /// The escape that `bytes` begin with: RFC 8259, section 7. One that the end of `bytes` cuts counts as whole, since nothing follows.
    fn at(bytes: &[u8]) -> Self {
        match bytes.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Self { bytes: 2, whole: true },
            Some(b'u') => match code(bytes) {
                Ok(0xD800..0xDC00) => match bytes.get(6..).map(code) {
                    Some(Ok(0xDC00..0xE000)) => Self { bytes: 12, whole: true },
                    _ => Self { bytes: 6, whole: false },
                },
                Ok(0xDC00..0xE000) => Self { bytes: 6, whole: false },
                Ok(_) => Self { bytes: 6, whole: true },
                Err(digits) => Self { bytes: 2 + digits, whole: false },
            },
            Some(_) => Self { bytes: 1, whole: false },
            None => Self { bytes: 1, whole: true },
        }
    }
}

/// The number of an escape `\uXXXX` at the beginning of `bytes`; else how many digits it has.
fn code(bytes: &[u8]) -> Result<u32, usize> {
    let Some(digits) = bytes.strip_prefix(b"\\u") else { return Err(0) };
    let values = digits.iter().take(4).map_while(|&digit| char::from(digit).to_digit(16));
    let (count, code) = values.fold((0, 0), |(count, code), digit| (count + 1, code * 16 + digit));
    if count == 4 { Ok(code) } else { Err(count) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a JSON text between quotes says once it is repaired, and in how many places it was.
    fn read(inner: &str) -> (String, usize) {
        let body = format!("{{\"a\":\"{inner}\"}}");
        let (text, broken) = repaired(body.as_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{inner}: {error}"));
        (value["a"].as_str().unwrap().to_owned(), broken)
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        for (inner, expected) in [
            ("", ""),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u00e9\uD83D\uDE00\ud83d\ude00", "é😀😀"),
            (r"C:\\Users\\new", r"C:\Users\new"),
            (r"\\ud800", r"\ud800"),
        ] {
            assert_eq!(read(inner), (expected.to_owned(), 0), "{inner}");
        }
        let pretty = b"{\r\n\t\"a\": [ ]\n}";
        assert!(matches!(repaired(pretty), Ok((Cow::Borrowed(_), 0))) && matches!(thoroughly(pretty), Ok((Cow::Borrowed(_), 0))));
    }

    #[test]
    fn what_is_broken_becomes_a_mark_and_the_rest_stays() {
        for (inner, expected, broken) in [
            (r"a\ud800b", "a\u{fffd}b", 1),
            (r"a\uDC00b", "a\u{fffd}b", 1),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀", 1),
            (r"\ud83d\n", "\u{fffd}\n", 1),
            (r"\ud800", "\u{fffd}", 1),
            (r"a\xb", "a\u{fffd}xb", 1),
            (r"a\'b\é", "a\u{fffd}'b\u{fffd}é", 2),
            (r"\u12 \u \u12G4", "\u{fffd} \u{fffd} \u{fffd}G4", 3),
            ("a\u{1}b", "a\u{fffd}b", 1),
        ] {
            assert_eq!(read(inner), (expected.to_owned(), broken), "{inner}");
        }
        assert_eq!(repaired(b"{\"a\":\"M\xfcller\"}"), Ok(("{\"a\":\"M\u{fffd}ller\"}".into(), 1)));
    }

    #[test]
    fn line_ends_inside_of_texts_are_repaired_in_what_people_saved() {
        assert_eq!(thoroughly(b"{\n\"a\":\"x\n\ty\"}"), Ok(("{\n\"a\":\"x\\n\\ty\"}".into(), 2)));
    }

    #[test]
    fn what_is_no_json_is_left_to_whoever_refuses_it() {
        for other in ["Date,Score\n1,\\x", "", "<html>\\q", "{\"a\":\"x\\"] {
            assert_eq!(repaired(other.as_bytes()), Ok((other.into(), 0)));
        }
        assert_eq!(repaired(b"a\x80\x81"), Err(PageError::NotUtf8 { byte: 1 }));
    }

    proptest! {
        /// Whatever stands between the quotes but a quote: it can be read then, and what could be read before is not touched.
        #[test]
        fn all_texts_can_be_read(inner in "(\\\\|u|d8|DC|[0-9a-f\u{1}\u{e9}\u{1F600}]){0,24}x") {
            let body = format!("[\"{inner}\"]");
            let (text, broken) = repaired(body.as_bytes()).unwrap();
            prop_assert!(serde_json::from_str::<Vec<String>>(&text).is_ok(), "{body}");
            let before = serde_json::from_str::<Vec<String>>(&body);
            prop_assert_eq!(before.is_ok(), broken == 0, "{}", body);
            if broken == 0 {
                prop_assert_eq!(&*text, &body);
            }
        }
    }
}
