//! Where do the demo's posts go? Into an inbox of the sandbox, where anybody on this machine can read the newest: a person as a page or as text, a
//! program as JSON.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use serde_json::Value;

use super::held;
use crate::text::{escaped_markup, minute, round2};

/// Where posts are put and read.
pub const PATH: &str = "/inbox";
/// How many posts are kept.
const KEPT_MAX: usize = 20;
/// What an empty inbox says.
const EMPTY: &str = "Nothing was posted yet.\n";

type ReceivedPosts = Arc<Mutex<VecDeque<Value>>>;

/// `POST` puts one in, `GET` shows them, the newest first.
pub fn routes() -> Router {
    Router::new().route(PATH, get(show).post(put)).with_state(ReceivedPosts::default())
}

/// A page for browsers, JSON for whoever asks for it, text for all others.
async fn show(State(posts): State<ReceivedPosts>, headers: HeaderMap) -> Response {
    let takes = headers.get(header::ACCEPT).and_then(|takes| takes.to_str().ok()).unwrap_or_default();
    let all: Vec<Value> = held(&posts).iter().cloned().collect();
    if takes.contains("text/html") {
        Html(page(&text(&all))).into_response()
    } else if takes.contains("application/json") {
        Json(all).into_response()
    } else {
        text(&all).into_response()
    }
}

/// Takes any JSON, whatever its type is called; axum bounds its size at 2 MB.
async fn put(State(posts): State<ReceivedPosts>, body: axum::body::Bytes) -> StatusCode {
    let Ok(post) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    let mut posts = held(&posts);
    posts.push_front(post);
    posts.truncate(KEPT_MAX);
    StatusCode::ACCEPTED
}

/// `text` as a page that looks again by itself.
fn page(text: &str) -> String {
    let escaped = escaped_markup(text);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"10\"><title>scorewatch demo: inbox</title>\
         <body style=\"margin:2em auto;max-width:60em;padding:0 1em\"><h1>Inbox</h1><pre style=\"white-space:pre-wrap\">{escaped}</pre>"
    )
}

/// The posts as a person reads them, below each other.
fn text(posts: &[Value]) -> String {
    if posts.is_empty() {
        return EMPTY.to_owned();
    }
    posts.iter().map(post).collect::<Vec<_>>().join("\n")
}

fn post(event: &Value) -> String {
    let data = &event["data"];
    let mut text = format!("{}\n", text_of(&data["title"]));
    let _ = writeln!(text, "{} of {}", text_of(&data["what"]), shown_minute(&event["time"]));
    for block in data["blocks"].as_array().into_iter().flatten() {
        for line in lines(block) {
            let _ = writeln!(text, "  {line}");
        }
    }
    for line in [&data["link"], &data["foot"]].into_iter().map(text_of).filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// A block, a line each of what it says. One that is not known is left out: the JSON has it.
fn lines(block: &Value) -> Vec<String> {
    let items = |name: &str| block[name].as_array().into_iter().flatten();
    match text_of(&block["kind"]).as_str() {
        "lead" => vec![items("words").map(|word| text_of(&word["text"])).collect::<Vec<_>>().join("  ")],
        "facts" => items("facts").map(|fact| format!("{}: {}", text_of(&fact["label"]), text_of(&fact["value"]))).collect(),
        "bars" => items("bars")
            .map(|bar| format!("{}: {}  {}", text_of(&bar["label"]), percent(&bar["percent"]), text_of(&bar["note"])))
            .collect(),
        "trend" => {
            let (first, last) = (items("days").next(), items("days").next_back());
            let day = |day: &Value| format!("{} on {}", percent(&day["percent"]), text_of(&day["day"]));
            first.zip(last).map(|(first, last)| format!("{} to {}", day(first), day(last))).into_iter().collect()
        }
        "table" => items("rows").map(row).collect(),
        "text" => {
            let heading = format!("{}:", text_of(&block["heading"]));
            std::iter::once(heading).chain(text_of(&block["text"]).lines().map(|line| format!("  {line}"))).collect()
        }
        "note" => vec![format!("! {}", text_of(&block["text"]))],
        _ => Vec::new(),
    }
}

/// What a row is about, and what it says of that.
fn row(row: &Value) -> String {
    let cells: Vec<String> = row["cells"].as_array().into_iter().flatten().map(text_of).filter(|cell| !cell.is_empty()).collect();
    match cells.split_first() {
        Some((about, rest)) if !rest.is_empty() => format!("- {about}: {}", rest.join("; ")),
        _ => format!("- {}", cells.concat()),
    }
}

/// A share as people read it.
fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| "unknown".to_owned(), |percent| format!("{} %", round2(percent)))
}

/// A moment as people read it; as it was written, where it is none.
fn shown_minute(value: &Value) -> String {
    let written = text_of(value);
    written.parse().map_or(written, minute)
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_post_is_read_by_a_person() {
        let blocks = json!([
            { "kind": "lead", "words": [{ "text": "10 to 6.67 of 10 points" }, { "text": "since 2026-11-20" }] },
            { "kind": "facts", "facts": [{ "label": "Control", "value": "AdminMFAV2" }] },
            { "kind": "table", "columns": ["what", "state"], "rows": [{ "cells": ["Title", "", "\u{2212}1 point"] }] },
            { "kind": "text", "heading": "Why", "text": "\"You have <4> of 12 & more.\"" },
            { "kind": "bars", "bars": [
                { "label": "Identity", "percent": 52.575_441_412_520_064, "note": "5 of 9.51 points" },
                { "label": "Apps", "percent": null, "note": "not scored" },
            ] },
            { "kind": "trend", "days": [{ "day": "2026-11-20", "percent": 100.0 }, { "day": "2026-11-21", "percent": 66.666_666 }] },
            { "kind": "note", "text": "This may correct itself." },
            { "kind": "new" },
        ]);
        let data = json!({ "what": "alert", "title": "Contoso: a fall", "blocks": blocks, "foot": "alert slips" });
        let event = json!({ "time": "2026-11-21T06:31:00.123456789Z", "data": data });
        let expected = "Contoso: a fall\nalert of 2026-11-21 06:31 UTC\n  10 to 6.67 of 10 points  since 2026-11-20\n  Control: AdminMFAV2\n  \
            - Title: \u{2212}1 point\n  Why:\n    \"You have <4> of 12 & more.\"\n  Identity: 52.58 %  5 of 9.51 points\n  \
            Apps: unknown  not scored\n  100 % on 2026-11-20 to 66.67 % on 2026-11-21\n  ! This may correct itself.\n  alert slips\n";
        assert_eq!(text(&[event]), expected);
        assert!(page(expected).contains("&lt;4&gt; of 12 &amp; more."));
        assert_eq!((text(&[]), text(&[json!(7)])), (EMPTY.to_owned(), "\n of \n".to_owned()));
    }
}
