//! What holds for every command? Its options, and the configuration that they lead to.

use std::path::PathBuf;

use crate::{
    config::{self, CommandLineOverride, Config, ConfigSources, Environment, ServerConfig, StoreConfig, keys::KeyTable},
    error::Result,
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
    for (variable, meant) in given.environment.strays(&KeyTable::of(&parts)) {
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
