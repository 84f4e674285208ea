//! What must be known to be a bot? Which application, with which token, reached in which way.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Certificate, Url};
use secrecy::SecretString;

use crate::{access::chat::Grants, ask::Theme};

/// How long an answer may take at once: half of [`super::limits::FIRST_ANSWER`], so that the way there has as much.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Its name in metrics and logs, before the ids of those who ask here and of channels.
pub(super) const PLATFORM: &str = "discord";
/// How the ids of those begin who ask here, and the names of channels as destinations.
pub(super) const PREFIX: &str = "discord:";

/// How scorewatch is connected to Discord.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// The application's id.
    pub application_id: u64,
    /// The bot's token.
    pub token: SecretString,
    /// The key by which Discord signs its calls, in hexadecimal; without it nobody may call us.
    pub public_key: Option<String>,
    /// Whether to connect to the gateway. Discord gives each interaction to every connection of a bot, so that of
    /// several replicas only one may.
    pub gateway: bool,
    /// The root of a proxy for Discord's REST API that keeps the rate limits itself.
    pub proxy: Option<Url>,
    /// Who may ask, and where.
    pub grants: Grants,
    /// The colours of pictures.
    pub theme: Theme,
    /// How long an answer may take before it is acknowledged, to be given later.
    pub patience: Duration,
    /// Another way to discord.com, for tests.
    pub detour: Option<Detour>,
}

/// Somewhere that stands in for discord.com.
#[derive(Debug, Clone)]
pub struct Detour {
    /// Where it is.
    pub address: SocketAddr,
    /// Who vouches for it.
    pub root: Certificate,
}

impl DiscordSettings {
    /// A bot that connects to the gateway of Discord itself, and that nobody may ask yet.
    pub fn new(application_id: u64, token: SecretString) -> Self {
        let (public_key, proxy, detour) = (None, None, None);
        let grants = Grants::default();
        Self { application_id, token, public_key, gateway: true, proxy, grants, theme: Theme::Dark, patience: PATIENCE, detour }
    }
}
