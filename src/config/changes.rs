//! What differs between two configurations, and what of it takes effect at once? Key by key, without any value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest as _, Sha256};

use super::keys;

/// What a running server cannot take up, as keys or sections: it takes effect at the next start.
pub const AT_START: &[&str] = &[
    "store",
    "server",
    "metrics",
    "mcp",
    "refresh.answer_cache_mebibytes",
    "entra.client_id",
    "entra.audience",
    "entra.cloud",
    "entra.login_root",
    "discord.application_id",
    "discord.public_key",
    "discord.token",
    "discord.token_file",
    "discord.http_only",
    "discord.proxy",
    "discord.picture",
];
/// Sections whose part of the program is built at the start, or not at all: one that is new takes effect at the next start as a whole.
const BUILT_AT_START: &[&str] = &["discord", "entra"];
/// Stands for what a file holds, below the key that names it.
const CONTENT: &str = "content";

/// What was given for each key, and what the files hold that keys name: as hashes, since some of it is secret.
#[derive(Clone, Default)]
pub(super) struct KeyFingerprints(BTreeMap<Vec<String>, [u8; 32]>);

impl fmt::Debug for KeyFingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFingerprints")
    }
}

impl KeyFingerprints {
    /// Adds what is given at `path`.
    pub(super) fn add(&mut self, path: &[String], value: &str) {
        self.0.insert(path.to_vec(), Sha256::digest(value).into());
    }

    /// Adds what the file holds that `path` names.
    pub(super) fn add_file(&mut self, path: &[String], bytes: &[u8]) {
        let path = [path, &[CONTENT.to_owned()]].concat();
        self.0.insert(path, Sha256::digest(bytes).into());
    }

    fn has_section(&self, name: &str) -> bool {
        self.0.keys().any(|path| path.first().is_some_and(|first| first == name))
    }

    /// In which keys this differs from `before`.
    pub(super) fn changes(&self, before: &Self) -> ConfigChanges {
        let is_new = |section: &&&str| !before.has_section(section);
        let mut changes = ConfigChanges { new_parts: BUILT_AT_START.iter().filter(is_new).copied().collect(), ..ConfigChanges::default() };
        for path in self.0.keys().chain(before.0.keys()) {
            let (new, old) = (self.0.get(path), before.0.get(path));
            if new == old {
                continue;
            }
            if let Some(named) = keys::place_of_name(path) {
                let section = |all: &Self| all.0.keys().any(|other| other.starts_with(&path[..=named]));
                let change = match (section(before), section(self)) {
                    (false, _) => SectionChange::Added,
                    (_, false) => SectionChange::Removed,
                    (true, true) => SectionChange::Changed,
                };
                changes.named.insert((path[..named].join("."), path[named].clone()), change);
            }
            let key = path.strip_suffix(&[CONTENT.to_owned()]).unwrap_or(path);
            if keys::find(key).is_some() {
                changes.keys.insert(key.join("."));
            }
        }
        changes
    }
}

/// In which keys two configurations differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigChanges {
    keys: BTreeSet<String>,
    /// The sections whose name is free to choose, by what they are and their name.
    named: BTreeMap<(String, String), SectionChange>,
    /// The sections of [`BUILT_AT_START`] that were not there before.
    new_parts: BTreeSet<&'static str>,
}

/// What became of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SectionChange {
    Added,
    Changed,
    Removed,
}

impl ConfigChanges {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.named.is_empty()
    }

    /// Whether `key` differs.
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether anything within `section` differs.
    pub fn has_within(&self, section: &str) -> bool {
        self.keys.iter().chain(self.named.keys().map(|(kind, _)| kind)).any(|key| is_within(key, section))
    }

    /// Whether the tenant called `name` is new, gone or otherwise configured.
    pub fn has_tenant(&self, name: &str) -> bool {
        self.has_named("tenants", name)
    }

    /// Whether the destination called `name` is new, gone or otherwise configured.
    pub fn has_destination(&self, name: &str) -> bool {
        self.has_named("destinations", name)
    }

    fn has_named(&self, kind: &str, name: &str) -> bool {
        self.named.contains_key(&(kind.to_owned(), name.to_owned()))
    }

    /// The keys that take effect at the next start only; the section where that is all of it.
    pub fn at_start(&self) -> BTreeSet<&str> {
        self.keys.iter().filter_map(|key| self.waits(key)).collect()
    }

    /// What of `key` waits for the next start: it, or its section; `None` where it takes effect at once.
    fn waits<'k>(&self, key: &'k str) -> Option<&'k str> {
        self.new_part(key).or_else(|| is_at_start(key).then_some(key))
    }

    /// The section of `key`, if its part of the program is not built yet.
    fn new_part(&self, key: &str) -> Option<&'static str> {
        self.new_parts.iter().copied().find(|section| is_within(key, section))
    }
}

fn is_at_start(key: &str) -> bool {
    AT_START.iter().any(|start| is_within(key, start))
}

fn is_within(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl fmt::Display for ConfigChanges {
    /// What takes effect at once: `tenants: fabrikam added, contoso changed; mail.password changed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((kind, name), change) in self.named.iter().filter(|((kind, _), _)| self.new_part(kind).is_none()) {
            let word = match change {
                SectionChange::Added => "added",
                SectionChange::Changed => "changed",
                SectionChange::Removed => "removed",
            };
            by_kind.entry(kind).or_default().push(format!("{name} {word}"));
        }
        let named = by_kind.into_iter().map(|(kind, names)| format!("{kind}: {}", names.join(", ")));
        let path = |key: &str| key.split('.').map(ToOwned::to_owned).collect::<Vec<_>>();
        let keys = self.keys.iter().filter(|key| keys::place_of_name(&path(key)).is_none() && self.waits(key).is_none());
        let all: Vec<String> = named.chain(keys.map(|key| format!("{key} changed"))).collect();
        if all.is_empty() { f.write_str("nothing") } else { f.write_str(&all.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(&str, &str)]) -> KeyFingerprints {
        let mut all = KeyFingerprints::default();
        for (key, value) in values {
            let path: Vec<String> = key.split('.').map(ToOwned::to_owned).collect();
            (1..path.len()).for_each(|length| all.add(&path[..length], ""));
            all.add(&path, value);
        }
        all
    }

    #[test]
    fn changes_are_told_by_name_and_without_a_value() {
        let before =
            of(&[("tenants.a.client_secret", "hush"), ("tenants.b.offline", "true"), ("mail.server", "x"), ("server.listen", "1")]);
        let after = of(&[("tenants.a.client_secret", "new"), ("tenants.c.offline", "true"), ("mail.server", "y"), ("server.listen", "2")]);
        let changes = after.changes(&before);
        assert_eq!(changes.to_string(), "tenants: a changed, b removed, c added; mail.server changed");
        assert_eq!(changes.at_start().into_iter().collect::<Vec<_>>(), ["server.listen"]);
        assert!(changes.has_tenant("b") && !changes.has_tenant("d") && changes.has("mail.server"));
        assert!(after.changes(&after).is_empty());
        assert!(!format!("{after:?} {changes:?}").contains("hush"));
    }

    #[test]
    fn a_bot_that_is_new_waits_for_the_next_start_with_all_that_is_granted() {
        let (token, grant) = (("discord.token", "hush"), ("discord.grants.a.tenants", "all"));
        let changes = of(&[token, grant]).changes(&of(&[]));
        assert_eq!((changes.to_string(), changes.at_start().into_iter().collect::<Vec<_>>()), ("nothing".to_owned(), vec!["discord"]));
        let changes = of(&[token, grant]).changes(&of(&[token]));
        assert_eq!((changes.to_string(), changes.at_start().len()), ("discord.grants: a added".to_owned(), 0));
    }

    #[test]
    fn a_file_that_holds_something_else_is_a_change_of_the_key_that_names_it() {
        let key: Vec<String> = ["tenants", "a", "client_secret_file"].map(ToOwned::to_owned).into();
        let (mut before, mut after) =
            (of(&[("tenants.a.client_secret_file", "secret")]), of(&[("tenants.a.client_secret_file", "secret")]));
        before.add_file(&key, b"old");
        after.add_file(&key, b"new");
        let changes = after.changes(&before);
        assert!(changes.has("tenants.a.client_secret_file") && changes.has_tenant("a"));
    }

    #[test]
    fn what_waits_for_the_next_start_are_keys_that_there_are() {
        for start in AT_START {
            assert!(keys::KEYS.iter().any(|key| key.path == *start || key.path.starts_with(&format!("{start}."))), "{start}");
        }
    }
}
