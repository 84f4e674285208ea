//! How is the bot met by the rest of the program? As a surface that runs, and as rooms that are posted into; both speak with Discord over one client.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use axum::Router;
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::watch;

use super::{Channels, DiscordBot, DiscordSettings, Endpoint, gateway, session::stop_asked, settings::PLATFORM};
use crate::{
    access::chat::Grants,
    ask::Ask,
    chat::ChatOwners,
    config::Sections,
    error::Result,
    posting::Owners,
    surfaces::surface::{ChatRooms, RunningSurface, StartSurface, SurfaceContext},
    telemetry::SurfaceMetric,
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
/// What the bot measures of itself.
pub(super) const METRICS: &[SurfaceMetric] = &[CONNECTED, STOPPED, REFUSALS, DROPPED];

/// The rooms of the bot, where one is configured; `ask` saves the questions of buttons.
pub(super) fn rooms(sections: &Sections, ask: &Arc<Ask>) -> Option<Arc<dyn ChatRooms>> {
    let settings: &DiscordSettings = sections.get()?;
    Some(Arc::new(Channels::new(settings.clone(), Arc::clone(ask))))
}

/// Who may ask; nobody where there is no bot any more.
fn grants(sections: &Sections) -> Grants {
    sections.get().map(|DiscordSettings { grants, .. }| grants.clone()).unwrap_or_default()
}

impl ChatRooms for Channels {
    fn owners(&self) -> (&'static str, Arc<dyn Owners>) {
        (PLATFORM, Arc::new(ChatOwners::new(PLATFORM, self.settings().grants.clone(), Arc::new(self.clone()))))
    }

    fn regranted(&self, sections: &Sections) -> Arc<dyn ChatRooms> {
        Arc::new(self.with_grants(grants(sections)))
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channels").field(self.settings()).finish()
    }
}

/// Over the client that posts go through: Discord's limits are for the bot, whoever speaks through it.
impl StartSurface for Channels {
    fn start(&self, context: &SurfaceContext) -> Result<Arc<dyn RunningSurface>> {
        let (asking, operations) = (Arc::clone(&context.asking), Arc::clone(&context.operations));
        Ok(DiscordBot::over(self.client()?, self.settings(), asking, operations)?)
    }
}

/// Over a client of its own.
impl StartSurface for DiscordSettings {
    fn start(&self, context: &SurfaceContext) -> Result<Arc<dyn RunningSurface>> {
        Ok(DiscordBot::new(self, Arc::clone(&context.asking), Arc::clone(&context.operations))?)
    }
}

impl RunningSurface for DiscordBot {
    fn routes(&self) -> Router {
        let Some(key) = self.key.clone() else { return Router::new() };
        Endpoint::routes(Arc::clone(&self.turns), key, Arc::clone(&self.view))
    }

    fn measured(&self) -> Vec<(SurfaceMetric, u64)> {
        let connected = self.gateway.then(|| (CONNECTED, u64::from(self.connected.load(Ordering::Relaxed))));
        let stopped = (STOPPED, u64::from(self.client.stopped().is_some()));
        let refusals = (REFUSALS, self.client.refusals() as u64);
        connected.into_iter().chain([stopped, refusals, (DROPPED, self.turns.dropped())]).collect()
    }

    fn reload(&self, sections: &Sections) {
        self.turns.conversation().replace_grants(grants(sections));
    }

    /// Keeps the gateway connected where that is configured.
    fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) -> BoxFuture<'static, ()> {
        async move {
            if self.gateway {
                gateway::keep_connected(&self.events(), &mut stopped).await;
            }
            stop_asked(&mut stopped).await;
            self.turns.finish().await;
        }
        .boxed()
    }
}
