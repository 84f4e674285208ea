//! Which controls lost most by what the tenant did, and why?

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    card::{Cell, TableRow, Tone, Word, cell::ControlLabel},
    score::change::{Change, DiffKind},
    skills::{
        Facts, TenantFacts,
        fit::fit,
        follow_ups::RowTarget,
        format,
        link::{self, Link},
        why::{ChangeReason, why},
    },
};

/// How many are listed.
const LISTED: usize = 3;
/// How much room a title has, in quarters of a token, and the reason: real ones rarely need it.
const TITLE: usize = 48;
const WHY: usize = 68;
/// How much of a reason people see.
const FULL: usize = 400;

/// A control that lost points.
#[derive(Serialize, JsonSchema)]
pub struct BriefFall {
    /// Its id, for the skill control.
    pub(super) control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    /// Points lost.
    pub(super) moved: f64,
    /// Points now.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    /// Points it can give.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// Why, as far as the data tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) why: Option<ChangeReason>,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    full_why: String,
    #[serde(skip)]
    target: RowTarget,
}

/// The falls that are listed, and how many are not, with their points.
pub(super) struct Falls {
    pub rows: Vec<BriefFall>,
    pub more: (usize, f64),
}

impl Falls {
    /// Those among `changes`, the largest first.
    pub(super) fn of(changes: &[Change<'_>], facts: &Facts, tenant: &TenantFacts) -> Self {
        let mut falls: Vec<&Change<'_>> = changes.iter().filter(|change| change.kind == DiffKind::Down).collect();
        falls.sort_by(|a, b| a.points.total_cmp(&b.points));
        let (listed, more) = falls.split_at(falls.len().min(LISTED));
        let more = (more.len(), more.iter().map(|change| change.points).sum());
        Self { rows: listed.iter().filter_map(|change| row(change, facts, tenant)).collect(), more }
    }

    /// Cuts titles and reasons that are too long for an answer; whether there were some.
    pub(super) fn fitted(&mut self) -> bool {
        let titles = fit(TITLE * self.rows.len(), self.rows.iter_mut().filter_map(|row| row.title.as_mut()));
        let reasons = fit(WHY * self.rows.len(), self.rows.iter_mut().filter_map(|row| row.why.as_mut().and_then(ChangeReason::theirs)));
        titles || reasons
    }
}

fn row(change: &Change<'_>, facts: &Facts, tenant: &TenantFacts) -> Option<BriefFall> {
    let control = change.control()?;
    let portal = facts.portal(tenant);
    let why = why(change).map(|why| why.cut(FULL));
    let subtitle = || format!("{} points", format::signed(change.points));
    Some(BriefFall {
        control: format::name(control.name()),
        title: link::title_of(&control, portal),
        moved: format::round2(change.points),
        to: control.score.points.map(format::round2),
        max: control.maximum.map(format::round2),
        link: Link::to_control(portal, control.name(), subtitle),
        full_why: why.as_ref().map_or_else(String::new, ToString::to_string),
        why,
        target: RowTarget::to_control(tenant, control.name(), control.title()),
    })
}

impl BriefFall {
    /// It as people read it: the control, how it moved, why.
    pub(super) fn row(&self) -> TableRow {
        let control = ControlLabel { id: self.control.clone(), title: self.title.clone(), ..ControlLabel::default() };
        self.target.row(vec![
            Cell::Control(control),
            Cell::Move(Some(self.moved), None),
            Cell::Of(self.to, self.max),
            Cell::Text(Word::toned(self.full_why.clone(), Tone::Quiet)),
        ])
    }
}
