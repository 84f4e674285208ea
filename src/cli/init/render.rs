//! How does a new configuration read? What was given counts; what is useful next stands there commented out, each key in the words of its reader.

use std::fmt::Write as _;

use super::draft::{Draft, DraftSection};
use crate::config::keys::{KeyTable, ValueKind};

/// A whole configuration to take from, in the order in which one is read.
const EXAMPLE: &str = include_str!("example.toml");
/// How wide a comment is.
const WIDTH: usize = 110;

/// A section of the example.
struct ExampleSection<'e> {
    /// What is said of it.
    comment: Vec<&'e str>,
    /// How it begins.
    heading: String,
    /// The parts of its path; for one of a list the list and its name.
    path: Vec<&'e str>,
    entries: Vec<(&'e str, &'e str)>,
}

/// The file for `draft`. An empty one gives the example, all of it commented out.
pub(super) fn file(draft: &Draft, table: &KeyTable) -> String {
    let (introduction, examples) = example();
    let mut text = introduction;
    let mut given: Vec<&DraftSection> = draft.sections().iter().collect();
    for example in &examples {
        let named = |section: &DraftSection| section.path.iter().map(String::as_str).eq(example.path.iter().copied());
        let beside =
            |section: &DraftSection| section.path.len() == example.path.len() && kind_of(section) == example.path[..example.path.len() - 1];
        let at = if example.path.len() == 1 {
            given.iter().position(|section| named(section))
        } else {
            given.iter().position(|section| beside(section))
        };
        if let Some(at) = at {
            let section = given.remove(at);
            add_given(&mut text, &example.comment, section, table);
        } else if !draft.sections().iter().any(named) {
            add_hint(&mut text, example, table);
        }
    }
    for section in given {
        add_given(&mut text, &[], section, table);
    }
    text
}

/// The path of a section without its own name.
fn kind_of(section: &DraftSection) -> Vec<&str> {
    section.path.iter().take(section.path.len().saturating_sub(1)).map(String::as_str).collect()
}

fn add_given(text: &mut String, comment: &[&str], section: &DraftSection, table: &KeyTable) {
    text.push('\n');
    add_lines(text, comment);
    *text += &section.heading();
    for (key, value) in section.written() {
        *text += &said_of(table, &section.path, &key);
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn add_lines(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

fn add_hint(text: &mut String, section: &ExampleSection<'_>, table: &KeyTable) {
    text.push('\n');
    add_lines(text, &section.comment);
    let _ = writeln!(text, "#{}", section.heading);
    let path: Vec<String> = section.path.iter().map(|part| (*part).to_owned()).collect();
    for (key, value) in &section.entries {
        if *key != "name" {
            *text += &said_of(table, &path, key);
        }
        let _ = writeln!(text, "#{key} = {value}");
    }
}

/// What the reader's table says of a key, as lines of comment.
fn said_of(table: &KeyTable, section: &[String], key: &str) -> String {
    let path = [section, &[key.to_owned()]].concat();
    let Some(key) = table.find(&path) else { return String::new() };
    let takes = match &key.takes {
        // Its name, and what it is, say that it takes a path.
        ValueKind::File { .. } | ValueKind::Secret => String::new(),
        ValueKind::Text { right, default: None } => format!(" Takes {right}."),
        ValueKind::Text { right, default: Some(default) } => format!(" Takes {right}; {default} if not given."),
        ValueKind::Whole { min, max, default } => format!(" Takes {min} to {max}; {default} if not given."),
        ValueKind::Flag => " Takes true or false; false if not given.".to_owned(),
    };
    wrapped(&format!("{}{takes}", key.what))
}

/// `text` as lines of comment that are no wider than they should be.
fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), "#".to_owned());
    for word in text.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(lines, "{line}");
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

/// The example: what stands above its sections, and the sections.
fn example() -> (String, Vec<ExampleSection<'static>>) {
    let mut blocks = EXAMPLE.split("\n\n");
    let introduction = format!("{}\n", blocks.next().unwrap_or_default());
    (introduction, blocks.map(example_section).collect())
}

fn example_section(block: &'static str) -> ExampleSection<'static> {
    let is_comment = |line: &&str| line.starts_with('#');
    let mut lines = block.lines().filter(|line| !line.is_empty());
    let comment = block.lines().take_while(is_comment).collect();
    let heading = lines.by_ref().find(|line| line.starts_with('[')).unwrap_or_default();
    let entries: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(" = ")).collect();
    let mut path: Vec<&str> = heading.trim_matches(['[', ']']).split('.').collect();
    // A section of a list has its name inside.
    path.extend(entries.iter().filter(|(key, _)| *key == "name").map(|(_, name)| name.trim_matches('"')));
    ExampleSection { comment, heading: heading.to_owned(), path, entries }
}
