//! Who wants a tenant read now? Whoever asks through here is told when its worker has read it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::{
    ask::TenantReader,
    error::{Error, ErrorKind, Result},
};

/// How many may wait for a tenant at once: one reading serves them all.
const WAITING_MAX: usize = 64;

/// The wish that a tenant be read now, and whom to tell what came of it.
pub type Request = oneshot::Sender<Result<()>>;
/// Where a tenant's worker hears of them.
pub type Requests = mpsc::Receiver<Request>;

/// The way to the workers, by tenant.
#[derive(Default)]
pub struct OnDemand(Mutex<BTreeMap<String, mpsc::Sender<Request>>>);

impl OnDemand {
    /// Where the worker of `tenant` hears of requests from now on.
    pub fn listen(&self, tenant: &str) -> Requests {
        let (sender, requests) = mpsc::channel(WAITING_MAX);
        self.workers().insert(tenant.to_owned(), sender);
        requests
    }

    /// Nobody reads `tenant` any more.
    pub fn forget(&self, tenant: &str) {
        self.workers().remove(tenant);
    }

    /// The workers, whoever panicked while looking at them: an entry is there or not.
    fn workers(&self) -> MutexGuard<'_, BTreeMap<String, mpsc::Sender<Request>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TenantReader for OnDemand {
    fn reads(&self, tenant: &str) -> bool {
        self.workers().contains_key(tenant)
    }

    fn read<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Option<Result<()>>> {
        Box::pin(async move {
            let worker = self.workers().get(tenant).cloned()?;
            let (request, outcome) = oneshot::channel();
            Some(match worker.try_send(request) {
                Ok(()) => outcome.await.unwrap_or_else(|_| Err(stopping())),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(stopping()),
                Err(mpsc::error::TrySendError::Full(_)) => {
                    let sentence =
                        format!("Many requests for tenant {tenant} are waiting already. Its newest score will be there in a moment.");
                    Err(Error::new(ErrorKind::Throttled, sentence))
                }
            })
        })
    }
}

fn stopping() -> Error {
    Error::new(ErrorKind::NotReady, "scorewatch is shutting down, so nothing is fetched now. Ask again in a minute.")
}
