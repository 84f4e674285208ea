//! Which web pages may ask from a browser? Our own, those of this machine, and those that the configuration names.

use axum::http::{HeaderName, HeaderValue, Method, header};
use reqwest::Url;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::SurfaceContext;

/// Their origins. Programs send none and are not concerned.
pub(super) fn origins(context: &SurfaceContext) -> Vec<String> {
    let public = context.public_url.as_deref().and_then(|url| Some(with_port(&Url::parse(url).ok()?)));
    let own = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"].map(ToOwned::to_owned);
    let given = context.mcp.origins.iter().map(|origin| Url::parse(origin).map_or_else(|_| origin.clone(), |url| with_port(&url)));
    own.into_iter().chain(public).chain(given).collect()
}

/// What a browser needs to hear before it lets a page of one of `origins` ask by `method` with `headers`, and which of an answer's the page
/// may read beside the usual ones: <https://fetch.spec.whatwg.org/#http-cors-protocol>.
pub(super) fn cors(origins: Vec<String>, method: Method, headers: &[HeaderName]) -> CorsLayer {
    const READ: [HeaderName; 7] = [
        header::WWW_AUTHENTICATE,
        header::RETRY_AFTER,
        header::ETAG,
        header::LINK,
        HeaderName::from_static("x-request-id"),
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
    ];
    let is_allowed = move |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| origins.iter().any(|known| is_of(origin, known)));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| is_allowed(origin)))
        .allow_methods([method])
        .allow_headers(headers.to_vec())
        .expose_headers(READ)
}

/// Whether a page's `origin` is `known`, whose port `*` stands for any.
fn is_of(origin: &str, known: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let with_its_port = with_port(&url);
    match (known.strip_suffix(":*"), with_its_port.rsplit_once(':')) {
        (Some(known), Some((host, _))) => host == known,
        _ => with_its_port == known,
    }
}

/// The origin of `url` with its port, also where that is the scheme's own: rmcp wants it said.
fn with_port(url: &Url) -> String {
    let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_scheme_host_and_port() {
        assert!(is_of("http://localhost:6274", "http://localhost:*") && is_of("http://localhost", "http://localhost:*"));
        assert!(is_of("https://tools.example", "https://tools.example:443"));
        for other in ["https://tools.example:444", "http://tools.example", "https://tools.example.evil", "null", ""] {
            assert!(!is_of(other, "https://tools.example:443"), "{other}");
        }
        assert!(!is_of("http://localhost.evil:80", "http://localhost:*"));
    }

    #[test]
    fn origins_say_their_port() {
        for (url, origin) in [
            ("https://scores.example.com", "https://scores.example.com:443"),
            ("https://scores.example.com:8443/x", "https://scores.example.com:8443"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(with_port(&Url::parse(url).unwrap()), origin);
        }
    }
}
