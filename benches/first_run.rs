//! How much memory does a full first run of `contoso` add: 90 days and all profiles, read and stored?
//!
//! `cargo bench --bench first_run`. The sandbox is a process of its own; this one reads its peak resident
//! memory (`VmHWM`) before and after. Linux only.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use jiff::{Timestamp, civil::date};
use scorewatch::{
    graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings},
    sandbox::{Options, Sandbox},
    store::{Source, Store},
};

fn main() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::args().any(|arg| arg == "--sandbox") {
        return runtime().block_on(sandbox());
    }
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("run with `cargo bench --bench first_run`");
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap()).arg("--sandbox").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    runtime().block_on(first_run(words[0], words[1], words[2], words[3]));
    let _ = child.kill();
    let _ = child.wait();
}

async fn sandbox() {
    let sandbox = Sandbox::start(Options::new(date(2026, 11, 21))).await.unwrap();
    let tenant = sandbox.tenant("contoso").unwrap();
    println!("{} {} {} {}", sandbox.root(), tenant.entra_id, tenant.client_id, tenant.client_secret);
    std::future::pending::<()>().await;
}

async fn first_run(root: &str, entra_id: &str, client_id: &str, secret: &str) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("bench.db")).await.unwrap();
    let cloud = CloudEndpoints::new(root, root).unwrap();
    let graph =
        Graph::new(GraphSettings::new("contoso", entra_id, client_id, ClientCredential::Secret(secret.to_owned().into()), cloud)).unwrap();
    store.ensure_tenant("contoso").await.unwrap();
    let before = peak();
    let began = std::time::Instant::now();
    let reading = graph.read(None, &|_| ()).await.unwrap();
    let (days, profiles) = (reading.days.len(), reading.catalogue.as_ref().map_or(0, |catalogue| catalogue.profiles().len()));
    let read = peak();
    store.save("contoso", &reading, Source::Graph { fence: None }, Timestamp::now()).await.unwrap();
    let after = peak();
    println!("{days} days and {profiles} profiles read and stored in {:.2} s", began.elapsed().as_secs_f64());
    println!(
        "peak memory: {before} KiB before, +{} KiB read, +{} KiB read and stored ({:.2} MiB added)",
        read - before,
        after - before,
        (after - before) as f64 / 1024.0
    );
    store.close().await;
}

/// The peak resident memory of this process so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
