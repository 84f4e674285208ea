//! How does scorewatch run for real? Against Microsoft Graph, until it is told to stop.

use crate::{app::App, config::Config, error::Result};

/// Serves until Ctrl-C or a termination signal.
pub async fn run(config: &Config) -> Result<()> {
    let app = App::open(config).await?;
    let (read, all) = (app.refreshers().len(), config.tenants.len());
    for (tenant, error) in app.unusable() {
        tracing::error!(tenant, cause = error.cause(), "not read until this is mended: {}", error.sentence);
    }
    let running = app.serve(config).await?;
    tracing::info!(address = %running.address(), tenants = all, read_from_graph = read, "serving; stop with Ctrl-C");
    if all == 0 {
        tracing::warn!("no tenant is configured: add [tenants.NAME] to scorewatch.toml, or feed one with `scorewatch import`");
    }
    stop_asked().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Returns when somebody wants this process to stop.
pub async fn stop_asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            let _ = tokio::signal::ctrl_c().await;
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
