//! Does Discord have the commands that we have? Compared without what it fills in by itself, so that they are written only when
//! they differ: <https://docs.discord.com/developers/interactions/application-commands#application-command-object>.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use crate::text::one_line;

/// What Discord adds to a command, or says in another way too.
const FILLED_IN: [&str; 10] = [
    "id",
    "application_id",
    "version",
    "guild_id",
    "default_permission",
    "dm_permission",
    "handler",
    "name_localized",
    "description_localized",
    "global_popularity_rank",
];
/// What Discord fills in only where we say nothing: a server's own commands have no contexts.
const FILLED_IN_UNLESS_SAID: [&str; 2] = ["contexts", "integration_types"];
/// Members whose order means nothing.
const SETS: [&str; 2] = ["contexts", "integration_types"];
/// `type` of a slash command, which stands for itself when no type is given.
const SLASH: u64 = 1;

/// What would change in Discord.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// The names of commands that Discord does not have.
    pub added: Vec<String>,
    /// The names of commands that are otherwise there, each with what is.
    pub changed: Vec<(String, Vec<String>)>,
    /// The names of commands that only Discord has.
    pub removed: Vec<String>,
}

impl Differences {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Differences {
    /// A line for each command, none with a line break at the end of all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = self.added.iter().map(|name| format!("added {name}"));
        let changed = self.changed.iter().map(|(name, what)| format!("changed {name}: {}", what.join(", ")));
        let removed = self.removed.iter().map(|name| format!("removed {name}"));
        f.write_str(&added.chain(changed).chain(removed).collect::<Vec<_>>().join("\n"))
    }
}

/// How `commands`, which are to be there, differ from those that Discord has.
pub fn register(commands: &Value, have: Vec<Value>) -> Differences {
    let wanted = commands.as_array().cloned().unwrap_or_default().into_iter().map(plain);
    let mut have: BTreeMap<(u64, String), Map<String, Value>> = have.into_iter().map(plain).map(|one| (key(&one), one)).collect();
    let mut differences = Differences::default();
    for wanted in wanted {
        let shown = shown(&wanted);
        match have.remove(&key(&wanted)) {
            None => differences.added.push(shown),
            Some(mut there) => {
                there.retain(|member, _| !FILLED_IN_UNLESS_SAID.contains(&member.as_str()) || wanted.contains_key(member));
                if there != wanted {
                    differences.changed.push((shown, what_differs(&wanted, &there)));
                }
            }
        }
    }
    differences.removed = have.values().map(shown).collect();
    differences
}

/// What tells a command from all others: its type and its name.
fn key(command: &Map<String, Value>) -> (u64, String) {
    (command.get("type").and_then(Value::as_u64).unwrap_or(SLASH), name(command).to_owned())
}

fn name(named: &Map<String, Value>) -> &str {
    named.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// The name of a command as people know it. Others may have written what Discord has.
fn shown(command: &Map<String, Value>) -> String {
    let name = one_line(name(command));
    if key(command).0 == SLASH { format!("/{name}") } else { format!("`{name}`") }
}

/// `given` without what Discord fills in and what means the same as nothing, in the one way to write it.
fn plain(given: Value) -> Map<String, Value> {
    let Value::Object(mut command) = given else { return Map::new() };
    command.retain(|member, _| !FILLED_IN.contains(&member.as_str()));
    command.entry("type").or_insert_with(|| SLASH.into());
    for set in SETS {
        if let Some(Value::Array(members)) = command.get_mut(set) {
            members.sort_by_key(Value::as_u64);
        }
    }
    tidy(&mut command);
    command
}

/// Removes what means the same as nothing, in options and choices too.
fn tidy(object: &mut Map<String, Value>) {
    object.retain(|member, value| match value {
        Value::Null => false,
        Value::Bool(set) => *set || !matches!(member.as_str(), "required" | "autocomplete" | "nsfw"),
        Value::Object(texts) => !(member.ends_with("_localizations") && texts.is_empty()),
        Value::Array(members) => !members.is_empty(),
        Value::Number(_) | Value::String(_) => true,
    });
    for member in ["options", "choices"] {
        for part in object.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(part) = part {
                tidy(part);
            }
        }
    }
}

/// The members in which `wanted` and `there` differ, options by their names.
fn what_differs(wanted: &Map<String, Value>, there: &Map<String, Value>) -> Vec<String> {
    let mut what: Vec<String> = members_that_differ(wanted, there).into_iter().filter(|member| member != "options").collect();
    let [ours, theirs] = [wanted, there].map(options);
    let names = |options: &[&Map<String, Value>]| options.iter().map(|option| name(option).to_owned()).collect::<Vec<_>>();
    for option in &ours {
        let shown = name(option);
        match theirs.iter().find(|other| name(other) == shown) {
            None => what.push(format!("option {shown} is new")),
            Some(other) if other != option => {
                what.push(format!("{} of option {shown}", members_that_differ(option, other).join(" and ")));
            }
            Some(_) => {}
        }
    }
    let gone = theirs.iter().filter(|other| ours.iter().all(|option| name(option) != name(other)));
    what.extend(gone.map(|option| format!("option {} is gone", one_line(name(option)))));
    if what.is_empty() && names(&ours) != names(&theirs) {
        what.push("the order of its options".to_owned());
    }
    what
}

fn options(command: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    command.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

/// The names of the members in which `one` and `other` differ.
fn members_that_differ(one: &Map<String, Value>, other: &Map<String, Value>) -> Vec<String> {
    let mut members: Vec<&String> = one.keys().chain(other.keys()).filter(|member| one.get(*member) != other.get(*member)).collect();
    members.sort_unstable();
    members.dedup();
    members.into_iter().map(|member| one_line(member).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifests::discord;

    /// `commands` as Discord gives them back: with what it fills in.
    fn given_back(commands: &Value, guild: bool) -> Vec<Value> {
        let mut back = commands.as_array().unwrap().clone();
        for (at, command) in back.iter_mut().enumerate() {
            let more = json!({
                "id": format!("10000000000000000{at}"), "application_id": "1000000000000000001", "version": "1300000000000000001",
                "default_member_permissions": null, "default_permission": true, "nsfw": false, "name_localizations": null,
                "description_localizations": null,
            });
            command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            if guild {
                command["guild_id"] = "2000000000000000002".into();
                command["integration_types"] = json!([0]);
                command["contexts"] = Value::Null;
            } else {
                command["dm_permission"] = true.into();
                command["contexts"] = json!([1, 0]);
            }
            for option in command["options"].as_array_mut().into_iter().flatten() {
                for (member, value) in [("required", false.into()), ("autocomplete", false.into()), ("name_localizations", Value::Null)] {
                    option.as_object_mut().unwrap().entry(member).or_insert(value);
                }
                for choice in option["choices"].as_array_mut().into_iter().flatten() {
                    choice["name_localizations"] = Value::Null;
                }
            }
        }
        back.reverse();
        back
    }

    fn changed(change: impl FnOnce(&mut Vec<Value>)) -> String {
        let mut have = given_back(&discord::commands(), false);
        // As `discord.json` has them.
        have.reverse();
        change(&mut have);
        register(&discord::commands(), have).to_string()
    }

    #[test]
    fn what_was_written_needs_no_writing() {
        for (commands, guild) in [(discord::commands(), false), (discord::for_one_server(), true)] {
            let differences = register(&commands, given_back(&commands, guild));
            assert!(differences.is_empty(), "{differences}");
            assert!(register(&commands, commands.as_array().unwrap().clone()).is_empty());
        }
    }

    #[test]
    fn all_are_added_where_none_is() {
        let differences = register(&discord::commands(), Vec::new());
        assert_eq!(differences.added.len(), discord::commands().as_array().unwrap().len());
        assert!(differences.added.contains(&"/score".to_owned()) && differences.changed.is_empty() && differences.removed.is_empty());
        assert!(register(&json!([]), Vec::new()).is_empty());
    }

    #[test]
    fn what_differs_is_said_in_words() {
        type Change = fn(&mut Vec<Value>);
        let cases: [(Change, &str); 12] = [
            (|have| drop(have.remove(0)), "added /score"),
            (|have| have.push(json!({ "name": "old", "type": 1, "description": "x" })), "removed /old"),
            (|have| have.push(json!({ "name": "Ask\nabout", "type": 3 })), "removed `Ask about`"),
            (|have| have[0]["description"] = "x".into(), "changed /score: description"),
            (|have| have[0]["default_member_permissions"] = "0".into(), "changed /score: default_member_permissions"),
            (|have| have[0]["nsfw"] = true.into(), "changed /score: nsfw"),
            (|have| have[0]["contexts"] = json!([0]), "changed /score: contexts"),
            (|have| have[0]["description_localizations"] = json!({ "de": "x" }), "changed /score: description_localizations"),
            (|have| have[0]["options"][1]["autocomplete"] = false.into(), "changed /score: autocomplete of option tenant"),
            (|have| have[0]["options"][2]["choices"][0]["name"] = "x".into(), "changed /score: choices of option share"),
            (|have| have[0]["options"].as_array_mut().unwrap().reverse(), "changed /score: the order of its options"),
            (|have| have[0]["options"][2]["name"] = "seen".into(), "changed /score: option share is new, option seen is gone"),
        ];
        for (change, said) in cases {
            assert_eq!(changed(change), said);
        }
        let several = changed(|have| {
            have[1]["options"].as_array_mut().unwrap().pop();
            drop(have.remove(0));
            have.push(json!({ "name": "old", "description": "x" }));
        });
        assert_eq!(several, "added /score\nchanged /weakest: option share is new\nremoved /old");
    }

    #[test]
    fn a_command_of_another_type_is_another_one() {
        let said = changed(|have| have[0]["type"] = 2.into());
        assert_eq!(said, "added /score\nremoved `score`");
        assert_eq!(register(&json!([]), vec![json!("text"), Value::Null]).removed, ["/"], "what is no command is not kept");
    }
}
