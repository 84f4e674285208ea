//! What to do first? Quick wins that the tenant's licences allow, as far as that is known.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    card::{Cell, TableRow, cell::ControlLabel},
    score::{
        Control, Snapshot,
        rank::{Order, Ranking, RankingQuery},
    },
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        fit::fit,
        follow_ups::RowTarget,
        format,
        licence::LicensedArg,
        link::{self, Link},
    },
};

/// How many are listed.
const LISTED: usize = 3;
/// How much room a title has, in quarters of a token.
const TITLE: usize = 40;

/// A control that gives much for little.
#[derive(Serialize, JsonSchema)]
pub struct BriefAction {
    /// Its id, for the skill control.
    pub(super) control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    /// Points to gain.
    pub(super) gain: f64,
    /// What it costs to implement; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<&'static str>,
    /// What people feel of it; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) impact: Option<&'static str>,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    target: RowTarget,
}

/// The quick wins that are listed, and what is not.
pub(super) struct QuickWins {
    pub rows: Vec<BriefAction>,
    /// What they give together; `None` where none is listed.
    pub together: Option<f64>,
    /// How many are left out for a licence that the tenant seems to lack.
    unlicensed: usize,
    /// How many because nothing tells what they give.
    of_unknown_points: usize,
}

impl QuickWins {
    /// Those of the day `scored`.
    pub(super) fn of(scored: &Snapshot, tenant: &TenantFacts, facts: &Facts) -> Self {
        let stays = |control: &Control<'_>| control.profile.is_none_or(|profile| !profile.deprecated);
        let weak = Ranking::of(scored, &tenant.catalogue, RankingQuery { order: Order::QuickWins, ..RankingQuery::default() }, stays).weak;
        let (unlicensed, open): (Vec<_>, Vec<_>) =
            weak.into_iter().partition(|control| tenant.is_licensed(control, LicensedArg::No) == Some(true));
        let known: Vec<(&Control<'_>, f64)> = open.iter().filter_map(|control| Some((control, control.points_left()?))).collect();
        let rows: Vec<BriefAction> = known.iter().take(LISTED).map(|(control, gain)| row(control, *gain, facts, tenant)).collect();
        Self {
            together: (!rows.is_empty()).then(|| known.iter().take(LISTED).map(|(_, gain)| gain).sum()),
            rows,
            unlicensed: unlicensed.len(),
            of_unknown_points: open.len() - known.len(),
        }
    }

    /// Cuts titles that are too long for an answer; whether there were some.
    pub(super) fn fitted(&mut self) -> bool {
        fit(TITLE * self.rows.len(), self.rows.iter_mut().filter_map(|row| row.title.as_mut()))
    }

    /// What is left out.
    pub(super) fn notes(&self) -> impl Iterator<Item = Caveat> + use<> {
        let controls = format::count(self.unlicensed, "weak control");
        let unlicensed = (self.unlicensed > 0).then(|| {
            let sentence = format!("Not proposed: {controls} for which a licence seems to be missing.");
            Caveat::new(format!("left out: {} not licensed as far as known", self.unlicensed), sentence)
        });
        unlicensed.into_iter().chain(caveat::unknown_points(self.of_unknown_points))
    }
}

fn row(control: &Control<'_>, gain: f64, facts: &Facts, tenant: &TenantFacts) -> BriefAction {
    let portal = facts.portal(tenant);
    BriefAction {
        control: format::name(control.name()),
        title: link::title_of(control, portal),
        gain: format::round2(gain),
        cost: control.profile.and_then(|profile| profile.cost.word()),
        impact: control.profile.and_then(|profile| profile.impact.word()),
        link: Link::to_control(portal, control.name(), || format!("{} points to gain", format::points(gain))),
        target: RowTarget::to_control(tenant, control.name(), control.title()),
    }
}

impl BriefAction {
    /// It as people read it: the control, what it gives, what it takes.
    pub(super) fn row(&self) -> TableRow {
        let control = ControlLabel { id: self.control.clone(), title: self.title.clone(), ..ControlLabel::default() };
        let effort = Cell::Effort(self.cost.map(ToOwned::to_owned), self.impact.map(ToOwned::to_owned));
        self.target.row(vec![Cell::Control(control), Cell::Points(Some(self.gain)), effort])
    }
}
