//! What if a question lacks something? A form asks for it, an input for each thing.

use std::ops::RangeInclusive;

use super::ComponentId;
use crate::{
    skills::{
        Entry,
        options::{Opt, OptKind},
    },
    text::{one_line, sentence_case},
};

/// A form. Its words are clean, on one line and without markup; a platform cuts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it is for; it comes back with what was filled in.
    pub id: ComponentId,
    /// What stands over it.
    pub title: String,
    /// The inputs, of which all must be filled in.
    pub inputs: Vec<FormInput>,
}

/// A line to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormInput {
    /// Its name, under which it comes back.
    pub name: String,
    /// What stands over it.
    pub label: String,
    /// What it says while it is empty.
    pub hint: String,
    /// How many characters it takes.
    pub characters: RangeInclusive<usize>,
    /// What stands in it at first.
    pub value: Option<String>,
}

/// What a question of `skill` makes no sense without, and is not `given`.
pub(super) fn missing(skill: &'static Entry, given: impl Fn(&str) -> bool) -> Vec<&'static Opt> {
    skill.options.iter().filter(|option| option.required && !given(&option.name)).collect()
}

/// The form that asks for what the kept question `id` lacks; `None` when it lacks nothing.
pub(super) fn form(id: &str, title: &str, skill: &'static Entry, given: &[(String, String)]) -> Option<Form> {
    let missing = missing(skill, |name| given.iter().any(|(given, _)| given == name));
    let inputs: Vec<FormInput> = missing.into_iter().map(input).collect();
    let title = one_line(title);
    let title = if title.is_empty() { sentence_case(skill.chat) } else { title.into_owned() };
    (!inputs.is_empty()).then(|| Form { id: ComponentId::AskMissing { id: id.to_owned() }, title, inputs })
}

fn input(option: &Opt) -> FormInput {
    let hint = match &option.kind {
        OptKind::Integer { min, max } => format!("{min} to {max}"),
        OptKind::Choice { choices } => choices.join(", "),
        OptKind::Flag => "yes or no".to_owned(),
        OptKind::Text => option.summary.clone(),
    };
    FormInput { name: option.name.clone(), label: sentence_case(&option.name), hint, characters: 1..=option.text_max(), value: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_asks_for_what_is_missing_and_nothing_else() {
        let control = Entry::named("control").unwrap();
        let asked = form("0000000000000001", " Find a\ncontrol ", control, &[]).unwrap();
        assert_eq!((asked.id.encode().as_str(), asked.title.as_str()), ("find:0000000000000001", "Find a control"));
        let [input] = asked.inputs.as_slice() else { panic!("{:?}", asked.inputs) };
        assert_eq!((input.name.as_str(), input.label.as_str(), &input.characters), ("name", "Name", &(1..=control.options[0].text_max())));
        assert_eq!(form("1", "Find", control, &[("name".to_owned(), "x".to_owned())]), None);
        assert_eq!(form("1", " ", control, &[]).unwrap().title, "Control");
    }
}
