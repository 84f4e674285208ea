//! Which words does Microsoft Graph use that this version does not know? Told once in the log, and counted.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use metrics::{describe_gauge, gauge};

const NEW_WORDS: &str = "scorewatch_graph_new_words";
/// How many words this process tells of. Nobody needs more to see that something is new.
const WORDS_MAX: usize = 64;

static SEEN: Mutex<BTreeSet<(&str, String)>> = Mutex::new(BTreeSet::new());

pub(super) fn describe() {
    describe_gauge!(
        NEW_WORDS,
        "Entries of Microsoft Graph with a value that this version does not know, by member and value, in the last sync that had it"
    );
}

/// Records that `entries` of a reading of `tenant` have `word`, a clean and short text, as their `member`. The first time it is told.
pub fn new_word(tenant: &str, member: &'static str, word: &str, entries: usize) {
    let key = (member, word.to_owned());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !seen.contains(&key) {
        if seen.len() >= WORDS_MAX {
            return;
        }
        seen.insert(key);
        tracing::warn!(
            tenant,
            member,
            word,
            entries,
            "Microsoft Graph sent a value that this version does not know; it is shown as it is and counted separately. Is there a newer scorewatch?"
        );
    }
    gauge!(NEW_WORDS, "member" => member, "word" => word.to_owned()).set(entries as f64);
}
