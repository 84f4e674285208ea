//! What did somebody save here: scores, profiles, an error, something else? Told by the members alone.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{
    Fault, Shape,
    loose::Loose,
    member::Member,
    seed::{Fill, List, Object},
};
use crate::text::{cut, one_line};

/// How much of an error's words is shown.
const WORDS_MAX: usize = 120;

/// What a body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graph) enum Holds {
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

/// What `body` holds, and how its entries lie in it.
pub(in crate::graph) fn sniff(body: &[u8]) -> Result<(Shape, Holds), Fault> {
    let mut seen = Seen::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    List::<Seen<'_>, _>::new(|element| seen.take_in(element))
        .deserialize(&mut json)
        .and_then(|_| json.end())
        .map_err(|error| Fault::of(&error, body))?;
    let shape = match (body.trim_ascii_start().first(), seen.listed) {
        (Some(b'['), true) => Shape::Pages,
        (_, true) => Shape::Envelope,
        (_, false) => Shape::Elements,
    };
    Ok((shape, seen.holds()))
}

/// Which telling members were met, anywhere in the body.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "a set of members, not a state")]
struct Seen<'a> {
    score: bool,
    profile: bool,
    title: bool,
    maximum: bool,
    /// Whether a list called `value` was met.
    listed: bool,
    /// Whether any entry was met.
    entries: bool,
    failure: Option<Failure<'a>>,
    /// What the sign-in service says beside its errors, which are a word.
    description: Loose<'a>,
    context: Loose<'a>,
}

impl<'a> Seen<'a> {
    /// Notes what `other` has. There is always room for more.
    fn take_in(&mut self, other: Seen<'a>) -> bool {
        self.score |= other.score;
        self.profile |= other.profile;
        self.title |= other.title;
        self.maximum |= other.maximum;
        self.listed |= other.listed;
        // An object that holds a list is no entry itself.
        self.entries |= other.entries || !other.listed;
        if other.failure.is_some() {
            (self.failure, self.description) = (other.failure, other.description);
        }
        if other.context != Loose::Nothing {
            self.context = other.context;
        }
        true
    }

    fn holds(&self) -> Holds {
        let context = self.context.text().unwrap_or(Cow::Borrowed(""));
        if let Some(failure) = &self.failure {
            let words: Vec<_> = [&failure.code, &failure.message, &self.description].into_iter().filter_map(Loose::text).collect();
            let words = if words.is_empty() { Cow::Borrowed("without words") } else { words.join(": ").into() };
            Holds::Failure(cut(&one_line(&words), WORDS_MAX))
        } else if self.score && self.profile {
            Holds::Mixed
        } else if self.score {
            Holds::Scores
        } else if self.profile || (self.title && self.maximum) || context.contains("secureScoreControlProfiles") {
            Holds::Profiles
        } else if context.contains("secureScores") {
            Holds::Scores
        } else if !self.entries {
            Holds::Nothing
        } else {
            Holds::Other
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum SeenMember {
    Score,
    Profile,
    Title,
    Maximum,
    Value,
    Failure,
    Description,
    Context,
}

impl Member for SeenMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("controlScores", Self::Score),
        ("currentScore", Self::Score),
        ("averageComparativeScores", Self::Score),
        ("controlStateUpdates", Self::Profile),
        ("remediation", Self::Profile),
        ("implementationCost", Self::Profile),
        ("actionUrl", Self::Profile),
        ("title", Self::Title),
        ("maxScore", Self::Maximum),
        ("value", Self::Value),
        ("error", Self::Failure),
        ("error_description", Self::Description),
        ("@odata.context", Self::Context),
    ];
}

impl<'de> Fill<'de> for Seen<'de> {
    type Member = SeenMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: SeenMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            SeenMember::Value => {
                map.next_value_seed(List::<Seen<'de>, _>::new(|element| self.take_in(element)))?;
                self.listed = true;
                return Ok(());
            }
            SeenMember::Context => {
                self.context = map.next_value()?;
                return Ok(());
            }
            SeenMember::Failure => {
                self.failure = map.next_value_seed(FailureSeed)?.or(self.failure.take());
                return Ok(());
            }
            SeenMember::Description => {
                self.description = map.next_value()?;
                return Ok(());
            }
            SeenMember::Score => self.score = true,
            SeenMember::Profile => self.profile = true,
            SeenMember::Title => self.title = true,
            SeenMember::Maximum => self.maximum = true,
        }
        map.next_value::<IgnoredAny>().map(drop)
    }
}

/// Reads an error: Graph's is an object, that of the sign-in service and of gateways a text. Anything else is none.
struct FailureSeed;

impl<'de> DeserializeSeed<'de> for FailureSeed {
    type Value = Option<Failure<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FailureSeed {
    type Value = Option<Failure<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut failure = Failure::default();
        Object(&mut failure).visit_map(map)?;
        Ok(Some(failure))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let code = Loose::Text(Cow::Owned(text.to_owned()));
        Ok((!text.trim().is_empty()).then(|| Failure { code, ..Failure::default() }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// The object that Graph's errors are.
#[derive(Default)]
struct Failure<'a> {
    code: Loose<'a>,
    message: Loose<'a>,
}

#[derive(Debug, Clone, Copy)]
enum FailureMember {
    Code,
    Message,
}

impl Member for FailureMember {
    const NAMES: &'static [(&'static str, Self)] = &[("code", Self::Code), ("message", Self::Message)];
}

impl<'de> Fill<'de> for Failure<'de> {
    type Member = FailureMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: FailureMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            FailureMember::Code => self.code = map.next_value()?,
            FailureMember::Message => self.message = map.next_value()?,
        }
        Ok(())
    }
}
