//! How does a card become small enough for a place? Its heaviest lists lose their ends, then it loses its last blocks, each with a mark, until the place takes it.

use crate::{
    card::{Bar, Block, Card, Cell, Column, Fact, TableRow, Value, Word},
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
pub const MORE: &str = "… and more that is too long for a message";

/// A block and how many of its elements were left out.
struct BoundedBlock {
    block: Block,
    left_out: usize,
}

/// What `render` makes of `card`, or of as much of it as gets through: `render` returns `None` for a card that is too large. The last that it is asked
/// for is the title and the foot, with a mark where there were blocks; `None` comes back where it does not take that either.
pub fn truncate<T>(card: &Card, render: impl Fn(&Card) -> Option<T>) -> Option<T> {
    if let Some(rendered) = render(card) {
        return Some(rendered);
    }
    let mut parts: Vec<BoundedBlock> = card.blocks.iter().take(ELEMENTS_MAX).map(bounded).collect();
    let count = card.blocks.len();
    while weigh(&parts) > WEIGHT_MAX && shorten(&mut parts) {}
    loop {
        let shorter = Card { blocks: blocks(&parts, count - parts.len()), ..card.clone() };
        let rendered = render(&shorter);
        if rendered.is_some() || !shorten(&mut parts) {
            return rendered;
        }
    }
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
    BoundedBlock { block, left_out }
}

/// Takes the end of the heaviest list away or, where no list has two elements, the last parts; whether there was anything left to take.
fn shorten(parts: &mut Vec<BoundedBlock>) -> bool {
    let heaviest = parts.iter_mut().filter(|part| length(&part.block) > 1).max_by_key(|part| weight(&part.block));
    let keep = |length: usize| length - (length / STEP).max(1);
    let Some(BoundedBlock { block, left_out }) = heaviest else {
        let some = !parts.is_empty();
        parts.truncate(if some { keep(parts.len()) } else { 0 });
        return some;
    };
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

/// How much of a place all of it takes, about.
fn weigh(parts: &[BoundedBlock]) -> usize {
    parts.iter().map(|part| weight(&part.block)).sum()
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

/// The parts again as blocks, each followed by a mark of what it lost; a last mark stands for `gone` blocks that are no longer there at all.
fn blocks(parts: &[BoundedBlock], gone: usize) -> Vec<Block> {
    let mut blocks = Vec::with_capacity(2 * parts.len() + 1);
    for BoundedBlock { block, left_out } in parts {
        blocks.push(block.clone());
        if *left_out > 0 {
            let is_text = matches!(block, Block::Lead(_) | Block::Text { .. });
            blocks.push(Block::Note(if is_text { "… and more of this text".to_owned() } else { format!("… and {left_out} more") }));
        }
    }
    if gone > 0 {
        blocks.push(Block::Note(MORE.to_owned()));
    }
    blocks
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
        assert_eq!(truncate(&card, takes(5, 1)), Some(card));
    }

    #[test]
    fn the_heaviest_list_loses_its_end_and_says_so() {
        let card = Card::new("title", vec![table(3), table(40)], "foot");
        let fitted = truncate(&card, takes(30, 9)).unwrap();
        let [first, Block::Table { rows, .. }, Block::Note(note)] = fitted.blocks.as_slice() else { panic!("{fitted:?}") };
        assert_eq!((first, rows.len() > 20, note), (&table(3), true, &format!("… and {} more", 40 - rows.len())));
    }

    #[test]
    fn what_is_left_goes_from_the_end() {
        let card =
            Card::new("title", vec![Block::Note("one".to_owned()), Block::Note("two".to_owned()), Block::Note("three".to_owned())], "foot");
        let fitted = truncate(&card, takes(0, 2)).unwrap();
        assert_eq!(fitted.blocks, [Block::Note("one".to_owned()), Block::Note(MORE.to_owned())]);
        assert_eq!(truncate(&card, takes(0, 1)).unwrap().blocks, [Block::Note(MORE.to_owned())], "title, foot and a mark");
        assert_eq!(truncate(&card, |_| None::<()>), None);
    }

    #[test]
    fn one_long_text_is_cut_before_anything_is_left_out() {
        let card = Card::new("title", vec![table(3), Block::Note("x".repeat(5000))], "foot");
        let short = |card: &Card| matches!(card.blocks.last(), Some(Block::Note(note)) if note.len() < 1000).then(|| card.clone());
        let fitted = truncate(&card, short).unwrap();
        assert_eq!((&fitted.blocks[0], fitted.blocks.len()), (&table(3), 2));
    }
}
