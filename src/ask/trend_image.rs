//! What does a person see of an answer beside its words? The trend of its card, as a picture; that of a card which is posted, too.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{Ask, Reply};
use crate::{
    cache::{Body, TimedCache},
    card::Card,
    chart::{self, Theme, Trend},
    error::{Error, Result},
};

/// How many bytes of pictures are remembered, and for how long.
const BYTES_MAX: u64 = 8 << 20;
const REMEMBERED_FOR: Duration = Duration::from_hours(1);

/// Stands for all who fetch pictures of posts, where places are given out in turn.
const POSTS: &str = "(posts)";

/// Pictures, by the entity tag of their answer, quotes included, or by the id of their post, which has none.
pub(super) type Pictures = TimedCache<(Arc<str>, Theme), Bytes>;

/// None of them yet.
pub(super) fn memory() -> Pictures {
    TimedCache::new(BYTES_MAX, REMEMBERED_FOR, |(id, _), png| u32::try_from(id.len() + png.len()).unwrap_or(u32::MAX))
}

impl Ask {
    /// The first trend in the card that was answered, as a PNG; `None` for a card that [has none](Card::trend), and for any other form.
    ///
    /// Who was given the answer may see its picture. It belongs to that answer, so it is not counted as another question.
    pub async fn trend_image(&self, reply: &Reply, theme: Theme) -> Result<Option<Bytes>> {
        let Body::Card(card) = &reply.body else { return Ok(None) };
        if card.trend().is_none() {
            return Ok(None);
        }
        let drawing = self.paint(&reply.asker_id, Arc::clone(card), theme);
        self.pictures.get_or((Arc::clone(&reply.etag), theme), drawing).await.map(Some)
    }

    /// The first trend in `card`, as a PNG; `None` when it [has none](Card::trend). For a card that answers no question: nothing is remembered.
    pub async fn draw_card(&self, card: &Card, theme: Theme) -> Result<Option<Bytes>> {
        if card.trend().is_none() {
            return Ok(None);
        }
        Ok(Some(self.paint(&POSTS.into(), Arc::new(card.clone()), theme).await?))
    }

    /// The trend of the post `id`, as long as the store keeps that; `None` for any other, and for one without a trend. Nobody is asked who they are:
    /// whoever calls this knows that they were given the picture. All readers of a channel may: it is drawn once, so that they keep nobody from asking.
    pub async fn posted_picture(&self, id: &str, theme: Theme) -> Result<Option<Bytes>> {
        let png = self.pictures.get_or((id.into(), theme), self.draw_posted(id, theme)).await?;
        Ok((!png.is_empty()).then_some(png))
    }

    /// That picture; empty for none.
    async fn draw_posted(&self, id: &str, theme: Theme) -> Result<Bytes> {
        let gone = |tenants: &str| tenants.split(',').any(|tenant| self.view.is_taken_out(tenant));
        let known = self.view.store().delivery(id).await?.filter(|known| !known.post.is_gone() && !gone(&known.tenants));
        let Some(known) = known else { return Ok(Bytes::new()) };
        Ok(self.draw_card(&known.post.read()?.card, theme).await?.unwrap_or_default())
    }

    async fn paint(&self, caller: &Arc<str>, card: Arc<Card>, theme: Theme) -> Result<Bytes> {
        // Kept until the picture is drawn, also when nobody waits for it any more.
        let room = self.making.room(caller, false).await?;
        let drawn = tokio::task::spawn_blocking(move || {
            let png = trend(&card).map_or_else(|| Ok(Vec::new()), |trend| chart::trend(&trend, theme));
            drop(room);
            png
        });
        drawn.await.map_err(Error::internal)?.map(Bytes::from)
    }
}

fn trend(card: &Card) -> Option<Trend<'_>> {
    card.trend().map(|(title, days)| Trend { title, days })
}
