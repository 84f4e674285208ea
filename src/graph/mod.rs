//! What does Microsoft Graph say about a tenant? Microsoft Graph, as far as we need it.
//!
//! [`Graph`] reads one tenant: signs in (`token`, by `secret` or `certificate`), asks within Graph's limits
//! (`client`, `throttle`), and turns what comes back into [`crate::score::Reading`]s page by page ([`wire`],
//! `html`). [`read_saved`] does the same for answers that somebody saved. Nobody else speaks to Graph.

mod body;
mod certificate;
mod check;
mod client;
mod error_response;
mod html;
mod raw;
mod read;
mod saved;
mod secret;
mod service_plans;
mod settings;
mod tenant_binding;
mod throttle;
mod token;
mod token_error;
mod validity;
pub mod wire;

pub use certificate::Certificate;
pub use check::{AccessCheck, SCORES};
pub use client::Graph;
pub use raw::{RawAnswer, RawFailure, RawTarget};
pub use read::Progress;
pub use saved::read_saved;
pub use settings::{ClientCredential, CloudEndpoints, GraphSettings, RetryPolicy};
pub use tenant_binding::TenantBinding;
