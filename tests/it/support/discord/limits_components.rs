//! What does Discord refuse in buttons, menus and modals?
//!
//! Numbers: <https://docs.discord.com/developers/components/reference>. Without the flag for components of the second kind a
//! message has rows of buttons or one menu each, and nothing else.

use std::collections::HashSet;

use serde_json::Value;

use super::limits::{Check, at};

/// "Legacy messages allow up to 5 action rows as top-level components".
const ROWS: usize = 5;
const BUTTONS: usize = 5;
const CUSTOM_ID: usize = 100;
const LABEL: usize = 80;
const URL: usize = 512;
const OPTIONS: usize = 25;
const OPTION_TEXT: usize = 100;
const PLACEHOLDER: usize = 150;
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal>
const MODAL_TITLE: usize = 45;
const MODAL_PARTS: usize = 5;
const INPUT_LABEL: usize = 45;
const INPUT_DESCRIPTION: usize = 100;
const INPUT_PLACEHOLDER: usize = 100;
const INPUT: u64 = 4000;

/// The rows of a message.
pub fn rows(check: &mut Check, place: &str, rows: &Value) {
    let mut ids = HashSet::new();
    for (n, row) in check.list(place, rows, ROWS).iter().enumerate() {
        let place = at(place, &n.to_string());
        if row["type"] != 1 {
            check.error(&at(&place, "type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
            continue;
        }
        check.known(&place, row, &["type", "id", "components"]);
        let inside = at(&place, "components");
        let parts = check.list(&inside, &row["components"], BUTTONS);
        if parts.is_empty() {
            check.error(&inside, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        }
        let alone = parts.iter().any(|part| part["type"] != 2);
        if alone && parts.len() > 1 {
            check.error(&inside, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width");
        }
        for (n, part) in parts.iter().enumerate() {
            one(check, &at(&inside, &n.to_string()), part, &mut ids);
        }
    }
}

fn one(check: &mut Check, place: &str, part: &Value, ids: &mut HashSet<String>) {
    match part["type"].as_u64() {
        Some(2) => button(check, place, part, ids),
        Some(3) => select(check, place, part, ids),
        Some(5..=8) => {
            check.known(
                place,
                part,
                &["type", "id", "custom_id", "placeholder", "default_values", "min_values", "max_values", "disabled", "channel_types"],
            );
            custom_id(check, place, part, ids);
            check.text(&at(place, "placeholder"), &part["placeholder"], 0..=PLACEHOLDER);
        }
        _ => check.error(&at(place, "type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8)."),
    }
}

fn custom_id(check: &mut Check, place: &str, part: &Value, ids: &mut HashSet<String>) {
    let place = at(place, "custom_id");
    check.needed(&place, &part["custom_id"], 1..=CUSTOM_ID);
    if part["custom_id"].as_str().is_some_and(|id| !ids.insert(id.to_owned())) {
        check.error(&place, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    }
}

fn button(check: &mut Check, place: &str, button: &Value, ids: &mut HashSet<String>) {
    check.known(place, button, &["type", "id", "style", "label", "emoji", "custom_id", "url", "disabled"]);
    check.text(&at(place, "label"), &button["label"], 1..=LABEL);
    emoji(check, place, &button["emoji"]);
    if button["label"].is_null() && button["emoji"].is_null() {
        check.error(place, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji");
    }
    match button["style"].as_u64() {
        Some(1..=4) => {
            custom_id(check, place, button, ids);
            if !button["url"].is_null() {
                check.error(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified");
            }
        }
        Some(5) => {
            check.needed(&at(place, "url"), &button["url"], 1..=URL);
            check.link(&at(place, "url"), &button["url"], URL, None);
            if !button["custom_id"].is_null() {
                check.error(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified");
            }
        }
        _ => check.error(&at(place, "style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5)."),
    }
}

/// An emoji of everybody is one sign; one of a server has an id.
fn emoji(check: &mut Check, place: &str, emoji: &Value) {
    let name = emoji["name"].as_str().unwrap_or_default();
    if !emoji.is_null() && emoji["id"].is_null() && (name.is_empty() || name.is_ascii() || name.chars().count() > 8) {
        check.error(&at(place, "emoji.name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji");
    }
}

fn select(check: &mut Check, place: &str, select: &Value, ids: &mut HashSet<String>) {
    check.known(place, select, &["type", "id", "custom_id", "options", "placeholder", "min_values", "max_values", "required", "disabled"]);
    custom_id(check, place, select, ids);
    check.text(&at(place, "placeholder"), &select["placeholder"], 0..=PLACEHOLDER);
    let inside = at(place, "options");
    let options = check.list(&inside, &select["options"], OPTIONS);
    if options.is_empty() {
        check.error(&inside, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.");
    }
    let mut values = HashSet::new();
    for (n, option) in options.iter().enumerate() {
        let place = at(&inside, &n.to_string());
        check.known(&place, option, &["label", "value", "description", "emoji", "default"]);
        check.needed(&at(&place, "label"), &option["label"], 1..=OPTION_TEXT);
        check.needed(&at(&place, "value"), &option["value"], 1..=OPTION_TEXT);
        check.text(&at(&place, "description"), &option["description"], 0..=OPTION_TEXT);
        emoji(check, &place, &option["emoji"]);
        if !values.insert(&option["value"]) {
            check.error(&at(&place, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used");
        }
    }
    let there = options.len().max(1) as u64;
    let at_most = select["max_values"].as_u64().unwrap_or(1);
    let at_least = select["min_values"].as_u64().unwrap_or(1);
    if at_most == 0 || at_most > there || at_least > at_most {
        check.error(place, "SELECT_COMPONENT_MAX_VALUES", "min_values and max_values do not fit the options");
    }
    if options.iter().filter(|option| option["default"] == true).count() as u64 > at_most {
        check.error(place, "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "The number of default options exceeds max_values");
    }
}

/// A modal (callback type 9).
pub fn modal(check: &mut Check, place: &str, modal: &Value) {
    check.known(place, modal, &["custom_id", "title", "components"]);
    let mut ids = HashSet::new();
    check.needed(&at(place, "custom_id"), &modal["custom_id"], 1..=CUSTOM_ID);
    check.needed(&at(place, "title"), &modal["title"], 1..=MODAL_TITLE);
    let inside = at(place, "components");
    let parts = check.list(&inside, &modal["components"], MODAL_PARTS);
    if parts.is_empty() {
        check.error(&inside, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
    }
    for (n, part) in parts.iter().enumerate() {
        let place = at(&inside, &n.to_string());
        match part["type"].as_u64() {
            Some(1) if part["components"].as_array().is_some_and(|inside| inside.len() == 1) => {
                check.known(&place, part, &["type", "id", "components"]);
                let input = &part["components"][0];
                let place = at(&place, "components.0");
                check.needed(&at(&place, "label"), &input["label"], 1..=INPUT_LABEL);
                text_input(check, &place, input, &mut ids);
            }
            Some(18) => {
                check.known(&place, part, &["type", "id", "label", "description", "component"]);
                check.needed(&at(&place, "label"), &part["label"], 1..=INPUT_LABEL);
                check.text(&at(&place, "description"), &part["description"], 0..=INPUT_DESCRIPTION);
                let place = at(&place, "component");
                match part["component"]["type"].as_u64() {
                    Some(3) => select(check, &place, &part["component"], &mut ids),
                    _ => text_input(check, &place, &part["component"], &mut ids),
                }
            }
            _ => check.error(&place, "UNION_TYPE_CHOICES", "a modal has labels, or rows with one text input each"),
        }
    }
}

fn text_input(check: &mut Check, place: &str, input: &Value, ids: &mut HashSet<String>) {
    check.known(
        place,
        input,
        &["type", "id", "custom_id", "style", "label", "min_length", "max_length", "required", "value", "placeholder"],
    );
    if input["type"] != 4 {
        check.error(&at(place, "type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (4,).");
    }
    custom_id(check, place, input, ids);
    if !matches!(input["style"].as_u64(), Some(1 | 2)) {
        check.error(&at(place, "style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2).");
    }
    let at_most = input["max_length"].as_u64().unwrap_or(INPUT);
    let at_least = input["min_length"].as_u64().unwrap_or_default();
    if at_most == 0 || at_most > INPUT || at_least > at_most {
        check.error(place, "TEXT_INPUT_LENGTH", "min_length and max_length must be within 0 and 4000");
    }
    check.text(&at(place, "placeholder"), &input["placeholder"], 0..=INPUT_PLACEHOLDER);
    check.text(&at(place, "value"), &input["value"], 0..=usize::try_from(at_most.min(INPUT)).unwrap());
}
