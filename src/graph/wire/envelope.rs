//! Where in a body are the entries? In a list called `value`, in a bare list, alone, or in a list of pages.

use std::borrow::Cow;

use serde::de::{Deserialize, DeserializeSeed as _, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected};

use super::{
    PageError,
    lenient::{Any, FromAny, Object, ObjectList, whole},
    page_error::UNLISTED,
    sent_value::SentValue,
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
pub(super) fn parse<'de, T: Deserialize<'de>>(
    shape: Shape,
    body: &'de str,
    mut push: impl FnMut(T, Option<usize>) -> bool,
) -> Result<(Option<String>, usize), PageError> {
    let mut push = |entry: Object<T>| entry.value.is_none_or(|sent| push(sent, entry.begins));
    let mut json = serde_json::Deserializer::from_str(body);
    let parsed = match shape {
        Shape::Elements => ObjectList::new(push).deserialize(&mut json).map(|_| (None, None)),
        Shape::Pages => Any(PageList(&mut push)).deserialize(&mut json).map(|next| (next, None)),
        Shape::Envelope => Any(Envelope(&mut push)).deserialize(&mut json).and_then(|page| page.ok_or_else(|| Error::custom(UNLISTED))),
    };
    let (next, ends) = parsed.and_then(|found| json.end().map(|()| found)).map_err(|error| PageError::of(&error, body.as_bytes()))?;
    Ok((next, ends.unwrap_or_else(|| body.as_ptr().addr() + body.len())))
}

/// Takes an entry; says whether there is room for more.
type Push<'p, T> = &'p mut dyn FnMut(Object<T>) -> bool;

/// The object around a list. Becomes the next link, and where the first key after the list stands.
struct Envelope<'p, T>(Push<'p, T>);

impl<'de, T: Deserialize<'de>> FromAny<'de> for Envelope<'_, T> {
    type Value = Option<(Option<String>, Option<usize>)>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Self::Value, E> {
        whole(&scalar).map(|()| None)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut next, mut listed, mut ends) = (SentValue::Nothing, false, None);
        while let Some(key) = map.next_key::<SentValue<'de>>()? {
            if let (true, SentValue::Text(Cow::Borrowed(key))) = (listed, &key) {
                ends.get_or_insert(key.as_ptr().addr());
            }
            let key = key.text().unwrap_or_default();
            if key.eq_ignore_ascii_case("value") {
                let list = map.next_value_seed(ObjectList::new(&mut *self.0))?;
                list.ok_or_else(|| A::Error::invalid_type(Unexpected::Other("a number or a switch"), &"a list of objects"))?;
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
struct PageList<'p, T>(Push<'p, T>);

impl<'de, T: Deserialize<'de>> FromAny<'de> for PageList<'_, T> {
    type Value = Option<String>;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<Option<String>, E> {
        whole(&scalar).map(|()| None)
    }

    fn list<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<String>, A::Error> {
        let (mut last, mut ended) = (None, false);
        while let Some(page) = seq.next_element_seed(Any(Envelope(&mut *self.0)))? {
            let Some((next, _)) = page else { continue };
            ended |= next.is_none();
            last = next;
        }
        Ok(last.filter(|_| !ended))
    }
}
