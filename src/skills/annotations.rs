//! What did our own people add to a control, as an answer tells it? Cut for assistants, whole for people, names for those who see them.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{fit::fit, format};
use crate::{
    card::{Cell, cell::AnnotationSummary},
    score::{Annotation, Status},
    text::cut,
};

/// How much room the words of people have in a row for assistants, in quarters of a token.
pub(super) const ROOM: usize = 52;
/// How much of them people see in a cell that has everything, in characters.
const CELL: usize = 80;

/// What our own people added to a control; empty where nobody did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AnnotationFields {
    /// Its owner among us; only for roles that see names.
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

/// Cuts what is too long for an answer in `rows`, each of which has `room` (in quarters of a token) for its title and for the words of our own people;
/// whether anything was.
pub(super) fn fit_rows<R>(
    rows: &mut [R],
    (title, ours): (usize, usize),
    parts: impl Fn(&mut R) -> (&mut Option<String>, &mut AnnotationFields),
) -> bool {
    let (title, ours) = (title * rows.len(), ours * rows.len());
    let titles = fit(title, rows.iter_mut().filter_map(|row| parts(row).0.as_mut()));
    fit(ours, rows.iter_mut().flat_map(|row| parts(row).1.texts())) || titles
}

impl AnnotationFields {
    /// What `annotation` adds; the owner where the asker sees `names`. Its words for assistants are whole and yet to be fitted into the answer.
    pub(super) fn of(annotation: Option<&Annotation>, names: bool) -> Self {
        let Some(annotation) = annotation else { return Self::default() };
        let full_owner = annotation.owner.clone().filter(|_| names);
        Self {
            owner: full_owner.clone(),
            progress: annotation.status.map(Status::words),
            our_note: annotation.note.clone(),
            full_owner,
            full_note: annotation.note.clone(),
        }
    }

    /// What assistants see of people's words, to be fitted into an answer.
    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        self.owner.iter_mut().chain(&mut self.our_note)
    }

    /// All of it for assistants; `until` is its end, where nothing else tells that.
    pub(super) fn text(&self, until: Option<Date>) -> Option<String> {
        let owner = self.owner.as_ref().map(|owner| format!("owner {}", format::quote(owner)));
        let note = self.our_note.as_ref().map(|note| format!("note {}", format::quote(note)));
        let until = until.map(|until| format!("until {until}"));
        let all: Vec<String> = [self.progress.map(ToOwned::to_owned), owner, until, note].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// All of it for people, in one cell of a table.
    pub(super) fn cell(&self, until: Option<Date>) -> Cell {
        let short = |text: &Option<String>| text.as_deref().map(|text| cut(text, CELL));
        let progress = self.progress.map(ToOwned::to_owned);
        Cell::Annotations(AnnotationSummary { progress, owner: short(&self.full_owner), until, note: short(&self.full_note) })
    }

    /// Who sees to it, for people who see names.
    pub(crate) fn owner(&self) -> Option<&str> {
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

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::card::Column;

    #[test]
    fn readers_get_no_names_and_cells_are_short() {
        let annotation = Annotation {
            owner: Some("Ada \"the\" Lovelace, who has a very long name indeed".to_owned()),
            until: None,
            note: Some("words ".repeat(40).trim().to_owned()),
            status: Some(Status::InProgress),
            at: Timestamp::UNIX_EPOCH,
            by: "terminal".to_owned(),
        };
        let seen = AnnotationFields::of(Some(&annotation), true);
        let text = seen.text(Some(date(2027, 3, 31))).unwrap();
        assert!(
            text.starts_with("in progress, owner \"Ada 'the' Love") && text.contains("indeed\", until 2027-03-31, note \"words"),
            "{text}"
        );
        let cell = |fields: &AnnotationFields| fields.cell(None).words(&Column::Annotations);
        let (shown, hidden) = (cell(&seen), AnnotationFields::of(Some(&annotation), false));
        assert!(shown.starts_with("in progress · owner Ada \"the\" Lovelace, who has a very long name indeed · note: words"), "{shown}");
        assert!(shown.len() < 180 && seen.note() == annotation.note.as_deref(), "{shown}");
        let all = format!("{:?}{:?}{hidden:?}{}", hidden.text(None), cell(&hidden), serde_json::to_string(&hidden).unwrap());
        assert!(!all.contains("Ada") && all.contains("in progress") && hidden.owner().is_none(), "{all}");
        let none = AnnotationFields::of(None, true);
        assert!(none.text(None).is_none() && none.cell(None).is_empty());
    }
}
