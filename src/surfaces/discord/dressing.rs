//! How does an answer become a message? One page of its card, what can be pressed below it, and its picture.

use jiff::Timestamp;
use serenity::all::CreateActionRow;

use super::{
    buttons::{Laid, rows},
    render::pages,
    said::{File, Said},
};
use crate::{
    access::Asker,
    ask::{ALL_TENANTS, Ask, Kept, Question, Theme},
    card::{Card, Next},
    error::Result,
    skills::Entry,
};

/// What the attached picture is called.
const PICTURE: &str = "trend.png";

/// For whom, and which part of the answer.
pub(super) struct Dressing<'a> {
    pub(super) ask: &'a Ask,
    /// With whose rights it was answered.
    pub(super) asker: &'a Asker,
    /// The question that it answers.
    pub(super) kept: &'a Kept,
    /// The same, as it was asked.
    pub(super) question: Question<'a>,
    /// Which page, from 0; the last one where there are not so many.
    pub(super) page: usize,
    /// Whether it may be shown to everybody, and is not yet.
    pub(super) share: bool,
    pub(super) theme: Theme,
}

impl Dressing<'_> {
    /// The message. The words are what was asked for: they go out also where buttons or picture fail.
    pub(super) async fn dress(&self, card: &Card) -> Said {
        let mut pages = pages(card, Timestamp::now());
        let count = pages.len();
        let at = self.page.min(count.saturating_sub(1));
        let page = pages.swap_remove(at);
        let said = Said::new(page.embed, or_nothing(self.rows(card, &page.leads, (at, count)).await));
        let picture = async { or_nothing(self.ask.picture(self.asker, &self.question, self.theme).await) };
        match if at == 0 { picture.await } else { None } {
            Some(bytes) => said.with_picture(File { name: PICTURE.to_owned(), bytes, alt: format!("{}: how it moved, day by day", card.title) }),
            None => said,
        }
    }

    /// What can be pressed. Every question that it leads to is kept, so that a button works as long as people look back.
    async fn rows(&self, card: &Card, leads: &[Next], (page, pages): (usize, usize)) -> Result<Vec<CreateActionRow>> {
        let nexts: Vec<(&Next, Kept)> = leads.iter().chain(&card.next).filter_map(|next| Some((next, kept(next)?))).collect();
        let questions: Vec<Kept> = std::iter::once(self.kept).chain(nexts.iter().map(|(_, kept)| kept)).cloned().collect();
        let mut ids = self.ask.keep(&questions).await?.into_iter();
        let question = ids.next().unwrap_or_default();
        let mut next: Vec<(String, &Next)> = ids.zip(nexts.into_iter().map(|(next, _)| next)).collect();
        let leads = next.drain(..leads.len().min(next.len())).collect();
        // All tenants are never read at once.
        let refresh = self.kept.tenant.as_deref() != Some(ALL_TENANTS);
        Ok(rows(&Laid { question: &question, leads, next, page, pages, refresh, share: self.share }))
    }
}

/// What came of it, or nothing; the log has why.
fn or_nothing<T: Default>(made: Result<T>) -> T {
    made.unwrap_or_else(|error| {
        tracing::warn!(cause = error.cause(), "an answer in Discord goes out without its buttons or its picture: {}", error.sentence);
        T::default()
    })
}

/// The question that an answer leads to.
fn kept(next: &Next) -> Option<Kept> {
    let args = next.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    Some(Kept { skill: Entry::named(&next.skill).ok()?, tenant: Some(next.tenant.clone()), args })
}
