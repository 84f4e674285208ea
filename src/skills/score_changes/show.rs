//! How are changes told? In a line each for assistants, in a table for people.

use super::{AllChanges, ChangeRow, OnlyArg, ScoreChangesAnswer, ScoreChangesArgs, TenantChanges, category_share::now_by, caveats};
use crate::{
    card::{Block, Card, Cell, Column, Tone, Word, cell::ChangeLabel},
    skills::{caveat, format, wording},
    text::sentence_case,
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
    let only = args.only.words().map_or_else(String::new, |words| format!(", only changes {words}"));
    format!("What changed in {place}{since}{category}{only}")
}

/// Points, percentage and maximum, and how they moved: of the category that was asked for, else of the whole tenant.
fn headline(answer: &TenantChanges) -> String {
    if let Some(part) = &answer.part {
        return part.text();
    }
    let unexplained = |rest: f64, of: &str| format!("{} {of}unexplained", format::signed(rest));
    let maximum = match answer.maximum_moved {
        None => answer.maximum_unexplained.map(|rest| unexplained(rest, "of the maximum ")),
        Some(moved) => {
            let rest = answer.maximum_unexplained.map_or_else(String::new, |rest| format!(", of it {}", unexplained(rest, "")));
            Some(format!("maximum {}{rest}", format::signed(moved)))
        }
    };
    let now = wording::of(answer.points, answer.maximum.filter(|maximum| *maximum > 0.0));
    let rest = answer.unexplained.map(|rest| unexplained(rest, ""));
    let points = now_by(&now, answer.moved.unwrap_or(0.0), rest.into_iter().chain(maximum));
    let share = answer.share.map_or_else(String::new, |share| format!(", {}", caveats::percent(share)));
    format!("{points}{share}")
}

fn one_text(answer: &TenantChanges) -> Vec<String> {
    let (tenant, day) = (&answer.tenant, &answer.day);
    let Some(since) = &answer.since else {
        return vec![format!("{tenant} {day}: {} points", format::points(answer.points))];
    };
    let mut lines = vec![format!("{tenant} {day} against {since}: {}", headline(answer))];
    lines.extend(answer.total.map(|_| {
        if answer.tally.total() == 0 {
            "no control changed".to_owned()
        } else {
            answer.tally.sides(answer.sides.microsofts_alone(answer.part.is_some(), told_pp))
        }
    }));
    lines.extend(answer.listed());
    lines.extend(answer.span.as_ref().map(|span| format!("page {}: {span}", answer.page)));
    lines.extend(answer.changes.iter().map(|row| row_text(row, answer.only)));
    lines
}

/// A move of a percentage for assistants: `-0.63 pp`.
fn told_pp(moved: f64) -> String {
    format!("{} pp", format::signed(moved))
}

/// `AdminMFAV2 "Require…": 10 to 6.67 of 10: "You have…"`; what is no move of points says first what it is.
fn row_text(row: &ChangeRow, only: OnlyArg) -> String {
    let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let kind = match row.kind {
        ChangeLabel::Up | ChangeLabel::Down | ChangeLabel::Status => "",
        ChangeLabel::Maximum => "other maximum ",
        ChangeLabel::New => "new ",
        ChangeLabel::Gone => "gone ",
        ChangeLabel::Unsaid => "unsaid ",
        ChangeLabel::SaidAgain => "said again ",
    };
    let status = row.status_words().filter(|_| only == OnlyArg::Status).map_or_else(String::new, |words| format!(" {words};"));
    // What has all its points needs no word of Microsoft's that it is as it should be.
    let is_done = row.kind == ChangeLabel::Up && row.to == row.max;
    let why = row.why.as_ref().filter(|why| !is_done || !why.is_microsofts());
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    format!("{kind}{}{title}{deprecated}:{status} {}{why}", row.control, numbers(row))
}

/// `10 to 6.67 of 10`, or what is known of it. Points that came with the maximum are no gain.
fn numbers(row: &ChangeRow) -> String {
    match (row.kind, row.to, row.max) {
        (ChangeLabel::Status, Some(points), max) => wording::of(points, max),
        (ChangeLabel::Maximum, Some(points), Some(max)) if max > 0.0 => {
            format!("{} % as before, {}", format::round2(100.0 * points / max), row.span().text())
        }
        _ => row.span().text(),
    }
}

fn all_text(answer: &AllChanges) -> Vec<String> {
    let part = answer.part.as_ref().map_or_else(String::new, |part| format!(", {part} controls alone"));
    let mut lines = vec![format!("{} compared{part}, largest change first", answer.as_of)];
    lines.extend(answer.tenants.iter().map(|row| {
        let maximum = row.maximum_moved.map_or_else(String::new, |moved| format!("; maximum {}", format::signed(moved)));
        let percent = row.percent_moved.map_or_else(|| maximum.clone(), |moved| format!(" ({} pp{maximum})", format::signed(moved)));
        let missing = row.missing.map_or_else(String::new, |missing| format!("; {} without data", format::count(missing, "day")));
        let most = row.most.as_ref().map_or_else(String::new, |most| format!("; most: {most}"));
        let sides = match row.total {
            None => "controls not known".to_owned(),
            Some(_) if row.tally.total() == 0 => "no control changed".to_owned(),
            Some(_) => row.tally.sides(row.sides.microsofts_alone(answer.part.is_some(), told_pp)),
        };
        format!("{} {} against {}: {} points{percent}; {sides}{missing}{most}", row.tenant, row.day, row.since, format::signed(row.moved))
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
    let columns = [Column::Control, Column::Change, Column::Move, Column::FromTo, Column::State, Column::Why].to_vec();
    let status = |row: &ChangeRow| row.status_words().filter(|_| answer.only == OnlyArg::Status).map_or(Cell::Empty, Cell::text);
    let cells = |row: &ChangeRow| vec![row.cell(), row.happened(), row.by(), Cell::Span(row.span()), status(row), row.reason()];
    blocks.push(Block::table(columns, answer.changes.iter().map(|row| row.target.row(cells(row))).collect()));
    blocks.extend(later(answer));
    blocks
}

impl TenantChanges {
    /// What is said above its rows: what moved the maximum and the percentage of the whole tenant, `than` when, and what the changes come to.
    pub fn remarks(&self, than: &str) -> Vec<Block> {
        let Some(since) = self.since.as_deref() else { return Vec::new() };
        let mut blocks = if self.part.is_none() { whole_notes(self, than) } else { Vec::new() };
        if self.tally.total() == 0 {
            let span = format!("from {since} to {}", self.day);
            blocks.extend(self.total.map(|_| Block::Note(format!("No control changed {span}."))));
        } else if self.tally.total() > 1 {
            blocks.push(Block::Note(format!(
                "{}.",
                self.tally.sentence(self.sides.microsofts_alone(self.part.is_some(), format::percentage_points))
            )));
        }
        blocks.extend(self.listed().map(|listed| Block::Note(format!("{}.", sentence_case(&listed)))));
        blocks
    }

    /// How many of all changes are listed, where only those of a kind are.
    fn listed(&self) -> Option<String> {
        let words = self.only.words()?;
        let number = match self.total? {
            0 => "no change".to_owned(),
            number => format::count(number, "change"),
        };
        Some(format!("listed: {number} {words}"))
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
            Cell::ScoreMove(row.moved, row.percent_moved),
            row.maximum_moved.map_or(Cell::Empty, |moved| Cell::Points(Some(moved))),
            Cell::Count(row.total),
            if answer.days.is_some() { Cell::Empty } else { Cell::Days(row.since, row.day) },
            row.most_moved.clone().map_or(Cell::Empty, |(control, moved)| Cell::MovedMost(control, moved)),
        ])
    });
    Block::table(columns.to_vec(), rows.collect())
}
