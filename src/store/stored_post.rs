//! How does a post stand in the outbox? As JSON of some version, read only by whoever needs it: a list of posts must not fail because of one.

use super::form::StoredForm;
use crate::{delivery::Post, error::Result};

/// A post as it is stored; gone when it has been over for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredPost(String);

impl StoredPost {
    /// `post` as it is stored.
    pub fn of(post: &Post) -> Result<Self> {
        StoredForm::Post.write(post).map(Self)
    }

    pub(super) const fn from_column(column: String) -> Self {
        Self(column)
    }

    pub(super) fn column(&self) -> &str {
        &self.0
    }

    /// Whether only the row is left.
    pub const fn is_gone(&self) -> bool {
        self.0.is_empty()
    }

    /// The post.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) for one of a newer scorewatch, [`ErrorKind::Internal`](crate::error::ErrorKind::Internal) for
    /// one that is damaged or gone.
    pub fn read(&self) -> Result<Post> {
        StoredForm::Post.read(&self.0)
    }
}
