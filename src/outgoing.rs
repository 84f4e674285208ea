//! How do requests leave this machine? By clients that follow no redirect, through the system's proxy where there is one, and to this
//! machine itself by none.

use reqwest::{Client, ClientBuilder, redirect};

use crate::text::is_loopback;

/// A client for what is at `host`, as it stands in a URL.
///
/// The system's proxy (`HTTPS_PROXY` and its kind) is for what is outside: reqwest does not spare loopback by itself, and what
/// is sent there in plain text, such as a credential to a sandbox, must not leave this machine.
pub fn client_to(host: &str) -> ClientBuilder {
    let client =
        Client::builder().use_rustls_tls().redirect(redirect::Policy::none()).user_agent(concat!("scorewatch/", env!("CARGO_PKG_VERSION")));
    if is_loopback(host) { client.no_proxy() } else { client }
}
