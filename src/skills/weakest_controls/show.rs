//! How are weak controls told? In a line each for assistants, in a table for people.

use super::{OrderArg, StatusArg, WeakControlRow, WeakestControlsAnswer, WeakestControlsArgs, hundred};
use crate::{
    card::{Block, Card, Cell, Column, Tone, Word, cell::ControlLabel},
    score::{ControlState, product},
    skills::{
        caveat::{self, Caveat},
        format,
    },
    text::sentence_case,
};

/// What stands in a row, said once.
const LEGEND: &str = "+ points to gain of maximum; effort to do it; what users feel; ? = not known";

/// The answer in few words.
pub(super) fn text(answer: &WeakestControlsAnswer) -> String {
    let order = match answer.order {
        _ if answer.status == StatusArg::Completed => "most points first",
        OrderArg::Points => "most points first",
        OrderArg::QuickWins => "quick wins first (most points for effort and user impact; unknown effort last)",
        OrderArg::UnknownPoints => "unknown points first",
    };
    let what = match (answer.total, answer.points_left) {
        (None, _) => not_known(answer),
        (Some(0), _) => nothing(answer),
        (Some(total), left) => {
            let left = left.map_or_else(String::new, |left| format!(", {} to gain", format::amount(left)));
            let unknown = answer
                .unknown
                .filter(|_| answer.may_be == 0)
                .map_or_else(String::new, |unknown| format!(", {unknown} of them of unknown points"));
            let all = if answer.may_be == 0 { answer.filtered.clone() } else { counted(answer, total) };
            format!("{all}{left}{unknown}; {} listed, {order}. {LEGEND}", answer.span)
        }
    };
    let mut lines = vec![format!("{} {}: {what}", answer.tenant, answer.as_of)];
    lines.extend(answer.controls.iter().map(|row| row_text(row, answer.status == StatusArg::OpenOrAccepted)));
    lines.extend(together(answer));
    caveat::text(lines, &answer.notes)
}

/// What those on this page and before are worth, and by how much that would raise the score: `together +44 points (+3.51 pp)`.
fn together(answer: &WeakestControlsAnswer) -> Option<String> {
    let least = if answer.at_least { "at least " } else { "" };
    let share = answer.together_share.map_or_else(String::new, |share| format!(" ({} pp)", format::signed(share)));
    let first = if answer.page > 1 { format!("the first {} ", answer.up_to) } else { String::new() };
    (answer.controls.len() > 1 || answer.page > 1)
        .then_some(answer.together?)
        .map(|points| format!("{first}together {least}+{}{share}", format::amount(points)))
}

/// What the first line says where nothing is listed.
fn nothing(answer: &WeakestControlsAnswer) -> String {
    said(answer).unwrap_or_else(|| format!("no {}", answer.filtered.strip_prefix("0 ").unwrap_or(&answer.filtered)))
}

/// The same where it is not known what there is.
fn not_known(answer: &WeakestControlsAnswer) -> String {
    said(answer).unwrap_or_else(|| "which controls are weak is not known".to_owned())
}

/// Why nothing is listed, where that is another thing than that there is nothing.
fn said(answer: &WeakestControlsAnswer) -> Option<String> {
    answer.notes.iter().find_map(Caveat::of_first_line).map(ToOwned::to_owned)
}

/// The answer for people.
pub(super) fn card(answer: &WeakestControlsAnswer) -> Card {
    let lead = lead(answer);
    let columns = [Column::Control, Column::PointsLeft, Column::Share, Column::Effort, Column::Place, Column::State, Column::Annotations];
    // Where the title says it of all of them, nothing more is said of each.
    let tells_status = answer.status == StatusArg::OpenOrAccepted;
    let rows = answer.controls.iter().map(|row| row.target.row(cells(row, tells_status))).collect();
    let columns = columns.into_iter().filter(|column| tells_status || *column != Column::State).collect();
    let mut blocks = vec![Block::Lead(lead), Block::table(columns, rows)];
    blocks.extend(together(answer).map(|together| Block::Note(format!("{}.", sentence_case(&together)))));
    answer.frame.card(blocks, &answer.notes)
}

/// How many points are left in how many weak controls, as far as that is known.
fn lead(answer: &WeakestControlsAnswer) -> Vec<Word> {
    let strong = |text: String| Word::toned(text, Tone::Strong);
    match (answer.total, answer.points_left) {
        (None, _) => vec![strong(sentence_case(&not_known(answer)))],
        (Some(0), _) => vec![strong(sentence_case(&nothing(answer)))],
        (Some(total), None) => vec![strong(counted(answer, total))],
        (Some(total), Some(left)) => {
            let least = if answer.unknown.is_some() { "at least " } else { "" };
            vec![strong(format!("{least}{} to gain", format::amount(left))), Word::plain(counted(answer, total))]
        }
    }
}

/// How many controls the list has, and how many of them may be weak or not.
fn counted(answer: &WeakestControlsAnswer, total: usize) -> String {
    match answer.may_be {
        0 => answer.status.counted(total),
        all if all == total => format!("{} of which it is not known whether weak", format::count(total, "control")),
        some => format!("{}, of {some} of which it is not known whether weak", format::count(total, "control")),
    }
}

/// So many controls of those that `args` ask for, in words that name every filter.
pub(super) fn filtered(args: &WeakestControlsArgs, total: usize) -> String {
    format!("{total} {}", args.status.around(&controls(args, if total == 1 { "control" } else { "controls" })))
}

/// The controls that `args` ask for, whatever their status.
fn controls(args: &WeakestControlsArgs, noun: &str) -> String {
    let category = args.category.map(|category| format!("{} ", category.word())).unwrap_or_default();
    let product =
        args.product.as_ref().map(|typed| format!("{} ", product::name(typed).map_or_else(|| format::echo(typed.trim()), str::to_owned)));
    let product = product.unwrap_or_default();
    let below = if args.below < hundred() { format!(" below {} %", args.below) } else { String::new() };
    format!("{category}{product}{noun}{below}{}", args.filters_titled())
}

/// Which controls a card is about, and whose.
pub(super) fn title(tenant: &str, args: &WeakestControlsArgs) -> String {
    let controls = controls(args, "controls");
    match args.order {
        _ if args.status != StatusArg::Open => format!("{} of {tenant}", sentence_case(&args.status.around(&controls))),
        OrderArg::Points => format!("Weakest {controls} of {tenant}"),
        OrderArg::UnknownPoints => format!("Weakest {controls} of {tenant}, unknown points first"),
        OrderArg::QuickWins if controls == "controls" => format!("Quick wins of {tenant}"),
        OrderArg::QuickWins => format!("Quick wins in {controls} of {tenant}"),
    }
}

/// What is left, counted in `unit`.
pub(super) fn left(row: &WeakControlRow, unit: &str) -> String {
    match (row.left, row.max) {
        (Some(left), Some(max)) => format!("{} of {}{unit} to gain", format::points(left), format::points(max)),
        _ => row.percent.map_or_else(|| "points unknown".to_owned(), |percent| format!("{percent} %, points unknown")),
    }
}

fn row_text(row: &WeakControlRow, tells_status: bool) -> String {
    let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let points = match (row.left, row.max) {
        (Some(left), Some(max)) => format!("+{} of {}", format::points(left), format::points(max)),
        _ => row.percent.map_or_else(|| "?".to_owned(), |percent| format!("? ({percent} % done)")),
    };
    let place = row.service.as_ref().unwrap_or(&row.category);
    let ours = row.annotations.text(row.until).map_or_else(String::new, |ours| format!("; ours: {ours}"));
    let (effort, users) = (row.cost.unwrap_or("?"), row.impact.unwrap_or("?"));
    let lacks = row.lacks.map_or_else(String::new, |plan| format!("; seems to need {plan}, not licensed"));
    let accepted = if tells_status && row.accepted { "; risk accepted" } else { "" };
    format!("{}{title}{deprecated} {points}; {place}; effort {effort}; users {users}{accepted}{lacks}{ours}", row.control)
}

fn cells(row: &WeakControlRow, tells_status: bool) -> Vec<Cell> {
    let accepted = || Cell::State { state: ControlState::Accepted.words().to_owned(), progress: None, no_longer: false };
    let status = tells_status.then(|| if row.accepted { accepted() } else { Cell::Empty });
    let mut cells = vec![
        row.cell(),
        Cell::Of(row.left, row.max),
        row.share.map_or(Cell::Empty, |share| Cell::Percent(Some(share))),
        row.effort(),
        Cell::Place(row.category.clone(), row.service.as_deref().map(|code| product::name(code).unwrap_or(code).to_owned())),
    ];
    cells.extend(status);
    cells.push(row.annotations.cell(row.until));
    cells
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
        assert_eq!(
            title(r#"{"order":"quick_wins","category":"identity","effort":"moderate","user_impact":"low"}"#),
            "Quick wins in identity controls with at most moderate effort and low user impact of contoso"
        );
        assert_eq!(title(r#"{"status":"in_progress","category":"data"}"#), "Weak data controls in progress of contoso");
        assert_eq!(title(r#"{"order":"unknown_points"}"#), "Weakest controls of contoso, unknown points first");
    }
}
