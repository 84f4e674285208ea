//! Which slash commands does Discord show? Those of every chat platform, in its words; what `discord register` writes.
//!
//! <https://docs.discord.com/developers/interactions/application-commands>. Everybody in a server is shown the commands, because
//! grants decide who is answered; its administrators hide them from whom they like under Server Settings > Integrations.

use serde_json::{Map, Value, json};

use super::pretty;
use crate::{
    chat::commands::{COMMANDS, CommandInput, CommandSpec, OptionChoice, OptionKind, OptionSpec, SubcommandSpec},
    text::cut,
};

/// The longest description of a command or an option, in characters.
const DESCRIPTION_MAX: usize = 100;

/// `type` of a slash command.
const SLASH: u8 = 1;
/// `type` of options: a command below the command, a text, a whole number, yes or no.
const SUBCOMMAND: u8 = 1;
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
    COMMANDS.iter().map(command).collect()
}

fn command(spec: &CommandSpec) -> Value {
    let mut command = json!({ "type": SLASH, "name": spec.name, "description": cut(spec.summary, DESCRIPTION_MAX) });
    match &spec.takes {
        CommandInput::Options(options) if options.is_empty() => {}
        CommandInput::Options(takes) => command["options"] = options(takes),
        CommandInput::Subcommands(below) => command["options"] = below.iter().map(subcommand).collect(),
    }
    command
}

fn subcommand(spec: &SubcommandSpec) -> Value {
    json!({ "type": SUBCOMMAND, "name": spec.name, "description": spec.summary, "options": options(&spec.options) })
}

/// Discord wants those first that must be given.
fn options(specs: &[OptionSpec]) -> Value {
    let (required, optional): (Vec<&OptionSpec>, Vec<&OptionSpec>) = specs.iter().partition(|spec| spec.required);
    required.into_iter().chain(optional).map(option).collect()
}

fn option(spec: &OptionSpec) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), spec.name.into());
    shown.insert("description".to_owned(), description(spec).into());
    if spec.required {
        shown.insert("required".to_owned(), true.into());
    }
    if spec.suggested {
        shown.insert("autocomplete".to_owned(), true.into());
    }
    let kind = match &spec.kind {
        OptionKind::Integer { min, max } => json!({ "type": WHOLE, "min_value": min, "max_value": max }),
        OptionKind::Text { min: 0, max } => json!({ "type": TEXT, "max_length": max }),
        OptionKind::Text { min, max } => json!({ "type": TEXT, "min_length": min, "max_length": max }),
        OptionKind::Flag => json!({ "type": FLAG }),
        OptionKind::Choice(choices) => json!({ "type": TEXT, "choices": choices.iter().map(choice).collect::<Value>() }),
    };
    shown.extend(kind.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

/// What an option does, and what it is when it is not given: Discord itself shows no default.
fn description(spec: &OptionSpec) -> String {
    let summary = spec.summary.trim_end_matches('.');
    let whole = spec.default.as_ref().map_or_else(|| summary.to_owned(), |default| format!("{summary} (else {default})"));
    if whole.chars().count() <= DESCRIPTION_MAX { whole } else { cut(summary, DESCRIPTION_MAX) }
}

fn choice(choice: &OptionChoice) -> Value {
    json!({ "name": choice.label, "value": choice.value })
}
