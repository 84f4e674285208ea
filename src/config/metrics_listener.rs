//! Where are the metrics open, and to whom? To this machine, or with a token of their own to a network.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};

use super::reader::SectionReader;

/// A shorter token could be guessed.
const TOKEN_CHARACTERS_MIN: usize = 16;

/// The listener for metrics.
#[derive(Debug)]
pub struct MetricsConfig {
    /// Where to listen; `None` when there is no such listener.
    pub listen: Option<SocketAddr>,
    /// What whoever reads them must show; without it only this machine may.
    pub token: Option<SecretString>,
}

pub(super) fn read(section: &mut SectionReader<'_>) -> MetricsConfig {
    let listen = section.text_or_told("listen", super::address);
    let has_token = section.has_secret("token");
    let token = section.secret("token");
    let key = if section.has("token") { "token" } else { "token_file" };
    if token.as_ref().is_some_and(|token| !is_token(token.expose_secret())) {
        let wrong = format!(
            "is not a valid token: it has fewer than {TOKEN_CHARACTERS_MIN} characters, or others than letters, digits and -._~+/="
        );
        section.error(key, wrong, "Create one with `openssl rand -base64 32`");
    }
    if has_token && !section.has("listen") {
        let right =
            "Give metrics.listen too, or leave it out: on the main listener `/metrics` wants the key of an operator who sees all tenants";
        section.error(key, "has no effect without metrics.listen", right);
    }
    if listen.is_some_and(|listen| !listen.ip().is_loopback()) && !has_token {
        section.error(
            "listen",
            "is open beyond this machine without a token, and the metrics name every tenant",
            "Give metrics.token or metrics.token_file, which Prometheus sends as `authorization: { credentials_file: … }`, or listen on 127.0.0.1",
        );
    }
    MetricsConfig { listen, token }
}

/// Whether `text` can be sent as a bearer token (RFC 6750, section 2.1), and is not guessed.
fn is_token(text: &str) -> bool {
    text.len() >= TOKEN_CHARACTERS_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}
