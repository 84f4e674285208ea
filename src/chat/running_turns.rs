//! How many turns are answered at once, however they come? So many that most wait for the platform; one too many is left alone.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Semaphore;

use super::{Conversation, Incoming, Intent, Platform};

/// How many turns are answered at once; most wait for the platform, not for us.
const AT_ONCE_MAX: u32 = 512;

/// The turns that are being answered.
pub struct RunningTurns<P> {
    conversation: Conversation<P>,
    places: Arc<Semaphore>,
    dropped: AtomicU64,
}

impl<P: Platform> RunningTurns<P> {
    /// Those that `conversation` answers; none yet.
    pub fn new(conversation: Conversation<P>) -> Arc<Self> {
        Arc::new(Self { conversation, places: Arc::new(Semaphore::new(AT_ONCE_MAX as usize)), dropped: AtomicU64::new(0) })
    }

    /// Who answers them.
    pub const fn conversation(&self) -> &Conversation<P> {
        &self.conversation
    }

    /// How many nobody answered, because too many came at once.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Answers what somebody did beside all else. `false` when too many are being answered: it is left alone then.
    pub fn answer(self: &Arc<Self>, incoming: Incoming<P>, intent: Intent) -> bool {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            if self.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
                let title = self.conversation.platform.title();
                tracing::warn!(
                    "more than {AT_ONCE_MAX} interactions of {title}'s at once: the rest gets no answer; further ones are only counted"
                );
            }
            return false;
        };
        let turns = Arc::clone(self);
        tokio::spawn(async move {
            Box::pin(turns.conversation.handle(&incoming, intent)).await;
            drop(place);
        });
        true
    }

    /// Lets running answers end, and takes no other from then on: what the platform still calls us for comes too late to be answered.
    pub async fn finish(&self) {
        let _held = self.places.acquire_many(AT_ONCE_MAX).await;
        self.places.close();
    }
}
