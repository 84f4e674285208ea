//! How does a table fit? Words wrap inside their columns; where even that is too wide, each row becomes lines of its own.
//!
//! Laid out here because colours must not count as columns: comfy-table only knows that with crossterm
//! beside it, or with a second parser of escape sequences.

use anstyle::Style;

use super::{
    PROSE_MAX, hung, labelled,
    line::{STICKY, StyledLine, StyledText, columns as columns_of, widest_id, wrap},
    style_of,
};
use crate::{
    card::{Cell, Column, TableRow, Word},
    surfaces::cell_text::{self, Separator},
};

const GAP: usize = 2;
/// How far the cells of a row stand below what it is about.
const INDENT: usize = 2;
/// A column of words is not made narrower than this.
const WORDS_MIN: usize = 14;
/// Below this many columns a table that would have to wrap is stacked.
const NARROW: usize = 70;
/// A cell on more lines than this is no longer read across: then the table is stacked, too.
const LINES_MAX: usize = 3;

/// The table in at most `width` columns.
pub(super) fn table(columns: &[Column], rows: &[TableRow], width: usize) -> Vec<StyledLine> {
    match widths(columns, rows, width) {
        Some(widths) => side_by_side(columns, rows, &widths),
        None => stacked(columns, rows, width),
    }
}

/// How wide each column gets; `None` when they do not fit beside each other.
fn widths(columns: &[Column], rows: &[TableRow], width: usize) -> Option<Vec<usize>> {
    let widest = |at: usize, column: &Column, of: fn(&str) -> usize| {
        rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| of(&cell.words(column))).chain([of(column.head())]).max().unwrap_or(0)
    };
    let natural: Vec<usize> = columns.iter().enumerate().map(|(at, column)| widest(at, column, columns_of)).collect();
    // No id is broken: whoever reads one will type or copy it.
    let least: Vec<usize> = columns.iter().enumerate().map(|(at, column)| widest(at, column, widest_id).max(WORDS_MIN)).collect();
    let mut widths = natural.clone();
    let gaps = GAP * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        if width < NARROW {
            return None;
        }
        let wraps =
            columns.iter().zip(widths.iter_mut()).enumerate().filter(|(at, (column, width))| !column.is_number() && **width > least[*at]);
        // The first column says what a row is about: it may be twice as wide as the others.
        let (_, (_, widest)) = wraps.max_by_key(|(at, (_, width))| if *at == 0 { **width / 2 } else { **width })?;
        *widest -= 1;
    }
    let readable = natural.iter().zip(&widths).all(|(natural, width)| *natural <= LINES_MAX * width);
    readable.then_some(widths)
}

fn side_by_side(columns: &[Column], rows: &[TableRow], widths: &[usize]) -> Vec<StyledLine> {
    let heads = columns.iter().map(|column| StyledText::new(column.head(), Style::new().bold())).collect();
    let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    let mut lines = row(columns, heads, widths);
    lines.push(StyledLine::of(&"─".repeat(total), Style::new().dimmed()));
    let piece = |(column, cell): (&Column, &Cell)| StyledText::new(cell.words(column), style_of(cell.tone(column)));
    lines.extend(rows.iter().flat_map(|each| row(columns, columns.iter().zip(&each.cells).map(piece).collect(), widths)));
    lines
}

fn row(columns: &[Column], cells: Vec<StyledText>, widths: &[usize]) -> Vec<StyledLine> {
    let wrapped: Vec<Vec<StyledLine>> = cells.into_iter().zip(widths).map(|(piece, width)| wrap(&[piece], *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = vec![StyledLine::default(); height];
    let mut left = 0;
    for ((cell, width), column) in wrapped.into_iter().zip(widths).zip(columns) {
        for (line, part) in lines.iter_mut().zip(cell) {
            line.pad(if column.is_number() { left + width - part.columns() } else { left });
            line.append(part);
        }
        left += width + GAP;
    }
    lines
}

/// What each row is about as a heading, the other cells below it: as they read without a head, or, in a list whose columns have heads of their own, each
/// on a line with it.
fn stacked(columns: &[Column], rows: &[TableRow], width: usize) -> Vec<StyledLine> {
    let details = width >= NARROW;
    let width = width.min(PROSE_MAX);
    if columns.iter().skip(1).any(|column| matches!(column, Column::Named { .. })) {
        return rows.iter().flat_map(|row| headed(columns, row, width)).collect();
    }
    rows.iter().flat_map(|row| in_lines(columns, row, width, details)).collect()
}

fn subject(columns: &[Column], row: &TableRow) -> StyledText {
    let words = columns.iter().zip(&row.cells).next();
    words.map_or_else(
        || StyledText::new("", Style::new()),
        |(column, cell)| StyledText::new(cell.words(column), style_of(cell.tone(column)).bold()),
    )
}

fn headed(columns: &[Column], row: &TableRow, width: usize) -> Vec<StyledLine> {
    let labelled_cells = columns.iter().zip(&row.cells).skip(1).filter(|(_, cell)| !cell.is_empty());
    let labelled_cells: Vec<(&str, Word)> =
        labelled_cells.map(|(column, cell)| (column.head(), Word::toned(cell.words(column), cell.tone(column)))).collect();
    let below = labelled(&labelled_cells, width.saturating_sub(INDENT)).into_iter().map(|below| {
        let mut line = StyledLine::default();
        line.pad(INDENT);
        line.append(below);
        line
    });
    wrap(&[subject(columns, row)], width).into_iter().chain(below).collect()
}

fn in_lines(columns: &[Column], row: &TableRow, width: usize, details: bool) -> Vec<StyledLine> {
    let plain = |text: &str| StyledText::new(text, Style::new());
    let mut line = vec![subject(columns, row)];
    let mut lines = Vec::new();
    for (separator, column, cell) in cell_text::others(columns, row, details) {
        match separator {
            Separator::Space => line.push(plain(" ")),
            // It ends a line rather than begin one.
            Separator::Dot => line.push(plain(&format!("{STICKY}· "))),
            Separator::Line => lines.push(std::mem::take(&mut line)),
        }
        let (before, behind) = cell_text::around(column, cell);
        line.push(plain(&format!("{before} ")));
        line.push(StyledText::new(format!("{} {behind}", cell.words(column)).trim_end(), style_of(cell.tone(column))));
    }
    lines.push(line);
    let below = |(at, line): (usize, Vec<StyledText>)| {
        if at == 0 { wrap(&line, width) } else { hung(&" ".repeat(INDENT), Style::new(), &line, width) }
    };
    lines.into_iter().enumerate().flat_map(below).collect()
}
