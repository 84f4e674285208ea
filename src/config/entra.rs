//! Whose access tokens are taken beside API keys, and what do they give? `[entra]` and its grants, or nobody's.

use reqwest::Url;

use super::{
    grant,
    reader::{Reader, Section},
    tenant::{CLOUDS, root},
};
use crate::access::Tenants;
use crate::text::{is_app_uri, is_guid, is_scope};

/// How access tokens of Microsoft Entra are taken.
#[derive(Debug)]
pub struct Entra {
    /// The application (client) id of scorewatch's own API registration.
    pub client_id: String,
    /// Its App ID URI, if that is not the usual one.
    pub audience: Option<String>,
    /// Where the directories live.
    pub login: Login,
    /// What tokens give; at least one.
    pub grants: Vec<Grant>,
}

/// Where directories live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// In one of Microsoft's clouds: `global`, `usgov`, `usgov_dod`.
    Cloud(&'static str),
    /// At the root of another sign-in service.
    Root(Url),
}

/// What tokens of one directory give.
#[derive(Debug)]
pub struct Grant {
    /// The GUID of the Entra tenant that issues them.
    pub directory: String,
    /// The scope that a user's token must carry.
    pub scope: Option<String>,
    /// The app role that the user or app must have.
    pub app_role: Option<String>,
    /// The role that it gives: `reader`, `analyst`, `operator`.
    pub role: &'static str,
    /// The tenants that it shows.
    pub tenants: Tenants,
}

/// The section of all grants.
const GRANTS: [&str; 2] = ["entra", "grants"];

pub(super) fn read(reader: &mut Reader) -> Option<Entra> {
    if !reader.has_section(&["entra"]) {
        return None;
    }
    let names = reader.names(&GRANTS);
    let grants: Vec<Option<Grant>> = names.iter().map(|name| one(reader.section(&[GRANTS[0], GRANTS[1], name]), name)).collect();
    let mut section = reader.section(&["entra"]);
    if !section.has("client_id") {
        section.mistake("client_id", "is missing", "The overview of scorewatch's own app registration in Entra shows it");
    }
    if names.is_empty() {
        section.mistake_here("lets nobody in", "Say who may do what in a section such as [entra.grants.copilot]");
    }
    let client_id = section.text("client_id", |text| is_guid(text).then(|| text.to_ascii_lowercase()));
    let audience = section.text("audience", |text| is_app_uri(text).then(|| text.to_owned()));
    let login = login(&mut section);
    Some(Entra { client_id: client_id?, audience, login: login?, grants: grants.into_iter().collect::<Option<_>>()? })
}

fn login(section: &mut Section<'_>) -> Option<Login> {
    if section.has("login_root") && section.has("cloud") {
        section.mistake("cloud", "is given beside login_root", "Give the cloud or the root");
    }
    let own = section.has("login_root");
    let login = section.text("login_root", root);
    let cloud = section.text("cloud", |text| CLOUDS.into_iter().find(|cloud| *cloud == text));
    if own { login.map(Login::Root) } else { cloud.map(Login::Cloud) }
}

fn one(mut section: Section<'_>, name: &str) -> Option<Grant> {
    grant::check_name(&mut section, name);
    if !section.has("directory") {
        section.mistake("directory", "is missing", "Write the GUID of the Entra tenant whose users or apps it is for");
    }
    if !section.has("scope") && !section.has("app_role") {
        section
            .mistake_here("has neither a scope nor an app role", "Give it the scope that users' tokens carry, or the role that apps have");
    }
    let directory = section.text("directory", |text| is_guid(text).then(|| text.to_ascii_lowercase()));
    let [scope, app_role] = ["scope", "app_role"].map(|key| section.text(key, |text| is_scope(text).then(|| text.to_owned())));
    let (role, tenants) = grant::gives(&mut section)?;
    Some(Grant { directory: directory?, scope, app_role, role, tenants })
}
