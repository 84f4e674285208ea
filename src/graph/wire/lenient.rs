//! How is JSON read that may hold anything anywhere? Derived types say what is kept; whatever else stands there is passed over.
//!
//! serde's own derived types refuse a member that comes twice, know it in one spelling only, and want an object where one is. So every
//! object is handed to them through [`KnownMembers`], and every list through [`ObjectList`].

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, IntoDeserializer as _, MapAccess, SeqAccess, Visitor, value::U64Deserializer},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

use super::sent_value::SentValue;

/// How an error says that a string stands where an object should. serde's errors carry nothing but
/// text; no other message begins like this, and none of it comes from the input.
pub(super) const FLATTENED: &str = "scorewatch: a string in place of an object";

/// How an error says that a list is longer than any honest one, likewise.
pub(super) const CROWDED: &str = "scorewatch: a list without end";

/// How many days, profiles or controls a list may have. The largest tenants known have 462 profiles and 250 controls a day; ten
/// years have 3,653 days.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// How many words are kept of one list.
const WORDS_MAX: usize = 200;
/// Where PowerShell's objects have the members that the schema of Graph does not list.
pub(super) const UNLISTED_MEMBERS: &str = "AdditionalProperties";

/// What to make of a value, by what stands there.
pub(super) trait FromAny<'de>: Sized {
    /// What it becomes.
    type Value;

    /// Of nothing, a switch, a number or a text.
    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Self::Value, E>;

    /// Of an object.
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.scalar(SentValue::Nothing)
    }

    /// Of a list.
    fn list<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.scalar(SentValue::Nothing)
    }
}

/// Takes whatever stands there.
pub(super) struct Any<T>(pub T);

impl<'de, T: FromAny<'de>> DeserializeSeed<'de> for Any<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: FromAny<'de>> Visitor<'de> for Any<T> {
    type Value = T::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Nothing)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Number(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T::Value, E> {
        self.0.scalar(SentValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Value, A::Error> {
        self.0.object(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T::Value, A::Error> {
        self.0.list(seq)
    }
}

/// An object as a derived type. Nothing, numbers and lists are none.
pub(super) struct Object<T> {
    /// What it says; `None` where there is no object.
    pub value: Option<T>,
    /// Where its first member stands in memory, unless that was escaped.
    pub begins: Option<usize>,
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self { value: None, begins: None }
    }
}

/// Read in place: what is large is not handed from one to the other. Says whether there is an object.
impl<'de, T: Deserialize<'de>> FromAny<'de> for &mut Object<T> {
    type Value = bool;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<bool, E> {
        whole(&scalar).map(|()| false)
    }

    fn object<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        let begins = &mut self.begins;
        self.value = Some(T::deserialize(KnownMembers { map, begins, known: &[], met: 0, expected: 0, unlisted: Vec::new(), next: None })?);
        Ok(true)
    }
}

/// Refuses a string in place of an object, unless it is blank: it is what PowerShell writes (`@{…}`, `System.Object[]`) below the depth
/// that `ConvertTo-Json` was given.
pub(super) fn whole<E: Error>(scalar: &SentValue<'_>) -> Result<(), E> {
    match scalar {
        SentValue::Text(text) if !text.trim().is_empty() => Err(E::custom(FLATTENED)),
        SentValue::Nothing | SentValue::Text(_) | SentValue::Number(_) | SentValue::Flag(_) => Ok(()),
    }
}

/// The members of an object, for a derived type: those that it knows, in any case, each once. The first of a name counts.
struct KnownMembers<'m, 'de, A> {
    map: A,
    /// Where the first key stands in memory.
    begins: &'m mut Option<usize>,
    /// The names that the type knows.
    known: &'static [&'static str],
    /// Which of them were met, a bit for each.
    met: u64,
    /// The one after that which was met last: Graph sends members in one order, and the types name them in the same.
    expected: usize,
    /// What PowerShell keeps apart; it follows the rest.
    unlisted: Vec<(String, &'de RawValue)>,
    /// The value of the member among these that was named last.
    next: Option<&'de RawValue>,
}

impl<'de, A> KnownMembers<'_, 'de, A> {
    /// Which of the type's members `key` names, if none did before.
    fn member(&mut self, key: &str) -> Option<U64Deserializer<A::Error>>
    where
        A: MapAccess<'de>,
    {
        let at = if self.known.get(self.expected).is_some_and(|known| *known == key) {
            self.expected
        } else {
            let exact = self.known.iter().position(|known| *known == key);
            exact.or_else(|| self.known.iter().position(|known| known.eq_ignore_ascii_case(key)))?
        };
        self.expected = at + 1;
        let first = self.met & (1 << at) == 0;
        self.met |= 1 << at;
        // Derived types know their members by number, too.
        first.then(|| (at as u64).into_deserializer())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for KnownMembers<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<SentValue<'de>>()? {
            let SentValue::Text(key) = key else { continue };
            if let Cow::Borrowed(key) = key {
                self.begins.get_or_insert(key.as_ptr().addr());
            }
            if let Some(member) = self.member(&key) {
                return seed.deserialize(member).map(Some);
            }
            if key.eq_ignore_ascii_case(UNLISTED_MEMBERS) {
                let mut members = Object::<BTreeMap<String, &RawValue>>::default();
                self.map.next_value_seed(Any(&mut members))?;
                self.unlisted.extend(members.value.unwrap_or_default());
            } else {
                self.map.next_value::<IgnoredAny>()?;
            }
        }
        while let Some((key, value)) = self.unlisted.pop() {
            if let Some(member) = self.member(&key) {
                self.next = Some(value);
                return seed.deserialize(member).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.next.take() {
            Some(value) => seed.deserialize(value).map_err(A::Error::custom),
            None => self.map.next_value_seed(seed),
        }
    }
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for KnownMembers<'_, 'de, A> {
    type Error = A::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.known = known;
        visitor.visit_map(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.map)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// A list of objects, each handed to `push` as soon as it is complete, until that says that there is no more room. A single object is a list
/// of one (PowerShell unrolls those), nothing is none. Says whether there was one; `None` where a number or a switch stands.
pub(super) struct ObjectList<T, P> {
    push: P,
    entry: PhantomData<fn() -> T>,
}

impl<T, P: FnMut(T) -> bool> ObjectList<T, P> {
    /// A list whose entries go to `push`.
    pub const fn new(push: P) -> Any<Self> {
        Any(Self { push, entry: PhantomData })
    }

    fn take<E: Error>(&mut self, entry: T) -> Result<(), E> {
        if (self.push)(entry) { Ok(()) } else { Err(E::custom(CROWDED)) }
    }
}

impl<'de, T: Default, P: FnMut(T) -> bool> FromAny<'de> for ObjectList<T, P>
where
    for<'t> &'t mut T: FromAny<'de, Value = bool>,
{
    type Value = Option<bool>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Self::Value, E> {
        whole(&scalar).map(|()| matches!(scalar, SentValue::Nothing | SentValue::Text(_)).then_some(false))
    }

    fn object<A: MapAccess<'de>>(mut self, map: A) -> Result<Self::Value, A::Error> {
        let mut entry = T::default();
        entry.object(map)?;
        self.take(entry)?;
        Ok(Some(true))
    }

    fn list<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Self::Value, A::Error> {
        loop {
            let mut entry = T::default();
            match seq.next_element_seed(Any(&mut entry))? {
                Some(true) => self.take(entry)?,
                Some(false) => {}
                None => return Ok(Some(true)),
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for SentValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Any(Scalar).deserialize(deserializer)
    }
}

struct Scalar;

impl<'de> FromAny<'de> for Scalar {
    type Value = SentValue<'de>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<SentValue<'de>, E> {
        Ok(scalar)
    }

    /// A date, if it is what PowerShell puts around one.
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<SentValue<'de>, A::Error> {
        let (mut value, mut date_time) = (SentValue::Nothing, SentValue::Nothing);
        while let Some(key) = map.next_key::<SentValue<'de>>()? {
            match key.text() {
                Some(key) if key.eq_ignore_ascii_case("value") => value = map.next_value()?,
                Some(key) if key.eq_ignore_ascii_case("DateTime") => date_time = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        // `value` is exact; `DateTime` is written in the language of the machine that saved it.
        Ok(if value == SentValue::Nothing { date_time } else { value })
    }
}

/// A list of words; a single one counts as a list, anything else as none. What is too many is left out.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Any(TextList).deserialize(deserializer)
}

/// The same; `None` where nothing stands, which is another thing than an empty list.
pub(super) fn listed_words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Any(OptionalTextList).deserialize(deserializer)
}

struct OptionalTextList;

impl<'de> FromAny<'de> for OptionalTextList {
    type Value = Option<Vec<String>>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Self::Value, E> {
        Ok(Some(TextList.scalar(scalar)?).filter(|words| !words.is_empty()))
    }

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        TextList.list(seq).map(Some)
    }
}

struct TextList;

impl<'de> FromAny<'de> for TextList {
    type Value = Vec<String>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Vec<String>, E> {
        Ok(scalar.text().map(Cow::into_owned).into_iter().collect())
    }

    fn list<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = seq.next_element::<SentValue<'de>>()? {
            if words.len() < WORDS_MAX {
                words.extend(word.text().map(Cow::into_owned));
            }
        }
        Ok(words)
    }
}
