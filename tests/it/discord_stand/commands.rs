//! Are commands held to their limits, and kept as Discord keeps them?

use serde_json::{Value, json};

use super::{Raw, text};
use crate::support::discord::{APP, Stand};

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
fn command(more: Value) -> Value {
    let mut command = json!({ "name": "score", "description": "The score" });
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    command
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
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
