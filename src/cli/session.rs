//! What does a command work with? The store and the doors over it: opened before, closed after, whatever came of the work.

use crate::{app::Doors, ask::FOLLOW_INTERVAL, config::Config, error::Result, store::Store};

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
            tracing::debug!(cause = error.cause(), "this question is not counted: {}", error.sentence);
        }
    }
}

/// Does `work` over the store, which must exist.
pub(super) async fn with_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    run_with(Store::open_existing(&config.store.path).await?, config, work).await
}

/// Does `work` over the store, which is created if there is none.
pub(super) async fn with_new_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    run_with(Store::open(&config.store.path).await?, config, work).await
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
