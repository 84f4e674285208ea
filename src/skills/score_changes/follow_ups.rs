//! What do people ask after changes? Those of another span, more of them, and what about one control.

use super::{OnlyArg, ScoreChangesArgs, Since, five};
use crate::{
    card::Next,
    skill_id::SkillId,
    skills::{
        follow_ups::{Pairs, ask, find, more, word},
        page::ListPage,
    },
};

/// The spans that people ask for.
const SPANS: [(Since, &str); 3] =
    [(Since::Days(7), "Last 7 days"), (Since::Days(30), "Last 30 days"), (Since::Yesterday, "Since yesterday")];

/// After an answer about one tenant, of which `total` controls changed.
pub(super) fn of_one(tenant: &str, since: Since, args: &ScoreChangesArgs, total: usize) -> impl Iterator<Item = Next> {
    let more = more(SkillId::ScoreChanges, tenant, args.page(args.limit), total, |limit| args.pairs(since, limit));
    let category = args.category.map(|category| ("category", category.word()));
    let weakest = ask(SkillId::WeakestControls, tenant, "Weakest controls", category.into_iter().collect());
    more.into_iter().chain(spans(tenant, since, args)).chain([weakest, find(tenant)])
}

/// After an answer about all tenants.
pub(super) fn of_all<'a>(
    tenants: &'a str,
    since: Since,
    args: &'a ScoreChangesArgs,
    page: ListPage,
    total: usize,
) -> impl Iterator<Item = Next> {
    let more = more(SkillId::ScoreChanges, tenants, page, total, |_| args.pairs(since, args.limit));
    more.into_iter().chain(spans(tenants, since, args)).chain([ask(SkillId::SecureScore, tenants, "Where we stand", Vec::new())])
}

/// Two other spans than the one that was asked for.
fn spans(tenant: &str, since: Since, args: &ScoreChangesArgs) -> impl Iterator<Item = Next> {
    let others = SPANS.into_iter().filter(move |(span, _)| *span != since).take(2);
    // They end on the newest day, as their names say.
    let pairs = |span| args.pairs(span, args.limit).into_iter().filter(|(name, _)| *name != "until").collect();
    others.map(move |(span, label)| ask(SkillId::ScoreChanges, tenant, label, pairs(span)))
}

impl ScoreChangesArgs {
    /// The page of a list with so many rows each.
    pub(super) fn page(&self, rows: usize) -> ListPage {
        ListPage { number: self.page, rows }
    }

    /// The same arguments since another day and with another limit, without those that say nothing.
    pub(super) fn pairs(&self, since: Since, limit: usize) -> Pairs {
        let since = since.word().map(|word| ("since", word));
        let until = self.until().ok().flatten().map(|until| ("until", until.word()));
        let category = self.category.map(|category| ("category", category.word()));
        let only = (self.only != OnlyArg::All).then(|| ("only", word(self.only)));
        let limit = (limit != five()).then(|| ("limit", limit.to_string()));
        [since, until, category, only, limit].into_iter().flatten().collect()
    }
}
