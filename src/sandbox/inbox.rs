//! Where do the demo's posts go? Into an inbox of the sandbox, where anybody on this machine can read the newest.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::Value;

use super::held;

/// Where posts are put and read.
pub const PATH: &str = "/inbox";
/// How many posts are kept.
const KEPT_MAX: usize = 20;

type Posts = Arc<Mutex<VecDeque<Value>>>;

/// `POST` puts one in, `GET` shows them, the newest first.
pub fn routes() -> Router {
    Router::new().route(PATH, get(show).post(put)).with_state(Posts::default())
}

async fn show(State(posts): State<Posts>) -> Json<Vec<Value>> {
    Json(held(&posts).iter().cloned().collect())
}

/// Takes any JSON, whatever its type is called; axum bounds its size at 2 MB.
async fn put(State(posts): State<Posts>, body: axum::body::Bytes) -> StatusCode {
    let Ok(post) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    let mut posts = held(&posts);
    posts.push_front(post);
    posts.truncate(KEPT_MAX);
    StatusCode::ACCEPTED
}
