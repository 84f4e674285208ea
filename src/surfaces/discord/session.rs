//! How long does one session of the gateway last? Until we stop, Discord ends it, or it stays unconnected for too long.
//!
//! serenity reconnects and resumes by itself. It does so in tasks that nobody can end, some of which go round without a pause
//! after a socket has closed, and it identifies again and again without looking at what is allowed. So each session has a
//! runtime of its own, which goes with it, and is watched from outside.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use serenity::{
    all::{
        BotGateway, ConnectionStage, Context, EventHandler, GatewayError, GatewayIntents, Interaction, Ready, ResumedEvent, ShardManager,
        ShardManagerOptions, ShardStageUpdateEvent,
    },
    async_trait,
    futures::channel::mpsc::UnboundedReceiver,
};
use tokio::{
    runtime::{Handle, Runtime},
    sync::{mpsc, watch},
    time::{Instant, interval, timeout},
};

use super::{arrival::arrival, chat_platform::DiscordChat, refusal::DEAD_TOKEN, rest_client::RestClient};
use crate::{
    chat::RunningTurns,
    error::{Error, Result},
};

/// How long shards may be without a connection: serenity identifies every five seconds, and then one shard at a time.
const UNCONNECTED_MAX: Duration = Duration::from_mins(1);
const BETWEEN_SHARDS: Duration = Duration::from_secs(6);
/// How often the shards are looked at within that time.
const LOOKS: u32 = 12;
/// How long the farewell may take. serenity waits up to 5 seconds for each shard.
const FAREWELL_MAX: Duration = Duration::from_secs(6);

/// Where what the gateway says goes.
#[derive(Clone)]
pub(super) struct GatewayEvents {
    /// The connection whose token it is.
    pub client: Arc<RestClient>,
    /// Who answers interactions.
    pub turns: Arc<RunningTurns<DiscordChat>>,
    /// Whether all shards are connected.
    pub connected: Arc<AtomicBool>,
}

/// Ends when a stop is asked for, or when nobody is left who could.
pub(super) async fn stop_asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// How a session came to its end.
pub(super) enum SessionEnd {
    /// We stop.
    Stopped,
    /// Discord does not want this bot, as the sentence says; trying again makes no sense.
    Refused(String),
    /// Anything else; trying again does.
    Lost,
}

/// A session with all its shards.
pub(super) struct GatewaySession {
    manager: Arc<ShardManager>,
    ended: UnboundedReceiver<Result<(), GatewayError>>,
    identified: mpsc::UnboundedReceiver<()>,
    shards: u32,
    unconnected_max: Duration,
    identifications_max: u64,
    /// For whoever wants to know: whether all shards are connected.
    connected: Arc<AtomicBool>,
    runtime: Option<Runtime>,
}

impl Drop for GatewaySession {
    fn drop(&mut self) {
        self.connected.store(false, Ordering::Relaxed);
        // Everything that serenity began ends here, and does not keep us waiting.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl GatewaySession {
    /// Begins a session at the gateway that was `found`. After `spare` identifications more than it has shards it is
    /// [`SessionEnd::Lost`], so that how many are left is looked at again.
    pub fn begin(events: &GatewayEvents, found: &BotGateway, spare: u64) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("discord-gateway")
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        let (tell, identified) = mpsc::unbounded_channel();
        let handler = Handler { events: events.clone(), home: Handle::current(), identified: tell, only: found.shards == 1 };
        let options = ShardManagerOptions {
            data: Arc::default(),
            event_handlers: vec![Arc::new(handler)],
            raw_event_handlers: Vec::new(),
            shard_index: 0,
            shard_init: found.shards,
            shard_total: found.shards,
            ws_url: Arc::new(found.url.trim_end_matches('/').to_owned().into()),
            http: events.client.http(),
            // Interactions come without any: https://docs.discord.com/developers/events/gateway#gateway-intents
            intents: GatewayIntents::empty(),
            presence: None,
        };
        let (manager, ended) = {
            let _within = runtime.enter();
            ShardManager::new(options)
        };
        manager.initialize().map_err(Error::internal)?;
        let identifications_max = spare.saturating_add(found.shards.into());
        let unconnected_max = UNCONNECTED_MAX + BETWEEN_SHARDS.saturating_mul(found.shards);
        Ok(Self {
            manager,
            ended,
            identified,
            shards: found.shards,
            unconnected_max,
            identifications_max,
            connected: Arc::clone(&events.connected),
            runtime: Some(runtime),
        })
    }

    /// Waits until it is over.
    pub async fn lasts(&mut self, stopped: &mut watch::Receiver<bool>) -> SessionEnd {
        let (mut connected, mut identifications) = (Instant::now(), 0);
        let mut look = interval(self.unconnected_max / LOOKS);
        loop {
            tokio::select! {
                () = stop_asked(stopped) => return SessionEnd::Stopped,
                ended = self.ended.next() => return end(ended.as_ref()),
                Some(()) = self.identified.recv() => {
                    identifications += 1;
                    if identifications > self.identifications_max {
                        return SessionEnd::Lost;
                    }
                }
                _ = look.tick() => {
                    let now = self.is_connected().await;
                    self.connected.store(now, Ordering::Relaxed);
                    if now {
                        connected = Instant::now();
                    } else if connected.elapsed() > self.unconnected_max {
                        return SessionEnd::Lost;
                    }
                }
            }
        }
    }

    /// Says farewell to the gateway, and ends what is left.
    pub async fn close(self) {
        if timeout(FAREWELL_MAX, self.manager.shutdown_all()).await.is_err() {
            tracing::debug!("Discord's gateway did not answer the farewell in time");
        }
    }

    async fn is_connected(&self) -> bool {
        let shards = self.manager.runners.lock().await;
        let connected = shards.values().filter(|shard| shard.stage == ConnectionStage::Connected).count();
        connected == self.shards as usize
    }
}

/// What serenity says at the end of all shards. Discord's close codes 4004, 4013 and 4014 come here:
/// <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>.
fn end(ended: Option<&Result<(), GatewayError>>) -> SessionEnd {
    match ended {
        Some(Err(GatewayError::InvalidAuthentication)) => SessionEnd::Refused(DEAD_TOKEN.to_owned()),
        Some(Err(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents)) => SessionEnd::Refused(
            "Discord's gateway does not take the bot as it identifies itself. It is stopped; a newer scorewatch may know better."
                .to_owned(),
        ),
        Some(_) | None => SessionEnd::Lost,
    }
}

/// What becomes of events.
struct Handler {
    events: GatewayEvents,
    /// The runtime of all else, which does not end with the session.
    home: Handle,
    identified: mpsc::UnboundedSender<()>,
    /// Whether there is one shard only, so that it speaks for all.
    only: bool,
}

impl Handler {
    /// A shard is connected. Where there are several, the next look says whether all are.
    fn is_back(&self) {
        if self.only {
            self.events.connected.store(true, Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl EventHandler for Handler {
    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let _home = self.home.enter();
        if let Some((incoming, intent)) = arrival(&interaction) {
            self.events.turns.answer(incoming, intent);
        }
    }

    async fn ready(&self, _: Context, ready: Ready) {
        let shard = ready.shard.map_or(0, |shard| shard.id.0);
        tracing::info!(bot = ready.user.name, shard, guilds = ready.guilds.len(), "connected to Discord");
        self.is_back();
        let _ = self.identified.send(());
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.is_back();
        tracing::info!("connected to Discord again");
    }

    async fn shard_stage_update(&self, _: Context, event: ShardStageUpdateEvent) {
        if event.new != ConnectionStage::Connected {
            self.events.connected.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;
    use crate::surfaces::discord::tests::discord;

    #[tokio::test]
    async fn a_gateway_that_never_speaks_is_given_up_and_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (discord, _directory) = discord(&format!("http://{address}")).await;
        let limit = serde_json::json!({ "remaining": 1000, "reset_after": 0, "total": 1000, "max_concurrency": 1 });
        let found = serde_json::json!({ "url": format!("ws://{address}"), "shards": 1, "session_start_limit": limit });
        let found: BotGateway = serde_json::from_value(found).unwrap();
        let mut session = GatewaySession::begin(&discord.events(), &found, 50).unwrap();
        session.unconnected_max = Duration::from_millis(300);
        let (mut socket, _) = listener.accept().await.unwrap();
        let (_stop, mut stopped) = watch::channel(false);
        assert!(matches!(session.lasts(&mut stopped).await, SessionEnd::Lost));
        drop(session);
        let mut sent = Vec::new();
        timeout(Duration::from_secs(10), socket.read_to_end(&mut sent)).await.expect("the connection is left").unwrap();
        assert!(sent.starts_with(b"GET /?v="), "{}", String::from_utf8_lossy(&sent));
        assert!(timeout(Duration::from_millis(200), listener.accept()).await.is_err(), "and no other one is made");
    }

    #[test]
    fn only_what_cannot_be_helped_is_an_end_for_good() {
        for refused in [GatewayError::InvalidAuthentication, GatewayError::InvalidGatewayIntents, GatewayError::DisallowedGatewayIntents] {
            assert!(matches!(end(Some(&Err(refused))), SessionEnd::Refused(_)));
        }
        for other in [None, Some(&Ok(())), Some(&Err(GatewayError::ReconnectFailure))] {
            assert!(matches!(end(other), SessionEnd::Lost));
        }
    }
}
