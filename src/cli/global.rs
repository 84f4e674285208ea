//! What holds for every command? Its options, and the configuration that they lead to.

use std::path::PathBuf;

use crate::{
    config::{self, CommandLineOverride, Config, Environment, keys::KeyTable},
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
    let (environment, parts) = (Environment::of_process(), surfaces::config_parts());
    for (variable, meant) in environment.strays(&KeyTable::of(&parts)) {
        let what = meant.map_or_else(
            || {
                "no key has this name. Variables that set keys have two underscores between all parts, as in SCOREWATCH__SERVER__LISTEN"
                    .to_owned()
            },
            |meant| format!("did you mean {meant}, with two underscores between all parts?"),
        );
        tracing::warn!("{variable} sets nothing: {what}");
    }
    let store = global.store.as_ref().map(|path| CommandLineOverride { key: "store.path", option: "--store", value: path.clone() });
    let listen = listen.map(|value| CommandLineOverride { key: "server.listen", option: "--listen", value });
    let given = config::ConfigSources {
        file: global.config.clone(),
        environment: environment.clone(),
        overrides: store.into_iter().chain(listen).collect(),
        ..config::ConfigSources::default()
    };
    Ok(config::load(&given, &parts)?)
}
