//! Is the stand-in for Discord as strict as Discord? Asked directly, as no library would.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::discord::{
    APP, CHANNEL, Channel, OTHER_CHANNEL, Stand, TOKEN,
    world::{Interaction as Kept, TOKEN_START},
};

const AGENT: &str = "DiscordBot (https://example.com, 1)";

/// Asks the REST interface as an app would, without any library's opinion.
struct Raw {
    root: String,
    client: reqwest::Client,
}

impl Raw {
    fn new(stand: &Stand) -> Self {
        Self { root: format!("{}/api/v10", stand.root()), client: reqwest::Client::builder().user_agent(AGENT).build().unwrap() }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request =
            self.client.request(method.parse().unwrap(), format!("{}{path}", self.root)).header("Authorization", format!("Bot {TOKEN}"));
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Posts a message to [`CHANNEL`]; the members that every message needs are added.
    async fn post(&self, message: Value) -> (u16, Value) {
        self.ask("POST", &format!("/channels/{CHANNEL}/messages"), Some(&silent(message))).await
    }
}

fn silent(mut message: Value) -> Value {
    message["allowed_mentions"] = json!({ "parse": [] });
    message
}

/// An interaction that nobody delivers: its paths for callbacks and for webhooks.
fn interaction(stand: &Stand, kind: u64) -> (String, String) {
    let id = stand.world.id();
    let token = format!("{TOKEN_START}{id}xraw");
    let kept = Kept {
        token: token.clone(),
        kind,
        person: stand.member("alice").id(),
        channel: CHANNEL,
        sent: Instant::now(),
        source: None,
        source_edits: 0,
        completes: 3,
        first: None,
        original: None,
        follow_ups: Vec::new(),
        refused: None,
    };
    stand.world.change(|state| state.interactions.insert(id, kept));
    (format!("/interactions/{id}/{token}/callback"), format!("/webhooks/{APP}/{token}"))
}

fn text(long: usize) -> String {
    "x".repeat(long)
}

fn embed(embed: Value) -> Value {
    json!({ "embeds": [embed] })
}

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

fn command(more: Value) -> Value {
    let mut command = json!({ "name": "score", "description": "The score" });
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    command
}

fn option(name: &str, more: Value) -> Value {
    let mut option = json!({ "type": 3, "name": name, "description": "x" });
    option.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    option
}

#[tokio::test]
async fn commands_are_held_to_their_limits() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let path = format!("/applications/{APP}/commands");
    let options = |count: usize| (0..count).map(|n| option(&format!("o{n}"), json!({}))).collect::<Vec<_>>();
    let choices = |count: usize| (0..count).map(|n| json!({ "name": format!("c{n}"), "value": "v" })).collect::<Vec<_>>();
    let with = |list: Value| command(json!({ "options": list }));
    let large = |last: usize| {
        let choice = |n: usize, long: usize| json!({ "name": format!("{n:0100}"), "value": text(long) });
        let filled = |name: &str, count: usize| option(name, json!({ "choices": (0..count).map(|n| choice(n, 100)).collect::<Vec<_>>() }));
        // 5 + 9 of the command, 3 times 2 of the options, 39 choices of 200 and one of 100 and the rest.
        let mut third = filled("c", 0);
        third["choices"] = json!([choice(0, last)]);
        with(json!([filled("a", 25), filled("b", 14), third]))
    };
    let boundaries = [
        ("name", command(json!({ "name": text(32) })), command(json!({ "name": text(33) }))),
        ("description", command(json!({ "description": text(100) })), command(json!({ "description": text(101) }))),
        ("an empty description", command(json!({})), command(json!({ "description": "" }))),
        ("upper case", command(json!({ "name": "weak-est_2" })), command(json!({ "name": "Score" }))),
        ("a sign", command(json!({ "name": "éü" })), command(json!({ "name": "a b" }))),
        ("options", with(json!(options(25))), with(json!(options(26)))),
        (
            "choices",
            with(json!([option("o", json!({ "choices": choices(25) }))])),
            with(json!([option("o", json!({ "choices": choices(26) }))])),
        ),
        (
            "required first",
            with(json!([option("a", json!({ "required": true })), option("b", json!({}))])),
            with(json!([option("b", json!({})), option("a", json!({ "required": true }))])),
        ),
        (
            "choices or autocomplete",
            with(json!([option("o", json!({ "autocomplete": true, "choices": [] }))])),
            with(json!([option("o", json!({ "autocomplete": true, "choices": choices(1) }))])),
        ),
        (
            "bounds",
            with(json!([option("o", json!({ "type": 4, "min_value": 1, "max_value": 1 }))])),
            with(json!([option("o", json!({ "type": 4, "min_value": 2, "max_value": 1 }))])),
        ),
        ("8000 in all", large(80), large(81)),
    ];
    for (what, good, bad) in boundaries {
        let (status, body) = raw.ask("PUT", &path, Some(&json!([good]))).await;
        assert_eq!((status, stand.take_faults()), (200, vec![]), "{what}: {body}");
        let (status, body) = raw.ask("PUT", &path, Some(&json!([bad]))).await;
        assert_eq!((status, &body["code"]), (400, &json!(50035)), "{what}: {body}");
        stand.take_faults();
    }
    let (status, _) = raw.ask("PUT", &path, Some(&json!([command(json!({})), command(json!({}))]))).await;
    assert_eq!(status, 400, "one name twice");
    stand.take_faults();
}

#[tokio::test]
async fn commands_come_back_with_what_discord_adds() {
    let stand = Stand::start().await;
    let raw = Raw::new(&stand);
    let path = format!("/applications/{APP}/commands");
    let list = json!([
        command(json!({ "options": [option("o", json!({ "required": false, "choices": [] }))] })),
        command(json!({ "name": "risks" }))
    ]);
    let (_, put) = raw.ask("PUT", &path, Some(&list)).await;
    let score = &put[0];
    for (member, value) in
        [("type", json!(1)), ("nsfw", json!(false)), ("default_permission", json!(true)), ("integration_types", json!([0]))]
    {
        assert_eq!(score[member], value, "{member}");
    }
    for member in ["contexts", "name_localizations", "default_member_permissions"] {
        assert!(score.get(member).is_some_and(Value::is_null), "{member} is null");
    }
    assert_eq!(score["options"][0].get("required"), None, "what is false is not said");
    assert_eq!(score["options"][0].get("choices"), None, "what is empty is not said");
    let (_, got) = raw.ask("GET", &path, None).await;
    let names: Vec<_> = got.as_array().unwrap().iter().map(|command| command["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["risks", "score"], "in another order");
    assert_eq!(got[0].get("name_localizations"), None, "translations only when asked for");
    let (_, again) = raw.ask("PUT", &path, Some(&list)).await;
    assert_eq!(again[0]["id"], score["id"], "the id stays");
    assert_ne!(again[0]["version"], score["version"], "the version does not");
    let (status, body) = raw.ask("GET", &format!("/applications/{APP}/guilds/5/commands"), None).await;
    assert_eq!((status, &body["code"]), (403, &json!(50001)), "a server it is not in");
}

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
