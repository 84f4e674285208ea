//! How are changes told? In a line each for assistants, in a table for people.

use super::{Answer, Args, Row, care};
use crate::{
    card::{Block, Card, Column, Tone, Word},
    score::change::{Change, Kind, Share},
    skills::{fresh::Stale, note, words},
};

/// The answer in few words.
pub(super) fn text(answer: &Answer) -> String {
    let lines = if answer.tenant.is_some() { one_text(answer) } else { all_text(answer) };
    note::told(lines, &answer.notes)
}

/// The answer for people.
pub(super) fn card(answer: &Answer) -> Card {
    let mut blocks = if answer.tenant.is_some() { one_blocks(answer) } else { all_blocks(answer) };
    blocks = Stale::lead(answer.stale.as_ref(), blocks);
    blocks.extend(note::blocks(&answer.notes));
    answer.onward.card(answer.title.clone(), blocks, answer.foot.clone())
}

/// What a card compares, and which controls of it.
pub(super) fn title(place: &str, since: &str, args: &Args) -> String {
    let category = args.category.map_or_else(String::new, |category| format!(", {}", category.word()));
    format!("What changed in {place}{since}{category}")
}

/// What kind of change it is, in a word.
pub(super) fn word(change: &Change<'_>) -> &'static str {
    match change.kind {
        Kind::Up => "up",
        Kind::Down => "down",
        Kind::New => "new",
        Kind::Gone => "gone",
        Kind::Maximum => "maximum",
        Kind::Unsaid if change.after.is_some_and(|after| after.score.points.is_some()) => "said again",
        Kind::Unsaid => "unsaid",
    }
}

fn headline(answer: &Answer) -> String {
    if let Some(part) = &answer.part {
        return part.told();
    }
    let number = |number: Option<f64>| number.map_or_else(|| "?".to_owned(), words::points);
    let unexplained = |rest: Option<f64>| rest.map_or_else(String::new, |rest| format!(" ({} unexplained)", words::signed(rest)));
    let maximum = match (answer.maximum_moved, answer.maximum_unexplained) {
        (None, None) => String::new(),
        (moved, rest) => format!("; maximum {} to {}{}", words::signed(moved.unwrap_or(0.0)), number(answer.maximum), unexplained(rest)),
    };
    let moved = answer.moved.map_or_else(String::new, words::signed);
    let share = answer.share.map_or_else(String::new, |share| format!("; {}", care::percent(share, words::signed)));
    format!("{moved} to {} points{}{maximum}{share}", number(answer.points), unexplained(answer.unexplained))
}

fn one_text(answer: &Answer) -> Vec<String> {
    let tenant = answer.tenant.as_deref().unwrap_or_default();
    let Some(since) = &answer.since else {
        return vec![format!("{tenant} on {}: {} points", answer.as_of, answer.points.map_or_else(String::new, words::points))];
    };
    let total = answer.total.map(|total| format!("{} changed", words::count(total, "control")));
    let head = format!("{tenant} on {} against {since}: {}", answer.as_of, headline(answer));
    let mut lines = match total {
        Some(total) if answer.tally.total() > 1 => vec![head, format!("{total}: {}", answer.tally.short())],
        Some(total) => vec![format!("{head}; {total}")],
        None => vec![head],
    };
    lines.extend(answer.span.as_ref().map(|span| format!("page {}: {span}", answer.page)));
    lines.extend(answer.changes.iter().map(|row| {
        let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", words::quote(title)));
        let why = row.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let deprecated = if row.deprecated { " (deprecated)" } else { "" };
        format!("{} {}{title}{deprecated}: {}{why}", row.change, row.control, numbers(row))
    }));
    lines
}

/// `-3.33 (10 to 6.67 of 10)`, or what is known of it.
fn numbers(row: &Row) -> String {
    let span = from_to(row, words::signed);
    row.moved.map_or_else(|| span.clone(), |moved| format!("{} ({span})", words::signed(moved)))
}

/// From where to where, and how the maximum moved.
fn from_to(row: &Row, signed: fn(f64) -> String) -> String {
    let max = row.max.map_or_else(String::new, |max| format!(" of {}", words::points(max)));
    let max_moved = row.max_moved.map_or_else(String::new, |moved| format!(", maximum {}", signed(moved)));
    let span = match (row.from, row.to) {
        (Some(from), Some(to)) => format!("{} to {}{max}", words::points(from), words::points(to)),
        (Some(from), None) if row.moved.is_none() => format!("had {}{max}, now not said", words::points(from)),
        (None, Some(to)) if row.moved.is_none() => format!("has {}{max}, before not said", words::points(to)),
        (Some(from), None) => format!("had {}{max}", words::points(from)),
        (None, Some(to)) => format!("has {}{max}", words::points(to)),
        (None, None) => "points not known".to_owned(),
    };
    format!("{span}{max_moved}")
}

fn all_text(answer: &Answer) -> Vec<String> {
    let mut lines = vec![format!("{}, largest move first", answer.as_of)];
    lines.extend(answer.tenants.iter().map(|row| {
        let maximum = row.maximum_moved.map_or_else(String::new, |moved| format!(", maximum {}", words::signed(moved)));
        let missing = row.missing.map_or_else(String::new, |missing| format!(", {} without data", words::count(missing, "day")));
        let most = row.most.as_ref().map_or_else(String::new, |most| format!(", most: {most}"));
        let worse = row.worse.zip(row.worse_points).map_or_else(String::new, |(worse, points)| format!(", {worse} worse {points}"));
        format!(
            "{} {} against {}: {}{maximum}, {}{worse}{missing}{most}",
            row.tenant,
            row.day,
            row.since,
            words::signed(row.moved),
            row.total.map_or_else(|| "controls not known".to_owned(), |total| format!("{} changed", words::count(total, "control")))
        )
    }));
    lines
}

fn one_blocks(answer: &Answer) -> Vec<Block> {
    let Some(moved) = answer.moved else { return Vec::new() };
    let since = answer.since.as_deref().unwrap_or_default();
    let span = format!("from {since} to {}", answer.day.as_deref().unwrap_or_default());
    let mut blocks = Vec::new();
    if let Some(part) = &answer.part {
        let mut lead = match part.points() {
            Some((moved, _)) => vec![Word::toned(words::moved(moved), Tone::of_move(moved)), Word::plain(format!("in {}", part.name))],
            None => vec![Word::toned(part.sentence(), Tone::Strong)],
        };
        lead.push(Word::plain(span.clone()));
        blocks.push(Block::Lead(lead));
    } else {
        let percent = answer.share.map(|share| Word::plain(care::percent(Share { maximum: 0.0, ..share }, words::with_sign)));
        let lead = [Word::toned(words::moved(moved), Tone::of_move(moved)), Word::plain(span.clone())];
        blocks.push(Block::Lead(lead.into_iter().chain(percent).collect()));
        blocks.extend(whole_notes(answer, since));
    }
    if answer.changes.is_empty() {
        blocks.extend(answer.total.map(|_| Block::Note(format!("No control changed {span}."))));
        return blocks;
    }
    if answer.tally.worse > 0 && answer.tally.better > 0 {
        blocks.push(Block::Note(format!("{}.", answer.tally.sentence())));
    }
    let columns =
        vec![Column::words("control"), Column::words("change"), Column::words("move"), Column::words("from, to"), Column::words("why")];
    let rows = answer.changes.iter().map(|row| {
        let deprecated = if row.deprecated { " (deprecated)" } else { "" };
        row.step.row(vec![
            Word::plain(
                row.title.as_ref().map_or_else(
                    || format!("{} (no profile)", row.control),
                    |_| format!("{}{deprecated} [{}]", row.full_title, row.control),
                ),
            ),
            Word::plain(row.change),
            row.moved.map_or_else(|| Word::toned("not known", Tone::Quiet), |moved| Word::toned(words::moved(moved), Tone::of_move(moved))),
            Word::plain(from_to(row, words::with_sign)),
            Word::toned(row.full_why.clone(), Tone::Quiet),
        ])
    });
    blocks.push(Block::Table { columns, rows: rows.collect() });
    blocks.extend(later(answer));
    blocks
}

/// Which rows these are, on a later page.
fn later(answer: &Answer) -> Option<Block> {
    let span = answer.span.as_ref()?;
    let of = answer.total.map_or_else(String::new, |total| format!(" of {total}"));
    Some(Block::Note(format!("This is page {}: {span}{of}.", answer.page)))
}

/// What moved the maximum and the percentage of the whole tenant, and what no control explains.
fn whole_notes(answer: &Answer, since: &str) -> Vec<Block> {
    let mut notes: Vec<String> = answer.maximum_moved.map(|moved| note::maximum_moved(moved, since)).into_iter().collect();
    let by_maximum = answer.share.filter(|_| answer.percent_by_maximum.is_some());
    notes.extend(by_maximum.map(|share| format!("The percentage: {}.", care::percent(share, words::with_sign))));
    for (rest, of) in [(answer.unexplained, "points"), (answer.maximum_unexplained, "maximum")] {
        notes.extend(rest.map(|rest| format!("{} of the {of} is explained by no control.", words::with_sign(rest))));
    }
    notes.into_iter().map(Block::Note).collect()
}

/// How all tenants moved together, the worst of them, and each.
fn all_blocks(answer: &Answer) -> Vec<Block> {
    let Some((moved, tenants)) = answer.together else { return Vec::new() };
    let place = if tenants == 1 { "in 1 tenant".to_owned() } else { format!("in {tenants} tenants together") };
    let mut lead = vec![Word::toned(words::moved(moved), Tone::of_move(moved)), Word::plain(place)];
    let worst = answer.tenants.iter().filter(|row| tenants > 1 && row.moved < 0.0).min_by(|a, b| a.moved.total_cmp(&b.moved));
    lead.extend(worst.map(|row| Word::toned(format!("{} {}", row.tenant, words::moved(row.moved)), Tone::of_move(row.moved))));
    vec![Block::Lead(lead), all_table(answer)]
}

fn all_table(answer: &Answer) -> Block {
    let columns = vec![
        Column::words("tenant"),
        Column::words("move"),
        Column::number("maximum"),
        Column::number("changed"),
        Column::words("control"),
        Column::words("days"),
    ];
    let rows = answer.tenants.iter().map(|row| {
        row.step.row(vec![
            Word::plain(row.tenant.clone()),
            Word::toned(words::moved(row.moved), Tone::of_move(row.moved)),
            Word::plain(row.maximum_moved.map_or_else(String::new, words::with_sign)),
            Word::plain(row.total.map_or_else(|| "?".to_owned(), |total| total.to_string())),
            Word::plain(
                row.most_moved.as_ref().map_or_else(String::new, |(name, moved)| format!("most by {name} {}", words::with_sign(*moved))),
            ),
            Word::toned(format!("{} to {}", row.since, row.day), Tone::Quiet),
        ])
    });
    Block::Table { columns, rows: rows.collect() }
}
