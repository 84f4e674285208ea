//! What do commands work over that only look, where there is no store? An empty one in memory: it needs no place, and nothing of it stays, however they end.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteJournalMode};

use super::{
    Store,
    db::{self, Db},
};
use crate::error::{Result, is_out_of_space};

/// So many bytes an empty store takes, with its log while it is made; with less room than that nothing much is stored in any other.
const BYTES_OF_A_NEW_STORE: usize = 1024 * 1024;
/// SQLite's own file system in memory: <https://www.sqlite.org/src/doc/trunk/src/memdb.c>.
const FILE_SYSTEM: &str = "memdb";

impl Store {
    /// An empty store in memory, for whoever only looks.
    pub async fn in_memory() -> Result<Self> {
        Ok(Self::over(Db::in_memory().await?))
    }

    /// Whether a store can be made at `path`, where there is none: by a file without a name there, which is gone at once.
    ///
    /// # Errors
    /// As [`Store::open`] for the same place; when the disk has no room for a store.
    pub fn can_be_made(path: &Path) -> Result<()> {
        db::check_place(path)?;
        try_place(db::directory(path)).map_err(db::no_file_beside)
    }

    /// Whether the disk of the store at `path`, which exists, has room for more.
    ///
    /// # Errors
    /// When it has none.
    pub fn has_room(path: &Path) -> Result<()> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match try_place(db::directory(&path)) {
            Err(error) if is_out_of_space(&error) => Err(db::no_file_beside(error)),
            // Whether it may be written has been found out by opening it.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn try_place(directory: &Path) -> io::Result<()> {
    let mut file: File = tempfile::tempfile_in(directory)?;
    file.write_all(&vec![1; BYTES_OF_A_NEW_STORE])?;
    file.sync_data()
}

impl Db {
    /// A database with our schema in memory, which lives as long as one of its connections.
    async fn in_memory() -> Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        // All connections to one name share what is in it, as those to a file do; each database of this process has a name of its own.
        let name = format!("/scorewatch-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let options = db::options(Path::new(&name)).vfs(FILE_SYSTEM).journal_mode(SqliteJournalMode::Memory);
        let mut first = options.connect().await?;
        db::make_tables(&mut first).await?;
        let made = Self::with_options(options);
        // It stays open in its pool, whichever of the others come and go.
        drop(made.reader().acquire().await?);
        first.close().await?;
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn it_is_a_store_of_its_own_like_any_other() {
        let (one, other) = (Store::in_memory().await.unwrap(), Store::in_memory().await.unwrap());
        for name in ["contoso", "fabrikam"] {
            one.ensure_tenant(name).await.unwrap();
        }
        // A write that is not finished closes its connection; what was written before stays.
        drop(one.db.write().await.unwrap());
        one.clone().ensure_tenant("northwind").await.unwrap();
        assert_eq!(one.index().await.unwrap().tenants.len(), 3);
        assert!(other.index().await.unwrap().tenants.is_empty());
        one.secret("pictures").await.unwrap();
        one.close().await;
        other.close().await;
    }

    #[test]
    fn a_place_is_tried_without_a_trace() {
        let home = tempfile::tempdir().unwrap();
        Store::can_be_made(&home.path().join("scorewatch.db")).unwrap();
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
        let nowhere = Store::can_be_made(&home.path().join("none/scorewatch.db")).unwrap_err();
        assert!(nowhere.kind == ErrorKind::Misconfigured && nowhere.sentence.contains("does not exist"), "{nowhere}");
    }
}
