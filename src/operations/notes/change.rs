//! Which change of a note is wanted, and can it be? Texts are cleaned, lengths and days checked, here alone.

use jiff::{Timestamp, ToSpan as _, civil::Date};

use crate::{
    error::{Error, Result},
    score::{Annotation, Status},
    text::one_line,
};

/// The longest name of an owner, in characters.
const OWNER_MAX: usize = 120;
/// The longest note, in characters.
const NOTE_MAX: usize = 500;
/// How far ahead the last day of an acceptance can lie.
const YEARS_MAX: i16 = 10;

/// What becomes of one part of a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    Set(T),
}

/// What becomes of what people added to a control. Without anything said all of it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteChange {
    /// Who sees to it.
    pub owner: Edit<String>,
    /// The last day of its acceptance.
    pub until: Edit<Date>,
    /// Words.
    pub note: Edit<String>,
    /// How far it is.
    pub status: Edit<Status>,
}

impl Edit<Date> {
    /// The day that somebody typed.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`](crate::error::ErrorKind::BadArguments) for what is no day.
    pub fn day(text: &str) -> Result<Self> {
        // Ten letters, so that nothing is taken for a day that only begins with one.
        let day = Some(text.trim()).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        day.map(Self::Set)
            .ok_or_else(|| Error::bad_arguments("`until` takes a day that the calendar has, such as 2027-03-31.").naming("until"))
    }
}

impl<T: Clone + PartialEq> Edit<T> {
    fn on(&self, was: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => was.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl NoteChange {
    /// Everything goes.
    pub fn clear_all() -> Self {
        Self { owner: Edit::Clear, until: Edit::Clear, note: Edit::Clear, status: Edit::Clear }
    }

    /// Whether anything is wanted at all.
    pub fn is_wanted(&self) -> bool {
        *self != Self::default()
    }

    /// Whether anything is to be added, not only taken away.
    pub(super) fn adds(&self) -> bool {
        [&self.owner, &self.note].into_iter().any(|text| matches!(text, Edit::Set(_)))
            || matches!(self.until, Edit::Set(_))
            || matches!(self.status, Edit::Set(_))
    }

    /// The same with clean texts, when all of it can be on the day `today`.
    pub(super) fn checked(&self, today: Date) -> Result<Self> {
        let owner = text(&self.owner, OWNER_MAX, "owner", "the name of the person responsible")?;
        let note = text(&self.note, NOTE_MAX, "note", "some words")?;
        if let Edit::Set(until) = self.until {
            if until < today {
                return Err(Error::bad_arguments(format!(
                    "`until` is {until}, which is past. Give the last day of the acceptance, {today} (UTC) or later; to make it expire, decide anew in the Defender portal."
                )));
            }
            if until > today.saturating_add(i64::from(YEARS_MAX).years()) {
                return Err(Error::bad_arguments(format!("`until` is {until}, more than {YEARS_MAX} years ahead. Give an earlier day."))
                    .naming("until"));
            }
        }
        Ok(Self { owner, note, until: self.until.clone(), status: self.status.clone() })
    }

    /// What becomes of `was` when `by` changes it at this moment, nothing where nothing is left; and whether that is any other.
    pub(super) fn on(&self, was: Option<&Annotation>, at: Timestamp, by: &str) -> (Option<Annotation>, bool) {
        let now = Annotation {
            owner: self.owner.on(was.and_then(|was| was.owner.as_ref())),
            until: self.until.on(was.and_then(|was| was.until.as_ref())),
            note: self.note.on(was.and_then(|was| was.note.as_ref())),
            status: self.status.on(was.and_then(|was| was.status.as_ref())),
            at,
            by: by.to_owned(),
        };
        let empty = now.owner.is_none() && now.until.is_none() && now.note.is_none() && now.status.is_none();
        let same = was.map_or(empty, |was| *was == Annotation { at: was.at, by: was.by.clone(), ..now.clone() });
        (Some(now).filter(|_| !empty), !same)
    }
}

/// A text as it may be stored; refused rather than cut, because somebody is there to shorten it.
fn text(edit: &Edit<String>, characters_max: usize, name: &str, what: &str) -> Result<Edit<String>> {
    let Edit::Set(text) = edit else { return Ok(edit.clone()) };
    let text = one_line(text).into_owned();
    let characters = text.chars().count();
    if characters == 0 {
        return Err(Error::bad_arguments(format!("`{name}` takes {what}. To remove it, clear it.")).naming(name));
    }
    if characters > characters_max {
        return Err(
            Error::bad_arguments(format!("`{name}` has {characters} characters; {characters_max} is the most. Shorten it.")).naming(name)
        );
    }
    Ok(Edit::Set(text))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 21);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn set(text: &str) -> Edit<String> {
        Edit::Set(text.to_owned())
    }

    #[test]
    fn texts_are_clean_and_short() {
        let change = NoteChange { owner: set(" Ada\u{202e}\n Lovelace "), note: set("@everyone [x](http://y)"), ..NoteChange::default() };
        let checked = change.checked(TODAY).unwrap();
        assert_eq!((checked.owner, checked.note), (set("Ada Lovelace"), set("@everyone [x](http://y)")));
        let refused = |change: NoteChange| change.checked(TODAY).unwrap_err().sentence;
        assert!(refused(NoteChange { owner: set(" \u{200b} "), ..NoteChange::default() }).contains("clear it"));
        assert!(refused(NoteChange { owner: set(&"é".repeat(121)), ..NoteChange::default() }).contains("121 characters; 120"));
        assert!(refused(NoteChange { note: set(&"x".repeat(501)), ..NoteChange::default() }).contains("501 characters; 500"));
        NoteChange { owner: set(&"é".repeat(120)), note: set(&"x".repeat(500)), ..NoteChange::default() }.checked(TODAY).unwrap();
    }

    #[test]
    fn an_acceptance_ends_ahead_on_a_real_day() {
        for text in ["2026-02-29", "soon", "", "2027-03-31T00:00", "20270331", "2027-3-31", "é027-03-3"] {
            assert!(Edit::day(text).unwrap_err().sentence.contains("2027-03-31"), "{text}");
        }
        assert_eq!(Edit::day(" 2027-03-31 ").unwrap(), Edit::Set(date(2027, 3, 31)));
        let checked = |until| NoteChange { until: Edit::Set(until), ..NoteChange::default() }.checked(TODAY);
        for day in [TODAY, date(2026, 11, 22), date(2036, 11, 21)] {
            checked(day).unwrap();
        }
        assert!(checked(date(2026, 11, 20)).unwrap_err().sentence.contains("is past"));
        assert!(checked(date(2036, 11, 22)).unwrap_err().sentence.contains("10 years ahead"));
        // The last days that a calendar has overflow nothing.
        NoteChange { until: Edit::Set(Date::MAX), ..NoteChange::default() }.checked(Date::MAX).unwrap();
    }

    #[test]
    fn a_change_touches_only_what_it_names_and_nothing_is_no_change() {
        let changed = |change: &NoteChange, was: Option<&Annotation>, at, by| {
            let (now, other) = change.on(was, at, by);
            assert!(other, "{change:?}");
            now
        };
        let status = Edit::Set(Status::Planned);
        let first = changed(&NoteChange { owner: set("Ada"), status, ..NoteChange::default() }, None, at(1), "terminal").unwrap();
        assert_eq!((first.owner.as_deref(), first.status, first.at, &*first.by), (Some("Ada"), Some(Status::Planned), at(1), "terminal"));
        let until = NoteChange { until: Edit::Set(TODAY), ..NoteChange::default() };
        let second = changed(&until, Some(&first), at(2), "key").unwrap();
        assert_eq!(second, Annotation { until: Some(TODAY), at: at(2), by: "key".to_owned(), ..first.clone() });
        assert!(!until.on(Some(&second), at(3), "another").1);
        assert_eq!(NoteChange::default().on(None, at(3), "another"), (None, false));
        assert_eq!(NoteChange::clear_all().on(None, at(3), "another"), (None, false));
        assert_eq!(changed(&NoteChange::clear_all(), Some(&second), at(3), "another"), None);
        let only_status = changed(&NoteChange { owner: Edit::Clear, ..NoteChange::default() }, Some(&first), at(4), "key").unwrap();
        assert_eq!((only_status.owner, only_status.status), (None, Some(Status::Planned)));
        assert!(
            until.adds() && !NoteChange::clear_all().adds() && NoteChange::clear_all().is_wanted() && !NoteChange::default().is_wanted()
        );
    }
}
