//! Where is the key that signed a token? Remembered; read again when it is unknown, but seldom, or when all have become old.
//!
//! Whoever sends tokens can make up ids of keys. So an unknown id is worth at most one reading in a while, all who
//! ask meanwhile share it, and known keys never wait for it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use reqwest::{Client, Url};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::Instant,
};

use super::{
    key_set::{self, SigningKey},
    settings::EntraSettings,
};
use crate::{
    error::{Error, ErrorKind, Result},
    outgoing::client_to,
};

/// A directory's document has a few kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a reading may take in all.
const TIME_MAX: Duration = Duration::from_secs(10);

/// The keys of one directory for one version of tokens.
pub(super) struct SigningKeys {
    http: Client,
    url: Url,
    again_after: Duration,
    renew_after: Duration,
    forget_after: Duration,
    held: ArcSwapOption<CachedKeys>,
    /// One reading at a time: who has this reads, who waits for it finds what was read.
    last: Arc<Mutex<Last>>,
}

struct CachedKeys {
    keys: HashMap<String, Arc<SigningKey>>,
    read: Instant,
}

/// When the last reading ended, good or bad.
#[derive(Default)]
struct Last(Option<Instant>);

/// The client for all readings. It follows no redirect: keys are taken from the place that was configured.
pub(super) fn client(settings: &EntraSettings) -> Result<Client> {
    client_to(settings.authority.host()).timeout(TIME_MAX).connect_timeout(TIME_MAX).build().map_err(Error::internal)
}

impl SigningKeys {
    /// The keys that stand at `url`. Reads nothing yet.
    pub fn new(http: Client, url: Url, settings: &EntraSettings) -> Arc<Self> {
        let EntraSettings { again_after, renew_after, forget_after, .. } = *settings;
        Arc::new(Self { http, url, again_after, renew_after, forget_after, held: ArcSwapOption::empty(), last: Arc::default() })
    }

    /// The key called `id`; `None` when there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Upstream`] when no key could be read yet.
    pub async fn find(self: &Arc<Self>, id: &str) -> Result<Option<Arc<SigningKey>>> {
        if let Some(key) = self.known(id) {
            self.renew_if_old();
            return Ok(Some(key));
        }
        let last = Arc::clone(&self.last).lock_owned().await;
        // Whoever read before us may have found it.
        if self.known(id).is_none() && self.is_due(&last) {
            // What goes wrong is in the log; what counts is what is held afterwards.
            let _ = self.start(last).await;
        }
        match self.known(id) {
            None if self.fresh().is_none() => Err(unread()),
            known => Ok(known),
        }
    }

    /// Reads the keys now, and returns how many there are.
    ///
    /// # Errors
    /// [`ErrorKind::Upstream`] with what to do about it.
    pub async fn read(self: &Arc<Self>) -> Result<usize> {
        let last = Arc::clone(&self.last).lock_owned().await;
        self.start(last).await.map_err(Error::internal)?
    }

    fn known(&self, id: &str) -> Option<Arc<SigningKey>> {
        self.fresh().and_then(|held| held.keys.get(id).map(Arc::clone))
    }

    /// What is held, unless it is so old that a key in it may have been withdrawn long ago.
    fn fresh(&self) -> Option<Arc<CachedKeys>> {
        self.held.load_full().filter(|held| held.read.elapsed() < self.forget_after)
    }

    fn is_due(&self, last: &Last) -> bool {
        last.0.is_none_or(|ended| ended.elapsed() >= self.again_after)
    }

    fn renew_if_old(self: &Arc<Self>) {
        if self.held.load().as_ref().is_some_and(|held| held.read.elapsed() < self.renew_after) {
            return;
        }
        if let Ok(last) = Arc::clone(&self.last).try_lock_owned()
            && self.is_due(&last)
        {
            // Nobody waits for it, and what it finds wrong is in the log.
            drop(self.start(last));
        }
    }

    /// Starts a reading in a task of its own: a caller who hangs up must not spoil it for the others.
    fn start(self: &Arc<Self>, mut last: OwnedMutexGuard<Last>) -> tokio::task::JoinHandle<Result<usize>> {
        let keys = Arc::clone(self);
        tokio::spawn(async move {
            let read = keys.fetch().await;
            last.0 = Some(Instant::now());
            match &read {
                Ok(count) => tracing::info!(url = %keys.url, count, "read Microsoft Entra's signing keys"),
                Err(error) => tracing::warn!(cause = error.cause(), "{} Cached keys continue to work.", error.sentence),
            }
            read
        })
    }

    async fn fetch(&self) -> Result<usize> {
        let unread = |why: &str| Error::new(ErrorKind::Upstream, format!("The signing keys at {} cannot be read: {why}", self.url));
        let broken = |error: reqwest::Error| {
            let why = if error.is_timeout() { "no answer in time" } else { "the connection failed" };
            unread(&format!("{why}. Check the network, name resolution and any proxy.")).because(error.without_url())
        };
        let mut response = self.http.get(self.url.clone()).send().await.map_err(broken)?;
        match response.status().as_u16() {
            200 => {}
            400 | 404 => return Err(unread("Microsoft Entra found no such directory. Check the grant's directory and the cloud.")),
            other => return Err(unread(&format!("the status was {other}. Check any proxy; if there is none, try again later."))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if chunk.len() > BODY_BYTES_MAX - body.len() {
                return Err(unread("the response is far too large. Check what responds there."));
            }
            body.extend_from_slice(&chunk);
        }
        let keys = key_set::read(&body).ok_or_else(|| unread("the response holds no usable key. Check what responds there."))?;
        let keys: HashMap<_, _> = keys.into_iter().map(|(id, key)| (id, Arc::new(key))).collect();
        let count = keys.len();
        self.held.store(Some(Arc::new(CachedKeys { keys, read: Instant::now() })));
        Ok(count)
    }
}

fn unread() -> Error {
    let sentence = "Microsoft Entra's signing keys cannot be read at the moment, so no access token can be checked. Ask again in a minute; API keys still work.";
    Error::new(ErrorKind::Upstream, sentence)
}
