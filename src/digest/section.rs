//! What does a digest say about one tenant? The blocks of its skills' own cards, as far as they are news.

use std::borrow::Cow;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::news::{News, moved, since_words};
use crate::{
    card::{Block, Card, Column, Fact, Next, TableRow, Tone, Word},
    error::Result,
    score::same_points,
    skills::{Entry, Facts, TenantFacts},
    text::count,
};

/// How many rows a table has: about the only tenant, and about one of several.
const ROWS: [usize; 2] = [5, 3];
/// How many next actions there are for the only tenant.
const ACTIONS: usize = 3;
/// As many rows as a skill gives; what is news is chosen among them.
const ROWS_OF_SKILL: usize = 25;
/// How many new controls are named that the table has no row for.
const NAMED_MAX: usize = 5;

type Heads<const N: usize> = [(&'static str, &'static str); N];
/// The columns of a skill's table that a digest has, each with its head here.
const CHANGE: Heads<5> = [("control", "control"), ("change", CHANGED), ("move", MOVE), ("from, to", "points"), ("why", "why")];
const RISK: Heads<6> =
    [("control", "control"), ("who", "who"), ("owner", "owner"), ("until", "until"), ("given up", "given up"), ("words", "why")];
const ACTION: Heads<3> = [("control", "control"), ("left", "points left"), ("effort", "effort")];
/// The columns of what happened to a control, and of how many points that made.
const CHANGED: &str = "change";
const MOVE: &str = "move";

/// How to tell.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Whether the readers see names of people.
    pub names: bool,
    /// Whether the digest is about one tenant alone.
    pub alone: bool,
    /// The day on which it is read.
    pub today: Date,
}

/// One tenant in a digest.
#[derive(Debug, Clone)]
pub struct Section {
    /// What is new about it.
    pub news: News,
    /// What is told about it, without its name.
    pub blocks: Vec<Block>,
    /// Where it stands, in a few words.
    pub standing: Vec<Word>,
    /// The card of its score: what it rests on, and where it leads.
    pub score: Card,
}

impl Section {
    /// What is told about the tenant of `facts` since `covered`; `None` while it has no score.
    pub fn of(facts: TenantFacts, covered: Option<Date>, skills: &[&'static str], way: Way) -> Result<Option<Self>> {
        let Some(news) = News::of(&facts, covered, skills) else { return Ok(None) };
        let teller = Teller { facts: Facts { tenants: vec![facts], all: false, names: way.names, links: false }, news, covered, way };
        let score = teller.ask("secure_score", &json!({}))?;
        let standing = standing(&score);
        let mut blocks = Vec::new();
        if teller.news.is_any() {
            for skill in skills {
                blocks.extend(teller.blocks(skill, &score)?);
            }
        }
        Ok(Some(Self { news: teller.news, blocks, standing, score }))
    }

    /// The sentence over the blocks: the tenant where there are several, where it stands, how it moved.
    pub fn lead(&self, alone: bool, today: Date) -> Block {
        let mut lead = if alone { Vec::new() } else { vec![Word::toned(self.news.tenant.clone(), Tone::Strong)] };
        lead.extend(self.standing.iter().take(if alone { 2 } else { 1 }).cloned());
        if self.news.since.is_none() {
            lead.push(Word::plain("the first score"));
        } else if let Some(since) = self.news.since.filter(|_| self.news.is_any()) {
            let text = if self.news.is_move() { moved(self.news.moved) } else { "no move".to_owned() };
            lead.push(Word::toned(format!("{text} {}", since_words(since, today)), Tone::of_move(self.news.moved)));
        }
        Block::Lead(lead)
    }
}

/// The percentage and the points.
fn standing(score: &Card) -> Vec<Word> {
    match score.blocks.first() {
        Some(Block::Lead(words)) => words.iter().take(2).cloned().collect(),
        _ => Vec::new(),
    }
}

/// Who tells it.
struct Teller {
    facts: Facts,
    news: News,
    covered: Option<Date>,
    way: Way,
}

impl Teller {
    fn ask(&self, skill: &str, args: &Value) -> Result<Card> {
        let entry = Entry::named(skill)?;
        let args = args.as_object().cloned().unwrap_or_default();
        entry.prepare(&args, self.facts.all, self.facts.names)?;
        Ok(entry.answer(&self.facts, &args)?.card)
    }

    fn rows(&self) -> usize {
        ROWS[usize::from(!self.way.alone)]
    }

    fn blocks(&self, skill: &str, score: &Card) -> Result<Vec<Block>> {
        match skill {
            "secure_score" => Ok(score.blocks.iter().filter(|block| self.way.alone && matches!(block, Block::Trend(_))).cloned().collect()),
            "score_changes" => self.changes(),
            "accepted_risks" => self.risks(),
            _ => self.actions(),
        }
    }

    fn changes(&self) -> Result<Vec<Block>> {
        let still = self.news.changed == 0 && same_points(self.news.moved, 0.0) && same_points(self.news.maximum, 0.0);
        let Some(since) = self.covered.or(self.news.since).filter(|_| !still && self.news.since.is_some()) else { return Ok(Vec::new()) };
        let card = self.ask("score_changes", &json!({ "since": since.to_string(), "limit": self.rows() }))?;
        // The section's own sentence says how the points moved.
        let told: Vec<Block> = card.blocks.into_iter().filter(|block| !matches!(block, Block::Lead(_))).collect();
        let shown = |name: &str| told.iter().any(|block| rows_of(block).any(|row| control(row) == Some(name)));
        let unseen: Vec<&str> = self.news.new.iter().filter(|(name, _)| !shown(name)).map(|(_, title)| title.as_str()).collect();
        let also = (!unseen.is_empty()).then(|| Block::Note(format!("Also new: {}.", listed(&unseen))));
        Ok(told.into_iter().map(|block| only(block, &CHANGE)).chain(also).collect())
    }

    fn risks(&self) -> Result<Vec<Block>> {
        let News { accepted, expired, overdue, .. } = &self.news;
        let mut blocks = Vec::new();
        if !accepted.is_empty() {
            let lead = format!("{} newly accepted", count(accepted.len(), "risk"));
            let args = json!({ "limit": ROWS_OF_SKILL, "since": self.covered.or(self.news.since).map(|since| since.to_string()) });
            blocks.extend(self.chosen(&args, accepted, lead)?);
        }
        if !expired.is_empty() {
            let lead = format!("{} ran out", count(expired.len(), "acceptance"));
            blocks.extend(self.chosen(&json!({ "limit": ROWS_OF_SKILL, "state": "expired" }), expired, lead)?);
        }
        if *overdue > expired.len() {
            let are = if *overdue == 1 { "is" } else { "are" };
            blocks.push(Block::Note(format!("In all, {} {are} past the day that was set.", count(*overdue, "acceptance"))));
        }
        Ok(blocks)
    }

    /// The rows of accepted risks that are about one of `controls`, under `lead`.
    fn chosen(&self, args: &Value, controls: &[String], lead: String) -> Result<Vec<Block>> {
        let card = self.ask("accepted_risks", args)?;
        let mut blocks = vec![Block::Lead(vec![Word::toned(lead, Tone::Warn)])];
        let mut shown = 0;
        for block in card.blocks {
            if let Block::Table { columns, rows } = block {
                let chosen = rows.into_iter().filter(|row| control(row).is_some_and(|name| controls.iter().any(|control| control == name)));
                let rows: Vec<TableRow> = chosen.take(self.rows()).collect();
                shown += rows.len();
                blocks.push(only(Block::Table { columns, rows }, &RISK));
            }
        }
        if shown < controls.len() {
            blocks.push(Block::Note(format!(
                "{} of these {} not listed.",
                controls.len() - shown,
                if controls.len() - shown == 1 { "is" } else { "are" }
            )));
        }
        Ok(blocks)
    }

    fn actions(&self) -> Result<Vec<Block>> {
        let limit = if self.way.alone { ACTIONS } else { 1 };
        let card = self.ask("weakest_controls", &json!({ "order": "quick_wins", "limit": limit }))?;
        let table = card.blocks.into_iter().find(|block| rows_of(block).next().is_some());
        let Some(table) = table.map(|table| only(table, &ACTION)) else { return Ok(Vec::new()) };
        if self.way.alone {
            return Ok(vec![Block::Lead(vec![Word::toned("Next best actions", Tone::Strong)]), table]);
        }
        let line = rows_of(&table).next().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>());
        let Some([title, left, effort]) = line.as_deref() else { return Ok(Vec::new()) };
        let value = Word::plain(format!("{title}: {left} points left, {effort}"));
        Ok(vec![Block::Facts(vec![Fact { label: "next best action".to_owned(), value }])])
    }
}

/// The rows of a table; none of any other block.
fn rows_of(block: &Block) -> impl Iterator<Item = &TableRow> {
    match block {
        Block::Table { rows, .. } => rows.iter(),
        Block::Lead(_) | Block::Facts(_) | Block::Bars(_) | Block::Trend(_) | Block::Text { .. } | Block::Note(_) => [].iter(),
    }
}

/// The control that a row leads to.
fn control(row: &TableRow) -> Option<&str> {
    let Next { args, .. } = row.next.as_ref()?;
    args.iter().find(|(name, _)| name == &Cow::Borrowed("name")).map(|(_, value)| value.as_str())
}

/// A table with these of its columns, in this order and under these heads; any other block as it is.
fn only(block: Block, heads: &[(&str, &'static str)]) -> Block {
    let Block::Table { columns, rows } = block else { return block };
    let place = |(head, new): &(&str, &'static str)| Some((columns.iter().position(|column| column.head == *head)?, *new));
    let places: Vec<(usize, &str)> = heads.iter().filter_map(place).collect();
    let named = |(at, head): &(usize, &str)| Some(Column { head: (*head).to_owned(), ..columns.get(*at)?.clone() });
    let cell = |row: &TableRow, at: usize, head: &str| {
        let cell = row.cells.get(at)?.clone();
        let text = match (head, cell.text.as_str()) {
            // The move says it.
            (CHANGED, "up" | "down") | (MOVE, "no move") => String::new(),
            // As in the sentence above the table.
            (MOVE, moved) => moved.replace('-', "\u{2212}"),
            (_, text) => text.to_owned(),
        };
        Some(Word { text, tone: cell.tone })
    };
    let rows =
        rows.into_iter().map(|row| TableRow { cells: places.iter().filter_map(|(at, head)| cell(&row, *at, head)).collect(), ..row });
    Block::Table { rows: rows.collect(), columns: places.iter().filter_map(named).collect() }
}

/// The first of `names`, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let some = names.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{some} and {more} more") } else { some }
}
