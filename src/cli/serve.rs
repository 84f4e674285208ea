//! How does scorewatch run for real? Against Microsoft Graph, until it is told to stop.

use crate::{app::App, config::Config, error::Result};

/// Serves until Ctrl-C or a termination signal.
pub async fn run(config: &Config) -> Result<()> {
    let app = App::open(config).await?;
    let (read, all) = (app.refreshers().len(), config.tenants.len());
    for (tenant, error) in app.unusable() {
        tracing::error!(tenant, cause = error.cause(), "not read until this is mended: {}", error.sentence);
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

/// Ends when somebody wants this process to stop, from the call on: a wish that comes before it is awaited counts.
pub fn stop_asked() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        async move {
            let (Ok(mut interrupted), Ok(mut terminated)) = signals else {
                let _ = tokio::signal::ctrl_c().await;
                return;
            };
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        let _ = tokio::signal::ctrl_c().await;
    }
}
