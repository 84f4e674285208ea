//! What if a question lacks something? A form asks for it, an input for each thing.

use std::ops::RangeInclusive;

use serenity::{
    all::{ActionRow, ActionRowComponent, InputTextStyle},
    builder::{CreateActionRow, CreateInputText, CreateModal},
};

use super::{component_id::ComponentId, escape::bare, limits};
use crate::{
    skills::{
        Entry,
        options::{Opt, OptKind, TEXT_MAX},
    },
    text::{cut_units, sentence_case},
};

/// What a question of `skill` makes no sense without, and is not `given`.
pub(super) fn missing(skill: &'static Entry, given: impl Fn(&str) -> bool) -> Vec<&'static Opt> {
    skill.options.iter().filter(|option| option.required && !given(&option.name)).collect()
}

/// The form that asks for what the kept question `id` lacks; `None` when it lacks nothing.
///
/// Each input stands in a row of its own under its label, a form that Discord still takes: serenity 0.12 knows no other.
pub fn modal(id: &str, title: &str, skill: &'static Entry, given: &[(String, String)]) -> Option<CreateModal> {
    let missing = missing(skill, |name| given.iter().any(|(given, _)| given == name));
    let inputs: Vec<CreateActionRow> = missing.into_iter().take(limits::INPUTS).map(input).collect();
    let title = bare(title);
    let title = cut_units(&if title.is_empty() { sentence_case(skill.chat) } else { title }, limits::MODAL_TITLE);
    (!inputs.is_empty()).then(|| CreateModal::new(ComponentId::Find { id: id.to_owned() }.custom_id(), title).components(inputs))
}

fn input(option: &Opt) -> CreateActionRow {
    let hint = match &option.kind {
        OptKind::Integer { min, max } => format!("{min} to {max}"),
        OptKind::Choice { choices } => choices.join(", "),
        OptKind::Flag => "yes or no".to_owned(),
        OptKind::Text => option.summary.clone(),
    };
    CreateActionRow::InputText(words(&cut_units(&option.name, limits::CUSTOM_ID), &sentence_case(&option.name), &hint, 1..=TEXT_MAX))
}

/// An input of this name for words of so many characters, in a row of its own; see [`modal`].
pub(super) fn words(name: &str, label: &str, hint: &str, characters: RangeInclusive<usize>) -> CreateInputText {
    let long = |length: usize| u16::try_from(length.min(limits::INPUT)).unwrap_or(u16::MAX);
    let input = CreateInputText::new(InputTextStyle::Short, cut_units(label, limits::INPUT_LABEL), name);
    let input = input.required(true).min_length(long(*characters.start())).max_length(long(*characters.end()));
    input.placeholder(cut_units(hint, limits::INPUT_PLACEHOLDER))
}

/// What somebody filled in: names of options with what was typed.
pub fn filled_in(form: &[ActionRow]) -> Vec<(String, String)> {
    let mut inputs = Vec::new();
    for component in form.iter().flat_map(|row| &row.components).take(limits::INPUTS) {
        if let ActionRowComponent::InputText(input) = component {
            let typed = input.value.as_deref().unwrap_or_default().trim();
            if !typed.is_empty() {
                inputs.push((input.custom_id.clone(), typed.to_owned()));
            }
        }
    }
    inputs
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_form_asks_for_what_is_missing_and_nothing_else() {
        let control = Entry::named("control").unwrap();
        let form_of = |given: &[(String, String)]| {
            modal("0000000000000001", "Find a control whose title is far too long for a modal", control, given)
        };
        let sent = serde_json::to_value(form_of(&[]).unwrap()).unwrap();
        assert_eq!(sent["custom_id"], "find:0000000000000001");
        assert!(limits::units(sent["title"].as_str().unwrap()) <= limits::MODAL_TITLE);
        let input = &sent["components"][0]["components"][0];
        assert_eq!((&input["type"], &input["custom_id"], &input["required"]), (&json!(4), &json!("name"), &json!(true)));
        assert_eq!(input["label"], "Name");
        assert!(limits::units(input["placeholder"].as_str().unwrap()) <= limits::INPUT_PLACEHOLDER);
        assert_eq!(sent["components"].as_array().unwrap().len(), 1);
        assert!(form_of(&[("name".to_owned(), "x".to_owned())]).is_none());
        let untitled = serde_json::to_value(modal("0000000000000001", " ", control, &[]).unwrap()).unwrap();
        assert_eq!(untitled["title"], "Control");
    }

    #[test]
    fn what_was_filled_in_is_read() {
        let row = |name: &str, typed: &str| json!({ "type": 1, "components": [{ "type": 4, "custom_id": name, "value": typed }] });
        let rows = |typed: Vec<Value>| serde_json::from_value::<Vec<ActionRow>>(Value::Array(typed)).unwrap();
        let read = filled_in(&rows(vec![row("name", " legacy auth "), row("empty", "  ")]));
        assert_eq!(read, [("name".to_owned(), "legacy auth".to_owned())]);
        assert_eq!(filled_in(&rows((0..9).map(|at| row(&at.to_string(), "x")).collect())).len(), limits::INPUTS);
    }
}
