//! Which digests are there, and who says what their owners still may? Those of the configuration, and those that people defined in a chat.

use std::sync::PoisonError;

use futures_util::future::BoxFuture;

use super::Posting;
use crate::{
    access::Asker,
    digest::{Digest, Owner},
    error::Result,
};

/// Who says what somebody on one chat platform still may.
pub trait Owners: Send + Sync {
    /// Who `owner` is to us now, where they defined it; `None` for somebody who left or is nobody to us any more.
    ///
    /// # Errors
    /// What keeps that from being known just now: it is asked again.
    fn still<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<Option<Asker>>>;
}

impl Posting {
    /// All digests: those of the configuration, then those that people defined, by name.
    pub async fn all_digests(&self) -> Result<Vec<Digest>> {
        let mut all = self.posts().digests.clone();
        for (name, definition) in self.view.store().digest_definitions().await? {
            match definition.map(|definition| Digest::read(&name, &definition)) {
                _ if all.iter().any(|digest| digest.name == name) => {
                    tracing::debug!(digest = name, "the configuration has a digest of this name, which counts");
                }
                Ok(Some(digest)) => all.push(digest),
                unreadable if self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) => {
                    let why = unreadable.err().map_or_else(|| "Its definition cannot be read.".to_owned(), |error| error.sentence);
                    tracing::warn!(digest = name, "{why}");
                }
                _ => {}
            }
        }
        Ok(all)
    }
}
