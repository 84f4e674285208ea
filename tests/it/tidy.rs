//! Rules about the source that the compiler does not keep: who may name whom, who alone names what.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Who may name whom inside the crate. A module missing on the right may not be named by the one on the
/// left; `backoff`, `error`, `skill_id` and `text` are open to all.
pub const MAY_NAME: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("backoff", &[]),
    ("text", &[]),
    ("skill_id", &[]),
    ("score", &[]),
    ("card", &[]),
    ("outgoing", &[]),
    ("access", &["outgoing"]),
    ("probe", &["score"]),
    ("prompts", &[]),
    ("chart", &[]),
    ("skills", &["score", "card"]),
    ("manifests", &["chat", "prompts", "skills"]),
    ("telemetry", &["skills"]),
    ("cache", &["card"]),
    ("graph", &["outgoing", "score"]),
    ("store", &["alert", "delivery", "score"]),
    ("digest", &["access", "card", "score", "skills"]),
    ("alert", &["access", "card", "delivery", "score", "skills"]),
    ("delivery", &["access", "card"]),
    ("config", &["access", "alert", "delivery", "digest", "score"]),
    ("ask", &["access", "cache", "card", "chart", "delivery", "score", "skills", "store", "telemetry"]),
    ("posting", &["access", "alert", "ask", "card", "delivery", "digest", "score", "skills", "store"]),
    ("operations", &["access", "alert", "ask", "card", "delivery", "digest", "posting", "score", "skills", "store", "telemetry"]),
    ("chat", &["access", "alert", "ask", "card", "delivery", "digest", "operations", "posting", "score", "skills", "store"]),
    (
        "surfaces",
        &[
            "access",
            "ask",
            "card",
            "chat",
            "delivery",
            "digest",
            "skills",
            "config",
            "manifests",
            "operations",
            "outgoing",
            "posting",
            "prompts",
            "telemetry",
        ],
    ),
    ("http", &["access", "ask", "manifests", "operations", "surfaces", "skills", "telemetry"]),
    ("schedule", &["access", "alert", "ask", "card", "delivery", "digest", "graph", "posting", "score", "store", "telemetry"]),
    ("sandbox", &["score"]),
    (
        "app",
        &[
            "access",
            "alert",
            "ask",
            "config",
            "delivery",
            "digest",
            "graph",
            "http",
            "operations",
            "posting",
            "schedule",
            "store",
            "surfaces",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "access",
            "alert",
            "app",
            "ask",
            "card",
            "config",
            "delivery",
            "digest",
            "graph",
            "http",
            "manifests",
            "operations",
            "outgoing",
            "posting",
            "probe",
            "sandbox",
            "schedule",
            "score",
            "skills",
            "store",
            "surfaces",
            "telemetry",
        ],
    ),
];

/// Crates and words that only one place may name, and which place.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx::", &["store/"]),
    ("moka::", &["cache.rs"]),
    ("rmcp::", &["surfaces/mcp/"]),
    ("serenity::", &["surfaces/discord/"]),
    ("resvg::", &["chart/"]),
    ("epaint_default_fonts::", &["chart/"]),
    ("StatusCode::", &["http/problem.rs", "graph/client.rs", "sandbox/"]),
    ("std::env::", &["config/", "cli/"]),
    ("terminal_size", &["surfaces/terminal/"]),
    ("metrics::", &["telemetry/"]),
    ("Client::builder", &["outgoing.rs"]),
    ("Client::new", &["outgoing.rs"]),
    ("ClientBuilder::new", &["outgoing.rs"]),
    ("zip::", &["cli/manifest.rs"]),
    ("lettre::", &["surfaces/mail/"]),
];

/// A room is read in one sitting. Length is a hint: what is one idea is not split because of it.
const LINES_MAX: usize = 500;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Each source file with its path inside `src`, without its tests.
pub fn sources() -> Vec<(String, String)> {
    let src = source();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        (path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/"), text)
    };
    files(&src).into_iter().map(read).collect()
}

/// The modules that `text` names: `use crate::{a::B, c}` and `crate::a::B` alike.
fn named(text: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let group = rest.strip_prefix('{').map(|group| top_level(group));
        for name in group.unwrap_or_else(|| vec![rest]) {
            named.push(name.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    named
}

/// The members of a brace group, without those of groups inside it.
fn top_level(group: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[from..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    members.retain(|member| !member.trim().is_empty());
    members
}

#[test]
fn modules_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if matches!(module.as_str(), "main" | "lib") {
            continue;
        }
        let (_, may) =
            MAY_NAME.iter().find(|(name, _)| *name == module).unwrap_or_else(|| panic!("say in MAY_NAME what `{module}` may name"));
        for name in named(&text) {
            let open = name == module || matches!(name.as_str(), "backoff" | "error" | "skill_id" | "text");
            if !open && !may.contains(&name.as_str()) {
                wrong.push(format!("{path}: `{module}` may not name `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whom the commands of chats may name: manifests are made of them, and are pure.
const COMMANDS_MAY_NAME: &[&str] = &["alert", "chat", "digest", "score", "skill_id", "skills", "text"];

#[test]
fn manifests_know_of_chats_only_the_commands_which_are_pure() {
    for (path, text) in sources() {
        if path.starts_with("manifests/") {
            assert_eq!(text.matches("chat::").count(), text.matches("chat::commands::").count(), "{path}");
        } else if path.starts_with("chat/commands") {
            let other = named(&text).into_iter().find(|name| !COMMANDS_MAY_NAME.contains(&name.as_str()));
            assert_eq!(other, None, "{path}");
        }
    }
}

#[test]
fn some_things_are_named_in_one_place_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (what, places) in ONLY_IN {
            let names = text.lines().any(|line| !line.trim_start().starts_with("//") && names(line, what));
            if names && !places.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{path} names {what}, which belongs to {}", places[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Who may name the blocks of a card: its own room, what is shown and shared out between pages, and the sections that a digest is built of. All others build a card, or ask it.
const NAME_BLOCKS: &[&str] = &["card/", "surfaces/", "digest/", "chat/paging.rs"];

#[test]
fn nobody_reads_a_card_back() {
    for (path, text) in sources().iter().filter(|(path, _)| !NAME_BLOCKS.iter().any(|room| path.starts_with(room))) {
        let found = text.lines().find(|line| !line.trim_start().starts_with("//") && line.contains(".blocks"));
        assert!(found.is_none(), "{path} takes a card apart: {}", found.unwrap_or_default());
    }
}

/// What may not be named below `skills/`: a clock, a network, a wait.
const NOT_IN_SKILLS: &[&str] = &["async ", ".await", "Timestamp::now", "Instant::now", "SystemTime", "reqwest", "tokio", "std::fs"];

#[test]
fn skills_are_pure() {
    for (path, text) in
        sources().iter().filter(|(path, _)| path.starts_with("skills/") || path.starts_with("score/") || path.starts_with("card/"))
    {
        for what in NOT_IN_SKILLS {
            let found = text.lines().find(|line| !line.trim_start().starts_with("//") && line.contains(what));
            assert!(found.is_none(), "{path} names {what}: {}", found.unwrap_or_default());
        }
    }
}

#[test]
fn a_surface_knows_no_other() {
    let folders: Vec<String> = fs::read_dir(source().join("surfaces"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(folders.len() > 1);
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("surfaces/")) {
        for other in folders.iter().filter(|folder| !path.starts_with(&format!("surfaces/{folder}/")) && !path.ends_with("surfaces/mod.rs"))
        {
            let paths = [format!("surfaces::{other}"), format!("super::super::{other}")];
            let knows =
                |path: &String| text.split(path.as_str()).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(!paths.iter().any(knows), "{path} knows {other}");
        }
    }
}

/// What nobody but its own folder names, and how it is named.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("discord", &["discord"]),
    ("slack", &["slack"]),
    ("teams", &["teams"]),
    ("mail", &["\"mail\"", "surfaces::mail"]),
    ("webhook", &["\"webhook\"", "surfaces::webhook"]),
];
/// Who names a platform all the same, and why.
const NAME_PLATFORMS: &[(&str, &str)] = &[
    ("surfaces/mod.rs", "THE list"),
    ("lib.rs", "the map"),
    ("manifests/", "a platform's files are made there, and whoever reads the list of them looks for its name"),
    ("cli/discord/", "the commands by which an operator brings the bot to Discord"),
    ("cli/grammar.rs", "which commands there are"),
    ("cli/mod.rs", "which commands there are"),
    ("cli/digest.rs", "an example of a configuration in its help"),
    ("cli/manifest.rs", "Microsoft 365 keeps registrations in the Teams developer portal"),
    ("score/product.rs", "products whose controls are scored"),
    ("probe/vocabulary.rs", "products that there are licences for"),
    ("sandbox/", "products whose controls are scored"),
];

#[test]
fn only_its_own_folder_names_a_platform() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (platform, words) in PLATFORMS {
            let own = path.starts_with(&format!("surfaces/{platform}/"));
            if own || NAME_PLATFORMS.iter().any(|(room, _)| path.starts_with(room)) {
                continue;
            }
            let names_it = |line: &&str| words.iter().any(|word| names(&line.to_lowercase(), word));
            wrong.extend(text.lines().find(names_it).map(|line| format!("{path} names {platform}: {}", line.trim())));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (room, _) in NAME_PLATFORMS {
        let named = |(path, text): &(String, String)| {
            path.starts_with(room) && PLATFORMS.iter().any(|(platform, _)| text.to_lowercase().contains(platform))
        };
        assert!(sources().iter().any(named), "{room} names no platform and needs no exception");
    }
}

/// Whether `line` names `what`, not merely a longer word that ends with it, or, where it ends as a word does, begins with it.
fn names(line: &str, what: &str) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let goes_on = |rest: &str| what.ends_with(of_word) && what.contains("::") && rest.starts_with(of_word);
    line.match_indices(what).any(|(at, _)| !line[..at].ends_with(|c: char| of_word(c) || c == ':') && !goes_on(&line[at + what.len()..]))
}

#[test]
fn every_file_says_which_question_it_answers_and_is_short_enough() {
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//! ") {
            wrong.push(format!("{} does not begin with `//! `", path.display()));
        }
        if text.lines().count() > LINES_MAX {
            wrong.push(format!("{} has {} lines, more than {LINES_MAX}", path.display(), text.lines().count()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The files and folders of THE list of skills.
fn skill_files() -> Vec<String> {
    let ids = fs::read_to_string(source().join("skill_id.rs")).unwrap();
    let list = ids.split_once("$make! {").unwrap().1.split_once('}').unwrap().0;
    list.split(';').filter_map(|entry| Some(entry.split_once(':')?.0.trim().to_owned())).collect()
}

#[test]
fn no_skill_knows_another() {
    let skills = skill_files();
    assert!(skills.len() > 4);
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("skills/") && path != "skills/mod.rs") {
        let own = path.split('/').nth(1).unwrap().trim_end_matches(".rs");
        for other in skills.iter().filter(|other| *other != own) {
            // A path through it, or its name among others in a `use`; texts and comments may name the question.
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains('"'));
            let named = code.clone().any(|line| line.contains(&format!("{other}::")) && names(line, &format!("{other}::")));
            let used = code.skip_while(|line| !line.contains("use ")).take_while(|line| !line.contains("fn ")).any(|line| {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == other)
                    && (line.trim_start().starts_with(other.as_str()) || line.contains("use super::"))
            });
            assert!(!named && !used, "{path} knows the skill {other}");
        }
    }
}

#[test]
fn every_skill_and_every_test_file_is_listed() {
    let listed = |list: &str, dir: &Path, keep: &[&str]| {
        for path in files(dir) {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let top = path.parent() == Some(dir);
            let found = list.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
            assert!(!top || keep.contains(&name.as_str()) || found, "{} is in no list", path.display());
        }
    };
    let skills = source().join("skills");
    let ids = skill_files();
    for entry in fs::read_dir(&skills).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        assert!(ids.contains(&name), "skills/{name}/ is in no list");
    }
    listed(
        &ids.join(" "),
        &skills,
        &[
            "mod",
            "annotations",
            "args",
            "category",
            "caveat",
            "filter",
            "fit",
            "follow_ups",
            "format",
            "fresh",
            "given_up",
            "level",
            "licence",
            "link",
            "no_score",
            "options",
            "page",
            "peer",
            "schema",
            "score_move",
            "since",
            "tally",
            "why",
            "wording",
        ],
    );
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    listed(&fs::read_to_string(tests.join("main.rs")).unwrap(), &tests, &["main"]);
    listed(&fs::read_to_string(source().join("lib.rs")).unwrap(), &source(), &["main", "lib"]);
}
