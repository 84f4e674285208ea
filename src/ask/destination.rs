//! Where do we no longer post, and who says when we do again? A destination that failed for good stays stopped, across restarts.

use serde_json::json;

use super::{Ask, deliveries::operates};
use crate::{
    access::Asker,
    error::{Error, Result},
    store::Stop,
    text::{cut, one_line},
};

/// The longest name of a destination, in bytes.
const DESTINATION_BYTES_MAX: usize = 200;
/// The longest reason, in characters.
const WHY_MAX: usize = 300;

impl Ask {
    /// Notes that nothing is posted to `destination` (`discord:123`) any more, and why. One that is stopped
    /// already stays as it is.
    pub async fn stop_destination(&self, destination: &str, why: &str) -> Result<()> {
        let destination = named(destination)?;
        let why = cut(&one_line(why), WHY_MAX);
        if self.store.stop(destination, &Stop { since: (self.now)(), why: why.clone() }).await? {
            tracing::warn!(destination, why, "nothing is sent there until somebody resumes it");
        }
        Ok(())
    }

    /// Since when and why nothing is posted to `destination`; `None` when that is not so.
    pub async fn stopped(&self, destination: &str) -> Result<Option<Stop>> {
        self.store.stopped(named(destination)?).await
    }

    /// Posts to `destination` again, because `asker` says so; whether it was stopped.
    ///
    /// # Errors
    /// [`Kind::Forbidden`](crate::error::Kind::Forbidden) for whoever does not operate or does not see all tenants;
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) for a destination that nobody configured.
    pub async fn resume_destination(&self, asker: &Asker, destination: &str) -> Result<bool> {
        operates(asker)?;
        let destination = named(destination)?;
        let entry = self.entry(asker, "destination.resume", None, destination, &json!({}));
        let was_stopped = self.store.resume(destination, &entry).await?;
        if !was_stopped && let Some(posts) = self.posts.get() {
            posts.places.find(destination)?;
        }
        if was_stopped {
            tracing::info!(destination, by = &*asker.name, "resumed");
        }
        Ok(was_stopped)
    }
}

/// `destination`, when it can be the name of one.
fn named(destination: &str) -> Result<&str> {
    let plain =
        !destination.is_empty() && destination.len() <= DESTINATION_BYTES_MAX && destination.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { Ok(destination) } else { Err(Error::bad_arguments("A destination has a name such as discord:123, without spaces.")) }
}
