//! Which tenants share one credential? `[apps.NAME]`: a multi-tenant app registration, and the tenants that consented to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    reader::{ConfigReader, SectionReader},
    tenant::{CloudConfig, CredentialConfig, SignInConfig, TenantConfig, client_id, cloud, credential, secret_ends, tenant_id},
    tenant_list,
};
use crate::text::{NAME_IS, is_name};

/// An app registration by which tenants are read.
#[derive(Debug)]
pub struct AppConfig {
    /// The name of its section, `[apps.NAME]`.
    pub name: String,
    /// The application (client) id.
    pub client_id: String,
    /// How the app proves who it is: one for all tenants.
    pub credential: Arc<CredentialConfig>,
    /// Where the tenants live.
    pub cloud: CloudConfig,
    /// The last day of its client secret, as its owner says.
    pub secret_ends: Option<Date>,
    /// What was given of it but for its tenants, as a hash.
    pub(super) fingerprint: String,
}

impl AppConfig {
    /// How the Entra tenant `tenant_id` is read by this app.
    pub(super) fn sign_in(&self, tenant_id: String) -> SignInConfig {
        let (credential, cloud) = (Arc::clone(&self.credential), self.cloud.clone());
        SignInConfig { tenant_id, client_id: self.client_id.clone(), credential, cloud, app: Some(self.name.clone()) }
    }

    /// Notes how the tenant called `name` is read, so that it counts as changed once that changes.
    pub(super) fn note(&self, reader: &mut ConfigReader, name: &str, tenant_id: &str) {
        reader.note_tenant(name, &format!("{} {tenant_id}", self.fingerprint));
    }
}

/// A tenant that an app lists.
#[derive(Debug, Clone)]
pub(super) struct ListedTenant {
    /// Its short name.
    pub name: String,
    /// The Entra tenant's GUID, or one of its verified domains.
    pub tenant_id: String,
    /// The groups that it is in.
    pub groups: BTreeSet<String>,
    /// Where it is listed: a key, or a line of a file.
    pub place: String,
}

/// An app as it was read, with the tenants that it lists. `app` is `None` where it cannot be used, which was said.
pub(super) struct ReadApp {
    pub name: String,
    pub app: Option<AppConfig>,
    pub listed: Vec<ListedTenant>,
}

/// The section of all apps, and that of the tenants of one.
const APPS: &str = "apps";
const TENANTS: &str = "tenants";
/// The key that names a file with tenants.
const TENANTS_FILE: &str = "tenants_file";

/// All apps, each with the tenants that it lists.
pub(super) fn read_all(reader: &mut ConfigReader) -> Vec<ReadApp> {
    let names = reader.names(&[APPS]);
    names.into_iter().map(|name| read(reader, name)).collect()
}

fn read(reader: &mut ConfigReader, name: String) -> ReadApp {
    let mut section = reader.section(&[APPS, &name]);
    if !is_name(&name) {
        section.error_here("is not a valid name for an app", format!("Use {NAME_IS}"));
    }
    let client_id = client_id(&mut section);
    let credential = credential(&mut section);
    let cloud = cloud(&mut section);
    let secret_ends = secret_ends(&mut section);
    let mut listed = tenant_list::read(&mut section, TENANTS_FILE);
    let in_table = reader.keys_in(&[APPS, &name, TENANTS]);
    for tenant in in_table {
        let mut section = reader.section(&[APPS, &name, TENANTS]);
        listed.extend(in_section(&mut section, tenant));
    }
    let app = (|| {
        let (credential, fingerprint) = (Arc::new(credential?), reader.fingerprint(&[APPS, &name], &[TENANTS, TENANTS_FILE]));
        Some(AppConfig { name: name.clone(), client_id: client_id?, credential, cloud: cloud?, secret_ends, fingerprint })
    })();
    ReadApp { name, app, listed }
}

/// The tenant called `name` in `[apps.NAME.tenants]`.
fn in_section(section: &mut SectionReader<'_>, name: String) -> Option<ListedTenant> {
    let place = section.shown(&name);
    if !is_name(&name) {
        section.error(&name, "is not a valid name for a tenant", format!("Use {NAME_IS}"));
    }
    let tenant_id = section.text(&name, tenant_id)?;
    Some(ListedTenant { name, tenant_id, groups: BTreeSet::new(), place })
}

/// Refuses two tenants of one name, or a listed one of an Entra tenant that is watched already, and names both places.
pub(super) fn check_unique(reader: &mut ConfigReader, apps: &[ReadApp], sections: &[TenantConfig]) {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ids: BTreeMap<String, (String, &str)> = BTreeMap::new();
    let places: Vec<String> = sections.iter().map(|tenant| format!("tenants.{}", tenant.name)).collect();
    let in_sections = reader.names(&[TENANTS]);
    for name in &in_sections {
        // Also one that has a mistake of its own.
        names.insert(name, "");
    }
    for (tenant, place) in sections.iter().zip(&places) {
        let Some(sign_in) = &tenant.sign_in else { continue };
        match ids.get(&sign_in.tenant_id.to_ascii_lowercase()) {
            // Each has a section of its own, so it may be meant: one of them on trial, say.
            Some((other, first)) => {
                let wrong = format!("is that of {other} too ({first}), so what is the same is watched twice");
                reader.warn(&format!("{place}.tenant_id"), wrong, "Remove one of the two, or correct its id");
            }
            None => drop(ids.insert(sign_in.tenant_id.to_ascii_lowercase(), (tenant.name.clone(), place))),
        }
    }
    let mut mistakes = Vec::new();
    for ListedTenant { name, tenant_id, place, .. } in apps.iter().flat_map(|app| &app.listed) {
        let id = tenant_id.to_ascii_lowercase();
        // One message a line: whoever pasted a line twice sees so.
        if let Some(first) = names.get(name.as_str()) {
            let first = if first.is_empty() { format!("[tenants.{name}]") } else { (*first).to_owned() };
            let wrong = format!("names the tenant {name}, which {first} does too");
            mistakes.push((place.clone(), wrong, "Give each tenant a name of its own".to_owned()));
        } else if let Some((other, first)) = ids.get(&id) {
            let right = "One Entra tenant is watched under one name: remove one of the two, or correct its id";
            mistakes.push((place.clone(), format!("has the tenant id of {other} ({first})"), right.to_owned()));
        } else {
            names.insert(name, place);
            ids.insert(id, (name.clone(), place));
        }
    }
    for (place, wrong, right) in tenant_list::first_of_many(mistakes) {
        reader.error(&place, wrong, right);
    }
}
