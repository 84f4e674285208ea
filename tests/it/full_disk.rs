//! What becomes of a file that a command writes on a full disk? What was there stays, nothing half is left, and one exit code says so everywhere.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::program::{err, out, program, run};

/// What a full disk ends with: a fault of the machine.
const FULL: i32 = 70;

/// Runs `script` in a disk of so many KiB at `disk`, in a namespace of its own; `$scorewatch` is the program.
pub fn with_disk(home: &Path, kibibytes: u64, script: &str) -> Output {
    fs::create_dir_all(home.join("disk")).unwrap();
    let script = format!("set -eu; mount -t tmpfs -o size={kibibytes}k tmpfs disk; cd disk; {script}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(home).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("scorewatch", env!("CARGO_BIN_EXE_scorewatch")).output().unwrap()
}

/// Runs `command` where `before` was done and then the disk was filled up; what it printed is followed by the names of all that is there then, and by
/// what is in the file `old`.
fn on_a_full_disk(home: &Path, before: &str, command: &str) -> Output {
    let script = format!(
        "{before}; (dd if=/dev/zero of=rest bs=1k 2>/dev/null || true); set +e; {command}; code=$?; find . -mindepth 1 ! -name rest | sort; \
        cat old 2>/dev/null; exit $code"
    );
    with_disk(home, 64, &script)
}

#[test]
fn what_was_there_stays_and_nothing_half_is_left() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    fs::write(home.join("secret"), "a secret\n").unwrap();
    let init = "\"$scorewatch\" init --tenant contoso --tenant-id contoso.onmicrosoft.com --client-id 11111111-2222-3333-4444-555555555555 \
         --client-secret-file ../secret --no-check";
    for (before, command, left) in [
        ("echo former > old", "\"$scorewatch\" manifest discord --force --out old", "./old\nformer\n"),
        ("true", "\"$scorewatch\" manifest discord --out new.json", ""),
        ("true", "\"$scorewatch\" manifest discord --out folder/new.json", ""),
        (
            "mkdir man; echo former > old; mv old man/scorewatch.1; ln -s man/scorewatch.1 old",
            "\"$scorewatch\" man man",
            "./man\n./man/scorewatch.1\n./old\nformer\n",
        ),
        ("true", "\"$scorewatch\" man new/man1", ""),
        ("true", init, ""),
    ] {
        let refused = on_a_full_disk(home, before, command);
        assert_eq!(refused.status.code(), Some(FULL), "{command}: {}{}", out(&refused), err(&refused));
        assert!(err(&refused).contains("cannot be written. The disk is full: free some space"), "{command}: {}", err(&refused));
        assert_eq!(out(&refused), left, "{command}");
    }
}

#[test]
fn a_report_for_which_there_is_no_room_is_printed_and_asked_for_again() {
    let home = tempfile::tempdir().unwrap();
    let command = "\"$scorewatch\" probe --demo --tenant plain --yes --out report.md";
    let refused = on_a_full_disk(home.path(), "true", command);
    assert_eq!(refused.status.code(), Some(FULL), "{}", err(&refused));
    assert!(
        err(&refused).contains("report.md cannot be written. The disk is full") && !err(&refused).contains("os error"),
        "{}",
        err(&refused)
    );
    assert!(err(&refused).contains("The report was printed instead."), "{}", err(&refused));
    assert!(out(&refused).starts_with("# scorewatch probe") && !out(&refused).contains("./"), "{}", out(&refused));
}

#[test]
fn the_demo_names_the_place_of_its_files_and_nobody_elses() {
    let home = tempfile::tempdir().unwrap();
    let command = "TMPDIR=$PWD \"$scorewatch\" demo --listen 127.0.0.1:0";
    for kibibytes in [0, 200] {
        // A file of the configuration has no room, and the store has none beside it.
        let script = format!(
            "dd if=/dev/zero of=rest bs=1k 2>/dev/null || true; truncate -s -{kibibytes}k rest; set +e; {command}; code=$?; ls; exit $code"
        );
        let refused = with_disk(home.path(), 512, &script);
        assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(FULL), "rest\n"), "{}", err(&refused));
        let said = err(&refused);
        assert!(said.contains("full") && said.contains("TMPDIR=") && said.contains("/scorewatch-demo-"), "{said}");
        assert!(!said.contains("There is no configuration") && !said.contains("disk/scorewatch.db"), "{said}");
    }
    let read_only = with_disk(home.path(), 64, &format!("mount -o remount,ro .; {command}"));
    assert!(read_only.status.code() == Some(78) && err(&read_only).contains("its disk can only be read"), "{}", err(&read_only));
    let none = program(home.path()).args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", "/none/such").output().unwrap();
    assert!(none.status.code() == Some(78) && err(&none).contains("in /none/such, as there is no such directory"), "{}", err(&none));
}

#[test]
fn an_answer_that_has_no_room_says_so() {
    let home = tempfile::tempdir().unwrap();
    let refused = Command::new("sh")
        .args(["-c", "exec \"$0\" manifest > /dev/full", env!("CARGO_BIN_EXE_scorewatch")])
        .current_dir(home.path())
        .env_clear()
        .output()
        .unwrap();
    assert!(refused.status.code() == Some(FULL) && err(&refused).contains("The disk is full"), "{}", err(&refused));
}

#[test]
fn a_new_project_gets_the_directory_of_its_file_and_a_place_that_takes_none_is_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("scorewatch.toml"), "[tenants.contoso]\noffline = true\n").unwrap();
    let made = run(home.path(), &["manifest", "vscode", "--out", ".vscode/mcp.json"]);
    assert!(made.status.success() && err(&made).contains("Created the directory .vscode."), "{}", err(&made));
    assert!(fs::read_to_string(home.path().join(".vscode/mcp.json")).unwrap().contains("\"mcp\""));
    let refused = run(home.path(), &["manifest", "vscode", "--out", "no/such/mcp.json"]);
    assert!(refused.status.code() == Some(78) && err(&refused).contains("the directory no/such does not exist"), "{}", err(&refused));
    let refused = run(home.path(), &["manifest", "discord", "--out", "/proc/x.json"]);
    assert!(refused.status.code() == Some(78) && err(&refused).contains("/proc takes no files"), "{}", err(&refused));
}

#[test]
fn where_a_package_put_its_configuration_that_is_named() {
    let home = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs tmpfs /etc; mkdir /etc/scorewatch; echo > /etc/scorewatch/scorewatch.toml; set +e; \"$scorewatch\" check; \
        \"$scorewatch\" ask secure_score; rm /etc/scorewatch/scorewatch.toml; \"$scorewatch\" check";
    let said = err(&with_disk(home.path(), 64, script));
    let lines: Vec<&str> = said.lines().collect();
    let named: Vec<bool> =
        lines.iter().map(|line| line.contains("That of the service is there: --config /etc/scorewatch/scorewatch.toml.")).collect();
    assert_eq!(named, [true, true, false], "{said}");
    assert!(lines.iter().all(|line| line.contains("disk/scorewatch.toml")), "{said}");
}
