//! How is a control told? In a few lines to assistants, in facts and texts to people.

use super::{AboutControl, decided::ControlDecision, fits};
use crate::{
    card::{Block, Fact, Tone, Value, Word},
    score::{ControlProgress, product, same_points},
    skills::{caveat, format, fresh::Stale},
    text::minute,
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

/// The answer in few words, a line each: how it stands, what people decided and do, what Microsoft sees; then what it is.
pub(super) fn text(answer: &AboutControl) -> Vec<String> {
    let title = answer.title.as_ref().map_or_else(String::new, |title| format!(" {}", format::quote(title)));
    let mut lines =
        vec![format!("{}{title} in {} {}: {}{}", answer.control, answer.tenant, answer.as_of, standing(answer), decided(answer))];
    lines.extend(ours(answer));
    lines.extend(seen(answer));
    let place: Vec<&str> = answer.category.as_deref().into_iter().chain(answer.service.as_deref()).collect();
    let effort = answer.cost.map(|cost| format!("effort {cost}"));
    let impact = answer.impact.map(|impact| format!("user impact {impact}"));
    let about: Vec<String> = Some(place.join(" "))
        .filter(|place| !place.is_empty())
        .into_iter()
        .chain(effort)
        .chain(impact)
        .chain(answer.licence.clone())
        .collect();
    lines.extend((!about.is_empty()).then(|| about.join(", ")));
    let labelled =
        [("about", &answer.about), ("fix", &answer.remediation), ("effect", &answer.remediation_impact), ("threats", &answer.threats)];
    lines.extend(labelled.into_iter().filter_map(|(label, text)| Some(format!("{label}: {}", format::quote(text.as_ref()?)))));
    if !answer.moves.is_empty() {
        lines.push(format!("changes: {}", answer.moves_told.join(", ")));
    }
    lines.extend(fits::also(answer).map(|others| format!("also fit: {others}")));
    lines
}

/// What somebody decided, who and with which words, behind how it stands.
fn decided(answer: &AboutControl) -> String {
    let Some(decision) = &answer.decision else { return String::new() };
    let comment = answer.comment.as_ref().map_or_else(String::new, |comment| format!(": {}", format::quote(comment)));
    format!(", {}{comment}", decision.text(answer.by.as_deref()))
}

/// What Microsoft sees in the tenant, and when it last looked.
fn seen(answer: &AboutControl) -> Option<String> {
    let status = answer.status.as_ref().map(|status| format::quote(status));
    match (&answer.looked, status) {
        (Some(at), Some(status)) => Some(format!("Microsoft last looked {at}: {status}")),
        (Some(at), None) => Some(format!("Microsoft last looked {at}")),
        (None, status) => status.map(|status| format!("status: {status}")),
    }
}

/// What we added, and who changed it when.
fn ours(answer: &AboutControl) -> Option<String> {
    let changed = answer.changed.as_ref()?;
    let added = answer.annotations.text(answer.ours_until).map_or_else(String::new, |added| format!("{added}; "));
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
    let lead = std::iter::once(Word::toned(standing(answer), tone)).chain(answer.decision.as_ref().map(ControlDecision::word));
    let mut blocks = vec![Block::Lead(lead.collect())];
    blocks.extend(facts(status(answer)));
    blocks.extend(caveat::blocks(&answer.notes));
    if has_moved(answer) {
        blocks.push(Block::Trend(answer.trend.clone()));
    }
    blocks.extend(facts(metadata(answer)));
    blocks.extend(answer.long.iter().map(|(heading, spans)| Block::Text { heading: heading.clone(), spans: spans.clone() }));
    Stale::lead(answer.stale.as_ref(), blocks)
}

fn facts<const N: usize>(facts: [Option<Fact>; N]) -> Option<Block> {
    let facts: Vec<Fact> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then_some(Block::Facts(facts))
}

fn fact(label: &str, value: Option<String>) -> Option<Fact> {
    value.map(|value| Fact::new(label, Word::plain(value)))
}

/// How things are with it: who decided what, what our own people do, what Microsoft sees.
fn status(answer: &AboutControl) -> [Option<Fact>; 10] {
    let decided = answer.decision.as_ref().and_then(|decision| match (&answer.by, decision.day) {
        (Some(by), Some(day)) => Some(("by", format!("{by} on {day}"))),
        (Some(by), None) => Some(("by", by.clone())),
        (None, day) => day.map(|day| ("on", day.to_string())),
    });
    let noted_by = answer.changed_by.as_ref().map(|name| {
        let person = answer.changed_by_id.as_deref().map_or_else(|| Word::plain(""), Word::person);
        Fact::new("noted by", Word { text: name.clone(), ..person })
    });
    [
        decided.and_then(|(label, decided)| fact(label, Some(decided))),
        fact("comment", answer.comment.clone()),
        fact("owner", answer.annotations.owner().map(ToOwned::to_owned)),
        fact("progress", answer.annotations.progress().map(ToOwned::to_owned)),
        fact("until", answer.ours_until.map(|until| until.to_string())),
        fact("our note", answer.annotations.note().map(ToOwned::to_owned)),
        noted_by,
        fact("noted", answer.changed_at.map(minute)),
        fact("Microsoft says", answer.status.clone()),
        fact("checked", answer.looked_at.map(minute)),
    ]
}

/// What it is, and what it did.
fn metadata(answer: &AboutControl) -> [Option<Fact>; 9] {
    let since = answer.trend.first().filter(|_| answer.trend.len() > 1 && answer.moves.is_empty());
    let changes = match since {
        Some((first, _)) => Some(Fact::new("changes", Word::plain(format!("none since {first}")))),
        None => (!answer.moves.is_empty()).then(|| Fact::new("changes", Value::List(answer.moves.clone()))),
    };
    let product = answer.service.as_deref().map(|code| product::name(code).unwrap_or(code).to_owned());
    [
        changes,
        fact("category", answer.category.clone()),
        fact("product", product),
        fact("effort", answer.cost.map(ToOwned::to_owned)),
        fact("user impact", answer.impact.map(ToOwned::to_owned)),
        fact("licence", answer.licence.clone()),
        fact("threats", answer.threats.clone()),
        answer.url.clone().map(|url| Fact::new("portal", Value::Link(url))),
        fact("also fits", fits::also_titled(answer)),
    ]
}

/// Whether a line of its days would say anything.
fn has_moved(answer: &AboutControl) -> bool {
    answer.trend.windows(2).any(|pair| matches!(pair, [(_, before), (_, after)] if !same_points(*before, *after)))
}
