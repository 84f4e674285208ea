//! What is posted without being asked for? Digests are composed, alerts evaluated, and what they tell is put into the outbox.

mod alerts;
mod digest_builder;
mod digest_outbox;
mod digests;
mod outages;
mod posts;
mod stops;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::{
    ask::{Ask, StoreView, Theme},
    card::Card,
    error::Result,
};

pub use alerts::{AlertShown, FindingShown, LoadedDays};
pub use digest_builder::ComposedDigest;
pub use digest_outbox::{DigestOutcome, Occasion};
pub use digests::Owners;
pub use outages::outage_title;
pub use posts::Posts;
pub(crate) use stops::{WHY_MAX, destination_name};

/// For how long a worker may do nothing although it has something to do.
pub const SILENT_MAX: SignedDuration = SignedDuration::from_mins(10);

/// The door of all that is posted without being asked for.
pub struct Posting {
    view: Arc<StoreView>,
    ask: Arc<Ask>,
    /// What is configured; another one after the configuration was read anew.
    posts: ArcSwap<Posts>,
    reconfigured: Notify,
    /// The digests whose definition cannot be read, as far as the log says so.
    unreadable: Mutex<BTreeSet<String>>,
}

impl Posting {
    /// Posts as `posts` say; `ask` draws its pictures.
    pub fn new(ask: Arc<Ask>, posts: Posts) -> Self {
        Self {
            view: Arc::clone(ask.view()),
            ask,
            posts: ArcSwap::from_pointee(posts),
            reconfigured: Notify::new(),
            unreadable: Mutex::default(),
        }
    }

    /// What is configured about posts, as of now.
    pub fn posts(&self) -> Arc<Posts> {
        self.posts.load_full()
    }

    /// Posts as `posts` say from now on: the configuration was read anew.
    pub fn configure(&self, posts: Posts) {
        self.posts.store(Arc::new(posts));
        self.reconfigured.notify_waiters();
    }

    /// Waits until something else is configured.
    pub async fn reconfigured(&self) {
        self.reconfigured.notified().await;
    }

    /// What time it is: the clock of all that is posted.
    pub fn now(&self) -> Timestamp {
        self.view.now()
    }

    /// Whether a tenant was taken out of the configuration: it is stored, and nobody is notified of it.
    pub fn is_taken_out(&self, tenant: &str) -> bool {
        self.view.is_taken_out(tenant)
    }

    /// The first trend in `card`, as a PNG; `None` when it has none.
    pub async fn trend_image(&self, card: &Card, theme: Theme) -> Result<Option<Bytes>> {
        self.ask.draw_card(card, theme).await
    }
}
