//! What does somebody in Discord hear? For now, that answers are being prepared.

use std::sync::Arc;

use serenity::all::{
    CreateAllowedMentions, CreateAutocompleteResponse, CreateInteractionResponse, CreateInteractionResponseMessage, Interaction,
};

use super::wire::Wire;

/// Where all interactions meet, however they came.
pub(super) struct Conversation {
    wire: Arc<Wire>,
}

impl Conversation {
    /// Answers through `wire`.
    pub fn new(wire: Arc<Wire>) -> Arc<Self> {
        Arc::new(Self { wire })
    }

    /// Answers one interaction.
    pub async fn meet(&self, interaction: Interaction) {
        let response = if matches!(interaction, Interaction::Autocomplete(_)) {
            CreateInteractionResponse::Autocomplete(CreateAutocompleteResponse::new())
        } else {
            let message = CreateInteractionResponseMessage::new().content("Nothing can be asked here yet.").ephemeral(true);
            CreateInteractionResponse::Message(message.allowed_mentions(CreateAllowedMentions::new()))
        };
        if let Err(error) = self.wire.first(interaction.id(), interaction.token(), response).await {
            tracing::debug!(cause = error.cause(), "{}", error.sentence);
        }
    }
}
