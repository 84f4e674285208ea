//! How do buttons, menus and forms look in Discord? Action rows and modals, within its limits.

use serenity::{
    all::{ButtonStyle, InputTextStyle},
    builder::{
        CreateActionRow, CreateButton, CreateInputText, CreateModal, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption,
    },
};

use super::limits;
use crate::{
    chat::{Button, ButtonLimits, ButtonRow, Form, FormInput, Menu, MenuOption},
    text::cut_units,
};

/// How much can be pressed below a message.
pub const BUTTON_LIMITS: ButtonLimits =
    ButtonLimits { per_row: limits::BUTTONS, label: limits::LABEL, options: limits::OPTIONS, option: limits::OPTION };

/// The rows as Discord takes them.
pub(super) fn action_rows(rows: Vec<ButtonRow>) -> Vec<CreateActionRow> {
    let row = |row| match row {
        ButtonRow::Buttons(buttons) => CreateActionRow::Buttons(buttons.into_iter().map(button).collect()),
        ButtonRow::Menu(menu) => CreateActionRow::SelectMenu(select(menu)),
    };
    rows.into_iter().map(row).collect()
}

fn button(button: Button) -> CreateButton {
    let style = if button.primary { ButtonStyle::Primary } else { ButtonStyle::Secondary };
    CreateButton::new(button.id.encode()).style(style).label(button.label).disabled(!button.enabled)
}

fn select(menu: Menu) -> CreateSelectMenu {
    let option = |MenuOption { value, label, description }| {
        let option = CreateSelectMenuOption::new(label, value);
        match description {
            Some(description) => option.description(description),
            None => option,
        }
    };
    let options = menu.options.into_iter().map(option).collect();
    CreateSelectMenu::new(menu.id.encode(), CreateSelectMenuKind::String { options }).placeholder(menu.placeholder)
}

/// The form as a modal. Each input stands in a row of its own under its label, a form that Discord still takes: serenity 0.12 knows no other.
pub(super) fn modal(form: Form) -> CreateModal {
    let Form { id, title, inputs } = form;
    let rows = inputs.into_iter().take(limits::INPUTS).map(|field| CreateActionRow::InputText(input(field))).collect();
    CreateModal::new(id.encode(), cut_units(&title, limits::MODAL_TITLE)).components(rows)
}

fn input(field: FormInput) -> CreateInputText {
    let FormInput { name, label, hint, characters, value } = field;
    let length = |length: usize| u16::try_from(length.min(limits::INPUT)).unwrap_or(u16::MAX);
    let (label, name) = (cut_units(&label, limits::INPUT_LABEL), cut_units(&name, limits::CUSTOM_ID));
    let input = CreateInputText::new(InputTextStyle::Short, label, name).required(true);
    let input = input.min_length(length(*characters.start())).max_length(length(*characters.end()));
    let input = input.placeholder(cut_units(&hint, limits::INPUT_PLACEHOLDER));
    match value {
        Some(value) => input.value(value),
        None => input,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chat::ComponentId;

    #[test]
    fn a_form_is_a_modal_within_its_limits() {
        let field = |name: &str| FormInput {
            name: name.to_owned(),
            label: "x".repeat(99),
            hint: "y".repeat(999),
            characters: 1..=9999,
            value: None,
        };
        let form = Form {
            id: ComponentId::AskMissing { id: "0000000000000001".to_owned() },
            title: "Find a control whose title is far too long for a modal".to_owned(),
            inputs: (0..7).map(|at| field(&at.to_string())).collect(),
        };
        let sent = serde_json::to_value(modal(form)).unwrap();
        assert_eq!(sent["custom_id"], "find:0000000000000001");
        assert!(limits::units(sent["title"].as_str().unwrap()) <= limits::MODAL_TITLE);
        assert_eq!(sent["components"].as_array().unwrap().len(), limits::INPUTS);
        let input = &sent["components"][0]["components"][0];
        assert_eq!((&input["type"], &input["custom_id"], &input["required"]), (&json!(4), &json!("0"), &json!(true)));
        for (what, most) in [("label", limits::INPUT_LABEL), ("placeholder", limits::INPUT_PLACEHOLDER)] {
            assert!(limits::units(input[what].as_str().unwrap()) <= most, "{what}");
        }
        assert_eq!(input["max_length"], limits::INPUT);
    }

    #[test]
    fn only_what_cannot_be_pressed_says_so() {
        let one = |enabled| Button { id: ComponentId::Open { id: "a".to_owned() }, label: "▶".to_owned(), primary: enabled, enabled };
        let menu = Menu {
            id: ComponentId::Choose,
            placeholder: "Open a control",
            options: vec![MenuOption { value: "a".to_owned(), label: "A".to_owned(), description: Some("B".to_owned()) }],
        };
        let rows = action_rows(vec![ButtonRow::Buttons(vec![one(true), one(false)]), ButtonRow::Menu(menu)]);
        let sent = serde_json::to_value(rows).unwrap();
        let buttons = &sent[0]["components"];
        assert_eq!((&buttons[0]["style"], &buttons[1]["style"], &buttons[1]["disabled"]), (&json!(1), &json!(2), &json!(true)));
        let select = &sent[1]["components"][0];
        assert_eq!((&select["type"], &select["placeholder"]), (&json!(3), &json!("Open a control")));
        assert_eq!(select["options"], json!([{ "label": "A", "value": "a", "description": "B" }]));
    }
}
