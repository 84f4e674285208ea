//! How is the store kept safe? Copied into one file, also while a server runs; and such a copy put back in its place.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use jiff::{Timestamp, civil::DateTime};

use super::{
    global::{GlobalArgs, file_of, load_store, not_configured, shown},
    operator,
    output::{say, tell},
    stop::{Ended, unless_stopped},
};
use crate::{
    config::StoreConfig,
    error::{Error, ErrorKind, Result},
    store::{self, Copied},
    text::{bytes, count},
};

/// How copies are called in a directory that keeps some: by the time (UTC), so that their names sort as they were made.
const NAME_FORMAT: &str = "scorewatch-%Y%m%dT%H%M%SZ.db";

#[derive(Debug, Args)]
#[command(after_help = "The copy is complete, as of one moment, and readable by its owner only; an existing file is not overwritten. \
With --keep it is named by the time, and the \
oldest such copies in that directory are removed once the new one is there; other files are left alone.

Examples:
  scorewatch backup /var/backups/scorewatch.db
  scorewatch backup --keep 14 /var/backups
  scorewatch restore /var/backups/scorewatch.db")]
pub(super) struct BackupArgs {
    /// The file to create; with --keep, the directory to create it in
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name the copy by the time, and keep that many in the directory
    #[arg(long, value_name = "COPIES", value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep: Option<u16>,
}

pub(super) async fn run(config: &StoreConfig, given: &BackupArgs) -> Result<ExitCode> {
    or_stopped(make(config, given), "Stopped. No copy was made.").await
}

/// What comes of `work`, or `stopped` said of it.
async fn or_stopped(work: impl Future<Output = Result<()>>, stopped: &str) -> Result<ExitCode> {
    match unless_stopped(work).await {
        Ended::Done(done) => done.map(|()| ExitCode::SUCCESS),
        Ended::Stopped(signal) => {
            tell(stopped);
            Ok(signal.exit_code())
        }
    }
}

async fn make(config: &StoreConfig, given: &BackupArgs) -> Result<()> {
    if given.file == Path::new("-") {
        return Err(Error::bad_arguments("A backup cannot go to standard output: name a file, such as scorewatch-backup.db."));
    }
    let Some(keep) = given.keep else { return copy(config, &given.file).await.map(drop) };
    let folder = &given.file;
    if !folder.is_dir() {
        let sentence = format!("{} is no directory: with --keep, name the directory that holds the copies.", folder.display());
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    let copied = copy(config, &folder.join(Timestamp::now().strftime(NAME_FORMAT).to_string())).await?;
    if copied.tenants == 0 {
        tell("Older copies are kept: they may hold what this one lacks.");
        return Ok(());
    }
    for old in superseded(folder, keep.into())? {
        fs::remove_file(&old).map_err(|error| cannot_tidy(folder, error))?;
        tell(&format!("Removed {}.", old.display()));
    }
    Ok(())
}

async fn copy(config: &StoreConfig, file: &Path) -> Result<Copied> {
    let copied = store::backup(&config.path, file).await?;
    say(&format!("{} is a copy of the store: {}.", file.display(), holds(&copied)))?;
    tell(
        "It contains names and comments of people, and hashes of API keys: keep it as safe as the store. `scorewatch restore` puts it back in place.",
    );
    if copied.tenants == 0 {
        tell(&format!(
            "No tenant is stored in {}. If that is not the store you mean, name it with --store or --config.",
            shown(&config.path)
        ));
    }
    Ok(copied)
}

fn holds(copied: &Copied) -> String {
    let count = |number: i64, noun| count(usize::try_from(number).unwrap_or_default(), noun);
    format!("{}, {}, {} of scores", bytes(copied.bytes), count(copied.tenants, "tenant"), count(copied.days, "day"))
}

/// The copies in `folder` that are older than the newest `keep`.
fn superseded(folder: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| cannot_tidy(folder, error))?;
    let is_copy = |name: &str| DateTime::strptime(NAME_FORMAT, name).is_ok();
    let mut copies: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && path.file_name().and_then(|name| name.to_str()).is_some_and(is_copy))
        .collect();
    copies.sort();
    copies.truncate(copies.len().saturating_sub(keep));
    Ok(copies)
}

fn cannot_tidy(folder: &Path, error: std::io::Error) -> Error {
    let sentence = format!("The copy was made, but older ones in {} cannot be removed: let this user write there.", folder.display());
    Error::new(ErrorKind::Misconfigured, sentence).because(error)
}

pub(super) async fn restore(global: &GlobalArgs, file: &Path) -> Result<ExitCode> {
    or_stopped(put_back(global, file), "Stopped. Nothing was restored, and the store is as it was.").await
}

async fn put_back(global: &GlobalArgs, file: &Path) -> Result<()> {
    let config = load_store(global)?;
    if !config.is_named {
        let file = file_of(global);
        return Err(not_configured(&file).preceded_by("Nothing says which store is to be replaced, and nothing was: name it with --store."));
    }
    let restored = store::restore(&config.path, file, &operator().id, Timestamp::now()).await?;
    say(&format!("The store {} is now the copy {}: {}.", shown(&config.path), file.display(), holds(&restored.copied)))?;
    if let Some(before) = restored.before {
        tell(&format!("What stood there before is {}: remove it once you do not need it any more.", before.display()));
    }
    if let Err(error) = restored.audited {
        tracing::debug!(cause = error.cause(), "not in the audit log: {}", error.sentence);
        tell("The audit log does not tell of this: the copy took no entry.");
    }
    tell(
        "Changes made after the copy are undone: keys revoked since work again (`scorewatch key list`), and posts that waited then are sent when `serve` starts.",
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_copies_of_ours_are_superseded() {
        let folder = tempfile::tempdir().unwrap();
        let copies = ["scorewatch-20261128T030000Z.db", "scorewatch-20261129T030000Z.db", "scorewatch-20261130T030000Z.db"];
        let others = ["scorewatch-before-upgrade.db", "scorewatch.db", "scorewatch-20261101T030000Z.db.gz", "a.txt"];
        for name in copies.into_iter().chain(others) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |keep| -> Vec<String> {
            let old = superseded(folder.path(), keep).unwrap();
            old.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(1), copies[..2]);
        assert_eq!(names(2), copies[..1]);
        assert!(names(3).is_empty() && names(1000).is_empty());
        let made = "2026-11-30T03:00:00Z".parse::<Timestamp>().unwrap().strftime(NAME_FORMAT).to_string();
        assert_eq!(made, copies[2]);
    }
}
