//! Which commands are there on any chat platform? One for each skill, those that change something, and help; as data, of which each platform's
//! list is written and by which words are read where a platform has no typed options. Pure.

mod operations;

use std::sync::LazyLock;

use serde_json::Value;

use crate::{
    skills::{
        ALL, Entry, TENANT,
        options::{Opt, OptKind, TEXT_MAX},
    },
    text::sentence_case,
};

pub use operations::{CHAT_SNOOZE_DAYS_MAX, CLEAR, DIGEST, EVERYTHING, NOTE, OPERATIONS, OperationCommand, SNOOZE, SNOOZE_DAYS};

/// The command that says what can be asked.
pub const HELP: &str = "help";
/// The option that says who sees the answer.
pub const SHARE: &str = "share";
/// Its word for the asker alone.
pub const SHARE_ME: &str = "me";
/// Its word for everybody in the channel.
pub const SHARE_CHANNEL: &str = "channel";

/// The longest name of a tenant that anything in the house takes.
const TENANT_MAX: usize = 40;

/// Every command, in the order in which a platform lists them.
pub static COMMANDS: LazyLock<Vec<CommandSpec>> = LazyLock::new(|| {
    let help = CommandSpec {
        name: HELP,
        summary: "What can be asked here, and about which tenants.",
        action: CommandAction::Help,
        takes: CommandInput::Options(Vec::new()),
    };
    ALL.iter().map(of_skill).chain(operations::commands()).chain([help]).collect()
});

/// A command.
pub struct CommandSpec {
    /// Its name, without a slash.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What it leads to.
    pub action: CommandAction,
    /// What is typed behind it.
    pub takes: CommandInput,
}

/// What a command leads to.
#[derive(Clone, Copy)]
pub enum CommandAction {
    /// A question is answered.
    Ask(&'static Entry),
    /// Something is changed, or what can be changed is shown.
    Operate(&'static OperationCommand),
    /// It is said what can be asked.
    Help,
}

/// What is typed behind the name of a command.
#[derive(Debug)]
pub enum CommandInput {
    /// Its options.
    Options(Vec<OptionSpec>),
    /// One of the commands below it.
    Subcommands(Vec<SubcommandSpec>),
}

/// A command below a command: `add` of `/digest add`.
#[derive(Debug)]
pub struct SubcommandSpec {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What it takes.
    pub options: Vec<OptionSpec>,
}

/// An option of a command.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// Another name that people give it; understood, but told to nobody.
    pub alias: Option<&'static str>,
    /// What it does.
    pub summary: String,
    /// What holds without it, in words; `None` when that is nothing.
    pub default: Option<String>,
    /// Whether the command makes no sense without it.
    pub required: bool,
    /// What it takes.
    pub kind: OptionKind,
    /// Whether there is something to offer while it is typed.
    pub suggested: bool,
    /// Which words are meant for it where they are typed without its name, besides its choices.
    pub bare: Option<BareWord>,
}

/// A word that is typed without the name of its option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BareWord {
    /// What no other option can be meant by: the command is about it.
    Rest,
    /// A whole number.
    Number,
    /// What stands behind `for`.
    Tenant,
    /// What stands behind `because`.
    Reason,
    /// An earlier day: `yesterday`, `week`, `7d`, `2026-11-01`.
    Since,
    /// A time of the day: `08:30`.
    Time,
    /// A time zone: `Europe/Berlin`.
    Zone,
    /// A day of a week or of a month: `monday`, `28`, `last`.
    Day,
}

/// What an option takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionKind {
    /// A whole number within limits.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A text, its length in characters.
    Text {
        /// The shortest.
        min: usize,
        /// The longest.
        max: usize,
    },
    /// Yes or no.
    Flag,
    /// One of these.
    Choice(Vec<OptionChoice>),
}

/// A value to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionChoice {
    /// The value.
    pub value: String,
    /// How it is shown.
    pub label: String,
}

impl OptionChoice {
    /// A value that is shown as it is, with a capital.
    fn of(value: &str) -> Self {
        Self { value: value.to_owned(), label: sentence_case(value) }
    }

    fn labelled(label: &str, value: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned() }
    }
}

impl OptionSpec {
    fn new(name: &'static str, summary: impl Into<String>, kind: OptionKind) -> Self {
        Self { name, alias: None, summary: summary.into(), default: None, required: false, kind, suggested: false, bare: None }
    }

    /// A text of `min` to `max` characters.
    fn text(name: &'static str, summary: impl Into<String>, (min, max): (usize, usize)) -> Self {
        Self::new(name, summary, OptionKind::Text { min, max })
    }

    fn choice(name: &'static str, summary: impl Into<String>, choices: impl IntoIterator<Item = OptionChoice>) -> Self {
        Self::new(name, summary, OptionKind::Choice(choices.into_iter().collect()))
    }

    fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn suggested(self) -> Self {
        Self { suggested: true, ..self }
    }

    fn bare(self, bare: BareWord) -> Self {
        Self { bare: Some(bare), ..self }
    }

    fn or(self, default: impl Into<String>) -> Self {
        Self { default: Some(default.into()), ..self }
    }

    /// The option that names a tenant.
    fn tenant(summary: impl Into<String>) -> Self {
        Self::text(TENANT, summary, (0, TENANT_MAX)).suggested().bare(BareWord::Tenant)
    }
}

fn of_skill(skill: &'static Entry) -> CommandSpec {
    let counts = skill.options.iter().find(|argument| argument.rows);
    let about = skill.options.iter().find(|argument| argument.required && argument.kind == OptKind::Text);
    let bare = |argument: &Opt| match argument.name.as_str() {
        name if about.is_some_and(|about| about.name == name) => Some(BareWord::Rest),
        name if counts.is_some_and(|counts| counts.name == name) => Some(BareWord::Number),
        "since" => Some(BareWord::Since),
        "target" => Some(BareWord::Number),
        _ => None,
    };
    let options = skill
        .options
        .iter()
        .map(|argument| OptionSpec { bare: bare(argument), ..of_argument(argument) })
        .chain([tenant(skill), share(skill)])
        .collect();
    CommandSpec { name: skill.chat, summary: skill.summary, action: CommandAction::Ask(skill), takes: CommandInput::Options(options) }
}

fn of_argument(argument: &'static Opt) -> OptionSpec {
    let kind = match &argument.kind {
        OptKind::Integer { min, max } => OptionKind::Integer { min: *min, max: *max },
        OptKind::Text => OptionKind::Text { min: 1, max: argument.text_max() },
        OptKind::Flag => OptionKind::Flag,
        OptKind::Choice { choices } => OptionKind::Choice(choices.iter().map(|word| OptionChoice::of(word)).collect()),
    };
    let default = match &argument.default {
        Some(Value::String(word)) if !word.is_empty() => Some(word.replace('_', " ")),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    OptionSpec {
        alias: argument.alias.as_deref(),
        default,
        required: argument.required,
        suggested: argument.suggest.is_some(),
        ..OptionSpec::new(&argument.name, argument.summary.as_str(), kind)
    }
}

fn tenant(skill: &Entry) -> OptionSpec {
    let all = if skill.all_tenants { ", several as a,b, or all of them" } else { "" };
    let one = OptionSpec::tenant(format!("Which tenant{all}; may be left out where only one can be meant"));
    // Several names have the room of any text.
    if skill.all_tenants { OptionSpec { kind: OptionKind::Text { min: 0, max: TEXT_MAX }, ..one } } else { one }
}

fn share(skill: &Entry) -> OptionSpec {
    let usual = if skill.private { "only I" } else { "everyone here, where they may" };
    let choices = [OptionChoice::labelled("Only I see it", SHARE_ME), OptionChoice::labelled("Everyone in the channel", SHARE_CHANNEL)];
    OptionSpec::choice(SHARE, "Who sees the answer", choices).or(usual)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every list of options that follows a command.
    fn option_lists() -> impl Iterator<Item = (&'static str, &'static [OptionSpec])> {
        COMMANDS.iter().flat_map(|command| match &command.takes {
            CommandInput::Options(options) => vec![(command.name, options.as_slice())],
            CommandInput::Subcommands(below) => below.iter().map(|sub| (command.name, sub.options.as_slice())).collect(),
        })
    }

    #[test]
    fn no_name_means_two_things() {
        let names: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        for (command, options) in option_lists() {
            let names: Vec<&str> = options.iter().flat_map(|option| [option.name].into_iter().chain(option.alias)).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{command}: {names:?}");
        }
    }

    #[test]
    fn each_skill_and_each_operation_has_its_command() {
        for skill in &ALL {
            let command = COMMANDS.iter().find(|command| command.name == skill.chat).unwrap();
            let CommandInput::Options(options) = &command.takes else { panic!("{} has commands below it", skill.chat) };
            assert_eq!(options.len(), skill.options.len() + 2, "its arguments, the tenant and who sees it");
        }
        for operation in &OPERATIONS {
            let found = COMMANDS.iter().any(|command| matches!(command.action, CommandAction::Operate(one) if one.name == operation.name));
            assert!(found, "{}", operation.name);
        }
    }
}
