//! Does the gateway close a connection for what Discord closes it for, and play back what was missed?

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::support::discord::{Stand, TOKEN};

/// A socket of ours, after HELLO.
struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(stand: &Stand) -> Self {
        let address = stand.world.socket;
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/?v=10"), stream).await.unwrap();
        let mut socket = Self(socket);
        assert_eq!(socket.hears().await["op"], 10);
        socket
    }

    async fn says(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Message {
        tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("in time").unwrap().unwrap()
    }

    async fn hears(&mut self) -> Value {
        serde_json::from_str(self.next().await.to_text().unwrap()).unwrap()
    }

    /// The code that it is closed with.
    async fn closed(&mut self) -> u16 {
        match self.next().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("no close: {other:?}"),
        }
    }

    /// Identifies and returns the session.
    async fn identifies(&mut self) -> Value {
        self.says(identify(TOKEN)).await;
        let ready = self.hears().await;
        assert_eq!((&ready["t"], &ready["s"]), (&json!("READY"), &json!(1)));
        ready["d"]["session_id"].clone()
    }
}

fn identify(token: &str) -> Value {
    json!({ "op": 2, "d": { "token": token, "intents": 0, "properties": {} } })
}

fn resume(session: &Value, seq: u64) -> Value {
    json!({ "op": 6, "d": { "token": TOKEN, "session_id": session, "seq": seq } })
}

#[tokio::test]
async fn what_it_closes_for() {
    let stand = Stand::start().await;
    let first = [
        (json!({ "op": 99 }), 4001),
        (json!({ "op": 3, "d": {} }), 4003),
        (identify("another"), 4004),
        (json!({ "op": 6, "d": { "token": "another", "session_id": "x", "seq": 1 } }), 4004),
    ];
    for (frame, code) in first {
        let mut socket = Socket::open(&stand).await;
        socket.says(frame.clone()).await;
        assert_eq!(socket.closed().await, code, "{frame}");
    }
    let mut socket = Socket::open(&stand).await;
    socket.0.send(Message::Text("{".to_owned())).await.unwrap();
    assert_eq!(socket.closed().await, 4002);
    let mut socket = Socket::open(&stand).await;
    socket.identifies().await;
    socket.says(identify(TOKEN)).await;
    assert_eq!(socket.closed().await, 4005);
    let mut socket = Socket::open(&stand).await;
    for _ in 0..120 {
        socket.says(json!({ "op": 1, "d": null })).await;
        assert_eq!(socket.hears().await["op"], 11);
    }
    socket.says(json!({ "op": 1, "d": null })).await;
    assert_eq!(socket.closed().await, 4008, "120 a minute");
}

#[tokio::test]
async fn what_was_missed_is_played_back_once() {
    let stand = Stand::start().await;
    let mut socket = Socket::open(&stand).await;
    let session = socket.identifies().await;
    let happens = |n: u64| stand.gateway(|gateway| gateway.dispatch("INTERACTION_CREATE", &json!({ "n": n })));
    assert!(happens(1));
    assert_eq!(socket.hears().await["d"]["n"], 1);
    stand.cut();
    assert!(matches!(socket.0.next().await, Some(Err(_)) | None), "no close frame");
    assert!(happens(2) && happens(3));
    let mut socket = Socket::open(&stand).await;
    socket.says(resume(&session, 2)).await;
    assert_eq!(socket.hears().await["d"]["n"], 2);
    assert_eq!(socket.hears().await["d"]["n"], 3);
    assert_eq!(socket.hears().await["t"], "RESUMED");
    assert!(happens(4));
    assert_eq!(socket.hears().await["s"], 6);
    let mut socket = Socket::open(&stand).await;
    socket.says(resume(&session, 60)).await;
    assert_eq!(socket.closed().await, 4007, "a number that was never sent");
    let mut socket = Socket::open(&stand).await;
    socket.says(resume(&json!("another"), 1)).await;
    assert_eq!(socket.hears().await, json!({ "op": 9, "d": false }));
    socket.says(resume(&session, 6)).await;
    assert_eq!(socket.hears().await["t"], "RESUMED");
    socket.0.close(None).await.unwrap();
    while socket.0.next().await.is_some_and(|heard| heard.is_ok()) {}
    let mut socket = Socket::open(&stand).await;
    socket.says(resume(&session, 7)).await;
    assert_eq!(socket.hears().await["t"], "RESUMED", "a close without a code leaves the session");
    let normal = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 1000.into(), reason: "".into() };
    socket.0.close(Some(normal)).await.unwrap();
    while socket.0.next().await.is_some_and(|heard| heard.is_ok()) {}
    let mut socket = Socket::open(&stand).await;
    socket.says(resume(&session, 8)).await;
    assert_eq!(socket.hears().await["op"], 9, "1000 ends it");
}

#[tokio::test]
async fn heartbeats_are_acknowledged_or_not_and_have_to_come() {
    let stand = Stand::start().await;
    stand.gateway(|gateway| (gateway.heartbeat, gateway.silent) = (Duration::from_millis(250), true));
    let mut socket = Socket::open(&stand).await;
    socket.says(json!({ "op": 1, "d": null })).await;
    stand.until_sent(1, 1).await;
    stand.gateway(|gateway| gateway.silent = false);
    socket.says(json!({ "op": 1, "d": null })).await;
    assert_eq!(socket.hears().await["op"], 11);
    assert_eq!(socket.closed().await, 4000, "none came any more");
    assert_eq!(stand.gateway(|gateway| gateway.count(1)), 2);
}
