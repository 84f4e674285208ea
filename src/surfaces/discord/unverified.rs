//! How much do we hold of calls that nobody verified yet? Little of all of them together, and not for long.
//!
//! Anybody can send headers that look like Discord's, and a body that never ends. Where there is no room for one more, the call that has been
//! coming for the longest from whoever sends most is given up: Discord's come whole within milliseconds.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Body;
use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};

/// How many calls may be coming at once, and how many of them from one network.
const CALLS_MAX: usize = 64;
const CALLS_OF_ONE_MAX: usize = 8;
/// How many bytes are held of all calls together.
const ROOM_BYTES: usize = 8 * 1024 * 1024;
/// How long a call may take to come: Discord itself waits three seconds for its answer.
const TIME_MAX: Duration = Duration::from_secs(2);

/// The calls that are coming.
pub(super) struct Unverified {
    bytes_max: usize,
    time_max: Duration,
    coming: Mutex<Coming>,
}

/// What came of them, the oldest first.
#[derive(Default)]
struct Coming {
    next: u64,
    held: usize,
    calls: BTreeMap<u64, Call>,
}

/// A call that is coming.
struct Call {
    from: IpAddr,
    body: Vec<u8>,
    /// Whoever reads it hears when this is dropped.
    _given_up: oneshot::Sender<()>,
}

/// A call among those that are coming, until it is dropped.
struct IncomingCall<'a> {
    unverified: &'a Unverified,
    id: u64,
}

impl Unverified {
    /// Holds bodies of at most `bytes_max` each.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, time_max: TIME_MAX, coming: Mutex::default() }
    }

    /// The whole of `body`, which comes from the network `from`; `None` when it is too large, too slow or broke off.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] when it was given up for another.
    pub async fn read(&self, from: IpAddr, body: Body) -> Result<Option<Vec<u8>>> {
        let (entry, given_up) = self.enter(from);
        let whole = async {
            let mut chunks = body.into_data_stream();
            while let Some(chunk) = chunks.next().await {
                match chunk {
                    Ok(chunk) if self.coming().add(entry.id, &chunk, self.bytes_max)? => {}
                    Ok(_) | Err(_) => return Ok(None),
                }
            }
            self.coming().take(entry.id).ok_or_else(too_many).map(Some)
        };
        tokio::select! {
            // What came whole has just left the calls that are coming, which looks like being given up.
            biased;
            read = tokio::time::timeout(self.time_max, whole) => read.unwrap_or(Ok(None)),
            _ = given_up => Err(too_many()),
        }
    }

    fn enter(&self, from: IpAddr) -> (IncomingCall<'_>, oneshot::Receiver<()>) {
        let mut coming = self.coming();
        coming.make_room(from);
        let (sender, given_up) = oneshot::channel();
        let id = coming.next;
        coming.next += 1;
        coming.calls.insert(id, Call { from, body: Vec::new(), _given_up: sender });
        (IncomingCall { unverified: self, id }, given_up)
    }

    /// The calls that are coming, whoever panicked while looking at them: nothing in it is left half changed.
    fn coming(&self) -> MutexGuard<'_, Coming> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Coming {
    /// Gives up a call where one more from the network `from` would be too many: the oldest of that network, or of the one with most.
    fn make_room(&mut self, from: IpAddr) {
        let mut of: HashMap<IpAddr, usize> = HashMap::new();
        for call in self.calls.values() {
            *of.entry(call.from).or_default() += 1;
        }
        let whose = if of.get(&from).is_some_and(|calls| *calls >= CALLS_OF_ONE_MAX) {
            Some(from)
        } else if self.calls.len() >= CALLS_MAX {
            let most = of.values().max().copied();
            self.calls.values().map(|call| call.from).find(|from| of.get(from).copied() == most)
        } else {
            None
        };
        let given_up = whose.and_then(|whose| self.calls.iter().find(|(_, call)| call.from == whose).map(|(id, _)| *id));
        if let Some(given_up) = given_up {
            drop(self.take(given_up));
        }
    }

    /// Takes in what came of the call `id`, in place of the oldest others where there is no room. `false` when that makes it too large.
    fn add(&mut self, id: u64, chunk: &[u8], bytes_max: usize) -> Result<bool> {
        let held = self.calls.get(&id).ok_or_else(too_many)?.body.len();
        if held + chunk.len() > bytes_max {
            return Ok(false);
        }
        while self.held + chunk.len() > ROOM_BYTES.max(bytes_max) {
            let oldest = self.calls.iter().find(|(other, call)| **other != id && !call.body.is_empty()).map(|(other, _)| *other);
            if oldest.and_then(|oldest| self.take(oldest)).is_none() {
                break;
            }
        }
        self.calls.get_mut(&id).ok_or_else(too_many)?.body.extend_from_slice(chunk);
        self.held += chunk.len();
        Ok(true)
    }

    /// What came of the call `id`, which is no longer coming then; `None` when it was given up.
    fn take(&mut self, id: u64) -> Option<Vec<u8>> {
        let taken = self.calls.remove(&id)?.body;
        self.held -= taken.len();
        Some(taken)
    }
}

impl Drop for IncomingCall<'_> {
    fn drop(&mut self) {
        drop(self.unverified.coming().take(self.id));
    }
}

fn too_many() -> Error {
    Error::new(ErrorKind::Throttled, "Too many calls are coming at once. Use the command again in a few seconds.")
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, net::Ipv4Addr, sync::Arc, time::Instant};

    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    const BODY: usize = 256 * 1024;
    const LARGE: usize = 240 * 1024;

    fn network(number: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, number).into()
    }

    /// A body that stops coming after so many bytes.
    fn stalled(bytes: usize) -> Body {
        let chunks = vec![Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]))];
        Body::from_stream(stream::iter(chunks).chain(stream::pending()))
    }

    #[tokio::test]
    async fn what_comes_whole_is_held_and_what_does_not_is_not() {
        let unverified = Unverified { time_max: Duration::from_millis(40), ..Unverified::new(BODY) };
        assert_eq!(unverified.read(network(1), Body::from("body")).await.unwrap().unwrap(), b"body");
        assert_eq!(unverified.read(network(1), Body::empty()).await.unwrap().unwrap(), b"");
        assert!(unverified.read(network(1), Body::from(vec![0; BODY])).await.unwrap().is_some());
        assert!(unverified.read(network(1), Body::from(vec![0; BODY + 1])).await.unwrap().is_none(), "too large");
        assert!(unverified.read(network(1), stalled(9)).await.unwrap().is_none(), "too slow");
        let broken = stream::iter([Ok(Bytes::from_static(b"bo")), Err(std::io::Error::other("broken"))]);
        assert!(unverified.read(network(1), Body::from_stream(broken)).await.unwrap().is_none());
        let coming = unverified.coming();
        assert_eq!((coming.held, coming.calls.len()), (0, 0));
    }

    #[tokio::test]
    async fn whoever_stalls_makes_room_for_whoever_comes() {
        let unverified = Arc::new(Unverified::new(BODY));
        let stalling: Vec<_> = (0..100)
            .map(|number| {
                let unverified = Arc::clone(&unverified);
                tokio::spawn(async move { unverified.read(network(number), stalled(LARGE)).await })
            })
            .collect();
        while unverified.coming().next < 100 {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        for _ in 0..50 {
            assert!(unverified.coming().held <= ROOM_BYTES);
            let held = unverified.read(network(1), Body::from(vec![b'y'; LARGE])).await.unwrap().unwrap();
            assert_eq!(held.len(), LARGE);
        }
        assert!(began.elapsed() < TIME_MAX / 2, "nobody waits for a deadline");
        for one in stalling {
            assert!(one.await.unwrap().ok().flatten().is_none());
        }
        assert_eq!(unverified.coming().held, 0);
    }

    #[tokio::test]
    async fn few_calls_come_at_once_and_whoever_sends_most_gives_up_first() {
        let unverified = Arc::new(Unverified::new(BODY));
        let stall = |from: IpAddr| {
            let unverified = Arc::clone(&unverified);
            tokio::spawn(async move { unverified.read(from, stalled(1)).await })
        };
        let began = Instant::now();
        let one = stall(network(0));
        let of_many: Vec<_> = (1..=20).flat_map(|number| [number; CALLS_OF_ONE_MAX + 1]).map(|number| stall(network(number))).collect();
        while unverified.coming().next < 1 + 20 * (CALLS_OF_ONE_MAX as u64 + 1) {
            tokio::task::yield_now().await;
        }
        {
            let coming = unverified.coming();
            assert_eq!(coming.calls.len(), CALLS_MAX);
            assert!((0..=20).all(|number| coming.calls.values().filter(|call| call.from == network(number)).count() <= CALLS_OF_ONE_MAX));
            assert!(coming.calls.values().any(|call| call.from == network(0)), "whoever has one keeps it, though it is the oldest");
        }
        tokio::task::yield_now().await;
        let given_up = of_many.iter().filter(|call| call.is_finished()).count();
        assert!(given_up > 0 && began.elapsed() < TIME_MAX / 2, "it is told at once");
        one.abort();
        for call in of_many {
            call.abort();
        }
    }
}
