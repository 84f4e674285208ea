//! What is asked, and in which order? The sign-in, then where posts go, then when; each answer is read as the configuration is, and asked again until it fits.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;
use toml::Value;

use super::{
    draft::{Draft, DraftValue, parts_of, secret_file},
    options::{self, DESTINATION, DIGEST, InitArgs, TENANT},
    terminal::{SecretAnswer, Terminal},
};
use crate::{
    cli::output::tell,
    config::{
        ConfigError, ConfigErrorKind, ConfigParts, DestinationKind, is_pkcs12,
        keys::{FILE, KeyTable, ValueKind},
    },
    error::{Error, Result},
    text::{NAME_IS, did_you_mean, is_name},
};

/// One conversation, and what it has come to.
pub(super) struct Interview<'i> {
    pub terminal: &'i Terminal,
    pub table: &'i KeyTable,
    pub parts: &'i ConfigParts,
    /// Where the configuration will be.
    pub path: &'i Path,
    /// The name of the tenant.
    pub tenant: &'i str,
    /// Whether existing files are replaced.
    pub force: bool,
    pub draft: &'i mut Draft,
}

/// A name for the tenant.
pub(super) fn tenant_name(terminal: &Terminal) -> Result<String> {
    tell("\nA short name for the tenant, by which you ask about it, such as contoso.");
    name(terminal, "tenant", "", TENANT)
}

/// A name; `example` is none that anybody gets without typing it.
fn name(terminal: &Terminal, label: &str, default: &str, example: &str) -> Result<String> {
    loop {
        let typed = terminal.line(label, default)?;
        if is_name(&typed) {
            return Ok(typed);
        }
        tell(&format!("  Use {NAME_IS}: {example}, for example."));
    }
}

impl Interview<'_> {
    /// Asks for all that is missing and for what most want.
    pub(super) fn ask_all(&mut self, given: &InitArgs) -> Result<()> {
        self.sign_in()?;
        let kind = match &given.destination {
            Some(word) => options::kinds(self.parts).find(|kind| kind.name == word),
            None => self.destination_kind()?,
        };
        let Some(kind) = kind else { return Ok(()) };
        let destination = if given.destination.is_some() {
            given.destination_name.clone()
        } else {
            tell("\nA short name for it, by which digests and alerts name it.");
            let destination = name(self.terminal, "name", DESTINATION, DESTINATION)?;
            options::add_destination(self.draft, kind, &destination);
            destination
        };
        self.fill(kind)?;
        if given.digest.is_none() { self.digest(&destination) } else { Ok(()) }
    }

    fn sign_in(&mut self) -> Result<()> {
        let key = |name: &str| format!("tenants.{}.{name}", self.tenant);
        let [id, client, certificate, certificate_key, password, secret, ends] = [
            "tenant_id",
            "client_id",
            "certificate_file",
            "certificate_key_file",
            "certificate_password",
            "client_secret",
            "client_secret_ends",
        ]
        .map(key);
        for needed in [id, client].iter().filter(|key| !self.draft.has(key)).cloned().collect::<Vec<_>>() {
            self.ask(&needed, "", true)?;
        }
        if self.draft.has(&certificate) || self.draft.has(&format!("{secret}_file")) {
            return Ok(());
        }
        tell(
            "\nHow does the app prove who it is? By a certificate, which is better (docs/tenants.md shows how to make one), or by a client secret.",
        );
        loop {
            if self.is_by_secret()? {
                self.ask(&secret, "", true)?;
                return self.ask(&ends, "", false);
            }
            self.ask(&certificate, "", false)?;
            match self.holds(&certificate) {
                CertificateFile::None => continue,
                CertificateFile::Archive => self.ask(&password, "", false)?,
                CertificateFile::WithoutKey => self.ask(&certificate_key, "", false)?,
                CertificateFile::Whole | CertificateFile::Other => {}
            }
            let Some(wrong) = self.draft.credential_problem(self.tenant, self.path, self.parts) else { return Ok(()) };
            tell_all(&[wrong]);
            tell("Once more, then: by another file, or by a client secret.");
            for key in [&certificate, &certificate_key, &password, &format!("{password}_file")] {
                self.draft.unset(key);
            }
        }
    }

    /// Whether the app signs in with a client secret; else with a certificate.
    fn is_by_secret(&self) -> Result<bool> {
        loop {
            match self.terminal.line("certificate or secret", "certificate")?.to_lowercase().as_str() {
                "certificate" | "c" => return Ok(false),
                "secret" | "client secret" | "s" => return Ok(true),
                _ => tell("  Type certificate or secret."),
            }
        }
    }

    /// What the file holds that the key `certificate` names.
    fn holds(&self, certificate: &str) -> CertificateFile {
        let Some(named) = self.draft.text(certificate) else { return CertificateFile::None };
        let path = self.beside().join(&named);
        if is_pkcs12(&path) {
            return CertificateFile::Archive;
        }
        let bytes = fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        match (text.contains("PRIVATE KEY-----"), text.contains("-----BEGIN CERTIFICATE-----")) {
            (true, _) => CertificateFile::Whole,
            (false, true) => CertificateFile::WithoutKey,
            (false, false) => CertificateFile::Other,
        }
    }

    fn destination_kind(&self) -> Result<Option<&'static DestinationKind>> {
        let words: Vec<&str> = options::kinds(self.parts).map(|kind| kind.name).collect();
        tell(&format!("\nWhere do posts go, such as digests and alerts? One of {}; Enter for nowhere yet.", words.join(", ")));
        loop {
            let typed = self.terminal.line("destination", "")?.to_lowercase();
            if typed.is_empty() {
                return Ok(None);
            }
            match options::kinds(self.parts).find(|kind| kind.name == typed) {
                Some(kind) => return Ok(Some(kind)),
                None => tell(&format!("  Type one of {}.{}", words.join(", "), did_you_mean(&typed, words.iter().copied()))),
            }
        }
    }

    /// Asks for what a destination of `kind` needs, by what the reader misses, and once for what it may have; anew where the whole does not work.
    fn fill(&mut self, kind: &DestinationKind) -> Result<()> {
        let mut extras: Vec<String> = kind.asked_first.iter().map(|key| (*key).to_owned()).filter(|key| !self.draft.has(key)).collect();
        let mut asked: Vec<String> = Vec::new();
        loop {
            while let Some(missing) = self.problems().into_iter().find(ConfigError::is_missing) {
                self.ask(&missing.key, "", true)?;
                asked.push(missing.key);
            }
            for extra in std::mem::take(&mut extras) {
                self.ask(&extra, "", false)?;
                asked.push(extra);
            }
            let wrong = self.problems();
            if wrong.is_empty() {
                return Ok(());
            }
            tell("");
            tell_all(&wrong);
            if asked.is_empty() {
                return Err(Error::bad_arguments("This does not work together, and nothing was written. Start again with other options."));
            }
            tell("Once more, then.");
            for key in asked.drain(..) {
                self.draft.unset(&key);
                self.draft.unset(&format!("{key}_file"));
                extras.extend(kind.asked_first.contains(&key.as_str()).then_some(key));
            }
        }
    }

    fn digest(&mut self, destination: &str) -> Result<()> {
        tell("\nA digest sums up regularly what changed. Type daily, weekdays, weekly or monthly, or no for none.");
        let every = loop {
            let typed = self.terminal.line("digest", "weekdays")?.to_lowercase();
            if typed == "no" || typed == "none" {
                return Ok(());
            }
            let mut trial = self.draft.clone();
            options::add_digest(&mut trial, self.tenant, destination);
            trial.set(&format!("digest.{DIGEST}.every"), DraftValue::Plain(Value::String(typed)));
            let wrong = trial.problems(self.path, self.parts);
            if wrong.is_empty() {
                break trial;
            }
            tell_all(&wrong);
        };
        *self.draft = every;
        self.ask(&format!("digest.{DIGEST}.at"), "08:00", true)?;
        let zone = TimeZone::system();
        self.ask(&format!("digest.{DIGEST}.zone"), zone.iana_name().filter(|zone| *zone != "Etc/UTC").unwrap_or("UTC"), true)
    }

    fn problems(&self) -> Vec<ConfigError> {
        self.draft.problems(self.path, self.parts)
    }

    /// Asks for `key` until the reader takes what is typed; what is not `needed` may be left out.
    fn ask(&mut self, key: &str, default: &str, needed: bool) -> Result<()> {
        let Some(known) = self.table.find(&parts_of(key)) else { return Ok(()) };
        let label = key.rsplit('.').next().unwrap_or(key);
        let (takes, default) = match &known.takes {
            ValueKind::Text { right, default: usual } => {
                (format!("Takes {right}."), if needed { default } else { usual.unwrap_or_default() }.to_owned())
            }
            ValueKind::File { default: usual } => {
                (format!("Takes {FILE}."), if needed { default } else { usual.unwrap_or_default() }.to_owned())
            }
            ValueKind::Whole { min, max, default } => (format!("Takes {min} to {max}."), default.to_string()),
            ValueKind::Flag => ("Takes true or false.".to_owned(), "false".to_owned()),
            ValueKind::Secret => ("It is not shown while you type; @ and a path name a file that holds it.".to_owned(), String::new()),
        };
        let or_nothing = if needed || !default.is_empty() { "" } else { " Enter for none." };
        tell(&format!("\n{}\n{takes}{or_nothing}", known.what));
        let file_key = format!("{key}_file");
        loop {
            let mut trial = self.draft.clone();
            if matches!(known.takes, ValueKind::Secret) {
                match self.terminal.secret(label)? {
                    SecretAnswer::Nothing if needed => {
                        tell("  It is needed.");
                        continue;
                    }
                    SecretAnswer::Nothing => return Ok(()),
                    SecretAnswer::Typed(secret) => {
                        if let Some(existing) = self.existing_secret(key) {
                            tell(&format!("  {0} exists already: type @{0} to use what it holds, or move it away.", existing.display()));
                            continue;
                        }
                        trial.set(key, secret);
                    }
                    SecretAnswer::InFile(path) => trial.set_text(self.table, &file_key, &path, self.beside()),
                }
            } else {
                let typed = self.terminal.line(label, &default)?;
                if typed.is_empty() && !needed {
                    return Ok(());
                }
                trial.set_text(self.table, key, &typed, self.beside());
            }
            let problems = trial.problems(self.path, self.parts);
            // Whether a secret can be used is found once nothing else is missing, and is about the one that was typed last.
            let is_secret = matches!(known.takes, ValueKind::Secret);
            let of_answer = |problem: &ConfigError| {
                let cannot_be_used = is_secret && problem.kind == ConfigErrorKind::Unusable && key.starts_with(&problem.key);
                problem.key == key || problem.key == file_key || cannot_be_used
            };
            let wrong: Vec<ConfigError> = problems.into_iter().filter(of_answer).collect();
            if wrong.is_empty() {
                *self.draft = trial;
                return Ok(());
            }
            tell_all(&wrong);
        }
    }

    /// The file that the secret `key` would go into, where there is one that may not be replaced.
    fn existing_secret(&self, key: &str) -> Option<PathBuf> {
        let (section, name) = key.rsplit_once('.')?;
        let path = self.beside().join(secret_file(section.rsplit('.').next().unwrap_or(section), name));
        (!self.force && path.exists()).then_some(path)
    }

    /// The directory of the configuration.
    fn beside(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

fn tell_all(problems: &[ConfigError]) {
    for problem in problems {
        tell(&format!("  {problem}"));
    }
}

/// What a file holds that is named as a certificate.
enum CertificateFile {
    /// No file is named.
    None,
    /// A PKCS#12 archive, by its name.
    Archive,
    /// A private key, so that nothing more is asked for.
    Whole,
    /// A certificate without its key.
    WithoutKey,
    /// No certificate.
    Other,
}
