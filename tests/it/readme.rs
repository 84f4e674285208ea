//! Is the README true? Its tables are written from the code, its example from a golden file.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it readme` writes them anew between their marks.

use std::{fmt::Write as _, fs, path::PathBuf};

use crate::answers::{BUDGETS, TODAY, say, tokens};
use scorewatch::{
    config::keys,
    sandbox::{self, Options},
    skills::{self, Entry, options::OptKind},
};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares what stands between the marks of `name` with `expected`.
fn part(name: &str, expected: &str) {
    let readme = fs::read_to_string(path()).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("README has no mark {begin}"));
    let (found, tail) = rest.split_once(&end).unwrap();
    if found != expected && std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path(), format!("{head}{begin}{expected}{end}{tail}")).unwrap();
        return;
    }
    assert!(found == expected, "README differs at {name}; UPDATE_GOLDEN=1 writes it anew:\n{expected}");
}

fn skills_table() -> String {
    let mut table = "| skill | answers | arguments | all tenants |\n|---|---|---|---|\n".to_owned();
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
        let _ = writeln!(table, "| `{}` | {} | {options} | {all} |", skill.name, skill.summary);
    }
    table
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

fn tokens_table() -> String {
    let mut table =
        "| question, default arguments | text | JSON | worst case, text | budget, text | raw Graph JSON |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (name, args, budget) in BUDGETS.into_iter().filter(|(name, args, _)| *name == "control" || *args == "{}") {
        let skill = Entry::named(name).unwrap();
        let views = say(skill, "contoso", args);
        let json = String::from_utf8(views.json).unwrap();
        let worst = say(skill, "hostile", args);
        let raw = tokens(&raw(skill));
        let _ = writeln!(table, "| `{name}` | {} | {} | {} | {budget} | {raw} |", tokens(&views.text), tokens(&json), tokens(&worst.text));
    }
    table
}

#[test]
fn its_tables_are_those_of_the_code() {
    part("skills", &skills_table());
    part("keys", &keys::markdown());
    part("tokens", &tokens_table());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/score_changes/yesterday/answer.txt");
    let example = fs::read_to_string(golden).unwrap();
    part("example", &format!("```text\n$ scorewatch ask score_changes --tenant contoso --text\n{example}```\n"));
}

#[test]
fn every_kind_of_problem_has_its_line() {
    let readme = fs::read_to_string(path()).unwrap();
    for kind in [
        "bad_arguments",
        "unauthenticated",
        "forbidden",
        "not_found",
        "not_ready",
        "throttled",
        "too_many",
        "upstream",
        "misconfigured",
        "internal",
    ] {
        assert!(readme.contains(&format!("<a id=\"{kind}\"></a>")), "{kind}");
    }
}
