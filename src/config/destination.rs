//! Where do posts go, and who reads there? `[destinations.NAME]`, each of a kind that is declared elsewhere, and `[delivery]`.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    declared::{DestinationKind, DestinationReach},
    grant::role,
    reader::{ConfigReader, SectionReader},
};
use crate::{
    access::{Role, Tenants},
    text::{NAME_IS, is_loopback, is_name},
};

/// A destination.
#[derive(Debug)]
pub struct DestinationConfig {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static DestinationKind,
    /// What it takes to reach it.
    pub reach: DestinationReach,
    /// Who reads there; `None` for a room of a chat, of which grants say it.
    pub readers: Option<ReadersConfig>,
    /// The destination that gets what is urgent while this one takes nothing.
    pub fallback: Option<String>,
}

/// What those who read at a destination may see.
#[derive(Debug)]
pub struct ReadersConfig {
    /// Their role.
    pub role: Role,
    /// Their tenants.
    pub tenants: Tenants,
}

/// How deliveries are made.
#[derive(Debug)]
pub struct DeliveryConfig {
    /// The destination that the operator reads.
    pub operator: Option<String>,
    /// After how long a delivery is given up.
    pub give_up: Duration,
    /// After how long another process takes over.
    pub lease: Duration,
}

pub(super) fn delivery(section: &mut SectionReader<'_>) -> DeliveryConfig {
    let operator = section.text("operator", |text| is_name(text).then(|| text.to_owned()));
    let give_up = Duration::from_hours(section.whole("give_up_hours").into());
    DeliveryConfig { operator, give_up, lease: Duration::from_secs(section.whole("lease_seconds").into()) }
}

pub(super) fn read_all(reader: &mut ConfigReader, kinds: &[&'static DestinationKind]) -> Vec<DestinationConfig> {
    let names = reader.names(&["destinations"]);
    names.into_iter().filter_map(|name| read(reader.section(&["destinations", &name]), name, kinds)).collect()
}

fn read(mut section: SectionReader<'_>, name: String, kinds: &[&'static DestinationKind]) -> Option<DestinationConfig> {
    if !is_name(&name) {
        section.error_here("is not a valid name for a destination", format!("Use {NAME_IS}"));
    }
    if !section.has("kind") {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        section.missing("kind", format!("Give one of {}", names.join(", ")));
    }
    let kind = section.text("kind", |text| kinds.iter().copied().find(|kind| kind.name == text));
    if let Some(kind) = kind {
        fits(&mut section, kind, kinds);
    }
    // Read whatever the kind is, so that every error is found at once.
    let url = url(&mut section, kind, kinds);
    let mut reach = None;
    for other in kinds {
        let read = (other.read)(&mut section, url.as_ref());
        reach = reach.or_else(|| read.filter(|_| kind.is_some_and(|kind| kind.name == other.name)));
    }
    let readers = section.text("role", role).zip(section.tenants("tenants")).map(|(role, tenants)| ReadersConfig { role, tenants });
    let fallback = section.text("fallback", |text| is_name(text).then(|| text.to_owned()));
    let kind = kind?;
    let readers = if kind.has_granted_readers { None } else { Some(readers?) };
    Some(DestinationConfig { name, kind, reach: reach?, readers, fallback })
}

/// Reports what is given and not for this `kind`, and what it needs and is not given.
fn fits(section: &mut SectionReader<'_>, kind: &DestinationKind, kinds: &[&'static DestinationKind]) {
    let needed = || format!("A {} needs it", kind.name);
    let own = kinds.iter().flat_map(|kind| kind.needs).map(|(key, _)| *key);
    for key in ["url"].into_iter().chain(own).chain(["role", "tenants"]) {
        match (section.has_secret(key), kind.takes(key)) {
            (true, false) => section.error(key, format!("has no effect for a {}", kind.name), "Remove it"),
            (false, true) if key != "role" => {
                let right = kind.needs.iter().find(|(own, _)| *own == key).map(|(_, right)| (*right).to_owned());
                section.missing(key, right.unwrap_or_else(needed));
            }
            _ => {}
        }
    }
}

/// An address that takes posts: https, or http to this machine itself. No message shows it.
fn url(section: &mut SectionReader<'_>, kind: Option<&DestinationKind>, kinds: &[&'static DestinationKind]) -> Option<SecretString> {
    let url = section.secret("url")?;
    let url_read = Url::parse(url.expose_secret().trim()).ok();
    let key = if section.has("url") { "url" } else { "url_file" };
    let is_own = |other: &DestinationKind| kind.is_some_and(|kind| kind.name == other.name);
    let remark = url_read.as_ref().and_then(|url| kinds.iter().find_map(|kind| (kind.remark)(url, is_own(kind))));
    if let Some((wrong, right)) = remark {
        section.warn(key, wrong, right);
    }
    let usable = url_read.is_some_and(|url| {
        let loopback = url.host_str().is_some_and(is_loopback);
        url.has_host() && (url.scheme() == "https" || url.scheme() == "http" && loopback)
    });
    if !usable {
        section.error(key, "holds no valid address", "Write an https address (http only to this machine itself), alone");
    }
    Some(SecretString::from(url.expose_secret().trim()))
}
