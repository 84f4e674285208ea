//! Which tenants are read in this process? One worker each, which starts and ends while the others go on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};

use super::{on_demand::OnDemand, refresh::Refresher, slots::Slots, tenant_reader::keep_reading};

/// The workers that read tenants.
pub struct TenantReaders {
    on_demand: Arc<OnDemand>,
    slots: Arc<Slots>,
    workers: BTreeMap<String, ReaderTask>,
    tasks: JoinSet<()>,
}

/// What reads one tenant.
struct ReaderTask {
    stop: watch::Sender<bool>,
    /// Says when it has ended.
    ended: oneshot::Receiver<()>,
}

impl TenantReaders {
    /// None yet; those that start hear of requests through `on_demand`.
    pub fn new(on_demand: Arc<OnDemand>) -> Self {
        Self { on_demand, slots: Arc::default(), workers: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// Reads a tenant every `every` from now on. Whoever read it before is stopped, and gives back its lease first.
    pub fn start(&mut self, refresher: Arc<Refresher>, every: Duration) {
        let tenant = refresher.tenant().to_owned();
        let (requests, slots) = (self.on_demand.listen(&tenant), Arc::clone(&self.slots));
        let ((stop, stopped), (running, ended)) = (watch::channel(false), oneshot::channel::<()>());
        let before = self.workers.insert(tenant, ReaderTask { stop, ended });
        self.tasks.spawn(async move {
            if let Some(ReaderTask { stop, ended }) = before {
                let _ = stop.send(true);
                let _ = ended.await;
            }
            keep_reading(refresher, every, requests, slots, stopped).await;
            drop(running);
        });
    }

    /// Stops reading `tenant`.
    pub fn end(&mut self, tenant: &str) {
        self.on_demand.forget(tenant);
        if let Some(worker) = self.workers.remove(tenant) {
            let _ = worker.stop.send(true);
        }
    }

    /// How many tenants are read.
    pub fn count(&self) -> usize {
        self.workers.len()
    }

    /// Stops all of them, and waits until they have.
    pub async fn stop(&mut self) {
        for worker in self.workers.values() {
            let _ = worker.stop.send(true);
        }
        while self.tasks.join_next().await.is_some() {}
    }
}
