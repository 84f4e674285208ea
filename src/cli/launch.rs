//! How does another program start this one? By paths that hold in whichever directory, and with whichever environment, it does so.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf, absolute},
};

use super::{global::not_configured, output::tell};
use crate::{
    config::{self, Config, Environment},
    error::{Error, ErrorKind, Result},
    manifests::LaunchValues,
    surfaces,
};

/// How an assistant on this machine starts `mcp` over this configuration.
pub(super) fn command(config: &Config) -> Result<LaunchValues> {
    if !config.has_file {
        return Err(not_configured(&config.file).preceded_by("A client that starts this program needs a configuration file."));
    }
    let program = path_of_program().ok_or_else(|| {
        let sentence = "The file of this program was moved or deleted while it ran, so nothing could start it by its path. Run this again from where it is now.";
        Error::new(ErrorKind::Misconfigured, sentence)
    })?;
    let mut args = vec!["mcp".to_owned(), "--config".to_owned(), whole(&config.file)?];
    if !names_store(config)? {
        args.extend(["--store".to_owned(), whole(&config.store.path)?]);
    }
    Ok(LaunchValues { program: text(&program)?, args })
}

/// Where this program is, by a path that holds in any directory.
pub(super) fn path_of_program() -> Option<PathBuf> {
    let search = Environment::of_process().get("PATH").map(OsString::from);
    RunningProgram { typed: env::args_os().next(), search, running: env::current_exe().ok() }.path()
}

/// Whether the file of `config` alone leads to the same store from any directory. What the environment sets does not hold for a client.
fn names_store(config: &Config) -> Result<bool> {
    let place = absolute(&config.file).map_err(Error::internal)?;
    let Ok(bytes) = fs::read_to_string(&place) else { return Ok(false) };
    match config::load_text(&bytes, &place, &surfaces::config_parts()) {
        Ok(alone) => Ok(absolute(&config.store.path).is_ok_and(|store| store == alone.store.path)),
        Err(errors) => {
            tell(&format!("Where the client starts it, variables that are set here may be missing. Without them: {errors}"));
            Ok(false)
        }
    }
}

/// `path`, wherever it is read.
fn whole(path: &Path) -> Result<String> {
    text(&absolute(path).map_err(Error::internal)?)
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(ToOwned::to_owned).ok_or_else(|| {
        let sentence = format!("{} is not UTF-8, which JSON must be. Move it to a path that is.", path.display());
        Error::new(ErrorKind::Misconfigured, sentence)
    })
}

/// What is known of the file that runs.
struct RunningProgram {
    /// The word that started it.
    typed: Option<OsString>,
    /// Where programs are looked for by their names.
    search: Option<OsString>,
    /// Where the operating system has it from, which follows links.
    running: Option<PathBuf>,
}

impl RunningProgram {
    /// Where it is: by the name that it was started by, which an upgrade keeps while a link's end changes with each version; else where it runs from.
    fn path(&self) -> Option<PathBuf> {
        let running = self.running.as_deref()?;
        let runs = fs::canonicalize(running).ok()?;
        let typed = self.typed.as_deref().map(Path::new)?;
        let folders = || self.search.as_deref().map(|search| env::split_paths(search).collect::<Vec<_>>()).unwrap_or_default();
        let candidates = match typed.components().count() {
            0 => Vec::new(),
            1 if typed.is_relative() => folders().into_iter().map(|folder| folder.join(typed)).collect(),
            _ => vec![typed.to_owned()],
        };
        let same = |candidate: &PathBuf| fs::canonicalize(candidate).is_ok_and(|end| end == runs);
        let named = candidates.into_iter().filter(same).find_map(|candidate| absolute(candidate).ok());
        named.or_else(|| Some(running.to_owned()))
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory with a program, and a link to it in a directory that is searched.
    fn places() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let (real, bin) = (home.path().join("scorewatch-0.1"), home.path().join("bin"));
        fs::write(&real, "").unwrap();
        fs::create_dir(&bin).unwrap();
        symlink(&real, bin.join("scorewatch")).unwrap();
        (home, real, bin)
    }

    fn path(typed: &str, search: &Path, running: &Path) -> Option<PathBuf> {
        RunningProgram { typed: Some(typed.into()), search: Some(search.into()), running: Some(running.to_owned()) }.path()
    }

    #[test]
    fn the_name_that_was_typed_is_kept_where_it_leads_to_what_runs() {
        let (home, real, bin) = places();
        let link = bin.join("scorewatch");
        assert_eq!(path("scorewatch", &bin, &real), Some(link.clone()));
        assert_eq!(path(link.to_str().unwrap(), Path::new(""), &real), Some(link));
        // Whatever else the name leads to, or nothing, is not what runs.
        fs::write(home.path().join("other"), "").unwrap();
        assert_eq!(path("other", home.path(), &real), Some(real.clone()));
        assert_eq!(path("nowhere", &bin, &real), Some(real.clone()));
        assert_eq!(path("", &bin, &real), Some(real.clone()));
        assert_eq!(path("./scorewatch", &bin, &real), Some(real));
    }

    #[test]
    fn a_program_that_is_gone_has_no_path() {
        let (_home, real, bin) = places();
        fs::remove_file(&real).unwrap();
        assert_eq!(path("scorewatch", &bin, &real), None);
    }
}
