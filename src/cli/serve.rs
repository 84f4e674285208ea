//! How does scorewatch run for real? Against Microsoft Graph, until it is told to stop.

use crate::{app::App, config::Config, error::Result};

/// Serves until Ctrl-C or a termination signal.
pub async fn run(config: &Config) -> Result<()> {
    let app = App::open(config).await?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let (read, all) = (app.refreshers().len(), config.tenants.len());
    for (tenant, error) in app.unusable() {
        tracing::error!(tenant, cause = error.cause(), "not read until this is mended: {}", error.sentence);
    }
    for tenant in app.store.known().await?.taken_out.into_keys() {
        tracing::warn!(
            tenant,
            "stored, and in no answer: it was taken out of the configuration; `scorewatch tenant remove` takes it away for good"
        );
    }
    // From before it says where it listens: whoever reads that may want it to stop at once.
    let stop_asked = stop_asked();
    let running = app.serve(config).await?;
    tracing::info!(address = %running.address(), tenants = all, read_from_graph = read, "serving; stop with Ctrl-C");
    if all == 0 {
        tracing::warn!("no tenant is configured: add [tenants.NAME] to scorewatch.toml, or feed one with `scorewatch import`");
    }
    stop_asked.await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Whether this process was started so that the end of its terminal does not end it. Where the system does not tell, it was not.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores_hangup(&status)
}

/// The same by Linux's description of a process: the first signal's bit of the mask.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Ends when somebody wants this process to stop, from the call on: a wish that comes before it is awaited counts.
pub fn stop_asked() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        // What `nohup` protects goes on when its terminal is closed.
        let hangup = if hangup_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
        async move {
            let (Ok(mut interrupted), Ok(mut terminated)) = signals else {
                let _ = tokio::signal::ctrl_c().await;
                return;
            };
            let hung_up = async {
                match hangup {
                    Some(mut hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
                () = hung_up => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_honoured() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n") && !ignores_hangup(""));
    }
}
