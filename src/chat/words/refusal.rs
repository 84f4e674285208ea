//! What is said to somebody whose words cannot be meant? What is wrong, and how the next try is right.

use crate::{
    chat::commands::{COMMANDS, OptionKind, OptionSpec, SubcommandSpec},
    error::Error,
    text::{did_you_mean, echo},
};

/// How much of a word is repeated, in characters.
const ECHO: usize = 40;

/// No command has the name `word`.
pub(super) fn no_command(word: &str) -> Error {
    let names = || COMMANDS.iter().map(|command| command.name);
    let hint = did_you_mean(word, names());
    let all: Vec<&str> = names().collect();
    Error::bad_arguments(format!("There is no command `{}`.{hint} There are: {}.", echo(word, ECHO), all.join(", ")))
}

/// `command` is followed by none of the commands below it.
pub(super) fn no_subcommand(command: &str, below: &[SubcommandSpec], word: Option<&str>) -> Error {
    let names = || below.iter().map(|sub| sub.name);
    let hint = word.map_or_else(String::new, |word| did_you_mean(word, names()));
    let all: Vec<&str> = names().collect();
    Error::bad_arguments(format!("Behind `{command}` stands one of {}.{hint}", all.join(", ")))
}

/// The command has no option called `name`.
pub(super) fn no_option(command: &str, options: &[OptionSpec], name: &str) -> Error {
    let names = || options.iter().map(|option| option.name);
    let hint = did_you_mean(name, names());
    Error::bad_arguments(format!("`{command}` has no option `{}`.{hint} {}", echo(name, ECHO), takes(command, options)))
}

/// What `word` is meant for cannot be known.
pub(super) fn unclear(command: &str, options: &[OptionSpec], word: &str) -> Error {
    let choices = options.iter().filter_map(|option| match &option.kind {
        OptionKind::Choice(choices) => Some(choices.iter().map(|choice| choice.value.as_str())),
        OptionKind::Integer { .. } | OptionKind::Text { .. } | OptionKind::Flag => None,
    });
    let hint = did_you_mean(word, choices.flatten().chain(options.iter().map(|option| option.name)));
    let way = if options.is_empty() { "Leave it out." } else { "Write it behind its option, as in NAME:VALUE." };
    Error::bad_arguments(format!("It is not clear what `{}` is meant for.{hint} {way} {}", echo(word, ECHO), takes(command, options)))
}

/// `word` may be meant for `option`, or be a part of what `rest` takes.
pub(super) fn either(word: &str, option: &OptionSpec, rest: &OptionSpec) -> Error {
    let (word, option, rest) = (echo(word, ECHO), option.name, rest.name);
    Error::bad_arguments(format!(
        "`{word}` may be meant for `{option}`, or belong to `{rest}`: write {option}:VALUE for the one, {rest}:\"SEVERAL WORDS\" for the other."
    ))
}

/// `word` stands apart from the other words of what `rest` takes.
pub(super) fn apart(word: &str, rest: &OptionSpec) -> Error {
    Error::bad_arguments(format!(
        "It is not clear whether `{}` belongs to `{}` or to the option before it: put words that belong together between quotation marks, as in owner:\"Mira Sand\".",
        echo(word, ECHO),
        rest.name
    ))
}

/// `word` stands behind the unquoted value of `option`.
pub(super) fn goes_on(word: &str, option: &OptionSpec) -> Error {
    let (word, name) = (echo(word, ECHO), option.name);
    Error::bad_arguments(format!(
        "It is not clear whether `{word}` belongs to `{name}`: put words that belong together between quotation marks, as in {name}:\"after the migration\"."
    ))
}

/// `words` stand in a reason, and may be meant for another option.
pub(super) fn in_the_reason(words: &str) -> Error {
    Error::bad_arguments(format!(
        "It is not clear whether `{}` belongs to the reason: put the reason between quotation marks, and write what else is meant before `because`.",
        echo(words, ECHO)
    ))
}

/// `name` is none of the tenants that whoever types may see.
pub(super) fn no_tenant(option: &OptionSpec, name: &str) -> Error {
    Error::bad_arguments(format!(
        "There is no tenant `{}` that you may see. Write {}:NAME, and other words that belong together between quotation marks.",
        echo(name, ECHO),
        option.name
    ))
}

/// `word` is a choice of several options.
pub(super) fn several(word: &str, options: &[&OptionSpec]) -> Error {
    let ways: Vec<String> = options.iter().map(|option| format!("{}:{}", option.name, echo(word, ECHO))).collect();
    Error::bad_arguments(format!("`{}` is a word of several options: write {}.", echo(word, ECHO), ways.join(" or ")))
}

/// `option` is given twice.
pub(super) fn twice(option: &OptionSpec, one: &str, other: &str) -> Error {
    let (one, other) = (echo(one, ECHO), echo(other, ECHO));
    Error::bad_arguments(format!("`{}` is given twice, as `{one}` and as `{other}`. Give it once.", option.name))
}

/// `option` is named, and nothing stands behind it.
pub(super) fn empty(option: &OptionSpec) -> Error {
    Error::bad_arguments(format!("Nothing stands behind `{0}`. {1}: write {0}:VALUE.", option.name, summary(option)))
}

/// `option` is missing.
pub(super) fn missing(option: &OptionSpec) -> Error {
    Error::bad_arguments(format!("`{0}` is missing. {1}: write {0}:VALUE.", option.name, summary(option)))
}

/// `value` is none that `option` takes.
pub(super) fn no_value(option: &OptionSpec, value: &str) -> Error {
    let name = option.name;
    let (takes, hint) = match &option.kind {
        OptionKind::Integer { min, max } => (format!("a whole number from {min} to {max}"), String::new()),
        OptionKind::Text { min, max } => (format!("a text of {} to {max} characters", min.max(&1)), String::new()),
        OptionKind::Flag => ("yes or no".to_owned(), String::new()),
        OptionKind::Choice(choices) => {
            let values = || choices.iter().map(|choice| choice.value.as_str());
            (format!("one of {}", values().collect::<Vec<_>>().join(", ")), did_you_mean(value, values()))
        }
    };
    Error::bad_arguments(format!("`{name}` takes {takes}; `{}` is not one.{hint}", echo(value, ECHO)))
}

fn takes(command: &str, options: &[OptionSpec]) -> String {
    let names: Vec<&str> = options.iter().map(|option| option.name).collect();
    if names.is_empty() { format!("`{command}` takes no options.") } else { format!("`{command}` takes {}.", names.join(", ")) }
}

fn summary(option: &OptionSpec) -> &str {
    option.summary.trim_end_matches('.')
}
