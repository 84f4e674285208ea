//! A stand-in for the platforms behind a single destination: keeps each request as it came, with its headers, and answers in the words of each.
//!
//! `sink` stands in where processes are killed: it runs in threads, because those tests block, says at which step of a request it is, and keeps what was
//! sent by the id of its post. What the two have in common is reading a request.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is secret in every address that a stand-in gives out.
pub const SECRET: &str = "S3CRET-0f-the-address";

/// How the stand-in answers one request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With a status, headers and a body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// With these bytes, whatever they are.
    Raw(Vec<u8>),
    /// With status 200, and a body that goes on as long as somebody reads it.
    Endless,
    /// By closing the connection.
    Close,
}

impl Answer {
    /// A status alone.
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new(), String::new())
    }

    /// A status with words.
    pub fn says(status: u16, body: &str) -> Self {
        Self::Status(status, Vec::new(), body.to_owned())
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    /// The one header called `name`.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        assert_eq!(values.next(), None, "two {name}");
        value
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    script: VecDeque<Answer>,
}

/// The stand-in; it ends when it is dropped.
pub struct Hook {
    address: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hook {
    /// Begins to answer: as scripted, and with `otherwise` when the script is over.
    pub async fn start(otherwise: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let of_task = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&of_task), otherwise.clone()));
            }
        });
        Self { address, state, task }
    }

    /// An address that ends here, with a secret in its path and in its query.
    pub fn url(&self) -> String {
        format!("http://{}/services/{SECRET}?sig={SECRET}", self.address)
    }

    /// Answers the next requests so, one each.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().script.extend(answers);
    }

    /// All that arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }
}

/// Reads one request, answers it and closes.
async fn serve(mut socket: TcpStream, state: Arc<Mutex<State>>, otherwise: Answer) {
    let Some(seen) = read(&mut socket).await else { return };
    let answer = {
        let mut state = state.lock().unwrap();
        state.seen.push(seen);
        state.script.pop_front().unwrap_or(otherwise)
    };
    let (status, headers, body) = match answer {
        Answer::Close => return,
        Answer::Raw(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
            return;
        }
        Answer::Endless => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            while socket.write_all(&[b'x'; 4096]).await.is_ok() {}
            return;
        }
        Answer::Status(status, headers, body) => (status, headers, body),
    };
    let headers = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect::<Vec<_>>().concat();
    // 204 and 304 have no body, and say so by having no length.
    let length = if matches!(status, 204 | 304) { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let body = if matches!(status, 204 | 304) { "" } else { &body };
    let answer = format!("HTTP/1.1 {status} Scripted\r\n{headers}{length}connection: close\r\n\r\n{body}");
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if socket.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { method, path, headers, body })
}
