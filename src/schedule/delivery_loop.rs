//! How does what waits in the outbox get out? One worker a process, several deliveries at once, one at a time for each destination.
//!
//! The store says whose turn it is: whoever claims a delivery sends it, and records that after it was taken. A process that
//! dies in between leaves the delivery to whoever comes after its lease. So each goes out at least once; a second time when
//! it was taken and that could not be recorded.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::watchdog::Heartbeat;
use crate::{
    error::{Error, Result},
    posting::{Posting, Posts},
    store::{Claimed, Store, WorkerKind},
};

/// How many deliveries are sent at once.
const AT_ONCE_MAX: usize = 8;
/// How often to look for what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long to leave a store alone that is away.
const AWAY: Duration = Duration::from_secs(5);
/// How long what is being sent may take to end after a stop was asked for: less than all work together may.
const FINISH: Duration = Duration::from_secs(8);
/// How often it is looked whether an outage lasts.
const LOOK_AFTER: Duration = Duration::from_secs(5);
/// How often what has been over for long is forgotten.
const PRUNE: Duration = Duration::from_hours(1);

/// How long the parts of a try may take.
#[derive(Debug, Clone, Copy)]
pub struct AttemptLimits {
    /// All of it: drawing the picture and sending. What takes longer is broken off, and tried again later.
    pub trying: Duration,
    /// Drawing the picture. One that takes longer is left out.
    pub drawing: Duration,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { trying: Duration::from_mins(1), drawing: Duration::from_secs(10) }
    }
}

/// Where the picture of the post with an id can be fetched, if anywhere.
pub type PictureAddresses = Arc<dyn Fn(&str, Timestamp) -> Option<String> + Send + Sync>;

/// What sends deliveries.
pub struct Deliverer {
    pub(super) posting: Arc<Posting>,
    pub(super) store: Store,
    pub(super) addresses: Option<PictureAddresses>,
    pub(super) bounds: AttemptLimits,
    holder: String,
}

impl Deliverer {
    /// Sends what waits in `store` as `posting` says; `holder` names this process among all. Without `addresses` those
    /// destinations get no pictures that fetch them.
    pub fn new(posting: Arc<Posting>, store: Store, holder: String, addresses: Option<PictureAddresses>) -> Self {
        Self { posting, store, addresses, bounds: AttemptLimits::default(), holder }
    }

    /// What is configured about posts, as of now.
    pub(super) fn posts(&self) -> Arc<Posts> {
        self.posting.posts()
    }

    /// The same within other bounds.
    #[must_use]
    pub fn within(self, bounds: AttemptLimits) -> Self {
        Self { bounds, ..self }
    }

    /// Sends the delivery `id` now, claimed like any other; whether it was this process that tried. Another one may send it at this moment, or it may
    /// not be sent yet.
    pub async fn deliver_now(&self, id: &str) -> Result<bool> {
        let Some(claimed) = self.store.claim_this(id, &self.holder, self.posts().lease, self.posting.now()).await? else {
            return Ok(false);
        };
        self.deliver(&claimed).await;
        Ok(true)
    }

    /// Gives back what was claimed, when it is not sent to its end.
    pub async fn give_back(&self) {
        if let Err(error) = self.store.give_back(&self.holder).await {
            tracing::debug!(cause = error.cause(), "claims could not be given back; they run out by themselves");
        }
    }

    /// Claims one delivery, if one is due.
    async fn claim(&self) -> Result<Option<Claimed>> {
        self.store.claim(&self.holder, self.posts().lease, self.posting.now()).await
    }
}

/// Delivers until `stop` says so. What is being sent then may end; what does not is given back.
pub async fn keep_delivering(deliverer: Deliverer, mut stop: watch::Receiver<bool>) {
    let mut sender = DeliveryLoop {
        deliverer: Arc::new(deliverer),
        sending: JoinSet::new(),
        beat: Heartbeat::of(WorkerKind::Deliver),
        away: false,
        doubt: false,
        pruned: None,
        looked: None,
    };
    loop {
        tokio::select! {
            () = sender.round() => {}
            // The guard that it returns must not live across the next await.
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return sender.finish().await,
        }
    }
}

/// What delivers in this process.
struct DeliveryLoop {
    deliverer: Arc<Deliverer>,
    sending: JoinSet<()>,
    beat: Heartbeat,
    /// Whether the store could not be used the last time.
    away: bool,
    /// Whether something may be claimed that nobody here sends.
    doubt: bool,
    pruned: Option<Instant>,
    looked: Option<Instant>,
}

impl DeliveryLoop {
    /// Sends what is due, as far as there is room, then waits a moment.
    async fn round(&mut self) {
        let wait = match self.claim_all().await {
            Ok(()) => {
                self.away = false;
                self.beat.beat(&self.deliverer.store, self.deliverer.posting.now()).await;
                LOOK
            }
            Err(error) => {
                self.doubt = true;
                if !std::mem::replace(&mut self.away, true) {
                    tracing::warn!(cause = error.cause(), "deliveries wait for the store: {}", error.sentence);
                }
                AWAY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            Some(ended) = self.sending.join_next() => self.ended(ended),
        }
    }

    async fn claim_all(&mut self) -> Result<()> {
        while let Some(ended) = self.sending.try_join_next() {
            self.ended(ended);
        }
        if self.doubt && self.sending.is_empty() {
            self.deliverer.store.give_back(&self.deliverer.holder).await?;
            self.doubt = false;
        }
        while self.sending.len() < AT_ONCE_MAX {
            let Some(claimed) = self.deliverer.claim().await? else { break };
            let deliverer = Arc::clone(&self.deliverer);
            self.sending.spawn(async move { deliverer.deliver(&claimed).await });
        }
        if self.looked.is_none_or(|looked| looked.elapsed() > LOOK_AFTER) {
            self.deliverer.look_after_outages().await?;
            self.looked = Some(Instant::now());
        }
        if self.pruned.is_none_or(|pruned| pruned.elapsed() > PRUNE) {
            self.deliverer.store.deliveries_prune(self.deliverer.posting.now()).await?;
            self.pruned = Some(Instant::now());
        }
        Ok(())
    }

    fn ended(&mut self, ended: Result<(), tokio::task::JoinError>) {
        if let Err(error) = ended {
            self.doubt = true;
            tracing::error!(cause = Error::internal(error).cause(), "a delivery broke off inside scorewatch; it is tried again");
        }
    }

    async fn finish(mut self) {
        let ended = async { while self.sending.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH, ended).await.is_err() {
            tracing::warn!(deliveries = self.sending.len(), "broken off while being sent; they are sent again, and may arrive twice");
            self.sending.shutdown().await;
        }
        self.deliverer.give_back().await;
    }
}
