//! What can be said of a subject of a rule: that it is bad, and how; or that it is resolved?

use jiff::civil::Date;

use crate::card::{Cell, Column};

/// The subject of a rule about the score.
pub(super) const SCORE: &str = "score";

/// What can be said of a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is bad.
    Bad(Box<Finding>),
    /// It is not, or no longer.
    Resolved(Resolved),
}

impl Verdict {
    /// What it is about.
    pub fn subject(&self) -> &str {
        match self {
            Self::Bad(finding) => &finding.subject,
            Self::Resolved(resolved) => &resolved.subject,
        }
    }
}

/// What is bad.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finding {
    /// The subject: the name of a control, or a word for what else it is about.
    pub subject: String,
    /// What people call it.
    pub title: String,
    /// Whether it is a control.
    pub control: bool,
    /// The news in a line, without the tenant.
    pub news: String,
    /// The same in a few words, where the title stands beside it.
    pub detail: String,
    /// What a row of a table says of a control beside its title.
    pub cells: Vec<(Column, Cell)>,
    /// Why, and what to do; may be empty.
    pub why: String,
    /// Who; shown only to roles that may see names.
    pub who: Option<String>,
    /// Who of our own people sees to it; likewise.
    pub owner: Option<String>,
    /// What moved a score, the weightiest first.
    pub causes: Vec<ScoreCause>,
    /// The move in points, where it is one.
    pub moved: Option<f64>,
    /// Where it stood before it turned bad.
    pub stood: Option<f64>,
    /// Where it stands.
    pub stands: Option<f64>,
    /// From which status to which, where that is what happened.
    pub status: Option<NewStatus>,
    /// Points that are forgone by it, where that is known.
    pub forgone: Option<f64>,
    /// How bad it is; more is worse.
    pub badness: f64,
    /// So much worse than notified is news again; `None` where no worse is.
    pub worse_by: Option<f64>,
    /// What it is called when it is; `worse` where nothing else is said, nothing at all where that is empty.
    pub worse: Option<&'static str>,
    /// Where people see to it, if that is not where the tenant's score is shown.
    pub link: Option<String>,
    /// Whether it is notified once and never again: it happened, it does not last.
    pub event: bool,
    /// What distinguishes one event about a subject from the next.
    pub mark: Option<String>,
    /// Whether it may correct itself.
    pub may_correct: bool,
    /// The day with which a move began.
    pub from: Option<Date>,
    /// What it has in common with what is found in other tenants for the same reason; `None` where the reason is the tenant's own.
    pub shared: Option<String>,
}

/// The status that a control has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatus {
    /// In words.
    pub now: String,
    /// The one before.
    pub before: String,
    /// Whether its risk is accepted now.
    pub accepted: bool,
}

/// What moved a score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreCause {
    /// The control.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How many points moved with it, and from where to where.
    pub moved: Cell,
    /// Why.
    pub why: String,
}

/// What is not bad, or no longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The subject.
    pub subject: String,
    /// What is so now, in a line; `None` where nobody needs to hear of it.
    pub news: Option<String>,
}

pub(super) fn bad(finding: Finding) -> Verdict {
    Verdict::Bad(Box::new(finding))
}

pub(super) fn resolved(subject: &str, news: String) -> Verdict {
    Verdict::Resolved(Resolved { subject: subject.to_owned(), news: Some(news) })
}

/// Nobody needs to hear that `subject` is not bad.
pub(super) fn silenced(subject: &str) -> Verdict {
    Verdict::Resolved(Resolved { subject: subject.to_owned(), news: None })
}
