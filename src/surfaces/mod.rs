//! Where do people and programs meet us? One folder per surface, and the list of them.
//!
//! A surface carries questions to `ask` and puts the replies into the form of its place. It returns
//! [`crate::error::Error`] as it is: `http/problem.rs` turns it into what HTTP clients see.

mod address;
pub mod authenticator;
mod cell_text;
mod inline;
mod limit;
mod truncate;
pub mod visit;
pub mod webhook_client;

use std::sync::Arc;

use axum::Router;

use crate::{
    ask::AnswerLimiter,
    config::{ConfigParts, ConfigSection, DestinationKind},
    manifests::EntraValues,
    telemetry::SurfaceMetric,
};
use authenticator::Authenticator;

/// The one list.
macro_rules! surfaces {
    ($($folder:ident),* $(,)?) => {
        $(pub mod $folder;)*
        const ALL: &[Surface] = &[$($folder::SURFACE),*];
    };
}

surfaces! { plugin, mcp, discord, pictures, slack, teams, mail, webhook, terminal }

/// What all surfaces together answer over HTTP.
pub fn routes(context: &SurfaceContext) -> Router {
    ALL.iter().filter_map(|surface| surface.routes).fold(Router::new(), |router, routes| router.merge(routes(context)))
}

/// What a surface stands on.
pub struct SurfaceContext {
    /// The way to ask.
    pub asking: Arc<AnswerLimiter>,
    /// Who may ask over HTTP.
    pub authenticator: Arc<Authenticator>,
    /// Where the outside reaches us, without a slash at the end: `https://score.example.org`.
    pub public_url: Option<String>,
    /// How many bytes the body of a request may have.
    pub body_bytes_max: usize,
    /// What an operator decided about MCP.
    pub mcp: mcp::McpSettings,
    /// The Entra application that people sign in to, for the files that hosts are given.
    pub entra: Option<EntraValues>,
    /// Where pictures of posts can be fetched, where the outside reaches us.
    pub pictures: Option<Arc<pictures::Addresses>>,
    /// The bot, where there is one.
    pub discord: Option<Arc<discord::DiscordBot>>,
}

/// Taken, and answered in another way: an empty response that says so. `http/problem.rs` gives it its status.
pub struct Accepted;

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
    /// What it answers over HTTP, unless it is met elsewhere.
    pub routes: Option<fn(&SurfaceContext) -> Router>,
}

impl Surface {
    /// One that declares nothing but its name.
    pub const fn named(name: &'static str) -> Self {
        Self { name, caller_prefix: None, paths: &[], metrics: &[], section: None, kinds: &[], routes: None }
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
    fn takes(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.path);
        below.is_some_and(|below| below.is_empty() || matches!(self.visitors, PathVisitors::TokenHolders) && below.starts_with('/'))
    }
}

/// What surfaces have in the configuration.
pub fn config_parts() -> ConfigParts {
    ConfigParts {
        sections: ALL.iter().filter_map(|surface| surface.section).collect(),
        kinds: ALL.iter().flat_map(|surface| surface.kinds).collect(),
    }
}

/// All paths that the listener leaves to surfaces.
pub fn own_paths() -> impl Iterator<Item = &'static OwnPath> {
    ALL.iter().flat_map(|surface| surface.paths)
}

/// What a surface declares of `path`, if it is its own.
pub fn own_path(path: &str) -> Option<&'static OwnPath> {
    own_paths().find(|own| own.takes(path))
}

/// How callers begin for whom a surface vouches itself.
pub fn caller_prefixes() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter_map(|surface| surface.caller_prefix)
}

/// What surfaces measure of themselves.
pub fn metrics() -> impl Iterator<Item = &'static SurfaceMetric> {
    ALL.iter().flat_map(|surface| surface.metrics)
}
