//! Through which doors do tests reach a store? Those of the program, by a clock of the test.

use std::sync::Arc;

use jiff::Timestamp;
use scorewatch::{
    app::Doors,
    ask::{Ask, NoReader, StoreView},
    posting::Posts,
    store::Store,
};

/// All three, which post nothing.
pub async fn doors(store: Store) -> Doors {
    doors_by(store, Timestamp::now, Posts::default()).await
}

/// All three, which post as `posts` say.
pub async fn doors_by(store: Store, now: fn() -> Timestamp, posts: Posts) -> Doors {
    Doors::new(ask_by(store, now).await, posts)
}

/// The one for questions.
pub async fn ask(store: Store) -> Arc<Ask> {
    ask_by(store, Timestamp::now).await
}

/// The same by another clock.
pub async fn ask_by(store: Store, now: fn() -> Timestamp) -> Arc<Ask> {
    let view = Arc::new(StoreView::by_clock(store, now).await.unwrap());
    Arc::new(Ask::new(view, Arc::new(NoReader), 1 << 20))
}
