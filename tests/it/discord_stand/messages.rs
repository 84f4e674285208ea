//! Is a message refused above each limit and taken at it, with its files?

use serde_json::{Value, json};

use super::{Raw, silent, text};
use crate::support::discord::{CHANNEL, Stand, TOKEN};

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
fn embed(embed: Value) -> Value {
    json!({ "embeds": [embed] })
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
fn row(parts: Value) -> Value {
    json!({ "content": "x", "components": [{ "type": 1, "components": parts }] })
}

fn buttons(count: usize) -> Value {
    (0..count).map(|n| json!({ "type": 2, "style": 2, "label": "x", "custom_id": n.to_string() })).collect()
}

fn menu(count: usize) -> Value {
    let options: Vec<_> = (0..count).map(|n| json!({ "label": "x", "value": n.to_string() })).collect();
    json!([{ "type": 3, "custom_id": "m", "options": options }])
}

/// A message exactly at a limit, and the same one above it.
fn boundaries() -> Vec<(&'static str, Value, Value)> {
    let fields = |count: usize| embed(json!({ "fields": vec![json!({ "name": "n", "value": "v" }); count] }));
    let total = |last: usize| {
        let full = |long: usize| json!({ "description": text(long) });
        json!({ "embeds": [full(4096), full(last)] })
    };
    let button = |member: &str, long: usize| {
        let mut button = json!({ "type": 2, "style": 2, "label": "x", "custom_id": "c" });
        button[member] = json!(text(long));
        row(json!([button]))
    };
    let link = |long: usize| row(json!([{ "type": 2, "style": 5, "label": "x", "url": format!("https://a.example/{}", text(long - 18)) }]));
    let rows = |count: usize| {
        let row = |n: usize| json!({ "type": 1, "components": [{ "type": 2, "style": 1, "label": "x", "custom_id": format!("r{n}") }] });
        json!({ "content": "x", "components": (0..count).map(row).collect::<Vec<_>>() })
    };
    let option = |member: &str, long: usize| {
        let mut option = json!({ "label": "x", "value": "v" });
        option[member] = json!(text(long));
        row(json!([{ "type": 3, "custom_id": "m", "options": [option] }]))
    };
    vec![
        ("content", json!({ "content": text(2000) }), json!({ "content": text(2001) })),
        // An emoji of two UTF-16 units is counted as two.
        ("content in UTF-16", json!({ "content": "🛡".repeat(1000) }), json!({ "content": "🛡".repeat(1000) + "x" })),
        ("title", embed(json!({ "title": text(256) })), embed(json!({ "title": text(257) }))),
        ("description", embed(json!({ "description": text(4096) })), embed(json!({ "description": text(4097) }))),
        ("fields", fields(25), fields(26)),
        (
            "field name",
            embed(json!({ "fields": [{ "name": text(256), "value": "v" }] })),
            embed(json!({ "fields": [{ "name": text(257), "value": "v" }] })),
        ),
        (
            "field value",
            embed(json!({ "fields": [{ "name": "n", "value": text(1024) }] })),
            embed(json!({ "fields": [{ "name": "n", "value": text(1025) }] })),
        ),
        ("footer", embed(json!({ "footer": { "text": text(2048) } })), embed(json!({ "footer": { "text": text(2049) } }))),
        ("author", embed(json!({ "author": { "name": text(256) } })), embed(json!({ "author": { "name": text(257) } }))),
        ("all embeds", total(1904), total(1905)),
        ("embeds", json!({ "embeds": vec![json!({ "title": "x" }); 10] }), json!({ "embeds": vec![json!({ "title": "x" }); 11] })),
        ("colour", embed(json!({ "title": "x", "color": 0xFF_FFFF })), embed(json!({ "title": "x", "color": 0x100_0000 }))),
        ("rows", rows(5), rows(6)),
        ("buttons", row(buttons(5)), row(buttons(6))),
        ("label", button("label", 80), button("label", 81)),
        ("custom_id", button("custom_id", 100), button("custom_id", 101)),
        ("link", link(512), link(513)),
        ("options", row(menu(25)), row(menu(26))),
        ("option label", option("label", 100), option("label", 101)),
        ("option value", option("value", 100), option("value", 101)),
        ("option description", option("description", 100), option("description", 101)),
        ("nonce", json!({ "content": "x", "nonce": text(25) }), json!({ "content": "x", "nonce": text(26) })),
    ]
}

#[tokio::test]
async fn messages_are_refused_one_above_a_limit_and_taken_at_it() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    for (what, at, above) in boundaries() {
        let (status, body) = raw.post(at).await;
        assert_eq!((status, stand.take_faults()), (200, vec![]), "{what} at the limit: {body}");
        let (status, body) = raw.post(above).await;
        assert_eq!((status, &body["code"]), (400, &json!(50035)), "{what} above the limit: {body}");
        assert!(!stand.take_faults().is_empty(), "{what} above the limit is no fault");
    }
}

#[tokio::test]
async fn messages_are_refused_for_what_they_say() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let select_and_button = json!([menu(1)[0], buttons(1)[0]]);
    let twice = json!([buttons(1)[0], buttons(1)[0]]);
    let same_value = json!([{ "type": 3, "custom_id": "m", "options": [{ "label": "a", "value": "v" }, { "label": "b", "value": "v" }] }]);
    let refused = [
        ("an empty field name", embed(json!({ "fields": [{ "name": " ", "value": "v" }] }))),
        ("a field without a value", embed(json!({ "fields": [{ "name": "n" }] }))),
        ("an empty embed", embed(json!({}))),
        ("a link that is none", embed(json!({ "title": "x", "url": "javascript:alert(1)" }))),
        ("a picture that does not come", embed(json!({ "image": { "url": "attachment://trend.png" } }))),
        ("a menu beside a button", row(select_and_button)),
        ("a custom_id twice", row(twice)),
        ("a value twice", row(same_value)),
        ("an empty row", row(json!([]))),
        ("an empty custom_id", row(json!([{ "type": 2, "style": 1, "label": "x", "custom_id": "" }]))),
        ("a link with a custom_id", row(json!([{ "type": 2, "style": 5, "label": "x", "url": "https://a.example", "custom_id": "x" }]))),
        ("a button without words", row(json!([{ "type": 2, "style": 1, "custom_id": "x" }]))),
        ("a word for an emoji", row(json!([{ "type": 2, "style": 1, "custom_id": "x", "emoji": { "name": "shield" } }]))),
        ("a text that is a number", json!({ "content": 5 })),
        ("a button without a row", json!({ "content": "x", "components": buttons(1) })),
    ];
    for (what, message) in refused {
        let (status, body) = raw.post(message).await;
        assert_eq!((status, &body["code"]), (400, &json!(50035)), "{what}: {body}");
        assert_eq!(stand.take_faults().len(), 1, "{what}");
    }
    let (status, body) = raw.post(json!({ "content": " " })).await;
    assert_eq!((status, &body["code"]), (400, &json!(50006)), "nothing to see");
    assert_eq!(stand.take_faults().len(), 1);
    let (_, body) = raw.post(json!({ "embeds": [{ "title": "x" }, { "fields": [{ "name": "n", "value": text(1025) }] }] })).await;
    let error = &body["errors"]["embeds"]["1"]["fields"]["0"]["value"]["_errors"][0];
    assert_eq!(*error, json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 1024 or fewer in length." }), "Discord's tree");
    stand.take_faults();
}

#[tokio::test]
async fn what_discord_tolerates_is_still_a_fault() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let path = format!("/channels/{CHANNEL}/messages");
    let odd = [
        json!({ "content": "no allowed_mentions" }),
        json!({ "content": "everybody", "allowed_mentions": { "parse": ["everyone"] } }),
        json!({ "content": "somebody", "allowed_mentions": { "parse": [], "users": ["1"] } }),
        silent(json!({ "content": "x", "colour": 5 })),
        silent(json!({ "content": "x", "flags": 64 })),
        silent(json!({ "embeds": [{ "title": "a", "url": "https://a.example" }, { "title": "b", "url": "https://a.example" }] })),
    ];
    for body in odd {
        let (status, answer) = raw.ask("POST", &path, Some(&body)).await;
        assert_eq!(status, 200, "{body}: {answer}");
        assert_eq!(stand.take_faults().len(), 1, "{body}");
    }
    let nameless = reqwest::Client::new().get(format!("{}/gateway", raw.root)).send().await.unwrap();
    assert_eq!(nameless.status(), 401, "no token");
    assert_eq!(stand.take_faults().len(), 1, "no user agent");
}

#[tokio::test]
#[should_panic(expected = "allowed_mentions")]
async fn a_fault_fails_the_test_that_leaves_it() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    raw.ask("POST", &format!("/channels/{CHANNEL}/messages"), Some(&json!({ "content": "x" }))).await;
}

#[tokio::test]
async fn files_are_counted_weighed_and_looked_for() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let send = async |files: Vec<(&str, usize)>, body: Value| {
        let mut form = reqwest::multipart::Form::new().text("payload_json", silent(body).to_string());
        for (n, (name, size)) in files.into_iter().enumerate() {
            let part = reqwest::multipart::Part::bytes(vec![0_u8; size]).file_name(name.to_owned());
            form = form.part(format!("files[{n}]"), part);
        }
        let url = format!("{}/channels/{CHANNEL}/messages", raw.root);
        let response = raw.client.post(url).header("Authorization", format!("Bot {TOKEN}")).multipart(form).send().await.unwrap();
        (response.status().as_u16(), stand.take_faults().len())
    };
    let shown = json!({ "embeds": [{ "image": { "url": "attachment://a.png" } }], "attachments": [{ "id": 0 }] });
    assert_eq!(send(vec![("a.png", 9)], shown.clone()).await, (200, 0));
    assert_eq!(stand.posts(CHANNEL)[0].files[0].bytes.len(), 9);
    assert_eq!(send(vec![("b.png", 9)], shown).await, (400, 1), "another file");
    assert_eq!(send(vec![("a.csv", 9)], json!({ "attachments": [] })).await, (400, 2), "it comes, and nobody sees it");
    assert_eq!(send(vec![("a.csv", 9)], json!({ "attachments": [{ "id": 1 }] })).await, (400, 2), "another number");
    assert_eq!(send(vec![("a b.csv", 9)], json!({})).await, (200, 1), "a name that Discord changes");
    let names: Vec<_> = (0..11).map(|n| format!("{n}.csv")).collect();
    let many = |count: usize| names[..count].iter().map(|name| (name.as_str(), 1)).collect();
    assert_eq!(send(many(10), json!({})).await, (200, 0));
    assert_eq!(send(many(11), json!({})).await, (400, 1));
    assert_eq!(send(vec![("a.bin", 10 << 20)], json!({})).await, (200, 0));
    assert_eq!(send(vec![("a.bin", (10 << 20) + 1)], json!({})).await, (400, 1));
}
