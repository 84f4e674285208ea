//! How does an answer become a message? One page of its card, what can be pressed below it, and its picture.

use jiff::Timestamp;

use super::{ButtonLimits, ButtonRow, ChatMessage, ChatPicture, PageActions, Platform, buttons::rows};
use crate::{
    ask::{ALL_TENANTS, Ask, Body, Reply, SavedQuestion, Theme},
    card::{Card, Next},
    error::{Error, Result},
};

/// Which part of an answer is shown, and how.
pub struct ReplyMessage<'a, P> {
    /// The platform that shows it.
    pub platform: &'a P,
    /// Which keeps the questions of buttons and draws pictures.
    pub ask: &'a Ask,
    /// The question that it answers.
    pub question: &'a SavedQuestion,
    /// The answer, as a card.
    pub reply: &'a Reply,
    /// Which page, from 0; the last one where there are not so many.
    pub page: usize,
    /// Whether it may be shown to everybody, and is not yet.
    pub share: bool,
    /// The colours of its picture.
    pub theme: Theme,
}

impl<P: Platform> ReplyMessage<'_, P> {
    /// The message. The words are what was asked for: they go out also where buttons or picture fail.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Internal`] for an answer that is no card, and for a platform without pages.
    pub async fn build(&self) -> Result<ChatMessage<P::Body>> {
        let Body::Card(card) = &self.reply.body else { return Err(Error::internal("a card was asked for, and bytes came")) };
        let mut pages = self.platform.pages(card, Timestamp::now());
        let count = pages.len();
        let at = self.page.min(count.saturating_sub(1));
        let page = if at < count { pages.swap_remove(at) } else { return Err(Error::internal("a platform showed a card on no page")) };
        let rows = or_nothing(self.platform.title(), self.rows(card, &page.leads, (at, count)).await);
        let picture = if at == 0 { or_nothing(self.platform.title(), self.ask.trend_image(self.reply, self.theme).await) } else { None };
        Ok(ChatMessage { rows, picture: picture.map(|bytes| ChatPicture::of(card, bytes)), ..ChatMessage::new(page.body) })
    }

    /// What can be pressed. Every question that it leads to is kept, so that a button works as long as people look back.
    async fn rows(&self, card: &Card, leads: &[Next], (page, pages): (usize, usize)) -> Result<Vec<ButtonRow>> {
        let limits = self.platform.buttons();
        let Leading { question, leads, next } = keep(self.ask, Some(self.question), (leads, &card.next), limits).await?;
        // Several tenants are never read at once.
        let groups = self.ask.view().groups();
        let is_several = |tenant: &str| tenant == ALL_TENANTS || tenant.contains(',') || groups.get(tenant).is_some();
        let refresh = !self.question.tenant.as_deref().is_some_and(is_several);
        Ok(rows(&PageActions { question: &question, leads, next, page, pages, refresh, share: self.share, snooze: None }, limits))
    }
}

/// What can be pressed below a post, which answers no question: what its rows and it itself lead to, and that nobody wants more of it where `snooze` is
/// the id of its delivery. `title` is the platform's.
pub async fn below_a_post(
    ask: &Ask,
    (leads, next): (&[Next], &[Next]),
    snooze: Option<&str>,
    (title, limits): (&str, &ButtonLimits),
) -> Vec<ButtonRow> {
    let Leading { question, leads, next } = or_nothing(title, keep(ask, None, (leads, next), limits).await);
    rows(&PageActions { question: &question, leads, next, page: 0, pages: 1, refresh: false, share: false, snooze }, limits)
}

/// What an answer leads to, each with the id under which it is kept.
#[derive(Default)]
struct Leading<'n> {
    question: String,
    leads: Vec<(String, &'n Next)>,
    next: Vec<(String, &'n Next)>,
}

/// Keeps what a page leads to, and the question itself where there is one.
async fn keep<'n>(
    ask: &Ask,
    own: Option<&SavedQuestion>,
    (leads, next): (&'n [Next], &'n [Next]),
    limits: &ButtonLimits,
) -> Result<Leading<'n>> {
    let known = |nexts: &'n [Next], most| nexts.iter().map(|next| (saved(next), next)).take(most).collect::<Vec<_>>();
    let (leads, next) = (known(leads, limits.options), known(next, limits.per_row));
    let questions: Vec<SavedQuestion> = own.into_iter().chain(leads.iter().chain(&next).map(|(saved, _)| saved)).cloned().collect();
    let mut ids = ask.save(&questions).await?.into_iter();
    let question = own.and_then(|_| ids.next()).unwrap_or_default();
    let mut named = |nexts: Vec<(SavedQuestion, &'n Next)>| nexts.into_iter().zip(ids.by_ref()).map(|((_, next), id)| (id, next)).collect();
    Ok(Leading { question, leads: named(leads), next: named(next) })
}

/// The question that an answer leads to.
fn saved(next: &Next) -> SavedQuestion {
    let args = next.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    SavedQuestion { skill: next.skill.entry(), tenant: Some(next.tenant.clone()), args }
}

/// What came of it, or nothing; the log has why.
fn or_nothing<T: Default>(platform: &str, result: Result<T>) -> T {
    result.unwrap_or_else(|error| {
        tracing::warn!(cause = error.cause(), "something goes out in {platform} without its buttons or its picture: {}", error.sentence);
        T::default()
    })
}
