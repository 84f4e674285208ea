//! What happens to every request, whoever answers it? Limits, an id, panics caught, problems written.
//!
//! One function instead of a stack of layers: a remembered answer takes a few microseconds, and each
//! layer would cost a noticeable part of one.

use std::{
    any::Any,
    convert::Infallible,
    fmt::Write as _,
    net::IpAddr,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    BoxError, Router,
    body::{Body, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue, Request, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use tower::Service as _;

use super::{
    connections::network,
    host,
    listener_guard::ListenerGuard,
    oauth_metadata::{ChallengeContext, OauthMetadata},
    problem::{self, RequestRefusal},
};
use crate::{
    error::{Error, Result},
    surfaces::{
        limit::Allowance,
        visit::{ConnectionCallers, Visit},
    },
};

/// The header with the id of a request. It is ours: what a client sends under it is not looked at.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The longest path and query, in bytes. The longest argument is far below it.
const ADDRESS_BYTES_MAX: usize = 16 * 1024;
/// What a header costs on the line beside its name and value: `: ` and the end of the line.
const HEADER_LINE_BYTES: usize = 4;

/// What stands in front of the routes.
pub struct Middleware {
    header_bytes_max: usize,
    body_bytes_max: u64,
    resource: Arc<OauthMetadata>,
    guard: ListenerGuard,
    told: problem::FailureLog,
    ids: RequestIds,
}

impl Middleware {
    /// A middleware for `resource` that lets through headers and bodies of so many bytes, and whom `guard` lets in.
    pub fn new(header_bytes_max: usize, body_bytes_max: usize, resource: Arc<OauthMetadata>, guard: ListenerGuard) -> Result<Self> {
        let (told, ids) = (problem::FailureLog::default(), RequestIds::new()?);
        Ok(Self { header_bytes_max, body_bytes_max: body_bytes_max as u64, resource, guard, told, ids })
    }

    /// Whether all connections come from one proxy.
    pub const fn is_behind_proxy(&self) -> bool {
        self.guard.behind_proxy
    }

    /// The most bytes of headers that it lets through.
    pub const fn header_bytes_max(&self) -> usize {
        self.header_bytes_max
    }

    /// A surface refuses bodies at a path of its own itself, in the words of its protocol and by a limit of its own.
    fn refusal<B: HttpBody>(&self, request: &Request<B>, asked: &ChallengeContext) -> Option<RequestRefusal> {
        let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
        let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_LINE_BYTES).sum();
        if address > ADDRESS_BYTES_MAX {
            Some(RequestRefusal::Address)
        } else if headers > self.header_bytes_max {
            Some(RequestRefusal::Headers)
        } else if request.body().size_hint().lower() > self.body_bytes_max && !asked.is_measured() {
            Some(RequestRefusal::Body)
        } else {
            None
        }
    }
}

/// Takes `request`, which came from `peer` on a connection whose callers are `known`, through the middleware to `router` and its response back out.
pub async fn pass<B>(
    middleware: Arc<Middleware>,
    mut router: Router,
    (peer, known): (IpAddr, Arc<ConnectionCallers>),
    mut request: Request<B>,
) -> Result<Response, Infallible>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let id = middleware.ids.next();
    let held = request.headers().get(header::IF_NONE_MATCH).cloned();
    let named = host::settle(&mut request);
    let mut asked = ChallengeContext::of(request.uri(), request.headers());
    let from = middleware.guard.address(peer, request.headers());
    let visiting = Visit::begin(network(from), known, request.extensions_mut());
    let named = named.and_then(|()| middleware.guard.admit(&asked));
    asked.is_for_us = named.is_ok();
    let mut response = match (named, middleware.refusal(&request, &asked)) {
        (Err(unnamed), _) => unnamed.into_response(),
        (Ok(()), Some(refusal)) => refusal.into_response(),
        (Ok(()), None) => match AssertUnwindSafe(router.call(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Err(panic) => Error::internal(format!("a panic: {}", words(panic.as_ref()))).into_response(),
        },
    };
    if problem::is_problem(&response) {
        middleware.guard.saw(&response, &asked, from, &id);
        response = problem::finish(response, &id, &asked, &middleware.resource, &middleware.told);
    } else if held.is_some_and(|held| names(&held, response.headers())) {
        response = unchanged(response);
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(allowance) = visiting.allowance() {
        rate_limit(headers, allowance);
    }
    Ok(response)
}

/// Says how often the caller may still ask, in the fields of <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/>.
fn rate_limit(headers: &mut HeaderMap, allowance: Allowance) {
    let fields = [
        (RATE_LIMIT_POLICY, format!("\"caller\";q={};w=60", allowance.per_minute)),
        (RATE_LIMIT, format!("\"caller\";r={}", allowance.left)),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// Whether what a client `held` is what the response is about to carry: RFC 9110, section 13.1.2.
fn names(held: &HeaderValue, response: &HeaderMap) -> bool {
    let (Ok(held), Some(Ok(etag))) = (held.to_str(), response.get(header::ETAG).map(HeaderValue::to_str)) else { return false };
    // By meaning, as that section says: a packed answer has a weak name.
    let etag = strong(etag);
    held.split(',').map(str::trim).any(|held| held == "*" || strong(held) == etag)
}

/// A name of bytes without the mark that says that others may mean the same.
fn strong(name: &str) -> &str {
    name.strip_prefix("W/").unwrap_or(name)
}

/// The response to a client that has it already: its headers without what describes the body.
fn unchanged(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.status = problem::UNCHANGED;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    Response::from_parts(parts, Body::empty())
}

/// Two hexadecimal numbers of 32 and 64 bits, and a dash.
const ID_BYTES_MAX: usize = 8 + 1 + 16;

/// Ids of requests: what this process drew at its start, and a count. Unique enough to find a line in a
/// log of many replicas, and much cheaper than a random number each.
struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    fn new() -> Result<Self> {
        Ok(Self { process: getrandom::u32().map_err(Error::internal)?, next: AtomicU64::new(1) })
    }

    fn next(&self) -> HeaderValue {
        let mut id = String::with_capacity(ID_BYTES_MAX);
        let _ = write!(id, "{:08x}-{:x}", self.process, self.next.fetch_add(1, Ordering::Relaxed));
        HeaderValue::from_maybe_shared(Bytes::from(id)).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    async fn panics() {
        panic!("of the test")
    }

    async fn through(request: Request<Body>) -> Response {
        let router = Router::new().route("/panic", get(panics)).route("/named", get(|| async { ([(header::ETAG, "\"one\"")], "body") }));
        let middleware = Middleware::new(1024, 10, Arc::new(OauthMetadata::new(None, false, None)), ListenerGuard::default()).unwrap();
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        pass(Arc::new(middleware), router, (std::net::Ipv4Addr::LOCALHOST.into(), Arc::default()), Request::from_parts(parts, body))
            .await
            .unwrap()
    }

    fn get_with(path: &str, name: HeaderName, value: &str) -> Request<Body> {
        Request::get(path).header(name, value).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_and_the_next_request_is_served() {
        let response = through(Request::get("/panic").body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(through(Request::get("/named").body(Body::empty()).unwrap()).await.status(), 200);
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_before_the_routes() {
        let statuses = [
            through(Request::get(format!("/named?{}", "x".repeat(ADDRESS_BYTES_MAX))).body(Body::empty()).unwrap()).await.status(),
            through(get_with("/named", header::COOKIE, &"x".repeat(1024))).await.status(),
            through(Request::get("/named").body(Body::from("eleven bytes")).unwrap()).await.status(),
        ];
        assert_eq!(statuses.map(|status| status.as_u16()), [414, 431, 413]);
    }

    #[tokio::test]
    async fn what_a_client_has_is_not_sent_again() {
        for held in ["\"one\"", "W/\"one\"", "\"two\", \"one\"", "*"] {
            let response = through(get_with("/named", header::IF_NONE_MATCH, held)).await;
            assert_eq!(response.status(), 304, "{held}");
            assert_eq!(response.headers()[header::ETAG], "\"one\"");
            assert!(axum::body::to_bytes(response.into_body(), 10).await.unwrap().is_empty());
        }
        assert_eq!(through(get_with("/named", header::IF_NONE_MATCH, "\"two\"")).await.status(), 200);
    }

    #[tokio::test]
    async fn ids_differ_and_are_ours() {
        let one = through(get_with("/named", REQUEST_ID, "theirs")).await;
        let ids = RequestIds::new().unwrap();
        assert_ne!(one.headers()[REQUEST_ID], "theirs");
        assert_ne!(ids.next(), ids.next());
    }
}
