//! How do posts get into a channel of Discord? Through the bot, as everybody who reads there may see them.
//!
//! Each message has a nonce: sent again within a few minutes, which Discord does not count, it is still one message
//! (<https://docs.discord.com/developers/resources/message#create-message-jsonform-params>). Of a post that takes several, a second try leaves out those
//! that are there, while the process lives. The first of them is the one that is edited and answered.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use serenity::all::{ChannelId, CreateAllowedMentions, EditMessage, MessageId, MessageReference, MessageReferenceKind, Nonce};

use super::{
    components::{BUTTON_LIMITS, action_rows},
    limits::NONCE,
    outgoing_message::OutgoingMessage,
    post_message::{PostMessage, ended, message, over, slash_command},
    refusal::DiscordRefusal,
    rest_client::{RestClient, closed},
    settings::{DiscordSettings, PLATFORM},
    snowflake::{known_as, snowflake},
};
use crate::{
    access::chat::Grants,
    ask::{Ask, Theme},
    chat::{Membership, SpaceMember, below_a_post},
    delivery::{self, BoundDestination, Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::{Error, ErrorKind, Result},
    surfaces::progress_log::ProgressLog,
    text::cut_units,
};

/// The channels that the bot posts into.
#[derive(Clone)]
pub struct Channels(Arc<Bot>);

struct Bot {
    settings: DiscordSettings,
    /// Made when it is needed: most commands know where posts go and send none.
    client: OnceLock<Arc<RestClient>>,
    /// Which saves the questions of buttons.
    ask: Arc<Ask>,
    /// The messages of posts that take several, each with its id where that is known.
    sent: Arc<ProgressLog<Option<MessageId>>>,
}

impl Bot {
    fn client(&self) -> Result<Arc<RestClient>> {
        if let Some(client) = self.client.get() {
            return Ok(Arc::clone(client));
        }
        let client = RestClient::new(&self.settings)?;
        Ok(Arc::clone(self.client.get_or_init(|| client)))
    }
}

/// A channel.
struct BotChannel {
    bot: Arc<Bot>,
    channel: ChannelId,
}

/// What tells a repeated message of a post from others: its id, and behind it which of several messages it is.
fn nonce(post: &str, at: usize) -> String {
    let number = if at == 0 { String::new() } else { at.to_string() };
    cut_units(&format!("{}{number}", post.get(..NONCE - 1).unwrap_or(post)), NONCE)
}

/// What the channel with this id is called as a destination.
pub(super) fn name_of(channel: u64) -> String {
    format!("{PLATFORM}:{channel}")
}

impl Channels {
    /// The channels that the grants of `settings` name for everybody, with buttons whose questions `ask` saves.
    pub fn new(settings: DiscordSettings, ask: Arc<Ask>) -> Self {
        Self(Arc::new(Bot { settings, client: OnceLock::new(), ask, sent: Arc::default() }))
    }

    /// The same channels and the same way to them, where `grants` say who reads there.
    #[must_use]
    pub fn with_grants(&self, grants: Grants) -> Self {
        let Bot { settings, client, ask, sent } = &*self.0;
        let settings = DiscordSettings { grants, ..settings.clone() };
        Self(Arc::new(Bot { settings, client: client.clone(), ask: Arc::clone(ask), sent: Arc::clone(sent) }))
    }

    /// What the bot is.
    pub(super) fn settings(&self) -> &DiscordSettings {
        &self.0.settings
    }

    /// The way that posts take to Discord, for whoever else speaks through the bot.
    ///
    /// # Errors
    /// Those of [`RestClient::new`].
    pub fn client(&self) -> Result<Arc<RestClient>> {
        self.0.client()
    }
}

impl delivery::ChannelResolver for Channels {
    fn shown(&self) -> &'static str {
        "discord:ID, a Discord channel that a grant opens to everybody"
    }

    fn resolve(&self, name: &str) -> Option<BoundDestination> {
        let channel = known_as(name).map(ChannelId::from)?;
        let readers = self.0.settings.grants.readers(PLATFORM, &channel.to_string())?;
        Some(BoundDestination { destination: Arc::new(BotChannel { bot: Arc::clone(&self.0), channel }), readers })
    }
}

impl Membership for Channels {
    fn member<'a>(&'a self, space: &'a str, user: &'a str) -> BoxFuture<'a, Result<Option<SpaceMember>>> {
        Box::pin(async move { Ok(self.client()?.member(space, user).await?.map(|groups| SpaceMember { groups, outsider: false })) })
    }
}

impl Destination for BotChannel {
    fn kind(&self) -> &'static str {
        PLATFORM
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat::File { dark: matches!(self.bot.settings.theme, Theme::Dark) }
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(self.post(sending))
    }
}

impl BotChannel {
    async fn post(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        let client = self.bot.client().map_err(unsent)?;
        let post = sending.post;
        let PostMessage { mut said, further, leads } = message(sending, slash_command);
        let sent = self.bot.sent.of(&post.id);
        if !sent.contains_key(&0) {
            let snooze = post.snoozes.then_some(post.id.as_str());
            said.rows = action_rows(below_a_post(&self.bot.ask, (&leads, &post.card.next), snooze, ("Discord", &BUTTON_LIMITS)).await);
        }
        for ended in ended(sending) {
            self.end(&client, MessageId::from(ended), sending).await?;
        }
        let earlier = sending.earlier.and_then(snowflake).map(MessageId::from);
        for (at, said) in std::iter::once(said).chain(further).enumerate().filter(|(at, _)| !sent.contains_key(at)) {
            let message = self.say(&client, said, &nonce(&post.id, at), earlier.filter(|_| at == 0)).await?;
            self.bot.sent.note(&post.id, at, message);
        }
        let first = self.bot.sent.close(&post.id).remove(&0).flatten();
        Ok(Receipt::of(first.map(|id| id.to_string())))
    }

    /// Says it once, in answer to `earlier`; without that, where it was deleted. What Discord calls it, where that is known.
    async fn say(
        &self,
        client: &RestClient,
        said: OutgoingMessage,
        nonce: &str,
        earlier: Option<MessageId>,
    ) -> Result<Option<MessageId>, SendFailure> {
        let post = said.into_post().nonce(Nonce::String(nonce.to_owned())).enforce_nonce(true);
        let answered = match earlier {
            Some(earlier) => {
                let reference =
                    MessageReference::new(MessageReferenceKind::Default, self.channel).message_id(earlier).fail_if_not_exists(false);
                match client.send(self.channel, post.clone().reference_message(reference)).await {
                    Ok(Err(refusal)) if refusal.is_about_earlier() => client.send(self.channel, post).await,
                    answered => answered,
                }
            }
            None => client.send(self.channel, post).await,
        };
        match answered {
            Ok(Ok(id)) => Ok(Some(id)),
            // It is there; what Discord calls it stays unknown.
            Ok(Err(DiscordRefusal::Unread(_))) => Ok(None),
            Ok(Err(refusal)) => Err(self.failure(refusal)),
            Err(held) => Err(unsent(held)),
        }
    }

    /// Says above the alert `earlier` that all of it is over, and takes away what could be pressed below it. The post that follows tells it too,
    /// so that only what keeps that one from being sent is a failure.
    async fn end(&self, client: &RestClient, earlier: MessageId, sending: &Sending<'_>) -> Result<(), SendFailure> {
        let edit = EditMessage::new().content(over(sending)).components(Vec::new()).allowed_mentions(CreateAllowedMentions::new());
        match client.change((self.channel, earlier), edit).await {
            Ok(Ok(()) | Err(DiscordRefusal::Unread(_))) => Ok(()),
            Ok(Err(refusal)) if refusal.is_about_earlier() || refusal.is_for_good() => {
                tracing::debug!(cause = refusal.into_error("an edited alert").cause(), "an alert in Discord stays as it was");
                Ok(())
            }
            Ok(Err(refusal)) => Err(self.failure(refusal)),
            Err(held) => Err(unsent(held)),
        }
    }

    fn failure(&self, refusal: DiscordRefusal) -> SendFailure {
        let (closed_channel, dead, for_good) = (refusal.is_closed_channel(), refusal.is_dead_token(), refusal.is_for_good());
        let error = refusal.into_error("a post");
        tracing::warn!(channel = self.channel.get(), cause = error.cause(), "not posted in Discord: {}", error.sentence);
        if closed_channel {
            SendFailure::Dead { why: closed(self.channel) }
        } else if dead && self.bot.client().is_ok_and(|client| client.stopped().is_some()) {
            SendFailure::Dead { why: error.sentence }
        } else if for_good {
            SendFailure::Never {
                why: "Discord does not take this post as it is; the log has its words. Others are sent as before.".to_owned(),
            }
        } else {
            SendFailure::Later { why: error.sentence, after: error.retry_after }
        }
    }
}

/// What the guard kept from going out.
fn unsent(held: Error) -> SendFailure {
    if held.kind == ErrorKind::Misconfigured {
        return SendFailure::Dead { why: held.sentence };
    }
    SendFailure::Later { why: held.sentence, after: held.retry_after }
}
