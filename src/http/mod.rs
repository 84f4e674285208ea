//! Where do we listen, and what is open there? Mounts the surfaces, health and metrics behind one middleware.

mod connections;
mod health;
mod host;
mod idle_timeout;
mod listen;
mod listener_guard;
mod log_throttle;
mod metrics_endpoint;
mod middleware;
mod oauth_metadata;
mod problem;
mod tls;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::routing::get;
use secrecy::SecretString;
use tokio::task::AbortHandle;

use crate::{
    access::entra::{self, TokenValidator},
    ask::{AnswerLimiter, Ask},
    error::{Error, ErrorKind, Result},
    manifests::EntraValues,
    operations::Operations,
    surfaces::{self, RunningSurface, StartSurface, SurfaceContext, authenticator::Authenticator},
    telemetry,
};
use health::Stopping;
use listen::Listener;
use listener_guard::ListenerGuard;
use middleware::Middleware;
use oauth_metadata::OauthMetadata;
use tls::TlsCertificate;

pub use crate::surfaces::{mcp::McpSettings, pictures::Addresses as PictureAddresses};
pub use tls::{TlsFiles, check_tls};

/// What one caller may send a minute unless it is configured.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(599);

/// Where and how to listen.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// The address and port; port 0 takes any free one. 127.0.0.1:8080 by default. An address beyond
    /// loopback needs `tls` or `behind_proxy`.
    pub listen: SocketAddr,
    /// The certificate to answer with; plain HTTP by default. The files are followed when they change.
    pub tls: Option<TlsFiles>,
    /// Whether a reverse proxy in front of us speaks TLS with the outside; false by default.
    pub behind_proxy: bool,
    /// Where `/metrics` is open without a key, a loopback address, or any with `metrics_token`. By default it is on the main listener,
    /// behind a key that operates and sees all tenants.
    pub metrics_listen: Option<SocketAddr>,
    /// What must be shown there; nothing by default.
    pub metrics_token: Option<SecretString>,
    /// The most bytes of headers; 64 KiB by default, since tokens of Entra ID alone can exceed 8 KB.
    pub header_bytes_max: usize,
    /// The most bytes of a body; 64 KiB by default. Only surfaces with paths of their own take one.
    pub body_bytes_max: usize,
    /// How long an answer may take; 30 s by default, below the 45 s after which GPT Actions give up
    /// (<https://developers.openai.com/api/docs/actions/production>).
    pub answer_seconds_max: Duration,
    /// How many answers may be waited for at once; 256 by default. Remembered ones do not count.
    pub answers_at_once_max: usize,
    /// How many requests each caller may send a minute; 600 by default.
    pub requests_per_minute: NonZeroU32,
    /// Which access tokens of Microsoft Entra are taken beside API keys; none by default.
    pub entra: Option<entra::EntraSettings>,
    /// Where the outside reaches us, for the documents that assistants read: `https://score.example.org`.
    /// A placeholder by default.
    pub public_url: Option<String>,
    /// What an operator decided about MCP.
    pub mcp: McpSettings,
    /// Where pictures of posts can be fetched; nowhere by default.
    pub pictures: Option<Arc<PictureAddresses>>,
    /// What runs beside the routes, such as the bots of chats; nothing by default.
    pub surfaces: Vec<Arc<dyn StartSurface>>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            tls: None,
            behind_proxy: false,
            metrics_listen: None,
            metrics_token: None,
            header_bytes_max: 64 * 1024,
            body_bytes_max: 64 * 1024,
            answer_seconds_max: Duration::from_secs(30),
            answers_at_once_max: 256,
            requests_per_minute: REQUESTS_PER_MINUTE,
            entra: None,
            public_url: None,
            mcp: McpSettings::default(),
            pictures: None,
            surfaces: Vec::new(),
        }
    }
}

impl ServerSettings {
    /// Refuses settings that would put keys and answers on the wire unprotected, or cannot work.
    fn check(&self) -> Result<()> {
        let wrong = |sentence: String| Err(Error::new(ErrorKind::Misconfigured, sentence));
        if !self.listen.ip().is_loopback() && self.tls.is_none() && !self.behind_proxy {
            return wrong(format!(
                "Listening on {} would send keys and answers in clear text. Give a TLS certificate and key, say that a reverse proxy with TLS is in front, or listen on 127.0.0.1.",
                self.listen
            ));
        }
        let open = self.metrics_listen.filter(|address| !address.ip().is_loopback() && self.metrics_token.is_none());
        if let Some(address) = open {
            return wrong(format!(
                "The metrics name every tenant and are open on their own address: {address} needs a token, or must be a loopback address such as 127.0.0.1:{}.",
                address.port()
            ));
        }
        if let Some(url) = self.public_url.as_ref().filter(|url| !is_base_url(url)) {
            return wrong(format!(
                "The public URL `{url}` is not one such as https://score.example.org: scheme and host, no query, no spaces."
            ));
        }
        Ok(())
    }
}

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "?#\"\\".contains(c))
    })
}

/// Where people sign in and for what, as hosts write it down: one directory, in Microsoft's global cloud; `None` where
/// there are several, which a file cannot all name.
pub fn sign_in(entra: &entra::EntraSettings) -> Option<EntraValues> {
    let global = entra::Authority::named("global").is_ok_and(|global| entra.authority == global);
    let (grant, scope) = entra.grants.iter().find_map(|grant| Some((grant, grant.scope.clone()?)))?;
    if !global || entra.sign_in_directories().len() > 1 {
        return None;
    }
    let (client_id, audience) = (entra.client_id.clone(), entra.audience.clone());
    Some(EntraValues { directory: grant.directory.clone(), client_id, audience, scope })
}

/// What writes all metrics by `metrics`, those of `surfaces` included.
fn measured(
    surfaces: Vec<Arc<dyn RunningSurface>>,
    metrics: impl Fn() -> String + Send + Sync + 'static,
) -> metrics_endpoint::RenderMetrics {
    Arc::new(move || {
        for (metric, value) in surfaces.iter().flat_map(|surface| surface.measured()) {
            telemetry::surface_stands(metric, value);
        }
        metrics()
    })
}

/// Who is let in beside those with an API key, which may change while a server runs.
pub struct Admission(Option<(entra::EntraSettings, TokenValidator)>);

impl Admission {
    /// Those whose access tokens `entra` accepts.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] for settings that cannot work.
    pub fn new(entra: Option<entra::EntraSettings>) -> Result<Self> {
        entra.map(|settings| TokenValidator::new(settings.clone()).map(|entra| (settings, entra))).transpose().map(Self)
    }
}

/// A server that is running. Dropping it closes everything at once; [`HttpServer::shutdown`] does so politely.
pub struct HttpServer {
    main: Listener,
    metrics: Option<Listener>,
    stopping: Stopping,
    authenticator: Arc<Authenticator>,
    oauth: Arc<OauthMetadata>,
    surfaces: Vec<Arc<dyn RunningSurface>>,
    _following: Option<CertificateWatch>,
}

/// The task that follows the certificate's files.
struct CertificateWatch(AbortHandle);

impl Drop for CertificateWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HttpServer {
    /// Opens what `settings` say. `metrics` writes all metrics as Prometheus text.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] with what to do: an address that cannot be listened on, one beyond loopback
    /// without TLS or a proxy, a certificate that cannot be used.
    pub async fn start(
        settings: ServerSettings,
        ask: Arc<Ask>,
        operations: Arc<Operations>,
        metrics: impl Fn() -> String + Send + Sync + 'static,
    ) -> Result<Self> {
        settings.check()?;
        let public_url = settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        let resource = Arc::new(OauthMetadata::new(public_url.clone(), settings.tls.is_some(), settings.entra.as_ref()));
        let middleware =
            |listener_guard| Middleware::new(settings.header_bytes_max, settings.body_bytes_max, Arc::clone(&resource), listener_guard);
        let certificate = match &settings.tls {
            Some(files) => Some(TlsCertificate::read(files.clone()).await?),
            None => None,
        };
        let tls = certificate.as_ref().map(|certificate| certificate.config.clone());
        let stopping = Stopping::default();
        let asking = Arc::new(AnswerLimiter::new(Arc::clone(&ask), settings.answer_seconds_max, settings.answers_at_once_max));
        let entra = settings.entra.clone().map(TokenValidator::new).transpose()?;
        let authenticator = Arc::new(Authenticator::new(Arc::clone(ask.view()), entra, settings.requests_per_minute));
        let context = SurfaceContext {
            asking,
            operations,
            authenticator: Arc::clone(&authenticator),
            public_url,
            body_bytes_max: settings.body_bytes_max,
            mcp: settings.mcp.clone(),
            entra: settings.entra.as_ref().and_then(sign_in),
            pictures: settings.pictures.clone(),
        };
        let surfaces: Vec<_> = settings.surfaces.iter().map(|surface| surface.start(&context)).collect::<Result<_>>()?;
        let render = measured(surfaces.clone(), metrics);
        let mut router = surfaces
            .iter()
            .fold(surfaces::routes(&context), |router, surface| router.merge(surface.routes()))
            .merge(Arc::clone(&resource).routes())
            .merge(health::routes(&stopping))
            .route(problem::PATH, get(|| std::future::ready(problem::page())));
        let mut metrics = None;
        if let Some(address) = settings.metrics_listen {
            let token = settings.metrics_token.as_ref();
            let listener_guard = ListenerGuard::of_metrics(token.is_some());
            let open = token.map_or_else(
                || metrics_endpoint::open(Arc::clone(&render)),
                |token| metrics_endpoint::with_token(Arc::clone(&render), token),
            );
            metrics = Some(Listener::open(address, None, middleware(listener_guard)?, open, settings.answer_seconds_max).await?);
        } else {
            router = router.merge(metrics_endpoint::guarded(render, Arc::clone(&authenticator)));
        }
        let listener_guard = ListenerGuard::new(settings.behind_proxy);
        let main = Listener::open(settings.listen, tls, middleware(listener_guard)?, router, settings.answer_seconds_max).await?;
        let following = certificate.map(|certificate| CertificateWatch(tokio::spawn(certificate.follow()).abort_handle()));
        Ok(Self { main, metrics, stopping, authenticator, oauth: resource, surfaces, _following: following })
    }

    /// Lets in whom `admission` lets in from now on, and nobody else.
    pub fn let_in(&self, admission: Admission) {
        let (settings, entra) = admission.0.unzip();
        self.oauth.opened_by(settings.as_ref());
        self.authenticator.take_tokens(entra);
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.main.address()
    }

    /// Where the metrics are open, if they have an address of their own.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(Listener::address)
    }

    /// What runs beside the routes: somebody must let it.
    pub fn surfaces(&self) -> &[Arc<dyn RunningSurface>] {
        &self.surfaces
    }

    /// Takes no new connections, lets running answers finish for at most `grace`, then closes.
    pub async fn shutdown(self, grace: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        let metrics = async {
            if let Some(metrics) = self.metrics {
                metrics.close(grace).await;
            }
        };
        tokio::join!(self.main.close(grace), metrics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut ServerSettings)) -> Option<String> {
        let mut settings = ServerSettings::default();
        change(&mut settings);
        settings.check().err().map(|error| error.sentence)
    }

    #[test]
    fn nothing_goes_beyond_loopback_in_clear_text_unless_a_proxy_is_declared() {
        let outside: SocketAddr = "0.0.0.0:8420".parse().unwrap();
        let files = TlsFiles { certificate: "c".into(), key: "k".into() };
        assert_eq!(refused(|_| ()), None);
        assert!(refused(|settings| settings.listen = outside).unwrap().contains("TLS"));
        assert_eq!(refused(|settings| (settings.listen, settings.behind_proxy) = (outside, true)), None);
        assert_eq!(refused(|settings| (settings.listen, settings.tls) = (outside, Some(files))), None);
        assert!(refused(|settings| settings.metrics_listen = Some(outside)).unwrap().contains("loopback"));
        assert_eq!(refused(|settings| (settings.metrics_listen, settings.metrics_token) = (Some(outside), Some("token".into()))), None);
    }

    #[test]
    fn hosts_are_shown_where_to_sign_in_only_where_they_can() {
        use crate::access::{Role, Tenants};
        let guid = "11111111-1111-4111-8111-111111111111";
        let told = |cloud: &str, scope: Option<&str>| {
            let (scope, app_role) = (scope.map(Into::into), Some("Score.Read.All".to_owned()));
            let grant = entra::EntraGrant { directory: guid.to_owned(), scope, app_role, role: Role::Reader, tenants: Tenants::All };
            sign_in(&entra::EntraSettings::new(guid, entra::Authority::named(cloud).unwrap(), vec![grant])).map(|values| values.scope)
        };
        assert_eq!(told("global", Some("Score.Read")).as_deref(), Some("Score.Read"));
        assert_eq!((told("global", None), told("usgov", Some("Score.Read"))), (None, None));
    }

    #[test]
    fn a_public_url_is_a_scheme_and_a_host() {
        assert_eq!(refused(|settings| settings.public_url = Some("https://score.example.org/".into())), None);
        for url in ["score.example.org", "https://", "https:///x", "https://a b", "https://a?b", "ftp://a"] {
            assert!(refused(|settings| settings.public_url = Some(url.into())).is_some(), "{url}");
        }
    }
}
