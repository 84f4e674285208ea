//! Which slash commands does Discord show? One for each skill with its options, those that change something, and help; what `discord
//! register` writes.
//!
//! <https://docs.discord.com/developers/interactions/application-commands>. Everybody in a server is shown the commands, because
//! grants decide who is answered; its administrators hide them from whom they like under Server Settings > Integrations.

mod operations;

use serde_json::{Map, Value, json};

use super::{TENANT, pretty};
use crate::{
    skills::{
        ALL, Entry,
        options::{Opt, OptKind, TEXT_MAX},
    },
    text::{cut, sentence_case},
};

pub use operations::{
    CLEAR, DIGEST, EVERYTHING, NOTE, OPERATIONS, OperationCommand, REASON_MAX, REASON_MIN, SNOOZE, SNOOZE_DAYS, SNOOZE_DAYS_MAX,
};

/// The command that says what can be asked.
pub const HELP: &str = "help";
/// The option that says who sees the answer.
pub const SHARE: &str = "share";
/// Its word for the asker alone.
pub const SHARE_ME: &str = "me";
/// Its word for everybody in the channel.
pub const SHARE_CHANNEL: &str = "channel";

/// The longest description of a command or an option, in characters.
const DESCRIPTION_MAX: usize = 100;
/// The longest name of a tenant that anything in the house takes.
const TENANT_MAX: usize = 40;

/// `type` of a slash command.
const SLASH: u8 = 1;
/// `type` of options.
const TEXT: u8 = 3;
const WHOLE: u8 = 4;
const FLAG: u8 = 5;
/// Where they can be typed: in servers, and in direct messages with the bot.
const CONTEXTS: [u8; 2] = [0, 1];
/// How the application is installed: in servers. A user's own installation would bring it to servers whose owners never
/// heard of it.
const INSTALLED: [u8; 1] = [0];

/// The file, which holds the commands of all servers.
pub(super) fn file() -> Vec<u8> {
    pretty(&commands())
}

/// The commands for all servers and direct messages.
pub fn commands() -> Value {
    let mut commands = for_one_server();
    for command in commands.as_array_mut().into_iter().flatten() {
        command["contexts"] = json!(CONTEXTS);
        command["integration_types"] = json!(INSTALLED);
    }
    commands
}

/// The commands for a server alone, which has no direct messages and takes no contexts.
pub fn for_one_server() -> Value {
    let help = json!({ "type": SLASH, "name": HELP, "description": "What can be asked here, and about which tenants." });
    ALL.iter().map(command).chain(operations::commands()).chain([help]).collect()
}

fn command(skill: &Entry) -> Value {
    // Discord wants those first that must be given.
    let (required, optional): (Vec<&Opt>, Vec<&Opt>) = skill.options.iter().partition(|option| option.required);
    let options: Vec<Value> = required.into_iter().chain(optional).map(option).chain([tenant(skill), share(skill)]).collect();
    json!({ "type": SLASH, "name": skill.chat, "description": cut(skill.summary, DESCRIPTION_MAX), "options": options })
}

fn option(option: &Opt) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), option.name.as_str().into());
    shown.insert("description".to_owned(), description(option).into());
    if option.required {
        shown.insert("required".to_owned(), true.into());
    }
    let kind = match &option.kind {
        OptKind::Integer { min, max } => json!({ "type": WHOLE, "min_value": min, "max_value": max }),
        OptKind::Text if option.suggest.is_some() => json!({ "type": TEXT, "min_length": 1, "max_length": TEXT_MAX, "autocomplete": true }),
        OptKind::Text => json!({ "type": TEXT, "min_length": 1, "max_length": TEXT_MAX }),
        OptKind::Flag => json!({ "type": FLAG }),
        OptKind::Choice { choices } => {
            let choices: Value = choices.iter().map(|word| choice(&sentence_case(word), word)).collect();
            json!({ "type": TEXT, "choices": choices })
        }
    };
    shown.extend(kind.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

/// What an option does, and what it is when it is not given: Discord itself shows no default.
fn description(option: &Opt) -> String {
    let summary = option.summary.trim_end_matches('.');
    let default = match &option.default {
        Some(Value::String(word)) => word.replace('_', " "),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let whole = if default.is_empty() { summary.to_owned() } else { format!("{summary} (else {default})") };
    if whole.chars().count() <= DESCRIPTION_MAX { whole } else { cut(summary, DESCRIPTION_MAX) }
}

fn tenant(skill: &Entry) -> Value {
    let all = if skill.all_tenants { ", or all of them" } else { "" };
    let description = format!("Which tenant{all}; may be left out where only one can be meant");
    json!({ "type": TEXT, "name": TENANT, "description": description, "max_length": TENANT_MAX, "autocomplete": true })
}

fn share(skill: &Entry) -> Value {
    let usual = if skill.private { "only I" } else { "everyone here, where they may" };
    let description = format!("Who sees the answer (else {usual})");
    let choices = [choice("Only I see it", SHARE_ME), choice("Everyone in the channel", SHARE_CHANNEL)];
    json!({ "type": TEXT, "name": SHARE, "description": description, "choices": choices })
}

fn choice(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}
