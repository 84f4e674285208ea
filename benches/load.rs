//! How fast is a remembered answer over HTTP, beside a bare axum route that returns the same bytes?
//!
//! `cargo bench --bench load` (needs `wrk`, from Debian's packages). Both servers run as processes of
//! their own on loopback, the same client asks them in turns, and the figure is their ratio: the demo's
//! server with keys, limits and metrics on against stock `axum::serve` with one route and no layer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

const PATH: &str = "/skills/weakest_controls?tenant=contoso&limit=5";
const ROUNDS: usize = 5;
const SECONDS: u64 = 6;

fn main() {
    if std::env::args().any(|arg| arg == "--bare") {
        return bare();
    }
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("run with `cargo bench --bench load`");
        return;
    }
    assert!(Command::new("wrk").arg("-v").output().is_ok(), "install wrk first: apt-get install wrk");
    let (mut demo, _demo_out) =
        spawn(Command::new(env!("CARGO_BIN_EXE_scorewatch")).args(["demo", "--listen", "127.0.0.1:0"]), "server    http://");
    let ours = demo.1.clone();
    let body = get(&ours, PATH);
    let mut bare_command = Command::new(std::env::current_exe().unwrap());
    let (mut bare, _bare_out) = spawn(bare_command.arg("--bare").env("BODY", &body), "bare http://");
    let theirs = bare.1.clone();
    assert_eq!(get(&theirs, "/"), body, "both return the same bytes");
    println!("{} bytes, wrk -t1 -c32 -d{SECONDS}s, {ROUNDS} rounds in turns", body.len());
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (bare_rate, bare_p99) = wrk(&theirs, "/");
        let (our_rate, our_p99) = wrk(&ours, PATH);
        ratios.push(our_rate / bare_rate);
        println!(
            "round {round}: bare {bare_rate:.0}/s (p99 {bare_p99}), scorewatch {our_rate:.0}/s (p99 {our_p99}), ratio {:.3}",
            our_rate / bare_rate
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3}", ratios[ROUNDS / 2]);
    for child in [&mut demo.0, &mut bare.0] {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A bare axum route that returns the bytes of `$BODY`.
fn bare() {
    use axum::{Router, body::Body, http::header, routing::get};
    let body = bytes::Bytes::from(std::env::var("BODY").unwrap());
    let route = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], Body::from(body.clone())) });
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("bare http://{}", listener.local_addr().unwrap());
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, Router::new().route("/", route)).await.unwrap();
    });
}

/// Starts a server and reads its address from the line that holds `mark`.
fn spawn(command: &mut Command, mark: &str) -> ((Child, String), BufReader<ChildStdout>) {
    #[expect(clippy::zombie_processes, reason = "the caller ends it; a panic ends the bench")]
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut line = String::new();
    while Instant::now() < deadline {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the server ended");
        if let Some((_, rest)) = line.split_once(mark) {
            let address = rest.split([',', ' ', '\n']).next().unwrap().to_owned();
            return ((child, address), out);
        }
    }
    panic!("no server within a minute");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer demo\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Requests per second and the 99th percentile of the latency.
fn wrk(address: &str, path: &str) -> (f64, String) {
    let duration = format!("-d{SECONDS}s");
    let args = ["-t1", "-c32", &duration, "--latency", "-H", "Authorization: Bearer demo", &format!("http://{address}{path}")];
    let out = Command::new("wrk").args(args).output().unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    assert!(!out.contains("Non-2xx"), "{out}");
    let after = |mark: &str| out.split_once(mark).unwrap_or_else(|| panic!("{out}")).1.split_whitespace().next().unwrap().to_owned();
    (after("Requests/sec:").parse().unwrap(), after("99%"))
}
