//! What does `/help` teach? Every command with an example, whose score may be asked for, who sees an answer; in one screen.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{
    embed::Embed,
    escape::{code, sentence, short, words},
    outgoing_message::OutgoingMessage,
};
use crate::{
    access::Asker,
    ask::ALL_TENANTS,
    manifests::{
        TENANT,
        discord::{OPERATIONS, OperationCommand},
    },
    skills::{self, Entry, Example},
};

/// How many tenants are named, and how much of each name is: a field holds them all.
const NAMED: usize = 10;
const NAME: usize = 40;

const SEEN_BY: &str = "Everybody in the channel, where the channel itself may see the tenant; else only you. Choose with `share`. \
    Accepted risks are for you alone until you share them.";
const GO_ON: &str = "Below an answer: turn its pages, open one of its rows, refresh, ask what comes next.";

/// The help for `asker`, who may see `tenants`; `None` is somebody who may see nothing here, and is told what `nobody` is told.
pub fn help(asker: Option<&Asker>, tenants: &[String], nobody: &str) -> OutgoingMessage {
    let title = "Microsoft Secure Score, asked in chat".to_owned();
    let Some(asker) = asker.filter(|_| !tenants.is_empty()) else {
        return OutgoingMessage::new(Embed { title, description: sentence(nobody), ..Embed::default() }, Vec::new());
    };
    let may = |operation: &&OperationCommand| if operation.operates { asker.role.operates() } else { asker.role.sees_names() };
    let operations = OPERATIONS.iter().filter(may).map(operation);
    let commands: Vec<String> = skills::ALL.iter().map(command).chain(operations).collect();
    let mut seen = vec![named(tenants)];
    if tenants.len() > 1 {
        seen.push(choosing());
    }
    if !asker.role.sees_names() {
        seen.push("Names of people are left out.".to_owned());
    }
    let fields = [("Tenants", seen.join("\n")), ("Who sees an answer", sentence(SEEN_BY)), ("Going on", sentence(GO_ON))];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).to_vec();
    OutgoingMessage::new(Embed { title, description: commands.join("\n"), fields, ..Embed::default() }, Vec::new())
}

/// A command, what it answers, and an example that shows what it takes.
fn command(skill: &Entry) -> String {
    let examples = (skill.examples)();
    // Without arguments it would be the name once more.
    let telling = examples.iter().find(|example| example.tenant != ALL_TENANTS && example.args != "{}");
    let example = telling.map_or_else(String::new, |example| format!("\n{}", code(&typed(skill, example))));
    format!("**/{}** {}{example}", words(skill.chat), words(skill.summary))
}

/// A command that changes something, likewise.
fn operation(operation: &OperationCommand) -> String {
    format!("**/{}** {}\n{}", words(operation.name), words(operation.summary), code(operation.example))
}

/// The example as somebody types it: `/weakest limit:3 category:identity`.
fn typed(skill: &Entry, example: &Example) -> String {
    let args: Map<String, Value> = serde_json::from_str(example.args).unwrap_or_default();
    let mut typed = format!("/{}", skill.chat);
    for (name, value) in &args {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let _ = write!(typed, " {name}:{value}");
    }
    typed
}

/// How one of several tenants is asked about, and all of them.
fn choosing() -> String {
    let of_all: Vec<String> = skills::ALL.iter().filter(|skill| skill.all_tenants).map(|skill| code(&format!("/{}", skill.chat))).collect();
    let (one, all) = (code(&format!("{TENANT}:NAME")), code(&format!("{TENANT}:{ALL_TENANTS}")));
    format!("Add {one} to a command; {all} for {}.", of_all.join(", "))
}

fn named(tenants: &[String]) -> String {
    let more = tenants.len().saturating_sub(NAMED);
    let names: Vec<String> = tenants.iter().take(NAMED).map(|name| short(name, NAME)).collect();
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Role, Tenants};

    fn text(said: OutgoingMessage) -> String {
        let embed = said.embed.unwrap();
        assert_eq!(embed.clone().fitted(), embed, "it fits as it is");
        let fields: Vec<String> = embed.fields.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        format!("{}\n{}", embed.description, fields.join("\n"))
    }

    #[test]
    fn every_command_is_taught_in_one_screen() {
        let asker = Asker { role: Role::Reader, tenants: Tenants::All, ..Asker::local() };
        let tenants: Vec<String> = (0..500).map(|at| format!("tenant_{at}_{}", "x".repeat(40))).collect();
        let help = text(help(Some(&asker), &tenants, "No."));
        for skill in &skills::ALL {
            assert!(help.contains(&format!("**/{}** ", skill.chat)), "{help}");
            assert_eq!(help.contains(&format!("`/{}`", skill.chat)), skill.all_tenants, "{help}");
        }
        assert!(help.contains("and 490 more\nAdd `tenant:NAME`") && help.contains("\nNames of people are left out."), "{help}");
        // A screen of a phone is about 40 lines of 40.
        let lines: usize =
            super::help(Some(&asker), &tenants[..1], "No.").embed.unwrap().description.lines().map(|line| line.len().div_ceil(40)).sum();
        assert!(lines <= 5 * skills::ALL.len(), "{lines}");
    }

    #[test]
    fn who_may_see_nothing_learns_what_to_do() {
        for said in [help(None, &["contoso".to_owned()], "Ask `x`."), help(Some(&Asker::local()), &[], "Ask `x`.")] {
            let help = text(said);
            assert_eq!(help.trim_end(), "Ask `x`.");
        }
    }

    #[test]
    fn analysts_see_names_and_who_has_one_tenant_chooses_none() {
        let help = text(help(Some(&Asker::local()), &["contoso".to_owned()], "No."));
        assert!(!help.contains("left out") && !help.contains("tenant:"), "{help}");
    }
}
