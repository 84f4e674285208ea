//! What does Graph say when it refuses? Its code, its words, its id of the request: hostile until cleaned.
//!
//! <https://learn.microsoft.com/graph/errors>

use serde::Deserialize;

use super::token_error::id_of;
use crate::text::{cut, one_line};

/// How much of Graph's own words is shown.
const WORDS_MAX: usize = 200;

/// A refusal, as far as it is read. Everything may be absent, and `code` may be empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GraphErrorResponse {
    error: GraphError,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GraphError {
    code: Option<String>,
    message: Option<String>,
    #[serde(alias = "innererror")]
    #[serde(rename = "innerError")]
    inner: Option<InnerError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

impl GraphErrorResponse {
    /// The refusal in `body`; an empty one when the body says nothing that we read.
    pub fn from_body(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Whether the cloud is one in which Graph does not offer Secure Score. Seen on GCC High as a 401
    /// that is otherwise the one for a bad token: <https://github.com/Galvnyz/M365-Assess/issues/939>
    pub fn names_the_cloud(&self) -> bool {
        [&self.error.code, &self.error.message].into_iter().flatten().any(|words| words.contains("InvalidCloudInstance"))
    }

    /// Graph's code and words, fit to be shown; empty when it gave none.
    pub fn words(&self) -> String {
        let given: Vec<&str> = [&self.error.code, &self.error.message].into_iter().flatten().map(|words| words.trim()).collect();
        let words: Vec<&str> = given.into_iter().filter(|words| !words.is_empty()).collect();
        cut(&one_line(&words.join(": ")), WORDS_MAX).trim_end_matches('.').to_owned()
    }

    /// The same as the end of a sentence; empty when it gave none.
    pub fn quoted(&self) -> String {
        let words = self.words();
        if words.is_empty() { words } else { format!(" Microsoft's message: \"{words}\".") }
    }

    /// Graph's id of the request, by the `header` or else the body.
    pub fn request_id<'a>(&'a self, header: Option<&'a str>) -> Option<&'a str> {
        let inner = || self.error.inner.as_ref()?.request_id.as_deref().and_then(id_of);
        header.and_then(id_of).or_else(inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ids_are_found_and_tamed() {
        let body = r#"{"error":{"code":"","message":"No\n\u202E@everyone.","innererror":{"request-id":"ab-12","date":null}}}"#;
        let refusal = GraphErrorResponse::from_body(body.as_bytes());
        assert_eq!(refusal.words(), "No @everyone");
        assert_eq!(refusal.request_id(None), Some("ab-12"));
        assert_eq!(refusal.request_id(Some("from-header")), Some("from-header"));
        assert_eq!(refusal.request_id(Some("<script>")), Some("ab-12"));
        assert_eq!(GraphErrorResponse::from_body(b"{\"error\":\"text\"}").words(), "");
        assert_eq!(GraphErrorResponse::from_body(b"<html>").request_id(None), None);
    }
}
