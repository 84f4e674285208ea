//! How do the sections of a digest become one card? The worst news first, then a line for each tenant, then what is new about each of them.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::civil::Date;

use super::{
    DigestSection, FetchFailure,
    lines::{self, TenantLine, headline, question},
    news::{self, News},
    stale::Missing,
};
use crate::{
    card::{Card, CardPart, Next},
    skill_id::SkillId,
    skills::secure_score,
    text::count,
};

/// How many of several tenants are reported in full; each of the others has its line, and the question whose answer has the rest.
const FULL_MAX: usize = 25;
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
    let missing = Missing { all: &all, left_out: &left_out, failing: &failing, faults: &faults };
    let mut lines: Vec<TenantLine<'_>> = sections.iter().map(TenantLine::scored).collect();
    lines.extend(left_out.iter().map(|tenant| TenantLine::without_score(tenant, faults.get(tenant))));
    lines.extend(failing.iter().map(|tenant| TenantLine::unreadable(tenant)));
    lines.sort_by(TenantLine::order);
    let mut blocks = if alone { Vec::new() } else { lines::blocks(&lines, today) };
    let mut parts = Vec::new();
    let with_news = sections.iter().filter(|section| alone || section.news.is_any());
    for (at, section) in with_news.enumerate() {
        let mut begin = blocks.len();
        if alone {
            blocks.push(section.lead(alone, today));
            begin += 1;
            blocks.extend(section.blocks.iter().cloned());
        } else if at < FULL_MAX {
            blocks.push(section.lead(alone, today));
            // One picture, of the tenant whose news is the worst.
            blocks.extend(section.trend.iter().filter(|_| at == 0).cloned());
            blocks.extend(section.blocks.iter().cloned());
        }
        if !alone || begin < blocks.len() {
            parts.push(part(section, begin..blocks.len()));
        }
    }
    blocks.extend(missing.notes());
    // Where no tenant has a score, for causes that differ, the worst of them is the news.
    let headed = !sections.is_empty() || (lines.len() > 1 && missing.shared().is_none());
    let title = if headed { headline(&lines, today) } else { missing.title() };
    let first = sections.first().map(|section| &section.score);
    Card {
        // One of several tenants has no say about where all of it leads: their rows do, each to its own.
        link: first.filter(|_| alone).and_then(|score| score.frame.follow_ups.link.clone()),
        read_at: sections.iter().filter_map(|section| section.score.frame.follow_ups.read_at).min(),
        next: next(&all, alone, skills),
        // The picture is of the first tenant that has news.
        caption: sections.iter().find(|section| alone || section.news.is_any()).map(|section| secure_score::title(&section.news.tenant)),
        parts,
        ..Card::new(title, blocks, foot(name, &sections))
    }
}

/// What is new about the tenant of `section`, in these blocks.
fn part(section: &DigestSection, blocks: std::ops::Range<usize>) -> CardPart {
    let news = &section.news;
    let asked = |skill: &SkillId| {
        let arg = since(news).filter(|_| *skill == SkillId::ScoreChanges);
        question("What changed", &news.tenant, *skill, arg)
    };
    let blocks = if blocks.is_empty() { 0..0 } else { blocks };
    CardPart { about: news.tenant.clone(), blocks, all: asked(&SkillId::ScoreChanges), more: section.more.iter().map(asked).collect() }
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
