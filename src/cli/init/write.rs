//! How does a new configuration reach the disk? Whole or not at all, readable by its owner only; its secrets in files of their own, before it.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::NamedTempFile;

use crate::{
    cli::whole_file::{self, Advice, Existing, PreparedFile, Readers, beside},
    error::{Error, Result},
};

/// What to do about a file that cannot be written.
const ADVICE: Advice<'_> = Advice { exists: "move it away, or overwrite it with --force", elsewhere: "name another place with --config" };

/// What is to be written.
pub(super) struct NewFiles<'n> {
    /// Where the configuration goes.
    pub path: &'n Path,
    /// The configuration.
    pub text: &'n str,
    /// The secrets, each with the name of its file beside it.
    pub secrets: &'n [(String, &'n SecretString)],
    /// Whether existing files of secrets are overwritten.
    pub force: bool,
    /// Whether an existing configuration is.
    pub overwrite: bool,
}

/// What was written.
#[derive(Debug)]
pub(super) struct WrittenFiles {
    /// The configuration that was replaced, where it is kept.
    pub former: Option<PathBuf>,
    /// The new files, the configuration last.
    pub files: Vec<PathBuf>,
}

impl NewFiles<'_> {
    /// Writes all of it. What was written before a failure is taken away again, unless it replaced something.
    pub(super) fn write(&self) -> Result<WrittenFiles> {
        let directory = self.path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let secrets = self.secrets.iter().map(|(name, secret)| (directory.join(name), secret.expose_secret(), self.force));
        let files: Vec<(PathBuf, &str, bool)> = secrets.chain([(self.path.to_owned(), self.text, self.overwrite)]).collect();
        // All are on the disk before the first gets its name.
        let prepared = files.iter().map(|(path, text, _)| self.prepare(path, text).map_err(|error| unwritten(path, error)));
        let prepared: Vec<PreparedFile> = prepared.collect::<Result<_>>()?;
        let former = if self.force { keep_former(self.path).map_err(|error| unwritten(self.path, error))? } else { None };
        let mut written: Vec<PathBuf> = Vec::new();
        for (file, (path, _, overwrite)) in prepared.into_iter().zip(&files) {
            if let Err(error) = file.place(if *overwrite { Existing::Replaced } else { Existing::Kept }) {
                if !self.force {
                    for path in &written {
                        let _ = fs::remove_file(path);
                    }
                }
                return Err(unwritten(path, error));
            }
            written.push(path.clone());
        }
        Ok(WrittenFiles { former, files: written })
    }

    /// The text in a file without its name yet, for the one at `path`; see [`share_like`] for who can read it.
    fn prepare(&self, path: &Path, text: &str) -> io::Result<PreparedFile> {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let prepared = PreparedFile::prepare(path, format!("{text}{end}").as_bytes(), Readers::Owner)?;
        share_like(self.path, prepared.file())?;
        Ok(prepared)
    }
}

/// How many former configurations are kept.
const FORMER_MAX: u32 = 99;

/// Copies the configuration at `path` beside it, for its owner only, by a name that is free; `None` where there is none.
fn keep_former(path: &Path) -> io::Result<Option<PathBuf>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut file = NamedTempFile::new_in(beside(path))?;
    file.write_all(&bytes)?;
    file.as_file().sync_all()?;
    for number in 1..=FORMER_MAX {
        let mut name = path.as_os_str().to_owned();
        name.push(if number == 1 { ".bak".to_owned() } else { format!(".bak{number}") });
        match file.persist_noclobber(&name) {
            Ok(_) => return Ok(Some(PathBuf::from(name))),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::Error::other("too many former ones are kept"))
}

/// Gives `file` to whom `existing` belongs, where root writes for the user of a service, whose group may read it then as it may read that file. Any
/// other file is its owner's alone, whatever the former one was.
#[cfg(unix)]
fn share_like(existing: &Path, file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let Ok(like) = existing.metadata() else { return Ok(()) };
    let own = file.as_file().metadata()?;
    let same = (own.uid(), own.gid()) == (like.uid(), like.gid());
    // Only root may give files away; else it stays with whoever makes it.
    if same || own.uid() != 0 || chown(file.path(), Some(like.uid()), Some(like.gid())).is_err() {
        return Ok(());
    }
    file.as_file().set_permissions(fs::Permissions::from_mode(like.mode() & 0o640))
}

/// Elsewhere files have no such owners.
#[cfg(not(unix))]
fn share_like(_: &Path, _: &NamedTempFile) -> io::Result<()> {
    Ok(())
}

/// Who makes files beside `path`: this user.
#[cfg(unix)]
pub(super) fn user_beside(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(tempfile::tempfile_in(beside(path)).ok()?.metadata().ok()?.uid())
}

pub(super) fn unwritten(path: &Path, error: io::Error) -> Error {
    whole_file::unwritten(path, error, ADVICE).followed_by("Nothing was written.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_all_or_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("scorewatch.toml");
        let (one, two) = (SecretString::from("one"), SecretString::from("two"));
        let secrets = [("a.key".to_owned(), &one), ("b.key".to_owned(), &two)];
        fs::write(home.path().join("b.key"), "kept").unwrap();
        let files = |force: bool| NewFiles { path: &path, text: "text\n", secrets: &secrets, force, overwrite: force };
        let refused = files(false).write().unwrap_err().sentence;
        assert!(refused.contains("b.key exists already") && refused.ends_with("Nothing was written."), "{refused}");
        let there =
            || fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
        assert_eq!(there(), ["b.key"]);
        assert_eq!(files(true).write().unwrap().files.len(), 3);
        assert_eq!(fs::read_to_string(home.path().join("b.key")).unwrap(), "two\n");
        for former in ["scorewatch.toml.bak", "scorewatch.toml.bak2"] {
            let kept = files(true).write().unwrap().former;
            assert_eq!(kept.as_deref(), Some(home.path().join(former).as_path()));
        }
        #[cfg(unix)]
        for name in there() {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(home.path().join(&name)).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
        }
    }
}
