//! What does a command work with? The store and the doors over it: opened before, closed after, whatever came of the work.

use tempfile::TempDir;

use crate::{
    app::{App, Doors},
    ask::FOLLOW_INTERVAL,
    config::{Config, StoreConfig},
    error::{ErrorKind, Result},
    store::Store,
};

/// What a command works with.
pub(super) struct Session<'c> {
    pub(super) config: &'c Config,
    pub(super) store: Store,
    pub(super) doors: Doors,
}

impl Session<'_> {
    /// Brings to the store that a question was asked. Without that nobody misses an answer.
    pub(super) async fn count_question(&self) {
        if let Err(error) = self.doors.ask.record_usage().await {
            // Who may only read the store knows that; a disk that takes no more is news.
            let known = error.kind == ErrorKind::Misconfigured;
            if known {
                tracing::debug!(cause = error.cause(), "this question is not counted: {}", error.sentence);
            } else {
                tracing::warn!(cause = error.cause(), "this question is not counted: {}", error.sentence);
            }
        }
    }
}

/// Does `work` over the store, which must exist.
pub(super) async fn with_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    run_with(Store::open_existing(&config.store.path).await?, config, work).await
}

/// Does `work`, which may be the first to write to the store: it is created if there is none and somebody says where. Where this process happens to run,
/// no server would look for it.
pub(super) async fn with_new_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    let StoreConfig { path, is_named } = &config.store;
    let store = if *is_named { Store::open(path).await? } else { Store::open_existing(path).await? };
    run_with(store, config, work).await
}

/// Does `work`, which only looks: where there is no store yet, over an empty one that goes away again.
pub(super) async fn with_any_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    if is_there(config) {
        return with_store(config, work).await;
    }
    let (store, _place) = Store::open_trial(&config.store.path).await?;
    run_with(store, config, work).await
}

/// The parts of a command that only looks, in the same way. What stands beside them is kept until it is done.
pub(super) async fn app_to_look(config: &Config) -> Result<(App, Option<TempDir>)> {
    if is_there(config) {
        return Ok((App::open(config).await?, None));
    }
    let (store, place) = Store::open_trial(&config.store.path).await?;
    Ok((App::over(store, config).await?, Some(place)))
}

/// Whether there is a store, as far as this user may know.
fn is_there(config: &Config) -> bool {
    config.store.path.try_exists().unwrap_or(true)
}

async fn run_with<T>(store: Store, config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    let doors = Doors::of_command(store.clone(), config).await?;
    let session = Session { config, store, doors };
    let done = work(&session).await;
    session.store.close().await;
    done
}

/// Waits until every running server must have noticed the change.
pub(super) async fn noticed() {
    tokio::time::sleep(FOLLOW_INTERVAL * 2).await;
}
