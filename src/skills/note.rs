//! How is said what is missing or needs care? In few words to assistants, in a sentence to people.

use serde::Serialize;

use super::TenantFacts;
use crate::{card::Block, score::History, text::count};
use jiff::civil::Date;

/// Something that is missing or needs care. In JSON it is the few words alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Note {
    short: String,
    #[serde(skip)]
    sentence: String,
}

impl Note {
    /// The same thing in few words and as a sentence.
    pub fn new(short: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { short: short.into(), sentence: sentence.into() }
    }
}

/// Lines and what is missing, as one text for assistants.
pub fn told(mut lines: Vec<String>, notes: &[Note]) -> String {
    if !notes.is_empty() {
        lines.push(notes.iter().map(|note| note.short.as_str()).collect::<Vec<_>>().join("; "));
    }
    lines.join("\n")
}

/// What is missing, as blocks of a card.
pub fn blocks(notes: &[Note]) -> impl Iterator<Item = Block> {
    notes.iter().map(|note| Block::Note(note.sentence.clone()))
}

/// Days that are missing between two days; `None` when none is.
pub fn missing(history: &History, from: Date, to: Date) -> Option<Note> {
    let missing = history.missing(from, to);
    match missing.as_slice() {
        [] => None,
        [only] => Some(Note::new(format!("no data for {only}"), format!("Nothing is known of {only}."))),
        [first, .., last] => {
            let days = missing.len();
            let short = format!("no data for {days} days from {first} to {last}");
            Some(Note::new(short, format!("Nothing is known of {days} days between {first} and {last}.")))
        }
    }
}

/// Tenants that have no score; `None` when there is none.
pub fn without_score(tenants: &[&TenantFacts]) -> Option<Note> {
    const NAMED_MAX: usize = 5;
    let mut names = tenants.iter().take(NAMED_MAX).map(|tenant| tenant.name.as_str()).collect::<Vec<_>>().join(", ");
    if tenants.len() > NAMED_MAX {
        names = format!("{names} and {} more", tenants.len() - NAMED_MAX);
    }
    let have = if tenants.len() == 1 { "has" } else { "have" };
    (!tenants.is_empty()).then(|| Note::new(format!("no score yet: {names}"), format!("{names} {have} no score yet.")))
}

/// Controls at 0 % whose maximum nothing tells; `None` when there is none.
pub fn unknown_points(controls: usize) -> Option<Note> {
    let short = format!("{} at 0 %, points unknown", count(controls, "control"));
    let sentence = match controls {
        0 => return None,
        1 => "1 control is at 0 %, and how many points it gives is not known.".to_owned(),
        _ => format!("{controls} controls are at 0 %, and how many points they give is not known."),
    };
    Some(Note::new(short, sentence))
}

/// How much more or less can be earned than on `day`.
pub fn maximum_moved(moved: f64, day: &str) -> String {
    let more = if moved < 0.0 { "fewer" } else { "more" };
    let (points, noun) = (super::words::points(moved.abs()), if super::words::is_one(moved.abs()) { "point" } else { "points" });
    format!("{points} {noun} {more} can be earned than on {day}.")
}
