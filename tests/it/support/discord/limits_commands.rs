//! What does Discord refuse in commands and in what is offered while typing?
//!
//! Numbers: <https://docs.discord.com/developers/interactions/application-commands>.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::limits::{Check, at, length};

const COMMANDS: usize = 100;
const NAME: usize = 32;
const DESCRIPTION: usize = 100;
const OPTIONS: usize = 25;
const CHOICES: usize = 25;
const CHOICE: usize = 100;
const TEXT: u64 = 6000;
/// "A maximum of 8000 characters for combined name, description, and value properties for each command".
const TOTAL: usize = 8000;
const WHOLE: f64 = 9_007_199_254_740_991.0;

const COMMAND: [&str; 14] = [
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "default_permission",
    "nsfw",
    "integration_types",
    "contexts",
    "handler",
];
const OPTION: [&str; 14] = [
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "required",
    "choices",
    "options",
    "channel_types",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "autocomplete",
];

/// The whole list of a place.
pub fn commands(check: &mut Check, list: &Value, guild: bool) {
    if !list.is_array() {
        check.error("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    }
    let mut names = HashSet::new();
    for (n, command) in check.list("", list, COMMANDS).iter().enumerate() {
        let place = n.to_string();
        one(check, &place, command, guild);
        if !names.insert((&command["name"], command["type"].as_u64().unwrap_or(1))) {
            check.error(&at(&place, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
        }
    }
}

fn one(check: &mut Check, place: &str, command: &Value, guild: bool) {
    check.known(place, command, &COMMAND);
    name(check, &at(place, "name"), &command["name"]);
    check.needed(&at(place, "description"), &command["description"], 1..=DESCRIPTION);
    if !matches!(command["type"].as_u64(), None | Some(1)) {
        check.odd(place, "is no slash command; the stand-in knows no others");
    }
    let bits = &command["default_member_permissions"];
    if !(bits.is_null() || bits.as_str().is_some_and(|bits| bits.parse::<u64>().is_ok())) {
        check.error(&at(place, "default_member_permissions"), "BITFIELD_TYPE", "Must be a bit set as text");
    }
    for (member, most) in [("contexts", 2), ("integration_types", 1)] {
        let mut there = HashSet::new();
        for value in check.list(&at(place, member), &command[member], 3) {
            if value.as_u64().is_none_or(|value| value > most || !there.insert(value)) {
                check.error(&at(place, member), "BASE_TYPE_CHOICES", format!("{value} is unknown or there twice"));
            }
        }
        if guild && !command[member].is_null() {
            check.odd(place, &format!("{member} is only for global commands"));
        }
    }
    options(check, place, &command["options"], 0);
    let total = size(command);
    if total > TOTAL {
        check.error(place, "APPLICATION_COMMAND_TOO_LARGE", format!("Command exceeds maximum size ({TOTAL})"));
    }
}

/// 1 to 32 of `-_'`, letters and digits, and none that has a lower case: the published regular expression.
fn name(check: &mut Check, place: &str, name: &Value) {
    check.needed(place, name, 1..=NAME);
    let text = name.as_str().unwrap_or_default();
    let signs = text.chars().all(|c| matches!(c, '-' | '_' | '\'') || c.is_alphanumeric());
    if !signs || text.to_lowercase() != text {
        check.error(place, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

fn options(check: &mut Check, place: &str, list: &Value, depth: usize) {
    let place = at(place, "options");
    let list = check.list(&place, list, OPTIONS);
    let mut names = HashSet::new();
    let mut optional = false;
    let groups = list.iter().filter(|option| matches!(option["type"].as_u64(), Some(1 | 2))).count();
    if groups > 0 && groups < list.len() {
        check.error(&place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands and other options are mutually exclusive");
    }
    for (n, option) in list.iter().enumerate() {
        let place = at(&place, &n.to_string());
        check.known(&place, option, &OPTION);
        name(check, &at(&place, "name"), &option["name"]);
        check.needed(&at(&place, "description"), &option["description"], 1..=DESCRIPTION);
        if !names.insert(&option["name"]) {
            check.error(&at(&place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique");
        }
        let required = option["required"] == true;
        if required && optional {
            check.error(
                &place,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            );
        }
        optional |= !required && groups == 0;
        match option["type"].as_u64() {
            Some(2) if depth == 0 => options(check, &place, &option["options"], 1),
            Some(1) if depth < 2 => options(check, &place, &option["options"], 2),
            Some(kind @ 3..=11) => value(check, &place, option, kind),
            _ => check.error(&at(&place, "type"), "BASE_TYPE_CHOICES", "no such type of option here"),
        }
    }
}

/// What may be typed for an option.
fn value(check: &mut Check, place: &str, option: &Value, kind: u64) {
    let listed = choices(check, &at(place, "choices"), &option["choices"], kind);
    if listed > 0 && option["autocomplete"] == true {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_CHOICES_MUTUALLY_EXCLUSIVE", "choices and autocomplete are mutually exclusive");
    }
    if (listed > 0 || option["autocomplete"] == true) && !matches!(kind, 3 | 4 | 10) {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "only texts and numbers have choices");
    }
    let (low, high) = (&option["min_value"], &option["max_value"]);
    let bounded = !low.is_null() || !high.is_null();
    if bounded && !matches!(kind, 4 | 10) {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "only numbers have min_value and max_value");
    }
    if low.as_f64().zip(high.as_f64()).is_some_and(|(low, high)| low > high) {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_MIN_MAX", "min_value is above max_value");
    }
    if kind == 4 && [low, high].iter().any(|bound| bound.as_f64().is_some_and(|bound| bound.abs() > WHOLE || bound.fract() != 0.0)) {
        check.error(place, "NUMBER_TYPE_MAX", "bounds of an integer are whole and below 2^53");
    }
    let (short, long) = (&option["min_length"], &option["max_length"]);
    let bounded = !short.is_null() || !long.is_null();
    if bounded && kind != 3 {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "only texts have min_length and max_length");
    }
    let (short, long) = (short.as_u64().unwrap_or_default(), long.as_u64().unwrap_or(TEXT));
    if long == 0 || long > TEXT || short > long {
        check.error(place, "APPLICATION_COMMAND_OPTIONS_LENGTH", "min_length and max_length must be within 0 and 6000");
    }
}

/// Choices of an option, or those that are offered while somebody types (callback type 8). Returns how many.
pub fn choices(check: &mut Check, place: &str, list: &Value, kind: u64) -> usize {
    let list = check.list(place, list, CHOICES);
    let mut names = HashSet::new();
    for (n, choice) in list.iter().enumerate() {
        let place = at(place, &n.to_string());
        check.known(&place, choice, &["name", "name_localizations", "value"]);
        check.needed(&at(&place, "name"), &choice["name"], 1..=CHOICE);
        let value = &choice["value"];
        match kind {
            4 if value.as_i64().is_some_and(|value| (value as f64).abs() <= WHOLE) => {}
            10 if value.is_number() => {}
            3 => drop(check.needed(&at(&place, "value"), value, 1..=CHOICE)),
            _ => check.error(&at(&place, "value"), "NUMBER_TYPE_COERCE", format!("{value} is no value of an option of type {kind}")),
        }
        if !names.insert(&choice["name"]) {
            check.error(&at(&place, "name"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATE", "Choice names must be unique");
        }
    }
    list.len()
}

/// What counts for the 8,000: names, descriptions and values, of each the longest translation.
fn size(item: &Value) -> usize {
    let longest = |name: &str| {
        let translated = item[format!("{name}_localizations")].as_object();
        let translated = translated.into_iter().flat_map(|all| all.values().filter_map(Value::as_str));
        item[name].as_str().into_iter().chain(translated).map(length).max().unwrap_or_default()
    };
    let inner = |name: &str| item[name].as_array().into_iter().flatten().map(size).sum::<usize>();
    longest("name") + longest("description") + longest("value") + inner("options") + inner("choices")
}

/// A command as Discord returns it: with ids and defaults, without what says nothing.
pub fn kept(command: &Value, ids: (u64, u64), guild: Option<u64>, application: u64) -> Value {
    let mut kept = command.clone();
    let given = |name: &str, default: Value| if command[name].is_null() { default } else { command[name].clone() };
    kept["id"] = json!(ids.0.to_string());
    kept["version"] = json!(ids.1.to_string());
    kept["application_id"] = json!(application.to_string());
    kept["type"] = given("type", json!(1));
    kept["default_member_permissions"] = command["default_member_permissions"].clone();
    kept["nsfw"] = given("nsfw", json!(false));
    kept["default_permission"] = json!(true);
    if let Some(guild) = guild {
        kept["guild_id"] = json!(guild.to_string());
    } else {
        kept["integration_types"] = given("integration_types", json!([0]));
        kept["contexts"] = command["contexts"].clone();
        kept["dm_permission"] = given("dm_permission", json!(true));
    }
    settle(&mut kept);
    kept
}

/// Translations that were not given are null; empty lists and what is false are left out of options.
fn settle(item: &mut Value) {
    for name in ["name_localizations", "description_localizations"] {
        if item[name].as_object().is_none_or(serde_json::Map::is_empty) && item.get(name.trim_end_matches("_localizations")).is_some() {
            item[name] = Value::Null;
        }
    }
    let members = item.as_object_mut().unwrap();
    members.retain(|name, value| match name.as_str() {
        "options" | "choices" | "channel_types" => value.as_array().is_some_and(|list| !list.is_empty()),
        "required" | "autocomplete" => *value == true,
        _ => true,
    });
    for name in ["options", "choices"] {
        members.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(settle);
    }
}
