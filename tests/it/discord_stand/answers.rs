//! Do answers come in time, in the right kind, and only to whom they are for?

use std::time::Duration;

use serde_json::{Value, json};

use super::{Raw, interaction, silent, text};
use crate::support::discord::{CHANNEL, Channel, OTHER_CHANNEL, Stand};

#[tokio::test]
async fn the_first_answer_has_three_seconds_and_the_token_fifteen_minutes() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    stand.patience(Duration::from_millis(300), Duration::from_millis(900));
    let reply = json!({ "type": 4, "data": silent(json!({ "content": "one" })) });
    let edit = silent(json!({ "content": "two" }));
    let (callback, webhook) = interaction(&stand, 2);
    let original = format!("{webhook}/messages/@original");
    let code = |(status, body): (u16, Value)| (status, body["code"].as_u64().unwrap_or_default());
    assert_eq!(code(raw.ask("PATCH", &original, Some(&edit)).await), (404, 10015), "before the first answer");
    assert_eq!(code(raw.ask("POST", &callback.replace("xraw", "xRAW"), Some(&reply)).await), (404, 10062), "another token");
    assert_eq!(code(raw.ask("POST", &callback, Some(&reply)).await), (204, 0));
    assert_eq!(code(raw.ask("POST", &callback, Some(&reply)).await), (400, 40060), "twice");
    assert_eq!(code(raw.ask("PATCH", &original, Some(&edit)).await), (200, 0));
    assert_eq!(code(raw.ask("PATCH", &original.replace("xraw", "xRAW"), Some(&edit)).await), (401, 50027), "another token");
    assert_eq!(code(raw.ask("DELETE", &original, None).await), (204, 0));
    assert_eq!(code(raw.ask("PATCH", &original, Some(&edit)).await), (404, 10008), "removed");
    let (late, late_webhook) = interaction(&stand, 2);
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(code(raw.ask("POST", &late, Some(&reply)).await), (404, 10062), "too late");
    assert_eq!(code(raw.ask("POST", &late_webhook, Some(&edit)).await), (404, 10015), "and nothing after that");
    tokio::time::sleep(Duration::from_millis(610)).await;
    assert_eq!(code(raw.ask("POST", &webhook, Some(&edit)).await), (401, 50027), "the token is old");
    assert_eq!(stand.invalid_requests(), 2, "those with 401");
}

#[tokio::test]
async fn who_sees_an_answer_is_settled_by_the_first() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let (alice, bob) = (stand.member("alice"), stand.member("bob"));
    let (callback, webhook) = interaction(&stand, 2);
    raw.ask("POST", &callback, Some(&json!({ "type": 5 }))).await;
    assert!(bob.sees()[0].loading, "everybody sees that it thinks");
    let (status, _) =
        raw.ask("PATCH", &format!("{webhook}/messages/@original"), Some(&silent(json!({ "content": "x", "flags": 64 })))).await;
    assert_eq!((status, stand.take_faults().len()), (200, 1), "it is too late for the flag");
    assert_eq!(bob.sees()[0].content, "x");
    let (callback, webhook) = interaction(&stand, 2);
    raw.ask("POST", &callback, Some(&json!({ "type": 5 }))).await;
    let secret = silent(json!({ "content": "secret", "flags": 64 }));
    raw.ask("POST", &webhook, Some(&secret)).await;
    assert_eq!(stand.take_faults().len(), 2, "a follow-up that edits the deferral, with a flag that changes nothing");
    assert_eq!(bob.sees()[1].content, "secret", "so everybody sees it");
    raw.ask("DELETE", &format!("{webhook}/messages/@original"), None).await;
    raw.ask("POST", &webhook, Some(&secret)).await;
    assert_eq!(bob.sees().len(), 1, "removed, and what follows is for alice");
    assert!(alice.sees()[1].ephemeral);
    let (callback, _) = interaction(&stand, 2);
    raw.ask("POST", &callback, Some(&json!({ "type": 4, "data": secret }))).await;
    assert_eq!((alice.sees().len(), bob.sees().len()), (3, 1));
}

#[tokio::test]
async fn answers_fit_what_was_asked() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let input = json!({ "type": 4, "custom_id": "i", "style": 1 });
    let modal = |title: usize, label: usize| {
        let part = json!({ "type": 18, "label": text(label), "component": input });
        json!({ "type": 9, "data": { "custom_id": "m", "title": text(title), "components": [part] } })
    };
    let choices = |count: usize, long: usize| {
        let choice = |n: usize| json!({ "name": format!("{n}{}", text(long - n.to_string().len())), "value": text(long) });
        json!({ "type": 8, "data": { "choices": (0..count).map(choice).collect::<Vec<_>>() } })
    };
    let good = [(2, json!({ "type": 5, "data": { "flags": 64 } })), (2, modal(45, 45)), (3, modal(1, 1)), (4, choices(25, 100))];
    for (asked, body) in good {
        let (callback, _) = interaction(&stand, asked);
        assert_eq!(raw.ask("POST", &callback, Some(&body)).await.0, 204, "{body}");
    }
    assert_eq!(stand.faults(), Vec::<String>::new());
    let bad = [
        (2, json!({ "type": 6 })),
        (2, json!({ "type": 7, "data": silent(json!({ "content": "x" })) })),
        (2, choices(1, 1)),
        (4, json!({ "type": 5 })),
        (5, modal(1, 1)),
        (2, modal(46, 1)),
        (2, modal(1, 46)),
        (4, choices(26, 100)),
        (4, choices(1, 101)),
        (2, json!({ "type": 2 })),
    ];
    for (asked, body) in bad {
        let (callback, _) = interaction(&stand, asked);
        let (status, answer) = raw.ask("POST", &callback, Some(&body)).await;
        assert_eq!((status, &answer["code"]), (400, &json!(50035)), "{body} to {asked}: {answer}");
        assert!(!stand.take_faults().is_empty());
    }
}

#[tokio::test]
async fn posts_are_made_once_and_only_where_the_bot_may() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let digest = json!({ "content": "digest", "nonce": "digest:1", "enforce_nonce": true });
    let (_, first) = raw.post(digest.clone()).await;
    let (_, again) = raw.post(digest.clone()).await;
    assert_eq!((first["id"].as_str(), stand.posts(CHANNEL).len()), (again["id"].as_str(), 1));
    let other = format!("/channels/{OTHER_CHANNEL}/messages");
    stand.channel(OTHER_CHANNEL, Channel::Forbidden);
    let (status, body) = raw.ask("POST", &other, Some(&silent(digest.clone()))).await;
    assert_eq!((status, &body["code"]), (403, &json!(50001)));
    stand.channel(OTHER_CHANNEL, Channel::Removed);
    let (status, body) = raw.ask("POST", &other, Some(&silent(digest.clone()))).await;
    assert_eq!((status, &body["code"]), (404, &json!(10003)));
    stand.revoke_token();
    assert_eq!(raw.post(digest).await.0, 401);
    assert_eq!(stand.invalid_requests(), 2, "403 and 401");
}
