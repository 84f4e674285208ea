//! What do posts that nobody asked for borrow from the skills? Their words for a change, their ways into the portal, the questions that go on.

use jiff::civil::Date;

use super::{
    TenantFacts,
    follow_ups::{FollowUps, RowTarget, ask, other},
    format,
    fresh::Stale,
    why,
};
use crate::{
    card::{Block, Card, Cell, TableRow},
    score::{Control, change::Change},
    skill_id::SkillId,
};

pub use super::format::{amount, minute, moved, points};

/// How much of what Microsoft sees, and of a comment, people see, in quarters of a token.
const SEEN: usize = 400;

/// Points of so many, where that is known: `8 of 10 points`.
pub fn of(number: f64, maximum: Option<f64>) -> String {
    maximum.map_or_else(|| amount(number), |maximum| format!("{} of {}", points(number), amount(maximum)))
}

/// Why the points of a control moved, as far as the data tell.
pub fn why(change: &Change<'_>) -> Option<String> {
    why::why(change).map(|why| why.cut(SEEN).to_string())
}

/// Whether `control` is of the product `wanted`, as arguments say it.
pub fn is_of_product(control: &Control<'_>, wanted: &str) -> bool {
    control.is_of_product(wanted)
}

/// Somebody's words, between quotes that they cannot end.
pub fn quoted(text: &str) -> String {
    format::quoted(text, SEEN)
}

/// A row about the control called `name`, which leads to all about it. `title` is what people know it by.
pub fn control_row(tenant: &TenantFacts, name: &str, title: &str, cells: Vec<Cell>) -> TableRow {
    RowTarget::to_control(tenant, name, title).row(cells)
}

/// `card` with a mark where the newest day of `tenant` is old on `today`.
pub fn aged(card: Card, tenant: &TenantFacts, today: Date) -> Card {
    match tenant.history.newest().and_then(|newest| Stale::of(newest.day, today)) {
        Some(stale) => card.marked(stale.word()),
        None => card,
    }
}

/// A card about `tenant`, or about one `control` of it, that leads to the control and to what changed, since a day if that is known.
pub fn card(tenant: &TenantFacts, control: Option<&str>, since: Option<Date>, title: String, blocks: Vec<Block>) -> Card {
    let since = since.map(|day| ("since", day.to_string()));
    let changes = ask(SkillId::ScoreChanges, &tenant.name, "What changed", since.into_iter().collect());
    let titled = |name: &str| tenant.catalogue.get(name).map_or_else(|| name.to_owned(), |profile| profile.title.clone());
    let next = control.and_then(|name| other(&tenant.name, name, &titled(name))).into_iter().chain([changes]);
    let follow_ups = match control {
        Some(name) => FollowUps::of_control(tenant, name, next),
        None => FollowUps::of(tenant, next),
    };
    follow_ups.card(title, blocks, format::foot(tenant))
}
