//! Where in a body are the entries? In a list called `value`, in a bare list, alone, or in a list of pages.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{
    Fault,
    fault::UNLISTED,
    loose::Loose,
    member::Member,
    seed::{Fill, List, Object},
};

/// How the entries lie in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Shape {
    /// An object with a list called `value`: what Graph sends.
    Envelope,
    /// A bare list, or one entry alone.
    Elements,
    /// A list of envelopes: several pages in one file.
    Pages,
}

/// Parses `body`, handing every complete element to `push`, which says whether there is room for more. Gives the
/// next link, and the address in memory at which the elements end.
pub(super) fn parse<'de, T, P>(shape: Shape, body: &'de [u8], mut push: P) -> Result<(Option<String>, usize), Fault>
where
    T: Fill<'de> + Default,
    P: FnMut(T) -> bool,
{
    // Checked as a whole, which is faster than string by string.
    let text = std::str::from_utf8(body).map_err(|error| Fault::NotUtf8 { byte: error.valid_up_to() })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut next = None;
    let mut ends = body.as_ptr().addr() + body.len();
    let parsed = match shape {
        Shape::Elements => List::<T, _>::new(&mut push).deserialize(&mut json).map(|_| ()),
        Shape::Pages => json.deserialize_seq(Pages { push: &mut push, next: &mut next, item: PhantomData }),
        Shape::Envelope => {
            let mut envelope = Envelope::new(&mut push);
            let parsed = Object(&mut envelope).deserialize(&mut json).and_then(|_| envelope.complete());
            next = envelope.next.text().map(Cow::into_owned);
            ends = envelope.ends.unwrap_or(ends);
            parsed
        }
    };
    parsed.and_then(|()| json.end()).map_err(|error| Fault::of(&error, body))?;
    Ok((next, ends))
}

/// The object around a list.
struct Envelope<'de, 'p, T, P> {
    next: Loose<'de>,
    push: &'p mut P,
    listed: bool,
    /// Where the first key after the list stands.
    ends: Option<usize>,
    item: PhantomData<fn() -> T>,
}

impl<'p, T, P> Envelope<'_, 'p, T, P> {
    fn new(push: &'p mut P) -> Self {
        Self { next: Loose::Nothing, push, listed: false, ends: None, item: PhantomData }
    }

    fn complete<E: Error>(&self) -> Result<(), E> {
        if self.listed { Ok(()) } else { Err(E::custom(UNLISTED)) }
    }
}

#[derive(Debug, Clone, Copy)]
enum EnvelopeMember {
    Next,
    Value,
}

impl Member for EnvelopeMember {
    const NAMES: &'static [(&'static str, Self)] =
        &[("@odata.nextLink", Self::Next), ("OdataNextLink", Self::Next), ("value", Self::Value)];
}

impl<'de, T: Fill<'de> + Default, P: FnMut(T) -> bool> Fill<'de> for Envelope<'de, '_, T, P> {
    type Member = EnvelopeMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: EnvelopeMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            EnvelopeMember::Next => self.next = map.next_value()?,
            EnvelopeMember::Value => {
                map.next_value_seed(List::<T, _>::new(&mut *self.push))?;
                self.listed = true;
            }
        }
        Ok(())
    }

    fn passes(&mut self, address: usize) {
        if self.listed {
            self.ends.get_or_insert(address);
        }
    }
}

/// A list of envelopes.
struct Pages<'p, T, P> {
    push: &'p mut P,
    /// Where the list goes on: nowhere, if any of the pages was the last one.
    next: &'p mut Option<String>,
    item: PhantomData<fn() -> T>,
}

impl<'de, T: Fill<'de> + Default, P: FnMut(T) -> bool> Visitor<'de> for Pages<'_, T, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut ended = false;
        loop {
            let mut envelope = Envelope::<T, P>::new(&mut *self.push);
            match seq.next_element_seed(Object(&mut envelope))? {
                Some(true) => envelope.complete()?,
                Some(false) => continue,
                None => return Ok(()),
            }
            let next = envelope.next.text().map(Cow::into_owned);
            ended |= next.is_none();
            *self.next = next.filter(|_| !ended);
        }
    }
}
