//! What becomes of answers? Callbacks, `@original`, follow-ups and posts, with Discord's rules about time and visibility.
//!
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    limits::{self, Check, Draft},
    limits_commands, limits_components,
    rest::{Asking, Reply},
    world::{Callback, Channel, File, Interaction, Message, World},
};

const EPHEMERAL: u64 = 1 << 6;
const SUPPRESS_EMBEDS: u64 = 1 << 2;
const QUIET: u64 = 1 << 12;

/// `POST /interactions/ID/TOKEN/callback`.
pub fn callback(world: &World, asking: &Asking, id: &str, token: &str) -> Reply {
    let unknown = || Reply::refused(404, 10062, "Unknown interaction");
    let now = Instant::now();
    let found = world.with(|state| {
        let deadline = state.deadline;
        let interaction = id.parse().ok().and_then(|id: u64| state.interactions.get(&id)).filter(|found| found.token == token)?;
        let late = now.duration_since(interaction.sent) > deadline;
        Some((interaction.first.is_some(), late, interaction.kind, interaction.source, interaction.completes))
    });
    let Some((answered, late, asked, source, completes)) = found else { return unknown() };
    if answered {
        return Reply::refused(400, 40060, "Interaction has already been acknowledged.");
    }
    if late {
        return unknown();
    }
    let kind = asking.body["type"].as_u64().unwrap_or_default();
    let mut check = Check::default();
    check.known("", &asking.body, &["type", "data"]);
    let kept = source.filter(|_| kind == 7).map(|source| kept(world, source, &asking.body["data"])).unwrap_or_default();
    data(&mut check, asking, (kind, asked, source.is_some(), completes), &kept);
    if let Some(refused) = asking.judged(world, &check) {
        return refused;
    }
    let data = &asking.body["data"];
    if matches!(kind, 4 | 7) && is_empty(world, source.filter(|_| kind == 7), data, &asking.files) {
        world.fault(format!("{}: an empty message", asking.place()));
        return Reply::refused(400, 50006, "Cannot send an empty message");
    }
    let id = id.parse().unwrap();
    if !answer(world, id, Callback { kind, after: Duration::default(), data: data.clone() }, &asking.files, now) {
        return Reply::refused(400, 40060, "Interaction has already been acknowledged.");
    }
    Reply::nothing()
}

/// Whether a kind of answer fits what was asked, and its data.
fn data(check: &mut Check, asking: &Asking, (kind, asked, on_message, completes): (u64, u64, bool, u64), kept: &[File]) {
    let data = &asking.body["data"];
    let fits = match kind {
        1 => asked == 1,
        4 | 5 => matches!(asked, 2 | 3 | 5),
        6 | 7 => matches!(asked, 3 | 5) && on_message,
        8 => asked == 4,
        9 => matches!(asked, 2 | 3),
        _ => false,
    };
    if !fits {
        check.error("type", "INTERACTION_TYPE", format!("a callback of type {kind} is no answer to an interaction of type {asked}"));
        return;
    }
    match kind {
        4 => {
            let flags = EPHEMERAL | SUPPRESS_EMBEDS | QUIET;
            limits::message(check, &Draft { body: data, at: "data", more: &[], flags, files: &asking.files, kept: &[] });
        }
        7 => {
            limits::message(check, &Draft { body: data, at: "data", more: &[], flags: SUPPRESS_EMBEDS, files: &asking.files, kept });
        }
        5 => {
            // serenity writes an empty list of attachments, which says nothing.
            let says = |(name, value): (&String, &Value)| name != "flags" && *value != json!([]);
            if data.as_object().is_some_and(|members| members.iter().any(says))
                || data["flags"].as_u64().unwrap_or_default() & !EPHEMERAL != 0
            {
                check.odd("data", &format!("a deferral has the flag EPHEMERAL at most, and here is {data}"));
            }
        }
        8 => {
            check.known("data", data, &["choices"]);
            limits_commands::choices(check, "data.choices", &data["choices"], completes);
        }
        9 => limits_components::modal(check, "data", data),
        _ => {}
    }
}

/// Keeps the first answer. False if another one was quicker.
fn answer(world: &World, id: u64, callback: Callback, files: &[File], now: Instant) -> bool {
    let new = world.id();
    let ids = Ids(world);
    world.change(|state| {
        let Some(interaction) = state.interactions.get_mut(&id).filter(|interaction| interaction.first.is_none()) else { return false };
        let only = (callback.data["flags"].as_u64().unwrap_or_default() & EPHEMERAL != 0).then_some(interaction.person);
        match callback.kind {
            4 | 5 => {
                let mut message = blank(interaction.channel, only);
                message.metadata = interaction.metadata.clone();
                message.loading = callback.kind == 5;
                apply(&mut message, &callback.data, files, &ids);
                state.messages.insert(new, message);
                interaction.original = Some(new);
            }
            6 => interaction.original = interaction.source,
            7 => {
                interaction.original = interaction.source;
                let message = interaction.source.and_then(|source| state.messages.get_mut(&source));
                if let Some(message) = message {
                    edit(message, &callback.data, files, &ids);
                }
            }
            _ => {}
        }
        interaction.first = Some(Callback { after: now.duration_since(interaction.sent), ..callback });
        true
    })
}

/// Gives files their ids.
struct Ids<'a>(&'a World);

pub(super) fn blank(channel: u64, only: Option<u64>) -> Message {
    Message {
        channel,
        only,
        webhook: None,
        answers: None,
        loading: false,
        content: String::new(),
        embeds: Vec::new(),
        components: Vec::new(),
        files: Vec::new(),
        edits: 0,
        nonce: None,
        metadata: Value::Null,
    }
}

/// What a body says becomes what the message says; what it does not name stays.
fn apply(message: &mut Message, body: &Value, files: &[File], ids: &Ids<'_>) {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let named = |name: &str| body.get(name).is_some();
    if named("content") {
        body["content"].as_str().unwrap_or_default().clone_into(&mut message.content);
    }
    if named("embeds") {
        message.embeds = list("embeds");
    }
    if named("components") {
        message.components = list("components");
    }
    let entries = list("attachments");
    let entry = |id: u64| entries.iter().find(|entry| is_of(entry, id));
    if named("attachments") {
        message.files.retain(|file| entry(file.id).is_some());
    }
    for file in files.iter().filter(|file| !named("attachments") || entry(file.id).is_some()) {
        let description = entry(file.id).and_then(|entry| entry["description"].as_str()).map(str::to_owned);
        message.files.push(File { id: ids.0.id(), description, ..file.clone() });
    }
}

/// Whether an entry of `attachments` means this file: ids are texts, those of new files may be numbers.
fn is_of(entry: &Value, id: u64) -> bool {
    entry["id"].as_u64().or_else(|| entry["id"].as_str()?.parse().ok()) == Some(id)
}

fn edit(message: &mut Message, body: &Value, files: &[File], ids: &Ids<'_>) {
    message.edits += usize::from(!message.loading);
    message.loading = false;
    apply(message, body, files, ids);
}

/// The files of a message that an edit leaves where they are.
fn kept(world: &World, message: u64, body: &Value) -> Vec<File> {
    let files = world.with(|state| state.messages.get(&message).map(|message| message.files.clone()).unwrap_or_default());
    let Some(entries) = body["attachments"].as_array() else { return files };
    let listed = |file: &File| entries.iter().any(|entry| is_of(entry, file.id));
    files.into_iter().filter(listed).collect()
}

/// Whether nothing would be left to see.
fn is_empty(world: &World, edited: Option<u64>, body: &Value, files: &[File]) -> bool {
    let old = edited.and_then(|id| world.with(|state| state.messages.get(&id).cloned()));
    let mut message = old.unwrap_or_else(|| blank(0, None));
    apply(&mut message, body, files, &Ids(world));
    message.content.trim().is_empty() && message.embeds.is_empty() && message.components.is_empty() && message.files.is_empty()
}

/// The interaction of a token that may still be used, with what `look` wants of it.
///
/// Within the fifteen minutes, and before a first answer, Discord says 404, and 401 afterwards
/// (<https://github.com/discord/discord-api-docs/issues/6851>).
fn of_token<T>(world: &World, token: &str, look: impl FnOnce(u64, &Interaction) -> T) -> Result<T, Reply> {
    let found = world.with(|state| {
        let life = state.token_life;
        state
            .by_token(token)
            .map(|(id, interaction)| (interaction.sent.elapsed() > life, interaction.first.is_some(), look(id, interaction)))
    });
    match found {
        None | Some((true, ..)) => Err(Reply::refused(401, 50027, "Invalid Webhook Token")),
        Some((_, false, _)) => Err(Reply::refused(404, 10015, "Unknown Webhook")),
        Some((_, _, found)) => Ok(found),
    }
}

/// `POST /webhooks/APPLICATION/TOKEN`.
pub fn follow_up(world: &World, asking: &Asking, token: &str) -> Reply {
    let found = of_token(world, token, |id, interaction| {
        let original = interaction.original;
        let mut metadata = interaction.metadata.clone();
        metadata["original_response_message_id"] = json!(original.map(|original| original.to_string()));
        (id, interaction.person, interaction.channel, original, metadata)
    });
    let (id, person, channel, original, metadata) = match found {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let waiting = original.filter(|original| world.with(|state| state.messages.get(original).is_some_and(|message| message.loading)));
    if let Some(original) = waiting {
        world.fault(format!("{}: a follow-up straight after a deferral edits the deferral, whoever sees that", asking.place()));
        return change(world, asking, original);
    }
    let flags = EPHEMERAL | SUPPRESS_EMBEDS | QUIET;
    let only = (asking.body["flags"].as_u64().unwrap_or_default() & EPHEMERAL != 0).then_some(person);
    match create(world, asking, (flags, &[]), Message { metadata, ..blank(channel, only) }) {
        Ok((new, json)) => {
            world.change(|state| state.interactions.get_mut(&id).unwrap().follow_ups.push(new));
            Reply::json(json)
        }
        Err(refused) => refused,
    }
}

/// What only a bot can say of its own messages.
const BY_A_BOT: [&str; 4] = ["nonce", "enforce_nonce", "message_reference", "sticker_ids"];

/// Makes a message that may have these flags, and these members beside the usual ones.
pub(super) fn create(world: &World, asking: &Asking, (flags, more): (u64, &[&str]), mut message: Message) -> Result<(u64, Value), Reply> {
    let mut check = Check::default();
    limits::message(&mut check, &Draft { body: &asking.body, at: "", more, flags, files: &asking.files, kept: &[] });
    if let Some(refused) = asking.judged(world, &check) {
        return Err(refused);
    }
    if is_empty(world, None, &asking.body, &asking.files) {
        world.fault(format!("{}: an empty message", asking.place()));
        return Err(Reply::refused(400, 50006, "Cannot send an empty message"));
    }
    message.nonce = asking.body.get("nonce").cloned();
    apply(&mut message, &asking.body, &asking.files, &Ids(world));
    let new = world.id();
    let json = message.json(new);
    world.change(|state| state.messages.insert(new, message));
    Ok((new, json))
}

/// `/webhooks/APPLICATION/TOKEN/messages/MESSAGE`: read, edited or removed.
pub fn one(world: &World, asking: &Asking, token: &str, message: &str) -> Reply {
    let unknown = || Reply::refused(404, 10008, "Unknown Message");
    let named = message.parse().ok();
    let found = of_token(world, token, |_, interaction| match named {
        _ if message == "@original" => interaction.original,
        Some(id) if interaction.follow_ups.contains(&id) || interaction.original == Some(id) => Some(id),
        _ => None,
    });
    let id = match found {
        Ok(Some(id)) => id,
        Ok(None) => return unknown(),
        Err(refused) => return refused,
    };
    let Some(json) = world.with(|state| state.messages.get(&id).map(|message| message.json(id))) else { return unknown() };
    match asking.method.as_str() {
        "GET" => Reply::json(json),
        "PATCH" => change(world, asking, id),
        "DELETE" => {
            world.change(|state| state.messages.remove(&id));
            Reply::nothing()
        }
        _ => Reply::refused(405, 0, "405: Method Not Allowed"),
    }
}

/// Edits a message. Who sees it stays as it is, whatever the flags say.
pub(super) fn change(world: &World, asking: &Asking, id: u64) -> Reply {
    let mut check = Check::default();
    let kept = kept(world, id, &asking.body);
    let draft = Draft { body: &asking.body, at: "", more: &[], flags: SUPPRESS_EMBEDS, files: &asking.files, kept: &kept };
    limits::message(&mut check, &draft);
    if let Some(refused) = asking.judged(world, &check) {
        return refused;
    }
    if is_empty(world, Some(id), &asking.body, &asking.files) {
        world.fault(format!("{}: an empty message", asking.place()));
        return Reply::refused(400, 50006, "Cannot send an empty message");
    }
    let ids = Ids(world);
    world.change(|state| match state.messages.get_mut(&id) {
        Some(message) => {
            edit(message, &asking.body, &asking.files, &ids);
            Reply::json(message.json(id))
        }
        None => Reply::refused(404, 10008, "Unknown Message"),
    })
}

/// `POST /channels/CHANNEL/messages`, by the bot itself.
pub fn post(world: &World, asking: &Asking, channel: u64) -> Reply {
    if let Some(refused) = closed(world, channel) {
        return refused;
    }
    let nonce = Some(&asking.body["nonce"]).filter(|nonce| !nonce.is_null() && asking.body["enforce_nonce"] == true);
    let nonce = nonce.map(|nonce| (channel, nonce.to_string()));
    let posted = nonce.as_ref().and_then(|nonce| {
        world.with(|state| state.nonces.get(nonce).and_then(|id| state.messages.get(id).map(|message| message.json(*id))))
    });
    if let Some(posted) = posted {
        return Reply::json(posted);
    }
    let answers = match answered(world, channel, &asking.body["message_reference"]) {
        Ok(answers) => answers,
        Err(refused) => return refused,
    };
    match create(world, asking, (SUPPRESS_EMBEDS | QUIET, &BY_A_BOT), Message { answers, ..blank(channel, None) }) {
        Ok((new, json)) => {
            world.with(|state| state.nonces.extend(nonce.map(|nonce| (nonce, new))));
            Reply::json(json)
        }
        Err(refused) => refused,
    }
}

/// Why nothing can be done in a channel, if so.
fn closed(world: &World, channel: u64) -> Option<Reply> {
    match world.with(|state| state.channels.get(&channel).copied()) {
        Some(Channel::Open) => None,
        Some(Channel::Forbidden) => Some(Reply::refused(403, 50001, "Missing Access")),
        Some(Channel::Removed) | None => Some(Reply::refused(404, 10003, "Unknown Channel")),
    }
}

/// The message that a new one answers (<https://docs.discord.com/developers/resources/message#message-reference-structure>).
fn answered(world: &World, channel: u64, reference: &Value) -> Result<Option<u64>, Reply> {
    let Some(named) = reference["message_id"].as_str() else { return Ok(None) };
    let there =
        named.parse().ok().filter(|id| world.with(|state| state.messages.get(id).is_some_and(|message| message.channel == channel)));
    if there.is_none() && reference["fail_if_not_exists"] != false {
        let words = json!({ "message_reference": { "_errors": [{ "code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message" }] } });
        let body = json!({ "message": "Invalid Form Body", "code": 50035, "errors": words });
        return Err(Reply { status: 400, body: Some(body), headers: Vec::new() });
    }
    Ok(there)
}

/// `PATCH /channels/CHANNEL/messages/MESSAGE`, by the bot itself.
pub fn change_own(world: &World, asking: &Asking, channel: u64, message: u64) -> Reply {
    if let Some(refused) = closed(world, channel) {
        return refused;
    }
    let found =
        world.with(|state| state.messages.get(&message).filter(|found| found.channel == channel).map(|found| found.webhook.is_some()));
    match found {
        None => Reply::refused(404, 10008, "Unknown Message"),
        Some(true) => Reply::refused(403, 50005, "Cannot edit a message authored by another user"),
        Some(false) => change(world, asking, message),
    }
}
