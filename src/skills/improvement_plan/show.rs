//! How is a plan told? In a line a step for assistants, in a table for people.

use super::{ImprovementPlanAnswer, PlanOutcome, steps::PlanRow};
use crate::{
    card::{Block, Card, Cell, Column, Fact, Tone, Word},
    skills::{caveat, format},
};

/// What the effort of a plan adds up.
const LEGEND: &str = "each low 1, moderate 2, high 3, plus user impact low 0, moderate 1, high 2";

/// The answer in few words.
pub(super) fn text(answer: &ImprovementPlanAnswer) -> String {
    let head = format!("{} {}: {}; {}", answer.tenant, answer.as_of, score(answer), told(answer));
    let mut lines = vec![head];
    lines.extend(
        answer.steps.iter().enumerate().map(|(at, row)| format!("{}. {}", answer.skipped + at + 1, row_text(row, answer.in_points))),
    );
    caveat::text(lines, &answer.notes)
}

/// Where the tenant stands.
fn score(answer: &ImprovementPlanAnswer) -> String {
    let points = format::points(answer.points);
    match (answer.max, answer.percent) {
        (Some(max), Some(percent)) => format!("{points} of {} ({percent} %)", format::amount(max)),
        _ => format!("{}, maximum not known", format::amount(answer.points)),
    }
}

/// The target in words, and that it is ours where it is; and what it needs.
fn target(answer: &ImprovementPlanAnswer) -> String {
    let words = answer.target.as_deref().unwrap_or_default();
    let chosen = if answer.chosen { " (none asked: the next multiple of 5)" } else { "" };
    format!("target {words}{chosen}: {} more", format::amount(answer.needed.unwrap_or(0.0)))
}

/// What it comes to, in a sentence for assistants.
fn told(answer: &ImprovementPlanAnswer) -> String {
    let total = answer.total.unwrap_or(0);
    let effort = format!("total effort {} ({LEGEND})", answer.effort);
    let words = answer.target.as_deref().unwrap_or_default();
    let among = if answer.among.is_empty() { String::new() } else { format!(" (only {})", answer.among) };
    match answer.outcome {
        PlanOutcome::NotKnown => "which controls are open is not known".to_owned(),
        PlanOutcome::ReachedAlready => format!("{words} is reached already{}", above(answer)),
        PlanOutcome::OutOfReach if total == 0 => {
            format!("{}, out of reach: no open control{among} has known points to gain", target(answer))
        }
        PlanOutcome::OutOfReach => {
            let controls = format::count(total, "open control");
            format!("{}, out of reach: all {controls}{among} give {}, {effort}", target(answer), gives(answer))
        }
        PlanOutcome::Reached => {
            let claim = if answer.least.is_some() { "least effort" } else { "one way, not claimed to be the least" };
            let controls = format::count(total, "control");
            format!("{}; {claim}: {controls}{among} give {}, {effort}", target(answer), gives(answer))
        }
        PlanOutcome::WhatIf => {
            let these = if total == 1 { "this control done".to_owned() } else { format!("these {total} controls done") };
            format!("with {these}: {}{}", gives(answer), against(answer))
        }
    }
}

/// What all steps give, and to what.
fn gives(answer: &ImprovementPlanAnswer) -> String {
    let percent = answer.percent_after.map_or_else(String::new, |percent| format!(" ({percent} %)"));
    format!("+{} to {}{percent}", format::amount(answer.gain), format::points(answer.points_after))
}

/// By how much a target is exceeded.
fn above(answer: &ImprovementPlanAnswer) -> String {
    let above = answer.target_points.map(|target| format::round2(answer.points - target)).filter(|above| *above > 0.0);
    above.map_or_else(String::new, |above| format!(", with {} to spare", format::amount(above)))
}

/// How a what-if stands against its target, where there is one.
fn against(answer: &ImprovementPlanAnswer) -> String {
    let (Some(words), Some(points), Some(reached)) = (&answer.target, answer.target_points, answer.reached) else { return String::new() };
    if reached {
        return format!("; {words} is reached");
    }
    format!("; {words} lacks {} more", format::amount(points - answer.points_after))
}

/// A step, with the score after it in percent or `in_points`.
fn row_text(row: &PlanRow, in_points: bool) -> String {
    let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let after = row.percent_after.filter(|_| !in_points).map_or_else(|| format::points(row.points_after), |percent| format!("{percent} %"));
    let remark = row.remark.as_ref().map_or_else(String::new, |remark| format!(", {remark}"));
    let ours = row.annotations.text(row.until).map_or_else(String::new, |ours| format!("; {ours}"));
    let level = |level: Option<&'static str>| level.unwrap_or("?");
    let gives = match row.gain {
        None => String::new(),
        Some(_) if row.gives_nothing() => " +0 points".to_owned(),
        Some(gain) => {
            format!(" +{} to {after}, effort {}, user impact {}", format::amount(gain), level(row.cost), level(row.impact))
        }
    };
    format!("{}{title}{deprecated}{gives}{remark}{ours}", row.control)
}

/// What the card of a plan is about, and whose.
pub(super) fn title(tenant: &str, target: &str) -> String {
    format!("Plan for {tenant} to reach {target}")
}

/// The answer for people.
pub(super) fn card(answer: &ImprovementPlanAnswer) -> Card {
    let columns = [Column::Control, Column::Move, Column::ScoreAfter, Column::Effort, Column::State, Column::Annotations].to_vec();
    let rows: Vec<_> = answer.steps.iter().map(|row| row.target.row(cells(row, answer.in_points))).collect();
    let mut blocks = vec![Block::Lead(lead(answer)), Block::Facts(facts(answer))];
    blocks.extend((!rows.is_empty()).then(|| Block::table(columns, rows)));
    answer.frame.card(blocks, &answer.notes)
}

/// What it comes to, in the words to read if no others are.
fn lead(answer: &ImprovementPlanAnswer) -> Vec<Word> {
    let strong = |text: String| Word::toned(text, Tone::Strong);
    let words = answer.target.as_deref().unwrap_or_default();
    let controls = format::count(answer.total.unwrap_or(0), "control");
    let percent = answer.percent_after.map_or_else(|| format::amount(answer.points_after), |percent| format!("{percent} %"));
    match answer.outcome {
        PlanOutcome::NotKnown => vec![strong("Which controls are open is not known".to_owned())],
        PlanOutcome::ReachedAlready => vec![strong(format!("{words} is reached already{}", above(answer)))],
        PlanOutcome::Reached => {
            let claim = if answer.least.is_some() { "least effort" } else { "effort of most is not known" };
            vec![strong(format!("{controls} to {words}")), Word::plain(claim)]
        }
        PlanOutcome::OutOfReach => {
            let most = format!("all {} lead to {percent}", format::count(answer.total.unwrap_or(0), "open control"));
            vec![Word::toned(format!("{words} is out of reach"), Tone::Warn), Word::plain(most)]
        }
        PlanOutcome::WhatIf => {
            let stands = against(answer).trim_start_matches("; ").to_owned();
            let stands = (!stands.is_empty()).then(|| Word::plain(stands));
            [strong(format!("{controls} lead to {percent}"))].into_iter().chain(stands).collect()
        }
    }
}

/// Where it begins, where it ends, and what it takes.
fn facts(answer: &ImprovementPlanAnswer) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Now", Word::plain(score(answer)))];
    let needed = answer.needed.filter(|needed| *needed > 0.0);
    facts.extend(needed.map(|needed| Fact::new("Needed", Word::plain(format!("{} more", format::amount(needed))))));
    if answer.effort > 0 {
        facts.push(Fact::new("After all steps", Word::plain(gives(answer))));
        facts.push(Fact::new("Total effort", Word::plain(format!("{} ({LEGEND})", answer.effort))));
    }
    facts.extend((!answer.among.is_empty()).then(|| Fact::new("Only", Word::plain(answer.among.clone()))));
    facts
}

fn cells(row: &PlanRow, in_points: bool) -> Vec<Cell> {
    let after = row
        .percent_after
        .filter(|_| !in_points)
        .map_or_else(|| Cell::Points(Some(row.points_after)), |percent| Cell::Percent(Some(percent)));
    vec![
        row.cell(),
        Cell::Move(row.gain, None),
        after,
        Cell::Effort(row.cost.map(ToOwned::to_owned), row.impact.map(ToOwned::to_owned)),
        row.remark.as_ref().map_or(Cell::Empty, Cell::text),
        row.annotations.cell(row.until),
    ]
}
