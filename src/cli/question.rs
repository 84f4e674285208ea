//! How is a skill asked by typing? Each skill is a command of `ask`, made from the list of skills and their options.

use std::borrow::Cow;

use clap::{
    Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
    error::ErrorKind,
};

use crate::{
    skills::{
        ALL, Entry,
        options::{Opt, OptKind},
    },
    surfaces::terminal::ROWS_MAX,
};

/// Holds the words that stand for the option a skill cannot do without.
const WORDS: &str = "words of a text";

/// A skill with its arguments as they were typed.
#[derive(Clone)]
pub(super) struct QuestionArgs {
    pub(super) skill: &'static Entry,
    pub(super) args: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl std::fmt::Debug for QuestionArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple(self.skill.name).field(&self.args).finish()
    }
}

impl Subcommand for QuestionArgs {
    fn augment_subcommands(command: Command) -> Command {
        command
            .subcommand_value_name("SKILL")
            .subcommand_help_heading("Skills")
            .disable_help_subcommand(true)
            .subcommands(ALL.iter().map(skill_command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        ALL.iter().any(|skill| skill.name == name)
    }
}

impl FromArgMatches for QuestionArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let unknown = || clap::Error::raw(ErrorKind::InvalidSubcommand, "Unknown question: `scorewatch ask` lists them.\n");
        let (name, matches) = matches.subcommand().ok_or_else(unknown)?;
        let skill = ALL.iter().find(|skill| skill.name == name).ok_or_else(unknown)?;
        let given =
            skill.options.iter().filter_map(|option| Some((Cow::Borrowed(option.name.as_str()), Cow::Owned(typed(option, matches)?))));
        Ok(Self { skill, args: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn skill_command(skill: &'static Entry) -> Command {
    let examples =
        (skill.examples)().iter().map(|example| format!("  {}\n    {}", example.prompt, line(skill, example.tenant, example.args)));
    let examples: Vec<String> = examples.collect();
    let mut command = Command::new(skill.name)
        .about(skill.summary)
        .visible_aliases((skill.chat != skill.name).then_some(skill.chat))
        .aliases(skill.name.contains('_').then(|| skill.name.replace('_', "-")))
        .after_help(format!("Examples:\n{}", examples.join("\n")));
    for option in skill.options.iter() {
        command = command.arg(option_arg(option));
        if takes_words(option) {
            command = command.arg(
                Arg::new(WORDS)
                    .value_name(option.name.to_uppercase())
                    .num_args(1..)
                    .required_unless_present(option.name.clone())
                    .help(format!("The same as --{}, without quotes", option.name))
                    .conflicts_with(option.name.clone()),
            );
        }
    }
    command
}

/// Whether the option may also be typed as plain words behind the skill.
fn takes_words(option: &Opt) -> bool {
    option.required && option.kind == OptKind::Text
}

fn option_arg(option: &Opt) -> Arg {
    let shown = option.default.as_ref().filter(|default| default.as_bool() != Some(false));
    let default = shown.map_or_else(String::new, |default| format!(" [default: {}]", plain(default)));
    let arg = Arg::new(option.name.clone())
        .long(option.name.replace('_', "-"))
        .aliases([Some(option.name.clone()), option.alias.clone()].into_iter().flatten())
        .help(format!("{}{default}", option.summary.trim_end_matches('.')))
        .action(ArgAction::Set);
    let arg = arg.required(option.required && !takes_words(option));
    match &option.kind {
        OptKind::Integer { min, max } => arg.value_name(format!("{min}-{}", if option.rows { ROWS_MAX } else { *max })),
        OptKind::Text => arg.value_name("TEXT"),
        OptKind::Flag => arg.action(ArgAction::SetTrue),
        OptKind::Choice { choices } => {
            let joined = |choice: &String| ["-", " ", ""].map(|between| choice.replace('_', between));
            let values = choices.iter().map(|choice| PossibleValue::new(choice.clone()).aliases(joined(choice)));
            arg.value_name("WORD").ignore_case(true).value_parser(PossibleValuesParser::new(values))
        }
    }
}

fn typed(option: &Opt, matches: &ArgMatches) -> Option<String> {
    if takes_words(option)
        && let Some(words) = matches.get_many::<String>(WORDS)
    {
        return Some(words.map(String::as_str).collect::<Vec<_>>().join(" "));
    }
    match &option.kind {
        OptKind::Flag => matches.get_flag(&option.name).then(|| "true".to_owned()),
        OptKind::Choice { .. } | OptKind::Integer { .. } | OptKind::Text => matches.get_one::<String>(&option.name).cloned(),
    }
}

/// An example as it would be typed. `args` is JSON, as examples have it.
pub(super) fn line(skill: &Entry, tenant: &str, args: &str) -> String {
    let mut line = format!("scorewatch ask {} --tenant {tenant}", skill.name);
    let args: serde_json::Map<String, serde_json::Value> = serde_json::from_str(args).unwrap_or_default();
    for (name, value) in &args {
        let text = plain(value);
        let quote = if text.contains(' ') { "\"" } else { "" };
        match value.as_bool() {
            Some(false) => {}
            Some(true) => line.extend([" --", &name.replace('_', "-")]),
            None => line.extend([" --", &name.replace('_', "-"), " ", quote, &text, quote]),
        }
    }
    line
}

/// A value as it is typed.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skills::args::read_text;

    fn parse(line: &[&str]) -> Result<QuestionArgs, clap::Error> {
        let command = QuestionArgs::augment_subcommands(Command::new("ask"));
        let matches = command.try_get_matches_from([&["ask"], line].concat())?;
        QuestionArgs::from_arg_matches(&matches)
    }

    fn args(line: &[&str]) -> Vec<String> {
        parse(line).unwrap().args.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn skills_and_choices_take_either_dash() {
        let read = |line: &[&str]| {
            let QuestionArgs { skill, args } = parse(line).unwrap();
            let pairs = args.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
            serde_json::Value::from(read_text(&skill.options, pairs, Some(ROWS_MAX)).unwrap()).to_string()
        };
        for order in ["quick-wins", "quick_wins", "Quick Wins", "quickwins"] {
            assert_eq!(read(&["weakest-controls", "--limit", "5", "--order", order]), r#"{"limit":5,"order":"quick_wins"}"#);
        }
        assert_eq!(read(&["weakest", "--category", "Identity", "--limit", "500.0"]), r#"{"category":"identity","limit":500}"#);
        assert_eq!(read(&["accepted_risks", "--state=third_party", "--since", "60d"]), r#"{"since":"60d","state":"third_party"}"#);
    }

    #[test]
    fn a_text_that_is_needed_may_be_plain_words() {
        assert_eq!(args(&["control", "legacy", "auth", "--whole"]), ["name=legacy auth", "whole=true"]);
        assert_eq!(args(&["control", "--name", "legacy auth"]), ["name=legacy auth"]);
        assert_eq!(args(&["control", "--control", "legacy auth"]), ["name=legacy auth"]);
        assert!(parse(&["control"]).is_err());
        assert!(parse(&["control", "legacy", "--name", "x"]).is_err());
    }

    #[test]
    fn what_is_unknown_is_answered_with_what_is_near() {
        let refusal = |line: &[&str]| parse(line).unwrap_err().to_string();
        assert!(refusal(&["weakest_control"]).contains("weakest_controls"));
        assert!(refusal(&["weakest_controls", "--limitt", "5"]).contains("--limit"));
        assert!(refusal(&["weakest_controls", "--category", "identiti"]).contains("identity"));
    }

    #[test]
    fn every_example_parses() {
        for skill in &ALL {
            for example in (skill.examples)() {
                let values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(example.args).unwrap();
                let mut line = vec![skill.name.to_owned()];
                for (name, value) in values {
                    line.push(format!("--{}", name.replace('_', "-")));
                    if !value.is_boolean() {
                        line.push(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
                    }
                }
                let question = parse(&line.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
                let pairs = question.args.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
                read_text(&skill.options, pairs, None).unwrap();
            }
        }
    }
}
