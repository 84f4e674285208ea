//! How are changes told? In a line each for assistants, in a table for people.

use super::{AllChanges, ChangeRow, ScoreChangesAnswer, ScoreChangesArgs, TenantChanges, caveats};
use crate::{
    card::{Block, Card, Cell, Column, Tone, Word},
    skills::{caveat, format},
};

/// The answer in few words.
pub(super) fn text(answer: &ScoreChangesAnswer) -> String {
    match answer {
        ScoreChangesAnswer::One(one) => caveat::text(one_text(one), &one.notes),
        ScoreChangesAnswer::All(all) => caveat::text(all_text(all), &all.notes),
    }
}

/// The answer for people.
pub(super) fn card(answer: &ScoreChangesAnswer) -> Card {
    match answer {
        ScoreChangesAnswer::One(one) => one.frame.card(one_blocks(one), &one.notes),
        ScoreChangesAnswer::All(all) => all.frame.card(all_blocks(all), &all.notes),
    }
}

/// What a card compares, and which controls of it.
pub(super) fn title(place: &str, since: &str, args: &ScoreChangesArgs) -> String {
    let category = args.category.map_or_else(String::new, |category| format!(", {}", category.word()));
    format!("What changed in {place}{since}{category}")
}

fn headline(answer: &TenantChanges) -> String {
    if let Some(part) = &answer.part {
        return part.text();
    }
    let unexplained = |rest: Option<f64>| rest.map_or_else(String::new, |rest| format!(" ({} unexplained)", format::signed(rest)));
    let maximum = match (answer.maximum_moved, answer.maximum_unexplained) {
        (None, None) => String::new(),
        (moved, rest) => format!(
            "; maximum {}{}",
            format::moved_to(moved.unwrap_or(0.0), answer.maximum.map_or_else(|| "?".to_owned(), format::points)),
            unexplained(rest)
        ),
    };
    let share = answer.share.map_or_else(String::new, |share| format!("; {}", caveats::percent(share)));
    let now = format::points(answer.points);
    let points = answer.moved.map_or_else(|| now.clone(), |moved| format::moved_to(moved, &now));
    format!("{points} points{}{maximum}{share}", unexplained(answer.unexplained))
}

fn one_text(answer: &TenantChanges) -> Vec<String> {
    let tenant = &answer.tenant;
    let Some(since) = &answer.since else {
        return vec![format!("{tenant} on {}: {} points", answer.as_of, format::points(answer.points))];
    };
    let total = answer.total.map(|total| format!("{} changed", format::count(total, "control")));
    let head = format!("{tenant} on {} against {since}: {}", answer.as_of, headline(answer));
    let mut lines = match total {
        Some(total) if answer.tally.total() > 1 => vec![head, format!("{total}: {}", answer.tally.short())],
        Some(total) => vec![format!("{head}; {total}")],
        None => vec![head],
    };
    lines.extend(answer.span.as_ref().map(|span| format!("page {}: {span}", answer.page)));
    lines.extend(answer.changes.iter().map(|row| {
        let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
        let why = row.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let deprecated = if row.deprecated { " (deprecated)" } else { "" };
        format!("{} {}{title}{deprecated}: {}{why}", row.change, row.control, numbers(row))
    }));
    lines
}

/// `-3.33 (10 to 6.67 of 10)`, or what is known of it.
fn numbers(row: &ChangeRow) -> String {
    let span = row.span().text();
    row.moved.map_or_else(|| span.clone(), |moved| format!("{} ({span})", format::signed(moved)))
}

fn all_text(answer: &AllChanges) -> Vec<String> {
    let mut lines = vec![format!("{}, largest change first", answer.as_of)];
    lines.extend(answer.tenants.iter().map(|row| {
        let maximum = row.maximum_moved.map_or_else(String::new, |moved| format!(", maximum {}", format::signed(moved)));
        let missing = row.missing.map_or_else(String::new, |missing| format!(", {} without data", format::count(missing, "day")));
        let most = row.most.as_ref().map_or_else(String::new, |most| format!(", most: {most}"));
        let worse = row.worse.zip(row.worse_points).map_or_else(String::new, |(worse, points)| format!(", {worse} worse {points}"));
        format!(
            "{} {} against {}: {}{maximum}, {}{worse}{missing}{most}",
            row.tenant,
            row.day,
            row.since,
            format::signed(row.moved),
            row.total.map_or_else(|| "controls not known".to_owned(), |total| format!("{} changed", format::count(total, "control")))
        )
    }));
    lines
}

fn one_blocks(answer: &TenantChanges) -> Vec<Block> {
    let Some(moved) = answer.moved else { return Vec::new() };
    let since = answer.since.as_deref().unwrap_or_default();
    let mut blocks = Vec::new();
    if let Some(part) = &answer.part {
        let lead = match part.points() {
            Some((moved, _)) => Word::toned(format!("{} in {}", format::moved(moved), part.name), Tone::of_move(moved)),
            None => Word::toned(part.sentence(), Tone::Strong),
        };
        blocks.push(Block::Lead(vec![lead]));
    } else {
        let percent = answer.share.map(|share| Word::plain(caveats::percent_moved(share)));
        let lead = Word::toned(format::moved(moved), Tone::of_move(moved));
        blocks.push(Block::Lead(std::iter::once(lead).chain(percent).collect()));
    }
    blocks.extend(answer.remarks(&format!("than on {since}")));
    if answer.changes.is_empty() {
        return blocks;
    }
    let columns = [Column::Control, Column::Change, Column::Move, Column::FromTo, Column::Why].to_vec();
    let cells = |row: &ChangeRow| vec![row.cell(), row.happened(), row.by(), Cell::Span(row.span()), row.reason()];
    blocks.push(Block::table(columns, answer.changes.iter().map(|row| row.target.row(cells(row))).collect()));
    blocks.extend(later(answer));
    blocks
}

impl TenantChanges {
    /// What is said above its rows: what moved the maximum and the percentage of the whole tenant, `than` when, and what the changes come to.
    pub fn remarks(&self, than: &str) -> Vec<Block> {
        let Some(since) = self.since.as_deref() else { return Vec::new() };
        let mut blocks = if self.part.is_none() { whole_notes(self, than) } else { Vec::new() };
        if self.changes.is_empty() {
            let span = format!("from {since} to {}", self.day);
            blocks.extend(self.total.map(|_| Block::Note(format!("No control changed {span}."))));
        } else if self.tally.worse > 0 && self.tally.better > 0 {
            blocks.push(Block::Note(format!("{}.", self.tally.sentence())));
        }
        blocks
    }
}

/// Which rows these are, on a later page.
fn later(answer: &TenantChanges) -> Option<Block> {
    let span = answer.span.as_ref()?;
    let of = answer.total.map_or_else(String::new, |total| format!(" of {total}"));
    Some(Block::Note(format!("This is page {}: {span}{of}.", answer.page)))
}

/// What moved the maximum and the percentage of the whole tenant, and what no control explains.
fn whole_notes(answer: &TenantChanges, than: &str) -> Vec<Block> {
    let mut notes: Vec<String> = answer.maximum_moved.map(|moved| caveat::maximum_moved(moved, than)).into_iter().collect();
    let by_maximum = answer.share.filter(|_| answer.percent_by_maximum.is_some());
    let parts = by_maximum.and_then(|share| Some((share, caveats::percent_parts(share)?)));
    notes.extend(parts.map(|(share, parts)| format!("{}: {parts}.", caveats::percent_moved(share))));
    for (rest, of) in [(answer.unexplained, "points"), (answer.maximum_unexplained, "maximum")] {
        notes.extend(rest.map(|rest| format!("{} of the {of} is explained by no control.", format::with_sign(rest))));
    }
    notes.into_iter().map(Block::Note).collect()
}

/// How all tenants moved together, the worst of them, and each.
fn all_blocks(answer: &AllChanges) -> Vec<Block> {
    let Some((moved, tenants)) = answer.together else { return Vec::new() };
    let place = if tenants == 1 { "1 tenant".to_owned() } else { format!("{tenants} tenants together") };
    let mut lead = vec![Word::toned(format::moved(moved), Tone::of_move(moved)), Word::plain(place)];
    lead.extend(answer.days.map(|(since, day)| Word::plain(format!("{since} to {day}"))));
    let worst = answer.tenants.iter().filter(|row| tenants > 1 && row.moved < 0.0).min_by(|a, b| a.moved.total_cmp(&b.moved));
    lead.extend(worst.map(|row| Word::toned(format!("worst: {} {}", row.tenant, format::moved(row.moved)), Tone::of_move(row.moved))));
    vec![Block::Lead(lead), all_table(answer)]
}

fn all_table(answer: &AllChanges) -> Block {
    let columns = [Column::Tenant, Column::Move, Column::MaximumMove, Column::Changed, Column::Days, Column::First];
    let rows = answer.tenants.iter().map(|row| {
        row.target.row(vec![
            Cell::Tenant(row.tenant.clone()),
            Cell::Move(Some(row.moved), None),
            row.maximum_moved.map_or(Cell::Empty, |moved| Cell::Points(Some(moved))),
            Cell::Count(row.total),
            if answer.days.is_some() { Cell::Empty } else { Cell::Days(row.since, row.day) },
            row.most_moved.clone().map_or(Cell::Empty, |(control, moved)| Cell::MovedMost(control, moved)),
        ])
    });
    Block::table(columns.to_vec(), rows.collect())
}
