//! Do the tables of the documents say what the code says?

use std::{cell::RefCell, collections::BTreeMap, fmt::Write as _, fs};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use scorewatch::{
    cli,
    error::ErrorKind,
    manifests::Values,
    sandbox::{self, Options},
    skills::{self, Entry, options::OptKind},
    surfaces, telemetry,
};
use serde_json::Value;

use super::{Document, part};
use crate::{
    answers::{BUDGETS, TODAY, say, tokens},
    manifests::made,
    program::{Served, out, run},
};

#[test]
fn questions_are_those_of_the_code() {
    let mut whole = "| skill | answers | arguments | all tenants |\n|---|---|---|---|\n".to_owned();
    let mut short = "| question | answers |\n|---|---|\n".to_owned();
    for skill in &skills::ALL {
        let options: Vec<String> = skill
            .options
            .iter()
            .map(|option| match &option.kind {
                OptKind::Integer { min, max } => format!("`{}` ({min} to {max})", option.name),
                OptKind::Choice { choices } => format!("`{}` ({})", option.name, choices.join(", ")),
                OptKind::Text | OptKind::Flag => format!("`{}`", option.name),
            })
            .collect();
        let options = if options.is_empty() { "none".to_owned() } else { options.join(", ") };
        let all = if skill.all_tenants { "yes" } else { "no" };
        let _ = writeln!(whole, "| `{}` | {} | {options} | {all} |", skill.name, skill.summary);
        let _ = writeln!(short, "| `{}` | {} |", skill.name, skill.summary);
    }
    part("docs/questions.md", "skills", &whole);
    part("README.md", "questions", &short);
}

#[test]
fn the_example_is_a_golden_answer() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/score_changes/yesterday/answer.txt");
    let example = fs::read_to_string(golden).unwrap();
    part("README.md", "example", &format!("```text\n$ scorewatch ask score_changes --tenant contoso --text\n{example}```\n"));
}

#[test]
fn the_example_of_a_probe_is_how_the_report_begins_that_its_command_prints() {
    let page = Document::read("docs/probe.md").text;
    let command = "scorewatch probe --demo --tenant odd --yes";
    assert!(page.contains(&format!("So begins what `{command}` prints")), "the page names the command");
    let home = tempfile::tempdir().unwrap();
    let report = out(&run(home.path(), &command.split(' ').skip(1).collect::<Vec<_>>()));
    let (first, _) = report.split_once("\n## Sizes of pages").unwrap();
    // What is another one on another day.
    let head = first.lines().find(|line| line.starts_with("scorewatch ")).unwrap();
    let date = head.split(' ').rev().nth(1).unwrap();
    let settled = head.replace(env!("CARGO_PKG_VERSION"), "VERSION").replace(date, "DATE");
    part("docs/probe.md", "example", &format!("```text\n{}```\n", first.replacen(head, &settled, 1)));
}

#[test]
fn keys_are_those_of_the_code() {
    part("docs/reference/configuration.md", "keys", &surfaces::config_parts().keys().markdown());
}

/// What Graph would have sent for the same question, as `GET /metrics` counts it too.
fn raw(skill: &Entry) -> String {
    let options = Options::new(TODAY);
    let mut raw = sandbox::scores_json("contoso", &options, TODAY, skill.raw.days).unwrap();
    if skill.raw.profiles {
        raw.extend(sandbox::profiles_json("contoso", &options, TODAY).unwrap());
    }
    String::from_utf8(raw).unwrap()
}

#[test]
fn tokens_are_those_that_answers_have() {
    let mut table =
        "| question, default arguments | text | JSON | worst case, text | budget, text | raw Graph JSON |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (name, args, budget, _) in BUDGETS.into_iter().filter(|(name, args, ..)| *name == "control" || *args == "{}") {
        let skill = Entry::named(name).unwrap();
        let views = say(skill, "contoso", args);
        let json = String::from_utf8(views.json).unwrap();
        let worst = say(skill, "hostile", args);
        let raw = tokens(&raw(skill));
        let _ = writeln!(table, "| `{name}` | {} | {} | {} | {budget} | {raw} |", tokens(&views.text), tokens(&json), tokens(&worst.text));
    }
    part("docs/figures.md", "tokens", &table);
}

#[test]
fn errors_are_those_of_the_code() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("scorewatch.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let (status, page) = Served::start(home.path()).get("/problems", "none");
    assert_eq!(status, 200);
    let mut table = "| kind | HTTP status | exit code | what it means | what to do |\n|---|---|---|---|---|\n".to_owned();
    for line in page.lines() {
        let (name, rest) = line.split_once(": ").unwrap();
        let (title, rest) = rest.split_once(" (").unwrap();
        let (status, advice) = rest.split_once("). ").unwrap();
        let kind = ErrorKind::ALL.iter().find(|kind| kind.name() == name);
        let code = kind.map_or_else(|| "–".to_owned(), |kind| cli::exit_number(*kind).to_string());
        let _ = writeln!(table, "| <a id=\"{name}\"></a>`{name}` | {status} | {code} | {title} | {advice} |");
    }
    part("docs/reference/exit-codes.md", "problems", &table);
    let text = Document::read("docs/reference/exit-codes.md").text;
    for kind in ErrorKind::ALL.map(ErrorKind::name) {
        assert!(text.contains(&format!("<a id=\"{kind}\"></a>`{kind}`")), "{kind} is in no row");
    }
}

/// Keeps what is said of metrics.
#[derive(Default)]
struct Described(RefCell<BTreeMap<String, (&'static str, String)>>);

impl Described {
    fn keep(&self, key: &KeyName, kind: &'static str, what: &SharedString) {
        self.0.borrow_mut().insert(key.as_str().to_owned(), (kind, what.to_string()));
    }
}

impl Recorder for Described {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, what: SharedString) {
        self.keep(&key, "counter", &what);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, what: SharedString) {
        self.keep(&key, "gauge", &what);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, what: SharedString) {
        self.keep(&key, "histogram", &what);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn metrics_are_those_that_telemetry_declares() {
    let described = Described::default();
    metrics::with_local_recorder(&described, || telemetry::describe(surfaces::metrics()));
    let mut table = "| metric | kind | what it tells |\n|---|---|---|\n".to_owned();
    let described = described.0.into_inner();
    for (name, (kind, what)) in &described {
        let _ = writeln!(table, "| `{name}` | {kind} | {what} |");
    }
    part("docs/reference/metrics.md", "metrics", &table);
    // No page names a metric that is not declared.
    for document in super::all() {
        for (at, _) in document.text.match_indices("scorewatch_") {
            let name: String = document.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            // The name of a package goes on with its version.
            let is_package = name.strip_prefix("scorewatch_").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            assert!(is_package || described.contains_key(&name), "{} names {name}, which is no metric", document.path);
        }
    }
}

#[test]
fn operations_are_those_of_the_openapi_document() {
    let document: Value = serde_json::from_slice(&made("openapi.json", &Values::placeholders())).unwrap();
    let mut text = String::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        let _ = writeln!(text, "### `GET {path}`\n\n{}\n", operation["summary"].as_str().unwrap());
        let _ = writeln!(text, "Operation `{}`.\n\n| argument | takes | what |\n|---|---|---|", operation["operationId"].as_str().unwrap());
        for parameter in operation["parameters"].as_array().unwrap() {
            let schema = &parameter["schema"];
            let limits = schema["maximum"].as_i64().map(|most| format!("{} to {most}", schema["minimum"]));
            let takes = schema["enum"].as_array().map_or_else(
                || limits.unwrap_or_else(|| schema["type"].as_str().unwrap().to_owned()),
                |choices| choices.iter().map(|choice| format!("`{}`", choice.as_str().unwrap())).collect::<Vec<_>>().join(", "),
            );
            let what = parameter["description"].as_str().unwrap().replace('|', "\\|");
            let _ = writeln!(text, "| `{}` | {takes} | {what} |", parameter["name"].as_str().unwrap());
        }
        text.push('\n');
    }
    part("docs/reference/http.md", "operations", &text);
}

/// The paths that the source of the server and of the surfaces names.
fn paths_of_the_source() -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![super::root().join("src/http"), super::root().join("src/surfaces")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = fs::read_to_string(&entry).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for line in text.lines().filter(|line| line.contains(".route(\"/") || line.contains("PATH: &str = \"/")) {
                let routes = line.split('"').skip(1).step_by(2).filter(|word| word.starts_with('/'));
                paths.extend(routes.map(ToOwned::to_owned));
            }
        }
    }
    paths
}

#[test]
fn every_path_of_the_server_has_its_line() {
    let text = Document::read("docs/reference/http.md").text;
    let paths = paths_of_the_source();
    assert!(paths.len() > 8, "{paths:?}");
    for path in paths {
        assert!(text.contains(&path), "docs/reference/http.md says nothing about {path}");
    }
}

/// The help of every command, by the words that lead to it, in the order in which help lists them.
pub fn helps() -> Vec<(Vec<String>, String)> {
    let home = tempfile::tempdir().unwrap();
    let mut helps = Vec::new();
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(words) = waiting.pop() {
        let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = out(&run(home.path(), &args));
        assert!(help.contains("Usage: scorewatch"), "{words:?}: {help}");
        let commands = ["\nCommands:\n", "\nSkills:\n"].into_iter().find_map(|head| help.split_once(head));
        let commands = commands.map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        // Names stand two spaces from the left; what goes on below them stands further right.
        let names = commands.lines().filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
        let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
        waiting.extend(names.iter().rev().map(|name| [words.as_slice(), &[(*name).to_owned()]].concat()));
        helps.push((words, help));
    }
    helps
}

#[test]
fn the_command_line_is_what_help_says() {
    const PAGE: &str = "docs/reference/command-line.md";
    let mut text = String::new();
    for (words, help) in helps() {
        let mut paragraphs: Vec<&str> = help.trim_end().split("\n\n").collect();
        let everywhere = paragraphs.iter().position(|paragraph| paragraph.starts_with("Everywhere:")).expect(&help);
        let everywhere = paragraphs.remove(everywhere);
        if words.is_empty() {
            part(PAGE, "everywhere", &format!("```text\n{}\n```\n", everywhere.trim_start_matches("Everywhere:\n")));
        }
        let name = ["scorewatch"].into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "## `{name}`\n\n```text\n{}\n```\n", paragraphs.join("\n\n"));
    }
    part(PAGE, "commands", &text);
}
