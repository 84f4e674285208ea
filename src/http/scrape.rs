//! Who may read the metrics? They name tenants: this machine, or a caller who operates and sees all tenants.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    access::Tenants,
    error::{Error, Kind, Result},
    surfaces::bearer::Callers,
};

/// What writes all metrics as Prometheus text.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// `/metrics` for whoever reaches it: for a listener on loopback.
pub fn open(render: Render) -> Router {
    Router::new().route("/metrics", get(move || std::future::ready(text(&render))))
}

/// `/metrics` for a caller who operates and sees all tenants.
pub fn guarded(render: Render, callers: Arc<Callers>) -> Router {
    let handler = async move |headers: HeaderMap| permit(&callers, &headers).await.map(|()| text(&render));
    Router::new().route("/metrics", get(handler))
}

async fn permit(callers: &Callers, headers: &HeaderMap) -> Result<()> {
    let asker = callers.of(headers).await?;
    if asker.role.operates() && asker.tenants == Tenants::All {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "The metrics name every tenant: they need the role operator and all tenants."))
}

fn text(render: &Render) -> Response {
    // The text format's own version, which Prometheus asks for: https://prometheus.io/docs/instrumenting/exposition_formats/
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, render()).into_response()
}
