//! Is the page about the architecture true? Its map is that of `src/lib.rs`, and what it says of files holds for each that is there.
//!
//! The page is read when the test runs, and so is the source: whoever moves a room mends the page, not this test.

use std::{collections::BTreeSet, fs, path::Path};

use super::{Document, part, root};

const PAGE: &str = "docs/architecture.md";

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first block of `lines`, with its fences.
fn map_block(lines: &[&str]) -> String {
    let from = lines.iter().position(|line| line.starts_with("```text")).unwrap();
    let to = lines[from + 1..].iter().position(|line| line.starts_with("```")).unwrap();
    lines[from..=from + 1 + to].join("\n")
}

#[test]
fn its_map_is_that_of_the_library() {
    let map = source("src/lib.rs");
    let lines: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let way = map_block(&lines);
    part(PAGE, "way", &format!("{way}\n"));
    let rooms = lines.iter().filter(|line| line.starts_with('|')).map(|line| line.replace("[`", "`").replace("`]", "`") + "\n");
    part(PAGE, "rooms", &rooms.collect::<String>());
}

#[test]
fn it_says_what_a_surface_may_name() {
    let (_, rooms) = crate::tidy::MAY_NAME.iter().find(|(room, _)| *room == "surfaces").unwrap();
    let rooms: Vec<_> = rooms.iter().map(|room| format!("`{room}`")).collect();
    part(PAGE, "surface-rooms", &format!("{}\n", rooms.join(", ")));
}

/// The rows of the table below the heading `head`, without its first two lines; each cell without blanks around it.
fn rows(text: &str, head: &str) -> Vec<Vec<String>> {
    let (_, below) = text.split_once(&format!("\n## {head}\n")).unwrap_or_else(|| panic!("{PAGE} has no `## {head}`"));
    let below = below.split("\n## ").next().unwrap();
    let table = below.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells =
        |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('|').trim().to_owned()).collect::<Vec<_>>();
    table.map(cells).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A file or a folder, whole: what it holds in files below it counts.
fn held(path: &Path) -> String {
    if path.is_file() {
        return fs::read_to_string(path).unwrap_or_default();
    }
    fs::read_dir(path).map(|entries| entries.map(|entry| held(&entry.unwrap().path())).collect()).unwrap_or_default()
}

/// That the first path of `place` is there and holds all that `wanted` names.
fn keep(what: &str, place: &str, wanted: &str, wrong: &mut Vec<String>) {
    for path in code(place) {
        let file = root().join(path);
        if !file.exists() {
            wrong.push(format!("{what}: {path} is not there"));
            continue;
        }
        let text = held(&file);
        wrong.extend(code(wanted).iter().filter(|word| !text.contains(**word)).map(|word| format!("{what}: {path} has no `{word}`")));
    }
}

#[test]
fn every_place_that_it_names_is_there() {
    let text = Document::read(PAGE).text;
    let mut wrong = Vec::new();
    let places = rows(&text, "Where to change what");
    let of_chats = rows(&text, "Add a chat platform");
    assert!(places.len() > 10 && of_chats.len() > 5, "{places:?} {of_chats:?}");
    for row in places.into_iter().chain(of_chats) {
        let [what, place, wanted] = row.as_slice() else { panic!("a row of three cells: {row:?}") };
        keep(what, place, wanted, &mut wrong);
    }
    // Outside of tables too; `NAME` stands for what somebody adds.
    for span in Document::read(PAGE).spans() {
        let path = ["src/", "tests/", "docs/", "manifests/", "prompts/", "benches/"].iter().any(|folder| span.starts_with(folder));
        if path && !span.contains("NAME") && !span.contains("KIND") && !span.contains(' ') && !root().join(&span).exists() {
            wrong.push(format!("{span} is not there"));
        }
    }
    assert!(wrong.is_empty(), "{PAGE}:\n{}", wrong.join("\n"));
}

/// The folders below `path` whose files hold `word`.
fn folders(path: &str, word: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(path)).unwrap().map(|entry| entry.unwrap().path());
    let holding = entries.filter(|entry| entry.is_dir() && held(entry).contains(word));
    holding.map(|entry| entry.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// That every step of the checklist `head` was taken for everything of its kind that is there. `NAME` stands for its name, `KIND` for the word
/// by which the configuration knows it.
fn checklist(head: &str, present: &BTreeSet<(String, String)>) {
    let text = Document::read(PAGE).text;
    let steps = rows(&text, head);
    assert!(steps.len() > 2 && present.len() > 3, "{head}: {steps:?}, {present:?}");
    let mut wrong = Vec::new();
    for (name, kind) in present {
        let of = |cell: &str| cell.replace("NAME", name).replace("KIND", kind);
        for row in &steps {
            let [what, place, wanted] = row.as_slice() else { panic!("a row of three cells: {row:?}") };
            keep(&format!("{head}, {kind}: {what}"), &of(place), &of(wanted), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{PAGE}:\n{}", wrong.join("\n"));
}

#[test]
fn every_question_took_the_steps() {
    let skills = folders("src/skills", "Skill for ");
    checklist("Add a question", &skills.into_iter().map(|name| (name.clone(), name)).collect());
}

#[test]
fn every_surface_took_the_steps() {
    let surfaces = folders("src/surfaces", "const SURFACE");
    checklist("Add a surface", &surfaces.into_iter().map(|name| (name.clone(), name)).collect());
}

#[test]
fn every_destination_took_the_steps() {
    let keys = Document::read("docs/reference/configuration.md").text;
    let row = keys.lines().find(|line| line.contains("`destinations.NAME.kind`")).unwrap();
    let kinds = row.split('|').nth(2).unwrap().replace(" or ", ", ");
    // A kind that begins with the name of another place is that place by another way: Discord's webhook.
    let place = |kind: &str| kind.split('_').next().unwrap().to_owned();
    checklist("Add a destination", &kinds.split(',').map(|kind| (place(kind.trim()), kind.trim().to_owned())).collect());
}
