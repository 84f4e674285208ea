//! How does an app sign in, and where? Its ids, its credential and its cloud, which tenants and apps give alike.

use std::{path::Path, sync::Arc};

use jiff::civil::Date;
use reqwest::Url;
use secrecy::{SecretSlice, SecretString};

use super::reader::SectionReader;
use crate::text::{is_guid, service_root};

/// What it takes to read a tenant from Graph.
#[derive(Debug)]
pub struct SignInConfig {
    /// The Entra tenant's GUID, or one of its verified domains.
    pub tenant_id: String,
    /// The application (client) id.
    pub client_id: String,
    /// How the app proves who it is; the same one for all tenants of an app.
    pub credential: Arc<CredentialConfig>,
    /// Where the tenant lives.
    pub cloud: CloudConfig,
    /// The name of the app that it shares with others; `None` for one of its own.
    pub app: Option<String>,
    /// Whether its licences are read, which takes a permission of its own.
    pub licences: bool,
}

/// Whether licences are read.
pub(super) const LICENCES: &str = "licences";

/// How an app proves who it is.
#[derive(Debug)]
pub enum CredentialConfig {
    /// A client secret.
    Secret(SecretString),
    /// A certificate and its private key, PEM, possibly two files put together.
    Pem(SecretSlice<u8>),
    /// A PKCS#12 archive.
    Pkcs12 {
        /// The bytes of the file.
        archive: SecretSlice<u8>,
        /// Its password; empty when none was given.
        password: SecretString,
    },
}

/// Where a tenant lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudConfig {
    /// One of Microsoft's clouds: `global`, `usgov`, `usgov_dod`.
    Named(&'static str),
    /// By the roots of Graph and of the sign-in service.
    Roots {
        /// The root of Graph.
        graph: Url,
        /// The root of the sign-in service.
        login: Url,
    },
}

/// Microsoft's clouds that offer Secure Score.
pub(super) const CLOUDS: [&str; 3] = ["global", "usgov", "usgov_dod"];
/// Known, so that its owners learn why it cannot be instead of guessing at spellings.
const CHINA: &str = "china";

/// Refuses a section without `key`.
pub(super) fn needs(section: &mut SectionReader<'_>, key: &str) {
    if !section.has(key) {
        section.missing(key, "The app registration's overview in Entra shows it");
    }
}

/// What names an Entra tenant: its GUID, or one of its verified domains.
pub(super) fn tenant_id(text: &str) -> Option<String> {
    (is_guid(text) || is_domain(text)).then(|| text.to_owned())
}

pub(super) fn client_id(section: &mut SectionReader<'_>) -> Option<String> {
    needs(section, "client_id");
    section.text("client_id", |text| is_guid(text).then(|| text.to_owned()))
}

/// The last day of the client secret, as its owner says.
pub(super) fn secret_ends(section: &mut SectionReader<'_>) -> Option<Date> {
    section.text("client_secret_ends", |text| text.parse().ok())
}

pub(super) fn credential(section: &mut SectionReader<'_>) -> Option<CredentialConfig> {
    match (section.has_secret("client_secret"), section.has("certificate_file")) {
        (false, false) => section.no_credential("Give it client_secret, client_secret_file or certificate_file"),
        (true, true) => section.error_here("has two credentials", "Give it a client secret or a certificate, not both"),
        (true, false) | (false, true) => {}
    }
    let secret = section.secret("client_secret");
    let certificate = certificate(section);
    secret.map(CredentialConfig::Secret).or(certificate)
}

/// Whether a certificate at `path` is a PKCS#12 archive, which holds its own key: told by its name.
pub fn is_pkcs12(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pfx") || end.eq_ignore_ascii_case("p12"))
}

fn certificate(section: &mut SectionReader<'_>) -> Option<CredentialConfig> {
    let path = section.path("certificate_file");
    let archived = path.as_deref().is_some_and(is_pkcs12);
    for (key, fits, right) in [
        ("certificate_key_file", !archived, "A .pfx or .p12 file holds its own key: remove this one"),
        ("certificate_password", archived, "Only a .pfx or .p12 file has one. A PEM key must not be encrypted"),
        ("certificate_password_file", archived, "Only a .pfx or .p12 file has one. A PEM key must not be encrypted"),
    ] {
        if section.has(key) && !section.has("certificate_file") {
            section.error(key, "is given without certificate_file", "Give both");
        } else if section.has(key) && !fits {
            section.error(key, "does not go with this certificate_file", right);
        }
    }
    let certificate = section.secret_bytes("certificate_file");
    let key = section.secret_bytes("certificate_key_file");
    let password = section.secret("certificate_password");
    if archived {
        return Some(CredentialConfig::Pkcs12 { archive: certificate?, password: password.unwrap_or_default() });
    }
    Some(CredentialConfig::Pem(joined(certificate?, key)))
}

/// Two PEM files as one.
fn joined(certificate: SecretSlice<u8>, key: Option<SecretSlice<u8>>) -> SecretSlice<u8> {
    use secrecy::ExposeSecret as _;
    match key {
        None => certificate,
        Some(key) => SecretSlice::from([certificate.expose_secret(), b"\n", key.expose_secret()].concat()),
    }
}

pub(super) fn cloud(section: &mut SectionReader<'_>) -> Option<CloudConfig> {
    let own = [section.has("graph_root"), section.has("login_root")];
    let graph = section.text("graph_root", root);
    let login = section.text("login_root", root);
    match own {
        [true, false] => section.missing("login_root", "graph_root and login_root go together"),
        [false, true] => section.missing("graph_root", "graph_root and login_root go together"),
        [true, true] if section.has("cloud") => {
            section.error("cloud", "is given beside graph_root and login_root", "Give the cloud or the roots");
        }
        [true, true] | [false, false] => {}
    }
    let named = section.text("cloud", |text| CLOUDS.into_iter().chain([CHINA]).find(|cloud| *cloud == text));
    if named == Some(CHINA) {
        section.error(
            "cloud",
            "is \"china\"",
            "Microsoft Graph does not offer Secure Score in the China cloud (21Vianet): remove this tenant",
        );
        return None;
    }
    if own == [false, false] { named.map(CloudConfig::Named) } else { Some(CloudConfig::Roots { graph: graph?, login: login? }) }
}

/// A root of Graph or of the sign-in service.
pub fn root(text: &str) -> Option<Url> {
    service_root(text).ok()
}

/// Whether `text` can be a verified domain. Words without a dot (`common`, `organizations`) name no tenant.
fn is_domain(text: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}
