//! What is told of one decision? The state in force, who set it, its words and its end, and what we added.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    card::{
        Cell,
        cell::{self, ControlLabel},
    },
    score::{ControlState, StateUpdate, change::day_of, risk::Decision},
    skills::{
        TenantFacts,
        annotations::AnnotationFields,
        follow_ups::RowTarget,
        format,
        link::{Link, Portal},
    },
    text::{cut, cut_for_tokens},
};

use super::decided;

/// How much of a title, a comment and a person's name assistants see, in quarters of a token.
const TITLE: usize = 42;
const COMMENT: usize = 44;
const PERSON: usize = 36;
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
    pub(super) before: Vec<String>,
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
    pub(crate) target: RowTarget,
}

/// `decision` as it is told to askers who see `names`, or do not.
pub(super) fn row(decision: &Decision<'_>, names: bool, tenant: &TenantFacts, portal: Option<Portal<'_>>) -> RiskRow {
    let in_force = decision.updates.first();
    let comment = in_force.and_then(|update| update.comment.as_ref());
    let mut row = RiskRow {
        control: format::name(&decision.profile.name),
        title: cut_for_tokens(&decision.profile.title, TITLE),
        deprecated: decision.profile.deprecated,
        described_until: decision.profile.gone_since,
        state: format::state(decision.state()),
        on: decided::decided_at(decision).map(day_of),
        by: decision
            .profile
            .in_force()
            .and_then(|decided| decided.first.by.as_ref())
            .filter(|_| names)
            .map(|by| cut_for_tokens(by, PERSON)),
        comment: comment.map(|comment| cut_for_tokens(comment, COMMENT)),
        until: decision.until,
        unclear_end: decision.unclear.clone(),
        expired: decision.expired,
        no_longer: decision.withdrawn,
        given_up: decision.points_given_up().map(format::round2),
        before: decision.updates.iter().skip(1).filter(|update| says_something(update)).map(|update| earlier(update, names)).collect(),
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
    let until = row.until.map_or_else(String::new, |until| format!(", {} {until}", if row.expired { "EXPIRED" } else { "until" }));
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
        Cell::Comment { comment: self.full_comment.clone(), earlier: self.before.clone(), note }
    }
}

/// Graph lists a placeholder, undated and to address, for controls that nobody touched.
fn says_something(update: &StateUpdate) -> bool {
    update.at.is_some() || update.state != ControlState::Default
}

fn earlier(update: &StateUpdate, names: bool) -> String {
    let day = update.at.map_or_else(|| "undated".to_owned(), |at| day_of(at).to_string());
    let by = update.by.as_ref().filter(|_| names).map(|by| format!(" by {}", format::quoted(by, PERSON))).unwrap_or_default();
    let comment = update.comment.as_ref().map(|comment| format!(": {}", format::quoted(comment, COMMENT))).unwrap_or_default();
    format!("{day} {}{by}{comment}", format::state(&update.state))
}
