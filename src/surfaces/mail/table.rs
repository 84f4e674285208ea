//! How does a table look in a mail? Its columns side by side where they have room, each row as lines of its own where they have not.

use super::{
    blocks::{NAME, VALUE, anchor, said},
    html::{FONT, escape, href},
    theme::{LIGHT, ink},
};
use crate::{
    card::{Cell, Column, TableRow, Tone},
    surfaces::address,
    text::{cut, one_line},
};

/// How many characters of this size stand side by side in a sheet.
const WIDTH: usize = 82;
/// How narrow a column of words may be before it is hard to read, and how narrow the first, which says what a row is about.
const WORDS_MIN: usize = 15;
const FIRST_MIN: usize = 24;
/// What is longer than this has a line of its own where a row is lines.
const SHORT: usize = 32;
/// What parts two columns.
const GAP: usize = 2;

/// The table; nothing where it has no rows.
pub(super) fn table(columns: &[Column], rows: &[TableRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let room = columns.iter().enumerate().map(|(at, column)| needed(at, column, rows) + GAP).sum::<usize>() <= WIDTH + GAP;
    let rows: String = if room {
        std::iter::once(heads(columns)).chain(rows.iter().map(|row| side_by_side(columns, row))).collect()
    } else {
        rows.iter().map(|row| stacked(columns, row)).collect()
    };
    let class = if room { " class=\"rows\"" } else { "" };
    format!(
        "<table{class} width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 18px;{FONT};font-size:13px;line-height:19px\">\n{rows}</table>\n"
    )
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

fn heads(columns: &[Column]) -> String {
    let (quiet, class) = ink(Tone::Quiet);
    let heads: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let align = if column.is_number() { "right" } else { "left" };
            let left = if at == 0 { 0 } else { 12 };
            let wrap = if column.is_number() { "nowrap" } else { "normal" };
            format!(
                "<th class=\"{class}\" align=\"{align}\" style=\"padding:0 0 6px {left}px;text-align:{align};word-break:normal;white-space:{wrap};font-weight:normal;font-size:12px;color:{quiet};vertical-align:bottom\">{}</th>",
                escape(&cut(column.head(), NAME))
            )
        })
        .collect();
    format!("<tr class=\"h\">{}</tr>\n", heads.concat())
}

fn side_by_side(columns: &[Column], row: &TableRow) -> String {
    let edge = LIGHT.edge;
    let (quiet, quiet_class) = ink(Tone::Quiet);
    let cells: Vec<String> = columns
        .iter()
        .zip(&row.cells)
        .enumerate()
        .map(|(at, (column, cell))| {
            if at == 0 {
                return format!("<td class=\"f t\" style=\"padding:8px 0;border-top:1px solid {edge};vertical-align:top;word-break:normal\">{}</td>", subject(column, cell, row.link.as_deref()));
            }
            let empty = cell.is_empty();
            let class = if empty { "t e" } else { "t" };
            // Shown on phones only, where the heads of the columns are not.
            let label = if empty || cell.says_its_head(column) {
                String::new()
            } else {
                format!(
                    "<span class=\"l {quiet_class}\" style=\"display:none;mso-hide:all;color:{quiet}\">{} </span>",
                    escape(&cut(column.head(), NAME))
                )
            };
            let align = if column.is_number() { "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums" } else { "text-align:left" };
            let align_attribute = if column.is_number() { " align=\"right\"" } else { "" };
            format!("<td class=\"{class}\"{align_attribute} style=\"padding:8px 0 8px 12px;border-top:1px solid {edge};vertical-align:top;word-break:normal;{align}\">{label}{}</td>", said(&cell.words(column), cell.tone(column), VALUE))
        })
        .collect();
    format!("<tr class=\"r\">{}</tr>\n", cells.concat())
}

/// The first cell as a heading, the others below it with their heads.
fn stacked(columns: &[Column], row: &TableRow) -> String {
    let (quiet, class) = ink(Tone::Quiet);
    let mut cells = columns.iter().zip(&row.cells);
    let subject = cells.next().map(|(column, cell)| subject(column, cell, row.link.as_deref())).unwrap_or_default();
    let rest = cells.filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| (column, cell, cell.words(column)));
    let (long, short): (Vec<_>, Vec<_>) = rest.partition(|(.., words)| words.chars().count() > SHORT);
    let said = |(column, cell, words): &(&Column, &Cell, String)| {
        let words = said(words, cell.tone(column), VALUE);
        if cell.says_its_head(column) {
            return words;
        }
        format!("<span class=\"{class}\" style=\"color:{quiet}\">{}</span> {words}", escape(&cut(column.head(), NAME)))
    };
    // What is this short stays in one piece.
    let short = short.iter().map(|cell| format!("<span class=\"d\">{}</span>", said(cell))).collect::<Vec<_>>().join("&emsp; ");
    let lines = [short].into_iter().chain(long.iter().map(said)).collect::<Vec<_>>().join("</div><div>");
    format!(
        "<tr><td class=\"line t\" style=\"padding:10px 0;border-top:1px solid {};word-break:break-word\">\
         <div style=\"font-size:14px;line-height:20px\">{subject}</div><div>{lines}</div></td></tr>\n",
        LIGHT.edge
    )
}

/// What a row is about: its title as a link, and below it the id of a control.
fn subject(column: &Column, cell: &Cell, link: Option<&str>) -> String {
    let (title, name) = if let Cell::Control(control) = cell {
        (control.about(), control.title.as_ref().map(|_| control.id.as_str()))
    } else {
        (cell.words(column), None)
    };
    let title = one_line(&title);
    let shown = match link.and_then(href).filter(|_| !address::claims(&title)) {
        // In the colour of links: what is judged stands beside it.
        Some(url) => anchor(&url, &escape(&cut(&title, NAME))),
        None => said(&title, cell.tone(column), NAME),
    };
    let (quiet, class) = ink(Tone::Quiet);
    let name = name.map_or_else(String::new, |name| {
        format!(
            "<br><span class=\"{class}\" style=\"font-size:12px;line-height:16px;color:{quiet};word-break:break-all\">{}</span>",
            escape(&cut(name, NAME))
        )
    });
    format!("{shown}{name}")
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
        let html = table(&[Column::words("control"), Column::number("left")], &[row(&["One <b>", "9"])]);
        assert!(html.contains("align=\"right\" style=") && html.contains(">One &lt;b&gt;</td>"), "{html}");
        assert_eq!(table(&[Column::words("control")], &[]), "");
    }

    #[test]
    fn what_has_no_room_stands_below_each_other() {
        let columns = ["control", "state", "when", "who", "until", "given up", "words"].map(Column::words);
        let html = table(
            &columns,
            &[row(&["One", "accepted", "2026-04-25", "mira.lindqvist@contoso.example", "", "1 point", "Until the scanners are gone"])],
        );
        assert!(!html.contains("<th") && !html.contains(">until<") && html.contains(">words</span> Until the scanners"), "{html}");
    }

    #[test]
    fn a_row_says_its_title_first() {
        let (id, title) = ("MDA_GitHub".to_owned(), Some("Refuse old passwords".to_owned()));
        let mut linked = TableRow::from(vec![Cell::Control(ControlLabel { id, title, ..ControlLabel::default() })]);
        linked.link = Some("https://example.com/?a=1&b".to_owned());
        let html = table(&[Column::Control], &[linked]);
        assert!(
            html.contains(">Refuse old passwords</a><br><span") && html.contains("?a=1&amp;b") && html.contains(">MDA_GitHub</span>"),
            "{html}"
        );
        let mut hostile = row(&["title"]);
        hostile.link = Some("javascript:alert(1)".to_owned());
        assert!(!table(&[Column::words("control")], &[hostile]).contains("href"));
    }
}
