//! Which pieces of a post are through already? Remembered while the process lives, so that a second try sends only the others.
//!
//! The outbox knows posts, not the mails to their recipients nor the messages that one needs: when one of three is refused, the post is tried again as a
//! whole.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// How many posts are remembered; the oldest go.
const POSTS_MAX: usize = 256;

/// What became of the pieces of a post, by their place among them.
pub(super) type Progress<T> = BTreeMap<usize, T>;

/// What became of the pieces of the newest posts that are not through.
#[derive(Debug)]
pub(super) struct ProgressLog<T>(Mutex<VecDeque<(String, Progress<T>)>>);

impl<T> Default for ProgressLog<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> ProgressLog<T> {
    /// What is known of `post`.
    pub(super) fn of(&self, post: &str) -> Progress<T> {
        let posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        posts.iter().find(|(id, _)| id == post).map(|(_, progress)| progress.clone()).unwrap_or_default()
    }

    /// Notes at once, so that it holds even when the try is broken off.
    pub(super) fn note(&self, post: &str, piece: usize, outcome: T) {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, progress)) = posts.iter_mut().find(|(id, _)| id == post) {
            progress.insert(piece, outcome);
            return;
        }
        if posts.len() >= POSTS_MAX {
            posts.pop_front();
        }
        posts.push_back((post.to_owned(), Progress::from([(piece, outcome)])));
    }

    /// `post` is through: whoever sends it again wants it sent again. What became of its pieces.
    pub(super) fn close(&self, post: &str) -> Progress<T> {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = posts.iter().position(|(id, _)| id == post);
        at.and_then(|at| posts.remove(at)).map(|(_, progress)| progress).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_holds_until_the_post_is_through() {
        let log = ProgressLog::default();
        log.note("one", 0, "taken");
        log.note("one", 2, "taken");
        log.note("two", 1, "taken");
        assert_eq!(log.of("one").into_keys().collect::<Vec<_>>(), [0, 2]);
        log.close("one");
        assert_eq!((log.of("one").len(), log.of("two").len()), (0, 1));
    }

    #[test]
    fn the_oldest_posts_go() {
        let log = ProgressLog::default();
        for post in 0..=POSTS_MAX {
            log.note(&post.to_string(), 0, ());
        }
        assert_eq!([0, 1, POSTS_MAX].map(|post| log.of(&post.to_string()).len()), [0, 1, 1]);
    }
}
