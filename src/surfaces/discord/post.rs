//! How does an answer get into a channel where nobody asked? Made for those who read there, posted once, and never again where
//! Discord refused it for good.

use std::{num::NonZeroU64, sync::Arc};

use jiff::tz::TimeZone;
use serenity::all::{ChannelId, Nonce};
use sha2::{Digest as _, Sha256};

use super::{
    channels::name_of,
    chat_platform::{DiscordChat, outgoing},
    limits::NONCE,
    outgoing_message::OutgoingMessage,
    rest_client::RestClient,
    settings::PLATFORM,
};
use crate::{
    access::Asker,
    ask::{Ask, SavedQuestion, Theme},
    chat::ReplyMessage,
    error::{Error, ErrorKind, Result},
    operations::Operations,
    text::hex,
};

/// What to post, and where.
pub struct ChannelPost<'a> {
    /// The channel.
    pub channel: NonZeroU64,
    /// The question whose answer it is.
    pub question: &'a SavedQuestion,
    /// The colours of its picture.
    pub theme: Theme,
    /// Who wants to post although Discord refused the channel before.
    pub again: Option<&'a Asker>,
}

/// Posts the first page of the answer that `readers` of the channel get, with its buttons. Says the id of the message. The same answer again
/// within a few minutes is the same message.
///
/// # Errors
/// Those of [`Ask::ask`] and [`RestClient::post`]; [`ErrorKind::Forbidden`] for a channel that was refused before.
pub async fn post(client: &Arc<RestClient>, ask: &Ask, operations: &Operations, readers: &Asker, posting: &ChannelPost<'_>) -> Result<u64> {
    let channel = ChannelId::from(posting.channel);
    let destination = name_of(channel.get());
    if let Some(asker) = posting.again {
        operations.resume_destination(asker, &destination).await?;
        client.reopen(channel);
    } else if let Some(stop) = operations.posting().stopped(&destination).await? {
        let day = stop.since.to_zoned(TimeZone::UTC).date();
        let sentence = format!("Nothing is posted into channel {channel} since {day}. {} Once that is fixed, post with --again.", stop.why);
        return Err(Error::new(ErrorKind::Forbidden, sentence));
    }
    let (said, nonce) = answer(&DiscordChat::new(Arc::clone(client)), ask, readers, posting).await?;
    let posted = client.post(channel, said.into_post().nonce(Nonce::String(nonce)).enforce_nonce(true)).await;
    if let Err(error) = &posted
        && error.kind == ErrorKind::Forbidden
    {
        operations.posting().stop_destination(&destination, &error.sentence).await?;
    }
    posted.map(Into::into)
}

/// The first page of the answer, and what tells it from other answers.
async fn answer(platform: &DiscordChat, ask: &Ask, readers: &Asker, posting: &ChannelPost<'_>) -> Result<(OutgoingMessage, String)> {
    let question = posting.question;
    let reply = ask.ask(readers, &question.question(&question.pairs(), PLATFORM)).await?;
    let mut nonce = hex(&Sha256::digest(format!("{} {}", posting.channel, reply.etag)));
    nonce.truncate(NONCE);
    let message = ReplyMessage { platform, ask, question, reply: &reply, page: 0, share: false, theme: posting.theme };
    Ok((outgoing(message.build().await?), nonce))
}
