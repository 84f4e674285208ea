//! Where does an answer lead a person, and what else stands around its card? The portal's page about it, the questions that people ask next; its title,
//! its foot, and the mark of an old score.
//!
//! For cards alone: no tokens are counted for people, so a card links and leads on whatever the form of an answer.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    TenantFacts,
    caveat::{self, Caveat},
    format,
    fresh::Stale,
    link::Portal,
    options::TEXT_MAX,
    page::ListPage,
};
use crate::{
    card::{Block, Card, Cell, Next, TableRow},
    skill_id::SkillId,
    text::cut,
};

/// More questions than this would be a menu.
const NEXT_MAX: usize = 4;
/// How long the label of an answer's question is, in characters.
const LABEL_MAX: usize = 40;
/// How long that of a row's question is, which is a title.
const TITLE_MAX: usize = 80;
/// How many rows a skill lists when it is asked for more.
pub(super) const ROWS_MAX: usize = 25;
/// The word for all tenants.
pub(super) const ALL: &str = "all";

/// Arguments, as a query string has them.
pub(super) type Pairs = Vec<(&'static str, String)>;

/// Where an answer leads.
#[derive(Debug, Clone, Default)]
pub struct FollowUps {
    /// The portal's page about it.
    pub(crate) link: Option<String>,
    /// When it was read.
    pub(crate) read_at: Option<Timestamp>,
    next: Vec<Next>,
}

impl FollowUps {
    /// From an answer about `tenant`, to its score and to the first of `next`.
    pub(super) fn of(tenant: &TenantFacts, next: impl IntoIterator<Item = Next>) -> Self {
        Self { link: Some(Portal::of(tenant).score()), read_at: tenant.read_at, next: next.into_iter().take(NEXT_MAX).collect() }
    }

    /// From an answer about one control of `tenant`.
    pub(super) fn of_control(tenant: &TenantFacts, name: &str, next: impl IntoIterator<Item = Next>) -> Self {
        Self { link: Some(Portal::of(tenant).control(name)), ..Self::of(tenant, next) }
    }

    /// From an answer about all of `tenants`, which is as old as the oldest of them.
    pub(super) fn of_all(tenants: &[&TenantFacts], next: impl IntoIterator<Item = Next>) -> Self {
        Self {
            link: Some(Portal::of_nobody().score()),
            read_at: format::oldest_read(tenants),
            next: next.into_iter().take(NEXT_MAX).collect(),
        }
    }

    /// The card that leads there.
    pub(super) fn card(&self, title: String, blocks: Vec<Block>, foot: String) -> Card {
        Card { link: self.link.clone(), read_at: self.read_at, next: self.next.clone(), ..Card::new(title, blocks, foot) }
    }
}

/// What stands around the blocks of an answer's card.
#[derive(Debug, Clone, Default)]
pub struct CardFrame {
    title: String,
    pub(crate) foot: String,
    stale: Option<Stale>,
    pub(crate) follow_ups: FollowUps,
}

impl CardFrame {
    /// Around an answer about `tenant`, which leads to the first of `next`.
    pub(super) fn of(tenant: &TenantFacts, title: String, stale: Option<Stale>, next: impl IntoIterator<Item = Next>) -> Self {
        Self { title, foot: format::foot(tenant), stale, follow_ups: FollowUps::of(tenant, next) }
    }

    /// The same around one about all of `tenants`.
    pub(super) fn of_all(tenants: &[&TenantFacts], title: String, stale: Option<Stale>, next: impl IntoIterator<Item = Next>) -> Self {
        Self { title, foot: format::foot_of_all(tenants), stale, follow_ups: FollowUps::of_all(tenants, next) }
    }

    /// It around one about past days, which is as old as these, whenever they were read. `foot` is what it rests on.
    pub(super) fn of_the_past(mut self, foot: String) -> Self {
        (self.foot, self.follow_ups.read_at) = (foot, None);
        self
    }

    /// The card of `blocks` and `notes`.
    pub(super) fn card(&self, blocks: Vec<Block>, notes: &[Caveat]) -> Card {
        let mut blocks = Stale::lead(self.stale.as_ref(), blocks);
        blocks.extend(caveat::blocks(notes));
        self.follow_ups.card(self.title.clone(), blocks, self.foot.clone())
    }
}

/// Where a row leads.
#[derive(Debug, Clone)]
pub struct RowTarget {
    link: String,
    next: Option<Next>,
}

impl RowTarget {
    /// From a row about the control called `name`, to all about it. `title` is what people know it by.
    pub(super) fn to_control(tenant: &TenantFacts, name: &str, title: &str) -> Self {
        // One that is neither described nor was scored on any of these days cannot be found either.
        let found = tenant.catalogue.get(name).is_some() || tenant.history.days().iter().any(|day| day.control(name).is_some());
        let next = about(&tenant.name, name, short(title, TITLE_MAX), &[]).filter(|_| found);
        Self { link: Portal::of(tenant).control(name), next }
    }

    /// From a row about `tenant` among all, to the same question about it alone.
    pub(super) fn to_tenant(skill: SkillId, tenant: &TenantFacts, args: Pairs) -> Self {
        Self { link: Portal::of(tenant).score(), next: Some(ask(skill, &tenant.name, &tenant.name, args)) }
    }

    /// From a row about a group of tenants, by its name, to the same question about it.
    pub(super) fn to_group(skill: SkillId, group: &str, args: Pairs) -> Self {
        Self { link: Portal::of_nobody().score(), next: Some(ask(skill, group, group, args)) }
    }

    /// The row that leads there.
    pub(crate) fn row(&self, cells: Vec<Cell>) -> TableRow {
        TableRow { link: Some(self.link.clone()), next: self.next.clone(), cells }
    }
}

/// The question of `skill` about `tenant`.
pub(super) fn ask(skill: SkillId, tenant: &str, label: &str, args: Pairs) -> Next {
    let args = args.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Next { label: short(label, LABEL_MAX), skill, tenant: tenant.to_owned(), args }
}

/// The question for more of `total` rows: as many as a page takes, then the next page; `None` where all are told. `args` are the others
/// with another number of rows.
pub(super) fn more(skill: SkillId, tenant: &str, page: ListPage, total: usize, args: impl Fn(usize) -> Pairs) -> Option<Next> {
    let next = page.next(total)?;
    if page.number == 1 && page.rows < ROWS_MAX {
        return Some(ask(skill, tenant, "List more", args(ROWS_MAX)));
    }
    let mut args = args(page.rows);
    args.push(("page", next.to_string()));
    Some(ask(skill, tenant, "Next page", args))
}

/// The question about a control that is yet to be named.
pub(super) fn find(tenant: &str) -> Next {
    ask(SkillId::Control, tenant, "Find a control", Vec::new())
}

/// The question about the control called `name`, which people know by its `title`.
pub(super) fn other(tenant: &str, name: &str, title: &str) -> Option<Next> {
    about(tenant, name, short(title, LABEL_MAX), &[])
}

/// The question about the whole of the control called `name`.
pub(super) fn whole(tenant: &str, name: &str) -> Option<Next> {
    about(tenant, name, "All steps".to_owned(), &[("whole", "true")])
}

/// `None` for a name that no question can carry.
fn about(tenant: &str, name: &str, label: String, more: &[(&'static str, &str)]) -> Option<Next> {
    let args = [("name", name)].iter().chain(more).map(|(name, value)| ((*name).into(), (*value).to_owned())).collect();
    (name.chars().count() <= TEXT_MAX).then(|| Next { label, skill: SkillId::Control, tenant: tenant.to_owned(), args })
}

/// A choice, in the word that arguments have for it.
pub(super) fn word(choice: impl Serialize) -> String {
    serde_json::to_value(choice).ok().as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// `text` in at most `characters_max` characters, marks that stand on others counted as well.
fn short(text: &str, characters_max: usize) -> String {
    (1..=characters_max).rev().map(|room| cut(text, room)).find(|cut| cut.chars().count() <= characters_max).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_whatever_it_is_made_of() {
        assert_eq!(short("AdminMFAV2", LABEL_MAX), "AdminMFAV2");
        assert_eq!(short(&"x".repeat(90), LABEL_MAX).chars().count(), LABEL_MAX);
        let marked = "e\u{301}\u{302}".repeat(60);
        assert!((30..=LABEL_MAX).contains(&short(&marked, LABEL_MAX).chars().count()));
    }

    #[test]
    fn a_name_that_is_no_argument_leads_nowhere() {
        assert!(other("contoso", &"e\u{301}".repeat(TEXT_MAX / 2), "").is_some());
        assert!(other("contoso", &"e\u{301}".repeat(TEXT_MAX / 2 + 1), "").is_none());
    }
}
