//! How is a database read where nothing may be written? As it stands while nobody has it open, else with its log.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::{
    db::{BUSY_TIMEOUT, Connection, PAGE_CACHE, Schema, foreign, newer, options, schema, schema_of},
    fault::fault,
};
use crate::error::{Error, Kind, Result};

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
pub(super) fn may_write(path: &Path) -> bool {
    File::options().write(true).open(path).is_ok()
}

/// How the database at `path` can be read where nothing may be written; `None` where it cannot.
///
/// # Errors
/// For a database that is not ours, or not of our version.
pub(super) async fn read_only(path: &Path) -> Result<Option<SqliteConnectOptions>> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        fs::metadata(PathBuf::from(name)).ok().map(|file| file.len())
    };
    let log_is_empty = beside("-wal").is_none_or(|bytes| bytes == 0);
    // Nobody has it open: then nothing changes under us, and nothing needs to be written beside it.
    let at_rest = log_is_empty && beside("-shm").is_none();
    let ways = [(!at_rest).then_some(false), log_is_empty.then_some(true)];
    for unchanging in ways.into_iter().flatten() {
        let options = reading(path, unchanging);
        match schema_of(&options).await {
            Ok(Schema::Current) => return Ok(Some(options)),
            Ok(Schema::Behind) => {
                let sentence =
                    "The store is of an older scorewatch and may only be read here: let this version open it once where it may write.";
                return Err(Error::new(Kind::Misconfigured, sentence));
            }
            Ok(Schema::Newer) => return Err(newer()),
            Ok(Schema::Foreign) => return Err(foreign()),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// What was written last is not in the file yet, and its log cannot be read without writing.
pub(super) fn in_the_log() -> Error {
    let sentence = "The store may only be read here, and cannot be: what was written last is still in its log (the file ending in -wal). Let scorewatch end where it may write, or read a copy that `scorewatch backup` made.";
    Error::new(Kind::Misconfigured, sentence)
}

/// A connection to the database at `path` for a copy of it: of whatever version, and only to read if it may not be written.
pub(super) async fn connect_as_it_is(path: &Path) -> Result<Connection> {
    let mut connection = match options(path).create_if_missing(false).connect().await {
        Ok(connection) => connection,
        Err(error) => match read_only(path).await? {
            Some(options) => options.connect().await.map_err(fault)?,
            None => return Err(fault(error)),
        },
    };
    match schema(&mut connection).await? {
        Schema::Foreign => Err(foreign()),
        Schema::Current | Schema::Behind | Schema::Newer => Ok(connection),
    }
}

/// A connection to a database that nobody else has.
pub(super) async fn connect_unchanging(path: &Path) -> Result<Connection> {
    reading(path, true).connect().await.map_err(fault)
}
