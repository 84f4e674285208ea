//! What did somebody type? The options of a command by their names, whichever level of it they stand on.

use serenity::all::{CommandDataOption, CommandDataOptionValue, CommandInteraction};

use super::interaction_context::InteractionContext;
use crate::{access::chat::Grants, manifests::TENANT};

/// A command with its options.
pub(super) struct CommandOptions<'a> {
    /// The command below the command, where it has such.
    pub sub: Option<&'a str>,
    options: &'a [CommandDataOption],
}

impl<'a> CommandOptions<'a> {
    /// What `command` says.
    pub fn of(command: &'a CommandInteraction) -> Self {
        let options = command.data.options.as_slice();
        match options {
            [CommandDataOption { name, value: CommandDataOptionValue::SubCommand(inner), .. }] => Self { sub: Some(name), options: inner },
            _ => Self { sub: None, options },
        }
    }

    /// The option called `name`, as text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.options.iter().find(|option| option.name == name).and_then(|option| text(&option.value))
    }

    /// All options that are not called one of `names`, as text.
    pub fn all_but(&self, names: &[&str]) -> Vec<(String, String)> {
        let others = self.options.iter().filter(|option| !names.contains(&option.name.as_str()));
        others.filter_map(|option| Some((option.name.clone(), text(&option.value)?))).collect()
    }

    /// The tenant that is meant: the one that is named, or else the one that the channel is about.
    pub fn tenant(&self, context: &InteractionContext, grants: &Grants) -> Option<String> {
        self.text(TENANT).map(|tenant| tenant.trim().to_lowercase()).or_else(|| context.home(grants))
    }
}

fn text(value: &CommandDataOptionValue) -> Option<String> {
    let whole = || value.as_i64().map(|number| number.to_string());
    let flag = || value.as_bool().map(|flag| flag.to_string());
    value.as_str().map(ToOwned::to_owned).or_else(whole).or_else(flag)
}
