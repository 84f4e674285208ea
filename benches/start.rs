//! How long from starting the program, over a filled store, to its first answer?
//!
//! `cargo bench --bench start`: `ask` as a command, and `serve` up to its first HTTP answer, over 90 days
//! of `contoso` in a store of its own. Each the median of 15 starts.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::date};
use scorewatch::{
    access::api_key,
    graph::read_saved,
    sandbox::{self, Options},
    store::{AuditEntry, KnownKey, Source, Store},
};

const STARTS: usize = 15;
const ADDRESS: &str = "127.0.0.1:18973";

fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("run with `cargo bench --bench start`");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("scorewatch.db");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(fill(&store));
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    for skill in ["secure_score", "score_changes", "weakest_controls"] {
        println!("ask {skill}: {:.1} ms", median((0..STARTS).map(|_| ask(&store, skill)).collect()));
    }
    println!("serve, to its first answer over HTTP: {:.1} ms", median((0..STARTS).map(|_| serve(home.path(), &store)).collect()));
}

async fn fill(path: &Path) {
    let today = date(2026, 11, 21);
    let options = Options::new(today);
    let scores = sandbox::scores_json("contoso", &options, today, 90).unwrap();
    let profiles = sandbox::profiles_json("contoso", &options, today).unwrap();
    let reading = read_saved(&[("scores.json".to_owned(), scores), ("profiles.json".to_owned(), profiles)]).unwrap();
    let store = Store::open(path).await.unwrap();
    store.save("contoso", &reading, Source::Import, Timestamp::now()).await.unwrap();
    let key = KnownKey {
        id: "bench".to_owned(),
        name: "bench".to_owned(),
        sha256: api_key::digest("bench"),
        role: "reader".to_owned(),
        tenants: None,
        created: Timestamp::now(),
        expires: None,
        revoked: None,
    };
    let asker = "bench".to_owned();
    let entry =
        AuditEntry { at: key.created, asker, what: "key.new".to_owned(), tenant: None, subject: key.id.clone(), detail: "{}".to_owned() };
    store.key_add(&key, &entry).await.unwrap();
    store.close().await;
}

fn ask(store: &Path, skill: &str) -> Duration {
    let began = Instant::now();
    let out = Command::new(env!("CARGO_BIN_EXE_scorewatch")).args(["ask", "--store"]).arg(store).args([skill, "--text"]).output().unwrap();
    assert!(out.status.success() && !out.stdout.is_empty(), "{out:?}");
    began.elapsed()
}

fn serve(home: &Path, store: &Path) -> Duration {
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scorewatch"));
    command.args(["serve", "--listen", ADDRESS, "--store"]).arg(store).current_dir(home).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let answered = loop {
        assert!(began.elapsed() < Duration::from_secs(30), "no answer");
        if let Some(answer) = get() {
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            break began.elapsed();
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    answered
}

fn get() -> Option<String> {
    let mut stream = TcpStream::connect(ADDRESS).ok()?;
    write!(stream, "GET /skills/secure_score HTTP/1.1\r\nHost: {ADDRESS}\r\nAuthorization: Bearer bench\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    (!answer.is_empty()).then_some(answer)
}
