//! How does an assistant on a desk ask? It starts this program and speaks MCP on its standard input and output.

use std::sync::Arc;

use super::serve::stop_asked;
use crate::{
    app::App,
    config::Config,
    error::Result,
    store::Store,
    surfaces::{asking::Asking, mcp},
};

/// Serves until the assistant hangs up or somebody wants this process to stop.
pub(super) async fn run(config: &Config) -> Result<()> {
    // Without a tenant to read, only a store that is there already can have answers.
    let store =
        if config.tenants.is_empty() { Store::open_existing(&config.store.path).await? } else { Store::open(&config.store.path).await? };
    let app = App::over(store, config).await?;
    let asking = Asking::new(Arc::clone(&app.ask), config.server.answer_time_max, config.server.answers_at_once_max as usize);
    // It ends when the assistant does, at any moment: what is posted is left to `serve`.
    let work = app.read(config);
    let served = tokio::select! {
        served = mcp::serve_stdio(Arc::new(asking), config.mcp.structured) => served,
        () = stop_asked() => Ok(()),
    };
    work.stop().await;
    served
}
