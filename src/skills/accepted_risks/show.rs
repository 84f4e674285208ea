//! How are decisions told? In a line each for assistants, in a table for people.

use std::borrow::Cow;

use super::{AcceptedRisksAnswer, AllRisks, RiskRow, RiskTotals, StateArg, TenantRisks, all::TenantRisksRow};
use crate::{
    card::{Block, Card, Cell, Column, TableRow, Tone, Word},
    score::ControlState,
    skills::{
        caveat::{self, Caveat},
        format,
        given_up::GivenUp,
    },
};

/// The answer in few words.
pub(super) fn text(answer: &AcceptedRisksAnswer) -> String {
    match answer {
        AcceptedRisksAnswer::One(one) => {
            let place = format!("{} {}", one.tenant, one.as_of);
            caveat::text(lines(&place, &one.totals, &one.notes, one.risks.iter().map(row_text)), &one.notes)
        }
        AcceptedRisksAnswer::All(all) => {
            caveat::text(lines(&all.as_of, &all.totals, &all.notes, all.tenants.iter().map(tenant_text)), &all.notes)
        }
    }
}

/// The answer for people.
pub(super) fn card(answer: &AcceptedRisksAnswer) -> Card {
    match answer {
        AcceptedRisksAnswer::One(one) => one.frame.card(blocks(&one.totals, risks_table(one)), &one.notes),
        AcceptedRisksAnswer::All(all) => all.frame.card(blocks(&all.totals, tenants_table(all)), &all.notes),
    }
}

/// What the decisions of `place` come to, and how many are listed beside them because they are no more; which of them are listed, and those.
fn lines(place: &str, totals: &RiskTotals, notes: &[Caveat], rows: impl Iterator<Item = String>) -> Vec<String> {
    let (count, given_up) = (counted(totals), GivenUp::words(totals.given_up, totals.unknown));
    let expired = expired(totals).map_or_else(String::new, |expired| format!("; {expired}"));
    let no_more = notes.iter().find_map(Caveat::of_first_line).map_or_else(String::new, |no_more| format!("; {no_more}"));
    let span = totals.span.as_ref().map(|span| format!("page {}: {span}", totals.page));
    [format!("{place}: {count}, {given_up}{expired}{no_more}")].into_iter().chain(span).chain(rows).collect()
}

/// How many have expired. Graph knows no end: until somebody takes it back, each counts as accepted.
fn expired(totals: &RiskTotals) -> Option<String> {
    let (asked, accepted) = (totals.noun == StateArg::Expired.noun(), totals.noun == StateArg::Accepted.noun());
    match totals.expired {
        _ if !asked && !totals.tells_expired() => None,
        0 => accepted.then(|| "none expired".to_owned()),
        1 if asked => Some("Microsoft still counts it as accepted".to_owned()),
        _ if asked => Some("Microsoft still counts them as accepted".to_owned()),
        expired => Some(format!("{expired} expired, which Microsoft still counts as accepted")),
    }
}

fn tenant_text(row: &TenantRisksRow) -> String {
    if row.total == 0 {
        return format!("{}: none", row.tenant);
    }
    let first = row.first.as_ref().map_or_else(String::new, |first| format!(", first: {first}"));
    format!("{}: {} ({} expired), {}{first}", row.tenant, row.total, row.expired, GivenUp::words(row.given_up, row.unknown))
}

fn blocks(totals: &RiskTotals, table: Option<Block>) -> Vec<Block> {
    let span = totals.span.as_ref().map(|span| Block::Note(format!("This is page {}: {span}.", totals.page)));
    [Some(Block::Lead(lead(totals))), table, span].into_iter().flatten().collect()
}

fn lead(totals: &RiskTotals) -> Vec<Word> {
    let toned = |text: String, number: usize, tone| Word::toned(text, if number > 0 { Tone::Warn } else { tone });
    let (total, expired) = (counted(totals), totals.expired);
    let given_up = Word::plain(GivenUp::words(totals.given_up, totals.unknown));
    if !totals.tells_expired() {
        let still = self::expired(totals).map(Word::plain);
        return [toned(total, totals.total, Tone::Strong), given_up].into_iter().chain(still).collect();
    }
    let expired = toned(self::expired(totals).unwrap_or_else(|| "none expired".to_owned()), expired, Tone::Plain);
    vec![Word::toned(total, Tone::Strong), expired, given_up]
}

/// How many they are, and which.
fn counted(totals: &RiskTotals) -> String {
    let end = if totals.total == 1 { "ends" } else { "end" };
    let ends = totals.ends_within.map_or_else(String::new, |days| format!(" that {end} within {}", format::count(days as usize, "day")));
    format!("{}{ends}", format::count(totals.total, totals.noun))
}

impl RiskTotals {
    /// Whether some of them can be expired and others not.
    fn tells_expired(&self) -> bool {
        self.noun != StateArg::Expired.noun() && self.ends_within.is_none()
    }
}

/// A decision in a line: what it is about, what it costs, until when it holds, who decided what when, with which words.
fn row_text(row: &RiskRow) -> String {
    let points = row.given_up.map_or_else(|| "points not known".to_owned(), format::amount);
    let left = if row.state == ControlState::Accepted.words() { "" } else { " to gain" };
    let end = end_text(row).map_or_else(String::new, |end| format!(", {end}"));
    let on = row.on.map_or_else(|| "undated".to_owned(), |on| on.to_string());
    let mut text = format!("{} {}{}: {points}{left}{end}, {} {on}", row.control, format::quote(&row.title), row.mark(), decided(row));
    text.extend(row.by.iter().map(|by| format!(" by {}", format::person(by))));
    text.extend(row.comment.iter().map(|comment| format!(": {}", format::quote(comment))));
    text.extend(row.annotations.text(None).map(|added| format!("; ours: {added}")));
    text.extend(row.before.iter().map(|before| format!("; before: {before}")));
    text
}

/// Until when a decision holds; `None` where nobody would look for an end.
fn end_text(row: &RiskRow) -> Option<String> {
    match (row.until, &row.unclear_end) {
        (Some(until), _) if row.expired => Some(format!("expired {until}")),
        (Some(until), _) => Some(format!("until {until}")),
        (None, Some(words)) => Some(format!("end not understood: {}", format::quote(words))),
        (None, None) => (row.state == ControlState::Accepted.words()).then(|| "no end".to_owned()),
    }
}

/// What was decided, before its day.
fn decided(row: &RiskRow) -> Cow<'_, str> {
    match &*row.state {
        accepted if accepted == ControlState::Accepted.words() => "accepted".into(),
        open if row.no_longer && open == ControlState::Default.words() => "taken back".into(),
        state if row.no_longer => format!("no longer accepted, {state}").into(),
        state => state.into(),
    }
}

fn risks_table(answer: &TenantRisks) -> Option<Block> {
    let columns =
        [Column::Control, Column::State, Column::Until, Column::Forgone, Column::By, Column::Decided, Column::Owner, Column::Comment];
    let cells = |row: &RiskRow| {
        let progress = row.annotations.progress().map(ToOwned::to_owned);
        // Where the title says it of all of them, nothing more is said of each.
        let state = if answer.totals.noun == StateArg::Accepted.noun() && row.state == ControlState::Accepted.words() {
            progress.map_or(Cell::Empty, Cell::text)
        } else {
            Cell::State { state: row.state.clone(), progress, no_longer: row.no_longer }
        };
        let (by, owner) = (Cell::person(row.by.as_deref()), Cell::person(row.annotations.owner()));
        vec![row.cell(), state, row.end(), Cell::Points(row.given_up), by, Cell::Day(row.on), owner, row.comment_cell()]
    };
    let rows: Vec<TableRow> = answer.risks.iter().map(|row| row.target.row(cells(row))).collect();
    (!rows.is_empty()).then(|| Block::table(columns.to_vec(), rows))
}

fn tenants_table(answer: &AllRisks) -> Option<Block> {
    let columns = [Column::Tenant, Column::Decisions, Column::Expired, Column::Forgone, Column::First];
    let cells = |row: &TenantRisksRow| {
        let given_up = match (row.given_up, row.unknown) {
            (Some(points), Some(_)) => Cell::AtLeast(points),
            (points, _) => Cell::Points(points),
        };
        let first = row.first_title.clone().map_or(Cell::Empty, Cell::LookFirst);
        let mut cells =
            vec![Cell::Tenant(row.tenant.clone()), Cell::Count(Some(row.total)), Cell::Count(Some(row.expired)), given_up, first];
        if row.total == 0 {
            cells.truncate(2);
            cells.resize(columns.len(), Cell::Empty);
        }
        cells
    };
    let rows: Vec<TableRow> = answer.tenants.iter().map(|row| row.target.row(cells(row))).collect();
    (!rows.is_empty()).then(|| Block::table(columns.to_vec(), rows))
}
