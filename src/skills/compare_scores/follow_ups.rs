//! What do people ask after a comparison? That of another span, more of it, what changed, where we stand.

use super::CompareScoresArgs;
use crate::{
    card::Next,
    skill_id::SkillId,
    skills::{
        follow_ups::{Pairs, ask, more},
        page::ListPage,
        since::Since,
    },
};

/// The spans that people ask for.
const SPANS: [(Since, &str); 3] =
    [(Since::Days(30), "Changes in 30 days"), (Since::Days(7), "Changes in 7 days"), (Since::Yesterday, "Changes since yesterday")];

/// After an answer about one tenant.
pub(super) fn of_one(tenant: &str, since: Since, args: &CompareScoresArgs) -> impl Iterator<Item = Next> {
    let category = || args.category.map(|category| ("category", category.word()));
    let weakest = ask(SkillId::WeakestControls, tenant, "Weakest controls", category().into_iter().collect());
    // Where the only tenant was asked about as all of them, no list of its controls can be.
    let weakest = (tenant != crate::skills::follow_ups::ALL).then_some(weakest);
    let score = ask(SkillId::SecureScore, tenant, "Where we stand", Vec::new());
    spans(tenant, since, args).take(1).chain(weakest).chain([score])
}

/// After an answer about several.
pub(super) fn of_all(tenants: &str, since: Since, args: &CompareScoresArgs, page: ListPage, total: usize) -> impl Iterator<Item = Next> {
    let more = more(SkillId::CompareScores, tenants, page, total, |_| args.pairs(since));
    let changes = since.word().map(|word| ("since", word)).into_iter().collect();
    let changes = ask(SkillId::ScoreChanges, tenants, "What changed", changes);
    more.into_iter().chain(spans(tenants, since, args)).chain([changes])
}

/// Two other spans than the one that was asked for.
fn spans(tenants: &str, since: Since, args: &CompareScoresArgs) -> impl Iterator<Item = Next> {
    let others = SPANS.into_iter().filter(move |(span, _)| *span != since).take(2);
    others.map(move |(span, label)| ask(SkillId::CompareScores, tenants, label, args.pairs(span)))
}

impl CompareScoresArgs {
    /// The same arguments since another day, without those that say nothing.
    pub(super) fn pairs(&self, since: Since) -> Pairs {
        let word = since.word().unwrap_or_else(|| "yesterday".to_owned());
        let since = (word != super::week()).then_some(("since", word));
        let category = self.category.map(|category| ("category", category.word()));
        [since, category].into_iter().flatten().collect()
    }
}
