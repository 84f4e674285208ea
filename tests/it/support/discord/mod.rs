//! A stand-in for Discord: its REST interface and its gateway on loopback, and people who type, press and look.
//!
//! It refuses what the real one refuses (see `limits`), and writes down as a fault whatever a tidy app would not do. A test in
//! which a fault is left over fails when the stand-in is dropped.
#![allow(dead_code, unused_imports, reason = "the bench uses a part of it, and each test another one")]

pub mod answers;
pub mod gateway;
pub mod limits;
pub mod limits_commands;
pub mod limits_components;
pub mod person;
pub mod rest;
pub mod script;
pub mod typing;
pub mod webhooks;
pub mod world;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ring::signature::Ed25519KeyPair;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::task::JoinHandle;

pub use person::{Answer, Choice, First, Kind, Person, user_id};
pub use rest::{Asked, Twist};
pub use world::{Channel, File, Seen, World};

/// The application, which is its bot user too.
pub const APP: u64 = 1_100_000_000_000_000_001;
/// A server.
pub const GUILD: u64 = 1_100_000_000_000_000_002;
/// A channel of [`GUILD`].
pub const CHANNEL: u64 = 1_100_000_000_000_000_003;
/// Another one.
pub const OTHER_CHANNEL: u64 = 1_100_000_000_000_000_004;
/// A role of [`GUILD`].
pub const ROLE: u64 = 1_100_000_000_000_000_009;
/// The bot's token.
pub const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GfAkEd.stand-in-token-of-the-tests";

/// The stand-in. Dropping it ends it, and panics if something was wrong.
pub struct Stand {
    pub world: Arc<World>,
    serving: Vec<JoinHandle<()>>,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
        let faults = self.take_faults();
        assert!(faults.is_empty() || std::thread::panicking(), "Discord would not have liked this:\n- {}", faults.join("\n- "));
    }
}

impl Stand {
    /// REST and gateway, each on a port of its own, with [`CHANNEL`] and [`OTHER_CHANNEL`].
    pub async fn start() -> Self {
        let rest = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world = Arc::new(World::new(rest.local_addr().unwrap(), socket.local_addr().unwrap()));
        let router = rest::router(Arc::clone(&world));
        let rest = axum::serve::ListenerExt::tap_io(rest, |stream| stream.set_nodelay(true).unwrap());
        let serving = vec![
            tokio::spawn(async move { axum::serve(rest, router).await.unwrap() }),
            tokio::spawn(gateway::listen(Arc::clone(&world), socket)),
        ];
        Self { world, serving }
    }

    /// Where the REST interface is, for `discord.proxy`.
    pub fn root(&self) -> String {
        format!("http://{}", self.world.rest)
    }

    /// The same REST interface over TLS as `discord.com`: where, and the certificate (PEM) to trust.
    pub fn over_tls(&mut self) -> (SocketAddr, String) {
        let made = rcgen::generate_simple_self_signed(vec!["discord.com".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let config = axum_server::tls_rustls::RustlsConfig::from_config(Arc::new(config));
        let server = axum_server::from_tcp_rustls(listener, config).unwrap();
        let service = rest::router(Arc::clone(&self.world)).into_make_service();
        self.serving.push(tokio::spawn(async move { server.serve(service).await.unwrap() }));
        (address, made.cert.pem())
    }

    /// Somebody, in [`CHANNEL`] of [`GUILD`] until told otherwise.
    pub fn member(&self, name: &str) -> Person {
        Person::new(&self.world, name)
    }

    /// From now on interactions go to this address, signed, and not over the gateway.
    pub fn deliver_over_http(&self, url: &str, key: Ed25519KeyPair) {
        self.world.change(|state| state.endpoint = Some(Arc::new(typing::Endpoint::new(url, key))));
    }

    /// How long an app has for its first answer (3 s), and how long an interaction's token is good (15 min).
    pub fn patience(&self, first: Duration, token: Duration) {
        self.world.change(|state| (state.deadline, state.token_life) = (first, token));
    }

    /// What the next request that fits meets: its method, and a part of its path.
    pub fn next(&self, method: &'static str, part: &str, twist: Twist) {
        self.world.change(|state| state.twists.push((method, part.to_owned(), twist)));
    }

    /// Makes the bot's token worthless, as a reset in the developer portal does.
    pub fn revoke_token(&self) {
        self.world.change(|state| state.token.clear());
    }

    /// Makes it worth what it was.
    pub fn restore_token(&self) {
        self.world.change(|state| TOKEN.clone_into(&mut state.token));
    }

    /// A channel becomes what it is from now on.
    pub fn channel(&self, id: u64, channel: Channel) {
        self.world.change(|state| state.channels.insert(id, channel));
    }

    /// Somebody deletes a message.
    pub fn deletes(&self, message: u64) {
        self.world.change(|state| state.messages.remove(&message));
    }

    /// Makes a webhook of a channel, and says its address.
    pub fn webhook(&self, id: u64, channel: u64) -> String {
        let token = format!("SECRET-{}", "w".repeat(60));
        self.world.change(|state| state.webhooks.insert(id.to_string(), (token.clone(), channel)));
        format!("{}/api/v10/webhooks/{id}/{token}", self.root().trim_end_matches('/'))
    }

    /// Somebody deletes a webhook.
    pub fn deletes_webhook(&self, id: u64) {
        self.world.change(|state| state.webhooks.remove(&id.to_string()));
    }

    /// Makes somebody a member of their server, with their roles; not so, when they left.
    pub fn joins(&self, person: &Person) {
        let guild = person.place.guild.unwrap_or(GUILD);
        self.world.change(|state| state.members.insert((guild, person.id()), script::member(&person.who)));
    }

    /// Somebody leaves their server.
    pub fn leaves(&self, person: &Person) {
        let guild = person.place.guild.unwrap_or(GUILD);
        self.world.change(|state| state.members.remove(&(guild, person.id())));
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Asked> {
        self.world.with(|state| state.asked.clone())
    }

    /// Waits until a request has been answered, and returns it.
    pub async fn until_request(&self, what: &str, fits: impl Fn(&Asked) -> bool) -> Asked {
        let found = self.world.until(Duration::from_secs(20), |state| state.asked.iter().find(|asked| fits(asked)).cloned()).await;
        found.unwrap_or_else(|| panic!("no request: {what}; there were {:#?}", self.requests()))
    }

    /// How many requests were invalid: Discord locks out who makes 10,000 in ten minutes
    /// (<https://docs.discord.com/developers/topics/rate-limits>).
    pub fn invalid_requests(&self) -> usize {
        self.world.with(|state| state.asked.iter().filter(|asked| asked.counts_as_invalid).count())
    }

    /// The commands of everywhere, or of one server, as Discord has them.
    pub fn commands(&self, guild: Option<u64>) -> Vec<Value> {
        self.world.with(|state| state.commands.get(&guild).cloned().unwrap_or_default())
    }

    /// What was posted to a channel and everybody there sees.
    pub fn posts(&self, channel: u64) -> Vec<Seen> {
        self.world.with(|state| state.seen(channel, None))
    }

    /// What was wrong so far.
    pub fn faults(&self) -> Vec<String> {
        self.world.with(|state| state.faults.clone())
    }

    /// What was wrong so far; it is forgiven.
    pub fn take_faults(&self) -> Vec<String> {
        self.world.with(|state| std::mem::take(&mut state.faults))
    }
}
