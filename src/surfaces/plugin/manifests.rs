//! Where do hosts fetch what they are given? Below `/manifests/`, made once, with the values of this service.

use std::sync::Arc;

use axum::{Router, response::Response, routing::get};
use serde::Serialize;

use super::{super::Ground, document::Document};
use crate::{
    error::{Error, Result},
    manifests::{ALL, File, PATH, PLACEHOLDER_URL, Values},
};

/// A file as the list shows it.
#[derive(Serialize)]
struct Listed {
    host: &'static str,
    path: String,
    summary: &'static str,
    /// Whether it is there: some files need `[entra]` to be configured.
    ready: bool,
}

/// The list, every file, and the OpenAPI document at the place where everybody looks for it.
pub(super) fn routes(ground: &Ground) -> Router {
    let values = Values { entra: ground.entra.clone(), ..Values::at(ground.public_url.as_deref().unwrap_or(PLACEHOLDER_URL)) };
    let (mut router, mut listed) = (Router::new(), Vec::new());
    for host in &ALL {
        for (file, made) in host.shown(&values) {
            let path = format!("{PATH}{}", file.path);
            listed.push(Listed { host: host.name, path: path.clone(), summary: file.summary, ready: made.is_ok() });
            let shown = Arc::new(made.map(|bytes| Document::new(file.content_type, bytes)));
            if is_openapi(file) {
                router = router.route("/openapi.json", handler(&shown));
            }
            router = router.route(&path, handler(&shown));
        }
    }
    let list = serde_json::to_vec(&listed).map(|list| Document::new("application/json", list)).map_err(Error::internal);
    router.route(PATH, handler(&Arc::new(list)))
}

fn is_openapi(file: &File) -> bool {
    file.path == "openapi.json"
}

fn handler<S: Clone + Send + Sync + 'static>(shown: &Arc<Result<Document>>) -> axum::routing::MethodRouter<S> {
    let shown = Arc::clone(shown);
    get(move || std::future::ready(show(&shown)))
}

fn show(shown: &Result<Document>) -> Result<Response> {
    shown.as_ref().map(Document::open).map_err(|error| Error::new(error.kind, error.sentence.clone()).because(error.cause()))
}
