//! Where does a secret come from? From its key, or from the file that the key ending in `_file` names; never from both. And who else can read it there?

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use secrecy::{SecretSlice, SecretString};

use super::{encoding, reader::SectionReader};

/// The largest file that holds a secret or a certificate: far above any real one.
const FILE_BYTES_MAX: u64 = 64 * 1024;

impl SectionReader<'_> {
    /// Whether the secret `key` is given in either way.
    pub fn has_secret(&self, key: &str) -> bool {
        self.has(key) || self.has(&format!("{key}_file"))
    }

    /// The secret at `key`, or in the file at `KEY_file`.
    pub fn secret(&mut self, key: &str) -> Option<SecretString> {
        let file_key = format!("{key}_file");
        if self.has(key) && self.has(&file_key) {
            let other = self.shown(&file_key);
            self.error(key, format!("is given beside {other}"), "Give one of the two");
        }
        let value = self.text(key, |text| Some(SecretString::from(text)));
        let in_file = self.file(&file_key, |_| true).and_then(|bytes| {
            let text = encoding::text(&bytes);
            let text =
                text.as_deref().map(|text| text.strip_suffix('\n').unwrap_or(text)).map(|text| text.strip_suffix('\r').unwrap_or(text));
            match text {
                Some("") => self.error(&file_key, "names a file that is empty", "Write the secret into it"),
                Some(text) => return Some(SecretString::from(text)),
                None => self.error(&file_key, "names a file that is not text", "The file holds the secret as UTF-8 and nothing else"),
            }
            None
        });
        value.or(in_file)
    }

    /// What is in the file that `key` names.
    pub fn secret_bytes(&mut self, key: &str) -> Option<SecretSlice<u8>> {
        // A certificate alone is public; what is not PEM may hold a key.
        let holds_key = |bytes: &[u8]| {
            let holds = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
            holds(b"PRIVATE KEY-----") || !holds(b"-----BEGIN ")
        };
        self.file(key, holds_key).map(SecretSlice::from)
    }

    /// Warns when others can read the file that `key` names.
    pub fn check_private(&mut self, key: &str, path: &Path) {
        if let Some(wrong) = open_to_others(path, "") {
            self.warn(key, format!("names a file that {wrong}"), KEEP_PRIVATE);
        }
    }

    /// What is in the file that `key` names, which is no secret and has at most `bytes_max` bytes.
    pub(super) fn plain_file(&mut self, key: &str, bytes_max: u64) -> Option<Vec<u8>> {
        self.file_of(key, bytes_max, |_| false)
    }

    fn file(&mut self, key: &str, is_secret: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        self.file_of(key, FILE_BYTES_MAX, is_secret)
    }

    fn file_of(&mut self, key: &str, bytes_max: u64, is_secret: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        let path = self.path(key)?;
        read(&path, bytes_max)
            .inspect(|bytes| {
                self.holds(key, bytes);
                if is_secret(bytes) {
                    self.check_private(key, &path);
                }
            })
            .map_err(|error| {
                let (wrong, right) = wrong(&error, bytes_max);
                let right = format!("{right}{}", self.looked_for(key));
                self.error(key, format!("names a file that {wrong}"), right);
            })
            .ok()
    }
}

/// What to do about a secret that others can read.
pub(super) const KEEP_PRIVATE: &str =
    "Let only the user that scorewatch runs as read it: chmod 600, or in Kubernetes defaultMode: 0400 with a fitting fsGroup or runAsUser";

/// Whether everybody on this machine can read or write the file at `path`: "a file that …", or with `it` behind the verb where a sentence says "it".
#[cfg(unix)]
pub(super) fn open_to_others(path: &Path, it: &str) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = path.metadata().ok()?.permissions().mode() & 0o7777;
    let can = match (mode & 0o004 != 0, mode & 0o002 != 0) {
        (false, false) => return None,
        (true, false) => "read",
        (false, true) => "write",
        (true, true) => "read and write",
    };
    Some(format!("everybody on this machine can {can}{it} (mode {mode:04o})"))
}

/// The same where files have no such modes.
#[cfg(not(unix))]
pub(super) fn open_to_others(_: &Path, _: &str) -> Option<String> {
    None
}

/// The bytes of the file at `path`, if they are at most `bytes_max`.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// What is wrong with a file, and what would be right.
#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
pub(super) fn wrong(error: &io::Error, bytes_max: u64) -> (String, &'static str) {
    match error.kind() {
        io::ErrorKind::NotFound => ("does not exist".to_owned(), "Write the path of a file that does"),
        io::ErrorKind::PermissionDenied => ("may not be read".to_owned(), "Let the user that scorewatch runs as read it"),
        io::ErrorKind::IsADirectory => ("is a directory".to_owned(), "Write the path of a file"),
        io::ErrorKind::FileTooLarge => (format!("has more than {} KiB", bytes_max / 1024), "Is it the right file?"),
        other => (format!("cannot be read ({other})"), "Check the file"),
    }
}
