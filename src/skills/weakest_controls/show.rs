//! How are weak controls told? In a line each for assistants, in a table for people.

use super::{Answer, Args, OrderArg, Row, hundred};
use crate::{
    card::{Block, Card, Column, Tone, Word},
    skills::{fresh::Stale, note, words},
};

/// The answer in few words.
pub(super) fn text(answer: &Answer) -> String {
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
            let left = left.map_or_else(String::new, |left| format!(" with {least}{} points left", words::points(left)));
            format!("{} of {}{left}, {order}", answer.span, counted(answer, total))
        }
    };
    let mut lines = vec![format!("{} on {}: {what}", answer.tenant, answer.as_of)];
    lines.extend(answer.controls.iter().enumerate().map(|(at, row)| format!("{}. {}", answer.skipped + at + 1, row_text(row))));
    note::told(lines, &answer.notes)
}

/// The answer for people.
pub(super) fn card(answer: &Answer) -> Card {
    let lead = lead(answer);
    let mut columns = vec![
        Column::words("control"),
        Column::number("left"),
        Column::number("of"),
        Column::number("share"),
        Column::words("effort"),
        Column::words("where"),
    ];
    let ours: Vec<Option<String>> = answer.controls.iter().map(|row| row.added.cell(row.until.as_deref())).collect();
    let noted = ours.iter().any(Option::is_some);
    columns.extend(noted.then(|| Column::words("ours")));
    let rows = answer.controls.iter().zip(ours).map(|(row, ours)| {
        let mut cells = card_row(row);
        cells.extend(noted.then(|| Word::plain(ours.unwrap_or_default())));
        row.step.row(cells)
    });
    let rows = rows.collect();
    let mut blocks = Stale::lead(answer.stale.as_ref(), vec![Block::Lead(lead), Block::Table { columns, rows }]);
    blocks.extend(note::blocks(&answer.notes));
    answer.onward.card(answer.title.clone(), blocks, answer.foot.clone())
}

/// How many points are left in how many weak controls, as far as that is known.
fn lead(answer: &Answer) -> Vec<Word> {
    let strong = |text: String| Word::toned(text, Tone::Strong);
    match (answer.total, answer.points_left) {
        (None, _) => vec![strong("Not known".to_owned()), Word::plain("which controls are weak")],
        (Some(0), _) => vec![strong("0".to_owned()), Word::plain("weak controls")],
        (Some(total), None) if answer.may_be > 0 => vec![strong(counted(answer, total))],
        (Some(total), None) => vec![strong(total.to_string()), Word::plain(plural("weak control", total))],
        (Some(total), Some(left)) => {
            let noun = if words::is_one(left) { "point" } else { "points" };
            let least = if answer.unknown.is_some() { "at least " } else { "" };
            let of = Word::plain(format!("{noun} left in {}", counted(answer, total)));
            vec![strong(format!("{least}{}", words::points(left))), of]
        }
    }
}

/// How many controls the list has, and how many of them may be weak or not.
fn counted(answer: &Answer, total: usize) -> String {
    match answer.may_be {
        0 => words::count(total, "weak control"),
        all if all == total => format!("{} of which it is not known whether weak", words::count(total, "control")),
        some => format!("{}, of {some} of which it is not known whether weak", words::count(total, "control")),
    }
}

fn plural(noun: &str, number: usize) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// Which controls a card is about, and whose.
pub(super) fn title(tenant: &str, args: &Args) -> String {
    let category = args.category.map(|category| format!("{} ", category.word())).unwrap_or_default();
    let product = args.product.as_ref().map(|product| format!("{} ", words::echo(product.trim()))).unwrap_or_default();
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
pub(super) fn left(row: &Row, unit: &str) -> String {
    match (row.left, row.max) {
        (Some(left), Some(max)) => format!("{} of {}{unit} left", words::points(left), words::points(max)),
        _ => row.percent.map_or_else(|| "points unknown".to_owned(), |percent| format!("{percent} %, points unknown")),
    }
}

fn row_text(row: &Row) -> String {
    let title = row.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", words::quote(title)));
    let left = self::left(row, "");
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let share = row.share.map_or_else(String::new, |share| format!(" ({share} %)"));
    let service = row.service.as_ref().map_or_else(String::new, |service| format!(" {service}"));
    let cost = row.cost.map_or_else(String::new, |cost| format!(", cost {cost}"));
    let impact = row.impact.map_or_else(String::new, |impact| format!(", impact {impact}"));
    let ours = row.added.text(row.until.as_deref()).map_or_else(String::new, |ours| format!("; {ours}"));
    format!("{}{title}{deprecated}: {left}{share}, {}{service}{cost}{impact}{ours}", row.control, row.category)
}

fn card_row(row: &Row) -> Vec<Word> {
    let deprecated = if row.deprecated { " (deprecated)" } else { "" };
    let number = |number: Option<f64>, unknown: &str| number.map_or_else(|| unknown.to_owned(), words::points);
    let effort = match (row.cost, row.impact) {
        (None, None) => Word::toned("effort not known", Tone::Quiet),
        (cost, impact) => Word::plain(format!("cost {}, impact {}", cost.unwrap_or("not known"), impact.unwrap_or("not known"))),
    };
    let place = row.service.as_ref().map_or_else(|| row.category.clone(), |service| format!("{}, {service}", row.category));
    vec![
        Word::plain(
            row.title
                .as_ref()
                .map_or_else(|| format!("{} (no profile)", row.control), |title| format!("{title}{deprecated} [{}]", row.control)),
        ),
        Word::toned(number(row.left, "unknown points"), Tone::Bad),
        Word::plain(number(row.max, "")),
        Word::plain(row.share.map_or_else(String::new, |share| format!("{share} %"))),
        effort,
        Word::toned(place, Tone::Quiet),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_title_names_every_filter() {
        let title = |args: &str| super::title("contoso", &serde_json::from_str(args).unwrap());
        assert_eq!(title("{}"), "Weakest controls of contoso");
        assert_eq!(title(r#"{"category":"identity"}"#), "Weakest identity controls of contoso");
        assert_eq!(title(r#"{"product":"exo","below":50}"#), "Weakest exo controls below 50 % of contoso");
        assert_eq!(title(r#"{"order":"quick_wins"}"#), "Quick wins of contoso");
        assert_eq!(title(r#"{"order":"quick_wins","below":50}"#), "Quick wins in controls below 50 % of contoso");
        assert_eq!(title(r#"{"order":"unknown_points"}"#), "Weakest controls of contoso, unknown points first");
    }
}
