//! What did our own people add to a control, as an answer tells it? Cut for assistants, whole for people, names for those who see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::words;
use crate::{
    score::{Annotation, Status},
    text::{cut, cut_for_tokens},
};

/// How much of an owner's name and of a note assistants see in a list, in quarters of a token.
const OWNER: usize = 20;
const NOTE: usize = 32;
/// How much of them people see in a cell that has everything, in characters.
const CELL: usize = 80;

/// What our own people added to a control; empty where nobody did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Added {
    /// Who of us sees to it; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// How far we are: planned, in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<&'static str>,
    /// What we noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    our_note: Option<String>,
    #[serde(skip)]
    full_owner: Option<String>,
    #[serde(skip)]
    full_note: Option<String>,
}

impl Added {
    /// What `annotation` adds to a row; the owner where the asker sees `names`.
    pub(super) fn of(annotation: Option<&Annotation>, names: bool) -> Self {
        Self::roomy(annotation, names, (OWNER, NOTE))
    }

    /// The same where there is more room: for the owner and for the note, in quarters of a token.
    pub(super) fn roomy(annotation: Option<&Annotation>, names: bool, (owner, note): (usize, usize)) -> Self {
        let Some(annotation) = annotation else { return Self::default() };
        let full_owner = annotation.owner.clone().filter(|_| names);
        Self {
            owner: full_owner.as_ref().map(|name| cut_for_tokens(name, owner)),
            progress: annotation.status.map(Status::words),
            our_note: annotation.note.as_ref().map(|words| cut_for_tokens(words, note)),
            full_owner,
            full_note: annotation.note.clone(),
        }
    }

    /// All of it for assistants; `until` is its end, where nothing else tells that.
    pub(super) fn text(&self, until: Option<&str>) -> Option<String> {
        let owner = self.owner.as_ref().map(|owner| format!("owner {}", words::quote(owner)));
        let note = self.our_note.as_ref().map(|note| format!("note {}", words::quote(note)));
        joined([self.progress.map(ToOwned::to_owned), owner, until.map(ends), note], ", ")
    }

    /// All of it for people, in one cell of a table.
    pub(super) fn cell(&self, until: Option<&str>) -> Option<String> {
        let owner = self.full_owner.as_ref().map(|owner| format!("owner {}", cut(owner, CELL)));
        let note = self.full_note.as_ref().map(|note| format!("note: {}", cut(note, CELL)));
        joined([self.progress.map(ToOwned::to_owned), owner, until.map(ends), note], " · ")
    }

    /// Who sees to it, for people who see names.
    pub(super) fn owner(&self) -> Option<&str> {
        self.full_owner.as_deref()
    }

    /// How far we are.
    pub(super) const fn progress(&self) -> Option<&'static str> {
        self.progress
    }

    /// What we noted, for people.
    pub(super) fn note(&self) -> Option<&str> {
        self.full_note.as_deref()
    }
}

fn ends(until: &str) -> String {
    format!("until {until}")
}

fn joined(parts: [Option<String>; 4], between: &str) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn assistants_get_less_and_readers_no_names() {
        let annotation = Annotation {
            owner: Some("Ada \"the\" Lovelace, who has a very long name indeed".to_owned()),
            until: None,
            note: Some("words ".repeat(40).trim().to_owned()),
            status: Some(Status::InProgress),
            at: Timestamp::UNIX_EPOCH,
            by: "terminal".to_owned(),
        };
        let seen = Added::of(Some(&annotation), true);
        let text = seen.text(Some("2027-03-31")).unwrap();
        assert!(text.starts_with("in progress, owner \"Ada 'the' Love") && text.contains("…\", until 2027-03-31, note \"words"), "{text}");
        assert!(text.len() < 120, "{text}");
        let cell = seen.cell(None).unwrap();
        assert!(cell.starts_with("in progress · owner Ada \"the\" Lovelace, who has a very long name indeed · note: words"), "{cell}");
        assert!(cell.len() < 180 && seen.note() == annotation.note.as_deref(), "{cell}");
        let hidden = Added::of(Some(&annotation), false);
        let all = format!("{:?}{:?}{hidden:?}{}", hidden.text(None), hidden.cell(None), serde_json::to_string(&hidden).unwrap());
        assert!(!all.contains("Ada") && all.contains("in progress") && hidden.owner().is_none(), "{all}");
        assert_eq!((Added::of(None, true).text(None), Added::of(None, true).cell(None)), (None, None));
    }
}
