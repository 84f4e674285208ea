//! How does a person read an answer, before any channel has a say? A card: a closed list of blocks.
//!
//! Every renderer matches [`Block`] exhaustively, so a new block does not compile until every surface
//! says what it does with it, and so it is with the [`Cell`]s of a table. No block is named after a platform; limits live with the
//! platforms. A card can be written down and read again, because what is to be delivered waits in the store; nobody but a renderer takes one
//! apart.

pub mod cell;
pub mod draw;
pub mod wording;

use std::{borrow::Cow, ops::Range};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

pub use self::cell::{Cell, Column};
use crate::{
    skill_id::SkillId,
    text::{self, Spans},
};

/// The fewest days that make a trend.
const TREND_DAYS_MIN: usize = 2;

/// An answer as a person reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What this is about, in a few words.
    pub title: String,
    /// Where a person sees for himself, in the Microsoft Defender portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The content, in reading order.
    pub blocks: Vec<Block>,
    /// What the answer rests on: the day, when it was read.
    pub foot: String,
    /// When that was read, so that a surface can say how long ago while a person looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// Questions that people ask next, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Next>,
    /// What its picture shows, where the title does not say that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Which blocks are about one of several things each, in their order: where not all fits, none of them is left out for another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CardPart>,
}

/// The blocks of a card that are about one of several things, under a heading that is the first of them; or all details of the only one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPart {
    /// What they are about: a tenant.
    pub about: String,
    /// The first of them, and the first that is none of them; none where there was no room for any.
    pub blocks: Range<usize>,
    /// The question whose answer has all of it.
    pub all: Next,
    /// The questions whose answers have more than these blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Next>,
}

impl Card {
    /// A card that leads nowhere.
    pub fn new(title: impl Into<String>, blocks: Vec<Block>, foot: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            link: None,
            blocks,
            foot: foot.into(),
            read_at: None,
            next: Vec::new(),
            caption: None,
            parts: Vec::new(),
        }
    }

    /// The same with `note` behind its first words.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        let at = self.blocks.iter().position(|block| matches!(block, Block::Lead(_))).map_or(0, |lead| lead + 1);
        self.insert(at, Block::Note(note.into()));
        self
    }

    /// The same with `word` at the end of its first words.
    #[must_use]
    pub fn marked(mut self, word: Word) -> Self {
        match self.blocks.first_mut() {
            Some(Block::Lead(words)) => words.push(word),
            _ => self.insert(0, Block::Lead(vec![word])),
        }
        self
    }

    /// Puts `block` in the place `at`; what is about one of several things stays so.
    pub fn insert(&mut self, at: usize, block: Block) {
        self.blocks.insert(at, block);
        for CardPart { blocks, .. } in &mut self.parts {
            *blocks = blocks.start + usize::from(blocks.start >= at)..blocks.end + usize::from(blocks.end > at);
        }
    }

    /// The first trend that it shows, if that has two days at least, which can be drawn: what moved, and how.
    pub fn trend(&self) -> Option<(&str, &[(Date, f64)])> {
        let days = self.blocks.iter().find_map(|block| if let Block::Trend(days) = block { Some(days) } else { None })?;
        (days.len() >= TREND_DAYS_MIN).then(|| (self.caption.as_deref().unwrap_or(&self.title), &**days))
    }
}

/// A question that an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// What a person chooses it by, in two or three words.
    pub label: String,
    /// The skill.
    pub skill: SkillId,
    /// The tenant it is about.
    pub tenant: String,
    /// Its arguments, as a query string has them.
    pub args: Vec<(Cow<'static, str>, String)>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRow {
    /// Its cells, one a column.
    pub cells: Vec<Cell>,
    /// Where a person sees for himself, in the Microsoft Defender portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The question that goes on from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
}

impl<C: Into<Cell>> From<Vec<C>> for TableRow {
    /// A row that leads nowhere.
    fn from(cells: Vec<C>) -> Self {
        Self { cells: cells.into_iter().map(Into::into).collect(), link: None, next: None }
    }
}

/// A piece of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// The one sentence to read if no other is.
    Lead(Vec<Word>),
    /// Labelled values, short enough for two columns on a phone.
    Facts(Vec<Fact>),
    /// Shares of 100, one bar each.
    Bars(Vec<Bar>),
    /// How a percentage moved, oldest day first.
    Trend(Vec<(Date, f64)>),
    /// Rows of the same shape. The first column says what a row is about.
    Table {
        /// What the columns are for.
        columns: Vec<Column>,
        /// The rows; each with as many cells as `columns`.
        rows: Vec<TableRow>,
    },
    /// A longer text under a heading.
    Text {
        /// What the text is.
        heading: String,
        /// The text.
        spans: Spans,
    },
    /// What is missing or needs care.
    Note(String),
}

impl Block {
    /// A table without the columns that no row says anything in; the first, which says what a row is about, stays.
    pub fn table(columns: Vec<Column>, rows: Vec<TableRow>) -> Self {
        let filled = |at: usize| at == 0 || rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| !cell.is_empty()));
        let keep: Vec<bool> = (0..columns.len()).map(filled).collect();
        let cells = |cells: Vec<Cell>| cells.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(cell, _)| cell).collect();
        let rows = rows.into_iter().map(|row| TableRow { cells: cells(row.cells), link: row.link, next: row.next }).collect();
        Self::Table { columns: columns.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(column, _)| column).collect(), rows }
    }
}

/// Words with a tone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The words, on one line.
    pub text: String,
    /// How they are meant.
    pub tone: Tone,
    /// The person whom they stand for, by the id that we know them by: their own platform shows them by their name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Word {
    /// Words without a tone.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Plain)
    }

    /// Words with a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, person: None }
    }

    /// The person whom we know by `id`.
    pub fn person(id: &str) -> Self {
        Self { person: Some(id.to_owned()), ..Self::plain(text::person(id)) }
    }
}

/// How words are meant, so that a surface may colour or mark them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// No judgement.
    Plain,
    /// It got or is better.
    Good,
    /// It got or is worse.
    Bad,
    /// It wants somebody's attention.
    Warn,
    /// The thing that matters most.
    Strong,
    /// Less important than the rest.
    Quiet,
}

impl Tone {
    /// Better for gains, worse for losses.
    pub fn of_move(points: f64) -> Self {
        if points > 0.0 {
            Self::Good
        } else if points < 0.0 {
            Self::Bad
        } else {
            Self::Plain
        }
    }
}

/// A labelled value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What it comes to.
    pub value: Value,
}

impl Fact {
    /// A label and its value.
    pub fn new(label: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// What a fact comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Words.
    Words(Word),
    /// Several things, each with a label of its own, as moves with their days.
    List(Vec<String>),
    /// An address.
    Link(String),
}

impl Value {
    /// All of it on one line.
    pub fn line(&self) -> Cow<'_, str> {
        match self {
            Self::Words(word) => Cow::Borrowed(&word.text),
            Self::List(parts) => Cow::Owned(parts.join(", ")),
            Self::Link(address) => Cow::Borrowed(address),
        }
    }

    /// How it is meant.
    pub const fn tone(&self) -> Tone {
        match self {
            Self::Words(word) => word.tone,
            Self::List(_) | Self::Link(_) => Tone::Plain,
        }
    }

    /// Whether it is the address `link`.
    pub fn leads_to(&self, link: Option<&str>) -> bool {
        matches!(self, Self::Link(address) if link == Some(address))
    }
}

impl From<Word> for Value {
    fn from(word: Word) -> Self {
        Self::Words(word)
    }
}

/// A share of 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Of what.
    pub label: String,
    /// 0 to 100; `None` when not known, which is not drawn as 0.
    pub percent: Option<f64>,
    /// What stands beside it.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_stands_behind_the_first_words_and_leaves_each_part_its_blocks() {
        let lead = |tenant: &str| Block::Lead(vec![Word::plain(tenant)]);
        let note = |tenant: &str| Block::Note(tenant.to_owned());
        let all = |tenant: &str| Next { label: String::new(), skill: SkillId::ScoreChanges, tenant: tenant.to_owned(), args: Vec::new() };
        let part = |about: &str, blocks| CardPart { about: about.to_owned(), blocks, all: all(about), more: Vec::new() };
        let mut card = Card::new("News", vec![lead("a"), note("a"), lead("b"), note("b")], "");
        card.parts = vec![part("a", 0..2), part("b", 2..4)];
        let noted = card.noted("Meant for soc.");
        assert_eq!(noted.blocks, [lead("a"), note("Meant for soc."), note("a"), lead("b"), note("b")]);
        assert_eq!(noted.parts.iter().map(|part| part.blocks.clone()).collect::<Vec<_>>(), [0..3, 3..5]);
        assert_eq!(noted.marked(Word::plain("old")).blocks[0], Block::Lead(vec![Word::plain("a"), Word::plain("old")]));
    }
}
