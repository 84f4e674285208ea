//! What may a text from outside become? Clean, typed, cut to size; nothing else in the house trusts one.
//!
//! Microsoft Graph's titles, remediation and comments are written by strangers. They are cleaned and
//! typed once, where they come in; each renderer then only escapes for its own platform.

mod clean;
mod cut;
mod named_values;
mod points;
mod validate;
mod wording;

use serde::{Deserialize, Serialize};

pub use clean::{clean, one_line};
pub use cut::{cut, cut_for_tokens, cut_units, token_quarters};
pub(crate) use named_values::named_values;
pub use named_values::unknown_word;
pub use points::{amount, is_one, moved, percent_move, percentage_points, points, signed, with_sign};
pub use validate::{NAME_IS, is_app_uri, is_guid, is_loopback, is_name, is_scope, person, person_with_id, service_root};
pub use wording::{
    bytes, count, did_you_mean, echo, escaped_markup, first_of, hex, in_quotes, minute, nearest, round2, sentence_case, thousands,
};

/// A piece of a longer text, as every renderer must be able to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// Words that the author stressed.
    Strong(String),
    /// A link; `url` is https and was checked when it came in.
    Link {
        /// What to show.
        text: String,
        /// Where it leads.
        url: String,
    },
    /// The line ends here.
    Break,
    /// A list item begins here, on a line of its own.
    Item,
}

/// A longer text: remediation, a description, a status. Already clean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// A text without markup.
    pub fn plain(text: &str) -> Self {
        let text = one_line(text);
        if text.is_empty() { Self::default() } else { Self(vec![Span::Text(text.into_owned())]) }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All words on one line; items are parted by `; ` where no sentence ends, links keep their text only.
    pub fn line(&self) -> String {
        let mut line = String::new();
        for span in &self.0 {
            match span {
                Span::Text(text) | Span::Strong(text) | Span::Link { text, .. } => line.push_str(text),
                Span::Break => part(&mut line, " "),
                Span::Item => part(&mut line, "; "),
            }
        }
        one_line(&line).into_owned()
    }
}

/// Ends what stands in `line` with `mark`, or with a space where it is empty or has an end of its own.
fn part(line: &mut String, mark: &str) {
    line.truncate(line.trim_end().len());
    if !line.is_empty() {
        line.push_str(if line.ends_with(['.', ':', ';', ',', '!', '?']) { " " } else { mark });
    }
}
