//! What does a mail say? A subject, an HTML that is not clipped, and the same as plain text.

use super::{blocks::PictureIds, footer::Footer, html::page, plain::plain};
use crate::{
    delivery::{Post, SendFailure},
    surfaces::truncate::{command_line, truncate},
    text::{cut, one_line},
};

/// How many characters of its title make the subject: more than any list of mails shows.
const SUBJECT: usize = 120;
/// How many bytes the HTML may have: also in base64 it stays below the 102 KB where Gmail clips. Gmail says so nowhere but in the
/// mail it clips; see <https://developers.google.com/workspace/gmail/design/css> for the rest of what it takes.
const HTML_BYTES_MAX: usize = 72_000;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailContent {
    /// The news, in a line.
    pub subject: String,
    /// For most.
    pub html: String,
    /// For the others: columns of 72 characters.
    pub text: String,
}

impl MailContent {
    /// Writes `post`, or as much of it as a mail may hold, with a mark where something was left out.
    ///
    /// # Errors
    /// [`SendFailure::Never`] when not even its title fits, which no title does.
    pub fn write(post: &Post, footer: &Footer<'_>, picture: Option<PictureIds<'_>>) -> Result<Self, SendFailure> {
        let content = truncate(&post.card, command_line, |card| {
            let html = page(card, post, footer, picture);
            (html.len() <= HTML_BYTES_MAX).then(|| Self { subject: subject(&card.title), html, text: plain(card, post, footer) })
        });
        content.ok_or_else(|| SendFailure::Never { why: "The post is too long for a mail.".to_owned() })
    }
}

/// The title without what mail programs would take for an encoded word and decode.
pub(super) fn subject(title: &str) -> String {
    cut(&one_line(title), SUBJECT).replace("=?", "= ?")
}
