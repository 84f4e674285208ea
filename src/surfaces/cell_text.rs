//! How does a cell read where no head stands over it? Its words, and what makes them plain before and behind: `9 of 12 points to gain · until 2026-10-01 · by Ann`.

use crate::{
    card::{Cell, Column, TableRow, cell::DecisionEnd},
    text::{is_one, one_line},
};

/// What parts two things on a line: numbers must not run into each other.
pub const APART: &str = " · ";

/// What stands before and behind the words of `cell`, a space apart; nothing where they are plain by themselves.
pub fn around<'c>(column: &'c Column, cell: &Cell) -> (&'c str, &'c str) {
    let (before, behind) = ((column.head(), ""), ("", column.head()));
    let when = |is: bool| if is { before } else { ("", "") };
    let counted = |one, many| ("", if matches!(cell, Cell::Count(Some(1))) { one } else { many });
    match column {
        Column::PointsLeft if is_one_point(cell) => ("", "point left"),
        Column::Forgone if is_one_point(cell) => ("", "point forgone"),
        Column::Forgone if matches!(cell, Cell::Points(None)) => before,
        Column::Share => ("", "of the maximum"),
        Column::Decisions => counted("decision", "decisions"),
        Column::Changed => counted("control changed", "controls changed"),
        Column::Named { number: true, .. } | Column::Forgone | Column::PointsLeft | Column::Expired => behind,
        Column::Decided => when_day(cell, "on"),
        Column::By => ("by", ""),
        Column::Owner | Column::MaximumMove | Column::ScoreAfter => before,
        Column::Until => when(matches!(cell, Cell::End(DecisionEnd::Day(_, false)))),
        Column::Since | Column::Day => when_day(cell, column.head()),
        Column::Days => when(matches!(cell, Cell::Days(..))),
        Column::Move => when(matches!(cell, Cell::Move(None, _))),
        Column::Named { number: false, .. }
        | Column::Control
        | Column::Tenant
        | Column::Subject
        | Column::Resolved
        | Column::Effort
        | Column::Place
        | Column::Annotations
        | Column::State
        | Column::Comment
        | Column::Why
        | Column::Change
        | Column::FromTo
        | Column::First
        | Column::Standing
        | Column::Points
        | Column::Product
        | Column::Score
        | Column::News => ("", ""),
    }
}

/// `word` before a day that is known.
const fn when_day<'c>(cell: &Cell, word: &'c str) -> (&'c str, &'c str) {
    (if matches!(cell, Cell::Day(Some(_))) { word } else { "" }, "")
}

/// What parts a cell from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// They are one thing: `by Ann on 2026-10-01`.
    Space,
    /// They are two.
    Dot,
    /// It is long, or of another kind: it begins a line where there are lines.
    Line,
}

impl Separator {
    /// What parts a cell of `column` from that of the column `before`, which is the first where no other says anything.
    pub const fn between(before: &Column, column: &Column) -> Self {
        match (before, column) {
            (Column::Move, Column::Since) | (Column::By, Column::Decided) => Self::Space,
            // The short name of a tenant leaves room for where it stands.
            (_, Column::By | Column::Why | Column::Comment | Column::Annotations | Column::First | Column::News)
            | (Column::Control | Column::Subject | Column::Resolved | Column::Named { .. }, _) => Self::Line,
            (_, _) => Self::Dot,
        }
    }
}

/// All of it on one line: `9 of 12 points to gain`, `by Ann`. In a list whose columns have heads of their own, with the head.
pub fn phrase(column: &Column, cell: &Cell) -> String {
    let named = if let Column::Named { head, number: false } = column { Some((head.as_str(), "")) } else { None };
    let (before, behind) = named.unwrap_or_else(|| around(column, cell));
    let parts = [one_line(before), one_line(&cell.words(column)).into_owned().into(), one_line(behind)];
    parts.iter().filter(|part| !part.is_empty()).map(|part| &**part).collect::<Vec<_>>().join(" ")
}

fn is_one_point(cell: &Cell) -> bool {
    if let Cell::Of(Some(left), Some(maximum)) = cell {
        return is_one(*left) && is_one(*maximum);
    }
    matches!(cell, Cell::Points(Some(points)) if is_one(*points))
}

/// Whether a row of these columns is read as one line: a tenant, where it stands, and its news.
pub fn is_line(columns: &[Column]) -> bool {
    columns.last() == Some(&Column::News)
}

/// What a row is about, without the id of its control where what comes next names that.
pub fn subject(columns: &[Column], row: &TableRow) -> String {
    match (row.cells.first(), columns.first()) {
        (Some(Cell::Control(control)), _) if row.next.is_some() => one_line(&control.about()).into_owned(),
        (Some(cell), Some(column)) => one_line(&cell.words(column)).into_owned(),
        _ => String::new(),
    }
}

/// The cells of `row` beside the first that say anything, each with its column and what parts it from the one before it; with `details` or without.
pub fn others<'r>(columns: &'r [Column], row: &'r TableRow, details: bool) -> impl Iterator<Item = (Separator, &'r Column, &'r Cell)> {
    let said = move |(column, cell): &(&Column, &Cell)| (details || !column.is_detail()) && !cell.is_silent(column);
    let mut before = columns.first();
    columns.iter().zip(&row.cells).skip(1).filter(said).map(move |(column, cell)| {
        let before = before.replace(column).unwrap_or(column);
        (Separator::between(before, column), column, cell)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        card::{Next, cell::ControlLabel},
        skill_id::SkillId,
    };

    #[test]
    fn a_cell_reads_without_its_column() {
        let day = date(2026, 10, 1);
        let said = [
            (Column::Decided, Cell::Day(Some(day)), "on 2026-10-01"),
            (Column::Decided, Cell::Day(None), "undated"),
            (Column::By, Cell::Person("Ann".to_owned()), "by Ann"),
            (Column::Until, Cell::End(DecisionEnd::Day(day, false)), "until 2026-10-01"),
            (Column::Until, Cell::End(DecisionEnd::Day(day, true)), "expired 2026-10-01"),
            (Column::PointsLeft, Cell::Points(Some(1.0)), "1 point left"),
            (Column::PointsLeft, Cell::Of(Some(9.0), Some(9.0)), "9 points to gain"),
            (Column::PointsLeft, Cell::Of(Some(1.0), Some(12.0)), "1 of 12 points to gain"),
            (Column::PointsLeft, Cell::Of(None, None), "unknown points to gain"),
            (Column::Changed, Cell::Count(Some(1)), "1 control changed"),
            (Column::Expired, Cell::Count(Some(2)), "2 expired"),
            (Column::Forgone, Cell::Points(Some(1.0)), "1 point forgone"),
            (Column::Forgone, Cell::AtLeast(2.5), "at least 2.5 points forgone"),
            (Column::Forgone, Cell::Points(None), "points forgone not known"),
            (Column::Move, Cell::Move(None, None), "change not known"),
            (Column::Effort, Cell::Effort(None, None), "effort not known"),
        ];
        for (column, cell, words) in said {
            assert_eq!(phrase(&column, &cell), words);
        }
    }

    #[test]
    fn an_id_is_left_out_where_what_comes_next_names_it() {
        let next = Next { label: "x".to_owned(), skill: SkillId::Control, tenant: "t".to_owned(), args: Vec::new() };
        let control = ControlLabel { id: "MFA".to_owned(), title: Some("Require it".to_owned()), ..ControlLabel::default() };
        let row = TableRow { cells: vec![Cell::Control(control)], link: None, next: Some(next) };
        assert_eq!(subject(&[Column::Control], &row), "Require it");
        assert_eq!(subject(&[Column::Control], &TableRow { next: None, ..row }), "Require it [MFA]");
    }
}
