//! Why can a page not be used? Said so that both a person with a file and the reader of Graph can act on it.

use std::fmt;

use super::lenient::{CROWDED, ENTRIES_MAX, FLATTENED};
use crate::text::{cut, one_line};

/// How the envelope says that it holds no list. Like [`FLATTENED`], text because serde's errors are.
pub(super) const UNLISTED: &str = "scorewatch: no list called value";
/// How much of a parser's message is shown; it may quote the input.
const MESSAGE_MAX: usize = 160;

/// Why a page was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageError {
    /// The JSON stops before it is complete.
    Ends {
        /// How many bytes there were.
        bytes: usize,
    },
    /// This is not JSON, or not of the documented form.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The byte in that line, from 1.
        column: usize,
        /// What the parser said, clean and short.
        message: String,
    },
    /// This is no UTF-8, which JSON always is.
    NotUtf8 {
        /// How many bytes before the place are.
        byte: usize,
    },
    /// This is a web page.
    WebPage,
    /// There is nothing in it.
    Empty,
    /// There is no list called `value`.
    Unlisted,
    /// A string like `@{…}` or `System.Object[]` stands where an object should.
    Flattened {
        /// The line, from 1.
        line: usize,
    },
    /// There are more entries in a list than any tenant has.
    Crowded,
    /// An entry belongs to another tenant than those before it.
    OtherTenant {
        /// The tenant of the entries before.
        known: String,
        /// The tenant of this entry.
        other: String,
    },
}

impl PageError {
    /// What `error`, met while parsing `body`, means.
    pub(super) fn of(error: &serde_json::Error, body: &[u8]) -> Self {
        let message = error.to_string();
        let trimmed = body.trim_ascii_start();
        if trimmed.is_empty() {
            Self::Empty
        } else if trimmed.starts_with(b"<") {
            Self::WebPage
        } else if error.is_eof() {
            Self::Ends { bytes: body.len() }
        } else if message.starts_with(FLATTENED) {
            Self::Flattened { line: error.line() }
        } else if message.starts_with(CROWDED) {
            Self::Crowded
        } else if message.starts_with(UNLISTED) {
            Self::Unlisted
        } else {
            Self::Malformed { line: error.line(), column: error.column(), message: cut(&one_line(&message), MESSAGE_MAX) }
        }
    }
}

impl PageError {
    /// The same, of a part that begins so many lines further down.
    pub(in crate::graph) fn further_down(mut self, lines: usize) -> Self {
        if let Self::Malformed { line, .. } | Self::Flattened { line } = &mut self {
            *line += lines;
        }
        self
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends { bytes } => write!(f, "JSON that ends early, after {bytes} bytes,"),
            Self::Malformed { line, column, message } => {
                write!(f, "not the JSON that Graph documents (line {line}, byte {column}: {message})")
            }
            Self::NotUtf8 { byte } => write!(f, "bytes that are no UTF-8 text (after byte {byte})"),
            Self::WebPage => f.write_str("a web page instead of JSON"),
            Self::Empty => f.write_str("nothing at all"),
            Self::Unlisted => f.write_str("JSON without the list `value` that Graph's answers have"),
            Self::Flattened { line } => {
                write!(f, "a string where an object should be (line {line}), as PowerShell writes it when it is not told the depth")
            }
            Self::Crowded => write!(f, "a list of more than {ENTRIES_MAX} entries, which no tenant has,"),
            Self::OtherTenant { known, other } => write!(f, "entries of two tenants ({known} and {other})"),
        }
    }
}

impl std::error::Error for PageError {}
