//! What does Discord send? READY, and interactions with every member that the documentation promises.
//!
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{APP, GUILD, world};

/// Where somebody is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub guild: Option<u64>,
    pub channel: u64,
    /// The channel of a thread.
    pub parent: Option<u64>,
}

/// Who somebody is there.
#[derive(Clone, Debug)]
pub struct Identity {
    pub user: u64,
    pub name: String,
    pub roles: Vec<u64>,
    pub permissions: u64,
}

/// READY (<https://docs.discord.com/developers/events/gateway-events#ready>).
pub fn ready(session: &str, socket: SocketAddr) -> Value {
    json!({
        "v": 10, "session_id": session, "resume_gateway_url": format!("ws://{socket}"), "shard": [0, 1], "user": world::bot(),
        "guilds": [{ "id": GUILD.to_string(), "unavailable": true }], "application": { "id": APP.to_string(), "flags": 0 },
        "private_channels": [], "presences": [], "relationships": [], "user_settings": {}, "geo_ordered_rtc_regions": [],
    })
}

/// What a message says of the interaction that it answers; `source` is the message that was pressed, `opener` what is said of
/// the interaction that opened a modal
/// (<https://docs.discord.com/developers/resources/message#message-interaction-metadata-object>).
pub fn metadata(kind: u64, id: u64, (place, who): (&Place, &Identity), source: Option<u64>, opener: Option<Value>) -> Value {
    let owner = place.guild.unwrap_or_default().to_string();
    let mut metadata = json!({ "id": id.to_string(), "type": kind, "user": user(who.user, &who.name),
        "authorizing_integration_owners": { "0": owner } });
    if kind == 3 {
        metadata["interacted_message_id"] = json!(source.map(|source| source.to_string()));
    }
    if let Some(opener) = opener {
        metadata["triggering_interaction_metadata"] = opener;
    }
    metadata
}

/// PING, with which Discord tries an endpoint out.
pub fn ping(id: u64) -> Value {
    json!({ "id": id.to_string(), "application_id": APP.to_string(), "type": 1, "token": format!("{}{id}xping", world::TOKEN_START),
        "version": 1, "user": user(APP, "discord"), "entitlements": [], "authorizing_integration_owners": {}, "context": 0,
        "attachment_size_limit": 10_485_760 })
}

/// An interaction of any kind.
pub fn interaction(kind: u64, id: u64, token: &str, (place, who): (&Place, &Identity), data: &Value) -> Value {
    let mut interaction = json!({
        "id": id.to_string(), "application_id": APP.to_string(), "type": kind, "token": token, "version": 1,
        "channel_id": place.channel.to_string(), "channel": channel(place, who), "data": data, "locale": "en-US", "entitlements": [],
        "app_permissions": "562949953601536", "attachment_size_limit": 10_485_760,
    });
    if let Some(guild) = place.guild {
        interaction["guild_id"] = json!(guild.to_string());
        interaction["guild"] = json!({ "id": guild.to_string(), "locale": "en-US", "features": [] });
        interaction["guild_locale"] = json!("en-US");
        interaction["context"] = json!(0);
        interaction["authorizing_integration_owners"] = json!({ "0": guild.to_string() });
        interaction["member"] = member(who);
    } else {
        interaction["context"] = json!(1);
        interaction["authorizing_integration_owners"] = json!({ "0": "0" });
        interaction["user"] = user(who.user, &who.name);
    }
    interaction
}

fn channel(place: &Place, who: &Identity) -> Value {
    let id = place.channel.to_string();
    match (place.guild, place.parent) {
        (None, _) => json!({ "id": id, "type": 1, "flags": 0, "last_message_id": null, "recipients": [user(who.user, &who.name)] }),
        (Some(guild), None) => json!({ "id": id, "type": 0, "guild_id": guild.to_string(), "name": "security", "nsfw": false,
            "parent_id": null, "permissions": who.permissions.to_string(), "position": 1, "rate_limit_per_user": 0, "topic": null,
            "flags": 0, "last_message_id": null }),
        (Some(guild), Some(parent)) => json!({ "id": id, "type": 11, "guild_id": guild.to_string(), "name": "a thread",
            "parent_id": parent.to_string(), "permissions": who.permissions.to_string(), "owner_id": who.user.to_string(),
            "rate_limit_per_user": 0, "flags": 0, "last_message_id": null, "message_count": 1, "member_count": 1,
            "thread_metadata": { "archived": false, "auto_archive_duration": 1440, "archive_timestamp": "2026-11-21T12:00:00+00:00",
                "create_timestamp": "2026-11-21T12:00:00+00:00", "locked": false } }),
    }
}

/// Somebody, as everybody may know them.
pub fn user(id: u64, name: &str) -> Value {
    json!({ "id": id.to_string(), "username": name, "discriminator": "0", "global_name": name, "avatar": null, "bot": false,
        "public_flags": 0, "avatar_decoration_data": null, "clan": null, "primary_guild": null, "collectibles": null })
}

pub fn member(who: &Identity) -> Value {
    json!({ "user": user(who.user, &who.name), "roles": who.roles.iter().map(u64::to_string).collect::<Vec<_>>(), "nick": null,
        "avatar": null, "banner": null, "premium_since": null, "permissions": who.permissions.to_string(), "pending": false,
        "mute": false, "deaf": false, "joined_at": "2024-01-01T00:00:00+00:00", "communication_disabled_until": null, "flags": 0 })
}
