//! How do the sections of a digest become one card? The news first, what moved most above the rest, short enough for a phone.

use std::borrow::Cow;

use jiff::civil::Date;

use super::{
    Section,
    news::{self, News, headline, moved},
    section::listed,
};
use crate::{
    card::{Block, Card, Column, Fact, Next, TableRow, Tone, Word},
    text::{count, sentence_case},
};

/// How many of several tenants are told in full.
const FULL_MAX: usize = 10;
/// How many rows the table of the others has.
const ROWS_MAX: usize = 50;
/// How many days old a newest score may be without a word about it: Microsoft publishes each a day late.
const FRESH_DAYS: i32 = 1;
/// The word for all tenants in questions.
const ALL: &str = "all";

/// What a digest tells.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The tenants that have a score.
    pub sections: Vec<Section>,
    /// The tenants that have none yet.
    pub left_out: Vec<String>,
    /// The tenants that nobody can tell about just now.
    pub failing: Vec<String>,
}

/// The card of a digest that tells of `told` with these skills, for whoever reads it on `today`; `utc_today` is the day by which scores are dated.
pub fn card(told: Told, skills: &[&'static str], today: Date, utc_today: Date) -> Card {
    let Told { mut sections, left_out, failing } = told;
    sections.sort_by(|a, b| news::order(&a.news, &b.news));
    let alone = sections.len() + left_out.len() + failing.len() == 1;
    let all: Vec<News> = sections.iter().map(|section| section.news.clone()).collect();
    let mut blocks = Vec::new();
    let (full, rest): (Vec<_>, Vec<_>) =
        sections.iter().filter(|section| alone || section.news.is_any()).enumerate().partition(|(at, _)| *at < FULL_MAX);
    for (at, section) in full {
        blocks.push(section.lead(alone, today));
        // One picture, of what the title tells.
        blocks.extend(section.trend.iter().filter(|_| at == 0 && !alone).cloned());
        blocks.extend(section.blocks.iter().cloned());
    }
    let more = rest.len().saturating_sub(ROWS_MAX);
    if !rest.is_empty() {
        blocks.push(table(rest.into_iter().map(|(_, section)| section)));
    }
    if more > 0 {
        blocks.push(Block::Note(format!("Not listed: {} with less news.", count(more, "tenant"))));
    }
    blocks.extend(quiet(&sections, alone));
    blocks.extend(care(&all, &left_out, &failing, utc_today));
    let title = if sections.is_empty() { format!("No score yet: {}", listed(&names(&capitals(&left_out)))) } else { headline(&all, today) };
    let first = sections.first().map(|section| &section.score);
    Card {
        link: first.and_then(|score| score.link.clone()),
        read_at: sections.iter().filter_map(|section| section.score.read_at).min(),
        next: next(&all, alone, skills),
        ..Card::new(title, blocks, foot(&sections))
    }
}

/// The tenants of several that have no news: where they stand if none has any, else only which they are.
fn quiet(sections: &[Section], alone: bool) -> Option<Block> {
    let quiet: Vec<&Section> = sections.iter().filter(|section| !alone && !section.news.is_any()).collect();
    if quiet.is_empty() {
        return None;
    }
    if quiet.len() < sections.len() {
        let names: Vec<&str> = quiet.iter().map(|section| section.news.tenant.as_str()).collect();
        return Some(Block::Note(format!("Nothing new: {}.", listed(&names))));
    }
    let fact = |section: &&Section| Some(Fact { label: section.news.tenant.clone(), value: section.standing.first()?.clone() });
    Some(Block::Facts(quiet.iter().take(FULL_MAX).filter_map(fact).collect()))
}

fn capitals(all: &[String]) -> Vec<String> {
    all.iter().map(|name| sentence_case(name)).collect()
}

fn names(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// Tenants with news for which there is no room, a row each.
fn table<'s>(rest: impl Iterator<Item = &'s Section>) -> Block {
    let columns = vec![Column::words("tenant"), Column::words("score"), Column::words("move"), Column::words("news")];
    let rows = rest.take(ROWS_MAX).map(|section| {
        let news = &section.news;
        let cells = vec![
            Word::toned(news.tenant.clone(), Tone::Strong),
            section.standing.first().cloned().unwrap_or_else(|| Word::plain("")),
            Word::toned(if news.is_move() { moved(news.moved) } else { "no move".to_owned() }, Tone::of_move(news.moved)),
            Word::plain(news.reasons().join(", ")),
        ];
        let since = news.since.map(|since| (Cow::Borrowed("since"), since.to_string()));
        let next = question(&news.tenant, &news.tenant, "score_changes", since);
        TableRow { cells, link: section.score.link.clone(), next: Some(next) }
    });
    Block::Table { columns, rows: rows.collect() }
}

/// What is missing, or older than it should be.
fn care(all: &[News], left_out: &[String], failing: &[String], utc_today: Date) -> Vec<Block> {
    let age = |day: Date| day.until(utc_today).map_or(0, |span| span.get_days());
    let old: Vec<String> =
        all.iter().filter(|news| age(news.day) > FRESH_DAYS).map(|news| format!("{} of {}", news.tenant, news.day)).collect();
    let mut blocks = Vec::new();
    if !old.is_empty() {
        blocks.push(Block::Note(format!("Older than a day is the newest score of {}.", listed(&names(&old)))));
    }
    if !left_out.is_empty() {
        let is = if left_out.len() == 1 { "is" } else { "are" };
        blocks.push(Block::Note(format!("{} {is} left out: no score yet.", listed(&names(left_out)))));
    }
    if !failing.is_empty() {
        let is = if failing.len() == 1 { "is" } else { "are" };
        blocks.push(Block::Note(format!("{} {is} left out, and told the next time: the data cannot be read.", listed(&names(failing)))));
    }
    blocks
}

/// What the card rests on.
fn foot(sections: &[Section]) -> String {
    match sections {
        [] => String::new(),
        [only] => only.score.foot.clone(),
        several => {
            let days = || several.iter().map(|section| section.news.day);
            let days = match (days().min(), days().max()) {
                (Some(first), Some(last)) if first != last => format!("days {first} to {last}"),
                (_, last) => last.map_or_else(String::new, |last| format!("day {last}")),
            };
            format!("{}, {days}", count(several.len(), "tenant"))
        }
    }
}

/// What people ask next.
fn next(all: &[News], alone: bool, skills: &[&'static str]) -> Vec<Next> {
    let Some(first) = all.first() else { return Vec::new() };
    let tenant = if alone { first.tenant.as_str() } else { ALL };
    let since = first.since.map(|since| (Cow::Borrowed("since"), since.to_string())).filter(|_| first.is_any());
    let quick = alone.then(|| (Cow::Borrowed("order"), "quick_wins".to_owned()));
    let changes = question("What changed", tenant, "score_changes", since);
    let risks = question("Accepted risks", tenant, "accepted_risks", None);
    let last = if alone {
        question("Quick wins", tenant, "weakest_controls", quick)
    } else {
        question("Where we stand", tenant, "secure_score", None)
    };
    [changes, risks, last].into_iter().filter(|next| !alone || skills.iter().any(|skill| *skill == next.skill)).collect()
}

fn question(label: &str, tenant: &str, skill: &'static str, arg: Option<(Cow<'static, str>, String)>) -> Next {
    Next { label: label.to_owned(), skill: skill.into(), tenant: tenant.to_owned(), args: arg.into_iter().collect() }
}
