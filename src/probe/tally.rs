//! How often was each thing seen? Counts in words, the most frequent first.

use std::collections::BTreeMap;

use super::safe::so_many;

/// Counts of things that are told in words.
#[derive(Debug, Clone, Default)]
pub(super) struct WordTally(BTreeMap<String, usize>);

/// How many different things are told; the rest is counted.
const TOLD_MAX: usize = 16;

impl WordTally {
    /// Counts one more.
    pub fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all that was counted fits.
    pub fn all(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.0.keys().all(|what| fits(what))
    }

    /// How often `what` was counted.
    pub fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// Each with how often, the most frequent first; `none` where there is nothing.
    pub fn words(&self, none: &str) -> String {
        let mut sorted: Vec<(&String, &usize)> = self.0.iter().collect();
        sorted.sort_by(|(one, so_often), (other, often)| often.cmp(so_often).then_with(|| one.cmp(other)));
        let told = sorted.iter().take(TOLD_MAX).map(|(what, times)| format!("{what} ({times})"));
        let mut told: Vec<String> = told.collect();
        let left = sorted.len().saturating_sub(TOLD_MAX);
        if left > 0 {
            let times: usize = sorted.iter().skip(TOLD_MAX).map(|(_, times)| **times).sum();
            told.push(format!("{left} others ({times})"));
        }
        if told.is_empty() { none.to_owned() } else { told.join(", ") }
    }

    /// Each with a class of how often, by the words: for what people decided, whose number says how a tenant stands.
    pub fn roughly(&self, none: &str) -> String {
        let mut told: Vec<String> = self.0.iter().take(TOLD_MAX).map(|(what, times)| format!("{what} ({})", so_many(*times))).collect();
        if self.0.len() > TOLD_MAX {
            told.push(format!("{} others", self.0.len() - TOLD_MAX));
        }
        if told.is_empty() { none.to_owned() } else { told.join(", ") }
    }
}

impl<S: Into<String>> FromIterator<S> for WordTally {
    fn from_iter<I: IntoIterator<Item = S>>(all: I) -> Self {
        let mut tally = Self::default();
        all.into_iter().for_each(|what| tally.add(what));
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_is_told_first_and_nothing_is_cut_silently() {
        let tally: WordTally = ["b", "a", "b"].into_iter().collect();
        assert_eq!(tally.words("none"), "b (2), a (1)");
        assert_eq!(WordTally::default().words("none"), "none");
        let many: WordTally = (0..20).map(|number| format!("w{number:02}")).collect();
        assert!(many.words("none").ends_with("w15 (1), 4 others (4)"), "{}", many.words("none"));
        assert!(many.roughly("none").ends_with("w15 (one), 4 others"), "{}", many.roughly("none"));
        assert_eq!(tally.roughly("none"), "a (one), b (2 to 9)");
    }
}
