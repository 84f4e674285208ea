//! How is each tenant read? From Graph with one credential, or never: then `import` feeds it.

use std::{path::Path, sync::Arc};

use jiff::civil::Date;
use reqwest::Url;
use secrecy::{SecretSlice, SecretString};

use super::{
    app::ReadApp,
    reader::{ConfigReader, SectionReader},
};
use crate::text::{NAME_IS, did_you_mean, is_guid, is_name, service_root};

/// A tenant to watch.
#[derive(Debug)]
pub struct TenantConfig {
    /// Its short name: lowercase letters, digits, `_` and `-`.
    pub name: String,
    /// How it is read; `None` for one that only `import` feeds.
    pub sign_in: Option<SignInConfig>,
    /// The last day of its client secret, as its owner says.
    pub secret_ends: Option<Date>,
}

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
}

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
/// Where a tenant is that is read from Graph.
const CLOUD: &str = "cloud";
/// The app that a tenant is read by.
const APP: &str = "app";
/// The keys that make a tenant one that is read from Graph.
const GRAPH_KEYS: [&str; 11] = [
    APP,
    "tenant_id",
    "client_id",
    "client_secret",
    "client_secret_file",
    "certificate_file",
    "certificate_key_file",
    "certificate_password",
    "certificate_password_file",
    "graph_root",
    "login_root",
];

/// The tenants of `[tenants.NAME]`; one of them may be read by one of `apps`.
pub(super) fn read_all(reader: &mut ConfigReader, apps: &[ReadApp]) -> Vec<TenantConfig> {
    let names = reader.names(&["tenants"]);
    names.into_iter().filter_map(|name| read(reader.section(&["tenants", &name]), name, apps)).collect()
}

fn read(mut section: SectionReader<'_>, name: String, apps: &[ReadApp]) -> Option<TenantConfig> {
    if name == "all" {
        section.error_here("is the word for all tenants", "Give the tenant another name");
    } else if !is_name(&name) {
        section.error_here("is not a valid name for a tenant", format!("Use {NAME_IS}"));
    }
    let offline = section.flag("offline");
    if offline {
        pass_over_sign_in(&mut section, &name);
    }
    let given = GRAPH_KEYS.iter().chain([&CLOUD]).any(|key| section.has(key));
    let (sign_in, secret_ends) = if !offline && section.has(APP) {
        let (sign_in, secret_ends) = by_app(&mut section, apps).unzip();
        (Some(sign_in), secret_ends.flatten())
    } else {
        ((given && !offline).then(|| sign_in(&mut section)), secret_ends(&mut section))
    };
    match sign_in {
        None => Some(TenantConfig { name, sign_in: None, secret_ends }),
        Some(sign_in) => sign_in.map(|sign_in| TenantConfig { name, sign_in: Some(sign_in), secret_ends }),
    }
}

/// Names what is given of a sign-in beside `offline`, and asks for no more of it: which of the two is meant must be said first.
fn pass_over_sign_in(section: &mut SectionReader<'_>, name: &str) {
    let given: Vec<&str> = GRAPH_KEYS.into_iter().filter(|key| section.has(key)).collect();
    let cloud = section.has(CLOUD);
    if given.is_empty() && cloud {
        section.warn(CLOUD, format!("has no effect: {name} is offline"), "Remove it");
    } else if !given.is_empty() {
        let named: Vec<String> = given.iter().copied().chain(cloud.then_some(CLOUD)).map(|key| section.shown(key)).collect();
        let (wrong, right) =
            (format!("is true beside {}", named.join(", ")), "An offline tenant signs in nowhere: remove offline, or these");
        section.error("offline", wrong, right);
    }
    for key in given.into_iter().chain([CLOUD]) {
        section.pass_over(key);
    }
}

fn sign_in(section: &mut SectionReader<'_>) -> Option<SignInConfig> {
    needs(section, "tenant_id");
    let tenant_id = section.text("tenant_id", tenant_id);
    let client_id = client_id(section);
    let credential = credential(section);
    let cloud = cloud(section);
    Some(SignInConfig { tenant_id: tenant_id?, client_id: client_id?, credential: Arc::new(credential?), cloud: cloud?, app: None })
}

/// How a tenant is read whose section names an app, and the end of that app's secret: only whose tenant it is stands there.
fn by_app(section: &mut SectionReader<'_>, apps: &[ReadApp]) -> Option<(SignInConfig, Option<Date>)> {
    needs(section, "tenant_id");
    let beside: Vec<&str> = GRAPH_KEYS
        .into_iter()
        .chain([CLOUD, "client_secret_ends"])
        .filter(|key| ![APP, "tenant_id"].contains(key) && section.has(key))
        .collect();
    if let Some(first) = beside.first() {
        let right = format!("The app has it: remove {}, or {}", section.shown(APP), if beside.len() > 1 { "these" } else { "this" });
        section.error(first, format!("is given beside {}", section.shown(APP)), right);
    }
    for key in beside {
        section.pass_over(key);
    }
    let tenant_id = section.text("tenant_id", tenant_id);
    let named = section.text(APP, |text| Some(text.to_owned()))?;
    let Some(read) = apps.iter().find(|app| app.name == named) else {
        let right = format!("Add [apps.NAME].{}", did_you_mean(&named, apps.iter().map(|app| &*app.name)));
        section.error(APP, "names no app", right);
        return None;
    };
    let app = read.app.as_ref()?;
    Some((app.sign_in(tenant_id?), app.secret_ends))
}

fn needs(section: &mut SectionReader<'_>, key: &str) {
    if !section.has(key) {
        section.error(key, "is missing", "The app registration's overview in Entra shows it");
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
        (false, false) => section.error_here("has no credential", "Give it client_secret, client_secret_file or certificate_file"),
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
        [true, false] => section.error("login_root", "is missing", "graph_root and login_root go together"),
        [false, true] => section.error("graph_root", "is missing", "graph_root and login_root go together"),
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
