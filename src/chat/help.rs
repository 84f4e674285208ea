//! What does `/help` teach? Every command with an example, whose score may be asked for, who sees an answer; in one screen.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{
    Notice, NoticeLine, Phrase,
    commands::{OPERATIONS, OperationCommand},
};
use crate::{
    access::Asker,
    ask::ALL_TENANTS,
    skills::{self, Entry, Example, TENANT},
    text::{cut_units, one_line},
};

/// How many tenants are named, and how much of each name is: a field holds them all.
const NAMED: usize = 10;
const NAME: usize = 40;

const SEEN_BY: &str = "Everybody in the channel, where the channel itself may see the tenant; else only you. Choose with `share`. \
    Accepted risks are for you alone until you share them.";
const GO_ON: &str = "Below an answer: turn its pages, open one of its rows, refresh, ask what comes next.";

/// The help for `asker`, who may see `tenants`; `None` is somebody who may see nothing here, and is told what `nobody` is told. `command_line` writes
/// commands as they are typed.
pub fn help(asker: Option<&Asker>, tenants: &[String], nobody: String, command_line: impl Fn(&str) -> String) -> Notice {
    let title = "Microsoft Secure Score, asked in chat".to_owned();
    let Some(asker) = asker.filter(|_| !tenants.is_empty()) else {
        return Notice { title, ..Notice::sentence(nobody) };
    };
    let may = |operation: &&OperationCommand| if operation.operates { asker.role.operates() } else { asker.role.sees_names() };
    let operations = OPERATIONS.iter().filter(may);
    let operations = operations.map(|operation| (operation.name, operation.summary, Some(operation.example.to_owned())));
    let commands = skills::ALL.iter().map(|skill| (skill.chat, skill.summary, example(skill))).chain(operations);
    let entries =
        commands.map(|(name, summary, example)| taught(command_line(name), summary, example.map(|example| command_line(&example))));
    let entries = entries.collect();
    let mut seen = vec![named(tenants)];
    if tenants.len() > 1 {
        seen.push(sentence(choosing(&command_line)));
    }
    if !asker.role.sees_names() {
        seen.push(sentence("Names of people are left out.".to_owned()));
    }
    let parts =
        vec![("Tenants", seen), ("Who sees an answer", vec![sentence(SEEN_BY.to_owned())]), ("Going on", vec![sentence(GO_ON.to_owned())])];
    Notice { title, entries, parts }
}

fn sentence(sentence: String) -> NoticeLine {
    NoticeLine::new(vec![Phrase::Sentence(sentence.into())])
}

/// A command, what it does, and an example that shows what it takes.
fn taught(command: String, summary: &str, example: Option<String>) -> Vec<NoticeLine> {
    let head = vec![Phrase::Strong(command), Phrase::Fixed(" "), Phrase::Text(summary.to_owned())];
    let example = example.map(|example| NoticeLine::new(vec![Phrase::Code(example)]));
    std::iter::once(NoticeLine::new(head)).chain(example).collect()
}

/// An example that says more than the name of the command once more.
fn example(skill: &Entry) -> Option<String> {
    let examples = (skill.examples)();
    let telling = examples.iter().find(|example| example.tenant != ALL_TENANTS && example.args != "{}");
    telling.map(|example| typed(skill, example))
}

/// The example as somebody types it behind what begins a command: `weakest limit:3 category:identity`.
fn typed(skill: &Entry, example: &Example) -> String {
    let args: Map<String, Value> = serde_json::from_str(example.args).unwrap_or_default();
    let mut typed = skill.chat.to_owned();
    for (name, value) in &args {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let _ = write!(typed, " {name}:{value}");
    }
    typed
}

/// How one of several tenants is asked about, and all of them.
fn choosing(command_line: impl Fn(&str) -> String) -> String {
    let of_all: Vec<String> =
        skills::ALL.iter().filter(|skill| skill.all_tenants).map(|skill| format!("`{}`", command_line(skill.chat))).collect();
    format!("Add `{TENANT}:NAME` to a command; `{TENANT}:{ALL_TENANTS}` for {}.", of_all.join(", "))
}

fn named(tenants: &[String]) -> NoticeLine {
    let more = tenants.len().saturating_sub(NAMED);
    let mut phrases = Vec::new();
    for (at, name) in tenants.iter().take(NAMED).enumerate() {
        if at > 0 {
            phrases.push(Phrase::Fixed(", "));
        }
        phrases.push(Phrase::Text(cut_units(&one_line(name), NAME)));
    }
    if more > 0 {
        phrases.extend([Phrase::Fixed(" "), Phrase::Text(format!("and {more} more"))]);
    }
    NoticeLine::new(phrases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Role, Tenants};

    fn plain(line: &NoticeLine) -> String {
        line.phrases.iter().fold(String::new(), |all, phrase| match phrase {
            Phrase::Fixed(text) => all + text,
            Phrase::Text(text) | Phrase::Strong(text) | Phrase::Code(text) => all + text,
            Phrase::Sentence(text) => all + text,
            Phrase::Person(_) | Phrase::Room(_) | Phrase::Day(_) | Phrase::Moment(_) => panic!("{phrase:?}"),
        })
    }

    fn slash(words: &str) -> String {
        format!("/{words}")
    }

    fn text(notice: &Notice) -> String {
        let lines = notice.entries.iter().flatten().map(plain);
        let parts = notice.parts.iter().flat_map(|(name, lines)| lines.iter().map(move |line| format!("{name}: {}", plain(line))));
        lines.chain(parts).map(|line| line + "\n").collect()
    }

    #[test]
    fn every_command_is_taught_in_one_screen() {
        let asker = Asker { role: Role::Reader, tenants: Tenants::All, ..Asker::local() };
        let tenants: Vec<String> = (0..500).map(|at| format!("tenant_{at}_{}", "x".repeat(40))).collect();
        let taught = text(&help(Some(&asker), &tenants, "No.".to_owned(), slash));
        for skill in &skills::ALL {
            assert!(taught.contains(&format!("/{} {}", skill.chat, skill.summary)), "{taught}");
            assert_eq!(taught.contains(&format!("`/{}`", skill.chat)), skill.all_tenants, "{taught}");
        }
        assert!(
            taught.contains("and 490 more\nTenants: Add `tenant:NAME`") && taught.contains("Names of people are left out."),
            "{taught}"
        );
        // A screen of a phone is about 40 lines of 40.
        let entries = help(Some(&asker), &tenants[..1], "No.".to_owned(), slash).entries;
        let lines: usize = entries.iter().flatten().map(|line| plain(line).len().div_ceil(40)).sum();
        assert!(lines <= 5 * skills::ALL.len(), "{lines}");
    }

    #[test]
    fn who_may_see_nothing_learns_what_to_do() {
        for notice in [
            help(None, &["contoso".to_owned()], "Ask `x`.".to_owned(), slash),
            help(Some(&Asker::local()), &[], "Ask `x`.".to_owned(), slash),
        ] {
            assert_eq!(text(&notice), "Ask `x`.\n");
        }
    }

    #[test]
    fn analysts_see_names_and_who_has_one_tenant_chooses_none() {
        let help = text(&help(Some(&Asker::local()), &["contoso".to_owned()], "No.".to_owned(), slash));
        assert!(!help.contains("left out") && !help.contains("tenant:"), "{help}");
    }
}
