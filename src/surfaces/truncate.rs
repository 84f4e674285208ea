//! How does a card become small enough for a place? Its heaviest lists lose their ends, then its longest parts their last blocks, then it loses its own
//! last blocks, each with a mark, until the place takes it.

use crate::{
    card::{Bar, Block, Card, CardPart, Cell, Column, Fact, Next, TableRow, Value, Word},
    text::{Span, Spans, cut},
};

/// How much of a list goes at once, so that few steps are needed and little more goes than must: an eighth.
const STEP: usize = 8;
/// What an element weighs beside its words.
const ELEMENT: usize = 24;
/// What a card keeps once it was too large: so many blocks and elements of each, so many characters of words and of a span of a longer text, so many
/// bytes of all. No place takes more of everything, so that shortening costs little whatever comes.
const ELEMENTS_MAX: usize = 200;
const WORDS_MAX: usize = 300;
const TEXT_MAX: usize = 2000;
const WEIGHT_MAX: usize = 96 * 1024;

/// What stands for blocks that were left out.
const MORE: &str = "… and more that is too long for a message";

/// A block, how many of its elements were left out, and which part of the card it belongs to.
struct BoundedBlock {
    block: Block,
    left_out: usize,
    part: Option<usize>,
}

/// What `render` makes of `card`, or of as much of it as gets through: `render` returns `None` for a card that is too large. The last that it is asked
/// for is the title and the foot, with a mark where there were blocks; `None` comes back where it does not take that either.
///
/// Where the card has parts, each keeps its first block as long as any has more than that, and says how much was left out of it, and by which words,
/// which `typed` makes of a question, somebody sees all of it.
pub fn truncate<T>(card: &Card, typed: fn(&Next) -> String, render: impl Fn(&Card) -> Option<T>) -> Option<T> {
    if let Some(rendered) = render(card) {
        return Some(rendered);
    }
    let mut draft = ShortenedCard::of(card);
    while draft.weight() > WEIGHT_MAX && draft.shorten() {}
    loop {
        let shorter = draft.card(card, typed);
        let rendered = render(&shorter);
        if rendered.is_some() || !draft.shorten() {
            return rendered;
        }
    }
}

/// `next` as somebody types it on the command line, where a platform has no words of its own for it.
pub fn command_line(next: &Next) -> String {
    let args = next.args.iter().map(|(name, value)| format!(" --{} {value}", name.replace('_', "-")));
    format!("scorewatch ask {} --tenant {}{}", next.skill, next.tenant, args.collect::<String>())
}

/// What is left of a card.
struct ShortenedCard {
    blocks: Vec<BoundedBlock>,
    /// How many elements of each part went with their blocks.
    left_out: Vec<usize>,
    /// How many blocks went from the end.
    gone: usize,
}

impl ShortenedCard {
    fn of(card: &Card) -> Self {
        let part = |at: usize| card.parts.iter().position(|part| part.blocks.contains(&at));
        let blocks = card.blocks.iter().take(ELEMENTS_MAX).enumerate().map(|(at, block)| BoundedBlock { part: part(at), ..bounded(block) });
        Self { blocks: blocks.collect(), left_out: vec![0; card.parts.len()], gone: card.blocks.len().saturating_sub(ELEMENTS_MAX) }
    }

    /// How much of a place all of it takes, about.
    fn weight(&self) -> usize {
        self.blocks.iter().map(|bounded| weight(&bounded.block)).sum()
    }

    /// Takes the end of the heaviest list away; where no list has two elements, the end of the longest part; where no part has two blocks, the last
    /// blocks. Whether there was anything left to take.
    fn shorten(&mut self) -> bool {
        self.shorten_list() || self.shorten_part() || self.shorten_end()
    }

    fn shorten_list(&mut self) -> bool {
        // What is new about each of several things is said before any detail of another.
        let is_list = |bounded: &&mut BoundedBlock| {
            length(&bounded.block) > 1 && !(bounded.part.is_some() && matches!(bounded.block, Block::Lead(_)))
        };
        let heaviest = self.blocks.iter_mut().filter(is_list).max_by_key(|bounded| weight(&bounded.block));
        let Some(BoundedBlock { block, left_out, .. }) = heaviest else { return false };
        let keep = keep(length(block));
        *left_out += length(block) - keep;
        match block {
            Block::Lead(words) => words.truncate(keep),
            Block::Facts(facts) => facts.truncate(keep),
            Block::Bars(bars) => bars.truncate(keep),
            Block::Table { rows, .. } => rows.truncate(keep),
            Block::Text { spans, .. } => spans.0.truncate(keep),
            Block::Trend(_) | Block::Note(_) => {}
        }
        true
    }

    fn shorten_part(&mut self) -> bool {
        let blocks = |part: usize| self.blocks.iter().filter(move |bounded| bounded.part == Some(part)).count();
        let Some((part, 2..)) = (0..self.left_out.len()).map(|part| (part, blocks(part))).max_by_key(|(_, blocks)| *blocks) else {
            return false;
        };
        // A heading goes with the last of what it stands over.
        let mut is_heading = false;
        while let Some(last) = self.blocks.iter().rposition(|bounded| bounded.part == Some(part)).filter(|last| {
            *last > 0 && self.blocks[last - 1].part == Some(part) && (!is_heading || matches!(self.blocks[*last].block, Block::Lead(_)))
        }) {
            let BoundedBlock { block, left_out, .. } = self.blocks.remove(last);
            self.left_out[part] += left_out + if matches!(block, Block::Lead(_)) { 0 } else { length(&block) };
            is_heading = true;
        }
        true
    }

    fn shorten_end(&mut self) -> bool {
        let count = self.blocks.len();
        let keep = if count > 0 { keep(count) } else { 0 };
        self.gone += count - keep;
        self.blocks.truncate(keep);
        count > 0
    }

    /// What is left of `card`, with a mark of what was lost behind each list, or behind each part; a last mark stands for what went from the end.
    fn card(&self, card: &Card, typed: fn(&Next) -> String) -> Card {
        let mut blocks = Vec::with_capacity(2 * self.blocks.len() + 1);
        let (mut left_out, mut parts) = (self.left_out.clone(), card.parts.clone());
        for part in &mut parts {
            part.blocks = 0..0;
        }
        for (at, BoundedBlock { block, left_out: lost, part }) in self.blocks.iter().enumerate() {
            let begin = blocks.len();
            blocks.push(block.clone());
            if let Some(part) = *part {
                left_out[part] += lost;
                let is_last = self.blocks.get(at + 1).is_none_or(|next| next.part != Some(part));
                let CardPart { about, all, blocks: of_part } = &mut parts[part];
                if is_last && left_out[part] > 0 {
                    let more = if left_out[part] == 1 { "entry" } else { "entries" };
                    blocks.push(Block::Note(format!("… and {} more {more} about {about}: {}", left_out[part], typed(all))));
                }
                *of_part = if of_part.end == 0 { begin } else { of_part.start }..blocks.len();
            } else if *lost > 0 {
                let is_text = matches!(block, Block::Lead(_) | Block::Text { .. });
                blocks.push(Block::Note(if is_text { "… and more of this text".to_owned() } else { format!("… and {lost} more") }));
            }
        }
        if self.gone > 0 {
            blocks.push(Block::Note(MORE.to_owned()));
        }
        Card { blocks, parts, ..card.clone() }
    }
}

/// How many of so many elements are kept when some go.
fn keep(length: usize) -> usize {
    length - (length / STEP).max(1)
}

/// The block within those bounds.
fn bounded(block: &Block) -> BoundedBlock {
    let left_out = length(block).saturating_sub(ELEMENTS_MAX);
    let short = |text: &str| cut(text, WORDS_MAX);
    let long = |text: &str| cut(text, TEXT_MAX);
    let word = |word: &Word| Word { text: short(&word.text), ..word.clone() };
    let block = match block {
        Block::Lead(words) => Block::Lead(words.iter().take(ELEMENTS_MAX).map(word).collect()),
        Block::Facts(facts) => {
            let value = |value: &Value| match value {
                Value::Words(words) => Value::Words(word(words)),
                Value::List(parts) => Value::List(parts.iter().take(ELEMENTS_MAX).map(|part| short(part)).collect()),
                Value::Link(address) => Value::Link(address.clone()),
            };
            Block::Facts(facts.iter().take(ELEMENTS_MAX).map(|fact| Fact::new(short(&fact.label), value(&fact.value))).collect())
        }
        Block::Bars(bars) => {
            let bar = |Bar { label, percent, note }: &Bar| Bar { label: short(label), percent: *percent, note: short(note) };
            Block::Bars(bars.iter().take(ELEMENTS_MAX).map(bar).collect())
        }
        Block::Trend(days) => Block::Trend(days.clone()),
        Block::Table { columns, rows } => {
            let cell = |cell: &Cell| cell.clone().shortened(short);
            let row = |row: &TableRow| TableRow { cells: row.cells.iter().map(cell).collect(), ..row.clone() };
            Block::Table { columns: columns.clone(), rows: rows.iter().take(ELEMENTS_MAX).map(row).collect() }
        }
        Block::Text { heading, spans } => {
            let span = |span: &Span| match span {
                Span::Text(text) => Span::Text(long(text)),
                Span::Strong(text) => Span::Strong(long(text)),
                Span::Link { text, url } => Span::Link { text: short(text), url: url.clone() },
                Span::Break => Span::Break,
                Span::Item => Span::Item,
            };
            Block::Text { heading: short(heading), spans: Spans(spans.0.iter().take(ELEMENTS_MAX).map(span).collect()) }
        }
        Block::Note(note) => Block::Note(short(note)),
    };
    BoundedBlock { block, left_out, part: None }
}

/// How many elements could go one by one. A trend and a note are one thing: a place bounds them by itself.
fn length(block: &Block) -> usize {
    match block {
        Block::Lead(words) => words.len(),
        Block::Facts(facts) => facts.len(),
        Block::Bars(bars) => bars.len(),
        Block::Table { rows, .. } => rows.len(),
        Block::Text { spans, .. } => spans.0.len(),
        Block::Trend(_) | Block::Note(_) => 1,
    }
}

fn weight(block: &Block) -> usize {
    let words = match block {
        Block::Lead(words) => words.iter().map(|word| word.text.len()).sum(),
        Block::Note(note) => note.len(),
        Block::Facts(facts) => facts.iter().map(|fact| fact.label.len() + fact.value.line().len()).sum(),
        Block::Bars(bars) => bars.iter().map(|bar| bar.label.len() + bar.note.len()).sum(),
        Block::Table { columns, rows } => {
            let cell = |(column, cell): (&Column, &Cell)| cell.words(column).len() + ELEMENT;
            rows.iter().map(|row| columns.iter().zip(&row.cells).map(cell).sum::<usize>()).sum()
        }
        Block::Text { spans, .. } => spans.0.iter().map(span_weight).sum(),
        Block::Trend(_) => 0_usize,
    };
    words + ELEMENT * length(block)
}

fn span_weight(span: &Span) -> usize {
    match span {
        Span::Text(text) | Span::Strong(text) => text.len(),
        Span::Link { text, url } => text.len() + url.len(),
        Span::Break | Span::Item => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> Block {
        let row = |number: usize| TableRow::from(vec![Word::plain(format!("row {number}"))]);
        Block::Table { columns: vec![Column::words("what")], rows: (0..rows).map(row).collect() }
    }

    /// Takes cards whose tables have so many rows together, and whose blocks are no more than `blocks_max`.
    fn takes(rows_max: usize, blocks_max: usize) -> impl Fn(&Card) -> Option<Card> {
        move |card| {
            let rows: usize = card.blocks.iter().map(|block| if let Block::Table { rows, .. } = block { rows.len() } else { 0 }).sum();
            (rows <= rows_max && card.blocks.len() <= blocks_max).then(|| card.clone())
        }
    }

    #[test]
    fn what_fits_is_not_touched() {
        let card = Card::new("title", vec![table(5)], "foot");
        assert_eq!(truncate(&card, command_line, takes(5, 1)), Some(card));
    }

    #[test]
    fn the_heaviest_list_loses_its_end_and_says_so() {
        let card = Card::new("title", vec![table(3), table(40)], "foot");
        let fitted = truncate(&card, command_line, takes(30, 9)).unwrap();
        let [first, Block::Table { rows, .. }, Block::Note(note)] = fitted.blocks.as_slice() else { panic!("{fitted:?}") };
        assert_eq!((first, rows.len() > 20, note), (&table(3), true, &format!("… and {} more", 40 - rows.len())));
    }

    #[test]
    fn what_is_left_goes_from_the_end() {
        let card =
            Card::new("title", vec![Block::Note("one".to_owned()), Block::Note("two".to_owned()), Block::Note("three".to_owned())], "foot");
        let fitted = truncate(&card, command_line, takes(0, 2)).unwrap();
        assert_eq!(fitted.blocks, [Block::Note("one".to_owned()), Block::Note(MORE.to_owned())]);
        assert_eq!(truncate(&card, command_line, takes(0, 1)).unwrap().blocks, [Block::Note(MORE.to_owned())], "title, foot and a mark");
        assert_eq!(truncate(&card, command_line, |_| None::<()>), None);
    }

    #[test]
    fn one_long_text_is_cut_before_anything_is_left_out() {
        let card = Card::new("title", vec![table(3), Block::Note("x".repeat(5000))], "foot");
        let short = |card: &Card| matches!(card.blocks.last(), Some(Block::Note(note)) if note.len() < 1000).then(|| card.clone());
        let fitted = truncate(&card, command_line, short).unwrap();
        assert_eq!((&fitted.blocks[0], fitted.blocks.len()), (&table(3), 2));
    }
}
