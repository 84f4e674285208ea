//! Which words tell a host what we are? The same in every file, each as long as the tightest host allows.

use std::fmt::Write as _;

use super::{Values, operation_id};
use crate::{skills::ALL, text::sentence_case};

/// What we are called everywhere.
pub(super) const NAME: &str = "scorewatch";

/// What we do, for people; 80 characters, as an app's short description may have.
pub(super) const FOR_PEOPLE: &str = "Answers about Microsoft Secure Score: standing, changes, what to do first.";

/// What we do, for people who want to know more.
pub(super) const FOR_READERS: &str =
    "Answers about Microsoft Secure Score in few words: where we stand, what changed and why, what to do first.";

/// What we do, for models that choose among plugins: what, then each question in a sentence.
pub(super) fn for_models() -> String {
    let skills: Vec<&str> = ALL.iter().map(|skill| skill.summary).collect();
    format!(
        "Microsoft Secure Score of one or many tenants, from stored history: points, changes and their reasons, weakest controls, accepted risks, remediation. {}",
        skills.join(" ")
    )
}

/// `secure_score` as `SecureScore`.
pub(super) fn pascal(name: &str) -> String {
    name.split('_').fold(String::with_capacity(name.len()), |mut pascal, word| {
        let mut letters = word.chars();
        pascal.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(letters.as_str());
        pascal
    })
}

/// `text` with our skills under the names that hosts of OpenAPI know them by: those of their operations.
pub(super) fn with_operations(text: &str) -> String {
    ALL.iter().fold(text.to_owned(), |text, skill| text.replace(&format!("`{}`", skill.name), &operation_id(skill.name)))
}

/// A guide with the skills that it sends assistants to under the names of their operations. It names them bare: `use control`.
pub(super) fn in_operations(guide: &str) -> String {
    ALL.iter().fold(guide.to_owned(), |text, skill| {
        // A name of one word is a word of prose too, but where it is to be used.
        let bare = if skill.name.contains('_') { skill.name.to_owned() } else { format!("use {}", skill.name) };
        let named = bare.replace(skill.name, &operation_id(skill.name));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let mut parts = text.split(bare.as_str());
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, rest| text + if ends(rest) { &named } else { &bare } + rest)
    })
}

/// Every operation, in the order of the list.
pub(super) fn operations() -> impl Iterator<Item = String> {
    ALL.iter().map(|skill| operation_id(skill.name))
}

/// What we keep and who sees it.
pub(super) fn about(values: &Values) -> String {
    let mut text = format!(
        "scorewatch at {}\n\n\
        {FOR_READERS} It is run by whoever runs this address.\n\n\
        What it keeps: of each tenant that its operator configured or imported, what Microsoft Graph says about Microsoft Secure Score: \
        the score of every day, every control with its points and its state, Microsoft's texts about controls, and decisions about them \
        with the names of those who decided and their words; what the operator's own people note about controls, and who of them changed \
        what. All of it stays in the operator's own database.\n\n\
        Who sees it: whoever asks with an API key, a sign-in or in a chat that the operator granted, and only the tenants of that grant; and \
        whoever reads at the channels, mailboxes and addresses that the operator has it post to, only the tenants meant for them. Names of those \
        who decided are in answers and posts only for roles that may see them. It counts per day which key or sign-in asked which question how often, for 400 days. Nothing \
        is sent where the operator did not say, and nothing is changed in any tenant.\n\n\
        Terms: the MIT licence, without warranty. Microsoft and its products' names are trademarks of Microsoft; this project is not theirs.\n\n\
        What it answers:\n",
        values.url
    );
    for skill in &ALL {
        let _ = writeln!(text, "- {}: {}", sentence_case(skill.name), skill.summary);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_skills_are_spelled_as_each_reader_expects() {
        assert_eq!(pascal("weakest_controls"), "WeakestControls");
        assert_eq!(sentence_case("weakest_controls"), "Weakest controls");
        assert_eq!(
            in_operations("For one control use control. Else score_changes; use controls."),
            "For one control use GetControl. Else GetScoreChanges; use controls."
        );
        assert_eq!(with_operations("Call `control`, then `tenant`."), "Call GetControl, then `tenant`.");
    }
}
