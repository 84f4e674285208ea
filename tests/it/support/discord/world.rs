//! What does the stand-in remember? Interactions, messages as people see them, commands, and what was wrong.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{APP, CHANNEL, GUILD, OTHER_CHANNEL, TOKEN, gateway::Gateway, rest::Asked, rest::Twist, typing::Endpoint};

/// Discord counts milliseconds from 2015 on (<https://docs.discord.com/developers/reference#snowflakes>).
const EPOCH: i64 = 1_420_070_400_000;

/// How the tokens of interactions begin; the interaction's id follows.
pub const TOKEN_START: &str = "aW50ZXJhY3Rpb246";

/// All that is shared between the stand-in's tasks.
pub struct World {
    pub rest: SocketAddr,
    pub socket: SocketAddr,
    ids: AtomicU64,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// What may happen to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Open,
    /// It exists, but the bot may not see it.
    Forbidden,
    Removed,
}

pub struct State {
    pub token: String,
    pub deadline: Duration,
    pub token_life: Duration,
    pub interactions: HashMap<u64, Interaction>,
    pub messages: BTreeMap<u64, Message>,
    pub commands: HashMap<Option<u64>, Vec<Value>>,
    pub channels: HashMap<u64, Channel>,
    /// Webhooks by their id: token and channel.
    pub webhooks: HashMap<String, (String, u64)>,
    /// Members of servers, as Discord describes them.
    pub members: HashMap<(u64, u64), Value>,
    pub nonces: HashMap<(u64, String), u64>,
    pub twists: Vec<(&'static str, String, Twist)>,
    pub asked: Vec<Asked>,
    pub faults: Vec<String>,
    pub endpoint: Option<Arc<Endpoint>>,
    pub gateway: Gateway,
}

/// Something a person did, and what became of it.
pub struct Interaction {
    pub token: String,
    /// Discord's number: 2 command, 3 component, 4 autocomplete, 5 modal.
    pub kind: u64,
    pub person: u64,
    pub channel: u64,
    pub sent: Instant,
    /// The message whose button was pressed.
    pub source: Option<u64>,
    /// How often that message had been edited.
    pub source_edits: usize,
    /// The type of the options that are completed (Discord's number).
    pub completes: u64,
    pub first: Option<Callback>,
    /// What `@original` means.
    pub original: Option<u64>,
    pub follow_ups: Vec<u64>,
    /// What messages that answer it say of it.
    pub metadata: Value,
    /// Over HTTP: what the endpoint said if it was not 200 or 202.
    pub refused: Option<u16>,
}

/// The first answer to an interaction.
#[derive(Clone, Debug)]
pub struct Callback {
    pub kind: u64,
    pub after: Duration,
    pub data: Value,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub bytes: Bytes,
}

/// A message as Discord keeps it.
#[derive(Clone, Debug)]
pub struct Message {
    pub channel: u64,
    /// The only person who sees it, or everybody.
    pub only: Option<u64>,
    /// The token of the webhook that made it.
    pub webhook: Option<String>,
    /// The message that it answers.
    pub answers: Option<u64>,
    pub loading: bool,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub files: Vec<File>,
    pub edits: usize,
    pub nonce: Option<Value>,
    /// Of the interaction that it answers, or null.
    pub metadata: Value,
}

/// A message as a person sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: u64,
    pub channel: u64,
    /// "Only you can see this".
    pub ephemeral: bool,
    /// The message that it answers.
    pub answers: Option<u64>,
    /// "… is thinking".
    pub loading: bool,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub files: Vec<File>,
    /// How often it was edited.
    pub edits: usize,
}

impl Seen {
    /// Every word of it: content, embeds with their fields, labels of buttons and choices, names of files; a line each.
    pub fn text(&self) -> String {
        let mut lines = vec![self.content.clone()];
        self.embeds.iter().for_each(|embed| words(embed, &mut lines));
        self.components.iter().for_each(|row| words(row, &mut lines));
        lines.extend(self.files.iter().map(|file| file.name.clone()));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// What can be pressed or picked from: label (or placeholder) and `custom_id`.
    pub fn controls(&self) -> Vec<&Value> {
        self.components.iter().flat_map(|row| row["components"].as_array().into_iter().flatten()).collect()
    }
}

/// The members of embeds and components that are read by people.
const WORDS: [&str; 9] = ["title", "description", "name", "value", "text", "label", "placeholder", "author", "footer"];

fn words(value: &Value, lines: &mut Vec<String>) {
    for name in WORDS {
        match &value[name] {
            // The value of a choice is not shown.
            Value::String(text) if !(name == "value" && value.get("label").is_some()) => lines.push(text.clone()),
            nested @ Value::Object(_) => words(nested, lines),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
        }
    }
    for name in ["fields", "components", "options"] {
        value[name].as_array().into_iter().flatten().for_each(|nested| words(nested, lines));
    }
}

impl World {
    pub fn new(rest: SocketAddr, socket: SocketAddr) -> Self {
        let state = State {
            token: TOKEN.to_owned(),
            deadline: Duration::from_secs(3),
            token_life: Duration::from_mins(15),
            interactions: HashMap::new(),
            messages: BTreeMap::new(),
            commands: HashMap::new(),
            channels: HashMap::from([(CHANNEL, Channel::Open), (OTHER_CHANNEL, Channel::Open)]),
            webhooks: HashMap::new(),
            members: HashMap::new(),
            nonces: HashMap::new(),
            twists: Vec::new(),
            asked: Vec::new(),
            faults: Vec::new(),
            endpoint: None,
            gateway: Gateway::default(),
        };
        let now = u64::try_from(Timestamp::now().as_millisecond() - EPOCH).unwrap();
        Self { rest, socket, ids: AtomicU64::new(now << 22), state: Mutex::new(state), changed: watch::channel(()).0 }
    }

    /// A snowflake that nobody has.
    pub fn id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        // A person who cannot do what a test asks panics; that is for their test, not for everybody's.
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something that others may wait for.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = self.with(change);
        self.changed.send_replace(());
        changed
    }

    pub fn fault(&self, fault: String) {
        self.with(|state| state.faults.push(fault));
    }

    /// Waits until `look` finds something, at most so long.
    pub async fn until<T>(&self, limit: Duration, mut look: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut changed = self.changed.subscribe();
        let end = tokio::time::Instant::now() + limit;
        loop {
            changed.borrow_and_update();
            if let Some(found) = self.with(&mut look) {
                return Some(found);
            }
            if tokio::time::timeout_at(end, changed.changed()).await.is_err() {
                return self.with(&mut look);
            }
        }
    }
}

impl State {
    /// A message as `person` sees it, or everybody; none if it is gone or not theirs to see.
    pub fn see(&self, id: u64, person: Option<u64>) -> Option<Seen> {
        let message = self.messages.get(&id)?;
        if message.only.is_some() && message.only != person {
            return None;
        }
        Some(Seen {
            id,
            channel: message.channel,
            ephemeral: message.only.is_some(),
            answers: message.answers,
            loading: message.loading,
            content: message.content.clone(),
            embeds: message.embeds.clone(),
            components: message.components.clone(),
            files: message.files.clone(),
            edits: message.edits,
        })
    }

    /// A channel as `person` sees it, or everybody.
    pub fn seen(&self, channel: u64, person: Option<u64>) -> Vec<Seen> {
        let here = self.messages.iter().filter(|(_, message)| message.channel == channel);
        here.filter_map(|(id, _)| self.see(*id, person)).collect()
    }

    /// The interaction that a token belongs to.
    pub fn by_token(&mut self, token: &str) -> Option<(u64, &mut Interaction)> {
        let id = token.strip_prefix(TOKEN_START)?.split('x').next()?.parse().ok()?;
        self.interactions.get_mut(&id).filter(|interaction| interaction.token == token).map(|interaction| (id, interaction))
    }
}

impl Message {
    /// As the API returns it.
    pub fn json(&self, id: u64) -> Value {
        let file = |file: &File| {
            let url = format!("https://cdn.discordapp.com/ephemeral-attachments/{id}/{}/{}", file.id, file.name);
            json!({ "id": file.id.to_string(), "filename": file.name, "size": file.bytes.len(), "url": url, "proxy_url": url,
                "description": file.description })
        };
        let mut json = json!({
            "id": id.to_string(), "channel_id": self.channel.to_string(), "type": 0, "tts": false, "pinned": false,
            "mention_everyone": false, "author": bot(), "content": self.content, "timestamp": "2026-11-21T12:00:00.000000+00:00",
            "edited_timestamp": null, "mentions": [], "mention_roles": [], "embeds": self.embeds, "components": self.components,
            "flags": if self.only.is_some() { 64 } else { 0 } | if self.loading { 128 } else { 0 },
            "attachments": self.files.iter().map(file).collect::<Vec<_>>(),
        });
        if !self.metadata.is_null() {
            json["interaction_metadata"] = self.metadata.clone();
            json["type"] = json!(if self.metadata["type"] == 2 { 20 } else { 19 });
            json["application_id"] = json!(APP.to_string());
            json["webhook_id"] = json!(APP.to_string());
        }
        if let Some(nonce) = &self.nonce {
            json["nonce"] = nonce.clone();
        }
        json
    }
}

/// The bot's user.
pub fn bot() -> Value {
    json!({ "id": APP.to_string(), "username": "scorewatch", "discriminator": "0", "global_name": null, "avatar": null, "bot": true,
        "mfa_enabled": false, "verified": true, "email": null, "flags": 0 })
}

/// The application, with the server it is in and the key that its endpoint has to check calls with.
pub fn application(state: &State) -> Value {
    let key = state.endpoint.as_ref().map_or_else(|| "0".repeat(64), |endpoint| endpoint.public_key.clone());
    json!({ "id": APP.to_string(), "name": "scorewatch", "icon": null, "description": "", "bot_public": false,
        "bot_require_code_grant": false, "verify_key": key, "flags": 0, "hook": true, "summary": "", "team": null,
        "owner": { "id": "1100000000000000010", "username": "owner", "discriminator": "0", "avatar": null },
        "guild_id": GUILD.to_string(), "tags": [], "interactions_endpoint_url": state.endpoint.as_ref().map(|endpoint| &endpoint.url) })
}
