//! Who has got this mail already? Remembered while the process lives, so that a second try goes only to the others.
//!
//! The outbox knows posts, not recipients: when one of three mailboxes is out of order, the post is tried again as a whole.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::smtp_reply::SmtpReply;

/// How many posts are remembered; the oldest go.
const POSTS_MAX: usize = 256;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MailOutcome {
    /// The server took it.
    Taken,
    /// There is no such mailbox, or it is shut for good.
    Nobody(SmtpReply),
    /// This mail is not taken for the mailbox.
    Unwanted(SmtpReply),
}

/// What became of the mails of a post, by the recipient's place in the list.
pub(super) type MailOutcomes = BTreeMap<usize, MailOutcome>;

/// What became of the mails of the newest posts that are not through.
#[derive(Debug, Default)]
pub(super) struct RecipientLog(Mutex<VecDeque<(String, MailOutcomes)>>);

impl RecipientLog {
    /// What is known of `post`.
    pub(super) fn fates(&self, post: &str) -> MailOutcomes {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.iter().find(|(id, _)| id == post).map(|(_, fates)| fates.clone()).unwrap_or_default()
    }

    /// Notes at once, so that it holds even when the try is broken off.
    pub(super) fn note(&self, post: &str, recipient: usize, fate: MailOutcome) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, fates)) = pages.iter_mut().find(|(id, _)| id == post) {
            fates.insert(recipient, fate);
            return;
        }
        if pages.len() >= POSTS_MAX {
            pages.pop_front();
        }
        pages.push_back((post.to_owned(), MailOutcomes::from([(recipient, fate)])));
    }

    /// `post` is through: whoever sends it again wants it sent again.
    pub(super) fn close(&self, post: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| id != post);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_holds_until_the_post_is_through() {
        let book = RecipientLog::default();
        book.note("one", 0, MailOutcome::Taken);
        book.note("one", 2, MailOutcome::Taken);
        book.note("two", 1, MailOutcome::Taken);
        assert_eq!(book.fates("one").into_keys().collect::<Vec<_>>(), [0, 2]);
        book.close("one");
        assert_eq!((book.fates("one").len(), book.fates("two").len()), (0, 1));
    }

    #[test]
    fn the_oldest_posts_go() {
        let book = RecipientLog::default();
        for post in 0..=POSTS_MAX {
            book.note(&post.to_string(), 0, MailOutcome::Taken);
        }
        assert_eq!([0, 1, POSTS_MAX].map(|post| book.fates(&post.to_string()).len()), [0, 1, 1]);
    }
}
