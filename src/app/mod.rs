//! The long-lived parts: built once, in order, and shut down in the opposite order.

mod clients;
mod destinations;
mod doors;
mod reload;
mod settings;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    access::entra,
    ask::{Ask, TenantReader},
    config::Config,
    error::{Error, Result},
    http,
    schedule::{self, AlertLoop, Deliverer, DigestLoop, OnDemand, PictureAddresses, Refresher, TenantReaders, Watchdog},
    store::{Store, WorkerKind},
    surfaces::{self, ChatRooms, StartSurface},
    telemetry,
};

use clients::GraphClients;

pub use doors::Doors;
pub use settings::{consent_link, credential, entra as entra_settings, graph_alone as graph_settings, tls_files};

/// How long running answers and readings may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Everything that lives as long as the program.
pub struct App {
    /// What survives a restart.
    pub store: Store,
    /// Through which it is reached.
    pub doors: Doors,
    /// The rooms of chats that are posted into.
    rooms: Vec<Arc<dyn ChatRooms>>,
    on_demand: Arc<OnDemand>,
    pictures: Option<Arc<http::PictureAddresses>>,
    clients: GraphClients,
    holder: String,
}

impl App {
    /// Opens the store, makes every configured tenant known to it, and prepares a client for each tenant
    /// that is read from Graph. Reads nothing yet. A tenant whose credential cannot be used does not keep
    /// the others from being read; see [`App::unusable`].
    pub async fn open(config: &Config) -> Result<Self> {
        Self::over(Store::open(&config.store.path).await?, config).await
    }

    /// The same over a store that is open already. To one that is only read nothing is written.
    pub async fn over(store: Store, config: &Config) -> Result<Self> {
        let store = of_tenants(store, config);
        telemetry::collect_metrics(surfaces::metrics())?;
        let holder = holder()?;
        let clients = GraphClients::of(config, &store, &holder);
        if !store.is_read_only() {
            note_tenants(&store, config, &clients).await?;
        }
        let on_demand = Arc::<OnDemand>::default();
        let ask = doors::ask(store.clone(), config, Arc::clone(&on_demand) as Arc<dyn TenantReader>).await?;
        let rooms = surfaces::rooms(&config.sections, &ask);
        let doors = Doors::new(ask, doors::posts(config, &rooms, clients.credentials.clone())?);
        let pictures = if store.is_read_only() { None } else { pictures(&store, config).await? };
        Ok(Self { store, doors, rooms, on_demand, pictures, clients, holder })
    }

    /// The tenants that are read from Graph.
    pub fn refreshers(&self) -> &[Arc<Refresher>] {
        &self.clients.refreshers
    }

    /// The tenants that cannot be read as they are configured, each with what is wrong and what to do.
    pub fn unusable(&self) -> &[(String, Error)] {
        &self.clients.unusable
    }

    /// Looks once at all tenants by all rules of alerts, as a server does every minute. What that tells waits to be delivered.
    pub async fn look_at_alerts(&self) -> Result<()> {
        AlertLoop::new(Arc::clone(&self.doors.posting), self.store.clone(), self.holder.clone()).round().await
    }

    /// Starts the listener, and everything that happens without being asked.
    pub async fn serve(self, config: Config) -> Result<Running> {
        // What posts into a chat also answers there: one client, whose limits are for both.
        let surfaces = self.rooms.iter().map(|rooms| Arc::clone(rooms) as Arc<dyn StartSurface>).collect();
        let settings = http::ServerSettings { surfaces, ..settings::listener(&config, self.pictures.clone())? };
        let Doors { ask, operations, .. } = self.doors.clone();
        let server = http::HttpServer::start(settings, ask, operations, telemetry::render_metrics).await?;
        let (doors, rooms, holder) = (self.doors.clone(), self.rooms.clone(), self.holder.clone());
        let mut work = self.work(&config);
        for surface in server.surfaces() {
            work.tasks.spawn(Arc::clone(surface).run(work.stop.subscribe()));
        }
        let started = settings::entra(&config)?;
        Ok(Running { server, work, doors, rooms, holder, config, entra: started })
    }

    /// Starts everything that happens without being asked.
    pub fn work(mut self, config: &Config) -> BackgroundWork {
        let mut work = self.start_reading(config);
        self.start_posting(&mut work);
        work
    }

    /// Starts what keeps answers right. Nothing is posted.
    pub fn read(mut self, config: &Config) -> BackgroundWork {
        self.start_reading(config)
    }

    fn start_reading(&mut self, config: &Config) -> BackgroundWork {
        let (stop, stopped) = watch::channel(false);
        let (mut tasks, mut readers) = (JoinSet::new(), TenantReaders::new(Arc::clone(&self.on_demand)));
        for refresher in std::mem::take(&mut self.clients.refreshers) {
            readers.start(refresher, config.refresh.every);
        }
        let (following, counting) = (Arc::clone(self.doors.ask.view()), Arc::clone(&self.doors.ask));
        tasks.spawn(until(stopped.clone(), async move { following.follow().await }));
        tasks.spawn(until(stopped.clone(), async move { counting.keep_usage().await }));
        tasks.spawn(until(stopped, telemetry::keep_up()));
        BackgroundWork { stop, tasks, readers, store: self.store.clone(), ask: Arc::clone(&self.doors.ask) }
    }

    fn start_posting(self, work: &mut BackgroundWork) {
        let (tasks, stopped) = (&mut work.tasks, work.stop.subscribe());
        let (posting, store) = (self.doors.posting, self.store);
        let alerts = AlertLoop::new(Arc::clone(&posting), store.clone(), self.holder.clone());
        tasks.spawn(until(stopped.clone(), alerts.keep_looking()));
        let deliverer = Deliverer::new(Arc::clone(&posting), store.clone(), self.holder, self.pictures.map(addresses));
        tasks.spawn(schedule::keep_delivering(deliverer, stopped.clone()));
        let digests = DigestLoop::new(store.clone(), Arc::clone(&posting));
        tasks.spawn(schedule::keep_digesting(digests, stopped.clone()));
        tasks.spawn(until(stopped.clone(), schedule::keep_pruning(store.clone())));
        let watchdog = Watchdog::new(posting, store, WorkerKind::ALL.to_vec(), Timestamp::now());
        tasks.spawn(schedule::keep_watch(watchdog, stopped));
    }
}

/// Writes to `store` which tenants are configured, and which of them cannot be read as they are.
async fn note_tenants(store: &Store, config: &Config, clients: &GraphClients) -> Result<()> {
    store.ensure_tenants(config.tenants.iter().map(|tenant| &*tenant.name)).await?;
    for (tenant, error) in &clients.unusable {
        store.reading_failed(tenant, &error.shared().at_the_door(), Timestamp::now()).await?;
    }
    Ok(())
}

/// What sends single deliveries through `doors` from a command, while no server does.
pub async fn deliverer_over(store: Store, doors: &Doors, config: &Config) -> Result<Deliverer> {
    let addresses = pictures(&store, config).await?.map(addresses);
    Ok(Deliverer::new(Arc::clone(&doors.posting), store, holder()?, addresses))
}

/// Where pictures can be fetched, if there is an address for that.
async fn pictures(store: &Store, config: &Config) -> Result<Option<Arc<http::PictureAddresses>>> {
    let Some(root) = &config.server.public_url else { return Ok(None) };
    Ok(Some(Arc::new(http::PictureAddresses::new(root.as_str(), &store.secret("pictures").await?))))
}

fn addresses(pictures: Arc<http::PictureAddresses>) -> PictureAddresses {
    Arc::new(move |id: &str, now| Some(pictures.address(id, now)))
}

/// `store`, in which the tenants count that `config` names. Without any configuration all of them do.
pub fn of_tenants(store: Store, config: &Config) -> Store {
    if config.tenants.is_empty() && !config.has_file {
        return store;
    }
    store.of_tenants(config.tenants.iter().map(|tenant| tenant.name.clone()))
}

/// A running server.
pub struct Running {
    server: http::HttpServer,
    work: BackgroundWork,
    doors: Doors,
    rooms: Vec<Arc<dyn ChatRooms>>,
    holder: String,
    /// What is in force.
    config: Config,
    /// Whose access tokens were taken when it started.
    entra: Option<entra::EntraSettings>,
}

impl Running {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Stops listening, lets running answers end, then stops the rest.
    pub async fn stop(self) {
        self.work.ask_to_stop();
        self.server.shutdown(GRACE).await;
        self.work.stop().await;
    }
}

/// What happens without being asked.
pub struct BackgroundWork {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    readers: TenantReaders,
    store: Store,
    ask: Arc<Ask>,
}

impl BackgroundWork {
    fn ask_to_stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Breaks off readings, records what was asked, and closes the store.
    pub async fn stop(mut self) {
        self.ask_to_stop();
        let ended = async {
            self.readers.stop().await;
            while self.tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("some work did not finish in time and was aborted; what was stored is kept");
            self.tasks.shutdown().await;
        }
        if let Err(error) = self.ask.record_usage().await {
            tracing::warn!(cause = error.cause(), "the usage of the last seconds is lost: {}", error.sentence);
        }
        self.store.close().await;
    }
}

async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// A name for this process among all that share a store.
fn holder() -> Result<String> {
    let mut chance = [0_u8; 8];
    getrandom::fill(&mut chance).map_err(|error| Error::internal(error.to_string()))?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(chance)))
}
