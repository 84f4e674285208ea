//! How do people ask in Discord? By slash commands that come over its gateway or as HTTP calls, and are answered with embeds.

mod arrival;
mod blocks;
mod channels;
mod chat_platform;
mod check;
mod components;
mod config;
mod embed;
mod endpoint;
mod escape;
mod gateway;
mod guard;
pub mod limits;
mod network;
mod notice_embed;
mod outgoing_message;
mod post;
mod post_message;
mod refusal;
pub mod register;
mod render;
mod rest_client;
mod running;
mod session;
mod settings;
mod signature;
mod snowflake;
mod unverified;
pub mod webhook;

use std::sync::{Arc, atomic::AtomicBool};

use super::{OwnPath, PathVisitors, Surface};
use crate::{
    ask::{AnswerLimiter, StoreView},
    chat::{Conversation, RunningTurns},
    error::Result,
    operations::Operations,
};
use chat_platform::DiscordChat;
use endpoint::Endpoint;
use session::GatewayEvents;
use settings::{PLATFORM, PREFIX};
use signature::{PublicKey, SIGNATURE_HEADER};

pub use channels::Channels;
pub use chat_platform::outgoing;
pub use components::BUTTON_LIMITS;
pub use embed::Embed;
pub use endpoint::PATH;
pub use notice_embed::notice;
pub use outgoing_message::{Attachment, OutgoingMessage};
pub use post::{ChannelPost, post};
pub use render::pages;
pub use rest_client::{ApplicationInfo, RestClient};
pub use settings::{Detour, DiscordSettings};
pub use snowflake::snowflake;

/// Discord.
pub const SURFACE: Surface = Surface {
    caller_prefix: Some(PREFIX),
    paths: &[OwnPath { path: PATH, visitors: PathVisitors::Platform { signature: SIGNATURE_HEADER } }],
    metrics: running::METRICS,
    section: Some(&config::SECTION),
    kinds: &[config::CHANNEL, config::WEBHOOK],
    rooms: Some(running::rooms),
    check: Some(check::check),
    ..Surface::named(PLATFORM)
};

/// What is running of it: one conversation, however its interactions come.
pub struct DiscordBot {
    client: Arc<RestClient>,
    turns: Arc<RunningTurns<DiscordChat>>,
    key: Option<PublicKey>,
    /// Where it stands which calls were carried out.
    view: Arc<StoreView>,
    gateway: bool,
    /// Whether all shards of the gateway are connected.
    connected: Arc<AtomicBool>,
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
        client: Arc<RestClient>,
        settings: &DiscordSettings,
        asking: Arc<AnswerLimiter>,
        operations: Arc<Operations>,
    ) -> Result<Arc<Self>> {
        let key = settings.public_key.as_deref().map(PublicKey::read).transpose()?;
        let view = Arc::clone(asking.door().view());
        let platform = Arc::new(DiscordChat::new(Arc::clone(&client)));
        let how = (settings.theme, settings.patience);
        let turns = RunningTurns::new(Conversation::new(platform, (asking, operations), settings.grants.clone(), how));
        Ok(Arc::new(Self { client, turns, key, view, gateway: settings.gateway, connected: Arc::default() }))
    }

    fn events(&self) -> GatewayEvents {
        let (client, turns, connected) = (Arc::clone(&self.client), Arc::clone(&self.turns), Arc::clone(&self.connected));
        GatewayEvents { client, turns, connected }
    }
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
        let operations = Operations::new(view, Arc::new(Posting::new(Arc::clone(&ask), Posts::default())), Vec::new());
        let asking = AnswerLimiter::new(ask, Duration::from_secs(1), 1);
        let settings = DiscordSettings { gateway: false, proxy: Some(proxy.parse().unwrap()), ..DiscordSettings::new(7, "token".into()) };
        (DiscordBot::new(&settings, Arc::new(asking), Arc::new(operations)).unwrap(), directory)
    }
}
