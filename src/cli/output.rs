//! What do commands print, and where? Answers go to stdout, everything else to stderr, so that a pipe holds answers only.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use serde::Serialize;

use crate::{
    card::{Block, Card, Cell, Column, TableRow},
    config::Environment,
    error::{Error, ErrorKind, Result, is_out_of_space},
    surfaces::terminal::{Capabilities, render},
};

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
            let why = if is_out_of_space(&error) {
                "The disk is full: free some space, then try again.".to_owned()
            } else {
                format!("The system says: {}.", error.kind())
            };
            Err(Error::new(ErrorKind::Internal, format!("The answer cannot be written to standard output. {why}")).because(error))
        }
        _ => Ok(()),
    }
}

/// Prints `card` for whoever sits at the terminal.
pub(super) fn print_card(card: &Card) -> Result<()> {
    write_out(render(card, Capabilities::of_stdout(&Environment::of_process())).as_bytes())
}

/// Prints `value` for programs, on one line, its members in the order of their names.
pub(super) fn print_json(value: &impl Serialize) -> Result<()> {
    say(&serde_json::to_value(value).map_err(Error::internal)?.to_string())
}

/// Prints what was asked for: `rows` as JSON, or the card of them; `empty` where people find none.
pub(super) fn print_rows<T: Serialize>(json: bool, rows: &[T], empty: &str, card: impl FnOnce(&[T]) -> Card) -> Result<()> {
    match rows {
        _ if json => print_json(&rows),
        [] => say(empty),
        _ => print_card(&card(rows)),
    }
}

/// A table with these heads.
pub(super) fn table<const N: usize, C: Into<Cell>>(heads: [&str; N], rows: impl Iterator<Item = [C; N]>) -> Block {
    Block::Table { columns: heads.map(Column::words).to_vec(), rows: rows.map(|row| TableRow::from(Vec::from(row))).collect() }
}

/// Says that `what` failed, with the cause for whoever logs that much.
pub(super) fn failed(what: &str, error: &Error) -> Result<()> {
    let mut line = format!("{what}: FAILED. {}", error.sentence);
    if tracing::enabled!(tracing::Level::DEBUG) {
        let _ = write!(line, " [{}]", error.cause());
    }
    say(&line)
}
