//! What of the configuration is Discord's? `[discord]` and its grants, without which nobody is answered; channels and webhooks as destinations.

use std::{num::NonZeroU64, sync::Arc};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    channels::name_of,
    settings::{DiscordSettings, PREFIX},
    snowflake::snowflake,
    webhook::DiscordWebhook,
};
use crate::{
    access::{
        Tenants,
        chat::{ChatGrant, Grants},
    },
    ask::Theme,
    config::{
        Config, ConfigReader, ConfigSection, DestinationKind, DestinationReach, RoomNames, SectionPlace, SectionReader, SectionSettings,
        at_address, grant,
        keys::{ConfigKey, ROLES, ROOT, TENANTS, file, flag, secret, text, text_or},
        root,
    },
};

const SNOWFLAKE: &str = "an id of 17 to 20 digits, as Discord's Copy ID gives it";

/// The section of the bot.
pub(super) const SECTION: ConfigSection = ConfigSection {
    name: "discord",
    keys: &[
        text("discord.application_id", SNOWFLAKE, "The id of scorewatch's own application in Discord; with it, the bot runs."),
        text(
            "discord.public_key",
            "64 hexadecimal digits, as the developer portal shows them",
            "The public key of that application, which calls to `/discord/interactions` are checked with.",
        ),
        secret("discord.token", "The token of its bot."),
        file("discord.token_file", "A file that holds the token."),
        flag(
            "discord.http_only",
            "Questions come as calls to `/discord/interactions` only, and no connection to Discord's gateway is kept; for several replicas. Needs `public_key`.",
        ),
        text(
            "discord.proxy",
            ROOT,
            "A proxy for Discord's API that keeps its rate limits, such as one that several programs share. The token travels there.",
        ),
        text_or("discord.picture", "dark or light", "dark", "The colours of trend pictures: those of most people's Discord."),
        text(
            "discord.grants.NAME.guild",
            SNOWFLAKE,
            "The server that this grant is for. Without one it is for direct messages of its `user`.",
        ),
        text(
            "discord.grants.NAME.channel",
            SNOWFLAKE,
            "The channel of the server, with its threads. All who read there see only what grants that name it show.",
        ),
        text("discord.grants.NAME.member_role", SNOWFLAKE, "The role that a member of the server must have."),
        text("discord.grants.NAME.user", SNOWFLAKE, "The one user that it is for."),
        text_or("discord.grants.NAME.role", ROLES, "reader", "The role that it gives. Of several that match, the highest applies."),
        text("discord.grants.NAME.tenants", TENANTS, "The tenants that it shows."),
    ],
    place: SectionPlace::WhoAsks,
    grant_example: Some("contoso"),
    at_start: &[
        "discord.application_id",
        "discord.public_key",
        "discord.token",
        "discord.token_file",
        "discord.http_only",
        "discord.proxy",
        "discord.picture",
    ],
    is_built_at_start: true,
    rooms: Some(RoomNames {
        prefix: PREFIX,
        is_id: |id| snowflake(id).is_some(),
        help: "discord: and the id of a channel",
        unconfigured: ("is a channel of Discord, and there is no bot", "Add [discord], or name one of [destinations]"),
    }),
    read: |reader| Some(Arc::new(read(reader)?)),
    check,
};

/// A channel, through the bot.
pub(super) const CHANNEL: DestinationKind = DestinationKind {
    keys: CHANNEL_KEYS,
    needs: &[("channel", "A discord needs it")],
    has_granted_readers: true,
    section: Some(("discord", "is discord, and there is no bot", "Add [discord], or use a discord_webhook")),
    read: |section, _| Some(channel(section.text("channel", |text| snowflake(text).map(NonZeroU64::get))?)),
    ..DestinationKind::named("discord")
};
const CHANNEL_KEYS: &[ConfigKey] = &[text(
    "destinations.NAME.channel",
    SNOWFLAKE,
    "The channel (`discord`). A grant says who reads there, so `role` and `tenants` are not given.",
)];

/// A channel, through a webhook of it.
pub(super) const WEBHOOK: DestinationKind = DestinationKind {
    has_address: true,
    read: |_, url| at_address(url, |url| Ok(Arc::new(DiscordWebhook::new(url)?))),
    ..DestinationKind::named("discord_webhook")
};

impl SectionSettings for DiscordSettings {
    fn granted(&self) -> Vec<&Tenants> {
        self.grants.0.iter().map(|grant| &grant.tenants).collect()
    }
}

fn channel(channel: u64) -> DestinationReach {
    let ungranted = format!(
        "no grant says who reads channel {channel}. Add a [discord.grants.NAME] with that channel, and with neither member_role nor user."
    );
    DestinationReach::Room { name: name_of(channel), ungranted }
}

fn check(reader: &mut ConfigReader, config: &Config) {
    if config.settings::<DiscordSettings>().is_some_and(|discord| discord.grants.0.is_empty()) {
        reader.warn("discord", "grants nobody access", "Say who may ask what in a section such as [discord.grants.contoso]");
    }
}

/// The section of all grants.
const GRANTS: [&str; 2] = ["discord", "grants"];
const PUBLIC_KEY_DIGITS: usize = 64;

fn read(reader: &mut ConfigReader) -> Option<DiscordSettings> {
    let names = reader.names(&GRANTS);
    let grants: Vec<Option<ChatGrant>> = names.iter().map(|name| one(reader.section(&[GRANTS[0], GRANTS[1], name]), name)).collect();
    let mut section = reader.section(&["discord"]);
    if !section.has("application_id") {
        section.missing("application_id", "General Information in Discord's developer portal shows it");
    }
    if !section.has_secret("token") {
        section.error_here("has no token", "Give it token or token_file; Bot > Reset Token in the developer portal shows one, once");
    }
    let http_only = section.flag("http_only");
    if http_only && !section.has("public_key") {
        section.missing("public_key", "http_only needs it: General Information in the developer portal shows it");
    }
    let application_id = section.text("application_id", |text| snowflake(text).map(NonZeroU64::get));
    let public_key = section.text("public_key", public_key);
    let token = token(&mut section);
    let proxy = section.text("proxy", root);
    let theme = section.text("picture", |text| match text {
        "dark" => Some(Theme::Dark),
        "light" => Some(Theme::Light),
        _ => None,
    });
    let grants = Grants(grants.into_iter().collect::<Option<_>>()?);
    let (theme, gateway) = (theme?, !http_only);
    Some(DiscordSettings { public_key, gateway, proxy, grants, theme, ..DiscordSettings::new(application_id?, token?) })
}

fn one(mut section: SectionReader<'_>, name: &str) -> Option<ChatGrant> {
    grant::check_name(&mut section, name);
    let has_guild = section.has("guild");
    for key in ["channel", "member_role"] {
        if section.has(key) && !has_guild {
            section.error(key, "is given without guild", "Give the id of the server that it belongs to too");
        }
    }
    if !["guild", "channel", "member_role", "user"].into_iter().any(|key| section.has(key)) {
        section.error_here("is for nobody", "Give it the id of a server as guild, or of a user alone for direct messages");
    }
    let [space, room, group, user] = ["guild", "channel", "member_role", "user"].map(|key| section.text(key, id));
    if space.is_some() && space == group {
        section.error("member_role", "is the guild's own id", "That is everybody's role, which no member is said to have: remove it");
    }
    let (role, tenants) = grant::gives(&mut section)?;
    Some(ChatGrant { space, room, group, user, role, tenants })
}

fn token(section: &mut SectionReader<'_>) -> Option<SecretString> {
    let token = section.secret("token")?;
    if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        let key = if section.has("token") { "token" } else { "token_file" };
        section.error(key, "holds no token", "A bot's token is one word; write it alone, without Bot before it");
    }
    Some(token)
}

/// An id as Discord writes it.
fn id(text: &str) -> Option<String> {
    snowflake(text).map(|id| id.to_string())
}

fn public_key(text: &str) -> Option<String> {
    let hexadecimal = text.len() == PUBLIC_KEY_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| text.to_ascii_lowercase())
}
