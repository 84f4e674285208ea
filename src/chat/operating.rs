//! What can be done in a chat beside asking? Notes on controls, snoozes, digests: each is told to whoever did it alone.

use super::{
    Conversation, Incoming, Platform, TypedCommand,
    admission::TurnAdmission,
    commands::{DIGEST, NOTE, SNOOZE},
};
use crate::{
    access::Asker,
    ask::{Suggestion, SuggestionQuery},
    error::Result,
    skills::Entry,
};

/// The option that names a control, and the skill whose option of another name knows which there are.
pub(super) const CONTROL: &str = "control";
const CONTROL_NAME: &str = "name";

impl<P: Platform> Conversation<P> {
    /// Does what somebody typed, with the rights that they themselves have here.
    pub(super) async fn operate(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, command: &TypedCommand) -> Result<()> {
        // Boxed: most of what comes over this way is small.
        let composing = Box::pin(async {
            let asker = self.asker(incoming, seen)?;
            match command.name.as_str() {
                NOTE => self.note(seen, &asker, command).await,
                SNOOZE => self.snooze(seen, &asker, command).await,
                DIGEST => self.digest(incoming, seen, &asker, command).await,
                _ => Err(self.unknown()),
            }
        });
        self.reply_privately(incoming, composing).await
    }

    /// What somebody may mean by `typed` as the option `option` of one of these commands.
    pub(super) async fn suggest_for_an_operation(
        &self,
        asker: &Asker,
        command: &str,
        tenant: Option<&str>,
        (option, typed): (&str, &str),
    ) -> Result<Vec<Suggestion>> {
        if command == DIGEST {
            return self.suggest_for_a_digest(asker, (option, typed)).await;
        }
        let option = if option == CONTROL { CONTROL_NAME } else { option };
        let query = SuggestionQuery { skill: Entry::named(CONTROL)?, option, tenant, typed };
        self.limiter.door().suggest(asker, &query).await
    }
}
