//! What has Discord of its own in a conversation? Interactions with tokens, embeds, and the words for its servers, channels and roles.
//!
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serenity::all::{
    AutocompleteChoice, CreateAutocompleteResponse, CreateInteractionResponse, CreateInteractionResponseMessage, InteractionId,
};

use super::{
    channels::name_of,
    components::{BUTTON_LIMITS, action_rows, modal},
    limits::{CHOICE, CHOICES, TOKEN_LIFE},
    notice_embed::notice,
    outgoing_message::OutgoingMessage,
    post_message::{shown, slash_command},
    render::pages,
    rest_client::RestClient,
    settings::PLATFORM,
    snowflake::snowflake,
};
use crate::{
    ask::Suggestion,
    card::Card,
    chat::{ButtonLimits, CardPage, ChatMessage, ChatTurn, Form, Incoming, Platform, ReplyTarget, Shown},
    error::Result,
    text::cut_units,
};

/// With what an interaction is answered.
pub(super) struct InteractionHandle {
    /// Which interaction it is.
    pub id: InteractionId,
    /// What authorises answers to it.
    pub token: String,
}

/// Discord, as conversations meet it.
pub(super) struct DiscordChat {
    client: Arc<RestClient>,
}

impl DiscordChat {
    /// Discord, whose interactions are answered through `client`.
    pub const fn new(client: Arc<RestClient>) -> Self {
        Self { client }
    }
}

impl Platform for DiscordChat {
    type Handle = InteractionHandle;
    type Body = OutgoingMessage;

    fn name(&self) -> &'static str {
        PLATFORM
    }

    fn title(&self) -> &'static str {
        "Discord"
    }

    fn buttons(&self) -> &ButtonLimits {
        &BUTTON_LIMITS
    }

    fn answerable_for(&self) -> Duration {
        TOKEN_LIFE
    }

    fn pages(&self, card: &Card, now: Timestamp) -> Vec<CardPage<OutgoingMessage>> {
        pages(card, now)
    }

    fn body(&self, content: Shown<'_>) -> OutgoingMessage {
        match content {
            Shown::Notice(words) => notice(words),
            Shown::Posted(card) => shown(card, slash_command).said,
        }
    }

    fn grant_hint(&self, turn: &ChatTurn) -> String {
        let user = &turn.user;
        let roles = if turn.groups.is_empty() { String::new() } else { ", or one of your roles as member_role".to_owned() };
        let whom = match (turn.space(), turn.room()) {
            (Some(guild), Some(channel)) => format!(
                "guild = \"{guild}\" and tenants = \"…\", for this channel alone also channel = \"{channel}\", for you alone also user = \"{user}\"{roles}"
            ),
            _ => format!("user = \"{user}\" and tenants = \"…\", without a guild: that is for direct messages"),
        };
        format!("You may not ask here. Whoever runs scorewatch can let you in with a section [discord.grants.NAME] that says {whom}.")
    }

    fn unbound_room_hint(&self) -> &'static str {
        "No grant says what everybody in this channel may see, so nothing is posted here. Whoever runs scorewatch can bind it with a section [discord.grants.NAME] that names its guild, this channel and tenants, and neither member_role nor user."
    }

    fn not_for_all_hint(&self) -> &'static str {
        "An operator can bind the channel with a grant that names no role and no user."
    }

    fn unknown_command_hint(&self) -> &'static str {
        "This is not known here any more. Reload Discord and type / to see the commands; if they do not work, an operator runs `scorewatch discord register`."
    }

    fn destination_of(&self, turn: &ChatTurn) -> Option<String> {
        turn.room().and_then(snowflake).map(|channel| name_of(channel.get()))
    }

    async fn answer(&self, to: &Incoming<Self>, message: ChatMessage<OutgoingMessage>, target: ReplyTarget) -> Result<()> {
        let message = outgoing(message);
        let response = match target {
            ReplyTarget::New { private } => message.into_first(private),
            ReplyTarget::Instead => message.into_update(),
        };
        self.client.first(to.handle.id, &to.handle.token, response).await
    }

    async fn acknowledge(&self, to: &Incoming<Self>, target: ReplyTarget) -> Result<()> {
        let response = match target {
            ReplyTarget::New { private } => CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(private)),
            ReplyTarget::Instead => CreateInteractionResponse::Acknowledge,
        };
        self.client.first(to.handle.id, &to.handle.token, response).await
    }

    async fn complete(&self, to: &Incoming<Self>, message: ChatMessage<OutgoingMessage>, _: ReplyTarget) -> Result<()> {
        self.client.edit(&to.handle.token, outgoing(message).into_edit()).await
    }

    async fn retract(&self, to: &Incoming<Self>) -> Result<()> {
        self.client.remove(&to.handle.token).await
    }

    async fn follow_up(&self, to: &Incoming<Self>, message: ChatMessage<OutgoingMessage>) -> Result<()> {
        self.client.follow_up(&to.handle.token, outgoing(message).into_follow_up(true)).await
    }

    async fn open_form(&self, to: &Incoming<Self>, form: Form) -> Result<()> {
        self.client.first(to.handle.id, &to.handle.token, CreateInteractionResponse::Modal(modal(form))).await
    }

    async fn suggest(&self, to: &Incoming<Self>, suggestions: Vec<Suggestion>) -> Result<()> {
        let choice = |Suggestion { label, value }| AutocompleteChoice::new(cut_units(&label, CHOICE), value);
        let choices = suggestions.into_iter().take(CHOICES).map(choice).collect();
        let response = CreateAutocompleteResponse::new().set_choices(choices);
        self.client.first(to.handle.id, &to.handle.token, CreateInteractionResponse::Autocomplete(response)).await
    }
}

/// The message as it goes out, whichever way.
pub fn outgoing(message: ChatMessage<OutgoingMessage>) -> OutgoingMessage {
    let ChatMessage { note, body, rows, picture } = message;
    let outgoing = OutgoingMessage { text: note.or(body.text), rows: action_rows(rows), ..body };
    match picture {
        Some(picture) => outgoing.with_picture(picture.into()),
        None => outgoing,
    }
}
