//! What does an app hear over its socket? HELLO, READY, interactions, and all the ways in which a connection ends.
//!
//! <https://docs.discord.com/developers/events/gateway>

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{Stand, script, world::World};

/// "Apps can send 120 gateway events per connection every 60 seconds".
const EVENTS: usize = 120;

/// What the gateway knows.
pub struct Gateway {
    sessions: HashMap<String, Session>,
    current: Option<String>,
    /// Frames that the app sent, in order.
    pub frames: Vec<Value>,
    pub heartbeat: Duration,
    /// No heartbeat is acknowledged.
    pub silent: bool,
    /// The next IDENTIFY is answered by closing with this code.
    pub refuse: Option<u16>,
}

impl Default for Gateway {
    fn default() -> Self {
        let heartbeat = Duration::from_millis(41_250);
        Self { sessions: HashMap::new(), current: None, frames: Vec::new(), heartbeat, silent: false, refuse: None }
    }
}

/// What can be resumed.
#[derive(Default)]
struct Session {
    seq: u64,
    events: Vec<Value>,
    live: Option<mpsc::UnboundedSender<Order>>,
}

/// What a connection is to do.
#[derive(Debug)]
enum Order {
    Frame(Value),
    Close(u16, &'static str),
    Cut,
}

impl Gateway {
    /// Sends an event, or keeps it for whoever resumes. False without a session.
    pub fn dispatch(&mut self, name: &str, data: &Value) -> bool {
        let Some(session) = self.current.as_ref().and_then(|id| self.sessions.get_mut(id)) else { return false };
        session.dispatch(name, data);
        true
    }

    pub fn has_session(&self) -> bool {
        self.current.is_some()
    }

    /// Whether an app is connected right now.
    pub fn is_live(&self) -> bool {
        self.current.as_ref().and_then(|id| self.sessions.get(id)).is_some_and(|session| session.live.is_some())
    }

    pub fn count(&self, op: u64) -> usize {
        self.frames.iter().filter(|frame| frame["op"] == op).count()
    }

    fn order(&mut self, order: Order) {
        let session = self.current.as_ref().and_then(|id| self.sessions.get_mut(id)).expect("an app has identified");
        let over = !matches!(order, Order::Frame(_));
        session.live.as_ref().expect("an app is connected").send(order).ok();
        if over {
            session.live = None;
        }
    }
}

impl Session {
    fn dispatch(&mut self, name: &str, data: &Value) {
        self.seq += 1;
        let frame = json!({ "op": 0, "t": name, "s": self.seq, "d": data });
        self.events.push(frame.clone());
        self.live.iter().for_each(|live| drop(live.send(Order::Frame(frame.clone()))));
    }
}

impl Stand {
    /// Waits until an app is connected and ready.
    pub async fn until_connected(&self) {
        let there = self.world.until(Duration::from_secs(20), |state| state.gateway.is_live().then_some(())).await;
        assert!(there.is_some(), "no app has connected");
    }

    /// Waits until the app has sent so many frames of this opcode (1 heartbeat, 2 IDENTIFY, 6 RESUME).
    pub async fn until_sent(&self, op: u64, count: usize) {
        let there = self.world.until(Duration::from_secs(20), |state| (state.gateway.count(op) >= count).then_some(())).await;
        assert!(there.is_some(), "fewer than {count} frames with opcode {op}: {:?}", self.gateway(|gateway| gateway.frames.clone()));
    }

    /// Looks at the gateway, or changes how it behaves.
    pub fn gateway<T>(&self, look: impl FnOnce(&mut Gateway) -> T) -> T {
        self.world.change(|state| look(&mut state.gateway))
    }

    /// The socket is gone, without a word. What happens until the app resumes is kept for it.
    pub fn cut(&self) {
        self.gateway(|gateway| gateway.order(Order::Cut));
    }

    /// The socket is closed with a code.
    pub fn close(&self, code: u16) {
        self.gateway(|gateway| gateway.order(Order::Close(code, "closed by the test")));
    }

    /// Opcode 7: come back and resume.
    pub fn ask_to_reconnect(&self) {
        self.gateway(|gateway| gateway.order(Order::Frame(json!({ "op": 7, "d": null }))));
    }

    /// Opcode 9: the session is over, or may still be resumed.
    pub fn invalidate(&self, resumable: bool) {
        self.gateway(|gateway| {
            gateway.order(Order::Frame(json!({ "op": 9, "d": resumable })));
            if !resumable {
                gateway.current.take().map(|id| gateway.sessions.remove(&id));
            }
        });
    }
}

/// Takes connections until it is dropped.
pub async fn listen(world: Arc<World>, listener: TcpListener) {
    let mut open = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).unwrap();
        open.spawn(connection(Arc::clone(&world), stream));
        while open.try_join_next().is_some() {}
    }
}

#[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
async fn connection(world: Arc<World>, stream: TcpStream) {
    let asked = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        if !query.split('&').any(|part| part == "v=10") {
            world.fault(format!("the gateway was asked without v=10: {query}"));
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, asked).await else { return };
    let (live, mut orders) = mpsc::unbounded_channel();
    let beat = world.with(|state| state.gateway.heartbeat);
    let hello = json!({ "op": 10, "d": { "heartbeat_interval": u64::try_from(beat.as_millis()).unwrap() }, "s": null, "t": null });
    let mut client = Client { world, live: live.clone(), session: None, events: 0, since: Instant::now(), beaten: Instant::now() };
    live.send(Order::Frame(hello)).ok();
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Order::Frame(frame)) => {
                    if socket.send(Message::Text(frame.to_string())).await.is_err() { break }
                }
                Some(Order::Close(code, reason)) => {
                    close(&mut socket, code, reason).await;
                    break;
                }
                Some(Order::Cut) | None => break,
            },
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => client.hear(&text),
                Some(Ok(Message::Close(frame))) => {
                    client.ended(frame.is_some_and(|frame| matches!(u16::from(frame.code), 1000 | 1001)));
                    socket.next().await;
                    break;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    client.ended(false);
                    break;
                }
            },
            () = tokio::time::sleep_until(client.beaten + 2 * beat) => client.order(Order::Close(4000, "no heartbeat")),
        }
    }
}

/// serenity writes "Bot " before the token here too, and Discord lets it.
fn is_token(token: &str, data: &Value) -> bool {
    let said = data["token"].as_str().unwrap_or_default();
    !token.is_empty() && said.strip_prefix("Bot ").unwrap_or(said) == token
}

async fn close(socket: &mut WebSocketStream<TcpStream>, code: u16, reason: &'static str) {
    socket.close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })).await.ok();
    while let Ok(Some(Ok(_))) = tokio::time::timeout(Duration::from_secs(5), socket.next()).await {}
}

/// One connection's side of the talk.
struct Client {
    world: Arc<World>,
    live: mpsc::UnboundedSender<Order>,
    session: Option<String>,
    events: usize,
    since: Instant,
    beaten: Instant,
}

impl Client {
    fn order(&self, order: Order) {
        self.live.send(order).ok();
        self.ended(false);
    }

    /// The connection is over, and with 1000 and 1001 its session too.
    fn ended(&self, session_too: bool) {
        let Some(id) = &self.session else { return };
        self.world.change(|state| {
            let gateway = &mut state.gateway;
            // Another connection may have taken the session over.
            if let Some(session) = gateway.sessions.get_mut(id)
                && session.live.as_ref().is_some_and(|live| live.same_channel(&self.live))
            {
                session.live = None;
            }
            if session_too {
                gateway.sessions.remove(id);
                gateway.current.take_if(|current| current == id);
            }
        });
    }

    fn hear(&mut self, text: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(text) else { return self.order(Order::Close(4002, "Error while decoding payload.")) };
        self.world.change(|state| state.gateway.frames.push(frame.clone()));
        if self.since.elapsed() > Duration::from_mins(1) {
            (self.events, self.since) = (0, Instant::now());
        }
        self.events += 1;
        if self.events > EVENTS {
            return self.order(Order::Close(4008, "You are being rate limited."));
        }
        match (frame["op"].as_u64(), &self.session) {
            (Some(1), _) => {
                self.beaten = Instant::now();
                if !self.world.with(|state| state.gateway.silent) {
                    self.live.send(Order::Frame(json!({ "op": 11, "d": null }))).ok();
                }
            }
            (Some(2), None) => self.identify(&frame["d"]),
            (Some(6), None) => self.resume(&frame["d"]),
            (Some(2 | 6), Some(_)) => self.order(Order::Close(4005, "Already authenticated.")),
            (Some(3 | 4 | 8 | 31), Some(_)) => self.world.fault(format!("the app has no need to send {frame}")),
            (Some(3 | 4 | 8 | 31), None) => self.order(Order::Close(4003, "Not authenticated.")),
            _ => self.order(Order::Close(4001, "Unknown opcode.")),
        }
    }

    fn identify(&mut self, data: &Value) {
        let (good, refuse) = self.world.with(|state| (is_token(&state.token, data), state.gateway.refuse.take()));
        if let Some(code) = refuse {
            return self.order(Order::Close(code, "refused by the test"));
        }
        if !good {
            return self.order(Order::Close(4004, "Authentication failed."));
        }
        if data["intents"] != 0 {
            self.world.fault(format!("intents {}: interactions need none", data["intents"]));
        }
        let id = format!("session-{}", self.world.id());
        self.session = Some(id.clone());
        let ready = script::ready(&id, self.world.socket);
        self.world.change(|state| {
            let mut session = Session { live: Some(self.live.clone()), ..Session::default() };
            session.dispatch("READY", &ready);
            state.gateway.sessions.insert(id.clone(), session);
            state.gateway.current = Some(id);
        });
    }

    fn resume(&mut self, data: &Value) {
        let id = data["session_id"].as_str().unwrap_or_default().to_owned();
        let seq = data["seq"].as_u64().unwrap_or(u64::MAX);
        let order = self.world.change(|state| {
            if !is_token(&state.token, data) {
                return Some(Order::Close(4004, "Authentication failed."));
            }
            let Some(session) = state.gateway.sessions.get_mut(&id) else { return Some(Order::Frame(json!({ "op": 9, "d": false }))) };
            if seq > session.seq {
                return Some(Order::Close(4007, "Invalid seq."));
            }
            let missed = session.events.iter().filter(|event| event["s"].as_u64() > Some(seq));
            missed.for_each(|event| drop(self.live.send(Order::Frame(event.clone()))));
            session.live = Some(self.live.clone());
            session.dispatch("RESUMED", &json!({}));
            None
        });
        match order {
            None => self.session = Some(id),
            Some(order @ Order::Frame(_)) => drop(self.live.send(order)),
            Some(order) => self.order(order),
        }
    }
}
