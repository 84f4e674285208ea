//! Where do hosts fetch what they are given? Below `/manifests/`, with the values of this service.
//!
//! Each file is made when it is first asked for: most servers are asked for one or two of them, ever.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use serde::Serialize;

use super::{super::SurfaceContext, document::Document};
use crate::manifests::{ALL, HostFile, PATH, PLACEHOLDER_URL, Values};

/// Where everybody looks for the description of an API.
const OPENAPI: &str = "openapi.json";

/// A file as the list shows it.
#[derive(Serialize)]
struct ManifestListing {
    host: &'static str,
    path: String,
    summary: &'static str,
    /// Whether it can be used as it is: some files need `server.public_url`, `[entra]`, or an id that only
    /// `scorewatch manifest` can be given.
    ready: bool,
}

/// The list, every file, and the OpenAPI document also where everybody looks for it.
pub(super) fn routes(context: &SurfaceContext) -> Router {
    let values = Values { entra: context.entra.clone(), ..Values::at(context.public_url.as_deref().unwrap_or(PLACEHOLDER_URL)) };
    let (mut router, mut list) = (Router::new(), Vec::new());
    for host in &ALL {
        let shown_with = Arc::new(host.shown_with(&values));
        for file in host.files {
            let path = format!("{PATH}{}", file.path);
            let method = method(file, &shown_with);
            if file.path == OPENAPI {
                router = router.route("/openapi.json", method.clone());
            }
            router = router.route(&path, method);
            list.push(ManifestListing { host: host.name, path, summary: file.summary, ready: host.is_ready(&values) });
        }
    }
    let list = Document::new("application/json", serde_json::to_vec(&list).unwrap_or_default());
    let list = get(move || std::future::ready(list.open()));
    router.route(PATH, list.clone()).route(PATH.trim_end_matches('/'), list)
}

/// Answers with `file`, made once.
fn method(file: &'static HostFile, values: &Arc<Values>) -> MethodRouter {
    let (values, made) = (Arc::clone(values), Arc::new(OnceLock::<Document>::new()));
    get(move || {
        let shown = match made.get() {
            Some(document) => Ok(document.open()),
            None => file.made(&values).map(|bytes| made.get_or_init(|| Document::new(file.content_type, bytes)).open()),
        };
        std::future::ready(shown)
    })
}
