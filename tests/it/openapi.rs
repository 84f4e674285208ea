//! Do all assistants accept what we publish? The committed copies are true and stay inside what hosts share.

use std::{collections::BTreeSet, fs, path::Path};

use openapiv3::OpenAPI;
use scorewatch::{
    skills::ALL,
    surfaces::plugin::{
        PLACEHOLDER_URL,
        manifest::security_copilot,
        openapi::{self, OPERATION_DESCRIPTION_MAX, PARAMETER_DESCRIPTION_MAX},
    },
};
use serde_json::Value;

/// GPT Actions and the facts behind `openapi.rs`: a document of 100,000 characters is read whole by all hosts.
const DOCUMENT_CHARS_MAX: usize = 100_000;
/// Microsoft 365 Copilot chooses worse among more functions.
const OPERATIONS_MAX: usize = 10;

fn document() -> Value {
    serde_json::from_str(&openapi::text(PLACEHOLDER_URL)).unwrap()
}

/// Compares a committed copy with what is made today; `UPDATE_GOLDEN=1` rewrites it.
fn committed_is(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "manifests/{file} is out of date: run the tests with UPDATE_GOLDEN=1 and look at the difference");
}

#[test]
fn committed_copies_are_what_is_served() {
    committed_is("openapi.json", &openapi::text(PLACEHOLDER_URL));
    committed_is("security-copilot.yaml", &security_copilot(PLACEHOLDER_URL));
}

#[test]
fn another_parser_reads_it() {
    let read: OpenAPI = serde_json::from_str(&openapi::text("https://score.example.org")).unwrap();
    assert_eq!(read.openapi, "3.0.1");
    assert_eq!(read.servers[0].url, "https://score.example.org");
    let operations: BTreeSet<&str> =
        read.operations().filter_map(|(_, method, operation)| (method == "get").then_some(operation.operation_id.as_deref()?)).collect();
    assert_eq!(operations.len(), ALL.len(), "one GET with its own name per skill");
    assert!(operations.contains("GetSecureScore"));
}

#[test]
fn it_stays_inside_what_all_hosts_share() {
    let document = document();
    walk(&document, "", &mut |path, node| {
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
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        assert_eq!(item.as_object().unwrap().len(), 1, "{path} has GET only");
        let id = operation["operationId"].as_str().unwrap();
        assert!(id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{id}");
        assert_eq!(operation["x-openai-isConsequential"], false);
        within(&operation["description"], OPERATION_DESCRIPTION_MAX, path);
        within(&operation["summary"], OPERATION_DESCRIPTION_MAX, path);
        assert!(operation["description"].as_str().unwrap().contains("#ExamplePrompts "), "{path} has room for one prompt");
        let parameters = operation["parameters"].as_array().unwrap();
        assert_eq!(parameters[0]["name"], "tenant");
        for parameter in parameters {
            within(&parameter["description"], PARAMETER_DESCRIPTION_MAX, path);
            assert!(parameter["schema"]["type"].is_string(), "{path}: {parameter}");
        }
        assert_eq!(operation["responses"]["200"]["content"].as_object().unwrap().len(), 2, "JSON and text");
    }
}

#[test]
fn every_field_of_every_answer_is_described() {
    let document = document();
    let mut fields = 0;
    walk(&document, "", &mut |path, node| {
        let Some(properties) = node.get("properties").and_then(Value::as_object).filter(|_| !path.ends_with("/properties")) else { return };
        for (name, field) in properties {
            assert!(field["description"].as_str().is_some_and(|text| !text.is_empty()), "{path}/{name} is not described");
            assert!(field["type"].is_string(), "{path}/{name} has no type");
            fields += 1;
        }
    });
    assert!(fields > 50, "the walk found the answers' fields: {fields}");
}

#[test]
fn the_descriptor_says_where_the_key_goes_and_keeps_its_limits() {
    let manifest = security_copilot("https://score.example.org");
    for line in [
        "  Name: scorewatch",
        "    - ApiKey",
        "    Key: Authorization",
        "    Location: Header",
        "    AuthScheme: Bearer",
        "      OpenApiSpecUrl: \"https://score.example.org/openapi.json\"",
        "      EndpointUrlSettingName: InstanceURL",
        "    - Name: InstanceURL",
    ] {
        assert!(manifest.lines().any(|other| other == line), "{line}");
    }
    assert!(!manifest.contains('\t'));
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
