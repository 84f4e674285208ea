//! Which prompts does an assistant see, and what does it get for one? Those of `prompts/`, filled in.

use rmcp::{
    ErrorData,
    model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role},
};

use crate::{error::Error, prompts, text::echo};

/// How much of an argument's name an error repeats, in characters.
const ARGUMENT_MAX: usize = 40;

/// All prompts, in the order of every menu.
pub(super) fn list() -> Vec<Prompt> {
    prompts::ALL.iter().map(|prompt| listed(&prompt.head)).collect()
}

fn listed(head: &prompts::PromptHead) -> Prompt {
    let arguments = head.arguments.iter().map(|argument| {
        let described = PromptArgument::new(&argument.name).with_description(&argument.description);
        described.with_required(argument.default.is_none())
    });
    Prompt::new(&head.name, Some(&head.description), Some(arguments.collect())).with_title(&head.title)
}

/// The argument of a prompt, to offer values for it.
///
/// # Errors
/// Of the protocol: a prompt that does not exist, or one without that argument.
pub(super) fn argument(prompt: &str, name: &str) -> Result<&'static prompts::Argument, ErrorData> {
    let prompt = prompts::Prompt::named(prompt).map_err(|unknown| ErrorData::invalid_params(unknown.sentence, None))?;
    let known = || prompt.head.arguments.iter().map(|argument| argument.name.as_str()).collect::<Vec<_>>().join(", ");
    prompt.head.arguments.iter().find(|argument| argument.name == name).ok_or_else(|| {
        ErrorData::invalid_params(
            format!("`{}` takes no argument `{}`. There are: {}.", prompt.head.name, echo(name, ARGUMENT_MAX), known()),
            None,
        )
    })
}

/// The prompt called `name`, filled in.
///
/// # Errors
/// Of the protocol, as for parameters that are not right: a prompt that does not exist, an argument that is
/// unknown, missing, too long or no text.
pub(super) fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let refused = |error: Error| ErrorData::invalid_params(error.sentence, None);
    let prompt = prompts::Prompt::named(name).map_err(refused)?;
    let texts = arguments.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let texts: Option<Vec<_>> = texts.collect();
    let texts = texts.ok_or_else(|| ErrorData::invalid_params("Each argument of a prompt must be a string.", None))?;
    let filled = prompt.fill(&texts).map_err(refused)?;
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, filled)]).with_description(&prompt.head.description))
}
