//! How do people ask in Discord? By slash commands that come over its gateway or as HTTP calls, and are answered with embeds.

mod answer_message;
mod answering;
mod blocks;
mod buttons;
mod channels;
mod command_options;
mod component_id;
mod conversation;
mod embed;
mod endpoint;
mod escape;
mod gateway;
mod guard;
mod help;
mod interaction_context;
pub mod limits;
mod modal;
mod network;
mod operating;
mod outgoing_message;
mod post;
mod post_message;
mod refusal;
pub mod register;
mod render;
mod replay;
mod rest_client;
mod session;
mod settings;
mod signature;
mod unverified;
pub mod webhook;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use axum::Router;
use serenity::all::Interaction;
use tokio::sync::{Semaphore, watch};

use super::{Surface, SurfaceContext, answer_limiter::AnswerLimiter};
use crate::{access::chat::Grants, error::Result, operations::Operations};
use conversation::Conversation;
use endpoint::Endpoint;
use signature::PublicKey;

pub use buttons::{Laid, rows};
pub use channels::Channels;
pub use component_id::ComponentId;
pub use embed::Embed;
pub use help::help;
pub use modal::{filled_in, modal};
pub use outgoing_message::{Attachment, OutgoingMessage, sentence};
pub use post::{ChannelPost, post};
pub use render::{CardPage, pages};
pub use rest_client::{ApplicationInfo, RestClient};
pub use settings::{Detour, DiscordSettings};

/// Its name in metrics and logs, and before the ids of those who ask here.
const NAME: &str = "discord";

/// Where Discord calls us.
pub const PATH: &str = "/discord/interactions";
/// How many interactions are answered at once; most wait for Discord, not for us.
const AT_ONCE_MAX: u32 = 512;

/// Discord.
pub const SURFACE: Surface = Surface { name: NAME, routes: Some(routes) };

fn routes(context: &SurfaceContext) -> Router {
    let Some(discord) = &context.discord else { return Router::new() };
    discord.key.clone().map_or_else(Router::new, |key| Endpoint::routes(Arc::clone(discord), key))
}

/// What is running of it: one conversation, however its interactions come.
pub struct DiscordBot {
    wire: Arc<RestClient>,
    conversation: Arc<Conversation>,
    key: Option<PublicKey>,
    gateway: bool,
    /// Whether all shards of the gateway are connected.
    connected: Arc<AtomicBool>,
    places: Arc<Semaphore>,
    dropped: AtomicU64,
}

/// What an operator may want to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the gateway is connected; `None` where no connection is kept.
    pub connected: Option<bool>,
    /// Whether the bot was stopped for good.
    pub stopped: bool,
    /// How many of Discord's refusals count at the moment.
    pub refusals: usize,
    /// How many interactions nobody answered, because too many came at once.
    pub dropped: u64,
}

impl DiscordBot {
    /// Prepares all that `settings` describe. Opens no connection yet.
    ///
    /// # Errors
    /// Those of [`RestClient::new`]; [`crate::error::ErrorKind::Misconfigured`] for a public key that is none.
    pub fn new(settings: &DiscordSettings, asking: Arc<AnswerLimiter>, operations: Arc<Operations>) -> Result<Arc<Self>> {
        Self::over(RestClient::new(settings)?, settings, asking, operations)
    }

    /// The same over a wire that others use too.
    pub fn over(
        wire: Arc<RestClient>,
        settings: &DiscordSettings,
        asking: Arc<AnswerLimiter>,
        operations: Arc<Operations>,
    ) -> Result<Arc<Self>> {
        let key = settings.public_key.as_deref().map(PublicKey::read).transpose()?;
        let conversation = Conversation::new(asking, operations, settings, Arc::clone(&wire));
        let places = Arc::new(Semaphore::new(AT_ONCE_MAX as usize));
        Ok(Arc::new(Self {
            wire,
            conversation,
            key,
            gateway: settings.gateway,
            connected: Arc::default(),
            places,
            dropped: AtomicU64::new(0),
        }))
    }

    /// Answers those to whom `grants` give something from now on.
    pub fn let_in(&self, grants: Grants) {
        self.conversation.let_in(grants);
    }

    /// How it goes.
    pub fn health(&self) -> Health {
        Health {
            connected: self.gateway.then(|| self.connected.load(Ordering::Relaxed)),
            stopped: self.wire.stopped().is_some(),
            refusals: self.wire.refusals(),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    /// Keeps the gateway connected where that is configured, until `stopped`; then lets running answers end.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        if self.gateway {
            gateway::keep_connected(&self, &mut stopped).await;
        }
        stop_asked(&mut stopped).await;
        let _held = self.places.acquire_many(AT_ONCE_MAX).await;
        // What Discord still calls us for comes too late to be answered.
        self.places.close();
    }

    /// Answers `interaction` beside all else. `false` when too many are being answered: it is left alone then.
    fn meet(&self, interaction: Interaction) -> bool {
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
            Box::pin(conversation.meet(interaction)).await;
            drop(place);
        });
        true
    }
}

/// Ends when a stop is asked for, or when nobody is left who could.
async fn stop_asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        ask::{Ask, NoReader, StoreView},
        posting::{Posting, Posts},
        store::Store,
    };

    /// A bot that nobody may ask, whose REST interface is at `proxy`.
    pub(super) async fn discord(proxy: &str) -> (Arc<DiscordBot>, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let view = Arc::new(StoreView::open(store).await.unwrap());
        let ask = Arc::new(Ask::new(Arc::clone(&view), Arc::new(NoReader), 1 << 20));
        let operations = Operations::new(view, Arc::new(Posting::new(Arc::clone(&ask), Posts::default())));
        let asking = AnswerLimiter::new(ask, Duration::from_secs(1), 1);
        let settings = DiscordSettings { gateway: false, proxy: Some(proxy.parse().unwrap()), ..DiscordSettings::new(7, "token".into()) };
        (DiscordBot::new(&settings, Arc::new(asking), Arc::new(operations)).unwrap(), directory)
    }

    fn ping() -> Interaction {
        let ping = serde_json::json!({ "id": "7", "application_id": "7", "type": 1, "token": "token", "version": 1 });
        serde_json::from_value(ping).unwrap()
    }

    #[tokio::test]
    async fn one_interaction_too_many_is_left_alone_and_a_stop_waits_for_the_others() {
        let (discord, _directory) = discord("http://127.0.0.1:9").await;
        let taken = discord.places.acquire_many(AT_ONCE_MAX).await.unwrap();
        assert!(!discord.meet(ping()));
        assert_eq!(discord.health(), Health { connected: None, stopped: false, refusals: 0, dropped: 1 });
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Arc::clone(&discord).run(stopped));
        stop.send(true).unwrap();
        tokio::task::yield_now().await;
        assert!(!running.is_finished(), "somebody is being answered");
        drop(taken);
        running.await.unwrap();
        assert!(!discord.meet(ping()), "nobody would wait for it");
    }
}
