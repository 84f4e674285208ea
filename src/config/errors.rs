//! What is wrong with the configuration? All of it at once, each with its key and what would be right.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Where: a dotted path of the file, a variable of the environment, an option of the command line.
    pub key: String,
    /// What is wrong with it, as in "KEY is …". Never shows a value that could be a secret.
    pub wrong: String,
    /// What would be right: `expected …`, or a sentence without its full stop.
    pub right: String,
    /// What to branch on.
    pub kind: ConfigErrorKind,
}

/// What sort of error it is, for whoever asks for what is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigErrorKind {
    /// Nothing is wrong but that the key is not there.
    Missing,
    /// A section whose sign-in has nothing to prove by who it is.
    NoCredential,
    /// What is there needs this section, which is not there or could not be read.
    SectionNeeded(&'static str),
    /// What is there cannot be used by whoever sends.
    Unusable,
    /// Anything else.
    Wrong,
}

impl ConfigError {
    /// An error at `key`, where something is `wrong`.
    pub fn wrong(key: impl Into<String>, wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self { key: key.into(), wrong: wrong.into(), right: right.into(), kind: ConfigErrorKind::Wrong }
    }

    /// The same, of another kind.
    #[must_use]
    pub const fn of_kind(mut self, kind: ConfigErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// That `key` is not there.
    pub(super) fn missing(key: impl Into<String>, right: impl Into<String>) -> Self {
        Self::wrong(key, "is missing", right).of_kind(ConfigErrorKind::Missing)
    }

    /// Whether nothing is wrong but that the key is not there.
    pub fn is_missing(&self) -> bool {
        self.kind == ConfigErrorKind::Missing
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.right.starts_with("expected ") { "; " } else { ". " };
        write!(f, "{} {}{between}{}", self.key, self.wrong, self.right)?;
        if self.right.ends_with(['?', '.']) { Ok(()) } else { f.write_str(".") }
    }
}

/// Everything that is wrong, in the order in which sections are read, unknown keys last. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "The configuration has an error: {one}"),
            all => {
                write!(f, "The configuration has {} errors:", all.len())?;
                all.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
        }
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigErrors> for Error {
    fn from(errors: ConfigErrors) -> Self {
        Self::new(ErrorKind::Misconfigured, errors.to_string())
    }
}
