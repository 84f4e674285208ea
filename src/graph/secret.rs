//! How does an app sign in with a client secret? By sending it.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#first-case-access-token-request-with-a-shared-secret>

use secrecy::{ExposeSecret, SecretString};

/// The form fields that prove who the app is.
pub(super) fn fields(secret: &SecretString) -> Vec<(&'static str, String)> {
    vec![("client_secret", secret.expose_secret().to_owned())]
}
