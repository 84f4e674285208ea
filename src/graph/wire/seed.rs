//! How is an object, or a list of them, read into something that exists already? By seeds that skip what is not kept.

use std::{fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::member::{Key, Member};

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

/// Something that is filled member by member while an object is parsed.
pub(super) trait Fill<'de> {
    /// The members that are read.
    type Member: Member;

    /// Takes the value of `member` from `map`; called once for each time it occurs.
    fn fill<A: MapAccess<'de>>(&mut self, member: Self::Member, map: &mut A) -> Result<(), A::Error>;

    /// Told the address of every key; what stands first and last in the input follows from it.
    fn passes(&mut self, _address: usize) {}
}

/// Reads an object into `.0`. Says whether there was one: null, numbers and lists count as none.
pub(super) struct Object<'t, T>(pub &'t mut T);

impl<'de, T: Fill<'de>> DeserializeSeed<'de> for Object<'_, T> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fill<'de>> Visitor<'de> for Object<'_, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while let Some(key) = map.next_key::<Key<T::Member>>()? {
            if let Some(address) = key.address {
                self.0.passes(address);
            }
            match key.member {
                Some(member) => self.0.fill(member, &mut map)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        flattened(text)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }
}

/// Reads a list of objects, each handed to `push` as soon as it is complete, until that says that there is no more room. A
/// single object is a list of one (PowerShell unrolls those), null is an empty one. Says whether there was one.
pub(super) struct List<T, P> {
    push: P,
    item: PhantomData<fn() -> T>,
}

impl<T, P> List<T, P> {
    /// A list whose elements go to `push`.
    pub fn new(push: P) -> Self {
        Self { push, item: PhantomData }
    }
}

impl<'de, T: Fill<'de> + Default, P: FnMut(T) -> bool> DeserializeSeed<'de> for List<T, P> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fill<'de> + Default, P: FnMut(T) -> bool> Visitor<'de> for List<T, P> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<bool, A::Error> {
        loop {
            let mut item = T::default();
            match seq.next_element_seed(Object(&mut item))? {
                Some(true) if !(self.push)(item) => return Err(A::Error::custom(CROWDED)),
                Some(_) => {}
                None => return Ok(true),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<bool, A::Error> {
        let mut item = T::default();
        Object(&mut item).visit_map(map)?;
        if (self.push)(item) { Ok(true) } else { Err(A::Error::custom(CROWDED)) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        flattened(text)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// A string in place of an object: nothing if it is blank, else what PowerShell writes (`@{…}`,
/// `System.Object[]`) below the depth that `ConvertTo-Json` was given.
fn flattened<E: Error>(text: &str) -> Result<bool, E> {
    if text.trim().is_empty() { Ok(false) } else { Err(E::custom(FLATTENED)) }
}

/// Reads a list of strings; a single one counts as a list, other values as none. What is too many is left out.
#[derive(Default)]
pub(super) struct Words(pub Vec<String>);

impl<'de> DeserializeSeed<'de> for &mut Words {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Words {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<super::loose::Loose<'de>>()? {
            if self.0.len() < WORDS_MAX {
                self.0.extend(value.text().map(std::borrow::Cow::into_owned));
            }
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push(text.to_owned());
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
