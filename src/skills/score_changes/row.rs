//! What is told of one control that changed? What happened to it, from where to where, and why.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    card::{
        Cell, Tone, Word,
        cell::{self, ControlLabel, PointsSpan},
    },
    score::{
        change::{Change, DiffKind},
        same_points,
        status::StatusChange,
    },
    skills::{
        TenantFacts,
        fit::fit,
        follow_ups::RowTarget,
        format,
        link::{self, Link, Portal},
        why::{ChangeReason, why},
    },
    text::cut,
};

/// How much room a row for assistants has for its title and for what Microsoft or a person says of it, in quarters of a token.
const ROOM: usize = 100;
/// How many rows have room even where there are fewer.
const ROWS_MIN: usize = 3;
/// How much of them people see on a card, in characters.
const FULL_MAX: usize = 200;

/// A control that changed.
#[derive(Serialize, JsonSchema)]
pub struct ChangeRow {
    /// Its id.
    pub(super) control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) deprecated: bool,
    /// up, down, new, gone, maximum (its maximum changed at the same percentage), unsaid, said again, or status (which alone changed).
    pub(super) change: &'static str,
    #[serde(skip)]
    pub(crate) kind: cell::ChangeLabel,
    /// Its share of moved; absent where Microsoft did not say its points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<f64>,
    /// Its points on the earlier day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<f64>,
    /// Its points now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<f64>,
    /// Points it can give now, or could when it was last scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<f64>,
    /// How its maximum changed; absent when it did not, and for new and gone controls, of which max says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_moved: Option<f64>,
    /// Its status, where that changed: completed, partial, to address, planned, in progress, risk accepted, third party, alternate mitigation, reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    /// Its status before; absent where status is our own word and the one before it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_before: Option<&'static str>,
    /// Why, as far as the data tell. Texts of Microsoft and of people stand in quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) why: Option<ChangeReason>,
    #[serde(flatten)]
    link: Link,
    /// Its id as Microsoft has it.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    full_title: String,
    #[serde(skip)]
    full_why: String,
    #[serde(skip)]
    pub(crate) target: RowTarget,
}

impl ChangeRow {
    /// The control, as people read it.
    pub fn cell(&self) -> Cell {
        let title = self.title.as_ref().map(|_| self.full_title.clone());
        Cell::Control(ControlLabel { id: self.control.clone(), title, deprecated: self.deprecated, described_until: None })
    }

    /// From where to where, and how the maximum moved: that of the tenant by all that a new or gone control can give.
    pub fn span(&self) -> PointsSpan {
        let maximum_moved = match self.kind {
            cell::ChangeLabel::New => self.max,
            cell::ChangeLabel::Gone => self.max.map(|max| -max),
            cell::ChangeLabel::Up
            | cell::ChangeLabel::Down
            | cell::ChangeLabel::Maximum
            | cell::ChangeLabel::Unsaid
            | cell::ChangeLabel::SaidAgain
            | cell::ChangeLabel::Status => self.max_moved,
        };
        let from = self.from.filter(|_| self.kind != cell::ChangeLabel::Status);
        PointsSpan { from, to: self.to, maximum: self.max, maximum_moved, unsaid: self.moved.is_none() }
    }

    /// What became of its status: `to address, now risk accepted`; `None` where it is the same.
    pub(super) fn status_words(&self) -> Option<String> {
        let before = self.status_before.map_or_else(String::new, |before| format!("was {before}, "));
        self.status.map(|now| format!("{before}now {now}"))
    }

    /// What happened to it; where it went up or down, the move says it.
    pub const fn happened(&self) -> Cell {
        if matches!(self.kind, cell::ChangeLabel::Up | cell::ChangeLabel::Down) { Cell::Empty } else { Cell::Change(self.kind) }
    }

    /// How its points moved, if they did.
    pub(super) fn by(&self) -> Cell {
        if self.moved.is_some_and(|moved| same_points(moved, 0.0)) { Cell::Empty } else { Cell::Move(self.moved, None) }
    }

    /// Why, as people read it.
    pub fn reason(&self) -> Cell {
        Cell::Text(Word::toned(self.full_why.clone(), Tone::Quiet))
    }
}

/// `change` as it is told.
pub(super) fn row(
    change: &Change<'_>,
    status: Option<StatusChange>,
    tenant: &TenantFacts,
    portal: Option<Portal<'_>>,
) -> Option<ChangeRow> {
    let control = change.control()?;
    let subtitle = || {
        change
            .moved()
            .map_or_else(|| kind(change).word().to_owned(), |moved| format!("{} points: {}", format::signed(moved), kind(change).word()))
    };
    let why = why(change);
    let points = |control: Option<crate::score::Control<'_>>| control.and_then(|control| control.score.points).map(format::round2);
    Some(ChangeRow {
        control: format::name(control.name()),
        title: link::title_of(&control, portal),
        link: Link::to_control(portal, control.name(), subtitle),
        deprecated: control.profile.is_some_and(|profile| profile.deprecated),
        change: kind(change).word(),
        kind: kind(change),
        moved: change.moved().map(format::round2),
        from: points(change.before),
        to: points(change.after),
        max: control.maximum.map(format::round2),
        max_moved: Some(format::round2(change.maximum)).filter(|moved| {
            matches!(change.kind, DiffKind::Up | DiffKind::Down | DiffKind::Maximum | DiffKind::Unsaid) && !same_points(*moved, 0.0)
        }),
        status: status.map(|status| status.to.words()),
        status_before: status.and_then(|status| Some(status.from?.words())),
        name: control.name().to_owned(),
        full_title: cut(control.title(), FULL_MAX),
        full_why: why.as_ref().map_or_else(String::new, |why| why.clone().cut(FULL_MAX * 2).to_string()),
        why,
        target: RowTarget::to_control(tenant, control.name(), control.title()),
    })
}

/// Cuts words of Microsoft and of people that are too long for an answer; whether there were some.
pub(super) fn fitted(rows: &mut [ChangeRow]) -> bool {
    let room = ROOM * rows.len().max(ROWS_MIN);
    fit(room, rows.iter_mut().flat_map(|row| row.title.iter_mut().chain(row.why.as_mut().and_then(ChangeReason::theirs))))
}

/// What happened to its control.
fn kind(change: &Change<'_>) -> cell::ChangeLabel {
    match change.kind {
        DiffKind::Up => cell::ChangeLabel::Up,
        DiffKind::Down => cell::ChangeLabel::Down,
        DiffKind::New => cell::ChangeLabel::New,
        DiffKind::Gone => cell::ChangeLabel::Gone,
        DiffKind::Maximum => cell::ChangeLabel::Maximum,
        DiffKind::Unsaid if change.after.is_some_and(|after| after.score.points.is_some()) => cell::ChangeLabel::SaidAgain,
        DiffKind::Unsaid => cell::ChangeLabel::Unsaid,
        DiffKind::Status => cell::ChangeLabel::Status,
    }
}
