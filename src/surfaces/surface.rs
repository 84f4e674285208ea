//! What is a surface to the rest of the program? What it declares, and the traits by which one that runs is met; nobody else names a platform.

use std::{fmt, sync::Arc};

use axum::Router;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{authenticator::Authenticator, mcp::McpSettings, pictures};
use crate::{
    ask::{AnswerLimiter, Ask},
    config::{ConfigSection, DestinationKind, Sections},
    delivery::ChannelResolver,
    error::Result,
    manifests::EntraValues,
    operations::Operations,
    posting::Owners,
    telemetry::SurfaceMetric,
};

/// A place where questions come from, or posts go, and all that the rest of the program must know of it.
pub struct Surface {
    /// Its name in metrics and logs.
    pub name: &'static str,
    /// How the names of callers begin whom it vouches for itself; no key may be called so.
    pub caller_prefix: Option<&'static str>,
    /// The paths that the listener leaves to it.
    pub paths: &'static [OwnPath],
    /// What it measures of itself while it runs.
    pub metrics: &'static [SurfaceMetric],
    /// Its section of the configuration.
    pub section: Option<&'static ConfigSection>,
    /// The kinds of destinations that it sends to.
    pub kinds: &'static [DestinationKind],
    /// What it answers over HTTP whatever is configured, unless it is met elsewhere.
    pub routes: Option<fn(&SurfaceContext) -> Router>,
    /// Its rooms, where it is a chat that is configured.
    pub rooms: Option<FindRooms>,
    /// Tries what is configured of it, for `scorewatch check`.
    pub check: Option<CheckSections>,
}

/// The rooms of a chat that is configured; what goes on from a post in them is saved by [`Ask`].
type FindRooms = fn(&Sections, &Arc<Ask>) -> Option<Arc<dyn ChatRooms>>;

/// What is found of a surface that is configured.
type CheckSections = for<'s> fn(&'s Sections) -> BoxFuture<'s, Vec<CheckStep>>;

impl Surface {
    /// One that declares nothing but its name.
    pub const fn named(name: &'static str) -> Self {
        Self { name, caller_prefix: None, paths: &[], metrics: &[], section: None, kinds: &[], routes: None, rooms: None, check: None }
    }
}

/// A path whose requests the listener leaves to the surface, which minds the size of their bodies itself.
pub struct OwnPath {
    /// The path.
    pub path: &'static str,
    /// Who comes there.
    pub visitors: PathVisitors,
}

/// Who comes to a path of a surface's own.
pub enum PathVisitors {
    /// Programs that find their way to an access token by its own metadata (RFC 9728). All below the path is a part of it.
    TokenHolders,
    /// A platform that signs the body as it sends it, in this header.
    Platform {
        /// The header, in small letters.
        signature: &'static str,
    },
}

impl OwnPath {
    pub(super) fn takes(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.path);
        below.is_some_and(|below| below.is_empty() || matches!(self.visitors, PathVisitors::TokenHolders) && below.starts_with('/'))
    }
}

/// What a surface stands on.
pub struct SurfaceContext {
    /// The way to ask.
    pub asking: Arc<AnswerLimiter>,
    /// The way to change something.
    pub operations: Arc<Operations>,
    /// Who may ask over HTTP.
    pub authenticator: Arc<Authenticator>,
    /// Where the outside reaches us, without a slash at the end: `https://score.example.org`.
    pub public_url: Option<String>,
    /// How many bytes the body of a request may have.
    pub body_bytes_max: usize,
    /// What an operator decided about MCP.
    pub mcp: McpSettings,
    /// The Entra application that people sign in to, for the files that hosts are given.
    pub entra: Option<EntraValues>,
    /// Where pictures of posts can be fetched, where the outside reaches us.
    pub pictures: Option<Arc<pictures::Addresses>>,
}

/// The rooms of a chat that we post into, and which of its people defined what. They are there before the chat is answered: what is posted needs them.
pub trait ChatRooms: ChannelResolver + StartSurface {
    /// The platform, and who says what its people still may who defined a digest there.
    fn owners(&self) -> (&'static str, Arc<dyn Owners>);

    /// The same, where the grants of `sections` say who reads there; nobody without any. What speaks with the platform stays the same.
    fn regranted(&self, sections: &Sections) -> Arc<dyn ChatRooms>;
}

/// What a surface can be started from.
pub trait StartSurface: fmt::Debug + Send + Sync {
    /// Prepares it. Nothing is connected and nobody is answered yet.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Misconfigured`] for settings that cannot work.
    fn start(&self, context: &SurfaceContext) -> Result<Arc<dyn RunningSurface>>;
}

/// A surface that has more to it than routes: it keeps a connection, answers whom grants name, and measures itself.
pub trait RunningSurface: Send + Sync {
    /// What it answers over HTTP.
    fn routes(&self) -> Router {
        Router::new()
    }

    /// How it stands, in the numbers that it declares.
    fn measured(&self) -> Vec<(SurfaceMetric, u64)> {
        Vec::new()
    }

    /// Answers those to whom the grants of `sections` give something from now on, and nobody else.
    fn reload(&self, sections: &Sections);

    /// Does what it does by itself until `stopped`; then lets running answers end.
    fn run(self: Arc<Self>, stopped: watch::Receiver<bool>) -> BoxFuture<'static, ()>;
}

/// A step of `scorewatch check`.
pub struct CheckStep {
    /// What was looked at; nothing where the surface has one step alone.
    pub what: Option<String>,
    /// What was found there, or what is wrong and what to do.
    pub found: Result<String>,
    /// What is odd, but no failure, and what to do.
    pub remark: Option<String>,
}

impl CheckStep {
    /// A step that looked at `what`.
    pub fn of(what: impl Into<String>, found: Result<String>) -> Self {
        Self { what: Some(what.into()), found, remark: None }
    }
}
