//! What does a rule find in the facts of a tenant right now? Each of its subjects: bad, over, or nothing that can be said.
//!
//! Where a subject was bad already, the way out decides: it is wider than the way in, so that nothing is told again and again for
//! standing on the edge. A subject of which the facts say nothing (a day without a maximum, a tenant without a day) stays what it was.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{
    End, Memory, Rule, State, States, Watch,
    level::below,
    moves, risks,
    sign_in::{credential, sign_in},
};
use crate::{
    score::{History, Snapshot, age, change::day_of},
    skills::{TenantFacts, tell},
    text::{count, cut, one_line},
};

/// How many days before the newest are looked at: moves since the last look, and controls that flap.
pub const DAYS_BACK: u32 = 14;
/// The subject of a rule about the score.
pub(super) const SCORE: &str = "score";
/// The subject of a rule about readings.
const READING: &str = "reading";
/// The longest title, in characters as people count them.
const TITLE_MAX: usize = 120;

/// How much of a tenant a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Nothing but when it was read, and how that went.
    Nothing,
    /// Its newest days, its catalogue, and what people added.
    Days,
}

/// A tenant, as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its days, catalogue and annotations, as far as the rule needs them.
    pub tenant: &'a TenantFacts,
    /// Its newest day, also where no day was needed.
    pub newest_day: Option<Date>,
    /// When it was last read from Graph.
    pub read_at: Option<Timestamp>,
    /// Why it could not be read since.
    pub fault: Option<&'a Fault>,
    /// When its credential ends.
    pub end: Option<&'a End>,
    /// Where people see to its credential.
    pub app: Option<&'a str>,
    /// What the rule remembers of the tenant; `None` when it looks for the first time.
    pub memory: Option<&'a Memory>,
    /// What the rule found before.
    pub states: &'a States,
    /// Now.
    pub now: Timestamp,
}

/// Why a tenant could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether Microsoft did not let us in.
    pub sign_in: bool,
    /// What went wrong, in a sentence.
    pub sentence: String,
    /// Since when.
    pub since: Timestamp,
}

/// What can be said of a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is bad.
    Bad(Box<Finding>),
    /// It is not, or no longer.
    Over(Over),
}

impl Verdict {
    /// What it is about.
    pub fn subject(&self) -> &str {
        match self {
            Self::Bad(finding) => &finding.subject,
            Self::Over(over) => &over.subject,
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
    /// The same in a cell of a table, where the title stands beside it.
    pub cell: String,
    /// Why, and what to do; may be empty.
    pub why: String,
    /// Who; shown only to roles that may see names.
    pub who: Option<String>,
    /// Who of our own people sees to it; likewise.
    pub owner: Option<String>,
    /// What moved a score, the weightiest first.
    pub causes: Vec<Cause>,
    /// The move in points, where it is one.
    pub moved: Option<f64>,
    /// Where it stood before it turned bad.
    pub stood: Option<f64>,
    /// Where it stands.
    pub stands: Option<f64>,
    /// Points that are forgone by it, where that is known.
    pub forgone: Option<f64>,
    /// How bad it is; more is worse.
    pub badness: f64,
    /// So much worse than told is news again; `None` where no worse is.
    pub worse_by: Option<f64>,
    /// What it is called when it is; `worse` where nothing else is said, nothing at all where that is empty.
    pub worse: Option<&'static str>,
    /// Where people see to it, if that is not where the tenant's score is seen.
    pub link: Option<String>,
    /// Whether it is told once and never again: it happened, it does not last.
    pub event: bool,
    /// What tells one event about a subject from the next.
    pub mark: Option<String>,
    /// Whether it may correct itself.
    pub may_correct: bool,
    /// The day with which a move began.
    pub from: Option<Date>,
}

/// What moved a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The control.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its share of the points.
    pub moved: f64,
    /// Its share of the maximum.
    pub maximum: f64,
    /// Why.
    pub why: String,
}

/// What is not bad, or no longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    /// The subject.
    pub subject: String,
    /// What is so now, in a line; `None` where nobody needs to hear of it.
    pub news: Option<String>,
}

impl Rule {
    /// How much of a tenant this rule looks at.
    pub const fn needs(&self) -> Needed {
        match self.watch {
            Watch::NoData { .. } | Watch::SignIn { .. } => Needed::Nothing,
            Watch::ScoreFalls(_)
            | Watch::ScoreBelow(_)
            | Watch::ControlRegresses { .. }
            | Watch::ControlNew(_)
            | Watch::RiskAccepted { .. }
            | Watch::AcceptanceEnds => Needed::Days,
        }
    }
}

/// What `watch` finds in `seen`.
pub fn look(watch: &Watch, seen: &Seen<'_>) -> Vec<Verdict> {
    match watch {
        Watch::ScoreFalls(fall) => moves::falls(*fall, seen),
        Watch::ScoreBelow(level) => seen.newest().and_then(|newest| below(*level, newest, seen)).into_iter().collect(),
        Watch::ControlRegresses { points, only } => moves::regresses(*points, only, seen),
        Watch::ControlNew(only) => moves::new_controls(only, seen),
        Watch::RiskAccepted { allowed } => risks::accepted(allowed, seen),
        Watch::AcceptanceEnds => risks::ended(seen),
        Watch::NoData { hours } => vec![no_data(*hours, seen)],
        Watch::SignIn { days } => sign_in(seen).into_iter().chain([credential(*days, seen)]).collect(),
    }
}

impl<'a> Seen<'a> {
    pub(super) fn history(&self) -> &'a History {
        &self.tenant.history
    }

    pub(super) fn newest(&self) -> Option<&'a Snapshot> {
        self.tenant.history.newest()
    }

    /// The newest day whose controls are known: of another one nothing can be said about any control.
    pub(super) fn scored(&self) -> Option<&'a Snapshot> {
        self.tenant.history.newest_with_controls()
    }

    /// What was found about `subject` and is not over.
    pub(super) fn bad(&self, subject: &str) -> Option<&'a State> {
        self.states.get(subject).filter(|state| !state.known)
    }

    /// What people call the control called `name`.
    pub(super) fn title(&self, name: &str) -> String {
        let profile = self.tenant.catalogue.get(name);
        let mark = if profile.is_some_and(|profile| profile.deprecated) { " (deprecated)" } else { "" };
        let title = profile.map_or(name, |profile| profile.title.as_str());
        format!("{}{mark}", cut(&one_line(title), TITLE_MAX))
    }
}

pub(super) fn bad(finding: Finding) -> Verdict {
    Verdict::Bad(Box::new(finding))
}

/// Nobody needs to hear that `subject` is not bad.
pub(super) fn quietly(subject: &str) -> Verdict {
    Verdict::Over(Over { subject: subject.to_owned(), news: None })
}

pub(super) fn over(subject: &str, news: String) -> Verdict {
    Verdict::Over(Over { subject: subject.to_owned(), news: Some(news) })
}

/// Counted from the end of the newest day: a reading that brings no newer one is no data.
fn no_data(hours: u32, seen: &Seen<'_>) -> Verdict {
    // A tenant that never had a score is as old as we know of it.
    let last = seen.newest_day.and_then(end_of).or_else(|| seen.memory.map(|memory| memory.since));
    let silent = last.is_some_and(|last| seen.now.duration_since(last) >= SignedDuration::from_hours(hours.into()));
    if !silent {
        return over(READING, seen.newest_day.map_or_else(|| "nothing is due".to_owned(), |day| format!("there is a newer day, {day}")));
    }
    let news = match (seen.newest_day, last) {
        (Some(day), _) => format!("no newer score than that of {day}"),
        (None, last) => format!("no score since {}", last.map_or_else(String::new, tell::minute)),
    };
    let why = match (seen.fault, seen.read_at) {
        (Some(fault), _) => fault.sentence.clone(),
        (None, Some(at)) => format!(
            "Readings succeed, the last one at {}, but Microsoft sends no newer day. See the service health in the Microsoft 365 admin center.",
            tell::minute(at)
        ),
        (None, None) => "Nothing newer was imported, or read from Microsoft.".to_owned(),
    };
    let today = day_of(seen.now);
    let old = |day| format!("{} old on {today}", count(usize::try_from(age(day, today)).unwrap_or(0), "day"));
    bad(Finding {
        subject: READING.to_owned(),
        title: "Reading".to_owned(),
        news,
        cell: seen.newest_day.map_or_else(String::new, old),
        why,
        ..Finding::default()
    })
}

fn end_of(day: Date) -> Option<Timestamp> {
    Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
