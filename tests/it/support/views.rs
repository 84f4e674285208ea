//! What does an answer look like in each of its views? All of them at once: a surface asks for one.

use scorewatch::{
    card::Card,
    skills::{Entry, Facts},
};
use serde_json::{Map, Value};

/// All views of one answer.
#[derive(Debug, Clone)]
pub struct Views {
    /// For assistants.
    pub text: String,
    /// For programs.
    pub json: Vec<u8>,
    /// For people.
    pub card: Card,
}

/// Those of what `skill` answers from `facts`.
pub fn views(skill: &Entry, facts: &Facts, args: &Map<String, Value>) -> Views {
    let answer = skill.answer(facts, args).unwrap();
    Views { text: answer.text(), json: answer.json().unwrap(), card: answer.card() }
}
