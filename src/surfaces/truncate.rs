//! How does a card become small enough for a place? Its heaviest lists lose their ends, then whole parts go, then its own last blocks, each with a mark
//! that says how to see the rest, until the place takes it. Lines of tenants go last: they become brief before one of them goes.

use crate::{
    card::{Bar, Block, Card, CardPart, Cell, Column, Fact, Next, TableRow, Tone, Value, Word},
    skill_id::SkillId,
    text::{Span, Spans, count, cut},
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
/// The same for lines of tenants, of which none is to go.
const TENANTS_MAX: usize = 2000;

/// How much of a tenant's news a brief line has, in characters.
const NEWS_IN_BRIEF: usize = 40;

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
/// Where the card has parts, as many are kept as have room for an element of each of their lists, the first ones first; then their lists are as long as
/// fits. What is left out of each is counted, and said by which words, which `typed` makes of a question, somebody sees all of it.
pub fn truncate<T>(card: &Card, typed: fn(&Next) -> String, render: impl Fn(&Card) -> Option<T>) -> Option<T> {
    if let Some(rendered) = render(&marked(card, typed)) {
        return Some(rendered);
    }
    let mut draft = ShortenedCard::of(card, parts_that_fit(card, typed, &render));
    while draft.weight() > WEIGHT_MAX && draft.shorten() {}
    loop {
        let shorter = draft.card(card, typed);
        let rendered = render(&shorter);
        if rendered.is_some() || !draft.shorten() {
            return rendered;
        }
    }
}

/// How many parts of `card` have room for an element of each of their lists.
fn parts_that_fit<T>(card: &Card, typed: fn(&Next) -> String, render: impl Fn(&Card) -> Option<T>) -> usize {
    let with_blocks = card.parts.iter().rposition(|part| !part.blocks.is_empty()).map_or(0, |last| last + 1);
    let mut parts = card.parts.len();
    // Without the parts that have no blocks the card is the same: it is looked at once.
    while parts > 0 && keep(parts) >= with_blocks {
        parts = keep(parts);
    }
    while parts > 0 {
        let mut draft = ShortenedCard::of(card, parts);
        while draft.shorten_list() {}
        if render(&draft.card(card, typed)).is_some() {
            break;
        }
        parts = keep(parts);
    }
    parts
}

/// The lines of tenants in `card`, and nothing else; `None` where it has none.
pub fn tenant_lines(card: &Card, typed: fn(&Next) -> String) -> Option<Card> {
    let blocks: Vec<Block> = card.blocks.iter().filter(|block| is_tenants(block)).cloned().collect();
    let parts = card.parts.iter().map(|part| CardPart { blocks: 0..0, ..part.clone() }).collect();
    let alone = |blocks| Card { link: card.link.clone(), parts, ..Card::new(&*card.title, blocks, &*card.foot) };
    (!blocks.is_empty()).then(|| with_marks(alone(blocks), &[], typed))
}

/// `card` with words that say, below each part that has less than the answers it is made of, and for those without any block, by which words of `typed`
/// somebody sees the rest.
pub fn marked(card: &Card, typed: fn(&Next) -> String) -> Card {
    with_marks(card.clone(), &vec![0; card.parts.len()], typed)
}

/// `card`, of whose parts so many elements were left out.
fn with_marks(mut card: Card, left_out: &[usize], typed: fn(&Next) -> String) -> Card {
    for at in (0..card.parts.len()).rev() {
        let Some(CardPart { about, blocks, all, more }) = card.parts.get(at).filter(|part| !part.blocks.is_empty()) else { continue };
        let left_out = left_out.get(at).copied().unwrap_or_default();
        let first = Some(all).filter(|_| left_out > 0 || more.is_empty()).map(typed);
        let others: Vec<String> = more.iter().map(typed).filter(|other| first.as_ref() != Some(other)).collect();
        let questions = first.into_iter().chain(others).collect::<Vec<_>>().join(" and ");
        let mark = match left_out {
            0 if more.is_empty() => continue,
            0 => format!("More about {about}: {questions}"),
            1 => format!("… and 1 more entry about {about}: {questions}"),
            number => format!("… and {number} more entries about {about}: {questions}"),
        };
        let end = blocks.end;
        card.insert(end, Block::Note(mark));
        if let Some(part) = card.parts.get_mut(at) {
            part.blocks.end += 1;
        }
    }
    let unseen: Vec<&CardPart> = card.parts.iter().filter(|part| part.blocks.is_empty()).collect();
    if let Some(CardPart { about, all, .. }) = unseen.first() {
        let mark = match unseen.len() {
            1 => format!("Details of {about} do not fit here: {}", typed(all)),
            several => format!("Details of {} do not fit here; of {about}: {}", count(several, "tenant"), typed(all)),
        };
        let at = card.parts.iter().map(|part| part.blocks.end).max().filter(|end| *end > 0).unwrap_or(card.blocks.len());
        card.insert(at, Block::Note(mark));
    }
    card
}

/// `next` as somebody types it on the command line, where a platform has no words of its own for it.
pub fn command_line(next: &Next) -> String {
    let args = next.args.iter().map(|(name, value)| format!(" --{} {value}", name.replace('_', "-")));
    format!("scorewatch ask {} --tenant {}{}", next.skill, next.tenant, args.collect::<String>())
}

/// What is left of a card.
struct ShortenedCard {
    blocks: Vec<BoundedBlock>,
    /// How many blocks went from the end.
    gone: usize,
    /// The tenants whose lines are brief, in their order, and how many more have none.
    brief: Vec<String>,
    tenants_gone: usize,
}

impl ShortenedCard {
    /// The first so many `parts` of `card`, and what belongs to none.
    fn of(card: &Card, parts: usize) -> Self {
        let part = |at: usize| card.parts.iter().position(|part| part.blocks.contains(&at));
        let kept = card.blocks.iter().enumerate().map(|(at, block)| (part(at), block));
        let kept: Vec<_> = kept.filter(|(part, _)| part.is_none_or(|part| part < parts)).collect();
        let gone = kept.len().saturating_sub(ELEMENTS_MAX);
        let blocks = kept.into_iter().take(ELEMENTS_MAX).map(|(part, block)| BoundedBlock { part, ..bounded(block) }).collect();
        Self { blocks, gone, brief: Vec::new(), tenants_gone: 0 }
    }

    /// How much of a place all of it takes, about.
    fn weight(&self) -> usize {
        self.blocks.iter().filter(|bounded| !is_tenants(&bounded.block)).map(|bounded| weight(&bounded.block)).sum()
    }

    /// Takes the end of the heaviest list away; where no list has two elements, the last blocks of parts; then the end of the lines of tenants becomes
    /// brief. What belongs to no part, such as why data is missing, goes after that, and tenants last. Whether there was anything left to take.
    fn shorten(&mut self) -> bool {
        let is_of_part = |bounded: &BoundedBlock| bounded.part.is_some();
        self.shorten_list()
            || self.shorten_end(is_of_part)
            || self.shorten_tenants()
            || self.shorten_end(|bounded| !is_of_part(bounded))
            || self.drop_tenants()
    }

    fn shorten_list(&mut self) -> bool {
        // A heading stays whole, as long as there is anything else.
        let is_list = |bounded: &&mut BoundedBlock| {
            let is_heading = bounded.part.is_some() && matches!(bounded.block, Block::Lead(_));
            length(&bounded.block) > 1 && !is_heading && !is_tenants(&bounded.block)
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

    /// Takes away the last blocks of those that `may_go`; lines of tenants are none.
    fn shorten_end(&mut self, may_go: impl Fn(&BoundedBlock) -> bool) -> bool {
        let goes = |bounded: &BoundedBlock| !is_tenants(&bounded.block) && may_go(bounded);
        let count = self.blocks.iter().filter(|bounded| goes(bounded)).count();
        let fewer = if count > 0 { count - keep(count) } else { 0 };
        for _ in 0..fewer {
            if let Some(last) = self.blocks.iter().rposition(&goes) {
                self.blocks.remove(last);
            }
        }
        self.gone += fewer;
        fewer > 0
    }

    fn shorten_tenants(&mut self) -> bool {
        for BoundedBlock { block, .. } in self.blocks.iter_mut().rev() {
            if let Block::Table { columns, rows } = block
                && !rows.is_empty()
            {
                let brief = rows.drain(keep(rows.len())..).map(|row| in_brief(columns, &row));
                self.brief.splice(0..0, brief.collect::<Vec<_>>());
                return true;
            }
        }
        false
    }

    fn drop_tenants(&mut self) -> bool {
        let count = self.brief.len();
        self.brief.truncate(if count > 0 { keep(count) } else { 0 });
        self.tenants_gone += count - self.brief.len();
        count > 0
    }

    /// What is left of `card`, with a mark of what was lost behind each list, or behind each part; a last mark stands for what went from the end.
    fn card(&self, card: &Card, typed: fn(&Next) -> String) -> Card {
        let mut blocks = Vec::with_capacity(2 * self.blocks.len() + 3);
        let (mut left_out, mut parts) = (vec![0; card.parts.len()], card.parts.clone());
        for part in &mut parts {
            part.blocks = 0..0;
        }
        for BoundedBlock { block, left_out: lost, part } in &self.blocks {
            let begin = blocks.len();
            blocks.push(block.clone());
            if let Some(part) = *part {
                left_out[part] += lost;
                let of_part = &mut parts[part].blocks;
                *of_part = if of_part.end == 0 { begin } else { of_part.start }..blocks.len();
            } else if *lost > 0 {
                let is_text = matches!(block, Block::Lead(_) | Block::Text { .. });
                blocks.push(Block::Note(if is_text { "… and more of this text".to_owned() } else { format!("… and {lost} more") }));
            }
            if is_tenants(block) {
                blocks.extend(self.tenants_in_brief(card, typed));
            }
        }
        if self.gone > 0 {
            blocks.push(Block::Note(MORE.to_owned()));
        }
        with_marks(Card { blocks, parts, ..card.clone() }, &left_out, typed)
    }

    /// The tenants that have no line of their own any more, and how somebody sees the rest.
    fn tenants_in_brief(&self, card: &Card, typed: fn(&Next) -> String) -> Vec<Block> {
        let asked = |what: &str, skill: SkillId| {
            card.next.iter().find(|next| next.skill == skill).map_or_else(String::new, |next| format!("{what}: {}", typed(next)))
        };
        let mut blocks = Vec::new();
        if !self.brief.is_empty() {
            let heading = format!("{} in brief{}", count(self.brief.len(), "tenant"), asked("; their news", SkillId::ScoreChanges));
            let last = self.brief.len() - 1;
            let span = |(at, words): (usize, &String)| Span::Text(if at < last { format!("{words}; ") } else { words.clone() });
            blocks.push(Block::Text { heading, spans: Spans(self.brief.iter().enumerate().map(span).collect()) });
        }
        if self.tenants_gone > 0 {
            blocks.push(Block::Note(format!("… and {}{}", count(self.tenants_gone, "more tenant"), asked("", SkillId::SecureScore))));
        }
        blocks
    }
}

/// Whether `block` has a line for each of several tenants, of whom none is left out for anything else.
fn is_tenants(block: &Block) -> bool {
    matches!(block, Block::Table { columns, .. } if columns.first() == Some(&Column::Tenant))
}

/// A tenant's line in few words: who, and its numbers; of its news what must not be taken for calm, and why there is no number.
fn in_brief(columns: &[Column], row: &TableRow) -> String {
    let cells = || columns.iter().zip(&row.cells);
    let is_scored = cells().any(|(column, cell)| *column == Column::Score && !cell.is_silent(column));
    let stays = |(column, cell): &(&Column, &Cell)| {
        !cell.is_silent(column) && (**column != Column::News || !is_scored || cell.tone(column) == Tone::Warn)
    };
    let words = |(column, cell): (&Column, &Cell)| {
        if *column == Column::News { cut(&cell.words(column), NEWS_IN_BRIEF) } else { cell.words(column) }
    };
    cells().filter(stays).map(words).collect::<Vec<_>>().join(" ")
}

/// How many of so many elements are kept when some go.
fn keep(length: usize) -> usize {
    length - (length / STEP).max(1)
}

/// The block within those bounds.
fn bounded(block: &Block) -> BoundedBlock {
    let elements_max = if is_tenants(block) { TENANTS_MAX } else { ELEMENTS_MAX };
    let left_out = length(block).saturating_sub(elements_max);
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
            Block::Table { columns: columns.clone(), rows: rows.iter().take(elements_max).map(row).collect() }
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
