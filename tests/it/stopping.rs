//! What is left of a command that somebody stopped? Its exit code, as shells expect it of a signal, and nothing else. The real program, real signals.

use std::{fs, path::Path, process::Stdio};

use scorewatch::sandbox::{FaultRule, InjectedFault, Options, Sandbox};

use crate::program::{configured, err, out, program, run, signal, some_day, wait};

fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_command_with_its_number_and_leaves_no_file() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).always());
    let home = configured(&sandbox, &["contoso"]);
    let home = home.path();
    let before = names(home);
    let documented = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/exit-codes.md")).unwrap();
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let row = documented.lines().find(|line| line.starts_with(&name.replace('-', "| SIG"))).unwrap();
        assert!(row.ends_with(&format!(" | {code} |")), "{row}");
        for (line, makes_store) in [("check", false), ("tenant consent", false), ("probe --yes", false), ("refresh", true)] {
            let seen = sandbox.requests().len();
            let child = program(home).args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            wait("the first request", || (sandbox.requests().len() > seen).then_some(()));
            signal(&child, name);
            let stopped = child.wait_with_output().unwrap();
            let said = out(&stopped) + &err(&stopped);
            assert_eq!(stopped.status.code(), Some(code), "{line} {name}: {said}");
            assert!(said.contains("Stopped"), "{line} {name}: {said}");
            if !makes_store {
                assert_eq!(names(home), before, "{line} {name}");
            }
            for file in names(home).iter().filter(|name| name.starts_with("scorewatch.db")) {
                fs::remove_file(home.join(file)).unwrap();
            }
        }
    }
    // Where there is a store, it is closed as always.
    sandbox.faults().clear();
    assert!(run(home, &["refresh"]).status.success());
    let stored = names(home);
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).always());
    let seen = sandbox.requests().len();
    let child = program(home).arg("check").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait("the first request", || (sandbox.requests().len() > seen).then_some(()));
    signal(&child, "-TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(names(home), stored);
}
