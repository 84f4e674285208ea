//! What do we say in Discord? One thing, whichever way it goes out: as a first answer, an update, an edit, a follow-up, a post of the
//! bot or of a webhook.
//!
//! Nothing that we say mentions anybody: each form says so itself, because what Discord does without it differs from place to
//! place (<https://docs.discord.com/developers/resources/message#allowed-mentions-object>). A message that is said anew keeps
//! nothing of what it was: text, embed, buttons and files are those of the new one, or none.

use bytes::Bytes;
use serenity::builder::{
    CreateActionRow, CreateAllowedMentions, CreateAttachment, CreateEmbed, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateInteractionResponseMessage, CreateMessage, EditAttachments, EditInteractionResponse, ExecuteWebhook,
};

use super::{embed::Embed, escape, limits};
use crate::{chat::ChatPicture, text::cut_units};

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, by which an embed shows it.
    pub name: String,
    /// Its content, at most [`limits::FILE_BYTES`].
    pub bytes: Bytes,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// What the attached picture is called.
const PICTURE: &str = "trend.png";

impl From<ChatPicture> for Attachment {
    fn from(picture: ChatPicture) -> Self {
        Self { name: PICTURE.to_owned(), bytes: picture.bytes, alt: picture.alt }
    }
}

/// Something to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutgoingMessage {
    /// Words before the embed, in Discord's markdown: only such as are ours or escaped.
    pub text: Option<String>,
    /// The embed.
    pub embed: Option<Embed>,
    /// More embeds below it. Whoever gives them keeps all together within [`limits::EMBEDS_TOTAL`].
    pub more: Vec<Embed>,
    /// Rows of buttons, or of one select each.
    pub rows: Vec<CreateActionRow>,
    /// What goes along.
    pub files: Vec<Attachment>,
}

/// One or two sentences: a refusal, a note.
pub fn sentence(text: &str) -> OutgoingMessage {
    OutgoingMessage { embed: Some(Embed { description: escape::sentence(text), ..Embed::default() }), ..OutgoingMessage::default() }
}

impl OutgoingMessage {
    /// An embed with what one can press below it.
    pub fn new(embed: Embed, rows: Vec<CreateActionRow>) -> Self {
        Self { embed: Some(embed), rows, ..Self::default() }
    }

    /// The same with a picture that the first embed which draws it shows in place of that, or else the first. One that Discord would not take is left out: the words say it all.
    #[must_use]
    pub fn with_picture(mut self, picture: Attachment) -> Self {
        let drawn = self.more.iter().position(|embed| !embed.drawn.is_empty());
        let embed = match drawn {
            Some(at) if self.embed.as_ref().is_some_and(|first| first.drawn.is_empty()) => self.more.get_mut(at),
            _ => self.embed.as_mut(),
        };
        if let Some(embed) = embed.filter(|_| picture.bytes.len() <= limits::FILE_BYTES && self.files.len() < limits::FILES) {
            if !embed.drawn.is_empty() {
                embed.description = embed.description.replacen(&std::mem::take(&mut embed.drawn), "", 1);
            }
            embed.picture = Some(picture.name.clone());
            self.files.push(picture);
        }
        self
    }

    /// The first answer to an interaction; `ephemeral` shows it to the asker only.
    pub fn into_first(self, ephemeral: bool) -> CreateInteractionResponse {
        let text = self.content();
        let message = self.into_message().ephemeral(ephemeral);
        CreateInteractionResponse::Message(if text.is_empty() { message } else { message.content(text) })
    }

    /// The first answer to a pressed button, in place of the message that holds it. Who sees that cannot change.
    pub fn into_update(self) -> CreateInteractionResponse {
        // An empty text takes away the old one, as an empty list does with files.
        let text = self.content();
        CreateInteractionResponse::UpdateMessage(self.into_message().content(text))
    }

    /// A later answer, in place of the first.
    pub fn into_edit(self) -> EditInteractionResponse {
        let (text, embeds, files) = (self.content(), self.embeds(), self.attachments());
        let attachments = files.into_iter().fold(EditAttachments::new(), EditAttachments::add);
        let edit = EditInteractionResponse::new().content(text).embeds(embeds).attachments(attachments);
        edit.components(self.rows()).allowed_mentions(CreateAllowedMentions::new())
    }

    /// A further answer, below the first.
    pub fn into_follow_up(self, ephemeral: bool) -> CreateInteractionResponseFollowup {
        let (text, embeds, files) = (self.content(), self.embeds(), self.attachments());
        let follow_up = CreateInteractionResponseFollowup::new().embeds(embeds).add_files(files).ephemeral(ephemeral);
        let follow_up = follow_up.components(self.rows()).allowed_mentions(CreateAllowedMentions::new());
        if text.is_empty() { follow_up } else { follow_up.content(text) }
    }

    /// A message of its own in a channel.
    pub fn into_post(self) -> CreateMessage {
        let (text, embeds, files) = (self.content(), self.embeds(), self.attachments());
        let post = CreateMessage::new().embeds(embeds).add_files(files);
        let post = post.components(self.rows()).allowed_mentions(CreateAllowedMentions::new());
        if text.is_empty() { post } else { post.content(text) }
    }

    /// A message of a webhook, which has nothing to press: Discord would take no presses for it.
    pub fn into_webhook(self) -> ExecuteWebhook {
        let (text, embeds, files) = (self.content(), self.embeds(), self.attachments());
        let post = ExecuteWebhook::new().embeds(embeds).add_files(files).allowed_mentions(CreateAllowedMentions::new());
        if text.is_empty() { post } else { post.content(text) }
    }

    fn into_message(self) -> CreateInteractionResponseMessage {
        let (embeds, files) = (self.embeds(), self.attachments());
        let message = CreateInteractionResponseMessage::new().embeds(embeds).add_files(files);
        message.components(self.rows()).allowed_mentions(CreateAllowedMentions::new())
    }

    fn content(&self) -> String {
        escape::cut_to(self.text.as_deref().unwrap_or_default().trim(), limits::CONTENT)
    }

    fn embeds(&self) -> Vec<CreateEmbed> {
        self.embed.iter().chain(&self.more).take(limits::EMBEDS).cloned().map(Embed::into_create).collect()
    }

    fn attachments(&self) -> Vec<CreateAttachment> {
        let attachment = |file: &Attachment| {
            CreateAttachment::bytes(file.bytes.to_vec(), file.name.clone())
                .description(cut_units(&escape::bare(&file.alt), limits::ALT_TEXT))
        };
        self.files.iter().map(attachment).collect()
    }

    fn rows(self) -> Vec<CreateActionRow> {
        let mut rows = self.rows;
        rows.truncate(limits::ROWS);
        rows
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent(said: impl serde::Serialize) -> Value {
        serde_json::to_value(said).unwrap()
    }

    /// Every form of the same thing, the message inside each.
    fn all(said: &OutgoingMessage) -> [(&'static str, Value); 7] {
        let first = |ephemeral| sent(said.clone().into_first(ephemeral))["data"].take();
        [
            ("first", first(false)),
            ("first, ephemeral", first(true)),
            ("update", sent(said.clone().into_update())["data"].take()),
            ("edit", sent(said.clone().into_edit())),
            ("follow-up", sent(said.clone().into_follow_up(true))),
            ("post", sent(said.clone().into_post())),
            ("webhook", sent(said.clone().into_webhook())),
        ]
    }

    #[test]
    fn nobody_is_ever_mentioned() {
        for (form, message) in all(&sentence("Hello @everyone.")) {
            assert_eq!(message["allowed_mentions"], json!({ "parse": [], "users": [], "roles": [] }), "{form}");
            assert_eq!(message["embeds"][0]["description"], r"Hello \@everyone.", "{form}");
        }
    }

    #[test]
    fn only_the_asker_sees_what_is_ephemeral() {
        let flags = all(&sentence("No.")).map(|(_, message)| message["flags"].as_u64().unwrap_or(0) & 64);
        // Updates and edits cannot change who sees a message, a post is for all.
        assert_eq!(flags, [0, 64, 0, 0, 64, 0, 0]);
    }

    #[test]
    fn a_message_said_anew_keeps_nothing() {
        for (form, message) in all(&sentence("Gone.")).into_iter().filter(|(form, _)| ["update", "edit"].contains(form)) {
            assert_eq!(
                (&message["content"], &message["components"], &message["attachments"]),
                (&json!(""), &json!([]), &json!([])),
                "{form}"
            );
        }
        let empty = sent(OutgoingMessage { text: Some("words".to_owned()), ..OutgoingMessage::default() }.into_edit());
        assert_eq!((&empty["content"], &empty["embeds"]), (&json!("words"), &json!([])));
    }

    #[test]
    fn a_picture_stands_for_what_the_text_draws() {
        let embed = Embed { description: "58 %\n`▁█`\nnow 58 %".to_owned(), drawn: "`▁█`\n".to_owned(), ..Embed::default() };
        let said = |bytes| {
            let picture = Attachment { name: "trend.png".to_owned(), bytes, alt: String::new() };
            OutgoingMessage::new(embed.clone(), Vec::new()).with_picture(picture).embed.unwrap().description
        };
        assert_eq!(said(Bytes::from_static(b"png")), "58 %\nnow 58 %");
        assert_eq!(said(vec![0; limits::FILE_BYTES + 1].into()), embed.description);
    }

    #[test]
    fn a_picture_is_shown_and_described() {
        let picture =
            Attachment { name: "trend.png".to_owned(), bytes: Bytes::from_static(b"png"), alt: "The score\nof 90 days".to_owned() };
        for (form, message) in all(&OutgoingMessage::new(Embed::default(), Vec::new()).with_picture(picture.clone())) {
            assert_eq!(message["embeds"][0]["image"]["url"], "attachment://trend.png", "{form}");
            assert_eq!(message["attachments"][0]["description"], "The score of 90 days", "{form}");
        }
        let large = Attachment { bytes: vec![0; limits::FILE_BYTES + 1].into(), ..picture };
        let without = OutgoingMessage::new(Embed::default(), Vec::new()).with_picture(large);
        assert_eq!((without.files.len(), without.embed.unwrap().picture), (0, None));
    }
}
