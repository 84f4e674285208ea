//! How does an assistant on a desk ask? It starts this program and speaks MCP on its standard input and output.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use super::{global::no_configuration, output::tell, session::has_place, stop::stop_asked};
use crate::{
    app::App,
    ask::AnswerLimiter,
    config::Config,
    error::{Error, Result},
    store::Store,
    surfaces::mcp,
};

/// Serves until the assistant hangs up or somebody wants this process to stop.
pub(super) async fn run(config: &Config) -> Result<()> {
    if io::stdin().is_terminal() {
        tell(
            "This is for an assistant, which starts `scorewatch mcp` and speaks the Model Context Protocol (JSON) on its standard input and output; here \
            is a terminal. To ask from here: scorewatch ask. To add it to an assistant: docs/assistants/mcp-clients.md shows how. Stop with Ctrl-C.",
        );
    }
    let unconfigured = (!has_place(config)).then(|| unconfigured(config));
    if let Some(error) = &unconfigured {
        tell(&format!("scorewatch: {}", error.sentence));
    }
    // What is missing is no reason to leave an assistant without a server, of which its host shows little more than that it failed: each answer says
    // what it is.
    let path = &config.store.path;
    let store = match &unconfigured {
        Some(_) => Store::in_memory().await?,
        None if path.exists() && config.tenants.is_empty() => Store::open_existing(path).await?,
        None => Store::open(path).await?,
    };
    let app = App::over(store, config).await?;
    let asking = AnswerLimiter::new(Arc::clone(&app.doors.ask), config.server.answer_time_max, config.server.answers_at_once_max as usize);
    // It ends when the assistant does, at any moment: what is posted is left to `serve`.
    let work = app.read(config);
    let served = tokio::select! {
        served = mcp::serve_stdio(Arc::new(asking), config.mcp.structured, unconfigured) => served,
        _ = stop_asked() => Ok(()),
    };
    work.stop().await;
    served
}

/// That nothing is configured where a client started this, which is seldom where whoever wrote its entry was.
fn unconfigured(config: &Config) -> Error {
    let advice = "Write one with `scorewatch init`, or name it with --config in the client's entry for this server (`scorewatch manifest` writes such entries). \
                  Then restart this server in the client.";
    no_configuration(&config.file, advice)
}
