//! How is a value taken from where it stands? Typed by the table of keys; every error is collected, nothing is left over unsaid.
//!
//! File, environment and command line become one map of paths to values. The environment wins over the
//! file, the command line over both.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
};

use toml::Value;

use super::{
    CommandLineOverride, ConfigSources, Environment,
    changes::KeyFingerprints,
    errors::{ConfigError, ConfigErrorKind, ConfigErrors},
    keys::{self, KeyTable, ValueKind},
};
use crate::{
    access::Groups,
    text::{NAME_IS, is_name},
};

/// Values by path, the errors found so far.
pub struct ConfigReader {
    /// The keys there are.
    table: KeyTable,
    found: BTreeMap<Vec<String>, FoundValue>,
    sections: BTreeSet<Vec<String>>,
    errors: Vec<ConfigError>,
    /// What is no error, but probably not what was meant.
    warnings: Vec<ConfigError>,
    bases: BaseDirectories,
    /// What the files hold that keys name, as hashes.
    files: KeyFingerprints,
    /// The tenants of groups, once they were read.
    groups: Groups,
}

/// What relative paths are relative to; empty for the working directory.
#[derive(Default)]
pub(super) struct BaseDirectories {
    /// Those in the file: where the file is.
    pub file: PathBuf,
    /// Those from elsewhere.
    pub elsewhere: PathBuf,
}

impl BaseDirectories {
    /// Those of a configuration in `file`, which was found by `given`.
    pub(super) fn of(file: &Path, given: &ConfigSources) -> Self {
        Self { file: file.parent().map_or_else(PathBuf::new, ToOwned::to_owned), elsewhere: given.directory.clone() }
    }
}

struct FoundValue {
    value: Value,
    /// The variable or option that it comes from; `None` for the file.
    from: Option<String>,
    taken: bool,
}

impl ConfigReader {
    pub(super) fn new(
        table: KeyTable,
        file: toml::Table,
        (environment, overrides): (&Environment, &[CommandLineOverride]),
        bases: BaseDirectories,
    ) -> Self {
        let mut reader = Self {
            table,
            found: BTreeMap::new(),
            sections: BTreeSet::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            bases,
            files: KeyFingerprints::default(),
            groups: Groups::default(),
        };
        reader.add_table(&[], file);
        for (variable, path, value) in environment.keys() {
            let path = reader.as_in_file(path);
            reader.set(path, variable, value);
        }
        for overrule in overrides {
            let path = overrule.key.split('.').map(ToOwned::to_owned).collect();
            reader.set(path, overrule.option, &overrule.value);
        }
        reader
    }

    fn add_table(&mut self, path: &[String], table: toml::Table) {
        for (name, value) in table {
            let path = [path, &[name]].concat();
            let value = if path.len() == 1 && keys::LISTS.contains(&path[0].as_str()) { self.by_name(&path[0], value) } else { value };
            if let Value::Table(table) = value {
                self.sections.insert(path.clone());
                self.add_table(&path, table);
            } else {
                self.found.insert(path, FoundValue { value, from: None, taken: false });
            }
        }
    }

    /// `[[digest]]` with a name inside as `[digest.NAME]`: so every part has a path, which messages and variables can name.
    fn by_name(&mut self, list: &str, value: Value) -> Value {
        let Value::Array(items) = value else { return value };
        let mut named = toml::Table::new();
        for (at, item) in items.into_iter().enumerate() {
            let key = format!("{list} number {}", at + 1);
            let mut error = |wrong: &str, right: String| {
                self.errors.push(ConfigError::wrong(key.clone(), wrong, right));
            };
            let Value::Table(mut table) = item else {
                error("is no table", format!("expected [[{list}]] and its keys below"));
                continue;
            };
            match table.remove("name") {
                Some(Value::String(name)) if is_name(&name) && !named.contains_key(&name) => drop(named.insert(name, Value::Table(table))),
                Some(Value::String(name)) if named.contains_key(&name) => {
                    error("has the name of another", format!("Give each {list} a name of its own"));
                }
                Some(_) => error("has no usable name", format!("Use {NAME_IS}")),
                None => error("has no name", "Give it name = \"...\", by which commands know it".to_owned()),
            }
        }
        Value::Table(named)
    }

    /// Variables cannot hold a `-`: `CONTOSO_EU` means the file's `[tenants.contoso-eu]`, if there is one.
    fn as_in_file(&self, mut path: Vec<String>) -> Vec<String> {
        let Some(place) = self.table.place_of_name(&path) else { return path };
        let names = self.names(&path[..place]);
        if !names.contains(&path[place])
            && let Some(known) = names.into_iter().find(|known| known.replace('-', "_") == path[place])
        {
            path[place] = known;
        }
        path
    }

    fn set(&mut self, path: Vec<String>, from: &str, value: &str) {
        for length in 1..path.len() {
            self.sections.insert(path[..length].to_vec());
        }
        self.found.insert(path, FoundValue { value: Value::String(value.to_owned()), from: Some(from.to_owned()), taken: false });
    }

    /// The names of the sections in the section `path`, sorted.
    pub fn names<Part>(&self, path: &[Part]) -> Vec<String>
    where
        String: PartialEq<Part>,
    {
        let inside = self.sections.iter().filter_map(|section| section.split_last()).filter(|(_, outer)| *outer == path);
        inside.map(|(name, _)| name.clone()).collect()
    }

    /// The keys that are given in the section `path`, sorted.
    pub(super) fn keys_in(&self, path: &[&str]) -> Vec<String> {
        let inside = self.found.keys().filter_map(|key| key.split_last()).filter(|(_, outer)| *outer == path);
        inside.map(|(key, _)| key.clone()).collect()
    }

    /// Takes these for the groups that there are: names that are read from here on may mean them.
    pub(super) fn know_groups(&mut self, groups: Groups) {
        self.groups = groups;
    }

    /// Whether the section `path` is there, be it empty.
    pub fn has_section(&self, path: &[&str]) -> bool {
        self.sections.iter().any(|section| section == path)
    }

    /// What is given, and what the files hold that were read for it.
    pub(super) fn fingerprints(&self) -> KeyFingerprints {
        let mut all = self.files.clone();
        // A section without any key may be a tenant, too.
        self.sections.iter().for_each(|path| all.add(path, ""));
        self.found.iter().for_each(|(path, found)| all.add(path, &found.value.to_string()));
        all
    }

    /// The section `path`, be it there or not.
    pub fn section(&mut self, path: &[&str]) -> SectionReader<'_> {
        SectionReader { path: path.iter().map(|&part| part.to_owned()).collect(), reader: self }
    }

    /// Whether a secret stands in the file itself.
    pub(super) fn holds_secret(&self) -> bool {
        let is_secret = |path: &[String]| self.table.find(path).is_some_and(|key| matches!(key.takes, ValueKind::Secret));
        self.found.iter().any(|(path, found)| found.from.is_none() && is_secret(path))
    }

    /// Records an error at `key`, which may be a line of a file or whatever else the owner of the configuration knows by a name.
    pub(super) fn error(&mut self, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.errors.push(ConfigError::wrong(key, wrong, right));
    }

    /// Notes how the tenant called `name` is read, as far as that does not stand in its own section.
    pub(super) fn note_tenant(&mut self, name: &str, how: &str) {
        self.files.add(&["tenants".to_owned(), name.to_owned(), "sign-in".to_owned()], how);
    }

    /// What was given within the section `path` but for the keys `except`, as one hash.
    pub(super) fn fingerprint(&self, path: &[&str], except: &[&str]) -> String {
        self.fingerprints().of_section(path, except)
    }

    /// Warns of `key`, which may be a file or whatever else the owner of the configuration knows by a name.
    pub fn warn(&mut self, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.warnings.push(ConfigError::wrong(key, wrong, right));
    }

    /// The same of the section `name` alone: whoever read no other asks for no more.
    pub(super) fn finish_section(mut self, name: &str) -> Result<Vec<ConfigError>, ConfigErrors> {
        let within = |path: &[String]| path.first().is_some_and(|first| first == name);
        self.found.retain(|path, _| within(path));
        self.sections.retain(|path| within(path));
        self.finish()
    }

    /// Reports what nobody took; what is warned of, unless there was any error.
    pub(super) fn finish(mut self) -> Result<Vec<ConfigError>, ConfigErrors> {
        for (path, found) in &self.found {
            if found.taken {
                continue;
            }
            let key = found.from.clone().unwrap_or_else(|| path.join("."));
            let (wrong, right) = if self.table.is_section(path) {
                (format!("is {}", word(&found.value)), format!("expected a table: [{}] and its keys below", self.table.example(path)))
            } else {
                let write = |near: &str| if found.from.is_some() { Environment::variable(near) } else { near.to_owned() };
                ("is not known".to_owned(), self.table.hint(path, write))
            };
            self.errors.push(ConfigError::wrong(key, wrong, right));
        }
        for path in &self.sections {
            let holds_something = self.found.keys().any(|key| key.len() > path.len() && key.starts_with(path));
            if !self.table.is_section(path) && !holds_something {
                let right = self.table.hint(path, ToOwned::to_owned);
                self.errors.push(ConfigError::wrong(path.join("."), "is not a known section", right));
            }
        }
        // A key that is read in two places is wrong in both, and told once.
        let mut told: Vec<ConfigError> = Vec::new();
        self.errors.retain(|error| {
            let is_new = !told.contains(error);
            told.extend(is_new.then(|| error.clone()));
            is_new
        });
        if self.errors.is_empty() { Ok(self.warnings) } else { Err(ConfigErrors(self.errors)) }
    }
}

/// The keys of one section.
pub struct SectionReader<'r> {
    path: Vec<String>,
    reader: &'r mut ConfigReader,
}

impl SectionReader<'_> {
    fn path_of(&self, key: &str) -> Vec<String> {
        [self.path.as_slice(), &[key.to_owned()]].concat()
    }

    /// How the owner of the configuration knows `key`: by its path, or by what set it.
    pub fn shown(&self, key: &str) -> String {
        let path = self.path_of(key);
        self.reader.found.get(&path).and_then(|found| found.from.clone()).unwrap_or_else(|| path.join("."))
    }

    /// Whether `key` is given, rightly or not.
    pub fn has(&self, key: &str) -> bool {
        self.reader.found.contains_key(&self.path_of(key))
    }

    /// Records an error at `key`.
    pub fn error(&mut self, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        let key = self.shown(key);
        self.reader.errors.push(ConfigError::wrong(key, wrong, right));
    }

    /// Records that what `key` is needs the section `needed`, which is not there or could not be read.
    pub(super) fn needs_section(&mut self, key: &str, (needed, wrong, right): (&'static str, &str, &str)) {
        let key = self.shown(key);
        self.reader.errors.push(ConfigError::wrong(key, wrong, right).of_kind(ConfigErrorKind::SectionNeeded(needed)));
    }

    /// Records that `key` is missing.
    pub fn missing(&mut self, key: &str, right: impl Into<String>) {
        let key = self.shown(key);
        self.reader.errors.push(ConfigError::missing(key, right));
    }

    /// Records that the section has nothing to sign in with.
    pub(super) fn no_credential(&mut self, right: impl Into<String>) {
        let error = ConfigError::wrong(self.path.join("."), "has no credential", right);
        self.reader.errors.push(error.of_kind(ConfigErrorKind::NoCredential));
    }

    /// Warns of `key`: it is no error, but probably not what was meant.
    pub fn warn(&mut self, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        let key = self.shown(key);
        self.reader.warn(&key, wrong, right);
    }

    /// Warns of the section itself.
    pub(super) fn warn_here(&mut self, wrong: impl Into<String>, right: impl Into<String>) {
        let key = self.path.join(".");
        self.reader.warn(&key, wrong, right);
    }

    /// Records an error about the section itself.
    pub fn error_here(&mut self, wrong: impl Into<String>, right: impl Into<String>) {
        let key = self.path.join(".");
        self.reader.errors.push(ConfigError::wrong(key, wrong, right));
    }

    /// The groups that there are.
    pub(super) const fn groups(&self) -> &Groups {
        &self.reader.groups
    }

    /// Records an error at a line of a file, or whatever else the owner of the configuration knows by a name.
    pub(super) fn error_at(&mut self, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        self.reader.error(key, wrong, right);
    }

    /// Leaves what `key` holds unread; it is a key all the same.
    pub fn pass_over(&mut self, key: &str) {
        self.take(key);
    }

    fn take(&mut self, key: &str) -> Option<(Value, bool)> {
        let found = self.reader.found.get_mut(&self.path_of(key))?;
        found.taken = true;
        Some((found.value.clone(), found.from.is_some()))
    }

    fn takes(&self, key: &str) -> ValueKind {
        // A key that is not in the table would be taken but not documented; a test takes every key.
        let known = self.reader.table.find(&self.path_of(key));
        known.map_or(ValueKind::Text { right: Cow::Borrowed("a string"), default: None }, |key| key.takes.clone())
    }

    /// The text at `key`, or its default, as `parse` reads it; `None` when there is none or `parse` refuses it.
    pub fn text<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        // A password may begin or end with a space; nothing else means one.
        let (right, default, trimmed) = match self.takes(key) {
            ValueKind::Text { right, default } => (right, default, true),
            ValueKind::File { default } => (Cow::Borrowed(keys::FILE), default, true),
            ValueKind::Secret => (Cow::Borrowed("a string"), None, false),
            ValueKind::Whole { .. } | ValueKind::Flag => return None,
        };
        let Some((value, _)) = self.take(key) else { return default.and_then(parse) };
        let Value::String(text) = value else {
            self.error(key, format!("is {}", word(&value)), format!("expected {right}, between quotes"));
            return None;
        };
        let text = if trimmed { text.trim() } else { &text };
        let parsed = Some(text).filter(|text| !text.is_empty()).and_then(parse);
        if parsed.is_none() {
            let wrong = if text.is_empty() { "is empty" } else { "is invalid" };
            self.error(key, wrong, format!("expected {right}"));
        }
        parsed
    }

    /// The same where `parse` says what would be right instead, as a sentence without its full stop.
    pub fn text_or_told<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let told = self.text(key, |text| Some(parse(text)))?;
        told.map_err(|right| self.error(key, "is invalid", right)).ok()
    }

    /// Notes what the file holds that `key` names.
    pub(super) fn holds(&mut self, key: &str, bytes: &[u8]) {
        let path = self.path_of(key);
        self.reader.files.add_file(&path, bytes);
    }

    /// The path at `key`, or its default.
    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        let base = self.base(key).to_owned();
        self.text(key, |text| Some(base.join(text)))
    }

    /// What a relative path at `key` is relative to.
    fn base(&self, key: &str) -> &Path {
        let BaseDirectories { file, elsewhere } = &self.reader.bases;
        match self.reader.found.get(&self.path_of(key)) {
            Some(FoundValue { from: None, .. }) => file,
            Some(FoundValue { from: Some(_), .. }) | None => elsewhere,
        }
    }

    /// Where the file of a relative path at `key` is looked for, to end a sentence with; nothing for an absolute one. Whoever wrote it
    /// knows the path itself, and it might be a secret in the wrong place.
    pub fn looked_for(&self, key: &str) -> String {
        let given = self.reader.found.get(&self.path_of(key)).and_then(|found| found.value.as_str());
        if given.is_none_or(|given| Path::new(given).is_absolute()) {
            return String::new();
        }
        let base = self.base(key);
        let place = if base.as_os_str().is_empty() { "the working directory".to_owned() } else { base.display().to_string() };
        format!(". It is looked for in {place}")
    }

    /// The whole number at `key`, or its default.
    pub fn whole(&mut self, key: &str) -> u32 {
        let ValueKind::Whole { min, max, default } = self.takes(key) else { return 0 };
        let Some((value, outside)) = self.take(key) else { return default };
        let number: Option<i64> = if outside { read(&value) } else { value.as_integer() };
        let fitting = number.and_then(|number| u32::try_from(number).ok()).filter(|number| (min..=max).contains(number));
        fitting.unwrap_or_else(|| {
            let wrong = match number {
                Some(number) => format!("is {number}"),
                None if outside => "is not a number".to_owned(),
                None => format!("is {}", word(&value)),
            };
            self.error(key, wrong, format!("expected an integer from {min} to {max}"));
            default
        })
    }

    /// The number within `range` at `key`, or its default; it may have a fraction.
    pub fn decimal(&mut self, key: &str, range: &RangeInclusive<f64>) -> Option<f64> {
        let ValueKind::Text { right, default } = self.takes(key) else { return None };
        let Some((value, _)) = self.take(key) else { return default.and_then(|text| text.parse().ok()) };
        let number = match &value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Integer(_) | Value::Float(_) => value.to_string().parse().ok(),
            Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
        };
        let fitting = number.filter(|number| range.contains(number));
        if fitting.is_none() {
            self.error(key, "is invalid", format!("expected {right}"));
        }
        fitting
    }

    /// The flag at `key`; `false` when it is not given.
    pub fn flag(&mut self, key: &str) -> bool {
        let Some((value, outside)) = self.take(key) else { return false };
        let flag = if outside { read(&value) } else { value.as_bool() };
        flag.unwrap_or_else(|| {
            let wrong = if outside { "is neither true nor false".to_owned() } else { format!("is {}", word(&value)) };
            self.error(key, wrong, "expected true or false, without quotes");
            false
        })
    }
}

/// Reads what came from outside of the file, where everything is text.
fn read<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.trim().parse().ok()
}

/// What `value` is, without showing it: it might be a secret in the wrong place.
fn word(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Boolean(_) => "a boolean",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "an array",
        Value::Table(_) => "a table",
    }
}
