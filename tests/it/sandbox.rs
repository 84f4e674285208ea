//! Does the sandbox answer as Graph and Entra do, and misbehave only when told to?

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use scorewatch::sandbox::{FaultRule, InjectedFault, Options, Sandbox, SandboxTenant, profiles_json, scores_json};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const TODAY: Date = date(2026, 11, 20);

fn scores(tenant: &str, today: Date) -> Vec<Value> {
    value_of(&scores_json(tenant, &Options::new(TODAY), today, 90).unwrap())
}

fn profiles(tenant: &str, today: Date) -> Vec<Value> {
    value_of(&profiles_json(tenant, &Options::new(TODAY), today).unwrap())
}

fn value_of(body: &[u8]) -> Vec<Value> {
    let Value::Array(value) = serde_json::from_slice::<Value>(body).unwrap()["value"].take() else { panic!("no value") };
    value
}

fn controls(day: &Value) -> BTreeMap<&str, &Value> {
    day["controlScores"].as_array().unwrap().iter().map(|one| (one["controlName"].as_str().unwrap(), one)).collect()
}

fn by_id(profiles: &[Value]) -> BTreeMap<&str, &Value> {
    profiles.iter().map(|one| (one["id"].as_str().unwrap(), one)).collect()
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let options = Options::new(TODAY);
    assert_eq!(scores_json("contoso", &options, TODAY, 90).unwrap(), scores_json("contoso", &options, TODAY, 90).unwrap());
    let other = Options { seed: 2, ..options };
    assert_ne!(scores_json("contoso", &Options::new(TODAY), TODAY, 1).unwrap(), scores_json("contoso", &other, TODAY, 1).unwrap());
}

#[test]
fn sums_add_up_on_every_day_for_any_seed() {
    for seed in 1..=12 {
        let options = Options { seed, ..Options::new(TODAY) };
        for tenant in ["contoso", "fabrikam", "hostile"] {
            for day in value_of(&scores_json(tenant, &options, TODAY, 90).unwrap()) {
                let sum: f64 = day["controlScores"].as_array().unwrap().iter().map(|one| one["score"].as_f64().unwrap()).sum();
                assert!((sum - day["currentScore"].as_f64().unwrap()).abs() < 1e-6, "{tenant} {}", day["id"]);
            }
        }
        let newest = &value_of(&scores_json("contoso", &options, TODAY, 1).unwrap())[0];
        let percent = newest["currentScore"].as_f64().unwrap() * 100.0 / newest["maxScore"].as_f64().unwrap();
        assert!((54.5..=60.5).contains(&percent), "seed {seed}: {percent}");
        let maximum = newest["maxScore"].as_f64().unwrap();
        assert!((1_150.0..=1_450.0).contains(&maximum), "seed {seed}: {maximum}");
    }
}

#[test]
fn percentages_tell_the_maximum() {
    let profiles = profiles("contoso", TODAY);
    let profiles = by_id(&profiles);
    let days = scores("contoso", TODAY);
    for one in days[0]["controlScores"].as_array().unwrap() {
        let (score, percent) = (one["score"].as_f64().unwrap(), one["scoreInPercentage"].as_f64().unwrap());
        let Some(profile) = profiles.get(one["controlName"].as_str().unwrap()) else { continue };
        if percent > 0.0 {
            let maximum = profile["maxScore"].as_f64().unwrap();
            // What the rounding of the percentage allows.
            let (least, most) = (score * 100.0 / (percent + 0.005), score * 100.0 / (percent - 0.005));
            assert!((least - 1e-9..=most + 1e-9).contains(&maximum), "{one} {maximum}");
        }
    }
}

#[test]
fn only_the_newest_day_is_rich() {
    let days = scores("contoso", TODAY);
    assert_eq!(days.len(), 89, "one of 90 is missing");
    assert_eq!(days[0]["createdDateTime"], "2026-11-20T00:00:00Z");
    for one in days[0]["controlScores"].as_array().unwrap() {
        assert!(one["description"].is_string() && one["lastSynced"].is_string(), "{one}");
        assert!(one.get("count").is_none_or(Value::is_string) && one.get("on").is_none_or(Value::is_string), "{one}");
    }
    let (mut before, mut seen) = (days[0]["createdDateTime"].as_str().unwrap().to_owned(), BTreeSet::new());
    for day in &days[1..] {
        let created = day["createdDateTime"].as_str().unwrap();
        assert!(created < before.as_str(), "newest first");
        before = created.to_owned();
        assert!(seen.insert(created));
        for one in day["controlScores"].as_array().unwrap() {
            let members: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["controlCategory", "controlName", "description", "implementationStatus", "score", "scoreInPercentage"]);
            assert!(one["description"].is_null(), "{one}");
        }
    }
    assert!(!seen.contains("2026-11-11T00:00:00Z"), "the missing day");
}

#[test]
fn the_story_happens() {
    let days = scores("contoso", TODAY);
    let (today, yesterday) = (controls(&days[0]), controls(&days[1]));
    assert_eq!(yesterday["AdminMFAV2"]["score"], 10.0);
    assert_eq!(today["AdminMFAV2"]["score"], 6.67);
    assert_eq!((&today["AdminMFAV2"]["count"], &today["AdminMFAV2"]["total"]), (&json!("8"), &json!("12")));
    assert!(today["AdminMFAV2"]["implementationStatus"].as_str().unwrap().contains("4 of 12"));
    assert!(today.contains_key("aad_phishing_mfa_strength") && !yesterday.contains_key("aad_phishing_mfa_strength"));
    assert!(!today.contains_key("mdo_quarantine_legacy_notifications"));
    assert!(controls(&days[3]).contains_key("mdo_quarantine_legacy_notifications"));
    let attachments = [yesterday["mdo_safeattachments"], today["mdo_safeattachments"]];
    assert_eq!(attachments.map(|one| one["score"].clone()), [2.5, 4.0]);
    assert_eq!(attachments.map(|one| one["scoreInPercentage"].clone()), [50.0, 50.0]);
    let flapping: Vec<_> = days[..4].iter().map(|day| controls(day)["spo_idle_session_timeout"]["score"].clone()).collect();
    assert_eq!(flapping, [0.0, 1.0, 0.0, 1.0]);
    let share = |day: &Value| day["currentScore"].as_f64().unwrap() / day["maxScore"].as_f64().unwrap();
    assert!(share(&days[88]) + 0.02 < share(&days[1]), "a slow upward trend: {} {}", share(&days[88]), share(&days[1]));
    assert!(share(&days[0]) < share(&days[1]), "today went wrong");
}

#[test]
fn score_and_catalogue_overlap_as_in_real_tenants() {
    let profiles = profiles("contoso", TODAY);
    let (profiles, days) = (by_id(&profiles), scores("contoso", TODAY));
    let scored = controls(&days[0]);
    let alone: Vec<_> = scored.iter().filter(|one| !profiles.contains_key(*one.0)).collect();
    assert!((225..=235).contains(&scored.len()), "{}", scored.len());
    assert_eq!(profiles.len(), 460);
    assert_eq!(alone.len(), 10);
    assert_eq!(alone.iter().filter(|one| one.1["score"] == 0.0).count(), 4);
    assert!((230..=250).contains(&profiles.keys().filter(|id| !scored.contains_key(*id)).count()));
    let fabrikam = scores("fabrikam", TODAY);
    assert_eq!((fabrikam.len(), fabrikam[0]["controlScores"].as_array().unwrap().len()), (1, 60));
    assert!(scores("northwind", TODAY).is_empty() && self::profiles("northwind", TODAY).is_empty());
}

#[test]
fn risks_are_dated_relative_to_today() {
    let profiles = profiles("contoso", TODAY);
    let profiles = by_id(&profiles);
    let last = |id: &str| profiles[id]["controlStateUpdates"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last("BlockLegacyAuthentication")["comment"], "Legacy scanners need it until 2026-09-06.");
    assert_eq!(last("meeting_restrictanonymousjoin_v1")["state"], "Default");
    assert!(last("exo_outlookaddins")["updatedDateTime"].as_str().unwrap().starts_with("2026-11-19T"));
    assert_eq!(
        last("AdminMFAV2"),
        json!({"assignedTo": null, "comment": null, "state": "Default", "updatedBy": null, "updatedDateTime": null})
    );
}

#[test]
fn the_next_day_is_rich_and_the_day_before_becomes_hollow() {
    let tomorrow = TODAY.tomorrow().unwrap();
    let (before, after) = (scores("contoso", TODAY), scores("contoso", tomorrow));
    assert_eq!(after[0]["createdDateTime"], "2026-11-21T00:00:00Z");
    assert!(controls(&after[0])["AdminMFAV2"]["description"].is_string());
    assert!(controls(&after[1])["AdminMFAV2"]["description"].is_null());
    assert_eq!(after[1]["currentScore"], before[0]["currentScore"], "history does not change");
    assert_eq!(after[2], before[1]);
    assert_eq!(scores("fabrikam", tomorrow).len(), 2);
}

#[test]
fn hostile_texts_are_as_long_as_they_come() {
    let profiles = profiles("hostile", TODAY);
    assert!(profiles.iter().all(|one| one["title"].as_str().unwrap().chars().count() == 255));
    assert!(
        profiles.iter().all(|one| one["controlStateUpdates"].as_array().unwrap().last().unwrap()["comment"]
            .as_str()
            .unwrap()
            .chars()
            .count()
            >= 1_000)
    );
}

/// A sandbox without limits, and a client of its own.
async fn started(change: impl FnOnce(&mut Options)) -> (Sandbox, reqwest::Client) {
    let mut options = Options::new(TODAY);
    change(&mut options);
    let sandbox = Sandbox::start(options).await.unwrap();
    sandbox.faults().limit(false);
    (sandbox, reqwest::Client::builder().no_proxy().build().unwrap())
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Asks the token endpoint; `change` may replace fields of a request that would succeed.
async fn sign_in(sandbox: &Sandbox, client: &reqwest::Client, tenant: &str, change: &[(&str, &str)]) -> (u16, Value) {
    let known = sandbox.tenant(tenant).cloned().unwrap_or_else(|| sandbox.tenants()[0].clone());
    let path = sandbox.tenant(tenant).map_or(tenant, |tenant| tenant.entra_id.as_str());
    let scope = format!("{}/.default", sandbox.root());
    let mut fields = BTreeMap::from([
        ("grant_type", "client_credentials"),
        ("client_id", known.client_id.as_str()),
        ("client_secret", known.client_secret.as_str()),
        ("scope", scope.as_str()),
    ]);
    fields.extend(change.iter().copied());
    let body = form(&fields.into_iter().collect::<Vec<_>>());
    let url = format!("{}/{path}/oauth2/v2.0/token", sandbox.root());
    let answer = client.post(url).header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn token(sandbox: &Sandbox, client: &reqwest::Client, tenant: &str) -> String {
    let (status, body) = sign_in(sandbox, client, tenant, &[]).await;
    assert_eq!((status, &body["token_type"]), (200, &json!("Bearer")), "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

async fn get(sandbox: &Sandbox, client: &reqwest::Client, token: &str, path: &str) -> reqwest::Response {
    client.get(format!("{}/v1.0/security/{path}", sandbox.root())).bearer_auth(token).send().await.unwrap()
}

async fn json_of(answer: reqwest::Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn paging_walks_everything_once_whatever_the_page() {
    let (sandbox, client) = started(|_| ()).await;
    let token = token(&sandbox, &client, "contoso").await;
    for (path, all) in [
        ("secureScores?$top=7", 89),
        ("secureScores?$top=90", 89),
        ("secureScores", 89),
        ("secureScoreControlProfiles", 460),
        ("secureScoreControlProfiles?$top=77", 460),
        ("secureScoreControlProfiles?$top=230", 460),
        ("secureScoreControlProfiles?$top=999", 460),
    ] {
        let mut next = Some(format!("{}/v1.0/security/{path}", sandbox.root()));
        let mut ids = Vec::new();
        while let Some(url) = next {
            let page = json_of(client.get(url).bearer_auth(&token).send().await.unwrap()).await;
            ids.extend(page["value"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (all, all), "{path}");
    }
    let first = json_of(get(&sandbox, &client, &token, "secureScoreControlProfiles").await).await;
    assert_eq!(first["value"].as_array().unwrap().len(), 200, "the default page");
    for bad in ["secureScores?$top=0", "secureScores?$top=x", "secureScores?$skiptoken=1", "secureScores?$orderby=id"] {
        assert_eq!(get(&sandbox, &client, &token, bad).await.status(), 400, "{bad}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn graph_asks_for_a_token_and_keeps_tenants_apart() {
    let (sandbox, client) = started(|_| ()).await;
    for bad in ["", "guess"] {
        let answer = get(&sandbox, &client, bad, "secureScores").await;
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().contains_key("request-id"));
        assert_eq!(json_of(answer).await["error"]["code"], "InvalidAuthenticationToken");
    }
    let fabrikam = token(&sandbox, &client, "fabrikam").await;
    let page = json_of(get(&sandbox, &client, &fabrikam, "secureScores?$top=1").await).await;
    let entra_id = &sandbox.tenant("fabrikam").unwrap().entra_id;
    assert_eq!(page["value"][0]["id"], format!("{entra_id}_2026-11-20"));
    assert_eq!(json_of(get(&sandbox, &client, &fabrikam, &format!("secureScores/{entra_id}_2026-11-20")).await).await, page["value"][0]);
    let profile = json_of(get(&sandbox, &client, &fabrikam, "secureScoreControlProfiles/AdminMFAV2").await).await;
    assert_eq!(profile["id"], "AdminMFAV2");
    assert_eq!(get(&sandbox, &client, &fabrikam, "secureScoreControlProfiles/none").await.status(), 404);
    sandbox.revoke_tokens();
    assert_eq!(get(&sandbox, &client, &fabrikam, "secureScores").await.status(), 401);
    let seen = sandbox.requests();
    assert_eq!((seen[0].status, seen[0].authorised(), seen[0].path.as_str()), (401, false, "/v1.0/security/secureScores"));
    assert!(seen.iter().any(|one| one.authorised() && one.query.as_deref() == Some("$top=1")));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_entras_words() {
    /// Tenant, changed fields, status, error, AADSTS code.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str, u32);
    let (sandbox, client) = started(|_| ()).await;
    let cases: [Case<'_>; 8] = [
        ("contoso", &[("client_secret", "guess")], 401, "invalid_client", 7_000_215),
        ("contoso", &[("client_secret", "")], 401, "invalid_client", 7_000_218),
        ("contoso", &[("client_id", "00000000-0000-0000-0000-000000000000")], 400, "unauthorized_client", 700_016),
        ("00000000-0000-0000-0000-000000000000", &[], 400, "invalid_request", 90_002),
        ("contoso", &[("scope", "https://graph.microsoft.com/.default")], 400, "invalid_scope", 70_011),
        ("contoso", &[("grant_type", "password")], 400, "unsupported_grant_type", 70_003),
        ("contoso", &[("grant_type", "")], 400, "invalid_request", 900_144),
        ("contoso", &[("client_id", "")], 400, "invalid_request", 900_144),
    ];
    for (tenant, change, status, error, code) in cases {
        let (got, body) = sign_in(&sandbox, &client, tenant, change).await;
        assert_eq!((got, &body["error"], &body["error_codes"]), (status, &json!(error), &json!([code])), "{body}");
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")), "{body}");
    }
    sandbox.faults().next(InjectedFault::ExpiredSecret);
    assert_eq!(sign_in(&sandbox, &client, "contoso", &[]).await.1["error_codes"], json!([7_000_222]));
    assert_eq!(sign_in(&sandbox, &client, "contoso", &[]).await.0, 200, "only once");
    sandbox.stop().await;
}

/// A key with its certificate.
struct Signer {
    key: EncodingKey,
    der: Vec<u8>,
}

fn signer() -> Signer {
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(vec!["app.contoso.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    Signer { key: EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap(), der: certificate.der().to_vec() }
}

/// An assertion that would be accepted, after `change`.
fn assertion(sandbox: &Sandbox, tenant: &SandboxTenant, signer: &Signer, der: &[u8], algorithm: Algorithm, change: &Value) -> String {
    let now = Timestamp::now().as_second();
    let mut claims = json!({
        "aud": format!("{}/{}/oauth2/v2.0/token", sandbox.root(), tenant.entra_id),
        "iss": tenant.client_id, "sub": tenant.client_id,
        "jti": format!("{change}{algorithm:?}"), "nbf": now, "iat": now, "exp": now + 300,
    });
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let header = Header { x5t_s256: Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der))), ..Header::new(algorithm) };
    encode(&header, &claims, &signer.key).unwrap()
}

#[tokio::test]
async fn certificates_are_checked_as_entra_checks_them() {
    let (sandbox, client) = started(|_| ()).await;
    let (ours, theirs) = (signer(), signer());
    sandbox.register_certificate("contoso", &ours.der).unwrap();
    let tenant = sandbox.tenant("contoso").unwrap().clone();
    let now = Timestamp::now().as_second();
    let make = |signer: &Signer, der: &[u8], change: Value| assertion(&sandbox, &tenant, signer, der, Algorithm::PS256, &change);
    let good = make(&ours, &ours.der, json!({}));
    let tampered = {
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        claims["exp"] = json!(now + 90_000);
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
    };
    let cases = [
        (tampered, Some(700_027)),
        (make(&theirs, &theirs.der, json!({})), Some(700_027)),
        (make(&theirs, &ours.der, json!({})), Some(700_027)),
        (make(&ours, &ours.der, json!({"nbf": now - 2_000, "exp": now - 1_000})), Some(700_024)),
        (make(&ours, &ours.der, json!({"nbf": now + 1_000, "exp": now + 2_000})), Some(700_024)),
        (make(&ours, &ours.der, json!({"aud": "https://login.microsoftonline.com/x/oauth2/v2.0/token"})), Some(700_023)),
        (make(&ours, &ours.der, json!({"iss": "somebody"})), Some(700_021)),
        ("nonsense".to_owned(), Some(50_027)),
        (good.clone(), None),
        (good, Some(50_013)),
        (assertion(&sandbox, &tenant, &ours, &ours.der, Algorithm::RS256, &json!({})), None),
    ];
    for (assertion, code) in cases {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let change = [("client_secret", ""), ("client_assertion_type", kind), ("client_assertion", assertion.as_str())];
        let (status, body) = sign_in(&sandbox, &client, "contoso", &change).await;
        let expected = code.map_or((200, Value::Null), |code| (401, json!([code])));
        assert_eq!((status, body["error_codes"].clone()), expected, "{body}");
    }
    assert!(sandbox.register_certificate("contoso", b"nonsense").is_err());
    assert!(sandbox.register_certificate("nowhere", &ours.der).is_err());
    sandbox.stop().await;
}

#[tokio::test]
async fn faults_do_what_they_say() {
    let (sandbox, client) = started(|_| ()).await;
    let (token, faults) = (token(&sandbox, &client, "contoso").await, sandbox.faults());
    let ask = async || get(&sandbox, &client, &token, "secureScores?$top=1").await;
    let honest = ask().await.bytes().await.unwrap();

    faults.next(InjectedFault::Throttle { retry_after: Some("1".to_owned()) });
    faults.next(InjectedFault::Throttle { retry_after: None });
    let answer = ask().await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    let answer = ask().await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (429, None));
    faults.next(InjectedFault::Status(500, "oops".to_owned()));
    let answer = ask().await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (500, "oops"));
    faults.next(InjectedFault::Forbidden);
    assert_eq!(ask().await.status(), 403);
    faults.next(InjectedFault::InvalidCloudInstance);
    let answer = ask().await;
    assert_eq!((answer.status().as_u16(), json_of(answer).await["error"]["message"].clone()), (401, json!("InvalidCloudInstance")));
    faults.next(InjectedFault::NextLinkTo("https://evil.example/".to_owned()));
    assert_eq!(json_of(ask().await).await["@odata.nextLink"], "https://evil.example/");
    faults.next(InjectedFault::EmptyValue);
    assert_eq!(json_of(ask().await).await["value"], json!([]));
    faults.next(InjectedFault::Flip { byte: 10 });
    let flipped = ask().await.bytes().await.unwrap();
    assert_eq!((0..honest.len()).filter(|at| flipped[*at] != honest[*at]).collect::<Vec<_>>(), [10]);
    faults.next(InjectedFault::Cut { after_bytes: 1_000 });
    let mut answer = ask().await;
    assert_eq!(answer.content_length(), Some(honest.len() as u64));
    let mut arrived = 0;
    while let Ok(Some(piece)) = answer.chunk().await {
        arrived += piece.len();
    }
    assert!(arrived <= 1_000, "{arrived}");
    assert_eq!(ask().await.bytes().await.unwrap(), honest, "and everything is as it was");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_hanging_request_does_not_keep_the_sandbox_from_stopping() {
    let (sandbox, client) = started(|_| ()).await;
    let token = token(&sandbox, &client, "contoso").await;
    sandbox.faults().add(FaultRule::new(InjectedFault::Hang).times(1));
    let url = format!("{}/v1.0/security/secureScores", sandbox.root());
    let hanging = client.get(url).bearer_auth(&token).timeout(Duration::from_millis(50)).send().await;
    assert!(hanging.unwrap_err().is_timeout());
    tokio::time::timeout(Duration::from_secs(5), sandbox.stop()).await.unwrap();
}

#[tokio::test]
async fn limits_hold_unless_switched_off() {
    let (sandbox, client) = started(|options| options.latency = Duration::from_millis(100)).await;
    let token = token(&sandbox, &client, "northwind").await;
    let all = async || {
        let asked = (0..8).map(|_| get(&sandbox, &client, &token, "secureScores"));
        let answers = futures_util::future::join_all(asked).await;
        answers.iter().filter(|answer| answer.status() == 429).count()
    };
    assert_eq!(all().await, 0);
    sandbox.faults().limit(true);
    assert_eq!(all().await, 4);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_world_moves_to_another_day() {
    let (sandbox, client) = started(|_| ()).await;
    let token = token(&sandbox, &client, "contoso").await;
    let newest = async || json_of(get(&sandbox, &client, &token, "secureScores?$top=1").await).await["value"][0]["createdDateTime"].clone();
    sandbox.advance(2);
    assert_eq!(newest().await, "2026-11-22T00:00:00Z");
    sandbox.set_today(TODAY - 30.days());
    assert_eq!(newest().await, "2026-10-21T00:00:00Z");
    sandbox.stop().await;
}
