//! How does a card look in Discord? As embeds, a page each, made to be read on a phone.

use jiff::Timestamp;

use super::{
    blocks::{PagePart, pieces},
    embed::Embed,
    escape::{address, bare, short},
    limits::{self, units},
};
use crate::{
    card::{Block, Card, Next, Tone},
    text::{count, cut_units},
};

/// How long the text of a page is at most, about: more is allowed, but would be many screens of a phone.
const PAGE: usize = 2000;
/// How much of the first page notes may take; more of them follow on the last.
const NOTES: usize = 600;
/// How many pages an answer has at most. Nobody turns more of them; the portal has the rest.
const PAGES: usize = 100;
/// How much of a footer the card itself may fill.
const FOOT: usize = 300;

const BLUE: u32 = 0x3B_82_F6;
pub(super) const GREEN: u32 = 0x22_A5_59;
const RED: u32 = 0xDA_37_3C;
const AMBER: u32 = 0xE8_A3_17;

/// One page of an answer.
#[derive(Debug, Clone)]
pub struct CardPage {
    /// What it shows.
    pub embed: Embed,
    /// What its rows lead to, in their order.
    pub leads: Vec<Next>,
}

/// The card as somebody sees it at `now`: at least one page.
pub fn pages(card: &Card, now: Timestamp) -> Vec<CardPage> {
    laid_out(card, |page, pages| foot(card, Some(now), (pages > 1).then(|| format!("page {page} of {pages}"))))
}

/// The card as it is posted, for nobody in particular to see at any time: at least one page.
pub(super) fn posted(card: &Card) -> Vec<CardPage> {
    laid_out(card, |_, _| foot(card, None, None))
}

/// The card in pages, whose feet `foot` makes of their number and of how many there are.
fn laid_out(card: &Card, foot: impl Fn(usize, usize) -> String) -> Vec<CardPage> {
    let mut drafts = drafts(card);
    if drafts.len() > PAGES {
        drafts.truncate(PAGES);
        if let Some(last) = drafts.last_mut() {
            last.text.push_str("\n\n⚠️ This is not all. The Microsoft Defender portal has the rest.");
        }
    }
    let count = drafts.len();
    let page = |(at, draft): (usize, Draft)| CardPage {
        embed: Embed {
            title: short(&card.title, limits::TITLE / 2),
            link: card.link.as_deref().and_then(address),
            colour: colour(card),
            description: draft.text,
            footer: foot(at + 1, count),
            at: card.read_at,
            drawn: draft.drawn,
            ..Embed::default()
        },
        leads: draft.leads,
    };
    drafts.into_iter().enumerate().map(page).collect()
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

/// A page that is being filled.
#[derive(Default)]
struct Draft {
    text: String,
    leads: Vec<Next>,
    rows: usize,
    drawn: String,
}

impl Draft {
    fn add(&mut self, piece: PagePart) {
        if self.text.is_empty() {
            self.text.extend(piece.heading.map(|heading| heading + "\n"));
        } else {
            self.text.push_str(piece.before);
        }
        self.text.push_str(&piece.text);
        // A picture shows the first trend.
        if self.drawn.is_empty() {
            self.drawn = piece.drawn;
        }
        self.leads.extend(piece.next);
        self.rows = if piece.begins { 0 } else { self.rows } + usize::from(piece.page_rows.is_some());
    }

    /// Whether `piece` still fits, when `reserved` is kept for something else.
    fn takes(&self, piece: &PagePart, reserved: usize) -> bool {
        let rows = piece.begins || piece.page_rows.is_none_or(|rows_max| self.rows < rows_max);
        self.text.is_empty() || (rows && units(&self.text) + units(piece.before) + units(&piece.text) + reserved <= PAGE)
    }
}

/// The pages' texts. Notes qualify the whole answer, so they end the first page, where they are seen; one of a part stays with it.
fn drafts(card: &Card) -> Vec<Draft> {
    let is_of_part = |at: usize| card.parts.iter().any(|part| part.blocks.contains(&at));
    let (notes, rest): (Vec<_>, Vec<_>) =
        card.blocks.iter().enumerate().partition(|(at, block)| matches!(block, Block::Note(_)) && !is_of_part(*at));
    let of_card = |(_, block)| pieces(block, card.link.as_deref());
    let (mut first, mut later, mut reserved) = (Vec::new(), Vec::new(), 0);
    for piece in notes.into_iter().flat_map(of_card) {
        let length = units(piece.before) + units(&piece.text);
        if later.is_empty() && reserved + length <= NOTES {
            reserved += length;
            first.push(piece);
        } else {
            later.push(piece);
        }
    }
    for group in [&mut first, &mut later] {
        if let Some(piece) = group.first_mut() {
            piece.before = "\n\n";
        }
    }
    let mut drafts = vec![Draft::default()];
    for piece in rest.into_iter().flat_map(of_card).chain(later) {
        let kept = if drafts.len() == 1 { reserved } else { 0 };
        match drafts.last_mut() {
            Some(last) if last.takes(&piece, kept) => last.add(piece),
            _ => {
                let mut next = Draft::default();
                next.add(piece);
                drafts.push(next);
            }
        }
    }
    if let Some(page) = drafts.first_mut() {
        for piece in first {
            page.add(piece);
        }
    }
    drafts
}
