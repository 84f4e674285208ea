//! How are weak controls told? In a line each for assistants, in a table for people.

use super::{OrderArg, WeakControlRow, WeakestControlsAnswer, WeakestControlsArgs, hundred};
use crate::{
    card::{Block, Card, Cell, Column, Tone, Word, cell::ControlLabel},
    score::product,
    skills::{caveat, format},
};

/// The answer in few words.
pub(super) fn text(answer: &WeakestControlsAnswer) -> String {
    let order = match answer.order {
        OrderArg::Points => "most points first",
        OrderArg::QuickWins => "quick wins first",
        OrderArg::UnknownPoints => "unknown points first",
    };
    let what = match (answer.total, answer.points_left) {
        (None, _) => "which controls are weak is not known".to_owned(),
        (Some(0), _) => "no weak controls".to_owned(),
        (Some(total), left) => {
            let least = if answer.unknown.is_some() { "at least " } else { "" };
            let left = left.map_or_else(String::new, |left| format!(" with {least}{} points left", format::points(left)));
            format!("{} of {}{left}, {order}", answer.span, counted(answer, total))
        }
    };
    let mut lines = vec![format!("{} on {}: {what}", answer.tenant, answer.as_of)];
    lines.extend(answer.controls.iter().enumerate().map(|(at, row)| format!("{}. {}", answer.skipped + at + 1, row_text(row))));
    caveat::text(lines, &answer.notes)
}

/// The answer for people.
pub(super) fn card(answer: &WeakestControlsAnswer) -> Card {
    let lead = lead(answer);
    let columns = [Column::Control, Column::PointsLeft, Column::Share, Column::Effort, Column::Place, Column::Annotations].to_vec();
    let rows = answer.controls.iter().map(|row| row.target.row(cells(row))).collect();
    answer.frame.card(vec![Block::Lead(lead), Block::table(columns, rows)], &answer.notes)
}

/// How many points are left in how many weak controls, as far as that is known.
fn lead(answer: &WeakestControlsAnswer) -> Vec<Word> {
    let strong = |text: String| Word::toned(text, Tone::Strong);
    match (answer.total, answer.points_left) {
        (None, _) => vec![strong("Which controls are weak is not known".to_owned())],
        (Some(0), _) => vec![strong("No weak controls".to_owned())],
        (Some(total), None) => vec![strong(counted(answer, total))],
        (Some(total), Some(left)) => {
            let least = if answer.unknown.is_some() { "at least " } else { "" };
            vec![strong(format!("{least}{} left", format::amount(left))), Word::plain(counted(answer, total))]
        }
    }
}

/// How many controls the list has, and how many of them may be weak or not.
fn counted(answer: &WeakestControlsAnswer, total: usize) -> String {
    match answer.may_be {
        0 => format::count(total, "weak control"),
        all if all == total => format!("{} of which it is not known whether weak", format::count(total, "control")),
        some => format!("{}, of {some} of which it is not known whether weak", format::count(total, "control")),
    }
}

/// Which controls a card is about, and whose.
pub(super) fn title(tenant: &str, args: &WeakestControlsArgs) -> String {
    let category = args.category.map(|category| format!("{} ", category.word())).unwrap_or_default();
    let product =
        args.product.as_ref().map(|typed| format!("{} ", product::name(typed).map_or_else(|| format::echo(typed.trim()), str::to_owned)));
    let product = product.unwrap_or_default();
    let below = if args.below < hundred() { format!(" below {} %", args.below) } else { String::new() };
    let controls = format!("{category}{product}controls{below}");
    match args.order {
        OrderArg::Points => format!("Weakest {controls} of {tenant}"),
        OrderArg::UnknownPoints => format!("Weakest {controls} of {tenant}, unknown points first"),
        OrderArg::QuickWins if controls == "controls" => format!("Quick wins of {tenant}"),
        OrderArg::QuickWins => format!("Quick wins in {controls} of {tenant}"),
    }
}

/// What is left, counted in `unit`.
pub(super) fn left(row: &WeakControlRow, unit: &str) -> String {
    match (row.left, row.max) {
        (Some(left), Some(max)) => format!("{} of {}{unit} left", format::points(left), format::points(max)),
        _ => row.percent.map_or_else(|| "points unknown".to_owned(), |percent| format!("{percent} %, points unknown")),
    }
}

fn row_text(row: &WeakControlRow) -> String {
    let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
    let left = self::left(row, "");
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let share = row.share.map_or_else(String::new, |share| format!(" ({share} %)"));
    let service = row.service.as_ref().map_or_else(String::new, |service| format!(" {service}"));
    let cost = row.cost.map_or_else(String::new, |cost| format!(", effort {cost}"));
    let impact = row.impact.map_or_else(String::new, |impact| format!(", user impact {impact}"));
    let ours = row.annotations.text(row.until).map_or_else(String::new, |ours| format!("; {ours}"));
    format!("{}{title}{deprecated}: {left}{share}, {}{service}{cost}{impact}{ours}", row.control, row.category)
}

fn cells(row: &WeakControlRow) -> Vec<Cell> {
    vec![
        row.cell(),
        Cell::Of(row.left, row.max),
        row.share.map_or(Cell::Empty, |share| Cell::Percent(Some(share))),
        row.effort(),
        Cell::Place(row.category.clone(), row.service.as_deref().map(|code| product::name(code).unwrap_or(code).to_owned())),
        row.annotations.cell(row.until),
    ]
}

impl WeakControlRow {
    /// The control that it is about.
    pub fn cell(&self) -> Cell {
        Cell::Control(ControlLabel {
            id: self.control.clone(),
            title: self.title.clone(),
            deprecated: self.deprecated,
            described_until: None,
        })
    }

    /// How hard it is to implement, and what people feel of it.
    pub fn effort(&self) -> Cell {
        Cell::Effort(self.cost.map(ToOwned::to_owned), self.impact.map(ToOwned::to_owned))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_title_names_every_filter() {
        let title = |args: &str| super::title("contoso", &serde_json::from_str(args).unwrap());
        assert_eq!(title("{}"), "Weakest controls of contoso");
        assert_eq!(title(r#"{"category":"identity"}"#), "Weakest identity controls of contoso");
        assert_eq!(title(r#"{"product":"exo","below":50}"#), "Weakest Exchange Online controls below 50 % of contoso");
        assert_eq!(title(r#"{"order":"quick_wins"}"#), "Quick wins of contoso");
        assert_eq!(title(r#"{"order":"quick_wins","below":50}"#), "Quick wins in controls below 50 % of contoso");
        assert_eq!(title(r#"{"order":"unknown_points"}"#), "Weakest controls of contoso, unknown points first");
    }
}
