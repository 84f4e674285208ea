//! How is a control told? In a few lines to assistants, in facts and texts to people.

use super::{Answer, fits};
use crate::{
    card::{Block, Fact, Tone, Word},
    score::Standing,
    skills::{fresh::Stale, note, words},
};

/// The label of who changed what our people noted.
const NOTED_BY: &str = "noted by";

/// An amount as assistants read it, whatever its number.
pub(super) fn any_points(points: f64) -> String {
    format!("{} points", words::points(points))
}

/// How it stands, with its maximum as `amount` writes it.
pub(super) fn standing(answer: &Answer, amount: fn(f64) -> String) -> String {
    match (answer.points, answer.max, answer.percent) {
        (Some(points), Some(max), _) => format!("{} of {}", words::points(points), amount(max)),
        (None, Some(max), _) => format!("worth {}", amount(max)),
        (None | Some(0.0), None, Some(percent)) => format!("{percent} %"),
        (Some(points), None, _) => format!("{}, maximum not known", amount(points)),
        (None, None, None) => "points not known".to_owned(),
    }
}

/// The answer in few words, a line each.
pub(super) fn text(answer: &Answer) -> Vec<String> {
    let title = answer.title.as_ref().map_or_else(String::new, |title| format!(" {}", words::quote(title)));
    let place: Vec<&str> = answer.category.as_deref().into_iter().chain(answer.service.as_deref()).collect();
    let mut head = vec![standing(answer, any_points), place.join(" ")];
    head.extend(answer.cost.map(|cost| format!("cost {cost}")));
    head.extend(answer.impact.map(|impact| format!("impact {impact}")));
    let mut lines = vec![format!("{}{title} in {} on {}: {}", answer.control, answer.tenant, answer.as_of, head.join(", "))];
    if let Some(state) = &answer.state {
        let by = answer.by.as_ref().map_or_else(String::new, |by| format!(" by {}", words::quote(by)));
        let comment = answer.comment.as_ref().map_or_else(String::new, |comment| format!(": {}", words::quote(comment)));
        lines.push(format!("{state}{by}{comment}"));
    }
    if let Some(ours) = ours(answer) {
        lines.push(ours);
    }
    let labelled = [
        ("status", &answer.status),
        ("about", &answer.about),
        ("fix", &answer.remediation),
        ("effect", &answer.remediation_impact),
        ("threats", &answer.threats),
    ];
    lines.extend(labelled.into_iter().filter_map(|(label, text)| Some(format!("{label}: {}", words::quote(text.as_ref()?)))));
    lines.extend(answer.looked.as_ref().map(|at| format!("Microsoft last looked {at}")));
    if !answer.moves.is_empty() {
        lines.push(format!("moves: {}", answer.moves.join(", ")));
    }
    lines.extend(answer.url.clone());
    lines.extend(fits::also(answer).map(|others| format!("also fit: {others}")));
    lines
}

/// What we added, and who changed it when.
fn ours(answer: &Answer) -> Option<String> {
    let changed = answer.changed.as_ref()?;
    let added = answer.added.text(answer.until.as_deref()).map_or_else(String::new, |added| format!("{added}; "));
    let by = answer.changed_by.as_ref().map(|by| words::quote(by));
    Some(format!("ours: {added}noted {changed}{}", by.map_or_else(String::new, |by| format!(" by {by}"))))
}

/// The answer for people.
pub(super) fn blocks(answer: &Answer) -> Vec<Block> {
    let tone = match answer.standing {
        Some(Standing::Full) => Tone::Good,
        Some(Standing::Partial) => Tone::Warn,
        Some(Standing::None) => Tone::Bad,
        Some(Standing::Worthless | Standing::Unknown) | None => Tone::Plain,
    };
    let mut blocks = vec![Block::Lead(vec![Word::toned(standing(answer, words::amount), tone)])];
    if answer.trend.len() > 1 {
        blocks.push(Block::Trend(answer.trend.clone()));
    }
    let facts = [
        ("category", answer.category.clone()),
        ("service", answer.service.clone()),
        ("cost", answer.cost.map(ToOwned::to_owned)),
        ("impact", answer.impact.map(ToOwned::to_owned)),
        ("threats", answer.threats.clone()),
        ("decision", answer.state.clone()),
        ("by", answer.by.clone()),
        ("words", answer.comment.clone()),
        ("owner", answer.added.owner().map(ToOwned::to_owned)),
        ("progress", answer.added.progress().map(ToOwned::to_owned)),
        ("until", answer.until.clone()),
        ("our note", answer.added.note().map(ToOwned::to_owned)),
        ("noted", answer.changed.clone()),
        (NOTED_BY, answer.changed_by.clone()),
        ("status", answer.status.clone()),
        ("checked", answer.looked.as_ref().map(|at| format!("{at} by Microsoft"))),
        ("moves", (!answer.moves.is_empty()).then(|| answer.moves.join(", "))),
        ("portal", answer.url.clone()),
        ("also fit", fits::also(answer)),
    ];
    let word = |label: &str, value: String| match &answer.changed_by_id {
        Some(id) if label == NOTED_BY => Word { text: value, ..Word::person(id) },
        _ => Word::plain(value),
    };
    let facts = facts.into_iter().filter_map(|(label, value)| Some(Fact { label: label.to_owned(), value: word(label, value?) }));
    blocks.push(Block::Facts(facts.collect()));
    blocks.extend(answer.long.iter().map(|(heading, spans)| Block::Text { heading: heading.clone(), spans: spans.clone() }));
    blocks.extend(note::blocks(&answer.notes));
    Stale::lead(answer.stale.as_ref(), blocks)
}
