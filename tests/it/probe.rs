//! Does `scorewatch probe` tell how Graph behaves, and nothing of the tenant? The real program against tenants that answer each open point either way.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use scorewatch::{
    probe::{
        Exchange, Observations, ProbePage, report,
        requests::{Keeps, PlanOptions, RequestKey, plan},
    },
    sandbox::{FaultRule, InjectedFault, Options, PROBED_MARK, PROBED_NAME, Sandbox},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{configured, err, out, program, run},
    support::golden,
};

/// How long Graph thinks, so that requests at once overlap.
const THINKS: Duration = Duration::from_millis(150);

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

async fn world() -> (Sandbox, TempDir) {
    let options = Options { probed: true, latency: THINKS, ..Options::new(today()) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let home = configured(&sandbox, &["plain", "odd"]);
    (sandbox, home)
}

fn probe(home: &Path, tenant: &str, more: &[&str]) -> Output {
    run(home, &[&["probe", "--tenant", tenant, "--yes"], more].concat())
}

/// The report without what differs from run to run: the day, the version, and how long answers took.
fn settled(report: &str) -> String {
    let lines = report.lines().map(|line| {
        if line.starts_with("scorewatch ") {
            return "scorewatch VERSION · cloud: given by graph_root and login_root · DATE (UTC)".to_owned();
        }
        if line.starts_with("- time of answers: ") {
            return "- time of answers: CLASSES".to_owned();
        }
        // How many of them were through before the first 429 is chance.
        if line.starts_with("- requests at once: ") && line.contains("status 429 (1)") {
            return "- requests at once: some, then status 429 (1)".to_owned();
        }
        if line.contains("(8 at once)`") {
            return "- `GET secureScores?$top=1 (8 at once)`: ANSWERS".to_owned();
        }
        let line = line.replace("1 to 3 s", "below 1 s").replace("3 to 10 s", "below 1 s").replace("10 to 30 s", "below 1 s");
        match line.split_once("createdDateTime ge ") {
            Some((before, after)) => format!("{before}createdDateTime ge DAY{}", &after["2026-11-30".len()..]),
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Points that both tenants answer alike, because faults or unit tests answer them otherwise: a cloud without Secure Score, how long answers take, a newest
/// day without details (which would hide the types of details), and what only too many requests show.
const ALIKE: [&str; 5] = ["answers.atOnce", "answers.seconds", "answers.throttled", "cloud.offered", "days.newestDetails"];

#[tokio::test(flavor = "multi_thread")]
async fn each_point_is_answered_either_way() {
    let (_sandbox, home) = world().await;
    let mut results = [BTreeSet::new(), BTreeSet::new()];
    for (tenant, results) in ["plain", "odd"].into_iter().zip(&mut results) {
        let told = probe(home.path(), tenant, &["--audit", "--throttling"]);
        assert!(told.status.success(), "{}", err(&told));
        golden(&format!("probe/{tenant}.md"), &settled(&out(&told)));
        let value: Value = serde_json::from_str(&out(&probe(home.path(), tenant, &["--json", "--audit"]))).unwrap();
        results.extend(value["points"].as_array().unwrap().iter().map(|point| {
            let [key, result, seen] = ["key", "result", "seen"].map(|member| point[member].as_str().unwrap().to_owned());
            (key, result, seen)
        }));
    }
    let [plain, odd] = results;
    // What scorewatch assumes is found as such in one tenant, and otherwise in the other; anything else differs.
    for (key, result, seen) in &plain {
        assert!(result != "otherwise", "{key}: {seen}");
        if ALIKE.contains(&key.as_str()) {
            continue;
        }
        let (_, other, also) = odd.iter().find(|(other, ..)| other == key).unwrap();
        assert!(seen != also, "{key} is the same in both tenants: {seen}");
        assert!(result != "as_assumed" || other != "as_assumed", "{key}: {seen}, {also}");
    }
    let answered = plain.iter().filter(|(_, result, _)| result != "no_answer").count();
    assert!(answered + 2 >= plain.len(), "{plain:?}");
}

/// What the sandbox answers to a tenant's app that asks for `path`.
async fn page_of(sandbox: &Sandbox, tenant: &str, path: &str) -> Value {
    let known = sandbox.tenant(tenant).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [
        ("client_id", known.client_id.as_str()),
        ("client_secret", &known.client_secret),
        ("grant_type", "client_credentials"),
        ("scope", &format!("{}/.default", sandbox.root())),
    ];
    let token = client.post(format!("{}/{}/oauth2/v2.0/token", sandbox.root(), known.entra_id)).form(&form).send().await.unwrap();
    let token: Value = serde_json::from_slice(&token.bytes().await.unwrap()).unwrap();
    let answer = client.get(format!("{}/v1.0/{path}", sandbox.root())).bearer_auth(token["access_token"].as_str().unwrap());
    serde_json::from_slice(&answer.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

/// All that a tenant sent: texts, and numbers that say more than a count could.
async fn sent(sandbox: &Sandbox, tenant: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let known = sandbox.tenant(tenant).unwrap();
    let (mut texts, mut numbers) =
        (BTreeSet::from([known.entra_id.clone(), known.client_id.clone(), known.client_secret.clone()]), BTreeSet::new());
    texts.extend([tenant.to_owned() + ".onmicrosoft.com", sandbox.root()]);
    for path in ["security/secureScores?$top=90", "security/secureScoreControlProfiles"] {
        walk(&page_of(sandbox, tenant, path).await, "", &mut texts, &mut numbers);
    }
    (texts, numbers)
}

/// Members whose values are words of Microsoft's schema, an address of it, or a day, which the report asks for by the clock.
const SCHEMA: [&str; 17] = [
    "@odata.context",
    "actionType",
    "basis",
    "controlCategory",
    "enabledServices",
    "implementationCost",
    "on",
    "provider",
    "service",
    "state",
    "threats",
    "tier",
    "userImpact",
    "vendor",
    "count",
    "total",
    "createdDateTime",
];

fn walk(value: &Value, member: &str, texts: &mut BTreeSet<String>, numbers: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(member, value)| walk(value, member, texts, numbers)),
        Value::Array(values) => values.iter().for_each(|value| walk(value, member, texts, numbers)),
        Value::String(text) => {
            let number = text.parse::<f64>().is_ok_and(|number| number >= 1_000.0 || text.contains('.') && number > 0.0);
            if number {
                numbers.insert(text.clone());
            } else if !SCHEMA.contains(&member) && text.len() > 5 {
                texts.insert(text.clone());
            }
        }
        Value::Number(number) => {
            let (text, number) = (number.to_string(), number.as_f64().unwrap());
            if number.abs() >= 1_000.0 || (number.fract() != 0.0) {
                numbers.insert(text);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_tenant_is_in_a_report() {
    let (sandbox, home) = world().await;
    for tenant in ["plain", "odd"] {
        let (texts, numbers) = sent(&sandbox, tenant).await;
        assert!(texts.len() > 150 && numbers.len() > 50, "{} texts, {} numbers", texts.len(), numbers.len());
        for form in [&["--audit", "--throttling"][..], &["--audit", "--throttling", "--json"]] {
            let report = out(&probe(home.path(), tenant, form));
            assert!(report.len() > 5_000, "{report}");
            assert!(!report.to_lowercase().contains(PROBED_MARK), "{report}");
            assert!(!report.to_lowercase().contains(&PROBED_NAME.to_lowercase()), "{report}");
            for text in &texts {
                assert!(!report.contains(text.as_str()), "{text} of {tenant} is in:\n{report}");
            }
            let told: BTreeSet<&str> = report.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.')).collect();
            for number in &numbers {
                assert!(!told.contains(number.as_str()), "{number} of {tenant} is in:\n{report}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_only_reads_within_the_limits_and_needs_no_store() {
    let (sandbox, home) = world().await;
    let told = probe(home.path(), "plain", &[]);
    assert!(told.status.success(), "{}", err(&told));
    let requests = sandbox.requests();
    let (signed_in, asked): (Vec<_>, Vec<_>) = requests.iter().partition(|seen| seen.method == "POST");
    assert_eq!(signed_in.len(), 1);
    assert!(asked.iter().all(|seen| seen.method == "GET" && seen.status != 429 && seen.path.starts_with("/v1.0/security/")), "{asked:?}");
    let said = err(&told);
    let most: usize = said.split_once("That is ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    assert!(asked.len() <= most && most < 50, "{} of {most}", asked.len());
    // Each request was shown before it was sent.
    for seen in asked.iter().filter(|seen| seen.query.as_deref().is_none_or(|query| !query.contains("skiptoken"))) {
        let list = seen.path.rsplit('/').find(|part| part.starts_with("secureScore")).unwrap();
        assert!(said.contains(&format!("GET {list}")), "{seen:?}");
    }
    let files: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["scorewatch.toml"], "nothing is stored");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_it_keeps_what_came() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let (_sandbox, home) = world().await;
    let mut running =
        program(home.path()).args(["probe", "--tenant", "plain", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().starts_with("[4/")), "the fourth request has its answer");
    assert!(std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let said: Vec<String> = said.map(Result::unwrap).collect();
    let mut report = String::new();
    running.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("Stopped during GET secureScores")), "{said:?}");
    assert!(report.contains("- order of the days: newest first, of 90 days [as assumed]"), "{report}");
    assert!(report.contains("`GET secureScoreControlProfiles?$top=999`: not asked: the probe was stopped"), "{report}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_stopped_keeps_its_whole_pages_and_says_so() {
    let (sandbox, home) = world().await;
    // The first page of profiles comes, the second never does.
    let next = format!("{}/v1.0/security/secureScoreControlProfiles?$skiptoken=1", sandbox.root());
    let page = serde_json::json!({"@odata.nextLink": next, "value": [{"id": "a", "tier": "Core"}, {"id": "b", "tier": "Core"}]});
    sandbox.faults().add(FaultRule::new(InjectedFault::Status(200, page.to_string())).path("Profiles"));
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).path("Profiles").always());
    let running =
        program(home.path()).args(["probe", "--tenant", "plain", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let asked = || sandbox.requests().iter().filter(|seen| seen.path.ends_with("Profiles")).count();
    while asked() == 0 {
        tokio::time::sleep(THINKS).await;
    }
    // Nothing shows when the program has read the page that was sent; it needs milliseconds.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let stopped = running.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    let said = err(&stopped);
    let pages = said.split_once("Stopped during GET secureScoreControlProfiles. The report has what had come whole by then: ");
    assert!(pages.is_some_and(|(_, pages)| pages.starts_with("11 pages.")), "{said}");
    let report = out(&stopped);
    assert!(
        report.contains(
            "`GET secureScoreControlProfiles`: 200, 2 entries, below 1 KiB, below 1 s; then the probe was stopped before all of it was there\n"
        ),
        "{report}"
    );
    assert!(report.contains("- tier: Core (2) [as assumed]"), "the page that had come is counted: {report}");
    assert!(report.contains("`GET secureScoreControlProfiles?$top=200`: not asked: the probe was stopped"), "{report}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_it_before_anything_came_is_promised_nothing() {
    let (sandbox, home) = world().await;
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).always());
    let running = program(home.path())
        .args(["probe", "--tenant", "plain", "--yes", "--out", "probe.md"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has signed in, and waits for the first answer.
    while sandbox.requests().is_empty() {
        tokio::time::sleep(THINKS).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let stopped = running.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    let said = err(&stopped);
    assert!(said.contains("Stopped during GET secureScores?$top=1. Nothing had come whole by then: no point of the report has"), "{said}");
    let report = fs::read_to_string(home.path().join("probe.md")).unwrap();
    assert!(report.contains("`GET secureScores?$top=1`: the probe was stopped before all of it was there"), "{report}");
}

#[test]
fn anybody_can_try_it_on_the_demo_without_a_configuration() {
    let home = tempfile::tempdir().unwrap();
    for (tenant, says) in [("plain", " 0 otherwise, "), ("odd", "[**otherwise**; assumed: ")] {
        let told = run(home.path(), &["probe", "--demo", "--tenant", tenant, "--yes"]);
        assert!(told.status.success() && out(&told).contains(says), "{}{}", out(&told), err(&told));
        assert!(out(&told).contains("cloud: the demo's, which is not Microsoft's"), "nobody takes it for Microsoft's: {}", out(&told));
        assert!(err(&told).contains("the demo's stand-in for Microsoft Graph, on this machine, will be asked"), "{}", err(&told));
    }
    for (tenant, code, says) in [(&[][..], 2, "with --tenant NAME: plain, odd."), (&["--tenant", "contoso"], 1, "It has: plain, odd.")] {
        let refused = run(home.path(), &[&["probe", "--demo", "--yes"], tenant].concat());
        assert!(refused.status.code() == Some(code) && err(&refused).contains(says), "{}{}", out(&refused), err(&refused));
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is stored");
}

#[test]
fn what_is_sent_at_once_is_the_same_number_wherever_it_is_told() {
    let home = tempfile::tempdir().unwrap();
    let told = run(home.path(), &["probe", "--demo", "--tenant", "plain", "--yes", "--throttling"]);
    assert!(err(&told).contains("GET secureScores?$top=1 (8 at once)") && err(&told).contains("8 at once, 4 more than documented: "));
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/probe.md")).unwrap();
    assert!(page.contains("`--throttling` sends 8 requests at once, where Graph documents 4,"), "{page}");
    let most = err(&run(home.path(), &["probe", "--demo", "--tenant", "plain", "--yes"]));
    let most = most.split_once("That is ").unwrap().1.split_once(' ').unwrap().0.to_owned();
    assert!(page.contains(&format!("how many there are at most ({most}, and a sign-in)")), "{most}: {page}");
}

/// Members that come from closed lists of Microsoft's schema; what all others say in words is somebody's text.
const CLOSED_LISTS: [&str; 11] = [
    "@odata.context",
    "@odata.nextLink",
    "actionType",
    "basis",
    "controlCategory",
    "enabledServices",
    "implementationCost",
    "state",
    "threats",
    "tier",
    "userImpact",
];

/// The answer with `words` in place of every text that is no word of a closed list, no number, no switch and no moment; ids begin with them.
fn planted(value: Value, member: &str, words: &str) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(member, value)| (member.clone(), planted(value, &member, words))).collect(),
        Value::Array(values) => values.into_iter().map(|value| planted(value, member, words)).collect(),
        Value::String(text) => {
            let is_form = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() || text.parse::<Timestamp>().is_ok();
            Value::String(match member {
                "id" | "controlName" | "azureTenantId" => format!("{words}{text}"),
                _ if is_form || CLOSED_LISTS.contains(&member) => text,
                _ => words.to_owned(),
            })
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_never_shown_whatever_its_words_are() {
    let (sandbox, _home) = world().await;
    let plan = plan(today(), PlanOptions { audit: true, at_once: false });
    for tenant in ["plain", "odd"] {
        let mut answers = Vec::new();
        for (key, path) in [
            (RequestKey::Newest, "security/secureScores?$top=1"),
            (RequestKey::Ninety, "security/secureScores?$top=90"),
            (RequestKey::Second, "security/secureScores?$top=1&$skip=1"),
            (RequestKey::Catalogue, "security/secureScoreControlProfiles"),
            (RequestKey::SelectedProfile, "security/secureScoreControlProfiles?$top=1"),
            (RequestKey::Audit, "auditLogs/directoryAudits?$top=1"),
        ] {
            answers.push((key, page_of(&sandbox, tenant, path).await));
        }
        // Words of Microsoft's schema tell as little as others of their lengths: that a company is called so, too.
        let report = |words: &str| {
            let mut seen = Observations::new(Timestamp::UNIX_EPOCH, "global".to_owned());
            for (key, answer) in &answers {
                let body = planted(answer.clone(), "", words).to_string();
                let page = ProbePage::of(body.as_bytes(), Vec::new(), Duration::ZERO, Keeps::Whole).unwrap();
                seen.exchanges.insert(*key, Exchange { pages: vec![page], ended: None });
            }
            (report::markdown(&plan, &seen), report::as_json(&plan, &seen))
        };
        for (of_a_schema, other) in [("Active", "Qzxwvy"), ("Compliance Risk", "Qompliancx Rysk"), ("riskAccepted", "rixkAxxeptex")] {
            assert_eq!(report(of_a_schema), report(other), "{tenant}: {of_a_schema}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_or_a_yes_nothing_is_asked() {
    let (sandbox, home) = world().await;
    let refused = program(home.path()).args(["probe", "--tenant", "plain"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    assert!(err(&refused).contains("add --yes") && err(&refused).contains("GET secureScores?$top=90"), "{}", err(&refused));
    assert!(sandbox.requests().is_empty());
    for (args, code, says) in
        [(&["probe", "--yes"][..], 2, "with --tenant NAME: "), (&["probe", "--yes", "--tenant", "plian"], 1, "Did you mean `plain`?")]
    {
        let refused = run(home.path(), args);
        assert_eq!(refused.status.code(), Some(code), "{}", err(&refused));
        assert!(err(&refused).contains(says), "{}", err(&refused));
    }
}

/// Runs the program on a terminal of its own, types something at its question or sends it the signal to end, and prints what the terminal showed.
const ON_A_TERMINAL: &str = "
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
while b'[y/N]' not in shown:
    shown += os.read(terminal, 65536)
if sys.argv[1] == 'SIGTERM':
    os.kill(pid, signal.SIGTERM)
else:
    os.write(terminal, sys.argv[1].encode())
try:
    while piece := os.read(terminal, 65536):
        shown += piece
except OSError:
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_it_asks_first_and_only_yes_is_yes() {
    let (sandbox, home) = world().await;
    for (typed, goes_on) in [("\n", false), ("n\n", false), ("yes\n", true)] {
        let before = sandbox.requests().len();
        let asked = std::process::Command::new("python3")
            .args(["-c", ON_A_TERMINAL, typed, env!("CARGO_BIN_EXE_scorewatch"), "probe", "--tenant", "plain"])
            .current_dir(home.path())
            .output()
            .unwrap();
        assert!(asked.status.success(), "{}{}", out(&asked), err(&asked));
        let shown = out(&asked);
        assert!(shown.contains("Go on? [y/N]") && shown.contains("GET secureScores?$top=90"), "{shown}");
        assert_eq!(shown.contains("# scorewatch probe"), goes_on, "{typed}: {shown}");
        assert_eq!(sandbox.requests().len() > before, goes_on, "{typed}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_private_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, home) = world().await;
    let path = home.path().join("probe.md");
    let told = probe(home.path(), "plain", &["--out", "probe.md"]);
    assert!(told.status.success() && out(&told).is_empty(), "{}", err(&told));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let report = fs::read_to_string(&path).unwrap();
    assert!(report.starts_with("# scorewatch probe"), "{report}");
    let asked = sandbox.requests().len();
    let again = probe(home.path(), "plain", &["--out", "probe.md"]);
    assert_eq!(again.status.code(), Some(78), "{}", err(&again));
    assert!(err(&again).contains("not overwritten"), "{}", err(&again));
    assert_eq!((fs::read_to_string(&path).unwrap(), sandbox.requests().len()), (report, asked), "nothing was asked or changed");
    for nowhere in ["no/such/place.md", "no/", "scorewatch.toml/probe.md"] {
        let refused = probe(home.path(), "plain", &["--out", nowhere]);
        assert_eq!(refused.status.code(), Some(78), "{}", err(&refused));
        let said = err(&refused);
        assert!(said.contains("cannot be written") && said.contains("Nothing was asked.") && !said.contains("GET secure"), "{said}");
        assert!(out(&refused).is_empty() && sandbox.requests().len() == asked, "{nowhere}");
    }
    // Whoever says no, or stops, has no empty file in the way of the next try.
    let no = program(home.path()).args(["probe", "--tenant", "plain", "--out", "later.md"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!((no.status.code(), home.path().join("later.md").exists()), (Some(2), false), "{}", err(&no));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_it_at_its_question_is_told_that_nothing_was_asked() {
    let (sandbox, home) = world().await;
    for (how, code) in [("\u{3}", 130), ("SIGTERM", 143)] {
        let stopped = std::process::Command::new("python3")
            .args(["-c", ON_A_TERMINAL, how, env!("CARGO_BIN_EXE_scorewatch"), "probe", "--tenant", "plain", "--out", "probe.md"])
            .current_dir(home.path())
            .output()
            .unwrap();
        assert_eq!(stopped.status.code(), Some(code), "{how}: {}{}", out(&stopped), err(&stopped));
        assert!(out(&stopped).contains("Stopped. Nothing was asked."), "{how}: {}", out(&stopped));
        assert!(sandbox.requests().is_empty() && !home.path().join("probe.md").exists(), "{how}");
    }
}

/// What whoever watches is told of a tenant that keeps us off.
async fn said_of(rule: FaultRule) -> String {
    let (sandbox, home) = world().await;
    sandbox.faults().add(rule);
    err(&probe(home.path(), "plain", &["--timeout", "2"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_requests_from_being_asked_is_told_once_with_what_to_do() {
    for (fault, says) in [
        (InjectedFault::Forbidden, "Grant it the application permission SecurityEvents.Read.All"),
        (InjectedFault::Throttle { retry_after: Some("1".to_owned()) }, "plain: Microsoft Graph asks to slow down. Probe again in"),
        (InjectedFault::Hang, "plain: nothing usable came from Microsoft Graph."),
        (InjectedFault::InvalidCloudInstance, "say so in `tenants.plain.cloud`"),
        (InjectedFault::ExpiredSecret, "client secret"),
    ] {
        let said = said_of(FaultRule::new(fault).always()).await;
        assert_eq!(said.matches(says).count(), 1, "{says}: {said}");
        let lines = said.lines().filter(|line| line.contains("not asked: ")).count();
        assert!((1..4).contains(&lines), "{says}: {said}");
    }
}

/// What a tenant that keeps us off leads to: the report, in bounded time.
async fn kept_off(rule: FaultRule, code: i32) -> String {
    let (sandbox, home) = world().await;
    sandbox.faults().add(rule);
    let began = Instant::now();
    let told = probe(home.path(), "plain", &["--audit", "--throttling", "--timeout", "2"]);
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!(told.status.code(), Some(code), "{}", err(&told));
    let report = out(&told);
    assert!(report.starts_with("# scorewatch probe") && !report.to_lowercase().contains(PROBED_MARK), "{report}");
    report
}

/// How many points of a report have no answer.
fn unanswered(report: &str) -> usize {
    report.lines().filter(|line| line.contains("[no answer: ")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_forbids_is_told_point_by_point() {
    let report = kept_off(FaultRule::new(InjectedFault::Forbidden).always(), 69).await;
    assert!(report.contains("- decimals of currentScore: [no answer: not asked: the first request of its kind was refused]"), "{report}");
    assert!(report.contains("`GET secureScores?$top=1`: refused with status 403, code Authorization_RequestDenied"), "{report}");
    assert!(unanswered(&report) > 60, "{report}");
    let only_scores = kept_off(FaultRule::new(InjectedFault::Forbidden).path("/secureScores").always(), 0).await;
    assert!(only_scores.contains("- tier: Core (461) [as assumed]"), "what is answered is told: {only_scores}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_throttles_is_left_alone() {
    for (retry_after, form) in [(Some("1".to_owned()), "with Retry-After in seconds (2)"), (None, "without Retry-After (2)")] {
        let report = kept_off(FaultRule::new(InjectedFault::Throttle { retry_after }).always(), 69).await;
        assert!(report.contains(&format!("- answers that asked to slow down: {form}")), "{report}");
        assert!(report.contains("[no answer: not asked: Graph asked to slow down more than once]"), "{report}");
    }
    let long = kept_off(FaultRule::new(InjectedFault::Throttle { retry_after: Some("3600".to_owned()) }), 69).await;
    assert!(long.contains("longer than the probe waits") && long.contains("with Retry-After in seconds (1)"), "{long}");
    let once = kept_off(FaultRule::new(InjectedFault::Throttle { retry_after: Some("1".to_owned()) }), 0).await;
    assert!(once.contains("- order of the days: newest first, of 90 days [as assumed]"), "one pause is sat out: {once}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_stalls_or_sends_nonsense_ends_the_probe_in_time() {
    let stalled = kept_off(FaultRule::new(InjectedFault::Hang).always(), 69).await;
    assert!(
        stalled.contains("`GET secureScores?$top=1`: no answer in time") && stalled.contains("2 requests in a row had no usable answer"),
        "{stalled}"
    );
    let once = kept_off(FaultRule::new(InjectedFault::Hang).path("Profiles"), 0).await;
    assert!(once.contains("- profiles with $top=200: 200 profiles on the page"), "one stall does not end it: {once}");
    assert!(once.contains("- tier: [no answer: no answer in time]"), "{once}");
    let page = kept_off(FaultRule::new(InjectedFault::Status(200, format!("<html>{PROBED_MARK}</html>"))).always(), 69).await;
    assert!(page.contains("the answer was not JSON of Graph's form"), "{page}");
    let away = kept_off(FaultRule::new(InjectedFault::NextLinkTo("https://evil.example/x".to_owned())).always(), 0).await;
    assert!(!away.contains("evil") && away.contains("on 1 page, then: the next page is on another host, which was not asked"), "{away}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_or_a_cloud_that_does_not_work_is_told_as_such() {
    let expired = kept_off(FaultRule::new(InjectedFault::ExpiredSecret).always(), 69).await;
    assert!(expired.contains("not asked: the sign-in failed (AADSTS7000222)"), "{expired}");
    let cloud = kept_off(FaultRule::new(InjectedFault::InvalidCloudInstance).always(), 69).await;
    assert!(
        cloud.contains("- Secure Score is offered in this cloud: no: status 401, code InvalidCloudInstance [**otherwise**; assumed: yes]"),
        "{cloud}"
    );
    assert!(cloud.contains("not asked: Secure Score is not offered in this cloud"), "{cloud}");
}
