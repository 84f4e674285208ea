//! How is a database read where nothing may be written? As it stands while nobody has it open, else with its log.

use std::{
    fs::{self, File},
    path::Path,
};

use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::{
    database_error::is_disk_full,
    db::{BUSY_TIMEOUT, Connection, Db, PAGE_CACHE, Schema, beside, foreign, newer, options, schema, schema_of},
};
use crate::error::{Error, ErrorKind, Result};

impl Db {
    /// Opens the database at `path`, which exists. Where it may only be read, that is what it is opened for: whatever writes fails then.
    pub(super) async fn open_as_allowed(path: &Path) -> Result<Self> {
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !may_write(path) {
            return read_only(path).await.map(reader);
        }
        match Self::open(path).await {
            // The directory may be the one that may not be written. If it is not, the first error says what is wrong.
            Err(error) if error.kind == ErrorKind::Misconfigured => read_only(path).await.map(reader).map_err(|_| error),
            // SQLite makes a file beside a database even to read it, for which a full disk has no room.
            Err(error) if is_disk_full(&error) => {
                let Ok(options) = read_only(path).await else { return Err(error) };
                tracing::warn!(cause = error.cause(), "the store is only read, and nothing is written to it: {}", error.sentence);
                Ok(reader(options))
            }
            opened => opened,
        }
    }
}

fn reader(options: SqliteConnectOptions) -> Db {
    Db::with_options(options).only_read()
}

/// How a file is opened that is only read. One that is `unchanging` is read as it stands, without looking for its log or for others.
fn reading(path: &Path, unchanging: bool) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(unchanging)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", PAGE_CACHE)
        .disable_statement_logging()
}

/// Whether this user may write the file at `path`; the directory is another question.
fn may_write(path: &Path) -> bool {
    File::options().write(true).open(path).is_ok()
}

/// How the database at `path` can be read where nothing may be written.
///
/// # Errors
/// For a file that may not even be read; for a database that is not ours, or not of our version; for one whose log cannot be read.
async fn read_only(path: &Path) -> Result<SqliteConnectOptions> {
    if let Err(error) = File::open(path) {
        let sentence =
            "The store's file may not be read by this user: give this user the right to, or run this as the user that scorewatch runs as.";
        return Err(Error::new(ErrorKind::Misconfigured, sentence).because(error).of_store());
    }
    let bytes = |end: &str| fs::metadata(beside(path, end)).ok().map(|file| file.len());
    let log_is_empty = bytes("-wal").is_none_or(|bytes| bytes == 0);
    // Nobody has it open: then nothing changes under us, and nothing needs to be written beside it.
    let at_rest = log_is_empty && bytes("-shm").is_none();
    let ways = [(!at_rest).then_some(false), log_is_empty.then_some(true)];
    let mut failed = None;
    for unchanging in ways.into_iter().flatten() {
        let options = reading(path, unchanging);
        match schema_of(&options).await {
            Ok(Schema::Current) => return Ok(options),
            Ok(Schema::Behind) => {
                let sentence =
                    "The store is of an older scorewatch and may only be read here: let this version open it once where it may write.";
                return Err(Error::new(ErrorKind::Misconfigured, sentence).of_store());
            }
            Ok(Schema::Newer) => return Err(newer()),
            Ok(Schema::Foreign) => return Err(foreign()),
            Err(error) => failed = Some(error),
        }
    }
    Err(match failed {
        Some(error) if log_is_empty => error,
        failed => in_the_log(failed),
    })
}

/// What was written last is not in the file yet, and its log cannot be read without writing.
fn in_the_log(failed: Option<Error>) -> Error {
    let sentence = "The store may only be read here, and cannot be: what was written last is still in its log (the file ending in -wal). Let scorewatch end where it may write, or read a copy that `scorewatch backup` made.";
    Error::new(ErrorKind::Misconfigured, sentence).because(failed.map(|error| error.cause()).unwrap_or_default()).of_store()
}

/// A connection to the database at `path` for a copy of it: of whatever version, and only to read if it may not be written.
pub(super) async fn connect_as_it_is(path: &Path) -> Result<Connection> {
    let mut connection = match options(path).create_if_missing(false).connect().await {
        Ok(connection) => connection,
        Err(error) => match read_only(path).await {
            Ok(options) => options.connect().await?,
            Err(_) if may_write(path) => return Err(error.into()),
            Err(error) => return Err(error),
        },
    };
    match schema(&mut connection).await? {
        Schema::Foreign => Err(foreign()),
        Schema::Current | Schema::Behind | Schema::Newer => Ok(connection),
    }
}

/// A connection to a database that nobody else has.
pub(super) async fn connect_unchanging(path: &Path) -> Result<Connection> {
    Ok(reading(path, true).connect().await?)
}
