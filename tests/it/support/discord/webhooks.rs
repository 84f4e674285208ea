//! What does a webhook of a channel take? Messages of nobody's application, by whoever knows its address.
//!
//! <https://docs.discord.com/developers/resources/webhook>

use serde_json::Value;

use super::{
    answers,
    rest::{Asking, Reply},
    world::{Message, World},
};

const SUPPRESS_EMBEDS: u64 = 1 << 2;
const QUIET: u64 = 1 << 12;

/// A request to a webhook with this id and token; `None` when nobody made one with this id.
pub fn ask(world: &World, asking: &Asking, id: &str, token: &str, rest: &[&str]) -> Option<Reply> {
    let channel = world.with(|state| state.webhooks.get(id).map(|(own, channel)| (own == token).then_some(*channel)))?;
    let Some(channel) = channel else { return Some(Reply::refused(401, 50027, "Invalid Webhook Token")) };
    // "Application-owned webhooks can always send components. Non-application-owned webhooks … non-interactive components" only.
    if asking.body["components"].as_array().is_some_and(|rows| !rows.is_empty()) {
        world.fault(format!("{}: a webhook of no application has nothing to press", asking.place()));
    }
    Some(match (asking.method.as_str(), rest) {
        ("POST", []) => post(world, asking, id, channel),
        ("PATCH", ["messages", message]) => {
            let own =
                |id: &u64| world.with(|state| state.messages.get(id).is_some_and(|message| message.webhook.as_deref() == Some(token)));
            match message.parse().ok().filter(own) {
                Some(message) => answers::change(world, asking, message),
                None => Reply::refused(404, 10008, "Unknown Message"),
            }
        }
        _ => Reply::refused(405, 0, "405: Method Not Allowed"),
    })
}

fn post(world: &World, asking: &Asking, id: &str, channel: u64) -> Reply {
    let token = world.with(|state| state.webhooks.get(id).map(|(token, _)| token.clone()));
    let message = Message { webhook: token, ..answers::blank(channel, None) };
    let waits = asking.query.split('&').any(|pair| pair == "wait=true");
    match answers::create(world, asking, (SUPPRESS_EMBEDS | QUIET, &["username", "avatar_url", "thread_name", "applied_tags"]), message) {
        Ok((_, json)) if waits => Reply::json(json),
        Ok(_) => Reply::nothing(),
        Err(refused) => refused,
    }
}

/// `GET /guilds/GUILD/members/USER` (<https://docs.discord.com/developers/resources/guild#get-guild-member>).
pub fn member(world: &World, guild: &str, user: &str) -> Reply {
    let found: Option<Value> = world.with(|state| {
        let (guild, user) = (guild.parse().ok()?, user.parse().ok()?);
        state.members.get(&(guild, user)).cloned()
    });
    match found {
        _ if guild != super::GUILD.to_string() => Reply::refused(403, 50001, "Missing Access"),
        Some(member) => Reply::json(member),
        None => Reply::refused(404, 10007, "Unknown Member"),
    }
}
