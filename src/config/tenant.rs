//! How is each tenant read? From Graph with one credential, or never: then `import` feeds it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{
    app::ReadApp,
    reader::{ConfigReader, SectionReader},
    sign_in::{LICENCES, SignInConfig, client_id, cloud, credential, needs, secret_ends, tenant_id},
    tenant_list::{ListedTenant, first_of_many},
};
use crate::text::{NAME_IS, did_you_mean, is_name};

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
    let given = GRAPH_KEYS.iter().chain([&CLOUD, &LICENCES]).any(|key| section.has(key));
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
    if section.has(LICENCES) {
        section.warn(LICENCES, format!("has no effect: {name} is offline"), "Remove it");
    }
    for key in given.into_iter().chain([CLOUD, LICENCES]) {
        section.pass_over(key);
    }
}

fn sign_in(section: &mut SectionReader<'_>) -> Option<SignInConfig> {
    needs(section, "tenant_id");
    let tenant_id = section.text("tenant_id", tenant_id);
    let client_id = client_id(section);
    let credential = credential(section);
    let cloud = cloud(section);
    let licences = section.flag(LICENCES);
    Some(SignInConfig {
        tenant_id: tenant_id?,
        client_id: client_id?,
        credential: Arc::new(credential?),
        cloud: cloud?,
        app: None,
        licences,
    })
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
    let licences = section.flag(LICENCES);
    let app = read.app.as_ref()?;
    let sign_in = app.sign_in(tenant_id?);
    Some((SignInConfig { licences: licences || app.licences, ..sign_in }, app.secret_ends))
}

/// What to do about two of one Entra tenant.
const ONE_NAME: &str = "One Entra tenant is watched under one name: remove one of the two, or correct its id";

/// Refuses two tenants of one name, and two of one Entra tenant, and names both places.
pub(super) fn check_unique(reader: &mut ConfigReader, apps: &[ReadApp], sections: &[TenantConfig]) {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ids: BTreeMap<String, (String, &str)> = BTreeMap::new();
    let places: Vec<String> = sections.iter().map(|tenant| format!("tenants.{}", tenant.name)).collect();
    let in_sections = reader.names(&["tenants"]);
    for name in &in_sections {
        // Also one that has a mistake of its own.
        names.insert(name, "");
    }
    for (tenant, place) in sections.iter().zip(&places) {
        let Some(sign_in) = &tenant.sign_in else { continue };
        match ids.get(&sign_in.tenant_id.to_ascii_lowercase()) {
            Some((other, first)) => {
                let wrong = format!("is the tenant id of {other} too ({first})");
                reader.error(&format!("{place}.tenant_id"), wrong, ONE_NAME);
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
            mistakes.push((place.clone(), format!("has the tenant id of {other} ({first})"), ONE_NAME.to_owned()));
        } else {
            names.insert(name, place);
            ids.insert(id, (name.clone(), place));
        }
    }
    for (place, wrong, right) in first_of_many(mistakes) {
        reader.error(&place, wrong, right);
    }
}
