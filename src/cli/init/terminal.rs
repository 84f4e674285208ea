//! How is somebody at a terminal asked? One question at a time on standard error, so that a pipe of the output stays clean; nothing typed is kept but the answer.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use anstyle::Style;
use secrecy::SecretString;

use super::draft::DraftValue;
use crate::{
    cli::output::tell,
    config::Environment,
    error::{Error, ErrorKind, Result},
};

/// Somebody who can be asked.
pub(super) struct Terminal {
    label: Style,
    /// Whether Ctrl-C was typed where a secret may be.
    interrupted: AtomicBool,
}

/// What was typed where a secret may be.
pub(super) enum SecretAnswer {
    /// Nothing.
    Nothing,
    /// The secret itself.
    Typed(DraftValue),
    /// The file that holds it.
    InFile(String),
}

impl Terminal {
    /// Whoever sits there; `None` where nobody could answer, as in a script.
    pub(super) fn find(environment: &Environment) -> Option<Self> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let colour = environment.get("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb");
        Some(Self { label: if colour { Style::new().bold() } else { Style::new() }, interrupted: AtomicBool::new(false) })
    }

    /// The line that is typed behind `label`, or `default` where it is empty.
    pub(super) fn line(&self, label: &str, default: &str) -> Result<String> {
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        self.show(&format!("{label}{shown}"))?;
        let mut line = String::new();
        if io::stdin().read_line(&mut line).map_err(Error::internal)? == 0 {
            tell("");
            return Err(ended());
        }
        let typed = line.trim();
        Ok(if typed.is_empty() { default } else { typed }.to_owned())
    }

    /// Whether Ctrl-C ended it.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// A secret, which is not shown while it is typed; after an @ the path of the file that holds it.
    pub(super) fn secret(&self, label: &str) -> Result<SecretAnswer> {
        self.show(label)?;
        // It reads Ctrl-C and Ctrl-D itself, and puts the terminal right again.
        let typed = rpassword::read_password().map_err(|error| {
            self.interrupted.store(error.kind() == io::ErrorKind::Interrupted, Ordering::Relaxed);
            let stopped = matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof);
            if stopped { ended() } else { Error::internal(error) }
        })?;
        Ok(match typed.trim() {
            "" => SecretAnswer::Nothing,
            typed => match typed.strip_prefix('@') {
                Some(path) => SecretAnswer::InFile(path.to_owned()),
                None => SecretAnswer::Typed(DraftValue::Secret(SecretString::from(typed))),
            },
        })
    }

    fn show(&self, label: &str) -> Result<()> {
        let mut stderr = io::stderr().lock();
        let shown = write!(stderr, "{}{label}:{} ", self.label.render(), self.label.render_reset());
        shown.and_then(|()| stderr.flush()).map_err(Error::internal)
    }
}

/// Why nothing came of it.
fn ended() -> Error {
    Error::new(ErrorKind::BadArguments, "The input ended before all was answered. Nothing was written.")
}
