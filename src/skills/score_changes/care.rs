//! What is missing of a comparison, or needs care to read it?

use jiff::civil::Date;

use super::{Args, tally::Tally};
use crate::{
    error::Result,
    score::{
        change::{Change, Diff, Share},
        same_points,
    },
    skills::{note::Note, page::Page, words},
};

pub(super) fn only_one_day() -> Note {
    Note::new("only one day is held, nothing to compare with yet", "Only one day is known, so there is nothing to compare with yet.")
}

/// The day that was asked for is not held, another one is.
pub(super) fn other_day(asked: Date, before: Date) -> Note {
    Note::new(format!("{asked} is not held, compared with {before}"), format!("Nothing is known of {asked}; this compares with {before}."))
}

/// How the whole tenant moved, where only a category of it was asked for.
pub(super) fn whole_tenant(diff: &Diff<'_>) -> Note {
    let share = diff.share().map_or_else(String::new, |share| format!(", {}", percent(share)));
    let to = words::points(diff.points.to);
    let short = format!("whole tenant: {} to {to} points{share}", words::signed(diff.points.moved()));
    Note::new(short, format!("The whole tenant: {}, to {to}{share}.", words::moved(diff.points.moved())))
}

/// How the share of the maximum moved, and what of it is whose where both moved: `50 to 44.55 % (points -1, maximum -4.45)`.
pub(super) fn percent(share: Share) -> String {
    let (from, to) = (words::points(share.from), words::points(share.to));
    let by_maximum = words::round2(share.maximum);
    if same_points(by_maximum, 0.0) {
        return if from == to { format!("{to} %") } else { format!("{from} to {to} %") };
    }
    // What is shown adds up: the points' part is what the maximum leaves of the move.
    let by_points = words::round2(words::round2(share.to) - words::round2(share.from) - by_maximum);
    format!("{from} to {to} % (points {}, maximum {})", words::signed(by_points), words::signed(by_maximum))
}

/// The page of what is `shown`, which rows that are where it is a later one, and what comes after it.
pub(super) fn paged(args: &Args, shown: &[&Change<'_>]) -> Result<(Page, Option<String>, Option<Note>)> {
    let page = args.page(args.limit);
    page.check(shown.len())?;
    let rest = Tally::of(shown.iter().copied().skip(page.skipped() + page.rows));
    let span = (page.number > 1).then(|| page.span(shown.len()));
    Ok((page, span, not_listed(page, rest, shown.len())))
}

/// What comes after the page of `total` changes; `None` when nothing does.
fn not_listed(page: Page, rest: Tally, total: usize) -> Option<Note> {
    let next = page.next(total)?;
    let more = words::count(rest.total(), "more change");
    let are = if rest.total() == 1 { "is" } else { "are" };
    let sentence = format!("{more} {are} not listed: {}. Page {next} goes on.", rest.sentence());
    Some(Note::new(format!("{more} (page {next}): {}", rest.short()), sentence))
}

/// Tenants that no row is left for, by how much each moved.
pub(super) fn tenants_not_listed(moves: &[f64], next: usize) -> Note {
    let falls: Vec<f64> = moves.iter().copied().filter(|moved| words::round2(*moved) < 0.0).collect();
    let told = if falls.is_empty() {
        String::new()
    } else {
        format!(", {} of them fell, by {} at most", falls.len(), words::points(-falls.iter().copied().fold(0.0, f64::min)))
    };
    let short = format!("{} more tenants moved less{told} (page {next})", moves.len());
    Note::new(short, format!("Not listed: {} that moved less{told}. Page {next} goes on.", words::count(moves.len(), "tenant")))
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
