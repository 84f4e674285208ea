//! What is missing of a comparison, or needs care to read it?

use jiff::civil::Date;

use crate::skills::{note::Note, words};

pub(super) fn only_one_day() -> Note {
    Note::new("only one day is held, nothing to compare with yet", "Only one day is known, so there is nothing to compare with yet.")
}

/// The day that was asked for is not held, another one is.
pub(super) fn other_day(asked: Date, before: Date) -> Note {
    Note::new(format!("{asked} is not held, compared with {before}"), format!("Nothing is known of {asked}; this compares with {before}."))
}

/// A category's share of the move.
pub(super) fn part_of_move(category: &str, part: f64) -> Note {
    let sentence = match words::moved(part).as_str() {
        "no move" => format!("Controls of the category {category} have no share in the move."),
        moved => format!("Of the whole move, controls of the category {category} make {moved}."),
    };
    Note::new(format!("of the move, {category}: {}", words::signed(part)), sentence)
}

/// What the limit leaves out.
pub(super) fn not_listed(changes: usize, rest: f64) -> Note {
    let more = words::count(changes, "more change");
    let are = if changes == 1 { "is" } else { "are" };
    Note::new(format!("{more}, together {}", words::signed(rest)), format!("{more} {are} not listed: together {}.", words::moved(rest)))
}

/// Tenants that no row is left for.
pub(super) fn tenants_not_listed(more: usize) -> Note {
    Note::new(format!("{more} more tenants moved less"), format!("Not listed: {} that moved less.", words::count(more, "tenant")))
}

pub(super) fn without_later_day(tenants: usize) -> Note {
    let tenants_of = words::count(tenants, "tenant");
    let have = if tenants == 1 { "has" } else { "have" };
    Note::new(format!("{tenants_of} without data after that day"), format!("{tenants_of} {have} no data after that day yet."))
}

/// Tenants without controls of a category, or of which no controls are known.
pub(super) fn without_category(tenants: usize, category: &str) -> Note {
    let tenants_of = words::count(tenants, "tenant");
    let sentence = format!("Of {tenants_of} no controls of the category {category} are known.");
    Note::new(format!("{tenants_of} without known {category} controls"), sentence)
}

pub(super) fn without_earlier_day(tenants: usize) -> Note {
    let tenants_of = words::count(tenants, "tenant");
    let have = if tenants == 1 { "has" } else { "have" };
    let sentence = format!("{tenants_of} {have} no earlier day to compare with.");
    Note::new(format!("{tenants_of} without an earlier day to compare with"), sentence)
}
