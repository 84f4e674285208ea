//! How does a new configuration reach the disk? Whole or not at all, readable by its owner only; its secrets in files of their own, before it.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};

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

impl NewFiles<'_> {
    /// Writes all of it. What was written before a failure is taken away again, unless it replaced something.
    pub(super) fn write(&self) -> Result<Vec<PathBuf>> {
        let directory = self.path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let secrets = self.secrets.iter().map(|(name, secret)| (directory.join(name), secret.expose_secret(), self.force));
        let files: Vec<(PathBuf, &str, bool)> = secrets.chain([(self.path.to_owned(), self.text, self.overwrite)]).collect();
        // All are on the disk before the first gets its name.
        let prepared = files.iter().map(|(path, text, _)| self.prepare(text).map_err(|error| unwritten(path, error)));
        let prepared: Vec<NamedTempFile> = prepared.collect::<Result<_>>()?;
        let mut written: Vec<PathBuf> = Vec::new();
        for (file, (path, _, overwrite)) in prepared.into_iter().zip(&files) {
            let named = if *overwrite { file.persist(path) } else { file.persist_noclobber(path) };
            if let Err(error) = named {
                if !self.force {
                    for path in &written {
                        let _ = fs::remove_file(path);
                    }
                }
                return Err(unwritten(path, error.error));
            }
            written.push(path.clone());
        }
        Ok(written)
    }

    /// The text in a file without its name yet. Only its owner can read it, or those who could read the configuration that it belongs to or replaces.
    fn prepare(&self, text: &str) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(beside(self.path))?;
        file.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        share_like(self.path, &file)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

fn beside(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives `file` to whom `existing` belongs, with its rights, but nothing to everybody: a service may run as another user than who configures it.
#[cfg(unix)]
fn share_like(existing: &Path, file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let Ok(like) = existing.metadata() else { return Ok(()) };
    let own = file.as_file().metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) && chown(file.path(), Some(like.uid()), Some(like.gid())).is_err() {
        // Only root may give files away; this one stays with whoever makes it.
        return Ok(());
    }
    file.as_file().set_permissions(fs::Permissions::from_mode(like.mode() & 0o660))
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
    Some(NamedTempFile::new_in(beside(path)).ok()?.as_file().metadata().ok()?.uid())
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn unwritten(path: &Path, error: io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => "exists already. Move it away, or overwrite it with --force".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be written by this user. Name another place with --config".to_owned(),
        io::ErrorKind::StorageFull => "cannot be written: the disk is full".to_owned(),
        other => format!("cannot be written ({other})"),
    };
    Error::new(ErrorKind::Misconfigured, format!("{} {why}. Nothing was written.", path.display())).because(error)
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
        assert_eq!(files(true).write().unwrap().len(), 3);
        assert_eq!(fs::read_to_string(home.path().join("b.key")).unwrap(), "two\n");
        #[cfg(unix)]
        for name in there() {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(home.path().join(&name)).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
        }
    }
}
