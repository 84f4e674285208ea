//! How many interactions are answered at once, however they come? So many that most wait for Discord; one too many is left alone.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serenity::all::Interaction;
use tokio::sync::Semaphore;

use super::conversation::Conversation;

/// How many interactions are answered at once; most wait for Discord, not for us.
const AT_ONCE_MAX: u32 = 512;

/// The interactions that are being answered.
pub(super) struct Interactions {
    conversation: Arc<Conversation>,
    places: Arc<Semaphore>,
    dropped: AtomicU64,
}

impl Interactions {
    /// Those that `conversation` answers; none yet.
    pub fn new(conversation: Arc<Conversation>) -> Arc<Self> {
        Arc::new(Self { conversation, places: Arc::new(Semaphore::new(AT_ONCE_MAX as usize)), dropped: AtomicU64::new(0) })
    }

    /// Who answers them.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// How many nobody answered, because too many came at once.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Answers `interaction` beside all else. `false` when too many are being answered: it is left alone then.
    pub fn answer(&self, interaction: Interaction) -> bool {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            if self.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!(
                    "more than {AT_ONCE_MAX} interactions of Discord's at once: the rest gets no answer; further ones are only counted"
                );
            }
            return false;
        };
        let conversation = Arc::clone(&self.conversation);
        tokio::spawn(async move {
            Box::pin(conversation.handle(interaction)).await;
            drop(place);
        });
        true
    }

    /// Lets running answers end, and takes no other from then on: what Discord still calls us for comes too late to be answered.
    pub async fn finish(&self) {
        let _held = self.places.acquire_many(AT_ONCE_MAX).await;
        self.places.close();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::surfaces::discord::{Health, tests::discord};

    fn ping() -> Interaction {
        let ping = serde_json::json!({ "id": "7", "application_id": "7", "type": 1, "token": "token", "version": 1 });
        serde_json::from_value(ping).unwrap()
    }

    #[tokio::test]
    async fn one_interaction_too_many_is_left_alone_and_a_stop_waits_for_the_others() {
        let (discord, _directory) = discord("http://127.0.0.1:9").await;
        let taken = discord.interactions.places.acquire_many(AT_ONCE_MAX).await.unwrap();
        assert!(!discord.interactions.answer(ping()));
        assert_eq!(discord.health(), Health { connected: None, stopped: false, refusals: 0, dropped: 1 });
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Arc::clone(&discord).run(stopped));
        stop.send(true).unwrap();
        tokio::task::yield_now().await;
        assert!(!running.is_finished(), "somebody is being answered");
        drop(taken);
        running.await.unwrap();
        assert!(!discord.interactions.answer(ping()), "nobody would wait for it");
    }
}
