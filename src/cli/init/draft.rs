//! What shall stand in the configuration? Sections and keys in the order in which they were given; a secret is held apart, for a file of its own.

use std::{ffi::OsStr, fmt::Write as _, path::Path};

use secrecy::{ExposeSecret as _, SecretString};
use toml::Value;

use crate::{
    app,
    config::{
        self, ConfigError, ConfigErrorKind, ConfigParts,
        keys::{KeyTable, LISTS, ValueKind},
    },
};

/// A configuration that is being made.
#[derive(Clone, Default)]
pub(super) struct Draft {
    sections: Vec<DraftSection>,
}

/// A section of it.
#[derive(Clone)]
pub(super) struct DraftSection {
    /// The parts of its path, the name that was chosen among them.
    pub path: Vec<String>,
    /// Its keys.
    pub entries: Vec<(String, DraftValue)>,
}

/// What a key is set to.
#[derive(Clone)]
pub(super) enum DraftValue {
    /// What stands in the configuration.
    Plain(Value),
    /// What was typed to be kept secret: the configuration names a file that holds it.
    Secret(SecretString),
}

impl Draft {
    /// Sets the key at the dotted path `key`, whatever it was.
    pub(super) fn set(&mut self, key: &str, value: DraftValue) {
        let mut path = parts_of(key);
        let name = path.pop().unwrap_or_default();
        let entries = &mut self.section(path).entries;
        entries.retain(|(known, _)| *known != name);
        entries.push((name, value));
    }

    /// The section at `path`, which is there from now on.
    pub(super) fn section(&mut self, path: Vec<String>) -> &mut DraftSection {
        let at = self.sections.iter().position(|section| section.path == path).unwrap_or_else(|| {
            self.sections.push(DraftSection { path, entries: Vec::new() });
            self.sections.len() - 1
        });
        &mut self.sections[at]
    }

    /// The same for a text that was given for a configuration in the directory `beside`, read as the key takes it: what does not fit stays a text,
    /// so that the reader says what is right.
    pub(super) fn set_text(&mut self, table: &KeyTable, key: &str, text: &str, beside: &Path) {
        let value = match table.find(&parts_of(key)).map(|key| &key.takes) {
            Some(ValueKind::File { .. }) => Some(Value::String(seen_from(text, beside))),
            Some(ValueKind::Whole { .. }) => text.parse().map(Value::Integer).ok(),
            Some(ValueKind::Flag) => text.parse().map(Value::Boolean).ok(),
            Some(ValueKind::Text { .. } | ValueKind::Secret) | None => None,
        };
        self.set(key, DraftValue::Plain(value.unwrap_or_else(|| Value::String(text.to_owned()))));
    }

    /// What a configuration sets that has neither a tenant nor a list: where the store is, who may connect.
    pub(super) fn of_settings(table: &toml::Table) -> Self {
        let mut draft = Self::default();
        for (section, keys) in table {
            for (key, value) in keys.as_table().into_iter().flatten().filter(|(_, value)| !value.is_table()) {
                draft.set(&format!("{section}.{key}"), DraftValue::Plain(value.clone()));
            }
        }
        draft
    }

    /// Takes the key at the dotted path `key` out again.
    pub(super) fn unset(&mut self, key: &str) {
        let Some((path, name)) = key.rsplit_once('.') else { return };
        for section in self.sections.iter_mut().filter(|section| section.path.join(".") == path) {
            section.entries.retain(|(known, _)| known != name);
        }
    }

    fn find(&self, key: &str) -> Option<&DraftValue> {
        let (path, name) = key.rsplit_once('.')?;
        let section = self.sections.iter().find(|section| section.path.join(".") == path)?;
        section.entries.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The text that the key at the dotted path `key` is set to.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.find(key)? {
            DraftValue::Plain(Value::String(text)) => Some(text.clone()),
            DraftValue::Plain(_) | DraftValue::Secret(_) => None,
        }
    }

    pub(super) fn sections(&self) -> &[DraftSection] {
        &self.sections
    }

    /// The secrets that were typed, each with the name of its file beside the configuration.
    pub(super) fn secrets(&self) -> Vec<(String, &SecretString)> {
        let mut secrets = Vec::new();
        for section in &self.sections {
            let name = section.path.last().map_or("", String::as_str);
            for (key, value) in &section.entries {
                if let DraftValue::Secret(secret) = value {
                    secrets.push((secret_file(name, key), secret));
                }
            }
        }
        secrets
    }

    /// What is wrong with it, read as it would be if it stood at `path`. The files of secrets need not be there yet.
    pub(super) fn problems(&self, path: &Path, parts: &ConfigParts) -> Vec<ConfigError> {
        let config = match config::load_text(&self.text_with_secrets(), path, parts) {
            Ok(config) => config,
            Err(errors) => return without_consequences(errors.0),
        };
        // What the reader leaves to those who send: whether an address or a key is one that can be used.
        let unusable = |destination: &config::DestinationConfig| {
            let config::DestinationReach::Own(settings) = &destination.reach else { return None };
            let error = settings.build(&config).err()?;
            let right = error.sentence.trim_end_matches('.').to_owned();
            let key = format!("destinations.{}", destination.name);
            Some(ConfigError::wrong(key, "cannot be used", right).of_kind(ConfigErrorKind::Unusable))
        };
        config.destinations.iter().filter_map(unusable).collect()
    }

    /// Why the credential of the tenant called `name` cannot be used, read by itself as it would be if it stood at `path`: whatever else is missing does
    /// not matter to it.
    pub(super) fn credential_problem(&self, name: &str, path: &Path, parts: &ConfigParts) -> Option<ConfigError> {
        let of_tenant = |section: &&DraftSection| section.path.iter().map(String::as_str).eq(["tenants", name]);
        let tenant = Self { sections: self.sections.iter().filter(of_tenant).cloned().collect() };
        let config = config::load_text(&tenant.text_with_secrets(), path, parts).ok()?;
        let error = app::credential(&config.tenants.first()?.sign_in.as_ref()?.credential).err()?;
        let right = error.sentence.trim_end_matches('.').to_owned();
        let key = format!("tenants.{name}.certificate_file");
        Some(ConfigError::wrong(key, "names what cannot be signed in with", right).of_kind(ConfigErrorKind::Unusable))
    }

    /// The whole as TOML in which the secrets stand themselves, for nobody but the reader.
    fn text_with_secrets(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            text += &section.heading();
            for (key, value) in &section.entries {
                let value = match value {
                    DraftValue::Plain(value) => value.clone(),
                    DraftValue::Secret(secret) => Value::String(secret.expose_secret().to_owned()),
                };
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        text
    }
}

/// The same without what is only said because keys of a section are missing: that something needs this section.
fn without_consequences(problems: Vec<ConfigError>) -> Vec<ConfigError> {
    let missing: Vec<String> = problems.iter().filter(|problem| problem.is_missing()).map(|problem| problem.key.clone()).collect();
    let has_missing = |section: &str| missing.iter().any(|key| key.split_once('.').is_some_and(|(first, _)| first == section));
    problems
        .into_iter()
        .filter(|problem| !matches!(problem.kind, ConfigErrorKind::SectionNeeded(section) if has_missing(section)))
        .collect()
}

impl DraftSection {
    /// How it begins in the file: a section of a list has its name inside.
    pub(super) fn heading(&self) -> String {
        match self.path.as_slice() {
            [list, name] if LISTS.contains(&list.as_str()) => format!("[[{list}]]\nname = {}\n", Value::String(name.clone())),
            path => format!("[{}]\n", path.iter().map(|part| bare_or_quoted(part)).collect::<Vec<_>>().join(".")),
        }
    }

    /// Its keys as they stand in the file.
    pub(super) fn written(&self) -> impl Iterator<Item = (String, Value)> {
        let name = self.path.last().cloned().unwrap_or_default();
        self.entries.iter().map(move |(key, value)| match value {
            DraftValue::Plain(value) => (key.clone(), value.clone()),
            DraftValue::Secret(_) => (format!("{key}_file"), Value::String(secret_file(&name, key))),
        })
    }
}

/// What the file of a secret is called: `contoso.client_secret`.
pub(super) fn secret_file(section: &str, key: &str) -> String {
    format!("{section}.{key}")
}

pub(super) fn parts_of(key: &str) -> Vec<String> {
    key.split('.').map(ToOwned::to_owned).collect()
}

fn bare_or_quoted(part: &str) -> String {
    let bare = !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { part.to_owned() } else { Value::String(part.to_owned()).to_string() }
}

/// `path`, which was given in the working directory, as the configuration in the directory `beside` must name it.
fn seen_from(path: &str, beside: &Path) -> String {
    let same = beside.as_os_str().is_empty() || beside.as_os_str() == OsStr::new(".");
    if same || Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let whole = std::path::absolute(path).ok();
    whole.and_then(|whole| whole.to_str().map(ToOwned::to_owned)).unwrap_or_else(|| path.to_owned())
}
