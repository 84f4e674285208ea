//! Which words does Graph use that this version does not know?

use std::collections::BTreeMap;

/// Words of Graph that this version does not know: which member had them, and in how many entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownWords(BTreeMap<(&'static str, String), usize>);

impl UnknownWords {
    /// How many are told apart. More of them are no new words, but noise.
    const MAX: usize = 32;
    /// Stands for the rest.
    const OTHERS: &'static str = "(others)";

    /// Counts an entry whose `member` has `word`, a clean and short text.
    pub fn count(&mut self, member: &'static str, word: &str) {
        if word == super::UNCATEGORISED {
            return;
        }
        let key = (member, word.to_owned());
        let room = self.0.len() < Self::MAX || self.0.contains_key(&key);
        let key = if room { key } else { (member, Self::OTHERS.to_owned()) };
        *self.0.entry(key).or_default() += 1;
    }

    /// All of them, by member: the member, the word, how many entries have it.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str, usize)> {
        self.0.iter().map(|((member, word), entries)| (*member, word.as_str(), *entries))
    }
}
