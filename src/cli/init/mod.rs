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
    sync::Arc,
    time::Duration,
};

use super::{
    check::{self, Checked},
    global::{GlobalArgs, load, shown},
    output::{tell, write_out},
    stop::{Ended, StopSignal, unless_stopped},
    whole_file::beside,
};
use crate::{
    config::{self, ConfigParts, ConfigSources, Environment, keys::KeyTable},
    error::{Error, ErrorKind, Result},
    surfaces,
};
use draft::Draft;
use interview::Interview;
pub(super) use options::InitArgs;
use terminal::Terminal;
use write::NewFiles;

/// How long a terminal is given to show again what is typed, once somebody stopped at a secret.
const TERMINAL_BACK_MAX: Duration = Duration::from_millis(500);

/// What is to be made, and where.
struct Plan {
    given: InitArgs,
    /// The store, where the command line names it.
    store: Option<String>,
    path: PathBuf,
    /// Whether the file that is there is replaced.
    overwrite: bool,
    /// What it keeps of that file.
    base: Draft,
    parts: ConfigParts,
    table: KeyTable,
}

pub(super) async fn run(global: &GlobalArgs, given: InitArgs) -> Result<ExitCode> {
    let parts = surfaces::config_parts();
    let table = parts.keys();
    if given.example {
        let mut draft = Draft::default();
        options::add_settings(&mut draft, &given, global.store.as_deref(), &table, Path::new(""))?;
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
    let (overwrite, base) = (given.force || base.is_some(), base.unwrap_or_default());
    let plan = Arc::new(Plan { given, store: global.store.clone(), path, overwrite, base, parts, table });
    let draft = match drafted(&plan, Terminal::find(&environment).map(Arc::new)).await? {
        Ended::Done(draft) => draft,
        Ended::Stopped(signal) => {
            tell("\nStopped. Nothing was written.");
            return Ok(signal.exit_code());
        }
    };
    let (text, secrets) = (render::file(&draft, &plan.table), draft.secrets());
    let files = NewFiles { path: &plan.path, text: &text, secrets: &secrets, force: plan.given.force, overwrite: plan.overwrite };
    let written = files.write()?;
    if let Some(former) = &written.former {
        tell(&format!("Kept: the former configuration is {}", former.display()));
    }
    for file in &written.files {
        tell(&format!("Written: {}", file.display()));
    }
    checked(&plan, &written.files).await
}

/// What was given and answered, until a signal ends it; nothing is written then.
async fn drafted(plan: &Arc<Plan>, terminal: Option<Arc<Terminal>>) -> Result<Ended<Draft>> {
    let (of_task, at) = (Arc::clone(plan), terminal.clone());
    let mut asking = tokio::task::spawn_blocking(move || of_task.draft(at.as_deref()));
    match unless_stopped(&mut asking).await {
        // While a secret is typed, Ctrl-C is a key that is read like any other.
        Ended::Done(_) if terminal.is_some_and(|terminal| terminal.was_interrupted()) => Ok(Ended::Stopped(StopSignal::Interrupt)),
        Ended::Done(drafted) => drafted.map_err(Error::internal)?.map(Ended::Done),
        Ended::Stopped(signal) => {
            // A read of a line cannot be broken off; that of a secret ends by itself, and its terminal shows again what is typed.
            let _ = tokio::time::timeout(TERMINAL_BACK_MAX, asking).await;
            Ok(Ended::Stopped(signal))
        }
    }
}

impl Plan {
    fn draft(&self, terminal: Option<&Terminal>) -> Result<Draft> {
        if terminal.is_some() {
            tell(&format!("This writes {}. Ctrl-C ends it, and nothing is written.", self.path.display()));
        }
        let name = match (&self.given.tenant, terminal) {
            (Some(name), _) => name.clone(),
            (None, Some(terminal)) => interview::tenant_name(terminal)?,
            (None, None) => options::TENANT.to_owned(),
        };
        let mut draft = options::draft(self, &name)?;
        let mut problems = draft.problems(&self.path, &self.parts);
        problems.extend(draft.credential_problem(&name, &self.path, &self.parts));
        match terminal {
            Some(terminal) => {
                options::refuse_wrong(&problems, &self.given, &name, &self.table)?;
                Interview {
                    terminal,
                    table: &self.table,
                    parts: &self.parts,
                    path: &self.path,
                    tenant: &name,
                    force: self.given.force,
                    draft: &mut draft,
                }
                .ask_all(&self.given)?;
            }
            None => options::refuse_incomplete(&problems, &self.given, &name, &self.table)?,
        }
        Ok(draft)
    }
}

/// Tries what was written, and says what to do next.
async fn checked(plan: &Plan, written: &[PathBuf]) -> Result<ExitCode> {
    let global = GlobalArgs { config: Some(plan.path.clone()), store: plan.store.clone(), log: None, log_json: false };
    let config = load(&global, None)?;
    let shown = absolute(&plan.path).unwrap_or_else(|_| plan.path.clone());
    let destination = config.destinations.first().map(|destination| destination.name.as_str());
    if let Some(owner) = owner_of_another_store(&config.store.path, &shown) {
        tell(&format!("The store belongs to another user, who must make its files:\n{}", as_user(owner, &shown, written)));
        return Ok(ExitCode::SUCCESS);
    }
    if plan.given.no_check {
        tell(&next(&shown, destination));
        return Ok(ExitCode::SUCCESS);
    }
    let Checked { code, needs_consent } = check::checked(&config).await?;
    tell(&if code == ExitCode::SUCCESS { next(&shown, destination) } else { mend(&shown, needs_consent) });
    Ok(code)
}

/// What to type so that the user `owner` can read what was written, and checks it.
fn as_user(owner: u32, config: &Path, written: &[PathBuf]) -> String {
    let files: Vec<String> = written.iter().map(|file| shown(file)).collect();
    let give = format!("  sudo chown '#{owner}' {}    unless its group can read them\n", files.join(" "));
    let give = if group_reads(config) { "" } else { &give };
    format!("{give}  sudo -u '#{owner}' scorewatch check --config {}", config.display())
}

/// Whether a group other than root's may read the file.
#[cfg(unix)]
fn group_reads(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().is_ok_and(|file| file.gid() != 0 && file.mode() & 0o040 != 0)
}

/// Elsewhere files have no such groups.
#[cfg(not(unix))]
fn group_reads(_: &Path) -> bool {
    true
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
    let directory = beside(&path);
    if directory.is_dir() {
        // Nobody wants to learn after all the questions that nothing can be written.
        return tempfile::tempfile_in(directory).map(|_| path.clone()).map_err(|error| write::unwritten(&path, error));
    }
    let sentence = format!("{} is no directory, so {} cannot be written. Create it first.", directory.display(), path.display());
    Err(Error::new(ErrorKind::Misconfigured, sentence))
}

/// What to do once all works.
fn next(config: &Path, destination: Option<&str>) -> String {
    let config = config.display();
    let mut lines = vec!["Next:".to_owned()];
    lines.push(format!("  scorewatch refresh --config {config}    fetches the tenant, 90 days back"));
    lines.push(format!("  scorewatch ask secure_score --config {config}"));
    if let Some(name) = destination {
        lines.push(format!("  scorewatch destination test {name} --config {config}"));
    }
    lines.push(format!("  scorewatch serve --config {config}    does it every hour, posts and answers"));
    lines.join("\n")
}

/// What to do where something does not work yet: what comes after that would fail as well.
fn mend(config: &Path, needs_consent: bool) -> String {
    let config = config.display();
    let mut lines =
        vec!["Next: mend what FAILED, as it says there. The configuration is written, and can be changed in an editor.".to_owned()];
    if needs_consent {
        lines.push(format!(
            "  scorewatch tenant consent --link-only --config {config}    the link by which an administrator of the tenant consents"
        ));
    }
    lines.push(format!("  scorewatch check --config {config}    until nothing FAILED"));
    lines.push(format!("Then: scorewatch refresh --config {config}"));
    lines.join("\n")
}
