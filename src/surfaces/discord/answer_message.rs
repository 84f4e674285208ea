//! How does an answer become a message? One page of its card, what can be pressed below it, and its picture.

use bytes::Bytes;
use jiff::Timestamp;
use serenity::all::CreateActionRow;

use super::{
    buttons::{Laid, rows},
    limits,
    outgoing_message::{Attachment, OutgoingMessage},
    render::pages,
};
use crate::{
    ask::{ALL_TENANTS, Ask, Body, Reply, SavedQuestion, Theme},
    card::{Card, Next},
    error::{Error, Result},
};

/// What the attached picture is called.
const PICTURE: &str = "trend.png";

/// The picture of `card`.
pub(super) fn picture_of(card: &Card, bytes: Bytes) -> Attachment {
    Attachment { name: PICTURE.to_owned(), bytes, alt: format!("{}: how it moved, day by day", card.title) }
}

/// For whom, and which part of the answer.
pub(super) struct AnswerMessage<'a> {
    pub(super) ask: &'a Ask,
    /// The question that it answers.
    pub(super) kept: &'a SavedQuestion,
    /// The answer, as a card.
    pub(super) reply: &'a Reply,
    /// Which page, from 0; the last one where there are not so many.
    pub(super) page: usize,
    /// Whether it may be shown to everybody, and is not yet.
    pub(super) share: bool,
    pub(super) theme: Theme,
}

impl AnswerMessage<'_> {
    /// The message. The words are what was asked for: they go out also where buttons or picture fail.
    pub(super) async fn build(&self) -> Result<OutgoingMessage> {
        let Body::Card(card) = &self.reply.body else { return Err(Error::internal("a card was asked for, and bytes came")) };
        let mut pages = pages(card, Timestamp::now());
        let count = pages.len();
        let at = self.page.min(count.saturating_sub(1));
        let page = pages.swap_remove(at);
        let said = OutgoingMessage::new(page.embed, or_nothing(self.rows(card, &page.leads, (at, count)).await));
        let picture = if at == 0 { or_nothing(self.ask.trend_image(self.reply, self.theme).await) } else { None };
        Ok(match picture {
            Some(bytes) => said.with_picture(picture_of(card, bytes)),
            None => said,
        })
    }

    /// What can be pressed. Every question that it leads to is kept, so that a button works as long as people look back.
    async fn rows(&self, card: &Card, leads: &[Next], (page, pages): (usize, usize)) -> Result<Vec<CreateActionRow>> {
        let Leading { question, leads, next } = keep(self.ask, Some(self.kept), leads, &card.next).await?;
        // All tenants are never read at once.
        let refresh = self.kept.tenant.as_deref() != Some(ALL_TENANTS);
        Ok(rows(&Laid { question: &question, leads, next, page, pages, refresh, share: self.share, snooze: None }))
    }
}

/// What an answer leads to, each with the id under which it is kept.
#[derive(Default)]
struct Leading<'n> {
    question: String,
    leads: Vec<(String, &'n Next)>,
    next: Vec<(String, &'n Next)>,
}

/// Keeps what a page leads to, and the question itself where there is one.
async fn keep<'n>(ask: &Ask, own: Option<&SavedQuestion>, leads: &'n [Next], next: &'n [Next]) -> Result<Leading<'n>> {
    let known = |nexts: &'n [Next], most| nexts.iter().map(|next| (kept(next), next)).take(most).collect::<Vec<_>>();
    let (leads, next) = (known(leads, limits::OPTIONS), known(next, limits::BUTTONS));
    let questions: Vec<SavedQuestion> = own.into_iter().chain(leads.iter().chain(&next).map(|(kept, _)| kept)).cloned().collect();
    let mut ids = ask.save(&questions).await?.into_iter();
    let question = own.and_then(|_| ids.next()).unwrap_or_default();
    let mut named = |nexts: Vec<(SavedQuestion, &'n Next)>| nexts.into_iter().zip(ids.by_ref()).map(|((_, next), id)| (id, next)).collect();
    Ok(Leading { question, leads: named(leads), next: named(next) })
}

/// What can be pressed below a post, which answers no question: what it leads to, and that nobody wants more of it where `snooze` is the
/// id of its delivery.
pub(super) async fn below_a_post(ask: &Ask, leads: &[Next], next: &[Next], snooze: Option<&str>) -> Vec<CreateActionRow> {
    let Leading { question, leads, next } = or_nothing(keep(ask, None, leads, next).await);
    rows(&Laid { question: &question, leads, next, page: 0, pages: 1, refresh: false, share: false, snooze })
}

/// What came of it, or nothing; the log has why.
fn or_nothing<T: Default>(made: Result<T>) -> T {
    made.unwrap_or_else(|error| {
        tracing::warn!(cause = error.cause(), "something goes out in Discord without its buttons or its picture: {}", error.sentence);
        T::default()
    })
}

/// The question that an answer leads to.
fn kept(next: &Next) -> SavedQuestion {
    let args = next.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    SavedQuestion { skill: next.skill.entry(), tenant: Some(next.tenant.clone()), args }
}
