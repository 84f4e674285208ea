//! How is a control told? In a few lines to assistants, in facts and texts to people.

use super::{AboutControl, fits};
use crate::{
    card::{Block, Fact, Tone, Value, Word},
    score::ControlProgress,
    skills::{caveat, format, fresh::Stale},
};

/// How it stands.
pub(super) fn standing(answer: &AboutControl) -> String {
    match (answer.points, answer.max, answer.percent) {
        (Some(points), Some(max), _) => format!("{} of {}", format::points(points), format::amount(max)),
        (None, Some(max), _) => format!("worth {}", format::amount(max)),
        (None | Some(0.0), None, Some(percent)) => format!("{percent} %"),
        (Some(points), None, _) => format!("{}, maximum not known", format::amount(points)),
        (None, None, None) => "points not known".to_owned(),
    }
}

/// The answer in few words, a line each.
pub(super) fn text(answer: &AboutControl) -> Vec<String> {
    let title = answer.title.as_ref().map_or_else(String::new, |title| format!(" {}", format::quote(title)));
    let place: Vec<&str> = answer.category.as_deref().into_iter().chain(answer.service.as_deref()).collect();
    let mut head = vec![standing(answer), place.join(" ")];
    head.extend(answer.cost.map(|cost| format!("effort {cost}")));
    head.extend(answer.impact.map(|impact| format!("user impact {impact}")));
    let mut lines = vec![format!("{}{title} in {} on {}: {}", answer.control, answer.tenant, answer.as_of, head.join(", "))];
    if let Some(state) = &answer.state {
        let by = answer.by.as_ref().map_or_else(String::new, |by| format!(" by {}", format::quote(by)));
        let comment = answer.comment.as_ref().map_or_else(String::new, |comment| format!(": {}", format::quote(comment)));
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
    lines.extend(labelled.into_iter().filter_map(|(label, text)| Some(format!("{label}: {}", format::quote(text.as_ref()?)))));
    lines.extend(answer.looked.as_ref().map(|at| format!("Microsoft last looked {at}")));
    if !answer.moves.is_empty() {
        lines.push(format!("changes: {}", answer.moves.join(", ")));
    }
    lines.extend(answer.url.clone());
    lines.extend(fits::also(answer).map(|others| format!("also fit: {others}")));
    lines
}

/// What we added, and who changed it when.
fn ours(answer: &AboutControl) -> Option<String> {
    let changed = answer.changed.as_ref()?;
    let added = answer.annotations.text(answer.until).map_or_else(String::new, |added| format!("{added}; "));
    let by = answer.changed_by.as_ref().map(|by| format::quote(by));
    Some(format!("ours: {added}noted {changed}{}", by.map_or_else(String::new, |by| format!(" by {by}"))))
}

/// The answer for people.
pub(super) fn blocks(answer: &AboutControl) -> Vec<Block> {
    let tone = match answer.standing {
        Some(ControlProgress::Full) => Tone::Good,
        Some(ControlProgress::Partial) => Tone::Warn,
        Some(ControlProgress::None) => Tone::Bad,
        Some(ControlProgress::Worthless | ControlProgress::Unknown) | None => Tone::Plain,
    };
    let mut blocks = vec![Block::Lead(vec![Word::toned(standing(answer), tone)])];
    if answer.trend.len() > 1 {
        blocks.push(Block::Trend(answer.trend.clone()));
    }
    let words = |label: &str, value: Option<String>| value.map(|value| Fact::new(label, Word::plain(value)));
    let noted_by = answer.changed_by.as_ref().map(|name| {
        let person = answer.changed_by_id.as_deref().map_or_else(|| Word::plain(""), Word::person);
        Fact::new("noted by", Word { text: name.clone(), ..person })
    });
    let facts = [
        words("category", answer.category.clone()),
        words("service", answer.service.clone()),
        words("effort", answer.cost.map(ToOwned::to_owned)),
        words("user impact", answer.impact.map(ToOwned::to_owned)),
        words("threats", answer.threats.clone()),
        words("decision", answer.state.clone()),
        words("by", answer.by.clone()),
        words("comment", answer.comment.clone()),
        words("owner", answer.annotations.owner().map(ToOwned::to_owned)),
        words("progress", answer.annotations.progress().map(ToOwned::to_owned)),
        words("until", answer.until.map(|until| until.to_string())),
        words("our note", answer.annotations.note().map(ToOwned::to_owned)),
        words("noted", answer.changed.clone()),
        noted_by,
        words("status", answer.status.clone()),
        words("checked", answer.looked.as_ref().map(|at| format!("{at} by Microsoft"))),
        (!answer.moves.is_empty()).then(|| Fact::new("changes", Value::List(answer.moves.clone()))),
        answer.url.clone().map(|url| Fact::new("portal", Value::Link(url))),
        words("also fit", fits::also(answer)),
    ];
    blocks.push(Block::Facts(facts.into_iter().flatten().collect()));
    blocks.extend(answer.long.iter().map(|(heading, spans)| Block::Text { heading: heading.clone(), spans: spans.clone() }));
    blocks.extend(caveat::blocks(&answer.notes));
    Stale::lead(answer.stale.as_ref(), blocks)
}
