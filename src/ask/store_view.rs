//! What do the three doors share? The store, what a running server knows of it without asking it, and the clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use jiff::Timestamp;

use super::{regularly, store_index::StoreIndex};
use crate::{
    access::{Asker, Groups},
    error::{Error, ErrorKind, Result},
    skills::TenantFacts,
    store::{LoadOptions, Store},
};

/// How often a running server looks whether another process changed the store. A command that must be
/// noticed at once (a revoked key) waits twice this long before it returns.
pub const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);
/// How long keys are still taken while the store cannot be read, in seconds.
const BLIND_SECONDS_MAX: i64 = 60;
/// When to ask again after that.
const BLIND_AGAIN: Duration = Duration::from_secs(30);

/// A store, with its tenants and keys as they were seen a moment ago.
pub struct StoreView {
    store: Store,
    index: ArcSwap<StoreIndex>,
    /// When the store was last seen to be as the index says, in Unix seconds.
    seen: AtomicI64,
    /// Held by whoever renews the index, so that an older look never replaces a newer one.
    looking: tokio::sync::Mutex<()>,
    now: fn() -> Timestamp,
}

impl StoreView {
    /// A view of `store`, by the clock of this machine.
    pub async fn open(store: Store) -> Result<Self> {
        Self::in_groups(store, Groups::default()).await
    }

    /// The same where tenants are in `groups`.
    pub async fn in_groups(store: Store, groups: Groups) -> Result<Self> {
        Self::of(store, groups, Timestamp::now).await
    }

    /// The same without groups, by another clock.
    pub async fn by_clock(store: Store, now: fn() -> Timestamp) -> Result<Self> {
        Self::of(store, Groups::default(), now).await
    }

    async fn of(store: Store, groups: Groups, now: fn() -> Timestamp) -> Result<Self> {
        let index = ArcSwap::from_pointee(StoreIndex::load(&store, Arc::new(groups)).await?);
        Ok(Self { store, index, seen: AtomicI64::new(now().as_second()), looking: tokio::sync::Mutex::default(), now })
    }

    /// The store itself.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Tenants and keys.
    pub(crate) fn index(&self) -> Guard<Arc<StoreIndex>> {
        self.index.load()
    }

    /// Whom an API key stands for; `None` when it is unknown, expired or revoked.
    ///
    /// # Errors
    /// [`ErrorKind::NotReady`] when the store could not be read for so long that any key may have been revoked without our noticing.
    pub fn asker(&self, key: &str) -> Result<Option<Arc<Asker>>> {
        let now = self.now();
        let blind = now.as_second().saturating_sub(self.seen.load(Ordering::Relaxed));
        if blind > BLIND_SECONDS_MAX {
            let sentence = "The store of scorewatch cannot be read, so this API key cannot be checked. Try again in a minute; the operator's log has the reason.";
            return Err(Error::new(ErrorKind::NotReady, sentence).retry_after(BLIND_AGAIN));
        }
        Ok(self.index().keys.check(key, now))
    }

    /// The names of the tenants that `asker` may see.
    pub fn visible(&self, asker: &Asker) -> Vec<String> {
        self.index().visible(asker).map(ToOwned::to_owned).collect()
    }

    /// The names of the groups that there are for `asker`.
    pub fn visible_groups(&self, asker: &Asker) -> Vec<String> {
        self.index().visible_groups(asker).map(ToOwned::to_owned).collect()
    }

    /// The groups that tenants are in.
    pub fn groups(&self) -> Arc<Groups> {
        Arc::clone(self.index().groups())
    }

    /// Whether a tenant was taken out of the configuration: it is stored, and nobody is told of it.
    pub fn is_taken_out(&self, tenant: &str) -> bool {
        self.index().is_taken_out(tenant)
    }

    /// Looks whether the store changed, and takes in what did. Returns whether it did.
    pub async fn look(&self) -> Result<bool> {
        let _turn = self.looking.lock().await;
        let changed = self.store.changes().await? != self.index().changes;
        if changed {
            let groups = Arc::clone(self.index().groups());
            self.index.store(Arc::new(StoreIndex::load(&self.store, groups).await?));
        }
        self.seen.store(self.now().as_second(), Ordering::Relaxed);
        Ok(changed)
    }

    /// Sees the store as `index` says from now on: other tenants count in this process.
    pub async fn take_in(&self, index: StoreIndex) {
        // Who looks now began with the tenants of before.
        let _turn = self.looking.lock().await;
        self.index.store(Arc::new(index));
    }

    /// Takes in what was just changed from here. It is done, whether or not that can be seen at this moment: [`StoreView::follow`] looks again soon.
    pub(crate) async fn look_after(&self) {
        if let Err(error) = self.look().await {
            tracing::debug!(cause = error.cause(), "a change from here is seen later: {}", error.sentence);
        }
    }

    /// Follows the store's changes for as long as it runs. While the store is away the last index holds.
    pub async fn follow(&self) {
        regularly(FOLLOW_INTERVAL, "the store cannot be read", || self.look()).await;
    }

    /// What is known of a tenant, as far as it is wanted.
    pub(crate) async fn load(&self, tenant: &str, want: LoadOptions) -> Result<TenantFacts> {
        let stored = self.store.load(tenant, want).await?;
        Ok(TenantFacts {
            name: stored.tenant.name,
            entra_id: stored.tenant.entra_id,
            history: stored.history,
            catalogue: stored.catalogue,
            annotations: stored.annotations,
            service_plans: stored.service_plans,
            read_at: stored.tenant.read_at,
            fetch_failure: stored.fetch_failure,
        })
    }
}
