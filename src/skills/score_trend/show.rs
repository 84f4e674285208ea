//! How is a trend told? In a few lines for assistants, as a line with its notable days for people.

use jiff::civil::Date;

use super::{NAMED_MAX, ScoreTrendAnswer, TrendMoveRow, is_short, series::TrendSeries, steps::TrendStep};
use crate::{
    card::{Block, Card, Cell, Column, Fact, Tone, Value, Word, cell::ControlLabel},
    skills::{
        category::CategoryArg,
        caveat::{self, Caveat},
        format, wording,
    },
};

/// The answer in few words.
pub(super) fn text(answer: &ScoreTrendAnswer) -> String {
    let mut lines = vec![headline(answer)];
    lines.extend(steps(answer));
    let extremes = extremes(answer);
    if !extremes.is_empty() {
        lines.push(extremes.join("; "));
    }
    lines.extend(maxima(answer, format::signed, |day| short(answer, day)).map(|maxima| format!("maximum: {}", maxima.join(", "))));
    lines.extend(statuses(answer));
    caveat::text(lines, &answer.notes)
}

/// A day as it is told within the span: without its year where that is clear from the first line.
fn short(answer: &ScoreTrendAnswer, day: Date) -> String {
    match (answer.from, answer.to) {
        (Some(from), Some(to)) if is_short((from, to)) => day.strftime("%m-%d").to_string(),
        _ => day.to_string(),
    }
}

fn headline(answer: &ScoreTrendAnswer) -> String {
    let category = answer.category.as_ref().map_or_else(String::new, |category| format!(" {category}"));
    let from = answer.from.filter(|from| Some(*from) != answer.to).map_or_else(String::new, |from| format!(" {from} to"));
    let told = figures(answer);
    let told = if told.is_empty() { "not known".to_owned() } else { told.join(", ") };
    format!("{}{category}{from} {}: {told}", answer.tenant, answer.as_of)
}

/// What it is `now` and how it moved: `58.03 % (+1.54 pp)`, `3 points as before`. `more` follows the move; without a `moved` there is no earlier day.
fn moved_to(now: &str, moved: Option<String>, more: Option<String>) -> String {
    let none = moved.as_deref() == Some("0");
    let all: Vec<String> = moved.into_iter().filter(|_| !none).chain(more).collect();
    match all.is_empty() {
        true if none => format!("{now} as before"),
        true => now.to_owned(),
        false => format!("{now} ({})", all.join(", ")),
    }
}

/// `727.17 of 1253 points (+23.26, maximum +12)`, `58.03 % (+1.54 pp)`, as far as they are known.
fn figures(answer: &ScoreTrendAnswer) -> Vec<String> {
    let maximum = answer.maximum_moved.map(|moved| format!("maximum {}", format::signed(moved)));
    let points = answer.points.map(|points| moved_to(&wording::of(points, answer.maximum), answer.moved.map(format::signed), maximum));
    let unknown = answer.points.filter(|_| answer.maximum.is_none()).map(|_| "maximum not known".to_owned());
    let moved = answer.percent_moved.map(|moved| match format::signed(moved) {
        none if none == "0" => none,
        moved => format!("{moved} pp"),
    });
    let percent = answer.percent.map(|percent| moved_to(&format!("{percent} %"), moved, None));
    [points, unknown, percent].into_iter().flatten().collect()
}

/// `weekly % from 10-05 to 11-30: 56.2 56.4 - 57.1 (low 55.9) (- no data)`.
fn steps(answer: &ScoreTrendAnswer) -> Option<String> {
    let (size, first, last) = (answer.step?, answer.steps.first()?, answer.steps.last()?);
    if answer.steps.len() < 2 {
        return None;
    }
    let told = |step: &TrendStep| {
        let low = step.low.map_or_else(String::new, |low| format!(" (low {})", one_decimal(low)));
        format!("{}{low}", step.percent.map_or_else(|| "-".to_owned(), one_decimal))
    };
    let percents: Vec<String> = answer.steps.iter().map(told).collect();
    let legend = if answer.steps.iter().any(|step| step.percent.is_none()) { " (- no data)" } else { "" };
    Some(format!("{} % from {} to {}: {}{legend}", size.phrase(), short(answer, first.day), short(answer, last.day), percents.join(" ")))
}

/// With one decimal, which makes nothing or all only of these.
fn one_decimal(percent: f64) -> String {
    let part = percent > 0.0 && percent < 100.0;
    format!("{:.1}", if part { percent.clamp(0.1, 99.9) } else { percent })
}

/// The day that lost the most, in points and in percentage points, and the one that gained the most.
fn extremes(answer: &ScoreTrendAnswer) -> Vec<String> {
    let points = |row: &TrendMoveRow| {
        let noun = if format::is_one(row.points.abs()) { "point" } else { "points" };
        format!("{} {noun}", format::signed(row.points))
    };
    let since = |row: &TrendMoveRow| row.since.map_or_else(String::new, |since| format!(" since {}", short(answer, since)));
    let moved = |name: &str, row: &TrendMoveRow| {
        let percent = row.percent.map_or_else(String::new, |percent| format!(" ({} pp)", format::signed(percent)));
        format!("{name} {}: {}{percent}{}", short(answer, row.day), points(row), since(row))
    };
    let in_percent = |row: &TrendMoveRow| {
        let percent = row.percent.map_or_else(String::new, |percent| format!("{} pp", format::signed(percent)));
        format!("in percent {}: {percent}{}", short(answer, row.day), since(row))
    };
    let name = if answer.fall.is_some() { "" } else { "largest fall " };
    let all = [
        answer.fall.as_ref().map(|row| moved("largest fall", row)),
        answer.percent_fall.as_ref().map(|row| format!("{name}{}", in_percent(row))),
        answer.rise.as_ref().map(|row| moved("largest rise", row)),
    ];
    all.into_iter().flatten().collect()
}

/// The days when the maximum changed; `None` where it did not.
fn maxima(answer: &ScoreTrendAnswer, signed: fn(f64) -> String, day: impl Fn(Date) -> String) -> Option<Vec<String>> {
    let told = answer.maximum_changes.iter().map(|change| format!("{} {}", day(change.day), signed(change.moved)));
    let told: Vec<String> = told.chain(more(answer.counts[0])).collect();
    (!told.is_empty()).then_some(told)
}

fn statuses(answer: &ScoreTrendAnswer) -> Option<String> {
    let told = answer.status_changes.iter().map(|row| format!("{} {} {}", short(answer, row.day), row.control, row.state));
    let told: Vec<String> = told.chain(more(answer.counts[1])).collect();
    (!told.is_empty()).then(|| format!("status: {}", told.join(", ")))
}

/// How many more there are than are named.
fn more(count: usize) -> Option<String> {
    (count > NAMED_MAX).then(|| format!("{} earlier", count - NAMED_MAX))
}

/// A trend in one line, for hosts that cite it.
pub(super) fn subtitle(line: &[(Date, f64)]) -> String {
    match (line.first(), line.last()) {
        (Some((from, then)), Some((to, now))) => {
            format!("{} % on {from}, {} % on {to}", format::round2(*then), format::round2(*now))
        }
        _ => "no percentage is known".to_owned(),
    }
}

/// What is not known of the category that was asked for.
pub(super) fn of_category(category: Option<CategoryArg>, series: &TrendSeries, (from, to): (Date, Date)) -> Option<Caveat> {
    let word = category?.word();
    if !series.any_known {
        let days = if from == to { from.to_string() } else { format!("{from} to {to}") };
        let sentence = format!("Microsoft sent no controls for these days ({days}): how {word} stood is not known.");
        return Some(Caveat::new(format!("controls of {days} not known: Microsoft sent none"), sentence));
    }
    if !series.is_of_any {
        return Some(caveat::none_of(&word));
    }
    let unknown = series.days.last().map_or(0, |day| day.unknown);
    let controls = format::count(unknown, &format!("{word} control"));
    (unknown > 0).then(|| {
        Caveat::new(
            format!("percentages leave out {controls} of unknown points or maximum"),
            format!("The points or the maximum of {controls} are not known: percentages leave them out."),
        )
    })
}

/// The answer for people.
pub(super) fn card(answer: &ScoreTrendAnswer) -> Card {
    answer.frame.card(blocks(answer), &answer.notes)
}

fn blocks(answer: &ScoreTrendAnswer) -> Vec<Block> {
    let mut lead = vec![Word::toned(answer.percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %")), Tone::Strong)];
    if let (Some(moved), Some(from)) = (answer.percent_moved, answer.from) {
        lead.push(Word::toned(format!("{} since {from}", format::percentage_points(moved)), Tone::of_move(moved)));
    }
    let mut blocks = vec![Block::Lead(lead)];
    blocks.extend((answer.line.len() > 1).then(|| Block::Trend(answer.line.clone())));
    let mut facts = Vec::new();
    if let Some(points) = answer.points {
        let moved = answer.moved.map_or_else(String::new, |moved| format!(", {}", format::moved(moved)));
        facts.push(Fact::new("points", Word::plain(format!("{}{moved}", format::amount(points)))));
    }
    let moved = |label: &str, moved: &Option<TrendMoveRow>| {
        let TrendMoveRow { day, points, percent, since } = moved.as_ref()?;
        let percent = percent.map_or_else(String::new, |percent| format!(" ({})", format::percentage_points(percent)));
        let since = since.map_or_else(String::new, |since| format!(", since {since}"));
        Some(Fact::new(label, Word::toned(format!("{}{percent} on {day}{since}", format::moved(*points)), Tone::of_move(*points))))
    };
    facts.extend(moved("largest fall", &answer.fall));
    facts.extend(moved("largest fall in percent", &answer.percent_fall));
    facts.extend(moved("largest rise", &answer.rise));
    facts
        .extend(maxima(answer, format::with_sign, |day| day.to_string()).map(|changes| Fact::new("maximum changed", Value::List(changes))));
    blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
    blocks.extend(table(answer));
    blocks
}

/// The statuses that changed, as rows that lead to their controls.
fn table(answer: &ScoreTrendAnswer) -> Option<Block> {
    let rows: Vec<_> = answer
        .status_changes
        .iter()
        .map(|row| {
            let label =
                ControlLabel { id: row.control.clone(), title: Some(row.title.clone()), deprecated: row.deprecated, described_until: None };
            let state = Cell::State { state: row.state.clone(), progress: None, no_longer: false };
            row.target.row(vec![Cell::Control(label), state, Cell::Day(Some(row.day))])
        })
        .collect();
    (!rows.is_empty()).then(|| Block::table([Column::Control, Column::State, Column::Day].to_vec(), rows))
}
