//! Where do people and programs meet us? One folder per surface, and the list of them.
//!
//! A surface carries questions to `ask` and puts the replies into the form of its place. It returns
//! [`crate::error::Error`] as it is: `http/problem.rs` turns it into what HTTP clients see.

mod address;
pub mod authenticator;
mod cell_text;
mod inline;
pub mod limit;
mod progress_log;
mod surface;
mod truncate;
pub mod visit;
mod web_pages;
pub mod webhook_client;

use std::sync::Arc;

use axum::Router;

use crate::{
    ask::Ask,
    config::{ConfigParts, Sections},
    telemetry::SurfaceMetric,
};

pub use surface::{ChatRooms, CheckStep, OwnPath, PathVisitors, RunningSurface, StartSurface, Surface, SurfaceContext};

/// The one list.
macro_rules! surfaces {
    ($($folder:ident),* $(,)?) => {
        $(pub mod $folder;)*
        /// All of them.
        pub const ALL: &[Surface] = &[$($folder::SURFACE),*];
    };
}

surfaces! { plugin, mcp, discord, pictures, slack, teams, mail, webhook, terminal }

/// The rooms of the chats that are configured; `ask` saves what goes on from a post in them.
pub fn rooms(sections: &Sections, ask: &Arc<Ask>) -> Vec<Arc<dyn ChatRooms>> {
    ALL.iter().filter_map(|surface| surface.rooms?(sections, ask)).collect()
}

/// What all surfaces together answer over HTTP.
pub fn routes(context: &SurfaceContext) -> Router {
    ALL.iter().filter_map(|surface| surface.routes).fold(Router::new(), |router, routes| router.merge(routes(context)))
}

/// Taken, and answered in another way: an empty response that says so. `http/problem.rs` gives it its status.
pub struct Accepted;

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
