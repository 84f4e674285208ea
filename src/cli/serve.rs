//! How does scorewatch run for real? Against Microsoft Graph, until it is told to stop.

use std::io::IsTerminal as _;

#[cfg(unix)]
use super::stop::hangup_is_ignored;
use super::{
    global::not_configured,
    service_manager,
    session::has_place,
    stop::{StopSignal, terminated},
};
use crate::{
    app::{App, Running},
    config::Config,
    error::{Error, Result},
};

/// Serves until Ctrl-C or a termination signal, as `config` says; on SIGHUP as `configured` says by then.
pub async fn run(config: Config, configured: impl Fn() -> Result<Config>) -> Result<()> {
    if !has_place(&config) {
        return Err(not_configured(&config.file));
    }
    let app = App::open(&config).await?;
    warn_of(&config);
    let read = app.refreshers().len();
    for (tenant, error) in app.unusable() {
        tracing::error!(tenant, cause = error.cause(), "not synced until this is fixed: {}", error.sentence);
    }
    let index = app.store.index().await?;
    // Without a configuration those count that were imported.
    let all = if config.tenants.is_empty() { index.tenants.len() } else { config.tenants.len() };
    for tenant in index.taken_out.into_keys() {
        tracing::warn!(
            tenant,
            "stored, and in no answer: it was removed from the configuration; `scorewatch tenant remove` deletes its data"
        );
    }
    // From before it says where it listens: whoever reads that may want it to stop at once.
    let mut signals = Signals::listen();
    let mut running = app.serve(config).await?;
    tracing::info!(address = %running.address(), tenants = all, read_from_graph = read, "serving; stop with Ctrl-C");
    if all == 0 {
        tracing::warn!("there is no tenant: add [tenants.NAME] to scorewatch.toml, or import one with `scorewatch import`");
    }
    service_manager::ready();
    while signals.next().await == Signal::Reload {
        service_manager::reloading();
        let taken_up = reload(&mut running, configured()).await;
        service_manager::reloaded(taken_up);
    }
    tracing::info!("stopping");
    service_manager::stopping();
    running.stop().await;
    Ok(())
}

/// Takes up what is `configured` by now, or says all that is wrong with it. Whether it was taken up.
async fn reload(running: &mut Running, configured: Result<Config>) -> bool {
    let config = match configured {
        Ok(config) => config,
        Err(error) => {
            refused(&error);
            return false;
        }
    };
    warn_of(&config);
    match running.reload(config).await {
        Ok(changes) => {
            tracing::info!(changed = %changes, "configuration reloaded");
            let waiting: Vec<_> = changes.at_start().into_iter().collect();
            if !waiting.is_empty() {
                tracing::warn!(keys = waiting.join(", "), "changed, but takes effect only after a restart");
            }
            true
        }
        Err(error) => {
            refused(&error);
            false
        }
    }
}

fn refused(error: &Error) {
    let cause = Some(error.cause()).filter(|cause| !cause.is_empty());
    for sentence in error.sentence.lines() {
        tracing::error!(cause, "the configuration is refused: {sentence}");
    }
    tracing::error!("the previous configuration stays in force");
}

fn warn_of(config: &Config) {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

/// What somebody outside wants of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// To end.
    Stop,
    /// To read its configuration anew.
    Reload,
}

/// Where it hears of that.
struct Signals {
    stop: std::pin::Pin<Box<dyn Future<Output = StopSignal>>>,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    /// Whether it was started at a terminal.
    at_terminal: bool,
}

impl Signals {
    /// From now on: what comes before it is awaited counts.
    fn listen() -> Self {
        Self {
            stop: Box::pin(terminated()),
            #[cfg(unix)]
            hangup: if hangup_is_ignored() { None } else { tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok() },
            at_terminal: std::io::stdin().is_terminal(),
        }
    }

    /// The next one.
    async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        if let Some(hangup) = &mut self.hangup {
            tokio::select! {
                _ = &mut self.stop => return Signal::Stop,
                _ = hangup.recv() => {
                    // The same signal says that the terminal is gone from which it was started.
                    let gone = self.at_terminal && !std::io::stdin().is_terminal();
                    return if gone { Signal::Stop } else { Signal::Reload };
                }
            }
        }
        (&mut self.stop).await;
        Signal::Stop
    }
}
