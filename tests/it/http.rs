//! What does a client of the HTTP listener meet? Keys, forms, names of bytes, problems, TLS: over real sockets.

use crate::support::doors::{doors, doors_by};
use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::date};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use scorewatch::{
    access::{Asker, Role},
    app::Doors,
    error::ErrorKind,
    http::{HttpServer, ServerSettings, TlsFiles},
    operations::NewKey,
    posting::Posts,
    score::{Catalogue, Category, ControlScore, Reading, Snapshot},
    store::{Source, Store},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

const ANY_PORT: &str = "127.0.0.1:0";

/// A server over a store with the tenants contoso and fabrikam.
pub struct House {
    pub server: HttpServer,
    pub doors: Doors,
    pub client: Client,
    directory: TempDir,
}

async fn house() -> House {
    house_with(|_| ()).await
}

pub async fn house_with(change: impl FnOnce(&mut ServerSettings)) -> House {
    house_that(change, || "scorewatch_questions_total 1\n".to_owned()).await
}

/// The same, with metrics of its own.
pub async fn house_that(change: impl FnOnce(&mut ServerSettings), metrics: impl Fn() -> String + Send + Sync + 'static) -> House {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    for (tenant, entra_id) in [("contoso", "11111111-1111-4111-8111-111111111111"), ("fabrikam", "22222222-2222-4222-8222-222222222222")] {
        store.ensure_tenant(tenant).await.unwrap();
        store.save(tenant, &reading(entra_id), Source::Graph { fence: None }, now).await.unwrap();
    }
    let doors = doors(store).await;
    let mut settings = ServerSettings { listen: ANY_PORT.parse().unwrap(), ..ServerSettings::default() };
    change(&mut settings);
    let server = HttpServer::start(settings, Arc::clone(&doors.ask), Arc::clone(&doors.operations), metrics).await.unwrap();
    House { server, doors, client: Client::new(), directory }
}

fn reading(entra_id: &str) -> Reading {
    let control = ControlScore {
        name: "AdminMFAV2".into(),
        category: Category::Identity,
        points: Some(5.0),
        percent: Some(50.0),
        profile_maximum: Some(10.0),
        evidence: None,
    };
    let snapshot = Snapshot {
        day: date(2026, 11, 19),
        points: 5.0,
        maximum: Some(10.0),
        active_users: Some(40),
        peers: Vec::new(),
        controls: vec![control],
        controls_known: true,
        enabled_services: None,
        sent_bytes: 1000,
    };
    Reading { entra_id: Some(entra_id.to_owned()), days: vec![snapshot], catalogue: Some(Catalogue::default()), ..Reading::default() }
}

impl House {
    pub async fn key(&self, role: Role, tenants: Option<&[&str]>) -> String {
        let tenants = tenants.map(|names| names.iter().map(ToString::to_string).collect());
        let new = NewKey { name: "test".to_owned(), tenants, role, expires: None };
        let (_, secret) = self.doors.operations.key_new(&Asker::local(), new).await.unwrap();
        secret.expose_secret().to_owned()
    }

    pub async fn reader(&self) -> String {
        self.key(Role::Reader, None).await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.local_addr()))
    }

    pub async fn get(&self, path: &str, key: &str) -> Response {
        self.request(Method::GET, path).bearer_auth(key).send().await.unwrap()
    }
}

pub async fn json(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Checks that a response is a whole problem, and returns it.
pub async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem = json(response).await;
    assert_eq!((&problem["status"], &problem["instance"]), (&status.into(), &id.into()));
    for member in ["type", "title", "detail", "kind"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
    }
    problem
}

#[tokio::test]
async fn a_skill_is_asked_with_a_key_and_answers_in_json() {
    let house = house().await;
    let response = house.get("/skills/secure_score?tenant=contoso", &house.reader().await).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(response.headers()[header::VARY], "Accept, Authorization");
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let answer = json(response).await;
    assert_eq!((&answer["tenant"], &answer["points"]), (&"contoso".into(), &5.into()));
}

#[tokio::test]
async fn a_caller_is_told_how_often_it_may_still_ask() {
    let house = house_with(|settings| settings.requests_per_minute = NonZeroU32::new(2).unwrap()).await;
    let key = house.reader().await;
    let said = |response: &Response| ["ratelimit-policy", "ratelimit"].map(|name| response.headers()[name].to_str().unwrap().to_owned());
    let path = "/skills/secure_score?tenant=contoso";
    for left in [1, 0] {
        assert_eq!(said(&house.get(path, &key).await), ["\"caller\";q=2;w=60".to_owned(), format!("\"caller\";r={left}")]);
    }
    let refused = house.get(path, &key).await;
    assert_eq!((refused.status().as_u16(), said(&refused)[1].as_str()), (429, "\"caller\";r=0"));
    let nobody = house.request(Method::GET, path).send().await.unwrap();
    assert!(!nobody.headers().contains_key("ratelimit"), "whoever is not known has nothing that is counted");
}

#[tokio::test]
async fn long_documents_come_in_fewer_bytes_to_whoever_takes_them() {
    let house = house().await;
    let key = house.reader().await;
    // This one would unpack them by itself.
    let client = Client::builder().no_gzip().build().unwrap();
    let packed = async |path: &str| {
        let request = client.get(format!("http://{}{path}", house.server.local_addr())).bearer_auth(&key);
        request.header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap()
    };
    let plain = client.get(format!("http://{}/openapi.json", house.server.local_addr())).send().await.unwrap();
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let etag = plain.headers()[header::ETAG].to_str().unwrap().to_owned();
    let plain = plain.bytes().await.unwrap();
    let small = packed("/openapi.json").await;
    assert_eq!(small.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(small.headers()[header::ETAG], format!("W/{etag}"), "other bytes of the same meaning");
    let again =
        house.request(Method::GET, "/openapi.json").header(header::IF_NONE_MATCH, &small.headers()[header::ETAG]).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let small = small.bytes().await.unwrap();
    assert!(small.len() * 5 < plain.len(), "{} of {}", small.len(), plain.len());
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&small[..]), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert!(!packed("/skills/secure_score?tenant=contoso").await.headers().contains_key(header::CONTENT_ENCODING), "a short answer");
}

#[tokio::test]
async fn a_page_in_a_browser_may_ask_where_it_is_allowed() {
    let house = house_with(|settings| settings.mcp.origins = vec!["https://tools.example".to_owned()]).await;
    for (origin, allowed) in [("https://tools.example", true), ("http://localhost:3000", true), ("https://evil.example", false)] {
        let asks = house.request(Method::OPTIONS, "/skills/secure_score").header(header::ORIGIN, origin);
        let asks = asks.header("access-control-request-method", "GET").header("access-control-request-headers", "authorization");
        let headers = asks.send().await.unwrap().headers().clone();
        assert_eq!(headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap()), allowed.then_some(origin));
        assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
        let asked = house.request(Method::GET, "/skills/secure_score?tenant=contoso").header(header::ORIGIN, origin);
        let answered = asked.bearer_auth(house.reader().await).send().await.unwrap();
        assert_eq!(answered.headers().contains_key("access-control-allow-origin"), allowed, "{origin}");
    }
}

#[tokio::test]
async fn accept_chooses_text_and_head_sends_no_body() {
    let house = house().await;
    let key = house.reader().await;
    let path = "/skills/secure_score?tenant=contoso";
    let text = house.request(Method::GET, path).bearer_auth(&key).header(header::ACCEPT, "text/plain").send().await.unwrap();
    assert_eq!(text.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    assert!(text.text().await.unwrap().starts_with("contoso"));
    let other = house.request(Method::GET, path).bearer_auth(&key).header(header::ACCEPT, "image/png").send().await.unwrap();
    assert_eq!(other.headers()[header::CONTENT_TYPE], "application/json");
    let length = other.bytes().await.unwrap().len();
    let head = house.request(Method::HEAD, path).bearer_auth(&key).send().await.unwrap();
    assert_eq!((head.status(), head.headers()[header::CONTENT_LENGTH].to_str().unwrap()), (StatusCode::OK, length.to_string().as_str()));
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_bytes_are_sent_once() {
    let house = house().await;
    let key = house.reader().await;
    for path in ["/skills/secure_score?tenant=contoso", "/skills", "/openapi.json", "/manifests/security-copilot.yaml"] {
        let first = house.get(path, &key).await;
        let etag = first.headers()[header::ETAG].clone();
        let again = house.request(Method::GET, path).bearer_auth(&key).header(header::IF_NONE_MATCH, &etag).send().await.unwrap();
        assert_eq!((again.status(), &again.headers()[header::ETAG]), (StatusCode::NOT_MODIFIED, &etag), "{path}");
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let text = house.request(Method::GET, "/skills/secure_score?tenant=contoso").bearer_auth(&key).header(header::ACCEPT, "text/plain");
    let json = house.get("/skills/secure_score?tenant=contoso", &key).await;
    assert_ne!(text.send().await.unwrap().headers()[header::ETAG], json.headers()[header::ETAG], "each form has its own name");
}

#[tokio::test]
async fn without_a_good_key_nothing_is_answered() {
    let house = house().await;
    for path in ["/skills", "/skills/secure_score?tenant=contoso", "/skills/no_such", "/metrics"] {
        let without = house.request(Method::GET, path).send().await.unwrap();
        assert!(without.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"), "{path}");
        problem(without, 401).await;
        problem(house.get(path, "swk_of_nobody").await, 401).await;
        problem(house.request(Method::GET, path).basic_auth("a", Some("b")).send().await.unwrap(), 401).await;
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_no_fault_of_the_key() {
    static LATE: OnceLock<SignedDuration> = OnceLock::new();
    let house = house().await;
    let key = house.key(Role::Reader, None).await;
    let store = Store::open(&house.directory.path().join("scorewatch.db")).await.unwrap();
    let blind = doors_by(store, || Timestamp::now() + LATE.get().copied().unwrap_or_default(), Posts::default()).await;
    // Nobody looks at the store meanwhile.
    LATE.set(SignedDuration::from_secs(62)).unwrap();
    let settings = ServerSettings { listen: ANY_PORT.parse().unwrap(), ..ServerSettings::default() };
    let server = HttpServer::start(settings, blind.ask, blind.operations, String::new).await.unwrap();
    let address = format!("http://{}/skills/secure_score", server.local_addr());
    for key in [&*key, "swk_of_nobody"] {
        let answer = house.client.get(&address).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.headers()[header::RETRY_AFTER], "30");
        assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE), "the key is not refused");
        problem(answer, 503).await;
    }
}

#[tokio::test]
async fn what_was_asked_wrongly_is_reported_with_what_would_be_right() {
    let house = house().await;
    let key = house.reader().await;
    let cases = [
        ("/skills/secure_scores", 404, "Did you mean `secure_score`?", None),
        ("/skills/secure_score?tenant=contosso", 404, "Did you mean `contoso`?", Some("tenant")),
        ("/skills/secure_score", 400, "Which tenant?", Some("tenant")),
        ("/skills/secure_score?tenant=contoso&tenant=fabrikam", 400, "given twice", Some("tenant")),
        ("/skills/weakest_controls?tenant=contoso&limit=3&limit=4", 400, "given twice", Some("limit")),
        ("/skills/weakest_controls?tenant=contoso&limt=3", 400, "Did you mean `limit`?", Some("limit")),
        ("/skills/weakest_controls?tenant=contoso&limit=99", 400, "from 1 to 25", Some("limit")),
        ("/skills/weakest_controls?tenant=all", 400, "one tenant at a time", Some("tenant")),
        ("/no/such/address", 404, "/openapi.json", None),
    ];
    for (path, status, right, param) in cases {
        let problem = problem(house.get(path, &key).await, status).await;
        assert_eq!(problem["param"].as_str(), param, "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(right), "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_key_sees_its_own_tenants_only() {
    let house = house().await;
    let key = house.key(Role::Reader, Some(&["fabrikam"])).await;
    let hidden = problem(house.get("/skills/secure_score?tenant=contoso", &key).await, 404).await;
    let mut missing = problem(house.get("/skills/secure_score?tenant=contosa", &key).await, 404).await;
    missing["detail"] = missing["detail"].as_str().unwrap().replace("contosa", "contoso").into();
    missing["instance"] = hidden["instance"].clone();
    assert_eq!(hidden, missing, "a hidden tenant and a missing one look the same");
    let only = json(house.get("/skills/secure_score", &key).await).await;
    assert_eq!(only["tenant"], "fabrikam");
    let list = json(house.get("/skills", &key).await).await;
    assert_eq!(list["tenants"], serde_json::json!(["fabrikam"]));
    assert_eq!(list["skills"].as_array().unwrap().len(), scorewatch::skills::ALL.len());
    assert!(list["skills"][0]["answer"]["properties"].is_object(), "{}", list["skills"][0]);
}

#[tokio::test]
async fn another_method_is_refused_with_the_one_that_works() {
    let house = house().await;
    let response = house.request(Method::POST, "/skills/secure_score").bearer_auth(house.reader().await).send().await.unwrap();
    assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
    problem(response, 405).await;
}

#[tokio::test]
async fn large_tokens_pass_and_larger_headers_are_refused() {
    let house = house().await;
    problem(house.get("/skills", &"t".repeat(20 * 1024)).await, 401).await;
    problem(house.get("/skills", &"t".repeat(100 * 1024)).await, 431).await;
    problem(house.request(Method::GET, &format!("/skills?{}", "x".repeat(20 * 1024))).send().await.unwrap(), 414).await;
}

#[tokio::test]
async fn documents_and_health_need_no_key() {
    let house = house_with(|settings| settings.public_url = Some("https://score.example.org/".to_owned())).await;
    for path in ["/openapi.json", "/manifests/security-copilot.yaml", "/healthz", "/readyz", "/problems"] {
        let response = house.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
    let openapi = json(house.request(Method::GET, "/openapi.json").send().await.unwrap()).await;
    assert_eq!(openapi["servers"][0]["url"], "https://score.example.org");
}

#[tokio::test]
async fn metrics_need_an_operator_of_all_tenants() {
    let house = house().await;
    problem(house.get("/metrics", &house.reader().await).await, 403).await;
    problem(house.get("/metrics", &house.key(Role::Operator, Some(&["contoso"])).await).await, 403).await;
    let open = house.get("/metrics", &house.key(Role::Operator, None).await).await;
    assert_eq!(open.text().await.unwrap(), "scorewatch_questions_total 1\n");
}

#[tokio::test]
async fn metrics_on_their_own_address_need_no_key_and_leave_the_main_one() {
    let house = house_with(|settings| settings.metrics_listen = Some(ANY_PORT.parse().unwrap())).await;
    let address = house.server.metrics_addr().unwrap();
    let open = house.client.get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(open.status(), 200);
    problem(house.get("/metrics", &house.key(Role::Operator, None).await).await, 404).await;
}

#[tokio::test]
async fn it_does_not_listen_beyond_loopback_in_clear_text() {
    let house = house().await;
    let settings = ServerSettings { listen: "0.0.0.0:0".parse().unwrap(), ..ServerSettings::default() };
    let refused =
        HttpServer::start(settings, Arc::clone(&house.doors.ask), Arc::clone(&house.doors.operations), String::new).await.err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Misconfigured);
    let taken = ServerSettings { listen: house.server.local_addr(), ..ServerSettings::default() };
    let refused =
        HttpServer::start(taken, Arc::clone(&house.doors.ask), Arc::clone(&house.doors.operations), String::new).await.err().unwrap();
    assert!(refused.sentence.contains("another port"), "{refused}");
}

/// A certificate for 127.0.0.1 in `directory`, and what a client needs to trust it.
fn certificate(directory: &TempDir) -> (TlsFiles, reqwest::Certificate) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let files = TlsFiles { certificate: directory.path().join("tls.crt"), key: directory.path().join("tls.key") };
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    (files, reqwest::Certificate::from_der(made.cert.der()).unwrap())
}

fn trusting(certificate: &reqwest::Certificate) -> Client {
    // A new connection each time, so that each time the certificate is shown.
    Client::builder().add_root_certificate(certificate.clone()).pool_max_idle_per_host(0).build().unwrap()
}

#[tokio::test]
async fn a_replaced_certificate_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (files, first) = certificate(&directory);
    let house = house_with(|settings| settings.tls = Some(files.clone())).await;
    let url = format!("https://{}/healthz", house.server.local_addr());
    let response = trusting(&first).get(&url).send().await.unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::OK, reqwest::Version::HTTP_2));

    let (_, second) = certificate(&directory);
    assert!(trusting(&second).get(&url).send().await.is_err(), "the second is not in use at once");
    let client = trusting(&second);
    let taken = async {
        while client.get(&url).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken).await.expect("the second certificate is taken");
}

#[tokio::test]
async fn a_certificate_of_another_key_is_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = certificate(&directory);
    std::fs::write(&files.key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let house = house().await;
    let settings = ServerSettings { listen: ANY_PORT.parse().unwrap(), tls: Some(files), ..ServerSettings::default() };
    let refused =
        HttpServer::start(settings, Arc::clone(&house.doors.ask), Arc::clone(&house.doors.operations), String::new).await.err().unwrap();
    assert!(refused.sentence.contains("do not belong together"), "{refused}");
}

#[tokio::test]
async fn after_a_polite_end_nobody_listens() {
    let house = house().await;
    let address = house.server.local_addr();
    assert_eq!(house.request(Method::GET, "/readyz").send().await.unwrap().status(), 200);
    house.server.shutdown(Duration::from_secs(5)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
