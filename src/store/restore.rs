//! How is a copy of the store put in its place? Looked at first, while nobody has the store open, and all at once; what stood there before stays beside it.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::json;
use sqlx::{
    ConnectOptions as _, Connection as _, Row as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::{NamedTempFile, TempPath};

use super::{
    audit::{self, AuditEntry},
    backup::{Copied, counts},
    database_error::is_damaged,
    db::{Connection, Schema, beside, directory, foreign, schema},
    read_only::connect_unchanging,
};
use crate::{
    error::{Error, ErrorKind, Result, is_out_of_space},
    text::echo,
};

/// How long a command that is just running may take to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of a file's name is written down, in characters.
const NAME_MAX: usize = 200;
/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// How each database begins: <https://www.sqlite.org/fileformat.html#the_database_header>.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What came of it.
#[derive(Debug)]
pub struct Restored {
    /// What the store holds now.
    pub copied: Copied,
    /// Where what stood there before is now; `None` where nothing was.
    pub before: Option<PathBuf>,
    /// Whether the audit log of the store tells of it, or why not.
    pub audited: Result<()>,
}

/// Puts the copy `from`, which [`backup`](super::backup) made, in the place of the store at `path`. It belongs to whom the store belonged. A copy of an older
/// version is brought up to date when it is opened. Its audit log says that `asker` did this, as far as it takes an entry.
///
/// # Errors
/// [`ErrorKind::Misconfigured`] when `from` is no sound copy of a version that this one can open, or the place cannot be written;
/// [`ErrorKind::Throttled`] while somebody has the store open. Then nothing was changed.
pub async fn restore(path: &Path, from: &Path, asker: &str, now: Timestamp) -> Result<Restored> {
    // A link is followed once: what is replaced is the file, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    check_place(path, from)?;
    let copied = look_at(from).await?;
    // Held until the end: whoever opens the store meanwhile waits, and gets the new one.
    let held = take_over(path).await?;
    let again = || copy_beside(path, from).map_err(|error| cannot_write(path, error));
    let mut copy = again()?;
    let audited = note(&copy, &entry(from, &copied, asker, now)).await;
    if audited.is_err() {
        // Whatever the try has left in it, the copy is put in place as it is.
        drop(copy);
        copy = again()?;
    }
    let before = replace(path, copy, now).map_err(|error| cannot_write(path, error))?;
    // Nothing is waited for from here on: whoever gave up before finds all as it was.
    drop(held);
    Ok(Restored { copied, before, audited })
}

fn refused(sentence: String) -> Error {
    Error::new(ErrorKind::Misconfigured, sentence)
}

fn check_place(path: &Path, from: &Path) -> Result<()> {
    let shown = from.display();
    let file = fs::metadata(from).map_err(|error| {
        let why = if error.kind() == io::ErrorKind::NotFound { "does not exist" } else { "may not be read by this user" };
        refused(format!("{shown} {why}: name a copy that `scorewatch backup` made.")).because(error)
    })?;
    if !file.is_file() {
        return Err(refused(format!("{shown} is no file: name a copy that `scorewatch backup` made.")));
    }
    if fs::canonicalize(from).is_ok_and(|from| from == path) {
        return Err(refused(format!("{shown} is the store itself: name a copy that `scorewatch backup` made.")));
    }
    if fs::metadata(beside(from, "-wal")).is_ok_and(|log| log.len() > 0) {
        let sentence = format!(
            "{shown} has a log beside it ({shown}-wal), so it was copied by hand and is not whole without it. Name a copy that `scorewatch backup` made, or let scorewatch \
            make one of it: `scorewatch backup --store {shown} FILE`."
        );
        return Err(refused(sentence));
    }
    if path.is_dir() {
        return Err(refused("The store's path is a directory: name a file in it, such as scorewatch.db.".to_owned()).of_store());
    }
    Ok(())
}

/// What the copy holds, once it is known that it is sound and ours.
async fn look_at(from: &Path) -> Result<Copied> {
    let shown = from.display();
    let damaged = |error: &str| {
        refused(format!(
            "{shown} is no sound copy of a store: it is damaged, cut off, or no database. Nothing was changed; take another copy."
        ))
        .because(error)
    };
    let bytes = fs::metadata(from).map_err(|error| damaged(&error.to_string()))?.len();
    let looked = async {
        let mut copy = connect_unchanging(from).await?;
        let schema = schema(&mut copy).await?;
        let sound: String = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut copy).await?.try_get(0)?;
        let tables = sqlx::query("SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'").fetch_all(&mut copy).await?.len();
        Ok::<_, Error>((copy, schema, sound, tables))
    };
    let (mut copy, schema, sound, tables) = looked.await.map_err(|error| damaged(&error.cause()))?;
    if sound != "ok" {
        return Err(damaged(&sound));
    }
    match schema {
        Schema::Newer => {
            let sentence = format!("{shown} is of a newer scorewatch: restore it with that version or a later one. Nothing was changed.");
            return Err(refused(sentence));
        }
        Schema::Behind if tables == 0 => return Err(refused(format!("{shown} is empty: it is no copy of a store. Nothing was changed."))),
        Schema::Foreign => {
            return Err(refused(format!("{shown} is a database of another program, and no copy of a store. Nothing was changed.")));
        }
        Schema::Current | Schema::Behind => {}
    }
    let (tenants, days) = counts(&mut copy).await?;
    copy.close().await?;
    Ok(Copied { bytes, tenants, days })
}

/// Has the store to ourselves, with its log merged into it; `None` where there is none, or none that can be opened any more.
async fn take_over(path: &Path) -> Result<Option<Connection>> {
    // Of what is no database SQLite would take the log away: it is not even opened.
    if !path.exists() || !begins_as_database(path)? {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging();
    let taken = async {
        let mut store = options.connect().await?;
        // Before anything is changed in it.
        if matches!(schema(&mut store).await, Ok(Schema::Foreign)) {
            return Ok(Taken::Foreign);
        }
        // Leaving the log's mode is what SQLite allows only to whoever is alone with a database.
        let mode: String = sqlx::query("PRAGMA journal_mode = DELETE").fetch_one(&mut store).await?.try_get(0)?;
        if mode != "delete" {
            return Ok(Taken::InUse);
        }
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut store).await?;
        Ok::<_, sqlx::Error>(Taken::Alone(store))
    };
    match taken.await {
        Ok(Taken::Alone(store)) => Ok(Some(store)),
        Ok(Taken::InUse) => Err(in_use("SQLite keeps the log's mode")),
        Ok(Taken::Foreign) => Err(foreign()),
        // Nobody can work with it: it is moved aside as it is.
        Err(error) if is_damaged(&error) => Ok(None),
        Err(error) => {
            let error = Error::from(error);
            Err(if error.kind == ErrorKind::Throttled { in_use(&error.cause()) } else { error })
        }
    }
}

/// Whether a file begins as all databases of SQLite do, or is empty, as one is that was just made.
fn begins_as_database(path: &Path) -> Result<bool> {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut beginning));
    read.map_err(|error| cannot_write(path, error))?;
    Ok(beginning.is_empty() || beginning == MAGIC)
}

/// How a store is found.
enum Taken {
    /// Nobody else has it open, or can open it until this ends.
    Alone(Connection),
    InUse,
    Foreign,
}

fn in_use(cause: &str) -> Error {
    let sentence = "Another scorewatch has the store open: stop it first (`systemctl stop scorewatch`, or the assistant that runs `scorewatch mcp`), then restore again. Nothing was changed.";
    Error::new(ErrorKind::Throttled, sentence).because(cause).of_store()
}

/// A copy of `from` in the directory of the store, which goes away by itself unless it is kept.
fn copy_beside(path: &Path, from: &Path) -> io::Result<TempPath> {
    let folder = directory(path);
    let mut copy: NamedTempFile = tempfile::Builder::new().prefix(".scorewatch-restore-").tempfile_in(folder)?;
    io::copy(&mut File::open(from)?, copy.as_file_mut())?;
    // Whoever restores is often another user than the one that scorewatch runs as.
    let model = fs::metadata(path).or_else(|_| fs::metadata(folder))?;
    give_to_owner(copy.as_file(), &model)?;
    copy.as_file().sync_all()?;
    Ok(copy.into_temp_path())
}

/// What the audit log says of it. Where the copy was is the machine's business.
fn entry(from: &Path, copied: &Copied, asker: &str, now: Timestamp) -> AuditEntry {
    let Copied { bytes, tenants, days } = *copied;
    AuditEntry {
        at: now,
        asker: asker.to_owned(),
        what: "store.restore".to_owned(),
        tenant: None,
        subject: from.file_name().map(|name| echo(&name.to_string_lossy(), NAME_MAX)).unwrap_or_default(),
        detail: json!({ "copy": { "bytes": bytes, "tenants": tenants, "days": days } }).to_string(),
    }
}

/// Adds `entry` to the audit log of the copy at `path`, before it is in place: nobody else has it open, and nothing is left beside it.
async fn note(path: &Path, entry: &AuditEntry) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Memory).disable_statement_logging();
    let mut copy = options.connect().await?;
    let mut transaction = copy.begin().await?;
    audit::add(&mut transaction, entry).await?;
    transaction.commit().await?;
    copy.close().await?;
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::internal)
}

/// Gives `file` to the owner of `model`, who alone may read it unless the store itself is open to others.
#[cfg(unix)]
fn give_to_owner(file: &File, model: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let made = file.metadata()?;
    if model.is_file() {
        file.set_permissions(model.permissions())?;
    }
    if (made.uid(), made.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    let given = fchown(file, Some(model.uid()), Some(model.gid()));
    // A directory may well be another's; a store that its owner cannot open any more may not be made.
    if model.is_file() { given } else { Ok(()) }
}

#[cfg(not(unix))]
fn give_to_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Moves what stands at `path` aside and `copy` in its place; when that fails, all is as it was.
fn replace(path: &Path, copy: TempPath, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let mark = format!(".before-restore-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let all = || {
        for end in COMPANIONS.into_iter().chain([""]) {
            let (old, aside) = (beside(path, end), beside(&beside(path, &mark), end));
            if old.exists() {
                // The store itself keeps its place until the copy takes it, so that there is one at any moment; where files have one name only, it is moved.
                let linked = if end.is_empty() { fs::hard_link(&old, &aside) } else { Err(io::ErrorKind::Unsupported.into()) };
                linked.or_else(|_| fs::rename(&old, &aside))?;
                moved.push((old, aside));
            }
        }
        copy.persist(path).map_err(io::Error::from)
    };
    if let Err(error) = all() {
        for (old, aside) in moved.iter().rev() {
            let _ = if old.exists() { fs::remove_file(aside) } else { fs::rename(aside, old) };
        }
        return Err(error);
    }
    // So that it is there after a power cut, too. Not every file system can.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(moved.pop().map(|(_, aside)| aside))
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn cannot_write(path: &Path, error: io::Error) -> Error {
    let shown = path.display();
    let sentence = match error.kind() {
        _ if is_out_of_space(&error) => {
            let sentence = format!(
                "The disk is full: that of {shown} has no room for the copy beside the store. Free some space, then restore again. Nothing was changed."
            );
            return Error::new(ErrorKind::Internal, sentence).because(error);
        }
        io::ErrorKind::NotFound => format!("The directory for {shown} does not exist: create it, then restore again."),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!(
                "The directory of {shown} cannot be written: restore as the user that scorewatch runs as, or as root. Nothing was changed."
            )
        }
        _ => format!("{shown} cannot be replaced. Nothing was changed: see that its disk works and this user may write there."),
    };
    refused(sentence).because(error)
}
