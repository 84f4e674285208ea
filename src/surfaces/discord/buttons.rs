//! What can be pressed below an answer? Rows for a page: turning it, its rows, what comes next.

use serenity::{
    all::ButtonStyle,
    builder::{CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption},
};

use super::{
    component_id::{ComponentId, to_snooze},
    escape::bare,
    limits,
    modal::missing,
};
use crate::{card::Next, skills::control_of, text::cut_units};

/// What there is to press below a page.
#[derive(Debug)]
pub struct Laid<'a> {
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

/// The rows below a page: turning it and what else can be done with it, its rows, what comes next.
pub fn rows(laid: &Laid<'_>) -> Vec<CreateActionRow> {
    let of_the_page = of_the_page(laid);
    let mut rows = if of_the_page.is_empty() { Vec::new() } else { vec![CreateActionRow::Buttons(of_the_page)] };
    // Discord refuses two values that are equal, and two components of one id.
    let mut seen = vec![laid.question];
    rows.extend(leads(&unseen(&laid.leads, &mut seen, limits::OPTIONS)));
    let snooze = laid.snooze.map(|id| CreateButton::new(to_snooze(id)));
    let next = unseen(&laid.next, &mut seen, limits::BUTTONS - usize::from(snooze.is_some()));
    let next = next.into_iter().enumerate().map(|(at, (id, next))| go_on(at == 0, id, next));
    let next: Vec<_> = next.chain(snooze.map(|button| button.style(ButtonStyle::Secondary).label("Snooze"))).collect();
    if !next.is_empty() {
        rows.push(CreateActionRow::Buttons(next));
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

fn of_the_page(laid: &Laid<'_>) -> Vec<CreateButton> {
    let id = laid.question.to_owned();
    let mut buttons = Vec::new();
    if laid.pages > 1 {
        let to = |page: usize| CreateButton::new(ComponentId::Page { id: id.clone(), page }.custom_id()).style(ButtonStyle::Secondary);
        // There is no page before the first: its button is named after the one behind the last, as no other is.
        let before = laid.page.checked_sub(1).unwrap_or(laid.pages);
        buttons.push(to(before).label("◀").disabled(laid.page == 0));
        buttons.push(to(laid.page).label(format!("{}/{}", laid.page + 1, laid.pages)).disabled(true));
        buttons.push(to(laid.page + 1).label("▶").disabled(laid.page + 1 >= laid.pages));
    }
    if laid.refresh {
        buttons.push(
            CreateButton::new(ComponentId::Fresh { id: id.clone(), page: laid.page }.custom_id())
                .style(ButtonStyle::Secondary)
                .label("Refresh"),
        );
    }
    if laid.share {
        buttons.push(CreateButton::new(ComponentId::Share { id }.custom_id()).style(ButtonStyle::Secondary).label("Show to all"));
    }
    buttons
}

fn leads(leads: &[(&str, &Next)]) -> Option<CreateActionRow> {
    let option = |(id, next): &(&str, &Next)| {
        let label = label(next);
        let option = CreateSelectMenuOption::new(cut_units(&label, limits::OPTION), cut_units(id, limits::OPTION));
        match named(next).filter(|name| *name != label) {
            Some(name) => option.description(cut_units(&name, limits::OPTION)),
            None => option,
        }
    };
    let options: Vec<CreateSelectMenuOption> = leads.iter().map(option).collect();
    if options.is_empty() {
        return None;
    }
    let menu = CreateSelectMenu::new(ComponentId::Pick.custom_id(), CreateSelectMenuKind::String { options });
    let placeholder = match leads.iter().filter(|(_, next)| named(next).is_some()).count() {
        0 => "Open a tenant",
        controls if controls == leads.len() => "Open a control",
        _ => "Open one of these",
    };
    Some(CreateActionRow::SelectMenu(menu.placeholder(placeholder)))
}

fn go_on(likeliest: bool, id: &str, next: &Next) -> CreateButton {
    let id = id.to_owned();
    let given = |name: &str| next.args.iter().any(|(given, _)| *given == name);
    let asks = !missing(next.skill.entry(), given).is_empty();
    let press = if asks { ComponentId::Find { id } } else { ComponentId::Open { id } };
    let style = if likeliest { ButtonStyle::Primary } else { ButtonStyle::Secondary };
    CreateButton::new(press.custom_id()).style(style).label(cut_units(&label(next), limits::LABEL))
}

/// What a person chooses it by; never empty, which Discord would refuse.
fn label(next: &Next) -> String {
    let label = Some(bare(&next.label)).filter(|label| !label.is_empty());
    label.or_else(|| named(next)).unwrap_or_else(|| format!("/{} {}", next.skill.entry().chat, bare(&next.tenant)).trim_end().to_owned())
}

/// The control that it is about, by the name that only it has; `None` where it is about a tenant.
fn named(next: &Next) -> Option<String> {
    control_of(next).map(bare).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::skill_id::SkillId;

    fn next(label: &str, skill: SkillId, args: Vec<(&'static str, String)>) -> Next {
        let args = args.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Next { label: label.to_owned(), skill, tenant: "contoso".to_owned(), args }
    }

    fn sent(laid: &Laid<'_>) -> Value {
        serde_json::to_value(rows(laid)).unwrap()
    }

    fn id(number: usize) -> String {
        format!("{number:016}")
    }

    #[test]
    fn pages_turn_and_end() {
        for pages in 2..5 {
            for page in 0..pages {
                let question = id(7);
                let sent = sent(&Laid {
                    question: &question,
                    leads: Vec::new(),
                    next: Vec::new(),
                    page,
                    pages,
                    refresh: true,
                    share: true,
                    snooze: None,
                });
                let buttons = sent[0]["components"].as_array().unwrap();
                let ids: std::collections::BTreeSet<_> = buttons.iter().map(|button| button["custom_id"].as_str().unwrap()).collect();
                assert_eq!((buttons.len(), ids.len()), (limits::BUTTONS, limits::BUTTONS), "{page} of {pages}");
                assert_eq!(buttons[1]["label"], format!("{}/{pages}", page + 1));
                let leads_to = |button: &Value| {
                    let open = button["disabled"] != json!(true);
                    open.then(|| ComponentId::read(button["custom_id"].as_str().unwrap()).unwrap())
                };
                let to = |page| ComponentId::Page { id: question.clone(), page };
                assert_eq!(leads_to(&buttons[0]), page.checked_sub(1).map(to));
                assert_eq!(leads_to(&buttons[2]), (page + 1 < pages).then(|| to(page + 1)));
                assert_eq!(
                    leads_to(&buttons[3]),
                    Some(ComponentId::Fresh { id: question.clone(), page }),
                    "what is read anew stays on its page"
                );
            }
        }
    }

    #[test]
    fn one_page_is_not_turned_and_only_offers_what_is_possible() {
        let labels = |refresh, share| {
            let sent = sent(&Laid { question: "q", leads: Vec::new(), next: Vec::new(), page: 0, pages: 1, refresh, share, snooze: None });
            let rows = sent.as_array().unwrap();
            assert!(rows.iter().all(|row| !row["components"].as_array().unwrap().is_empty()), "an empty row is refused");
            let buttons = rows.iter().flat_map(|row| row["components"].as_array().unwrap());
            buttons.map(|button| button["label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
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
        let sent = sent(&Laid {
            question: &question,
            leads,
            next: vec![(id(3), &find), (id(2), &score), (id(3), &find), (id(4), &one)],
            page: 0,
            pages: 1,
            refresh: true,
            share: false,
            snooze: None,
        });
        let select = &sent[1]["components"][0];
        assert_eq!((&select["type"], &select["custom_id"]), (&json!(3), &json!("pick")));
        let options = json!([
            { "label": "Require MFA", "value": id(1), "description": "AdminMFAV2" },
            { "label": "/score contoso", "value": id(2) },
        ]);
        assert_eq!((&select["options"], &select["placeholder"]), (&options, &json!("Open one of these")));
        // What wants a name first is found, what does not is opened.
        let ids: Vec<_> = sent[2]["components"].as_array().unwrap().iter().map(|button| button["custom_id"].as_str().unwrap()).collect();
        assert_eq!(ids, [format!("find:{}", id(3)), format!("open:{}", id(4))]);
        // One of them stands out.
        assert_eq!((&sent[2]["components"][0]["style"], &sent[2]["components"][1]["style"]), (&json!(1), &json!(2)));
    }

    #[test]
    fn a_menu_says_what_it_opens() {
        let (control, tenant) =
            (next("Require MFA", SkillId::Control, vec![("name", "x".to_owned())]), next("contoso", SkillId::SecureScore, Vec::new()));
        let placeholder = |leads: Vec<(String, &Next)>| {
            let laid = Laid { question: "q", leads, next: Vec::new(), page: 0, pages: 1, refresh: true, share: false, snooze: None };
            sent(&laid)[1]["components"][0]["placeholder"].take()
        };
        assert_eq!(placeholder(vec![(id(1), &control), (id(2), &control)]), "Open a control");
        assert_eq!(placeholder(vec![(id(1), &tenant)]), "Open a tenant");
    }

    #[test]
    fn labels_and_options_have_their_limits() {
        for grapheme in ["a", "🛡", "👨\u{200d}👩\u{200d}👧", "e\u{301}"] {
            for limit in [limits::LABEL, limits::OPTION] {
                for length in [limit - 1, limit, limit + 1] {
                    let label = grapheme.repeat(length / limits::units(grapheme)) + &"x".repeat(length % limits::units(grapheme));
                    let shown = bare(&label);
                    let one = next(&label, SkillId::Control, vec![("name", format!("{label}2"))]);
                    let sent = sent(&Laid {
                        question: "q",
                        leads: vec![(id(1), &one)],
                        next: vec![(id(2), &one)],
                        page: 0,
                        pages: 1,
                        refresh: true,
                        share: false,
                        snooze: None,
                    });
                    let option = &sent[1]["components"][0]["options"][0];
                    let texts = [
                        (&option["label"], limits::OPTION),
                        (&option["description"], limits::OPTION),
                        (&sent[2]["components"][0]["label"], limits::LABEL),
                    ];
                    for (text, most) in texts {
                        assert!(limits::units(text.as_str().unwrap()) <= most, "{text}");
                    }
                    let button = texts[2].0.as_str().unwrap();
                    assert_eq!(button == shown, limits::units(&shown) <= limits::LABEL, "{button}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_one_too_many() {
        let one = next("a", SkillId::Control, vec![("name", "a".to_owned())]);
        let many = |from: usize| (from..from + 60).map(|number| (id(number), &one)).collect::<Vec<_>>();
        let sent =
            sent(&Laid { question: "q", leads: many(0), next: many(1000), page: 1, pages: 3, refresh: true, share: true, snooze: None });
        assert_eq!(sent[1]["components"][0]["options"].as_array().unwrap().len(), limits::OPTIONS);
        assert_eq!(sent[2]["components"].as_array().unwrap().len(), limits::BUTTONS);
        assert!(sent.as_array().unwrap().len() <= limits::ROWS);
    }
}
