//! How does a configuration begin? `init` asks for a tenant, a sign-in and one destination, or takes them from options; writes a commented file, and checks it.

mod draft;
mod interview;
mod options;
mod render;
mod terminal;
mod write;

use std::{
    fs,
    path::{Path, PathBuf, absolute},
    process::ExitCode,
};

use super::{
    check,
    global::{GlobalArgs, load},
    output::{tell, write_out},
};
use crate::{
    config::{self, ConfigSources, Environment, keys::KeyTable},
    error::{Error, ErrorKind, Result},
    surfaces,
};
use draft::Draft;
use interview::Interview;
pub(super) use options::InitArgs;
use terminal::Terminal;
use write::NewFiles;

pub(super) async fn run(global: &GlobalArgs, given: &InitArgs) -> Result<ExitCode> {
    let parts = surfaces::config_parts();
    let table = KeyTable::of(&parts);
    if given.example {
        let mut draft = Draft::default();
        options::add_settings(&mut draft, given, global, &table, Path::new(""))?;
        write_out(render::file(&draft, &table).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let environment = Environment::of_process();
    let path = place(global, &environment)?;
    let base = if given.force { None } else { unchanged_example(&path, &table) };
    if path.exists() && !given.force && base.is_none() {
        let sentence =
            format!("{} exists already. Change it there, name another place with --config, or overwrite it with --force.", path.display());
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    let overwrite = given.force || base.is_some();
    let terminal = Terminal::find(&environment);
    if terminal.is_some() {
        tell(&format!("This writes {}. Ctrl-C ends it, and nothing is written.", path.display()));
    }
    let name = match (&given.tenant, &terminal) {
        (Some(name), _) => name.clone(),
        (None, Some(terminal)) => interview::tenant_name(terminal)?,
        (None, None) => options::TENANT.to_owned(),
    };
    let mut draft = options::draft(base.unwrap_or_default(), (given, global), &name, (&table, &parts), &path)?;
    let problems = draft.problems(&path, &parts);
    match &terminal {
        Some(terminal) => {
            options::refuse_wrong(&problems, given, &name)?;
            Interview { terminal, table: &table, parts: &parts, path: &path, tenant: &name, draft: &mut draft }.ask_all(given)?;
        }
        None => options::refuse_incomplete(&problems, given, &name)?,
    }
    let files = NewFiles { path: &path, text: &render::file(&draft, &table), secrets: &draft.secrets(), force: given.force, overwrite };
    for file in files.write()? {
        tell(&format!("Written: {}", file.display()));
    }
    let global = GlobalArgs { config: Some(path.clone()), store: global.store.clone(), log: None, log_json: false };
    let config = load(&global, None)?;
    let shown = absolute(&path).unwrap_or(path);
    if let Some(owner) = owner_of_another_store(&config.store.path, &shown) {
        let check = format!("sudo -u '#{owner}' scorewatch check --config {}", shown.display());
        tell(&format!("The store belongs to another user, who must make its files. Next, as that user:\n  {check}"));
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = if given.no_check { ExitCode::SUCCESS } else { check::run(&config).await? };
    tell(&next(&shown, outcome == ExitCode::SUCCESS));
    Ok(outcome)
}

/// What is set in the example that a package puts at `path`, as long as nobody changed it: to fill it in loses nothing.
fn unchanged_example(path: &Path, table: &KeyTable) -> Option<Draft> {
    let text = fs::read_to_string(path).ok()?;
    let draft = Draft::of_settings(&text.parse().ok()?);
    (render::file(&draft, table) == text).then_some(draft)
}

/// Whose the directory of the store is, where that is not who wrote `written`: what we made in it, that user's service could not open.
#[cfg(unix)]
fn owner_of_another_store(store: &Path, written: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let directory = absolute(store).ok()?.parent()?.metadata().ok()?;
    let ours = write::user_beside(written)?;
    (directory.uid() != ours && ours == 0).then(|| directory.uid())
}

/// Elsewhere files have no such owners.
#[cfg(not(unix))]
fn owner_of_another_store(_: &Path, _: &Path) -> Option<u32> {
    None
}

/// Where the file goes: where the program reads it from.
fn place(global: &GlobalArgs, environment: &Environment) -> Result<PathBuf> {
    let sources = ConfigSources { file: global.config.clone(), environment: environment.clone(), ..ConfigSources::default() };
    let (path, _) = config::place(&sources);
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if directory.is_dir() {
        return Ok(path);
    }
    let sentence = format!("{} is no directory, so {} cannot be written. Create it first.", directory.display(), path.display());
    Err(Error::new(ErrorKind::Misconfigured, sentence))
}

/// What to do once the file is there.
fn next(config: &Path, works: bool) -> String {
    let config = config.display();
    let again = format!(
        "  What FAILED says what to do: mostly admin consent for SecurityEvents.Read.All, on the page API permissions of the app registration.
  scorewatch check --config {config}    until all is ok\n"
    );
    format!(
        "Next:\n{}  scorewatch serve --config {config}    fetches each tenant every hour, 90 days back the first time
  scorewatch ask secure_score --config {config}",
        if works { "" } else { &again }
    )
}
