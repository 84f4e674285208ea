//! What can be done in Discord beside asking? Notes on controls, snoozes, digests: told to whoever did it alone.

mod note;

use serenity::all::{AutocompleteOption, CommandInteraction};

use super::{conversation::Conversation, conversation::unknown, met::Met, typed::Typed};
use crate::{
    access::Asker,
    ask::{Suggesting, Suggestion},
    error::Result,
    manifests::discord::NOTE,
    skills::Entry,
};

/// The option that names a control, and the skill and its option that know which there are.
const CONTROL: &str = "control";
const CONTROL_NAME: &str = "name";

impl Conversation {
    /// Does what somebody typed, with the rights that they themselves have here.
    pub(super) async fn operate(&self, met: &Met, typed: &CommandInteraction) -> Result<()> {
        let Some(asker) = met.asker(&self.grants) else { return self.refuse(met, &met.nobody()).await };
        let command = Typed::of(typed);
        let making = async {
            match typed.data.name.as_str() {
                NOTE => self.note(met, &asker, &command).await,
                _ => Err(unknown()),
            }
        };
        self.tell(met, making).await
    }

    /// What somebody may mean who types one of these commands.
    pub(super) async fn suggest_for_an_operation(
        &self,
        asker: &Asker,
        tenant: Option<&str>,
        focused: &AutocompleteOption<'_>,
    ) -> Result<Vec<Suggestion>> {
        let option = if focused.name == CONTROL { CONTROL_NAME } else { focused.name };
        let wish = Suggesting { skill: Entry::named(CONTROL)?, option, tenant, typed: focused.value };
        self.asking.door().suggest(asker, &wish).await
    }
}
