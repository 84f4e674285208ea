//! Where in something saved are Graph's answers? At its top, or inside of what a program put around them: `Results`, an answer to `$batch`,
//! scores and profiles in one file.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, Holds, Shape, loose::Loose, sniff};
use crate::text::{cut, one_line};

/// How deep answers are looked for: the bodies of `$batch` lie at 3.
const DEPTH_MAX: usize = 6;
/// How much of the id of a part is shown.
const ID_MAX: usize = 40;
/// From this on, the status of an answer says that there is none.
const STATUS_FAILED: f64 = 400.0;
/// What a UTF-8 file may begin with, also in the midst of several that were put together.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A part of something saved that holds entries of one kind, or an error.
#[derive(Debug)]
pub(in crate::graph) struct Piece<'a> {
    /// How its entries lie in it.
    pub shape: Shape,
    /// What it holds.
    pub holds: Holds,
    /// Its JSON; decoded, where it was a text itself.
    pub text: Cow<'a, [u8]>,
    /// Of which part of an answer to `$batch` it is, by id and status.
    pub part: Option<String>,
}

/// All that `text` holds of Graph's answers, in order; empty when it is JSON of another kind. It may be several documents, one after the
/// other.
pub(in crate::graph) fn pieces(text: &[u8]) -> Result<Vec<Piece<'_>>, Fault> {
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

fn look<'a>(text: &'a [u8], depth: usize, found: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
    let (shape, holds) = sniff(text)?;
    let around = holds == Holds::Other || holds == Holds::Mixed;
    // Beside a list of entries there may be a list of the other kind.
    let beside = shape == Shape::Envelope && (holds == Holds::Scores || holds == Holds::Profiles || holds == Holds::Nothing);
    if !around {
        found.push(Piece { shape, holds, text: Cow::Borrowed(text), part: None });
    }
    let part = around.then(|| Part::of(text)).flatten();
    let first = found.len();
    if (around || beside) && depth < DEPTH_MAX {
        let mut json = serde_json::Deserializer::from_slice(text);
        let within = json.deserialize_any(Within { but_value: beside }).map_err(|error| Fault::of(&error, text))?;
        for part in within {
            look(part.get().as_bytes(), depth + 1, found)?;
        }
        if let Some(body) = part.as_ref().and_then(Part::decoded) {
            let mut within = Vec::new();
            look(&body, depth + 1, &mut within)?;
            found.extend(within.into_iter().map(Piece::kept));
        }
    }
    if let Some(part) = part {
        part.mark(found, first);
    }
    Ok(())
}

impl Piece<'_> {
    /// The same, whatever becomes of the text that it was found in.
    fn kept<'k>(self) -> Piece<'k> {
        Piece { shape: self.shape, holds: self.holds, text: Cow::Owned(self.text.into_owned()), part: self.part }
    }
}

/// A part of an answer to `$batch`.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow)]
    status: Loose<'a>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

impl<'a> Part<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let part: Self = text.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(text).ok()).flatten()?;
        let is_one = part.status.number().is_some_and(|status| part.body.is_some() || status >= STATUS_FAILED);
        is_one.then_some(part)
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
    fn mark(self, found: &mut Vec<Piece<'_>>, first: usize) {
        let status = self.status.number().unwrap_or_default();
        let failed = |piece: &Piece<'_>| matches!(piece.holds, Holds::Failure(_));
        if status >= STATUS_FAILED && !found.iter().skip(first).any(failed) {
            let holds = Holds::Failure("without words".to_owned());
            found.push(Piece { shape: Shape::Elements, holds, text: Cow::Owned(Vec::new()), part: None });
        }
        let id = self.id.text().map_or_else(|| "without an id".to_owned(), |id| cut(&one_line(&id), ID_MAX));
        for piece in found.iter_mut().skip(first) {
            piece.part.get_or_insert_with(|| format!("part {id}, status {status}"));
        }
    }
}

/// Takes the objects and lists out of one that holds them.
struct Within {
    /// Whether what an envelope lists is left out.
    but_value: bool,
}

impl<'de> Visitor<'de> for Within {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut within = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if self.but_value && name.eq_ignore_ascii_case("value") {
                map.next_value::<IgnoredAny>()?;
            } else {
                within.extend(Some(map.next_value::<&RawValue>()?).filter(|part| holds_more(part)));
            }
        }
        Ok(within)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut within = Vec::new();
        while let Some(part) = seq.next_element::<&RawValue>()? {
            within.extend(Some(part).filter(|part| holds_more(part)));
        }
        Ok(within)
    }
}

fn holds_more(part: &RawValue) -> bool {
    part.get().starts_with(['{', '['])
}
