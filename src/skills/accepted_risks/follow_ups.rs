//! What do people ask after decisions? Which are expired, what else was decided, and what about one control.

use super::{AcceptedRisksArgs, StateArg, five, one_update};
use crate::{
    card::Next,
    skill_id::SkillId,
    skills::{
        follow_ups::{Pairs, ask, find, more, word},
        page::ListPage,
    },
};

/// After an answer about one tenant, `expired` of whose `total` decisions are past their day.
pub(super) fn of_one(tenant: &str, args: &AcceptedRisksArgs, expired: usize, total: usize) -> impl Iterator<Item = Next> {
    let more = more(SkillId::AcceptedRisks, tenant, args.page(args.limit), total, |limit| args.pairs(limit, args.state));
    let weakest = ask(SkillId::WeakestControls, tenant, "Weakest controls", Vec::new());
    [others(tenant, args, expired), more, Some(find(tenant)), Some(weakest)].into_iter().flatten()
}

/// After an answer about all tenants.
pub(super) fn of_all<'a>(
    tenants: &'a str,
    args: &'a AcceptedRisksArgs,
    expired: usize,
    page: ListPage,
    total: usize,
) -> impl Iterator<Item = Next> {
    let more = more(SkillId::AcceptedRisks, tenants, page, total, |_| args.pairs(args.limit, args.state));
    let score = ask(SkillId::SecureScore, tenants, "Where we stand", Vec::new());
    let changes = ask(SkillId::ScoreChanges, tenants, "What changed", Vec::new());
    others(tenants, args, expired).into_iter().chain(more).chain([score, changes])
}

/// Only the expired ones where there are some, and back to all.
fn others(tenant: &str, args: &AcceptedRisksArgs, expired: usize) -> Option<Next> {
    let (label, state) =
        if args.state == StateArg::Accepted { ("Expired only", StateArg::Expired) } else { ("All accepted risks", StateArg::Accepted) };
    (state == StateArg::Accepted || expired > 0).then(|| ask(SkillId::AcceptedRisks, tenant, label, args.pairs(args.limit, state)))
}

impl AcceptedRisksArgs {
    /// The same arguments with another limit and state, without those that say nothing.
    pub(super) fn pairs(&self, limit: usize, state: StateArg) -> Pairs {
        let by = self.by.as_ref().map(|by| ("by", by.clone()));
        let state = (state != StateArg::default()).then(|| ("state", word(state)));
        let since = self.since.as_ref().filter(|since| !since.trim().is_empty()).map(|since| ("since", since.clone()));
        let history = (self.history != one_update()).then(|| ("history", self.history.to_string()));
        let limit = (limit != five()).then(|| ("limit", limit.to_string()));
        let ends = self.ends_within.map(|days| ("ends_within", days.to_string()));
        [by, state, since, ends, history, limit].into_iter().flatten().collect()
    }
}
