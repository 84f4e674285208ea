//! What can be done in Discord beside asking? Notes on controls, snoozes, digests: told to whoever did it alone.

mod digest;
mod note;
mod snooze;

use std::fmt::Write as _;

use serenity::all::{AutocompleteOption, CommandInteraction};

use super::{
    command_options::CommandOptions,
    conversation::{Conversation, unknown},
    embed::Embed,
    interaction_context::InteractionContext,
    limits::units,
    outgoing_message::OutgoingMessage,
};
use crate::{
    access::Asker,
    ask::{Suggestion, SuggestionQuery},
    error::Result,
    manifests::discord::{DIGEST, NOTE, SNOOZE},
    skills::Entry,
};

/// The option that names a control, and the skill whose option of another name knows which there are.
const CONTROL: &str = "control";
const CONTROL_NAME: &str = "name";
/// How much of a list is shown: more is no message for a phone.
const LIST: usize = 3500;

impl Conversation {
    /// Does what somebody typed, with the rights that they themselves have here.
    pub(super) async fn operate(&self, context: &InteractionContext, typed: &CommandInteraction) -> Result<()> {
        let Some(asker) = context.asker(&self.grants()) else { return self.refuse(context, &context.nobody()).await };
        let command = CommandOptions::of(typed);
        // Boxed: most of what comes over this way is small.
        let making = Box::pin(async {
            match typed.data.name.as_str() {
                NOTE => self.note(context, &asker, &command).await,
                SNOOZE => self.snooze(context, &asker, &command).await,
                DIGEST => self.digest(context, &asker, &command).await,
                _ => Err(unknown()),
            }
        });
        self.tell(context, making).await
    }

    /// What somebody may mean who types one of these commands.
    pub(super) async fn suggest_for_an_operation(
        &self,
        asker: &Asker,
        command: &str,
        tenant: Option<&str>,
        focused: &AutocompleteOption<'_>,
    ) -> Result<Vec<Suggestion>> {
        if command == DIGEST {
            return self.suggest_for_a_digest(asker, focused).await;
        }
        let option = if focused.name == CONTROL { CONTROL_NAME } else { focused.name };
        let wish = SuggestionQuery { skill: Entry::named(CONTROL)?, option, tenant, typed: focused.value };
        self.asking.door().suggest(asker, &wish).await
    }
}

/// `lines` below `title`, as many as fit; `nothing` where there are none.
fn list(title: &str, lines: &[String], nothing: &str) -> OutgoingMessage {
    let mut description = String::new();
    for (at, line) in lines.iter().enumerate() {
        if units(&description) + units(line) > LIST {
            let _ = write!(description, "\n-# … and {} more", lines.len() - at);
            break;
        }
        if !description.is_empty() {
            description.push('\n');
        }
        description.push_str(line);
    }
    if description.is_empty() {
        nothing.clone_into(&mut description);
    }
    OutgoingMessage::new(Embed { title: title.to_owned(), description, ..Embed::default() }, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_it_leaves_out() {
        let said = |lines: &[String]| list("All", lines, "There is none.").embed.unwrap().description;
        assert_eq!(said(&[]), "There is none.");
        assert_eq!(said(&["a".to_owned(), "b".to_owned()]), "a\nb");
        let long = said(&vec!["x".repeat(1000); 9]);
        assert!(long.ends_with("x\n-# … and 6 more") && units(&long) < 4000, "{long}");
    }
}
