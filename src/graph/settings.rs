//! How is one tenant read? With which credential, from which cloud, within which limits.

use std::{fmt, time::Duration};

use reqwest::Url;
use secrecy::SecretString;

use super::certificate::Certificate;
use crate::{
    error::{Error, ErrorKind, Result},
    text::service_root,
};

/// What it takes to read one tenant. Plain values; [`super::Graph::new`] checks them.
#[derive(Debug, Clone)]
pub struct GraphSettings {
    /// The short name under which we watch the tenant; appears in every error.
    pub name: String,
    /// The tenant's GUID, or one of its verified domains.
    pub entra_id: String,
    /// The application (client) id of the app registration.
    pub client_id: String,
    /// How the app proves who it is.
    pub credential: ClientCredential,
    /// Where the tenant lives.
    pub cloud: CloudEndpoints,
    /// Whether the service plans that the tenant subscribes to are read, too.
    pub licences: bool,
    /// How many bytes one answer may have once unpacked. A page that we ask for has well below 2 MiB.
    pub body_bytes_max: usize,
    /// How long one request may take, answer included.
    pub request_time_max: Duration,
    /// How long to go on when Graph throttles or fails.
    pub patience: RetryPolicy,
}

impl GraphSettings {
    /// Settings with the usual limits.
    pub fn new(
        name: impl Into<String>,
        entra_id: impl Into<String>,
        client_id: impl Into<String>,
        credential: ClientCredential,
        cloud: CloudEndpoints,
    ) -> Self {
        Self {
            name: name.into(),
            entra_id: entra_id.into(),
            client_id: client_id.into(),
            credential,
            cloud,
            licences: false,
            body_bytes_max: 64 * 1024 * 1024,
            request_time_max: Duration::from_mins(1),
            patience: RetryPolicy::default(),
        }
    }

    /// Refuses what could not work, or would ask another place than it seems.
    pub(super) fn check(&self) -> Result<()> {
        // Both become part of a URL or a form; `common` and its kind name no tenant.
        let part_of_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let vague = ["common", "organizations", "consumers"].iter().any(|word| self.entra_id.eq_ignore_ascii_case(word));
        if self.entra_id.is_empty() || vague || !self.entra_id.chars().all(part_of_id) {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "The tenant id of {} must be the tenant's GUID or one of its verified domains, such as contoso.onmicrosoft.com.",
                    self.name
                ),
            ));
        }
        if self.client_id.is_empty() || !self.client_id.chars().all(part_of_id) {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "The client id of {} must be the Application (client) ID that the app registration's overview shows, a GUID.",
                    self.name
                ),
            ));
        }
        Ok(())
    }
}

/// How an app proves who it is.
#[derive(Clone)]
pub enum ClientCredential {
    /// A client secret: its value, not its id.
    Secret(SecretString),
    /// A certificate whose public part is registered with the app.
    Certificate(Certificate),
}

impl ClientCredential {
    /// What it is called in sentences.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Secret(_) => "client secret",
            Self::Certificate(_) => "certificate",
        }
    }
}

impl fmt::Debug for ClientCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.word())
    }
}

/// Where a tenant lives: the roots of Graph and of the sign-in service.
///
/// <https://learn.microsoft.com/graph/deployments>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEndpoints {
    graph_root: Url,
    login_root: Url,
}

impl CloudEndpoints {
    /// The cloud called `global` (with GCC), `usgov` (GCC High, L4) or `usgov_dod` (L5).
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "global" => Self::new("https://graph.microsoft.com", "https://login.microsoftonline.com"),
            "usgov" => Self::new("https://graph.microsoft.us", "https://login.microsoftonline.us"),
            "usgov_dod" => Self::new("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
            "china" => Err(Error::new(
                ErrorKind::Misconfigured,
                "Microsoft Graph does not offer Secure Score in the China cloud (21Vianet), so its tenants cannot be monitored. Remove this tenant.",
            )),
            _ => Err(Error::new(ErrorKind::Misconfigured, "Unknown cloud; expected \"global\", \"usgov\" (GCC High) or \"usgov_dod\".")),
        }
    }

    /// A cloud by the roots of Graph and of the sign-in service. Both must be https; http is allowed to a
    /// loopback host only, because the credential and the token travel there.
    pub fn new(graph_root: &str, login_root: &str) -> Result<Self> {
        Ok(Self { graph_root: root(graph_root)?, login_root: root(login_root)? })
    }

    /// Where an administrator of the tenant `entra_id` consents to all that the registration of the app `client_id` asks for. Where the browser goes
    /// then is the registration's own redirect address, so it must have one.
    ///
    /// <https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent#construct-the-url-for-granting-tenant-wide-admin-consent>
    pub fn consent_link(&self, entra_id: &str, client_id: &str) -> String {
        format!("{}{entra_id}/adminconsent?client_id={client_id}", self.login_root)
    }

    /// The root of Graph, without a path.
    pub fn graph_root(&self) -> &Url {
        &self.graph_root
    }

    /// The root of the sign-in service, without a path.
    pub fn login_root(&self) -> &Url {
        &self.login_root
    }
}

fn root(text: &str) -> Result<Url> {
    let wrong =
        |why: &str| Error::new(ErrorKind::Misconfigured, format!("A cloud's root {why}. Write it like https://graph.microsoft.com."));
    service_root(text).map_err(wrong)
}

/// How long to go on when Graph throttles or fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one request is tried in all.
    pub attempts: u32,
    /// The longest pause before the second try; it doubles with each further one, and the pause is a
    /// random part of it.
    pub first_pause: Duration,
    /// The longest pause at all. When Graph asks for a longer one, we give up and say when to come back.
    pub pause_max: Duration,
    /// How long all tries of one request may take together, pauses included.
    pub total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_secs(2), pause_max: Duration::from_mins(5), total: Duration::from_mins(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_have_their_roots() {
        assert_eq!(CloudEndpoints::named("global").unwrap().graph_root().as_str(), "https://graph.microsoft.com/");
        assert_eq!(CloudEndpoints::named("usgov").unwrap().login_root().as_str(), "https://login.microsoftonline.us/");
        assert_eq!(CloudEndpoints::named("usgov_dod").unwrap().graph_root().as_str(), "https://dod-graph.microsoft.us/");
        let link = CloudEndpoints::named("usgov").unwrap().consent_link("contoso.example", "app-1");
        assert_eq!(link, "https://login.microsoftonline.us/contoso.example/adminconsent?client_id=app-1");
        assert!(CloudEndpoints::named("china").unwrap_err().sentence.contains("does not offer Secure Score"));
        assert!(CloudEndpoints::named("mars").is_err());
    }

    #[test]
    fn ids_that_name_no_tenant_are_refused() {
        let cloud = CloudEndpoints::named("global").unwrap();
        let settings = |entra_id: &str| GraphSettings::new("contoso", entra_id, "app", ClientCredential::Secret("x".into()), cloud.clone());
        assert!(settings("contoso.onmicrosoft.com").check().is_ok());
        for wrong in ["", "common", "a/../b", "a?b", "Organizations"] {
            assert!(settings(wrong).check().is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", settings("a")).contains("\"x\""));
    }
}
