//! What was typed, and who carries it out? The command line: grammar, one file per command, exit codes.
//!
//! Answers go to stdout, everything else to stderr, so that a pipe holds answers only.

mod alert;
mod ask;
mod audit;
mod backup;
mod check;
mod completions;
mod consent;
mod deliveries;
mod demo;
mod destination;
mod digest;
mod discord;
mod expiry;
mod global;
mod grammar;
mod health;
mod import;
mod init;
mod key;
mod launch;
mod man;
mod manifest;
mod mcp;
mod note;
mod outage;
mod output;
mod probe;
mod question;
mod refresh;
mod serve;
mod service_manager;
mod session;
mod snooze;
mod stop;
mod synced;
mod tenant;
mod usage;
mod whole_file;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::Runtime;

use crate::{
    access::Asker,
    config::Environment,
    error::{Error, ErrorKind, Result},
    surfaces::terminal,
    telemetry,
    text::echo,
};
use global::{GlobalArgs, load, load_given, load_server, load_store, with_places};
use grammar::{Cli, Command};
use output::tell;

/// The longest name of somebody on this machine, in characters.
const USER_MAX: usize = 40;

/// Whoever types: for what is written down, by the name that they have on this machine.
fn operator() -> Asker {
    let environment = Environment::of_process();
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| environment.get(name));
    user.map_or_else(Asker::local, |user| Asker::at_terminal(&echo(user, USER_MAX)))
}

/// Carries out what the command line says. Help and errors of grammar end the process here.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = start_log(&cli).and_then(|()| Runtime::new().map_err(Error::internal)).and_then(|runtime| {
        let done = runtime.block_on(run(cli));
        // A read of standard input cannot be broken off, and there is nothing to wait for.
        runtime.shutdown_background();
        done
    });
    done.unwrap_or_else(|error| {
        tracing::debug!(kind = error.kind.name(), cause = error.cause(), "not done");
        tell(&format!("scorewatch: {}", terminal::sentence(&error)));
        exit_code(error.kind)
    })
}

fn start_log(cli: &Cli) -> Result<()> {
    let lasting = matches!(cli.command, Command::Serve { .. });
    let level = cli.global.log.as_deref().unwrap_or(if lasting { "info" } else { "warn" });
    telemetry::log(level, cli.global.log_json)
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let global = cli.global;
    carry_out(&global, cli.command).await.map_err(|error| with_places(error, &global))
}

async fn carry_out(global: &GlobalArgs, command: Command) -> Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Demo { listen } => demo::run(listen).await.map(done),
        Command::Ask(asked) => ask::run(global, &asked).await.map(done),
        Command::Import(given) => import::run(&load(global, None)?, &given).await.map(done),
        Command::Backup(given) => backup::run(&load_store(global)?, &given).await,
        Command::Restore { file } => backup::restore(global, &file).await,
        Command::Init(given) => init::run(global, given).await,
        Command::Check => check::run(&load_given(global)?).await,
        Command::Serve { listen } => serve::run(load(global, listen.clone())?, || load(global, listen.clone())).await.map(done),
        Command::Health(wish) => health::run(&wish, || load_server(global)).await.map(done),
        Command::Refresh { names, tenant } => refresh::run(&load_given(global)?, &[names, tenant].concat()).await,
        Command::Probe(given) => probe::run(global, &given).await,
        Command::Mcp => mcp::run(global).await.map(done),
        Command::Manifest(given) => manifest::run(global, &given).map(done),
        Command::Completions(given) => completions::run(&given).map(done),
        Command::Man(given) => man::run(&given).map(done),
        Command::Key(wish) => key::run(&load(global, None)?, wish).await.map(done),
        Command::Discord(wish) => discord::run(&load(global, None)?, &wish).await.map(done),
        Command::Digest(wish) => digest::run(&load(global, None)?, wish).await,
        Command::Note(wish) => note::run(&load(global, None)?, wish).await.map(done),
        Command::Deliveries(wish) => deliveries::run(&load(global, None)?, wish).await,
        Command::Destination(wish) => destination::run(&load(global, None)?, wish).await,
        Command::Audit(wish) => audit::run(&load(global, None)?, wish).await.map(done),
        Command::Alert(wish) => alert::run(&load(global, None)?, wish).await.map(done),
        Command::Snooze(wish) => snooze::run(&load(global, None)?, wish).await.map(done),
        Command::Tenant(wish) => tenant::run(&load(global, None)?, wish).await,
        Command::Prune => tenant::prune(&load(global, None)?).await.map(done),
        Command::Usage(wish) => usage::run(&load(global, None)?, wish).await.map(done),
    }
}

fn exit_code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(exit_number(kind))
}

/// What shells and schedulers learn: the numbers of BSD's sysexits.h, but for 1 and 2.
pub const fn exit_number(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::NotFound => 1,
        ErrorKind::BadArguments => 2,
        ErrorKind::Upstream => 69,
        ErrorKind::Internal => 70,
        ErrorKind::NotReady | ErrorKind::Throttled | ErrorKind::TooMany => 75,
        ErrorKind::Unauthenticated | ErrorKind::Forbidden => 77,
        ErrorKind::Misconfigured => 78,
    }
}
