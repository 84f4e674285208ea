//! What stands in a table? Cells that say what they are, in columns that say what they are for: words are chosen from these, and from nothing else.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Word;

/// A column, by its role. What stands over it is the business of [`super::wording`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// A column of a list that is about no score, such as keys or deliveries: it has only text in it, and its own head.
    Named {
        /// The head.
        head: String,
        /// Whether it holds numbers, which stand to the right.
        number: bool,
    },
    /// The control that a row is about.
    Control,
    /// The tenant that a row is about.
    Tenant,
    /// What a row is about, a control or something else.
    Subject,
    /// What is resolved.
    Resolved,
    /// Points that are left to earn.
    PointsLeft,
    /// Of the tenant's maximum.
    Share,
    /// How hard it is to implement, and what people feel of it.
    Effort,
    /// Category and product.
    Place,
    /// What our own people added.
    Annotations,
    /// The state in force, or that something is in.
    State,
    /// When something was decided.
    Decided,
    /// Who decided it.
    By,
    /// Who of us sees to it.
    Owner,
    /// The last day of a decision.
    Until,
    /// Points that a decision leaves on the table.
    Forgone,
    /// What was said about it.
    Comment,
    /// Why.
    Why,
    /// What happened to it.
    Change,
    /// How points moved.
    Move,
    /// From how many points to how many.
    FromTo,
    /// How the maximum moved.
    MaximumMove,
    /// How many decisions.
    Decisions,
    /// How many of them are past their day.
    Expired,
    /// How many controls changed.
    Changed,
    /// The control to look at first.
    First,
    /// Where a control stands.
    Standing,
    /// The product.
    Product,
    /// From when to when.
    Days,
    /// A percentage, called the score.
    Score,
    /// Points had, beside the score that says the same.
    Points,
    /// The tenant's score once all is done down to this row.
    ScoreAfter,
    /// The day that is compared with.
    Since,
    /// The day.
    Day,
    /// What is new.
    News,
}

impl Column {
    /// A column of words with its own head.
    pub fn words(head: &str) -> Self {
        Self::Named { head: head.to_owned(), number: false }
    }

    /// A column of numbers with its own head.
    pub fn number(head: &str) -> Self {
        Self::Named { head: head.to_owned(), number: true }
    }
}

/// A control, as a row is about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlLabel {
    /// Its id.
    pub id: String,
    /// Its title; `None` where Microsoft describes it no more, or never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether Microsoft is about to drop it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The last day that Microsoft described it, if it no longer does but still scores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_until: Option<Date>,
}

/// From how many points to how many; what is not known of it is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PointsSpan {
    /// On the earlier day.
    pub from: Option<f64>,
    /// Now.
    pub to: Option<f64>,
    /// Points it can give, or could when it was last scored.
    pub maximum: Option<f64>,
    /// How that moved; `None` where it did not.
    pub maximum_moved: Option<f64>,
    /// Whether an absent number is one that Microsoft did not say, rather than of a control that was not there.
    pub unsaid: bool,
}

/// What happened to a control between two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeLabel {
    /// It gained points.
    Up,
    /// It lost points.
    Down,
    /// It is scored for the first time.
    New,
    /// It is scored no more.
    Gone,
    /// Its maximum changed at the same percentage.
    Maximum,
    /// Its points are not said any more.
    Unsaid,
    /// They are said again.
    SaidAgain,
    /// Its status alone is another one.
    Status,
}

/// The end of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionEnd {
    /// Its last day, and whether that has passed.
    Day(Date, bool),
    /// Words that look like a day and are not understood.
    Unclear(String),
}

/// What our own people added to a control.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnotationSummary {
    /// How far they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// Who of us sees to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day that they gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// What they noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A cell of a table: what it is, not how it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing to say.
    Empty,
    /// A control.
    Control(ControlLabel),
    /// A tenant, by its short name.
    Tenant(String),
    /// Somebody, by the name that Microsoft or our own people have for them.
    Person(String),
    /// A product, by the name that people know.
    Product(String),
    /// Where a control belongs: its category, and its product where that is known.
    Place(String, Option<String>),
    /// Points; `None` when not known.
    Points(Option<f64>),
    /// At least so many points: those of some are not known.
    AtLeast(f64),
    /// Points of so many; either is `None` when not known.
    Of(Option<f64>, Option<f64>),
    /// Not scored in this tenant.
    NotScored,
    /// A share of 100; `None` when not known.
    Percent(Option<f64>),
    /// A move of points, `None` when not known, and from where to where where that stands beside it.
    Move(Option<f64>, Option<PointsSpan>),
    /// How a tenant's score moved: in points, and in percentage points; `None` where the percentage of either day is not known.
    ScoreMove(f64, Option<f64>),
    /// From how many points to how many.
    Span(PointsSpan),
    /// A number of things; `None` when not known.
    Count(Option<usize>),
    /// What happened.
    Change(ChangeLabel),
    /// A day; `None` when nothing tells.
    Day(Option<Date>),
    /// The newest day that is held, where it is older than it should be.
    OldDay(Date),
    /// From when to when.
    Days(Date, Date),
    /// The end of a decision.
    End(DecisionEnd),
    /// How hard it is to implement, and what people feel of it; `None` when not known.
    Effort(Option<String>, Option<String>),
    /// A state, how far our own people are, and whether it is one that is no more.
    State {
        /// The state in force.
        state: String,
        /// How far our own people are.
        progress: Option<String>,
        /// Whether a risk was accepted before and no longer is.
        no_longer: bool,
    },
    /// What was said: about the decision in force, about earlier ones, and by our own people.
    Comment {
        /// Of the decision in force.
        comment: Option<String>,
        /// The earlier decisions, newest first.
        earlier: Vec<String>,
        /// Of our own people.
        note: Option<String>,
    },
    /// What our own people added.
    Annotations(AnnotationSummary),
    /// The control, by its title, that is to be looked at first.
    LookFirst(String),
    /// The control, by its title, that moved a tenant most, and by how much.
    MovedMost(String, f64),
    /// What is only text, with its tone.
    Text(Word),
}

impl From<Word> for Cell {
    fn from(word: Word) -> Self {
        Self::Text(word)
    }
}

impl Cell {
    /// Words that are only text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Word::plain(text))
    }

    /// A person, where there is one.
    pub fn person(name: Option<&str>) -> Self {
        name.map_or(Self::Empty, |name| Self::Person(name.to_owned()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Tenant(name) | Self::Person(name) | Self::Product(name) | Self::LookFirst(name) => name.trim().is_empty(),
            Self::Comment { comment, earlier, note } => comment.is_none() && earlier.is_empty() && note.is_none(),
            Self::Annotations(annotations) => *annotations == AnnotationSummary::default(),
            Self::Text(word) => word.text.trim().is_empty(),
            Self::Control(_)
            | Self::Place(..)
            | Self::Points(_)
            | Self::AtLeast(_)
            | Self::Of(..)
            | Self::NotScored
            | Self::Percent(_)
            | Self::Move(..)
            | Self::ScoreMove(..)
            | Self::Span(_)
            | Self::Count(_)
            | Self::Change(_)
            | Self::Day(_)
            | Self::OldDay(_)
            | Self::Days(..)
            | Self::End(_)
            | Self::Effort(..)
            | Self::State { .. }
            | Self::MovedMost(..) => false,
        }
    }

    /// The same with each of its texts as `short` makes it.
    #[must_use]
    pub fn shortened(mut self, short: impl Fn(&str) -> String) -> Self {
        for text in self.texts() {
            *text = short(text);
        }
        self
    }

    /// The texts in it, which come from outside.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Control(ControlLabel { id, title, .. }) => title.iter_mut().chain([id]).collect(),
            Self::Tenant(text)
            | Self::Person(text)
            | Self::Product(text)
            | Self::LookFirst(text)
            | Self::MovedMost(text, _)
            | Self::End(DecisionEnd::Unclear(text)) => vec![text],
            Self::Place(category, product) => product.iter_mut().chain([category]).collect(),
            Self::Effort(cost, impact) => cost.iter_mut().chain(impact).collect(),
            Self::State { state, progress, .. } => progress.iter_mut().chain([state]).collect(),
            Self::Comment { comment, earlier, note } => comment.iter_mut().chain(earlier).chain(note).collect(),
            Self::Annotations(AnnotationSummary { progress, owner, note, .. }) => progress.iter_mut().chain(owner).chain(note).collect(),
            Self::Text(word) => vec![&mut word.text],
            Self::Empty
            | Self::Points(_)
            | Self::AtLeast(_)
            | Self::Of(..)
            | Self::NotScored
            | Self::Percent(_)
            | Self::Move(..)
            | Self::ScoreMove(..)
            | Self::Span(_)
            | Self::Count(_)
            | Self::Change(_)
            | Self::Day(_)
            | Self::OldDay(_)
            | Self::Days(..)
            | Self::End(DecisionEnd::Day(..)) => Vec::new(),
        }
    }
}
