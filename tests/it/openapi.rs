//! Do all assistants accept our OpenAPI documents? They stay inside what hosts share.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use scorewatch::{
    manifests::{
        Values,
        openapi::{OPERATION_DESCRIPTION_MAX, PARAMETER_DESCRIPTION_MAX},
    },
    skills::ALL,
};
use serde_json::Value;

use crate::manifests::{made, signed_in};

/// GPT Actions and the facts behind `openapi.rs`: a document of 100,000 characters is read whole by all hosts.
const DOCUMENT_CHARS_MAX: usize = 100_000;
/// Microsoft 365 Copilot chooses worse among more functions.
const OPERATIONS_MAX: usize = 10;

const PATHS: [&str; 2] = ["openapi.json", "openapi-linked.json"];

fn documents() -> impl Iterator<Item = Value> {
    PATHS.iter().map(|path| serde_json::from_slice(&made(path, &Values::placeholders())).unwrap())
}

#[test]
fn another_parser_reads_it() {
    for (path, url) in PATHS.into_iter().zip(["https://score.example.org", "https://score.example.org/linked"]) {
        let read: OpenAPI = serde_json::from_slice(&made(path, &Values::at("https://score.example.org"))).unwrap();
        assert_eq!(read.openapi, "3.0.1");
        assert_eq!(read.servers[0].url, url);
        let operations: BTreeSet<&str> = read
            .operations()
            .filter_map(|(_, method, operation)| (method == "get").then_some(operation.operation_id.as_deref()?))
            .collect();
        assert_eq!(operations.len(), ALL.len(), "one GET with its own name per skill");
        assert!(operations.contains("GetSecureScore"));
    }
}

#[test]
fn one_way_to_be_let_in_per_document() {
    for document in documents() {
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        assert_eq!(schemes.len(), 1);
        assert!(schemes.contains_key(document["security"][0].as_object().unwrap().keys().next().unwrap()));
    }
    let signed_in: Value = serde_json::from_slice(&signed_in("openapi-linked.json")).unwrap();
    let flow = &signed_in["components"]["securitySchemes"]["entra"]["flows"]["authorizationCode"];
    let scope = signed_in["security"][0]["entra"][0].as_str().unwrap();
    assert!(flow["scopes"].get(scope).is_some() && scope.starts_with("api://"), "{flow}");
}

#[test]
fn it_stays_inside_what_all_hosts_share() {
    documents().for_each(|document| stays_inside(&document));
}

fn stays_inside(document: &Value) {
    walk(document, "", &mut |path, node| {
        for banned in ["$ref", "anyOf", "oneOf", "allOf", "not", "nullable", "format", "const", "examples", "additionalProperties"] {
            // A property may have any of these names; only a schema's own keys are meant.
            assert!(path.ends_with("/properties") || node.get(banned).is_none(), "{banned} at {path}");
        }
        assert!(!node.get("type").is_some_and(Value::is_array), "several types at {path}");
    });
    assert!(document.to_string().chars().count() < DOCUMENT_CHARS_MAX);
    assert!(document["paths"].as_object().unwrap().len() <= OPERATIONS_MAX);
}

#[test]
fn operations_and_parameters_are_described_within_limits() {
    for (document, (forms, prompts)) in documents().zip([(2, true), (1, false)]) {
        described(&document, forms, prompts);
    }
}

fn described(document: &Value, forms: usize, prompts: bool) {
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        assert_eq!(item.as_object().unwrap().len(), 1, "{path} has GET only");
        let id = operation["operationId"].as_str().unwrap();
        assert!(id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{id}");
        assert_eq!(operation["x-openai-isConsequential"], false);
        within(&operation["description"], OPERATION_DESCRIPTION_MAX, path);
        within(&operation["summary"], OPERATION_DESCRIPTION_MAX, path);
        assert_eq!(operation["description"].as_str().unwrap().contains("#ExamplePrompts "), prompts, "{path} has room for one prompt");
        let parameters = operation["parameters"].as_array().unwrap();
        assert_eq!(parameters[0]["name"], "tenant");
        for parameter in parameters {
            within(&parameter["description"], PARAMETER_DESCRIPTION_MAX, path);
            assert!(parameter["schema"]["type"].is_string(), "{path}: {parameter}");
        }
        assert_eq!(operation["responses"]["200"]["content"].as_object().unwrap().len(), forms, "JSON, and text unless rows link");
    }
}

#[test]
fn every_field_of_every_answer_is_described() {
    documents().for_each(|document| fields_described(&document));
}

fn fields_described(document: &Value) {
    let mut fields = 0;
    walk(document, "", &mut |path, node| {
        let Some(properties) = node.get("properties").and_then(Value::as_object).filter(|_| !path.ends_with("/properties")) else { return };
        for (name, field) in properties {
            assert!(field["description"].as_str().is_some_and(|text| !text.is_empty()), "{path}/{name} is not described");
            assert!(field["type"].is_string(), "{path}/{name} has no type");
            fields += 1;
        }
    });
    assert!(fields > 50, "the walk found the answers' fields: {fields}");
}

fn within(text: &Value, max: usize, place: &str) {
    let chars = text.as_str().map_or(0, |text| text.chars().count());
    assert!((1..=max).contains(&chars), "{place}: {chars} characters, at most {max}: {text}");
}

fn walk(node: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    if let Value::Object(members) = node {
        visit(path, node);
        members.iter().for_each(|(name, member)| walk(member, &format!("{path}/{name}"), visit));
    }
    if let Value::Array(members) = node {
        members.iter().enumerate().for_each(|(place, member)| walk(member, &format!("{path}/{place}"), visit));
    }
}
