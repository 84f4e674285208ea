//! Who are we to Graph? The holder of a token: fetched once, shared by all requests, renewed before it ends.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, Url,
    header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{
    body::{self, BodyError},
    settings::{ClientCredential, GraphSettings},
    throttle::Tries,
    token_error::TokenErrorResponse,
    wire::SentValue,
};
use crate::{
    error::{Error, ErrorKind, Result},
    outgoing::retry_after,
    text::is_guid,
};

/// How long before its end a token is renewed, so that none ends under way.
const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// No token lives longer.
const LIVES_MAX: Duration = Duration::from_hours(24);
/// A token has two to four kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How the sign-in service is called in sentences.
const WHOM: &str = "Microsoft Entra's sign-in service";

/// A token, opaque.
pub(super) struct AccessToken {
    /// `Bearer …`, marked as sensitive: it neither prints nor enters HTTP/2's compression tables.
    pub header: HeaderValue,
    /// By the monotonic clock: the wall clock may be wrong or set.
    renew_at: Instant,
}

/// The sign-in of one tenant. At most one request for a token is under way: whoever comes meanwhile
/// waits for it and shares its token.
pub(super) struct TokenSource {
    http: Client,
    url: Url,
    scope: String,
    held: Mutex<Option<Arc<AccessToken>>>,
}

#[derive(Deserialize)]
struct TokenResponse<'a> {
    access_token: String,
    /// In seconds; a number or, as some proxies of the service write it, a string.
    #[serde(borrow)]
    expires_in: SentValue<'a>,
}

/// What the metadata of a tenant's sign-in say, as far as we need it.
#[derive(Deserialize)]
struct OpenIdConfiguration {
    issuer: String,
}

impl TokenSource {
    pub fn new(settings: &GraphSettings, http: Client) -> Result<Self> {
        let path = format!("{}/oauth2/v2.0/token", settings.entra_id);
        let url = settings.cloud.login_root().join(&path).map_err(Error::internal)?;
        Ok(Self { http, url, scope: format!("{}.default", settings.cloud.graph_root()), held: Mutex::new(None) })
    }

    /// The token, fetched or renewed if need be.
    pub async fn token(&self, settings: &GraphSettings) -> Result<Arc<AccessToken>> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.fetch(settings).await?);
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    /// The id of the tenant whose domain we sign in with, as the sign-in service's metadata name it; `None` where they cannot be had.
    ///
    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#find-your-apps-openid-configuration-document-uri>
    pub async fn id_of(&self, domain: &str, settings: &GraphSettings) -> Option<String> {
        let path = format!("{domain}/v2.0/.well-known/openid-configuration");
        let response = self.http.get(settings.cloud.login_root().join(&path).ok()?).send().await.ok()?;
        let mut body = Vec::new();
        if !response.status().is_success() || body::read_into(&mut body, response, BODY_BYTES_MAX).await.is_err() {
            return None;
        }
        let OpenIdConfiguration { issuer } = serde_json::from_slice(&body).ok()?;
        Url::parse(&issuer).ok()?.path_segments()?.find(|segment| is_guid(segment)).map(str::to_ascii_lowercase)
    }

    /// Drops `token`, which Graph refused, unless it was replaced meanwhile.
    pub async fn forget(&self, token: &Arc<AccessToken>) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|known| Arc::ptr_eq(known, token)) {
            *held = None;
        }
    }

    async fn fetch(&self, settings: &GraphSettings) -> Result<AccessToken> {
        let mut tries = Tries::new(&settings.patience);
        loop {
            match self.attempt(settings).await? {
                TokenAttempt::Granted(token) => return Ok(token),
                TokenAttempt::Again(error, wait) => tries.pause(error, wait).await?,
            }
        }
    }

    async fn attempt(&self, settings: &GraphSettings) -> Result<TokenAttempt> {
        let asked = Instant::now();
        let sent = self.http.post(self.url.clone()).form(&self.form(settings)?).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Ok(TokenAttempt::Again(body::unanswered(WHOM, &settings.name, error), None)),
        };
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        match body::read_into(&mut body, response, BODY_BYTES_MAX).await {
            Ok(()) => {}
            Err(BodyError::TooLarge) => return Err(odd(settings)),
            Err(BodyError::Broken(error)) => return Ok(TokenAttempt::Again(body::unanswered(WHOM, &settings.name, error), None)),
        }
        if status.is_success() {
            return granted(&body, asked, settings).map(TokenAttempt::Granted);
        }
        let date = text(&headers, DATE);
        if status.as_u16() == 429 || status.is_server_error() {
            let wait = text(&headers, RETRY_AFTER).and_then(|wait| retry_after(wait, date));
            let sentence = format!("{WHOM} is unavailable (status {}) for tenant {}. Try again later.", status.as_u16(), settings.name);
            return Ok(TokenAttempt::Again(Error::new(ErrorKind::Upstream, sentence).outage(), wait));
        }
        if status.is_redirection() {
            return Err(odd(settings));
        }
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        Err(TokenErrorResponse::from_body(&body).into_error(settings, date))
    }

    fn form(&self, settings: &GraphSettings) -> Result<Vec<(&'static str, String)>> {
        let mut form = match &settings.credential {
            ClientCredential::Secret(secret) => super::secret::fields(secret),
            ClientCredential::Certificate(certificate) => certificate.fields(&settings.client_id, self.url.as_str())?,
        };
        form.push(("client_id", settings.client_id.clone()));
        form.push(("scope", self.scope.clone()));
        form.push(("grant_type", "client_credentials".to_owned()));
        Ok(form)
    }
}

enum TokenAttempt {
    Granted(AccessToken),
    Again(Error, Option<Duration>),
}

/// The token in `body`. It counts from when it was asked for, which is never too late.
fn granted(body: &[u8], asked: Instant, settings: &GraphSettings) -> Result<AccessToken> {
    // serde's message could quote the body, and with it the token.
    let granted: TokenResponse<'_> = serde_json::from_slice(body).map_err(|_| odd(settings))?;
    let seconds = granted.expires_in.count().ok_or_else(|| odd(settings))?;
    let lives = Duration::from_secs(seconds.into()).min(LIVES_MAX);
    let mut header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token)).map_err(|_| odd(settings))?;
    header.set_sensitive(true);
    let used = lives.checked_sub(RENEW_BEFORE).unwrap_or(lives / 2);
    Ok(AccessToken { header, renew_at: asked + used })
}

fn odd(settings: &GraphSettings) -> Error {
    let sentence = format!(
        "{} did not respond like {WHOM} for tenant {}. Check the cloud's endpoints, and for a proxy in between.",
        settings.cloud.login_root(),
        settings.name
    );
    Error::new(ErrorKind::Upstream, sentence)
}

/// The header called `name`, if it is text.
pub(super) fn text(headers: &HeaderMap, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
