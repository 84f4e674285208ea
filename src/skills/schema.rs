//! Which schema and which JSON does every host accept? From our types, flattened to what all of them share.
//!
//! Security Copilot reads OpenAPI 3.0.1, Microsoft 365 refuses polymorphism, and some assistants refuse a
//! whole list of tools for one `anyOf`: so no `$ref`, no `anyOf`, no nullable, no integer formats.

use std::io;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, ser::Formatter};

/// `answer` as JSON in few tokens: on one line, whole numbers without a fraction.
pub fn json<T: Serialize>(answer: &T) -> serde_json::Result<Vec<u8>> {
    struct Plain;
    impl Formatter for Plain {
        fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
            write!(writer, "{number}")
        }
    }
    let mut json = Vec::with_capacity(1024);
    answer.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Plain))?;
    Ok(json)
}

/// The flat schema of arguments.
pub fn of_args<T: JsonSchema>() -> Value {
    flat::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// Marks a member that only the linked form has.
const LINKED: &str = "x-linked";

/// The flat schema of an answer, in the linked form or in the ordinary one: what may be absent is not required.
pub fn of_answer<T: JsonSchema>(linked: bool) -> Value {
    let mut schema = flat::<T>(SchemaSettings::draft2020_12().for_serialize());
    keep(&mut schema, linked);
    schema
}

/// Keeps the members that a form has, without their mark.
fn keep(schema: &mut Value, linked: bool) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|_, member| linked || member.get(LINKED).is_none());
        for member in properties.values_mut() {
            if let Some(member) = member.as_object_mut() {
                member.remove(LINKED);
            }
            keep(member, linked);
        }
    }
    if let Some(items) = schema.get_mut("items") {
        keep(items, linked);
    }
}

fn flat<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    flatten(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.remove("title");
        object.remove("description");
    }
    schema
}

fn flatten(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    merge_optional(object);
    for noise in ["format", "nullable", "$schema", "additionalProperties"] {
        object.remove(noise);
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(flatten);
    }
    if let Some(items) = object.get_mut("items") {
        flatten(items);
    }
}

/// `anyOf [A, B]` of objects, as an answer with two variants comes out of schemars, has the members of all; required is what each of them
/// requires.
fn merge_variants(object: &mut Map<String, Value>, variants: Vec<Value>) {
    let mut properties = Map::new();
    let mut required: Option<Vec<Value>> = None;
    for mut variant in variants {
        let own = variant["required"].as_array().cloned().unwrap_or_default();
        required = Some(required.map_or_else(|| own.clone(), |required| required.into_iter().filter(|name| own.contains(name)).collect()));
        if let Value::Object(members) = variant["properties"].take() {
            for (name, member) in members {
                properties.entry(name).or_insert(member);
            }
        }
    }
    object.insert("type".to_owned(), Value::from("object"));
    object.insert("properties".to_owned(), Value::Object(properties));
    if let Some(required) = required.filter(|required| !required.is_empty()) {
        object.insert("required".to_owned(), Value::Array(required));
    }
}

/// `anyOf [X, null]`, as an optional choice comes out of schemars, is X; so is a list of constants an enum.
fn merge_optional(object: &mut Map<String, Value>) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = object.remove(key) else { continue };
        if branches.iter().all(|branch| branch["properties"].is_object()) {
            merge_variants(object, branches);
            continue;
        }
        let constants: Vec<Value> = branches.iter().filter_map(|branch| branch.get("const").cloned()).collect();
        if !constants.is_empty() {
            object.insert("type".to_owned(), Value::from("string"));
            object.insert("enum".to_owned(), Value::Array(constants));
            continue;
        }
        for branch in branches.into_iter().filter(|branch| branch["type"] != "null") {
            let Value::Object(mut branch) = branch else { continue };
            merge_optional(&mut branch);
            branch.into_iter().for_each(|(key, value)| {
                object.entry(key).or_insert(value);
            });
        }
    }
}
