//! What does a person see of an answer beside its words? The trend of its card, as a picture; that of a card which is posted, too.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{AnswerForm, Ask, PreparedQuestion, Question, etag};
use crate::{
    access::Asker,
    cache::{AnswerKey, Body, Finished, TimedCache},
    card::Card,
    chart::{self, Theme, Trend},
    error::{Error, Result},
};

/// How many bytes of posted pictures are remembered, and for how long.
const POSTED_BYTES_MAX: u64 = 8 << 20;
const POSTED_FOR: Duration = Duration::from_hours(1);

/// Stands for all who fetch pictures of posts, where places are given out in turn.
const POSTS: &str = "(posts)";

/// Pictures that were posted, by post.
pub(super) type Posted = TimedCache<(String, Theme), Bytes>;

/// None of them yet.
pub(super) fn memory() -> Posted {
    TimedCache::new(POSTED_BYTES_MAX, POSTED_FOR, |(id, _), png| u32::try_from(id.len() + png.len()).unwrap_or(u32::MAX))
}

impl Ask {
    /// The first trend in the answer's card, as a PNG; `None` when the card has none of two days at least.
    ///
    /// Who may ask the question may see its picture. It belongs to an answer, so it is not counted as another question.
    pub async fn trend_image(&self, asker: &Asker, question: &Question<'_>, theme: Theme) -> Result<Option<Bytes>> {
        let card = self.prepared(asker, &Question { form: AnswerForm::Card, ..*question }).await?;
        let key = AnswerKey { form: form_of(theme), ..card.wanted.key.clone() };
        let finished = if let Some(finished) = self.answers.get(&key).await {
            finished
        } else {
            let making = Box::pin(self.draw(card, theme, etag(&key)));
            Box::pin(self.answers.get_or(key, making)).await?
        };
        Ok(match finished.body {
            Body::Bytes(png) if !png.is_empty() => Some(png),
            Body::Bytes(_) | Body::Card(_) => None,
        })
    }

    /// A picture to remember; without a trend it is empty, so that the same card is not looked through again.
    async fn draw(&self, card: PreparedQuestion, theme: Theme, etag: Arc<str>) -> Result<Finished> {
        let PreparedQuestion { wanted, found, .. } = card;
        let png = match self.finished(&wanted, found).await?.body {
            Body::Card(card) if card.trend().is_some() => self.paint(&wanted.asker_id, card, theme).await?,
            Body::Card(_) | Body::Bytes(_) => Vec::new(),
        };
        Ok(Finished { body: Body::Bytes(png.into()), etag, graph_bytes: 0 })
    }

    /// The first trend in `card`, as a PNG; `None` when it [has none](Card::trend). For a card that answers no question: nothing is remembered.
    pub async fn draw_card(&self, card: &Card, theme: Theme) -> Result<Option<Bytes>> {
        if card.trend().is_none() {
            return Ok(None);
        }
        Ok(Some(self.paint(&POSTS.into(), Arc::new(card.clone()), theme).await?.into()))
    }

    /// The trend of the post `id`, as long as the store keeps that; `None` for any other, and for one without a trend. Nobody is asked who they are:
    /// whoever calls this knows that they were given the picture. All readers of a channel may: it is drawn once, so that they keep nobody from asking.
    pub async fn posted_picture(&self, id: &str, theme: Theme) -> Result<Option<Bytes>> {
        let png = self.posted.get_or((id.to_owned(), theme), self.draw_posted(id, theme)).await?;
        Ok((!png.is_empty()).then_some(png))
    }

    /// That picture; empty for none.
    async fn draw_posted(&self, id: &str, theme: Theme) -> Result<Bytes> {
        let gone = |tenants: &str| tenants.split(',').any(|tenant| self.view.is_taken_out(tenant));
        let known = self.view.store().delivery(id).await?.filter(|known| !known.post.is_gone() && !gone(&known.tenants));
        let Some(known) = known else { return Ok(Bytes::new()) };
        Ok(self.draw_card(&known.post.read()?.card, theme).await?.unwrap_or_default())
    }

    async fn paint(&self, caller: &Arc<str>, card: Arc<Card>, theme: Theme) -> Result<Vec<u8>> {
        // Kept until the picture is drawn, also when nobody waits for it any more.
        let room = self.making.room(caller, false).await?;
        let drawn = tokio::task::spawn_blocking(move || {
            let png = trend(&card).map_or_else(|| Ok(Vec::new()), |trend| chart::trend(&trend, theme));
            drop(room);
            png
        });
        drawn.await.map_err(Error::internal)?
    }
}

fn trend(card: &Card) -> Option<Trend<'_>> {
    card.trend().map(|(title, days)| Trend { title, days })
}

/// What stands for a picture where the keys of answers have their form: what comes after all forms.
const fn form_of(theme: Theme) -> u8 {
    AnswerForm::Card as u8 + 1 + theme as u8
}
