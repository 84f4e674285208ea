//! How do people ask in Discord? By slash commands that come over its gateway or as HTTP calls, and are answered with embeds.

mod arrival;
mod blocks;
mod channels;
mod chat_platform;
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
mod replay;
mod rest_client;
mod session;
mod settings;
mod signature;
mod unverified;
pub mod webhook;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::Router;
use tokio::sync::watch;

use super::{OwnPath, PathVisitors, Surface, SurfaceContext};
use crate::{
    access::chat::Grants,
    ask::AnswerLimiter,
    chat::{Conversation, RunningTurns},
    error::Result,
    operations::Operations,
    telemetry::SurfaceMetric,
};
use chat_platform::DiscordChat;
use endpoint::Endpoint;
use session::{GatewayEvents, stop_asked};
use settings::{PLATFORM, PREFIX};
use signature::{PublicKey, SIGNATURE_HEADER};

pub use channels::Channels;
pub use chat_platform::outgoing;
pub use components::LIMITS;
pub use embed::Embed;
pub use endpoint::PATH;
pub use notice_embed::notice;
pub use outgoing_message::{Attachment, OutgoingMessage};
pub use post::{ChannelPost, post};
pub use render::pages;
pub use rest_client::{ApplicationInfo, RestClient};
pub use settings::{Detour, DiscordSettings};

/// Discord.
pub const SURFACE: Surface = Surface {
    caller_prefix: Some(PREFIX),
    paths: &[OwnPath { path: PATH, visitors: PathVisitors::Platform { signature: SIGNATURE_HEADER } }],
    metrics: METRICS,
    section: Some(&config::SECTION),
    kinds: &[config::CHANNEL, config::WEBHOOK],
    routes: Some(routes),
    ..Surface::named(PLATFORM)
};

const CONNECTED: SurfaceMetric = SurfaceMetric::gauge(
    "scorewatch_discord_connected",
    "1 while all shards of Discord's gateway are connected, else 0; absent where Discord calls us",
);
const STOPPED: SurfaceMetric =
    SurfaceMetric::gauge("scorewatch_discord_stopped", "1 once the bot was stopped for good, because Discord does not accept its token");
const REFUSALS: SurfaceMetric = SurfaceMetric::gauge(
    "scorewatch_discord_refusals",
    "Answers of 401, 403 and 429 by Discord within ten minutes; at 1,000 nothing more is sent",
);
const DROPPED: SurfaceMetric = SurfaceMetric::counter(
    "scorewatch_discord_interactions_dropped_total",
    "Interactions in Discord left unanswered, because too many came at once",
);
const METRICS: &[SurfaceMetric] = &[CONNECTED, STOPPED, REFUSALS, DROPPED];

fn routes(context: &SurfaceContext) -> Router {
    let Some(discord) = &context.discord else { return Router::new() };
    discord.key.clone().map_or_else(Router::new, |key| Endpoint::routes(Arc::clone(&discord.turns), key))
}

/// What is running of it: one conversation, however its interactions come.
pub struct DiscordBot {
    client: Arc<RestClient>,
    turns: Arc<RunningTurns<DiscordChat>>,
    key: Option<PublicKey>,
    gateway: bool,
    /// Whether all shards of the gateway are connected.
    connected: Arc<AtomicBool>,
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
        client: Arc<RestClient>,
        settings: &DiscordSettings,
        asking: Arc<AnswerLimiter>,
        operations: Arc<Operations>,
    ) -> Result<Arc<Self>> {
        let key = settings.public_key.as_deref().map(PublicKey::read).transpose()?;
        let platform = Arc::new(DiscordChat::new(Arc::clone(&client)));
        let how = (settings.theme, settings.patience);
        let turns = RunningTurns::new(Conversation::new(platform, (asking, operations), settings.grants.clone(), how));
        Ok(Arc::new(Self { client, turns, key, gateway: settings.gateway, connected: Arc::default() }))
    }

    /// Answers those to whom `grants` give something from now on.
    pub fn let_in(&self, grants: Grants) {
        self.turns.conversation().let_in(grants);
    }

    /// How it goes, as numbers.
    pub fn measured(&self) -> Vec<(SurfaceMetric, u64)> {
        let Health { connected, stopped, refusals, dropped } = self.health();
        let connected = connected.map(|connected| (CONNECTED, u64::from(connected)));
        let rest = [(STOPPED, u64::from(stopped)), (REFUSALS, refusals as u64), (DROPPED, dropped)];
        connected.into_iter().chain(rest).collect()
    }

    /// How it goes.
    pub fn health(&self) -> Health {
        Health {
            connected: self.gateway.then(|| self.connected.load(Ordering::Relaxed)),
            stopped: self.client.stopped().is_some(),
            refusals: self.client.refusals(),
            dropped: self.turns.dropped(),
        }
    }

    fn events(&self) -> GatewayEvents {
        let (client, turns, connected) = (Arc::clone(&self.client), Arc::clone(&self.turns), Arc::clone(&self.connected));
        GatewayEvents { client, turns, connected }
    }

    /// Keeps the gateway connected where that is configured, until `stopped`; then lets running answers end.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        if self.gateway {
            gateway::keep_connected(&self.events(), &mut stopped).await;
        }
        stop_asked(&mut stopped).await;
        self.turns.finish().await;
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
