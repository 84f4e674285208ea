//! What is a card in Teams made of? Runs of text that are data: none of them is ever markup, a mention or a link by itself.
//!
//! `TextBlock` and `Fact` read markdown, each client with a parser of its own; `TextRun` reads none
//! (<https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features>). So every text is a run, and nothing needs escaping.

use serde_json::{Map, Value, json};

use crate::{
    card::{Tone, Word},
    surfaces::phrase,
    text::{cut, one_line},
};

/// The longest address.
const ADDRESS: usize = 2000;

/// `text` without a style; `None` for none.
pub fn said(text: &str) -> Option<Value> {
    run(text, &[])
}

/// `text` of at most `length_max` characters, as important as it gets in a line.
pub fn strong(text: &str, length_max: usize) -> Option<Value> {
    run(&cut(&one_line(text), length_max), &[("weight", "Bolder")])
}

/// `text` in letters that are all as wide as each other.
pub fn code(text: &str) -> Option<Value> {
    run(text, &[("fontType", "Monospace")])
}

/// The head of the card.
pub fn title(text: &str, length_max: usize) -> Option<Value> {
    run(&cut(&one_line(text), length_max), &[("weight", "Bolder"), ("size", "Large")])
}

/// Small print.
pub fn small(text: &str, length_max: usize) -> Option<Value> {
    run(&cut(&one_line(text), length_max), &[("size", "Small")]).map(subtle)
}

/// `word` as it is meant. The colours are names that each theme of Teams has its own shade for; the one of warnings is not among them, because it is
/// yellow on white in some.
pub fn toned(word: &Word, length_max: usize) -> Option<Value> {
    let text = cut(&one_line(&word.text), length_max);
    match word.tone {
        Tone::Plain => said(&text),
        Tone::Good => run(&text, &[("weight", "Bolder"), ("color", "Good")]),
        Tone::Bad | Tone::Warn => run(&text, &[("weight", "Bolder"), ("color", "Attention")]),
        Tone::Strong => run(&text, &[("weight", "Bolder")]),
        Tone::Quiet => said(&text).map(subtle),
    }
}

/// `text` that opens `url`; the text alone where we would not follow the link ourselves.
pub fn link(text: &str, url: &str, length_max: usize) -> Option<Value> {
    let Some(opens) = open(url) else { return said(&cut(&one_line(text), length_max)) };
    let address = opens["url"].as_str().unwrap_or_default();
    with(run(&cut(&phrase::label(text, address), length_max), &[("color", "Accent")]), "selectAction", &opens)
}

/// What opens `url`, where we would follow it ourselves.
pub fn open(url: &str) -> Option<Value> {
    phrase::address(url, ADDRESS).map(|address| json!({ "type": "Action.OpenUrl", "url": address }))
}

/// `text` in which no function begins: `{{DATE(…)}}` and `{{TIME(…)}}` are read in texts of every kind.
pub fn inert(text: &str) -> String {
    text.replace("{{", "{ {")
}

fn run(text: &str, style: &[(&str, &str)]) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let text = inert(text);
    let all = [("type", "TextRun"), ("text", &text)].into_iter().chain(style.iter().copied());
    Some(Value::Object(all.map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>()))
}

fn subtle(mut run: Value) -> Value {
    run["isSubtle"] = Value::Bool(true);
    run
}

fn with(run: Option<Value>, name: &str, value: &Value) -> Option<Value> {
    run.map(|mut run| {
        run[name] = value.clone();
        run
    })
}

/// Runs on a line, which wraps by itself; `None` without any. `apart` is the distance to what is above: `None`, `Small`, `Medium`.
pub fn line(runs: impl IntoIterator<Item = Value>, apart: &str) -> Option<Value> {
    let runs: Vec<Value> = runs.into_iter().collect();
    (!runs.is_empty()).then(|| json!({ "type": "RichTextBlock", "inlines": runs, "spacing": apart }))
}

/// Lines below each other, the first of them apart from what is above.
pub fn lines(all: impl IntoIterator<Item = Vec<Value>>) -> Vec<Value> {
    let all = all.into_iter().filter(|runs| !runs.is_empty());
    all.enumerate().filter_map(|(at, runs)| line(runs, if at == 0 { "Medium" } else { "None" })).collect()
}

/// Lines that belong together and open `url` wherever they are touched.
pub fn row(items: &[Value], url: Option<&str>) -> Value {
    let container = json!({ "type": "Container", "items": items, "spacing": "Small" });
    let opens = url.and_then(open);
    opens.and_then(|opens| with(Some(container.clone()), "selectAction", &opens)).unwrap_or(container)
}
