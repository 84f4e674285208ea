//! What does a request meet before MCP? Who asks, whether it is JSON-RPC at all, and errors that a client can read.
//!
//! The library answers what is wrong with a line of plain text. Here every refusal becomes a JSON-RPC error, so
//! that an assistant's log shows a sentence: <https://www.jsonrpc.org/specification#error_object>.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest as _, Request},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use rmcp::{
    model::ErrorCode,
    transport::streamable_http_server::{StreamableHttpService, session::never::NeverSessionManager},
};

use super::{
    super::authenticator::Authenticator,
    McpServer,
    message::{LATE, TOO_LARGE, UNKNOWN, error, fault},
};
use crate::error::Error;

/// What the answers are, and what the library wants to see accepted; a client need not say the second,
/// since it never gets it from us.
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// How long a message may take to come.
const BODY_TIME_MAX: Duration = Duration::from_secs(5);
/// What the library answers to JSON that it cannot read.
const UNREADABLE: u16 = 415;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The endpoint's parts.
pub(super) struct HttpEndpoint {
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) service: StreamableHttpService<McpServer, NeverSessionManager>,
}

/// Takes `request` to MCP and its answer back.
pub(super) async fn pass(entry: Arc<HttpEndpoint>, mut request: Request) -> Response {
    match entry.authenticator.of(request.headers(), request.extensions()).await {
        Ok(asker) => request.extensions_mut().insert(asker),
        Err(error) => return error.into_response(),
    };
    if request.method() == Method::POST {
        request = match readable(request).await {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
    }
    rpc_response(entry.service.handle(request).await.map(Body::new)).await
}

/// The request with its body at hand, if that is one JSON-RPC message.
async fn readable(request: Request) -> Result<Request, Response> {
    if !is_json(request.headers()) {
        let refused = axum::extract::rejection::MissingJsonContentType::default();
        let what = "This is asked with JSON-RPC: send `Content-Type: application/json`.";
        return Err(rpc_error(refused.into_response(), error(None, ErrorCode::INVALID_REQUEST, what)));
    }
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(header::ACCEPT, ACCEPTED);
    let whole = Request::from_parts(parts.clone(), body);
    let body = match tokio::time::timeout(BODY_TIME_MAX, Bytes::from_request(whole, &())).await {
        Ok(Ok(body)) => body,
        Err(_late) => return Err(rpc_error(Error::bad_arguments(LATE.what).into_response(), LATE.error())),
        Ok(Err(refused)) => return Err(rpc_error(refused.into_response(), TOO_LARGE.error())),
    };
    match fault(&body) {
        None => Ok(Request::from_parts(parts, Body::from(body))),
        Some(fault) => Err(rpc_error(Error::bad_arguments(fault.what).into_response(), fault.error())),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// `response`, with what the library says in plain text as a JSON-RPC error.
async fn rpc_response(response: Response) -> Response {
    /// The library's own sentences are far shorter.
    const SENTENCE_BYTES_MAX: usize = 4 * 1024;
    let fine = response.status().is_success() || is_json(response.headers());
    if fine {
        return response;
    }
    // What is no message was refused before, so this is one that the protocol does not know.
    if response.status().as_u16() == UNREADABLE {
        return rpc_error(Error::bad_arguments(UNKNOWN.what).into_response(), UNKNOWN.error());
    }
    let server_fault = response.status().is_server_error();
    let (parts, body) = response.into_parts();
    let sentence = axum::body::to_bytes(body, SENTENCE_BYTES_MAX).await.unwrap_or_default();
    let sentence = String::from_utf8_lossy(&sentence);
    let bare = Response::from_parts(parts, Body::empty());
    if server_fault {
        tracing::error!(cause = %sentence, "MCP could not answer");
        let what = "Something went wrong inside scorewatch. The log has the cause.";
        return rpc_error(bare, error(None, ErrorCode::INTERNAL_ERROR, what));
    }
    rpc_error(bare, error(None, ErrorCode::INVALID_REQUEST, if sentence.is_empty() { "This is asked with POST." } else { &sentence }))
}

/// The status and headers of `response` with a JSON-RPC `error`.
fn rpc_error(mut response: Response, error: Vec<u8>) -> Response {
    *response.body_mut() = Body::from(error);
    response.extensions_mut().remove::<Arc<Error>>();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
