//! What holds for every command? Its options, and the configuration that they lead to.

use std::path::{Path, PathBuf, absolute};

use crate::{
    config::{self, CommandLineOverride, Config, ConfigSources, Environment, ServerConfig, StoreConfig},
    error::{Error, ErrorKind, Result},
    surfaces,
};

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(super) struct GlobalArgs {
    /// The configuration file [default: $SCOREWATCH_CONFIG, else scorewatch.toml]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(super) config: Option<PathBuf>,
    /// The database, instead of the configured one
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Everywhere")]
    pub(super) store: Option<String>,
    /// What to log: error, warn, info, debug, trace [default: info to serve, else warn]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Everywhere")]
    pub(super) log: Option<String>,
    /// Log one JSON object a line
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(super) log_json: bool,
}

/// The configuration, with what the command line overrides.
pub(super) fn load(global: &GlobalArgs, listen: Option<String>) -> Result<Config> {
    let (given, parts) = (sources(global, listen), surfaces::config_parts());
    for (variable, meant) in given.environment.strays(&parts.keys()) {
        let what = meant.map_or_else(
            || {
                "no key has this name. Variables that set keys have two underscores between all parts, as in SCOREWATCH__SERVER__LISTEN"
                    .to_owned()
            },
            |meant| format!("did you mean {meant}, with two underscores between all parts?"),
        );
        tracing::warn!("{variable} sets nothing: {what}");
    }
    Ok(config::load(&given, &parts)?)
}

/// Where the configured server listens, whatever else the configuration says.
pub(super) fn load_server(global: &GlobalArgs) -> Result<ServerConfig> {
    Ok(config::load_server(&sources(global, None), &surfaces::config_parts())?)
}

/// Where the store is, whatever else the configuration says.
pub(super) fn load_store(global: &GlobalArgs) -> Result<StoreConfig> {
    Ok(config::load_store(&sources(global, None), &surfaces::config_parts())?)
}

/// The configuration of a command that has nothing to do without one.
pub(super) fn load_given(global: &GlobalArgs) -> Result<Config> {
    let config = load(global, None)?;
    if config.is_given { Ok(config) } else { Err(not_configured(&config.file)) }
}

/// That nothing is configured, because there is no `file`.
pub(super) fn not_configured(file: &Path) -> Error {
    no_configuration(file, "Name it with --config, or write one: scorewatch init")
}

/// Where packages put the configuration of the service.
const OF_SERVICE: &str = "/etc/scorewatch/scorewatch.toml";

/// Behind a sentence that there is no `file`: that there is the service's, as far as this user may know.
fn of_service(file: &Path) -> String {
    // Where this user may not look into the directory, there is one.
    let is_there = Path::new(OF_SERVICE).try_exists().unwrap_or(true);
    if !is_there || file == Path::new(OF_SERVICE) {
        return String::new();
    }
    format!(" That of the service is there: --config {OF_SERVICE}.")
}

/// The same, with `advice` of what to do.
pub(super) fn no_configuration(file: &Path, advice: &str) -> Error {
    let sentence = format!("There is no configuration {}.{} {advice}", shown(file), of_service(file));
    Error::new(ErrorKind::Misconfigured, sentence)
}

/// The same failure for whoever is at this machine: where the store is that it is about, and what to do where there is none.
pub(super) fn with_places(error: Error, global: &GlobalArgs) -> Error {
    let Some(store) = error.of_store.then(|| load_store(global).ok()).flatten() else { return error };
    if error.kind == ErrorKind::NotReady && global.store.is_some() {
        let advice = "Name the file of one that is there, or leave --store out for the configured one.";
        return error.followed_by(&format!("--store names {}. {advice}", shown(&store.path)));
    }
    if error.kind == ErrorKind::NotReady {
        return error.followed_by(&format!("{} The store would be {}.", makes_store(global), shown(&store.path)));
    }
    let place = format!("The store is {}.", shown(&store.path));
    if store.is_named {
        return error.followed_by(&place);
    }
    let file = file_of(global);
    error.followed_by(&format!("{place} There is no configuration {} to name another.{}", shown(&file), of_service(&file)))
}

/// What makes a store where there is none.
fn makes_store(global: &GlobalArgs) -> String {
    const IMPORT: &str = "`scorewatch import --tenant NAME FILE…`";
    match config::load(&sources(global, None), &surfaces::config_parts()) {
        Ok(config) if !config.is_given => format!(
            "There is no configuration {} either: name one with --config, or write one with `scorewatch init`.{} To look at saved responses without one: {IMPORT}.",
            shown(&config.file),
            of_service(&config.file)
        ),
        Ok(config) if config.tenants.iter().all(|tenant| tenant.sign_in.is_none()) => {
            format!("No tenant that is synced is configured: add one, as docs/tenants.md shows, or take up saved responses with {IMPORT}.")
        }
        Ok(_) | Err(_) => format!("Run `scorewatch refresh` to sync the configured tenants, or {IMPORT} for saved responses."),
    }
}

/// Where the file of the configuration is, or would be.
pub(super) fn file_of(global: &GlobalArgs) -> PathBuf {
    config::place(&sources(global, None)).0
}

/// Where a file is, wherever this program was started.
pub(super) fn shown(path: &Path) -> String {
    absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn sources(global: &GlobalArgs, listen: Option<String>) -> ConfigSources {
    let store = global.store.as_ref().map(|path| CommandLineOverride { key: "store.path", option: "--store", value: path.clone() });
    let listen = listen.map(|value| CommandLineOverride { key: "server.listen", option: "--listen", value });
    ConfigSources {
        file: global.config.clone(),
        environment: Environment::of_process(),
        overrides: store.into_iter().chain(listen).collect(),
        ..ConfigSources::default()
    }
}
