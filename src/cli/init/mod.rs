//! How does a configuration begin? `init` asks for a tenant, a sign-in and one destination, or takes them from options; writes a commented file, and checks it.

mod draft;
mod interview;
mod options;
mod render;
mod terminal;
mod write;

use std::{
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

pub(super) async fn run(global: &GlobalArgs, given: &InitArgs) -> Result<ExitCode> {
    let parts = surfaces::config_parts();
    let table = KeyTable::of(&parts);
    if given.example {
        write_out(render::file(&Draft::default(), &table).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let environment = Environment::of_process();
    let path = place(global, &environment)?;
    if path.exists() && !given.force {
        let sentence =
            format!("{} exists already. Change it there, name another place with --config, or overwrite it with --force.", path.display());
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    let terminal = Terminal::find(&environment);
    if terminal.is_some() {
        tell(&format!("This writes {}. Ctrl-C ends it, and nothing is written.", path.display()));
    }
    let name = match (&given.tenant, &terminal) {
        (Some(name), _) => name.clone(),
        (None, Some(terminal)) => interview::tenant_name(terminal)?,
        (None, None) => options::TENANT.to_owned(),
    };
    let mut draft = options::draft(given, global, &name, (&table, &parts), &path)?;
    let problems = draft.problems(&path, &parts);
    match &terminal {
        Some(terminal) => {
            options::refuse_wrong(&problems, given, &name)?;
            Interview { terminal, table: &table, parts: &parts, path: &path, tenant: &name, draft: &mut draft }.ask_all(given)?;
        }
        None => options::refuse_incomplete(&problems, given, &name)?,
    }
    let text = render::file(&draft, &table);
    let written = write::all(&path, &text, &draft.secrets(), given.force)?;
    for file in &written {
        tell(&format!("Written: {}", file.display()));
    }
    let global = GlobalArgs { config: Some(path.clone()), store: global.store.clone(), log: None, log_json: false };
    let config = load(&global, None)?;
    let outcome = if given.no_check { ExitCode::SUCCESS } else { check::run(&config).await? };
    tell(&next(&path, outcome == ExitCode::SUCCESS));
    Ok(outcome)
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
fn next(path: &Path, works: bool) -> String {
    let config = absolute(path).unwrap_or_else(|_| path.to_owned());
    let config = config.display();
    let mend = if works {
        ""
    } else {
        "  What FAILED says what to do: mostly admin consent for SecurityEvents.Read.All, on the app registration's page API permissions.\n  scorewatch check --config "
    };
    let again = if works { String::new() } else { format!("{config}    until all is ok\n") };
    format!(
        "Next:\n{mend}{again}  scorewatch serve --config {config}    fetches each tenant every hour, 90 days back the first time\n  scorewatch ask secure_score --config {config}"
    )
}
