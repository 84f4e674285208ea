//! How do the sections of a digest become one card? The news first, what moved most above the rest, short enough for a phone.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::civil::Date;

use super::{
    Fault, Section,
    news::{self, News, headline},
    section::listed,
    stale::Missing,
};
use crate::{
    card::{Block, Card, Column, Next, TableRow, Tone, Word},
    skills::tell::moved,
    text::count,
};

/// How many of several tenants are told in full.
const FULL_MAX: usize = 10;
/// How many rows the table of the others has, or of all where none has news.
const ROWS_MAX: usize = 50;
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
    /// Why tenants could not be read the last time, where they could not.
    pub faults: BTreeMap<String, Fault>,
}

impl Told {
    /// Whether it says what nobody was told: news, or that there is none to be had. That a tenant which never had a score cannot be read is
    /// told each time: nothing is kept of it by which it could be known.
    pub fn is_new(&self) -> bool {
        self.sections.iter().any(Section::is_new) || self.left_out.iter().any(|tenant| self.faults.contains_key(tenant))
    }
}

/// The card of the digest called `name` that tells of `told` with these skills, for whoever reads it on `today`.
pub fn card(name: &str, told: Told, skills: &[&'static str], today: Date) -> Card {
    let Told { mut sections, left_out, failing, faults } = told;
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
    let missing = Missing { all: &all, left_out: &left_out, failing: &failing, faults: &faults };
    blocks.extend(missing.notes(today));
    let title = if sections.is_empty() { missing.title() } else { format!("{}{}", headline(&all, today), missing.aside()) };
    let first = sections.first().map(|section| &section.score);
    Card {
        // One of several tenants has no say about where all of it leads: their rows do, each to its own.
        link: first.filter(|_| alone).and_then(|score| score.link.clone()),
        read_at: sections.iter().filter_map(|section| section.score.read_at).min(),
        next: next(&all, alone, skills),
        // The picture is of the tenant that the title tells first.
        caption: first.map(|score| score.title.clone()),
        ..Card::new(title, blocks, foot(name, &sections))
    }
}

/// The tenants of several that have no news: where they stand if none has any, else only which they are.
fn quiet(sections: &[Section], alone: bool) -> Option<Block> {
    let quiet: Vec<&Section> = sections.iter().filter(|section| !alone && !section.news.is_any()).collect();
    if quiet.is_empty() {
        return None;
    }
    if quiet.len() < sections.len() {
        // Of one that is not known any more nobody can say that.
        let names: Vec<&str> = quiet.iter().filter(|section| !section.news.stale).map(|section| section.news.tenant.as_str()).collect();
        return (!names.is_empty()).then(|| Block::Note(format!("Nothing new: {}.", listed(&names))));
    }
    let columns = vec![Column::words("tenant"), Column::number("score"), Column::words("points"), Column::words("day")];
    let row = |section: &&Section| {
        let News { tenant, stale, day, .. } = &section.news;
        let standing = |at: usize| section.standing.get(at).cloned().unwrap_or_else(|| Word::plain(""));
        let day = if *stale { Word::toned(format!("as of {day}"), Tone::Warn) } else { Word::plain("") };
        let cells = vec![Word::toned(tenant.clone(), Tone::Strong), standing(0), standing(1), day];
        TableRow { cells, link: section.score.link.clone(), next: Some(question(tenant, tenant, "secure_score", None)) }
    };
    Some(Block::table(columns, quiet.iter().take(ROWS_MAX).map(row).collect()))
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

/// What the card rests on.
fn foot(name: &str, sections: &[Section]) -> String {
    match sections {
        [] => format!("digest {name}"),
        [only] => format!("digest {name} · {}", only.score.foot),
        several => {
            let days = || several.iter().map(|section| section.news.day);
            let days = match (days().min(), days().max()) {
                (Some(first), Some(last)) if first != last => format!("days {first} to {last}"),
                (_, last) => last.map_or_else(String::new, |last| format!("day {last}")),
            };
            format!("digest {name} · {}, {days}", count(several.len(), "tenant"))
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
