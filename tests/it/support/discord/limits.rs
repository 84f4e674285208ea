//! What does Discord refuse in a message? Its published numbers, taken from its pages and from nothing of ours.
//!
//! Lengths are counted in UTF-16 code units, which are never fewer than the characters that the pages speak of: whoever stays
//! below this count stays below any.

use std::{collections::HashSet, ops::RangeInclusive};

use serde_json::{Map, Value, json};

use super::{limits_components, world::File};

/// <https://docs.discord.com/developers/resources/message#create-message-jsonform-params>
const CONTENT: usize = 2000;
const EMBEDS: usize = 10;
const NONCE: usize = 25;
/// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>
const EMBED_TOTAL: usize = 6000;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4096;
const FIELDS: usize = 25;
const FIELD_NAME: usize = 256;
const FIELD_VALUE: usize = 1024;
const FOOTER: usize = 2048;
const AUTHOR: usize = 256;
/// <https://docs.discord.com/developers/resources/message#attachment-object-attachment-request-structure>
const ALT_TEXT: usize = 1024;
/// <https://docs.discord.com/developers/reference#uploading-files>
const FILE: usize = 10 << 20;
/// Ten `files[n]` a message: <https://docs.discord.com/developers/resources/webhook>
const FILES: usize = 10;
/// What an embed can show: <https://docs.discord.com/developers/reference#using-attachments-within-embeds>
const PICTURES: [&str; 5] = [".jpg", ".jpeg", ".png", ".webp", ".gif"];
/// Nobody publishes a number for links of embeds; this one is what links of buttons may have, four times.
const LINK: usize = 2048;

/// What is wrong with a body.
#[derive(Default)]
pub struct Check {
    /// Where, Discord's code, Discord's words: refused.
    pub errors: Vec<(String, &'static str, String)>,
    /// Accepted by Discord, and wrong all the same.
    pub odd: Vec<String>,
}

/// How long a text is; see the head of this file.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Check {
    pub fn error(&mut self, at: &str, code: &'static str, words: impl Into<String>) {
        self.errors.push((at.to_owned(), code, words.into()));
    }

    pub fn odd(&mut self, at: &str, words: &str) {
        self.odd.push(format!("{at}: {words}"));
    }

    /// Members that the pages do not name.
    pub fn known(&mut self, at: &str, object: &Value, names: &[&str]) {
        match object.as_object() {
            None => self.error(at, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"),
            Some(members) => {
                // Libraries write null for what is not there.
                let said = members.iter().filter(|(name, value)| !value.is_null() && !names.contains(&name.as_str()));
                said.for_each(|(name, _)| self.odd(at, &format!("unknown member {name}")));
            }
        }
    }

    /// A text, if it is there.
    pub fn text(&mut self, at: &str, value: &Value, range: RangeInclusive<usize>) -> usize {
        let Value::String(text) = value else {
            if !value.is_null() {
                self.error(at, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
            }
            return 0;
        };
        let long = length(text);
        if long > *range.end() {
            self.error(at, "BASE_TYPE_MAX_LENGTH", format!("Must be {} or fewer in length.", range.end()));
        }
        if text.trim().encode_utf16().count() < *range.start() {
            self.error(at, "BASE_TYPE_REQUIRED", "This field is required");
        }
        long
    }

    /// A text that must be there.
    pub fn needed(&mut self, at: &str, value: &Value, range: RangeInclusive<usize>) -> usize {
        if value.is_null() {
            self.error(at, "BASE_TYPE_REQUIRED", "This field is required");
        }
        self.text(at, value, range)
    }

    /// A list, if it is there.
    pub fn list<'a>(&mut self, at: &str, value: &'a Value, max: usize) -> &'a [Value] {
        let Value::Array(list) = value else {
            if !value.is_null() {
                self.error(at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
            }
            return &[];
        };
        if list.len() > max {
            self.error(at, "BASE_TYPE_BAD_LENGTH", format!("Must be {max} or fewer in length."));
        }
        list
    }

    /// A link to follow, if it is there; `pictures` are files that an `attachment://` may name.
    pub fn link(&mut self, at: &str, value: &Value, max: usize, pictures: Option<&[&str]>) {
        let Some(url) = value.as_str() else { return };
        self.text(at, value, 1..=max);
        match (url.strip_prefix("attachment://"), pictures) {
            (Some(name), Some(there)) if !there.contains(&name) => {
                self.error(at, "EMBED_ATTACHMENT", format!("no file {name} comes with it"));
            }
            (Some(name), Some(_)) if !PICTURES.iter().any(|end| name.ends_with(end)) => self.odd(at, &format!("{name} is no picture")),
            (Some(_), Some(_)) => {}
            _ => match reqwest::Url::parse(url) {
                Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.host().is_some() => {}
                Ok(_) => self.error(at, "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https')."),
                Err(_) => self.error(at, "URL_TYPE_INVALID_URL", "Not a well formed URL."),
            },
        }
    }

    /// Discord's tree of errors: <https://docs.discord.com/developers/reference#error-messages>.
    pub fn tree(&self) -> Value {
        let mut root = Map::new();
        for (at, code, words) in &self.errors {
            let mut node = &mut root;
            for part in at.split('.').filter(|part| !part.is_empty()) {
                node = node.entry(part).or_insert_with(|| json!({})).as_object_mut().unwrap();
            }
            let list = node.entry("_errors").or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!({ "code": code, "message": words }));
        }
        Value::Object(root)
    }
}

/// `inner` inside `outer`.
pub fn at(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}.{inner}") }
}

/// A message on its way in.
pub struct Draft<'a> {
    pub body: &'a Value,
    /// Where the message is in the body: "data" in a callback.
    pub at: &'a str,
    /// The members that it may have beside those of every message.
    pub more: &'a [&'a str],
    /// The flags that it may have.
    pub flags: u64,
    /// Files that come with it, by their `n`.
    pub files: &'a [File],
    /// Files that the message had and that stay.
    pub kept: &'a [File],
}

const MEMBERS: [&str; 8] = ["content", "tts", "embeds", "allowed_mentions", "flags", "components", "attachments", "poll"];

/// Checks a message of any kind.
pub fn message(check: &mut Check, draft: &Draft<'_>) {
    let body = draft.body;
    check.known(draft.at, body, &[&MEMBERS[..], draft.more].concat());
    check.text(&at(draft.at, "content"), &body["content"], 0..=CONTENT);
    if body["nonce"].is_string() {
        check.text(&at(draft.at, "nonce"), &body["nonce"], 1..=NONCE);
    }
    let flags = body["flags"].as_u64().unwrap_or_default();
    if flags & !draft.flags != 0 {
        check.odd(draft.at, &format!("flags {flags}, of which only {} may be set here", draft.flags));
    }
    mentions(check, &at(draft.at, "allowed_mentions"), &body["allowed_mentions"]);
    files(check, draft);
    let names: Vec<_> = draft.files.iter().chain(draft.kept).map(|file| file.name.as_str()).collect();
    let place = at(draft.at, "embeds");
    let embeds = check.list(&place, &body["embeds"], EMBEDS);
    let mut total = 0;
    let mut links = HashSet::new();
    for (n, one) in embeds.iter().enumerate() {
        total += embed(check, &at(&place, &n.to_string()), one, &names);
        if one["url"].as_str().is_some_and(|url| !links.insert(url.to_owned())) {
            check.odd(&place, "two embeds with one link: only the first is shown");
        }
    }
    if total > EMBED_TOTAL {
        check.error(&place, "MAX_EMBED_SIZE_EXCEEDED", format!("Embed size exceeds maximum size of {EMBED_TOTAL}"));
    }
    limits_components::rows(check, &at(draft.at, "components"), &body["components"]);
}

/// Nobody is ever called: our own rule, with Discord's structure
/// (<https://docs.discord.com/developers/resources/message#allowed-mentions-object>).
fn mentions(check: &mut Check, place: &str, mentions: &Value) {
    if mentions["parse"].as_array().is_none_or(|parse| !parse.is_empty()) {
        check.odd(place, "must be there with an empty `parse`");
        return;
    }
    check.known(place, mentions, &["parse", "users", "roles", "replied_user"]);
    for list in ["users", "roles"] {
        if mentions[list].as_array().is_some_and(|named| !named.is_empty()) {
            check.odd(place, &format!("calls {list}"));
        }
    }
}

fn files(check: &mut Check, draft: &Draft<'_>) {
    if draft.files.len() + draft.kept.len() > FILES {
        check.error(&at(draft.at, "files"), "BASE_TYPE_BAD_LENGTH", format!("Must be {FILES} or fewer in length."));
    }
    let mut names = HashSet::new();
    for file in draft.files {
        if file.bytes.len() > FILE {
            check.error(&at(draft.at, "files"), "BASE_TYPE_MAX_LENGTH", format!("File cannot be larger than {FILE} bytes."));
        }
        let plain = file.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !plain || file.name.is_empty() {
            check.odd(draft.at, &format!("Discord would rename the file {:?}", file.name));
        }
        if !names.insert(&file.name) {
            check.odd(draft.at, &format!("two files are called {}", file.name));
        }
    }
    let place = at(draft.at, "attachments");
    let listed = check.list(&place, &draft.body["attachments"], FILES);
    let id = |entry: &Value| entry["id"].as_u64().or_else(|| entry["id"].as_str()?.parse().ok());
    for (n, entry) in listed.iter().enumerate() {
        let place = at(&place, &n.to_string());
        check.known(&place, entry, &["id", "filename", "title", "description", "is_spoiler"]);
        check.text(&at(&place, "description"), &entry["description"], 0..=ALT_TEXT);
        if id(entry).is_none_or(|id| !draft.files.iter().chain(draft.kept).any(|file| file.id == id)) {
            check.error(&place, "ATTACHMENT_NOT_FOUND", "no such file comes with it");
        }
    }
    if draft.body["attachments"].is_array() {
        for file in draft.files.iter().filter(|file| !listed.iter().any(|entry| id(entry) == Some(file.id))) {
            check.odd(&place, &format!("{} is not listed, so nobody sees it", file.name));
        }
    }
}

const EMBED: [&str; 11] = ["title", "type", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"];

/// Checks one embed and returns what counts for the total.
fn embed(check: &mut Check, place: &str, embed: &Value, files: &[&str]) -> usize {
    check.known(place, embed, &EMBED);
    let inside = |name: &str| at(place, name);
    let before = check.errors.len();
    let mut total = check.text(&inside("title"), &embed["title"], 0..=TITLE);
    total += check.text(&inside("description"), &embed["description"], 0..=DESCRIPTION);
    check.link(&inside("url"), &embed["url"], LINK, None);
    if embed["color"].as_u64().is_some_and(|color| color > 0xFF_FFFF) {
        check.error(&inside("color"), "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.");
    }
    if embed["timestamp"].as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_err()) {
        check.error(&inside("timestamp"), "DATE_TIME_TYPE_PARSE", "Could not parse it. Should be ISO8601.");
    }
    for name in ["image", "thumbnail"] {
        if !embed[name].is_null() {
            check.known(&inside(name), &embed[name], &["url"]);
            check.link(&inside(&format!("{name}.url")), &embed[name]["url"], LINK, Some(files));
        }
    }
    if !embed["footer"].is_null() {
        check.known(&inside("footer"), &embed["footer"], &["text", "icon_url"]);
        total += check.needed(&inside("footer.text"), &embed["footer"]["text"], 1..=FOOTER);
        check.link(&inside("footer.icon_url"), &embed["footer"]["icon_url"], LINK, Some(files));
    }
    if !embed["author"].is_null() {
        check.known(&inside("author"), &embed["author"], &["name", "url", "icon_url"]);
        total += check.needed(&inside("author.name"), &embed["author"]["name"], 1..=AUTHOR);
        check.link(&inside("author.url"), &embed["author"]["url"], LINK, None);
        check.link(&inside("author.icon_url"), &embed["author"]["icon_url"], LINK, Some(files));
    }
    for (n, field) in check.list(&inside("fields"), &embed["fields"], FIELDS).iter().enumerate() {
        let place = inside(&format!("fields.{n}"));
        check.known(&place, field, &["name", "value", "inline"]);
        total += check.needed(&at(&place, "name"), &field["name"], 1..=FIELD_NAME);
        total += check.needed(&at(&place, "value"), &field["value"], 1..=FIELD_VALUE);
    }
    let shows = ["image", "thumbnail", "author", "footer"].iter().any(|name| !embed[name].is_null());
    if total == 0 && !shows && check.errors.len() == before {
        check.error(place, "BASE_TYPE_REQUIRED", "This field is required");
    }
    total
}
