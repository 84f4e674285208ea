//! Where in a body are the entries? In a list called `value`, in a bare list, alone, or in a list of pages.

use std::{borrow::Cow, marker::PhantomData};

use serde::de::{Deserialize, DeserializeSeed as _, Error, IgnoredAny, MapAccess, SeqAccess};

use super::{
    PageError,
    lenient::{Any, FromAny, ObjectList, whole},
    loose::Loose,
    page_error::UNLISTED,
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

/// Parses `body`, handing every complete entry to `push` with where it begins in memory, which says whether there is room for more.
/// Gives the next link, and the address in memory at which the entries end.
pub(super) fn parse<'de, T, P>(shape: Shape, body: &'de str, mut push: P) -> Result<(Option<String>, usize), PageError>
where
    T: Deserialize<'de>,
    P: FnMut(T, Option<usize>) -> bool,
{
    let mut json = serde_json::Deserializer::from_str(body);
    let parsed = match shape {
        Shape::Elements => ObjectList::new(push).deserialize(&mut json).map(|_| (None, None)),
        Shape::Pages => Any(PageList { push: &mut push, entry: PhantomData }).deserialize(&mut json).map(|next| (next, None)),
        Shape::Envelope => Any(Envelope { push: &mut push, entry: PhantomData })
            .deserialize(&mut json)
            .and_then(|page| page.ok_or_else(|| Error::custom(UNLISTED))),
    };
    let (next, ends) = parsed.and_then(|found| json.end().map(|()| found)).map_err(|error| PageError::of(&error, body.as_bytes()))?;
    Ok((next, ends.unwrap_or_else(|| body.as_ptr().addr() + body.len())))
}

/// The object around a list. Becomes the next link, and where the first key after the list stands.
struct Envelope<'p, T, P> {
    push: &'p mut P,
    entry: PhantomData<fn() -> T>,
}

impl<'de, T: Deserialize<'de>, P: FnMut(T, Option<usize>) -> bool> FromAny<'de> for Envelope<'_, T, P> {
    type Value = Option<(Option<String>, Option<usize>)>;

    fn scalar<E: Error>(self, scalar: Loose<'de>) -> Result<Self::Value, E> {
        whole(&scalar).map(|()| None)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut next, mut listed, mut ends) = (Loose::Nothing, false, None);
        while let Some(key) = map.next_key::<Loose<'de>>()? {
            if let (true, Loose::Text(Cow::Borrowed(key))) = (listed, &key) {
                ends.get_or_insert(key.as_ptr().addr());
            }
            let key = key.text().unwrap_or_default();
            if key.eq_ignore_ascii_case("value") {
                map.next_value_seed(ObjectList::new(&mut *self.push))?;
                listed = true;
            } else if ["@odata.nextLink", "OdataNextLink"].iter().any(|name| key.eq_ignore_ascii_case(name)) {
                next = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        let next = next.text().map(Cow::into_owned);
        if listed { Ok(Some((next, ends))) } else { Err(A::Error::custom(UNLISTED)) }
    }
}

/// A list of envelopes. Becomes the link at which it goes on: none, if any of the pages was the last one.
struct PageList<'p, T, P> {
    push: &'p mut P,
    entry: PhantomData<fn() -> T>,
}

impl<'de, T: Deserialize<'de>, P: FnMut(T, Option<usize>) -> bool> FromAny<'de> for PageList<'_, T, P> {
    type Value = Option<String>;

    fn scalar<E: Error>(self, scalar: Loose<'de>) -> Result<Option<String>, E> {
        whole(&scalar).map(|()| None)
    }

    fn list<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<String>, A::Error> {
        let (mut last, mut ended) = (None, false);
        while let Some(page) = seq.next_element_seed(Any(Envelope { push: &mut *self.push, entry: PhantomData }))? {
            let Some((next, _)) = page else { continue };
            ended |= next.is_none();
            last = next;
        }
        Ok(last.filter(|_| !ended))
    }
}
