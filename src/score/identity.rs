//! When do two ids name one control? When they differ in case only. This is the one place that says so.
//!
//! Microsoft changes the case of an id from one day to the next, and writes it otherwise in a day's scores than in the catalogue. In this
//! program a control has one spelling in a tenant, so that all that is kept by its id (days, profile, notes, snoozes, what alerts and
//! digests remember) meets by plain comparison: a reading is brought to one spelling when its pages are put together, and to the one that
//! the store has when it is saved.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// What all spellings of `id` have in common.
pub fn folded(id: &str) -> Cow<'_, str> {
    if id.is_ascii() {
        return if id.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(id.to_ascii_lowercase()) } else { Cow::Borrowed(id) };
    }
    // Letter by letter: `str::to_lowercase` looks at the letters around a sigma, and would take two spellings apart.
    Cow::Owned(id.chars().flat_map(char::to_lowercase).collect())
}

/// How the controls of a tenant are spelled.
#[derive(Debug, Clone, Default)]
pub struct Spellings(HashMap<Box<str>, Arc<str>>);

impl Spellings {
    /// Learns how a control is spelled; of several spellings the first stays. Whether this is another one than that.
    pub fn learn(&mut self, id: &Arc<str>) -> bool {
        let known = self.0.entry(folded(id).into()).or_insert_with(|| Arc::clone(id));
        **known != **id
    }

    /// How the control that `id` names is spelled; as `id` itself where it is not known.
    pub fn of(&self, id: &Arc<str>) -> Arc<str> {
        self.0.get(&*folded(id)).map_or_else(|| Arc::clone(id), Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_whatever_their_case() {
        for (one, other) in
            [("AdminMFAV2", "adminmfav2"), ("scid_2016", "SCID_2016"), ("ÄRGER_σ", "ärger_Σ"), ("11770.MDA_x", "11770.mda_X")]
        {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("AdminMFAV2"), folded("AdminMFA"));
    }

    #[test]
    fn the_first_spelling_stays() {
        let mut spellings = Spellings::default();
        let [first, second]: [Arc<str>; 2] = ["AdminMFAV2".into(), "adminmfav2".into()];
        assert!(!spellings.learn(&first) && spellings.learn(&second) && !spellings.learn(&first));
        assert_eq!((&*spellings.of(&second), &*spellings.of(&"Other".into())), ("AdminMFAV2", "Other"));
    }
}
