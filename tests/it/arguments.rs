//! Are arguments understood as people and models write them, over MCP and HTTP alike, and as the schemas say?

use regex::Regex;
use scorewatch::{
    graph::read_saved,
    manifests::Values,
    sandbox,
    score::Reading,
    skills::Entry,
    store::{Source, Store},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::TODAY,
    manifests::made,
    mcp::{House, house},
};

/// What a value is as text in a query string.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// What MCP says to arguments, and whether it refused them.
async fn over_mcp(house: &House, skill: &str, args: &Value) -> (bool, String) {
    let result = house.call(skill, args.clone()).await;
    (result["isError"] == true, result["content"][0]["text"].as_str().unwrap().to_owned())
}

/// What HTTP says to the same arguments in a query string.
async fn over_http(house: &House, skill: &str, args: &Value) -> (bool, String) {
    let pairs: Vec<(String, String)> = args
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), if value.is_null() { String::new() } else { as_text(value) }))
        .collect();
    let mut url = reqwest::Url::parse(&house.url(&format!("/skills/{skill}"))).unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    let response = house.client.get(url).bearer_auth(&house.key).header("accept", "text/plain").send().await.unwrap();
    let refused = !response.status().is_success();
    let text = response.text().await.unwrap();
    if !refused {
        return (refused, text);
    }
    let problem: Value = serde_json::from_str(&text).unwrap();
    (refused, problem["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_can_be_meant_is_the_same_question_everywhere() {
    let house = house(|_| ()).await;
    for (skill, plain, written) in [
        ("weakest_controls", json!({ "limit": 3 }), vec![json!({ "limit": 3.0 }), json!({ "limit": "3" }), json!({ "Limit": "3.0" })]),
        (
            "weakest_controls",
            json!({ "category": "identity", "order": "quick_wins" }),
            vec![
                json!({ "category": "Identity", "order": "quick wins", "product": null }),
                json!({ "category": "IDENTITY", "order": "Quick-Wins", "product": "", "limit": null }),
            ],
        ),
        (
            "score_changes",
            json!({ "since": "7" }),
            vec![json!({ "since": 7 }), json!({ "since": 7.0 }), json!({ "since": "7d" }), json!({ "since": " Week " })],
        ),
        (
            "accepted_risks",
            json!({ "state": "third_party" }),
            vec![json!({ "state": "Third party" }), json!({ "state": "third-party", "by": null })],
        ),
        (
            "control",
            json!({ "name": "AdminMFAV2", "whole": true }),
            vec![
                json!({ "control": "AdminMFAV2", "whole": "True" }),
                json!({ "name": "adminmfav2", "whole": 1 }),
                json!({ "NAME": "AdminMFAV2", "whole": "yes" }),
            ],
        ),
    ] {
        let about = |args: &Value| {
            let mut args = args.clone();
            args["tenant"] = "contoso".into();
            args
        };
        let meant = over_mcp(&house, skill, &about(&plain)).await;
        assert!(!meant.0, "{meant:?}");
        for args in written.iter().chain([&plain]).map(about) {
            assert_eq!(over_mcp(&house, skill, &args).await, meant, "MCP {skill} {args}");
            assert_eq!(over_http(&house, skill, &args).await, meant, "HTTP {skill} {args}");
        }
    }
}

#[tokio::test]
async fn a_wrong_name_is_wrong_whatever_it_holds() {
    let house = house(|_| ()).await;
    // What is a text may be called so.
    let (refused, why) = over_http(&house, "control", &json!({ "name": "null", "tenant": "contoso" })).await;
    assert!(refused && !why.contains("missing"), "{why}");
    for nothing in [json!(null), json!(""), json!("null"), json!(5)] {
        let args = json!({ "limitt": nothing, "tenant": "contoso" });
        for (refused, why) in [over_mcp(&house, "weakest_controls", &args).await, over_http(&house, "weakest_controls", &args).await] {
            assert!(refused && why == "There is no argument `limitt`. Did you mean `limit`?", "{args}: {why}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_alike() {
    let house = house(|_| ()).await;
    for (skill, args, said) in [
        ("weakest_controls", json!({ "limit": 2.5 }), "`limit` is a whole number from 1 to 25; `2.5` is not one."),
        ("weakest_controls", json!({ "limit": "three" }), "`limit` is a whole number from 1 to 25; `three` is not one."),
        ("weakest_controls", json!({ "limit": 500 }), "`limit` is a whole number from 1 to 25; `500` is not one."),
        ("control", json!({ "name": "x", "whole": "perhaps" }), "`whole` is true or false; `perhaps` is neither."),
        ("control", json!({ "name": null }), "`name` is missing: Id or words"),
        ("control", json!({ "name": "x", "control": "y" }), "`name` is given twice."),
        ("score_changes", json!({ "since": 7.5 }), "`since` is yesterday, week, month, a whole number of days"),
        ("score_changes", json!({ "since": 3661 }), "`since` is yesterday, week, month, a whole number of days from 1 to 3660"),
    ] {
        let mut args = args;
        args["tenant"] = "contoso".into();
        for (refused, why) in [over_mcp(&house, skill, &args).await, over_http(&house, skill, &args).await] {
            assert!(refused && why.starts_with(said), "{skill} {args}: {why}");
        }
    }
}

#[tokio::test]
async fn a_number_may_be_a_name() {
    let house = house(|_| ()).await;
    let store = Store::open(&house.home().join("scorewatch.db")).await.unwrap();
    let scores = sandbox::scores_json("contoso", &sandbox::Options::new(TODAY), TODAY, 2).unwrap();
    let scores = String::from_utf8(scores)
        .unwrap()
        .replace("\"AdminMFAV2\"", "\"365\"")
        .replace("c9a5a493-f30e-b523-f8bd-1ca811c2f43c", "00000000-0000-0000-0000-000000000365")
        .into_bytes();
    store.ensure_tenant("365").await.unwrap();
    // As if of another Entra tenant: contoso's own is known by that name.
    let reading = Reading { entra_id: None, ..read_saved(&[("scores.json".to_owned(), scores)]).unwrap() };
    store.save("365", &reading, Source::Import, "2026-11-21T06:12:00Z".parse().unwrap()).await.unwrap();
    house.doors.ask.view().look().await.unwrap();
    let named = over_mcp(&house, "control", &json!({ "tenant": "365", "name": "365" })).await;
    assert!(!named.0 && named.1.starts_with("365 "), "{named:?}");
    for args in [json!({ "tenant": 365, "name": 365 }), json!({ "tenant": 365.0, "control": "365" })] {
        assert_eq!(over_mcp(&house, "control", &args).await, named, "{args}");
    }
    assert_eq!(over_http(&house, "control", &json!({ "tenant": 365, "control": 365 })).await, named);
    let whole = over_http(&house, "secure_score", &json!({ "tenant": "" })).await;
    assert!(whole.0 && whole.1.starts_with("Which tenant?"), "{whole:?}");
}

/// Texts that people, models and hosts write for days, numbers and words.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "7",
    "7d",
    "07",
    "7.0",
    "7.5",
    "60d",
    "60 d",
    "60 days",
    "60  days",
    "d60",
    "-7",
    "+7",
    "3599",
    "3600",
    "3650",
    "3659",
    "3660",
    "3661",
    "3660d",
    "3661d",
    "9999",
    "yesterday",
    "Yesterday",
    "YESTERDAY ",
    "today",
    "tomorrow",
    "day",
    "week",
    "Week",
    "last week",
    "last_week",
    "last-week",
    "month",
    "months",
    "2024-02-29",
    "2023-02-29",
    "2000-02-29",
    "2100-02-29",
    "2024-02-30",
    "2026-04-31",
    "2026-13-01",
    "2026-00-01",
    "2026-1-1",
    "2026-11-21",
    "1999-12-31",
    "0000-02-29",
    "2026/11/21",
    "21.11.2026",
    "20261121",
    "2026-11-21T00:00:00Z",
    "the dawn of time",
    "١",
    "2026-11-2١",
];

#[test]
fn patterns_of_the_document_and_the_program_take_the_same_texts() {
    let document: Value = serde_json::from_slice(&made("openapi.json", &Values::placeholders())).unwrap();
    let mut patterns = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let skill = Entry::named(path.trim_start_matches("/skills/")).unwrap();
        for parameter in item["get"]["parameters"].as_array().unwrap() {
            let Some(pattern) = parameter["schema"]["pattern"].as_str() else { continue };
            let (pattern, name) = (Regex::new(pattern).unwrap(), parameter["name"].as_str().unwrap());
            for text in TEXTS {
                let args = Map::from_iter([(name.to_owned(), Value::from(*text))]);
                assert_eq!(pattern.is_match(text), skill.prepare(&args, false, true).is_ok(), "{} {name}: {text:?}", skill.name);
            }
            patterns += 1;
        }
    }
    assert_eq!(patterns, 8, "days of six skills, of two of them the first and the last");
}
