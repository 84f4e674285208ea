//! What does a step give, and how does the score stand after it?

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::caveats;
use crate::{
    card::{Cell, cell::ControlLabel},
    score::{Control, ControlProgress, ControlState, Effort, Snapshot, plan::PlanStep, risk::decision_end, stated_expiry::StatedExpiry},
    skills::{Facts, TenantFacts, annotations::AnnotationFields, caveat::Caveat, follow_ups::RowTarget, format, licence, link::Link},
};

/// One step.
#[derive(Serialize, JsonSchema)]
pub struct PlanRow {
    /// Its id, for the skill control.
    pub(super) control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) deprecated: bool,
    /// Points that it gives when all of it is done; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gain: Option<f64>,
    /// Points after this step and all before it.
    pub(super) points_after: f64,
    /// Percent likewise; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent_after: Option<f64>,
    /// What it costs to implement; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<&'static str>,
    /// What people feel of it; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) impact: Option<&'static str>,
    /// What else is to be known of it: risk accepted, already full, not scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remark: Option<String>,
    /// The last day that we gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Date>,
    #[serde(flatten)]
    pub(super) annotations: AnnotationFields,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

impl PlanRow {
    /// The control that it is about.
    pub(super) fn cell(&self) -> Cell {
        let (id, title) = (self.control.clone(), self.title.clone());
        Cell::Control(ControlLabel { id, title, deprecated: self.deprecated, described_until: None })
    }

    /// Whether it has nothing to give, for certain.
    pub(super) fn gives_nothing(&self) -> bool {
        self.gain.is_some_and(|gain| gain <= 0.0)
    }
}

/// The score, step after step.
pub(super) struct RunningScore {
    start: f64,
    maximum: Option<f64>,
    /// What the steps give, as far as known.
    pub gain: f64,
    /// What they take.
    pub effort: usize,
    /// Of how many of them that is not all known.
    pub unknown_effort: usize,
    /// Those of which nobody knows what they give.
    unknown: Vec<String>,
}

impl RunningScore {
    /// Before the first step.
    pub(super) fn of(day: &Snapshot) -> Self {
        let maximum = day.maximum.filter(|maximum| *maximum > 0.0);
        Self { start: day.points, maximum, gain: 0.0, effort: 0, unknown_effort: 0, unknown: Vec::new() }
    }

    /// Points by now.
    pub(super) fn points(&self) -> f64 {
        self.start + self.gain
    }

    /// Percent by now.
    pub(super) fn percent(&self) -> Option<f64> {
        self.maximum.map(|maximum| 100.0 * self.points() / maximum)
    }

    /// Takes a step of a plan; its row where it is `shown`.
    pub(super) fn step(&mut self, step: &PlanStep<'_>, tenant: &TenantFacts, facts: &Facts, shown: bool) -> Option<PlanRow> {
        self.take(step.gain, step.effort);
        shown.then(|| self.row(step.control.name(), Some(step.gain), None, tenant, facts))
    }

    /// Takes the control called `name`, in so far as it gives something; its row where it is `shown`.
    pub(super) fn named(&mut self, name: &str, day: &Snapshot, tenant: &TenantFacts, facts: &Facts, shown: bool) -> Option<PlanRow> {
        let control = day.control(name).map(|score| Control::join(score, &tenant.catalogue));
        let gain = control.as_ref().and_then(gain);
        match (control, gain) {
            (Some(control), Some(gain)) if gain > 0.0 => self.take(gain, Effort::of(&control)),
            (_, Some(_)) => {}
            (_, None) => self.unknown.push(format::name(name)),
        }
        let lacks = control.as_ref().and_then(|control| tenant.licence_of(control)).filter(|need| need.held == Some(false));
        let remark = remark(control.as_ref(), gain, state(tenant, name, facts.today), lacks.map(licence::words));
        shown.then(|| self.row(name, gain, remark, tenant, facts))
    }

    /// That not all that was named is counted; `None` where it is.
    pub(super) fn unknown_gain(&self) -> Option<Caveat> {
        caveats::not_counted(&self.unknown)
    }

    fn take(&mut self, gain: f64, effort: Effort) {
        self.gain += gain;
        self.effort += effort.weight;
        self.unknown_effort += usize::from(!effort.known);
    }

    fn row(&self, name: &str, gain: Option<f64>, remark: Option<String>, tenant: &TenantFacts, facts: &Facts) -> PlanRow {
        let profile = tenant.catalogue.get(name);
        let annotation = tenant.annotations.get(name);
        let mut row = PlanRow {
            control: format::name(name),
            title: profile.map(|profile| profile.title.clone()),
            deprecated: profile.is_some_and(|profile| profile.deprecated),
            gain: gain.map(format::round2),
            points_after: format::round2(self.points()),
            percent_after: self.percent().map(format::round2),
            cost: profile.and_then(|profile| profile.cost.word()),
            impact: profile.and_then(|profile| profile.impact.word()),
            remark,
            until: annotation.and_then(|annotation| annotation.until),
            annotations: AnnotationFields::of(annotation, facts.names),
            link: Link::default(),
            target: RowTarget::to_control(tenant, name, profile.map_or(name, |profile| &profile.title)),
        };
        if let Some(portal) = facts.portal(tenant) {
            let gain = row.gain.map_or_else(|| "points not known".to_owned(), |gain| format!("{} points", format::signed(gain)));
            row.link = Link::new(format!("{gain}, {} after it", format::amount(row.points_after)), portal.control(name));
            row.title.get_or_insert_with(|| row.control.clone());
        }
        row
    }
}

/// What is still to be had of a control; nothing of one that Microsoft calls done.
fn gain(control: &Control<'_>) -> Option<f64> {
    match control.standing() {
        ControlProgress::Full | ControlProgress::Worthless => Some(0.0),
        ControlProgress::Partial | ControlProgress::None | ControlProgress::Unknown => control.points_left(),
    }
}

/// What somebody decided about the control called `name`, and until when it holds where that is an acceptance.
fn state(tenant: &TenantFacts, name: &str, today: Date) -> Option<String> {
    let (profile, annotation) = (tenant.catalogue.get(name)?, tenant.annotations.get(name));
    let state = Some(profile.state()).filter(|state| **state != ControlState::Default)?;
    let end = Some(state).filter(|state| **state == ControlState::Accepted).and_then(|_| decision_end(profile, annotation));
    let end = match end {
        Some(StatedExpiry::Day(until)) if until < today => format!(", which expired {until}"),
        Some(StatedExpiry::Day(until)) => format!(" until {until}"),
        Some(StatedExpiry::Unclear(_)) | None => String::new(),
    };
    Some(format!("{}{end}", format::state(state)))
}

/// What is to be known of a control that was named, beside the `state` that somebody gave it and a licence that it `lacks`.
fn remark(control: Option<&Control<'_>>, gain: Option<f64>, state: Option<String>, lacks: Option<String>) -> Option<String> {
    let stands = match (control, gain) {
        (None, _) => Some("not scored in this tenant".to_owned()),
        (Some(control), _) if control.standing() == ControlProgress::Worthless => Some("it can give no points".to_owned()),
        (Some(_), Some(0.0)) => Some("already full".to_owned()),
        (Some(control), None) => {
            let percent = control.percent().map_or_else(String::new, |percent| format!("now {} %, ", format::round2(percent)));
            Some(format!("{percent}points to gain not known"))
        }
        (Some(_), Some(_)) => None,
    };
    let all: Vec<String> = stands.into_iter().chain(state).chain(lacks).collect();
    (!all.is_empty()).then(|| all.join(", "))
}
