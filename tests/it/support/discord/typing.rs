//! What can somebody type, and how does it reach the app? Only what is registered; over the socket or, signed, over HTTP.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use reqwest::header::CONTENT_TYPE;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Map, Value, json};

use super::{
    answers,
    limits::length,
    rest::{Asking, Reply},
    script::Place,
    world::{State, World},
};

/// Where interactions go when they do not go over the gateway.
pub struct Endpoint {
    pub url: String,
    key: Ed25519KeyPair,
    client: reqwest::Client,
    /// In hexadecimal, as the developer portal shows it.
    pub public_key: String,
}

impl Endpoint {
    pub fn new(url: &str, key: Ed25519KeyPair) -> Self {
        let public_key = hex(key.public_key().as_ref());
        Self { url: url.to_owned(), key, client: reqwest::Client::new(), public_key }
    }

    /// The headers of a body: signature and time.
    pub fn signed(&self, body: &str, timestamp: i64) -> [(&'static str, String); 2] {
        signed(&self.key, body, timestamp)
    }

    /// Posts an interaction as Discord does, and returns what the endpoint says.
    pub async fn post(&self, interaction: &Value) -> (u16, String) {
        let body = interaction.to_string();
        let mut request = self.client.post(&self.url).header(CONTENT_TYPE, "application/json").timeout(Duration::from_secs(3));
        for (name, value) in self.signed(&body, jiff::Timestamp::now().as_second()) {
            request = request.header(name, value);
        }
        match request.body(body).send().await {
            Ok(response) => (response.status().as_u16(), response.text().await.unwrap_or_default()),
            Err(_) => (0, String::new()),
        }
    }

    /// Posts an interaction and keeps what came of it: nothing for 202, an answer for 200, a refusal for all else.
    pub async fn deliver(self: Arc<Self>, world: Arc<World>, id: u64, interaction: Value) {
        let (status, body) = self.post(&interaction).await;
        match (status, serde_json::from_str(&body)) {
            (202, _) if body.is_empty() => {}
            (200, Ok(body)) => {
                let (id, token) = (id.to_string(), interaction["token"].as_str().unwrap().to_owned());
                let path = format!("the endpoint's answer to {id}");
                let asking = Asking { method: "POST".to_owned(), path, query: String::new(), body, files: Vec::new() };
                let Reply { status, body, .. } = answers::callback(&world, &asking, &id, &token);
                if status != 204 {
                    world.fault(format!("the endpoint's answer was refused: {status} {body:?}"));
                }
            }
            _ => world.change(|state| {
                state.interactions.get_mut(&id).unwrap().refused = Some(status);
            }),
        }
    }
}

/// `X-Signature-Ed25519` and `X-Signature-Timestamp` of a body
/// (<https://docs.discord.com/developers/interactions/overview#validating-security-request-headers>).
pub fn signed(key: &Ed25519KeyPair, body: &str, timestamp: i64) -> [(&'static str, String); 2] {
    let signature = key.sign(format!("{timestamp}{body}").as_bytes());
    [("X-Signature-Ed25519", hex(signature.as_ref())), ("X-Signature-Timestamp", timestamp.to_string())]
}

/// A key that is always the same.
pub fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// What is typed: the command, its options by name, and the one that is being completed.
pub struct Typed<'a> {
    pub command: &'a str,
    pub options: &'a Value,
    pub completed: Option<(&'a str, &'a str)>,
}

impl Typed<'_> {
    /// The data of the interaction, and the type of the option that is being completed. Panics if nobody could type that.
    pub fn data(&self, state: &State, place: &Place, permissions: u64) -> (Value, u64) {
        let mut words = self.command.trim_start_matches('/').split(' ');
        let name = words.next().unwrap();
        let command = registered(state, place, name);
        if place.guild.is_some() {
            let needed = command["default_member_permissions"].as_str().map_or(0, |bits| bits.parse::<u64>().unwrap());
            let administrator = permissions & 8 != 0;
            let locked = command["default_member_permissions"] == "0";
            assert!(administrator || (!locked && permissions & needed == needed), "/{name} is hidden from members without {needed}");
        }
        let mut data = json!({ "id": command["id"], "name": name, "type": 1 });
        if let Some(guild) = command.get("guild_id") {
            data["guild_id"] = guild.clone();
        }
        let (options, kind) = self.options(&command["options"], &words.collect::<Vec<_>>());
        if !options.is_empty() {
            data["options"] = json!(options);
        }
        (data, kind)
    }

    fn options(&self, declared: &Value, groups: &[&str]) -> (Vec<Value>, u64) {
        let declared = declared.as_array().map(Vec::as_slice).unwrap_or_default();
        if let [group, rest @ ..] = groups {
            let found = declared.iter().find(|option| option["name"] == *group && matches!(option["type"].as_u64(), Some(1 | 2)));
            let found = found.unwrap_or_else(|| panic!("{} has no {group}", self.command));
            let (options, kind) = self.options(&found["options"], rest);
            return (vec![json!({ "name": group, "type": found["type"], "options": options })], kind);
        }
        let none = Map::new();
        let given = self.options.as_object().unwrap_or(&none);
        let find = |name: &str| {
            let found = declared.iter().find(|option| option["name"] == *name);
            found.unwrap_or_else(|| panic!("{} has no option {name}: {declared:?}", self.command))
        };
        let mut typed: Vec<_> = given.iter().map(|(name, value)| self.option(find(name), value)).collect();
        let mut kind = 0;
        if let Some((name, text)) = self.completed {
            let option = find(name);
            assert_eq!(option["autocomplete"], true, "{name} is not completed");
            kind = option["type"].as_u64().unwrap();
            typed.push(json!({ "name": name, "type": kind, "value": text, "focused": true }));
        } else {
            for option in declared.iter().filter(|option| option["required"] == true) {
                assert!(given.contains_key(option["name"].as_str().unwrap()), "{} needs {}", self.command, option["name"]);
            }
        }
        (typed, kind)
    }

    /// What Discord's own client lets a person enter.
    fn option(&self, option: &Value, value: &Value) -> Value {
        let (name, kind) = (&option["name"], &option["type"]);
        let fits = match kind.as_u64().unwrap() {
            3 => value.is_string(),
            4 => value.is_i64() || value.is_u64(),
            5 => value.is_boolean(),
            10 => value.is_number(),
            _ => panic!("the stand-in cannot type an option of type {kind}"),
        };
        assert!(fits, "{} {name}: {value} is not of type {kind}", self.command);
        if let Some(choices) = option["choices"].as_array() {
            assert!(choices.iter().any(|choice| choice["value"] == *value), "{} {name}: {value} is no choice of {choices:?}", self.command);
        }
        let number = value.as_f64().unwrap_or_default();
        let long = value.as_str().map_or(0, length) as f64;
        for (bound, measured) in [("min_value", number), ("min_length", long)] {
            assert!(option[bound].as_f64().is_none_or(|bound| measured >= bound), "{} {name}: {value} is below {bound}", self.command);
        }
        for (bound, measured) in [("max_value", number), ("max_length", long)] {
            assert!(option[bound].as_f64().is_none_or(|bound| measured <= bound), "{} {name}: {value} is above {bound}", self.command);
        }
        json!({ "name": name, "type": kind, "value": value })
    }
}

/// A command that shows up at this place: the server's own first.
fn registered(state: &State, place: &Place, name: &str) -> Value {
    let of = |guild| state.commands.get(&guild).into_iter().flatten();
    let context = u64::from(place.guild.is_none());
    let global = of(None).filter(|command| {
        let contexts = command["contexts"].as_array();
        contexts.is_none_or(|contexts| contexts.iter().any(|allowed| *allowed == context))
            && (context == 0 || command["dm_permission"] == true)
    });
    let own = place.guild.into_iter().flat_map(|guild| of(Some(guild)));
    own.chain(global).find(|command| command["name"] == *name).cloned().unwrap_or_else(|| panic!("/{name} is not registered here"))
}
