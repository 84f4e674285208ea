//! How is the store copied while it is in use? By SQLite itself, as of one moment, into a file of its own.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use sqlx::{Connection as _, Row as _};

use super::{
    database_error::takes_no_more,
    db::{Connection, beside},
    read_only,
};
use crate::error::{Error, ErrorKind, Result, is_out_of_space};

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// How large the file is.
    pub bytes: u64,
    /// How many tenants are in it.
    pub tenants: i64,
    /// How many days of theirs.
    pub days: i64,
}

/// Copies the store at `path`, as it is now, into the new file `to`, which only its owner may read. Whoever writes to the store goes on. A store of
/// another version is copied as it is.
///
/// # Errors
/// [`ErrorKind::NotReady`] when there is no store; [`ErrorKind::Misconfigured`] when it is another program's, or when `to` exists or cannot be made;
/// [`ErrorKind::Internal`] when its disk is full. What was begun of the copy is removed.
pub async fn backup(path: &Path, to: &Path) -> Result<Copied> {
    super::must_exist(path)?;
    let mut store = read_only::connect_as_it_is(path).await?;
    let begun = NewCopy::begin(to).map_err(|error| cannot_make(to, error))?;
    let copied = copy(&mut store, to).await;
    if copied.is_ok() {
        begun.keep();
    }
    let _ = store.close().await;
    copied
}

/// A copy that is being made; it is removed unless it is kept, also where whoever waits for it gives up.
struct NewCopy<'p> {
    path: Option<&'p Path>,
}

impl<'p> NewCopy<'p> {
    /// Makes the empty file, which SQLite then fills. Never one that is there already, nor one behind a link.
    fn begin(to: &'p Path) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(to).map(|_| Self { path: Some(to) })
    }

    fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for NewCopy<'_> {
    fn drop(&mut self) {
        for file in self.path.into_iter().flat_map(|path| [path.to_owned(), beside(path, "-journal")]) {
            let _ = fs::remove_file(file);
        }
    }
}

async fn copy(store: &mut Connection, to: &Path) -> Result<Copied> {
    // An absolute path is never taken for a URI.
    let absolute = std::path::absolute(to).map_err(|error| cannot_make(to, error))?;
    let name = absolute.to_str().ok_or_else(|| refused("The backup's path is not Unicode: name another file."))?;
    // What SQLite says of a disk is meant of the store's; here it is the copy's.
    let written = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut *store).await;
    written.map_err(|error| if takes_no_more(&error) { no_room(to).because(error) } else { error.into() })?;
    let file = File::open(to).map_err(|error| cannot_make(to, error))?;
    file.sync_all().map_err(|error| cannot_make(to, error))?;
    let bytes = file.metadata().map_err(|error| cannot_make(to, error))?.len();
    let mut copy = read_only::connect_unchanging(to).await?;
    let (tenants, days) = counts(&mut copy).await?;
    copy.close().await?;
    Ok(Copied { bytes, tenants, days })
}

/// How many tenants a copy holds, and how many days of theirs.
pub(super) async fn counts(copy: &mut Connection) -> Result<(i64, i64)> {
    let row = sqlx::query("SELECT (SELECT COUNT(*) FROM tenants), (SELECT COUNT(*) FROM snapshots)").fetch_one(copy).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

fn no_room(to: &Path) -> Error {
    let sentence = format!("The disk for {} is full: free some space, or name another place. No copy was made.", to.display());
    Error::new(ErrorKind::Internal, sentence)
}

fn refused(sentence: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, sentence)
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn cannot_make(to: &Path, error: io::Error) -> Error {
    let shown = to.display();
    let sentence = match error.kind() {
        _ if to.is_dir() => format!("{shown} is a directory: name a new file in it."),
        io::ErrorKind::AlreadyExists => format!("{shown} exists already, and nothing is overwritten: name a new file."),
        io::ErrorKind::NotFound => format!("The directory for {shown} does not exist: create it, or name another place."),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("{shown} cannot be written by this user: name another place.")
        }
        _ if is_out_of_space(&error) => return no_room(to).because(error),
        _ => format!("{shown} cannot be written: name another place."),
    };
    refused(&sentence).because(error)
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_copy_that_nobody_waits_for_any_more_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let (path, to) = (home.path().join("scorewatch.db"), home.path().join("copy.db"));
        Store::open(&path).await.unwrap().close().await;
        {
            let mut copying = std::pin::pin!(backup(&path, &to));
            while !to.exists() {
                assert!(poll!(&mut copying).is_pending(), "it needs longer than it takes to see that it began");
                tokio::task::yield_now().await;
            }
        }
        assert!(!to.exists());
        let whole = home.path().join("whole.db");
        backup(&path, &whole).await.unwrap();
        assert!(whole.exists());
    }
}
