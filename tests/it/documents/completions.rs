//! Does a shell offer what can be typed? In a real bash; other shells read their scripts in tests/shells.

use std::{fs, path::Path, process::Command};

use scorewatch::skills;

use crate::program::{err, out, run};

/// What bash offers behind these words, the last of which is being typed.
fn offered(home: &Path, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "set -e; source ./completion; COMP_WORDS=({}); COMP_CWORD={}; _scorewatch scorewatch \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1
    );
    let ran = Command::new("bash").args(["--norc", "-c", &script]).current_dir(home).output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{}", err(&ran));
    out(&ran).lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_offers_commands_questions_options_and_their_words() {
    let home = tempfile::tempdir().unwrap();
    let written = run(home.path(), &["completions", "bash"]);
    assert!(written.status.success() && written.stderr.is_empty());
    fs::write(home.path().join("completion"), &written.stdout).unwrap();
    let offered = |words: &[&str]| offered(home.path(), words);
    let has = |offers: &[String], word: &str| offers.iter().any(|offer| offer == word);
    for command in ["ask", "serve", "completions", "man"] {
        assert!(has(&offered(&["scorewatch", ""]), command), "{command}");
    }
    let questions = offered(&["scorewatch", "ask", ""]);
    for skill in &skills::ALL {
        assert!(has(&questions, skill.name), "{questions:?}");
        let options = offered(&["scorewatch", "ask", skill.name, "--"]);
        for option in skill.options.iter() {
            assert!(has(&options, &format!("--{}", option.name.replace('_', "-"))), "{}: {options:?}", skill.name);
        }
        assert!(has(&options, "--tenant") && has(&options, "--config"), "{}: {options:?}", skill.name);
    }
    assert_eq!(offered(&["scorewatch", "ask", "weakest_c"]), ["weakest_controls"]);
    assert_eq!(offered(&["scorewatch", "ask", "weakest_controls", "--order", ""]), ["points", "quick_wins", "unknown_points"]);
    assert_eq!(offered(&["scorewatch", "key", "new", "--role", "a"]), ["analyst"]);
    assert_eq!(offered(&["scorewatch", "completions", "z"]), ["zsh"]);
    assert!(has(&offered(&["scorewatch", "manifest", "security-copilot-m"]), "security-copilot-mcp"));
}

#[test]
fn each_shell_has_a_script_that_knows_the_questions() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let written = run(home.path(), &["completions", shell]);
        assert!(written.status.success(), "{shell}: {}", err(&written));
        assert!(out(&written).contains("limit"), "{shell}");
        assert!(out(&written).contains("weakest_controls"), "{shell}");
    }
    let refused = run(home.path(), &["completions", "cmd"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("bash, elvish, fish, powershell, zsh"), "{}", err(&refused));
}
