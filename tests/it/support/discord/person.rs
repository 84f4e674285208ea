//! What do people do on Discord, and what do they see? They type, complete, press, pick and fill in, and look at the channel.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    CHANNEL, GUILD,
    script::{self, Identity, Place},
    typing::Typed,
    world::{Interaction, Seen, State, TOKEN_START, World},
};

/// How long a test waits for what should come in the end.
const LIMIT: Duration = Duration::from_secs(20);

/// Somebody at a place.
#[derive(Clone)]
pub struct Person {
    world: Arc<World>,
    pub place: Place,
    pub who: Identity,
}

/// The first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message at once.
    Message,
    /// "… is thinking".
    Deferred,
    /// The message of the button will change.
    DeferredUpdate,
    /// The message of the button changed at once.
    Update,
    Choices,
    Modal,
    /// "The application did not respond."
    Nothing,
}

/// What came first, and after how long.
#[derive(Clone, Copy, Debug)]
pub struct First {
    pub kind: Kind,
    pub after: Duration,
}

/// What is offered while somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub value: Value,
}

/// What somebody gets for what they did.
#[derive(Clone, Debug)]
pub struct Answer {
    pub interaction: u64,
    pub first: First,
    /// The answer as this person sees it, once it is no longer loading; none if it was removed.
    pub message: Option<Seen>,
    /// What followed and was there when the answer was complete.
    pub follow_ups: Vec<Seen>,
    pub modal: Option<Value>,
    pub choices: Vec<Choice>,
    /// The status of an endpoint that did not take the interaction.
    pub refused: Option<u16>,
    source: Option<u64>,
}

impl Answer {
    /// What the person reads in the end: the last follow-up, or else the answer.
    pub fn last(&self) -> &Seen {
        self.follow_ups.last().or(self.message.as_ref()).unwrap_or_else(|| panic!("nothing to see: {self:?}"))
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.last().text()
    }
}

impl AsRef<Seen> for Answer {
    fn as_ref(&self) -> &Seen {
        self.last()
    }
}

impl AsRef<Seen> for Seen {
    fn as_ref(&self) -> &Seen {
        self
    }
}

/// The id of whoever has this name, the same in every test.
pub fn user_id(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    1_000_000_000_000_000_000 + hash % 100_000_000_000_000_000
}

impl Person {
    pub(super) fn new(world: &Arc<World>, name: &str) -> Self {
        let place = Place { guild: Some(GUILD), channel: CHANNEL, parent: None };
        // View channel, send messages, use application commands.
        let permissions = 1 << 10 | 1 << 11 | 1 << 31;
        let who = Identity { user: user_id(name), name: name.to_owned(), roles: Vec::new(), permissions };
        Self { world: Arc::clone(world), place, who }
    }

    pub fn in_guild(mut self, guild: u64) -> Self {
        self.place.guild = Some(guild);
        self
    }

    pub fn in_channel(mut self, channel: u64) -> Self {
        (self.place.channel, self.place.parent) = (channel, None);
        self
    }

    pub fn in_thread(mut self, thread: u64, channel: u64) -> Self {
        (self.place.channel, self.place.parent) = (thread, Some(channel));
        self
    }

    /// In the direct messages with the bot.
    pub fn in_dm(mut self) -> Self {
        self.place = Place { guild: None, channel: self.who.user + 1, parent: None };
        self
    }

    pub fn with_roles(mut self, roles: &[u64]) -> Self {
        self.who.roles = roles.to_vec();
        self
    }

    pub fn with_permissions(mut self, permissions: u64) -> Self {
        self.who.permissions = permissions;
        self
    }

    pub fn id(&self) -> u64 {
        self.who.user
    }

    /// The channel as this person sees it.
    pub fn sees(&self) -> Vec<Seen> {
        self.world.with(|state| state.seen(self.place.channel, Some(self.who.user)))
    }

    /// A message as it is now.
    pub fn looks_at(&self, message: u64) -> Option<Seen> {
        self.world.with(|state| state.see(message, Some(self.who.user)))
    }

    /// Waits until this person sees a message that fits.
    pub async fn until_sees(&self, what: &str, fits: impl Fn(&Seen) -> bool) -> Seen {
        let (channel, user) = (self.place.channel, self.who.user);
        let found = self.world.until(LIMIT, |state| state.seen(channel, Some(user)).into_iter().find(|seen| fits(seen))).await;
        found.unwrap_or_else(|| panic!("{} does not see {what}, but {:#?}", self.who.name, self.sees()))
    }

    /// Types a command (`/score`, or `/score current`) with its options, and waits for the answer.
    pub async fn types(&self, command: &str, options: Value) -> Answer {
        let typed = Typed { command, options: &options, completed: None };
        let (data, _) = self.world.with(|state| typed.data(state, &self.place, self.who.permissions));
        self.does(2, data, None, 0).await
    }

    /// Begins to type an option and looks at what is offered.
    pub async fn completes(&self, command: &str, option: &str, text: &str) -> Vec<Choice> {
        self.completes_with(command, json!({}), option, text).await.choices
    }

    /// The same when other options are there already.
    pub async fn completes_with(&self, command: &str, options: Value, option: &str, text: &str) -> Answer {
        let typed = Typed { command, options: &options, completed: Some((option, text)) };
        let (data, kind) = self.world.with(|state| typed.data(state, &self.place, self.who.permissions));
        self.does(4, data, None, kind).await
    }

    /// Presses the button with this label or `custom_id`.
    pub async fn presses(&self, on: &impl AsRef<Seen>, button: &str) -> Answer {
        let (seen, control) = self.finds(on.as_ref().id, button);
        assert_eq!(control["type"], 2, "{button} is no button");
        assert!(control["custom_id"].is_string(), "{button} is a link: {control}");
        self.does(3, json!({ "component_type": 2, "custom_id": control["custom_id"], "id": 0 }), Some(seen.id), 0).await
    }

    /// Picks from the menu with this placeholder or `custom_id` what has this label or value.
    pub async fn picks(&self, on: &impl AsRef<Seen>, menu: &str, choice: &str) -> Answer {
        let (seen, control) = self.finds(on.as_ref().id, menu);
        let options = control["options"].as_array().unwrap_or_else(|| panic!("{menu} is no menu"));
        let picked = options.iter().find(|option| option["label"] == choice || option["value"] == choice);
        let picked = picked.unwrap_or_else(|| panic!("{menu} has no {choice}: {options:?}"));
        let data = json!({ "component_type": 3, "custom_id": control["custom_id"], "id": 0, "values": [picked["value"]] });
        self.does(3, data, Some(seen.id), 0).await
    }

    /// Fills in a modal by `custom_id`s or labels, and sends it.
    pub async fn submits(&self, answer: &Answer, values: Value) -> Answer {
        let modal = answer.modal.as_ref().unwrap_or_else(|| panic!("no modal: {answer:?}"));
        let mut left = values.as_object().unwrap().clone();
        let parts = modal["components"].as_array().unwrap().iter().map(|part| filled(part, &mut left)).collect::<Vec<_>>();
        assert!(left.is_empty(), "the modal has no {left:?}");
        let data = json!({ "custom_id": modal["custom_id"], "components": parts });
        self.does(5, data, answer.source, 0).await
    }

    /// A message as it is now, and something on it that can be used.
    fn finds(&self, message: u64, name: &str) -> (Seen, Value) {
        let seen = self.looks_at(message).unwrap_or_else(|| panic!("{} does not see the message {message}", self.who.name));
        let named = |control: &&&Value| ["label", "placeholder", "custom_id"].iter().any(|member| control[member] == name);
        let control = seen.controls().iter().find(named).map(|control| (*control).clone());
        let control = control.unwrap_or_else(|| panic!("no {name} on {:#?}", seen.components));
        assert_ne!(control["disabled"], true, "{name} is disabled");
        (seen, control)
    }

    /// Does something and waits for what comes of it.
    async fn does(&self, kind: u64, data: Value, source: Option<u64>, completes: u64) -> Answer {
        let id = self.sends(kind, data, source, completes).await;
        let (deadline, user) = (self.world.with(|state| state.deadline), self.who.user);
        let answered = |state: &mut State| {
            let interaction = &state.interactions[&id];
            (interaction.first.is_some() || interaction.refused.is_some()).then_some(())
        };
        self.world.until(deadline + Duration::from_millis(100), answered).await;
        self.world.until(LIMIT, |state| is_complete(state, id).then_some(())).await;
        self.world.with(|state| answer(state, id, user))
    }

    /// Sends an interaction over HTTP or the gateway, and returns its id.
    async fn sends(&self, kind: u64, data: Value, source: Option<u64>, completes: u64) -> u64 {
        let world = &self.world;
        let id = world.id();
        let token = format!("{TOKEN_START}{id}x{}", "q".repeat(160));
        let mut interaction = script::interaction(kind, id, &token, (&self.place, &self.who), &data);
        let endpoint = world.with(|state| {
            if let Some(message) = source.and_then(|source| state.messages.get(&source).map(|message| message.json(source))) {
                interaction["message"] = message;
            }
            state.endpoint.clone()
        });
        if endpoint.is_none() {
            let there = world.until(LIMIT, |state| state.gateway.has_session().then_some(())).await;
            assert!(there.is_some(), "no app is connected to the gateway");
        }
        world.change(|state| {
            let (person, channel) = (self.who.user, self.place.channel);
            let sent = std::time::Instant::now();
            let (first, original, follow_ups, refused) = (None, None, Vec::new(), None);
            let source_edits = source.and_then(|source| state.messages.get(&source)).map_or(0, |message| message.edits);
            let kept =
                Interaction { token, kind, person, channel, sent, source, source_edits, completes, first, original, follow_ups, refused };
            state.interactions.insert(id, kept);
            if endpoint.is_none() {
                state.gateway.dispatch("INTERACTION_CREATE", &interaction);
            }
        });
        if let Some(endpoint) = endpoint {
            tokio::spawn(endpoint.deliver(Arc::clone(world), id, interaction));
        }
        id
    }
}

/// Whether nothing is awaited: not while the answer is loading, nor between its removal and what follows.
fn is_complete(state: &State, id: u64) -> bool {
    let interaction = &state.interactions[&id];
    match &interaction.first {
        None => true,
        Some(first) if first.kind == 6 => {
            let message = interaction.source.and_then(|source| state.messages.get(&source));
            message.is_none_or(|message| message.edits > interaction.source_edits) || !interaction.follow_ups.is_empty()
        }
        Some(_) => match interaction.original.map(|original| state.messages.get(&original)) {
            Some(Some(message)) => !message.loading,
            Some(None) => !interaction.follow_ups.is_empty(),
            None => true,
        },
    }
}

fn answer(state: &State, id: u64, user: u64) -> Answer {
    let interaction = &state.interactions[&id];
    let callback = interaction.first.as_ref();
    let kind = match callback.map(|callback| callback.kind) {
        None => Kind::Nothing,
        Some(4) => Kind::Message,
        Some(5) => Kind::Deferred,
        Some(6) => Kind::DeferredUpdate,
        Some(7) => Kind::Update,
        Some(8) => Kind::Choices,
        Some(_) => Kind::Modal,
    };
    let data = callback.map(|callback| callback.data.clone()).unwrap_or_default();
    let choice = |choice: &Value| Choice { name: choice["name"].as_str().unwrap().to_owned(), value: choice["value"].clone() };
    let follow_ups = interaction.follow_ups.iter().filter_map(|id| state.see(*id, Some(user))).collect();
    Answer {
        interaction: id,
        first: First { kind, after: callback.map_or(state.deadline, |callback| callback.after) },
        message: interaction.original.and_then(|original| state.see(original, Some(user))),
        follow_ups,
        choices: data["choices"].as_array().into_iter().flatten().map(choice).collect(),
        modal: (kind == Kind::Modal).then_some(data),
        refused: interaction.refused,
        source: interaction.source,
    }
}

/// One part of a modal with what was entered, as Discord sends it.
fn filled(part: &Value, values: &mut serde_json::Map<String, Value>) -> Value {
    let is_row = part["type"] == 1;
    let input = if is_row { &part["components"][0] } else { &part["component"] };
    let label = if is_row { &input["label"] } else { &part["label"] };
    let name =
        [&input["custom_id"], label].into_iter().filter_map(Value::as_str).find(|name| values.contains_key(*name)).map(str::to_owned);
    let value = name.and_then(|name| values.remove(&name)).unwrap_or_else(|| input.get("value").cloned().unwrap_or(json!("")));
    let long = value.as_str().map_or(0, super::limits::length) as u64;
    assert!(long > 0 || input["required"] == false, "{label} has to be filled in");
    assert!(long == 0 || long >= input["min_length"].as_u64().unwrap_or_default(), "{label} is too short");
    assert!(long <= input["max_length"].as_u64().unwrap_or(4000), "{label} is too long");
    let mut entered = json!({ "type": input["type"], "custom_id": input["custom_id"], "id": 2 });
    if input["type"] == 4 {
        entered["value"] = value;
    } else {
        entered["values"] = json!([value]);
    }
    if is_row { json!({ "type": 1, "id": 1, "components": [entered] }) } else { json!({ "type": 18, "id": 1, "component": entered }) }
}
