//! What does a running server know without asking the store? Keys, tenants and the versions of their data.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::ALL_TENANTS;
use crate::{
    access::{
        Asker, Groups, Role, Tenants,
        api_key::{KeyRecord, Keys},
    },
    cache::Version,
    error::{Error, ErrorKind, Result},
    skills::{AskedPart, AskedTenants, Entry, TENANT},
    store::{IndexedTenant, KnownKey, Store},
    telemetry,
    text::{count, did_you_mean, echo, first_of},
};

/// How many tenants an error names.
const NAMED_MAX: usize = 10;
/// What is said where there is none to ask about: to whoever sees none, and on one's own machine, where all are seen.
const NONE_VISIBLE: &str = "No tenant is visible to you yet. Whoever runs scorewatch adds one (`scorewatch import`, or a section [tenants.NAME] in scorewatch.toml), or grants you access to one.";
const NONE_STORED: &str = "No tenants stored yet. Add one: run `scorewatch import`, or write a section [tenants.NAME] into scorewatch.toml and run `scorewatch refresh`.";

/// Keys and tenants as of one moment.
pub struct StoreIndex {
    /// The store's counter then.
    pub changes: i64,
    /// Keys that were not revoked.
    pub keys: Keys,
    tenants: BTreeMap<String, KnownTenant>,
    /// How many days there are of each tenant that is stored and does not count.
    taken_out: BTreeMap<String, usize>,
    /// The groups that tenants are in.
    groups: Arc<Groups>,
}

struct KnownTenant {
    version: Version,
    label: Arc<str>,
}

/// Which tenants a question is about.
pub struct Scope {
    /// Their names, parted by commas; behind the group that they are of, or all that was named, if it is not about one or all.
    pub label: Arc<str>,
    /// Grows when the data of any of them changes or is confirmed.
    pub version: Version,
    /// Whether several were asked for.
    pub all: bool,
}

/// What stands in a label between a group, or all that was named, and the tenants; no name has one.
const OF_GROUP: char = ':';
/// What stands there between a group among others and its tenants, and between these.
const IS: char = '=';
const AND: char = '+';
/// What parts the names in a question about several, and in a label.
pub(super) const PARTED_BY: char = ',';
/// How many may be named.
const PARTS_MAX: usize = 100;

/// The names of the tenants that a label is about.
pub(super) fn names(label: &str) -> impl Iterator<Item = &str> {
    label.split_once(OF_GROUP).map_or(label, |(_, names)| names).split(',').filter(|name| !name.is_empty())
}

/// What was asked about in a label, where that is neither one tenant nor all of them.
pub(super) fn asked(label: &str) -> Option<AskedTenants> {
    let (asked, tenants) = label.split_once(OF_GROUP)?;
    let owned = |names: &str, parted_by| names.split(parted_by).map(ToOwned::to_owned).collect();
    let part = |part: &str| match part.split_once(IS) {
        Some((name, tenants)) => AskedPart { name: name.to_owned(), group: Some(owned(tenants, AND)) },
        None if asked.contains(PARTED_BY) => AskedPart { name: part.to_owned(), group: None },
        None => AskedPart { name: part.to_owned(), group: Some(owned(tenants, PARTED_BY)) },
    };
    let parts: Vec<AskedPart> = asked.split(PARTED_BY).map(part).collect();
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    Some(AskedTenants { name: names.join(",").into(), parts })
}

/// Whom a label is about, in a word and a number for the log: one tenant, or all of so many, or of so many in a group, or that were named.
pub(super) fn told(label: &str) -> (&str, usize) {
    match label.split_once(OF_GROUP) {
        Some((asked, _)) if asked.contains([PARTED_BY, IS]) => ("several", names(label).count()),
        Some((group, _)) => (group, names(label).count()),
        None if label.starts_with(PARTED_BY) => (ALL_TENANTS, names(label).count()),
        None => (label, 1),
    }
}

impl StoreIndex {
    /// Reads the index of tenants, which are in `groups`, and of keys from `store`, and tells the metrics.
    pub async fn load(store: &Store, groups: Arc<Groups>) -> Result<Self> {
        let known = store.index().await?;
        telemetry::tenants_stand(known.tenants.iter().map(|(name, tenant)| stands(name, tenant)).collect());
        let tenants = known.tenants.into_iter().map(|(name, tenant)| {
            let label = Arc::from(name.as_str());
            let read = tenant.read_at.map_or(0, jiff::Timestamp::as_second);
            (name, KnownTenant { version: Version { data: tenant.version, read }, label })
        });
        let days = |tenant: IndexedTenant| usize::try_from(tenant.days).unwrap_or(0);
        let taken_out = known.taken_out.into_iter().map(|(name, tenant)| (name, days(tenant))).collect();
        let (tenants, keys) = (tenants.collect(), Keys::new(known.keys.into_iter().filter_map(|key| record(key, &groups))));
        Ok(Self { changes: known.changes, tenants, taken_out, groups, keys })
    }

    /// The groups that tenants are in.
    pub(super) const fn groups(&self) -> &Arc<Groups> {
        &self.groups
    }

    /// Whether a tenant is stored and counts no more: it was taken out of the configuration.
    pub fn is_taken_out(&self, tenant: &str) -> bool {
        self.taken_out.contains_key(tenant)
    }

    /// The tenants that `asker` may see, by name.
    pub fn visible(&self, asker: &Asker) -> impl Iterator<Item = &str> {
        self.tenants.keys().map(String::as_str).filter(|name| asker.tenants.include(name))
    }

    /// The groups that there are for `asker`, by name.
    pub fn visible_groups(&self, asker: &Asker) -> impl Iterator<Item = &str> {
        self.groups.iter().filter(|(name, tenants)| self.is_group_of(asker, name, tenants)).map(|(name, _)| name)
    }

    /// The group called `name`, in any case, and those of its tenants that are stored; `None` where there is none for `asker`.
    pub fn group(&self, asker: &Asker, name: &str) -> Option<(&str, Vec<&str>)> {
        let (group, tenants) = self.groups.find(&name.to_lowercase())?;
        let stored = || tenants.iter().map(String::as_str).filter(|tenant| self.tenants.contains_key(*tenant)).collect();
        self.is_group_of(asker, group, tenants).then(|| (group, stored()))
    }

    /// Whether there is this group for `asker`: only for those who may see all of it, whose grant or key names it or might. Its name is nobody
    /// else's business, so it is as unknown to them as one that does not exist.
    fn is_group_of(&self, asker: &Asker, group: &str, tenants: &BTreeSet<String>) -> bool {
        let all = asker.tenants.include_all(tenants);
        // While the configuration calls a group so, no tenant of it is; one that an import made goes before.
        all && !self.tenants.contains_key(group) && tenants.iter().any(|tenant| self.tenants.contains_key(tenant))
    }

    /// Which tenants a question is about, for this asker. A tenant that they may not see and one that
    /// does not exist are the same to them.
    pub fn scope(&self, asker: &Asker, skill: &Entry, tenant: Option<&str>) -> Result<Scope> {
        match tenant.map(str::trim) {
            Some(name) if name.eq_ignore_ascii_case(ALL_TENANTS) => self.all(asker, skill),
            Some(names) if names.contains(PARTED_BY) => self.several(asker, skill, names),
            Some(name) => match self.group(asker, name) {
                Some((_, seen)) if !skill.all_tenants => Err(one_at_a_time(&format!("{} answers about", skill.name), &seen)),
                Some((group, seen)) => Ok(self.of_many(group, &seen)),
                None => self.named(asker, name),
            },
            None => self.only(asker, skill.all_tenants),
        }
    }

    /// Which single tenant is meant, by its name or as the asker's only one.
    pub fn single(&self, asker: &Asker, tenant: Option<&str>) -> Result<Scope> {
        self.single_of(asker, tenant, "Microsoft is asked about")
    }

    /// The same where `who` says whose limit of one tenant it is: `A note is about`.
    pub fn single_of(&self, asker: &Asker, tenant: Option<&str>, who: &str) -> Result<Scope> {
        match tenant.map(str::trim) {
            Some(name) if name.eq_ignore_ascii_case(ALL_TENANTS) || name.contains(PARTED_BY) => Err(self.not_all(asker, who)),
            Some(name) => match self.group(asker, name) {
                Some((_, seen)) => Err(one_at_a_time(who, &seen)),
                None => self.named(asker, name),
            },
            None => self.only(asker, false),
        }
    }

    fn only(&self, asker: &Asker, or_all: bool) -> Result<Scope> {
        let mut visible = self.visible(asker);
        match (visible.next().and_then(|name| self.tenants.get(name)), visible.next()) {
            (None, _) => Err(self.nothing_visible(asker)),
            (Some(only), None) => Ok(one(only)),
            (Some(_), Some(_)) => Err(self.which(asker, or_all)),
        }
    }

    /// The one tenant called `name`, in any case.
    pub fn named(&self, asker: &Asker, name: &str) -> Result<Scope> {
        let known = self.tenants.get(name).or_else(|| self.tenants.get(&name.to_lowercase()));
        let seen = known.filter(|known| asker.tenants.include(&known.label));
        seen.map(one).ok_or_else(|| self.not_found(asker, name))
    }

    /// All tenants that `list` names: one, those of a group, several with commas between, or all.
    pub fn all_named(&self, asker: &Asker, list: &str) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for name in list.split(PARTED_BY).map(str::trim) {
            if name.eq_ignore_ascii_case(ALL_TENANTS) {
                names.extend(self.visible(asker).map(ToOwned::to_owned));
            } else if let Some((_, tenants)) = self.group(asker, name) {
                names.extend(tenants.into_iter().map(ToOwned::to_owned));
            } else {
                names.insert(self.named(asker, name)?.label.to_string());
            }
        }
        Ok(names)
    }

    fn all(&self, asker: &Asker, skill: &Entry) -> Result<Scope> {
        if !skill.all_tenants {
            return Err(self.not_all(asker, &format!("{} answers about", skill.name)));
        }
        let names: Vec<&str> = self.visible(asker).collect();
        if names.is_empty() {
            return Err(self.nothing_visible(asker));
        }
        // A comma first keeps "all, of which there is one" apart from that one.
        Ok(Scope { label: Arc::from(format!(",{}", names.join(","))), version: self.version(&names), all: true })
    }

    /// The tenants `names` of a group, or of all that was named.
    fn of_many(&self, group: &str, names: &[&str]) -> Scope {
        Scope { label: Arc::from(format!("{group}{OF_GROUP}{}", names.join(","))), version: self.version(names), all: true }
    }

    /// Those that `list` names, tenants and groups, each once.
    fn several(&self, asker: &Asker, skill: &Entry, list: &str) -> Result<Scope> {
        let listed: Vec<&str> = list.split(PARTED_BY).map(str::trim).filter(|name| !name.is_empty()).collect();
        if listed.is_empty() {
            return Err(self.not_found(asker, list));
        }
        if listed.len() > PARTS_MAX {
            return Err(Error::bad_arguments(format!("`tenant` names {PARTS_MAX} at most; a group, or all, is about more.")));
        }
        let (mut parts, mut names): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
        for name in listed {
            if name.eq_ignore_ascii_case(ALL_TENANTS) {
                return self.all(asker, skill);
            }
            let (part, of_it) = if let Some((group, tenants)) = self.group(asker, name) {
                (format!("{group}{IS}{}", tenants.join(&AND.to_string())), tenants)
            } else {
                let label = self.named(asker, name)?.label;
                let known = self.tenants.get_key_value(&*label).map(|(name, _)| name.as_str());
                (label.to_string(), known.into_iter().collect())
            };
            if !parts.contains(&part) {
                parts.push(part);
            }
            names.extend(of_it);
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        match (parts.as_slice(), names.as_slice()) {
            ([], _) | (_, []) => Err(self.which(asker, skill.all_tenants)),
            (_, [only]) => self.named(asker, only),
            _ if !skill.all_tenants => Err(one_at_a_time(&format!("{} answers about", skill.name), &names)),
            _ => Ok(self.of_many(&parts.join(","), &names)),
        }
    }

    /// Versions only grow, so their sums grow with any of them.
    fn version(&self, names: &[&str]) -> Version {
        let known = names.iter().filter_map(|name| self.tenants.get(*name));
        known.fold(Version::default(), |sum, known| Version { data: sum.data + known.version.data, read: sum.read + known.version.read })
    }

    fn not_found(&self, asker: &Asker, name: &str) -> Error {
        let visible: Vec<&str> = self.visible(asker).collect();
        if let Some((name, days)) = self.unnamed(asker, name) {
            let sentence = format!(
                "{name} is stored ({}), but not in this configuration: use the one that names it (--config FILE), or add [tenants.{name}]. \
                `scorewatch tenant list` shows all stored tenants. Available: {}.",
                count(days, "day"),
                self.list(asker)
            );
            return Error::new(ErrorKind::NotFound, sentence);
        }
        if visible.is_empty() {
            let mut error = self.nothing_visible(asker);
            error.kind = ErrorKind::NotFound;
            return error;
        }
        let typed = echo(name, 40);
        let hint = did_you_mean(name, visible.iter().copied().chain(self.visible_groups(asker)));
        let groups: Vec<&str> = self.visible_groups(asker).collect();
        let groups = if groups.is_empty() { String::new() } else { format!("; groups: {}", first_of(&groups, NAMED_MAX)) };
        let sentence = format!("Tenant `{typed}` not found.{hint} Available: {}{groups}.", self.list(asker));
        Error::new(ErrorKind::NotFound, sentence).naming(TENANT)
    }

    /// The stored tenant called `name` that the configuration does not name, and its days. Nobody hears of it who cannot read the store anyway.
    fn unnamed(&self, asker: &Asker, name: &str) -> Option<(&str, usize)> {
        let found = self.taken_out.get_key_value(name).or_else(|| self.taken_out.get_key_value(&name.to_lowercase()));
        found.filter(|_| asker.is_local()).map(|(name, days)| (name.as_str(), *days))
    }

    fn nothing_visible(&self, asker: &Asker) -> Error {
        let sentence = if !asker.is_local() {
            NONE_VISIBLE.to_owned()
        } else if self.taken_out.is_empty() {
            NONE_STORED.to_owned()
        } else {
            let names: Vec<&str> = self.taken_out.keys().map(String::as_str).collect();
            format!(
                "No tenant of this configuration is stored. Stored, but not in it: {}. Use the configuration that names them (--config FILE); `scorewatch tenant list` shows all.",
                first_of(&names, NAMED_MAX)
            )
        };
        Error::new(ErrorKind::NotReady, sentence)
    }

    fn not_all(&self, asker: &Asker, who: &str) -> Error {
        if self.visible(asker).next().is_none() {
            return self.nothing_visible(asker);
        }
        Error::bad_arguments(format!("{who} one tenant at a time. Name one: {}.", self.list(asker))).naming(TENANT)
    }

    fn which(&self, asker: &Asker, or_all: bool) -> Error {
        let groups: Vec<&str> = if or_all { self.visible_groups(asker).collect() } else { Vec::new() };
        let groups = if groups.is_empty() { String::new() } else { format!("; a group: {}", first_of(&groups, NAMED_MAX)) };
        let all = if or_all { ", or all" } else { "" };
        Error::bad_arguments(format!("Which tenant? Add `tenant`; one of: {}{all}{groups}.", self.list(asker))).naming(TENANT)
    }

    fn list(&self, asker: &Asker) -> String {
        let visible: Vec<&str> = self.visible(asker).collect();
        if visible.is_empty() { "none".to_owned() } else { first_of(&visible, NAMED_MAX) }
    }
}

fn one_at_a_time(who: &str, of_group: &[&str]) -> Error {
    Error::bad_arguments(format!("{who} one tenant at a time. Name one: {}.", first_of(of_group, NAMED_MAX))).naming(TENANT)
}

/// How the tenant called `name` stands, for the metrics.
fn stands(name: &str, tenant: &IndexedTenant) -> telemetry::TenantGauges {
    let IndexedTenant { newest_day, points, maximum, read_at, days, .. } = *tenant;
    telemetry::TenantGauges { name: name.to_owned(), newest_day, points, maximum, read_at, days }
}

fn one(known: &KnownTenant) -> Scope {
    Scope { label: Arc::clone(&known.label), version: known.version, all: false }
}

/// A key that was not revoked and whose role we know.
fn record(key: KnownKey, groups: &Groups) -> Option<KeyRecord> {
    if key.revoked.is_some() {
        return None;
    }
    let Ok(role) = key.role.parse::<Role>() else {
        tracing::warn!(key = key.id, "a key has a role that this version does not know; it is refused");
        return None;
    };
    let tenants = key.tenants.map_or(Tenants::All, |names| groups.kept(names.iter().map(String::as_str)));
    let asker = Arc::new(Asker { id: format!("key:{}", key.id).into(), name: key.name.into(), role, tenants });
    Some(KeyRecord { sha256: key.sha256, asker, expires: key.expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_tenants_are_a_word_and_a_number() {
        let all = ",tenant".repeat(1000);
        assert_eq!((told(&all), told("contoso"), told(",contoso")), ((ALL_TENANTS, 1000), ("contoso", 1), (ALL_TENANTS, 1)));
        assert_eq!((told("eu:contoso,fabrikam"), names("eu:contoso,fabrikam").count()), (("eu", 2), 2));
        assert_eq!(told("contoso,fabrikam:contoso,fabrikam"), ("several", 2));
        assert_eq!(told("eu=contoso+fabrikam,us:contoso,fabrikam,us"), ("several", 3));
    }

    #[test]
    fn a_label_keeps_what_was_named() {
        let parts = |label: &str| {
            let asked = asked(label)?;
            let parts: Vec<String> = asked.parts.into_iter().map(|part| format!("{} {:?}", part.name, part.group)).collect();
            Some((asked.name.to_string(), parts.join(" | ")))
        };
        let told = |name: &str, parts: &str| Some((name.to_owned(), parts.to_owned()));
        assert_eq!((parts("contoso"), parts(",contoso,fabrikam")), (None, None));
        assert_eq!(parts("eu:contoso,fabrikam"), told("eu", r#"eu Some(["contoso", "fabrikam"])"#));
        assert_eq!(parts("a,b:a,b"), told("a,b", "a None | b None"));
        assert_eq!(parts("eu=a+b,c:a,b,c"), told("eu,c", r#"eu Some(["a", "b"]) | c None"#));
        assert_eq!(parts("eu=a+b,a:a,b"), told("eu,a", r#"eu Some(["a", "b"]) | a None"#));
    }
}
