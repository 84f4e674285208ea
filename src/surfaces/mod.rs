//! Where do people and programs meet us? One folder per surface, and the list of them.
//!
//! A surface carries questions to `ask` and puts the replies into the form of its place. It returns
//! [`crate::error::Error`] as it is: `http/problem.rs` turns it into what HTTP clients see.

mod address;
pub mod answer_limiter;
pub mod authenticator;
mod cell_text;
mod inline;
mod limit;
pub mod sending;
mod truncate;
pub mod visit;

pub mod mail;

use std::sync::Arc;

use axum::Router;

use crate::manifests::EntraValues;
use answer_limiter::AnswerLimiter;
use authenticator::Authenticator;

/// The one list.
macro_rules! surfaces {
    ($($folder:ident),* $(,)?) => {
        $(pub mod $folder;)*
        /// What all surfaces together answer over HTTP.
        pub fn routes(context: &SurfaceContext) -> Router {
            Router::new()$(.merge(<$folder::Surface as Surface>::routes(context)))*
        }
    };
}

surfaces! { plugin, mcp, discord, pictures, slack, teams, webhook, terminal }

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
    pub mcp: mcp::Settings,
    /// The Entra application that people sign in to, for the files that hosts are given.
    pub entra: Option<EntraValues>,
    /// Where pictures of posts can be fetched, where the outside reaches us.
    pub pictures: Option<Arc<pictures::Addresses>>,
    /// The bot, where there is one.
    pub discord: Option<Arc<discord::Discord>>,
}

/// Taken, and answered in another way: an empty response that says so. `http/problem.rs` gives it its status.
pub struct Accepted;

/// A place where questions come from.
pub trait Surface {
    /// Its name in metrics and logs.
    const NAME: &'static str;

    /// What it answers over HTTP: nothing, for a surface that is met elsewhere.
    fn routes(_ground: &SurfaceContext) -> Router {
        Router::new()
    }
}
