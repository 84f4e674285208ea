//! When does a command return that changed something? Once running servers have noticed.

use crate::ask::FOLLOW_INTERVAL;

/// Waits until every running server must have noticed the change.
pub(super) async fn noticed() {
    tokio::time::sleep(FOLLOW_INTERVAL * 2).await;
}
