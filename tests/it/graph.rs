//! Is a tenant read as it should be: pages, limits, throttling, damage on the way?

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use jiff::{ToSpan, civil::date};
use scorewatch::{
    error::ErrorKind,
    graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings, Progress, RetryPolicy},
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the stand-in for Graph and Entra was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Which request to Graph this is, from 0; requests for tokens are not counted.
    pub nth: usize,
}

/// A small Graph and Entra on loopback that answers as a test wants.
pub struct Fake {
    pub root: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub async fn start(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, count, answer) = (Arc::clone(&asked), Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let app = axum::Router::new().fallback(move |request: Request<Body>| {
            let (log, count, answer) = (Arc::clone(&log), Arc::clone(&count), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let token = parts.uri.path().contains("/oauth2/");
                let nth = if token { 0 } else { count.fetch_add(1, Ordering::SeqCst) };
                let asked = Asked { uri: parts.uri, headers: parts.headers, body, nth };
                log.lock().unwrap().push(asked.clone());
                answer(&asked)
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { root, asked }
    }

    /// One that gives a token to everybody and answers Graph's requests as `answer` says.
    pub async fn graph(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        Self::start(move |asked| if asked.uri.path().contains("/oauth2/") { token("t0ken", 3600) } else { answer(asked) }).await
    }

    pub fn settings(&self) -> GraphSettings {
        let cloud = CloudEndpoints::new(&self.root, &self.root).unwrap();
        let mut settings = GraphSettings::new("contoso", "contoso.example", "app-1", ClientCredential::Secret("hush-hush".into()), cloud);
        settings.patience = RetryPolicy {
            attempts: 4,
            first_pause: Duration::from_millis(4),
            pause_max: Duration::from_secs(5),
            total: Duration::from_secs(20),
        };
        settings
    }

    pub fn client(&self) -> Graph {
        Graph::new(self.settings()).unwrap()
    }

    /// The paths and queries asked of Graph, in order.
    pub fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.uri.to_string()).filter(|uri| !uri.contains("/oauth2/")).collect()
    }

    pub fn tokens(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.uri.path().contains("/oauth2/")).count()
    }
}

pub fn token(token: &str, seconds: u64) -> Response {
    axum::Json(json!({"token_type": "Bearer", "expires_in": seconds, "access_token": token})).into_response()
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: Value) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response();
    for (name, value) in headers {
        response.headers_mut().append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    response
}

pub fn quiet(_: Progress) {}

fn day_before(days: i64) -> Value {
    let day = date(2026, 11, 20).checked_sub(days.days()).unwrap();
    json!({"id": format!("t_{day}"), "azureTenantId": "t", "createdDateTime": format!("{day}T00:00:00Z"), "currentScore": 10, "maxScore": 20,
        "controlScores": [{"controlName": "a", "score": 10.0, "scoreInPercentage": 50.0}]})
}

/// Ninety days, `$top` per page; one profile.
fn paged(root: &str, asked: &Asked) -> Response {
    if asked.uri.path().ends_with("ControlProfiles") {
        return answer(200, &[], json!({"value": [{"id": "a", "azureTenantId": "t", "title": "A", "maxScore": 20.0}]}));
    }
    let query: Vec<(String, String)> = form_urlencoded::parse(asked.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let number = |name: &str| query.iter().find(|(known, _)| known == name).map_or(0, |(_, value)| value.parse().unwrap());
    let (top, skip) = (number("$top"), number("$skiptoken"));
    let days: Vec<_> = (skip..(skip + top).min(90)).map(day_before).collect();
    let mut page = json!({ "value": days });
    if skip + top < 90 {
        page["@odata.nextLink"] = json!(format!("{root}/v1.0/security/secureScores?$top={top}&$skiptoken={}", skip + top));
    }
    answer(200, &[], page)
}

async fn paging() -> Fake {
    let fake = Fake::graph(|asked| paged(&format!("http://{}", asked.headers["host"].to_str().unwrap()), asked)).await;
    assert!(fake.paths().is_empty());
    fake
}

#[tokio::test]
async fn a_first_reading_brings_ninety_days_and_the_catalogue() {
    let fake = paging().await;
    let told = Mutex::new(Vec::new());
    let reading = fake.client().read(None, &|progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(reading.days.len(), 90);
    assert_eq!(reading.entra_id.as_deref(), Some("t"));
    assert_eq!(reading.catalogue.unwrap().profiles().len(), 1);
    assert_eq!(fake.paths().len(), 14);
    let newest = reading.days.iter().max_by_key(|day| day.day).unwrap();
    assert_eq!((newest.day, newest.controls[0].profile_maximum), (date(2026, 11, 20), Some(20.0)));
    assert!(reading.days.iter().filter(|day| day.controls[0].profile_maximum.is_some()).count() == 1);
    let told = told.into_inner().unwrap();
    assert_eq!((told[0], told.len()), (Progress::Scores { pages: 1, days: 7 }, 14));
    assert_eq!(told[13], Progress::Profiles { pages: 1, profiles: 1 });
    let asked = fake.asked.lock().unwrap();
    assert!(asked[1].headers["user-agent"].to_str().unwrap().starts_with("scorewatch/"));
    assert_eq!(asked[1].headers["authorization"], "Bearer t0ken");
    assert!(asked[1].headers["accept-encoding"].to_str().unwrap().contains("gzip"));
}

#[tokio::test]
async fn paging_stops_at_the_final_day() {
    for (until, pages) in [(date(2026, 11, 20), 1), (date(2026, 11, 14), 1), (date(2026, 11, 13), 2), (date(2026, 11, 1), 3)] {
        let fake = paging().await;
        let reading = fake.client().read(Some(until), &quiet).await.unwrap();
        assert_eq!(fake.paths().len(), pages + 1, "{until}");
        assert!(reading.days.iter().any(|day| day.day <= until) && reading.days.len() >= 2);
    }
}

#[tokio::test]
async fn at_least_two_days_are_read() {
    let fake = Fake::graph(|asked| {
        if asked.uri.path().ends_with("ControlProfiles") {
            return answer(200, &[], json!({"value": []}));
        }
        let next = format!("http://{}/v1.0/security/secureScores?page={}", asked.headers["host"].to_str().unwrap(), asked.nth + 1);
        answer(200, &[], json!({"value": [day_before(i64::try_from(asked.nth).unwrap())], "@odata.nextLink": next}))
    })
    .await;
    let reading = fake.client().read(Some(date(2026, 11, 20)), &quiet).await.unwrap();
    assert_eq!(reading.days.len(), 2);
}

#[tokio::test]
async fn no_score_yet_is_a_reading_without_days() {
    let fake = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    let reading = fake.client().read(None, &quiet).await.unwrap();
    assert!(reading.days.is_empty() && reading.catalogue.is_some());
}

#[tokio::test]
async fn the_token_goes_to_no_other_host() {
    let thief = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    let port = thief.root.rsplit_once(':').unwrap().1.to_owned();
    for link in [
        format!("{}/v1.0/security/secureScores?x", thief.root),
        format!("http://localhost:{port}/x"),
        format!("https://127.0.0.1:{port}/x"),
        "//evil.example/x".to_owned(),
        "nonsense".to_owned(),
    ] {
        let fake = Fake::graph(move |_| answer(200, &[], json!({"value": [], "@odata.nextLink": link}))).await;
        let error = fake.client().read(None, &quiet).await.unwrap_err();
        assert!(error.sentence.contains("another host"), "{error}");
        assert_eq!(fake.paths().len(), 1);
    }
    let fake = Fake::graph(move |asked| {
        let own = asked.headers["host"].to_str().unwrap();
        answer(200, &[], json!({"value": [], "@odata.nextLink": format!("http://user:pw@{own}/x")}))
    })
    .await;
    assert!(fake.client().read(None, &quiet).await.is_err());
    assert!(thief.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let thief = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    let to = thief.root.clone();
    let fake = Fake::graph(move |_| answer(302, &[("location", &to)], json!({}))).await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert!(error.sentence.contains("unexpected redirect"), "{error}");
    assert!(thief.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn links_that_repeat_are_refused() {
    let fake = Fake::graph(|asked| {
        let own = asked.headers["host"].to_str().unwrap();
        answer(200, &[], json!({"value": [day_before(1)], "@odata.nextLink": format!("http://{own}/same")}))
    })
    .await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert!(error.sentence.contains("do not end"), "{error}");
    assert_eq!(fake.paths().len(), 2);
}

#[tokio::test]
async fn throttling_is_sat_out_as_long_as_graph_asks() {
    let soon = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(1));
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    for (headers, least) in [
        (vec![("retry-after", "1".to_owned())], Duration::from_millis(990)),
        (vec![("retry-after", soon), ("date", now)], Duration::from_millis(990)),
        (vec![], Duration::ZERO),
    ] {
        let fake = Fake::graph(move |asked| {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let throttled = asked.nth == 0;
            if throttled {
                answer(429, &headers, json!({"error": {"code": "UnknownError", "message": ""}}))
            } else {
                answer(200, &[], json!({"value": []}))
            }
        })
        .await;
        let begun = Instant::now();
        fake.client().read(None, &quiet).await.unwrap();
        assert!(begun.elapsed() >= least && begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
        assert_eq!(fake.paths().len(), 3);
    }
}

#[tokio::test]
async fn throttling_without_end_says_when_to_come_back() {
    let fake = Fake::graph(|_| answer(429, &[("retry-after", "0"), ("request-id", "r-1")], json!({}))).await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after, fake.paths().len()), (ErrorKind::Throttled, Some(Duration::ZERO), 4));
    assert!(error.sentence.contains("r-1"));

    let fake = Fake::graph(|_| answer(429, &[("retry-after", "1800")], json!({}))).await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert_eq!((error.retry_after, fake.paths().len()), (Some(Duration::from_mins(30)), 1));
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_not() {
    for (status, tries) in [(500, 4), (502, 4), (503, 4), (504, 4), (400, 1), (403, 1), (404, 1), (501, 1)] {
        let fake = Fake::graph(move |_| answer(status, &[], json!({}))).await;
        fake.client().read(None, &quiet).await.unwrap_err();
        assert_eq!(fake.paths().len(), tries, "{status}");
        let fake =
            Fake::graph(move |asked| if asked.nth == 0 { answer(status, &[], json!({})) } else { answer(200, &[], json!({"value": []})) })
                .await;
        assert_eq!(fake.client().read(None, &quiet).await.is_ok(), tries > 1, "{status}");
    }
}

/// Answers every connection with `graph` as it stands, but requests for a token properly.
async fn raw(graph: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = socket.read(&mut request).await.unwrap();
            if request[..read].starts_with(b"POST") {
                let body = r#"{"expires_in":3600,"access_token":"t"}"#;
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                socket.write_all(head.as_bytes()).await.unwrap();
            } else {
                counted.fetch_add(1, Ordering::SeqCst);
                socket.write_all(graph).await.unwrap();
            }
        }
    });
    (root, count)
}

#[tokio::test]
async fn a_body_cut_short_is_tried_again_and_then_refused() {
    for cut in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"value\":[]}"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{\"value\":[]}\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{\"value\":[]}",
    ] {
        let (root, count) = raw(cut).await;
        let fake = Fake { root, asked: Arc::default() };
        let error = fake.client().read(None, &quiet).await.unwrap_err();
        assert!(error.sentence.contains("truncated"), "{error:?}");
        assert_eq!(count.load(Ordering::SeqCst), 4);
    }
    let (root, count) = raw(b"").await;
    let error = Fake { root, asked: Arc::default() }.client().read(None, &quiet).await.unwrap_err();
    assert!(error.sentence.contains("interrupted"), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn json_that_ends_early_or_is_none_is_refused() {
    for (body, words) in
        [("{\"value\":[{\"id\":", "ends early"), ("<html>Log in</html>", "web page"), ("", "nothing at all"), ("[]", "without the list")]
    {
        let fake = Fake::graph(move |_| body.into_response()).await;
        let error = fake.client().read(None, &quiet).await.unwrap_err();
        assert!(error.sentence.contains(words), "{error}");
    }
}

#[tokio::test]
async fn the_limit_counts_what_was_unpacked() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packer, format!("{{\"x\":\"{}\",\"value\":[]}}", "a".repeat(3 << 20)).as_bytes()).unwrap();
    let body = packer.finish().unwrap();
    assert!(body.len() < 10_000);
    let fake = Fake::graph(move |_| ([("content-encoding", "gzip")], body.clone()).into_response()).await;
    assert!(fake.client().read(None, &quiet).await.is_ok());
    let mut settings = fake.settings();
    settings.body_bytes_max = 2 << 20;
    let error = Graph::new(settings).unwrap().read(None, &quiet).await.unwrap_err();
    assert!(error.sentence.contains("larger than 2 MiB"), "{error}");
}

#[tokio::test]
async fn a_check_says_what_each_step_found() {
    let fake = paging().await;
    let steps = fake.client().check().await;
    let told: Vec<_> = steps.iter().map(|step| (step.name, step.outcome.as_ref().unwrap().as_str())).collect();
    assert_eq!(told[0], ("sign-in", "Microsoft Entra issued a token to app app-1 (authenticated by client secret)."));
    assert_eq!(told[1], ("scores", "The newest day is 2026-11-20: 10 of 20 points, 1 control."));
    assert_eq!(told[2], ("profiles", "Control profiles can be fetched."));
    assert_eq!(fake.paths(), ["/v1.0/security/secureScores?$top=1", "/v1.0/security/secureScoreControlProfiles?$top=1"]);

    let fake = Fake::graph(|_| answer(403, &[], json!({}))).await;
    let steps = fake.client().check().await;
    assert_eq!(steps.len(), 2);
    assert!(steps[1].outcome.as_ref().unwrap_err().sentence.contains("SecurityEvents.Read.All"));
}
