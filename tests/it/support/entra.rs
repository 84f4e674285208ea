//! A stand-in for the place where Microsoft Entra publishes signing keys, and for whoever signs tokens with them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::header,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, crypto,
    jwk::{AlgorithmParameters, Jwk},
};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// The directory that grants name.
pub const HOME: &str = "3b3b3b3b-1111-4111-8111-0123456789ab";
/// A directory that no grant names.
pub const AWAY: &str = "4c4c4c4c-2222-4222-8222-0123456789ab";
/// The registration of scorewatch.
pub const CLIENT: &str = "5d5d5d5d-3333-4333-8333-0123456789ab";
/// An app that asks.
pub const APP: &str = "6e6e6e6e-4444-4444-8444-0123456789ab";
/// A user that asks.
pub const USER: &str = "7f7f7f7f-5555-4555-8555-0123456789ab";

/// A real RSA key, made once for all tests: making one takes a while.
pub struct Signer {
    key: EncodingKey,
    n: String,
    e: String,
    /// The public key, PEM.
    pub public: String,
}

/// Keys that differ.
pub static SIGNERS: LazyLock<[Signer; 3]> = LazyLock::new(|| std::array::from_fn(|_| Signer::new()));

impl Signer {
    fn new() -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
        let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        let AlgorithmParameters::RSA(parameters) = jwk.algorithm else { panic!("no RSA key") };
        Self { key, n: parameters.n, e: parameters.e, public: pair.public_key_pem() }
    }

    /// As Entra publishes it under `kid`; `more` changes members.
    pub fn published(&self, kid: &str, more: &Value) -> Value {
        let published = json!({ "kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": self.n, "e": self.e, "x5c": ["MIIC"] });
        without_nulls(with(&published, more))
    }

    /// A token of exactly these two texts.
    pub fn sign(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = crypto::sign(said.as_bytes(), &self.key, algorithm).unwrap();
        format!("{said}.{signature}")
    }

    /// An RS256 token.
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        self.sign(
            Algorithm::RS256,
            &json!({ "typ": "JWT", "alg": "RS256", "kid": kid }).to_string(),
            &without_nulls(claims.clone()).to_string(),
        )
    }
}

/// `object` with the members of `more`; a null stands for a member that is taken out in the end.
pub fn with(object: &Value, more: &Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    object.extend(more.as_object().unwrap().clone());
    Value::Object(object)
}

fn without_nulls(mut object: Value) -> Value {
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}

/// This moment in a token, moved by `seconds`.
pub fn seconds(moved: i64) -> i64 {
    Timestamp::now().as_second() + moved
}

/// What the stand-in answers at a path.
#[derive(Clone)]
pub struct Document {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Document {
    /// A key document.
    pub fn keys(keys: &[Value]) -> Self {
        Self::body(json!({ "keys": keys }).to_string())
    }

    /// Any body, as if all were well.
    pub fn body(body: String) -> Self {
        Self { status: 200, location: None, body }
    }
}

struct Shared {
    documents: Mutex<HashMap<String, Document>>,
    fetched: watch::Sender<Vec<String>>,
    gate: Semaphore,
}

/// The stand-in. It counts who asks for keys, and can let them wait.
pub struct SignIn {
    pub root: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

const OPEN: usize = 1 << 20;

impl SignIn {
    /// Publishes the first signer's key as `one` for both versions of [`HOME`]'s tokens.
    pub async fn start() -> Self {
        let fetched = watch::channel(Vec::new()).0;
        let shared = Arc::new(Shared { documents: Mutex::default(), fetched, gate: Semaphore::new(OPEN) });
        let socket = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let root = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        let sign_in = Self { root, shared, serving };
        let template = json!({ "issuer": format!("{}/{{tenantid}}/v2.0", sign_in.root) });
        sign_in.publish(&Self::path("2.0"), Document::keys(&[SIGNERS[0].published("one", &template)]));
        sign_in.publish(&Self::path("1.0"), Document::keys(&[SIGNERS[0].published("one", &json!({}))]));
        sign_in
    }

    /// Where the keys of [`HOME`] are for a version of tokens.
    pub fn path(version: &str) -> String {
        if version == "2.0" { format!("/{HOME}/discovery/v2.0/keys") } else { format!("/{HOME}/discovery/keys") }
    }

    pub fn publish(&self, path: &str, document: Document) {
        self.shared.documents.lock().unwrap().insert(path.to_owned(), document);
    }

    /// The paths that were asked for, in order.
    pub fn fetched(&self) -> Vec<String> {
        self.shared.fetched.borrow().clone()
    }

    /// Waits until so many paths were asked for.
    pub async fn until_fetched(&self, count: usize) {
        let mut fetched = self.shared.fetched.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(20), fetched.wait_for(|fetched| fetched.len() >= count)).await;
        waited.expect("the keys are asked for").unwrap();
    }

    /// From now on answers wait.
    pub fn close(&self) {
        self.shared.gate.forget_permits(OPEN);
    }

    /// All who wait get their answers.
    pub fn open(&self) {
        self.shared.gate.add_permits(OPEN);
    }

    /// The claims of a user's version 2 token that a client of ours would have; `more` changes them.
    pub fn claims(&self, more: &Value) -> Value {
        let claims = json!({
            "ver": "2.0",
            "iss": format!("{}/{HOME}/v2.0", self.root),
            "aud": CLIENT,
            "tid": HOME,
            "oid": USER,
            "sub": "pairwise-subject",
            "azp": APP,
            "azpacr": "1",
            "scp": "Score.Read",
            "name": "Alex Wilber",
            "preferred_username": "alex@contoso.example",
            "iat": seconds(-300),
            "nbf": seconds(-300),
            "exp": seconds(3600),
        });
        with(&claims, more)
    }

    /// The same as version 1 has it.
    pub fn claims_one(&self, more: &Value) -> Value {
        let one = json!({
            "ver": "1.0",
            "iss": format!("https://sts.windows.net/{HOME}/"),
            "aud": format!("api://{CLIENT}"),
            "azp": null,
            "azpacr": null,
            "appid": APP,
            "appidacr": "1",
        });
        with(&with(&self.claims(&json!({})), &one), more)
    }

    /// A good token of a user, signed as `one`.
    pub fn token(&self, more: &Value) -> String {
        SIGNERS[0].token("one", &self.claims(more))
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    shared.fetched.send_modify(|fetched| fetched.push(path.clone()));
    drop(shared.gate.acquire().await.unwrap());
    let document = shared.documents.lock().unwrap().get(&path).cloned();
    let document = document.unwrap_or(Document { status: 404, location: None, body: String::new() });
    let mut response = Response::builder().status(document.status).header(header::CONTENT_TYPE, "application/json");
    if let Some(location) = document.location {
        response = response.header(header::LOCATION, location);
    }
    response.body(Body::from(document.body)).unwrap()
}
