//! Who has got this mail already? Remembered while the process lives, so that a second try goes only to the others.
//!
//! The outbox knows parcels, not recipients: when one of three mailboxes is out of order, the parcel is tried again as a whole.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::reply::Reply;

/// How many parcels are remembered; the oldest go.
const PARCELS_MAX: usize = 256;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server took it.
    Taken,
    /// There is no such mailbox, or it is shut for good.
    Nobody(Reply),
    /// This mail is not taken for the mailbox.
    Unwanted(Reply),
}

/// What became of the mails of a parcel, by the recipient's place in the list.
pub(super) type Fates = BTreeMap<usize, Fate>;

/// What became of the mails of the newest parcels that are not through.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<VecDeque<(String, Fates)>>);

impl Book {
    /// What is known of `parcel`.
    pub(super) fn fates(&self, parcel: &str) -> Fates {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.iter().find(|(id, _)| id == parcel).map(|(_, fates)| fates.clone()).unwrap_or_default()
    }

    /// Notes at once, so that it holds even when the try is broken off.
    pub(super) fn note(&self, parcel: &str, recipient: usize, fate: Fate) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, fates)) = pages.iter_mut().find(|(id, _)| id == parcel) {
            fates.insert(recipient, fate);
            return;
        }
        if pages.len() >= PARCELS_MAX {
            pages.pop_front();
        }
        pages.push_back((parcel.to_owned(), Fates::from([(recipient, fate)])));
    }

    /// `parcel` is through: whoever sends it again wants it sent again.
    pub(super) fn close(&self, parcel: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| id != parcel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_holds_until_the_parcel_is_through() {
        let book = Book::default();
        book.note("one", 0, Fate::Taken);
        book.note("one", 2, Fate::Taken);
        book.note("two", 1, Fate::Taken);
        assert_eq!(book.fates("one").into_keys().collect::<Vec<_>>(), [0, 2]);
        book.close("one");
        assert_eq!((book.fates("one").len(), book.fates("two").len()), (0, 1));
    }

    #[test]
    fn the_oldest_parcels_go() {
        let book = Book::default();
        for parcel in 0..=PARCELS_MAX {
            book.note(&parcel.to_string(), 0, Fate::Taken);
        }
        assert_eq!([0, 1, PARCELS_MAX].map(|parcel| book.fates(&parcel.to_string()).len()), [0, 1, 1]);
    }
}
