//! How does a post look in Discord? Its first pages below each other in one message: nobody turns the pages of what is posted.

use crate::{
    card::{Card, Next},
    delivery::{PostKind, PostPicture, Sending},
};

use super::{
    answer_message::picture_of,
    escape::{cut_to, words},
    limits::{self, units},
    outgoing_message::OutgoingMessage,
    render::{GREEN, posted},
};

/// How many pages a post shows at most: they are several screens of a phone already.
const PAGES: usize = 3;
/// Stands where pages are left out.
const MORE: &str = "\n\n-# … and more. Ask with a command, or open the Microsoft Defender portal.";

/// A post as a message, and what its rows lead to.
pub(super) struct PostMessage {
    /// The message, without anything to press.
    pub said: OutgoingMessage,
    /// What the rows of its pages lead to, in their order.
    pub leads: Vec<Next>,
}

/// What is to be sent, as a message.
pub(super) fn message(sending: &Sending<'_>) -> PostMessage {
    let card = &sending.post.card;
    let mut shown = shown(card);
    if matches!(sending.post.kind, PostKind::Recovery(_)) {
        shown.said.embed.iter_mut().chain(&mut shown.said.more).for_each(|embed| embed.colour = GREEN);
    }
    if let Some(PostPicture::File(bytes)) = sending.picture {
        shown.said = shown.said.with_picture(picture_of(card, bytes.clone()));
    }
    shown
}

/// A card that nobody turns the pages of, as a message.
pub(super) fn shown(card: &Card) -> PostMessage {
    let pages = posted(card);
    let (all, foot) = (pages.len(), pages.first().map(|page| (page.embed.footer.clone(), page.embed.at)).unwrap_or_default());
    let mut left = limits::EMBEDS_TOTAL - units(MORE) - units(&foot.0);
    let (mut embeds, mut leads) = (Vec::new(), Vec::new());
    for page in pages.into_iter().take(PAGES) {
        let mut embed = page.embed;
        (embed.footer, embed.at) = Default::default();
        if !embeds.is_empty() {
            // The same head again would say nothing; two embeds with one link are one to Discord.
            (embed.title, embed.link) = Default::default();
        }
        let embed = embed.fitted();
        match left.checked_sub(embed.units()) {
            Some(rest) => left = rest,
            None if embeds.is_empty() => left = 0,
            None => break,
        }
        embeds.push(embed);
        leads.extend(page.leads);
    }
    let shown = embeds.len();
    if let Some(last) = embeds.last_mut() {
        if shown < all {
            last.description = cut_to(&last.description, limits::DESCRIPTION - units(MORE)) + MORE;
        }
        (last.footer, last.at) = foot;
    }
    let mut embeds = embeds.into_iter();
    PostMessage { said: OutgoingMessage { embed: embeds.next(), more: embeds.collect(), ..OutgoingMessage::default() }, leads }
}

/// What stands above an alert from then on, once `sending` tells that all of it is over: in the clock of whoever reads.
pub(super) fn over(sending: &Sending<'_>) -> String {
    let post = sending.post;
    let title = cut_to(&words(&post.card.title), limits::TITLE);
    format!("✅ **Resolved** since <t:{}:f>: {title}", post.made.as_second())
}
