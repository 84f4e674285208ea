//! How does a command write a file? Whole or not at all: it is on the disk before it gets its name, and what had the name stays until then.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result, is_out_of_space};

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// This user alone.
    Owner,
    /// Whoever may read the one that it replaces; else whoever may read what this user makes.
    Usual,
}

/// What becomes of a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, and the new one is refused.
    Kept,
    /// The new one takes its place.
    Replaced,
}

/// Writes the file at `path`: it holds all of `bytes` afterwards, or is as it was.
pub(super) fn write(path: &Path, bytes: &[u8], readers: Readers, existing: Existing) -> io::Result<()> {
    if existing == Existing::Replaced && is_device(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    PreparedFile::prepare(path, bytes, readers)?.place(existing)
}

/// Whether a terminal, a pipe or the like is there, to which one writes and which is never replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// A file that is on the disk, beside its place and without its name; it goes away unless it gets that.
pub(super) struct PreparedFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl PreparedFile {
    /// Writes `bytes` for the file at `path`; of a link, for the file that it leads to.
    pub(super) fn prepare(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<Self> {
        if names_a_directory(path) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut file = begin(beside(&path), readers)?;
        file.write_all(bytes)?;
        if readers == Readers::Usual {
            read_like(&path, &file)?;
        }
        file.as_file().sync_all()?;
        Ok(Self { file, path })
    }

    /// The file, as long as it has no name.
    pub(super) const fn file(&self) -> &NamedTempFile {
        &self.file
    }

    /// Gives it its name.
    pub(super) fn place(self, existing: Existing) -> io::Result<()> {
        let placed = match existing {
            Existing::Kept => self.file.persist_noclobber(&self.path),
            Existing::Replaced => self.file.persist(&self.path),
        };
        placed.map(drop).map_err(|error| error.error)?;
        // So that it is there after a power cut, too. Not every file system can.
        if let Ok(directory) = fs::File::open(beside(&self.path)) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

fn begin(directory: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new();
    file.prefix(".scorewatch-");
    #[cfg(unix)]
    let usual = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    if readers == Readers::Usual {
        // Of which the system takes away what this user never gives.
        file.permissions(usual);
    }
    #[cfg(not(unix))]
    let _ = readers;
    file.tempfile_in(directory)
}

/// Lets those use `file` who may use the one at `path`, where there is one.
fn read_like(path: &Path, file: &NamedTempFile) -> io::Result<()> {
    let Ok(there) = fs::metadata(path) else { return Ok(()) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        // Only root may give files away; whoever may not keeps it.
        let _ = chown(file.path(), Some(there.uid()), Some(there.gid()));
    }
    file.as_file().set_permissions(there.permissions())
}

/// Whether `path` is a directory, or would be one: it ends as only those do.
pub(super) fn names_a_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().last().is_some_and(|last| std::path::is_separator(char::from(*last)))
}

/// The directory of `path`.
pub(super) fn beside(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes `directory` and those above it; which of them are new, the deepest first.
pub(super) fn make_directories(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let missing = directory.ancestors().take_while(|above| !above.as_os_str().is_empty() && above.symlink_metadata().is_err());
    let missing: Vec<PathBuf> = missing.map(ToOwned::to_owned).collect();
    match fs::create_dir_all(directory) {
        Ok(()) => Ok(missing),
        Err(error) => {
            remove_directories(&missing);
            Err(error)
        }
    }
}

/// Removes directories that were made for nothing, as far as they are empty.
pub(super) fn remove_directories(made: &[PathBuf]) {
    for directory in made {
        let _ = fs::remove_dir(directory);
    }
}

/// What to do about a file that cannot be written, where it is up to the command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Advice<'a> {
    /// About one that exists already, behind a colon: `name another`.
    pub(super) exists: &'a str,
    /// How another place is named: `name another with --out`.
    pub(super) elsewhere: &'a str,
}

/// Why nothing came to `path`.
#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
pub(super) fn unwritten(path: &Path, error: io::Error, advice: Advice<'_>) -> Error {
    let (shown, directory, Advice { exists, elsewhere }) = (path.display(), beside(path), advice);
    if is_out_of_space(&error) {
        let sentence = format!("{shown} cannot be written. The disk is full: free some space, or {elsewhere}.");
        return Error::new(ErrorKind::Internal, sentence).because(error);
    }
    let above = directory.display();
    let why = match error.kind() {
        _ if names_a_directory(path) => format!("cannot be written, as it is a directory: {elsewhere}"),
        io::ErrorKind::AlreadyExists => format!("exists already: {exists}"),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if !directory.is_dir() => {
            format!("cannot be written, as the directory {above} does not exist: create that first, or {elsewhere}")
        }
        io::ErrorKind::NotFound => format!("cannot be written, as {above} takes no files: {elsewhere}"),
        io::ErrorKind::PermissionDenied => format!("cannot be written, as this user may make no files in {above}: {elsewhere}"),
        io::ErrorKind::ReadOnlyFilesystem => format!("cannot be written, as its disk can only be read: {elsewhere}"),
        other => format!("cannot be written ({other}): {elsewhere}"),
    };
    let sentence = format!("{shown} {why}.");
    Error::new(ErrorKind::Misconfigured, sentence).because(error)
}

/// Writes one file for a command; see [`write`] and [`unwritten`].
pub(super) fn write_or_tell(path: &Path, bytes: &[u8], how: (Readers, Existing), advice: Advice<'_>) -> Result<()> {
    write(path, bytes, how.0, how.1).map_err(|error| unwritten(path, error, advice))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const ADVICE: Advice<'_> = Advice { exists: "overwrite it", elsewhere: "name another" };

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(home: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_new_or_kept_or_replaced_with_the_readers_that_it_had() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        write(&path, b"one", Readers::Owner, Existing::Kept).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o600));
        let refused = write(&path, b"two", Readers::Owner, Existing::Kept).unwrap_err();
        let told = unwritten(&path, refused, ADVICE);
        assert!(told.kind == ErrorKind::Misconfigured && told.sentence.ends_with("exists already: overwrite it."), "{told}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"two", Readers::Usual, Existing::Replaced).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o644));
        symlink(&path, home.path().join("link")).unwrap();
        write(&home.path().join("link"), b"three", Readers::Usual, Existing::Replaced).unwrap();
        assert!(fs::read(&path).unwrap() == b"three" && home.path().join("link").is_symlink());
        assert_eq!(names(home.path()), ["file", "link"], "nothing is left beside them");
    }

    #[test]
    fn what_is_no_file_is_written_to_and_stays() {
        write(Path::new("/dev/null"), b"gone", Readers::Usual, Existing::Replaced).unwrap();
        assert!(is_device(Path::new("/dev/null")));
        let full = write(Path::new("/dev/full"), b"gone", Readers::Usual, Existing::Replaced).unwrap_err();
        let told = unwritten(Path::new("/dev/full"), full, ADVICE);
        assert!(told.kind == ErrorKind::Internal && told.sentence.contains("The disk is full"), "{told}");
    }

    #[test]
    fn why_it_cannot_be_written_is_said_of_the_place() {
        let home = tempfile::tempdir().unwrap();
        for (path, said) in [
            (home.path().join("none/file"), "none does not exist: create that first, or name another."),
            (home.path().to_owned(), "as it is a directory: name another."),
            (home.path().join("none/"), "as it is a directory: name another."),
            (PathBuf::from("/proc/file"), "/proc takes no files: name another."),
        ] {
            let error = write(&path, b"", Readers::Usual, Existing::Kept).unwrap_err();
            let told = unwritten(&path, error, ADVICE);
            assert!(told.sentence.contains(said) && told.kind == ErrorKind::Misconfigured, "{told}");
        }
    }

    #[test]
    fn directories_that_were_made_for_nothing_go_away() {
        let home = tempfile::tempdir().unwrap();
        let made = make_directories(&home.path().join("a/b")).unwrap();
        assert_eq!(made, [home.path().join("a/b"), home.path().join("a")]);
        assert!(make_directories(&home.path().join("a/b")).unwrap().is_empty());
        remove_directories(&made);
        assert!(names(home.path()).is_empty());
    }
}
