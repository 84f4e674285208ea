//! Does the manual say what help says? A page for every command, each example on its lines, the same at each writing.

use std::{fs, path::Path};

use super::tables::helps;
use crate::program::{err, out, program, run};

/// What the page calls a command: `scorewatch-key-new`.
fn page_name(words: &[String]) -> String {
    ["scorewatch"].into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}

/// The text of a page as a reader sees it, without the marks of its language.
fn plain(page: &str) -> String {
    page.replace("\\fB", "")
        .replace("\\fI", "")
        .replace("\\fR", "")
        .replace("\\*(Aq", "'")
        .replace("\\-", "-")
        .replace("\\&", "")
        .replace("\\\\", "\\")
}

fn pages(home: &Path, into: &str) {
    let written = program(home).args(["man", into]).env("SOURCE_DATE_EPOCH", "1790000000").output().unwrap();
    assert!(written.status.success() && out(&written).is_empty(), "{}", err(&written));
}

#[test]
fn every_command_has_a_page_with_its_options_and_examples() {
    let home = tempfile::tempdir().unwrap();
    pages(home.path(), "new/man1");
    let folder = home.path().join("new/man1");
    let helps = helps();
    for (words, help) in &helps {
        let name = page_name(words);
        let page = fs::read_to_string(folder.join(format!("{name}.1"))).unwrap_or_else(|error| panic!("{name}: {error}"));
        let title = format!(".TH {name} 1 2026-09-21 \"scorewatch {}\" \"scorewatch manual\"\n", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&title), "{page}");
        let text = plain(&page);
        for option in help.split_whitespace().filter(|word| word.starts_with("--") && word.chars().skip(2).all(|c| c.is_ascii_lowercase()))
        {
            assert!(text.contains(option), "{name} says nothing of {option}");
        }
        if words.is_empty() {
            // The program itself says where to start.
            assert!(text.contains("\nscorewatch ask secure_score --tenant contoso\n"), "{page}");
            continue;
        }
        let examples = help.split_once("\nExample").unwrap_or_else(|| panic!("{name} has no example: {help}")).1;
        let example = examples.lines().skip(1).find(|line| line.contains("scorewatch")).unwrap_or_else(|| panic!("{name}: {examples}"));
        let (_, shown) = text.split_once(".SH EXAMPLES\n").unwrap_or_else(|| panic!("{name}: {page}"));
        assert!(shown.lines().any(|line| line.trim() == example.trim()), "{name} has no line {example}:\n{shown}");
    }
    let written = fs::read_dir(&folder).unwrap().count();
    assert_eq!(written, helps.len(), "a page of a command that help does not list");
    // Without a date of those who pack it is today's, which man can show.
    let main = out(&run(home.path(), &["man"]));
    let (_, rest) = main.split_once(".TH scorewatch 1 ").unwrap();
    let today = rest.split(' ').next().unwrap();
    assert!(today.parse::<jiff::civil::Date>().is_ok(), "{today}");
    assert_eq!(main.replacen(today, "2026-09-21", 1), fs::read_to_string(folder.join("scorewatch.1")).unwrap());
    let probe = plain(&fs::read_to_string(folder.join("scorewatch-probe.1")).unwrap());
    let synopsis = probe.split_once(".SH SYNOPSIS\n").unwrap().1.lines().next().unwrap();
    assert!(synopsis.starts_with("scorewatch probe [--tenant NAME] [--demo] ") && synopsis.contains(" [--config FILE]"), "{synopsis}");
    let restore = plain(&fs::read_to_string(folder.join("scorewatch-restore.1")).unwrap());
    assert!(restore.lines().any(|line| line.starts_with("scorewatch restore ") && line.ends_with(" FILE")), "{restore}");
}

#[test]
fn pages_are_the_same_each_time_and_what_cannot_be_written_is_said() {
    let home = tempfile::tempdir().unwrap();
    pages(home.path(), "one");
    pages(home.path(), "two");
    for entry in fs::read_dir(home.path().join("one")).unwrap().map(|entry| entry.unwrap()) {
        assert_eq!(fs::read(entry.path()).unwrap(), fs::read(home.path().join("two").join(entry.file_name())).unwrap());
    }
    fs::write(home.path().join("file"), "kept").unwrap();
    let refused = run(home.path(), &["man", "file"]);
    assert_eq!(refused.status.code(), Some(78));
    assert!(err(&refused).contains("file exists already") && err(&refused).contains("name a directory"), "{}", err(&refused));
    assert_eq!(fs::read_to_string(home.path().join("file")).unwrap(), "kept");
}
