//! What is one line of the report? A point that was open, and what was found.

use super::observed::Unanswered;

/// What a point is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Decimals and sums.
    Numbers,
    /// Days, their order, times and details.
    Days,
    /// Sizes of pages.
    Pages,
    /// Query options.
    Options,
    /// Controls of a day.
    Controls,
    /// Profiles.
    Profiles,
    /// Words of closed lists.
    Words,
    /// Averages of others.
    Peers,
    /// Members and their types.
    Members,
    /// Headers, sizes, times, throttling.
    Answers,
    /// The cloud, and audit logs.
    Others,
}

impl Section {
    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Numbers => "Points and percentages",
            Self::Days => "Days",
            Self::Pages => "Sizes of pages",
            Self::Options => "Query options",
            Self::Controls => "Controls of a day",
            Self::Profiles => "Profiles",
            Self::Words => "Words of Microsoft's schema",
            Self::Peers => "Averages of other tenants",
            Self::Members => "Members and types",
            Self::Answers => "Headers, sizes and times",
            Self::Others => "Cloud and audit log",
        }
    }
}

/// What was found about a point. No text in it holds anything of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeFinding {
    /// What scorewatch assumes.
    AsAssumed(String),
    /// Other than what scorewatch assumes, which is said second.
    Otherwise(String, &'static str),
    /// Seen; scorewatch assumes nothing.
    Seen(String),
    /// No answer, and why.
    Unanswered(String),
}

/// A point and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePoint {
    /// What it is called in JSON; stays the same.
    pub key: &'static str,
    /// Where it stands.
    pub section: Section,
    /// The point, in words.
    pub what: &'static str,
    /// What was found.
    pub finding: ProbeFinding,
}

impl ProbeFinding {
    /// What was seen, judged by whether it is what scorewatch `assumes`.
    pub(super) fn judged(seen: String, as_assumed: bool, assumes: &'static str) -> Self {
        if as_assumed { Self::AsAssumed(seen) } else { Self::Otherwise(seen, assumes) }
    }

    /// No answer, for the reason that the request has none.
    pub(super) fn because(unanswered: &Unanswered) -> Self {
        Self::Unanswered(unanswered.why())
    }

    /// What is `found` in an answer, or why there is none.
    pub(super) fn of<T>(answer: Result<T, &Unanswered>, found: impl FnOnce(T) -> Self) -> Self {
        answer.map_or_else(Self::because, found)
    }
}

impl Section {
    /// A point of this section.
    pub(super) const fn point(self, key: &'static str, what: &'static str, finding: ProbeFinding) -> ProbePoint {
        ProbePoint { key, section: self, what, finding }
    }
}
