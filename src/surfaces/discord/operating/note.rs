//! What do people note on a control? What they typed, as a change.

use super::{
    super::{
        command_options::CommandOptions,
        conversation::Conversation,
        interaction_context::InteractionContext,
        outgoing_message::OutgoingMessage,
        post_message::{shown, slash_command},
    },
    CONTROL,
};
use crate::{
    access::Asker,
    error::{Error, Result},
    manifests::discord::{CLEAR, EVERYTHING},
    operations::{Edit, NoteChange},
};

impl Conversation {
    /// Changes what is noted on a control, and shows it.
    pub(super) async fn note(&self, context: &InteractionContext, asker: &Asker, typed: &CommandOptions<'_>) -> Result<OutgoingMessage> {
        let (tenant, control) = (typed.tenant(context, &self.grants()), typed.text(CONTROL).unwrap_or_default());
        let annotated = self.operations.annotate(asker, tenant.as_deref(), &control, &change(|name| typed.text(name))?).await?;
        Ok(shown(&annotated.card(), slash_command).said)
    }
}

/// The change that the options come to. What is given counts more than what is to be taken away.
fn change(given: impl Fn(&str) -> Option<String>) -> Result<NoteChange> {
    let mut change = match given(CLEAR).as_deref() {
        None => NoteChange::default(),
        Some("owner") => NoteChange { owner: Edit::Clear, ..NoteChange::default() },
        Some("until") => NoteChange { until: Edit::Clear, ..NoteChange::default() },
        Some("note") => NoteChange { note: Edit::Clear, ..NoteChange::default() },
        Some("status") => NoteChange { status: Edit::Clear, ..NoteChange::default() },
        Some(EVERYTHING) => NoteChange::clear_all(),
        Some(_) => return Err(Error::bad_arguments("`clear` takes owner, until, note, status or everything.")),
    };
    if let Some(owner) = given("owner") {
        change.owner = Edit::Set(owner);
    }
    if let Some(until) = given("until") {
        change.until = Edit::day(&until)?;
    }
    if let Some(note) = given("note") {
        change.note = Edit::Set(note);
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

    fn of(pairs: &[(&str, &str)]) -> Result<NoteChange> {
        change(|name| pairs.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned()))
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
