//! What did somebody mean who typed words, where a platform has no typed options? `weakest 5 identity for contoso` becomes the command that
//! typed options become elsewhere.
//!
//! Read by the commands: `name:value` and `name=value` with quotation marks; `for TENANT`; `because REASON`; a word that only one option
//! can be meant by; the rest for the one text that the command is about. A command that only asks is read kindly. One that changes
//! something is refused where a word could be meant in two ways.

mod meaning;
mod refusal;
mod split;

use super::{
    TypedCommand,
    commands::{COMMANDS, CommandAction, CommandInput, CommandSpec, HELP, OptionSpec},
};
use crate::{
    error::{Error, Result},
    skills::args::same_name,
    text::one_line,
};
use meaning::Reading;
use split::{TypedWord, split};

/// The longest text that is read, in bytes: more than all options of a command can hold.
const TEXT_BYTES_MAX: usize = 4000;
/// What people call us.
const OURSELVES: &str = "scorewatch";

/// The command that `text` stands for, typed by somebody who may see `tenants`.
///
/// # Errors
/// [`crate::error::ErrorKind::BadArguments`] for what cannot be meant, in a sentence that makes the next try right.
pub fn read_words(text: &str, tenants: &[String]) -> Result<TypedCommand> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::bad_arguments(format!("That is too long for a command: it has more than {TEXT_BYTES_MAX} bytes.")));
    }
    let line = one_line(text);
    let words = split(without_address(&line))?;
    let Some((command, used)) = command_of(&words)? else {
        return Ok(TypedCommand { name: HELP.to_owned(), ..TypedCommand::default() });
    };
    let (sub, options, used) = below(command, &words, used)?;
    let operates = matches!(command.action, CommandAction::Operate(_));
    let title = sub.map_or_else(|| command.name.to_owned(), |sub| format!("{} {sub}", command.name));
    let given = match command.action {
        // Whatever somebody wants help with, the help is one.
        CommandAction::Help => Vec::new(),
        CommandAction::Ask(_) | CommandAction::Operate(_) => Reading::new(title, options, operates, tenants).read(&words[used..])?,
    };
    Ok(TypedCommand { name: command.name.to_owned(), sub: sub.map(ToOwned::to_owned), options: given })
}

/// `line` without a mention, our name or a slash in front.
fn without_address(line: &str) -> &str {
    let mut line = line;
    loop {
        line = line.trim_start();
        let behind = |opens: &str, ends: &str| line.strip_prefix(opens).and_then(|rest| rest.split_once(ends)).map(|(_, rest)| rest);
        let mention = behind("<at>", "</at>").or_else(|| behind("<@", ">"));
        let slash = line.strip_prefix('/');
        let Some(rest) = mention.or(slash).or_else(|| without_our_name(line)) else { return line };
        line = rest;
    }
}

/// What stands behind our name, if it stands in front.
fn without_our_name(line: &str) -> Option<&str> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let name = word.strip_prefix('@').unwrap_or(word).trim_end_matches([',', ':']);
    name.eq_ignore_ascii_case(OURSELVES).then_some(rest)
}

/// The command that the first words name, and how many words do; `None` where nothing is typed.
fn command_of(words: &[TypedWord<'_>]) -> Result<Option<(&'static CommandSpec, usize)>> {
    let Some(first) = words.first() else { return Ok(None) };
    if first.text == "?" {
        return Ok(None);
    }
    let named = |typed: &str| {
        COMMANDS.iter().find(|command| {
            let skill = matches!(command.action, CommandAction::Ask(skill) if same_name(skill.name, typed));
            skill || same_name(command.name, typed)
        })
    };
    // `secure score` is one of our names in two words.
    let two = words.get(1).and_then(|second| named(&format!("{}_{}", first.text, second.text))).map(|command| (command, 2));
    two.or_else(|| named(first.text).map(|command| (command, 1))).map(Some).ok_or_else(|| refusal::no_command(first.text))
}

/// The command below `command` that is meant, its options, and how many words name both.
fn below(
    command: &'static CommandSpec,
    words: &[TypedWord<'_>],
    used: usize,
) -> Result<(Option<&'static str>, &'static [OptionSpec], usize)> {
    match &command.takes {
        CommandInput::Options(options) => Ok((None, options, used)),
        CommandInput::Subcommands(below) => {
            let word = words.get(used).map(|word| word.text);
            let sub = word.and_then(|word| below.iter().find(|sub| same_name(sub.name, word)));
            let sub = sub.ok_or_else(|| refusal::no_subcommand(command.name, below, word))?;
            Ok((Some(sub.name), &sub.options, used + 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::{
        chat::commands::OPERATIONS,
        skills::{ALL, TENANT},
    };

    fn read(text: &str) -> Result<TypedCommand> {
        read_words(text, &["contoso".to_owned(), "fabrikam".to_owned()])
    }

    /// A command as a line: `digest add name=morning every=weekdays`.
    fn shown(command: &TypedCommand) -> String {
        let options = command.options.iter().map(|(name, value)| format!("{name}={value}"));
        [command.name.clone()].into_iter().chain(command.sub.clone()).chain(options).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn people_are_understood() {
        for (typed, meant) in [
            // Help, and how we are addressed.
            ("", "help"),
            ("?", "help"),
            ("help", "help"),
            ("Help me with digests", "help"),
            ("scorewatch", "help"),
            ("<at>scorewatch</at>", "help"),
            ("/score", "score"),
            ("<@U0123|scorewatch> score", "score"),
            ("<at>Score Watch</at> /score", "score"),
            ("@scorewatch: score", "score"),
            ("/scorewatch score for contoso", "score tenant=contoso"),
            ("SCORE", "score"),
            ("secure_score", "score"),
            ("Secure Score contoso", "score tenant=contoso"),
            ("score for all", "score tenant=all"),
            ("score all", "score tenant=all"),
            ("score for Initech", "score tenant=Initech"),
            ("weakest", "weakest"),
            ("weakest 5 identity for contoso", "weakest limit=5 category=identity tenant=contoso"),
            ("weakest controls 3", "weakest limit=3"),
            ("weakest quick wins", "weakest order=quick_wins"),
            ("weakest Quick-Wins product \"Exchange Online\" below 50", "weakest order=quick_wins product=Exchange Online below=50"),
            ("weakest limit:3 category=Identity share me", "weakest limit=3 category=identity share=me"),
            ("weakest product: exo page 2", "weakest product=exo page=2"),
            ("changes since:2026-11-01 tenant:contoso", "changes since=2026-11-01 tenant=contoso"),
            ("changes since 14 days for contoso", "changes since=14 tenant=contoso"),
            ("changes 14 days", "changes since=14"),
            ("changes week data", "changes since=week category=data"),
            ("score changes 7d", "changes since=7d"),
            ("risks third party for fabrikam", "risks state=third_party tenant=fabrikam"),
            ("accepted risks by Alex", "risks by=Alex"),
            ("control AdminMFAV2", "control name=AdminMFAV2"),
            ("control legacy auth", "control name=legacy auth"),
            ("control name legacy auth", "control name=legacy auth"),
            ("control name:legacy auth", "control name=legacy auth"),
            ("control name:block legacy auth for contoso", "control name=block legacy auth tenant=contoso"),
            ("control control:\"legacy auth\" whole", "control name=legacy auth whole=true"),
            ("control “legacy auth” whole:no", "control whole=false name=legacy auth"),
            ("control Require MFA for admins for contoso", "control tenant=contoso name=Require MFA for admins"),
            ("control Entra: block legacy", "control name=Entra: block legacy"),
            // What changes something.
            ("note AdminMFAV2", "note control=AdminMFAV2"),
            ("note AdminMFAV2 owner:\"Mira Sand\" until:2027-03-31", "note owner=Mira Sand until=2027-03-31 control=AdminMFAV2"),
            ("note AdminMFAV2 until 2027-03-31 owner “Mira Sand”", "note until=2027-03-31 owner=Mira Sand control=AdminMFAV2"),
            ("note control:AdminMFAV2 status:in-progress", "note control=AdminMFAV2 status=in_progress"),
            ("note AdminMFAV2 for contoso clear everything", "note tenant=contoso clear=everything control=AdminMFAV2"),
            ("note \"Legacy auth\" note:\"After the migration, for all.\"", "note note=After the migration, for all. control=Legacy auth"),
            ("snooze add control_regresses 14 days because migration", "snooze add kind=control_regresses days=14 reason=migration"),
            (
                "snooze add control regresses for 14 days for contoso because planned work",
                "snooze add kind=control_regresses days=14 tenant=contoso reason=planned work",
            ),
            (
                "snooze add all because \"we wait for Microsoft\" control:AdminMFAV2",
                "snooze add kind=all reason=we wait for Microsoft control=AdminMFAV2",
            ),
            ("snooze list", "snooze list"),
            ("snooze list fabrikam", "snooze list tenant=fabrikam"),
            ("snooze end kind:score_falls tenant=contoso", "snooze end kind=score_falls tenant=contoso"),
            ("digest add morning weekdays 08:30 Europe/Berlin", "digest add every=weekdays at=08:30 zone=Europe/Berlin name=morning"),
            (
                "digest add name:morning every weekly day monday at 8:30 for contoso, fabrikam silent",
                "digest add name=morning every=weekly day=monday at=8:30 tenants=contoso,fabrikam silent=true",
            ),
            ("digest add month monthly last 07:00 utc", "digest add every=monthly day=last at=07:00 zone=utc name=month"),
            ("digest pause morning", "digest pause name=morning"),
            ("Digest List", "digest list"),
        ] {
            assert_eq!(read(typed).map(|command| shown(&command)).map_err(|error| error.sentence), Ok(meant.to_owned()), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_next_try() {
        for (typed, said) in [
            ("wekest", "There is no command `wekest`. Did you mean `weakest`?"),
            ("42", "There is no command `42`. There are: score, "),
            ("weakest 5 identity since 7d for contoso", "It is not clear what `since` is meant for."),
            ("weakest since:7d", "`weakest` has no option `since`."),
            ("weakest idenity", "It is not clear what `idenity` is meant for. Did you mean `identity`?"),
            ("weakest limit:many", "`limit` takes a whole number from 1 to 25; `many` is not one."),
            ("weakest 26", "`limit` takes a whole number from 1 to 25; `26` is not one."),
            ("weakest 5 limit:3", "`limit` is given twice, as `5` and as `3`."),
            (
                "weakest category:identiti",
                "`category` takes one of identity, data, device, apps, infrastructure; `identiti` is not one. Did",
            ),
            ("weakest product:", "Nothing stands behind `product`."),
            ("weakest product: limit:3", "Nothing stands behind `product`."),
            ("weakest 14 days", "It is not clear what `14` is meant for."),
            ("control", "`name` is missing. Id or words of its title"),
            ("control whole", "`name` is missing."),
            ("control \"legacy auth", "The quotation that begins with `legacy auth` has no end"),
            ("score because I say so", "It is not clear what `because` is meant for."),
            ("snooze", "Behind `snooze` stands one of add, list, end."),
            ("snooze ad all", "Behind `snooze` stands one of add, list, end. Did you mean `add`?"),
        ] {
            let sentence = read(typed).unwrap_err().sentence;
            assert!(sentence.starts_with(said), "{typed}: {sentence}");
        }
    }

    #[test]
    fn what_changes_something_is_never_guessed() {
        for (typed, said) in [
            // Whose name, and which control?
            ("note AdminMFAV2 owner:Mira Sand", "whether `Sand` belongs to `control`"),
            ("note owner:Mira Sand AdminMFAV2", "whether `Sand` belongs to `control`"),
            ("note AdminMFAV2 owner Mira", "`owner` may be meant for `owner`, or belong to `control`"),
            ("note AdminMFAV2 planned", "`planned` may be meant for `status`, or belong to `control`"),
            ("note AdminMFAV2 everything", "`everything` may be meant for `clear`"),
            ("note AdminMFAV2 onwer:Mira", "has no option `onwer`. Did you mean `owner`?"),
            ("note AdminMFAV2 for admins", "There is no tenant `admins` that you may see."),
            ("note AdminMFAV2 status:done", "`status` takes one of planned, in_progress"),
            ("note for contoso", "`control` is missing."),
            ("note AdminMFAV2 note:wait until 2027-03-31", "whether `until` belongs to `note`"),
            ("note AdminMFAV2 note:wait for contoso", "whether `for` belongs to `note`"),
            // Of which tenant, for how long, and of which control?
            ("snooze add score_falls reason:waiting for fabrikam", "whether `for` belongs to `reason`"),
            ("snooze add all because migration control AdminMFAV2", "whether `control AdminMFAV2` belongs to the reason"),
            ("snooze add all because migration days 3", "whether `days 3` belongs to the reason"),
            ("snooze add score_falls because migration for contoso", "whether `for contoso` belongs to the reason"),
            ("snooze add score_falls because migration 14 days", "whether `14 days` belongs to the reason"),
            ("snooze add score_falls because migration for 14 days", "whether `for 14` belongs to the reason"),
            ("snooze add score_falls migration", "It is not clear what `migration` is meant for."),
            ("snooze add score_falls 14 days", "`reason` is missing."),
            ("snooze add score_falls because no", "`reason` takes a text of 3 to 200 characters"),
            ("snooze add score_falls 91 because migration", "`days` takes a whole number from 1 to 90"),
            ("snooze add because migration", "`kind` is missing."),
            ("snooze end score_falls score_below", "`kind` is given twice"),
            ("snooze list all", "It is not clear what `all` is meant for."),
            ("digest add morning weekdays", "`at` is missing."),
            ("digest add daily weekdays 08:30", "`every` is given twice"),
            ("digest add morning weekdays 08:30 brief", "whether `brief` belongs to `name`"),
            ("digest add morning weekdays 08:30 for initech", "There is no tenant `initech` that you may see."),
            ("digest remove", "`name` is missing."),
        ] {
            let sentence = read(typed).unwrap_err().sentence;
            assert!(sentence.contains(said), "{typed}: {sentence}");
        }
    }

    #[test]
    fn a_number_is_the_target_of_a_plan() {
        assert_eq!(shown(&read("plan 70 identity").unwrap()), "plan target=70 category=identity");
    }

    #[test]
    fn every_example_of_a_skill_is_the_command_that_typed_options_are() {
        for skill in &ALL {
            for example in (skill.examples)() {
                let args: Map<String, Value> = serde_json::from_str(example.args).unwrap();
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                let tenant = (TENANT.to_owned(), example.tenant.to_owned());
                let options: Vec<_> = args.iter().map(|(name, value)| (name.clone(), text(value))).chain([tenant]).collect();
                let typed = TypedCommand { name: skill.chat.to_owned(), sub: None, options };
                for name in [skill.chat, skill.name] {
                    let words: Vec<String> = typed.options.iter().map(|(name, value)| format!("{name}:\"{value}\"")).collect();
                    assert_eq!(read(&format!("{name} {}", words.join(" "))).unwrap(), typed);
                }
            }
        }
    }

    #[test]
    fn every_example_of_an_operation_is_read_as_it_is_taught() {
        let read: Vec<String> = OPERATIONS.iter().map(|operation| shown(&read(operation.example).unwrap())).collect();
        let typed = [
            "note control=AdminMFAV2 owner=Mira until=2027-03-31",
            "snooze add kind=control_regresses days=14 reason=migration",
            "digest add name=morning every=weekdays at=08:30 zone=Europe/Berlin",
        ];
        assert_eq!(read, typed);
    }

    #[test]
    fn hostile_texts_are_bounded() {
        assert!(read(&"x".repeat(TEXT_BYTES_MAX + 1)).unwrap_err().sentence.contains("too long"));
        let long = read(&format!("weakest {}", "y".repeat(3000))).unwrap_err().sentence;
        assert!(long.chars().count() < 400, "{long}");
        assert_eq!(shown(&read("note Admin\u{202e}MFAV2 owner:\"a\u{0}b\"").unwrap()), "note owner=ab control=AdminMFAV2");
        assert!(read("control `@everyone`").is_ok() && read(&"\"".repeat(999)).is_err() && read(&"for ".repeat(900)).is_err());
    }

    /// Texts that are nearly commands.
    fn nearly_commands() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "score",
            "weakest",
            "control",
            "note",
            "snooze",
            "add",
            "end",
            "digest",
            "for",
            "because",
            "14",
            "days",
            "contoso",
            "all",
            "owner",
            "owner:",
            "until:2027-03-31",
            "kind:all",
            "reason:",
            "planned",
            "\"",
            "“",
            "”",
            "'",
            "a:b",
            "=",
            ":",
            "08:30",
            "every",
            "daily",
            "weekly",
            "name",
            "morning",
            "control_regresses",
            "since",
            "7d",
            "identity",
            "<@",
            ">",
            "/",
            "silent",
            "Europe/Berlin",
            "🎉",
        ]);
        prop::collection::vec(prop_oneof![word.prop_map(ToOwned::to_owned), "\\PC{0,6}"], 0..9).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_read_again(text in prop_oneof!["\\PC*", nearly_commands()]) {
            let Ok(command) = read(&text) else { return Ok(()) };
            // Values with quotation marks of one sort can be written between others only.
            prop_assume!(command.options.iter().all(|(_, value)| !value.contains('"')));
            let words: Vec<String> = command.options.iter().map(|(name, value)| format!("{name}:\"{value}\"")).collect();
            let line = format!("{} {} {}", command.name, command.sub.as_deref().unwrap_or_default(), words.join(" "));
            prop_assert_eq!(read(&line).map_err(|error| error.sentence), Ok(command));
        }
    }
}
