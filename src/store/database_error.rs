//! What does a failure of the database mean for the asker? The one place that reads SQLite's codes.

use std::time::Duration;

use crate::error::{Error, ErrorKind, is_out_of_space};

/// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const PERM: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const READONLY: u32 = 8;
    pub(super) const IOERR: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const NOTADB: u32 = 26;
    /// An extended one: a write went wrong in another way than by a full disk, as by a quota.
    pub(super) const IOERR_WRITE: u32 = 778;
    /// An extended one: there is no room for what readers and writers share beside the file.
    pub(super) const IOERR_SHMSIZE: u32 = 4874;
}

/// What the asker is told about `error`, which itself is for the log.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            // Not another process, but our own work.
            return wait("The store is busy: try again in a few seconds.").because(error);
        }
        let (kind, sentence) = match primary_code(&error) {
            _ if is_full(&error) => (
                ErrorKind::Internal,
                "The disk that holds the store is full. Nothing new was saved, what was stored before is kept: free some space, then try again.",
            ),
            code::BUSY | code::LOCKED => {
                return wait("Another scorewatch is writing to the store at the moment: try again in a few seconds.")
                    .because(error)
                    .of_store();
            }
            code::READONLY | code::PERM => (
                ErrorKind::Misconfigured,
                "The store's file cannot be written: give this user the right to write the file and its directory, or put the store on a disk that is not read-only.",
            ),
            code::CANTOPEN => (
                ErrorKind::Misconfigured,
                "The store's file cannot be opened: check that its directory exists and that this user may read and write there.",
            ),
            code::NOTADB => (
                ErrorKind::Misconfigured,
                "The store's file is not a scorewatch database: point the store at another file, or move this one away.",
            ),
            code::CORRUPT => (ErrorKind::Internal, "The store's file is damaged: stop scorewatch and restore it from a backup."),
            code::IOERR => (
                ErrorKind::Internal,
                "The disk that holds the store failed to read or write. What was saved before is kept: check the disk, then try again.",
            ),
            _ => return Self::internal(error),
        };
        Self::new(kind, sentence).because(error).of_store()
    }
}

/// SQLite's primary code for `error`, 0 for what is none of its own.
fn primary_code(error: &sqlx::Error) -> u32 {
    // The low byte of an extended code is the primary code.
    extended_code(error) & 0xff
}

fn extended_code(error: &sqlx::Error) -> u32 {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn is_full(error: &sqlx::Error) -> bool {
    primary_code(error) == code::FULL || extended_code(error) == code::IOERR_SHMSIZE
}

/// Whether a database cannot be used any more, by anybody.
pub(super) fn is_damaged(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), code::CORRUPT | code::NOTADB)
}

/// Whether a disk took no more of what was written to it.
pub(super) fn takes_no_more(error: &sqlx::Error) -> bool {
    is_full(error) || extended_code(error) == code::IOERR_WRITE
}

/// Whether `error`, which was told already, is that a disk takes no more.
pub(super) fn is_disk_full(error: &Error) -> bool {
    error.cause_as().is_some_and(takes_no_more) || error.cause_as().is_some_and(is_out_of_space)
}

fn wait(sentence: &str) -> Error {
    Error::new(ErrorKind::Throttled, sentence).retry_after(Duration::from_secs(2))
}

/// A stored row that cannot be read back; `what` is for the log.
pub(super) fn damaged(what: &'static str) -> Error {
    Error::new(
        ErrorKind::Internal,
        "A stored row cannot be read: it is damaged, or a newer scorewatch wrote it. Update scorewatch, or restore the store from a backup.",
    )
    .because(what)
    .of_store()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_queue_of_our_own_is_not_blamed_on_another_process() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert!(error.kind == ErrorKind::Throttled && error.retry_after.is_some(), "{error}");
        assert!(!error.sentence.contains("Another scorewatch"), "{error}");
    }

    /// A full disk is a failure of the same kind as a damaged file, and the only one after which reading goes on.
    #[tokio::test]
    async fn a_full_disk_is_told_from_a_damaged_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("scorewatch.db");
        let store = Store::open(&path).await.unwrap();
        store.db.pragma("PRAGMA max_page_count = 1").await;
        let name = "x".repeat(200_000);
        let full = store.ensure_tenant(&name).await.unwrap_err();
        assert!(full.kind == ErrorKind::Internal && is_disk_full(&full), "{full:?}");
        store.close().await;
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..108].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        let damaged = Store::open_existing(&path).await.unwrap_err();
        assert!(damaged.kind == ErrorKind::Internal && !is_disk_full(&damaged) && damaged.sentence.contains("damaged"), "{damaged:?}");
        assert!(!is_disk_full(&Error::internal("some other fault")));
    }
}
