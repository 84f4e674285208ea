//! How do tenants compare: our own with one another, and one with Microsoft's averages of others?

mod follow_ups;
mod peers;
mod ranking;
mod show;
mod standing;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    peers::PeerComparison,
    ranking::{CategoryPair, RankedRow, ScoreRanking},
};
use super::{
    Example, Facts, Needs, Raw, Texts,
    category::CategoryArg,
    page,
    since::{self, Since},
};
use crate::{card::Card, error::Result};

/// Since when, and of what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareScoresArgs {
    /// Day compared with: week (default), month, 14, 2026-01-31.
    #[serde(default = "week")]
    #[schemars(regex(pattern = since::PATTERN))]
    since: String,
    /// Only this category.
    category: Option<CategoryArg>,
    /// Which page of a longer list.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    page: usize,
}

fn week() -> String {
    "week".to_owned()
}

impl CompareScoresArgs {
    fn since(&self) -> Result<Since> {
        Since::parse(&self.since)
    }
}

/// How a tenant stands beside others, or several beside one another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, and hardly moved")]
pub enum CompareScoresAnswer {
    /// One tenant beside Microsoft's averages.
    One(Box<PeerComparison>),
    /// Several, ranked.
    All(ScoreRanking),
}

impl super::Skill for CompareScoresArgs {
    const CHAT: &'static str = "compare";
    const SUMMARY: &'static str = "Tenants and groups ranked with their change; one beside Microsoft's averages, by category.";
    const GUIDE: &'static str = "Use to compare a tenant with Microsoft's averages or two tenants (tenant=a,b), both by category; or to rank groups or all. For reasons use score_changes.";
    const ALL_TENANTS: bool = true;
    const RAW: Raw = Raw { days: 2, profiles: true };
    type Answer = CompareScoresAnswer;

    fn needs(&self, _all: bool) -> Needs {
        let earlier = self.since().ok().and_then(Since::earlier);
        Needs { earlier, catalogue: Texts::Bare, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        self.since().map(|_| ())
    }

    fn answer(&self, facts: &Facts) -> Result<CompareScoresAnswer> {
        match facts.tenants.as_slice() {
            [only] => Ok(CompareScoresAnswer::One(Box::new(peers::one(facts, only, self)?))),
            _ => Ok(CompareScoresAnswer::All(ranking::all(facts, self)?)),
        }
    }

    fn text(answer: &CompareScoresAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &CompareScoresAnswer) -> Card {
        show::card(answer)
    }

    fn next_page(answer: &CompareScoresAnswer) -> Option<usize> {
        match answer {
            CompareScoresAnswer::One(_) => None,
            CompareScoresAnswer::All(all) => all.rest.next_page,
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "peers", prompt: "How do we compare with other companies?", tenant: "contoso", args: "{}" },
            Example { name: "two", prompt: "Compare our two largest tenants by category.", tenant: "contoso,fabrikam", args: "{}" },
            Example {
                name: "all",
                prompt: "Rank all our tenants and show how they moved this month.",
                tenant: "all",
                args: r#"{"since":"month"}"#,
            },
        ]
    }
}
