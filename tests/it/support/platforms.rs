//! What do the platforms refuse? Their published limits and shapes, in numbers of theirs, not of ours.

use serde_json::Value;

use super::{
    discord::limits::{self, Check, Draft},
    hook::Seen,
};

/// Every text under any of `names`, wherever it is.
pub fn texts<'v>(value: &'v Value, names: &[&str], found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| names.contains(&name.as_str())) {
                    Some(text) => found.push(text),
                    None => texts(member, names, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|member| texts(member, names, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// How long Slack may take `text` to be: no count of characters is larger.
fn units(text: &Value) -> usize {
    text.as_str().expect("a text").encode_utf16().count()
}

fn within(what: &str, length: usize, most: usize) -> Result<(), String> {
    if (1..=most).contains(&length) { Ok(()) } else { Err(format!("{what} has {length}, may have 1 to {most}")) }
}

/// Slack: <https://docs.slack.dev/reference/block-kit/blocks>. The kinds are those that messages may have.
pub fn slack(seen: &Seen) -> Result<(), String> {
    let body = seen.json();
    assert!(seen.header("content-type").starts_with("application/json"));
    let blocks = body["blocks"].as_array().ok_or("no blocks")?;
    within("blocks", blocks.len(), 50)?;
    within("text", units(&body["text"]), 40_000)?;
    within("all blocks", body["blocks"].to_string().encode_utf16().count(), 13_200)?;
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => {
                assert_eq!(block["text"]["type"], "plain_text");
                within("header", units(&block["text"]["text"]), 150)?;
            }
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                within("elements of a context", elements.len(), 10)?;
                elements.iter().try_for_each(|element| within("context", units(&element["text"]), 3000))?;
            }
            "image" => {
                within("image_url", units(&block["image_url"]), 3000)?;
                within("alt_text", units(&block["alt_text"]), 2000)?;
            }
            "rich_text" => {
                let elements = block["elements"].as_array().unwrap();
                within("elements of rich_text", elements.len(), usize::MAX)?;
                elements.iter().try_for_each(rich)?;
            }
            other => return Err(format!("a block `{other}`")),
        }
    }
    Ok(())
}

/// <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>
fn rich(element: &Value) -> Result<(), String> {
    let inside = element["elements"].as_array().unwrap();
    within("elements", inside.len(), usize::MAX)?;
    match element["type"].as_str().unwrap() {
        "rich_text_list" => {
            assert!(["bullet", "ordered"].contains(&element["style"].as_str().unwrap()));
            inside.iter().try_for_each(rich)
        }
        "rich_text_section" => inside.iter().try_for_each(|run| match run["type"].as_str().unwrap() {
            "text" => within("text", units(&run["text"]), usize::MAX),
            "link" => within("text", units(&run["text"]), usize::MAX).and(within("url", units(&run["url"]), 3000)),
            other => Err(format!("`{other}` in a rich text")),
        }),
        other => Err(format!("`{other}` in rich_text")),
    }
}

/// Teams: <https://learn.microsoft.com/connectors/teams/>, and what version 1.2 of Adaptive Cards has.
pub fn teams(seen: &Seen) -> Result<(), String> {
    let body = seen.json();
    assert!(seen.header("content-type").starts_with("application/json"));
    within("bytes", seen.body.len(), 28 * 1000 - 1)?;
    assert_eq!((&body["type"], body["attachments"].as_array().unwrap().len()), (&"message".into(), 1));
    let attachment = &body["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(attachment["contentUrl"].is_null());
    let card = &attachment["content"];
    assert_eq!((&card["type"], &card["version"], &card["msteams"]["width"]), (&"AdaptiveCard".into(), &"1.2".into(), &"Full".into()));
    within("elements", card["body"].as_array().unwrap().len(), usize::MAX)?;
    card["body"].as_array().unwrap().iter().try_for_each(element)
}

fn element(element: &Value) -> Result<(), String> {
    match element["type"].as_str().unwrap() {
        "Container" => element["items"].as_array().unwrap().iter().try_for_each(self::element),
        "Image" => within("url", units(&element["url"]), 2048),
        "RichTextBlock" => element["inlines"].as_array().unwrap().iter().try_for_each(|run| {
            assert_eq!(run["type"], "TextRun");
            within("text", units(&run["text"]), usize::MAX)
        }),
        other => Err(format!("an element `{other}`")),
    }
}

/// Discord: what its own stand-in checks, of which the pages are named there; a webhook has nothing to press.
pub fn discord(seen: &Seen) -> Result<(), String> {
    let body = seen.json();
    assert!(seen.header("content-type").starts_with("application/json") && seen.header("user-agent").starts_with("DiscordBot ("));
    assert!(seen.path.ends_with("&wait=true"), "{}", seen.path);
    let mut check = Check::default();
    limits::message(&mut check, &Draft { body: &body, at: "", more: &[], flags: 0, files: &[], kept: &[] });
    let (errors, odd) = (check.errors, check.odd);
    if errors.is_empty() && odd.is_empty() { Ok(()) } else { Err(format!("{errors:?} {odd:?}")) }
}

/// CloudEvents: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#required-attributes>, and its size limits.
pub fn event(seen: &Seen) -> Result<(), String> {
    assert_eq!(seen.header("content-type"), "application/cloudevents+json; charset=UTF-8");
    let event = seen.json();
    within("bytes", seen.body.len(), 64 * 1024)?;
    assert_eq!(event["specversion"], "1.0");
    for name in ["id", "source", "type"] {
        within(name, units(&event[name]), 500)?;
    }
    event["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let names = event.as_object().unwrap().keys();
    names.filter(|name| !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())).try_for_each(|name| Err(name.clone()))
}
