//! How is a file that rarely changes handed out? With a name for its bytes, so that it travels once.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ask::etag_of;

/// A file with its name.
#[derive(Clone)]
pub(super) struct Document {
    bytes: Bytes,
    etag: Bytes,
    content_type: &'static str,
}

impl Document {
    /// A document of `content_type`.
    pub(super) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let etag = etag_of(&Sha256::digest(&bytes));
        Self { bytes, etag: Bytes::from(etag), content_type }
    }

    /// For anybody.
    pub(super) fn open(&self) -> Response {
        self.respond(HeaderValue::from_static("public, no-cache"))
    }

    /// For this asker only.
    pub(super) fn closed(&self) -> Response {
        let mut response = self.respond(HeaderValue::from_static("private, no-cache"));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization"));
        response
    }

    fn respond(&self, cache_control: HeaderValue) -> Response {
        let mut response = Response::new(Body::from(self.bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, cache_control);
        if let Ok(etag) = HeaderValue::from_maybe_shared(self.etag.clone()) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}
