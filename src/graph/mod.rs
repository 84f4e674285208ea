//! What does Microsoft Graph say about a tenant? Microsoft Graph, as far as we need it.
//!
//! [`Graph`] reads one tenant: signs in (`token`, by `secret` or `certificate`), asks within Graph's limits
//! (`client`, `throttle`), and turns what comes back into [`crate::score::Reading`]s page by page ([`wire`],
//! `html`). [`read_saved`] does the same for answers that somebody saved. Nobody else speaks to Graph.

mod aadsts;
mod body;
mod certificate;
mod check;
mod client;
mod html;
mod read;
mod refusal;
mod saved;
mod secret;
mod settings;
mod throttle;
mod token;
mod validity;
mod whose;
pub mod wire;

pub use certificate::Certificate;
pub use check::{SCORES, Step};
pub use client::Graph;
pub use read::Progress;
pub use saved::read_saved;
pub use settings::{Cloud, Credential, Patience, Settings};
pub use whose::Whose;
