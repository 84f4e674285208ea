//! Which member of an object does a key name? Found without allocating; keys of another case are found too,
//! because PowerShell writes `ControlScores` where Graph writes `controlScores`.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The members of one kind of object that are read; all others are skipped.
pub(super) trait Member: Copy + 'static {
    /// Every member with its name as Graph writes it.
    const NAMES: &'static [(&'static str, Self)];
}

/// A key of an object, as it was met while parsing.
pub(super) struct Key<M> {
    /// The member it names; `None` for one that is skipped.
    pub member: Option<M>,
    /// Where the key stands in memory; `None` where it was escaped and had to be copied.
    pub address: Option<usize>,
}

/// The member called `name`.
pub(super) fn find<M: Member>(name: &str) -> Option<M> {
    let exact = M::NAMES.iter().find(|(known, _)| *known == name);
    exact.or_else(|| M::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))).map(|(_, member)| *member)
}

impl<'de, M: Member> Deserialize<'de> for Key<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor(PhantomData))
    }
}

struct KeyVisitor<M>(PhantomData<M>);

impl<'de, M: Member> Visitor<'de> for KeyVisitor<M> {
    type Value = Key<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Key { member: find(name), address: Some(name.as_ptr().addr()) })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Key { member: find(name), address: None })
    }
}
