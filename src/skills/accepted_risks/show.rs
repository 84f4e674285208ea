//! How are decisions told? In a line each for assistants, in a table for people.

use std::fmt::Write as _;

use super::{Answer, Row, StateArg};
use crate::{
    card::{Block, Card, Column, TableRow, Tone, Word},
    score::State,
    skills::words,
};

/// The answer in few words.
pub(super) fn text(answer: &Answer) -> String {
    let place = match (&answer.tenant, &answer.day) {
        (Some(tenant), Some(_)) => format!("{tenant} on {}", answer.as_of),
        _ => answer.foot.clone(),
    };
    let mut lines =
        vec![format!("{place}: {}{}, {}", words::count(answer.total, answer.noun), expired(answer), given_up(answer))];
    lines.extend(answer.risks.iter().map(row_text));
    lines.extend(answer.tenants.iter().map(|row| {
        let first = row.first.as_ref().map_or_else(String::new, |first| format!(", first: {first}"));
        format!("{}: {}, {} expired, {} points given up{first}", row.tenant, row.total, row.expired, words::points(row.given_up))
    }));
    words::told(lines, &answer.notes)
}

/// The answer for people.
pub(super) fn card(answer: &Answer) -> Card {
    let lead = vec![
        Word::toned(answer.total.to_string(), Tone::Strong),
        Word::plain(format!("{}, {},", plural(answer.noun, answer.total), given_up(answer))),
        Word::toned(format!("{} expired", answer.expired), if answer.expired > 0 { Tone::Warn } else { Tone::Plain }),
    ];
    let table = if answer.tenant.is_some() { risks_table(answer) } else { tenants_table(answer) };
    let mut blocks = vec![Block::Lead(lead)];
    blocks.extend(table);
    blocks.extend(words::note_blocks(&answer.notes));
    let title = answer.tenant.as_ref().map_or_else(|| "Accepted risks of all tenants".to_owned(), |tenant| format!("Accepted risks of {tenant}"));
    answer.onward.card(title, blocks, answer.foot.clone())
}

fn row_text(row: &Row) -> String {
    let mut text = format!("{} {}: ", row.control, words::quote(&row.title));
    if row.state != State::Accepted.words() {
        let _ = write!(text, "{}, ", row.state);
    }
    text.push_str(&row.given_up.map_or_else(|| "points not known".to_owned(), |given_up| format!("{} points", words::points(given_up))));
    if let Some(until) = &row.until {
        let _ = write!(text, ", {} {until}", if row.expired { "EXPIRED" } else { "until" });
    }
    if row.no_longer {
        text.push_str(", no longer accepted");
    }
    text.push_str(&row.on.as_ref().map_or_else(|| ", undated".to_owned(), |on| format!(", {on}")));
    text.extend(row.by.iter().map(|by| format!(" by {}", words::quote(by))));
    text.extend(row.comment.iter().map(|comment| format!(": {}", words::quote(comment))));
    text.extend(row.before.iter().map(|before| format!("; before: {before}")));
    text
}

/// How many of the decisions are expired, unless that is what was asked for.
fn expired(answer: &Answer) -> String {
    if answer.noun == StateArg::Expired.noun() { String::new() } else { format!(", {} expired", answer.expired) }
}

/// What the accepted ones leave on the table; never 0 for what nobody knows.
fn given_up(answer: &Answer) -> String {
    let known = words::points(answer.given_up);
    answer.unknown.map_or_else(|| format!("{known} points given up"), |unknown| format!("{known} points given up and {unknown} of unknown points"))
}

fn plural(noun: &str, number: usize) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}

fn risks_table(answer: &Answer) -> Option<Block> {
    let who = answer.risks.iter().any(|row| row.by.is_some());
    let mut columns = vec![Column::words("control"), Column::words("state"), Column::words("when")];
    if who {
        columns.push(Column::words("who"));
    }
    columns.extend([Column::words("until"), Column::number("points"), Column::words("words")]);
    let rows: Vec<TableRow> = answer
        .risks
        .iter()
        .map(|row| {
            let mut cells = vec![
                Word::plain(format!("{} [{}]", row.full_title, row.control)),
                Word::plain(if row.no_longer { format!("{} (no longer accepted)", row.state) } else { row.state.clone() }),
                Word::plain(row.on.clone().unwrap_or_else(|| "undated".to_owned())),
            ];
            if who {
                cells.push(Word::plain(row.by.clone().unwrap_or_default()));
            }
            let until = row.until.clone().map_or_else(String::new, |until| if row.expired { format!("{until} expired") } else { until });
            cells.push(Word::toned(until, if row.expired { Tone::Warn } else { Tone::Plain }));
            cells.push(Word::plain(row.given_up.map_or_else(|| "?".to_owned(), words::points)));
            let said: Vec<_> = row.full_comment.iter().chain(&row.before).cloned().collect();
            cells.push(Word::toned(said.join(" · "), Tone::Quiet));
            row.step.row(cells)
        })
        .collect();
    (!rows.is_empty()).then_some(Block::Table { columns, rows })
}

fn tenants_table(answer: &Answer) -> Option<Block> {
    let columns = vec![Column::words("tenant"), Column::number("decisions"), Column::number("expired"), Column::number("points given up"), Column::words("first")];
    let rows: Vec<TableRow> = answer
        .tenants
        .iter()
        .map(|row| {
            row.step.row(vec![
                Word::plain(row.tenant.clone()),
                Word::plain(row.total.to_string()),
                Word::toned(row.expired.to_string(), if row.expired > 0 { Tone::Warn } else { Tone::Plain }),
                Word::plain(words::points(row.given_up)),
                Word::toned(row.first.clone().unwrap_or_default(), Tone::Quiet),
            ])
        })
        .collect();
    (!rows.is_empty()).then_some(Block::Table { columns, rows })
}
