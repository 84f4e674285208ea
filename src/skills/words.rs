//! How are numbers and texts written in an answer? The same way in every skill.

use jiff::{Timestamp, civil::Date};

use super::TenantFacts;
pub use crate::text::count;
use crate::{
    card::Block,
    score::{Category, History, State, change::day_of},
    text::{cut, cut_for_tokens, one_line},
};

/// How much of a title assistants see, in quarters of a token; real titles rarely exceed it.
const TITLE: usize = 64;
/// How much of a control's name assistants see, likewise; the longest seen in the wild has 70 letters.
const NAME: usize = 88;

/// `number` without the noise of binary fractions: two decimals.
pub fn round2(number: f64) -> f64 {
    let rounded = (number * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// An amount of points: `3.33`, `10`.
pub fn points(number: f64) -> String {
    round2(number).to_string()
}

/// A move: `+3.33`, `-10`, `0`.
pub fn signed(number: f64) -> String {
    let rounded = round2(number);
    if rounded > 0.0 { format!("+{rounded}") } else { rounded.to_string() }
}

/// Lines and what is missing, as one text.
pub fn told(mut lines: Vec<String>, notes: &[String]) -> String {
    if !notes.is_empty() {
        lines.push(notes.join("; "));
    }
    lines.join("\n")
}

/// What is missing, as blocks of a card.
pub fn note_blocks(notes: &[String]) -> impl Iterator<Item = Block> {
    notes.iter().map(|note| Block::Note(note.clone()))
}

/// A text from outside in the form for assistants: one line, cut, between quotes that it cannot end.
pub fn quoted(text: &str, quarters_max: usize) -> String {
    quote(&cut_for_tokens(&one_line(text), quarters_max))
}

/// A title as data for assistants.
pub fn title(title: &str) -> String {
    cut_for_tokens(title, TITLE)
}

/// A control's name as data for assistants: one word, as machines name things.
pub fn name(name: &str) -> String {
    let tame: String = one_line(name).chars().map(|c| if c.is_whitespace() || c == '"' { '_' } else { c }).collect();
    cut_for_tokens(&tame, NAME)
}

/// What an asker typed, short and harmless enough to say back.
pub fn echo(typed: &str) -> String {
    cut(&one_line(typed), 40).replace('`', "'")
}

/// When something was read, to the minute.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// The day that an answer rests on, and when it was read.
pub fn as_of(tenant: &TenantFacts, day: Date) -> String {
    match tenant.read_at {
        None => day.to_string(),
        Some(at) if day_of(at) == day => format!("{day}, read {}", at.strftime("%H:%MZ")),
        Some(at) => format!("{day}, read {}", minute(at)),
    }
}

/// A category in an answer: one of the known five, or `other` for whatever else Graph may say.
pub fn category(category: &Category) -> &'static str {
    match category {
        Category::Identity => "identity",
        Category::Data => "data",
        Category::Device => "device",
        Category::Apps => "apps",
        Category::Infrastructure => "infrastructure",
        Category::Other(_) => "other",
    }
}

/// Days that are missing between two days, in few words; `None` when none is.
pub fn missing(history: &History, from: Date, to: Date) -> Option<String> {
    let missing = history.missing(from, to);
    match missing.as_slice() {
        [] => None,
        [only] => Some(format!("no data for {only}")),
        [first, .., last] => Some(format!("no data for {} days from {first} to {last}", missing.len())),
    }
}

/// What an answer rests on, for the foot of a card.
pub fn foot(tenant: &TenantFacts) -> String {
    let read = tenant.read_at.map_or_else(String::new, |at| format!(", read {}", minute(at)));
    tenant.history.newest().map_or_else(|| tenant.name.clone(), |newest| format!("{}, day {}{read}", tenant.name, newest.day))
}

/// Tenants that have no score, in few words; `None` when there is none.
pub fn without_score(tenants: &[&TenantFacts]) -> Option<String> {
    const NAMED_MAX: usize = 5;
    let names: Vec<&str> = tenants.iter().take(NAMED_MAX).map(|tenant| tenant.name.as_str()).collect();
    let more = tenants.len().saturating_sub(NAMED_MAX);
    match names.as_slice() {
        [] => None,
        _ if more > 0 => Some(format!("no score yet: {} and {more} more", names.join(", "))),
        _ => Some(format!("no score yet: {}", names.join(", "))),
    }
}

/// A short word from outside (a service code, a state) as data for assistants.
pub fn word(word: &str) -> String {
    cut_for_tokens(&name(word), 24)
}

/// A text that is already cut, between quotes that it cannot end.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '“', '”', '\\'], "'"))
}

/// A state in our words, or Graph's own word made safe.
pub fn state(state: &State) -> String {
    match state {
        State::Other(other) => word(other),
        State::Default | State::Accepted | State::ThirdParty | State::Reviewed | State::Mitigated => state.words().to_owned(),
    }
}
