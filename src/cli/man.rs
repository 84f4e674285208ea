//! What does `man` show? A page for each command, made of the grammar; the examples keep their lines.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    exit_number,
    grammar::Cli,
    output::{tell, write_out},
    whole_file::{Advice, Existing, PreparedFile, Readers, make_directories, remove_directories, unwritten},
};
use crate::{
    config::Environment,
    error::{Error, ErrorKind, Result},
};

/// Says of when the pages are, in seconds since 1970: <https://reproducible-builds.org/specs/source-date-epoch/>.
const DATE_VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// What to do about pages that cannot be written.
const ADVICE: Advice<'_> = Advice { exists: NAME_A_DIRECTORY, elsewhere: NAME_A_DIRECTORY };
const NAME_A_DIRECTORY: &str = "name a directory that you may write to";

/// Where the pages go.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pages are the same for the same program but for their date, which is today's; whoever packs them gives another by SOURCE_DATE_EPOCH.

Examples:
  scorewatch man | man -l -                         read the main page
  scorewatch man man1                               all pages, in the directory man1
  man -l man1/scorewatch-ask.1"
)]
pub(super) struct ManArgs {
    /// Write a page for every command into this directory, instead of the main page to standard output
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    directory: Option<PathBuf>,
}

pub(super) fn run(given: &ManArgs) -> Result<()> {
    let mut program = without_help(Cli::command());
    program.build();
    let date = date(&Environment::of_process())?;
    let Some(directory) = &given.directory else { return write_out(page(&program, None, &date)?.as_bytes()) };
    let mut pages = Vec::new();
    add_pages(&program, None, &date, &mut pages)?;
    write_pages(directory, &pages)?;
    tell(&format!("{1} pages are in {0}. Read one: man -l {0}/scorewatch-ask.1", directory.display(), pages.len()));
    Ok(())
}

/// Writes all pages, or none: what was there stays then.
fn write_pages(directory: &Path, pages: &[(String, String)]) -> Result<()> {
    let made = make_directories(directory).map_err(|error| unwritten(directory, error, ADVICE))?;
    // All are on the disk before the first gets its name.
    let prepared = pages.iter().map(|(name, text)| {
        let path = directory.join(name);
        PreparedFile::prepare(&path, text.as_bytes(), Readers::Usual).map(|file| (file, path.clone())).map_err(|error| (path, error))
    });
    let placed = prepared
        .collect::<Result<Vec<_>, _>>()
        .and_then(|files| files.into_iter().try_for_each(|(file, path)| file.place(Existing::Replaced).map_err(|error| (path, error))));
    placed.map_err(|(path, error)| {
        remove_directories(&made);
        unwritten(&path, error, ADVICE)
    })
}

/// The same without the commands `help`, of which clap makes one for each command that has others below it.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

fn date(environment: &Environment) -> Result<String> {
    let Some(seconds) = environment.get(DATE_VARIABLE) else { return Ok(Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()) };
    let moment = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let wrong = || Error::bad_arguments(format!("{DATE_VARIABLE} is not a number of seconds since 1970. Correct it, or unset it."));
    Ok(moment.ok_or_else(wrong)?.to_zoned(TimeZone::UTC).date().to_string())
}

/// Adds the pages of `command` and of those below it, each with the name of its file.
fn add_pages(command: &Command, above: Option<&str>, date: &str, pages: &mut Vec<(String, String)>) -> Result<()> {
    pages.push((format!("{}.1", name(command)), page(command, above, date)?));
    let mut below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below.try_for_each(|below| add_pages(below, Some(name(command)), date, pages))
}

/// What the page of `command` is called: `scorewatch-key-new`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of `command`; `above` is the page of the command that it belongs to.
fn page(command: &Command, above: Option<&str>, date: &str) -> Result<String> {
    let source = format!("scorewatch {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).date(date).source(source).manual("scorewatch manual");
    let mut page = Roff::new().render();
    page += &section(|to| man.render_title(to))?;
    page += &section(|to| man.render_name_section(to))?;
    page += &section(|to| synopsis(command).to_writer(to))?;
    page += &section(|to| man.render_description_section(to))?;
    page += &section(|to| man.render_options_section(to))?;
    if command.has_subcommands() {
        page += &section(|to| man.render_subcommands_section(to))?;
    }
    let notes = command.get_after_help().map(|notes| notes_and_examples(&notes.to_string())).unwrap_or_default();
    page += &section(|to| notes.to_writer(to))?;
    let end = above.map_or_else(about_the_program, see_also);
    page += &section(|to| end.to_writer(to))?;
    Ok(page)
}

/// How a command is written: its own options with their values, those that hold everywhere, then what stands without a name.
fn synopsis(command: &Command) -> Roff {
    let shown = || command.get_arguments().filter(|argument| !argument.is_hide_set());
    let own = shown().filter(|argument| !argument.is_positional() && !argument.is_global_set());
    let everywhere = shown().filter(|argument| !argument.is_positional() && argument.is_global_set());
    let mut words = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    for argument in own.chain(everywhere).chain(command.get_positionals().filter(|argument| !argument.is_hide_set())) {
        let (before, behind) = if argument.is_required_set() { (" ", "") } else { (" [", "]") };
        words.push(roman(before));
        if let Some(long) = argument.get_long() {
            words.push(bold(format!("--{long}")));
        }
        if argument.is_positional() || argument.get_action().takes_values() {
            words.push(roman(if argument.is_positional() { "" } else { " " }));
            words.push(italic(value_of(argument)));
        }
        let again =
            matches!(argument.get_action(), ArgAction::Append) || argument.get_num_args().is_some_and(|times| times.max_values() > 1);
        words.push(roman(format!("{}{behind}", if again { "..." } else { "" })));
    }
    if command.has_subcommands() {
        let (before, behind) = if command.is_subcommand_required_set() { (" ", "") } else { (" [", "]") };
        words.extend([roman(before), italic("COMMAND"), roman(behind)]);
    }
    let mut part = Roff::new();
    part.control("SH", ["SYNOPSIS"]).text(words);
    part
}

/// How the value of an argument is called.
fn value_of(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    if names.is_empty() {
        argument.get_id().as_str().to_uppercase()
    } else {
        names.iter().map(clap::builder::Str::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// A part of a page, without the definitions that each document begins with.
fn section(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes).map_err(Error::internal)?;
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    Ok(text.strip_prefix(&Roff::new().render()).unwrap_or(&text).to_owned())
}

/// What `--help` says behind the options: sentences first, then the examples, whichever comes first there.
fn notes_and_examples(text: &str) -> Roff {
    let (mut notes, mut examples) = (Roff::new(), Roff::new());
    let mut in_examples = false;
    for paragraph in text.split("\n\n") {
        let lines: Vec<&str> = paragraph.lines().filter(|line| !line.trim().is_empty()).collect();
        let Some(first) = lines.first() else { continue };
        let indented = first.starts_with(' ');
        let begins_examples = first.starts_with("Example") && first.ends_with(':');
        in_examples = begins_examples || in_examples && indented;
        let place = if in_examples { &mut examples } else { &mut notes };
        // The heading says it already.
        let lines = if matches!(*first, "Example:" | "Examples:") { &lines[1..] } else { &lines[..] };
        add_paragraph(place, lines);
    }
    let mut whole = Roff::new();
    for (heading, part) in [("NOTES", notes), ("EXAMPLES", examples)] {
        if part != Roff::new() {
            whole.control("SH", [heading]);
            whole.extend([part]);
        }
    }
    whole
}

/// Sentences are filled; what is indented below them keeps its lines.
fn add_paragraph(place: &mut Roff, lines: &[&str]) {
    for lines in lines.chunk_by(|one, next| one.starts_with(' ') == next.starts_with(' ')) {
        let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
        if *place != Roff::new() {
            place.control("PP", []);
        }
        if margin == 0 {
            place.extend(lines.iter().map(|line| roman(*line)));
        } else {
            place.control("RS", ["4"]).control("nf", []);
            place.extend(lines.iter().map(|line| roman(&line[margin..])));
            place.control("fi", []).control("RE", []);
        }
    }
}

/// What holds for the program as a whole.
fn about_the_program() -> Roff {
    let mut end = Roff::new();
    let mut statuses: BTreeMap<u8, Vec<&str>> = BTreeMap::from([(0, vec!["done"])]);
    for kind in ErrorKind::ALL {
        statuses.entry(exit_number(kind)).or_default().push(kind.name());
    }
    end.control("SH", ["EXIT STATUS"]);
    for (number, kinds) in statuses {
        end.control("TP", []).text([bold(number.to_string())]).text([roman(kinds.join(", ").replace('_', " "))]);
    }
    for (heading, entries) in [
        (
            "FILES",
            [
                ("scorewatch.toml", "The configuration, in the working directory unless --config or SCOREWATCH_CONFIG names another."),
                ("scorewatch.db", "The store, beside it unless store.path or --store names another."),
            ],
        ),
        (
            "ENVIRONMENT",
            [
                ("SCOREWATCH_CONFIG", "The configuration file, where --config does not name it."),
                ("SCOREWATCH__SECTION__KEY", "Sets a key of the configuration: SCOREWATCH__SERVER__LISTEN is server.listen."),
            ],
        ),
    ] {
        end.control("SH", [heading]);
        for (name, what) in entries {
            end.control("TP", []).text([bold(name)]).text([roman(what)]);
        }
    }
    end
}

fn see_also(above: &str) -> Roff {
    let mut end = Roff::new();
    end.control("SH", ["SEE ALSO"]).text([bold(above), roman("(1)")]);
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_stand_apart_and_keep_their_lines() {
        let page =
            notes_and_examples("Examples:\n  a --b\n    .c\n\nA sentence\nthat goes on:\n  x\n\nExample, for a host:\n  y").to_roff();
        let (notes, examples) = page.split_once(".SH EXAMPLES").unwrap();
        assert!(notes.starts_with(".SH NOTES\nA sentence\nthat goes on:\n.PP\n.RS 4\n.nf\nx\n.fi\n.RE\n"), "{page}");
        assert!(examples.contains(".nf\na \\-\\-b\n  .c\n.fi"), "{page}");
        assert!(examples.contains("Example, for a host:\n.PP\n.RS 4\n.nf\ny\n"), "{page}");
    }

    #[test]
    fn a_date_is_taken_from_those_who_pack() {
        let at = |value: &str| date(&Environment::from([(DATE_VARIABLE, value)]));
        assert_eq!(at("1790000000").unwrap(), "2026-09-21");
        assert!(at("today").unwrap_err().sentence.contains("seconds since 1970"));
        let today = date(&Environment::default()).unwrap();
        assert!(today.parse::<jiff::civil::Date>().is_ok(), "{today}");
    }
}
