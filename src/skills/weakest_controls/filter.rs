//! Which controls are asked for beside a category and a product? Those of a status, that take no more than so much, that the tenant is licensed for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WeakestControlsArgs;
use crate::{
    score::{
        Control, Snapshot, Status,
        rank::{Order, RankedStatus, Ranking, RankingQuery},
    },
    skills::{
        TenantFacts,
        caveat::Caveat,
        follow_ups::word,
        format,
        level::{self, LevelArg},
        licence::LicensedArg,
    },
};

/// How a control stands, and what was decided about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is called what it is")]
pub enum StatusArg {
    #[default]
    Open,
    OpenOrAccepted,
    Completed,
    Planned,
    InProgress,
    RiskAccepted,
    ThirdParty,
    AlternateMitigation,
}

impl StatusArg {
    /// What of it the score itself says.
    const fn ranked(self) -> RankedStatus {
        match self {
            Self::Open | Self::Planned | Self::InProgress => RankedStatus::Open,
            Self::OpenOrAccepted => RankedStatus::OpenOrAccepted,
            Self::Completed => RankedStatus::Completed,
            Self::RiskAccepted => RankedStatus::Accepted,
            Self::ThirdParty => RankedStatus::ThirdParty,
            Self::AlternateMitigation => RankedStatus::Mitigated,
        }
    }

    /// What of it our own people say.
    const fn ours(self) -> Option<Status> {
        match self {
            Self::Planned => Some(Status::Planned),
            Self::InProgress => Some(Status::InProgress),
            Self::Open | Self::OpenOrAccepted | Self::Completed | Self::RiskAccepted | Self::ThirdParty | Self::AlternateMitigation => None,
        }
    }

    /// Whether those that are listed have points to gain for whoever works on them.
    pub(super) const fn is_open(self) -> bool {
        matches!(self.ranked(), RankedStatus::Open | RankedStatus::OpenOrAccepted)
    }

    /// What one of them is called.
    const fn noun(self) -> &'static str {
        match self {
            Self::Open => "weak control",
            Self::OpenOrAccepted => "weak control (open or accepted)",
            Self::Completed => "completed control",
            Self::Planned => "planned weak control",
            Self::InProgress => "weak control in progress",
            Self::RiskAccepted => "control of accepted risk",
            Self::ThirdParty => "control resolved by a third party",
            Self::AlternateMitigation => "control resolved by an alternate mitigation",
        }
    }

    /// So many of them.
    pub(super) fn counted(self, controls: usize) -> String {
        if controls == 1 { format!("1 {}", self.noun()) } else { format!("{controls} {}", self.around("controls")) }
    }

    /// The words that say which `controls` they are, around these.
    pub(super) fn around(self, controls: &str) -> String {
        let (before, behind) = self.noun().split_once("control").unwrap_or_default();
        format!("{before}{controls}{behind}")
    }
}

impl WeakestControlsArgs {
    /// Whether our own people say of it what is wanted.
    fn is_ours(&self, control: &Control<'_>, tenant: &TenantFacts) -> bool {
        let said = || tenant.annotations.get(control.name()).and_then(|annotation| annotation.status);
        self.status.ours().is_none_or(|wanted| said() == Some(wanted))
    }

    /// Whether it is licensed as is wanted, as far as that is known.
    fn is_licensed(&self, control: &Control<'_>, tenant: &TenantFacts) -> bool {
        self.licensed.is_none_or(|wanted| tenant.is_licensed(control, wanted) == Some(true))
    }

    /// The controls of the day `scored` that are asked for, in order, and of how many it is not known whether they are.
    pub(super) fn ranked<'a>(&self, scored: &'a Snapshot, tenant: &'a TenantFacts, order: Order) -> (Ranking<'a>, NotKnown) {
        let limit = level::limit(self.effort, self.user_impact);
        let query = RankingQuery { status: self.status.ranked(), order, below: f64::from(self.below), limit };
        let rank = |wanted: &dyn Fn(&Control<'a>) -> bool| {
            Ranking::of(scored, &tenant.catalogue, query, |control| {
                self.filter().fits(control) && self.is_ours(control, tenant) && wanted(control)
            })
        };
        let ranking = rank(&|control| self.is_licensed(control, tenant));
        let of_unknown_licence = |control: &Control<'a>| tenant.licence_of(control).is_none_or(|need| need.held.is_none());
        let not_known = NotKnown {
            effort: ranking.of_unknown_effort,
            licence: if self.licensed.is_some() { rank(&of_unknown_licence).weak.len() } else { 0 },
            licences: self.licensed.is_some() && !tenant.licences().is_known(),
        };
        (ranking, not_known)
    }

    /// The filters beside category and product, as a title says them.
    pub(super) fn filters_titled(&self) -> String {
        let most = |most: Option<LevelArg>, what: &str| {
            most.map(|most| {
                let at_most = if most == LevelArg::Low { "" } else { "at most " };
                format!("{at_most}{} {what}", word(most))
            })
        };
        let all: Vec<String> = [most(self.effort, "effort"), most(self.user_impact, "user impact")].into_iter().flatten().collect();
        let with = if all.is_empty() { String::new() } else { format!(" with {}", all.join(" and ")) };
        let licensed = match self.licensed {
            Some(LicensedArg::Yes) => ", licensed",
            Some(LicensedArg::No) => ", not licensed",
            None => "",
        };
        format!("{with}{licensed}")
    }
}

/// Of how many controls it is not known whether they fit, which are left out.
pub(super) struct NotKnown {
    /// Because Microsoft does not say what they take.
    pub(super) effort: usize,
    /// Because nothing tells which plan they need, or whether the tenant has it.
    pub(super) licence: usize,
    /// Whether the licences of the tenant were asked for and are not known at all.
    pub licences: bool,
}

impl NotKnown {
    /// How many are left out and why, in few words and in a sentence.
    pub(super) fn left_out(&self) -> Vec<(String, String)> {
        let left_out = |controls: usize, what: &str, sentence: &str| {
            let counted = format::count(controls, "control");
            (controls > 0).then(|| (format!("{controls} of unknown {what}"), format!("{counted} of which {sentence}")))
        };
        let effort = left_out(self.effort, "effort or user impact", "Microsoft does not say the effort or the user impact");
        let licence = left_out(self.licence, "licence", "nothing tells whether they are licensed").filter(|_| !self.licences);
        effort.into_iter().chain(licence).collect()
    }

    /// That the licences of the tenant are not known, where they were asked for.
    pub(super) fn licences(&self) -> Option<Caveat> {
        let short = "licences of this tenant not known: Microsoft did not say what it has";
        let sentence = "Which licences this tenant has is not known: Microsoft did not say it.";
        self.licences.then(|| Caveat::new(short, sentence).said_in_first_line())
    }
}
