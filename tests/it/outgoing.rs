//! Does anything that is meant for this machine leave it? The real binary, and a system proxy that counts.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::Command,
    sync::{Arc, Mutex},
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::{
    sandbox::{Options, Sandbox},
    store::DeliveryState,
};

use crate::{
    program::{configured, err, out, program, wait},
    support::{
        entra::{CLIENT, HOME, SignIn},
        outbox::{Serving, enqueue, home, row, store, until},
        sink::Sink,
    },
};

/// A proxy that lets nobody through, and keeps what each asked for.
struct Proxy {
    root: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { root: format!("http://{}", listener.local_addr().unwrap()), asked: Arc::default() };
        let asked = Arc::clone(&proxy.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                asked.lock().unwrap().push(line.trim().to_owned());
                let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        proxy
    }

    /// Makes it the proxy of the machine that `command` runs on.
    fn of<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"].map(|name| (name, &self.root)))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn entra(root: &str) -> String {
    format!(
        "[entra]\nclient_id = \"{CLIENT}\"\nlogin_root = \"{root}\"\n[entra.grants.copilot]\ndirectory = \"{HOME}\"\nscope = \"Score.Read\"\ntenants = \"all\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_for_this_machine_goes_to_the_proxy_and_what_is_outside_does() {
    let day = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(5.days());
    let sandbox = Sandbox::start(Options::new(day)).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let file = home.path().join("scorewatch.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let _ = write!(text, "{}", entra("https://login.invalid"));
    std::fs::write(&file, text).unwrap();
    let proxy = Proxy::start();
    let checked = proxy.of(program(home.path()).arg("check")).output().unwrap();
    let said = out(&checked) + &err(&checked);
    assert!(said.contains("contoso: profiles: ok"), "{said}");
    assert!(said.contains("version 2.0 tokens: FAILED"), "{said}");
    let asked = proxy.asked();
    assert_eq!(asked, ["CONNECT login.invalid:443 HTTP/1.1"; 2], "the keys for both versions of tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_posts_nor_signing_keys_of_this_machine_pass_the_proxy() {
    let (sink, sign_in, proxy) = (Sink::start(), SignIn::start().await, Proxy::start());
    let home = home(&sink, &[("soc", "operator", "all")], &entra(&sign_in.root));
    let checked = proxy.of(program(home.path()).arg("check")).output().unwrap();
    assert!(out(&checked).contains("version 2.0 tokens: ok"), "{}{}", out(&checked), err(&checked));
    let store = store(home.path()).await;
    let id = enqueue(&store, &row("soc", "monday", &[])).await;
    let _serving = Serving::of(proxy.of(program(home.path()).arg("serve")));
    until(&store, &id, DeliveryState::Sent).await;
    wait("the post", || (sink.count(&id) == 1).then_some(()));
    assert_eq!(proxy.asked(), [""; 0]);
}
