//! How does a post look in Discord? All of it below each other in one message: nobody turns the pages of what is posted. Only where the lines of its
//! tenants do not fit there, it goes on in further ones.

use std::num::NonZeroU64;

use crate::{
    card::{Block, Card, CardPart, Next},
    chat::ChatPicture,
    delivery::{PostKind, PostPicture, Sending},
    skills::TENANT,
    surfaces::truncate::{tenant_lines, truncate},
};

use super::{
    embed::Embed,
    escape::{cut_to, words},
    limits,
    outgoing_message::{OutgoingMessage, sentence},
    render::{GREEN, posted},
    snowflake::snowflake,
};

/// How many messages a post takes at most: as many as some three hundred tenants need.
const MESSAGES: usize = 4;
/// What the head of a further message may take, and how much of that the title of the post.
const HEAD: usize = 128;
const HEAD_TITLE: usize = 96;

/// A post as a message, and what its rows lead to.
pub(super) struct PostMessage {
    /// The message, without anything to press.
    pub said: OutgoingMessage,
    /// What follows it, where the lines of tenants do not fit into one.
    pub further: Vec<OutgoingMessage>,
    /// What the rows of its pages lead to, in their order.
    pub leads: Vec<Next>,
}

/// What is to be sent, as a message; what is left out is asked for as `typed` says it.
pub(super) fn message(sending: &Sending<'_>, typed: fn(&Next) -> String) -> PostMessage {
    let card = &sending.post.card;
    // As many messages as the lines of a digest's tenants take; details have what is left of them. An alert is one message: its end is told in that one.
    let lines = if matches!(sending.post.kind, PostKind::Digest { .. }) { tenant_lines(card, typed) } else { None };
    let messages = lines.and_then(|lines| laid_out(&lines)).map_or(1, |(_, messages)| messages);
    let mut shown = within(card, typed, messages.min(MESSAGES));
    if matches!(sending.post.kind, PostKind::Recovery(_)) {
        shown.said.embed.iter_mut().chain(&mut shown.said.more).for_each(|embed| embed.colour = GREEN);
    }
    if let Some(PostPicture::File(bytes)) = sending.picture {
        shown.said = shown.said.with_picture(ChatPicture::of(card, bytes.clone()).into());
    }
    shown
}

/// A card that nobody turns the pages of, as one message; what is left out is asked for as `typed` says it.
pub(super) fn shown(card: &Card, typed: fn(&Next) -> String) -> PostMessage {
    within(card, typed, 1)
}

fn within(card: &Card, typed: fn(&Next) -> String, messages: usize) -> PostMessage {
    let fitting = |card: &Card| laid_out(card).filter(|(_, taken)| *taken <= messages).map(|(shown, _)| shown);
    truncate(card, typed, fitting).unwrap_or_else(|| PostMessage { said: sentence(&card.title), further: Vec::new(), leads: Vec::new() })
}

/// The card in as many messages as it takes, and how many these are.
fn laid_out(card: &Card) -> Option<(PostMessage, usize)> {
    let (mut embeds, mut leads) = (Vec::new(), Vec::new());
    let mut foot = Default::default();
    for page in sheets(card).iter().flat_map(posted) {
        let mut embed = page.body;
        foot = (std::mem::take(&mut embed.footer), embed.at.take());
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
    let mut sets: Vec<Vec<Embed>> = Vec::new();
    for embed in embeds {
        let head = if sets.len() > 1 { HEAD } else { 0 };
        let fits = |set: &&mut Vec<Embed>| {
            set.len() < limits::EMBEDS && set.iter().map(Embed::units).sum::<usize>() + embed.units() <= limits::EMBEDS_TOTAL - head
        };
        match sets.last_mut().filter(fits) {
            Some(set) => set.push(embed),
            None => sets.push(vec![embed]),
        }
    }
    let of = sets.len();
    let mut said = sets.into_iter().enumerate().map(|(at, set)| {
        let mut embeds = set.into_iter();
        let first = embeds.next().map(|embed| if at == 0 { embed } else { Embed { title: continued(card, at + 1, of), ..embed } });
        OutgoingMessage { embed: first, more: embeds.collect(), ..OutgoingMessage::default() }
    });
    let first = said.next()?;
    Some((PostMessage { said: first, further: said.collect(), leads }, of))
}

/// The head of the message `at` of the `of` that `card` takes: whoever reads on sees of what.
fn continued(card: &Card, at: usize, of: usize) -> String {
    format!("Continued, {at} of {of}: {}", cut_to(&words(&card.title), HEAD_TITLE))
}

/// `card` in cards of an embed or more each: first what is about all of it, then each of its parts, which has a colour of its own.
fn sheets(card: &Card) -> Vec<Card> {
    let parts: Vec<&CardPart> = card.parts.iter().filter(|part| !part.blocks.is_empty()).collect();
    if parts.len() < 2 {
        return vec![card.clone()];
    }
    let sheet = |blocks: Vec<Block>, parts| {
        let Card { link, read_at, .. } = card;
        Card { link: link.clone(), read_at: *read_at, parts, ..Card::new(&*card.title, blocks, &*card.foot) }
    };
    let is_of_part = |at: usize| parts.iter().any(|part| part.blocks.contains(&at));
    let about_all = card.blocks.iter().enumerate().filter(|(at, _)| !is_of_part(*at)).map(|(_, block)| block.clone()).collect();
    let of_parts = parts.iter().filter_map(|part| {
        let blocks = card.blocks.get(part.blocks.clone())?.to_vec();
        // All of it: its notes stay where they are.
        let part = CardPart { blocks: 0..blocks.len(), ..(*part).clone() };
        Some(sheet(blocks, vec![part]))
    });
    std::iter::once(sheet(about_all, Vec::new())).chain(of_parts).collect()
}

/// `next` as somebody types it to the bot.
pub(super) fn slash_command(next: &Next) -> String {
    let args = next.args.iter().map(|(name, value)| format!(" {name}:{value}"));
    format!("/{} {TENANT}:{}{}", next.skill.entry().chat, next.tenant, args.collect::<String>())
}

/// The messages of which nothing is left with the post of `sending`: the one that it follows, where all of that is resolved, and further ones.
pub(super) fn ended<'s>(sending: &'s Sending<'_>) -> impl Iterator<Item = NonZeroU64> + use<'s> {
    let earlier = sending.earlier.filter(|_| sending.post.resolved);
    earlier.into_iter().chain(sending.ended.iter().map(String::as_str)).filter_map(snowflake)
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
        card::{Cell, Column, TableRow, Tone, Word},
        delivery::{DeliveryKey, Post},
        skill_id::SkillId,
    };

    fn asked(tenant: &str) -> Next {
        let args = vec![("since".into(), "2026-11-29".to_owned())];
        Next { label: "What changed".to_owned(), skill: SkillId::ScoreChanges, tenant: tenant.to_owned(), args }
    }

    /// A digest of so many tenants, each with a line; of 25 at most with six changes with long reasons and what to do first.
    fn digest(tenants: usize) -> Card {
        let names: Vec<String> = (1..=tenants).map(|number| format!("tenant-{number}")).collect();
        let line = |tenant: &String| TableRow {
            cells: vec![
                Cell::Tenant(tenant.clone()),
                Cell::Percent(Some(58.03)),
                Cell::ScoreMove(-30.0, Some(-2.4)),
                Cell::text("2 controls slipped, 1 acceptance expired"),
            ],
            link: None,
            next: Some(asked(tenant)),
        };
        let columns = vec![Column::Tenant, Column::Score, Column::Move, Column::News];
        let lines = Block::Table { columns, rows: names.iter().map(line).collect() };
        let mut card = Card::new("All of them fell", vec![lines], "digest morning");
        for (at, tenant) in names.into_iter().enumerate() {
            if at >= 25 {
                card.parts.push(CardPart { all: asked(&tenant), blocks: 0..0, about: tenant, more: Vec::new() });
                continue;
            }
            let row = |at: usize| {
                let control = Word::toned(format!("Control {at} of {tenant}"), Tone::Strong);
                TableRow::from(vec![Cell::Text(control), Cell::text("because it was. ".repeat(15))])
            };
            let table = |rows: usize| Block::Table {
                columns: vec![Column::words("control"), Column::words("why")],
                rows: (1..=rows).map(row).collect(),
            };
            let begin = card.blocks.len();
            card.blocks.push(Block::Lead(vec![Word::toned(tenant.clone(), Tone::Strong), Word::plain("since yesterday")]));
            card.blocks.push(table(6));
            card.blocks.push(Block::Lead(vec![Word::toned("Next best actions", Tone::Strong)]));
            card.blocks.push(table(2));
            card.parts.push(CardPart { all: asked(&tenant), blocks: begin..card.blocks.len(), about: tenant, more: Vec::new() });
        }
        card
    }

    /// The embeds of each message, all within what Discord takes.
    fn sent(card: Card) -> Vec<Vec<Embed>> {
        let kind = PostKind::Digest { name: "morning".to_owned() };
        let key = DeliveryKey { tenants: Vec::new(), kind, period: String::new(), destination: String::new() };
        let now = "2026-11-30T07:00:00Z".parse().unwrap();
        let post = Post::new(&key, card, now);
        let sending = Sending { post: &post, picture: None, earlier: None, earlier_title: None, ended: &[], now };
        let PostMessage { said, further, .. } = message(&sending, slash_command);
        let all: Vec<Vec<Embed>> =
            std::iter::once(said).chain(further).map(|said| said.embed.into_iter().chain(said.more).collect()).collect();
        for embeds in &all {
            assert!(embeds.len() <= limits::EMBEDS && embeds.iter().map(Embed::units).sum::<usize>() <= limits::EMBEDS_TOTAL);
        }
        all
    }

    fn text(messages: &[Vec<Embed>]) -> String {
        messages.iter().flatten().map(|embed| [&*embed.title, &*embed.description].join("\n") + "\n").collect()
    }

    const LINE: &str = "58.03 %** · **−30 points (−2.4 pp)** · 2 controls slipped, 1 acceptance expired\n";

    #[test]
    fn each_tenant_has_its_line_and_details_follow_as_far_as_one_message_goes() {
        for tenants in [2, 5, 10, 24] {
            let messages = sent(digest(tenants));
            let text = text(&messages);
            assert_eq!((messages.len(), text.matches(LINE).count()), (1, tenants), "{text}");
            let details: Vec<bool> = (1..=tenants).map(|tenant| text.contains(&format!("**tenant-{tenant}** · since yesterday"))).collect();
            let shown = details.iter().take_while(|shown| **shown).count();
            assert!(shown >= 2 && !details[shown..].contains(&true), "the first ones: {details:?}");
            for tenant in 1..=tenants {
                let rows = text.matches(&format!("of tenant-{tenant}**")).count();
                assert!((rows > 0) == (tenant <= shown), "a heading stays with its rows: {rows} of {tenant} in\n{text}");
                let left = format!("{} more entries about tenant-{tenant}: /changes tenant\\:tenant-{tenant} since\\:2026-11-29", 8 - rows);
                assert!(rows == 0 || rows == 8 || text.contains(&left), "{left} in\n{text}");
            }
            let unseen = match tenants - shown {
                0 => continue,
                1 => format!("Details of tenant-{tenants} do not fit here: /changes"),
                more => format!("Details of {more} tenants do not fit here; of tenant-{}: /changes", shown + 1),
            };
            assert!(text.contains(&unseen), "{unseen} in\n{text}");
        }
    }

    #[test]
    fn lines_that_do_not_fit_go_on_in_a_second_message() {
        let messages = sent(digest(120));
        let text = text(&messages);
        assert!(messages.len() > 1 && text.matches(LINE).count() == 120, "{}", messages.len());
        assert_eq!(
            (messages[0][0].title.as_str(), messages[1][0].title.as_str()),
            ("All of them fell", &*format!("Continued, 2 of {}: All of them fell", messages.len()))
        );
        let feet: Vec<usize> = messages.iter().map(|embeds| embeds.iter().filter(|embed| !embed.footer.is_empty()).count()).collect();
        assert_eq!((feet.iter().sum::<usize>(), feet.last()), (1, Some(&1)), "what it rests on, at the end");
    }

    #[test]
    fn beyond_all_messages_lines_are_brief_before_one_goes() {
        let (many, vast) = (text(&sent(digest(400))), text(&sent(digest(2000))));
        let is_there =
            |tenant: usize| ["** **58.03 %**", " 58.03 %", "\n"].iter().any(|behind| many.contains(&format!("tenant-{tenant}{behind}")));
        let missing: Vec<usize> = (1..=400).filter(|tenant| !is_there(*tenant)).collect();
        assert!(missing.is_empty() && many.contains("tenants in brief"), "{missing:?} in\n{many}");
        assert!(vast.contains("more tenants"), "{vast}");
    }

    #[test]
    fn what_fits_is_whole() {
        let text = text(&sent(digest(2)));
        assert!(text.matches("**Next best actions**\n").count() == 2 && !text.contains("more entries"), "{text}");
    }
}
