//! How does a card look in Discord? As embeds, a page each, made to be read on a phone.

use jiff::Timestamp;

use super::{
    blocks::{APART, MarkdownPart, pieces},
    embed::Embed,
    escape::{address, bare, cut_to, words},
    limits::{self, units},
    outgoing_message::OutgoingMessage,
};
use crate::{
    card::{Block, Card, Tone},
    chat::{self, CardPage, PageBudget, PagePart, lay_out},
    text::{count, cut_units},
};

/// A page takes 2,000 units, about: more is allowed, but would be many screens of a phone. Nobody turns more than 100 pages; the portal has the rest.
const BUDGET: PageBudget = PageBudget { page: 2000, notes: 600, pages: 100 };
/// How much of a footer the card itself may fill.
const FOOT: usize = 300;

const BLUE: u32 = 0x3B_82_F6;
pub(super) const GREEN: u32 = 0x22_A5_59;
const RED: u32 = 0xDA_37_3C;
const AMBER: u32 = 0xE8_A3_17;

/// The card as somebody sees it at `now`: at least one page.
pub fn pages(card: &Card, now: Timestamp) -> Vec<CardPage<OutgoingMessage>> {
    let foot = |page: usize, pages: usize| foot(card, Some(now), (pages > 1).then(|| format!("page {page} of {pages}")));
    let message = |page: CardPage<Embed>| CardPage { body: OutgoingMessage::new(page.body, Vec::new()), leads: page.leads };
    embeds(card, foot).into_iter().map(message).collect()
}

/// The card as it is posted, for nobody in particular to see at any time: at least one embed.
pub(super) fn posted(card: &Card) -> Vec<CardPage<Embed>> {
    embeds(card, |_, _| foot(card, None, None))
}

/// The card in embeds, whose feet `foot` makes of their number and of how many there are.
fn embeds(card: &Card, foot: impl Fn(usize, usize) -> String) -> Vec<CardPage<Embed>> {
    let (mut laid, whole) = lay_out(card, &BUDGET, |block| parts(block, card.link.as_deref()), apart, |over, row| goes_on(card, over, row));
    if let Some(last) = laid.last_mut().filter(|_| !whole) {
        last.parts.push(MarkdownPart::new(APART, "⚠️ This is not all. The Microsoft Defender portal has the rest.".to_owned()));
    }
    let count = laid.len();
    let page = |(at, page): (usize, chat::LaidPage<MarkdownPart>)| {
        let (description, drawn) = joined(page.parts);
        let embed = Embed {
            title: cut_to(&words(&card.title), limits::TITLE),
            link: card.link.as_deref().and_then(address),
            colour: colour(card),
            description,
            footer: foot(at + 1, count),
            at: card.read_at,
            drawn,
            ..Embed::default()
        };
        CardPage { body: embed, leads: page.leads }
    };
    laid.into_iter().enumerate().map(page).collect()
}

/// The block in parts, with what each takes of a page.
fn parts(block: &Block, link: Option<&str>) -> Vec<PagePart<MarkdownPart>> {
    let part = |part: MarkdownPart| {
        let length = units(&part.text);
        let heading = part.heading.as_ref().map_or(0, |heading| units(heading) + 1);
        PagePart {
            cost_alone: heading + length,
            cost_after: units(part.before) + length,
            page_rows: part.page_rows,
            starts_list: part.begins,
            next: part.next.clone(),
            content: part,
        }
    };
    pieces(block, link).into_iter().map(part).collect()
}

/// Sets the first of several notes apart from what is before it.
fn apart(note: &mut PagePart<MarkdownPart>) {
    note.cost_after += units(APART) - units(note.content.before);
    note.content.before = APART;
}

/// Says over the first row of a page what the list stands below. An answer about one thing says that in its title.
fn goes_on(card: &Card, over: &MarkdownPart, row: &mut PagePart<MarkdownPart>) {
    if card.parts.is_empty() || row.content.heading.is_some() {
        return;
    }
    let heading = format!("{} (continued)", over.text.lines().next().unwrap_or_default());
    row.cost_alone += units(&heading) + 1;
    row.content.heading = Some(heading);
}

/// The text of a page, and the part of it that a picture says better: a picture shows the first trend.
fn joined(parts: Vec<MarkdownPart>) -> (String, String) {
    let (mut text, mut drawn) = (String::new(), String::new());
    for part in parts {
        if text.is_empty() {
            text.extend(part.heading.map(|heading| heading + "\n"));
        } else {
            text.push_str(part.before);
        }
        text.push_str(&part.text);
        if drawn.is_empty() {
            drawn = part.drawn;
        }
    }
    (text, drawn)
}

/// The colour of the first word of the lead that judges.
fn colour(card: &Card) -> u32 {
    let lead = card.blocks.iter().find_map(|block| if let Block::Lead(words) = block { Some(words) } else { None });
    let judged = lead.into_iter().flatten().find_map(|word| match word.tone {
        Tone::Good => Some(GREEN),
        Tone::Bad => Some(RED),
        Tone::Warn => Some(AMBER),
        Tone::Plain | Tone::Strong | Tone::Quiet => None,
    });
    judged.unwrap_or(BLUE)
}

/// What the answer rests on, how old that was at `now`, and which page this is.
fn foot(card: &Card, now: Option<Timestamp>, page: Option<String>) -> String {
    let mut foot = bare(&card.foot);
    if let Some(read_at) = card.read_at {
        // Beside the foot Discord says when that was, in the reader's own clock.
        foot = foot.replace(&read_at.strftime(", fetched %Y-%m-%dT%H:%MZ").to_string(), "");
    }
    let age = card.read_at.zip(now).map(|(read_at, now)| format!("{} old when asked", age(read_at, now)));
    let parts = [Some(cut_units(&foot, FOOT)).filter(|foot| !foot.is_empty()), age, page];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How long it is from `then` to `now`, in the largest unit that fits.
fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = usize::try_from((now.as_second() - then.as_second()) / 60).unwrap_or(0);
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => count(minutes, "minute"),
        60..1440 => count(minutes / 60, "hour"),
        _ => count(minutes / 1440, "day"),
    }
}
