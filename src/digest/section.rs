//! What does a digest say about one tenant? The blocks of its skills' own cards, as far as they are news.

use std::borrow::Cow;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    Every, Fault,
    before::Before,
    news::{News, since_words},
    stale::is_stale,
};
use crate::{
    card::{Block, Card, Column, Next, TableRow, Tone, Word},
    error::Result,
    score::{History, Imprint, Snapshot, age, same_points},
    skills::{Entry, Facts, Reader, TenantFacts, tell::moved},
    text::{count, first_of, in_quotes},
};

/// How many rows a table has: about the only tenant, and about one of several.
const ROWS: [usize; 2] = [5, 3];
/// How many next actions there are, likewise.
const ACTIONS: [usize; 2] = [3, 2];
/// As many rows as a skill gives; what is news is chosen among them.
const ROWS_OF_SKILL: usize = 25;
/// How many new controls are named that the table has no row for.
const NAMED_MAX: usize = 5;
/// How many acceptances a note names, and how much of the title of each it says, in characters.
const OVERDUE: (usize, usize) = (3, 60);

type Heads<const N: usize> = [(&'static str, &'static str); N];
/// The columns of a skill's table that a digest has, each with its head here.
const CHANGE: Heads<5> = [("control", "control"), ("change", CHANGED), ("move", MOVE), (SPAN, SPAN), ("why", "why")];
const RISK: Heads<6> =
    [("control", "control"), ("who", "who"), ("owner", "owner"), ("until", "until"), ("given up", "given up"), ("words", "why")];
const ACTION: Heads<3> = [("control", "control"), ("left", "points left"), ("effort", "effort")];
/// The columns of what happened to a control, and of how many points that made.
const CHANGED: &str = "change";
const MOVE: &str = "move";
/// That of where a control stood and stands, which a digest says beside the move.
const SPAN: &str = "from, to";

/// How to tell.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Whether the readers see names of people.
    pub names: bool,
    /// Whether the digest is about one tenant alone.
    pub alone: bool,
    /// The day on which it is read, where its readers are.
    pub today: Date,
    /// The same by UTC, by which scores are dated and decisions end.
    pub utc_today: Date,
    /// How often it is sent, which is how far back the first one looks.
    pub every: Every,
}

/// One tenant in a digest.
#[derive(Debug, Clone)]
pub struct Section {
    /// What is new about it.
    pub news: News,
    /// What is told about it, without its name.
    pub blocks: Vec<Block>,
    /// How its score went, if that is told.
    pub trend: Option<Block>,
    /// Where it stands, in a few words.
    pub standing: Vec<Word>,
    /// The card of its score: what it rests on, and where it leads.
    pub score: Card,
    /// What was told of it before this; the first time what it is compared with.
    pub begun: Option<Imprint>,
    /// What is told of it by this.
    pub imprint: Imprint,
    /// How many days old its newest day is.
    pub age: usize,
}

impl Section {
    /// What is told about the tenant of `facts` since `told`, what was told of it last; `None` while it has no score.
    pub fn of(facts: TenantFacts, told: Option<&Imprint>, skills: &[&'static str], way: Way) -> Result<Option<Self>> {
        let Some(newest) = facts.history.newest().cloned() else { return Ok(None) };
        let mut imprint = Imprint::of(&newest, &facts.catalogue, &facts.annotations, way.utc_today);
        let before = Before::of(&facts, told, &imprint, way);
        let news = News::of(&facts, &newest, told, before.as_ref(), skills, way);
        let mut begun =
            told.cloned().or_else(|| Some(imprint.without(&before.as_ref()?.snapshot, &facts.catalogue, [&news.accepted, &news.expired])));
        let mut teller = Teller {
            facts: Facts {
                tenants: vec![facts],
                all: false,
                names: way.names,
                links: false,
                today: way.utc_today,
                reader: Reader::Audience,
            },
            news,
            way,
        };
        let score = teller.ask("secure_score", &json!({}))?;
        let trend = score.blocks.iter().find(|block| skills.contains(&"secure_score") && matches!(block, Block::Trend(_))).cloned();
        let actions = if skills.contains(&"weakest_controls") { Some(teller.actions()?) } else { None };
        if let Some(actions) = &actions {
            imprint.next = rows_of(actions).filter_map(control).map(ToOwned::to_owned).collect();
            teller.news.action = teller.new_action(&imprint.next, told, skills == ["weakest_controls"]);
            // The first time no action is news, also when that is told once more because it never arrived.
            if let (None, Some(begun)) = (told, &mut begun) {
                begun.next.clone_from(&imprint.next);
            }
        }
        let mut blocks = Vec::new();
        if teller.news.is_any() {
            let changes = teller.changes(before)?;
            let risks = teller.risks(newest)?;
            let actions = actions.map(shown_actions).unwrap_or_default();
            let trend: Vec<Block> = trend.iter().filter(|_| way.alone).cloned().collect();
            let mut told = [("secure_score", trend), ("score_changes", changes), ("accepted_risks", risks), ("weakest_controls", actions)];
            for skill in skills {
                blocks.extend(told.iter_mut().filter(|(name, _)| name == skill).flat_map(|(_, blocks)| blocks.drain(..)));
            }
        }
        let (standing, imprint) = (standing(&score), imprint.after(told));
        Ok(Some(Self { news: teller.news, blocks, trend, standing, score, begun, imprint, age: 0 }))
    }

    /// It as of `utc_today`, by which scores are dated: its newest day may be older than it should be, by a `fault` that is known or not.
    #[must_use]
    pub fn aged(mut self, utc_today: Date, fault: Option<&Fault>) -> Self {
        self.news.stale = is_stale(self.news.day, utc_today);
        self.age = usize::try_from(age(self.news.day, utc_today)).unwrap_or(0);
        self.news.fault = fault.filter(|_| self.news.stale).cloned();
        self.imprint.stale = self.news.stale;
        self
    }

    /// Whether it says what nobody was told: news, or that there is none to be had.
    pub fn is_new(&self) -> bool {
        let known = self.begun.as_ref().is_some_and(|begun| begun.stale && begun.day >= self.news.day);
        self.news.is_any() || (self.news.stale && !known)
    }

    /// The sentence over the blocks: the tenant where there are several, where it stands, how it moved.
    pub fn lead(&self, alone: bool, today: Date) -> Block {
        let mut lead = if alone { Vec::new() } else { vec![Word::toned(self.news.tenant.clone(), Tone::Strong)] };
        lead.extend(self.standing.iter().cloned());
        lead.extend(self.news.stale.then(|| Word::toned(format!("as of {}, {} old", self.news.day, count(self.age, "day")), Tone::Warn)));
        if self.news.since.is_none() {
            lead.push(Word::plain("the first score"));
        } else if let Some(since) = self.news.since.filter(|_| self.news.is_any() && self.news.compared) {
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
    way: Way,
}

impl Teller {
    fn ask(&self, skill: &str, args: &Value) -> Result<Card> {
        let entry = Entry::named(skill)?;
        let args = args.as_object().cloned().unwrap_or_default();
        entry.prepare(&args, self.facts.all, self.facts.names)?;
        Ok(entry.answer(&self.facts, &args)?.card())
    }

    fn rows(&self) -> usize {
        ROWS[usize::from(!self.way.alone)]
    }

    /// Knows only `history` of the tenant from now on.
    fn see(&mut self, history: impl FnOnce(History) -> History) {
        if let Some(tenant) = self.facts.tenants.first_mut() {
            tenant.history = history(std::mem::take(&mut tenant.history));
        }
    }

    fn changes(&mut self, before: Option<Before>) -> Result<Vec<Block>> {
        let still = self.news.changed == 0 && same_points(self.news.moved, 0.0) && same_points(self.news.maximum, 0.0);
        let Some(before) = before.filter(|_| !still) else { return Ok(Vec::new()) };
        let (since, dated) = (before.day, before.snapshot.day);
        self.see(|history| history.with(before.snapshot));
        let card = self.ask("score_changes", &json!({ "since": dated.to_string(), "limit": self.rows() }))?;
        // The section's own sentence says how the points moved.
        let told = card.blocks.into_iter().filter(|block| !matches!(block, Block::Lead(_)));
        let told = told.map(|block| if since == dated { block } else { than_told(block, dated) });
        let told: Vec<Block> = told.collect();
        let shown = |name: &str| told.iter().any(|block| rows_of(block).any(|row| control(row) == Some(name)));
        let unseen: Vec<&str> = self.news.new.iter().filter(|(name, _)| !shown(name)).map(|(_, title)| title.as_str()).collect();
        let also = (!unseen.is_empty()).then(|| Block::Note(format!("Also new: {}.", listed(&unseen))));
        Ok(told.into_iter().map(|block| with_span(only(block, &CHANGE))).chain(also).collect())
    }

    fn risks(&mut self, newest: Snapshot) -> Result<Vec<Block>> {
        self.see(|_| History::new(vec![newest]));
        let News { accepted, accepted_from, expired, overdue, .. } = &self.news;
        let mut blocks = Vec::new();
        if !accepted.is_empty() {
            let lead = format!("{} newly accepted", count(accepted.len(), "risk"));
            let args = match accepted_from {
                Some(since) => json!({ "limit": ROWS_OF_SKILL, "since": since.to_string() }),
                None => json!({ "limit": ROWS_OF_SKILL }),
            };
            blocks.extend(self.chosen(&args, accepted, lead)?);
        }
        if !expired.is_empty() {
            let lead = format!("{} ran out", count(expired.len(), "acceptance"));
            blocks.extend(self.chosen(&json!({ "limit": ROWS_OF_SKILL, "state": "expired" }), expired, lead)?);
        }
        let longer = overdue.iter().filter(|(name, _)| !expired.contains(name) && !accepted.contains(name));
        let longer: Vec<String> = longer.map(|(_, title)| in_quotes(title, OVERDUE.1)).collect();
        if !longer.is_empty() {
            let their = if longer.len() == 1 { "its" } else { "their" };
            blocks.push(Block::Note(format!("Past {their} day for longer: {}.", first_of(&longer, OVERDUE.0))));
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

    /// What to do first; without rows when there is nothing left to do.
    fn actions(&self) -> Result<Block> {
        let limit = ACTIONS[usize::from(!self.way.alone)];
        let card = self.ask("weakest_controls", &json!({ "order": "quick_wins", "limit": limit }))?;
        let table = card.blocks.into_iter().find(|block| rows_of(block).next().is_some());
        Ok(table.map_or_else(|| Block::Table { columns: Vec::new(), rows: Vec::new() }, |table| only(table, &ACTION)))
    }

    /// The title of the first of `actions` that was not told before; of any, when the digest tells nothing else.
    fn new_action(&self, actions: &[String], told: Option<&Imprint>, alone: bool) -> Option<String> {
        let new = |name: &&String| told.is_some_and(|told| !told.next.contains(name));
        let name = actions.iter().find(new).or_else(|| actions.first().filter(|_| alone))?;
        let profile = self.facts.tenants.first()?.catalogue.get(name);
        Some(profile.map_or_else(|| name.clone(), crate::score::Profile::marked_title))
    }
}

fn shown_actions(table: Block) -> Vec<Block> {
    let head = match rows_of(&table).count() {
        0 => return Vec::new(),
        1 => "Next best action",
        _ => "Next best actions",
    };
    vec![Block::Lead(vec![Word::toned(head, Tone::Strong)]), table]
}

/// A table whose moves say from where to where in the same cell: `−8 points, 8 to 0 of 8`.
fn with_span(block: Block) -> Block {
    let Block::Table { mut columns, mut rows } = block else { return block };
    let place = |head: &str| columns.iter().position(|column| column.head == head);
    if let (Some(moved), Some(span)) = (place(MOVE), place(SPAN)) {
        columns.remove(span);
        for row in rows.iter_mut().filter(|row| row.cells.len() > span) {
            let span = row.cells.remove(span).text;
            if let Some(cell) = row.cells.get_mut(moved) {
                cell.text = [&cell.text, &span].into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ");
            }
        }
    }
    Block::Table { columns, rows }
}

/// A note that compares with what was told, in whose place stands the day `dated`.
fn than_told(block: Block, dated: Date) -> Block {
    let Block::Note(note) = block else { return block };
    Block::Note(note.replace(&format!("than on {dated}"), "than was told"))
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
            (_, text) => text.to_owned(),
        };
        Some(Word { text, ..cell })
    };
    let rows =
        rows.into_iter().map(|row| TableRow { cells: places.iter().filter_map(|(at, head)| cell(&row, *at, head)).collect(), ..row });
    Block::table(places.iter().filter_map(named).collect(), rows.collect())
}

/// The first of `names`, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    first_of(names, NAMED_MAX)
}
