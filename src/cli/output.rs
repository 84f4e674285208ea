//! What do commands print, and where? Answers go to stdout, everything else to stderr, so that a pipe holds answers only.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use crate::error::{Error, ErrorKind, Result};

/// Writes a line to stdout.
pub(super) fn say(line: &str) -> Result<()> {
    write_out(format!("{line}\n").as_bytes())
}

/// Writes a line to stderr, if anybody is there to read it.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes to stdout. That nobody reads on (`| head`) is no failure.
pub(super) fn write_out(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Internal, "The answer cannot be written to standard output. Is the disk full?").because(error))
        }
        _ => Ok(()),
    }
}

/// Says that `what` failed, with the cause for whoever logs that much.
pub(super) fn failed(what: &str, error: &Error) -> Result<()> {
    let mut line = format!("{what}: FAILED. {}", error.sentence);
    if tracing::enabled!(tracing::Level::DEBUG) {
        let _ = write!(line, " [{}]", error.cause());
    }
    say(&line)
}
