//! How does an answer get into a channel where nobody asked? Made for those who read there, posted once, and never again where
//! Discord refused it for good.

use std::num::NonZeroU64;

use jiff::{Timestamp, tz::TimeZone};
use serenity::all::{ChannelId, Nonce};
use sha2::{Digest as _, Sha256};

use super::{File, Said, Wire, pages};
use crate::{
    access::Asker,
    ask::{Ask, Body, Form, Question, Theme},
    error::{Error, Kind, Result},
    text::hex,
};

/// The longest name of a message that tells it from another, in characters:
/// <https://docs.discord.com/developers/resources/message#create-message>.
const NONCE_MAX: usize = 25;

/// What to post, and where.
pub struct Posting<'a> {
    /// The channel.
    pub channel: NonZeroU64,
    /// The question whose answer it is.
    pub question: Question<'a>,
    /// The colours of its picture.
    pub theme: Theme,
    /// Whether to post although Discord refused the channel before.
    pub again: bool,
}

/// Posts the first page of the answer that `readers` of the channel get. Says the id of the message. The same answer again
/// within a few minutes is the same message.
///
/// # Errors
/// Those of [`Ask::ask`] and [`Wire::post`]; [`Kind::Forbidden`] for a channel that was refused before.
pub async fn post(wire: &Wire, ask: &Ask, readers: &Asker, posting: &Posting<'_>) -> Result<u64> {
    let channel = ChannelId::from(posting.channel);
    let destination = format!("discord:channel:{channel}");
    if posting.again {
        ask.resume_destination(&destination).await?;
        wire.reopen(channel);
    } else if let Some(stop) = ask.stopped(&destination).await? {
        let day = stop.since.to_zoned(TimeZone::UTC).date();
        let sentence = format!("Nothing is posted into channel {channel} since {day}. {} When that is mended, post with --again.", stop.why);
        return Err(Error::new(Kind::Forbidden, sentence));
    }
    let (said, nonce) = answer(ask, readers, posting).await?;
    let posted = wire.post(channel, said.into_post().nonce(Nonce::String(nonce)).enforce_nonce(true)).await;
    if let Err(error) = &posted
        && error.kind == Kind::Forbidden
    {
        ask.stop_destination(&destination, &error.sentence).await?;
    }
    posted.map(Into::into)
}

/// The first page of the answer, and what tells it from other answers.
async fn answer(ask: &Ask, readers: &Asker, posting: &Posting<'_>) -> Result<(Said, String)> {
    let question = Question { form: Form::Card, ..posting.question };
    let reply = ask.ask(readers, &question).await?;
    let Body::Card(card) = &reply.body else { return Err(Error::internal("a card was asked for, and it is none")) };
    let first = pages(card, Timestamp::now()).into_iter().next().ok_or_else(|| Error::internal("a card has no page"))?;
    let said = Said::new(first.embed, Vec::new());
    let mut nonce = hex(&Sha256::digest(format!("{} {}", posting.channel, reply.etag)));
    nonce.truncate(NONCE_MAX);
    let picture = ask.picture(readers, &question, posting.theme).await.unwrap_or_else(|error| {
        tracing::warn!(cause = error.cause(), "a post goes out without its picture: {}", error.sentence);
        None
    });
    let said = match picture {
        None => said,
        Some(bytes) => said.with_picture(File { name: "trend.png".to_owned(), bytes, alt: format!("How it moved: {}", card.title) }),
    };
    Ok((said, nonce))
}
