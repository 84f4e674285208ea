//! Where in something saved are Graph's answers? At its top, or inside of what a program put around them: `Results`, an answer to `$batch`,
//! scores and profiles in one file.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, Holds, Shape, sniff};

/// How deep answers are looked for: the bodies of `$batch` lie at 3.
const DEPTH_MAX: usize = 6;

/// A part of something saved that holds entries of one kind, or an error.
#[derive(Debug)]
pub(in crate::graph) struct Piece<'a> {
    /// How its entries lie in it.
    pub shape: Shape,
    /// What it holds.
    pub holds: Holds,
    /// Its JSON.
    pub text: &'a [u8],
}

/// All that `text` holds of Graph's answers, in order; empty when it is JSON of another kind.
pub(in crate::graph) fn pieces(text: &[u8]) -> Result<Vec<Piece<'_>>, Fault> {
    let mut found = Vec::new();
    look(text, 0, &mut found)?;
    Ok(found)
}

fn look<'a>(text: &'a [u8], depth: usize, found: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
    let (shape, holds) = sniff(text)?;
    let around = holds == Holds::Other || holds == Holds::Mixed;
    // Beside a list of entries there may be a list of the other kind.
    let beside = shape == Shape::Envelope && (holds == Holds::Scores || holds == Holds::Profiles || holds == Holds::Nothing);
    if !around {
        found.push(Piece { shape, holds, text });
    }
    if (around || beside) && depth < DEPTH_MAX {
        let mut json = serde_json::Deserializer::from_slice(text);
        let within = json.deserialize_any(Within { but_value: beside }).map_err(|error| Fault::of(&error, text))?;
        for part in within {
            look(part.get().as_bytes(), depth + 1, found)?;
        }
    }
    Ok(())
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
