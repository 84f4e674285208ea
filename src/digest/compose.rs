//! How do the sections of a digest become one card? The news first, what moved most above the rest, short enough for a phone.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::civil::Date;

use super::{
    DigestSection, FetchFailure,
    news::{self, News, headline},
    section::listed,
    stale::Missing,
};
use crate::{
    card::{Block, Card, CardPart, Cell, Column, Next, TableRow},
    skill_id::SkillId,
    skills::secure_score,
    text::count,
};

/// How many of several tenants are reported in full.
const FULL_MAX: usize = 10;
/// How many rows the table of the others has, or of all where none has news.
const ROWS_MAX: usize = 50;
/// The word for all tenants in questions.
const ALL: &str = "all";

/// What a digest says.
#[derive(Debug, Clone, Default)]
pub struct DigestContents {
    /// The tenants that have a score.
    pub sections: Vec<DigestSection>,
    /// The tenants that have none yet.
    pub left_out: Vec<String>,
    /// The tenants that cannot be reported on just now.
    pub failing: Vec<String>,
    /// Why tenants could not be read the last time, where they could not.
    pub faults: BTreeMap<String, FetchFailure>,
}

impl DigestContents {
    /// Whether it says what was not reported yet: news, or that there is none to be had. That a tenant which never had a score cannot be read is
    /// reported each time: nothing is kept of it by which it could be known.
    pub fn is_new(&self) -> bool {
        self.sections.iter().any(DigestSection::is_new) || self.left_out.iter().any(|tenant| self.faults.contains_key(tenant))
    }
}

/// The card of the digest called `name` that covers `contents` with these skills, for whoever reads it on `today`.
pub fn card(name: &str, contents: DigestContents, skills: &[SkillId], today: Date) -> Card {
    let DigestContents { mut sections, left_out, failing, faults } = contents;
    sections.sort_by(|a, b| news::order(&a.news, &b.news));
    let alone = sections.len() + left_out.len() + failing.len() == 1;
    let all: Vec<News> = sections.iter().map(|section| section.news.clone()).collect();
    let (mut blocks, mut parts) = (Vec::new(), Vec::new());
    let (full, rest): (Vec<_>, Vec<_>) =
        sections.iter().filter(|section| alone || section.news.is_any()).enumerate().partition(|(at, _)| *at < FULL_MAX);
    for (at, section) in full {
        let begin = blocks.len();
        blocks.push(section.lead(alone, today));
        // One picture, of what the title says.
        blocks.extend(section.trend.iter().filter(|_| at == 0 && !alone).cloned());
        blocks.extend(section.blocks.iter().cloned());
        if !alone {
            let about = section.news.tenant.clone();
            let all = question("What changed", &about, SkillId::ScoreChanges, since(&section.news));
            parts.push(CardPart { about, blocks: begin..blocks.len(), all });
        }
    }
    let rest: Vec<&DigestSection> = rest.into_iter().map(|(_, section)| section).collect();
    if !rest.is_empty() {
        blocks.push(table(&rest));
        blocks.extend(not_listed("with less news", &rest));
    }
    blocks.extend(quiet(&sections, alone));
    let missing = Missing { all: &all, left_out: &left_out, failing: &failing, faults: &faults };
    blocks.extend(missing.notes(today));
    let title = if sections.is_empty() { missing.title() } else { format!("{}{}", headline(&all, today), missing.aside()) };
    let first = sections.first().map(|section| &section.score);
    Card {
        // One of several tenants has no say about where all of it leads: their rows do, each to its own.
        link: first.filter(|_| alone).and_then(|score| score.frame.follow_ups.link.clone()),
        read_at: sections.iter().filter_map(|section| section.score.frame.follow_ups.read_at).min(),
        next: next(&all, alone, skills),
        // The picture is of the tenant that the title names first.
        caption: sections.first().map(|section| secure_score::title(&section.news.tenant)),
        parts,
        ..Card::new(title, blocks, foot(name, &sections))
    }
}

/// The tenants of several that have no news: where they stand if none has any, else only which they are.
fn quiet(sections: &[DigestSection], alone: bool) -> Vec<Block> {
    let quiet: Vec<&DigestSection> = sections.iter().filter(|section| !alone && !section.news.is_any()).collect();
    if quiet.is_empty() {
        return Vec::new();
    }
    if quiet.len() < sections.len() {
        // Of one that is not known any more nobody can say that.
        let names: Vec<&str> = quiet.iter().filter(|section| !section.news.stale).map(|section| section.news.tenant.as_str()).collect();
        return if names.is_empty() { Vec::new() } else { vec![Block::Note(format!("Nothing new: {}.", listed(&names)))] };
    }
    let columns = [Column::Tenant, Column::Score, Column::Standing, Column::Day].to_vec();
    let row = |section: &&DigestSection| {
        let News { tenant, stale, day, .. } = &section.news;
        let day = if *stale { Cell::OldDay(*day) } else { Cell::Empty };
        let cells = vec![Cell::Tenant(tenant.clone()), section.percent(), section.points(), day];
        TableRow {
            cells,
            link: section.score.frame.follow_ups.link.clone(),
            next: Some(question(tenant, tenant, SkillId::SecureScore, None)),
        }
    };
    let table = Block::table(columns, quiet.iter().take(ROWS_MAX).map(row).collect());
    std::iter::once(table).chain(not_listed("without news", &quiet)).collect()
}

/// The names of `tenants` for which the table has no row, so that none is left out without a word.
fn not_listed(what: &str, tenants: &[&DigestSection]) -> Option<Block> {
    let names: Vec<&str> = tenants.iter().skip(ROWS_MAX).map(|section| section.news.tenant.as_str()).collect();
    (!names.is_empty()).then(|| Block::Note(format!("And {} {what}: {}.", count(names.len(), "tenant"), listed(&names))))
}

/// Tenants with news for which there is no room, a row each.
fn table(rest: &[&DigestSection]) -> Block {
    let columns = [Column::Tenant, Column::Score, Column::Move, Column::News].to_vec();
    let rows = rest.iter().take(ROWS_MAX).map(|section| {
        let news = &section.news;
        let cells = vec![
            Cell::Tenant(news.tenant.clone()),
            section.percent(),
            Cell::Move(Some(news.moved), None),
            Cell::text(news.reasons().join(", ")),
        ];
        let next = question(&news.tenant, &news.tenant, SkillId::ScoreChanges, since(news));
        TableRow { cells, link: section.score.frame.follow_ups.link.clone(), next: Some(next) }
    });
    Block::Table { columns, rows: rows.collect() }
}

/// What the card rests on.
fn foot(name: &str, sections: &[DigestSection]) -> String {
    match sections {
        [] => format!("digest {name}"),
        [only] => format!("digest {name} · {}", only.score.frame.foot),
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
fn next(all: &[News], alone: bool, skills: &[SkillId]) -> Vec<Next> {
    let Some(first) = all.first() else { return Vec::new() };
    let tenant = if alone { first.tenant.as_str() } else { ALL };
    let since = since(first).filter(|_| first.is_any());
    let quick = alone.then(|| (Cow::Borrowed("order"), "quick_wins".to_owned()));
    let changes = question("What changed", tenant, SkillId::ScoreChanges, since);
    let risks = question("Accepted risks", tenant, SkillId::AcceptedRisks, None);
    let last = if alone {
        question("Quick wins", tenant, SkillId::WeakestControls, quick)
    } else {
        question("Where we stand", tenant, SkillId::SecureScore, None)
    };
    [changes, risks, last].into_iter().filter(|next| !alone || skills.contains(&next.skill)).collect()
}

/// The day since which something is new, as an argument.
fn since(news: &News) -> Option<(Cow<'static, str>, String)> {
    news.since.map(|since| (Cow::Borrowed("since"), since.to_string()))
}

fn question(label: &str, tenant: &str, skill: SkillId, arg: Option<(Cow<'static, str>, String)>) -> Next {
    Next { label: label.to_owned(), skill, tenant: tenant.to_owned(), args: arg.into_iter().collect() }
}
