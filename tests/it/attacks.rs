//! What can somebody do who only wants to do harm? Our listener over real sockets, and the program as a process whose memory is looked at.

use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use reqwest::{Client, Method, header};
use scorewatch::access::Role;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    http::{House, house_that, house_with, problem},
    program::Served,
    support::discord::typing,
};

/// What was asked for: so many connections, so many streams on each, so many bytes on each of these.
const CONNECTIONS: usize = 70;
const STREAMS: usize = 200;
const BYTES: usize = 240 * 1024;
/// What an attack may add to the memory of the program, in KiB.
const ADDED_MAX: u64 = 100 * 1024;
/// What may still be missing some time after it.
const LEFT_MAX: u64 = 40 * 1024;

/// The memory of a process that is in use, in KiB.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// A body of which so much comes, and never the end.
fn endless() -> reqwest::Body {
    static CHUNK: [u8; 16 * 1024] = [b'x'; 16 * 1024];
    let chunks = stream::iter((0..BYTES / CHUNK.len()).map(|_| Ok::<_, Infallible>(&CHUNK[..])));
    reqwest::Body::wrap_stream(chunks.chain(stream::pending()))
}

/// Has all connections send all their streams, with `headers`, for as long as `patience`. How many were answered, and the most memory.
async fn flood(served: &Served, headers: &[(&'static str, String)], patience: Duration) -> (usize, u64) {
    let answered = Arc::new(AtomicUsize::new(0));
    let mut attack = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = Client::builder().http2_prior_knowledge().build().unwrap();
        for _ in 0..STREAMS {
            let mut request = client.post(format!("http://{}/discord/interactions", served.address)).body(endless());
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let answered = Arc::clone(&answered);
            attack.spawn(async move {
                if let Ok(answer) = request.send().await {
                    let refused = [401, 503].contains(&answer.status().as_u16());
                    answered.fetch_add(usize::from(refused), Ordering::Relaxed);
                }
            });
        }
    }
    let (until, mut most) = (Instant::now() + patience, 0);
    while Instant::now() < until && !attack.is_empty() {
        let _ = tokio::time::timeout(Duration::from_millis(50), async { while attack.join_next().await.is_some() {} }).await;
        most = most.max(resident(served.child.id()));
    }
    attack.shutdown().await;
    (answered.load(Ordering::Relaxed), most)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_nobody_fill_no_memory() {
    let home = tempfile::tempdir().unwrap();
    let key = typing::key(1);
    let public_key = typing::hex(ring::signature::KeyPair::public_key(&key).as_ref());
    // Nothing listens at the proxy: this bot says nothing.
    let discord = format!(
        "[discord]\napplication_id = \"1100000000000000001\"\ntoken = \"t\"\nhttp_only = true\nproxy = \"http://127.0.0.1:9\"\npublic_key = \"{public_key}\"\n"
    );
    fs::write(home.path().join("scorewatch.toml"), format!("[server]\nlisten = \"127.0.0.1:0\"\n{discord}")).unwrap();
    let served = Served::start(home.path());
    let ping = Client::new().get(format!("http://{}/healthz", served.address)).send().await.unwrap();
    assert_eq!(ping.status(), 200);
    let before = resident(served.child.id());

    let (answered, most) = flood(&served, &[], Duration::from_secs(15)).await;
    assert!(answered > CONNECTIONS, "whoever signs nothing is refused at once: {answered}");
    assert!(most < before + ADDED_MAX, "without a signature: from {before} to {most} KiB");

    // What looks like a signature costs nothing, and its body must be read.
    let now = jiff::Timestamp::now().as_second() + 5;
    let forged = [("X-Signature-Ed25519", "0".repeat(128)), ("X-Signature-Timestamp", now.to_string())];
    let (_, most) = flood(&served, &forged, Duration::from_secs(8)).await;
    assert!(most < before + ADDED_MAX, "with a forged one: from {before} to {most} KiB");

    // Discord itself is heard at once.
    let call = r#"{"id":"7","application_id":"1100000000000000001","type":1,"token":"token","version":1}"#;
    let mut genuine = Client::new().post(format!("http://{}/discord/interactions", served.address)).body(call);
    for (name, value) in typing::signed(&key, call, jiff::Timestamp::now().as_second()) {
        genuine = genuine.header(name, value);
    }
    assert_eq!(genuine.send().await.unwrap().status(), 200);
    let until = Instant::now() + Duration::from_secs(20);
    while resident(served.child.id()) > before + LEFT_MAX {
        assert!(Instant::now() < until, "from {before} KiB there are still {} in use", resident(served.child.id()));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What `request` gets, written as it stands.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn idle_connections_lock_nobody_out() {
    let house = house_with(|_| ()).await;
    let address = house.server.local_addr();
    // More than one address may have.
    let mut idle = Vec::new();
    for number in 0..280 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 3 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a").await.unwrap();
        }
        idle.push(stream);
    }
    let answer = raw(address, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), 200, "{answer}");
    let mut ends = 0;
    for stream in &mut idle {
        let mut byte = [0];
        ends += usize::from(tokio::time::timeout(Duration::from_millis(1), stream.read(&mut byte)).await.is_ok());
    }
    assert!(ends >= 280 - 256, "the oldest of them made room: {ends}");
}

#[tokio::test]
async fn a_request_names_one_host_at_every_listener() {
    let house = house_with(|settings| settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    for (address, path) in [(house.server.local_addr(), "/healthz"), (house.server.metrics_addr().unwrap(), "/metrics")] {
        for (head, expected) in [
            (format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n"), 200),
            (format!("GET {path} HTTP/1.1\r\n"), 400),
            (format!("GET {path} HTTP/1.1\r\nHost:\r\n"), 400),
            (format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n"), 400),
            (format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n"), 400),
            (format!("GET {path} HTTP/1.1\r\nHost: me@localhost\r\n"), 400),
            (format!("GET http://localhost{path} HTTP/1.1\r\nHost: evil.example\r\n"), 200),
        ] {
            let answer = raw(address, &format!("{head}Connection: close\r\n\r\n")).await;
            assert_eq!(status(&answer), expected, "{head}{answer}");
        }
    }
}

#[tokio::test]
async fn a_page_that_was_led_here_by_another_name_reads_no_metrics() {
    let house = house_with(|settings| settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let address = house.server.metrics_addr().unwrap();
    for (head, expected) in [
        (format!("GET /metrics HTTP/1.1\r\nHost: {address}"), 200),
        ("GET /metrics HTTP/1.1\r\nHost: [::1]:9464".to_owned(), 200),
        ("GET /metrics HTTP/1.1\r\nHost: rebind.example:9464".to_owned(), 403),
        ("GET /metrics HTTP/1.1\r\nHost: localhost.rebind.example".to_owned(), 403),
        // What is behind the name counts where both are said.
        ("GET http://rebind.example/metrics HTTP/1.1\r\nHost: localhost".to_owned(), 403),
        ("GET /metrics HTTP/1.0".to_owned(), 403),
    ] {
        let answer = raw(address, &format!("{head}\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(status(&answer), expected, "{head}: {answer}");
        assert_eq!(answer.contains("scorewatch_questions_total"), expected == 200);
        assert!(!answer.to_ascii_lowercase().contains("www-authenticate"), "no credential helps: {answer}");
    }
}

#[tokio::test]
async fn with_a_token_the_metrics_are_read_from_elsewhere() {
    let token = "Tr5pJ0wKMOoqg1g2E1VQXQ==";
    let house = house_with(|settings| {
        settings.metrics_listen = Some("0.0.0.0:0".parse().unwrap());
        settings.metrics_token = Some(token.into());
    })
    .await;
    let url = format!("http://127.0.0.1:{}/metrics", house.server.metrics_addr().unwrap().port());
    let get = |token: Option<&str>| {
        let request = house.client.get(&url).header(header::HOST, "scorewatch.monitoring.svc:9464");
        token.map_or_else(|| request.try_clone().unwrap(), |token| request.try_clone().unwrap().bearer_auth(token)).send()
    };
    assert_eq!(get(Some(token)).await.unwrap().status(), 200);
    for wrong in [None, Some("Tr5pJ0wKMOoqg1g2E1VQXQ="), Some("x"), Some(&*house.key(Role::Operator, None).await)] {
        let refused = get(wrong).await.unwrap();
        assert!(refused.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
        problem(refused, 401).await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let house = house_with(|_| ()).await;
    let (address, key) = (house.server.local_addr(), house.reader().await);
    let head = |credential: &str| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\n{credential}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 500\r\n\r\n{{"
        )
    };
    let began = Instant::now();
    let unknown = raw(address, &head("")).await;
    assert_eq!(status(&unknown), 401, "{unknown}");
    assert!(began.elapsed() < Duration::from_secs(4), "whoever is nobody is refused before the body");
    let late = raw(address, &head(&format!("Authorization: Bearer {key}\r\n"))).await;
    assert!(status(&late) == 400 && late.contains("did not come"), "{late}");
}

#[tokio::test]
async fn refused_credentials_are_counted() {
    scorewatch::telemetry::collect_metrics(scorewatch::surfaces::metrics()).unwrap();
    let house: House = house_that(|_| (), scorewatch::telemetry::render_metrics).await;
    let counted = |kind: &str| {
        let text = scorewatch::telemetry::render_metrics();
        let line = format!("scorewatch_credentials_refused_total{{kind=\"{kind}\"}} ");
        text.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |number| number.parse::<u64>().unwrap())
    };
    let failed = || {
        let text = scorewatch::telemetry::render_metrics();
        let line = "scorewatch_requests_failed_total{kind=\"unauthenticated\"} ";
        text.lines().find_map(|found| found.strip_prefix(line)).map_or(0, |number| number.parse::<u64>().unwrap())
    };
    let (before, failed_before) = (["key", "token"].map(counted), failed());
    for credential in ["sw_of_nobody", "a.b.c"] {
        problem(house.get("/skills", credential).await, 401).await;
    }
    problem(house.request(Method::GET, "/skills").send().await.unwrap(), 401).await;
    assert!(["key", "token"].map(counted).iter().zip(before).all(|(after, before)| *after > before));
    assert!(failed() >= failed_before + 3);
}
