//! Does the program keep what is stored, and go on in a pod? Copies while it serves, stores that may only be read, an empty one, signals, figures for Prometheus.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::sandbox::{self, Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Served, configured, err, key, out, program, run, signal, some_day, wait};

/// A store with days of contoso up to `back` days ago.
fn stored(back: i64) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    import(home.path(), "contoso", back);
    home
}

fn import(home: &Path, tenant: &str, back: i64) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(back.days());
    fs::write(home.join("scores.json"), sandbox::scores_json(tenant, &Options::new(today), today, 5).unwrap()).unwrap();
    let imported = run(home, &["import", "--tenant", tenant, "scores.json"]);
    assert!(imported.status.success(), "{}", err(&imported));
}

fn score(home: &Path) -> String {
    let asked = run(home, &["ask", "secure_score", "--tenant", "contoso", "--text"]);
    assert!(asked.status.success(), "{}", err(&asked));
    out(&asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_made_while_a_server_runs_and_put_back_it_answers_the_same() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let home = home.path();
    assert!(run(home, &["refresh"]).status.success());
    let server = Served::start(home);
    let before = score(home);
    let backed = run(home, &["backup", "copy.db"]);
    assert!(backed.status.success(), "{}", err(&backed));
    assert!(out(&backed).contains("copy.db is a copy of the store: ") && out(&backed).contains("iB, 1 tenant, "), "{}", out(&backed));
    let file = fs::metadata(home.join("copy.db")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert!(!home.join("copy.db-wal").exists() && !home.join("copy.db-shm").exists());
    // Nothing is ever overwritten, and what was refused leaves nothing behind.
    let bytes = fs::read(home.join("copy.db")).unwrap();
    for (to, why) in [
        ("copy.db", "exists already"),
        (".", "is a directory"),
        ("none/copy.db", "does not exist: create it"),
        ("scorewatch.db", "exists already"),
    ] {
        let refused = run(home, &["backup", to]);
        assert!(refused.status.code() == Some(78) && err(&refused).contains(why), "{to}: {}", err(&refused));
    }
    assert_eq!(fs::read(home.join("copy.db")).unwrap(), bytes);

    // The store goes on: another tenant, a note, a newer day. Then it is put back.
    import(home, "fabrikam", 1);
    assert!(run(home, &["note", "AdminMFAV2", "--tenant", "contoso", "--note", "Later."]).status.success());
    drop(server);
    for file in ["scorewatch.db", "scorewatch.db-wal", "scorewatch.db-shm"] {
        let _ = fs::remove_file(home.join(file));
    }
    fs::copy(home.join("copy.db"), home.join("scorewatch.db")).unwrap();
    assert_eq!(score(home), before);
    let notes = out(&run(home, &["note"]));
    assert!(!notes.contains("Later."), "{notes}");
    assert!(err(&run(home, &["ask", "secure_score", "--tenant", "fabrikam"])).contains("Tenant `fabrikam` not found."));
    // And serves again: what Graph says is read into it as ever.
    assert!(run(home, &["refresh"]).status.success());
}

#[test]
fn nothing_is_copied_where_nothing_is() {
    let home = tempfile::tempdir().unwrap();
    let refused = run(home.path(), &["backup", "copy.db"]);
    assert!(refused.status.code() == Some(75) && err(&refused).contains("There is no store yet"), "{}", err(&refused));
    assert!(!home.path().join("copy.db").exists() && !home.path().join("scorewatch.db").exists());
    fs::write(home.path().join("scorewatch.db"), "This is no database at all, but long enough to be one, as far as its length goes.")
        .unwrap();
    let refused = run(home.path(), &["backup", "copy.db"]);
    assert!(refused.status.code() == Some(78) && !home.path().join("copy.db").exists(), "{}", err(&refused));
}

/// The program as a user who may write nothing in `home`: another one than this where this one may everything.
struct Stranger {
    program: PathBuf,
    uid: Option<u32>,
}

const NOBODY: u32 = 65_534;

impl Stranger {
    /// Lets everybody read `home` and nobody write there.
    fn to(home: &Path, elsewhere: &Path) -> Self {
        for entry in fs::read_dir(home).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o444)).unwrap();
        }
        fs::set_permissions(home, fs::Permissions::from_mode(0o555)).unwrap();
        let is_root = fs::metadata(elsewhere).unwrap().uid() == 0;
        // Where they can reach it.
        let program = elsewhere.join("scorewatch");
        // By another process: a file that this one has open for writing is busy for whoever was forked meanwhile.
        assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_scorewatch")).arg(&program).status().unwrap().success());
        fs::set_permissions(elsewhere, fs::Permissions::from_mode(0o755)).unwrap();
        Self { program, uid: is_root.then_some(NOBODY) }
    }

    fn run(&self, home: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.current_dir(home).env_clear().args(args);
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command.output().unwrap()
    }
}

#[test]
fn a_store_that_may_only_be_read_is_asked() {
    let (home, elsewhere) = (stored(1), tempfile::tempdir().unwrap());
    let home = home.path();
    let before = score(home);
    let files = || {
        let mut names: Vec<_> = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let names = files();
    let stranger = Stranger::to(home, elsewhere.path());
    let tried = Command::new(&stranger.program).arg("--version").output().unwrap();
    assert!(tried.status.success());
    let asked = stranger.run(home, &["ask", "secure_score", "--tenant", "contoso", "--text"]);
    assert_eq!(out(&asked), before, "{}", err(&asked));
    assert!(asked.status.success() && err(&asked).is_empty(), "{}", err(&asked));
    assert_eq!(files(), names, "nothing was made beside it");
    // What writes says what is in its way.
    let noted = stranger.run(home, &["note", "AdminMFAV2", "--tenant", "contoso", "--note", "Later."]);
    assert!(noted.status.code() == Some(78) && err(&noted).contains("cannot be written"), "{}{}", out(&noted), err(&noted));
    // A copy is made from it too, to where one may write.
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let copy = elsewhere.path().join("copy.db");
    let backed = stranger.run(home, &["backup", &copy.display().to_string()]);
    assert!(backed.status.success(), "{}", err(&backed));
    fs::set_permissions(home, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_store_in_use_is_read_with_its_log() {
    use scorewatch::store::{Source, Store};
    let home = stored(3);
    let path = home.path().join("scorewatch.db");
    let store = Store::open(&path).await.unwrap();
    store.ensure_tenant("tailspin").await.unwrap();
    store.save("tailspin", &scorewatch::score::Reading::default(), Source::Import, Timestamp::now()).await.unwrap();
    // As a file system's snapshot has it: all three files, and nobody who holds them.
    let (frozen, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for end in ["", "-wal", "-shm"] {
        fs::copy(home.path().join(format!("scorewatch.db{end}")), frozen.path().join(format!("scorewatch.db{end}"))).unwrap();
    }
    assert!(fs::metadata(frozen.path().join("scorewatch.db-wal")).unwrap().len() > 0);
    store.close().await;
    let stranger = Stranger::to(frozen.path(), elsewhere.path());
    let asked = stranger.run(frozen.path(), &["ask", "secure_score"]);
    assert!(err(&asked).contains("contoso, tailspin"), "what stood in the log alone is seen: {}{}", out(&asked), err(&asked));
    // Without the index of the log it cannot be read, and that is said.
    fs::set_permissions(frozen.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(frozen.path().join("scorewatch.db-shm")).unwrap();
    fs::set_permissions(frozen.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let asked = stranger.run(frozen.path(), &["ask", "secure_score"]);
    assert!(asked.status.code() == Some(78) && err(&asked).contains("still in its log"), "{}{}", out(&asked), err(&asked));
    fs::set_permissions(frozen.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_assistant_over_an_empty_store_gets_answers_that_say_so() {
    let home = tempfile::tempdir().unwrap();
    let mut assistant = program(home.path())
        .args(["mcp", "--store", "scorewatch.db"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = assistant.stdin.take().unwrap();
    let mut lines = BufReader::new(assistant.stdout.take().unwrap()).lines();
    let mut tell = |message: Value| {
        let is_request = message.get("id").is_some();
        writeln!(stdin, "{message}").unwrap();
        is_request.then(|| serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap())
    };
    let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    tell(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client })).unwrap();
    tell(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let mut ask = |id: u32| {
        let call = json!({ "name": "secure_score", "arguments": {} });
        tell(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call })).unwrap()["result"].clone()
    };
    let empty = ask(2);
    assert_eq!(empty["isError"], true, "{empty}");
    let said = empty["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(said.contains("No tenants stored yet") && said.contains("scorewatch import"), "{said}");
    // It stays up, and answers as soon as there is something.
    import(home.path(), "contoso", 1);
    let mut id = 2;
    let answered = wait("the answer", || {
        id += 1;
        Some(ask(id)).filter(|answer| answer["isError"] != true)
    });
    assert!(answered["content"][0]["text"].as_str().unwrap().starts_with("contoso 20"), "{answered}");
    signal(&assistant, "-HUP");
    assert!(wait("stopping", || assistant.try_wait().unwrap()).success());
    let mut said = String::new();
    assistant.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!said.contains("at a terminal") && !said.contains("here is a terminal"), "{said}");
}

/// Runs a command behind a terminal of its own, which is left after a moment.
const AT_A_TERMINAL: &str = "
import os, pty, select, signal, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said, until = b'', time.time() + 20
while b'Ctrl-C' not in said and time.time() < until:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            said += os.read(terminal, 4096)
        except OSError:
            break
time.sleep(0.3)
os.write(terminal, b'\\x03')
_, status = os.waitpid(child, 0)
print(said.decode(), 'ended with', os.waitstatus_to_exitcode(status))
";

#[test]
fn at_a_terminal_it_says_what_it_is() {
    let home = tempfile::tempdir().unwrap();
    let told = Command::new("python3")
        .args(["-c", AT_A_TERMINAL, env!("CARGO_BIN_EXE_scorewatch"), "mcp"])
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = out(&told).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("This is for an assistant") && said.contains("scorewatch ask"), "{said}{}", err(&told));
    assert!(said.ends_with("ended with 0"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_a_server_politely() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let mut server = Served::start(home.path());
    signal(&server.child, "-INT");
    let status = wait("stopping", || server.child.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

/// Runs a server at a terminal of its own, which is then closed.
const A_TERMINAL_THAT_CLOSES: &str = "
import os, pty, select, signal, sys, time
child, terminal = pty.fork()
if child == 0:
    # Whoever runs the tests may have told them to ignore it, as nohup does.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
said, until = b'', time.time() + 20
while b'address=' not in said and time.time() < until:
    if select.select([terminal], [], [], 0.1)[0]:
        said += os.read(terminal, 4096)
time.sleep(0.3)
os.close(terminal)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(30)
_, status = os.waitpid(child, 0)
print('ended with', os.waitstatus_to_exitcode(status))
";

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_closes_stops_a_server_politely() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let server = ["-c", A_TERMINAL_THAT_CLOSES, env!("CARGO_BIN_EXE_scorewatch"), "serve"];
    let told = Command::new("python3").args(server).current_dir(home.path()).output().unwrap();
    assert!(out(&told).contains("ended with 0"), "{}{}", out(&told), err(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_sees_how_each_tenant_stands() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let server = Served::start(home.path());
    let (_, operator) = key(home.path(), &["--all-tenants", "--role", "operator"]);
    let metrics = || server.get("/metrics", &operator).1;
    let text = wait("the first reading", || Some(metrics()).filter(|text| text.contains("scorewatch_score_points{")));
    let answer: Value = serde_json::from_str(&out(&run(home.path(), &["ask", "secure_score", "--tenant", "contoso", "--json"]))).unwrap();
    let value = |name: &str| {
        let head = format!("{name}{{tenant=\"contoso\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&head)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.parse::<f64>().unwrap()
    };
    let near = |found: f64, member: &str| assert!((found - answer[member].as_f64().unwrap()).abs() < 0.01, "{member}: {found}");
    near(value("scorewatch_score_points"), "points");
    near(value("scorewatch_maximum_points"), "maximum");
    near(value("scorewatch_score_percent"), "percent");
    let day = some_day().to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    assert!((value("scorewatch_newest_day_timestamp_seconds") - day as f64).abs() < 0.5);
    assert!(!text.contains("scorewatch_discord_connected"), "there is no bot");
    // A tenant that comes is seen, and one that goes is not.
    import(home.path(), "fabrikam", 6);
    wait("the new tenant", || metrics().contains("scorewatch_score_points{tenant=\"fabrikam\"}").then_some(()));
    let removed = run(home.path(), &["tenant", "remove", "fabrikam", "--yes"]);
    assert!(removed.status.success(), "{}", err(&removed));
    let left = metrics();
    assert!(left.contains("scorewatch_score_points{tenant=\"contoso\"}") && !left.contains("tenant=\"fabrikam\""), "{left}");
    for name in ["scorewatch_score_points", "scorewatch_newest_day_timestamp_seconds"] {
        assert_eq!(text.matches(&format!("# TYPE {name} gauge")).count(), 1);
    }
}
