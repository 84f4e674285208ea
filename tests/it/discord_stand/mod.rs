//! Is the stand-in for Discord as strict as Discord? Asked directly, as no library would, and by serenity.

mod answers;
mod commands;
mod gateway;
mod messages;
mod talk;

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::discord::{
    APP, CHANNEL, Stand, TOKEN,
    world::{Interaction as SavedQuestion, TOKEN_START},
};

const AGENT: &str = "DiscordBot (https://example.com, 1)";

/// Asks the REST interface as an app would, without any library's opinion.
struct Raw {
    root: String,
    client: reqwest::Client,
}

impl Raw {
    fn new(stand: &Stand) -> Self {
        Self { root: format!("{}/api/v10", stand.root()), client: reqwest::Client::builder().user_agent(AGENT).build().unwrap() }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request =
            self.client.request(method.parse().unwrap(), format!("{}{path}", self.root)).header("Authorization", format!("Bot {TOKEN}"));
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Posts a message to [`CHANNEL`]; the members that every message needs are added.
    async fn post(&self, message: Value) -> (u16, Value) {
        self.ask("POST", &format!("/channels/{CHANNEL}/messages"), Some(&silent(message))).await
    }
}

fn silent(mut message: Value) -> Value {
    message["allowed_mentions"] = json!({ "parse": [] });
    message
}

/// An interaction that nobody delivers: its paths for callbacks and for webhooks.
fn interaction(stand: &Stand, kind: u64) -> (String, String) {
    let id = stand.world.id();
    let token = format!("{TOKEN_START}{id}xraw");
    let kept = SavedQuestion {
        token: token.clone(),
        kind,
        person: stand.member("alice").id(),
        channel: CHANNEL,
        sent: Instant::now(),
        source: None,
        source_edits: 0,
        completes: 3,
        first: None,
        original: None,
        follow_ups: Vec::new(),
        metadata: json!({ "id": id.to_string(), "type": kind }),
        refused: None,
    };
    stand.world.change(|state| state.interactions.insert(id, kept));
    (format!("/interactions/{id}/{token}/callback"), format!("/webhooks/{APP}/{token}"))
}

fn text(long: usize) -> String {
    "x".repeat(long)
}
