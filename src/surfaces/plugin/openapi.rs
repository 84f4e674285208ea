//! How do assistants learn what can be asked? OpenAPI 3.0.1, made from the skills.
//!
//! It stays inside what Security Copilot, Microsoft 365 Copilot and GPT Actions all read: version 3.0.1
//! (<https://learn.microsoft.com/en-us/copilot/security/custom-plugins>), GET only, no `$ref`, no
//! polymorphism, no nullable, descriptions of at most 300 characters for an operation and 700 for a
//! parameter (<https://developers.openai.com/api/docs/actions/production>).

use serde_json::{Map, Value, json};

use super::{TENANT, path};
use crate::skills::{
    ALL, Entry, Example,
    options::{Opt, TEXT_MAX},
};

/// The longest description of an operation, in characters: GPT Actions' limit, the least of all hosts.
pub const OPERATION_DESCRIPTION_MAX: usize = 300;
/// The longest description of a parameter, in characters: GPT Actions' limit, the least of all hosts.
pub const PARAMETER_DESCRIPTION_MAX: usize = 700;

/// The document as it is served and committed, for a service that is reached at `url`.
pub fn text(url: &str) -> String {
    format!("{:#}\n", document(url))
}

/// The document.
fn document(url: &str) -> Value {
    let paths: Map<String, Value> = ALL.iter().map(|skill| (path(skill), json!({ "get": operation(skill) }))).collect();
    json!({
        "openapi": "3.0.1",
        "info": {
            "title": "scorewatch",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Microsoft Secure Score of one or many tenants: where they stand, what changed and why, what to improve first, which risks are accepted.",
        },
        "servers": [{ "url": url }],
        "security": [{ "bearer": [] }],
        "components": { "securitySchemes": { "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of scorewatch, or a Microsoft Entra access token for it.",
        } } },
        "paths": paths,
    })
}

fn operation(skill: &Entry) -> Value {
    let examples = (skill.examples)();
    let arguments = skill.options.iter().map(|option| argument(option, examples));
    let parameters: Vec<Value> = std::iter::once(tenant(skill, examples)).chain(arguments).collect();
    json!({
        "operationId": operation_id(skill.name),
        "summary": skill.summary,
        "description": description(skill.guide, examples),
        "x-openai-isConsequential": false,
        "parameters": parameters,
        "responses": { "200": answer(skill), "default": problem() },
    })
}

/// `secure_score` is `GetSecureScore`: Security Copilot advises PascalCase, and all hosts take it.
pub fn operation_id(name: &str) -> String {
    name.split('_').fold(String::from("Get"), |mut id, word| {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
        id
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
    let all = if skill.all_tenants { " `all` asks about all of them." } else { "" };
    let example = examples.first().map_or("contoso", |example| example.tenant);
    json!({
        "name": TENANT,
        "in": "query",
        "required": false,
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
    if let Some(example) = examples.iter().find_map(|example| given(example, &option.name)) {
        argument["example"] = example;
    }
    argument
}

/// What `example` gives for the argument `name`.
fn given(example: &Example, name: &str) -> Option<Value> {
    serde_json::from_str::<Map<String, Value>>(example.args).ok()?.remove(name)
}

fn answer(skill: &Entry) -> Value {
    json!({
        "description": "The answer.",
        "content": {
            "application/json": { "schema": *skill.answer_schema },
            "text/plain": { "schema": { "type": "string", "description": "The same facts in few words." } },
        },
    })
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
            },
        } } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_called_after_its_skill() {
        assert_eq!(operation_id("secure_score"), "GetSecureScore");
        assert_eq!(operation_id("control"), "GetControl");
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
