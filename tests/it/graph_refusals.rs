//! Does each refusal of Graph's say what is wrong, what to do, and under which id Microsoft knows it?

use serde_json::json;

use crate::graph::{Fake, answer, quiet};

async fn refused(status: u16, code: &'static str, message: &'static str) -> (String, usize) {
    let fake = Fake::graph(move |_| {
        answer(
            status,
            &[("request-id", "11111111-2222-3333-4444-555555555555")],
            json!({"error": {"code": code, "message": message, "innerError": {"request-id": "in-body"}}}),
        )
    })
    .await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(!shown.contains("t0ken") && !shown.contains("hush-hush"), "{shown}");
    assert!(error.sentence.contains("(Graph's request id 11111111-2222-3333-4444-555555555555)"), "{error}");
    assert!(error.sentence.contains("contoso"), "{error}");
    (error.sentence, fake.tokens())
}

#[tokio::test]
async fn forbidden_names_the_permission_and_the_consent() {
    let (sentence, _) = refused(403, "AccessDenied", "").await;
    assert!(sentence.contains("application permission SecurityEvents.Read.All") && sentence.contains("admin consent"), "{sentence}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_the_credential_is_named() {
    let (sentence, tokens) = refused(401, "InvalidAuthenticationToken", "Access token has expired.").await;
    assert!(sentence.contains("client secret") && sentence.contains("Access token has expired"), "{sentence}");
    assert_eq!(tokens, 2);
}

#[tokio::test]
async fn a_cloud_without_secure_score_is_not_the_credentials_fault() {
    let (sentence, tokens) = refused(401, "InvalidAuthenticationToken", "InvalidCloudInstance").await;
    assert!(sentence.contains("does not offer Secure Score in the cloud"), "{sentence}");
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn not_found_means_not_licensed() {
    let (sentence, _) = refused(404, "ResourceNotFound", "").await;
    assert!(sentence.contains("not licensed") && sentence.contains("onboarded"), "{sentence}");
}

#[tokio::test]
async fn strangers_words_are_cleaned_and_cut() {
    let (sentence, _) = refused(400, "Bad\u{202E}Request", "line\none\u{200B} @everyone <b>").await;
    assert!(sentence.contains("BadRequest: line one @everyone <b>"), "{sentence}");
}

#[tokio::test]
async fn the_id_is_taken_from_the_body_where_the_header_has_none() {
    let fake = Fake::graph(|_| answer(403, &[], json!({"error": {"code": "x", "innerError": {"request-id": "in-body"}}}))).await;
    let error = fake.client().read(None, &quiet).await.unwrap_err();
    assert!(error.sentence.contains("request id in-body"), "{error}");
}
