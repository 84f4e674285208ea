//! Does the program itself do what the documents say? The real binary, real files, real signals.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use scorewatch::{
    alert::Watch,
    sandbox::{FaultRule, InjectedFault, Options, Sandbox},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    captures,
    entra::{AWAY, CLIENT, HOME, SignIn},
};

/// A day that the program, which knows only this machine's clock, has no doubt about.
pub fn some_day() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(5.days())
}

/// Whether whoever runs the tests ignores hang-ups, as `nohup` does: what they start inherits that, and the program honours it.
fn ignores_hang_ups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|ignored| ignored & 1 == 1)
}

pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scorewatch"));
    if ignores_hang_ups() {
        command = Command::new("/usr/bin/env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_scorewatch")]);
    }
    command.current_dir(home).env_clear();
    command
}

pub fn run(home: &Path, args: &[&str]) -> Output {
    program(home).args(args).output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until `done` gives something.
pub fn wait<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} took too long");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A directory with a configuration for some of the sandbox's tenants.
pub fn configured(sandbox: &Sandbox, tenants: &[&str]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let root = sandbox.root();
    // Tests ask again and again until something is there.
    let mut text = "[server]\nlisten = \"127.0.0.1:0\"\nrequests_per_minute = 10000000\n".to_owned();
    for name in tenants {
        let tenant = sandbox.tenant(name).unwrap();
        let _ = write!(
            text,
            "[tenants.{name}]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\ngraph_root = \"{root}\"\nlogin_root = \"{root}\"\n",
            tenant.entra_id, tenant.client_id, tenant.client_secret
        );
    }
    std::fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    home
}

/// A running `serve`, stopped when dropped.
pub struct Served {
    pub child: Child,
    pub address: String,
    log: Arc<Mutex<String>>,
}

impl Served {
    pub fn start(home: &Path) -> Self {
        let mut child = program(home).arg("serve").stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("address=")?;
            Some(rest.split_whitespace().next().unwrap().to_owned())
        });
        // Somebody must read on, or the server would wait for a full pipe.
        let log = Arc::<Mutex<String>>::default();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        Self { child, address: address.expect("the server says where it listens"), log }
    }

    /// What it logged since it began to listen.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn get(&self, path: &str, key: &str) -> (u16, String) {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nAccept: text/plain\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

pub fn key(home: &Path, args: &[&str]) -> (String, String) {
    let made = run(home, &[&["key", "new", "--name", "test"], args].concat());
    assert!(made.status.success(), "{}", err(&made));
    let said = out(&made) + &err(&made);
    let secret =
        said.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').find(|word| word.starts_with("sw_")).expect(&said).to_owned();
    let listed = out(&run(home, &["key", "list", "--json"]));
    let keys: serde_json::Value = serde_json::from_str(&listed).expect(&listed);
    let id = keys.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    assert!(!listed.contains(&secret));
    (id, secret)
}

#[test]
fn a_real_capture_is_imported_and_answered_right() {
    let (Some(scores), Some(profiles)) = (captures::path(captures::SCORES), captures::path(captures::PROFILES)) else { return };
    let home = tempfile::tempdir().unwrap();
    let (scores, profiles) = (scores.canonicalize().unwrap(), profiles.canonicalize().unwrap());
    let imported = program(home.path()).args(["import", "--tenant", "heimdall"]).args([scores, profiles]).output().unwrap();
    assert!(imported.status.success(), "{}", err(&imported));
    let score = out(&run(home.path(), &["ask", "secure_score", "--text"]));
    for told in [
        "128 of 274 points (46.72 %;",
        "68 controls: ",
        "27 controls score-only",
        "45 of the maximum unassigned: 16 controls came without one",
    ] {
        assert!(score.contains(told), "{told} is not in:\n{score}");
    }
    assert!(!score.contains("unexplained"), "the controls add up to the score:\n{score}");
    let control = out(&run(home.path(), &["ask", "control", "--name", "mdo_zapspam", "--text"]));
    assert!(control.contains("score-only") && control.contains(": 1 of 1 point\n"), "{control}");
    let unknown = out(&run(home.path(), &["ask", "control", "--name", "spo_legacy_auth", "--text"]));
    assert!(unknown.contains("0 %, maximum unknown"), "{unknown}");
    let weak = out(&run(home.path(), &["ask", "weakest_controls", "--limit", "25", "--text"]));
    assert!(weak.contains("16 of them of unknown points"), "{weak}");
}

#[test]
fn on_an_empty_machine_it_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let asked = run(home.path(), &["ask", "secure_score"]);
    assert_eq!(asked.status.code(), Some(75));
    assert!(err(&asked).contains("scorewatch import"), "{}", err(&asked));
    assert!(!home.path().join("scorewatch.db").exists(), "asking makes no store");
    let file = home.path().join("page.json");
    std::fs::write(&file, "<html>Sign in to your account</html>").unwrap();
    let imported = run(home.path(), &["import", "--tenant", "contoso", "page.json"]);
    assert!(!imported.status.success() && err(&imported).contains("page.json"), "{}", err(&imported));
    let help = out(&run(home.path(), &["--help"]));
    assert!(help.contains("demo") && help.contains("scorewatch ask"), "{help}");
}

#[test]
fn check_tells_every_mistake_at_once() {
    let home = tempfile::tempdir().unwrap();
    let text = "[server]\nlisten = \"0.0.0.0:80\"\nlisten_port = 3\n[refresh]\nevery_minutes = 1\n[tenants.All]\ntenant_id = \"x\"\n[tenants.b]\nclient_secret = \"s3cret\"\ncloud = \"mars\"\n";
    std::fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    let checked = run(home.path(), &["check"]);
    let said = out(&checked) + &err(&checked);
    assert_eq!(checked.status.code(), Some(78), "{said}");
    for key in ["server.listen", "server.listen_port", "refresh.every_minutes", "tenants.All", "tenants.b.client_id", "tenants.b.cloud"] {
        assert!(said.contains(key), "{key} is not in:\n{said}");
    }
    assert!(!said.contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tries_sign_in_and_permissions() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso", "fabrikam"]);
    let good = run(home.path(), &["check"]);
    assert!(good.status.success(), "{}{}", out(&good), err(&good));
    sandbox.faults().add(FaultRule::new(InjectedFault::ExpiredSecret).at_sign_in().tenant("fabrikam").always());
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).tenant("contoso").path("secureScores").always());
    let bad = run(home.path(), &["check"]);
    let said = out(&bad);
    assert_eq!(bad.status.code(), Some(69), "{said}");
    assert!(said.contains("fabrikam: sign-in: FAILED") && said.contains("expired"), "{said}");
    assert!(
        said.contains("contoso: scores: FAILED") && said.contains("SecurityEvents.Read.All") && said.contains("admin consent"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_calls_no_tenant_new_of_which_days_are_held() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let refreshed = run(home.path(), &["refresh"]);
    assert!(refreshed.status.success(), "{}", err(&refreshed));
    sandbox.faults().add(FaultRule::new(InjectedFault::EmptyValue).path("secureScores").always());
    let said = out(&run(home.path(), &["check"]));
    assert!(said.contains("contoso: scores: ! The store holds days up to") && said.contains("sends none now"), "{said}");
    assert!(!said.contains("new tenant") && !said.contains("scores: ok"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reads_the_keys_that_sign_access_tokens() {
    let sign_in = SignIn::start().await;
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "[entra]\nclient_id = \"{CLIENT}\"\nlogin_root = \"{}\"\n[entra.grants.copilot]\ndirectory = \"{HOME}\"\nscope = \"Score.Read\"\ntenants = \"all\"\n",
        sign_in.root
    );
    std::fs::write(home.path().join("scorewatch.toml"), &text).unwrap();
    let good = run(home.path(), &["check"]);
    assert!(good.status.success(), "{}{}", out(&good), err(&good));
    assert!(out(&good).contains(&format!("entra: directory {HOME}, version 2.0 tokens: ok. 1 signing key.")), "{}", out(&good));
    std::fs::write(home.path().join("scorewatch.toml"), text.replace(HOME, AWAY)).unwrap();
    let bad = run(home.path(), &["check"]);
    assert_eq!(bad.status.code(), Some(69), "{}", out(&bad));
    assert!(out(&bad).contains("version 1.0 tokens: FAILED") && out(&bad).contains("found no such directory"), "{}", out(&bad));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_works_at_once_and_ends_at_once_in_a_running_server() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso", "fabrikam"]);
    let server = Served::start(home.path());
    assert_eq!(server.get("/skills", "sw_nobody").0, 401);
    let (id, secret) = key(home.path(), &["--tenant", "fabrikam", "--role", "reader"]);
    let answer = wait("the first reading", || Some(server.get("/skills/secure_score", &secret)).filter(|(status, _)| *status != 503));
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert!(answer.1.starts_with("fabrikam 20"), "{}", answer.1);
    assert_eq!(server.get("/skills/secure_score?tenant=contoso", &secret).0, 404);
    assert_eq!(server.get("/metrics", &secret).0, 403);
    let revoked = run(home.path(), &["key", "revoke", &id]);
    assert!(revoked.status.success(), "{}", err(&revoked));
    assert_eq!(server.get("/skills/secure_score", &secret).0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_store_both_answer_and_one_reads() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["fabrikam"]);
    let (one, other) = (Served::start(home.path()), Served::start(home.path()));
    let (_, secret) = key(home.path(), &["--tenant", "fabrikam", "--role", "reader"]);
    for server in [&one, &other] {
        let (status, text) =
            wait("the first reading", || Some(server.get("/skills/secure_score", &secret)).filter(|(status, _)| *status != 503));
        assert_eq!(status, 200, "{text}");
    }
    let readings = sandbox.requests().iter().filter(|seen| seen.path.ends_with("/secureScores")).count();
    assert_eq!(readings, 1, "the second server leaves the reading to the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_a_refresh_loses_nothing() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    assert!(run(home.path(), &["refresh"]).status.success());
    let before = out(&run(home.path(), &["ask", "secure_score", "--text"]));
    sandbox.advance(1);
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).path("secureScoreControlProfiles").always());
    let seen = sandbox.requests().len();
    let mut child = program(home.path()).arg("refresh").stderr(Stdio::piped()).spawn().unwrap();
    wait("the reading", || sandbox.requests()[seen..].iter().any(|seen| seen.path.ends_with("/secureScores")).then_some(()));
    signal(&child, "-INT");
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("earlier data is kept"), "{said}");
    assert_eq!(out(&run(home.path(), &["ask", "secure_score", "--text"])), before);
    sandbox.faults().clear();
    let again = run(home.path(), &["refresh", "--tenant", "contoso"]);
    assert!(again.status.success(), "nobody has to wait for a lease: {}", err(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_signal_stops_the_server_politely() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let mut server = Served::start(home.path());
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).path("secureScore").always());
    signal(&server.child, "-TERM");
    let status = wait("stopping", || server.child.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_another_tenant_are_not_imported_under_a_configured_name() {
    let Some(scores) = captures::path(captures::SCORES) else { return };
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let refused = program(home.path()).args(["import", "--tenant", "contoso"]).arg(scores.canonicalize().unwrap()).output().unwrap();
    assert_eq!(refused.status.code(), Some(78));
    assert!(err(&refused).contains("another name"), "{}", err(&refused));
    assert!(run(home.path(), &["refresh"]).status.success(), "the right tenant can still be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_signs_in_and_another_one_is_told_apart() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let (root, tenant) = (sandbox.root(), sandbox.tenant("fabrikam").unwrap());
    for name in ["right", "wrong"] {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(vec!["scorewatch.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        std::fs::write(home.path().join(format!("{name}.pem")), format!("{}{}", key.serialize_pem(), certificate.pem())).unwrap();
        if name == "right" {
            sandbox.register_certificate("fabrikam", certificate.der()).unwrap();
        }
        let text = format!(
            "[tenants.fabrikam]\ntenant_id = \"{}\"\nclient_id = \"{}\"\ncertificate_file = \"{name}.pem\"\ngraph_root = \"{root}\"\nlogin_root = \"{root}\"\n",
            tenant.entra_id, tenant.client_id
        );
        std::fs::write(home.path().join(format!("{name}.toml")), text).unwrap();
    }
    let right = run(home.path(), &["refresh", "--config", "right.toml"]);
    assert!(right.status.success(), "{}", err(&right));
    let wrong = run(home.path(), &["check", "--config", "wrong.toml"]);
    assert_eq!(wrong.status.code(), Some(69), "{}", out(&wrong));
    assert!(out(&wrong).contains("fabrikam: sign-in: FAILED") && out(&wrong).contains("certificate"), "{}", out(&wrong));
}

#[test]
fn the_demo_listens_on_loopback_only() {
    let home = tempfile::tempdir().unwrap();
    let refused = run(home.path(), &["demo", "--listen", "0.0.0.0:8080"]);
    assert_eq!(refused.status.code(), Some(78));
    assert!(err(&refused).contains("127.0.0.1:8080"), "{}", err(&refused));
}

#[test]
fn the_demo_has_alerts_that_fire_and_an_inbox_that_people_read() {
    let home = tempfile::tempdir().unwrap();
    let mut demo =
        program(home.path()).args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut file_of_demo = String::new();
    let address = lines.find_map(|line| {
        let line = line.unwrap();
        if let Some((file, _)) = line.split_once("ask --config ").and_then(|(_, file)| file.split_once(" secure_score")) {
            file_of_demo = file.to_owned();
        }
        let (_, rest) = line.split_once("read them at http://")?;
        Some(rest.split_once("/inbox").unwrap().0.to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    let served = Served { child: demo, address: address.expect("the demo says where its inbox is"), log: Arc::default() };
    // Each rule has notified; one message may be of several.
    let rules = || {
        let listed: Value = serde_json::from_str(&out(&run(home.path(), &["alert", "--config", &file_of_demo, "--json"]))).unwrap();
        listed.as_array().unwrap().clone()
    };
    let rules = wait("the demo's alerts", || {
        let rules = rules();
        let is_told = |rule: &Value| rule["firing"].as_array().unwrap().iter().any(|found| !found["notified"].is_null());
        Some(rules).filter(|rules| rules.iter().all(is_told))
    });
    let kinds: BTreeSet<&str> = rules.iter().map(|rule| rule["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.len(), rules.len()), (Watch::KINDS.len(), Watch::KINDS.len()), "each kind once: {kinds:?}");
    let telling = [
        "in progress (was to address)",
        "planned (was to address)",
        "a control was removed: ",
        "a risk was accepted: ",
        "no newer score than that of ",
        "lient secret expires on ",
        "controls slipped\n",
        "below 60 %",
        "acceptances expired",
        "phishing-resistant",
    ];
    // What is notified arrives a moment later.
    let inbox = wait("the demo's posts", || {
        let (_, inbox) = served.get("/inbox", "");
        Some(inbox).filter(|inbox| telling.iter().all(|words| inbox.contains(words)))
    });
    let ranked = out(&run(home.path(), &["ask", "--config", &file_of_demo, "compare_scores", "--tenant", "europe,americas"]));
    assert!(ranked.contains("europe") && ranked.contains("americas") && ranked.contains("% together"), "{ranked}");
    let noted = out(&run(home.path(), &["note", "--config", &file_of_demo, "--tenant", "contoso"]));
    assert!(noted.contains("planned") && noted.contains("in progress"), "{noted}");
    assert!(inbox.contains("Contoso: \u{2212}"), "{inbox}");
    assert!(inbox.contains("\"You have 4 of 12 users with administrative roles not protected by multifactor authentication.\""), "{inbox}");
    assert!(!inbox.contains('{'), "{inbox}");
    let checked = run(home.path(), &["check", "--config", &file_of_demo]);
    let said = out(&checked) + &err(&checked);
    assert!(said.contains("inbox") && !said.contains("everybody on this machine"), "{said}");
}
