//! How do AI assistants ask over the Model Context Protocol? Stateless HTTP at `/mcp`, and stdio on a workstation.
//!
//! One endpoint serves every revision from 2024-11-05 to 2026-07-28 without sessions: nothing is kept between
//! two requests, so any replica can answer any of them and there is no session table to fill up.

mod http;
mod message;
mod prompts;
mod server;
mod stdio;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, Method, header},
    routing::any,
};
use reqwest::Url;
use rmcp::transport::{
    self as transport,
    streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager},
};

use super::{OwnPath, PathVisitors, Surface, SurfaceContext, web_pages};
use crate::{
    access::Asker,
    ask::AnswerLimiter,
    error::{Error, Result},
};
use http::HttpEndpoint;
use server::McpServer;

/// Where it is reached.
pub const PATH: &str = "/mcp";
/// How an assistant on this machine is called in usage and logs.
const DESK: &str = "desk";
/// This machine, under every name that it has for itself; rmcp compares hosts without their ports.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What an operator decides about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct McpSettings {
    /// Whether answers also come as structured content, and tools say its schema.
    pub structured: bool,
    /// Hosts, beside the public one and this machine's, that requests may name: `host` or `host:port`.
    pub hosts: Vec<String>,
    /// Web pages that may ask from a browser, beside our own: `https://host`.
    pub origins: Vec<String>,
}

/// The MCP endpoint.
pub const SURFACE: Surface = Surface {
    caller_prefix: Some(DESK),
    paths: &[OwnPath { path: PATH, visitors: PathVisitors::TokenHolders }],
    routes: Some(routes),
    ..Surface::named("mcp")
};

fn routes(context: &SurfaceContext) -> Router {
    const HEADERS: [HeaderName; 6] = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::ACCEPT,
        HeaderName::from_static("mcp-protocol-version"),
        HeaderName::from_static("mcp-method"),
        HeaderName::from_static("mcp-name"),
    ];
    let server = McpServer::over_http(Arc::clone(&context.asking), context.mcp.structured);
    let origins = web_pages::origins(context);
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(context.body_bytes_max)
        .with_allowed_hosts(hosts(context))
        .with_allowed_origins(origins.iter().cloned())
        .enforce_origin_validation();
    let service = StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    let entry = Arc::new(HttpEndpoint { authenticator: Arc::clone(&context.authenticator), service });
    let limit = DefaultBodyLimit::max(context.body_bytes_max);
    Router::new().route(PATH, any(move |request| http::pass(entry, request))).layer(limit).layer(web_pages::cors(
        origins,
        Method::POST,
        &HEADERS,
    ))
}

/// Serves one assistant on standard input and output until it hangs up. It sees what the person at this
/// machine's command line sees. Where something is `missing` without which nothing can be asked, that is what each call is answered with.
///
/// # Errors
/// An assistant that does not speak the protocol.
pub async fn serve_stdio(asking: Arc<AnswerLimiter>, structured: bool, missing: Option<Error>) -> Result<()> {
    use rmcp::service::ServerInitializeError;
    let (input, output) = transport::stdio();
    let lines = stdio::lines(input, output);
    let server = McpServer::for_one(asking, structured, Arc::new(Asker { name: DESK.into(), ..Asker::local() }), missing);
    let running = match rmcp::serve_server(server, (lines.messages, lines.answers)).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => {
            let sentence = "This is for an assistant that speaks the Model Context Protocol; it received something else. docs/assistants/mcp-clients.md shows how to add it to one.";
            return Err(Error::bad_arguments(sentence).because(error));
        }
    };
    running.waiting().await.map_err(Error::internal)?;
    lines.writing.await.map_err(Error::internal)?.map_err(Error::internal)
}

/// The hosts that a request may name: anything else may be a web page's attempt to reach a machine behind it.
fn hosts(context: &SurfaceContext) -> Vec<String> {
    let public = context.public_url.as_deref().and_then(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
    let loopback = LOOPBACK.map(ToOwned::to_owned);
    loopback.into_iter().chain(public).chain(context.mcp.hosts.iter().cloned()).collect()
}
