//! What is a message in Slack made of? Elements whose words are data: none of them is ever markup, a mention or a link by itself.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::limits;
use crate::{
    card::{Tone, Word},
    surfaces::phrase,
    text::{cut_units, one_line},
};

/// `text` without a style, its white space as it is; `None` for none, which Slack refuses.
pub fn said(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({ "type": "text", "text": text }))
}

/// `text` of at most `units_max`, in bold.
pub fn bold(text: &str, units_max: usize) -> Option<Value> {
    styled(&cut_units(&one_line(text), units_max), "bold")
}

/// `text` in letters that are all as wide as each other.
pub fn code(text: &str) -> Option<Value> {
    styled(text, "code")
}

fn styled(text: &str, style: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({ "type": "text", "text": text, "style": { style: true } }))
}

/// `word` as it is meant: bold where it carries a judgement or matters most.
pub fn toned(word: &Word, units_max: usize) -> Option<Value> {
    match word.tone {
        Tone::Plain | Tone::Quiet => said(&cut_units(&one_line(&word.text), units_max)),
        Tone::Good | Tone::Bad | Tone::Warn | Tone::Strong => bold(&word.text, units_max),
    }
}

/// `text` linked to `url`, in bold if that is wanted; the text alone where we would not follow the link ourselves.
pub fn link(text: &str, url: &str, units_max: usize, strong: bool) -> Option<Value> {
    let Some(address) = phrase::address(url, limits::ADDRESS) else {
        return if strong { bold(text, units_max) } else { said(&cut_units(&one_line(text), units_max)) };
    };
    let text = cut_units(&phrase::label(text, &address), units_max);
    let mut link = json!({ "type": "link", "url": address, "text": text });
    if strong {
        link["style"] = json!({ "bold": true });
    }
    Some(link)
}

/// Elements in a row.
pub fn section(elements: &[Value]) -> Value {
    json!({ "type": "rich_text_section", "elements": elements })
}

/// Lines below each other; `None` without any.
pub fn lines(lines: impl IntoIterator<Item = Vec<Value>>) -> Option<Value> {
    let mut all: Vec<Value> = Vec::new();
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        all.extend(said("\n").filter(|_| !all.is_empty()));
        all.extend(line);
    }
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

/// `text` as the fallback takes it: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(['&', '<', '>']) {
        Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    } else {
        Cow::Borrowed(text)
    }
}
