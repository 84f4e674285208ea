//! How does a new configuration reach the disk? Whole or not at all, readable by its owner only; its secrets in files of their own, before it.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};

/// Writes `text` to `path` and each secret beside it. An existing file is kept, unless `force`; what was written before a failure is taken away again.
pub(super) fn all(path: &Path, text: &str, secrets: &[(String, &SecretString)], force: bool) -> Result<Vec<PathBuf>> {
    let directory = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let files: Vec<(PathBuf, &str)> =
        secrets.iter().map(|(name, secret)| (directory.join(name), secret.expose_secret())).chain([(path.to_owned(), text)]).collect();
    // All are on the disk before the first gets its name.
    let prepared = files.iter().map(|(path, text)| prepare(path, text).map_err(|error| unwritten(path, error)));
    let prepared: Vec<NamedTempFile> = prepared.collect::<Result<_>>()?;
    let mut written: Vec<PathBuf> = Vec::new();
    for (file, (path, _)) in prepared.into_iter().zip(&files) {
        let named = if force { file.persist(path) } else { file.persist_noclobber(path) };
        if let Err(error) = named {
            if !force {
                written.iter().for_each(|path| drop(fs::remove_file(path)));
            }
            return Err(unwritten(path, error.error));
        }
        written.push(path.clone());
    }
    Ok(written)
}

/// The text in a file without its name yet, which only its owner can read.
fn prepare(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        file.write_all(b"\n")?;
    }
    file.as_file().sync_all()?;
    Ok(file)
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
        let refused = all(&path, "text\n", &secrets, false).unwrap_err().sentence;
        assert!(refused.contains("b.key exists already") && refused.ends_with("Nothing was written."), "{refused}");
        let there =
            || fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
        assert_eq!(there(), ["b.key"]);
        assert_eq!(all(&path, "text\n", &secrets, true).unwrap().len(), 3);
        assert_eq!(fs::read_to_string(home.path().join("b.key")).unwrap(), "two\n");
        #[cfg(unix)]
        for name in there() {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(home.path().join(&name)).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
        }
    }
}
