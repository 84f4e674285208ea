//! What is missing of a comparison, or needs care to read it?

use jiff::civil::Date;

use super::{
    ScoreChangesArgs,
    category_share::{CategoryKnowledge, CategoryShare, now_by},
};
use crate::{
    error::Result,
    score::{
        Snapshot,
        change::{Change, Diff, PercentChange},
        same_points,
    },
    skills::{
        Facts, Readership,
        caveat::{self, Caveat, NAMED_MAX},
        format,
        page::{self, ListPage},
        tally::Tally,
    },
    text::{first_of, sentence_case},
};

/// That there is no earlier day than the `last` one, which is the newest unless an earlier one was asked for.
pub(super) fn only_one_day(last: Option<Date>) -> Caveat {
    last.map_or_else(caveat::only_one_day, |last| {
        let short = format!("no earlier day than {last} is held, nothing to compare with");
        Caveat::new(short.clone(), format!("{}.", sentence_case(&short)))
    })
}

/// The last day that was asked for is not held, an earlier one is.
pub(super) fn other_last_day(asked: Date, after: Date) -> Caveat {
    Caveat::new(
        format!("{asked} is not held, compared up to {after}"),
        format!("Nothing is known of {asked}; this compares up to {after}."),
    )
}

/// Controls whose status alone changed, for readers who can ask for them.
pub(super) fn status_alone(controls: usize, facts: &Facts) -> Option<Caveat> {
    let other = format::count(controls, "other control");
    let short = format!("{controls} more changed status alone (only=status)");
    let sentence = format!("Not listed: {other} with another status and the same points.");
    (controls > 0 && facts.readership == Readership::Asker).then(|| Caveat::new(short, sentence))
}

/// Whose the figures are where only a `part` was asked for, and what of them is not known.
pub(super) fn of_what(part: Option<&CategoryShare>, diff: &Diff<'_>, days: [&Snapshot; 2]) -> Vec<Caveat> {
    let whole = part.map(|_| whole_tenant(diff));
    part.and_then(category).into_iter().chain(whole).chain(maximum_unknown(days)).collect()
}

/// What is not known of the category that was asked for.
fn category(part: &CategoryShare) -> Option<Caveat> {
    match part.known {
        // The first line says it.
        CategoryKnowledge::NoControls | CategoryKnowledge::NoLonger { .. } | CategoryKnowledge::Nothing => {
            Some(Caveat::in_first_line(part.text()))
        }
        CategoryKnowledge::Points { unsaid: 0, .. } => None,
        CategoryKnowledge::Points { unsaid, .. } => {
            let controls = format::count(unsaid, &format!("{} control", part.name));
            Some(Caveat::new(
                format!("without {controls} of unknown points"),
                format!("The points of {controls} are not known on both days: they are left out of this."),
            ))
        }
    }
}

/// The days whose maximum is not known; `None` where it is on both.
fn maximum_unknown(days: [&Snapshot; 2]) -> Option<Caveat> {
    let unknown: Vec<String> = days.iter().filter(|day| day.maximum.is_none()).map(|day| day.day.to_string()).collect();
    let unknown = unknown.join(" and ");
    (!unknown.is_empty()).then(|| Caveat::new(format!("maximum of {unknown} not known"), format!("The maximum of {unknown} is not known.")))
}

/// How the whole tenant moved, where only a category of it was asked for.
fn whole_tenant(diff: &Diff<'_>) -> Caveat {
    let share = diff.share().map_or_else(String::new, |share| format!(", {}", percent(share)));
    let short = format!("whole tenant: {}{share}", now_by(&format::amount(diff.points.to), diff.points.moved(), None));
    let percent = diff.share().map_or_else(String::new, |share| format!("; {}", percent_sentence(share)));
    Caveat::new(short, format!("The whole tenant: {}, to {}{percent}.", format::moved(diff.points.moved()), format::amount(diff.points.to)))
}

/// How the share of the maximum moved, and what of it is whose where both moved, for assistants: `50 to 44.55 % (-5.45 pp:
/// -1 by points, -4.45 by the larger maximum)`.
pub(super) fn percent(share: PercentChange) -> String {
    let (from, to) = (format::points(share.from), format::points(share.to));
    let moved = format::signed(rounded_move(share));
    match parts(share) {
        None if from == to => format!("{to} % as before"),
        None => format!("{from} to {to} % ({moved} pp)"),
        Some((by_points, by_maximum)) => {
            let maximum = maximum_words(by_maximum);
            format!("{from} to {to} % ({moved} pp: {} by points, {} by {maximum})", format::signed(by_points), format::signed(by_maximum))
        }
    }
}

/// How it moved, for people: `50 to 44.55 % (−5.45 pp)`.
pub(super) fn percent_moved(share: PercentChange) -> String {
    let (from, to) = (format::points(share.from), format::points(share.to));
    if from == to { format!("{to} %") } else { format!("{from} to {to} % ({})", format::percentage_points(rounded_move(share))) }
}

/// What of that is whose, where both moved: `−1 pp by points, −4.45 pp by the larger maximum`.
pub(super) fn percent_parts(share: PercentChange) -> Option<String> {
    let (by_points, by_maximum) = parts(share)?;
    let pp = format::percentage_points;
    Some(format!("{} by points, {} by {}", pp(by_points), pp(by_maximum), maximum_words(by_maximum)))
}

/// Which maximum it is that moves the percentage so.
const fn maximum_words(by_maximum: f64) -> &'static str {
    if by_maximum < 0.0 { "the larger maximum" } else { "the smaller maximum" }
}

/// Both.
fn percent_sentence(share: PercentChange) -> String {
    let parts = percent_parts(share).map_or_else(String::new, |parts| format!(": {parts}"));
    format!("{}{parts}", percent_moved(share))
}

/// The move of what is shown, so that it adds up.
pub(super) fn rounded_move(share: PercentChange) -> f64 {
    format::percent_move(share.from, share.to)
}

/// What the points and what the maximum move it; `None` where the maximum does not. What is shown adds up: the points' part is what the maximum leaves.
fn parts(share: PercentChange) -> Option<(f64, f64)> {
    let by_maximum = format::round2(share.maximum);
    (!same_points(by_maximum, 0.0)).then(|| (format::round2(rounded_move(share) - by_maximum), by_maximum))
}

/// The page of what is `shown`, which rows that are where it is a later one, and what comes after it.
pub(super) fn paged(facts: &Facts, args: &ScoreChangesArgs, shown: &[&Change<'_>]) -> Result<(ListPage, Option<String>, Option<Caveat>)> {
    let page = args.page(args.limit);
    page.check(shown.len())?;
    let rest = Tally::of(shown.iter().copied().skip(page.skipped() + page.rows));
    let span = (page.number > 1).then(|| page.span(shown.len()));
    let more = page.next(shown.len()).map(|next| not_listed(facts.turn(next), rest));
    Ok((page, span, more))
}

/// What comes after the page, which goes on at `turn`.
fn not_listed(turn: Option<usize>, rest: Tally) -> Caveat {
    let (more, number) = (format::count(rest.total(), "more change"), rest.total());
    let are = if rest.total() == 1 { "is" } else { "are" };
    let sentence = format!("{more} {are} not listed: {}.{}", rest.counted(true), page::turn_hint(turn));
    Caveat::new(format!("{number} more{}: {}", page::short(turn), rest.counted(false)), sentence)
}

/// Tenants that no row is left for, by how much each moved.
pub(super) fn tenants_not_listed(moves: &[f64], turn: Option<usize>) -> Caveat {
    let falls: Vec<f64> = moves.iter().copied().filter(|moved| format::round2(*moved) < 0.0).collect();
    let falls_text = if falls.is_empty() {
        String::new()
    } else {
        format!(", {} of them fell, by {} at most", falls.len(), format::points(-falls.iter().copied().fold(0.0, f64::min)))
    };
    let short = format!("{} more tenants changed less{falls_text}{}", moves.len(), page::short(turn));
    Caveat::new(
        short,
        format!("Not listed: {} that changed less{falls_text}.{}", format::count(moves.len(), "tenant"), page::turn_hint(turn)),
    )
}

pub(super) fn without_later_day(tenants: &[&str]) -> Option<Caveat> {
    without(tenants, "data after that day", "data after that day yet")
}

/// Tenants without controls of a category, or of which no controls are known.
pub(super) fn without_category(tenants: &[&str], category: &str) -> Option<Caveat> {
    let (tenants_of, names) = (format::count(tenants.len(), "tenant"), first_of(tenants, NAMED_MAX));
    let sentence = format!("Of {tenants_of} no controls of the category {category} are known: {names}.");
    (!tenants.is_empty()).then(|| Caveat::new(format!("{tenants_of} without known {category} controls: {names}"), sentence))
}

/// Tenants in which nothing changed of what was asked for.
pub(super) fn without_such(tenants: &[&str], what: &str) -> Option<Caveat> {
    without(tenants, &format!("changes {what}"), &format!("changes {what}"))
}

/// Tenants of which nothing is held as early as the last day that was asked for.
pub(super) fn not_so_early(tenants: &[&str]) -> Option<Caveat> {
    without(tenants, "data on that day or before", "data on that day or before")
}

pub(super) fn without_earlier_day(tenants: &[String]) -> Option<Caveat> {
    let tenants: Vec<&str> = tenants.iter().map(String::as_str).collect();
    without(&tenants, "an earlier day to compare with", "earlier day to compare with")
}

/// Tenants that have no `what`, in few words `short`; `None` when there is none.
fn without(tenants: &[&str], short: &str, what: &str) -> Option<Caveat> {
    let (tenants_of, names) = (format::count(tenants.len(), "tenant"), first_of(tenants, NAMED_MAX));
    let have = if tenants.len() == 1 { "has" } else { "have" };
    let sentence = format!("{tenants_of} {have} no {what}: {names}.");
    (!tenants.is_empty()).then(|| Caveat::new(format!("{tenants_of} without {short}: {names}"), sentence))
}
