//! What is told of one decision? The state in force, who set it, its words and its end, and what we added.

use std::{fmt, sync::Arc};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::{
    card::{
        Cell,
        cell::{self, ControlLabel},
    },
    score::{ControlState, StateUpdate, change::day_of, risk::Decision},
    skills::{
        TenantFacts,
        annotations::{self, AnnotationFields},
        fit::fit,
        follow_ups::RowTarget,
        format,
        link::{Link, Portal},
    },
    text::cut,
};

/// How much room a row for assistants has for its title, its comments and names of people, in quarters of a token.
const ROOM: usize = 165;
/// How much of them people see on a card, in characters.
const FULL_MAX: usize = 300;

/// A decision about a control.
#[derive(Serialize, JsonSchema)]
pub struct RiskRow {
    /// The control's id.
    pub(super) control: String,
    /// Its title.
    pub(super) title: String,
    /// True when Microsoft is about to drop the control.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) deprecated: bool,
    /// The last day that Microsoft described the control, if it no longer does but still scores it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) described_until: Option<Date>,
    /// The state in force: risk accepted, third party, alternate mitigation, reviewed, to address.
    pub(super) state: String,
    /// When it was set; if it was written again since, the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) on: Option<Date>,
    /// Who set it; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// The comment given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    /// The day that we or the comment limit it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Date>,
    /// Words that look like such a day and are not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unclear_end: Option<String>,
    /// True when that day has passed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) expired: bool,
    /// True when it was accepted within the updates asked for and no longer is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) no_longer: bool,
    /// Points left on the table; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_up: Option<f64>,
    /// Earlier updates, newest first, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) before: Vec<EarlierDecision>,
    #[serde(flatten)]
    pub(crate) annotations: AnnotationFields,
    #[serde(flatten)]
    link: Link,
    /// Its id as Microsoft has it.
    #[serde(skip)]
    pub(crate) name: Arc<str>,
    #[serde(skip)]
    pub(super) full_title: String,
    #[serde(skip)]
    pub(super) full_comment: Option<String>,
    #[serde(skip)]
    full_before: Vec<String>,
    #[serde(skip)]
    pub(crate) target: RowTarget,
}

/// `decision` as it is told to askers who see `names`, or do not.
pub(super) fn row(decision: &Decision<'_>, names: bool, tenant: &TenantFacts, portal: Option<Portal<'_>>) -> RiskRow {
    let in_force = decision.updates.first();
    let comment = in_force.and_then(|update| update.comment.as_ref());
    let earlier = decision.updates.iter().skip(1).filter(|update| says_something(update));
    let before: Vec<EarlierDecision> = earlier.map(|update| EarlierDecision::of(update, names)).collect();
    let mut row = RiskRow {
        control: format::name(&decision.profile.name),
        title: decision.profile.title.clone(),
        deprecated: decision.profile.deprecated,
        described_until: decision.profile.gone_since,
        state: format::state(decision.state()),
        on: decision.decided_at().map(day_of),
        by: decision.profile.in_force().and_then(|decided| decided.first.by.as_ref()).filter(|_| names).cloned(),
        comment: comment.cloned(),
        until: decision.until,
        unclear_end: decision.unclear.clone(),
        expired: decision.expired,
        no_longer: decision.withdrawn,
        given_up: decision.points_given_up().map(format::round2),
        full_before: before.iter().map(|before| cut(&before.to_string(), FULL_MAX)).collect(),
        before,
        name: Arc::clone(&decision.profile.name),
        full_title: cut(&decision.profile.title, FULL_MAX),
        full_comment: comment.map(|comment| cut(comment, FULL_MAX)),
        annotations: AnnotationFields::of(decision.annotation, names),
        link: Link::default(),
        target: RowTarget::to_control(tenant, &decision.profile.name, &decision.profile.title),
    };
    if let Some(portal) = portal {
        row.link = Link::new(subtitle(&row), portal.control(&decision.profile.name));
    }
    row
}

/// A decision in one line; whom it names was decided before.
fn subtitle(row: &RiskRow) -> String {
    let on = row.on.map_or_else(String::new, |on| format!(" on {on}"));
    let by = row.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let until = row.until.map_or_else(String::new, |until| format!(", {} {until}", if row.expired { "expired" } else { "until" }));
    let before = if row.no_longer { ", no longer accepted" } else { "" };
    format!("{}{on}{by}{until}{before}", row.state)
}

impl RiskRow {
    /// What stands behind the title of a control that Microsoft drops, or describes no longer.
    pub(super) fn mark(&self) -> String {
        let deprecated = if self.deprecated { " (deprecated)" } else { "" };
        let gone = self.described_until.as_ref().map_or_else(String::new, |day| format!(" (no longer described since {day})"));
        format!("{deprecated}{gone}")
    }
}

impl RiskRow {
    /// Its words of Microsoft and of people.
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let before = self.before.iter_mut().flat_map(|before| before.by.iter_mut().chain(&mut before.comment));
        std::iter::once(&mut self.title).chain(&mut self.by).chain(&mut self.comment).chain(before)
    }

    /// The control, as people read it.
    pub fn cell(&self) -> Cell {
        let (id, title) = (self.control.clone(), Some(self.full_title.clone()));
        Cell::Control(ControlLabel { id, title, deprecated: self.deprecated, described_until: self.described_until })
    }

    /// Its end.
    pub fn end(&self) -> Cell {
        match (self.until, &self.unclear_end) {
            (Some(until), _) => Cell::End(cell::DecisionEnd::Day(until, self.expired)),
            (None, Some(end)) => Cell::End(cell::DecisionEnd::Unclear(end.clone())),
            (None, None) => Cell::Empty,
        }
    }

    /// What was said about it.
    pub fn comment_cell(&self) -> Cell {
        let note = self.annotations.note().map(|note| cut(note, FULL_MAX));
        Cell::Comment { comment: self.full_comment.clone(), earlier: self.full_before.clone(), note }
    }
}

/// Graph lists a placeholder, undated and to address, for controls that nobody touched.
fn says_something(update: &StateUpdate) -> bool {
    update.at.is_some() || update.state != ControlState::Default
}

/// An earlier decision, in a line.
#[derive(Debug, Clone)]
pub struct EarlierDecision {
    day: Option<Date>,
    state: String,
    by: Option<String>,
    comment: Option<String>,
}

impl EarlierDecision {
    fn of(update: &StateUpdate, names: bool) -> Self {
        Self {
            day: update.at.map(day_of),
            state: format::state(&update.state),
            by: update.by.clone().filter(|_| names),
            comment: update.comment.clone(),
        }
    }
}

impl fmt::Display for EarlierDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.day {
            Some(day) => write!(f, "{day} {}", self.state)?,
            None => write!(f, "undated {}", self.state)?,
        }
        self.by.iter().try_for_each(|by| write!(f, " by {}", format::person(by)))?;
        self.comment.iter().try_for_each(|comment| write!(f, ": {}", format::quote(comment)))
    }
}

impl Serialize for EarlierDecision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Cuts words of Microsoft and of people that are too long for an answer; whether there were some.
pub(super) fn fitted(rows: &mut [RiskRow]) -> bool {
    let decisions: usize = rows.iter().map(|row| 1 + row.before.len()).sum();
    let (texts, ours) = (ROOM * decisions, annotations::ROOM * rows.len());
    let cut = fit(ours, rows.iter_mut().flat_map(|row| row.annotations.texts()));
    fit(texts, rows.iter_mut().flat_map(RiskRow::texts)) || cut
}
