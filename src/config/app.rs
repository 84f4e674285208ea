//! Which tenants share one credential? `[apps.NAME]`: a multi-tenant app registration, and the tenants that consented to it.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::{
    reader::{ConfigReader, SectionReader},
    sign_in::{CloudConfig, CredentialConfig, LICENCES, SignInConfig, client_id, cloud, credential, secret_ends, tenant_id},
    tenant_list::{self, ListedTenant},
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
    /// Whether the licences of all its tenants are read.
    pub licences: bool,
    /// What was given of it but for its tenants, as a hash.
    pub(super) fingerprint: String,
}

impl AppConfig {
    /// How the Entra tenant `tenant_id` is read by this app.
    pub(super) fn sign_in(&self, tenant_id: String) -> SignInConfig {
        let (credential, cloud) = (Arc::clone(&self.credential), self.cloud.clone());
        SignInConfig {
            tenant_id,
            client_id: self.client_id.clone(),
            credential,
            cloud,
            app: Some(self.name.clone()),
            licences: self.licences,
        }
    }

    /// Notes how the tenant called `name` is read, so that it counts as changed once that changes.
    pub(super) fn note(&self, reader: &mut ConfigReader, name: &str, tenant_id: &str) {
        reader.note_tenant(name, &format!("{} {tenant_id}", self.fingerprint));
    }
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
    let licences = section.flag(LICENCES);
    let mut listed = tenant_list::read(&mut section, TENANTS_FILE);
    let in_table = reader.keys_in(&[APPS, &name, TENANTS]);
    for tenant in in_table {
        let mut section = reader.section(&[APPS, &name, TENANTS]);
        listed.extend(in_section(&mut section, tenant));
    }
    let app = (|| {
        let (credential, fingerprint) = (Arc::new(credential?), reader.fingerprint(&[APPS, &name], &[TENANTS, TENANTS_FILE]));
        Some(AppConfig { name: name.clone(), client_id: client_id?, credential, cloud: cloud?, secret_ends, licences, fingerprint })
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
