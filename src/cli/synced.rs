//! Which tenants are meant by the names that were typed? Of those that are synced from Microsoft Graph, each by its name or that of a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::{Config, SignInConfig},
    error::{Error, ErrorKind, Result},
    text::{did_you_mean, echo, first_of},
};

/// So many names an error lists of a kind.
const NAMED_MAX: usize = 20;
/// How much of an unknown name is shown, in characters.
const SHOWN_MAX: usize = 40;

/// Tenants, each with how it signs in.
pub(super) type SyncedTenants<'c> = BTreeMap<&'c str, &'c SignInConfig>;

/// The tenants that `names` mean; without any, all that are synced.
pub(super) fn meant<'c>(config: &'c Config, names: &[impl AsRef<str>]) -> Result<SyncedTenants<'c>> {
    let all = all(config)?;
    if names.is_empty() {
        return Ok(all);
    }
    let wanted = names.iter().map(|name| named(config, &all, name.as_ref())).collect::<Result<Vec<_>>>()?;
    let wanted: BTreeSet<&str> = wanted.into_iter().flatten().collect();
    Ok(all.into_iter().filter(|(name, _)| wanted.contains(name)).collect())
}

/// The one tenant that `name` means; it may be left out where there is only one. `to_what` ends "Say which tenant".
pub(super) fn one<'c>(config: &'c Config, name: Option<&str>, to_what: &str) -> Result<(&'c str, &'c SignInConfig)> {
    let all = all(config)?;
    let wanted = name.map_or_else(|| Ok(all.keys().copied().collect()), |name| named(config, &all, name))?;
    match (wanted.as_slice(), name) {
        ([only], _) => all.get(only).map(|sign_in| (*only, *sign_in)).ok_or_else(|| which(&[only], to_what)),
        (several, Some(name)) => Err(which(several, to_what).preceded_by(&format!("{name} is a group."))),
        (several, None) => Err(which(several, to_what)),
    }
}

/// That several tenants may be meant, of these `names`.
pub(super) fn which(names: &[&str], to_what: &str) -> Error {
    Error::bad_arguments(format!("Say which tenant {to_what} with --tenant NAME: {}.", first_of(names, NAMED_MAX)))
}

fn all(config: &Config) -> Result<SyncedTenants<'_>> {
    let all: SyncedTenants<'_> = config.tenants.iter().filter_map(|tenant| Some((&*tenant.name, tenant.sign_in.as_ref()?))).collect();
    if !all.is_empty() {
        return Ok(all);
    }
    let sentence = "No tenant is synced from Microsoft Graph. Add [tenants.NAME] or [apps.NAME] to scorewatch.toml; docs/tenants.md shows how, step by step.";
    Err(Error::new(ErrorKind::Misconfigured, sentence))
}

/// The tenants of `all` that `name` means.
fn named<'c>(config: &'c Config, all: &SyncedTenants<'c>, name: &str) -> Result<Vec<&'c str>> {
    if let Some((found, _)) = all.get_key_value(name) {
        return Ok(vec![*found]);
    }
    if let Some(group) = config.groups.get(name) {
        let of_group: Vec<&str> = all.keys().copied().filter(|tenant| group.contains(*tenant)).collect();
        if !of_group.is_empty() {
            return Ok(of_group);
        }
        let members: Vec<&str> = group.iter().map(String::as_str).collect();
        let sentence = format!("No tenant of the group {name} is synced from Microsoft Graph: {}.", first_of(&members, NAMED_MAX));
        return Err(Error::bad_arguments(sentence));
    }
    if config.tenants.iter().any(|tenant| tenant.name == name) {
        let sentence =
            format!("Tenant {name} is offline: it signs in nowhere, and is updated by `scorewatch import --tenant {name} FILE…`.");
        return Err(Error::bad_arguments(sentence));
    }
    Err(unknown(config, name))
}

/// That nothing is called `name`, and what there is.
fn unknown(config: &Config, name: &str) -> Error {
    let tenants: Vec<&str> = config.tenants.iter().map(|tenant| &*tenant.name).collect();
    let groups: Vec<&str> = config.groups.iter().map(|(group, _)| group).collect();
    let hint = did_you_mean(name, tenants.iter().chain(&groups).copied());
    let of_groups = if groups.is_empty() { String::new() } else { format!(" Groups: {}.", first_of(&groups, NAMED_MAX)) };
    let (typed, of_tenants) = (echo(name, SHOWN_MAX), first_of(&tenants, NAMED_MAX));
    let sentence = format!("No tenant or group `{typed}` is configured.{hint} Tenants: {of_tenants}.{of_groups}");
    Error::new(ErrorKind::NotFound, sentence)
}
