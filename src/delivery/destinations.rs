//! Which destinations are there, and what may those see who read there? By name; rooms of a chat by the room.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::Destination;
use crate::{
    access::Asker,
    error::{Error, ErrorKind, Result},
    text::{did_you_mean, echo},
};

/// A destination and its readers.
#[derive(Clone)]
pub struct BoundDestination {
    /// Where posts go.
    pub destination: Arc<dyn Destination>,
    /// Who all who read there are to us: their role and their tenants are what a post may show.
    pub readers: Asker,
}

impl fmt::Debug for BoundDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundDestination").field("kind", &self.destination.kind()).field("readers", &self.readers).finish()
    }
}

/// The rooms of a chat platform, each of which is a destination without being configured as one.
pub trait ChannelResolver: Send + Sync {
    /// How one is named, and which can be: `PLATFORM:ID, a channel that …`.
    fn shown(&self) -> &'static str;

    /// The room that `name` (`PLATFORM:ID`) names; `None` for a name of another platform, and for a room that
    /// nobody said who reads in it.
    fn resolve(&self, name: &str) -> Option<BoundDestination>;
}

/// All destinations.
#[derive(Clone, Default)]
pub struct Destinations {
    /// Those that are configured, by name.
    pub named: BTreeMap<String, BoundDestination>,
    /// Chats.
    pub channels: Vec<Arc<dyn ChannelResolver>>,
    /// The configured one that the operator reads.
    pub operator: Option<String>,
    /// The configured ones that take what is urgent while another takes nothing, by the name of the other. Nowhere a circle.
    pub fallbacks: BTreeMap<String, String>,
}

impl Destinations {
    /// Where what is urgent goes while `name` takes nothing: its fallback, or the fallback of that, the first that is not `down`.
    pub fn fallback(&self, name: &str, down: impl Fn(&str) -> bool) -> Option<&str> {
        let next = |name: &&str| self.fallbacks.get(*name).map(String::as_str);
        // As many steps as there are, so that no circle is followed for ever.
        std::iter::successors(next(&name), next).take(self.fallbacks.len()).find(|name| !down(name))
    }

    /// The destination called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name.
    pub fn find(&self, name: &str) -> Result<BoundDestination> {
        let known = self.named.get(name).cloned().or_else(|| self.channels.iter().find_map(|channels| channels.resolve(name)));
        known.ok_or_else(|| {
            let hint = did_you_mean(name, self.named.keys().map(String::as_str));
            let shown = echo(name, 60);
            let rooms = self.channels.iter().fold(String::new(), |all, channels| all + ", or, as " + channels.shown());
            let sentence = format!("Destination `{shown}` not found.{hint} Name one of [destinations]{rooms}.");
            Error::new(ErrorKind::NotFound, sentence)
        })
    }
}
