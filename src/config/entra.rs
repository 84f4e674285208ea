//! Whose access tokens are taken beside API keys, and what do they give? `[entra]` and its grants, or nobody's.

use reqwest::Url;

use super::{
    grant,
    reader::{ConfigReader, SectionReader},
    sign_in::{CLOUDS, root},
};
use crate::access::{Role, Tenants};
use crate::text::{is_app_uri, is_guid, is_scope};

/// How access tokens of Microsoft Entra are taken.
#[derive(Debug)]
pub struct EntraConfig {
    /// The application (client) id of scorewatch's own API registration.
    pub client_id: String,
    /// Its App ID URI, if that is not the usual one.
    pub audience: Option<String>,
    /// Where the directories live.
    pub login: EntraLogin,
    /// What tokens give; at least one.
    pub grants: Vec<EntraGrantConfig>,
}

/// Where directories live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntraLogin {
    /// In one of Microsoft's clouds: `global`, `usgov`, `usgov_dod`.
    Cloud(&'static str),
    /// At the root of another sign-in service.
    Root(Url),
}

/// What tokens of one directory give.
#[derive(Debug)]
pub struct EntraGrantConfig {
    /// The GUID of the Entra tenant that issues them.
    pub directory: String,
    /// The scope that a user's token must carry.
    pub scope: Option<String>,
    /// The app role that the user or app must have.
    pub app_role: Option<String>,
    /// The role that it gives.
    pub role: Role,
    /// The tenants that it shows.
    pub tenants: Tenants,
}

/// The section of all grants.
const GRANTS: [&str; 2] = ["entra", "grants"];

pub(super) fn read(reader: &mut ConfigReader) -> Option<EntraConfig> {
    if !reader.has_section(&["entra"]) {
        return None;
    }
    let names = reader.names(&GRANTS);
    let grants: Vec<Option<EntraGrantConfig>> = names.iter().map(|name| one(reader.section(&[GRANTS[0], GRANTS[1], name]), name)).collect();
    let mut section = reader.section(&["entra"]);
    if !section.has("client_id") {
        section.missing("client_id", "The overview of scorewatch's own app registration in Entra shows it");
    }
    if names.is_empty() {
        section.error_here("grants nobody access", "Say who may do what in a section such as [entra.grants.copilot]");
    }
    let client_id = section.text("client_id", |text| is_guid(text).then(|| text.to_ascii_lowercase()));
    let audience = section.text("audience", |text| is_app_uri(text).then(|| text.to_owned()));
    let login = login(&mut section);
    Some(EntraConfig { client_id: client_id?, audience, login: login?, grants: grants.into_iter().collect::<Option<_>>()? })
}

fn login(section: &mut SectionReader<'_>) -> Option<EntraLogin> {
    if section.has("login_root") && section.has("cloud") {
        section.error("cloud", "is given beside login_root", "Give the cloud or the root");
    }
    let own = section.has("login_root");
    let login = section.text("login_root", root);
    let cloud = section.text("cloud", |text| CLOUDS.into_iter().find(|cloud| *cloud == text));
    if own { login.map(EntraLogin::Root) } else { cloud.map(EntraLogin::Cloud) }
}

fn one(mut section: SectionReader<'_>, name: &str) -> Option<EntraGrantConfig> {
    grant::check_name(&mut section, name);
    if !section.has("directory") {
        section.missing("directory", "Give the GUID of the Entra tenant whose users or apps it is for");
    }
    if !section.has("scope") && !section.has("app_role") {
        section.error_here("has neither a scope nor an app role", "Give it the scope that users' tokens carry, or the role that apps have");
    }
    let directory = section.text("directory", |text| is_guid(text).then(|| text.to_ascii_lowercase()));
    let [scope, app_role] = ["scope", "app_role"].map(|key| section.text(key, |text| is_scope(text).then(|| text.to_owned())));
    let (role, tenants) = grant::gives(&mut section)?;
    Some(EntraGrantConfig { directory: directory?, scope, app_role, role, tenants })
}
