//! How does a cell read where no head stands over it? Its words, and what makes them plain before and behind: `9 left of 12 · until 2026-10-01 · by Ann`.

use crate::{
    card::{Cell, Column, TableRow, cell::DecisionEnd},
    text::{is_one, one_line},
};

/// What stands before and behind the words of `cell`, a space apart; nothing where they are plain by themselves.
pub fn around<'c>(column: &'c Column, cell: &Cell) -> (&'c str, &'c str) {
    let (before, behind) = ((column.head(), ""), ("", column.head()));
    let when = |is: bool| if is { before } else { ("", "") };
    match column {
        Column::PointsLeft if is_one_point(cell) => ("", "point left"),
        Column::Points if is_one_point(cell) => ("", "point"),
        Column::Forgone if is_one_point(cell) => ("", "point forgone"),
        Column::Forgone if matches!(cell, Cell::Points(None)) => before,
        Column::Named { number: true, .. }
        | Column::Forgone
        | Column::Left
        | Column::PointsLeft
        | Column::Points
        | Column::Share
        | Column::MaximumMove
        | Column::Decisions
        | Column::Expired
        | Column::Changed
        | Column::Percent => behind,
        Column::Decided => {
            if matches!(cell, Cell::Day(Some(_))) {
                ("on", "")
            } else {
                ("", "")
            }
        }
        Column::By => ("by", ""),
        Column::Maximum | Column::Owner => before,
        Column::Until => when(matches!(cell, Cell::End(DecisionEnd::Day(..)))),
        Column::Since | Column::Day => when(matches!(cell, Cell::Day(Some(_)))),
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
        | Column::Product
        | Column::Score
        | Column::News => ("", ""),
    }
}

/// What parts a cell from the one before it: `9 left of 9` is one thing.
pub const fn apart(column: &Column) -> &'static str {
    if matches!(column, Column::Maximum) { " " } else { " · " }
}

fn is_one_point(cell: &Cell) -> bool {
    matches!(cell, Cell::Points(Some(points)) if is_one(*points))
}

/// What a row is about, without the id of its control where what comes next names that.
pub fn subject(columns: &[Column], row: &TableRow) -> String {
    match (row.cells.first(), columns.first()) {
        (Some(Cell::Control(control)), _) if row.next.is_some() => one_line(&control.about()).into_owned(),
        (Some(cell), Some(column)) => one_line(&cell.words(column)).into_owned(),
        _ => String::new(),
    }
}

/// The cells of `row` beside the first that say anything, each with its column.
pub fn others<'r>(columns: &'r [Column], row: &'r TableRow) -> impl Iterator<Item = (&'r Column, &'r Cell)> {
    columns.iter().zip(&row.cells).skip(1).filter(|(column, cell)| !cell.is_silent(column))
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
        let read = |column: &Column, cell: &Cell| {
            let (before, behind) = around(column, cell);
            format!("{before} {} {behind}", cell.words(column)).trim().to_owned()
        };
        let day = date(2026, 10, 1);
        let said = [
            (Column::Decided, Cell::Day(Some(day)), "on 2026-10-01"),
            (Column::Decided, Cell::Day(None), "undated"),
            (Column::By, Cell::Person("Ann".to_owned()), "by Ann"),
            (Column::Until, Cell::End(DecisionEnd::Day(day, false)), "until 2026-10-01"),
            (Column::Left, Cell::Points(Some(9.0)), "9 left"),
            (Column::PointsLeft, Cell::Points(Some(1.0)), "1 point left"),
            (Column::Maximum, Cell::Points(Some(12.0)), "of 12"),
            (Column::Forgone, Cell::Points(Some(1.0)), "1 point forgone"),
            (Column::Forgone, Cell::AtLeast(2.5), "at least 2.5 points forgone"),
            (Column::Forgone, Cell::Points(None), "points forgone not known"),
            (Column::Move, Cell::Move(None, None), "change not known"),
            (Column::Effort, Cell::Effort(None, None), "effort not known"),
        ];
        for (column, cell, words) in said {
            assert_eq!(read(&column, &cell), words);
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
