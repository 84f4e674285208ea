//! What is kept that nobody needs any more? Texts of catalogues that no tenant has: looked for once a day.

use std::time::Duration;

use crate::store::Store;

/// How long after the start, so that nothing waits for it.
const FIRST: Duration = Duration::from_mins(10);
const EVERY: Duration = Duration::from_hours(24);

/// Takes unused texts away, for as long as it runs. What fails is tried again the next day.
pub async fn keep_pruning(store: Store) {
    tokio::time::sleep(FIRST).await;
    loop {
        match store.prune().await {
            Ok(0) => {}
            Ok(texts) => tracing::info!(texts, "removed texts that no catalogue uses any more"),
            Err(error) => tracing::warn!(cause = error.cause(), "unused texts were not removed: {}", error.sentence),
        }
        tokio::time::sleep(EVERY).await;
    }
}
