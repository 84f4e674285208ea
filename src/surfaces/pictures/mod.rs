//! How do platforms that take no files get pictures? From here, at addresses that nobody guesses and that run out.
//!
//! No login: platforms fetch for their readers. Whatever is wrong with an address, the answer is the same.

mod address;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use jiff::Timestamp;

use super::{Surface, SurfaceContext};
use crate::{
    ask::{AnswerLimiter, Theme},
    error::{Error, ErrorKind, Result},
};

pub use address::Addresses;

/// For a day, and not in caches that several share: who was not given the address shall not find it there.
const CACHED: &str = "private, max-age=86400, immutable";

/// Pictures of posts.
pub const SURFACE: Surface = Surface { routes: Some(routes), ..Surface::named("pictures") };

fn routes(context: &SurfaceContext) -> Router {
    let Some(addresses) = &context.pictures else { return Router::new() };
    let state = (Arc::clone(&context.asking), Arc::clone(addresses));
    Router::new().route(&format!("{}{{file}}", address::PATH), get(picture)).with_state(state)
}

async fn picture(
    State((asking, addresses)): State<(Arc<AnswerLimiter>, Arc<Addresses>)>,
    file: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse> {
    let file = file.map_err(|_| nothing())?;
    let id = addresses.id(&file, query.as_deref().unwrap_or_default(), Timestamp::now()).ok_or_else(nothing)?;
    // Who fetches it shows it on any ground. It brings its own, so that it reads alike on both; and dark on light is less glaring than light on dark.
    let png: Bytes = asking.posted_picture(id, Theme::Dark).await?.ok_or_else(nothing)?;
    Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, CACHED)], png))
}

fn nothing() -> Error {
    Error::new(ErrorKind::NotFound, "There is no picture here, or no longer: the address of a post's picture is good for a week.")
}
