//! Where in something saved are Graph's answers? At its top, or inside of what a program put around them: `Results`, an answer to `$batch`,
//! scores and profiles in one file.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::value::RawValue;

use super::{PageError, Shape, sent_value::SentValue};
use crate::text::{cut, one_line};

/// How deep answers are looked for: the bodies of `$batch` lie at 3.
const DEPTH_MAX: usize = 6;
/// How much of the id of a part is shown.
const ID_MAX: usize = 40;
/// How much of an error's words is shown.
const WORDS_MAX: usize = 120;
/// From this on, the status of an answer says that there is none.
const STATUS_FAILED: f64 = 400.0;
/// What a UTF-8 file may begin with, also in the midst of several that were put together.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Members that only a score has, or only a profile.
const OF_SCORES: [&str; 3] = ["controlscores", "currentscore", "averagecomparativescores"];
const OF_PROFILES: [&str; 4] = ["controlstateupdates", "remediation", "implementationcost", "actionurl"];

/// What a part of something saved holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graph) enum Contents {
    /// Entries of `secureScores`.
    Scores,
    /// Entries of `secureScoreControlProfiles`.
    Profiles,
    /// Both in one file.
    Mixed,
    /// An empty list of one or the other.
    Nothing,
    /// An error of Graph's, in its words (clean and short).
    Failure(String),
    /// JSON of another kind.
    Other,
}

/// A part of something saved that holds entries of one kind, or an error.
#[derive(Debug)]
pub(in crate::graph) struct SavedAnswer<'a> {
    /// How its entries lie in it.
    pub shape: Shape,
    /// What it holds.
    pub holds: Contents,
    /// Its JSON; decoded, where it was a text itself.
    pub text: Cow<'a, [u8]>,
    /// Of which part of an answer to `$batch` it is, by id and status.
    pub part: Option<String>,
}

/// All that `text` holds of Graph's answers, in order; empty when it is JSON of another kind. It may be several documents, one after the
/// other.
pub(in crate::graph) fn saved_answers(text: &[u8]) -> Result<Vec<SavedAnswer<'_>>, PageError> {
    let mut found = Vec::new();
    if let Err(fault) = look(text, 0, &mut found) {
        let documents = documents(text).ok_or(fault)?;
        found.clear();
        for document in documents {
            look(document, 0, &mut found)?;
        }
    }
    Ok(found)
}

/// The documents that `text` is, if it is several and each is whole.
fn documents(text: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, mut found) = (text, Vec::new());
    loop {
        rest = rest.trim_ascii_start();
        rest = rest.strip_prefix(MARK).unwrap_or(rest);
        if rest.is_empty() {
            return (found.len() > 1).then_some(found);
        }
        let mut json = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
        let document = json.next()?.ok().filter(|document| holds_more(document))?;
        found.push(document.get().as_bytes());
        rest = rest.get(json.byte_offset()..)?;
    }
}

/// One level of JSON. What stands in it is not looked at yet.
enum JsonLevel<'a> {
    /// By names in small letters.
    Object(BTreeMap<String, &'a RawValue>),
    List(Vec<&'a RawValue>),
}

impl<'a> JsonLevel<'a> {
    fn of(text: &'a [u8]) -> Result<Self, PageError> {
        let level = match text.trim_ascii_start().first() {
            Some(b'[') => serde_json::from_slice(text).map(Self::List),
            Some(b'{') => serde_json::from_slice::<BTreeMap<String, &RawValue>>(text)
                .map(|members| Self::Object(members.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())),
            // Nothing is an empty list, and a text is no answer.
            _ => serde_json::from_slice(text).map(|()| Self::List(Vec::new())),
        };
        level.map_err(|error| PageError::of(&error, text))
    }

    /// The answer that stands as the `value` of something else.
    fn within_value(&self) -> Option<&'a RawValue> {
        let Self::Object(members) = self else { return None };
        let value = members.get("value").copied().filter(|value| value.get().starts_with('{'))?;
        let Self::Object(within) = Self::of(value.get().as_bytes()).ok()? else { return None };
        within.contains_key("value").then_some(value)
    }
}

fn look<'a>(text: &'a [u8], depth: usize, found: &mut Vec<SavedAnswer<'a>>) -> Result<(), PageError> {
    let level = JsonLevel::of(text)?;
    if let Some(answer) = level.within_value().filter(|_| depth < DEPTH_MAX) {
        return look(answer.get().as_bytes(), depth + 1, found);
    }
    let seen = SeenMembers::of(&level, text)?;
    let (shape, holds) = (seen.shape(&level), seen.holds());
    let around = holds == Contents::Other || holds == Contents::Mixed;
    // Beside a list of entries there may be a list of the other kind.
    let beside = shape == Shape::Envelope && (holds == Contents::Scores || holds == Contents::Profiles || holds == Contents::Nothing);
    if !around {
        found.push(SavedAnswer { shape, holds, text: Cow::Borrowed(text), part: None });
    }
    let (first, part) = (found.len(), BatchPart::of(&level).filter(|_| around));
    if (around || beside) && depth < DEPTH_MAX {
        let within: Vec<&RawValue> = match level {
            JsonLevel::Object(members) => {
                members.into_iter().filter(|(name, _)| !beside || name != "value").map(|(_, value)| value).collect()
            }
            JsonLevel::List(entries) => entries,
        };
        for value in within.into_iter().filter(|value| holds_more(value)) {
            look(value.get().as_bytes(), depth + 1, found)?;
        }
        if let Some(body) = part.as_ref().and_then(BatchPart::decoded) {
            let mut within = Vec::new();
            look(&body, depth + 1, &mut within)?;
            found.extend(within.into_iter().map(SavedAnswer::detached));
        }
    }
    if let Some(part) = part {
        part.mark(found, first);
    }
    Ok(())
}

/// What was met in something, be it one entry, a list of them or an object around one.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark that was met or was not, in any combination")]
struct SeenMembers {
    of_scores: bool,
    of_profiles: bool,
    title: bool,
    maximum: bool,
    /// Whether a list called `value` was met.
    listed: bool,
    /// Whether any entry was met: an object that holds no list.
    entries: bool,
    /// The words of an error.
    failure: Option<String>,
    context: String,
}

impl SeenMembers {
    fn of(level: &JsonLevel<'_>, text: &[u8]) -> Result<Self, PageError> {
        let mut seen = Self::default();
        seen.look_through(level, text, 0)?;
        Ok(seen)
    }

    /// `text` is what lines are counted in.
    fn look_through(&mut self, level: &JsonLevel<'_>, text: &[u8], depth: usize) -> Result<(), PageError> {
        match level {
            JsonLevel::Object(members) => self.look_at(members, text, depth),
            JsonLevel::List(entries) => entries.iter().try_for_each(|entry| match JsonLevel::of(whole(entry, text)?)? {
                JsonLevel::Object(members) => self.look_at(&members, text, depth),
                JsonLevel::List(_) => Ok(()),
            }),
        }
    }

    fn look_at(&mut self, members: &BTreeMap<String, &RawValue>, text: &[u8], depth: usize) -> Result<(), PageError> {
        let has = |name: &&str| members.contains_key(*name);
        self.of_scores |= OF_SCORES.iter().any(has);
        self.of_profiles |= OF_PROFILES.iter().any(has);
        self.title |= has(&"title");
        self.maximum |= has(&"maxscore");
        self.failure = failure(members).or_else(|| self.failure.take());
        if let Some(context) = members.get("@odata.context").and_then(|context| value_of(context).text().map(Cow::into_owned)) {
            self.context = context;
        }
        match members.get("value") {
            Some(value) if depth < DEPTH_MAX => {
                self.listed = true;
                self.look_through(&JsonLevel::of(whole(value, text)?)?, text, depth + 1)
            }
            _ => {
                self.entries = true;
                Ok(())
            }
        }
    }

    fn shape(&self, level: &JsonLevel<'_>) -> Shape {
        match level {
            _ if !self.listed => Shape::Elements,
            JsonLevel::List(_) => Shape::Pages,
            JsonLevel::Object(_) => Shape::Envelope,
        }
    }

    fn holds(&self) -> Contents {
        if let Some(words) = &self.failure {
            Contents::Failure(words.clone())
        } else if self.of_scores && self.of_profiles {
            Contents::Mixed
        } else if self.of_scores {
            Contents::Scores
        } else if self.of_profiles || (self.title && self.maximum) || self.context.contains("secureScoreControlProfiles") {
            Contents::Profiles
        } else if self.context.contains("secureScores") {
            Contents::Scores
        } else if self.entries {
            Contents::Other
        } else {
            Contents::Nothing
        }
    }
}

/// The words of the error that an object with these members is, if it is one: that of Graph is an object in it, that of the sign-in service
/// and of gateways a text, with its words beside it; some services answer with nothing but a code and a message.
fn failure(members: &BTreeMap<String, &RawValue>) -> Option<String> {
    let member = |name: &str| members.get(name).and_then(|value| value_of(value).text().map(Cow::into_owned));
    let error = ["error", "odata.error", "errors"].iter().find_map(|name| members.get(*name));
    let words: Vec<String> = if let Some(error) = error {
        failure_words(error)?.into_iter().chain(member("error_description")).collect()
    } else {
        let (code, message) = (member("code").filter(|code| code.contains(char::is_alphabetic)), member("message")?);
        let failed = status(members).is_some_and(|status| status >= STATUS_FAILED);
        let alone = !members.contains_key("value") && (code.is_some() || failed || members.len() == 1);
        code.into_iter().chain([message]).filter(|_| alone).collect()
    };
    match (words.is_empty(), error) {
        (true, None) => None,
        (true, Some(_)) => Some("without words".to_owned()),
        (false, _) => Some(cut(&one_line(&words.join(": ")), WORDS_MAX)),
    }
}

/// The words of an error; of several the first.
fn failure_words(error: &RawValue) -> Option<Vec<String>> {
    if let SentValue::Text(words) = value_of(error) {
        return (!words.trim().is_empty()).then(|| vec![words.into_owned()]);
    }
    if !holds_more(error) {
        return None;
    }
    match JsonLevel::of(error.get().as_bytes()).ok()? {
        JsonLevel::Object(members) => {
            let member = |name: &&str| value_of(members.get(*name)?).text().map(Cow::into_owned);
            Some(["code", "message"].iter().filter_map(member).collect())
        }
        JsonLevel::List(errors) => failure_words(errors.first()?),
    }
}

/// The status that an object says the answer in it, or that it is, had.
fn status(members: &BTreeMap<String, &RawValue>) -> Option<f64> {
    ["status", "statuscode"].iter().find_map(|name| value_of(members.get(*name)?).number())
}

/// The JSON of a value in `text` that should hold more: nothing for a number or a switch. A text in its place is what PowerShell writes when
/// it is not told the depth.
fn whole<'a>(value: &'a RawValue, text: &[u8]) -> Result<&'a [u8], PageError> {
    if holds_more(value) {
        return Ok(value.get().as_bytes());
    }
    match value_of(value) {
        SentValue::Text(words) if !words.trim().is_empty() => {
            Err(PageError::Flattened { line: lines_before(text, value.get().as_bytes()) + 1 })
        }
        SentValue::Nothing | SentValue::Text(_) | SentValue::Number(_) | SentValue::Flag(_) => Ok(b"null"),
    }
}

fn value_of(value: &RawValue) -> SentValue<'_> {
    serde_json::from_str(value.get()).unwrap_or_default()
}

/// How many lines of `text` end before `piece`, a part of it, begins.
pub(in crate::graph) fn lines_before(text: &[u8], piece: &[u8]) -> usize {
    let begin = piece.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    text.get(..begin).unwrap_or_default().split(|byte| *byte == b'\n').skip(1).count()
}

impl SavedAnswer<'_> {
    /// The same, whatever becomes of the text that it was found in.
    fn detached<'k>(self) -> SavedAnswer<'k> {
        SavedAnswer { shape: self.shape, holds: self.holds, text: Cow::Owned(self.text.into_owned()), part: self.part }
    }
}

/// A part of an answer to `$batch`.
struct BatchPart<'a> {
    id: String,
    status: f64,
    body: Option<&'a RawValue>,
}

impl<'a> BatchPart<'a> {
    fn of(level: &JsonLevel<'a>) -> Option<Self> {
        let JsonLevel::Object(members) = level else { return None };
        let status = status(members)?;
        let body = ["body", "content"].iter().find_map(|name| members.get(*name)).copied().filter(|body| body.get() != "null");
        let id = members.get("id").and_then(|id| value_of(id).text().map(|id| cut(&one_line(&id), ID_MAX)));
        let id = id.unwrap_or_else(|| "without an id".to_owned());
        (body.is_some() || status >= STATUS_FAILED).then_some(Self { id, status, body })
    }

    /// Its body, if that is a text: of JSON, or of JSON in base64, as `$batch` sends what it takes for something else.
    fn decoded(&self) -> Option<Vec<u8>> {
        let text: Cow<'_, str> = serde_json::from_str(self.body?.get()).ok()?;
        let is_json = |text: &[u8]| text.trim_ascii_start().starts_with(b"{") || text.trim_ascii_start().starts_with(b"[");
        if is_json(text.as_bytes()) {
            return Some(text.into_owned().into_bytes());
        }
        let packed: String = text.split_ascii_whitespace().collect();
        let body = STANDARD.decode(packed).ok()?;
        let body = body.strip_prefix(MARK).unwrap_or(&body);
        is_json(body).then(|| body.to_vec())
    }

    /// Says of what was found in it, from `first` on, that it is of this part; and that it failed, where its status alone says so.
    fn mark(&self, found: &mut Vec<SavedAnswer<'_>>, first: usize) {
        let failed = |piece: &SavedAnswer<'_>| matches!(piece.holds, Contents::Failure(_));
        if self.status >= STATUS_FAILED && !found.iter().skip(first).any(failed) {
            let holds = Contents::Failure("without words".to_owned());
            found.push(SavedAnswer { shape: Shape::Elements, holds, text: Cow::Owned(Vec::new()), part: None });
        }
        for piece in found.iter_mut().skip(first) {
            piece.part.get_or_insert_with(|| format!("part {}, status {}", self.id, self.status));
        }
    }
}

fn holds_more(part: &RawValue) -> bool {
    part.get().starts_with(['{', '['])
}
