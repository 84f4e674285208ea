//! How does a table look in a mail? Its columns side by side where they have room, each row as lines of its own where they have not.

use maud::{Markup, PreEscaped, html};

use super::{
    theme::{FONT, LIGHT},
    words::{NAME_MAX, VALUE_MAX, anchor, href, short, toned},
};
use crate::{
    card::{Cell, Column, TableRow},
    surfaces::{address, cell_text},
    text::one_line,
};

/// How many characters of this size stand side by side in a sheet.
const WIDTH: usize = 82;
/// How narrow a column of words may be before it is hard to read, and how narrow the first, which says what a row is about.
const WORDS_MIN: usize = 15;
const FIRST_MIN: usize = 24;
/// What is longer than this has a line of its own where a row is lines.
const SHORT: usize = 32;
/// How many lines lead to what they are about.
const LINKS_MAX: usize = 50;
/// What parts two columns.
const GAP: usize = 2;

/// The table; nothing where it has no rows.
pub(super) fn table(columns: &[Column], rows: &[TableRow]) -> Markup {
    if cell_text::is_line(columns) {
        return lines(columns, rows);
    }
    let room = columns.iter().enumerate().map(|(at, column)| needed(at, column, rows) + GAP).sum::<usize>() <= WIDTH + GAP;
    let style = format!("margin:0 0 18px;{FONT};font-size:13px;line-height:19px");
    html! {
        @if !rows.is_empty() {
            table class=[room.then_some("rows")] width="100%" cellpadding="0" cellspacing="0" border="0" style=(style) { "\n"
                @if room { (heads(columns)) "\n" }
                @for row in rows {
                    @if room { (side_by_side(columns, row)) } @else { (stacked(columns, row)) } "\n"
                }
            } "\n"
        }
    }
}

/// A line each. Many lead nowhere, so that all of them fit.
fn lines(columns: &[Column], rows: &[TableRow]) -> Markup {
    let line = |row: &TableRow| {
        let about = cell_text::subject(columns, row);
        html! {
            @match row.link.as_deref().and_then(href).filter(|_| rows.len() <= LINKS_MAX && !address::claims(&about)) {
                Some(url) => b { (anchor(&url, &short(&about, NAME_MAX))) },
                None => b { (short(&about, NAME_MAX)) },
            }
            @for (at, (_, column, cell)) in cell_text::others(columns, row, false).enumerate() {
                (if at == 0 { " " } else { " · " })
                (toned(&cell.words(column), cell.tone(column), VALUE_MAX))
            }
        }
    };
    html! {
        @if !rows.is_empty() {
            p style="margin:0 0 18px;font-size:14px;line-height:22px" {
                @for (at, row) in rows.iter().enumerate() {
                    @if at > 0 { br; "\n" }
                    (line(row))
                }
            } "\n"
        }
    }
}

/// How many characters wide a column must be.
fn needed(at: usize, column: &Column, rows: &[TableRow]) -> usize {
    let cells = || rows.iter().filter_map(|row| row.cells.get(at));
    let head = one_line(column.head());
    let width = |text: &str| text.chars().count();
    let widest = cells().map(|cell| width(&one_line(&cell.words(column)))).chain([width(&head)]).max().unwrap_or(0);
    if column.is_number() {
        return widest;
    }
    // The id of a control goes on a line of its own, where it may be broken.
    let words = |cell: &Cell| if let Cell::Control(control) = cell { control.about() } else { cell.words(column) };
    let longest = |text: &str| text.split_whitespace().map(width).max().unwrap_or(0);
    let word = cells().map(|cell| longest(&words(cell))).chain([longest(&head)]).max().unwrap_or(0);
    widest.min(if at == 0 { FIRST_MIN } else { WORDS_MIN }).max(word)
}

/// What explains the words beside it.
fn quiet(text: &str) -> Markup {
    html! { span.q style={ "color:" (LIGHT.quiet) } { (short(text, NAME_MAX)) } }
}

fn heads(columns: &[Column]) -> Markup {
    html! {
        tr.h {
            @for (at, column) in columns.iter().enumerate() {
                @let (align, wrap) = if column.is_number() { ("right", "nowrap") } else { ("left", "normal") };
                @let left = if at == 0 { 0 } else { 12 };
                @let style = format!(
                    "padding:0 0 6px {left}px;text-align:{align};word-break:normal;white-space:{wrap};font-weight:normal;font-size:12px;color:{};vertical-align:bottom",
                    LIGHT.quiet
                );
                th.q align=(align) style=(style) { (short(column.head(), NAME_MAX)) }
            }
        }
    }
}

fn side_by_side(columns: &[Column], row: &TableRow) -> Markup {
    let edge = format!("border-top:1px solid {};vertical-align:top;word-break:normal", LIGHT.edge);
    // Shown on phones only, where the heads of the columns are not.
    let hidden = format!("display:none;mso-hide:all;color:{}", LIGHT.quiet);
    html! {
        tr.r {
            @for (at, (column, cell)) in columns.iter().zip(&row.cells).enumerate() {
                @if at == 0 {
                    td class="f t" style={ "padding:8px 0;" (edge) } { (subject(column, cell, row.link.as_deref())) }
                } @else {
                    @let number = column.is_number();
                    @let align = if number { "right;white-space:nowrap;font-variant-numeric:tabular-nums" } else { "left" };
                    @let class = if cell.is_empty() { "t e" } else { "t" };
                    td class=(class) align=[number.then_some("right")] style={ "padding:8px 0 8px 12px;" (edge) ";text-align:" (align) } {
                        @if !cell.is_empty() && !cell.says_its_head(column) {
                            span class="l q" style=(hidden) { (short(column.head(), NAME_MAX)) " " }
                        }
                        (toned(&cell.words(column), cell.tone(column), VALUE_MAX))
                    }
                }
            }
        }
    }
}

/// The first cell as a heading, the others below it with their heads.
fn stacked(columns: &[Column], row: &TableRow) -> Markup {
    let mut cells = columns.iter().zip(&row.cells);
    let subject = cells.next().map(|(column, cell)| subject(column, cell, row.link.as_deref())).unwrap_or_default();
    let rest = cells.filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| (column, cell, cell.words(column)));
    let (long, short): (Vec<_>, Vec<_>) = rest.partition(|(.., words)| words.chars().count() > SHORT);
    let headed = |(column, cell, words): &(&Column, &Cell, String)| {
        html! {
            @if !cell.says_its_head(column) { (quiet(column.head())) " " }
            (toned(words, cell.tone(column), VALUE_MAX))
        }
    };
    html! {
        tr {
            td class="line t" style={ "padding:10px 0;border-top:1px solid " (LIGHT.edge) ";word-break:break-word" } {
                div style="font-size:14px;line-height:20px" { (subject) }
                div {
                    @for (at, cell) in short.iter().enumerate() {
                        @if at > 0 { (PreEscaped("&emsp; ")) }
                        // What is this short stays in one piece.
                        span.d { (headed(cell)) }
                    }
                }
                @for cell in &long { div { (headed(cell)) } }
            }
        }
    }
}

/// What a row is about: its title as a link, and below it the id of a control.
fn subject(column: &Column, cell: &Cell, link: Option<&str>) -> Markup {
    let (title, id) = if let Cell::Control(control) = cell {
        (control.about(), control.title.as_ref().map(|_| &*control.id))
    } else {
        (cell.words(column), None)
    };
    let title = one_line(&title);
    let id_style = format!("font-size:12px;line-height:16px;color:{};word-break:break-all", LIGHT.quiet);
    html! {
        @match link.and_then(href).filter(|_| !address::claims(&title)) {
            // In the colour of links: what is judged stands beside it.
            Some(url) => (anchor(&url, &short(&title, NAME_MAX))),
            None => (toned(&title, cell.tone(column), NAME_MAX)),
        }
        @if let Some(id) = id {
            br;
            span.q style=(id_style) { (short(id, NAME_MAX)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::cell::ControlLabel;

    fn row(cells: &[&str]) -> TableRow {
        TableRow::from(cells.iter().copied().map(Cell::text).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let html = table(&[Column::words("control"), Column::number("left")], &[row(&["One <b>", "9"])]).into_string();
        assert!(html.contains("align=\"right\" style=") && html.contains(">One &lt;b&gt;</td>"), "{html}");
        assert_eq!(table(&[Column::words("control")], &[]).into_string(), "");
    }

    #[test]
    fn what_has_no_room_stands_below_each_other() {
        let columns = ["control", "state", "when", "who", "until", "given up", "words"].map(Column::words);
        let html = table(
            &columns,
            &[row(&["One", "accepted", "2026-04-25", "mira.lindqvist@contoso.example", "", "1 point", "Until the scanners are gone"])],
        )
        .into_string();
        assert!(!html.contains("<th") && !html.contains(">until<") && html.contains(">words</span> Until the scanners"), "{html}");
    }

    #[test]
    fn a_row_says_its_title_first() {
        let (id, title) = ("MDA_GitHub".to_owned(), Some("Refuse old passwords".to_owned()));
        let mut linked = TableRow::from(vec![Cell::Control(ControlLabel { id, title, ..ControlLabel::default() })]);
        linked.link = Some("https://example.com/?a=1&b".to_owned());
        let html = table(&[Column::Control], &[linked]).into_string();
        assert!(
            html.contains(">Refuse old passwords</a><br><span") && html.contains("?a=1&amp;b") && html.contains(">MDA_GitHub</span>"),
            "{html}"
        );
        let mut hostile = row(&["title"]);
        hostile.link = Some("javascript:alert(1)".to_owned());
        assert!(!table(&[Column::words("control")], &[hostile]).into_string().contains("href"));
    }
}
