//! How much do we hold of calls that nobody verified yet? Little of all of them together, and not for long.
//!
//! Anybody can send headers that look like Discord's, and a body that never ends. Where there is no room for one more, the call that has been
//! coming for the longest is given up: Discord's come whole within milliseconds.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Body;
use futures_util::StreamExt as _;

use crate::error::{Error, Kind, Result};

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
    calls: BTreeMap<u64, Vec<u8>>,
}

/// A call among those that are coming, until it is dropped.
struct Entry<'a> {
    unverified: &'a Unverified,
    id: u64,
}

impl Unverified {
    /// Holds bodies of at most `bytes_max` each.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, time_max: TIME_MAX, coming: Mutex::default() }
    }

    /// The whole of `body`; `None` when it is too large, too slow or broke off.
    ///
    /// # Errors
    /// [`Kind::Throttled`] when it was given up for another.
    pub async fn read(&self, body: Body) -> Result<Option<Vec<u8>>> {
        let entry = self.enter();
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
        tokio::time::timeout(self.time_max, whole).await.unwrap_or(Ok(None))
    }

    fn enter(&self) -> Entry<'_> {
        let mut coming = self.coming();
        let id = coming.next;
        coming.next += 1;
        coming.calls.insert(id, Vec::new());
        Entry { unverified: self, id }
    }

    /// The calls that are coming, whoever panicked while looking at them: nothing in it is left half changed.
    fn coming(&self) -> MutexGuard<'_, Coming> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Coming {
    /// Takes in what came of the call `id`, in place of the oldest others where there is no room. `false` when that makes it too large.
    fn add(&mut self, id: u64, chunk: &[u8], bytes_max: usize) -> Result<bool> {
        let held = self.calls.get(&id).ok_or_else(too_many)?.len();
        if held + chunk.len() > bytes_max {
            return Ok(false);
        }
        while self.held + chunk.len() > ROOM_BYTES.max(bytes_max) {
            let oldest = self.calls.iter().find(|(other, held)| **other != id && !held.is_empty()).map(|(other, _)| *other);
            if oldest.and_then(|oldest| self.take(oldest)).is_none() {
                break;
            }
        }
        self.calls.entry(id).or_default().extend_from_slice(chunk);
        self.held += chunk.len();
        Ok(true)
    }

    /// What came of the call `id`, which is no longer coming then; `None` when it was given up.
    fn take(&mut self, id: u64) -> Option<Vec<u8>> {
        let taken = self.calls.remove(&id)?;
        self.held -= taken.len();
        Some(taken)
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        drop(self.unverified.coming().take(self.id));
    }
}

fn too_many() -> Error {
    Error::new(Kind::Throttled, "Too many calls are coming at once. Use the command again in a few seconds.")
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc, time::Instant};

    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    const BODY: usize = 256 * 1024;
    const LARGE: usize = 240 * 1024;

    /// A body that stops coming after so many bytes.
    fn stalled(bytes: usize) -> Body {
        let chunks = vec![Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]))];
        Body::from_stream(stream::iter(chunks).chain(stream::pending()))
    }

    #[tokio::test]
    async fn what_comes_whole_is_held_and_what_does_not_is_not() {
        let unverified = Unverified { time_max: Duration::from_millis(40), ..Unverified::new(BODY) };
        assert_eq!(unverified.read(Body::from("body")).await.unwrap().unwrap(), b"body");
        assert_eq!(unverified.read(Body::empty()).await.unwrap().unwrap(), b"");
        assert!(unverified.read(Body::from(vec![0; BODY])).await.unwrap().is_some());
        assert!(unverified.read(Body::from(vec![0; BODY + 1])).await.unwrap().is_none(), "too large");
        assert!(unverified.read(stalled(9)).await.unwrap().is_none(), "too slow");
        let broken = stream::iter([Ok(Bytes::from_static(b"bo")), Err(std::io::Error::other("broken"))]);
        assert!(unverified.read(Body::from_stream(broken)).await.unwrap().is_none());
        let coming = unverified.coming();
        assert_eq!((coming.held, coming.calls.len()), (0, 0));
    }

    #[tokio::test]
    async fn whoever_stalls_makes_room_for_whoever_comes() {
        let unverified = Arc::new(Unverified::new(BODY));
        let stalling: Vec<_> = (0..100)
            .map(|_| {
                let unverified = Arc::clone(&unverified);
                tokio::spawn(async move { unverified.read(stalled(LARGE)).await })
            })
            .collect();
        while unverified.coming().next < 100 {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        for _ in 0..50 {
            assert!(unverified.coming().held <= ROOM_BYTES);
            let held = unverified.read(Body::from(vec![b'y'; LARGE])).await.unwrap().unwrap();
            assert_eq!(held.len(), LARGE);
        }
        assert!(began.elapsed() < TIME_MAX / 2, "nobody waits for a deadline");
        for one in stalling {
            assert!(one.await.unwrap().unwrap().is_none());
        }
        assert_eq!(unverified.coming().held, 0);
    }
}
