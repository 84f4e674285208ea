//! What is a message in Slack made of? Elements whose words are data: none of them is ever markup, a mention or a link by itself.

use serde_json::{Value, json};

use super::limits;
use crate::{
    card::Tone,
    surfaces::inline::{Line, Run},
    text::{cut_units, one_line},
};

/// `text` without a style, its white space as it is.
fn text_element(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// `run` as it is meant: bold where it carries a judgement or matters most.
fn run(run: &Run) -> Value {
    match run {
        Run::Plain(text) | Run::Toned(text, Tone::Plain | Tone::Quiet) => text_element(text),
        Run::Toned(text, Tone::Good | Tone::Bad | Tone::Warn | Tone::Strong) => styled(text_element(text), "bold"),
        Run::Drawn(text) => styled(text_element(text), "code"),
        Run::Link(text, address) => json!({ "type": "link", "url": address, "text": text }),
    }
}

fn styled(mut element: Value, style: &str) -> Value {
    element["style"] = json!({ style: true });
    element
}

/// All of `line`.
pub fn runs(line: &Line) -> Vec<Value> {
    line.iter().map(run).collect()
}

/// All of `line` in bold.
pub fn bold(line: &Line) -> Vec<Value> {
    line.iter().map(|element| styled(run(element), "bold")).collect()
}

/// Elements in a row.
pub fn section(elements: &[Value]) -> Value {
    json!({ "type": "rich_text_section", "elements": elements })
}

/// Lines below each other; nothing without any.
pub fn below(lines: impl IntoIterator<Item = Vec<Value>>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        all.extend((!all.is_empty()).then(|| text_element("\n")));
        all.extend(line);
    }
    all
}

/// The same as one element; `None` without any.
pub fn lines(lines: impl IntoIterator<Item = Vec<Value>>) -> Option<Value> {
    let all = below(lines);
    (!all.is_empty()).then(|| section(&all))
}

/// A list, `ordered` or of `bullet`s; `None` without items.
pub fn list(style: &str, items: Vec<Vec<Value>>) -> Option<Value> {
    let items: Vec<Value> = items.into_iter().filter(|item| !item.is_empty()).map(|item| section(&item)).collect();
    (!items.is_empty()).then(|| json!({ "type": "rich_text_list", "style": style, "indent": 0, "elements": items }))
}

/// The block of such sections and lists.
pub fn rich(elements: &[Value]) -> Value {
    json!({ "type": "rich_text", "elements": elements })
}

/// Small print; `None` for none.
pub fn context(text: &str) -> Option<Value> {
    let text = one_line(text);
    (!text.is_empty()).then(|| json!({ "type": "context", "elements": [plain(&text, limits::TEXT)] }))
}

/// A text object that is not mrkdwn, of at most `units_max`. Slack does not say whether it reads entities and control sequences there, so that
/// neither can begin.
pub fn plain(text: &str, units_max: usize) -> Value {
    let text = one_line(text).replace('<', "‹").replace('>', "›").replace('&', "＆");
    json!({ "type": "plain_text", "text": cut_units(&text, units_max), "emoji": false })
}
