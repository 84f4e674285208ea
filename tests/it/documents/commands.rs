//! Does every command of the documents work? A page is a session: its commands run one after another in a directory of its own.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jiff::ToSpan as _;
use scorewatch::sandbox::{self, Options, Sandbox};

use super::{Document, all, root, tables::helps};
use crate::program::{Served, configured, err, out, run, some_day, wait};

/// What a block may be. Commands stand in `sh`; `text` is what a program prints.
const LANGUAGES: [&str; 6] = ["sh", "toml", "csv", "json", "powershell", "text"];

/// Commands that need what this test has not: what they begin with, the file that runs them or comes nearest to it (empty where none can), and why. What
/// follows the words may differ.
const OUTSIDE: [(&str, &str, &str); 22] = [
    ("tests/run", ".ci/run", "runs this very test"),
    ("cargo build", "tests/deploy/run", "has been done, or no test would run"),
    ("cargo install --locked --path .", "tests/packages/run", "installs a program; there with the profile of the packages"),
    ("deploy/dist", "tests/packages/run", "builds for ten minutes"),
    (
        "sudo ",
        "tests/packages/in_debian",
        "changes the machine; there it is a Debian of its own. What makes secrets for Compose, and shows copies to a container, needs an engine after it",
    ),
    ("cd deploy/compose", "tests/deploy/compose.py", "is where secrets are made for an engine"),
    ("read -rs SECRET", "", "asks somebody at a terminal for a secret"),
    ("docker ", "tests/deploy/compose.py", "needs an engine; what it would be given is checked there"),
    ("  --health-cmd", "", "goes on with podman's line before"),
    ("  'SCOREWATCH__TENANTS", "tests/packages/in_debian", "goes on with sudo's line before; another credential is handed over there"),
    ("promtool ", "tests/deploy/run", "needs Prometheus"),
    ("openssl rand", "", "hands secrets to sudo, for an engine"),
    ("tar -xzf scorewatch-", "tests/packages/in_debian", "needs what deploy/dist makes"),
    ("cd scorewatch-", "tests/packages/in_debian", "is inside of what was unpacked there"),
    ("./scorewatch demo", "tests/packages/run", "is inside of what was unpacked there"),
    ("podman ", "tests/packages/run", "needs an engine; the same image is started there without one"),
    ("cargo test", "tests/run", "runs this very test"),
    ("UPDATE_GOLDEN=1 cargo test", "", "writes into the repository"),
    ("scorewatch discord", "tests/it/discord_admin.rs", "asks Discord; there and in discord_posts.rs it asks a stand-in"),
    ("scorewatch init", "tests/it/init.rs", "asks at a terminal, and needs files; there it is answered, and given options"),
    ("scorewatch probe --tenant contoso --out", "tests/it/probe.rs", "asks somebody at a terminal; there it is answered"),
    ("claude mcp add", "tests/clients/mcp_client.py", "needs Claude Code; there the same command is started, and the same address asked"),
];

#[test]
fn what_runs_commands_elsewhere_is_there() {
    for (words, file, _) in OUTSIDE {
        assert!(file.is_empty() || root().join(file).is_file(), "`{words}` is to be run by {file}, which is not there");
    }
}

/// Pages for somebody who has one tenant and does not name it.
const OF_ONE_TENANT: [&str; 3] = ["README.md", "docs/getting-started.md", "docs/questions.md"];

/// What runs until it is stopped is stopped once it says how, and must end well.
const UNTIL_READY: &str = "until_ready() {
  rm -f ready
  \"$@\" >ready 2>&1 &
  until grep -q Ctrl-C ready; do kill -0 $! || { cat ready; return 1; }; sleep 0.1; done
  kill $! && wait $!
}
";

/// Where the documents say that the service is.
const ADDRESS: &str = "https://scores.example.com";
/// A day ahead of whoever reads; a test that runs later needs a later one.
const DAY_AHEAD: &str = "2027-03-31";

/// What is wrong with `command` by the program's own help: an unknown command or option.
fn refused(command: &str, grammar: &[(Vec<String>, String)]) -> Option<String> {
    // What follows two spaces says what the command does; a pipe or a redirection begins another one.
    let command = command.split("  ").next().unwrap().split(['|', '<', '>', ')']).next().unwrap();
    let mut words: Vec<String> = Vec::new();
    for word in command.split_whitespace().skip(1) {
        let longer = [words.as_slice(), &[word.to_owned()]].concat();
        if grammar.iter().any(|(known, _)| *known == longer) {
            words = longer;
        }
    }
    // An option stands behind any of the words that lead to it.
    let help: String = grammar.iter().filter(|(known, _)| words.starts_with(known)).map(|(_, help)| help.as_str()).collect();
    let first = command.split_whitespace().nth(1).filter(|word| !word.starts_with('-'));
    if let Some(first) = first.filter(|first| words.is_empty() && first.chars().all(|c| c.is_ascii_lowercase())) {
        return Some(format!("there is no command {first}"));
    }
    let options = command.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
    let mut names = options.map(|option| option.split(['=', ',', ']']).next().unwrap());
    names.find(|name| !help.contains(*name)).map(|name| format!("`scorewatch {}` has no {name}", words.join(" ")))
}

#[test]
fn the_program_takes_every_command_that_is_named() {
    let grammar = helps();
    let mut wrong = Vec::new();
    let mut named = 0;
    for document in all().iter().filter(|document| document.path != "CHANGELOG.md") {
        let mut commands = document.spans();
        for block in document.blocks() {
            commands.extend(block.lines.iter().map(|line| line.trim().trim_start_matches("$ ").to_owned()));
        }
        for command in commands.iter().filter(|command| command.starts_with("scorewatch ")) {
            named += 1;
            wrong.extend(refused(command, &grammar).map(|why| format!("{}: {command}: {why}", document.path)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(named > 100, "only {named} commands were found");
}

#[test]
fn every_block_says_what_it_is() {
    for document in all() {
        for block in document.blocks() {
            assert!(LANGUAGES.contains(&block.language), "{} line {}: what is `{}`?", document.path, block.line, block.language);
        }
        let mut blank = false;
        for (line, text) in document.prose() {
            assert!(!(blank && text.starts_with("    ")), "{} line {line}: put code between fences", document.path);
            blank = text.trim().is_empty();
        }
    }
}

/// A directory in which the commands of the documents find what they need.
fn home(sandbox: &Sandbox, tenants: &[&str]) -> tempfile::TempDir {
    let home = configured(sandbox, tenants);
    let file = home.path().join("scorewatch.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for name in ["soc", "pager", "managers"] {
        let _ = write!(
            text,
            "[destinations.{name}]\nkind = \"webhook\"\nurl = \"{}/inbox\"\nsecret = \"whsec_ZGVtbyBkZW1vIGRlbW8gZGVtbyBkZW1vIGRlbW8=\"\ntenants = \"all\"\nrole = \"analyst\"\n",
            sandbox.root()
        );
    }
    text += "[groups.emea]\ntenants = \"contoso\"\n[delivery]\noperator = \"soc\"\n";
    let _ = write!(text, "[[digest]]\nname = \"morning\"\ntenants = \"{}\"\nto = \"soc\"\nevery = \"daily\"\n", tenants.join(", "));
    text += "[[alert]]\nname = \"slips\"\ntenants = \"all\"\nto = \"soc\"\nwhen = \"control_regresses\"\n";
    fs::write(&file, text).unwrap();
    let options = Options::new(some_day());
    let scores = sandbox::scores_json("contoso", &options, some_day(), 3).unwrap();
    let profiles = sandbox::profiles_json("contoso", &options, some_day()).unwrap();
    for ending in ["", "-0"] {
        fs::write(home.path().join(format!("secureScores{ending}.json")), &scores).unwrap();
        fs::write(home.path().join(format!("secureScoreControlProfiles{ending}.json")), &profiles).unwrap();
    }
    for folder in ["bin", "backups"] {
        fs::create_dir(home.path().join(folder)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_scorewatch"), home.path().join("bin/scorewatch")).unwrap();
    let fetched = run(home.path(), &["refresh"]);
    assert!(fetched.status.success(), "{}", err(&fetched));
    home
}

fn copied(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    let status = Command::new("cp").arg("-a").arg(format!("{}/.", from.display())).arg(to.path()).status().unwrap();
    assert!(status.success());
    to
}

/// Whether a test of Discord's commands runs the one that `rest` begins with.
fn runs_against_a_stand_in(rest: &str) -> bool {
    let words = format!("\"discord\", \"{}\"", rest.split(' ').next().unwrap());
    ["discord_admin.rs", "discord_posts.rs"]
        .iter()
        .any(|file| fs::read_to_string(root().join("tests/it").join(file)).unwrap().contains(&words))
}

/// A line as it is run here: `None` where it needs the outside.
fn runnable(line: &str, home: &Path, server: &str, used: &mut [bool]) -> Option<String> {
    if let Some(at) = OUTSIDE.iter().position(|(words, ..)| line.starts_with(words)) {
        used[at] = true;
        if let Some(rest) = line.strip_prefix("scorewatch discord ") {
            assert!(runs_against_a_stand_in(rest), "no test runs it: {line}");
        }
        return None;
    }
    let mut line = line.replace("/var/backups", &home.join("backups").to_string_lossy());
    let later = some_day().saturating_add(90.days()).to_string();
    line = line.replace(DAY_AHEAD, &later);
    if line.starts_with("curl ") {
        line = line.replace(ADDRESS, server).replacen("curl ", "curl --fail --output /dev/null ", 1);
    }
    // What Cargo builds and starts is the program that was built already.
    if let Some((_, arguments)) = line.strip_prefix("cargo run").and_then(|rest| rest.split_once(" -- ")) {
        line = format!("scorewatch {arguments}");
    }
    if line.starts_with("scorewatch demo") {
        line = line.replacen("demo", "demo --listen 127.0.0.1:0", 1);
    }
    if line.starts_with("scorewatch demo") || line.starts_with("scorewatch serve") {
        line = format!("until_ready {line}");
    }
    Some(line)
}

/// Runs the commands of a page, one after another; each must end well.
fn session(document: &Document, filled: &Path, used: &mut [bool]) -> usize {
    let blocks = document.blocks();
    let lines: Vec<&str> = blocks.iter().filter(|block| block.language == "sh").flat_map(|block| block.lines.iter().copied()).collect();
    if lines.is_empty() {
        return 0;
    }
    let home = copied(filled);
    let asks_server = lines.iter().any(|line| line.starts_with("curl ") || line.starts_with("scorewatch deliveries"));
    let server = asks_server.then(|| Served::start(home.path()));
    if server.is_some() {
        wait("the first round of the workers", || run(home.path(), &["deliveries"]).status.success().then_some(()));
    }
    let address = server.as_ref().map_or_else(String::new, |server| format!("http://{}", server.address));
    let known = [
        "scorewatch ",
        "curl ",
        "cargo run",
        "echo ",
        "KEY=$(scorewatch ",
        "export SCOREWATCH_KEY=$(scorewatch ",
        "mkdir etc",
        "chmod -R u=rwX,go= etc",
        "openssl req ",
        "cat contoso.key contoso.crt > contoso.pem",
    ];
    let mut script = UNTIL_READY.to_owned() + "set -eux\n";
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let Some(line) = runnable(line, home.path(), &address, used) else { continue };
        let new = !known.iter().any(|words| line.starts_with(words) || line.starts_with("until_ready "));
        assert!(!new, "{}: nothing is known of this command; run it here, or say in OUTSIDE why not: {line}", document.path);
        script += &line;
        script.push('\n');
    }
    let path = std::env::join_paths([home.path().join("bin"), PathBuf::from("/usr/bin"), PathBuf::from("/bin")]).unwrap();
    let ran = Command::new("sh").args(["-c", &script]).current_dir(home.path()).env_clear().env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{}: {}\n{}\n{}", document.path, ran.status, err(&ran), out(&ran));
    lines.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let (one, several) = (home(&sandbox, &["contoso"]), home(&sandbox, &["contoso", "fabrikam"]));
    let ran = tokio::task::spawn_blocking(move || {
        let mut used = [false; OUTSIDE.len()];
        let mut ran = 0;
        for document in all() {
            let filled = if OF_ONE_TENANT.contains(&document.path.as_str()) { &one } else { &several };
            ran += session(&document, filled.path(), &mut used);
        }
        for ((words, _, reason), used) in OUTSIDE.into_iter().zip(used) {
            assert!(used, "no page has `{words}` any more ({reason})");
        }
        ran
    });
    assert!(ran.await.unwrap() > 50, "hardly any command was found");
    sandbox.stop().await;
}
