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

pub mod mail;

use std::sync::Arc;

use axum::Router;

use crate::{ask::AnswerLimiter, manifests::EntraValues};
use authenticator::Authenticator;

/// The one list.
macro_rules! surfaces {
    ($($folder:ident),* $(,)?) => {
        $(pub mod $folder;)*
        const ALL: &[Surface] = &[$($folder::SURFACE),*];
    };
}

surfaces! { plugin, mcp, discord, pictures, slack, teams, webhook, terminal }

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

/// A place where questions come from, or posts go.
pub struct Surface {
    /// Its name in metrics and logs.
    pub name: &'static str,
    /// What it answers over HTTP, unless it is met elsewhere.
    pub routes: Option<fn(&SurfaceContext) -> Router>,
}
