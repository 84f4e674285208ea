//! Where do we no longer post? A destination that failed for good stays stopped, across restarts, until somebody resumes it.

use super::Posting;
use crate::{
    error::{Error, Result},
    store::Stop,
    text::{cut, one_line},
};

/// The longest name of a destination, in bytes.
const DESTINATION_BYTES_MAX: usize = 200;
/// The longest reason, in characters.
pub(crate) const WHY_MAX: usize = 300;

impl Posting {
    /// Notes that nothing is posted to `destination` (`PLATFORM:ROOM`) any more, and why. One that is stopped
    /// already stays as it is.
    pub async fn stop_destination(&self, destination: &str, why: &str) -> Result<()> {
        let destination = destination_name(destination)?;
        let why = cut(&one_line(why), WHY_MAX);
        if self.view.store().stop(destination, &Stop { since: self.view.now(), why: why.clone() }).await? {
            tracing::warn!(destination, why, "deliveries to it are stopped until somebody resumes them");
        }
        Ok(())
    }

    /// Since when and why nothing is posted to `destination`; `None` when that is not so.
    pub async fn stopped(&self, destination: &str) -> Result<Option<Stop>> {
        self.view.store().stopped(destination_name(destination)?).await
    }
}

/// `destination`, when it can be the name of one.
pub(crate) fn destination_name(destination: &str) -> Result<&str> {
    let plain =
        !destination.is_empty() && destination.len() <= DESTINATION_BYTES_MAX && destination.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { Ok(destination) } else { Err(Error::bad_arguments("A destination has a name such as soc, without spaces.")) }
}
