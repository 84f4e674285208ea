//! How do Entra and Graph say no? Their two error shapes, with the codes that clients branch on.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{now, random_guid};

/// A refusal of the token endpoint.
/// Codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRefusal {
    /// 400 or 401.
    pub status: StatusCode,
    /// The OAuth error, such as `invalid_client`.
    pub error: &'static str,
    /// The number behind `AADSTS`.
    pub code: u32,
    /// Our words for it.
    pub sentence: String,
}

impl SignInRefusal {
    /// The request itself is wrong.
    pub fn request(error: &'static str, code: u32, sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, code, sentence: sentence.into() }
    }

    /// The client did not prove who it is.
    pub fn client(code: u32, sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code, sentence: sentence.into() }
    }
}

impl IntoResponse for SignInRefusal {
    fn into_response(self) -> Response {
        let (trace, correlation) = (random_guid(), random_guid());
        let timestamp = now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": self.error,
            "error_description": format!("AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}", self.code, self.sentence),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        (self.status, Json(body)).into_response()
    }
}

/// A refusal of Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphRefusal {
    /// The status.
    pub status: StatusCode,
    /// Graph's code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
}

impl GraphRefusal {
    /// A refusal without `Retry-After`.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// No token, or one that does not hold.
    pub fn token(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    /// Too much at once. The security workload sends this code without a message.
    pub fn throttled(retry_after: Option<String>) -> Self {
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "UnknownError", "") }
    }

    /// Signed in, without the permission.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", "The app lacks the permission for this operation.")
    }

    /// A query that makes no sense.
    pub fn query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Nothing of that name.
    pub fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("There is no {what}."))
    }

    /// The answer, under the ids of the request.
    pub fn answer(self, request: &str, client_request: &str) -> Response {
        let date = now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let inner = json!({ "date": date, "request-id": request, "client-request-id": client_request });
        let body = json!({ "error": { "code": self.code, "message": self.message, "innerError": inner } });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.retry_after.and_then(|wait| HeaderValue::from_str(&wait).ok()) {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}
