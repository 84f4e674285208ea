//! What differs between two configurations, and what of it takes effect at once? Key by key, without any value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest as _, Sha256};

use super::keys::{KeyTable, is_within};
use crate::text::{first_of, hex};

/// So many sections of one kind are named one by one.
const NAMED_MAX: usize = 10;
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

    /// What was given within the section `path`, but for its keys `except`: one hash of it all.
    pub(super) fn of_section(&self, path: &[&str], except: &[&str]) -> String {
        let within = self.0.iter().filter(|(key, _)| key.len() > path.len() && key.iter().zip(path).all(|(part, own)| part == own));
        let counted = within.filter(|(key, _)| !key.get(path.len()).is_some_and(|part| except.contains(&part.as_str())));
        let mut hash = Sha256::new();
        for (key, value) in counted {
            hash.update(key.join("."));
            hash.update(value);
        }
        hex(&hash.finalize())
    }

    fn has_section(&self, name: &str) -> bool {
        self.0.keys().any(|path| path.first().is_some_and(|first| first == name))
    }

    /// In which keys of `table` this differs from `before`.
    pub(super) fn changes(&self, before: &Self, table: &KeyTable) -> ConfigChanges {
        let new_parts: Vec<&str> = table.built_at_start.iter().filter(|section| !before.has_section(section)).copied().collect();
        let new_part = |key: &str| new_parts.iter().copied().find(|section| is_within(key, section));
        let mut changes = ConfigChanges::default();
        for path in self.0.keys().chain(before.0.keys()) {
            let (new, old) = (self.0.get(path), before.0.get(path));
            if new == old {
                continue;
            }
            let place = table.place_of_name(path);
            if let Some(named) = place {
                let section = |all: &Self| all.0.keys().any(|other| other.starts_with(&path[..=named]));
                let change = match (section(before), section(self)) {
                    (false, _) => SectionChange::Added,
                    (_, false) => SectionChange::Removed,
                    (true, true) => SectionChange::Changed,
                };
                let kind = path[..named].join(".");
                let waits = new_part(&kind).is_some();
                changes.named.insert((kind, path[named].clone()), NamedChange { change, waits });
            }
            let key = path.strip_suffix(&[CONTENT.to_owned()]).unwrap_or(path);
            if table.find(key).is_some() {
                let key = key.join(".");
                let waits = new_part(&key).map(ToOwned::to_owned).or_else(|| table.is_at_start(&key).then(|| key.clone()));
                changes.keys.insert(key, KeyChange { waits, is_in_named: place.is_some() });
            }
        }
        changes
    }
}

/// In which keys two configurations differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigChanges {
    keys: BTreeMap<String, KeyChange>,
    /// The sections whose name is free to choose, by what they are and their name.
    named: BTreeMap<(String, String), NamedChange>,
}

/// When the change of a key takes effect, and who tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyChange {
    /// What of it waits for the next start: it, or its section; `None` where it takes effect at once.
    waits: Option<String>,
    /// Whether it is in a section whose name is free to choose.
    is_in_named: bool,
}

/// What became of a section whose name is free to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NamedChange {
    change: SectionChange,
    /// Whether that waits for the next start.
    waits: bool,
}

/// What became of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SectionChange {
    Added,
    Changed,
    Removed,
}

impl SectionChange {
    const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

impl ConfigChanges {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.named.is_empty()
    }

    /// Whether `key` differs.
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Whether anything within `section` differs.
    pub fn has_within(&self, section: &str) -> bool {
        self.keys.keys().chain(self.named.keys().map(|(kind, _)| kind)).any(|key| is_within(key, section))
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
        self.keys.values().filter_map(|change| change.waits.as_deref()).collect()
    }
}

impl fmt::Display for ConfigChanges {
    /// What takes effect at once: `tenants: fabrikam added, contoso changed; refresh.every_minutes changed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for kind in self.named.keys().map(|(kind, _)| kind) {
            if by_kind.contains_key(kind.as_str()) {
                continue;
            }
            let of_kind: Vec<_> = self.named.iter().filter(|((of, _), named)| of == kind && !named.waits).collect();
            let named: Vec<String> = if of_kind.len() > NAMED_MAX {
                // A list of customers may be new as a whole: each sort of change with its number.
                let changes = [SectionChange::Added, SectionChange::Changed, SectionChange::Removed].into_iter();
                let of_change = |change: SectionChange| {
                    let names: Vec<&str> =
                        of_kind.iter().filter(|(_, named)| named.change == change).map(|((_, name), _)| &**name).collect();
                    (!names.is_empty()).then(|| format!("{} {} ({})", names.len(), change.word(), first_of(&names, NAMED_MAX)))
                };
                changes.filter_map(of_change).collect()
            } else {
                of_kind.iter().map(|((_, name), named)| format!("{name} {}", named.change.word())).collect()
            };
            if !named.is_empty() {
                by_kind.insert(kind, named);
            }
        }
        let named = by_kind.into_iter().map(|(kind, names)| format!("{kind}: {}", names.join(", ")));
        let keys = self.keys.iter().filter(|(_, change)| !change.is_in_named && change.waits.is_none());
        let all: Vec<String> = named.chain(keys.map(|(key, _)| format!("{key} changed"))).collect();
        if all.is_empty() { f.write_str("nothing") } else { f.write_str(&all.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        ConfigParts, ConfigSection, SectionPlace,
        keys::{TENANTS, secret, text},
    };

    /// Our own keys, and a bot.
    fn table() -> KeyTable {
        const BOT: ConfigSection = ConfigSection {
            name: "bot",
            keys: &[secret("bot.token", "Its token."), text("bot.grants.NAME.tenants", TENANTS, "What it shows.")],
            place: SectionPlace::WhoAsks,
            grant_example: Some("contoso"),
            at_start: &["bot.token"],
            is_built_at_start: true,
            rooms: None,
            read: |_| None,
            check: |_, _| (),
        };
        ConfigParts { sections: vec![&BOT], kinds: Vec::new() }.keys()
    }

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
    fn changes_are_reported_by_name_and_without_a_value() {
        let before = of(&[
            ("tenants.a.client_secret", "hush"),
            ("tenants.b.offline", "true"),
            ("refresh.every_minutes", "1"),
            ("server.listen", "1"),
        ]);
        let after = of(&[
            ("tenants.a.client_secret", "new"),
            ("tenants.c.offline", "true"),
            ("refresh.every_minutes", "2"),
            ("server.listen", "2"),
        ]);
        let changes = after.changes(&before, &table());
        assert_eq!(changes.to_string(), "tenants: a changed, b removed, c added; refresh.every_minutes changed");
        assert_eq!(changes.at_start().into_iter().collect::<Vec<_>>(), ["server.listen"]);
        assert!(changes.has_tenant("b") && !changes.has_tenant("d") && changes.has("refresh.every_minutes"));
        assert!(after.changes(&after, &table()).is_empty());
        assert!(!format!("{after:?} {changes:?}").contains("hush"));
    }

    #[test]
    fn a_bot_that_is_new_waits_for_the_next_start_with_all_that_is_granted() {
        let (token, grant) = (("bot.token", "hush"), ("bot.grants.a.tenants", "all"));
        let changes = of(&[token, grant]).changes(&of(&[]), &table());
        assert_eq!((changes.to_string(), changes.at_start().into_iter().collect::<Vec<_>>()), ("nothing".to_owned(), vec!["bot"]));
        let changes = of(&[token, grant]).changes(&of(&[token]), &table());
        assert_eq!((changes.to_string(), changes.at_start().len()), ("bot.grants: a added".to_owned(), 0));
    }

    #[test]
    fn a_file_that_holds_something_else_is_a_change_of_the_key_that_names_it() {
        let key: Vec<String> = ["tenants", "a", "client_secret_file"].map(ToOwned::to_owned).into();
        let (mut before, mut after) =
            (of(&[("tenants.a.client_secret_file", "secret")]), of(&[("tenants.a.client_secret_file", "secret")]));
        before.add_file(&key, b"old");
        after.add_file(&key, b"new");
        let changes = after.changes(&before, &table());
        assert!(changes.has("tenants.a.client_secret_file") && changes.has_tenant("a"));
    }
}
