//! What is a card in Teams made of? Runs of text that are data: none of them is ever markup, a mention or a link by itself.
//!
//! `TextBlock` and `Fact` read markdown, each client with a parser of its own; `TextRun` reads none
//! (<https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features>). So every text is a run, and nothing needs escaping.

use serde_json::{Map, Value, json};

use crate::{
    card::Tone,
    surfaces::{
        address,
        inline::{Line, Run},
    },
    text::{cut, one_line},
};

/// The longest address.
pub const ADDRESS: usize = 2000;

/// `text` of at most `length_max` characters, as important as it gets in a line.
pub fn strong(text: &str, length_max: usize) -> Option<Value> {
    styled(&cut(&one_line(text), length_max), &[("weight", "Bolder")])
}

/// The head of the card.
pub fn title(text: &str, length_max: usize) -> Option<Value> {
    styled(&cut(&one_line(text), length_max), &[("weight", "Bolder"), ("size", "Large")])
}

/// Small print.
pub fn small(text: &str, length_max: usize) -> Option<Value> {
    styled(&cut(&one_line(text), length_max), &[("size", "Small")]).map(subtle)
}

/// What stands before an item of a list.
pub fn item() -> Option<Value> {
    styled("• ", &[])
}

/// All of `line`.
pub fn runs(line: &Line) -> Vec<Value> {
    line.iter().filter_map(run).collect()
}

/// `run` as it is meant. The colours are names that each theme of Teams has its own shade for; the one of warnings is not among them, because it is
/// yellow on white in some.
fn run(run: &Run) -> Option<Value> {
    match run {
        Run::Plain(text) | Run::Toned(text, Tone::Plain) => styled(text, &[]),
        Run::Toned(text, Tone::Good) => styled(text, &[("weight", "Bolder"), ("color", "Good")]),
        Run::Toned(text, Tone::Bad | Tone::Warn) => styled(text, &[("weight", "Bolder"), ("color", "Attention")]),
        Run::Toned(text, Tone::Strong) => styled(text, &[("weight", "Bolder")]),
        Run::Toned(text, Tone::Quiet) => styled(text, &[]).map(subtle),
        Run::Drawn(text) => styled(text, &[("fontType", "Monospace")]),
        Run::Link(text, address) => with(styled(text, &[("color", "Accent")]), "selectAction", &opens(address)),
    }
}

/// What opens `url`, where we would follow it ourselves.
pub fn open(url: &str) -> Option<Value> {
    address::address(url, ADDRESS).map(|address| opens(&address))
}

fn opens(address: &str) -> Value {
    json!({ "type": "Action.OpenUrl", "url": address })
}

/// `text` in which no function begins: `{{DATE(…)}}` and `{{TIME(…)}}` are read in texts of every kind.
pub fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for c in text.chars() {
        // Between any two, so that three make none either.
        if c == '{' && inert.ends_with('{') {
            inert.push(' ');
        }
        inert.push(c);
    }
    inert
}

fn styled(text: &str, style: &[(&str, &str)]) -> Option<Value> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_begins() {
        for braces in 0..9 {
            let shown = inert(&format!("a{}DATE(x)}}}}", "{".repeat(braces)));
            assert!(!shown.contains("{{") && shown.matches('{').count() == braces, "{shown}");
        }
    }
}
