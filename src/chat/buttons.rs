//! What can be pressed below a message? Rows for a page: turning it, its rows, what comes next.

use super::{ComponentId, forms::missing};
use crate::{
    card::Next,
    skills::control_of,
    text::{cut_units, one_line},
};

/// How much a platform takes below a message.
#[derive(Debug, Clone, Copy)]
pub struct ButtonLimits {
    /// How many buttons a row has: room for five is counted on.
    pub per_row: usize,
    /// The words on a button, in UTF-16 code units, of which a text never has fewer than characters.
    pub label: usize,
    /// How many options a menu has.
    pub options: usize,
    /// The words of an option, and those that describe it, each, likewise.
    pub option: usize,
}

/// A row below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonRow {
    /// Buttons beside each other; at least one.
    Buttons(Vec<Button>),
    /// A menu.
    Menu(Menu),
}

/// A button. Its words are clean and without markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it is for: no two below a message are alike. A platform that opens forms by buttons of another kind does so for [`ComponentId::AskMissing`] and
    /// [`ComponentId::Snooze`].
    pub id: ComponentId,
    /// What it says; never empty.
    pub label: String,
    /// Whether it stands out, as what is likeliest to be pressed.
    pub primary: bool,
    /// Whether it can be pressed.
    pub enabled: bool,
}

/// A menu of which one is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What it is for.
    pub id: ComponentId,
    /// What it says while nothing is chosen.
    pub placeholder: &'static str,
    /// What can be chosen; at least one, no two of one value.
    pub options: Vec<MenuOption>,
}

/// An option of a menu. Its words are clean and without markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuOption {
    /// What it means to us: the id of a kept question.
    pub value: String,
    /// What it says; never empty.
    pub label: String,
    /// More about it.
    pub description: Option<String>,
}

impl Button {
    fn new(id: ComponentId, label: impl Into<String>) -> Self {
        Self { id, label: label.into(), primary: false, enabled: true }
    }

    fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }
}

/// What there is to press below a page.
#[derive(Debug)]
pub struct PageActions<'a> {
    /// The id of the question that the page answers.
    pub question: &'a str,
    /// What its rows lead to, each with its id.
    pub leads: Vec<(String, &'a Next)>,
    /// What the answer leads to, each with its id.
    pub next: Vec<(String, &'a Next)>,
    /// The page, counted from 0.
    pub page: usize,
    /// How many there are.
    pub pages: usize,
    /// Whether what it is about can be read from Microsoft now.
    pub refresh: bool,
    /// Whether it can be shown to everybody here.
    pub share: bool,
    /// The delivery of which nobody wants to hear for a while, where that can be said.
    pub snooze: Option<&'a str>,
}

/// The rows below a page, within `limits`: turning it and what else can be done with it, its rows, what comes next.
pub fn rows(actions: &PageActions<'_>, limits: &ButtonLimits) -> Vec<ButtonRow> {
    let of_the_page = of_the_page(actions);
    let mut rows = if of_the_page.is_empty() { Vec::new() } else { vec![ButtonRow::Buttons(of_the_page)] };
    // Platforms refuse two values that are equal, and two components of one id.
    let mut seen = vec![actions.question];
    rows.extend(menu(&unseen(&actions.leads, &mut seen, limits.options), limits));
    let snooze = actions.snooze.map(|delivery| Button::new(ComponentId::Snooze { delivery: delivery.to_owned() }, "Snooze"));
    let next = unseen(&actions.next, &mut seen, limits.per_row.saturating_sub(usize::from(snooze.is_some())));
    let next = next.into_iter().enumerate().map(|(at, (id, next))| Button { primary: at == 0, ..go_on(id, next, limits) });
    let next: Vec<Button> = next.chain(snooze).collect();
    if !next.is_empty() {
        rows.push(ButtonRow::Buttons(next));
    }
    rows
}

/// The first `most` that lead to a question that is not `seen` yet.
fn unseen<'a>(all: &'a [(String, &'a Next)], seen: &mut Vec<&'a str>, most: usize) -> Vec<(&'a str, &'a Next)> {
    let mut new = Vec::new();
    for (id, next) in all {
        if new.len() < most && !seen.contains(&id.as_str()) {
            seen.push(id);
            new.push((id.as_str(), *next));
        }
    }
    new
}

fn of_the_page(actions: &PageActions<'_>) -> Vec<Button> {
    let id = || actions.question.to_owned();
    let mut buttons = Vec::new();
    if actions.pages > 1 {
        let to = |page: usize, label: &str| Button::new(ComponentId::Page { id: id(), page }, label);
        // There is no page before the first: its button is named after the one behind the last, as no other is.
        let before = actions.page.checked_sub(1).unwrap_or(actions.pages);
        buttons.push(to(before, "◀").enabled(actions.page > 0));
        buttons.push(to(actions.page, &format!("{}/{}", actions.page + 1, actions.pages)).enabled(false));
        buttons.push(to(actions.page + 1, "▶").enabled(actions.page + 1 < actions.pages));
    }
    if actions.refresh {
        buttons.push(Button::new(ComponentId::Refresh { id: id(), page: actions.page }, "Refresh"));
    }
    if actions.share {
        buttons.push(Button::new(ComponentId::Share { id: id() }, "Show to all"));
    }
    buttons
}

fn menu(leads: &[(&str, &Next)], limits: &ButtonLimits) -> Option<ButtonRow> {
    let option = |(id, next): &(&str, &Next)| {
        let label = label(next);
        let description = named(next).filter(|name| *name != label).map(|name| cut_units(&name, limits.option));
        MenuOption { value: (*id).to_owned(), label: cut_units(&label, limits.option), description }
    };
    let options: Vec<MenuOption> = leads.iter().map(option).collect();
    if options.is_empty() {
        return None;
    }
    let placeholder = match leads.iter().filter(|(_, next)| named(next).is_some()).count() {
        0 => "Open a tenant",
        controls if controls == leads.len() => "Open a control",
        _ => "Open one of these",
    };
    Some(ButtonRow::Menu(Menu { id: ComponentId::Choose, placeholder, options }))
}

fn go_on(id: &str, next: &Next, limits: &ButtonLimits) -> Button {
    let id = id.to_owned();
    let given = |name: &str| next.args.iter().any(|(given, _)| *given == name);
    let asks = !missing(next.skill.entry(), given).is_empty();
    let press = if asks { ComponentId::AskMissing { id } } else { ComponentId::Open { id } };
    Button::new(press, cut_units(&label(next), limits.label))
}

/// What a person chooses it by; never empty, which platforms would refuse.
fn label(next: &Next) -> String {
    let label = Some(one_line(&next.label).into_owned()).filter(|label| !label.is_empty());
    label
        .or_else(|| named(next))
        .unwrap_or_else(|| format!("/{} {}", next.skill.entry().chat, one_line(&next.tenant)).trim_end().to_owned())
}

/// The control that it is about, by the name that only it has; `None` where it is about a tenant.
fn named(next: &Next) -> Option<String> {
    control_of(next).map(|name| one_line(name).into_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::skill_id::SkillId;

    const LIMITS: ButtonLimits = ButtonLimits { per_row: 5, label: 80, options: 25, option: 100 };

    fn next(label: &str, skill: SkillId, args: Vec<(&'static str, String)>) -> Next {
        let args = args.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Next { label: label.to_owned(), skill, tenant: "contoso".to_owned(), args }
    }

    fn units(text: &str) -> usize {
        text.encode_utf16().count()
    }

    fn id(number: usize) -> String {
        format!("{number:016}")
    }

    const fn page_of(question: &str) -> PageActions<'_> {
        PageActions { question, leads: Vec::new(), next: Vec::new(), page: 0, pages: 1, refresh: false, share: false, snooze: None }
    }

    fn buttons(row: &ButtonRow) -> &[Button] {
        match row {
            ButtonRow::Buttons(buttons) => buttons,
            ButtonRow::Menu(menu) => panic!("{menu:?}"),
        }
    }

    fn menu_of(row: &ButtonRow) -> &Menu {
        match row {
            ButtonRow::Menu(menu) => menu,
            ButtonRow::Buttons(buttons) => panic!("{buttons:?}"),
        }
    }

    #[test]
    fn pages_turn_and_end() {
        for pages in 2..5 {
            for page in 0..pages {
                let question = id(7);
                let rows = rows(&PageActions { page, pages, refresh: true, share: true, ..page_of(&question) }, &LIMITS);
                let buttons = buttons(&rows[0]);
                let ids: BTreeSet<_> = buttons.iter().map(|button| button.id.encode()).collect();
                assert_eq!((buttons.len(), ids.len()), (5, 5), "{page} of {pages}");
                assert_eq!(buttons[1].label, format!("{}/{pages}", page + 1));
                let leads_to = |button: &Button| button.enabled.then(|| button.id.clone());
                let to = |page| ComponentId::Page { id: question.clone(), page };
                assert_eq!(leads_to(&buttons[0]), page.checked_sub(1).map(to));
                assert_eq!(leads_to(&buttons[2]), (page + 1 < pages).then(|| to(page + 1)));
                let fresh = ComponentId::Refresh { id: question.clone(), page };
                assert_eq!(leads_to(&buttons[3]), Some(fresh), "what is read anew stays on its page");
            }
        }
    }

    #[test]
    fn one_page_is_not_turned_and_only_offers_what_is_possible() {
        let labels = |refresh, share| {
            let rows = rows(&PageActions { refresh, share, ..page_of("q") }, &LIMITS);
            assert!(rows.iter().all(|row| !buttons(row).is_empty()), "an empty row is refused");
            rows.iter().flat_map(buttons).map(|button| button.label.clone()).collect::<Vec<_>>()
        };
        assert_eq!(labels(true, false), ["Refresh"]);
        assert_eq!(labels(true, true), ["Refresh", "Show to all"]);
        assert_eq!(labels(false, true), ["Show to all"]);
        assert!(labels(false, false).is_empty());
    }

    #[test]
    fn rows_lead_on_once_each() {
        let one = next("Require MFA", SkillId::Control, vec![("name", "AdminMFAV2".to_owned())]);
        let find = next("Find a control", SkillId::Control, Vec::new());
        let score = next("", SkillId::SecureScore, Vec::new());
        let leads = vec![(id(1), &one), (id(1), &one), (id(2), &score), (id(0), &score)];
        let question = id(0);
        let next = vec![(id(3), &find), (id(2), &score), (id(3), &find), (id(4), &one)];
        let rows = rows(&PageActions { leads, next, refresh: true, ..page_of(&question) }, &LIMITS);
        let menu = menu_of(&rows[1]);
        let option = |value, label: &str, description: Option<&str>| MenuOption {
            value,
            label: label.to_owned(),
            description: description.map(ToOwned::to_owned),
        };
        assert_eq!(menu.options, [option(id(1), "Require MFA", Some("AdminMFAV2")), option(id(2), "/score contoso", None)]);
        assert_eq!((&menu.id, menu.placeholder), (&ComponentId::Choose, "Open one of these"));
        // What wants a name first is found, what does not is opened.
        let next = buttons(&rows[2]);
        assert_eq!(
            next.iter().map(|button| button.id.encode()).collect::<Vec<_>>(),
            [format!("find:{}", id(3)), format!("open:{}", id(4))]
        );
        assert_eq!(next.iter().map(|button| button.primary).collect::<Vec<_>>(), [true, false], "one of them stands out");
    }

    #[test]
    fn a_menu_says_what_it_opens() {
        let control = next("Require MFA", SkillId::Control, vec![("name", "x".to_owned())]);
        let tenant = next("contoso", SkillId::SecureScore, Vec::new());
        let placeholder = |leads: Vec<(String, &Next)>| menu_of(&rows(&PageActions { leads, ..page_of("q") }, &LIMITS)[0]).placeholder;
        assert_eq!(placeholder(vec![(id(1), &control), (id(2), &control)]), "Open a control");
        assert_eq!(placeholder(vec![(id(1), &tenant)]), "Open a tenant");
    }

    #[test]
    fn labels_and_options_have_their_limits() {
        for grapheme in ["a", "🛡", "👨\u{200d}👩\u{200d}👧", "e\u{301}"] {
            for limit in [LIMITS.label, LIMITS.option] {
                for length in [limit - 1, limit, limit + 1] {
                    let label = grapheme.repeat(length / units(grapheme)) + &"x".repeat(length % units(grapheme));
                    let shown = one_line(&label);
                    let one = next(&label, SkillId::Control, vec![("name", format!("{label}2"))]);
                    let rows = rows(&PageActions { leads: vec![(id(1), &one)], next: vec![(id(2), &one)], ..page_of("q") }, &LIMITS);
                    let option = &menu_of(&rows[0]).options[0];
                    assert!(units(&option.label) <= LIMITS.option && units(option.description.as_deref().unwrap()) <= LIMITS.option);
                    let button = &buttons(&rows[1])[0].label;
                    assert!(units(button) <= LIMITS.label, "{button}");
                    assert_eq!(*button == shown, units(&shown) <= LIMITS.label, "{button}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_one_too_many() {
        let one = next("a", SkillId::Control, vec![("name", "a".to_owned())]);
        let many = |from: usize| (from..from + 60).map(|number| (id(number), &one)).collect::<Vec<_>>();
        for snooze in [None, Some("delivery")] {
            let actions =
                PageActions { leads: many(0), next: many(1000), page: 1, pages: 3, refresh: true, share: true, snooze, ..page_of("q") };
            let rows = rows(&actions, &LIMITS);
            assert_eq!((rows.len(), menu_of(&rows[1]).options.len()), (3, LIMITS.options));
            assert_eq!(buttons(&rows[2]).len(), LIMITS.per_row);
            assert_eq!(buttons(&rows[2]).last().unwrap().label == "Snooze", snooze.is_some());
        }
    }
}
