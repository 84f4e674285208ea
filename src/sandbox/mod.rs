//! What would Microsoft answer? A Graph and a token endpoint of our own on loopback, for the demo and the tests.
//!
//! The ordinary client reads it with ordinary configuration. Its tenants have a story (see [`story`]); its
//! numbers are computed when asked, so it stays small; it misbehaves when told to (see [`Faults`]).
//! Every text in it was written for this project.

mod answer;
mod assertion;
mod control;
mod faults;
mod grammar;
mod graph;
mod hostile;
pub mod inbox;
mod known;
mod limits;
mod paging;
mod probed;
mod refusal;
mod render;
mod seeded_random;
mod settings;
pub mod story;
mod token;
mod wire;
mod world;

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use jiff::{Timestamp, civil::Date};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use faults::{FaultRule, FaultTarget, Faults, InjectedFault};
pub use probed::{MARK as PROBED_MARK, NAME as PROBED_NAME};

use crate::error::{Error, ErrorKind, Result};
use story::{distance, shift};
use world::World;

/// How many requests are remembered for [`Sandbox::requests`].
const REMEMBERED: usize = 10_000;

/// The tenants that are there to be probed.
const PLAIN: &str = "plain";
const ODD: &str = "odd";

/// What a sandbox is to be like.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day of the newest snapshot, and day 0 of the story. Graph's days are UTC.
    pub today: Date,
    /// What all chance depends on: the same seed makes the same world.
    pub seed: u64,
    /// Where to listen; a free port on loopback unless told.
    pub listen: Option<SocketAddr>,
    /// Whether there is a tenant `hostile` too, whose every text means harm.
    pub hostile: bool,
    /// Whether there are tenants `woodgrove` and `tailspin` too, in which happens what alerts notify of and the others have not.
    pub eventful: bool,
    /// Whether there are tenants `plain` and `odd` too, which answer what is not known of Graph as we assume, and otherwise.
    pub probed: bool,
    /// How long tokens live.
    pub token_lifetime: Duration,
    /// How many tenants there are beside these, `customer-001` and on.
    pub customers: usize,
    /// How long Graph thinks before it answers. Anything above zero makes requests overlap, so that limits can be seen to hold.
    pub latency: Duration,
}

impl Options {
    /// The usual world on `today`: seed 1, a free port, three tenants and no others, tokens for an hour, immediate answers.
    pub const fn new(today: Date) -> Self {
        let token_lifetime = Duration::from_hours(1);
        let (hostile, eventful, probed) = (false, false, false);
        Self { today, seed: 1, listen: None, hostile, eventful, probed, token_lifetime, customers: 0, latency: Duration::ZERO }
    }
}

/// What a client must know to sign in to a tenant of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxTenant {
    /// The short name: `contoso`, `fabrikam`, `northwind`, `hostile`, `woodgrove`, `tailspin`, `plain`, `odd`.
    pub name: String,
    /// The tenant's id.
    pub entra_id: String,
    /// The app's id in that tenant.
    pub client_id: String,
    /// The app's secret, which guards nothing.
    pub client_secret: String,
}

/// The app registration that every tenant of the sandbox has consented to, beside that of its own.
#[derive(Debug)]
pub struct SandboxApp {
    /// Its id.
    pub client_id: String,
    /// Its secret, which guards nothing.
    pub client_secret: String,
    certificates: Mutex<assertion::Certificates>,
}

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, as sent.
    pub path: String,
    /// The query, as sent.
    pub query: Option<String>,
    /// Whose token it carried, or at whose token endpoint it asked; none where the token did not hold or the tenant is unknown.
    pub tenant: Option<String>,
    /// The status that was answered.
    pub status: u16,
}

impl SeenRequest {
    /// Whether a token came with it that held. Always false at the token endpoint.
    pub fn authorised(&self) -> bool {
        self.method == "GET" && self.tenant.is_some()
    }
}

/// A tenant, as the server sees it.
#[derive(Debug)]
struct TenantState {
    tenant: SandboxTenant,
    world: World,
    certificates: Mutex<assertion::Certificates>,
    limits: limits::TenantLimits,
    /// How it answers what is not known of Graph, if that is what it is for.
    probed: Option<probed::ProbedBehaviour>,
}

/// What all requests share.
#[derive(Debug)]
struct Shared {
    root: String,
    rooms: Vec<TenantState>,
    app: SandboxApp,
    today: Mutex<Date>,
    tokens: token::IssuedTokens,
    token_lifetime: Duration,
    latency: Duration,
    faults: Faults,
    seen: Mutex<VecDeque<SeenRequest>>,
    stopping: watch::Receiver<bool>,
}

impl Shared {
    /// Today, as a day of that world.
    fn day_of(&self, world: &World) -> i32 {
        distance(world.anchor, *held(&self.today))
    }

    fn saw(&self, method: &'static str, path: &str, query: Option<&str>, tenant: Option<String>, status: StatusCode) {
        let mut seen = held(&self.seen);
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(SeenRequest { method, path: path.to_owned(), query: query.map(str::to_owned), tenant, status: status.as_u16() });
    }
}

/// A running sandbox. It stops when dropped; [`Sandbox::stop`] waits for that.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    tenants: Vec<SandboxTenant>,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to answer. Fails where the address cannot be listened on.
    pub async fn start(options: Options) -> Result<Self> {
        let address = options.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let unable = |cause| {
            Error::new(ErrorKind::Misconfigured, format!("The sandbox cannot listen on {address}. Choose another address.")).because(cause)
        };
        let listener = TcpListener::bind(address).await.map_err(unable)?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let (stop, stopping) = watch::channel(false);
        let rooms = worlds(&options).into_iter().map(|world| room(world, options.seed));
        let rooms: Vec<TenantState> = rooms.chain((1..=options.customers).map(|number| customer(number, &options))).collect();
        let tenants = rooms.iter().map(|room| room.tenant.clone()).collect();
        let shared = Arc::new(Shared {
            root: format!("http://{address}"),
            rooms,
            app: app(options.seed),
            today: Mutex::new(options.today),
            tokens: token::IssuedTokens::default(),
            token_lifetime: options.token_lifetime,
            latency: options.latency,
            faults: Faults::default(),
            seen: Mutex::default(),
            stopping: stopping.clone(),
        });
        let router = Router::new()
            .route("/{tenant}/oauth2/v2.0/token", post(token::token))
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(token::metadata))
            .route("/v1.0/security/{collection}", get(graph::collection))
            .route("/v1.0/security/{collection}/{id}", get(graph::one))
            .route("/v1.0/subscribedSkus", get(graph::subscriptions))
            .fallback(get(graph::nothing))
            .with_state(Arc::clone(&shared))
            .merge(inbox::routes());
        let mut until = stopping;
        let served = tokio::spawn(async move {
            let stopped = async move {
                // An error means that the sandbox was dropped, which stops it just as well.
                let _ = until.wait_for(|stopping| *stopping).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::warn!(%error, "the sandbox stopped");
            }
        });
        Ok(Self { shared, tenants, stop, served })
    }

    /// Where it answers, such as `http://127.0.0.1:40123`: the root of sign-in and of Graph.
    pub fn root(&self) -> String {
        self.shared.root.clone()
    }

    /// The app that all tenants have consented to. A fault says otherwise: [`InjectedFault::NoConsent`], [`InjectedFault::Forbidden`].
    pub fn app(&self) -> &SandboxApp {
        &self.shared.app
    }

    /// Its tenants: `contoso`, `fabrikam`, `northwind`, then `hostile`, `woodgrove`, `tailspin`, `plain`, `odd` and customers where asked for.
    pub fn tenants(&self) -> &[SandboxTenant] {
        &self.tenants
    }

    /// Those of them that are there to be probed: `plain` and `odd`, where asked for.
    pub fn tenants_to_probe(&self) -> impl Iterator<Item = &SandboxTenant> {
        self.tenants.iter().filter(|tenant| [PLAIN, ODD].contains(&&*tenant.name))
    }

    /// The tenant of that short name.
    pub fn tenant(&self, name: &str) -> Option<&SandboxTenant> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }

    /// From now on the tenant's app may also sign in with assertions of this certificate (DER, RSA).
    pub fn register_certificate(&self, tenant: &str, der: &[u8]) -> Result<()> {
        let room = self.shared.rooms.iter().find(|room| room.tenant.name == tenant);
        let room = room.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("The sandbox has no tenant {tenant}.")))?;
        register(&room.certificates, der)
    }

    /// The same for the app that all tenants have consented to.
    pub fn register_app_certificate(&self, der: &[u8]) -> Result<()> {
        register(&self.shared.app.certificates, der)
    }

    /// How it misbehaves.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The requests that were answered, oldest first; only the last 10,000 are remembered. One that hangs is not among them while it hangs.
    pub fn requests(&self) -> Vec<SeenRequest> {
        held(&self.shared.seen).iter().cloned().collect()
    }

    /// Forgets every token that it has issued, so that clients must sign in again.
    pub fn revoke_tokens(&self) {
        self.shared.tokens.revoke();
    }

    /// Moves the world to another day, forward or back.
    pub fn set_today(&self, today: Date) {
        *held(&self.shared.today) = today;
    }

    /// Moves the world on by so many days.
    pub fn advance(&self, days: i32) {
        let mut today = held(&self.shared.today);
        *today = shift(*today, days);
    }

    /// Stops answering and waits for the requests under way.
    pub async fn stop(self) {
        // Nobody listening means that it has stopped already.
        let _ = self.stop.send(true);
        let _ = self.served.await;
    }
}

fn register(certificates: &Mutex<assertion::Certificates>, der: &[u8]) -> Result<()> {
    if held(certificates).register(der) { Ok(()) } else { Err(Error::bad_arguments("This is no certificate. Give its DER form.")) }
}

/// All worlds of a sandbox, in the order of its tenants.
fn worlds(options: &Options) -> Vec<World> {
    let (seed, today) = (options.seed, options.today);
    let mut worlds = vec![World::contoso(seed, today), World::fabrikam(seed, today), World::northwind(seed, today)];
    if options.hostile {
        worlds.push(World::hostile(seed, today));
    }
    if options.eventful {
        worlds.extend([World::woodgrove(seed, today), World::tailspin(seed, today)]);
    }
    if options.probed {
        worlds.extend([World::bare(PLAIN, seed, today), World::bare(ODD, seed, today)]);
    }
    worlds
}

fn room(world: World, seed: u64) -> TenantState {
    let mut chance = seeded_random::SeededRandom::of(seed ^ 0x0041_5050, world.name);
    let tenant = SandboxTenant {
        name: world.name.to_owned(),
        entra_id: world.entra_id.clone(),
        client_id: chance.guid(),
        client_secret: format!("sandbox~{:016x}", chance.next()),
    };
    let probed = match world.name {
        PLAIN => Some(probed::ProbedBehaviour::AsAssumed),
        ODD => Some(probed::ProbedBehaviour::Otherwise),
        _ => None,
    };
    TenantState { tenant, world, certificates: Mutex::default(), limits: limits::TenantLimits::default(), probed }
}

/// One of many tenants, whose story is that of `northwind`.
fn customer(number: usize, options: &Options) -> TenantState {
    let name = format!("customer-{number:03}");
    let mut chance = seeded_random::SeededRandom::of(options.seed ^ 0x0041_5050, &name);
    let world = World { entra_id: chance.guid(), ..World::northwind(options.seed, options.today) };
    let mut state = room(world, options.seed);
    state.tenant.name = name;
    state
}

fn app(seed: u64) -> SandboxApp {
    let mut chance = seeded_random::SeededRandom::of(seed ^ 0x0041_5050, "app of many tenants");
    SandboxApp { client_id: chance.guid(), client_secret: format!("sandbox~{:016x}", chance.next()), certificates: Mutex::default() }
}

fn find(tenant: &str, options: &Options) -> Result<World> {
    let unknown = || Error::new(ErrorKind::NotFound, format!("The sandbox has no tenant {tenant}."));
    worlds(&Options { hostile: true, ..options.clone() }).into_iter().find(|world| world.name == tenant).ok_or_else(unknown)
}

/// What Graph answers about the last `days` days of a tenant on `today`, in one page and without a server: for tests and benches.
///
/// `options.today` is day 0 of the story; `today` may be any other day.
pub fn scores_json(tenant: &str, options: &Options, today: Date, days: usize) -> Result<Vec<u8>> {
    let world = find(tenant, options)?;
    let days: Vec<i32> = world.days(distance(world.anchor, today)).take(days).collect();
    render::scores(&world, days.first().copied(), &days, None)
}

/// The whole catalogue of a tenant on `today` as Graph sends it, in one page and without a server: for tests and benches.
pub fn profiles_json(tenant: &str, options: &Options, today: Date) -> Result<Vec<u8>> {
    let world = find(tenant, options)?;
    render::profiles(&world, distance(world.anchor, today), world.profiles(), None)
}

/// The lock's content, whoever panicked while holding it: nothing here is left half changed.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The machine's time: tokens and assertions live in it, whatever day the world has.
fn now() -> Timestamp {
    Timestamp::now()
}

/// Random bytes of the operating system, or zeros where it has none: nothing real is guarded by them.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "no randomness from the operating system");
    }
    bytes
}

/// A random GUID.
fn random_guid() -> String {
    seeded_random::SeededRandom::new(u64::from_ne_bytes(random())).guid()
}
