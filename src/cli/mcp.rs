//! How does an assistant on a desk ask? It starts this program and speaks MCP on its standard input and output.

use std::{
    env,
    io::{self, IsTerminal as _},
    path::Path,
    sync::Arc,
};

use super::{
    global::{GlobalArgs, file_of, load, no_configuration, shown, with_places},
    output::tell,
    session::has_place,
    stop::stop_asked,
};
use crate::{
    app::App,
    ask::AnswerLimiter,
    config::{self, Config},
    error::{Error, Result},
    store::Store,
    surfaces::{self, mcp},
};

/// Serves until the assistant hangs up or somebody wants this process to stop.
pub(super) async fn run(global: &GlobalArgs) -> Result<()> {
    if io::stdin().is_terminal() {
        tell(
            "This is for an assistant, which starts `scorewatch mcp` and speaks the Model Context Protocol (JSON) on its standard input and output; here \
            is a terminal. To ask from here: scorewatch ask. To add it to an assistant: docs/assistants/mcp-clients.md shows how. Stop with Ctrl-C.",
        );
    }
    let Prepared { config, app, missing } = prepare(global).await?;
    if let Some(error) = &missing {
        tell(&format!("scorewatch: {}", error.sentence));
    }
    let asking = AnswerLimiter::new(Arc::clone(&app.doors.ask), config.server.answer_time_max, config.server.answers_at_once_max as usize);
    // It ends when the assistant does, at any moment: what is posted is left to `serve`.
    let work = app.read(&config);
    let served = tokio::select! {
        served = mcp::serve_stdio(Arc::new(asking), config.mcp.structured, missing) => served,
        _ = stop_asked() => Ok(()),
    };
    work.stop().await;
    served
}

/// What answers, and what each call is told where that can be nothing else.
struct Prepared {
    config: Config,
    app: App,
    missing: Option<Error>,
}

/// Prepares what answers. What is missing or wrong is no reason to leave an assistant without a server, of which its host shows little more than that it
/// failed: each answer says what it is.
async fn prepare(global: &GlobalArgs) -> Result<Prepared> {
    let config = match load(global, None) {
        Ok(config) => config,
        Err(error) => return nothing_to_ask(unusable(error, global), &file_of(global)).await,
    };
    if !has_place(&config) {
        return nothing_to_ask(unconfigured(&config), &config.file).await;
    }
    match over_its_store(&config).await {
        Ok(app) => Ok(Prepared { config, app, missing: None }),
        Err(error) => nothing_to_ask(with_places(error, global).followed_by(RESTART), &config.file).await,
    }
}

async fn over_its_store(config: &Config) -> Result<App> {
    let path = &config.store.path;
    let store = if path.exists() && config.tenants.is_empty() { Store::open_existing(path).await? } else { Store::open(path).await? };
    App::over(store, config).await
}

/// What says `why` to each call: over no tenants, with nothing of `file`.
async fn nothing_to_ask(why: Error, file: &Path) -> Result<Prepared> {
    let config = config::load_text("", file, &surfaces::config_parts())?;
    let app = App::over(Store::in_memory().await?, &config).await?;
    Ok(Prepared { config, app, missing: Some(why) })
}

/// What to do once it is mended.
const RESTART: &str = "Then restart this server in the client.";

/// That the configuration cannot be used, and where it was looked for: a client starts this in a directory of its own choice.
fn unusable(error: Error, global: &GlobalArgs) -> Error {
    let file = file_of(global);
    let where_looked = match env::current_dir() {
        Ok(directory) if file.is_relative() => format!(
            "The client starts this server in {}, where {} is looked for: name the whole path in the client's entry for it (`scorewatch manifest` writes such entries). ",
            directory.display(),
            file.display()
        ),
        Ok(_) | Err(_) => String::new(),
    };
    error.followed_by(&format!("\n{where_looked}To check it: scorewatch check --config {}. {RESTART}", shown(&file)))
}

/// That nothing is configured where a client started this, which is seldom where whoever wrote its entry was.
fn unconfigured(config: &Config) -> Error {
    let advice = "Write one with `scorewatch init`, or name it with --config in the client's entry for this server (`scorewatch manifest` writes such entries). \
                  Then restart this server in the client.";
    no_configuration(&config.file, advice)
}
