//! How is a comparison told? In a line each for assistants, with bars or a table for people.

use super::{CompareScoresAnswer, CompareScoresArgs, PeerComparison, RankedRow, ScoreRanking, peers::ComparedCategory};
use crate::{
    card::{Bar, Block, Card, Cell, Column, Fact, Tone, Word},
    score::Snapshot,
    skills::{
        TenantFacts,
        caveat::{self, Caveat},
        format,
        since::Since,
    },
};

/// The answer in few words.
pub(super) fn text(answer: &CompareScoresAnswer) -> String {
    match answer {
        CompareScoresAnswer::One(one) => caveat::text(one_text(one), &one.notes),
        CompareScoresAnswer::All(all) => caveat::text(all_text(all), &all.notes),
    }
}

/// The answer for people.
pub(super) fn card(answer: &CompareScoresAnswer) -> Card {
    match answer {
        CompareScoresAnswer::One(one) => one.frame.card(one_blocks(one), &one.notes),
        CompareScoresAnswer::All(all) => all.frame.card(all_blocks(all), &all.notes),
    }
}

/// What a card ranks.
pub(super) fn title(place: &str, args: &CompareScoresArgs) -> String {
    let category = args.category.map_or_else(String::new, |category| format!(", {}", category.word()));
    format!("Comparison of {place}{category}")
}

/// What Microsoft does not give, so that nobody makes it up.
pub(super) fn not_given(has_industry: bool) -> Caveat {
    if has_industry {
        return Caveat::new("Graph gives no percentile", "Microsoft Graph gives no percentile.");
    }
    Caveat::new("Graph gives neither industry nor percentile", "Microsoft Graph gives neither the industry nor a percentile.")
}

/// Whose the rank is.
pub(super) fn rank_is_ours() -> Caveat {
    Caveat::new(
        "rank is ours, among these only; Graph gives neither industry nor percentile",
        "The rank is ours, among these only: Microsoft Graph gives neither the industry nor a percentile.",
    )
}

/// That another day than the one asked for is compared with, or none.
pub(super) fn not_held(since: Since, tenant: &TenantFacts, newest: &Snapshot) -> Option<Caveat> {
    match since.find(&tenant.history, newest) {
        None => Some(Caveat::new("no earlier day to compare with", "No earlier day is held to compare with.")),
        Some((before, Some(asked))) => Some(Caveat::new(
            format!("{asked} is not held, compared with {}", before.day),
            format!("Nothing is known of {asked}; this compares with {}.", before.day),
        )),
        Some((_, None)) => None,
    }
}

/// `58.03 % (727.17 of 1253 points)`, as far as it is known.
fn percent_of(percent: Option<f64>, points: f64, maximum: Option<f64>) -> String {
    match percent.zip(maximum) {
        Some((percent, maximum)) => format!("{percent} % ({} of {} points)", format::points(points), format::points(maximum)),
        None => format!("{} points, maximum not known", format::points(points)),
    }
}

/// `, -4.42 points (-0.68 pp)`, as far as it is known.
fn moves(percent_moved: Option<f64>, moved: Option<f64>) -> String {
    let percent = percent_moved.map_or_else(String::new, |moved| format!(" ({} pp)", format::signed(moved)));
    moved.map_or_else(String::new, |moved| format!(", {} points{percent}", format::signed(moved)))
}

/// How a row stands, in one line.
pub(super) fn standing(row: &RankedRow) -> String {
    match row.percent {
        Some(_) => format!("{}{}", percent_of(row.percent, row.points.unwrap_or(0.0), row.maximum), moves(row.percent_moved, row.moved)),
        None => "percentage not known".to_owned(),
    }
}

fn one_text(answer: &PeerComparison) -> Vec<String> {
    let since = answer.since.as_ref().filter(|_| answer.moved.is_some()).map_or_else(String::new, |since| format!(" since {since}"));
    let moved = moves(answer.percent_moved, answer.moved);
    let stands = percent_of(answer.percent, answer.points, answer.maximum);
    let mut lines = vec![format!("{} {}: {stands}{moved}{since}", answer.tenant, answer.as_of)];
    let ahead = |ahead: Option<f64>| ahead.map_or_else(String::new, |ahead| format!(" ({} pp)", format::signed(ahead)));
    let peers: Vec<String> = answer.peers.iter().map(|peer| format!("{} {} %{}", peer.group, peer.percent, ahead(peer.ahead))).collect();
    lines.extend(
        (!peers.is_empty()).then(|| format!("Microsoft's averages (in brackets {} less these): {}", answer.tenant, peers.join(", "))),
    );
    if answer.categories.is_empty() {
        return lines;
    }
    let [all, size] = others(&answer.categories);
    let size_name = answer.same_size.as_deref().unwrap_or("tenants of this size");
    let others: Vec<&str> = [all.then_some("all tenants"), size.then_some(size_name)].into_iter().flatten().collect();
    let legend = if others.is_empty() { String::new() } else { format!("; {} (averages of averages)", others.join("; ")) };
    lines.push(format!("categories in % of their own maximum: {}{legend}", answer.tenant));
    lines.extend(answer.categories.iter().map(|row| {
        let ours = row.percent.map_or_else(|| "not known".to_owned(), format::points);
        let other = |shown: bool, percent: Option<f64>, ahead: Option<f64>| {
            let doubt = if row.few_points { "?" } else { "" };
            let percent = percent.map_or_else(|| "not known".to_owned(), |percent| format!("{percent}{doubt}"));
            let ahead = ahead.map_or_else(String::new, |ahead| format!(" ({} pp)", format::signed(ahead)));
            if shown { format!("; {percent}{ahead}") } else { String::new() }
        };
        format!("{} {ours}{}{}", row.name, other(all, row.all_tenants, row.ahead_of_all), other(size, row.same_size, row.ahead_of_size))
    }));
    lines
}

/// Whether anything is known of all tenants, and of tenants of this size, by category.
fn others(rows: &[ComparedCategory]) -> [bool; 2] {
    [rows.iter().any(|row| row.all_tenants.is_some()), rows.iter().any(|row| row.same_size.is_some())]
}

fn all_text(answer: &ScoreRanking) -> Vec<String> {
    let category = answer.category.as_ref().map_or_else(String::new, |category| format!(", {category} only"));
    let day = answer.days.map_or_else(String::new, |(_, day)| format!(" on {day}"));
    let since = answer.days.and_then(|(since, _)| since).map_or_else(String::new, |since| format!(", changes since {since}"));
    let mut lines = vec![format!("{}{day}{category}, best first{since}", answer.counted)];
    lines.extend(answer.weighted.map(|weighted| {
        let moved = answer.weighted_moved.map_or_else(String::new, |moved| format!(", {} pp", format::signed(moved)));
        let all = answer.all_tenants.map_or_else(String::new, |all| format!("; Microsoft's average of all tenants {all} %"));
        format!("together {weighted} % (weighted: all points over all maxima){moved}{all}")
    }));
    lines.extend(answer.tenants.iter().map(|row| {
        let rank = row.rank.map_or_else(|| "-".to_owned(), |rank| format!("{rank}."));
        let of = row.of.map_or_else(String::new, |of| format!(" ({}, weighted)", format::count(of, "tenant")));
        let days = match (answer.days, row.since, row.day) {
            (None, Some(since), Some(day)) => format!(" {day} against {since}"),
            (None, None, Some(day)) => format!(" {day}"),
            _ => String::new(),
        };
        let size = row.same_size.map_or_else(String::new, |size| format!("; tenants of its size {size} % on average"));
        format!("{rank} {}{of}{days}: {}{size}", row.tenant, standing(row))
    }));
    if let ([first, second], false) = (answer.tenants.as_slice(), answer.by_category.is_empty()) {
        let pair = |(one, other): (Option<f64>, Option<f64>), difference: Option<f64>| {
            let percent = |percent: Option<f64>| percent.map_or_else(|| "not known".to_owned(), |percent| format!("{percent} %"));
            let difference = difference.map_or_else(String::new, |difference| format!(" ({} pp)", format::signed(difference)));
            format!("{} and {}{difference}", percent(one), percent(other))
        };
        lines.push(format!("categories in percent of their own maximum, {} and {} (difference):", first.tenant, second.tenant));
        lines.extend(answer.by_category.iter().map(|row| format!("{} {}", row.name, pair((row.first, row.second), row.difference))));
    }
    lines
}

fn one_blocks(answer: &PeerComparison) -> Vec<Block> {
    let mut lead = vec![
        Word::toned(answer.percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %")), Tone::Strong),
        Word::plain(answer.maximum.map_or_else(
            || "maximum not known".to_owned(),
            |maximum| format!("{} of {} points", format::points(answer.points), format::points(maximum)),
        )),
    ];
    if let (Some(moved), Some(since)) = (answer.percent_moved, &answer.since) {
        lead.push(Word::toned(format!("{} since {since}", format::percentage_points(moved)), Tone::of_move(moved)));
    }
    let mut blocks = vec![Block::Lead(lead)];
    let facts: Vec<Fact> = answer
        .peers
        .iter()
        .map(|peer| {
            let ahead = peer.ahead.map_or_else(String::new, |ahead| format!(" ({} here)", format::percentage_points(ahead)));
            Fact::new(&*peer.label, Word::toned(format!("{} %{ahead}", peer.percent), peer.ahead.map_or(Tone::Plain, Tone::of_move)))
        })
        .collect();
    blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
    let size = answer.same_size.as_deref().unwrap_or("this size");
    let bars: Vec<Bar> = answer
        .categories
        .iter()
        .map(|row| {
            let doubt = if row.few_points { "?" } else { "" };
            let other = |name: &str, percent: Option<f64>| percent.map(|percent| format!("{name} {percent} %{doubt}"));
            let note: Vec<String> = [other("all tenants", row.all_tenants), other(size, row.same_size)].into_iter().flatten().collect();
            Bar { label: row.name.to_owned(), percent: row.percent, note: note.join(", ") }
        })
        .collect();
    blocks.extend((!bars.is_empty()).then_some(Block::Bars(bars)));
    let told = others(&answer.categories).contains(&true);
    let note = "Categories are in percent of their own maximum; those of other tenants are averages of averages.";
    blocks.extend(told.then(|| Block::Note(note.to_owned())));
    blocks
}

fn all_blocks(answer: &ScoreRanking) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(weighted) = answer.weighted {
        let mut lead =
            vec![Word::toned(format!("{weighted} % together"), Tone::Strong), Word::plain("weighted: all points over all maxima")];
        lead.extend(answer.weighted_moved.map(|moved| Word::toned(format::percentage_points(moved), Tone::of_move(moved))));
        lead.extend(answer.days.and_then(|(since, day)| Some(Word::plain(format!("{} to {day}", since?)))));
        blocks.push(Block::Lead(lead));
    }
    let columns = [
        Column::Tenant,
        Column::number("rank"),
        Column::Score,
        Column::Move,
        Column::Points,
        Column::Days,
        Column::number("tenants of its size"),
    ];
    let rows = answer.tenants.iter().map(|row| {
        let days = match (answer.days, row.since, row.day) {
            (None, Some(since), Some(day)) => Cell::Days(since, day),
            _ => Cell::Empty,
        };
        row.target.row(vec![
            Cell::Tenant(row.tenant.clone()),
            row.rank.map_or(Cell::Empty, |rank| Cell::text(rank.to_string())),
            Cell::Percent(row.percent),
            row.moved.map_or(Cell::Empty, |moved| Cell::ScoreMove(moved, row.percent_moved)),
            if row.points.is_some() { Cell::Of(row.points, row.maximum) } else { Cell::Empty },
            days,
            row.same_size.map_or(Cell::Empty, |size| Cell::text(format!("{size} %"))),
        ])
    });
    blocks.push(Block::table(columns.to_vec(), rows.collect()));
    if let [first, second] = answer.tenants.as_slice() {
        let percent =
            |name: &str, percent: Option<f64>| percent.map_or_else(|| format!("{name} not known"), |percent| format!("{name} {percent} %"));
        let fact = |row: &super::CategoryPair| {
            let difference = row.difference.map_or_else(String::new, |difference| format!(" ({})", format::percentage_points(difference)));
            Fact::new(
                row.name,
                Word::plain(format!("{}, {}{difference}", percent(&first.tenant, row.first), percent(&second.tenant, row.second))),
            )
        };
        let facts: Vec<Fact> = answer.by_category.iter().map(fact).collect();
        blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
    }
    blocks
}
