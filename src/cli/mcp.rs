//! How does an assistant on a desk ask? It starts this program and speaks MCP on its standard input and output.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use super::{output::tell, stop::stop_asked};
use crate::{app::App, ask::AnswerLimiter, config::Config, error::Result, store::Store, surfaces::mcp};

/// Serves until the assistant hangs up or somebody wants this process to stop.
pub(super) async fn run(config: &Config) -> Result<()> {
    if io::stdin().is_terminal() {
        tell(
            "This is for an assistant, which starts `scorewatch mcp` and speaks the Model Context Protocol (JSON) on its standard input and output; here \
            is a terminal. To ask from here: scorewatch ask. To add it to an assistant: docs/assistants/mcp-clients.md shows how. Stop with Ctrl-C.",
        );
    }
    // A store that is still empty is no reason to leave an assistant without a server: each answer says what is missing, until something is imported.
    let path = &config.store.path;
    let store = if path.exists() && config.tenants.is_empty() { Store::open_existing(path).await? } else { Store::open(path).await? };
    let app = App::over(store, config).await?;
    let asking = AnswerLimiter::new(Arc::clone(&app.doors.ask), config.server.answer_time_max, config.server.answers_at_once_max as usize);
    // It ends when the assistant does, at any moment: what is posted is left to `serve`.
    let work = app.read(config);
    let served = tokio::select! {
        served = mcp::serve_stdio(Arc::new(asking), config.mcp.structured) => served,
        _ = stop_asked() => Ok(()),
    };
    work.stop().await;
    served
}
