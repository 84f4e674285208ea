//! A stand-in for all webhooks of processes that are killed: it counts by path what arrived whole, and answers late, never or as a script says.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// What it says of each message, as Discord does.
const MADE: &str = "{\"id\":\"1100000000000000009\"}";

/// What it does with one request.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Answers with this status.
    Status(u16),
    /// Answers 429 and wants to be asked again after so many seconds.
    After(u64),
    /// Answers 200 after a while.
    Slow(Duration),
    /// Reads the head and nothing more, for as long as the other side waits.
    Ignore,
    /// Takes it, and answers only when [`Sink::release`] says so.
    Withhold,
}

/// A request that arrived whole.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    /// The id of the post.
    pub id: String,
    pub body: String,
    pub at: Instant,
}

#[derive(Default)]
struct State {
    scripts: BTreeMap<String, VecDeque<Act>>,
    always: BTreeMap<String, Act>,
    begun: usize,
    seen: Vec<Seen>,
    released: bool,
}

/// It listens until the test ends.
#[derive(Clone)]
pub struct Sink {
    pub root: String,
    state: Arc<Mutex<State>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let sink = Self { root, state: Arc::default() };
        let serving = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (sink, stream) = (serving.clone(), stream.unwrap());
                // A side that was killed breaks off anywhere.
                std::thread::spawn(move || drop(sink.serve(stream)));
            }
        });
        sink
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next requests to `path` are handled so, in this order.
    pub fn script(&self, path: &str, acts: &[Act]) {
        self.state().scripts.entry(path.to_owned()).or_default().extend(acts);
    }

    /// All other requests to `path` are handled so.
    pub fn always(&self, path: &str, act: Act) {
        self.state().always.insert(path.to_owned(), act);
    }

    /// Answers what was withheld, and withholds no more.
    pub fn release(&self) {
        self.state().released = true;
    }

    /// How many requests began to arrive.
    pub fn begun(&self) -> usize {
        self.state().begun
    }

    /// What arrived whole, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How often the post with this id arrived whole.
    pub fn count(&self, id: &str) -> usize {
        self.state().seen.iter().filter(|seen| seen.id == id).count()
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            lines.push(line);
        }
        let header = |name: &str| {
            let value = lines.iter().find_map(|line| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name)));
            value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let path = lines[0].split(' ').nth(1).unwrap().to_owned();
        let act = {
            let mut state = self.state();
            state.begun += 1;
            let scripted = state.scripts.get_mut(&path).and_then(VecDeque::pop_front);
            scripted.or_else(|| state.always.get(&path).copied()).unwrap_or(Act::Status(200))
        };
        if let Act::Ignore = act {
            // Ends when the other side does.
            std::thread::sleep(Duration::from_mins(1));
            return Ok(());
        }
        let mut body = vec![0; header("content-length").parse().unwrap()];
        reader.read_exact(&mut body)?;
        let seen = Seen { path, id: header("webhook-id"), body: String::from_utf8_lossy(&body).into_owned(), at: Instant::now() };
        self.state().seen.push(seen);
        let head = match act {
            Act::Status(status) => format!("HTTP/1.1 {status} Whatever"),
            Act::After(seconds) => format!("HTTP/1.1 429 Too Many Requests\r\nRetry-After: {seconds}"),
            Act::Slow(wait) => {
                std::thread::sleep(wait);
                "HTTP/1.1 200 OK".to_owned()
            }
            Act::Ignore | Act::Withhold => {
                while !self.state().released {
                    std::thread::sleep(Duration::from_millis(5));
                }
                "HTTP/1.1 200 OK".to_owned()
            }
        };
        let length = MADE.len();
        write!(stream, "{head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{MADE}")
    }
}
