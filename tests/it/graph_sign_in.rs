//! Does an app sign in as Entra wants it: once for many, renewed in time, with a secret or a certificate?

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData};
use scorewatch::graph::{Certificate, ClientCredential, Graph};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::graph::{Asked, Fake, answer, quiet, token};

fn form(asked: &Asked) -> HashMap<String, String> {
    form_urlencoded::parse(&asked.body).into_owned().collect()
}

#[tokio::test]
async fn a_secret_is_sent_as_documented() {
    let fake = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    fake.client().read(None, &quiet).await.unwrap();
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked[0].uri.path(), "/contoso.example/oauth2/v2.0/token");
    let form = form(&asked[0]);
    assert_eq!(form["client_id"], "app-1");
    assert_eq!(form["client_secret"], "hush-hush");
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["scope"], format!("{}/.default", fake.root));
    assert_eq!(form.len(), 4);
}

#[tokio::test]
async fn many_at_once_share_one_token() {
    let fake = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    let graph = Arc::new(fake.client());
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let graph = Arc::clone(&graph);
            tokio::spawn(async move { graph.read(None, &quiet).await.map(drop) })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
    assert_eq!((fake.tokens(), fake.paths().len()), (1, 16));
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed() {
    // Five minutes and a bit: good for a moment after it was given, and renewed once that is over.
    let fake =
        Fake::start(|asked| if asked.uri.path().contains("/oauth2/") { token("t", 301) } else { answer(200, &[], json!({"value": []})) })
            .await;
    let graph = fake.client();
    graph.read(None, &quiet).await.unwrap();
    assert_eq!(fake.tokens(), 1);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    graph.read(None, &quiet).await.unwrap();
    assert_eq!(fake.tokens(), 2);
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_replaced_once() {
    let fake = Fake::graph(|asked| if asked.nth == 0 { answer(401, &[], json!({})) } else { answer(200, &[], json!({"value": []})) }).await;
    fake.client().read(None, &quiet).await.unwrap();
    assert_eq!(fake.tokens(), 2);
}

#[tokio::test]
async fn a_refused_sign_in_says_what_to_do_and_is_not_tried_again() {
    let fake = Fake::start(|_| {
        answer(
            401,
            &[("date", "Sat, 21 Nov 2020 03:00:00 GMT")],
            json!({
                "error": "invalid_client", "error_codes": [700_024], "trace_id": "tr-1", "correlation_id": "co-2",
                "error_description": "AADSTS700024: Client assertion is not within its valid time range."
            }),
        )
    })
    .await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert!(
        error.sentence.contains("days ahead of Microsoft's") && error.sentence.contains("trace id tr-1, correlation id co-2"),
        "{error}"
    );
    assert_eq!(fake.tokens(), 1);
    let steps = fake.client().check().await;
    assert!(steps.len() == 1 && steps[0].outcome.is_err());
}

#[tokio::test]
async fn a_sign_in_service_out_of_order_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let fake = Fake::start(move |asked| {
        if !asked.uri.path().contains("/oauth2/") {
            return answer(200, &[], json!({"value": []}));
        }
        match tries.fetch_add(1, Ordering::SeqCst) {
            0 => answer(503, &[], json!({})),
            1 => answer(429, &[("retry-after", "0")], json!({})),
            _ => token("t", 3600),
        }
    })
    .await;
    fake.client().read(None, &quiet).await.unwrap();
    assert_eq!(fake.tokens(), 3);
    for odd in [json!({}), json!({"access_token": "a\nb", "expires_in": 1}), json!({"access_token": "t", "expires_in": "x"}), json!([])] {
        let fake = Fake::start(move |_| answer(200, &[], odd.clone())).await;
        let error = fake.client().read(None, &quiet).await.unwrap_err();
        assert!(error.sentence.contains("did not respond like"), "{error}");
    }
}

struct Made {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

fn made() -> Made {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(vec!["scorewatch.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    Made { key, certificate }
}

/// What an assertion signed by `certificate` holds, checked with the public key alone.
async fn asserted(certificate: Certificate, made: &Made) -> Value {
    let fake = Fake::graph(|_| answer(200, &[], json!({"value": []}))).await;
    let mut settings = fake.settings();
    settings.credential = ClientCredential::Certificate(certificate);
    Graph::new(settings).unwrap().read(None, &quiet).await.unwrap();
    let form = form(&fake.asked.lock().unwrap()[0]);
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!form.contains_key("client_secret"));
    let assertion = &form["client_assertion"];
    let header = jsonwebtoken::decode_header(assertion).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::PS256, Some("JWT")));
    assert_eq!(header.x5t_s256.unwrap(), URL_SAFE_NO_PAD.encode(Sha256::digest(made.certificate.der())));
    assert_eq!(header.x5t, None);
    let mut validation = Validation::new(Algorithm::PS256);
    validation.set_audience(&[format!("{}/contoso.example/oauth2/v2.0/token", fake.root)]);
    validation.validate_nbf = true;
    let key = DecodingKey::from_rsa_der(made.key.der_bytes());
    jsonwebtoken::decode::<Value>(assertion, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_certificate_signs_what_entra_asks_for() {
    let (made, other) = (made(), made());
    let pem = [made.key.serialize_pem(), made.certificate.pem()].concat();
    let certificate = Certificate::from_pem(pem.as_bytes()).unwrap();
    let claims = asserted(certificate.clone(), &made).await;
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("app-1"), Some("app-1")));
    let now = jiff::Timestamp::now().as_second();
    let (nbf, exp) = (claims["nbf"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((now - nbf).abs() < 30 && claims["iat"] == claims["nbf"]);
    assert!((300..=600).contains(&(exp - nbf)));
    let again = asserted(certificate, &made).await;
    assert!(claims["jti"] != again["jti"] && claims["jti"].as_str().unwrap().len() >= 16);

    // PKCS#1, after the certificate, with a stranger's certificate before it.
    let pkcs1 = EncodingKey::from_rsa_pem(made.key.serialize_pem().as_bytes()).unwrap();
    let body = base64::engine::general_purpose::STANDARD.encode(pkcs1.as_bytes());
    let pem = format!(
        "{}{}-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n",
        other.certificate.pem(),
        made.certificate.pem()
    );
    asserted(Certificate::from_pem(pem.as_bytes()).unwrap(), &made).await;
}

#[tokio::test]
async fn pkcs12_is_read_with_its_password() {
    let made = made();
    let mut store = KeyStore::new();
    let key = PrivateKey::from_der(&made.key.serialize_der()).unwrap();
    let certificate = p12_keystore::Certificate::from_der(made.certificate.der()).unwrap();
    store.add_entry("scorewatch", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(b"id".to_vec(), key, [certificate])));
    let archive = store.writer("pass word").write().unwrap();
    asserted(Certificate::from_pkcs12(&archive, &"pass word".into()).unwrap(), &made).await;
    for (bytes, password) in [(&archive[..], "wrong"), (&archive[..100], "pass word"), (b"", "")] {
        let error = Certificate::from_pkcs12(bytes, &password.into()).unwrap_err();
        assert!(error.sentence.contains("check the password"), "{error}");
    }
}

#[test]
fn certificates_that_cannot_work_say_why() {
    let (one, other) = (made(), made());
    let curve = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    for (pem, words) in [
        (String::new(), "no private key"),
        (one.certificate.pem(), "no private key"),
        (one.key.serialize_pem(), "no certificate that belongs"),
        ([one.key.serialize_pem(), other.certificate.pem()].concat(), "no certificate that belongs"),
        ([curve.serialize_pem(), one.certificate.pem()].concat(), "not an RSA key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned(), "encrypted"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(), "not an RSA key"),
    ] {
        let error = Certificate::from_pem(pem.as_bytes()).unwrap_err();
        assert!(error.sentence.contains(words), "{words}: {error}");
    }
    for (file, words) in [(one.certificate.der().to_vec(), "is binary (DER"), (b"hello\n".to_vec(), "has no PEM in it")] {
        let error = Certificate::from_pem(&file).unwrap_err();
        assert!(error.sentence.contains(words), "{words}: {error}");
    }
    let fine = Certificate::from_pem([one.key.serialize_pem(), one.certificate.pem()].concat().as_bytes()).unwrap();
    assert!(!format!("{fine:?}").contains("PRIVATE"));
}
