//! How do assistants learn what can be asked? OpenAPI 3.0.1, made from the skills.
//!
//! It stays inside what Security Copilot, Microsoft 365 Copilot and GPT Actions all read: version 3.0.1
//! (<https://learn.microsoft.com/en-us/copilot/security/custom-plugins>), GET only, no `$ref`, no
//! polymorphism, no nullable, descriptions of at most 300 characters for an operation and 700 for a
//! parameter (<https://developers.openai.com/api/docs/actions/production>).
//!
//! Twice: as every host reads it, and for Microsoft 365 Copilot, which cites rows that link.

use serde_json::{Map, Value, json};

use super::{EntraValues, Values, operation_id, path};
use crate::skills::{
    ALL, Entry, Example, TENANT,
    options::{Opt, TEXT_MAX},
};

/// The longest description of an operation, in characters: GPT Actions' limit, the least of all hosts.
pub const OPERATION_DESCRIPTION_MAX: usize = 300;
/// The longest description of a parameter, in characters: GPT Actions' limit, the least of all hosts.
pub const PARAMETER_DESCRIPTION_MAX: usize = 700;

/// Below this path the same skills answer in the linked form.
pub const LINKED: &str = "/linked";

/// The document for every host.
pub(super) fn ordinary(values: &Values) -> Vec<u8> {
    narrow(&document(&values.url, false, None))
}

/// The document for hosts that cite rows. With Entra values people sign in themselves, else one key is sent for all.
pub(super) fn linked(values: &Values) -> Vec<u8> {
    narrow(&document(&format!("{}{LINKED}", values.url), true, values.entra.as_ref()))
}

/// The document for a service whose skills are asked below `url`.
fn document(url: &str, linked: bool, entra: Option<&EntraValues>) -> Value {
    let paths: Map<String, Value> = ALL.iter().map(|skill| (path(skill), json!({ "get": operation(skill, linked) }))).collect();
    let (security, scheme) = entra.map_or_else(key, sign_in);
    json!({
        "openapi": "3.0.1",
        "info": {
            "title": "scorewatch",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Microsoft Secure Score of one or many tenants: where they stand, what changed and why, what to improve first, which risks are accepted.",
        },
        "servers": [{ "url": url }],
        "security": [security],
        "components": { "securitySchemes": scheme },
        "paths": paths,
    })
}

/// One key, or a token that somebody brings.
fn key() -> (Value, Value) {
    let scheme = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of scorewatch, or a Microsoft Entra access token for it.",
    });
    (json!({ "bearer": [] }), json!({ "bearer": scheme }))
}

/// Each person signs in. Microsoft 365 Copilot takes one way to sign in per operation, not two
/// (<https://learn.microsoft.com/microsoft-365-copilot/extensibility/known-issues>).
fn sign_in(entra: &EntraValues) -> (Value, Value) {
    let scope = entra.full_scope();
    let flow = json!({
        "authorizationUrl": entra.authorize_url(),
        "tokenUrl": entra.token_url(),
        "refreshUrl": entra.token_url(),
        "scopes": { scope.as_str(): "Ask scorewatch what your own grants allow." },
    });
    let scheme = json!({ "type": "oauth2", "description": "Sign in with Microsoft Entra.", "flows": { "authorizationCode": flow } });
    (json!({ "entra": [scope] }), json!({ "entra": scheme }))
}

fn operation(skill: &Entry, linked: bool) -> Value {
    let examples = (skill.examples)();
    let arguments = skill.options.iter().map(|option| argument(option, examples));
    let parameters: Vec<Value> = std::iter::once(tenant(skill, examples)).chain(arguments).collect();
    json!({
        "operationId": operation_id(skill.name),
        "summary": skill.summary,
        // Only Security Copilot reads prompts there.
        "description": if linked { skill.guide.to_owned() } else { description(skill.guide, examples) },
        "x-openai-isConsequential": false,
        "parameters": parameters,
        "responses": { "200": answer(skill, linked), "default": problem() },
    })
}

/// The guide, and as many example prompts as the limit leaves room for. Security Copilot reads lines that
/// begin with `#ExamplePrompts`; a key of that name would make the document invalid for other hosts.
fn description(guide: &str, examples: &[Example]) -> String {
    examples.iter().fold(guide.to_owned(), |text, example| {
        let longer = format!("{text}\n#ExamplePrompts {}", example.prompt);
        if longer.chars().count() <= OPERATION_DESCRIPTION_MAX { longer } else { text }
    })
}

fn tenant(skill: &Entry, examples: &[Example]) -> Value {
    let all =
        if skill.all_tenants { " `all` asks about all of them, the name of a group about its tenants, `a,b` about several." } else { "" };
    let example = examples.first().map_or("contoso", |example| example.tenant);
    json!({
        "name": TENANT,
        "in": "query",
        "required": false,
        "allowEmptyValue": true,
        "description": format!("Short name of the tenant; can be left out when the key sees only one.{all}"),
        "schema": { "type": "string", "maxLength": TEXT_MAX },
        "example": example,
    })
}

fn argument(option: &Opt, examples: &[Example]) -> Value {
    let mut argument = json!({
        "name": option.name,
        "in": "query",
        "required": option.required,
        "description": option.summary,
        "schema": option.schema(),
    });
    if !option.required {
        argument["allowEmptyValue"] = Value::from(true);
    }
    if let Some(example) = examples.iter().find_map(|example| given(example, &option.name)) {
        argument["example"] = example;
    }
    argument
}

/// What `example` gives for the argument `name`.
fn given(example: &Example, name: &str) -> Option<Value> {
    serde_json::from_str::<Map<String, Value>>(example.args).ok()?.remove(name)
}

fn answer(skill: &Entry, linked: bool) -> Value {
    let content = if linked {
        json!({ "application/json": { "schema": *skill.linked_schema } })
    } else {
        json!({
            "application/json": { "schema": *skill.answer_schema },
            "text/plain": { "schema": { "type": "string", "description": "The same facts in few words." } },
        })
    };
    json!({ "description": "The answer.", "content": content })
}

/// The document in lines, indented as little as can be read, and what holds nothing that is nested on one line: hosts of actions take fewer than
/// 100,000 characters (<https://developers.openai.com/api/docs/actions/production>).
fn narrow(document: &Value) -> Vec<u8> {
    let mut text = String::new();
    write_narrow(document, 0, &mut text);
    text.push('\n');
    text.into_bytes()
}

fn write_narrow(value: &Value, depth: usize, text: &mut String) {
    let is_nested =
        |value: &Value| matches!(value, Value::Object(_)) || value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    let new_line = |text: &mut String, depth| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth));
    };
    match value {
        Value::Object(members) if members.values().any(is_nested) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                new_line(text, depth + 1);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                write_narrow(member, depth + 1, text);
            }
            new_line(text, depth);
            text.push('}');
        }
        Value::Array(items) if is_nested(value) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                new_line(text, depth + 1);
                write_narrow(item, depth + 1, text);
            }
            new_line(text, depth);
            text.push(']');
        }
        flat @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            text.push_str(&flat.to_string());
        }
    }
}

/// What goes wrong, in every case: RFC 9457. One response for all of them keeps the document short, and
/// assistants pick skills faster from short documents.
fn problem() -> Value {
    json!({
        "description": "Why there is no answer, and what to do.",
        "content": { "application/problem+json": { "schema": {
            "type": "object",
            "properties": {
                "type": { "type": "string", "description": "Where this sort of problem is described." },
                "title": { "type": "string", "description": "The sort of problem, in few words." },
                "status": { "type": "integer", "description": "The HTTP status." },
                "detail": { "type": "string", "description": "What happened and what to do." },
                "instance": { "type": "string", "description": "The id of this request in the log." },
                "kind": { "type": "string", "description": "The sort of problem, as a word for programs." },
                "param": { "type": "string", "description": "The argument that this is about." },
            },
        } } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_flat_stands_on_one_line() {
        let document = json!({ "a": { "b": { "c": 1, "d": ["x"] }, "e": [{ "f": "\"" }] }, "g": [] });
        let text = String::from_utf8(narrow(&document)).unwrap();
        assert_eq!(text, "{\n \"a\": {\n  \"b\": {\"c\":1,\"d\":[\"x\"]},\n  \"e\": [\n   {\"f\":\"\\\"\"}\n  ]\n },\n \"g\": []\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }

    #[test]
    fn prompts_fill_the_description_but_never_overflow_it() {
        let example = |prompt| Example { name: "", prompt, tenant: "contoso", args: "{}" };
        let filled = description("Use it.", &[example("First?"), example("Second?")]);
        assert_eq!(filled, "Use it.\n#ExamplePrompts First?\n#ExamplePrompts Second?");
        let guide = "x".repeat(OPERATION_DESCRIPTION_MAX - 5);
        assert_eq!(description(&guide, &[example("First?")]), guide);
    }
}
