//! How is Graph asked? One door for all requests: signed in, within the limits, tried again where that helps.
//!
//! The only file that reads Graph's HTTP statuses; `raw` hands them over as they came.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, DATE, RETRY_AFTER},
};

use super::{
    body::{self, BodyError},
    error_response::GraphErrorResponse,
    settings::{ClientCredential, GraphSettings},
    throttle::{Throttle, Tries},
    token::{AccessToken, TokenSource, text},
};
use crate::{
    error::{AccessGap, Error, ErrorKind, Result},
    outgoing::{client_to, retry_after},
    text::is_loopback,
};

/// How long a connection may take to come up.
pub(super) const CONNECT_TIME_MAX: Duration = Duration::from_secs(15);
/// An error's body says what it has to say in much less.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// How Graph is called in sentences.
const WHOM: &str = "Microsoft Graph";

/// Microsoft Graph for one tenant. Cheap to share by reference; one per tenant keeps the limits.
pub struct Graph {
    pub(super) settings: GraphSettings,
    pub(super) http: Client,
    pub(super) sign_in: TokenSource,
    pub(super) throttle: Throttle,
}

enum RequestAttempt {
    /// The body is in the buffer.
    Done,
    /// Trying again makes no sense.
    Failed(Error),
    /// Trying again may help, after the time that was asked for.
    Again(Error, Option<Duration>),
    /// The token was refused.
    TokenRefused(Error),
}

impl Graph {
    /// The client for the tenant that `settings` describe. Opens no connection yet.
    pub fn new(settings: GraphSettings) -> Result<Self> {
        settings.check()?;
        let [graph, login] = [settings.cloud.graph_root(), settings.cloud.login_root()].map(|root| root.host_str().unwrap_or_default());
        let client = |host: &str| {
            let client = client_to(host).connect_timeout(CONNECT_TIME_MAX).timeout(settings.request_time_max);
            client.build().map_err(Error::internal)
        };
        let http = client(graph)?;
        // A client holds tens of kilobytes, and nearly always both are outside, or both on this machine.
        let at_the_door = if is_loopback(graph) == is_loopback(login) { http.clone() } else { client(login)? };
        let sign_in = TokenSource::new(&settings, at_the_door)?;
        Ok(Self { settings, http, sign_in, throttle: Throttle::new() })
    }

    /// When the certificate ends that we sign in with; `None` for a client secret, which does not say it.
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        match &self.settings.credential {
            ClientCredential::Certificate(certificate) => certificate.ends(),
            ClientCredential::Secret(_) => None,
        }
    }

    /// Fetches a token if none is held.
    pub(super) async fn sign_in(&self) -> Result<()> {
        self.sign_in.token(&self.settings).await.map(drop)
    }

    /// The id of the tenant which owns the configured domain, as far as the sign-in service tells it.
    pub(super) async fn id_of(&self, domain: &str) -> Option<String> {
        self.sign_in.id_of(domain, &self.settings).await
    }

    /// The address of `path` below Graph's root.
    pub(super) fn url(&self, path: &str) -> Result<Url> {
        self.settings.cloud.graph_root().join(path).map_err(Error::internal)
    }

    /// The address that a `@odata.nextLink` names, if it is Graph's own: the token goes nowhere else.
    pub(super) fn next_url(&self, link: &str) -> Result<Url> {
        let own = self.settings.cloud.graph_root();
        let url = Url::parse(link).ok().filter(|url| url.origin() == own.origin() && url.username().is_empty() && url.password().is_none());
        url.ok_or_else(|| {
            let sentence = format!(
                "{WHOM} redirected tenant {} to another host for the next page. The link was not followed, because the token would have been sent there; nothing from this sync was stored. Check what stands between this service and {own}.",
                self.settings.name
            );
            Error::new(ErrorKind::Upstream, sentence)
        })
    }

    /// Reads `url` into `buffer`.
    pub(super) async fn get(&self, url: &Url, buffer: &mut Vec<u8>) -> Result<()> {
        let mut tries = Tries::new(&self.settings.patience);
        let mut renewed = false;
        loop {
            let token = self.sign_in.token(&self.settings).await?;
            let leave = self.throttle.leave().await?;
            let attempt = self.attempt(url, &token, buffer).await;
            drop(leave);
            match attempt {
                RequestAttempt::Done => return Ok(()),
                RequestAttempt::TokenRefused(_) if !renewed => {
                    // It may have been revoked since; a fresh one tells whether that was all.
                    renewed = true;
                    self.sign_in.forget(&token).await;
                }
                RequestAttempt::TokenRefused(error) | RequestAttempt::Failed(error) => return Err(error),
                RequestAttempt::Again(error, wait) => tries.pause(error, wait).await?,
            }
        }
    }

    async fn attempt(&self, url: &Url, token: &Arc<AccessToken>, buffer: &mut Vec<u8>) -> RequestAttempt {
        let request = self.http.get(url.clone()).header(AUTHORIZATION, token.header.clone()).header(ACCEPT, "application/json");
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return RequestAttempt::Again(body::unanswered(WHOM, &self.settings.name, error), None),
        };
        let status = response.status();
        tracing::debug!(tenant = self.settings.name, path = url.path(), status = status.as_u16(), "asked Graph");
        if status != StatusCode::OK {
            return self.refused(status, response, buffer).await;
        }
        match body::read_into(buffer, response, self.settings.body_bytes_max).await {
            Ok(()) => RequestAttempt::Done,
            Err(BodyError::Broken(error)) => RequestAttempt::Again(body::unanswered(WHOM, &self.settings.name, error), None),
            Err(BodyError::TooLarge) => RequestAttempt::Failed(Error::new(
                ErrorKind::Upstream,
                format!(
                    "A response of {WHOM} for tenant {} is larger than {} MiB, more than any page of Secure Score. It was rejected; raise refresh.body_mebibytes_max if this is expected.",
                    self.settings.name,
                    self.settings.body_bytes_max / (1024 * 1024)
                ),
            )),
        }
    }

    /// What an answer other than 200 means.
    async fn refused(&self, status: StatusCode, response: Response, buffer: &mut Vec<u8>) -> RequestAttempt {
        let headers = response.headers().clone();
        let wait = text(&headers, RETRY_AFTER).and_then(|wait| retry_after(wait, text(&headers, DATE)));
        // A refusal whose body is lost still has its status.
        let refusal = match body::read_into(buffer, response, REFUSAL_BYTES_MAX).await {
            Ok(()) => GraphErrorResponse::from_body(buffer),
            Err(_) => GraphErrorResponse::default(),
        };
        let id = refusal.request_id(text(&headers, "request-id")).map(|id| format!("(Graph's request id {id})"));
        let refused = |kind: ErrorKind, sentence: String| id.iter().fold(Error::new(kind, sentence), |error, id| error.aside(id));
        let failed = |sentence: String| RequestAttempt::Failed(refused(ErrorKind::Upstream, sentence));
        let GraphSettings { name, client_id, credential, entra_id, cloud, .. } = &self.settings;
        let words = refusal.quoted();
        match status {
            StatusCode::UNAUTHORIZED if refusal.names_the_cloud() => failed(format!(
                "{WHOM} does not offer Secure Score in the cloud of tenant {name} ({}). The credential is not the cause.",
                cloud.graph_root()
            )),
            StatusCode::UNAUTHORIZED => {
                let sentence = format!(
                    "{WHOM} rejected the token that Microsoft Entra issued for tenant {name} (app {client_id}, by {}). Check that the app's credential and the cloud belong to tenant {entra_id}.{words}",
                    credential.word()
                );
                RequestAttempt::TokenRefused(refused(ErrorKind::Upstream, sentence).at_the_door())
            }
            StatusCode::FORBIDDEN => {
                let sentence = format!(
                    "The app {client_id} may not read the Secure Score of tenant {name}. Grant it the application permission SecurityEvents.Read.All (not the delegated one), with admin consent, under App registrations > API permissions.{words}"
                );
                RequestAttempt::Failed(refused(ErrorKind::Upstream, sentence).for_lack_of(AccessGap::Permission))
            }
            StatusCode::NOT_FOUND => failed(format!(
                "{WHOM} has no Secure Score for tenant {name}: the tenant is not licensed for it, or was not onboarded yet. Open https://security.microsoft.com/securescore as an admin of the tenant once and see whether a score is shown.{words}"
            )),
            StatusCode::TOO_MANY_REQUESTS => {
                let sentence = format!(
                    "{WHOM} is throttling requests for tenant {name}. A running server tries again by itself; a command is to be run again in a few minutes. Check that no other program uses the app {client_id}."
                );
                RequestAttempt::Again(refused(ErrorKind::Throttled, sentence), wait)
            }
            StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                let sentence = format!(
                    "{WHOM} is unavailable for tenant {name} (status {}). There is nothing to do but wait.{words}",
                    status.as_u16()
                );
                RequestAttempt::Again(refused(ErrorKind::Upstream, sentence).outage(), wait)
            }
            status if status.is_redirection() => failed(format!(
                "{WHOM} returned an unexpected redirect for tenant {name} (status {}). Check for a proxy or a network sign-in page in between.",
                status.as_u16()
            )),
            status => failed(format!("{WHOM} refused the request for tenant {name} (status {}).{words}", status.as_u16())),
        }
    }
}
