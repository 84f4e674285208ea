//! Whom does an access token let in, and whom never? Real signatures, a stand-in for Entra's keys, our server over real sockets.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, Response, header};
use scorewatch::{
    access::{
        Role, Tenants,
        entra::{Authority, EntraGrant, EntraSettings},
    },
    http::{self, Admission},
};
use serde_json::{Value, json};

use crate::{
    http::{House, house_with, json as json_of, problem},
    support::entra::{APP, AWAY, CLIENT, Document, HOME, SIGNERS, SignIn, USER, seconds, with},
};

const SKILLS: &str = "/skills";
/// Where the metadata is.
const PATH: &str = "/.well-known/oauth-protected-resource";
/// The header of a good token.
const HEADER: &str = r#"{"typ":"JWT","alg":"RS256","kid":"one"}"#;

fn grant(scope: Option<&str>, app_role: Option<&str>, role: Role, tenants: &[&str]) -> EntraGrant {
    let tenants = if tenants.is_empty() { Tenants::All } else { Tenants::Only(tenants.iter().map(ToString::to_string).collect()) };
    EntraGrant { directory: HOME.to_owned(), scope: scope.map(Into::into), app_role: app_role.map(Into::into), role, tenants }
}

/// Users with a scope see contoso, apps with a role see all; users who are operators also see the metrics.
fn settings(sign_in: &SignIn) -> EntraSettings {
    let grants = vec![
        grant(Some("Score.Read"), None, Role::Reader, &["contoso"]),
        grant(None, Some("Score.Read.All"), Role::Analyst, &[]),
        grant(Some("Score.Read"), Some("Score.Operate"), Role::Operator, &[]),
    ];
    EntraSettings::new(CLIENT, Authority::at(&sign_in.root).unwrap(), grants)
}

async fn house(sign_in: &SignIn) -> House {
    house_that(sign_in, |_| ()).await
}

async fn house_that(sign_in: &SignIn, change: impl FnOnce(&mut EntraSettings)) -> House {
    let mut entra = settings(sign_in);
    change(&mut entra);
    // Some tests ask again and again until something is there.
    house_with(|settings| (settings.entra, settings.requests_per_minute) = (Some(entra), NonZeroU32::MAX)).await
}

/// The tenants that `token` shows.
async fn tenants(house: &House, token: &str) -> Value {
    let response = house.get(SKILLS, token).await;
    assert_eq!(response.status(), 200);
    json_of(response).await["tenants"].take()
}

#[tokio::test]
async fn tokens_of_both_versions_open_what_their_grants_say() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    let app = json!({ "scp": null, "oid": APP, "sub": APP, "roles": ["Score.Read.All"] });
    let by_kind = with(&app, &json!({ "sub": "another", "idtyp": "app" }));
    let contoso = json!(["contoso"]);
    let all = json!(["contoso", "fabrikam"]);
    let one = |more: &Value| SIGNERS[0].token("one", &sign_in.claims_one(more));
    for (token, seen) in [
        (sign_in.token(&json!({})), &contoso),
        (sign_in.token(&json!({ "scp": "openid Score.Read", "idtyp": "user" })), &contoso),
        (sign_in.token(&json!({ "roles": ["Score.Operate"] })), &all),
        (sign_in.token(&app), &all),
        (sign_in.token(&by_kind), &all),
        (one(&json!({})), &contoso),
        (one(&json!({ "aud": CLIENT })), &contoso),
        (one(&app), &all),
        (sign_in.token(&json!({ "tid": HOME.to_uppercase() })), &contoso),
        // Clocks may be a minute apart.
        (sign_in.token(&json!({ "exp": seconds(-30) })), &contoso),
        (sign_in.token(&json!({ "nbf": seconds(30) })), &contoso),
    ] {
        assert_eq!(&tenants(&house, &token).await, seen, "{token}");
    }
    let lower = house.request(Method::GET, SKILLS).header(header::AUTHORIZATION, format!("bearer {}", sign_in.token(&json!({}))));
    assert_eq!(lower.send().await.unwrap().status(), 200, "the scheme's case does not matter");
    assert_eq!(sign_in.fetched(), [SignIn::path("2.0"), SignIn::path("1.0")], "each set of keys was read once");
}

#[tokio::test]
async fn a_role_comes_from_the_grant() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    problem(house.get("/metrics", &sign_in.token(&json!({}))).await, 403).await;
    let operator = sign_in.token(&json!({ "roles": ["Score.Operate"] }));
    assert_eq!(house.get("/metrics", &operator).await.status(), 200);
    let hidden = sign_in.token(&json!({}));
    problem(house.get("/skills/secure_score?tenant=fabrikam", &hidden).await, 404).await;
    assert_eq!(json_of(house.get("/skills/secure_score", &hidden).await).await["tenant"], "contoso");
}

#[tokio::test]
async fn other_grants_count_at_once_and_without_any_no_token_does() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    let token = sign_in.token(&json!({}));
    assert_eq!(tenants(&house, &token).await, json!(["contoso"]));
    let more = EntraSettings { grants: vec![grant(Some("Score.Read"), None, Role::Reader, &["fabrikam"])], ..settings(&sign_in) };
    house.server.let_in(Admission::new(Some(more)).unwrap());
    assert_eq!(tenants(&house, &token).await, json!(["fabrikam"]));
    let other = EntraSettings { grants: vec![grant(Some("Score.Ask"), None, Role::Reader, &[])], ..settings(&sign_in) };
    house.server.let_in(Admission::new(Some(other)).unwrap());
    assert!(challenge(&house, SKILLS, Some(&token), 403).await.contains("/Score.Ask\""), "what to ask for is said anew");
    house.server.let_in(Admission::new(None).unwrap());
    problem(house.get(SKILLS, &token).await, 401).await;
    assert_eq!(house.get(SKILLS, &house.key(Role::Reader, None).await).await.status(), 200);
    let nothing = EntraSettings { grants: Vec::new(), ..settings(&sign_in) };
    assert!(Admission::new(Some(nothing)).is_err());
}

#[tokio::test]
async fn keys_work_as_ever_beside_tokens() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    assert_eq!(house.get(SKILLS, &house.key(Role::Reader, None).await).await.status(), 200);
    for key in ["sw_a.b.c", "demo", "a.b"] {
        let refused = problem(house.get(SKILLS, key).await, 401).await;
        assert!(refused["detail"].as_str().unwrap().starts_with("This API key is unknown"), "{refused}");
    }
    let without = house_with(|_| ()).await;
    let refused = problem(without.get(SKILLS, &sign_in.token(&json!({}))).await, 401).await;
    assert!(refused["detail"].as_str().unwrap().starts_with("This API key is unknown"), "{refused}");
    assert!(sign_in.fetched().is_empty(), "no key was needed");
}

/// A response as an attacker sees it, without what differs from request to request.
async fn seen(response: Response) -> (u16, BTreeMap<String, String>, Value) {
    let status = response.status().as_u16();
    let text = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = response.headers().iter().filter(|(name, _)| !["x-request-id", "date", "content-length"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut problem = json_of(response).await;
    problem["instance"] = Value::Null;
    (status, headers, problem)
}

/// Sends each of `tokens`, checks that all are refused with `status` and look the same, and that the server still
/// answers and has read no keys but those of [`HOME`].
async fn all_are_refused_alike(sign_in: &SignIn, tokens: Vec<(&str, String)>, status: u16) {
    let house = house(sign_in).await;
    let mut first = None;
    for (attack, token) in tokens {
        let request = house.request(Method::GET, SKILLS).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let seen = seen(request.send().await.unwrap()).await;
        assert_eq!(seen.0, status, "{attack}: {}", seen.2);
        assert_eq!(&seen, first.get_or_insert(seen.clone()), "{attack}");
    }
    assert_eq!(tenants(&house, &sign_in.token(&json!({}))).await, json!(["contoso"]), "the server still answers");
    assert!(sign_in.fetched().iter().all(|path| path.starts_with(&format!("/{HOME}/discovery/"))), "{:?}", sign_in.fetched());
    assert!(sign_in.fetched().len() <= 2, "strangers made us read keys: {:?}", sign_in.fetched());
}

#[tokio::test]
async fn claims_that_are_not_for_us_are_refused() {
    let sign_in = SignIn::start().await;
    let away = format!("{}/{AWAY}/v2.0", sign_in.root);
    let one = format!("https://sts.windows.net/{HOME}/");
    let issuer = |issuer: &str| json!({ "iss": issuer });
    let attacks = vec![
        ("another audience", json!({ "aud": "00000003-0000-0000-c000-000000000000" })),
        ("the App ID URI in version 2", json!({ "aud": format!("api://{CLIENT}") })),
        ("audience as a list", json!({ "aud": [CLIENT] })),
        ("no audience", json!({ "aud": null })),
        ("another directory's issuer", issuer(&away)),
        ("version 1's issuer", issuer(&one)),
        ("issuer with a slash more", issuer(&format!("{}/{HOME}/v2.0/", sign_in.root))),
        ("issuer as a list", json!({ "iss": [format!("{}/{HOME}/v2.0", sign_in.root)] })),
        ("the real issuer", issuer(&format!("https://login.microsoftonline.com/{HOME}/v2.0"))),
        ("no issuer", json!({ "iss": null })),
        ("a directory without a grant", json!({ "tid": AWAY, "iss": away })),
        ("a directory that is no GUID", json!({ "tid": "common", "iss": format!("{}/common/v2.0", sign_in.root) })),
        ("a directory that climbs", json!({ "tid": format!("{AWAY}/../{HOME}") })),
        ("no directory", json!({ "tid": null })),
        ("expired", json!({ "exp": seconds(-120) })),
        ("no end", json!({ "exp": null })),
        ("an end as text", json!({ "exp": seconds(3600).to_string() })),
        ("not yet valid", json!({ "nbf": seconds(120) })),
        ("no beginning", json!({ "nbf": null })),
        ("version 3", json!({ "ver": "3.0" })),
        ("version 1 by its number alone", json!({ "ver": "1.0" })),
        ("no version", json!({ "ver": null })),
        ("an id token", json!({ "azp": null, "scp": null, "nonce": "n" })),
        ("no object", json!({ "oid": null })),
        ("an object that is a name", json!({ "oid": "alex@contoso.example" })),
        ("neither user nor app", json!({ "scp": null, "roles": ["Score.Read.All"] })),
        ("an app with scopes", json!({ "idtyp": "app", "roles": ["Score.Read.All"] })),
        ("a device", json!({ "scp": null, "idtyp": "device", "sub": USER })),
        ("roles as a text", json!({ "roles": "Score.Operate" })),
    ];
    let tokens = attacks.into_iter().map(|(attack, claims)| (attack, sign_in.token(&claims))).collect();
    all_are_refused_alike(&sign_in, tokens, 401).await;
}

#[tokio::test]
async fn forged_and_broken_tokens_are_refused() {
    let sign_in = SignIn::start().await;
    let [ours, foreign, stranger] = &*SIGNERS;
    let template = json!({ "issuer": format!("{}/{{tenantid}}/v2.0", sign_in.root) });
    // Personal accounts: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
    let personal = json!({ "issuer": format!("{}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", sign_in.root) });
    let encrypts = with(&template, &json!({ "use": "enc" }));
    let keys = [ours.published("one", &template), foreign.published("personal", &personal), foreign.published("encrypts", &encrypts)];
    sign_in.publish(&SignIn::path("2.0"), Document::keys(&keys));

    let claims = sign_in.claims(&json!({}));
    let payload = claims.to_string();
    let fine = sign_in.token(&json!({}));
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let by_us = |header: &Value| ours.sign(Algorithm::RS256, &header.to_string(), &payload);
    let (said, signature) = fine.rsplit_once('.').unwrap();
    let (header, _) = said.split_once('.').unwrap();
    let hmac = |secret: &str| {
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    };
    let twice = |member: &str| format!("{}{member}}}", payload.strip_suffix('}').unwrap());
    let signed = |payload: &str| ours.sign(Algorithm::RS256, HEADER, payload);
    let deep = format!(r#","deep":{}1{}"#, "[".repeat(4_000), "]".repeat(4_000));
    let with_own_key = json!({ "alg": "RS256", "kid": "own", "jwk": stranger.published("own", &json!({})), "jku": sign_in.root });
    let others = sign_in.claims(&json!({ "roles": ["Score.Operate"] })).to_string();
    let none =
        |alg: &str, signature: &str| format!("{}.{}.{signature}", part(&json!({ "alg": alg, "kid": "one" }).to_string()), part(&payload));
    let tokens = vec![
        ("alg none", none("none", "")),
        ("alg None, with a signature", none("None", signature)),
        ("no alg", by_us(&json!({ "kid": "one" }))),
        ("HS256 with the public key", hmac(&ours.public)),
        ("alg rs256", by_us(&json!({ "alg": "rs256", "kid": "one" }))),
        ("RS512", ours.sign(Algorithm::RS512, r#"{"alg":"RS512","kid":"one"}"#, &payload)),
        ("PS256", ours.sign(Algorithm::PS256, r#"{"alg":"PS256","kid":"one"}"#, &payload)),
        ("PS256 said to be RS256", ours.sign(Algorithm::PS256, r#"{"alg":"RS256","kid":"one"}"#, &payload)),
        ("unknown key id", ours.token("two", &claims)),
        ("no key id", by_us(&json!({ "alg": "RS256" }))),
        ("a key id that climbs", ours.token("../one", &claims)),
        ("extensions", by_us(&json!({ "alg": "RS256", "kid": "one", "crit": ["exp"] }))),
        ("the signature of another key", stranger.token("one", &claims)),
        ("a key of its own", stranger.sign(Algorithm::RS256, &with_own_key.to_string(), &payload)),
        ("a key of another issuer", foreign.token("personal", &claims)),
        ("a key that encrypts", foreign.token("encrypts", &claims)),
        ("another payload", format!("{header}.{}.{signature}", part(&others))),
        ("a header twice", ours.sign(Algorithm::RS256, r#"{"alg":"none","alg":"RS256","kid":"one"}"#, &payload)),
        ("a claim twice", signed(&twice(r#","tid":"4c4c4c4c-2222-4222-8222-0123456789ab""#))),
        ("a claim twice, spelled in another way", signed(&twice(r#","\u0073cp":"Score.Read""#))),
        ("no object", signed("[]")),
        ("no JSON", signed("scp=Score.Read")),
        ("deep", signed(&twice(&format!(r#","deep":{}"#, "[".repeat(8_000))))),
        ("deep, and whole, by a stranger", stranger.sign(Algorithm::RS256, HEADER, &twice(&deep))),
        ("32 KB", signed(&twice(&format!(r#","pad":"{}""#, "x".repeat(24 * 1024))))),
        ("truncated", fine[..fine.len() - 10].to_owned()),
        ("no signature", format!("{said}.")),
        ("only dots", "..".to_owned()),
        ("a part more", format!("{fine}.{signature}")),
        ("five parts", format!("{fine}..")),
        ("padded", format!("{said}.{signature}=")),
        ("not base64", format!("{fine}!")),
        ("the other base64", format!("{fine}+/")),
        ("a space inside", fine.replacen('.', " .", 1)),
        ("a tab inside", fine.replacen('.', ".\t", 1)),
        ("quoted", format!("\"{fine}\"")),
        ("two, with a comma", format!("{fine}, {fine}")),
    ];
    assert!(tokens.iter().any(|(_, token)| token.len() > 32 * 1024));
    all_are_refused_alike(&sign_in, tokens, 401).await;
}

#[tokio::test]
async fn genuine_tokens_without_a_right_are_forbidden() {
    let sign_in = SignIn::start().await;
    let app = |roles: &Value| json!({ "scp": null, "oid": APP, "sub": APP, "roles": roles });
    let tokens = [
        ("an app without roles", app(&Value::Null)),
        ("an app with empty roles", app(&json!([]))),
        ("an app with another role", app(&json!(["Score.Write.All"]))),
        ("an app with the users' role", app(&json!(["Score.Operate"]))),
        ("a user with another scope", json!({ "scp": "score.read Score.ReadWrite" })),
        ("a user with an app's role", json!({ "scp": "openid", "roles": ["Score.Read.All"] })),
    ];
    let tokens = tokens.into_iter().map(|(attack, claims)| (attack, sign_in.token(&claims))).collect();
    all_are_refused_alike(&sign_in, tokens, 403).await;
}

#[tokio::test]
async fn credentials_that_are_no_single_bearer_are_refused() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    let fine = sign_in.token(&json!({}));
    let bearer = format!("Bearer {fine}");
    let request = || house.request(Method::GET, SKILLS);
    let two = request().header(header::AUTHORIZATION, &bearer).header(header::AUTHORIZATION, &bearer);
    let cut = format!("Bearer {}", fine.rsplit_once('.').unwrap().0);
    for refused in [
        two,
        request().header(header::AUTHORIZATION, &fine),
        request().header(header::AUTHORIZATION, cut),
        request().query(&[("access_token", &fine)]),
    ] {
        problem(refused.send().await.unwrap(), 401).await;
    }
    assert!(sign_in.fetched().is_empty());
    assert_eq!(tenants(&house, &fine).await, json!(["contoso"]));
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_reading() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    sign_in.close();
    // Signed before anybody connects: a runtime that signs for seconds lets the server's limits of idle connections pass.
    let made_up = |number| SIGNERS[1].token(&format!("made-up-{number}"), &sign_in.claims(&json!({})));
    let tokens: Vec<String> = (0..400).map(made_up).collect();
    let (first_wave, second_wave) = tokens.split_at(200);
    let flood = |tokens: &[String]| {
        let requests = tokens.iter().map(|token| house.request(Method::GET, SKILLS).bearer_auth(token).send());
        futures_util::future::join_all(requests.collect::<Vec<_>>())
    };
    let opening = async {
        sign_in.until_fetched(1).await;
        sign_in.open();
    };
    let (first, ()) = tokio::join!(flood(first_wave), opening);
    let second = flood(second_wave).await;
    assert!(first.into_iter().chain(second).all(|response| response.unwrap().status() == 401));
    assert_eq!(tenants(&house, &sign_in.token(&json!({}))).await, json!(["contoso"]), "the keys that were read work");
    assert_eq!(sign_in.fetched().len(), 1);
}

/// Asks with `token` until the answer has `status`.
async fn until(house: &House, token: &str, status: u16) {
    let asked = async { while house.get(SKILLS, token).await.status() != status {} };
    tokio::time::timeout(Duration::from_secs(20), asked).await.unwrap_or_else(|_| panic!("never {status}"));
}

#[tokio::test]
async fn new_keys_are_found_after_a_while_and_known_ones_never_wait() {
    let sign_in = SignIn::start().await;
    let again_after = Duration::from_millis(300);
    let house = house_that(&sign_in, |settings| settings.again_after = again_after).await;
    let old = sign_in.token(&json!({}));
    assert_eq!(house.get(SKILLS, &old).await.status(), 200);
    sign_in
        .publish(&SignIn::path("2.0"), Document::keys(&[SIGNERS[0].published("one", &json!({})), SIGNERS[1].published("two", &json!({}))]));
    sign_in.close();
    let new = SIGNERS[1].token("two", &sign_in.claims(&json!({})));
    let meanwhile = async {
        sign_in.until_fetched(2).await;
        assert_eq!(house.get(SKILLS, &old).await.status(), 200, "a known key does not wait for a reading");
        sign_in.open();
    };
    tokio::join!(until(&house, &new, 200), meanwhile);
    assert_eq!(sign_in.fetched().len(), 2);
}

#[tokio::test]
async fn one_who_hangs_up_spoils_no_reading() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    sign_in.close();
    let token = sign_in.token(&json!({}));
    let hasty = tokio::spawn(house.request(Method::GET, SKILLS).bearer_auth(&token).send());
    sign_in.until_fetched(1).await;
    hasty.abort();
    assert!(hasty.await.unwrap_err().is_cancelled());
    sign_in.open();
    assert_eq!(house.get(SKILLS, &token).await.status(), 200);
    assert_eq!(sign_in.fetched().len(), 1);
}

#[tokio::test]
async fn keys_that_are_too_old_open_nothing_until_they_are_read_again() {
    let sign_in = SignIn::start().await;
    let path = SignIn::path("2.0");
    let house = house_that(&sign_in, |settings| (settings.again_after, settings.forget_after) = (Duration::ZERO, Duration::ZERO)).await;
    let token = sign_in.token(&json!({}));
    sign_in.publish(&path, Document { status: 503, location: None, body: String::new() });
    assert_eq!(house.get(SKILLS, &token).await.status(), 502, "what was held is forgotten");
}

#[tokio::test]
async fn old_keys_are_renewed_beside_the_work_and_go_on_while_that_fails() {
    let sign_in = SignIn::start().await;
    let path = SignIn::path("2.0");
    let house = house_that(&sign_in, |settings| (settings.again_after, settings.renew_after) = (Duration::ZERO, Duration::ZERO)).await;
    let token = sign_in.token(&json!({}));
    assert_eq!(house.get(SKILLS, &token).await.status(), 200);
    sign_in.publish(&path, Document { status: 503, location: None, body: String::new() });
    let before = sign_in.fetched().len();
    for _ in 0..5 {
        assert_eq!(house.get(SKILLS, &token).await.status(), 200, "known keys go on working");
    }
    sign_in.until_fetched(before + 1).await;
    problem(house.get(SKILLS, &SIGNERS[1].token("two", &sign_in.claims(&json!({})))).await, 401).await;
    sign_in.publish(&path, Document::keys(&[SIGNERS[1].published("two", &json!({}))]));
    until(&house, &token, 401).await;
    assert_eq!(house.get(SKILLS, &SIGNERS[1].token("two", &sign_in.claims(&json!({})))).await.status(), 200);
}

#[tokio::test]
async fn without_any_key_tokens_cannot_be_checked() {
    let sign_in = SignIn::start().await;
    let path = SignIn::path("2.0");
    sign_in.publish("/elsewhere", Document::keys(&[SIGNERS[0].published("one", &json!({}))]));
    let many = vec![SIGNERS[0].published("one", &json!({})); 1_000];
    for (why, document) in [
        ("it fails", Document { status: 500, location: None, body: String::new() }),
        ("it sends elsewhere", Document { status: 302, location: Some("/elsewhere".to_owned()), body: String::new() }),
        ("it is too large", Document::keys(&many)),
        ("it is a page", Document::body("<html>Sign in to the network</html>".to_owned())),
        ("it is empty", Document::keys(&[])),
    ] {
        sign_in.publish(&path, document);
        let house = house(&sign_in).await;
        for _ in 0..2 {
            let told = problem(house.get(SKILLS, &sign_in.token(&json!({}))).await, 502).await;
            assert!(told["detail"].as_str().unwrap().contains("signing keys cannot be read"), "{why}: {told}");
        }
        assert_eq!(house.get(SKILLS, &house.key(Role::Reader, None).await).await.status(), 200, "{why}: keys work as ever");
    }
    assert!(!sign_in.fetched().contains(&"/elsewhere".to_owned()));
    assert_eq!(sign_in.fetched().len(), 5, "each house tried once and then waited");
}

#[tokio::test]
async fn each_caller_has_a_limit_of_their_own() {
    let sign_in = SignIn::start().await;
    let limit = |settings: &mut http::ServerSettings| {
        settings.entra = Some(self::settings(&sign_in));
        settings.requests_per_minute = NonZeroU32::new(3).unwrap();
    };
    let house = house_with(limit).await;
    let (one, other) = (sign_in.token(&json!({})), sign_in.token(&json!({ "oid": APP })));
    for _ in 0..3 {
        assert_eq!(house.get(SKILLS, &one).await.status(), 200);
    }
    // A token more does not make another caller.
    let refused = house.get(SKILLS, &sign_in.token(&json!({ "sub": "other", "name": "Other" }))).await;
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(problem(refused, 429).await["kind"], "too_many");
    assert_eq!(house.get(SKILLS, &other).await.status(), 200);
    // Keys of one name are two callers.
    let keys = [house.key(Role::Reader, None).await, house.key(Role::Reader, None).await];
    for key in &keys {
        for status in [200, 200, 200, 429] {
            assert_eq!(house.get(SKILLS, key).await.status(), status);
        }
    }
    assert_eq!(house.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
}

/// The challenge to a request for `path`, which must be refused with `status`.
async fn challenge(house: &House, path: &str, token: Option<&str>, status: u16) -> String {
    let request = house.request(Method::GET, path);
    let response = token.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token)).send().await.unwrap();
    assert_eq!(response.status(), status);
    response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn challenges_lead_to_the_metadata_and_that_to_entra() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    let base = format!("http://{}", house.server.local_addr());
    let scope = format!(r#"scope="api://{CLIENT}/Score.Read""#);
    let metadata = format!("{base}{PATH}");
    let link = format!(r#"resource_metadata="{metadata}""#);
    let roleless = sign_in.token(&json!({ "scp": null, "idtyp": "app" }));
    assert_eq!(challenge(&house, SKILLS, None, 401).await, format!(r#"Bearer realm="scorewatch", {scope}, {link}"#));
    for wrong in ["a.b.c", "sw_unknown"] {
        let expected = format!(r#"Bearer realm="scorewatch", error="invalid_token", {scope}, {link}"#);
        assert_eq!(challenge(&house, SKILLS, Some(wrong), 401).await, expected);
    }
    let expected = format!(r#"Bearer realm="scorewatch", error="insufficient_scope", {scope}, {link}"#);
    assert_eq!(challenge(&house, SKILLS, Some(&roleless), 403).await, expected);

    for (address, resource) in [(metadata.clone(), base.clone()), (format!("{metadata}/mcp"), format!("{base}/mcp"))] {
        let response = house.client.get(&address).send().await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let expected = json!({
            "resource": resource,
            "authorization_servers": [format!("{}/{HOME}/v2.0", sign_in.root)],
            "scopes_supported": [format!("api://{CLIENT}/Score.Read")],
            "bearer_methods_supported": ["header"],
            "resource_name": "scorewatch",
        });
        assert_eq!(json_of(response).await, expected, "{address}");
    }
}

#[tokio::test]
async fn mcp_is_opened_by_a_token_too() {
    let sign_in = SignIn::start().await;
    let house = house(&sign_in).await;
    let metadata = format!(r#"resource_metadata="http://{}{PATH}/mcp""#, house.server.local_addr());
    let list = || {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        house.request(Method::POST, "/mcp").header(header::CONTENT_TYPE, "application/json").body(message)
    };
    let challenged = |response: &Response| response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    let without = list().send().await.unwrap();
    assert!(!challenged(&without).contains("error=") && challenged(&without).ends_with(&metadata));
    problem(without, 401).await;
    let wrong = list().bearer_auth(sign_in.token(&json!({ "aud": AWAY }))).send().await.unwrap();
    assert!(challenged(&wrong).contains(r#"error="invalid_token""#) && challenged(&wrong).ends_with(&metadata));
    problem(wrong, 401).await;
    let roleless = list().bearer_auth(sign_in.token(&json!({ "scp": "openid" }))).send().await.unwrap();
    assert!(challenged(&roleless).contains(r#"error="insufficient_scope""#));
    problem(roleless, 403).await;

    let token = sign_in.token(&json!({}));
    let listed = json_of(list().bearer_auth(&token).send().await.unwrap()).await;
    assert!(listed["result"]["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{listed}");
    // Another reason than the credential asks for no other credential.
    let foreign = list().bearer_auth(&token).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!((foreign.status().as_u16(), foreign.headers().get(header::WWW_AUTHENTICATE)), (403, None));
    assert!(json_of(foreign).await["error"]["message"].is_string());
}

#[tokio::test]
async fn a_name_that_a_client_makes_up_is_repeated_to_nobody() {
    let sign_in = SignIn::start().await;
    let unnamed = house(&sign_in).await;
    let as_evil = |house: &House, path: &str| house.request(Method::GET, path).header(header::HOST, "evil.example");
    let refused = as_evil(&unnamed, SKILLS).send().await.unwrap();
    assert!(!refused.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().contains("resource_metadata"));
    let told = problem(as_evil(&unnamed, PATH).send().await.unwrap(), 404).await;
    assert!(told["detail"].as_str().unwrap().contains("server.public_url"), "{told}");

    let entra = settings(&sign_in);
    let named =
        house_with(|settings| (settings.entra, settings.public_url) = (Some(entra), Some("https://score.example/".to_owned()))).await;
    let metadata = json_of(as_evil(&named, &format!("{PATH}/mcp")).send().await.unwrap()).await;
    assert_eq!(metadata["resource"], "https://score.example/mcp");
    let refused = as_evil(&named, SKILLS).send().await.unwrap();
    let link = r#"resource_metadata="https://score.example/.well-known/oauth-protected-resource""#;
    assert!(refused.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().ends_with(link));

    let closed = house_with(|_| ()).await;
    problem(closed.request(Method::GET, PATH).send().await.unwrap(), 404).await;
    assert_eq!(challenge(&closed, SKILLS, None, 401).await, r#"Bearer realm="scorewatch""#);
}
