//! How does a post look in Discord? Its first pages below each other in one message: nobody turns the pages of what is posted.

use crate::{
    card::{Card, Next},
    chat::ChatPicture,
    delivery::{PostKind, PostPicture, Sending},
    skills::TENANT,
    surfaces::truncate::truncate,
};

use super::{
    embed::Embed,
    escape::{cut_to, words},
    limits,
    outgoing_message::{OutgoingMessage, sentence},
    render::{GREEN, posted},
};

/// How many pages a post shows at most: they are several screens of a phone already.
const PAGES: usize = 3;

/// A post as a message, and what its rows lead to.
pub(super) struct PostMessage {
    /// The message, without anything to press.
    pub said: OutgoingMessage,
    /// What the rows of its pages lead to, in their order.
    pub leads: Vec<Next>,
}

/// What is to be sent, as a message; what is left out is asked for as `typed` says it.
pub(super) fn message(sending: &Sending<'_>, typed: fn(&Next) -> String) -> PostMessage {
    let card = &sending.post.card;
    let mut shown = shown(card, typed);
    if matches!(sending.post.kind, PostKind::Recovery(_)) {
        shown.said.embed.iter_mut().chain(&mut shown.said.more).for_each(|embed| embed.colour = GREEN);
    }
    if let Some(PostPicture::File(bytes)) = sending.picture {
        shown.said = shown.said.with_picture(ChatPicture::of(card, bytes.clone()).into());
    }
    shown
}

/// A card that nobody turns the pages of, as a message; what is left out is asked for as `typed` says it.
pub(super) fn shown(card: &Card, typed: fn(&Next) -> String) -> PostMessage {
    truncate(card, typed, whole).unwrap_or_else(|| PostMessage { said: sentence(&card.title), leads: Vec::new() })
}

/// The card as a message; `None` where it has more pages than a post shows, or more words than a message takes.
fn whole(card: &Card) -> Option<PostMessage> {
    let pages = posted(card);
    if pages.len() > PAGES {
        return None;
    }
    let foot = pages.first().map(|page| (page.body.footer.clone(), page.body.at)).unwrap_or_default();
    let (mut embeds, mut leads) = (Vec::new(), Vec::new());
    for page in pages {
        let mut embed = page.body;
        (embed.footer, embed.at) = Default::default();
        if !embeds.is_empty() {
            // The same head again would say nothing; two embeds with one link are one to Discord.
            (embed.title, embed.link) = Default::default();
        }
        embeds.push(embed.fitted());
        leads.extend(page.leads);
    }
    if let Some(last) = embeds.last_mut() {
        (last.footer, last.at) = foot;
    }
    let fits = embeds.iter().map(Embed::units).sum::<usize>() <= limits::EMBEDS_TOTAL;
    let mut embeds = embeds.into_iter();
    fits.then(|| PostMessage {
        said: OutgoingMessage { embed: embeds.next(), more: embeds.collect(), ..OutgoingMessage::default() },
        leads,
    })
}

/// `next` as somebody types it to the bot.
pub(super) fn slash_command(next: &Next) -> String {
    let args = next.args.iter().map(|(name, value)| format!(" {name}:{value}"));
    format!("/{} {TENANT}:{}{}", next.skill.entry().chat, next.tenant, args.collect::<String>())
}

/// What stands above an alert from then on, once `sending` tells that all of it is over: in the clock of whoever reads.
pub(super) fn over(sending: &Sending<'_>) -> String {
    let post = sending.post;
    let title = cut_to(&words(&post.card.title), limits::TITLE);
    format!("✅ **Resolved** since <t:{}:f>: {title}", post.created.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::{Block, CardPart, Cell, Column, TableRow, Tone, Word},
        skill_id::SkillId,
    };

    /// A digest of so many tenants, each with a line of news, six changes with long reasons and what to do first.
    fn digest(tenants: usize) -> Card {
        let mut card = Card::new("All of them fell", Vec::new(), "digest morning");
        for tenant in (1..=tenants).map(|number| format!("tenant-{number}")) {
            let row = |at: usize| {
                let control = Word::toned(format!("Control {at} of {tenant}"), Tone::Strong);
                TableRow::from(vec![Cell::Text(control), Cell::text("because it was. ".repeat(15))])
            };
            let table = |rows: usize| Block::Table {
                columns: vec![Column::words("control"), Column::words("why")],
                rows: (1..=rows).map(row).collect(),
            };
            let begin = card.blocks.len();
            card.blocks.push(Block::Lead(vec![Word::toned(tenant.clone(), Tone::Strong), Word::plain("−30 points since yesterday")]));
            card.blocks.push(table(6));
            card.blocks.push(Block::Lead(vec![Word::toned("Next best actions", Tone::Strong)]));
            card.blocks.push(table(2));
            let args = vec![("since".into(), "2026-11-29".to_owned())];
            let all = Next { label: "What changed".to_owned(), skill: SkillId::ScoreChanges, tenant: tenant.clone(), args };
            card.parts.push(CardPart { about: tenant, blocks: begin..card.blocks.len(), all });
        }
        card
    }

    fn text(card: &Card) -> String {
        let said = shown(card, slash_command).said;
        let embeds: Vec<_> = said.embed.into_iter().chain(said.more).collect();
        assert!(embeds.len() <= PAGES && embeds.iter().map(Embed::units).sum::<usize>() <= limits::EMBEDS_TOTAL);
        embeds.into_iter().map(|embed| embed.description + "\n").collect()
    }

    #[test]
    fn no_tenant_of_a_digest_is_left_out_for_the_details_of_another() {
        for tenants in [2, 5, 10] {
            let text = text(&digest(tenants));
            let rows = |tenant: usize| text.matches(&format!("of tenant-{tenant}**")).count();
            let all: Vec<usize> = (1..=tenants).map(rows).collect();
            // A row of each of its two lists, at most.
            assert!(all.iter().max() <= all.iter().min().map(|least| least + 2).as_ref(), "{all:?} of each in\n{text}");
            for tenant in 1..=tenants {
                assert!(text.contains(&format!("**tenant-{tenant}** · −30 points")), "{tenant} in\n{text}");
                let left = 8 - rows(tenant);
                let more = format!("{left} more entries about tenant-{tenant}: /changes tenant\\:tenant-{tenant} since\\:2026-11-29");
                assert!(left == 0 || text.contains(&more), "{more} in\n{text}");
            }
        }
    }

    #[test]
    fn what_fits_is_whole() {
        let text = text(&digest(2));
        assert!(text.matches("Next best actions").count() == 2 && !text.contains("more entries"), "{text}");
    }
}
