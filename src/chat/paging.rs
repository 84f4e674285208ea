//! How is a card shared out between pages? By what a platform takes on one, in parts that no page breaks.

use crate::card::{Block, Card, Next};

/// How much a page takes, in units of the platform.
#[derive(Debug, Clone, Copy)]
pub struct PageBudget {
    /// How long a page is at most, about.
    pub page: usize,
    /// How much of the first page notes may take; more of them follow on the last.
    pub notes: usize,
    /// How many pages an answer has at most.
    pub pages: usize,
}

/// What a page shows whole.
#[derive(Debug, Clone)]
pub struct PagePart<T> {
    /// What it is on the platform.
    pub content: T,
    /// How much it takes where it begins a page.
    pub cost_alone: usize,
    /// How much it takes behind another, with what parts both.
    pub cost_after: usize,
    /// How many parts like it read well on one page; `None` when that does not matter.
    pub page_rows: Option<usize>,
    /// Whether it is the first of them.
    pub starts_list: bool,
    /// What it leads to.
    pub next: Option<Next>,
}

/// The parts of a page, in order, and what its rows lead to.
#[derive(Debug, Clone)]
pub struct LaidPage<T> {
    /// The parts.
    pub parts: Vec<T>,
    /// What they lead to.
    pub leads: Vec<Next>,
}

/// Where a part of a block stands.
#[derive(Clone, Copy)]
enum Place {
    /// It is what a list stands below.
    Heading,
    /// Below a heading, or not.
    Below(bool),
}

/// A page that is being filled.
struct Draft<T> {
    page: LaidPage<T>,
    units: usize,
    rows: usize,
}

impl<T> Draft<T> {
    const fn new() -> Self {
        Self { page: LaidPage { parts: Vec::new(), leads: Vec::new() }, units: 0, rows: 0 }
    }

    fn add(&mut self, part: PagePart<T>) {
        self.units += if self.units == 0 { part.cost_alone } else { part.cost_after };
        self.page.parts.push(part.content);
        self.page.leads.extend(part.next);
        self.rows = if part.starts_list { 0 } else { self.rows } + usize::from(part.page_rows.is_some());
    }

    /// Whether `part` still fits, when `reserved` is kept for something else.
    fn takes(&self, part: &PagePart<T>, reserved: usize, budget: &PageBudget) -> bool {
        let rows = part.starts_list || part.page_rows.is_none_or(|rows_max| self.rows < rows_max);
        self.units == 0 || (rows && self.units + part.cost_after + reserved <= budget.page)
    }
}

/// The card in pages, at least one, whose blocks `parts` makes parts of; and whether that is all of it. Notes qualify the whole answer, so they end the
/// first page, where they are seen; one of a part of the card stays with it, and a heading with the first row below it. `apart` sets the first of
/// several notes apart from what is before it, `goes_on` puts a heading over the first row of a page on which a list below it goes on; both add what
/// that costs.
pub fn lay_out<T: Clone>(
    card: &Card,
    budget: &PageBudget,
    parts: impl Fn(&Block) -> Vec<PagePart<T>>,
    apart: impl Fn(&mut PagePart<T>),
    goes_on: impl Fn(&T, &mut PagePart<T>),
) -> (Vec<LaidPage<T>>, bool) {
    let is_of_part = |at: usize| card.parts.iter().any(|part| part.blocks.contains(&at));
    let (notes, rest): (Vec<_>, Vec<_>) =
        card.blocks.iter().enumerate().partition(|(at, block)| matches!(block, Block::Note(_)) && !is_of_part(*at));
    let (mut first, mut later, mut reserved) = (Vec::new(), Vec::new(), 0);
    for part in notes.into_iter().flat_map(|(_, block)| parts(block)) {
        if later.is_empty() && reserved + part.cost_after <= budget.notes {
            reserved += part.cost_after;
            first.push(part);
        } else {
            later.push(part);
        }
    }
    for group in [&mut first, &mut later] {
        if let Some(part) = group.first_mut() {
            apart(part);
        }
    }
    let is_heading = |at: usize| {
        let (block, next) = (rest.get(at).map(|(_, block)| block), rest.get(at + 1).map(|(_, block)| block));
        matches!((block, next), (Some(Block::Lead(_)), Some(Block::Table { rows, .. })) if !rows.is_empty())
    };
    let placed = rest.iter().enumerate().flat_map(|(at, (_, block))| {
        let place = if is_heading(at) { Place::Heading } else { Place::Below(at > 0 && is_heading(at - 1)) };
        parts(block).into_iter().map(move |part| (part, place))
    });
    let mut drafts = vec![Draft::new()];
    let (mut heading, mut over): (Option<PagePart<T>>, Option<T>) = (None, None);
    for (mut part, place) in placed.chain(later.into_iter().map(|part| (part, Place::Below(false)))) {
        match place {
            Place::Heading => {
                over = Some(part.content.clone());
                heading = Some(part);
                continue;
            }
            Place::Below(true) => {}
            Place::Below(false) => over = None,
        }
        let kept = if drafts.len() == 1 { reserved } else { 0 } + heading.as_ref().map_or(0, |heading| heading.cost_after);
        if !drafts.last().is_some_and(|last| last.takes(&part, kept, budget)) {
            drafts.push(Draft::new());
            over.iter().filter(|_| heading.is_none()).for_each(|over| goes_on(over, &mut part));
        }
        if let Some(last) = drafts.last_mut() {
            heading.take().into_iter().chain([part]).for_each(|part| last.add(part));
        }
    }
    if let Some(page) = drafts.first_mut() {
        for part in first {
            page.add(part);
        }
    }
    let whole = drafts.len() <= budget.pages;
    drafts.truncate(budget.pages);
    (drafts.into_iter().map(|draft| draft.page).collect(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{CardPart, Column, TableRow, Word};

    const BUDGET: PageBudget = PageBudget { page: 10, notes: 4, pages: 3 };

    fn parts(block: &Block) -> Vec<PagePart<String>> {
        let texts = match block {
            Block::Note(note) => vec![note.clone()],
            Block::Lead(words) => vec![words.iter().map(|word| word.text.as_str()).collect()],
            Block::Table { columns, rows } => rows.iter().map(|row| row.cells[0].words(&columns[0])).collect(),
            Block::Facts(_) | Block::Bars(_) | Block::Trend(_) | Block::Text { .. } => panic!("{block:?}"),
        };
        let part = |content: String| {
            let (cost_alone, cost_after) = (content.len(), content.len() + 1);
            PagePart { content, cost_alone, cost_after, page_rows: None, starts_list: false, next: None }
        };
        texts.into_iter().map(part).collect()
    }

    fn laid(card: &Card) -> (Vec<String>, bool) {
        let apart = |part: &mut PagePart<String>| {
            part.content.insert(0, '|');
            part.cost_after += 1;
        };
        let (pages, whole) = lay_out(card, &BUDGET, parts, apart, |over, row| {
            row.content = format!("({over}){}", row.content);
            row.cost_alone += over.len() + 2;
        });
        (pages.into_iter().map(|page| page.parts.join("+")).collect(), whole)
    }

    fn lead(text: &str) -> Block {
        Block::Lead(vec![Word::plain(text)])
    }

    fn card(blocks: Vec<Block>) -> Card {
        Card::new("title", blocks, "foot")
    }

    #[test]
    fn notes_end_the_first_page_as_long_as_they_are_few() {
        let note = |text: &str| Block::Note(text.to_owned());
        let (pages, whole) = laid(&card(vec![note("n"), lead("aaaa"), lead("bbb"), note("m"), lead("cc"), note("too long")]));
        assert_eq!((pages.as_slice(), whole), (["aaaa+|n+m".to_owned(), "bbb+cc".to_owned(), "|too long".to_owned()].as_slice(), true));
    }

    #[test]
    fn a_note_of_a_part_stays_with_it_and_what_is_too_much_is_said() {
        let mut card = card(vec![lead("aaaaaaaa"), Block::Note("n".to_owned()), lead("bbbbbbbb"), lead("cccccccc"), lead("dddddddd")]);
        let all = Next { label: String::new(), skill: crate::skill_id::SkillId::SecureScore, tenant: "a".to_owned(), args: Vec::new() };
        card.parts.push(CardPart { about: "a".to_owned(), blocks: 0..2, all, more: Vec::new() });
        assert_eq!(laid(&card), (vec!["aaaaaaaa+n".to_owned(), "bbbbbbbb".to_owned(), "cccccccc".to_owned()], false));
        assert_eq!(laid(&self::card(Vec::new())), (vec![String::new()], true), "an empty card has a page");
    }

    #[test]
    fn a_list_that_goes_on_says_below_what() {
        let table = |rows: &[&str]| Block::Table {
            columns: vec![Column::words("what")],
            rows: rows.iter().map(|row| TableRow::from(vec![Word::plain(*row)])).collect(),
        };
        let (pages, _) = laid(&card(vec![lead("h"), table(&["aaaaaa", "bbbbbb", "cc"])]));
        assert_eq!(pages, ["h+aaaaaa", "(h)bbbbbb", "(h)cc"], "{pages:?}");
        let (pages, _) = laid(&card(vec![lead("h"), table(&["aa"]), lead("bbbbbbbb"), lead("c"), table(&["dddddddd"])]));
        assert_eq!(pages, ["h+aa", "bbbbbbbb", "c+dddddddd"], "only of its own list, and not twice: {pages:?}");
    }
}
