//! How is the database reached? One writer, a few readers, and migrations that only one process runs.
//!
//! Everything particular to SQLite that is not an error code is here. A second engine becomes a second kind of pool in [`Db`]; the queries elsewhere
//! are portable SQL already.
//!
//! What they lean on is that a [`Write`] is exclusive: while one is open no other process writes. Ids and numbers that follow from the greatest one
//! (tenants, audit), bounds that are counted after an insert (digests, snoozes), a fence that is looked at before the write (alerts, saves), and the one
//! delivery at a time to a destination (the outbox) are right because of it. An engine with several writers must begin each with a lock of its own.

use std::{
    fs::{self, File},
    io,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection as _, Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::private;
use crate::error::{Error, ErrorKind, Result, is_out_of_space};

/// What the queries run on.
pub(super) type Connection = SqliteConnection;

static MIGRATOR: Migrator = sqlx::migrate!("src/store/migrations");

/// How long a write waits for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Half a MiB of pages for each connection instead of two: the system's cache holds the file anyway.
pub(super) const PAGE_CACHE: &str = "-512";
/// More readers than this would wait for the same disk.
const READERS_MAX: u32 = 4;

/// The pools.
#[derive(Debug, Clone)]
pub(super) struct Db {
    /// One connection: SQLite has one writer at a time anyway, and here they queue in order.
    writer: SqlitePool,
    readers: SqlitePool,
    is_read_only: bool,
}

/// How a file's schema stands to ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Schema {
    Current,
    Behind,
    Newer,
    /// Tables, but not ours.
    Foreign,
}

impl Db {
    /// Opens the database at `path`, which is created if it does not exist, and brings its schema up to date.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        check_place(path)?;
        // SQLite gives its companions the permissions of the file. Where it cannot be made, SQLite says why.
        drop(private::open(path));
        // A link is followed once, here: everybody must meet at one lock, whatever they call the file.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let options = options(path);
        if !is_current(path, &options).await? {
            migrate(path, &options).await?;
        }
        Ok(Self::with_options(options))
    }

    pub(super) fn with_options(options: SqliteConnectOptions) -> Self {
        let pool = || SqlitePoolOptions::new().max_lifetime(None).idle_timeout(None);
        Self {
            writer: pool().max_connections(1).connect_lazy_with(options.clone()),
            readers: pool().max_connections(READERS_MAX).connect_lazy_with(options.pragma("query_only", "on")),
            is_read_only: false,
        }
    }

    pub(super) fn only_read(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    pub(super) const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// A transaction that may write. It holds the database's one write lock from the start: a
    /// transaction that starts by reading and then writes fails with "locked" however long it may wait.
    pub(super) async fn write(&self) -> Result<Write> {
        let connection = self.writer.acquire().await?;
        let mut write = Write { connection, committed: false };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *write).await?;
        Ok(write)
    }

    /// Runs one query that writes, in a transaction of its own; how many rows it changed.
    pub(super) async fn change(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<u64> {
        let mut transaction = self.write().await?;
        let changed = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(changed)
    }

    /// A transaction that only reads: all its queries see the same moment.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }

    /// What one query by itself reads through.
    pub(super) const fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// Writes what is still in the log into the file and closes all connections.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        // Only makes the file tidy: what the log holds is safe without it.
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await {
            tracing::debug!(error = %error, "the store's log was not merged on closing");
        }
        self.writer.close().await;
    }

    /// Runs `pragma` on the writer, so that tests can make a disk of any size.
    #[cfg(test)]
    pub(super) async fn pragma(&self, pragma: &'static str) {
        sqlx::query(pragma).execute(&self.writer).await.unwrap();
    }
}

/// A transaction that may write. Dropped without [`Write::commit`], it leaves nothing behind.
///
/// It is not sqlx's own: a full disk makes SQLite roll back by itself, which sqlx does not notice, and
/// its connection would refuse every transaction from then on. Here a connection whose transaction
/// did not end well is closed; the next write opens another.
pub(super) struct Write {
    connection: PoolConnection<Sqlite>,
    committed: bool,
}

impl Write {
    /// Makes all that was written visible and safe, or fails and leaves nothing behind.
    pub(super) async fn commit(mut self) -> Result<()> {
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        self.committed = true;
        Ok(())
    }
}

impl Deref for Write {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL this loses nothing when the process dies, and never damages the file when power does.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("cache_size", PAGE_CACHE)
        .disable_statement_logging()
}

/// The directory that the store at `path` is in.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file beside the one at `path` whose name ends with `end`, too.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Errors in the path that SQLite would only call "unable to open".
pub(super) fn check_place(path: &Path) -> Result<()> {
    let refused =
        |sentence: &str| Error::new(ErrorKind::Misconfigured, sentence).because(format!("the store is {}", path.display())).of_store();
    if path.is_dir() {
        return Err(refused("The store's path is a directory: name a file in it, such as scorewatch.db."));
    }
    if !directory(path).is_dir() {
        return Err(refused("The directory for the store's file does not exist: create it, or point the store at another place."));
    }
    Ok(())
}

/// Whether `path` holds a database with our schema already, so that nothing needs to be locked.
async fn is_current(path: &Path, options: &SqliteConnectOptions) -> Result<bool> {
    if fs::metadata(path).map_or(true, |file| file.len() == 0) {
        return Ok(false);
    }
    match schema_of(options).await {
        Ok(schema) => Ok(schema == Schema::Current),
        // Somebody is just creating it: wait for them at the lock.
        Err(error) if error.kind == ErrorKind::Throttled => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn schema_of(options: &SqliteConnectOptions) -> Result<Schema> {
    let mut connection = options.connect().await?;
    let schema = schema(&mut connection).await?;
    connection.close().await?;
    Ok(schema)
}

pub(super) async fn schema(connection: &mut Connection) -> Result<Schema> {
    let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut *connection).await?;
    let names: Vec<String> = tables.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(Schema::Behind);
    }
    if !names.iter().any(|name| name == "_sqlx_migrations") {
        return Ok(Schema::Foreign);
    }
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations").fetch_all(connection).await?;
    let applied: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if applied.iter().any(|version| !MIGRATOR.version_exists(*version)) {
        return Ok(Schema::Newer);
    }
    Ok(if MIGRATOR.iter().all(|ours| applied.contains(&ours.version)) { Schema::Current } else { Schema::Behind })
}

/// Brings the schema up to date while no other scorewatch does: SQLite does not keep several starters
/// from creating the same table.
async fn migrate(path: &Path, options: &SqliteConnectOptions) -> Result<()> {
    let lock = lock(beside(path, ".lock")).await?;
    let mut connection = options.connect().await?;
    let outcome = match schema(&mut connection).await? {
        Schema::Current => Ok(()),
        Schema::Behind => make_tables(&mut connection).await,
        Schema::Newer => Err(newer()),
        Schema::Foreign => Err(foreign()),
    };
    connection.close().await?;
    drop(lock);
    outcome
}

/// Brings the schema up to date, whatever it was.
pub(super) async fn make_tables(connection: &mut Connection) -> Result<()> {
    MIGRATOR.run_direct(None, connection, false).await.map_err(migration_fault)
}

pub(super) fn foreign() -> Error {
    let sentence = "The store's file is a database of another program: point the store at another file. Nothing was changed in it.";
    Error::new(ErrorKind::Misconfigured, sentence).of_store()
}

pub(super) fn newer() -> Error {
    Error::new(
        ErrorKind::Misconfigured,
        "A newer scorewatch has already changed the store: run that version or a later one, or restore a copy from before the update.",
    )
    .of_store()
}

fn migration_fault(error: MigrateError) -> Error {
    if matches!(error, MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_)) {
        return newer().because(error);
    }
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return error.into();
    }
    Error::internal(error)
}

/// The lock beside the database; held until the file is dropped.
async fn lock(path: PathBuf) -> Result<File> {
    let open = move || -> io::Result<File> {
        let file = private::open(&path)?;
        file.lock()?;
        Ok(file)
    };
    tokio::task::spawn_blocking(open).await.map_err(Error::internal)?.map_err(no_file_beside)
}

/// Why nothing can be made in the directory of the store.
pub(super) fn no_file_beside(error: io::Error) -> Error {
    let (kind, sentence) = if is_out_of_space(&error) {
        (ErrorKind::Internal, "The disk for the store is full: free some space, then try again.")
    } else {
        let sentence = "The directory of the store's file cannot be written: give this user the right to, or point the store at another place; in a container, mount a volume there that its user may write.";
        (ErrorKind::Misconfigured, sentence)
    };
    Error::new(kind, sentence).because(error).of_store()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_not_ours_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.db");
        let mut other = options(&path).connect().await.unwrap();
        sqlx::query("CREATE TABLE tenants (theirs TEXT)").execute(&mut other).await.unwrap();
        let error = Db::open(&path).await.unwrap_err();
        assert!(error.kind == ErrorKind::Misconfigured && error.sentence.contains("another program"), "{error}");
        let tables = sqlx::query("SELECT name FROM sqlite_master").fetch_all(&mut other).await.unwrap();
        assert_eq!(tables.len(), 1);
    }

    #[tokio::test]
    async fn a_store_of_a_newer_scorewatch_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let db = Db::open(&path).await.unwrap();
        let query =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)";
        sqlx::query(query).execute(&db.writer).await.unwrap();
        db.close().await;
        let error = Db::open(&path).await.unwrap_err();
        assert!(error.kind == ErrorKind::Misconfigured && error.sentence.contains("newer scorewatch"), "{error}");
    }

    #[tokio::test]
    async fn readers_work_while_somebody_writes_and_while_the_lock_is_held() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let db = Db::open(&path).await.unwrap();
        let _lock = lock(directory.path().join("scorewatch.db.lock")).await.unwrap();
        let _writing = db.write().await.unwrap();
        let other = Db::open(&path).await.unwrap();
        let mut reading = other.read().await.unwrap();
        sqlx::query("SELECT name FROM tenants").fetch_all(&mut *reading).await.unwrap();
        // A reader stays one.
        sqlx::query("DELETE FROM tenants").execute(&mut *reading).await.unwrap_err();
    }
}
