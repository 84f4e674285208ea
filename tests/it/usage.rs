//! Does the operator see what was asked, to the last call? The store's sums, the real server, the real command.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _, civil::Date, civil::date, tz::TimeZone};
use scorewatch::{
    access::{Asker, Role, Tenants},
    ask::{AnswerForm, Question, RawArgs},
    error::ErrorKind,
    operations::{TOKENS_PER_SCU, UsageWish},
    sandbox::{self, Options},
    skills::Entry,
    store::{Store, UsageBy, UsageCounts, UsageKey},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{
    program::{Served, err, out, program, run, signal, wait},
    support::doors::doors,
};

const DAY: Date = date(2026, 11, 20);

fn one_call(bytes_out: u64) -> UsageCounts {
    UsageCounts { calls: 1, remembered: 1, refused: 0, bytes_out, graph_bytes: 4000 }
}

fn usage(of: &[(Date, &'static str, &str)]) -> BTreeMap<UsageKey, UsageCounts> {
    let key =
        |(day, skill, caller): &(Date, &'static str, &str)| UsageKey { day: *day, skill, surface: "plugin", caller: (*caller).into() };
    of.iter().map(|of| (key(of), one_call(100))).collect()
}

async fn sums(store: &Store, since: Date, by: &[UsageBy]) -> Vec<(String, u64)> {
    store.usage_since(since, by).await.unwrap().into_iter().map(|sum| (sum.of.join(" "), sum.usage.calls)).collect()
}

fn named(of: &str, calls: u64) -> (String, u64) {
    (of.to_owned(), calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_add_to_the_same_sums_and_disturb_no_server() {
    const TIMES: u64 = 20;
    let directory = tempfile::tempdir().unwrap();
    let path: Arc<Path> = directory.path().join("scorewatch.db").into();
    let server = Store::open(&path).await.unwrap();
    let changes = server.changes().await.unwrap();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let path = Arc::clone(&path);
            tokio::spawn(async move {
                let store = Store::open_existing(&path).await.unwrap();
                for _ in 0..TIMES {
                    store.usage_add(&usage(&[(DAY, "secure_score", "ada"), (DAY, "control", "grace")]), DAY).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let calls = 4 * TIMES;
    assert_eq!(
        sums(&server, DAY, &[UsageBy::Caller, UsageBy::Skill]).await,
        [named("grace control", calls), named("ada secure_score", calls)]
    );
    let total = server.usage_since(DAY, &[]).await.unwrap();
    let expected = UsageCounts { calls: 2 * calls, remembered: 2 * calls, refused: 0, bytes_out: 200 * calls, graph_bytes: 8000 * calls };
    assert_eq!(total.iter().map(|sum| sum.usage).collect::<Vec<_>>(), [expected]);
    assert_eq!(server.changes().await.unwrap(), changes, "no server has to look again");
}

#[tokio::test]
async fn usage_is_summed_up_as_asked_and_goes_after_its_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let (before, oldest) = (DAY - 400.days(), DAY - 399.days());
    let rows = usage(&[(before, "control", "ada"), (oldest, "control", "ada"), (DAY, "control", "ada"), (DAY, "control", "grace")]);
    store.usage_add(&rows, oldest).await.unwrap();
    assert_eq!(sums(&store, before, &[UsageBy::Skill]).await, [named("control", 4)]);
    assert_eq!(sums(&store, DAY, &[UsageBy::Skill, UsageBy::Surface]).await, [named("control plugin", 2)]);
    assert_eq!(sums(&store, DAY, &[UsageBy::Caller]).await, [named("ada", 1), named("grace", 1)]);
    assert_eq!(sums(&store, DAY + 1.day(), &[UsageBy::Skill]).await, []);
    for days in (0..4).rev() {
        asked_on(&store, DAY - days.days()).await;
    }
    let days = [("2025-10-17", 1), ("2026-11-17", 1), ("2026-11-18", 1), ("2026-11-19", 1), ("2026-11-20", 3)];
    assert_eq!(sums(&store, before, &[UsageBy::Day]).await, days.map(|(day, calls)| named(day, calls)));
    assert_eq!(oldest, date(2025, 10, 17));
}

/// One call, brought to the store on its day.
async fn asked_on(store: &Store, day: Date) {
    store.usage_add(&usage(&[(day, "control", "ada")]), day).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_wrong_takes_nothing_with_it_and_a_pause_ends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    for days in (0..60).rev() {
        asked_on(&store, DAY - days.days()).await;
    }
    let kept = async |until: Date| {
        let days = sums(&store, Date::MIN, &[UsageBy::Day]).await;
        days.iter().filter(|(day, _)| day.parse::<Date>().unwrap() <= until).count()
    };
    for day in [date(2028, 2, 1), date(2099, 1, 1), date(2099, 1, 2)] {
        for _ in 0..3 {
            asked_on(&store, day).await;
        }
    }
    assert_eq!(kept(DAY).await, 60);

    // Nobody asks for 399 days, so that all but the newest day of before is too old by then; it goes once it is sure what day it is.
    let again = DAY + 399.days();
    for (days, expected) in [(0, 60), (1, 60), (2, 60), (3, 0)] {
        asked_on(&store, again + days.days()).await;
        assert_eq!(kept(DAY).await, expected, "day {days}");
    }
    assert_eq!(kept(date(2099, 1, 2)).await, 4 + 3);
}

#[tokio::test]
async fn only_an_operator_of_all_tenants_sees_who_asks() {
    let directory = tempfile::tempdir().unwrap();
    let doors = doors(Store::open(&directory.path().join("scorewatch.db")).await.unwrap()).await;
    let wish = |days| UsageWish { days, by: vec![UsageBy::Caller], tokens_per_scu: TOKENS_PER_SCU };
    let only = Tenants::Only(["contoso".to_owned()].into());
    for (role, tenants) in [(Role::Analyst, Tenants::All), (Role::Operator, only)] {
        let refused = doors.operations.usage(&Asker { role, tenants, ..Asker::local() }, wish(30)).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
    }
    for days in [0, 401] {
        assert_eq!(doors.operations.usage(&Asker::local(), wish(days)).await.unwrap_err().kind, ErrorKind::BadArguments);
    }
    let report = doors.operations.usage(&Asker::local(), wish(400)).await.unwrap();
    assert!(report.rows.is_empty() && report.total.calls == 0);
}

/// A directory with an imported tenant, which nobody reads again: what is remembered stays so.
pub fn imported() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let day = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(5.days());
    let scores = sandbox::scores_json("contoso", &Options::new(day), day, 3).unwrap();
    let profiles = sandbox::profiles_json("contoso", &Options::new(day), day).unwrap();
    std::fs::write(home.path().join("scores.json"), scores).unwrap();
    std::fs::write(home.path().join("profiles.json"), profiles).unwrap();
    std::fs::write(home.path().join("scorewatch.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let done = run(home.path(), &["import", "--tenant", "contoso", "scores.json", "profiles.json"]);
    assert!(done.status.success(), "{}", err(&done));
    home
}

pub fn key(home: &Path, name: &str, role: &str) -> String {
    let made = run(home, &["key", "new", "--name", name, "--role", role, "--all-tenants"]);
    assert!(made.status.success(), "{}", err(&made));
    out(&made).trim().to_owned()
}

fn told(home: &Path, args: &[&str]) -> Value {
    let told = run(home, &[&["usage", "--json"], args].concat());
    assert!(told.status.success(), "{}", err(&told));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// The value of the metric that begins with `name`, labels included.
fn metric(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is not in:\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn every_call_is_counted_while_the_server_runs_and_after_it_ended() {
    let home = imported();
    let home = home.path();
    let mut server = Served::start(home);
    let (ada, grace, operator) = (key(home, "ada", "reader"), key(home, "grace", "reader"), key(home, "night shift", "operator"));
    let mut bytes = BTreeMap::from([("ada", 0), ("grace", 0)]);
    for (name, key) in [("ada", &ada), ("ada", &ada), ("grace", &grace), ("ada", &ada)] {
        let (status, answer) = server.get("/skills/secure_score?tenant=contoso", key);
        assert_eq!(status, 200, "{answer}");
        *bytes.get_mut(name).unwrap() += answer.len();
    }
    assert_eq!(server.get("/skills/secure_score?tenant=nowhere", &grace).0, 404);
    assert_eq!(server.get("/skills/no_such_skill", &grace).0, 404, "what is no skill is no call of one");
    assert_eq!(server.get("/skills/secure_score", "sw_nobody").0, 401, "nobody is no caller");

    let tokens = |name: &str| u64::try_from(bytes[name]).unwrap() / 4;
    let by_caller = wait("the usage", || Some(told(home, &["--by", "caller"])).filter(|told| told["total"]["calls"] == 5));
    let row = |row: usize, member: &str| by_caller["rows"][row][member].clone();
    let counts = |at| ["caller", "calls", "remembered", "made", "refused", "tokens_out"].map(|member| row(at, member));
    assert_eq!(counts(0), [json!("ada"), json!(3), json!(2), json!(1), json!(0), json!(tokens("ada"))]);
    assert_eq!(counts(1), [json!("grace"), json!(2), json!(1), json!(0), json!(1), json!(tokens("grace"))]);

    let (status, metrics) = server.get("/metrics", &operator);
    assert_eq!(status, 200);
    let of_skill = |name: &str| metric(&metrics, &format!("scorewatch_{name}{{skill=\"secure_score\",surface=\"plugin\"}}"));
    assert_eq!(["questions_total", "answers_remembered_total", "answers_made_total"].map(of_skill), [4, 3, 1]);
    let of_ada = |name: &str| metric(&metrics, &format!("scorewatch_caller_{name}{{caller=\"ada\",surface=\"plugin\"}}"));
    assert_eq!((of_ada("questions_total"), of_ada("answer_tokens_estimated_total")), (3, tokens("ada")));
    let avoided = of_ada("graph_tokens_estimated_total") - tokens("ada");
    assert!(avoided > 1000 && row(0, "tokens_avoided") == avoided, "{avoided}: {by_caller}");

    let asked = run(home, &["ask", "secure_score", "--text"]);
    assert!(asked.status.success(), "{}", err(&asked));
    for _ in 0..7 {
        assert_eq!(server.get("/skills/control?name=mfa&tenant=contoso", &grace).0, 200);
    }
    signal(&server.child, "-TERM");
    assert!(wait("stopping", || server.child.try_wait().unwrap()).success());
    let after = told(home, &["--by", "surface,skill", "--tokens-per-scu", "10"]);
    let rows: Vec<_> = after["rows"].as_array().unwrap().iter().map(|row| (&row["surface"], &row["skill"], &row["calls"])).collect();
    let (plugin, terminal, score, control) = (json!("plugin"), json!("terminal"), json!("secure_score"), json!("control"));
    assert_eq!(rows, [(&plugin, &control, &json!(7)), (&plugin, &score, &json!(5)), (&terminal, &score, &json!(1))]);
    let total = &after["total"];
    assert!((total["scu_out"].as_f64().unwrap() - total["tokens_out"].as_f64().unwrap() / 10.0).abs() < 0.001, "{after}");
    assert!(after["assumption"].as_str().unwrap().contains("One SCU is taken to read 10 tokens"), "{after}");
}

#[test]
fn an_assistant_on_a_desk_is_counted_when_it_hangs_up() {
    let home = imported();
    let mut child = program(home.path()).arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    let client = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let call = json!({ "name": "secure_score", "arguments": {} });
    let mut ask = |message: Value| writeln!(to, "{message}").unwrap();
    ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client }));
    from.next().unwrap().unwrap();
    ask(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }));
    let answer = from.next().unwrap().unwrap();
    assert!(answer.contains("contoso 20"), "{answer}");
    drop(to);
    assert!(child.wait().unwrap().success());
    let told = told(home.path(), &["--by", "surface,caller"]);
    let row = ["surface", "caller", "calls"].map(|member| told["rows"][0][member].clone());
    assert_eq!(row, [json!("mcp"), json!("desk"), json!(1)], "{told}");
}

#[test]
fn a_person_reads_a_table_and_what_its_estimate_rests_on() {
    let home = imported();
    let nothing = run(home.path(), &["usage", "--days", "7"]);
    assert_eq!(
        (nothing.status.code(), out(&nothing).starts_with("Nothing was asked in the last 7 days.")),
        (Some(0), true),
        "{}",
        out(&nothing)
    );
    // A card is for people: no model read it, and none was spared anything.
    assert!(run(home.path(), &["ask", "secure_score"]).status.success());
    let total = told(home.path(), &[])["total"].clone();
    assert_eq!((&total["calls"], &total["tokens_out"], &total["tokens_avoided"]), (&json!(1), &json!(0), &json!(0)));
    let table = out(&run(home.path(), &["usage"])).replace('\n', " ");
    for part in
        ["Usage in the last 30 days", "1 call · 0 % cached", "secure_score", "estimate of scorewatch, not a bill", "20,000 tokens, because"]
    {
        assert!(table.contains(part), "{part} is not in:\n{table}");
    }
    let wrong = run(home.path(), &["usage", "--by", "tenant"]);
    assert_eq!(wrong.status.code(), Some(2));
    let empty = tempfile::tempdir().unwrap();
    let early = run(empty.path(), &["usage"]);
    assert_eq!((early.status.code(), empty.path().join("scorewatch.db").exists()), (Some(75), false), "{}", err(&early));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_where_it_cannot_be_counted() {
    let home = imported();
    let options = SqliteConnectOptions::new().filename(home.path().join("scorewatch.db"));
    let mut connection = options.connect().await.unwrap();
    sqlx::query("CREATE TRIGGER no BEFORE INSERT ON usage BEGIN SELECT RAISE(ABORT, 'no'); END").execute(&mut connection).await.unwrap();
    let asked = program(home.path()).args(["ask", "secure_score", "--text"]).output().unwrap();
    assert!(asked.status.success() && out(&asked).starts_with("contoso 20"), "{}", err(&asked));
    assert_eq!(err(&asked).lines().count(), 1, "said once: {}", err(&asked));
    sqlx::query("DROP TRIGGER no").execute(&mut connection).await.unwrap();
    assert!(told(home.path(), &[])["rows"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_wait_for_the_recording_of_a_call() {
    const CALLS: u64 = 40;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let doors = doors(store.clone()).await;
    let skill = Entry::named("secure_score").unwrap();
    let mut given_up = 0;
    for call in 0..CALLS {
        let question = Question { skill, tenant: None, args: RawArgs::Pairs(&[]), form: AnswerForm::Text, surface: "other" };
        assert_eq!(doors.ask.ask(&Asker::local(), &question).await.unwrap_err().kind, ErrorKind::NotReady);
        given_up += u32::from(tokio::time::timeout(Duration::from_micros(call * 50), doors.ask.record_usage()).await.is_err());
    }
    assert!(given_up > 0);
    doors.ask.record_usage().await.unwrap();
    let sums = store.usage_since(DAY, &[UsageBy::Caller]).await.unwrap();
    let refused = UsageCounts { calls: CALLS, refused: CALLS, ..UsageCounts::default() };
    assert_eq!(sums.iter().map(|sum| (&*sum.of[0], sum.usage)).collect::<Vec<_>>(), [("terminal", refused)], "neither lost nor doubled");
}
