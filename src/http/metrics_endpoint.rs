//! Who may read the metrics? They name tenants: this machine, whoever has the token for them, or a caller who operates and sees all tenants.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    access::Tenants,
    error::{Error, ErrorKind, Result},
    surfaces::{
        authenticator::{self, Authenticator},
        visit::Visit,
    },
};

/// What writes all metrics as Prometheus text.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// `/metrics` for whoever reaches it: for a listener on loopback.
pub fn open(render: RenderMetrics) -> Router {
    Router::new().route("/metrics", get(move || std::future::ready(text(&render))))
}

/// `/metrics` for whoever shows `token`.
pub fn with_token(render: RenderMetrics, token: &SecretString) -> Router {
    // Hashes are compared: how long that takes says nothing about the token, not even its length.
    let wanted: [u8; 32] = Sha256::digest(token.expose_secret()).into();
    let handler = async move |request: Request| {
        let shown = authenticator::shown(request.headers()).map_err(unknown)?;
        if !bool::from(Sha256::digest(shown).ct_eq(&wanted)) {
            return Err(unknown("This is not the token."));
        }
        if let Some(visit) = Visit::of(request.extensions()) {
            visit.recognise();
        }
        Ok(text(&render))
    };
    Router::new().route("/metrics", get(handler))
}

fn unknown(what: &str) -> Error {
    let sentence = format!("{what} Send the token of `metrics.token` as `Authorization: Bearer <token>`.");
    Error::new(ErrorKind::Unauthenticated, sentence)
}

/// `/metrics` for a caller who operates and sees all tenants.
pub fn guarded(render: RenderMetrics, authenticator: Arc<Authenticator>) -> Router {
    let handler = async move |request: Request| {
        let (parts, _) = request.into_parts();
        permit(&authenticator, &parts.headers, &parts.extensions).await.map(|()| text(&render))
    };
    Router::new().route("/metrics", get(handler))
}

async fn permit(authenticator: &Authenticator, headers: &HeaderMap, extensions: &Extensions) -> Result<()> {
    let asker = authenticator.of(headers, extensions).await?;
    if asker.role.operates() && asker.tenants == Tenants::All {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "The metrics name every tenant: they need the role operator and all tenants."))
}

fn text(render: &RenderMetrics) -> Response {
    // The text format's own version, which Prometheus asks for: https://prometheus.io/docs/instrumenting/exposition_formats/
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, render()).into_response()
}
