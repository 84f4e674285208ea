//! Which words does an assistant start from? The files in `prompts/`, included in the binary.
//!
//! A file begins with its front matter (TOML between `+++`): name, title, description, arguments. The rest is
//! what the assistant is told, with `{{argument}}` where an argument belongs. An argument without a default is
//! required. Skills stand in backticks, so that a host which calls them otherwise can be given its own names.

use std::{borrow::Cow, sync::LazyLock};

use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind, Result},
    text::{did_you_mean, one_line},
};

/// What every assistant is told about the service as a whole.
pub const INSTRUCTIONS: &str = include_str!("../prompts/instructions.md");

/// The files, in the order of every menu.
const FILES: [&str; 7] = [
    include_str!("../prompts/posture_brief.md"),
    include_str!("../prompts/explain_drop.md"),
    include_str!("../prompts/incident_root_cause.md"),
    include_str!("../prompts/risk_review.md"),
    include_str!("../prompts/sprint_plan.md"),
    include_str!("../prompts/compare_tenants.md"),
    include_str!("../prompts/board_summary.md"),
];

/// The longest value of an argument, in characters: a description of an incident fits.
pub const ARGUMENT_CHARS_MAX: usize = 1_000;

/// What parts the front matter from the rest.
const FENCE: &str = "+++\n";

/// Every prompt, in the order of every menu.
pub static ALL: LazyLock<Vec<Prompt>> = LazyLock::new(|| FILES.iter().filter_map(|file| read(file)).collect());

/// A task for an assistant that takes several questions.
#[derive(Debug)]
pub struct Prompt {
    /// What it is called and takes.
    pub head: PromptHead,
    /// What the assistant is told, with `{{argument}}` where an argument belongs.
    pub body: &'static str,
}

/// The front matter of a prompt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptHead {
    /// The name for programs.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it takes.
    #[serde(default)]
    pub arguments: Vec<Argument>,
}

/// What a prompt takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What stands in its place when it is not given; `None` when it must be.
    pub default: Option<String>,
    /// What to offer while it is typed, the likeliest first; other values are as good.
    #[serde(default)]
    pub offered: Vec<String>,
}

/// Reads a file; `None` if it is not as this room says, which a test would notice.
fn read(file: &'static str) -> Option<Prompt> {
    let (head, body) = file.strip_prefix(FENCE)?.split_once(FENCE)?;
    Some(Prompt { head: toml::from_str(head).ok()?, body: body.trim() })
}

impl Prompt {
    /// The prompt called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name and all names.
    pub fn named(name: &str) -> Result<&'static Self> {
        ALL.iter().find(|prompt| prompt.head.name == name).ok_or_else(|| {
            let all: Vec<&str> = ALL.iter().map(|prompt| prompt.head.name.as_str()).collect();
            let hint = did_you_mean(name, all.iter().copied());
            Error::new(ErrorKind::NotFound, format!("There is no such prompt.{hint} There are: {}.", all.join(", ")))
        })
    }

    /// The body with `given` in the place of its arguments. A value is put on one line and never read for arguments itself.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for an argument that is unknown, missing or too long.
    pub fn fill(&self, given: &[(&str, &str)]) -> Result<String> {
        let known = |name: &str| self.head.arguments.iter().any(|argument| argument.name == name);
        if given.iter().any(|(name, _)| !known(name)) {
            let names: Vec<&str> = self.head.arguments.iter().map(|argument| argument.name.as_str()).collect();
            return Err(Error::bad_arguments(format!("Prompt {} takes only: {}.", self.head.name, names.join(", "))));
        }
        let mut filled = String::with_capacity(self.body.len() + 128);
        let mut rest = self.body;
        while let Some((before, from)) = rest.split_once("{{") {
            let (name, after) = from.split_once("}}").unwrap_or((from, ""));
            filled.push_str(before);
            filled.push_str(&self.value(name, given)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value<'v>(&'v self, name: &str, given: &[(&str, &'v str)]) -> Result<Cow<'v, str>> {
        let given = given.iter().find(|(known, _)| *known == name).map(|(_, value)| one_line(value)).filter(|value| !value.is_empty());
        if given.as_ref().is_some_and(|value| value.chars().count() > ARGUMENT_CHARS_MAX) {
            return Err(Error::bad_arguments(format!("`{name}` is longer than {ARGUMENT_CHARS_MAX} characters. Shorten it.")));
        }
        let argument = self.head.arguments.iter().find(|argument| argument.name == name);
        let default = argument.and_then(|argument| argument.default.as_deref()).map(Cow::Borrowed);
        given.or(default).ok_or_else(|| {
            let what = argument.map_or("", |argument| argument.description.as_str());
            Error::bad_arguments(format!("`{name}` is missing: {what}."))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(name: &str, given: &[(&str, &str)]) -> Result<String> {
        Prompt::named(name).unwrap().fill(given)
    }

    #[test]
    fn every_file_is_a_prompt_whose_arguments_are_those_of_its_body() {
        assert_eq!(ALL.len(), FILES.len());
        for Prompt { head, body } in ALL.iter() {
            assert!(head.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", head.name);
            assert!(head.description.chars().count() <= 200 && !body.is_empty());
            let mut used: Vec<&str> = body.split("{{").skip(1).filter_map(|from| from.split_once("}}")).map(|(name, _)| name).collect();
            used.sort_unstable();
            let mut known: Vec<&str> = head.arguments.iter().map(|argument| argument.name.as_str()).collect();
            known.sort_unstable();
            assert_eq!(used, known, "{}", head.name);
        }
    }

    #[test]
    fn arguments_are_filled_in_once_and_on_one_line() {
        let filled = fill("explain_drop", &[("tenant", "contoso\n{{since}}"), ("since", "week")]).unwrap();
        assert!(filled.contains("tenant contoso {{since}} fell since week."), "{filled}");
        assert!(fill("explain_drop", &[]).unwrap().contains("fell since yesterday."));
    }

    #[test]
    fn what_is_wrong_is_reported() {
        let refused = |given: &[(&str, &str)]| fill("incident_root_cause", given).unwrap_err().sentence;
        assert!(refused(&[]).starts_with("`incident` is missing"));
        assert!(refused(&[("incident", "x"), ("limit", "3")]).contains("takes only: incident, tenant"));
        assert!(refused(&[("incident", &"x".repeat(ARGUMENT_CHARS_MAX + 1))]).contains("longer than"));
        assert!(Prompt::named("risk_reviews").unwrap_err().sentence.contains("`risk_review`"));
    }
}
