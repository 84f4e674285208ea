//! How is a document written as YAML, whatever its texts hold? In its own order; text that could mislead a parser in quotes.

use std::fmt::Write as _;

/// A piece of a document.
pub(super) enum Yaml {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// Yes or no.
    Flag(bool),
    /// One or more pieces.
    List(Vec<Yaml>),
    /// Named pieces, in their order.
    Map(Vec<(&'static str, Yaml)>),
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A map; its keys are plain words.
pub(super) fn map<const N: usize>(members: [(&'static str, Yaml); N]) -> Yaml {
    Yaml::Map(members.into())
}

/// A list of texts.
pub(super) fn texts<T: Into<Yaml>>(texts: impl IntoIterator<Item = T>) -> Yaml {
    Yaml::List(texts.into_iter().map(Into::into).collect())
}

/// How far each level is set in.
const STEP: usize = 2;

impl Yaml {
    /// The document, below `comment`.
    pub(super) fn document(&self, comment: &str) -> Vec<u8> {
        let mut text = String::new();
        for line in comment.lines() {
            let _ = writeln!(text, "# {line}");
        }
        self.write(0, &mut text);
        text.into_bytes()
    }

    fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Map(members) => {
                for (key, value) in members {
                    let _ = write!(out, "{:indent$}{key}:", "");
                    value.write_behind(indent, out);
                }
            }
            Self::List(items) => {
                for item in items {
                    // An item is written one step further in; its dash takes the place of that step.
                    let mut written = String::new();
                    item.write(indent + STEP, &mut written);
                    let _ = write!(out, "{:indent$}- {}", "", written.trim_start_matches(' '));
                }
            }
            Self::Text(_) | Self::Whole(_) | Self::Flag(_) => {
                let _ = writeln!(out, "{:indent$}{}", "", self.scalar());
            }
        }
    }

    /// Writes the value of a key.
    fn write_behind(&self, indent: usize, out: &mut String) {
        match self {
            Self::Map(_) | Self::List(_) => {
                out.push('\n');
                self.write(indent + STEP, out);
            }
            Self::Text(text) if is_block(text) => {
                out.push_str(" |-\n");
                for line in text.lines() {
                    let indent = if line.is_empty() { 0 } else { indent + STEP };
                    let _ = writeln!(out, "{:indent$}{line}", "");
                }
            }
            Self::Text(_) | Self::Whole(_) | Self::Flag(_) => {
                let _ = writeln!(out, " {}", self.scalar());
            }
        }
    }

    fn scalar(&self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) if is_plain(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::List(_) | Self::Map(_) => String::new(),
        }
    }
}

/// Words that a parser of YAML 1.1 takes for something else than a text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// Whether `text` needs no quotes: one word that no parser takes for anything else.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether `text` can stand as a block of lines, which people read best: several, the first of which shows how far they are set in.
fn is_block(text: &str) -> bool {
    text.contains('\n') && !text.starts_with([' ', '\n']) && !text.ends_with('\n') && !text.contains(|c| c != '\n' && is_special(c))
}

/// Whether a parser could refuse `c`, or take it for the end of a line.
fn is_special(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` in double quotes, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if is_special(c) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(yaml: &Yaml) -> String {
        String::from_utf8(yaml.document("")).unwrap()
    }

    #[test]
    fn levels_are_set_in_and_keep_their_order() {
        let yaml = map([
            ("Name", "scorewatch".into()),
            ("Groups", Yaml::List(vec![map([("Format", "API".into()), ("Settings", map([("Seconds", Yaml::Whole(30))]))])])),
            ("Types", texts(["ApiKey"])),
            ("Required", Yaml::Flag(true)),
        ]);
        let text = "Name: scorewatch\nGroups:\n  - Format: API\n    Settings:\n      Seconds: 30\nTypes:\n  - ApiKey\nRequired: true\n";
        assert_eq!(written(&yaml), text);
        assert!(yaml.document("one\ntwo").starts_with(b"# one\n# two\nName"));
    }

    #[test]
    fn no_text_is_taken_for_anything_else() {
        for text in ["yes", "No", "NULL", "", "-", "0x1", "a: b", "# x", "a b", "'", "é", "~", "{{tenant}}"] {
            assert!(!is_plain(text), "{text}");
        }
        let hostile = "a\"b\\c\u{7f}\u{85}\u{2028}d\u{feff}";
        assert_eq!(quoted(hostile), r#""a\"b\\c\u007f\u0085\u2028d\ufeff""#);
    }

    #[test]
    fn lines_stand_as_a_block_only_where_that_is_safe() {
        assert_eq!(written(&map([("Template", "one\n\n  two: \"x\"".into())])), "Template: |-\n  one\n\n    two: \"x\"\n");
        for text in ["one", " one\ntwo", "one\ntwo\n", "one\n\ttwo", "one\r\ntwo", "one\n\u{2028}two"] {
            assert!(!is_block(text), "{text:?}");
        }
        assert_eq!(written(&map([("Template", "one\ntwo\n".into())])), "Template: \"one\\ntwo\\n\"\n");
    }
}
