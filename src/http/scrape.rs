//! Who may read the metrics? They name tenants: this machine, or a key that operates and sees all tenants.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    access::Tenants,
    ask::Ask,
    error::{Error, Kind, Result},
    surfaces::bearer,
};

/// What writes all metrics as Prometheus text.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// `/metrics` for whoever reaches it: for a listener on loopback.
pub fn open(render: Render) -> Router {
    Router::new().route("/metrics", get(move || std::future::ready(text(&render))))
}

/// `/metrics` for a key that operates and sees all tenants.
pub fn guarded(render: Render, ask: Arc<Ask>) -> Router {
    let handler = move |request: Request| std::future::ready(permit(&ask, &request).map(|()| text(&render)));
    Router::new().route("/metrics", get(handler))
}

fn permit(ask: &Ask, request: &Request) -> Result<()> {
    let asker = bearer::asker(ask, request.headers())?;
    if asker.role.operates() && asker.tenants == Tenants::All {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "The metrics name every tenant: they need a key with the role operator that sees all tenants."))
}

fn text(render: &Render) -> Response {
    // The text format's own version, which Prometheus asks for: https://prometheus.io/docs/instrumenting/exposition_formats/
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, render()).into_response()
}
