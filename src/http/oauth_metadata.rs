//! What is protected here, and who gives tokens for it? Metadata of RFC 9728, and the challenges that point to it.
//!
//! MCP clients find their way from a challenge to the metadata and from there to Microsoft Entra:
//! <https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization>

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use arc_swap::ArcSwapOption;
use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Uri, header, uri::Authority},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

use crate::{
    access::entra::EntraSettings,
    error::{Error, ErrorKind, Result},
    surfaces::{OwnPath, PathVisitors, own_path, own_paths},
    text::is_loopback,
};

/// Where the metadata of everything here is.
const PATH: &str = "/.well-known/oauth-protected-resource";

/// What is protected here.
pub struct OauthMetadata {
    public_url: Option<String>,
    scheme: &'static str,
    tokens: ArcSwapOption<AcceptedTokens>,
}

/// The access tokens that open it.
struct AcceptedTokens {
    authorization_servers: Vec<String>,
    scopes: Vec<String>,
}

/// What a challenge must know of the request that it answers.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the request, in any combination")]
pub struct ChallengeContext {
    /// Where it went.
    pub uri: Uri,
    host: Option<HeaderValue>,
    /// Whether it shows who asks.
    pub credential: bool,
    /// Whether that has the dots of an access token.
    pub token: bool,
    /// What a surface declares of its path, if it is that surface's own.
    own: Option<&'static OwnPath>,
    /// Whether it claims to be a platform's call.
    pub signed: bool,
    /// Whether it is for us: by another name of ours than may be, no credential helps.
    pub is_for_us: bool,
}

impl ChallengeContext {
    /// Remembers it of a request.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let credential = headers.get(header::AUTHORIZATION);
        let token = credential.is_some_and(|value| value.as_bytes().iter().filter(|byte| **byte == b'.').nth(1).is_some());
        let (credential, own) = (credential.is_some(), own_path(uri.path()));
        let signed = match own.map(|own| &own.visitors) {
            Some(PathVisitors::Platform { signature }) => headers.contains_key(*signature),
            Some(PathVisitors::TokenHolders) | None => false,
        };
        Self { uri: uri.clone(), host: headers.get(header::HOST).cloned(), credential, token, own, signed, is_for_us: true }
    }

    /// Under which name the client reached us: what it says, so nothing to rely on.
    pub fn host(&self) -> Option<Authority> {
        let host = self.host.as_ref().and_then(|host| host.to_str().ok()?.parse().ok());
        self.uri.authority().cloned().or(host)
    }

    /// The path whose metadata says how to get a token for it; empty for that of everything here.
    fn resource(&self) -> &'static str {
        self.own.and_then(resource).unwrap_or_default()
    }

    /// Whether whoever serves it minds the size of bodies itself.
    pub const fn is_measured(&self) -> bool {
        self.own.is_some()
    }
}

/// The path of a surface that has metadata of its own.
const fn resource(own: &OwnPath) -> Option<&'static str> {
    match own.visitors {
        PathVisitors::TokenHolders => Some(own.path),
        PathVisitors::Platform { .. } => None,
    }
}

impl OauthMetadata {
    /// What others reach at `public_url`, and locally with or without TLS; opened by tokens as `entra` says.
    pub fn new(public_url: Option<String>, tls: bool, entra: Option<&EntraSettings>) -> Self {
        let metadata = Self { public_url, scheme: if tls { "https" } else { "http" }, tokens: ArcSwapOption::empty() };
        metadata.opened_by(entra);
        metadata
    }

    /// Is opened by tokens as `entra` says from now on.
    pub fn opened_by(&self, entra: Option<&EntraSettings>) {
        self.tokens.store(entra.map(|settings| {
            Arc::new(AcceptedTokens {
                authorization_servers: settings.sign_in_directories().iter().map(|directory| settings.authority.of(directory)).collect(),
                scopes: settings.scopes().into_iter().collect(),
            })
        }));
    }

    /// The addresses of the metadata; none where no token opens anything.
    pub fn routes(self: Arc<Self>) -> Router {
        if self.tokens.load().is_none() {
            return Router::new();
        }
        let answer = |below: &'static str| {
            let resource = Arc::clone(&self);
            get(move |request: Request| {
                std::future::ready(resource.metadata(below, &ChallengeContext::of(request.uri(), request.headers())))
            })
        };
        let everything = Router::new().route(PATH, answer(""));
        own_paths().filter_map(resource).fold(everything, |router, below| router.route(&format!("{PATH}{below}"), answer(below)))
    }

    /// Where we are reached: as configured, or as the client says if it is on this machine.
    fn base(&self, asked: &ChallengeContext) -> Option<Cow<'_, str>> {
        if let Some(url) = &self.public_url {
            return Some(Cow::Borrowed(url));
        }
        let host = asked.host().filter(|host| is_loopback(host.host()) && !host.as_str().contains('@'))?;
        Some(Cow::Owned(format!("{}://{host}", self.scheme)))
    }

    fn metadata(&self, below: &'static str, asked: &ChallengeContext) -> Result<Response> {
        let (Some(tokens), Some(base)) = (self.tokens.load_full(), self.base(asked)) else {
            let sentence = "This service does not know its public address, so it cannot publish its metadata. Set `server.public_url`.";
            return Err(Error::new(ErrorKind::NotFound, sentence));
        };
        let metadata = ResourceMetadata {
            resource: format!("{base}{below}"),
            authorization_servers: &tokens.authorization_servers,
            scopes_supported: &tokens.scopes,
            bearer_methods_supported: ["header"],
            resource_name: "scorewatch",
        };
        // A page in a browser that may ask finds its way here first; nothing in it is secret.
        let headers = [(header::CACHE_CONTROL, "no-cache"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
        Ok((headers, Json(metadata)).into_response())
    }

    /// How to show who is asking, after `error`: RFC 6750, section 3. `None` when that is not what is missing.
    pub fn challenge(&self, error: &Error, asked: &ChallengeContext) -> Option<HeaderValue> {
        if !asked.is_for_us {
            return None;
        }
        let why = match error.kind {
            ErrorKind::Unauthenticated if asked.credential => r#", error="invalid_token""#,
            ErrorKind::Unauthenticated => "",
            ErrorKind::Forbidden => r#", error="insufficient_scope""#,
            ErrorKind::BadArguments
            | ErrorKind::NotFound
            | ErrorKind::NotReady
            | ErrorKind::Throttled
            | ErrorKind::TooMany
            | ErrorKind::Upstream
            | ErrorKind::Misconfigured
            | ErrorKind::Internal => return None,
        };
        let mut challenge = format!(r#"Bearer realm="scorewatch"{why}"#);
        // A key that may not do something is not helped by a token that may do as little.
        let helps = error.kind != ErrorKind::Forbidden || asked.token;
        if let Some(tokens) = self.tokens.load().as_ref().filter(|_| helps) {
            if !tokens.scopes.is_empty() {
                let _ = write!(challenge, r#", scope="{}""#, tokens.scopes.join(" "));
            }
            if let Some(base) = self.base(asked) {
                let below = asked.resource();
                let _ = write!(challenge, r#", resource_metadata="{base}{PATH}{below}""#);
            }
        }
        HeaderValue::try_from(challenge).ok()
    }
}

/// The metadata, as RFC 9728 names its members.
#[derive(Serialize)]
struct ResourceMetadata<'a> {
    resource: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    authorization_servers: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes_supported: &'a [String],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{
        Role, Tenants,
        entra::{Authority, EntraGrant},
    };

    const DIRECTORY: &str = "11111111-1111-4111-8111-111111111111";

    fn resource(public_url: Option<&str>, scope: Option<&str>) -> OauthMetadata {
        let (scope, app_role) = (scope.map(Into::into), Some("Score.Read.All".to_owned()));
        let grant = EntraGrant { directory: DIRECTORY.to_uppercase(), scope, app_role, role: Role::Reader, tenants: Tenants::All };
        let settings = EntraSettings::new(DIRECTORY, Authority::named("global").unwrap(), vec![grant]);
        OauthMetadata::new(public_url.map(Into::into), false, Some(&settings))
    }

    fn asked(path: &str, host: &str, credential: bool) -> ChallengeContext {
        ChallengeContext {
            uri: path.parse().unwrap(),
            host: Some(host.parse().unwrap()),
            credential,
            token: credential,
            own: own_path(path),
            signed: false,
            is_for_us: true,
        }
    }

    fn challenge(resource: &OauthMetadata, kind: ErrorKind, asked: &ChallengeContext) -> Option<String> {
        resource.challenge(&Error::new(kind, "x"), asked).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_challenge_says_what_is_missing_and_where_to_get_it() {
        let resource = resource(Some("https://score.example"), Some("Score.Read"));
        let scope = format!(r#"scope="api://{DIRECTORY}/Score.Read""#);
        let metadata = r#"resource_metadata="https://score.example/.well-known/oauth-protected-resource"#;
        let elsewhere = |path: &str, credential| asked(path, "evil.example", credential);
        assert_eq!(
            challenge(&resource, ErrorKind::Unauthenticated, &elsewhere("/skills", false)),
            Some(format!(r#"Bearer realm="scorewatch", {scope}, {metadata}""#))
        );
        assert_eq!(
            challenge(&resource, ErrorKind::Unauthenticated, &elsewhere("/mcp", true)),
            Some(format!(r#"Bearer realm="scorewatch", error="invalid_token", {scope}, {metadata}/mcp""#))
        );
        assert_eq!(
            challenge(&resource, ErrorKind::Forbidden, &elsewhere("/mcp/x", true)),
            Some(format!(r#"Bearer realm="scorewatch", error="insufficient_scope", {scope}, {metadata}/mcp""#))
        );
        assert!(!challenge(&resource, ErrorKind::Unauthenticated, &elsewhere("/mcps", false)).unwrap().contains("/mcp"));
        let with_key = ChallengeContext { token: false, ..elsewhere("/metrics", true) };
        assert_eq!(
            challenge(&resource, ErrorKind::Forbidden, &with_key).as_deref(),
            Some(r#"Bearer realm="scorewatch", error="insufficient_scope""#)
        );
        assert_eq!(challenge(&resource, ErrorKind::NotFound, &elsewhere("/skills", true)), None);
    }

    #[test]
    fn without_entra_only_a_key_is_asked_for() {
        let resource = OauthMetadata::new(None, true, None);
        let asked = asked("/skills", "localhost:8080", false);
        assert_eq!(challenge(&resource, ErrorKind::Unauthenticated, &asked).as_deref(), Some(r#"Bearer realm="scorewatch""#));
    }

    #[test]
    fn only_this_machine_is_believed_what_it_is_called() {
        let resource = resource(None, None);
        for (host, base) in [
            ("localhost:8080", Some("http://localhost:8080")),
            ("127.0.0.1:1", Some("http://127.0.0.1:1")),
            ("[::1]:8080", Some("http://[::1]:8080")),
            ("score.example", None),
            ("me@localhost", None),
            ("localhost\" evil", None),
            ("", None),
        ] {
            assert_eq!(resource.base(&asked("/skills", host, false)).as_deref(), base, "{host}");
        }
        let challenge = challenge(&resource, ErrorKind::Unauthenticated, &asked("/skills", "score.example", false));
        assert_eq!(challenge.as_deref(), Some(r#"Bearer realm="scorewatch""#), "no scope, no address");
    }
}
