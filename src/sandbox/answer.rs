//! How does an answer go wrong on its way? Cut, altered or never sent, as a fault says.

use std::{io::ErrorKind, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};

use super::{Shared, faults::InjectedFault};

/// `response` as `fault` lets it through; faults that do not concern the way do nothing here.
pub async fn damaged(response: Response, fault: Option<&InjectedFault>) -> Response {
    match fault {
        Some(&InjectedFault::Flip { byte }) => flipped(response, byte).await,
        Some(&InjectedFault::Cut { after_bytes }) => cut(response, after_bytes).await,
        Some(_) | None => response,
    }
}

async fn flipped(response: Response, byte: usize) -> Response {
    let (parts, body) = response.into_parts();
    let mut bytes = whole(body).await.to_vec();
    let length = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(byte % length) {
        *byte ^= 1;
    }
    Response::from_parts(parts, Body::from(bytes))
}

async fn cut(response: Response, after_bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = whole(body).await;
    parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
    let first = bytes.slice(..after_bytes.min(bytes.len()));
    // The pause lets the head and the first bytes leave before the connection goes.
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(std::io::Error::from(ErrorKind::ConnectionAborted))
    });
    let pieces = stream::iter([Ok(first)]).chain(end);
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// All of a body. Bodies here are made in memory; reading one back cannot fail.
async fn whole(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap_or_default()
}

/// `status` with `body`, whatever they are.
pub fn stated(status: u16, body: &str) -> Response {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body.to_owned()).into_response()
}

/// Answers nothing until the sandbox stops, so that a forgotten asker does not keep it from stopping.
pub async fn hang(shared: &Shared) -> Response {
    let mut stopping = shared.stopping.clone();
    // An error means that the sandbox is gone, which is what we wait for.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
