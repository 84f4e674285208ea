//! What does a command work with? The store and the doors over it: opened before, closed after, whatever came of the work.

use crate::{
    app::{App, Doors, of_tenants},
    ask::FOLLOW_INTERVAL,
    config::Config,
    error::{Error, ErrorKind, Result},
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
/// no server would look for it. What `rehearse` refuses over an empty store in memory makes none.
pub(super) async fn with_new_store<T>(
    config: &Config,
    rehearse: impl AsyncFnOnce(&Session<'_>) -> Result<()>,
    work: impl AsyncFnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let path = &config.store.path;
    let store = if config.store.is_named && !is_there(config) {
        run_with(with_tenants(Store::in_memory().await?, config).await?, config, rehearse).await?;
        Store::open(path).await?
    } else {
        Store::open_existing(path).await?
    };
    run_with(with_tenants(store, config).await?, config, work).await
}

/// `store`, which knows the configured tenants, whether they were read or not.
async fn with_tenants(store: Store, config: &Config) -> Result<Store> {
    let store = of_tenants(store, config);
    if !store.is_read_only() {
        store.ensure_tenants(config.tenants.iter().map(|tenant| &*tenant.name)).await?;
    }
    Ok(store)
}

/// Does `work`, which only looks: where there is no store yet, over an empty one in memory.
pub(super) async fn with_any_store<T>(config: &Config, work: impl AsyncFnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
    if is_there(config) {
        return with_store(config, work).await;
    }
    run_with(Store::in_memory().await?, config, work).await
}

/// How it stands with the store of a command that tries the tenants.
pub(super) enum StoreState {
    /// It is there, and takes what is written.
    Writable,
    /// There is none yet.
    Absent,
    /// What it holds can be read, and it takes nothing.
    ReadOnly(Error),
    /// It cannot be opened: what it holds is not known.
    Unusable(Error),
}

/// The parts of a command that tries the tenants: whatever is wrong with the store keeps none of them from being tried.
pub(super) async fn app_to_try(config: &Config) -> Result<(App, StoreState)> {
    let in_memory = async || App::over(Store::in_memory().await?, config).await;
    if !is_there(config) {
        return Ok((in_memory().await?, StoreState::Absent));
    }
    let error = match App::open(config).await {
        Ok(app) => return Ok((app, StoreState::Writable)),
        Err(error) if error.of_store => error,
        Err(error) => return Err(error),
    };
    match Store::open_existing(&config.store.path).await {
        Ok(store) => Ok((App::over(store.only_read(), config).await?, StoreState::ReadOnly(error))),
        Err(_) => Ok((in_memory().await?, StoreState::Unusable(error))),
    }
}

/// Whether there is a store, or somebody says where there shall be one. Else nothing is configured.
pub(super) fn has_place(config: &Config) -> bool {
    config.store.is_named || is_there(config)
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
