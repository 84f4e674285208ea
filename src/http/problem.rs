//! What does an HTTP client see when something goes wrong? A problem (RFC 9457), by one table.
//!
//! The only file that names HTTP statuses, the two below 400 included that are not plain success. Handlers return [`Error`]; whatever carries a status of 400 or
//! more, axum's own responses included, leaves through [`finish`].

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::time::Instant;

use super::{
    log_throttle::{DueLine, LogThrottle},
    oauth_metadata::{ChallengeContext, OauthMetadata},
};
use crate::{
    error::{Error, ErrorKind},
    surfaces::Accepted,
    telemetry,
};

/// What the client has already.
pub const UNCHANGED: StatusCode = StatusCode::NOT_MODIFIED;
/// Where the sorts of problems are described.
pub const PATH: &str = "/problems";
/// When to ask again where nobody knows better.
const AGAIN: Duration = Duration::from_secs(5);

/// A sort of problem.
struct ProblemType {
    /// Its name, under which [`PATH`] describes it.
    name: &'static str,
    kind: ErrorKind,
    status: StatusCode,
    title: &'static str,
    /// What to do, where no sentence says it better.
    advice: &'static str,
}

const fn problem_type(kind: ErrorKind, status: StatusCode, title: &'static str, advice: &'static str) -> ProblemType {
    ProblemType { name: kind.name(), kind, status, title, advice }
}

const fn limit(name: &'static str, status: StatusCode, title: &'static str, advice: &'static str) -> ProblemType {
    ProblemType { name, kind: ErrorKind::BadArguments, status, title, advice }
}

/// The table. For an error its kind decides; for a bare status the first row with it, or the first of its class.
static PROBLEM_TYPES: [ProblemType; 14] = [
    problem_type(ErrorKind::BadArguments, StatusCode::BAD_REQUEST, "The question cannot be understood", "Compare it with /openapi.json."),
    problem_type(
        ErrorKind::Unauthenticated,
        StatusCode::UNAUTHORIZED,
        "Authentication required",
        "Send an API key or an access token as `Authorization: Bearer <it>`.",
    ),
    problem_type(ErrorKind::Forbidden, StatusCode::FORBIDDEN, "Not allowed", "Ask an operator for a role that may."),
    problem_type(ErrorKind::NotFound, StatusCode::NOT_FOUND, "Not found", "/skills lists what can be asked; /openapi.json describes it."),
    problem_type(
        ErrorKind::Internal,
        StatusCode::INTERNAL_SERVER_ERROR,
        "Internal error",
        "The log has the cause under this request's id.",
    ),
    problem_type(ErrorKind::Misconfigured, StatusCode::INTERNAL_SERVER_ERROR, "The service is misconfigured", "Run `scorewatch check`."),
    problem_type(ErrorKind::Upstream, StatusCode::BAD_GATEWAY, "Microsoft did not answer", "Ask again later."),
    problem_type(ErrorKind::NotReady, StatusCode::SERVICE_UNAVAILABLE, "No data yet", "Ask again later."),
    problem_type(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, "Overloaded", "Ask again after the time in Retry-After."),
    problem_type(ErrorKind::TooMany, StatusCode::TOO_MANY_REQUESTS, "Too many requests", "Ask again after the time in Retry-After."),
    limit("method", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "Use a method that Allow lists: questions are asked with GET."),
    limit("body", StatusCode::PAYLOAD_TOO_LARGE, "The request's body is too large", "Ask with GET and a query string; no body is needed."),
    limit("address", StatusCode::URI_TOO_LONG, "The address is too long", "Shorten the arguments."),
    limit(
        "headers",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's headers are too large",
        "Send fewer cookies or a smaller token.",
    ),
];

/// What a request is refused for before anybody looks at what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// Its body is too large.
    Body,
    /// Its address is too long.
    Address,
    /// Its headers are too large.
    Headers,
}

impl IntoResponse for RequestRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Address => StatusCode::URI_TOO_LONG,
            Self::Headers => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
        .into_response()
    }
}

/// An error as a handler returns it: its status, and itself for [`finish`].
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = problem_type_of(self.kind).status;
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

fn problem_type_of(kind: ErrorKind) -> &'static ProblemType {
    PROBLEM_TYPES.iter().find(|problem_type| problem_type.kind == kind).unwrap_or(&PROBLEM_TYPES[4])
}

fn problem_type_for(status: StatusCode) -> &'static ProblemType {
    let class = if status.is_client_error() { &PROBLEM_TYPES[0] } else { &PROBLEM_TYPES[4] };
    PROBLEM_TYPES.iter().find(|problem_type| problem_type.status == status).unwrap_or(class)
}

/// The document that a client sees.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
}

/// Whether `response` needs [`finish`]: all that fail, but for those that say so in JSON of their own. MCP's do.
pub fn is_problem(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    response.status().as_u16() >= 400 && !own
}

/// Makes a problem of `response` to what was `asked` of `resource`, and logs it, under the request's `id`. Headers
/// that it has, such as Allow, stay.
pub fn finish(response: Response, id: &HeaderValue, asked: &ChallengeContext, resource: &OauthMetadata, told: &FailureLog) -> Response {
    let (mut parts, _) = response.into_parts();
    let id = id.to_str().unwrap_or_default();
    let error = parts.extensions.remove::<Arc<Error>>();
    let problem_type = error.as_ref().map_or_else(|| problem_type_for(parts.status), |error| problem_type_of(error.kind));
    log(problem_type, error.as_deref(), id, asked.uri.path(), told);
    let problem = Problem {
        r#type: format!("{PATH}#{}", problem_type.name),
        title: problem_type.title,
        status: parts.status.as_u16(),
        detail: error.as_ref().map_or(problem_type.advice, |error| &error.sentence),
        instance: id,
        kind: problem_type.kind.name(),
        param: error.as_ref().and_then(|error| error.argument()),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A status without an error of ours comes from a library, which had another reason than the caller's credential.
    if let Some(challenge) = error.as_ref().and_then(|error| resource.challenge(error, asked)) {
        // A surface that knows its callers in another way than by what `Authorization` holds has said so.
        parts.headers.entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    if matches!(problem_type.kind, ErrorKind::NotReady | ErrorKind::Throttled | ErrorKind::TooMany) {
        let wait = error.and_then(|error| error.retry_after).unwrap_or(AGAIN);
        // Whole seconds, rounded up: asking early only meets the same answer.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, Body::from(body))
}

/// What the log was told of requests that failed: the same sentence once a minute.
#[derive(Default)]
pub struct FailureLog(LogThrottle<String>);

fn log(problem_type: &ProblemType, error: Option<&Error>, id: &str, path: &str, told: &FailureLog) {
    let (kind, status) = (problem_type.kind.name(), problem_type.status.as_u16());
    telemetry::request_failed(kind);
    let cause = error.map(Error::cause).unwrap_or_default();
    let sentence = error.map_or(problem_type.title, |error| &error.sentence);
    match problem_type.kind {
        ErrorKind::Internal | ErrorKind::Misconfigured => tracing::error!(request = id, path, kind, status, cause, "{sentence}"),
        // Whoever calls often enough brings these about: nobody shall fill the log with them.
        ErrorKind::Upstream | ErrorKind::Throttled => match told.0.tell(sentence.to_owned(), Instant::now()) {
            Some(DueLine::One(times) | DueLine::Others(times)) => {
                tracing::warn!(request = id, path, kind, status, times, cause, "{sentence}");
            }
            None => tracing::debug!(request = id, path, kind, status, cause, "{sentence}"),
        },
        // Whoever guards the place wants to see who may not; credentials that were refused are told by `listener_guard`.
        ErrorKind::Forbidden if !cause.is_empty() => {
            tracing::info!(request = id, path, kind, status, cause, "{sentence}");
        }
        ErrorKind::BadArguments
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::NotReady
        | ErrorKind::TooMany => {
            tracing::debug!(request = id, path, kind, status, cause, "{sentence}");
        }
    }
}

/// The table for people: what [`PATH`] shows.
pub fn page() -> String {
    let rows = PROBLEM_TYPES.iter().map(|problem_type| {
        format!("{}: {} ({}). {}\n", problem_type.name, problem_type.title, problem_type.status.as_u16(), problem_type.advice)
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Uri};

    use super::*;

    fn finished(response: impl IntoResponse) -> Response {
        let asked = ChallengeContext::of(&Uri::from_static("/"), &HeaderMap::new());
        finish(
            response.into_response(),
            &HeaderValue::from_static("id-1"),
            &asked,
            &OauthMetadata::new(None, false, None),
            &FailureLog::default(),
        )
    }

    #[test]
    fn every_kind_has_its_own_row() {
        let statuses = ErrorKind::ALL.map(|kind| finished(Error::new(kind, "x")).status().as_u16());
        assert_eq!(statuses, [400, 401, 403, 404, 503, 503, 429, 502, 500, 500]);
        assert!(ErrorKind::ALL.iter().all(|kind| problem_type_of(*kind).kind == *kind));
    }

    #[test]
    fn waiting_is_reported_in_whole_seconds_and_who_is_asked_for() {
        let wait = finished(Error::new(ErrorKind::Throttled, "x").retry_after(Duration::from_millis(1200)));
        assert_eq!(wait.headers()[header::RETRY_AFTER], "2");
        assert_eq!(finished(Error::new(ErrorKind::NotReady, "x")).headers()[header::RETRY_AFTER], "5");
        assert!(finished(Error::new(ErrorKind::Unauthenticated, "x")).headers().contains_key(header::WWW_AUTHENTICATE));
        for other in [finished(Error::new(ErrorKind::NotFound, "x")), finished(StatusCode::FORBIDDEN), finished(StatusCode::UNAUTHORIZED)] {
            assert!(!other.headers().contains_key(header::WWW_AUTHENTICATE));
        }
    }

    #[test]
    fn what_fails_in_json_of_its_own_is_left_alone() {
        let failed = |kind: &'static str| (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, kind)], "{}").into_response();
        assert!(!is_problem(&failed("application/json")) && !is_problem(&failed("application/json; charset=utf-8")));
        assert!(is_problem(&failed("text/plain")) && is_problem(&failed("application/jsonl")));
        assert!(is_problem(&Error::new(ErrorKind::Forbidden, "x").into_response()));
    }

    #[tokio::test]
    async fn a_bare_status_becomes_a_problem_and_the_cause_stays_inside() {
        let bare = finished(StatusCode::IM_A_TEAPOT);
        assert_eq!(bare.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(finished(Error::internal("secret cause")).into_body(), 4096).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&problem["status"], &problem["instance"], &problem["type"]),
            (&500.into(), &"id-1".into(), &"/problems#internal".into())
        );
        assert!(!String::from_utf8_lossy(&body).contains("secret cause"));
    }
}
