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
}

impl ConfigError {
    /// Whether nothing is wrong but that the key is not there.
    pub fn is_missing(&self) -> bool {
        self.wrong == "is missing"
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
