//! What does each part need of the configuration? Its plain values, as the settings that the parts define.

use std::{num::NonZeroU32, sync::Arc};

use jiff::{civil::Date, tz::TimeZone};
use secrecy::ExposeSecret;

use crate::{
    access::entra,
    alert::CredentialEnd,
    config::{self, Config},
    error::Result,
    graph::{self, Graph},
    http,
};

/// When the credential of `tenant` ends: its certificate says it itself, of a secret its owner does.
pub(super) fn credential_end(tenant: &config::TenantConfig, graph: &Graph) -> Option<CredentialEnd> {
    let certificate = graph.certificate_ends().map(|at| CredentialEnd { what: "certificate", at });
    let midnight = |day: Date| Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    certificate.or_else(|| Some(CredentialEnd { what: "client secret", at: tenant.secret_ends.and_then(midnight)? }))
}

/// Where people see to the credential of a tenant: its app registration, in the admin center of its cloud.
pub(super) fn registration(sign_in: &config::SignInConfig) -> String {
    let center = match &sign_in.cloud {
        config::CloudConfig::Named("usgov" | "usgov_dod") => "https://entra.microsoft.us",
        config::CloudConfig::Named(_) | config::CloudConfig::Roots { .. } => "https://entra.microsoft.com",
    };
    format!("{center}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{}", sign_in.client_id)
}

/// Where an administrator of a tenant consents to the app that it is read by.
pub fn consent_link(sign_in: &config::SignInConfig) -> Result<String> {
    Ok(cloud(&sign_in.cloud)?.consent_link(&sign_in.tenant_id, &sign_in.client_id))
}

fn cloud(configured: &config::CloudConfig) -> Result<graph::CloudEndpoints> {
    match configured {
        config::CloudConfig::Named(name) => graph::CloudEndpoints::named(name),
        config::CloudConfig::Roots { graph, login } => graph::CloudEndpoints::new(graph.as_str(), login.as_str()),
    }
}

/// How a tenant is read that signs in with `sign_in`, for whoever asks of this one alone.
pub fn graph_alone(name: &str, sign_in: &config::SignInConfig, config: &Config) -> Result<graph::GraphSettings> {
    graph(name, sign_in, credential(&sign_in.credential)?, config)
}

/// What proves who the app is: checked, so that it can be used.
pub fn credential(configured: &config::CredentialConfig) -> Result<graph::ClientCredential> {
    Ok(match configured {
        config::CredentialConfig::Secret(secret) => graph::ClientCredential::Secret(secret.clone()),
        config::CredentialConfig::Pem(pem) => graph::ClientCredential::Certificate(graph::Certificate::from_pem(pem.expose_secret())?),
        config::CredentialConfig::Pkcs12 { archive, password } => {
            graph::ClientCredential::Certificate(graph::Certificate::from_pkcs12(archive.expose_secret(), password)?)
        }
    })
}

pub(super) fn graph(
    name: &str,
    sign_in: &config::SignInConfig,
    credential: graph::ClientCredential,
    config: &Config,
) -> Result<graph::GraphSettings> {
    let cloud = cloud(&sign_in.cloud)?;
    let mut settings = graph::GraphSettings::new(name, &sign_in.tenant_id, &sign_in.client_id, credential, cloud);
    settings.licences = sign_in.licences;
    settings.body_bytes_max = config.refresh.body_bytes_max;
    Ok(settings)
}

/// Which access tokens of Microsoft Entra are taken, if any.
pub fn entra(config: &Config) -> Result<Option<entra::EntraSettings>> {
    let Some(configured) = &config.entra else { return Ok(None) };
    let authority = match &configured.login {
        config::EntraLogin::Cloud(name) => entra::Authority::named(name)?,
        config::EntraLogin::Root(root) => entra::Authority::at(root.as_str())?,
    };
    let grants = configured.grants.iter().map(|grant| entra::EntraGrant {
        directory: grant.directory.clone(),
        scope: grant.scope.clone(),
        app_role: grant.app_role.clone(),
        role: grant.role,
        tenants: grant.tenants.clone(),
    });
    let mut settings = entra::EntraSettings::new(&configured.client_id, authority, grants.collect());
    if let Some(audience) = &configured.audience {
        settings.audience.clone_from(audience);
    }
    Ok(Some(settings))
}

/// The certificate that is answered with, where we end TLS ourselves.
pub fn tls_files(config: &Config) -> Option<http::TlsFiles> {
    config.server.tls.as_ref().map(|tls| http::TlsFiles { certificate: tls.certificate.clone(), key: tls.key.clone() })
}

pub(super) fn listener(config: &Config, pictures: Option<Arc<http::PictureAddresses>>) -> Result<http::ServerSettings> {
    let server = &config.server;
    Ok(http::ServerSettings {
        listen: server.listen,
        tls: tls_files(config),
        behind_proxy: server.behind_proxy,
        metrics_listen: config.metrics.listen,
        metrics_token: config.metrics.token.clone(),
        header_bytes_max: server.header_bytes_max as usize,
        body_bytes_max: server.body_bytes_max as usize,
        answer_seconds_max: server.answer_time_max,
        answers_at_once_max: server.answers_at_once_max as usize,
        requests_per_minute: NonZeroU32::new(server.requests_per_minute).unwrap_or(NonZeroU32::MIN),
        entra: entra(config)?,
        public_url: server.public_url.as_ref().map(ToString::to_string),
        mcp: http::McpSettings { structured: config.mcp.structured, hosts: config.mcp.hosts.clone(), origins: config.mcp.origins.clone() },
        pictures,
        surfaces: Vec::new(),
    })
}
