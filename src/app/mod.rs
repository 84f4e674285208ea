//! The long-lived parts: built once, in order, and shut down in the opposite order.

mod places;

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use secrecy::ExposeSecret;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    access::{chat, entra},
    alert::End,
    ask::{Ask, Theme},
    config::{self, Config},
    delivery::Rooms,
    error::{Error, Result},
    graph::{self, Graph},
    http,
    posting::Owners,
    schedule::{self, Addresses, Alerts, Credential, Deliverer, Digests, OnDemand, Refresher, Slots, Watchdog},
    store::{Store, Worker},
    surfaces::discord,
    telemetry,
};

/// How long running answers and readings may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Everything that lives as long as the program.
pub struct App {
    /// What survives a restart.
    pub store: Store,
    /// The door to the skills.
    pub ask: Arc<Ask>,
    /// The channels of Discord that are posted into, where there is a bot.
    rooms: Option<Arc<discord::Rooms>>,
    pictures: Option<Arc<http::PictureAddresses>>,
    refreshers: Vec<Arc<Refresher>>,
    unusable: Vec<(String, Error)>,
    holder: String,
    /// What each tenant is signed in to with.
    credentials: BTreeMap<String, Credential>,
}

impl App {
    /// Opens the store, makes every configured tenant known to it, and prepares a client for each tenant
    /// that is read from Graph. Reads nothing yet. A tenant whose credential cannot be used does not keep
    /// the others from being read; see [`App::unusable`].
    pub async fn open(config: &Config) -> Result<Self> {
        Self::over(Store::open(&config.store.path).await?, config).await
    }

    /// The same over a store that is open already.
    pub async fn over(store: Store, config: &Config) -> Result<Self> {
        let store = of_tenants(store, config);
        telemetry::collect_metrics()?;
        let holder = holder()?;
        let (mut refreshers, mut unusable, mut credentials) = (Vec::new(), Vec::new(), BTreeMap::new());
        for tenant in &config.tenants {
            store.ensure_tenant(&tenant.name).await?;
            let Some(sign_in) = &tenant.sign_in else { continue };
            let graph = settings(&tenant.name, sign_in, config).and_then(Graph::new);
            let end = graph.as_ref().ok().and_then(|graph| end(tenant, graph));
            credentials.insert(tenant.name.clone(), Credential { end, app: Some(registration(sign_in)) });
            match graph {
                Ok(graph) => {
                    refreshers.push(Arc::new(Refresher::new(store.clone(), graph, tenant.name.clone(), holder.clone())));
                }
                Err(error) => {
                    store.reading_failed(&tenant.name, true, &error.sentence, Timestamp::now()).await?;
                    unusable.push((tenant.name.clone(), error));
                }
            }
        }
        let (ask, rooms) = door(store.clone(), config).await?;
        let pictures = pictures(&store, config).await?;
        Ok(Self { store, ask, rooms, pictures, refreshers, unusable, holder, credentials })
    }

    /// The tenants that are read from Graph.
    pub fn refreshers(&self) -> &[Arc<Refresher>] {
        &self.refreshers
    }

    /// The tenants that cannot be read as they are configured, each with what is wrong and what to do.
    pub fn unusable(&self) -> &[(String, Error)] {
        &self.unusable
    }

    /// Looks once at all tenants by all rules of alerts, as a server does every minute. What that tells waits to be delivered.
    pub async fn look_at_alerts(&self) -> Result<()> {
        let (ask, credentials) = (Arc::clone(&self.ask), self.credentials.clone());
        Alerts::new(ask, self.store.clone(), self.holder.clone(), credentials).round().await
    }

    /// Starts the listener, and everything that happens without being asked.
    pub async fn serve(self, config: &Config) -> Result<Running> {
        // One way to Discord for all: its limits are for the bot, whoever speaks through it.
        let discord_wire = self.rooms.as_ref().map(|rooms| rooms.wire()).transpose()?;
        let settings = http::Settings { discord_wire, ..listener(config, self.pictures.clone())? };
        let server = http::Server::start(settings, Arc::clone(&self.ask), telemetry::render_metrics).await?;
        let mut work = self.work(config)?;
        if let Some(discord) = server.discord() {
            work.tasks.spawn(discord.run(work.stop.subscribe()));
        }
        Ok(Running { server, work })
    }

    /// Starts everything that happens without being asked.
    pub fn work(mut self, config: &Config) -> Result<Work> {
        let mut work = self.start_reading(config);
        self.start_posting(&mut work)?;
        Ok(work)
    }

    /// Starts what keeps answers right. Nothing is posted.
    pub fn read(mut self, config: &Config) -> Work {
        self.start_reading(config)
    }

    fn start_reading(&mut self, config: &Config) -> Work {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (mut on_demand, slots) = (OnDemand::default(), Arc::<Slots>::default());
        for refresher in std::mem::take(&mut self.refreshers) {
            let requests = on_demand.listen(refresher.tenant());
            tasks.spawn(schedule::keep_reading(refresher, config.refresh.every, requests, Arc::clone(&slots), stopped.clone()));
        }
        self.ask.read_through(Arc::new(on_demand));
        let (following, counting) = (Arc::clone(&self.ask), Arc::clone(&self.ask));
        tasks.spawn(until(stopped.clone(), async move { following.follow().await }));
        tasks.spawn(until(stopped.clone(), async move { counting.keep_usage().await }));
        tasks.spawn(until(stopped, telemetry::keep_up()));
        Work { stop, tasks, store: self.store.clone(), ask: Arc::clone(&self.ask) }
    }

    fn start_posting(self, work: &mut Work) -> Result<()> {
        let (tasks, stopped) = (&mut work.tasks, work.stop.subscribe());
        let alerts = Alerts::new(Arc::clone(&self.ask), self.store.clone(), self.holder.clone(), self.credentials);
        tasks.spawn(until(stopped.clone(), alerts.keep_looking()));
        let addresses = self.pictures.map(addresses);
        let deliverer = Deliverer::new(Arc::clone(&self.ask), self.store.clone(), self.holder, addresses)?;
        tasks.spawn(schedule::keep_delivering(deliverer, stopped.clone()));
        let digests = Digests::new(self.store.clone(), Arc::clone(&self.ask));
        tasks.spawn(schedule::keep_digesting(digests, stopped.clone()));
        tasks.spawn(until(stopped.clone(), schedule::keep_pruning(self.store.clone())));
        let watchdog = Watchdog::new(Arc::clone(&self.ask), self.store.clone(), Worker::ALL.to_vec(), Timestamp::now());
        tasks.spawn(schedule::keep_watch(watchdog, stopped));
        Ok(())
    }
}

/// What sends single deliveries of `ask` from a command, while no server does.
pub async fn deliverer_over(store: Store, ask: Arc<Ask>, config: &Config) -> Result<Deliverer> {
    let addresses = pictures(&store, config).await?.map(addresses);
    Deliverer::new(ask, store, holder()?, addresses)
}

/// Where pictures can be fetched, if there is an address for that.
async fn pictures(store: &Store, config: &Config) -> Result<Option<Arc<http::PictureAddresses>>> {
    let Some(root) = &config.server.public_url else { return Ok(None) };
    Ok(Some(Arc::new(http::PictureAddresses::new(root.as_str(), &store.signing_secret("pictures").await?))))
}

fn addresses(pictures: Arc<http::PictureAddresses>) -> Addresses {
    Arc::new(move |id: &str, now| Some(pictures.address(id, now)))
}

/// A door over `store`, which knows what is posted where. For commands that only ask; they send nothing themselves.
pub async fn ask_over(store: Store, config: &Config) -> Result<Arc<Ask>> {
    Ok(door(store, config).await?.0)
}

/// `store`, in which the tenants count that `config` names. Without any configuration all of them do.
pub fn of_tenants(store: Store, config: &Config) -> Store {
    if config.tenants.is_empty() && !config.has_file {
        return store;
    }
    store.of_tenants(config.tenants.iter().map(|tenant| tenant.name.clone()))
}

/// The same, and the channels of Discord that its posts go to.
async fn door(store: Store, config: &Config) -> Result<(Arc<Ask>, Option<Arc<discord::Rooms>>)> {
    let ask = Arc::new(Ask::over(of_tenants(store, config), config.refresh.answer_cache_bytes).await?);
    let rooms = discord_settings(config)?.map(|settings| Arc::new(discord::Rooms::new(settings, &ask)));
    let as_rooms = rooms.iter().map(|rooms| Arc::clone(rooms) as Arc<dyn Rooms>).collect();
    ask.post_as(Arc::new(places::posts(config, as_rooms)?));
    if let Some(rooms) = &rooms {
        ask.owners_through(Arc::clone(rooms) as Arc<dyn Owners>);
    }
    Ok((ask, rooms))
}

/// A running server.
pub struct Running {
    server: http::Server,
    work: Work,
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
pub struct Work {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    store: Store,
    ask: Arc<Ask>,
}

impl Work {
    fn ask_to_stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Breaks off readings, records what was asked, and closes the store.
    pub async fn stop(mut self) {
        self.ask_to_stop();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("some work did not end in time and is broken off; what was stored stays");
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

/// When the credential of `tenant` ends: its certificate says it itself, of a secret its owner does.
fn end(tenant: &config::Tenant, graph: &Graph) -> Option<End> {
    let certificate = graph.certificate_ends().map(|at| End { what: "certificate", at });
    let midnight = |day: Date| Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    certificate.or_else(|| Some(End { what: "client secret", at: tenant.secret_ends.and_then(midnight)? }))
}

/// Where people see to the credential of a tenant: its app registration, in the admin center of its cloud.
fn registration(sign_in: &config::SignIn) -> String {
    let center = match &sign_in.cloud {
        config::Cloud::Named("usgov" | "usgov_dod") => "https://entra.microsoft.us",
        config::Cloud::Named(_) | config::Cloud::Roots { .. } => "https://entra.microsoft.com",
    };
    format!("{center}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{}", sign_in.client_id)
}

/// A name for this process among all that share a store.
fn holder() -> Result<String> {
    let mut chance = [0_u8; 8];
    getrandom::fill(&mut chance).map_err(|error| Error::internal(error.to_string()))?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(chance)))
}

fn settings(name: &str, sign_in: &config::SignIn, config: &Config) -> Result<graph::Settings> {
    let credential = match &sign_in.credential {
        config::Credential::Secret(secret) => graph::Credential::Secret(secret.clone()),
        config::Credential::Pem(pem) => graph::Credential::Certificate(graph::Certificate::from_pem(pem.expose_secret())?),
        config::Credential::Pkcs12 { archive, password } => {
            graph::Credential::Certificate(graph::Certificate::from_pkcs12(archive.expose_secret(), password)?)
        }
    };
    let cloud = match &sign_in.cloud {
        config::Cloud::Named(name) => graph::Cloud::named(name)?,
        config::Cloud::Roots { graph, login } => graph::Cloud::new(graph.as_str(), login.as_str())?,
    };
    let mut settings = graph::Settings::new(name, &sign_in.tenant_id, &sign_in.client_id, credential, cloud);
    settings.body_bytes_max = config.refresh.body_bytes_max;
    Ok(settings)
}

/// Which access tokens of Microsoft Entra are taken, if any.
pub fn entra_settings(config: &Config) -> Result<Option<entra::Settings>> {
    let Some(configured) = &config.entra else { return Ok(None) };
    let authority = match &configured.login {
        config::Login::Cloud(name) => entra::Authority::named(name)?,
        config::Login::Root(root) => entra::Authority::at(root.as_str())?,
    };
    let grants = configured.grants.iter().map(|grant| {
        Ok(entra::Grant {
            directory: grant.directory.clone(),
            scope: grant.scope.clone(),
            app_role: grant.app_role.clone(),
            role: grant.role.parse().map_err(Error::internal)?,
            tenants: grant.tenants.clone(),
        })
    });
    let mut settings = entra::Settings::new(&configured.client_id, authority, grants.collect::<Result<_>>()?);
    if let Some(audience) = &configured.audience {
        settings.audience.clone_from(audience);
    }
    Ok(Some(settings))
}

/// How people ask in Discord, if they do.
pub fn discord_settings(config: &Config) -> Result<Option<http::DiscordSettings>> {
    let Some(configured) = &config.discord else { return Ok(None) };
    let grants = configured.grants.iter().map(|grant| {
        Ok(chat::Grant {
            space: grant.guild.clone(),
            room: grant.channel.clone(),
            group: grant.member_role.clone(),
            user: grant.user.clone(),
            role: grant.role.parse().map_err(Error::internal)?,
            tenants: grant.tenants.clone(),
        })
    });
    Ok(Some(http::DiscordSettings {
        public_key: configured.public_key.clone(),
        gateway: !configured.http_only,
        proxy: configured.proxy.clone(),
        grants: chat::Grants(grants.collect::<Result<_>>()?),
        theme: match configured.picture {
            config::Picture::Dark => Theme::Dark,
            config::Picture::Light => Theme::Light,
        },
        ..http::DiscordSettings::new(configured.application_id, configured.token.clone())
    }))
}

/// The certificate that is answered with, where we end TLS ourselves.
pub fn tls_files(config: &Config) -> Option<http::TlsFiles> {
    config.server.tls.as_ref().map(|tls| http::TlsFiles { certificate: tls.certificate.clone(), key: tls.key.clone() })
}

fn listener(config: &Config, pictures: Option<Arc<http::PictureAddresses>>) -> Result<http::Settings> {
    let server = &config.server;
    Ok(http::Settings {
        listen: server.listen,
        tls: tls_files(config),
        behind_proxy: server.behind_proxy,
        metrics_listen: config.metrics.listen,
        metrics_token: config.metrics.token.clone(),
        header_bytes_max: server.header_bytes_max as usize,
        body_bytes_max: server.body_bytes_max as usize,
        answer_seconds_max: server.answer_time_max,
        answers_at_once_max: server.answers_at_once_max as usize,
        requests_per_minute: NonZeroU32::new(server.requests_per_minute).unwrap_or(NonZeroU32::MIN),
        entra: entra_settings(config)?,
        public_url: server.public_url.as_ref().map(ToString::to_string),
        mcp: http::McpSettings { structured: config.mcp.structured, hosts: config.mcp.hosts.clone(), origins: config.mcp.origins.clone() },
        pictures,
        discord: discord_settings(config)?,
        discord_wire: None,
    })
}
