//! What do people note on a control? What they typed, as a change.

use super::{
    ChatMessage, Conversation, Platform, Shown, TypedCommand,
    admission::TurnAdmission,
    commands::{CLEAR, EVERYTHING},
    operating::CONTROL,
};
use crate::{
    access::Asker,
    error::{Error, Result},
    operations::{Edit, NoteChange},
    skills::TENANT,
};

impl<P: Platform> Conversation<P> {
    /// Changes what is noted on a control, and shows it.
    pub(super) async fn note(&self, seen: &TurnAdmission<'_>, asker: &Asker, typed: &TypedCommand) -> Result<ChatMessage<P::Body>> {
        let tenant = seen.tenant(typed.text(TENANT));
        let control = typed.text(CONTROL).unwrap_or_default();
        let annotated = self.operations.annotate(asker, tenant.as_deref(), control, &change(|name| typed.text(name))?).await?;
        Ok(ChatMessage::new(self.platform.body(Shown::Posted(&annotated.card()))))
    }
}

/// The change that the options come to. What is given counts more than what is to be taken away.
fn change<'a>(given: impl Fn(&str) -> Option<&'a str>) -> Result<NoteChange> {
    let mut change = match given(CLEAR) {
        None => NoteChange::default(),
        Some("owner") => NoteChange { owner: Edit::Clear, ..NoteChange::default() },
        Some("until") => NoteChange { until: Edit::Clear, ..NoteChange::default() },
        Some("note") => NoteChange { note: Edit::Clear, ..NoteChange::default() },
        Some("status") => NoteChange { status: Edit::Clear, ..NoteChange::default() },
        Some(EVERYTHING) => NoteChange::clear_all(),
        Some(_) => return Err(Error::bad_arguments("`clear` takes owner, until, note, status or everything.")),
    };
    if let Some(owner) = given("owner") {
        change.owner = Edit::Set(owner.to_owned());
    }
    if let Some(until) = given("until") {
        change.until = Edit::day(until)?;
    }
    if let Some(note) = given("note") {
        change.note = Edit::Set(note.to_owned());
    }
    if let Some(status) = given("status") {
        change.status = Edit::Set(status.parse().map_err(|why: String| Error::bad_arguments(why))?);
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::Status;

    fn of(pairs: &[(&str, &'static str)]) -> Result<NoteChange> {
        change(|name| pairs.iter().find(|(given, _)| *given == name).map(|(_, value)| *value))
    }

    #[test]
    fn what_is_typed_becomes_a_change() {
        assert_eq!(of(&[]).unwrap(), NoteChange::default());
        assert_eq!(of(&[("clear", "everything")]).unwrap(), NoteChange::clear_all());
        let both = of(&[("clear", "everything"), ("owner", "Mira"), ("status", "planned")]).unwrap();
        assert_eq!(both, NoteChange { owner: Edit::Set("Mira".to_owned()), status: Edit::Set(Status::Planned), ..NoteChange::clear_all() });
        for part in ["owner", "until", "note", "status"] {
            let change = of(&[("clear", part)]).unwrap();
            assert!(change.is_wanted() && change != NoteChange::clear_all(), "{part}");
        }
        for wrong in [("clear", "tenant"), ("status", "done"), ("until", "soon")] {
            assert!(of(&[wrong]).is_err(), "{wrong:?}");
        }
    }
}
